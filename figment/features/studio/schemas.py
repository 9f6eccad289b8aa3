"""Wire shapes of Studio."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from figment.core.text import Words
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import Job


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
    """One press of the button: what was asked, and its jobs, one an image."""

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


class GenerationPage(BaseModel):
    items: list[Generation]
    next_cursor: str | None
