"""`client.images.generate` of the official client."""

from __future__ import annotations

import base64
import io
import time

import httpx
import openai
from PIL import Image

FAST = {"steps": 1}


def opened(b64: str | None) -> Image.Image:
    assert b64 is not None
    return Image.open(io.BytesIO(base64.b64decode(b64)))


async def test_a_prompt_becomes_a_picture_with_bytes_and_an_address_that_needs_no_header(
    client: openai.AsyncOpenAI, browser: httpx.AsyncClient
) -> None:
    before = int(time.time())
    answer = await client.images.generate(prompt="a blue boat on the sea", extra_body=FAST)
    assert answer.data is not None
    [image] = answer.data
    picture = opened(image.b64_json)
    assert (picture.format, picture.size) == ("PNG", (256, 256))
    assert (answer.size, answer.quality, answer.output_format, answer.background) == (
        "256x256",
        "medium",
        "png",
        "opaque",
    )
    assert before <= answer.created <= time.time()
    fetched = await browser.get(image.url or "")
    assert fetched.content == base64.b64decode(image.b64_json or "")
    assert "immutable" in fetched.headers["cache-control"]
