"""What the denoiser trains on: latents, labels and the token states of captions, in memory-mapped files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
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


@dataclass(frozen=True)
class Captions:
    """Token states of distinct texts end to end: text i is states[starts[i]:starts[i + 1]]; text 0 is empty."""

    states: NDArray[np.float16]
    starts: NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path) -> Captions:
        return cls(np.load(folder / "text-states.npy", mmap_mode="r"), np.load(folder / "text-starts.npy"))

    def padded(self, indices: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        states = np.zeros((len(indices), TOKENS, TEXT_WIDTH), np.float32)
        mask = np.zeros((len(indices), TOKENS), np.float32)
        for row, index in enumerate(indices):
            start, end = self.starts[index], self.starts[index + 1]
            states[row, : end - start] = self.states[start:end]
            mask[row, : end - start] = 1
        return torch.from_numpy(states), torch.from_numpy(mask)


class LatentData:
    """latents (n, 8, h, w) float16, labels (n, h, w) uint8, caption_of (n, captions) int64 of the stage `latents`."""

    def __init__(self, folder: Path) -> None:
        self.latents = np.load(folder / "latents.npy", mmap_mode="r")
        self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        self.caption_of = np.load(folder / "caption-of.npy")
        self.captions = Captions.open(folder)

    def __len__(self) -> int:
        return len(self.latents)

    def batch(self, size: int, dropout: float, rng: np.random.Generator) -> Batch:
        """`dropout` of the rows get the empty text, for classifier-free guidance (Ho and Salimans, 2022)."""
        rows = np.sort(rng.integers(0, len(self), size))
        texts = self.caption_of[rows, rng.integers(0, self.caption_of.shape[1], size)]
        texts = np.where(rng.random(size) < dropout, 0, texts)
        text, mask = self.captions.padded(texts)
        latents = torch.from_numpy(self.latents[rows].astype(np.float32))
        return Batch(latents, torch.from_numpy(self.labels[rows].astype(np.int64)), text, mask)
