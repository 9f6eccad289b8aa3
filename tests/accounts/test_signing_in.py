"""Signing up and in with a password, and what comes with it: sessions, invitations, links, limits."""

from __future__ import annotations

import contextlib
import re
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from figment.accounts.signing_in import inner_path
from figment.core.settings import Settings
from tests.accounts.test_accounts import cookie_of, who
from tests.conftest import create_database, drop_database
from tests.http import Site, serving

PASSWORD = "four words nobody joins"


async def sign_up(client: httpx.AsyncClient, username: str, **more: Any) -> httpx.Response:
    return await client.post("/api/sign-up", json={"username": username, "password": PASSWORD, **more})


async def sign_in(client: httpx.AsyncClient, username: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
    return await client.post("/api/sign-in", json={"username": username, "password": password, **more})


@contextlib.asynccontextmanager
async def site_with(postgres: str, folder: Path, **settings: Any) -> AsyncIterator[Site]:
    """A server of its own with other rules."""
    name = f"site_{abs(hash(folder)) % 10**9}"
    url = create_database(postgres, name)
    given = {"data": folder, "web_dir": folder, "trusted_proxies": "127.0.0.0/8,::1"} | settings
    try:
        async with serving(Settings.model_validate(given), url, with_worker=False) as address:
            yield Site(address, url, folder)
    finally:
        drop_database(postgres, name)


class TestSigningUp:
    async def test_a_guest_becomes_an_account_and_keeps_what_they_made(self, visitor: httpx.AsyncClient) -> None:
        guest = (await visitor.post("/api/session")).json()["person"]
        made = await visitor.post("/api/studio/collections", json={"name": "Boats"})
        before = visitor.cookies["figment"]
        answer = await sign_up(visitor, "Ada.L", name="Ada Lovelace")
        assert answer.status_code == 201
        person = answer.json()["person"]
        assert person == {
            **guest,
            "name": "Ada Lovelace",
            "username": "ada.l",
            "guest": False,
        }
        [collection] = (await visitor.get("/api/studio/collections")).json()["items"]
        assert collection["id"] == made.json()["id"]
        assert visitor.cookies["figment"] != before, "a session that somebody planted must be worth nothing now"
        visitor.cookies.set("figment", before, domain="localhost.local")
        assert await who(visitor, Cookie=f"figment={before}") is None

    @pytest.mark.parametrize(
        ("username", "says"),
        [
            ("a", "2 to 32"),
            ("-ada", "begins"),
            ("ada lovelace", "letters"),
            ("Administrator", "kept"),
            ("аda", "a to z"),
        ],
    )
    async def test_a_name_that_cannot_be(self, visitor: httpx.AsyncClient, username: str, says: str) -> None:
        answer = await sign_up(visitor, username)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["field"] == "username"
        assert says in error["message"]

    @pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaa", "password1234", "grace.hopper1"])
    async def test_a_password_that_is_guessed_early(self, visitor: httpx.AsyncClient, password: str) -> None:
        answer = await visitor.post("/api/sign-up", json={"username": "grace.hopper", "password": password})
        assert (answer.status_code, answer.json()["code"]) == (422, "password_refused")
        assert answer.json()["errors"][0]["field"] == "password"

    async def test_a_name_is_had_once_in_whatever_case(self, site: Site, visitor: httpx.AsyncClient) -> None:
        assert (await sign_up(visitor, "once")).status_code == 201
        async with site.visitor() as other:
            answer = await sign_up(other, "ONCE")
            assert (answer.status_code, answer.json()["code"]) == (409, "username_taken")
            assert await who(other) is None

    async def test_who_is_signed_in_does_not_sign_up_again(self, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "twice")
        assert (await sign_up(visitor, "twice2")).json()["code"] == "already_signed_up"

    async def test_ten_an_hour_from_one_address(self, visitor: httpx.AsyncClient) -> None:
        codes = [(await sign_up(visitor, "x")).status_code for _ in range(11)]
        assert codes == [422] * 11, "what is not even read costs nothing"
        codes = [(await sign_up(visitor, "closed-names-only", password="short")).status_code for _ in range(11)]
        assert codes == [422] * 10 + [429]


class TestSigningIn:
    async def test_what_a_guest_made_comes_along_if_they_wish(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "takes")
        await visitor.post("/api/studio/collections", json={"name": "Boats"})
        for take_along, expected in ((False, ["Boats"]), (True, ["Boats", "Birds"])):
            async with site.visitor() as elsewhere:
                guest = (await elsewhere.post("/api/session")).json()["person"]
                await elsewhere.post("/api/studio/collections", json={"name": "Birds"})
                await elsewhere.post("/api/studio/collections", json={"name": "boats"})
                answer = await sign_in(elsewhere, "takes", take_along=take_along)
                assert answer.json()["person"]["username"] == "takes"
                found = (await elsewhere.get("/api/studio/collections")).json()["items"]
                assert sorted(one["name"] for one in found) == sorted(expected)
            async with site.sql() as sql:
                left = await (await sql.execute("SELECT 1 FROM people WHERE id = %s", [guest["id"]])).fetchone()
            assert (left is None) == take_along

    async def test_wrong_password_and_unknown_name_are_one_answer(self, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "known")
        wrong = await sign_in(visitor, "known", "not the password")
        unknown = await sign_in(visitor, "unknown", "not the password")
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json()
        assert wrong.json()["code"] == "wrong_password"

    async def test_a_session_of_before_is_worth_nothing_after(self, site: Site, visitor: httpx.AsyncClient) -> None:
        """Session fixation (CWE-384): the attacker plants their own guest cookie and waits for the victim to sign in."""
        await sign_up(visitor, "victim")
        await visitor.delete("/api/session")
        async with site.visitor() as attacker:
            await attacker.post("/api/session")
            planted = attacker.cookies["figment"]
            visitor.cookies.clear()
            answer = await visitor.post(
                "/api/sign-in",
                json={"username": "victim", "password": PASSWORD},
                headers={"Cookie": f"figment={planted}"},
            )
            assert cookie_of(answer)[1]["value"] != planted
            assert await who(attacker) is None

    async def test_ten_attempts_at_one_account_from_wherever(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "guessed")
        codes = []
        for _ in range(12):
            async with site.visitor() as elsewhere:
                codes.append((await sign_in(elsewhere, "Guessed", "not the password")).status_code)
        assert codes == [401] * 10 + [429] * 2
        async with site.visitor() as elsewhere:
            refused = await sign_in(elsewhere, "guessed")
        assert int(refused.headers["Retry-After"]) <= 30

    async def test_unknown_names_take_as_long(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "timed")
        took: dict[str, list[float]] = {"timed": [], "nobody-at-all": []}
        for _ in range(5):
            for name, seconds in took.items():
                async with site.visitor() as elsewhere:
                    started = time.perf_counter()
                    await sign_in(elsewhere, name, "not the password")
                    seconds.append(time.perf_counter() - started)
        known, unknown = (statistics.median(seconds) for seconds in took.values())
        # Without a hash to check, the answer would come ten times sooner: the machine's noise is far smaller.
        assert 0.4 < unknown / known < 2.5

    async def test_devices_are_listed_and_signed_out(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "devices")
        async with site.visitor(**{"User-Agent": "A phone"}) as phone:
            await sign_in(phone, "devices")
            found = (await visitor.get("/api/account")).json()["devices"]
            assert [(one["device"], one["current"]) for one in found] == [
                ("A phone", False),
                (visitor.headers["User-Agent"], True),
            ]
            async with site.visitor() as stranger:
                await stranger.post("/api/session")
                assert (await stranger.delete(f"/api/account/devices/{found[0]['id']}")).status_code == 404
            assert await who(phone) is not None
            assert (await visitor.delete(f"/api/account/devices/{found[0]['id']}")).status_code == 204
            assert await who(phone) is None
            await sign_in(phone, "devices")
            assert (await visitor.delete("/api/account/devices")).status_code == 204
            assert await who(phone) is None
        assert await who(visitor) is not None


class TestPasswords:
    async def test_changing_it_ends_every_other_session(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "changes")
        new = "five other words nobody joins"
        async with site.visitor() as thief:
            await sign_in(thief, "changes")
            wrong = await visitor.put("/api/account/password", json={"current": "guess", "password": new})
            assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_password")
            changed = await visitor.put("/api/account/password", json={"current": PASSWORD, "password": new})
            assert changed.status_code == 200
            assert await who(thief) is None
            assert await who(visitor) is not None
            assert (await sign_in(thief, "changes")).status_code == 401
            assert (await sign_in(thief, "changes", new)).status_code == 200

    async def test_a_browser_left_open_is_not_enough(self, site: Site, visitor: httpx.AsyncClient) -> None:
        person = (await sign_up(visitor, "left-open")).json()["person"]
        async with site.sql() as sql:
            await sql.execute(
                "UPDATE sessions SET signed_in_at = now() - interval '1 hour' WHERE person = %s", [person["id"]]
            )
        for method, path, body in (
            ("POST", "/api/passkeys", None),
            ("DELETE", "/api/account/password", None),
            ("POST", "/api/account/erase", {"confirm": "left-open"}),
            ("PUT", "/api/account/password", {"password": "some other words here"}),
        ):
            answer = await visitor.request(method, path, json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_again"), path
        await sign_in(visitor, "left-open")
        assert (await visitor.post("/api/passkeys")).status_code == 200

    async def test_the_last_way_in_stays(self, visitor: httpx.AsyncClient) -> None:
        await sign_up(visitor, "last-way")
        answer = await visitor.delete("/api/account/password")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_way_in")


class TestErasing:
    async def test_everything_goes_and_the_files_too(self, site: Site, visitor: httpx.AsyncClient) -> None:
        import io

        from PIL import Image

        person = (await sign_up(visitor, "erased")).json()["person"]
        picture = io.BytesIO()
        Image.new("RGB", (9, 7), (1, 2, 3)).save(picture, "PNG")
        image = (await visitor.post("/api/images", files={"file": ("a.png", picture.getvalue())})).json()
        assert (await visitor.get(image["url"])).status_code == 200
        export = await visitor.get("/api/account/export")
        assert export.status_code == 200
        import json
        import zipfile

        with zipfile.ZipFile(io.BytesIO(export.content)) as archive:
            names = archive.namelist()
            assert {"account.json", "tokens.json", "jobs.json", "studio.json", "recipes.jsonl"} <= set(names)
            assert json.loads(archive.read("account.json"))["person"]["username"] == "erased"
            assert any(name.endswith(".png") for name in names)
        assert (await visitor.post("/api/account/erase", json={"confirm": "somebody"})).status_code == 422
        assert (await visitor.post("/api/account/erase", json={"confirm": "erased"})).status_code == 204
        assert await who(visitor) is None
        assert (await sign_in(visitor, "erased")).status_code == 401
        assert not list((site.data / "blobs").rglob(f"*{image['url'].split('/')[2]}*"))
        async with site.sql() as sql:
            rows = await (
                await sql.execute(
                    "SELECT (SELECT count(*) FROM people WHERE id = %(p)s), (SELECT count(*) FROM images WHERE owner = %(p)s)",
                    {"p": person["id"]},
                )
            ).fetchone()
        assert rows == (0, 0)


class TestRules:
    async def test_closed(self, postgres: str, tmp_path: Path) -> None:
        async with site_with(postgres, tmp_path, registration="closed", guests=False) as site, site.visitor() as one:
            assert (await sign_up(one, "shut-out")).json()["code"] == "registration_closed"
            options = (await one.get("/api/sign-in")).json()
            assert (options["registration"], options["guests"]) == ("closed", False)
            refused = await one.post("/api/studio/generations", json={"prompt": "a boat"})
            assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")

    async def test_by_invitation_and_its_administrator(self, postgres: str, tmp_path: Path) -> None:
        async with site_with(postgres, tmp_path, registration="invite") as site, site.visitor() as admin:
            person = (await admin.post("/api/session")).json()["person"]
            async with site.sql() as sql:
                await sql.execute("UPDATE people SET role = 'admin', guest = false WHERE id = %s", [person["id"]])
            made = await admin.post("/api/invites", json={"note": "for Ada", "uses": 1})
            assert made.status_code == 201
            token = re.fullmatch(rf"{re.escape(site.address)}/sign-up#(.+)", made.json()["url"])
            assert token
            async with site.visitor() as ada, site.visitor() as eve:
                assert (await sign_up(ada, "ada")).json()["code"] == "invite_needed"
                assert (await sign_up(ada, "ada", invite="made-up-words")).json()["code"] == "invite_needed"
                assert (await sign_up(ada, "ada", invite=token[1])).status_code == 201
                assert (await sign_up(eve, "eve", invite=token[1])).json()["code"] == "invite_needed"
            assert (await admin.get("/api/invites")).json()["items"] == []
            [entry] = (await admin.get("/api/audit")).json()["items"]
            assert (entry["action"], entry["actor_name"]) == ("invite.made", person["name"])

    async def test_by_approval(self, postgres: str, tmp_path: Path) -> None:
        async with (
            site_with(postgres, tmp_path, registration="approval") as site,
            site.visitor() as admin,
            site.visitor() as ada,
        ):
            boss = (await admin.post("/api/session")).json()["person"]
            async with site.sql() as sql:
                await sql.execute("UPDATE people SET role = 'admin', guest = false WHERE id = %s", [boss["id"]])
            person = (await sign_up(ada, "ada")).json()["person"]
            assert (person["waiting"], person["guest"]) == (True, True)
            assert (await ada.post("/api/tokens", json={"name": "x"})).json()["code"] == "account_needed"
            [waiting] = (await admin.get("/api/people", params={"show": "waiting"})).json()["items"]
            assert waiting["username"] == "ada"
            yes = await admin.patch(f"/api/people/{person['id']}", json={"waiting": False})
            assert (yes.json()["waiting"], yes.json()["guest"]) == (False, False)
            assert (await ada.post("/api/tokens", json={"name": "x"})).status_code == 201
            last = await admin.patch(f"/api/people/{boss['id']}", json={"role": "user"})
            assert (last.status_code, last.json()["code"]) == (409, "last_admin")
            shut = await admin.patch(f"/api/people/{person['id']}", json={"suspended": True, "reason": "spam"})
            assert shut.json()["suspended"] is True
            refused = await ada.post("/api/studio/generations", json={"prompt": "a boat"})
            assert refused.json()["code"] == "account_suspended"
            assert (await ada.get("/api/account/export")).status_code == 200
            actions = [one["action"] for one in (await admin.get("/api/audit")).json()["items"]]
            assert actions == ["person.suspended", "person.waiting"]


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("/studio?q=1#x", "/studio?q=1#x"),
        ("/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("studio", "/"),
        ("", "/"),
        (" //evil.example", "/"),
    ],
)
def test_no_open_redirect(address: str, inside: str) -> None:
    assert inner_path(address) == inside
