"""What the runner asks of a device, and nothing more.

A backend owns the state of a row (its trajectory: latent, times, text states, wherever they live) and hands it to the runner as a thing
that only the backend looks into. So a GPU backend can keep everything on the device and the runner stays the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, runtime_checkable

from figment.engine.sampling import Floats, TextStates
from figment.engine.windows import Window
from figment.generation.contract import ImageRequest, ModelCard, Pixels

PreviewSource = Callable[[], Pixels]
"""Makes a small picture of a latent when it is called, on any thread."""


class TextEncoder(Protocol):
    """A language model's token states."""

    def token_states(self, texts: Sequence[str], tokens: int = ...) -> tuple[Floats, Floats]:
        """(n, tokens, features) and the mask (n, tokens), both float32. Called by one thread at a time."""
        ...


class SentenceEncoder(Protocol):
    """A language model's sentence vectors."""

    def sentence(self, texts: Sequence[str]) -> Floats:
        """(n, width) float32, every row of length one. Any thread."""
        ...


class PromptEncoder(Protocol):
    """The token states of one prompt, from a cache where it can. Any thread."""

    def states(self, text: str, tokens: int) -> TextStates: ...


T = TypeVar("T")


class Backend(Protocol[T]):
    """One model on one device. `begin` may be called on any thread; `denoise` and `decode` only on the runner's."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def downscale(self) -> int:
        """Pixels a latent cell, along each side."""
        ...

    def begin(self, request: ImageRequest) -> T:
        """Everything that a row needs before its first step: text and image encoded, noise drawn."""
        ...

    def steps(self, row: T) -> int:
        """Steps that a row takes in all, which only its own scheduler knows."""
        ...

    def denoise(self, rows: Sequence[T]) -> None:
        """One step for every row, all of one size. When it raises, no row has moved."""
        ...

    def preview(self, row: T) -> PreviewSource:
        """A snapshot that can become a small picture later. Called between steps: it must cost next to nothing."""
        ...

    def decode(self, rows: Sequence[T]) -> list[Pixels]:
        """The pictures of rows whose last step is done, all of one size."""
        ...

    def warm_up(self) -> None:
        """Run everything once, so that the first picture is not the slow one."""
        ...


@runtime_checkable
class Improving(Protocol):
    """A backend that can become faster while it serves."""

    def improve(self) -> bool:
        """One piece of that work, which takes about as long as a step. False: there is none now. Only on the runner's thread, between steps."""
        ...


@runtime_checkable
class Windowed(Protocol):
    """A backend that makes a picture in windows: its steps can be put together (see `figment.engine.windows`). One that `ReadsTogether` takes
    what it read as `begin` does.
    """

    def begin_window(self, request: ImageRequest, window: Window) -> Any:
        """As `Backend.begin`, for one window: its noise is its part of the whole's. `request`: the window's own (`windows.part_of`). Any thread."""
        ...

    def agree(self, rows: Sequence[Any], windows: Sequence[Window]) -> None:
        """Give the rows of one picture's windows, all of which took the same step, their mean where they overlap. Only on the runner's thread."""
        ...


@runtime_checkable
class ReadsTogether(Protocol):
    """A backend that reads the prompts of several requests in one call, for less than one after the other. Any thread."""

    @property
    def reads_at_once(self) -> int:
        """As many requests as one call is made for."""
        ...

    def has_read(self, request: ImageRequest) -> bool:
        """Are its prompts kept from before? `begin` then takes no longer than it must."""
        ...

    def read(self, requests: Sequence[ImageRequest]) -> Sequence[Any]:
        """What `begin` takes beside each request. An exception in its place says why its prompts cannot be read; the others are."""
        ...

    def begin(self, request: ImageRequest, read: Any = None) -> Any:
        """As `Backend.begin`, which reads the prompts itself where they were not."""
        ...


@runtime_checkable
class Parkable(Protocol):
    """A backend whose weights can wait in the processor's memory. No row of it may be begun, stepped or looked at meanwhile.

    Both verbs move everything or nothing.
    """

    @property
    def device_bytes(self) -> int:
        """What its weights take of the device's memory when they are there; 0 where that is the processor's own, and parking gains nothing."""
        ...

    def free_bytes(self) -> int:
        """What the device has left for another model."""
        ...

    def park(self) -> None:
        """Free the device's memory.

        Raises:
            NotEnoughMemory: the processor's memory has no room for them.
        """
        ...

    def bring_back(self) -> None:
        """Be able to run again, faster than by loading.

        Raises:
            NotEnoughMemory: the device has no room.
        """
        ...
