"""The model that ships: whole, and the same picture alone and in a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from figment.engine.backends.browser import browser_set
from figment.engine.local import LocalEngine, local_engine
from figment.engine.models import BUILTIN, Catalogue, built_in, read
from figment.engine.schedule import Limits
from figment.generation.contract import ImageRequest, ModelCard, Ticket
from tests.engine.worker_contract import picture

pytestmark = pytest.mark.skipif(not any(BUILTIN.glob("*/model.json")), reason="no built-in model in this tree")


@pytest.fixture(scope="module")
async def builtin(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalEngine]:
    engine = local_engine(tmp_path_factory.mktemp("cache"), limits=Limits(buckets=(8,)))
    await engine.start()
    yield engine
    await engine.stop()


@pytest.fixture
async def card(builtin: LocalEngine) -> ModelCard:
    return (await builtin.models())[0]


def test_its_files_are_whole_and_small(tmp_path: Path) -> None:
    catalogue = Catalogue()
    assert catalogue.problems == []
    model = built_in()
    assert catalogue.find(catalogue.cards()[0].name) == model
    browser = read(browser_set(model, tmp_path))
    for installed, most_bytes in ((model, 60_000_000), (browser, 40_000_000)):
        assert installed.verify() == []
        assert sum(spec.bytes for spec in installed.manifest.files.values()) <= most_bytes


async def test_it_makes_the_same_picture_alone_and_in_a_crowd(builtin: LocalEngine, card: ModelCard) -> None:
    requests = [
        ImageRequest(card.name, f"a red house, {seed} trees", seed, 2, guidance, card.min_size, card.min_size)
        for seed, guidance in enumerate([1.0, 2.5, 1.0, 1.0, 4.0])
    ]
    alone = [await picture(builtin, request) for request in requests]
    crowd = await asyncio.gather(*(picture(builtin, request, Ticket(person=str(request.seed))) for request in requests))
    for one, other in zip(alone, crowd, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
