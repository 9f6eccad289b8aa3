"""People over HTTP: guests and their cookie, API tokens, and the first administrator."""

from __future__ import annotations

import asyncio
import hashlib
from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest

from figment.accounts import store
from figment.accounts.errors import ClaimSpent
from figment.accounts.schemas import TokenRequest
from figment.accounts.service import API_TOKEN_PREFIX, Accounts
from figment.core.database import Database
from tests.http import Site

HTTPS = {"X-Forwarded-Proto": "https"}


def cookie_of(answer: httpx.Response) -> tuple[str, dict[str, str]]:
    """The name of the one cookie that is set, and its attributes."""
    [header] = answer.headers.get_list("set-cookie")
    [(name, morsel)] = SimpleCookie(header).items()
    return name, {key: str(value) for key, value in morsel.items() if value} | {"value": morsel.value}


async def who(client: httpx.AsyncClient, **headers: str) -> dict[str, Any] | None:
    answer = await client.get("/api/session", headers=headers)
    answer.raise_for_status()
    person: dict[str, Any] | None = answer.json()["person"]
    return person


class TestGuests:
    async def test_looking_around_makes_nobody(self, visitor: httpx.AsyncClient) -> None:
        for path in ("/", "/api/session", "/api/models", "/api/studio/generations"):
            answer = await visitor.get(path)
            assert "set-cookie" not in answer.headers
        assert await who(visitor) is None

    async def test_the_first_post_makes_a_guest_who_is_found_again(self, visitor: httpx.AsyncClient) -> None:
        first = await visitor.post("/api/session")
        person = first.json()["person"]
        assert (person["role"], person["guest"]) == ("user", True)
        assert person["name"]
        assert await who(visitor) == person
        again = await visitor.post("/api/session")
        assert again.json()["person"] == person
        # Sent again, so that a browser that comes back within a year keeps it for one more.
        assert again.headers["set-cookie"].partition(";")[0] == first.headers["set-cookie"].partition(";")[0]

    async def test_a_first_visit_that_is_refused_keeps_its_guest(self, visitor: httpx.AsyncClient) -> None:
        refused = await visitor.post("/api/studio/generations", json={"prompt": "x", "width": 257})
        assert refused.status_code == 422
        assert await who(visitor) is not None

    async def test_the_cookie_over_plain_http(self, visitor: httpx.AsyncClient) -> None:
        name, cookie = cookie_of(await visitor.post("/api/session"))
        assert name == "figment"
        assert cookie["httponly"] == "True"
        assert cookie["samesite"] == "lax"
        assert cookie["path"] == "/"
        assert int(cookie["max-age"]) == 365 * 24 * 3600
        assert {"secure", "domain"}.isdisjoint(cookie)
        assert len(cookie["value"]) == 43

    async def test_the_cookie_behind_a_proxy_with_tls(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/api/session", headers=HTTPS)
        name, cookie = cookie_of(answer)
        assert name == "__Host-figment"
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["path"]) == (
            "True",
            "True",
            "lax",
            "/",
        )
        assert "domain" not in cookie
        sent = {"Cookie": f"__Host-figment={cookie['value']}"}
        assert await who(visitor, **HTTPS, **sent) == answer.json()["person"]
        assert await who(visitor, **sent) is None, "over plain HTTP this name could be anybody's"

    async def test_an_unknown_or_broken_cookie_is_nobody(self, visitor: httpx.AsyncClient) -> None:
        for value in ("", "x", "A" * 5000, "%00", '"', "é"):
            answer = await visitor.get("/api/session", headers=[(b"cookie", f"figment={value}".encode())])
            assert answer.json()["person"] is None

    async def test_an_expired_session_is_nobody_and_the_next_post_somebody_new(
        self, site: Site, visitor: httpx.AsyncClient
    ) -> None:
        person = (await visitor.post("/api/session")).json()["person"]
        async with site.sql() as sql:
            await sql.execute("UPDATE sessions SET expires_at = now() WHERE person = %s", [person["id"]])
        assert await who(visitor) is None
        assert (await visitor.get("/api/studio/generations")).status_code == 401
        assert (await visitor.post("/api/session")).json()["person"]["id"] != person["id"]

    async def test_a_session_that_is_used_goes_on(self, site: Site, visitor: httpx.AsyncClient) -> None:
        person = (await visitor.post("/api/session")).json()["person"]
        async with site.sql() as sql:
            await sql.execute(
                "UPDATE sessions SET seen_at = now() - interval '2 hours', expires_at = now() + interval '1 hour'"
                " WHERE person = %s",
                [person["id"]],
            )
            assert await who(visitor) == person
            found = await (
                await sql.execute(
                    "SELECT expires_at > now() + interval '364 days', seen_at > now() - interval '1 minute'"
                    " FROM sessions WHERE person = %s",
                    [person["id"]],
                )
            ).fetchone()
        assert found == (True, True)

    async def test_leaving_ends_the_session_here_and_there(self, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/api/session")
        stolen = visitor.cookies["figment"]
        ended = await visitor.delete("/api/session")
        assert ended.status_code == 204
        assert cookie_of(ended)[1].get("max-age", "0") == "0"
        assert "figment" not in visitor.cookies
        assert await who(visitor, Cookie=f"figment={stolen}") is None
        assert (await visitor.delete("/api/session")).status_code == 204

    async def test_only_the_hash_of_a_session_is_kept(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/api/session")
        token = visitor.cookies["figment"]
        async with site.sql() as sql:
            rows = await (await sql.execute("SELECT sessions::text FROM sessions")).fetchall()
        assert not any(token in row[0] for row in rows)
        assert any(hashlib.sha256(token.encode()).hexdigest() in row[0] for row in rows)

    async def test_the_device_is_noted_and_bounded(self, site: Site, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/api/session", headers={"User-Agent": "Browser/" + "9" * 5000})
        async with site.sql() as sql:
            found = await (
                await sql.execute("SELECT device FROM sessions WHERE person = %s", [answer.json()["person"]["id"]])
            ).fetchone()
        assert found == (("Browser/" + "9" * 5000)[:200],)


@pytest.fixture
def accounts(database: Database) -> Accounts:
    return Accounts(database)


async def admin_token(accounts: Accounts, name: str = "test") -> str:
    return (await accounts.make_admin_token(TokenRequest(name=name))).token


class TestTokens:
    @pytest.mark.parametrize("sent", ["Bearer nonsense", "bearer fig_x", "Bearer", "BEARER é", "Bearer a b"])
    async def test_an_unknown_token_is_a_401_even_beside_a_good_cookie(
        self, visitor: httpx.AsyncClient, sent: str
    ) -> None:
        await visitor.post("/api/session")
        for method in ("GET", "POST"):
            answer = await visitor.request(method, "/api/session", headers=[(b"authorization", sent.encode())])
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
            assert answer.headers["www-authenticate"] == "Bearer"

    async def test_a_known_token_acts_as_the_administrator(self, site: Site, visitor: httpx.AsyncClient) -> None:
        async with Database(site.database_url) as database:
            token = await admin_token(Accounts(database))
        headers = {"Authorization": f"Bearer {token}", "Sec-Fetch-Site": "cross-site"}
        person = (await visitor.post("/api/session", headers=headers)).json()["person"]
        assert (person["role"], person["guest"]) == ("admin", False)
        assert (await visitor.get("/api/studio/generations", headers=headers)).status_code == 200

    async def test_it_is_noted_when_it_was_used(self, accounts: Accounts, database: Database) -> None:
        token = await admin_token(accounts)
        used = []
        for _ in range(3):
            async with database.transaction() as connection:
                used.append((await connection.execute("SELECT used_at FROM api_tokens")).scalar())
            await accounts.by_api_token(token)
        assert used[0] is None
        assert used[1] < used[2]

    async def test_only_the_hash_of_a_token_is_kept(self, accounts: Accounts, database: Database) -> None:
        token = await admin_token(accounts)
        assert token.startswith(API_TOKEN_PREFIX)
        assert len(token) >= 40
        async with database.transaction() as connection:
            row = (await connection.execute("SELECT api_tokens::text FROM api_tokens")).scalar()
        assert token not in row
        assert token.removeprefix(API_TOKEN_PREFIX) not in row

    async def test_all_tokens_act_as_the_one_first_administrator(self, accounts: Accounts) -> None:
        tokens = [await admin_token(accounts, f"n{n}") for n in range(3)]
        bearers = [await accounts.by_api_token(token) for token in tokens]
        assert len({bearer.person.id for bearer in bearers if bearer}) == 1

    async def test_a_session_token_is_no_api_token_and_the_reverse(self, accounts: Accounts) -> None:
        _, session = await accounts.make_guest("")
        assert await accounts.by_api_token(session) is None
        assert await accounts.by_session(await admin_token(accounts)) is None


class TestClaim:
    """The link that `figment serve` prints makes one guest the first administrator."""

    async def test_once(self, accounts: Accounts) -> None:
        link = await accounts.admin_claim()
        assert link is not None
        guest, before = await accounts.make_guest("")
        admin, session = await accounts.claim_admin(guest, link, "Ada", "a browser")
        assert (admin.id, admin.role, admin.guest, admin.name) == (guest.id, "admin", False, "Ada")
        assert await accounts.by_session(before) is None, (
            "a session that somebody planted must not become an administrator's"
        )
        visit = await accounts.by_session(session)
        assert visit is not None
        assert (visit.person, visit.recent) == (admin, True)
        other, _ = await accounts.make_guest("")
        with pytest.raises(ClaimSpent):
            await accounts.claim_admin(other, link, "Eve", "")
        assert await accounts.admin_claim() is None

    async def test_only_the_newest_link_works(self, accounts: Accounts) -> None:
        old, new = await accounts.admin_claim(), await accounts.admin_claim()
        assert old is not None
        assert new is not None
        guest, _ = await accounts.make_guest("")
        with pytest.raises(ClaimSpent):
            await accounts.claim_admin(guest, old, "Ada", "")
        assert (await accounts.claim_admin(guest, new, "Ada", ""))[0].role == "admin"

    async def test_refused_when_there_is_an_administrator_already(self, accounts: Accounts, database: Database) -> None:
        first, _ = await accounts.make_guest("")
        await accounts.claim_admin(first, await accounts.admin_claim() or "", "Ada", "")
        async with database.transaction() as connection:
            await store.replace_claim(connection, "a link that another server printed")
        guest, session = await accounts.make_guest("")
        with pytest.raises(ClaimSpent):
            await accounts.claim_admin(guest, "a link that another server printed", "Eve", "")
        visit = await accounts.by_session(session)
        assert visit is not None
        assert visit.person.role == "user"

    async def test_a_token_made_first_does_not_lock_its_maker_out(self, accounts: Accounts) -> None:
        await admin_token(accounts, "for a script")
        guest, _ = await accounts.make_guest("")
        assert (await accounts.claim_admin(guest, await accounts.admin_claim() or "", "Ada", ""))[0].role == "admin"

    async def test_of_two_who_open_it_at_once_one_wins(self, accounts: Accounts) -> None:
        link = await accounts.admin_claim() or ""
        guests = [(await accounts.make_guest(""))[0] for _ in range(6)]
        results = await asyncio.gather(
            *(accounts.claim_admin(guest, link, "Ada", "") for guest in guests), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["ClaimSpent"] * 5 + ["tuple"]

    async def test_of_two_links_made_at_once_one_works(self, accounts: Accounts, database: Database) -> None:
        links = await asyncio.gather(*(accounts.admin_claim() for _ in range(5)))
        async with database.transaction() as connection:
            count = (await connection.execute("SELECT count(*) FROM admin_claims")).scalar()
        assert count == 1
        guests = [(await accounts.make_guest(""))[0] for _ in links]
        results = await asyncio.gather(
            *(accounts.claim_admin(guest, link or "", "Ada", "") for guest, link in zip(guests, links, strict=True)),
            return_exceptions=True,
        )
        assert sum(not isinstance(result, Exception) for result in results) == 1

    async def test_over_http_the_guest_keeps_session_and_work(self, site: Site, visitor: httpx.AsyncClient) -> None:
        async with site.sql() as sql:
            await sql.execute("UPDATE people SET role = 'user' WHERE role = 'admin'")
        async with Database(site.database_url) as database:
            link = await Accounts(database).admin_claim()
        made = await visitor.post("/api/studio/generations", json={"prompt": "mine"})
        guest = await who(visitor)
        claimed = await visitor.post("/api/session/claim-admin", json={"token": link, "name": "Ada"})
        assert claimed.status_code == 200
        assert await who(visitor) == claimed.json()["person"]
        assert guest is not None
        assert claimed.json()["person"]["id"] == guest["id"]
        assert (await visitor.delete(f"/api/studio/generations/{made.json()['id']}")).status_code == 204
        again = await visitor.post("/api/session/claim-admin", json={"token": link})
        assert (again.status_code, again.json()["code"]) == (403, "claim_spent")

    @pytest.mark.parametrize(
        ("claim", "field"),
        [
            ({}, "token"),
            ({"token": "short"}, "token"),
            ({"token": "x" * 20, "name": ""}, "name"),
            ({"token": "x" * 20, "name": "x" * 61}, "name"),
            ({"token": "x" * 20, "name": "a\x00b"}, "name"),
        ],
    )
    async def test_wrong_input_names_the_field(
        self, visitor: httpx.AsyncClient, claim: dict[str, str], field: str
    ) -> None:
        answer = await visitor.post("/api/session/claim-admin", json=claim)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
