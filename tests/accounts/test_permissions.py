"""Who may do what: the function alone, and every route knocked at as everybody, against the table that is written down.

`permissions.txt` holds a row a route with the status that each asker gets. A route without a row fails, and so does a row without a route.
"""

from __future__ import annotations

import io
import itertools
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute, APIWebSocketRoute
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from figment.accounts.permissions import (
    EVERY_ACTION,
    RULES,
    Actor,
    Reason,
    Standing,
    Subject,
    may,
    refusal,
)
from figment.accounts.schemas import EVERY_SCOPE, Person
from figment.accounts.store import hash_token
from figment.main import ROUTES
from tests.http import Site

ASKERS = ("anonymous", "guest", "user", "owner", "moderator", "admin")
TABLE = Path(__file__).with_name("permissions.txt")


def person(role: str = "user", *, guest: bool = False, suspended: bool = False, muted: bool = False) -> Person:
    return Person.model_validate(
        {
            "id": uuid4(),
            "name": "Ada",
            "role": role,
            "guest": guest,
            "username": None,
            "waiting": False,
            "suspended": suspended,
            "muted": muted,
            "slowed": False,
            "vouched": False,
            "created_at": datetime.now(UTC),
        }
    )


class TestTheFunction:
    def test_every_action_has_a_rule(self) -> None:
        assert set(RULES) == set(EVERY_ACTION)

    @pytest.mark.parametrize("action", EVERY_ACTION)
    def test_whoever_stands_higher_may_no_less(self, action: Any) -> None:
        actors = [
            Actor(None),
            *(Actor(person(guest=True)),),
            *(Actor(person(role)) for role in ("user", "moderator", "admin")),
        ]
        assert [actor.standing for actor in actors] == list(Standing)
        allowed = [may(actor, action).allowed for actor in actors]
        assert allowed == sorted(allowed)
        assert allowed[-1]

    @pytest.mark.parametrize("action", EVERY_ACTION)
    def test_a_token_may_never_more_than_its_person(self, action: Any) -> None:
        for role in ("user", "moderator", "admin"):
            asker = person(role)
            for scopes in (frozenset(), frozenset(EVERY_SCOPE), frozenset({"images:read"})):
                by_token = may(Actor(asker, scopes), action)
                assert not by_token.allowed or may(Actor(asker), action).allowed

    def test_what_shuts_somebody_out_leaves_them_their_data(self) -> None:
        shut_out = Actor(person(suspended=True))
        assert may(shut_out, "studio.make").reason == Reason.SUSPENDED
        assert may(shut_out, "account.export").allowed
        assert may(shut_out, "account.erase").allowed

    def test_who_is_muted_may_do_all_but_speak_to_others(self) -> None:
        silent = Actor(person(muted=True))
        refused = {action for action in EVERY_ACTION if may(silent, action).reason == Reason.MUTED}
        assert refused == {"images.share", "reports.make", "atlas.paint", "atlas.change", "atlas.worlds"}

    def test_what_is_somebody_elses_is_as_if_it_were_not_there(self) -> None:
        mine, theirs = person(), Subject(uuid4())
        assert may(Actor(mine), "images.read", Subject(mine.id)).allowed
        decision = may(Actor(mine), "images.read", theirs)
        assert decision.reason == Reason.NOT_YOURS
        assert refusal(Actor(mine), "images.read", decision).status == 404
        assert may(Actor(person("admin")), "people.change", theirs).allowed

    @pytest.mark.parametrize("reason", [reason for reason in Reason if reason != Reason.ALLOWED])
    def test_every_refusal_says_what_to_do(self, reason: Reason) -> None:
        from figment.accounts.permissions import Decision

        error = refusal(Actor(person()), "images.read", Decision(False, reason))
        assert error.status in (401, 403, 404)
        assert error.detail.endswith((".", "`"))


