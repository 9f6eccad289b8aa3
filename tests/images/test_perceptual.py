"""The block list: what looks like a blocked picture is kept nowhere, and what was kept before anybody looked is looked at."""

from __future__ import annotations

import io
from collections.abc import Callable
from uuid import UUID, uuid4

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from figment.accounts import store as accounts_store
from figment.core.database import Database
from figment.core.errors import InvalidInput, NotFound
from figment.images.pdq import THRESHOLD
from figment.images.perceptual import Perceptual
from tests.images.conftest import Workshop
from tests.images.scenes import file_of, scene


@pytest.fixture
async def moderator(database: Database) -> UUID:
    async with database.transaction() as connection:
        return (await accounts_store.add_person(connection, "Mo")).id


def halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize((pixels.shape[1] // 2, pixels.shape[0] // 2)))


CHANGES: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "itself": lambda pixels: pixels,
    "jpeg": lambda pixels: np.asarray(Image.open(io.BytesIO(file_of(pixels, "JPEG", quality=30)))),
    "half": halved,
    "mirror": lambda pixels: pixels[:, ::-1],
    "turned": lambda pixels: np.rot90(pixels),
    "turned and mirrored": lambda pixels: np.rot90(pixels[::-1], 3),
}


class TestBlockList:
    @pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
    async def test_a_changed_copy_is_found(
        self, database: Database, moderator: UUID, change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    ) -> None:
        perceptual = Perceptual(database)
        for seed in range(10, 15):
            await perceptual.block_pixels(scene(seed), "a neighbour in the list", moderator)
        entry = await perceptual.block_pixels(scene(1), "not here", moderator)
        match = await perceptual.blocked(np.ascontiguousarray(change(scene(1))))
        assert match is not None
        assert match.entry == entry
        assert match.distance <= THRESHOLD
        assert (match.entry.reason, match.entry.added_by) == ("not here", moderator)

    async def test_another_picture_and_a_crop_are_not(self, database: Database, moderator: UUID) -> None:
        perceptual = Perceptual(database)
        await perceptual.block_pixels(scene(1), "not here", moderator)
        assert await perceptual.blocked(scene(2)) is None
        assert await perceptual.blocked(np.ascontiguousarray(scene(1)[80:, 80:])) is None

    async def test_what_is_unblocked_is_taken_again(self, database: Database, moderator: UUID) -> None:
        perceptual = Perceptual(database)
        entry = await perceptual.block_pixels(scene(1), "a mistake", moderator)
        assert [one.id for one in await perceptual.entries()] == [entry.id]
        await perceptual.unblock(entry.id)
        assert await perceptual.blocked(scene(1)) is None
        with pytest.raises(NotFound):
            await perceptual.unblock(entry.id)

    async def test_what_cannot_be_recognised_cannot_be_blocked(self, database: Database, moderator: UUID) -> None:
        perceptual = Perceptual(database)
        with pytest.raises(InvalidInput, match="too flat"):
            await perceptual.block_pixels(np.full((64, 64, 3), 10, np.uint8), "grey", moderator)
        with pytest.raises(InvalidInput, match="Say why"):
            await perceptual.block_pixels(scene(1), "  ", moderator)
        with pytest.raises(NotFound):
            await perceptual.block(uuid4(), "not here", moderator)


class TestKeeping:
    async def test_a_blocked_upload_is_refused_in_every_way_and_leaves_nothing(self, workshop: Workshop) -> None:
        kept = await workshop.upload(file_of(scene(1)))
        me = await person(workshop)
        entry = await workshop.house.perceptual.block(UUID(kept["id"]), "not here", me)
        assert entry.from_image == UUID(kept["id"])
        mirrored = file_of(np.ascontiguousarray(scene(1)[:, ::-1]), "JPEG", quality=70)
        before = await blobs(workshop)
        answer = await workshop.client.post("/api/images", files={"file": ("a.jpg", mirrored, "image/jpeg")})
        assert (answer.status_code, answer.json()["code"]) == (422, "image_blocked")
        begun = (await workshop.client.post("/api/images/uploads", json={"content_type": "image/jpeg"})).json()
        await workshop.client.request(begun["method"], begun["url"], headers=begun["headers"], content=mirrored)
        answer = await workshop.client.post(f"/api/images/uploads/{begun['id']}/complete")
        assert (answer.status_code, answer.json()["code"]) == (422, "image_blocked")
        assert await blobs(workshop) == before
        assert [path for path in (workshop.house.settings.data / "blobs").rglob("uploads/*") if path.is_file()] == []
        assert (await workshop.client.get(f"/api/images/{kept['id']}")).status_code == 200, (
            "what is kept is for moderators"
        )

    async def test_a_blocked_picture_that_is_made_ends_its_job(self, workshop: Workshop) -> None:
        me = await person(workshop)
        await workshop.house.perceptual.block_pixels(scene(21), "not here", me)
        job = await workshop.make(seed=21)
        assert (job["state"], job["error"]["code"], job["error"]["retryable"]) == ("failed", "image_blocked", False)
        assert (await workshop.make(seed=22))["state"] == "succeeded"

    async def test_every_kept_file_has_its_hash_and_loses_it_with_the_file(self, workshop: Workshop) -> None:
        photo, made = await workshop.upload(file_of(scene(1))), await workshop.picture(seed=2)
        assert await hashed(workshop) == 2
        for image in (photo, made):
            await workshop.client.delete(f"/api/images/{image['id']}")
        await workshop.house.images.sweep(0)
        assert await hashed(workshop) == 0

    async def test_what_was_kept_before_is_looked_at(self, workshop: Workshop) -> None:
        await workshop.upload(file_of(scene(1)))
        await workshop.picture(seed=2)
        async with workshop.house.database.transaction() as connection:
            before = (await connection.execute("DELETE FROM image_hashes RETURNING *")).all()
        assert await workshop.house.images.look_at_missed() == 2
        assert await workshop.house.images.look_at_missed() == 0
        async with workshop.house.database.transaction() as connection:
            after = (await connection.execute("SELECT * FROM image_hashes")).all()
        assert sorted(before) == sorted(after)


async def person(workshop: Workshop) -> UUID:
    return UUID((await workshop.client.get("/api/session")).json()["person"]["id"])


async def blobs(workshop: Workshop) -> int:
    async with workshop.house.database.statements() as connection:
        return int((await connection.execute("SELECT count(*) FROM blobs")).scalar())


async def hashed(workshop: Workshop) -> int:
    async with workshop.house.database.statements() as connection:
        return int((await connection.execute("SELECT count(*) FROM image_hashes")).scalar())
