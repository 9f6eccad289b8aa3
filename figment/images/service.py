"""Use cases of images: keep, find, show in any size, upload, sweep."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from figment.core.database import Connection, Database
from figment.core.errors import BodyTooLarge, NotFound
from figment.core.ids import uuid7
from figment.core.storage import BlobMissing, Storage
from figment.images import codec, store
from figment.images.errors import ImageTooManyPixels, ImageTypeRefused, ImageUnreadable, UploadNotThere
from figment.images.recipes import Recipe
from figment.images.schemas import Image, Upload
from figment.images.store import ImageRow

SIZES = (64, 128, 256, 512, 1024, 2048)
_FORMS = {"webp": "WEBP", "avif": "AVIF", "jpg": "JPEG", "png": "PNG"}
_THUMBS = (256, 512)
_UPLOAD_TTL_S = 900
_SWEEP_PAGE = 500


@dataclass(frozen=True, slots=True)
class File:
    """What is served at an address."""

    data: bytes
    mime: str


class Images:
    """Assets: each a row with an owner and a recipe, over a file named by its SHA-256."""

    def __init__(
        self, database: Database, storage: Storage, signing_key: bytes, upload_bytes: int, upload_pixels: int
    ) -> None:
        self._database = database
        self._storage = storage
        self._signing_key = signing_key
        self._upload_bytes = upload_bytes
        self._upload_pixels = upload_pixels
        # Decoding is memory: 40 megapixels are 160 MB. Two at a time, the others wait.
        self._decoding = asyncio.Semaphore(2)
        self._deriving: dict[tuple[str, str], asyncio.Task[File]] = {}

    # -- keep ---------------------------------------------------------------------------------------------------------

    async def announce(self, encoded: codec.Encoded) -> str:
        """Say that a file is about to be written, and give its SHA-256. Until `add` names it, it is swept after a while."""
        sha256 = hashlib.sha256(encoded.data).hexdigest()
        async with self._database.statements(relaxed=True) as connection:
            await store.touch_blob(connection, sha256, encoded.mime, len(encoded.data))
        return sha256

    async def write(self, sha256: str, encoded: codec.Encoded) -> None:
        """Put an announced file into storage. It is there for good when this returns, and may be named by a commit from then on."""
        await self._storage.put(_original_key(sha256, encoded.mime), encoded.data, encoded.mime)

    async def add(
        self,
        connection: Connection,
        owner: UUID,
        sha256: str,
        encoded: codec.Encoded,
        alt: str,
        recipe: Recipe | None = None,
    ) -> Image:
        """Name an announced file as an image of `owner`, in the caller's transaction. The file must be written before the commit."""
        row = ImageRow(
            id=uuid7(),
            owner=owner,
            sha256=sha256,
            mime=encoded.mime,
            bytes=len(encoded.data),
            width=encoded.width,
            height=encoded.height,
            alt=alt,
            recipe=recipe.model_dump(mode="json") if recipe else None,
            created_at=datetime.now(UTC),
        )
        await store.add_image(connection, row, recipe.key() if recipe else None, recipe.parent if recipe else None)
        return self.wire(row)

    async def upload(self, owner: UUID, data: bytes, alt: str = "") -> Image:
        """Keep what somebody sent, cleaned (`codec.clean_upload` says what can be wrong with it)."""
        return await self.keep(owner, await self.clean(data), alt)

    async def clean(self, data: bytes) -> codec.Encoded:
        """What somebody sent as it may be kept; nothing is kept yet.

        Raises:
            BodyTooLarge, ImageTypeRefused, ImageTooManyPixels, ImageUnreadable.
        """
        if len(data) > self._upload_bytes:
            raise BodyTooLarge(f"At most {self._upload_bytes // 1024} KiB are taken; this is {len(data) // 1024} KiB.")
        return await self._clean(data)

    async def keep(self, owner: UUID, encoded: codec.Encoded, alt: str = "") -> Image:
        """Keep a cleaned upload as an image of `owner`."""
        sha256 = await self.announce(encoded)
        await self.write(sha256, encoded)
        async with self._database.transaction() as connection:
            return await self.add(connection, owner, sha256, encoded, alt)

    async def _clean(self, data: bytes) -> codec.Encoded:
        async with self._decoding:
            return await asyncio.to_thread(codec.clean_upload, data, self._upload_pixels)

    async def begin_upload(self, owner: UUID, content_type: str) -> Upload:
        """An address to which the browser sends the file itself, past this server where storage is elsewhere."""
        async with self._database.transaction() as connection:
            upload, key, expires_at = await store.add_upload(connection, owner, "uploads/", content_type, _UPLOAD_TTL_S)
        presigned = await self._storage.presigned_put(key, _UPLOAD_TTL_S, content_type, self._upload_bytes)
        return Upload(
            id=upload,
            url=presigned.url,
            method=presigned.method,
            headers=presigned.headers,
            max_bytes=self._upload_bytes,
            expires_at=expires_at,
        )

    async def complete_upload(self, owner: UUID, upload: UUID, alt: str = "") -> Image:
        """Check and keep what was put at the address. What is refused is deleted; the upload may be tried again."""
        async with self._database.transaction() as connection:
            key = await store.find_upload(connection, upload, owner)
        if key is None:
            raise UploadNotThere
        try:
            # The size is asked for first: an object store takes more than we would, whatever the address said.
            if await self._storage.head(key) > self._upload_bytes:
                raise BodyTooLarge(f"At most {self._upload_bytes // 1024} KiB are taken.")
            encoded = await self._clean(await self._storage.get(key))
        except BlobMissing as missing:
            raise UploadNotThere from missing
        except (BodyTooLarge, ImageTooManyPixels, ImageTypeRefused, ImageUnreadable):
            await self._storage.delete(key)
            raise
        sha256 = await self.announce(encoded)
        await self.write(sha256, encoded)
        async with self._database.transaction() as connection:
            # With the image or not at all: completed twice at once, or again after a crash, it is still one image.
            if not await store.take_upload(connection, upload):
                raise UploadNotThere
            image = await self.add(connection, owner, sha256, encoded, alt)
        await self._storage.delete(key)
        return image

    # -- find ---------------------------------------------------------------------------------------------------------

    async def by_ids(self, connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Image]:
        found = await store.images_by_id(connection, ids) if ids else {}
        return {key: self.wire(row) for key, row in found.items()}

    async def owned(self, owner: UUID, image: UUID) -> ImageRow:
        """
        Raises:
            NotFound: there is no such image, or it is somebody else's.
        """
        async with self._database.statements() as connection:
            row = (await store.images_by_id(connection, [image])).get(image)
        if row is None or row.owner != owner:
            raise NotFound("There is no such image among yours.")
        return row

    async def all_owned(self, connection: Connection, owner: UUID, images: Sequence[UUID]) -> list[ImageRow]:
        """These images, in their order.

        Raises:
            NotFound: one of them is not there, or is somebody else's.
        """
        found = await store.images_by_id(connection, images)
        if any(image not in found or found[image].owner != owner for image in images):
            raise NotFound("One of these images is not among yours.")
        return [found[image] for image in images]

    async def set_favourite(self, owner: UUID, images: Sequence[UUID], favourite: bool) -> None:
        """
        Raises:
            NotFound: one of them is not there, or is somebody else's; nothing was changed.
        """
        async with self._database.transaction() as connection:
            if await store.set_favourite(connection, owner, images, favourite) != len(set(images)):
                raise NotFound("One of these images is not among yours.")

    async def rows(self, ids: Sequence[UUID]) -> dict[UUID, ImageRow]:
        """Whatever is left of these images, whose they are is the caller's to know."""
        async with self._database.statements() as connection:
            return await store.images_by_id(connection, ids)

    async def intact(self, row: ImageRow) -> bytes | None:
        """The file, or None when it is lost or no longer what its name says."""
        try:
            data = await self.original(row)
        except BlobMissing:
            return None
        digest = await asyncio.to_thread(hashlib.sha256, data)
        return data if digest.hexdigest() == row.sha256 else None

    async def original(self, row: ImageRow) -> bytes:
        return await self._storage.get(_original_key(row.sha256, row.mime))

    async def download_url(self, row: ImageRow, filename: str) -> str:
        """An address, good for a quarter of an hour, at which a browser saves the file under `filename`."""
        return await self._storage.presigned_get(_original_key(row.sha256, row.mime), _UPLOAD_TTL_S, filename)

    async def delete(self, connection: Connection, owner: UUID, images: Sequence[UUID]) -> None:
        """Forget images in the caller's transaction; their files go with the next sweep."""
        await store.delete_images(connection, owner, images)

    async def delete_one(self, owner: UUID, image: UUID) -> None:
        """
        Raises:
            NotFound: there is no such image, or it is somebody else's.
        """
        async with self._database.transaction() as connection:
            if not await store.delete_images(connection, owner, [image]):
                raise NotFound("There is no such image among yours.")

    # -- what is kept of a person (`figment.accounts.entrance.Keeper`) ------------------------------------------------

    async def all_of(self, owner: UUID) -> Sequence[UUID]:
        """Every image of `owner`, the oldest first."""
        async with self._database.statements() as connection:
            return await store.images_of(connection, owner)

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        await store.hand_over(connection, giver, taker)

    async def forget(self, connection: Connection, person: UUID) -> None:
        """Their files are due for the next sweep at once, and unfinished uploads are deleted."""
        await store.age_blobs_of(connection, person)
        for key in await store.delete_uploads_of(connection, person):
            await self._storage.delete(key)

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        """Nothing besides the images, which an archive holds with their recipes."""
        return {}

    def wire(self, row: ImageRow) -> Image:
        original = f"original.{codec.EXTENSION[row.mime]}"
        return Image(
            id=row.id,
            width=row.width,
            height=row.height,
            alt=row.alt,
            created_at=row.created_at,
            seed=(row.recipe or {}).get("seed"),
            favourite=row.favourite,
            url=self.file_url(row.sha256, original),
            thumbs={str(size): self.file_url(row.sha256, f"{size}.webp") for size in _THUMBS},
            download_url=f"/api/images/{row.id}/download",
            recipe_url=f"/api/images/{row.id}/recipe" if row.recipe else None,
        )

    # -- show ---------------------------------------------------------------------------------------------------------

    def file_url(self, sha256: str, variant: str) -> str:
        """The address of a file: whoever has it may look, and nobody can make one up."""
        return f"/files/{sha256}/{variant}?k={self._file_key(sha256)}"

    def _file_key(self, sha256: str) -> str:
        mac = hmac.digest(self._signing_key, b"file:" + sha256.encode(), "sha256")
        return base64.urlsafe_b64encode(mac[:18]).decode()

    async def file(self, sha256: str, variant: str, key: str) -> File:
        """The original, or a derived size, which is made when it is first asked for.

        Raises:
            NotFound: no such file or size, or the key is not this file's.
        """
        if not re.fullmatch(r"[0-9a-f]{64}", sha256) or not hmac.compare_digest(
            key.encode(), self._file_key(sha256).encode()
        ):
            raise NotFound
        stem, _, extension = variant.partition(".")
        if stem == "original":
            return await self._original_file(sha256, extension)
        # Compared as words: int() reads digits of every script, and each would be one more name of the same file.
        if extension not in _FORMS or stem not in map(str, SIZES):
            raise NotFound(f"Sizes are {', '.join(map(str, SIZES))}, as webp, avif, jpg or png.")
        return await self._derived_file(sha256, variant)

    async def _original_file(self, sha256: str, extension: str) -> File:
        mime = next((mime for mime, known in codec.EXTENSION.items() if known == extension), None)
        if mime is None:
            raise NotFound
        try:
            return File(await self._storage.get(_original_key(sha256, mime)), mime)
        except BlobMissing as missing:
            raise NotFound from missing

    async def _derived_file(self, sha256: str, variant: str) -> File:
        try:
            data = await self._storage.get(_derived_key(sha256, variant))
            return File(data, codec.MIME[_FORMS[variant.partition(".")[2]]])
        except BlobMissing:
            pass
        # Many ask for a new image's thumbnail at the same moment; it is made once, and survives the first asker's leaving.
        task = self._deriving.get((sha256, variant))
        if task is None:
            task = asyncio.create_task(self._derive(sha256, variant))
            self._deriving[sha256, variant] = task
            task.add_done_callback(lambda _: self._deriving.pop((sha256, variant), None))
        return await asyncio.shield(task)

    async def _derive(self, sha256: str, variant: str) -> File:
        size, _, extension = variant.partition(".")
        async with self._database.transaction() as connection:
            mime = await store.blob_mime(connection, sha256)
            if mime is None:
                raise NotFound
            await store.add_derivative(connection, sha256, variant)
        try:
            original = await self._storage.get(_original_key(sha256, mime))
        except BlobMissing as missing:
            raise NotFound from missing
        async with self._decoding:
            encoded = await asyncio.to_thread(codec.derive, original, int(size), _FORMS[extension])
        await self._storage.put(_derived_key(sha256, variant), encoded.data, encoded.mime)
        async with self._database.transaction() as connection:
            # Swept while it was made: nothing would remember the file that was just written.
            if not await store.has_derivative(connection, sha256, variant):
                await self._storage.delete(_derived_key(sha256, variant))
                raise NotFound
        return File(encoded.data, encoded.mime)

    # -- sweep --------------------------------------------------------------------------------------------------------

    async def sweep(self, older_than_s: float) -> int:
        """Delete files that no image names, and uploads that nobody completed. Gives how many."""
        swept = 0
        while True:
            async with self._database.transaction() as connection:
                orphans = await store.lock_orphans(connection, older_than_s, _SWEEP_PAGE)
                for sha256, mime in orphans:
                    # Files first: a crash in between leaves a row, which the next sweep finds again; the other way round
                    # leaves a file that nothing remembers.
                    for variant in await store.variants_of(connection, sha256):
                        await self._storage.delete(_derived_key(sha256, variant))
                    await self._storage.delete(_original_key(sha256, mime))
                    await store.delete_blob(connection, sha256)
                for key in await store.expired_uploads(connection, _SWEEP_PAGE):
                    await self._storage.delete(key)
            swept += len(orphans)
            if len(orphans) < _SWEEP_PAGE:
                return swept


def _original_key(sha256: str, mime: str) -> str:
    return f"images/{sha256[:2]}/{sha256}.{codec.EXTENSION[mime]}"


def _derived_key(sha256: str, variant: str) -> str:
    return f"derived/{sha256[:2]}/{sha256}/{variant}"
