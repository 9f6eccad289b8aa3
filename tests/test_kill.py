"""kill -9 of the whole server in the middle of its work: everything ends once, and nothing is left over."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from figment.core.postgres import running_url
from tests.processes import environment, served

SETTINGS = {
    "heartbeat_s": 0.3,
    "stalled_after_s": 1.5,
    "limit_generations": "off",
    "limit_newcomers": "off",
    "queue_limit_person": 100,
}
JOBS = 20


async def _submit(address: str, cookies: httpx.Cookies) -> set[str]:
    async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=30) as client:
        made: set[str] = set()
        for n in range(JOBS // 4):
            answer = await client.post(
                "/api/studio/generations", json={"prompt": f"{n} boats on the sea", "count": 4, "seed": 100 * n}
            )
            answer.raise_for_status()
            made |= {job["id"] for job in answer.json()["jobs"]}
        cookies.update(client.cookies)
        return made


async def _states(address: str, cookies: httpx.Cookies) -> dict[str, dict[str, Any]]:
    async with httpx.AsyncClient(base_url=address, cookies=cookies, timeout=30) as client:
        page = (await client.get("/api/studio/generations", params={"limit": 100})).json()
        return {job["id"]: job for item in page["items"] for job in item["jobs"]}


async def _until(address: str, cookies: httpx.Cookies, ended: int, timeout_s: float) -> dict[str, dict[str, Any]]:
    async with asyncio.timeout(timeout_s):
        while True:
            states = await _states(address, cookies)
            if sum(job["state"] == "succeeded" for job in states.values()) >= ended:
                return states
            await asyncio.sleep(0.1)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("seed", [3])
async def test_kill_9_in_the_middle_of_20_jobs(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cookies = httpx.Cookies()
    with served(tmp_path, **SETTINGS) as server:
        made = await _submit(server.address, cookies)
        before = await _until(server.address, cookies, 3, 60)
        await asyncio.sleep(chance.random() * 0.3)
        server.kill()
    kept = {job: found["image"]["id"] for job, found in before.items() if found["state"] == "succeeded"}
    assert len(made) == JOBS
    assert 3 <= len(kept) < JOBS

    with served(tmp_path, **SETTINGS) as server:
        states = await _until(server.address, cookies, JOBS, 120)
        assert states.keys() == made
        assert {job: states[job]["image"]["id"] for job in kept} == kept
        assert max(job["attempt"] for job in states.values()) == 2
        await _assert_nothing_left_over(tmp_path)
        assert server.stop() == 0


async def _assert_nothing_left_over(data: Path) -> None:
    await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "figment.cli", "admin", "sweep", "--older-than", "0"],
        env=environment(data),
        check=True,
        capture_output=True,
    )
    url = running_url(data / "postgres")
    assert url is not None
    with psycopg.connect(url) as connection:
        counts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            for table in ("jobs", "images", "blobs", "procrastinate_jobs")
        }
        named = {row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM images")}
        distinct = connection.execute("SELECT count(DISTINCT image) FROM jobs").fetchone()
    assert counts["jobs"] == counts["images"] == distinct == (JOBS,)
    assert counts["procrastinate_jobs"] == (0,)
    assert counts["blobs"] == (len(named),)
    files = {path.stem for path in (data / "blobs" / "images").rglob("*") if path.is_file()}
    assert files == named
