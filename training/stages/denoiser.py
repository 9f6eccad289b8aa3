"""Stage 4: train the denoiser by flow matching on the latents."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed
from torch.nn import functional as F

from training import checkpoint
from training.clock import Budget, learning_rate
from training.config import Config
from training.config import Denoiser as Settings
from training.latents import Batch, LatentData
from training.networks.denoiser import Denoiser
from training.world import FIRST_OBJECT, LAST_OBJECT, Label

LOG_EVERY = 50
AVERAGE_EVERY = 4


def build(config: Config) -> Denoiser:
    return Denoiser(config.denoiser.widths, config.denoiser.blocks, len(Label))


def averaged(config: Config, folder: Path) -> tuple[Denoiser, dict[str, Any]]:
    """The moving average of the weights so far, and the checkpoint they come from; before training, random weights."""
    torch.manual_seed(config.seed)
    model = build(config)
    state = checkpoint.load(folder / "denoiser.pt") or {"step": 0, "spent_s": 0.0, "loss": None}
    if "average" in state:
        model.load_state_dict(state["average"])
    return model.eval(), state


@dataclass
class Losses:
    """Running means of the two parts of the loss."""

    velocity: float = 0.0
    labels: float = 0.0

    def add(self, velocity: float, labels: float) -> None:
        self.velocity = velocity if self.velocity == 0 else 0.98 * self.velocity + 0.02 * velocity
        self.labels = labels if self.labels == 0 else 0.98 * self.labels + 0.02 * labels


def run(config: Config, folder: Path) -> None:
    """Train in `workers` processes of one thread each, which share every step's gradient.

    On a machine that does other work too this is faster than threads: threads meet many times within a step, and
    each time one of them is held up all wait; the processes meet once a step.
    """
    workers = config.denoiser.workers
    if workers == 1:
        _train(0, config, folder)
        return
    with tempfile.TemporaryDirectory() as meeting:
        torch.multiprocessing.spawn(_worker, (config, folder, f"file://{meeting}/store"), nprocs=workers)  # type: ignore[no-untyped-call]


def _worker(rank: int, config: Config, folder: Path, meeting: str) -> None:
    distributed.init_process_group("gloo", init_method=meeting, rank=rank, world_size=config.denoiser.workers)
    _train(rank, replace(config, threads=1), folder)
    distributed.destroy_process_group()


class _Gradient:
    """Every parameter's gradient as a view of one flat tensor, so that workers average it in one exchange."""

    def __init__(self, model: Denoiser, workers: int) -> None:
        parameters = list(model.parameters())
        # One number more than there are parameters: the progress, on which all workers must agree to stop together.
        self.flat = torch.zeros(sum(parameter.numel() for parameter in parameters) + 1)
        self.workers = workers
        start = 0
        for parameter in parameters:
            part = self.flat[start : start + parameter.numel()]
            parameter.grad = part.as_strided(parameter.shape, parameter.stride())
            start += parameter.numel()

    def exchange(self, progress: float) -> float:
        """Average over the workers and clip to norm 1; returns the average progress."""
        self.flat[-1] = progress
        if self.workers > 1:
            distributed.all_reduce(self.flat)
        progress = float(self.flat[-1]) / self.workers
        self.flat[-1] = 0
        norm = float(self.flat.norm()) / self.workers
        self.flat *= 1 / (self.workers * max(1.0, norm))
        return progress


def _train(rank: int, config: Config, folder: Path) -> None:
    settings, path = config.denoiser, folder / "denoiser.pt"
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    model = build(config).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = {name: value.detach().clone() for name, value in model.state_dict().items()}
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    step, budget, losses = 0, Budget(settings.minutes), Losses()
    if (state := checkpoint.load(path)) is not None:
        model.load_state_dict(state["model"])
        average = state["average"]
        optimiser.load_state_dict(state["optimiser"])
        step, budget = state["step"], Budget(settings.minutes, state["spent_s"])
    torch.manual_seed(config.seed + 1000 * step + rank)
    data, rng = LatentData(folder / "latents"), np.random.default_rng((config.seed, step, rank))
    forward = torch.compile(model.velocity_and_labels) if settings.compiled else model.velocity_and_labels
    gradient = _Gradient(model, settings.workers)
    saved, progress = time.monotonic(), budget.progress
    while progress < 1:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(settings.learning_rate, progress)
        gradient.flat.zero_()
        batch = data.batch(settings.batch // settings.workers, settings.caption_dropout, rng)
        losses.add(*_backward(settings, forward, batch))
        progress = gradient.exchange(budget.progress)
        optimiser.step()
        step += 1
        if rank > 0:
            continue
        if step % AVERAGE_EVERY == 0:
            _average(average, model, min(settings.ema, (1 + step) / (10 + step)) ** AVERAGE_EVERY)
        if step % LOG_EVERY == 0:
            minutes = budget.elapsed_s() / 60
            print(
                f"denoiser step {step:6d}  {minutes:6.1f} min  loss {losses.velocity:.4f}  labels {losses.labels:.4f}",
                flush=True,
            )
        if time.monotonic() - saved > config.checkpoint_seconds or progress >= 1:
            checkpoint.save(path, _state(model, average, optimiser, step, budget, losses))
            saved = time.monotonic()


def _state(
    model: Denoiser,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
    step: int,
    budget: Budget,
    losses: Losses,
) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "average": average,
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": budget.elapsed_s(),
        "loss": losses.velocity,
    }


def _average(average: dict[str, Tensor], model: Denoiser, keep: float) -> None:
    names = list(average)
    current = model.state_dict()
    torch._foreach_lerp_([average[name] for name in names], [current[name] for name in names], 1 - keep)


def _backward(settings: Settings, forward: Any, batch: Batch) -> tuple[float, float]:
    """Add this batch's gradient; returns the unweighted velocity loss and the label loss."""
    noise = torch.randn_like(batch.latents)
    moment = torch.sigmoid(settings.time_shift + torch.randn(len(noise)))
    mixed = batch.latents + moment[:, None, None, None] * (noise - batch.latents)
    with torch.autocast("cpu", torch.bfloat16):
        velocity, labels = forward(
            mixed.contiguous(memory_format=torch.channels_last), moment, batch.text, batch.text_mask
        )
    error = (velocity.float() - (noise - batch.latents)).square().mean(dim=1)
    velocity_loss = (error * object_weights(batch.labels, settings.object_weight)).mean()
    label_loss = F.cross_entropy(labels.float(), batch.labels)
    (velocity_loss + settings.label_weight * label_loss).backward()
    return float(error.detach().mean()), float(label_loss.detach())


def object_weights(labels: Tensor, extra: float) -> Tensor:
    """1 + `extra` where an object is, 1 elsewhere, scaled to mean 1; labels: (b, h, w) to (b, h, w)."""
    weights = 1 + extra * ((labels >= FIRST_OBJECT) & (labels <= LAST_OBJECT)).float()
    return weights / weights.mean()
