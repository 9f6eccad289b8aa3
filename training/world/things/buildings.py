"""What stands built on the land."""

from __future__ import annotations

import itertools
import math

import numpy as np

from training.world.palette import PAINTS, darker, lighter, mix, varied
from training.world.pen import RGB, Fill

from .form import CREAM, DARK, GLASS, GOLD, SLATE, STONE, TILES, WOOD, Form, down, flat, paint, pick, thing

WALL_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "pink", "brown", "white", "grey")


def roof_tone(rng: np.random.Generator, colour: str) -> RGB:
    """A roof that lets painted walls speak: quiet over a named colour."""
    if colour in ("", "white", "grey"):
        return varied(rng, pick(rng, TILES, SLATE, (0.45, 0.24, 0.18)) if not colour else SLATE)
    return varied(rng, pick(rng, SLATE, (0.33, 0.24, 0.21)) if colour != "brown" else (0.30, 0.22, 0.19))


def window(form: Form, rng: np.random.Generator, x: float, y: float, across: float, up: float, frame: RGB) -> None:
    """A framed window around (x, y), with a crossbar."""
    form.block(x - across / 2, x + across / 2, y - up / 2, y + up / 2, flat(frame))
    rim = min(across, up) * 0.16
    form.block(x - across / 2 + rim, x + across / 2 - rim, y - up / 2 + rim, y + up / 2 - rim, form.pane(rng))
    form.block(x - across * 0.05, x + across * 0.05, y - up / 2, y + up / 2, flat(frame))


def arch(form: Form, x: float, bottom: float, across: float, up: float, fill: Fill) -> None:
    """A door or window with a round head."""
    half = across / 2
    spring = bottom + up - half
    head = [(x + half * math.cos(turn), spring + half * math.sin(turn)) for turn in ARCH]
    form.shape([(x + half, bottom), *head, (x - half, bottom)], fill)


ARCH = [math.pi * step / 8 for step in range(9)]
VAULT = [math.pi * step / 6 for step in range(7)]


def battlement(
    form: Form, left: float, right: float, bottom: float, top: float, fill: Fill, merlons: int = 4, tooth: float = 0.4
) -> None:
    """A wall's top with teeth; `tooth` is their share of its height."""
    low = top - (top - bottom) * tooth
    pitch = (right - left) / (2 * merlons - 1)
    points = [(right, bottom), (left, bottom)]
    for number in range(merlons):
        start = left + 2 * number * pitch
        points += [(start, low), (start, top), (start + pitch, top), (start + pitch, low)]
    points[2], points[-1] = (left, top), (right, top)
    form.shape(points, fill)


