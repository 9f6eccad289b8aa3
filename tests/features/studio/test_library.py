"""Filters, favourites, collections, deletion and archives over HTTP: found as asked, owned by one, lost by nobody."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from figment.core.settings import Settings
from figment.features.studio import rules
from tests.conftest import named
from tests.features.studio.test_studio import finished, generate
from tests.http import serving
from tests.images.test_codec import picture
from tests.images.test_images import noise, problem, sent

HISTORY = "/api/studio/generations"
COLLECTIONS = "/api/studio/collections"
ARCHIVES = "/api/studio/archives"


@dataclass
class Shelf:
    """What one visitor made: generations by a name of the test's, and their images."""

    generations: dict[str, dict[str, Any]] = field(default_factory=dict)
    images: dict[str, list[str]] = field(default_factory=dict)

    @property
    def all_images(self) -> list[str]:
        return [image for images in self.images.values() for image in images]


async def make(client: httpx.AsyncClient, shelf: Shelf, name: str, **wish: Any) -> None:
    made = await generate(client, **{"prompt": name, "steps": 1, **wish})
    done = [await finished(client, job["id"]) for job in made["jobs"]]
    shelf.generations[name] = made
    # As they were kept: two of one generation end in either order.
    shelf.images[name] = sorted(job["image"]["id"] for job in done)


@pytest.fixture
async def shelf(client: httpx.AsyncClient) -> Shelf:
    """Three prompts: two square pictures of a boat, a wide hill, and a tall tower that began with a picture."""
    filled = Shelf()
    await make(client, filled, "a boat", count=2)
    await make(client, filled, "a hill", width=320)
    start = await sent(client, picture("PNG", (256, 320)))
    await make(client, filled, "a tower", height=320, image=start["id"])
    return filled


async def found(client: httpx.AsyncClient, **filters: Any) -> list[str]:
    """The prompts that a filter finds, newest first, read page by page."""
    prompts: list[str] = []
    cursor = ""
    while cursor is not None:
        answer = await client.get(HISTORY, params={**filters, "limit": 1, "cursor": cursor})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        prompts += [item["prompt"] for item in page["items"]]
        cursor = page["next_cursor"]
    return prompts


async def star(client: httpx.AsyncClient, *images: str, favourite: bool = True) -> httpx.Response:
    return await client.put("/api/images/favourites", json={"images": list(images), "favourite": favourite})


async def collect(client: httpx.AsyncClient, name: str, *images: str) -> dict[str, Any]:
    answer = await client.post(COLLECTIONS, json={"name": name, "images": list(images)})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


