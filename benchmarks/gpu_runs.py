"""What `benchmarks.gpu` measures. Apart, so that the command answers where torch is not installed."""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import turbo_models
from benchmarks.figures import heading, verdict
from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import loading, replay
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.replay import WORTH_IT, Calling
from figment.engine.local import PREPARING_THREADS
from figment.generation.contract import ImageRequest, Pixels

TASKS = ("text-to-image", "image-to-image")
STRENGTH = 0.5
OURS, PLAIN, COMPILED = "figment", "diffusers", "diffusers compiled"
PLAIN_GOAL, COMPILED_GOAL, ROOFLINE_GOAL, ROOFLINE_FROM = 3.0, 1.5, 0.5, 8
DIFFERENCE_GOAL = 8
"""Padding changes the size of the batch, and with it the kernels: in half precision some rounding. A recording that is wrong is far beyond."""
WARM_UPS, LEAST, MOST = 2, 3, 100
DATA_SHEETS = {
    "H100 PCIe": 756,
    "H100": 989,
    "H200": 989,
    "B200": 2250,
    "A100": 312,
    "A10G": 70,
    "A10": 125,
    "A40": 150,
    "L40S": 362,
    "L40": 181,
    "L4": 121,
    "RTX 4090": 165,
    "RTX 3090": 71,
    "T4": 65,
    "V100": 125,
}
"""TFLOP/s of half precision matrices without sparsity, accumulated in float32, by the makers' data sheets. The first name that is part of a
device's is meant."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How large everything is."""

    side: int
    batches: Sequence[int]
    steps: Sequence[int]
    seconds: float
    matrix: int


FULL = Scale(turbo_models.SIDE, replay.BUCKETS, (1, 4), 6.0, 8192)
TINY = Scale(64, (1, 2), (1, 2), 0.2, 256)


@dataclass(frozen=True, slots=True)
class Case:
    task: str
    steps: int
    batch: int

    def requests(self, side: int, fresh: int = 0) -> list[ImageRequest]:
        """`fresh`: makes the prompts new ones."""
        prompts = [f"house {n} {fresh}" for n in range(self.batch)]
        made = [ImageRequest("any", prompt, n, self.steps, 1.0, side, side) for n, prompt in enumerate(prompts)]
        if self.task == "text-to-image":
            return made
        # Twice the steps at half the strength are as many.
        asked = round(self.steps / STRENGTH)
        return [replace(one, steps=asked, init_image=_frame(side, one.seed), strength=STRENGTH) for one in made]


