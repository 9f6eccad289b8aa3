"""Models that take turns on one device: who is asked for is there, and who makes room for it waits in the processor's memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from figment.engine.backends.base import Backend, Parkable
from figment.engine.residency import Residency

log = structlog.get_logger(__name__)


class Parking:
    """Moves what `Residency` names. Every method may be called on any thread but an event loop's: moving weights takes its time.

    Models on onnxruntime, or on a device that has no memory of its own, are let through.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._residency = Residency(clock)
        self._backends: dict[str, Parkable] = {}
        # Held while weights move: two that made room at once would count the same room twice.
        self._moving = threading.Lock()

    def make_room(self, needed: int) -> None:
        """Before a model is opened. `needed`: bytes of the device's memory that its weights will take; 0 for none.

        Raises:
            NotEnoughMemory: it does not fit beside the models that are busy.
        """
        with self._moving:
            if needed and self._backends:
                self._park(self._residency.room_for(needed, self._free_bytes()))

    def opened(self, name: str, backend: Backend[Any]) -> None:
        """A model is on the device. One of the same name before it is forgotten."""
        with self._moving:
            self._backends.pop(name, None)
            self._residency.closed(name)
            if isinstance(backend, Parkable) and backend.device_bytes:
                self._backends[name] = backend
                self._residency.opened(name, backend.device_bytes)

    def take(self, name: str) -> None:
        """Before a row is begun: the model is on the device when this returns, and stays until as many `leave` as took it.

        Raises:
            NotEnoughMemory: it does not fit beside the models that are busy. Nobody is to `leave` then.
        """
        with self._moving:
            if name not in self._backends:
                return
            if not self._residency.is_on_device(name):
                self._park(self._residency.room_to_bring_back(name, self._free_bytes()))
                self._backends[name].bring_back()
                self._residency.brought_back(name)
                log.info("engine.model_brought_back", model=name)
            self._residency.taken(name)

    def leave(self, name: str) -> None:
        """A row is done, failed or gone."""
        with self._moving:
            if name in self._backends:
                self._residency.left(name)

    def _park(self, names: list[str]) -> None:
        for name in names:
            self._backends[name].park()
            self._residency.parked(name)
            log.info("engine.model_parked", model=name)

    def _free_bytes(self) -> int:
        """Of the one device: any model on it can tell."""
        return next(iter(self._backends.values())).free_bytes()
