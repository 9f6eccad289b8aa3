"""A model's bounds: everything that is wrong is told at once, each by its field."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED, ImageRequest
from tests.scripted import CARD

GOOD = ImageRequest("scripted", "a boat", seed=1, steps=3, guidance=2.5, width=64, height=256)


def fields(task: str | None = None, **change: Any) -> list[str]:
    return [fault.field for fault in faults(replace(GOOD, **change), CARD, task)]


def test_what_is_within_bounds_has_no_fault() -> None:
    assert fields() == []
    assert fields(steps=1, guidance=0, width=256, height=64, prompt="", negative_prompt="x" * 2000) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"steps": 51}, "steps"),
        ({"guidance": -0.1}, "guidance"),
        ({"guidance": 10.1}, "guidance"),
        ({"guidance": float("nan")}, "guidance"),
        ({"width": 63}, "width"),
        ({"width": 96}, "width"),
        ({"height": 320}, "height"),
        ({"height": 0}, "height"),
        ({"prompt": "x" * 2001}, "prompt"),
        ({"negative_prompt": "x" * 2001}, "negative_prompt"),
        ({"task": "outpainting"}, "model"),
        ({"strength": 0}, "strength"),
        ({"strength": 1.1}, "strength"),
        ({"seed": -1}, "seed"),
        ({"seed": MAX_SEED + 1}, "seed"),
    ],
)
def test_each_fault_names_its_field(change: dict[str, Any], field: str) -> None:
    assert fields(**change) == [field]


def test_all_are_told_at_once() -> None:
    assert fields(steps=0, width=1, prompt="x" * 3000) == ["prompt", "width", "steps"]


@given(st.integers(-(10**6), 10**6))
def test_the_nearest_size_that_is_told_is_one(size_px: int) -> None:
    for fault in faults(replace(GOOD, width=size_px), CARD):
        nearest = int(fault.message.rstrip(".").rpartition(" ")[2])
        assert fields(width=nearest) == []
        best = min(range(64, 257, 64), key=lambda size: abs(size - size_px))
        assert abs(nearest - size_px) == abs(best - size_px)
