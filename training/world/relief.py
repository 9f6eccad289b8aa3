"""What stands at the horizon: mountains, hills, woods, towns, islands; and the trees and houses that they are made of."""

from __future__ import annotations

import numpy as np

from .description import LABELS
from .palette import darker, lighter, mix, varied
from .pen import RGB, Fill, Point, box
from .stage import GRASS, Profile, Stage, waving

FINE_COLUMNS = 513
SNOW: RGB = (0.95, 0.97, 1.0)
SNOW_SHADE: RGB = (0.70, 0.78, 0.91)
WINDOW_LIGHT: RGB = (1.0, 0.82, 0.42)
ROCKS: tuple[RGB, ...] = ((0.43, 0.45, 0.53), (0.50, 0.44, 0.42), (0.37, 0.42, 0.47), (0.55, 0.46, 0.40))
WALLS: tuple[RGB, ...] = (
    (0.93, 0.88, 0.78),
    (0.86, 0.74, 0.60),
    (0.80, 0.48, 0.38),
    (0.90, 0.80, 0.55),
    (0.72, 0.74, 0.76),
)
ROOFS: tuple[RGB, ...] = ((0.66, 0.28, 0.20), (0.52, 0.26, 0.22), (0.32, 0.34, 0.42), (0.58, 0.36, 0.24))

PINES: RGB = (0.10, 0.31, 0.22)


def draw_background(stage: Stage, kind: str) -> None:
    """One of BACKGROUNDS along the horizon."""
    match kind:
        case "mountains" | "snowy mountains":
            mountains(stage, snowy=kind == "snowy mountains", height=stage.between(0.15, 0.22))
        case "hills":
            far_hills(stage)
        case "forest":
            woods(stage)
        case "skyline":
            skyline(stage, stage.between(0.15, 0.24), near=False)
        case "village":
            hamlet(stage, stage.horizon + 0.02, stage.between(0.050, 0.065))
        case "islands":
            islands(stage)


# --- mountains --------------------------------------------------------------------------------------------------------


def mountains(stage: Stage, snowy: bool, height: float, layers: int = 2) -> None:
    """Ranges of peaks, the far ones in haze, each with a side in the light and a side in the shade."""
    rng, base = stage.rng, stage.horizon + 0.015
    rock = varied(rng, ROCKS[int(rng.integers(len(ROCKS)))])
    for layer in range(layers):
        distance = (0.55, 0.22, 0.05)[layer + 3 - layers if layers > 1 else 1]
        count = int(rng.integers(3, 6)) + layer
        for index in rng.permutation(count).tolist():
            x = (index + stage.between(0.15, 0.85)) / count
            tall = height * stage.between(0.70, 1.15) * (1.0 if layer == 0 else 0.72)
            _peak(stage, (x, base - tall), base, rock, distance, snowy)


def _peak(stage: Stage, top: Point, base: float, rock: RGB, distance: float, snowy: bool) -> None:
    rng, day = stage.rng, stage.day
    height = base - top[1]
    down = np.linspace(0, 1, 8)
    halves = height * rng.uniform(0.85, 1.5, 2)
    bends = rng.normal(0, 0.035, (3, 8)) * (down > 0)
    left = [(top[0] - halves[0] * (t + bend), top[1] + height * t) for t, bend in zip(down, bends[0], strict=True)]
    right = [(top[0] + halves[1] * (t + bend), top[1] + height * t) for t, bend in zip(down, bends[1], strict=True)]
    side = 1.0 if day.orb[0] < top[0] else -1.0
    crest = [
        (top[0] + side * height * (0.10 * t + 2.2 * bend), top[1] + height * t)
        for t, bend in zip(down, bends[2], strict=True)
    ]
    shaded = right if side > 0 else left
    lit_rock = day.faded(lighter(rock, 0.10), distance)
    dark_rock = day.faded(darker(rock, 0.66), distance)
    foot = mix(lit_rock, day.haze, 0.35)
    pen, label = stage.pen, LABELS["mountain"]
    pen.polygon([*left[::-1], *right[1:]], Fill(lit_rock, foot, lit=False, grain=0.05), label)
    pen.polygon([*crest, *shaded[:0:-1]], Fill(dark_rock, mix(dark_rock, day.haze, 0.35), lit=False, grain=0.05), label)
    if snowy:
        _snow_cap(stage, left, right, crest, shaded, distance)


