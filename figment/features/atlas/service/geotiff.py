"""A GeoTIFF written tile by tile, through tifffile.

TIFF names the place and length of every tile at its front (TIFF 6.0, section 15), which nobody knows before the last one is packed: it is written into a file.
Where its pixels lie is said in the words of OGC GeoTIFF 1.1 (OGC 19-008r4): a user-defined system of coordinates whose unit is a pixel of the map.
GDAL counts upwards what we count downwards: its x is ours, and its y is ours with the other sign, exactly.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import tifffile

from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import Rect

SIDE = 512
"""Of the file's own tiles, which begin at the picture's corner and not at the map's."""
SYSTEM = "Figment Atlas, pixels of the map"
WKT = f'LOCAL_CS["{SYSTEM}",UNIT["unknown",1],AXIS["Easting",EAST],AXIS["Northing",NORTH]]'
"""What GDAL makes of it, for what is no GeoTIFF: it has no name for our unit."""

_LEVEL = 2
_HORIZONTAL = 2
_USER_DEFINED = 32767
_DOUBLE, _SHORT, _ASCII, _BYTE = 12, 3, 2, 1
_SCALE, _TIEPOINT, _KEYS, _WORDS, _XMP = 33550, 33922, 34735, 34737, 700


def packed(row: Pixels) -> Iterator[bytes]:
    """The tiles of a row of them (up to 512, width, 4), from the left; what lies beyond the picture is blank."""
    for left in range(0, row.shape[1], SIDE):
        part = row[:, left : left + SIDE]
        tile = np.zeros((SIDE, SIDE, 4), np.uint8)
        tile[: part.shape[0], : part.shape[1]] = part
        differences = tile.copy()
        differences[:, 1:] -= tile[:, :-1]
        yield zlib.compress(differences.data, _LEVEL)


def write(file: BinaryIO, rect: Rect, scale: int, tiles: Iterator[bytes], xmp: bytes) -> None:
    """Write all tiles, row by row, of a picture that shows `rect` of the map, `scale` pixels of the map to one of its own."""
    # A file without a name has a number for one, which tifffile would take for a path.
    with tifffile.TiffWriter(tifffile.FileHandle(file, name="export.tif")) as writer:
        writer.write(
            tiles,
            shape=(rect.height // scale, rect.width // scale, 4),
            dtype=np.uint8,
            tile=(SIDE, SIDE),
            photometric="rgb",
            extrasamples=["unassalpha"],
            planarconfig="contig",
            compression="adobe_deflate",
            predictor=_HORIZONTAL,
            metadata=None,
            software="Figment",
            extratags=_tags(rect, scale, xmp),
        )


def _tags(rect: Rect, scale: int, xmp: bytes) -> list[tuple[int, int, int, object, bool]]:
    words = f"{SYSTEM}|"
    keys = [
        (1024, 0, 1, _USER_DEFINED),  # GTModelType
        (1025, 0, 1, 1),  # GTRasterType: a pixel is an area
        (1026, _WORDS, len(words), 0),  # GTCitation
    ]
    directory = [1, 1, 0, len(keys), *(number for key in keys for number in key)]
    return [
        (_SCALE, _DOUBLE, 3, (float(scale), float(scale), 0.0), True),
        (_TIEPOINT, _DOUBLE, 6, (0.0, 0.0, 0.0, float(rect.x), float(-rect.y), 0.0), True),
        (_KEYS, _SHORT, len(directory), tuple(directory), True),
        (_WORDS, _ASCII, 0, words, True),
        (_XMP, _BYTE, len(xmp), xmp, True),
    ]
