"""Where land and water meet: islands, coasts, rivers, networks of tributaries, deltas, lakes."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from training.world.fields import (
    Points,
    drainage,
    edge,
    fbm,
    meander,
    noise,
    padded,
    pieces,
    quantile,
    ramp,
    ridged,
    smoothstep,
    strokes,
    triangle,
    valleys,
    voronoi,
)

from .fieldwork import patchwork
from .land import SEASON_GRASS as GRASS
from .land import Land, bare, crowns, grain, meadow, seasonal, shore_distance, surf, two_tone, water, woods

ROCK = ((0.0, (0.34, 0.32, 0.30)), (0.5, (0.50, 0.47, 0.43)), (1.0, (0.66, 0.62, 0.56)))
DRY = ((0.0, (0.62, 0.50, 0.35)), (0.5, (0.76, 0.64, 0.46)), (1.0, (0.86, 0.76, 0.58)))
SANDS = ((0.0, (0.86, 0.77, 0.58)), (0.5, (0.92, 0.85, 0.68)), (1.0, (0.96, 0.91, 0.78)))
SNOWS = ((0.0, (0.84, 0.89, 0.95)), (0.5, (0.93, 0.95, 0.98)), (1.0, (0.99, 0.99, 1.0)))
BEACH = (0.91, 0.85, 0.68)


def islands(land: Land, variant: str) -> None:
    """Several islands in a sea with shelves."""
    sheet = land.sheet
    rough = fbm(sheet, 3, 6, 0.55)
    share = {"green": 0.66, "sandy": 0.74, "rocky": 0.72, "tropical": 0.74}[variant]
    level = rough - quantile(rough, sheet.level(share - 0.07, share + 0.07))
    _sea_and_land(land, level, variant, beach={"green": 0.006, "sandy": 0.03, "rocky": 0.0, "tropical": 0.014}[variant])


def coast(land: Land, variant: str) -> None:
    """Sea on one side, land on the other, with bays and headlands."""
    sheet = land.sheet
    angle = sheet.level(0, 2 * math.pi)
    away = (sheet.x - 0.5) * torch.cos(angle) + (sheet.y - 0.5) * torch.sin(angle) + sheet.level(-0.12, 0.12)
    wild = {"green": 0.10, "sandy": 0.05, "rocky": 0.15, "snowy": 0.11}[variant]
    level = (away + wild * fbm(sheet, 3, 6, 0.5)) * 4
    _sea_and_land(land, level, variant, beach={"green": 0.012, "sandy": 0.07, "rocky": 0.0, "snowy": 0.0}[variant])


def _sea_and_land(land: Land, level: Tensor, variant: str, beach: float) -> None:
    """Dress what lies above level 0 as the variant says and the rest as sea; `beach`: its width in frame units."""
    sheet = land.sheet
    shore = shore_distance(level, sheet)
    inside = edge(shore, sheet.px)
    land.height = 0.035 * level.clamp(min=0) + 0.012 * level.clamp(min=0).sqrt() * ridged(sheet, 6, 5)
    if variant in ("rocky", "snowy"):
        bare(land, ROCK, "rock", 7)
        land.height = land.height * 1.7 + 0.018 * (level > 0) * ridged(sheet, 7, 5)
    else:
        meadow(land, trees=0.0)
    if variant == "green":
        woods(land, smoothstep(0.1, 0.3, fbm(sheet, 5, 5) + 0.4 * level - 0.15))
        land.lay(smoothstep(1.5, 2.1, level + 0.3 * noise(sheet, 20)), (0.52, 0.48, 0.42), "rock", 0.8)
    elif variant == "tropical":
        woods(land, smoothstep(0.0, 0.15, level - 0.05 + 0.08 * noise(sheet, 24)))
    elif variant == "sandy":
        bare(land, SANDS, "sand", 9)
        scrub = smoothstep(0.25, 0.6, level - 0.35 + 0.35 * fbm(sheet, 9, 4))
        land.lay(scrub, two_tone(0.5 + 0.3 * noise(sheet, 30), *seasonal(land, GRASS)), "grass", 0.7)
        crowns(land, scrub, 40, keep=0.45, label="", radius=0.5)
    elif variant == "rocky":
        moss = smoothstep(0.3, 1.0, fbm(sheet, 6, 5) + 0.15)
        land.lay(moss, two_tone(0.5 + 0.3 * noise(sheet, 30), *seasonal(land, GRASS)), "grass", 0.6)
    else:
        snow = smoothstep(-0.5, 0.1, level * 0.6 + 0.4 * fbm(sheet, 7, 5))
        land.lay(snow, ramp(0.5 + 0.25 * fbm(sheet, 6, 5), SNOWS), "snow")
        grove = smoothstep(0.5, 0.9, fbm(sheet, 6, 5))
        crowns(land, grove, 50, keep=0.8, label="forest", radius=0.5)
    if beach:
        sand = smoothstep(0.0, 0.5, 1 - shore / beach + 0.25 * noise(sheet, 18))
        wet = 1 - 0.25 * torch.exp(-((shore / (0.3 * beach)) ** 2))
        land.lay(sand, torch.tensor(BEACH, device=sheet.device)[None, :, None, None] * wet[:, None], "sand")
        land.clear(sand)
        land.share("beach", sand * (1 - inside))
    depth = 1 - torch.exp(level.clamp(max=0) * {"tropical": 0.75, "sandy": 1.0}.get(variant, 1.6))
    depth = depth + 0.04 * fbm(sheet, 5, 4) * (depth > 0.03)
    if variant in ("tropical", "sandy"):
        reef = torch.exp(-(((depth - 0.33) / 0.05) ** 2)) * smoothstep(-0.3, 0.8, noise(sheet, 9))
        depth = depth + 0.2 * smoothstep(0.5, 1.4, noise(sheet, 26)) * (depth < 0.3) - 0.22 * reef
    kind = {"tropical": "tropical", "sandy": "tropical", "green": "temperate"}.get(variant, "cold")
    water(land, inside, depth, kind)
    if variant == "snowy":
        floes = voronoi(sheet, 22, 0.9)
        ice = (floes.pick(sheet.uniform(0, 1, floes.count)) < 0.4) * smoothstep(0.06, 0.14, floes.border)
        ice = ice * smoothstep(-0.5, 0.4, noise(sheet, 5) + 0.3) * inside
        land.lay(ice, (0.90, 0.94, 0.97), "ice", 0.9)
    surf(land, -shore, {"rocky": 0.010, "snowy": 0.005}.get(variant, 0.013))
    grain(land, 0.012)


def river_parts(
    land: Land, waves: tuple[float, float], swing: tuple[float, float], width: tuple[float, float]
) -> Tensor:
    """A meandering course a picture, as line pieces, with a width of its own."""

    def make(rng: np.random.Generator) -> Points:
        course = meander(rng, rng.uniform(*waves), rng.uniform(*swing))
        wide = rng.uniform(*width) * np.interp(
            np.linspace(0, 1, len(course)), np.linspace(0, 1, 12), rng.uniform(0.8, 1.25, 12)
        )
        return pieces(course, wide)

    return land.sheet.each(make)


def river(land: Land, variant: str) -> None:
    """One big river in bends, with sandbars, and oxbow lakes that it left."""
    sheet = land.sheet

    def old_loops(rng: np.random.Generator) -> Points:
        loops = []
        for _ in range(int(rng.integers(1, 4))):
            start, turn, radius = rng.uniform(0, 6.3), rng.uniform(3.4, 4.8), rng.uniform(0.05, 0.09)
            angles = start + np.linspace(0, turn, 14)
            ring = np.stack((np.cos(angles), np.sin(angles)), 1) * radius * np.array((1.0, rng.uniform(0.6, 1.0)))
            ring = ring + rng.uniform(0.05, 0.95, 2)
            loops.append(pieces(ring, rng.uniform(0.012, 0.022) * np.sin(np.linspace(0.35, 2.8, 14))))
        return padded(loops, 40)

    wobble = (0.006 * noise(sheet, 14), 0.006 * noise(sheet, 14))
    at = (sheet.x + wobble[0], sheet.y + wobble[1])
    course = strokes(sheet, river_parts(land, (1.3, 2.4), (0.9, 1.75), (0.045, 0.085)), at)
    loops = strokes(sheet, sheet.each(old_loops), at)
    old = edge(loops, sheet.px) * (course > 0.02)
    _valley_floor(land, variant, torch.minimum(course, loops + 0.02))
    bar = smoothstep(0.0, 0.3, 1 - course / 0.016 + 0.7 * noise(sheet, 8) - 0.6) * (course > -0.01)
    land.lay(bar, (0.85, 0.77, 0.60), "sand", 0.9)
    land.clear(bar)
    land.lay(edge(loops - 0.006, sheet.px) * (course > 0.02), (0.30, 0.40, 0.22), "", 0.6)
    water(land, old, -loops / 0.01, "lake")
    inside = edge(course, sheet.px)
    streaks = 0.08 * noise(sheet, 30)
    kind = {"desert": "silt", "farmland": "river"}.get(variant, "river")
    water(land, inside, -course / 0.03 + streaks, kind, level=False)
    land.share("river", inside)
    grain(land, 0.012)


def _valley_floor(land: Land, variant: str, bank: Tensor) -> None:
    """What a river runs through; `bank`: distance from the water."""
    sheet = land.sheet
    if variant == "farmland":
        patchwork(land, "green")
        strip = smoothstep(0.024, 0.010, bank + 0.006 * noise(sheet, 18))
        crowns(land, strip, 40)
    elif variant == "desert":
        bare(land, DRY, "sand", 5)
        land.height = land.height + 0.012 * ridged(sheet, 4, 5)
        green = smoothstep(0.5, 1.0, 1.5 - bank / 0.035 + 0.4 * noise(sheet, 12))
        land.lay(green, two_tone(0.4 + 0.3 * noise(sheet, 30), *seasonal(land, GRASS)), "grass", 0.85)
        crowns(land, green, 44, keep=0.5, label="")
    elif variant == "forest":
        land.height = land.height + 0.015 * fbm(sheet, 3, 4)
        meadow(land, trees=0.0)
        woods(land, smoothstep(-1.0, -0.7, fbm(sheet, 4, 5)))
    else:
        land.height = land.height + 0.012 * fbm(sheet, 3, 4)
        meadow(land, trees=0.35)


def tributaries(land: Land, variant: str) -> None:
    """A whole network of streams that join into a river, in its valleys."""
    sheet = land.sheet
    parts, area = _networks(land, 18)
    wobble = (0.010 * fbm(sheet, 9, 3), 0.010 * fbm(sheet, 9, 3))
    at = (sheet.x + wobble[0], sheet.y + wobble[1])
    valley = valleys(sheet, parts, 0.55, at)
    land.height = 0.16 * valley + 0.004 * fbm(sheet, 12, 4)
    if variant == "forest":
        meadow(land, trees=0.0)
        woods(land, smoothstep(-0.8, -0.5, fbm(sheet, 4, 5)))
    elif variant == "meadow":
        meadow(land, trees=0.2)
        woods(land, smoothstep(0.9, 1.1, fbm(sheet, 5, 5)))
    else:
        bare(land, ((0.0, (0.48, 0.40, 0.32)), (0.5, (0.63, 0.54, 0.43)), (1.0, (0.74, 0.66, 0.54))), "rock", 5)
        land.height = land.height + 0.10 * valley
    streams = strokes(sheet, stream_widths(parts, area, 0.052, 0.012), at)
    bank = edge(streams - 0.009, sheet.px)
    land.lay(bank, (0.34, 0.46, 0.22) if variant != "bare" else (0.80, 0.72, 0.56), "", 0.55)
    inside = edge(streams, sheet.px)
    water(land, inside, 0.3 - streams / 0.02, "river", level=False)
    land.share("river", inside)
    grain(land, 0.012)


def _networks(land: Land, grid: int) -> tuple[Tensor, Tensor]:
    """Drainage networks, one a picture: pieces (n, k, 8) and the share of the land that each drains (n, k)."""
    nets = [drainage(rng, grid) for rng in land.sheet.generators]
    device = land.sheet.device
    return (
        torch.from_numpy(np.stack([parts for parts, _ in nets])).to(device),
        torch.from_numpy(np.stack([area for _, area in nets])).to(device),
    )


def stream_widths(parts: Tensor, area: Tensor, widest: float, least: float) -> Tensor:
    """The pieces with half widths that grow with the square root of what they drain; streams of less than `least` of it vanish."""
    half = 0.5 * widest * area.sqrt() + 0.0012
    half = torch.where(area < least, torch.full_like(half, -0.5), half)
    return torch.cat((parts[..., :4], half[..., None], half[..., None], parts[..., 6:]), -1)


def delta(land: Land, variant: str) -> None:
    """A river that splits into arms which fan out into the sea."""
    sheet = land.sheet

    def arms(rng: np.random.Generator) -> Points:
        """Arms from a point at the frame's border; columns as in `pieces`, turned to the sea's side."""
        found: list[Points] = []
        spread = rng.uniform(0.7, 1.0)

        def grow(start: Points, angle: float, length: float, width: float, depth: int) -> None:
            steps = 7
            bends = np.cumsum(rng.normal(0, 0.16, steps))
            angles = angle + bends - bends.mean()
            course = start + np.concatenate(
                (np.zeros((1, 2)), np.cumsum(np.stack((np.cos(angles), np.sin(angles)), 1), 0))
            ) * (length / steps)
            found.append(pieces(course.astype(np.float32), np.linspace(width, width * 0.85, steps + 1)))
            if depth:
                fork = rng.uniform(0.28, 0.5) * spread
                share = rng.uniform(0.55, 0.8)
                grow(course[-1], angle + fork, length * rng.uniform(0.6, 0.85), width * share, depth - 1)
                grow(
                    course[-1],
                    angle - fork * rng.uniform(0.7, 1.2),
                    length * rng.uniform(0.6, 0.85),
                    width * (1.3 - share),
                    depth - 1,
                )

        grow(
            np.array((-0.15, rng.uniform(0.42, 0.58))),
            rng.normal(0, 0.1),
            rng.uniform(0.36, 0.44),
            rng.uniform(0.06, 0.08),
            4,
        )
        return padded(found, 31 * 7)

    quarter, mirror = sheet.level(0, 4).floor() * (math.pi / 2), torch.sign(sheet.level(-1, 1))
    u, v = sheet.x - 0.5, (sheet.y - 0.5) * mirror
    u, v = u * torch.cos(quarter) + v * torch.sin(quarter) + 0.5, v * torch.cos(quarter) - u * torch.sin(quarter) + 0.5
    at = (u + 0.012 * fbm(sheet, 8, 3), v + 0.012 * fbm(sheet, 8, 3))
    flow = strokes(sheet, sheet.each(arms), at, 6)
    reach = torch.hypot(u + 0.12, (v - 0.5) * 0.9)
    lobes = sheet.level(0.78, 0.92) - reach + 0.07 * fbm(sheet, 4, 5) + 0.05 * torch.exp(-flow.clamp(min=0) / 0.03)
    level = lobes * 4
    shore = shore_distance(level, sheet)
    wet = fbm(sheet, 6, 5)
    if variant == "green":
        meadow(land, trees=0.0)
        woods(land, smoothstep(0.1, 0.5, wet + 0.25))
        land.lay(smoothstep(0.2, 1.2, noise(sheet, 12)), (0.47, 0.55, 0.26), "", 0.5)
    else:
        bare(land, DRY, "sand", 6)
        bank = smoothstep(0.03, 0.012, flow + 0.006 * noise(sheet, 20))
        land.lay(bank, two_tone(0.5 + 0.3 * noise(sheet, 40), *seasonal(land, GRASS)), "grass", 0.75)
    ponds = edge(
        ((1.25 if variant == "green" else 1.9) - noise(sheet, 16) - 1.5 * torch.exp(-shore.clamp(min=0) / 0.1)) * 0.03,
        sheet.px,
    )
    water(land, ponds, 0.2 + 0.2 * noise(sheet, 10), "lake")
    mud = torch.exp(-flow.clamp(min=0) / 0.07) * torch.exp(level.clamp(max=0) * 0.9)
    sea = edge(shore, sheet.px)
    depth = 1 - torch.exp(level.clamp(max=0) * 0.8)
    water(land, sea, depth + 0.03 * fbm(sheet, 5, 3), "temperate" if variant == "green" else "tropical")
    land.lay(sea * mud, (0.62, 0.57, 0.40), amount=0.8)
    inside = edge(flow, sheet.px) * (1 - sea)
    water(land, inside, 0.35 - flow / 0.02, "silt")
    grain(land, 0.012)


def lake(land: Land, variant: str) -> None:
    """One lake with bays, and now and then an islet."""
    sheet = land.sheet
    if variant == "mountains":
        parts, _ = _networks(land, 12)
        at = (sheet.x + 0.012 * fbm(sheet, 9, 3), sheet.y + 0.012 * fbm(sheet, 9, 3))
        valley = valleys(sheet, parts, 0.7, at)
        level = (valley - quantile(valley, sheet.level(0.2, 0.36))) * 6
    else:
        angle, long = sheet.level(0, math.pi), sheet.level(1.1, 1.9)
        u, v = sheet.x - sheet.level(0.36, 0.64), sheet.y - sheet.level(0.36, 0.64)
        u, v = u * torch.cos(angle) + v * torch.sin(angle), v * torch.cos(angle) - u * torch.sin(angle)
        level = (torch.hypot(u, v * long) - sheet.level(0.25, 0.33) + 0.14 * fbm(sheet, 2, 7, 0.5)) * 5
    shore = shore_distance(level, sheet)
    land.height = 0.03 * level.clamp(min=0) + 0.01 * fbm(sheet, 4, 4)
    if variant == "forest":
        meadow(land, trees=0.0)
        woods(land, smoothstep(-0.9, -0.6, fbm(sheet, 4, 5)))
    elif variant == "meadow":
        meadow(land, trees=0.3)
        woods(land, smoothstep(0.8, 1.0, fbm(sheet, 5, 5)))
    elif variant == "mountains":
        land.height = 0.055 * level.clamp(min=0) + 0.006 * ridged(sheet, 9, 5)
        bare(land, ROCK, "rock", 6)
        woods(land, smoothstep(0.2, 0.3, 0.9 - level * 0.6 + 0.5 * fbm(sheet, 6, 5)), 84)
        snow = smoothstep(0.0, 0.3, level - 1.55 + 0.25 * fbm(sheet, 9, 4))
        land.lay(snow, (0.95, 0.97, 1.0), "snow")
        land.clear(snow)
    else:
        bare(land, SNOWS, "snow", 5)
        crowns(land, smoothstep(0.1, 0.4, fbm(sheet, 5, 5)), 50, keep=0.85, radius=0.5)
    inside = edge(shore, sheet.px)
    if variant == "frozen":
        _frozen(land, inside, shore)
    else:
        land.lay(edge(shore - 0.007, sheet.px), (0.72, 0.66, 0.50), amount=0.6)
        water(land, inside, -shore / 0.09 + 0.06 * fbm(sheet, 6, 3), "lake", 0.01)
    grain(land, 0.012)


def _frozen(land: Land, inside: Tensor, shore: Tensor) -> None:
    """Ice with cracks and drifts of snow."""
    sheet = land.sheet
    at = (sheet.x + 0.02 * fbm(sheet, 6, 4), sheet.y + 0.02 * fbm(sheet, 6, 4))
    plates = voronoi(sheet, 6, 0.9, at=at)
    picture = ramp(
        0.5 + 0.3 * fbm(sheet, 5, 5), ((0.0, (0.50, 0.68, 0.78)), (0.5, (0.66, 0.80, 0.87)), (1.0, (0.82, 0.90, 0.94)))
    )
    land.lay(inside, picture, "ice")
    land.lay(inside * edge(plates.border / 6 - 0.0022, sheet.px), (0.93, 0.97, 0.99), amount=0.8)
    fine = triangle(noise(sheet, 3) * 2.0)
    land.lay(inside * (fine < 0.02), (0.90, 0.95, 0.98), amount=0.5)
    drift = smoothstep(0.5, 1.2, fbm(sheet, 5, 5)) * inside
    land.lay(drift, (0.93, 0.95, 0.98), amount=0.8)
    land.lay(inside * torch.exp(shore.clamp(max=0) / 0.02), (0.90, 0.94, 0.97), amount=0.6)
    land.height = land.height * (1 - inside)
    land.clear(inside)
