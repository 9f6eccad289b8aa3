"""Settings on land and in the air, and the register of all settings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .description import LABELS
from .palette import PAINTS, darker, lighter, mix, varied
from .pen import RGB, Fill, Mirror, Point, box
from .relief import (
    PINES,
    SNOW,
    SNOW_SHADE,
    WALLS,
    WINDOW_LIGHT,
    cottage,
    hamlet,
    leafy,
    mountains,
    pine,
    skyline,
    tree_tops,
    woods,
)
from .stage import COLUMNS, GRASS, Profile, Room, Stage, Strip, waving
from .waters import beach, cliff, glints, lake, river, sea, underwater, water_tones, waterfall

DUNES: tuple[tuple[RGB, RGB], ...] = (
    ((0.97, 0.84, 0.58), (0.84, 0.58, 0.32)),
    ((0.96, 0.74, 0.50), (0.80, 0.42, 0.25)),
    ((0.98, 0.90, 0.72), (0.86, 0.70, 0.48)),
)
BLOSSOMS: tuple[str, ...] = ("red", "yellow", "white", "purple", "pink", "orange", "blue")
ASPHALT: RGB = (0.36, 0.37, 0.41)
PLACES = np.linspace(0, 1, COLUMNS)


# --- meadows and hills ------------------------------------------------------------------------------------------------------


def _turf(stage: Stage, profile: Profile, share: float, label: str = "grass") -> None:
    """Grass below a profile; `share` 0 is the far tone, 1 the near one."""
    far, near = stage.grass()
    top, bottom = mix(far, near, share), mix(far, near, min(1.0, share + 0.45))
    stage.pen.ridge(
        profile.tolist(),
        Fill(lighter(top, 0.10), darker(bottom, 0.92), grain=0.012 if stage.white else 0.03),
        LABELS[label],
    )


def _tufts(stage: Stage, top: float, count: int = 34) -> None:
    """Blades of grass, or tracks of wind where snow lies."""
    rng = stage.rng
    tone = stage.grass()[1]
    for x, y in rng.uniform((0, top), (1, 1.0), (count, 2)).tolist():
        size = 0.012 + 0.030 * (y - top) / max(0.05, 1 - top)
        rgb = darker(tone, 0.94) if stage.white else darker(tone, 0.80) if rng.random() < 0.6 else lighter(tone, 0.22)
        if stage.white:
            stage.pen.ellipse((x, y), (size * 1.4, size * 0.10), Fill(rgb))
            continue
        blades = [
            (x - 0.5 * size, y),
            (x - 0.35 * size, y - 0.8 * size),
            (x - 0.1 * size, y - 0.2 * size),
            (x, y - size),
        ]
        blades += [(x + 0.15 * size, y - 0.25 * size), (x + 0.42 * size, y - 0.7 * size), (x + 0.45 * size, y)]
        stage.pen.polygon(blades, Fill(rgb))


def _blossoms(stage: Stage, top: float, count: int, tones: list[RGB]) -> None:
    """Dots of flowers that grow towards the front."""
    rng = stage.rng
    depth = np.sort(rng.random(count) ** 0.8)
    for share, x, pick in zip(
        depth.tolist(), rng.random(count).tolist(), rng.integers(0, len(tones), count).tolist(), strict=True
    ):
        y, size = top + (1.0 - top) * share, 0.0030 + 0.0075 * share
        tone = tones[pick]
        stage.pen.ellipse((x, y), (size, size * 0.8), Fill(lighter(tone, 0.12), darker(tone, 0.85)))


def meadow(stage: Stage) -> Room:
    horizon = stage.horizon
    _turf(stage, horizon + 0.012 * waving(stage.rng, 3), 0.0)
    if stage.chance(0.5):
        _scattered_trees(stage, horizon + 0.03, int(stage.rng.integers(3, 7)))
    _turf(stage, horizon + stage.between(0.09, 0.14) + 0.025 * waving(stage.rng, 2.5), 0.35)
    _turf(stage, horizon + stage.between(0.24, 0.30) + 0.025 * waving(stage.rng, 2.5), 0.6)
    if stage.shown.season in ("spring", "summer", "") and not stage.white and stage.chance(0.6):
        chosen = stage.rng.choice(len(BLOSSOMS), 2, replace=False).tolist()
        _blossoms(stage, horizon + 0.12, 44, [varied(stage.rng, PAINTS[BLOSSOMS[index]]) for index in chosen])
    _tufts(stage, horizon + 0.14)
    return Room(land=Strip(0.0, 1.0, horizon + 0.10, 0.92))


def _scattered_trees(stage: Stage, foot: float, count: int) -> None:
    draw = pine if stage.white or stage.chance(0.3) else leafy
    for x in stage.rng.uniform(0, 1, count).tolist():
        draw(stage, x, foot + stage.between(-0.01, 0.02), stage.between(0.05, 0.11), 0.32)


def flower_field(stage: Stage) -> Room:
    """Flowers as far as one sees, sown at random or in rows that meet at the horizon."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    _turf(stage, horizon + 0.008 * waving(rng, 3), 0.2, "field")
    kinds = int(rng.integers(1, 4))
    tones = [varied(rng, PAINTS[BLOSSOMS[index]]) for index in rng.choice(len(BLOSSOMS), kinds, replace=False).tolist()]
    if stage.chance(0.55):
        _rows_of_flowers(stage, tones)
    else:
        for share in np.linspace(0.02, 0.5, 7).tolist():
            tone = mix(tones[int(rng.integers(kinds))], stage.grass()[1], 0.15 + 0.4 * share)
            y = horizon + (1 - horizon) * share
            pen.ridge(
                (y + 0.010 * waving(rng, 5)).tolist(), Fill(tone, grain=0.13, opacity=0.72), LABELS["field"], y + 0.06
            )
    depth = np.sort(rng.random(190) ** 0.65)
    leaf = darker(stage.grass()[1], 0.85)
    for share in depth.tolist():
        x, y, size = float(rng.random()), horizon + 0.02 + (0.99 - horizon) * share, 0.004 + 0.017 * share**1.5
        tone = tones[int(rng.integers(kinds))]
        if size > 0.010:
            pen.line([(x, y), (x + 0.2 * size, y + 2.2 * size)], 0.22 * size, Fill(leaf), LABELS["field"])
        pen.ellipse((x, y), (size, 0.80 * size), Fill(lighter(tone, 0.18), darker(tone, 0.82)), LABELS["field"])
        if size > 0.012:
            pen.ellipse((x, y), (0.32 * size, 0.28 * size), Fill((0.98, 0.85, 0.35)), LABELS["field"])
    return Room(land=Strip(0.0, 1.0, horizon + 0.10, 0.92))


