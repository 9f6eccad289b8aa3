"""How good the built-in model's pictures are, at 1, 2, 4 and 8 steps.

    .venv/bin/python -m benchmarks.model [--run training/runs/cpu-2h] [--pictures 1000 --prompts 400]

It makes pictures with the shipped files through the engine's own backend and asks a probe what they show. The probe is a
network of the training (`training/networks/probe.py`) that learned from renders; how often it is right about renders is
said beside every figure that it gives. It needs torch, and a run's folder with the probe and with held-out renders.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.figures import heading, verdict
from figment.engine import models
from training.config import Config, load
from training.examples import Examples
from training.measures.attributes import Answer, Score, all_right, score
from training.measures.drift import drift
from training.measures.frechet import frechet_distance, mean_pairwise_distance
from training.measures.psnr import psnr
from training.measures.seam import seam_error
from training.networks.probe import Probe
from training.painter import Painter, inpainting_masks
from training.prompts import Prompt, evaluation_prompts
from training.stages import probe as probe_stage
from training.world.description import Shown

Bytes = NDArray[np.uint8]
Figures = dict[str, float]

WALKS = (
    "aerial view of green islands in the ocean",
    "a river through a forest from above",
    "snowy mountains seen from above",
    "farmland from above",
    "a sandy coast from above",
    "hills in a meadow at noon",
    "the sea at sunset",
    "a desert at noon",
)
VARIED = (
    "a house",
    "a cat in a meadow",
    "a boat on the sea at sunset",
    "an island from above",
    "mountains",
    "a red flower",
)
SEED = 4_000


@dataclass(frozen=True)
class Bench:
    """What every figure is made of. `renders`: held-out pictures, (n, side, side, 3), with `shown` and `captions`."""

    painter: Painter
    probe: Probe
    renders: Bytes
    shown: list[Shown]
    captions: list[str]
    steps: tuple[int, ...]

    def attributes(self, count: int) -> tuple[dict[str, Figures], dict[str, Figures]]:
        """Share of right answers: by attribute, and of the prompts of each task those of which everything is right.

        "renders" is the probe's own accuracy, "restored" that on renders through the autoencoder. Rows with "unfamiliar"
        hold only prompts with a word or phrasing that no caption has.
        """
        restored = self.painter.restored(self.renders)
        by_attribute = {
            "renders": score(probe_stage.read(self.probe, self.renders)[0], self.shown).shares(),
            "renders, restored": score(probe_stage.read(self.probe, restored)[0], self.shown).shares(),
        }
        by_task = {}
        prompts = evaluation_prompts(SEED, count)
        unfamiliar = [row for row, prompt in enumerate(prompts) if not prompt.familiar]
        for steps in self.steps:
            requests = [self.painter.request(prompt.text, SEED + row, steps) for row, prompt in enumerate(prompts)]
            answers, _ = probe_stage.read(self.probe, self.painter.paint(requests))
            by_attribute[_steps(steps)] = _shares(answers, prompts)
            by_attribute[f"{_steps(steps)}, unfamiliar"] = _shares(
                [answers[row] for row in unfamiliar], [prompts[row] for row in unfamiliar]
            )
            tasks = Score()
            for answer, prompt in zip(answers, prompts, strict=True):
                tasks.add(prompt.task, all_right(answer, prompt.expected))
            by_task[_steps(steps)] = tasks.shares()
        return by_attribute, by_task

    def frechet(self) -> Figures:
        """Distance to the second half of the renders: of the first half (the floor), and of pictures made from its captions."""
        half = len(self.renders) // 2
        first, second = self.renders[:half], self._features(self.renders[half : 2 * half])
        figures = {
            "pictures": float(half),
            "renders (floor)": frechet_distance(self._features(first), second),
            "renders, restored": frechet_distance(self._features(self.painter.restored(first)), second),
        }
        for steps in self.steps:
            requests = [self.painter.request(self.captions[row], SEED + row, steps) for row in range(half)]
            figures[_steps(steps)] = frechet_distance(self._features(self.painter.paint(requests)), second)
        return figures

    def seams(self, count: int) -> dict[str, Figures]:
        """Held-out renders with a part made anew, from their own captions; "untouched" is what the measure says of the renders."""
        renders = self.renders[:count]
        masks = inpainting_masks(len(renders), self.painter.side, SEED)
        rows = {"untouched": asdict(seam_error(renders, masks > 0))}
        for steps in self.steps:
            requests = [
                self.painter.request(self.captions[row], SEED + row, steps, image=renders[row], mask=masks[row])
                for row in range(len(renders))
            ]
            rows[_steps(steps)] = asdict(seam_error(self.painter.paint(requests), masks > 0))
        return rows

    def diversity(self, seeds: int) -> Figures:
        """Mean distance in the probe's features between pictures of one prompt, over that between renders of anything."""
        anything = mean_pairwise_distance(self._features(self.renders))
        figures = {}
        for steps in self.steps:
            distances = []
            for prompt in VARIED:
                requests = [self.painter.request(prompt, SEED + seed, steps) for seed in range(seeds)]
                distances.append(mean_pairwise_distance(self._features(self.painter.paint(requests))))
            figures[_steps(steps)] = float(np.mean(distances)) / anything
        return figures

    def walks(self, strip: Path | None) -> dict[str, Figures]:
        """Six inpaintings to the right of a picture; the drift from the picture to the last whole tile."""
        rows = {}
        side = self.painter.side
        for steps in self.steps:
            strips = self.painter.walks(WALKS, SEED, steps)
            tiles = strips.reshape(len(strips), side, -1, side, 3).transpose(0, 2, 1, 3, 4)
            rows[_steps(steps)] = asdict(drift(tiles))
            if strip is not None:
                Image.fromarray(np.concatenate(list(strips))).save(strip / f"walks-{steps}.webp", quality=85)
        return rows

    def reconstruction(self) -> Figures:
        return {"psnr_db": float(psnr(self.painter.restored(self.renders), self.renders).mean())}

    def _features(self, pictures: Bytes) -> NDArray[np.float32]:
        return np.asarray(probe_stage.read(self.probe, pictures)[1])


