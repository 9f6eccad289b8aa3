"""Illustrated scenes and single objects: what to show is drawn by lot, then composed so that the main thing is large and whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .description import BACKGROUNDS, COLOURS, LABELS, OBJECTS, SCENE_STYLES, SEASONS, Shown, Thing
from .ground import DRAW_GROUND, HORIZONS
from .palette import PAINTS, darker, lighter, mix, varied
from .pen import RGB, Fill, Light, Mark, Pen, Point, box
from .placing import Placed, arrange, place_of
from .relief import draw_background
from .sky import Daylight, daylight, draw_mist, draw_sky, draw_weather
from .stage import Room, Stage, Strip
from .things import TRAITS, drawing

OFFERS: dict[str, tuple[str, ...]] = {
    "sea": ("water", "air"),
    "beach": ("land", "air"),
    "cliff": ("land",),
    "lake": ("water", "land", "air"),
    "river": ("water", "land", "air"),
    "waterfall": ("land",),
    "street": ("street",),
    "sky": ("air",),
    "underwater": ("underwater",),
}
ELSEWHERE = ("land", "air")
"""The places of each setting, and of those that are not named."""
SETTING_WEIGHTS: dict[str, float] = {
    "sea": 2.2, "beach": 1.4, "cliff": 1.1, "lake": 1.8, "river": 1.3, "waterfall": 0.9, "meadow": 1.9, "flower field": 1.1,
    "hills": 1.3, "hill": 1.3, "desert": 1.4, "snow": 1.5, "forest": 1.6, "mountains": 1.8, "village": 1.0, "city": 1.4, "street": 1.0,
    "sky": 1.4, "underwater": 1.0,
}  # fmt: skip
KIND_WEIGHTS: dict[str, float] = {
    "house": 3.0, "castle": 2.0, "lighthouse": 2.2, "windmill": 1.6, "church": 1.2, "barn": 1.2, "tree": 2.6, "pine": 1.5,
    "palm": 1.3, "boat": 3.0, "ship": 1.7, "balloon": 2.0, "plane": 1.4, "train": 1.4, "car": 1.8, "bird": 2.2, "cat": 2.2,
    "dog": 1.8, "horse": 1.7, "fish": 1.6, "person": 1.8, "flower": 1.5, "apple": 0.5, "cup": 0.4, "book": 0.4, "lamp": 0.4,
    "star": 0.6, "heart": 0.7, "ball": 0.8, "chair": 0.6, "guitar": 0.6,
}  # fmt: skip
LIKES: dict[str, dict[str, float]] = {
    "lighthouse": {"cliff": 6, "beach": 2, "sea": 3},
    "castle": {"hill": 4, "cliff": 2, "mountains": 2},
    "windmill": {"flower field": 4, "hills": 2, "hill": 3},
    "skyscraper": {"city": 9, "street": 2, "forest": 0, "waterfall": 0, "mountains": 0.2},
    "barn": {"hills": 3, "meadow": 2, "beach": 0, "city": 0},
    "tent": {"forest": 3, "mountains": 3, "lake": 2, "city": 0},
    "bridge": {"river": 9, "lake": 3, "sea": 2, "desert": 0, "cliff": 0, "hill": 0, "city": 2},
    "palm": {"beach": 7, "desert": 4, "snow": 0, "mountains": 0.1, "forest": 0.2, "hill": 0.4},
    "cactus": {"desert": 14, "snow": 0, "beach": 0.2, "lake": 0, "forest": 0},
    "pine": {"snow": 4, "mountains": 3, "desert": 0, "beach": 0.1, "hill": 2},
    "birch": {"meadow": 2, "lake": 2, "desert": 0, "beach": 0},
    "cherry tree": {"hill": 3, "meadow": 2, "desert": 0, "snow": 0, "street": 2},
    "sunflower": {"flower field": 4, "meadow": 2, "snow": 0, "desert": 0},
    "tulip": {"flower field": 4, "meadow": 2, "snow": 0, "desert": 0},
    "flower": {"flower field": 2, "meadow": 3, "snow": 0, "desert": 0.3},
    "mushroom": {"forest": 9, "meadow": 2, "desert": 0, "snow": 0, "beach": 0},
    "snowman": {"snow": 30, "village": 2, "mountains": 2, "meadow": 2, "desert": 0, "beach": 0, "flower field": 0},
    "tractor": {"flower field": 3, "hills": 3, "meadow": 3, "beach": 0, "cliff": 0},
    "car": {"street": 6, "city": 4, "cliff": 0},
    "bus": {"street": 6, "city": 4, "cliff": 0, "beach": 0},
    "train": {"hills": 3, "mountains": 3, "meadow": 2, "cliff": 0, "street": 0, "hill": 0, "beach": 0, "waterfall": 0},
    "rocket": {"sky": 5, "desert": 2, "cliff": 0, "waterfall": 0},
    "plane": {"sky": 4, "mountains": 2},
    "balloon": {"sky": 2, "mountains": 2, "hills": 2},
    "whale": {"sea": 3, "underwater": 3, "lake": 0, "river": 0},
    "fish": {"underwater": 9, "lake": 0, "river": 0},
    "ship": {"river": 0.3, "lake": 0.5, "sea": 4},
    "boat": {"sea": 4, "lake": 2},
    "duck": {"lake": 5, "river": 4, "sea": 0.5},
    "cow": {"meadow": 5, "hills": 3, "beach": 0, "desert": 0, "city": 0},
    "sheep": {"meadow": 5, "hills": 4, "beach": 0, "desert": 0, "city": 0},
    "umbrella": {"beach": 7},
    "butterfly": {"flower field": 6, "meadow": 4, "snow": 0, "sea": 0.2},
    "church": {"village": 3, "hill": 3, "beach": 0},
    "house": {"beach": 0.7},
    "star": {"sky": 4},
    "heart": {"sky": 4},
}
"""How much likelier than usual a kind is in a setting."""
LONELY = ("cliff", "hill")
"""Settings with room for one thing."""
NARROW = ("river",)
"""Settings with room for one thing on the ground."""
TIMES = {"noon": 0.38, "dawn": 0.17, "sunset": 0.22, "night": 0.23}
WEATHERS = {"clear": 0.66, "cloudy": 0.12, "storm": 0.055, "rain": 0.06, "snowfall": 0.05, "fog": 0.055}
STYLES = {
    "plain": 0.47,
    "poster": 0.09,
    "watercolour": 0.09,
    "oil": 0.08,
    "pixel art": 0.07,
    "ink": 0.07,
    "paper cut": 0.07,
    "neon": 0.06,
}
SEASONAL = ("meadow", "hills", "hill", "lake", "river", "forest", "village", "mountains", "waterfall")
BEHIND: dict[str, dict[str, float]] = {
    "sea": {"": 6, "islands": 2.5, "mountains": 0.7, "snowy mountains": 0.5},
    "beach": {"": 6, "islands": 2, "hills": 0.8},
    "cliff": {"": 6, "islands": 1.5},
    "lake": {"": 3, "mountains": 2, "snowy mountains": 2.5, "hills": 1.5, "forest": 1},
    "river": {"": 3, "mountains": 1.5, "snowy mountains": 1.5, "hills": 2, "forest": 1.5, "village": 1},
    "meadow": {
        "": 4,
        "mountains": 1.5,
        "snowy mountains": 1.5,
        "hills": 1.5,
        "forest": 2,
        "village": 1,
        "skyline": 0.8,
    },
    "flower field": {"": 4, "mountains": 1, "snowy mountains": 1, "hills": 1.5, "forest": 1.2, "village": 0.8},
    "hills": {"": 5, "mountains": 1.5, "snowy mountains": 1.5},
    "hill": {"": 5, "mountains": 1.5, "snowy mountains": 1, "forest": 1},
    "desert": {"": 6, "mountains": 1.5},
    "snow": {"": 4, "snowy mountains": 3, "forest": 2},
    "village": {"": 4, "mountains": 1.5, "snowy mountains": 1.5, "hills": 1.5},
    "waterfall": {"": 5, "snowy mountains": 1},
}
"""Backgrounds of a setting; "" is none."""
FLOATING = ("air", "underwater")
LEAST: dict[str, float] = {"sun": 0.0030, "full moon": 0.0040, "crescent moon": 0.0012, "clouds": 0.020}
LEAST_BACKGROUND = 0.012
LEAST_THING = 0.006
SEEN_BY: dict[str, tuple[str, ...]] = {
    "sun": ("sun",),
    "full moon": ("moon",),
    "crescent moon": ("moon",),
    "clouds": ("cloud",),
    "mountains": ("mountain", "snow"),
    "snowy mountains": ("mountain", "snow"),
    "hills": ("field", "grass"),
    "forest": ("forest",),
    "skyline": ("town",),
    "village": ("town",),
    "islands": ("rock",),
}
"""Labels by which something in a description can be seen."""


def choose(rng: np.random.Generator, weights: Mapping[str, float]) -> str:
    chances = np.cumsum(list(weights.values()))
    return list(weights)[int(np.searchsorted(chances, rng.random() * chances[-1], side="right"))]


# --- what to show ---------------------------------------------------------------------------------------------------------


def imagine_scene(rng: np.random.Generator) -> Shown:
    """Draw by lot what a scene shows."""
    kind = choose(rng, {kind: KIND_WEIGHTS.get(kind, 1.0) for kind in OBJECTS}) if rng.random() < 0.90 else ""
    setting = choose(rng, _settings_for(kind) if kind else {**SETTING_WEIGHTS, "sky": 0.7})
    style = choose(rng, STYLES)
    if setting == "underwater":
        shown = Shown("scene", style, setting)
    else:
        time, weather = choose(rng, TIMES), choose(rng, WEATHERS)
        season = _season(setting, weather, rng)
        if weather == "snowfall" and setting in ("desert", "beach", "sea", "cliff", "flower field", "sky"):
            weather = "clear"
        shown = Shown("scene", style, setting, "", time, weather, season)
        shown = replace(shown, sky=_sky(shown, rng), backgrounds=_backgrounds(setting, rng))
    return replace(shown, things=_things(kind, shown, rng)) if kind else shown


def imagine_object(rng: np.random.Generator) -> Shown:
    """One thing, several of it or two different ones on plain coloured ground."""
    kind = OBJECTS[int(rng.integers(len(OBJECTS)))]
    style = choose(rng, {**STYLES, "plain": 0.6})
    main = _thing(kind, "", rng)
    if TRAITS[kind].countable and rng.random() < 0.30:
        things: tuple[Thing, ...] = (replace(main, count=_count(rng), across=""),)
    elif rng.random() < 0.30:
        things = _pair(main, OBJECTS, "", rng)
    else:
        things = (replace(main, across=choose(rng, {"centre": 6, "left": 1, "right": 1})),)
    worn = {thing.colour for thing in things}
    ground = choose(
        rng, {colour: 0.4 if colour in ("black", "brown", "grey") else 1.0 for colour in COLOURS if colour not in worn}
    )
    return Shown("object", style, "plain", colours=(ground,), things=things)


def _settings_for(kind: str) -> dict[str, float]:
    places = TRAITS[kind].places
    likes = LIKES.get(kind, {})
    weights = {}
    for setting, weight in SETTING_WEIGHTS.items():
        offered = OFFERS.get(setting, ELSEWHERE)
        # A kind's first place is its own: a bird on the ground is rarer than one in the air.
        fit = 1.0 if places[0] in offered else 0.35 if set(places) & set(offered) else 0.0
        if kind == "lighthouse" and setting == "sea":
            fit = 1.0
        weights[setting] = weight * fit * likes.get(setting, 1.0)
    return weights


def _season(setting: str, weather: str, rng: np.random.Generator) -> str:
    if setting == "snow":
        return "winter" if rng.random() < 0.6 else ""
    if weather == "snowfall" and setting not in ("desert", "beach", "sea", "cliff", "flower field", "sky"):
        return "winter"
    if setting in SEASONAL and rng.random() < 0.55:
        return SEASONS[int(rng.integers(4))]
    if setting in ("street", "city") and rng.random() < 0.15:
        return "winter"
    return ""


def _sky(shown: Shown, rng: np.random.Generator) -> tuple[str, ...]:
    holds: list[str] = []
    open_above = shown.weather in ("clear", "cloudy")
    if shown.time == "night":
        if open_above and rng.random() < 0.75:
            holds.append("full moon" if rng.random() < 0.55 else "crescent moon")
        if shown.weather == "clear" and rng.random() < 0.75:
            holds.append("stars")
        if shown.weather == "clear" and rng.random() < (
            0.35 if shown.setting in ("snow", "mountains", "lake") else 0.12
        ):
            holds.append("aurora")
    elif open_above and rng.random() < 0.68:
        holds.append("sun")
    if shown.weather == "clear" and shown.time in ("noon", "dawn") and rng.random() < 0.10:
        holds.append("rainbow")
    if shown.weather == "storm" and rng.random() < 0.65:
        holds.append("lightning")
    if shown.weather in ("cloudy", "storm", "rain") or (shown.weather == "clear" and rng.random() < 0.42):
        holds.append("clouds")
    return tuple(holds)


def _backgrounds(setting: str, rng: np.random.Generator) -> tuple[str, ...]:
    if setting not in BEHIND:
        return ()
    chosen = choose(rng, BEHIND[setting])
    return (chosen,) if chosen else ()


def _things(kind: str, shown: Shown, rng: np.random.Generator) -> tuple[Thing, ...]:
    main = _thing(kind, shown.season, rng)
    if shown.setting in LONELY or (kind == "lighthouse" and shown.setting == "sea"):
        return (replace(main, across=choose(rng, {"left": 1, "centre": 1.2, "right": 1})),)
    if TRAITS[kind].countable and shown.setting not in NARROW and rng.random() < 0.24:
        return (replace(main, count=_count(rng), across=""),)
    if rng.random() < 0.34 and TRAITS[kind].width * TRAITS[kind].near[0] < 0.75:
        offered = OFFERS.get(shown.setting, ELSEWHERE)
        if shown.setting in NARROW:
            offered = ("air",)
        others = [other for other in OBJECTS if _can_join(other, shown.setting, offered)]
        return _pair(main, others, shown.season, rng)
    wide = TRAITS[kind].width * TRAITS[kind].near[0] > 0.55
    across = "centre" if wide else choose(rng, {"left": 1, "centre": 1.1, "right": 1})
    depth = choose(rng, {"": 0.80, "near": 0.08, "far": 0.12}) if not wide and shown.setting != "sky" else ""
    return (replace(main, across=across, depth=depth),)


def _can_join(kind: str, setting: str, offered: tuple[str, ...]) -> bool:
    traits = TRAITS[kind]
    fits = bool(set(traits.places) & set(offered)) and LIKES.get(kind, {}).get(setting, 1.0) > 0
    return fits and traits.width * traits.near[0] < 0.75


def _thing(kind: str, season: str, rng: np.random.Generator) -> Thing:
    paints = TRAITS[kind].paints or ("",)
    colour = paints[int(rng.integers(len(paints)))]
    if kind in ("tree", "birch") and season:
        wanted = {"autumn": ("orange", "red", "yellow"), "winter": ("white",)}.get(season, ("", "green"))
        suited = [paint for paint in wanted if paint in paints]
        colour = suited[int(rng.integers(len(suited)))] if suited else colour
    return Thing(kind, colour)


def _count(rng: np.random.Generator) -> int:
    return int(rng.choice((2, 3, 4), p=(0.42, 0.34, 0.24)))


def _pair(main: Thing, kinds: tuple[str, ...] | list[str], season: str, rng: np.random.Generator) -> tuple[Thing, ...]:
    """Two things side by side; now and then the same kind in two colours."""
    paints = TRAITS[main.kind].paints
    if rng.random() < 0.18 and len(set(paints) - {""}) > 1 and main.kind in kinds:
        named = [paint for paint in paints if paint]
        first, second = rng.choice(len(named), 2, replace=False).tolist()
        pair = (replace(main, colour=named[first]), replace(main, colour=named[second]))
    else:
        weights = {kind: KIND_WEIGHTS.get(kind, 1.0) for kind in kinds if kind != main.kind}
        if not weights:
            return (replace(main, across="centre"),)
        pair = (main, _thing(choose(rng, weights), season, rng))
    left = rng.random() < 0.5
    return replace(pair[0], across="left" if left else "right"), replace(pair[1], across="right" if left else "left")


# --- composing ------------------------------------------------------------------------------------------------------------


def compose(shown: Shown, rng: np.random.Generator) -> tuple[Pen, Shown]:
    """A scene or a single object as marks, and the description with what placing has settled."""
    return _compose_object(shown, rng) if shown.view == "object" else _compose_scene(shown, rng)


def _compose_scene(shown: Shown, rng: np.random.Generator) -> tuple[Pen, Shown]:
    horizon = float(rng.uniform(*HORIZONS[shown.setting]))
    focus = _focus(shown)
    day = daylight(shown.time, shown.weather, _orb(shown, horizon, focus, rng), rng)
    things, places = _settled(shown, rng)
    stage = Stage(Pen(day.light()), shown, day, horizon, focus, rng, afloat="water" in places[:1])
    if shown.setting != "underwater":
        draw_sky(stage.pen, day, shown.sky, horizon, rng)
        for background in shown.backgrounds:
            draw_background(stage, background)
    room = DRAW_GROUND[shown.setting](stage)
    draw_mist(stage.pen, day, horizon, rng)
    for placed in arrange(things, places, room, horizon, rng):
        _draw_placed(stage, placed)
    if shown.setting != "underwater":
        draw_weather(stage.pen, day, rng)
    return stage.pen, replace(shown, things=things)


def _focus(shown: Shown) -> float:
    across = shown.things[0].across if shown.things else ""
    return {"left": 0.28, "right": 0.72}.get(across, 0.5)


def _orb(shown: Shown, horizon: float, focus: float, rng: np.random.Generator) -> Point:
    """Where the sun or the moon stands: off the main thing; low at dawn and at sunset, over what stands at the horizon."""
    right = focus < 0.5 or (focus == 0.5 and rng.random() < 0.5)
    x = float(rng.uniform(0.72, 0.88) if right else rng.uniform(0.12, 0.28))
    if len(shown.things) > 1 or (shown.things and shown.things[0].count > 1):
        x = float(rng.uniform(0.15, 0.85))
        return x, float(rng.uniform(0.08, 0.16))
    if shown.time not in ("dawn", "sunset"):
        return x, float(rng.uniform(0.10, 0.20))
    high = {"mountains": 0.42, "forest": 0.45, "city": 0.40, "waterfall": 0.36, "street": 0.42}.get(shown.setting, 0.0)
    behind = {"hills": 0.22, "islands": 0.12}.get(shown.backgrounds[0], 0.28) if shown.backgrounds else 0.06
    rise = max(high, behind) + float(rng.uniform(0.02, 0.08))
    if shown.setting == "sky":
        return x, float(rng.uniform(0.30, 0.66))
    return x, max(0.09, horizon - rise)


def _settled(shown: Shown, rng: np.random.Generator) -> tuple[tuple[Thing, ...], tuple[str, ...]]:
    """The things with their relation to the setting, and the place of each."""
    offered = OFFERS.get(shown.setting, ELSEWHERE)
    things, places = [], []
    for thing in shown.things:
        place = place_of(thing.kind, shown.setting, offered, rng)
        things.append(replace(thing, relation="in" if place == "islet" else _relation(shown.setting, place)))
        places.append(place)
    return tuple(things), tuple(places)


def _relation(setting: str, place: str) -> str:
    if setting in ("sky", "underwater"):
        return "in"
    if place == "air":
        return "above"
    if setting in ("lake", "river", "waterfall") and place != "water":
        return "beside"
    return "on"


def _draw_placed(stage: Stage, placed: Placed) -> None:
    """A thing with what ties it to its ground: a shadow on land, its image and ripples on water."""
    thing, pose, pen = placed.thing, placed.pose, stage.pen
    draw = drawing(thing.kind, "land" if placed.place == "islet" else placed.place)
    if placed.place == "islet":
        _islet(stage, placed)
    elif placed.place in ("land", "street"):
        _shadow(pen, placed, stage.day)
    first = len(pen.marks)
    draw(pen, pose, thing.colour, stage.rng)
    if placed.place != "water":
        return
    own = pen.marks[first:]
    del pen.marks[first:]
    tone = stage.day.faded((0.10, 0.32, 0.46), 0.15)
    pen.marks += [mark for one in own if (mark := _image(one, pose.foot[1], tone)) is not None]
    pen.marks += own
    _ripples(stage, placed)


def _shadow(pen: Pen, placed: Placed, day: Daylight) -> None:
    pose, base = placed.pose, TRAITS[placed.thing.kind].base
    if base <= 0:
        return
    away = 1.0 if day.orb[0] < pose.foot[0] else -1.0
    half = 0.5 * max(base, 0.25) * pose.size
    strength = 0.30 if day.night or day.weather not in ("clear", "") else 0.46
    tone = (0.05, 0.07, 0.14)
    low = pose.foot[1] + 0.008
    centre = (pose.foot[0] + away * 0.35 * half, low)
    pen.haze(centre, (1.55 * half, 0.055 * pose.size + 0.012), Fill(tone, lit=False, opacity=strength))
    pen.haze(
        (pose.foot[0], low - 0.004), (1.25 * half, 0.025 * pose.size + 0.008), Fill(tone, lit=False, opacity=strength)
    )


def _image(mark: Mark, water: float, tone: RGB) -> Mark | None:
    """A mark as still water mirrors it: upside down, shortened, half lost in the water's colour."""
    squash, numbers = 0.55, list(mark.numbers)

    def flipped(y: float) -> float:
        return water + squash * (water - y)

    match mark.kind:
        case "polygon":
            numbers[1::2] = [flipped(y) for y in numbers[1::2]]
        case "line":
            numbers[3::2] = [flipped(y) for y in numbers[3::2]]
        case "ellipse" | "haze":
            numbers[1], numbers[3], numbers[4] = flipped(numbers[1]), squash * numbers[3], -numbers[4]
        case _:
            return None
    fill = mark.fill
    end = fill.end or fill.start
    start, end = (mix(fill.start, tone, 0.5), mix(end, tone, 0.5))
    if fill.axis == "y":
        start, end = end, start
    shade = replace(fill, start=start, end=end, opacity=0.42 * fill.opacity, grain=0.0)
    return Mark(mark.kind, tuple(numbers), shade, -1)