def _rows_of_flowers(stage: Stage, tones: list[RGB]) -> None:
    horizon, vanish = stage.horizon + 0.01, stage.between(0.3, 0.7)
    rows = int(stage.rng.integers(9, 14))
    for index in range(-rows, rows + 1):
        start, wide = vanish + index * 0.012, 0.075 + 0.06 * abs(index) / rows
        middle = vanish + index * 0.15
        tone = darker(tones[index % len(tones)], 0.92)
        row = [(start, horizon), (start + 0.006, horizon), (middle + wide, 1.02), (middle, 1.02)]
        stage.pen.polygon(row, Fill(mix(tone, stage.grass()[0], 0.35), tone, grain=0.12), LABELS["field"])


def hills(stage: Stage) -> Room:
    """Rolling land, fields and hedges on it, paler with every fold."""
    rng, horizon = stage.rng, stage.horizon
    far, near = GRASS["winter" if stage.white else stage.shown.season or "summer"]
    folds = ((-0.02, 0.055, 0.50), (0.07, 0.060, 0.28), (0.18, 0.060, 0.12), (0.33, 0.050, 0.0))
    for index, (drop, swing, distance) in enumerate(folds):
        profile = horizon + drop + swing * waving(rng, 2.6)
        tone = mix(varied(rng, far, 0.05), near, 0.15 + 0.25 * index)
        top, bottom = (
            stage.day.faded(lighter(tone, 0.12), distance),
            stage.day.faded(darker(tone, 0.74), 0.6 * distance),
        )
        stage.pen.ridge(profile.tolist(), Fill(top, bottom, lit=False, grain=0.035), LABELS["grass"])
        if 0 < index < 3 or stage.chance(0.4):
            draw = pine if stage.white or stage.chance(0.35) else leafy
            for x in rng.uniform(0, 1, int(rng.integers(2, 6))).tolist():
                if index == 3 and abs(x - stage.focus) < 0.35:
                    continue
                draw(stage, x, float(np.interp(x, PLACES, profile)) + 0.008, 0.045 + 0.03 * index, distance)
    _tufts(stage, horizon + 0.40, 18)
    return Room(land=Strip(0.0, 1.0, horizon + 0.20, 0.92))


