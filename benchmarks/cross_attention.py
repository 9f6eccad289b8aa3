"""What it gains to project prompts once in place of at every step, for networks in their exact shapes and random weights.

    .venv/bin/python -m benchmarks.cross_attention [--rounds 5] [--batches 1,4,8] [--only Sana]

A step with what was projected before, stacked from the rows' own, against a step that projects: in turns, on the processor. SD-Turbo's UNet is
whole; of the others it is as many blocks as are enough, since all are alike. FLOP are those of the whole network, counted by torch.
"""

from __future__ import annotations

import argparse
import importlib.util

NEEDS = "cross_attention: needs the extra `torch`; nothing was measured"


def main(given: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=lambda text: [int(part) for part in text.split(",")], default=[1, 4, 8])
    parser.add_argument("--only", default="", help="networks whose name has this in it")
    parser.add_argument("--tiny", action="store_true", help="small networks, to try the script; figures mean nothing")
    asked = parser.parse_args(given)
    if importlib.util.find_spec("torch") is None:
        print(NEEDS)
        return
    from benchmarks import cross_attention_runs

    cross_attention_runs.run(asked)


if __name__ == "__main__":
    main()
