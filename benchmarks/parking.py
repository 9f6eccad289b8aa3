"""How long a model takes to leave a CUDA device and to come back, beside loading it from its folder.

    .venv/bin/python -m benchmarks.parking [--model sd-turbo]

SD-Turbo's or SDXL-Turbo's exact shape with random weights. The files were just written, so that loading finds them in the machine's memory:
from a disk it takes longer.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import heading, verdict

NOTHING = "parking: there is no CUDA device (or no torch), so there is nothing to park"
ROUNDS = 5


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(name: str) -> None:
    import torch

    from benchmarks import turbo_models
    from figment.engine import diffusers_folder
    from figment.engine.backends.base import Parkable
    from figment.engine.backends.diffusion import loading

    heading(f"{name} on {torch.cuda.get_device_name()}: parking and loading")
    with tempfile.TemporaryDirectory() as root:
        model = diffusers_folder.read(turbo_models.save(name, Path(root), torch.device("cuda")))
        loading.load(model, "cuda")  # the libraries' own first call
        began = time.perf_counter()
        backend = loading.load(model, "cuda")
        loaded = time.perf_counter() - began
    if not isinstance(backend, Parkable):
        raise TypeError(f"{name} cannot be parked")
    first = timed(backend.park)
    backs, parks = [timed(backend.bring_back)], []
    for _ in range(ROUNDS):
        parks.append(timed(backend.park))
        backs.append(timed(backend.bring_back))
    back, size = statistics.median(backs), backend.device_bytes / 1e9
    print(f"   {size:.2f} GB of weights; loading {loaded:.2f} s")
    print(f"   parking {first:.2f} s the first time, then {statistics.median(parks) * 1e3:.1f} ms")
    print(f"   coming back {back * 1e3:.0f} ms, {size / back:.1f} GB/s")
    verdict("coming back, over loading", back / loaded, 1.0, at_most=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="sd-turbo", choices=("sd-turbo", "sdxl-turbo"))
    asked = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        print(NOTHING)
        return
    import torch

    if not torch.cuda.is_available():
        print(NOTHING)
        return
    measure(asked.model)


if __name__ == "__main__":
    main()
