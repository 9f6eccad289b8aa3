"""SD-Turbo and SDXL-Turbo on a CUDA device: Figment against diffusers' own pipelines, plain and compiled, in turns.

    .venv/bin/python -m benchmarks.gpu [--models sd-turbo] [--batches 1,8,32] [--compiled 1] [--json FILE]
    .venv/bin/python -m benchmarks.gpu --tiny          the script itself, on small models and any processor; its figures mean nothing

The weights are random in the models' exact shapes: speed only. 20 GB of disk and 24 GB of the device's memory are enough.

Figment makes a batch as its engine does: prompts read in one call, requests begun on two threads, steps and decoding in shared calls, bytes
fetched. diffusers makes it in one call that ends with its tensor on the processor; turning it into pictures is not counted. Prompts are the same
in every turn, as a live picture's are: Figment keeps their embeddings, diffusers' pipelines encode them again. What new prompts cost is told for
text to image in one step.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

NEEDS = "gpu: needs a CUDA device and the extra `torch`; nothing was measured"


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="sd-turbo,sdxl-turbo", help="sd-turbo, sdxl-turbo or both")
    parser.add_argument("--batches", type=numbers, help="pictures at once (1,2,4,8,16,32)")
    parser.add_argument("--steps", type=numbers, help="denoising steps (1,4)")
    parser.add_argument(
        "--compiled", type=numbers, default=[1], help="batches that torch.compile is tried with; none: ''"
    )
    parser.add_argument("--mode", default="reduce-overhead", help="of torch.compile, such as max-autotune")
    parser.add_argument("--seconds", type=float, help="for each line, all kinds together (6)")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--tiny", action="store_true", help="small models on the processor, to try the script")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    asked = arguments(given)
    if importlib.util.find_spec("torch") is None:
        print(NEEDS)
        return
    from benchmarks import gpu_runs

    if not asked.tiny and not gpu_runs.has_device():
        print(NEEDS)
        return
    gpu_runs.run(asked)


if __name__ == "__main__":
    main()
