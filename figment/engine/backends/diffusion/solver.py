"""A row's own scheduler: the model's, as its configuration says, with the row's own steps, history and position.

Why an instance a row and no table of coefficients for all: every scheduler of diffusers then runs as its authors wrote it (multi-step
and stochastic ones too), pictures are diffusers' own by construction, and rows of different lengths have nothing in common that could
get mixed up. It costs some small operations a row and step; the network's call, which is what takes time, is shared. The kinds that most
few-step models come with need no state, and are tables after all: `straight`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from torch import Tensor

from figment.engine.backends.diffusion.draws import Draws


@dataclass(frozen=True, slots=True)
class Move:
    """Where a step leads: the next latent (channels, h, w), the next stream to draw from, and the scheduler that has moved on, if any has."""

    latent: Tensor
    next_stream: int
    scheduler: Any = None


class Solver:
    """One row's way from noise to picture. Its times stay on the processor, so that no step waits for the device."""

    def __init__(self, scheduler: Any, first: int) -> None:
        """`scheduler`: its timesteps are set; it is left as it is. `first`: the index of the timestep to begin at."""
        self._scheduler = scheduler = _forked(scheduler)
        self.timesteps: Tensor = scheduler.timesteps[first:]
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first)

    def __len__(self) -> int:
        return len(self.timesteps)

    @cached_property
    def _scales(self) -> bool:
        return hasattr(self._scheduler, "scale_model_input")

    def noised(self, latent: Tensor, noise: Tensor, step: int) -> Tensor:
        """What a known latent looks like when `step` begins: itself, when all are done."""
        return latent if step == len(self) else _noised(self._scheduler, latent, noise, self.timesteps[step])

    def first(self, noise: Tensor) -> Tensor:
        """The latent of pure noise."""
        return noise * getattr(self._scheduler, "init_noise_sigma", 1.0)

    def network_input(self, latent: Tensor, step: int) -> Tensor:
        return self._scheduler.scale_model_input(latent, self.timesteps[step]) if self._scales else latent

    def foresee(self, output: Tensor, latent: Tensor, step: int, draws: Draws) -> Move:
        """The next step, not yet taken: should another row of the batch fail, this one can be run again from where it was."""
        scheduler = _forked(self._scheduler)
        with draws:
            after = scheduler.step(output[None], self.timesteps[step], latent[None], return_dict=False)[0][0]
        return Move(after, draws.next_stream, scheduler)

    def take(self, move: Move) -> None:
        self._scheduler = move.scheduler

    def put_back(self, move: Move, known: Tensor, noise: Tensor, mask: Tensor, step: int) -> Move:
        """The same move with what is known outside of `mask`, noised as the latent is after `step`."""
        rest = known
        if step + 1 < len(self):
            rest = _noised(move.scheduler, known, noise, self.timesteps[step + 1])
        return replace(move, latent=(1 - mask) * rest + mask * move.latent)


def _noised(scheduler: Any, latent: Tensor, noise: Tensor, timestep: Tensor) -> Tensor:
    times = timestep.reshape(1)
    if hasattr(scheduler, "scale_noise"):
        return scheduler.scale_noise(latent[None], times, noise[None])[0]
    return scheduler.add_noise(latent[None], noise[None], times)[0]


def _forked(scheduler: Any) -> Any:
    """A scheduler that can move without this one moving: its history is its own."""
    forked = copy.copy(scheduler)
    for name, value in vars(forked).items():
        if isinstance(value, list):
            setattr(forked, name, list(value))
        elif isinstance(value, Tensor) and value.ndim > 1:
            setattr(forked, name, value.clone())
    return forked
