"""People, as silhouettes with a touch of colour, and a snowman."""

from __future__ import annotations

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB

from .form import DARK, GOLD, Form, down, flat, paint, pick, thing

SKIN: tuple[RGB, ...] = ((0.94, 0.76, 0.62), (0.80, 0.58, 0.42), (0.55, 0.37, 0.26), (0.38, 0.25, 0.19))
HAIR: tuple[RGB, ...] = ((0.14, 0.11, 0.10), (0.30, 0.19, 0.12), (0.62, 0.42, 0.20), (0.58, 0.57, 0.56))


@thing(
    "person",
    ("land", "street"),
    ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "brown"),
    (0.42, 0.62),
    (-0.32, 0.42, -0.01, 1.03),
    0.3,
)
def person(form: Form, colour: str, rng: np.random.Generator) -> None:
    """Somebody who stands or walks, alone, with a pack, under a hat, or hand in hand with a child."""
    coat = paint(rng, colour, (0.16, 0.17, 0.22), (0.20, 0.17, 0.18), (0.15, 0.20, 0.26))
    skin = SKIN[int(rng.integers(4))] if colour else darker(coat, 0.8)
    hair = HAIR[int(rng.integers(4))] if colour else darker(coat, 0.7)
    legs = varied(rng, (0.17, 0.18, 0.24))
    walking = rng.random() < 0.55
    long = rng.random() < 0.6
    # a child is rare: who asks for two people should not often see three
    company = int(rng.choice(4, p=(0.07, 0.3, 0.3, 0.33)))
    x = -0.1 if company == 0 else 0.0
    if company == 1:
        form.blob(
            ((-0.1, 0.54), (-0.26, 0.56), (-0.26, 0.78), (-0.1, 0.8)),
            form.across(darker(coat, 0.6) if colour else lighter(coat, 0.15), 0.3),
        )
    figure(form, x, 1.0, coat, skin, hair, legs, walking, long)
    if company == 0:
        small = varied(rng, PAINTS[pick(rng, "yellow", "red", "blue")]) if not colour else lighter(coat, 0.25)
        figure(form, 0.22, 0.6, small if colour else coat, skin, hair, legs, walking, long)
        form.stroke(((0.02, 0.5), (0.12, 0.38)), 0.045, flat(darker(coat, 0.8)))
    elif company == 2:
        brim = darker(coat, 0.55)
        form.disc(x, 0.94, 0.115, 0.022, flat(brim))
        form.shape(((x - 0.065, 0.94), (x - 0.055, 1.01), (x + 0.055, 1.01), (x + 0.065, 0.94)), flat(brim))


def figure(
    form: Form, x: float, high: float, coat: RGB, skin: RGB, hair: RGB, legs: RGB, walking: bool, long: bool
) -> None:
    """One body of height `high` at x: legs, coat, arms, head."""

    def at(across: float, up: float) -> tuple[float, float]:
        return x + across * high, up * high

    hem = 0.34 if long else 0.44
    stride = ((-0.13, 0.0), (0.12, 0.0)) if walking else ((-0.05, 0.0), (0.05, 0.0))
    for (toe, low), hip in zip(stride, (-0.045, 0.045), strict=True):
        form.stroke(
            (at(hip, 0.5), at((hip + toe) / 2 + (0.02 if walking else 0), 0.25), at(toe, low + 0.03)),
            0.085 * high,
            flat(legs),
            0.06 * high,
        )
        form.stroke((at(toe, 0.022), at(toe + 0.055, 0.02)), 0.045 * high, flat(darker(legs, 0.6)))
    swing = 0.1 if walking else 0.02
    form.stroke(
        (at(0.075, 0.76), at(0.11 + swing, 0.6), at(0.1 + swing * 1.7, 0.46)),
        0.075 * high,
        flat(darker(coat, 0.66)),
        0.055 * high,
    )
    flare = 0.155 if long else 0.115
    form.blob(
        [
            at(*point[:2]) + point[2:]
            for point in (
                (-flare, hem, 1),
                (-0.1, 0.62),
                (-0.125, 0.76),
                (-0.05, 0.83),
                (0.05, 0.83),
                (0.125, 0.76),
                (0.1, 0.62),
                (flare, hem, 1),
            )
        ],
        form.across(coat, 0.36),
    )
    form.stroke(
        (at(-0.085, 0.76), at(-0.12 - swing * 0.5, 0.6), at(-0.11 - swing * 0.6, 0.46)),
        0.078 * high,
        flat(darker(coat, 0.82)),
        0.058 * high,
    )
    form.disc(*at(-0.11 - swing * 0.6, 0.445), 0.03 * high, 0.03 * high, flat(skin))
    form.stroke((at(0, 0.82), at(0, 0.86)), 0.055 * high, flat(darker(skin, 0.8)))
    form.disc(*at(0.005, 0.915), 0.068 * high, 0.08 * high, flat(skin))
    form.blob(
        [
            at(*point)
            for point in ((0.05, 0.975), (-0.02, 1.0), (-0.078, 0.95), (-0.078, 0.87), (-0.03, 0.86), (-0.025, 0.93))
        ],
        flat(hair),
    )


