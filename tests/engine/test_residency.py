"""Who leaves the device for whom: properties of every choice, and a crowd that comes and goes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from figment.engine.errors import NotEnoughMemory
from figment.engine.residency import SPARE_PART, Residency, Resident, to_park

SIZES = st.integers(0, 20)


@st.composite
def crowds(draw: st.DrawFn) -> list[Resident]:
    count = draw(st.integers(0, 7))
    times = draw(st.permutations(range(count)))
    return [Resident(f"m{n}", draw(SIZES), float(times[n]), draw(st.booleans())) for n in range(count)]


def size_of(residents: list[Resident], names: list[str]) -> int:
    return sum(one.bytes for one in residents if one.name in names)


def idle_size(residents: list[Resident]) -> int:
    return sum(one.bytes for one in residents if not one.busy)


@given(crowds(), SIZES, SIZES)
def test_room_is_made_exactly_when_it_can_be(residents: list[Resident], needed: int, free: int) -> None:
    if needed - free > idle_size(residents):
        with pytest.raises(NotEnoughMemory):
            to_park(residents, needed, free)
        return
    parked = to_park(residents, needed, free)
    assert free + size_of(residents, parked) >= needed
    assert len(set(parked)) == len(parked)


@given(crowds(), SIZES, SIZES)
def test_nobody_is_parked_who_is_busy_or_for_nothing(residents: list[Resident], needed: int, free: int) -> None:
    if needed - free > idle_size(residents):
        return
    parked = to_park(residents, needed, free)
    assert not {one.name for one in residents if one.busy} & set(parked)
    for name in parked:
        assert free + size_of(residents, [other for other in parked if other != name]) < needed


@given(crowds(), SIZES, SIZES)
def test_the_least_lately_used_leave_in_order(residents: list[Resident], needed: int, free: int) -> None:
    """The one who was used last among those that leave could not have stayed for all who were used before it."""
    if needed - free > idle_size(residents):
        return
    used_at = {one.name: one.used_at for one in residents}
    parked = to_park(residents, needed, free)
    assert [used_at[name] for name in parked] == sorted(used_at[name] for name in parked)
    if parked:
        before = [one.name for one in residents if not one.busy and one.used_at < used_at[parked[-1]]]
        assert free + size_of(residents, before) < needed


@given(crowds(), SIZES, SIZES)
def test_the_order_in_which_models_are_named_does_not_matter(residents: list[Resident], needed: int, free: int) -> None:
    if needed - free <= idle_size(residents):
        assert to_park(residents, needed, free) == to_park(residents[::-1], needed, free)


def test_what_is_missing_is_said() -> None:
    residents = [Resident("sdxl", 7_000_000_000, 1.0, busy=True), Resident("turbo", 2_000_000_000, 2.0)]
    with pytest.raises(NotEnoughMemory, match=r"needs 9.0 GB.*6.0 GB are missing.*\(sdxl\)"):
        to_park(residents, 9_000_000_000, 1_000_000_000)


class Device(RuleBasedStateMachine):
    """Models of some sizes on a device that is too small for all, as an engine would move them."""

    names = tuple(f"m{n}" for n in range(5))

    @initialize(sizes=st.lists(st.integers(1, 40), min_size=5, max_size=5), memory=st.integers(40, 120))
    def begin(self, sizes: list[int], memory: int) -> None:
        self.now = 0.0
        self.sizes, self.memory = dict(zip(self.names, sizes, strict=True)), memory
        self.residency = Residency(lambda: self.now)
        self.known: set[str] = set()
        self.here: set[str] = set()
        self.uses: list[str] = []
        self.last_used: dict[str, float] = {}

    @property
    def free(self) -> int:
        return self.memory - sum(self.sizes[name] for name in self.here)

    @rule(name=st.sampled_from(names))
    def ask(self, name: str) -> None:
        self.now += 1
        try:
            leaving = (
                self.residency.room_to_bring_back(name, self.free)
                if name in self.known
                else self.residency.room_for(self.sizes[name], self.free)
            )
        except NotEnoughMemory:
            return
        if name in self.here:
            assert leaving == []
        for other in leaving:
            assert other not in self.uses
            self.here.remove(other)
            self.residency.parked(other)
        if name not in self.known:
            self.residency.opened(name, self.sizes[name])
        elif name not in self.here:
            self.residency.brought_back(name)
        self.known.add(name)
        self.here.add(name)
        self.residency.taken(name)
        self.uses.append(name)
        self.last_used[name] = self.now

    @precondition(lambda self: self.uses)
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self.now += 1
        name = self.uses.pop(data.draw(st.integers(0, len(self.uses) - 1)))
        self.residency.left(name)
        self.last_used[name] = self.now

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.known)))
        if name not in self.uses:
            self.residency.closed(name)
            self.known.remove(name)
            self.here.discard(name)

    @invariant()
    def the_device_is_never_too_full_and_the_books_are_right(self) -> None:
        assert self.free >= 0
        expected = {Resident(name, self.sizes[name], self.last_used[name], name in self.uses) for name in self.here}
        assert set(self.residency.residents()) == expected


TestDevice = Device.TestCase


def test_a_part_of_the_free_memory_is_left_for_the_work_itself() -> None:
    residency = Residency(lambda: 0.0)
    residency.opened("idle", 50)
    assert residency.room_for(round(100 * (1 - SPARE_PART)), 100) == []
    assert residency.room_for(round(100 * (1 - SPARE_PART)) + 1, 100) == ["idle"]


def test_a_model_is_busy_until_its_last_request_is_done() -> None:
    residency = Residency(lambda: 0.0)
    residency.opened("one", 10)
    for _ in range(2):
        residency.taken("one")
    residency.left("one")
    assert residency.residents() == [Resident("one", 10, 0.0, busy=True)]
    with pytest.raises(NotEnoughMemory):
        residency.room_for(10, 5)
    residency.left("one")
    assert residency.room_for(10, 5) == ["one"]
