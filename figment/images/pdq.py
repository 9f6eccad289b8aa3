"""PDQ, a hash of what a picture looks like: pictures that look alike have hashes that differ in few of their 256 bits.

Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019, and its reference code
(github.com/facebook/ThreatExchange, `pdq/cpp`). In NumPy, because the binding of the reference code has no wheel for Linux.
`tests/vectors/pdq.json` holds what the reference code says.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

# Two hashes that differ in no more bits are of the same picture: the distance that PDQ's authors use.
THRESHOLD = 31
# Flat and blurred pictures have hashes that say little: nothing is compared with one below this. The authors' figure. What is asked about may
# be below it: a copy of less quality is still a copy.
LEAST_QUALITY = 50

_SIDE = 64
_BITS_SIDE = 16
# What is larger is made smaller first: the hash looks at 64 × 64 means, and the filter's memory grows with the pixels.
_LARGEST_PX = 1024
_PASSES = 2
_LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Pdq:
    """A picture's hash, as 32 bytes, with those of its rotations and mirrors, and how much it says (0 to 100)."""

    hash: bytes
    variants: tuple[bytes, ...]
    quality: int


def pdq(pixels: NDArray[np.uint8]) -> Pdq:
    """The hash of a picture. `pixels`: (h, w, 3) uint8 RGB, 5 or more on a side; smaller ones get quality 0."""
    means = _means(_luma(pixels))
    spectra = [_spectrum() @ each @ _spectrum().T for each in means]
    # A transposed picture has the transposed spectrum: with the mirrors these are all eight.
    variants = tuple(_bits(each) for spectrum in spectra for each in (spectrum, spectrum.T))
    return Pdq(variants[0], variants, _quality(means[0]) if min(pixels.shape[:2]) >= 5 else 0)


def distance(one: bytes, other: bytes) -> int:
    """In how many bits two hashes differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _luma(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    # In NumPy and not in Pillow, which would copy the whole picture first.
    factor = min(max(1, -(-max(pixels.shape[:2]) // _LARGEST_PX)), *pixels.shape[:2])
    height, width = (length // factor for length in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor, 3)
    luma: NDArray[np.float32] = blocks.mean(axis=(1, 3), dtype=np.float32) @ _LUMA
    return luma


def _means(luma: NDArray[np.float32]) -> list[NDArray[np.float64]]:
    """What the picture looks like from afar, (64, 64): as it is, and mirrored across, down, and both.

    The reference code turns the signs of the spectrum for a mirror image instead. Its filter leans to one side, so that its variants of
    finely drawn pictures are up to 60 bits from the hashes of their mirror images, and ours are not.
    """
    down, across = (_filter(length) for length in luma.shape)
    found = []
    for rows in (down, down[:, ::-1]):
        seen = rows @ luma
        found += [(seen @ columns.T).astype(np.float64) for columns in (across, across[:, ::-1])]
    return found


@lru_cache(maxsize=64)
def _filter(length: int) -> NDArray[np.float32]:
    """(64, length): two passes of a box filter over half a cell, then one sample a cell, as one matrix."""
    smooth = np.eye(length)
    for _ in range(_PASSES):
        smooth = _boxed(smooth)
    samples = ((np.arange(_SIDE) + 0.5) * length / _SIDE).astype(int)
    matrix: NDArray[np.float32] = smooth[samples].astype(np.float32)
    return matrix


def _boxed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means along the first axis over a window of half a cell; at the ends over what there is of it."""
    count = len(values)
    window = (count + 2 * _SIDE - 1) // (2 * _SIDE)
    after = (window + 2) // 2
    before = window - after
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    first = np.clip(np.arange(count) - before, 0, count)
    end = np.clip(np.arange(count) + after, 0, count)
    means: NDArray[np.float64] = (sums[end] - sums[first]) / (end - first)[:, None]
    return means


@cache
def _spectrum() -> NDArray[np.float64]:
    """(16, 64): the first 16 waves of the discrete cosine transform after the constant one."""
    waves, samples = np.arange(1, _BITS_SIDE + 1)[:, None], np.arange(_SIDE)[None, :]
    matrix: NDArray[np.float64] = np.sqrt(2 / _SIDE) * np.cos(np.pi / 2 / _SIDE * waves * (2 * samples + 1))
    return matrix


def _bits(spectrum: NDArray[np.float64]) -> bytes:
    """Which waves are stronger than the median, the last one first, as the reference code writes its hashes."""
    median = np.partition(spectrum, spectrum.size // 2 - 1, axis=None)[spectrum.size // 2 - 1]
    return np.packbits((spectrum > median).ravel()[::-1]).tobytes()


def _quality(means: NDArray[np.float64]) -> int:
    steps = [np.trunc(np.abs(np.diff(means, axis=axis)) * 100 / 255).sum() for axis in (0, 1)]
    return min(100, int(sum(steps) / 90))
