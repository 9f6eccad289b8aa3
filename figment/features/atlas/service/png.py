"""A PNG written while its rows come, so that no picture is ever whole in memory.

Portable Network Graphics, third edition (W3C, 2025; the first was RFC 2083): chunks in 5.3, filters in 9, their choice by the least sum of
absolute differences in 12.7, zlib in 10. Pillow reads what is written here, but writes only what it has whole.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np

from figment.features.atlas.rules.painting import Pixels

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = 6
_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"
_CHUNK_BYTES = 1024 * 1024
_LEVEL = 2
"""Of zlib: higher ones take several times as long and save little of painted land."""


class PngRows:
    """Writes rows of RGBA, 8 bits each, from the top: `begin`, then `add` until there are `height`, then `end`."""

    def __init__(self, width: int, height: int) -> None:
        self._width = width
        self._height = height
        self._packed = zlib.compressobj(_LEVEL, strategy=zlib.Z_FILTERED)
        self._before = np.zeros(4 * width, np.uint8)

    def begin(self, xmp: bytes) -> bytes:
        header = struct.pack(">IIBBBBB", self._width, self._height, 8, _RGBA, 0, 0, 0)
        return _SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"iTXt", _XMP + xmp)

    def add(self, pixels: Pixels) -> bytes:
        """Chunks of the next rows (h, width, 4), few enough for the processor's cache; none as long as zlib only gathers."""
        rows = pixels.reshape(len(pixels), -1)
        found = self._packed.compress(_filtered(rows, self._before).data)
        # A copy: else the next row would hold on to all of these.
        self._before = rows[-1].copy()
        return b"".join(_data_chunks(found))

    def end(self) -> bytes:
        return b"".join(_data_chunks(self._packed.flush())) + _chunk(b"IEND", b"")


def _filtered(rows: Pixels, before: Pixels) -> Pixels:
    """(h, 1 + n): each row after the number of its filter: none, what is left, or what is above taken away, whichever leaves least."""
    left = rows.copy()
    left[:, 4:] -= rows[:, :-4]
    up = rows.copy()
    up[0] -= before
    up[1:] -= rows[:-1]
    ways = (rows, left, up)
    # 255 is as near to nothing as 1: the differences wrap.
    costs = np.stack([np.minimum(way, 0 - way).sum(axis=1, dtype=np.uint32) for way in ways])
    best = costs.argmin(axis=0).astype(np.uint8)
    found = np.empty((len(rows), 1 + rows.shape[1]), np.uint8)
    found[:, 0] = best
    for number, way in enumerate(ways):
        found[best == number, 1:] = way[best == number]
    return found


def _data_chunks(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), _CHUNK_BYTES):
        yield _chunk(b"IDAT", data[at : at + _CHUNK_BYTES])


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))
