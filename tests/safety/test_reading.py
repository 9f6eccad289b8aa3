"""Prompts are read for what they mean while their pictures are made."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest

from figment.accounts import store as accounts_store
from figment.core.settings import Settings
from figment.engine.local import sentence_vectors
from figment.main import House, build_app
from figment.safety.fields import Kind
from figment.safety.meaning import BENIGN, WIDTH, Exemplars, Vectors
from figment.safety.reading import Reading
from figment.safety.schemas import CaseQuery, DecisionRequest
from figment.safety.screening import Screener
from figment.safety.verdict import State
from tests.http import running
from tests.images.conftest import Workshop, workshop_of


class Encoder:
    """Says of every text that it means what the first exemplar of gore means, where the test wants it."""

    def __init__(self) -> None:
        self.means_gore = self.fails = False
        self._exemplars = Exemplars.read()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self.fails:
            raise RuntimeError("out of memory")
        rows = np.zeros((len(texts), WIDTH), np.float32)
        if len(texts) == len(self._exemplars.sentences):
            for row, category in zip(rows, self._exemplars.categories, strict=True):
                row[0 if category == "gore" else 1 if category == BENIGN else 2] = 1
        else:
            rows[:, 0 if self.means_gore else 1] = 1
        return rows


@pytest.fixture
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
async def workshop(database_url: str, data: Path, encoder: Encoder) -> AsyncIterator[Workshop]:
    def reader_of(house: House) -> Reading:
        return Reading(house.safety, lambda: encoder)

    async with workshop_of(database_url, data, reader_of, job_attempts=1) as opened:
        yield opened


async def images_kept(workshop: Workshop) -> int:
    page = (await workshop.client.get("/api/studio/generations")).json()
    return sum(job["image"] is not None for item in page["items"] for job in item["jobs"])


async def test_what_means_nothing_bad_is_kept(workshop: Workshop) -> None:
    assert (await workshop.picture())["state"] == "approved"


async def test_what_is_held_is_not_kept_and_waits_once_until_a_moderator_lets_it_pass(
    workshop: Workshop, encoder: Encoder
) -> None:
    encoder.means_gore = True
    answers = [await workshop.make(seed=seed) for seed in (1, 2)]
    assert [(job["state"], job["error"]["code"]) for job in answers] == [("failed", "text_held")] * 2
    assert "A moderator looks at this text first" in answers[0]["error"]["detail"]
    assert await images_kept(workshop) == 0
    house = workshop.house
    async with house.database.transaction() as connection:
        mia = await accounts_store.add_person(connection, "Mia", role="moderator", guest=False)
    [case] = (await house.moderation.cases(mia, CaseQuery())).items
    await house.moderation.claim(mia, case.id)
    await house.moderation.decide(mia, case.id, DecisionRequest(decision="approve"))
    assert (await workshop.picture(seed=3))["state"] == "approved"


async def test_where_it_cannot_be_read_nothing_is_kept(workshop: Workshop, encoder: Encoder) -> None:
    encoder.fails = True
    job = await workshop.make()
    assert (job["state"], job["error"]["code"]) == ("failed", "gave_up")
    assert await images_kept(workshop) == 0
    encoder.fails = False
    assert (await workshop.picture())["state"] == "approved"


def unlisted() -> str:
    """A sentence that means gore and has no listed word in it."""
    screener = Screener()
    exemplars = Exemplars.read()
    return next(
        sentence
        for category, sentence in zip(exemplars.categories, exemplars.sentences, strict=True)
        if category == "gore" and screener.screen({"prompt": sentence}, Kind.PROMPT).state == State.APPROVED
    )


@pytest.mark.parametrize(("reads", "state"), [(True, "failed"), (False, "succeeded")])
async def test_a_server_reads_unless_it_is_told_not_to(database_url: str, data: Path, reads: bool, state: str) -> None:
    app = build_app(Settings(data=data, policy_meaning=reads), database_url)
    async with running(app) as address, httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as client:
        await client.post("/api/session")
        workshop = Workshop(address, app.state.house, client)
        assert (await workshop.make(prompt="A blue boat on the sea", steps=1))["state"] == "succeeded"
        job = await workshop.make(prompt=unlisted(), steps=1)
        assert job["state"] == state, job


async def test_sentences_are_encoded_once_and_as_alone(tmp_path: Path) -> None:
    sentences = sentence_vectors(tmp_path)
    together = await sentences.embed(["a boat", "a longer sentence about a boat on the sea", "a boat"])
    assert np.array_equal(together[0], together[2])
    assert np.array_equal(together[0], (await sentence_vectors(tmp_path).embed(["a boat"]))[0])
    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
