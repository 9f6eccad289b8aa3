"""One cluster of two nodes for every test of the pool, and pools on it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.scaleout.two_nodes import ENVIRONMENT, ROOT, TwoNodes, free_port, two_nodes

# Before anything reads Ray.
os.environ |= ENVIRONMENT

from figment.engine.models import Catalogue
from figment.scaleout.hosting import Build
from figment.scaleout.opening import ray_engine
from figment.scaleout.plan import Plan
from tests.engine.tiny import write_model
from tests.processes import environment
from tests.scaleout.simulated import tiny_engine

if TYPE_CHECKING:
    from figment.scaleout.engine import RayEngine

# Ray's own: it leaves files open, is built on what pydantic gives up, and names variables instead of a setting that nothing reads.
_THEIRS = (
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::DeprecationWarning:ray",
    "ignore:Using extra keyword arguments on .Field.",
    "ignore:The .metrics_interval_s. field",
)


def pytest_configure(config: pytest.Config) -> None:
    for line in _THEIRS:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session")
def cluster() -> Iterator[TwoNodes]:
    with two_nodes() as nodes:
        yield nodes


Doctors = Mapping[str, "Future[str]"]
"""What `figment doctor` says of the pool to somebody."""


@pytest.fixture(scope="session", autouse=True)
def doctors(cluster: TwoNodes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doctors]:
    """Begun before the other tests, since reaching nobody takes Ray half a minute; two at a time, since each is a process."""
    (nobody := tmp_path_factory.mktemp("no-ray") / "ray").mkdir()
    (nobody / "__init__.py").write_text("raise ModuleNotFoundError(\"No module named 'ray'\", name='ray')")

    def said(engine: str, **changes: str) -> str:
        data = tmp_path_factory.mktemp("doctor")
        # A home of its own: no token of the machine's user.
        changed = environment(data, engine=engine) | {"HOME": str(data)} | changes
        told = subprocess.run(
            [sys.executable, "-m", "figment.cli", "doctor"],
            env={name: value for name, value in changed.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
        )
        return " ".join(told.stdout.split())

    client, away = cluster.client_address, f"ray://127.0.0.1:{free_port()}"
    with ThreadPoolExecutor(2) as side:
        yield {
            "no cluster": side.submit(said, away),
            "member": side.submit(said, "ray"),
            "client": side.submit(said, client),
            "member without a token": side.submit(said, "ray", RAY_AUTH_TOKEN=""),
            "client without a token": side.submit(said, client, RAY_AUTH_TOKEN=""),
            "member with another token": side.submit(said, "ray", RAY_AUTH_TOKEN="b" * 32),
            "client with another token": side.submit(said, client, RAY_AUTH_TOKEN="b" * 32),
            "no ray": side.submit(said, "ray", PYTHONPATH=f"{nobody.parent}:{ROOT}"),
            "a cluster of its own": side.submit(said, "ray", RAY_ADDRESS="", RAY_TMPDIR=str(nobody.parent)),
        }
        side.shutdown(cancel_futures=True)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    write_model(root / "tiny")
    write_model(root / "zwei", name="zwei")
    return root


OpenPool = Callable[[Plan, Build], AbstractAsyncContextManager["RayEngine"]]


@pytest.fixture(scope="session")
def open_pool(cluster: TwoNodes, models_dir: Path) -> OpenPool:
    """A started pool of the tiny model's card, on the cluster."""

    @asynccontextmanager
    async def opened(plan: Plan, build: Build) -> AsyncIterator[RayEngine]:
        engine = ray_engine(plan, build, Catalogue(builtin=models_dir).cards())
        await engine.start()
        try:
            yield engine
        finally:
            await engine.stop()

    return opened


@pytest.fixture(scope="session")
def tiny(models_dir: Path) -> Build:
    return partial(tiny_engine, models_dir)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The steps that this test's replicas make, for `simulated.steps`."""
    return tmp_path / "steps"


async def running_replicas() -> int:
    """How many replicas take requests now."""
    from ray import serve

    status = await asyncio.to_thread(serve.status)
    return sum(
        deployment.replica_states.get("RUNNING", 0)
        for application in status.applications.values()
        for deployment in application.deployments.values()
    )


async def until(holds: Callable[[], Awaitable[bool]], timeout_s: float = 60) -> None:
    async with asyncio.timeout(timeout_s):
        while not await holds():
            await asyncio.sleep(0.05)


async def until_replicas(count: int) -> None:
    async def reached() -> bool:
        return await running_replicas() == count

    await until(reached)
