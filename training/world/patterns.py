"""Patterns and textures in named colours: stripes to marble, batched on any device."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .description import COLOURS, LABELS, PATTERNS, Shown
from .fields import Sheet, edge, expanded, fbm, noise, quantile, smoothstep, speckle, triangle, voronoi
from .palette import PAINTS, varied

# Colours that look well together; the first is most of the picture.
PAIRS: tuple[tuple[str, ...], ...] = (
    ("blue", "white"), ("red", "white"), ("green", "yellow"), ("pink", "white"), ("purple", "pink"), ("orange", "blue"),
    ("black", "white"), ("white", "black"), ("yellow", "black"), ("brown", "white"), ("grey", "orange"), ("white", "red"),
    ("white", "blue"), ("black", "red"), ("green", "white"), ("yellow", "blue"), ("pink", "green"), ("orange", "purple"),
    ("black", "yellow"), ("purple", "yellow"), ("brown", "orange"), ("grey", "white"), ("white", "green"), ("blue", "orange"),
    ("red", "black"), ("green", "pink"), ("blue", "pink"), ("white", "purple"),
)  # fmt: skip
OWN: dict[str, tuple[tuple[str, ...], ...]] = {
    "wood": (("brown",), ("brown", "black"), ("orange", "brown"), ("brown", "yellow"), ("grey", "brown"), ("white", "brown")),
    "bricks": (("red", "white"), ("brown", "grey"), ("orange", "white"), ("grey", "white"), ("red", "grey"), ("white", "grey"), ("yellow", "brown")),
    "leaves": (("green",), ("green", "yellow"), ("red", "orange"), ("orange", "brown"), ("green", "white"), ("yellow", "orange"), ("green", "black")),
    "marble": (
        ("white", "grey"), ("white", "black"), ("black", "white"), ("green", "white"), ("pink", "white"), ("grey", "white"), ("blue", "white"),
        ("black", "yellow"),
    ),
    "cracks": (
        ("brown", "black"), ("grey", "black"), ("white", "black"), ("orange", "brown"), ("blue", "white"), ("black", "orange"),
        ("black", "red"), ("green", "black"),
    ),
}  # fmt: skip
THIRD = (
    "confetti",
    "mosaic",
    "triangles",
    "stripes",
    "gradient",
    "clouds of colour",
    "plaid",
    "mandala",
    "bubbles",
    "hexagons",
    "dots",
)
SHADE_OF_PAINT = 0.05


@dataclass
class Canvas:
    """What a pattern is drawn with: where its pixels are, and its colours by share, most first, (n, k, 3)."""

    sheet: Sheet
    paints: Tensor
    counts: Tensor  # (n,): how many of the k colours a picture has

    def paint(self, number: int) -> Tensor:
        """The picture's colour of this number, (n, 3, 1, 1); the last one where it has fewer."""
        index = torch.minimum(self.counts - 1, torch.full_like(self.counts, number))
        return self.paints.gather(1, index[:, None, None].expand(-1, 1, 3))[:, 0, :, None, None]

    def base(self) -> Tensor:
        sheet = self.sheet
        return self.paint(0).expand(-1, -1, sheet.size, sheet.size).clone()

    def turned(self, most: float = math.pi) -> tuple[Tensor, Tensor]:
        """Positions from the middle, turned by a lot of up to `most`."""
        sheet = self.sheet
        angle = sheet.level(0, most)
        x, y = sheet.x - 0.5, sheet.y - 0.5
        return x * torch.cos(angle) + y * torch.sin(angle), y * torch.cos(angle) - x * torch.sin(angle)

    def by_chance(self, chance: Tensor, first: float = 0.5) -> Tensor:
        """Per pixel one of the picture's colours by a number from 0 to 1: `first` of it the first, the rest in equal parts."""
        rest = ((chance - first).clamp(min=0) / (1 - first) * (self.counts[:, None, None] - 1)).floor() + 1
        number = torch.where(chance < first, torch.zeros_like(rest), rest)
        number = torch.minimum(number, (self.counts[:, None, None] - 1).float())
        picture = self.paint(0)
        for other in range(1, self.paints.shape[1]):
            picture = torch.where((number == other)[:, None], self.paint(other), picture)
        return picture.expand(-1, -1, self.sheet.size, self.sheet.size)


