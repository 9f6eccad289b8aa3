"""What rolls: seen from the side, facing ahead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB, Fill

from .form import CREAM, DARK, GOLD, STEEL, Form, down, flat, paint, pick, thing

CAR_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "grey", "brown")
TYRE: RGB = (0.11, 0.11, 0.12)


def wheel(form: Form, x: float, y: float, radius: float, hub: RGB = STEEL) -> None:
    """A tyre with a bright hub."""
    form.disc(x, y, radius, radius, flat(TYRE))
    form.disc(x, y, radius * 0.6, radius * 0.6, flat(darker(hub, 0.85)))
    form.disc(x - 0.02 * radius, y + 0.06 * radius, radius * 0.44, radius * 0.42, flat(lighter(hub, 0.3)))
    form.disc(x, y, radius * 0.16, radius * 0.16, flat(TYRE))


def lamps(form: Form, front: tuple[float, float], back: tuple[float, float], radius: float) -> None:
    """A headlight and a tail light; both shine at night."""
    form.disc(*front, radius, radius * 1.2, Fill((1.0, 0.95, 0.72), lit=not form.night))
    form.disc(*back, radius * 0.8, radius * 1.2, Fill((0.90, 0.12, 0.10), lit=not form.night))
    form.glow(front[0] + radius * 1.5, front[1], radius * 4.5, 0.7)
    form.glow(back[0], back[1], radius * 3, 0.5, (1.0, 0.15, 0.1))


@thing("car", ("street", "land"), CAR_PAINTS, (0.26, 0.38), (-1.19, 1.21, -0.01, 1.04), 2.1)
def car(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A saloon, a small round car, or a van-like one."""
    body = paint(rng, colour, *(PAINTS[name] for name in ("red", "blue", "yellow", "white", "green", "orange")))
    kind = int(rng.integers(3))
    low = darker(body, 0.6)
    outline: Sequence[tuple[float, ...]]
    if kind == 0:
        form.blob(((-0.72, 0.56, 1), (-0.48, 0.93), (-0.1, 0.98), (0.26, 0.93), (0.6, 0.56, 1)), form.across(body, 0.2))
        glass = (
            ((-0.6, 0.58), (-0.42, 0.88), (-0.1, 0.9), (-0.1, 0.58)),
            ((-0.03, 0.58), (-0.03, 0.9), (0.22, 0.87), (0.48, 0.58)),
        )
        outline = (
            (-1.16, 0.24, 1),
            (-1.16, 0.5),
            (-1.0, 0.6),
            (-0.6, 0.62),
            (0.5, 0.62),
            (1.0, 0.54),
            (1.18, 0.4),
            (1.18, 0.22, 1),
        )
    elif kind == 1:
        form.blob(((-0.86, 0.52, 1), (-0.62, 0.9), (-0.1, 1.02), (0.4, 0.86), (0.66, 0.52, 1)), form.across(body, 0.2))
        glass = (
            ((-0.66, 0.56), (-0.5, 0.82), (-0.1, 0.92), (-0.1, 0.56)),
            ((-0.02, 0.56), (-0.02, 0.92), (0.32, 0.82), (0.52, 0.56)),
        )
        outline = (
            (-1.08, 0.2, 1),
            (-1.1, 0.42),
            (-0.9, 0.62),
            (-0.4, 0.64),
            (0.5, 0.62),
            (0.94, 0.58),
            (1.12, 0.38),
            (1.08, 0.2, 1),
        )
    else:
        form.shape(((-1.08, 0.5), (-1.02, 0.98), (0.3, 0.98), (0.66, 0.55)), form.across(body, 0.2))
        glass = (
            ((-0.96, 0.6), (-0.92, 0.88), (-0.42, 0.88), (-0.42, 0.6)),
            ((-0.33, 0.6), (-0.33, 0.88), (0.24, 0.88), (0.5, 0.6)),
        )
        outline = (
            (-1.14, 0.22, 1),
            (-1.14, 0.56),
            (-1.0, 0.64),
            (0.5, 0.62),
            (0.98, 0.56),
            (1.16, 0.42),
            (1.16, 0.22, 1),
        )
    for pane in glass:
        form.shape(pane, Fill((0.30, 0.40, 0.50), (0.66, 0.78, 0.86)))
    form.blob(outline, down(body, 0.4))
    form.block(-1.1, 1.1, 0.17, 0.27, flat(low))
    for x in (-0.64, 0.66):
        form.disc(x, 0.26, 0.275, 0.25, flat(darker(body, 0.4)))
        wheel(form, x, 0.22, 0.22)
    form.stroke(((-0.06, 0.28), (-0.06, 0.56)), 0.02, flat(low))
    form.stroke(((-0.3, 0.48), (-0.18, 0.48)), 0.04, flat(lighter(body, 0.5)))
    lamps(form, (1.08, 0.43), (-1.11, 0.47), 0.06)


