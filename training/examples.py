"""Rendered pictures with what they show, drawn at random from all shards, for networks that look at pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training.pictures import complete_shards
from training.world.description import Shown

T = TypeVar("T")


class Examples:
    """`shown` and `captions` of all shards of a folder, in order; pixels and labels are read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError where nothing is rendered."""
        shards = list(complete_shards(folder))
        if not shards:
            raise FileNotFoundError(f"no rendered pictures in {folder}; run the stage `render` first")
        self._pixels = [shard.pixels() for shard in shards]
        self._labels = [shard.labels() for shard in shards]
        self._starts = np.cumsum([0, *(len(pixels) for pixels in self._pixels)])
        records = [record for shard in shards for record in shard.records()]
        self.captions: list[list[str]] = [record.pop("captions") for record in records]
        self.shown = [Shown.from_dict(record) for record in records]

    def __len__(self) -> int:
        return len(self.shown)

    def pixels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(n, size, size, 3)."""
        return np.stack([self._pixels[shard][row] for shard, row in self._places(rows)])

    def labels(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        """(n, size/8, size/8)."""
        return np.stack([self._labels[shard][row] for shard, row in self._places(rows)])

    def _places(self, rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        shards = np.searchsorted(self._starts, rows, side="right") - 1
        return zip(shards.tolist(), (rows - self._starts[shards]).tolist(), strict=True)


def ahead(make: Callable[[], T]) -> Iterator[T]:
    """What `make` gives, without end; the next is made on another thread while the last is used."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming = pool.submit(make)
        while True:
            ready = coming.result()
            coming = pool.submit(make)
            yield ready
