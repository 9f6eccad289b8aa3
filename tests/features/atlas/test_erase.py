"""Erasing: blank again, as an edit of its own, taken back like any other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figment.features.atlas.rules import painting
from figment.features.atlas.rules.painting import Pixels
from figment.features.atlas.rules.tiles import Place, Rect
from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, RED, WORLD, Easel

SIDE = 24


@st.composite
def shown(draw: st.DrawFn) -> Pixels:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pixels = rng.integers(0, 256, (SIDE, SIDE, 4), np.uint8)
    there = rng.random((SIDE, SIDE)) < draw(st.floats(0, 1))
    pixels[..., 3] = np.where(there, 255, 0)
    pixels[~there] = 0
    return pixels


@given(below=shown(), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_an_erasure_takes_what_is_there_under_the_mask_and_not_one_byte_more(below: Pixels, seed: int) -> None:
    mask = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE), np.uint8)
    layer = painting.erasure_of(below, mask)
    after = painting.erased(below, layer)
    assert not after[mask > 127].any()
    assert np.array_equal(after[mask <= 127], below[mask <= 127])
    assert np.array_equal(layer[..., 3] > 0, (below[..., 3] > 0) & (mask > 127))
    assert np.array_equal(painting.erased(after, layer), after)


def test_a_tile_knows_which_layers_erase() -> None:
    tile = np.full((512, 512, 4), 255, np.uint8)
    layer = painting.erasure_of(tile[:SIDE, :SIDE])
    rect = Rect(512 - SIDE // 2, 0, SIDE, SIDE)
    left = painting.laid_on_tile(tile, Place(0, 0), layer, rect, erases=True)
    right = painting.laid_on_tile(tile, Place(1, 0), layer, rect, erases=True)
    assert not left[:SIDE, -SIDE // 2 :].any()
    assert not right[:SIDE, : SIDE // 2].any()
    assert int((left[..., 3] == 0).sum() + (right[..., 3] == 0).sum()) == SIDE * SIDE


async def test_a_frame_is_erased_and_comes_back(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    before = easel.files_now()
    answer = await easel.erase(0, 0, width=128)
    assert answer.status_code == 201, answer.text
    edit: Any = answer.json()
    assert (edit["kind"], edit["state"], edit["mine"], edit["prompt"]) == ("erase", "committed", True, "")
    tile = await easel.tile(0, 0)
    assert not tile[:256, :128].any()
    assert (tile[:256, 128:256] == (*COLOURS[RED], 255)).all()
    assert (await easel.change("undo", edit)).status_code == 200
    assert easel.files_now() == before
    assert (await easel.change("redo", edit)).status_code == 200
    assert np.array_equal(await easel.tile(0, 0), tile)


async def test_only_what_lies_under_a_mask_is_erased(easel: Easel) -> None:
    await easel.paint(-128, -128, GREEN)
    mask = np.zeros((256, 256), np.uint8)
    mask[40:90, 100:200] = 255
    before = {at: await easel.tile(*at) for at in easel.files_now()}
    answer = await easel.erase(-128, -128, mask=await easel.upload_mask(mask))
    assert answer.status_code == 201, answer.text
    for at, tile in before.items():
        after = await easel.tile(*at)
        rect = Rect(-128, -128, 256, 256)
        theirs, ours = painting.overlap(Rect(at[0] * 512, at[1] * 512, 512, 512), rect)
        gone = np.zeros((512, 512), bool)
        gone[theirs] = mask[ours] > 0
        assert not after[gone].any()
        assert np.array_equal(after[~gone], tile[~gone])


async def test_what_was_erased_is_blank_and_can_be_painted(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    await easel.erase(0, 0)
    assert easel.files_now() == {}
    assert (await easel.client.get(f"{WORLD}/at", params={"x": 9, "y": 9})).json()["edit"] is None
    edit = await easel.paint(0, 0, BLUE)
    assert edit["state"] == "committed"
    assert (await easel.tile(0, 0))[9, 9].tolist() == [*COLOURS[BLUE], 255]


async def test_what_was_painted_later_survives_the_undoing_of_an_erasure(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    erasure = (await easel.erase(0, 0)).json()
    await easel.paint(0, 0, BLUE, width=128)
    await easel.change("undo", erasure)
    tile = await easel.tile(0, 0)
    assert tile[9, 60].tolist() == [*COLOURS[BLUE], 255]
    assert tile[9, 200].tolist() == [*COLOURS[RED], 255]


async def test_erasures_are_in_the_history_and_who_made_them_undoes_them(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    async with easel.somebody() as other:
        edit = (await easel.erase(0, 0, other)).json()
        listed = (await other.get(f"{WORLD}/edits", params={"pending": False})).json()["items"]
        assert [each["kind"] for each in listed] == ["erase", "paint"]
        refused = await easel.change("undo", edit)
        assert (refused.status_code, refused.json()["code"]) == (403, "edit_not_yours")
        assert (await easel.change("undo", edit, other)).status_code == 200


@pytest.mark.parametrize(
    ("wish", "status", "code"),
    [({}, 422, "nothing_to_erase"), ({"width": 4096}, 422, "invalid_input"), ({"prompt": "x"}, 422, "invalid_input")],
)
async def test_what_cannot_be_erased_is_said(easel: Easel, wish: dict[str, Any], status: int, code: str) -> None:
    answer = await easel.erase(5000, 5000, **wish)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert easel.files_now() == {}


async def test_only_those_who_paint_in_a_world_erase_in_it(easel: Easel) -> None:
    with_owner = (
        "INSERT INTO atlas_worlds (slug, name, owner, paint) SELECT 'mine', 'Mine', id, 'owner' FROM people LIMIT 1"
    )
    async with easel.somebody() as other:
        async with easel.house.database.transaction() as connection:
            await connection.execute(with_owner, {})
        answer = await other.post("/api/atlas/worlds/mine/erasures", json={"x": 0, "y": 0, "width": 64, "height": 64})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_world")
