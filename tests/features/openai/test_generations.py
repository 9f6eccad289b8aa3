"""`client.images.generate` and `client.models` of the official client, on the built-in model."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any
from uuid import UUID

import httpx
import openai
import pytest

from figment.accounts.schemas import Person
from tests.features.openai.conftest import Desk, PacedDesk
from tests.features.openai.pictures import opened, same_pixels

FAST = {"steps": 1}


def only(answer: Any) -> Any:
    [image] = answer.data
    return image


async def test_a_prompt_becomes_a_picture_with_bytes_and_an_address_that_needs_no_header(
    client: openai.AsyncOpenAI, desk: Desk, browser: httpx.AsyncClient
) -> None:
    before = int(time.time())
    answer = await client.images.generate(prompt="a blue boat on the sea", extra_body=FAST)
    image = only(answer)
    assert (opened(image.b64_json).format, opened(image.b64_json).size) == ("PNG", (256, 256))
    told = (answer.size, answer.quality, answer.output_format, answer.background)
    assert told == ("256x256", "medium", "png", "opaque")
    assert before <= answer.created <= time.time()
    assert image.url.startswith(f"{desk.address}/files/")
    fetched = await browser.get(image.url)
    assert same_pixels(fetched.content, base64.b64decode(image.b64_json)), (
        "only the prompt in its metadata is not at the address"
    )
    assert "immutable" in fetched.headers["cache-control"]


async def test_behind_a_proxy_the_address_is_the_one_that_people_use(paced: PacedDesk) -> None:
    paced.worker.allow(2)
    async with paced.client(await paced.token(await paced.person())) as client:
        image = only(await client.images.generate(prompt="x", extra_body=FAST))
    assert image.url.startswith("https://figment.example/files/")


async def test_of_many_who_ask_at_once_everybody_gets_their_own(paced: PacedDesk) -> None:
    async def grey_of(seed: int) -> tuple[int, int]:
        async with paced.client(await paced.token(await paced.person())) as client:
            wish = {**FAST, "seed": seed}
            return opened(only(await client.images.generate(prompt="x", extra_body=wish)).b64_json).getextrema()[0]  # type: ignore[return-value]

    paced.worker.allow(100)
    # A picture's grey is its seed.
    seeds = [10, 50, 90, 130, 170]
    assert await asyncio.gather(*map(grey_of, seeds)) == [(seed, seed) for seed in seeds]


async def test_the_address_or_the_bytes_alone(client: openai.AsyncOpenAI) -> None:
    one = only(await client.images.generate(prompt="x", response_format="url", extra_body=FAST))
    assert (one.b64_json, one.url[:4]) == (None, "http")
    other = only(await client.images.generate(prompt="x", response_format="b64_json", extra_body=FAST))
    assert (other.url, opened(other.b64_json).size) == (None, (256, 256))


async def test_several_have_seeds_of_their_own_and_each_can_be_made_again(client: openai.AsyncOpenAI) -> None:
    both = await client.images.generate(prompt="a hill", n=2, extra_body={**FAST, "seed": 2**32 - 1})
    assert both.data is not None
    seeds = [image.seed for image in both.data]  # type: ignore[attr-defined]
    assert seeds == [2**32 - 1, 0]
    again = await client.images.generate(prompt="a hill", extra_body={**FAST, "seed": 0})
    assert only(again).b64_json == both.data[1].b64_json
    assert both.data[0].b64_json != both.data[1].b64_json


async def test_it_is_an_image_of_the_tokens_person_with_all_wishes_in_its_recipe(
    desk: Desk, person: Person, browser: httpx.AsyncClient
) -> None:
    wishes = {"negative_prompt": "people", "seed": 11, "steps": 2, "guidance": 1.5}
    async with desk.client(await desk.token(person, "images:write")) as client:
        image = only(await client.images.generate(prompt="a hill", size="320x192", extra_body=wishes))
    reader = {"Authorization": f"Bearer {await desk.token(person, 'images:read')}"}
    recipe = (await browser.get(f"/api/images/{image.id}/recipe", headers=reader)).json()
    assert {**wishes, "prompt": "a hill", "width": 320, "height": 192}.items() <= recipe.items()
    stranger = {"Authorization": f"Bearer {await desk.token(await desk.person())}"}
    assert (await browser.get(f"/api/images/{image.id}", headers=stranger)).status_code == 404


@pytest.mark.parametrize(("quality", "steps", "told"), [("low", 6, "low"), ("auto", 12, "medium"), ("hd", 24, "high")])
async def test_quality_is_steps(client: openai.AsyncOpenAI, desk: Desk, quality: Any, steps: int, told: str) -> None:
    answer = await client.images.generate(prompt="x", quality=quality, size="128x128")
    assert answer.quality == told
    async with desk.database.statements() as connection:
        found = await connection.execute(
            "SELECT recipe ->> 'steps' FROM images WHERE id = %(id)s", {"id": UUID(only(answer).id)}
        )
    assert int(found.scalar()) == steps


@pytest.mark.parametrize(("wanted", "form", "mime"), [("jpeg", "JPEG", "image/jpeg"), ("webp", "WEBP", "image/webp")])
async def test_other_formats_have_the_same_size_as_bytes_and_at_the_address(
    client: openai.AsyncOpenAI, browser: httpx.AsyncClient, wanted: Any, form: str, mime: str
) -> None:
    answer = await client.images.generate(prompt="x", output_format=wanted, size="320x192", extra_body=FAST)
    picture = opened(only(answer).b64_json)
    assert (picture.format, picture.size, answer.output_format) == (form, (320, 192), wanted)
    fetched = await browser.get(only(answer).url)
    assert fetched.headers["content-type"] == mime
    assert opened(base64.b64encode(fetched.content).decode()).size == (320, 192)


async def test_compression_makes_bytes_fewer(client: openai.AsyncOpenAI) -> None:
    wish: Any = {"prompt": "a hill", "output_format": "jpeg", "extra_body": {**FAST, "seed": 1}}
    sizes = []
    for degree in (0, 50, 100):
        image = only(await client.images.generate(**wish, output_compression=degree))
        assert image.url is None
        sizes.append(len(image.b64_json))
    assert sizes == sorted(sizes)
    assert sizes[0] * 4 < sizes[2]


async def test_wishes_without_effect_are_taken(client: openai.AsyncOpenAI) -> None:
    await client.images.generate(
        prompt="x",
        moderation="low",
        background="auto",
        user="me",
        safety_identifier="abc",
        size=None,
        quality=None,
        n=None,
        stream=False,
        extra_body=FAST,
    )


async def test_the_models(client: openai.AsyncOpenAI) -> None:
    found = [model async for model in client.models.list()]
    assert [(model.id, model.object, model.owned_by) for model in found] == [
        ("figment-1", "model", "figment"),
        ("figment-2", "model", "figment"),
    ]
    one = await client.models.retrieve("figment-1")
    assert one == found[0]
    await client.images.generate(prompt="x", model=one.id, extra_body=FAST)
    for name in ("gpt-image-2", "someone/some-model"):
        with pytest.raises(openai.NotFoundError) as wrong:
            await client.models.retrieve(name)
        assert wrong.value.code == "model_not_found"
