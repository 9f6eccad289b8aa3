"""Candidates: several pictures of which one goes into the map, and of the others nothing is left."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import numpy as np
import psycopg

from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, RED, WORLD, Easel


async def made(easel: Easel, x: int = 0, y: int = 0, candidates: int = 3, **wish: Any) -> Any:
    """An edit whose pictures are made, of the seeds RED, GREEN and BLUE."""
    answer = await easel.ask(x, y, RED, candidates=candidates, **wish)
    assert answer.status_code == 202, answer.text
    return await easel.painted(answer.json()["id"])


def rows_of(easel: Easel, table: str, where: str = "true") -> int:
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        [(count,)] = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchall()
        return int(count)


async def pending(client: httpx.AsyncClient) -> list[Any]:
    found: list[Any] = (await client.get(f"{WORLD}/edits", params={"pending": True})).json()["items"]
    return found


async def test_nothing_is_painted_until_one_is_chosen(easel: Easel) -> None:
    edit = await made(easel)
    assert edit["state"] == "choosing"
    assert [each["number"] for each in edit["candidates"]] == [1, 2, 3]
    assert [each["seed"] for each in edit["candidates"]] == [RED, GREEN, BLUE]
    assert all(each["image"] for each in edit["candidates"])
    assert easel.files_now() == {}
    answer = await easel.choose(edit, 2)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["candidates"]) == ("committed", [])
    tile = await easel.tile(0, 0)
    assert (tile[:256, :256] == (*COLOURS[GREEN], 255)).all()
    assert not tile[256:].any()


async def test_of_the_others_nothing_is_left(easel: Easel) -> None:
    edit = await made(easel)
    chosen = edit["candidates"][0]["image"]["id"]
    committed = (await easel.choose(edit, 1)).json()
    assert committed["image"]["id"] == chosen
    assert rows_of(easel, "images") == 1
    assert rows_of(easel, "jobs") == 1
    assert rows_of(easel, "atlas_candidates") == 0
    assert await pending(easel.client) == []


async def test_others_see_that_somebody_chooses_and_not_between_what(easel: Easel) -> None:
    edit = await made(easel)
    async with easel.somebody() as other:
        [seen] = await pending(other)
        assert (seen["id"], seen["state"], seen["mine"]) == (edit["id"], "choosing", False)
        assert (seen["candidates"], seen["image"], seen["job"]) == ([], None, None)
        for answer in (
            await easel.choose(edit, 1, other),
            await easel.change("discard", edit, other),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "edit_not_yours")
    assert len(await pending(easel.client)) == 1


async def test_what_is_discarded_leaves_nothing(easel: Easel) -> None:
    edit = await made(easel)
    answer = await easel.change("discard", edit)
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert [rows_of(easel, table) for table in ("images", "jobs", "atlas_candidates")] == [0, 0, 0]
    assert await pending(easel.client) == []
    assert easel.files_now() == {}


async def test_what_is_chosen_or_discarded_is_so_once(easel: Easel) -> None:
    first, second = await made(easel), await made(easel, 600)
    await easel.choose(first, 1)
    await easel.change("discard", second)
    for answer in (
        await easel.choose(first, 2),
        await easel.change("discard", first),
        await easel.choose(second, 1),
        await easel.change("discard", second),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_choose")
    plain = await easel.paint(0, 600)
    assert (await easel.choose(plain, 1)).status_code == 409


async def test_of_two_who_choose_at_once_one_wins(easel: Easel) -> None:
    edit = await made(easel)
    answers = await asyncio.gather(easel.choose(edit, 1), easel.choose(edit, 2), easel.change("discard", edit))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert rows_of(easel, "atlas_commits") == (1 if answers[2].status_code == 409 else 0)
    assert rows_of(easel, "images") == rows_of(easel, "atlas_commits")


async def test_one_can_be_chosen_while_others_are_made(easel: Easel) -> None:
    easel.dyer.may_finish.clear()
    edit = (await easel.ask(0, 0, RED, candidates=3)).json()
    async with asyncio.timeout(10):
        while len(easel.dyer.asked) < 3:
            await asyncio.sleep(0.01)
    too_early = await easel.choose(edit, 1)
    assert (too_early.status_code, too_early.json()["code"]) == (409, "nothing_to_choose")
    await easel.change("discard", edit)
    easel.dyer.may_finish.set()
    await easel.paint(600, 0, BLUE)
    assert rows_of(easel, "images") == 1
    assert set(easel.files_now()) == {(1, 0)}


async def test_what_others_painted_meanwhile_stays(easel: Easel) -> None:
    edit = await made(easel)
    async with easel.somebody() as other:
        theirs = await easel.paint(128, 0, BLUE, other)
    before = await easel.tile(0, 0)
    await easel.choose(edit, 1)
    after = await easel.tile(0, 0)
    assert np.array_equal(after[:256, 128:384], before[:256, 128:384])
    assert after[100, 20].tolist() == [*COLOURS[RED], 255]
    async with easel.somebody() as other:
        seen = (await other.get(f"{WORLD}/edits/{theirs['id']}")).json()
    assert seen["state"] == "committed"


async def test_where_others_painted_all_of_it_nothing_is_left_to_choose_for(easel: Easel) -> None:
    edit = await made(easel)
    await easel.paint(0, 0, BLUE)
    answer = await easel.choose(edit, 1)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_paint")
    assert (await easel.change("discard", edit)).status_code == 200


async def test_what_was_taken_back_since_is_not_painted_again(easel: Easel) -> None:
    """The picture shows what it went on from, which is not its own."""
    under = await easel.paint(0, 0, BLUE, width=128)
    edit = await made(easel)
    await easel.change("undo", under)
    await easel.choose(edit, 1)
    tile = await easel.tile(0, 0)
    assert not tile[:256, :128].any()
    assert tile[100, 200].tolist() == [*COLOURS[RED], 255]


async def test_a_mask_holds_for_all_candidates(easel: Easel) -> None:
    await easel.paint(0, 0, BLUE)
    mask = np.zeros((256, 256), np.uint8)
    mask[100:160, 100:160] = 255
    before = await easel.tile(0, 0)
    edit = await made(easel, mask=await easel.upload_mask(mask))
    assert (await easel.choose(edit, 2)).status_code == 200
    after = await easel.tile(0, 0)
    outside = np.ones((512, 512), bool)
    outside[100:160, 100:160] = False
    assert np.array_equal(after[outside], before[outside])
    assert after[130, 130, :3].tolist() != before[130, 130, :3].tolist()


async def test_what_nobody_chooses_from_expires_and_what_is_young_does_not(easel: Easel) -> None:
    old, young = await made(easel), await made(easel, 600)
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        connection.execute("UPDATE jobs SET finished_at = now() - interval '2 days' WHERE ref = %s", [old["id"]])
    assert await easel.house.atlas.choosing.expire(86_400) == 1
    assert [each["id"] for each in await pending(easel.client)] == [young["id"]]
    assert rows_of(easel, "images") == rows_of(easel, "jobs") == 3
    assert await easel.house.atlas.choosing.expire(86_400) == 0
    assert (await easel.choose(young, 3)).status_code == 200


async def test_the_chosen_one_is_undone_like_any_other(easel: Easel) -> None:
    edit = (await easel.choose(await made(easel), 3)).json()
    assert (await easel.change("undo", edit)).json()["state"] == "undone"
    assert easel.files_now() == {}
    assert (await easel.change("redo", edit)).json()["state"] == "committed"
    assert (await easel.tile(0, 0))[9, 9].tolist() == [*COLOURS[BLUE], 255]


async def test_when_all_fail_the_edit_has_failed(easel: Easel) -> None:
    await easel.paint(0, 0, BLUE)
    mask = await easel.upload_mask(np.zeros((256, 256), np.uint8))
    edit = await made(easel, mask=mask)
    assert (edit["state"], edit["error"]["code"]) == ("failed", "nothing_to_paint")


async def test_there_are_at_most_four(easel: Easel) -> None:
    for candidates in (0, 5):
        assert (await easel.ask(0, 0, candidates=candidates)).status_code == 422