def _ripples(stage: Stage, placed: Placed) -> None:
    pose, base = placed.pose, max(TRAITS[placed.thing.kind].base, 0.5)
    half = 0.5 * base * pose.size
    bright = stage.day.faded((0.92, 0.97, 1.0), 0.15)
    for row in range(9):
        y = pose.foot[1] + 0.002 + (0.012 + 0.055 * pose.size) * row * 0.6
        x = pose.foot[0] + half * stage.between(-0.5, 0.5)
        wide = half * stage.between(0.25, 0.85) * (1.15 if row == 0 else 1.0)
        stage.pen.ellipse((x, y), (wide, 0.0022 + 0.0006 * row), Fill(bright, lit=False, opacity=0.42))


def _islet(stage: Stage, placed: Placed) -> None:
    """A rock in the sea, wide enough for what stands on it."""
    x, y = placed.pose.foot
    half = placed.pose.size * max(stage.between(0.36, 0.48), 0.62 * TRAITS[placed.thing.kind].base)
    rock = varied(stage.rng, (0.46, 0.42, 0.40))
    shares = np.linspace(-1, 1, 13)
    rise = 0.050 * np.sqrt(np.clip(1 - shares**2, 0, 1)) * stage.rng.uniform(0.8, 1.25, 13)
    top = [(x + half * float(s), y + 0.035 - float(r)) for s, r in zip(shares, rise, strict=True)]
    stage.pen.polygon(
        [*top, (x + half * 0.8, y + 0.060), (x - half * 0.8, y + 0.060)],
        Fill(lighter(rock, 0.18), darker(rock, 0.55), grain=0.08),
        LABELS["rock"],
    )
    foam = Fill(stage.day.faded((0.95, 0.98, 1.0), 0.1), lit=False, opacity=0.75)
    for offset in stage.rng.uniform(-0.9, 0.9, 6).tolist():
        stage.pen.ellipse((x + offset * half, y + 0.055), (0.30 * half, 0.005), foam)


