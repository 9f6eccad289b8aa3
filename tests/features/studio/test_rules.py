"""Studio's rules: what is left out, what is to be done, and the seeds of several images."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.features.studio import rules
from figment.features.studio.rules import seeds
from figment.generation.contract import MAX_SEED


def test_a_zero_was_asked_and_a_none_was_not() -> None:
    assert rules.given(0, 12) == 0
    assert rules.given(None, 12) == 12


@pytest.mark.parametrize(
    ("image", "mask", "task"),
    [(None, None, "text-to-image"), ("i", None, "image-to-image"), ("i", "m", "inpainting")],
)
def test_the_pictures_say_what_is_to_be_done(image: str | None, mask: str | None, task: str) -> None:
    assert rules.task_of(image, mask) == task


@given(st.integers(0, MAX_SEED), st.integers(1, 8))
def test_seeds_follow_one_another_and_are_all_different(first: int, count: int) -> None:
    found = seeds(first, count)
    assert found[0] == first
    assert len(set(found)) == count
    assert all(0 <= seed <= MAX_SEED for seed in found)


def test_seeds_go_round_the_end() -> None:
    assert list(seeds(MAX_SEED, 3)) == [MAX_SEED, 0, 1]
