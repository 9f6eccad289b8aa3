"""Illustrated scenes: what to show is drawn by lot, then composed so that the main object is large and whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .buildings import Pose
from .canvas import Canvas, Point
from .description import Label, Scene, Thing
from .ground import ROCK, draw_ground
from .objects import DRAW
from .palette import LIGHTS, darker, lighter, varied
from .sky import draw_sky

TIMES = {"noon": 0.36, "sunset": 0.25, "night": 0.20, "dawn": 0.11, "storm": 0.08}
SETTING_THINGS: dict[str, dict[str, float]] = {
    "sea": {"boat": 6, "lighthouse": 2, "bird": 1, "balloon": 1, "": 1},
    "cliff": {"lighthouse": 5, "castle": 2, "house": 2},
    "beach": {"boat": 2, "cat": 1.5, "house": 2, "balloon": 1, "lighthouse": 1, "": 1},
    "lake": {"house": 4, "boat": 3, "castle": 2, "tree": 1.5, "pine": 1, "balloon": 1, "": 1},
    "meadow": {"house": 3, "tree": 3, "cat": 2.5, "balloon": 1.5, "bird": 1.5, "pine": 1, "castle": 1, "": 0.7},
    "hills": {"house": 2, "tree": 2, "balloon": 2, "castle": 1, "bird": 1, "": 0.8},
    "hill": {"castle": 4, "house": 3, "tree": 2, "lighthouse": 1, "cat": 0.7},
    "desert": {"balloon": 4, "house": 2, "castle": 1.5, "bird": 1.5, "cat": 1.5, "": 1.5},
    "snow": {"pine": 4, "house": 3, "cat": 2, "castle": 1.5, "bird": 1, "balloon": 0.7, "": 0.8},
    "forest": {"house": 3, "cat": 2, "tree": 1, "bird": 1, "castle": 1, "": 0.8},
    "mountains": {"": 3, "house": 2, "pine": 2, "balloon": 2, "castle": 1, "bird": 1},
}
SETTING_WEIGHTS = {
    "sea": 1.6, "cliff": 1.1, "beach": 0.8, "lake": 1.1, "meadow": 1.3, "hills": 0.6,
    "hill": 1.1, "desert": 1.1, "snow": 1.1, "forest": 0.7, "mountains": 1.1,
}  # fmt: skip
THING_PAINTS: dict[str, tuple[str, ...]] = {
    "house": ("red", "blue", "green", "yellow", "white", "orange", "purple", "pink", "brown"),
    "boat": ("red", "blue", "green", "yellow", "white", "orange", "purple", "pink", "black"),
    "lighthouse": ("red", "red", "blue", "black", "green", "yellow"),
    "castle": ("red", "blue", "purple", "green"),
    "balloon": ("red", "blue", "green", "yellow", "white", "orange", "purple", "pink"),
    "bird": ("red", "blue", "green", "yellow", "white", "orange", "pink", "black"),
    "cat": ("black", "white", "orange", "grey", "brown"),
    "tree": ("", "", "", "orange", "pink", "yellow", "red"),
    "pine": ("",),
}
SIZES = {
    "house": (0.36, 0.46), "boat": (0.42, 0.54), "lighthouse": (0.56, 0.66), "castle": (0.44, 0.52), "balloon": (0.48, 0.60),
    "bird": (0.38, 0.48), "cat": (0.42, 0.52), "tree": (0.46, 0.58), "pine": (0.52, 0.64),
}  # fmt: skip
COUNTABLE = {"boat", "house", "tree", "pine", "balloon", "bird"}
AIRBORNE = {"balloon", "bird"}
SPOTS = {"left": 0.28, "centre": 0.5, "right": 0.72}


def choose(rng: np.random.Generator, weights: dict[str, float]) -> str:
    chances = np.array(list(weights.values()), np.float64)
    return list(weights)[int(rng.choice(len(chances), p=chances / chances.sum()))]


def imagine_scene(rng: np.random.Generator) -> Scene:
    """Draw by lot what a scene shows."""
    setting = choose(rng, SETTING_WEIGHTS)
    time = choose(rng, TIMES)
    night = time == "night"
    ranges = ("lake", "meadow", "hills", "snow", "desert", "forest")
    high = setting == "mountains" or (setting in ranges and rng.random() < 0.25)
    snowy = 0.6 if setting != "desert" else 0.1
    return Scene(
        setting=setting,
        time=time,
        clouds=int(rng.integers(2, 5)) if time == "storm" or rng.random() < 0.35 else 0,
        sun=time in ("noon", "sunset", "dawn") and bool(rng.random() < 0.6),
        moon=("full" if rng.random() < 0.65 else "crescent") if night and rng.random() < 0.8 else "",
        stars=night and bool(rng.random() < 0.7),
        mountains=("snowy" if rng.random() < snowy or setting == "snow" else "bare") if high else "",
        forest=setting == "forest" or (setting in ("snow", "lake") and not high and bool(rng.random() < 0.35)),
        thing=_imagine_thing(rng, setting),
    )


def _imagine_thing(rng: np.random.Generator, setting: str) -> Thing | None:
    kind = choose(rng, SETTING_THINGS[setting])
    if not kind:
        return None
    paint = str(rng.choice(THING_PAINTS[kind]))
    if kind == "pine" and setting == "snow":
        paint = "white"
    count = 1
    if kind in COUNTABLE and setting not in ("cliff", "hill") and rng.random() < 0.28:
        count = 2 if rng.random() < 0.6 else 3
    spots = ("left", "right") if setting == "cliff" else ("left", "centre", "centre", "right")
    spot = "centre" if count > 1 else str(rng.choice(spots))
    return Thing(kind, paint, count, spot, _place(kind, setting))


def _place(kind: str, setting: str) -> str:
    if kind in AIRBORNE:
        return "above"
    if kind == "lighthouse" and setting == "sea":
        return "island"
    if setting == "lake" and kind != "boat":
        return "shore"
    return "on"


def draw_scene(scene: Scene, size: int, rng: np.random.Generator) -> tuple[Canvas, Scene]:
    """Draw, and return the canvas with the scene as it came out: what ended up hidden is struck from it."""
    canvas = Canvas(size, LIGHTS[scene.time].ambient)
    horizon = float(rng.uniform(0.52, 0.62) if scene.setting != "hill" else rng.uniform(0.56, 0.62))
    orb = _orb(scene, horizon, rng)
    draw_sky(canvas, scene, horizon, orb, rng)
    draw_ground(canvas, scene, horizon, orb[0], rng)
    if scene.thing:
        _draw_thing(canvas, scene, scene.thing, horizon, orb[0], rng)
    return canvas, _as_seen(canvas, scene)


def _orb(scene: Scene, horizon: float, rng: np.random.Generator) -> Point:
    spot = scene.thing.spot if scene.thing else str(rng.choice(["left", "right"]))
    right = spot == "left" or (spot == "centre" and rng.random() < 0.5)
    x = rng.uniform(0.72, 0.86) if right else rng.uniform(0.14, 0.28)
    if scene.time in ("sunset", "dawn"):
        rise = 0.30 if scene.mountains or scene.forest else 0.07
        return float(x), float(horizon - rng.uniform(rise, rise + 0.10))
    return float(x), float(rng.uniform(0.13, 0.22))


def _draw_thing(
    canvas: Canvas, scene: Scene, thing: Thing, horizon: float, light_x: float, rng: np.random.Generator
) -> None:
    night = scene.time == "night"
    for x, y, scale in _feet(scene, thing, horizon, rng):
        size = float(rng.uniform(*SIZES[thing.kind])) * scale
        if thing.place == "above":
            foot = 0.05 + size + float(rng.uniform(0, 0.10)) + y
        else:
            foot, size = y, min(size, y - 0.02)
        pose = Pose((x, foot), size, light_x, night)
        if thing.place == "island":
            _islet(canvas, pose, rng)
        elif thing.place != "above" and thing.kind != "boat":
            _shadow(canvas, pose, light_x)
        DRAW[thing.kind](canvas, pose, thing.colour, rng)


def _feet(scene: Scene, thing: Thing, horizon: float, rng: np.random.Generator) -> list[tuple[float, float, float]]:
    """Foot points and relative sizes of each of the things; far ones first."""
    base = _foot_height(scene, thing, horizon, rng)
    if thing.count == 1:
        spread = 0.03 if scene.setting in ("cliff", "hill") else 0.05
        x = SPOTS[thing.spot] + float(rng.uniform(-spread, spread))
        if scene.setting == "hill":
            x = {"left": 0.32, "centre": 0.5, "right": 0.68}[thing.spot]
        return [(x, base, 1.0)]
    scale = {2: 0.72, 3: 0.55}[thing.count]
    xs = {2: (0.27, 0.73), 3: (0.19, 0.5, 0.81)}[thing.count]
    lift = (0.0, 0.14) if thing.place == "above" else (-0.03, 0.04)
    feet = [
        (x + float(rng.uniform(-0.03, 0.03)), base + float(rng.uniform(*lift)), scale * float(rng.uniform(0.9, 1.08)))
        for x in xs
    ]
    return sorted(feet, key=lambda foot: foot[1])


def _foot_height(scene: Scene, thing: Thing, horizon: float, rng: np.random.Generator) -> float:
    if thing.place == "above":
        return 0.0
    fixed = {"cliff": 0.10, "hill": 0.05}
    if scene.setting in fixed:
        return horizon + fixed[scene.setting]
    if thing.place == "shore":
        return horizon + float(rng.uniform(0.08, 0.10))
    if thing.kind == "boat":
        low, high = {"beach": (0.12, 0.14), "lake": (0.22, 0.30)}.get(scene.setting, (0.14, 0.27))
        return horizon + float(rng.uniform(low, high))
    low, high = (0.33, 0.38) if scene.setting == "beach" else (0.14, 0.27)
    return horizon + float(rng.uniform(low, high))


def _islet(canvas: Canvas, pose: Pose, rng: np.random.Generator) -> None:
    rock = varied(rng, ROCK, 0.06)
    xs = np.linspace(-0.48, 0.48, 9)
    rise = 0.13 * np.cos(xs / 0.48 * np.pi / 2) ** 0.6 + rng.uniform(-0.012, 0.012, 9)
    ring = [pose.at(float(x), float(y) - 0.07) for x, y in zip(xs, rise, strict=True)]
    points = [pose.at(-0.50, -0.10), *ring, pose.at(0.50, -0.10)]
    canvas.paint(canvas.polygon(points), lighter(rock, 0.15), Label.ROCK, end=darker(rock, 0.6))


def _shadow(canvas: Canvas, pose: Pose, light_x: float) -> None:
    reach = 0.16 if light_x < pose.foot[0] else -0.16
    left, top = pose.at(-0.42 + reach, 0.035)
    right, bottom = pose.at(0.42 + reach, -0.045)
    canvas.paint(canvas.ellipses([(left, top, right, bottom)]), (0.10, 0.12, 0.16), opacity=0.28)


def _as_seen(canvas: Canvas, scene: Scene) -> Scene:
    counts = np.bincount(canvas.labels.ravel(), minlength=len(Label)) / canvas.labels.size
    return replace(
        scene,
        sun=bool(scene.sun and counts[Label.SUN] > 0.003),
        moon=scene.moon if counts[Label.MOON] > (0.006 if scene.moon == "full" else 0.002) else "",
        clouds=scene.clouds if counts[Label.CLOUD] > 0.02 else 0,
        mountains=_mountains_as_seen(scene.mountains, counts),
        forest=bool(scene.forest and counts[Label.FOREST] > 0.02),
    )


def _mountains_as_seen(mountains: str, counts: np.ndarray) -> str:
    return mountains if counts[Label.MOUNTAIN] > 0.015 else ""