def over(picture: Tensor, mask: Tensor, paint: Tensor) -> Tensor:
    return torch.lerp(picture, paint.expand_as(picture), mask[:, None])


def _where(distance: Tensor, sheet: Sheet) -> Tensor:
    return edge(distance, sheet.px)


def stripes(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, _ = canvas.turned()
    count, share = sheet.level(4, 13).round(), sheet.level(0.5, 0.66)
    place = u * count + sheet.level()
    part = place - torch.floor(place)
    second = ((part - share) * sheet.size / count / 1.5 + 0.5).clamp(0, 1) * (
        (1 - part) * sheet.size / count / 1.5 + 0.5
    ).clamp(0, 1)
    odd = torch.remainder(torch.floor(place), 2)[:, None]
    return over(canvas.base(), second, torch.where(odd > 0, canvas.paint(2), canvas.paint(1)))


def checks(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count = sheet.level(3, 8).round()
    place_u, place_v = u * count + sheet.level(), v * count + sheet.level()
    wave = (triangle(place_u * 0.5) - 0.5) * (triangle(place_v * 0.5) - 0.5)
    inside = (
        torch.minimum((triangle(place_u * 0.5) - 0.5).abs(), (triangle(place_v * 0.5) - 0.5).abs()) * torch.sign(wave)
    ) / count
    return over(canvas.base(), _where(-inside, sheet), canvas.paint(1))


def _lattice(
    canvas: Canvas, low: float, high: float, turn: float = math.pi / 2
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """A turned square lattice: place in the cell from its middle, the cell's numbers, cells across."""
    sheet = canvas.sheet
    u, v = canvas.turned(turn)
    count = sheet.level(low, high).round()
    place_u, place_v = u * count + sheet.level() + 32, v * count + sheet.level() + 32
    column, row = torch.floor(place_u), torch.floor(place_v)
    return place_u - column - 0.5, place_v - row - 0.5, column, row, count


def _dice(sheet: Sheet, column: Tensor, row: Tensor) -> Tensor:
    table = sheet.uniform(0, 1, 64 * 64)
    index = torch.remainder(row.long(), 64) * 64 + torch.remainder(column.long(), 64)
    return table.gather(1, index.flatten(1)).view_as(column)


def dots(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count = sheet.level(4, 9).round()
    place_v = v * count + sheet.level() + 32
    row = torch.floor(place_v)
    place_u = u * count + 0.5 * torch.remainder(row, 2) + 32  # every second row is half a dot farther
    column = torch.floor(place_u)
    away = torch.hypot(place_u - column - 0.5, place_v - row - 0.5) - sheet.level(0.22, 0.36)
    odd = (torch.remainder(row, 2) > 0)[:, None]
    return over(canvas.base(), _where(away / count, sheet), torch.where(odd, canvas.paint(2), canvas.paint(1)))


def waves(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count = sheet.level(4, 9)
    bent = v + sheet.level(0.025, 0.06) * torch.sin(2 * math.pi * (u * sheet.level(1.5, 3.5) + sheet.level()))
    wave = (triangle(bent * count) - sheet.level(0.52, 0.60)) / (2 * count)
    return (
        over(canvas.base(), _where(-wave, sheet), canvas.paint(1))
        * (1 + 0.08 * (triangle(bent * count) - 0.5))[:, None]
    )


def zigzag(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count, teeth = sheet.level(4, 8), sheet.level(3, 7)
    bent = v + triangle(u * teeth) / teeth * 0.55
    wave = (triangle(bent * count) - 0.55) / (2 * count * 1.5)
    return over(canvas.base(), _where(-wave, sheet), canvas.paint(1))


def _polar(canvas: Canvas, reach: float = 0.18) -> tuple[Tensor, Tensor]:
    sheet = canvas.sheet
    x, y = sheet.x - 0.5 - sheet.level(-reach, reach), sheet.y - 0.5 - sheet.level(-reach, reach)
    return torch.hypot(x, y), torch.atan2(y, x) / (2 * math.pi)


def spiral(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    away, turn = _polar(canvas, 0.1)
    count, arms = sheet.level(5, 9), sheet.level(1, 3.99).floor()
    hand = torch.sign(sheet.level(-1, 1))
    wave = (triangle(away * count + hand * arms * turn + sheet.level()) - 0.56) / (2 * count)
    return over(canvas.base(), _where(-wave, sheet), canvas.paint(1))


def rings(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    away, _ = _polar(canvas)
    count = sheet.level(4, 10)
    wave = (triangle(away * count) - 0.56) / (2 * count)
    odd = (torch.remainder(torch.floor(away * count), 2) > 0)[:, None]
    return over(canvas.base(), _where(-wave, sheet), torch.where(odd, canvas.paint(2), canvas.paint(1)))


def rays(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    away, turn = _polar(canvas, 0.25)
    count = sheet.level(7, 14).round()
    wave = (triangle(turn * count + sheet.level()) - 0.53) * away * math.pi / count
    light = 1.1 - 0.25 * away
    return over(canvas.base(), _where(-wave, sheet), canvas.paint(1)) * light[:, None]


def triangles(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count = sheet.level(4, 7).round()
    row_place = v * count * 2 / math.sqrt(3) + 32
    row = torch.floor(row_place)
    part_v = row_place - row
    place = u * count + 32 + 0.5 * row
    column = torch.floor(place)
    part_u = place - column
    up = (part_u - part_v * 0.5 < 0.5).float() * (part_u > part_v * 0.5).float()
    shifted = place - part_v * 0.5
    column = torch.floor(shifted)
    up = (shifted - column + part_v < 1).float()
    chance = _dice(sheet, column * 2 + up, row)
    shade = 0.86 + 0.28 * _dice(sheet, column * 2 + up, row + 7)
    return canvas.by_chance(chance, 0.52) * shade[:, None]


def hexagons(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    count = sheet.level(4, 8).round()
    x, y = u * count + 32, v * count + 32
    tall = math.sqrt(3)
    first = (torch.remainder(x, 1) - 0.5, torch.remainder(y, tall) - tall / 2)
    second = (torch.remainder(x - 0.5, 1) - 0.5, torch.remainder(y - tall / 2, tall) - tall / 2)
    nearer = torch.hypot(*first) < torch.hypot(*second)
    dx, dy = torch.where(nearer, first[0], second[0]), torch.where(nearer, first[1], second[1])
    column, row = torch.round((x - dx) * 2), torch.round((y - dy) / tall * 2)
    border = 0.5 - torch.maximum(dx.abs(), 0.5 * dx.abs() + tall / 2 * dy.abs())
    chance = _dice(sheet, column, row)
    fill = canvas.by_chance(chance, 0.74) * (0.9 + 0.2 * _dice(sheet, column, row + 9))[:, None]
    return over(fill, _where((border - sheet.level(0.03, 0.07)) / count, sheet), canvas.paint(1))


def bricks(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    rows = sheet.level(6, 11).round()
    place_v = sheet.y * rows + sheet.level()
    row = torch.floor(place_v)
    place_u = sheet.x * rows * 0.45 + 0.5 * torch.remainder(row, 2) + sheet.level()
    place_u, place_v, row = expanded(place_u, place_v, row)
    column = torch.floor(place_u)
    gap = torch.minimum(0.5 - (place_v - row - 0.5).abs(), (0.5 - (place_u - column - 0.5).abs()) / 0.45) / rows
    gap = gap + 0.0015 * noise(sheet, 40)
    tone = (0.84 + 0.30 * _dice(sheet, column, row)) * (1 + 0.08 * fbm(sheet, 30, 3))
    brick = canvas.base() * tone[:, None]
    light = (
        1
        + 0.25 * smoothstep(0.012, 0.0, (place_v - row) / rows)
        - 0.30 * smoothstep(0.014, 0.0, (1 - place_v + row) / rows)
    )
    mortar = canvas.paint(1) * (0.92 + 0.06 * noise(sheet, 80))[:, None]
    return over(brick * light[:, None], _where(gap - 0.008, sheet), mortar)


def mosaic(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    stones = voronoi(sheet, 11, 0.8)
    chance = stones.pick(sheet.uniform(0, 1, stones.count))
    shade = stones.pick(sheet.uniform(0.84, 1.16, stones.count))
    lit = 1 + 0.18 * (-(stones.across + stones.down)).clamp(-0.7, 0.7)
    fill = canvas.by_chance(chance, 0.62) * (shade * lit)[:, None]
    grout = torch.where(
        canvas.paint(0).mean(1, keepdim=True) < 0.3,
        torch.full_like(canvas.paint(0), 0.62),
        torch.full_like(canvas.paint(0), 0.22),
    )
    return over(fill, _where(stones.border / 11 - 0.004, sheet), grout)


def leaves(canvas: Canvas) -> Tensor:
    """Leaves that lie over each other, each with its ribs."""
    sheet = canvas.sheet
    picture = canvas.base() * 0.42
    for layer, cells in enumerate((7, 6, 5)):
        spots = voronoi(sheet, cells, 0.6, borders=False)
        turn = spots.pick(sheet.uniform(0, 2 * math.pi, spots.count))
        along = spots.across * torch.cos(turn) + spots.down * torch.sin(turn)
        side = spots.down * torch.cos(turn) - spots.across * torch.sin(turn)
        long = 0.56 * spots.pick(sheet.uniform(0.85, 1.1, spots.count))
        wide = 0.24 * (1 - (along / long) ** 2).clamp(min=0) * (1 - 0.35 * along / long)
        leaf = _where((side.abs() - wide) / cells, sheet) * (along.abs() < long)
        other = spots.pick(sheet.uniform(0, 1, spots.count)) > 0.68
        shade = (
            spots.pick(sheet.uniform(0.72, 1.12, spots.count))
            * (1 + 0.35 * side.clamp(-0.3, 0.3))
            * (0.88 + 0.08 * layer)
        )
        ribs = torch.maximum(
            _where(side.abs() / cells - 0.0018, sheet), 0.6 * smoothstep(0.82, 0.95, triangle((along - side.abs()) * 9))
        )
        tone = torch.where(other[:, None], canvas.paint(1), canvas.paint(0)) * (shade * (1 + 0.22 * ribs))[:, None]
        shadow = smoothstep(0.05, 0.0, side.abs() - wide) * (along.abs() < long + 0.03)
        picture = over(picture * (1 - 0.35 * shadow)[:, None], leaf, tone)
    return picture


def gradient(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, _ = canvas.turned(2 * math.pi)
    away, _ = _polar(canvas)
    round_ = sheet.level() < 0.3
    place = torch.where(round_, away * 1.5, u * 1.05 + 0.5).clamp(0, 1) ** 1.25
    span = place * (canvas.counts[:, None, None] - 1)
    picture = canvas.base()
    for number in range(1, canvas.paints.shape[1]):
        picture = over(picture, (span - number + 1).clamp(0, 1), canvas.paint(number))
    return picture


def marble(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned()
    bent = u * sheet.level(1.5, 3) + 0.32 * fbm(sheet, 3, 6, 0.58)
    vein = 1 - triangle(bent)
    strong = smoothstep(0.86, 1.0, vein) + 0.5 * smoothstep(
        0.90, 1.0, 1 - triangle(v * 1.7 + 0.4 * fbm(sheet, 3, 6, 0.6))
    )
    soft = 0.30 * smoothstep(0.0, 1.6, fbm(sheet, 2, 6, 0.6))
    return over(canvas.base(), (strong * smoothstep(-1.4, 0.6, noise(sheet, 5)) + soft).clamp(0, 0.95), canvas.paint(1))


def wood(canvas: Canvas) -> Tensor:
    """Planks with their grain."""
    sheet = canvas.sheet
    upright = sheet.level() < 0.5
    x, y = expanded(sheet.x, sheet.y)
    u, v = torch.where(upright, x, y), torch.where(upright, y, x)
    planks = sheet.level(3, 6).round()
    place = u * planks
    plank = torch.floor(place)
    cut = _dice(sheet, plank, plank * 0 + 3)
    shift = 40 * _dice(sheet, plank, plank * 0)
    rough = torch.where(upright, noise(sheet, (9, 2)), noise(sheet, (2, 9)))
    knots = (place - plank - 0.3 - 0.4 * cut) / planks
    knot = torch.exp(-((knots / 0.035) ** 2) - ((torch.remainder(v + cut, 1) - 0.5) / 0.10) ** 2)
    growth = u * 16 + 0.45 * rough + shift + 1.8 * knot
    fibre = torch.where(upright, noise(sheet, (120, 6)), noise(sheet, (6, 120)))
    line = triangle(growth) ** 2
    tone = 0.80 + 0.35 * _dice(sheet, plank, plank * 0 + 1) - 0.16 * line + 0.04 * fibre
    picture = canvas.base() * tone[:, None]
    picture = over(picture, (0.85 * line**1.5 + 0.5 * knot).clamp(0, 0.85), canvas.paint(1) * 0.92)
    gap = _where((0.5 - (place - plank - 0.5).abs()) / planks - 0.003, sheet)
    return picture * (1 - 0.65 * gap)[:, None]


def bubbles(canvas: Canvas) -> Tensor:
    """Glassy balls of several sizes."""
    sheet = canvas.sheet
    picture = canvas.base() * (0.9 + 0.15 * sheet.y)[:, None]
    for cells, keep in ((11, 0.5), (6, 0.6), (3, 0.7)):
        spots = voronoi(sheet, cells, 0.5, borders=False)
        radius = spots.pick(sheet.uniform(0.20, 0.36, spots.count))
        away = spots.nearest / radius
        there = _where((spots.nearest - radius) / cells, sheet) * (spots.pick(sheet.uniform(0, 1, spots.count)) < keep)
        third = (spots.pick(sheet.uniform(0, 1, spots.count)) > 0.5)[:, None]
        paint = torch.where(third, canvas.paint(2), canvas.paint(1))
        rim = away.clamp(0, 1) ** 4
        gleam = torch.exp(-(((spots.across / radius + 0.35) / 0.2) ** 2) - ((spots.down / radius + 0.38) / 0.16) ** 2)
        picture = over(picture, there * (0.55 + 0.4 * rim), paint)
        picture = picture + 0.75 * (gleam * there)[:, None] + 0.12 * (there * rim)[:, None]
    return picture


def confetti(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    picture = canvas.base()
    for cells in (10, 8, 12):
        spots = voronoi(sheet, cells, 0.6, borders=False)
        turn = spots.pick(sheet.uniform(0, math.pi, spots.count))
        along = (spots.across * torch.cos(turn) + spots.down * torch.sin(turn)).abs()
        side = (spots.down * torch.cos(turn) - spots.across * torch.sin(turn)).abs()
        long = spots.pick(sheet.uniform(0.14, 0.30, spots.count))
        piece = torch.maximum(along - long, side - 0.09)
        piece = torch.where(spots.pick(sheet.uniform(0, 1, spots.count)) < 0.35, spots.nearest - 0.14, piece)
        there = spots.pick(sheet.uniform(0, 1, spots.count)) < 0.62
        chance = spots.pick(sheet.uniform(0, 1, spots.count))
        shade = spots.pick(sheet.uniform(0.85, 1.15, spots.count))
        paint = canvas.by_chance(chance, 0.0) * shade[:, None]
        picture = picture * (1 - 0.12 * _where(piece / cells - 0.004, sheet) * there)[:, None]
        picture = over(picture, _where(piece / cells, sheet) * there, paint)
    return picture


def plaid(canvas: Canvas) -> Tensor:
    sheet = canvas.sheet
    u, v = canvas.turned(0.001)
    count = sheet.level(2.2, 4)
    picture = canvas.base()
    for place in (u * count + sheet.level(), v * count + sheet.level()):
        part = place - torch.floor(place)
        band = _where(((part - 0.5).abs() - 0.12) / count, sheet)
        thin = _where(((part - 0.5).abs() - 0.30).abs() / count - 0.0055, sheet) + _where(
            (part - 0.5).abs() / count - 0.006, sheet
        )
        picture = over(picture, 0.5 * band, canvas.paint(1))
        picture = over(
            picture,
            0.8 * thin.clamp(0, 1),
            torch.where((canvas.counts > 2)[:, None, None, None], canvas.paint(2), canvas.paint(1)),
        )
    weave = 1 + 0.07 * (triangle((sheet.x + sheet.y) * 64) - 0.5)
    return picture * weave[:, None]


def mandala(canvas: Canvas) -> Tensor:
    """Rings of petals around a middle."""
    sheet = canvas.sheet
    away, turn = _polar(canvas, 0.02)
    fold = (sheet.level(0, 5).floor() * 2 + 6).clamp(max=14)
    picture = canvas.base() * (1.02 - 0.1 * away)[:, None]
    for ring in range(6):
        radius = 0.60 - 0.10 * ring
        petal = torch.cos(2 * math.pi * fold * (turn + 0.5 * ring / fold))
        bulge = radius - sheet.level(0.02, 0.05) + sheet.level(0.02, 0.045) * petal.abs() ** sheet.level(0.4, 1.6)
        inside = _where(away - bulge, sheet)
        outline = _where((away - bulge).abs() - 0.004, sheet)
        odd = ring % 2
        paint = canvas.paint(1 + (ring // 2) % 2) if odd == 0 else canvas.paint(0)
        picture = over(picture, inside, paint * (1.0 - 0.05 * ring))
        picture = over(picture, outline, canvas.paint(0) * 0.55 if odd == 0 else canvas.paint(1))
        place = torch.remainder(turn * fold + 0.5 * (ring % 2), 1) - 0.5
        beads = torch.hypot(place * 2 * math.pi * away / fold, away - radius + 0.055) - 0.011
        picture = over(picture, _where(beads, sheet), canvas.paint(0) if odd == 0 else canvas.paint(2))
    return picture


def cracks(canvas: Canvas) -> Tensor:
    """Dry plates with gaps between them, cracked again finely."""
    sheet = canvas.sheet
    bend = (0.012 * fbm(sheet, 8, 4), 0.012 * fbm(sheet, 8, 4))
    at = (sheet.x + bend[0], sheet.y + bend[1])
    plates, fine = voronoi(sheet, 5, 0.9, at=at), voronoi(sheet, 13, 0.9, at=at)
    tone = plates.pick(sheet.uniform(0.9, 1.1, plates.count)) * (1 + 0.05 * fbm(sheet, 8, 5))
    rise = smoothstep(0.0, 0.035, plates.border / 5)
    picture = canvas.base() * (tone * (0.82 + 0.22 * rise))[:, None]
    gap = _where(plates.border / 5 - 0.0075 - 0.003 * noise(sheet, 6), sheet)
    return over(over(picture, 0.45 * _where(fine.border / 13 - 0.0016, sheet), canvas.paint(1)), gap, canvas.paint(1))


def clouds_of_colour(canvas: Canvas) -> Tensor:
    """Soft drifts of colour that fold into each other."""
    sheet = canvas.sheet
    x = sheet.x + 0.10 * fbm(sheet, 2, 4)
    y = sheet.y + 0.10 * fbm(sheet, 2, 4)
    picture = canvas.base()
    for number in (1, 2):
        drift = torch.sin(5 * x * sheet.level(0.6, 1.6) + 6.3 * sheet.level()) + torch.sin(
            5 * y * sheet.level(0.6, 1.6) + 6.3 * sheet.level()
        )
        start = quantile(drift, 0.52 if number == 1 else 0.74)
        picture = over(picture, smoothstep(0.0, 0.9, drift - start) * 0.95, canvas.paint(number))
    light = 1 + 0.07 * fbm(sheet, 2, 5)
    return picture * light[:, None]


DRAW: dict[str, Callable[[Canvas], Tensor]] = {
    "stripes": stripes,
    "checks": checks,
    "dots": dots,
    "waves": waves,
    "zigzag": zigzag,
    "spiral": spiral,
    "rings": rings,
    "rays": rays,
    "triangles": triangles,
    "hexagons": hexagons,
    "bricks": bricks,
    "mosaic": mosaic,
    "leaves": leaves,
    "gradient": gradient,
    "marble": marble,
    "wood": wood,
    "bubbles": bubbles,
    "confetti": confetti,
    "plaid": plaid,
    "mandala": mandala,
    "cracks": cracks,
    "clouds of colour": clouds_of_colour,
}


def imagine_pattern(rng: np.random.Generator) -> Shown:
    """Draw by lot what a pattern shows."""
    pattern = str(rng.choice(PATTERNS))
    choices = OWN.get(pattern, PAIRS)
    colours = choices[int(rng.integers(len(choices)))]
    if pattern in THIRD and rng.random() < 0.45:
        others = [colour for colour in COLOURS if colour not in colours]
        colours = (*colours, str(rng.choice(others)))
    return Shown("pattern", "plain", pattern, colours=colours)


def draw_patterns(
    shown: list[Shown], seeds: list[int], size: int, device: torch.device | str
) -> tuple[Tensor, Tensor, list[Shown]]:
    """Draw patterns: colours (n, 3, size, size) from 0 to 1, labels (n, size, size) uint8, what came out (all of it).

    A picture depends on its own description and seed only.
    """
    device = torch.device(device)
    groups: dict[str, list[int]] = defaultdict(list)
    for row, one in enumerate(shown):
        groups[one.setting].append(row)
    rgb = torch.empty(len(shown), 3, size, size, device=device)
    for pattern, rows in groups.items():
        sheet = Sheet([np.random.default_rng((seeds[row], 1)) for row in rows], size, device)
        canvas = Canvas(sheet, *_paints([shown[row].colours for row in rows], sheet))
        picture = DRAW[pattern](canvas)
        tooth = 1 + sheet.level(0.0, 0.02) * speckle(sheet) + sheet.level(0.0, 0.035) * fbm(sheet, 3, 4)
        rgb[rows] = (picture * tooth[:, None]).clamp(0, 1)
    labels = torch.full((len(shown), size, size), LABELS["pattern"], dtype=torch.uint8, device=device)
    return rgb, labels, list(shown)


def _paints(colours: Sequence[tuple[str, ...]], sheet: Sheet) -> tuple[Tensor, Tensor]:
    """The named colours of each picture, slightly its own, as (n, 3, 3), and how many each has.

    A picture of one colour gets a darker tone of it for the second.
    """
    table = np.zeros((len(colours), 3, 3), np.float32)
    counts = []
    for row, (names, rng) in enumerate(zip(colours, sheet.generators, strict=True)):
        tones = [varied(rng, PAINTS[name], SHADE_OF_PAINT) for name in names[:3]]
        if len(tones) == 1:
            tones.append((tones[0][0] * 0.68, tones[0][1] * 0.68, tones[0][2] * 0.68))
        table[row, : len(tones)] = tones
        counts.append(len(tones))
    return torch.from_numpy(table).to(sheet.device), torch.tensor(counts, device=sheet.device)
