"""What flies and was built: their foot is the middle of their lowest point."""

from __future__ import annotations

import math

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB, Fill

from .form import CREAM, DARK, GLASS, STEEL, WOOD, Form, down, flat, paint, pick, thing

ALL_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")


@thing(
    "balloon",
    ("air",),
    ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
    (0.48, 0.68),
    (-0.43, 0.43, -0.01, 1.02),
)
def balloon(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A hot-air balloon of gores, a skirt and a basket."""
    first = paint(rng, colour, *(PAINTS[name] for name in ("red", "orange", "blue", "yellow", "green", "purple")))
    if colour:
        second = darker(first, 0.8) if rng.random() < 0.5 else lighter(first, 0.5)
        if colour == "white":
            second = (0.76, 0.78, 0.82)
    else:
        second = varied(rng, PAINTS[pick(rng, "yellow", "white", "orange", "pink")])
    wide = float(rng.uniform(0.35, 0.4))
    for x in (-0.085, 0.085):
        form.stroke(((x * 1.2, 0.33), (x * 0.85, 0.12)), 0.014, flat(darker(WOOD, 0.7)))
    for number, share in enumerate((1.0, 0.74, 0.42, 0.14)):
        tone = first if number % 2 == 0 else second
        fill = form.across(tone, 0.42) if number % 2 == 0 else form.across(tone, 0.3)
        half = wide * share
        form.mirrored(
            (
                (0.0, 0.27),
                (max(0.03, 0.1 * share), 0.29),
                (half * 0.86, 0.5),
                (half, 0.7),
                (half * 0.72, 0.91),
                (0.0, 1.0 - 0.004 * number),
            ),
            fill,
        )
    if rng.random() < 0.4:
        band = lighter(first, 0.6) if colour != "white" else (0.66, 0.70, 0.76)
        form.stroke(
            [(wide * 0.985 * x, 0.66 - 0.05 * (1 - x * x)) for x in (-1, -0.75, -0.4, 0, 0.4, 0.75, 1)],
            0.045,
            form.across(band, 0.3),
        )
    form.shape(((-0.1, 0.31), (-0.075, 0.25), (0.075, 0.25), (0.1, 0.31)), flat(darker(first, 0.5)))
    if form.night:
        form.disc(0, 0.26, 0.035, 0.05, Fill((1.0, 0.85, 0.45), lit=False))
    form.shape(((-0.085, 0.13), (-0.07, 0), (0.07, 0), (0.085, 0.13)), form.across((0.58, 0.38, 0.20), 0.45))
    form.block(-0.09, 0.09, 0.11, 0.14, flat((0.35, 0.22, 0.13)))
    form.glow(0, 0.45, 0.24, 0.45, (1.0, 0.62, 0.25))


@thing(
    "plane",
    ("air",),
    ("", "white", "red", "blue", "yellow", "green", "orange", "grey"),
    (0.3, 0.42),
    (-1.06, 1.04, -0.01, 1.04),
)
def plane(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A jet seen from the side, or an old biplane with its propeller."""
    if rng.random() < 0.65:
        jet(form, paint(rng, colour, (0.94, 0.94, 0.95)), colour, rng)
    else:
        biplane(form, paint(rng, colour, PAINTS["red"], PAINTS["yellow"], (0.25, 0.45, 0.35)), rng)


def jet(form: Form, body: RGB, colour: str, rng: np.random.Generator) -> None:
    accent = (
        darker(body, 0.72) if colour not in ("", "white") else varied(rng, PAINTS[pick(rng, "red", "blue", "orange")])
    )
    form.shape(((0.2, 0.5), (-0.02, 0.86), (-0.16, 0.86), (-0.14, 0.5)), flat(darker(body, 0.66)))
    form.shape(((-0.64, 0.52), (-0.96, 1.02), (-0.78, 1.02), (-0.36, 0.56)), form.across(accent, 0.25))
    hull = (
        (-1.02, 0.56, 1),
        (-0.6, 0.62),
        (0.3, 0.64),
        (0.72, 0.6),
        (1.0, 0.45),
        (0.96, 0.34),
        (0.6, 0.28),
        (-0.3, 0.28),
        (-0.7, 0.4),
    )
    form.blob(hull, Fill(lighter(body, 0.15), darker(body, 0.66)))
    form.stroke(((-0.92, 0.52), (-0.5, 0.385), (0.9, 0.37)), 0.05, flat(accent), 0.03)
    for number in range(7):
        x = -0.42 + number * 0.16
        form.disc(x, 0.51, 0.04, 0.045, form.pane(rng))
    form.shape(((0.76, 0.47), (0.72, 0.56), (0.84, 0.54), (0.95, 0.45)), form.pane(rng, darker(GLASS, 0.7), 0.3))
    form.shape(((-0.7, 0.46), (-1.04, 0.62), (-0.92, 0.64), (-0.48, 0.5)), flat(darker(body, 0.8)))
    form.disc(0.16, 0.2, 0.15, 0.075, down(darker(body, 0.8), 0.4))
    form.disc(0.28, 0.2, 0.035, 0.06, flat(DARK))
    form.shape(((0.32, 0.4), (-0.4, 0.02), (-0.56, 0.02), (-0.16, 0.4)), down(darker(body, 0.84), 0.3))
    form.glow(-0.48, 0.04, 0.08, 0.6, (1.0, 0.3, 0.2))
    form.glow(0.98, 0.42, 0.12, 0.5)


def biplane(form: Form, body: RGB, rng: np.random.Generator) -> None:
    wing = lighter(body, 0.25) if rng.random() < 0.5 else darker(body, 0.85)
    form.shape(((-0.72, 0.5), (-0.98, 0.92), (-0.8, 0.96), (-0.52, 0.54)), form.across(wing, 0.3))
    form.blob(
        ((-0.96, 0.58, 1), (-0.3, 0.68), (0.3, 0.7), (0.66, 0.64, 1), (0.7, 0.42, 1), (0.3, 0.3), (-0.3, 0.38)),
        down(body, 0.4),
    )
    form.shape(((0.02, 0.68), (0.06, 0.82), (0.2, 0.68)), flat(GLASS))
    form.disc(-0.12, 0.74, 0.08, 0.09, flat((0.42, 0.26, 0.17)))
    form.stroke(((-0.14, 0.68), (-0.32, 0.72)), 0.05, flat(PAINTS["red"] if body[0] < 0.7 else CREAM), 0.03)
    for x in (-0.08, 0.4):
        form.stroke(((x, 0.34), (x + 0.04, 0.95)), 0.035, flat(WOOD))
    for x, y in ((0.18, 0.97), (0.1, 0.36)):
        form.stroke(((x - 0.44, y), (x + 0.44, y)), 0.1, down(wing, 0.4))
    form.stroke(((0.3, 0.3), (0.36, 0.14)), 0.04, flat(DARK))
    form.disc(0.37, 0.11, 0.105, 0.105, flat(DARK))
    form.disc(0.37, 0.11, 0.045, 0.045, flat(STEEL))
    form.block(0.66, 0.78, 0.43, 0.63, form.across(STEEL, 0.3))
    form.disc(0.86, 0.53, 0.03, 0.38, Fill((0.80, 0.82, 0.85), opacity=0.6))
    form.disc(0.82, 0.53, 0.07, 0.06, flat(DARK))
    form.shape(((-0.92, 0.56), (-1.02, 0.66), (-0.62, 0.62)), flat(darker(wing, 0.8)))
    form.disc(-0.5, 0.55, 0.08, 0.075, flat(CREAM))


@thing(
    "kite",
    ("air",),
    ("", "red", "orange", "yellow", "green", "blue", "purple", "pink"),
    (0.5, 0.7),
    (-0.37, 0.35, -0.02, 1.01),
)
def kite(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A diamond of four cloths on a cross of sticks, with bows along its tail."""
    first = paint(rng, colour, *(PAINTS[name] for name in ("red", "yellow", "blue", "green", "orange")))
    second = lighter(first, 0.3) if colour else varied(rng, PAINTS[pick(rng, "yellow", "orange", "blue", "pink")])
    lean = float(rng.uniform(-0.1, 0.18))

    def turned(x: float, y: float) -> tuple[float, float]:
        return x * math.cos(lean) - (y - 0.4) * math.sin(lean), 0.4 + x * math.sin(lean) + (y - 0.4) * math.cos(lean)

    top, foot = turned(0, 0.98), turned(0, 0.3)
    left, right, heart = turned(-0.3, 0.7), turned(0.3, 0.7), turned(0, 0.7)
    tail = (foot, (foot[0] - 0.08, 0.23), (foot[0] + 0.06, 0.14), (foot[0] - 0.04, 0.05), (foot[0] + 0.08, 0.0))
    form.curve(tail, 0.022, flat(darker(first, 0.75)))
    for (x, y), tone in zip(tail[1:], (second, first, second, first), strict=True):
        for side in (-1, 1):
            form.shape(((x, y + 0.02), (x + side * 0.075, y + 0.055), (x + side * 0.075, y - 0.01)), flat(tone))
    form.shape((top, heart, left), flat(first if form.lit < 0 else darker(first, 0.85)))
    form.shape((top, heart, right), flat(lighter(second, 0.1)))
    form.shape((foot, heart, left), flat(second if colour else lighter(second, 0.05)))
    form.shape((foot, heart, right), flat(darker(first, 0.8)))
    for ends in ((top, foot), (left, right)):
        form.stroke(ends, 0.018, flat(darker(WOOD, 0.7)))


@thing(
    "rocket",
    ("air", "land"),
    ("", "white", "red", "blue", "orange", "yellow", "green", "grey"),
    (0.56, 0.76),
    (-0.34, 0.34, -0.01, 1.02),
)
def rocket(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A rocket on its flame, with fins and a round window."""
    flame(form, rng)
    rocket_body(form, colour, rng)
    form.glow(0, 0.08, 0.2, 0.7, (1.0, 0.6, 0.2))


def flame(form: Form, rng: np.random.Generator) -> None:
    long = float(rng.uniform(0.0, 0.06))
    for wide, low, tone in (
        (0.12, long, (0.96, 0.42, 0.10)),
        (0.085, long + 0.06, (1.0, 0.72, 0.18)),
        (0.05, long + 0.12, (1.0, 0.95, 0.70)),
    ):
        form.mirrored(((0.0, low, 1), (wide, 0.17), (wide * 0.7, 0.26, 1)), Fill(tone, lit=False))


def rocket_body(form: Form, colour: str, rng: np.random.Generator) -> None:
    body = paint(rng, colour, (0.93, 0.93, 0.94))
    accent = varied(rng, PAINTS[pick(rng, "red", "red", "blue", "orange")] if not colour else darker(body, 0.82))
    wide = float(rng.uniform(0.13, 0.17))
    for side in (-1, 1):
        tone = lighter(accent, 0.08) if side == form.lit else darker(accent, 0.8)
        form.blob(
            (
                (side * wide * 0.75, 0.5, 1),
                (side * (wide + 0.11), 0.36),
                (side * (wide + 0.15), 0.17, 1),
                (side * wide * 0.6, 0.27, 1),
            ),
            flat(tone),
        )
    form.shape(((-0.09, 0.28), (-0.11, 0.21), (0.11, 0.21), (0.09, 0.28)), flat((0.30, 0.31, 0.35)))
    form.mirrored(
        ((0.0, 0.26, 1), (wide * 0.72, 0.265, 1), (wide, 0.48), (wide * 0.86, 0.74), (wide * 0.4, 0.92), (0.0, 1.0, 1)),
        form.across(body, 0.42),
    )
    form.mirrored(((0.0, 0.79, 1), (wide * 0.75, 0.8, 1), (wide * 0.4, 0.92), (0.0, 1.0, 1)), form.across(accent, 0.42))
    form.shape(
        ((-wide * 0.79, 0.3), (-wide * 0.85, 0.36), (wide * 0.85, 0.36), (wide * 0.79, 0.3)), form.across(accent, 0.42)
    )
    form.disc(0, 0.62, 0.075, 0.075, flat(darker(accent, 0.8)))
    form.disc(0, 0.62, 0.054, 0.054, form.pane(rng, (0.35, 0.62, 0.80), 1.0))
    form.shape(((-0.025, 0.44), (0.025, 0.44), (0.02, 0.16), (-0.02, 0.16)), flat(darker(accent, 0.85)))
