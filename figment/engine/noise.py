"""Noise that is the same everywhere: a seed gives the same picture in NumPy, on a GPU and in a browser.

Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC'11) turns a counter into random words
without any state, so that every implementation can make every number by itself. The recipe, for twins in other languages:

    key     = (seed mod 2^32, seed div 2^32)
    counter = (block mod 2^32, block div 2^32, stream, 0)
    words   = philox4x32_10(counter, key)                     four uint32 a block
    u       = (word + 0.5) / 2^32                             float64, never 0 or 1
    normals = sqrt(-2 ln u0) cos(2 pi u1), sqrt(-2 ln u0) sin(2 pi u1), the same of u2 and u3      (Box and Muller, 1958)

in float64, rounded to float32 at the end, blocks 0, 1, 2, ... laid out in C order. `tests/vectors/philox.json` has numbers to check by.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
LOW_WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)

Words = NDArray[np.uint64]


def philox4x32(counter: Words, key: tuple[int, int]) -> Words:
    """The generator itself. `counter`: (4, n), each below 2^32; `key`: two words below 2^32. Returns (4, n), each below 2^32."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        p0, p1 = MULTIPLIERS[0] * c0, MULTIPLIERS[1] * c2
        c0, c2 = (p1 >> HALF) ^ c1 ^ np.uint64(k0), (p0 >> HALF) ^ c3 ^ np.uint64(k1)
        c1, c3 = p1 & LOW_WORD, p0 & LOW_WORD
        k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3])


def words(seed: int, count: int, stream: int = 0) -> Words:
    """The first `count` random words of a seed's stream: (count,), each below 2^32.

    Raises:
        ValueError: the seed is not below 2^64, or the stream not below 2^32.
    """
    if not 0 <= seed < 2**64 or not 0 <= stream < 2**32:
        raise ValueError(f"seed {seed} or stream {stream} is out of range")
    block = np.arange(-(-count // 4), dtype=np.uint64)
    counter = np.stack([block & LOW_WORD, block >> HALF, np.full_like(block, stream), np.zeros_like(block)])
    return philox4x32(counter, (seed & 0xFFFFFFFF, seed >> 32)).T.reshape(-1)[:count]


def normals(seed: int, shape: tuple[int, ...], stream: int = 0) -> NDArray[np.float32]:
    """Standard normal noise of a seed: `shape`, float32. `stream` gives independent noise of the same seed."""
    count = math.prod(shape)
    uniform = (words(seed, -(-count // 2) * 2, stream).astype(np.float64) + 0.5) / 2.0**32
    radius, angle = np.sqrt(-2.0 * np.log(uniform[0::2])), 2.0 * np.pi * uniform[1::2]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return pairs.reshape(-1)[:count].reshape(shape).astype(np.float32)


@lru_cache(maxsize=4)
def shared_normals(seed: int, shape: tuple[int, ...], stream: int = 0) -> NDArray[np.float32]:
    """As `normals`, kept for those who each take a part of it; not to be written to."""
    drawn = normals(seed, shape, stream)
    drawn.flags.writeable = False
    return drawn
