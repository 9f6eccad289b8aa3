"""Which models are on a device and which wait in the processor's memory: plain Python, without a device or a clock of its own.

A model that is asked for gets room by parking others, those first that were not used for the longest, and none that is busy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from figment.engine.errors import NotEnoughMemory

SPARE_PART = 0.1
"""Of the device's free memory is left free, for what a step needs beside the weights."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A model on the device. `used_at`: when it was last asked for."""

    name: str
    bytes: int
    used_at: float
    busy: bool = False


def to_park(residents: Sequence[Resident], needed: int, free: int) -> list[str]:
    """Whom to park so that `needed` bytes fit, the least lately used first, and nobody for nothing.

    Raises:
        NotEnoughMemory: it cannot be done.
    """
    missing = needed - free
    taken: list[Resident] = []
    for resident in sorted((one for one in residents if not one.busy), key=lambda one: one.used_at):
        if missing <= 0:
            break
        if resident.bytes:
            taken.append(resident)
            missing -= resident.bytes
    if missing > 0:
        busy = ", ".join(one.name for one in residents if one.busy) or "none"
        raise NotEnoughMemory(
            f"it needs {needed / 1e9:.1f} GB of the device's memory, and {missing / 1e9:.1f} GB are missing "
            f"when all models but the busy ones ({busy}) are parked"
        )
    return [one.name for one in _without_the_needless(taken, -missing)]


def _without_the_needless(taken: Sequence[Resident], too_much: int) -> list[Resident]:
    """A large model after small ones can make them needless: the most lately used of these stay."""
    kept = []
    for resident in reversed(taken):
        if resident.bytes <= too_much:
            too_much -= resident.bytes
        else:
            kept.append(resident)
    return kept[::-1]


@dataclass(slots=True)
class _Known:
    bytes: int
    used_at: float
    users: int = 0
    on_device: bool = True


class Residency:
    """Keeps count. Not thread-safe: whoever owns it calls it on one thread (or holds a lock), and moves the weights that it names."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._models: dict[str, _Known] = {}

    def opened(self, name: str, size: int) -> None:
        """A model was loaded and is on the device. `size`: its weights, in bytes."""
        self._models[name] = _Known(size, self._clock())

    def closed(self, name: str) -> None:
        """A model is gone, from the device and from memory."""
        self._models.pop(name, None)

    def parked(self, name: str) -> None:
        self._models[name].on_device = False

    def brought_back(self, name: str) -> None:
        self._models[name].on_device = True

    def is_on_device(self, name: str) -> bool:
        return name in self._models and self._models[name].on_device

    def taken(self, name: str) -> None:
        """A request of this model is on its way. Busy models are not parked."""
        self._models[name].users += 1
        self._models[name].used_at = self._clock()

    def left(self, name: str) -> None:
        """One is done. Of a model that was closed meanwhile there is nothing to say."""
        if name in self._models and self._models[name].users:
            self._models[name].users -= 1
            self._models[name].used_at = self._clock()

    def room_for(self, size: int, free: int) -> list[str]:
        """Whom to park for `size` more bytes of weights, in this order. `free`: what the device has left.

        Raises:
            NotEnoughMemory: it does not fit.
        """
        return to_park(self.residents(), size, int(free * (1 - SPARE_PART)))

    def room_to_bring_back(self, name: str, free: int) -> list[str]:
        """The same for a model that is parked; nobody, where it is on the device.

        Raises:
            NotEnoughMemory: it does not fit.
        """
        return [] if self.is_on_device(name) else self.room_for(self._models[name].bytes, free)

    def residents(self) -> list[Resident]:
        """What is on the device."""
        return [
            Resident(name, model.bytes, model.used_at, model.users > 0)
            for name, model in self._models.items()
            if model.on_device
        ]
