"""Every error in OpenAI's shape, and as the exception that the official client makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import openai
import pytest

from figment.accounts.schemas import Person
from figment.generation.contract import GenerationRefused
from tests.features.openai.conftest import Desk, PacedDesk
from tests.features.openai.pictures import png


@pytest.mark.parametrize(
    ("wish", "param", "words"),
    [
        ({"size": "257x256"}, "size", "nearest is 256"),
        ({"size": "4096x4096"}, "size", "nearest is 2048"),
        ({"size": "big"}, "size", "256x256"),
        ({"prompt": ""}, "prompt", "at least 1"),
        ({"prompt": "x" * 2001}, "prompt", "2,001"),
        ({"n": 11}, "n", "10"),
        ({"quality": "best"}, "quality", "medium"),
        ({"style": "vivid"}, "style", "in the prompt"),
        ({"background": "transparent"}, "background", "opaque"),
        ({"output_format": "svg"}, "output_format", "png"),
        ({"output_compression": 50}, "output_compression", "jpeg"),
        (
            {"output_compression": 50, "output_format": "jpeg", "response_format": "url"},
            "output_compression",
            "b64_json",
        ),
        ({"partial_images": 2}, "partial_images", "stream=True"),
        ({"partial_images": 4, "stream": True}, "partial_images", "3"),
        ({"stream": True, "n": 2}, "n", "one picture"),
        ({"stream": True, "response_format": "url"}, "response_format", "b64_json"),
        ({"extra_body": {"steps": 51}}, "steps", "1 to 50"),
        ({"extra_body": {"guidance": 11}}, "guidance", "0 to 10"),
        ({"extra_body": {"seed": -1}}, "seed", "0"),
        ({"extra_body": {"sampler": "ddim"}}, "sampler", "not known here"),
        ({"extra_body": {"negative_prompt": "a\x00b"}}, "negative_prompt", "NUL"),
    ],
)
async def test_wrong_input_is_a_400_that_names_the_parameter(
    client: openai.AsyncOpenAI, wish: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(openai.BadRequestError, match=words) as wrong:
        await client.images.generate(**{"prompt": "x", **wish})
    assert (wrong.value.param, wrong.value.type, wrong.value.code) == (param, "invalid_request_error", "invalid_input")


async def test_a_model_that_is_not_there_is_a_404_that_names_those_that_are(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="figment-1") as wrong:
        await client.images.generate(prompt="x", model="dall-e-3")
    assert (wrong.value.param, wrong.value.code) == ("model", "model_not_found")


async def test_of_openais_api_only_a_part_is_here(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="/v1/images"):
        await client.chat.completions.create(model="figment-1", messages=[])
    with pytest.raises(openai.NotFoundError):
        await client.models.delete("figment-1")


class TestTokens:
    @pytest.mark.parametrize("token", ["fig_wrong", "sk-of-openai"])
    async def test_a_wrong_token_is_a_401_that_says_how_to_get_one(self, desk: Desk, token: str) -> None:
        async with desk.client(token) as client:
            for call in (
                client.models.list(),
                client.images.generate(prompt="x"),
                client.images.edit(image=b"", prompt=""),
            ):
                with pytest.raises(openai.AuthenticationError, match="figment admin token --name NAME") as wrong:
                    await call
                assert (wrong.value.code, wrong.value.type) == ("invalid_api_key", "invalid_request_error")

    async def test_without_one_nobody_is_let_in_by_a_cookie(self, browser: httpx.AsyncClient) -> None:
        await browser.post("/api/session")
        answer = await browser.get("/v1/models")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        error = answer.json()["error"]
        assert error.keys() == {"message", "type", "param", "code"}
        assert error["message"].startswith("This needs an API token. Make one with")

    async def test_a_token_without_the_scope_is_a_403_that_names_it(self, desk: Desk, person: Person) -> None:
        async with desk.client(await desk.token(person, "models:read", "images:read")) as client:
            assert [model.id async for model in client.models.list()] == ["figment-1", "figment-2"]
            with pytest.raises(openai.PermissionDeniedError, match="images:write") as wrong:
                await client.images.generate(prompt="x")
        assert wrong.value.code == "missing_scope"
        async with desk.client(await desk.token(person, "images:write")) as client:
            with pytest.raises(openai.PermissionDeniedError, match="models:read"):
                await client.models.list()


class TestForms:
    """What the client never sends, and others might."""

    @pytest.fixture
    async def form(self, desk: Desk, person: Person) -> AsyncIterator[httpx.AsyncClient]:
        token = await desk.token(person)
        async with httpx.AsyncClient(base_url=desk.address, headers={"Authorization": f"Bearer {token}"}) as opened:
            yield opened

    async def test_no_form(self, form: httpx.AsyncClient) -> None:
        answer = await form.post("/v1/images/edits", json={"prompt": "x"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_request")
        assert "multipart/form-data" in answer.json()["error"]["message"]

    async def test_a_broken_form(self, form: httpx.AsyncClient) -> None:
        broken = {"Content-Type": "multipart/form-data; boundary=x"}
        answer = await form.post("/v1/images/edits", content=b"--y\r\nno", headers=broken)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    @pytest.mark.parametrize(
        ("sent", "param"),
        [
            ({"data": {"prompt": "x"}, "files": {"other": png()}}, "other"),
            ({"data": {"prompt": "x", "image": "boat.png"}, "files": {"mask": png()}}, "image"),
            ({"data": {"prompt": "x"}, "files": {"mask": png()}}, "image"),
            ({"files": {"image": png()}}, "prompt"),
        ],
    )
    async def test_a_form_that_lacks_something(self, form: httpx.AsyncClient, sent: dict[str, Any], param: str) -> None:
        answer = await form.post("/v1/images/edits", **sent)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)

    async def test_no_json(self, form: httpx.AsyncClient) -> None:
        answer = await form.post("/v1/images/generations", content=b"{", headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed_request")

    async def test_too_much(self, form: httpx.AsyncClient) -> None:
        answer = await form.post("/v1/images/generations", json={"prompt": "x" * 2_000_000})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "body_too_large")
        files = {"image": b"x" * 10_500_000}
        answer = await form.post("/v1/images/edits", data={"prompt": "x"}, files=files)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "body_too_large")


class TestLimits:
    """At a server where a person may ask for five pictures an hour, and have three waiting."""

    @pytest.fixture
    async def client(self, paced: PacedDesk) -> AsyncIterator[openai.AsyncOpenAI]:
        async with paced.client(await paced.token(await paced.person())) as opened:
            yield opened

    async def test_over_the_rate_is_a_429_with_the_time_to_wait(
        self, client: openai.AsyncOpenAI, paced: PacedDesk
    ) -> None:
        paced.worker.allow(100)
        await client.images.generate(prompt="x", n=3, extra_body={"steps": 1})
        with pytest.raises(openai.RateLimitError) as wrong:
            await client.images.generate(prompt="x", n=3)
        assert (wrong.value.code, wrong.value.type) == ("rate_limit_exceeded", "rate_limit_error")
        # One of five an hour comes back every twelve minutes.
        assert 700 < int(wrong.value.response.headers["retry-after"]) <= 720
        assert wrong.value.response.headers["x-should-retry"] == "true"

    async def test_the_allowance_is_the_same_as_in_the_pages(
        self, client: openai.AsyncOpenAI, paced: PacedDesk
    ) -> None:
        paced.worker.allow(100)
        await client.images.generate(prompt="x", n=3, extra_body={"steps": 1})
        async with httpx.AsyncClient(base_url=paced.address) as pages:
            headers = {"Authorization": f"Bearer {client.api_key}"}
            asked = {"prompt": "x", "count": 3}
            answer = await pages.post("/api/studio/generations", json=asked, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
            answer = await pages.post("/api/studio/generations", json={**asked, "count": 2}, headers=headers)
            assert answer.status_code == 202

    async def test_a_full_queue_is_a_429_and_keeps_no_upload(
        self, client: openai.AsyncOpenAI, paced: PacedDesk
    ) -> None:
        with pytest.raises(openai.RateLimitError, match="at most 3 may") as wrong:
            await client.images.edit(image=png(), prompt="x", n=4)
        assert (wrong.value.code, int(wrong.value.response.headers["retry-after"])) == ("queue_full", 1)
        async with paced.database.statements() as connection:
            assert (await connection.execute("SELECT count(*) FROM images")).scalar() == 0

    async def test_a_picture_that_fails_is_a_500_that_is_not_asked_again(
        self, client: openai.AsyncOpenAI, paced: PacedDesk
    ) -> None:
        paced.worker.failures = [RuntimeError("the password is swordfish")]
        with pytest.raises(openai.InternalServerError, match="The engine failed") as wrong:
            await client.with_options(max_retries=2).images.generate(prompt="x")
        assert (wrong.value.status_code, wrong.value.code) == (500, "picture_failed")
        assert "swordfish" not in wrong.value.response.text
        assert len(paced.worker.begun) == 1

    async def test_a_picture_that_the_model_refuses_is_a_400(
        self, client: openai.AsyncOpenAI, paced: PacedDesk
    ) -> None:
        paced.worker.failures = [GenerationRefused("Too blue. Ask for another colour.")]
        with pytest.raises(openai.BadRequestError, match="Too blue") as wrong:
            await client.images.generate(prompt="x")
        assert wrong.value.code == "picture_refused"

    async def test_a_picture_that_somebody_cancels_is_a_409(self, client: openai.AsyncOpenAI, paced: PacedDesk) -> None:
        waiting = asyncio.create_task(client.with_options(max_retries=2).images.generate(prompt="x"))
        async with asyncio.timeout(10):
            while not paced.worker.begun:
                await asyncio.sleep(0.02)
        async with paced.database.statements() as connection:
            row = (await connection.execute("SELECT id, owner FROM jobs")).one()
        await paced.house.jobs.cancel(row.owner, row.id)
        with pytest.raises(openai.ConflictError) as wrong:
            await waiting
        assert wrong.value.code == "picture_cancelled"
        assert len(paced.worker.begun) == 1
