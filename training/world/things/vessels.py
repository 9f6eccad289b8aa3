"""What floats: their foot is the middle of the waterline."""

from __future__ import annotations

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB

from .form import CREAM, DARK, WOOD, Form, down, flat, paint, pick, thing
from .people import sitter

HULL_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white")


@thing("boat", ("water",), HULL_PAINTS, (0.48, 0.66), (-0.58, 0.62, -0.01, 1.04), 1.0)
def boat(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A sailing boat, or a small fishing boat with a cabin."""
    hull = paint(rng, colour, PAINTS["red"], PAINTS["blue"], PAINTS["white"], PAINTS["brown"], (0.15, 0.45, 0.45))
    if rng.random() < 0.72:
        sailing_boat(form, hull, bool(colour), rng)
    else:
        fishing_boat(form, hull, rng)


def sailing_boat(form: Form, hull: RGB, named: bool, rng: np.random.Generator) -> None:
    own = rng.random() < (0.65 if named else 0.2)
    sail = lighter(hull, 0.1) if own else varied(rng, pick(rng, (0.97, 0.95, 0.90), CREAM), 0.01)
    full = float(rng.uniform(0.4, 0.48))
    form.stroke(((0.04, 0.2), (0.04, 1.0)), 0.032, flat(darker(WOOD, 0.9)), 0.02)
    form.blob(((0.0, 0.97, 1), (0.0, 0.3, 1), (-full, 0.3, 1), (-0.27, 0.62)), form.across(sail, 0.26))
    form.stroke(((-0.0, 0.29), (-full, 0.29)), 0.026, flat(darker(WOOD, 0.9)))
    form.blob(((0.08, 0.9, 1), (0.3, 0.6), (0.5, 0.3, 1), (0.08, 0.32, 1)), form.across(darker(sail, 0.9), 0.22))
    if not own and named:
        form.shape(((0.0, 0.7), (-0.22, 0.7), (-0.31, 0.54), (0.0, 0.54)), form.across(hull, 0.2))
    else:
        for y, reach in ((0.5, 0.34), (0.7, 0.2)):
            form.stroke(((0.0, y), (-reach, y)), 0.012, flat(darker(sail, 0.78)))
    if rng.random() < 0.5:
        form.shape(((0.04, 1.02), (0.04, 0.94), (-0.13, 0.975)), flat(PAINTS[pick(rng, "red", "yellow", "blue")]))
    form.blob(
        ((-0.5, 0.25, 1), (0.1, 0.215), (0.6, 0.29, 1), (0.5, 0.14), (0.38, 0.0, 1), (-0.38, 0.0, 1), (-0.47, 0.1)),
        down(hull, 0.4),
    )
    trim = lighter(hull, 0.65) if sum(hull) < 2.4 else (0.25, 0.40, 0.62)
    form.stroke(((-0.49, 0.225), (0.1, 0.195), (0.56, 0.26)), 0.026, flat(trim))
    form.shape(((-0.41, 0.045), (0.43, 0.045), (0.38, 0), (-0.38, 0)), flat(darker(hull, 0.5)))
    form.glow(0.04, 0.95, 0.06, 0.5)


def fishing_boat(form: Form, hull: RGB, rng: np.random.Generator) -> None:
    cabin = (0.95, 0.94, 0.90) if sum(hull) < 2.4 else (0.62, 0.38, 0.25)
    form.stroke(((-0.26, 0.2), (-0.26, 0.98)), 0.03, flat(darker(WOOD, 0.9)), 0.02)
    form.stroke(((-0.26, 0.9), (-0.52, 0.42)), 0.018, flat(DARK))
    form.stroke(((-0.26, 0.96), (0.52, 0.44)), 0.012, flat(DARK))
    form.block(-0.12, 0.22, 0.3, 0.66, form.across(cabin, 0.3))
    form.shape(((-0.17, 0.64), (-0.14, 0.72), (0.25, 0.72), (0.3, 0.64)), flat(darker(hull, 0.8)))
    for left, right in ((-0.07, 0.04), (0.08, 0.19)):
        form.block(left, right, 0.48, 0.6, form.pane(rng))
    form.blob(
        ((-0.56, 0.34, 1), (0.1, 0.3), (0.6, 0.48, 1), (0.5, 0.2), (0.4, 0.0, 1), (-0.44, 0.0, 1), (-0.54, 0.15)),
        down(hull, 0.4),
    )
    form.stroke(
        ((-0.54, 0.31), (0.1, 0.275), (0.56, 0.43)),
        0.035,
        flat(lighter(hull, 0.6) if sum(hull) < 2.4 else (0.7, 0.25, 0.2)),
    )
    form.shape(((-0.5, 0.07), (0.44, 0.07), (0.4, 0), (-0.44, 0)), flat(darker(hull, 0.5)))
    for x in (-0.3, -0.1, 0.1):
        form.disc(x, 0.15, 0.045, 0.045, flat(DARK))
    form.glow(0.05, 0.54, 0.16, 0.4)


@thing(
    "ship",
    ("water",),
    ("", "red", "blue", "black", "white", "green", "brown"),
    (0.36, 0.48),
    (-0.92, 1.04, -0.01, 1.07),
    1.7,
)
def ship(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A steamer with white decks and funnels, or a tall ship under square sails."""
    if rng.random() < 0.35 and colour != "white":
        tall_ship(form, paint(rng, colour, WOOD, (0.36, 0.22, 0.15)), bool(colour), rng)
    else:
        steamer(form, paint(rng, colour, (0.12, 0.20, 0.36), (0.15, 0.15, 0.18), (0.62, 0.17, 0.15)), colour, rng)


def steamer(form: Form, hull: RGB, colour: str, rng: np.random.Generator) -> None:
    deck = (0.95, 0.94, 0.92)
    funnel = (
        hull
        if colour not in ("", "white")
        else varied(rng, pick(rng, PAINTS["red"], (0.95, 0.65, 0.2), PAINTS["blue"]))
    )
    form.stroke(((0.56, 0.3), (0.56, 0.86)), 0.03, flat(DARK))
    for x in pick(rng, (-0.15,), (-0.32, 0.04), (-0.42, -0.12, 0.18)):
        form.shape(((x - 0.1, 0.62), (x - 0.14, 0.98), (x + 0.06, 0.98), (x + 0.1, 0.62)), form.across(funnel, 0.4))
        form.shape(((x - 0.125, 0.88), (x - 0.14, 0.985), (x + 0.06, 0.985), (x + 0.072, 0.88)), flat(DARK))
    levels = ((-0.74, 0.62, 0.34, 0.5), (-0.6, 0.48, 0.5, 0.65))
    for left, right, low, high in levels:
        form.shape(((left, low), (left, high), (right - 0.05, high), (right, low)), down(deck, 0.2))
        form.block(left, right - 0.04, high - 0.02, high + 0.01, flat(darker(deck, 0.75)))
        count = int((right - left) / 0.17)
        for number in range(count):
            x = left + 0.1 + (right - left - 0.26) * number / (count - 1)
            form.block(x - 0.04, x + 0.04, low + 0.05, low + 0.115, form.pane(rng))
    form.blob(
        (
            (-0.9, 0.38, 1),
            (-0.3, 0.33),
            (0.4, 0.34),
            (1.02, 0.46, 1),
            (0.92, 0.22),
            (0.86, 0.0, 1),
            (-0.78, 0.0, 1),
            (-0.88, 0.16),
        ),
        down(hull, 0.4),
    )
    line = (0.95, 0.94, 0.92) if colour != "white" else (0.16, 0.36, 0.66)
    form.stroke(((-0.89, 0.35), (-0.3, 0.3), (0.4, 0.31), (0.97, 0.42)), 0.028, flat(line))
    under = (0.60, 0.15, 0.13) if colour not in ("red", "blue", "green", "brown") else darker(hull, 0.5)
    form.shape(((-0.83, 0.08), (0.885, 0.08), (0.86, 0), (-0.78, 0)), flat(under))
    for number in range(7):
        form.disc(
            -0.62 + number * 0.2, 0.19, 0.032, 0.032, form.pane(rng, (0.75, 0.80, 0.85) if sum(hull) < 2 else DARK)
        )
    form.glow(-0.1, 0.5, 0.35, 0.25)


def tall_ship(form: Form, hull: RGB, named: bool, rng: np.random.Generator) -> None:
    sail = varied(rng, pick(rng, (0.97, 0.94, 0.86), CREAM)) if not named else lighter(hull, 0.12)
    spar = flat(darker(WOOD, 0.7))
    form.stroke(((0.62, 0.3), (1.0, 0.5)), 0.03, spar, 0.015)
    form.shape(((0.5, 0.84), (0.96, 0.48), (0.6, 0.4)), form.across(darker(sail, 0.9), 0.2))
    for x, high in ((-0.46, 0.86), (0.02, 1.0), (0.42, 0.88)):
        form.stroke(((x, 0.25), (x, high)), 0.03, spar, 0.018)
        levels = (
            ((0.36, 0.62, 0.22), (0.64, 0.83, 0.17))
            if high < 0.95
            else ((0.36, 0.6, 0.24), (0.62, 0.8, 0.19), (0.82, 0.95, 0.13))
        )
        for low, up, half in levels:
            sheet = (
                (x - half, low, 1),
                (x - half + 0.06, (low + up) / 2),
                (x - half * 0.8, up, 1),
                (x + half * 0.8, up, 1),
                (x + half + 0.06, (low + up) / 2),
                (x + half, low, 1),
            )
            form.blob(sheet, form.across(sail, 0.26))
            form.stroke(((x - half * 0.85, up), (x + half * 0.85, up)), 0.022, spar)
    form.shape(((0.02, 1.05), (0.02, 0.98), (-0.14, 1.01)), flat(PAINTS[pick(rng, "red", "blue", "black")]))
    outline = (
        (-0.82, 0.46, 1),
        (-0.62, 0.42),
        (-0.56, 0.3, 1),
        (0.3, 0.28),
        (0.74, 0.38, 1),
        (0.64, 0.16),
        (0.5, 0.0, 1),
        (-0.6, 0.0, 1),
        (-0.76, 0.2),
    )
    form.blob(outline, down(hull, 0.4))
    form.stroke(((-0.78, 0.36), (-0.55, 0.25), (0.3, 0.22), (0.68, 0.31)), 0.028, flat((0.90, 0.74, 0.36)))
    for number in range(5):
        x = -0.42 + number * 0.2
        form.block(x - 0.03, x + 0.03, 0.12, 0.17, flat(darker(hull, 0.35)))
    form.block(-0.73, -0.64, 0.3, 0.38, form.pane(rng))
    form.glow(-0.68, 0.34, 0.12, 0.4)


@thing("rowing boat", ("water",), (*HULL_PAINTS[:-2], "white"), (0.24, 0.34), (-1.05, 1.11, -0.11, 1.03), 1.5)
def rowing_boat(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A broad little boat with oars, seen slightly from above; perhaps somebody rows it."""
    hull = paint(rng, colour, WOOD, (0.60, 0.36, 0.20), PAINTS["red"], PAINTS["blue"], (0.2, 0.5, 0.45))
    inside = darker(hull, 0.55)
    rim = lighter(hull, 0.3)
    form.blob(((-1.0, 0.52, 1), (-0.5, 0.6), (0.3, 0.61), (1.02, 0.6, 1), (0.4, 0.4), (-0.5, 0.4)), flat(inside))
    rower = rng.random() < 0.45
    for x in (-0.5, 0.0, 0.48):
        form.shape(((x - 0.1, 0.44), (x - 0.07, 0.575), (x + 0.07, 0.575), (x + 0.1, 0.44)), flat(lighter(WOOD, 0.35)))
    if rower:
        sitter(form, 0.0, 0.44, 0.55, varied(rng, PAINTS[pick(rng, "red", "blue", "yellow", "white")]))
    form.blob(
        (
            (-1.0, 0.53, 1),
            (-0.55, 0.42),
            (0.35, 0.41),
            (1.04, 0.62, 1),
            (0.88, 0.22),
            (0.6, 0.0, 1),
            (-0.66, 0.0, 1),
            (-0.9, 0.2),
        ),
        down(hull, 0.4),
    )
    form.curve(((-1.0, 0.52), (-0.55, 0.41), (0.35, 0.4), (1.02, 0.6)), 0.06, flat(rim))
    form.curve(((-0.88, 0.24), (-0.4, 0.19), (0.35, 0.18), (0.88, 0.32)), 0.03, flat(darker(hull, 0.7)))
    oar = flat(lighter(WOOD, 0.45))
    for start, end in (((-0.12, 0.6), (-0.78, 0.0)), ((0.34, 0.6), (0.98, 0.02))):
        form.stroke((start, end), 0.05, oar)
        x, y = end
        side = 1 if x > 0 else -1
        form.stroke(((x - side * 0.1, y + 0.1), (x + side * 0.05, y - 0.03)), 0.13, oar)
