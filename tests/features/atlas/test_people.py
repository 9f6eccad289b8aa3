"""People who look at the same world: they see each other, and what each paints while it comes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from PIL import Image
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from figment.core.broadcast import MOST_BYTES
from figment.core.events import Event
from figment.features.atlas import channel
from figment.features.atlas.rules.presence import COLOURS, MOST_SEEN, Box, Figure, Spot, news, seen_from, who_of
from figment.features.atlas.schemas import Look
from figment.features.atlas.service import presence
from figment.features.atlas.service.presence import Presences, Seat
from tests.features.atlas.conftest import WORLD, Easel
from tests.http import Frame, frames


@dataclass
class Page:
    """Somebody's page of a world, as its socket knows it."""

    socket: ClientConnection
    you: str = ""
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: int = 0
    watchers: int = 0

    async def look(self, at: list[int] | None = None, view: list[int] | None = None) -> None:
        await self.socket.send(json.dumps({"at": at, "view": view or [0, 0, 1000, 800]}))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            told: dict[str, Any] = json.loads(await self.socket.recv())
        self.you, self.people, self.watchers = told["you"], told["people"], told["watchers"]
        self.others.update({one["id"]: one for one in told["changed"]})
        for gone in told["gone"]:
            del self.others[gone]
        return told

    async def until(self, people: int, watchers: int = 0) -> None:
        while (self.people, self.watchers) != (people, watchers):
            await self.hear()

    async def ended(self) -> int:
        """The code with which the server ends it."""
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.hear()
        assert self.socket.close_code is not None
        return self.socket.close_code


@contextlib.asynccontextmanager
async def page(easel: Easel, client: httpx.AsyncClient | None, **headers: str) -> AsyncIterator[Page]:
    """A page of that person's, or of nobody's."""
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items()) if client else ""
    sent = {**({"Cookie": cookies} if cookies else {}), **headers}
    address = f"{easel.address.replace('http', 'ws')}{WORLD}/presence"
    async with connect(address, additional_headers=sent, proxy=None) as socket:
        yield Page(socket)


async def name_of(client: httpx.AsyncClient) -> str:
    return str((await client.post("/api/session")).json()["person"]["name"])


async def test_two_people_see_each_other_point_and_go(easel: Easel) -> None:
    async with easel.somebody() as ben, page(easel, easel.client) as hers:
        await hers.until(1)
        async with page(easel, ben) as his:
            await his.look([120, -40])
            await his.until(2)
            await hers.until(2)
            while not (hers.others and next(iter(hers.others.values()))["at"]):
                await hers.hear()
            [seen] = hers.others.values()
            assert (seen["name"], seen["at"], seen["view"]) == (await name_of(ben), [120, -40], [0, 0, 1000, 800])
            assert 0 <= seen["colour"] < COLOURS
            assert seen["id"] == his.you
            assert [other["name"] for other in his.others.values()] == [await name_of(easel.client)]
        await hers.until(1)
        assert hers.others == {}


async def test_nobody_in_particular_is_only_counted(easel: Easel) -> None:
    async with page(easel, easel.client) as hers, page(easel, None) as nobody:
        await nobody.until(1, 1)
        assert len(nobody.others) == 1
        await nobody.look([1, 1])
        await hers.until(1, 1)
        assert hers.others == {}


async def test_two_pages_of_one_person_are_one_person(easel: Easel) -> None:
    async with page(easel, easel.client) as one, page(easel, easel.client) as other:
        await other.until(1)
        [seen] = other.others.values()
        await one.hear()
        assert (seen["id"], one.people) == (one.you, 1)
        assert (await one.hear())["me"] == seen["who"]


async def test_whoever_is_frozen_is_gone(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "SILENT_S", 0.4)
    async with easel.somebody() as ben, page(easel, ben) as his:
        await his.until(1)
        assert await his.ended() == 4000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("nothing", 4001),
        ("[]", 4001),
        ('{"view": [0, 0, 0, 10]}', 4001),
        ('{"view": [0, 0, 9, 9], "at": [1e400, 2]}', 4001),
        ('{"view": [0, 0, 9, 9], "at": [1.5, 2]}', 4001),
        (f'{{"view": [0, 0, 9, {2**41}]}}', 4001),
        ('{"view": [0, 0, 9, 9], "name": "root"}', 4001),
        (b'{"view": [0, 0, 9, 9]}', 4001),
        ("x" * 301, 1009),
    ],
)
async def test_what_is_no_look_ends_it(easel: Easel, words: str | bytes, code: int) -> None:
    async with page(easel, easel.client) as mine:
        await mine.socket.send(words)
        assert await mine.ended() == code


async def test_a_flood_ends_it(easel: Easel) -> None:
    async with page(easel, easel.client) as mine:
        with contextlib.suppress(ConnectionClosed):
            for n in range(200):
                await mine.look([n, n])
        assert await mine.ended() == 1008


