"""Painting into a map, over HTTP: what is asked of the engine, what becomes of the tiles, and how it is taken back."""

from __future__ import annotations

import asyncio
import io

import numpy as np
from PIL import Image

from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, RED, WORLD, Easel


def png_of(mask: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG")
    return out.getvalue()


async def test_what_is_blank_is_made_from_nothing_and_lies_in_its_tiles(easel: Easel) -> None:
    edit = await easel.paint(-128, -128)
    assert (edit["state"], edit["seq"], edit["mine"], edit["prompt"]) == ("committed", 1, True, "a hill")
    assert easel.dyer.asked[0].task == "text-to-image"
    assert set(easel.files_now()) == {(-1, -1), (0, -1), (-1, 0), (0, 0)}
    tile = await easel.tile(0, 0)
    assert (tile[:128, :128] == (*COLOURS[RED], 255)).all()
    assert not tile[128:].any()
    assert not tile[:, 128:].any()
    assert (await easel.tile(-1, -1))[511, 511].tolist() == [*COLOURS[RED], 255]


async def test_only_what_is_blank_is_made_beside_what_is_there_and_nothing_else_changes(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    before = await easel.tile(0, 0)
    await easel.paint(128, 0, GREEN)
    asked = easel.dyer.asked[1]
    assert asked.task == "inpainting"
    assert asked.mask is not None
    assert asked.init_image is not None
    assert not asked.mask[:, :128].any()
    assert asked.mask[:, 128:].all()
    assert (asked.init_image[:, :128] == COLOURS[RED]).all()
    after = await easel.tile(0, 0)
    assert (after[:, :256] == before[:, :256]).all()
    assert after[100, 383].tolist() == [*COLOURS[GREEN], 255]


async def test_under_a_mask_it_is_made_anew_and_fades_over_within_it(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    before = await easel.tile(0, 0)
    mask = np.zeros((256, 256), np.uint8)
    mask[64:192, 64:192] = 255
    sent = await easel.client.post("/api/images", files={"file": ("mask.png", png_of(mask), "image/png")})
    edit = await easel.paint(0, 0, BLUE, mask=sent.json()["id"])
    assert edit["state"] == "committed"
    after = await easel.tile(0, 0)
    changed = (after != before).any(axis=-1)[:256, :256]
    assert not changed[mask == 0].any()
    assert after[128, 128].tolist() == [*COLOURS[BLUE], 255]
    reds = after[128, 64:128, 0].astype(int)
    assert (np.diff(reds) <= 0).all(), "it fades over from what was there"
    assert reds[0] > 180


async def test_nothing_to_paint_is_said_at_once(easel: Easel) -> None:
    await easel.paint(0, 0)
    answer = await easel.ask(0, 0, GREEN)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_paint")


async def test_what_others_paint_meanwhile_is_not_lost(easel: Easel) -> None:
    easel.dyer.may_finish.clear()
    async with easel.somebody() as other:
        mine = (await easel.ask(0, 0, RED)).json()
        theirs = (await easel.ask(128, 0, GREEN, other)).json()
        async with asyncio.timeout(10):
            while len(easel.dyer.asked) < 2:
                await asyncio.sleep(0.02)
        easel.dyer.may_finish.set()
        edits = [await easel.painted(mine["id"]), await easel.painted(theirs["id"], other)]
    assert [edit["state"] for edit in edits] == ["committed", "committed"]
    first, second = sorted(edits, key=lambda edit: edit["seq"])
    assert (first["seq"], second["seq"]) == (1, 2)
    assert len(easel.dyer.asked) == 3, "where both were to paint, the later one is made again"
    tile = await easel.tile(0, 0)
    assert (tile[:256, :384, 3] == 255).all()
    ours = slice(0, 256) if first["id"] == mine["id"] else slice(128, 384)
    assert (tile[:256, ours, :3] == COLOURS[RED if first["id"] == mine["id"] else GREEN]).all()


async def test_side_by_side_in_one_tile_both_stay_and_none_is_made_again(easel: Easel) -> None:
    easel.dyer.may_finish.clear()
    mine, theirs = (await easel.ask(0, 0, RED)).json(), (await easel.ask(256, 256, GREEN)).json()
    async with asyncio.timeout(10):
        while len(easel.dyer.asked) < 2:
            await asyncio.sleep(0.02)
    easel.dyer.may_finish.set()
    for edit in (mine, theirs):
        assert (await easel.painted(edit["id"]))["state"] == "committed"
    assert len(easel.dyer.asked) == 2
    tile = await easel.tile(0, 0)
    assert (tile[:256, :256, 3] == 255).all()
    assert (tile[256:, 256:, 3] == 255).all()
    # Where their corners meet, whoever came second joins the first.
    assert (tile[:200, :200, :3] == COLOURS[RED]).all()
    assert (tile[312:, 312:, :3] == COLOURS[GREEN]).all()


async def test_undo_takes_mine_out_from_under_theirs_and_redo_brings_it_back(easel: Easel) -> None:
    async with easel.somebody() as other:
        mine = await easel.paint(0, 0, RED)
        theirs = await easel.paint(128, 0, GREEN, other)
        full = easel.files_now()
        denied = await easel.change("undo", mine, other)
        assert (denied.status_code, denied.json()["code"]) == (403, "edit_not_yours")
        undone = await easel.change("undo", mine)
        assert undone.status_code == 200, undone.text
        assert undone.json()["state"] == "undone"
        tile = await easel.tile(0, 0)
        assert not tile[:256, :256, 3].any()
        assert (tile[:256, 256:384, 3] == 255).all()
        again = await easel.change("undo", mine)
        assert (again.status_code, again.json()["code"]) == (409, "edit_not_done")
        assert (await easel.change("redo", mine)).json()["state"] == "committed"
        assert easel.files_now() == full, "byte for byte"
        assert (await easel.change("undo", theirs, other)).status_code == 200
        assert (await easel.change("undo", mine)).status_code == 200
    assert easel.files_now() == {}


async def test_one_can_ask_who_made_a_place(easel: Easel) -> None:
    await easel.paint(0, 0, RED, prompt="a red hill")
    await easel.paint(128, 0, GREEN, prompt="a green hill")
    at = [
        (await easel.client.get(f"{WORLD}/at", params={"x": x, "y": 10})).json()["edit"] for x in (10, 250, 260, 5000)
    ]
    assert [edit and edit["prompt"] for edit in at] == ["a red hill", "a red hill", "a green hill", None]


async def test_what_is_painted_is_seen_from_above_and_at_addresses_that_hold_for_ever(easel: Easel) -> None:
    await easel.paint(0, 0, RED)
    while await easel.overviews.draw():
        pass
    assert set(easel.files_now(-1)) == {(0, 0)}
    above = await easel.tile(0, 0, -1)
    assert (above[:128, :128] == (*COLOURS[RED], 255)).all()
    assert not above[128:].any()
    area = {"z": -1, "x0": -2, "y0": -2, "x1": 2, "y1": 2}
    [found] = (await easel.client.get(f"{WORLD}/manifest", params=area)).json()["tiles"]
    assert (found["x"], found["y"]) == (0, 0)
    address = f"{WORLD}/tiles/-1/0/0"
    kept = await easel.client.get(address, params={"v": found["v"]})
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await easel.client.get(address)).headers["cache-control"] == "no-cache"
    seen = await easel.seen(0, 0, -1)
    assert np.abs(seen[:120, :120, :3].astype(int) - COLOURS[RED]).max() < 12
    assert not seen[140:, :, 3].any()
    assert set(easel.files_now(-12)) == {(0, 0)}
    nothing = await easel.client.get(f"{WORLD}/tiles/0/7/7")
    assert nothing.status_code == 404


async def test_everybody_hears_of_an_edit_and_of_its_tiles(easel: Easel) -> None:
    heard: list[str] = []
    async with easel.somebody() as other, other.stream("GET", f"{WORLD}/events") as stream:
        painting = asyncio.create_task(easel.paint(0, 0, RED))
        async with asyncio.timeout(15):
            async for line in stream.aiter_lines():
                if line.startswith(("event: ", "data: ")):
                    heard.append(line)
                if line.startswith('data: {"tiles"'):
                    break
        edit = await painting
    told = "\n".join(heard)
    assert "event: tiles" in told
    assert "event: edit" in told
    assert edit["id"] in told
    assert '"mine": true' not in told
    assert '"prompt": "a hill"' in told
