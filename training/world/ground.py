"""What lies below the sky: mountains, hills, meadow, desert, snow, sea, lake, beach, cliff, forest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Array, Canvas, Point, colour, fractal, mix, noise
from .description import Label, Scene
from .palette import LIGHTS, RGB, darker, lighter, varied

MEADOW: tuple[RGB, RGB] = ((0.56, 0.74, 0.36), (0.28, 0.52, 0.22))
DESERT: tuple[RGB, RGB] = ((0.95, 0.80, 0.55), (0.82, 0.58, 0.32))
SNOW: tuple[RGB, RGB] = ((0.90, 0.94, 0.98), (0.98, 0.99, 1.0))
SAND: tuple[RGB, RGB] = ((0.95, 0.87, 0.68), (0.86, 0.74, 0.52))
DEEP: RGB = (0.09, 0.32, 0.52)
ROCK: RGB = (0.52, 0.45, 0.40)


def _below(canvas: Canvas, edge: Array) -> Array:
    """Antialiased coverage of what lies under the line `edge`: (size,) unit heights; (size, size)."""
    return np.clip((canvas.y - edge[None, :]) * canvas.size + 0.5, 0, 1)


def _wavy(canvas: Canvas, rng: np.random.Generator, height: float, swing: float, cells: int) -> Array:
    return (height + swing * noise(rng, canvas.size, cells + 1, 2)[0]).astype(np.float32)


def _terrain(canvas: Canvas, edge: Array, tones: tuple[RGB, RGB], label: Label, rng: np.random.Generator) -> None:
    far, near = varied(rng, tones[0]), varied(rng, tones[1])
    depth = np.clip((canvas.y - edge.min()) / max(1e-3, 1 - edge.min()), 0, 1)[..., None]
    grain = 0.035 * fractal(rng, canvas.size, 6, 3)
    fill = (far + (near - far) * depth) * canvas.ambient * (1 + grain[..., None])
    cover = _below(canvas, edge)
    canvas.rgb += cover[..., None] * (fill - canvas.rgb)
    canvas.labels[cover > 0.5] = label


def mountains(canvas: Canvas, scene: Scene, horizon: float, light_x: float, rng: np.random.Generator) -> None:
    """A range of faceted peaks whose lit side faces the light."""
    haze = colour(LIGHTS[scene.time].horizon)
    tall = scene.setting == "mountains"
    rock = varied(rng, (0.45, 0.46, 0.53) if rng.random() < 0.6 else (0.50, 0.43, 0.40), 0.06)
    count = int(rng.integers(3, 6))
    for layer, fade in ((0, 0.45), (1, 0.08)):
        for index in rng.permutation(count):
            x = (index + rng.uniform(0.1, 0.9)) / count
            height = rng.uniform(0.22, 0.36) if tall else rng.uniform(0.12, 0.22)
            height *= 1.0 if layer == 0 else 0.75
            _peak(canvas, (float(x), horizon - float(height)), horizon, scene, mix(rock, haze, fade), light_x, rng)


def _peak(
    canvas: Canvas, top: Point, base: float, scene: Scene, rock: Array, light_x: float, rng: np.random.Generator
) -> None:
    height = base - top[1]
    half = height * rng.uniform(0.75, 1.15)
    left, right = (top[0] - half, base + 0.01), (top[0] + half, base + 0.01)
    canvas.paint(canvas.polygon([left, top, right]), lighter(rock, 0.12), Label.MOUNTAIN, end=darker(rock, 0.95))
    shade, side = (right, 1.0) if light_x < 0.5 else (left, -1.0)
    ridge = [
        (top[0] + side * half * wiggle, top[1] + height * t) for t, wiggle in ((0.35, 0.10), (0.65, 0.02), (1.0, 0.16))
    ]
    canvas.paint(canvas.polygon([top, *ridge, shade]), darker(rock, 0.72), Label.MOUNTAIN)
    if scene.mountains != "snowy":
        return
    depth = rng.uniform(0.38, 0.55)
    teeth = [
        (top[0] + half * depth * s, top[1] + height * depth * (1.0 if index % 2 == 0 else 0.72))
        for index, s in enumerate((-1.0, -0.45, 0.05, 0.5, 1.0))
    ]
    teeth[0] = (top[0] - half * depth, top[1] + height * depth)
    canvas.paint(canvas.polygon([top, *teeth]), (0.97, 0.98, 1.0), Label.SNOW)
    inner = [(top[0] + side * half * depth * 0.1, top[1] + height * depth * 0.8), teeth[-1] if side > 0 else teeth[0]]
    canvas.paint(canvas.polygon([top, *inner]), (0.74, 0.80, 0.90), Label.SNOW)


def forest(canvas: Canvas, scene: Scene, horizon: float, rng: np.random.Generator) -> None:
    """A belt of pines along the horizon, hazier behind."""
    haze = colour(LIGHTS[scene.time].horizon)
    white = scene.setting == "snow"
    for layer, (fade, height) in enumerate(((0.35, 0.17), (0.0, 0.13))):
        tone = mix(varied(rng, (0.10, 0.30, 0.20)), haze, fade)
        foot = horizon + 0.015 + 0.02 * layer
        for x in np.arange(-0.05, 1.1, 0.085) + rng.uniform(-0.02, 0.02, 14)[: len(np.arange(-0.05, 1.1, 0.085))]:
            tall = height * rng.uniform(0.75, 1.3)
            half = tall * 0.36
            points = [(x, foot - tall), (x + half, foot), (x - half, foot)]
            canvas.paint(canvas.polygon(points), lighter(tone, 0.10), Label.FOREST, end=darker(tone, 0.75))
            if white:
                tip = [(x, foot - tall), (x + half * 0.4, foot - tall * 0.6), (x - half * 0.4, foot - tall * 0.6)]
                canvas.paint(canvas.polygon(tip), (0.92, 0.95, 0.99), Label.FOREST)


def water(
    canvas: Canvas, scene: Scene, cover: Array, top: float, bottom: float, orb_x: float, rng: np.random.Generator
) -> None:
    """Water that mirrors the sky where `cover` is set, with ripples and the track of the sun or the moon."""
    light = LIGHTS[scene.time]
    far = mix(varied(rng, DEEP), colour(light.horizon), 0.45 if scene.time != "noon" else 0.25)
    near = varied(rng, DEEP) * np.maximum(canvas.ambient, 0.5)
    if scene.time in ("sunset", "dawn"):
        near = mix(near, colour(light.middle), 0.22)
    far = far * (0.75 if scene.time == "night" else 1.0)
    depth = np.clip((canvas.y - top) / max(1e-3, bottom - top), 0, 1)
    fill = far + (near - far) * (depth**0.7)[..., None]
    ripples = noise(rng, canvas.size, 7, 40) * (0.25 + 0.75 * depth)
    fill = fill * (1 + 0.11 * ripples[..., None])
    if scene.sun or scene.moon:
        glint = colour((1.0, 0.97, 0.86)) if scene.time != "sunset" else colour((1.0, 0.80, 0.48))
        spread = np.exp(-(((canvas.x - orb_x) / (0.05 + 0.10 * depth)) ** 2))
        track = spread * np.clip(0.35 + 0.9 * ripples, 0, 1) * 0.7
        fill = fill + track[..., None] * (glint - fill)
    canvas.rgb += cover[..., None] * (fill - canvas.rgb)
    canvas.labels[cover > 0.5] = Label.WATER


def lake_cover(canvas: Canvas, centre: Point, half: tuple[float, float], rng: np.random.Generator) -> Array:
    """Coverage of a lake's outline, an uneven flat ellipse."""
    dx, dy = (canvas.x - centre[0]) / half[0], (canvas.y - centre[1]) / half[1]
    edge = 1 + 0.13 * noise(rng, canvas.size, 5)
    return np.clip((edge - np.sqrt(dx * dx + dy * dy)) * half[1] * canvas.size * 0.9 + 0.5, 0, 1)


