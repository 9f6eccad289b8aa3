"""Stage 1: render the pictures into shards, on the processor or the GPU, by any number of processes."""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from training import device
from training.config import Config, Render
from training.pictures import LABEL_STRIDE, shard_at
from training.world import Picture, render

HELD_OUT_FIRST_SEED = 900_000_000
BATCH = {"cpu": 32, "cuda": 250}
"""Pictures drawn at once: enough to spread what a call costs, few enough for the memory."""


@dataclass(frozen=True)
class _Task:
    """One shard: seeds from `first_seed` on, so many of them, into `folder`."""

    folder: Path
    index: int
    first_seed: int
    count: int


def run(config: Config, folder: Path) -> None:
    """Fill folder/pictures and folder/held-out; shards that are whole already are kept."""
    settings, place = config.render, device.chosen(config.device).type
    for name in ("pictures", "held-out"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    tasks = [task for task in _tasks(settings, folder) if not shard_at(task.folder, task.index).complete]
    jobs = [(settings, task, place) for task in tasks]
    if settings.processes == 1:
        for job in jobs:
            _render_shard(job)
        return
    # Spawned rather than forked: a forked process cannot use the GPU.
    with multiprocessing.get_context("spawn").Pool(min(settings.processes, max(1, len(jobs)))) as pool:
        for _ in pool.imap_unordered(_render_shard, jobs):
            pass


def _tasks(settings: Render, folder: Path) -> list[_Task]:
    shards = range(settings.pictures // settings.shard)
    return [
        _Task(folder / "held-out", 0, HELD_OUT_FIRST_SEED, settings.held_out),
        *(
            _Task(folder / "pictures", index, settings.first_seed + index * settings.shard, settings.shard)
            for index in shards
        ),
    ]


def _render_shard(job: tuple[Render, _Task, str]) -> None:
    settings, task, place = job
    # Drawing is many small steps, between which threads would wait for each other longer than they work.
    torch.set_num_threads(1)
    started = time.monotonic()
    pictures: list[Picture] = []
    for start in range(0, task.count, BATCH[place]):
        seeds = range(task.first_seed + start, task.first_seed + min(task.count, start + BATCH[place]))
        pictures += render(seeds, settings.size, settings.captions, place)
    middle = LABEL_STRIDE // 2
    shard_at(task.folder, task.index).write(
        np.stack([picture.pixels for picture in pictures]),
        np.stack([picture.labels[middle::LABEL_STRIDE, middle::LABEL_STRIDE] for picture in pictures]),
        [picture.record() for picture in pictures],
    )
    each_ms = 1000 * (time.monotonic() - started) / task.count
    print(f"render shard {task.index:4d}  {task.count} pictures  {each_ms:.1f} ms each", flush=True)
