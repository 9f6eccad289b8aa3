"""Images over HTTP and in storage: what is taken, how it is shown, and that no file is lost or left."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import httpx
import numpy as np
import pytest
from PIL import Image

from figment.accounts import store as accounts_store
from figment.core.database import Database
from figment.core.errors import NotFound
from figment.core.storage import Storage, StorageUnavailable
from figment.images import codec, store
from figment.images.perceptual import Perceptual
from figment.images.service import Images
from figment.images.store import Announced
from tests.http import Site
from tests.images.test_codec import bomb, picture

KEY = b"0123456789abcdef0123456789abcdef"
TEN_MB = 10 * 1024 * 1024


async def send(client: httpx.AsyncClient, data: bytes, name: str = "a.png", field: str = "file") -> httpx.Response:
    return await client.post("/api/images", files={field: (name, data, "image/png")})


async def sent(client: httpx.AsyncClient, data: bytes) -> dict[str, Any]:
    answer = await send(client, data)
    assert answer.status_code == 201, answer.text
    image: dict[str, Any] = answer.json()
    return image


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    return body


def noise(width: int, height: int, seed: int = 0) -> bytes:
    """A PNG that no other test has."""
    out = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(out, "PNG", compress_level=0)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


class TestUpload:
    @pytest.mark.parametrize(
        ("data", "status", "code"),
        [
            (picture("PNG") + bytes(TEN_MB), 413, "body_too_large"),
            (bomb(50_000, 50_000), 413, "image_too_many_pixels"),
            (bomb(6400, 6400), 413, "image_too_many_pixels"),
            (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', 415, "image_type_refused"),
            (picture("TIFF"), 415, "image_type_refused"),
            (b"%PDF-1.7 " + bytes(100), 415, "image_type_refused"),
            (b"", 415, "image_type_refused"),
            (picture("JPEG", (300, 300))[:900], 422, "image_unreadable"),
            (picture("PNG", (300, 300))[:-200], 422, "image_unreadable"),
        ],
        ids=["large", "bomb", "41-megapixels", "svg", "tiff", "pdf", "empty", "truncated-jpeg", "truncated-png"],
    )
    async def test_what_is_refused_says_why(
        self, visitor: httpx.AsyncClient, data: bytes, status: int, code: str
    ) -> None:
        refused = problem(await send(visitor, data), status, code)
        assert len(refused["detail"]) > 20

    async def test_exactly_ten_megabytes_are_taken_and_a_byte_more_is_not(self, visitor: httpx.AsyncClient) -> None:
        whole = picture("PNG")
        assert (await send(visitor, whole + bytes(TEN_MB - len(whole)))).status_code == 201
        problem(await send(visitor, whole + bytes(TEN_MB - len(whole) + 1)), 413, "body_too_large")

    async def test_without_a_length_the_limit_holds(self, visitor: httpx.AsyncClient) -> None:
        async def form() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
            for _ in range(11 * 16):
                yield bytes(64 * 1024)
            yield b"\r\n--x--\r\n"

        answer = await visitor.post(
            "/api/images", content=form(), headers={"content-type": "multipart/form-data; boundary=x"}
        )
        problem(answer, 413, "body_too_large")

    async def test_the_file_field_is_named_when_it_lacks(self, visitor: httpx.AsyncClient) -> None:
        for answer in (
            await send(visitor, picture("PNG"), field="picture"),
            await visitor.post("/api/images"),
            await visitor.post("/api/images", data={"file": "words"}),
            await visitor.post("/api/images", json={"file": "words"}),
        ):
            assert problem(answer, 422, "invalid_input")["errors"][0]["field"] == "file"

    async def test_a_form_that_cannot_be_read_is_a_400(self, visitor: httpx.AsyncClient) -> None:
        headers = {"content-type": "multipart/form-data"}
        assert (await visitor.post("/api/images", content=b"--", headers=headers)).status_code in (400, 422)

    async def test_gps_is_not_in_the_stored_file(self, site: Site, visitor: httpx.AsyncClient) -> None:
        exif = Image.Exif()
        exif[0x010E] = "at home"
        exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
        image = await sent(visitor, picture("JPEG", (90, 80), exif=exif, comment=b"secret comment"))
        shown = await visitor.get(image["url"])
        assert shown.headers["content-type"] == "image/jpeg"
        assert not opened(shown.content).getexif()
        name = hashlib.sha256(shown.content).hexdigest()
        kept = (site.data / "blobs" / "images" / name[:2] / f"{name}.jpg").read_bytes()
        assert kept == shown.content
        assert not any(word in kept for word in (b"at home", b"secret", b"Exif"))

    async def test_a_first_visitor_uploads_and_owns(self, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, picture("PNG", (33, 44)))
        mine = (await visitor.get(f"/api/images/{image['id']}")).json()
        assert mine == image
        assert (mine["width"], mine["height"], mine["seed"], mine["recipe_url"]) == (33, 44, None, None)

    async def test_an_upload_has_no_recipe_and_says_so(self, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, picture("PNG"))
        refused = problem(await visitor.get(f"/api/images/{image['id']}/recipe"), 404, "not_found")
        assert "uploaded" in refused["detail"]

    async def test_deleting_forgets_it_once(self, site: Site, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, picture("PNG"))
        async with site.visitor() as other:
            await other.post("/api/session")
            problem(await other.delete(f"/api/images/{image['id']}"), 404, "not_found")
        assert (await visitor.delete(f"/api/images/{image['id']}")).status_code == 204
        problem(await visitor.delete(f"/api/images/{image['id']}"), 404, "not_found")
        problem(await visitor.get(f"/api/images/{image['id']}"), 404, "not_found")
        problem(await visitor.get("/api/images/not-an-id"), 422, "invalid_input")


class TestFiles:
    @pytest.mark.parametrize(("form", "mime"), [("webp", "image/webp"), ("avif", "image/avif"), ("jpg", "image/jpeg")])
    async def test_derived_sizes(self, visitor: httpx.AsyncClient, form: str, mime: str) -> None:
        image = await sent(visitor, noise(400, 200))
        for size, expected in [(128, (128, 64)), (1024, (400, 200))]:
            answer = await visitor.get(variant(image, f"{size}.{form}"))
            assert answer.headers["content-type"] == mime
            assert opened(answer.content).size == expected

    async def test_png_keeps_transparency(self, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, picture("PNG", (300, 300), mode="RGBA"))
        assert opened((await visitor.get(variant(image, "64.png"))).content).mode == "RGBA"
        assert opened((await visitor.get(variant(image, "64.jpg"))).content).mode == "RGB"

    async def test_addresses_never_change_what_they_show(self, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, noise(40, 40, 1))
        for url in (image["url"], *image["thumbs"].values()):
            shown = await visitor.get(url)
            assert shown.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert shown.headers["x-content-type-options"] == "nosniff"
            again = await visitor.get(url, headers={"If-None-Match": shown.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["cache-control"] == shown.headers["cache-control"]
        assert len({(await visitor.get(url)).headers["etag"] for url in (image["url"], *image["thumbs"].values())}) == 3

    @pytest.mark.parametrize(
        "name",
        [
            "100.webp",
            "0128.webp",
            "128",
            "128.gif",
            "128.svg",
            "-128.webp",
            "128.webp.png",
            "4096.webp",
            "%D9%A1%D9%A2%D9%A8.webp",
            "original",
            "original.webp",
            "original.gif",
            "original.svg",
        ],
    )
    async def test_what_is_not_in_the_list_is_not_there(self, visitor: httpx.AsyncClient, name: str) -> None:
        image = await sent(visitor, picture("PNG"))
        problem(await visitor.get(variant(image, name)), 404, "not_found")

    @pytest.mark.parametrize("key", ["", "A" * 24, "%C3%A9", "%00"])
    async def test_nobody_can_make_up_an_address(self, visitor: httpx.AsyncClient, key: str) -> None:
        image = await sent(visitor, picture("PNG"))
        problem(await visitor.get(f"{image['url'].partition('?')[0]}?k={key}"), 404, "not_found")

    async def test_the_key_of_one_file_opens_no_other(self, visitor: httpx.AsyncClient) -> None:
        first, second = await sent(visitor, noise(9, 9, 2)), await sent(visitor, noise(9, 9, 3))
        swapped = first["url"].partition("?")[0] + "?" + second["url"].partition("?")[2]
        problem(await visitor.get(swapped), 404, "not_found")

    async def test_whoever_has_the_address_may_look(self, site: Site, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, picture("PNG"))
        async with site.visitor() as nobody:
            assert (await nobody.get(image["thumbs"]["256"])).status_code == 200

    async def test_download_is_a_signed_address_that_saves_a_file(self, site: Site, visitor: httpx.AsyncClient) -> None:
        image = await sent(visitor, noise(50, 50, 4))
        redirect = await visitor.get(image["download_url"])
        assert (redirect.status_code, redirect.headers["cache-control"]) == (307, "no-store")
        async with site.visitor() as nobody:
            saved = await nobody.get(redirect.headers["location"])
        assert saved.headers["content-disposition"].startswith('attachment; filename="figment-')
        assert saved.headers["content-type"] == "image/png"
        assert saved.content == (await visitor.get(image["url"])).content
        changed = redirect.headers["location"].replace("figment-", "evil-")
        problem(await visitor.get(changed), 403, "bad_signature")


def variant(image: dict[str, Any], name: str) -> str:
    path, _, query = image["url"].partition("?")
    return f"{path.rpartition('/')[0]}/{name}?{query}"


class TestPresignedUpload:
    async def begun(self, client: httpx.AsyncClient, mime: str = "image/png") -> dict[str, Any]:
        answer = await client.post("/api/images/uploads", json={"content_type": mime})
        assert answer.status_code == 201, answer.text
        upload: dict[str, Any] = answer.json()
        return upload

    async def put(self, client: httpx.AsyncClient, upload: dict[str, Any], data: bytes) -> httpx.Response:
        return await client.request(upload["method"], upload["url"], content=data, headers=upload["headers"])

    async def complete(self, client: httpx.AsyncClient, upload: dict[str, Any]) -> httpx.Response:
        return await client.post(f"/api/images/uploads/{upload['id']}/complete")

    async def test_begin_put_complete(self, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        assert upload["max_bytes"] == TEN_MB
        assert (await self.put(visitor, upload, noise(20, 10, 5))).status_code == 204
        image = (await self.complete(visitor, upload)).json()
        assert (image["width"], image["height"]) == (20, 10)
        assert (await visitor.get(image["url"])).status_code == 200
        problem(await self.complete(visitor, upload), 409, "upload_not_there")

    async def test_completed_twice_at_once_is_one_image(self, site: Site, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        await self.put(visitor, upload, noise(20, 10, 6))
        answers = await asyncio.gather(*(self.complete(visitor, upload) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        owner = (await visitor.get("/api/session")).json()["person"]["id"]
        async with site.sql() as sql:
            found = await (await sql.execute("SELECT count(*) FROM images WHERE owner = %s", [owner])).fetchone()
        assert found == (1,)

    async def test_nothing_was_put(self, visitor: httpx.AsyncClient) -> None:
        problem(await self.complete(visitor, await self.begun(visitor)), 409, "upload_not_there")

    async def test_somebody_elses(self, site: Site, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        await self.put(visitor, upload, picture("PNG"))
        async with site.visitor() as other:
            problem(await self.complete(other, upload), 401, "not_signed_in")
            await other.post("/api/session")
            problem(await self.complete(other, upload), 409, "upload_not_there")
        assert (await self.complete(visitor, upload)).status_code == 201

    async def test_what_is_refused_is_deleted_and_may_be_sent_again(
        self, site: Site, visitor: httpx.AsyncClient
    ) -> None:
        upload = await self.begun(visitor)
        blob = site.data / "blobs" / urlsplit(upload["url"]).path.removeprefix("/blobs/")
        await self.put(visitor, upload, b"<svg/>")
        assert blob.exists()
        problem(await self.complete(visitor, upload), 415, "image_type_refused")
        assert not blob.exists()
        await self.put(visitor, upload, picture("PNG"))
        assert (await self.complete(visitor, upload)).status_code == 201
        assert not blob.exists()

    async def test_too_large_is_refused_where_it_is_put(self, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        problem(await self.put(visitor, upload, bytes(TEN_MB + 1)), 413, "body_too_large")
        problem(await self.complete(visitor, upload), 409, "upload_not_there")

    async def test_too_large_is_refused_however_it_came_there(self, site: Site, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        await self.put(visitor, upload, b"small")
        blob = site.data / "blobs" / urlsplit(upload["url"]).path.removeprefix("/blobs/")
        blob.write_bytes(picture("PNG") + bytes(TEN_MB))
        problem(await self.complete(visitor, upload), 413, "body_too_large")

    async def test_expired(self, site: Site, visitor: httpx.AsyncClient) -> None:
        upload = await self.begun(visitor)
        await self.put(visitor, upload, picture("PNG"))
        async with site.sql() as sql:
            await sql.execute(
                "UPDATE uploads SET expires_at = now() - interval '1 second' WHERE id = %s", [upload["id"]]
            )
        problem(await self.complete(visitor, upload), 409, "upload_not_there")

    @pytest.mark.parametrize(
        "change", [{"max": "99999999"}, {"type": "text/html"}, {"expires": "99999999999"}, {"sig": "0"}]
    )
    async def test_a_changed_address_is_refused(self, visitor: httpx.AsyncClient, change: dict[str, str]) -> None:
        upload = await self.begun(visitor)
        path, _, query = upload["url"].partition("?")
        changed = {**upload, "url": f"{path}?{urlencode({**dict(parse_qsl(query)), **change})}"}
        problem(await self.put(visitor, changed, picture("PNG")), 403, "bad_signature")
        elsewhere = {**upload, "url": upload["url"].replace("/uploads/", "/images/")}
        problem(await self.put(visitor, elsewhere, picture("PNG")), 403, "bad_signature")
        problem(await visitor.get(upload["url"]), 403, "bad_signature")

    @pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "image/heic", "", "image/png\n"])
    async def test_only_types_that_are_taken_can_be_begun(self, visitor: httpx.AsyncClient, mime: str) -> None:
        answer = await visitor.post("/api/images/uploads", json={"content_type": mime})
        assert problem(answer, 422, "invalid_input")["errors"][0]["field"] == "content_type"


@dataclass
class Shelf:
    """The service on a database and a folder of its own."""

    images: Images
    database: Database
    storage: Storage
    blobs: Path
    owner: UUID

    async def keep(self, seed: int = 0) -> tuple[UUID, str]:
        """An image, and its file's name."""
        image = await self.images.upload(self.owner, noise(80, 60, seed))
        async with self.database.transaction() as connection:
            row = (await store.images_by_id(connection, [image.id]))[image.id]
        return image.id, row.sha256

    async def show(self, sha256: str, name: str) -> bytes:
        return (await self.images.file(sha256, name, self.images.file_url(sha256, "x").partition("k=")[2])).data

    async def age(self) -> None:
        async with self.database.transaction() as connection:
            await connection.execute("UPDATE blobs SET touched_at = touched_at - interval '2 hours'")

    async def age_orphan(self, sha256: str) -> None:
        """Hours pass for a file that no image names."""
        async with self.database.transaction() as connection:
            await connection.execute(
                """
                    UPDATE blobs b SET touched_at = touched_at - interval '2 hours'
                    WHERE sha256 = %(sha256)s AND NOT EXISTS (SELECT FROM images i WHERE i.sha256 = b.sha256)
                """,
                {"sha256": sha256},
            )

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.blobs)) for path in self.blobs.rglob("*") if path.is_file())


