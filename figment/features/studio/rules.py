"""What Studio decides, without framework or I/O: what a request means, what its filters find, how things are named."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from figment.generation.contract import MAX_SEED

T = TypeVar("T")

# What each filter of the state finds, in the words of a job's row.
STATES: Mapping[str, Sequence[str]] = {
    "done": ("succeeded",),
    "failed": ("failed",),
    "cancelled": ("cancelled",),
    "running": ("queued", "running"),
}

MOST_COLLECTIONS = 200
# As many as one archive holds by default, so that a collection can be downloaded in one piece.
MOST_IN_COLLECTION = 2000
LONGEST_NAME = 80

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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


def first_id_at(moment: datetime) -> UUID:
    """The least UUIDv7 of that millisecond: ids below it are older, so that a range of dates is a range of the keyset."""
    milliseconds = (moment - _EPOCH).total_seconds() * 1000
    return UUID(int=max(0, int(milliseconds)) << 80)


def tidy_name(name: str) -> str:
    """A collection's name as it is kept: without white space around it, and single spaces within.

    Raises:
        ValueError: nothing can be seen of it, or it is too long.
    """
    tidy = " ".join(name.split())
    if not any(letter.isprintable() for letter in tidy):
        raise ValueError("Give the collection a name.")
    if len(tidy) > LONGEST_NAME:
        raise ValueError(f"At most {LONGEST_NAME} characters; this has {len(tidy)}.")
    return tidy


def name_key(name: str) -> str:
    """What two names that count as the same have in common."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def why_not_archive(count: int, size_bytes: int, most: int, most_bytes: int) -> str | None:
    """Why so many images cannot be put into one archive, or None. `count` is exact up to `most`."""
    if count == 0:
        return "There is no image to download."
    if count > most:
        return f"At most {most:,} images go into one archive, and these are more. Choose fewer, or a range of dates."
    if size_bytes > most_bytes:
        return (
            f"At most {megabytes(most_bytes)} go into one archive; these are {megabytes(size_bytes)}. "
            "Choose fewer, or a range of dates."
        )
    return None


def megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1024**2:,.1f} MiB"
