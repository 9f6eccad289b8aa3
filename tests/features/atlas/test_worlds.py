"""Worlds and their people: who paints, who changes, who is let in, and what is taken back from one of them at once."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from PIL import Image

from figment.features.atlas.rules import thumbnails
from figment.features.atlas.rules.tiles import Place
from figment.features.atlas.service import rollbacks, worlds
from tests.features.atlas.conftest import BLUE, COLOURS, GREEN, RED, WORLD, Easel

WORLDS = "/api/atlas/worlds"


@contextlib.asynccontextmanager
async def member_of_house(easel: Easel, username: str, role: str = "user") -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with an account, who is no guest."""
    async with easel.somebody() as client:
        person = (await client.post("/api/session")).json()["person"]["id"]
        await sql(
            easel,
            "UPDATE people SET guest = false, username = %s, name = %s, role = %s WHERE id = %s",
            [username, username.title(), role, person],
        )
        yield client


async def sql(easel: Easel, statement: str, values: list[Any]) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(easel.database_url, autocommit=True) as connection:
        cursor = await connection.execute(statement, values)
        return await cursor.fetchall() if cursor.description else []


async def made(client: httpx.AsyncClient, name: str = "Ada’s land", **wish: Any) -> Any:
    answer = await client.post(WORLDS, json={"name": name, **wish})
    assert answer.status_code == 201, answer.text
    return answer.json()


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


FRAME = {"x": 0, "y": 0, "width": 256, "height": 256, "prompt": "a hill", "steps": 1}


