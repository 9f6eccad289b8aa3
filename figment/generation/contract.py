"""What a place asks of an engine, and what an engine answers: the only words that both sides share.

Plain Python and NumPy: neither a web framework nor a device library may be imported here (`.importlinter`, "Rules are plain Python").
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(height, width, 3) RGB, or (height, width) for a mask."""

MAX_SEED = 2**32 - 1


class Urgency(IntEnum):
    """The class of a request: it runs before every higher number, which still keeps a small share of the device."""

    LIVE = 0
    INTERACTIVE = 1
    STUDIO = 2
    PREFETCH = 3


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One image to make.

    `strength` (0 to 1] is how much of the schedule runs when `init_image` is given: 1 ignores it, near 0 keeps it.
    `mask` is 255 where pixels are to be made anew and 0 where `init_image` stays.
    """

    model: str
    prompt: str
    seed: int
    steps: int
    guidance: float
    width: int
    height: int
    negative_prompt: str = ""
    strength: float = 1.0
    init_image: Pixels | None = None
    mask: Pixels | None = None

    @property
    def task(self) -> str:
        if self.mask is not None:
            return "inpainting"
        return "text-to-image" if self.init_image is None else "image-to-image"


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who asks, how urgently, and by when (seconds from now; None: whenever its class comes)."""

    urgency: Urgency = Urgency.STUDIO
    person: str = ""
    deadline_s: float | None = None
    previews: bool = True


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request is queued behind `ahead` others of the same engine."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` of `of` denoising steps are done; `preview` is a small RGB picture of the latent (height/8, width/8, 3)."""

    step: int
    of: int
    preview: Pixels | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The picture. `compute_s` is the wall time from the first step to the decoded pixels."""

    pixels: Pixels
    compute_s: float


Update = Waiting | Progress | Finished


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a model can do; every bound that a request is checked against before it is queued.

    `max_size`: the longest side of a picture that it makes at once. `max_windowed_size`: of one that it makes as windows of its native size,
    denoised together; 0 where it cannot.
    """

    name: str
    title: str
    weights_hash: str
    tasks: frozenset[str]
    native_size: int
    min_size: int
    max_size: int
    size_multiple: int
    default_steps: int
    max_steps: int
    default_guidance: float
    max_guidance: float
    max_prompt_chars: int = 2000
    tags: Sequence[str] = field(default=())
    max_windowed_size: int = 0

    @property
    def largest_size(self) -> int:
        """The longest side that can be asked for."""
        return max(self.max_size, self.max_windowed_size)


@dataclass(frozen=True, slots=True)
class Opening:
    """How far a model is on its way into an engine. `bytes_fetched`: what has come over the network so far, where something must."""

    stage: Literal["fetching", "opening"]
    bytes_fetched: int = 0


class GenerationRefused(Exception):
    """An engine will not make this image: asking again changes nothing. The message is for people."""


class ModelUnavailable(GenerationRefused):
    """An engine cannot have this model. `code`: no_such_model, needs_token, hub_unreachable, not_enough_memory or broken_model."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class QueueFull(Exception):
    """The engine's bounded queue is full. Ask again after `retry_after_s` seconds."""

    def __init__(self, ahead: int, retry_after_s: float) -> None:
        super().__init__(f"{ahead} requests are waiting; try again in {retry_after_s:.0f} s")
        self.ahead = ahead
        self.retry_after_s = retry_after_s


class WorkerLost(Exception):
    """The engine died or was stopped with the request in it: asking again can succeed."""


class ImageWorker(Protocol):
    """Anything that makes images: the engine in this process, a Ray replica, a room of browsers."""

    async def models(self) -> Sequence[ModelCard]:
        """The models that can be asked for, the default one first."""
        ...

    def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """Make a model ready that is installed or can be had by name, while the others go on; a model that is ready already is no error.

        Yields `Opening` as it happens, then the card last: from then on it can be asked for.

        Raises:
            ModelUnavailable: it cannot be had; nothing has changed.
        """
        ...

    def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        """Make one image.

        Yields `Waiting` and `Progress` as they happen (a slow reader gets the latest, not every one), then `Finished` last.
        Closing the iterator (`aclose`, or cancelling the task that reads it) takes the row out at the next step.

        Raises:
            QueueFull: the bounded queue has no room; nothing was queued.
            GenerationRefused: this model cannot do it.
            WorkerLost: the engine stopped before the image was done.
        """
        ...
