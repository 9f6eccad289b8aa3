"""What follows from a decision, in the transaction that makes it: strikes, limits, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from figment.core import events
from figment.core.database import Connection
from figment.core.events import Event
from figment.safety import rules, store
from figment.safety.policy import ALWAYS_REFUSED
from figment.safety.schemas import NoticeKind

_TOLD = {
    rules.Step.NONE: "",
    rules.Step.WARNED: "Please take this as a warning.",
    rules.Step.SLOWED: "It is not the first time: for a while, images cost you four times as much of your allowance.",
    rules.Step.MUTED: "It has happened too often: for a while, you cannot share, report or comment.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that a person is to be told."""

    person: UUID
    kind: NoticeKind
    words: str
    case: UUID | None


def weight_of(category: str) -> float:
    """Of a strike for a text."""
    return rules.FULL_STRIKE if category in ALWAYS_REFUSED else rules.HALF_STRIKE


async def strike(connection: Connection, person: UUID, case: UUID, weight: float, reason: str) -> str:
    """Count something against a person. Gives what they are told of where it leads."""
    await store.add_strike(connection, person, case, weight, reason)
    return _TOLD[rules.step(await limit(connection, person))]


async def limit(connection: Connection, person: UUID) -> float:
    """Slow and mute a person for as long as their strikes say, and give the score."""
    points = rules.score(await store.strikes_that_count(connection, person))
    await store.set_limits(
        connection,
        person,
        slowed_days=rules.days_limited(points, rules.SLOWED),
        muted_days=rules.days_limited(points, rules.MUTED),
    )
    return points


async def tell(connection: Connection, letters: Sequence[Letter]) -> None:
    """Write notices, and say so in the streams. Call it last: it takes the events' lock."""
    told: list[Event] = []
    for letter in letters:
        notice = await store.add_notice(connection, letter.person, letter.kind, letter.words, letter.case)
        told.append(Event(f"person:{letter.person}", "notice", notice.model_dump(mode="json"), notice.id))
    await events.publish(connection, told)
