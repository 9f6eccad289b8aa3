"""Rules of meaning: they hold and never refuse, and their thresholds do on the corpora what the measurements say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from figment.engine.backends.minilm import MiniLM
from figment.safety import encoded
from figment.safety.fields import Kind
from figment.safety.meaning import BENIGN, WIDTH, BadVectors, Exemplars, Meaning, Vectors
from figment.safety.policy import load
from figment.safety.verdict import State
from tests.safety.test_corpus import FOLDER, MOST_FALSE_BLOCKS, benign

POLICY = load()


class Directions:
    """Each word has a direction of its own; a text points where its words do, on the whole."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.read += texts
        rows = np.zeros((len(texts), WIDTH), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.split():
                row[sum(word.encode()) % WIDTH] += 1
        unit: Vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


EXEMPLARS = Exemplars(("gore", "sexual", BENIGN), ("red river", "warm night", "warm lake"))


async def state(meaning: Meaning, fields: dict[str, str], profile: str = "general") -> State:
    found = await meaning.screen(fields, Kind.PROMPT, POLICY, "mature" if profile == "mature" else "general")
    return found.state


async def test_what_is_near_is_held_and_never_refused() -> None:
    meaning = await Meaning.build(Directions(), EXEMPLARS)
    assert await state(meaning, {"prompt": "red river"}) == State.HELD
    assert await state(meaning, {"prompt": "blue sky"}) == State.APPROVED


async def test_what_is_as_near_to_something_benign_passes() -> None:
    meaning = await Meaning.build(Directions(), EXEMPLARS)
    assert await state(meaning, {"prompt": "warm"}) == State.APPROVED
    assert await state(meaning, {"prompt": "warm night"}) == State.HELD


async def test_a_category_that_is_allowed_is_not_held() -> None:
    meaning = await Meaning.build(Directions(), EXEMPLARS)
    assert await state(meaning, {"prompt": "warm night"}, "mature") == State.APPROVED


async def test_what_is_not_wanted_is_not_read() -> None:
    embedder = Directions()
    meaning = await Meaning.build(embedder, EXEMPLARS)
    assert await state(meaning, {"prompt": "", "negative_prompt": "red river"}) == State.APPROVED
    assert "red river" not in embedder.read[len(EXEMPLARS.sentences) :]


async def test_a_sentence_in_a_long_text_is_found_and_a_disguised_one() -> None:
    meaning = await Meaning.build(
        Directions(), Exemplars(("gore",), ("one two three four five six seven eight nine ten",))
    )
    long = " ".join(f"w{number}x" for number in range(64))
    assert (
        await state(meaning, {"prompt": f"{long} one two three four five six seven eight nine ten {long}"})
        == State.HELD
    )
    assert await state(meaning, {"prompt": "оne twо three fоur five siх seven eight nine ten"}) == State.HELD


async def test_a_wrong_encoder_is_told_at_once() -> None:
    class Wrong(Directions):
        async def embed(self, texts: Sequence[str]) -> Vectors:
            return 2 * await super().embed(texts)

    with pytest.raises(BadVectors, match="length one"):
        await Meaning.build(Wrong(), EXEMPLARS)


def test_exemplars_need_a_sentence(tmp_path: Path) -> None:
    encoded.write(tmp_path / "ours", "gore\n")
    with pytest.raises(ValueError, match="has no sentence"):
        Exemplars.read(tmp_path / "ours")


def test_every_exemplar_is_of_a_category() -> None:
    assert set(Exemplars.read().categories) - {BENIGN} <= set(POLICY.categories)


class RealEncoder:
    def __init__(self, folder: Path) -> None:
        self._encoder = MiniLM(folder)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        parts = [self._encoder.sentence(texts[begin : begin + 32]) for begin in range(0, len(texts), 32)]
        return np.concatenate(parts)


@pytest.fixture(scope="module")
async def real(tmp_path_factory: pytest.TempPathFactory) -> Meaning:
    return await Meaning.build(RealEncoder(tmp_path_factory.mktemp("minilm")))


async def held(meaning: Meaning, texts: Sequence[str]) -> float:
    states = [await state(meaning, {"prompt": text}) for text in texts]
    return sum(each == State.HELD for each in states) / len(states)


async def test_look_alikes_are_not_held_by_their_meaning(real: Meaning) -> None:
    for name in ("benign", "benign_second", "benign_held_out"):
        assert await held(real, [text for _, text in benign(name)]) <= MOST_FALSE_BLOCKS


@pytest.mark.parametrize(("name", "least"), [("unsafe", 0.85), ("unsafe_second", 0.75), ("unsafe_held_out", 0.3)])
async def test_what_no_word_gives_away_is_sometimes_found(real: Meaning, name: str, least: float) -> None:
    texts = [line.partition("\t")[2] for line in encoded.read(FOLDER / f"{name}.encoded")]
    assert await held(real, texts) >= least


async def test_the_world_of_the_model_is_not_held(real: Meaning) -> None:
    world = [
        "a ship on the sea at sunset",
        "a castle on a hill at night",
        "naked trees in winter",
        "bare rock",
        "a blood-red sunset",
    ]
    assert await held(real, world) == 0
