"""Skies: gradient, sun, moon, stars and clouds."""

from __future__ import annotations

import numpy as np

from .canvas import Canvas, Point, colour, mix
from .description import Label, Scene
from .palette import LIGHTS, varied

SUN_SIZES = (0.055, 0.085)
MOON_SIZES = (0.07, 0.105)


def draw_sky(canvas: Canvas, scene: Scene, horizon: float, orb: Point, rng: np.random.Generator) -> None:
    """Fill the frame down to `horizon` (unit height); `orb` is where the sun or the moon stands."""
    light = LIGHTS[scene.time]
    zenith, middle, low = (varied(rng, tone) for tone in (light.zenith, light.middle, light.horizon))
    height = np.clip(canvas.y / horizon, 0, 1)[..., None]
    upper = zenith + (middle - zenith) * np.clip(height / 0.6, 0, 1)
    canvas.rgb[:] = upper + (low - middle) * np.clip((height - 0.6) / 0.4, 0, 1)
    if scene.stars:
        _stars(canvas, horizon, rng)
    if scene.sun:
        _sun(canvas, scene.time, orb, rng)
    if scene.moon:
        _moon(canvas, scene, orb, rng)
    for index in range(scene.clouds):
        _cloud(canvas, scene, horizon, index, rng)


def _stars(canvas: Canvas, horizon: float, rng: np.random.Generator) -> None:
    count = int(rng.integers(25, 60))
    xs, ys = rng.uniform(0, 1, count), rng.uniform(0, horizon * 0.95, count)
    radii = rng.uniform(0.003, 0.0065, count)
    boxes = [(x - r, y - r, x + r, y + r) for x, y, r in zip(xs, ys, radii, strict=True)]
    canvas.paint(canvas.ellipses(boxes), (0.95, 0.95, 1.0), lit=False)


def _sun(canvas: Canvas, time: str, orb: Point, rng: np.random.Generator) -> None:
    tone = {"sunset": (1.0, 0.80, 0.42), "dawn": (1.0, 0.93, 0.72)}.get(time, (1.0, 0.98, 0.84))
    radius = float(rng.uniform(*SUN_SIZES))
    canvas.glow(orb, radius * 3.5, tone, 0.35)
    disc = canvas.ellipses([(orb[0] - radius, orb[1] - radius, orb[0] + radius, orb[1] + radius)])
    canvas.paint(disc, mix(colour(tone), colour((1, 1, 1)), 0.35), Label.SUN, lit=False)


def _moon(canvas: Canvas, scene: Scene, orb: Point, rng: np.random.Generator) -> None:
    radius = float(rng.uniform(*MOON_SIZES))
    x, y = orb
    canvas.glow(orb, radius * 2.4, (0.55, 0.62, 0.8), 0.3)
    behind = canvas.rgb.copy()
    canvas.paint(
        canvas.ellipses([(x - radius, y - radius, x + radius, y + radius)]), (0.96, 0.95, 0.88), Label.MOON, lit=False
    )
    if scene.moon == "crescent":
        bite = canvas.ellipses([(x - radius * 0.45, y - radius * 1.05, x + radius * 1.45, y + radius * 0.85)])
        rows = slice(bite.top, bite.top + bite.coverage.shape[0])
        columns = slice(bite.left, bite.left + bite.coverage.shape[1])
        canvas.rgb[rows, columns] += bite.coverage[..., None] * (behind[rows, columns] - canvas.rgb[rows, columns])
        canvas.labels[rows, columns][bite.coverage > 0.5] = Label.SKY
        return
    for _ in range(3):
        cx, cy = x + rng.uniform(-0.5, 0.5) * radius, y + rng.uniform(-0.5, 0.5) * radius
        size = radius * rng.uniform(0.12, 0.26)
        canvas.paint(canvas.ellipses([(cx - size, cy - size, cx + size, cy + size)]), (0.84, 0.83, 0.77), lit=False)


def _cloud(canvas: Canvas, scene: Scene, horizon: float, index: int, rng: np.random.Generator) -> None:
    light = LIGHTS[scene.time]
    width = rng.uniform(0.22, 0.42)
    x = (index + rng.uniform(0.1, 0.9)) / max(1, scene.clouds)
    y = rng.uniform(0.10, max(0.14, horizon * 0.62))
    puffs = []
    for step in np.linspace(-0.5, 0.5, 5):
        size = width * (0.24 - 0.22 * abs(step)) * rng.uniform(0.85, 1.2)
        cx = x + step * width * 0.85
        puffs.append((cx - size, y - size * 0.95, cx + size, y + size * 0.55))
    canvas.paint(
        canvas.ellipses(puffs),
        varied(rng, light.cloud, 0.02),
        Label.CLOUD,
        end=light.cloud_base,
        lit=False,
        opacity=0.95,
    )