# --- single objects ---------------------------------------------------------------------------------------------------------


def _compose_object(shown: Shown, rng: np.random.Generator) -> tuple[Pen, Shown]:
    """A studio: coloured ground, a soft shadow, light from one side."""
    light_x = 0.15 if rng.random() < 0.5 else 0.85
    pen = Pen(Light(from_x=light_x))
    name = shown.colours[0]
    paint = varied(rng, PAINTS[name])
    back = lighter(paint, float(rng.uniform(0.05, 0.5 if name not in ("brown", "grey", "black") else 0.15)))
    floor = float(rng.uniform(0.70, 0.80))
    pen.polygon(box(0, 0, 1, 1), Fill(lighter(back, 0.10), back), LABELS["plain"])
    if rng.random() < 0.6:
        pen.polygon(box(0, floor, 1, 1), Fill(darker(back, 0.90), lighter(back, 0.06)), LABELS["plain"])
        pen.haze((0.5, floor), (0.9, 0.035), Fill(darker(back, 0.93), opacity=0.6))
    pen.haze((light_x, 0.1), (0.8, 0.7), Fill(lighter(back, 0.5), opacity=0.35))
    day = daylight("noon", "clear", (light_x, 0.1), rng)
    for placed in _laid_out(shown.things, floor, rng):
        traits = TRAITS[placed.thing.kind]
        if traits.places[0] not in FLOATING:
            _shadow(pen, placed, day)
        drawing(placed.thing.kind, traits.places[0])(pen, placed.pose, placed.thing.colour, rng)
    return pen, shown