def draw_ground(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    """Everything behind the main object, from the horizon to the bottom edge."""
    if scene.mountains:
        mountains(canvas, scene, horizon, orb_x, rng)
    if scene.forest:
        forest(canvas, scene, horizon, rng)
    SETTINGS[scene.setting](canvas, scene, horizon, orb_x, rng)


def _flat(tones: tuple[RGB, RGB], label: Label, swing: float) -> Callable[..., None]:
    def draw(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
        _terrain(canvas, _wavy(canvas, rng, horizon, swing, 3), tones, label, rng)

    return draw


def _rolling(tones: tuple[RGB, RGB], label: Label) -> Callable[..., None]:
    def draw(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
        for index, drop in enumerate((0.0, 0.10, 0.24)):
            fade = lighter(tones[0], 0.18 - 0.09 * index)
            edge = _wavy(canvas, rng, horizon + drop, 0.045, 3)
            near = mix(colour(tones[0]), colour(tones[1]), 0.35 + 0.3 * index)
            _terrain(canvas, edge, (tuple(fade), tuple(near)), label, rng)

    return draw


def _sea(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    cover = _below(canvas, np.full(canvas.size, horizon, np.float32))
    water(canvas, scene, cover, horizon, 1.0, orb_x, rng)


def _beach(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    _sea(canvas, scene, horizon, orb_x, rng)
    slope = rng.uniform(-0.10, 0.10) * (np.linspace(-1, 1, canvas.size))
    shore = _wavy(canvas, rng, horizon + rng.uniform(0.20, 0.27), 0.025, 3) + slope.astype(np.float32)
    foam = _below(canvas, shore - 0.014)
    canvas.paint(canvas.whole(foam), (0.96, 0.98, 0.99), Label.WATER)
    _terrain(canvas, shore, SAND, Label.SAND, rng)


def _lake(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    _terrain(canvas, _wavy(canvas, rng, horizon, 0.015, 3), MEADOW, Label.GRASS, rng)
    centre = (float(rng.uniform(0.4, 0.6)), horizon + 0.27)
    half = (float(rng.uniform(0.50, 0.62)), float(rng.uniform(0.15, 0.18)))
    state = rng.integers(2**31)
    shore = lake_cover(canvas, centre, (half[0] + 0.018, half[1] + 0.014), np.random.default_rng(state))
    canvas.paint(canvas.whole(shore), (0.76, 0.70, 0.52), Label.SAND)
    cover = lake_cover(canvas, centre, half, np.random.default_rng(state))
    water(canvas, scene, cover, centre[1] - half[1], centre[1] + half[1], orb_x, rng)


def _cliff(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    _sea(canvas, scene, horizon, orb_x, rng)
    side = scene.thing.spot if scene.thing else "right"
    top = horizon + 0.06
    reach = {"left": 0.62, "right": 0.62, "centre": 0.78}[side]
    outline = [
        (0.0, 0.0),
        (reach * 0.88, 0.005),
        (reach * 0.98, 0.05),
        (reach * 0.90, 0.17),
        (reach * 0.99, 0.30),
        (reach, 0.62),
    ]
    jagged = [(x + rng.uniform(-0.02, 0.02), top + y + rng.uniform(-0.01, 0.01)) for x, y in outline]
    jagged[0] = (-0.02, top)
    points = [*jagged, (-0.02, 1.02)]
    grass = [*jagged[:3], (reach * 0.93, top + 0.085), (reach * 0.5, top + 0.06), (-0.02, top + 0.085)]
    if side == "right":
        points, grass = [(1 - x, y) for x, y in points], [(1 - x, y) for x, y in grass]
    rock = varied(rng, ROCK, 0.06)
    grain = 0.10 * noise(rng, canvas.size, 18, 7)
    canvas.paint(canvas.polygon(points), lighter(rock, 0.1), Label.ROCK, end=darker(rock, 0.6), texture=grain)
    canvas.paint(canvas.polygon(grass), varied(rng, (0.45, 0.62, 0.30)), Label.GRASS, texture=grain * 0.4)


def _hill(canvas: Canvas, scene: Scene, horizon: float, orb_x: float, rng: np.random.Generator) -> None:
    _terrain(canvas, _wavy(canvas, rng, horizon + 0.08, 0.02, 3), MEADOW, Label.GRASS, rng)
    centre = {"left": 0.32, "centre": 0.5, "right": 0.68}[scene.thing.spot if scene.thing else "centre"]
    xs = canvas.x[0]
    crest = horizon + 0.02 + 0.42 * (1 - np.exp(-(((xs - centre) / 0.42) ** 2)))
    _terrain(canvas, crest.astype(np.float32), (lighter(MEADOW[0], 0.05), darker(MEADOW[1], 0.95)), Label.GRASS, rng)  # type: ignore[arg-type]


SETTINGS: dict[str, Callable[..., None]] = {
    "meadow": _flat(MEADOW, Label.GRASS, 0.012),
    "hills": _rolling(MEADOW, Label.GRASS),
    "desert": _rolling(DESERT, Label.SAND),
    "snow": _flat(SNOW, Label.SNOW, 0.02),
    "forest": _flat(((0.42, 0.60, 0.28), (0.22, 0.42, 0.18)), Label.GRASS, 0.008),
    "mountains": _flat(((0.50, 0.66, 0.38), (0.30, 0.50, 0.26)), Label.GRASS, 0.015),
    "sea": _sea,
    "beach": _beach,
    "lake": _lake,
    "cliff": _cliff,
    "hill": _hill,
}
