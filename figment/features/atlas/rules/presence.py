"""Who looks at a world, and what each of them is told of the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple
from uuid import UUID

MOST_SEEN = 50
"""People whose places one is told: those nearest to where one looks."""

COLOURS = 12


class Spot(NamedTuple):
    x: int
    y: int


class Box(NamedTuple):
    """What a screen shows of the map."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> Spot:
        return Spot((self.left + self.right) // 2, (self.top + self.bottom) // 2)


@dataclass(frozen=True, slots=True)
class Figure:
    """Somebody as the others see them. `id`: this page of theirs; `who`: the same for all pages of one person in this world; `colour`: 0 to 11.
    `at`: where they point; None where they do not."""

    id: str
    who: str
    name: str
    colour: int
    at: Spot | None
    view: Box

    @property
    def place(self) -> Spot:
        return self.at or self.view.middle


@dataclass(frozen=True, slots=True)
class News:
    """What changed for one who looks: figures that are new or moved, and the ids of those to be seen no longer."""

    changed: list[Figure]
    gone: list[str]


def who_of(world: UUID, person: UUID) -> str:
    """Tells people in one world apart, and nothing else of them."""
    return hashlib.sha256(world.bytes + person.bytes).hexdigest()[:12]


def colour_of(who: str) -> int:
    return int(who[:8], 16) % COLOURS


def seen_from(figures: Iterable[Figure], own: str, view: Box) -> list[Figure]:
    """The others that are nearest to where one looks, of those that are there."""
    middle = view.middle
    others = [figure for figure in figures if figure.id != own]
    if len(others) <= MOST_SEEN:
        return others
    return nsmallest(MOST_SEEN, others, key=lambda figure: _far(figure.place, middle))


def _far(one: Spot, other: Spot) -> int:
    return (one.x - other.x) ** 2 + (one.y - other.y) ** 2


def news(told: Mapping[str, Figure], now: Iterable[Figure]) -> News:
    """From what one was told to what is to be seen now."""
    there = {figure.id: figure for figure in now}
    # Mostly it is the very same: then nothing needs to be compared.
    changed = [figure for figure in there.values() if (was := told.get(figure.id)) is not figure and was != figure]
    return News(changed, [figure for figure in told if figure not in there])
