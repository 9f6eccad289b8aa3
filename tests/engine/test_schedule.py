"""The policy, without a device: what must hold whatever arrives, on a clock that only steps move."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figment.engine.costs import Phase
from figment.engine.schedule import Batch, Limits, Row, Schedule
from figment.generation.contract import QueueFull, Urgency
from tests.engine.simulation import SHAPES, STEP_S, Arrival, Cost, Simulation, flat, lanes, per_row

LONE = Limits(buckets=(1,), max_rows=10_000, max_rows_a_person=10_000, shares={})
WIDE = Limits(buckets=(8,), max_rows=10_000, max_rows_a_person=10_000)
COSTS = st.sampled_from([per_row, flat])


@st.composite
def crowds(draw: st.DrawFn, size: int = 30, shapes: int = 3) -> list[Arrival]:
    def arrival(number: int) -> Arrival:
        return Arrival(
            at=draw(st.integers(0, 40)) * STEP_S,
            id=number,
            urgency=draw(st.sampled_from(Urgency)),
            person=draw(st.sampled_from(["", "ann", "bo", "cy"])),
            steps=draw(st.integers(1, 6)),
            network_rows=draw(st.integers(1, 2)),
            shape=draw(st.sampled_from(SHAPES[:shapes])),
            deadline_s=draw(st.none() | st.floats(0.001, 1.0)),
            cancelled_after=draw(st.none() | st.none() | st.floats(0, 0.3)),
            windows=draw(st.just(1) | st.integers(1, 20)),
        )

    return [arrival(number) for number in range(draw(st.integers(1, size)))]


@settings(max_examples=40)
@given(crowd=crowds(), cost=COSTS)
def test_no_row_is_lost_or_run_twice(crowd: list[Arrival], cost: Cost) -> None:
    ran = Simulation(Limits(max_rows=10_000, max_rows_a_person=10_000), cost).run(crowd)
    assert len(ran.schedule) == 0
    assert set(ran.done) | ran.cancelled == {a.id for a in crowd}
    assert not set(ran.done) & ran.cancelled
    for a in crowd:
        denoised, decoded = ran.ran[a.id, Phase.DENOISE], ran.ran[a.id, Phase.DECODE]
        if a.id in ran.done:
            assert (denoised, decoded) == (a.steps * a.windows, a.windows)
        assert denoised <= a.steps * a.windows


@settings(max_examples=40)
@given(crowd=crowds(), cost=COSTS, buckets=st.sampled_from([(2,), (1, 2, 4, 8), (4, 16), tuple(range(1, 9))]))
def test_a_batch_is_of_one_lane_and_fits_the_largest_bucket(
    crowd: list[Arrival], cost: Cost, buckets: tuple[int, ...]
) -> None:
    limits = Limits(buckets=buckets, max_rows=10_000, max_rows_a_person=10_000)
    ran = Simulation(limits, cost).run(crowd)
    for batch in ran.batches:
        assert lanes(batch) == {batch.lane}
        assert batch.network_rows <= buckets[-1]
        assert len({row.id for row in batch.rows}) == len(batch.rows)


@settings(max_examples=40)
@given(crowd=crowds(), cancel=st.integers(0, 29), after=st.integers(0, 20))
def test_a_cancelled_row_never_runs_again(crowd: list[Arrival], cancel: int, after: int) -> None:
    run = Simulation(WIDE, flat)
    for arrival in crowd:
        run.schedule.add(arrival.row())
    while after and run.step():
        after -= 1
    run.schedule.remove(cancel)
    before = len(run.batches)
    while run.step():
        pass
    assert all(row.id != cancel for batch in run.batches[before:] for row in batch.rows)


@settings(max_examples=40)
@given(crowd=crowds(), after=st.integers(0, 10))
def test_a_row_removed_while_its_step_is_in_flight_is_left_alone(crowd: list[Arrival], after: int) -> None:
    run = Simulation(WIDE, flat)
    for arrival in crowd:
        run.schedule.add(arrival.row())
    while after and run.step():
        after -= 1
    batch = run.schedule.choose()
    if batch is not None:
        gone = batch.rows[0]
        run.schedule.remove(gone.id)
        assert gone not in run.schedule.ran(batch, STEP_S)
        assert gone.id not in run.schedule


@given(crowd=crowds(size=12, shapes=1))
@settings(max_examples=100)
def test_deadlines_are_kept_when_they_can_be(crowd: list[Arrival]) -> None:
    """One device that runs one row at a time: earliest deadline first is optimal (Dertouzos, 1974), up to one step that is in flight."""
    jobs = [
        Arrival(a.at, a.id, Urgency.STUDIO, f"person {a.id}", a.steps, deadline_s=0.05 + (a.deadline_s or 1.0))
        for a in crowd
    ]
    assert all(job.deadline_s is not None for job in jobs)
    ran = Simulation(LONE).run(jobs)
    if _feasible([(job.at, job.at + (job.deadline_s or 0.0) - STEP_S, (job.steps + 1) * STEP_S) for job in jobs]):
        assert all(ran.done[job.id] <= job.at + (job.deadline_s or 0.0) + 1e-9 for job in jobs)


def _feasible(jobs: list[tuple[float, float, float]]) -> bool:
    """Whether (release, deadline, work) fit one preemptive machine: in no interval is there more work than time."""
    starts, ends = {release for release, _, _ in jobs}, {deadline for _, deadline, _ in jobs}
    return all(
        sum(work for release, deadline, work in jobs if release >= start and deadline <= end) <= end - start + 1e-9
        for start in starts
        for end in ends
        if any(release >= start and deadline <= end for release, deadline, _ in jobs)
    )


@given(hundred=st.integers(2, 100), steps=st.integers(1, 8), meanwhile=st.integers(0, 200))
def test_one_persons_hundred_do_not_delay_anothers_one(hundred: int, steps: int, meanwhile: int) -> None:
    run = Simulation(LONE)
    for number in range(hundred):
        run.schedule.add(Arrival(0.0, number, person="ann", steps=steps).row())
    for _ in range(meanwhile):
        run.step()
    arrived = run.now
    run.schedule.add(Arrival(arrived, 1000, person="bo", steps=steps).row())
    while 1000 not in run.done:
        run.step()
    one_image = (steps + 1) * STEP_S
    assert run.done[1000] - arrived <= 2 * one_image + 1e-9


@given(steps=st.integers(1, 10), waiting=st.sampled_from([Urgency.INTERACTIVE, Urgency.STUDIO, Urgency.PREFETCH]))
@settings(max_examples=15)
def test_no_class_starves_under_an_endless_live_stream(steps: int, waiting: Urgency) -> None:
    limits = Limits(buckets=(1,), max_rows=100)
    run = Simulation(limits)
    run.schedule.add(Arrival(0.0, 0, waiting, steps=steps).row())
    live = 0
    while 0 not in run.done:
        while len(run.schedule) < 3:
            live += 1
            run.schedule.add(Arrival(run.now, live, Urgency.LIVE, person=f"p{live}", steps=3).row())
        run.step()
        assert run.now <= (steps + 1) * STEP_S * (1 / limits.shares[waiting] + 2)


@settings(max_examples=40)
@given(crowd=crowds(), cost=COSTS)
def test_no_window_begins_a_step_before_all_of_its_picture_have_ended_the_last(
    crowd: list[Arrival], cost: Cost
) -> None:
    ran = Simulation(Limits(max_rows=10_000, max_rows_a_person=10_000), cost).run(crowd)
    whole = {a.id: list(range(a.windows)) for a in crowd}
    seen: dict[int, list[int]] = {}
    for batch in ran.batches:
        for share in batch.shares:
            so_far = seen.setdefault(share.row.id, [])
            so_far += share.windows
            assert so_far == whole[share.row.id][: len(so_far)]
            if so_far == whole[share.row.id]:
                so_far.clear()


@given(windows=st.integers(2, 121), steps=st.integers(1, 12), meanwhile=st.integers(0, 300))
@settings(max_examples=40)
def test_a_picture_of_many_windows_counts_as_the_work_that_it_is(windows: int, steps: int, meanwhile: int) -> None:
    """Whoever asks for one picture beside it waits as if the large one were so many steps longer, not for all of it."""
    run = Simulation(LONE)
    run.schedule.add(Arrival(0.0, 0, person="ann", steps=steps, windows=windows).row())
    assert run.schedule.backlog_s() == pytest.approx(
        windows * Simulation(LONE).schedule._work_s(Arrival(0.0, 1, steps=steps).row(), steps)
    )
    for _ in range(min(meanwhile, windows)):
        run.step()
    arrived = run.now
    run.schedule.add(Arrival(arrived, 1, person="bo", steps=steps).row())
    while 1 not in run.done:
        run.step()
    small = (steps + 1) * STEP_S
    # Its patience is four times its own work, after which it leads; the large one's is as many times longer as it has windows.
    assert run.done[1] - arrived <= (run.schedule.limits.stretch + 1) * small + STEP_S


@pytest.mark.parametrize("windows", [9, 121])
def test_windows_take_room_and_the_first_picture_finds_it(windows: int) -> None:
    schedule = Schedule(Limits(max_rows=16, max_rows_a_person=8), lambda: 0.0)
    schedule.add(Row(0, Urgency.STUDIO, "ann", SHAPES[0], steps=1, windows=windows))
    with pytest.raises(QueueFull):
        schedule.add(Row(1, Urgency.STUDIO, "ann", SHAPES[0], steps=1))
    with pytest.raises(QueueFull):
        schedule.add(Row(2, Urgency.STUDIO, "bo", SHAPES[0], steps=1, windows=9))
    schedule.remove(0)
    schedule.add(Row(1, Urgency.STUDIO, "ann", SHAPES[0], steps=1))


@given(steps=st.integers(1, 10), patience=st.floats(0.1, 1.0))
@settings(max_examples=15)
def test_no_row_starves_under_an_endless_stream_of_its_own_class(steps: int, patience: float) -> None:
    run = Simulation(LONE)
    run.schedule.add(Arrival(0.0, 0, steps=steps, deadline_s=patience).row())
    later = 0
    while 0 not in run.done:
        while len(run.schedule) < 4:
            later += 1
            run.schedule.add(Arrival(run.now, later, person=f"p{later}", steps=1, deadline_s=0.02).row())
        run.step()
        assert run.now <= patience + (steps + 8) * STEP_S


def test_who_came_while_the_device_seemed_slow_is_not_overtaken_by_the_like_of_it() -> None:
    run = Simulation(LONE, flat)
    first = Arrival(at=0, id=0, person="ann", steps=5)
    lane = first.row().lane
    run.schedule.costs.observe(lane, 1, 100 * STEP_S)
    run.schedule.add(first.row())
    for _ in range(50):
        run.schedule.costs.observe(lane, 1, STEP_S)
    for number in range(1, 8):
        run.schedule.add(Arrival(at=0, id=number, person="ann", steps=5).row())
    while run.step():
        pass
    assert list(run.done) == list(range(8))


def test_classes_come_strictly_first() -> None:
    run = Simulation(LONE)
    for number, urgency in enumerate(reversed(Urgency)):
        run.schedule.add(Arrival(0.0, number, urgency, steps=3).row())
    while run.step():
        pass
    assert list(run.done) == [3, 2, 1, 0]


def test_a_live_frame_runs_at_the_step_after_it_arrives() -> None:
    run = Simulation(LONE)
    for number in range(100):
        run.schedule.add(Arrival(0.0, number, person=f"p{number}", steps=30).row())
    for _ in range(5):
        run.step()
    run.schedule.add(Arrival(run.now, 1000, Urgency.LIVE, steps=2).row())
    arrived = run.now
    while 1000 not in run.done:
        run.step()
    assert run.done[1000] - arrived <= 3 * STEP_S + 1e-9


def test_a_lone_row_never_waits_for_company() -> None:
    run = Simulation(WIDE)
    run.schedule.add(Arrival(0.0, 0, steps=2).row())
    assert [run.step() for _ in range(4)] == [True, True, True, False]


def test_batches_grow_where_company_is_free_and_do_not_where_it_is_not() -> None:
    crowd = [Arrival(0.0, number, person=f"p{number}", steps=40) for number in range(8)]
    free, dear = Simulation(cost=flat).run(crowd), Simulation(cost=per_row).run(crowd)
    assert free.now < 0.2 * dear.now
    assert sum(batch.network_rows for batch in dear.batches[-200:]) <= 220


def test_a_step_fits_the_live_budget() -> None:
    crowd = [Arrival(0.0, number, person=f"p{number}", steps=40) for number in range(16)]
    ran = Simulation(Limits(step_budget_s=2.5 * STEP_S, knee=0.0), lambda batch: STEP_S * batch.network_rows**0.9).run(
        crowd
    )
    assert max(batch.network_rows for batch in ran.batches[20:]) <= 2


def test_while_frames_come_nobody_elses_step_is_long() -> None:
    others: list[tuple[float, int]] = []

    def cost(batch: Batch) -> float:
        if batch.rows[0].urgency is not Urgency.LIVE:
            others.append((run.now, batch.network_rows))
        return STEP_S * (1 + 0.1 * batch.network_rows)

    def widest(since: float, before: float) -> int:
        return max(rows for at, rows in others if since <= at < before)

    run = Simulation(Limits(shares={}), cost)
    crowd = [Arrival(0.0, number, person=f"p{number}", steps=400) for number in range(16)]
    frames = [Arrival(1 + number / 20, 1000 + number, Urgency.LIVE, "live", steps=2) for number in range(20)]
    run.run([*crowd, *frames], until=4.0)
    assert widest(0.5, 1.0) == widest(3.1, 4.0) == 8
    # A frame alone takes three calls of 1.1 steps; 0.4 of that is a call of two rows.
    assert widest(1.1, 2.9) <= 2


def test_less_urgent_rows_ride_along_only_where_leaders_hardly_notice() -> None:
    crowd = [Arrival(0.0, 0, Urgency.LIVE, steps=30), *(Arrival(0.0, n, Urgency.STUDIO, steps=30) for n in range(1, 8))]
    for cost, riders in ((flat, True), (per_row, False)):
        run = Simulation(Limits(shares={}), cost)
        run.run([Arrival(0.0, 100 + n, Urgency.STUDIO, steps=30) for n in range(8)])
        before = len(run.batches)
        run.run([Arrival(run.now, a.id, a.urgency, steps=a.steps) for a in crowd])
        live = [batch for batch in run.batches[before:] if any(row.id == 0 for row in batch.rows)]
        assert any(len(batch.rows) > 1 for batch in live) is riders


def test_the_queue_is_bounded_and_says_when_to_come_back() -> None:
    limits = Limits(max_rows=8, max_rows_a_person=4)
    schedule = Schedule(limits, lambda: 0.0)
    for number in range(6):
        schedule.add(Row(number, Urgency.STUDIO, f"p{number}", SHAPES[0], steps=10))
    with pytest.raises(QueueFull) as full:
        schedule.add(Row(10, Urgency.STUDIO, "x", SHAPES[0], steps=10))
    assert full.value.ahead == 6
    assert full.value.retry_after_s >= 1
    schedule.add(Row(11, Urgency.LIVE, "x", SHAPES[0], steps=1))
    assert len(schedule) == 7


def test_the_time_to_come_back_grows_with_measured_steps() -> None:
    waits = []
    for step_s in (0.1, 1.0):
        run = Simulation(Limits(max_rows=12), lambda batch, step_s=step_s: step_s)  # type: ignore[misc]
        run.run([Arrival(0.0, 0, steps=4)])
        run.run([Arrival(run.now, n, person=f"p{n}", steps=20) for n in range(1, 12)], until=run.now + step_s)
        waits.append(run.refused[max(run.refused)].retry_after_s)
    assert waits[1] > 5 * waits[0]


def test_one_person_cannot_fill_the_queue() -> None:
    schedule = Schedule(Limits(max_rows=8, max_rows_a_person=2), lambda: 0.0)
    for number in range(2):
        schedule.add(Row(number, Urgency.STUDIO, "ann", SHAPES[0], steps=1))
    with pytest.raises(QueueFull):
        schedule.add(Row(2, Urgency.STUDIO, "ann", SHAPES[0], steps=1))
    schedule.add(Row(3, Urgency.STUDIO, "bo", SHAPES[0], steps=1))


def test_a_row_that_is_not_ready_keeps_its_place_and_does_not_run() -> None:
    run = Simulation(LONE)
    run.schedule.add(Row(0, Urgency.STUDIO, "", SHAPES[0], steps=1, ready=False))
    assert not run.step()
    assert run.schedule.place(0) == 0
    run.schedule.make_ready(0)
    assert run.step()


@given(crowd=crowds(size=12))
def test_places_are_all_different_and_follow_the_classes(crowd: list[Arrival]) -> None:
    schedule = Schedule(WIDE, lambda: 0.0)
    for arrival in crowd:
        schedule.add(arrival.row())
    places = {a.id: schedule.place(a.id) for a in crowd}
    assert sorted(places.values()) == list(range(len(crowd)))
    for one, other in combinations(crowd, 2):
        if one.urgency != other.urgency:
            assert (one.urgency < other.urgency) == (places[one.id] < places[other.id])


def test_a_row_is_queued_once() -> None:
    schedule = Schedule(LONE, lambda: 0.0)
    schedule.add(Row(0, Urgency.STUDIO, "", SHAPES[0], steps=1))
    with pytest.raises(ValueError, match="row 0"):
        schedule.add(Row(0, Urgency.STUDIO, "", SHAPES[0], steps=1))
    with pytest.raises(ValueError, match="row 1"):
        schedule.add(Row(1, Urgency.STUDIO, "", SHAPES[0], steps=1, network_rows=2))
