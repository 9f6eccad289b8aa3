"""Passkeys over HTTP, with a security key in software."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.accounts.authenticator import Authenticator
from tests.accounts.test_accounts import who
from tests.accounts.test_signing_in import sign_up
from tests.http import Site


@pytest.fixture
def key(site: Site) -> Authenticator:
    return Authenticator(site.address)


async def begun(client: httpx.AsyncClient, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sign_up_with(client: httpx.AsyncClient, key: Authenticator, username: str) -> httpx.Response:
    ceremony = await begun(client, "/api/passkeys/sign-up", {"username": username})
    answer = {"token": ceremony["token"], "credential": key.create(ceremony["options"]), "name": "My laptop"}
    return await client.post("/api/passkeys/sign-up/finish", json=answer)


async def sign_in_with(client: httpx.AsyncClient, key: Authenticator, origin: str | None = None) -> httpx.Response:
    ceremony = await begun(client, "/api/passkeys/sign-in")
    answer = {"token": ceremony["token"], "credential": key.get(ceremony["options"], origin)}
    return await client.post("/api/passkeys/sign-in/finish", json=answer)


async def test_an_account_without_a_password(site: Site, visitor: httpx.AsyncClient, key: Authenticator) -> None:
    guest = (await visitor.post("/api/session")).json()["person"]
    answer = await sign_up_with(visitor, key, "keyed")
    assert answer.status_code == 201
    person = answer.json()["person"]
    assert (person["id"], person["username"], person["guest"]) == (guest["id"], "keyed", False)
    account = (await visitor.get("/api/account")).json()
    assert account["has_password"] is False
    assert [(one["name"], one["used_at"]) for one in account["passkeys"]] == [("My laptop", None)]
    async with site.visitor() as elsewhere:
        answer = await sign_in_with(elsewhere, key)
        assert answer.json()["person"] == person
        assert await who(elsewhere) == person
        [listed] = (await elsewhere.get("/api/account")).json()["passkeys"]
        assert listed["used_at"] is not None


async def test_a_second_passkey_and_its_end(site: Site, visitor: httpx.AsyncClient, key: Authenticator) -> None:
    await sign_up(visitor, "adds-one")
    ceremony = await begun(visitor, "/api/passkeys")
    answer = {"token": ceremony["token"], "credential": key.create(ceremony["options"])}
    async with site.visitor() as thief:
        await sign_up(thief, "thief")
        stolen = await thief.post("/api/passkeys/finish", json=answer)
        assert (stolen.status_code, stolen.json()["code"]) == (400, "ceremony_over")
    ceremony = await begun(visitor, "/api/passkeys")
    answer = {"token": ceremony["token"], "credential": key.create(ceremony["options"])}
    assert (await visitor.post("/api/passkeys/finish", json=answer)).status_code == 204
    again = await visitor.post("/api/passkeys/finish", json=answer)
    assert again.json()["code"] == "ceremony_over", "a challenge is good once"
    ceremony = await begun(visitor, "/api/passkeys")
    assert len(ceremony["options"]["excludeCredentials"]) == 1
    [passkey] = (await visitor.get("/api/account")).json()["passkeys"]
    async with site.visitor() as other:
        await sign_up(other, "other-one")
        await sign_in_with(other, Authenticator(site.address, credential=key.credential))
    assert (await visitor.delete("/api/account/password")).status_code == 204
    last = await visitor.delete(f"/api/passkeys/{passkey['id']}")
    assert (last.status_code, last.json()["code"]) == (409, "last_way_in")


async def test_somebody_elses_passkey_is_not_there(site: Site, visitor: httpx.AsyncClient, key: Authenticator) -> None:
    await sign_up_with(visitor, key, "has-one")
    [passkey] = (await visitor.get("/api/account")).json()["passkeys"]
    async with site.visitor() as other:
        await sign_up_with(other, Authenticator(site.address), "has-another")
        ceremony = await begun(other, "/api/passkeys")
        second = Authenticator(site.address)
        await other.post(
            "/api/passkeys/finish", json={"token": ceremony["token"], "credential": second.create(ceremony["options"])}
        )
        assert (await other.delete(f"/api/passkeys/{passkey['id']}")).status_code == 404
    assert len((await visitor.get("/api/account")).json()["passkeys"]) == 1


class TestRefused:
    async def refused(self, answer: httpx.Response) -> None:
        assert (answer.status_code, answer.json()["code"]) == (403, "passkey_refused")

    async def test_made_for_another_site(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await self.refused(await sign_up_with(visitor, Authenticator("https://evil.example"), "phished"))

    async def test_signed_for_another_site(self, visitor: httpx.AsyncClient, key: Authenticator) -> None:
        await sign_up_with(visitor, key, "phished2")
        await self.refused(await sign_in_with(visitor, key, origin="https://evil.example"))

    async def test_without_a_fingerprint(self, site: Site, visitor: httpx.AsyncClient) -> None:
        await self.refused(await sign_up_with(visitor, Authenticator(site.address, verifies=False), "found-key"))

    async def test_a_copied_key(self, visitor: httpx.AsyncClient, key: Authenticator) -> None:
        await sign_up_with(visitor, key, "copied")
        assert (await sign_in_with(visitor, key)).status_code == 200
        assert key.credential is not None
        key.credential.count = 0
        await self.refused(await sign_in_with(visitor, key))

    async def test_one_that_is_not_known(self, site: Site, visitor: httpx.AsyncClient, key: Authenticator) -> None:
        key.create({"user": {"id": "AAAA"}, "rp": {"id": "localhost"}, "challenge": "AAAA"})
        await self.refused(await sign_in_with(visitor, key))

    @pytest.mark.parametrize("credential", [{}, {"rawId": "AAAA"}, {"rawId": 5}, {"rawId": "!", "response": []}])
    async def test_rubbish(self, visitor: httpx.AsyncClient, credential: dict[str, Any]) -> None:
        for kind, body in (("sign-up", {"username": "rubbish"}), ("sign-in", None)):
            ceremony = await begun(visitor, f"/api/passkeys/{kind}", body)
            answer = {"token": ceremony["token"], "credential": credential}
            await self.refused(await visitor.post(f"/api/passkeys/{kind}/finish", json=answer))
