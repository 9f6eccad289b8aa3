"""Bare and high country: mountains, deserts, canyons, glaciers, snow, volcanoes."""

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
    lines,
    meander,
    noise,
    padded,
    pieces,
    quantile,
    ramp,
    ridged,
    slopes,
    smoothstep,
    strokes,
    triangle,
    valleys,
)

from .land import SEASON_GRASS, Land, bare, crowns, grain, meadow, seasonal, two_tone, water, woods

STONE = ((0.0, (0.30, 0.28, 0.27)), (0.5, (0.46, 0.43, 0.40)), (1.0, (0.60, 0.57, 0.53)))
OCHRE = ((0.0, (0.46, 0.35, 0.26)), (0.5, (0.62, 0.49, 0.36)), (1.0, (0.76, 0.63, 0.48)))
SNOWS = ((0.0, (0.85, 0.90, 0.96)), (0.5, (0.94, 0.96, 0.99)), (1.0, (1.0, 1.0, 1.0)))


def ranges(land: Land, grid: int, rise: float, outlets: int = 2) -> tuple[Tensor, Tensor]:
    """Crests and valleys that water has cut: the height, also set on the land, and it ordered from 0 to 1."""
    sheet = land.sheet
    parts = sheet.each(lambda rng: padded([drainage(rng, grid, outlets, 0.6)[0]], grid * grid - 1))
    at = (sheet.x + 0.010 * fbm(sheet, 7, 4, 0.6), sheet.y + 0.010 * fbm(sheet, 7, 4, 0.6))
    valley = valleys(sheet, parts, 0.9, at)
    height = valley * (1 + 0.10 * noise(sheet, 3)) + 0.022 * ridged(sheet, 9, 5, 0.6)
    low, high = quantile(height, 0.02), quantile(height, 0.98)
    order = (height - low) / (high - low)
    land.height = rise * order
    return land.height, order


def mountains(land: Land, variant: str) -> None:
    sheet = land.sheet
    _, order = ranges(land, 16, {"snowy": 0.26, "green": 0.20, "bare": 0.22}[variant])
    right, down = slopes(land.height)
    steep = torch.hypot(right, down)
    rough = fbm(sheet, 7, 5, 0.6)
    bare(land, OCHRE if variant == "bare" else STONE, "mountain", 7)
    if variant == "bare":
        strata = 0.10 * (triangle(order * 9 + 0.3 * rough) - 0.5)
        land.shade(1 + strata + 0.15 * (order - 0.5))
        scree = smoothstep(0.0, 0.5, 0.25 - order + 0.2 * rough)
        land.lay(scree, (0.74, 0.64, 0.50), "sand", 0.7)
        return grain(land, 0.02)
    line = 0.34 if variant == "snowy" else 0.74
    turf = smoothstep(0.0, 0.25, line + 0.2 - order + 0.12 * rough - 0.15 * (steep - 0.8))
    land.lay(turf, two_tone(0.5 + 0.3 * rough, *reversed(seasonal(land, SEASON_GRASS))), "grass", 0.95)
    woods(land, smoothstep(0.0, 0.06, (0.20 if variant == "snowy" else 0.42) - order + 0.12 * rough), 96)
    if variant == "snowy":
        # Snow lies deeper on the sides that the sun leaves out, and not on cliffs.
        snow = smoothstep(
            -0.02, 0.10, order - 0.36 + 0.10 * rough - 0.16 * (steep - 1.1).clamp(min=0) - 0.03 * (right + down)
        )
        picture = ramp(0.6 + 0.15 * rough, SNOWS)
        land.lay(snow, picture, "snow")
        land.clear(snow)
        land.share("snow patches", snow)
    return grain(land, 0.015)


