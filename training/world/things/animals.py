"""Four-legged animals, from the side, facing ahead."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import RGB, Fill, Point

from .form import CREAM, DARK, GOLD, Form, down, flat, paint, pick, thing

PINK: RGB = (0.93, 0.62, 0.62)


def eye(form: Form, x: float, y: float, radius: float, iris: RGB | None = None) -> None:
    """A dark eye with a glint; with an iris where the animal shows one."""
    if iris is not None:
        form.disc(x, y, radius * 1.35, radius * 1.45, flat(iris))
    form.disc(x, y, radius, radius * 1.15, flat((0.07, 0.06, 0.07)))
    form.disc(x + radius * 0.3, y + radius * 0.4, radius * 0.38, radius * 0.38, flat((1.0, 1.0, 1.0)))


def leg(
    form: Form, path: Sequence[Point], wide: float, narrow: float, tone: RGB, foot: RGB | None = None, toe: float = 0.03
) -> None:
    """A leg that tapers along its path to a paw or hoof."""
    form.curve(path, wide, Fill(darker(tone, 0.9), tone), narrow)
    x, y = path[-1]
    form.stroke(((x - narrow * 0.1, y), (x + toe, y)), narrow * 1.1, flat(foot if foot is not None else tone))


def coat(rng: np.random.Generator, colour: str, *natural: RGB) -> tuple[RGB, RGB]:
    """The fur, and what is pale on it."""
    fur = paint(rng, colour, *natural)
    pale = lighter(fur, 0.62) if sum(fur) > 0.6 else lighter(fur, 0.3)
    return fur, pale


@thing(
    "cat",
    ("land", "street"),
    ("", "orange", "black", "white", "grey", "brown"),
    (0.44, 0.62),
    (-0.63, 0.7, -0.02, 1.05),
    0.7,
)
def cat(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A cat that sits with its tail around it, or walks with its tail up."""
    fur, pale = coat(
        rng, colour, PAINTS["orange"], (0.55, 0.55, 0.58), (0.16, 0.15, 0.16), (0.94, 0.92, 0.88), (0.52, 0.38, 0.27)
    )
    iris = pick(rng, (0.60, 0.78, 0.28), (0.95, 0.78, 0.25), (0.42, 0.70, 0.80))
    tabby = rng.random() < 0.6 and 0.6 < sum(fur) < 2.5
    if rng.random() < 0.6:
        sitting_cat(form, fur, pale, tabby)
        cat_head(form, 0.1, 0.74, 1.0, fur, pale, iris, tabby)
    else:
        walking_cat(form, fur, pale, tabby)
        cat_head(form, 0.42, 0.68, 0.92, fur, pale, iris, tabby)


def sitting_cat(form: Form, fur: RGB, pale: RGB, tabby: bool) -> None:
    dark = darker(fur, 0.76)
    form.curve(((-0.24, 0.07), (-0.5, 0.05), (-0.57, 0.2), (-0.46, 0.36)), 0.1, flat(dark), 0.075)
    form.blob(
        (
            (-0.3, 0.0, 1),
            (-0.38, 0.16),
            (-0.34, 0.36),
            (-0.2, 0.56),
            (-0.04, 0.74),
            (0.2, 0.7),
            (0.22, 0.44),
            (0.22, 0.0, 1),
        ),
        down(fur, 0.26),
    )
    form.blob(((0.1, 0.66), (0.21, 0.6), (0.2, 0.4), (0.12, 0.34), (0.06, 0.48)), flat(pale))
    form.stroke(((0.03, 0.38), (0.05, 0.05)), 0.1, flat(dark), 0.085)
    form.disc(-0.16, 0.19, 0.17, 0.19, flat(dark))
    form.disc(-0.17 + form.lit * 0.01, 0.21, 0.155, 0.175, flat(fur))
    form.stroke(((-0.14, 0.035), (0.0, 0.035)), 0.075, flat(lighter(fur, 0.12)))
    form.stroke(((0.15, 0.4), (0.16, 0.05)), 0.105, flat(fur), 0.09)
    for x in (0.07, 0.18):
        form.stroke(((x, 0.035), (x + 0.04, 0.035)), 0.08, flat(pale))
    if tabby:
        for (x, y), reach in (((-0.33, 0.36), 0.13), ((-0.26, 0.48), 0.12), ((-0.17, 0.59), 0.11)):
            form.stroke(((x, y), (x + reach, y - 0.045)), 0.035, flat(darker(fur, 0.62)), 0.012)


