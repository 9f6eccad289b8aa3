"""Wire shapes of Atlas. All coordinates are whole pixels of the map, of any sign; y counts downwards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, field_validator

from figment.core.text import Words
from figment.features.atlas.rules.tiles import FARTHEST, MIN_ZOOM, TILE
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import JobError, JobProgress, JobState
from figment.images.schemas import Image

Coordinate = Annotated[int, Field(ge=-FARTHEST, le=FARTHEST)]
Paint = Literal["everyone", "members", "owner"]
EditState = Literal["queued", "running", "choosing", "committed", "undone", "failed", "cancelled"]
MOST_PX = 2048
"""The longest side of a frame, of those that any model makes."""
MOST_CANDIDATES = 4


class World(BaseModel):
    """A map. `slug` is its name in addresses, `prompt` what is added to every prompt. `bounds`: left, top, right, bottom of all that people painted.

    `thumbnail`: the address of a small picture of all of it, which changes with what it shows; null where nothing is.
    `terrain`: the seed of its land; null where it begins blank. `home`: x, y of where one arrives in that land.
    """

    slug: str
    name: str
    author: str | None
    prompt: str
    model: str | None
    paint: Paint
    may_paint: bool
    may_change: bool
    may_roll_back: bool
    mine: bool
    thumbnail: str | None
    tile_size: int = TILE
    min_zoom: int = MIN_ZOOM
    bounds: list[int] | None
    terrain: int | None
    home: list[int] | None
    edits: int
    created_at: datetime


class WorldList(BaseModel):
    items: list[World]


class WorldRequest(BaseModel):
    """`slug` is made from the name when it is left out. `terrain`: the seed of a land that makes itself; without it the world begins blank."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    slug: str | None = Field(None, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    model: str | None = Field(None, max_length=200)
    paint: Paint = "everyone"
    terrain: int | None = Field(None, ge=0, le=MAX_SEED)