def desert(land: Land, variant: str) -> None:
    sheet = land.sheet
    if variant == "rocky":
        bare(land, OCHRE, "sand", 5)
        land.shade(torch.full_like(land.height, 1.1))
        land.height = land.height + 0.014 * fbm(sheet, 3, 5)
        mass = fbm(sheet, 4, 6, 0.55)
        outcrop = smoothstep(0.45, 0.62, mass)
        cliffs = outcrop * (0.03 + 0.025 * ridged(sheet, 8, 5))
        land.height = land.height + cliffs
        land.lay(
            outcrop, ramp(0.5 + 0.25 * fbm(sheet, 9, 5), ((0.0, (0.34, 0.25, 0.20)), (1.0, (0.62, 0.46, 0.34)))), "rock"
        )
        wadi = torch.exp(-(((noise(sheet, 3) + 0.35 * fbm(sheet, 8, 3)) / 0.07) ** 2)) * (1 - outcrop)
        land.lay(wadi, (0.90, 0.82, 0.66), amount=0.7)
        crowns(land, smoothstep(0.2, 0.6, wadi), 46, label="", keep=0.2, radius=0.35)
        return grain(land, 0.025)
    angle = sheet.level(0, 2 * math.pi)
    bend = 0.55 if variant == "dunes" else 0.25
    slow = fbm(sheet, 3, 3)
    along = (sheet.x * torch.cos(angle) + sheet.y * torch.sin(angle)) * sheet.level(5, 8) + bend * slow * 1.3
    along = along + 0.06 * noise(sheet, 16)
    part = along - torch.floor(along)
    crest = sheet.level(0.68, 0.78)
    # A dune rises slowly on the windward side and falls steeply behind its crest.
    form = torch.where(part < crest, (part / crest) ** 1.35, ((1 - part) / (1 - crest)).clamp(min=0) ** 0.9)
    big = (0.75 + 0.3 * noise(sheet, 4)).clamp(0.2, 1.4)
    ripple = triangle(along * 9 + 1.2 * noise(sheet, 5)) * (part < crest)
    land.height = 0.036 * form * big + 0.0005 * ripple + 0.01 * slow
    low, high = (
        ((0.72, 0.50, 0.28), (0.96, 0.80, 0.54)) if variant == "dunes" else ((0.56, 0.22, 0.10), (0.86, 0.44, 0.22))
    )
    tone = 0.55 + 0.25 * form + 0.08 * slow + 0.03 * ripple
    land.lay(sheet.constant(1.0), ramp(tone, ((0.0, low), (1.0, high))) * (1 + 0.03 * sheet.normal(3, 1, 1)), "sand")
    floor = smoothstep(0.25, 0.05, form) * smoothstep(0.2, 1.0, noise(sheet, 4))
    land.lay(floor, (0.80, 0.72, 0.60) if variant == "dunes" else (0.74, 0.50, 0.34), amount=0.6)
    if variant == "red":
        crowns(
            land,
            smoothstep(0.1, 0.5, noise(sheet, 4)) * smoothstep(0.5, 0.3, form),
            50,
            label="",
            keep=0.22,
            radius=0.3,
        )
    return grain(land, 0.018)


def canyon(land: Land, variant: str) -> None:
    """A river deep between banded walls, with side canyons."""
    sheet = land.sheet
    main = sheet.each(
        lambda rng: pieces(meander(rng, rng.uniform(1.0, 1.9), rng.uniform(0.7, 1.35), reach=0.14), 0.028)
    )
    wobble = (0.010 * fbm(sheet, 8, 4), 0.010 * fbm(sheet, 8, 4))
    at = (sheet.x + wobble[0], sheet.y + wobble[1])
    course = strokes(sheet, main, at)
    rough = fbm(sheet, 4, 5, 0.55)
    side = (noise(sheet, 4) + 0.5 * noise(sheet, 8)).abs()
    gully = (side * 0.16 + 0.02).clamp(max=0.2)
    wall = (
        course.clamp(min=0) * (0.75 + 0.25 * (side * 1.6).clamp(max=1))
        + 0.022 * rough
        + 0.2 * (gully - 0.1).clamp(max=0.05)
    )
    wide = sheet.level(0.17, 0.26)
    rise = (wall / wide).clamp(0, 1)
    terraced = rise * 6 + 0.12 * noise(sheet, 12)
    step = torch.floor(terraced)
    stepped = (step + smoothstep(0.45, 0.95, terraced - step)) / 6
    land.height = 0.17 * stepped + 0.008 * rough
    bands = torch.tensor(
        ((0.50, 0.28, 0.20), (0.68, 0.39, 0.25), (0.58, 0.31, 0.21), (0.76, 0.50, 0.33), (0.63, 0.35, 0.23), (0.80, 0.59, 0.42),
         (0.70, 0.45, 0.30), (0.84, 0.67, 0.50), (0.68, 0.43, 0.29), (0.78, 0.57, 0.40)), device=sheet.device,
    )  # fmt: skip
    layer = (stepped * 16 + 0.5 * noise(sheet, 20)).clamp(0, 18.99)
    index = layer.long()
    picture = bands[torch.remainder(index, 10)].movedim(-1, 1) * (1 + 0.06 * rough)[:, None]
    picture = picture * (1 + 0.04 * sheet.normal(3, 1, 1))
    land.lay(sheet.constant(1.0), picture, "rock")
    top = smoothstep(0.93, 1.0, rise)
    land.lay(top, ramp(0.5 + 0.25 * fbm(sheet, 7, 5), ((0.0, (0.62, 0.42, 0.27)), (1.0, (0.84, 0.64, 0.44)))), "rock")
    crowns(land, top * smoothstep(0.3, 1.0, noise(sheet, 5)), 56, label="", keep=0.35, radius=0.35)
    inside = edge(course, sheet.px)
    land.lay(edge(course - 0.008, sheet.px), (0.50, 0.50, 0.28), amount=0.6)
    water(land, inside, 0.5 - course / 0.03, "river")
    land.share("river", inside)
    grain(land, 0.018)


