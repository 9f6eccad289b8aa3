"""A real server in this process, for tests that speak HTTP to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn

from figment.core.settings import Settings
from figment.main import build_app


@contextlib.asynccontextmanager
async def serving(settings: Settings, database_url: str, with_worker: bool = True) -> AsyncIterator[str]:
    """The address of a server on a free loopback port, until the block is left."""
    app = build_app(settings, database_url, with_worker)
    with contextlib.closing(socket.socket()) as listener:
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
