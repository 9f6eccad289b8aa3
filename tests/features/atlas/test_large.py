"""Frames larger than the model makes at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, WORLD, Easel


async def test_a_frame_of_the_largest_size_is_one_edit(easel: Easel) -> None:
    edit = await easel.paint(-100, -100, GREEN, width=2048, height=2048)
    assert (edit["state"], edit["width"], edit["height"]) == ("committed", 2048, 2048)
    [asked] = easel.dyer.asked
    assert (asked.width, asked.height) == (2048, 2048)
    assert len(easel.files_now()) == 25
    for at in ((0, 0), (1, 2), (2, 1)):
        assert (await easel.tile(*at) == (*COLOURS[GREEN], 255)).all()
    assert (await easel.change("undo", edit)).status_code == 200
    assert easel.files_now() == {}


async def test_a_large_frame_goes_around_what_is_there(easel: Easel) -> None:
    await easel.paint(512, 512, BLUE)
    before = await easel.tile(1, 1)
    await easel.paint(0, 0, GREEN, width=1536, height=1024)
    after = await easel.tile(1, 1)
    assert np.array_equal(after[:256, :256], before[:256, :256])
    assert easel.dyer.asked[-1].mask is not None


async def test_a_large_frame_can_have_candidates(easel: Easel) -> None:
    answer = await easel.ask(0, 0, GREEN, width=1024, height=768, candidates=2)
    edit = await easel.painted(answer.json()["id"])
    assert edit["state"] == "choosing"
    assert (await easel.choose(edit, 2)).json()["state"] == "committed"
    assert (await easel.tile(1, 0) == (*COLOURS[BLUE], 255)).all()


@pytest.mark.parametrize(
    ("wish", "field", "words"),
    [({"width": 2112}, "width", "2048"), ({"height": 1000}, "height", "multiples of 64 from 128 to 2048 pixels")],
)
async def test_what_no_window_fits_is_refused_with_the_bounds(
    easel: Easel, wish: dict[str, Any], field: str, words: str
) -> None:
    answer = await easel.ask(0, 0, **wish)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["field"].endswith(field)
    assert words in error["message"]


async def test_pages_are_told_the_largest_size(easel: Easel) -> None:
    [card, *_] = (await easel.client.get("/api/models")).json()["items"]
    assert card["size"] == {"min": 128, "max": 2048, "multiple": 64}
    assert (await easel.client.get(f"{WORLD}/edits")).status_code == 200
