"""Stage 3: encode the pictures by the autoencoder and their captions by MiniLM, once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from figment.engine.backends.minilm import MiniLM
from training import device
from training.config import Config
from training.latents import TEXT_WIDTH, TOKENS
from training.networks.autoencoder import Autoencoder
from training.pictures import Shard, complete_shards
from training.stages.autoencoder import to_image, trained

ENCODE_BATCH = 25
TEXT_BATCH = 64


def run(config: Config, folder: Path) -> None:
    """Writes folder/latents/ of the pictures, and folder/latents/held-out/ of those that no stage trains on."""
    torch.set_num_threads(config.threads)
    for shards, target in (
        (list(complete_shards(folder / "held-out")), folder / "latents" / "held-out"),
        (list(complete_shards(folder / "pictures")), folder / "latents"),
    ):
        _encode(config, folder, shards, target)


def _encode(config: Config, folder: Path, shards: list[Shard], target: Path) -> None:
    """Fills `target`; its last file, caption-of.npy, marks it as done."""
    if (target / "caption-of.npy").exists():
        return
    target.mkdir(parents=True, exist_ok=True)
    _encode_texts(config, shards, folder, target)
    _encode_pictures(trained(config, folder), shards, target, device.chosen(config.device))
    np.save(target / "labels.npy", np.concatenate([shard.labels() for shard in shards]))
    (target / "caption-of.unfinished.npy").rename(target / "caption-of.npy")


@torch.no_grad()
def _encode_pictures(model: Autoencoder, shards: list[Shard], target: Path, place: torch.device) -> None:
    parts = []
    model = model.to(place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    for index, shard in enumerate(shards):
        pixels = shard.pixels()
        for start in range(0, len(pixels), ENCODE_BATCH):
            image = to_image(pixels[start : start + ENCODE_BATCH]).to(place)
            with torch.autocast(place.type, torch.bfloat16):
                latents = model.encode(image)
            parts.append(latents.half().cpu().contiguous().numpy())
        print(f"latents shard {index:4d} of {len(shards)}", flush=True)
    np.save(target / "latents.npy", np.concatenate(parts))


def _encode_texts(config: Config, shards: list[Shard], folder: Path, target: Path) -> None:
    if (target / "caption-of.unfinished.npy").exists():
        return
    written = [record["captions"] for shard in shards for record in shard.records()]
    distinct = ["", *sorted({text for texts in written for text in texts} - {""}, key=lambda text: (len(text), text))]
    place = {text: index for index, text in enumerate(distinct)}
    encoder = MiniLM(folder.parent / "minilm", config.threads)
    states, lengths = [], []
    for start in range(0, len(distinct), TEXT_BATCH):
        rows, mask = encoder.token_states(distinct[start : start + TEXT_BATCH], TOKENS)
        lengths += mask.sum(axis=1).astype(np.int64).tolist()
        states.append(rows[mask > 0].astype(np.float16))
    print(f"latents {len(distinct)} distinct captions, {sum(lengths)} tokens", flush=True)
    starts: NDArray[np.int64] = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    np.save(target / "text-states.npy", np.concatenate(states).reshape(-1, TEXT_WIDTH))
    np.save(target / "text-starts.npy", starts)
    caption_of = np.array([[place[text] for text in texts] for texts in written], np.int64)
    np.save(target / "caption-of.unfinished.npy", caption_of)
