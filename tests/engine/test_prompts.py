from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from figment.engine.prompts import PromptCache
from tests.engine.tiny import HashedText


def test_a_prompt_is_encoded_once_and_by_itself() -> None:
    text = HashedText()
    cache = PromptCache(lambda: text)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda n: cache.states(f"prompt {n % 3}", 32), range(60)))
    assert sorted(text.asked) == ["prompt 0", "prompt 1", "prompt 2"]
    assert np.array_equal(states[0].states, states[3].states)
    assert states[0].states.shape == (32, 384)
    assert states[0].mask.shape == (32,)


def test_the_least_recently_used_prompt_is_forgotten() -> None:
    text = HashedText()
    cache = PromptCache(lambda: text, capacity=2)
    for prompt in ["a", "b", "a", "c", "a", "b"]:
        cache.states(prompt, 32)
    assert text.asked == ["a", "b", "c", "b"]


def test_the_text_model_is_opened_when_it_is_needed() -> None:
    opened: list[HashedText] = []

    def open_text() -> HashedText:
        opened.append(HashedText())
        return opened[0]

    cache = PromptCache(open_text)
    assert not opened
    cache.states("a", 32)
    cache.states("b", 32)
    assert len(opened) == 1
