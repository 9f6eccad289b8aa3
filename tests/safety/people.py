"""People of a server, made in its database: with any role and age, and without hashing a password each time."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from figment.accounts.store import hash_token
from tests.http import Site
from tests.images.scenes import file_of, scene


@dataclass(frozen=True)
class Somebody:
    """A person with a browser that is signed in."""

    id: UUID
    http: httpx.AsyncClient

    async def upload(self, seed: int) -> dict[str, Any]:
        answer = await self.http.post("/api/images", files={"file": ("picture.png", file_of(scene(seed)), "image/png")})
        assert answer.status_code == 201, answer.text
        image: dict[str, Any] = answer.json()
        return image

    async def share(self, image: dict[str, Any]) -> None:
        answer = await self.http.put(f"/api/images/{image['id']}/visibility", json={"visibility": "link"})
        assert answer.status_code == 200, answer.text

    async def report(self, image: dict[str, Any], reason: str = "violence", words: str = "") -> httpx.Response:
        return await self.http.post(f"/api/shared/{image['id']}/report", json={"reason": reason, "words": words})

    async def sees(self, image: dict[str, Any]) -> bool:
        answer = await self.http.get(f"/api/shared/{image['id']}")
        assert answer.status_code in (200, 404)
        return answer.status_code == 200

    async def decide(self, case: str, decision: str, words: str = "", **more: bool) -> httpx.Response:
        claimed = await self.http.post(f"/api/moderation/cases/{case}/claim")
        if claimed.status_code != 200:
            return claimed
        asked = {"decision": decision, "words": words, **more}
        return await self.http.post(f"/api/moderation/cases/{case}/decide", json=asked)

    async def case_of(self, image: dict[str, Any], state: str = "open") -> dict[str, Any]:
        """The case of a picture, as a moderator finds it in the queue."""
        answer = await self.http.get("/api/moderation/cases", params={"state": state, "limit": 100})
        [found] = [case for case in answer.json()["items"] if case["image"] and case["image"]["id"] == image["id"]]
        case: dict[str, Any] = found
        return case

    async def notices(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await self.http.get("/api/notices")).json()["items"]
        return items

    async def told(self) -> list[str]:
        """The kinds of my notices, the newest first."""
        return [notice["kind"] for notice in await self.notices()]


@contextlib.asynccontextmanager
async def somebody(
    site: Site, name: str = "Ada", role: str = "user", guest: bool = False, days: float = 10
) -> AsyncIterator[Somebody]:
    """A person who has been here for so many days."""
    token = secrets.token_urlsafe(32)
    async with site.sql() as sql:
        found = await sql.execute(
            "INSERT INTO people (name, role, guest, created_at) VALUES (%s, %s, %s, now() - make_interval(secs => %s)) RETURNING id",
            (name, role, guest, days * 86400),
        )
        row = await found.fetchone()
        assert row is not None
        person = row[0]
        await sql.execute(
            "INSERT INTO sessions (token_hash, person, expires_at, signed_in_at) VALUES (%s, %s, now() + interval '1 day', now())",
            (hash_token(token), person),
        )
    async with site.visitor() as browser:
        browser.cookies.set("figment", token)
        yield Somebody(person, browser)