def _snow_cap(
    stage: Stage, left: list[Point], right: list[Point], crest: list[Point], shaded: list[Point], distance: float
) -> None:
    rows = 4 if stage.chance(0.5) else 5
    label = LABELS["snow"]

    def teeth(start: Point, end: Point, count: int) -> list[Point]:
        shares = np.linspace(0, 1, count + 2)[1:-1].tolist()
        depth = (end[0] - start[0]) * 0.20
        return [
            (
                start[0] + (end[0] - start[0]) * share,
                start[1] + (end[1] - start[1]) * share + (abs(depth) if index % 2 else -abs(depth) * 0.7),
            )
            for index, share in enumerate(shares)
        ]

    bright, shade = stage.day.faded(SNOW, 0.8 * distance), stage.day.faded(SNOW_SHADE, 0.8 * distance)
    outline = [*left[rows - 1 :: -1], *right[1:rows], *teeth(right[rows - 1], left[rows - 1], 7)]
    stage.pen.polygon(outline, Fill(bright, lit=False), label)
    dark = [*crest[:rows], *teeth(crest[rows - 1], shaded[rows - 1], 3), *shaded[rows - 1 : 0 : -1]]
    stage.pen.polygon(dark, Fill(shade, lit=False), label)


# --- hills and woods ------------------------------------------------------------------------------------------------------


def far_hills(stage: Stage) -> None:
    """Rolling lines that fade with distance."""
    far, near = GRASS["winter" if stage.white else stage.shown.season or "summer"]
    for layer, (rise, distance) in enumerate(((0.10, 0.62), (0.065, 0.42), (0.035, 0.25))):
        profile = stage.horizon - rise - 0.045 * waving(stage.rng, 3.4 + layer)
        tone = stage.day.faded(mix(varied(stage.rng, far), darker(near, 0.8), 0.45), distance)
        stage.pen.ridge(profile.tolist(), Fill(tone, mix(tone, stage.day.haze, 0.3), lit=False), LABELS["field"], 1.0)


def woods(stage: Stage, height: float = 0.14) -> None:
    """A belt of trees along the horizon, two rows deep: pines or round crowns."""
    pines = stage.white or stage.chance(0.5)
    for distance, scale, rise in ((0.42, 1.0, 0.02), (0.14, 0.72, 0.0)):
        ground = stage.horizon + 0.02 - rise + 0.008 * waving(stage.rng, 4, FINE_COLUMNS)
        tone = varied(stage.rng, PINES) if pines else darker(stage.leaves(), 0.80)
        if stage.white and not pines:
            tone = (0.55, 0.60, 0.68)
        profile = tree_tops(stage.rng, ground, height * scale, pines)
        top = stage.day.faded(lighter(tone, 0.16), distance)
        foot = stage.day.faded(darker(tone, 0.66), distance)
        stage.pen.ridge(
            profile.tolist(), Fill(top, foot, lit=False, grain=0.06), LABELS["forest"], stage.horizon + 0.06
        )
        if stage.white:
            _frost(stage, ground, height * scale, distance)


