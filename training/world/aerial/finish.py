"""From a land to a picture of it: sun and shadows by the time of day, clouds, and the style that it is made in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from training.world.description import GROUND_LABELS, LABELS
from training.world.fields import (
    RGB,
    Sheet,
    blur,
    cast_shadow,
    fbm,
    hillshade,
    noise,
    quantile,
    ramp,
    slopes,
    smoothstep,
    speckle,
)

# Tangent of the sun's elevation, its colour, and the sky's light; flat ground in the sun is about sun + sky times its colour.
CLIMB: dict[str, float] = {"": 0.95, "noon": 1.15, "dawn": 0.50, "sunset": 0.40, "night": 0.8}
SUN: dict[str, RGB] = {
    "": (0.72, 0.68, 0.61), "noon": (0.76, 0.73, 0.67), "dawn": (0.60, 0.42, 0.40), "sunset": (0.96, 0.58, 0.29),
    "night": (0.16, 0.19, 0.27),
}  # fmt: skip
SKYLIGHT: dict[str, RGB] = {
    "": (0.33, 0.36, 0.42), "noon": (0.34, 0.37, 0.42), "dawn": (0.40, 0.40, 0.54), "sunset": (0.28, 0.26, 0.39),
    "night": (0.075, 0.105, 0.19),
}  # fmt: skip
LAMP: RGB = (1.0, 0.74, 0.40)
FIRE: RGB = (1.0, 0.34, 0.06)

MAP: dict[str, RGB] = {
    "grass": (0.84, 0.91, 0.72), "forest": (0.62, 0.79, 0.57), "field": (0.94, 0.92, 0.72), "town": (0.92, 0.89, 0.84),
    "road": (1.0, 0.98, 0.90), "rock": (0.79, 0.73, 0.65), "mountain": (0.87, 0.81, 0.71), "snow": (0.97, 0.98, 1.0),
    "sand": (0.97, 0.89, 0.66), "water": (0.54, 0.77, 0.90), "ice": (0.80, 0.92, 0.97), "lava": (0.91, 0.36, 0.20),
}  # fmt: skip
RELIEF: dict[str, RGB] = {
    "grass": (0.70, 0.78, 0.55), "forest": (0.48, 0.63, 0.43), "field": (0.84, 0.82, 0.58), "town": (0.84, 0.79, 0.73),
    "road": (0.90, 0.88, 0.82), "rock": (0.69, 0.62, 0.54), "mountain": (0.74, 0.68, 0.60), "snow": (0.96, 0.97, 0.99),
    "sand": (0.91, 0.82, 0.62), "water": (0.42, 0.62, 0.74), "ice": (0.80, 0.90, 0.95), "lava": (0.90, 0.38, 0.16),
}  # fmt: skip
HYPSOMETRIC = (
    (0.0, (0.55, 0.71, 0.49)), (0.25, (0.75, 0.81, 0.58)), (0.5, (0.91, 0.85, 0.65)), (0.75, (0.80, 0.68, 0.52)), (1.0, (0.93, 0.90, 0.87)),
)  # fmt: skip
# How much of the natural colour stays on a map: what tells crops and sands apart.
KEPT: dict[str, float] = {
    "field": 0.45,
    "sand": 0.45,
    "forest": 0.15,
    "rock": 0.25,
    "mountain": 0.15,
    "ice": 0.45,
    "town": 0.10,
}
THEMES: tuple[tuple[RGB, RGB], ...] = (
    ((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)),
    ((0.95, 0.87, 0.72), (0.05, 0.04, 0.03)),
    ((0.94, 0.98, 1.0), (0.0, 0.0, 0.03)),
)  # fmt: skip


FIELDS = ("height", "colour", "label", "tall", "lamps", "fire")


@dataclass
class View:
    """Pictures to finish, all of one style and time: the land's fields, the cover of clouds and of their shadows."""

    sheet: Sheet
    time: str
    height: Tensor
    colour: Tensor
    label: Tensor
    tall: Tensor
    lamps: Tensor
    fire: Tensor
    cloud: Tensor
    shadow: Tensor

    def tone(self, rgb: RGB) -> Tensor:
        """A colour that broadcasts over pictures."""
        return torch.tensor(rgb, device=self.sheet.device)[None, :, None, None]


