"""Settings with water: the sea and its shores, lakes, rivers, waterfalls, and the world below the surface."""

from __future__ import annotations

import math

import numpy as np

from .description import LABELS
from .palette import darker, lighter, mix, varied
from .pen import RGB, Fill, Mirror, Point, box
from .relief import leafy, pine, tree_tops
from .stage import COLUMNS, Room, Stage, Strip, rugged, waving

DEEP: tuple[RGB, ...] = ((0.08, 0.30, 0.52), (0.06, 0.38, 0.50), (0.12, 0.42, 0.62))
TROPICAL: tuple[RGB, RGB] = ((0.10, 0.48, 0.66), (0.24, 0.76, 0.76))
STORMY: RGB = (0.16, 0.26, 0.32)
SAND: tuple[RGB, RGB] = ((0.97, 0.89, 0.70), (0.88, 0.75, 0.52))
CLIFF_ROCKS: tuple[RGB, ...] = ((0.52, 0.45, 0.40), (0.58, 0.52, 0.46), (0.44, 0.44, 0.47), (0.78, 0.74, 0.68))
CORALS: tuple[RGB, ...] = (
    (0.94, 0.42, 0.42),
    (0.96, 0.60, 0.30),
    (0.85, 0.45, 0.75),
    (0.95, 0.80, 0.40),
    (0.60, 0.40, 0.80),
)


# --- the look of water ----------------------------------------------------------------------------------------------------


def water_tones(stage: Stage) -> tuple[RGB, RGB]:
    """Unlit colours of water far off and close by, in this light."""
    day, rng = stage.day, stage.rng
    deep = STORMY if day.weather == "storm" else DEEP[int(rng.integers(len(DEEP)))]
    # Water keeps its blue in warm light.
    near = mix(day.faded(varied(rng, deep), 0.0), deep, 0.0 if day.night else 0.5)
    if day.time in ("sunset", "dawn"):
        near = mix(near, day.stops[1], 0.28)
    far = mix(near, day.haze, 0.55 if day.weather != "clear" or day.time != "noon" else 0.38)
    return far, near


def glints(stage: Stage, strip: Strip, count: int, tones: tuple[RGB, RGB]) -> None:
    """Flat lenses of light and shade on the water, and the track of the sun or the moon."""
    rng, day = stage.rng, stage.day
    shown = {"sun", "full moon", "crescent moon"} & set(stage.shown.sky)
    bright, dark = mix(tones[0], (1.0, 1.0, 1.0), 0.20), darker(tones[1], 0.82)
    depth = np.sort(rng.random(count) ** 1.4)
    across = rng.uniform(strip.left, strip.right, count)
    coin = rng.random(count)
    for share, x, side in zip(depth.tolist(), across.tolist(), coin.tolist(), strict=True):
        y = strip.foot(x, share)
        rgb = bright if side < 0.5 else dark
        fill = Fill(rgb, lit=False, opacity=0.55)
        stage.pen.ellipse((x, y), (0.012 + 0.055 * share * (0.5 + side), 0.0012 + 0.0042 * share), fill)
    if not shown:
        return
    for share in np.sort(rng.random(46) ** 1.2).tolist():
        spread = 0.022 + 0.085 * share
        x = day.orb[0] + float(rng.normal(0, spread))
        if strip.left < x < strip.right:
            size = (0.010 + 0.040 * share * float(rng.uniform(0.4, 1)), 0.0016 + 0.0040 * share)
            stage.pen.ellipse((x, strip.foot(x, share)), size, Fill(day.glint, lit=False, opacity=0.80))


