"""A piece of land seen from above, before light: heights, natural colours, labels, what stands on it, what shines at night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training.world.description import LABELS
from training.world.fields import RGB, Sheet, cast_shadow, edge, fbm, noise, ramp, smoothstep, speckle, voronoi

Colour = RGB | Tensor


@dataclass
class Land:
    """Fields (n, size, size) of several pictures of one terrain and variant.

    `height` is the relief and `tall` what stands on it (crowns, roofs), both in frame units. `lamps` is how much lamplight falls
    on a place at night, `fire` what glows by itself at any time. `seen` says how much of each picture a feature covers.
    """

    sheet: Sheet
    season: Sequence[str]
    height: Tensor
    colour: Tensor
    label: Tensor
    tall: Tensor
    lamps: Tensor
    fire: Tensor
    seen: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def flat(cls, sheet: Sheet, season: Sequence[str]) -> Land:
        zero = sheet.constant
        colour = zero()[:, None].expand(-1, 3, -1, -1).clone()
        label = torch.full_like(zero(), LABELS["grass"], dtype=torch.uint8)
        return cls(sheet, season, zero(), colour, label, zero(), zero(), zero())

    def lay(self, mask: Tensor, colour: Colour, label: str = "", amount: float = 1.0) -> None:
        """Paint where `mask` (0 to 1); `colour` is one colour, one a picture (n, 3), or a picture (n, 3, size, size)."""
        paint = torch.tensor(colour, device=mask.device) if isinstance(colour, tuple) else colour
        if paint.ndim < 4:
            paint = paint.reshape(-1, 3, 1, 1)
        weight = mask if amount == 1 else mask * amount
        self.colour = torch.lerp(self.colour, paint.expand_as(self.colour), weight[:, None])
        if label:
            self.label = torch.where(mask > 0.5, LABELS[label], self.label)

    def shade(self, amount: Tensor) -> None:
        """Multiply the colours by a field around 1."""
        self.colour = self.colour * amount[:, None]

    def clear(self, mask: Tensor) -> None:
        """Nothing stands where `mask`."""
        self.tall = self.tall * (1 - mask)

    def at(self, *labels: str) -> Tensor:
        """1 where the label is one of these."""
        hit = torch.zeros_like(self.label, dtype=torch.bool)
        for label in labels:
            hit |= self.label == LABELS[label]
        return hit.float()

    def share(self, feature: str, mask: Tensor) -> None:
        """Note how much of each picture shows the feature."""
        self.seen[feature] = (mask > 0.5).float().mean((1, 2))


def tones(sheet: Sheet, low: RGB, high: RGB, spread: float = 0.03) -> Tensor:
    """One colour a picture, (n, 3), between two, with a little tint of its own."""
    amount = sheet.uniform(0, 1, 1)
    base = torch.tensor(low, device=sheet.device) * (1 - amount) + torch.tensor(high, device=sheet.device) * amount
    return (base + spread * sheet.normal(3)).clamp(0, 1)


def two_tone(amount: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """A picture between two colours (n, 3) by a field 0 to 1."""
    return torch.lerp(first[:, :, None, None], second[:, :, None, None], amount.clamp(0, 1)[:, None])


SEASON_GRASS: dict[str, tuple[RGB, RGB]] = {
    "": ((0.42, 0.52, 0.24), (0.31, 0.44, 0.20)),
    "spring": ((0.50, 0.66, 0.27), (0.36, 0.56, 0.24)),
    "summer": ((0.44, 0.55, 0.23), (0.32, 0.46, 0.20)),
    "autumn": ((0.66, 0.55, 0.29), (0.52, 0.45, 0.25)),
    "winter": ((0.90, 0.92, 0.95), (0.76, 0.79, 0.82)),
}
SEASON_WOODS: dict[str, tuple[RGB, RGB]] = {
    "": ((0.23, 0.36, 0.16), (0.13, 0.25, 0.12)),
    "spring": ((0.40, 0.56, 0.22), (0.22, 0.40, 0.17)),
    "summer": ((0.21, 0.36, 0.15), (0.12, 0.25, 0.11)),
    "autumn": ((0.80, 0.47, 0.15), (0.55, 0.22, 0.11)),
    "winter": ((0.62, 0.62, 0.64), (0.30, 0.28, 0.28)),
}


def seasonal(land: Land, table: dict[str, tuple[RGB, RGB]]) -> tuple[Tensor, Tensor]:
    """The light and the dark colour (n, 3) of each picture's season, slightly its own."""
    sheet = land.sheet
    pairs = torch.tensor([table[season] for season in land.season], device=sheet.device)
    tint = 1 + 0.06 * sheet.normal(1, 3) + 0.04 * sheet.normal(1, 1)
    pairs = (pairs * tint).clamp(0, 1)
    return pairs[:, 0], pairs[:, 1]


