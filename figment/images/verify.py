"""Whether and how a picture was made here: its manifest, its metadata, its pixels and its looks, weighed against each other.

A signature and the pixels prove; looks make likely; metadata only says. What is revealed is that the picture was made here, on which
day and with which model, and not whose it is.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from figment.images import codec, provenance
from figment.images.manifest_reader import ManifestReader
from figment.images.manifests import Manifest
from figment.images.perceptual import Perceptual
from figment.images.perceptual_store import Near
from figment.images.provenance import Claim
from figment.images.schemas import ManifestFound, MetadataFound, OwnImage, Verification
from figment.images.service import Images, made_of
from figment.images.store import ImageRow

_AI = {provenance.TRAINED, provenance.COMPOSITE}


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was found out about a file."""

    manifest: Manifest | None
    claim: Claim | None
    near: Near | None
    row: ImageRow | None

    @property
    def signed_here(self) -> bool:
        return self.manifest is not None and self.manifest.by_us and self.manifest.state == "valid"

    @property
    def same_pixels(self) -> bool:
        return self.near is not None and self.near.exact

    @property
    def looks_alike(self) -> bool:
        return self.near is not None and not self.near.exact

    @property
    def says_so(self) -> bool:
        return (self.claim is not None and self.claim.is_ours) or (self.manifest is not None and self.manifest.by_us)


class Verifier:
    """Answers for one file at a time, and keeps nothing of it."""

    def __init__(self, images: Images, perceptual: Perceptual, manifests: ManifestReader) -> None:
        self._images = images
        self._perceptual = perceptual
        self._manifests = manifests

    async def verify(self, data: bytes, asker: UUID | None) -> Verification:
        """
        Raises:
            BodyTooLarge, ImageTypeRefused, ImageTooManyPixels, ImageUnreadable.
        """
        prints = await self._images.look(data)
        mime = await asyncio.to_thread(codec.mime_of, data)
        claim = await asyncio.to_thread(provenance.claim_of, data)
        manifest = await self._manifests.read(data, mime)
        near = await self._perceptual.made_here(prints)
        row = await self._images.first_made(near.sha256) if near else None
        found = Evidence(manifest, claim, near if row else None, row)
        own = await self._images.own_made(row.sha256, asker) if row and asker else None
        return _answer(found, self._mine(own))

    def _mine(self, row: ImageRow | None) -> OwnImage | None:
        if row is None:
            return None
        return OwnImage(id=row.id, prompt=(row.recipe or {}).get("prompt"), url=self._images.wire(row).url)


def _answer(found: Evidence, mine: OwnImage | None) -> Verification:
    made = made_of(found.row) if found.row else None
    answer = Verification(
        verdict="not_known",
        confirmed_by=[],
        explanation=_explanation(found),
        made_on=found.row.created_at.date() if found.row else None,
        model=made.model if made else None,
        from_upload=made.composite if made else None,
        distance=found.near.distance if found.near and found.looks_alike else None,
        manifest=_manifest(found.manifest),
        metadata=_metadata(found),
        mine=mine,
    )
    if found.signed_here:
        answer.confirmed_by.append("signature")
    if found.same_pixels:
        answer.confirmed_by.append("pixels")
    if found.looks_alike:
        answer.confirmed_by.append("likeness")
    if found.signed_here or found.same_pixels:
        answer.verdict = "made_here"
    elif found.looks_alike:
        answer.verdict = "changed_copy"
    elif found.says_so:
        answer.verdict = "says_so"
    return answer


def _explanation(found: Evidence) -> str:
    if found.same_pixels:
        return "This picture was made here: every pixel of it is the same."
    if found.signed_here:
        return (
            "This picture was made here: the file carries this server's signature, and nothing in it was changed since."
        )
    if found.looks_alike:
        return (
            "This looks like a changed copy of a picture that was made here: another size or format, a mirror image, or small changes. "
            "Likeness is no proof."
        )
    if found.manifest is not None and found.manifest.by_us:
        return (
            "The file was signed here and changed afterwards. What it shows now is like no picture that this server still keeps, so do "
            "not rely on what it says."
        )
    if found.says_so:
        return (
            "The file says that it was made with Figment, but anybody can write that into a file, and the picture is like none that this "
            "server keeps. It may be from another Figment, or deleted here since."
        )
    return (
        "This picture was not made here, as far as one can tell. A picture that was cropped or painted over, or deleted from this server, "
        "cannot be recognised."
    )


def _manifest(found: Manifest | None) -> ManifestFound | None:
    if found is None:
        return None
    return ManifestFound(
        state=found.state,
        by_this_server=found.by_us,
        signer=found.signer,
        generator=found.generator,
        made_with_ai=_by_ai(found.source_type),
    )


def _metadata(found: Evidence) -> MetadataFound | None:
    claim = found.claim
    if claim is None:
        return None
    return MetadataFound(
        says_made_here=claim.is_ours,
        generator=claim.generator,
        model=claim.model,
        made_with_ai=_by_ai(claim.source_type),
        confirmed=claim.is_ours and (found.near is not None or found.signed_here),
    )


def _by_ai(source_type: str | None) -> bool | None:
    return None if source_type is None else source_type in _AI
