"""Wire shapes of images."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

# Of images that one request may name.
MOST_AT_ONCE = 500


class Image(BaseModel):
    """An image and the addresses of its files, which never change what they show and may be cached for ever."""

    id: UUID
    width: int
    height: int
    alt: str
    created_at: datetime
    seed: int | None
    favourite: bool
    visibility: Literal["private", "link"]
    state: Literal["approved", "held", "refused"] = Field(
        description="`held`: nobody but me and moderators sees it until one has looked. `refused`: nobody but moderators does."
    )
    state_reason: str | None = Field(description="Why it is held or refused.")
    url: str
    thumbs: dict[str, str]
    download_url: str
    recipe_url: str | None


class Favourites(BaseModel):
    """Images of mine to be marked, or marked no longer: all of them, or none when one is not mine."""

    model_config = ConfigDict(extra="forbid")

    images: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    favourite: bool


class VisibilityChange(BaseModel):
    """To whom an image is shown. `link`: everybody who has the link."""

    model_config = ConfigDict(extra="forbid")

    visibility: Literal["link"]


class SharedImage(BaseModel):
    """An image as its owner shows it to others: how it was made they are not told, besides the prompt."""

    id: UUID
    by: str = Field(description="The name of whoever made or uploaded it.")
    prompt: str | None = Field(description="None of an upload, and where its owner lets no file tell the prompt.")
    alt: str
    created_on: date
    width: int
    height: int
    url: str
    thumbs: dict[str, str]


class UploadRequest(BaseModel):
    """What is going to be put at the address that the answer gives."""

    content_type: str = Field(pattern=r"^image/(jpeg|png|gif|webp)$")


class Upload(BaseModel):
    """Send the file with this method and these headers to `url`, then `POST /api/images/uploads/{id}/complete`."""

    id: UUID
    url: str
    method: str
    headers: dict[str, str]
    max_bytes: int
    expires_at: datetime


class Preferences(BaseModel):
    """What a person chose about the files that they are given."""

    prompt_in_files: bool = Field(description="Whether downloads, archives and API answers carry the prompt.")


class PreferencesChange(BaseModel):
    """What is to change; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    prompt_in_files: bool | None = None


class ManifestFound(BaseModel):
    """A file's C2PA manifest. `signer` is the name in the certificate: whether to trust it is for the reader to say."""

    state: Literal["valid", "tampered", "unreadable"]
    by_this_server: bool
    signer: str | None
    generator: str | None
    made_with_ai: bool | None


class MetadataFound(BaseModel):
    """What a file's XMP says of its origin. Anybody can write it; `confirmed` is whether the picture itself bears it out."""

    says_made_here: bool
    generator: str | None
    model: str | None
    made_with_ai: bool | None
    confirmed: bool


class OwnImage(BaseModel):
    """What only the owner of the image is told."""

    id: UUID
    prompt: str | None
    url: str


class Verification(BaseModel):
    """Whether and how a picture was made here.

    `made_here`: these very pixels, or the signature of this server over the file. `changed_copy`: it looks like a picture made here.
    `says_so`: it says that it was made here, and nothing bears it out. `not_known`: not made here, as far as one can tell.
    """

    verdict: Literal["made_here", "changed_copy", "says_so", "not_known"]
    confirmed_by: list[Literal["signature", "pixels", "likeness"]]
    explanation: str
    made_on: date | None = None
    model: str | None = None
    from_upload: bool | None = Field(None, description="Whether the picture began with one that somebody uploaded.")
    distance: int | None = Field(
        None, description="For a changed copy: in how many of 256 bits its looks differ; 31 at the most."
    )
    manifest: ManifestFound | None = None
    metadata: MetadataFound | None = None
    mine: OwnImage | None = None
