"""What newcomers may: guests, and accounts in their first day, have rates of their own besides everybody's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from figment.accounts.schemas import Person
from figment.core.limits import Charge, Rate

What = Literal["generations", "uploads"]

TOGETHER = 10
"""How many times one newcomer's rate all behind one address have together: whoever throws their cookie away is a newcomer once more."""
_MAY: Mapping[What, str] = {"generations": "make {} pictures", "uploads": "upload {} files"}


@dataclass(frozen=True, slots=True)
class Newcomers:
    """How long one is a newcomer, and what they may meanwhile."""

    lasts: timedelta
    rates: Mapping[What, Rate]

    def includes(self, person: Person, now: datetime) -> bool:
        """Guests for as long as they are; an account until it is `lasts` old, unless an administrator vouches for it or gave it a role."""
        if person.guest:
            return True
        return person.role == "user" and not person.vouched and now < person.created_at + self.lasts

    def charges(self, person: Person, address: str, what: What, count: int, now: datetime) -> list[Charge]:
        """What `count` of something take from a newcomer, besides what they take from everybody; nothing from anybody else."""
        rate = self.rates[what]
        if rate.burst == 0 or not self.includes(person, now):
            return []
        together = Rate(TOGETHER * rate.burst, rate.period_s)
        cost = person.cost_of(count, rate.burst) if what == "generations" else count
        who, ends = "Guests" if person.guest else "New accounts", self._ends(person, now)
        crowd = "All guests and new accounts at your internet address together"
        return [
            Charge(f"newcomers:{what}:person:{person.id}", rate, cost, _refusal(who, what, rate, ends)),
            Charge(f"newcomers:{what}:address:{address}", together, cost, _refusal(crowd, what, together, ends)),
        ]

    def _ends(self, person: Person, now: datetime) -> str:
        if person.waiting:
            return "This limit ends when an administrator lets you in."
        on = person.created_at + self.lasts
        when = "at once" if on <= now else f"on {on.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
        return f"With an account, this limit ends {when}." if person.guest else f"This limit ends {when}."


def _refusal(who: str, what: What, rate: Rate, ends: str) -> str:
    return f"{who} may {_MAY[what].format(rate.burst)} {_a(rate.period_s)}, which come back one by one. {ends}"


def _a(period_s: float) -> str:
    """`a day`, `in 10 minutes`."""
    for unit, length_s, article in (("day", 86400, "a"), ("hour", 3600, "an"), ("minute", 60, "a")):
        if period_s == length_s:
            return f"{article} {unit}"
        if period_s % length_s == 0:
            return f"in {period_s / length_s:.0f} {unit}s"
    return f"in {period_s:.0f} seconds"
