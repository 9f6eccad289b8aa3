"""A real server in this process, for tests that speak HTTP to it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import uvicorn
from fastapi import FastAPI

from figment.core.settings import Settings
from figment.main import build_app


@contextlib.asynccontextmanager
async def serving(settings: Settings, database_url: str, with_worker: bool = True) -> AsyncIterator[str]:
    """The address of a server on a free loopback port, until the block is left."""
    async with running(build_app(settings, database_url, with_worker)) as address:
        yield address


@contextlib.asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[str]:
    """As `serving`, with an application that the test has at hand."""
    with contextlib.closing(socket.socket(proto=socket.IPPROTO_TCP)) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(60):
                while not server.started:
                    if task.done():
                        task.result()
                        raise RuntimeError("the server ended while it started")
                    await asyncio.sleep(0.02)
            yield f"http://localhost:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


@dataclass(frozen=True)
class Frame:
    """One server-sent event."""

    event: str
    id: int
    data: Any


@contextlib.asynccontextmanager
async def frames(client: httpx.AsyncClient, url: str, after: int | None = None) -> AsyncIterator[AsyncIterator[Frame]]:
    """The events of a stream as they arrive."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    async with client.stream("GET", url, headers=headers, timeout=30) as response:
        response.raise_for_status()
        yield _parse(response)


async def _parse(response: httpx.Response) -> AsyncIterator[Frame]:
    fields: dict[str, str] = {}
    async for line in response.aiter_lines():
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            yield Frame(fields["event"], int(fields["id"]), json.loads(fields["data"]))
            fields = {}


@dataclass(frozen=True)
class Site:
    """A server with the default limits behind a trusted proxy, and where it keeps things."""

    address: str
    database_url: str
    data: Path

    @contextlib.asynccontextmanager
    async def visitor(self, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A browser at an address that nobody else has."""
        number = next(_visitors)
        own = {"X-Forwarded-For": f"10.1.{number // 250}.{number % 250 + 1}", **headers}
        async with httpx.AsyncClient(base_url=self.address, headers=own, timeout=30, trust_env=False) as opened:
            yield opened

    @contextlib.asynccontextmanager
    async def sql(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        async with await psycopg.AsyncConnection.connect(self.database_url, autocommit=True) as connection:
            yield connection


_visitors = itertools.count()
