"""Birds, on their feet, on the water and on the wing; and the butterfly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.world.palette import PAINTS, darker, lighter, mix, varied
from training.world.pen import RGB

from .animals import eye
from .form import DARK, Form, down, elsewhere, flat, paint, pick, thing

BIRD_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "brown", "grey")
BEAK: RGB = (0.97, 0.62, 0.12)


def plumage(rng: np.random.Generator, colour: str) -> tuple[RGB, RGB, RGB]:
    """Back, breast and beak."""
    back = paint(
        rng, colour, (0.30, 0.48, 0.70), (0.50, 0.36, 0.26), (0.80, 0.32, 0.22), (0.30, 0.32, 0.36), (0.86, 0.68, 0.25)
    )
    breast = (
        lighter(back, 0.5)
        if colour
        else varied(rng, pick(rng, (0.93, 0.62, 0.36), (0.95, 0.92, 0.85), (0.92, 0.84, 0.55)))
    )
    if sum(back) < 0.6:
        breast = lighter(back, 0.16)
    return back, breast, BEAK if colour not in ("orange", "yellow") else (0.35, 0.27, 0.22)


@thing("bird", ("land", "street", "air"), BIRD_PAINTS, (0.4, 0.58), (-0.76, 0.68, -0.01, 1.05), 0.3)
def bird(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A songbird on its feet: a round head, a pointed beak, a folded wing, a straight tail."""
    back, breast, beak = plumage(rng, colour)
    dark = darker(back, 0.66) if sum(back) > 0.6 else lighter(back, 0.12)
    foot = flat(darker(beak, 0.72))
    for x in (-0.02, 0.12):
        form.stroke(((x, 0.3), (x + 0.02, 0.03)), 0.045, foot)
        form.stroke(((x - 0.06, 0.02), (x + 0.11, 0.02)), 0.04, foot)
    form.shape(((-0.26, 0.52), (-0.74, 0.28), (-0.7, 0.17), (-0.62, 0.16), (-0.2, 0.32)), flat(dark))
    form.shape(((-0.26, 0.5), (-0.72, 0.26), (-0.68, 0.21), (-0.2, 0.38)), flat(back))
    form.shape(((0.33, 0.86), (0.62, 0.765), (0.34, 0.68)), down(beak, 0.3))
    form.stroke(((0.36, 0.755), (0.58, 0.762)), 0.016, flat(darker(beak, 0.6)))
    form.blob(
        (
            (0.4, 0.78),
            (0.32, 0.95),
            (0.14, 0.98),
            (-0.01, 0.84),
            (-0.16, 0.66),
            (-0.38, 0.46),
            (-0.24, 0.27),
            (0.06, 0.22),
            (0.28, 0.34),
            (0.37, 0.56),
        ),
        down(back, 0.3),
    )
    form.blob(
        ((0.36, 0.68), (0.36, 0.5), (0.24, 0.32), (0.04, 0.24), (-0.12, 0.28), (0.1, 0.44), (0.2, 0.62)), flat(breast)
    )
    form.blob(((0.14, 0.66), (-0.08, 0.68), (-0.3, 0.48), (-0.56, 0.28, 1), (-0.24, 0.33), (0.06, 0.42)), flat(dark))
    form.blob(
        ((0.12, 0.65), (-0.06, 0.66), (-0.26, 0.5), (-0.4, 0.37, 1), (-0.16, 0.42), (0.06, 0.5)),
        flat(lighter(back, 0.1)),
    )
    form.stroke(((0.06, 0.54), (-0.3, 0.42)), 0.03, flat(dark), 0.012)
    if rng.random() < 0.3:
        form.shape(((0.12, 0.94), (-0.06, 1.03), (0.0, 0.86)), flat(dark))
    eye(form, 0.25, 0.81, 0.042, (0.97, 0.96, 0.92))