def tree_tops(rng: np.random.Generator, ground: Profile, height: float, pines: bool) -> Profile:
    """The outline of a row of trees over `ground`: (columns,) y."""
    places = np.linspace(0, 1, len(ground))
    count = int(1.7 / height) if pines else int(1.1 / height)
    tops = rng.uniform(-0.02, 1.02, count)
    heights = height * rng.uniform(0.65, 1.2, count)
    half = heights * (0.26 if pines else 0.48)
    near = np.abs(places[None] - tops[:, None]) / half[:, None]
    if pines:
        # Boughs: a saw along the flank.
        shape = np.clip(1 - near, 0, 1) * (1 + 0.16 * (np.mod(near * 3.5, 1) - 0.5) * (near < 1))
    else:
        shape = 0.45 + 0.55 * np.sqrt(np.clip(1 - near**2, 0, 1))
        shape = np.where(near < 1, shape, 0)
    rise = (shape * heights[:, None]).max(axis=0)
    return np.asarray(ground - np.maximum(rise, 0.30 * height))


def _frost(stage: Stage, ground: Profile, height: float, distance: float) -> None:
    """Snow on the tops of a row of trees: small light triangles."""
    white = stage.day.faded(SNOW, 0.6 * distance)
    for x in stage.rng.uniform(0, 1, 14).tolist():
        foot = float(ground[int(x * (len(ground) - 1))])
        tall = height * stage.between(0.7, 1.1)
        stage.pen.polygon(
            [(x, foot - tall), (x + 0.07 * tall, foot - 0.55 * tall), (x - 0.07 * tall, foot - 0.55 * tall)],
            Fill(white, lit=False),
        )


def pine(stage: Stage, x: float, foot: float, height: float, distance: float = 0.0) -> None:
    """A single pine of the landscape, three tiers of boughs."""
    rng, day = stage.rng, stage.day
    tone = varied(rng, PINES, 0.06)
    half = height * 0.24
    outline = [
        (0.0, 1.0),
        (0.36, 0.66),
        (0.20, 0.68),
        (0.68, 0.36),
        (0.42, 0.39),
        (1.0, 0.06),
        (0.10, 0.10),
        (0.10, 0.0),
    ]
    points = [(x + half * dx, foot - height * dy) for dx, dy in outline]
    points += [(x - half * dx, foot - height * dy) for dx, dy in outline[:0:-1]]
    fill = Fill(day.faded(lighter(tone, 0.18), distance), day.faded(darker(tone, 0.62), distance), lit=False)
    stage.pen.polygon(points, fill, LABELS["forest"])
    if stage.white:
        for low, high, wide in ((0.70, 1.0, 0.30), (0.44, 0.60, 0.50), (0.14, 0.28, 0.78)):
            white = day.faded(SNOW, 0.6 * distance)
            cap = [(x, foot - height * high), (x + half * wide, foot - height * low), (x, foot - height * (low + 0.07))]
            cap.append((x - half * wide, foot - height * low))
            stage.pen.polygon(cap, Fill(white, lit=False), LABELS["forest"])


def leafy(stage: Stage, x: float, foot: float, height: float, distance: float = 0.0) -> None:
    """A single broad-leaved tree of the landscape: a trunk and a crown of three."""
    rng, day = stage.rng, stage.day
    tone = stage.leaves()
    bark = day.faded((0.36, 0.26, 0.20), distance)
    stage.pen.line(
        [(x, foot), (x, foot - 0.5 * height)], 0.09 * height, Fill(bark, lit=False), LABELS["forest"], 0.05 * height
    )
    dark, bright = day.faded(darker(tone, 0.62), distance), day.faded(lighter(tone, 0.16), distance)
    for dx, dy, radius in ((-0.17, 0.56, 0.22), (0.18, 0.58, 0.21), (0.0, 0.72, 0.27)):
        wide = height * radius * float(rng.uniform(0.9, 1.15))
        stage.pen.ellipse(
            (x + dx * height, foot - dy * height), (wide, 0.92 * wide), Fill(bright, dark, lit=False), LABELS["forest"]
        )


# --- towns --------------------------------------------------------------------------------------------------------------


