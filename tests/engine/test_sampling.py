"""Euler's method on velocities whose answer is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.engine import noise
from figment.engine.sampling import (
    Canvas,
    Floats,
    Guidance,
    TextStates,
    Trajectory,
    blanked,
    composite,
    guidance_of,
    guided,
    latent_mask,
    noised,
    step_count,
    timesteps,
)
from figment.generation.contract import ImageRequest

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "sampling.json").read_text())
SHAPE = (8, 4, 6)
CLEAN = noise.normals(1, SHAPE)
NOISE = noise.normals(2, SHAPE)
TEXT = TextStates(np.zeros((32, 384), np.float32), np.ones(32, np.float32))


def trajectory(steps: int, strength: float = 1.0, canvas: Canvas | None = None) -> Trajectory:
    times = timesteps(steps, strength)
    start = noised(CLEAN, NOISE, times[0])
    return Trajectory(start, NOISE, times, Guidance(("",)), (TEXT,), canvas or Canvas.empty(SHAPE))


def follow(row: Trajectory, velocity: Floats) -> Trajectory:
    while row.steps_done < len(row.times) - 1:
        row.take(row.foresee(np.stack([velocity] * len(row.conditions))))
    return row


@given(steps=st.integers(1, 50), strength=st.floats(0.02, 1.0))
def test_the_true_velocity_leads_to_the_picture_in_any_number_of_steps(steps: int, strength: float) -> None:
    row = follow(trajectory(steps, strength), NOISE - CLEAN)
    np.testing.assert_allclose(row.latent, CLEAN, atol=1e-4)
    assert row.denoised is not None
    np.testing.assert_allclose(row.denoised, CLEAN, atol=1e-4)


@given(steps=st.integers(1, 50), strength=st.floats(0.01, 1.0))
def test_times_fall_from_strength_to_zero(steps: int, strength: float) -> None:
    times = timesteps(steps, strength)
    assert times[0] == np.float32(strength)
    assert times[-1] == 0
    assert (np.diff(times) < 0).all()
    assert len(times) - 1 == step_count(steps, strength)


@given(steps=st.integers(1, 50), strength=st.floats(0.01, 1.0))
def test_every_step_leads_to_where_the_next_begins_and_the_last_to_the_picture(steps: int, strength: float) -> None:
    row = trajectory(steps, strength)
    ends = [row.time]
    while row.steps_done < len(row.times) - 1:
        assert row.time == ends[-1]
        ends.append(row.until)
        row.take(row.foresee(np.zeros((1, *SHAPE), np.float32)))
    assert ends == list(row.times)


def test_a_mean_velocity_leads_over_a_step_of_any_length() -> None:
    """Along a curved path, where Euler's method goes astray, the mean velocity between two times leads from one to the other."""

    def path(time: np.float32) -> Floats:
        return np.asarray(CLEAN + np.sin(time * np.float32(2)) * NOISE, np.float32)

    row = trajectory(3)
    row.latent = path(row.time)
    while row.steps_done < 3:
        mean = (path(row.time) - path(row.until)) / (row.time - row.until)
        row.take(row.foresee(mean[None]))
    np.testing.assert_allclose(row.latent, CLEAN, atol=1e-5)


@pytest.mark.parametrize("case", VECTORS["timesteps"], ids=lambda case: f"{case['steps']}-{case['strength']}")
def test_times_that_twins_in_other_languages_check_by(case: dict[str, Any]) -> None:
    assert timesteps(case["steps"], case["strength"]).tolist() == case["times"]


@pytest.mark.parametrize("case", VECTORS["guidance"], ids=str)
def test_guidance_that_twins_in_other_languages_check_by(case: dict[str, Any]) -> None:
    request = ImageRequest("m", "a", 1, 4, case["scale"], 64, 64, case["negative"])
    decided = guidance_of(request, case["baked"])
    made = {"rows": len(decided.prompts), "told": decided.told, "between": decided.between}
    assert made == case["expected"]


@pytest.mark.parametrize(
    ("baked", "scale", "negative", "expected"),
    [
        (False, 1.0, "", Guidance(("a",))),
        (False, 2.5, "", Guidance(("a", ""), between=2.5)),
        (False, 2.5, "b", Guidance(("a", "b"), between=2.5)),
        (True, 1.0, "b", Guidance(("a",))),
        (True, 2.5, "", Guidance(("a",), told=2.5)),
        (True, 2.5, "  ", Guidance(("a",), told=2.5)),
        (True, 2.5, "b", Guidance(("a", "b"), between=2.5)),
        (True, 0.5, "", Guidance(("a", ""), between=0.5)),
    ],
)
def test_one_network_row_is_enough_where_the_network_applies_guidance(
    baked: bool, scale: float, negative: str, expected: Guidance
) -> None:
    assert guidance_of(ImageRequest("m", "a", 1, 4, scale, 64, 64, negative), baked) == expected


@pytest.mark.parametrize(
    ("steps", "strength", "runs"),
    [(10, 0.7, 7), (10, 0.71, 8), (10, 1.0, 10), (1, 0.1, 1), (4, 0.1, 1), (4, 0.6, 3), (50, 0.01, 1)],
)
def test_strength_says_how_many_steps_run(steps: int, strength: float, runs: int) -> None:
    assert step_count(steps, strength) == runs


def test_guidance_goes_past_the_conditional_velocity() -> None:
    conditional, unconditional = np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    assert (guided(np.stack([conditional, unconditional]), 2.5) == 2.5).all()
    assert (guided(conditional[None], 1.0) == 1).all()


def test_what_is_known_stays_and_ends_exactly_as_it_was() -> None:
    mask = np.zeros((1, 4, 6), np.float32)
    mask[:, :2] = 1
    row = follow(trajectory(5, canvas=Canvas.around(mask, CLEAN)), np.zeros(SHAPE, np.float32))
    assert np.array_equal(row.latent[:, 2:], CLEAN[:, 2:])
    assert np.array_equal(row.latent[:, :2], NOISE[:, :2])


def test_numbers_that_are_none_move_nothing() -> None:
    row = trajectory(2)
    before = row.latent.copy()
    with pytest.raises(FloatingPointError):
        row.foresee(np.full((1, *SHAPE), np.nan, np.float32))
    assert row.steps_done == 0
    assert np.array_equal(row.latent, before)


def test_a_cell_is_made_anew_when_any_of_its_pixels_is() -> None:
    mask = np.zeros((16, 24), np.uint8)
    mask[7, 8] = 1
    assert latent_mask(mask, 8).tolist() == [[[0, 1, 0], [0, 0, 0]]]


def test_a_masked_cell_is_blanked_whole_and_no_other() -> None:
    image = np.full((3, 16, 24), 0.5, np.float32)
    mask = np.zeros((16, 24), np.uint8)
    mask[7, 8] = 1
    left = blanked(image, latent_mask(mask, 8), 8)
    assert (left[:, :8, 8:16] == 0).all()
    assert left.sum() == image.sum() - image[:, :8, 8:16].sum()


@given(made=st.integers(0, 255), kept=st.integers(0, 255), weight=st.integers(0, 255))
def test_pixels_are_put_back_to_the_byte(made: int, kept: int, weight: int) -> None:
    def flat(value: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.full((1, 1, 3), value, np.uint8)

    result = composite(flat(made), flat(kept), np.full((1, 1), weight, np.uint8))
    assert result[0, 0, 0] == {0: kept, 255: made}.get(weight, round((made * weight + kept * (255 - weight)) / 255))