def hill(stage: Stage) -> Room:
    """One hill, the main thing on its top."""
    rng, horizon = stage.rng, stage.horizon + 0.06
    _turf(stage, horizon + 0.05 + 0.015 * waving(rng, 3), 0.0)
    _scattered_trees(stage, horizon + 0.075, int(rng.integers(2, 6)))
    _turf(stage, horizon + 0.15 + 0.02 * waving(rng, 2.5), 0.25)
    rise, wide = stage.between(0.34, 0.40), stage.between(0.40, 0.48)
    crest = 1.02 - rise * (0.14 + 0.86 * np.exp(-(np.abs((PLACES - stage.focus) / wide) ** 4)))
    far, near = stage.grass()
    stage.pen.ridge(
        crest.tolist(), Fill(lighter(mix(far, near, 0.35), 0.08), darker(near, 0.85), grain=0.04), LABELS["grass"]
    )
    _tufts(stage, 0.88, 22)
    return Room(land=Strip(max(0.0, stage.focus - 0.45), min(1.0, stage.focus + 0.45), 0.70, 0.70, crest + 0.012))


# --- sand and snow ----------------------------------------------------------------------------------------------------------


def desert(stage: Stage) -> Room:
    """Dunes with a lit and a shaded flank, paler far off."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    bright, dark = DUNES[int(rng.integers(len(DUNES)))]
    bright, dark = varied(rng, bright), varied(rng, dark)
    pen.ridge(
        (horizon + 0.01 * waving(rng, 3)).tolist(), Fill(stage.day.faded(bright, 0.35), lit=False), LABELS["sand"]
    )
    for index, drop in enumerate((0.03, 0.10, 0.20, 0.36)):
        distance = (0.40, 0.22, 0.08, 0.0)[index]
        profile = horizon + drop + (0.030 + 0.012 * index) * waving(rng, 2.2 + 0.4 * (3 - index))
        top, low = (
            stage.day.faded(lighter(bright, 0.08), distance),
            stage.day.faded(mix(bright, dark, 0.55 + 0.1 * index), distance),
        )
        pen.ridge(profile.tolist(), Fill(top, low, lit=False, grain=0.025), LABELS["sand"])
        _slip_faces(stage, profile, stage.day.faded(darker(dark, 0.92), distance), low, 0.13 + 0.05 * index)
    return Room(land=Strip(0.0, 1.0, horizon + 0.14, 0.92))


def _slip_faces(stage: Stage, profile: Profile, tone: RGB, low: RGB, size: float) -> None:
    """The steep flanks behind the crests, away from the light: dark at the top, lost in the sand below."""
    side = 1 if stage.day.orb[0] < 0.5 else -1
    inner = profile[1:-1]
    peaks = np.flatnonzero((inner < profile[:-2]) & (inner <= profile[2:])) + 1
    shares = np.linspace(0, 1, 9)
    for peak in peaks.tolist():
        x, y = float(PLACES[peak]), float(profile[peak])
        wide, deep = size * stage.between(1.3, 2.0), size * stage.between(0.55, 0.85)
        along = x + side * wide * shares
        crest = [(float(u), float(np.interp(u, PLACES, profile)) + 0.001) for u in along.tolist()]
        # An S from the top down to the foot, then a hollow back up to where the flank runs out.
        spine = [
            (x + side * wide * float(0.30 * t + 0.07 * math.sin(2 * math.pi * t)), y + deep * float(t))
            for t in shares.tolist()
        ]
        foot, end = spine[-1], crest[-1]
        hollow = [
            (foot[0] + (end[0] - foot[0]) * t, foot[1] + (end[1] - foot[1]) * t**1.8) for t in shares[1:-1].tolist()
        ]
        stage.pen.polygon([*crest, *hollow[::-1], *spine[:0:-1]], Fill(tone, low, lit=False), LABELS["sand"])


def snow(stage: Stage) -> Room:
    """Drifts with blue shadows, pines on the far ones."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    for index, drop in enumerate((0.0, 0.09, 0.20, 0.36)):
        distance = (0.30, 0.15, 0.06, 0.0)[index]
        profile = horizon + drop + 0.025 * waving(rng, 2.6)
        top, low = stage.day.faded(SNOW, distance), stage.day.faded(mix(SNOW_SHADE, SNOW, 0.35), distance)
        pen.ridge(profile.tolist(), Fill(top, low, lit=False, grain=0.012), LABELS["snow"])
        if index in (0, 1) and stage.chance(0.7):
            for x in rng.uniform(0, 1, int(rng.integers(3, 8))).tolist():
                if abs(x - stage.focus) > 0.16:
                    pine(
                        stage,
                        x,
                        float(np.interp(x, PLACES, profile)) + 0.012,
                        stage.between(0.06, 0.10) * (1 + index),
                        0.30 - 0.2 * index,
                    )
        start = stage.between(0.0, 0.7)
        shade = Fill(stage.day.faded(SNOW_SHADE, distance), lit=False, opacity=0.6)
        pen.haze((start + 0.15, horizon + drop + 0.07), (0.28, 0.035), shade)
    _tufts(stage, horizon + 0.35, 14)
    return Room(land=Strip(0.0, 1.0, horizon + 0.14, 0.92))