def sitter(form: Form, x: float, y: float, high: float, shirt: RGB) -> None:
    """Somebody sitting at (x, y), seen to the hips, leaning to an oar."""
    form.blob(
        ((x - 0.15, y), (x - 0.16, y + high * 0.5), (x, y + high * 0.66), (x + 0.13, y + high * 0.5), (x + 0.17, y)),
        form.across(shirt, 0.4),
    )
    form.stroke(((x + 0.05, y + high * 0.5), (x + 0.3, y + high * 0.2)), 0.09, flat(darker(shirt, 0.75)))
    form.disc(x + 0.02, y + high * 0.84, 0.095, 0.105, flat((0.80, 0.60, 0.45)))
    form.disc(x - 0.01, y + high * 0.9, 0.1, 0.08, flat((0.25, 0.17, 0.12)))


@thing("snowman", ("land",), ("",), (0.46, 0.64), (-0.49, 0.49, -0.02, 1.04), 0.5)
def snowman(form: Form, colour: str, rng: np.random.Generator) -> None:
    snow = paint(rng, colour, (0.95, 0.96, 0.98))
    scarf = varied(rng, PAINTS[pick(rng, "red", "green", "blue", "orange", "purple")])
    coal = flat(DARK)
    for side in (-1, 1):
        form.stroke(((side * 0.15, 0.5), (side * 0.44, 0.64)), 0.03, flat((0.34, 0.22, 0.14)), 0.018)
        form.stroke(((side * 0.36, 0.6), (side * 0.46, 0.56)), 0.02, flat((0.34, 0.22, 0.14)))
    balls = ((0.2, 0.28, 0.21), (0.5, 0.2, 0.18), (0.73, 0.15, 0.145))
    for y, wide, up in balls:
        form.disc(0, y, wide, up, form.across(darker(snow, 0.9), 0.16))
        form.disc(form.lit * wide * 0.12, y + up * 0.1, wide * 0.84, up * 0.84, flat(snow))
    form.stroke(((-0.13, 0.63), (0, 0.605), (0.13, 0.63)), 0.06, flat(scarf))
    form.stroke(((0.09, 0.61), (0.13, 0.44)), 0.065, flat(darker(scarf, 0.8)))
    for y in (0.5, 0.42, 0.28):
        form.disc(0.01, y, 0.024, 0.024, coal)
    for x in (-0.05, 0.07):
        form.disc(x, 0.775, 0.02, 0.023, coal)
    form.shape(((0.0, 0.755), (0.0, 0.705), (0.2, 0.72)), flat((0.95, 0.48, 0.12)))
    form.stroke(((-0.05, 0.685), (0.01, 0.668), (0.07, 0.685)), 0.016, coal)
    if rng.random() < 0.65:
        form.stroke(((-0.17, 0.85), (0.17, 0.85)), 0.035, coal)
        form.block(-0.105, 0.105, 0.85, 1.02, form.across((0.20, 0.20, 0.24), 0.4))
        form.block(-0.105, 0.105, 0.87, 0.91, flat(scarf))
    else:
        form.mirrored(((0.0, 0.83, 1), (0.145, 0.83, 1), (0.11, 0.93), (0, 0.98)), down(scarf, 0.35))
        form.stroke(((-0.13, 0.84), (0.13, 0.84)), 0.045, flat(lighter(scarf, 0.5)))
        form.disc(0, 0.985, 0.04, 0.04, flat(GOLD))
