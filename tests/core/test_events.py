"""The event bus: nothing missed, nothing twice, resume by id."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from figment.core import events
from figment.core.database import Database
from figment.core.events import Bus, Event, Gap


@pytest.fixture
async def bus(database: Database) -> AsyncIterator[Bus]:
    opened = Bus(database)
    await opened.start()
    yield opened
    await opened.stop()


async def _publish(database: Database, *published: Event) -> None:
    async with database.transaction() as connection:
        await events.publish(connection, published)


async def _take(stream: AsyncIterator[Event | Gap], count: int) -> list[Event | Gap]:
    async with asyncio.timeout(5):
        return [await anext(stream) for _ in range(count)]


async def test_a_stream_gets_its_topic_only_and_in_order(database: Database, bus: Bus) -> None:
    stream = bus.subscribe(["person:a"])
    first = asyncio.create_task(_take(stream, 3))
    await asyncio.sleep(0.05)
    for n in range(3):
        await _publish(database, Event("person:a", "job", {"n": n}), Event("person:b", "job", {"n": -1}))
    got = await first
    assert [event.data["n"] for event in got if isinstance(event, Event)] == [0, 1, 2]


async def test_resume_replays_what_was_missed_then_goes_on_live(database: Database, bus: Bus) -> None:
    await _publish(database, *(Event("t", "job", {"n": n}) for n in range(5)))
    stream = bus.subscribe(["t"], after=2)
    got = await _take(stream, 3)
    await _publish(database, Event("t", "job", {"n": 5}))
    got += await _take(stream, 1)
    assert [event.data["n"] for event in got if isinstance(event, Event)] == [2, 3, 4, 5]
    assert [event.id for event in got] == [3, 4, 5, 6]


async def test_a_stream_that_was_away_too_long_is_told_so(database: Database, bus: Bus) -> None:
    await _publish(database, *(Event("t", "job", {"n": n}) for n in range(5)))
    async with database.transaction() as connection:
        assert await events.prune(connection, kept_s=0) == 4
    assert await _take(bus.subscribe(["t"], after=1), 1) == [Gap(5)]
    assert await _take(bus.subscribe(["t"], after=99), 1) == [Gap(5)]


async def test_a_slow_reader_overflows_into_the_table_and_misses_nothing(database: Database, bus: Bus) -> None:
    stream = bus.subscribe(["t"])
    first = asyncio.create_task(_take(stream, 1))
    await asyncio.sleep(0.05)
    await _publish(database, *(Event("t", "job", {"n": n}) for n in range(1000)))
    got = await first
    await asyncio.sleep(0.3)
    got += await _take(stream, 999)
    assert [event.data["n"] for event in got if isinstance(event, Event)] == list(range(1000))


@pytest.mark.parametrize("seed", [1, 2])
async def test_concurrent_writers_never_hide_an_event_from_a_reader(database: Database, bus: Bus, seed: int) -> None:
    """Transactions commit in another order than they began; a reader at id N must not miss an N-1 that commits later."""
    chance = random.Random(seed)
    stream = bus.subscribe(["t"])
    reader = asyncio.create_task(_take(stream, 60))
    await asyncio.sleep(0.05)

    async def write(n: int) -> None:
        async with database.transaction() as connection:
            await asyncio.sleep(chance.random() * 0.03)
            await events.publish(connection, [Event("t", "job", {"n": n})])
            await asyncio.sleep(chance.random() * 0.01)

    await asyncio.gather(*(write(n) for n in range(60)))
    got = [event for event in await reader if isinstance(event, Event)]
    assert sorted(event.data["n"] for event in got) == list(range(60))
    assert [event.id for event in got] == sorted(event.id for event in got)


async def test_a_rolled_back_event_is_never_told(database: Database, bus: Bus) -> None:
    stream = bus.subscribe(["t"])
    first = asyncio.create_task(_take(stream, 1))
    await asyncio.sleep(0.05)

    async def publish_and_fail() -> None:
        async with database.transaction() as connection:
            await events.publish(connection, [Event("t", "job", {"n": "lost"})])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await publish_and_fail()
    await _publish(database, Event("t", "job", {"n": "kept"}))
    got = await first
    assert isinstance(got[0], Event)
    assert got[0].data["n"] == "kept"


async def test_latest_gives_the_newest_event_of_each_subject(database: Database) -> None:
    one, two = uuid4(), uuid4()
    await _publish(
        database, Event("t", "job", {"n": 1}, one), Event("t", "job", {"n": 2}, two), Event("t", "job", {"n": 3}, one)
    )
    async with database.transaction() as connection:
        newest = await events.latest(connection, [one, two, uuid4()])
    assert {key: event.data["n"] for key, event in newest.items()} == {one: 3, two: 2}


async def test_stopping_the_bus_ends_its_streams(database: Database) -> None:
    bus = Bus(database)
    await bus.start()
    stream = bus.subscribe(["t"])
    waiting = asyncio.create_task(_take(stream, 1))
    await asyncio.sleep(0.05)
    await bus.stop()
    with pytest.raises((StopAsyncIteration, RuntimeError)):
        await waiting
