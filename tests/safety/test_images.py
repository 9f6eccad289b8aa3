"""From what classifiers see to what becomes of a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from figment.safety.images import Finding, judge, look
from figment.safety.policy import Profile, load
from figment.safety.verdict import State

POLICY = load()


@pytest.mark.parametrize(
    ("label", "score", "general", "mature"),
    [
        ("sexual", 0.1, State.APPROVED, State.APPROVED),
        ("sexual", 0.5, State.HELD, State.APPROVED),
        ("sexual", 0.99, State.REFUSED, State.APPROVED),
        ("nudity", 0.99, State.HELD, State.APPROVED),
        ("minor_sexual", 0.1, State.APPROVED, State.APPROVED),
        ("minor_sexual", 0.2, State.HELD, State.HELD),
        ("minor_sexual", 0.5, State.REFUSED, State.REFUSED),
        ("something new", 0.01, State.HELD, State.HELD),
        ("sexual", math.nan, State.HELD, State.HELD),
        ("sexual", 7.0, State.HELD, State.HELD),
    ],
)
def test_a_finding(label: str, score: float, general: State, mature: State) -> None:
    expected: dict[Profile, State] = {"general": general, "mature": mature}
    for profile, state in expected.items():
        [found] = judge(1, [Finding(0, label, score)], POLICY, profile)
        assert found.state == state


def test_each_picture_has_its_own_verdict() -> None:
    found = judge(3, [Finding(1, "gore", 0.9), Finding(2, "gore", 0.6)], POLICY, "general")
    assert [each.state for each in found] == [State.APPROVED, State.REFUSED, State.HELD]


def test_a_finding_of_a_picture_that_is_not_there_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="picture 2; there are 2"):
        judge(2, [Finding(2, "gore", 0.9)], POLICY, "general")


class Sees:
    def __init__(self, *labels: str) -> None:
        self.labels = labels

    async def classify(self, pixels: NDArray[np.uint8]) -> list[Finding]:
        return [
            Finding(number, label, float(picture.mean()) / 255)
            for number, picture in enumerate(pixels)
            for label in self.labels
        ]


class Fails:
    async def classify(self, pixels: NDArray[np.uint8]) -> list[Finding]:
        raise RuntimeError("no weights")


async def test_the_worst_of_all_classifiers_counts() -> None:
    pixels = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (0, 140, 255)])
    classifiers: Sequence[Sees] = [Sees("nudity"), Sees("gore")]
    found = await look(classifiers, pixels, POLICY, "general")
    assert [each.state for each in found] == [State.APPROVED, State.HELD, State.REFUSED]
    assert {reason.category for reason in found[2].reasons} == {"nudity", "gore"}


async def test_a_check_that_fails_does_not_pass() -> None:
    with pytest.raises(RuntimeError, match="no weights"):
        await look([Sees("nudity"), Fails()], np.zeros((1, 4, 4, 3), np.uint8), POLICY, "general")
