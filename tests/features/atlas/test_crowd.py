"""Many who paint at once, and a worker that is ended in the middle: no edit is lost, and the tiles follow from the history alone."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray

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
                "SELECT id, seq, x, y, width, height, layer, kind FROM atlas_edits WHERE layer IS NOT NULL"
            )
        }
    there: set[object] = set()
    for kind, edit in commits:
        (there.discard if kind == "undo" else there.add)(edit)
    tiles: dict[Place, painting.Pixels] = {}
    for _, x, y, width, height, layer, kind in sorted(edits[edit] for edit in there):
        rect, pixels = Rect(x, y, width, height), await easel.files.get(layer)
        for place in painting.touched_by(pixels, rect):
            below = tiles.get(place, painting.blank(TILE, TILE))
            tiles[place] = painting.laid_on_tile(below, place, pixels, rect, kind == "erase")
    files = {place: await easel.files.put(pixels) for place, pixels in tiles.items()}
    return {(place.x, place.y): file for place, file in files.items() if file is not None}


def random_mask(chance: random.Random) -> NDArray[np.uint8]:
    """Some blocks of a frame of 256 pixels."""
    blocks = np.array([[chance.random() < 0.4 for _ in range(4)] for _ in range(4)])
    return (blocks.repeat(64, 0).repeat(64, 1) * 255).astype(np.uint8)


@dataclass
class Crowd:
    """People who paint, erase, undo and redo at random in one small place. `done`: what became of what they painted; `erased`: their erasures."""

    easel: Easel
    chance: random.Random
    done: list[dict[str, Any]] = field(default_factory=list)
    erased: list[dict[str, Any]] = field(default_factory=list)

    async def somebody(self, number: int) -> None:
        async with self.easel.somebody() as client:
            for n in range(EDITS // PEOPLE):
                x, y = self.chance.randrange(-REACH, REACH), self.chance.randrange(-REACH, REACH)
                await self._paint(client, x, y, 100 * number + n)
                if self.chance.random() < 0.4:
                    await self._erase(
                        client, x + self.chance.randrange(-200, 200), y + self.chance.randrange(-200, 200)
                    )

    async def _paint(self, client: httpx.AsyncClient, x: int, y: int, seed: int) -> None:
        answer = await self.easel.ask(x, y, seed, client)
        if answer.status_code == 422:
            assert answer.json()["code"] == "nothing_to_paint"
            return
        edit = await self.easel.painted(answer.json()["id"], client)
        self.done.append(edit)
        if edit["state"] == "committed" and self.chance.random() < 0.3:
            await self._undo(client, edit)

    async def _erase(self, client: httpx.AsyncClient, x: int, y: int) -> None:
        wish = {}
        if self.chance.random() < 0.5:
            wish["mask"] = await self.easel.upload_mask(random_mask(self.chance), client)
        answer = await self.easel.erase(x, y, client, **wish)
        if answer.status_code == 422:
            assert answer.json()["code"] == "nothing_to_erase"
            return
        assert answer.status_code == 201, answer.text
        self.erased.append(answer.json())
        if self.chance.random() < 0.4:
            await self._undo(client, answer.json())

    async def _undo(self, client: httpx.AsyncClient, edit: dict[str, Any]) -> None:
        """And perhaps redo."""
        for kind in ("undo", "redo"):
            answer = await self.easel.change(kind, edit, client)
            assert answer.status_code == 200, answer.text
            if self.chance.random() < 0.5:
                return


async def ended_again_and_again(easel: Easel, chance: random.Random) -> None:
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


@pytest.mark.parametrize("seed", [1, 20261122])
async def test_every_edit_is_in_the_history_and_the_history_makes_the_tiles(easel: Easel, seed: int) -> None:
    crowd = Crowd(easel, random.Random(seed))
    unsteady = asyncio.create_task(ended_again_and_again(easel, random.Random(seed)))
    try:
        async with asyncio.timeout(120):
            await asyncio.gather(*(crowd.somebody(number) for number in range(PEOPLE)))
    finally:
        unsteady.cancel()
        await asyncio.gather(unsteady, return_exceptions=True)

    committed = [edit for edit in crowd.done if edit["state"] == "committed"]
    failed = [edit["error"]["code"] for edit in crowd.done if edit["state"] == "failed"]
    assert len(committed) > EDITS / 2
    assert len(crowd.erased) >= 3
    assert set(failed) <= {"nothing_to_paint"}, "others had painted all of it"
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        history = connection.execute(
            "SELECT seq, edit FROM atlas_commits WHERE kind IN ('paint', 'erase') ORDER BY seq"
        ).fetchall()
        [(last,)] = connection.execute("SELECT max(seq) FROM atlas_commits").fetchall()
        [(commits,)] = connection.execute("SELECT count(*) FROM atlas_commits").fetchall()
    assert sorted(str(edit) for _, edit in history) == sorted(str(edit["id"]) for edit in committed + crowd.erased)
    assert commits == last, "no number is left out, and none comes twice"
    assert easel.files_now() == await replayed(easel)
