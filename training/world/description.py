"""What a picture shows, as data: the renderer draws it and the captions say it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Label(IntEnum):
    """Semantic class of a pixel."""

    SKY = 0
    CLOUD = 1
    SUN = 2
    MOON = 3
    MOUNTAIN = 4
    SNOW = 5
    GRASS = 6
    SAND = 7
    WATER = 8
    FOREST = 9
    ROCK = 10
    HOUSE = 11
    BOAT = 12
    TREE = 13
    PINE = 14
    LIGHTHOUSE = 15
    CASTLE = 16
    BALLOON = 17
    BIRD = 18
    CAT = 19
    FIELD = 20
    TOWN = 21
    ROAD = 22


FIRST_OBJECT = Label.HOUSE
LAST_OBJECT = Label.CAT


@dataclass(frozen=True)
class Thing:
    """The main object of a scene; `colour` is empty where none is worth naming, `spot` is left, right or centre."""

    kind: str
    colour: str = ""
    count: int = 1
    spot: str = "centre"
    place: str = "on"


@dataclass(frozen=True)
class Scene:
    """An illustrated view seen from the ground."""

    setting: str
    time: str
    clouds: int = 0
    sun: bool = False
    moon: str = ""
    stars: bool = False
    mountains: str = ""
    forest: bool = False
    thing: Thing | None = None

    def as_dict(self) -> dict[str, Any]:
        return {"view": "scene", **asdict(self)}


@dataclass(frozen=True)
class Aerial:
    """A view straight down; `variant` is what tells two pictures of one terrain apart in words."""

    terrain: str
    variant: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"view": "aerial", **asdict(self)}


Description = Scene | Aerial
