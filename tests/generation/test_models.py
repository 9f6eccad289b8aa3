"""Another model becomes the default while all goes on, or nothing changes and it is said why."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest

from figment.accounts.schemas import TokenRequest
from figment.core.events import Event
from figment.generation import model_store
from figment.generation.contract import ModelUnavailable
from figment.generation.errors import ModelIsLoading
from figment.generation.models import TOPIC, Shelf
from figment.generation.reclaim import Reclaimer
from figment.generation.schemas import ModelLoad
from tests.generation.conftest import Bench
from tests.http import serving
from tests.scripted import CARD, ScriptedWorker


@dataclass
class Shop:
    """A shelf with a worker behind it."""

    bench: Bench
    shelf: Shelf

    async def load(self, model: str = "someone/model") -> ModelLoad:
        return await self.shelf.load(self.bench.owner, model)

    async def until(self, load: ModelLoad, *states: str) -> ModelLoad:
        async with asyncio.timeout(10):
            while (found := await self.shelf.loaded(load.id)).state not in states:
                await asyncio.sleep(0.02)
        return found

    async def names(self) -> list[str]:
        return [card.name for card in await self.shelf.cards()]

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Shelf]:
        """The shelf of another process."""
        house = self.bench.house
        shelf = Shelf(house.database, house.bus, house.queue, [CARD])
        await shelf.start()
        yield shelf
        await shelf.stop()


@pytest.fixture
async def shop(bench: Bench) -> AsyncIterator[Shop]:
    house = bench.house
    shelf = Shelf(house.database, house.bus, house.queue, [CARD])
    await shelf.start()
    yield Shop(bench, shelf)
    await shelf.stop()


async def heard(shelf: Shelf, name: str) -> None:
    async with asyncio.timeout(5):
        while (await shelf.cards())[0].name != name:
            await asyncio.sleep(0.02)


async def test_a_model_that_is_ready_is_the_default_everywhere_and_after_a_start(shop: Shop) -> None:
    async with shop.another() as elsewhere, shop.bench.running():
        asked = await shop.load()
        assert (asked.state, asked.model) == ("queued", "someone/model")
        assert (await shop.until(asked, "succeeded")).error is None
        await heard(shop.shelf, "someone/model")
        await heard(elsewhere, "someone/model")
    async with shop.another() as started_later:
        assert [card.name for card in await started_later.cards()] == ["someone/model", CARD.name]
    again = await shop.load(CARD.name)
    async with shop.bench.running():
        await shop.until(again, "succeeded")
    await heard(shop.shelf, CARD.name)
    assert await shop.names() == [CARD.name, "someone/model"]


async def test_a_model_that_cannot_paint_from_words_alone_is_never_the_default(shop: Shop) -> None:
    shop.bench.worker.tasks = frozenset({"inpainting"})
    async with shop.bench.running():
        await shop.until(await shop.load("someone/inpainting"), "succeeded")
        async with asyncio.timeout(5):
            while len(await shop.names()) < 2:
                await asyncio.sleep(0.02)
    assert await shop.names() == [CARD.name, "someone/inpainting"]


async def test_the_present_model_serves_while_another_is_fetched(shop: Shop) -> None:
    shop.bench.worker.hold()
    async with shop.bench.running():
        load = await shop.load()
        told = await shop.until(load, "running")
        async with asyncio.timeout(5):
            while (told := await shop.shelf.loaded(load.id)).stage is None:
                await asyncio.sleep(0.02)
        assert (told.stage, told.bytes_fetched) == ("fetching", 1000)
        assert await shop.names() == [CARD.name]
        [job] = await shop.bench.submit()
        await shop.bench.until(job, "running")
        shop.bench.worker.release()
        assert (await shop.bench.until(job)).state == "succeeded"
        await shop.until(load, "succeeded")


@pytest.mark.parametrize("code", ["no_such_model", "needs_token", "not_enough_memory"])
async def test_a_load_that_fails_says_why_and_changes_nothing(shop: Shop, code: str) -> None:
    shop.bench.worker.failures = [ModelUnavailable(code, "that is why")]
    async with shop.bench.running():
        failed = await shop.until(await shop.load(), "failed")
        assert failed.error == ModelLoad.Error(code=code, detail="that is why")
        assert await shop.names() == [CARD.name]
        # The next one is not held up by it.
        await shop.until(await shop.load("someone/other"), "succeeded")


async def test_what_nobody_foresaw_is_a_failed_load_and_no_lost_worker(shop: Shop) -> None:
    shop.bench.worker.failures = [ZeroDivisionError("by zero")]
    async with shop.bench.running():
        failed = await shop.until(await shop.load(), "failed")
        [job] = await shop.bench.submit()
        assert (await shop.bench.until(job)).state == "succeeded"
    assert failed.error is not None
    assert (failed.error.code, "by zero" in failed.error.detail) == ("internal", True)


async def test_one_load_at_a_time(shop: Shop) -> None:
    await shop.load()
    with pytest.raises(ModelIsLoading):
        await shop.load("someone/other")


async def test_a_load_whose_worker_was_stopped_fails_and_can_be_asked_for_again(shop: Shop) -> None:
    shop.bench.worker.hold()
    async with shop.bench.running():
        load = await shop.load()
        await shop.until(load, "running")
    assert (await shop.until(load, "failed")).error is not None
    assert (await shop.load()).state == "queued"


async def test_a_load_whose_worker_died_is_found_and_fails(shop: Shop) -> None:
    house = shop.bench.house
    load = await shop.load()
    async with house.database.transaction() as connection:
        await model_store.begin(connection, load.id)
        await connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
        await connection.execute("UPDATE model_loads SET created_at = now() - interval '1 hour'")
    await Reclaimer(house.database, house.queue, house.settings).reclaim()
    failed = await shop.shelf.loaded(load.id)
    assert failed.error is not None
    assert (failed.state, failed.error.code) == ("failed", "worker_lost")


async def test_a_worker_that_never_heard_of_a_model_opens_it_when_a_picture_is_asked_of_it(shop: Shop) -> None:
    async with shop.bench.running():
        await shop.until(await shop.load(), "succeeded")
    fresh = ScriptedWorker()
    async with shop.bench.running(fresh):
        [job] = await shop.bench.submit(model="someone/model")
        done = await shop.bench.until(job)
    assert done.state == "succeeded"
    assert [card.name for card in await fresh.models()] == [CARD.name, "someone/model"]


async def test_its_way_is_told_to_who_asked_and_its_end_to_everybody(shop: Shop) -> None:
    async with shop.bench.running():
        load = await shop.load()
        await shop.until(load, "succeeded")
    async with shop.bench.house.database.statements() as connection:
        rows = (await connection.execute("SELECT topic, type, data FROM events ORDER BY id")).all()
    told = [Event(row.topic, row.type, row.data) for row in rows]
    mine = [event.data for event in told if event.topic == f"person:{shop.bench.owner}"]
    assert [one["state"] for one in mine][:1] + [one["state"] for one in mine][-1:] == ["queued", "succeeded"]
    assert [event.data for event in told if event.topic == TOPIC] == [{"loaded": "someone/model"}]


@pytest.fixture
async def server(bench: Bench) -> AsyncIterator[str]:
    """A web process without an engine."""
    house = bench.house
    settings = house.settings.model_copy(update={"limit_sessions": "off"})
    async with serving(settings, house.database.url, with_worker=False) as address:
        yield address


@pytest.fixture
async def guest(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server) as client:
        await client.post("/api/session")
        yield client


@pytest.fixture
async def admin(server: str, bench: Bench) -> AsyncIterator[httpx.AsyncClient]:
    token = await bench.house.accounts.make_admin_token(TokenRequest(name="test"))
    async with httpx.AsyncClient(base_url=server, headers={"Authorization": f"Bearer {token.token}"}) as client:
        yield client


class TestOverHttp:
    async def test_only_administrators_load_models(self, guest: httpx.AsyncClient) -> None:
        refused = await guest.post("/api/models/load", json={"model": "someone/model"})
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")

    async def test_a_token_needs_the_scope(self, server: str, bench: Bench) -> None:
        reader = await bench.house.accounts.make_admin_token(TokenRequest(name="test", scopes=["models:read"]))
        async with httpx.AsyncClient(base_url=server, headers={"Authorization": f"Bearer {reader.token}"}) as client:
            refused = await client.post("/api/models/load", json={"model": "someone/model"})
        assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")

    async def test_the_models_page_shows_the_new_default(
        self, admin: httpx.AsyncClient, guest: httpx.AsyncClient, bench: Bench
    ) -> None:
        before = (await guest.get("/api/models")).json()["items"]
        async with bench.running():
            load = (await admin.post("/api/models/load", json={"model": "someone/model"})).json()["id"]
            async with asyncio.timeout(10):
                while (await guest.get("/api/models")).json()["items"][0]["name"] != "someone/model":
                    await asyncio.sleep(0.02)
        after = (await guest.get("/api/models")).json()["items"]
        assert [model["default"] for model in after] == [True] + [False] * len(before)
        assert (await admin.get(f"/api/models/loads/{load}")).json()["state"] == "succeeded"

    async def test_an_administrator_loads_one(self, admin: httpx.AsyncClient) -> None:
        accepted = await admin.post("/api/models/load", json={"model": "someone/model"})
        assert accepted.status_code == 202
        found = await admin.get(f"/api/models/loads/{accepted.json()['id']}")
        assert (found.json()["model"], found.json()["state"]) == ("someone/model", "queued")
        again = await admin.post("/api/models/load", json={"model": "someone/other"})
        assert (again.status_code, again.json()["code"]) == (409, "model_is_loading")
        unknown = await admin.get(f"/api/models/loads/{UUID(int=0)}")
        assert unknown.status_code == 404

    @pytest.mark.parametrize("name", ["", "../secret", "a/b/c", "/etc/model", "x" * 201])
    async def test_a_name_that_cannot_be_one_is_refused_by_field(self, admin: httpx.AsyncClient, name: str) -> None:
        refused = await admin.post("/api/models/load", json={"model": name})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "model"
