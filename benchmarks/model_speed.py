"""What one picture of a model costs in time and memory, in a process that holds nothing else.

    .venv/bin/python -m benchmarks.model_speed [--model figment/engine/builtin/figment-1] [--threads 2]

The memory is the process's own: interpreter, libraries, the model's networks and the text encoder.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil

from benchmarks.figures import heading, verdict
from figment.engine import models
from figment.engine.backends import onnx
from figment.engine.backends.minilm import MiniLM
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest

PROMPT = "a blue boat on the sea at sunset"
STEPS = 4
REPEATS = 15


def seconds(work: Callable[[int], object]) -> float:
    """Median of several calls, each with another seed; the first call, which warms up, is not counted."""
    took = []
    for seed in range(REPEATS + 1):
        began = time.perf_counter()
        work(seed)
        took.append(time.perf_counter() - began)
    return statistics.median(took[1:])


def measured(folder: Path, cache: Path, threads: int) -> dict[str, float]:
    text = MiniLM(cache, threads)
    backend = onnx.load(models.read(folder), PromptCache(lambda: text), threads)
    card = backend.card
    side, scale = card.native_size, card.default_guidance
    frame = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)

    def paint(request: ImageRequest) -> None:
        row = backend.begin(request)
        while row.steps_done < len(row.times) - 1:
            backend.denoise([row])
        backend.decode([row])

    def picture(seed: int) -> None:
        paint(ImageRequest(card.name, PROMPT, seed, STEPS, scale, side, side))

    def repainted(seed: int) -> None:
        paint(ImageRequest(card.name, PROMPT, seed, 1, scale, side, side, strength=0.6, init_image=frame))

    return {
        "picture_s": seconds(picture),
        "image_to_image_fps": 1 / seconds(repainted),
        "text_s": seconds(lambda seed: text.token_states([PROMPT])),
        "resident_mb": psutil.Process().memory_info().rss / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=models.BUILTIN / "figment-1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="write nothing but the figures, as JSON")
    asked = parser.parse_args()
    if not asked.json:
        heading(f"{asked.model.name}: time and memory")
    with tempfile.TemporaryDirectory() as cache:
        figures = measured(asked.model, Path(cache), asked.threads)
    if asked.json:
        print(json.dumps(figures))
        return
    verdict(f"a picture in {STEPS} steps", figures["picture_s"], 0.4, at_most=True, unit=" s")
    verdict("image to image in one step", figures["image_to_image_fps"], 6, at_most=False, unit=" frames/s")
    verdict("resident", figures["resident_mb"], 600, at_most=True, unit=" MB")
    print(f"   text, once a prompt: {figures['text_s'] * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
