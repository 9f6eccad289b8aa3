"""Durable jobs: each ends once, whatever happens to whoever works on it."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from figment.accounts import store as accounts_store
from figment.core.errors import NotFound
from figment.core.events import Event
from figment.generation import store
from figment.generation.contract import GenerationRefused, QueueFull, WorkerLost
from figment.generation.errors import JobNotRetryable, QueueIsFull, UnknownModel
from figment.generation.reclaim import Reclaimer
from figment.generation.schemas import Job, JobRequest
from tests.generation.conftest import Bench
from tests.scripted import ScriptedWorker


async def count(bench: Bench, table: str) -> int:
    async with bench.house.database.transaction() as connection:
        return int((await connection.execute(f"SELECT count(*) FROM {table}")).scalar())


async def test_a_job_runs_and_leaves_an_image_with_its_recipe(bench: Bench) -> None:
    async with bench.running():
        [job] = await bench.submit(seed=7)
        assert (job.state, job.ahead) == ("queued", 0)
        done = await bench.until(job)
    assert done.state == "succeeded"
    assert done.image is not None
    row = await bench.house.images.owned(bench.owner, done.image.id)
    assert row.recipe is not None
    assert (row.recipe["seed"], row.recipe["prompt"], row.width) == (7, "a test", 64)
    assert (await bench.house.images.original(row)).startswith(b"\x89PNG")
    assert await count(bench, "procrastinate_jobs") == 0


async def test_jobs_are_queued_only_if_the_callers_transaction_commits(bench: Bench) -> None:
    request = JobRequest(model="scripted", prompt="x", seed=1, steps=1, guidance=1, width=64, height=64)

    async def submit_and_fail() -> None:
        async with bench.house.database.transaction() as connection:
            await bench.jobs.submit(connection, bench.owner, "test", uuid4(), [request])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await submit_and_fail()
    assert await count(bench, "jobs") == await count(bench, "procrastinate_jobs") == await count(bench, "events") == 0


async def test_events_tell_the_whole_story_in_order(bench: Bench) -> None:
    bench.worker.hold()
    [job] = await bench.submit()
    stream = await bench.jobs.follow(bench.owner, job.id, None)
    assert stream is not None
    told = [await anext(stream)]
    async with bench.running():
        await bench.until(job, "running")
        bench.worker.release()
        told += [event async for event in stream]
    assert told[0].data["state"] == "queued"
    assert told[-1].data["state"] == "succeeded"
    assert told[-1].data["image"]["url"].startswith("/files/")
    steps = [event.data["progress"]["step"] for event in told if event.data["progress"]]
    assert steps == sorted(steps)
    assert steps[0] == 1
    previews = [event.data["progress"]["preview"] for event in told if event.data["progress"]]
    assert all(preview.startswith("data:image/webp;base64,") for preview in previews)


async def test_a_stream_resumes_behind_the_last_event_and_ends_for_good(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.running():
        await bench.until(job)
    whole = await bench.jobs.follow(bench.owner, job.id, 0)
    assert whole is not None
    told: list[Event] = [event async for event in whole]
    resumed = await bench.jobs.follow(bench.owner, job.id, told[0].id)
    assert resumed is not None
    assert [event.id async for event in resumed] == [event.id for event in told[1:]]
    assert await bench.jobs.follow(bench.owner, job.id, told[-1].id) is None


async def test_leaving_the_page_does_not_stop_the_job_and_coming_back_finds_it(bench: Bench) -> None:
    bench.worker.hold()
    async with bench.running():
        [job] = await bench.submit(steps=4)
        stream = await bench.jobs.follow(bench.owner, job.id, None)
        assert stream is not None
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
        running = await bench.until(job, "running")
        assert running.progress is not None
        assert running.progress.of == 4
        again = await bench.jobs.follow(bench.owner, job.id, None)
        assert again is not None
        first = await anext(again)
        assert first.data["progress"]["step"] >= 1
        bench.worker.release()
        assert [event.data["state"] async for event in again][-1] == "succeeded"


async def test_cancelling_a_waiting_job_ends_it_at_once(bench: Bench) -> None:
    [job] = await bench.submit()
    assert (await bench.jobs.cancel(bench.owner, job.id)).state == "cancelled"
    assert await count(bench, "procrastinate_jobs") == 0
    async with bench.running():
        await asyncio.sleep(0.2)
    assert bench.worker.begun == []


async def test_cancelling_a_running_job_stops_it_within_a_step(bench: Bench) -> None:
    bench.worker.hold()
    async with bench.running():
        [job] = await bench.submit(steps=50)
        await bench.until(job, "running")
        await bench.jobs.cancel(bench.owner, job.id)
        assert (await bench.until(job)).state == "cancelled"
        steps = bench.worker.steps
        bench.worker.release()
        await asyncio.sleep(0.1)
    assert bench.worker.steps == steps == 1
    assert len(bench.worker.closed) == 1
    assert await count(bench, "images") == 0
    assert await count(bench, "procrastinate_jobs") == 0


async def test_cancelling_a_finished_job_changes_nothing(bench: Bench) -> None:
    async with bench.running():
        [job] = await bench.submit()
        await bench.until(job)
    assert (await bench.jobs.cancel(bench.owner, job.id)).state == "succeeded"


async def test_what_can_be_retried_is_retried(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("figment.generation.jobs._BACKOFF_S", (0, 0))
    bench.worker.failures = [RuntimeError("the device hiccuped"), WorkerLost("gone")]
    async with bench.running():
        [job] = await bench.submit()
        done = await bench.until(job)
    assert (done.state, done.attempt) == ("succeeded", 3)


async def test_back_off_waits_before_the_next_try(bench: Bench) -> None:
    bench.worker.failures = [RuntimeError("the device hiccuped")]
    async with bench.running():
        [job] = await bench.submit()
        started = asyncio.get_running_loop().time()
        done = await bench.until(job)
    assert done.attempt == 2
    assert asyncio.get_running_loop().time() - started >= 1


async def test_tries_are_capped_and_the_reason_is_for_people(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("figment.generation.jobs._BACKOFF_S", (0,))
    bench.worker.failures = [RuntimeError("boom")] * 9
    async with bench.running():
        [job] = await bench.submit()
        failed = await bench.until(job)
        assert failed.state == "failed"
        assert failed.error is not None
        assert failed.error.retryable
        assert "5 times" in failed.error.detail
        assert "boom" not in failed.error.detail
        assert len(bench.worker.begun) == 5
        bench.worker.failures = []
        again = await bench.jobs.retry(bench.owner, job.id)
        assert (again.id, again.state) == (job.id, "queued")
        assert (await bench.until(job)).state == "succeeded"


async def test_a_refusal_is_final_and_says_why(bench: Bench) -> None:
    bench.worker.failures = [GenerationRefused("this model makes no square circles")]
    async with bench.running():
        [job] = await bench.submit()
        failed = await bench.until(job)
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable) == ("refused", False)
    assert failed.error.detail == "this model makes no square circles"
    assert len(bench.worker.begun) == 1


async def test_a_full_engine_is_waited_for_without_using_up_tries(bench: Bench) -> None:
    bench.worker.failures = [QueueFull(9, 0.0)] * 7
    async with bench.running():
        [job] = await bench.submit()
        done = await bench.until(job)
    assert (done.state, done.attempt) == ("succeeded", 1)


async def test_shutdown_gives_the_job_back_and_the_next_process_ends_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("figment.generation.jobs._SHUTDOWN_S", 0.05)
    bench.worker.hold()
    async with bench.running():
        [job] = await bench.submit()
        await bench.until(job, "running")
    assert (await bench.jobs.get(bench.owner, job.id)).state == "queued"
    next_worker = ScriptedWorker()
    async with bench.running(next_worker):
        done = await bench.until(job)
    assert (done.state, done.attempt) == ("succeeded", 1)


async def test_a_stalled_workers_job_is_taken_over_and_its_late_result_is_not_written(bench: Bench) -> None:
    """The first worker freezes in the middle; its heart stops, the second takes the job; then the first wakes."""
    frozen, fresh = ScriptedWorker(), ScriptedWorker()
    frozen.hold()
    # One at a time: what is frozen takes nothing more.
    async with bench.running(frozen, worker_concurrency=1):
        [job] = await bench.submit(seed=5)
        before = await bench.until(job, "running")
        # As if its host were suspended: no heartbeat of this worker counts any more.
        async with bench.house.database.transaction() as connection:
            await connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")
            await connection.execute("UPDATE procrastinate_jobs SET worker_id = NULL WHERE status = 'doing'")
        async with bench.running(fresh):
            done = await bench.until(job)
            assert (done.state, done.attempt) == ("succeeded", before.attempt + 1)
            frozen.release()
            await asyncio.sleep(0.3)
        after = await bench.jobs.get(bench.owner, job.id)
    assert after == done
    assert await count(bench, "images") == 1
    assert len(frozen.begun) + len(fresh.begun) == 2


async def test_jobs_that_kill_their_workers_are_given_up(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.house.database.transaction() as connection:
        await connection.execute("UPDATE jobs SET attempt = 5")
        await connection.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    async with bench.running():
        failed = await bench.until(job)
    assert failed.error is not None
    assert "The worker was lost" in failed.error.detail
    assert await count(bench, "procrastinate_jobs") == 0


async def test_a_job_that_the_queue_forgot_is_queued_again(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.house.database.transaction() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")
        await connection.execute("UPDATE jobs SET created_at = now() - interval '1 minute'")
    async with bench.running():
        assert (await bench.until(job)).state == "succeeded"


async def test_the_fence_lets_only_the_holder_write(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.house.database.transaction() as connection:
        first = await store.begin_attempt(connection, job.id)
        assert first is not None
        assert await store.release(connection, job.id, first.fence, count_attempt=True) is not None
        second = await store.begin_attempt(connection, job.id)
        assert second is not None
        assert await store.finish(connection, job.id, first.fence, "succeeded") is None
        assert await store.release(connection, job.id, first.fence, count_attempt=True) is None
        for row, state in ((first, "queued"), (second, "running")):
            await store.report_progress(connection, [store.Told(row, True, Event("t", "job", {}, row.id))])
            now = await store.job_by_id(connection, job.id)
            assert now is not None
            assert now.state == state
        assert await store.finish(connection, job.id, second.fence, "succeeded") is not None


async def test_a_deleted_job_that_finishes_late_leaves_no_image(bench: Bench) -> None:
    bench.worker.hold()
    async with bench.running():
        [job] = await bench.submit()
        await bench.until(job, "running")
        async with bench.house.database.transaction() as connection:
            await store.delete_jobs(connection, [job.id])
        bench.worker.release()
        await asyncio.sleep(0.3)
    assert await count(bench, "images") == 0


async def test_the_queue_is_bounded_for_all_and_for_each(bench: Bench) -> None:
    await bench.submit(40)
    with pytest.raises(QueueIsFull, match="You have 40") as refused:
        await bench.submit()
    assert refused.value.extra["retry_after_s"] >= 1
    async with bench.house.database.transaction() as connection:
        other = (await accounts_store.add_person(connection, "Other")).id
    await bench.submit(20, owner=other)
    with pytest.raises(QueueIsFull) as full:
        await bench.submit(owner=other)
    assert full.value.extra["ahead"] == 60
    assert await count(bench, "jobs") == 60


async def test_place_in_the_queue(bench: Bench) -> None:
    jobs = await bench.submit(3)
    assert [job.ahead for job in jobs] == [0, 1, 2]
    assert (await bench.jobs.get(bench.owner, jobs[2].id)).ahead == 2


async def test_nobody_elses_job_can_be_seen_or_touched(bench: Bench) -> None:
    [job] = await bench.submit()
    stranger = uuid4()
    for attempt in (bench.jobs.get, bench.jobs.cancel, bench.jobs.retry):
        with pytest.raises(NotFound):
            await attempt(stranger, job.id)
    with pytest.raises(NotFound):
        await bench.jobs.follow(stranger, job.id, None)


async def test_only_what_failed_or_was_cancelled_can_be_retried(bench: Bench) -> None:
    [job] = await bench.submit()
    with pytest.raises(JobNotRetryable):
        await bench.jobs.retry(bench.owner, job.id)
    await bench.jobs.cancel(bench.owner, job.id)
    async with bench.running():
        await bench.jobs.retry(bench.owner, job.id)
        assert (await bench.until(job)).state == "succeeded"


async def test_an_unknown_model_is_named_with_those_that_are_there(bench: Bench) -> None:
    with pytest.raises(UnknownModel, match="Installed: scripted"):
        await bench.jobs.card("nothing")
    assert (await bench.jobs.card(None)).name == "scripted"


async def test_forgetting_jobs_while_they_finish_never_deadlocks(bench: Bench) -> None:
    """A delivery locks its job, then the events' order; forgetting many jobs must take the two in the same order."""
    async with bench.running():
        for _ in range(6):
            jobs = await bench.submit(8, steps=1)
            await asyncio.sleep(0.02)
            async with bench.house.database.transaction() as connection:
                await bench.jobs.drop(connection, "test", [jobs[0].ref])
    assert await count(bench, "jobs") == 0