def glacier(land: Land, variant: str) -> None:
    """A tongue of ice that flows between mountains, with moraines along it and crevasses across."""
    sheet = land.sheet
    _, order = ranges(land, 11, 0.16)
    bare(land, ((0.0, (0.24, 0.22, 0.22)), (0.5, (0.38, 0.35, 0.34)), (1.0, (0.52, 0.49, 0.47))), "mountain", 7)
    rough = fbm(sheet, 7, 5, 0.6)
    snow = smoothstep(0.0, 0.12, order - 0.42 + 0.10 * rough)
    land.lay(snow, ramp(0.6 + 0.15 * rough, SNOWS), "snow")

    def course(rng: np.random.Generator) -> Points:
        main = meander(rng, rng.uniform(0.5, 0.8), rng.uniform(0.3, 0.7), reach=0.10)
        wide = rng.uniform(0.26, 0.38)
        joint = main[int(rng.integers(32, 42))]
        angle = math.atan2(*(main[44] - main[30])[::-1]) + math.pi + rng.choice((-1, 1)) * rng.uniform(0.7, 1.1)
        reach = np.linspace(0, 1.1, 16)[:, None]
        bow = np.stack((np.cos(angle + 0.5 * reach[:, 0]), np.sin(angle + 0.5 * reach[:, 0])), 1)
        return padded([pieces(main, wide), pieces((joint + reach * bow).astype(np.float32), wide * 0.5)], 71 + 15)

    at = (sheet.x + 0.006 * noise(sheet, 8), sheet.y + 0.006 * noise(sheet, 8))
    ice = lines(sheet, sheet.each(course), at)
    inside = edge(ice.distance + 0.006 * rough, sheet.px)
    lateral = ice.side + 0.008 * noise(sheet, 5)
    bands = noise(sheet, 3) * 0.04 + lateral
    flow = 0.5 + 0.22 * torch.sin(bands * 95) + 0.12 * torch.sin(bands * 223 + 1.0) + 0.10 * rough
    picture = ramp(flow, ((0.0, (0.56, 0.70, 0.80)), (0.5, (0.80, 0.88, 0.93)), (1.0, (0.95, 0.97, 0.99))))
    land.lay(inside, picture, "ice")
    offset = sheet.level(-0.05, 0.05)
    dirt = torch.exp(-(((lateral - offset) / 0.007) ** 2)) + 0.8 * torch.exp(
        -(((lateral + offset * 1.7 + 0.03) / 0.0045) ** 2)
    )
    margin = torch.exp(ice.distance / 0.010)
    land.lay(((dirt + margin) * (0.8 + 0.3 * rough)).clamp(0, 1) * inside, (0.34, 0.31, 0.30), amount=0.75)
    # Crevasses: arcs across the flow that bend downstream in the middle, in fields of their own.
    across = ice.along * 34 + (lateral * 9) ** 2 + 0.5 * noise(sheet, 10)
    crack = (
        smoothstep(0.22, 0.06, triangle(across))
        * smoothstep(0.2, 0.9, noise(sheet, 5) + 0.2 * noise(sheet, 20))
        * inside
    )
    land.lay(crack, (0.22, 0.46, 0.62), amount=0.85)
    land.height = land.height * smoothstep(-0.03, 0.14, ice.distance)
    land.height = torch.lerp(
        land.height, 0.004 + 0.015 * (-ice.distance).clamp(min=0) / 0.1 + 0.002 * flow - 0.004 * crack, inside
    )
    grain(land, 0.014)


def snow(land: Land, variant: str) -> None:
    """Wind-formed snow, a few rocks and lone trees."""
    sheet = land.sheet
    angle = sheet.level(0, math.pi)
    slow = fbm(sheet, 2, 5, 0.5)
    along = (sheet.x * torch.cos(angle) + sheet.y * torch.sin(angle)) * sheet.level(20, 32) + 1.6 * fbm(sheet, 4, 4)
    drift = triangle(along) ** 2 * (0.5 + 0.5 * noise(sheet, 6)).clamp(0, 1.2)
    land.height = 0.045 * slow + 0.0022 * drift + 0.0015 * fbm(sheet, 30, 2)
    land.lay(sheet.constant(1.0), ramp(0.55 + 0.15 * slow + 0.15 * drift, SNOWS), "snow")
    rocks = smoothstep(1.75, 1.95, fbm(sheet, 6, 6, 0.62))
    land.lay(rocks, (0.36, 0.34, 0.34), "rock")
    land.height = land.height + 0.008 * rocks
    firs = smoothstep(1.0, 1.3, noise(sheet, 3) + 0.3 * noise(sheet, 14))
    crowns(land, firs, 44, label="", keep=0.6, radius=0.5, shape="pointed", palette=_firs(land))
    grain(land, 0.008)


