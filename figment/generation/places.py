"""What a place may add to the jobs that it asked for: what their pictures start from, and what is done with them besides keeping them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from figment.core.database import Connection
from figment.core.events import Event
from figment.generation.contract import ImageRequest, Pixels
from figment.generation.schemas import JobProgress
from figment.generation.store import JobRow
from figment.images.schemas import Image


class Outdated(Exception):
    """What was prepared rests on something that others have changed meanwhile: prepare again."""


class MakeAgain(Exception):
    """The picture itself rests on something that others have changed meanwhile: its job goes back to the queue, and that is no failed try."""


class Drawing(Protocol):
    """One picture of a place on its way."""

    @property
    def request(self) -> ImageRequest:
        """With the pictures that it starts from."""

    @property
    def inputs(self) -> Mapping[str, str]:
        """What its recipe says of them."""

    def shown(self, progress: JobProgress) -> Event | None:
        """What others than its owner are told of how far it is, if anything; some of it only, so that they are not flooded."""

    async def prepare(self, picture: Pixels) -> None:
        """Do what takes long, outside any transaction: write files. May be called again. Raises MakeAgain."""

    async def keep(self, connection: Connection, image: Image) -> Sequence[Event]:
        """Write what the place keeps, in the transaction that ends the job; gives what is told of it then. Raises Outdated: nothing
        was committed, and both are called again."""


class Place(Protocol):
    """A place whose pictures start from what it shows when they are made, not when they were asked for."""

    async def draw(self, row: JobRow, request: ImageRequest) -> Drawing:
        """Raises FigmentError: there is nothing to draw any more; the job fails with it."""
