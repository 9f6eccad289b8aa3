"""Who looks at which world now, across all processes of the server. Kept in memory only, and gone when nobody says it any more."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from figment.accounts.schemas import Person
from figment.core.broadcast import MOST_BYTES, Broadcast
from figment.core.database import Database
from figment.core.errors import RateLimited
from figment.core.limits import Rate, Throttle
from figment.features.atlas.errors import WorldIsFull
from figment.features.atlas.rules.presence import MOST_SEEN, Box, Figure, Spot, colour_of, news, seen_from, who_of
from figment.features.atlas.schemas import Look, Onlooker, Presence
from figment.features.atlas.service.worlds import find_id

log = structlog.get_logger(__name__)

_CHANNEL = "figment_atlas_presence"
BEAT_S = 0.1
"""Between two things that one is told, or that processes tell each other."""
SIGN_S = 2.0
"""Between two signs of life of a process."""
LOST_S = 6.0
"""So long after its last sign, those who were with another process are gone."""
MOST_SEATS = 300
"""Pages that look at one world through one process and are seen there."""
MOST_OF_PERSON = 8
_MESSAGES = Rate(60, 3)
_NOWHERE = Box(0, 0, 0, 0)
_OVERHEAD_BYTES = 200


@dataclass(eq=False)
class Seat:
    """One page that looks at a world. `figure`: how others see it; None of somebody who is only counted."""

    id: str
    world: UUID
    person: UUID | None
    figure: Figure | None
    view: Box = _NOWHERE
    told: dict[str, Figure] = field(default_factory=dict)
    counts: tuple[int, int] | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    allowance: Throttle = field(default_factory=lambda: Throttle(_MESSAGES))


@dataclass
class _Elsewhere:
    """What another process last said of a world."""

    figures: dict[str, Figure] = field(default_factory=dict)
    watchers: int = 0
    heard_at: float = 0.0


@dataclass
class _World:
    seats: dict[str, Seat] = field(default_factory=dict)
    elsewhere: dict[str, _Elsewhere] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    """Seats of this process that others have not heard of yet as they are."""

    def figures(self) -> Iterator[Figure]:
        for seat in self.seats.values():
            if seat.figure is not None:
                yield seat.figure
        for other in self.elsewhere.values():
            yield from other.figures.values()

    def own_watchers(self) -> int:
        return sum(seat.figure is None for seat in self.seats.values())

    def counts(self) -> tuple[int, int]:
        """How many people, and how many who are nobody in particular."""
        watchers = self.own_watchers() + sum(other.watchers for other in self.elsewhere.values())
        return len({figure.who for figure in self.figures()}), watchers


class Presences:
    """Who is where. A seat is taken for as long as a page looks; what others do there is told to it."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._broadcast = Broadcast(database, _CHANNEL, self.hear)
        self._clock = clock
        self._process = secrets.token_hex(4)
        self._worlds: dict[UUID, _World] = {}
        self._due_at = clock()
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._broadcast.start()
        self._task = asyncio.create_task(self._tell_forever(), name="presences")

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self._broadcast.stop()

    @contextlib.asynccontextmanager
    async def seat(self, person: Person | None, slug: str) -> AsyncIterator[Seat]:
        """A place among those who look at a world, until the block is left.

        Raises:
            WorldNotFound.
            WorldIsFull: as many as can see each other are there.
            RateLimited: this person looks with as many pages as one may.
        """
        async with self._database.statements() as connection:
            world = await find_id(connection, slug)
        seat = self._take(world, person)
        try:
            yield seat
        finally:
            self._leave(seat)

    def _take(self, world: UUID, person: Person | None) -> Seat:
        there = self._worlds.setdefault(world, _World())
        if len(there.seats) >= MOST_SEATS:
            raise WorldIsFull
        if person and sum(seat.person == person.id for seat in there.seats.values()) >= MOST_OF_PERSON:
            raise RateLimited(f"You look at this world with {MOST_OF_PERSON} pages already.", retry_after_s=LOST_S)
        seat = Seat(secrets.token_hex(6), world, person.id if person else None, None)
        if person is not None:
            who = who_of(world, person.id)
            seat.figure = Figure(seat.id, who, person.name, colour_of(who), None, _NOWHERE)
        there.seats[seat.id] = seat
        self._touched(world, there, seat.id)
        return seat

    def look(self, seat: Seat, look: Look) -> None:
        """What a page shows of the world now, and where its person points.

        Raises:
            RateLimited: more often than anybody could see.
        """
        seat.allowance.spend("")
        view, at = Box(*look.view), Spot(*look.at) if look.at else None
        moved = view != seat.view
        seat.view = view
        if moved:
            # Others may be the nearest now.
            seat.changed.set()
        if seat.figure is None or (seat.figure.view == view and seat.figure.at == at):
            return
        seat.figure = replace(seat.figure, at=at, view=view)
        self._touched(seat.world, self._worlds[seat.world], seat.id)

    def _leave(self, seat: Seat) -> None:
        there = self._worlds[seat.world]
        del there.seats[seat.id]
        self._touched(seat.world, there, seat.id)

    async def told(self, seat: Seat) -> Presence:
        """What is new for a page, as soon as there is something: at most ten times a second, and the last state only."""
        while True:
            await seat.changed.wait()
            seat.changed.clear()
            there = self._worlds[seat.world]
            seen = seen_from(there.figures(), seat.id, seat.view)
            found, counts = news(seat.told, seen), there.counts()
            if not (found.changed or found.gone or counts != seat.counts):
                continue
            seat.told, seat.counts = {figure.id: figure for figure in seen}, counts
            return Presence(
                you=seat.id,
                me=seat.figure and seat.figure.who,
                changed=[_onlooker(figure) for figure in found.changed],
                gone=found.gone,
                people=counts[0],
                watchers=counts[1],
            )

    def beat_s(self, seat: Seat) -> float:
        """How long to wait until a page is told more: longer in a crowd, so that a crowd costs no more than its number."""
        there = self._worlds[seat.world]
        return BEAT_S * max(1.0, len(there.seats) / MOST_SEEN)

    def _touched(self, world: UUID, there: _World, seat: str) -> None:
        there.changed.add(seat)
        self._changed.set()
        self._tell_seats(there)

    @staticmethod
    def _tell_seats(there: _World) -> None:
        for seat in there.seats.values():
            seat.changed.set()

    # -- between processes --------------------------------------------------------------------------------------------

    def hear(self, message: str) -> None:
        """What a process says of a world: those of its figures that changed, or with `whole` all of them."""
        said = json.loads(message)
        world = UUID(said["world"])
        there = self._worlds.get(world)
        if said["from"] == self._process or there is None:
            return
        if said["from"] not in there.elsewhere:
            # It does not know who is here either.
            self._due_at = self._clock()
            self._changed.set()
        other = there.elsewhere.setdefault(said["from"], _Elsewhere())
        other.heard_at, other.watchers = self._clock(), said["watchers"]
        for id_, who, name, colour, at, view in said["figures"]:
            other.figures[id_] = Figure(id_, who, name, colour, Spot(*at) if at else None, Box(*view))
        for id_ in said["gone"]:
            other.figures.pop(id_, None)
        self._tell_seats(there)

    async def _tell_forever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SIGN_S):
                    await self._changed.wait()
            await asyncio.sleep(BEAT_S)
            self._changed.clear()
            try:
                due = self._clock() >= self._due_at
                if due:
                    self._due_at = self._clock() + SIGN_S
                    self._forget_lost()
                if messages := list(self._messages(due)):
                    await self._broadcast.say(messages)
            except Exception as error:
                # Those of other processes are not seen for a moment; the next sign of life has everybody again.
                log.warning("presence.untold", error=str(error))

    def _messages(self, whole: bool) -> Iterator[str]:
        for world, there in list(self._worlds.items()):
            changed, there.changed = there.changed, set()
            gone = [id_ for id_ in changed if id_ not in there.seats]
            asked = there.seats if whole else changed
            figures = [seat.figure for id_ in asked if (seat := there.seats.get(id_)) and seat.figure]
            if changed or (whole and there.seats):
                yield from self._said(world, there.own_watchers(), figures, gone)
            if not there.seats:
                # Nobody here looks any more: what others say of it is nobody's business.
                del self._worlds[world]

    def _said(self, world: UUID, watchers: int, figures: Iterable[Figure], gone: list[str]) -> Iterator[str]:
        """In as many messages as it takes."""
        rest = [_packed(figure) for figure in figures]
        while True:
            part, size = [], _OVERHEAD_BYTES + 20 * len(gone)
            while rest and size + len(rest[-1].encode()) + 1 <= MOST_BYTES:
                size += len(rest[-1].encode()) + 1
                part.append(rest.pop())
            head = json.dumps({"from": self._process, "world": str(world), "watchers": watchers, "gone": gone})
            yield f'{head[:-1]}, "figures": [{",".join(part)}]}}'
            gone = []
            if not rest:
                return

    def _forget_lost(self) -> None:
        """Processes that ended without a word."""
        limit = self._clock() - LOST_S
        for there in self._worlds.values():
            lost = [process for process, other in there.elsewhere.items() if other.heard_at < limit]
            for process in lost:
                del there.elsewhere[process]
            if lost:
                self._tell_seats(there)


def _packed(figure: Figure) -> str:
    return json.dumps([figure.id, figure.who, figure.name, figure.colour, figure.at, figure.view], ensure_ascii=False)


def _onlooker(figure: Figure) -> Onlooker:
    return Onlooker(
        id=figure.id,
        who=figure.who,
        name=figure.name,
        colour=figure.colour,
        at=figure.at and [figure.at.x, figure.at.y],
        view=list(figure.view),
    )
