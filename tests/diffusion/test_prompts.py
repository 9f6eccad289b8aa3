"""Prompts that wait at the same time are encoded in one call, and mean what they mean alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch

from figment.engine.backends.base import ReadsTogether
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.families import Conditions, Family
from figment.engine.backends.diffusion.prompts import Prompt, Prompts
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue
from figment.engine.schedule import Limits
from figment.generation.contract import Finished, ImageRequest, Ticket, WorkerLost
from tests.diffusion.conftest import Folder, Opened
from tests.diffusion.test_engine import ROUNDING
from tests.engine.worker_contract import picture, request_for

COMPANY = 1e-5
"""The largest difference that company makes to a prompt's states in float32, as a part of the largest number: another order of adding."""
FAMILIES = ["sd", "sdxl", "sd3", "flux", "sana", "prx", "lcm"]
TEXTS = ["a red house", "", "x", "a very long road " * 40, "fog, rain", "a boat"]
PATIENCE_S = 20.0


@pytest.mark.parametrize("unwanted", [False, True])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_prompt_does_not_depend_on_its_company(opened: Opened, name: str, unwanted: bool) -> None:
    family = opened(name)._family
    with torch.no_grad():
        together = family.encode(TEXTS, unwanted)
        alone = [family.encode([text], unwanted)[0] for text in TEXTS]
    for one, other in zip(together, alone, strict=True):
        assert one.keys() == other.keys()
        for key, states in one.items():
            assert states.shape == other[key].shape
            assert states.dtype == other[key].dtype
            far = (states.float() - other[key].float()).abs().max()
            assert far <= COMPANY * max(1.0, float(other[key].float().abs().max()))
    first = next(iter(together[0]))
    assert not torch.allclose(together[0][first], together[5][first], atol=0.01), "they say nothing"


@dataclass
class Spelled:
    """A family that only encodes: letters are the numbers, 4 kB a prompt. `poison`: cannot be encoded, nor what is beside it."""

    texts_at_once: int = 4
    poison: frozenset[str] = frozenset()
    calls: list[tuple[list[str], bool]] = field(default_factory=list)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    let: threading.Semaphore | None = None

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        self.calls.append((list(texts), unwanted))
        self.entered.release()
        if self.let is not None:
            assert self.let.acquire(timeout=PATIENCE_S)
        if self.poison & set(texts):
            raise ValueError(f"cannot spell {sorted(self.poison & set(texts))}")
        made = torch.tensor([[ord(text[0])] * 1024 for text in texts], dtype=torch.float32)
        return [{"states": states} for states in made]


def wanted(*texts: str) -> list[Prompt]:
    return [Prompt(text, unwanted=False) for text in texts]


def prompts_of(family: Spelled, **given: Any) -> Prompts:
    return Prompts(cast(Family, family), **given)


def first_letter(read: Any) -> str:
    assert not isinstance(read, Exception)
    return chr(int(read[0]["states"][0]))


def test_each_request_gets_what_its_own_prompts_say() -> None:
    family = Spelled()
    asked = [[Prompt(text, False), Prompt("none", True)] for text in "abcdef"]
    read = prompts_of(family).read([*asked, asked[0]])
    assert [first_letter(one) for one in read] == [*"abcdef", "a"]
    assert all(not isinstance(one, Exception) and chr(int(one[1]["states"][0])) == "n" for one in read)
    assert family.calls == [([*"abcd"], False), ([*"ef"], False), (["none"], True)]


def test_a_prompt_that_cannot_be_encoded_fails_alone_and_no_work_is_lost() -> None:
    family = Spelled(poison=frozenset("b"))
    prompts = prompts_of(family)
    a, b, c = prompts.read([wanted(text) for text in "abc"])
    assert (first_letter(a), first_letter(c)) == ("a", "c")
    assert isinstance(b, ValueError)
    assert family.calls == [([*"abc"], False), (["a"], False), (["b"], False), (["c"], False)]
    family.calls.clear()
    prompts.read([wanted("a", "c")])
    assert family.calls == [], "they are kept"
    assert isinstance(prompts.read([wanted("a", "b")])[0], ValueError)
    assert family.calls == [(["b"], False)]


def test_no_more_is_kept_than_memory_is_given() -> None:
    family = Spelled(texts_at_once=32)
    prompts = prompts_of(family, kept_bytes=5 * 4096)
    read = prompts.read([wanted(text) for text in "abcdefgh"])
    assert [first_letter(one) for one in read] == [*"abcdefgh"], "who asked is answered all the same"
    assert [text for text in "abcdefgh" if prompts.has(wanted(text))] == [*"defgh"]
    prompts.read([wanted("d")])
    prompts.read([wanted("i")])
    assert [text for text in "defghi" if prompts.has(wanted(text))] == [*"dfghi"], "the least lately used goes"
    for one in read:
        assert not isinstance(one, Exception)
        assert one[0]["states"].untyped_storage().nbytes() == 4096, "a view keeps the whole call's memory"
    prompts.forget()
    assert not any(prompts.has(wanted(text)) for text in "abcdefghi")
    prompts.read([wanted(text) for text in "abcde"])
    assert all(prompts.has(wanted(text)) for text in "abcde"), "what was forgotten takes no room"


def test_a_prompt_larger_than_the_memory_is_answered_and_not_kept() -> None:
    prompts = prompts_of(Spelled(), kept_bytes=1000)
    assert first_letter(prompts.read([wanted("a")])[0]) == "a"
    assert not prompts.has(wanted("a"))


