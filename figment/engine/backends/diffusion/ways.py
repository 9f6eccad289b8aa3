"""How a request's way from noise to picture is set: the model's scheduler with its times, as diffusers' pipelines set them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np

from figment.engine.backends.diffusion import straight
from figment.engine.backends.diffusion.solver import Solver
from figment.engine.backends.diffusion.straight import Straight

KEPT = 64
Way = Solver | Straight


def diffusion(template: Any, steps: int, strength: float | None) -> Way:
    """For networks that answer with noise or v (Stable Diffusion), as its pipelines in diffusers set it. `strength`: None without a picture."""
    run = steps if strength is None else max(1, min(int(steps * strength), steps))
    return _begun(_timed(template, steps), steps - run)


def flow(template: Any, steps: int, strength: float | None, sigmas: bool, tokens: int) -> Way:
    """For networks that answer with a flow's velocity (SD3, Flux). `sigmas`: the pipeline sets them itself. `tokens`: of a picture, by which
    some schedulers are shifted.
    """
    run = steps if strength is None else max(1, math.ceil(min(steps * strength, steps)))
    return _begun(_flow_timed(template, steps, sigmas, tokens), steps - run)


def _begun(scheduler: Any, skipped: int) -> Way:
    first = skipped * scheduler.order
    return straight.of(scheduler, first) or Solver(scheduler, first)


@lru_cache(KEPT)
def _timed(template: Any, steps: int) -> Any:
    """Kept, as setting the times takes longer than all else that a row needs; rows have it in common until they move."""
    scheduler = type(template).from_config(template.config)
    scheduler.set_timesteps(steps, device="cpu")
    return scheduler


@lru_cache(KEPT)
def _flow_timed(template: Any, steps: int, sigmas: bool, tokens: int) -> Any:
    scheduler = type(template).from_config(template.config)
    given: dict[str, Any] = {}
    if sigmas and not scheduler.config.get("use_flow_sigmas", False):
        given["sigmas"] = np.linspace(1.0, 1 / steps, steps)
    else:
        given["num_inference_steps"] = steps
    if scheduler.config.get("use_dynamic_shifting", False):
        given["mu"] = _shift(scheduler.config, tokens)
    scheduler.set_timesteps(device="cpu", **given)
    return scheduler


def _shift(config: Any, tokens: int) -> float:
    """Esser et al., "Scaling rectified flow transformers", 2024, section 5.3.2, as diffusers' `calculate_shift` has it."""
    low, high = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    least, most = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    return float(least + (most - least) / (high - low) * (tokens - low))
