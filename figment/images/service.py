"""Use cases of images: keep, find, show in any size, hand over, upload, sweep."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from figment.core.database import Connection, Database
from figment.core.errors import BodyTooLarge, NotFound
from figment.core.ids import uuid7
from figment.core.storage import BlobMissing, Storage
from figment.images import codec, perceptual_store, provenance, store
from figment.images.errors import (
    ImageBlocked,
    ImageTooManyPixels,
    ImageTypeRefused,
    ImageUnreadable,
    ImageWithheld,
    UploadNotThere,
)
from figment.images.manifests import Ingredient, Signer
from figment.images.perceptual import Perceptual
from figment.images.provenance import Made
from figment.images.recipes import Recipe
from figment.images.schemas import Image, Preferences, PreferencesChange, SharedImage, Upload
from figment.images.store import Announced, Concern, ImageRow, Origin, State, Visibility

SIZES = (64, 128, 256, 512, 1024, 2048)
_FORMS = {"webp": "WEBP", "avif": "AVIF", "jpg": "JPEG", "png": "PNG"}
_THUMBS = (256, 512)
_UPLOAD_TTL_S = 900
_SWEEP_PAGE = 500
# Files of the same picture with a signature in them, for those who ask for more than to look at it.
_SIGNED = "signed-"


@dataclass(frozen=True, slots=True)
class File:
    """What is served at an address."""

    data: bytes
    mime: str


class Gate(Protocol):
    """Looks at pictures before they are kept."""

    async def look(self, data: bytes) -> Concern | None:
        """What is wrong with the picture in a file. Raises where it cannot say."""

    async def open(self, connection: Connection, image: UUID, owner: UUID, sha256: str, concern: Concern) -> None:
        """See to it that a person looks at an image that is held, and tell its owner; in the caller's transaction."""


