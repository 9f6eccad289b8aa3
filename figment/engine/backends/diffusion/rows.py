"""One picture on its way, and what one step of several asks the network and makes of its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import torch
from torch import Tensor

from figment.engine.backends.diffusion.copies import Copies
from figment.engine.backends.diffusion.draws import Draws, normals
from figment.engine.backends.diffusion.families import Batch, Conditions
from figment.engine.backends.diffusion.solver import Move, Solver
from figment.engine.backends.diffusion.straight import Straight
from figment.engine.backends.diffusion.ways import Way
from figment.engine.sampling import Guidance
from figment.engine.windows import Window
from figment.generation.contract import Pixels


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there already, for an inpainting row. `mask`: (1, h, w), 1 where the picture is made anew.

    `known`: the picture's latent, put back outside of the mask after every step; `told`: (channels + 1, h, w), mask and blanked picture for a
    network that was trained to read them. One of the two.
    """

    mask: Tensor
    known: Tensor | None = None
    told: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """What a row begins from and is not encoded yet. `pixels`: (height, width, 3) bytes; `hidden`: (1, h, w), 1 where the network must not see
    it. `begins`: the row begins from it, and not from noise; `mask`: see `Surroundings`; `told`: that the network reads its surroundings.
    """

    pixels: Tensor
    hidden: Tensor
    begins: bool
    mask: Tensor | None
    told: bool


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What the network read and answered in a row's last step, to make a preview of."""

    latent: Tensor
    output: Tensor
    time: float


@dataclass(slots=True, eq=False)
class DiffusionRow:
    """One picture on its way. `latent`, `noise`: (channels, h, w) float32 on the device. `conditions`: one of each of `guidance.prompts`.
    `pictures`: what has to be encoded before its first step. `window`: the part of a larger picture that it is.
    """

    seed: int
    latent: Tensor
    noise: Tensor
    solver: Way
    guidance: Guidance
    conditions: tuple[Conditions, ...]
    pictures: tuple[Picture, ...] = ()
    surroundings: Surroundings | None = None
    init_image: Pixels | None = None
    mask: Pixels | None = None
    steps_done: int = 0
    next_stream: int = 1
    glimpse: Glimpse | None = None
    window: Window | None = None

    @property
    def time(self) -> float:
        return float(self.solver.timesteps[self.steps_done])

    def begin_from(self, encoded: Sequence[Tensor]) -> None:
        """`encoded`: the latents of `pictures`."""
        for picture, latent in zip(self.pictures, encoded, strict=True):
            if picture.begins:
                self.latent = self.solver.noised(latent, self.noise, 0)
            if picture.mask is not None:
                told = torch.cat([picture.mask, latent]) if picture.told else None
                self.surroundings = Surroundings(picture.mask, None if picture.told else latent, told)
        self.pictures = ()

    def take(self, move: Move, glimpse: Glimpse) -> None:
        self.solver.take(move)
        self.latent, self.next_stream, self.glimpse = move.latent, move.next_stream, glimpse
        self.steps_done += 1


