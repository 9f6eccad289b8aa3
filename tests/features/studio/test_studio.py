"""Studio over HTTP with the built-in model: one prompt becomes one picture, all the way."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.http import frames

PROMPT = "a blue boat on the sea at sunset"


async def generate(client: httpx.AsyncClient, **wish: Any) -> dict[str, Any]:
    answer = await client.post("/api/studio/generations", json={"prompt": PROMPT, "steps": 2, **wish})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def finished(client: httpx.AsyncClient, job: str) -> dict[str, Any]:
    async with frames(client, f"/api/jobs/{job}/events") as stream:
        last = None
        async for frame in stream:
            last = frame
    assert last is not None
    found: dict[str, Any] = last.data
    return found


async def pixels(client: httpx.AsyncClient, job: dict[str, Any]) -> np.ndarray[Any, Any]:
    answer = await client.get(job["image"]["url"])
    answer.raise_for_status()
    return np.asarray(Image.open(io.BytesIO(answer.content)))


async def test_a_first_visit_makes_a_picture_and_finds_it_again(client: httpx.AsyncClient) -> None:
    made = await generate(client, seed=7)
    assert "figment" in client.cookies
    [job] = made["jobs"]
    done = await finished(client, job["id"])
    assert done["state"] == "succeeded"
    picture = await pixels(client, done)
    assert picture.shape == (256, 256, 3)
    assert picture.std() > 10
    page = (await client.get("/api/studio/generations")).json()
    assert [item["id"] for item in page["items"]] == [made["id"]]
    assert page["items"][0]["jobs"][0]["image"]["id"] == done["image"]["id"]
    recipe = (await client.get(done["image"]["recipe_url"])).json()
    assert (recipe["prompt"], recipe["seed"], recipe["steps"], recipe["task"]) == (PROMPT, 7, 2, "text-to-image")


async def test_progress_arrives_step_by_step_with_previews(client: httpx.AsyncClient) -> None:
    made = await generate(client, steps=12)
    async with frames(client, f"/api/jobs/{made['jobs'][0]['id']}/events") as stream:
        told = [frame async for frame in stream]
    assert told[-1].event == "done"
    progress = [frame for frame in told if frame.event == "progress"]
    assert progress
    assert all(frame.data["progress"]["of"] == 12 for frame in progress)
    assert progress[-1].data["progress"]["preview"].startswith("data:image/webp")
    assert [frame.id for frame in told] == sorted(frame.id for frame in told)


async def test_the_tabs_one_stream_tells_of_every_job_and_resumes(client: httpx.AsyncClient) -> None:
    await client.post("/api/session")
    async with frames(client, "/api/events") as stream:
        made = await generate(client, count=2)
        wanted = {job["id"] for job in made["jobs"]}
        ended: list[int] = []
        async for frame in stream:
            assert frame.event == "job"
            if frame.data["state"] == "succeeded":
                ended.append(frame.id)
                wanted.discard(frame.data["id"])
            if not wanted:
                break
    async with frames(client, "/api/events", after=ended[0]) as stream:
        async for frame in stream:
            assert frame.id > ended[0]
            if frame.id == ended[1]:
                break


async def test_closing_the_tab_stops_nothing(client: httpx.AsyncClient) -> None:
    made = await generate(client, steps=50)
    job = made["jobs"][0]["id"]
    async with frames(client, f"/api/jobs/{job}/events") as stream:
        first = await anext(stream)
    await asyncio.sleep(0.1)
    found = (await client.get(f"/api/jobs/{job}")).json()
    assert found["state"] in ("queued", "running", "succeeded")
    async with frames(client, f"/api/jobs/{job}/events", after=first.id) as stream:
        told = [frame async for frame in stream]
    assert told[-1].event == "done"


async def test_the_same_seed_and_prompt_give_the_same_image_alone_and_in_a_crowd(
    client: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    alone = await finished(client, (await generate(client, seed=42, steps=4))["jobs"][0]["id"])
    crowd = [await generate(other, seed=n, steps=3 + n % 4, prompt=f"{n} trees") for n in range(6)]
    crowded_job = (await generate(other, seed=42, steps=4))["jobs"][0]["id"]
    crowded = await finished(other, crowded_job)
    for made in crowd:
        await finished(other, made["jobs"][0]["id"])
    difference = np.abs((await pixels(client, alone)).astype(int) - (await pixels(other, crowded)).astype(int))
    assert difference.max() == 0


async def test_cancel_stops_a_running_job(client: httpx.AsyncClient) -> None:
    made = await generate(client, steps=50, count=4)
    job = made["jobs"][3]["id"]
    answer = await client.post(f"/api/jobs/{job}/cancel")
    assert answer.status_code == 200
    assert (await finished(client, job))["state"] == "cancelled"
    for one in made["jobs"][:3]:
        await client.post(f"/api/jobs/{one['id']}/cancel")


async def test_image_and_text_make_an_image(client: httpx.AsyncClient) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (300, 200), (200, 40, 40)).save(buffer, "PNG")
    uploaded = await client.post("/api/images", files={"file": ("red.png", buffer.getvalue(), "image/png")})
    assert uploaded.status_code == 201
    start = uploaded.json()["id"]
    made = await generate(client, image=start, strength=0.3, steps=4)
    done = await finished(client, made["jobs"][0]["id"])
    assert done["state"] == "succeeded"
    recipe = (await client.get(done["image"]["recipe_url"])).json()
    assert (recipe["task"], recipe["strength"], recipe["parent"]) == ("image-to-image", 0.3, start)
    red, green, blue = (await pixels(client, done)).reshape(-1, 3).mean(0)
    assert red > green
    assert red > blue


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"model": "nothing"}, "model"),
        ({"width": 257}, "width"),
        ({"height": 257}, "height"),
        ({"steps": 0}, "steps"),
        ({"steps": 51}, "steps"),
        ({"prompt": "x" * 100_000}, "prompt"),
        ({"prompt": "x" * 3_000}, "prompt"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**32}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"guidance": -1}, "guidance"),
        ({"guidance": "NaN"}, "guidance"),
        ({"guidance": 99}, "guidance"),
        ({"count": 0}, "count"),
        ({"count": 9}, "count"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "a\x00b"}, "prompt"),
        ({"mask": "0198c0de-0000-7000-8000-000000000000"}, "mask"),
        ({"wat": 1}, "wat"),
    ],
)
async def test_wrong_input_is_a_clear_4xx_that_names_the_field(
    client: httpx.AsyncClient, wish: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/studio/generations", json={"prompt": PROMPT, **wish})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert field in [error["field"] for error in problem["errors"]]
    assert all(error["message"] for error in problem["errors"])
    assert {"type", "title", "status", "detail", "code"} <= problem.keys()


async def test_every_fault_is_told_at_once(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/studio/generations", json={"prompt": "x", "width": 257, "height": 100, "steps": 99}
    )
    assert [error["field"] for error in answer.json()["errors"]] == ["width", "height", "steps"]
    assert "The nearest is 256" in answer.json()["detail"]


async def test_malformed_json_is_a_400(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/api/studio/generations", content=b'{"prompt": ', headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")


async def test_history_pages_by_keyset_and_searches(client: httpx.AsyncClient) -> None:
    made = [await generate(client, prompt=f"picture {n} of a {'Cat' if n % 2 else 'dog'}", steps=1) for n in range(5)]
    for one in made:
        await finished(client, one["jobs"][0]["id"])
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get("/api/studio/generations", params={"limit": 2, "cursor": cursor})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == [one["id"] for one in reversed(made)]
    cats = (await client.get("/api/studio/generations", params={"q": "cat"})).json()["items"]
    assert len(cats) == 2
    assert (await client.get("/api/studio/generations", params={"q": "100%_"})).json()["items"] == []
    wrong = await client.get("/api/studio/generations", params={"cursor": "nonsense"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "cursor")


async def test_deleting_a_generation_cancels_and_forgets_it(client: httpx.AsyncClient) -> None:
    made = await generate(client, steps=50)
    assert (await client.delete(f"/api/studio/generations/{made['id']}")).status_code == 204
    assert (await client.get(f"/api/studio/generations/{made['id']}")).status_code == 404
    assert (await client.get(f"/api/jobs/{made['jobs'][0]['id']}")).status_code == 404
    assert (await client.get("/api/studio/generations")).json()["items"] == []


async def test_what_is_mine_is_nobody_elses(client: httpx.AsyncClient, other: httpx.AsyncClient) -> None:
    made = await generate(client, steps=1)
    done = await finished(client, made["jobs"][0]["id"])
    for method, path in [
        ("GET", f"/api/studio/generations/{made['id']}"),
        ("DELETE", f"/api/studio/generations/{made['id']}"),
        ("GET", f"/api/jobs/{done['id']}"),
        ("POST", f"/api/jobs/{done['id']}/cancel"),
        ("GET", f"/api/jobs/{done['id']}/events"),
        ("GET", f"/api/images/{done['image']['id']}"),
        ("GET", f"/api/images/{done['image']['id']}/recipe"),
        ("DELETE", f"/api/images/{done['image']['id']}"),
    ]:
        answer = await other.request(method, path)
        assert answer.status_code == 404, (method, path)
    refused = await other.post("/api/studio/generations", json={"prompt": "x", "image": done["image"]["id"]})
    assert refused.status_code == 404
    assert (await other.get("/api/studio/generations")).json()["items"] == []


async def test_without_a_session_what_is_mine_asks_for_one(server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as nobody:
        answer = await nobody.get("/api/studio/generations")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