class Images:
    """Assets: each a row with an owner and a recipe, over a file named by its SHA-256."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        signing_key: bytes,
        upload_bytes: int,
        upload_pixels: int,
        perceptual: Perceptual,
        signer: Signer | None = None,
        gate: Gate | None = None,
    ) -> None:
        self._database = database
        self._perceptual = perceptual
        self._signer = signer
        self._gate = gate
        self._storage = storage
        self._signing_key = signing_key
        self._upload_bytes = upload_bytes
        self._upload_pixels = upload_pixels
        # Decoding is memory: 40 megapixels are 160 MB. Two at a time, the others wait.
        self._decoding = asyncio.Semaphore(2)
        self._deriving: dict[tuple[str, str], asyncio.Task[File]] = {}

    # -- keep ---------------------------------------------------------------------------------------------------------

    async def announce(self, picture: codec.Picture) -> Announced:
        """Have a picture looked at, and say that its file is about to be written. Until `add` names it, it is swept after a while.

        Raises:
            ImageBlocked: it looks like a picture that is not kept here.
        """
        sha256 = hashlib.sha256(picture.data).hexdigest()
        concern = await self._gate.look(picture.data) if self._gate else None
        async with self._database.statements(relaxed=True) as connection:
            size = len(picture.data)
            state = await self._perceptual.announce(connection, sha256, picture.mime, size, concern, picture.prints)
        return Announced(sha256, concern, state)

    async def made(self, recipe: Recipe) -> Made:
        """What may be said of a picture made by this recipe. What it was made from decides, if need be through many edits."""
        sources = recipe.sources()
        async with self._database.statements() as connection:
            known = await store.origins(connection, sources) if sources else {}
        # What is gone by now may have been an upload.
        return Made(recipe.model, composite=any(known.get(source) != "made" for source in sources))

    async def write(self, announced: Announced, encoded: codec.Encoded) -> None:
        """Put an announced file into storage. It is there for good when this returns, and may be named by a commit from then on."""
        sha256 = announced.sha256
        await self._storage.put(_original_key(sha256, encoded.mime), encoded.data, encoded.mime)
        if announced.state != "approved":
            await self.move(sha256)

    async def settle(self, announced: Announced, image: Image) -> None:
        """Hide the file, after the commit, if somebody decided so since it was announced and before `add`: they found no file to hide."""
        if image.state != announced.state:
            await self.move(announced.sha256)

    async def add(
        self,
        connection: Connection,
        owner: UUID,
        announced: Announced,
        encoded: codec.Encoded,
        alt: str,
        recipe: Recipe | None = None,
        made: Made | None = None,
    ) -> Image:
        """Name an announced file as an image of `owner`, in the caller's transaction. The file must be written before the commit.

        What was made here has both a `recipe` and what it said of itself when it was encoded (`made`).

        Raises:
            ValueError: it has only one of them, so that it would go out as an upload.
        """
        if (recipe is None) != (made is None):
            raise ValueError("an image that was made has a recipe, and what `made` says of it")
        row = ImageRow(
            id=uuid7(),
            owner=owner,
            sha256=announced.sha256,
            mime=encoded.mime,
            bytes=len(encoded.data),
            width=encoded.width,
            height=encoded.height,
            alt=alt,
            recipe=recipe.model_dump(mode="json") if recipe else None,
            created_at=datetime.now(UTC),
            origin=_origin(made),
        )
        key, parent = (recipe.key(), recipe.parent) if recipe else (None, None)
        kept = await store.add_image(connection, row, key, parent)
        # A file of before may have been approved by a person: then nobody needs to look again.
        if self._gate and announced.concern and kept.state != "approved":
            await self._gate.open(connection, kept.id, owner, kept.sha256, announced.concern)
        return self.wire(kept)

    async def upload(self, owner: UUID, data: bytes, alt: str = "") -> Image:
        """Keep what somebody sent, cleaned (`codec.clean_upload` says what can be wrong with it)."""
        return await self.keep(owner, await self.clean(data), alt)

    async def clean(self, data: bytes) -> codec.Picture:
        """What somebody sent as it may be kept; nothing is kept yet.

        Raises:
            BodyTooLarge, ImageTypeRefused, ImageTooManyPixels, ImageUnreadable.
        """
        if len(data) > self._upload_bytes:
            raise BodyTooLarge(f"At most {self._upload_bytes // 1024} KiB are taken; this is {len(data) // 1024} KiB.")
        return await self._clean(data)

    async def look(self, data: bytes) -> codec.Prints:
        """What the picture in a file is recognised by. Nothing is kept; raises as `clean` does, and reads AVIF too."""
        if len(data) > self._upload_bytes:
            raise BodyTooLarge(f"At most {self._upload_bytes // 1024} KiB are taken; this is {len(data) // 1024} KiB.")
        async with self._decoding:
            return await asyncio.to_thread(codec.look, data, self._upload_pixels)

    async def keep(self, owner: UUID, encoded: codec.Picture, alt: str = "") -> Image:
        """Keep a cleaned upload as an image of `owner`."""
        announced = await self.announce(encoded)
        await self.write(announced, encoded)
        async with self._database.transaction() as connection:
            image = await self.add(connection, owner, announced, encoded, alt)
        await self.settle(announced, image)
        return image

    async def _clean(self, data: bytes) -> codec.Picture:
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
            announced = await self.announce(encoded)
        except BlobMissing as missing:
            raise UploadNotThere from missing
        except (BodyTooLarge, ImageBlocked, ImageTooManyPixels, ImageTypeRefused, ImageUnreadable):
            await self._storage.delete(key)
            raise
        await self.write(announced, encoded)
        async with self._database.transaction() as connection:
            # With the image or not at all: completed twice at once, or again after a crash, it is still one image.
            if not await store.take_upload(connection, upload):
                raise UploadNotThere
            image = await self.add(connection, owner, announced, encoded, alt)
        await self.settle(announced, image)
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

    async def usable(self, owner: UUID, image: UUID) -> ImageRow:
        """As `owned`, to make something of it.

        Raises:
            ImageWithheld: it is held or refused.
        """
        row = await self.owned(owner, image)
        if row.state != "approved":
            raise ImageWithheld
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
        """The file, or None when it is lost, no longer what its name says, or refused."""
        try:
            data = await self.original(row)
        except (BlobMissing, ImageWithheld):
            return None
        digest = await asyncio.to_thread(hashlib.sha256, data)
        return data if digest.hexdigest() == row.sha256 else None

    async def original(self, row: ImageRow) -> bytes:
        """The file, for the image's owner.

        Raises:
            ImageWithheld: it was refused.
        """
        if row.state == "refused":
            raise ImageWithheld
        return await self.evidence(row)

    async def evidence(self, row: ImageRow) -> bytes:
        """The file, wherever it lies: for those who decide about it."""
        key = _hidden_key if row.hidden else _original_key
        try:
            return await self._storage.get(key(row.sha256, row.mime))
        except BlobMissing:
            # It was moved since the row was read.
            other = _original_key if row.hidden else _hidden_key
            return await self._storage.get(other(row.sha256, row.mime))

    async def download_url(self, row: ImageRow, filename: str) -> str:
        """An address, good for a quarter of an hour, at which a browser saves the file under `filename`."""
        return await self._storage.presigned_get(_original_key(row.sha256, row.mime), _UPLOAD_TTL_S, filename)

    async def first_made(self, sha256: str) -> ImageRow | None:
        """The oldest image made here that is this file."""
        async with self._database.statements() as connection:
            return await store.first_made(connection, sha256)

    async def own_made(self, sha256: str, owner: UUID) -> ImageRow | None:
        """The image of `owner`, made here, that is this file."""
        async with self._database.statements() as connection:
            image = await store.own_made(connection, sha256, owner)
            return None if image is None else (await store.images_by_id(connection, [image])).get(image)

    # -- show to others -----------------------------------------------------------------------------------------------

    async def set_visibility(self, owner: UUID, image: UUID, visibility: Visibility) -> Image:
        """
        Raises:
            NotFound: there is no such image, or it is somebody else's.
            ImageWithheld: it is held or refused, and cannot be shown to anybody.
        """
        row = await (self.usable if visibility == "link" else self.owned)(owner, image)
        async with self._database.transaction() as connection:
            if not await store.set_visibility(connection, owner, row.id, visibility):
                raise NotFound("There is no such image among yours.")
            return (await self.by_ids(connection, [row.id]))[row.id]

    async def shared(self, image: UUID) -> SharedImage:
        """
        Raises:
            NotFound: there is no such image, or it is not shown to others.
        """
        async with self._database.statements() as connection:
            found = await store.shared_image(connection, image)
        if found is None:
            raise NotFound("There is no such picture, or it is not shared any more.")
        row, shown = found.image, self.wire(found.image)
        # Whoever lets no file tell their prompt does not want it told here either.
        prompt = (row.recipe or {}).get("prompt") if row.prompt_in_files else None
        return SharedImage(
            id=row.id,
            by=found.by,
            prompt=prompt,
            alt=row.alt if prompt or row.recipe is None else "",
            created_on=row.created_at.date(),
            width=row.width,
            height=row.height,
            url=shown.url,
            thumbs=shown.thumbs,
        )

    async def set_state(self, connection: Connection, sha256: str, state: State, reason: str | None) -> None:
        """Say in the caller's transaction whether a file may be shown. Call `move` after the commit."""
        await store.set_state(connection, sha256, state, reason)

    async def move(self, sha256: str) -> None:
        """Put a file where its state wants it: what is not to be shown lies where no address leads, in no size.

        May be called again, and after a crash in between: the original is written anew before the other one is deleted.
        """
        async with self._database.transaction() as connection:
            # The lock keeps a second mover out, and whoever is deriving a size from it.
            found = await store.lock_file(connection, sha256)
            if found is None:
                return
            mime, state = found
            hide = state != "approved"
            shown, hidden = _original_key(sha256, mime), _hidden_key(sha256, mime)
            before, after = (shown, hidden) if hide else (hidden, shown)
            if await self._storage.exists(before):
                await self._storage.put(after, await self._storage.get(before), mime)
            if hide:
                for variant in await store.variants_of(connection, sha256):
                    await self._storage.delete(_derived_key(sha256, variant))
                await store.forget_derivatives(connection, sha256)
            await self._storage.delete(before)
            await store.set_hidden(connection, sha256, hide)

    async def move_missed(self) -> int:
        """Move what a crash left where it should not be. Gives how many."""
        async with self._database.statements() as connection:
            found = await store.files_to_move(connection, _SWEEP_PAGE)
        for sha256 in found:
            await self.move(sha256)
        return len(found)

    # -- choose -------------------------------------------------------------------------------------------------------

    async def preferences(self, person: UUID) -> Preferences:
        async with self._database.statements() as connection:
            return Preferences(prompt_in_files=await store.prompt_in_files(connection, person))

    async def change_preferences(self, person: UUID, asked: PreferencesChange) -> Preferences:
        """Holds for every file that is handed over from now on, also of images made before."""
        async with self._database.transaction() as connection:
            if asked.prompt_in_files is not None:
                await store.set_prompt_in_files(connection, person, asked.prompt_in_files)
            return Preferences(prompt_in_files=await store.prompt_in_files(connection, person))

    # -- hand over ----------------------------------------------------------------------------------------------------

    def says_more(self, row: ImageRow) -> bool:
        """Whether the file that its owner is given says more than the one in storage, so that it has to be made."""
        return row.origin != "upload" and (row.prompt_in_files or self._signer is not None)

    async def handed_over(self, row: ImageRow, data: bytes, form: str | None = None, quality: int = 100) -> File:
        """A file for the image's owner: with the prompt, if they let it be told, and a signature.

        `data` is the original as it is kept; `form` another format for it (PNG, JPEG, WEBP, AVIF). An upload is not ours to mark.
        """
        made = made_of(row)
        xmp = None if made is None else await asyncio.to_thread(_own_packet, row, made, data)
        if form is not None and codec.MIME[form] != row.mime:
            encoded = await asyncio.to_thread(codec.reencode, data, form, quality, None, xmp)
            data, mime = encoded.data, encoded.mime
        elif xmp is not None:
            data, mime = provenance.png_with_packet(data, xmp), row.mime
        else:
            mime = row.mime
        if made is not None and self._signer is not None:
            data = await asyncio.to_thread(self._signer.sign, data, mime, made, await self._source(row))
        return File(data, mime)

    async def _source(self, row: ImageRow) -> Ingredient | None:
        """The picture that an image was made from, if it is still there."""
        if row.recipe is None or not (parent := Recipe.model_validate(row.recipe).parent):
            return None
        source = (await self.rows([parent])).get(parent)
        data = await self.intact(source) if source else None
        return Ingredient(data, source.mime) if source and data else None

    def output_variant(self, variant: str) -> str:
        """The variant (`original.png`, `512.webp`) that is given to those who take a picture elsewhere: signed, where files are."""
        return f"{_SIGNED}{variant}" if self._signer else variant

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
        """What an archive of the images does not hold."""
        chosen = Preferences(prompt_in_files=await store.prompt_in_files(connection, person))
        return {"preferences.json": chosen.model_dump(mode="json")}

    def wire(self, row: ImageRow) -> Image:
        original = f"original.{codec.EXTENSION[row.mime]}"
        # No address leads to a file that is withheld; its owner is shown it, where they may see it, by asking as themselves.
        withheld = None if row.state == "approved" else f"/api/images/{row.id}/picture"
        return Image(
            id=row.id,
            width=row.width,
            height=row.height,
            alt=row.alt,
            created_at=row.created_at,
            seed=(row.recipe or {}).get("seed"),
            favourite=row.favourite,
            visibility=row.visibility,
            state=row.state,
            state_reason=row.state_reason,
            url=withheld or self.file_url(row.sha256, original),
            thumbs={str(size): withheld or self.file_url(row.sha256, f"{size}.webp") for size in _THUMBS},
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
        plain = variant.removeprefix(_SIGNED)
        stem, _, extension = plain.partition(".")
        if stem == "original" and plain == variant:
            return await self._original_file(sha256, extension)
        # Compared as words: int() reads digits of every script, and each would be one more name of the same file.
        if extension not in _FORMS or stem not in ("original", *map(str, SIZES)):
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
        async with self._database.transaction() as connection:
            mime = await store.shown_mime(connection, sha256)
            if mime is None or (
                variant.startswith(f"{_SIGNED}original.") and not variant.endswith(f".{codec.EXTENSION[mime]}")
            ):
                raise NotFound
            made = await self._to_sign(connection, sha256) if variant.startswith(_SIGNED) else None
            await store.add_derivative(connection, sha256, variant)
        try:
            original = await self._storage.get(_original_key(sha256, mime))
        except BlobMissing as missing:
            raise NotFound from missing
        encoded = await self._derived(original, mime, variant, made)
        await self._storage.put(_derived_key(sha256, variant), encoded.data, encoded.mime)
        async with self._database.transaction() as connection:
            # Swept while it was made: nothing would remember the file that was just written.
            if not await store.has_derivative(connection, sha256, variant):
                await self._storage.delete(_derived_key(sha256, variant))
                raise NotFound
        return File(encoded.data, encoded.mime)

    async def _to_sign(self, connection: Connection, sha256: str) -> Made:
        """
        Raises:
            NotFound: the file was not made here, or nothing is signed.
        """
        image = await store.first_made(connection, sha256)
        if image is None or self._signer is None or (made := made_of(image)) is None:
            raise NotFound
        return made

    async def _derived(self, original: bytes, mime: str, variant: str, made: Made | None) -> File:
        """The original in the size that a variant names; signed with `made`, which is what everybody may know."""
        stem, _, extension = variant.removeprefix(_SIGNED).partition(".")
        data = original
        if stem != "original":
            async with self._decoding:
                encoded = await asyncio.to_thread(codec.derive, original, int(stem), _FORMS[extension])
            data, mime = encoded.data, encoded.mime
        if made is not None and self._signer is not None:
            data = await asyncio.to_thread(self._signer.sign, data, mime, made)
        return File(data, mime)

    # -- recognise ----------------------------------------------------------------------------------------------------

    async def look_at_missed(self) -> int:
        """Remember what pictures are recognised by that were kept before anybody looked, or in a crash. Gives how many."""
        seen, after = 0, ""
        while True:
            async with self._database.statements() as connection:
                page = await perceptual_store.without_hashes(connection, after, _SWEEP_PAGE)
            for sha256, mime in page:
                after = sha256
                try:
                    data = await self._storage.get(_original_key(sha256, mime))
                except BlobMissing:
                    continue
                async with self._decoding:
                    pixels = await asyncio.to_thread(codec.to_pixels, data)
                    prints = await asyncio.to_thread(codec.prints_of, pixels)
                async with self._database.statements() as connection:
                    await self._perceptual.remember(connection, sha256, prints)
                seen += 1
            if len(page) < _SWEEP_PAGE:
                return seen

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
                    await self._storage.delete(_hidden_key(sha256, mime))
                    await store.delete_blob(connection, sha256)
                for key in await store.expired_uploads(connection, _SWEEP_PAGE):
                    await self._storage.delete(key)
            swept += len(orphans)
            if len(orphans) < _SWEEP_PAGE:
                return swept


def made_of(row: ImageRow) -> Made | None:
    """What may be said of how an image came to be; None of an upload."""
    if row.origin == "upload" or row.recipe is None:
        return None
    return Made(row.recipe["model"], composite=row.origin == "composite")


def _origin(made: Made | None) -> Origin:
    if made is None:
        return "upload"
    return "composite" if made.composite else "made"


def _own_packet(row: ImageRow, made: Made, data: bytes) -> bytes:
    """The XMP of a file that an image's owner is given."""
    prompt = (row.recipe or {}).get("prompt") if row.prompt_in_files else None
    return provenance.packet(made, codec.pixels_sha256(codec.to_pixels(data)), prompt)


def _original_key(sha256: str, mime: str) -> str:
    return f"images/{sha256[:2]}/{sha256}.{codec.EXTENSION[mime]}"


def _hidden_key(sha256: str, mime: str) -> str:
    """No address leads here, and no origin of a content network should."""
    return f"hidden/{sha256[:2]}/{sha256}.{codec.EXTENSION[mime]}"


def _derived_key(sha256: str, variant: str) -> str:
    return f"derived/{sha256[:2]}/{sha256}/{variant}"