@elsewhere("bird", "air")
def flying_bird(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A bird on the wing, both wings raised or the near one beating down."""
    back, breast, beak = plumage(rng, colour)
    dark = darker(back, 0.7) if sum(back) > 0.6 else lighter(back, 0.14)
    raised = rng.random() < 0.65
    lift = 0.36 if raised else 0.5

    def at(x: float, y: float) -> tuple[float, float]:
        return x, y + lift

    feathered(
        form,
        [at(*p) for p in ((0.28, 0.05), (0.4, 0.36), (0.3, 0.62), (0.1, 0.48), (0.04, 0.34), (0.02, 0.2), (0.0, 0.04))]
        if raised
        else [
            at(*p)
            for p in ((0.24, 0.05), (0.26, 0.28), (0.1, 0.5), (-0.04, 0.4), (-0.08, 0.28), (-0.1, 0.16), (-0.06, 0.04))
        ],
        dark,
    )
    form.shape(
        [at(*p) for p in ((-0.26, 0.06), (-0.72, 0.1), (-0.62, 0.0), (-0.74, -0.08), (-0.26, -0.06))], flat(dark)
    )
    form.shape((at(0.5, 0.1), at(0.66, 0.03), at(0.5, -0.02)), down(beak, 0.3))
    form.blob(
        [
            at(*p)
            for p in (
                (0.55, 0.05),
                (0.46, 0.14),
                (0.3, 0.13),
                (0.0, 0.12),
                (-0.34, 0.05),
                (-0.34, -0.04),
                (0.0, -0.15),
                (0.32, -0.12),
                (0.5, -0.04),
            )
        ],
        down(back, 0.3),
    )
    form.blob(
        [at(*p) for p in ((0.47, -0.02), (0.32, -0.11), (0.02, -0.14), (-0.24, -0.07), (0.06, -0.04), (0.32, 0.0))],
        flat(breast),
    )
    eye(form, 0.44, 0.07 + lift, 0.03, (0.97, 0.96, 0.92))
    wing: Sequence[tuple[float, float]]
    inner: Sequence[tuple[float, float]]
    if raised:
        wing = ((0.26, 0.0), (0.16, 0.36), (-0.26, 0.64), (-0.38, 0.48), (-0.42, 0.33), (-0.4, 0.18), (-0.2, -0.02))
        inner = ((0.22, 0.02), (0.12, 0.3), (-0.16, 0.5), (-0.2, 0.36), (-0.2, 0.22), (-0.12, 0.02))
    else:
        wing = ((0.22, 0.08), (0.1, -0.2), (-0.22, -0.5), (-0.36, -0.36), (-0.4, -0.22), (-0.36, -0.08), (-0.2, 0.08))
        inner = (
            (0.17, 0.07),
            (0.06, -0.14),
            (-0.14, -0.32),
            (-0.2, -0.22),
            (-0.22, -0.12),
            (-0.18, -0.02),
            (-0.1, 0.07),
        )
    feathered(form, [at(*p) for p in wing], darker(back, 0.82) if sum(back) > 0.6 else lighter(back, 0.08))
    form.blob([at(*p) for p in inner], flat(lighter(back, 0.14)))


def feathered(form: Form, edge: list[tuple[float, float]], tone: RGB) -> None:
    """A wing from shoulder to tip and back; the points of its trailing edge are feather ends."""
    shoulder, front, tip, *trail, root = edge
    points: list[tuple[float, ...]] = [(*shoulder, 1.0), front, (*tip, 1.0)]
    for (x, y), (next_x, next_y) in zip(trail, [*trail[1:], root], strict=True):
        points += [
            (x, y, 1.0),
            ((x + next_x) / 2 + (shoulder[0] - x) * 0.16, (y + next_y) / 2 + (shoulder[1] - y) * 0.16),
        ]
    form.blob([*points, (*root, 1.0)], flat(tone))


@thing("duck", ("water", "land"), ("", "yellow", "white", "brown"), (0.42, 0.58), (-0.72, 0.74, -0.02, 1.0), 1.0)
def duck(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A duck that swims: its foot is the waterline."""
    duck_body(form, colour, rng, 0.0, 1.0)


@elsewhere("duck", "land")
def standing_duck(form: Form, colour: str, rng: np.random.Generator) -> None:
    for x in (-0.1, 0.1):
        form.stroke(((x, 0.24), (x, 0.04)), 0.055, flat(darker(BEAK, 0.85)))
        form.shape(((x - 0.05, 0), (x, 0.07), (x + 0.16, 0.0)), flat(darker(BEAK, 0.85)))
    duck_body(form, colour, rng, 0.17, 0.83)


def duck_body(form: Form, colour: str, rng: np.random.Generator, lift: float, scale: float) -> None:
    mallard = not colour and rng.random() < 0.6
    body = (
        paint(rng, colour, (0.66, 0.56, 0.44))
        if mallard
        else paint(rng, colour, (0.95, 0.94, 0.90), PAINTS["yellow"], (0.60, 0.43, 0.28))
    )
    head = varied(rng, (0.10, 0.42, 0.28)) if mallard else lighter(body, 0.06)
    bill = BEAK if not mallard else (0.93, 0.76, 0.22)

    def at(*point: float) -> tuple[float, ...]:
        return (point[0] * scale, lift + point[1] * scale, *point[2:])

    form.blob(
        [
            at(*p)
            for p in (
                (-0.5, 0.02),
                (-0.64, 0.2),
                (-0.7, 0.46, 1),
                (-0.48, 0.38),
                (-0.2, 0.44),
                (0.12, 0.44),
                (0.34, 0.46),
                (0.5, 0.34),
                (0.48, 0.14),
                (0.34, 0.0),
                (-0.1, 0.0),
            )
        ],
        down(body, 0.34),
    )
    if mallard:
        form.blob(
            [at(*p) for p in ((0.3, 0.52), (0.48, 0.42), (0.5, 0.2), (0.4, 0.06), (0.24, 0.14), (0.22, 0.36))],
            down((0.45, 0.26, 0.18), 0.3),
        )
        form.shape([(at(*p)[0], at(*p)[1]) for p in ((-0.48, 0.34), (-0.7, 0.46), (-0.62, 0.2))], flat(DARK))
    form.blob(
        [at(*p) for p in ((0.02, 0.36), (0.18, 0.5), (0.22, 0.74), (0.44, 0.74), (0.45, 0.5), (0.5, 0.3))],
        flat(darker(head, 0.88)),
    )
    form.disc(0.36 * scale, lift + 0.81 * scale, 0.185 * scale, 0.17 * scale, down(head, 0.26))
    if mallard:
        x, y = at(0.32, 0.52)
        form.stroke(
            ((x - 0.12 * scale, y - 0.01), (x + 0.12 * scale, y - 0.01)), 0.055 * scale, flat((0.96, 0.95, 0.92))
        )
    form.blob(
        [at(*p) for p in ((0.5, 0.86, 1), (0.6, 0.78), (0.71, 0.75), (0.7, 0.69), (0.6, 0.67), (0.5, 0.7, 1))],
        down(bill, 0.3),
    )
    form.blob(
        [
            at(*p)
            for p in (
                (0.14, 0.36),
                (-0.14, 0.42),
                (-0.42, 0.36),
                (-0.56, 0.34, 1),
                (-0.42, 0.16),
                (-0.08, 0.12),
                (0.12, 0.2),
            )
        ],
        flat(darker(body, 0.76)),
    )
    form.blob(
        [at(*p) for p in ((0.1, 0.35), (-0.14, 0.4), (-0.4, 0.34, 1), (-0.26, 0.22), (0.04, 0.22))],
        flat(lighter(body, 0.12)),
    )
    if mallard:
        form.shape(
            [(at(*p)[0], at(*p)[1]) for p in ((-0.2, 0.2), (-0.4, 0.24), (-0.38, 0.31), (-0.18, 0.27))],
            flat((0.20, 0.35, 0.72)),
        )
    x, y = at(0.4, 0.85)
    eye(form, x, y, 0.034 * scale, (0.95, 0.93, 0.85) if sum(head) < 1 else None)


@thing(
    "butterfly",
    ("air", "land"),
    ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white"),
    (0.4, 0.6),
    (-0.68, 0.69, 0.01, 1.0),
)
def butterfly(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A butterfly with its wings spread, dark at their edges, with spots."""
    wing = paint(rng, colour, *(PAINTS[name] for name in ("orange", "blue", "yellow", "purple", "pink")))
    edge = darker(wing, 0.4) if colour != "white" else (0.35, 0.36, 0.42)
    spot = lighter(wing, 0.65) if sum(wing) < 2.4 else PAINTS["orange"]
    wide = float(rng.uniform(0.92, 1.06))
    lean = float(rng.uniform(-0.03, 0.03))
    for side in (-1, 1):
        tone = wing if side == form.lit else darker(wing, 0.84)

        def at(*point: float, side: int = side) -> tuple[float, ...]:
            return (side * point[0] * wide + lean * point[1], *point[1:])

        form.blob(
            [at(*p) for p in ((0.02, 0.46), (0.34, 0.46), (0.44, 0.28), (0.34, 0.05), (0.2, 0.04), (0.08, 0.24))],
            flat(edge),
        )
        form.blob(
            [at(*p) for p in ((0.03, 0.45), (0.3, 0.42), (0.38, 0.28), (0.3, 0.11), (0.2, 0.1), (0.1, 0.25))],
            flat(mix(tone, spot, 0.25)),
        )
        form.blob(
            [
                at(*p)
                for p in ((0.02, 0.46), (0.1, 0.7), (0.34, 0.93), (0.58, 0.94), (0.59, 0.72), (0.44, 0.46), (0.2, 0.42))
            ],
            flat(edge),
        )
        form.blob(
            [
                at(*p)
                for p in (
                    (0.03, 0.48),
                    (0.12, 0.68),
                    (0.32, 0.85),
                    (0.51, 0.85),
                    (0.51, 0.72),
                    (0.39, 0.51),
                    (0.2, 0.46),
                )
            ],
            flat(tone),
        )
        form.blob(
            [at(*p) for p in ((0.06, 0.5), (0.14, 0.64), (0.3, 0.72), (0.34, 0.6), (0.2, 0.5))],
            flat(lighter(tone, 0.25)),
        )
        for x, y, radius in ((0.44, 0.78, 0.05), (0.47, 0.67, 0.035), (0.27, 0.22, 0.05)):
            form.disc(side * x * wide + lean * y, y, radius, radius, flat(spot))
    for side in (-1, 1):
        form.curve(((0.0 + lean, 0.68), (side * 0.06, 0.84), (side * 0.13, 0.95)), 0.02, flat(DARK), 0.016)
        form.disc(side * 0.135, 0.96, 0.024, 0.024, flat(DARK))
    form.stroke(((lean * 0.2, 0.2), (lean * 0.5, 0.5), (lean, 0.62)), 0.05, flat(DARK), 0.07)
    form.disc(lean, 0.68, 0.05, 0.052, flat(DARK))
