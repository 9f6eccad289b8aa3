"""Mail, where the operator has set a server for it. Nothing here needs mail: without it, `figment admin` prints the links."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import structlog

log = structlog.get_logger(__name__)

_TIMEOUT_S = 20
_ATTEMPTS = 3


class Mailer:
    """Sends in the background: how long a mail server takes tells nobody whether an address is known here."""

    def __init__(self, url: str | None, sender: str | None) -> None:
        """`url`: `smtp://user:password@host:587` (STARTTLS where the server offers it) or `smtps://…`."""
        self._url = urlsplit(url) if url else None
        self._sender = sender or (f"figment@{self._url.hostname}" if self._url else "")
        self._sending: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return self._url is not None

    def post(self, to: str, subject: str, text: str) -> None:
        """Send soon; a server that is away is asked three times. What fails is logged, without the text: there is a secret in it."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, subject
        message.set_content(text)
        task = asyncio.create_task(self._send(message), name="mail")
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, message: EmailMessage) -> None:
        assert self._url is not None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await aiosmtplib.send(
                    message,
                    hostname=self._url.hostname,
                    port=self._url.port or (465 if self._url.scheme == "smtps" else 587),
                    username=unquote(self._url.username) if self._url.username else None,
                    password=unquote(self._url.password) if self._url.password else None,
                    use_tls=self._url.scheme == "smtps",
                    timeout=_TIMEOUT_S,
                )
            except (aiosmtplib.SMTPException, OSError) as error:
                log.warning("mail.failed", attempt=attempt, of=_ATTEMPTS, error=str(error))
                await asyncio.sleep(2**attempt)
            else:
                return

    async def stop(self) -> None:
        """Let what is being sent go out."""
        await asyncio.wait(self._sending, timeout=_TIMEOUT_S) if self._sending else None
        for task in self._sending:
            task.cancel()