def skyline(stage: Stage, height: float, near: bool) -> None:
    """Tall buildings side by side, a hazy row behind a clear one; their windows shine at night."""
    rng, day, foot = stage.rng, stage.day, stage.horizon + 0.02
    for layer, distance in ((0, 0.58 if near else 0.66), (1, 0.12 if near else 0.38)):
        x = -0.03
        while x < 1.02:
            wide = stage.between(0.055, 0.11) * (1.25 if near and layer else 0.9)
            tall = height * stage.between(0.45, 1.1) * (1.15 if layer == 0 else 0.85)
            tone = varied(
                rng,
                ((0.45, 0.50, 0.60), (0.60, 0.56, 0.55), (0.36, 0.44, 0.56), (0.70, 0.62, 0.54))[int(rng.integers(4))],
            )
            _block(stage, (x, foot), (wide, tall), tone, distance, windows=near and layer == 1)
            x += wide * stage.between(0.85, 1.1)
    if day.night:
        stage.pen.glow((0.5, foot), 0.35, (0.9, 0.6, 0.3), 0.10)


def _block(stage: Stage, corner: Point, extent: tuple[float, float], tone: RGB, distance: float, windows: bool) -> None:
    (x, foot), (wide, tall), day, rng = corner, extent, stage.day, stage.rng
    body = day.faded(tone, distance)
    shade = day.faded(darker(tone, 0.70), distance)
    label = LABELS["town"]
    pen = stage.pen
    pen.polygon(box(x, foot - tall, x + wide, foot), Fill(body, mix(body, day.haze, 0.25), lit=False), label)
    side = 0.72 if day.orb[0] < x else 0.0
    pen.polygon(
        box(x + side * wide, foot - tall, x + (side + 0.28) * wide, foot),
        Fill(shade, mix(shade, day.haze, 0.25), lit=False),
        label,
    )
    roof = int(rng.integers(4))
    if roof == 0:
        pen.polygon(
            [(x, foot - tall), (x + wide / 2, foot - tall - 0.5 * wide), (x + wide, foot - tall)],
            Fill(shade, lit=False),
            label,
        )
    elif roof == 1:
        pen.polygon(
            box(x + 0.25 * wide, foot - tall - 0.02, x + 0.75 * wide, foot - tall), Fill(shade, lit=False), label
        )
    elif roof == 2:
        pen.line(
            [(x + wide / 2, foot - tall), (x + wide / 2, foot - tall - 0.05)],
            0.004,
            Fill(shade, lit=False),
            label,
            0.001,
        )
    if windows or day.night:
        _windows(stage, corner, extent, mix(body, (0.75, 0.88, 1.0), 0.45), 0.45 if windows else 0.25)


def _windows(stage: Stage, corner: Point, extent: tuple[float, float], glass: RGB, lit: float) -> None:
    (x, foot), (wide, tall) = corner, extent
    columns, rows = max(2, int(wide / 0.026)), max(2, int(tall / 0.040))
    shine = stage.rng.random((rows, columns))
    for row in range(rows):
        top = foot - tall + (row + 0.35) * tall / rows
        for column in range(columns):
            on = stage.day.night and shine[row, column] < lit
            if not on and (stage.day.night or shine[row, column] < 0.25):
                continue
            left = x + (column + 0.25) * wide / columns
            rgb = mix(WINDOW_LIGHT, (1.0, 0.95, 0.75), float(shine[row, column])) if on else glass
            stage.pen.polygon(
                box(left, top, left + 0.5 * wide / columns, top + 0.45 * tall / rows), Fill(rgb, lit=False)
            )


