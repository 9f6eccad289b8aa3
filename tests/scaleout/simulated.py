"""What a replica hosts in these tests, by name: replicas are other processes."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from figment.engine.backends import onnx
from figment.engine.backends.base import PreviewSource
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, Model
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from figment.generation.contract import ImageRequest, ModelCard, Pixels
from tests.engine.tiny import HashedText


def tiny_engine(models_dir: Path) -> LocalEngine:
    """The tiny model of the engine's own tests, on onnxruntime."""
    prompts = PromptCache(HashedText)
    return LocalEngine(Catalogue(builtin=models_dir), lambda model: onnx.load(model, prompts, threads=1))


def sleeping_engine(models_dir: Path, step_s: float, log: Path, broadest: int = 2) -> LocalEngine:
    """Steps that take their time and no processor, as a GPU's do. `broadest` rows at most share one; `log` gets a line a step."""
    limits = Limits(buckets=tuple(range(1, broadest + 1)), step_budget_s=60.0)
    return LocalEngine(Catalogue(builtin=models_dir), lambda model: SleepingBackend(model, step_s, log), limits)


def broken_engine() -> LocalEngine:
    raise RuntimeError("this node has no model")


class Step(NamedTuple):
    """A step that some replica made."""

    process: int
    model: str
    seeds: tuple[int, ...]


def steps(log: Path) -> list[Step]:
    """Every step so far, of all replicas, first to last."""
    lines = log.read_text().splitlines() if log.exists() else []
    words = [line.split() for line in lines]
    return [Step(int(process), model, tuple(map(int, seeds))) for process, model, *seeds in words]


@dataclass(slots=True)
class SleepingRow:
    request: ImageRequest
    steps_done: int = 0


class SleepingBackend:
    """A `Backend` on a device that is only waited for. A picture's colour is its seed."""

    def __init__(self, model: Model, step_s: float, log: Path) -> None:
        self._model = model
        self._step_s = step_s
        self._log = log

    @property
    def card(self) -> ModelCard:
        return self._model.card

    @property
    def downscale(self) -> int:
        return self._model.downscale

    def begin(self, request: ImageRequest) -> SleepingRow:
        return SleepingRow(request)

    def steps(self, row: SleepingRow) -> int:
        return row.request.steps

    def denoise(self, rows: Sequence[SleepingRow]) -> None:
        time.sleep(self._step_s)
        # One write at the end of a file is one line, whoever else writes there.
        with self._log.open("a") as log:
            log.write(f"{os.getpid()} {self.card.name} {' '.join(str(row.request.seed) for row in rows)}\n")
        for row in rows:
            row.steps_done += 1

    def preview(self, row: SleepingRow) -> PreviewSource:
        return lambda: np.full((8, 8, 3), row.steps_done, np.uint8)

    def decode(self, rows: Sequence[SleepingRow]) -> list[Pixels]:
        return [np.full((row.request.height, row.request.width, 3), row.request.seed % 256, np.uint8) for row in rows]

    def warm_up(self) -> None:
        """A sleep is no slower the first time."""
