"""What grows: forests, farmland, vineyards, terraces."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.world.fields import RGB, edge, expanded, fbm, noise, smoothstep, triangle, voronoi

from .land import SEASON_GRASS, Land, crowns, grain, meadow, seasonal, two_tone, water

CROPS: dict[str, tuple[RGB, ...]] = {
    "green": (
        (0.30, 0.47, 0.18), (0.42, 0.58, 0.24), (0.52, 0.64, 0.30), (0.23, 0.39, 0.17), (0.60, 0.66, 0.34), (0.36, 0.52, 0.26),
        (0.68, 0.66, 0.36), (0.50, 0.42, 0.28),
    ),
    "golden": (
        (0.84, 0.71, 0.34), (0.88, 0.78, 0.46), (0.76, 0.62, 0.29), (0.80, 0.72, 0.48), (0.70, 0.57, 0.30), (0.90, 0.81, 0.42),
        (0.60, 0.58, 0.30), (0.74, 0.66, 0.42),
    ),
    "ploughed": (
        (0.42, 0.29, 0.20), (0.50, 0.36, 0.25), (0.34, 0.24, 0.18), (0.57, 0.44, 0.32), (0.46, 0.31, 0.19), (0.62, 0.50, 0.37),
        (0.38, 0.42, 0.22), (0.30, 0.22, 0.17),
    ),
    "round": (
        (0.22, 0.44, 0.18), (0.34, 0.54, 0.22), (0.48, 0.60, 0.28), (0.62, 0.58, 0.32), (0.28, 0.38, 0.18), (0.72, 0.62, 0.42),
    ),
}  # fmt: skip
JUNGLE: tuple[RGB, ...] = (
    (0.13, 0.33, 0.12), (0.20, 0.42, 0.14), (0.10, 0.27, 0.12), (0.30, 0.50, 0.18), (0.16, 0.36, 0.20), (0.40, 0.52, 0.20),
)  # fmt: skip
AUTUMN: tuple[RGB, ...] = (
    (0.86, 0.48, 0.12), (0.78, 0.30, 0.10), (0.90, 0.66, 0.18), (0.62, 0.18, 0.12), (0.70, 0.52, 0.16), (0.44, 0.42, 0.16),
    (0.88, 0.56, 0.16),
)  # fmt: skip
CONIFER: tuple[RGB, ...] = ((0.09, 0.21, 0.14), (0.12, 0.27, 0.16), (0.07, 0.17, 0.13), (0.16, 0.30, 0.18))


def colours(land: Land, table: tuple[RGB, ...], spread: float = 0.03) -> Tensor:
    """A palette a picture, (n, k, 3), slightly its own."""
    sheet = land.sheet
    base = torch.tensor(table, device=sheet.device)
    return (base * (1 + spread * sheet.normal(1, 3)) + spread * sheet.normal(len(table), 3)).clamp(0, 1)


def choose(table: Tensor, chance: Tensor) -> Tensor:
    """Of a palette (n, k, 3) and numbers (n, cells) from 0 to 1: a colour a cell, (n, cells, 3)."""
    index = (chance * table.shape[1]).long().clamp(max=table.shape[1] - 1)
    return table.gather(1, index[..., None].expand(-1, -1, 3))


def forest(land: Land, variant: str) -> None:
    """Trees crown by crown, with a few clearings."""
    sheet = land.sheet
    land.height = land.height + 0.03 * fbm(sheet, 2, 4)
    meadow(land, trees=0.0)
    opening = smoothstep(-2.0, -1.85, noise(sheet, 5) + 0.3 * noise(sheet, 18))
    if variant == "conifer":
        crowns(land, opening, 30, shape="pointed", palette=colours(land, CONIFER), radius=0.66)
    elif variant == "broadleaf":
        crowns(land, opening, 19, radius=0.70)
        crowns(land, opening, 34, keep=0.35, radius=0.6, label="")
    elif variant == "autumn":
        crowns(land, opening, 20, palette=colours(land, AUTUMN), radius=0.70)
        crowns(land, opening, 34, keep=0.35, palette=colours(land, AUTUMN), radius=0.6, label="")
    else:
        crowns(land, sheet.constant(1.0), 24, palette=colours(land, JUNGLE), radius=0.72)
        crowns(land, sheet.constant(1.0), 11, keep=0.35, palette=colours(land, JUNGLE), radius=0.6, label="")
        crowns(land, sheet.constant(1.0), 38, keep=0.4, palette=colours(land, JUNGLE), radius=0.6, label="")
    leaves = 1 + 0.10 * noise(sheet, 90) + 0.05 * noise(sheet, 50)
    land.shade(leaves)
    land.tall = land.tall + 0.0012 * noise(sheet, 100) * (land.tall > 0)
    grain(land, 0.03)


def patchwork(land: Land, variant: str) -> None:
    """Fields between hedges, each with its crop and the direction of its furrows."""
    sheet = land.sheet
    angle = sheet.level(0, math.pi)
    cos, sin = torch.cos(angle), torch.sin(angle)
    bend_x, bend_y = 0.045 * noise(sheet, 2), 0.045 * noise(sheet, 2)
    x, y = sheet.x - 0.5 + bend_x, sheet.y - 0.5 + bend_y
    u, v = x * cos + y * sin, y * cos - x * sin
    # From old crooked parcels to long straight strips, by lot.
    order = sheet.level(0, 1)
    at = (u * sheet.level(0.5, 0.9) + 0.5, v * sheet.level(0.9, 1.35) + 0.5)
    cells = voronoi(sheet, 6, 0.30 + 0.55 * smoothstep(0.2, 0.8, order), at=at)
    palette = colours(land, CROPS[variant])
    tone = cells.pick_colour(choose(palette, sheet.uniform(0, 1, cells.count)))
    turn = cells.pick(sheet.uniform(0, 1, cells.count).mul(4).floor().mul(math.pi / 4))
    spacing = cells.pick(sheet.uniform(38, 70, cells.count))
    strength = cells.pick(sheet.uniform(0.02, 0.13, cells.count))
    furrow = triangle((u * torch.cos(turn) + v * torch.sin(turn)) * spacing) - 0.5
    rough = fbm(sheet, 7, 5, 0.6)
    winter = torch.tensor([season == "winter" for season in land.season], device=sheet.device).float()[:, None, None]
    land.lay(sheet.constant(1.0), tone * (1 + strength * 2 * furrow + 0.035 * rough)[:, None], "field")
    wide = cells.pick(sheet.uniform(0.0, 1.0, cells.count))
    verge = edge(cells.border / 6 - 0.004, sheet.px)
    light, dark = seasonal(land, SEASON_GRASS)
    land.lay(verge, two_tone(0.4 + 0.2 * rough, dark, light), "grass")
    path = edge(cells.border / 6 - 0.0032, sheet.px) * (wide > 0.6)
    land.lay(path, (0.74, 0.66, 0.50), "road")
    hedge = smoothstep(0.011, 0.007, cells.border / 6) * (wide <= 0.6) * (noise(sheet, 9) > -0.5)
    crowns(land, hedge, 62, label="", radius=0.7)
    snow = winter * smoothstep(-0.6, 0.6, rough + 0.4 + furrow)
    land.lay(snow, (0.92, 0.94, 0.97), amount=0.85)
    copse = smoothstep(1.75, 1.85, noise(sheet, 4) + 0.25 * noise(sheet, 16))
    crowns(land, copse, 36)
    land.height = land.height + 0.010 * fbm(sheet, 2, 3) + 0.0006 * furrow * strength * 8


def farmland(land: Land, variant: str) -> None:
    if variant == "round":
        _pivots(land)
    else:
        patchwork(land, variant)
    grain(land, 0.014)


def _pivots(land: Land) -> None:
    """Fields watered by arms that turn about their middle, in dry country."""
    sheet = land.sheet
    dry = torch.tensor((0.80, 0.70, 0.52), device=sheet.device) * (1 + 0.05 * sheet.normal(3))
    rough = fbm(sheet, 6, 6, 0.6)
    land.lay(sheet.constant(1.0), dry[:, :, None, None] * (1 + 0.06 * rough)[:, None], "sand")
    count = sheet.level(2.6, 4.6)
    u, v = expanded(sheet.x * count + sheet.level(), sheet.y * count + sheet.level())
    column, row = torch.floor(u), torch.floor(v)
    du, dv = u - column - 0.5, v - row - 0.5
    index = (row * 8 + column).long().flatten(1)
    table = sheet.uniform(0, 1, 64, 4)
    chance, inner, turn, cut = (table[..., k].gather(1, index).view_as(du) for k in range(4))
    palette = choose(colours(land, CROPS["round"]), table[..., 0])
    other = choose(colours(land, CROPS["round"]), table[..., 1])
    away, angle = torch.hypot(du, dv), torch.atan2(dv, du)
    first, second = (
        torch.stack([c[..., k].gather(1, index).view_as(du) for k in range(3)], 1) for c in (palette, other)
    )
    sector = (torch.remainder(angle / (2 * math.pi) + turn, 1) < 0.2 + 0.6 * cut) & (cut > 0.45)
    tone = torch.where(sector[:, None], second, first)
    rings = triangle(away * 22) - 0.5
    spoke = edge((torch.remainder(angle + turn * 6.28, 2 * math.pi) - math.pi).abs() * away / count - 0.0012, sheet.px)
    radius = 0.40 + 0.06 * inner
    crop = edge((away - radius) / count, sheet.px) * (chance > 0.08)
    land.lay(crop, tone * (1 + 0.10 * rings + 0.06 * rough)[:, None], "field")
    land.lay(crop * spoke, (0.85, 0.82, 0.72), amount=0.7)
    road = edge((0.5 - torch.maximum(du.abs(), dv.abs())) / count - 0.0035, sheet.px)
    land.lay(road, (0.88, 0.80, 0.64), "road")


def vineyard(land: Land, variant: str) -> None:
    """Parcels of vines in rows, with tracks and a house."""
    sheet = land.sheet
    angle = sheet.level(0, math.pi)
    x, y = sheet.x - 0.5 + 0.03 * noise(sheet, 2), sheet.y - 0.5 + 0.03 * noise(sheet, 2)
    u, v = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    cells = voronoi(sheet, 3, 0.7, at=(u + 0.5, v + 0.5))
    land.height = 0.02 * fbm(sheet, 2, 3)
    soil = torch.tensor((0.68, 0.54, 0.39), device=sheet.device) * (1 + 0.06 * sheet.normal(3))
    land.lay(sheet.constant(1.0), soil[:, :, None, None] * (1 + 0.06 * fbm(sheet, 8, 5))[:, None], "field")
    turn = cells.pick(sheet.uniform(-0.7, 0.7, cells.count))
    rows = 34.0
    across = u * torch.cos(turn) + v * torch.sin(turn)
    wave = torch.cos(across * rows * 2 * math.pi)
    leafy = {
        "": (0.30, 0.47, 0.17),
        "spring": (0.46, 0.62, 0.24),
        "summer": (0.26, 0.44, 0.16),
        "autumn": (0.78, 0.42, 0.12),
    }
    base = torch.tensor([leafy.get(season, leafy[""]) for season in land.season], device=sheet.device)
    vine = (base * (1 + 0.05 * sheet.normal(3)))[:, :, None, None]
    tint = cells.pick(sheet.uniform(0.85, 1.15, cells.count)) * (1 + 0.14 * noise(sheet, 80) + 0.06 * fbm(sheet, 6, 3))
    bush = smoothstep(-0.15, 0.35, wave + 0.3 * noise(sheet, 90))
    land.lay(bush, vine * tint[:, None], "field")
    land.tall = torch.maximum(land.tall, 0.009 * bush)
    border = cells.border / 3
    verge = edge(border - 0.013, sheet.px)
    light, dark = seasonal(land, SEASON_GRASS)
    land.clear(verge)
    land.lay(verge, two_tone(0.5 + 0.3 * noise(sheet, 30), dark, light), "grass")
    land.lay(edge(border - 0.0055, sheet.px), (0.84, 0.76, 0.60), "road")
    crowns(land, verge * (noise(sheet, 7) > 0.9) * (border > 0.007), 40, label="")
    grain(land, 0.014)


def terraces(land: Land, variant: str) -> None:
    """Steps along the contours of a hill, green or flooded for rice."""
    sheet = land.sheet
    hill = fbm(sheet, 2, 4, 0.42)
    steps = hill * 6 + 0.1 * noise(sheet, 10) + sheet.level(0, 1)
    level = torch.floor(steps)
    part = steps - level
    land.height = 0.0125 * (level + smoothstep(0.86, 1.0, part))
    table = sheet.uniform(0, 1, 128)
    # A terrace is cut into paddies: each has its own colour.
    lots = voronoi(sheet, 7, 0.9, borders=True)
    index = torch.remainder(level.long() * 37 + lots.index * 11, 128)
    chance = table.gather(1, index.flatten(1)).view_as(hill)
    rise = smoothstep(0.82, 0.90, part)
    ridge = edge(lots.border / 7 - 0.0035, sheet.px)
    light, dark = seasonal(land, SEASON_GRASS)
    if variant == "green":
        fresh = torch.tensor((0.58, 0.74, 0.24), device=sheet.device) * (1 + 0.06 * sheet.normal(3))
        deep = torch.tensor((0.25, 0.50, 0.16), device=sheet.device) * (1 + 0.06 * sheet.normal(3))
        stripes = 0.10 * (triangle(part * 4) - 0.5)
        land.lay(sheet.constant(1.0), two_tone(chance + stripes + 0.10 * fbm(sheet, 12, 4), deep, fresh), "field")
    else:
        sky = torch.tensor((0.70, 0.80, 0.86), device=sheet.device) * (1 + 0.03 * sheet.normal(3))
        mud = torch.tensor((0.30, 0.42, 0.46), device=sheet.device) * (1 + 0.06 * sheet.normal(3))
        mirror = 0.25 + 0.5 * chance + 0.16 * noise(sheet, 3) + 0.04 * noise(sheet, 16)
        water(land, sheet.constant(1.0), sheet.constant(0.5), "silt")
        land.lay(sheet.constant(1.0), two_tone(mirror, mud, sky), "water")
        land.height = 0.0125 * (level + smoothstep(0.86, 1.0, part))
        land.lay(smoothstep(0.78, 0.9, chance), two_tone(0.6 + 0.2 * noise(sheet, 60), dark, light), "field", 0.85)
    bank = torch.maximum(rise, ridge)
    land.lay(bank, two_tone(0.35 + 0.2 * noise(sheet, 40), dark * 0.8, light * 0.8), "grass")
    land.lay(rise * (1 - smoothstep(0.88, 0.95, part)), (0.45, 0.36, 0.24), amount=0.35)
    crowns(land, smoothstep(1.9, 2.0, noise(sheet, 5) + 0.3 * noise(sheet, 20)), 34)
    grain(land, 0.012)
