"""Rate limits over PostgreSQL: the generic cell rate algorithm in one statement.

GCRA (ITU-T I.371; "virtual scheduling") keeps one timestamp a key and gives the exact time to wait. The state is in the database
because web processes share it; `docs/decisions/0004-rate-limits.md` says why no library does this for us.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import text

from figment.core.database import Database
from figment.core.errors import RateLimited

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


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


class Limiter:
    """Counts what each key used. Keys are made by the caller (`generations:person:…`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def spend(self, keys: list[str], rate: Rate, cost: int = 1) -> None:
        """Take `cost` from every key, or from none.

        Raises:
            RateLimited: one of the keys has not enough left; `retry_after_s` is when it will.
        """
        if rate.burst == 0:
            return
        if cost > rate.burst:
            raise RateLimited(
                f"At most {rate.burst} are allowed in {rate.period_s:.0f} s; {cost} at once can never pass. Ask for fewer.",
                retry_after_s=rate.period_s,
            )
        async with self._database.transaction() as connection:
            for key in sorted(keys):
                wait_s = (
                    await connection.execute(
                        _SPEND,
                        {"key": key, "cost_s": cost * rate.interval_s, "burst_s": rate.period_s},
                    )
                ).scalar_one()
                if wait_s > 0:
                    # Leaving with an exception rolls back: a refused request costs nothing on the other keys either.
                    raise RateLimited(retry_after_s=wait_s)

    async def prune(self) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(text("DELETE FROM rate_limits WHERE full_at < now()"))


# `full_at` is GCRA's theoretical arrival time: when the key will have its whole burst again. The row lock of the upsert serialises
# the spenders of one key. Returns the seconds to wait; above 0 nothing was taken.
_SPEND = text("""
    INSERT INTO rate_limits AS r (key, full_at)
    VALUES (:key, clock_timestamp() + make_interval(secs => :cost_s))
    ON CONFLICT (key) DO UPDATE SET full_at = CASE
        WHEN greatest(r.full_at, clock_timestamp()) + make_interval(secs => :cost_s)
             <= clock_timestamp() + make_interval(secs => :burst_s)
        THEN greatest(r.full_at, clock_timestamp()) + make_interval(secs => :cost_s)
        ELSE r.full_at END,
        refused_s = greatest(0, extract(epoch FROM greatest(r.full_at, clock_timestamp())
            + make_interval(secs => :cost_s) - make_interval(secs => :burst_s) - clock_timestamp()))
    RETURNING coalesce(refused_s, 0)
""")