def walking_cat(form: Form, fur: RGB, pale: RGB, tabby: bool) -> None:
    dark = darker(fur, 0.7)
    form.curve(((-0.38, 0.5), (-0.54, 0.6), (-0.56, 0.8), (-0.46, 0.95)), 0.09, flat(fur), 0.06)
    leg(form, ((-0.24, 0.42), (-0.18, 0.25), (-0.26, 0.14), (-0.23, 0.05)), 0.13, 0.07, dark)
    leg(form, ((0.24, 0.42), (0.32, 0.22), (0.34, 0.05)), 0.11, 0.07, dark)
    form.blob(
        (
            (-0.44, 0.46),
            (-0.38, 0.58),
            (-0.15, 0.6),
            (0.12, 0.57),
            (0.32, 0.66),
            (0.46, 0.6),
            (0.38, 0.4),
            (0.2, 0.32),
            (-0.1, 0.34),
            (-0.34, 0.33),
        ),
        down(fur, 0.26),
    )
    leg(form, ((-0.34, 0.46), (-0.3, 0.28), (-0.42, 0.16), (-0.4, 0.05)), 0.19, 0.075, fur, pale)
    leg(form, ((0.26, 0.44), (0.24, 0.24), (0.18, 0.05)), 0.13, 0.075, fur, pale)
    if tabby:
        for x in (-0.26, -0.12, 0.02, 0.16):
            form.stroke(((x, 0.58), (x - 0.03, 0.43)), 0.035, flat(darker(fur, 0.62)), 0.012)


def cat_head(form: Form, x: float, y: float, scale: float, fur: RGB, pale: RGB, iris: RGB, tabby: bool) -> None:
    """A round head with pointed ears, turned a little to us."""

    def at(dx: float, dy: float) -> Point:
        return x + dx * scale, y + dy * scale

    for side, tone in ((-1, darker(fur, 0.85)), (1, fur)):
        form.shape(
            (at(side * 0.2 + 0.01, 0.05), at(side * 0.17 + 0.01, 0.29), at(side * 0.03 + 0.01, 0.14)), flat(tone)
        )
        form.shape(
            (at(side * 0.165 + 0.01, 0.09), at(side * 0.15 + 0.01, 0.22), at(side * 0.07 + 0.01, 0.13)), flat(PINK)
        )
    form.blob(
        [
            at(*point)
            for point in (
                (-0.21, -0.02),
                (-0.15, 0.13),
                (0.0, 0.17),
                (0.17, 0.13),
                (0.23, -0.02),
                (0.13, -0.15),
                (0.01, -0.17),
                (-0.12, -0.15),
            )
        ],
        down(fur, 0.26),
    )
    if tabby:
        for dx in (-0.05, 0.02, 0.09):
            form.stroke((at(dx, 0.16), at(dx, 0.09)), 0.028 * scale, flat(darker(fur, 0.62)), 0.012)
    for dx in (-0.02, 0.07):
        form.disc(*at(dx, -0.085), 0.06 * scale, 0.05 * scale, flat(pale))
    for dx in (-0.075, 0.125):
        eye(form, *at(dx, 0.01), 0.032 * scale, iris)
    form.shape(
        (at(-0.005, -0.045), at(0.055, -0.045), at(0.025, -0.08)), flat((0.88, 0.45, 0.48) if sum(fur) > 0.9 else PINK)
    )
    whisker = flat((0.97, 0.97, 0.97) if sum(fur) < 1.8 else (0.45, 0.42, 0.42))
    for side, start in ((-1, -0.06), (1, 0.11)):
        for rise in (0.0, -0.04):
            form.stroke((at(start, -0.075 + rise * 0.5), at(start + side * 0.17, -0.065 + rise * 1.6)), 0.011, whisker)


