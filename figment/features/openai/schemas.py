"""Wire shapes of OpenAI's Images API, as the official client sends and parses them, and our own wishes beside them."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, field_validator

from figment.core.text import Words
from figment.features.openai import rules
from figment.generation.contract import MAX_SEED

Format = Literal["png", "jpeg", "webp"]
Quality = Literal["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"]


class ImageOptions(BaseModel):
    """What all three ways to a picture have in common. What is null or left out is the model's default."""

    model_config = ConfigDict(extra="forbid")

    model: Words | None = Field(None, max_length=200)
    n: int | None = Field(None, ge=1, le=10)
    size: str | None = Field(None, description="`auto`, or pixels such as `512x320`.")
    quality: Quality | None = Field(None, description="How many steps: `medium` is the model's own number.")
    response_format: Literal["url", "b64_json"] | None = Field(None, description="Left out, both come.")
    output_format: Format | None = None
    output_compression: int | None = Field(None, ge=0, le=100)
    background: Literal["opaque", "auto"] | None = None
    user: str | None = Field(None, max_length=1000, description="Taken, and not kept.")
    safety_identifier: str | None = Field(None, max_length=1000, description="Taken, and not kept.")

    negative_prompt: Words | None = Field(None, max_length=10_000)
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    steps: int | None = Field(None, ge=1, le=1000)
    guidance: float | None = Field(None, ge=0, le=100)

    @field_validator("size")
    @classmethod
    def _is_size(cls, size: str | None) -> str | None:
        if size not in (None, "auto") and rules.read_size(size) is None:
            raise ValueError("Say the size as `auto` or in pixels, such as `256x256`.")
        return size

    @property
    def pixels(self) -> tuple[int, int] | None:
        """Width and height, or None for `auto`."""
        return rules.read_size(self.size) if self.size else None

    @property
    def wants_url(self) -> bool:
        """How strongly a file is compressed can be chosen only for bytes that are sent: an address always shows the same ones."""
        return self.response_format == "url" or (self.response_format is None and self.output_compression is None)

    @property
    def wants_bytes(self) -> bool:
        return self.response_format != "url"


class StreamOptions(ImageOptions):
    """With `stream` one picture comes as server-sent events, with up to three partial ones before it."""

    stream: bool | None = None
    partial_images: int | None = Field(None, ge=0, le=3)


class ImageGeneration(StreamOptions):
    """The body of `POST /v1/images/generations`."""

    prompt: Words = Field(min_length=1, max_length=32_000)
    moderation: Literal["low", "auto"] | None = None
    style: str | None = None

    @field_validator("style")
    @classmethod
    def _no_style(cls, style: str | None) -> str | None:
        if style is not None:
            raise ValueError("There are no ready-made styles here: say the style in the prompt.")
        return style


class ImageEdit(StreamOptions):
    """The fields of `POST /v1/images/edits` beside its files."""

    prompt: Words = Field(min_length=1, max_length=32_000)
    input_fidelity: Literal["high", "low"] | None = None
    strength: float | None = Field(None, gt=0, le=1, description="How much is made anew.")


class ImageVariation(ImageOptions):
    """The fields of `POST /v1/images/variations` beside its file."""

    strength: float | None = Field(None, gt=0, le=1, description="How much is made anew.")


class ImageData(BaseModel):
    """One picture. `id` and `seed` are ours: `/api/images/{id}/recipe` says how it was made."""

    b64_json: str | None = None
    url: str | None = None
    id: UUID
    seed: int


class ImagesAnswer(BaseModel):
    """What the official client calls `ImagesResponse`."""

    created: int
    background: Literal["opaque"] = "opaque"
    output_format: Format
    quality: str
    size: str
    data: list[ImageData]


class UsageDetails(BaseModel):
    image_tokens: int = 0
    text_tokens: int = 0


class Usage(BaseModel):
    """Nothing is counted in tokens here; clients want the field all the same."""

    input_tokens: int = 0
    input_tokens_details: UsageDetails = UsageDetails()
    output_tokens: int = 0
    total_tokens: int = 0


class PartialImage(BaseModel):
    """`image_generation.partial_image` or `image_edit.partial_image`."""

    type: str
    b64_json: str
    partial_image_index: int
    created_at: int
    size: str
    quality: str
    background: Literal["opaque"] = "opaque"
    output_format: Format


class CompletedImage(BaseModel):
    """`image_generation.completed` or `image_edit.completed`. `id`, `seed` and `url` are ours."""

    type: str
    b64_json: str
    created_at: int
    size: str
    quality: str
    background: Literal["opaque"] = "opaque"
    output_format: Format
    usage: Usage = Usage()
    id: UUID
    seed: int
    url: str | None


StreamedImage = PartialImage | CompletedImage


class ModelEntry(BaseModel):
    """A model as OpenAI lists it. When it was made is not known here: `created` is 0."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "figment"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelEntry]