def test_what_is_kept_is_answered_while_another_is_encoded() -> None:
    family = Spelled()
    prompts = prompts_of(family)
    prompts.read([wanted("a")])
    family.let, family.entered = threading.Semaphore(0), threading.Semaphore(0)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(prompts.read, [wanted("b")])
        assert family.entered.acquire(timeout=PATIENCE_S)
        assert prompts.has(wanted("a"))
        assert first_letter(prompts.read([wanted("a")])[0]) == "a"
        assert not slow.done()
        family.let.release()
        assert first_letter(slow.result()[0]) == "b"


def test_many_threads_encode_a_prompt_once() -> None:
    family = Spelled()
    prompts = prompts_of(family)
    with ThreadPoolExecutor(8) as pool:
        read = list(pool.map(lambda n: prompts.read([wanted("abc"[n % 3], "none")])[0], range(60)))
    assert [first_letter(one) for one in read] == ["abc"[n % 3] for n in range(60)]
    assert sorted(text for texts, _ in family.calls for text in texts) == ["a", "b", "c", "none"]


# -- in the engine ----------------------------------------------------------------------------------------------------


@dataclass
class Watched:
    """What an engine's family was asked to encode. `gate`: it waits there."""

    encode: Callable[[Sequence[str], bool], list[Conditions]]
    calls: list[list[str]] = field(default_factory=list)
    poison: str | None = None
    gate: threading.Semaphore | None = None

    def __call__(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        self.calls.append(list(texts))
        if self.gate is not None:
            assert self.gate.acquire(timeout=PATIENCE_S)
        if self.poison in texts:
            raise ValueError("not this text")
        return self.encode(texts, unwanted)


@pytest.fixture
async def engine(folder: Folder) -> AsyncIterator[LocalEngine]:
    catalogue = Catalogue(default=str(folder("sd-turbo")), builtin=Path("none"))
    running = LocalEngine(catalogue, lambda model: loading.load(model, "cpu"), Limits(buckets=(8,)))
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def watched(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> Watched:
    [card, *_] = await engine.models()
    backend = await engine._backend(engine._catalogue.find(card.name))
    assert isinstance(backend, DiffusionBackend)
    assert isinstance(backend, ReadsTogether)
    made = Watched(backend._family.encode)
    monkeypatch.setattr(backend._family, "encode", made)
    return made


async def requests_of(engine: LocalEngine, *prompts: str) -> list[ImageRequest]:
    [card, *_] = await engine.models()
    return [request_for(card, prompt=prompt, guidance=1.0, steps=1) for prompt in prompts]


def crowd(engine: LocalEngine, requests: Sequence[ImageRequest]) -> list[asyncio.Task[Finished]]:
    return [
        asyncio.create_task(picture(engine, request, Ticket(person=str(place))))
        for place, request in enumerate(requests)
    ]


async def encoding(watched: Watched, calls: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(watched.calls) < calls:
            await asyncio.sleep(0.001)


async def waiting(engine: LocalEngine, requests: int) -> None:
    [together] = engine._readings.values()
    async with asyncio.timeout(PATIENCE_S):
        while len(together._waiting) < requests:
            await asyncio.sleep(0.001)


async def test_pictures_that_begin_together_are_read_together(engine: LocalEngine, watched: Watched) -> None:
    first, *rest = await requests_of(engine, *(f"house {n}" for n in range(9)))
    watched.gate = threading.Semaphore(0)
    tasks = crowd(engine, [first])
    await encoding(watched, 1)
    tasks += crowd(engine, rest)
    await waiting(engine, 8)
    watched.gate.release(2)
    made = await asyncio.gather(*tasks)
    assert watched.calls == [["house 0"], [f"house {n}" for n in range(1, 9)]]
    again = [await picture(engine, request) for request in (first, *rest)]
    assert len(watched.calls) == 2, "known prompts are not read again"
    for one, other in zip(made, again, strict=True):
        assert np.abs(one.pixels.astype(int) - other.pixels).max() <= ROUNDING
    assert len({one.pixels.tobytes() for one in made}) == len(made)


async def test_known_prompts_do_not_wait_for_new_ones(engine: LocalEngine, watched: Watched) -> None:
    known, new = await requests_of(engine, "known", "new")
    await picture(engine, known)
    watched.gate = threading.Semaphore(0)
    [slow] = crowd(engine, [new])
    await encoding(watched, 2)
    await picture(engine, known)
    assert not slow.done()
    watched.gate.release()
    await slow


async def test_a_prompt_that_cannot_be_read_loses_its_own_picture_only(engine: LocalEngine, watched: Watched) -> None:
    watched.poison = "poison"
    made = await asyncio.gather(
        *crowd(engine, await requests_of(engine, "one", "poison", "three")), return_exceptions=True
    )
    assert isinstance(made[1], WorkerLost)
    assert "not this text" in str(made[1])
    assert all(isinstance(made[place], Finished) for place in (0, 2))


async def test_a_prompt_whose_reader_left_while_it_waited_is_not_encoded(engine: LocalEngine, watched: Watched) -> None:
    watched.gate = threading.Semaphore(0)
    leaving, gone, stays = await requests_of(engine, "leaves in the call", "leaves before it", "stays")
    tasks = crowd(engine, [leaving])
    await encoding(watched, 1)
    tasks += crowd(engine, [gone, stays])
    await waiting(engine, 2)
    for task in tasks[:2]:
        task.cancel()
    watched.gate.release(2)
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(ended[2], Finished)
    assert watched.calls == [["leaves in the call"], ["stays"]]
