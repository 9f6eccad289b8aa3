"""Things that stand on a table or in a room, and plain emblems."""

from __future__ import annotations

import itertools
import math

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB, Fill

from .form import CREAM, DARK, GOLD, LEAF, WARM, WOOD, Form, down, flat, paint, pick, thing

BRIGHT = ("red", "orange", "yellow", "green", "blue", "purple", "pink")


@thing("umbrella", ("land",), ("", *BRIGHT, "black", "white"), (0.5, 0.68), (-0.55, 0.55, -0.02, 1.03), 0.1)
def umbrella(form: Form, colour: str, rng: np.random.Generator) -> None:
    """An open umbrella with a crooked handle."""
    cloth = paint(rng, colour, *(PAINTS[name] for name in BRIGHT))
    other = lighter(cloth, 0.24) if colour or rng.random() < 0.6 else varied(rng, PAINTS["white"])
    form.stroke(((0, 0.7), (0, 0.1)), 0.036, flat((0.33, 0.24, 0.19)))
    form.curve(
        ((0, 0.16), (0.005, 0.08), (0.04, 0.025), (0.1, 0.025), (0.135, 0.08), (0.14, 0.12)),
        0.05,
        flat(darker(WOOD, 0.9)),
    )
    form.stroke(((0, 0.9), (0, 1.0)), 0.03, flat((0.33, 0.24, 0.19)))
    form.shape(((-0.53, 0.5), (-0.3, 0.66), (0.3, 0.66), (0.53, 0.5), (0.0, 0.58)), flat(darker(cloth, 0.45)))
    form.stroke(((0, 0.64), (0, 0.5)), 0.036, flat((0.33, 0.24, 0.19)))
    ribs = (-0.53, -0.32, -0.11, 0.11, 0.32, 0.53)
    for number, (left, right) in enumerate(itertools.pairwise(ribs)):
        tone = cloth if number % 2 == 0 else other
        middle = (left + right) / 2
        tone = (
            lighter(tone, 0.08) if middle * form.lit > 0.1 else darker(tone, 0.8) if middle * form.lit < -0.3 else tone
        )
        low = 0.5 + 0.06 * (1 - abs(middle) / 0.53)
        form.shape(
            (
                canopy(left),
                (left * 0.95, canopy(left)[1] + 0.14 * (1 - abs(left))),
                *dome(left, right),
                canopy(right),
                (middle, low + 0.07),
            ),
            Fill(lighter(tone, 0.1), darker(tone, 0.86)),
        )


def canopy(x: float) -> tuple[float, float]:
    """Where a rib that ends at x has its tip."""
    return x, 0.5 + 0.05 * (1 - abs(x) / 0.53)


def dome(left: float, right: float) -> list[tuple[float, float]]:
    """The upper edge between two ribs, which meet at the top."""
    edge = []
    for x in (left, right):
        line = [
            (x * math.sin(turn), 0.55 + (canopy(x)[1] - 0.55) * math.sin(turn) + 0.38 * math.cos(turn))
            for turn in (1.2, 0.8, 0.4, 0.0)
        ]
        edge.append(line)
    return [*edge[0], *reversed(edge[1])]


@thing("apple", ("land",), ("", "red", "green", "yellow"), (0.38, 0.58), (-0.47, 0.47, -0.01, 1.02), 0.4)
def apple(form: Form, colour: str, rng: np.random.Generator) -> None:
    skin = paint(rng, colour, PAINTS["red"], PAINTS["red"], (0.52, 0.72, 0.22), (0.92, 0.78, 0.25))
    outline = ((0.0, 0.04), (0.2, 0.01), (0.41, 0.24), (0.44, 0.6), (0.21, 0.81), (0.0, 0.74))
    form.mirrored(outline, form.across(darker(skin, 0.86), 0.34))
    side = form.lit
    form.mirrored([(x * 0.87, 0.07 + y * 0.91) for x, y in outline], flat(skin), x=side * 0.05)
    form.disc(side * 0.2, 0.55, 0.085, 0.15, flat(lighter(skin, 0.32)), -side * 0.3)
    form.disc(side * 0.22, 0.6, 0.035, 0.06, flat(lighter(skin, 0.75)), -side * 0.3)
    form.disc(0, 0.75, 0.11, 0.035, flat(darker(skin, 0.5)))
    form.curve(((0, 0.73), (0.01, 0.86), (0.06, 0.98)), 0.05, flat((0.36, 0.23, 0.14)), 0.04)
    if rng.random() < 0.8:
        form.blob(((0.03, 0.86, 1), (0.13, 1.0), (0.34, 0.98, 1), (0.2, 0.84)), down(LEAF, 0.3))