@thing(
    "dog",
    ("land", "street"),
    ("", "brown", "black", "white", "orange", "grey", "yellow"),
    (0.44, 0.62),
    (-0.62, 0.78, -0.02, 1.07),
    0.8,
)
def dog(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A dog with a long muzzle that stands or sits; hanging or pricked ears, a collar."""
    fur, pale = coat(
        rng, colour, (0.55, 0.35, 0.20), (0.82, 0.62, 0.38), (0.20, 0.18, 0.18), (0.92, 0.88, 0.80), (0.50, 0.50, 0.52)
    )
    hanging = rng.random() < 0.65
    patched = rng.random() < 0.4 and not colour
    collar = varied(rng, PAINTS[pick(rng, "red", "blue", "green")])
    if rng.random() < 0.55:
        standing_dog(form, fur, pale, patched, rng.random() < 0.5)
        dog_head(form, 0.42, 0.8, fur, pale, hanging, collar)
    else:
        sitting_dog(form, fur, pale, patched)
        dog_head(form, 0.16, 0.8, fur, pale, hanging, collar)


def standing_dog(form: Form, fur: RGB, pale: RGB, patched: bool, curled: bool) -> None:
    dark = darker(fur, 0.68)
    tail = (
        ((-0.4, 0.6), (-0.53, 0.68), (-0.56, 0.84), (-0.47, 0.9))
        if curled
        else ((-0.4, 0.6), (-0.5, 0.7), (-0.58, 0.86))
    )
    form.curve(tail, 0.1, flat(fur), 0.05)
    leg(form, ((-0.26, 0.45), (-0.2, 0.28), (-0.29, 0.17), (-0.26, 0.05)), 0.14, 0.075, dark, toe=0.05)
    leg(form, ((0.26, 0.45), (0.31, 0.22), (0.32, 0.05)), 0.11, 0.075, dark, toe=0.05)
    form.blob(
        (
            (-0.45, 0.54),
            (-0.4, 0.66),
            (-0.15, 0.67),
            (0.12, 0.68),
            (0.28, 0.84),
            (0.46, 0.8),
            (0.43, 0.58),
            (0.3, 0.37),
            (0.08, 0.35),
            (-0.16, 0.42),
            (-0.38, 0.4),
        ),
        down(fur, 0.26),
    )
    if patched:
        form.blob(((-0.24, 0.67), (0.06, 0.67), (0.02, 0.52), (-0.16, 0.5)), flat(darker(fur, 0.6)))
    form.blob(((0.4, 0.66), (0.42, 0.52), (0.3, 0.39), (0.24, 0.46), (0.32, 0.58)), flat(pale))
    leg(form, ((-0.36, 0.5), (-0.3, 0.3), (-0.42, 0.18), (-0.39, 0.05)), 0.2, 0.085, fur, pale, 0.06)
    leg(form, ((0.24, 0.48), (0.22, 0.24), (0.21, 0.05)), 0.14, 0.085, fur, pale, 0.06)


def sitting_dog(form: Form, fur: RGB, pale: RGB, patched: bool) -> None:
    dark = darker(fur, 0.72)
    form.curve(((-0.28, 0.08), (-0.48, 0.08), (-0.58, 0.24)), 0.095, flat(dark), 0.045)
    form.stroke(((0.1, 0.4), (0.14, 0.05)), 0.1, flat(dark), 0.08)
    form.blob(
        (
            (-0.32, 0.0, 1),
            (-0.4, 0.16),
            (-0.32, 0.36),
            (-0.18, 0.56),
            (-0.02, 0.78),
            (0.2, 0.8),
            (0.26, 0.52),
            (0.16, 0.3),
            (0.02, 0.0, 1),
        ),
        down(fur, 0.26),
    )
    if patched:
        form.blob(((-0.3, 0.36), (-0.16, 0.57), (-0.06, 0.46), (-0.16, 0.32)), flat(darker(fur, 0.6)))
    form.blob(((0.22, 0.68), (0.27, 0.52), (0.19, 0.34), (0.12, 0.42), (0.14, 0.58)), flat(pale))
    form.disc(-0.17, 0.18, 0.18, 0.18, flat(dark))
    form.disc(-0.18, 0.2, 0.165, 0.17, flat(fur))
    form.stroke(((-0.14, 0.035), (0.03, 0.035)), 0.08, flat(lighter(fur, 0.12)))
    form.stroke(((0.17, 0.46), (0.22, 0.05)), 0.125, flat(fur), 0.09)
    for x in (0.14, 0.23):
        form.stroke(((x, 0.035), (x + 0.05, 0.035)), 0.08, flat(pale))


def dog_head(form: Form, x: float, y: float, fur: RGB, pale: RGB, hanging: bool, collar: RGB) -> None:
    """A head in profile: the muzzle is what makes it a dog."""

    def at(dx: float, dy: float) -> Point:
        return x + dx, y + dy

    form.stroke((at(-0.15, -0.09), at(0.06, -0.17)), 0.065, flat(collar))
    form.disc(*at(0.05, -0.2), 0.032, 0.036, flat(GOLD))
    if not hanging:
        form.shape((at(0.0, 0.09), at(0.03, 0.25), at(0.1, 0.1)), flat(darker(fur, 0.66)))
    form.shape((at(0.1, -0.1), at(0.21, -0.17), at(0.26, -0.1)), flat((0.86, 0.36, 0.40)))
    form.blob(
        [
            at(*point)
            for point in (
                (-0.16, 0.0),
                (-0.1, 0.13),
                (0.03, 0.16),
                (0.12, 0.09),
                (0.29, 0.05),
                (0.32, -0.03),
                (0.27, -0.1),
                (0.1, -0.12),
                (-0.07, -0.13),
            )
        ],
        down(fur, 0.26),
    )
    form.blob(
        [
            at(*point)
            for point in ((0.13, 0.02), (0.28, 0.01), (0.31, -0.05), (0.26, -0.1), (0.12, -0.11), (0.08, -0.05))
        ],
        flat(pale),
    )
    form.stroke((at(0.13, -0.065), at(0.27, -0.055)), 0.016, flat(darker(fur, 0.4)))
    form.disc(*at(0.3, 0.035), 0.042, 0.036, flat((0.08, 0.07, 0.08)))
    eye(form, *at(0.065, 0.055), 0.028, None if sum(fur) > 0.8 else (0.62, 0.42, 0.2))
    dark = darker(fur, 0.6) if sum(fur) > 0.6 else lighter(fur, 0.14)
    if hanging:
        form.blob(
            [
                at(*point)
                for point in ((-0.1, 0.13), (0.0, 0.09), (0.0, -0.08), (-0.06, -0.18), (-0.15, -0.12), (-0.16, 0.02))
            ],
            flat(dark),
        )
    else:
        form.shape((at(-0.15, 0.05), at(-0.09, 0.25), at(0.01, 0.12)), flat(darker(fur, 0.85)))
        form.shape((at(-0.11, 0.09), at(-0.08, 0.19), at(-0.02, 0.12)), flat(PINK))


@thing(
    "horse", ("land",), ("", "brown", "black", "white", "grey", "orange"), (0.5, 0.66), (-0.72, 0.74, 0.0, 1.09), 1.0
)
def horse(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A horse that stands, trots or gallops."""
    fur, _ = coat(
        rng,
        colour,
        (0.50, 0.29, 0.16),
        (0.38, 0.22, 0.14),
        (0.72, 0.48, 0.28),
        (0.15, 0.13, 0.13),
        (0.93, 0.91, 0.87),
        (0.60, 0.59, 0.60),
    )
    hair = (
        pick(rng, darker(fur, 0.42), lighter(fur, 0.6))
        if 0.6 < sum(fur) < 2.2
        else darker(fur, 0.68)
        if sum(fur) > 1
        else lighter(fur, 0.16)
    )
    hoof = (0.14, 0.12, 0.12)
    dark = darker(fur, 0.68)
    gait = int(rng.integers(3))
    hind, fore, far_hind, far_fore = GAITS[gait]
    form.blob(
        (
            (-0.42, 0.7),
            (-0.54, 0.66),
            (-0.66 if gait == 2 else -0.6, 0.42),
            (-0.62, 0.26, 1),
            (-0.5, 0.36),
            (-0.46, 0.56),
        ),
        down(hair, 0.3),
    )
    leg(form, far_hind, 0.15, 0.055, dark, hoof)
    leg(form, far_fore, 0.12, 0.055, dark, hoof)
    form.blob(
        (
            (-0.48, 0.6),
            (-0.4, 0.72),
            (-0.15, 0.685),
            (0.12, 0.7),
            (0.26, 0.84),
            (0.4, 0.98),
            (0.53, 0.86),
            (0.47, 0.68),
            (0.38, 0.5),
            (0.2, 0.43),
            (-0.15, 0.43),
            (-0.4, 0.46),
        ),
        down(fur, 0.26),
    )
    leg(form, hind, 0.21, 0.06, fur, hoof)
    leg(form, fore, 0.15, 0.06, fur, hoof)
    form.shape(((0.39, 0.95), (0.4, 1.07), (0.46, 0.97)), flat(fur))
    form.blob(
        ((0.36, 0.9), (0.45, 0.99), (0.56, 0.92), (0.7, 0.72), (0.69, 0.64), (0.61, 0.63), (0.52, 0.73), (0.4, 0.77)),
        down(fur, 0.3),
    )
    form.disc(0.655, 0.675, 0.05, 0.045, flat(darker(fur, 0.55)), -0.8)
    form.disc(0.672, 0.69, 0.014, 0.018, flat(DARK))
    if rng.random() < 0.4 and sum(fur) < 2.3:
        form.stroke(((0.535, 0.91), (0.64, 0.76)), 0.032, flat(CREAM), 0.018)
    eye(form, 0.525, 0.855, 0.024)
    mane = ((0.44, 1.02), (0.32, 0.95), (0.18, 0.8), (0.1, 0.7), (0.19, 0.66), (0.27, 0.72), (0.34, 0.84), (0.4, 0.9))
    form.blob(mane, flat(hair))
    form.blob(((0.38, 1.01), (0.46, 1.0), (0.53, 0.92, 1), (0.44, 0.92)), flat(hair))


GAITS: tuple[tuple[Sequence[Point], Sequence[Point], Sequence[Point], Sequence[Point]], ...] = (
    (((-0.36, 0.56), (-0.33, 0.36), (-0.41, 0.24), (-0.38, 0.045)), ((0.28, 0.52), (0.28, 0.26), (0.27, 0.045)),
     ((-0.28, 0.5), (-0.24, 0.34), (-0.3, 0.22), (-0.26, 0.045)), ((0.3, 0.5), (0.38, 0.26), (0.38, 0.045))),
    (((-0.36, 0.56), (-0.36, 0.34), (-0.5, 0.22), (-0.52, 0.04)), ((0.3, 0.52), (0.46, 0.36), (0.45, 0.14)),
     ((-0.3, 0.5), (-0.14, 0.32), (-0.2, 0.2), (-0.14, 0.045)), ((0.28, 0.5), (0.24, 0.26), (0.16, 0.045))),
    (((-0.38, 0.56), (-0.46, 0.38), (-0.58, 0.28), (-0.66, 0.12)), ((0.32, 0.52), (0.52, 0.42), (0.66, 0.26)),
     ((-0.3, 0.52), (-0.3, 0.34), (-0.46, 0.22), (-0.5, 0.05)), ((0.26, 0.5), (0.4, 0.3), (0.56, 0.14))),
)  # fmt: skip


@thing("cow", ("land",), ("", "brown", "black", "white", "orange"), (0.44, 0.6), (-0.71, 0.85, -0.02, 1.05), 1.2)
def cow(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A square-built cow with patches, horns and an udder."""
    fur, pale = coat(rng, colour, (0.95, 0.94, 0.91), (0.95, 0.94, 0.91), (0.58, 0.36, 0.21))
    patch = (0.13, 0.12, 0.13) if sum(fur) > 2.4 else CREAM
    patched = not colour or rng.random() < 0.4
    dark = darker(fur, 0.7)
    form.curve(((-0.56, 0.74), (-0.66, 0.62), (-0.65, 0.4)), 0.045, flat(dark), 0.035)
    form.disc(-0.65, 0.35, 0.045, 0.075, flat(patch if patched else darker(fur, 0.45)))
    leg(form, ((-0.36, 0.42), (-0.34, 0.22), (-0.34, 0.05)), 0.14, 0.095, dark, (0.16, 0.14, 0.14))
    leg(form, ((0.38, 0.42), (0.4, 0.22), (0.4, 0.05)), 0.13, 0.095, dark, (0.16, 0.14, 0.14))
    form.disc(-0.22, 0.36, 0.13, 0.1, flat(PINK))
    form.blob(
        (
            (-0.6, 0.66),
            (-0.56, 0.79),
            (-0.3, 0.8),
            (0.1, 0.78),
            (0.4, 0.84),
            (0.56, 0.78),
            (0.54, 0.54),
            (0.42, 0.38),
            (0.1, 0.34),
            (-0.3, 0.38),
            (-0.54, 0.42),
        ),
        down(fur, 0.3),
    )
    if patched:
        for spot in (
            ((-0.44, 0.79), (-0.14, 0.79), (-0.16, 0.6), (-0.36, 0.56)),
            ((0.04, 0.66), (0.22, 0.72), (0.24, 0.5), (0.1, 0.44)),
            ((-0.58, 0.62), (-0.44, 0.48), (-0.54, 0.42)),
        ):
            form.blob(spot, flat(patch))
    leg(form, ((-0.48, 0.5), (-0.47, 0.26), (-0.48, 0.05)), 0.19, 0.105, fur, (0.16, 0.14, 0.14))
    leg(form, ((0.26, 0.48), (0.25, 0.24), (0.25, 0.05)), 0.16, 0.105, fur, (0.16, 0.14, 0.14))
    for end in ((0.46, 1.02), (0.68, 1.02)):
        form.curve(
            ((0.57, 0.92), (end[0] + (0.02 if end[0] < 0.57 else -0.01), 0.94), end),
            0.055,
            flat((0.93, 0.89, 0.78)),
            0.02,
        )
    form.blob(((0.46, 0.88), (0.3, 0.9), (0.28, 0.8), (0.44, 0.8)), flat(dark if not patched else patch))
    head = ((0.44, 0.9), (0.57, 0.97), (0.68, 0.9), (0.78, 0.68), (0.76, 0.56), (0.62, 0.55), (0.5, 0.68))
    form.blob(head, down(fur, 0.26))
    if patched and sum(fur) > 2.4:
        form.blob(((0.45, 0.9), (0.57, 0.96), (0.6, 0.82), (0.5, 0.72)), flat(patch))
    form.blob(((0.6, 0.66), (0.72, 0.72), (0.83, 0.64), (0.8, 0.53), (0.66, 0.5), (0.58, 0.56)), flat(PINK))
    form.disc(0.76, 0.62, 0.018, 0.024, flat(darker(PINK, 0.4)))
    eye(form, 0.63, 0.83, 0.027, None if sum(fur) > 0.6 else pale)
    if rng.random() < 0.4:
        form.stroke(((0.44, 0.7), (0.54, 0.58)), 0.05, flat(PAINTS["red"]))
        form.disc(0.51, 0.54, 0.055, 0.06, flat(GOLD))


@thing("sheep", ("land",), ("", "white", "black", "brown", "grey"), (0.42, 0.58), (-0.7, 0.74, -0.01, 1.03), 0.9)
def sheep(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A cloud of wool on thin legs, with a bare face."""
    wool = paint(rng, colour, (0.95, 0.93, 0.88))
    skin = varied(rng, (0.20, 0.18, 0.19) if sum(wool) > 1.2 and rng.random() < 0.7 else (0.86, 0.70, 0.60))
    dark = darker(wool, 0.76)
    for x in (-0.26, 0.3):
        leg(form, ((x, 0.34), (x, 0.05)), 0.085, 0.075, darker(skin, 0.75), DARK)
    for x in (-0.38, 0.18):
        leg(form, ((x, 0.34), (x, 0.05)), 0.09, 0.08, skin, DARK)
    form.disc(-0.6, 0.58, 0.085, 0.1, flat(dark))
    curls = [
        (-0.44, 0.5, 0.19),
        (-0.42, 0.68, 0.18),
        (-0.2, 0.78, 0.19),
        (0.06, 0.79, 0.19),
        (0.28, 0.72, 0.18),
        (0.34, 0.52, 0.18),
        (-0.22, 0.4, 0.18),
        (0.04, 0.38, 0.18),
        (0.2, 0.42, 0.16),
    ]
    for x, y, radius in curls:
        form.disc(x, y, radius, radius * 0.95, flat(dark))
    form.disc(-0.06, 0.6, 0.4, 0.28, flat(wool))
    for x, y, radius in curls:
        form.disc(x + form.lit * 0.015, y + 0.025, radius * 0.87, radius * 0.83, flat(wool))
    for x, y in ((-0.3, 0.6), (-0.06, 0.52), (0.14, 0.64)):
        form.curve(((x - 0.07, y), (x, y - 0.06), (x + 0.07, y)), 0.025, flat(dark))
    form.blob(
        ((0.42, 0.86), (0.56, 0.9), (0.68, 0.74), (0.72, 0.58), (0.62, 0.52), (0.5, 0.6), (0.42, 0.72)), down(skin, 0.3)
    )
    form.blob(((0.46, 0.84), (0.34, 0.84), (0.26, 0.74), (0.36, 0.72)), flat(darker(skin, 0.82)))
    for x, y in ((0.4, 0.9), (0.5, 0.94), (0.58, 0.88)):
        form.disc(x, y, 0.08, 0.07, flat(wool))
    eye(form, 0.585, 0.755, 0.026, (0.95, 0.90, 0.70) if sum(skin) < 1 else None)
    form.disc(0.68, 0.6, 0.022, 0.018, flat(PINK if sum(skin) < 1 else darker(skin, 0.5)))


@thing("rabbit", ("land",), ("", "white", "brown", "grey", "black"), (0.42, 0.6), (-0.52, 0.49, -0.02, 1.01), 0.7)
def rabbit(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A crouching rabbit with long ears and a white scut."""
    fur, pale = coat(rng, colour, (0.62, 0.47, 0.34), (0.93, 0.91, 0.88), (0.58, 0.57, 0.57), (0.76, 0.60, 0.44))
    dark = darker(fur, 0.74)
    lean = float(rng.uniform(-0.06, 0.1))
    form.disc(-0.4, 0.2, 0.1, 0.1, flat((0.97, 0.96, 0.94) if sum(fur) < 2.4 else darker(fur, 0.88)))
    ear = ((0.12, 0.56), (0.04 - lean, 0.74), (0.06 - lean, 0.98), (0.15 - lean, 0.94), (0.2, 0.6))
    form.blob([(x + 0.09, y - 0.01) for x, y in ear], flat(dark))
    form.blob(
        (
            (-0.36, 0.02),
            (-0.42, 0.22),
            (-0.3, 0.42),
            (-0.08, 0.47),
            (0.12, 0.4),
            (0.28, 0.24),
            (0.26, 0.04),
            (0.0, 0.0),
        ),
        down(fur, 0.34),
    )
    form.blob(((0.14, 0.36), (0.28, 0.26), (0.26, 0.1), (0.16, 0.12)), flat(pale))
    form.stroke(((0.14, 0.24), (0.24, 0.05)), 0.1, flat(fur), 0.07)
    form.stroke(((0.22, 0.035), (0.3, 0.035)), 0.07, flat(pale))
    form.disc(-0.16, 0.2, 0.19, 0.18, flat(dark))
    form.disc(-0.17, 0.22, 0.175, 0.165, flat(lighter(fur, 0.05)))
    form.stroke(((-0.22, 0.045), (0.06, 0.045)), 0.085, flat(lighter(fur, 0.18)))
    form.blob(
        ((0.08, 0.56), (0.2, 0.66), (0.36, 0.6), (0.46, 0.46), (0.38, 0.36), (0.2, 0.34), (0.09, 0.42)), down(fur, 0.26)
    )
    form.blob(ear, flat(fur))
    form.blob([(0.11 + (x - 0.11) * 0.5 - lean * 0.3, 0.1 + y * 0.88) for x, y in ear], flat(PINK))
    form.disc(0.39, 0.41, 0.065, 0.05, flat(pale))
    form.disc(0.45, 0.46, 0.026, 0.022, flat((0.85, 0.45, 0.48)))
    eye(form, 0.29, 0.52, 0.034)
