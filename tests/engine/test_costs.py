from __future__ import annotations

import pytest

from figment.engine.costs import FORGET_AFTER, Lane, Phase, Shape, StepCosts

LANE = Lane(Shape("a", 32, 32), Phase.DENOISE)
OTHER = Lane(Shape("b", 16, 32), Phase.DENOISE)


def costs() -> StepCosts:
    return StepCosts((1, 2, 4, 8))


@pytest.mark.parametrize("buckets", [(), (2, 1), (1, 1), (0, 1)])
def test_buckets_ascend(buckets: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        StepCosts(buckets)


@pytest.mark.parametrize(("rows", "bucket"), [(1, 1), (2, 2), (3, 4), (8, 8), (9, 8)])
def test_rows_are_counted_by_the_bucket_that_holds_them(rows: int, bucket: int) -> None:
    assert costs().bucket(rows) == bucket


def test_what_was_measured_is_known_and_one_slow_step_hardly_matters() -> None:
    c = costs()
    for _ in range(20):
        c.observe(LANE, 2, 0.02)
    c.observe(LANE, 2, 5.0)
    assert 0.02 < c.seconds(LANE, 2) < 0.03


def test_a_size_never_measured_is_feared_to_be_linear_and_hoped_to_be_better() -> None:
    c = costs()
    c.observe(LANE, 2, 0.02)
    assert c.seconds(LANE, 8) == pytest.approx(0.08)
    assert c.seconds(LANE, 1) == pytest.approx(0.01)
    assert 0.02 < c.hoped_seconds(LANE, 8) < 0.08


def test_another_shape_is_guessed_from_its_area() -> None:
    c = costs()
    c.observe(LANE, 1, 0.02)
    assert c.seconds(OTHER, 1) == pytest.approx(0.01)


def test_old_measurements_are_tried_again() -> None:
    c = costs()
    c.observe(LANE, 8, 100.0)
    for _ in range(FORGET_AFTER + 1):
        c.observe(LANE, 1, 0.01)
    assert c.seconds(LANE, 8) == pytest.approx(0.08)
    assert set(c.measured()) == {(LANE, 1)}
