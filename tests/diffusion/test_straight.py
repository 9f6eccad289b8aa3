"""Steps that are taken for all rows at once are those of diffusers' scheduler, and cost the same few operations for any number of rows."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, FlowMatchEulerDiscreteScheduler
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from figment.engine.backends.diffusion import copies, straight
from figment.engine.backends.diffusion.draws import Draws, normals
from figment.engine.backends.diffusion.rows import DiffusionRow, Step
from figment.engine.backends.diffusion.solver import Solver
from figment.engine.backends.diffusion.ways import Way
from figment.engine.sampling import Guidance
from tests.diffusion.comparison import assert_same
from tests.diffusion.small_models import diffusion_scheduler

SHAPE = (4, 8, 12)
STEPS = (2, 4, 7)
KINDS: dict[str, Any] = {
    f"{kind.__name__}-{prediction}-{spacing}": lambda kind=kind, prediction=prediction, spacing=spacing: (
        diffusion_scheduler(kind, prediction_type=prediction, timestep_spacing=spacing)
    )
    for kind in (EulerDiscreteScheduler, EulerAncestralDiscreteScheduler)
    for prediction in ("epsilon", "v_prediction")
    for spacing in ("leading", "trailing", "linspace")
} | {
    "karras": lambda: diffusion_scheduler(EulerDiscreteScheduler, use_karras_sigmas=True),
    "sample": lambda: diffusion_scheduler(EulerDiscreteScheduler, prediction_type="sample"),
    "flow": lambda: FlowMatchEulerDiscreteScheduler(shift=3.0),
}


def timed(kind: Any, steps: int) -> Any:
    scheduler = kind()
    scheduler.set_timesteps(steps, device="cpu")
    return scheduler


def row_of(way: Way, seed: int, scale: float | None = None) -> DiffusionRow:
    """On its way from noise. `scale`: of its guidance; None for a prompt alone."""
    noise = normals(seed, SHAPE)
    states = {"encoder_hidden_states": normals(seed, (3, 2), 9)}
    conditions = (states,) if scale is None else (states, states)
    return DiffusionRow(seed, way.first(noise), noise, way, Guidance(("a",), between=scale or 1.0), conditions)


def answer_to(read: Tensor, times: Tensor) -> Tensor:
    """A network, so to say: what it answers depends on what it reads."""
    return torch.tanh(read * 1.5 + times.view(-1, 1, 1, 1) / 1000) + 0.3 * read.roll(1, -1)


def stepped(rows: list[DiffusionRow]) -> list[Tensor]:
    """All to their end, in one batch as long as they run."""
    while unfinished := [row for row in rows if row.steps_done < len(row.solver)]:
        step = Step(unfinished, copies.of(torch.device("cpu")))
        batch = step.batch()
        outputs = answer_to(batch.latents, batch.times)
        step.take(step.moves(outputs), outputs)
    return [row.latent for row in rows]


def by_its_scheduler(kind: Any, steps: int, seed: int) -> Tensor:
    """One row by diffusers' own object."""
    scheduler = timed(kind, steps)
    latent = normals(seed, SHAPE)[None] * getattr(scheduler, "init_noise_sigma", 1.0)
    with Draws(seed, 1):
        for time in scheduler.timesteps:
            read = scheduler.scale_model_input(latent, time) if hasattr(scheduler, "scale_model_input") else latent
            latent = scheduler.step(answer_to(read, time), time, latent, return_dict=False)[0]
    return latent[0]


@pytest.mark.parametrize("name", KINDS)
def test_rows_of_one_batch_step_as_diffusers_steps_each(name: str) -> None:
    ways = [straight.of(timed(KINDS[name], steps), 0) for steps in STEPS]
    rows = [row_of(way, seed) for seed, way in enumerate(ways) if way is not None]
    assert len(rows) == 3, "this kind is to be stepped together"
    for seed, (steps, made) in enumerate(zip(STEPS, stepped(rows), strict=True)):
        assert_same(made, by_its_scheduler(KINDS[name], steps, seed))


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler-epsilon-leading", "flow"])
@pytest.mark.parametrize("first", [0, 2])
def test_a_known_latent_is_noised_as_diffusers_noises_it(name: str, first: int) -> None:
    scheduler = timed(KINDS[name], 6)
    way, other = straight.of(scheduler, first), Solver(scheduler, first)
    assert way is not None
    latent, noise = normals(1, SHAPE), normals(2, SHAPE)
    assert torch.equal(way.timesteps, other.timesteps)
    assert torch.equal(way.noised(latent, noise, 0), other.noised(latent, noise, 0))
    assert torch.equal(way.noised(latent, noise, len(way)), latent)


def test_what_is_drawn_anew_or_unknown_is_left_to_its_own_scheduler() -> None:
    assert straight.of(timed(lambda: FlowMatchEulerDiscreteScheduler(stochastic_sampling=True), 3), 0) is None
    assert straight.of(timed(diffusion_scheduler, 3), 0) is None


def operations(rows: int, kind: Any, together: bool) -> int:
    """What one step asks of a device beside the network's call: every operation that would be launched."""
    scheduler = timed(kind, 4)
    ways: list[Way | None] = [straight.of(scheduler, 0) if together else Solver(scheduler, 0) for _ in range(rows)]
    begun = [row_of(way, seed) for seed, way in enumerate(ways) if way is not None]
    batch = Step(begun, copies.of(torch.device("cpu"))).batch()
    outputs = answer_to(batch.latents, batch.times)
    with profile(activities=[ProfilerActivity.CPU]) as watched:
        step = Step(begun, copies.of(torch.device("cpu")))
        step.batch()
        step.take(step.moves(outputs), outputs)
    looking_only = ("view", "unbind", "select", "split", "narrow", "as_strided", "detach", "unsqueeze", "empty", "item")
    return sum(
        event.name.startswith("aten::") and not any(w in event.name for w in looking_only) for event in watched.events()
    )


def test_a_batch_of_eight_costs_hardly_more_operations_than_one() -> None:
    kind = KINDS["EulerDiscreteScheduler-epsilon-trailing"]
    alone, eight = (operations(rows, kind, together=True) for rows in (1, 8))
    # What is left by the row are times read on the processor.
    assert eight <= alone + 8 * 2
    assert eight * 3 < operations(8, kind, together=False)


def test_guidance_is_diffusers_formula_by_row() -> None:
    way = straight.of(timed(KINDS["flow"], 2), 0)
    assert way is not None
    rows = [row_of(way, 1, 3.0), row_of(way, 2), row_of(way, 3, 0.5)]
    step = Step(rows, copies.of(torch.device("cpu")))
    outputs = torch.stack([normals(seed, SHAPE) for seed in range(10, 15)])
    made = [move.latent for move in step.moves(outputs)]
    guided = [outputs[1] + 3.0 * (outputs[0] - outputs[1]), outputs[2], outputs[4] + 0.5 * (outputs[3] - outputs[4])]
    for row, move, answer in zip(rows, made, guided, strict=True):
        assert_same(move, row.latent + way.lines[0].answer * answer)