def clouds(sheet: Sheet) -> tuple[Tensor, Tensor]:
    """Cover of drifting clouds and of their shadows on the ground to the lower right, 0 to 1."""
    # The same field of noise is looked at twice, the second time from where the shadow falls.
    size, shift = sheet.size, sheet.size // 16
    puffs = fbm(Sheet(sheet.generators, size + shift, sheet.device), 3, 6, 0.55)
    start = quantile(puffs, sheet.level(0.60, 0.78))
    cover = smoothstep(-0.05, 0.95, puffs - start)
    return cover[:, shift:, shift:], cover[:, :-shift, :-shift]


def finished(style: str, view: View) -> Tensor:
    """The pictures, (n, 3, size, size) from 0 to 1."""
    return STYLES[style](view).clamp_(0, 1)


def photo(view: View) -> Tensor:
    """What a satellite would see."""
    lit = daylight(view)
    lit = lit + 0.012 * speckle(view.sheet)[:, None]
    luma = lit.mean(1, keepdim=True)
    vivid = luma + 1.06 * (lit - luma)
    # What is brighter than the film can hold bends towards white and does not clip.
    return torch.where(vivid > 0.72, 1 - 0.28 * torch.exp((0.72 - vivid) / 0.28), vivid)


def daylight(view: View) -> Tensor:
    """Sun, sky, cast shadows, mist at dawn, lamps at night, fire, clouds. The sun stands upper left, at dawn upper right."""
    climb = CLIMB[view.time]
    form, top = (
        view.height + 0.55 * view.tall,
        view.height + view.tall,
    )  # crowns scatter light: they shade softer than they stand
    if view.time == "dawn":
        form, top = form.flip(2), top.flip(2)
    shade = hillshade(form, climb * 1.35)
    shadow = smoothstep(0.0, 0.006, cast_shadow(top, climb))
    if view.time == "dawn":
        shade, shadow = shade.flip(2), shadow.flip(2)
    sunny = shade.clamp(max=1.9) * (1 - 0.92 * shadow) * (1 - 0.75 * view.shadow)
    sky = 0.82 + 0.18 * shade.clamp(max=1.5)
    light = view.tone(SUN[view.time]) * sunny[:, None] + view.tone(SKYLIGHT[view.time]) * sky[:, None]
    result = view.colour * light
    if view.time == "night":
        result = result + _lamplight(view)
    burning = (view.label == LABELS["lava"])[:, None]
    result = torch.where(burning, torch.maximum(result, view.colour), result)
    result = result + view.tone(FIRE) * view.fire[:, None] * torch.where(burning, 0.15, 0.9)
    return _air(view, result)


def _lamplight(view: View) -> Tensor:
    """What lamps add: on the ground, and a halo around them."""
    lamps = view.lamps[:, None]
    halo = blur(view.lamps, 0.07)[:, None]
    return view.tone(LAMP) * (view.colour * (1.1 * lamps + 0.5 * halo) + 0.10 * lamps + 0.03 * halo)


def _air(view: View, picture: Tensor) -> Tensor:
    """Haze, mist and clouds over a lit land."""
    if view.time == "dawn":
        low = quantile(view.height, 0.05)
        mist = 0.30 * smoothstep(-0.8, 1.6, fbm(view.sheet, 3, 4) - 9 * (view.height - low))
        picture = torch.lerp(picture, view.tone((0.88, 0.78, 0.82)), mist[:, None])
    if view.time != "night":
        picture = torch.lerp(picture, view.tone((0.66, 0.76, 0.90)), 0.035)
    right, down = slopes(view.cloud * 0.05)
    rounded = (1 + 0.35 * (right + down)).clamp(0.6, 1.15)
    white = view.tone(SUN[view.time]) * 0.95 * rounded[:, None] + view.tone(SKYLIGHT[view.time]) * 0.75
    return torch.lerp(picture, white.clamp(0, 1), (view.cloud * 0.96)[:, None])


