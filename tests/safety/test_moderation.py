"""Moderation over HTTP: shared, reported, hidden, decided, appealed, and told to everybody it concerns."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import json
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import pytest

from figment.core.database import Database
from figment.safety import store
from tests.http import Site, frames
from tests.images.scenes import file_of, scene
from tests.safety.people import Somebody, somebody

_seeds = itertools.count(70_000)


@pytest.fixture
async def ada(site: Site) -> AsyncIterator[Somebody]:
    async with somebody(site, "Ada") as person:
        yield person


@pytest.fixture
async def mia(site: Site) -> AsyncIterator[Somebody]:
    """A moderator."""
    async with somebody(site, "Mia", role="moderator") as person:
        yield person


@pytest.fixture
async def mo(site: Site) -> AsyncIterator[Somebody]:
    """Another moderator."""
    async with somebody(site, "Mo", role="moderator") as person:
        yield person


@pytest.fixture
async def shared(ada: Somebody) -> dict[str, Any]:
    """A picture of Ada's that everybody with the link sees."""
    seed = next(_seeds)
    image = await ada.upload(seed)
    await ada.share(image)
    return {**image, "seed_of_the_scene": seed}


@contextlib.asynccontextmanager
async def crowd(site: Site, count: int, **kind: Any) -> AsyncIterator[list[Somebody]]:
    async with contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(somebody(site, f"Person {n}", **kind)) for n in range(count)]


async def copied(owner: Somebody, other: Somebody, image: dict[str, Any]) -> dict[str, Any]:
    """An image of `other` that is the same file as one of `owner`."""
    data = (await owner.http.get(image["url"])).content
    copy: dict[str, Any] = (await other.http.post("/api/images", files={"file": ("p.png", data, "image/png")})).json()
    assert copy["url"] == image["url"]
    return copy


async def hide(site: Site, image: dict[str, Any], reason: str = "violence") -> None:
    """By two people who have been here for a while."""
    async with crowd(site, 2) as people:
        for person in people:
            assert (await person.report(image, reason)).status_code == 204


class TestSharing:
    async def test_nobody_sees_what_is_not_shared(self, site: Site, ada: Somebody) -> None:
        image = await ada.upload(next(_seeds))
        assert image["visibility"] == "private"
        async with site.visitor() as stranger:
            assert (await stranger.get(f"/api/shared/{image['id']}")).status_code == 404
            await ada.share(image)
            seen = (await stranger.get(f"/api/shared/{image['id']}")).json()
            assert seen["by"] == "Ada"
            assert (seen["width"], seen["height"], seen["prompt"]) == (256, 256, None)
            assert (await stranger.get(seen["url"])).status_code == 200
            assert seen.keys().isdisjoint({"recipe_url", "seed", "download_url"})
            unshared = await ada.http.delete(f"/api/images/{image['id']}/visibility")
            assert (unshared.status_code, unshared.json()["visibility"]) == (200, "private")
            assert (await stranger.get(f"/api/shared/{image['id']}")).status_code == 404

    async def test_only_its_owner_shares_it_and_guests_have_no_name_to_share_under(
        self, site: Site, ada: Somebody
    ) -> None:
        image = await ada.upload(next(_seeds))
        async with somebody(site, "Eve") as eve, somebody(site, "Guest", guest=True) as guest:
            asked = {"visibility": "link"}
            assert (await eve.http.put(f"/api/images/{image['id']}/visibility", json=asked)).status_code == 404
            own = await guest.upload(next(_seeds))
            refused = await guest.http.put(f"/api/images/{own['id']}/visibility", json=asked)
            assert refused.json()["code"] == "account_needed"

    async def test_nothing_of_a_suspended_person_is_shown(
        self, site: Site, ada: Somebody, shared: dict[str, Any]
    ) -> None:
        async with site.sql() as sql, site.visitor() as stranger:
            await sql.execute("UPDATE people SET suspended = true WHERE id = %s", (ada.id,))
            assert (await stranger.get(f"/api/shared/{shared['id']}")).status_code == 404


