"""New prompts through SD-Turbo's text encoder in its exact shape and random weights: one after the other, against all in one call, in turns.

    .venv/bin/python -m benchmarks.prompts [--device cuda] [--batches 2,8] [--rounds 3]

On a processor, whose cores one prompt fills, a fifth is gained with 4; on a GPU, where it was never run, one prompt is a few hundred
kernels that hardly fill it.
"""

from __future__ import annotations

import argparse
import importlib.util

NEEDS = "prompts: needs the extra `torch`; nothing was measured"


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[2, 8])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tiny", action="store_true", help="a small encoder, to try the script; figures mean nothing")
    asked = parser.parse_args(given)
    if importlib.util.find_spec("torch") is None:
        print(NEEDS)
        return
    from benchmarks import prompts_runs

    prompts_runs.run(asked)


if __name__ == "__main__":
    main()