# --- woods and mountains -------------------------------------------------------------------------------------------------


def forest(stage: Stage) -> Room:
    """Rows of trees that fade into the distance, a clearing, and trees at both sides that frame it."""
    rng, horizon, day = stage.rng, stage.horizon, stage.day
    pines = stage.white or stage.chance(0.5)
    tone = varied(rng, PINES) if pines else darker(stage.leaves(), 0.75)
    if stage.white:
        tone = mix(tone, (0.80, 0.86, 0.92), 0.30)
    for distance, tall in ((0.60, 0.50), (0.40, 0.38), (0.20, 0.26)):
        ground = horizon + 0.03 + 0.006 * waving(rng, 4, 513)
        profile = tree_tops(rng, ground, tall * stage.between(0.85, 1.1), pines)
        top, low = day.faded(lighter(tone, 0.18), distance), day.faded(darker(tone, 0.62), distance)
        stage.pen.ridge(profile.tolist(), Fill(top, low, lit=False, grain=0.03), LABELS["forest"], horizon + 0.08)
        if distance > 0.3:
            stage.pen.haze((stage.focus, horizon), (0.6, 0.10), Fill(day.haze, lit=False, opacity=0.30))
    _turf(stage, horizon + 0.02 + 0.010 * waving(rng, 4), 0.35)
    if stage.chance(0.5):
        _path(stage, horizon + 0.025)
    _turf_shadows(stage, horizon + 0.10)
    draw = pine if pines else leafy
    places = [*rng.uniform(-0.06, 0.20, 4).tolist(), *rng.uniform(0.80, 1.06, 4).tolist()]
    feet = sorted(horizon + 0.04 + 0.24 * float(rng.random()) ** 1.5 for _ in places)
    for x, foot in zip(rng.permutation(places).tolist(), feet, strict=True):
        inward = 0.12 if x < 0.5 else 0.88
        away = (stage.focus < 0.35 and x < 0.5) or (stage.focus > 0.65 and x > 0.5)
        place = x if not away else x + (1 if x > inward else -1) * 0.06
        draw(stage, place, foot, 0.22 + 1.0 * (foot - horizon), 0.12 * (1 - 3 * (foot - horizon)))
    _tufts(stage, horizon + 0.22, 26)
    return Room(land=Strip(0.04, 0.96, horizon + 0.10, 0.93))


def _path(stage: Stage, top: float) -> None:
    bend = stage.between(-0.2, 0.2)
    shares = np.linspace(0, 1, 9).tolist()
    middle = [
        (stage.focus + bend * math.sin(2.2 * t) * (1 - t) + (0.5 - stage.focus) * 0.6 * t, top + (1.02 - top) * t)
        for t in shares
    ]
    half = [0.012 + 0.15 * t**1.4 for t in shares]
    left = [(x - wide, y) for (x, y), wide in zip(middle, half, strict=True)]
    right = [(x + wide, y) for (x, y), wide in zip(middle, half, strict=True)]
    tone = (0.82, 0.86, 0.92) if stage.white else varied(stage.rng, (0.70, 0.58, 0.42))
    stage.pen.polygon([*left, *right[::-1]], Fill(lighter(tone, 0.1), darker(tone, 0.85), grain=0.05), LABELS["road"])


