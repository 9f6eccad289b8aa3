"""All SQL of moderation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.core.database import Connection
from figment.safety.schemas import CaseReport, CaseStrike, Decision, Kind, Notice, NoticeKind, Origin

_CLAIM = "interval '30 minutes'"
# Older strikes weigh less than a thousandth: ten half-lives.
_STRIKES_COUNT_FOR = "interval '300 days'"


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case with the names around it. `image` and what follows is None of a text, and of a picture that is gone."""

    id: UUID
    kind: Kind
    origin: Origin
    owner: UUID
    sha256: str | None
    fields: dict[str, str] | None
    category: str
    reason: str
    child_safety: bool
    weight: float
    claimed_by: UUID | None
    claimed_at: datetime | None
    decided_by: UUID | None
    decided_at: datetime | None
    decision: Decision | None
    words: str
    blocked: UUID | None
    appeal_of: UUID | None
    appeal_words: str
    overturned: bool
    created_at: datetime
    owner_name: str
    owner_username: str | None
    owner_guest: bool
    claimer_name: str | None
    decider_name: str | None
    reports: int
    decided_before_by: UUID | None
    concerned: list[UUID]
    """Whose case it is, everybody who has the file, and whose other cases are about it."""
    image: UUID | None
    width: int | None
    height: int | None
    prompt: str | None
    state: str | None
    shared: bool | None


_CASE = """
    SELECT c.id, c.kind, c.origin, c.owner, c.sha256, c.fields, c.category, c.reason, c.child_safety, c.weight, c.claimed_by, c.claimed_at,
        c.decided_by, c.decided_at, c.decision, c.words, c.blocked, c.appeal_of, c.appeal_words, c.overturned, c.created_at,
        o.name AS owner_name, o.username AS owner_username, o.guest AS owner_guest, m.name AS claimer_name, d.name AS decider_name,
        (SELECT count(*) FROM reports r WHERE r.case_id = c.id) AS reports,
        (SELECT a.decided_by FROM cases a WHERE a.id = c.appeal_of) AS decided_before_by,
        ARRAY(
            SELECT f.owner FROM images f WHERE f.sha256 = c.sha256 UNION SELECT s.owner FROM cases s WHERE s.sha256 = c.sha256
        ) || c.owner AS concerned,
        i.id AS image, i.width, i.height, i.recipe ->> 'prompt' AS prompt, b.state, i.visibility = 'link' AS shared
    FROM cases c JOIN people o ON o.id = c.owner LEFT JOIN people m ON m.id = c.claimed_by LEFT JOIN people d ON d.id = c.decided_by
    LEFT JOIN images i ON i.id = c.image LEFT JOIN blobs b ON b.sha256 = i.sha256
"""


# -- cases ----------------------------------------------------------------------------------------------------------------


async def case_by_id(connection: Connection, case: UUID) -> CaseRow | None:
    row = (await connection.execute(f"{_CASE} WHERE c.id = %(id)s", {"id": case})).one_or_none()
    return None if row is None else CaseRow(*row)


async def lock_case(connection: Connection, case: UUID) -> CaseRow | None:
    """The case, which nobody else claims, decides or adds a report to until the commit."""
    await connection.execute("SELECT FROM cases WHERE id = %(id)s FOR UPDATE", {"id": case})
    return await case_by_id(connection, case)


_SHOWN = {
    "open": f"""c.decided_at IS NULL AND (c.claimed_at IS NULL OR c.claimed_by IS NULL OR c.claimed_at <= now() - {_CLAIM})""",
    "mine": f"c.decided_at IS NULL AND c.claimed_by = %(moderator)s AND c.claimed_at > now() - {_CLAIM}",
    "decided": "c.decided_at IS NOT NULL",
}