@pytest.fixture
async def shelf(database: Database, data: Path) -> Shelf:
    storage = Storage.from_url(str(data / "blobs"), KEY, "")
    async with database.transaction() as connection:
        owner = (await accounts_store.add_person(connection, "Tester")).id
    return Shelf(
        Images(database, storage, KEY, TEN_MB, 40_000_000, Perceptual(database)),
        database,
        storage,
        data / "blobs",
        owner,
    )


class TestDerive:
    async def test_many_who_ask_at_once_get_one(self, shelf: Shelf) -> None:
        _, name = await shelf.keep()
        with patch.object(codec, "derive", wraps=codec.derive) as derive:
            shown = await asyncio.gather(*(shelf.show(name, "64.webp") for _ in range(20)))
            await shelf.show(name, "64.webp")
        assert derive.call_count == 1
        assert len(set(shown)) == 1

    async def test_it_is_made_even_if_the_first_who_asked_leaves(self, shelf: Shelf) -> None:
        _, name = await shelf.keep()
        first = asyncio.create_task(shelf.show(name, "64.webp"))
        await asyncio.sleep(0)
        second = asyncio.create_task(shelf.show(name, "64.webp"))
        await asyncio.sleep(0)
        first.cancel()
        assert opened(await second).size == (64, 48)

    async def test_a_failure_is_not_remembered(self, shelf: Shelf) -> None:
        _, name = await shelf.keep()
        with patch.object(Storage, "put", side_effect=StorageUnavailable), pytest.raises(StorageUnavailable):
            await shelf.show(name, "64.webp")
        assert opened(await shelf.show(name, "64.webp")).size == (64, 48)


