"""Rate limits over PostgreSQL: the generic cell rate algorithm in one statement.

GCRA (ITU-T I.371; "virtual scheduling") keeps one timestamp a key and gives the exact time to wait. The state is in the database
because web processes share it; `docs/decisions/0004-rate-limits.md` says why no library does this for us.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from figment.core.database import Database
from figment.core.errors import RateLimited

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
# A thousand additions of a twentieth of a second do not make fifty seconds to the last bit.
_ROUNDING_S = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, refilled evenly over `period_s` seconds."""

    burst: int
    period_s: float

    @classmethod
    def parse(cls, words: str) -> Rate:
        """Read `30/minute`, `5/10 minutes` or `off`.

        Raises:
            ValueError: the words are none of these.
        """
        if words.strip().lower() == "off":
            return cls(0, 0)
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)?\s*(second|minute|hour|day)s?\s*", words)
        if not found or int(found[1]) < 1:
            raise ValueError(f"{words!r} is no rate: write it like 30/minute, 5/10 minutes or off")
        return cls(int(found[1]), int(found[2] or 1) * _SECONDS[found[3]])

    @property
    def interval_s(self) -> float:
        return self.period_s / self.burst


@dataclass(frozen=True, slots=True)
class Charge:
    """`cost` of what `key` has at `rate`. Keys are made by the caller (`generations:person:…`).

    `refusal` is what a person is told where it is this key that has not enough left; None says it in general words.
    """

    key: str
    rate: Rate
    cost: int = 1
    refusal: str | None = None


class Limiter:
    """Counts what each key used."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, *charges: Charge) -> None:
        """Take every charge from its key, or none of them: one round trip, however many they are.

        Raises:
            RateLimited: one of the keys has not enough left; `retry_after_s` is when all of them will.
        """
        asked = {charge.key: charge for charge in charges if charge.rate.burst > 0}
        for charge in asked.values():
            _refuse_impossible(charge)
        if not asked:
            return
        async with self._database.statements(relaxed=True) as connection:
            found = await connection.execute(
                "SELECT short, wait_s FROM spend_charges(%(keys)s, %(costs_s)s, %(bursts_s)s)",
                {
                    "keys": list(asked),
                    "costs_s": [float(charge.cost * charge.rate.interval_s) for charge in asked.values()],
                    "bursts_s": [float(charge.rate.period_s) for charge in asked.values()],
                },
            )
        row = found.one()
        if row.wait_s > 0:
            raise RateLimited(asked[row.short].refusal, retry_after_s=row.wait_s)

    async def prune(self) -> None:
        async with self._database.transaction() as connection:
            await connection.execute("DELETE FROM rate_limits WHERE full_at < now()")


def _refuse_impossible(charge: Charge) -> None:
    """
    Raises:
        RateLimited: not even a key that has all of its burst has so much.
    """
    rate = charge.rate
    if charge.cost > rate.burst:
        most = f"At most {rate.burst} are allowed in {rate.period_s:.0f} s; {charge.cost} at once can never pass. Ask for fewer."
        raise RateLimited(f"{charge.refusal} {most}" if charge.refusal else most, retry_after_s=rate.period_s)


class Throttle:
    """The same algorithm in this process's memory, for what comes too often to ask the database each time.

    Several web processes count apart, so together they let through more; it stops floods and sells nothing.
    """

    def __init__(self, rate: Rate, most_keys: int = 20_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._most_keys = most_keys
        self._clock = clock
        # In the order of last use: the first is the one to forget.
        self._full_at: dict[str, float] = {}

    def spend(self, key: str) -> None:
        """
        Raises:
            RateLimited: the key has nothing left; `retry_after_s` is when it will.
        """
        if self._rate.burst == 0:
            return
        now = self._clock()
        before = max(self._full_at.pop(key, now), now)
        wait_s = before + self._rate.interval_s - now - self._rate.period_s
        allowed = wait_s <= _ROUNDING_S
        self._full_at[key] = before + self._rate.interval_s if allowed else before
        if len(self._full_at) > self._most_keys:
            del self._full_at[next(iter(self._full_at))]
        if not allowed:
            raise RateLimited(retry_after_s=wait_s)
