"""The record of what moderators and administrators did. It is added to and read, never changed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from figment.accounts.schemas import AuditEntry, AuditPage, Person
from figment.core.database import Connection

PAGE = 50


async def note(
    connection: Connection,
    actor: Person | None,
    action: str,
    subject: UUID | None = None,
    subject_name: str = "",
    **detail: Any,
) -> None:
    """Write down who did what, in the transaction that does it: neither is there without the other. None is the operator at the console."""
    await connection.execute(
        """
            INSERT INTO audit_log (actor, actor_name, action, subject, subject_name, detail)
            VALUES (%(actor)s, %(actor_name)s, %(action)s, %(subject)s, %(subject_name)s, CAST(%(detail)s AS jsonb))
        """,
        {
            "actor": actor.id if actor else None,
            "actor_name": actor.name if actor else "the operator",
            "action": action,
            "subject": subject,
            "subject_name": subject_name,
            "detail": json.dumps(detail, default=str),
        },
    )


async def page(connection: Connection, before: int | None, subject: UUID | None = None) -> AuditPage:
    """The newest first."""
    rows = (
        await connection.execute(
            """
                SELECT id, created_at, actor, actor_name, action, subject, subject_name, detail FROM audit_log
                WHERE (CAST(%(before)s AS bigint) IS NULL OR id < CAST(%(before)s AS bigint))
                    AND (CAST(%(subject)s AS uuid) IS NULL OR subject = CAST(%(subject)s AS uuid))
                ORDER BY id DESC LIMIT %(limit)s
            """,
            {"before": before, "subject": subject, "limit": PAGE + 1},
        )
    ).all()
    items = [
        AuditEntry(
            id=row.id,
            created_at=row.created_at,
            actor=row.actor,
            actor_name=row.actor_name,
            action=row.action,
            subject=row.subject,
            subject_name=row.subject_name,
            detail=row.detail,
        )
        for row in rows[:PAGE]
    ]
    return AuditPage(items=items, next_cursor=items[-1].id if len(rows) > PAGE else None)