async def queue(
    connection: Connection, state: str, moderator: UUID, offset: int, limit: int
) -> tuple[list[CaseRow], int]:
    """A page of cases, the worst first (what is decided, the newest first), and how many there are in all."""
    order = (
        "c.decided_at DESC, c.id" if state == "decided" else "c.child_safety DESC, c.weight DESC, c.created_at, c.id"
    )
    asked = {"moderator": moderator, "offset": offset, "limit": limit}
    rows = await connection.execute(
        f"{_CASE} WHERE {_SHOWN[state]} ORDER BY {order} OFFSET %(offset)s LIMIT %(limit)s", asked
    )
    total = await connection.execute(f"SELECT count(*) FROM cases c WHERE {_SHOWN[state]}", asked)  # noqa: S608
    return [CaseRow(*row) for row in rows], int(total.scalar())


# The case that hides a file: one of whoever asks, if there is one, or the newest.
_HIDES = """
    SELECT h.id FROM cases h
    WHERE h.sha256 = b.sha256 AND h.appeal_of IS NULL AND h.decision IS DISTINCT FROM 'approve' AND NOT h.overturned
    ORDER BY h.owner = %(person)s DESC, h.id DESC LIMIT 1
"""


async def cases_of(connection: Connection, person: UUID, most: int) -> list[CaseRow]:
    """What concerns somebody, the newest first, without the appeals among it: their own cases, and of others' those that hide a file which
    is theirs too, and those that they appealed against."""
    rows = await connection.execute(
        f"""
            {_CASE} WHERE c.appeal_of IS NULL AND (c.owner = %(person)s OR c.id IN (
                SELECT a.appeal_of FROM cases a WHERE a.owner = %(person)s AND a.appeal_of IS NOT NULL
                UNION
                SELECT ({_HIDES}) FROM blobs b
                WHERE b.state <> 'approved' AND EXISTS (SELECT FROM images f WHERE f.sha256 = b.sha256 AND f.owner = %(person)s)
            )) ORDER BY c.id DESC LIMIT %(most)s
        """,  # noqa: S608
        {"person": person, "most": most},
    )
    return [CaseRow(*row) for row in rows]


async def appeals_of(connection: Connection, person: UUID, cases: Sequence[UUID]) -> dict[UUID, CaseRow]:
    """Somebody's appeals against these cases."""
    rows = await connection.execute(
        f"{_CASE} WHERE c.appeal_of = ANY(%(cases)s) AND c.owner = %(person)s", {"cases": list(cases), "person": person}
    )
    found = [CaseRow(*row) for row in rows]
    return {row.appeal_of: row for row in found if row.appeal_of}


async def open_picture_case(
    connection: Connection, owner: UUID, image: UUID, sha256: str, origin: Origin, category: str, reason: str
) -> UUID:
    """The open case of a picture, begun if there is none. Ask with the file locked: two would begin one each."""
    found = await connection.execute(
        "SELECT id FROM cases WHERE sha256 = %(sha256)s AND decided_at IS NULL AND appeal_of IS NULL",
        {"sha256": sha256},
    )
    known: UUID | None = found.scalar_or_none()
    if known is not None:
        return known
    made = await connection.execute(
        """
            INSERT INTO cases (kind, origin, owner, image, sha256, category, reason)
            VALUES ('image', %(origin)s, %(owner)s, %(image)s, %(sha256)s, %(category)s, %(reason)s) RETURNING id
        """,
        {"origin": origin, "owner": owner, "image": image, "sha256": sha256, "category": category, "reason": reason},
    )
    new: UUID = made.scalar()
    return new


async def weigh(connection: Connection, case: UUID, category: str, child_safety: bool, weight: float) -> None:
    await connection.execute(
        """
            UPDATE cases SET category = %(category)s, child_safety = %(child_safety)s, weight = %(weight)s WHERE id = %(case)s
        """,
        {"case": case, "category": category, "child_safety": child_safety, "weight": weight},
    )


async def was_cleared(connection: Connection, sha256: str) -> bool:
    """Whether a moderator looked at this picture and approved it, at once or after an appeal."""
    found = await connection.execute(
        "SELECT EXISTS (SELECT FROM cases WHERE sha256 = %(sha256)s AND decision = 'approve')", {"sha256": sha256}
    )
    return bool(found.scalar())


