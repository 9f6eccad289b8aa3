"""Philox against its authors' known answers, and the shared numbers that twins in other languages check by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figment.engine import noise

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "vectors" / "philox.json").read_text())


@pytest.mark.parametrize("case", VECTORS["philox4x32_10"], ids=lambda case: str(case["counter"][0]))
def test_known_answers_of_the_authors(case: dict[str, list[str]]) -> None:
    counter = np.array([int(word, 16) for word in case["counter"]], dtype=np.uint64)[:, None]
    key = (int(case["key"][0], 16), int(case["key"][1], 16))
    assert [f"{int(word):08x}" for word in noise.philox4x32(counter, key)[:, 0]] == case["words"]


@pytest.mark.parametrize("case", VECTORS["words"], ids=lambda case: f"{case['seed']}-{case['stream']}")
def test_words_of_a_seed(case: dict[str, Any]) -> None:
    made = noise.words(int(case["seed"]), len(case["words"]), case["stream"])
    assert [f"{int(word):08x}" for word in made] == case["words"]


@pytest.mark.parametrize("case", VECTORS["normals"], ids=lambda case: f"{case['seed']}-{case['stream']}")
def test_normals_of_a_seed(case: dict[str, Any]) -> None:
    made = noise.normals(int(case["seed"]), tuple(case["shape"]), case["stream"])
    np.testing.assert_allclose(made.reshape(-1), case["normals"], rtol=0, atol=VECTORS["tolerance"])


def test_normals_are_normal() -> None:
    made = noise.normals(11, (8, 128, 128)).astype(np.float64)
    assert abs(made.mean()) < 0.01
    assert abs(made.std() - 1) < 0.01
    assert abs((made**4).mean() - 3) < 0.1
    assert abs((np.abs(made) < 1).mean() - 0.6827) < 0.005


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    assert np.array_equal(noise.normals(5, (7,)), noise.normals(5, (1000,))[:7])


def test_seeds_and_streams_differ() -> None:
    drawn = [noise.normals(seed, (64,), stream) for seed in (0, 1, 2**32) for stream in (0, 1)]
    assert len({d.tobytes() for d in drawn}) == len(drawn)


@pytest.mark.parametrize(("seed", "stream"), [(-1, 0), (2**64, 0), (0, -1), (0, 2**32)])
def test_what_is_out_of_range_is_refused(seed: int, stream: int) -> None:
    with pytest.raises(ValueError, match="out of range"):
        noise.words(seed, 4, stream)
