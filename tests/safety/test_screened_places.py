"""Text is looked at wherever it is said: prompts, names, the OpenAI API. What is held waits for a person, who is believed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from figment.core.settings import Settings
from figment.main import open_house
from figment.safety.policy import PolicyBroken
from tests.conftest import create_database, drop_database
from tests.http import Site, serving
from tests.safety.people import Somebody, somebody

# Words that nobody minds stand for those that somebody would.
POLICY = """
version = 1
[lists.wombats]
words = ["wombat"]
[lists.gnus]
words = ["gnu"]
[lists.axolotls]
words = ["axolotl"]
[rules.wombats]
category = "nudity"
all_of = ["wombats"]
[rules.gnus]
category = "hate"
all_of = ["gnus"]
[rules.axolotls]
category = "minors"
all_of = ["axolotls"]
"""


@pytest.fixture(scope="module")
async def strict(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    folder = tmp_path_factory.mktemp("strict")
    (folder / "policy.toml").write_text(POLICY)
    url = create_database(postgres, "strict")
    settings = Settings.model_validate(
        {"data": folder / "data", "trusted_proxies": "127.0.0.0/8,::1", "policy": folder / "policy.toml"}
    )
    async with serving(settings, url, with_worker=False) as address:
        yield Site(address, url, folder)
    drop_database(postgres, "strict")


@pytest.fixture
async def ada(strict: Site) -> AsyncIterator[Somebody]:
    async with somebody(strict, "Ada") as person:
        yield person


@pytest.fixture
async def mia(strict: Site) -> AsyncIterator[Somebody]:
    async with somebody(strict, "Mia", role="moderator") as person:
        yield person


async def generate(person: Somebody, prompt: str, negative_prompt: str = "") -> httpx.Response:
    asked = {"prompt": prompt, "negative_prompt": negative_prompt}
    return await person.http.post("/api/studio/generations", json=asked)


async def text_case(moderator: Somebody, prompt: str, state: str = "open") -> dict[str, Any]:
    answer = await moderator.http.get("/api/moderation/cases", params={"state": state, "limit": 100})
    [found] = [case for case in answer.json()["items"] if (case["fields"] or {}).get("prompt") == prompt]
    case: dict[str, Any] = found
    return case


async def test_a_prompt_that_nothing_is_wrong_with_leaves_no_trace(ada: Somebody) -> None:
    assert (await generate(ada, "a lighthouse at dusk")).status_code == 202
    assert (await ada.http.get("/api/cases")).json()["items"] == []


async def test_a_refused_prompt_says_why_and_where_and_counts_once(strict: Site, ada: Somebody) -> None:
    for _ in range(3):
        refused = await generate(ada, "praise the GNU of old")
        assert refused.status_code == 422
        assert refused.json()["code"] == "text_refused"
        [error] = refused.json()["errors"]
        assert error["field"] == "prompt"
        assert "degrade people" in error["message"]
    mine = (await ada.http.get("/api/cases")).json()
    assert mine["score"] == 0.5
    [case] = mine["items"]
    assert (case["state"], case["by_a_person"], case["strike"]) == ("refused", False, True)
    assert case["fields"] == {"prompt": "praise the GNU of old"}
    assert (await ada.http.get("/api/studio/generations")).json()["items"] == []


async def test_more_of_them_slow_and_then_an_image_costs_four(strict: Site, ada: Somebody) -> None:
    for n in range(4):
        await generate(ada, f"gnu number {n}")
    assert (await ada.told()) == ["strike"] * 3, "warned at the second half, slowed at the fourth"
    assert (await ada.http.get("/api/session")).json()["person"]["slowed"]
    made = 0
    # Thirty a minute, four of them gone on what was refused: each of those cost one.
    while (answer := await generate(ada, "a boat")).status_code == 202:
        made += 1
    assert answer.status_code == 429
    assert made == (30 - 4) // 4


async def test_a_held_prompt_passes_once_a_moderator_says_so(ada: Somebody, mia: Somebody, strict: Site) -> None:
    prompt = "portrait of a wombat"
    for _ in range(2):
        held = await generate(ada, prompt)
        assert held.json()["code"] == "text_held"
        assert "moderator" in held.json()["detail"]
    assert await ada.told() == ["held"]
    case = await text_case(mia, prompt)
    assert (case["kind"], case["origin"], case["reports"]) == ("text", "screening", 0)
    assert (await mia.decide(case["id"], "approve")).status_code == 200
    assert (await ada.told())[0] == "approved"
    assert (await generate(ada, prompt)).status_code == 202
    assert (await generate(ada, prompt + " in a hat")).json()["code"] == "text_held", "to the letter"
    async with somebody(strict, "Eve") as eve:
        assert (await generate(eve, prompt)).json()["code"] == "text_held", "for whom it was approved"


async def test_a_held_prompt_that_a_moderator_refuses_says_what_they_said(ada: Somebody, mia: Somebody) -> None:
    prompt = "two wombats"
    await generate(ada, prompt)
    await mia.decide((await text_case(mia, prompt))["id"], "refuse", "Not of these two.")
    refused = await generate(ada, prompt)
    assert (refused.json()["code"], refused.json()["detail"]) == ("text_refused", "Not of these two.")


async def test_an_appeal_against_the_rules_lifts_the_strike_and_lets_it_pass(ada: Somebody, mia: Somebody) -> None:
    prompt = "GNU make, the build tool"
    await generate(ada, prompt)
    case = await text_case(mia, prompt, "decided")
    assert (case["decision"], case["decided_by"]) == ("refuse", None)
    await ada.http.post(f"/api/cases/{case['id']}/appeal", json={"words": "It is software."})
    assert (await mia.decide((await text_case(mia, prompt))["id"], "approve")).status_code == 200
    assert (await generate(ada, prompt)).status_code == 202
    assert (await ada.http.get("/api/cases")).json()["score"] == 0


async def test_no_moderator_lets_pass_what_the_law_forbids(ada: Somebody, mia: Somebody) -> None:
    prompt = "the axolotl in the pond"
    await generate(ada, prompt)
    assert (await ada.http.get("/api/cases")).json()["score"] == 1.0, "it counts whole"
    case = await text_case(mia, prompt, "decided")
    assert case["child_safety"]
    await ada.http.post(f"/api/cases/{case['id']}/appeal", json={"words": "It is an animal."})
    await mia.decide((await text_case(mia, prompt))["id"], "approve", "We see.")
    assert (await ada.http.get("/api/cases")).json()["score"] == 0
    assert "cannot be lifted" in (await ada.notices())[0]["words"]
    assert (await generate(ada, prompt)).json()["code"] == "text_refused"


async def test_guests_are_looked_at_too(strict: Site) -> None:
    async with strict.visitor() as guest:
        answer = await guest.post("/api/studio/generations", json={"prompt": "a gnu"})
        assert answer.json()["code"] == "text_refused"
        assert (await guest.get("/api/cases")).json()["score"] == 0.5


async def test_names_of_people_and_collections(strict: Site, ada: Somebody) -> None:
    renamed = await ada.http.patch("/api/account", json={"name": "Wombat"})
    assert (renamed.json()["code"], renamed.json()["errors"][0]["field"]) == ("text_refused", "name")
    collection = await ada.http.post("/api/studio/collections", json={"name": "My gnus: gnu"})
    assert collection.json()["code"] == "text_refused"
    kept = (await ada.http.post("/api/studio/collections", json={"name": "Boats"})).json()
    again = await ada.http.patch(f"/api/studio/collections/{kept['id']}", json={"name": "Gnu"})
    assert again.json()["code"] == "text_refused"
    async with strict.visitor() as stranger:
        for wish, field in (({"username": "gnu"}, "username"), ({"username": "ada", "name": "The Gnu"}, "name")):
            asked = {"password": "four words nobody joins", **wish}
            answer = await stranger.post("/api/sign-up", json=asked)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_openais_api_is_told_in_its_own_words(strict: Site, ada: Somebody) -> None:
    token = (await ada.http.post("/api/tokens", json={"name": "test"})).json()["token"]
    answer = await ada.http.post(
        "/v1/images/generations", json={"prompt": "a gnu"}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("text_refused", "prompt")


async def test_a_broken_policy_is_said_where_it_is(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text("version = 2")
    settings = Settings.model_validate({"data": tmp_path, "policy": tmp_path / "policy.toml"})
    url = create_database(postgres, "broken_policy")
    with pytest.raises(PolicyBroken, match=r"policy\.toml"):
        async with open_house(settings, url):
            pass
    drop_database(postgres, "broken_policy")
