"""Rendered pictures on disk, in shards of pixels, labels and records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABEL_STRIDE = 8


@dataclass(frozen=True)
class Shard:
    """`pixels` (n, size, size, 3) uint8, `labels` (n, size/8, size/8) uint8, `records` n dictionaries with captions."""

    stem: Path

    @property
    def complete(self) -> bool:
        return self._records.exists()

    @property
    def _records(self) -> Path:
        return self.stem.with_suffix(".jsonl")

    def write(self, pixels: NDArray[np.uint8], labels: NDArray[np.uint8], records: list[dict[str, Any]]) -> None:
        """The records are moved into place last: they mark the shard as whole after a kill at any moment."""
        np.save(self.stem.with_suffix(".npy"), pixels)
        np.save(self.stem.with_suffix(".labels.npy"), labels)
        unfinished = self._records.with_suffix(".part")
        unfinished.write_text("".join(json.dumps(record) + "\n" for record in records))
        unfinished.rename(self._records)

    def pixels(self) -> NDArray[np.uint8]:
        return np.load(self.stem.with_suffix(".npy"), mmap_mode="r")  # type: ignore[no-any-return]

    def labels(self) -> NDArray[np.uint8]:
        return np.load(self.stem.with_suffix(".labels.npy"))  # type: ignore[no-any-return]

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._records.read_text().splitlines()]


def shard_at(folder: Path, index: int) -> Shard:
    return Shard(folder / f"shard-{index:04d}")


def complete_shards(folder: Path) -> Iterator[Shard]:
    """Shards in order, up to the first that is missing or unfinished."""
    index = 0
    while (shard := shard_at(folder, index)).complete:
        yield shard
        index += 1
