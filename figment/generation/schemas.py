"""Wire shapes of jobs, and the request that a job keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from figment.generation.contract import ImageRequest
from figment.images.schemas import Image

JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
FINAL: frozenset[str] = frozenset({"succeeded", "failed", "cancelled"})


class JobRequest(BaseModel):
    """What a job keeps of a request until it runs: the same words as `ImageRequest`, pictures by their ids."""

    model: str
    prompt: str
    negative_prompt: str = ""
    seed: int
    steps: int
    guidance: float
    width: int
    height: int
    strength: float = 1.0
    init_image: UUID | None = None
    mask: UUID | None = None

    def without_pictures(self) -> ImageRequest:
        return ImageRequest(**self.model_dump(exclude={"init_image", "mask"}))


class JobProgress(BaseModel):
    """`preview` is a data URL of a small picture of how far the image is."""

    step: int
    of: int
    preview: str | None


class JobError(BaseModel):
    code: str
    detail: str
    retryable: bool


class Job(BaseModel):
    """One image being made. `ref` is what it is made for in its `place`: in Studio, the generation.

    `fence` grows whenever the job changes hands or ends: of two accounts of a job, the one with the higher fence is the newer.
    """

    id: UUID
    place: str
    ref: UUID
    state: JobState
    seed: int
    attempt: int
    fence: int
    ahead: int | None = None
    progress: JobProgress | None = None
    error: JobError | None = None
    image: Image | None = None
    created_at: datetime


def gave_up(reason: str, attempts: int) -> str:
    """The reason of a job that was tried as often as it may be."""
    return f"{reason} each of the {attempts} times that this was tried. Try again later; the log says more."


class Model(BaseModel):
    """What a model can do, and the bounds of what can be asked of it."""

    class Bounds(BaseModel):
        min: int
        max: int
        multiple: int

    class Choice(BaseModel):
        default: float
        max: float

    name: str
    title: str
    tasks: list[str]
    native_size: int
    size: Bounds
    steps: Choice
    guidance: Choice
    max_prompt_chars: int
    default: bool


class Models(BaseModel):
    items: list[Model]


class ModelToLoad(BaseModel):
    """`model`: an installed one, a folder's name in the operator's models folder, or a name of the hub such as `stabilityai/sd-turbo`."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(min_length=1, max_length=200, pattern=r"^\w[\w.-]*(/\w[\w.-]*)?$")


class ModelLoad(BaseModel):
    """A model on its way: `fetching` (`bytes_fetched` so far), then `opening`; `succeeded` when it is the default."""

    class Error(BaseModel):
        code: str
        detail: str

    id: UUID
    model: str
    state: Literal["queued", "running", "succeeded", "failed"]
    stage: Literal["fetching", "opening"] | None
    bytes_fetched: int
    error: Error | None
    created_at: datetime
    finished_at: datetime | None
