"""Views straight down: a relief of fractal heights, coloured by terrain and lit from the north-west."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import Array, Canvas, Stencil, colour, fractal, noise
from .description import Aerial, Label
from .palette import RGB, varied

VARIANTS: dict[str, tuple[str, ...]] = {
    "islands": ("green", "green", "sandy", "rocky"),
    "coast": ("green", "green", "sandy", "rocky"),
    "river": ("forest", "meadow", "desert"),
    "lake": ("forest", "meadow", "mountains"),
    "mountains": ("snowy", "green", "bare"),
    "forest": ("green", "autumn"),
    "farmland": ("green", "golden"),
    "town": ("", "river"),
    "desert": ("dunes", "rocky"),
    "snow": ("", "lake"),
}
LAND: dict[str, tuple[RGB, RGB]] = {
    "green": ((0.44, 0.60, 0.27), (0.20, 0.40, 0.17)),
    "meadow": ((0.58, 0.72, 0.36), (0.40, 0.57, 0.26)),
    "forest": ((0.22, 0.43, 0.20), (0.10, 0.28, 0.14)),
    "autumn": ((0.86, 0.55, 0.20), (0.62, 0.28, 0.14)),
    "sandy": ((0.94, 0.83, 0.60), (0.80, 0.65, 0.42)),
    "desert": ((0.94, 0.77, 0.50), (0.78, 0.54, 0.30)),
    "rocky": ((0.62, 0.55, 0.48), (0.42, 0.36, 0.33)),
    "bare": ((0.66, 0.57, 0.47), (0.44, 0.36, 0.30)),
    "mountains": ((0.60, 0.55, 0.49), (0.40, 0.37, 0.36)),
    "snow": ((0.97, 0.98, 1.0), (0.84, 0.90, 0.96)),
}
SHALLOW: RGB = (0.30, 0.68, 0.74)
DEEP: RGB = (0.06, 0.26, 0.48)
BEACH: RGB = (0.93, 0.86, 0.66)


def imagine_aerial(rng: np.random.Generator) -> Aerial:
    """Draw by lot what an aerial view shows."""
    terrain = str(rng.choice(list(VARIANTS)))
    return Aerial(terrain, str(rng.choice(VARIANTS[terrain])))


def draw_aerial(aerial: Aerial, size: int, rng: np.random.Generator) -> Canvas:
    canvas = Canvas(size)
    TERRAINS[aerial.terrain](canvas, aerial.variant, rng)
    return canvas


def hillshade(height: Array, strength: float) -> Array:
    """Brightness of a relief lit from the upper left, about 1; height: (size, size)."""
    down, across = np.gradient(height)
    slope = (down + across) * strength * height.shape[0] / 256
    return (1 + 0.38 * np.tanh(slope)).astype(np.float32)


def _ground(
    canvas: Canvas, kind: str, relief: Array, label: Label, rng: np.random.Generator, strength: float = 6.0
) -> None:
    light, dark = (varied(rng, tone) for tone in LAND[kind])
    amount = np.clip(0.5 + 0.28 * relief, 0, 1)[..., None]
    canvas.rgb[:] = (dark + (light - dark) * amount) * hillshade(relief, strength)[..., None]
    canvas.labels[:] = label


def _flood(
    canvas: Canvas, level: Array, rng: np.random.Generator, beach: float = 0.10, sharpness: float = 14.0
) -> None:
    """Water where `level` is below 0, a beach just above; level: (size, size)."""
    sand = np.clip((beach - level) * sharpness, 0, 1)
    canvas.paint(canvas.whole(sand), varied(rng, BEACH), Label.SAND)
    shallow, deep = varied(rng, SHALLOW), varied(rng, DEEP)
    depth = np.clip(-level / 0.55, 0, 1)[..., None]
    fill = (shallow + (deep - shallow) * depth**0.6) * (1 + 0.02 * noise(rng, canvas.size, 30)[..., None])
    cover = np.clip(-level * sharpness * 1.6 + 0.5, 0, 1)
    canvas.rgb += cover[..., None] * (fill - canvas.rgb)
    canvas.labels[cover > 0.5] = Label.WATER


def _islands(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    height = fractal(rng, canvas.size, 3, 6, 0.48)
    level = height - np.quantile(height, rng.uniform(0.58, 0.72))
    _ground(canvas, variant, height, Label.ROCK if variant == "rocky" else Label.GRASS, rng, 9)
    _flood(canvas, level.astype(np.float32), rng, 0.16)


def _coast(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    height = fractal(rng, canvas.size, 3, 6, 0.5)
    angle = rng.uniform(0, 2 * np.pi)
    tilt = (canvas.x - 0.5) * np.cos(angle) + (canvas.y - 0.5) * np.sin(angle)
    level = (tilt * 3.6 + height * 0.34 + rng.uniform(-0.25, 0.25)).astype(np.float32)
    _ground(canvas, variant, height, Label.ROCK if variant == "rocky" else Label.GRASS, rng, 8)
    _flood(canvas, level, rng, 0.14)


def _river(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    _vegetation(canvas, variant, rng)
    _flood(canvas, _river_level(canvas, rng, rng.uniform(0.045, 0.075)), rng, 0.05, 30)


def _river_level(canvas: Canvas, rng: np.random.Generator, half: float) -> Array:
    along, across = (canvas.x, canvas.y) if rng.random() < 0.5 else (canvas.y, canvas.x)
    steps = np.linspace(0, 1, canvas.size)
    bends = 0.16 * np.sin(steps * rng.uniform(4.5, 8) + rng.uniform(0, 6.3)) + 0.05 * np.sin(
        steps * 17 + rng.uniform(0, 6.3)
    )
    middle = np.interp(along, steps, bends + rng.uniform(0.4, 0.6))
    return ((np.abs(across - middle) - half) * 3.5).astype(np.float32)


def _vegetation(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    if variant in ("forest", "autumn", "green"):
        kind = "forest" if variant == "green" else variant
        relief = fractal(rng, canvas.size, 3, 2) * 0.5 + fractal(rng, canvas.size, 24, 2) * 0.75
        _ground(canvas, kind, relief.astype(np.float32), Label.FOREST, rng, 4)
    else:
        label = Label.SAND if variant == "desert" else Label.ROCK if variant == "mountains" else Label.GRASS
        _ground(canvas, variant, fractal(rng, canvas.size, 3, 5, 0.5), label, rng, 12 if variant == "mountains" else 5)


def _lake(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    _vegetation(canvas, variant, rng)
    _flood(canvas, _lake_level(canvas, rng), rng, 0.06)


def _lake_level(canvas: Canvas, rng: np.random.Generator) -> Array:
    centre = rng.uniform(0.42, 0.58, 2)
    radii = rng.uniform(0.24, 0.36, 2)
    distance = np.sqrt(((canvas.x - centre[0]) / radii[0]) ** 2 + ((canvas.y - centre[1]) / radii[1]) ** 2)
    return (distance - 1 + 0.20 * fractal(rng, canvas.size, 4, 4)).astype(np.float32)


def _mountains(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    ridges = 1 - np.abs(fractal(rng, canvas.size, 3, 1)) + 0.4 * fractal(rng, canvas.size, 6, 4, 0.55)
    height = ((ridges - ridges.mean()) / ridges.std()).astype(np.float32)
    kind = "forest" if variant == "green" else "mountains" if variant == "snowy" else "bare"
    _ground(canvas, kind, height, Label.MOUNTAIN, rng, 15)
    if variant == "snowy":
        cap = np.clip((height - np.quantile(height, 0.42)) * 4, 0, 1)
        canvas.paint(canvas.whole(cap), (0.96, 0.97, 1.0), Label.SNOW, texture=hillshade(height, 15) - 1)


def _forest(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    _vegetation(canvas, "autumn" if variant == "autumn" else "forest", rng)


def _split(
    rng: np.random.Generator, box: tuple[float, float, float, float], depth: int
) -> list[tuple[float, float, float, float]]:
    left, top, right, bottom = box
    if depth == 0:
        return [box]
    cut = float(rng.uniform(0.38, 0.62))
    if right - left > bottom - top:
        middle = left + cut * (right - left)
        halves = [(left, top, middle, bottom), (middle, top, right, bottom)]
    else:
        middle = top + cut * (bottom - top)
        halves = [(left, top, right, middle), (left, middle, right, bottom)]
    return [part for half in halves for part in _split(rng, half, depth - 1)]


CROPS: dict[str, tuple[RGB, ...]] = {
    "green": ((0.40, 0.62, 0.26), (0.56, 0.72, 0.34), (0.30, 0.50, 0.22), (0.76, 0.74, 0.40), (0.58, 0.45, 0.30)),
    "golden": ((0.90, 0.76, 0.36), (0.82, 0.64, 0.30), (0.95, 0.85, 0.52), (0.66, 0.62, 0.32), (0.60, 0.44, 0.28)),
}


def _turned(canvas: Canvas, box: tuple[float, float, float, float], angle: float) -> Stencil:
    left, top, right, bottom = box
    cos, sin = np.cos(angle), np.sin(angle)
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return canvas.polygon(
        [(0.5 + (x - 0.5) * cos - (y - 0.5) * sin, 0.5 + (x - 0.5) * sin + (y - 0.5) * cos) for x, y in corners]
    )


def _farmland(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    canvas.rgb[:] = colour((0.30, 0.46, 0.22))
    canvas.labels[:] = Label.FIELD
    angle, gap = float(rng.uniform(-0.5, 0.5)), 0.006
    rows = np.sin((canvas.x * np.cos(angle) + canvas.y * np.sin(angle)) * rng.uniform(150, 200)) * 0.05
    columns = np.sin((canvas.y * np.cos(angle) - canvas.x * np.sin(angle)) * rng.uniform(150, 200)) * 0.05
    for left, top, right, bottom in _split(rng, (-0.3, -0.3, 1.3, 1.3), 5):
        tone = varied(rng, CROPS[variant][int(rng.integers(5))], 0.06)
        where = _turned(canvas, (left + gap, top + gap, right - gap, bottom - gap), angle)
        canvas.paint(where, tone, Label.FIELD, texture=(rows if rng.random() < 0.5 else columns).astype(np.float32))


def _town(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    canvas.rgb[:] = colour((0.72, 0.70, 0.67))
    canvas.labels[:] = Label.ROAD
    angle = float(rng.uniform(-0.6, 0.6))
    roofs: tuple[RGB, ...] = ((0.72, 0.36, 0.26), (0.80, 0.47, 0.33), (0.62, 0.58, 0.56), (0.86, 0.80, 0.72))
    for left, top, right, bottom in _split(rng, (-0.25, -0.25, 1.25, 1.25), 5):
        street = 0.014
        plot = (left + street, top + street, right - street, bottom - street)
        canvas.paint(_turned(canvas, plot, angle), varied(rng, (0.48, 0.62, 0.34)), Label.TOWN)
        if rng.random() < 0.10:
            continue
        for x0, y0, x1, y1 in _split(rng, plot, 2):
            inset = 0.010
            box = (x0 + inset, y0 + inset, x1 - inset, y1 - inset)
            shifted = (box[0] + 0.008, box[1] + 0.010, box[2] + 0.008, box[3] + 0.010)
            canvas.paint(_turned(canvas, shifted, angle), (0.22, 0.26, 0.20), Label.TOWN, opacity=0.5)
            canvas.paint(_turned(canvas, box, angle), varied(rng, roofs[int(rng.integers(4))], 0.05), Label.TOWN)
    if variant == "river":
        _flood(canvas, _river_level(canvas, rng, 0.07), rng, 0.06, 30)


def _desert(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    if variant == "rocky":
        _ground(canvas, "bare", fractal(rng, canvas.size, 3, 6, 0.58), Label.SAND, rng, 9)
        return
    warp = fractal(rng, canvas.size, 3, 3)
    angle = rng.uniform(0, np.pi)
    phase = (canvas.x * np.cos(angle) + canvas.y * np.sin(angle)) * rng.uniform(28, 44) + warp * 1.5
    saw = (phase / (2 * np.pi)) % 1
    dunes = np.where(saw < 0.75, saw / 0.75, (1 - saw) / 0.25)
    _ground(canvas, "desert", ((dunes - 0.5) * 1.6 + 0.35 * warp).astype(np.float32), Label.SAND, rng, 7)


def _snow(canvas: Canvas, variant: str, rng: np.random.Generator) -> None:
    _ground(canvas, "snow", fractal(rng, canvas.size, 3, 5, 0.5), Label.SNOW, rng, 6)
    if variant == "lake":
        level = _lake_level(canvas, rng)
        cover = np.clip(-level * 20 + 0.5, 0, 1)
        canvas.paint(
            canvas.whole(cover),
            varied(rng, (0.66, 0.82, 0.92)),
            Label.WATER,
            texture=0.05 * noise(rng, canvas.size, 12),
        )


TERRAINS: dict[str, Callable[[Canvas, str, np.random.Generator], None]] = {
    "islands": _islands,
    "coast": _coast,
    "river": _river,
    "lake": _lake,
    "mountains": _mountains,
    "forest": _forest,
    "farmland": _farmland,
    "town": _town,
    "desert": _desert,
    "snow": _snow,
}