def open_water(stage: Stage, bottom: float = 1.0, still: float = 0.0) -> None:
    """Water from the horizon to `bottom`, with rows of waves in many seeds; `still` is how much it mirrors."""
    rng, horizon = stage.rng, stage.horizon
    far, near = water_tones(stage)
    if bottom < 1 and stage.chance(0.6) and stage.day.time == "noon" and stage.day.weather == "clear":
        far, near = varied(rng, TROPICAL[0]), varied(rng, TROPICAL[1])
    stage.pen.polygon(box(0, horizon, 1, bottom), Fill(far, near, lit=False), LABELS["water"])
    rough = stage.day.weather == "storm"
    if rough or (still == 0 and stage.chance(0.45)):
        _waves(stage, bottom, (far, near), 0.030 if rough else 0.009)
    if still:
        stage.pen.mirror = Mirror(horizon, still, stage.between(0.004, 0.010), int(rng.integers(1 << 30)))
    glints(stage, Strip(0, 1, horizon + 0.008, bottom), 46, (far, near))


def _waves(stage: Stage, bottom: float, tones: tuple[RGB, RGB], swell: float) -> None:
    """Rows of waves that grow towards the front; in a storm their crests break."""
    rng, horizon = stage.rng, stage.horizon
    places = np.linspace(0, 1, COLUMNS)
    rows = 6
    for row in range(rows):
        share = (row + 0.7) / rows
        y = horizon + (bottom - horizon) * share**1.5
        turns = 2 * math.pi * (10 - 7 * share) * stage.between(0.8, 1.2)
        wave = np.abs(np.sin(turns / 2 * places + stage.between(0, 6))) - 0.6
        profile = y - swell * (0.25 + share) * (wave + 0.35 * waving(rng, 6))
        tone = mix(tones[0], tones[1], share)
        if profile.max() > bottom:
            continue
        stage.pen.ridge(
            profile.tolist(), Fill(lighter(tone, 0.10), darker(tone, 0.86), lit=False), LABELS["water"], bottom
        )
        if swell > 0.02:
            crests = profile[::4]
            foam = Fill(stage.day.faded((0.96, 0.98, 1.0), 0.1), lit=False, opacity=0.75)
            stage.pen.line(
                list(zip(places[::4][:32].tolist(), crests[:32].tolist(), strict=True)), 0.003 + 0.006 * share, foam
            )


# --- the sea and its shores -----------------------------------------------------------------------------------------------


def sea(stage: Stage) -> Room:
    open_water(stage, still=0.30 if stage.chance(0.25) and stage.day.weather != "storm" else 0.0)
    return Room(water=Strip(0.0, 1.0, stage.horizon + 0.03, 0.90))


