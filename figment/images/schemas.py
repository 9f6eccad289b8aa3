"""Wire shapes of images."""

from __future__ import annotations

from datetime import datetime
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
    url: str
    thumbs: dict[str, str]
    download_url: str
    recipe_url: str | None


class Favourites(BaseModel):
    """Images of mine to be marked, or marked no longer: all of them, or none when one is not mine."""

    model_config = ConfigDict(extra="forbid")

    images: list[UUID] = Field(min_length=1, max_length=MOST_AT_ONCE)
    favourite: bool


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