async def test_other_tabs_are_told_of_forgotten_jobs(bench: Bench) -> None:
    stream = bench.house.bus.subscribe([f"person:{bench.owner}"], after=0)
    [job] = await bench.submit()
    async with bench.house.database.transaction() as connection:
        await bench.jobs.drop(connection, "test", [job.ref])
    told = [await anext(stream), await anext(stream)]
    assert [event.data["state"] for event in told if isinstance(event, Event)] == ["queued", "cancelled"]


async def test_a_job_that_found_a_living_worker_is_not_taken_from_it(bench: Bench) -> None:
    bench.worker.hold()
    async with bench.running():
        [job] = await bench.submit()
        before = await bench.until(job, "running")
        for _ in range(3):
            await Reclaimer(bench.house.database, bench.house.queue, bench.house.settings).reclaim()
        bench.worker.release()
        done = await bench.until(job)
    assert done.attempt == before.attempt == 1
    assert len(bench.worker.begun) == 1


async def test_the_end_is_told_even_when_its_events_are_kept_no_longer(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.running():
        await bench.until(job)
    async with bench.house.database.transaction() as connection:
        await connection.execute("DELETE FROM events")
    stream = await bench.jobs.follow(bench.owner, job.id, 1)
    assert stream is not None
    assert [event.data["state"] async for event in stream] == ["succeeded"]


async def test_a_stream_with_a_gap_tells_the_present_state(bench: Bench) -> None:
    [job] = await bench.submit()
    async with bench.running():
        stream = await bench.jobs.follow(bench.owner, job.id, 99_999)
        assert stream is not None
        await bench.until(job)
        told = [event async for event in stream]
    assert told[-1].data["state"] == "succeeded"


async def test_a_start_image_that_is_gone_fails_at_once_and_says_so(bench: Bench) -> None:
    [job] = await bench.submit(init_image=uuid4())
    async with bench.running():
        failed = await bench.until(job)
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable, failed.attempt) == ("not_found", False, 1)
    assert "image" in failed.error.detail