def _turf_shadows(stage: Stage, top: float) -> None:
    tone = darker(stage.grass()[1], 0.70)
    for x, y in stage.rng.uniform((0, top), (1, 0.98), (12, 2)).tolist():
        stage.pen.haze((x, y), (stage.between(0.08, 0.2), 0.022), Fill(tone, opacity=0.30))


def high_mountains(stage: Stage) -> Room:
    """Peaks that fill the sky, foothills, a valley."""
    rng, horizon = stage.rng, stage.horizon
    snowy = stage.white or "snowy" in stage.shown.variant or stage.chance(0.65)
    mountains(stage, snowy, stage.between(0.30, 0.38), layers=3)
    if stage.chance(0.6):
        woods(stage, stage.between(0.05, 0.08))
    if stage.chance(0.35):
        return _mountain_lake(stage)
    _turf(stage, horizon + 0.03 + 0.025 * waving(rng, 2.5), 0.05)
    _scattered_trees(stage, horizon + 0.07, int(rng.integers(3, 8)))
    _turf(stage, horizon + 0.15 + 0.03 * waving(rng, 2.5), 0.45)
    _tufts(stage, horizon + 0.20, 26)
    return Room(land=Strip(0.0, 1.0, horizon + 0.12, 0.92))


def _mountain_lake(stage: Stage) -> Room:
    horizon, tones = stage.horizon, water_tones(stage)
    stage.pen.polygon(box(0, horizon + 0.012, 1, 0.9), Fill(*tones, lit=False), LABELS["water"])
    stage.pen.mirror = Mirror(horizon + 0.012, 0.6, 0.005, int(stage.rng.integers(1 << 30)))
    glints(stage, Strip(0, 1, horizon + 0.03, 0.82), 20, tones)
    bank = stage.between(0.78, 0.84) + 0.03 * waving(stage.rng, 3)
    stage.pen.ridge((bank - 0.014).tolist(), Fill((0.74, 0.70, 0.62), grain=0.05), LABELS["sand"])
    _turf(stage, bank, 0.6)
    return Room(land=Strip(0.0, 1.0, float(bank.max()) + 0.01, 0.95), water=Strip(0.04, 0.96, horizon + 0.08, 0.74))


# --- where people live ----------------------------------------------------------------------------------------------------


def village(stage: Stage) -> Room:
    """Cottages on a slope behind a green."""
    rng, horizon = stage.rng, stage.horizon
    _turf(stage, horizon - 0.03 + 0.03 * waving(rng, 2.2), 0.05)
    hamlet(stage, horizon + 0.035, stage.between(0.050, 0.060), 9)
    _turf(stage, horizon + 0.045 + 0.010 * waving(rng, 3), 0.25)
    for x in rng.uniform(0, 1, 5).tolist():
        (pine if stage.white else leafy)(stage, x, horizon + 0.075, stage.between(0.08, 0.12), 0.10)
    for x in np.sort(rng.uniform(0, 1, 6)).tolist():
        if abs(x - stage.focus) > 0.22:
            cottage(stage, x, horizon + 0.115, stage.between(0.068, 0.085))
    _turf(stage, horizon + 0.125 + 0.008 * waving(rng, 3), 0.5)
    if stage.chance(0.6):
        _path(stage, horizon + 0.13)
    _tufts(stage, horizon + 0.22, 24)
    return Room(land=Strip(0.0, 1.0, horizon + 0.20, 0.93))


