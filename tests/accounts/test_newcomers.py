"""Guests and new accounts have a rate of their own besides everybody's: who, how much, what they are told, and from when on no more."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from figment.accounts.newcomers import TOGETHER, Newcomers
from figment.accounts.schemas import Person
from figment.accounts.service import Accounts
from figment.core.database import Database
from figment.core.limits import Rate
from figment.core.settings import Settings
from tests.accounts.test_permissions import person
from tests.accounts.test_signing_in import sign_up
from tests.conftest import create_database, drop_database
from tests.http import Site, serving
from tests.images.scenes import file_of, scene
from tests.safety.people import somebody

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
NEWCOMERS = Newcomers(DAY, {"generations": Rate(120, 86400), "uploads": Rate(60, 3600)})


def aged(hours: float, role: str = "user", **more: Any) -> Person:
    known = person(role, guest=more.pop("guest", False))
    return known.model_copy(update={"created_at": NOW - timedelta(hours=hours), **more})


class TestWhoIsOne:
    @pytest.mark.parametrize(
        ("who", "new"),
        [
            (aged(0), True),
            (aged(23.9), True),
            (aged(24), False),
            (aged(1, vouched=True), False),
            (aged(1, "moderator"), False),
            (aged(1, "admin"), False),
            (aged(1000, guest=True), True),
            (aged(1000, guest=True, waiting=True), True),
        ],
    )
    def test_guests_and_young_accounts(self, who: Person, new: bool) -> None:
        assert NEWCOMERS.includes(who, NOW) is new
        assert bool(NEWCOMERS.charges(who, "10.0.0.1", "generations", 1, NOW)) is new


class TestWhatTheyAreCharged:
    def test_the_person_and_all_newcomers_of_the_address(self) -> None:
        who = aged(1)
        own, shared = NEWCOMERS.charges(who, "10.0.0.1", "generations", 4, NOW)
        assert (own.key, own.rate, own.cost) == (f"newcomers:generations:person:{who.id}", Rate(120, 86400), 4)
        assert (shared.key, shared.cost) == ("newcomers:generations:address:10.0.0.1", 4)
        assert shared.rate == Rate(120 * TOGETHER, 86400)

    def test_who_was_slowed_pays_for_pictures_as_elsewhere(self) -> None:
        slowed = aged(1, slowed=True)
        assert [charge.cost for charge in NEWCOMERS.charges(slowed, "a", "generations", 2, NOW)] == [8, 8]
        assert [charge.cost for charge in NEWCOMERS.charges(slowed, "a", "generations", 100, NOW)] == [120, 120]
        assert [charge.cost for charge in NEWCOMERS.charges(slowed, "a", "uploads", 2, NOW)] == [2, 2]

    def test_nothing_where_the_operator_wants_no_such_limit(self) -> None:
        assert (
            Newcomers(DAY, {"generations": Rate.parse("off"), "uploads": Rate.parse("off")}).charges(
                aged(0), "a", "uploads", 1, NOW
            )
            == []
        )


class TestWhatTheyAreTold:
    @pytest.mark.parametrize(
        ("who", "words"),
        [
            (
                aged(2),
                "New accounts may make 120 pictures a day, which come back one by one. This limit ends on 2026-11-23 at 10:00 UTC.",
            ),
            (
                aged(2, guest=True),
                "Guests may make 120 pictures a day, which come back one by one. With an account, this limit ends on 2026-11-23 at 10:00 UTC.",
            ),
            (
                aged(40, guest=True),
                "Guests may make 120 pictures a day, which come back one by one. With an account, this limit ends at once.",
            ),
            (
                aged(40, guest=True, waiting=True),
                "Guests may make 120 pictures a day, which come back one by one. This limit ends when an administrator lets you in.",
            ),
        ],
    )
    def test_how_much_they_may_and_when_it_ends(self, who: Person, words: str) -> None:
        own, shared = NEWCOMERS.charges(who, "a", "generations", 1, NOW)
        assert own.refusal == words
        assert shared.refusal is not None
        assert shared.refusal.startswith(
            "All guests and new accounts at your internet address together may make 1200 pictures a day"
        )

    @pytest.mark.parametrize(
        ("rate", "words"),
        [
            ("60/hour", "upload 60 files an hour"),
            ("9/minute", "upload 9 files a minute"),
            ("9/2 days", "upload 9 files in 2 days"),
            ("9/90 seconds", "upload 9 files in 90 seconds"),
        ],
    )
    def test_any_rate_is_said_in_words(self, rate: str, words: str) -> None:
        own, _ = Newcomers(DAY, {"generations": Rate(1, 1), "uploads": Rate.parse(rate)}).charges(
            aged(0), "a", "uploads", 1, NOW
        )
        assert own.refusal is not None
        assert words in own.refusal


# -- over HTTP ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def strict(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Site, Site]]:
    """Two servers of one installation, on which newcomers have little."""
    folder = tmp_path_factory.mktemp("newcomers")
    url = create_database(postgres, "newcomers")
    settings = Settings.model_validate(
        {
            "data": folder,
            "web_dir": folder,
            "trusted_proxies": "127.0.0.0/8,::1",
            "limit_newcomers": "3/day",
            "limit_newcomer_uploads": "2/day",
            "registration": "approval",
        }
    )
    async with contextlib.AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(serving(settings, url, with_worker=False)) for _ in range(2)]
        yield Site(addresses[0], url, folder), Site(addresses[1], url, folder)
    drop_database(postgres, "newcomers")


async def make(client: httpx.AsyncClient, count: int = 1) -> httpx.Response:
    return await client.post("/api/studio/generations", json={"prompt": "a boat", "count": count})


async def upload(client: httpx.AsyncClient, seed: int) -> httpx.Response:
    return await client.post("/api/images", files={"file": ("a.png", file_of(scene(seed)), "image/png")})


def assert_told(answer: httpx.Response, *words: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert int(answer.headers["Retry-After"]) == answer.json()["retry_after_s"]
    for each in words:
        assert each in answer.json()["detail"]


class TestOverHttp:
    async def test_a_guest_is_told_from_their_first_visit_on(self, strict: tuple[Site, Site]) -> None:
        async with strict[0].visitor() as guest:
            assert (await make(guest, 3)).status_code == 202
            refused = await make(guest)
            assert_told(refused, "Guests may make 3 pictures a day", "With an account, this limit ends on 20")
            assert 86400 / 3 - 60 < refused.json()["retry_after_s"] <= 86400 / 3

    async def test_a_new_account_has_it_and_an_old_one_has_not(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], days=0.5) as new, somebody(strict[0], days=1.01) as old:
            assert (await make(new.http, 3)).status_code == 202
            assert_told(await make(new.http), "New accounts may make 3 pictures a day", "This limit ends on 20")
            for _ in range(2):
                assert (await make(old.http, 4)).status_code == 202

    async def test_it_ends_by_itself(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], days=0) as new, strict[0].sql() as sql:
            assert (await make(new.http, 3)).status_code == 202
            assert (await make(new.http)).status_code == 429
            await sql.execute("UPDATE people SET created_at = now() - interval '1 day' WHERE id = %s", (new.id,))
            assert (await make(new.http)).status_code == 202

    @pytest.mark.parametrize("role", ["moderator", "admin"])
    async def test_who_looks_after_the_server_has_it_not(self, strict: tuple[Site, Site], role: str) -> None:
        async with somebody(strict[0], role=role, days=0) as one:
            assert (await make(one.http, 4)).status_code == 202

    async def test_more_than_it_ever_allows_says_so(self, strict: tuple[Site, Site]) -> None:
        async with strict[0].visitor() as guest:
            assert_told(await make(guest, 4), "Guests may make 3 pictures a day", "Ask for fewer")

    async def test_uploads_too_and_apart_from_pictures(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], days=0) as new, somebody(strict[0]) as old:
            assert (await make(new.http, 3)).status_code == 202
            for seed in (41, 42):
                assert (await upload(new.http, seed)).status_code == 201
                assert (await upload(old.http, seed)).status_code == 201
            assert_told(await upload(new.http, 43), "New accounts may upload 2 files a day")
            begun = await new.http.post("/api/images/uploads", json={"content_type": "image/png"})
            assert_told(begun, "New accounts may upload 2 files a day")
            assert (await upload(old.http, 43)).status_code == 201

    async def test_a_token_is_no_way_around_it(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], days=0) as new, strict[0].visitor() as program:
            made = await new.http.post("/api/tokens", json={"name": "x"})
            assert (await make(new.http, 3)).status_code == 202
            program.headers["Authorization"] = f"Bearer {made.json()['token']}"
            assert (await make(program)).status_code == 429
            answer = await program.post("/v1/images/generations", json={"prompt": "a boat"})
            assert answer.status_code == 429
            assert "New accounts may make 3 pictures a day" in answer.json()["error"]["message"]

    async def test_two_servers_count_together(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], days=0) as new, strict[1].visitor() as elsewhere:
            elsewhere.cookies.set("figment", new.http.cookies["figment"])
            assert (await make(new.http, 2)).status_code == 202
            assert (await make(elsewhere)).status_code == 202
            for client in (new.http, elsewhere):
                assert_told(await make(client), "New accounts")

    async def test_a_refusal_takes_nothing_of_what_everybody_has(self, strict: tuple[Site, Site]) -> None:
        async with strict[0].visitor() as guest, strict[0].sql() as sql:
            await make(guest, 3)
            before = await _full_at(sql, "generations:person:%")
            assert (await make(guest)).status_code == 429
            assert await _full_at(sql, "generations:person:%") == before

    async def test_who_throws_the_cookie_away_is_still_at_the_same_address(self, strict: tuple[Site, Site]) -> None:
        async with strict[0].visitor() as guest:
            for _ in range(TOGETHER):
                assert (await make(guest, 3)).status_code == 202
                guest.cookies.clear()
            assert_told(await make(guest), "at your internet address together may make 30 pictures a day")


class TestWhoIsVouchedFor:
    async def test_made_by_the_operator_invited_or_let_in(self, strict: tuple[Site, Site]) -> None:
        site = strict[0]
        async with somebody(site, "Root", role="admin") as admin, site.visitor() as invited, site.visitor() as waiting:
            invite = (await admin.http.post("/api/invites", json={})).json()["url"].partition("#")[2]
            answer = await sign_up(invited, "newcomer-invited", invite=invite)
            assert answer.json()["person"]["vouched"] is True
            assert (await make(invited, 4)).status_code == 202
            answer = await sign_up(waiting, "newcomer-waiting")
            assert (answer.json()["person"]["waiting"], answer.json()["person"]["vouched"]) == (True, False)
            assert_told(await make(waiting, 4), "This limit ends when an administrator lets you in.")
            changed = await admin.http.patch(f"/api/people/{answer.json()['person']['id']}", json={"waiting": False})
            assert changed.status_code == 200
            assert (await make(waiting, 4)).status_code == 202
        async with Database(site.database_url) as database:
            made = await Accounts(database).make_account("newcomer-made", None, "user")
            assert not NEWCOMERS.includes(made, made.created_at)

    async def test_to_suspend_somebody_is_not_to_vouch_for_them(self, strict: tuple[Site, Site]) -> None:
        async with somebody(strict[0], "Root", role="admin") as admin, somebody(strict[0], days=0) as new:
            for change in ({"suspended": True}, {"suspended": False}):
                assert (await admin.http.patch(f"/api/people/{new.id}", json=change)).status_code == 200
            assert (await make(new.http, 4)).status_code == 429


async def _full_at(sql: psycopg.AsyncConnection[Any], like: str) -> list[Any]:
    return await (
        await sql.execute("SELECT key, full_at FROM rate_limits WHERE key LIKE %s ORDER BY key", (like,))
    ).fetchall()
