"""What swims: fish and whale."""

from __future__ import annotations

import numpy as np

from training.world.palette import PAINTS, darker, lighter, varied
from training.world.pen import Fill

from .animals import eye
from .form import Form, down, flat, paint, pick, thing

FISH_PAINTS = ("", "red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "grey", "black")


@thing("fish", ("underwater", "water"), FISH_PAINTS, (0.32, 0.44), (-0.96, 0.86, -0.03, 1.03))
def fish(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A bright fish: slender or round, striped or plain, with flowing fins."""
    scale = paint(rng, colour, *(PAINTS[name] for name in ("orange", "blue", "yellow", "red", "purple")))
    belly = lighter(scale, 0.45)
    fin = (
        darker(scale, 0.78)
        if colour or rng.random() < 0.5
        else varied(rng, PAINTS[pick(rng, "yellow", "orange", "blue")])
    )
    tall = pick(rng, 0.25, 0.3, 0.35)
    middle = 0.46
    form.blob(
        (
            (-0.46, middle, 1),
            (-0.7, middle + 0.32),
            (-0.94, middle + 0.4, 1),
            (-0.8, middle),
            (-0.94, middle - 0.4, 1),
            (-0.7, middle - 0.32),
        ),
        flat(fin),
    )
    for y in (0.2, -0.2):
        form.stroke(((-0.56, middle + y * 0.3), (-0.82, middle + y * 1.2)), 0.035, flat(darker(fin, 0.8)), 0.015)
    form.blob(
        (
            (0.34, middle + tall * 0.7, 1),
            (0.2, middle + tall + 0.12),
            (-0.06, middle + tall + 0.2),
            (-0.34, middle + tall + 0.12, 1),
            (-0.3, middle + tall + 0.02),
            (-0.42, middle + tall * 0.5, 1),
        ),
        flat(fin),
    )
    form.blob(
        (
            (0.1, middle - tall * 0.7, 1),
            (-0.06, middle - tall - 0.12),
            (-0.28, middle - tall - 0.08, 1),
            (-0.3, middle - tall * 0.5, 1),
        ),
        flat(fin),
    )
    body = (
        (0.84, middle - 0.02),
        (0.66, middle + tall * 0.66),
        (0.26, middle + tall),
        (-0.22, middle + tall * 0.78),
        (-0.56, middle + 0.09),
        (-0.56, middle - 0.09),
        (-0.22, middle - tall * 0.8),
        (0.26, middle - tall),
        (0.66, middle - tall * 0.66),
    )
    form.blob(body, Fill(darker(scale, 0.92), belly))
    form.blob(
        (
            (0.6, middle + tall * 0.6),
            (0.24, middle + tall * 0.9),
            (-0.2, middle + tall * 0.66),
            (0.1, middle + tall * 0.4),
        ),
        flat(lighter(scale, 0.2)),
    )
    kind = int(rng.integers(3))
    if kind == 0:
        band = lighter(scale, 0.75) if colour != "white" else (0.95, 0.55, 0.2)
        for x, reach in ((0.28, 0.86), (-0.1, 0.8), (-0.4, 0.5)):
            form.curve(
                ((x, middle + tall * reach), (x + 0.05, middle), (x, middle - tall * reach)), 0.1, flat(band), 0.09
            )
    elif kind == 1:
        for x, y in (
            (0.16, 0.08),
            (0.02, -0.05),
            (-0.06, 0.13),
            (-0.2, 0.02),
            (-0.34, 0.08),
            (-0.34, -0.06),
            (0.14, -0.14),
        ):
            form.curve(
                ((x + 0.05, middle + y + 0.05), (x - 0.01, middle + y), (x + 0.05, middle + y - 0.05)),
                0.026,
                flat(darker(scale, 0.74)),
            )
    form.curve(
        ((0.44, middle + tall * 0.66), (0.38, middle), (0.44, middle - tall * 0.66)), 0.035, flat(darker(scale, 0.66))
    )
    form.blob(((0.26, middle - 0.04), (0.1, middle + 0.05), (-0.1, middle - 0.04, 1), (0.08, middle - 0.14)), flat(fin))
    eye(form, 0.6, middle + 0.09, 0.055, (0.98, 0.97, 0.93))
    form.curve(((0.83, middle - 0.05), (0.76, middle - 0.08), (0.7, middle - 0.06)), 0.03, flat(darker(scale, 0.5)))


@thing(
    "whale",
    ("water", "underwater"),
    ("", "blue", "grey", "black", "white"),
    (0.36, 0.46),
    (-1.0, 0.96, -0.02, 1.02),
    1.6,
)
def whale(form: Form, colour: str, rng: np.random.Generator) -> None:
    """A whale with raised flukes and its breath above it."""
    back = paint(rng, colour, (0.24, 0.38, 0.56), (0.34, 0.44, 0.54), (0.22, 0.30, 0.40))
    belly = lighter(back, 0.72) if sum(back) < 2.4 else (0.78, 0.80, 0.84)
    spray = Fill((0.85, 0.94, 0.99), opacity=0.85)
    for side in (-1, 1):
        form.curve(
            ((0.42, 0.66), (0.42 + side * 0.02, 0.86), (0.42 + side * 0.14, 0.98), (0.42 + side * 0.24, 0.86)),
            0.05,
            spray,
            0.035,
        )
    form.disc(0.42, 0.95, 0.035, 0.05, spray)
    form.blob(
        (
            (-0.75, 0.6, 1),
            (-0.8, 0.78),
            (-0.98, 0.9, 1),
            (-0.86, 1.0),
            (-0.72, 0.96),
            (-0.66, 0.86, 1),
            (-0.54, 0.97),
            (-0.38, 0.97),
            (-0.28, 0.84, 1),
            (-0.46, 0.76),
            (-0.58, 0.6, 1),
        ),
        flat(darker(back, 0.84)),
    )
    form.blob(
        (
            (-0.76, 0.74),
            (-0.6, 0.74),
            (-0.46, 0.52),
            (-0.1, 0.58),
            (0.36, 0.68),
            (0.8, 0.56),
            (0.94, 0.3),
            (0.8, 0.06),
            (0.4, 0.0),
            (-0.1, 0.03),
            (-0.52, 0.2),
            (-0.72, 0.46),
        ),
        down(back, 0.34),
    )
    form.blob(
        ((0.93, 0.26), (0.82, 0.06), (0.4, 0.0), (-0.1, 0.03), (-0.44, 0.16), (0.0, 0.16), (0.5, 0.26)), flat(belly)
    )
    for shift in (0.0, 0.06):
        form.curve(
            ((0.86 - shift, 0.18 - shift), (0.5, 0.15 - shift), (0.1, 0.1 - shift * 0.5)),
            0.018,
            flat(darker(belly, 0.76)),
        )
    form.curve(((0.92, 0.3), (0.76, 0.25), (0.54, 0.3)), 0.024, flat(darker(back, 0.5)))
    form.blob(((0.28, 0.2, 1), (0.16, 0.22), (-0.02, 0.02), (-0.04, -0.01, 1), (0.2, 0.06)), flat(darker(back, 0.7)))
    form.curve(((-0.1, 0.55), (0.3, 0.62), (0.66, 0.55)), 0.05, flat(lighter(back, 0.25)), 0.02)
    eye(form, 0.6, 0.38, 0.034, (0.95, 0.96, 0.97))
