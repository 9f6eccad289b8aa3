"""Keeps an embedded PostgreSQL running: whoever kills it (the kernel, out of memory) does not take the whole of Figment along."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import structlog

from figment.core.postgres import EmbeddedPostgres, PostgresError

log = structlog.get_logger(__name__)

_LOOK_S = 1.0


@contextlib.contextmanager
def kept_running(postgres: EmbeddedPostgres, url: str) -> Iterator[None]:
    """Start the server again whenever it ends, until the block is left. `url` is what its `start` returned."""
    left = threading.Event()
    keeper = threading.Thread(target=_keep, args=(postgres, url, left), name="postgres keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        # Before the server is stopped on purpose, or the keeper would start it again.
        left.set()
        keeper.join()


def _keep(postgres: EmbeddedPostgres, url: str, left: threading.Event) -> None:
    while not left.wait(_LOOK_S):
        if postgres.alive:
            continue
        log.error("postgres.ended", action="it is started again; postgres.log says why")
        try:
            postgres.stop()
            again = postgres.start()
        except (PostgresError, OSError) as error:
            log.error("postgres.not_started", error=str(error))
            continue
        if again != url:
            log.error("postgres.moved", action="start Figment again: its database has another address now")
