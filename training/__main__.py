"""`python -m training all --config training/configs/cpu-2h.yaml`: from nothing to the shipped files, resumable."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from training.config import load

STAGES = (
    "render",
    "autoencoder",
    "latents",
    "denoiser",
    "distil",
    "decoder",
    "probe",
    "tower",
    "export",
    "sheet",
    "measure",
)
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("stage", choices=(*STAGES, "all"))
    parser.add_argument("--config", type=Path, default=HERE / "configs" / "cpu-2h.yaml")
    parser.add_argument("--runs", type=Path, default=HERE / "runs", help="folder of data sets and checkpoints")
    chosen = parser.parse_args()
    config = load(chosen.config)
    folder = chosen.runs / config.name
    folder.mkdir(parents=True, exist_ok=True)
    for stage in STAGES if chosen.stage == "all" else (chosen.stage,):
        importlib.import_module(f"training.stages.{stage}").run(config, folder)


if __name__ == "__main__":
    main()