@dataclass
class Kind:
    """One way to make a batch: seconds of each turn, or why there are none."""

    make: Callable[[], object]
    took: list[float] = field(default_factory=list)
    failed: str | None = None

    def turn(self, counted: bool = True) -> None:
        if self.failed is not None:
            return
        began = time.perf_counter()
        try:
            self.make()
        except (
            Exception
        ) as error:  # out of memory, or one of the compiler's many ways to fail: told, and the others go on
            self.failed = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:120]
            self.took.clear()
            return
        if counted:
            self.took.append(time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Line:
    """Median seconds of a batch by kind. `difference`: the largest of a byte between Figment's plain calls and its recorded ones."""

    model: str
    case: Case
    difference: int
    seconds: dict[str, float]
    failed: dict[str, str]
    gigaflop: float
    peak: float

    @property
    def roofline(self) -> float:
        """Part of what the device's matrix units can do at most, measured in the same run."""
        return self.gigaflop / 1e3 / self.seconds[OURS] / self.peak

    def faster_than(self, other: str) -> float | None:
        return self.seconds[other] / self.seconds[OURS] if other in self.seconds and OURS in self.seconds else None

    def __str__(self) -> str:
        case = self.case
        words = [f"   {self.model:10} {case.task:14} {case.steps} steps  batch {case.batch:2} "]
        for kind, seconds in self.seconds.items():
            words.append(f"  {kind} {seconds * 1e3:8.1f} ms {case.batch / seconds:7.1f}/s")
            if kind != OURS and OURS in self.seconds:
                words.append(f" ×{seconds / self.seconds[OURS]:.2f}")
            elif kind == OURS:
                words.append(f" {self.roofline:4.0%} of peak, ±{self.difference}")
        words += [f"  {kind} failed: {why}" for kind, why in self.failed.items()]
        return "".join(words)


def has_device() -> bool:
    return bool(torch.cuda.is_available())


def run(asked: argparse.Namespace) -> None:
    scale = TINY if asked.tiny else FULL
    scale = replace(
        scale,
        batches=asked.batches or scale.batches,
        steps=asked.steps or scale.steps,
        seconds=asked.seconds or scale.seconds,
    )
    device = torch.device("cpu" if asked.tiny else "cuda")
    peak = _told_peak(device, scale.matrix, asked.tiny)
    lines: list[Line] = []
    for name in asked.models.split(","):
        with tempfile.TemporaryDirectory() as root:
            folder = (
                turbo_models.save_tiny(name, Path(root)) if asked.tiny else turbo_models.save(name, Path(root), device)
            )
            for line in _measured(name, folder, device, scale, peak, asked):
                print(line, flush=True)
                lines.append(line)
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
    if asked.tiny:
        print("   the goals, of figures that mean nothing here:")
    _judge(lines)
    if asked.json is not None:
        about = {"device": _name(device), "date": f"{datetime.now(UTC):%Y-%m-%d}", "torch": torch.__version__}
        figures = [asdict(line) for line in lines]
        asked.json.write_text(json.dumps(about | {"peak_tflops": peak, "lines": figures}, indent=1))


def _told_peak(device: torch.device, side: int, tiny: bool) -> float:
    heading(f"Turbo models on {_name(device)}, random weights: speed only")
    print(f"   torch {torch.__version__}, diffusers {diffusers.__version__}")
    peak = _matrix_peak(device, side)
    sheet = next((f"; data sheet {figure}" for name, figure in DATA_SHEETS.items() if name in _name(device)), "")
    print(f"   matrices of {side}: {peak:.3g} TFLOP/s measured{sheet}")
    if tiny:
        print("   tiny models on a processor: the script is tried, the figures mean nothing")
    return peak


def _measured(
    name: str, folder: Path, device: torch.device, scale: Scale, peak: float, asked: argparse.Namespace
) -> Iterator[Line]:
    recorder = (lambda _: Calling()) if asked.tiny else replay.recorder
    backend = loading.load(diffusers_folder.read(folder), device.type, recorder=recorder)
    if not isinstance(backend, DiffusionBackend):
        raise TypeError(f"{name} is not stepped")
    theirs = _pipelines(folder, device, None)
    compiled = None if asked.tiny or not asked.compiled else _pipelines(folder, device, asked.mode)
    work = _gigaflop(theirs["text-to-image"], scale.side, device)
    with ThreadPoolExecutor(PREPARING_THREADS) as threads:
        for case in (Case(task, steps, batch) for batch in scale.batches for task in TASKS for steps in scale.steps):
            requests = case.requests(scale.side)
            kinds = {
                OURS: Kind(lambda: _by_figment(backend, requests, threads)),  # noqa: B023 - run at once
                PLAIN: Kind(lambda: _by_diffusers(theirs[case.task], requests)),  # noqa: B023 - run at once
            }
            if compiled is not None and case.batch in asked.compiled:
                kinds[COMPILED] = Kind(lambda: _by_diffusers(compiled[case.task], requests))  # noqa: B023 - run at once
            difference = _warm_up(backend, kinds, lambda: _by_figment(backend, requests, threads))  # noqa: B023
            seconds = _in_turns(kinds, scale.seconds)
            yield Line(
                name,
                case,
                difference,
                seconds,
                {kind: one.failed for kind, one in kinds.items() if one.failed is not None},
                case.batch * (case.steps * work["unet"] + work["decode"] + (case.task == TASKS[1]) * work["encode"]),
                peak,
            )
            if (case.task, case.steps) == (TASKS[0], 1):
                _tell_new_prompts(backend, theirs, case, scale, threads)


def _warm_up(backend: DiffusionBackend, kinds: dict[str, Kind], make: Callable[[], list[Pixels]]) -> int:
    """Compiling, and for Figment recording, which a server does while it serves. Returns how far recorded pictures are from plain ones."""
    try:
        plain = make()
    except torch.OutOfMemoryError:
        plain = []
    for kind in kinds.values():
        for _ in range(max(WARM_UPS, WORTH_IT)):
            kind.turn(counted=False)
    while backend.improve():
        pass
    kinds[OURS].turn(counted=False)
    recorded = make() if kinds[OURS].failed is None else []
    return max((int(np.abs(a.astype(int) - b).max()) for a, b in zip(plain, recorded, strict=False)), default=0)


def _in_turns(kinds: dict[str, Kind], seconds: float) -> dict[str, float]:
    until = time.perf_counter() + seconds
    for turns in range(MOST):
        if turns >= LEAST and time.perf_counter() > until:
            break
        for kind in kinds.values():
            kind.turn()
    return {name: statistics.median(kind.took) for name, kind in kinds.items() if kind.took}


def _tell_new_prompts(
    backend: DiffusionBackend, theirs: dict[str, Any], case: Case, scale: Scale, threads: ThreadPoolExecutor
) -> None:
    turns = iter(range(1, 10_000))
    kinds = {
        OURS: Kind(lambda: _by_figment(backend, case.requests(scale.side, next(turns)), threads)),
        PLAIN: Kind(lambda: _by_diffusers(theirs[case.task], case.requests(scale.side, next(turns)))),
    }
    seconds = _in_turns(kinds, scale.seconds / 2)
    if len(seconds) == len(kinds):
        ours, plain = seconds[OURS], seconds[PLAIN]
        print(f"      with new prompts: {ours * 1e3:.1f} ms, diffusers {plain * 1e3:.1f} ms ×{plain / ours:.2f}")


def _by_figment(backend: DiffusionBackend, requests: list[ImageRequest], threads: ThreadPoolExecutor) -> list[Pixels]:
    rows = list(threads.map(backend.begin, requests, backend.read(requests)))
    for _ in range(backend.steps(rows[0])):
        backend.denoise(rows)
    made: list[Pixels] = backend.decode(rows)
    return made


def _by_diffusers(pipeline: Any, requests: list[ImageRequest]) -> Any:
    first = requests[0]
    given: dict[str, Any] = {
        "prompt": [one.prompt for one in requests],
        "num_inference_steps": first.steps,
        "guidance_scale": 0.0,
        "output_type": "pt",
    }
    if first.init_image is None:
        given |= {"height": first.height, "width": first.width}
    else:
        images = [Image.fromarray(one.init_image) for one in requests if one.init_image is not None]
        given |= {"image": images, "strength": STRENGTH}
    with torch.no_grad():
        return pipeline(**given).images.cpu()


def _pipelines(folder: Path, device: torch.device, compiled: str | None) -> dict[str, Any]:
    """diffusers' pipelines by task, as its documentation opens them. `compiled`: the compiler's mode, with the layout that it advises."""
    precision = torch.float32 if device.type == "cpu" else torch.float16
    pipeline = diffusers.DiffusionPipeline.from_pretrained(folder, dtype=precision).to(device)
    both = {"text-to-image": pipeline, "image-to-image": diffusers.AutoPipelineForImage2Image.from_pipe(pipeline)}
    if compiled is not None:
        for network in (pipeline.unet, pipeline.vae):
            network.to(memory_format=torch.channels_last)
        pipeline.vae.decode = torch.compile(pipeline.vae.decode, mode=compiled)
        both["text-to-image"].unet = both["image-to-image"].unet = torch.compile(
            pipeline.unet, mode=compiled, fullgraph=True
        )
    for one in both.values():
        one.set_progress_bar_config(disable=True)
    return both


def _gigaflop(pipeline: Any, side: int, device: torch.device) -> dict[str, float]:
    """Of one picture: a call of the UNet, decoding, encoding; multiplications and additions, counted by torch."""
    unet, vae = pipeline.unet, pipeline.vae
    with device:
        latents = torch.zeros(1, 4, side // 8, side // 8, dtype=unet.dtype)
        states = torch.zeros(1, 77, unet.config.cross_attention_dim, dtype=unet.dtype)
        picture = torch.zeros(1, 3, side, side, dtype=unet.dtype)
        times = torch.ones(1)
        added = None
        if unet.config.addition_embed_type == "text_time":
            pooled = unet.config.projection_class_embeddings_input_dim - 6 * unet.config.addition_time_embed_dim
            added = {"text_embeds": torch.zeros(1, pooled, dtype=unet.dtype), "time_ids": torch.zeros(1, 6)}
    return {
        "unet": _counted(lambda: unet(latents, times, states, added_cond_kwargs=added)),
        "decode": _counted(lambda: vae.decode(latents)),
        "encode": _counted(lambda: vae.encode(picture)),
    }


def _counted(call: Callable[[], object]) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops() / 1e9)


def _matrix_peak(device: torch.device, side: int) -> float:
    """TFLOP/s of the best of some multiplications of square matrices, in half precision on a GPU."""
    precision = torch.float32 if device.type == "cpu" else torch.float16
    one, other = (torch.randn(side, side, device=device, dtype=precision) for _ in range(2))
    took = []
    for _ in range(20):
        _settle(device)
        began = time.perf_counter()
        one @ other
        _settle(device)
        took.append(time.perf_counter() - began)
    return 2 * side**3 / min(took) / 1e12


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _judge(lines: Sequence[Line]) -> None:
    """The goals, by their worst case."""
    for model in dict.fromkeys(line.model for line in lines):
        mine = [line for line in lines if line.model == model and OURS in line.seconds]
        single = [line for line in mine if line.case.batch == 1]
        for other, goal in ((PLAIN, PLAIN_GOAL), (COMPILED, COMPILED_GOAL)):
            ratios = [ratio for line in single if (ratio := line.faster_than(other)) is not None]
            if ratios:
                verdict(f"{model}, one at a time, over {other}", min(ratios), goal, at_most=False)
            else:
                print(f"   not measured: {model}, one at a time, over {other}")
        far = max((line.difference for line in mine), default=0)
        verdict(f"{model}, a byte of recorded pictures from plain ones", far, DIFFERENCE_GOAL, at_most=True)
        full = [line.roofline for line in mine if line.case.batch >= ROOFLINE_FROM]
        if full:
            name = f"{model}, {ROOFLINE_FROM} and more at a time, of the measured peak"
            verdict(name, min(full), ROOFLINE_GOAL, at_most=False)
        else:
            print(f"   not measured: {model}, {ROOFLINE_FROM} and more at a time")


def _frame(side: int, seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "this processor"
