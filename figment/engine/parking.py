"""Models that take turns on one device: who is asked for is there, and who makes room for it waits in the processor's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from figment.engine.backends.base import Backend, Parkable
from figment.engine.residency import Residency

log = structlog.get_logger(__name__)


class Parking:
    """Moves what `Residency` names. Models on onnxruntime, or on a device that has no memory of its own, are let through."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._residency = Residency(clock)
        self._backends: dict[str, Parkable] = {}
        # Guards the two above, for a moment. Before it, where both are held, `_moving`: held while weights move, since two that made room at
        # once would count the same room twice.
        self._books = threading.Lock()
        self._moving = threading.Lock()

    def make_room(self, needed: int) -> None:
        """Before a model is opened. Takes as long as weights take to move. `needed`: bytes of the device's memory that its weights will take.

        Raises:
            NotEnoughMemory: it does not fit beside the models that are busy.
        """
        with self._moving:
            if needed and self._backends:
                self._park(lambda free: self._residency.room_for(needed, free))

    def opened(self, name: str, backend: Backend[Any]) -> None:
        """A model is on the device. One of the same name before it is forgotten."""
        with self._moving, self._books:
            self._backends.pop(name, None)
            self._residency.closed(name)
            if isinstance(backend, Parkable) and backend.device_bytes:
                self._backends[name] = backend
                self._residency.opened(name, backend.device_bytes)

    def use(self, name: str) -> Use:
        """Of a model, by one request."""
        return Use(self, name)

    def take(self, use: Use) -> None:
        """See `Use.take`."""
        with self._moving:
            if use.name not in self._backends:
                return
            if not self._residency.is_on_device(use.name):
                self._bring_back(use.name)
            with self._books:
                if not use.over and not use.counted:
                    use.counted = True
                    self._residency.taken(use.name)

    def end(self, use: Use) -> None:
        """See `Use.end`."""
        with self._books:
            use.over = True
            if use.counted:
                use.counted = False
                self._residency.left(use.name)

    def _bring_back(self, name: str) -> None:
        self._park(lambda free: self._residency.room_to_bring_back(name, free))
        self._backends[name].bring_back()
        with self._books:
            self._residency.brought_back(name)
        log.info("engine.model_brought_back", model=name)

    def _park(self, whom: Callable[[int], list[str]]) -> None:
        """`whom`: by the bytes that are free on the one device, as any model on it can tell."""
        free = next(iter(self._backends.values())).free_bytes()
        with self._books:
            names = whom(free)
        for name in names:
            self._backends[name].park()
            with self._books:
                self._residency.parked(name)
            log.info("engine.model_parked", model=name)


@dataclass(slots=True, eq=False)
class Use:
    """From before a row is begun until it is done, failed or gone. `counted` and `over` are the parking's."""

    parking: Parking
    name: str
    counted: bool = False
    over: bool = False

    def take(self) -> None:
        """The model is on the device when this returns, and stays there until the end. Takes as long as weights take to move.

        Raises:
            NotEnoughMemory: it does not fit beside the models that are busy.
        """
        self.parking.take(self)

    def end(self) -> None:
        """Returns at once. May come before `take` is through, of a request that was given up: nothing is kept for it then."""
        self.parking.end(self)
