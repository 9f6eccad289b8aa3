"""One contract for both kinds of storage: a folder with our own signed URLs, and a real S3 server with Amazon's."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from figment.core.errors import FigmentError
from figment.core.storage import (
    BadSignature,
    BlobMissing,
    BucketOptions,
    Storage,
    StorageUnavailable,
    content_disposition,
)
from tests.core.s3_server import S3, s3_server

KEY = "originals/ab/cd0123.png"
SIGNING_KEY = b"0123456789abcdef0123456789abcdef"
BASE = "https://figment.example"

NO_KEYS = [
    "",
    "/",
    "a//b",
    "/a",
    "a/",
    "..",
    "a/../b",
    "a/..",
    "./a",
    "a/.hidden",
    "a..b",
    "A",
    "a b",
    "a\n",
    "é",
    "a\\b",
]
NO_KEYS += ["a%2e", "a?b", "a#1", "a\x00", "a" * 600]

CHANGES = [{"expires": "99999999999"}, {"expires": "soon"}, {"expires": ""}, {"max": "9999"}, {"max": "-"}]
CHANGES += [
    {"type": "text/html"},
    {"filename": "x.html"},
    {"sig": ""},
    {"sig": "0" * 64},
    {"sig": "é"},
    {"method": "GET"},
]


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


def open_s3(s3: S3, prefix: str, secret: str | None = None) -> Storage:
    options = BucketOptions(s3.endpoint, s3.region, s3.key_id, secret or s3.secret)
    return Storage.from_url(f"s3://{s3.bucket}/{prefix}", SIGNING_KEY, BASE, options)


@pytest.fixture
def folder(tmp_path: Path) -> Storage:
    return Storage.from_url(str(tmp_path / "blobs"), SIGNING_KEY, BASE)


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        opened: Storage = request.getfixturevalue("folder")
        return opened
    return open_s3(request.getfixturevalue("s3"), tmp_path.name)


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


class TestContract:
    """What every storage does."""

    async def test_gives_back_what_was_put(self, storage: Storage) -> None:
        for data in (b"", b"\x00\xff" * 3, os.urandom(3_000_000)):
            await storage.put(KEY, data, "image/png")
            assert await storage.get(KEY) == data
            assert await storage.head(KEY) == len(data)
            assert b"".join([piece async for piece in await storage.stream(KEY)]) == data

    async def test_large_blobs_come_in_pieces(self, storage: Storage) -> None:
        data = os.urandom(7_000_000)
        await storage.put(KEY, data, "image/png")
        pieces = [piece async for piece in await storage.stream(KEY)]
        assert b"".join(pieces) == data
        assert len(pieces) > 1

    async def test_missing_blobs_are_named(self, storage: Storage) -> None:
        assert not await storage.exists(KEY)
        for ask in (storage.get, storage.stream, storage.head):
            with pytest.raises(BlobMissing, match=KEY):
                await ask(KEY)

    async def test_put_and_delete_may_be_repeated(self, storage: Storage) -> None:
        for _ in range(2):
            await storage.put(KEY, b"same", "image/png")
        assert await storage.exists(KEY)
        for _ in range(2):
            await storage.delete(KEY)
        assert not await storage.exists(KEY)

    async def test_lists_below_a_prefix(self, storage: Storage) -> None:
        for key in ("a/b/c", "a/b/d.png", "a/bc", "z"):
            await storage.put(key, key.encode(), "text/plain")
        assert {found.key async for found in storage.list("a/b")} == {"a/b/c", "a/b/d.png"}
        assert {found.key async for found in storage.list("a/b/")} == {"a/b/c", "a/b/d.png"}
        assert [found async for found in storage.list("nothing/here")] == []
        everything = {found.key: found async for found in storage.list("")}
        assert set(everything) == {"a/b/c", "a/b/d.png", "a/bc", "z"}
        assert everything["a/bc"].size_bytes == 4
        assert abs(everything["z"].modified_at.timestamp() - time.time()) < 60

    @pytest.mark.parametrize("key", NO_KEYS)
    async def test_refuses_what_is_no_key(self, storage: Storage, key: str) -> None:
        for refused in (storage.get(key), storage.head(key), storage.delete(key), storage.put(key, b"", "text/plain")):
            with pytest.raises(ValueError, match="not a blob key"):
                await refused
        with pytest.raises(ValueError, match="not a blob key"):
            await storage.presigned_get(key, 60)

    @pytest.mark.parametrize("expires_s", [0, -5, 8 * 24 * 3600])
    async def test_refuses_to_sign_for_ever(self, storage: Storage, expires_s: int) -> None:
        with pytest.raises(ValueError, match="seconds"):
            await storage.presigned_get(KEY, expires_s)

    async def test_prefixes_keep_storages_apart(self, storage: Storage, s3: S3) -> None:
        await storage.put(KEY, b"mine", "image/png")
        assert not await open_s3(s3, "another").exists(KEY)


class TestS3:
    """A bucket's signed URLs, used as a browser would."""

    @pytest.fixture
    def storage(self, s3: S3, tmp_path: Path) -> Storage:
        return open_s3(s3, tmp_path.name)

    async def test_signed_get(self, storage: Storage, browser: httpx.AsyncClient) -> None:
        await storage.put(KEY, b"pixels", "image/png")
        url = await storage.presigned_get(KEY, 60)
        answer = await browser.get(url)
        assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"pixels", "image/png")
        assert (await browser.get(url.partition("?")[0])).status_code in (400, 403)
        assert (await browser.get(url.replace("cd0123", "cd0124"))).status_code == 403
        assert (await browser.put(url, content=b"other")).status_code == 403
        assert await storage.get(KEY) == b"pixels"

    async def test_signed_get_names_the_download(self, storage: Storage, browser: httpx.AsyncClient) -> None:
        await storage.put(KEY, b"pixels", "image/png")
        url = await storage.presigned_get(KEY, 60, 'ein "Bild" (1) & ü+.png')
        answer = await browser.get(url)
        assert answer.content == b"pixels"
        assert answer.headers["content-disposition"] == content_disposition('ein "Bild" (1) & ü+.png')
        assert (await browser.get(url.replace("Bild", "Wild"))).status_code == 403

    async def test_signed_put_is_bound_to_its_content_type(self, storage: Storage, browser: httpx.AsyncClient) -> None:
        upload = await storage.presigned_put(KEY, 60, "image/png", 1000)
        as_page = await browser.request(
            upload.method, upload.url, content=b"<script>", headers={"Content-Type": "text/html"}
        )
        assert as_page.status_code == 403
        assert not await storage.exists(KEY)
        answer = await browser.request(upload.method, upload.url, content=b"pixels", headers=upload.headers)
        assert answer.status_code == 200
        assert await storage.get(KEY) == b"pixels"
        assert (await browser.get(upload.url)).status_code == 403

    async def test_signed_urls_end(self, storage: Storage, browser: httpx.AsyncClient) -> None:
        await storage.put(KEY, b"pixels", "image/png")
        url = await storage.presigned_get(KEY, 1, "a.png")
        assert (await browser.get(url)).status_code == 200
        deadline = time.monotonic() + 10
        while (status := (await browser.get(url)).status_code) == 200 and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
        assert status == 403

    async def test_wrong_secret_is_our_fault_not_the_callers(self, s3: S3) -> None:
        with pytest.raises(StorageUnavailable):
            await open_s3(s3, "any", secret="wrong").get(KEY)

    async def test_no_server_is_said_within_a_limit(self) -> None:
        nowhere = Storage.from_url(
            "s3://bucket", SIGNING_KEY, BASE, BucketOptions("http://127.0.0.1:9", "us-east-1", "id", "secret")
        )
        began = time.monotonic()
        with pytest.raises(StorageUnavailable):
            await nowhere.put(KEY, b"pixels", "image/png")
        assert time.monotonic() - began < 25

    async def test_credentials_may_come_from_the_environment(self, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret)
        options = BucketOptions(endpoint=s3.endpoint, region=s3.region)
        storage = Storage.from_url(f"s3://{s3.bucket}/env", SIGNING_KEY, BASE, options)
        await storage.put(KEY, b"pixels", "image/png")
        assert "response-content-disposition" in await storage.presigned_get(KEY, 60, "a.png")

    async def test_a_bucket_grants_nothing_of_ours(self, storage: Storage) -> None:
        with pytest.raises(BadSignature):
            storage.check_signature("GET", KEY, {})


