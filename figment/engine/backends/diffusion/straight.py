"""Schedulers whose step is a sum of latent, answer and noise: known beforehand as numbers, and taken for all rows of a batch at once.

Euler's method for diffusion (Karras et al., "Elucidating the design space of diffusion-based generative models", 2022, algorithm 1), its
ancestral form, and Euler's method for flows: what SD-Turbo, SDXL-Turbo, SD3 and Flux come with. A step is diffusers' own up to rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from diffusers import EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler
from torch import Tensor

from figment.engine.backends.diffusion.solver import Move


@dataclass(frozen=True, slots=True)
class Line:
    """One step. The network reads latent / `divisor`; the next latent is `keep` latent + `answer` output + `drawn` new noise.

    When the step begins, a known latent looks like `known` latent + `noise` first noise.
    """

    divisor: float
    keep: float
    answer: float
    drawn: float
    known: float
    noise: float


class Straight:
    """One row's way from noise to picture, as `solver.Solver`, without a state: rows with the same times may share one."""

    def __init__(self, timesteps: Tensor, lines: Sequence[Line], first_scale: float) -> None:
        self.timesteps, self.lines, self._first_scale = timesteps, tuple(lines), first_scale

    def __len__(self) -> int:
        return len(self.lines)

    def first(self, noise: Tensor) -> Tensor:
        """The latent of pure noise."""
        return noise * self._first_scale

    def noised(self, latent: Tensor, noise: Tensor, step: int) -> Tensor:
        """What a known latent looks like when `step` begins: itself, when all are done."""
        if step == len(self):
            return latent
        line = self.lines[step]
        return line.known * latent + line.noise * noise

    def put_back(self, move: Move, known: Tensor, noise: Tensor, mask: Tensor, step: int) -> Move:
        """The same move with what is known outside of `mask`, noised as the latent is after `step`."""
        rest = self.noised(known, noise, step + 1)
        return replace(move, latent=(1 - mask) * rest + mask * move.latent)

    def take(self, move: Move) -> None:
        """Nothing moves but the row."""


def of(scheduler: Any, first: int) -> Straight | None:
    """None where the scheduler's steps are of another kind. `scheduler`: its timesteps are set. `first`: the index of the one to begin at."""
    kind = KINDS.get(type(scheduler))
    lines = None if kind is None else kind(scheduler)
    if lines is None:
        return None
    scale = float(getattr(scheduler, "init_noise_sigma", 1.0))
    return Straight(scheduler.timesteps[first:], lines[first:], scale)


def _euler(scheduler: Any) -> list[Line] | None:
    now, after = _sigmas(scheduler)
    return _towards(scheduler, now, after - now, torch.zeros_like(now))


def _ancestral(scheduler: Any) -> list[Line] | None:
    """Of the way to the next sigma a part is made by new noise."""
    now, after = _sigmas(scheduler)
    up = (after**2 * (now**2 - after**2) / now**2).sqrt()
    down = (after**2 - up**2).sqrt()
    if scheduler.config.prediction_type == "sample":
        return None
    return _towards(scheduler, now, down - now, up)


def _towards(scheduler: Any, sigma: Tensor, way: Tensor, drawn: Tensor) -> list[Line] | None:
    """`way` along the derivative (latent - picture) / sigma, by what the network foretells."""
    variance = sigma**2 + 1
    kinds = {
        "epsilon": lambda: (torch.ones_like(sigma), way),
        "v_prediction": lambda: (1 + way * sigma / variance, way / variance.sqrt()),
        "sample": lambda: (1 + way / sigma, -way / sigma),
    }
    kind = kinds.get(scheduler.config.prediction_type)
    if kind is None:
        return None
    keep, answer = kind()
    return _lines(variance.sqrt(), keep, answer, drawn, torch.ones_like(sigma), sigma)


def _flow(scheduler: Any) -> list[Line] | None:
    if scheduler.config.stochastic_sampling:
        return None
    now, after = _sigmas(scheduler)
    one = torch.ones_like(now)
    return _lines(one, one, after - now, torch.zeros_like(now), 1 - now, now)


def _sigmas(scheduler: Any) -> tuple[Tensor, Tensor]:
    """Where each step begins and where it leads: (steps,) each."""
    return scheduler.sigmas[:-1], scheduler.sigmas[1:]


def _lines(*columns: Tensor) -> list[Line]:
    return [Line(*numbers) for numbers in torch.stack(columns, dim=1).tolist()]


KINDS: dict[type[Any], Callable[[Any], list[Line] | None]] = {
    EulerDiscreteScheduler: _euler,
    EulerAncestralDiscreteScheduler: _ancestral,
    FlowMatchEulerDiscreteScheduler: _flow,
}