class TestFilters:
    async def test_each_filter_finds_its_own_and_pages_by_keyset(self, client: httpx.AsyncClient, shelf: Shelf) -> None:
        everything = ["a tower", "a hill", "a boat"]
        assert await found(client) == everything
        assert await found(client, model=shelf.generations["a hill"]["model"]) == everything
        assert await found(client, model="another") == []
        assert await found(client, state="done") == everything
        assert await found(client, state="failed") == []
        assert await found(client, orientation="square") == ["a boat"]
        assert await found(client, orientation="landscape") == ["a hill"]
        assert await found(client, orientation="portrait") == ["a tower"]
        assert await found(client, size="320x256") == ["a hill"]
        assert await found(client, size="320x320") == []
        assert await found(client, from_image=True) == ["a tower"]
        assert await found(client, from_image=False) == ["a hill", "a boat"]

    async def test_a_range_of_dates_has_its_beginning_and_not_its_end(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        # What a date compares with is in the id, to the millisecond.
        moments = {name: UUID(made["id"]).int >> 80 for name, made in shelf.generations.items()}
        hill = iso(moments["a hill"])
        assert await found(client, since=hill) == ["a tower", "a hill"]
        assert await found(client, until=hill) == ["a boat"]
        assert await found(client, since=hill, until=iso(moments["a tower"])) == ["a hill"]
        assert await found(client, since="2099-01-01T00:00:00Z") == []
        assert await found(client, until="1960-01-01T00:00:00+02:00") == []

    async def test_filters_combine_with_each_other_and_with_the_search(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        assert await found(client, q="BOAT", orientation="square", state="done") == ["a boat"]
        assert await found(client, q="boat", orientation="landscape") == []

    async def test_waiting_and_cancelled_jobs_are_found_by_their_state(self, client: httpx.AsyncClient) -> None:
        made = await generate(client, prompt="long", steps=50, count=2)
        [first, second] = made["jobs"]
        assert await found(client, state="running") == ["long"]
        await client.post(f"/api/jobs/{second['id']}/cancel")
        await finished(client, second["id"])
        [item] = (await client.get(HISTORY, params={"state": "cancelled"})).json()["items"]
        assert ([job["id"] for job in item["jobs"]], item["hidden"]) == ([second["id"]], 1)
        await client.post(f"/api/jobs/{first['id']}/cancel")
        await finished(client, first["id"])
        assert await found(client, state="running") == []

    async def test_of_a_generation_only_the_images_that_are_wanted_are_shown(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        await star(client, shelf.images["a boat"][1])
        [item] = (await client.get(HISTORY, params={"favourite": True})).json()["items"]
        assert [job["image"]["id"] for job in item["jobs"]] == [shelf.images["a boat"][1]]
        assert (item["hidden"], item["count"]) == (1, 2)
        [whole] = (await client.get(HISTORY, params={"q": "boat"})).json()["items"]
        assert (len(whole["jobs"]), whole["hidden"]) == (2, 0)

    async def test_all_filters_must_hold_of_one_and_the_same_image(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        first, second = shelf.images["a boat"]
        await star(client, first)
        held = await collect(client, "boats", second)
        assert await found(client, favourite=True) == ["a boat"]
        assert await found(client, collection=held["id"]) == ["a boat"]
        assert await found(client, favourite=True, collection=held["id"]) == []
        await star(client, second)
        assert await found(client, favourite=True, collection=held["id"]) == ["a boat"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("state", "odd"),
            ("orientation", "round"),
            ("size", "0x3"),
            ("size", "12"),
            ("size", "٣x٣"),
            ("since", "yesterday"),
            ("since", "2026-11-21T10:00:00"),
            ("until", "2026-13-01T00:00:00Z"),
            ("collection", "mine"),
            ("favourite", "perhaps"),
            ("from_image", "2"),
            ("model", "a\x00b"),
            ("q", "x" * 201),
            ("limit", "0"),
            ("cursor", "x" * 65),
        ],
    )
    async def test_a_filter_that_makes_no_sense_is_named(
        self, client: httpx.AsyncClient, name: str, value: str
    ) -> None:
        await client.post("/api/session")
        told = problem(await client.get(HISTORY, params={name: value}), 422, "invalid_input")
        assert [error["field"] for error in told["errors"]] == [name]

    async def test_an_end_before_the_beginning_is_named(self, client: httpx.AsyncClient) -> None:
        await client.post("/api/session")
        asked = {"since": "2026-11-21T00:00:00Z", "until": "2026-11-20T23:00:00-01:00"}
        told = problem(await client.get(HISTORY, params=asked), 422, "invalid_input")
        assert told["errors"] == [{"field": "until", "message": "`until` must be later than `since`."}]

    async def test_the_choices_are_what_is_there(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        choices = (await client.get("/api/studio/choices")).json()
        assert choices["models"] == [shelf.generations["a boat"]["model"]]
        assert [(size["width"], size["height"]) for size in choices["sizes"]] == [(256, 256), (256, 320), (320, 256)]
        assert (await other.get("/api/studio/choices")).json() == {"models": [], "sizes": []}


def iso(milliseconds: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)).isoformat()


class TestFavourites:
    async def test_a_star_is_on_the_image_and_comes_off_again(self, client: httpx.AsyncClient, shelf: Shelf) -> None:
        [hill] = shelf.images["a hill"]
        for _ in range(2):
            assert (await star(client, hill)).status_code == 204
            assert (await client.get(f"/api/images/{hill}")).json()["favourite"] is True
        assert (await star(client, hill, favourite=False)).status_code == 204
        assert (await client.get(f"/api/images/{hill}")).json()["favourite"] is False
        assert await found(client, favourite=True) == []

    async def test_many_at_once_are_all_mine_or_none_is_marked(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        [hill] = shelf.images["a hill"]
        problem(await star(client, hill, str(uuid4())), 404, "not_found")
        problem(await star(other, hill), 404, "not_found")
        assert await found(client, favourite=True) == []
        assert (await star(client, hill, hill, *shelf.images["a boat"])).status_code == 204
        assert await found(client, favourite=True) == ["a hill", "a boat"]

    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({"images": [], "favourite": True}, "images"),
            ({"images": [str(UUID(int=n)) for n in range(501)], "favourite": True}, "images"),
            ({"images": [str(UUID(int=1))]}, "favourite"),
            ({"images": [str(UUID(int=1))], "favourite": True, "wat": 1}, "wat"),
        ],
    )
    async def test_wrong_input_is_named(self, client: httpx.AsyncClient, body: dict[str, Any], name: str) -> None:
        await client.post("/api/session")
        told = problem(await client.put("/api/images/favourites", json=body), 422, "invalid_input")
        assert [error["field"] for error in told["errors"]] == [name]


class TestCollections:
    async def test_one_is_made_filled_shown_emptied_renamed_and_deleted(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        made = await collect(client, "  On   the sea ")
        assert (made["name"], made["images"], made["cover"]) == ("On the sea", 0, None)
        address = f"{COLLECTIONS}/{made['id']}"
        boats = shelf.images["a boat"]
        for _ in range(2):
            filled = (await client.post(f"{address}/images", json={"images": boats})).json()
            assert filled["images"] == 2
        assert (await client.get(filled["cover"])).status_code == 200
        assert await found(client, collection=made["id"]) == ["a boat"]
        emptied = (await client.post(f"{address}/images/remove", json={"images": [*boats[:1], str(uuid4())]})).json()
        assert emptied["images"] == 1
        renamed = await client.patch(address, json={"name": "ON THE SEA"})
        assert (renamed.status_code, renamed.json()["name"]) == (200, "ON THE SEA")
        assert (await client.get(address)).json() == renamed.json()
        assert (await client.delete(address)).status_code == 204
        problem(await client.get(address), 404, "collection_not_found")
        problem(await client.get(HISTORY, params={"collection": made["id"]}), 404, "collection_not_found")
        assert len(await found(client)) == 3

    async def test_the_one_used_last_comes_first(self, client: httpx.AsyncClient, shelf: Shelf) -> None:
        one, two, three = [await collect(client, name) for name in ("one", "two", "three")]
        await client.post(f"{COLLECTIONS}/{one['id']}/images", json={"images": shelf.images["a hill"]})
        names = [item["name"] for item in (await client.get(COLLECTIONS)).json()["items"]]
        assert names == ["one", "three", "two"]
        await client.patch(f"{COLLECTIONS}/{two['id']}", json={"name": "2"})
        await client.post(f"{COLLECTIONS}/{three['id']}/images/remove", json={"images": shelf.images["a hill"]})
        names = [item["name"] for item in (await client.get(COLLECTIONS)).json()["items"]]
        assert names == ["three", "2", "one"]

    @pytest.mark.parametrize(
        ("name", "same"),
        [("Boats", "bOATS"), ("Äpfel", "äPFEL"), ("Straße", "STRASSE"), ("ﬁg", "FIG"), ("a  b", "A b")],
    )
    async def test_a_name_is_unique_whatever_its_letters_look_like(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, name: str, same: str
    ) -> None:
        await client.post("/api/session")
        await collect(client, name)
        taken = problem(await client.post(COLLECTIONS, json={"name": same}), 409, "collection_name_taken")
        assert taken["errors"][0]["field"] == "name"
        another = await collect(client, "another")
        refused = await client.patch(f"{COLLECTIONS}/{another['id']}", json={"name": same})
        problem(refused, 409, "collection_name_taken")
        await collect(other, same)

    async def test_one_name_asked_for_many_times_at_once_is_given_once(self, client: httpx.AsyncClient) -> None:
        await client.post("/api/session")
        answers = await asyncio.gather(*(client.post(COLLECTIONS, json={"name": "race"}) for _ in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409, 409]

    @pytest.mark.parametrize("name", ["", "   ", "\u200b", "x" * 81, "x" * 501, "a\x00b", None, 7])
    async def test_a_name_that_is_none_is_refused(self, client: httpx.AsyncClient, name: object) -> None:
        await client.post("/api/session")
        told = problem(await client.post(COLLECTIONS, json={"name": name}), 422, "invalid_input")
        assert [error["field"] for error in told["errors"]] == ["name"]

    async def test_the_longest_name_fits_and_letters_count_not_bytes(self, client: httpx.AsyncClient) -> None:
        await client.post("/api/session")
        assert (await collect(client, "海" * 80))["name"] == "海" * 80

    async def test_their_number_is_bounded(self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MOST_COLLECTIONS", 2)
        await client.post("/api/session")
        for name in ("one", "two"):
            await collect(client, name)
        told = problem(await client.post(COLLECTIONS, json={"name": "three"}), 409, "too_many_collections")
        assert told["errors"] == [{"field": "name", "message": "One person may have 2 collections."}]

    async def test_what_one_holds_is_bounded_and_what_does_not_fit_changes_nothing(
        self, client: httpx.AsyncClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rules, "MOST_IN_COLLECTION", 2)
        made = await collect(client, "small", *shelf.images["a hill"])
        address = f"{COLLECTIONS}/{made['id']}"
        refused = await client.post(f"{address}/images", json={"images": shelf.images["a boat"]})
        assert problem(refused, 409, "collection_full")["errors"][0]["field"] == "images"
        assert (await client.get(address)).json() == made
        refused = await client.post(COLLECTIONS, json={"name": "big", "images": shelf.all_images})
        problem(refused, 409, "collection_full")
        assert len((await client.get(COLLECTIONS)).json()["items"]) == 1

    async def test_somebody_elses_collection_and_images_are_not_there(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        [hill] = shelf.images["a hill"]
        mine = await collect(client, "mine", hill)
        theirs = await collect(other, "theirs")
        for method, path, body in [
            ("GET", "", None),
            ("PATCH", "", {"name": "x"}),
            ("DELETE", "", None),
            ("POST", "/images", {"images": [hill]}),
            ("POST", "/images/remove", {"images": [hill]}),
        ]:
            answer = await other.request(method, f"{COLLECTIONS}/{mine['id']}{path}", json=body)
            problem(answer, 404, "collection_not_found")
        problem(await other.get(HISTORY, params={"collection": mine["id"]}), 404, "collection_not_found")
        answer = await other.post(f"{COLLECTIONS}/{theirs['id']}/images", json={"images": [hill]})
        problem(answer, 404, "not_found")
        problem(await other.post(COLLECTIONS, json={"name": "y", "images": [hill]}), 404, "not_found")
        assert [item["name"] for item in (await other.get(COLLECTIONS)).json()["items"]] == ["theirs"]
        assert (await client.get(f"{COLLECTIONS}/{mine['id']}")).json()["images"] == 1


class TestDeletion:
    async def test_deleted_images_leave_collections_and_history_and_no_rows(
        self, client: httpx.AsyncClient, shelf: Shelf, database_of_server: str
    ) -> None:
        boats, [hill] = shelf.images["a boat"], shelf.images["a hill"]
        held = await collect(client, "all", *boats, hill)
        prepared = (await client.post(ARCHIVES, json={"images": [*boats, hill]})).json()
        answer = await client.post("/api/studio/images/delete", json={"images": [boats[0], hill]})
        assert answer.status_code == 204
        assert await found(client) == ["a tower", "a boat"]
        assert (await client.get(f"{COLLECTIONS}/{held['id']}")).json()["images"] == 1
        problem(await client.get(f"{HISTORY}/{shelf.generations['a hill']['id']}"), 404, "generation_not_found")
        [item] = (await client.get(HISTORY, params={"q": "boat"})).json()["items"]
        assert [job["image"]["id"] for job in item["jobs"]] == [boats[1]]
        assert names_in((await client.get(prepared["url"])).content) == {boats[1]}
        async with await psycopg.AsyncConnection.connect(database_of_server) as connection:
            rows = await connection.execute(
                "SELECT count(*) FROM jobs WHERE ref = %s", [shelf.generations["a hill"]["id"]]
            )
            assert await rows.fetchone() == (0,)

    async def test_one_image_deleted_as_an_image_leaves_no_empty_place(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        assert (await client.delete(f"/api/images/{shelf.images['a hill'][0]}")).status_code == 204
        assert (await client.delete(f"/api/images/{shelf.images['a boat'][0]}")).status_code == 204
        assert await found(client) == ["a tower", "a boat"]
        [item] = (await client.get(HISTORY, params={"q": "boat"})).json()["items"]
        assert len(item["jobs"]) == 1

    async def test_the_last_two_images_deleted_at_once_take_their_generation_with_them(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        address = f"{HISTORY}/{shelf.generations['a boat']['id']}"
        answers = await asyncio.gather(
            *(client.post("/api/studio/images/delete", json={"images": [one]}) for one in shelf.images["a boat"])
        )
        assert [answer.status_code for answer in answers] == [204, 204]
        assert (await client.get(address)).status_code == 404

    async def test_all_are_mine_or_none_is_deleted(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        everything = shelf.all_images
        answer = await client.post("/api/studio/images/delete", json={"images": [*everything, str(uuid4())]})
        problem(answer, 404, "not_found")
        problem(await other.post("/api/studio/images/delete", json={"images": everything[:1]}), 404, "not_found")
        assert len(await found(client)) == 3


def opened(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def lines_of(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read("recipes.jsonl").decode().splitlines()]


def names_in(data: bytes) -> set[str]:
    """The ids of the images that an archive holds."""
    return {line["id"] for line in lines_of(opened(data)) if line["missing"] is None}


async def downloaded(client: httpx.AsyncClient, **asked: Any) -> bytes:
    prepared = await client.post(ARCHIVES, json=asked)
    assert prepared.status_code == 201, prepared.text
    answer = await client.get(prepared.json()["url"])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    return answer.content


class TestArchives:
    async def test_the_files_are_whole_readable_and_come_with_their_recipes(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        prepared = (await client.post(ARCHIVES, json={})).json()
        answer = await client.get(prepared["url"])
        assert answer.headers["content-disposition"].startswith("attachment")
        assert prepared["filename"] in answer.headers["content-disposition"]
        archive = opened(answer.content)
        lines = lines_of(archive)
        assert [line["id"] for line in lines] == shelf.all_images
        assert archive.namelist() == [*(line["file"] for line in lines), "recipes.jsonl"]
        assert prepared["images"] == len(lines) == 4
        # What each says of itself is added when it is handed over.
        assert 0 < sum(line["bytes"] for line in lines) - prepared["bytes"] < 4 * 200
        for line in lines:
            assert archive.getinfo(line["file"]).compress_type == zipfile.ZIP_STORED
            image = (await client.get(f"/api/images/{line['id']}")).json()
            assert archive.read(line["file"]) == (await client.get(image["download_url"])).content
            assert line["recipe"] == (await client.get(image["recipe_url"])).json()
        first, second = (line["recipe"]["seed"] for line in lines[:2])
        assert [line["file"] for line in lines[:2]] == [f"0001-a-boat-{first}.png", f"0002-a-boat-{second}.png"]
        assert abs(first - second) == 1

    async def test_of_a_selection_of_a_collection_and_of_what_filters_find(
        self, client: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        boats, [hill] = shelf.images["a boat"], shelf.images["a hill"]
        held = await collect(client, "Ships & Hills", boats[1], hill)
        assert names_in(await downloaded(client, images=[hill, boats[0], hill])) == {hill, boats[0]}
        assert names_in(await downloaded(client, collection=held["id"])) == {hill, boats[1]}
        assert names_in(await downloaded(client, collection=held["id"], orientation="square")) == {boats[1]}
        assert names_in(await downloaded(client, q="boat", state="done")) == set(boats)
        named = (await client.post(ARCHIVES, json={"collection": held["id"]})).json()
        assert named["filename"] == "figment-ships-hills.zip"

    async def test_what_is_not_mine_is_not_in_it_and_not_to_be_fetched(
        self, client: httpx.AsyncClient, other: httpx.AsyncClient, shelf: Shelf
    ) -> None:
        [hill] = shelf.images["a hill"]
        held = await collect(client, "mine", hill)
        problem(await other.post(ARCHIVES, json={"images": [hill]}), 404, "not_found")
        problem(await other.post(ARCHIVES, json={"collection": held["id"]}), 404, "collection_not_found")
        assert problem(await other.post(ARCHIVES, json={}), 422, "archive_refused")["errors"][0]["field"] == "images"
        prepared = (await client.post(ARCHIVES, json={"images": [hill]})).json()
        problem(await other.get(prepared["url"]), 404, "archive_not_found")
        problem(await client.get(f"{ARCHIVES}/{uuid4()}"), 404, "archive_not_found")

    async def test_its_hour_runs_out(self, client: httpx.AsyncClient, shelf: Shelf, database_of_server: str) -> None:
        first = (await client.post(ARCHIVES, json={})).json()
        async with await psycopg.AsyncConnection.connect(database_of_server, autocommit=True) as connection:
            expire = "UPDATE studio_archives SET expires_at = now() - interval '1 second' WHERE id = %s"
            await connection.execute(expire, [first["id"]])
            problem(await client.get(first["url"]), 404, "archive_not_found")
            await client.post(ARCHIVES, json={})
            rows = await connection.execute("SELECT count(*) FROM studio_archives WHERE id = %s", [first["id"]])
            assert await rows.fetchone() == (0,)

    @pytest.mark.parametrize(
        ("body", "name"),
        [({"images": []}, "images"), ({"images": ["x"]}, "images.0"), ({"state": "odd"}, "state"), ({"wat": 1}, "wat")],
    )
    async def test_wrong_input_is_named(self, client: httpx.AsyncClient, body: dict[str, Any], name: str) -> None:
        await client.post("/api/session")
        told = problem(await client.post(ARCHIVES, json=body), 422, "invalid_input")
        assert [error["field"] for error in told["errors"]] == [name]

    async def test_number_and_bytes_are_bounded(self, small: httpx.AsyncClient) -> None:
        """`small`: two images and 200 kB at the most."""
        images = [(await sent(small, picture("PNG", (64 + n, 64))))["id"] for n in range(3)]
        told = problem(await small.post(ARCHIVES, json={"images": images}), 422, "archive_refused")
        assert told["errors"] == [{"field": "images", "message": told["detail"]}]
        assert told["detail"].startswith("At most 2 images")
        assert names_in(await downloaded(small, images=images[:2])) == set(images[:2])
        large = (await sent(small, noise(300, 300, 5)))["id"]
        told = problem(await small.post(ARCHIVES, json={"images": [large]}), 422, "archive_refused")
        assert "At most 0.2 MiB" in told["detail"]

    async def test_asking_and_fetching_are_limited(self, small: httpx.AsyncClient) -> None:
        """`small`: three a day."""
        image = (await sent(small, picture("PNG")))["id"]
        prepared = [await small.post(ARCHIVES, json={"images": [image]}) for _ in range(4)]
        assert [answer.status_code for answer in prepared] == [201, 201, 201, 429]
        assert int(prepared[-1].headers["retry-after"]) > 0
        fetched = [await small.get(prepared[0].json()["url"]) for _ in range(4)]
        assert [answer.status_code for answer in fetched] == [200, 200, 200, 429]


@pytest.fixture
async def small(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor of a server with narrow limits."""
    settings = Settings(
        data=tmp_path_factory.mktemp("small"), archive_images=2, archive_bytes=200_000, limit_archives="3/day"
    )
    async with (
        serving(settings, database_url, with_worker=False) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as client,
    ):
        yield client


@pytest.fixture
def database_of_server(postgres: str, server: str) -> str:
    return named(postgres, "studio")
