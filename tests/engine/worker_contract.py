"""What every `ImageWorker` must do, whatever makes its images: subclass it and say what `worker` is.

    class TestMyWorker(WorkerContract):
        @pytest.fixture
        async def worker(self) -> AsyncIterator[ImageWorker]: ...

The worker must have a model that does all three tasks. Pixels of one recipe must be equal within `tolerance`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from figment.generation.contract import (
    MAX_SEED,
    Finished,
    GenerationRefused,
    ImageRequest,
    ImageWorker,
    ModelCard,
    ModelUnavailable,
    Progress,
    Ticket,
    Update,
    Urgency,
    Waiting,
)

TICKET = Ticket(person="ann")


def request_for(card: ModelCard, **changes: object) -> ImageRequest:
    """A small text-to-image request that the card allows."""
    request = ImageRequest(
        card.name, "a red house by a lake", 7, min(4, card.max_steps), 2.0, card.min_size, card.min_size
    )
    return replace(request, **changes)  # type: ignore[arg-type]


def gradient(card: ModelCard) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture that no model makes."""
    ramp = np.linspace(0, 255, card.min_size).astype(np.uint8)
    return np.stack(
        [
            np.tile(ramp, (len(ramp), 1)),
            np.tile(ramp[:, None], (1, len(ramp))),
            np.full((len(ramp),) * 2, 90, np.uint8),
        ],
        2,
    )


async def updates(worker: ImageWorker, request: ImageRequest, ticket: Ticket = TICKET) -> list[Update]:
    return [update async for update in worker.run(request, ticket)]


async def picture(worker: ImageWorker, request: ImageRequest, ticket: Ticket = TICKET) -> Finished:
    last = (await updates(worker, request, ticket))[-1]
    assert isinstance(last, Finished)
    return last


def closing(iterator: AsyncIterator[Update]) -> AsyncGenerator[Update]:
    """What `run` answers can be closed; the contract's type only says that it can be read."""
    return cast(AsyncGenerator[Update], iterator)