@pytest.mark.parametrize(
    ("world", "headers", "status", "code"),
    [
        ("nowhere", {}, 404, "world_not_found"),
        ("commons", {"Origin": "https://elsewhere.example"}, 403, "foreign_origin"),
        ("commons", {"Sec-Fetch-Site": "cross-site"}, 403, "foreign_origin"),
        ("commons", {"Authorization": "Bearer fig_unknown"}, 401, "not_signed_in"),
    ],
)
async def test_who_may_not_look_is_told_why(
    easel: Easel, world: str, headers: dict[str, str], status: int, code: str
) -> None:
    address = f"{easel.address.replace('http', 'ws')}/api/atlas/worlds/{world}/presence"
    with pytest.raises(InvalidStatus) as refused:
        async with connect(address, additional_headers=headers, proxy=None):
            pass
    assert refused.value.response.status_code == status
    assert json.loads(refused.value.response.body)["code"] == code


async def test_a_page_of_this_site_is_not_foreign(easel: Easel) -> None:
    async with page(easel, easel.client, Origin=easel.address) as mine:
        await mine.until(1)


async def test_so_many_pages_and_no_more(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "MOST_OF_PERSON", 1)
    monkeypatch.setattr(presence, "MOST_SEATS", 2)
    async with page(easel, easel.client) as mine, page(easel, None):
        await mine.until(1, 1)
        for client, status in ((easel.client, 503), (None, 503)):
            with pytest.raises(InvalidStatus) as refused:
                async with page(easel, client):
                    pass
            assert refused.value.response.status_code == status
        monkeypatch.setattr(presence, "MOST_SEATS", 3)
        with pytest.raises(InvalidStatus) as refused:
            async with page(easel, easel.client):
                pass
        assert refused.value.response.status_code == 429


@contextlib.asynccontextmanager
async def another_process(easel: Easel) -> AsyncIterator[Presences]:
    there = Presences(easel.house.database)
    await there.start()
    try:
        yield there
    finally:
        await there.stop()


async def person_of(easel: Easel, client: httpx.AsyncClient) -> Any:
    found = await easel.house.accounts.by_session(client.cookies["figment"])
    assert found is not None
    return found.person