async def lock_text(connection: Connection, owner: UUID, text_hash: bytes) -> CaseRow | None:
    """What is known of this text of this person. Sent twice at once, it is looked at one after the other."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 1179208525))", {"key": f"{owner}:{text_hash.hex()}"}
    )
    row = (
        await connection.execute(
            f"{_CASE} WHERE c.owner = %(owner)s AND c.text_hash = %(hash)s AND c.appeal_of IS NULL",
            {"owner": owner, "hash": text_hash},
        )
    ).one_or_none()
    return None if row is None else CaseRow(*row)


async def add_text_case(
    connection: Connection,
    owner: UUID,
    fields: Mapping[str, str],
    text_hash: bytes,
    category: str,
    reason: str,
    child_safety: bool,
    decision: Decision | None,
) -> UUID:
    """`decision`: what the rules decided by themselves, where nobody needs to look."""
    made = await connection.execute(
        """
            INSERT INTO cases (kind, origin, owner, fields, text_hash, category, reason, child_safety, weight, decision, decided_at, words)
            VALUES ('text', 'screening', %(owner)s, CAST(%(fields)s AS jsonb), %(hash)s, %(category)s, %(reason)s, %(child_safety)s, 1,
                    %(decision)s, CASE WHEN CAST(%(decision)s AS text) IS NOT NULL THEN now() END,
                    CASE WHEN CAST(%(decision)s AS text) IS NOT NULL THEN %(reason)s ELSE '' END)
            RETURNING id
        """,
        {
            "owner": owner,
            "fields": to_json(dict(fields)).decode(),
            "hash": text_hash,
            "category": category,
            "reason": reason,
            "child_safety": child_safety,
            "decision": decision,
        },
    )
    case: UUID = made.scalar()
    return case


async def set_claim(connection: Connection, case: UUID, moderator: UUID | None) -> None:
    await connection.execute(
        """
            UPDATE cases SET claimed_by = CAST(%(moderator)s AS uuid),
                claimed_at = CASE WHEN CAST(%(moderator)s AS uuid) IS NOT NULL THEN now() END
            WHERE id = %(case)s
        """,
        {"case": case, "moderator": moderator},
    )


async def decide(
    connection: Connection, case: UUID, moderator: UUID | None, decision: Decision, words: str, blocked: UUID | None
) -> None:
    """`moderator` is None of what the rules decide by themselves."""
    await connection.execute(
        """
            UPDATE cases SET decision = %(decision)s, decided_by = %(moderator)s, decided_at = now(), words = %(words)s,
                blocked = %(blocked)s, claimed_by = NULL, claimed_at = NULL
            WHERE id = %(case)s
        """,
        {"case": case, "moderator": moderator, "decision": decision, "words": words, "blocked": blocked},
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that stands: whose, and the entry of the block list that came of it."""

    id: UUID
    owner: UUID
    blocked: UUID | None


async def lock_refusals(connection: Connection, case: UUID, sha256: str | None) -> list[Refusal]:
    """The refusal `case`, and every other that hides the same file; nobody appeals against them until the commit."""
    rows = await connection.execute(
        """
            SELECT id, owner, blocked FROM cases
            WHERE (id = %(case)s OR sha256 = %(sha256)s) AND appeal_of IS NULL AND decision = 'refuse' AND NOT overturned
            ORDER BY id FOR UPDATE
        """,
        {"case": case, "sha256": sha256},
    )
    return [Refusal(*row) for row in rows]


async def overturn(connection: Connection, cases: Sequence[UUID]) -> None:
    await connection.execute("UPDATE cases SET overturned = true WHERE id = ANY(%(cases)s)", {"cases": list(cases)})


