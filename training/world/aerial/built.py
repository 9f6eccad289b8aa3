"""What people built: towns, cities, villages, roads, harbours, airports."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.world.fields import (
    RGB,
    Boxes,
    Points,
    blur,
    boxes,
    edge,
    fbm,
    lines,
    lookup,
    meander,
    noise,
    pieces,
    ramp,
    smoothstep,
    strokes,
    triangle,
    voronoi,
)

from .fieldwork import choose, colours, patchwork
from .land import SEASON_GRASS, Land, bare, crowns, grain, meadow, seasonal, two_tone, water, woods
from .shores import DRY, SNOWS, river_parts

ROOFS: tuple[RGB, ...] = (
    (0.68, 0.34, 0.25), (0.60, 0.28, 0.21), (0.74, 0.42, 0.30), (0.52, 0.36, 0.30), (0.46, 0.46, 0.48), (0.34, 0.36, 0.40),
    (0.66, 0.55, 0.44), (0.80, 0.76, 0.70), (0.40, 0.28, 0.24),
)  # fmt: skip
TILES: tuple[RGB, ...] = (
    (0.76, 0.40, 0.25), (0.70, 0.34, 0.22), (0.82, 0.48, 0.31), (0.64, 0.31, 0.22), (0.78, 0.54, 0.38), (0.58, 0.36, 0.28),
)  # fmt: skip
FLATS: tuple[RGB, ...] = (
    (0.62, 0.61, 0.60), (0.76, 0.75, 0.72), (0.48, 0.49, 0.51), (0.84, 0.82, 0.78), (0.55, 0.50, 0.45), (0.38, 0.41, 0.45),
    (0.68, 0.62, 0.54), (0.36, 0.50, 0.56),
)  # fmt: skip
BOATS: tuple[RGB, ...] = (
    (0.95, 0.95, 0.93),
    (0.90, 0.90, 0.88),
    (0.80, 0.25, 0.20),
    (0.20, 0.38, 0.62),
    (0.93, 0.86, 0.66),
)
CARS: tuple[RGB, ...] = (
    (0.92, 0.92, 0.92),
    (0.14, 0.14, 0.16),
    (0.72, 0.16, 0.14),
    (0.20, 0.34, 0.62),
    (0.60, 0.62, 0.64),
    (0.88, 0.78, 0.30),
)
ASPHALT = (0.37, 0.37, 0.39)
PAVEMENT = (0.66, 0.64, 0.60)


@dataclass
class Grid:
    """A turned street grid: distance to the street's edge, and each lot's own place, half sizes, and numbers."""

    street: Tensor  # negative on the street
    middle: Tensor  # distance from the middle of the nearest street
    lot_u: Tensor  # from the middle of the lot, frame units
    lot_v: Tensor
    half_u: Tensor
    half_v: Tensor
    block: tuple[Tensor, Tensor]
    lot: tuple[Tensor, Tensor]
    along: Tensor  # the coordinate along the nearest street


def street_grid(land: Land, block: tuple[float, float], lots: tuple[int, int], street: float) -> Grid:
    sheet = land.sheet
    angle = sheet.level(0, math.pi / 2)
    bend = 0.012 * noise(sheet, 2)
    x, y = sheet.x - 0.5 + sheet.level() + bend, sheet.y - 0.5 + sheet.level() + bend
    u, v = x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)
    wide, high = block[0] * sheet.level(0.85, 1.2), block[1] * sheet.level(0.85, 1.2)
    column, row = torch.floor(u / wide), torch.floor(v / high)
    inner_u, inner_v = u - (column + 0.5) * wide, v - (row + 0.5) * high
    room_u, room_v = wide / 2 - inner_u.abs(), high / 2 - inner_v.abs()
    middle = torch.minimum(room_u, room_v)
    along = torch.where(room_u < room_v, v, u)
    span_u, span_v = (wide - street) / lots[0], (high - street) / lots[1]
    lot_column = torch.floor((inner_u + (wide - street) / 2) / span_u).clamp(0, lots[0] - 1)
    lot_row = torch.floor((inner_v + (high - street) / 2) / span_v).clamp(0, lots[1] - 1)
    lot_u = inner_u + (wide - street) / 2 - (lot_column + 0.5) * span_u
    lot_v = inner_v + (high - street) / 2 - (lot_row + 0.5) * span_v
    lot = (column * lots[0] + lot_column, row * lots[1] + lot_row)
    shape = middle.shape
    return Grid(
        middle - street / 2,
        middle,
        lot_u,
        lot_v,
        (span_u / 2).expand(shape),
        (span_v / 2).expand(shape),
        (column, row),
        lot,
        along,
    )


def pick_colour(table: Tensor, lot: tuple[Tensor, Tensor]) -> Tensor:
    """A colour a lot from a table (n, k * k, 3)."""
    return torch.stack([lookup(table[..., channel], *lot) for channel in range(3)], 1)


def roof(land: Land, distance: Tensor, ridge: Tensor, colour: Tensor, wall: float | Tensor, pitch: float) -> None:
    """A building where `distance` is negative; the roof rises towards `ridge` = 1 (0 at the eaves)."""
    inside = edge(distance, land.sheet.px)
    land.lay(inside, colour, "town")
    land.tall = torch.where(inside > 0.5, wall + pitch * ridge.clamp(0, 1), land.tall)


def streets_at_night(land: Land, spots: Tensor, strength: float = 1.0) -> None:
    land.lamps = torch.maximum(land.lamps, spots * strength)


def town(land: Land, variant: str) -> None:
    if variant == "old":
        _old_town(land)
    else:
        _grid_town(land, with_river=variant == "river")
    grain(land, 0.014)


def _grid_town(land: Land, with_river: bool) -> None:
    sheet = land.sheet
    grid = street_grid(land, (0.24, 0.15), (4, 2), 0.026)
    side = 48
    dice = sheet.uniform(0, 1, side * side, 6)
    chance, large, offset_u, offset_v, tone = (lookup(dice[..., k].contiguous(), *grid.lot) for k in range(5))
    park = lookup(dice[..., 5].contiguous(), *grid.block) < 0.09
    light, dark = seasonal(land, SEASON_GRASS)
    land.lay(sheet.constant(1.0), two_tone(0.45 + 0.25 * fbm(sheet, 16, 4) + 0.4 * (tone - 0.5), dark, light), "town")
    yard = (chance > 0.8) & ~park
    land.lay(yard.float(), PAVEMENT, "town", 0.75)
    walk = edge(grid.street - 0.004, sheet.px)
    house_u = grid.lot_u - (offset_u - 0.5) * grid.half_u * 0.35
    house_v = grid.lot_v - (offset_v - 0.5) * grid.half_v * 0.35
    half_u, half_v = grid.half_u * (0.46 + 0.26 * large), grid.half_v * (0.42 + 0.26 * offset_u)
    distance = torch.maximum(house_u.abs() - half_u, house_v.abs() - half_v)
    distance = torch.where((chance < 0.07) | park, torch.full_like(distance, 1.0), distance)
    crowns(land, (1 - walk) * (distance > 0.006) * ~park, 46, keep=0.30, label="", radius=0.5)
    crowns(land, (1 - walk) * park, 30, keep=0.6, radius=0.62)
    palette = choose(colours(land, ROOFS), sheet.uniform(0, 1, side * side))
    long = half_u > half_v
    ridge = torch.where(long, 1 - house_v.abs() / half_v, 1 - house_u.abs() / half_u)
    roof(land, distance, ridge, pick_colour(palette, grid.lot), 0.010 + 0.006 * tone, 0.012)
    land.clear(walk)
    land.lay(walk, (0.72, 0.70, 0.66), "road")
    _asphalt(land, grid.street, grid.middle, grid.along, lamps=0.10)
    if with_river:
        course = strokes(sheet, river_parts(land, (0.7, 1.2), (0.35, 0.8), (0.10, 0.15)))
        wide_street = (torch.remainder(grid.block[0], 2) == 0) | (torch.remainder(grid.block[1], 2) == 0)
        bridge = edge(grid.street - 0.002, sheet.px) * wide_street
        quay = edge(course - 0.014, sheet.px) * (1 - bridge)
        land.clear(quay)
        land.lay(quay, (0.74, 0.71, 0.65), "road")
        inside = edge(course, sheet.px)
        open_water = inside * (1 - bridge)
        land.lamps = land.lamps * (1 - inside)
        water(land, open_water, 0.4 - course / 0.05, "lake")
        over = inside * bridge
        land.lay(over * edge(-grid.street - 0.002, sheet.px), (0.80, 0.78, 0.73), "road", 0.8)
        land.tall = torch.maximum(land.tall, over * 0.012)
        land.share("bridge", over)
        land.share("river", open_water)


def _asphalt(land: Land, street: Tensor, middle: Tensor, along: Tensor, lamps: float) -> None:
    """Streets where `street` is negative, with a dashed line in the middle, cars and lamps."""
    sheet = land.sheet
    inside = edge(street, sheet.px)
    land.clear(inside)
    land.lay(
        inside,
        torch.tensor(ASPHALT, device=sheet.device)[None, :, None, None] * (1 + 0.05 * noise(sheet, 60))[:, None],
        "road",
    )
    dash = edge(middle - 0.0012, sheet.px) * smoothstep(0.45, 0.55, triangle(along * 40))
    land.lay(inside * dash, (0.88, 0.88, 0.84), amount=0.7)
    place = triangle(along / lamps)
    spots = torch.exp(-(((street + 0.002) / 0.012) ** 2)) * torch.exp(-(((place * lamps / 2) / 0.016) ** 2))
    streets_at_night(land, 0.18 * inside + 0.8 * spots)


def _old_town(land: Land) -> None:
    """Narrow crooked streets, tiled roofs wall to wall, courts inside, a square with a church."""
    sheet = land.sheet
    at = (sheet.x + 0.02 * noise(sheet, 4), sheet.y + 0.02 * noise(sheet, 4))
    blocks = voronoi(sheet, 6, 0.85, at=at)
    houses = voronoi(sheet, 24, 0.75)
    gap = blocks.border / 6
    court = smoothstep(0.050, 0.056, gap)
    chance = blocks.pick(sheet.uniform(0, 1, blocks.count))
    square = (chance < 0.06).float()
    green = blocks.pick(sheet.uniform(0, 1, blocks.count)) < 0.35
    light, dark = seasonal(land, SEASON_GRASS)
    stone = torch.tensor((0.78, 0.71, 0.60), device=sheet.device) * (1 + 0.04 * sheet.normal(3))
    paving = stone[:, :, None, None] * (1 + 0.05 * fbm(sheet, 20, 4))[:, None]
    land.lay(sheet.constant(1.0), paving, "road")
    land.lay(court * green, two_tone(0.5 + 0.2 * noise(sheet, 30), dark, light), "town")
    crowns(land, court * green, 40, keep=0.5, label="")
    street = torch.maximum(0.008 - gap, torch.maximum((gap - 0.052), 0.0012 - houses.border / 24))
    street = torch.maximum(street, square * 0.05 - 0.02)
    tile = houses.pick_colour(choose(colours(land, TILES), sheet.uniform(0, 1, houses.count)))
    turn = houses.pick(sheet.uniform(0, math.pi, houses.count))
    across = houses.across * torch.cos(turn) + houses.down * torch.sin(turn)
    rows = 1 + 0.06 * (triangle(across * 7) - 0.5)
    wall = 0.018 + 0.012 * houses.pick(sheet.uniform(0, 1, houses.count))
    roof(land, street, 1 - 1.9 * across.abs(), tile * rows[:, None], wall, 0.010)
    crowns(land, square * edge(0.018 - gap, sheet.px), 40, keep=0.35, label="")

    def church(rng: np.random.Generator) -> Points:
        middle, angle = rng.uniform(0.2, 0.8, 2), rng.uniform(0, math.pi)
        return np.array([(*middle, 0.055, 0.020, angle, 0.0), (*middle, 0.018, 0.040, angle, 0.0)], np.float32)

    nave = boxes(sheet, sheet.each(church), 2)
    yard = edge(nave.distance - 0.028, sheet.px)
    land.clear(yard)
    land.lay(yard, paving, "road")
    cross = torch.minimum(nave.half_across, nave.half_down)
    over = torch.where(nave.half_across > nave.half_down, nave.down, nave.across).abs()
    slate = torch.tensor((0.46, 0.48, 0.52), device=sheet.device)[None, :, None, None].expand_as(land.colour)
    roof(land, nave.distance, 1 - over / cross, slate, 0.045, 0.022)
    lamp = torch.exp(-(((gap - 0.006) / 0.006) ** 2)) * smoothstep(
        0.75, 0.95, triangle((sheet.x + sheet.y) * 14)
    ) + 0.3 * edge(gap - 0.008, sheet.px)
    streets_at_night(land, lamp + 0.5 * yard * (1 - edge(nave.distance, sheet.px)))


def city(land: Land, variant: str) -> None:
    """Big blocks of towers whose shadows fall over the streets."""
    sheet = land.sheet
    grid = street_grid(land, (0.31, 0.24), (2, 2), 0.046)
    side = 32
    dice = sheet.uniform(0, 1, side * side, 8)
    chance, tall, size_u, size_v, kind, step = (lookup(dice[..., k].contiguous(), *grid.lot) for k in range(6))
    park = lookup(dice[..., 6].contiguous(), *grid.block) < 0.10
    light, dark = seasonal(land, SEASON_GRASS)
    land.lay(
        sheet.constant(1.0),
        torch.tensor(PAVEMENT, device=sheet.device)[None, :, None, None] * (1 + 0.05 * noise(sheet, 50))[:, None],
        "town",
    )
    green = park | (chance < 0.07)
    land.lay(
        green * edge(-grid.street + 0.006, sheet.px), two_tone(0.5 + 0.25 * fbm(sheet, 14, 4), dark, light), "grass"
    )
    crowns(land, green * edge(-grid.street + 0.012, sheet.px), 30, keep=0.7, radius=0.6)
    crowns(land, edge((grid.street - 0.008).abs() - 0.004, sheet.px), 40, keep=0.45, label="", radius=0.5)
    half_u, half_v = grid.half_u * (0.72 + 0.22 * size_u), grid.half_v * (0.72 + 0.22 * size_v)
    beyond_u, beyond_v = grid.lot_u.abs() - half_u, grid.lot_v.abs() - half_v
    distance = torch.maximum(beyond_u, beyond_v)
    ring = torch.minimum((grid.lot_u.abs() - half_u).abs(), (grid.lot_v.abs() - half_v).abs())
    distance = torch.where((kind > 0.85), torch.maximum(distance, -distance - 0.032), distance)
    distance = torch.where(green, torch.ones_like(distance), distance)
    high = 0.020 + 0.09 * tall**2
    palette = choose(colours(land, FLATS), sheet.uniform(0, 1, side * side))
    roofing = pick_colour(palette, grid.lot)
    roof(land, distance, torch.zeros_like(distance), roofing, high, 0.0)
    parapet = edge(distance, sheet.px) * edge(-distance - 0.004, sheet.px)
    land.lay(parapet, roofing * 1.22)
    # Setbacks: a narrower upper part on some towers, and machines on the flat roofs.
    upper = torch.maximum(grid.lot_u.abs() - half_u * 0.62, grid.lot_v.abs() - half_v * 0.62)
    upper = torch.where((step > 0.45) & (kind <= 0.85) & ~green, upper, torch.ones_like(upper))
    roof(land, upper, torch.zeros_like(upper), (roofing * 0.9 + 0.08).clamp(0, 1), high + 0.015 + 0.03 * tall, 0.0)
    machine = torch.maximum(
        (grid.lot_u - half_u * (size_v - 0.5) * 0.6).abs() - 0.010,
        (grid.lot_v - half_v * (size_u - 0.5) * 0.6).abs() - 0.007,
    )
    machine = torch.where((distance < 0) & (kind <= 0.85), machine, torch.ones_like(machine))
    machines = edge(machine, sheet.px)
    land.lay(machines, (0.80, 0.80, 0.80))
    land.tall = land.tall + 0.010 * machines
    _asphalt(land, grid.street, grid.middle, grid.along, lamps=0.08)
    lane = (grid.middle - 0.0105).abs()
    spot = torch.floor(grid.along / 0.022)
    there = lookup(dice[..., 7].contiguous(), spot + 7 * grid.block[0], spot + 5 * grid.block[1]) < 0.4
    car = edge(torch.maximum(lane - 0.0030, (grid.along / 0.022 - spot - 0.5).abs() * 0.022 - 0.0062), sheet.px) * there
    paint = pick_colour(choose(colours(land, CARS), sheet.uniform(0, 1, side * side)), (spot, spot + 3 * grid.block[0]))
    land.lay(car, paint)
    windows = (ring < 0.004) & (distance.abs() < 0.004)
    streets_at_night(land, windows * 0.6 + 0.25 * machines)


def village(land: Land, variant: str) -> None:
    """Houses along a road through the country."""
    sheet = land.sheet
    if variant == "farmland":
        patchwork(land, "green")
    elif variant == "snow":
        bare(land, SNOWS, "snow", 5)
        crowns(land, smoothstep(0.7, 0.9, fbm(sheet, 4, 4)), 42, keep=0.8, radius=0.5)
    else:
        meadow(land, trees=0.12)
        if variant == "forest":
            woods(land, smoothstep(-0.9, -0.7, fbm(sheet, 4, 4)))
    land.height = land.height + 0.012 * fbm(sheet, 2, 3)
    courses = [meander(rng, rng.uniform(0.5, 1.1), rng.uniform(0.25, 0.7), reach=0.12) for rng in sheet.generators]
    roads = strokes(sheet, torch.from_numpy(np.stack([pieces(course, 0.022) for course in courses])).to(sheet.device))
    stack = [_houses_along(course, rng) for course, rng in zip(courses, sheet.generators, strict=True)]
    houses = boxes(sheet, torch.from_numpy(np.stack(stack)).to(sheet.device), 4)
    cleared = smoothstep(0.065, 0.045, houses.distance + 0.008 * noise(sheet, 14))
    land.clear(cleared)
    light, dark = seasonal(land, SEASON_GRASS)
    if variant == "snow":
        land.lay(cleared, (0.90, 0.92, 0.95), "snow")
    else:
        land.lay(cleared, two_tone(0.6 + 0.2 * fbm(sheet, 12, 4), dark, light), "grass")
    crowns(land, cleared * (houses.distance > 0.008), 30, keep=0.20, label="", radius=0.55)
    land.lay(edge(houses.distance - 0.007, sheet.px), (0.72, 0.66, 0.54), amount=0.7)
    track = edge(roads, sheet.px)
    land.clear(track)
    land.lay(edge(roads - 0.004, sheet.px), (0.66, 0.60, 0.48), amount=0.7)
    land.lay(track, (0.52, 0.51, 0.50), "road")
    _box_roofs(land, houses, TILES if variant != "snow" else ROOFS, snowed=variant == "snow")
    # Two windows a house throw their light on the garden.
    window = torch.hypot(houses.across.abs() - houses.half_across * 0.4, houses.down.abs() - houses.half_down - 0.004)
    glow = torch.exp(-((window / 0.010) ** 2)) * (0.3 + houses.value)
    streets_at_night(land, 0.9 * glow + 0.25 * torch.exp(-((roads.clamp(min=0) / 0.01) ** 2)))
    land.share("road", track)


def _houses_along(course: Points, rng: np.random.Generator, most: int = 40) -> Points:
    """Boxes on both sides of a road inside the frame, none on another."""
    placed: list[tuple[float, ...]] = []
    for _ in range(260):
        if len(placed) == most:
            break
        spot = int(rng.integers(1, len(course) - 1))
        start, end = course[spot], course[spot + 1]
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        side = rng.choice((-1.0, 1.0)) * (rng.uniform(0.042, 0.062) if rng.random() < 0.65 else rng.uniform(0.06, 0.16))
        x, y = start[0] - math.sin(angle) * side, start[1] + math.cos(angle) * side
        if not (-0.02 < x < 1.02 and -0.02 < y < 1.02) or np.hypot(*(course - (x, y)).T).min() < 0.040:
            continue
        if any(math.hypot(x - other[0], y - other[1]) < 0.070 for other in placed):
            continue
        half = rng.uniform(0.022, 0.031)
        placed.append(
            (
                x,
                y,
                half,
                half * rng.uniform(0.6, 0.8),
                angle + rng.choice((0.0, math.pi / 2)) + rng.normal(0, 0.12),
                rng.random(),
            )
        )
    result = np.full((most, 6), 0.01, np.float32)
    result[:, 0] = 40.0
    result[: len(placed)] = np.array(placed, np.float32).reshape(-1, 6)
    return result


def _box_roofs(land: Land, houses: Boxes, palette: tuple[RGB, ...], snowed: bool = False) -> None:
    table = colours(land, palette)
    index = (houses.value * table.shape[1]).long().clamp(0, table.shape[1] - 1).flatten(1)
    colour = torch.stack([table[..., k].gather(1, index).view_as(houses.value) for k in range(3)], 1)
    if snowed:
        colour = colour * 0.25 + 0.70
    over = 1 - houses.down.abs() / houses.half_down
    rows = 1 + 0.05 * (triangle(houses.down * 190) - 0.5)
    roof(land, houses.distance, over, colour * rows[:, None], 0.016, 0.014)


def road(land: Land, variant: str) -> None:
    """A highway with its lines and cars through the country."""
    sheet = land.sheet
    if variant == "forest":
        meadow(land, trees=0.0)
        crowns(land, sheet.constant(1.0), 28, radius=0.66)
    elif variant == "desert":
        bare(land, DRY, "sand", 5)
        land.height = land.height + 0.012 * fbm(sheet, 3, 5)
        crowns(land, sheet.constant(1.0), 40, label="", keep=0.07, radius=0.35)
    else:
        meadow(land, trees=0.25)
    land.height = land.height + 0.008 * fbm(sheet, 2, 3)
    wide = 0.075
    way = lines(
        sheet,
        sheet.each(lambda rng: pieces(meander(rng, rng.uniform(0.4, 1.0), rng.uniform(0.15, 0.75), reach=0.15), wide)),
    )
    verge = edge(way.distance - 0.028 - 0.006 * noise(sheet, 10), sheet.px)
    land.clear(verge)
    land.height = torch.lerp(land.height, torch.full_like(land.height, 0.004), smoothstep(0.05, 0.0, way.distance))
    light, dark = seasonal(land, SEASON_GRASS)
    if variant == "desert":
        land.lay(verge, (0.84, 0.76, 0.60), amount=0.6)
    else:
        land.lay(verge, two_tone(0.6 + 0.2 * fbm(sheet, 14, 4), dark, light), "grass")
    land.lay(edge(way.distance - 0.005, sheet.px), (0.66, 0.61, 0.52), amount=0.8)
    asphalt = edge(way.distance, sheet.px)
    tone = 1 + 0.04 * noise(sheet, 40) - 0.08 * torch.exp(-(((way.side.abs() - 0.018) / 0.006) ** 2))
    land.lay(
        asphalt, torch.tensor((0.36, 0.36, 0.38), device=sheet.device)[None, :, None, None] * tone[:, None], "road"
    )
    dash = edge(way.side.abs() - 0.0022, sheet.px) * smoothstep(0.42, 0.52, triangle(way.along * 17))
    rim = edge((way.distance + 0.0055).abs() - 0.0014, sheet.px)
    land.lay((dash + rim).clamp(0, 1), (0.93, 0.92, 0.86))
    spacing = 0.085
    spot = torch.floor(way.along / spacing)
    lane = torch.sign(way.side)
    table = sheet.uniform(0, 1, 1024)
    there = lookup(table, spot, lane + 2) < 0.4
    ahead = (way.along / spacing - spot - 0.5) * spacing
    body = torch.maximum((way.side.abs() - 0.0185).abs() - 0.0062, ahead.abs() - 0.0135)
    car = edge(body, sheet.px) * there
    paint = pick_colour(choose(colours(land, CARS), sheet.uniform(0, 1, 1024)), (spot, lane + 2))
    glass = edge((ahead * lane - 0.003).abs() - 0.003, sheet.px)
    land.lay(car, torch.lerp(paint, torch.full_like(paint, 0.14), glass[:, None] * 0.75))
    land.tall = torch.maximum(land.tall, car * 0.006)
    beam = (
        torch.exp(-(((way.side.abs() - 0.0185) / 0.007) ** 2))
        * smoothstep(0.0, 0.012, ahead * -lane)
        * smoothstep(0.05, 0.015, ahead * -lane)
    )
    streets_at_night(land, beam * there + 0.12 * asphalt)
    land.share("road", asphalt)
    grain(land, 0.016)


def boats(land: Land, most: int = 6, moored: Tensor | None = None) -> None:
    """Boats with wakes on open water, or where `moored` boxes (n, k, 6) are."""
    sheet = land.sheet
    if moored is None:
        moored = _open_water(land, most)
    table = colours(land, BOATS)
    hull = boxes(sheet, moored, 3)
    shape = hull.down.abs() - hull.half_down * (1 - (hull.across / hull.half_across).clamp(-0.6, 1) ** 2)
    shape = torch.maximum(shape, hull.across.abs() - hull.half_across)
    index = (hull.value.clamp(0, 0.999) * table.shape[1]).long().flatten(1)
    colour = torch.stack([table[..., k].gather(1, index).view_as(shape) for k in range(3)], 1)
    inside = edge(shape, sheet.px)
    if most:
        behind = -hull.across - hull.half_across * 0.5
        arm = (hull.down.abs() - hull.half_down * 0.7 - 0.17 * behind.clamp(min=0)).abs()
        wake = smoothstep(0.005, 0.001, arm) * smoothstep(0.14, 0.0, behind) * (behind > 0)
        wake = wake + 0.6 * smoothstep(0.008, 0.002, hull.down.abs()) * smoothstep(0.09, 0.0, behind) * (behind > 0)
        land.lay((wake * land.at("water")).clamp(0, 1), (0.93, 0.96, 0.97), amount=0.65)
    land.lay(inside, colour, "water")
    deck = torch.maximum(
        (hull.across + hull.half_across * 0.2).abs() - hull.half_across * 0.35, hull.down.abs() - hull.half_down * 0.5
    )
    land.lay(edge(deck, sheet.px), (0.50, 0.40, 0.30))
    land.tall = torch.maximum(land.tall, inside * 0.008)
    streets_at_night(land, torch.exp(-((shape.clamp(min=0) / 0.012) ** 2)))
    land.share("boats", inside)


def _open_water(land: Land, most: int) -> Tensor:
    """Boxes of boats well inside the water, as many as find room; the others lie far off the frame."""
    sheet = land.sheet
    sea = land.at("water")
    ashore = blur(1 - sea, 0.10)
    spots = sheet.uniform(0.05, 0.95, 40, 2)
    index = (spots[..., 1] * sheet.size).long() * sheet.size + (spots[..., 0] * sheet.size).long()
    free = ashore.flatten(1).gather(1, index) < 0.001
    order = free.long().cumsum(1)
    wanted = sheet.uniform(2, most + 1, 1).floor()
    keep = free & (order <= wanted)
    half = sheet.uniform(0.018, 0.032, 40)
    x = torch.where(keep, spots[..., 0], torch.full_like(half, 40.0))
    return torch.stack((x, spots[..., 1], half, half * 0.36, sheet.uniform(0, 6.28, 40), sheet.uniform(0, 1, 40)), -1)


def _sheds(rng: np.random.Generator) -> Points:
    """Boxes of sheds in two rows behind the quay."""
    rows, at = [], -0.75
    while at < 0.75:
        half = rng.uniform(0.045, 0.085)
        rows.append((at + half, rng.uniform(0.115, 0.135), half, rng.uniform(0.040, 0.052), 0.0, rng.random()))
        at += 2 * half + rng.uniform(0.02, 0.06)
    at = -0.75
    while at < 0.75:
        half = rng.uniform(0.02, 0.04)
        rows.append((at + half, rng.uniform(0.30, 0.32), half, rng.uniform(0.025, 0.035), 0.0, rng.random()))
        at += 2 * half + rng.uniform(0.015, 0.05)
    return np.array((rows + [(40.0, 0, 0.01, 0.01, 0, 0)] * 60)[:60], np.float32)


def _piers(rng: np.random.Generator) -> tuple[Points, Points]:
    """Boxes of piers out from the quay, and of the boats that lie at them or come in."""
    wharves, moored, at = [], [], -0.62
    while at < 0.62:
        reach, half = rng.uniform(0.12, 0.30), rng.uniform(0.011, 0.015)
        wharves.append((at, reach / 2, half, reach / 2, 0.0, 0.0))
        for berth in np.arange(0.05, reach - 0.01, 0.034):
            for side in (-1, 1):
                if rng.random() < 0.72:
                    long = rng.uniform(0.018, 0.027)
                    moored.append(
                        (
                            at + side * (half + 0.004 + long),
                            berth,
                            long,
                            0.0085,
                            0.0 if side > 0 else math.pi,
                            rng.random(),
                        )
                    )
        at += rng.uniform(0.16, 0.22)
    for _ in range(3):
        long = rng.uniform(0.05, 0.075)
        moored.append(
            (rng.uniform(-0.5, 0.5), rng.uniform(0.40, 0.6), long, long * 0.2, rng.normal(0, 0.3), rng.random())
        )
    far = (40.0, 0.0, 0.01, 0.01, 0.0, 0.0)
    return np.array((wharves + [far] * 12)[:12], np.float32), np.array((moored + [far] * 110)[:110], np.float32)


def _mole(rng: np.random.Generator) -> Points:
    """A breakwater that bends around the piers."""
    along = np.linspace(-0.95, rng.uniform(-0.05, 0.25), 20)
    side = rng.choice((-1.0, 1.0))
    return pieces(np.stack((along * side, 0.50 - 0.22 * (along + 0.3).clip(0) ** 2), 1).astype(np.float32), 0.024)


def harbour(land: Land, variant: str) -> None:
    """A quay with sheds and cranes, piers with moored boats, a breakwater."""
    sheet = land.sheet
    turn = sheet.level(0, 4).floor() * (math.pi / 2) + sheet.level(-0.2, 0.2)
    x, y = sheet.x - 0.5, sheet.y - 0.5
    u, v = x * torch.cos(turn) + y * torch.sin(turn), y * torch.cos(turn) - x * torch.sin(turn)
    quay = sheet.level(-0.14, -0.04)
    notch = (triangle(u * sheet.level(0.8, 1.3) + sheet.level()) - 0.55) * 0.35
    distance = (
        quay - v + torch.where(notch > 0, torch.full_like(v, 0.05), torch.full_like(v, 0.0)) * -1
    )  # positive on land
    inland = smoothstep(0.30, 0.36, distance)
    light, dark = seasonal(land, SEASON_GRASS)
    concrete = torch.tensor((0.68, 0.66, 0.62), device=sheet.device) * (1 + 0.03 * sheet.normal(3))
    slab = 1 + 0.03 * fbm(sheet, 10, 5) - 0.10 * (triangle(u * 12) < 0.04) - 0.10 * (triangle(v * 12) < 0.04)
    land.lay(sheet.constant(1.0), concrete[:, :, None, None] * slab[:, None], "town")
    land.lay(inland, two_tone(0.5 + 0.2 * fbm(sheet, 12, 4), dark, light), "grass")
    crowns(land, inland, 32, keep=0.4, label="")
    lane = edge((distance - 0.235).abs() - 0.016, sheet.px)
    land.lay(lane, ASPHALT, "road")

    made = [_piers(rng) for rng in sheet.generators]
    wharves, moored = (torch.from_numpy(np.stack(part)).to(sheet.device) for part in zip(*made, strict=True))
    inside = edge(distance, sheet.px)
    depth = 0.35 + (-distance).clamp(min=0) * 1.1 + 0.05 * fbm(sheet, 4, 4)
    water(land, inside, depth, "temperate")
    _roofs_of_sheds(land, boxes(sheet, _placed(sheet.each(_sheds), turn, -quay, flip=True), 3), inside)
    dock = boxes(sheet, _placed(wharves, turn, quay), 2)
    wharf = edge(dock.distance, sheet.px) * inside
    land.lay(wharf, (0.66, 0.58, 0.46), "road")
    land.lay(wharf * (triangle(dock.down * 60) < 0.12), (0.52, 0.45, 0.35), amount=0.6)
    land.tall = torch.maximum(land.tall, wharf * 0.006)
    land.lay(edge((distance - 0.006).abs() - 0.006, sheet.px), (0.84, 0.82, 0.77), amount=0.8)
    boats(land, 0, _placed(moored, turn, quay))

    arm = strokes(sheet, sheet.each(_mole), (u + 0.002 * noise(sheet, 40), v - quay - 0.02))
    stones = edge(arm, sheet.px)
    rubble = voronoi(sheet, 60, 0.6, borders=False)
    land.lay(stones, ramp(rubble.nearest, ((0.0, (0.66, 0.63, 0.58)), (0.8, (0.36, 0.34, 0.32)))), "rock")
    land.tall = torch.maximum(land.tall, stones * 0.010)
    streets_at_night(
        land,
        torch.exp(-(((distance - 0.01) / 0.012) ** 2)) * (triangle(u * 9) > 0.8)
        + wharf * (triangle(dock.down * 12) > 0.85),
    )
    grain(land, 0.012)


def _placed(parts: Tensor, turn: Tensor, quay: Tensor, flip: bool = False) -> Tensor:
    """Boxes given along a quay (x along it, y out from it; landward with `flip`) as boxes of the frame."""
    u, v = parts[..., 0], (-1 if flip else 1) * (parts[..., 1] + quay[:, 0])
    cos, sin = torch.cos(turn[:, 0]), torch.sin(turn[:, 0])
    x, y = u * cos - v * sin + 0.5, u * sin + v * cos + 0.5
    return torch.stack((x, y, parts[..., 2], parts[..., 3], parts[..., 4] + turn[:, 0], parts[..., 5]), -1)


def _roofs_of_sheds(land: Land, sheds: Boxes, wet: Tensor) -> None:
    table = colours(
        land, ((0.72, 0.72, 0.70), (0.46, 0.54, 0.62), (0.66, 0.38, 0.30), (0.58, 0.60, 0.56), (0.80, 0.78, 0.72))
    )
    index = (sheds.value * 5).long().clamp(0, 4).flatten(1)
    colour = torch.stack([table[..., k].gather(1, index).view_as(wet) for k in range(3)], 1)
    ribs = 1 + 0.08 * (triangle(sheds.across * 60) - 0.5)
    roof(land, sheds.distance + wet, 1 - sheds.down.abs() / sheds.half_down, colour * ribs[:, None], 0.022, 0.010)


def airport(land: Land, variant: str) -> None:
    """Runways with their markings, taxiways, a terminal with planes."""
    sheet = land.sheet
    meadow(land, trees=0.0)
    mown = triangle(sheet.x * 3 + sheet.y * 11)
    land.shade(1 + 0.06 * (mown - 0.5))
    turn = sheet.level(0, 2 * math.pi)
    x, y = sheet.x - 0.5, sheet.y - 0.5
    u, v = x * torch.cos(turn) + y * torch.sin(turn), y * torch.cos(turn) - x * torch.sin(turn)
    runway, taxi, apron = sheet.level(-0.26, -0.16), 0.14, 0.26
    v = v - runway
    start = sheet.level(-0.62, -0.34)
    links = torch.minimum((u + 0.30).abs(), torch.minimum((u - 0.02).abs(), (u - 0.33).abs())) - 0.013
    link = torch.maximum(links, (v - apron / 2).abs() - apron / 2)
    strip = torch.maximum((v - taxi).abs() - 0.014, start - u)
    stand = torch.maximum((v - apron - 0.09).abs() - 0.09, (u - 0.02).abs() - 0.42)
    paved = torch.minimum(torch.minimum(strip, link), stand)
    cross_angle, cross_at = sheet.level(0.5, 1.0), sheet.level(-0.15, 0.15)
    other = (v * torch.cos(cross_angle) - (u - cross_at) * torch.sin(cross_angle)).abs() - 0.026
    second = torch.where((sheet.level() < 0.4) & (v < 0.09), other, torch.ones_like(v))
    field = torch.maximum(v.abs() - 0.036, start - u)
    concrete = torch.tensor((0.62, 0.62, 0.60), device=sheet.device)[None, :, None, None]
    asphalt = torch.tensor((0.30, 0.30, 0.32), device=sheet.device)[None, :, None, None]
    mottle = (1 + 0.05 * fbm(sheet, 10, 5))[:, None]
    land.lay(edge(torch.minimum(paved, second) - 0.007, sheet.px), (0.55, 0.52, 0.40), amount=0.6)
    land.lay(edge(paved, sheet.px), concrete * mottle, "road")
    land.lay(
        edge(stand, sheet.px) * ((triangle(u * 24) < 0.06) | (triangle(v * 24) < 0.06)), (0.50, 0.50, 0.49), amount=0.7
    )
    land.lay(edge(second, sheet.px), asphalt * 1.15 * mottle, "road")
    land.lay(edge(field, sheet.px), asphalt * mottle, "road")
    rubber = torch.exp(-(((u - start - 0.2) / 0.09) ** 2)) * torch.exp(-((v / 0.014) ** 2))
    land.lay(rubber * edge(field, sheet.px), (0.16, 0.16, 0.17), amount=0.6)
    ahead = u - start
    dash = edge(v.abs() - 0.0020, sheet.px) * (triangle(ahead * 11) > 0.42) * (ahead > 0.13)
    keys = edge((ahead - 0.055).abs() - 0.026, sheet.px) * (triangle(v * 110) > 0.5) * edge(v.abs() - 0.030, sheet.px)
    rims = edge((v.abs() - 0.033).abs() - 0.0012, sheet.px)
    aiming = edge((ahead - 0.17).abs() - 0.018, sheet.px) * edge((v.abs() - 0.016).abs() - 0.005, sheet.px)
    land.lay((dash + keys + rims + aiming).clamp(0, 1) * edge(field, sheet.px), (0.95, 0.95, 0.92))
    yellow = torch.minimum((v - taxi).abs() + 1.0 * (u < start), links + 0.013 + 10.0 * ((v < 0) | (v > apron)))
    land.lay(edge(yellow - 0.0014, sheet.px), (0.90, 0.74, 0.20), amount=0.9)
    terminal = torch.maximum((v - apron - 0.150).abs() - 0.032, (u - 0.02).abs() - 0.34)
    bay = (u / 0.135 + 100).floor()
    finger = torch.maximum((torch.remainder(u, 0.135) - 0.0675).abs() - 0.009, (v - apron - 0.095).abs() - 0.040)
    hall = torch.minimum(terminal, torch.maximum(finger, (u - 0.02).abs() - 0.34))
    roofing = torch.tensor((0.86, 0.87, 0.88), device=sheet.device)[None, :, None, None]
    ribs = 1 - 0.12 * (triangle(u * 30) < 0.12).float()
    parking = torch.maximum((v - apron - 0.30).abs() - 0.09, (u - 0.02).abs() - 0.40)
    land.lay(edge(parking, sheet.px), asphalt * 1.35, "road")
    cars = edge(
        torch.maximum(
            (torch.remainder(u, 0.012) - 0.006).abs() - 0.0035, (torch.remainder(v, 0.030) - 0.015).abs() - 0.007
        ),
        sheet.px,
    )
    slot = (torch.floor(u / 0.012), torch.floor(v / 0.030))
    paint = pick_colour(choose(colours(land, CARS), sheet.uniform(0, 1, 1024)), slot)
    land.lay(cars * edge(parking + 0.006, sheet.px) * (lookup(sheet.uniform(0, 1, 1024), *slot) < 0.7), paint)
    roof(land, hall, torch.zeros_like(hall), roofing * ribs[:, None], 0.026, 0.0)
    self_u = torch.remainder(u - 0.0675, 0.135) - 0.0675
    parked = lookup(sheet.uniform(0, 1, 256), (u / 0.135 + 100.5).floor(), bay * 0) < 0.8
    _plane(land, v - apron - 0.055, self_u, parked & ((u - 0.02).abs() < 0.36))
    spot = sheet.level(0.05, 0.3)
    _plane(land, u - spot, v, torch.ones_like(parked))
    lights = (v.abs() - 0.036).abs() + 0.5 * (u < start)
    streets_at_night(
        land,
        torch.exp(-((lights / 0.005) ** 2)) * (triangle(ahead * 22) > 0.7)
        + torch.exp(-((hall.clamp(min=0) / 0.02) ** 2)) * 0.45,
    )
    grain(land, 0.012)


def _plane(land: Land, ahead: Tensor, side: Tensor, there: Tensor) -> None:
    """An airliner from above, nose towards positive `ahead`; both distances in frame units."""
    px = land.sheet.px
    wide = side.abs()
    body = torch.maximum(wide - 0.0052 * (1 - (ahead / 0.046).clamp(-1, 1).abs() ** 4), ahead.abs() - 0.046)
    wing = torch.maximum((ahead - 0.006 + 0.55 * wide).abs() - (0.0095 - 0.13 * wide).clamp(min=0.0028), wide - 0.046)
    tail = torch.maximum((ahead + 0.038 + 0.5 * wide).abs() - 0.0042, wide - 0.016)
    shape = edge(torch.minimum(body, torch.minimum(wing, tail)), px) * there
    land.lay(shape, (0.96, 0.96, 0.97))
    land.tall = torch.maximum(land.tall, shape * 0.014)
