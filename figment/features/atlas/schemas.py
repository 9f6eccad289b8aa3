"""Wire shapes of Atlas. All coordinates are whole pixels of the map, of any sign; y counts downwards."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from figment.core.text import Words
from figment.features.atlas.rules.tiles import FARTHEST, MIN_ZOOM, TILE
from figment.generation.contract import MAX_SEED
from figment.generation.schemas import JobError, JobProgress
from figment.images.schemas import Image

Coordinate = Annotated[int, Field(ge=-FARTHEST, le=FARTHEST)]
Paint = Literal["everyone", "owner"]
EditState = Literal["queued", "running", "committed", "undone", "failed", "cancelled"]


class World(BaseModel):
    """A map. `slug` is its name in addresses, `prompt` what is added to every prompt. `bounds`: left, top, right, bottom of all that people painted.

    `terrain`: the seed of its land; null where it begins blank. `home`: x, y of where one arrives in that land.
    """

    slug: str
    name: str
    author: str | None
    prompt: str
    model: str | None
    paint: Paint
    may_paint: bool
    mine: bool
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


class EditRequest(BaseModel):
    """Fill a frame: where nothing is yet, or where `mask`, an image of mine as large as the frame, is white. What is left out is the model's default.

    In a world with land of its own nothing is blank: without a mask all of the frame but its border is painted anew.
    """

    model_config = ConfigDict(extra="forbid")

    x: Coordinate
    y: Coordinate
    width: int = Field(ge=1, le=4096)
    height: int = Field(ge=1, le=4096)
    prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=10_000)]
    negative_prompt: Annotated[Words, StringConstraints(strip_whitespace=True, max_length=10_000)] = ""
    seed: int | None = Field(None, ge=0, le=MAX_SEED)
    steps: int | None = Field(None, ge=1, le=1000)
    guidance: float | None = Field(None, ge=0, le=100)
    mask: UUID | None = None


class Edit(BaseModel):
    """What somebody painted, or is about to. `seq` counts the commits of the world. `job` is told only to whom it belongs."""

    id: UUID
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
