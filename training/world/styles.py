"""Treatments that turn a plain picture into a poster, a watercolour, an oil painting and so on; batched, on any device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Treatment = Callable[[Tensor, Tensor, Sequence[int]], Tensor]
"""(n, 3, size, size), labels (n, size, size) and a seed for each to (n, 3, size, size)."""

TREATMENTS: dict[str, Treatment] = {}


def stylise(rgb: Tensor, labels: Tensor, styles: Sequence[str], seeds: Sequence[int]) -> Tensor:
    """Pictures in their styles; "plain" stays as it is."""
    out = rgb.clone()
    for style, treat in TREATMENTS.items():
        rows = [row for row, one in enumerate(styles) if one == style]
        if rows:
            which = torch.tensor(rows, device=rgb.device)
            out[which] = treat(rgb[which], labels[which], [seeds[row] for row in rows])
    return out
