"""Train the image tower: pictures into MiniLM's sentence space, against the sentence vectors of their captions.

Contrastive (van den Oord et al., "Representation learning with contrastive predictive coding", 2018; Radford et al.,
"CLIP", 2021) with the text side frozen, which makes two things cheap: every picture stands against thousands of other
captions in each step, whatever the batch; and captions that mean nearly the same are told apart from those that do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from training import checkpoint, device
from training.config import Config
from training.degradations import degraded
from training.examples import Examples, ahead
from training.fit import fit, seeded
from training.networks.tower import Tower
from training.stages.probe import to_image

TEXTS = 8_192
MEASURED = 1_000
ROWS = 50
SAME = 0.85
"""Captions nearer than this (cosine) are not held against each other: both may be true of the picture."""
PULL = 1.0
"""Weight of the plain distance to the caption: it keeps a picture near its texts, not only nearer than to others."""


class Learner(nn.Module):
    """The tower with the temperature that its loss learns."""

    def __init__(self, tower: Tower) -> None:
        super().__init__()
        self.tower = tower
        self.log_scale = nn.Parameter(torch.tensor(3.0))


@dataclass(frozen=True)
class Batch:
    """image (b, 3, h, w) in [-1, 1]; own (b, 384), a caption of each; bank (m, 384), captions of any pictures."""

    image: Tensor
    own: Tensor
    bank: Tensor


def build(config: Config) -> Tower:
    return Tower(config.tower.widths)


def trained(config: Config, folder: Path) -> Tower:
    """The finished tower of this run, on the processor; raises FileNotFoundError before the stage has ended."""
    state = checkpoint.load(folder / "tower.pt")
    if state is None or not state["finished"]:
        raise FileNotFoundError(f"no finished image tower in {folder}; run the stage `tower` first")
    learner = Learner(build(config))
    learner.load_state_dict(state["model"])
    return learner.tower.eval()


def run(config: Config, folder: Path) -> None:
    settings, where = config.tower, device.chosen(config.device)
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    learner = Learner(build(config)).to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    examples = Examples(folder / "pictures")
    texts = sentences(folder / "latents")

    def drawn(rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        rows = np.sort(rng.integers(0, len(examples), settings.batch))
        caption = rng.integers(0, texts.shape[1], settings.batch)
        others = rng.integers(0, len(examples), settings.bank), rng.integers(0, texts.shape[1], settings.bank)
        return examples.pixels(rows), texts[rows, caption].astype(np.float32), texts[others].astype(np.float32)

    def batches_from(step: int) -> Iterator[Batch]:
        rng = seeded(config.seed, step)
        for pixels, own, bank in ahead(lambda: drawn(rng)):
            yield Batch(to_image(pixels, where), torch.from_numpy(own).to(where), torch.from_numpy(bank).to(where))

    def loss_of(batch: Batch) -> Tensor:
        image = degraded(batch.image).contiguous(memory_format=torch.channels_last)
        with torch.autocast(where.type, torch.bfloat16):
            vectors = learner.tower(image)
        return loss(vectors.float(), batch.own, batch.bank, learner.log_scale)

    fit(
        folder / "tower.pt",
        learner,
        loss_of,
        batches_from,
        minutes=settings.minutes,
        peak=settings.learning_rate,
        checkpoint_seconds=config.checkpoint_seconds,
    )
    print(f"tower on held-out renders  {recalls(learner.tower, folder)}", flush=True)


def loss(vectors: Tensor, own: Tensor, bank: Tensor, log_scale: Tensor) -> Tensor:
    """vectors and own: (b, 384), bank: (m, 384), all unit."""
    scale = log_scale.exp().clamp(max=100)
    matches = (vectors * own).sum(dim=1, keepdim=True)
    # A picture finds its caption among the bank, and a caption its picture among the batch.
    others = (vectors @ bank.T).masked_fill(own @ bank.T > SAME, -1)
    found = torch.cat([matches, others], dim=1) * scale
    target = torch.zeros(len(vectors), dtype=torch.int64, device=vectors.device)
    alike = (own @ own.T > SAME) & ~torch.eye(len(own), dtype=torch.bool, device=own.device)
    pictures = (own @ vectors.T).masked_fill(alike, -1) * scale
    diagonal = torch.arange(len(own), device=own.device)
    return F.cross_entropy(found, target) + F.cross_entropy(pictures, diagonal) + PULL * (1 - matches).mean()


def sentences(latents: Path) -> NDArray[np.float16]:
    """Sentence vectors (n, captions, 384) of a folder of the stage `latents`: the means of its captions' token states, normalised."""
    states, starts = np.load(latents / "text-states.npy", mmap_mode="r"), np.load(latents / "text-starts.npy")
    vectors = np.empty((len(starts) - 1, states.shape[1]), np.float16)
    for first in range(0, len(vectors), TEXTS):
        ends = starts[first : first + TEXTS + 1]
        # The mean's length does not matter: it is made 1, as MiniLM's sentence vectors are.
        sums = np.add.reduceat(states[ends[0] : ends[-1]].astype(np.float32), ends[:-1] - ends[0], axis=0)
        vectors[first : first + TEXTS] = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    return vectors[np.load(latents / "caption-of.npy")]


@torch.no_grad()
def vectors_of(tower: Tower, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, h, w, 3) uint8 to unit vectors (n, 384)."""
    where = next(tower.parameters()).device
    parts = [tower(to_image(pixels[start : start + ROWS], where)) for start in range(0, len(pixels), ROWS)]
    return torch.cat(parts).float().cpu().numpy()


def recalls(tower: Tower, folder: Path) -> dict[str, float]:
    """How often a held-out picture's first caption finds it among all (the picture among the first 1 or 10), and the way back."""
    examples = Examples(folder / "held-out")
    rows = np.arange(min(MEASURED, len(examples)))
    texts = sentences(folder / "latents" / "held-out")[rows, 0].astype(np.float32)
    alike = texts @ vectors_of(tower, examples.pixels(rows)).T
    return {
        "pictures": len(rows),
        "text_to_picture_1": recall(alike, 1),
        "text_to_picture_10": recall(alike, 10),
        "picture_to_text_1": recall(alike.T, 1),
        "picture_to_text_10": recall(alike.T, 10),
    }


def recall(alike: NDArray[np.float32], among: int) -> float:
    """Share of the rows of (n, n) whose own column is one of the `among` largest."""
    own = np.diag(alike)[:, None]
    return float(((alike > own).sum(axis=1) < among).mean())
