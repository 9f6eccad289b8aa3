"""API tokens over HTTP: made, listed and revoked by people in a browser; bounded by scopes, time and number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from figment.accounts.service import MOST_TOKENS
from tests.http import Site

CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


async def sign_up(site: Site, browser: httpx.AsyncClient) -> str:
    """Make this browser's guest somebody who can come back; there is no page for it yet."""
    person: str = (await browser.post("/api/session")).json()["person"]["id"]
    async with site.sql() as sql:
        await sql.execute("UPDATE people SET guest = false WHERE id = %s", [person])
    return person


@pytest.fixture
async def member(site: Site, visitor: httpx.AsyncClient) -> httpx.AsyncClient:
    await sign_up(site, visitor)
    return visitor


@pytest.fixture
async def script(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A program: no cookie."""
    async with site.visitor() as opened:
        yield opened


async def make(browser: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await browser.post("/api/tokens", json={"name": "script", **asked})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def sent(token: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['token']}"}


class TestMaking:
    async def test_it_acts_as_its_maker_and_is_shown_once(
        self, member: httpx.AsyncClient, script: httpx.AsyncClient
    ) -> None:
        token = await make(member, name="My laptop")
        assert token["token"].startswith("fig_")
        assert token["scopes"] == ["images:write", "images:read", "models:read", "models:write"]
        me = (await member.get("/api/session")).json()["person"]
        assert (await script.get("/api/session", headers=sent(token))).json()["person"] == me
        [listed] = (await member.get("/api/tokens")).json()["items"]
        assert listed["used_at"] is not None
        assert listed | {"used_at": None} == {key: value for key, value in token.items() if key != "token"}

    async def test_the_newest_comes_first_and_somebody_elses_never(self, site: Site, member: httpx.AsyncClient) -> None:
        for name in ("one", "two"):
            await make(member, name=name)
        async with site.visitor() as other:
            await sign_up(site, other)
            await make(other, name="theirs")
        assert [token["name"] for token in (await member.get("/api/tokens")).json()["items"]] == ["two", "one"]

    async def test_a_guest_is_refused_and_told_why(self, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/api/session")
        answer = await visitor.post("/api/tokens", json={"name": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "account_needed")
        assert "Sign up" in answer.json()["detail"]

    async def test_nobody_is_refused(self, visitor: httpx.AsyncClient) -> None:
        for answer in (await visitor.get("/api/tokens"), await visitor.post("/api/tokens", json={"name": "x"})):
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")

    async def test_another_sites_page_cannot_make_one(self, member: httpx.AsyncClient) -> None:
        answer = await member.post("/api/tokens", json={"name": "x"}, headers=CROSS_SITE)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")

    async def test_a_token_cannot_make_list_or_revoke_tokens(
        self, member: httpx.AsyncClient, script: httpx.AsyncClient
    ) -> None:
        token = await make(member)
        for method, path in (("GET", ""), ("POST", ""), ("DELETE", f"/{token['id']}")):
            answer = await script.request(method, f"/api/tokens{path}", headers=sent(token), json={"name": "more"})
            assert (answer.status_code, answer.json()["code"]) == (403, "session_needed"), method
        claim = await script.post("/api/session/claim-admin", headers=sent(token), json={"token": "x" * 20})
        assert claim.json()["code"] == "session_needed"

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"scopes": []}, "scopes"),
            ({"scopes": ["images:write", "everything"]}, "scopes.1"),
            ({"expires_in_days": 0}, "expires_in_days"),
            ({"for": "ever"}, "for"),
        ],
    )
    async def test_wrong_input_names_the_field(
        self, member: httpx.AsyncClient, asked: dict[str, Any], field: str
    ) -> None:
        answer = await member.post("/api/tokens", json={"name": "x", **asked})
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])

    async def test_one_person_has_so_many_at_most(self, site: Site, member: httpx.AsyncClient) -> None:
        me = (await member.get("/api/session")).json()["person"]["id"]
        async with site.sql() as sql:
            await sql.execute(
                "INSERT INTO api_tokens (token_hash, person, name, scopes) "
                "SELECT uuid_send(gen_random_uuid()), %s, 'x', '{}' FROM generate_series(1, %s)",
                [me, MOST_TOKENS - 1],
            )
        last = await make(member)
        full = await member.post("/api/tokens", json={"name": "one too many"})
        assert (full.status_code, full.json()["code"]) == (409, "too_many_tokens")
        await member.delete(f"/api/tokens/{last['id']}")
        await make(member)


class TestEnd:
    async def test_a_revoked_token_is_nobodys_at_once(
        self, member: httpx.AsyncClient, script: httpx.AsyncClient
    ) -> None:
        token = await make(member)
        assert (await script.get("/api/session", headers=sent(token))).status_code == 200
        assert (await member.delete(f"/api/tokens/{token['id']}")).status_code == 204
        refused = await script.get("/api/session", headers=sent(token))
        assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
        assert "figment admin token" in refused.json()["detail"]
        assert (await member.delete(f"/api/tokens/{token['id']}")).status_code == 404

    async def test_somebody_elses_cannot_be_revoked(
        self, site: Site, member: httpx.AsyncClient, script: httpx.AsyncClient
    ) -> None:
        token = await make(member)
        async with site.visitor() as other:
            await sign_up(site, other)
            assert (await other.delete(f"/api/tokens/{token['id']}")).status_code == 404
        assert (await script.get("/api/session", headers=sent(token))).status_code == 200

    async def test_an_expired_token_is_nobodys(
        self, site: Site, member: httpx.AsyncClient, script: httpx.AsyncClient
    ) -> None:
        token = await make(member, expires_in_days=30)
        expires = datetime.fromisoformat(token["expires_at"])
        assert timedelta(days=29) < expires - datetime.now(UTC) < timedelta(days=31)
        assert (await script.get("/api/session", headers=sent(token))).status_code == 200
        async with site.sql() as sql:
            await sql.execute("UPDATE api_tokens SET expires_at = now() WHERE id = %s", [token["id"]])
        assert (await script.get("/api/session", headers=sent(token))).status_code == 401


class TestScopes:
    @pytest.mark.parametrize("scope", ["images:read", "images:write", "models:read"])
    async def test_a_token_does_what_its_scope_says_and_nothing_else(
        self, member: httpx.AsyncClient, script: httpx.AsyncClient, scope: str
    ) -> None:
        token = await make(member, scopes=[scope])
        for needed, request in {
            "images:read": ("GET", "/api/studio/generations"),
            "images:write": ("POST", "/api/studio/generations"),
            "models:read": ("GET", "/v1/models"),
        }.items():
            answer = await script.request(request[0], request[1], headers=sent(token), json={"prompt": "x"})
            if needed == scope:
                assert answer.is_success, answer.text
            else:
                assert answer.status_code == 403
                assert "missing_scope" in answer.text
                assert needed in answer.text

    async def test_its_wishes_are_kept_in_one_order(self, member: httpx.AsyncClient) -> None:
        token = await make(member, scopes=["models:read", "images:write", "models:read"])
        assert token["scopes"] == ["images:write", "models:read"]


async def test_of_many_that_are_made_at_once_no_more_are_made_than_there_is_room(site: Site) -> None:
    async with site.visitor() as browser:
        me = await sign_up(site, browser)
        async with site.sql() as sql:
            await sql.execute(
                "INSERT INTO api_tokens (token_hash, person, name, scopes) "
                "SELECT uuid_send(gen_random_uuid()), %s, 'x', '{}' FROM generate_series(1, %s)",
                [me, MOST_TOKENS - 2],
            )
        answers = await asyncio.gather(*(browser.post("/api/tokens", json={"name": "x"}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409, 409, 409]
