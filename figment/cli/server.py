"""`figment serve`, `web` and `worker`: from settings to a process that works until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import FrameType
from typing import Any, TypeVar

import typer
import uvicorn
from fastapi import FastAPI

from figment.core.database import DatabaseError
from figment.core.errors import FigmentError
from figment.core.settings import Settings
from figment.engine.errors import BrokenModel
from figment.generation.contract import GenerationRefused
from figment.images.errors import BadCertificate
from figment.main import House, build_app, open_house, working
from figment.scaleout.errors import NoPool

Entered = TypeVar("Entered")


class CannotStart(Exception):
    """Something that the operator can mend keeps Figment from starting; the message says what."""


# Seconds that a thread may keep Python's lock when another wants it. The engine's thread asks for it between any two calls of the network,
# and would wait for five milliseconds (the default) while a request is answered.
_SWITCH_S = 0.0005


def run(work: Coroutine[Any, Any, None]) -> None:
    sys.setswitchinterval(_SWITCH_S)
    with asyncio.Runner(loop_factory=_new_loop) as runner:
        runner.run(work)


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where there is one (not on Windows): it answers a request in less time."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def serve(settings: Settings, database_url: str, with_worker: bool) -> None:
    """Answer requests until SIGINT or SIGTERM.

    Raises:
        CannotStart: the port is taken, the database does not answer, a folder cannot be written, …
    """
    application = build_app(settings, database_url, with_worker)
    config = uvicorn.Config(
        application,
        # Entered below instead: uvicorn would log what is wrong as a traceback, and end us before the database is stopped.
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # `http.Edge` reads them, and believes only whom the operator named.
        proxy_headers=False,
        timeout_graceful_shutdown=5,
        # Streams of images are compressed already; deflating frames again would cost more than it saves.
        ws_per_message_deflate=False,
    )
    server = _Server(config)
    with contextlib.closing(_listen(settings.host, settings.port)) as listener, server.capture_signals():
        async with started(application.router.lifespan_context(application)):
            bus = application.state.house.bus
            server.when_told_to_stop = partial(asyncio.get_running_loop().call_soon_threadsafe, bus.end_streams)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            while not server.started and not serving.done():  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # uvicorn tells of its start by a flag only
            # What is there by now stays: the collector need not go through it again while somebody waits for a picture.
            gc.collect()
            gc.freeze()
            if server.started:
                await _welcome(application, listener.getsockname()[1], settings)
            await serving


class _Server(uvicorn.Server):
    when_told_to_stop: Callable[[], object] = staticmethod(lambda: None)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Streams come to their end before uvicorn would cut them off."""
        self.when_told_to_stop()
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, but the signal is not raised again at the end: it would end us before the database is stopped.

        `signal.signal` and not the loop's handlers: sse-starlette finds the server by them, and ends its streams with it.
        """
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


@contextlib.asynccontextmanager
async def started(part: AbstractAsyncContextManager[Entered]) -> AsyncIterator[Entered]:
    """Enter `part`.

    Raises:
        CannotStart: for what an operator can mend; everything else keeps its traceback.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            entered = await stack.enter_async_context(part)
        except (FigmentError, BadCertificate, BrokenModel, GenerationRefused, NoPool, OSError, ValueError) as error:
            raise CannotStart(str(error)) from error
        except DatabaseError as error:
            raise CannotStart(f"The database: {str(error).strip()}") from error
        yield entered


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol by its number: asyncio sets TCP_NODELAY on no other socket, and without it an answer's body waits 40 ms for the
    # acknowledgement of its headers (Nagle's algorithm against delayed acknowledgements).
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # At once, and not when the server is ready: of two that start together, the second is told.
        listener.listen()
    except OSError as error:
        listener.close()
        raise CannotStart(
            f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: PORT=8001 make serve."
        ) from error
    return listener


async def _welcome(application: FastAPI, port: int, settings: Settings) -> None:
    house: House = application.state.house
    shown = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else settings.host  # noqa: S104
    address = settings.public_url or f"http://{shown}:{port}"
    claim = await house.accounts.admin_claim()
    typer.secho(f"\n  Figment is at {address}", bold=True)
    if claim:
        typer.echo(f"  Open this once to become its first administrator: {address}/welcome#{claim}")
    typer.echo("  Ctrl-C stops it.\n")


async def work(settings: Settings, database_url: str) -> None:
    """Make images until SIGINT or SIGTERM.

    Raises:
        CannotStart: the database does not answer, a folder cannot be written, …
    """
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with started(open_house(settings, database_url)) as house, started(working(house)):
        typer.echo("This worker takes jobs. Ctrl-C stops it.")
        await stopped.wait()