def routes() -> list[str]:
    found = []
    for room in ROUTES:
        for route in room.router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                found += [f"{method} {route.path}" for method in sorted(route.methods or ())]
            elif isinstance(route, APIWebSocketRoute):
                found.append(f"WEBSOCKET {route.path}")
    return sorted(found)


def table() -> dict[str, list[str]]:
    rows = [line.split() for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return {f"{method} {path}": statuses for method, path, *statuses in rows}


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert sorted(table()) == routes()
    assert {len(row) for row in table().values()} == {len(ASKERS)}


def test_no_route_asks_for_more_than_it_declares() -> None:
    """What a route asks inside, no table shows."""
    inside = {name for room in ROUTES for name in ("may", "permit", "actor_of", "Actor") if hasattr(room, name)}
    assert not inside


_PNG = io.BytesIO()
Image.effect_noise((96, 96), 60).convert("RGB").save(_PNG, "PNG")
_FILE = {"file": ("a.png", _PNG.getvalue(), "image/png")}
_PASSWORD = "four words nobody joins"
_NEVER = {"token": "nobody-made-this", "credential": {}}

# What is sent where nothing would not do: the least that is understood.
_BODIES: dict[str, dict[str, Any]] = {
    "POST /api/session/claim-admin": {"json": {"token": "nobody-made-this"}},
    "PATCH /api/account": {"json": {"name": "Ada"}},
    "POST /api/account/erase": {"json": {"confirm": "not my name"}},
    "POST /api/tokens": {"json": {"name": "x"}},
    "POST /api/sign-up": {"json": {"username": "{fresh}", "password": _PASSWORD}},
    "POST /api/sign-in": {"json": {"username": "nobody-here", "password": _PASSWORD}},
    "PUT /api/account/password": {"json": {"password": "short"}},
    "PUT /api/account/email": {"json": {"email": None}},
    "POST /api/account/email/verify": {"json": {"token": "nobody-made-this"}},
    "POST /api/reset/request": {"json": {"email": "{fresh}@example.org"}},
    "POST /api/reset": {"json": {"token": "nobody-made-this", "password": _PASSWORD}},
    "POST /api/passkeys/sign-up": {"json": {"username": "{fresh}"}},
    "POST /api/passkeys/sign-up/finish": {"json": _NEVER},
    "POST /api/passkeys/sign-in/finish": {"json": _NEVER},
    "POST /api/passkeys/finish": {"json": _NEVER},
    "PATCH /api/people/{person}": {"json": {}},
    "POST /api/invites": {"json": {}},
    "POST /api/models/load": {"json": {"model": "no-such-model"}},
    "PATCH /api/atlas/worlds/{world}": {"json": {}},
    "POST /api/atlas/worlds/{world}/members": {"json": {"username": "nobody-here"}},
    "POST /api/atlas/worlds/{world}/join": {"json": {"token": "nobody-made-this"}},
    "POST /api/atlas/worlds/{world}/rollbacks": {"json": {"edit": "{edit}"}},
    "POST /api/images": {"files": _FILE},
    "POST /api/verify": {"files": _FILE},
    "POST /api/images/uploads": {"json": {"content_type": "image/png"}},
    "PUT /api/images/favourites": {"json": {"images": ["{image}"], "favourite": True}},
    "PUT /api/images/{image}/visibility": {"json": {"visibility": "link"}},
    "POST /api/shared/{image}/report": {"json": {"reason": "spam"}},
    "POST /api/cases/{case}/appeal": {"json": {"words": "It was not so."}},
    "POST /api/moderation/cases/{case}/decide": {"json": {"decision": "approve"}},
    # What cannot be blocked: the pictures of the other rows look alike.
    "POST /api/moderation/blocklist": {"json": {"image": "{person}", "reason": "x"}},
    "POST /api/moderation/blocklist/file": {"files": {"file": ("a.png", b"no picture")}, "data": {"reason": "x"}},
    "PATCH /api/preferences": {"json": {}},
    "POST /api/studio/generations": {"json": {"prompt": "a boat"}},
    "POST /api/studio/images/delete": {"json": {"images": ["{image}"]}},
    "POST /api/studio/collections": {"json": {"name": "{fresh}"}},
    "PATCH /api/studio/collections/{collection}": {"json": {"name": "{fresh}"}},
    "POST /api/studio/collections/{collection}/images": {"json": {"images": ["{image}"]}},
    "POST /api/studio/collections/{collection}/images/remove": {"json": {"images": ["{image}"]}},
    "POST /api/studio/archives": {"json": {"images": ["{image}"]}},
    "POST /v1/images/generations": {"json": {"prompt": "a boat"}},
    "POST /v1/images/edits": {"data": {"prompt": "a boat"}, "files": {"image": _FILE["file"]}},
    "POST /v1/images/variations": {"files": {"image": _FILE["file"]}},
}
_fresh = itertools.count()


@dataclass
class Town:
    """A server with somebody of every kind. The owner is somebody new each time, with one of everything."""

    site: Site
    people: dict[str, UUID] = field(default_factory=dict)

    async def settle(self, asker: str) -> None:
        async with self.site.sql() as sql:
            role = asker if asker in ("moderator", "admin") else "user"
            username = None if asker == "guest" else f"town-{asker}-{next(_fresh)}"
            row = await (
                await sql.execute(
                    "INSERT INTO people (name, role, guest, username) VALUES (%s, %s, %s, %s) RETURNING id",
                    [asker, role, asker == "guest", username],
                )
            ).fetchone()
            assert row
            self.people[asker] = row[0]

    async def things(self, wanted: set[str]) -> dict[str, str]:
        """Those that are `wanted` of everything that there can be, all the owner's."""
        owner = self.people["owner"]
        found = {
            "provider": "nobody",
            "model": "figment-1",
            "world": "commons",
            "form": "png",
            "seed": "7",
            "z": "0",
            "x": "0",
            "y": "0",
            "person": str(self.people["user"]),
            "fresh": f"fresh{next(_fresh)}",
        }
        async with self.site.visitor() as client, self.site.sql() as sql:
            client.headers["Cookie"] = f"figment={await new_session(sql, owner)}"
            for name, statement in _MADE_BY_HAND.items():
                if name in wanted:
                    row = await (await sql.execute(statement, {"owner": owner})).fetchone()
                    assert row
                    found[name] = str(row[0])
            for name, (path, body) in _MADE_BY_API.items():
                if name in wanted:
                    answer = await client.post(path, **filled(body, found))
                    assert answer.is_success, answer.text
                    found[name] = answer.json()["id"]
            if "job" in wanted:
                asked = await client.post("/api/studio/generations", json={"prompt": "a boat"})
                found["job"] = asked.json()["jobs"][0]["id"]
        return found


_MADE_BY_API: dict[str, tuple[str, dict[str, Any]]] = {
    "image": ("/api/images", {"files": {"file": ("a.png", _PNG.getvalue(), "image/png")}}),
    "generation": ("/api/studio/generations", {"json": {"prompt": "a boat"}}),
    "upload": ("/api/images/uploads", {"json": {"content_type": "image/png"}}),
    "collection": ("/api/studio/collections", {"json": {"name": "Boats"}}),
    "archive": ("/api/studio/archives", {"json": {"images": ["{image}"]}}),
    "token": ("/api/tokens", {"json": {"name": "x"}}),
}
_MADE_BY_HAND = {
    "edit": "INSERT INTO atlas_edits (world, author, x, y, width, height, prompt)"
    " SELECT id, %(owner)s, 0, 0, 256, 256, 'a hill' FROM atlas_worlds WHERE slug = 'commons' RETURNING id",
    "rollback": "INSERT INTO atlas_rollbacks (world, person, state)"
    " SELECT id, %(owner)s, 'done' FROM atlas_worlds WHERE slug = 'commons' RETURNING id",
    "device": "INSERT INTO sessions (token_hash, person, expires_at)"
    " VALUES (gen_random_uuid()::text::bytea, %(owner)s, now() + interval '1 day') RETURNING id",
    "passkey": "INSERT INTO passkeys (person, credential, public_key, sign_count, name, synced)"
    " VALUES (%(owner)s, gen_random_uuid()::text::bytea, '', 0, 'x', false) RETURNING id",
    "identity": "INSERT INTO identities (issuer, subject, person, provider)"
    " VALUES ('x', gen_random_uuid()::text, %(owner)s, 'x') RETURNING id",
    "invite": "INSERT INTO invites (token_hash, uses_left) VALUES (gen_random_uuid()::text::bytea, 1) RETURNING id",
    "case": "INSERT INTO cases (kind, origin, owner, category, reason, decision, decided_at, fields)"
    " VALUES ('text', 'screening', %(owner)s, 'hate', 'x', 'refuse', now(), '{}') RETURNING id",
    "entry": "INSERT INTO blocked_hashes (pdq, reason)"
    " VALUES (('x' || md5(random()::text) || md5(random()::text))::bit(256), 'x') RETURNING id",
    "load": "INSERT INTO model_loads (id, owner, model, state, queue_id)"
    " VALUES (gen_random_uuid(), %(owner)s, 'x', 'failed', 0) RETURNING id",
}


async def new_session(sql: psycopg.AsyncConnection[Any], person_id: UUID) -> str:
    token = secrets.token_urlsafe(32)
    await sql.execute(
        "INSERT INTO sessions (token_hash, person, expires_at, signed_in_at) VALUES (%s, %s, %s, now())",
        [hash_token(token), person_id, datetime.now(UTC) + timedelta(days=1)],
    )
    return token


@pytest.fixture(scope="module")
def town(site: Site) -> Town:
    return Town(site)


def filled(value: Any, things: dict[str, str]) -> Any:
    if isinstance(value, str):
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: things[found[1]], value)
    if isinstance(value, dict):
        return {key: filled(each, things) for key, each in value.items()}
    return [filled(each, things) for each in value] if isinstance(value, list) else value