async def grant_other_appeals(
    connection: Connection, against: Sequence[UUID], but: UUID, moderator: UUID, words: str
) -> list[tuple[UUID, UUID, UUID]]:
    """Decide every open appeal against these cases, except one. Gives the appeals, who made them, and the cases."""
    rows = await connection.execute(
        """
            UPDATE cases SET decision = 'approve', decided_by = %(moderator)s, decided_at = now(), words = %(words)s,
                claimed_by = NULL, claimed_at = NULL
            WHERE appeal_of = ANY(%(against)s) AND decided_at IS NULL AND id <> %(but)s RETURNING id, owner, appeal_of
        """,
        {"against": list(against), "but": but, "moderator": moderator, "words": words},
    )
    return [(row.id, row.owner, row.appeal_of) for row in rows]


async def add_appeal(connection: Connection, case: UUID, person: UUID, image: UUID | None, words: str) -> UUID:
    """A case of its own, about the same thing. `image` is the appellant's."""
    made = await connection.execute(
        """
            INSERT INTO cases (kind, origin, owner, image, sha256, fields, category, reason, child_safety, weight, appeal_of, appeal_words)
            SELECT kind, 'appeal', %(person)s, %(image)s, sha256, fields, category, reason, child_safety, weight, id, %(words)s
            FROM cases WHERE id = %(case)s RETURNING id
        """,
        {"case": case, "person": person, "image": image, "words": words},
    )
    appeal: UUID = made.scalar()
    return appeal


# -- reports --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """How somebody's earlier reports ended, and how long they are here."""

    age: timedelta
    upheld: int
    decided: int


async def record_of(connection: Connection, reporter: UUID) -> Record:
    row = (
        await connection.execute(
            """
                SELECT now() - p.created_at AS age, count(c.id) AS decided,
                    count(c.id) FILTER (WHERE c.decision = 'refuse' AND NOT c.overturned) AS upheld
                FROM people p LEFT JOIN reports r ON r.reporter = p.id LEFT JOIN cases c ON c.id = r.case_id AND c.decided_at IS NOT NULL
                WHERE p.id = %(reporter)s GROUP BY p.id
            """,
            {"reporter": reporter},
        )
    ).one()
    return Record(row.age, row.upheld, row.decided)


async def add_report(
    connection: Connection, case: UUID, image: UUID, reporter: UUID, reason: str, words: str, weight: float, guest: bool
) -> bool:
    """Said again, it is said anew, as long as the case is open. False where it was decided."""
    done = await connection.execute(
        """
            INSERT INTO reports (case_id, image, reporter, reason, words, weight, guest)
            VALUES (%(case)s, %(image)s, %(reporter)s, %(reason)s, %(words)s, %(weight)s, %(guest)s)
            ON CONFLICT (reporter, image) DO UPDATE SET reason = excluded.reason, words = excluded.words, weight = excluded.weight
            WHERE reports.case_id = excluded.case_id
        """,
        {
            "case": case,
            "image": image,
            "reporter": reporter,
            "reason": reason,
            "words": words,
            "weight": weight,
            "guest": guest,
        },
    )
    return done.count == 1


async def reports_of(connection: Connection, case: UUID) -> list[CaseReport]:
    rows = await connection.execute(
        """
            SELECT r.reason, r.words, r.weight, p.name AS by, r.guest, r.created_at FROM reports r JOIN people p ON p.id = r.reporter
            WHERE r.case_id = %(case)s ORDER BY r.id
        """,
        {"case": case},
    )
    return [CaseReport.model_validate(row._asdict()) for row in rows]


async def reporters_of(connection: Connection, case: UUID) -> list[UUID]:
    rows = await connection.execute("SELECT reporter FROM reports WHERE case_id = %(case)s ORDER BY id", {"case": case})
    return [row.reporter for row in rows]


# -- strikes --------------------------------------------------------------------------------------------------------------


async def add_strike(connection: Connection, person: UUID, case: UUID, weight: float, reason: str) -> None:
    await connection.execute(
        "INSERT INTO strikes (person, case_id, weight, reason) VALUES (%(person)s, %(case)s, %(weight)s, %(reason)s)",
        {"person": person, "case": case, "weight": weight, "reason": reason},
    )


