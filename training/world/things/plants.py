"""Trees, bushes, flowers and what else grows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from training.world.palette import PAINTS, darker, lighter, mix, varied
from training.world.pen import RGB, Fill

from .form import Form, down, flat, paint, pick, thing

BARK: RGB = (0.38, 0.26, 0.18)
GREENS: tuple[RGB, ...] = ((0.24, 0.52, 0.20), (0.33, 0.58, 0.22), (0.16, 0.44, 0.24), (0.44, 0.60, 0.20))
STEM: RGB = (0.25, 0.52, 0.22)
Puff = tuple[float, float, float]


def crown(form: Form, puffs: Sequence[Puff], leaf: RGB) -> None:
    """Foliage of round puffs (x, y, radius): all dark first, then smaller and lighter towards the light."""
    shift = 0.03 * form.lit
    for x, y, radius in puffs:
        form.disc(x, y, radius, radius * 0.94, flat(darker(leaf, 0.7)))
    for x, y, radius in puffs:
        form.disc(x + shift * 0.7, y + radius * 0.14, radius * 0.86, radius * 0.78, flat(leaf))
    for x, y, radius in puffs:
        if x * form.lit > -0.12:
            form.disc(x + shift * 1.8, y + radius * 0.44, radius * 0.5, radius * 0.36, flat(lighter(leaf, 0.18)))


def trunk(form: Form, up: float, width: float, bark: RGB, bend: float = 0.0) -> None:
    form.curve(((0, width / 2), (bend * 0.6, up * 0.5), (bend, up)), width, form.across(bark, 0.4), width * 0.55)
    form.shape(((-width, -0.005), (-width * 0.3, 0.08), (width * 0.3, 0.08), (width, -0.005)), form.across(bark, 0.4))


@thing(
    "tree",
    ("land", "street"),
    ("", "green", "orange", "red", "yellow", "white"),
    (0.5, 0.74),
    (-0.56, 0.56, -0.02, 1.03),
    0.2,
)
def tree(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A broad-leaved tree: round, spreading or tall."""
    leaf = paint(rng, colour, *GREENS)
    bark = varied(rng, BARK)
    shape = int(rng.integers(3))
    trunk(form, 0.56, 0.095, bark, float(rng.uniform(-0.04, 0.04)))
    for side in (-1, 1):
        form.stroke(((0, 0.34), (side * 0.2, 0.56)), 0.05, flat(darker(bark, 0.85)), 0.025)
    if shape == 0:
        puffs = [
            (-0.22, 0.58, 0.22),
            (0.22, 0.58, 0.22),
            (0, 0.54, 0.2),
            (-0.15, 0.74, 0.21),
            (0.17, 0.74, 0.2),
            (0, 0.82, 0.19),
        ]
    elif shape == 1:
        puffs = [
            (-0.33, 0.6, 0.18),
            (0.34, 0.6, 0.18),
            (-0.12, 0.6, 0.2),
            (0.13, 0.6, 0.2),
            (-0.2, 0.76, 0.19),
            (0.2, 0.77, 0.18),
            (0, 0.83, 0.17),
        ]
    else:
        puffs = [
            (-0.14, 0.46, 0.18),
            (0.15, 0.47, 0.17),
            (-0.17, 0.64, 0.18),
            (0.17, 0.65, 0.18),
            (0, 0.58, 0.18),
            (-0.05, 0.8, 0.18),
            (0.07, 0.82, 0.16),
        ]
    crown(
        form,
        [(x + float(rng.normal(0, 0.012)), y + float(rng.normal(0, 0.008)), radius) for x, y, radius in puffs],
        leaf,
    )


