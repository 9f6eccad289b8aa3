"""`figment serve --engine ray`: a whole server whose pictures are made in the pool, by the built-in model."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.processes import served


async def test_a_picture_by_way_of_the_pool(tmp_path: Path) -> None:
    with served(tmp_path, engine="ray", pool_replica_cpus=0.5) as server:
        async with httpx.AsyncClient(base_url=server.address, timeout=60) as client:
            wish = {"prompt": "a boat on the sea", "count": 1, "seed": 5}
            answer = (await client.post("/api/studio/generations", json=wish)).raise_for_status().json()
            job = answer["jobs"][0]["id"]
            async with asyncio.timeout(60):
                while (found := (await client.get(f"/api/jobs/{job}")).json())["state"] in ("queued", "running"):
                    await asyncio.sleep(0.1)
            assert found["state"] == "succeeded", found
            assert found["attempt"] == 1
        assert await asyncio.to_thread(server.stop) == 0