async def test_those_of_another_process_are_seen_and_go_without_a_word_of_theirs(
    easel: Easel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LOST_S", 0.8)
    monkeypatch.setattr(presence, "SIGN_S", 0.2)
    async with easel.somebody() as ben, page(easel, easel.client) as hers:
        await hers.until(1)
        async with another_process(easel) as there, there.seat(await person_of(easel, ben), "commons") as seat:
            there.look(seat, Look(view=(0, 0, 10, 10), at=(5, 6)))
            assert (await told_of(there, seat, 2)).people == 2
            while not any(other["at"] == [5, 6] for other in hers.others.values()):
                await hers.hear()
            assert hers.people == 2
            # As if it were killed: nobody says that they are gone.
            await there.stop()
        await hers.until(1)
        assert hers.others == {}


async def told_of(there: Presences, seat: Seat, people: int) -> Any:
    async with asyncio.timeout(5):
        while (told := await there.told(seat)).people != people:
            pass
    return told


async def test_leaving_in_another_process_is_told_at_once(easel: Easel) -> None:
    async with easel.somebody() as ben, page(easel, easel.client) as hers, another_process(easel) as there:
        async with there.seat(await person_of(easel, ben), "commons"):
            await hers.until(2)
        async with asyncio.timeout(presence.LOST_S / 2):
            await hers.until(1)


async def test_a_crowd_fits_into_the_messages_between_processes(easel: Easel) -> None:
    presences = Presences(easel.house.database)
    figures = [
        Figure(f"{n:012}", f"{n:012}", "é" * 60, 3, Spot(-(2**40), n), Box(-(2**40), 0, 2**40, 2**40))
        for n in range(300)
    ]
    messages = list(presences._said(uuid4(), 5, figures, [figure.id for figure in figures]))
    assert max(len(message.encode()) for message in messages) <= MOST_BYTES
    said = [json.loads(message) for message in messages]
    assert {one[0] for message in said for one in message["figures"]} == {figure.id for figure in figures}
    assert [len(message["gone"]) for message in said] == [300] + [0] * (len(said) - 1)


async def heard(client: httpx.AsyncClient, address: str, last: str) -> list[Frame]:
    """What a stream tells until an event of that name comes, it included."""
    found: list[Frame] = []
    async with asyncio.timeout(20), frames(client, address) as stream:
        async for frame in stream:
            found.append(frame)
            if frame.event == last:
                break
    return found


async def test_everybody_sees_how_a_picture_comes_and_nothing_of_it_after_its_end(easel: Easel) -> None:
    easel.dyer.previews = 12
    async with easel.somebody() as other:
        hearing = asyncio.create_task(heard(other, f"{WORLD}/events", "tiles"))
        await asyncio.sleep(0.3)
        edit = await easel.paint(0, 0)
        told = await hearing
        pending = [frame for frame in told if frame.event == "progress"]
    # 12 steps of a tenth of a second: three tellings to the others where the author has six.
    assert 2 <= len(pending) <= 4
    assert {frame.data["edit"] for frame in pending} == {edit["id"]}
    steps = [frame.data["progress"]["step"] for frame in pending]
    assert steps == sorted(steps)
    data = pending[-1].data["progress"]["preview"].removeprefix("data:image/webp;base64,")
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.size == (85, 128)
    ended = next(n for n, frame in enumerate(told) if frame.event == "edit" and frame.data["state"] == "committed")
    assert max(n for n, frame in enumerate(told) if frame.event == "progress") < ended


async def test_who_comes_later_finds_it_in_what_is_pending(easel: Easel) -> None:
    easel.dyer.previews = 1
    easel.dyer.may_finish.clear()
    asked = (await easel.ask(0, 0)).json()
    async with easel.somebody() as other, asyncio.timeout(10):
        while True:
            [edit] = (await other.get(f"{WORLD}/edits", params={"pending": True})).json()["items"]
            if edit["progress"]:
                break
            await asyncio.sleep(0.05)
    assert edit["id"] == asked["id"]
    assert edit["progress"]["preview"].startswith("data:image/webp")
    easel.dyer.may_finish.set()
    assert (await easel.painted(asked["id"]))["state"] == "committed"


async def test_one_stream_tells_of_mine_and_of_the_world(easel: Easel) -> None:
    hearing = asyncio.create_task(heard(easel.client, "/api/events?also=atlas/commons", "tiles"))
    await asyncio.sleep(0.3)
    async with easel.somebody() as other:
        mine, theirs = await easel.ask(0, 0), await easel.ask(2000, 0, client=other)
        told = await hearing
        await easel.painted(mine.json()["id"])
        await easel.painted(theirs.json()["id"])
    assert {frame.data["id"] for frame in told if frame.event == "edit"} <= {mine.json()["id"], theirs.json()["id"]}
    assert {frame.data["ref"] for frame in told if frame.event == "job"} == {mine.json()["id"]}
    assert [frame.id for frame in told] == sorted(frame.id for frame in told)


@pytest.mark.parametrize(
    ("also", "status", "code"),
    [
        ("atlas/nowhere", 404, "world_not_found"),
        ("elsewhere/commons", 404, "not_found"),
        ("commons", 422, "invalid_input"),
    ],
)
async def test_what_is_not_there_cannot_be_in_the_stream(easel: Easel, also: str, status: int, code: str) -> None:
    answer = await easel.client.get("/api/events", params={"also": also})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_nothing_is_missed_between_the_opening_of_a_stream_and_its_first_reading(easel: Easel) -> None:
    stream = await easel.house.atlas.edits.follow("commons", None)
    edit = await easel.paint(0, 0)
    async with asyncio.timeout(10):
        async for event in stream:
            assert isinstance(event, Event)
            assert event.data["id"] == edit["id"]
            break


async def test_what_an_event_tells_of_is_looked_up_once_for_all(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    edits, asked = easel.house.atlas.edits, []
    look_up = edits._look_up

    async def counted(edit: UUID) -> dict[str, Any] | None:
        asked.append(edit)
        return await look_up(edit)

    monkeypatch.setattr(edits, "_look_up", counted)
    hearing = [asyncio.create_task(heard(easel.client, f"{WORLD}/events", "tiles")) for _ in range(5)]
    await asyncio.sleep(0.3)
    await easel.paint(0, 0)
    told = await asyncio.gather(*hearing)
    assert len({tuple(frame.id for frame in each) for each in told}) == 1
    edits_told = [frame for frame in told[0] if frame.event == "edit"]
    assert len(asked) <= len(edits_told) + 1


class TestRules:
    def crowd(self, count: int) -> list[Figure]:
        return [Figure(str(n), str(n), "Ada", 0, Spot(100 * n, 0), Box(0, 0, 10, 10)) for n in range(count)]

    def test_the_nearest_are_seen_and_never_oneself(self) -> None:
        seen = seen_from(self.crowd(200), "150", Box(15_000, -10, 15_020, 10))
        assert len(seen) == MOST_SEEN
        assert {int(figure.id) for figure in seen} == set(range(125, 176)) - {150}

    def test_only_what_changed_is_told(self) -> None:
        before = {figure.id: figure for figure in self.crowd(4)}
        after = [*self.crowd(3), Figure("9", "9", "Ben", 1, None, Box(0, 0, 10, 10))]
        found = news(before, after)
        assert [figure.id for figure in found.changed] == ["9"]
        assert found.gone == ["3"]
        assert news({figure.id: figure for figure in after}, after).changed == []

    def test_who_somebody_is_differs_from_world_to_world(self) -> None:
        person, world = uuid4(), uuid4()
        assert who_of(world, person) == who_of(world, person) != who_of(uuid4(), person)
