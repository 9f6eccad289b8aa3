"""Worlds with a seed: their ground is painted where somebody looks, once and the same, and people's edits lie over it."""

from __future__ import annotations

import asyncio
import io
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from PIL import Image

from figment.core.migrations.versions import v0007_atlas
from figment.features.atlas.jobs import terrain as jobs
from figment.features.atlas.jobs.ground import Grounds
from figment.features.atlas.rules.terrain import Pixels, Rectangle, home
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.store import ground as wants
from figment.generation.contract import GenerationRefused, ImageRequest, ModelCard, Ticket, Update, Urgency, WorkerLost
from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, RED, Dyer, Easel
from tests.features.atlas.test_painting import png_of

TERRA = "/api/atlas/worlds/terra"
FAR = 10**9 // 512
SQUARE = [(x, y) for y in (-1, 0) for x in (FAR, FAR + 1)]


def plain_land(seed: int, area: Rectangle) -> Pixels:
    """A sketch that costs nothing: what the real one looks like is no matter here. (h, w, 4)."""
    dice = np.random.default_rng([seed, zlib.crc32(f"{area.x},{area.y}".encode())])
    return np.broadcast_to(dice.integers(0, 256, 4).astype(np.uint8) // (1, 1, 1, 255), (area.height, area.width, 4))


@pytest.fixture(autouse=True)
def cheap_land(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "drawn_land", plain_land)


class Surveyor(Dyer):
    """A dyer for ground: writes down how urgent it was, and fails when it is told to."""

    def __init__(self, weights: str = "") -> None:
        super().__init__()
        self._weights = weights
        self.urgencies: set[Urgency] = set()

    async def models(self) -> Sequence[ModelCard]:
        card, *others = await super().models()
        return [replace(card, weights_hash=self._weights or card.weights_hash), *others]

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        self.urgencies.add(ticket.urgency)
        if self.failures:
            raise self.failures.pop(0)
        # Other weights, other pixels.
        asked = replace(request, seed=request.seed ^ zlib.crc32(self._weights.encode()))
        async for update in super().run(asked, ticket):
            yield update


@asynccontextmanager
async def painting_ground(easel: Easel, *surveyors: Dyer) -> AsyncIterator[None]:
    """Workers, as each process has one."""
    works = [Grounds(easel.house.database, easel.house.storage, surveyor).run() for surveyor in surveyors]
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(there: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await there():
            await asyncio.sleep(0.02)


def sql(easel: Easel, statement: str, *values: Any) -> list[Any]:
    with psycopg.connect(easel.database_url, autocommit=True) as connection:
        found = connection.execute(statement, values)
        return found.fetchall() if found.description else []


def files(easel: Easel, slug: str = "terra", z: int = 0) -> dict[tuple[int, int], str]:
    rows = sql(
        easel,
        "SELECT x, y, file FROM atlas_tiles t JOIN atlas_worlds w ON w.id = t.world"
        " WHERE slug = %s AND z = %s AND file IS NOT NULL",
        slug,
        z,
    )
    return {(x, y): file for x, y, file in rows}


def ground(easel: Easel) -> dict[tuple[int, int], str]:
    return {(x, y): file for x, y, file in sql(easel, "SELECT x, y, file FROM atlas_ground")}


def waiting(easel: Easel) -> set[tuple[int, int]]:
    return {(x, y) for x, y in sql(easel, "SELECT x, y FROM atlas_ground_wanted")}


async def look(easel: Easel, x: int, y: int, z: int = 0, slug: str = "terra") -> httpx.Response:
    answer = await easel.client.get(f"/api/atlas/worlds/{slug}/tiles/{z}/{x}/{y}")
    assert answer.status_code == 200, answer.text
    return answer


async def painted(easel: Easel, places: Sequence[tuple[int, int]], slug: str = "terra") -> dict[tuple[int, int], str]:
    """The files of these tiles, when all of them are painted."""

    async def there() -> bool:
        return set(places) <= set(files(easel, slug))

    await until(there)
    return files(easel, slug)


def pixels_of(answer: httpx.Response) -> Pixels:
    with Image.open(io.BytesIO(answer.content)) as picture:
        return np.asarray(picture.convert("RGBA"))


async def ask(easel: Easel, x: int, y: int, seed: int, **wish: Any) -> Any:
    body = {"x": x, "y": y, "width": 256, "height": 256, "prompt": "a hill", "seed": seed, "steps": 1, **wish}
    answer = await easel.client.post(f"{TERRA}/edits", json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def over(easel: Easel, edit: Any) -> Any:
    found: Any = None

    async def ended() -> bool:
        nonlocal found
        found = (await easel.client.get(f"{TERRA}/edits/{edit['id']}")).json()
        return found["state"] not in ("queued", "running")

    await until(ended)
    return found


async def test_a_look_is_answered_with_the_sketch_at_once_and_the_tile_comes_later(easel: Easel) -> None:
    surveyor = Surveyor()
    surveyor.may_finish.clear()
    async with painting_ground(easel, surveyor):
        first = await look(easel, 3, 4)
        assert first.headers["content-type"] == "image/webp"
        assert "etag" not in first.headers
        assert first.headers["cache-control"] == "private, max-age=5"
        assert files(easel) == {}
        surveyor.may_finish.set()
        await painted(easel, [(3, 4)])
    area = {"z": 0, "x0": 3, "y0": 4, "x1": 4, "y1": 4}
    manifest = (await easel.client.get(f"{TERRA}/manifest", params=area)).json()
    [tile] = manifest["tiles"]
    assert (tile["x"], tile["y"]) == (3, 4)
    assert manifest["ground"] != tile["v"]
    later = await easel.client.get(f"{TERRA}/tiles/0/3/4", params={"v": tile["v"]})
    assert "immutable" in later.headers["cache-control"]
    assert later.content != first.content
    assert surveyor.urgencies == {Urgency.PREFETCH}
    assert waiting(easel) == set()


async def test_tiles_are_the_same_in_any_order_and_by_any_worker(easel: Easel) -> None:
    sql(
        easel,
        "INSERT INTO atlas_worlds (slug, name, seed, home_x, home_y) SELECT 'twin', 'Twin', seed, 0, 0 FROM atlas_worlds WHERE slug = 'terra'",
    )
    async with painting_ground(easel, Surveyor(), Surveyor()):
        for place in SQUARE:
            await look(easel, *place)
        crowd = await painted(easel, SQUARE)
    async with painting_ground(easel, Surveyor()):
        for place in reversed(SQUARE):
            await look(easel, *place, slug="twin")
            await painted(easel, [place], "twin")
    assert files(easel, "twin") == crowd
    assert len(set(crowd.values())) == len(SQUARE)


async def test_what_many_look_at_is_made_once_for_all_of_them(easel: Easel) -> None:
    workers = [Surveyor(), Surveyor(), Surveyor()]
    for worker in workers:
        worker.may_finish.clear()
    async with painting_ground(easel, *workers):
        for _ in range(3):
            await look(easel, 0, 0)

        async def begun() -> bool:
            return any(worker.asked for worker in workers)

        await until(begun)
        await look(easel, 0, 0)
        for worker in workers:
            worker.may_finish.set()
        await painted(easel, [(0, 0)])
    assert sum(bool(worker.asked) for worker in workers) == 1
    told = sql(easel, "SELECT data FROM events WHERE type = 'tiles' AND data->'tiles'->0->>'z' = '0'")
    assert len(told) == 1


async def test_no_more_wait_than_there_is_room_for_and_what_nobody_looks_at_any_more_is_left(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "MOST_WANTED", 3)
    for x in range(6):
        await look(easel, x, 0)
    assert waiting(easel) == {(0, 0), (1, 0), (2, 0)}
    sql(easel, "UPDATE atlas_ground_wanted SET looked_at = now() - interval '2 minutes' WHERE x = 1")
    async with painting_ground(easel, Surveyor()):
        await painted(easel, [(0, 0), (2, 0)])
        await until(lambda: asyncio.sleep(0, not waiting(easel)))
    assert set(files(easel)) == {(0, 0), (2, 0)}


async def test_who_has_no_session_sees_the_sketch_and_makes_nobody_work(easel: Easel) -> None:
    async with httpx.AsyncClient(base_url=easel.address, trust_env=False) as passer_by:
        assert (await passer_by.get(f"{TERRA}/tiles/0/0/0")).status_code == 200
    assert waiting(easel) == set()


async def test_an_edit_lies_over_ground_and_undo_brings_the_very_ground_back(easel: Easel) -> None:
    edit = await over(easel, await ask(easel, 512 - 128, 512 - 128, RED))
    assert edit["state"] == "committed"
    four = {(0, 0), (1, 0), (0, 1), (1, 1)}
    below = ground(easel)
    assert set(below) == set(files(easel)) == four
    assert not set(below.values()) & set(files(easel).values())
    *windows, asked = easel.dyer.asked
    assert windows, "the ground was painted first"
    assert asked.task == "inpainting"
    assert asked.mask is not None
    assert asked.init_image is not None
    corner = await easel.files.get(below[0, 0])
    assert np.array_equal(asked.init_image[:128, :128], corner[384:, 384:, :3])
    assert not asked.mask[:32].any()
    assert not asked.mask[:, -32:].any()
    assert asked.mask[32:-32, 32:-32].all()
    tile = await easel.files.get(files(easel)[0, 0])
    changed = (tile != corner).any(axis=-1)
    assert not changed[: 384 + 32].any()
    assert not changed[:, : 384 + 32].any()
    assert tile[511, 511].tolist() == [*COLOURS[RED], 255]
    assert (tile[..., 3] == 255).all()
    undone = await easel.client.post(f"{TERRA}/edits/{edit['id']}/undo")
    assert undone.status_code == 200, undone.text
    assert files(easel) == below
    assert (await easel.client.post(f"{TERRA}/edits/{edit['id']}/redo")).status_code == 200
    assert np.array_equal(await easel.files.get(files(easel)[0, 0]), tile)


async def test_ground_that_comes_while_somebody_paints_there_harms_neither(easel: Easel) -> None:
    surveyor = Surveyor()
    easel.dyer.may_finish.clear()
    surveyor.may_finish.clear()
    async with painting_ground(easel, surveyor):
        for place in ((0, 0), (1, 0)):
            await look(easel, *place)

        async def begun() -> bool:
            return bool(surveyor.asked)

        await until(begun)
        # Two tiles are in the other worker's hands now, and two are this edit's to paint.
        mine = await ask(easel, 512 - 128, 512 - 128, RED)
        theirs = await ask(easel, 512 - 128, 512, GREEN)
        surveyor.may_finish.set()
        easel.dyer.may_finish.set()
        edits = [await over(easel, edit) for edit in (mine, theirs)]
    assert [edit["state"] for edit in edits] == ["committed", "committed"]
    assert {(0, 0), (1, 0), (0, 1), (1, 1)} <= set(ground(easel))
    history = sql(easel, "SELECT kind, edit FROM atlas_commits ORDER BY seq")
    assert sorted(str(edit) for _, edit in history) == sorted(edit["id"] for edit in edits)
    for edit in edits:
        assert (await easel.client.post(f"{TERRA}/edits/{edit['id']}/undo")).status_code == 200
    assert files(easel) == ground(easel)


async def test_an_edit_under_a_mask_lies_over_ground_too(easel: Easel) -> None:
    mask = np.zeros((256, 256), np.uint8)
    mask[64:192, 64:192] = 255
    sent = await easel.client.post("/api/images", files={"file": ("mask.png", png_of(mask), "image/png")})
    edit = await over(easel, await ask(easel, 0, 0, BLUE, mask=sent.json()["id"]))
    assert edit["state"] == "committed"
    tile, below = [await easel.files.get(found(easel)[0, 0]) for found in (files, ground)]
    changed = (tile != below).any(axis=-1)[:256, :256]
    assert not changed[mask == 0].any()
    assert tile[128, 128].tolist() == [*COLOURS[BLUE], 255]


async def test_from_above_every_tile_is_there_and_what_is_painted_shows_in_it(easel: Easel) -> None:
    area = {"z": -1, "x0": 0, "y0": 0, "x1": 0, "y1": 0}

    async def seen() -> tuple[httpx.Response, str]:
        manifest = (await easel.client.get(f"{TERRA}/manifest", params=area)).json()
        version = manifest["tiles"][0]["v"] if manifest["tiles"] else manifest["ground"]
        return await easel.client.get(f"{TERRA}/tiles/-1/0/0", params={"v": version}), version

    sketch, before = await seen()
    assert "immutable" in sketch.headers["cache-control"]
    assert easel.dyer.asked == []
    assert waiting(easel) == set(), "the model paints what is looked at from near"
    await over(easel, await ask(easel, 128, 128, RED))
    while await easel.overviews.draw():
        pass
    mixed, after = await seen()
    assert after != before
    assert "immutable" in mixed.headers["cache-control"]
    told = [
        tile["v"]
        for (data,) in sql(easel, "SELECT data FROM events WHERE type = 'tiles'")
        for tile in data["tiles"]
        if (tile["z"], tile["x"], tile["y"]) == (-1, 0, 0)
    ]
    assert told[-1] == after
    pixels = [pixels_of(answer) for answer in (sketch, mixed)]
    assert np.abs(pixels[1][110:146, 110:146, :3].astype(int) - COLOURS[RED]).max() < 12
    rim = np.abs(pixels[0][:2, :200, :3].astype(int) - pixels[1][:2, :200, :3]).mean()
    assert rim < 12, "what is painted fades over into the sketch"
    # Views are lossy: as near as that is the same.
    assert np.abs(pixels[0][300:, 300:].astype(int) - pixels[1][300:, 300:]).mean() < 4
    assert (await easel.client.get(f"{TERRA}/tiles/-12/{2**40}/0")).status_code == 404


async def test_another_model_paints_all_ground_anew_and_an_older_process_leaves_it_alone(easel: Easel) -> None:
    old = Grounds(easel.house.database, easel.house.storage, Surveyor())
    edit = await over(easel, await ask(easel, 0, 0, RED))
    [world] = sql(easel, "SELECT id FROM atlas_worlds WHERE slug = 'terra'")[0]
    await old.ensure(world, [Place(5, 5)])
    first = files(easel)
    assert set(first) == {(0, 0), (5, 5)}
    newer = Surveyor("another model's")
    async with painting_ground(easel, newer):
        await look(easel, 9, 9)
        await painted(easel, [(9, 9)])

        async def moved() -> bool:
            return files(easel).get((0, 0)) not in (None, first[0, 0])

        await until(moved)
    assert set(files(easel)) == {(0, 0), (9, 9)}, "what nobody had painted is painted when somebody looks"
    tile = await easel.files.get(files(easel)[0, 0])
    assert tile[128, 128].tolist() == [*COLOURS[RED], 255], "the edit still lies over it"
    assert sql(easel, "SELECT count(*) FROM events WHERE type = 'reset'") == [(1,)]
    with pytest.raises(WorkerLost):
        await old.ensure(world, [Place(5, 5)])
    assert (5, 5) not in files(easel)
    assert (await easel.client.post(f"{TERRA}/edits/{edit['id']}/undo")).status_code == 200
    assert files(easel)[0, 0] == ground(easel)[0, 0]


@pytest.mark.parametrize("failure", [WorkerLost("gone"), RuntimeError("broken"), GenerationRefused("no such model")])
async def test_a_piece_that_fails_is_tried_again(easel: Easel, failure: Exception) -> None:
    surveyor = Surveyor()
    surveyor.failures = [failure]
    async with painting_ground(easel, surveyor):
        await look(easel, 0, 0)
        await painted(easel, [(0, 0)])


async def test_a_model_that_never_paints_it_is_asked_no_more_until_somebody_looks_again(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wants, "_TRIES", 2)
    surveyor = Surveyor()
    surveyor.failures = [GenerationRefused("no such model")] * 1000
    async with painting_ground(easel, surveyor):
        await look(easel, 0, 0)
        await until(lambda: asyncio.sleep(0, not waiting(easel)))
    assert files(easel) == {}


def test_terra_begins_where_its_seed_says() -> None:
    assert "'Terra incognita', 64, {}, {}".format(*home(64)) in v0007_atlas._SCRIPT
