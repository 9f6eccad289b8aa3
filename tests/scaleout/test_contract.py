"""The pool does what every `ImageWorker` does, asked by a process that is a member of its cluster."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from figment.generation.contract import ImageWorker
from figment.scaleout.hosting import Build
from figment.scaleout.plan import Plan
from tests.engine.worker_contract import WorkerContract
from tests.scaleout.conftest import OpenPool


@pytest.fixture(scope="module")
async def pool(open_pool: OpenPool, tiny: Build) -> AsyncIterator[ImageWorker]:
    async with open_pool(Plan(replica_cpus=0.5, min_replicas=2, max_replicas=2), tiny) as engine:
        yield engine


class TestMemberOfTheCluster(WorkerContract):
    @pytest.fixture
    async def worker(self, pool: ImageWorker) -> ImageWorker:
        return pool
