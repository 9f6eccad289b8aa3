"""The training loop of the networks that look at pictures: timed by the clock, resumable at any kill, on any device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from training import checkpoint, clock
from training.clock import Budget, learning_rate
from training.optimiser import Optimiser

LOG_EVERY = 50
WEIGHT_DECAY = 0.02

Batch = TypeVar("Batch")


def fit(
    path: Path,
    model: nn.Module,
    loss_of: Callable[[Batch], Tensor],
    batches_from: Callable[[int], Iterator[Batch]],
    *,
    minutes: float,
    peak: float,
    checkpoint_seconds: float,
    heads: tuple[str, ...] = (),
) -> None:
    """Train `model`, which stays where it is, for `minutes` in all; `batches_from(step)` gives the batches from that step on.

    `heads`: see Optimiser. Where `path` holds a checkpoint that was trained as long, its weights are loaded and nothing else is done.
    """
    optimiser = Optimiser(model, WEIGHT_DECAY, muon=True, heads=heads)
    step, budget = 0, Budget(minutes)
    if (state := checkpoint.load(path)) is not None:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, budget = state["step"], Budget(minutes, state["spent_s"])
    if budget.progress >= 1:
        model.eval()
        return
    model.train()
    saved, losses = clock.now(), []
    for batch in batches_from(step):
        loss = loss_of(batch)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step(learning_rate(peak, budget.progress, minutes))
        step += 1
        losses.append(loss.detach())
        if step % LOG_EVERY == 0:
            mean = float(torch.stack(losses[-LOG_EVERY:]).mean())
            print(f"{path.stem} step {step:6d}  {budget.elapsed_s() / 60:5.1f} min  loss {mean:.4f}", flush=True)
            losses.clear()
        if budget.progress >= 1:
            break
        if clock.now() - saved > checkpoint_seconds:
            checkpoint.save(path, _state(model, optimiser, step, budget))
            saved = clock.now()
    model.eval()
    checkpoint.save(path, _state(model, optimiser, step, budget))


def _state(model: nn.Module, optimiser: Optimiser, step: int, budget: Budget) -> dict[str, Any]:
    return {
        "model": model.state_dict(),
        "optimiser": optimiser.state_dict(),
        "step": step,
        "spent_s": budget.elapsed_s(),
        "finished": budget.progress >= 1,
    }


def seeded(seed: int, step: int) -> np.random.Generator:
    """For what is drawn from `step` on; also seeds torch, which the losses draw from."""
    torch.manual_seed(seed * 1_000_003 + step)
    return np.random.default_rng((seed, step))
