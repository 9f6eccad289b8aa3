"""The model that ships: whole, and the same picture alone and in a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.large_frames import seam_ratio
from figment.engine.backends.browser import browser_set
from figment.engine.local import LocalEngine, local_engine
from figment.engine.models import BUILTIN, Catalogue, built_in, read
from figment.engine.schedule import Limits
from figment.engine.windows import windows_of
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


async def test_a_large_picture_shows_nothing_of_its_windows(builtin: LocalEngine, card: ModelCard) -> None:
    request = ImageRequest(card.name, "a village by a river, seen from above", 5, 4, card.default_guidance, 1024, 768)
    made = await picture(builtin, request)
    cut = windows_of(request, card, 8)
    assert len(cut) == 20
    assert seam_ratio(made.pixels, cut) <= 1.2
    apart = np.zeros_like(made.pixels)
    for number, window in enumerate(cut):
        # What a border looks like that can be seen: another picture from there on.
        apart[window.within(8)] = np.roll(made.pixels, 101 * number, (0, 1))[window.within(8)]
    assert seam_ratio(apart, cut) > 1.2