@thing("house", ("land", "street"), WALL_PAINTS, (0.36, 0.52), (-0.66, 0.71, -0.01, 1.02), 1.2)
def house(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A gabled house at an angle, so that a lit and a shaded wall show; or one seen from its long side."""
    wall = paint(rng, colour, CREAM, (0.88, 0.72, 0.55), (0.80, 0.50, 0.38), (0.72, 0.78, 0.80), (0.90, 0.82, 0.62))
    roof = roof_tone(rng, colour)
    trim = (0.97, 0.96, 0.93) if colour != "white" else (0.50, 0.55, 0.62)
    door = varied(rng, pick(rng, WOOD, (0.55, 0.16, 0.13), (0.16, 0.34, 0.42)) if not colour else darker(wall, 0.4))
    if rng.random() < 0.6:
        corner_house(form, rng, wall, roof, trim, door)
    else:
        long_house(form, rng, wall, roof, trim, door)
    form.glow(0.0, 0.3, 0.25, 0.2)


def corner_house(form: Form, rng: np.random.Generator, wall: RGB, roof: RGB, trim: RGB, door: RGB) -> None:
    eave = float(rng.uniform(0.48, 0.56))
    split = float(rng.uniform(-0.06, 0.04))
    left, right, ridge = -0.54, 0.60, 0.93
    middle = (left + split) / 2
    form.block(0.26, 0.38, 0.7, 1.0, form.across(TILES))
    form.block(split, right, 0.0, eave + 0.02, form.face(wall, 1))
    form.shape(((left, 0), (left, eave), (middle, ridge - 0.03), (split, eave), (split, 0)), form.face(wall, -1))
    form.shape(
        ((split + 0.03, eave - 0.05), (right + 0.09, eave - 0.05), (right - 0.18, ridge), (middle, ridge)),
        form.face(roof, 0.5),
    )
    form.stroke(((left - 0.06, eave - 0.05), (middle, ridge), (split + 0.04, eave - 0.05)), 0.045, flat(trim))
    form.stroke(((middle, ridge), (right - 0.18, ridge)), 0.03, flat(darker(roof, 0.8)))
    form.block(middle - 0.075, middle + 0.075, 0, 0.3, Fill(door, darker(door, 0.7)))
    window(form, rng, middle, eave + 0.06, 0.17, 0.18, trim)
    for x in (split + 0.17, split + 0.42):
        window(form, rng, x, eave * 0.5, 0.16, 0.2, trim)


def long_house(form: Form, rng: np.random.Generator, wall: RGB, roof: RGB, trim: RGB, door: RGB) -> None:
    tall = rng.random() < 0.45
    eave = 0.66 if tall else 0.46
    ridge = 0.96 if tall else 0.9
    form.block(0.22, 0.36, eave, 1.0, form.across(TILES))
    form.block(-0.56, 0.56, 0, eave + 0.02, form.across(wall, 0.16))
    form.block(-0.56, 0.56, eave - 0.08, eave, flat(darker(wall, 0.72)))
    form.shape(((-0.64, eave - 0.03), (-0.46, ridge), (0.46, ridge), (0.64, eave - 0.03)), down(roof, 0.35))
    form.block(-0.64, 0.64, eave - 0.05, eave - 0.015, flat(darker(roof, 0.65)))
    form.block(-0.08, 0.08, 0, 0.28, Fill(door, darker(door, 0.7)))
    lows = ((-0.34, 0.22), (0.34, 0.22))
    for x, y in (*lows, *(((-0.34, 0.48), (0.0, 0.48), (0.34, 0.48)) if tall else ())):
        window(form, rng, x, y, 0.19, 0.17, trim)
    if not tall:
        dormer = ((-0.13, eave + 0.04), (-0.13, eave + 0.2), (0, eave + 0.34), (0.13, eave + 0.2), (0.13, eave + 0.04))
        form.shape(dormer, form.across(wall, 0.2))
        form.stroke(((-0.17, eave + 0.18), (0, eave + 0.35), (0.17, eave + 0.18)), 0.04, flat(darker(roof, 0.75)))
        window(form, rng, 0, eave + 0.13, 0.14, 0.15, trim)


@thing(
    "castle", ("land",), ("", "grey", "white", "brown", "pink", "black"), (0.48, 0.66), (-0.69, 0.69, -0.01, 1.09), 1.2
)
def castle(form: Form, colour: str, rng: np.random.Generator) -> None:
    stone = paint(rng, colour, STONE, (0.70, 0.63, 0.52), (0.55, 0.55, 0.58), (0.80, 0.75, 0.66))
    roof = varied(rng, pick(rng, (0.23, 0.33, 0.55), (0.62, 0.22, 0.18), SLATE)) if not colour else darker(stone, 0.55)
    pointed = rng.random() < 0.65
    flag = PAINTS[pick(rng, "red", "blue", "yellow")]
    keep = float(rng.uniform(0.74, 0.84))
    tower(form, rng, 0.0, 0.2, keep, stone, roof if pointed else None, 1.0, flag)
    battlement(form, -0.46, 0.46, 0, 0.46, form.across(darker(stone, 0.93), 0.16), 7, 0.14)
    inner = float(rng.uniform(0.5, 0.62))
    for side in (-1, 1):
        tower(
            form,
            rng,
            side * 0.26,
            0.13,
            inner,
            stone,
            roof if pointed and rng.random() < 0.5 else None,
            inner + 0.24,
            None,
        )
    for side in (-1, 1):
        outer = float(rng.uniform(0.5, 0.6))
        tower(
            form,
            rng,
            side * 0.53,
            0.21,
            outer,
            stone,
            roof if pointed else None,
            outer + 0.3,
            flag if pointed else None,
        )
    arch(form, 0, 0, 0.26, 0.32, flat(darker(stone, 0.6)))
    arch(form, 0, 0, 0.2, 0.28, form.pane(rng, (0.22, 0.15, 0.12), 1.0) if form.night else flat((0.20, 0.14, 0.12)))
    form.glow(0, 0.15, 0.2, 0.25)


def tower(
    form: Form,
    rng: np.random.Generator,
    x: float,
    across: float,
    up: float,
    stone: RGB,
    roof: RGB | None,
    peak: float,
    flag: RGB | None,
) -> None:
    """A round tower to the height `up`, with teeth or a pointed roof up to `peak`, a slit, perhaps a flag."""
    half = across / 2
    fill = form.across(stone, 0.34)
    form.block(x - half, x + half, 0, up, fill)
    head = half * 1.22
    if roof is None:
        battlement(form, x - head, x + head, up - across * 0.42, up + across * 0.2, fill, 3, 0.42)
    else:
        form.block(x - head, x + head, up - across * 0.3, up, fill)
        form.shape(((x - head * 1.12, up), (x, peak), (x + head * 1.12, up)), form.across(roof, 0.4))
        if flag is not None:
            form.stroke(((x, peak - 0.02), (x, peak + 0.06)), 0.014, flat(DARK))
            form.shape(((x, peak + 0.07), (x + 0.11, peak + 0.04), (x, peak + 0.005)), flat(flag))
    arch(form, x, up * 0.68, across * 0.26, across * 0.5, form.pane(rng, (0.16, 0.17, 0.22)))


@thing("lighthouse", ("land",), ("", "white", "red", "blue", "yellow"), (0.6, 0.78), (-0.21, 0.41, -0.01, 1.02), 0.45)
def lighthouse(form: Form, colour: str, rng: np.random.Generator) -> None:
    body = paint(rng, colour, (0.95, 0.94, 0.91))
    band = varied(
        rng, (0.93, 0.92, 0.90) if colour not in ("", "white") else PAINTS[pick(rng, "red", "red", "black", "blue")]
    )
    foot, top = float(rng.uniform(0.15, 0.19)), float(rng.uniform(0.09, 0.11))
    high = 0.74

    def half(y: float) -> float:
        return foot + (top - foot) * y / high

    if rng.random() < 0.45:
        form.block(0.05, 0.36, 0, 0.16, form.face(CREAM, 1))
        form.shape(((0.04, 0.15), (0.1, 0.26), (0.3, 0.26), (0.39, 0.15)), down(TILES))
        form.block(0.22, 0.29, 0.04, 0.12, form.pane(rng))
    form.shape(((-foot, 0), (-top, high), (top, high), (foot, 0)), form.across(body, 0.34))
    bands = pick(rng, (), ((0.52, 0.66),), ((0.22, 0.36), (0.5, 0.64)))
    if not colour:
        bands = pick(rng, ((0.14, 0.29), (0.44, 0.59)), ((0.18, 0.4),), ((0.05, 0.18), (0.31, 0.44), (0.57, 0.7)))
    for low, up in bands:
        form.shape(((-half(low), low), (-half(up), up), (half(up), up), (half(low), low)), form.across(band, 0.34))
    arch(form, 0, 0, 0.1, 0.15, flat((0.28, 0.19, 0.15)))
    arch(form, 0, 0.4, 0.06, 0.09, form.pane(rng))
    cap = darker(body, 0.7) if colour not in ("", "white") else band if min(band) < 0.5 else DARK
    form.block(-top - 0.05, top + 0.05, high - 0.02, high + 0.03, form.across(cap, 0.3))
    lamp = Fill((1.0, 0.93, 0.62), lit=False) if form.night else Fill((0.62, 0.76, 0.82), (0.93, 0.90, 0.70))
    form.block(-0.065, 0.065, high + 0.03, high + 0.14, lamp)
    for x in (-0.07, 0.0, 0.07):
        form.stroke(((x, high + 0.03), (x, high + 0.14)), 0.016, flat(darker(cap, 0.7)))
    form.shape(
        ((-0.1, high + 0.14), (-0.06, high + 0.2), (0, high + 0.24), (0.06, high + 0.2), (0.1, high + 0.14)),
        form.across(cap, 0.4),
    )
    form.stroke(((0, high + 0.23), (0, 1.0)), 0.014, flat(cap))
    form.glow(0, high + 0.085, 0.12, 0.9)
    form.glow(0, high + 0.085, 0.4, 0.3)


@thing(
    "windmill", ("land",), ("", "white", "red", "brown", "blue", "green"), (0.56, 0.74), (-0.46, 0.5, -0.01, 1.08), 0.45
)
def windmill(form: Form, colour: str, rng: np.random.Generator) -> None:
    body = paint(rng, colour, (0.86, 0.80, 0.70), (0.72, 0.60, 0.48), (0.90, 0.89, 0.85), (0.66, 0.36, 0.28))
    cap = varied(rng, (0.36, 0.24, 0.19)) if colour not in ("brown",) else darker(body, 0.6)
    form.shape(((-0.2, 0), (-0.12, 0.6), (0.12, 0.6), (0.2, 0)), form.across(body, 0.36))
    form.block(-0.165, 0.165, 0.24, 0.28, form.across(darker(body, 0.72), 0.3))
    arch(form, 0.0, 0, 0.11, 0.19, flat((0.27, 0.18, 0.14)))
    arch(form, -0.01, 0.36, 0.075, 0.11, form.pane(rng))
    form.mirrored(((0.14, 0.585, 1), (0.13, 0.66), (0.0, 0.73)), form.across(cap, 0.4))
    hub = (0.02, 0.6)
    turn = float(rng.uniform(0.1, 1.3))
    cloth = pick(rng, (0.96, 0.94, 0.88), (0.93, 0.90, 0.82)) if colour != "white" else (0.74, 0.62, 0.50)
    for quarter in range(4):
        angle = turn + quarter * math.pi / 2
        c, s = math.cos(angle), math.sin(angle)

        def along(out: float, aside: float, c: float = c, s: float = s) -> tuple[float, float]:
            return hub[0] + out * c - aside * s, hub[1] + out * s + aside * c

        form.shape((along(0.09, 0), along(0.09, 0.075), along(0.44, 0.095), along(0.44, 0)), flat(cloth))
        for out in (0.2, 0.32):
            form.stroke((along(out, 0), along(out, 0.085)), 0.012, flat(darker(WOOD, 0.9)))
        form.stroke((along(0, 0), along(0.45, 0)), 0.024, flat(darker(WOOD, 0.8)))
    form.disc(*hub, 0.035, 0.035, flat(darker(WOOD, 0.6)))
    form.glow(0, 0.4, 0.25, 0.25)


@thing("tower", ("land",), ("", "grey", "brown", "white", "red"), (0.6, 0.78), (-0.25, 0.25, -0.01, 1.05), 0.4)
def clock_or_keep(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A square clock tower with a steep roof, or a round keep with teeth."""
    stone = paint(rng, colour, STONE, (0.70, 0.60, 0.48), (0.66, 0.42, 0.33), (0.78, 0.74, 0.66))
    if rng.random() < 0.5:
        form.shape(((-0.2, 0), (-0.16, 0.78), (0.16, 0.78), (0.2, 0)), form.across(stone, 0.4))
        form.shape(((-0.16, 0.74), (-0.23, 0.8), (0.23, 0.8), (0.16, 0.74)), flat(darker(stone, 0.6)))
        battlement(form, -0.23, 0.23, 0.8, 0.98, form.across(stone, 0.4), 4, 0.5)
        for x, y in ((-0.09, 0.16), (0.1, 0.28), (-0.02, 0.36), (-0.1, 0.5), (0.08, 0.66)):
            form.block(x - 0.045, x + 0.045, y, y + 0.035, flat(darker(stone, 0.8)))
        arch(form, 0, 0, 0.14, 0.2, flat((0.25, 0.17, 0.13)))
        for y in (0.42, 0.6):
            arch(form, 0, y, 0.06, 0.11, form.pane(rng, (0.17, 0.18, 0.23)))
        return
    roof = darker(stone, 0.5) if colour else varied(rng, pick(rng, SLATE, (0.25, 0.42, 0.38), TILES))
    form.block(-0.17, 0.17, 0, 0.74, form.across(stone, 0.36))
    for y in (0.27, 0.72):
        form.block(-0.2, 0.2, y, y + 0.035, form.across(lighter(stone, 0.15), 0.4))
    form.shape(((-0.2, 0.755), (-0.035, 0.98), (0.035, 0.98), (0.2, 0.755)), form.across(roof, 0.4))
    form.stroke(((0, 0.97), (0, 1.02)), 0.018, flat(GOLD))
    dial = Fill((1.0, 0.93, 0.70), lit=False) if form.night else flat((0.97, 0.95, 0.88))
    form.disc(0, 0.59, 0.125, 0.125, flat(darker(stone, 0.45)))
    form.disc(0, 0.59, 0.1, 0.1, dial)
    hand = float(rng.uniform(0, math.tau))
    form.stroke(((0, 0.59), (0.075 * math.cos(hand), 0.59 + 0.075 * math.sin(hand))), 0.018, flat(DARK))
    form.stroke(((0, 0.59), (0.03 * math.sin(hand), 0.59 + 0.05 * math.cos(hand))), 0.022, flat(DARK))
    arch(form, 0, 0, 0.13, 0.19, flat((0.25, 0.17, 0.13)))
    for x in (-0.08, 0.08):
        arch(form, x, 0.34, 0.06, 0.11, form.pane(rng))
    form.glow(0, 0.59, 0.2, 0.4)


@thing(
    "church",
    ("land",),
    ("", "white", "red", "yellow", "brown", "grey", "blue"),
    (0.54, 0.72),
    (-0.41, 0.57, -0.01, 1.05),
    0.85,
)
def church(form: Form, colour: str, rng: np.random.Generator) -> None:
    wall = paint(rng, colour, (0.95, 0.93, 0.88), (0.85, 0.78, 0.66), (0.72, 0.68, 0.62))
    roof = roof_tone(rng, colour)
    glass = pick(rng, (0.30, 0.42, 0.62), (0.42, 0.34, 0.55))
    ridge = float(rng.uniform(0.46, 0.52))
    form.block(-0.1, 0.5, 0, 0.3, form.face(wall, 1))
    form.shape(((-0.1, 0.27), (-0.1, ridge), (0.43, ridge), (0.55, 0.27)), down(roof, 0.4))
    for x in (0.06, 0.22, 0.38):
        arch(form, x, 0.07, 0.08, 0.16, form.pane(rng, glass))
    shoulder = float(rng.uniform(0.58, 0.64))
    form.block(-0.37, -0.09, 0, shoulder, form.across(wall, 0.22))
    form.block(-0.39, -0.07, shoulder - 0.03, shoulder, form.across(lighter(wall, 0.2), 0.3))
    if rng.random() < 0.75:
        form.shape(((-0.39, shoulder), (-0.23, 0.93), (-0.07, shoulder)), form.across(roof, 0.42))
    else:
        form.blob(
            (
                (-0.38, shoulder, 1),
                (-0.38, shoulder + 0.1),
                (-0.27, shoulder + 0.18),
                (-0.23, 0.93, 1),
                (-0.19, shoulder + 0.18),
                (-0.08, shoulder + 0.1),
                (-0.08, shoulder, 1),
            ),
            form.across(roof, 0.42),
        )
    form.stroke(((-0.23, 0.92), (-0.23, 1.02)), 0.018, flat(GOLD))
    form.stroke(((-0.265, 0.985), (-0.195, 0.985)), 0.018, flat(GOLD))
    form.disc(-0.23, 0.37, 0.05, 0.05, form.pane(rng, glass))
    arch(form, -0.23, shoulder - 0.16, 0.1, 0.11, form.pane(rng, (0.2, 0.2, 0.25), 0.4))
    arch(form, -0.23, 0, 0.13, 0.21, flat((0.33, 0.20, 0.15)))
    form.glow(0.15, 0.16, 0.2, 0.22)


@thing(
    "bridge",
    ("water", "land"),
    ("", "red", "grey", "brown", "orange", "white", "green"),
    (0.26, 0.36),
    (-1.33, 1.33, -0.08, 1.02),
    2.4,
    False,
)
def bridge(form: Form, colour: str, rng: np.random.Generator) -> None:
    """An arched bridge of stone, or one that hangs from two towers."""
    if rng.random() < 0.5 and colour != "brown":
        return hanging_bridge(form, paint(rng, colour, PAINTS["red"], (0.60, 0.64, 0.68), (0.72, 0.30, 0.22)), rng)
    return stone_bridge(form, paint(rng, colour, STONE, (0.68, 0.58, 0.47), (0.62, 0.42, 0.34)), rng)


def hanging_bridge(form: Form, steel: RGB, rng: np.random.Generator) -> None:
    stand = float(rng.uniform(0.62, 0.72))
    deck = float(rng.uniform(0.28, 0.34))
    sag = deck + 0.1
    for span in range(-5, 6):
        x = span * 0.12 * stand / 0.62
        y = sag + (0.96 - sag) * (x / stand) ** 2
        if abs(x) < stand - 0.03:
            form.stroke(((x, deck), (x, y)), 0.02, flat(lighter(steel, 0.2)))
    for side in (-1, 1):
        for out in (0.18, 0.36):
            form.stroke(
                ((side * (stand + out), deck), (side * (stand + out), 0.96 - 0.95 * out)),
                0.02,
                flat(lighter(steel, 0.2)),
            )
        form.stroke(((side * stand, 0.96), (side * 1.27, deck + 0.04)), 0.04, flat(steel))
        for leg in (-0.055, 0.055):
            form.block(side * stand + leg - 0.035, side * stand + leg + 0.035, 0, 1.0, form.across(steel, 0.4))
        for y in (0.56, 0.78, 0.95):
            form.block(side * stand - 0.055, side * stand + 0.055, y - 0.03, y + 0.03, flat(darker(steel, 0.85)))
        form.block(side * stand - 0.13, side * stand + 0.13, 0, 0.1, form.across(STONE, 0.3))
    main = [(stand * step / 6, sag + (0.96 - sag) * (step / 6) ** 2) for step in range(-6, 7)]
    form.stroke(main, 0.045, flat(steel))
    form.block(-1.3, 1.3, deck - 0.05, deck + 0.05, down(steel, 0.4))
    form.block(-1.3, 1.3, deck - 0.09, deck - 0.04, flat(darker(steel, 0.6)))
    for side in (-1, 1):
        form.glow(side * stand, 0.9, 0.16, 0.45)


def stone_bridge(form: Form, stone: RGB, rng: np.random.Generator) -> None:
    arches = pick(rng, 1, 2, 3)
    rise = float(rng.uniform(0.1, 0.24))
    inner = darker(stone, 0.55)
    edges = [-1.0 + 2.0 * number / arches for number in range(arches + 1)]

    def top(x: float) -> float:
        return 0.96 - rise * (x / 1.3) ** 2

    def vault(low: float, high: float, crown: float) -> list[tuple[float, float]]:
        middle, half = (low + high) / 2, (high - low) / 2
        return [(middle + half * math.cos(turn), crown * math.sin(turn)) for turn in (ARCH if arches < 3 else VAULT)]

    spans = []
    for left, right in itertools.pairwise(edges):
        gap = 0.07 if arches > 1 else 0.0
        spans.append((left + gap, right - gap, 0.72 if arches == 1 else 0.64))
    for left, right, crown in spans:
        depth = vault(left, right, crown)
        form.stroke([(x + 0.04, y - 0.02) for x, y in depth], 0.1, flat(inner))
    under = [point for left, right, crown in reversed(spans) for point in vault(left, right, crown)]
    deck = [(x, top(x)) for x in (-1.3, -0.8, -0.4, 0.0, 0.4, 0.8, 1.3)]
    form.shape([(-1.3, 0.0), *deck, (1.3, 0.0), *under], down(stone, 0.35))
    for left, right, crown in spans:
        form.stroke(vault(left, right, crown + 0.03), 0.06, flat(lighter(stone, 0.22)))
    form.stroke([(x, y - 0.13) for x, y in deck], 0.035, flat(darker(stone, 0.72)))
    form.stroke([(x * 0.99, y) for x, y in deck], 0.05, flat(lighter(stone, 0.25)))
    for x in (-0.9, 0.0, 0.9):
        form.glow(x, top(x) + 0.02, 0.14, 0.4)


@thing(
    "skyscraper",
    ("land", "street"),
    ("", "blue", "grey", "white", "black", "brown"),
    (0.64, 0.82),
    (-0.24, 0.24, -0.01, 1.04),
    0.45,
)
def skyscraper(form: Form, colour: str, rng: np.random.Generator) -> None:
    """Two walls of a tower block, narrowing in steps, with rows of windows."""
    wall = paint(rng, colour, (0.45, 0.56, 0.68), (0.62, 0.60, 0.58), (0.74, 0.66, 0.56), (0.36, 0.44, 0.52))
    glass = darker(wall, 0.62) if max(wall) > 0.3 else lighter(wall, 0.3)
    split = float(rng.uniform(0.03, 0.09))
    levels = pick(
        rng,
        ((0.0, 0.93, 1.0),),
        ((0.0, 0.6, 1.0), (0.6, 0.84, 0.72), (0.84, 0.92, 0.4)),
        ((0.0, 0.74, 1.0), (0.74, 0.9, 0.66)),
    )
    for bottom, top, share in levels:
        left, right, edge = -0.22 * share, 0.22 * share, split * share
        slope = 0.02 * share
        form.shape(((left, bottom), (left, top - slope), (edge, top), (edge, bottom)), form.face(wall, -1))
        form.shape(((edge, bottom), (edge, top), (right, top - slope), (right, bottom)), form.face(wall, 1))
        rows = max(1, round((top - bottom - 0.05) / 0.085))
        for row in range(rows):
            y = bottom + 0.045 + (top - bottom - 0.08) * row / rows
            storey(form, rng, (left + 0.025, edge - 0.02), y, glass)
            storey(form, rng, (edge + 0.02, right - 0.02), y, glass)
    peak, share = levels[-1][1:]
    if rng.random() < 0.5:
        form.shape(
            ((-0.1 * share, peak - 0.01), (split * share, min(peak + 0.08, 0.99)), (0.2 * share, peak - 0.01)),
            form.across(darker(wall, 0.8), 0.4),
        )
    form.stroke(((split * share, peak), (split * share, 1.02)), 0.022, flat(darker(wall, 0.7)), 0.01)
    form.block(-0.06, 0.03, 0, 0.04, form.pane(rng, lit=1.0))
    form.glow(0, 0.45, 0.25, 0.15)


def storey(form: Form, rng: np.random.Generator, span: tuple[float, float], y: float, glass: RGB) -> None:
    """A row of glass; at night some of its rooms are lit."""
    left, right = span
    form.block(left, right, y, y + 0.05, flat(mix(glass, GLASS, 0.3)))
    if form.night and rng.random() < 0.8:
        start, end = sorted(rng.uniform(left, right, 2))
        form.block(max(left, start - 0.03), min(right, end + 0.03), y, y + 0.05, form.pane(rng, lit=1.0))


@thing(
    "tent",
    ("land",),
    ("", "red", "orange", "yellow", "green", "blue", "purple", "white", "brown"),
    (0.34, 0.48),
    (-0.78, 0.97, -0.03, 1.05),
    1.6,
)
def tent(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A ridge tent at an angle, its door open; or a tipi."""
    cloth = paint(rng, colour, (0.93, 0.53, 0.22), (0.32, 0.52, 0.36), (0.88, 0.80, 0.62))
    glow = Fill((1.0, 0.86, 0.52), (0.95, 0.62, 0.26), lit=False)
    inside = glow if form.night else flat(darker(cloth, 0.3))
    if rng.random() < 0.3:
        for x in (-0.07, 0.07):
            form.stroke(((x * 1.4, 1.02), (-x, 0.84)), 0.025, flat(WOOD))
        form.shape(((-0.56, 0), (-0.03, 0.93), (0.03, 0.93), (0.56, 0)), form.across(cloth, 0.4))
        band = lighter(cloth, 0.5) if min(cloth) < 0.6 else darker(cloth, 0.65)
        form.shape(((-0.45, 0.2), (-0.40, 0.29), (0.40, 0.29), (0.45, 0.2)), form.across(band, 0.3))
        form.shape(((-0.17, 0), (0, 0.56), (0.17, 0)), inside)
        form.shape(((0.17, 0), (0, 0.56), (0.26, 0.02)), flat(darker(cloth, 0.65)))
    else:
        apex = float(rng.uniform(-0.3, -0.2))
        form.shape(((0.2, 0), (apex, 0.96), (0.52, 0.88), (0.9, 0.0)), form.face(cloth, 1))
        form.shape(((0.52, 0.12), (0.56, 0.36), (0.68, 0.34), (0.72, 0.11)), flat(darker(cloth, 0.6)))
        form.shape(((-0.76, 0), (apex, 0.98), (0.22, 0)), form.face(cloth, -1))
        form.shape(((-0.42, 0), (apex, 0.8), (-0.03, 0)), inside)
        form.shape(((-0.42, 0), (apex, 0.8), (-0.55, 0.02)), flat(lighter(cloth, 0.25)))
        form.shape(((-0.03, 0), (apex, 0.8), (0.1, 0.02)), flat(darker(cloth, 0.7)))
        form.stroke(((apex, 0.96), (0.52, 0.88)), 0.03, flat(lighter(cloth, 0.3)))
        form.stroke(((0.9, 0.02), (0.94, -0.01)), 0.02, flat(CREAM))
    form.glow(-0.22, 0.25, 0.28, 0.4)


@thing(
    "barn",
    ("land",),
    ("", "red", "white", "brown", "green", "grey", "blue"),
    (0.4, 0.54),
    (-0.62, 0.87, -0.01, 1.02),
    1.3,
)
def barn(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A barn with a broken gable and a braced door; perhaps a silo."""
    wall = paint(rng, colour, (0.68, 0.17, 0.14))
    roof = varied(
        rng,
        pick(rng, (0.42, 0.42, 0.45), (0.33, 0.26, 0.24), (0.55, 0.56, 0.58))
        if colour != "grey"
        else (0.30, 0.26, 0.26),
    )
    trim = (0.96, 0.95, 0.92) if colour != "white" else (0.40, 0.28, 0.22)
    gable = ((-0.54, 0.5), (-0.44, 0.74), (-0.16, 0.94), (0.12, 0.74), (0.22, 0.5))
    if rng.random() < 0.5:
        form.block(0.6, 0.84, 0, 0.86, form.across((0.70, 0.72, 0.75), 0.45))
        form.mirrored(((0.13, 0.85, 1), (0.1, 0.95), (0, 1.0)), form.across((0.55, 0.57, 0.62), 0.45), x=0.72)
    form.block(0.2, 0.7, 0, 0.52, form.face(wall, 1))
    form.shape(
        ((0.24, 0.47), (0.14, 0.74), (-0.16, 0.95), (0.48, 0.95), (0.66, 0.76), (0.74, 0.47)), form.face(roof, 0.5)
    )
    form.stroke(((0.12, 0.74), (0.66, 0.75)), 0.025, flat(darker(roof, 0.7)))
    form.shape(((-0.54, 0), *gable, (0.22, 0)), form.face(wall, -1))
    form.stroke(((-0.58, 0.46), *gable[1:4], (0.26, 0.46)), 0.05, flat(trim))
    form.block(-0.33, 0.01, 0, 0.36, flat(trim))
    form.block(-0.3, -0.02, 0, 0.33, flat(darker(wall, 0.62)))
    for start, end in (((-0.3, 0.02), (-0.02, 0.31)), ((-0.3, 0.31), (-0.02, 0.02))):
        form.stroke((start, end), 0.03, flat(trim))
    window(form, rng, -0.16, 0.62, 0.2, 0.17, trim)
    for x in (0.38, 0.58):
        window(form, rng, x, 0.27, 0.12, 0.15, trim)
    form.glow(0.2, 0.3, 0.22, 0.2)