def hamlet(stage: Stage, foot: float, size: float, count: int = 0) -> None:
    """A row of cottages around a church."""
    rng = stage.rng
    count = count or int(rng.integers(6, 10))
    start, reach = (0.02, 0.98) if count > 8 else (0.05, 0.90)
    places = np.linspace(start, reach, count) + rng.normal(0, 0.012, count)
    church = int(rng.integers(count))
    for index in rng.permutation(count).tolist():
        lower = foot + stage.between(-0.012, 0.012)
        if index == church:
            _steeple(stage, float(places[index]), foot, size * 1.1)
        cottage(
            stage,
            float(places[index]) + (0.9 * size if index == church else 0),
            lower,
            size * stage.between(0.85, 1.2),
            0.10,
        )


def cottage(stage: Stage, x: float, foot: float, size: float, distance: float = 0.0) -> None:
    """A small house of the landscape: two walls, a roof, windows that shine at night. `size` is the height of its walls."""
    rng, day, pen, label = stage.rng, stage.day, stage.pen, LABELS["town"]
    wall = varied(rng, WALLS[int(rng.integers(len(WALLS)))])
    roof = SNOW if stage.white else varied(rng, ROOFS[int(rng.integers(len(ROOFS)))])
    half, ridge = size * stage.between(0.75, 1.0), foot - size * 1.65
    pen.polygon(
        box(x - half, foot - size, x + half, foot),
        Fill(day.faded(wall, distance), day.faded(darker(wall, 0.85), distance), lit=False),
        label,
    )
    eaves = [
        (x - half * 1.15, foot - 0.95 * size),
        (x - half * 0.7, ridge),
        (x + half * 0.7, ridge),
        (x + half * 1.15, foot - 0.95 * size),
    ]
    pen.polygon(eaves, Fill(day.faded(roof, distance), day.faded(darker(roof, 0.78), distance), lit=False), label)
    lit = day.night and stage.chance(0.8)
    glass: RGB = WINDOW_LIGHT if lit else day.faded((0.30, 0.36, 0.44), distance)
    for dx in (-0.45, 0.35):
        pen.polygon(
            box(x + (dx - 0.16) * half, foot - 0.68 * size, x + (dx + 0.16) * half, foot - 0.32 * size),
            Fill(glass, lit=False),
            label,
        )
    if lit:
        pen.glow((x, foot - 0.5 * size), 1.1 * size, (1.0, 0.7, 0.3), 0.25)


def _steeple(stage: Stage, x: float, foot: float, size: float) -> None:
    day, pen, label = stage.day, stage.pen, LABELS["town"]
    wall, roof = day.faded((0.92, 0.90, 0.84), 0.10), day.faded((0.30, 0.36, 0.45), 0.10)
    half, top = 0.36 * size, foot - 2.1 * size
    pen.polygon(box(x - half, top, x + half, foot), Fill(wall, darker(wall, 0.85), lit=False), label)
    pen.polygon([(x - half * 1.2, top), (x, top - 1.5 * size), (x + half * 1.2, top)], Fill(roof, lit=False), label)


# --- islands --------------------------------------------------------------------------------------------------------------


def islands(stage: Stage) -> None:
    """Humps of rock and green in the sea, far out."""
    rng, day = stage.rng, stage.day
    count = int(rng.integers(2, 4))
    for index in range(count):
        x, half = (index + stage.between(0.2, 0.8)) / count, stage.between(0.09, 0.17)
        tall, base = half * stage.between(0.45, 0.75), stage.horizon + 0.012 + 0.006 * index
        across = np.linspace(-1, 1, 15)
        rise = (1 - across**2) * (1 + 0.35 * waving(rng, 5, 15))
        top = [(x + half * float(dx), base - tall * float(dy)) for dx, dy in zip(across, rise, strict=True)]
        tone = day.faded(varied(rng, (0.34, 0.50, 0.32)), 0.40)
        stage.pen.polygon(top, Fill(lighter(tone, 0.08), darker(tone, 0.80), lit=False, grain=0.05), LABELS["rock"])
        shore = Fill(day.faded((0.86, 0.80, 0.66), 0.35), lit=False)
        stage.pen.ellipse((x, base), (half * 1.02, 0.006), shore, LABELS["rock"])
