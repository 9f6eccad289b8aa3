"""`stream=True`: partial pictures and the whole one, as the official client parses them; and what becomes of a job that nobody waits for."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from openai.types import (
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
)

from figment.generation.contract import GenerationRefused
from tests.features.openai.conftest import Desk, PacedDesk
from tests.features.openai.pictures import opened, png, same_pixels

WISH: dict[str, Any] = {"prompt": "a boat", "extra_body": {"steps": 3, "seed": 77}}


@pytest.fixture
async def paced_client(paced: PacedDesk) -> AsyncIterator[openai.AsyncOpenAI]:
    async with paced.client(await paced.token(await paced.person())) as opened_client:
        yield opened_client


async def unfinished(desk: Desk) -> int:
    """How many jobs there are that are not over."""
    async with desk.database.statements() as connection:
        found = await connection.execute("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
    return int(found.scalar())


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not await holds():
            await asyncio.sleep(0.02)


async def begun(paced: PacedDesk, count: int = 1) -> None:
    async def they_are_begun() -> bool:
        return len(paced.worker.begun) == count

    await until(they_are_begun)


async def gone(paced: PacedDesk) -> None:
    """No job is left, and the engine was left too."""

    async def none_is_left() -> bool:
        return await unfinished(paced) == 0 and len(paced.worker.closed) == len(paced.worker.begun)

    await until(none_is_left)


class TestStream:
    async def test_partial_pictures_come_while_it_is_made(
        self, paced: PacedDesk, paced_client: openai.AsyncOpenAI
    ) -> None:
        stream = await paced_client.images.generate(**WISH, stream=True, partial_images=2, size="192x128")
        events = aiter(stream)
        for index in range(2):
            paced.worker.allow()
            partial = await anext(events)
            assert isinstance(partial, ImageGenPartialImageEvent)
            assert (partial.type, partial.partial_image_index) == ("image_generation.partial_image", index)
            picture = opened(partial.b64_json)
            assert (picture.format, picture.size, partial.size, partial.quality) == (
                "PNG",
                (192, 128),
                "192x128",
                "medium",
            )
            # Grey of the step that was made; previews travel as WebP.
            assert np.abs(np.asarray(picture, np.int16) - 40 * (index + 1)).max() <= 4
        paced.worker.allow(2)
        whole = await anext(events)
        assert isinstance(whole, ImageGenCompletedEvent)
        assert (whole.type, whole.output_format, whole.background) == ("image_generation.completed", "png", "opaque")
        assert (np.asarray(opened(whole.b64_json)) == 77).all()
        assert whole.usage.total_tokens == 0
        assert [event async for event in events] == []

    async def test_an_edit_has_events_of_its_own(self, paced: PacedDesk, paced_client: openai.AsyncOpenAI) -> None:
        stream = await paced_client.images.edit(
            **WISH, image=png(), stream=True, partial_images=1, output_format="jpeg"
        )
        events = aiter(stream)
        paced.worker.allow(2)
        partial = await anext(events)
        assert isinstance(partial, ImageEditPartialImageEvent)
        assert (partial.type, opened(partial.b64_json).format) == ("image_edit.partial_image", "JPEG")
        paced.worker.allow(2)
        [whole] = [event async for event in events]
        assert isinstance(whole, ImageEditCompletedEvent)
        assert (whole.type, opened(whole.b64_json).format) == ("image_edit.completed", "JPEG")

    async def test_without_partial_pictures_there_is_one_event(
        self, client: openai.AsyncOpenAI, browser: httpx.AsyncClient
    ) -> None:
        stream = await client.images.generate(prompt="x", stream=True, partial_images=0, extra_body={"steps": 30})
        [whole] = [event async for event in stream]
        assert isinstance(whole, ImageGenCompletedEvent)
        assert same_pixels((await browser.get(whole.url)).content, base64.b64decode(whole.b64_json))  # type: ignore[attr-defined]

    async def test_of_the_built_in_model_partial_pictures_come_too(self, client: openai.AsyncOpenAI) -> None:
        stream = await client.images.generate(prompt="x", stream=True, partial_images=3, extra_body={"steps": 50})
        *partials, _ = [event async for event in stream]
        assert 1 <= len(partials) <= 3
        assert [event.partial_image_index for event in partials] == list(range(len(partials)))  # type: ignore[union-attr]

    async def test_what_goes_wrong_on_the_way_is_raised(
        self, paced: PacedDesk, paced_client: openai.AsyncOpenAI
    ) -> None:
        paced.worker.failures = [GenerationRefused("Too blue. Ask for another colour.")]
        stream = await paced_client.images.generate(**WISH, stream=True)
        with pytest.raises(openai.APIError, match="another colour") as wrong:
            [event async for event in stream]
        assert wrong.value.code == "picture_refused"
        await gone(paced)

    async def test_what_is_refused_at_once_has_a_status(self, client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.BadRequestError):
            await client.images.generate(prompt="x", stream=True, size="257x256")


class TestHangingUp:
    async def test_a_stream_that_is_closed_cancels_its_picture(
        self, paced: PacedDesk, paced_client: openai.AsyncOpenAI
    ) -> None:
        stream = await paced_client.images.generate(**WISH, stream=True, partial_images=1)
        paced.worker.allow(2)
        await anext(aiter(stream))
        assert await unfinished(paced) == 1
        await stream.close()
        await gone(paced)

    async def test_a_client_that_waits_no_longer_cancels_its_pictures(
        self, paced: PacedDesk, paced_client: openai.AsyncOpenAI
    ) -> None:
        waiting = asyncio.create_task(paced_client.images.generate(**WISH, n=2))
        await begun(paced, count=2)
        assert await unfinished(paced) == 2
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await gone(paced)

    async def test_what_was_made_by_then_stays(self, paced: PacedDesk, paced_client: openai.AsyncOpenAI) -> None:
        waiting = asyncio.create_task(paced_client.images.generate(**WISH, n=2))
        await begun(paced, count=2)
        # Four make a picture, so that of seven one has all that it needs and the other has not.
        paced.worker.allow(7)

        async def one_is_made() -> bool:
            return await unfinished(paced) == 1

        await until(one_is_made)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await gone(paced)
        async with paced.database.statements() as connection:
            assert (await connection.execute("SELECT count(*) FROM images")).scalar() == 1

    async def test_a_timeout_of_the_client_is_one(self, paced: PacedDesk, paced_client: openai.AsyncOpenAI) -> None:
        with pytest.raises(openai.APITimeoutError):
            await paced_client.with_options(timeout=0.5).images.generate(**WISH)
        await gone(paced)

    async def test_a_server_that_stops_says_so(self, paced: PacedDesk, paced_client: openai.AsyncOpenAI) -> None:
        waiting = asyncio.create_task(paced_client.images.generate(**WISH))
        await begun(paced)
        paced.app.state.bus.end_streams()
        with pytest.raises(openai.InternalServerError) as wrong:
            await waiting
        assert (wrong.value.status_code, wrong.value.code) == (503, "unavailable")
