"""What Studio decides, without framework or I/O: what is left out of a request, and which seeds it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from figment.generation.contract import MAX_SEED

T = TypeVar("T")


def given(value: T | None, otherwise: T) -> T:
    """What was asked, or the model's default; a 0 was asked."""
    return otherwise if value is None else value


def task_of(image: object, mask: object) -> str:
    """What is to be done, by the pictures that came with the prompt."""
    if mask:
        return "inpainting"
    return "image-to-image" if image else "text-to-image"


def seeds(first: int, count: int) -> Sequence[int]:
    """The seeds of `count` images: one after the other from `first`, round the end of the range."""
    return [(first + n) % (MAX_SEED + 1) for n in range(count)]
