"""All SQL of models that were chosen while the server runs, and of the loads that brought them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection
from figment.generation.contract import ModelCard
from figment.generation.errors import ModelIsLoading


@dataclass(frozen=True, slots=True)
class LoadRow:
    id: UUID
    owner: UUID
    model: str
    state: str
    stage: str | None
    bytes_fetched: int
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def topic(self) -> str:
        return f"person:{self.owner}"


_COLUMNS = "id, owner, model, state, stage, bytes_fetched, error_code, error_detail, created_at, finished_at"


async def add_load(connection: Connection, load: UUID, owner: UUID, model: str, queue_id: int) -> LoadRow:
    """
    Raises:
        ModelIsLoading: another load is not over; nothing was written.
    """
    row = (
        await connection.execute(
            f"""
                INSERT INTO model_loads (id, owner, model, queue_id) VALUES (%(id)s, %(owner)s, %(model)s, %(queue_id)s)
                ON CONFLICT DO NOTHING RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": load, "owner": owner, "model": model, "queue_id": queue_id},
        )
    ).one_or_none()
    if row is None:
        raise ModelIsLoading
    return LoadRow(*row)


async def load_by_id(connection: Connection, load: UUID) -> LoadRow | None:
    row = (
        await connection.execute(f"SELECT {_COLUMNS} FROM model_loads WHERE id = %(id)s", {"id": load})  # noqa: S608
    ).one_or_none()
    return LoadRow(*row) if row else None


async def begin(connection: Connection, load: UUID) -> LoadRow | None:
    """Take a load that waits; None when it is over, or somebody else's."""
    row = (
        await connection.execute(
            f"UPDATE model_loads SET state = 'running' WHERE id = %(id)s AND state = 'queued' RETURNING {_COLUMNS}",  # noqa: S608
            {"id": load},
        )
    ).one_or_none()
    return LoadRow(*row) if row else None


async def report(connection: Connection, load: UUID, stage: str, bytes_fetched: int) -> LoadRow | None:
    row = (
        await connection.execute(
            f"""
                UPDATE model_loads SET stage = %(stage)s, bytes_fetched = greatest(bytes_fetched, %(bytes_fetched)s)
                WHERE id = %(id)s AND state = 'running' RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": load, "stage": stage, "bytes_fetched": bytes_fetched},
        )
    ).one_or_none()
    return LoadRow(*row) if row else None


async def end(connection: Connection, load: UUID, error: tuple[str, str] | None) -> LoadRow | None:
    """`error`: its code and what is said of it. None when the load was over already: then nothing was written."""
    code, detail = error or (None, None)
    row = (
        await connection.execute(
            f"""
                UPDATE model_loads SET state = %(state)s, error_code = %(code)s, error_detail = %(detail)s, finished_at = now()
                WHERE id = %(id)s AND state IN ('queued', 'running') RETURNING {_COLUMNS}
            """,  # noqa: S608
            {"id": load, "state": "failed" if error else "succeeded", "code": code, "detail": detail},
        )
    ).one_or_none()
    return LoadRow(*row) if row else None


async def lost(connection: Connection, silent_s: float) -> list[LoadRow]:
    """Loads that nobody works on any more: the queue's row is gone, or its worker was not heard of for so long. Locked."""
    rows = await connection.execute(
        f"""
            SELECT {_COLUMNS} FROM model_loads l
            WHERE state IN ('queued', 'running') AND created_at < now() - make_interval(secs => %(silent_s)s)
              AND NOT EXISTS (
                SELECT FROM procrastinate_jobs q LEFT JOIN procrastinate_workers w ON w.id = q.worker_id
                WHERE q.id = l.queue_id AND (q.status = 'todo' OR q.status = 'doing' AND w.last_heartbeat >= now() - make_interval(secs => %(silent_s)s)))
            FOR UPDATE SKIP LOCKED
        """,  # noqa: S608
        {"silent_s": silent_s},
    )
    return [LoadRow(*row) for row in rows]


async def choose(connection: Connection, card: ModelCard) -> None:
    """Make a model the default, here and after the next start."""
    await connection.execute(
        """
            INSERT INTO models (name, card) VALUES (%(name)s, %(card)s)
            ON CONFLICT (name) DO UPDATE SET card = excluded.card, chosen_at = clock_timestamp()
        """,
        {"name": card.name, "card": to_json(asdict(card)).decode()},
    )


async def chosen(connection: Connection) -> Sequence[ModelCard]:
    """The models that were chosen, the last one first."""
    rows = await connection.execute("SELECT card FROM models ORDER BY chosen_at DESC, name")
    return [_card(row.card) for row in rows]


def _card(kept: dict[str, Any]) -> ModelCard:
    return ModelCard(**{**kept, "tasks": frozenset(kept["tasks"]), "tags": tuple(kept["tags"])})