def _by_label(table: dict[str, RGB], label: Tensor) -> Tensor:
    """Colours of labels, (n, 3, size, size)."""
    fallback = table["grass"]
    colours = torch.tensor([table.get(name, fallback) for name in GROUND_LABELS], device=label.device)
    return colours[label.long()].movedim(-1, 1)


def _outlines(label: Tensor) -> Tensor:
    """1 at pixels whose right or lower neighbour has another label."""
    changes = torch.zeros_like(label, dtype=torch.bool)
    changes[:, :, :-1] |= label[:, :, 1:] != label[:, :, :-1]
    changes[:, :-1] |= label[:, 1:] != label[:, :-1]
    return changes.float()


def _ordered(height: Tensor) -> Tensor:
    """Heights from 0 (the lowest hundredth) to 1 (the highest); flat ground stays low."""
    low, high = quantile(height, 0.01), quantile(height, 0.99)
    return ((height - low) / (high - low).clamp(min=0.03)).clamp(0, 1)


def relief(view: View) -> Tensor:
    """Shaded relief: tints by height, plastic light, no texture."""
    smooth = functional.avg_pool2d(_by_label(RELIEF, view.label), 3, 1, 1, count_include_pad=False)
    tints = ramp(_ordered(view.height), HYPSOMETRIC)
    by_height = torch.zeros_like(view.height)
    for name, amount in (("grass", 0.75), ("rock", 0.5), ("mountain", 0.75), ("forest", 0.35)):
        by_height = torch.where(view.label == LABELS[name], amount, by_height)
    base = torch.lerp(smooth, tints, by_height[:, None])
    base = torch.lerp(base, view.colour.clamp(0, 1), 0.30)
    calm = functional.avg_pool2d(view.height[:, None], 3, 1, 1, count_include_pad=False)[:, 0]
    surface = calm * 1.5 + view.tall
    shade = hillshade(surface, 0.75)
    shadow = smoothstep(0.0, 0.02, cast_shadow(surface, 0.75))
    glow = (0.42 + 0.64 * shade.clamp(max=1.5)) * (1 - 0.38 * shadow)
    cool = view.tone((0.92, 0.95, 1.06))
    return base * glow[:, None] * torch.lerp(cool, torch.ones_like(cool), shade.clamp(0, 1)[:, None])


def cartography(view: View) -> Tensor:
    """A clean map: tints by what is there, contour lines, outlines, buildings as blocks."""
    sheet = view.sheet
    base = _by_label(MAP, view.label)
    kept = torch.tensor([KEPT.get(name, 0.0) for name in GROUND_LABELS], device=base.device)[view.label.long()]
    pale = functional.avg_pool2d(view.colour, 3, 1, 1, count_include_pad=False).clamp(0, 1) ** 0.7
    base = torch.lerp(base, pale * 0.8 + 0.2, kept[:, None])
    houses = (view.tall > 0.009) & (view.label == LABELS["town"])
    base = torch.where(houses[:, None], view.tone((0.76, 0.64, 0.57)), base)
    base = functional.avg_pool2d(base, 3, 1, 1, count_include_pad=False)
    deep = blur((view.label == LABELS["water"]).float(), 0.1)[:, None]
    base = base * torch.where((view.label == LABELS["water"])[:, None], 1.06 - 0.10 * deep, 1.0)
    base = base * (1 - 0.95 * _contours(view)[:, None] * view.tone((0.22, 0.36, 0.52)))
    wet = (view.label == LABELS["water"]) | (view.label == LABELS["ice"])
    shore = _outlines(wet)
    outline = functional.avg_pool2d(_outlines(view.label.int() * 2 + houses.int())[:, None], 2, 1, 1)[:, :, :-1, :-1]
    base = base * (1 - 0.32 * outline)
    base = torch.lerp(
        base,
        view.tone((0.25, 0.48, 0.65)).expand_as(base),
        0.75 * shore[:, None],
    )
    pick = (sheet.uniform(0, 1, 1)[:, 0] * 4 - 1).clamp(min=0).long().clamp(max=2)
    tint, lift = (
        torch.tensor([theme[k] for theme in THEMES], device=base.device)[pick][:, :, None, None] for k in (0, 1)
    )
    paper = 1 + 0.012 * noise(sheet, 60)
    return (base * tint + lift) * paper[:, None]


