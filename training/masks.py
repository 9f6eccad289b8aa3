"""Masks to train inpainting with, as people and the map draw them: margins, corners, slanted halves, brushes.

All are drawn on the grid of the latents, 1 where the picture is to be made, and vectorised over the rows, so that a GPU
draws a batch in a few kernels.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SMALLEST = 0.04
"""Least share of the frame that a mask covers."""
WIDEST_MARGIN = 0.65
WIDEST_MARGINS = 0.75
"""Of two on opposite sides together."""
STROKES = 6


def draw(count: int, height: int, width: int, whole: float, device: torch.device) -> Tensor:
    """(count, 1, height, width) of zeros and ones; a share `whole` of the rows is all ones: a picture from nothing."""
    across = ((torch.arange(width, device=device) + 0.5) / width)[None, None, :]
    down = ((torch.arange(height, device=device) + 0.5) / height)[None, :, None]
    boxes = _boxes(count, across, down)
    kinds = torch.stack(
        [boxes, ~_boxes(count, across, down), _halves(count, across, down), _brushes(count, across, down)]
    )
    # Margins twice: they are the map's: neighbours on one side, on two (an L), on opposite sides, on three, all round.
    kind = torch.tensor([0, 0, 1, 2, 3], device=device)[torch.randint(5, (count,), device=device)]
    masks = kinds[kind, torch.arange(count, device=device)].float()
    everything = (torch.rand(count, device=device) < whole) | (masks.mean(dim=(1, 2)) < SMALLEST)
    return torch.where(everything[:, None, None], 1.0, masks)[:, None]


def _boxes(count: int, across: Tensor, down: Tensor) -> Tensor:
    """What is left of the frame between margins on one to four of its sides, (count, h, w) bool."""
    present = torch.rand(count, 4, device=across.device) < 0.5
    present[torch.arange(count), torch.randint(4, (count,), device=across.device)] = True
    margins = torch.where(present, 0.08 + (WIDEST_MARGIN - 0.08) * torch.rand(count, 4, device=across.device), 0.0)
    # Opposite margins share the frame.
    opposite = (margins[:, :2] + margins[:, 2:]).clamp(min=WIDEST_MARGINS) / WIDEST_MARGINS
    left, top, right, bottom = (margins / opposite.repeat(1, 2)).T[:, :, None, None]
    return (across > left) & (across < 1 - right) & (down > top) & (down < 1 - bottom)


def _halves(count: int, across: Tensor, down: Tensor) -> Tensor:
    """One side of a line in any direction, (count, h, w) bool."""
    angle = 2 * math.pi * torch.rand(count, 1, 1, device=across.device)
    offset = 0.7 * (torch.rand(count, 1, 1, device=across.device) - 0.5)
    return (across - 0.5) * angle.cos() + (down - 0.5) * angle.sin() > offset


def _brushes(count: int, across: Tensor, down: Tensor) -> Tensor:
    """A thick stroke along a line of a few corners, (count, h, w) bool."""
    device = across.device
    start = torch.rand(count, 1, 2, device=device)
    turns = 0.35 * torch.randn(count, STROKES, 2, device=device)
    points = torch.cat([start, turns], dim=1).cumsum(dim=1).clamp(0, 1)
    from_x, from_y = points[:, :-1, :, None, None].unbind(dim=2)
    to_x, to_y = points[:, 1:, :, None, None].unbind(dim=2)
    along_x, along_y = to_x - from_x, to_y - from_y
    offset_x, offset_y = across[:, None] - from_x, down[:, None] - from_y
    share = (offset_x * along_x + offset_y * along_y) / (along_x.square() + along_y.square()).clamp(min=1e-6)
    share = share.clamp(0, 1)
    distance = (offset_x - share * along_x).square() + (offset_y - share * along_y).square()
    radius = 0.05 + 0.15 * torch.rand(count, 1, 1, device=device)
    return distance.amin(dim=1) < radius.square()
