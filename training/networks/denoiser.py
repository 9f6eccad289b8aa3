"""The denoiser: a U-Net over 32x32 latents with cross-attention on the prompt's token states.

Flow matching (Lipman et al., 2023): x_t = (1 - t) x_0 + t noise. The network predicts the average velocity over the
times from `until` to `time` (Geng et al., "Mean flows", 2025), x_until = x_time - (time - until) velocity; with until = time
that is the ordinary velocity, noise - x_0 in the mean. The guidance scale is an input too (Meng et al., "On distillation of
guided diffusion models", 2023), so that a step is one call. A mask and the latents around it make it paint inside a picture.

Attention stays at 1/2 and 1/4 of the latents' side. Position is given as smooth functions of the place in the frame,
never as a table, so every size works.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# The autoencoder's. Said again, because this file stands alone in the diffusers folder.
LATENT_CHANNELS = 8
TEXT_WIDTH = 384
TIME_FREQUENCIES = 32
PLACE_FREQUENCIES = 4
PLACE_CHANNELS = 4 * PLACE_FREQUENCIES
HEAD_WIDTH = 32


def time_features(time: Tensor) -> Tensor:
    """(b,) in [0, 1] to sines and cosines (b, 64)."""
    rates = torch.exp(torch.linspace(0, math.log(200), TIME_FREQUENCIES, device=time.device))
    angles = time[:, None] * rates[None] * math.pi
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def place_features(x: Tensor) -> Tensor:
    """Sines and cosines of the place in the frame, (1, 16, h, w) for x: (b, c, h, w)."""
    rates = math.pi * 2.0 ** torch.arange(-1, PLACE_FREQUENCIES - 1, device=x.device)
    height, width = x.shape[2], x.shape[3]
    down = ((torch.arange(height, device=x.device) + 0.5) / height)[None, :, None] * rates[:, None, None]
    across = ((torch.arange(width, device=x.device) + 0.5) / width)[None, None, :] * rates[:, None, None]
    flat = torch.zeros(1, height, width, device=x.device)
    waves = [wave + flat for angle in (down, across) for wave in (angle.sin(), angle.cos())]
    return torch.cat(waves)[None]


class Departure(nn.Module):
    """Embeds how far a number is from its ordinary value: exactly nothing at 0, and nothing anywhere before training."""

    def __init__(self, condition: int) -> None:
        super().__init__()
        self.first = nn.Linear(2 * TIME_FREQUENCIES, condition, bias=False)
        self.second = nn.Linear(condition, condition, bias=False)
        nn.init.zeros_(self.second.weight)

    def forward(self, value: Tensor) -> Tensor:
        """(b,) in about [0, 3] to (b, condition)."""
        features = time_features(value) - time_features(torch.zeros_like(value))
        return cast(Tensor, self.second(F.silu(self.first(features))))


class Residual(nn.Module):
    """Two convolutions behind one group normalisation that time and text scale and shift."""

    def __init__(self, width: int, condition: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(width // 16, width, affine=False)
        self.modulate = nn.Linear(condition, 2 * width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, shift = self.modulate(condition)[:, :, None, None].chunk(2, dim=1)
        hidden = F.silu(self.norm(x) * (1 + scale) + shift)
        return x + cast(Tensor, self.second(F.silu(self.first(hidden))))


class Transformer(nn.Module):
    """Self-attention over the grid, cross-attention on the text, and an MLP, each residual."""

    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.heads = width // HEAD_WIDTH
        self.place = nn.Linear(PLACE_CHANNELS, width, bias=False)
        self.self_norm, self.cross_norm, self.mlp_norm = (nn.LayerNorm(width) for _ in range(3))
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.self_out = nn.Linear(width, width)
        self.query = nn.Linear(width, width, bias=False)
        self.text = nn.Linear(TEXT_WIDTH, 2 * width, bias=False)
        self.cross_out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, expansion * width), nn.SiLU(), nn.Linear(expansion * width, width))
        for last in (self.self_out, self.mlp[2]):
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)

    def forward(self, x: Tensor, text: Tensor, hidden_tokens: Tensor) -> Tensor:
        """x: (b, c, h, w); text: (b, tokens, 384); hidden_tokens: (b, 1, 1, tokens), 0 or a large negative number."""
        tokens = x.flatten(2).transpose(1, 2)
        place = self.place(place_features(x).flatten(2).transpose(1, 2))
        query, key, value = self.qkv(self.self_norm(tokens) + place).chunk(3, dim=2)
        tokens = tokens + self.self_out(self._attend(query, key, value, None))
        key, value = self.text(text).chunk(2, dim=2)
        query = self.query(self.cross_norm(tokens) + place)
        tokens = tokens + self.cross_out(self._attend(query, key, value, hidden_tokens))
        tokens = tokens + self.mlp(self.mlp_norm(tokens))
        return tokens.transpose(1, 2).reshape_as(x)

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
        query, key, value = (x.unflatten(2, (self.heads, HEAD_WIDTH)).transpose(1, 2) for x in (query, key, value))
        if query.is_cuda:
            bias = None if bias is None else bias.to(query.dtype)
            return F.scaled_dot_product_attention(query, key, value, bias).transpose(1, 2).flatten(2)
        # Spelt out: on a CPU the fused attention's backward pass takes five times as long at these sizes, and its
        # export computes the scale from shapes at every call.
        scores = (query * HEAD_WIDTH**-0.5) @ key.transpose(2, 3)
        mixed = (scores if bias is None else scores + bias.to(scores.dtype)).softmax(dim=3) @ value
        return mixed.transpose(1, 2).flatten(2)


class Stage(nn.Module):
    """Residual blocks, and transformers after them, at one resolution."""

    def __init__(self, width: int, blocks: int, transformers: int, condition: int, expansion: int = 2) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Residual(width, condition) for _ in range(blocks))
        self.transformers = nn.ModuleList(Transformer(width, expansion) for _ in range(transformers))

    def forward(self, x: Tensor, condition: Tensor, text: Tensor, hidden_tokens: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x, condition)
        for transformer in self.transformers:
            x = transformer(x, text, hidden_tokens)
        return x


class Up(nn.Module):
    """Twice the side by pixel-shuffle, then merged with what the way down left there."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.expand = nn.Conv2d(source, 4 * target, 1)
        self.merge = nn.Conv2d(2 * target, target, 1)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return cast(Tensor, self.merge(torch.cat([F.pixel_shuffle(self.expand(x), 2), skip], dim=1)))


