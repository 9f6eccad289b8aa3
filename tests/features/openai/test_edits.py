"""`client.images.edit` and `client.images.create_variation` of the official client."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import openai
import pytest

from figment.accounts.schemas import Person
from tests.features.openai.conftest import Desk, PacedDesk
from tests.features.openai.pictures import mask_with_hole, opened, png

FAST = {"steps": 1}
# The client marks what OpenAI retired.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")


async def test_an_image_is_made_anew_in_its_own_shape(client: openai.AsyncOpenAI) -> None:
    answer = await client.images.edit(image=png(640, 320), prompt="a sea at night", extra_body=FAST)
    assert answer.size == "384x192"
    [image] = answer.data or []
    assert opened(image.b64_json).size == (384, 192)


async def test_a_list_of_one_is_one(client: openai.AsyncOpenAI) -> None:
    answer = await client.images.edit(image=[png()], prompt="a sea", size="128x128", extra_body=FAST)
    assert answer.size == "128x128"


async def test_outside_the_masks_hole_the_picture_stays(client: openai.AsyncOpenAI) -> None:
    source = await client.images.generate(prompt="a blue boat on the sea", extra_body={"seed": 3})
    before = np.asarray(opened(source.data[0].b64_json), np.float32)  # type: ignore[index]
    edited = await client.images.edit(
        image=_bytes(source),
        mask=mask_with_hole((0, 0, 128, 256)),
        prompt="a dark green forest",
        extra_body={"seed": 4},
    )
    after = np.asarray(opened(edited.data[0].b64_json), np.float32)  # type: ignore[index]
    changed = np.abs(after - before).mean(axis=(0, 2))
    # A band of a latent cell at the seam belongs to both.
    assert changed[136:].mean() * 4 < changed[:120].mean()


def _bytes(answer: Any) -> bytes:
    return base64.b64decode(answer.data[0].b64_json)


async def test_variations_resemble_and_differ(client: openai.AsyncOpenAI) -> None:
    source = await client.images.generate(prompt="a blue boat on the sea", extra_body={"seed": 3})
    answer = await client.images.create_variation(
        image=_bytes(source), n=2, response_format="b64_json", extra_body={"strength": 0.3}
    )
    first, second = (np.asarray(opened(image.b64_json), np.float32) for image in answer.data or [])
    before = np.asarray(opened(source.data[0].b64_json), np.float32)  # type: ignore[index]
    assert 0 < np.abs(first - second).mean() < 40
    assert np.abs(first - before).mean() < 40


class TestWhatReachesTheEngine:
    """Seen by a worker that keeps what it is asked."""

    @pytest.fixture
    async def client(self, paced: PacedDesk) -> Any:
        paced.worker.allow(100)
        person = await paced.person()
        async with paced.client(await paced.token(person)) as opened_client:
            yield opened_client

    async def test_the_masks_holes_are_what_is_made_anew(self, client: openai.AsyncOpenAI, paced: PacedDesk) -> None:
        mask = mask_with_hole((64, 32, 128, 96))
        await client.images.edit(image=png(colour="#102030"), mask=mask, prompt="a boat", extra_body=FAST)
        [request] = paced.worker.begun
        assert request.init_image is not None
        assert request.mask is not None
        assert (request.init_image == (0x10, 0x20, 0x30)).all()
        expected = np.zeros((256, 256), np.uint8)
        expected[32:96, 64:128] = 255
        assert (request.mask == expected).all()
        assert (request.prompt, request.strength, request.task) == ("a boat", 1.0, "inpainting")

    @pytest.mark.parametrize(
        ("wish", "strength"),
        [({}, 0.7), ({"input_fidelity": "high"}, 0.5), ({"input_fidelity": "low"}, 0.8), ({"strength": 0.25}, 0.25)],
    )
    async def test_how_much_is_made_anew(
        self, client: openai.AsyncOpenAI, paced: PacedDesk, wish: dict[str, Any], strength: float
    ) -> None:
        await client.images.edit(image=png(), prompt="x", extra_body={**FAST, **wish})
        assert [request.strength for request in paced.worker.begun] == [strength]

    async def test_a_variation_has_no_words(self, client: openai.AsyncOpenAI, paced: PacedDesk) -> None:
        await client.images.create_variation(image=png(), extra_body=FAST)
        [request] = paced.worker.begun
        assert (request.prompt, request.strength, request.task) == ("", 0.6, "image-to-image")

    async def test_image_and_mask_are_inputs_of_the_recipe(self, client: openai.AsyncOpenAI, paced: PacedDesk) -> None:
        mask = mask_with_hole((0, 0, 64, 64))
        answer = await client.images.edit(image=png(), mask=mask, prompt="x", extra_body=FAST)
        async with paced.database.statements() as connection:
            rows = (await connection.execute("SELECT id, recipe, parent FROM images ORDER BY id")).all()
        image, hole, made = rows
        assert str(made.id) == answer.data[0].id  # type: ignore[index, union-attr]
        assert made.recipe["inputs"] == {"image": str(image.id), "mask": str(hole.id)}
        assert made.parent == image.id


@pytest.mark.parametrize(
    ("files", "param", "words"),
    [
        ({"image": [png(), png()]}, "image", "2 images were sent"),
        ({"image": b"<svg/>"}, None, "JPEG"),
        ({"image": png(), "mask": png()}, "mask", "transparent nowhere"),
        ({"image": png(), "mask": mask_with_hole(None)}, "mask", "transparent nowhere"),
        ({"image": png(), "mask": mask_with_hole((0, 0, 9, 9), 128, 128)}, "mask", "128x128"),
        ({"image": png(), "input_fidelity": "some"}, "input_fidelity", "high"),
        ({"image": png(), "extra_body": {"strength": 0}}, "strength", "greater than 0"),
    ],
)
async def test_what_cannot_be_edited_is_refused_and_not_kept(
    client: openai.AsyncOpenAI, desk: Desk, person: Person, files: dict[str, Any], param: str | None, words: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=words) as wrong:
        await client.images.edit(prompt="x", **files)
    assert wrong.value.param == param
    async with desk.database.statements() as connection:
        kept = await connection.execute("SELECT count(*) FROM images WHERE owner = %(owner)s", {"owner": person.id})
    assert kept.scalar() == 0