def city(stage: Stage) -> Room:
    """A skyline over a river, a park or an avenue."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    skyline(stage, stage.between(0.24, 0.32), near=True)
    front = int(rng.integers(3))
    if front == 0:
        tones = water_tones(stage)
        pen.polygon(box(0, horizon + 0.02, 1, 0.86), Fill(*tones, lit=False), LABELS["water"])
        pen.mirror = Mirror(horizon + 0.02, 0.5, 0.008, int(rng.integers(1 << 30)))
        glints(stage, Strip(0, 1, horizon + 0.04, 0.84), 30, tones)
        pen.polygon(box(0, 0.855, 1, 0.875), Fill((0.74, 0.73, 0.72)), LABELS["road"])
        pen.polygon(box(0, 0.875, 1, 1.0), Fill((0.60, 0.60, 0.62), (0.48, 0.48, 0.52), grain=0.03), LABELS["road"])
        return Room(land=Strip(0.0, 1.0, 0.90, 0.95), water=Strip(0.03, 0.97, horizon + 0.10, 0.80))
    if front == 1:
        _turf(stage, horizon + 0.02 + 0.004 * waving(rng, 3), 0.3)
        for x in np.sort(rng.uniform(0, 1, 7)).tolist():
            leafy(stage, x, horizon + 0.05, stage.between(0.07, 0.11), 0.12)
        _path(stage, horizon + 0.05)
        _tufts(stage, horizon + 0.20, 20)
        return Room(land=Strip(0.0, 1.0, horizon + 0.16, 0.93))
    _turf(stage, horizon + 0.02 + 0.0 * PLACES, 0.4)
    for x in np.linspace(0.04, 0.96, 7).tolist():
        leafy(stage, x, horizon + 0.06, stage.between(0.075, 0.09), 0.08)
    _roadway(stage, horizon + 0.07)
    return Room(land=Strip(0.0, 1.0, horizon + 0.20, 0.90))


def _roadway(stage: Stage, top: float) -> None:
    """A road from left to right between two pavements."""
    pen = stage.pen
    pave, dark = varied(stage.rng, (0.72, 0.70, 0.68)), varied(stage.rng, ASPHALT)
    if stage.white:
        pave, dark = (0.88, 0.91, 0.95), (0.52, 0.54, 0.59)
    pen.polygon(box(0, top, 1, top + 0.09), Fill(darker(pave, 0.95), pave, grain=0.02), LABELS["road"])
    pen.polygon(box(0, top + 0.09, 1, 1), Fill(lighter(dark, 0.08), darker(dark, 0.85), grain=0.03), LABELS["road"])
    pen.polygon(box(0, top + 0.09, 1, top + 0.098), Fill(darker(pave, 0.75)), LABELS["road"])
    middle = 0.5 * (top + 0.09 + 1)
    start = stage.between(-0.1, 0.0)
    for x in np.arange(start, 1, 0.16).tolist():
        dash = [
            (x + 0.006, middle - 0.006),
            (x + 0.09, middle - 0.006),
            (x + 0.084, middle + 0.006),
            (x, middle + 0.006),
        ]
        pen.polygon(dash, Fill((0.92, 0.90, 0.82)))


def street(stage: Stage) -> Room:
    """A row of town houses along a road."""
    top = max(stage.horizon + 0.12, 0.60)
    x = -stage.between(0.0, 0.12)
    while x < 1:
        wide = stage.between(0.17, 0.27)
        _town_house(stage, x, wide, top, top - stage.between(0.14, 0.30))
        x += wide
    _roadway(stage, top)
    for place in (stage.between(0.02, 0.12), stage.between(0.88, 0.98)):
        _lamp_post(stage, place, top + 0.07)
    return Room(land=Strip(0.0, 1.0, top + 0.10, 0.92))


def _town_house(stage: Stage, x: float, wide: float, foot: float, top: float) -> None:
    rng, pen, label = stage.rng, stage.pen, LABELS["town"]
    wall = varied(rng, WALLS[int(rng.integers(len(WALLS)))], 0.06)
    roof = (
        SNOW
        if stage.white
        else varied(rng, ((0.50, 0.28, 0.24), (0.34, 0.35, 0.42), (0.45, 0.36, 0.30))[int(rng.integers(3))])
    )
    pen.polygon(box(x, top, x + wide, foot), Fill(wall, darker(wall, 0.88)), label)
    kind = int(rng.integers(3))
    if kind == 0:
        gable = [(x - 0.008, top), (x + wide / 2, top - 0.42 * wide), (x + wide + 0.008, top)]
        pen.polygon(gable, Fill(lighter(roof, 0.1), darker(roof, 0.85)), label)
    elif kind == 1:
        slope = [(x - 0.008, top), (x + 0.025, top - 0.055), (x + wide - 0.025, top - 0.055), (x + wide + 0.008, top)]
        pen.polygon(slope, Fill(lighter(roof, 0.1), darker(roof, 0.85)), label)
    else:
        pen.polygon(box(x - 0.006, top - 0.014, x + wide + 0.006, top), Fill(darker(wall, 0.70)), label)
    columns, rows = max(2, round(wide / 0.075)), max(2, round((foot - top) / 0.095))
    for row in range(rows):
        y = top + (row + 0.26) * (foot - top) / rows
        for column in range(columns):
            left = x + (column + 0.24) * wide / columns
            right, bottom = left + 0.52 * wide / columns, y + 0.52 * (foot - top) / rows
            if row == rows - 1 and column == columns // 2:
                door = varied(rng, PAINTS[("red", "green", "blue", "brown")[int(rng.integers(4))]])
                pen.polygon(box(left, y - 0.004, right, foot), Fill(darker(door, 0.80)), label)
                continue
            lit = stage.day.night and stage.chance(0.55)
            glass = (
                Fill(WINDOW_LIGHT, (1.0, 0.90, 0.62), lit=False)
                if lit
                else Fill((0.30, 0.38, 0.48), (0.52, 0.62, 0.70))
            )
            pen.polygon(box(left - 0.004, y - 0.004, right + 0.004, bottom + 0.006), Fill(lighter(wall, 0.55)), label)
            pen.polygon(box(left, y, right, bottom), glass, label)


def _lamp_post(stage: Stage, x: float, foot: float) -> None:
    top = foot - 0.24
    stage.pen.line([(x, foot), (x, top)], 0.008, Fill((0.16, 0.18, 0.20)), -1, 0.005)
    glass: RGB = (1.0, 0.88, 0.55) if stage.day.night else (0.90, 0.92, 0.88)
    stage.pen.ellipse((x, top), (0.014, 0.018), Fill(glass, lit=False))
    if stage.day.night:
        stage.pen.glow((x, top), 0.13, (1.0, 0.75, 0.35), 0.45)


# --- the open sky -----------------------------------------------------------------------------------------------------------


def open_sky(stage: Stage) -> Room:
    """Nothing but air, at times over a sea of clouds."""
    if stage.chance(0.55):
        day = stage.day
        for row in range(4):
            y, distance = 0.84 + 0.05 * row, 0.55 - 0.16 * row
            tone = mix(day.cloud, day.haze, max(0.0, distance))
            for x in np.arange(-0.05, 1.1, 0.13).tolist():
                place: Point = (x + stage.between(-0.05, 0.05), y + stage.between(0.0, 0.04))
                radii = (stage.between(0.08, 0.15), stage.between(0.045, 0.075))
                stage.pen.ellipse(place, radii, Fill(tone, mix(tone, day.cloud_base, 0.6), lit=False), LABELS["cloud"])
    return Room()


DRAW_GROUND: dict[str, Callable[[Stage], Room]] = {
    "sea": sea,
    "beach": beach,
    "cliff": cliff,
    "lake": lake,
    "river": river,
    "waterfall": waterfall,
    "meadow": meadow,
    "flower field": flower_field,
    "hills": hills,
    "hill": hill,
    "desert": desert,
    "snow": snow,
    "forest": forest,
    "mountains": high_mountains,
    "village": village,
    "city": city,
    "street": street,
    "sky": open_sky,
    "underwater": underwater,
}
"""Draws the ground of a setting over its sky and backgrounds, and says where things can stand."""

HORIZONS: dict[str, tuple[float, float]] = {
    "sea": (0.44, 0.62),
    "beach": (0.40, 0.52),
    "cliff": (0.44, 0.54),
    "lake": (0.38, 0.48),
    "river": (0.36, 0.46),
    "waterfall": (0.44, 0.52),
    "meadow": (0.44, 0.60),
    "flower field": (0.40, 0.54),
    "hills": (0.44, 0.54),
    "hill": (0.52, 0.60),
    "desert": (0.44, 0.58),
    "snow": (0.44, 0.58),
    "forest": (0.50, 0.60),
    "mountains": (0.52, 0.60),
    "village": (0.42, 0.50),
    "city": (0.50, 0.60),
    "street": (0.46, 0.56),
    "sky": (1.0, 1.0),
    "underwater": (0.0, 0.0),
}
"""The range of the horizon's y."""