class WorldChange(BaseModel):
    """What is left out stays as it is. `model` null: the server's default."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[Words, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)] | None = None
    prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    model: str | None = Field(None, max_length=200)
    paint: Paint | None = None


class Member(BaseModel):
    """Somebody who may paint where members do."""

    person: UUID
    name: str
    username: str | None
    added_at: datetime


class MemberList(BaseModel):
    items: list[Member]


class MemberRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: Annotated[Words, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1, max_length=40)]


class Invitation(BaseModel):
    """`token`: whoever has it may become a member until `expires_at`. It is told this once."""

    token: str
    expires_at: datetime


class JoinRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[Words, StringConstraints(min_length=8, max_length=200)]


class RollbackRequest(BaseModel):
    """Everything that the author of `edit` painted in this world, from `since` on where it is given."""

    model_config = ConfigDict(extra="forbid")

    edit: UUID
    since: AwareDatetime | None = None


class Rollback(BaseModel):
    """What one person painted, taken back at once: `running`, then `done`; `undoing`, then `undone`. `edits` are taken back by now, `left` are to be."""

    id: UUID
    person: str | None
    by: str | None
    since: datetime | None
    state: Literal["running", "done", "undoing", "undone"]
    edits: int
    left: int
    created_at: datetime


class RollbackList(BaseModel):
    items: list[Rollback]


class EditRequest(BaseModel):
    """Fill a frame: where nothing is yet, or where `mask`, an image of mine as large as the frame, is white. What is left out is the model's default.

    With more than one of `candidates`, so many pictures are made, of this seed and those after it, and none is painted until one is chosen.
    In a world with land of its own nothing is blank: without a mask all of the frame but its border is painted anew.
    """

    model_config = ConfigDict(extra="forbid")

    x: Coordinate
    y: Coordinate
    width: int = Field(ge=1, le=MOST_PX)
    height: int = Field(ge=1, le=MOST_PX)
    prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=10_000)]
    negative_prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=10_000)] = ""
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    steps: int | None = Field(None, ge=1, le=1000)
    guidance: float | None = Field(None, ge=0, le=100)
    mask: UUID | None = None
    candidates: int = Field(1, ge=1, le=MOST_CANDIDATES)


class EraseRequest(BaseModel):
    """Make blank what a frame shows: all of it, or where `mask`, an image of mine as large as the frame, is white."""

    model_config = ConfigDict(extra="forbid")

    x: Coordinate
    y: Coordinate
    width: int = Field(ge=1, le=MOST_PX)
    height: int = Field(ge=1, le=MOST_PX)
    mask: UUID | None = None


class Choice(BaseModel):
    """`candidate`: its number, from 1."""

    model_config = ConfigDict(extra="forbid")

    candidate: int = Field(ge=1, le=MOST_CANDIDATES)


class Candidate(BaseModel):
    """One of the pictures of which one is to be chosen; `image` once it is made."""

    number: int
    job: UUID
    state: JobState
    seed: int
    error: JobError | None
    image: Image | None


class Edit(BaseModel):
    """What somebody painted or erased, or is about to. `seq` counts the commits of the world. `choosing`: its pictures are made, and its author
    has yet to choose one. `job`, `image` and `candidates` are told only to whom they belong.
    """

    id: UUID
    kind: Literal["paint", "erase"]
    x: int
    y: int
    width: int
    height: int
    prompt: str
    author: str | None
    mine: bool
    state: EditState
    seq: int | None
    job: UUID | None
    progress: JobProgress | None
    error: JobError | None
    image: Image | None
    candidates: list[Candidate]
    created_at: datetime
    committed_at: datetime | None


class EditPage(BaseModel):
    items: list[Edit]
    next_cursor: str | None


class EditAt(BaseModel):
    """`edit`: the one that made this pixel; null where nothing is."""

    edit: Edit | None


class TileVersion(BaseModel):
    x: int
    y: int
    v: str


class Manifest(BaseModel):
    """The tiles of an area that show something, with the version that their address names.

    `ground`: the world has land of its own, and so all its tiles show something; those that are not listed have this version.
    """

    z: int
    tiles: list[TileVersion]
    ground: str | None


class TileJson(BaseModel):
    """TileJSON 3.0 (https://github.com/mapbox/tilejson-spec), of pixels rather than of the globe: zoom 0 is one pixel of the map to one of the tile."""

    tilejson: str = "3.0.0"
    name: str
    scheme: Literal["xyz"] = "xyz"
    tiles: list[str]
    minzoom: int = MIN_ZOOM
    maxzoom: int = 0
    tile_size: int = TILE


class Look(BaseModel):
    """What a page shows of a world (left, top, right, bottom), and where its person points."""

    model_config = ConfigDict(extra="forbid")

    view: tuple[Coordinate, Coordinate, Coordinate, Coordinate]
    at: tuple[Coordinate, Coordinate] | None = None

    @field_validator("view")
    @classmethod
    def _is_not_inside_out(cls, view: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        left, top, right, bottom = view
        if right <= left or bottom <= top:
            raise ValueError("Give left, top, right and bottom with left < right and top < bottom.")
        return view


class Onlooker(BaseModel):
    """Somebody who looks at the same world. `who`: the same on all pages of one person; `colour`: 0 to 11."""

    id: str
    who: str
    name: str
    colour: int
    at: list[int] | None
    view: list[int]


class Presence(BaseModel):
    """What changed among those who look at a world: who is new or moved, and who is to be seen no longer.

    `you` is this page's own id, which is never among them; `me` is the `who` of your own other pages, null for nobody in particular.
    `people` counts persons, you included; `watchers` those who are nobody in particular.
    """

    you: str
    me: str | None
    changed: list[Onlooker]
    gone: list[str]
    people: int
    watchers: int


class StandardTileJson(BaseModel):
    """TileJSON 3.0 of the standard addresses, in which the middle of everything is the map's origin.

    `bounds` (west, south, east, north) and `center` (longitude, latitude, zoom) are what programs that take it for the globe call the places.
    `map_origin` is the pixel of the map in the upper left corner of everything; at `maxzoom` a pixel is one of the map.
    """

    tilejson: str = "3.0.0"
    name: str
    scheme: Literal["xyz"] = "xyz"
    tiles: list[str]
    minzoom: int
    maxzoom: int
    bounds: tuple[float, float, float, float]
    center: tuple[float, float, int]
    tile_size: int = TILE
    map_origin: tuple[int, int]
