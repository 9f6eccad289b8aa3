"""Wire shapes of Studio."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from figment.core.text import Words
from figment.features.studio.rules import tidy_name
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import Job
from figment.images.schemas import MOST_AT_ONCE


class GenerationRequest(BaseModel):
    """A prompt and how to make it. What is left out is the model's default; a seed left out is drawn."""

    model_config = ConfigDict(extra="forbid")

    # The model's own limits are checked against its card; these keep nonsense from reaching it.
    prompt: Words = Field(max_length=10_000)
    negative_prompt: Words = Field("", max_length=10_000)
    model: Words | None = Field(None, max_length=200)
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    steps: int | None = Field(None, ge=1, le=1000)
    guidance: float | None = Field(None, ge=0, le=100)
    width: int | None = Field(None, ge=1, le=16_384)
    height: int | None = Field(None, ge=1, le=16_384)
    count: int = Field(1, ge=1, le=8)
    image: UUID | None = Field(None, description="An image of mine to start from.")
    mask: UUID | None = Field(None, description="An image of mine: white is made anew, black stays. Needs `image`.")
    strength: float = Field(0.6, gt=0, le=1, description="How much of `image` is made anew.")

    @field_validator("prompt", "negative_prompt")
    @classmethod
    def _trimmed(cls, words: str) -> str:
        return words.strip()


class Generation(BaseModel):
    """One press of the button: what was asked, and its jobs, one an image.

    In a filtered history `jobs` holds those that the filters find, and `hidden` says how many more there are.
    """

    id: UUID
    created_at: datetime
    prompt: str
    negative_prompt: str
    model: str
    seed: int
    steps: int
    guidance: float
    width: int
    height: int
    count: int
    jobs: list[Job]
    hidden: int


class GenerationPage(BaseModel):
    items: list[Generation]
    next_cursor: str | None


class HistoryFilter(BaseModel):
    """What is looked for in everything that I made. All that is given must hold of one and the same image."""

    q: Words = Field("", max_length=200, description="Words to look for in the prompts.")
    favourite: bool = Field(False, description="Favourites only.")
    collection: UUID | None = Field(None, description="Images of this collection of mine only.")
    model: Words | None = Field(None, max_length=200, description="Made by this model.")
    state: Literal["done", "failed", "cancelled", "running"] | None = Field(
        None, description="What became of it; `running` is waiting too."
    )
    orientation: Literal["square", "landscape", "portrait"] | None = None
    size: str | None = Field(None, pattern=r"^[1-9][0-9]{0,4}x[1-9][0-9]{0,4}$", description="Pixels, as `512x320`.")
    since: AwareDatetime | None = Field(None, description="Asked for at this moment or later.")
    until: AwareDatetime | None = Field(None, description="Asked for before this moment.")
    from_image: bool | None = Field(None, description="Whether it began with an image or with words alone.")

    @field_validator("until")
    @classmethod
    def _after_since(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        since = info.data.get("since")
        if since and until and until <= since:
            raise ValueError("`until` must be later than `since`.")
        return until

    @property
    def width_and_height(self) -> tuple[int, int] | None:
        if self.size is None:
            return None
        width, _, height = self.size.partition("x")
        return int(width), int(height)

    @property
    def picks_images(self) -> bool:
        """Whether it can find some images of a generation and not the others."""
        return bool(self.favourite or self.collection or self.state)


class HistoryQuery(HistoryFilter):
    """A page of the history."""

    cursor: str | None = Field(None, max_length=64)
    limit: int = Field(24, ge=1, le=100)


class Size(BaseModel):
    width: int
    height: int


class HistoryChoices(BaseModel):
    """The models and sizes that there are in my history."""

    models: list[str]
    sizes: list[Size]


ImageIds = Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
CollectionName = Annotated[Words, Field(max_length=500), AfterValidator(tidy_name)]


class ImageSelection(BaseModel):
    """Images of mine."""

    model_config = ConfigDict(extra="forbid")

    images: ImageIds


class CollectionRequest(BaseModel):
    """A name of at most 80 characters that none of my collections has, and the images to begin with."""

    model_config = ConfigDict(extra="forbid")

    name: CollectionName
    images: list[UUID] = Field([], max_length=MOST_AT_ONCE)


class CollectionRename(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: CollectionName


class Collection(BaseModel):
    """`images` is how many it holds, `cover` the address of a small picture of the newest one."""

    id: UUID
    name: str
    images: int
    cover: str | None
    created_at: datetime
    used_at: datetime


class Collections(BaseModel):
    """The one that was used last comes first."""

    items: list[Collection]


class ArchiveRequest(HistoryFilter):
    """These images, or without them everything that the filters find; with neither, everything that I made."""

    model_config = ConfigDict(extra="forbid")

    images: list[UUID] | None = Field(None, min_length=1, max_length=10_000)


class Archive(BaseModel):
    """A ZIP to be fetched at `url` until `expires_at`, of so many `images` with so many `bytes`, not counting what each file says of itself."""

    id: UUID
    url: str
    filename: str
    images: int
    bytes: int
    expires_at: datetime
