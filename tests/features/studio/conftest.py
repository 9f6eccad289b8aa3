"""One server with the built-in model for all tests of the place; every test is a visitor of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from figment.core.settings import Settings
from tests.conftest import create_database
from tests.http import serving


@pytest.fixture(scope="session")
async def server(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    url = create_database(postgres, "studio")
    settings = Settings(
        data=tmp_path_factory.mktemp("studio"),
        limit_generations="off",
        limit_sessions="off",
        limit_uploads="off",
        limit_newcomers="off",
        limit_newcomer_uploads="off",
    )
    async with serving(settings, url) as address:
        yield address


@pytest.fixture
async def client(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server, timeout=30) as opened:
        yield opened


@pytest.fixture
async def other(server: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody else."""
    async with httpx.AsyncClient(base_url=server, timeout=30) as opened:
        await opened.post("/api/session")
        yield opened
