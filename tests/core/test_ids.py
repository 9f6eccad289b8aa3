"""Ids sort by time, and are valid UUIDs of version 7."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from figment.core.ids import uuid7


def test_ids_are_version_7_and_hold_the_time() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after + 1


def test_ids_rise_and_never_repeat_even_across_threads() -> None:
    alone = [uuid7() for _ in range(10_000)]
    assert alone == sorted(set(alone))
    with ThreadPoolExecutor(8) as pool:
        crowd = list(pool.map(lambda _: uuid7(), range(10_000)))
    assert len(set(crowd)) == 10_000
