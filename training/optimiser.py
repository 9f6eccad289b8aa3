"""Muon for the weights that are matrices, AdamW for all else.

Muon (Jordan et al., 2024) makes every update of a matrix orthogonal: all its directions are learnt at one pace. The scale
0.2 sqrt(longer side) gives updates of AdamW's usual size (Liu et al., "Muon is scalable for LLM training", 2025), so both
share a learning rate. Convolutions count as matrices (out, in * 9).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch import Tensor, distributed, nn

MOMENTUM = 0.95
ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
SMALLEST_SIDE = 32


class Optimiser:
    """One step and one learning rate for the two."""

    def __init__(
        self,
        model: nn.Module,
        weight_decay: float,
        *,
        muon: bool,
        heads: tuple[str, ...] = (),
        rank: int = 0,
        workers: int = 1,
    ) -> None:
        """`heads` names the modules that stay with AdamW though they are matrices: outputs into classes.

        Of several workers (torch.distributed) that hold the same weights and gradients, each makes a part of the matrices orthogonal.
        """
        matrices: list[Tensor] = []
        others: list[Tensor] = []
        for name, parameter in model.named_parameters():
            chosen = muon and _is_matrix(parameter) and not name.startswith(heads)
            (matrices if chosen else others).append(parameter)
        self._adamw = torch.optim.AdamW(others, lr=1.0, betas=(0.9, 0.98), weight_decay=weight_decay, fused=True)
        self._matrices = matrices
        self._momenta = [torch.zeros_like(parameter) for parameter in matrices]
        self._weight_decay = weight_decay
        self._rank = rank
        self._parts = [_Part(matrices, indices) for indices in _shared_out(matrices, workers)]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        for group in self._adamw.param_groups:
            group["lr"] = learning_rate
        self._adamw.step()
        if not self._matrices:
            return
        gradients = [cast(Tensor, parameter.grad) for parameter in self._matrices]
        torch._foreach_lerp_(self._momenta, gradients, 1 - MOMENTUM)
        nesterov = torch._foreach_lerp(gradients, self._momenta, MOMENTUM)
        torch._foreach_mul_(self._matrices, 1 - learning_rate * self._weight_decay)
        self._parts[self._rank].fill(nesterov)
        for owner, part in enumerate(self._parts):
            if len(self._parts) > 1:
                # As bytes: not every backend of torch.distributed knows bfloat16.
                distributed.broadcast(part.updates.view(torch.uint8), src=owner)
            for index, update in part.each():
                scale = 0.2 * max(update.shape[0], update[0].numel()) ** 0.5
                self._matrices[index].add_(update, alpha=-learning_rate * scale)

    def zero_grad(self) -> None:
        for parameter in (*self._matrices, *self._adamw.param_groups[0]["params"]):
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        return {"adamw": self._adamw.state_dict(), "momenta": self._momenta}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._adamw.load_state_dict(state["adamw"])
        for momentum, stored in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(stored)


class _Part:
    """The matrices that one worker makes orthogonal: their places in the list of all, and room for their updates."""

    def __init__(self, matrices: list[Tensor], indices: list[int]) -> None:
        self._shapes = {index: matrices[index].shape for index in indices}
        self._alike: dict[torch.Size, list[int]] = defaultdict(list)
        for index in indices:
            self._alike[matrices[index].shape].append(index)
        sizes = [matrices[index].numel() for index in indices]
        device = matrices[0].device if matrices else None
        self.updates = torch.zeros(sum(sizes), dtype=torch.bfloat16, device=device)
        self._views = dict(zip(indices, self.updates.split(sizes), strict=True))

    def fill(self, nesterov: list[Tensor]) -> None:
        for indices in self._alike.values():
            made = orthogonal(torch.stack([nesterov[index].flatten(1) for index in indices]))
            for index, update in zip(indices, made, strict=True):
                self._views[index].copy_(update.flatten())

    def each(self) -> Iterator[tuple[int, Tensor]]:
        for index, view in self._views.items():
            yield index, view.view(self._shapes[index])


def _shared_out(matrices: list[Tensor], workers: int) -> list[list[int]]:
    """Places of the matrices by worker, so that all have about as much to do."""
    shares: list[list[int]] = [[] for _ in range(workers)]
    loads = [0] * workers
    for index in sorted(range(len(matrices)), key=lambda index: -_effort(matrices[index])):
        least = loads.index(min(loads))
        shares[least].append(index)
        loads[least] += _effort(matrices[index])
    return shares


def _effort(matrix: Tensor) -> int:
    rows, columns = matrix.shape[0], matrix[0].numel()
    return rows * columns * min(rows, columns)


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and min(parameter.shape[0], parameter.shape[1:].numel()) >= SMALLEST_SIDE


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrices, about, by Newton and Schulz's iteration; (n, rows, columns) to the same, in bfloat16."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.transpose(1, 2) if tall else matrices).bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = x @ x.transpose(1, 2)
        polynomial = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.transpose(1, 2) if tall else x