class WorkerContract:
    tolerance = 0
    people = 32
    """As many as ask at once for a picture of their own colour; no more than the worker's queue takes."""

    @pytest.fixture
    async def card(self, worker: ImageWorker) -> ModelCard:
        return (await worker.models())[0]

    async def test_a_model_that_is_ready_is_opened_at_once(self, worker: ImageWorker) -> None:
        [card, *_] = before = list(await worker.models())
        *_, opened = [update async for update in worker.open(card.name)]
        assert opened == card
        assert list(await worker.models()) == before

    @pytest.mark.parametrize("name", ["nothing", "../nothing", "/nothing"])
    async def test_a_model_that_cannot_be_had_changes_nothing(self, worker: ImageWorker, name: str) -> None:
        before = list(await worker.models())
        with pytest.raises(ModelUnavailable, match="nothing") as refused:
            [update async for update in worker.open(name)]
        assert refused.value.code == "no_such_model"
        assert list(await worker.models()) == before

    async def test_a_picture_has_the_asked_size(self, worker: ImageWorker, card: ModelCard) -> None:
        made = await picture(worker, request_for(card, width=card.min_size + card.size_multiple))
        assert made.pixels.shape == (card.min_size, card.min_size + card.size_multiple, 3)
        assert made.pixels.dtype == np.uint8
        assert made.compute_s > 0

    async def test_updates_come_in_order_and_end_with_the_picture(self, worker: ImageWorker, card: ModelCard) -> None:
        seen = await updates(worker, request_for(card))
        assert isinstance(seen[-1], Finished)
        steps = [update.step for update in seen if isinstance(update, Progress)]
        assert steps == sorted(set(steps))
        kinds = [type(update) for update in seen]
        assert kinds == sorted(kinds, key=[Waiting, Progress, Finished].index)

    async def test_the_same_recipe_gives_the_same_picture(self, worker: ImageWorker, card: ModelCard) -> None:
        one, other = [await picture(worker, request_for(card)) for _ in range(2)]
        self.assert_same(one.pixels, other.pixels)

    async def test_another_seed_or_prompt_gives_another_picture(self, worker: ImageWorker, card: ModelCard) -> None:
        made = [
            await picture(worker, request_for(card, **change)) for change in ({}, {"seed": 8}, {"prompt": "a boat"})
        ]
        assert len({each.pixels.tobytes() for each in made}) == 3

    async def test_a_picture_does_not_depend_on_its_company(self, worker: ImageWorker, card: ModelCard) -> None:
        requests = [
            request_for(card, seed=seed, steps=1 + seed % 4, guidance=guidance)
            for seed, guidance in enumerate([1.0, 2.5, 1.0, 4.0] * 2)
        ]
        alone = [await picture(worker, request) for request in requests]
        crowd = await asyncio.gather(*(picture(worker, r, Ticket(person=f"p{i}")) for i, r in enumerate(requests)))
        for one, other in zip(alone, crowd, strict=True):
            self.assert_same(one.pixels, other.pixels)

    async def test_people_get_their_own_images_back(self, worker: ImageWorker, card: ModelCard) -> None:
        """Two users never share a latent: images of one colour each go through together and come back as they do alone."""
        colours = [np.full((card.min_size, card.min_size, 3), 30 * n, np.uint8) for n in range(8)]
        requests = [request_for(card, seed=3, init_image=colour, strength=0.5) for colour in colours]
        alone = [await picture(worker, request) for request in requests]
        crowd = await asyncio.gather(*(picture(worker, r, Ticket(person=str(n))) for n, r in enumerate(requests)))
        for one, other in zip(alone, crowd, strict=True):
            self.assert_same(one.pixels, other.pixels)

    async def test_strength_says_how_much_of_an_image_stays(self, worker: ImageWorker, card: ModelCard) -> None:
        start = gradient(card)
        kept, changed = [
            await picture(worker, request_for(card, init_image=start, strength=strength, steps=8))
            for strength in (0.1, 1.0)
        ]
        anew = await picture(worker, request_for(card, steps=8))
        self.assert_same(changed.pixels, anew.pixels)
        assert kept.pixels.tobytes() != changed.pixels.tobytes()

    async def test_unmasked_pixels_stay_to_the_byte(self, worker: ImageWorker, card: ModelCard) -> None:
        start = gradient(card)
        mask = np.zeros(start.shape[:2], np.uint8)
        mask[5:19, 3:21] = 255
        made = await picture(worker, request_for(card, init_image=start, mask=mask))
        assert np.array_equal(made.pixels[mask == 0], start[mask == 0])
        assert not np.array_equal(made.pixels[mask == 255], start[mask == 255])

    async def test_previews_come_only_when_asked_for(self, worker: ImageWorker, card: ModelCard) -> None:
        for wanted in (True, False):
            seen = await updates(worker, request_for(card, steps=card.default_steps), Ticket(previews=wanted))
            previews = [update.preview for update in seen if isinstance(update, Progress)]
            assert all((preview is not None) is wanted for preview in previews)
            assert all(p is None or (p.dtype == np.uint8 and p.ndim == 3 and p.shape[2] == 3) for p in previews)

    @pytest.mark.parametrize("urgency", list(Urgency))
    async def test_every_class_is_served(self, worker: ImageWorker, card: ModelCard, urgency: Urgency) -> None:
        await picture(worker, request_for(card, steps=1), Ticket(urgency, deadline_s=0.5))

    async def test_closing_the_iterator_early_leaves_a_working_worker(
        self, worker: ImageWorker, card: ModelCard
    ) -> None:
        for _ in range(3):
            iterator = closing(worker.run(request_for(card, steps=card.max_steps), TICKET))
            await anext(iterator)
            await iterator.aclose()
        await picture(worker, request_for(card))

    async def test_cancelling_the_reader_leaves_a_working_worker(self, worker: ImageWorker, card: ModelCard) -> None:
        reading = asyncio.create_task(picture(worker, request_for(card, steps=card.max_steps)))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await picture(worker, request_for(card))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("model", "no-such-model"),
            ("steps", 0),
            ("steps", 10_000),
            ("guidance", -1.0),
            ("guidance", float("nan")),
            ("width", 257),
            ("height", 16),
            ("height", 2**20),
            ("seed", -1),
            ("seed", MAX_SEED + 1),
            ("prompt", "x" * 100_000),
            ("negative_prompt", "x" * 100_000),
            ("strength", 0.0),
            ("strength", 1.5),
            ("init_image", np.zeros((8, 8, 3), np.uint8)),
        ],
    )
    async def test_what_cannot_be_made_is_refused_by_field(
        self, worker: ImageWorker, card: ModelCard, field: str, value: object
    ) -> None:
        with pytest.raises(GenerationRefused, match=f"^{field}: "):
            await updates(worker, request_for(card, **{field: value}))

    def assert_same(
        self,
        one: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
        other: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    ) -> None:
        assert np.abs(one.astype(int) - other.astype(int)).max() <= self.tolerance

    async def test_people_in_a_crowd_get_their_own_colours_back(self, worker: ImageWorker) -> None:
        card = (await worker.models())[0]
        levels = [(85 * (n % 4), 85 * (n // 4 % 4), 255 * (n // 16)) for n in range(self.people)]
        colours = [np.full((card.min_size, card.min_size, 3), level, np.uint8) for level in levels]
        requests = [request_for(card, seed=3, init_image=colour, strength=0.5, steps=2) for colour in colours]
        alone = [await picture(worker, request) for request in requests]
        crowd = await asyncio.gather(*(picture(worker, r, Ticket(person=str(n))) for n, r in enumerate(requests)))
        for own in range(self.people):
            differences = [np.abs(alone[own].pixels.astype(int) - other.pixels).max() for other in crowd]
            assert differences[own] <= self.tolerance
            assert all(difference > self.tolerance for other, difference in enumerate(differences) if other != own)
