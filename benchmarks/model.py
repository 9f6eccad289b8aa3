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
from dataclasses import asdict, dataclass, field
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
ATTRIBUTES = (
    "object", "colour", "count", "single", "place", "style", "time", "weather", "view", "setting", "all", "nothing else",
)  # fmt: skip
SEED = 4_000


NOTES = """`python -m benchmarks.model --markdown FILE` writes these tables.

- What was asked for: shares of right answers, given by a probe. "renders" is how often it is right about held-out renders, whose
  descriptions are the truth; "restored", about the same through the autoencoder; the others, about pictures made from held-out
  prompts. "single" is a count of one, "count" of two to four. "unfamiliar" prompts have a word or phrasing that no caption has.
- Fréchet distance: in the probe's features, to held-out renders; "floor" is that of other held-out renders, as many.
- Seams: gradient across the mask's edge over the gradient within the mask; "untouched" is what the renders give themselves.
- Diversity: mean distance between pictures of one prompt over that between renders of anything.
- Drift: change from a walk's first picture to its last whole tile, in steps of 255; `wander` is no fault by itself."""


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
            "renders": _in_order(score(probe_stage.read(self.probe, self.renders)[0], self.shown)),
            "renders, restored": _in_order(score(probe_stage.read(self.probe, restored)[0], self.shown)),
        }
        by_task = {}
        prompts = evaluation_prompts(SEED, count)
        unfamiliar = [row for row, prompt in enumerate(prompts) if not prompt.familiar]
        for steps in self.steps:
            requests = [self.painter.request(prompt.text, SEED + row, steps) for row, prompt in enumerate(prompts)]
            answers, _ = probe_stage.read(self.probe, self.painter.paint(requests))
            by_attribute[_steps(steps)] = _shares(answers, prompts)
            if unfamiliar:
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
    shares = _in_order(score(answers, [prompt.expected for prompt in prompts]))
    # A prompt does not forbid what it does not name.
    return {name: share for name, share in shares.items() if name != "nothing else"}


def _in_order(result: Score) -> Figures:
    shares = result.shares()
    return {name: shares[name] for name in sorted(shares, key=ATTRIBUTES.index)}


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


@dataclass
class Report:
    """Tables, printed as they come: one row a key, one column a figure."""

    tables: dict[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)

    def add(self, title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
        self.tables[title] = rows
        columns = _columns(rows)
        print(f"\n   {title:28}" + "".join(f"{name:>13}" for name in columns))
        for name, row in rows.items():
            print(f"   {name:28}" + "".join(f"{_cell(row, column):>13}" for column in columns), flush=True)

    def markdown(self, heading: str) -> str:
        parts = [heading]
        for title, rows in self.tables.items():
            columns = _columns(rows)
            lines = [[title, *columns], ["---"] * (len(columns) + 1)]
            lines += [[name, *(_cell(row, column) for column in columns)] for name, row in rows.items()]
            parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
        return "\n\n".join(parts) + "\n"


def _columns(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows.values() for name in row))


def _cell(row: Mapping[str, float], column: str) -> str:
    return f"{row[column]:.3f}" if column in row else ""


@dataclass(frozen=True)
class Goal:
    name: str
    value: float
    goal: float
    at_most: bool
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def goals(figures: Mapping[str, Any], steps: int) -> list[Goal]:
    """The figures at `steps` beside what they are to be."""
    at = _steps(steps)
    asked, frechet, speed_of = figures["attributes"][at], figures["frechet"], figures["speed"]
    wanted = {"object": 0.9, "colour": 0.9, "time": 0.9, "style": 0.9, "count": 0.75, "place": 0.75}
    return [
        *(Goal(name, asked[name], share, at_most=False) for name, share in wanted.items() if name in asked),
        Goal("Fréchet distance over its floor", frechet[at] / frechet["renders (floor)"], 3, at_most=True),
        Goal("seam error", figures["seams"][at]["ratio"], 1.2, at_most=True),
        Goal("reconstruction", figures["reconstruction"]["psnr_db"], 30, at_most=False, unit=" dB"),
        Goal("a picture in 4 steps", speed_of["picture_s"], 0.4, at_most=True, unit=" s"),
        Goal("image to image in 1 step", speed_of["image_to_image_fps"], 6, at_most=False, unit=" frames/s"),
        Goal("resident", speed_of["resident_mb"], 600, at_most=True, unit=" MB"),
    ]


def goals_markdown(wanted: Sequence[Goal], steps: int) -> str:
    rows = [
        f"| {one.name} | {one.value:.3g}{one.unit} | {'≤' if one.at_most else '≥'} {one.goal:g}{one.unit} | {'yes' if one.met else 'no'} |"
        for one in wanted
    ]
    return "\n".join([f"| at {_steps(steps)} | measured | goal | met |", "| --- | --- | --- | --- |", *rows])


def measured(bench: Bench, asked: argparse.Namespace, report: Report) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "model": bench.painter.card.name,
        "weights": bench.painter.card.weights_hash,
        "renders": len(bench.renders),
        "prompts": asked.prompts,
        "speed": speed(asked.model, asked.threads),
    }
    report.add("speed and memory", {"two cores": figures["speed"]})
    figures["reconstruction"] = bench.reconstruction()
    report.add("autoencoder", {"held-out renders": figures["reconstruction"]})
    figures["attributes"], figures["tasks"] = bench.attributes(asked.prompts)
    report.add("what was asked for is there", figures["attributes"])
    report.add("prompts with all of it", figures["tasks"])
    figures["frechet"] = bench.frechet()
    report.add("Fréchet distance", {name: {"distance": value} for name, value in figures["frechet"].items()})
    figures["seams"] = bench.seams(asked.inpaintings)
    report.add("seams of inpaintings", figures["seams"])
    figures["diversity"] = bench.diversity(asked.seeds)
    report.add("diversity", {"one prompt / all renders": figures["diversity"]})
    figures["walks"] = bench.walks(asked.strips)
    report.add("drift of walks, of 255", figures["walks"])
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
    parser.add_argument("--markdown", type=Path, help="write the tables there too")
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
    report = Report()
    figures = measured(bench, asked, report)
    steps = 4 if 4 in bench.steps else bench.steps[-1]
    wanted = goals(figures, steps)
    print(f"\n   at {_steps(steps)}")
    for one in wanted:
        verdict(one.name, one.value, one.goal, one.at_most, one.unit)
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")
    if asked.markdown is not None:
        title = f"# Figures of {bench.painter.card.name}, weights {bench.painter.card.weights_hash[:12]}"
        asked.markdown.write_text(report.markdown(f"{title}\n\n{goals_markdown(wanted, steps)}\n\n{NOTES}"))


if __name__ == "__main__":
    main()