async def test_a_retry_needs_room_too(bench: Bench) -> None:
    [job] = await bench.submit()
    await bench.jobs.cancel(bench.owner, job.id)
    await bench.submit(40)
    with pytest.raises(QueueIsFull):
        await bench.jobs.retry(bench.owner, job.id)


async def test_of_two_accounts_of_a_job_the_newer_has_the_higher_fence(bench: Bench) -> None:
    stream = bench.house.bus.subscribe([f"person:{bench.owner}"], after=0)
    [job] = await bench.submit()
    await bench.jobs.cancel(bench.owner, job.id)
    await bench.jobs.retry(bench.owner, job.id)
    async with bench.running():
        await bench.until(job)
    told = []
    async for event in stream:
        assert isinstance(event, Event)
        told.append((event.data["fence"], event.data["state"]))
        if event.data["state"] == "succeeded":
            break
    assert [fence for fence, _ in told] == sorted(fence for fence, _ in told)
    assert [state for _, state in told if state != "running"] == ["queued", "cancelled", "queued", "succeeded"]


async def test_many_jobs_of_several_workers_each_run_once(bench: Bench) -> None:
    workers = [ScriptedWorker(), ScriptedWorker()]
    jobs: list[Job] = await bench.submit(30)
    async with bench.running(workers[0]), bench.running(workers[1]):
        done = [await bench.until(job, timeout_s=30) for job in jobs]
    assert {job.state for job in done} == {"succeeded"}
    assert sorted(request.seed for worker in workers for request in worker.begun) == list(range(1, 31))
    assert await count(bench, "images") == 30