def _shares(answers: Sequence[Answer], prompts: Sequence[Prompt]) -> Figures:
    shares = score(answers, [prompt.expected for prompt in prompts]).shares()
    # A prompt does not forbid what it does not name.
    return {name: share for name, share in shares.items() if name != "nothing else"}


def _steps(steps: int) -> str:
    return f"{steps} step" if steps == 1 else f"{steps} steps"


def speed(model: Path, threads: int) -> Figures:
    """In a process of its own, because this one holds torch and the renders."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.model_speed",
        "--json",
        "--model",
        str(model),
        "--threads",
        str(threads),
    ]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # type: ignore[no-any-return]


def opened(asked: argparse.Namespace, config: Config) -> Bench:
    """Raises FileNotFoundError, with what to do, where the probe or the held-out renders are missing."""
    examples = Examples(asked.run / "held-out")
    rows = np.arange(min(asked.pictures, len(examples)))
    return Bench(
        painter=Painter(asked.model, asked.run.parent / "minilm", asked.threads),
        probe=probe_stage.trained(config, asked.run),
        renders=examples.pixels(rows),
        shown=examples.shown[: len(rows)],
        captions=[captions[0] for captions in examples.captions[: len(rows)]],
        steps=tuple(asked.steps),
    )


def told(title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    """A table: one row a key, one column a figure."""
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    print(f"\n   {title:28}" + "".join(f"{name:>13}" for name in columns))
    for name, row in rows.items():
        cells = (f"{row[column]:13.3f}" if column in row else f"{'':13}" for column in columns)
        print(f"   {name:28}" + "".join(cells), flush=True)


def judged(figures: Mapping[str, Any], steps: int) -> None:
    """The figures at `steps` against what they are to be."""
    at = _steps(steps)
    print(f"\n   at {at}")
    for name, goal in (
        ("object", 0.9),
        ("colour", 0.9),
        ("time", 0.9),
        ("style", 0.9),
        ("count", 0.75),
        ("place", 0.75),
    ):
        if name in figures["attributes"][at]:
            verdict(name, figures["attributes"][at][name], goal, at_most=False)
    frechet = figures["frechet"]
    verdict("Fréchet distance over its floor", frechet[at] / frechet["renders (floor)"], 3, at_most=True)
    verdict("seam error", figures["seams"][at]["ratio"], 1.2, at_most=True)
    verdict("reconstruction", figures["reconstruction"]["psnr_db"], 30, at_most=False, unit=" dB")
    verdict("a picture in 4 steps", figures["speed"]["picture_s"], 0.4, at_most=True, unit=" s")
    verdict("image to image in 1 step", figures["speed"]["image_to_image_fps"], 6, at_most=False, unit=" frames/s")
    verdict("resident", figures["speed"]["resident_mb"], 600, at_most=True, unit=" MB")


def measured(bench: Bench, asked: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "model": bench.painter.card.name,
        "weights": bench.painter.card.weights_hash,
        "renders": len(bench.renders),
        "prompts": asked.prompts,
        "speed": speed(asked.model, asked.threads),
    }
    told("speed and memory", {"two cores": figures["speed"]})
    figures["reconstruction"] = bench.reconstruction()
    told("autoencoder", {"held-out renders": figures["reconstruction"]})
    figures["attributes"], figures["tasks"] = bench.attributes(asked.prompts)
    told("what was asked for is there", figures["attributes"])
    told("prompts with all of it", figures["tasks"])
    figures["frechet"] = bench.frechet()
    told("Fréchet distance", {name: {"distance": value} for name, value in figures["frechet"].items()})
    figures["seams"] = bench.seams(asked.inpaintings)
    told("seams of inpaintings", figures["seams"])
    figures["diversity"] = bench.diversity(asked.seeds)
    told("diversity", {"one prompt / all renders": figures["diversity"]})
    figures["walks"] = bench.walks(asked.strips)
    told("drift of walks, of 255", figures["walks"])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=models.BUILTIN / "figment-1")
    parser.add_argument("--config", type=Path, default=Path("training/configs/cpu-2h.yaml"), help="of the run")
    parser.add_argument("--run", type=Path, help="folder of the run; default training/runs/ and the config's name")
    parser.add_argument("--steps", type=int, nargs="+", default=(1, 2, 4, 8))
    parser.add_argument("--pictures", type=int, default=400, help="held-out renders, at most")
    parser.add_argument("--prompts", type=int, default=196, help="held-out prompts")
    parser.add_argument("--inpaintings", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=8, help="pictures of one prompt")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    parser.add_argument("--strips", type=Path, help="write the walks' strips into this folder")
    asked = parser.parse_args()
    config = load(asked.config)
    asked.run = asked.run or Path("training/runs") / config.name
    try:
        bench = opened(asked, config)
    except FileNotFoundError as error:
        sys.exit(
            f"{error}\n(python -m training STAGE --config {asked.config}; the stages render and probe make what is needed)"
        )
    heading(f"{bench.painter.card.title}: quality, {len(bench.renders)} renders, {asked.prompts} prompts")
    figures = measured(bench, asked)
    judged(figures, 4 if 4 in bench.steps else bench.steps[-1])
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
