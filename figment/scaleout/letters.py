"""What travels between a replica and who asked: updates, and failures as data.

An exception that crosses processes arrives wrapped, pickled by its arguments and with another machine's traceback; a `Failure` arrives as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from figment.generation.contract import GenerationRefused, QueueFull, Update, WorkerLost


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


@dataclass(frozen=True, slots=True)
class Full:
    ahead: int
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Lost:
    reason: str


Failure = Refused | Full | Lost
Letter = Update | Failure


async def written(updates: AsyncGenerator[Update, None]) -> AsyncGenerator[Letter, None]:
    """The updates, and the failure that ended them. Closing it closes them."""
    async with contextlib.aclosing(updates):
        try:
            async for update in updates:
                yield update
        except GenerationRefused as error:
            yield Refused(str(error))
        except QueueFull as error:
            yield Full(error.ahead, error.retry_after_s)
        except Exception as error:
            yield Lost(str(error))


def opened(letter: Letter) -> Update:
    """
    Raises:
        GenerationRefused, QueueFull, WorkerLost: what the letter says.
    """
    match letter:
        case Refused(reason):
            raise GenerationRefused(reason)
        case Full(ahead, retry_after_s):
            raise QueueFull(ahead, retry_after_s)
        case Lost(reason):
            raise WorkerLost(reason)
    return letter