class Denoiser(nn.Module):
    """Average velocity of noisy latents, given two times, the guidance scale, the prompt and what is already there."""

    def __init__(self, widths: tuple[int, int, int], blocks: tuple[int, int, int], labels: int) -> None:
        super().__init__()
        fine, middle, coarse = widths
        condition = coarse
        self.time = nn.Sequential(
            nn.Linear(2 * TIME_FREQUENCIES, condition), nn.SiLU(), nn.Linear(condition, condition)
        )
        self.span, self.guidance = Departure(condition), Departure(condition)
        self.prompt = nn.Sequential(nn.Linear(TEXT_WIDTH, condition), nn.SiLU(), nn.Linear(condition, condition))
        self.entry = nn.Conv2d(LATENT_CHANNELS + PLACE_CHANNELS, fine, 3, padding=1)
        self.surroundings = nn.Conv2d(LATENT_CHANNELS + 1, fine, 3, padding=1, bias=False)
        self.fine_down = Stage(fine, blocks[0], 0, condition)
        self.to_middle = nn.Conv2d(fine, middle, 3, stride=2, padding=1)
        self.middle_down = Stage(middle, blocks[1], 1, condition)
        self.to_coarse = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.coarse = nn.ModuleList(Stage(coarse, 1, 1, condition, expansion=4) for _ in range(blocks[2]))
        self.from_coarse = Up(coarse, middle)
        self.middle_up = Stage(middle, blocks[1], 1, condition)
        self.from_middle = Up(middle, fine)
        self.fine_up = Stage(fine, blocks[0] + 1, 0, condition)
        self.exit = nn.Conv2d(fine, LATENT_CHANNELS, 3, padding=1)
        self.label_head = nn.Conv2d(middle, 4 * labels, 1)
        nn.init.zeros_(self.surroundings.weight)
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)  # type: ignore[arg-type]

    def forward(
        self,
        latents: Tensor,
        time: Tensor,
        until: Tensor,
        guidance: Tensor,
        text: Tensor,
        text_mask: Tensor,
        mask: Tensor,
        known: Tensor,
    ) -> Tensor:
        """Average velocity (b, 8, h, w) from `time` down to `until`.

        latents: (b, 8, h, w) at `time`; time, until: (b,) in [0, 1], until <= time; guidance: (b,) from 1 (none) up;
        text: (b, 32, 384); text_mask: (b, 32); mask: (b, 1, h, w), 1 where the picture is to be made;
        known: (b, 8, h, w), latents of the picture around it, 0 where the mask is 1.
        """
        return self.velocity_and_labels(latents, time, until, guidance, text, text_mask, mask, known)[0]

    def velocity_and_labels(
        self,
        latents: Tensor,
        time: Tensor,
        until: Tensor,
        guidance: Tensor,
        text: Tensor,
        text_mask: Tensor,
        mask: Tensor,
        known: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The velocity, and logits (b, labels, h, w) of what is where: an auxiliary task that only training uses."""
        mean = (text * text_mask[..., None]).sum(dim=1) / text_mask.sum(dim=1, keepdim=True).clamp(min=1)
        step = self.time(time_features(time)) + self.span(time - until) + self.guidance(torch.log2(guidance))
        given = (F.silu(step + self.prompt(4 * mean)), text, ((text_mask - 1) * 1e4)[:, None, None, :])
        place = place_features(latents) + torch.zeros_like(latents[:, :1])
        x = self.entry(torch.cat([latents, place], dim=1))
        # 1 - mask, so that a picture made whole is the neutral case.
        fine = self.fine_down(x + self.surroundings(torch.cat([known, 1 - mask], dim=1)), *given)
        middle = self.middle_down(self.to_middle(fine), *given)
        x = self.to_coarse(middle)
        for stage in self.coarse:
            x = stage(x, *given)
        x = self.middle_up(self.from_coarse(x, middle), *given)
        labels = F.pixel_shuffle(self.label_head(x), 2)
        x = self.fine_up(self.from_middle(x, fine), *given)
        return self.exit(F.silu(x)), labels
