"""Still water, after drawing: what lies above the shore seen again below it, in ripples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .description import LABELS
from .pen import Mirror


def reflect(rgb: Tensor, labels: Tensor, mirrors: Sequence[Mirror | None]) -> Tensor:
    """Pictures (n, 3, size, size) with reflections where labels (n, size, size) say water, changed in place."""
    for row, mirror in enumerate(mirrors):
        if mirror is not None:
            _reflect(rgb[row], labels[row], mirror)
    return rgb


def _reflect(picture: Tensor, label: Tensor, mirror: Mirror) -> None:
    size, place = picture.shape[-1], picture.device
    first = min(size - 1, round(mirror.horizon * size) + 1)
    phase = (mirror.seed % 6283) / 1000
    steps = (torch.arange(size, device=place) + 0.5) / size
    y, x = steps[first:, None], steps[None]
    depth = (y - mirror.horizon).clamp(min=0) / max(0.05, 1 - mirror.horizon)
    # Ripples lie flat and widen towards the front; three of them that never meet again look like water.
    stretched = torch.log(depth + 0.06)
    wave = torch.sin(26 * stretched + 4 * torch.sin(5 * x + phase) + phase)
    wave = wave + torch.sin(41 * stretched - 7 * x + 2 * phase) + 0.7 * torch.sin(17 * x + 63 * stretched + 3 * phase)
    source = (2 * mirror.horizon - y + mirror.ripple * wave * (0.4 + 2 * depth)) * size - 0.5
    source = source.clamp(0, max(0.0, mirror.horizon * size - 1))
    above = source.floor().long()
    share = source - above
    columns = torch.arange(size, device=place)[None]
    image = picture[:, above, columns] * (1 - share) + picture[:, above + 1, columns] * share
    seen, water = label[above, columns], LABELS["water"]
    where = (label[first:] == water) & (seen != water)
    picture[:, first:] += where * mirror.strength * (1 - 0.55 * depth) * (image - picture[:, first:])
