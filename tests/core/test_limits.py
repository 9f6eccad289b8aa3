"""Rate limits: exact under concurrency, and a refusal costs nothing."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from figment.core.database import Database
from figment.core.errors import RateLimited
from figment.core.limits import Charge, Limiter, Rate


@pytest.mark.parametrize(
    ("words", "rate"),
    [("30/minute", Rate(30, 60)), ("5/10 minutes", Rate(5, 600)), (" 1 / second ", Rate(1, 1)), ("off", Rate(0, 0))],
)
def test_rates_are_read(words: str, rate: Rate) -> None:
    assert Rate.parse(words) == rate


@pytest.mark.parametrize("words", ["", "fast", "0/minute", "30 per minute", "-1/second"])
def test_nonsense_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        Rate.parse(words)


async def test_the_burst_passes_and_the_next_is_told_how_long_to_wait(database: Database) -> None:
    limiter, rate = Limiter(database), Rate(5, 60)
    for _ in range(5):
        await limiter.spend(Charge("k", rate))
    with pytest.raises(RateLimited) as refused:
        await limiter.spend(Charge("k", rate))
    assert 10 <= refused.value.extra["retry_after_s"] <= 12
    await limiter.spend(Charge("other", rate))


async def test_it_refills_evenly(database: Database) -> None:
    limiter, rate = Limiter(database), Rate(2, 0.2)
    await limiter.spend(Charge("k", rate, cost=2))
    with pytest.raises(RateLimited):
        await limiter.spend(Charge("k", rate))
    await asyncio.sleep(0.12)
    await limiter.spend(Charge("k", rate))


async def test_concurrent_spenders_get_exactly_the_burst(database: Database) -> None:
    limiter, rate = Limiter(database), Rate(7, 3600)
    results = await asyncio.gather(*(limiter.spend(Charge("k", rate)) for _ in range(30)), return_exceptions=True)
    assert sum(result is None for result in results) == 7
    assert all(result is None or isinstance(result, RateLimited) for result in results)


async def test_who_waits_for_others_is_not_refused_the_last_of_a_burst(database_url: str) -> None:
    spend = "SELECT wait_s FROM spend_charges('{k}', ARRAY[CAST(%s AS double precision)], '{3600}')"
    async with (
        await psycopg.AsyncConnection.connect(database_url) as first,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as last,
        await psycopg.AsyncConnection.connect(database_url, autocommit=True) as watcher,
    ):
        await first.execute(spend, [0])  # holds the key until the commit
        waiting = asyncio.create_task(last.execute(spend, [720]))
        async with asyncio.timeout(10):
            blocked = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
            while await (await watcher.execute(blocked, [last.info.backend_pid])).fetchone() != (1,):
                await asyncio.sleep(0.01)
        for _ in range(4):
            assert await (await first.execute(spend, [720])).fetchone() == (0,)
        await first.commit()
        assert await (await waiting).fetchone() == (0,)
        refused = await (await last.execute(spend, [720])).fetchone()
    assert refused is not None
    assert 719 < refused[0] <= 720


async def test_a_refusal_on_one_key_costs_nothing_on_the_other(database: Database) -> None:
    limiter, rate = Limiter(database), Rate(2, 3600)
    await limiter.spend(Charge("person", rate, cost=2))
    for _ in range(3):
        with pytest.raises(RateLimited):
            await limiter.spend(Charge("address", rate), Charge("person", rate))
    await limiter.spend(Charge("address", rate, cost=2))


async def test_keys_of_several_rates_are_spent_together_or_not_at_all(database: Database) -> None:
    limiter, wide, narrow = Limiter(database), Rate(10, 60), Rate(3, 3600)
    both = (Charge("wide", wide, cost=2), Charge("narrow", narrow, refusal="Three an hour."))
    for _ in range(3):
        await limiter.spend(*both)
    with pytest.raises(RateLimited, match=r"^Three an hour\.$") as refused:
        await limiter.spend(*both)
    assert 1190 < refused.value.extra["retry_after_s"] <= 1200
    await limiter.spend(Charge("wide", wide, cost=4))
    with pytest.raises(RateLimited, match="Wait as long as"):
        await limiter.spend(Charge("wide", wide))


async def test_the_longest_wait_is_told_where_several_have_not_enough(database: Database) -> None:
    limiter = Limiter(database)
    quick, slow = Charge("quick", Rate(1, 1), refusal="Quick."), Charge("slow", Rate(1, 3600), refusal="Slow.")
    await limiter.spend(slow, quick)
    for charges in ((slow, quick), (quick, slow)):
        with pytest.raises(RateLimited, match="Slow"):
            await limiter.spend(*charges)


async def test_what_is_off_takes_nothing_and_asks_nothing(database_url: str) -> None:
    closed = Database(database_url)
    await Limiter(closed).spend(Charge("k", Rate(0, 0), cost=1000))


async def test_two_pools_count_together(database_url: str) -> None:
    rates = (Rate(20, 3600), Rate(7, 86400))
    charges = [Charge(f"k{n}", rate) for n, rate in enumerate(rates)]
    async with Database(database_url) as first, Database(database_url) as second:
        spends = (Limiter(database).spend(*charges) for _ in range(15) for database in (first, second))
        results = await asyncio.gather(*spends, return_exceptions=True)
    assert sum(result is None for result in results) == 7
    assert all(result is None or isinstance(result, RateLimited) for result in results)


async def test_more_than_the_burst_at_once_says_to_ask_for_fewer(database: Database) -> None:
    with pytest.raises(RateLimited, match="Ask for fewer"):
        await Limiter(database).spend(Charge("k", Rate(5, 60), cost=6))


async def test_pruning_removes_only_what_is_full_again(database: Database) -> None:
    limiter = Limiter(database)
    await limiter.spend(Charge("gone", Rate(1, 0.01)))
    await limiter.spend(Charge("kept", Rate(1, 3600)))
    await asyncio.sleep(0.05)
    await limiter.prune()
    with pytest.raises(RateLimited):
        await limiter.spend(Charge("kept", Rate(1, 3600)))
