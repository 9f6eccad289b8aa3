"""Two Ray nodes on this machine, on loopback, with a token, for every test of the pool; and pools on them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

# What an operator sets on every node. Ray reads it when it is imported; replicas find the tests' modules by PYTHONPATH.
os.environ |= {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-tests-and-of-nothing-else",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Or a driver looks for the nodes of 127.0.0.1 at the machine's other address.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
}

from figment.engine.models import Catalogue
from figment.scaleout.hosting import Build
from figment.scaleout.opening import ray_engine
from figment.scaleout.plan import Plan
from tests.engine.tiny import write_model
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


_STORE_BYTES = 80 * 1024**2


@dataclass(frozen=True)
class TwoNodes:
    """Where the cluster answers: its nodes' `address`, and the client server's `client_address`."""

    address: str
    client_address: str


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="session")
def cluster() -> Iterator[TwoNodes]:
    """Two nodes with 2 CPUs each by their own account: four replicas of half a CPU fit, two on each."""
    from ray.cluster_utils import Cluster

    # Short: the path of a node's socket has to fit into 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="fr-", dir="/tmp"))
    (folder / "ray").mkdir()
    client_port = free_port()
    node = {
        "num_cpus": 1,
        "object_store_memory": _STORE_BYTES,
        "node_ip_address": "127.0.0.1",
        "include_dashboard": False,
    }
    with pytest.MonkeyPatch.context() as patch:
        # Everything that Ray writes, and the address by which it finds a cluster of this machine.
        patch.setenv("RAY_TMPDIR", str(folder))
        nodes = Cluster(initialize_head=True, head_node_args={**node, "ray_client_server_port": client_port})
        nodes.add_node(**node)
        patch.setenv("RAY_ADDRESS", nodes.address)
        try:
            yield TwoNodes(nodes.address, f"ray://127.0.0.1:{client_port}")
        finally:
            nodes.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


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
