"""The autoencoder: 256x256 pixels to 32x32 latents of 8 channels and back.

Pixel-unshuffle at the entry and pixel-shuffle at the exit keep nearly every convolution at 1/4 or 1/8 of the picture's
side, which is what makes it fast on a CPU. A last one at half the side joins what pixel-shuffle has put side by side, else
a faint grid shows. There is no normalisation over space, so a latent depends on its surroundings only and any size works.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LATENT_CHANNELS = 8
DOWNSCALE = 8
BOUND = 3.0
HALF_SIDE_WIDTH = 16


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.silu(self.first(F.silu(x))))


class Encoder(nn.Module):
    """image (b, 3, 8h, 8w) in [-1, 1] to latents (b, 8, h, w), softly bounded to +-3."""

    def __init__(self, widths: tuple[int, int], blocks: int) -> None:
        super().__init__()
        outer, inner = widths
        self.entry = nn.Conv2d(48, outer, 3, padding=1)
        self.fine = ResidualBlock(outer)
        self.down = nn.Conv2d(4 * outer, inner, 1)
        self.coarse = nn.Sequential(*(ResidualBlock(inner) for _ in range(blocks)))
        self.exit = nn.Conv2d(inner, LATENT_CHANNELS, 3, padding=1)

    def forward(self, image: Tensor) -> Tensor:
        x = self.fine(self.entry(F.pixel_unshuffle(image, 4)))
        x = self.coarse(self.down(F.pixel_unshuffle(x, 2)))
        return BOUND * torch.tanh(self.exit(F.silu(x)) / BOUND)


class Decoder(nn.Module):
    """latents (b, 8, h, w) to image (b, 3, 8h, 8w) in about [-1, 1]."""

    def __init__(self, widths: tuple[int, int], blocks: int) -> None:
        super().__init__()
        outer, inner = widths
        self.entry = nn.Conv2d(LATENT_CHANNELS, inner, 3, padding=1)
        self.coarse = nn.Sequential(*(ResidualBlock(inner) for _ in range(blocks)))
        self.up = nn.Conv2d(inner, 4 * outer, 3, padding=1)
        self.fine = nn.Sequential(ResidualBlock(outer), ResidualBlock(outer))
        self.widen = nn.Conv2d(outer, 4 * HALF_SIDE_WIDTH, 3, padding=1)
        self.exit = nn.Conv2d(HALF_SIDE_WIDTH, 12, 3, padding=1)
        for convolution in (self.up, self.widen, self.exit):
            start_as_enlargement(convolution)

    def forward(self, latents: Tensor) -> Tensor:
        x = F.pixel_shuffle(self.up(self.coarse(self.entry(latents))), 2)
        x = F.pixel_shuffle(self.widen(F.silu(self.fine(x))), 2)
        return F.pixel_shuffle(self.exit(F.silu(x)), 2)


def start_as_enlargement(convolution: nn.Conv2d) -> None:
    """Before a pixel-shuffle by 2: all four pixels of a square start equal (Aitken et al., "ICNR", 2017)."""
    for parameter in (convolution.weight, convolution.bias):
        assert parameter is not None
        parameter.data = parameter.data[::4].repeat_interleave(4, dim=0)


class Autoencoder(nn.Module):
    """Encoder and decoder with the latents' `mean` and `std` per channel, (1, 8, 1, 1), known after training."""

    mean: Tensor
    std: Tensor

    def __init__(self, widths: tuple[int, int], blocks: int) -> None:
        super().__init__()
        self.encoder = Encoder(widths, blocks)
        self.decoder = Decoder(widths, blocks)
        self.register_buffer("mean", torch.zeros(1, LATENT_CHANNELS, 1, 1))
        self.register_buffer("std", torch.ones(1, LATENT_CHANNELS, 1, 1))

    def encode(self, image: Tensor) -> Tensor:
        """Latents of zero mean and unit variance per channel over the training pictures."""
        return (self.encoder(image) - self.mean) / self.std

    def decode(self, latents: Tensor) -> Tensor:
        return self.decoder(latents * self.std + self.mean).clamp(-1, 1)
