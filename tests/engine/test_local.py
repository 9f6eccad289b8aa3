"""The engine in this process, on a tiny random model: real files, real onnxruntime, and a gate that tells steps apart."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from figment.engine.backends import onnx
from figment.engine.errors import NotEnoughMemory
from figment.engine.local import LocalEngine
from figment.engine.models import Catalogue, InstalledModel
from figment.engine.prompts import PromptCache
from figment.engine.schedule import Limits
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ImageWorker,
    ModelUnavailable,
    Progress,
    QueueFull,
    Ticket,
    Update,
    Urgency,
    Waiting,
    WorkerLost,
)
from tests.engine.gated import Gate
from tests.engine.tiny import write_model
from tests.engine.worker_contract import WorkerContract, closing, picture


class TestLocalEngine(WorkerContract):
    @pytest.fixture
    async def worker(self, engine: LocalEngine) -> ImageWorker:
        return engine


class TestLocalEngineOfFewSteps(WorkerContract):
    """The same, with a denoiser that applies guidance by itself and was trained to inpaint."""

    @pytest.fixture
    async def worker(self, few_steps_engine: LocalEngine) -> ImageWorker:
        return few_steps_engine


class TestLocalEngineInFullBatches(WorkerContract):
    """The same, with whatever is ready in one batch at every step."""

    people = 12

    @pytest.fixture
    async def worker(self, gated: LocalEngine) -> ImageWorker:
        return gated


def request(seed: int, steps: int = 2, guidance: float = 1.0, **changes: object) -> ImageRequest:
    return ImageRequest("tiny", "a hill", seed, steps, guidance, 64, 64, **changes)  # type: ignore[arg-type]


def making(engine: LocalEngine, seed: int, steps: int = 2, ticket: Ticket | None = None) -> asyncio.Task[Finished]:
    return asyncio.create_task(picture(engine, request(seed, steps), ticket or Ticket(person=f"p{seed}")))


async def at_gate(gate: Gate) -> None:
    await asyncio.to_thread(gate.arrived)


async def queued(engine: LocalEngine, rows: int) -> None:
    """Until so many rows are in the engine and encoded; encoding passes no gate."""
    while sum(engine.stats().queued.values()) < rows or not _all_ready(engine):
        await asyncio.sleep(0.001)


def _all_ready(engine: LocalEngine) -> bool:
    return all(row.ready for row in engine._runner._schedule.order())


async def test_rows_join_and_leave_at_any_step(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    first = making(gated, 1, steps=3)
    await at_gate(gate)
    second = making(gated, 2, steps=3)
    await queued(gated, 2)
    for _ in range(5):
        gate.let()
    await asyncio.gather(first, second)
    assert [set(seeds) for seeds in gate.log] == [{1}, {1, 2}, {1, 2}, {2}]


async def test_a_cancelled_row_is_out_within_one_step(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    stays, goes = making(gated, 1, steps=4), making(gated, 2, steps=4)
    await at_gate(gate)
    await queued(gated, 2)
    gate.let()
    await at_gate(gate)
    goes.cancel()
    await asyncio.gather(goes, return_exceptions=True)
    gate.let(4)
    await stays
    assert all(2 not in seeds for seeds in gate.log[2:])
    assert sum(gated.stats().queued.values()) == 0


async def test_the_queue_is_bounded(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    waiting = [making(gated, seed) for seed in range(12)]
    await queued(gated, 12)
    with pytest.raises(QueueFull) as full:
        await picture(gated, request(90), Ticket(person="x"))
    assert full.value.ahead == 12
    assert full.value.retry_after_s > 0
    live = making(gated, 100, ticket=Ticket(Urgency.LIVE, "x"))
    await queued(gated, 13)
    gate.fling_open()
    await asyncio.gather(*waiting, live)


async def test_those_who_wait_are_told_how_many_are_ahead(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    first = making(gated, 1)
    await at_gate(gate)
    iterator = closing(gated.run(request(2), Ticket(person="later")))
    assert await anext(iterator) == Waiting(1)
    gate.fling_open()
    seen = [update async for update in iterator]
    assert isinstance(seen[-1], Finished)
    await first


async def test_a_slow_reader_gets_the_latest(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    iterator = closing(gated.run(request(1, steps=9), Ticket()))
    await anext(iterator)
    for _ in range(5):
        gate.let()
        await at_gate(gate)
    await asyncio.sleep(0)
    update = await anext(iterator)
    assert isinstance(update, Progress)
    assert update.step >= 4
    assert update.of == 9
    gate.fling_open()
    await iterator.aclose()


async def test_a_preview_is_an_eighth_of_the_picture(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    iterator = closing(gated.run(ImageRequest("tiny", "x", 1, 3, 1.0, 128, 64), Ticket()))
    reading = asyncio.create_task(_first_progress(iterator))
    gate.let()
    progress = await reading
    assert (progress.step, progress.of) == (1, 3)
    assert progress.preview is not None
    assert progress.preview.shape == (8, 16, 3)
    gate.fling_open()
    await iterator.aclose()


async def _first_progress(iterator: AsyncGenerator[Update]) -> Progress:
    while not isinstance(update := await anext(iterator), Progress):
        pass
    return update


async def test_stopping_loses_what_is_in_the_engine(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    rows = [making(gated, seed) for seed in range(3)]
    await at_gate(gate)
    await queued(gated, 3)
    stopping = asyncio.create_task(gated.stop())
    lost = await asyncio.gather(*rows, return_exceptions=True)
    assert all(isinstance(error, WorkerLost) for error in lost), lost
    gate.fling_open()
    await stopping
    with pytest.raises(WorkerLost, match="stopped"):
        await picture(gated, request(1))


async def test_a_failing_row_fails_alone(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    gate.poison = {2}
    rows = [making(gated, seed) for seed in (1, 2, 3)]
    await at_gate(gate)
    await queued(gated, 3)
    gate.fling_open()
    one, two, three = await asyncio.gather(*rows, return_exceptions=True)
    assert isinstance(two, WorkerLost)
    assert "poisoned" in str(two)
    assert isinstance(one, Finished)
    assert isinstance(three, Finished)
    assert gated.stats().failed == 1
    gate.poison = set()
    again = await picture(gated, request(1))
    assert np.array_equal(again.pixels, one.pixels)


async def test_stats_tell_what_the_engine_does(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    row = making(gated, 1, steps=2)
    await at_gate(gate)
    stats = gated.stats()
    assert (stats.running, stats.queued[Urgency.STUDIO]) == (1, 1)
    assert stats.backlog_s > 0
    gate.fling_open()
    await row
    stats = gated.stats()
    assert (stats.running, stats.steps, stats.images, stats.failed) == (0, 2, 1, 0)
    assert stats.busy_s > 0
    assert set(stats.step_s) == {("tiny 8×8 denoise", 8), ("tiny 8×8 decode", 8)}


async def test_a_guided_picture_is_one_network_row_where_the_network_applies_guidance(
    engine: LocalEngine, few_steps_engine: LocalEngine
) -> None:
    async def broadest(asked: LocalEngine, negative_prompt: str) -> int:
        await picture(asked, request(1, guidance=2.5, negative_prompt=negative_prompt))
        return max(bucket for (lane, bucket) in asked.stats().step_s if lane.endswith("denoise"))

    assert await broadest(engine, "") == 2
    assert await broadest(few_steps_engine, "") == 1
    assert await broadest(few_steps_engine, "fog") == 2


async def test_an_engine_that_was_not_started_says_so(catalogue: Catalogue, prompts: PromptCache) -> None:
    engine = LocalEngine(catalogue, lambda model: onnx.load(model, prompts, threads=1))
    with pytest.raises(WorkerLost, match="not been started"):
        await picture(engine, request(1))
    await engine.stop()


async def test_a_request_that_cannot_be_encoded_is_lost_with_the_reason(catalogue: Catalogue) -> None:
    def no_text_model() -> None:
        raise ModuleNotFoundError("the text model is not installed")

    prompts = PromptCache(no_text_model)  # type: ignore[arg-type]
    engine = LocalEngine(catalogue, lambda model: NotWarmed(model, prompts, onnx.open_networks(model, 1)))
    await engine.start()
    with pytest.raises(WorkerLost, match="the text model is not installed"):
        await picture(engine, request(1))
    await engine.stop()


class NotWarmed(onnx.OnnxBackend):
    def warm_up(self) -> None:
        """Nothing."""


async def test_a_model_that_will_not_open_is_refused_and_the_others_live(
    models_dir: Path, tmp_path: Path, prompts: PromptCache
) -> None:
    (write_model(tmp_path / "missing", name="missing") / "decoder.onnx").unlink()
    (write_model(tmp_path / "damaged", name="damaged") / "denoiser.onnx").write_bytes(b"no model")
    engine = LocalEngine(Catalogue(tmp_path, builtin=models_dir), lambda model: onnx.load(model, prompts, threads=1))
    await engine.start()
    for name, complaint in (("missing", "no file for the model's decoder"), ("damaged", "cannot be opened as a model")):
        with pytest.raises(GenerationRefused, match=complaint):
            await picture(engine, ImageRequest(name, "x", 1, 1, 1.0, 64, 64))
    await picture(engine, request(1))
    await engine.stop()


async def test_one_model_is_opened_once_however_many_ask(catalogue: Catalogue, prompts: PromptCache) -> None:
    opened: list[str] = []

    def load(model: InstalledModel) -> onnx.OnnxBackend:
        opened.append(threading.current_thread().name)
        return onnx.load(model, prompts, threads=1)

    engine = LocalEngine(catalogue, load, Limits())
    await engine.start()
    await asyncio.gather(*(making(engine, seed) for seed in range(4)))
    await engine.stop()
    assert len(opened) == 1
    assert opened[0] != threading.main_thread().name


async def test_a_crowd_that_comes_and_goes_leaves_nothing_behind(engine: LocalEngine) -> None:
    """Sixty rows of all kinds, a third of them abandoned at some step: the engine is empty afterwards, and what ended is right."""
    rng = np.random.default_rng(20260101)
    alone = {(s, g): (await picture(engine, request(s, 3, g))).pixels for s in range(5) for g in (1.0, 3.0)}

    async def one(number: int) -> None:
        seed, guidance = int(rng.integers(5)), float(rng.choice([1.0, 3.0]))
        ticket = Ticket(Urgency(int(rng.integers(4))), f"p{number % 7}")
        iterator: AsyncGenerator[Update] = closing(engine.run(request(seed, 3, guidance), ticket))
        patience = int(rng.integers(1, 4)) if number % 3 == 0 else 100
        async for update in iterator:
            patience -= 1
            if isinstance(update, Finished):
                assert np.array_equal(update.pixels, alone[seed, guidance])
            if patience == 0:
                break
        await iterator.aclose()

    await asyncio.gather(*(one(number) for number in range(60)))
    stats = engine.stats()
    assert sum(stats.queued.values()) == 0
    assert stats.failed == 0


async def test_a_model_that_was_put_there_since_is_served_once_it_is_open(tmp_path: Path, prompts: PromptCache) -> None:
    write_model(tmp_path / "tiny")
    engine = LocalEngine(
        Catalogue(tmp_path, builtin=tmp_path / "none"), lambda model: onnx.load(model, prompts, threads=1)
    )
    await engine.start()
    try:
        write_model(tmp_path / "later", name="later")
        with pytest.raises(GenerationRefused):
            await anext(engine.run(replace(request(1), model="later"), Ticket()))
        stages = [update async for update in engine.open("later")]
        assert stages[-1] in await engine.models()
        assert [card.name for card in await engine.models()] == ["tiny", "later"]
        assert (await picture(engine, replace(request(1), model="later"))).pixels.shape == (64, 64, 3)
    finally:
        await engine.stop()


async def test_a_model_that_breaks_when_it_is_opened_is_not_installed(tmp_path: Path, prompts: PromptCache) -> None:
    write_model(tmp_path / "tiny")

    def load(model: InstalledModel) -> onnx.OnnxBackend:
        if model.card.name == "later":
            raise NotEnoughMemory("later needs 7 GB")
        return onnx.load(model, prompts, threads=1)

    engine = LocalEngine(Catalogue(tmp_path, builtin=tmp_path / "none"), load)
    await engine.start()
    try:
        write_model(tmp_path / "later", name="later")
        with pytest.raises(ModelUnavailable, match="7 GB") as refused:
            [update async for update in engine.open("later")]
        assert refused.value.code == "not_enough_memory"
        assert [card.name for card in await engine.models()] == ["tiny"]
    finally:
        await engine.stop()
