from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from figment.engine.together import Together


@dataclass
class Calls:
    """Answers a number with its square when the test says so. Numbers in `poison` are answered by an error, those in `fatal` raise it."""

    made: list[list[int]] = field(default_factory=list)
    poison: frozenset[int] = frozenset()
    fatal: frozenset[int] = frozenset()
    let: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def __call__(self, questions: Sequence[int]) -> list[int | Exception]:
        self.made.append(list(questions))
        await self.let.acquire()
        if self.fatal & set(questions):
            raise ValueError("all of it broke")
        return [KeyError(number) if number in self.poison else number**2 for number in questions]


async def settled(turns: int = 10) -> None:
    """Every task that can go on has."""
    for _ in range(turns):
        await asyncio.sleep(0)


async def asking(together: Together[int, int], *numbers: int, rank: int = 0) -> list[asyncio.Task[int]]:
    tasks = [asyncio.create_task(together.ask(number, rank)) for number in numbers]
    await settled()
    return tasks


async def test_who_asks_alone_is_called_at_once() -> None:
    calls = Calls()
    together = Together(calls, 8)
    for number in (3, 4):
        [task] = await asking(together, number)
        assert calls.made[-1] == [number]
        calls.let.release()
        assert await task == number**2


async def test_who_asks_while_a_call_runs_shares_the_next() -> None:
    calls = Calls()
    together = Together(calls, 8)
    first = await asking(together, 1)
    rest = await asking(together, 2, 3, 4)
    assert calls.made == [[1]]
    calls.let.release()
    calls.let.release()
    assert await asyncio.gather(*first, *rest) == [1, 4, 9, 16]
    assert calls.made == [[1], [2, 3, 4]]


async def test_a_call_is_bounded_and_the_urgent_are_in_it_first() -> None:
    calls = Calls()
    together = Together(calls, 2)
    tasks = await asking(together, 0)
    tasks += await asking(together, 1, 2, 3, rank=3)
    tasks += await asking(together, 4, rank=0)
    for _ in range(3):
        calls.let.release()
    assert await asyncio.gather(*tasks) == [0, 1, 4, 9, 16]
    assert calls.made == [[0], [4, 1], [2, 3]]


async def test_who_cannot_be_answered_is_told_and_the_others_are_answered() -> None:
    calls = Calls(poison=frozenset([2]))
    together = Together(calls, 8)
    calls.let.release()
    tasks = await asking(together, 1, 2, 3)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert (answers[0], answers[2]) == (1, 9)
    assert isinstance(answers[1], KeyError)


async def test_a_call_that_breaks_fails_its_own_and_no_later_one() -> None:
    calls = Calls(fatal=frozenset([1]))
    together = Together(calls, 8)
    calls.let.release()
    calls.let.release()
    first = await asking(together, 1, 2)
    answers = await asyncio.gather(*first, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["all of it broke"] * 2
    assert await together.ask(3) == 9


async def test_who_leaves_while_waiting_is_not_called_and_who_leaves_a_call_takes_nobody_along() -> None:
    calls = Calls()
    together = Together(calls, 8)
    [leaves_the_call, stays] = await asking(together, 1, 2)
    [never_called, last] = await asking(together, 3, 4)
    for task in (leaves_the_call, never_called):
        task.cancel()
    calls.let.release()
    calls.let.release()
    assert [await stays, await last] == [4, 16]
    assert calls.made == [[1, 2], [4]]
    assert leaves_the_call.cancelled()
    assert never_called.cancelled()


async def test_nobody_waits_for_a_call_that_will_not_come() -> None:
    async def given_up(questions: Sequence[int]) -> list[int | Exception]:
        await settled()
        raise asyncio.CancelledError

    together = Together(given_up, 1)
    tasks = await asking(together, 1, 2)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers)


@pytest.mark.parametrize("seed", range(5))
async def test_a_crowd_that_comes_and_goes_is_answered_once_each(seed: int) -> None:
    rng = np.random.default_rng(seed)
    calls = Calls(poison=frozenset(range(0, 200, 7)))
    together = Together(calls, 4)

    async def one(number: int) -> None:
        await settled(int(rng.integers(20)))
        asked = asyncio.create_task(together.ask(number, int(rng.integers(3))))
        if number % 5 == 0:
            await settled(int(rng.integers(10)))
            asked.cancel()
        with contextlib.suppress(asyncio.CancelledError, KeyError):
            assert await asked == number**2
            assert number not in calls.poison

    crowd = [asyncio.create_task(one(number)) for number in range(200)]
    while not all(task.done() for task in crowd):
        calls.let.release()
        await asyncio.sleep(0)
    await asyncio.gather(*crowd)
    called = [number for made in calls.made for number in made]
    assert len(called) == len(set(called))
    assert {number for number in range(200) if number % 5} <= set(called)
    assert max(map(len, calls.made)) == 4
