"""A server whose pictures are painted by the test, so that a thousand of them cost nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from figment.core.settings import Settings
from figment.engine.models import Catalogue
from figment.generation.contract import Finished, ImageRequest, ModelCard, Ticket, Update
from figment.generation.jobs import JobRunner, Reader
from figment.main import House, build_app
from tests.http import running
from tests.images.authority import Authority
from tests.images.scenes import scene
from tests.scripted import ScriptedWorker


class Painter(ScriptedWorker):
    """Paints the scene of the seed, or over the picture that it is given."""

    async def models(self) -> Sequence[ModelCard]:
        return Catalogue(None).cards()

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        pixels = scene(request.seed, request.width, request.height)
        if request.init_image is not None:
            pixels[: request.height // 2] = request.init_image[: request.height // 2]
        yield Finished(pixels, 0.01)


@dataclass(frozen=True)
class Workshop:
    """A running server with a painter, and one person in front of it."""

    address: str
    house: House
    client: httpx.AsyncClient

    async def make(self, client: httpx.AsyncClient | None = None, **wish: Any) -> dict[str, Any]:
        """The job of one picture, over."""
        asking = client or self.client
        answer = await asking.post("/api/studio/generations", json={"prompt": "a boat & a <lighthouse>", **wish})
        assert answer.status_code == 202, answer.text
        [job] = answer.json()["jobs"]
        async with asyncio.timeout(20):
            while job["state"] in ("queued", "running"):
                await asyncio.sleep(0.05)
                job = (await asking.get(f"/api/jobs/{job['id']}")).json()
        return dict(job)

    async def picture(self, client: httpx.AsyncClient | None = None, **wish: Any) -> dict[str, Any]:
        """An image that was made, as it goes over the wire."""
        job = await self.make(client, **wish)
        assert job["state"] == "succeeded", job
        image: dict[str, Any] = job["image"]
        return image

    async def upload(self, data: bytes) -> dict[str, Any]:
        answer = await self.client.post("/api/images", files={"file": ("a.png", data, "image/png")})
        assert answer.status_code == 201, answer.text
        image: dict[str, Any] = answer.json()
        return image

    async def downloaded(self, image: dict[str, Any]) -> bytes:
        answer = await self.client.get(image["download_url"], follow_redirects=True)
        assert answer.status_code == 200, answer.text
        return answer.content

    @asynccontextmanager
    async def somebody(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.address, timeout=30, trust_env=False) as opened:
            await opened.post("/api/session")
            yield opened


@asynccontextmanager
async def workshop_of(
    database_url: str, data: Path, reader_of: Callable[[House], Reader] | None = None, **settings: object
) -> AsyncIterator[Workshop]:
    off = dict.fromkeys(
        (
            "limit_generations",
            "limit_uploads",
            "limit_newcomers",
            "limit_newcomer_uploads",
            "limit_sessions",
            "limit_verify",
        ),
        "off",
    )
    given = Settings.model_validate({"data": data, **off, **settings})
    app = build_app(given, database_url, with_worker=False)
    async with running(app) as address:
        house: House = app.state.house
        reader = reader_of(house) if reader_of else None
        task = asyncio.create_task(JobRunner(house.database, house.images, Painter(), given, reader).run())
        try:
            async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
                await client.post("/api/session")
                yield Workshop(address, house, client)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def workshop(database_url: str, data: Path) -> AsyncIterator[Workshop]:
    async with workshop_of(database_url, data) as opened:
        yield opened


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority.new()


@pytest.fixture
async def signing(database_url: str, data: Path, authority: Authority, tmp_path: Path) -> AsyncIterator[Workshop]:
    """A workshop that signs what it gives away."""
    chain, key = authority.files(tmp_path)
    async with workshop_of(database_url, data, c2pa_certificate=chain, c2pa_key=key) as opened:
        yield opened
