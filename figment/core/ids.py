"""Ids that sort by time: UUID version 7 (RFC 9562, section 5.7), for rows whose id must be known before they are written."""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_tick = 0
_TICKS_A_MS = 4096


def uuid7() -> UUID:
    """A new id, above every one that this process made before: the 12 bits below the millisecond are a finer clock (method 3)."""
    global _last_tick
    tick = time.time_ns() * _TICKS_A_MS // 1_000_000
    with _lock:
        _last_tick = max(tick, _last_tick + 1)
        milliseconds, fraction = divmod(_last_tick, _TICKS_A_MS)
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62))
