"""Euler's method on velocities whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.engine import noise
from figment.engine.sampling import (
    Floats,
    Known,
    TextStates,
    Trajectory,
    composite,
    guided,
    latent_mask,
    noised,
    step_count,
    timesteps,
)

SHAPE = (8, 4, 6)
CLEAN = noise.normals(1, SHAPE)
NOISE = noise.normals(2, SHAPE)
TEXT = TextStates(np.zeros((32, 384), np.float32), np.ones(32, np.float32))


def trajectory(steps: int, strength: float = 1.0, known: Known | None = None, guidance: float = 1.0) -> Trajectory:
    times = timesteps(steps, strength)
    conditions = (TEXT,) if guidance == 1 else (TEXT, TEXT)
    return Trajectory(noised(CLEAN, NOISE, times[0]), NOISE, times, guidance, conditions, known)


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


@pytest.mark.parametrize(
    ("steps", "strength", "runs"), [(10, 0.7, 7), (10, 0.71, 8), (10, 1.0, 10), (1, 0.1, 1), (50, 0.01, 1)]
)
def test_strength_says_how_many_steps_run(steps: int, strength: float, runs: int) -> None:
    assert step_count(steps, strength) == runs


def test_guidance_goes_past_the_conditional_velocity() -> None:
    conditional, unconditional = np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32)
    assert (guided(np.stack([conditional, unconditional]), 2.5) == 2.5).all()
    assert (guided(conditional[None], 1.0) == 1).all()


def test_what_is_known_stays_and_ends_exactly_as_it_was() -> None:
    remake = np.zeros((1, 4, 6), np.float32)
    remake[:, :2] = 1
    row = follow(trajectory(5, known=Known(CLEAN, remake)), np.zeros(SHAPE, np.float32))
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


@given(made=st.integers(0, 255), kept=st.integers(0, 255), weight=st.integers(0, 255))
def test_pixels_are_put_back_to_the_byte(made: int, kept: int, weight: int) -> None:
    def flat(value: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.full((1, 1, 3), value, np.uint8)

    result = composite(flat(made), flat(kept), np.full((1, 1), weight, np.uint8))
    assert result[0, 0, 0] == {0: kept, 255: made}.get(weight, round((made * weight + kept * (255 - weight)) / 255))