def beach(stage: Stage) -> Room:
    rng, horizon = stage.rng, stage.horizon
    shore = horizon + stage.between(0.13, 0.19)
    open_water(stage, bottom=shore + 0.10)
    slope = stage.between(-0.10, 0.10) * np.linspace(-1, 1, COLUMNS)
    edge = shore + slope + 0.020 * waving(rng, 3)
    foam = stage.day.faded((0.97, 0.99, 1.0), 0.05)
    wet = stage.day.faded(varied(rng, (0.76, 0.64, 0.47)), 0.0)
    for lift, opacity in ((0.052, 0.55), (0.030, 0.75)):
        band = edge - lift + 0.007 * waving(rng, 7)
        points = [
            (float(x), float(y)) for x, y in zip(np.linspace(0, 1, 32), band[:: COLUMNS // 31][:32], strict=False)
        ]
        stage.pen.line(points, 0.007, Fill(foam, lit=False, opacity=opacity))
    stage.pen.ridge((edge - 0.010 + 0.006 * waving(rng, 8)).tolist(), Fill(foam, lit=False), LABELS["water"])
    stage.pen.ridge(edge.tolist(), Fill(wet, lit=False), LABELS["sand"])
    sand_far, sand_near = varied(rng, SAND[0]), varied(rng, SAND[1])
    dry = edge + 0.035 + 0.008 * waving(rng, 4)
    stage.pen.ridge(dry.tolist(), Fill(sand_far, sand_near, grain=0.035), LABELS["sand"])
    _shells(stage, shore + 0.12)
    return Room(
        land=Strip(0.0, 1.0, float(edge.max()) + 0.05, 0.93),
        water=Strip(0.0, 1.0, horizon + 0.02, float(edge.min()) - 0.03),
    )


def _shells(stage: Stage, top: float) -> None:
    for x, y, size in stage.rng.uniform((0, top, 0.5), (1, 0.99, 1.0), (14, 3)).tolist():
        rgb = ((0.98, 0.92, 0.86), (0.92, 0.70, 0.62), (0.70, 0.60, 0.48))[int(stage.rng.integers(3))]
        stage.pen.ellipse((x, y), (0.005 * size, 0.0035 * size), Fill(darker(rgb, 0.95)))


def cliff(stage: Stage) -> Room:
    """Land that breaks off into the sea, on the side where the main thing stands."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    open_water(stage)
    right = stage.focus > 0.5 or (stage.focus == 0.5 and stage.chance(0.5))
    reach = 0.60 if abs(stage.focus - 0.5) > 0.1 else 0.84
    top = horizon + stage.between(0.02, 0.07)
    down = np.linspace(0, 1, 11)
    edge = [
        (reach - 0.10 + 0.12 * t**0.6 + float(rng.normal(0, 0.018)), top + 0.015 + (1.0 - top) * t)
        for t in down.tolist()
    ]
    crown = [(reach * share, top + 0.012 * float(rng.normal())) for share in (0.0, 0.25, 0.5, 0.75)]

    def flipped(points: list[Point]) -> list[Point]:
        return [(1 - x, y) for x, y in points] if right else points

    rock = varied(rng, CLIFF_ROCKS[int(rng.integers(len(CLIFF_ROCKS)))])
    body = [(-0.05, 1.05), (-0.05, top), *crown, *edge, (edge[-1][0], 1.05)]
    pen.polygon(flipped(body), Fill(lighter(rock, 0.15), darker(rock, 0.62), grain=0.07), LABELS["rock"])
    shaded = (stage.day.orb[0] < 0.5) != right
    for layer in range(6):
        y = top + 0.09 + 0.11 * layer
        width = stage.between(0.015, 0.035)
        band = [
            (-0.05, y),
            (reach * 0.5, y + 0.02),
            (reach + 0.08, y - 0.01),
            (reach + 0.08, y + width),
            (reach * 0.4, y + width + 0.02),
            (-0.05, y + width),
        ]
        clipped = [(min(x, _edge_at(edge, y_of)), y_of) for x, y_of in band]
        pen.polygon(flipped(clipped), Fill(darker(rock, 0.72), opacity=0.35))
    for start in range(0, 9, 2):
        inner = [(x - stage.between(0.03, 0.14), y) for x, y in edge[start : start + 3]]
        tone = darker(rock, 0.66) if shaded else lighter(rock, 0.22)
        pen.polygon(flipped([*edge[start : start + 3], *inner[::-1]]), Fill(tone, opacity=0.55))
    far, near = stage.grass()
    lip = [(x, y + 0.035 + 0.015 * (index % 2)) for index, (x, y) in enumerate(reversed([*crown, edge[0]]))]
    turf = [
        (-0.05, top - 0.004),
        *[(x, y - 0.004) for x, y in crown],
        (edge[0][0] + 0.006, edge[0][1]),
        *lip,
        (-0.05, top + 0.05),
    ]
    pen.polygon(flipped(turf), Fill(far, near, grain=0.04), LABELS["grass"])
    foam = Fill(stage.day.faded((0.96, 0.98, 1.0), 0.1), lit=False, opacity=0.8)
    for share in rng.uniform(0, 0.10, 7).tolist():
        x = edge[-1][0] - 0.02 + share
        pen.ellipse(flipped([(x, 0.97 - 0.4 * share)])[0], (0.045, 0.008), foam)
    upper = sorted(flipped([(-0.05, top), *crown, edge[0]]))
    line = np.interp(np.linspace(0, 1, COLUMNS), [x for x, _ in upper], [y for _, y in upper])
    ends = sorted((x for x, _ in flipped([(0.0, 0.0), edge[0]])))
    return Room(
        land=Strip(max(0.0, ends[0]), min(1.0, ends[1]), top, top, line + 0.012),
        water=Strip(0.0, 1.0 - reach - 0.05, horizon + 0.04, 0.9)
        if right
        else Strip(reach + 0.05, 1.0, horizon + 0.04, 0.9),
    )


def _edge_at(edge: list[Point], y: float) -> float:
    return float(np.interp(y, [point[1] for point in edge], [point[0] for point in edge])) - 0.01


# --- inland ---------------------------------------------------------------------------------------------------------------


def lake(stage: Stage) -> Room:
    """A meadow with a lake in it that mirrors its far shore."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    far, near = stage.grass()
    shore = horizon + 0.008 * waving(rng, 4)
    if stage.chance(0.6):
        tops = tree_tops(
            rng,
            np.interp(np.linspace(0, 1, 513), np.linspace(0, 1, COLUMNS), shore) + 0.012,
            stage.between(0.04, 0.07),
            stage.chance(0.6),
        )
        tone = stage.day.faded(darker(stage.leaves(), 0.6), 0.25)
        pen.ridge(
            tops.tolist(), Fill(lighter(tone, 0.10), darker(tone, 0.8), lit=False), LABELS["forest"], horizon + 0.05
        )
    pen.ridge(shore.tolist(), Fill(lighter(far, 0.05), near, grain=0.035), LABELS["grass"])
    top, bottom = horizon + 0.022, stage.between(0.80, 0.88)
    tones = water_tones(stage)
    places = np.linspace(0, 1, COLUMNS)
    upper = top + 0.006 * waving(rng, 5)
    lower = bottom - stage.between(0.10, 0.20) * (2 * places - 1) ** 2 + 0.020 * waving(rng, 4)
    pen.ridge((upper - 0.004).tolist(), Fill((0.72, 0.66, 0.50)), LABELS["sand"], 0.97)
    pen.ridge(upper.tolist(), Fill(*tones, lit=False), LABELS["water"], 0.97)
    pen.mirror = Mirror(top, stage.between(0.45, 0.70), stage.between(0.003, 0.008), int(rng.integers(1 << 30)))
    glints(stage, Strip(0.0, 1.0, top + 0.02, bottom - 0.12), 26, tones)
    pen.ridge((lower - 0.016).tolist(), Fill((0.80, 0.73, 0.56), grain=0.03), LABELS["sand"])
    pen.ridge(lower.tolist(), Fill(mix(far, near, 0.5), darker(near, 0.85), grain=0.04), LABELS["grass"])
    _reeds(stage, lower)
    return Room(
        land=Strip(0.0, 1.0, float(lower.max()) + 0.02, 0.96), water=Strip(0.05, 0.95, top + 0.07, bottom - 0.13)
    )


def _reeds(stage: Stage, shore: np.ndarray) -> None:
    for start in (0.0, 0.9) if stage.chance(0.5) else (0.02,):
        for x in stage.rng.uniform(start, start + 0.12, 9).tolist():
            foot = float(np.interp(x, np.linspace(0, 1, len(shore)), shore)) + 0.02
            tall = stage.between(0.06, 0.13)
            tone = varied(stage.rng, (0.36, 0.50, 0.22), 0.08)
            stage.pen.line([(x, foot), (x + 0.010, foot - tall)], 0.006, Fill(darker(tone, 0.8)), -1, 0.001)


def river(stage: Stage) -> Room:
    """A river that winds from the horizon to the front, wider with every bend."""
    rng, horizon, pen = stage.rng, stage.horizon, stage.pen
    far, near = stage.grass()
    ground = horizon + 0.008 * waving(rng, 4)
    pen.ridge(ground.tolist(), Fill(lighter(far, 0.06), near, grain=0.04), LABELS["grass"])
    tones = water_tones(stage)
    # The river leaves the main thing its bank, or carries it.
    aside = (0.5 - stage.focus) * 0.9 if stage.afloat else 0.16 if stage.focus > 0.5 else -0.16
    depth = np.linspace(0, 1, 15)
    phase, turns = stage.between(0, 6), stage.between(5.5, 7.5)
    y = horizon + 0.012 + (1.04 - horizon) * depth**1.7
    swing = (0.03 + (0.05 if stage.afloat else 0.15) * depth) * np.sin(turns * depth**0.7 + phase)
    middle = 0.5 - aside * (0.3 + depth) + swing
    half = 0.012 + (0.34 if stage.afloat else 0.21) * depth**1.5
    left = list(zip((middle - half).tolist(), y.tolist(), strict=True))
    right = list(zip((middle + half).tolist(), y.tolist(), strict=True))
    bank = [(x - 0.006 - 0.016 * d, v) for (x, v), d in zip(left, depth.tolist(), strict=True)]
    bank += [(x + 0.006 + 0.016 * d, v) for (x, v), d in list(zip(right, depth.tolist(), strict=True))[::-1]]
    pen.polygon(bank, Fill((0.70, 0.64, 0.48), (0.58, 0.50, 0.34)), LABELS["sand"])
    pen.polygon([*left, *right[::-1]], Fill(*tones, lit=False), LABELS["water"])
    pen.mirror = Mirror(horizon + 0.01, 0.35, 0.006, int(rng.integers(1 << 30)))
    for share in rng.uniform(0.15, 1, 26).tolist():
        x = float(np.interp(share, depth, middle)) + stage.between(-0.75, 0.75) * float(np.interp(share, depth, half))
        fill = Fill(mix(tones[0], (1.0, 1.0, 1.0), 0.3), lit=False, opacity=0.5)
        pen.ellipse((x, float(np.interp(share, depth, y))), (0.012 + 0.03 * share, 0.0015 + 0.003 * share), fill)
    _bank_trees(stage, depth, middle, half, y)
    dry = Strip(0.52, 1.0, horizon + 0.12, 0.93) if aside > 0 else Strip(0.0, 0.48, horizon + 0.12, 0.93)
    near_water = float(middle[9]), float(half[9])
    floating = Strip(
        max(0.0, near_water[0] - near_water[1]), min(1.0, near_water[0] + near_water[1]), float(y[7]), float(y[12])
    )
    return Room(land=dry, water=floating)


def _bank_trees(stage: Stage, depth: np.ndarray, middle: np.ndarray, half: np.ndarray, y: np.ndarray) -> None:
    """A few trees along the far banks."""
    draw = pine if stage.white or stage.chance(0.5) else leafy
    for share in np.sort(stage.rng.uniform(0.12, 0.50, 8)).tolist():
        side = 1 if stage.chance(0.5) else -1
        gap = float(np.interp(share, depth, half)) + stage.between(0.04, 0.25)
        x = float(np.interp(share, depth, middle)) + side * gap
        draw(stage, x, float(np.interp(share, depth, y)), 0.05 + 0.16 * share, 0.30 * (1 - share))


def waterfall(stage: Stage) -> Room:
    """A wall of rock with water falling into a pool."""
    rng, pen, day = stage.rng, stage.pen, stage.day
    horizon = stage.horizon
    top, pool = horizon - stage.between(0.18, 0.26), stage.between(0.66, 0.72)
    x = 0.70 if stage.focus < 0.45 else 0.30 if stage.focus > 0.55 else stage.between(0.32, 0.68)
    rock = varied(rng, CLIFF_ROCKS[int(rng.integers(3))])
    crest = top + 0.035 * rugged(rng, 4)
    crest = crest + 0.04 * np.exp(-(((np.linspace(0, 1, COLUMNS) - x) / 0.10) ** 2))
    pen.ridge(crest.tolist(), Fill(lighter(rock, 0.16), darker(rock, 0.55), grain=0.08), LABELS["rock"], pool + 0.05)
    for left in np.sort(rng.uniform(-0.05, 1.0, 11)).tolist():
        start = float(np.interp(left, np.linspace(0, 1, COLUMNS), crest)) + stage.between(0.01, 0.10)
        wide, tall = stage.between(0.03, 0.08), stage.between(0.14, 0.34)
        facet = [
            (left, start),
            (left + wide, start + 0.02),
            (left + 0.8 * wide, start + tall),
            (left - 0.01, start + 0.85 * tall),
        ]
        pen.polygon(facet, Fill(darker(rock, 0.68) if stage.chance(0.6) else lighter(rock, 0.22), opacity=0.55))
    grass = stage.grass()
    pen.ridge(
        (crest - 0.004).tolist(), Fill(darker(grass[1], 1.0), grain=0.05), LABELS["grass"], float(crest.min()) + 0.03
    )
    draw = pine if stage.white or stage.chance(0.6) else leafy
    for place in rng.uniform(0, 1, 9).tolist():
        if abs(place - x) > 0.13:
            draw(
                stage,
                place,
                float(np.interp(place, np.linspace(0, 1, COLUMNS), crest)) + 0.01,
                stage.between(0.08, 0.15),
                0.12,
            )
    far, near = water_tones(stage)
    pen.polygon(box(0, pool, 1, 1), Fill(mix(far, near, 0.5), near, lit=False), LABELS["water"])
    _falling(stage, x, top + 0.05, pool + 0.015)
    glints(stage, Strip(0, 1, pool + 0.02, 1.0), 24, (far, near))
    for dx in (-0.09, 0.0, 0.09):
        pen.haze((x + dx, pool + 0.01), (0.12, 0.055), Fill(day.faded((0.97, 0.99, 1.0), 0.1), lit=False, opacity=0.75))
    bank = (
        0.90
        - 0.05 * np.cos(np.linspace(0, 2 * math.pi, COLUMNS) + (0 if x < 0.5 else math.pi))
        + 0.012 * waving(rng, 6)
    )
    pen.ridge((bank - 0.012).tolist(), Fill(darker(rock, 0.8), grain=0.06), LABELS["rock"])
    pen.ridge(bank.tolist(), Fill(mix(*grass, 0.6), darker(grass[1], 0.8), grain=0.05), LABELS["grass"])
    return Room(land=Strip(0.0, 1.0, float(bank.max()) + 0.01, 0.97), water=Strip(0.05, 0.95, pool + 0.06, 0.86))


def _falling(stage: Stage, x: float, top: float, bottom: float) -> None:
    rng, day = stage.rng, stage.day
    half = stage.between(0.05, 0.085)
    white, blue = day.faded((0.97, 0.99, 1.0), 0.0), day.faded((0.62, 0.80, 0.92), 0.0)
    sheet = [(x - half * 0.8, top), (x + half * 0.8, top), (x + half * 1.2, bottom), (x - half * 1.2, bottom)]
    stage.pen.polygon(sheet, Fill(mix(blue, white, 0.4), white, lit=False), LABELS["water"])
    for dx in rng.uniform(-0.85, 0.85, 12).tolist():
        start, end = top + stage.between(0, 0.06), bottom - stage.between(0, 0.06)
        rgb = white if stage.chance(0.55) else darker(blue, 0.88)
        fill = Fill(rgb, lit=False, opacity=0.75)
        stage.pen.line([(x + 0.8 * dx * half, start), (x + 1.1 * dx * half, end)], stage.between(0.003, 0.010), fill)


# --- below the surface ----------------------------------------------------------------------------------------------------


def underwater(stage: Stage) -> Room:
    """Light from above in blue water, over sand with corals and weeds."""
    rng, pen = stage.rng, stage.pen
    top, deep = (
        ((0.45, 0.85, 0.90), (0.03, 0.22, 0.46)) if stage.chance(0.6) else ((0.36, 0.82, 0.78), (0.03, 0.30, 0.38))
    )
    top, deep = varied(rng, top), varied(rng, deep)
    middle = mix(top, deep, 0.45)
    pen.polygon(box(0, 0.40, 1, 0.50), Fill(middle, lit=False), LABELS["water"])
    pen.polygon(box(0, 0.45, 1, 1), Fill(middle, deep, lit=False), LABELS["water"])
    pen.polygon(box(0, 0, 1, 0.45), Fill(top, middle, lit=False), LABELS["water"])
    start = stage.between(0.2, 0.8)
    for offset in rng.uniform(-0.5, 0.5, 6).tolist():
        wide, lean = stage.between(0.02, 0.05), 0.9 * offset
        beam = [
            (start + 0.5 * offset, -0.02),
            (start + 0.5 * offset + wide, -0.02),
            (start + offset + lean + 3 * wide, 0.9),
            (start + offset + lean, 0.9),
        ]
        pen.polygon(beam, Fill((0.80, 1.0, 0.96), middle, lit=False, opacity=0.13))
    pen.glow((start, -0.05), 0.40, (0.7, 0.9, 0.8), 0.35)
    for rise, share in ((0.17, 0.75), (0.09, 0.55)):
        rocks = 0.86 - rise + 0.06 * rugged(rng, 4)
        tone = mix((0.16, 0.34, 0.42), deep, share)
        pen.ridge(rocks.tolist(), Fill(lighter(tone, 0.08), darker(tone, 0.8), lit=False), LABELS["rock"])
    floor = 0.86 + 0.02 * waving(rng, 4)
    pen.ridge(
        floor.tolist(),
        Fill(mix((0.86, 0.80, 0.62), middle, 0.35), mix((0.62, 0.55, 0.42), deep, 0.35), lit=False, grain=0.03),
        LABELS["sand"],
    )
    for x in np.sort(rng.uniform(0, 1, 8)).tolist():
        foot = float(np.interp(x, np.linspace(0, 1, COLUMNS), floor)) + stage.between(0.01, 0.06)
        (_coral if stage.chance(0.5) else _weed)(stage, x, foot, deep)
    for x, y, size in rng.uniform((0, 0.05, 0.3), (1, 0.85, 1.0), (18, 3)).tolist():
        pen.ellipse((x, y), (0.009 * size, 0.009 * size), Fill((0.85, 0.97, 1.0), lit=False, opacity=0.45))
        pen.ellipse((x - 0.002, y - 0.002), (0.003 * size, 0.003 * size), Fill((1.0, 1.0, 1.0), lit=False, opacity=0.9))
    return Room(land=Strip(0.0, 1.0, 0.90, 0.96), underwater=Strip(0.0, 1.0, 0.20, 0.78))


def _coral(stage: Stage, x: float, foot: float, deep: RGB) -> None:
    tone = mix(varied(stage.rng, CORALS[int(stage.rng.integers(len(CORALS)))]), deep, 0.18)
    fill = Fill(lighter(tone, 0.12), darker(tone, 0.7), lit=False)
    tall = stage.between(0.07, 0.14)
    for lean in (-0.75, -0.3, 0.1, 0.5, 0.9):
        bend = (x + 0.35 * lean * tall, foot - 0.45 * tall)
        tip = (x + 0.80 * lean * tall, foot - tall * (1.0 - 0.25 * abs(lean)))
        stage.pen.line([(x, foot), bend, tip], 0.020, fill, LABELS["rock"], 0.010)


def _weed(stage: Stage, x: float, foot: float, deep: RGB) -> None:
    tone = mix(varied(stage.rng, (0.20, 0.55, 0.28)), deep, 0.20)
    for offset in (-0.018, 0.0, 0.018):
        tall, phase = stage.between(0.12, 0.26), stage.between(0, 6)
        points = [
            (x + offset + 0.012 * math.sin(phase + 5 * share), foot - tall * share)
            for share in np.linspace(0, 1, 7).tolist()
        ]
        stage.pen.line(points, 0.013, Fill(lighter(tone, 0.15), darker(tone, 0.75), lit=False), LABELS["forest"], 0.003)
