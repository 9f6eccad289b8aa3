"""Prompts ask for exactly what they say they ask for, and keep words back that no caption has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass

import pytest
from tokenizers import Tokenizer

from figment.engine.backends.minilm import wheel_folder
from tests.training.reading import readings, untrue
from training import prompts
from training.prompts import FIFTY, OUTSIDE, TASKS, Prompt, evaluation_prompts
from training.world.description import COLOURS, SCENE_STYLES, SETTINGS, Shown
from training.world.words import vocabulary as words
from training.world.words.phrases import participle, plural

COUNT = 60 * len(TASKS)
TOKENS = 32


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from strings(part)
    elif is_dataclass(value) and not isinstance(value, type):
        yield from strings(asdict(value))


def split(text: str) -> set[str]:
    return set(text.lower().replace("{}", " ").replace(",", " ").replace(":", " ").split())


@pytest.fixture(scope="module")
def known() -> set[str]:
    """Every word that a caption can have."""
    texts = [text for name, value in vars(words).items() if name.isupper() for text in strings(value)]
    texts += [plural(name) for names in words.OBJECTS.values() for name in names]
    texts += [participle(verb) for verbs in words.VERBS.values() for verb in verbs]
    return set().union(*(split(text) for text in texts), {"a", "an", "the", "and", "of", "with", "by", "over", "in"})


@pytest.fixture(scope="module")
def drawn() -> list[Prompt]:
    return evaluation_prompts(3, COUNT)


def test_the_same_prompts_for_a_seed(drawn: list[Prompt]) -> None:
    assert evaluation_prompts(3, 50) == drawn[:50]
    assert evaluation_prompts(4, 50) != drawn[:50]


def test_every_task_is_tried_as_often(drawn: list[Prompt]) -> None:
    assert Counter(prompt.task for prompt in drawn) == dict.fromkeys(TASKS, 60)
    assert Counter(prompt.task for prompt in drawn if not prompt.familiar) == dict.fromkeys(TASKS, 20)


def test_familiar_prompts_are_in_words_of_captions_and_the_others_not(drawn: list[Prompt], known: set[str]) -> None:
    for prompt in drawn:
        assert (split(prompt.text) <= known) == prompt.familiar, prompt


def test_no_word_that_is_kept_back_is_in_a_caption(known: set[str]) -> None:
    tables = [value for name, value in vars(prompts).items() if name.startswith("UNSEEN_") and name != "UNSEEN_PLURALS"]
    assert len(tables) > 5
    assert not [phrase for table in tables for phrase in strings(table) if split(phrase) <= known]


def asked_for(expected: Shown) -> Iterator[tuple[str, object]]:
    for thing in expected.things:
        yield "thing", thing.kind
        yield from ((name, value) for name, value in (("colour", thing.colour), ("across", thing.across)) if value)
        if thing.count > 1:
            yield "count", thing.count
    for name in ("style", "time", "weather"):
        if getattr(expected, name):
            yield name, getattr(expected, name)
    yield from (("colour", colour) for colour in expected.colours)
    if expected.view == "aerial":
        yield "terrain", (expected.setting, expected.variant)
    elif expected.setting:
        yield "setting", expected.setting


def test_a_familiar_prompt_says_all_that_it_asks_for_and_no_more(drawn: list[Prompt]) -> None:
    for prompt in drawn:
        if prompt.familiar:
            said = {meaning for _, meanings in readings(prompt.text, prompt.expected.view) for meaning in meanings}
            assert set(asked_for(prompt.expected)) <= said, prompt
            assert not untrue(prompt.text, prompt.expected), prompt


def test_what_is_asked_for_varies(drawn: list[Prompt]) -> None:
    things = [thing for prompt in drawn for thing in prompt.expected.things]
    assert {thing.colour for thing in things} >= set(COLOURS)
    assert {thing.count for thing in things} == {1, 2, 3, 4}
    assert {prompt.expected.style for prompt in drawn} >= set(SCENE_STYLES) - {"plain"}
    assert {prompt.expected.setting for prompt in drawn if prompt.expected.view == "scene"} - {""} == set(SETTINGS)
    assert len({prompt.text for prompt in drawn}) > 0.8 * COUNT


def test_prompts_written_by_hand() -> None:
    assert len(set(FIFTY)) == 50
    assert len(set(OUTSIDE)) == 12
    assert "" in OUTSIDE
    for sentence in FIFTY:
        assert any(meanings for _, meanings in readings(sentence, "")), sentence


def test_the_text_encoder_reads_every_prompt_to_its_end(drawn: list[Prompt]) -> None:
    tokenizer = Tokenizer.from_file(str(wheel_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [prompt.text for prompt in drawn] + [*FIFTY, *OUTSIDE]
    assert max(len(text.ids) for text in tokenizer.encode_batch(texts)) <= TOKENS
