"""The sampler of the sample sheets: Euler steps of the flow with classifier-free guidance, on the exported files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from figment.engine.backends.minilm import MiniLM

Array = NDArray[np.float32]


class Sampler:
    """Makes pictures from a folder of exported files."""

    def __init__(self, folder: Path, minilm_cache: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._denoiser, self._decoder = (
            onnxruntime.InferenceSession(folder / f"{part}.onnx", options, providers=["CPUExecutionProvider"])
            for part in ("denoiser", "decoder")
        )
        self._text = MiniLM(minilm_cache, threads)

    def pictures(
        self, prompts: Sequence[str], seed: int, steps: int = 12, guidance: float = 3.0, size: int = 256
    ) -> NDArray[np.uint8]:
        """One picture a prompt, (n, size, size, 3) uint8; row i starts from noise of seed + i."""
        side = size // 8
        noise = [np.random.default_rng(seed + row).standard_normal((8, side, side)) for row in range(len(prompts))]
        latents = np.stack(noise).astype(np.float32)
        text, mask = self._text.token_states([*prompts, *[""] * len(prompts)])
        times = np.linspace(1, 0, steps + 1, dtype=np.float32)
        for time, following in itertools.pairwise(times):
            latents = latents + (following - time) * self._velocity(latents, float(time), text, mask, guidance)
        (image,) = self._decoder.run(["image"], {"latents": latents})
        return ((image.transpose(0, 2, 3, 1) + 1) * 127.5 + 0.5).clip(0, 255).astype(np.uint8)

    def _velocity(self, latents: Array, time: float, text: Array, mask: Array, guidance: float) -> Array:
        rows = np.concatenate([latents, latents])
        given = {"latents": rows, "time": np.full(len(rows), time, np.float32), "text": text, "text_mask": mask}
        (velocity,) = self._denoiser.run(["velocity"], given)
        wanted, unguided = np.split(velocity, 2)
        return unguided + guidance * (wanted - unguided)  # type: ignore[no-any-return]