@dataclass(frozen=True)
class Request:
    """What the server's route sees of a signed URL."""

    method: str
    key: str
    query: dict[str, str]

    @classmethod
    def to(cls, url: str, method: str = "GET") -> "Request":
        assert url.startswith(f"{BASE}/blobs/")
        parts = urlsplit(url)
        return cls(method, parts.path.removeprefix("/blobs/"), dict(parse_qsl(parts.query)))

    def granted_by(self, storage: Storage, now: float | None = None) -> object:
        return storage.check_signature(self.method, self.key, self.query, now)


class TestFolder:
    """Our own signed URLs, and what a folder needs beyond the contract."""

    async def test_signed_get(self, folder: Storage) -> None:
        request = Request.to(await folder.presigned_get(KEY, 60, "my & picture=1.png"))
        for method in ("GET", "HEAD"):
            grant = folder.check_signature(method, request.key, request.query)
            assert (grant.method, grant.key, grant.filename) == ("GET", KEY, "my & picture=1.png")
            assert 0 < grant.expires - time.time() <= 60

    async def test_signed_put(self, folder: Storage) -> None:
        upload = await folder.presigned_put(KEY, 60, "image/png", 1000)
        request = Request.to(upload.url, upload.method)
        grant = folder.check_signature("PUT", request.key, request.query)
        assert (grant.content_type, grant.max_bytes, upload.headers) == (
            "image/png",
            1000,
            {"Content-Type": "image/png"},
        )

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "HEAD", "get", ""])
    async def test_other_methods_are_refused(self, folder: Storage, method: str) -> None:
        read = Request.to(await folder.presigned_get(KEY, 60), method)
        write = Request.to((await folder.presigned_put(KEY, 60, "image/png", 1000)).url, method)
        for request, allowed in ((read, {"GET", "HEAD"}), (write, {"PUT"})):
            if method in allowed:
                assert request.granted_by(folder)
                continue
            with pytest.raises(BadSignature):
                request.granted_by(folder)
            with pytest.raises(BadSignature):
                Request(method, request.key, request.query | {"method": method}).granted_by(folder)

    @pytest.mark.parametrize(
        "key", ["originals/ab/cd0124.png", "../secret", "originals/../../secret", "/etc/passwd", "", "A"]
    )
    async def test_other_keys_are_refused(self, folder: Storage, key: str) -> None:
        request = Request.to(await folder.presigned_get(KEY, 60))
        with pytest.raises(BadSignature):
            Request("GET", key, request.query).granted_by(folder)

    @pytest.mark.parametrize("change", CHANGES, ids=str)
    async def test_changed_urls_are_refused(self, folder: Storage, change: dict[str, str]) -> None:
        request = Request.to((await folder.presigned_put(KEY, 60, "image/png", 1000)).url, "PUT")
        assert request.granted_by(folder)
        with pytest.raises(BadSignature):
            Request("PUT", KEY, request.query | change).granted_by(folder)

    @pytest.mark.parametrize("left_out", ["expires", "method", "sig", "max", "type"])
    async def test_shortened_urls_are_refused(self, folder: Storage, left_out: str) -> None:
        request = Request.to((await folder.presigned_put(KEY, 60, "image/png", 1000)).url, "PUT")
        query = {name: value for name, value in request.query.items() if name != left_out}
        with pytest.raises(BadSignature):
            Request("PUT", KEY, query).granted_by(folder)

    async def test_parts_cannot_run_into_each_other(self, folder: Storage) -> None:
        request = Request.to(await folder.presigned_get(KEY, 60, "a&type=text/html"))
        split = request.query | {"filename": "a", "type": "text/html"}
        with pytest.raises(BadSignature):
            Request("GET", KEY, split).granted_by(folder)

    async def test_signed_urls_end(self, folder: Storage) -> None:
        request = Request.to(await folder.presigned_get(KEY, 60))
        assert request.granted_by(folder, time.time() + 58)
        with pytest.raises(BadSignature, match="expired"):
            request.granted_by(folder, time.time() + 60)

    async def test_another_key_signs_otherwise(self, folder: Storage, tmp_path: Path) -> None:
        other = Storage.from_url(str(tmp_path / "blobs"), b"another key of an installation", BASE)
        request = Request.to(await other.presigned_get(KEY, 60))
        with pytest.raises(BadSignature):
            request.granted_by(folder)
        with pytest.raises(ValueError, match="16 bytes"):
            Storage.from_url(str(tmp_path / "blobs"), b"short", BASE)

    async def test_folder_by_path_or_url(self, tmp_path: Path) -> None:
        place = tmp_path / "with space"
        by_path = Storage.from_url(str(place), SIGNING_KEY, BASE)
        by_url = Storage.from_url(place.as_uri(), SIGNING_KEY, BASE)
        await by_path.put(KEY, b"pixels", "image/png")
        assert by_path.is_local
        assert await by_url.get(KEY) == b"pixels" == (place / KEY).read_bytes()

    async def test_unfinished_writes_are_no_blobs(self, folder: Storage, tmp_path: Path) -> None:
        await folder.put(KEY, b"pixels", "image/png")
        unfinished = (tmp_path / "blobs" / KEY).with_name("cd0123.png#1")
        unfinished.write_bytes(b"pix")
        assert [found.key async for found in folder.list("")] == [KEY]

    def test_unknown_scheme(self) -> None:
        with pytest.raises(ValueError, match="s3://"):
            Storage.from_url("ftp://host/folder", SIGNING_KEY, BASE)

    def test_other_clouds_open_without_a_network(self) -> None:
        azure = BucketOptions(key_id="account", secret="c2VjcmV0")
        assert not Storage.from_url("az://container/prefix", SIGNING_KEY, BASE, azure).is_local
        assert not Storage.from_url("gs://bucket/prefix", SIGNING_KEY, BASE).is_local


async def test_azure_uploads_carry_the_header_that_azure_wants() -> None:
    azure = BucketOptions(key_id="account", secret="c2VjcmV0")
    upload = await Storage.from_url("az://container", SIGNING_KEY, BASE, azure).presigned_put(KEY, 60, "image/png", 10)
    assert upload.headers == {"Content-Type": "image/png", "x-ms-blob-type": "BlockBlob"}
    assert "sig" in parse_qs(urlsplit(upload.url).query)


def test_secrets_are_not_printed() -> None:
    assert "hush" not in repr(BucketOptions(secret="hush"))


def test_errors_have_codes_of_their_own() -> None:
    kinds: list[type[FigmentError]] = [BlobMissing, BadSignature, StorageUnavailable]
    assert [(kind.status, kind.code) for kind in kinds] == [
        (404, "blob_missing"),
        (403, "bad_signature"),
        (503, "storage_unavailable"),
    ]
