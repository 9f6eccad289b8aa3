"""Models on a device that is too small for all of them: whatever people ask for at once, each model is there while it is used."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

from figment.engine.backends.base import Parkable, PreviewSource
from figment.engine.errors import NotEnoughMemory
from figment.engine.parking import Parking
from figment.generation.contract import ImageRequest, ModelCard, Pixels


@dataclass
class Device:
    """Memory that can be full."""

    size: int
    used: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, count: int) -> None:
        with self.lock:
            if self.used + count > self.size:
                raise NotEnoughMemory("the device is full")
            self.used += count


@dataclass
class Weighty:
    """A backend that is nothing but its weights."""

    device: Device
    device_bytes: int
    here: bool = False
    downscale = 8

    def free_bytes(self) -> int:
        return self.device.size - self.device.used

    def park(self) -> None:
        assert self.here
        self.here = False
        self.device.used -= self.device_bytes

    def bring_back(self) -> None:
        assert not self.here
        self.device.take(self.device_bytes)
        self.here = True

    @property
    def card(self) -> ModelCard:
        raise NotImplementedError

    def begin(self, request: ImageRequest) -> int:
        raise NotImplementedError

    def steps(self, row: int) -> int:
        raise NotImplementedError

    def denoise(self, rows: Sequence[int]) -> None:
        raise NotImplementedError

    def preview(self, row: int) -> PreviewSource:
        raise NotImplementedError

    def decode(self, rows: Sequence[int]) -> list[Pixels]:
        raise NotImplementedError

    def warm_up(self) -> None:
        raise NotImplementedError


def opened(parking: Parking, device: Device, name: str, size: int) -> Weighty:
    parking.make_room(size)
    backend = Weighty(device, size)
    assert isinstance(backend, Parkable)
    if size:
        backend.bring_back()
    parking.opened(name, backend)
    return backend


def test_models_make_room_for_each_other_by_last_use() -> None:
    now = iter(range(1000))
    parking, device = Parking(lambda: float(next(now))), Device(100)
    first, second = opened(parking, device, "first", 40), opened(parking, device, "second", 40)
    use = parking.use("first")
    use.take()
    use.end()
    third = opened(parking, device, "third", 30)
    assert (first.here, second.here, third.here) == (True, False, True)
    parking.use("second").take()
    assert (first.here, second.here, third.here) == (False, True, True)


def test_a_busy_model_stays_and_the_other_is_refused_until_it_is_done() -> None:
    parking, device = Parking(), Device(100)
    first = opened(parking, device, "first", 60)
    second = Weighty(device, 60)
    use = parking.use("first")
    use.take()
    with pytest.raises(NotEnoughMemory, match="first"):
        parking.make_room(60)
    assert first.here
    use.end()
    parking.make_room(60)
    second.bring_back()
    parking.opened("second", second)
    assert (first.here, second.here) == (False, True)


def test_what_takes_no_memory_of_the_device_is_let_through() -> None:
    parking, device = Parking(), Device(10)
    light = opened(parking, device, "light", 0)
    for name in ("light", "never opened"):
        use = parking.use(name)
        use.take()
        use.end()
    assert not light.here


def test_a_use_counts_once_however_often_it_is_taken_and_ended() -> None:
    parking, device = Parking(), Device(100)
    first = opened(parking, device, "first", 60)
    use, other, given_up = (parking.use("first") for _ in range(3))
    given_up.end()
    given_up.take()
    other.take()
    for _ in range(2):
        use.take()
    for _ in range(2):
        use.end()
    with pytest.raises(NotEnoughMemory):
        parking.make_room(60)
    other.end()
    parking.make_room(60)
    assert not first.here


def test_a_model_that_is_opened_again_takes_the_place_of_the_old_one() -> None:
    parking, device = Parking(), Device(100)
    old = opened(parking, device, "one", 40)
    old.park()
    new = opened(parking, device, "one", 40)
    parking.make_room(80)
    assert not new.here


@pytest.mark.parametrize("seed", range(5))
def test_a_crowd_finds_its_models_on_the_device(seed: int) -> None:
    """Threads that ask for any of them at any time."""
    dice = random.Random(seed)
    parking, device = Parking(), Device(100)
    backends = {f"m{n}": opened(parking, device, f"m{n}", dice.randint(10, 45)) for n in range(6)}

    def ask(own_seed: int) -> int:
        own, served = random.Random(own_seed), 0
        for _ in range(50):
            name = own.choice(list(backends))
            use = parking.use(name)
            try:
                use.take()
            except NotEnoughMemory:
                continue
            assert backends[name].here
            served += 1
            use.end()
        return served

    with ThreadPoolExecutor(8) as people:
        served = sum(people.map(ask, range(seed * 100, seed * 100 + 8)))
    assert served > 100
    assert device.used == sum(backend.device_bytes for backend in backends.values() if backend.here) <= device.size
