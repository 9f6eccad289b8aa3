"""Networks that look at pictures: the trunk, and the image tower that leads from pixels to MiniLM's sentence space.

Pixel-unshuffle by 4 at the entry and early strides keep one 256x256 picture at about 1 GFLOP. Batch normalisation, which
an exported file folds into the convolutions, and two transformer layers at 1/16 of the side so that any place can be
compared with any other.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

SENTENCE_WIDTH = 384
SIDE = 256
"""Pictures of another size are brought to this one first, so that a picture and its copy in half the size agree."""
STRIDE = 16
HEAD_WIDTH = 32


def convolution(source: int, target: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(source, target, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(target), nn.SiLU()
    )


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = convolution(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        nn.init.zeros_(self.second[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x + self.second(self.first(x)))


class Transformer(nn.Module):
    """Self-attention over all places and an MLP, each residual and after a layer normalisation."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.attention_norm, self.mlp_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.SiLU(), nn.Linear(3 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """(b, places, width) to the same."""
        query, key, value = (
            part.unflatten(2, (self.heads, HEAD_WIDTH)).transpose(1, 2)
            for part in self.qkv(self.attention_norm(tokens)).chunk(3, dim=2)
        )
        # Spelt out: on a CPU the fused attention's backward pass is slower at these sizes.
        mixed = ((query * HEAD_WIDTH**-0.5) @ key.transpose(2, 3)).softmax(dim=3) @ value
        tokens = tokens + self.out(mixed.transpose(1, 2).flatten(2))
        return tokens + cast(Tensor, self.mlp(self.mlp_norm(tokens)))


class Trunk(nn.Module):
    """image (b, 3, h, w) in [-1, 1] to features (b, width, 16, 16)."""

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        fine, middle, self.width = widths
        self.convolutions = nn.Sequential(
            nn.PixelUnshuffle(4),
            convolution(48, fine),
            convolution(fine, middle, stride=2),
            Residual(middle),
            convolution(middle, self.width, stride=2),
            Residual(self.width),
        )
        self.place = nn.Parameter(torch.randn(1, (SIDE // STRIDE) ** 2, self.width) * 0.02)
        self.transformers = nn.Sequential(Transformer(self.width), Transformer(self.width))
        self.norm = nn.LayerNorm(self.width)

    def forward(self, image: Tensor) -> Tensor:
        image = F.interpolate(image, (SIDE, SIDE), mode="bilinear", align_corners=False)
        tokens = self.convolutions(image).flatten(2).transpose(1, 2)
        tokens = self.norm(self.transformers(tokens + self.place))
        return cast(Tensor, tokens.transpose(1, 2).unflatten(2, (SIDE // STRIDE, SIDE // STRIDE)))


class Tower(nn.Module):
    """image (b, 3, h, w) in [-1, 1] to a unit vector (b, 384) that lies near those of sentences which describe it."""

    def __init__(self, widths: tuple[int, int, int]) -> None:
        super().__init__()
        self.trunk = Trunk(widths)
        width = self.trunk.width
        self.attend = nn.Conv2d(width, 4, 1)
        self.project = nn.Sequential(nn.Linear(5 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, SENTENCE_WIDTH))

    def forward(self, image: Tensor) -> Tensor:
        features = self.trunk(image)
        weights = self.attend(features).flatten(2).softmax(dim=2)
        chosen = weights @ features.flatten(2).transpose(1, 2)
        pooled = torch.cat([chosen.flatten(1), features.mean(dim=(2, 3))], dim=1)
        return F.normalize(self.project(pooled), dim=1)