class TestWhoPaints:
    async def test_members_do_where_members_do(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada, member_of_house(easel, "ben") as ben:
            slug = (await made(ada, paint="members"))["slug"]
            assert (await ben.get(f"{WORLDS}/{slug}")).json()["may_paint"] is False
            assert code(await ben.post(f"{WORLDS}/{slug}/edits", json=FRAME)) == (403, "not_your_world")
            added = await ada.post(f"{WORLDS}/{slug}/members", json={"username": " Ben "})
            assert [(each["name"], each["username"]) for each in added.json()["items"]] == [("Ben", "ben")]
            assert (await ben.get(f"{WORLDS}/{slug}")).json()["may_paint"] is True
            assert (await ben.post(f"{WORLDS}/{slug}/edits", json=FRAME)).status_code == 202
            [member] = (await ada.get(f"{WORLDS}/{slug}/members")).json()["items"]
            assert (await ada.delete(f"{WORLDS}/{slug}/members/{member['person']}")).status_code == 204
            assert (await ben.get(f"{WORLDS}/{slug}")).json()["may_paint"] is False
            assert code(await ada.delete(f"{WORLDS}/{slug}/members/{member['person']}")) == (404, "not_found")

    async def test_being_a_member_lets_nobody_in_where_only_the_owner_paints(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada, member_of_house(easel, "ben") as ben:
            slug = (await made(ada, paint="members"))["slug"]
            await ada.post(f"{WORLDS}/{slug}/members", json={"username": "ben"})
            await ada.patch(f"{WORLDS}/{slug}", json={"paint": "owner"})
            assert (await ben.get(f"{WORLDS}/{slug}")).json()["may_paint"] is False
            assert (await ada.get(f"{WORLDS}/{slug}")).json()["may_paint"] is True

    async def test_a_link_lets_in_until_another_is_made(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada:
            slug = (await made(ada, paint="members"))["slug"]
            first = (await ada.post(f"{WORLDS}/{slug}/invitation")).json()["token"]
            second = (await ada.post(f"{WORLDS}/{slug}/invitation")).json()["token"]
            guest = easel.client
            refused = await guest.post(f"{WORLDS}/{slug}/join", json={"token": first})
            assert code(refused) == (404, "invitation_not_found")
            joined = await guest.post(f"{WORLDS}/{slug}/join", json={"token": second})
            assert joined.json()["may_paint"] is True
            assert (await guest.post(f"{WORLDS}/{slug}/join", json={"token": second})).status_code == 200
            [member] = (await ada.get(f"{WORLDS}/{slug}/members")).json()["items"]
            assert (await guest.delete(f"{WORLDS}/{slug}/members/{member['person']}")).status_code == 204
            assert (await ada.delete(f"{WORLDS}/{slug}/invitation")).status_code == 204
            assert code(await guest.post(f"{WORLDS}/{slug}/join", json={"token": second}))[0] == 404

    async def test_a_link_ends_by_itself_and_is_kept_nowhere(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada:
            slug = (await made(ada, paint="members"))["slug"]
            token = (await ada.post(f"{WORLDS}/{slug}/invitation")).json()["token"]
            assert not await sql(easel, "SELECT FROM atlas_worlds WHERE invite_hash = %s", [token.encode()])
            await sql(easel, "UPDATE atlas_worlds SET invite_expires_at = now() WHERE slug = %s", [slug])
            assert code(await easel.client.post(f"{WORLDS}/{slug}/join", json={"token": token}))[0] == 404

    async def test_there_are_so_many_members_and_no_more(self, easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worlds, "MOST_MEMBERS", 1)
        async with member_of_house(easel, "ada") as ada, member_of_house(easel, "ben"), member_of_house(easel, "cyd"):
            slug = (await made(ada, paint="members"))["slug"]
            assert (await ada.post(f"{WORLDS}/{slug}/members", json={"username": "ben"})).status_code == 201
            assert (await ada.post(f"{WORLDS}/{slug}/members", json={"username": "ben"})).status_code == 201
            more = await ada.post(f"{WORLDS}/{slug}/members", json={"username": "cyd"})
            assert code(more) == (409, "too_many_members")
            assert code(await ada.post(f"{WORLDS}/{slug}/members", json={"username": "nobody"}))[0] == 404


class TestChanging:
    async def test_what_is_left_out_stays(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada:
            world = await made(ada, prompt="in watercolour")
            changed = (await ada.patch(f"{WORLDS}/{world['slug']}", json={"name": "New land"})).json()
            assert changed == {**world, "name": "New land"}
            changed = (await ada.patch(f"{WORLDS}/{world['slug']}", json={"prompt": "", "paint": "members"})).json()
            assert changed == {**world, "name": "New land", "prompt": "", "paint": "members"}
            assert code(await ada.patch(f"{WORLDS}/{world['slug']}", json={"model": "none"}))[0] in (404, 422)

    async def test_others_may_not_and_administrators_may(self, easel: Easel) -> None:
        async with (
            member_of_house(easel, "ada") as ada,
            member_of_house(easel, "ben", "moderator") as ben,
            member_of_house(easel, "cyd", "admin") as cyd,
        ):
            slug = (await made(ada))["slug"]
            for answer in (
                await ben.patch(f"{WORLDS}/{slug}", json={"name": "Ben’s"}),
                await ben.delete(f"{WORLDS}/{slug}", params={"name": "Ada’s land"}),
                await ben.get(f"{WORLDS}/{slug}/members"),
                await ben.post(f"{WORLDS}/{slug}/members", json={"username": "ben"}),
                await ben.post(f"{WORLDS}/{slug}/invitation"),
                await ben.delete(f"{WORLDS}/{slug}/invitation"),
            ):
                assert code(answer) == (403, "world_not_yours")
            assert (await cyd.patch(f"{WORLDS}/{slug}", json={"name": "Cyd’s"})).status_code == 200

    async def test_who_looks_is_told(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada:
            slug = (await made(ada))["slug"]
            stream = await easel.house.atlas.edits.follow(slug, None)
            await ada.patch(f"{WORLDS}/{slug}", json={"name": "New land"})
            await ada.delete(f"{WORLDS}/{slug}", params={"name": "New land"})
            told = []
            async with asyncio.timeout(10):
                async for event in stream:
                    told.append((event.type, event.data))  # type: ignore[union-attr]
                    if len(told) == 2:
                        break
            assert told == [("world", {"gone": False}), ("world", {"gone": True})]

    async def test_nobody_has_more_than_so_many(self, easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(worlds, "MOST_OF_PERSON", 2)
        async with member_of_house(easel, "ada") as ada:
            answers = await asyncio.gather(*(ada.post(WORLDS, json={"name": f"Land {n}"}) for n in range(5)))
            assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409]
            await ada.delete(
                f"{WORLDS}/{next(a.json()['slug'] for a in answers if a.is_success)}", params={"name": "x"}
            )
            refused = await ada.post(WORLDS, json={"name": "One more"})
            assert code(refused) == (409, "too_many_worlds")


class TestDeleting:
    async def test_it_asks_for_the_name_and_then_all_is_gone(
        self, easel: Easel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(worlds, "_ERASED_AT_ONCE", 2)
        async with member_of_house(easel, "ada") as ada:
            slug = (await made(ada))["slug"]
            for x in (0, 1000, 2000):
                asked = await ada.post(f"{WORLDS}/{slug}/edits", json={**FRAME, "x": x, "seed": RED})
                while (await ada.get(f"{WORLDS}/{slug}/edits/{asked.json()['id']}")).json()["state"] != "committed":
                    await asyncio.sleep(0.05)
            easel.dyer.may_finish.clear()
            pending = (await ada.post(f"{WORLDS}/{slug}/edits", json={**FRAME, "x": 3000})).json()
            wrong = await ada.delete(f"{WORLDS}/{slug}", params={"name": "Ada's"})
            assert code(wrong) == (422, "wrong_world_name")
            assert (await ada.delete(f"{WORLDS}/{slug}", params={"name": "Ada’s land"})).status_code == 204
            assert code(await ada.get(f"{WORLDS}/{slug}")) == (404, "world_not_found")
            assert slug not in [each["slug"] for each in (await ada.get(WORLDS)).json()["items"]]
            assert (await ada.get(f"/api/jobs/{pending['job']}")).status_code == 404
            easel.dyer.may_finish.set()
            assert (await made(ada))["slug"] == slug, "the address is free at once"
            steps = 0
            while await easel.house.atlas.worlds.erase_some():
                steps += 1
            assert steps > 5
            for table in ("edits", "tiles", "versions", "commits", "touched", "stale"):
                assert await sql(easel, f"SELECT count(*) FROM atlas_{table}", []) == [(0,)], table
            assert await sql(easel, "SELECT count(*) FROM atlas_worlds WHERE owner IS NOT NULL", []) == [(1,)]
            assert await sql(easel, "SELECT action, detail->>'world' FROM audit_log", []) == [
                ("atlas.world_deleted", slug)
            ]

    async def test_the_commons_stay(self, easel: Easel) -> None:
        async with member_of_house(easel, "cyd", "admin") as cyd:
            assert code(await cyd.delete(WORLD, params={"name": "The commons"})) == (403, "world_not_yours")


class TestPictures:
    async def test_a_thumbnail_shows_all_of_it_and_changes_with_it(self, easel: Easel) -> None:
        assert (await easel.client.get(WORLD)).json()["thumbnail"] is None
        assert code(await easel.client.get(f"{WORLD}/thumbnail")) == (404, "not_found")
        await easel.paint(0, 0, RED)
        first = await self.seen(easel)
        assert first.size == (256, 256)
        assert near(first.getpixel((100, 100)), COLOURS[RED])
        before = (await easel.client.get(WORLD)).json()["thumbnail"]
        await easel.paint(3000, 0, BLUE)
        await easel.paint(0, 1500, GREEN)
        while await easel.overviews.draw():
            pass
        second = await self.seen(easel)
        assert second.width == 480
        assert near(second.getpixel((10, 10)), COLOURS[RED])
        assert near(second.getpixel((475, 10)), COLOURS[BLUE])
        assert near(second.getpixel((10, second.height - 5)), COLOURS[GREEN])
        listed = (await easel.client.get(WORLDS)).json()["items"][0]["thumbnail"]
        assert listed != before
        assert (await easel.client.get(listed)).headers["cache-control"].endswith("immutable")
        assert (await easel.client.get(before)).headers["cache-control"] == "no-cache"

    async def seen(self, easel: Easel) -> Image.Image:
        world = (await easel.client.get(WORLD)).json()
        answer = await easel.client.get(world["thumbnail"])
        assert answer.status_code == 200, answer.text
        return Image.open(io.BytesIO(answer.content)).convert("RGBA")

    @pytest.mark.parametrize("bounds", [(0, 0, 1, 1), (-1, -1, 1, 1), (-5, 3, 900, 7), (2**30, 0, 2**30 + 3, 1)])
    def test_a_sheet_is_few_tiles_that_cover_it(self, bounds: tuple[int, int, int, int]) -> None:
        z, places = thumbnails.sheet(*bounds)
        left, top, right, bottom = bounds
        assert 1 <= len(places) <= 4
        assert {Place(x >> -z, y >> -z) for x in (left, right - 1) for y in (top, bottom - 1)} <= set(places)


def near(seen: Any, colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 25 for a, b in zip(seen[:3], colour, strict=True)) and seen[3] > 200


async def test_bounds_and_edits_are_kept_and_not_counted(easel: Easel) -> None:
    mine = await easel.paint(0, 0, RED)
    await easel.paint(-2000, 900, GREEN)
    far = await easel.paint(5000, -700, BLUE)
    world = (await easel.client.get(WORLD)).json()
    assert (world["bounds"], world["edits"]) == ([-2048, -1024, 5632, 1536], 3)
    await easel.change("undo", far)
    world = (await easel.client.get(WORLD)).json()
    assert (world["bounds"], world["edits"]) == ([-2048, 512 * 0, 512, 1536], 2)
    await easel.change("undo", mine)
    await easel.change("redo", mine)
    assert (await easel.client.get(WORLD)).json()["edits"] == 2


async def test_a_look_at_a_world_reads_as_little_of_a_large_one(easel: Easel) -> None:
    """Ten thousand tiles: each side of the bounds is one look into an index, as the plan of the very statement says."""
    await sql(
        easel,
        "INSERT INTO atlas_tiles (world, z, x, y, file, seq)"
        " SELECT w.id, 0, x, y, 'x', 1 FROM atlas_worlds w, generate_series(-50, 49) x, generate_series(0, 99) y",
        [],
    )
    await sql(easel, "ANALYZE atlas_tiles", [])
    from figment.features.atlas.store.worlds import _WORLD

    plan = await sql(easel, f"EXPLAIN (ANALYZE, FORMAT JSON) {_WORLD} WHERE w.slug = 'commons'", [])
    read = [node["Actual Rows"] * node["Actual Loops"] for node in nodes(plan[0][0][0]["Plan"]) if "Index Name" in node]
    assert max(read) <= 2, read
    assert (await easel.client.get(WORLD)).json()["bounds"] == [-50 * 512, 0, 50 * 512, 100 * 512]


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(below for each in plan.get("Plans", []) for below in nodes(each))]


class TestRollingBack:
    async def steps(self, easel: Easel) -> int:
        count = 0
        while await easel.house.atlas.rollbacks.step():
            count += 1
        return count

    async def test_everything_of_one_person_goes_and_comes_again(
        self, easel: Easel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rollbacks, "_AT_ONCE", 2)
        async with member_of_house(easel, "mod", "moderator") as mod, easel.somebody() as vandal:
            await easel.paint(0, 0, RED)
            theirs = [await easel.paint(128 + 700 * n, 0, GREEN, vandal) for n in range(5)]
            await easel.paint(300, 0, BLUE)
            own = await easel.change("undo", theirs[4], vandal)
            assert own.status_code == 200
            before = easel.files_now()
            begun = await mod.post(f"{WORLD}/rollbacks", json={"edit": theirs[0]["id"]})
            assert begun.status_code == 202, begun.text
            assert (begun.json()["state"], begun.json()["left"], begun.json()["edits"]) == ("running", 4, 0)
            # Two steps of two edits, and one that finds nothing more.
            assert await self.steps(easel) == 3
            [now] = (await mod.get(f"{WORLD}/rollbacks")).json()["items"]
            assert (now["state"], now["edits"], now["left"], now["by"]) == ("done", 4, 0, "Mod")
            tile = await easel.tile(0, 0)
            assert (tile[:256, :256, :3] == COLOURS[RED]).all()
            assert not tile[:256, 256:300, 3].any(), "what lay between is blank again"
            states = {each["id"]: each["state"] for each in (await mod.get(f"{WORLD}/edits")).json()["items"]}
            assert [states[each["id"]] for each in theirs] == ["undone"] * 5
            assert list(states.values()).count("committed") == 2
            for edit in theirs[:4]:
                refused = await easel.change("redo", edit, vandal)
                assert code(refused) == (403, "edit_rolled_back")
            assert (await easel.client.get(WORLD)).json()["edits"] == 2
            commits = await sql(easel, "SELECT seq, kind FROM atlas_commits ORDER BY seq", [])
            assert [seq for seq, _ in commits] == list(range(1, len(commits) + 1)), "no number is left out"
            assert [kind for _, kind in commits[-4:]] == ["undo"] * 4

            again = await mod.post(f"{WORLD}/rollbacks/{now['id']}/undo")
            assert again.json()["state"] == "undoing"
            await self.steps(easel)
            assert easel.files_now() == before, "byte for byte"
            [now] = (await mod.get(f"{WORLD}/rollbacks")).json()["items"]
            assert (now["state"], now["edits"]) == ("undone", 0)
            assert code(await mod.post(f"{WORLD}/rollbacks/{now['id']}/undo")) == (409, "rollback_not_done")
            assert (await easel.change("undo", theirs[0], vandal)).status_code == 200
            assert (await easel.change("redo", theirs[0], vandal)).status_code == 200
            noted = await sql(easel, "SELECT action, detail->>'world' FROM audit_log ORDER BY id", [])
            assert noted == [("atlas.rolled_back", "commons"), ("atlas.rollback_undone", "commons")]

    async def test_what_is_on_its_way_is_taken_back_when_it_is_there(
        self, easel: Easel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rollbacks, "_STILL_PAINTING_S", 0.05)
        async with member_of_house(easel, "mod", "moderator") as mod:
            first = await easel.paint(0, 0, RED)
            easel.dyer.may_finish.clear()
            late = (await easel.ask(1000, 0, GREEN)).json()
            await mod.post(f"{WORLD}/rollbacks", json={"edit": first["id"]})
            await easel.house.atlas.rollbacks.step()
            await easel.house.atlas.rollbacks.step()
            [now] = (await mod.get(f"{WORLD}/rollbacks")).json()["items"]
            assert (now["state"], now["edits"]) == ("running", 1)
            easel.dyer.may_finish.set()
            await easel.painted(late["id"])
            async with asyncio.timeout(10):
                while (await mod.get(f"{WORLD}/rollbacks")).json()["items"][0]["state"] != "done":
                    await easel.house.atlas.rollbacks.step()
                    await asyncio.sleep(0.02)
            assert easel.files_now() == {}

    async def test_only_since_a_moment(self, easel: Easel) -> None:
        async with member_of_house(easel, "mod", "moderator") as mod:
            await easel.paint(0, 0, RED)
            second = await easel.paint(1000, 0, GREEN)
            asked = {"edit": second["id"], "since": second["created_at"]}
            await mod.post(f"{WORLD}/rollbacks", json=asked)
            await self.steps(easel)
            assert set(easel.files_now()) == {(0, 0)}

    async def test_the_owner_of_a_world_may_and_others_may_not(self, easel: Easel) -> None:
        async with member_of_house(easel, "ada") as ada, member_of_house(easel, "ben") as ben:
            slug = (await made(ada))["slug"]
            edit = (await ben.post(f"{WORLDS}/{slug}/edits", json=FRAME)).json()
            for client, status in ((ben, 403), (easel.client, 403), (ada, 202)):
                answer = await client.post(f"{WORLDS}/{slug}/rollbacks", json={"edit": edit["id"]})
                assert answer.status_code == status, answer.text
            assert code(await ada.post(f"{WORLDS}/{slug}/rollbacks", json={"edit": str(uuid4())}))[0] == 404
            common = await easel.paint(0, 0)
            assert (await ada.post(f"{WORLD}/rollbacks", json={"edit": common["id"]})).status_code == 403

    async def test_whose_author_is_gone_is_said(self, easel: Easel) -> None:
        async with member_of_house(easel, "mod", "moderator") as mod:
            edit = await easel.paint(0, 0)
            await sql(easel, "UPDATE atlas_edits SET author = NULL", [])
            refused = await mod.post(f"{WORLD}/rollbacks", json={"edit": edit["id"]})
            assert code(refused) == (409, "author_gone")
