"""Wire shapes of images."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field


class Image(BaseModel):
    """An image and the addresses of its files, which never change what they show and may be cached for ever."""

    id: UUID
    width: int
    height: int
    alt: str
    created_at: datetime
    seed: int | None
    url: str
    thumbs: dict[str, str]
    download_url: str
    recipe_url: str | None


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
