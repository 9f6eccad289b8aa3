"""An archive is whole, or says what it lacks, or breaks off: never short in silence."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.accounts import store as accounts_store
from figment.core.database import Database
from figment.core.storage import Storage, StorageUnavailable
from figment.images.archive import file_name, slug, zipped
from figment.images.perceptual import Perceptual
from figment.images.service import Images
from tests.http import Site
from tests.images.test_images import KEY, TEN_MB, noise, sent


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.from_url(str(tmp_path / "blobs"), KEY, "")


@pytest.fixture
def images(database: Database, storage: Storage) -> Images:
    return Images(database, storage, KEY, TEN_MB, 40_000_000, Perceptual(database))


@pytest.fixture
async def person(database: Database) -> UUID:
    async with database.transaction() as connection:
        return (await accounts_store.add_person(connection, "Ann")).id


async def upload(images: Images, person: UUID, count: int, side: int = 32) -> list[UUID]:
    return [(await images.upload(person, noise(side, side, n), alt=f"Picture {n}")).id for n in range(count)]


async def read(images: Images, ids: list[UUID]) -> zipfile.ZipFile:
    data = b"".join([piece async for piece in zipped(images, ids)])
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


def lines_of(archive: zipfile.ZipFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read("recipes.jsonl").decode().splitlines()]


def file_of(storage_folder: Path, sha256: str) -> Path:
    [path] = storage_folder.glob(f"blobs/images/*/{sha256}.png")
    return path


async def test_what_is_lost_damaged_or_deleted_is_told_and_the_rest_is_there(
    images: Images, person: UUID, tmp_path: Path
) -> None:
    kept, lost, damaged = await upload(images, person, 3)
    rows = await images.rows([kept, lost, damaged])
    file_of(tmp_path, rows[lost].sha256).unlink()
    path = file_of(tmp_path, rows[damaged].sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    deleted = uuid4()
    archive = await read(images, [lost, kept, damaged, deleted])
    assert archive.namelist() == ["0002-picture-0.png", "recipes.jsonl", "MISSING.txt"]
    assert archive.read("0002-picture-0.png") == await images.original(rows[kept])
    lines = {line["id"]: line for line in lines_of(archive)}
    assert [lines[str(image)]["file"] for image in (kept, lost, damaged, deleted)] == [
        "0002-picture-0.png",
        None,
        None,
        None,
    ]
    assert lines[str(kept)]["missing"] is None
    assert "damaged" in lines[str(lost)]["missing"]
    assert "damaged" in lines[str(damaged)]["missing"]
    assert "deleted" in lines[str(deleted)]["missing"]
    told = archive.read("MISSING.txt").decode()
    assert told.splitlines() == [
        f"0001-picture-1.png: {lines[str(lost)]['missing']}",
        f"0003-picture-2.png: {lines[str(damaged)]['missing']}",
        f"{deleted}: {lines[str(deleted)]['missing']}",
    ]


async def test_the_same_picture_twice_is_two_files(images: Images, person: UUID) -> None:
    first, second = [(await images.upload(person, noise(16, 16), alt="twin")).id for _ in range(2)]
    archive = await read(images, [first, second])
    assert archive.namelist()[:2] == ["0001-twin.png", "0002-twin.png"]


async def test_more_than_a_page_of_rows_comes_in_order(images: Images, person: UUID) -> None:
    ids = await upload(images, person, 3)
    with patch("figment.images.archive._PAGE", 2):
        archive = await read(images, ids)
    assert [line["id"] for line in lines_of(archive)] == [str(image) for image in ids]


async def test_files_are_read_as_the_archive_is_sent_and_let_go_of(images: Images, person: UUID) -> None:
    ids = await upload(images, person, 12, side=512)
    one = 512 * 512 * 3
    read_so_far = 0
    original = images.original

    async def counted(row: Any) -> bytes:
        nonlocal read_so_far
        read_so_far += 1
        return await original(row)

    with patch.object(images, "original", counted):
        pieces = zipped(images, ids)
        await anext(pieces)
        assert read_so_far == 1
        tracemalloc.start()
        try:
            async for _ in pieces:
                pass
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert read_so_far == 12
    assert peak < 4 * one


async def test_storage_that_fails_on_the_way_leaves_no_whole_archive(images: Images, person: UUID) -> None:
    ids = await upload(images, person, 3)
    received = b""

    async def receive() -> None:
        nonlocal received
        async for piece in zipped(images, ids):
            received += piece

    with patch.object(images, "original", _failing_after(images, 1)), pytest.raises(StorageUnavailable):
        await receive()
    assert b"0001-picture-0.png" in received
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(received))


def _failing_after(images: Images, good: int) -> Any:
    original = images.original
    count = 0

    async def failing(row: Any) -> bytes:
        nonlocal count
        count += 1
        if count > good:
            raise StorageUnavailable
        return await original(row)

    return failing


@pytest.fixture
async def prepared(site: Site, visitor: httpx.AsyncClient) -> str:
    """The address of an archive of three images on a real server."""
    ids = [(await sent(visitor, noise(40, 40, n)))["id"] for n in range(3)]
    answer = await visitor.post("/api/studio/archives", json={"images": ids})
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url


async def test_over_http_a_failure_on_the_way_breaks_the_connection(visitor: httpx.AsyncClient, prepared: str) -> None:
    whole = (await visitor.get(prepared)).content
    assert len(zipfile.ZipFile(io.BytesIO(whole)).namelist()) == 4
    read = Storage.get
    count = 0

    async def failing(self: Storage, key: str) -> bytes:
        nonlocal count
        count += 1
        if count > 2:
            raise StorageUnavailable
        return await read(self, key)

    with patch.object(Storage, "get", failing), pytest.raises(httpx.RemoteProtocolError):
        await visitor.get(prepared, timeout=90)


async def test_over_http_storage_that_is_away_at_once_is_a_503(visitor: httpx.AsyncClient, prepared: str) -> None:
    with patch.object(Storage, "get", side_effect=StorageUnavailable):
        answer = await visitor.get(prepared)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


@given(st.integers(1, 10_000), st.text(), st.none() | st.integers(0, 2**32 - 1))
def test_a_name_fits_every_file_system(nth: int, words: str, seed: int | None) -> None:
    name = file_name(nth, words, seed, "webp")
    assert len(name.encode()) <= 255
    assert not set(name) & set('/\\:*?"<>|\x00\n ')
    assert name.startswith(f"{nth:04d}-")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("A blue boat, at sunset!", "a-blue-boat-at-sunset"),
        ("../../etc/passwd", "etc-passwd"),
        ("海の船", "海の船"),
        ("___", ""),
        ("x" * 50, "x" * 40),
        ("x" * 39 + " yy", "x" * 39),
    ],
)
def test_words_as_a_part_of_a_name(words: str, expected: str) -> None:
    assert slug(words) == expected
