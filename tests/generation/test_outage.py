"""The database goes away and comes back: jobs that were accepted are run, by the same process."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg

from figment.accounts import store as accounts_store
from figment.core.database import DatabaseError
from figment.core.postgres import EmbeddedPostgres
from figment.core.postgres_keeper import kept_running
from figment.core.settings import Settings
from figment.generation.schemas import Job
from figment.generation.service import Jobs
from figment.main import open_house
from tests.generation.conftest import Bench, scripted_cards
from tests.scripted import ScriptedWorker


async def test_work_goes_on_after_the_database_was_away(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    url = await asyncio.to_thread(server.start)
    try:
        settings = Settings(data=tmp_path, heartbeat_s=0.3, stalled_after_s=1.5)
        async with open_house(settings, url) as house:
            jobs = Jobs(house.database, house.bus, house.queue, house.images, scripted_cards, 60, 40)
            async with house.database.transaction() as connection:
                owner = (await accounts_store.add_person(connection, "Tester")).id
            bench = Bench(replace(house, jobs=jobs), ScriptedWorker(), jobs, owner)
            async with bench.running() as runner:
                [before] = await bench.submit()
                await bench.until(before)
                await asyncio.to_thread(server.stop)
                await asyncio.sleep(4)
                assert not runner.healthy
                await asyncio.to_thread(server.start)
                [after] = await _submit_when_back(bench)
                assert (await bench.until(after, timeout_s=40)).state == "succeeded"
                async with asyncio.timeout(20):
                    while not runner.healthy:
                        await asyncio.sleep(0.05)
    finally:
        await asyncio.to_thread(server.stop)


async def _submit_when_back(bench: Bench) -> list[Job]:
    """The pool finds out connection by connection that its old ones are dead; a person would press the button again, too."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await bench.submit()
            except DatabaseError:
                await asyncio.sleep(0.2)


async def test_the_database_that_is_killed_is_started_again(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "postgres")
    url = await asyncio.to_thread(server.start)
    try:
        with kept_running(server, url):
            with psycopg.connect(url) as connection:
                backend = psutil.Process(connection.info.backend_pid)
                postmaster = backend.parent()
            assert postmaster is not None
            postmaster.kill()
            await asyncio.to_thread(postmaster.wait, 5)
            async with asyncio.timeout(20):
                while not await asyncio.to_thread(_answers, url):
                    await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(server.stop)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            return connection.execute("SELECT 1").fetchone() == (1,)
    except psycopg.OperationalError:
        return False
