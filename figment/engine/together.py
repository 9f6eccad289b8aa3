"""Calls that cost less together: who asks while one is under way shares the next, and who asks alone waits for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class _Asked(Generic[Q, A]):
    question: Q
    rank: int
    answer: asyncio.Future[A]


class Together(Generic[Q, A]):
    """For the tasks of one event loop. One call at a time, of `most` questions at most."""

    def __init__(self, call: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]], most: int) -> None:
        """`call` answers every question in its place; an exception there is raised to who asked that one."""
        self._call, self._most = call, most
        self._waiting: list[_Asked[Q, A]] = []
        self._running: asyncio.Task[None] | None = None

    async def ask(self, question: Q, rank: int = 0) -> A:
        """Lower ranks are called first, then those who came first. Who is cancelled before the call is not part of it.

        Raises: what `call` answered, or raised.
        """
        asked: _Asked[Q, A] = _Asked(question, rank, asyncio.get_running_loop().create_future())
        self._waiting.append(asked)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())
        return await asked.answer

    async def _run(self) -> None:
        while taken := self._take():
            try:
                answers = await self._call([asked.question for asked in taken])
            except Exception as error:
                answers = [error] * len(taken)
            except asyncio.CancelledError:
                # Nobody answers any more: without this they would wait for ever.
                for asked in (*taken, *self._waiting):
                    asked.answer.cancel()
                raise
            for asked, answer in zip(taken, answers, strict=True):
                _tell(asked.answer, answer)

    def _take(self) -> list[_Asked[Q, A]]:
        # Sorting keeps the order of arrival within a rank.
        wanted = sorted((asked for asked in self._waiting if not asked.answer.done()), key=attrgetter("rank"))
        self._waiting = wanted[self._most :]
        return wanted[: self._most]


def _tell(future: asyncio.Future[A], answer: A | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)
