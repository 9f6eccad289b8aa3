"""What the denoiser trains on: latents, labels and the token states of captions, in memory-mapped files or on a GPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

TOKENS = 32
TEXT_WIDTH = 384


@dataclass(frozen=True)
class Batch:
    """latents (b, 8, h, w), labels (b, h, w) int64, text (b, 32, 384), text_mask (b, 32)."""

    latents: Tensor
    labels: Tensor
    text: Tensor
    text_mask: Tensor


class LatentData:
    """latents (n, 8, h, w) float16, labels (n, h, w) uint8, caption_of (n, captions) int64 of the stage `latents`.

    Captions are token states of distinct texts end to end: text i is states[starts[i]:starts[i + 1]]; text 0 is empty.
    """

    def __init__(self, folder: Path, device: torch.device) -> None:
        self._device = device
        self.latents, self.labels, self.caption_of = (
            self._open(folder / f"{name}.npy") for name in ("latents", "labels", "caption-of")
        )
        self._states, self._starts = (self._open(folder / f"text-{name}.npy") for name in ("states", "starts"))

    def _open(self, path: Path) -> Tensor:
        # Mapped copy-on-write: torch knows no tensors that cannot be written.
        return torch.from_numpy(np.load(path, mmap_mode="c")).to(self._device)

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, size: int, dropout: float) -> Batch:
        """Random rows; `dropout` of them get the empty text, for classifier-free guidance (Ho and Salimans, 2022)."""
        rows = torch.randint(len(self), (size,), device=self._device)
        caption = torch.randint(self.caption_of.shape[1], (size,), device=self._device)
        kept = torch.rand(size, device=self._device) >= dropout
        return self._gathered(rows, torch.where(kept, self.caption_of[rows, caption], 0))

    def first(self, count: int) -> Batch:
        """The first pictures with the first of their captions."""
        rows = torch.arange(min(count, len(self)), device=self._device)
        return self._gathered(rows, self.caption_of[rows, 0])

    def empty_text(self, count: int) -> tuple[Tensor, Tensor]:
        """Text (count, 32, 384) and text_mask (count, 32) of the empty prompt."""
        return self._padded(torch.zeros(count, dtype=torch.int64, device=self._device))

    def _gathered(self, rows: Tensor, texts: Tensor) -> Batch:
        return Batch(self.latents[rows].float(), self.labels[rows].long(), *self._padded(texts))

    def _padded(self, texts: Tensor) -> tuple[Tensor, Tensor]:
        starts, ends = self._starts[texts][:, None], self._starts[texts + 1][:, None]
        places = starts + torch.arange(TOKENS, device=self._device)
        mask = places < ends
        states = self._states[places.clamp(max=len(self._states) - 1)].float() * mask[..., None]
        return states, mask.float()
