"""The pool does what every `ImageWorker` does, asked by a process outside its cluster (`ray://`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from figment.generation.contract import ImageWorker
from figment.scaleout.hosting import Build
from figment.scaleout.plan import Plan
from tests.engine.worker_contract import WorkerContract
from tests.scaleout.conftest import OpenPool
from tests.scaleout.two_nodes import TwoNodes


@pytest.fixture(scope="module")
async def pool(open_pool: OpenPool, tiny: Build, cluster: TwoNodes) -> AsyncIterator[ImageWorker]:
    plan = Plan(address=cluster.client_address, replica_cpus=0.5, min_replicas=2, max_replicas=2)
    async with open_pool(plan, tiny) as engine:
        yield engine


class TestClientFromOutside(WorkerContract):
    @pytest.fixture
    async def worker(self, pool: ImageWorker) -> ImageWorker:
        return pool