def meadow(land: Land, mask: Tensor | None = None, trees: float = 0.12) -> None:
    """Grass with darker and lighter ground, worn spots, and a few single trees."""
    sheet = land.sheet
    light, dark = seasonal(land, SEASON_GRASS)
    rough = fbm(sheet, 5, 6, 0.62)
    where = sheet.constant(1.0) if mask is None else mask
    land.lay(where, two_tone(0.5 + 0.3 * rough, dark, light), "grass")
    worn = smoothstep(1.1, 2.2, noise(sheet, 9) + 0.5 * rough) * where
    land.lay(worn, (0.60, 0.54, 0.38), amount=0.45)
    if trees:
        crowns(land, where * smoothstep(1.05, 1.25, noise(sheet, 6) + 0.35 * noise(sheet, 40)), 44, label="")
        crowns(land, where, 15, label="", keep=trees, radius=0.24)


def crowns(
    land: Land,
    mask: Tensor,
    across: int,
    label: str = "forest",
    keep: float = 1.0,
    radius: float = 0.62,
    shape: str = "round",
    palette: Tensor | None = None,
) -> None:
    """Tree crowns, `across` in the frame's width, where `mask`; a share `keep` of them, over a dark floor when there are all.

    `palette`: (n, k, 3) colours for single trees; otherwise the season's.
    """
    sheet = land.sheet
    cells = voronoi(sheet, across, 0.6, borders=False)
    chance = sheet.uniform(0, 1, cells.count)
    size = sheet.uniform(0.7, 1.15, cells.count)
    light, dark = seasonal(land, SEASON_WOODS)
    away = cells.nearest / (radius * cells.pick(size))
    dome = (1 - away * away).clamp(min=0) if shape == "round" else (1 - away).clamp(min=0)
    there = mask if keep >= 1 else mask * (cells.pick(chance) < keep)
    tone = sheet.uniform(0, 1, cells.count)
    if palette is None:
        colour = two_tone(cells.pick(tone), dark, light)
    else:
        chosen = (tone * palette.shape[1]).long().clamp(max=palette.shape[1] - 1)
        colour = cells.pick_colour(palette.gather(1, chosen[..., None].expand(-1, -1, 3)))
    if keep >= 1:
        floor = two_tone(sheet.constant(0.0), dark * 0.55, light)
        land.lay(there, floor, label)
    leaf = edge((away - 1) * radius / across, sheet.px) * there
    land.lay(leaf, colour * (0.72 + 0.4 * dome)[:, None], label)
    lift = 0.55 if shape == "round" else 0.9
    land.tall = torch.maximum(
        land.tall, dome.sqrt() * leaf * lift / across if shape == "round" else dome * leaf * lift / across
    )


def woods(land: Land, mask: Tensor, across: int = 56) -> None:
    """A wood seen from higher up: fine crowns, `across` in the frame's width, in patches of two tones."""
    sheet = land.sheet
    light, dark = seasonal(land, SEASON_WOODS)
    patch = (0.5 + 0.3 * fbm(sheet, 4, 3)).clamp(0, 1)
    cells = voronoi(sheet, across, 0.6, borders=False)
    tone = cells.pick(sheet.uniform(-0.3, 0.3, cells.count))
    dome = (1 - (cells.nearest / 0.66) ** 2).clamp(min=0)
    land.lay(mask, two_tone(patch * 0.7 + tone + 0.15, dark, light) * (0.55 + 0.5 * dome)[:, None], "forest")
    land.tall = torch.maximum(land.tall * (1 - mask), (dome * 0.6 + 0.35) * mask / across)