class TestReports:
    async def test_enough_people_hide_a_picture_really(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        files = [shared["url"], *shared["thumbs"].values()]
        async with crowd(site, 3, days=0) as people, site.visitor() as stranger:
            for person in people[:2]:
                assert (await person.report(shared)).status_code == 204
                assert await person.sees(shared)
            for file in files:
                assert (await stranger.get(file)).status_code == 200
            assert (await people[2].report(shared, words="Look at this")).status_code == 204
            assert not await people[0].sees(shared)
            for file in files:
                assert (await stranger.get(file)).status_code == 404, "known addresses lead nowhere any more"
            withheld = f"/api/images/{shared['id']}/picture"
            assert (await people[0].http.get(withheld)).status_code == 404
            assert (await ada.http.get(withheld)).status_code == 200, "its owner sees it while it is held"
            case = await mia.case_of(shared)
            assert case["reports"] == 3
            assert case["weight"] == pytest.approx(2.1)
            assert (await mia.http.get(f"/api/moderation/cases/{case['id']}/picture")).status_code == 200
            assert (await people[0].http.get(f"/api/moderation/cases/{case['id']}/picture")).status_code == 403
        mine = (await ada.http.get(f"/api/images/{shared['id']}")).json()
        assert mine["state"] == "held"
        assert "reported" in mine["state_reason"]
        assert await ada.told() == ["held"]

    async def test_two_images_of_one_file_share_its_fate(
        self, site: Site, ada: Somebody, shared: dict[str, Any]
    ) -> None:
        async with somebody(site, "Bea") as bea:
            data = (await ada.http.get(shared["url"])).content
            copy = (await bea.http.post("/api/images", files={"file": ("p.png", data, "image/png")})).json()
            assert copy["url"] == shared["url"]
            await bea.share(copy)
            await hide(site, shared)
            assert not await bea.sees(copy)
            [own] = (await bea.http.get("/api/cases")).json()["items"]
            assert (own["image"], own["state"], own["reason"]) == (
                copy["id"],
                "waiting",
                "Several people reported this picture. A moderator looks at it.",
            )
            assert own["why_not_appeal"] == "There is no refusal to appeal against."
            assert await bea.told() == ["held"]
            later = (await bea.http.post("/api/images", files={"file": ("p.png", data, "image/png")})).json()
            assert later["state"] == "held", "kept anew, it is not shown either"
            assert (await bea.http.get(shared["url"])).status_code == 404

    async def test_one_person_counts_once_and_ones_own_report_for_nothing(
        self, ada: Somebody, mia: Somebody, shared: dict[str, Any], site: Site
    ) -> None:
        async with somebody(site, "Eve") as eve:
            for _ in range(5):
                assert (await eve.report(shared)).status_code == 204
                assert (await ada.report(shared)).status_code == 204
            case = await mia.case_of(shared)
            assert (case["reports"], case["weight"]) == (2, 1.0)
            assert await eve.sees(shared)

    async def test_guests_alone_do_not_hide_a_picture(self, site: Site, shared: dict[str, Any]) -> None:
        async with crowd(site, 12, guest=True) as guests:
            for guest in guests:
                assert (await guest.report(shared)).status_code == 204
            assert await guests[0].sees(shared)

    async def test_many_at_once_hide_it_once(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        async with crowd(site, 8) as people:
            answers = await asyncio.gather(*(person.report(shared) for person in people))
        assert sorted(answer.status_code for answer in answers) == [204] * 2 + [404] * 6, "two are enough"
        assert (await mia.case_of(shared))["reports"] == 2
        assert await ada.told() == ["held"]

    async def test_reports_and_a_decision_at_once_do_not_wait_for_each_other_for_ever(
        self, site: Site, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        async with crowd(site, 6, guest=True) as guests:
            await guests[0].report(shared)
            case = (await mia.case_of(shared))["id"]
            decided, *reported = await asyncio.gather(
                mia.decide(case, "approve"), *(guest.report(shared) for guest in guests[1:])
            )
        assert decided.status_code == 200
        assert {answer.status_code for answer in reported} == {204}

    async def test_harm_to_children_hides_sooner_and_comes_first(
        self, site: Site, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        async with somebody(site, "Eve") as eve:
            assert (await eve.report(shared, "child_safety")).status_code == 204
            assert not await eve.sees(shared)
        first = (await mia.http.get("/api/moderation/cases")).json()["items"][0]
        assert first["child_safety"]

    async def test_what_a_moderator_approved_is_not_hidden_by_the_same_crowd_again(
        self, site: Site, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        assert (await mia.decide((await mia.case_of(shared))["id"], "approve")).status_code == 200
        assert await mia.sees(shared)
        await hide(site, shared)
        assert await mia.sees(shared), "it takes twice as much now"

    async def test_who_is_muted_reports_and_shares_nothing(
        self, site: Site, ada: Somebody, shared: dict[str, Any]
    ) -> None:
        async with site.sql() as sql:
            await sql.execute("UPDATE people SET muted_until = now() + interval '1 day' WHERE id = %s", (ada.id,))
        assert (await ada.report(shared)).json()["code"] == "account_muted"
        path = f"/api/images/{shared['id']}/visibility"
        assert (await ada.http.put(path, json={"visibility": "link"})).json()["code"] == "account_muted"
        assert (await ada.http.delete(path)).status_code == 200, "to show less is no speech"

    async def test_a_picture_that_is_not_shared_cannot_be_reported(self, site: Site, ada: Somebody) -> None:
        image = await ada.upload(next(_seeds))
        async with somebody(site, "Eve") as eve:
            assert (await eve.report(image)).status_code == 404


class TestDeciding:
    async def test_a_refusal_stands_and_everybody_is_told(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        async with crowd(site, 2) as people:
            for person in people:
                await person.report(shared)
            case = (await mia.case_of(shared))["id"]
            asked = {"decision": "refuse", "words": "It shows an injury in detail.", "strike": True}
            unclaimed = await mia.http.post(f"/api/moderation/cases/{case}/decide", json=asked)
            assert unclaimed.json()["code"] == "case_not_yours"
            decided = await mia.decide(case, "refuse", "It shows an injury in detail.", strike=True)
            assert decided.status_code == 200, decided.text
            assert decided.json()["decided_by"] == "Mia"
            assert [await person.told() for person in people] == [["report_upheld"], ["report_upheld"]]
        assert await ada.told() == ["refused", "held"]
        [newest, _] = await ada.notices()
        assert "It shows an injury in detail." in newest["words"]
        assert "warning" in newest["words"]
        assert "Mia" not in newest["words"]
        mine = (await ada.http.get(f"/api/images/{shared['id']}")).json()
        assert (mine["state"], mine["state_reason"]) == ("refused", "It shows an injury in detail.")
        assert (await ada.http.get(f"/api/images/{shared['id']}/picture")).json()["code"] == "image_withheld"
        assert (await ada.http.get(f"/api/images/{shared['id']}/download")).json()["code"] == "image_withheld"
        again = await ada.http.put(f"/api/images/{shared['id']}/visibility", json={"visibility": "link"})
        assert again.json()["code"] == "image_withheld"
        [own] = (await ada.http.get("/api/cases")).json()["items"]
        assert (own["state"], own["strike"], own["why_not_appeal"]) == ("refused", True, None)
        async with site.sql() as sql:
            found = await sql.execute("SELECT action FROM audit_log WHERE subject = %s ORDER BY id", (case,))
            assert [action for (action,) in await found.fetchall()] == ["case.claimed", "case.decided"]

    async def test_an_approval_brings_it_back_where_it_was(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        before = (await mia.http.get(shared["url"])).content
        await hide(site, shared)
        assert (await mia.http.get(shared["url"])).status_code == 404
        assert (await mia.decide((await mia.case_of(shared))["id"], "approve")).status_code == 200
        assert (await mia.http.get(shared["url"])).content == before
        assert (await mia.http.get(shared["thumbs"]["256"])).status_code == 200
        assert await mia.sees(shared)
        assert await ada.told() == ["approved", "held"]

    async def test_a_claim_keeps_others_out_until_it_lapses(
        self, site: Site, mia: Somebody, mo: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        assert (await mia.http.post(f"/api/moderation/cases/{case}/claim")).json()["mine"]
        assert (await mia.case_of(shared, "mine"))["claimed_by"] == "Mia"
        assert (await mo.http.post(f"/api/moderation/cases/{case}/claim")).json()["code"] == "case_not_yours"
        assert (await mo.http.post(f"/api/moderation/cases/{case}/release")).status_code == 409
        async with site.sql() as sql:
            await sql.execute("UPDATE cases SET claimed_at = now() - interval '31 minutes' WHERE id = %s", (case,))
        assert (await mo.case_of(shared))["claimed_by"] is None
        assert (await mo.http.post(f"/api/moderation/cases/{case}/claim")).json()["mine"]
        assert (await mo.http.post(f"/api/moderation/cases/{case}/release")).status_code == 204

    async def test_nobody_decides_about_their_own(self, site: Site, mia: Somebody, mo: Somebody) -> None:
        image = await mia.upload(next(_seeds))
        await mia.share(image)
        await hide(site, image)
        case = (await mia.case_of(image))["id"]
        refused = await mia.http.post(f"/api/moderation/cases/{case}/claim")
        assert "your own" in refused.json()["detail"]
        assert (await mo.decide(case, "approve")).status_code == 200

    async def test_a_refusal_without_a_word_is_none(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        for asked, field in (
            ({"decision": "refuse", "words": "  "}, "words"),
            ({"decision": "approve", "strike": True}, "strike"),
            ({"decision": "approve", "block": True}, "block"),
        ):
            await mia.http.post(f"/api/moderation/cases/{case}/claim")
            answer = await mia.http.post(f"/api/moderation/cases/{case}/decide", json=asked)
            assert [error["field"] for error in answer.json()["errors"]] == [field]
        assert (await mia.case_of(shared, "mine"))["decision"] is None

    async def test_what_its_owner_deleted_can_still_be_decided(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        assert (await ada.http.delete(f"/api/images/{shared['id']}")).status_code == 204
        assert (await mia.http.get(f"/api/moderation/cases/{case}/picture")).status_code == 404
        blocked = await mia.decide(case, "refuse", "Gone, and rightly.", block=True)
        assert blocked.json()["errors"][0]["field"] == "block"
        decided = await mia.decide(case, "refuse", "Gone, and rightly.", strike=True)
        assert (decided.status_code, decided.json()["image"]) == (200, None)
        assert (await ada.http.get("/api/cases")).json()["score"] == 1

    async def test_only_moderators(self, ada: Somebody, site: Site) -> None:
        async with site.visitor() as stranger:
            for path in ("/api/moderation/cases", "/api/moderation/blocklist"):
                assert (await ada.http.get(path)).status_code == 403
                assert (await stranger.get(path)).status_code == 401

    async def test_a_notice_comes_by_the_stream(self, site: Site, ada: Somebody, shared: dict[str, Any]) -> None:
        async with frames(ada.http, "/api/events") as events:
            await hide(site, shared)
            async for frame in events:
                if frame.event == "notice":
                    assert frame.data["kind"] == "held"
                    break


class TestAppeals:
    async def test_another_moderator_overturns_it_all(
        self, site: Site, ada: Somebody, mia: Somebody, mo: Somebody
    ) -> None:
        seed = next(_seeds)
        image = await ada.upload(seed)
        await ada.share(image)
        await hide(site, image)
        case = (await mia.case_of(image))["id"]
        refused = await mia.decide(case, "refuse", "Stolen.", strike=True, block=True)
        assert refused.status_code == 200, refused.text
        again = {"file": ("again.jpg", file_of(scene(seed), "JPEG", quality=80), "image/jpeg")}
        assert (await ada.http.post("/api/images", files=again)).json()["code"] == "image_blocked"
        assert len((await mia.http.get("/api/moderation/blocklist")).json()["items"]) >= 1
        [own] = (await ada.http.get("/api/cases")).json()["items"]
        appeal = f"/api/cases/{own['id']}/appeal"
        async with somebody(site, "Eve") as eve:
            assert (await eve.http.post(appeal, json={"words": "Mine!"})).status_code == 404
        assert (await ada.http.post(appeal, json={"words": "I drew it myself."})).status_code == 204
        assert (await ada.http.post(appeal, json={"words": "Twice."})).json()["code"] == "no_appeal"
        waiting = await mo.case_of(image)
        assert (waiting["origin"], waiting["appeal_words"]) == ("appeal", "I drew it myself.")
        own_decision = await mia.http.post(f"/api/moderation/cases/{waiting['id']}/claim")
        assert "your own decision" in own_decision.json()["detail"]
        granted = await mo.decide(waiting["id"], "approve", "We were wrong.")
        assert granted.status_code == 200, granted.text
        assert await mo.sees(image)
        assert (await mo.http.get(image["url"])).status_code == 200
        assert (await ada.told())[0] == "appeal_granted"
        state = (await ada.http.get("/api/cases")).json()
        assert (state["score"], state["items"][0]["state"]) == (0, "approved")
        assert (await ada.http.post("/api/images", files=again)).status_code == 201, "it is off the block list"

    async def test_a_refused_appeal_is_the_end(
        self, site: Site, ada: Somebody, mia: Somebody, mo: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        await mia.decide(case, "refuse", "Gore.", strike=True)
        await ada.http.post(f"/api/cases/{case}/appeal", json={"words": "Ketchup."})
        appeal = (await mo.case_of(shared))["id"]
        assert (await mo.decide(appeal, "refuse", "It is not.")).status_code == 200
        assert (await ada.told())[0] == "appeal_denied"
        [own] = (await ada.http.get("/api/cases")).json()["items"]
        assert own["appeal"]["answer"] == "It is not."
        assert (await ada.http.post(f"/api/cases/{appeal}/appeal", json={"words": "Again."})).status_code == 409

    async def test_after_thirty_days_it_is_too_late(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        await mia.decide(case, "refuse", "Gore.")
        async with site.sql() as sql:
            await sql.execute("UPDATE cases SET decided_at = now() - interval '31 days' WHERE id = %s", (case,))
        late = await ada.http.post(f"/api/cases/{case}/appeal", json={"words": "Ketchup."})
        assert "30 days" in late.json()["detail"]


class TestWhoeverHasTheSameFile:
    """One file, two owners: the case is Ada's, and Bea may appeal for herself."""

    @pytest.fixture
    async def bea(self, site: Site) -> AsyncIterator[Somebody]:
        async with somebody(site, "Bea") as person:
            yield person

    @pytest.fixture
    async def copy(self, ada: Somebody, bea: Somebody, shared: dict[str, Any]) -> dict[str, Any]:
        """Bea's image of the same file."""
        return await copied(ada, bea, shared)

    @pytest.fixture
    async def refused(self, site: Site, mia: Somebody, shared: dict[str, Any], copy: dict[str, Any]) -> str:
        """The case, refused by Mia with all that follows."""
        await hide(site, shared)
        case = (await mia.case_of(shared))["id"]
        decided = await mia.decide(case, "refuse", "It shows an injury.", strike=True, block=True)
        assert decided.status_code == 200, decided.text
        return str(case)

    async def test_is_told_and_sees_the_decision_as_about_their_own(
        self, ada: Somebody, bea: Somebody, copy: dict[str, Any], refused: str
    ) -> None:
        assert await bea.told() == ["refused", "held"]
        assert "warning" in (await ada.notices())[0]["words"]
        assert "warning" not in (await bea.notices())[0]["words"], "Ada's strike is not Bea's"
        state = (await bea.http.get("/api/cases")).json()
        [own] = state["items"]
        assert (own["image"], own["state"], own["words"]) == (copy["id"], "refused", "It shows an injury.")
        assert (own["strike"], own["why_not_appeal"], state["score"]) == (False, None, 0)

    async def test_learns_nothing_of_the_other_owner(
        self, ada: Somebody, bea: Somebody, mo: Somebody, shared: dict[str, Any], copy: dict[str, Any], refused: str
    ) -> None:
        await bea.http.post(f"/api/cases/{refused}/appeal", json={"words": "Beatrice says so."})
        await ada.http.post(f"/api/cases/{refused}/appeal", json={"words": "Adelheid says so."})
        assert (await mo.decide((await mo.case_of(shared))["id"], "approve", "Adelheid was right.")).status_code == 200
        for person, others in (
            (bea, [str(ada.id), shared["id"], "Adelheid", "Ada"]),
            (ada, [str(bea.id), copy["id"], "Beatrice", "Bea"]),
        ):
            export = zipfile.ZipFile(io.BytesIO((await person.http.get("/api/account/export")).content))
            heard = [
                (await person.http.get("/api/cases")).text,
                (await person.http.get("/api/notices")).text,
                export.read("moderation.json").decode(),
            ]
            assert not [word for word in others for text in heard if word in text]

    async def test_an_appeal_of_theirs_brings_it_back_for_all(
        self,
        site: Site,
        ada: Somebody,
        bea: Somebody,
        mia: Somebody,
        mo: Somebody,
        shared: dict[str, Any],
        copy: dict[str, Any],
        refused: str,
    ) -> None:
        again = {"file": ("again.png", file_of(scene(shared["seed_of_the_scene"]), "JPEG", quality=80), "image/jpeg")}
        assert (await bea.http.post("/api/images", files=again)).json()["code"] == "image_blocked"
        assert (await bea.http.post(f"/api/cases/{refused}/appeal", json={"words": "It is paint."})).status_code == 204
        waiting = await mo.case_of(copy)
        assert (waiting["origin"], waiting["appeal_words"], waiting["owner"]["name"]) == (
            "appeal",
            "It is paint.",
            "Bea",
        )
        assert (await mia.http.post(f"/api/moderation/cases/{waiting['id']}/claim")).status_code == 409, (
            "her own decision"
        )
        assert (await mo.http.get(f"/api/moderation/cases/{waiting['id']}/picture")).status_code == 200
        granted = await mo.decide(waiting["id"], "approve", "Paint it is.")
        assert granted.status_code == 200, granted.text
        assert granted.json()["before"]["overturned"]
        assert await mo.sees(shared)
        assert (await mo.http.get(copy["url"])).status_code == 200
        assert (await bea.http.post("/api/images", files=again)).status_code == 201, "it is off the block list"
        assert [(await ada.told())[0], (await bea.told())[0]] == ["approved", "appeal_granted"]
        assert "Nothing is held against you." in (await ada.notices())[0]["words"]
        assert "Paint" not in (await ada.notices())[0]["words"]
        state = (await ada.http.get("/api/cases")).json()
        assert (state["score"], state["items"][0]["state"], state["items"][0]["strike"]) == (0, "approved", False)
        [own] = (await bea.http.get("/api/cases")).json()["items"]
        assert (own["state"], own["appeal"]["answer"]) == ("approved", "Paint it is.")
        late = await ada.http.post(f"/api/cases/{refused}/appeal", json={"words": "And me."})
        assert "no refusal" in late.json()["detail"]

    async def test_of_two_appeals_the_one_that_is_granted_ends_the_other(
        self,
        site: Site,
        ada: Somebody,
        bea: Somebody,
        mo: Somebody,
        shared: dict[str, Any],
        copy: dict[str, Any],
        refused: str,
    ) -> None:
        appeal = f"/api/cases/{refused}/appeal"
        answers = await asyncio.gather(
            *(person.http.post(appeal, json={"words": f"I am {n}."}) for n, person in enumerate((ada, bea, ada, bea)))
        )
        assert sorted(answer.status_code for answer in answers) == [204, 204, 409, 409]
        mine, theirs = await mo.case_of(shared), await mo.case_of(copy)
        assert (await mo.decide(mine["id"], "approve", "You are right, Ada.")).status_code == 200
        other = (await mo.http.get(f"/api/moderation/cases/{theirs['id']}")).json()
        assert (other["decision"], other["decided_by"]) == ("approve", "Mo")
        assert (await mo.decide(theirs["id"], "refuse", "No.")).json()["code"] == "case_not_yours"
        assert (await bea.told())[0] == "appeal_granted"
        [own] = (await bea.http.get("/api/cases")).json()["items"]
        assert own["appeal"]["answer"] == "The picture was looked at again, and the decision was changed."
        async with site.sql() as sql:
            noted = await sql.execute(
                "SELECT count(*) FROM audit_log WHERE action = 'case.decided' AND subject = ANY(%s)",
                ([mine["id"], theirs["id"]],),
            )
            assert await noted.fetchone() == (2,)

    async def test_an_appeal_that_comes_while_another_is_granted_is_not_left_open(
        self, site: Site, ada: Somebody, bea: Somebody, mo: Somebody, shared: dict[str, Any], copy: Any, refused: str
    ) -> None:
        appeal = f"/api/cases/{refused}/appeal"
        await ada.http.post(appeal, json={"words": "Ketchup."})
        case = (await mo.case_of(shared))["id"]
        await mo.http.post(f"/api/moderation/cases/{case}/claim")
        granted, appealed = await asyncio.gather(
            mo.http.post(f"/api/moderation/cases/{case}/decide", json={"decision": "approve"}),
            bea.http.post(appeal, json={"words": "Paint."}),
        )
        assert granted.status_code == 200
        assert appealed.status_code in (204, 409)
        async with site.sql() as sql:
            left = await sql.execute(
                "SELECT count(*) FROM cases WHERE appeal_of = %s AND decided_at IS NULL", (refused,)
            )
            assert await left.fetchone() == (0,)
        assert await mo.sees(shared)

    async def test_what_was_denied_to_one_may_be_granted_to_the_other(
        self,
        ada: Somebody,
        bea: Somebody,
        mo: Somebody,
        shared: dict[str, Any],
        copy: dict[str, Any],
        refused: str,
    ) -> None:
        appeal = f"/api/cases/{refused}/appeal"
        await ada.http.post(appeal, json={"words": "Ketchup."})
        assert (await mo.decide((await mo.case_of(shared))["id"], "refuse", "It is not.")).status_code == 200
        assert await bea.told() == ["refused", "held"], "the answer to Ada is Ada's"
        assert (await bea.http.post(appeal, json={"words": "Paint."})).status_code == 204
        assert (await bea.http.post(appeal, json={"words": "Twice."})).json()["code"] == "no_appeal"
        assert (await mo.decide((await mo.case_of(copy))["id"], "approve")).status_code == 200
        assert await mo.sees(shared)
        assert (await ada.http.get("/api/cases")).json()["score"] == 0

    async def test_nobody_else_appeals(
        self, site: Site, ada: Somebody, bea: Somebody, mia: Somebody, mo: Somebody, copy: dict[str, Any], refused: str
    ) -> None:
        appeal = f"/api/cases/{refused}/appeal"
        assert (await ada.http.post(appeal, json={"words": "Mine."})).status_code == 204
        async with site.sql() as sql:
            found = await sql.execute("SELECT id FROM cases WHERE appeal_of = %s", (refused,))
            row = await found.fetchone()
        assert row is not None
        async with somebody(site, "Eve") as eve, somebody(site, "Guest", guest=True) as guest:
            await eve.upload(next(_seeds))
            for stranger in (eve, guest, mia, mo):
                assert (await stranger.http.post(appeal, json={"words": "Mine!"})).status_code == 404
                assert (await stranger.http.get("/api/cases")).json()["items"] == []
        others = await bea.http.post(f"/api/cases/{row[0]}/appeal", json={"words": "Mine!"})
        assert others.status_code == 404, "another's appeal is nobody's matter"
        assert (await bea.http.delete(f"/api/images/{copy['id']}")).status_code == 204
        assert (await bea.http.post(appeal, json={"words": "It was mine."})).status_code == 404
        assert (await bea.http.get("/api/cases")).json()["items"] == []

    async def test_who_comes_to_it_later_has_their_own_thirty_days(
        self, site: Site, ada: Somebody, mo: Somebody, bea: Somebody, shared: dict[str, Any]
    ) -> None:
        data = (await ada.http.get(shared["url"])).content
        await hide(site, shared)
        case = (await mo.case_of(shared))["id"]
        assert (await mo.decide(case, "refuse", "Gore.")).status_code == 200
        async with site.sql() as sql:
            await sql.execute("UPDATE cases SET decided_at = now() - interval '31 days' WHERE id = %s", (case,))
        sent = {"file": ("p.png", data, "image/png")}
        late = (await bea.http.post("/api/images", files=sent)).json()
        assert (late["state"], late["state_reason"]) == ("refused", "Gore.")
        [own] = (await bea.http.get("/api/cases")).json()["items"]
        assert (own["id"], own["image"]) == (case, late["id"])
        appeal = f"/api/cases/{case}/appeal"
        assert "30 days" in (await ada.http.post(appeal, json={"words": "Ketchup."})).json()["detail"]
        assert (await bea.http.post(appeal, json={"words": "Ketchup."})).status_code == 204
        async with site.sql() as sql:
            await sql.execute("DELETE FROM cases WHERE appeal_of = %s", (case,))
            await sql.execute("UPDATE images SET created_at = now() - interval '31 days' WHERE id = %s", (late["id"],))
        assert "30 days" in (await bea.http.post(appeal, json={"words": "Ketchup."})).json()["detail"]

    async def test_can_still_appeal_when_the_first_owner_has_left(
        self, ada: Somebody, bea: Somebody, mo: Somebody, copy: dict[str, Any], refused: str
    ) -> None:
        assert (await ada.http.post("/api/account/erase", json={"confirm": "Ada"})).status_code == 204
        [own] = (await bea.http.get("/api/cases")).json()["items"]
        assert (own["state"], own["strike"], own["image"]) == ("refused", False, copy["id"])
        assert (await bea.http.post(f"/api/cases/{own['id']}/appeal", json={"words": "Paint."})).status_code == 204
        assert (await mo.decide((await mo.case_of(copy))["id"], "approve")).status_code == 200
        assert (await bea.http.get(copy["url"])).status_code == 200

    async def test_decides_nothing_about_it(
        self, site: Site, ada: Somebody, mia: Somebody, mo: Somebody, shared: dict[str, Any]
    ) -> None:
        await copied(ada, mia, shared)
        await hide(site, shared)
        case = (await mo.case_of(shared))["id"]
        assert "your own" in (await mia.http.post(f"/api/moderation/cases/{case}/claim")).json()["detail"]
        assert (await mo.decide(case, "approve")).status_code == 200
        assert await mia.told() == ["approved", "held"]

    async def test_is_not_told_of_what_changed_nothing_for_them(
        self, ada: Somebody, bea: Somebody, mia: Somebody, shared: dict[str, Any], copy: dict[str, Any], site: Site
    ) -> None:
        async with somebody(site, "Eve") as eve:
            await eve.report(shared)
        assert (await mia.decide((await mia.case_of(shared))["id"], "approve")).status_code == 200
        assert await bea.told() == []
        assert (await bea.http.get("/api/cases")).json()["items"] == []

    async def test_a_guests_appeal_and_their_accounts_are_one(
        self, site: Site, ada: Somebody, bea: Somebody, shared: dict[str, Any], copy: dict[str, Any], refused: str
    ) -> None:
        async with somebody(site, "Guest", guest=True) as guest, Database(site.database_url) as database:
            async with site.sql() as sql:
                await sql.execute(
                    "INSERT INTO images (owner, sha256, width, height, alt, origin)"
                    " SELECT %s, sha256, width, height, alt, origin FROM images WHERE id = %s",
                    (guest.id, copy["id"]),
                )
            for person in (guest, bea):
                answer = await person.http.post(f"/api/cases/{refused}/appeal", json={"words": "Paint."})
                assert answer.status_code == 204
            async with database.transaction() as connection:
                await store.hand_over(connection, guest.id, bea.id)
        async with site.sql() as sql:
            found = await sql.execute("SELECT owner FROM cases WHERE appeal_of = %s", (refused,))
            assert await found.fetchall() == [(bea.id,)]


class TestStrikes:
    async def test_three_of_them_mute_and_their_score_fades(self, site: Site, ada: Somebody, mia: Somebody) -> None:
        for n in range(3):
            image = await ada.upload(next(_seeds))
            await ada.share(image)
            await hide(site, image)
            await mia.decide((await mia.case_of(image))["id"], "refuse", f"No {n}.", strike=True)
            person = (await ada.http.get("/api/session")).json()["person"]
            assert (person["slowed"], person["muted"]) == (n >= 1, n >= 2)
        async with site.sql() as sql:
            found = await sql.execute(
                "SELECT muted_until - now(), slowed_until - now() FROM people WHERE id = %s", (ada.id,)
            )
            row = await found.fetchone()
        assert row is not None
        muted, slowed = row
        assert (muted.days, slowed.days) == (7, 29), "30 days times log2(3 / 2.5), and log2(3 / 1.5)"


class TestTheBlockList:
    async def test_by_file_and_off_again(self, site: Site, ada: Somebody, mia: Somebody) -> None:
        data = file_of(scene(next(_seeds)))
        sent = {"file": ("p.png", data, "image/png")}
        answer = await mia.http.post("/api/moderation/blocklist/file", files=sent, data={"reason": "Known abroad."})
        assert answer.status_code == 201, answer.text
        entry = answer.json()
        assert (await ada.http.post("/api/images", files=sent)).json()["code"] == "image_blocked"
        assert (await mia.http.delete(f"/api/moderation/blocklist/{entry['id']}")).status_code == 204
        assert (await ada.http.post("/api/images", files=sent)).status_code == 201

    async def test_by_image(self, mia: Somebody, ada: Somebody) -> None:
        image = await ada.upload(next(_seeds))
        entry = await mia.http.post("/api/moderation/blocklist", json={"image": image["id"], "reason": "No."})
        assert entry.json()["from_image"] == image["id"]


class TestWhatIsKeptOfAPerson:
    async def test_the_export_holds_it_and_a_guest_who_signs_up_keeps_it(
        self, site: Site, shared: dict[str, Any]
    ) -> None:
        async with somebody(site, "Guest", guest=True) as guest:
            await guest.report(shared, words="Not nice.")
            up = await guest.http.post(
                "/api/sign-up", json={"username": f"guest{shared['id'][-8:]}", "password": "four words nobody joins"}
            )
            assert up.status_code == 201
            data = (await guest.http.get("/api/account/export")).content
            kept = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("moderation.json"))
            assert [report["words"] for report in kept["reports"]] == ["Not nice."]

    async def test_what_a_guest_reported_of_what_becomes_their_own_is_forgotten(
        self, site: Site, ada: Somebody, mia: Somebody, shared: dict[str, Any]
    ) -> None:
        async with somebody(site, "Guest", guest=True) as guest, Database(site.database_url) as database:
            await guest.report(shared)
            async with database.transaction() as connection:
                await store.hand_over(connection, guest.id, ada.id)
            assert (await mia.case_of(shared))["reports"] == 0