@thing("cup", ("land",), ("", *BRIGHT, "white", "black", "brown"), (0.38, 0.56), (-0.52, 0.66, -0.01, 1.02), 0.7)
def cup(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A mug or a wide cup on its saucer, with steam."""
    clay = paint(rng, colour, PAINTS["white"], PAINTS["red"], PAINTS["blue"], (0.35, 0.62, 0.58))
    mug = rng.random() < 0.55
    steam = Fill((0.96, 0.96, 0.96), opacity=0.5)
    top = 0.74 if mug else 0.66
    for x in (-0.1, 0.1):
        form.curve(
            ((x, top + 0.05), (x + 0.06, top + 0.11), (x - 0.05, top + 0.19), (x + 0.03, 0.99)), 0.05, steam, 0.02
        )
    if mug:
        form.curve(((0.3, 0.6), (0.55, 0.62), (0.56, 0.28), (0.28, 0.2)), 0.095, form.across(darker(clay, 0.85), 0.3))
        form.mirrored(((0.0, 0.0), (0.27, 0.005), (0.345, 0.08), (0.36, 0.74, 1)), form.across(clay, 0.42))
        rim = 0.36
    else:
        form.disc(0, 0.065, 0.5, 0.065, form.across(darker(clay, 0.85), 0.3))
        form.disc(0, 0.085, 0.42, 0.045, flat(lighter(clay, 0.2)))
        form.curve(((0.3, 0.55), (0.58, 0.6), (0.55, 0.32), (0.24, 0.24)), 0.085, form.across(darker(clay, 0.85), 0.3))
        form.mirrored(((0.0, 0.09), (0.2, 0.1), (0.36, 0.34), (0.42, 0.66, 1)), form.across(clay, 0.42))
        rim = 0.42
    form.disc(0, top, rim, 0.075, flat(lighter(clay, 0.35)))
    form.disc(0, top - 0.005, rim * 0.88, 0.055, flat(darker(clay, 0.6)))
    form.disc(
        0, top - 0.016, rim * 0.8, 0.042, flat(pick(rng, (0.26, 0.15, 0.09), (0.48, 0.30, 0.18), (0.62, 0.36, 0.12)))
    )
    form.stroke(((form.lit * rim * 0.6, 0.26), (form.lit * rim * 0.66, top - 0.16)), 0.05, flat(lighter(clay, 0.5)))


@thing("book", ("land",), ("", *BRIGHT, "brown", "black"), (0.42, 0.6), (-0.62, 0.62, -0.03, 1.02), 0.8)
def book(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A book that stands; one whose cover does not matter may lie open."""
    cover = paint(rng, colour, *(PAINTS[name] for name in ("red", "blue", "green", "brown", "purple")))
    page = (0.96, 0.93, 0.85)
    gold = GOLD if colour not in ("yellow", "orange") else (0.42, 0.24, 0.12)
    if colour or rng.random() < 0.4:
        form.shape(
            ((-0.3, 0.02), (-0.3, 0.9), (0.36, 1.0), (0.46, 0.95), (0.46, 0.07), (0.36, 0.0)), flat(darker(cover, 0.6))
        )
        form.shape(((0.3, 0.05), (0.3, 0.93), (0.43, 0.935), (0.43, 0.075)), form.across(page, 0.2))
        for x in (0.37, 0.4):
            form.stroke(((x, 0.08), (x, 0.92)), 0.008, flat(darker(page, 0.75)))
        form.block(-0.4, 0.33, 0.0, 0.93, form.across(cover, 0.24))
        form.block(-0.4, -0.29, 0.0, 0.93, flat(darker(cover, 0.72)))
        for y in (0.14, 0.8):
            form.block(-0.29, 0.33, y - 0.015, y + 0.015, flat(gold))
        if rng.random() < 0.5:
            form.block(-0.15, 0.2, 0.5, 0.68, flat(page))
            form.block(-0.09, 0.14, 0.57, 0.61, flat(darker(cover, 0.7)))
        else:
            form.shape(star_points(0.02, 0.5, 0.15, 0.07), flat(gold))
        form.shape(((0.16, 0.0), (0.16, -0.015), (0.22, -0.015), (0.22, 0.0)), flat(gold))
        return
    form.shape(((-0.6, 0.08), (-0.54, 0.78), (0.54, 0.78), (0.6, 0.08), (0.08, 0.0), (-0.08, 0.0)), down(cover, 0.3))
    for side in (-1, 1):
        tone = page if side == form.lit else darker(page, 0.86)
        form.blob(
            (
                (0, 0.1, 1),
                (side * 0.26, 0.19),
                (side * 0.53, 0.14, 1),
                (side * 0.48, 0.84, 1),
                (side * 0.26, 0.88),
                (0, 0.78, 1),
            ),
            flat(tone),
        )
        for y in (0.7, 0.58, 0.46, 0.34):
            form.stroke(
                ((side * 0.09, y - 0.01), (side * 0.26, y + 0.045), (side * 0.42, y + 0.02)),
                0.026,
                flat(darker(page, 0.62)),
            )
    form.stroke(((0, 0.1), (0, 0.78)), 0.03, flat(darker(page, 0.55)))
    form.shape(((0.3, 0.86), (0.38, 0.86), (0.36, 0.02), (0.32, -0.01), (0.29, 0.03)), flat(cover))


def star_points(
    x: float, y: float, outer: float, inner: float, turn: float = 0.0, count: int = 5
) -> list[tuple[float, float]]:
    """A star's outline, one tip up."""
    points = []
    for number in range(2 * count):
        angle = math.pi / 2 + turn + math.pi * number / count
        reach = inner if number % 2 else outer
        points.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return points


@thing("lamp", ("land",), ("", *BRIGHT, "white", "black"), (0.48, 0.68), (-0.4, 0.4, -0.01, 1.01), 0.35)
def lamp(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A table lamp with a cloth shade; lit, and by night its light falls around."""
    cloth = paint(rng, colour, CREAM, (0.93, 0.72, 0.36), (0.80, 0.36, 0.28), (0.36, 0.58, 0.60))
    foot = varied(
        rng, pick(rng, GOLD, WOOD, (0.30, 0.32, 0.36), (0.85, 0.83, 0.80)) if not colour else darker(cloth, 0.7)
    )
    kind = int(rng.integers(3))
    wide = float(rng.uniform(0.32, 0.37))
    form.mirrored(((0.0, 0.0, 1), (0.19, 0.0, 1), (0.17, 0.05), (0.05, 0.08)), form.across(foot, 0.4))
    if kind == 0:
        form.block(-0.025, 0.025, 0.05, 0.6, form.across(foot, 0.4))
    elif kind == 1:
        form.mirrored(
            ((0.0, 0.05), (0.08, 0.08), (0.155, 0.24), (0.1, 0.4), (0.04, 0.46), (0.03, 0.58, 1)),
            form.across(foot, 0.45),
        )
        form.disc(form.lit * 0.06, 0.27, 0.025, 0.07, flat(lighter(foot, 0.5)))
    else:
        for y, radius in ((0.14, 0.085), (0.28, 0.07), (0.41, 0.055)):
            form.disc(0, y, radius, 0.08, form.across(foot, 0.45))
        form.block(-0.025, 0.025, 0.45, 0.6, flat(foot))
    shine = (
        Fill(lighter(cloth, 0.25), lighter(cloth, 0.5), lit=False)
        if form.night
        else Fill(darker(cloth, 0.9), lighter(cloth, 0.3))
    )
    form.disc(0, 0.57, wide, 0.035, Fill(WARM, lit=not form.night))
    form.shape(((-wide, 0.56), (-wide * 0.62, 0.98), (wide * 0.62, 0.98), (wide, 0.56)), shine)
    form.shape(
        (
            (-form.lit * wide, 0.56),
            (-form.lit * wide * 0.62, 0.98),
            (-form.lit * wide * 0.34, 0.98),
            (-form.lit * wide * 0.5, 0.56),
        ),
        Fill(darker(cloth, 0.78), lit=not form.night, opacity=0.6),
    )
    for y, half in ((0.57, wide), (0.975, wide * 0.63)):
        form.stroke(((-half, y), (half, y)), 0.028, Fill(darker(cloth, 0.7), lit=not form.night))
    form.stroke(((wide * 0.3, 0.55), (wide * 0.3, 0.44)), 0.014, flat(GOLD))
    form.disc(wide * 0.3, 0.43, 0.02, 0.02, flat(GOLD))
    form.glow(0, 0.68, 0.3, 0.4)


@thing("star", ("air", "land"), ("", *BRIGHT, "white"), (0.42, 0.64), (-0.52, 0.52, 0.01, 1.0), 0.5)
def star(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A five-pointed star, faceted or rounded."""
    gold = paint(rng, colour, (0.98, 0.79, 0.18), (0.99, 0.72, 0.15))
    turn = float(rng.uniform(-0.12, 0.12))
    plump = float(rng.uniform(0.24, 0.3))
    points = star_points(0, 0.47, 0.51, plump, turn)
    form.shape(points, flat(darker(gold, 0.78)))
    if rng.random() < 0.5:
        for number in range(0, 10, 2):
            tip, left, right = points[number], points[number - 1], points[(number + 1) % 10]
            bright, dark = (left, right) if form.lit < 0 else (right, left)
            form.shape((tip, bright, (0, 0.47)), flat(lighter(gold, 0.14)))
            form.shape((tip, dark, (0, 0.47)), flat(darker(gold, 0.82)))
    else:
        form.shape(star_points(0, 0.48, 0.44, plump * 0.88, turn), down(gold, 0.24))
        form.shape(star_points(form.lit * 0.05, 0.54, 0.22, plump * 0.42, turn), flat(lighter(gold, 0.3)))
        if rng.random() < 0.35:
            for x in (-0.09, 0.09):
                form.disc(x, 0.5, 0.032, 0.045, flat(DARK))
            form.curve(((-0.07, 0.4), (0, 0.36), (0.07, 0.4)), 0.03, flat(DARK))


@thing("heart", ("air", "land"), ("", *BRIGHT, "white", "black"), (0.42, 0.64), (-0.55, 0.56, -0.01, 1.02), 0.3)
def heart(form: Form, colour: str, rng: np.random.Generator) -> None:
    red = paint(rng, colour, PAINTS["red"], (0.88, 0.20, 0.30))
    outline = ((0.0, 0.0, 1), (0.38, 0.38), (0.5, 0.77), (0.23, 1.0), (0.0, 0.82, 1))
    form.mirrored(outline, flat(darker(red, 0.7)))
    form.mirrored(
        [(point[0] * 0.9, 0.06 + point[1] * 0.92, *point[2:]) for point in outline],
        form.across(red, 0.2),
        x=form.lit * 0.03,
    )
    form.disc(form.lit * 0.26, 0.72, 0.11, 0.085, flat(lighter(red, 0.32)), -form.lit * 0.6)
    form.disc(form.lit * 0.29, 0.75, 0.045, 0.035, flat(lighter(red, 0.75)), -form.lit * 0.6)
    if rng.random() < 0.25:
        form.stroke(((-0.52, 0.3), (0.5, 0.62)), 0.03, flat(GOLD))
        form.shape(((0.54, 0.64), (0.42, 0.66), (0.46, 0.52)), flat(GOLD))


@thing(
    "ball", ("land", "street"), ("", *BRIGHT, "white", "black", "grey"), (0.38, 0.58), (-0.51, 0.51, -0.01, 1.0), 0.3
)
def ball(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A plain ball, one with a stripe, a beach ball or a football."""
    skin = paint(rng, colour, *(PAINTS[name] for name in BRIGHT))
    side = form.lit
    kind = int(rng.integers(4)) if not colour else int(rng.integers(3))
    if kind == 3:
        skin = (0.94, 0.94, 0.93)
    other = darker(skin, 0.72) if colour == "white" else (0.96, 0.95, 0.92)
    form.disc(0, 0.49, 0.49, 0.49, form.across(darker(skin, 0.84), 0.4))
    form.disc(side * 0.05, 0.53, 0.42, 0.42, flat(skin))
    form.disc(side * 0.1, 0.58, 0.28, 0.28, flat(lighter(skin, 0.12)))
    if kind == 1:
        edges = [rim_to_rim(low, sag) for low, sag in ((-0.14, 0.1), (0.06, 0.12))]
        form.shape([*edges[0], *reversed(edges[1])], form.across(other, 0.3))
    elif kind == 2:
        for turn in (0.4, 2.5, 4.6):
            edge = [
                (0.485 * math.cos(turn + step * 0.13), 0.49 + 0.485 * math.sin(turn + step * 0.13)) for step in range(6)
            ]
            form.blob(
                [(side * 0.06, 0.58, 1), *((*edge[0], 1.0),), *edge[1:-1], (*edge[-1], 1.0)],
                form.across(other if not colour else lighter(skin, 0.45), 0.3),
            )
        form.disc(side * 0.06, 0.58, 0.05, 0.05, flat(other))
    elif kind == 3:
        form.shape(star_points(0.02, 0.5, 0.16, 0.13), flat(DARK))
        for number in range(5):
            angle = math.pi / 2 + number * math.tau / 5
            c, s = math.cos(angle), math.sin(angle)
            form.stroke(((0.02 + 0.15 * c, 0.5 + 0.15 * s), (0.34 * c, 0.49 + 0.34 * s)), 0.022, flat(DARK))
            form.disc(0.42 * c, 0.49 + 0.42 * s, 0.055, 0.11, flat(DARK), angle)
    form.disc(side * 0.2, 0.7, 0.1, 0.065, Fill((1.0, 1.0, 1.0), opacity=0.65), -side * 0.6)


def rim_to_rim(low: float, sag: float) -> list[tuple[float, float]]:
    """A line round the ball's front, `low` over its middle at both ends and sagging between."""
    half = math.sqrt(0.49**2 - low**2)
    return [
        (half * math.sin(turn), 0.49 + low - sag * math.cos(turn)) for turn in (-1.57, -1.0, -0.5, 0.0, 0.5, 1.0, 1.57)
    ]


@thing(
    "chair",
    ("land",),
    ("", "red", "yellow", "green", "blue", "brown", "white", "black", "orange"),
    (0.5, 0.68),
    (-0.42, 0.42, -0.01, 1.02),
    0.7,
)
def chair(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A wooden chair, or an armchair."""
    wood = paint(rng, colour, (0.62, 0.40, 0.22), (0.46, 0.29, 0.18), (0.75, 0.55, 0.34))
    if rng.random() < 0.4:
        armchair(form, paint(rng, colour, PAINTS["green"], PAINTS["red"], (0.30, 0.45, 0.55), (0.78, 0.58, 0.34)))
        return
    shade, bright = flat(darker(wood, 0.62)), flat(lighter(wood, 0.12))
    for x in (-0.16, 0.26):
        form.stroke(((x, 0.44), (x + 0.02, 0.1)), 0.06, shade)
    for x in (-0.28, 0.1):
        form.stroke(((x, 0.46), (x - 0.04, 0.96)), 0.07, flat(wood))
    if rng.random() < 0.5:
        for y in (0.6, 0.75, 0.9):
            form.stroke(((-0.29, y), (0.07, y)), 0.075, flat(lighter(wood, 0.06)))
    else:
        form.stroke(((-0.31, 0.93), (0.06, 0.93)), 0.11, bright)
        for x in (-0.2, -0.1, 0.0):
            form.stroke(((x, 0.48), (x - 0.02, 0.9)), 0.045, flat(darker(wood, 0.84)))
    form.shape(((-0.33, 0.44), (-0.22, 0.52), (0.2, 0.52), (0.36, 0.44)), bright)
    form.shape(((-0.33, 0.38), (-0.33, 0.45), (0.36, 0.45), (0.36, 0.38)), flat(darker(wood, 0.8)))
    for x, y in ((-0.29, 0.035), (0.31, 0.035)):
        form.stroke(((x, 0.4), (x + (0.02 if x > 0 else -0.02), y)), 0.075, flat(wood), 0.055)
    form.stroke(((-0.29, 0.2), (0.31, 0.2)), 0.04, flat(darker(wood, 0.85)))


def armchair(form: Form, cloth: RGB) -> None:
    for x in (-0.28, 0.28):
        form.stroke(((x, 0.12), (x, 0.03)), 0.06, flat(darker(WOOD, 0.7)))
    form.mirrored(((0.0, 0.3), (0.3, 0.3), (0.32, 0.8), (0.22, 0.98), (0.0, 1.0)), down(cloth, 0.3))
    form.mirrored(((0.0, 0.42), (0.21, 0.42), (0.22, 0.78), (0.0, 0.88)), flat(lighter(cloth, 0.1)))
    form.block(-0.32, 0.32, 0.1, 0.36, down(darker(cloth, 0.8), 0.3))
    form.blob(
        ((-0.26, 0.34), (-0.25, 0.47), (0.0, 0.49), (0.25, 0.47), (0.26, 0.34), (0.0, 0.33)),
        down(lighter(cloth, 0.2), 0.3),
    )
    for side in (-1, 1):
        tone = lighter(cloth, 0.06) if side == form.lit else darker(cloth, 0.78)
        form.blob(
            ((side * 0.24, 0.1, 1), (side * 0.24, 0.52), (side * 0.32, 0.6), (side * 0.4, 0.52), (side * 0.4, 0.1, 1)),
            down(tone, 0.3),
        )
        form.disc(side * 0.32, 0.53, 0.06, 0.06, flat(lighter(tone, 0.15)))


@thing(
    "guitar",
    ("land",),
    ("", "red", "orange", "yellow", "brown", "black", "blue", "white"),
    (0.6, 0.78),
    (-0.28, 0.28, -0.01, 1.0),
    0.3,
)
def guitar(form: Form, colour: str, rng: np.random.Generator) -> None:
    """An acoustic guitar, upright, or an electric one with horns."""
    body = paint(rng, colour, (0.82, 0.53, 0.24), (0.70, 0.40, 0.18), (0.88, 0.66, 0.36))
    neck = (0.34, 0.21, 0.13) if sum(body) > 0.7 else (0.60, 0.42, 0.26)
    if rng.random() < 0.65:
        outline = (
            (0.0, 0.0),
            (0.2, 0.03),
            (0.265, 0.17),
            (0.2, 0.3),
            (0.165, 0.37),
            (0.2, 0.46),
            (0.15, 0.55),
            (0.0, 0.565),
        )
        form.mirrored(outline, form.across(darker(body, 0.55), 0.3))
        form.mirrored([(x * 0.91, 0.022 + y * 0.925) for x, y in outline], form.across(body, 0.26))
        form.disc(0, 0.37, 0.085, 0.085, flat(darker(body, 0.5)))
        form.disc(0, 0.37, 0.066, 0.066, flat((0.14, 0.09, 0.06)))
        form.block(-0.09, 0.09, 0.14, 0.175, flat(neck))
    else:
        form.blob(
            (
                (0.0, 0.0),
                (0.2, 0.05),
                (0.22, 0.2),
                (0.15, 0.32),
                (0.23, 0.5, 1),
                (0.1, 0.44),
                (-0.08, 0.46),
                (-0.22, 0.56, 1),
                (-0.17, 0.32),
                (-0.24, 0.16),
                (-0.16, 0.03),
            ),
            form.across(body, 0.36),
        )
        form.blob(
            ((0.02, 0.12), (0.14, 0.16), (0.12, 0.32), (0.06, 0.42), (-0.1, 0.4), (-0.06, 0.24)),
            flat((0.95, 0.94, 0.90) if min(body) < 0.7 else DARK),
        )
        for y in (0.2, 0.33):
            form.block(-0.075, 0.075, y - 0.02, y + 0.02, flat(DARK))
        form.disc(0.12, 0.11, 0.022, 0.022, flat(GOLD))
    form.shape(((-0.034, 0.36), (-0.027, 0.86), (0.027, 0.86), (0.034, 0.36)), form.across(neck, 0.3))
    for y in (0.56, 0.64, 0.72, 0.79):
        form.stroke(((-0.026, y), (0.026, y)), 0.01, flat(GOLD))
    form.shape(((-0.03, 0.85), (-0.06, 0.98), (0.06, 0.98), (0.03, 0.85)), form.across(darker(neck, 0.8), 0.3))
    for y in (0.89, 0.95):
        for side in (-1, 1):
            form.disc(side * 0.065, y, 0.02, 0.016, flat((0.90, 0.88, 0.82)))
    for x in (-0.012, 0.012):
        form.stroke(((x, 0.16), (x, 0.9)), 0.006, flat((0.92, 0.90, 0.84)))