def _firs(land: Land) -> Tensor:
    table = torch.tensor(((0.12, 0.20, 0.17), (0.20, 0.27, 0.24), (0.30, 0.36, 0.35)), device=land.sheet.device)
    return table.expand(land.sheet.count, -1, -1)


def volcano(land: Land, variant: str) -> None:
    """A cone with gullies and a crater; erupting, lava runs down it."""
    sheet = land.sheet
    middle_x, middle_y = sheet.level(0.38, 0.62), sheet.level(0.38, 0.62)
    u, v = sheet.x - middle_x + 0.010 * fbm(sheet, 6, 4), sheet.y - middle_y + 0.010 * fbm(sheet, 6, 4)
    away, angle = torch.hypot(u, v), torch.atan2(v, u)
    reach, crater = sheet.level(0.44, 0.58), sheet.level(0.07, 0.12)
    # Noise on a ring of angles: gullies that run straight down and grow with the distance.
    waves = sum(
        sheet.level(0.4, 1.0) * torch.sin(angle * count + sheet.level(0, 6.3) + 0.5 * noise(sheet, 5)).abs()
        for count in (7, 11, 18, 29)
    )
    cone = (1 - away / reach).clamp(min=0)
    rim = 1 - crater / reach
    inner = smoothstep(0.15, 1.0, away / crater)
    height = cone**1.35 * (1 - 0.14 * (waves - 1.2) * smoothstep(crater, reach * 0.7, away)) + 0.05 * fbm(sheet, 5, 5)
    floor = rim**1.35 * 0.72
    height = torch.where(away < crater, floor + (rim**1.35 - floor) * inner + 0.02 * fbm(sheet, 9, 3), height)
    land.height = 0.20 * height
    rough = fbm(sheet, 7, 5, 0.6)
    if variant == "dormant":
        meadow(land, trees=0.1)
        woods(land, smoothstep(0.0, 0.1, 0.36 - cone + 0.08 * rough + 0.04 * (waves - 1.2)))
        ash = smoothstep(0.0, 0.14, cone - 0.42 + 0.07 * rough + 0.05 * (waves - 1.2))
        land.lay(ash, ramp(0.5 + 0.25 * rough, ((0.0, (0.34, 0.26, 0.23)), (1.0, (0.62, 0.50, 0.42)))), "rock")
        land.clear(ash)
        lake = edge(away - crater * 0.5 + 0.006 * rough, sheet.px)
        water(land, lake, 0.1 - (away - crater * 0.5) / 0.08, "tropical")
        land.height = torch.lerp(land.height, 0.2 * floor.expand_as(lake), lake)
        return grain(land, 0.016)
    bare(land, ((0.0, (0.13, 0.12, 0.13)), (0.5, (0.24, 0.22, 0.22)), (1.0, (0.38, 0.34, 0.32))), "rock", 6)
    land.height = 0.20 * height

    def flows(rng: np.random.Generator) -> Points:
        found, start = [], rng.uniform(0, 6.3)
        for number in range(int(rng.integers(3, 6))):
            turn = start + number * 2.1 + rng.normal(0, 0.3)
            radii = np.linspace(0.03, rng.uniform(0.26, 0.55), 14)
            turns = turn + np.cumsum(rng.normal(0, 0.10, 14)) * np.linspace(0.3, 1, 14)
            course = np.stack((np.cos(turns), np.sin(turns)), 1) * radii[:, None]
            found.append(pieces(course.astype(np.float32), np.linspace(0.034, 0.012, 14) * rng.uniform(0.7, 1.2)))
        return padded(found, 65)

    run = strokes(sheet, sheet.each(flows), (u + 0.008 * noise(sheet, 16), v + 0.008 * noise(sheet, 16)))
    pool = away - crater * 0.62 + 0.008 * noise(sheet, 12)
    heat = torch.minimum(run + 0.012 * away, pool)
    inside = edge(heat, sheet.px)
    glow = (0.55 - heat / 0.022 + 0.28 * fbm(sheet, 18, 4)).clamp(0, 1)
    crust = edge(run - 0.022, sheet.px)
    land.lay(crust, (0.10, 0.09, 0.10), "rock", 0.85)
    land.lay(
        inside,
        ramp(
            glow,
            ((0.0, (0.62, 0.06, 0.02)), (0.4, (0.95, 0.28, 0.04)), (0.75, (1.0, 0.62, 0.12)), (1.0, (1.0, 0.93, 0.55))),
        ),
        "lava",
    )
    land.fire = inside * (0.6 + 0.4 * glow) + 0.20 * torch.exp(-heat.clamp(min=0) / 0.022) * (1 - inside)
    return grain(land, 0.02)
