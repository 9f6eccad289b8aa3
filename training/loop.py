"""The loop that trains the denoiser: several processes, moving average, checkpoints, logs and sheets on the way."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, distributed, nn
from torch.multiprocessing.spawn import spawn

from training import checkpoint, clock, device
from training.clock import Budget, learning_rate
from training.config import Config, Training
from training.optimiser import Optimiser

LOG_EVERY = 50
AVERAGE_EVERY = 4
SMOOTHING = 0.02
HEADS = ("label_head",)


class Task(Protocol):
    """What a stage trains for."""

    notes: dict[str, Any]
    """What a checkpoint has to say beside the weights."""

    @property
    def model(self) -> nn.Module: ...

    def backward(self, workers: int, minutes: float, average: dict[str, Tensor]) -> dict[str, Tensor]:
        """Add the gradient of one batch, this worker's share of the settings'; returns figures for the log.

        minutes: how long the run has trained by now; average: the moving average of the model's weights.
        """

    def show(self, average: dict[str, Tensor], path: Path) -> dict[str, float]:
        """Write a sheet of samples of the averaged weights to `path`; returns figures on held-out pictures."""


MakeTask = Callable[[Config, Path, torch.device], Task]


def run(config: Config, folder: Path, name: str, settings: Training, make: MakeTask) -> None:
    """Train in `workers` processes of one thread each, which share every step's gradient; ends when the minutes are up.

    On a machine that does other work too this is faster than threads: threads meet many times within a step, and
    each time one of them is held up all wait; the processes meet once a step.
    """
    if settings.workers == 1:
        _train(0, config, folder, name, settings, make)
        return
    with tempfile.TemporaryDirectory() as meeting:
        arguments = (config, folder, name, settings, make, f"file://{meeting}/store")
        spawn(_worker, arguments, nprocs=settings.workers)  # type: ignore[no-untyped-call]


def _worker(
    rank: int, config: Config, folder: Path, name: str, settings: Training, make: MakeTask, meeting: str
) -> None:
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=settings.workers)
    _train(rank, replace(config, threads=1, device="cpu"), folder, name, settings, make)
    distributed.destroy_process_group()


def _train(rank: int, config: Config, folder: Path, name: str, settings: Training, make: MakeTask) -> None:
    path = folder / f"{name}.pt"
    torch.set_num_threads(config.threads)
    torch.set_float32_matmul_precision("high")
    torch.manual_seed(config.seed)
    task = make(config, folder, device.chosen(config.device))
    model = task.model
    average = {key: value.detach().clone() for key, value in model.state_dict().items()}
    optimiser = Optimiser(
        model, settings.weight_decay, muon=settings.muon, heads=HEADS, rank=rank, workers=settings.workers
    )
    step, budget, figures = 0, Budget(settings.minutes), Running()
    if (state := checkpoint.load(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        torch._foreach_copy_(list(average.values()), list(state["average"].values()))
        step, budget = state["step"], Budget(settings.minutes, state["spent_s"])
    gradient = Gradient(model, settings.workers)
    saved, progress = clock.now(), budget.progress
    shown = int(budget.elapsed_s() / 60 / config.sheet_minutes)
    while progress < 1:
        # A step's random numbers depend on its number only: a run that was cut off goes on as if it had not been.
        torch.manual_seed((config.seed * 1_000_003 + step) * settings.workers + rank)
        gradient.flat.zero_()
        minutes = budget.elapsed_s() / 60
        figures.add(task.backward(settings.workers, minutes, average))
        progress = gradient.exchange(budget.progress)
        optimiser.step(learning_rate(settings.learning_rate, progress, settings.minutes))
        step += 1
        if step % AVERAGE_EVERY == 0:
            _average(average, model, min(settings.ema, (1 + step) / (10 + step)) ** AVERAGE_EVERY)
        if rank > 0:
            continue
        if step % LOG_EVERY == 0:
            print(f"{name} step {step:6d}  {minutes:6.1f} min  {figures}", flush=True)
        if clock.now() - saved > config.checkpoint_seconds or progress >= 1:
            checkpoint.save(path, {**_state(model, average, optimiser, step, budget, figures), "notes": task.notes})
            saved = clock.now()
        if minutes // config.sheet_minutes > shown or progress >= 1:
            shown = int(minutes // config.sheet_minutes)
            told = task.show(average, folder / f"{name}-{minutes:04.0f}min.webp")
            print(f"{name} step {step:6d}  {minutes:6.1f} min  held out: {_told(told)}", flush=True)


class Gradient:
    """Every parameter's gradient as a view of one flat tensor, so that workers average it in one exchange."""

    def __init__(self, model: nn.Module, workers: int) -> None:
        parameters = list(model.parameters())
        # One number more than there are parameters: the progress, on which all workers must agree to stop together.
        self.flat = torch.zeros(sum(parameter.numel() for parameter in parameters) + 1, device=parameters[0].device)
        self.workers = workers
        start = 0
        for parameter in parameters:
            part = self.flat[start : start + parameter.numel()]
            parameter.grad = part.as_strided(parameter.shape, parameter.stride())
            start += parameter.numel()

    def exchange(self, progress: float) -> float:
        """Average over the workers and clip to norm 1; returns the average progress."""
        if self.workers > 1:
            self.flat[-1] = progress
            distributed.all_reduce(self.flat)
            self.flat /= self.workers
            progress = float(self.flat[-1])
            self.flat[-1] = 0
        self.flat /= self.flat.norm().clamp(min=1)
        return progress


class Running:
    """Running means of figures, kept where they were computed until they are read."""

    def __init__(self) -> None:
        self._means: dict[str, Tensor] = {}

    def add(self, figures: dict[str, Tensor]) -> None:
        for name, value in figures.items():
            self._means[name] = torch.lerp(self._means.get(name, value), value, SMOOTHING)

    def read(self) -> dict[str, float]:
        return {name: float(value) for name, value in self._means.items()}

    def __str__(self) -> str:
        return _told(self.read())


def _told(figures: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in figures.items())


def _state(
    model: nn.Module, average: dict[str, Tensor], optimiser: Optimiser, step: int, budget: Budget, figures: Running
) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "average": average,
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": budget.elapsed_s(),
        "figures": figures.read(),
    }


def _average(average: dict[str, Tensor], model: nn.Module, keep: float) -> None:
    current = model.state_dict()
    torch._foreach_lerp_(list(average.values()), [current[name] for name in average], 1 - keep)
