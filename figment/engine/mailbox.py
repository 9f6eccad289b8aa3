"""From the device's thread to an asyncio reader: the latest update wins, the last one is never lost."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from figment.engine.backends.base import PreviewSource
from figment.engine.windows import Mosaic
from figment.generation.contract import Finished, Pixels, Progress, Update, Waiting

PACE_S = 0.1
"""Steps that follow one another faster are told with the next: each telling wakes the reader's thread, which on a processor takes a core
from the network in the middle of its step.
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """A step that was done. Its preview is made when a reader takes it, so that nobody pays for those that are passed over."""

    step: int
    of: int
    preview: PreviewSource | None


@dataclass(frozen=True, slots=True)
class _Pieces:
    """A picture of several windows, which the reader puts together on a thread of its own: the device's has others to serve."""

    mosaic: Mosaic
    compute_s: float


_Letter = Waiting | _Step | _Pieces | Finished | Exception


class Mailbox:
    """One row's updates. The runner calls `waiting`, `progressed`, `finished`, `failed` from its thread; one reader awaits `take`."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic) -> None:
        self._loop = loop
        self._clock = clock
        self._told_at = -PACE_S
        self._filled = asyncio.Event()
        # Guards `_latest` and `_closed`, which both threads write; held for an assignment only.
        self._lock = threading.Lock()
        self._latest: _Letter | None = None
        self._closed = False

    def waiting(self, ahead: int) -> None:
        self._put(Waiting(ahead))

    def progressed(self, step: int, of: int, preview: PreviewSource | None) -> None:
        now = self._clock()
        due = now >= self._told_at + PACE_S
        self._told_at = now if due else self._told_at
        self._put(_Step(step, of, preview), wake=due)

    def finished(self, picture: Pixels | Mosaic, compute_s: float) -> None:
        done = _Pieces(picture, compute_s) if isinstance(picture, Mosaic) else Finished(picture, compute_s)
        self._put(done, last=True)

    def failed(self, error: Exception) -> None:
        self._put(error, last=True)

    async def take(self) -> Update:
        """The latest update since the last call; waits for one. Raises what the row failed with."""
        latest = await self._next()
        if isinstance(latest, Exception):
            raise latest
        if isinstance(latest, _Step):
            return Progress(latest.step, latest.of, None if latest.preview is None else latest.preview())
        if isinstance(latest, _Pieces):
            return Finished(await asyncio.to_thread(latest.mosaic.picture), latest.compute_s)
        return latest

    async def _next(self) -> _Letter:
        while True:
            await self._filled.wait()
            # Before the letter is taken: a put after this line sets the event again, so that nothing is left lying.
            self._filled.clear()
            with self._lock:
                latest, self._latest = self._latest, None
            if latest is not None:
                return latest

    def _put(self, update: _Letter, *, last: bool = False, wake: bool = True) -> None:
        with self._lock:
            if self._closed:
                return
            self._latest, self._closed = update, last
        if not wake:
            return
        # The loop may be gone by now (its program ended with a picture in the making): then nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._filled.set)