def _laid_out(things: tuple[Thing, ...], floor: float, rng: np.random.Generator) -> list[Placed]:
    """One or two things stand on the floor, or hang where they would; more lie all over the frame."""
    room = Room(land=Strip(0.0, 1.0, floor + 0.06, 0.91))
    spread = sum(thing.count for thing in things) > 2
    places = tuple("air" if spread or TRAITS[thing.kind].places[0] in FLOATING else "land" for thing in things)
    return arrange(things, places, room, 0.80, rng, 1.25)


# --- what can be seen ---------------------------------------------------------------------------------------------------


def as_seen(shown: Shown, labels: NDArray[np.uint8]) -> Shown:
    """The description without what is hidden, too small or off the frame; labels: (size, size)."""
    shares = np.bincount(labels.ravel(), minlength=len(LABELS)) / labels.size

    def seen(name: str, least: float) -> bool:
        return name not in SEEN_BY or sum(float(shares[LABELS[label]]) for label in SEEN_BY[name]) >= least

    return replace(
        shown,
        sky=tuple(name for name in shown.sky if seen(name, LEAST.get(name, 0.0))),
        backgrounds=tuple(
            name for name in shown.backgrounds if seen(name, 0.003 if name == "islands" else LEAST_BACKGROUND)
        ),
        things=tuple(thing for thing in shown.things if shares[LABELS[thing.kind]] >= LEAST_THING),
    )


assert set(BEHIND) <= set(DRAW_GROUND)
assert {name for behind in BEHIND.values() for name in behind} - {""} <= set(BACKGROUNDS)
assert set(STYLES) == set(SCENE_STYLES)
