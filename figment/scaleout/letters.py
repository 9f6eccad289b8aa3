"""What travels between a replica and who asked: updates, and failures as data.

An exception that crosses processes arrives wrapped, pickled by its arguments and with another machine's traceback; a `Failure` arrives as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from figment.generation.contract import (
    GenerationRefused,
    ModelCard,
    ModelUnavailable,
    Opening,
    QueueFull,
    Update,
    WorkerLost,
)


@dataclass(frozen=True, slots=True)
class Refused:
    reason: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Full:
    ahead: int
    retry_after_s: float


@dataclass(frozen=True, slots=True)
class Lost:
    reason: str


Failure = Refused | Unavailable | Full | Lost
Said = Update | Opening | ModelCard
"""What an engine says while it makes an image, or opens a model."""
Letter = Said | Failure


async def written(updates: AsyncGenerator[Said, None]) -> AsyncGenerator[Letter, None]:
    """The updates, and the failure that ended them. Closing it closes them."""
    async with contextlib.aclosing(updates):
        try:
            async for update in updates:
                yield update
        except ModelUnavailable as error:
            yield Unavailable(error.code, str(error))
        except GenerationRefused as error:
            yield Refused(str(error))
        except QueueFull as error:
            yield Full(error.ahead, error.retry_after_s)
        except Exception as error:
            yield Lost(str(error))


def opened(letter: Letter) -> Said:
    """
    Raises:
        GenerationRefused, ModelUnavailable, QueueFull, WorkerLost: what the letter says.
    """
    match letter:
        case Unavailable(code, detail):
            raise ModelUnavailable(code, detail)
        case Refused(reason):
            raise GenerationRefused(reason)
        case Full(ahead, retry_after_s):
            raise QueueFull(ahead, retry_after_s)
        case Lost(reason):
            raise WorkerLost(reason)
    return letter