def _contours(view: View) -> Tensor:
    """Lines of equal height, every fourth stronger; none on water, none where the ground is flat or rough."""
    ground = view.height[:, None]
    for _ in range(2):
        ground = functional.avg_pool2d(ground, 7, 1, 3, count_include_pad=False)
    ground = ground[:, 0]
    span = (quantile(ground, 0.99) - quantile(ground, 0.01)).clamp(min=0.02)
    level = ground / span * 9
    right, down = slopes(level)
    steep = torch.hypot(right, down) * view.sheet.px
    away = (level - torch.round(level)).abs() / steep.clamp(min=1e-4)
    strong = torch.remainder(torch.round(level), 4) == 0
    line = (1.2 - away).clamp(0, 1) * torch.where(strong, 1.0, 0.6) * (steep > 0.004)
    for name in ("water", "road", "town", "field"):
        line = line * (view.label != LABELS[name])
    return line


def painted(view: View) -> Tensor:
    """A hand-painted atlas: pale washes of brush dabs (Kuwahara's filter), ink along every border, paper."""
    sheet = view.sheet
    dabs = kuwahara(daylight(view), max(1, round(sheet.size / 64)))
    luma = dabs.mean(1, keepdim=True)
    vivid = (luma + 1.35 * (dabs - luma)).clamp(0, 1)
    pigment = 0.80 + 0.07 * fbm(sheet, 5, 5)  # washes are thinner in places, and the paper shows
    paper = view.tone((0.97, 0.93, 0.84))
    wash = vivid if view.time == "night" else torch.lerp(paper.expand_as(vivid), vivid, pigment[:, None])
    ink = functional.avg_pool2d(_outlines(view.label)[:, None], 3, 1, 1, count_include_pad=False)
    crowded = blur(ink[:, 0], 0.06)[:, None]  # where everything is small, ink would only make it dark
    ink = (1.7 * ink * (1 - 2.2 * crowded).clamp(min=0.1) * (1 - view.cloud[:, None])).clamp(max=1)
    pressure = smoothstep(-1.6, 0.6, noise(sheet, 12))[:, None]
    tooth = 1 + 0.035 * speckle(sheet) + 0.025 * noise(sheet, 100)
    sepia = view.tone((0.22, 0.14, 0.10))
    return torch.lerp(wash, sepia.expand_as(wash), 0.72 * ink * pressure) * tooth[:, None]


def kuwahara(picture: Tensor, radius: int) -> Tensor:
    """Each pixel takes the mean of that of four squares at its corners whose colours vary least (Kuwahara 1976)."""
    side = radius + 1
    wide = functional.pad(picture, (radius,) * 4, mode="replicate")
    mean = functional.avg_pool2d(wide, side, 1)
    spread = functional.avg_pool2d(wide.square().sum(1, keepdim=True), side, 1) - mean.square().sum(1, keepdim=True)
    size = picture.shape[-1]
    corners = [(slice(dy, dy + size), slice(dx, dx + size)) for dy in (0, radius) for dx in (0, radius)]
    best = mean[:, :, corners[0][0], corners[0][1]]
    least = spread[:, :, corners[0][0], corners[0][1]]
    for rows, columns in corners[1:]:
        calmer = spread[:, :, rows, columns] < least
        best = torch.where(calmer, mean[:, :, rows, columns], best)
        least = torch.where(calmer, spread[:, :, rows, columns], least)
    return best


STYLES: dict[str, Callable[[View], Tensor]] = {
    "photo": photo,
    "relief": relief,
    "map": cartography,
    "painted": painted,
}