async def lift_strikes(connection: Connection, cases: Sequence[UUID]) -> set[UUID]:
    """Give whose they were."""
    rows = await connection.execute(
        "UPDATE strikes SET lifted_at = now() WHERE case_id = ANY(%(cases)s) AND lifted_at IS NULL RETURNING person",
        {"cases": list(cases)},
    )
    return {row.person for row in rows}


async def strikes_that_count(connection: Connection, person: UUID) -> list[tuple[float, float]]:
    """Weight and age in days. Asked by one at a time until the commit: what follows from them is written beside the person."""
    await connection.execute("SELECT FROM people WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person})
    rows = await connection.execute(
        f"""
            SELECT weight, extract(epoch FROM now() - created_at) / 86400 AS age_days FROM strikes
            WHERE person = %(person)s AND lifted_at IS NULL AND created_at > now() - {_STRIKES_COUNT_FOR}
        """,  # noqa: S608
        {"person": person},
    )
    return [(float(row.weight), float(row.age_days)) for row in rows]


async def strikes_of(connection: Connection, person: UUID) -> list[CaseStrike]:
    rows = await connection.execute(
        """
            SELECT weight, reason, created_at, lifted_at IS NOT NULL AS lifted FROM strikes
            WHERE person = %(person)s ORDER BY id DESC LIMIT 100
        """,
        {"person": person},
    )
    return [CaseStrike.model_validate(row._asdict()) for row in rows]


async def struck_cases(connection: Connection, person: UUID, cases: Sequence[UUID]) -> set[UUID]:
    """Those of which a strike against `person` came that still counts."""
    rows = await connection.execute(
        "SELECT DISTINCT case_id FROM strikes WHERE case_id = ANY(%(cases)s) AND person = %(person)s AND lifted_at IS NULL",
        {"cases": list(cases), "person": person},
    )
    return {row.case_id for row in rows}


async def set_limits(connection: Connection, person: UUID, slowed_days: float, muted_days: float) -> None:
    """For how long somebody is slowed and muted; 0 for not at all."""
    await connection.execute(
        """
            UPDATE people SET
                slowed_until = CASE WHEN %(slowed)s > 0 THEN now() + make_interval(secs => %(slowed)s * 86400) END,
                muted_until = CASE WHEN %(muted)s > 0 THEN now() + make_interval(secs => %(muted)s * 86400) END
            WHERE id = %(person)s
        """,
        {"person": person, "slowed": float(slowed_days), "muted": float(muted_days)},
    )


async def limits_of(connection: Connection, person: UUID) -> tuple[datetime | None, datetime | None]:
    """Until when somebody is slowed, and muted."""
    row = (
        await connection.execute(
            """
                SELECT CASE WHEN slowed_until > now() THEN slowed_until END AS slowed,
                    CASE WHEN muted_until > now() THEN muted_until END AS muted
                FROM people WHERE id = %(person)s
            """,
            {"person": person},
        )
    ).one()
    return row.slowed, row.muted


# -- notices --------------------------------------------------------------------------------------------------------------

_NOTICE = 'id, kind, words, case_id AS "case", created_at, read_at IS NOT NULL AS read'


async def add_notice(connection: Connection, person: UUID, kind: NoticeKind, words: str, case: UUID | None) -> Notice:
    row = (
        await connection.execute(
            f"""
                INSERT INTO notices (person, kind, words, case_id) VALUES (%(person)s, %(kind)s, %(words)s, %(case)s)
                RETURNING {_NOTICE}
            """,  # noqa: S608
            {"person": person, "kind": kind, "words": words, "case": case},
        )
    ).one()
    return Notice.model_validate(row._asdict())


async def notices_of(connection: Connection, person: UUID, most: int) -> list[Notice]:
    rows = await connection.execute(
        f"SELECT {_NOTICE} FROM notices WHERE person = %(person)s ORDER BY id DESC LIMIT %(most)s",  # noqa: S608
        {"person": person, "most": most},
    )
    return [Notice.model_validate(row._asdict()) for row in rows]


async def unread(connection: Connection, person: UUID) -> int:
    found = await connection.execute(
        "SELECT count(*) FROM notices WHERE person = %(person)s AND read_at IS NULL", {"person": person}
    )
    return int(found.scalar())


async def read_notices(connection: Connection, person: UUID) -> None:
    await connection.execute(
        "UPDATE notices SET read_at = now() WHERE person = %(person)s AND read_at IS NULL", {"person": person}
    )


# -- what is kept of a person ---------------------------------------------------------------------------------------------


async def hand_over(connection: Connection, giver: UUID, taker: UUID) -> None:
    asked = {"giver": giver, "taker": taker}
    # What both sent, reported or appealed against counts once; and nobody's report of what is now their own.
    await connection.execute(
        """
            DELETE FROM cases g WHERE g.owner = %(giver)s AND g.appeal_of IS NULL AND g.text_hash IS NOT NULL
                AND EXISTS (SELECT FROM cases t WHERE t.owner = %(taker)s AND t.appeal_of IS NULL AND t.text_hash = g.text_hash)
        """,
        asked,
    )
    await connection.execute(
        """
            DELETE FROM cases g WHERE g.owner = %(giver)s AND g.appeal_of IS NOT NULL
                AND EXISTS (SELECT FROM cases t WHERE t.owner = %(taker)s AND t.appeal_of = g.appeal_of)
        """,
        asked,
    )
    await connection.execute(
        """
            DELETE FROM reports g WHERE g.reporter = %(giver)s AND (
                EXISTS (SELECT FROM reports t WHERE t.reporter = %(taker)s AND t.image = g.image)
                OR EXISTS (SELECT FROM images i WHERE i.id = g.image AND i.owner = %(taker)s)
            )
        """,
        asked,
    )
    for table, column in (("cases", "owner"), ("reports", "reporter"), ("strikes", "person"), ("notices", "person")):
        await connection.execute(
            f"UPDATE {table} SET {column} = %(taker)s WHERE {column} = %(giver)s",  # noqa: S608 (of the words above)
            asked,
        )


async def pass_on(connection: Connection, person: UUID) -> None:
    """Make what hides a file a case of somebody else who has it: with its owner it would go, and nobody could appeal any more."""
    await connection.execute(
        """
            UPDATE cases c SET owner = heir.owner, image = heir.id
            FROM (
                SELECT DISTINCT ON (i.sha256) i.sha256, i.owner, i.id FROM images i
                WHERE i.owner <> %(person)s AND i.sha256 IN (SELECT sha256 FROM cases WHERE owner = %(person)s)
                ORDER BY i.sha256, i.id
            ) AS heir
            WHERE c.owner = %(person)s AND c.sha256 = heir.sha256
                AND c.appeal_of IS NULL AND c.decision IS DISTINCT FROM 'approve' AND NOT c.overturned
        """,
        {"person": person},
    )


_KEPT = {
    "cases": """
        SELECT id, kind, origin, image, fields, category, reason, decision, words, decided_at, appeal_of, appeal_words, overturned, created_at
        FROM cases WHERE owner = %(person)s ORDER BY id
    """,
    "reports": "SELECT id, image, reason, words, created_at FROM reports WHERE reporter = %(person)s ORDER BY id",
    "strikes": "SELECT id, weight, reason, created_at, lifted_at FROM strikes WHERE person = %(person)s ORDER BY id",
    "notices": "SELECT id, kind, words, created_at, read_at FROM notices WHERE person = %(person)s ORDER BY id",
}


async def everything_of(connection: Connection, person: UUID) -> dict[str, Any]:
    """All that is kept of `person`, as JSON can say it."""
    found: dict[str, Any] = {}
    for name, statement in _KEPT.items():
        rows = await connection.execute(f"SELECT to_jsonb(kept) AS line FROM ({statement}) AS kept", {"person": person})  # noqa: S608
        found[name] = [row.line for row in rows]
    return found
