"""Treatments that turn a plain picture into a poster, a watercolour, an oil painting and so on; batched, on any device.

Lengths are in 1/256 of the picture, so that a treatment looks alike at every size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from .description import FIRST_OBJECT, LABELS

Treatment = Callable[[Tensor, Tensor, Sequence[int]], Tensor]
"""Pictures (n, 3, size, size), labels (n, size, size) and a seed for each to pictures."""

LUMA = (0.30, 0.59, 0.11)
# Brightness and two differences of colour, these half as strong again.
TINTS = (
    LUMA,
    (1.5 - 1.5 * LUMA[0], -1.5 * LUMA[1], -1.5 * LUMA[2]),
    (-1.5 * LUMA[0], -1.5 * LUMA[1], 1.5 - 1.5 * LUMA[2]),
)
PAPER = (0.965, 0.945, 0.895)
# How far in front a class lies where pictures are cut from paper.
LAYERS = {"sky": 0.0, "sun": 0.10, "moon": 0.10, "cloud": 0.16, "mountain": 0.26, "snow": 0.30, "forest": 0.40, "field": 0.42,
          "town": 0.46, "water": 0.34, "sand": 0.50, "grass": 0.48, "rock": 0.52, "road": 0.54}  # fmt: skip
IN_FRONT = 0.9


def stylise(rgb: Tensor, labels: Tensor, styles: Sequence[str], seeds: Sequence[int]) -> Tensor:
    """Pictures in their styles; "plain" stays as it is. A picture depends on itself and its seed only."""
    out = rgb.clone()
    for style, treat in TREATMENTS.items():
        rows = [row for row, one in enumerate(styles) if one == style]
        if rows:
            which = torch.tensor(rows, device=rgb.device)
            out[which] = treat(rgb[which], labels[which], [seeds[row] for row in rows]).clamp_(0, 1)
    return out


# --- tools ----------------------------------------------------------------------------------------------------------------


def luma(rgb: Tensor) -> Tensor:
    """Brightness, (n, 1, size, size)."""
    return LUMA[0] * rgb[:, 0:1] + LUMA[1] * rgb[:, 1:2] + LUMA[2] * rgb[:, 2:3]


def windowed(image: Tensor, width: int, join: Callable[[Tensor, Tensor], Tensor] = torch.add) -> Tensor:
    """Sum (or what `join` makes) of all windows of `width` by `width`, without padding.

    By doubling shifts along both axes: on the CPU several times faster than pooling. Where joining twice counts twice, as in a sum,
    `width` is a power of two.
    """
    for axis in (2, 3):
        covered, total = 1, image
        while covered < width:
            shift = min(covered, width - covered)
            length = total.shape[axis] - shift
            total = join(total.narrow(axis, 0, length), total.narrow(axis, shift, length))
            covered += shift
        image = total
    return image


def means(image: Tensor, width: int) -> Tensor:
    """Means of all windows of `width` by `width`, a power of two, without padding."""
    return windowed(image, width) * (1 / width**2)


def padded(image: Tensor, before: int, after: int) -> Tensor:
    return F.pad(image, (before, after, before, after), mode="replicate")


def blurred(image: Tensor, radius: float) -> Tensor:
    """Nearly a Gaussian of deviation `radius`: two box means, on a smaller copy where the radius is large."""
    size = image.shape[-1]
    reach = radius * size / 256
    if reach >= 3 and size % 2 == 0:
        small = image.view(*image.shape[:2], size // 2, 2, size // 2, 2).mean(dim=(3, 5))
        return F.interpolate(blurred(small, radius), size=(size, size), mode="bilinear", align_corners=False)
    width = 4 if reach > 1.5 else 2
    return means(means(padded(image, width - 1, width - 1), width), width)


def noise(seeds: Sequence[int], size: int, cells: int, device: torch.device, stream: int = 0) -> Tensor:
    """Smooth noise of about unit deviation, (n, 1, size, size)."""
    grids = [np.random.default_rng((seed, 7, stream)).normal(size=(1, cells + 3, cells + 3)) for seed in seeds]
    coarse = torch.from_numpy(np.stack(grids).astype(np.float32)).to(device)
    fine = F.interpolate(coarse, scale_factor=size / cells, mode="bicubic")
    return fine[:, :, :size, :size] * 1.25


def moved(image: Tensor, dx: Tensor, dy: Tensor) -> Tensor:
    """Every pixel from where (dx, dy), (n, 1, size, size) in pixels, points to."""
    size = image.shape[-1]
    places = (torch.arange(size, device=image.device) + 0.5) * 2 / size - 1
    y, x = torch.meshgrid(places, places, indexing="ij")
    grid = torch.stack([x + dx[:, 0] * 2 / size, y + dy[:, 0] * 2 / size], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


def slopes(image: Tensor) -> tuple[Tensor, Tensor]:
    """Central differences along x and y."""
    wide = padded(image, 1, 1)
    return (wide[..., 1:-1, 2:] - wide[..., 1:-1, :-2]) / 2, (wide[..., 2:, 1:-1] - wide[..., :-2, 1:-1]) / 2


def outlines(rgb: Tensor, labels: Tensor) -> Tensor:
    """How much of an edge a pixel is, (n, 1, size, size) in [0, 1]: of colour, and of what things are."""
    dx, dy = slopes(rgb)
    colour = (dx.square() + dy.square()).sum(dim=1, keepdim=True).sqrt()
    groups = torch.where(labels < FIRST_OBJECT, labels, labels + 40).float()[:, None]
    px, py = slopes(groups)
    kinds = ((px.abs() + py.abs()) > 0).float()
    return (colour * 5.0 - 0.12).clamp(0, 1).maximum(0.55 * kinds)


def palette(pixels: Tensor, colours: int, rounds: int = 4) -> Tensor:
    """The main colours (n, colours, 3) of pictures (n, 3, size, size): k-means from the farthest points of a small copy."""
    samples = F.adaptive_avg_pool2d(pixels, 32).flatten(2).transpose(1, 2)
    rows = torch.arange(len(samples), device=pixels.device)
    chosen = [samples.mean(dim=1)]
    nearest = torch.full(samples.shape[:2], 99.0, device=pixels.device)
    for _ in range(colours):
        nearest = torch.minimum(nearest, (samples - chosen[-1][:, None]).square().sum(dim=-1))
        chosen.append(samples[rows, nearest.argmax(dim=1)])
    centres = torch.stack(chosen[1:], dim=1)
    for _ in range(rounds):
        distance = centres.square().sum(dim=-1)[:, None] - 2 * samples @ centres.transpose(1, 2)
        members = F.one_hot(distance.argmin(dim=-1), colours).to(samples.dtype).transpose(1, 2)
        counts = members.sum(dim=-1, keepdim=True)
        centres = torch.where(counts > 0, members @ samples / counts.clamp(min=1), centres)
    return centres


def flattened(rgb: Tensor, colours: int, softness: float) -> Tensor:
    """Each pixel in the nearest of so many colours; soft where two are nearly as near, so that edges stay smooth.

    Near in tint rather than in brightness: an orange car on a brown street stays orange.
    """
    basis = torch.tensor(TINTS, device=rgb.device)
    pixels = (basis @ rgb.flatten(2)).view_as(rgb)
    centres = palette(pixels, colours)
    distance = centres.square().sum(dim=-1)[..., None] - 2 * centres @ pixels.flatten(2)
    weights = torch.softmax(distance.mul_(-1 / softness), dim=1)
    flat: Tensor = torch.linalg.inv(basis) @ (centres.transpose(1, 2) @ weights)
    return flat.view_as(rgb)


def vivid(rgb: Tensor, amount: float) -> Tensor:
    """More (above 1) or less colourful."""
    grey = luma(rgb)
    return grey + amount * (rgb - grey)


def on_paper(rgb: Tensor, share: Tensor | float, paper: Sequence[float] = PAPER) -> Tensor:
    """Mixed with bare paper by `share`."""
    tone = torch.tensor(paper, device=rgb.device).view(1, 3, 1, 1)
    return rgb + share * (tone - rgb)


def margin(size: int, device: torch.device, width: float, rough: Tensor | float = 0.0) -> Tensor:
    """1 within `width` of the frame, 0 inside, (1 or n, 1, size, size)."""
    places = (torch.arange(size, device=device) + 0.5) * 256 / size
    inset = torch.minimum(places, 256 - places)
    return (width + rough + 0.5 - torch.minimum(inset[:, None], inset[None])[None, None]).clamp(0, 1)


# --- styles ---------------------------------------------------------------------------------------------------------------


def poster(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """A few flat, strong colours in a cream margin."""
    flat = flattened(vivid(blurred(rgb, 1), 1.25), 10, 0.0022)
    flat = flat + 0.06 * (flat - 0.5)
    grain = noise(seeds, rgb.shape[-1], 128, rgb.device) * 0.008
    return on_paper(flat + grain, margin(rgb.shape[-1], rgb.device, 9.0))


def pixel_art(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """A grid of 64 squares across in sixteen colours."""
    size = rgb.shape[-1]
    small = F.adaptive_avg_pool2d(rgb, min(64, size // 2))
    small = vivid(small + 0.5 * (small - F.avg_pool2d(padded(small, 1, 1), 3, 1)), 1.15)
    return F.interpolate(flattened(small.clamp(0, 1), 16, 0.0004), size=(size, size), mode="nearest-exact")


def watercolour(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """Washes that bleed a little, darker along their edges, grainy, thin enough that paper shows; an unpainted margin."""
    size, device = rgb.shape[-1], rgb.device
    scale = size / 256
    wander = noise(seeds, size, 16, device, 1), noise(seeds, size, 16, device, 2)
    fine = noise(seeds, size, 70, device, 3)
    wet = moved(rgb, (0.9 * wander[0] + 0.25 * fine) * scale, (0.9 * wander[1] - 0.25 * fine) * scale)
    # Dark scenes are painted lighter than they are: night too is a thin wash.
    dark = (0.5 - luma(wet).mean(dim=(1, 2, 3), keepdim=True)).clamp(min=0)
    wash = _calmest(wet, 3).clamp(min=1e-4) ** (1 - 0.9 * dark)
    rim = (blurred(luma(wash), 2) - luma(wash)).abs()
    pigment = 1 - 0.9 * rim.clamp(0, 0.25)
    pools = 1 + 0.055 * noise(seeds, size, 7, device, 4) + 0.03 * noise(seeds, size, 24, device, 5)
    tooth = 0.5 * noise(seeds, size, 128, device, 6) + 0.5 * noise(seeds, size, 64, device, 8)
    pale = on_paper(vivid(wash, 1.18).clamp(0, 1), 0.24)
    ink = (1 - pale) * pools * (1 + 0.10 * tooth) / pigment.clamp(min=0.5)
    bare = margin(size, device, 8.0, 3.0 * wander[0] + 1.2 * fine)
    return on_paper(1 - ink, bare)


def oil(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """Thick strokes that follow the forms: colour and relief are smeared along the lines of least change."""
    size, device = rgb.shape[-1], rgb.device
    dx, dy = slopes(blurred(luma(rgb), 1))
    tensor = blurred(torch.cat([dx * dx, dy * dy, dx * dy], dim=1), 5)
    # Where nothing changes the strokes follow a slow noise.
    drift = 1.2 * noise(seeds, size, 4, device, 1)
    pull = 2e-5
    xx, yy, xy = (tensor[:, i : i + 1] for i in range(3))
    angle = 0.5 * torch.atan2(2 * xy + pull * torch.sin(drift), xx - yy + pull * torch.cos(drift)) + torch.pi / 2
    step_x, step_y = torch.cos(angle) * size / 256, torch.sin(angle) * size / 256
    bristles = noise(seeds, size, 128, device, 2) + 0.7 * noise(seeds, size, 48, device, 3)
    dabs = 0.050 * noise(seeds, size, 40, device, 4)
    layered = torch.cat([_calmest(rgb, 3) + dabs, bristles], dim=1)
    smeared = layered
    for reach in (5.0, -5.0, 2.5, -2.5):
        smeared = smeared + moved(layered, reach * step_x, reach * step_y)
    smeared = smeared / 5
    relief = smeared[:, 3:] * 0.055 + 0.35 * luma(smeared[:, :3])
    rx, ry = slopes(relief)
    light = 1 - 2.6 * (rx + ry)
    return vivid(smeared[:, :3] * light.clamp(0.6, 1.5), 1.22)


def ink(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """Pen on paper: outlines, hatching where it is dark, a thin wash of the colours."""
    size, device = rgb.shape[-1], rgb.device
    scale = size / 256
    wander = noise(seeds, size, 30, device, 1) * scale
    shaken = moved(rgb, 0.7 * wander, -0.7 * wander)
    bright = luma(shaken)
    low, high = (
        torch.quantile(F.adaptive_avg_pool2d(bright, 32).flatten(1), q, dim=1)[:, None, None, None]
        for q in (0.04, 0.96)
    )
    tone = ((bright - low) / (high - low).clamp(min=0.15)).clamp(0, 1)
    line = outlines(shaken, labels)
    line = torch.maximum(line, 0.8 * blurred(line, 0.5))
    places = (torch.arange(size, device=device) + 0.5) / scale
    y, x = places[:, None], places[None]
    strokes = torch.zeros_like(tone)
    for dx, dy, dark in ((1.0, 1.0, 0.42), (1.0, -1.0, 0.20)):
        wave = torch.sin((dx * x + dy * y) * 1.02 + 0.35 * wander / scale)
        strokes = torch.maximum(strokes, ((wave - 0.15) * 2.2).clamp(0, 1) * ((dark - tone) * 6).clamp(0, 1))
    things = (labels >= FIRST_OBJECT)[:, None]
    wash = on_paper(vivid(blurred(rgb, 1), 1.35), torch.where(things, 0.26, 0.46))
    mark = torch.maximum(line, strokes * torch.where(things, 0.32, 0.48))
    return wash + mark * (torch.tensor((0.10, 0.10, 0.15), device=device).view(1, 3, 1, 1) - wash)


def paper_cut(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """Sheets of coloured paper in layers, each with a shadow on the one behind."""
    size, device = rgb.shape[-1], rgb.device
    flat = flattened(vivid(blurred(rgb, 1), 1.15), 10, 0.0010)
    heights = torch.full((256,), IN_FRONT, device=device)
    heights[: len(LABELS)] = IN_FRONT
    for name, layer in LAYERS.items():
        heights[LABELS[name]] = layer
    places = torch.arange(size, device=device) / size
    # On the ground, what is lower in the frame is nearer.
    height = heights[labels.long()][:, None] + 0.05 * places[None, None, :, None]
    height = height + 0.35 * (luma(blurred(flat, 1)) - 0.5).abs()
    shade = torch.zeros_like(height)
    for reach, weight in ((2, 0.26), (4, 0.22), (7, 0.18)):
        shift = max(1, round(reach * size / 256))
        above = F.pad(height, (shift, 0, shift, 0), mode="replicate")[:, :, :size, :size]
        shade = shade + weight * ((above - height - 0.012) * 12).clamp(0, 1)
    shade = blurred(shade, 1.5)
    lip_x, lip_y = slopes(height)
    rim = (2.2 * (lip_x + lip_y)).clamp(0, 0.10)
    fibre = noise(seeds, size, 128, device, 1) * 0.014 + noise(seeds, size, 50, device, 2) * 0.010
    return (flat + 0.03) * (1 - shade) * (1 + fibre) + rim


def neon(rgb: Tensor, labels: Tensor, seeds: Sequence[int]) -> Tensor:
    """Glowing tubes along the outlines of a dark picture."""
    device = rgb.device
    line = outlines(rgb, labels)
    things = (labels >= FIRST_OBJECT)[:, None]
    # A thing's own colour, not mixed with what is behind its outline.
    strongest = windowed(padded(rgb, 2, 2), 5, torch.maximum)
    own = windowed(padded(rgb * things, 2, 2), 5, torch.maximum)
    strongest = torch.where(things, own, strongest)
    grey = strongest.amin(dim=1, keepdim=True)
    pure = (strongest - 0.8 * grey) / (strongest.amax(dim=1, keepdim=True) - 0.8 * grey).clamp(min=0.08)
    tint = torch.tensor((0.35, 0.80, 1.0), device=device).view(1, 3, 1, 1)
    dull = (1 - 4 * (strongest.amax(dim=1, keepdim=True) - grey)).clamp(0, 1)
    pure = pure + 0.65 * dull * (tint - pure)
    tubes = pure * line * torch.where(things, 1.0, 0.72)
    base = rgb * torch.where(things, 0.34, 0.13) + torch.tensor((0.015, 0.01, 0.05), device=device).view(1, 3, 1, 1)
    glow = 0.9 * blurred(tubes, 2) + 0.9 * blurred(tubes, 6) + 0.5 * blurred(tubes, 14)
    return base + glow + 0.75 * tubes + 0.25 * line.square() * things


def _calmest(rgb: Tensor, radius: int) -> Tensor:
    """Kuwahara et al., 1976: the mean of that quarter around a pixel where brightness varies least."""
    size = rgb.shape[-1]
    width = 4 if radius * size / 256 >= 2 else 2
    reach = width - 1
    grey = luma(rgb)
    stacked = padded(torch.cat([rgb, grey, grey.square()], dim=1), reach, reach)
    quarters = means(stacked, width)
    best, least = None, None
    for top in (0, reach):
        for left in (0, reach):
            quarter = quarters[:, :, top : top + size, left : left + size]
            spread = quarter[:, 4:5] - quarter[:, 3:4].square()
            if best is None or least is None:
                best, least = quarter[:, :3], spread
                continue
            calmer = spread < least
            best, least = torch.where(calmer, quarter[:, :3], best), torch.minimum(spread, least)
    assert best is not None
    return best


TREATMENTS: dict[str, Treatment] = {
    "poster": poster,
    "watercolour": watercolour,
    "oil": oil,
    "pixel art": pixel_art,
    "ink": ink,
    "paper cut": paper_cut,
    "neon": neon,
}
