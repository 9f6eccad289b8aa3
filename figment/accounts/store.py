"""All SQL of accounts. Tokens are stored as SHA-256: they are 256 random bits, which no table of hashes can hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from figment.accounts.schemas import Person, Token, TokenRequest
from figment.core.database import Connection


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token was sent, and what it may do."""

    person: Person
    scopes: frozenset[str]


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def person_by_session(connection: Connection, token: str) -> Person | None:
    """Whose session this is; notes at most once an hour that it was seen."""
    row = (
        await connection.execute(
            """
                SELECT p.id, p.name, p.role, p.guest, s.seen_at < now() - interval '1 hour' AS stale
                FROM sessions s JOIN people p ON p.id = s.person
                WHERE s.token_hash = %(hash)s AND s.expires_at > now()
            """,
            {"hash": hash_token(token)},
        )
    ).one_or_none()
    if row is None:
        return None
    if row.stale:
        await connection.execute(
            "UPDATE sessions SET seen_at = now(), expires_at = now() + interval '1 year' WHERE token_hash = %(hash)s",
            {"hash": hash_token(token)},
        )
    return Person(id=row.id, name=row.name, role=row.role, guest=row.guest)


async def bearer_by_api_token(connection: Connection, token: str) -> Bearer | None:
    """Whose token this is, unless it has expired; notes that it was used."""
    row = (
        await connection.execute(
            """
                UPDATE api_tokens t SET used_at = now() FROM people p
                WHERE t.token_hash = %(hash)s AND p.id = t.person AND (t.expires_at IS NULL OR t.expires_at > now())
                RETURNING p.id, p.name, p.role, p.guest, t.scopes
            """,
            {"hash": hash_token(token)},
        )
    ).one_or_none()
    if row is None:
        return None
    return Bearer(Person(id=row.id, name=row.name, role=row.role, guest=row.guest), frozenset(row.scopes))


async def add_person(connection: Connection, name: str, role: str = "user", guest: bool = True) -> Person:
    row = (
        await connection.execute(
            "INSERT INTO people (name, role, guest) VALUES (%(name)s, %(role)s, %(guest)s) RETURNING id",
            {"name": name, "role": role, "guest": guest},
        )
    ).one()
    return Person.model_validate({"id": row.id, "name": name, "role": role, "guest": guest})


async def add_session(connection: Connection, token: str, person: UUID, device: str) -> None:
    await connection.execute(
        """
            INSERT INTO sessions (token_hash, person, device, expires_at)
            VALUES (%(hash)s, %(person)s, %(device)s, now() + interval '1 year')
        """,
        {"hash": hash_token(token), "person": person, "device": device[:200]},
    )


async def remove_session(connection: Connection, token: str) -> None:
    await connection.execute("DELETE FROM sessions WHERE token_hash = %(hash)s", {"hash": hash_token(token)})


async def has_admin(connection: Connection) -> bool:
    """Whether an administrator can get in: one that `figment admin token` made for a script has no session, and does not count."""
    found = await connection.execute(
        "SELECT EXISTS (SELECT FROM people p JOIN sessions s ON s.person = p.id WHERE p.role = 'admin')"
    )
    return bool(found.scalar())


async def first_admin(connection: Connection) -> Person | None:
    row = (
        await connection.execute(
            "SELECT id, name, role, guest FROM people WHERE role = 'admin' ORDER BY created_at, id LIMIT 1"
        )
    ).one_or_none()
    return Person(id=row.id, name=row.name, role=row.role, guest=row.guest) if row else None


async def replace_claim(connection: Connection, token: str) -> None:
    """Only the newest link works: one that scrolled away in an old log is dead."""
    await _one_claim_at_a_time(connection)
    await connection.execute("DELETE FROM admin_claims")
    await connection.execute("INSERT INTO admin_claims (token_hash) VALUES (%(hash)s)", {"hash": hash_token(token)})


async def spend_claim(connection: Connection, token: str) -> bool:
    """Use the link up."""
    await _one_claim_at_a_time(connection)
    done = await connection.execute("DELETE FROM admin_claims WHERE token_hash = %(hash)s", {"hash": hash_token(token)})
    return done.count == 1


async def _one_claim_at_a_time(connection: Connection) -> None:
    """Until the commit: two servers that start together would leave two links, and two who open them two first administrators."""
    await connection.execute("LOCK TABLE admin_claims IN EXCLUSIVE MODE")


async def promote(connection: Connection, person: UUID, name: str, role: str) -> Person:
    row = (
        await connection.execute(
            """
                UPDATE people SET name = %(name)s, role = %(role)s, guest = false WHERE id = %(person)s
                RETURNING id, name, role, guest
            """,
            {"person": person, "name": name, "role": role},
        )
    ).one()
    return Person(id=row.id, name=row.name, role=row.role, guest=row.guest)


_LISTED = "id, name, scopes, created_at, expires_at, used_at"


async def add_api_token(connection: Connection, token: str, person: UUID, asked: TokenRequest) -> Token:
    row = (
        await connection.execute(
            f"""
                INSERT INTO api_tokens (token_hash, person, name, scopes, expires_at)
                VALUES (%(hash)s, %(person)s, %(name)s, %(scopes)s, now() + make_interval(days => %(days)s)) RETURNING {_LISTED}
            """,  # noqa: S608
            {
                "hash": hash_token(token),
                "person": person,
                "name": asked.name,
                "scopes": asked.scopes,
                # NULL, and with it no expiry, where none was asked for.
                "days": asked.expires_in_days,
            },
        )
    ).one()
    return _token(row)


async def lock_tokens(connection: Connection, person: UUID) -> int:
    """How many tokens `person` has. Whoever asks does so alone until the commit: two at once would both see room for one more."""
    await connection.execute("SELECT FROM people WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person})
    found = await connection.execute("SELECT count(*) FROM api_tokens WHERE person = %(person)s", {"person": person})
    return int(found.scalar())


async def tokens_of(connection: Connection, person: UUID) -> list[Token]:
    rows = await connection.execute(
        f"SELECT {_LISTED} FROM api_tokens WHERE person = %(person)s ORDER BY id DESC",  # noqa: S608
        {"person": person},
    )
    return [_token(row) for row in rows]


async def every_token(connection: Connection) -> list[tuple[str, Token]]:
    """Everybody's, the newest first, each with its person's name."""
    columns = ", ".join(f"t.{column}" for column in _LISTED.split(", "))
    rows = await connection.execute(
        f"SELECT {columns}, p.name AS person FROM api_tokens t JOIN people p ON p.id = t.person ORDER BY t.id DESC"  # noqa: S608
    )
    return [(row.person, _token(row)) for row in rows]


async def remove_token(connection: Connection, token: UUID, person: UUID | None) -> bool:
    """Forget a token of `person`, or of anybody where that is None."""
    done = await connection.execute(
        """
            DELETE FROM api_tokens
            WHERE id = %(id)s AND (CAST(%(person)s AS uuid) IS NULL OR person = CAST(%(person)s AS uuid))
        """,
        {"id": token, "person": person},
    )
    return done.count == 1


def _token(row: Any) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )
