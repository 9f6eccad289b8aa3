"""What lies over a terrain: a road, a river, a lake, patches of snow, boats, bridges. Each notes how much of it can be seen."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from training.world.fields import blur, edge, fbm, lines, meander, noise, pieces, quantile, smoothstep, strokes

from .built import boats, streets_at_night
from .land import Land, shore_distance, water


def river(land: Land) -> None:
    """A stream through the land, in a bed of its own."""
    sheet = land.sheet
    parts = sheet.each(
        lambda rng: pieces(meander(rng, rng.uniform(0.9, 1.8), rng.uniform(0.5, 1.2)), rng.uniform(0.032, 0.05))
    )
    at = (sheet.x + 0.005 * noise(sheet, 14), sheet.y + 0.005 * noise(sheet, 14))
    course = strokes(sheet, parts, at)
    land.height = land.height * smoothstep(0.0, 0.08, course)
    bank = edge(course - 0.012 - 0.004 * noise(sheet, 20), sheet.px)
    land.clear(bank)
    land.lay(bank, (0.52, 0.55, 0.32), amount=0.7)
    inside = edge(course, sheet.px)
    water(land, inside, 0.3 - course / 0.025, "river")
    land.lamps = land.lamps * (1 - inside)
    land.share("river", inside)


def lake(land: Land) -> None:
    """A lake in the land, anywhere in the frame."""
    sheet = land.sheet
    angle = sheet.level(0, math.pi)
    u, v = sheet.x - sheet.level(0.2, 0.8), sheet.y - sheet.level(0.2, 0.8)
    u, v = u * torch.cos(angle) + v * torch.sin(angle), v * torch.cos(angle) - u * torch.sin(angle)
    level = (torch.hypot(u, v * sheet.level(1.2, 1.9)) - sheet.level(0.15, 0.22) + 0.05 * fbm(sheet, 4, 5)) * 5
    shore = shore_distance(level, sheet)
    land.height = land.height * smoothstep(0.0, 0.12, shore)
    bank = edge(shore - 0.012, sheet.px)
    land.clear(bank)
    land.lay(bank, (0.66, 0.62, 0.44), amount=0.6)
    inside = edge(shore, sheet.px)
    water(land, inside, -shore / 0.07, "lake", 0.01)
    land.lamps = land.lamps * (1 - inside)
    land.share("lake", inside)


def road(land: Land) -> None:
    """A road across the land; over water it is a bridge."""
    sheet = land.sheet
    parts = sheet.each(lambda rng: pieces(meander(rng, rng.uniform(0.4, 0.9), rng.uniform(0.2, 0.7)), 0.020))
    way = lines(sheet, parts)
    wet = land.at("water")
    there = (blur(wet, 0.22) < 0.62).float()  # no road leads out to sea
    inside = edge(way.distance, sheet.px) * there
    side = edge(way.distance - 0.006, sheet.px) * there * (1 - wet)
    land.clear(edge(way.distance - 0.008, sheet.px) * there)
    land.lay(side, (0.72, 0.66, 0.54), amount=0.7)
    over = inside * wet
    land.lay(inside, (0.50, 0.49, 0.48), "road")
    land.lay(inside * edge(way.side.abs() - 0.0016, sheet.px), (0.90, 0.88, 0.80), amount=0.7)
    land.lay(over * edge((way.distance + 0.003).abs() - 0.002, sheet.px), (0.86, 0.84, 0.78))
    land.tall = torch.maximum(land.tall, over * 0.014)
    streets_at_night(land, 0.35 * inside)
    land.share("road", inside * (1 - wet))
    land.share("bridge", over)


def snow_patches(land: Land) -> None:
    """Snow that stays on the heights and in hollows."""
    sheet = land.sheet
    high = land.height - quantile(land.height, 0.62)
    spread = (quantile(land.height, 0.95) - quantile(land.height, 0.5)).clamp(min=0.01)
    snow = smoothstep(0.0, 0.25, high / spread - 0.2 + 0.45 * fbm(sheet, 8, 5)) * (1 - land.at("water"))
    land.lay(snow, (0.95, 0.97, 1.0), "snow")
    land.clear(snow)
    land.share("snow patches", snow)


DRAW: dict[str, Callable[[Land], None]] = {
    "snow patches": snow_patches,
    "river": river,
    "lake": lake,
    "road": road,
    "boats": boats,
}