def bare(
    land: Land, stops: Sequence[tuple[float, RGB]], label: str, cells: int = 6, mask: Tensor | None = None
) -> None:
    """Ground without plants: colours by fractal noise, with grain."""
    sheet = land.sheet
    rough = fbm(sheet, cells, 6, 0.62)
    tint = 1 + 0.05 * sheet.normal(3, 1, 1)
    picture = ramp(0.5 + 0.25 * rough, stops) * tint
    land.lay(sheet.constant(1.0) if mask is None else mask, picture, label)
    land.height = land.height + 0.004 * rough


SEA: dict[str, tuple[tuple[float, RGB], ...]] = {
    "temperate": (
        (0.0, (0.33, 0.53, 0.52)),
        (0.18, (0.15, 0.38, 0.46)),
        (0.5, (0.06, 0.23, 0.36)),
        (1.0, (0.03, 0.12, 0.25)),
    ),
    "tropical": (
        (0.0, (0.66, 0.88, 0.82)),
        (0.2, (0.22, 0.72, 0.74)),
        (0.5, (0.05, 0.44, 0.62)),
        (1.0, (0.02, 0.20, 0.45)),
    ),
    "cold": (
        (0.0, (0.34, 0.50, 0.55)),
        (0.25, (0.15, 0.32, 0.42)),
        (0.6, (0.08, 0.22, 0.33)),
        (1.0, (0.05, 0.15, 0.26)),
    ),
    "lake": ((0.0, (0.22, 0.39, 0.40)), (0.3, (0.09, 0.25, 0.32)), (1.0, (0.04, 0.15, 0.24))),
    "river": ((0.0, (0.36, 0.47, 0.43)), (0.5, (0.22, 0.42, 0.47)), (1.0, (0.13, 0.33, 0.42))),
    "silt": ((0.0, (0.58, 0.54, 0.40)), (0.5, (0.42, 0.46, 0.38)), (1.0, (0.28, 0.38, 0.36))),
}


def water(land: Land, inside: Tensor, depth: Tensor, kind: str, swell: float = 0.012, level: bool = True) -> None:
    """Water where `inside`, coloured by its depth 0 to 1; fine waves on it, nothing stands in it.

    `level`: it lies at height 0; a stream in a valley follows its bed.
    """
    sheet = land.sheet
    tint = 1 + 0.05 * sheet.normal(3, 1, 1)
    waves = 1 + swell * (0.6 * noise(sheet, (90, 70)) + noise(sheet, (13, 24)))
    land.lay(inside, (ramp(depth.clamp(0, 1), SEA[kind]) * tint * waves[:, None]).clamp(0, 1), "water")
    if level:
        land.height = land.height * (1 - inside)
    land.clear(inside)


def surf(land: Land, offshore: Tensor, reach: float, strength: float = 0.85) -> None:
    """Broken white lines along a shore; `offshore`: distance from the shore in frame units, positive on the water."""
    sheet = land.sheet
    wobble = offshore + reach * 0.35 * noise(sheet, 24)
    breaking = smoothstep(-0.6, 0.8, noise(sheet, 14) + 0.5 * noise(sheet, 60))
    first = torch.exp(-(((wobble - reach * 0.25) / (reach * 0.28)) ** 2))
    second = 0.6 * torch.exp(-(((wobble - reach * 1.2) / (reach * 0.2)) ** 2)) * breaking
    foam = (first * (0.45 + 0.55 * breaking) + second).clamp(0, 1) * (offshore > -reach * 0.3)
    land.lay(foam, (0.96, 0.98, 0.98), amount=strength)


def shore_distance(level: Tensor, sheet: Sheet) -> Tensor:
    """About the distance to where `level` is 0, with its sign: the level over its slope, smoothed so that it has no spikes."""
    blurred = torch.nn.functional.avg_pool2d(level[:, None], 5, 1, 2, count_include_pad=False)[:, 0]
    size = sheet.size
    right = torch.nn.functional.pad(blurred[:, :, 2:] - blurred[:, :, :-2], (1, 1)) * (size / 2)
    down = torch.nn.functional.pad(blurred[:, 2:] - blurred[:, :-2], (0, 0, 1, 1)) * (size / 2)
    return level / torch.sqrt(right * right + down * down + 4.0)


def grain(land: Land, amount: float) -> None:
    """Fine texture of the ground."""
    land.shade(1 + amount * speckle(land.sheet))


def relief_shadow(height: Tensor, climb: Tensor, softness: float) -> Tensor:
    """0 in the light to 1 in full shadow."""
    return smoothstep(0.0, softness, cast_shadow(height, climb))
