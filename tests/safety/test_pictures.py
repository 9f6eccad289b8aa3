"""Pictures are looked at before they are kept, by classifiers that see what the test says."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from figment.accounts import store as accounts_store
from figment.accounts.schemas import Person
from figment.core.database import Database
from figment.core.storage import Storage
from figment.images.perceptual import Perceptual
from figment.images.service import Images
from figment.safety.images import Finding
from figment.safety.moderating import Moderation
from figment.safety.pictures import PictureGate
from figment.safety.schemas import AppealRequest, CaseQuery, DecisionRequest
from figment.safety.screening import Screener
from figment.safety.service import Safety
from tests.images.scenes import file_of, scene

KEY = b"k" * 32
SCREENER = Screener()


class Seeing:
    """Sees gore in every picture, as surely as the test says."""

    def __init__(self) -> None:
        self.score = 0.0
        self.shapes: list[tuple[int, ...]] = []
        self.fails = False

    async def classify(self, pixels: NDArray[np.uint8]) -> list[Finding]:
        if self.fails:
            raise RuntimeError("out of memory")
        self.shapes.append(pixels.shape)
        return [Finding(0, "gore", self.score)]


@pytest.fixture
def seeing() -> Seeing:
    return Seeing()


@pytest.fixture
def images(database: Database, tmp_path: Path, seeing: Seeing) -> Images:
    storage = Storage.from_url(str(tmp_path), KEY, "")
    gate = PictureGate([seeing], SCREENER)
    return Images(database, storage, KEY, 10**7, 40_000_000, Perceptual(database), gate=gate)


async def person(database: Database, role: str = "user") -> Person:
    async with database.transaction() as connection:
        return await accounts_store.add_person(connection, "Ada", role=role, guest=False)


async def test_what_nobody_minds_is_kept_as_ever(images: Images, database: Database, seeing: Seeing) -> None:
    ada = await person(database)
    image = await images.upload(ada.id, file_of(scene(1, width=300, height=80)))
    assert image.state == "approved"
    assert seeing.shapes == [(1, 512, 512, 3)], "all of it, however long"
    assert (await Safety(database, images, SCREENER, 2).own_cases(ada)).items == []


@pytest.mark.parametrize(("score", "state"), [(0.6, "held"), (0.9, "refused")])
async def test_what_is_found_is_kept_where_nobody_sees_it_and_told(
    images: Images, database: Database, tmp_path: Path, seeing: Seeing, score: float, state: str
) -> None:
    ada, mia = await person(database), await person(database, "moderator")
    seeing.score = score
    image = await images.upload(ada.id, file_of(scene(2)))
    assert (image.state, image.state_reason) == (state, "Graphic violence is not made here.")
    assert image.url == f"/api/images/{image.id}/picture"
    assert [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.png")] == ["hidden"]
    safety = Safety(database, images, SCREENER, 2)
    [case] = (await safety.own_cases(ada)).items
    assert case.state == ("waiting" if state == "held" else "refused")
    assert not case.strike, "a model made it"
    [notice] = (await safety.notices(ada)).items
    assert notice.kind == state
    moderation = Moderation(database, images, Perceptual(database))
    waiting = (await moderation.cases(mia, CaseQuery())).items
    assert [one.image and one.image.id for one in waiting] == ([image.id] if state == "held" else [])


async def test_what_a_moderator_approved_is_not_held_again(images: Images, database: Database, seeing: Seeing) -> None:
    ada, mia = await person(database), await person(database, "moderator")
    seeing.score = 0.6
    image = await images.upload(ada.id, file_of(scene(3)))
    moderation = Moderation(database, images, Perceptual(database))
    [case] = (await moderation.cases(mia, CaseQuery())).items
    await moderation.claim(mia, case.id)
    await moderation.decide(mia, case.id, DecisionRequest(decision="approve"))
    again = await images.upload(ada.id, file_of(scene(3)))
    assert again.state == "approved"
    assert again.url == images.wire(await images.owned(ada.id, image.id)).url
    assert (await moderation.cases(mia, CaseQuery())).total == 0


async def test_one_file_that_was_refused_to_two_is_given_back_to_both(
    images: Images, database: Database, seeing: Seeing
) -> None:
    ada, bea, mia = await person(database), await person(database), await person(database, "moderator")
    safety, moderation = Safety(database, images, SCREENER, 2), Moderation(database, images, Perceptual(database))
    seeing.score = 0.9
    mine = await images.upload(ada.id, file_of(scene(6)))
    theirs = await images.upload(bea.id, file_of(scene(6)))
    [case] = (await safety.own_cases(ada)).items
    [other] = (await safety.own_cases(bea)).items
    assert (case.image, other.image) == (mine.id, theirs.id)
    assert case.id != other.id, "each has a case of their own, and is not shown the other's"
    await safety.appeal(bea, other.id, AppealRequest(words="It is paint."))
    [waiting] = (await moderation.cases(mia, CaseQuery())).items
    await moderation.claim(mia, waiting.id)
    await moderation.decide(mia, waiting.id, DecisionRequest(decision="approve"))
    assert [(await images.owned(who.id, image.id)).state for who, image in ((ada, mine), (bea, theirs))] == [
        "approved",
        "approved",
    ]
    for who, kind in ((ada, "approved"), (bea, "appeal_granted")):
        [own] = (await safety.own_cases(who)).items
        assert own.state == "approved"
        assert (await safety.notices(who)).items[0].kind == kind


async def test_a_check_that_fails_does_not_look_like_one_that_passed(
    images: Images, database: Database, seeing: Seeing
) -> None:
    ada = await person(database)
    seeing.fails = True
    with pytest.raises(RuntimeError, match="out of memory"):
        await images.upload(ada.id, file_of(scene(4)))
    assert list(await images.all_of(ada.id)) == []


async def test_what_a_crash_left_in_the_open_is_moved_later(images: Images, database: Database, tmp_path: Path) -> None:
    ada = await person(database)
    image = await images.upload(ada.id, file_of(scene(5)))
    row = await images.owned(ada.id, image.id)
    async with database.transaction() as connection:
        await images.set_state(connection, row.sha256, "held", "Looked at.")
    assert [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.png")] == ["images"]
    assert await images.move_missed() == 1
    assert [path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.png")] == ["hidden"]
    assert await images.move_missed() == 0
    await images.delete_one(ada.id, image.id)
    async with database.transaction() as connection:
        await connection.execute("UPDATE blobs SET touched_at = '-infinity'")
    assert await images.sweep(0) == 1
    assert list(tmp_path.rglob("*.png")) == [], "what is hidden is swept like everything else"


def places(folder: Path) -> list[str]:
    return [path.relative_to(folder).parts[0] for path in folder.rglob("*.png")]


async def test_what_is_hidden_before_its_file_was_written_is_hidden_after(
    images: Images, database: Database, tmp_path: Path
) -> None:
    ada = await person(database)
    picture = await images.clean(file_of(scene(6)))
    announced = await images.announce(picture)
    async with database.transaction() as connection:
        await images.set_state(connection, announced.sha256, "held", "Looked at.")
    await images.move(announced.sha256)
    await images.write(announced, picture)
    async with database.transaction() as connection:
        image = await images.add(connection, ada.id, announced, picture, "")
    assert image.state == "held"
    assert places(tmp_path) == ["images"]
    await images.settle(announced, image)
    assert places(tmp_path) == ["hidden"]


async def test_who_hides_a_file_that_is_being_named_waits_and_finds_it(
    images: Images, database: Database, tmp_path: Path
) -> None:
    ada = await person(database)
    picture = await images.clean(file_of(scene(7)))
    announced = await images.announce(picture)

    async def hide() -> None:
        async with database.transaction() as connection:
            await images.set_state(connection, announced.sha256, "held", "Looked at.")
        await images.move(announced.sha256)

    async with database.transaction() as connection:
        image = await images.add(connection, ada.id, announced, picture, "")
        hiding = asyncio.create_task(hide())
        done, _ = await asyncio.wait({hiding}, timeout=0.2)
        assert not done
        await images.write(announced, picture)
    await images.settle(announced, image)
    await hiding
    assert places(tmp_path) == ["hidden"]


async def test_another_copy_of_what_is_hidden_is_not_left_in_the_open(
    images: Images, database: Database, tmp_path: Path
) -> None:
    ada, eve = await person(database), await person(database)
    data = file_of(scene(8))
    announced = await images.announce(await images.clean(data))
    await images.upload(ada.id, data)
    async with database.transaction() as connection:
        await images.set_state(connection, announced.sha256, "held", "Looked at.")
    await images.move(announced.sha256)
    again = await images.upload(eve.id, data)
    assert again.state == "held"
    assert places(tmp_path) == ["hidden"]
