"""What a network's blocks project of a prompt is the same at every step: made once, kept by prompt, and handed to every step that reads it.

For networks whose text nothing changes on its way through the blocks. The modules that project it are put into others, which answer with their
share of what was made before; attention itself stays diffusers' own. docs/decisions/0022-text-projections.md says for whom it pays.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

KEPT_BYTES = 512 << 20
"""Of one model's projected prompts on the device, and as much in one call: 9 of Sana's, 18 of PRX's."""
STATES, PROJECTED = "encoder_hidden_states", "projected"
"""A network is told one of the two: what the text encoder made of a prompt, or what its own blocks project of that."""
Conditions = Mapping[str, Tensor]


@dataclass(slots=True)
class _Handed:
    """What the call that runs now reads: (n, tokens, features of all projections side by side)."""

    made: Tensor | None = None


class _Skipped(nn.Module):
    """A layer before the blocks, of which nothing is left to do where its outcome's projections are handed over."""

    def __init__(self, inner: nn.Module, handed: _Handed) -> None:
        super().__init__()
        self.inner, self._handed = inner, handed

    def forward(self, states: Tensor) -> Any:
        return self.inner(states) if self._handed.made is None else states


class _Part(nn.Module):
    """A block's projection of the prompt, whose share begins at `first`."""

    def __init__(self, inner: Any, handed: _Handed, first: int) -> None:
        super().__init__()
        self.inner, self._handed = inner, handed
        self._share = slice(first, first + inner.out_features)

    def forward(self, states: Tensor) -> Any:
        return self.inner(states) if self._handed.made is None else self._handed.made[..., self._share]


class Crossing:
    """One network, some of whose modules it replaces. For one thread at a time."""

    def __init__(self, network: nn.Module, before: Sequence[str], projections: Sequence[str]) -> None:
        """`before`: the names of the layers that a prompt's states pass ahead of the blocks, in their order; `projections`: of the linear
        layers by which the blocks project it.
        """
        self._handed = _Handed()
        self._before = [_Skipped(network.get_submodule(name), self._handed) for name in before]
        self._parts: list[_Part] = []
        self.width, self._read = 0, 0
        for name in projections:
            inner: Any = network.get_submodule(name)
            self._parts.append(_Part(inner, self._handed, self.width))
            self.width, self._read = self.width + inner.out_features, inner.in_features
        for name, module in zip((*before, *projections), (*self._before, *self._parts), strict=True):
            network.set_submodule(name, module)

    def project(self, states: Tensor) -> Tensor:
        """(n, tokens, features of the text encoder) to (n, tokens, `width`)."""
        for layer in self._before:
            states = layer(states)
        return torch.cat([part(states) for part in self._parts], dim=-1)

    @contextmanager
    def arguments(self, conditions: Conditions) -> Iterator[Conditions]:
        """What the network is called with, which must happen within."""
        if PROJECTED not in conditions:
            yield conditions
            return
        made = self._handed.made = conditions[PROJECTED]
        rest = {name: told for name, told in conditions.items() if name != PROJECTED}
        try:
            # Nobody reads the numbers; rows, tokens and features are as the blocks expect.
            yield {**rest, STATES: made[..., : self._read]}
        finally:
            self._handed.made = None


class Projected:
    """The last prompts' projections. A prompt is known by the tensor of its states, which rows with the same prompt share. One thread at a time."""

    def __init__(self, crossing: Crossing, kept_bytes: int = KEPT_BYTES) -> None:
        self._crossing, self._kept_bytes = crossing, kept_bytes
        # With the states, so that while an entry lives nothing else can have their place in memory.
        self._kept: OrderedDict[int, tuple[Tensor, Tensor]] = OrderedDict()
        self._bytes = 0

    def told(self, conditions: Sequence[Conditions]) -> Sequence[Conditions]:
        """The same, with projections in the place of states, unless all of them together are too large."""
        states = [each[STATES] for each in conditions]
        if sum(len(each) * self._crossing.width * each.itemsize for each in states) > self._kept_bytes:
            return conditions
        made = self._of(states)
        rests = [{name: told for name, told in each.items() if name != STATES} for each in conditions]
        return [{**rest, PROJECTED: one} for rest, one in zip(rests, made, strict=True)]

    def forget(self) -> None:
        self._kept.clear()
        self._bytes = 0

    def _of(self, states: Sequence[Tensor]) -> list[Tensor]:
        missing = {id(each): each for each in states if id(each) not in self._kept}
        if missing:
            made = self._crossing.project(torch.stack(list(missing.values())))
            for each, one in zip(missing.values(), made, strict=True):
                # A copy: a view would keep the memory of the whole call.
                self._keep(each, one.clone())
        found = [self._kept[id(each)][1] for each in states]
        for each in states:
            self._kept.move_to_end(id(each))
        while self._bytes > self._kept_bytes:
            self._bytes -= self._kept.popitem(last=False)[1][1].nbytes
        return found

    def _keep(self, states: Tensor, made: Tensor) -> None:
        self._kept[id(states)] = (states, made)
        self._bytes += made.nbytes