async def knock(town: Town, route: str, asker: str, things: dict[str, str]) -> int:
    """The status that `asker` gets at `route`, from an address of their own and with a fresh session."""
    method, path = route.split()
    body = {key: filled(value, things) if key == "json" else value for key, value in _BODIES.get(route, {}).items()}
    async with town.site.visitor() as client:
        if asker != "anonymous":
            async with town.site.sql() as sql:
                token = await new_session(sql, town.people[asker])
            client.headers["Cookie"] = f"figment={token}"
        if method == "WEBSOCKET":
            return await knock_socket(client, filled(path, things))
        async with client.stream(method, filled(path, things), **body) as answer:
            return answer.status_code


async def knock_socket(client: httpx.AsyncClient, path: str) -> int:
    address = str(client.base_url.join(path)).replace("http", "ws", 1)
    headers = {name: client.headers[name] for name in ("Cookie", "X-Forwarded-For") if name in client.headers}
    try:
        async with connect(address, additional_headers=headers, proxy=None) as socket:
            assert socket.response
            return socket.response.status_code
    except InvalidStatus as refused:
        return refused.response.status_code


@pytest.mark.parametrize("route", routes())
async def test_everybody_gets_what_is_written_down(town: Town, route: str) -> None:
    wanted = set(re.findall(r"\{(\w+)", f"{route} {_BODIES.get(route)}"))
    if "archive" in wanted:
        wanted.add("image")
    got = []
    for asker in ASKERS:
        # Everybody anew: what was asked before may have made a guest an account, or ended what was there.
        for each in ASKERS[1:]:
            await town.settle(each)
        things = await town.things(wanted)
        got.append(str(await knock(town, route, asker, things)))
    assert got == table().get(route), f"{route}: {' '.join(got)}"
