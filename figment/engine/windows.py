"""A picture larger than its model is made for, as windows of the model's own size that overlap and are denoised together.

Each window is a row like any other and takes its own step. After every step all windows of a picture agree: where they overlap, each gets
their weighted mean (Bar-Tal et al., "MultiDiffusion", 2023, the closed form of its least squares). The weights are raised cosines, so that no
window has a border of its own in the picture. Text, noise and what is there already are cut from the whole: the windows begin in agreement.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from figment.engine.sampling import Floats
from figment.generation.contract import ImageRequest, ModelCard, Pixels

LARGEST = 2048
"""Pixels along a side."""
MOST_ALONG = 8
"""Native sizes along a side: a picture of 121 windows at most."""
OVERLAP = 4
"""Windows share at least one part in so many with their neighbour."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture, in cells of its latent. `of`: height and width of the whole."""

    top: int
    left: int
    height: int
    width: int
    of: tuple[int, int]

    def within(self, scale: int = 1) -> tuple[slice, slice]:
        """Its rows and columns in the whole. `scale`: 1 in a latent, pixels a cell in a picture."""
        return (
            slice(self.top * scale, (self.top + self.height) * scale),
            slice(self.left * scale, (self.left + self.width) * scale),
        )


def largest_size(native_size: int, multiple: int) -> int:
    """The longest side of a picture in windows, in pixels."""
    return min(LARGEST, MOST_ALONG * native_size) // multiple * multiple


def windows_of(request: ImageRequest, card: ModelCard, downscale: int) -> list[Window]:
    """The windows of a picture, row by row: none where the model makes it at once; else those in which anything is to be made."""
    if max(request.width, request.height) <= card.max_size:
        return []
    high, wide = request.height // downscale, request.width // downscale
    side = card.native_size // downscale
    height, width = min(side, high), min(side, wide)
    cut = [
        Window(top, left, height, width, (high, wide)) for top in _starts(high, height) for left in _starts(wide, width)
    ]
    mask = request.mask
    return cut if mask is None else [window for window in cut if mask[window.within(downscale)].any()] or cut[:1]


def part_of(request: ImageRequest, window: Window, downscale: int) -> ImageRequest:
    """The request of one window. Its seed is the whole's, of whose noise it gets its part."""
    image, mask = request.init_image, request.mask
    return replace(
        request,
        width=window.width * downscale,
        height=window.height * downscale,
        init_image=None if image is None else np.ascontiguousarray(image[window.within(downscale)]),
        mask=None if mask is None else np.ascontiguousarray(mask[window.within(downscale)]),
    )


def weights(windows: Sequence[Window]) -> Floats:
    """(n, height, width): what each window counts in each of its cells; together they are 1 everywhere."""
    each = _bell(windows[0].height, windows[0].width)
    total = np.zeros(windows[0].of, np.float32)
    for window in windows:
        total[window.within()] += each
    return np.stack([each / total[window.within()] for window in windows])


def agreed(windows: Sequence[Window], shares: Floats, latents: Sequence[Floats]) -> Iterator[Floats]:
    """Each window's part of the mean. `shares`: their `weights`; `latents`: (channels, height, width) each."""
    whole = np.zeros((len(latents[0]), *windows[0].of), np.float32)
    for window, share, latent in zip(windows, shares, latents, strict=True):
        whole[:, *window.within()] += share * latent
    for window in windows:
        yield whole[:, *window.within()].copy()


class Mosaic:
    """A picture put together from those of its windows, one by one. `scale`: pixels a cell."""

    def __init__(self, window: Window, scale: int, under: Pixels | None = None) -> None:
        """`window`: any of them. `under`: what shows where there is none."""
        size = (window.of[0] * scale, window.of[1] * scale)
        self._scale, self._under = scale, under
        self._share = _bell(window.height * scale, window.width * scale)
        self._colours = np.zeros((*size, 3), np.float32)
        self._total = np.zeros(size, np.float32)

    def put(self, window: Window, picture: Pixels) -> None:
        within = window.within(self._scale)
        self._colours[within] += self._share[..., None] * picture
        self._total[within] += self._share

    def picture(self) -> Pixels:
        """(height, width, 3). Where all windows show the same byte, that byte."""
        there = self._total > 0
        mean = self._colours / np.where(there, self._total, 1)[..., None]
        made = np.clip(np.rint(mean), 0, 255).astype(np.uint8)
        return made if self._under is None else np.where(there[..., None], made, self._under)


def _starts(length: int, window: int) -> list[int]:
    """Where windows begin, as evenly as whole cells allow, the last flush with the end."""
    stride = window - window // OVERLAP
    count = 1 + -(-(length - window) // stride)
    return [round(n * (length - window) / max(1, count - 1)) for n in range(count)]


def _bell(height: int, width: int) -> Floats:
    """(height, width): a raised cosine each way, above 0 everywhere."""
    rows, columns = (np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in (height, width))
    return np.outer(rows, columns).astype(np.float32)