class Step:
    """One step of some rows of a model. Numbers of the processor's go to the device in one copy."""

    def __init__(self, rows: Sequence[DiffusionRow], copies: Copies) -> None:
        self._rows, self._copies = rows, copies
        self._firsts = list(accumulate((len(row.conditions) for row in rows), initial=0))
        # Rows of a model have schedulers of one kind: these are those of all rows, or of none.
        self._solvers = [row.solver for row in rows if isinstance(row.solver, Solver)]
        self._lines = [row.solver.lines[row.steps_done] for row in rows if isinstance(row.solver, Straight)]
        self._latents = torch.stack([row.latent for row in rows])
        self._numbers = self._uploaded()
        self._read = self._network_inputs()

    def batch(self, told: Callable[[Sequence[Conditions]], Sequence[Conditions]] = lambda each: each) -> Batch:
        """One network row for each of a row's prompts, row after row. `told`: what the network reads in the place of their conditions."""
        conditions = told([conditions for row in self._rows for conditions in row.conditions])
        read = self._read
        if len(conditions) > len(self._rows):
            parts = read.unbind()
            read = torch.stack([parts[n] for n, row in enumerate(self._rows) for _ in row.conditions])
        return Batch(
            latents=read,
            times=self._numbers["times"],
            told=self._numbers["told"],
            conditions={name: torch.stack([each[name] for each in conditions]) for name in conditions[0]},
        )

    def moves(self, outputs: Tensor) -> list[Move]:
        """The next step of every row, not yet taken. `outputs`: (network rows, channels, h, w)."""
        answers = self._guided(outputs)
        moves = self._along_lines(answers) if self._lines else self._by_schedulers(answers)
        return [_with_known(row, move) for row, move in zip(self._rows, moves, strict=True)]

    def take(self, moves: Sequence[Move], outputs: Tensor) -> None:
        parts = outputs.unbind()
        for row, first, read, move in zip(self._rows, self._firsts[:-1], self._read.unbind(), moves, strict=True):
            row.take(move, Glimpse(read, parts[first], row.time))

    def _uploaded(self) -> dict[str, Tensor]:
        """Times and told scales by network row; scales and lines, (n, 1, 1, 1), by row."""
        asked = [row for row in self._rows for _ in row.conditions]
        flat = {"times": [row.time for row in asked], "told": [row.guidance.told for row in asked]}
        shaped = {"between": [row.guidance.between for row in self._rows]}
        if self._lines:
            for name in ("divisor", "keep", "answer", "drawn"):
                shaped[name] = [getattr(line, name) for line in self._lines]
        columns = flat | shaped
        packed = torch.tensor(list(chain.from_iterable(columns.values())), dtype=torch.float32)
        numbers = dict(zip(columns, self._copies.up(packed).split([*map(len, columns.values())]), strict=True))
        return numbers | {name: numbers[name].view(-1, 1, 1, 1) for name in shaped}

    def _network_inputs(self) -> Tensor:
        """(n, channels, h, w), with mask and surroundings behind for a network that reads them."""
        if self._lines:
            read = self._latents / self._numbers["divisor"]
        else:
            each = zip(self._rows, self._solvers, strict=True)
            read = torch.stack([solver.network_input(row.latent, row.steps_done) for row, solver in each])
        told = [row.surroundings.told for row in self._rows if row.surroundings and row.surroundings.told is not None]
        return torch.cat([read, torch.stack(told)], dim=1) if told else read

    def _guided(self, outputs: Tensor) -> Tensor:
        """One answer a row: from the second prompt's to the first's and beyond, where there is a second."""
        if len(outputs) == len(self._rows):
            return outputs
        parts = outputs.unbind()
        wanted = torch.stack([parts[first] for first in self._firsts[:-1]])
        unwanted = torch.stack([parts[after - 1] for after in self._firsts[1:]])
        return unwanted + self._numbers["between"] * (wanted - unwanted)

    def _along_lines(self, answers: Tensor) -> list[Move]:
        numbers = self._numbers
        after = torch.addcmul(self._latents * numbers["keep"], numbers["answer"], answers)
        if any(line.drawn for line in self._lines):
            after = torch.addcmul(after, numbers["drawn"], self._copies.up(self._drawn()))
        streams = [row.next_stream + bool(line.drawn) for row, line in zip(self._rows, self._lines, strict=True)]
        return [Move(latent, stream) for latent, stream in zip(after.unbind(), streams, strict=True)]

    def _drawn(self) -> Tensor:
        shape = tuple(self._latents.shape[1:])
        return torch.stack(
            [
                normals(row.seed, shape, row.next_stream, row.window) if line.drawn else torch.zeros(shape)
                for row, line in zip(self._rows, self._lines, strict=True)
            ]
        )

    def _by_schedulers(self, answers: Tensor) -> list[Move]:
        return [
            solver.foresee(answer, row.latent, row.steps_done, Draws(row.seed, row.next_stream, row.window))
            for row, solver, answer in zip(self._rows, self._solvers, answers.unbind(), strict=True)
        ]


def _with_known(row: DiffusionRow, move: Move) -> Move:
    """The same move with what is known outside of the mask."""
    around = row.surroundings
    if around is None or around.known is None:
        return move
    return row.solver.put_back(move, around.known, row.noise, around.mask, row.steps_done)