@thing("pine", ("land",), ("", "green", "white", "blue"), (0.52, 0.76), (-0.38, 0.38, -0.01, 1.02), 0.12)
def pine(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A conifer of drooping tiers; a white one carries snow."""
    leaf = paint(rng, "" if colour == "white" else colour, (0.10, 0.36, 0.24), (0.14, 0.42, 0.26), (0.12, 0.34, 0.30))
    form.block(-0.04, 0.04, 0, 0.2, form.across(BARK, 0.4))
    tiers = pick(rng, 3, 4, 5)
    spread = float(rng.uniform(0.27, 0.36))
    for tier in range(tiers):
        share = tier / tiers
        low = 0.11 + 0.74 * share
        high = 1.0 if tier == tiers - 1 else low + 0.98 / tiers
        half = spread * (1 - share * 0.78)
        tone = mix(darker(leaf, 0.85), lighter(leaf, 0.12), share)
        skirt(form, half, low, high, down(tone, 0.35))
        shade = [
            (0, high),
            (-form.lit * half * 0.95, low + 0.01),
            (-form.lit * half * 0.3, low - 0.02),
            (-form.lit * half * 0.1, low),
        ]
        form.shape(shade, flat(darker(tone, 0.7)))
        if colour == "white":
            snow = (0.95, 0.97, 1.0)
            rise = (high - low) * 0.3
            form.shape(
                (
                    (0, high),
                    (-half * 0.98, low + 0.015),
                    (-half * 0.55, low + rise),
                    (-half * 0.2, low + rise * 0.5),
                    (half * 0.15, low + rise * 1.1),
                    (half * 0.5, low + rise * 0.5),
                    (half * 0.98, low + 0.015),
                ),
                down(snow, 0.12),
            )


def skirt(form: Form, half: float, low: float, high: float, fill: Fill) -> None:
    """One tier of a pine: a triangle whose lower edge hangs in points."""
    edge = [(half * step / 3, low - (0.025 if step % 2 else 0.0) + 0.02 * (abs(step) == 3)) for step in range(-3, 4)]
    form.shape([(0, high), *edge], fill)


@thing("palm", ("land",), ("", "green"), (0.56, 0.78), (-0.46, 0.66, -0.02, 0.98), 0.14)
def palm(form: Form, colour: str, rng: np.random.Generator) -> None:
    leaf = paint(rng, colour, (0.20, 0.52, 0.24), (0.30, 0.58, 0.22), (0.14, 0.46, 0.28))
    bark = varied(rng, (0.55, 0.42, 0.28))
    lean = float(rng.uniform(0.04, 0.16))
    top = (lean, 0.78)
    path = ((-0.06, 0.04), (-0.05, 0.25), (lean * 0.4, 0.52), top)
    form.curve(path, 0.095, form.across(bark, 0.45), 0.05)
    for y in (0.12, 0.24, 0.36, 0.48, 0.6):
        x = float(np.interp(y, (0, 0.25, 0.52, 0.78), (-0.06, -0.05, lean * 0.4, lean)))
        form.stroke(((x - 0.035, y), (x + 0.035, y - 0.012)), 0.014, flat(darker(bark, 0.68)))
    for number, angle in enumerate((2.95, 0.2, 2.45, 0.68, 1.9, 1.2, 3.5, -0.35)):
        frond(
            form,
            top,
            angle + float(rng.normal(0, 0.07)),
            float(rng.uniform(0.42, 0.5)),
            mix(darker(leaf, 0.75), lighter(leaf, 0.16), (number * 3 % 8) / 7),
        )
    for x, y in ((-0.035, -0.03), (0.035, -0.035), (0.0, -0.06)):
        form.disc(top[0] + x, top[1] + y, 0.036, 0.036, flat((0.42, 0.26, 0.14)))


def frond(form: Form, root: tuple[float, float], angle: float, length: float, leaf: RGB) -> None:
    """A palm leaf: rises along `angle`, then hangs; its lower edge is cut into fingers."""
    spine = []
    for step in range(6):
        t = step / 5
        spine.append(
            (
                root[0] + math.cos(angle) * length * t,
                min(1.0, root[1] + math.sin(angle) * length * t * 0.85 + 0.05 * t - 0.24 * length / 0.4 * t * t),
            )
        )
    fingers = []
    for step in range(5, 0, -1):
        (x, y), t = spine[step], step / 5
        deep = 0.11 * math.sin(math.pi * (0.15 + 0.8 * t))
        fingers.append((x - math.cos(angle) * 0.05, y - deep))
        fingers.append(((x + spine[step - 1][0]) / 2, (y + spine[step - 1][1]) / 2 - deep * 0.3))
    form.shape([*spine, *fingers], flat(leaf))
    form.stroke(spine, 0.02, flat(lighter(leaf, 0.2)), 0.008)


@thing("birch", ("land",), ("", "green", "yellow"), (0.56, 0.78), (-0.4, 0.42, -0.01, 1.04), 0.14)
def birch(form: Form, colour: str, rng: np.random.Generator) -> None:
    """White trunks with dark marks under a light, loose crown."""
    leaf = paint(rng, colour, (0.50, 0.68, 0.26), (0.42, 0.64, 0.28))
    behind = [
        (-0.17, 0.6, 0.15),
        (0.18, 0.62, 0.15),
        (0.0, 0.56, 0.14),
        (-0.14, 0.78, 0.15),
        (0.15, 0.8, 0.14),
        (0.0, 0.88, 0.12),
    ]
    crown(form, behind, darker(leaf, 0.82))
    stems = pick(rng, (0.0,), (-0.06, 0.07))
    for number, x in enumerate(stems):
        bend = x * 1.4 + float(rng.uniform(-0.02, 0.02))
        width = 0.085 if len(stems) == 1 else 0.068
        form.curve(
            ((x, width / 2), ((x + bend) / 2, 0.4), (bend, 0.84)),
            width,
            form.across((0.94, 0.93, 0.90), 0.25),
            width * 0.4,
        )
        for step in range(6):
            y = 0.07 + 0.105 * step + 0.03 * number
            side = 1 if (step + number) % 2 else -1
            middle = x + (bend - x) * y / 0.84
            form.stroke(
                ((middle + side * width * 0.45, y), (middle - side * width * 0.05, y + 0.008)),
                0.02,
                flat((0.16, 0.15, 0.15)),
                0.008,
            )
    front = [
        (-0.24, 0.56, 0.1),
        (0.25, 0.6, 0.1),
        (-0.13, 0.68, 0.11),
        (0.14, 0.72, 0.11),
        (-0.2, 0.82, 0.09),
        (0.0, 0.9, 0.1),
        (0.17, 0.87, 0.08),
    ]
    crown(
        form,
        [(x + float(rng.normal(0, 0.015)), y + float(rng.normal(0, 0.012)), radius) for x, y, radius in front],
        leaf,
    )


@thing("cherry tree", ("land", "street"), ("", "pink", "white"), (0.5, 0.72), (-0.59, 0.6, -0.03, 1.04), 0.2)
def cherry_tree(form: Form, colour: str, rng: np.random.Generator) -> None:
    """Clouds of blossom over a dark, forked trunk; petals on their way down."""
    bloom = paint(rng, colour, (0.97, 0.66, 0.76), (0.96, 0.58, 0.70), (0.98, 0.76, 0.83))
    bark = varied(rng, (0.30, 0.18, 0.17))
    form.curve(((-0.02, 0.06), (0.02, 0.2), (-0.03, 0.36)), 0.12, form.across(bark, 0.4), 0.08)
    form.shape(((-0.12, -0.005), (-0.04, 0.09), (0.05, 0.09), (0.1, -0.005)), form.across(bark, 0.4))
    for end in ((-0.34, 0.6), (-0.1, 0.72), (0.16, 0.72), (0.36, 0.58)):
        form.curve(((-0.02, 0.33), (end[0] * 0.5, 0.46), end), 0.065, flat(bark), 0.025)
    puffs = [
        (-0.4, 0.6, 0.17),
        (0.42, 0.6, 0.16),
        (-0.24, 0.74, 0.19),
        (0.26, 0.74, 0.19),
        (0.0, 0.82, 0.18),
        (-0.16, 0.59, 0.14),
        (0.19, 0.58, 0.13),
        (0.0, 0.68, 0.16),
    ]
    crown(form, [(x, y + float(rng.normal(0, 0.012)), radius) for x, y, radius in puffs], bloom)
    for _ in range(7):
        x, y = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(0.0, 0.42))
        form.disc(x, y, 0.018, 0.012, flat(lighter(bloom, 0.15)), float(rng.uniform(0, 3)))


@thing(
    "bush",
    ("land", "street"),
    ("", "green", "red", "pink", "yellow", "purple", "white"),
    (0.26, 0.38),
    (-0.85, 0.88, -0.01, 1.1),
    1.4,
)
def bush(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A low mound of leaves, in flower where it has a colour."""
    flowers = colour not in ("", "green")
    leaf = varied(rng, GREENS[int(rng.integers(4))] if not colour else PAINTS["green"], 0.05)
    puffs = [
        (-0.5, 0.32, 0.33),
        (0.5, 0.32, 0.33),
        (0, 0.36, 0.36),
        (-0.26, 0.58, 0.36),
        (0.28, 0.58, 0.36),
        (0.02, 0.66, 0.35),
    ]
    form.block(-0.6, 0.6, 0, 0.3, flat(darker(leaf, 0.65)))
    crown(form, puffs, leaf)
    if not flowers and rng.random() < 0.7:
        return
    bloom = paint(rng, colour, PAINTS["red"], PAINTS["pink"], PAINTS["white"])
    spots = BLOOMS if flowers else BLOOMS[::2]
    for x, y in spots:
        near_x, near_y = x + float(rng.normal(0, 0.03)), y + float(rng.normal(0, 0.03))
        form.disc(near_x, near_y, 0.13, 0.12, flat(darker(bloom, 0.85)))
        form.disc(near_x + form.lit * 0.02, near_y + 0.02, 0.1, 0.09, flat(lighter(bloom, 0.1)))


BLOOMS = (
    (-0.62, 0.3), (-0.46, 0.52), (-0.36, 0.2), (-0.24, 0.76), (-0.18, 0.44), (0.02, 0.86), (0.02, 0.6), (0.06, 0.22), (0.28, 0.76),
    (0.26, 0.44), (0.42, 0.2), (0.5, 0.56), (0.66, 0.32),
)  # fmt: skip


def leafy_stem(form: Form, up: float, bend: float, leaf: RGB, wide: float = 0.05) -> None:
    """A stalk with a leaf to each side."""
    form.curve(((0, 0.02), (bend * 0.4, up * 0.5), (bend, up)), wide, form.across(leaf, 0.35), wide * 0.75)
    for side, y, reach in ((-1, up * 0.22, 0.24), (1, up * 0.42, 0.22)):
        x = bend * y / up
        form.blob(
            (
                (x, y, 1),
                (x + side * reach * 0.5, y + 0.13),
                (x + side * reach, y + 0.17, 1),
                (x + side * reach * 0.6, y + 0.02),
            ),
            down(leaf, 0.4),
        )


def petals(
    form: Form,
    centre: tuple[float, float],
    count: int,
    reach: float,
    size: tuple[float, float],
    turn: float,
    tones: Sequence[RGB],
) -> None:
    """A ring of oval petals around a centre; tones follow each other round it."""
    for number in range(count):
        angle = turn + number * math.tau / count
        x, y = centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)
        form.disc(x, y, *size, flat(tones[number % len(tones)]), angle)


