"""Muon for the weights that are matrices, AdamW for all else.

Muon (Jordan et al., 2024) makes every update of a matrix orthogonal: all its directions are learnt at one pace. The scale
0.2 sqrt(longer side) gives updates of AdamW's usual size (Liu et al., "Muon is scalable for LLM training", 2025), so both
share a learning rate. Convolutions count as matrices (out, in * 9).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, cast

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
ITERATIONS = 5
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
SMALLEST_SIDE = 32


class Optimiser:
    """One step and one learning rate for the two."""

    def __init__(self, model: nn.Module, weight_decay: float, *, muon: bool, heads: tuple[str, ...] = ()) -> None:
        """`heads` names the modules that stay with AdamW though they are matrices: outputs into classes."""
        matrices: list[Tensor] = []
        others: list[Tensor] = []
        for name, parameter in model.named_parameters():
            chosen = muon and _is_matrix(parameter) and not name.startswith(heads)
            (matrices if chosen else others).append(parameter)
        self._adamw = torch.optim.AdamW(others, lr=1.0, betas=(0.9, 0.98), weight_decay=weight_decay, fused=True)
        self._matrices = matrices
        self._momenta = [torch.zeros_like(parameter) for parameter in matrices]
        self._weight_decay = weight_decay

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
        alike: dict[torch.Size, list[int]] = defaultdict(list)
        for index, parameter in enumerate(self._matrices):
            alike[parameter.shape].append(index)
        for shape, indices in alike.items():
            updates = orthogonal(torch.stack([nesterov[index].flatten(1) for index in indices]))
            for index, update in zip(indices, updates, strict=True):
                scale = 0.2 * max(update.shape) ** 0.5
                self._matrices[index].add_(update.reshape(shape), alpha=-learning_rate * scale)

    def zero_grad(self) -> None:
        for parameter in (*self._matrices, *self._adamw.param_groups[0]["params"]):
            parameter.grad = None

    def state_dict(self) -> dict[str, Any]:
        return {"adamw": self._adamw.state_dict(), "momenta": self._momenta}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._adamw.load_state_dict(state["adamw"])
        for momentum, stored in zip(self._momenta, state["momenta"], strict=True):
            momentum.copy_(stored)


def _is_matrix(parameter: Tensor) -> bool:
    return parameter.ndim >= 2 and min(parameter.shape[0], parameter.shape[1:].numel()) >= SMALLEST_SIDE


def orthogonal(matrices: Tensor) -> Tensor:
    """The nearest semi-orthogonal matrices, about, by Newton and Schulz's iteration; (n, rows, columns) to the same."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = (matrices.transpose(1, 2) if tall else matrices).bfloat16()
    x = x / (x.float().norm(dim=(1, 2), keepdim=True) + 1e-7).bfloat16()
    a, b, c = COEFFICIENTS
    for _ in range(ITERATIONS):
        square = x @ x.transpose(1, 2)
        x = a * x + (b * square + c * square @ square) @ x
    return cast(Tensor, (x.transpose(1, 2) if tall else x).float())
