"""The world that the built-in model learns: pictures drawn by rule, each with a description and captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .aerial import draw_aerial, imagine_aerial
from .description import FIRST_OBJECT, LABELS, Shown, Thing
from .patterns import draw_patterns, imagine_pattern
from .raster import rasterise
from .reflections import reflect
from .scene import as_seen, choose, compose, imagine_object, imagine_scene
from .styles import stylise
from .words import captions as say

__all__ = ["FIRST_OBJECT", "LABELS", "WORLD_VERSION", "Drawn", "Picture", "Shown", "Thing", "draw", "imagine", "render"]

WORLD_VERSION = 2
"""Part of every seed: another version of the world is another set of pictures."""
VIEW_SHARES = {"scene": 0.55, "aerial": 0.28, "object": 0.10, "pattern": 0.07}
IMAGINE: dict[str, Callable[[np.random.Generator], Shown]] = {
    "scene": imagine_scene,
    "aerial": imagine_aerial,
    "object": imagine_object,
    "pattern": imagine_pattern,
}


@dataclass(frozen=True)
class Picture:
    """pixels (size, size, 3) uint8; labels (size, size) uint8 of LABELS."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    shown: Shown
    captions: list[str]

    def record(self) -> dict[str, Any]:
        """What JSON holds of it, pixels and labels apart."""
        return {**self.shown.as_dict(), "captions": self.captions}


@dataclass(frozen=True)
class Drawn:
    """A batch on its device: rgb (n, 3, size, size) in [0, 1], labels (n, size, size) uint8, and what came out of each description."""

    rgb: Tensor
    labels: Tensor
    shown: list[Shown]


def imagine(seed: int) -> Shown:
    """What the picture of this seed is to show."""
    rng = np.random.default_rng((WORLD_VERSION, seed))
    return IMAGINE[choose(rng, VIEW_SHARES)](rng)


def draw(shown: Sequence[Shown], seeds: Sequence[int], size: int, device: torch.device | str = "cpu") -> Drawn:
    """Draw descriptions; a picture depends on its own description and seed only."""
    rgb = torch.empty(len(shown), 3, size, size, device=device)
    labels = torch.empty(len(shown), size, size, dtype=torch.uint8, device=device)
    came_out = list(shown)
    for views, draw_view in (
        (("scene", "object"), _draw_scenes),
        (("aerial",), draw_aerial),
        (("pattern",), draw_patterns),
    ):
        rows = [row for row, one in enumerate(shown) if one.view in views]
        if not rows:
            continue
        rgb[rows], labels[rows], seen = draw_view(
            [shown[row] for row in rows], [seeds[row] for row in rows], size, device
        )
        for row, one in zip(rows, seen, strict=True):
            came_out[row] = one
    return Drawn(rgb, labels, came_out)


def _draw_scenes(
    shown: list[Shown], seeds: list[int], size: int, device: torch.device | str
) -> tuple[Tensor, Tensor, list[Shown]]:
    composed = [
        compose(one, np.random.default_rng((WORLD_VERSION, seed, 1))) for one, seed in zip(shown, seeds, strict=True)
    ]
    rgb, labels = rasterise([pen for pen, _ in composed], size, device)
    rgb = reflect(rgb, labels, [pen.mirror for pen, _ in composed])
    rgb = stylise(rgb, labels, [one.style for one in shown], seeds)
    counted = labels.cpu().numpy()
    return rgb, labels, [as_seen(one, label) for (_, one), label in zip(composed, counted, strict=True)]


def render(
    seeds: Sequence[int], size: int = 256, captions: int = 4, device: torch.device | str = "cpu"
) -> list[Picture]:
    """The pictures of these seeds, each the same in any batch and on every machine (up to rounding of the device's float32)."""
    drawn = draw([imagine(seed) for seed in seeds], seeds, size, device)
    pixels = (drawn.rgb.permute(0, 2, 3, 1) * 255 + 0.5).to(torch.uint8).cpu().numpy()
    labels = drawn.labels.cpu().numpy()
    return [
        Picture(pixels[row], labels[row], shown, say(shown, captions, np.random.default_rng((WORLD_VERSION, seed, 2))))
        for row, (seed, shown) in enumerate(zip(seeds, drawn.shown, strict=True))
    ]
