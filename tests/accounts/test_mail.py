"""Mail through a real SMTP server on loopback: proving an address, and a forgotten password."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
from aiosmtpd.handlers import Message
from aiosmtpd.smtp import SMTP

from tests.accounts.test_accounts import who
from tests.accounts.test_signing_in import PASSWORD, sign_in, sign_up, site_with
from tests.http import Site

NEW = "five other words nobody joins"


class Inbox(Message):
    """Keeps what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[EmailMessage] = []

    def handle_message(self, message: object) -> None:
        self.mails.append(message_from_bytes(bytes(message), policy=policy.default))  # type: ignore[call-overload]

    async def next(self) -> EmailMessage:
        async with asyncio.timeout(10):
            while not self.mails:
                await asyncio.sleep(0.02)
        return self.mails.pop(0)


@pytest.fixture
async def server() -> AsyncIterator[tuple[str, Inbox]]:
    inbox = Inbox()
    listener = await asyncio.get_running_loop().create_server(lambda: SMTP(inbox), "127.0.0.1", 0)
    async with listener:
        yield f"smtp://127.0.0.1:{listener.sockets[0].getsockname()[1]}", inbox


@pytest.fixture
async def office(server: tuple[str, Inbox], postgres: str, tmp_path: Path) -> AsyncIterator[tuple[Site, Inbox]]:
    settings = {"smtp_url": server[0], "public_url": "https://figment.example/"}
    async with site_with(postgres, tmp_path, **settings) as site:
        yield site, server[1]


def link_in(mail: EmailMessage) -> tuple[str, str]:
    """The page that a mail leads to, and the token behind the #, which no log sees."""
    found = re.search(r"https://figment\.example/([a-z-]+)#(\S+)", mail.get_content())
    assert found, mail.get_content()
    return found[1], found[2]


async def proved(site: Site, inbox: Inbox, client: httpx.AsyncClient, username: str, email: str) -> None:
    await sign_up(client, username)
    assert (await client.put("/api/account/email", json={"email": email})).status_code == 204
    page, token = link_in(await inbox.next())
    assert page == "verify-email"
    async with site.visitor() as phone:
        assert (await phone.post("/api/account/email/verify", json={"token": token})).status_code == 204
        again = await phone.post("/api/account/email/verify", json={"token": token})
        assert (again.status_code, again.json()["code"]) == (403, "link_spent")


async def test_a_forgotten_password(office: tuple[Site, Inbox]) -> None:
    site, inbox = office
    async with site.visitor() as ada, site.visitor() as thief, site.visitor() as phone:
        await proved(site, inbox, ada, "ada", "Ada@Example.org")
        await sign_in(thief, "ada")
        assert (await phone.post("/api/reset/request", json={"email": "ada@example.org"})).status_code == 204
        mail = await inbox.next()
        assert mail["To"] == "ada@example.org"
        page, token = link_in(mail)
        assert page == "reset"
        weak = await phone.post("/api/reset", json={"token": token, "password": "short"})
        assert weak.json()["code"] == "password_refused", "and the link is still good"
        answer = await phone.post("/api/reset", json={"token": token, "password": NEW})
        assert answer.json()["person"]["username"] == "ada"
        assert await who(thief) is None, "whoever was in is out"
        assert (await phone.post("/api/reset", json={"token": token, "password": NEW})).json()["code"] == "link_spent"
        assert (await sign_in(thief, "ada", PASSWORD)).status_code == 401
        assert (await sign_in(thief, "ADA@example.org", NEW)).status_code == 200, "a proved address is a name, too"


async def test_an_unknown_or_unproved_address_is_told_nothing(office: tuple[Site, Inbox]) -> None:
    site, inbox = office
    async with site.visitor() as eve:
        await sign_up(eve, "eve")
        await eve.put("/api/account/email", json={"email": "victim@example.org"})
        await inbox.next()
        for email in ("victim@example.org", "nobody@example.org"):
            assert (await eve.post("/api/reset/request", json={"email": email})).status_code == 204
        await asyncio.sleep(0.5)
        assert inbox.mails == []


async def test_only_who_proves_it_first_has_an_address(office: tuple[Site, Inbox]) -> None:
    site, inbox = office
    async with site.visitor() as squatter, site.visitor() as ada:
        await sign_up(squatter, "squatter")
        await squatter.put("/api/account/email", json={"email": "ada@example.org"})
        _, first = link_in(await inbox.next())
        await proved(site, inbox, ada, "ada", "ada@example.org")
        late = await squatter.post("/api/account/email/verify", json={"token": first})
        assert late.json()["code"] == "link_spent"


async def test_a_new_address_kills_links_to_the_old_one(office: tuple[Site, Inbox]) -> None:
    site, inbox = office
    async with site.visitor() as ada:
        await proved(site, inbox, ada, "ada", "old@example.org")
        await ada.post("/api/reset/request", json={"email": "old@example.org"})
        _, token = link_in(await inbox.next())
        await ada.put("/api/account/email", json={"email": "new@example.org"})
        spent = await ada.post("/api/reset", json={"token": token, "password": NEW})
        assert spent.json()["code"] == "link_spent"


async def test_without_a_mail_server_one_is_told(visitor: httpx.AsyncClient) -> None:
    await sign_up(visitor, "no-mail")
    for method, path in (("PUT", "/api/account/email"), ("POST", "/api/reset/request")):
        answer = await visitor.request(method, path, json={"email": "ada@example.org"})
        assert (answer.status_code, answer.json()["code"]) == (409, "no_mail")
        assert "figment admin reset" in answer.json()["detail"]


@pytest.mark.parametrize(
    "email", ["ada", "ada@", "@example.org", "a da@example.org", "ada@example", "a@b.c\nBcc: x@y.z"]
)
async def test_what_is_no_address(visitor: httpx.AsyncClient, email: str) -> None:
    answer = await visitor.post("/api/reset/request", json={"email": email})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "email")
