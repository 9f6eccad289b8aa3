"""Still water, after drawing: what lies above the shore seen again below it, in ripples."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .description import FIRST_OBJECT, LABELS
from .pen import Mirror


def reflect(rgb: Tensor, labels: Tensor, mirrors: Sequence[Mirror | None]) -> Tensor:
    """Pictures (n, 3, size, size) with reflections where labels (n, size, size) say water; things are not mirrored."""
    rows = [row for row, mirror in enumerate(mirrors) if mirror is not None]
    if not rows:
        return rgb
    values = [(one.horizon, one.strength, one.ripple, (one.seed % 6283) / 1000) for one in mirrors if one is not None]
    which = torch.tensor(rows, device=rgb.device)
    horizon, strength, ripple, phase = torch.tensor(values, device=rgb.device).T[:, :, None, None]
    size = rgb.shape[-1]
    places = (torch.arange(size, device=rgb.device) + 0.5) / size
    y, x = places[None, :, None], places[None, None, :]
    depth = ((y - horizon) / (1 - horizon).clamp(min=0.05)).clamp(min=0)
    # Ripples lie flat and widen towards the front; three of them that never meet again look like water.
    stretched = torch.log(depth + 0.06)
    wave = torch.sin(26 * stretched + 4 * torch.sin(5 * x + phase) + phase)
    wave = wave + torch.sin(41 * stretched - 7 * x + 2 * phase) + 0.7 * torch.sin(17 * x + 63 * stretched + 3 * phase)
    source = (2 * horizon - y + ripple * wave * (0.4 + 2 * depth)) * size - 0.5
    source = source.clamp(min=0).minimum(horizon * size - 1).clamp(min=0)
    above = source.floor().long()
    share = (source - above)[:, None]
    below = (above + 1).clamp(max=size - 1)
    picture, label = rgb[which], labels[which]

    def at(index: Tensor) -> Tensor:
        return torch.gather(picture, 2, index[:, None].expand(-1, 3, -1, -1))

    image = at(above) * (1 - share) + at(below) * share
    mirrored = torch.gather(label, 1, above)
    water = LABELS["water"]
    where = (label == water) & (y > horizon) & (mirrored < FIRST_OBJECT) & (mirrored != water)
    amount = where * strength * (1 - 0.55 * depth)
    out = rgb.clone()
    out[which] = picture + amount[:, None] * (image - picture)
    return out
