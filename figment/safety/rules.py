"""What follows from what people do: strikes that fade, what a report weighs, who decides, and when one may appeal. Plain Python."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

HALF_LIFE_DAYS = 30.0
WARNED, SLOWED, MUTED = 1.0, 2.0, 3.0
"""From which score on a person is warned, pays more for an image, and may not speak to others."""
NEARLY = 0.1
"""So much may be missing: yesterday's strike has faded a little, and two are still two."""
RELEASE = 0.5
"""So far a score must fall below a limit to end what it led to: at the limit itself, it would end as it begins."""
FULL_STRIKE, HALF_STRIKE = 1.0, 0.5

CLAIM = timedelta(minutes=30)
APPEAL = timedelta(days=30)

MODERATORS_WEIGHT = 3.0
GUEST_WEIGHT, NEW_WEIGHT, ACCOUNT_WEIGHT = 0.3, 0.7, 1.0
GUESTS_TOGETHER = 1.0
"""What all guests weigh at the most: whoever opens many browsers has many guests."""
NEW_FOR = timedelta(days=1)
CHILD_SAFETY_HIDES = 1.0
CLEARED_TIMES = 2.0
"""How much more it takes to hide what a moderator has looked at and approved."""
# Sums of tenths do not come to the last bit.
_ROUNDING = 1e-6

Rank = Literal["guest", "user", "moderator", "admin"]


class Step(StrEnum):
    """Where a score leads."""

    NONE = "none"
    WARNED = "warned"
    SLOWED = "slowed"
    MUTED = "muted"


# -- strikes --------------------------------------------------------------------------------------------------------------


def score(strikes: Iterable[tuple[float, float]]) -> float:
    """The sum of strikes, each (weight, age in days) worth half after 30 days."""
    return math.fsum(weight * 0.5 ** (max(0.0, age_days) / HALF_LIFE_DAYS) for weight, age_days in strikes)


def step(points: float) -> Step:
    if points >= MUTED - NEARLY:
        return Step.MUTED
    if points >= SLOWED - NEARLY:
        return Step.SLOWED
    return Step.WARNED if points >= WARNED - NEARLY else Step.NONE


def days_limited(points: float, limit: float) -> float:
    """For how long a score holds somebody to `limit`, 0 when it does not reach it. All strikes fade alike, so that their sum does too."""
    return 0.0 if points < limit - NEARLY else HALF_LIFE_DAYS * math.log2(points / (limit - RELEASE))


# -- reports --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reports. `upheld` of their `decided` earlier reports came to a refusal that stood."""

    rank: Rank
    age: timedelta
    upheld: int = 0
    decided: int = 0
    owns_it: bool = False


def reporter_weight(reporter: Reporter) -> float:
    """How much one report weighs: 0.3 of a guest, 0.7 of an account in its first day, 1 of another, times how often they were right."""
    if reporter.owns_it:
        return 0.0
    if reporter.rank in ("moderator", "admin"):
        return MODERATORS_WEIGHT
    if reporter.rank == "guest":
        base = GUEST_WEIGHT
    else:
        base = NEW_WEIGHT if reporter.age < NEW_FOR else ACCOUNT_WEIGHT
    return base * trust(reporter.upheld, reporter.decided)


def trust(upheld: int, decided: int) -> float:
    """1 of somebody unknown; between 0.25 and 2. Laplace's rule of succession, doubled: one right or wrong report moves it a little."""
    return min(2.0, max(0.25, 2 * (upheld + 1) / (decided + 2)))


@dataclass(frozen=True, slots=True)
class Said:
    """One report of a case."""

    weight: float
    guest: bool
    child_safety: bool = False


def together(reports: Iterable[Said]) -> float:
    """What reports weigh together."""
    said = list(reports)
    guests = math.fsum(each.weight for each in said if each.guest)
    return math.fsum(each.weight for each in said if not each.guest) + min(GUESTS_TOGETHER, guests)


def hides(reports: Iterable[Said], threshold: float, cleared: bool = False) -> bool:
    """Whether reports hide a picture until somebody has looked. `cleared`: a moderator approved it before."""
    said = list(reports)
    times = CLEARED_TIMES if cleared else 1.0
    of_children = together(each for each in said if each.child_safety)
    return (
        together(said) >= times * threshold - _ROUNDING
        or of_children >= times * min(CHILD_SAFETY_HIDES, threshold) - _ROUNDING
    )


# -- cases ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How a case stands. `concerned`: whose case it is, and everybody else who has the file or another case about it.

    `decided_before_by`: of an appeal, who decided what it appeals against.
    """

    concerned: frozenset[UUID]
    decided: bool
    claimed_by: UUID | None = None
    claimed_at: datetime | None = None
    decided_before_by: UUID | None = None


def holder(case: Standing, now: datetime) -> UUID | None:
    """Who has claimed it, while the claim lasts."""
    if case.claimed_by is None or case.claimed_at is None or now >= case.claimed_at + CLAIM:
        return None
    return case.claimed_by


def why_not_claim(case: Standing, moderator: UUID, now: datetime) -> str | None:
    """Why this moderator may not take it on, if so."""
    if case.decided:
        return "This case is decided."
    if moderator in case.concerned:
        return "This is about something of your own. Somebody else must decide it."
    if case.decided_before_by == moderator:
        return "This is an appeal against your own decision. Somebody else must decide it."
    if holder(case, now) not in (None, moderator):
        return "Somebody else has claimed this case. It is free again half an hour after that, or when they release it."
    return None


def why_not_decide(case: Standing, moderator: UUID, now: datetime) -> str | None:
    """Why this moderator may not decide it, if so."""
    if reason := why_not_claim(case, moderator, now):
        return reason
    if holder(case, now) != moderator:
        return "Claim this case first, so that nobody else works on it meanwhile."
    return None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A decision as somebody sees whom it concerns. `appealed`: they did.

    `theirs_since`: since when they have the picture, where the case is of somebody else who has the same file.
    """

    refused: bool
    decided_at: datetime | None
    is_appeal: bool
    appealed: bool
    theirs_since: datetime | None = None


def why_not_appeal(outcome: Outcome, now: datetime) -> str | None:
    """Why they may not appeal, if so."""
    if outcome.is_appeal:
        return "An appeal is decided for good."
    if outcome.appealed:
        return "You have appealed already; one may do so once."
    if outcome.decided_at is None or not outcome.refused:
        return "There is no refusal to appeal against."
    # Whoever came to the file later could not know of the decision before.
    if now > max(outcome.decided_at, outcome.theirs_since or outcome.decided_at) + APPEAL:
        return "An appeal must be made within 30 days of the decision."
    return None