class TestSweep:
    async def test_an_orphan_goes_with_all_that_was_made_of_it(self, shelf: Shelf) -> None:
        (gone, name), (_, kept) = await shelf.keep(1), await shelf.keep(2)
        for variant_name in ("64.webp", "256.avif"):
            await shelf.show(name, variant_name)
        await shelf.images.delete_one(shelf.owner, gone)
        assert await shelf.images.sweep(3600) == 0, "it was touched just now"
        await shelf.age()
        assert await shelf.images.sweep(3600) == 1
        assert shelf.files() == [f"images/{kept[:2]}/{kept}.png"]
        with pytest.raises(NotFound):
            await shelf.show(name, "64.webp")
        assert opened(await shelf.show(kept, "original.png")).size == (80, 60)

    async def test_a_file_that_two_images_share_stays_for_the_second(self, shelf: Shelf) -> None:
        (first, name), (second, same) = await shelf.keep(1), await shelf.keep(1)
        assert name == same
        await shelf.images.delete_one(shelf.owner, first)
        await shelf.age()
        assert await shelf.images.sweep(3600) == 0
        await shelf.images.delete_one(shelf.owner, second)
        assert await shelf.images.sweep(3600) == 1
        assert shelf.files() == []

    async def test_a_crash_between_file_and_row_is_mended(self, shelf: Shelf) -> None:
        image, name = await shelf.keep()
        await shelf.show(name, "64.webp")
        await shelf.images.delete_one(shelf.owner, image)
        await shelf.age()
        with patch.object(store, "delete_blob", side_effect=ConnectionError), pytest.raises(ConnectionError):
            await shelf.images.sweep(3600)
        assert shelf.files() == []
        assert await shelf.images.sweep(3600) == 1
        assert await shelf.images.sweep(3600) == 0

    async def test_a_storage_that_is_away_loses_nothing(self, shelf: Shelf) -> None:
        image, _ = await shelf.keep()
        await shelf.images.delete_one(shelf.owner, image)
        await shelf.age()
        with patch.object(Storage, "delete", side_effect=StorageUnavailable), pytest.raises(StorageUnavailable):
            await shelf.images.sweep(3600)
        assert await shelf.images.sweep(3600) == 1

    async def test_a_file_that_comes_again_while_it_is_swept_is_not_lost(self, shelf: Shelf) -> None:
        image, name = await shelf.keep(1)
        await shelf.images.delete_one(shelf.owner, image)
        await shelf.age()
        deleting, go_on = asyncio.Event(), asyncio.Event()
        delete = Storage.delete

        async def slowly(storage: Storage, key: str) -> None:
            await delete(storage, key)
            deleting.set()
            await go_on.wait()

        with patch.object(Storage, "delete", slowly):
            sweep = asyncio.create_task(shelf.images.sweep(3600))
            await deleting.wait()
            again = asyncio.create_task(shelf.keep(1))
            await asyncio.sleep(0.2)
            assert not again.done(), "it waits for the sweep that has the very same file"
            go_on.set()
            assert await sweep == 1
        assert (await again)[1] == name
        assert opened(await shelf.show(name, "original.png")).size == (80, 60)

    async def test_an_image_that_is_being_added_keeps_its_file(self, shelf: Shelf) -> None:
        image, name = await shelf.keep(1)
        await shelf.images.delete_one(shelf.owner, image)
        await shelf.age()
        async with shelf.database.transaction() as connection:
            await shelf.images.add(
                connection, shelf.owner, Announced(name), codec.Encoded(b"", "image/png", 80, 60), ""
            )
            assert await shelf.images.sweep(3600) == 0
        assert await shelf.images.sweep(3600) == 0
        assert opened(await shelf.show(name, "original.png")).size == (80, 60)

    async def test_a_size_made_while_its_file_is_swept_is_not_left_behind(self, shelf: Shelf) -> None:
        image, name = await shelf.keep(1)
        await shelf.images.delete_one(shelf.owner, image)
        await shelf.age()
        derive = codec.derive
        loop = asyncio.get_running_loop()

        def swept_meanwhile(data: bytes, longest_px: int, form: str) -> codec.Encoded:
            assert asyncio.run_coroutine_threadsafe(shelf.images.sweep(3600), loop).result(10) == 1
            return derive(data, longest_px, form)

        with patch.object(codec, "derive", swept_meanwhile), pytest.raises(NotFound):
            await shelf.show(name, "64.webp")
        assert shelf.files() == []

    @pytest.mark.parametrize("seed", range(3))
    async def test_storm(self, shelf: Shelf, seed: int) -> None:
        """Uploads, deletions, thumbnails and sweeps at once: what is named at the end is whole, and nothing else is there."""
        chance = random.Random(seed)
        kept: dict[UUID, str] = {}
        clocks = [asyncio.Lock() for _ in range(3)]
        names = [hashlib.sha256(codec.clean_upload(noise(80, 60, seed), 10**6).data).hexdigest() for seed in range(3)]

        async def visitor() -> None:
            for _ in range(6):
                seed = chance.randrange(3)
                async with clocks[seed]:
                    image, name = await shelf.keep(seed)
                await asyncio.sleep(chance.random() / 50)
                if chance.random() < 0.6:
                    await shelf.images.delete_one(shelf.owner, image)
                    continue
                kept[image] = name
                await shelf.show(name, "64.webp")

        async def sweeper() -> None:
            while True:
                for seed, name in enumerate(names):
                    # Not while somebody is between the writing and the naming of it: that takes no hours.
                    async with clocks[seed]:
                        await shelf.age_orphan(name)
                await shelf.images.sweep(3600)
                await asyncio.sleep(chance.random() / 100)

        sweepers = [asyncio.create_task(sweeper()) for _ in range(2)]
        await asyncio.gather(*(visitor() for _ in range(4)))
        for task in sweepers:
            task.cancel()
        await asyncio.gather(*sweepers, return_exceptions=True)
        await shelf.age()
        await shelf.images.sweep(3600)
        for name in kept.values():
            assert opened(await shelf.show(name, "original.png")).size == (80, 60)
        named = set(kept.values())
        assert {file.split("/")[2].removesuffix(".png") for file in shelf.files()} == named

    async def test_an_upload_that_nobody_completed_goes(self, shelf: Shelf) -> None:
        upload = await shelf.images.begin_upload(shelf.owner, "image/png")
        key = urlsplit(upload.url).path.removeprefix("/blobs/")
        await shelf.storage.put(key, picture("PNG"), "image/png")
        await shelf.images.sweep(0)
        assert await shelf.storage.exists(key)
        await self._pass_hours(shelf)
        await shelf.images.sweep(0)
        assert not await shelf.storage.exists(key)

    async def test_what_is_put_after_the_completion_goes_as_well(self, shelf: Shelf) -> None:
        upload = await shelf.images.begin_upload(shelf.owner, "image/png")
        key = urlsplit(upload.url).path.removeprefix("/blobs/")
        await shelf.storage.put(key, noise(9, 9, 7), "image/png")
        await shelf.images.complete_upload(shelf.owner, upload.id)
        await shelf.storage.put(key, noise(9, 9, 8), "image/png")
        await self._pass_hours(shelf)
        await shelf.images.sweep(3600)
        assert not await shelf.storage.exists(key)

    async def _pass_hours(self, shelf: Shelf) -> None:
        async with shelf.database.transaction() as connection:
            await connection.execute("UPDATE uploads SET expires_at = expires_at - interval '2 hours'")
