"""The denoiser's inputs, the masks it paints in, the flow it walks and the optimiser that teaches it."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import Tensor

from training import flow, masks
from training.config import Distil
from training.flow import Given
from training.networks.denoiser import Denoiser
from training.optimiser import Optimiser, orthogonal
from training.stages.distil import FINEST, draw_steps

CPU = torch.device("cpu")


def shaken(model: Denoiser) -> Denoiser:
    """Random weights in place of the zeros that training starts from, but for what joins the new inputs."""
    torch.manual_seed(0)
    kept = ("surroundings", "span.second", "guidance.second")
    for name, parameter in model.named_parameters():
        if not name.startswith(kept):
            torch.nn.init.normal_(parameter, std=0.05)
    return model.eval()


def inputs(rows: int = 2, side: int = 16) -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {
        "latents": torch.randn(rows, 8, side, side),
        "time": torch.full((rows,), 0.7),
        "until": torch.full((rows,), 0.7),
        "guidance": torch.ones(rows),
        "text": torch.randn(rows, 32, 384),
        "text_mask": torch.ones(rows, 32),
        "mask": torch.ones(rows, 1, side, side),
        "known": torch.zeros(rows, 8, side, side),
    }


@pytest.fixture(scope="module")
def untaught() -> Denoiser:
    return shaken(Denoiser((16, 32, 32), (1, 1, 1), 5))


@pytest.fixture(scope="module")
def taught(untaught: Denoiser) -> Denoiser:
    """With weights behind every input."""
    model = Denoiser((16, 32, 32), (1, 1, 1), 5)
    model.load_state_dict(untaught.state_dict())
    torch.manual_seed(2)
    for part in (model.surroundings, model.span.second, model.guidance.second):
        torch.nn.init.normal_(part.weight, std=0.2)
    return model.eval()


OTHER = {
    "until": torch.full((2,), 0.2),
    "guidance": torch.full((2,), 4.0),
    "mask": torch.zeros(2, 1, 16, 16),
    "known": torch.ones(2, 8, 16, 16),
}


@pytest.mark.parametrize("name", OTHER)
def test_new_inputs_say_nothing_before_they_are_taught(untaught: Denoiser, name: str) -> None:
    given = inputs()
    with torch.no_grad():
        assert torch.equal(untaught(**given), untaught(**{**given, name: OTHER[name]}))


@pytest.mark.parametrize("name", OTHER)
def test_every_input_counts_once_it_is_taught(taught: Denoiser, name: str) -> None:
    given = inputs()
    with torch.no_grad():
        assert (taught(**given) - taught(**{**given, name: OTHER[name]})).abs().max() > 1e-3


def test_a_step_of_no_length_without_guidance_is_the_flow_itself(untaught: Denoiser, taught: Denoiser) -> None:
    """Whatever the distillation has put behind `until` and `guidance`, at until = time and guidance 1 it adds nothing."""
    given = inputs()
    with torch.no_grad():
        difference = untaught(**given) - taught(**given)
    assert torch.equal(difference, torch.zeros_like(difference))


def test_whatever_size(taught: Denoiser) -> None:
    for height, width in ((16, 16), (32, 32), (24, 40), (64, 64)):
        given = inputs(1)
        for name in ("latents", "mask", "known"):
            given[name] = torch.zeros(1, given[name].shape[1], height, width)
        with torch.no_grad():
            assert taught(**given).shape == (1, 8, height, width)


def test_masks_are_binary_and_never_empty() -> None:
    torch.manual_seed(3)
    drawn = masks.draw(500, 32, 32, 0.0, CPU)
    assert drawn.shape == (500, 1, 32, 32)
    assert set(drawn.unique().tolist()) == {0.0, 1.0}
    share = drawn.mean(dim=(1, 2, 3))
    assert share.min() >= masks.SMALLEST
    assert 0.3 < share.mean() < 0.65
    assert (share == 1).float().mean() < 0.1


def test_the_asked_share_of_masks_is_whole() -> None:
    torch.manual_seed(4)
    whole = (masks.draw(4000, 16, 16, 0.55, CPU).mean(dim=(1, 2, 3)) == 1).float().mean()
    assert 0.55 < whole < 0.63


def test_masks_have_the_forms_of_the_map() -> None:
    """A neighbour on every side, two that meet at a corner, a corner alone, a frame, a hole: each within 500."""
    torch.manual_seed(5)
    drawn = masks.draw(500, 32, 32, 0.0, CPU)[:, 0].bool()
    corners = torch.stack([drawn[:, row, column] for row in (0, -1) for column in (0, -1)], dim=1)
    known_sides = torch.stack(
        [~part.any(dim=1) for part in (drawn[:, 0], drawn[:, -1], drawn[..., 0], drawn[..., -1])], dim=1
    )
    forms = {tuple(row) for row in known_sides.int().tolist()}
    assert {(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 0, 1, 0), (1, 1, 1, 1), (0, 0, 0, 0)} <= forms
    assert {3, 1} <= set(corners.sum(dim=1).tolist()), "corners to fill and corners that are known"


def test_what_is_masked_is_not_given_away() -> None:
    batch_latents = torch.randn(6, 8, 16, 16)
    batch = flow.Batch(batch_latents, torch.zeros(6, 16, 16).long(), torch.zeros(6, 32, 384), torch.ones(6, 32))
    given = Given.of(batch, masks.draw(6, 16, 16, 0.3, CPU))
    assert (given.known * given.mask).abs().max() == 0
    assert torch.equal(given.known + batch_latents * given.mask, batch_latents)


def test_weights_look_at_objects_inside_the_mask() -> None:
    labels = torch.zeros(1, 2, 2).long()
    labels[0, 0, 0] = labels[0, 1, 0] = flow.FIRST_OBJECT
    mask = torch.tensor([[[[1.0, 1.0], [0.0, 0.0]]]])
    weights = flow.weights(labels, mask, objects=1.5, outside=0.1)
    assert weights.mean().item() == pytest.approx(1)
    (inside_object, inside), (outside_object, outside) = weights[0].tolist()
    assert inside_object / inside == pytest.approx(2.5)
    assert outside_object / inside_object == pytest.approx(0.1)
    assert outside / inside == pytest.approx(0.1)


def test_walking_a_straight_flow_arrives() -> None:
    target, noise = torch.randn(3, 8, 4, 4), torch.randn(3, 8, 4, 4)
    for steps in (1, 2, 4, 7):
        arrived = flow.walk(lambda x, time, until: noise - target, noise, steps)
        assert torch.allclose(arrived, target, atol=1e-5)


def test_guidance_goes_from_the_empty_text_through_the_wanted_one(taught: Denoiser) -> None:
    given = inputs()
    wanted = Given(given["text"], given["text_mask"], given["mask"], given["known"])
    plain = wanted.saying(torch.zeros_like(wanted.text), wanted.text_mask)
    x = given["latents"]
    with torch.no_grad():
        own, empty = (flow.average_velocity(taught, part, 1.0)(x, 0.5, 0.5) for part in (wanted, plain))
        guided = [flow.guided_velocity(taught, wanted, plain, scale)(x, 0.5, 0.0) for scale in (0.0, 1.0, 3.0)]
    assert torch.allclose(guided[0], empty, atol=1e-5)
    assert torch.allclose(guided[1], own, atol=1e-5)
    assert torch.allclose(guided[2], empty + 3 * (own - empty), atol=1e-4)


def test_steps_are_those_that_samplers_take() -> None:
    torch.manual_seed(6)
    steps = draw_steps(Distil(), 4000, 1500, CPU)
    assert steps.until.min() >= -1e-6
    assert steps.time.max() <= 1
    length = steps.time - steps.until
    assert length.min() > 0
    assert length[:1500].max() <= 1 / FINEST + 1e-6
    # A whole walk in one step is among them, and every step is one of 1, 2, 4 or 8 equal ones from some strength down.
    assert (length > 0.999).any()
    assert steps.guidance.min() >= 1
    assert steps.guidance.max() <= Distil().most_guidance
    first, second = steps.halves()
    assert torch.equal(first.time, steps.time)
    assert torch.equal(first.until, second.time)
    assert torch.equal(second.until, steps.until)


@pytest.mark.parametrize("shape", [(48, 48), (32, 96), (96, 32)])
def test_updates_of_matrices_are_orthogonal(shape: tuple[int, int]) -> None:
    torch.manual_seed(7)
    values = torch.linalg.svdvals(orthogonal(torch.randn(3, *shape)).float())
    assert values.min() > 0.5
    assert values.max() < 1.3


@pytest.mark.parametrize("muon", [False, True])
def test_the_optimiser_learns_and_forgets_nothing(muon: bool) -> None:
    torch.manual_seed(8)
    model = torch.nn.Sequential(torch.nn.Linear(32, 64), torch.nn.SiLU(), torch.nn.Linear(64, 32))
    x, y = torch.randn(256, 32), torch.randn(256, 32)

    def learn(model: torch.nn.Module, optimiser: Optimiser, steps: int) -> float:
        loss = math.nan
        for _ in range(steps):
            optimiser.zero_grad()
            error = (model(x) - y).square().mean()
            error.backward()
            optimiser.step(3e-3)
            loss = float(error.detach())
        return loss

    optimiser = Optimiser(model, 0.0, muon=muon)
    start = learn(model, optimiser, 1)
    assert learn(model, optimiser, 60) < 0.9 * start
    twin = torch.nn.Sequential(torch.nn.Linear(32, 64), torch.nn.SiLU(), torch.nn.Linear(64, 32))
    twin.load_state_dict(model.state_dict())
    resumed = Optimiser(twin, 0.0, muon=muon)
    resumed.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    assert learn(twin, resumed, 5) == learn(model, optimiser, 5)
