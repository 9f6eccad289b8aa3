"""Many who paint at once, and a worker that is ended in the middle: no edit is lost, and the tiles follow from the history alone."""

from __future__ import annotations

import asyncio
import random

import httpx
import psycopg
import pytest

from figment.features.atlas.jobs.ground import Grounds
from figment.features.atlas.jobs.painting import Painter
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect
from figment.generation.jobs import JobRunner
from tests.features.atlas.conftest import Easel

PEOPLE, EDITS, REACH = 6, 36, 700


async def replayed(easel: Easel) -> dict[tuple[int, int], str]:
    """The tiles as the history of commits alone makes them: what was painted and not taken back, in its order."""
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        commits = connection.execute("SELECT kind, edit FROM atlas_commits ORDER BY seq").fetchall()
        edits = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT id, seq, x, y, width, height, layer FROM atlas_edits WHERE layer IS NOT NULL"
            )
        }
    there: set[object] = set()
    for kind, edit in commits:
        (there.discard if kind == "undo" else there.add)(edit)
    tiles: dict[Place, painting.Pixels] = {}
    for _, x, y, width, height, layer in sorted(edits[edit] for edit in there):
        rect, pixels = Rect(x, y, width, height), await easel.files.get(layer)
        for place in painting.touched_by(pixels, rect):
            below = tiles.get(place, painting.blank(TILE, TILE))
            tiles[place] = painting.laid_on_tile(below, place, pixels, rect)
    files = {place: await easel.files.put(pixels) for place, pixels in tiles.items()}
    return {(place.x, place.y): file for place, file in files.items() if file is not None}


@pytest.mark.parametrize("seed", [1, 20261122])
async def test_every_edit_is_in_the_history_and_the_history_makes_the_tiles(easel: Easel, seed: int) -> None:
    chance = random.Random(seed)
    done: list[dict[str, object]] = []

    async def somebody(number: int) -> None:
        async with easel.somebody() as client:
            for n in range(EDITS // PEOPLE):
                x, y = chance.randrange(-REACH, REACH), chance.randrange(-REACH, REACH)
                answer = await easel.ask(x, y, 100 * number + n, client)
                if answer.status_code == 422:
                    assert answer.json()["code"] == "nothing_to_paint"
                    continue
                edit = await easel.painted(answer.json()["id"], client)
                done.append(edit)
                if edit["state"] == "committed" and chance.random() < 0.3:
                    await change(client, edit, "undo")
                    if chance.random() < 0.5:
                        await change(client, edit, "redo")

    async def change(client: httpx.AsyncClient, edit: dict[str, object], kind: str) -> None:
        answer = await easel.change(kind, edit, client)
        assert answer.status_code == 200, answer.text

    async def ended_again_and_again() -> None:
        """A second worker that never lives long: what it had in hand is made by the other."""
        house = easel.house
        while True:
            grounds = Grounds(house.database, house.storage, easel.dyer)
            places = {"atlas": Painter(house.database, house.storage, house.images, grounds)}
            worker = JobRunner(house.database, house.images, easel.dyer, house.settings, places=places)
            task = asyncio.create_task(worker.run())
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    unsteady = asyncio.create_task(ended_again_and_again())
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(somebody(number) for number in range(PEOPLE)))
    finally:
        unsteady.cancel()
        await asyncio.gather(unsteady, return_exceptions=True)

    committed = [edit for edit in done if edit["state"] == "committed"]
    failed = [edit["error"]["code"] for edit in done if edit["state"] == "failed"]  # type: ignore[index]
    assert len(committed) > EDITS / 2
    assert set(failed) <= {"nothing_to_paint"}, "others had painted all of it"
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        history = connection.execute("SELECT seq, edit FROM atlas_commits WHERE kind = 'paint' ORDER BY seq").fetchall()
        [(last,)] = connection.execute("SELECT max(seq) FROM atlas_commits").fetchall()
        [(commits,)] = connection.execute("SELECT count(*) FROM atlas_commits").fetchall()
    assert sorted(str(edit) for _, edit in history) == sorted(str(edit["id"]) for edit in committed)
    assert commits == last, "no number is left out, and none comes twice"
    assert easel.files_now() == await replayed(easel)
