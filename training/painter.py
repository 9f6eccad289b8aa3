"""Pictures of a model folder by the engine's own backend, many a batch: what the sheets show and the benchmark measures is what people get."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from figment.engine import models
from figment.engine.backends import onnx
from figment.engine.backends.minilm import MiniLM
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest, Pixels
from training import masks
from training.networks.autoencoder import DOWNSCALE

ROWS = 8


class Painter:
    """`side`: width and height of its pictures in pixels."""

    def __init__(self, folder: Path, minilm_cache: Path, threads: int) -> None:
        """Raises BrokenModel where `folder` holds no model."""
        prompts = PromptCache(lambda: MiniLM(minilm_cache, threads))
        self._backend = onnx.load(models.read(folder), prompts, threads)
        self.card = self._backend.card
        self.side = self.card.native_size

    def request(
        self,
        prompt: str,
        seed: int,
        steps: int,
        *,
        image: Pixels | None = None,
        mask: Pixels | None = None,
        strength: float = 1.0,
    ) -> ImageRequest:
        """At the model's own guidance scale. `image` (side, side, 3); `mask` (side, side), 255 where it is made anew."""
        scale = self.card.default_guidance
        return ImageRequest(self.card.name, prompt, seed, steps, scale, self.side, self.side, "", strength, image, mask)

    def paint(self, requests: Sequence[ImageRequest]) -> NDArray[np.uint8]:
        """(n, side, side, 3); known pixels of an inpainting are as they were."""
        made: list[Pixels] = []
        for start in range(0, len(requests), ROWS):
            rows = [self._backend.begin(request) for request in requests[start : start + ROWS]]
            while pending := [row for row in rows if row.steps_done < len(row.times) - 1]:
                self._backend.denoise(pending)
            made += self._backend.decode(rows)
        return np.stack(made)

    def restored(self, pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Through the encoder and the decoder and nothing else: the best that the model could draw. (n, side, side, 3)."""
        made: list[Pixels] = []
        for start in range(0, len(pictures), ROWS):
            rows = []
            for picture in pictures[start : start + ROWS]:
                rows.append(self._backend.begin(self.request("", 0, 1)))
                rows[-1].latent = self._backend.encode_image(picture)
            made += self._backend.decode(rows)
        return np.stack(made)

    def walks(self, prompts: Sequence[str], seed: int, steps: int, tiles: int = 6) -> NDArray[np.uint8]:
        """One strip a prompt: a picture, then `tiles` inpaintings to the right of it, each from the half of the last.

        (n, side, side + tiles * side / 2, 3).
        """
        half = self.side // 2
        mask = np.zeros((self.side, self.side), np.uint8)
        mask[:, half:] = 255
        last = self.paint([self.request(prompt, seed + row, steps) for row, prompt in enumerate(prompts)])
        strips = [last]
        for tile in range(1, tiles + 1):
            # What lies under the mask is not to matter; grey, so that it could not help either.
            begun = np.concatenate([last[:, :, half:], np.full_like(last[:, :, :half], 128)], axis=2)
            last = self.paint(
                [
                    self.request(prompt, seed + 1000 * tile + row, steps, image=begun[row], mask=mask)
                    for row, prompt in enumerate(prompts)
                ]
            )
            strips.append(last[:, :, half:])
        return np.concatenate(strips, axis=2)


def inpainting_masks(count: int, side: int, seed: int) -> NDArray[np.uint8]:
    """Of all the kinds that the training draws, (count, side, side), 255 where the picture is made anew."""
    cells = side // DOWNSCALE
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn = masks.draw(count, cells, cells, whole=0.0, device=torch.device("cpu"))
    # A row of the least likely kind may still be whole: it has no edge, and is drawn again as its left half.
    drawn[drawn.mean(dim=(1, 2, 3)) == 1, :, :, cells // 2 :] = 0
    wide = drawn[:, 0].repeat_interleave(DOWNSCALE, dim=1).repeat_interleave(DOWNSCALE, dim=2)
    return (wide.numpy() * 255).astype(np.uint8)
