"""Stage 1: render the pictures into shards."""

from __future__ import annotations

import multiprocessing
from functools import partial
from pathlib import Path

import numpy as np

from training.config import Config, Render
from training.pictures import LABEL_STRIDE, shard_at
from training.world import render

HELD_OUT_FIRST_SEED = 900_000_000


def run(config: Config, folder: Path) -> None:
    """Fill folder/pictures and folder/held-out; shards that are whole already are kept."""
    settings = config.render
    tasks = [
        (folder / "held-out", 0, HELD_OUT_FIRST_SEED, settings.held_out),
        *(
            (folder / "pictures", index, settings.first_seed + index * settings.shard, settings.shard)
            for index in range(settings.pictures // settings.shard)
        ),
    ]
    for name in ("pictures", "held-out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if settings.processes == 1:
        for task in tasks:
            _render_shard(settings, task)
        return
    with multiprocessing.get_context("spawn").Pool(settings.processes) as pool:
        for _ in pool.imap_unordered(partial(_render_shard, settings), tasks):
            pass


def _render_shard(settings: Render, task: tuple[Path, int, int, int]) -> None:
    where, index, first_seed, count = task
    shard = shard_at(where, index)
    if shard.complete:
        return
    pictures = [render(seed, settings.size, settings.captions) for seed in range(first_seed, first_seed + count)]
    middle = LABEL_STRIDE // 2
    shard.write(
        np.stack([picture.pixels for picture in pictures]),
        np.stack([picture.labels[middle::LABEL_STRIDE, middle::LABEL_STRIDE] for picture in pictures]),
        [picture.record() for picture in pictures],
    )
    print(f"render shard {index:4d}  {count} pictures", flush=True)
