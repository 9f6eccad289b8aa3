"""What `benchmarks.prompts` measures. Apart, so that the command answers where torch is not installed."""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Sequence
from typing import Any

import torch

from benchmarks import turbo_models
from benchmarks.figures import heading
from figment.engine.backends.diffusion.families import UNet
from figment.engine.backends.diffusion.prompts import Prompt, Prompts, Told
from tests.diffusion import small_models

FRESH = itertools.count()


def run(asked: argparse.Namespace) -> None:
    heading(f"New prompts read together, against one after the other, on {asked.device}")
    # On a busy machine the threads of small calls wait for each other at work, which would count as theirs.
    torch.set_num_threads(1)
    prompts = Prompts(UNet(_pipeline(asked)))
    device = torch.device(asked.device)
    with torch.no_grad():
        _seconds(prompts, _new(1), device)
        for batch in asked.batches:
            print(_line(prompts, batch, asked.rounds, device), flush=True)


def _line(prompts: Prompts, batch: int, rounds: int, device: torch.device) -> str:
    apart, together = [], []
    for _ in range(rounds):
        apart.append(sum(_seconds(prompts, [one], device) for one in _new(batch)))
        together.append(_seconds(prompts, _new(batch), device))
    one, other = statistics.median(apart), statistics.median(together)
    return f"   {batch:2} prompts: {one * 1e3:8.1f} ms one by one, {other * 1e3:8.1f} ms together: ×{one / other:.2f}; {_far(prompts, batch)}"


def _far(prompts: Prompts, batch: int) -> str:
    """How far company moves a prompt's states."""
    asked = _new(batch)
    together = _states(prompts.read(asked))
    prompts.forget()
    alone = torch.cat([_states(prompts.read([one])) for one in asked])
    return (
        f"they differ by {float((together - alone).abs().max()):.0e} among numbers up to {float(alone.abs().max()):.1f}"
    )


def _states(read: Sequence[Told | Exception]) -> torch.Tensor:
    found = []
    for told in read:
        if isinstance(told, Exception):
            raise told
        found.append(told[0]["encoder_hidden_states"].float())
    return torch.stack(found)


def _new(count: int) -> list[list[Prompt]]:
    return [[Prompt(f"house {next(FRESH)}", unwanted=False)] for _ in range(count)]


def _seconds(prompts: Prompts, asked: list[list[Prompt]], device: torch.device) -> float:
    """Of a processor's own time, which forgets what else the machine does; of a GPU until it has settled."""
    clock = time.process_time if device.type == "cpu" else time.perf_counter
    began = clock()
    _states(prompts.read(asked))
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - began


def _pipeline(asked: argparse.Namespace) -> Any:
    """A small model whose text encoder is SD-Turbo's: of the rest nothing is called."""
    pipeline = small_models.turbo()
    if not asked.tiny:
        torch.manual_seed(0)
        pipeline.text_encoder = turbo_models.text_encoder_of_sd_turbo()
    return pipeline.to(asked.device, torch.float16 if asked.device == "cuda" else torch.float32)
