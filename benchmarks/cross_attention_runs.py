"""What `benchmarks.cross_attention` measures. Apart, so that the command answers where torch is not installed."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers import PRXTransformer2DModel, SanaTransformer2DModel, UNet2DConditionModel
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import turbo_models
from benchmarks.figures import heading
from figment.engine.backends.diffusion import families
from figment.engine.backends.diffusion.crossing import PROJECTED, STATES, Crossing

META = torch.device("meta")


@dataclass(frozen=True, slots=True)
class Case:
    """A network for pictures of one size. `latent`: channels and side; `states`: tokens and features; `timed`: how much of it is, or None."""

    name: str
    kind: type[nn.Module]
    config: Mapping[str, Any]
    latent: tuple[int, int]
    states: tuple[int, int]
    pooled: int = 0
    timed: Mapping[str, Any] | None = field(default_factory=dict)

    def network(self, config: Mapping[str, Any]) -> nn.Module:
        return self.kind(**{**self.config, **config}).eval()

    def inputs(self, rows: int) -> dict[str, Any]:
        channels, side = self.latent
        picture, states = torch.randn(rows, channels, side, side), torch.randn(rows, *self.states)
        given: dict[str, Any] = {"timestep": torch.full((rows,), 0.5), STATES: states}
        if self.kind is UNet2DConditionModel:
            added = {"text_embeds": torch.randn(rows, self.pooled), "time_ids": torch.ones(rows, 6)}
            return given | {"sample": picture, "added_cond_kwargs": added if self.pooled else None}
        mask = "attention_mask" if self.kind is PRXTransformer2DModel else "encoder_attention_mask"
        return given | {"hidden_states": picture, mask: torch.ones(rows, self.states[0], dtype=torch.bool)}


def cases() -> Iterator[Case]:
    for side in (256, 512):
        yield Case(f"SD-Turbo {side}²", UNet2DConditionModel, turbo_models.SD_UNET, (4, side // 8), (77, 1024))
    for side in (512, 1024):
        sdxl = turbo_models.SDXL_UNET
        yield Case(f"SDXL {side}²", UNet2DConditionModel, sdxl, (4, side // 8), (77, 2048), 1280, None)
    for side in (512, 1024):
        blocks = {"num_layers": 4}
        yield Case(f"Sana 1.6B {side}²", SanaTransformer2DModel, {}, (32, side // 32), (300, 2304), 0, blocks)
    for side in (256, 512):
        blocks = {"depth": 4}
        yield Case(f"PRX 1.2B {side}²", PRXTransformer2DModel, {}, (16, side // 8), (256, 2304), 0, blocks)


def tiny() -> Iterator[Case]:
    small: dict[str, Any] = {"in_channels": 4, "patch_size": 2, "context_in_dim": 64, "hidden_size": 16, "num_heads": 2}
    yield Case("PRX", PRXTransformer2DModel, small | {"depth": 2, "axes_dim": [4, 4]}, (4, 8), (16, 64))


def crossing(network: nn.Module) -> Crossing:
    if isinstance(network, SanaTransformer2DModel):
        return families.sana_crossing(network)
    if isinstance(network, PRXTransformer2DModel):
        return families.prx_crossing(network)
    names = [name for name, _ in network.named_modules() if name.endswith(("attn2.to_k", "attn2.to_v"))]
    return Crossing(network, before=[], projections=names)


def run(asked: argparse.Namespace) -> None:
    heading("Prompts projected once, against at every step")
    # On a busy machine the threads of small calls wait for each other at work, which would count as theirs.
    torch.set_num_threads(1)
    for case in tiny() if asked.tiny else cases():
        if asked.only not in case.name:
            continue
        whole, share, row_bytes = counted(case)
        print(
            f"   {case.name:16} {whole:6.0f} GFLOP a step, {share:5.2%} of them spared, {row_bytes / 1e6:5.1f} MB a prompt"
        )
        if case.timed is not None:
            for line in timed(case, asked.batches, asked.rounds):
                print(line, flush=True)


def counted(case: Case) -> tuple[float, float, float]:
    """GFLOP of a step of the whole network, the part of them that is spared, and bytes a prompt in half precision."""
    with META, torch.no_grad():
        network = case.network({})
        made, inputs = crossing(network), case.inputs(1)
        states = inputs[STATES]
        whole = _gigaflop(lambda: network(**inputs))
        spared = _gigaflop(lambda: made.project(states))
    return whole, spared / whole, 2 * case.states[0] * made.width


def timed(case: Case, batches: list[int], rounds: int) -> Iterator[str]:
    """Part of a step's time that projecting takes, less what stacking takes. Each is measured by itself: beside one another, two steps differ by
    more than what is looked for.
    """
    torch.manual_seed(0)
    with torch.no_grad():
        network = case.network(case.timed or {})
        made = crossing(network)
        for rows in batches:
            inputs = case.inputs(rows)
            kept = list(made.project(inputs[STATES]))
            far = float((network(**inputs)[0] - _handed(network, made, inputs, kept)).abs().max())
            ways: dict[str, Callable[[], object]] = {
                "step": lambda: network(**inputs),  # noqa: B023 - run at once
                "projecting": lambda: made.project(inputs[STATES]),  # noqa: B023 - run at once
                "stacking": lambda: torch.stack(kept),  # noqa: B023 - run at once
            }
            took: dict[str, list[float]] = {way: [] for way in ways}
            for way in [*ways] * rounds:
                took[way].append(_seconds(ways[way]))
            step, projecting, stacking = (statistics.median(took[way]) for way in ways)
            gain = (projecting - stacking) / step
            yield (
                f"      batch {rows}: step {step * 1e3:8.1f} ms, projecting {projecting * 1e3:7.2f}, stacking {stacking * 1e3:6.2f}:"
                f" gain {gain:6.2%} of a step, ±{far:.0e}"
            )


def _handed(network: nn.Module, made: Crossing, inputs: dict[str, Any], kept: list[Tensor]) -> Tensor:
    conditions = {name: told for name, told in inputs.items() if name != STATES} | {PROJECTED: torch.stack(kept)}
    with made.arguments(conditions) as told:
        answer: Tensor = network(**told)[0]
    return answer


def _seconds(call: Callable[[], object]) -> float:
    """Of the processor's own time: what else the machine does is forgotten."""
    began = time.process_time()
    call()
    return time.process_time() - began


def _gigaflop(call: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        call()
    return float(counter.get_total_flops() / 1e9)