@thing(
    "bus",
    ("street", "land"),
    ("", "red", "yellow", "orange", "blue", "green", "white", "pink", "purple"),
    (0.32, 0.46),
    (-1.02, 1.07, -0.01, 1.01),
    1.9,
)
def bus(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A bus with a row of windows; or a double-decker."""
    body = paint(rng, colour, PAINTS["red"], PAINTS["yellow"], PAINTS["blue"], PAINTS["green"])
    decks = 2 if rng.random() < 0.4 else 1
    length = 0.8 if decks == 2 else 1.0
    shell = (
        (-length, 0.12, 1),
        (-length, 0.9, 1),
        (-length + 0.08, 0.99, 1),
        (length - 0.1, 0.99),
        (length - 0.02, 0.88),
        (length + 0.03, 0.5),
        (length + 0.03, 0.12, 1),
    )
    form.blob(shell, down(body, 0.36))
    form.stroke(((-length + 0.06, 0.95), (length - 0.08, 0.95)), 0.04, flat(lighter(body, 0.4)))
    rows = ((0.64, 0.84), (0.32, 0.52)) if decks == 2 else ((0.5, 0.84),)
    count = 6 if decks == 1 else 5
    pitch = (2 * length - 0.14) / count
    for row, (low, high) in enumerate(rows):
        for number in range(count):
            left = -length + 0.07 + number * pitch
            last = number == count - 1
            bottom = 0.14 if last and row == len(rows) - 1 else low
            form.block(left, left + pitch - 0.05, bottom, high, form.pane(rng, (0.40, 0.54, 0.64), 0.9))
            if bottom < low:
                form.block(left + pitch / 2 - 0.04, left + pitch / 2 - 0.01, bottom, high, flat(darker(body, 0.6)))
    stripe = 0.58 if decks == 2 else 0.4
    form.block(
        -length,
        length - (pitch + 0.08 if decks == 1 else 0),
        stripe - 0.025,
        stripe + 0.025,
        flat(lighter(body, 0.65) if sum(body) < 2.3 else PAINTS["blue"]),
    )
    form.block(-length, length + 0.02, 0.1, 0.15, flat(darker(body, 0.5)))
    for x in (-length * 0.6, length * 0.48):
        form.disc(x, 0.17, 0.18, 0.16, flat(darker(body, 0.4)))
        wheel(form, x, 0.145, 0.145)
    lamps(form, (length - 0.01, 0.26), (-length + 0.03, 0.28), 0.04)
    form.glow(0, 0.6, 0.4, 0.18)


@thing(
    "train",
    ("land", "street"),
    ("", "red", "green", "blue", "black", "orange", "yellow", "white"),
    (0.22, 0.32),
    (-1.54, 1.56, -0.01, 1.02),
    2.8,
    False,
)
def train(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A steam engine with a carriage, or a modern train."""
    if rng.random() < 0.6:
        steam_train(form, paint(rng, colour, (0.16, 0.17, 0.20), (0.13, 0.36, 0.24), (0.66, 0.16, 0.14)), rng)
    else:
        express(form, paint(rng, colour, (0.90, 0.91, 0.93), PAINTS["red"], PAINTS["blue"]), colour, rng)


def rails(form: Form) -> None:
    form.block(-1.5, 1.5, 0, 0.045, flat((0.40, 0.38, 0.37)))


def steam_train(form: Form, body: RGB, rng: np.random.Generator) -> None:
    trim = varied(rng, PAINTS["red"] if body[0] < 0.5 else (0.22, 0.20, 0.20))
    rails(form)
    form.block(-1.46, -0.5, 0.24, 0.76, down(lighter(body, 0.05), 0.36))
    form.blob(((-1.52, 0.75, 1), (-1.4, 0.84), (-0.56, 0.84), (-0.44, 0.75, 1)), flat(darker(body, 0.6)))
    for x in (-1.34, -1.08, -0.82):
        form.block(x - 0.09, x + 0.14, 0.46, 0.68, form.pane(rng, lit=0.9))
    form.block(-1.46, -0.5, 0.32, 0.37, flat(GOLD))
    form.block(-0.5, -0.38, 0.25, 0.32, flat(DARK))
    form.block(-0.38, 0.1, 0.24, 0.86, form.across(body, 0.3))
    form.shape(((-0.46, 0.85), (-0.42, 0.95), (0.14, 0.95), (0.2, 0.85)), flat(darker(body, 0.55)))
    form.block(-0.28, 0.0, 0.56, 0.8, form.pane(rng, lit=0.9))
    form.shape(((0.1, 0.28), (0.1, 0.7), (1.12, 0.7), (1.12, 0.28)), down(body, 0.5))
    form.disc(1.12, 0.49, 0.05, 0.21, flat(darker(body, 0.6)))
    for x in (0.34, 0.7, 1.04):
        form.stroke(((x, 0.3), (x, 0.69)), 0.03, flat(GOLD))
    form.mirrored(((0.0, 0.68, 1), (0.1, 0.68, 1), (0.08, 0.8), (0.0, 0.83)), flat(GOLD), x=0.5)
    form.shape(
        ((0.84, 0.68), (0.82, 0.92), (0.76, 1.0), (1.08, 1.0), (1.02, 0.92), (1.0, 0.68)),
        form.across(darker(body, 0.8), 0.5),
    )
    form.shape(((1.08, 0.26), (1.12, 0.26), (1.5, 0.06), (1.06, 0.06)), down(trim, 0.3))
    form.block(-1.46, 1.16, 0.2, 0.28, flat(trim))
    for x in (-1.28, -1.02, -0.68):
        wheel(form, x, 0.125, 0.1, trim)
    for x in (-0.2, 0.18, 0.56):
        wheel(form, x, 0.185, 0.165, trim)
    wheel(form, 0.92, 0.125, 0.1, trim)
    form.stroke(((-0.2, 0.19), (0.56, 0.19), (0.9, 0.24)), 0.035, flat(STEEL))
    form.disc(1.17, 0.6, 0.055, 0.07, Fill((1.0, 0.95, 0.75), lit=not form.night))
    form.glow(1.25, 0.6, 0.26, 0.7)
    form.glow(-1.0, 0.55, 0.3, 0.2)


def express(form: Form, body: RGB, colour: str, rng: np.random.Generator) -> None:
    stripe = (
        varied(rng, PAINTS[pick(rng, "red", "blue", "green")])
        if colour in ("", "white") and min(body) > 0.6
        else lighter(body, 0.7)
    )
    rails(form)
    form.block(-1.5, 1.16, 0.08, 0.2, flat((0.20, 0.21, 0.24)))
    for x in (-1.3, -1.1, -0.62, -0.42, 0.0, 0.2, 0.8, 1.0):
        form.disc(x, 0.11, 0.085, 0.085, flat(TYRE))
        form.disc(x, 0.11, 0.04, 0.04, flat(STEEL))
    form.block(-1.5, -0.53, 0.16, 0.9, down(body, 0.4))
    form.block(-0.53, -0.45, 0.2, 0.84, flat(DARK))
    nose = ((-0.45, 0.16, 1), (-0.45, 0.9, 1), (0.7, 0.9), (1.08, 0.78), (1.4, 0.46), (1.54, 0.26), (1.44, 0.16, 1))
    form.blob(nose, down(body, 0.4))
    form.stroke(((-1.48, 0.895), (0.66, 0.895)), 0.04, flat(darker(body, 0.65)))
    form.block(-1.5, -0.53, 0.3, 0.4, flat(stripe))
    form.shape(((-0.45, 0.3), (-0.45, 0.4), (1.36, 0.4), (1.48, 0.3)), flat(stripe))
    for left in (-1.42, -1.18, -0.94, -0.7, -0.36, -0.12, 0.12, 0.36):
        form.block(left, left + 0.17, 0.5, 0.76, form.pane(rng, (0.22, 0.30, 0.38), 0.95))
    form.block(0.6, 0.74, 0.2, 0.78, flat(darker(body, 0.75)))
    form.shape(((0.9, 0.54), (0.88, 0.78), (1.06, 0.74), (1.26, 0.54)), form.pane(rng, (0.16, 0.20, 0.26), 0.3))
    form.disc(1.42, 0.34, 0.05, 0.04, Fill((1.0, 0.95, 0.75), lit=not form.night))
    form.glow(1.48, 0.34, 0.24, 0.7)
    form.glow(-0.5, 0.6, 0.5, 0.18)


@thing(
    "tractor",
    ("land",),
    ("", "red", "green", "blue", "yellow", "orange"),
    (0.36, 0.52),
    (-0.72, 0.78, -0.01, 1.02),
    1.4,
)
def tractor(form: Form, colour: str, rng: np.random.Generator) -> None:
    body = paint(rng, colour, PAINTS["red"], PAINTS["green"], PAINTS["blue"])
    rim = varied(rng, GOLD if body[0] < 0.8 else CREAM)
    form.stroke(((0.4, 0.55), (0.4, 0.92)), 0.05, flat((0.25, 0.25, 0.27)))
    form.stroke(((0.4, 0.9), (0.36, 0.97)), 0.05, flat((0.25, 0.25, 0.27)))
    form.shape(((-0.48, 0.5), (-0.4, 0.94), (0.06, 0.94), (0.14, 0.5)), Fill((0.50, 0.66, 0.76), (0.80, 0.88, 0.92)))
    if form.night:
        form.shape(((-0.42, 0.55), (-0.36, 0.9), (0.02, 0.9), (0.08, 0.55)), form.pane(rng, lit=1.0))
    for start, end in (((-0.48, 0.48), (-0.4, 0.94)), ((0.14, 0.48), (0.06, 0.94)), ((-0.2, 0.5), (-0.19, 0.94))):
        form.stroke((start, end), 0.045, flat(darker(body, 0.8)))
    form.shape(((-0.5, 0.92), (-0.46, 1.0), (0.1, 1.0), (0.16, 0.92)), down(body, 0.3))
    form.blob(((-0.1, 0.26, 1), (-0.1, 0.6), (0.1, 0.63), (0.6, 0.58), (0.74, 0.5), (0.74, 0.26, 1)), down(body, 0.4))
    form.block(0.0, 0.7, 0.22, 0.3, flat(darker(body, 0.45)))
    for x in (0.44, 0.53, 0.62):
        form.stroke(((x, 0.36), (x, 0.49)), 0.03, flat(darker(body, 0.5)))
    form.blob(((-0.7, 0.42, 1), (-0.6, 0.66), (-0.3, 0.76), (-0.02, 0.62), (0.08, 0.4, 1)), down(body, 0.36))
    wheel(form, -0.32, 0.32, 0.315, rim)
    wheel(form, 0.52, 0.2, 0.195, rim)
    form.disc(0.73, 0.46, 0.035, 0.045, Fill((1.0, 0.95, 0.75), lit=not form.night))
    form.glow(0.8, 0.46, 0.18, 0.7)