@thing(
    "flower",
    ("land",),
    ("", "red", "orange", "yellow", "blue", "purple", "pink", "white"),
    (0.5, 0.7),
    (-0.35, 0.35, -0.02, 1.02),
    0.08,
)
def flower(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A daisy, a poppy-like cup or a five-petalled bloom, large, on its stem."""
    bloom = paint(rng, colour, *(PAINTS[name] for name in ("red", "pink", "white", "purple", "orange")))
    stem = varied(rng, STEM)
    bend = float(rng.uniform(-0.05, 0.05))
    leafy_stem(form, 0.68, bend, stem)
    centre = (bend, 0.72)
    turn = float(rng.uniform(0, 1))
    heart = varied(rng, (0.98, 0.78, 0.18) if colour not in ("yellow", "orange") else (0.52, 0.28, 0.12))
    kind = int(rng.integers(3))
    if kind == 0:
        petals(form, centre, 10, 0.17, (0.115, 0.055), turn, (darker(bloom, 0.84), bloom))
        petals(form, centre, 10, 0.14, (0.09, 0.03), turn + 0.31, (lighter(bloom, 0.22),))
    elif kind == 1:
        petals(form, centre, 5, 0.14, (0.14, 0.125), turn, (darker(bloom, 0.84), bloom))
        petals(form, centre, 5, 0.15, (0.09, 0.05), turn, (lighter(bloom, 0.25),))
    else:
        petals(form, centre, 6, 0.15, (0.13, 0.085), turn + 0.5, (darker(bloom, 0.78),))
        petals(form, centre, 6, 0.13, (0.11, 0.075), turn, (bloom, lighter(bloom, 0.12)))
    form.disc(*centre, 0.075, 0.075, flat(darker(heart, 0.75)))
    form.disc(centre[0] + form.lit * 0.012, centre[1] + 0.012, 0.055, 0.055, flat(heart))


@thing("sunflower", ("land",), ("",), (0.56, 0.76), (-0.36, 0.36, -0.01, 1.02), 0.08)
def sunflower(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A dark disc in a double ring of yellow rays, on a thick stalk with broad leaves."""
    ray = paint(rng, colour, (0.98, 0.77, 0.12), (0.99, 0.82, 0.20), (0.95, 0.68, 0.10))
    stem = varied(rng, (0.28, 0.50, 0.18))
    bend = float(rng.uniform(-0.04, 0.04))
    form.curve(((0, 0.03), (bend * 0.3, 0.35), (bend, 0.68)), 0.065, form.across(stem, 0.4), 0.05)
    for side, y in ((-1, 0.16), (1, 0.3)):
        leaf = (
            (0, y, 1),
            (side * 0.1, y + 0.16),
            (side * 0.24, y + 0.15),
            (side * 0.34, y + 0.04, 1),
            (side * 0.2, y - 0.05),
        )
        form.blob(leaf, down(stem, 0.4))
        form.stroke(((0, y), (side * 0.28, y + 0.06)), 0.014, flat(lighter(stem, 0.25)), 0.006)
    centre = (bend, 0.7)
    turn = float(rng.uniform(0, 0.4))
    petals(form, centre, 13, 0.2, (0.105, 0.046), turn + 0.24, (darker(ray, 0.8),))
    petals(form, centre, 13, 0.18, (0.105, 0.046), turn, (ray, lighter(ray, 0.15)))
    form.disc(*centre, 0.145, 0.145, flat((0.25, 0.14, 0.08)))
    form.disc(*centre, 0.115, 0.115, flat((0.38, 0.22, 0.11)))
    form.disc(*centre, 0.06, 0.06, flat((0.24, 0.14, 0.08)))


@thing(
    "tulip",
    ("land",),
    ("", "red", "orange", "yellow", "pink", "purple", "white"),
    (0.5, 0.7),
    (-0.29, 0.29, -0.02, 1.01),
    0.1,
)
def tulip(form: Form, colour: str, rng: np.random.Generator) -> None:
    bloom = paint(rng, colour, *(PAINTS[name] for name in ("red", "yellow", "pink", "orange", "purple")))
    stem = varied(rng, (0.30, 0.56, 0.26))
    bend = float(rng.uniform(-0.04, 0.04))
    form.curve(((0, 0.025), (bend * 0.3, 0.3), (bend, 0.62)), 0.05, form.across(stem, 0.35))
    for side, high in ((-1, 0.56), (1, 0.46)):
        form.blob(
            (
                (0, 0, 1),
                (side * 0.13, high * 0.4),
                (side * 0.26, high, 1),
                (side * 0.22, high * 0.4),
                (side * 0.08, 0.01),
            ),
            down(stem, 0.4),
        )
    wide = float(rng.uniform(0.18, 0.22))
    x = bend
    for side in (-1, 1):
        form.blob(
            (
                (x, 0.57),
                (x + side * wide, 0.66),
                (x + side * wide * 0.98, 0.82),
                (x + side * wide * 0.75, 0.98, 1),
                (x + side * 0.03, 0.84),
            ),
            flat(darker(bloom, 0.72)),
        )
    form.blob(((x, 0.57), (x + 0.06, 0.8), (x, 0.99, 1), (x - 0.06, 0.8)), flat(darker(bloom, 0.84)))
    for side in (-1, 1):
        tone = lighter(bloom, 0.1) if side == form.lit else darker(bloom, 0.9)
        form.blob(
            (
                (x + side * 0.02, 0.56),
                (x + side * wide, 0.64),
                (x + side * wide * 0.98, 0.78),
                (x + side * wide * 0.55, 0.94, 1),
                (x + side * 0.05, 0.8),
                (x - side * 0.03, 0.66),
            ),
            flat(tone),
        )
    form.mirrored(((0.0, 0.555), (0.13, 0.62), (0.12, 0.76), (0, 0.9, 1)), down(bloom, 0.35), x)
    form.stroke(((x + form.lit * 0.05, 0.64), (x + form.lit * 0.05, 0.76)), 0.03, flat(lighter(bloom, 0.3)), 0.012)


@thing("cactus", ("land",), ("", "green"), (0.5, 0.72), (-0.42, 0.42, -0.01, 1.05), 0.3)
def cactus(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A saguaro with arms, or a round one in flower."""
    green = paint(rng, colour, (0.22, 0.52, 0.28), (0.30, 0.56, 0.30), (0.20, 0.48, 0.34))
    bloom = PAINTS[pick(rng, "pink", "red", "yellow")]
    if rng.random() < 0.25:
        form.disc(0, 0.44, 0.4, 0.43, form.across(green, 0.45))
        for across in (0.3, 0.18, 0.06):
            for side in (-1, 1):
                form.curve(
                    ((side * across * 0.5, 0.05), (side * across * 1.15, 0.44), (side * across * 0.4, 0.84)),
                    0.02,
                    flat(darker(green, 0.68)),
                )
        petals(form, (0, 0.9), 6, 0.05, (0.06, 0.045), 0.2, (bloom, lighter(bloom, 0.25)))
        form.disc(0, 0.9, 0.035, 0.035, flat((0.98, 0.85, 0.3)))
        return
    fill, rib = form.across(green, 0.45), flat(darker(green, 0.68))
    wide = float(rng.uniform(0.17, 0.2))
    for side in (-1, 1):
        if side > 0 and rng.random() < 0.15:
            continue
        low, high = float(rng.uniform(0.3, 0.48)), float(rng.uniform(0.62, 0.82))
        out = side * 0.3
        form.curve(((0, low), (out * 0.7, low + 0.0), (out, low + 0.1), (out, high)), wide * 0.72, fill)
        form.stroke(((out, low + 0.12), (out, high)), 0.018, rib)
        if rng.random() < 0.4:
            form.disc(out, high + wide * 0.34, 0.05, 0.035, flat(bloom))
    form.block(-wide / 2, wide / 2, 0, 0.9, fill)
    form.disc(0, 0.9, wide / 2, 0.1, fill)
    for x in (-0.05, 0.0, 0.05):
        form.stroke(((x, 0.03), (x, 0.94)), 0.018, rib)
    if rng.random() < 0.5:
        petals(form, (0, 0.985), 3, 0.03, (0.035, 0.03), 0.5, (bloom,))


@thing(
    "mushroom",
    ("land",),
    ("", "red", "brown", "orange", "white", "purple", "blue"),
    (0.4, 0.6),
    (-0.52, 0.52, -0.02, 1.01),
    0.4,
)
def mushroom(form: Form, colour: str, rng: np.random.Generator) -> None:
    cap = paint(rng, colour, PAINTS["red"], PAINTS["red"], (0.62, 0.40, 0.24), (0.85, 0.36, 0.16))
    stem = (0.95, 0.92, 0.84)
    high = float(rng.uniform(0.44, 0.52))
    form.mirrored(((0.0, 0.0), (0.2, 0.01), (0.17, 0.16), (0.12, high), (0.0, high + 0.05)), form.across(stem, 0.35))
    form.disc(0, high + 0.01, 0.44, 0.085, flat(darker((0.90, 0.82, 0.70), 0.72)))
    for step in range(-3, 4):
        form.stroke(((step * 0.06, high + 0.07), (step * 0.12, high - 0.045)), 0.016, flat((0.86, 0.78, 0.66)))
    form.mirrored(
        ((0.0, high + 0.05), (0.42, high - 0.01), (0.5, high + 0.08), (0.36, 0.86), (0.0, 0.99)), down(cap, 0.4)
    )
    form.disc(form.lit * 0.17, 0.83, 0.14, 0.055, flat(lighter(cap, 0.3)), -form.lit * 0.5)
    if colour != "white" and rng.random() < 0.85:
        for x, y, radius in (
            (-0.3, high + 0.14, 0.065),
            (-0.12, 0.82, 0.07),
            (0.06, high + 0.15, 0.085),
            (0.3, high + 0.2, 0.065),
            (0.17, 0.88, 0.045),
        ):
            form.disc(x, y, radius, radius * 0.85, flat((0.97, 0.95, 0.90)))
    if rng.random() < 0.6:
        form.shape(
            (
                (-0.13, high * 0.72),
                (0.13, high * 0.72),
                (0.2, high * 0.5),
                (0.1, high * 0.54),
                (0, high * 0.48),
                (-0.1, high * 0.54),
                (-0.2, high * 0.5),
            ),
            down(stem, 0.3),
        )
