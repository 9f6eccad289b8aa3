"""Sign-in with OpenID Connect against a provider that is a process of its own on loopback, with real keys and tokens."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tests.accounts.test_accounts import who
from tests.accounts.test_signing_in import sign_up, site_with
from tests.http import Site


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with contextlib.closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"http://localhost:{listener.getsockname()[1]}"
    command = [
        sys.executable,
        "-m",
        "oidc_provider_mock",
        "--port",
        str(urlsplit(address).port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(address, trust_env=False)
                break
            assert process.poll() is None, "the provider ended while it started"
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
async def shop(issuer: str, postgres: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A server that knows the provider."""
    provider = {"id": "shop", "name": "The Shop", "issuer": issuer, "client_id": "figment", "client_secret": "secret"}
    async with site_with(postgres, tmp_path, oidc=[provider]) as site:
        yield site


async def authorize(address: str, subject: str, **claims: str) -> str:
    """Sign in at the provider as its user would. Gives the address that it sends the browser back to."""
    issuer = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    async with httpx.AsyncClient(trust_env=False) as browser:
        if claims:
            (await browser.put(f"{issuer}/users/{subject}", json=claims)).raise_for_status()
        answer = await browser.post(address, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


async def depart(client: httpx.AsyncClient, path: str = "/api/sign-in/shop?inside=/studio") -> str:
    answer = await client.get(path)
    assert answer.status_code == 307, answer.text
    return answer.headers["location"]


async def test_a_guest_signs_up_there_and_comes_back_from_elsewhere(shop: Site) -> None:
    async with shop.visitor() as browser, shop.visitor() as phone:
        guest = (await browser.post("/api/session")).json()["person"]
        address = await depart(browser)
        asked = parse_qs(urlsplit(address).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert asked["redirect_uri"] == [f"{shop.address}/api/sign-in/shop/return"]
        assert {"state", "nonce"} <= set(asked)
        back = await authorize(address, "ada", name="Ada Lovelace", email="ada@example.org")
        answer = await browser.get(back)
        assert (answer.status_code, answer.headers["location"]) == (303, "/studio")
        person = await who(browser)
        assert person is not None
        assert (person["id"], person["name"], person["guest"]) == (guest["id"], "Ada Lovelace", False)
        [identity] = (await browser.get("/api/account")).json()["identities"]
        assert (identity["provider"], identity["label"]) == ("The Shop", "ada@example.org")
        await phone.get(await authorize(await depart(phone), "ada"))
        assert await who(phone) == person
        again = await browser.get(back)
        assert again.headers["location"] == "/sign-in?failed=ceremony_over", "an answer is good once"


async def test_an_answer_that_began_in_another_browser(shop: Site) -> None:
    """Login CSRF (RFC 9700, section 4.7): the attacker has the victim finish the attacker's own sign-in."""
    async with shop.visitor() as attacker, shop.visitor() as victim:
        back = await authorize(await depart(attacker), "eve")
        answer = await victim.get(back)
        assert answer.headers["location"] == "/sign-in?failed=ceremony_over"
        assert await who(victim) is None


async def test_connecting_and_disconnecting(shop: Site) -> None:
    async with shop.visitor() as browser, shop.visitor() as other:
        person = (await sign_up(browser, "connects")).json()["person"]
        back = await authorize(await depart(browser, "/api/account/identities/shop/connect"), "connects-there")
        assert (await browser.get(back)).headers["location"] == "/account"
        assert await who(browser) == person
        await other.get(await authorize(await depart(other), "connects-there"))
        assert await who(other) == person
        async with shop.visitor() as third:
            await sign_up(third, "third")
            back = await authorize(await depart(third, "/api/account/identities/shop/connect"), "connects-there")
            assert (await third.get(back)).headers["location"] == "/sign-in?failed=identity_taken"
        [identity] = (await browser.get("/api/account")).json()["identities"]
        assert (await browser.delete(f"/api/account/identities/{identity['id']}")).status_code == 204
        assert (await browser.get("/api/account")).json()["identities"] == []


@pytest.mark.parametrize("inside", ["//evil.example", "https://evil.example/", "/\\evil.example"])
async def test_no_open_redirect(shop: Site, inside: str) -> None:
    async with shop.visitor() as browser:
        address = await depart(browser, f"/api/sign-in/shop?{urlencode({'inside': inside})}")
        answer = await browser.get(await authorize(address, "redirected"))
        assert answer.headers["location"] == "/"


async def test_refused_there(shop: Site) -> None:
    async with shop.visitor() as browser:
        address = await depart(browser)
        async with httpx.AsyncClient(trust_env=False) as there:
            denied = await there.post(address, data={"action": "deny"})
        # This provider forgets the state, which RFC 6749 (section 4.1.2.1) asks for.
        state = parse_qs(urlsplit(address).query)["state"][0]
        answer = await browser.get(f"{denied.headers['location']}&state={state}")
        assert answer.headers["location"] == "/sign-in?failed=provider_failed"


@pytest.mark.parametrize("change", ["nonce", "code", "iss", "state"])
async def test_what_does_not_hold_is_refused(shop: Site, change: str) -> None:
    """A token made for another sign-in, a code of nobody, an answer from another issuer (mix-up, RFC 9207), a state of nobody."""
    async with shop.visitor() as browser:
        address = await depart(browser)
        if change == "nonce":
            address = re.sub(r"nonce=[^&]+", "nonce=another", address)
        back = await authorize(address, "mallory")
        if change in ("code", "state"):
            back = re.sub(rf"{change}=[^&]+", f"{change}=another", back)
        if change == "iss":
            back += "&iss=https://evil.example"
        answer = await browser.get(back)
        assert answer.headers["location"].startswith("/sign-in?failed="), answer.headers["location"]
        assert await who(browser) is None


async def test_a_provider_that_is_away_or_unknown(postgres: str, tmp_path: Path) -> None:
    provider = {"id": "away", "name": "Away", "issuer": "http://localhost:9", "client_id": "figment"}
    async with site_with(postgres, tmp_path, oidc=[provider]) as site, site.visitor() as browser:
        away = await browser.get("/api/sign-in/away")
        assert (away.status_code, away.json()["code"]) == (502, "provider_failed")
        assert (await browser.get("/api/sign-in/unknown")).status_code == 404
        options = (await browser.get("/api/sign-in")).json()
        assert options["providers"] == [{"id": "away", "name": "Away"}]
