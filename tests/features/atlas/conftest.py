"""A server whose engine paints in one colour a seed, so that a test can say what every pixel of a map must be."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from PIL import Image

from figment.core.settings import Settings
from figment.engine.models import Catalogue
from figment.features.atlas.jobs.ground import Grounds
from figment.features.atlas.jobs.painting import Overviews, Painter
from figment.features.atlas.service.files import TileFiles
from figment.generation.contract import Finished, ImageRequest, ModelCard, Progress, Ticket, Update
from figment.generation.jobs import JobRunner
from figment.main import House, build_app
from tests.http import running
from tests.scripted import ScriptedWorker

WORLD = "/api/atlas/worlds/commons"
RED, GREEN, BLUE = 1, 2, 3
COLOURS = {RED: (200, 40, 40), GREEN: (40, 200, 40), BLUE: (40, 40, 200)}


class Dyer(ScriptedWorker):
    """Dyes all that it makes in the colour of the seed, and leaves the rest as it came, as engines do."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[ImageRequest] = []
        self.may_finish = asyncio.Event()
        self.may_finish.set()
        self.previews = 0

    async def models(self) -> Sequence[ModelCard]:
        return Catalogue(None).cards()

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        self.asked.append(request)
        for step in range(self.previews):
            yield Progress(step + 1, self.previews, np.full((300, 200, 3), 20 * step, np.uint8))
            await asyncio.sleep(0.1)
        await self.may_finish.wait()
        pixels = np.empty((request.height, request.width, 3), np.uint8)
        pixels[:] = COLOURS.get(request.seed) or np.random.default_rng(request.seed).integers(0, 256, 3)
        if request.init_image is not None and request.mask is not None:
            pixels = np.where(request.mask[..., None] > 0, pixels, request.init_image)
        yield Finished(pixels, 0.01)


@dataclass
class Easel:
    """A running server with a dyer, and one person in front of it."""

    address: str
    house: House
    client: httpx.AsyncClient
    dyer: Dyer
    database_url: str
    overviews: Overviews
    files: TileFiles = field(init=False)

    def __post_init__(self) -> None:
        self.files = TileFiles(self.house.storage)

    async def ask(self, x: int, y: int, seed: int = RED, client: httpx.AsyncClient | None = None, **wish: Any) -> Any:
        body = {"x": x, "y": y, "width": 256, "height": 256, "prompt": "a hill", "seed": seed, "steps": 1, **wish}
        return await (client or self.client).post(f"{WORLD}/edits", json=body)

    async def paint(self, x: int, y: int, seed: int = RED, client: httpx.AsyncClient | None = None, **wish: Any) -> Any:
        """An edit, painted."""
        asking = client or self.client
        answer = await self.ask(x, y, seed, asking, **wish)
        assert answer.status_code == 202, answer.text
        return await self.painted(answer.json()["id"], asking)

    async def erase(self, x: int, y: int, client: httpx.AsyncClient | None = None, **wish: Any) -> httpx.Response:
        body = {"x": x, "y": y, "width": 256, "height": 256, **wish}
        return await (client or self.client).post(f"{WORLD}/erasures", json=body)

    async def choose(self, edit: Any, candidate: int, client: httpx.AsyncClient | None = None) -> httpx.Response:
        return await (client or self.client).post(f"{WORLD}/edits/{edit['id']}/choose", json={"candidate": candidate})

    async def upload_mask(self, mask: NDArray[np.uint8], client: httpx.AsyncClient | None = None) -> str:
        """Its id. `mask`: (h, w)."""
        out = io.BytesIO()
        Image.fromarray(mask).save(out, "PNG")
        answer = await (client or self.client).post("/api/images", files={"file": ("mask.png", out.getvalue())})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def painted(self, edit: str, client: httpx.AsyncClient | None = None) -> Any:
        """An edit, over."""
        async with asyncio.timeout(20):
            while True:
                found = (await (client or self.client).get(f"{WORLD}/edits/{edit}")).json()
                if found["state"] not in ("queued", "running"):
                    return found
                await asyncio.sleep(0.02)

    async def change(self, kind: str, edit: Any, client: httpx.AsyncClient | None = None) -> httpx.Response:
        return await (client or self.client).post(f"{WORLD}/edits/{edit['id']}/{kind}")

    def files_now(self, z: int = 0) -> dict[tuple[int, int], str]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            rows = connection.execute("SELECT x, y, file FROM atlas_tiles WHERE z = %s AND file IS NOT NULL", [z])
            return {(x, y): file for x, y, file in rows}

    async def tile(self, x: int, y: int, z: int = 0) -> NDArray[np.uint8]:
        """(512, 512, 4), as it is kept."""
        return await self.files.get(self.files_now(z)[x, y])

    async def seen(self, x: int, y: int, z: int = 0) -> NDArray[np.uint8]:
        """(512, 512, 4), as it is looked at."""
        answer = await self.client.get(f"{WORLD}/tiles/{z}/{x}/{y}")
        assert answer.status_code == 200, answer.text
        with Image.open(io.BytesIO(answer.content)) as picture:
            return np.asarray(picture.convert("RGBA"))

    @asynccontextmanager
    async def somebody(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url=self.address, timeout=30, trust_env=False) as opened:
            await opened.post("/api/session")
            yield opened


@pytest.fixture
async def easel(database_url: str, data: Path) -> AsyncIterator[Easel]:
    off = dict.fromkeys(("limit_generations", "limit_newcomers", "limit_uploads", "limit_sessions"), "off")
    given = Settings.model_validate({"data": data, "heartbeat_s": 0.2, **off})
    app = build_app(given, database_url, with_worker=False)
    async with running(app) as address:
        house: House = app.state.house
        dyer = Dyer()
        grounds = Grounds(house.database, house.storage, dyer)
        places = {"atlas": Painter(house.database, house.storage, house.images, grounds)}
        task = asyncio.create_task(JobRunner(house.database, house.images, dyer, given, places=places).run())
        try:
            async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
                await client.post("/api/session")
                yield Easel(address, house, client, dyer, database_url, Overviews(house.database, house.storage))
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
