"""The world that the built-in model learns: pictures drawn by rule, each with a description and captions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .aerial import draw_aerial, imagine_aerial
from .captions import captions
from .description import FIRST_OBJECT, LAST_OBJECT, Aerial, Description, Label, Scene, Thing
from .scene import draw_scene, imagine_scene

__all__ = ["FIRST_OBJECT", "LAST_OBJECT", "Aerial", "Description", "Label", "Picture", "Scene", "Thing", "render"]

WORLD_VERSION = 1
AERIAL_SHARE = 0.27


@dataclass(frozen=True)
class Picture:
    """pixels: (size, size, 3) uint8; labels: (size, size) uint8 of Label."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    shown: Description
    captions: list[str]

    def record(self) -> dict[str, Any]:
        return {**self.shown.as_dict(), "captions": self.captions}


def render(seed: int, size: int = 256, caption_count: int = 3) -> Picture:
    """The picture of this seed, the same on every machine (up to rounding of the platform's float32)."""
    rng = np.random.default_rng((WORLD_VERSION, seed))
    if rng.random() < AERIAL_SHARE:
        shown: Description = imagine_aerial(rng)
        canvas = draw_aerial(shown, size, rng)
    else:
        canvas, shown = draw_scene(imagine_scene(rng), size, rng)
    return Picture(canvas.pixels(), canvas.labels, shown, captions(shown, caption_count, rng))
