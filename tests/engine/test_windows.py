"""Pictures larger than their model, in windows: where they lie, that they agree, and what becomes of them in company."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figment.engine import windows
from figment.engine.backends.base import Windowed
from figment.engine.backends.onnx import OnnxBackend
from figment.engine.local import LocalEngine
from figment.engine.windows import Mosaic, Window
from figment.generation.bounds import faults
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ModelCard,
    Pixels,
    Progress,
    Ticket,
    Update,
    Urgency,
)
from tests.engine.gated import Gate
from tests.engine.worker_contract import closing, picture

CARD = ModelCard("m", "M", "0", frozenset({"inpainting"}), 64, 32, 128, 32, 4, 50, 2.5, 10.0, max_windowed_size=512)
SIDES = st.integers(1, 16).map(lambda n: 32 * n)


def asked(width: int, height: int, **changes: Any) -> ImageRequest:
    return ImageRequest(
        "tiny", "a hill", changes.pop("seed", 3), changes.pop("steps", 3), 2.5, width, height, **changes
    )


def pictured(width: int, height: int) -> Pixels:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def band(width: int, height: int, first: int, last: int) -> Pixels:
    mask = np.zeros((height, width), np.uint8)
    mask[:, first:last] = 255
    return mask


@given(width=SIDES, height=SIDES)
def test_windows_cover_a_picture_and_overlap(width: int, height: int) -> None:
    cut = windows.windows_of(asked(width, height), CARD, 8)
    assert bool(cut) == (max(width, height) > CARD.max_size)
    if not cut:
        return
    covered = np.zeros((height // 8, width // 8), int)
    for window in cut:
        assert (window.height, window.width) == (min(8, height // 8), min(8, width // 8))
        covered[window.within()] += 1
    assert covered.min() >= 1
    for along in ("top", "left"):
        starts = sorted({getattr(window, along) for window in cut})
        size = cut[0].height if along == "top" else cut[0].width
        assert all(after - before <= size - size // 4 for before, after in pairwise(starts))
    assert len(cut) <= 121


@given(width=SIDES, height=SIDES)
def test_weights_are_one_together_and_nothing_has_none(width: int, height: int) -> None:
    cut = windows.windows_of(asked(max(width, 160), height), CARD, 8)
    whole = np.zeros(cut[0].of, np.float64)
    for window, share in zip(cut, windows.weights(cut), strict=True):
        assert (share > 0).all()
        whole[window.within()] += share
    assert whole == pytest.approx(1, abs=1e-5)


def test_only_windows_in_which_anything_is_to_be_made_are_made() -> None:
    image, mask = pictured(512, 64), band(512, 64, 100, 140)
    cut = windows.windows_of(asked(512, 64, init_image=image, mask=mask), CARD, 8)
    assert len(cut) < len(windows.windows_of(asked(512, 64), CARD, 8))
    assert all(mask[window.within(8)].any() for window in cut)
    parts = [windows.part_of(asked(512, 64, init_image=image, mask=mask), window, 8) for window in cut]
    assert all(part.mask is not None and part.mask.shape == (64, 64) for part in parts)


@given(picture=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_where_all_windows_show_the_same_byte_a_mosaic_shows_it(picture: int) -> None:
    pixels = np.random.default_rng(picture).integers(0, 256, (96, 256, 3), np.uint8)
    cut = windows.windows_of(asked(256, 96), CARD, 8)
    mosaic = Mosaic(cut[0], 8)
    for window in cut:
        mosaic.put(window, pixels[window.within(8)])
    assert np.array_equal(mosaic.picture(), pixels)


def test_a_window_as_large_as_its_picture_is_the_picture_to_the_bit(backend: OnnxBackend) -> None:
    assert isinstance(backend, Windowed)
    request, whole = asked(64, 64), Window(0, 0, 8, 8, (8, 8))
    alone, window = backend.begin(request), backend.begin_window(request, whole)
    for _ in range(3):
        backend.denoise([alone])
        backend.denoise([window])
        backend.agree([window], [whole])
        assert np.array_equal(alone.latent, window.latent)
    assert np.array_equal(backend.decode([alone])[0], backend.decode([window])[0])


def test_windows_agree_after_every_step(backend: OnnxBackend) -> None:
    request = asked(160, 96)
    cut = windows.windows_of(request, backend.card, 8)
    rows = [backend.begin_window(windows.part_of(request, window, 8), window) for window in cut]
    for _ in range(3):
        whole = np.full((8, 12, 20), np.nan, np.float32)
        for row, window in zip(rows, cut, strict=True):
            here = whole[:, *window.within()]
            assert np.array_equal(row.latent[~np.isnan(here)], here[~np.isnan(here)])
            here[:] = row.latent
        assert not np.isnan(whole).any()
        backend.denoise(rows)
        backend.agree(rows, cut)


TASKS: dict[str, dict[str, Any]] = {
    "text-to-image": {},
    "image-to-image": {"init_image": pictured(160, 192), "strength": 0.7},
    "inpainting": {"init_image": pictured(160, 192), "mask": band(160, 192, 50, 120)},
}


@pytest.mark.parametrize("task", TASKS)
async def test_the_same_seed_gives_the_same_picture_in_any_company(
    engine: LocalEngine, few_steps_engine: LocalEngine, task: str
) -> None:
    for each in (engine, few_steps_engine):
        await _assert_the_same_in_company(each, task)


async def _assert_the_same_in_company(engine: LocalEngine, task: str) -> None:
    large = asked(160, 192, **TASKS[task])
    alone = await picture(engine, large, Ticket())
    crowd = [asked(64, 64, seed=seed, steps=1 + seed % 5) for seed in range(12)]
    among = [
        picture(engine, each, Ticket(Urgency(n % 4), f"p{n}"))
        for n, each in enumerate([*crowd[:6], large, asked(192, 160, seed=9), *crowd[6:]])
    ]
    made = await asyncio.gather(*among)
    assert alone.pixels.shape == (192, 160, 3)
    assert np.array_equal(alone.pixels, made[6].pixels)


async def test_what_a_mask_leaves_out_stays_to_the_byte(few_steps_engine: LocalEngine) -> None:
    image, mask = pictured(512, 96), band(512, 96, 200, 333)
    made = await picture(few_steps_engine, asked(512, 96, init_image=image, mask=mask), Ticket())
    assert np.array_equal(made.pixels[mask == 0], image[mask == 0])
    assert (made.pixels[mask == 255] != image[mask == 255]).any(axis=-1).mean() > 0.9


async def test_a_seed_is_the_whole_picture(engine: LocalEngine) -> None:
    one, same, other = [await picture(engine, asked(256, 64, seed=seed), Ticket()) for seed in (1, 1, 2)]
    assert np.array_equal(one.pixels, same.pixels)
    assert not np.array_equal(one.pixels, other.pixels)
    left, right = one.pixels[:, :64], one.pixels[:, 192:]
    assert not np.array_equal(left, right)


async def test_steps_are_told_of_the_whole_with_a_preview_of_it(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    iterator = closing(gated.run(asked(160, 96, steps=2), Ticket()))
    reading = asyncio.create_task(_first_progress(iterator))
    gate.let(2)  # Six windows of two network rows each, eight in a call.
    progress = await reading
    assert len(gate.log) >= 2
    assert (progress.step, progress.of) == (1, 2)
    assert progress.preview is not None
    assert progress.preview.shape == (12, 20, 3)
    gate.fling_open()
    await iterator.aclose()


async def _first_progress(iterator: AsyncGenerator[Update]) -> Progress:
    while not isinstance(update := await anext(iterator), Progress):
        pass
    return update


async def test_a_cancelled_picture_is_out_in_the_middle_of_a_step(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    large = asyncio.create_task(picture(gated, asked(160, 96, seed=1, steps=9), Ticket()))
    await asyncio.to_thread(gate.arrived)
    small = asyncio.create_task(picture(gated, asked(64, 64, seed=2), Ticket(person="other")))
    large.cancel()
    await asyncio.gather(large, return_exceptions=True)
    gate.fling_open()
    made = await small
    assert isinstance(made, Finished)
    assert all(1 not in seeds for seeds in gate.log[2:])
    assert sum(gated.stats().queued.values()) == 0


async def test_windows_of_one_picture_share_calls_with_those_of_others(gated: LocalEngine, gate: Gate) -> None:
    gate.close()
    tasks = [
        asyncio.create_task(picture(gated, asked(160, 96, seed=seed, steps=2), Ticket(person=f"p{seed}")))
        for seed in (1, 2)
    ]
    while sum(gated.stats().queued.values()) < 2 or not all(r.ready for r in gated._runner._schedule.order()):
        await asyncio.sleep(0.001)
    gate.fling_open()
    await asyncio.gather(*tasks)
    assert any(len(set(seeds)) == 2 for seeds in gate.log)
    assert all(len(seeds) <= 4 for seeds in gate.log)


async def test_a_failing_picture_fails_alone(gated: LocalEngine, gate: Gate) -> None:
    gate.poison.add(1)
    large, small = await asyncio.gather(
        picture(gated, asked(160, 96, seed=1), Ticket()),
        picture(gated, asked(64, 64, seed=2), Ticket(person="other")),
        return_exceptions=True,
    )
    assert isinstance(small, Finished)
    assert "poisoned" in str(large)


@pytest.mark.parametrize("size", [(544, 64), (64, 1024)])
async def test_what_is_too_large_for_windows_is_refused(engine: LocalEngine, size: tuple[int, int]) -> None:
    with pytest.raises(GenerationRefused, match="32 to 512 pixels"):
        await picture(engine, asked(*size), Ticket())


def test_a_model_that_makes_no_windows_says_so() -> None:
    request = asked(256, 64, init_image=pictured(256, 64), mask=band(256, 64, 0, 10))
    assert faults(request, CARD) == []
    [fault] = faults(request, replace(CARD, max_windowed_size=0))
    assert "makes a picture as a whole" in fault.message
    assert "32 to 128" in fault.message
