"""How much is found, and how much is held up for nothing, on texts that were written to be hard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from figment.safety import encoded
from figment.safety.fields import Kind
from figment.safety.policy import ALWAYS_REFUSED
from figment.safety.screening import Screener
from figment.safety.verdict import State
from tests.safety.corpus import generate

FOLDER = Path(__file__).parent / "corpus"
LEAST_RECALL = 0.95
MOST_FALSE_BLOCKS = 0.01


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener()


def evasions(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in encoded.read(FOLDER / f"{name}.encoded")]


def benign(name: str) -> Iterator[tuple[Kind, str]]:
    for line in encoded.read(FOLDER / f"{name}.encoded"):
        kind, _, text = line.rpartition(": ")
        yield (Kind(kind), text) if kind in {*Kind} else (Kind.PROMPT, line)


def recall(screener: Screener, name: str, *categories: str) -> float:
    rows = [row for row in evasions(name) if not categories or row["category"] in categories]
    found = [screener.screen(row["fields"], Kind(row["kind"])).state != State.APPROVED for row in rows]
    return sum(found) / len(found)


@pytest.mark.parametrize("name", ["evasions", "held_out", "by_hand"])
def test_evasions_are_found(screener: Screener, name: str) -> None:
    assert recall(screener, name) >= LEAST_RECALL


@pytest.mark.parametrize("name", ["evasions", "held_out"])
def test_what_is_always_refused_is_found_under_the_mature_profile_too(name: str) -> None:
    assert recall(Screener(profile="mature"), name, *ALWAYS_REFUSED) >= LEAST_RECALL


@pytest.mark.parametrize("name", ["benign", "benign_second", "benign_held_out", "benign_languages"])
def test_look_alikes_pass(screener: Screener, name: str) -> None:
    texts = list(benign(name))
    blocked = [text for kind, text in texts if screener.screen({kind: text}, kind).state != State.APPROVED]
    assert len(blocked) / len(texts) <= MOST_FALSE_BLOCKS, blocked


def test_the_corpora_are_large_enough() -> None:
    assert len(evasions("evasions")) + len(evasions("by_hand")) >= 300
    assert len(list(benign("benign"))) >= 300


@pytest.mark.parametrize("name", generate.CORPORA)
def test_the_evasions_are_what_their_script_makes(name: str) -> None:
    assert "\n".join(encoded.read(FOLDER / f"{name}.encoded")) == generate.corpus(name, generate.CORPORA[name])


def test_no_look_alike_appears_in_both_parts() -> None:
    assert not {text for _, text in benign("benign")} & {text for _, text in benign("benign_held_out")}


def test_the_tongue_twisters_of_every_moderation_pass(screener: Screener) -> None:
    words = (
        "Scunthorpe cocktail Sussex Essex analysis assassin grape therapist shiitake bass classic document Penistone"
    )
    for word in (*words.split(), "Dick Whittington"):
        for kind in Kind:
            assert screener.screen({kind: word}, kind).state == State.APPROVED, word
