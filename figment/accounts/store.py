"""All SQL of accounts. Tokens are stored as SHA-256: they are 256 random bits, which no table of hashes can hold."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from figment.accounts.schemas import Device, Invite, Member, MembersQuery, Person, Token, TokenRequest
from figment.core.database import Connection

_PERSON = """
    p.id, p.name, p.role, p.guest, p.username, p.waiting, p.suspended,
    coalesce(p.muted_until > now(), false) AS muted, coalesce(p.slowed_until > now(), false) AS slowed, p.vouched, p.created_at
"""
# How long a sign-in counts as one of just now, for what nobody must do on a browser left open.
_RECENT = "interval '10 minutes'"


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose session was sent. `recent`: they proved who they are a few minutes ago."""

    person: Person
    session: UUID
    recent: bool


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token was sent, and what it may do."""

    person: Person
    scopes: frozenset[str]


def hash_token(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _person(row: Any) -> Person:
    return Person(
        id=row.id,
        name=row.name,
        role=row.role,
        guest=row.guest,
        username=row.username,
        waiting=row.waiting,
        suspended=row.suspended,
        muted=row.muted,
        slowed=row.slowed,
        vouched=row.vouched,
        created_at=row.created_at,
    )


async def visit_by_session(connection: Connection, token: str) -> Visit | None:
    """Whose session this is; notes at most once an hour that it was seen."""
    row = (
        await connection.execute(
            f"""
                SELECT {_PERSON}, s.id AS session, s.seen_at < now() - interval '1 hour' AS stale,
                    coalesce(s.signed_in_at > now() - {_RECENT}, false) AS recent
                FROM sessions s JOIN people p ON p.id = s.person
                WHERE s.token_hash = %(hash)s AND s.expires_at > now()
            """,  # noqa: S608
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
    return Visit(_person(row), row.session, row.recent)


async def bearer_by_api_token(connection: Connection, token: str) -> Bearer | None:
    """Whose token this is, unless it has expired; notes that it was used."""
    row = (
        await connection.execute(
            f"""
                UPDATE api_tokens t SET used_at = now() FROM people p
                WHERE t.token_hash = %(hash)s AND p.id = t.person AND (t.expires_at IS NULL OR t.expires_at > now())
                RETURNING {_PERSON}, t.scopes
            """,  # noqa: S608
            {"hash": hash_token(token)},
        )
    ).one_or_none()
    return Bearer(_person(row), frozenset(row.scopes)) if row else None


async def person_by_id(connection: Connection, person: UUID, lock: bool = False) -> Person | None:
    """With `lock`, nobody else changes their account until the commit."""
    row = (
        await connection.execute(
            f"SELECT {_PERSON} FROM people p WHERE p.id = %(person)s {'FOR NO KEY UPDATE' if lock else ''}",  # noqa: S608
            {"person": person},
        )
    ).one_or_none()
    return _person(row) if row else None


async def add_person(
    connection: Connection,
    name: str,
    role: str = "user",
    guest: bool = True,
    id_: UUID | None = None,
    vouched: bool = False,
) -> Person:
    row = (
        await connection.execute(
            f"""
                INSERT INTO people AS p (id, name, role, guest, vouched)
                VALUES (coalesce(CAST(%(id)s AS uuid), uuidv7()), %(name)s, %(role)s, %(guest)s, %(vouched)s) RETURNING {_PERSON}
            """,  # noqa: S608
            {"id": id_, "name": name, "role": role, "guest": guest, "vouched": vouched},
        )
    ).one()
    return _person(row)


async def add_session(connection: Connection, token: str, person: UUID, device: str, proved: bool = False) -> None:
    """`proved`: they have just shown that they are this person, rather than come for the first time."""
    await connection.execute(
        """
            INSERT INTO sessions (token_hash, person, device, expires_at, signed_in_at)
            VALUES (%(hash)s, %(person)s, %(device)s, now() + interval '1 year', CASE WHEN %(proved)s THEN now() END)
        """,
        {"hash": hash_token(token), "person": person, "device": device[:200], "proved": proved},
    )


async def remove_session(connection: Connection, token: str) -> None:
    await connection.execute("DELETE FROM sessions WHERE token_hash = %(hash)s", {"hash": hash_token(token)})


async def sessions_of(connection: Connection, person: UUID, current: UUID | None) -> list[Device]:
    """Where `person` is signed in, the browser used last first."""
    rows = await connection.execute(
        """
            SELECT id, device, created_at, seen_at FROM sessions
            WHERE person = %(person)s AND expires_at > now() ORDER BY seen_at DESC, id DESC
        """,
        {"person": person},
    )
    return [
        Device(id=row.id, device=row.device, created_at=row.created_at, seen_at=row.seen_at, current=row.id == current)
        for row in rows
    ]


async def remove_session_of(connection: Connection, person: UUID, session: UUID) -> bool:
    done = await connection.execute(
        "DELETE FROM sessions WHERE id = %(id)s AND person = %(person)s", {"id": session, "person": person}
    )
    return done.count == 1


async def remove_sessions(connection: Connection, person: UUID, but: UUID | None = None) -> int:
    """End every session of `person`, except `but`."""
    done = await connection.execute(
        "DELETE FROM sessions WHERE person = %(person)s AND id IS DISTINCT FROM CAST(%(but)s AS uuid)",
        {"person": person, "but": but},
    )
    return done.count


async def has_admin(connection: Connection) -> bool:
    """Whether an administrator can get in: one that `figment admin token` made for a script cannot, and does not count."""
    found = await connection.execute(
        """
            SELECT EXISTS (
                SELECT FROM people p WHERE p.role = 'admin' AND (
                    EXISTS (SELECT FROM sessions WHERE person = p.id AND expires_at > now())
                    OR EXISTS (SELECT FROM passwords WHERE person = p.id)
                    OR EXISTS (SELECT FROM passkeys WHERE person = p.id)
                    OR EXISTS (SELECT FROM identities WHERE person = p.id)
                )
            )
        """
    )
    return bool(found.scalar())


async def first_admin(connection: Connection) -> Person | None:
    row = (
        await connection.execute(
            f"SELECT {_PERSON} FROM people p WHERE p.role = 'admin' ORDER BY p.created_at, p.id LIMIT 1"  # noqa: S608
        )
    ).one_or_none()
    return _person(row) if row else None


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
            f"""
                UPDATE people p SET name = %(name)s, role = %(role)s, guest = false, waiting = false WHERE p.id = %(person)s
                RETURNING {_PERSON}
            """,  # noqa: S608
            {"person": person, "name": name, "role": role},
        )
    ).one()
    return _person(row)


async def name_account(connection: Connection, person: UUID, username: str | None, name: str | None) -> None:
    """Give an account its name to sign in with, and the one that others see where it is given."""
    await connection.execute(
        "UPDATE people SET username = %(username)s, name = coalesce(%(name)s, name) WHERE id = %(person)s",
        {"person": person, "username": username, "name": name},
    )


async def settle(connection: Connection, person: UUID, waiting: bool, invite: UUID | None) -> None:
    """A guest becomes an account, or one that waits for approval. Whoever invites somebody vouches for them."""
    await connection.execute(
        """
            UPDATE people SET guest = %(waiting)s, waiting = %(waiting)s, invite = %(invite)s,
                vouched = CAST(%(invite)s AS uuid) IS NOT NULL
            WHERE id = %(person)s
        """,
        {"person": person, "waiting": waiting, "invite": invite},
    )


async def rename(connection: Connection, person: UUID, name: str) -> None:
    await connection.execute(
        "UPDATE people SET name = %(name)s WHERE id = %(person)s", {"person": person, "name": name}
    )


async def username_free(connection: Connection, username: str, but: UUID | None = None) -> bool:
    """Whether nobody has the name. Whoever asks holds it until the commit: two at once would both be told yes."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('username:' || %(name)s, 0))", {"name": username}
    )
    found = await connection.execute(
        "SELECT EXISTS (SELECT FROM people WHERE username = %(name)s AND id IS DISTINCT FROM CAST(%(but)s AS uuid))",
        {"name": username, "but": but},
    )
    return not found.scalar()


async def delete_person(connection: Connection, person: UUID) -> None:
    """Their rows go with them, in every table."""
    await connection.execute("DELETE FROM people WHERE id = %(person)s", {"person": person})


async def admins_left(connection: Connection, but: UUID) -> int:
    """How many administrators there are besides `but`. Asked by one at a time: two would both leave the other as the last."""
    await connection.execute("SELECT pg_advisory_xact_lock(1179207494)")
    found = await connection.execute(
        "SELECT count(*) FROM people WHERE role = 'admin' AND NOT suspended AND id <> %(but)s", {"but": but}
    )
    return int(found.scalar())


_SHOWN = {
    "accounts": "NOT p.guest",
    "waiting": "p.waiting",
    "suspended": "p.suspended",
    "staff": "p.role <> 'user'",
    "guests": "p.guest AND NOT p.waiting",
}
_MEMBER = ", ".join([_PERSON, "(SELECT max(seen_at) FROM sessions s WHERE s.person = p.id) AS seen_at"])


async def members(connection: Connection, query: MembersQuery) -> list[Member]:
    """A page of people, the newest first, and one more where there are more."""
    rows = await connection.execute(
        f"""
            SELECT {_MEMBER} FROM people p
            WHERE {_SHOWN[query.show]} AND (CAST(%(before)s AS uuid) IS NULL OR p.id < CAST(%(before)s AS uuid))
                AND (%(search)s = '' OR position(lower(%(search)s) IN lower(p.name || ' ' || coalesce(p.username, ''))) > 0)
            ORDER BY p.id DESC LIMIT %(limit)s
        """,  # noqa: S608
        {"before": query.before, "search": query.search, "limit": query.limit + 1},
    )
    return [_member(row) for row in rows]


async def member(connection: Connection, person: UUID) -> Member | None:
    row = (
        await connection.execute(f"SELECT {_MEMBER} FROM people p WHERE p.id = %(person)s", {"person": person})  # noqa: S608
    ).one_or_none()
    return _member(row) if row else None


def _member(row: Any) -> Member:
    return Member(**_person(row).model_dump(), seen_at=row.seen_at)


async def change_member(connection: Connection, person: UUID, role: str, waiting: bool, suspended: bool) -> None:
    """Whoever waits no longer is no guest any more, and was let in by an administrator."""
    await connection.execute(
        """
            UPDATE people SET role = %(role)s, suspended = %(suspended)s, waiting = %(waiting)s,
                guest = guest AND (NOT waiting OR %(waiting)s), vouched = vouched OR (waiting AND NOT %(waiting)s)
            WHERE id = %(person)s
        """,
        {"person": person, "role": role, "waiting": waiting, "suspended": suspended},
    )


# -- invitations --------------------------------------------------------------------------------------------------------


async def add_invite(
    connection: Connection, token: str, made_by: UUID | None, note: str, uses: int, days: int | None
) -> Invite:
    row = (
        await connection.execute(
            """
                INSERT INTO invites (token_hash, made_by, note, uses_left, expires_at)
                VALUES (%(hash)s, %(made_by)s, %(note)s, %(uses)s, now() + make_interval(days => %(days)s))
                RETURNING id, note, uses_left, created_at, expires_at
            """,
            {"hash": hash_token(token), "made_by": made_by, "note": note, "uses": uses, "days": days},
        )
    ).one()
    return _invite(row)


async def spend_invite(connection: Connection, token: str) -> UUID | None:
    found = await connection.execute(
        """
            UPDATE invites SET uses_left = uses_left - 1
            WHERE token_hash = %(hash)s AND uses_left > 0 AND (expires_at IS NULL OR expires_at > now()) RETURNING id
        """,
        {"hash": hash_token(token)},
    )
    return found.scalar_or_none()


async def invites(connection: Connection) -> list[Invite]:
    """Those that can still be used, the newest first."""
    rows = await connection.execute(
        """
            SELECT id, note, uses_left, created_at, expires_at FROM invites
            WHERE uses_left > 0 AND (expires_at IS NULL OR expires_at > now()) ORDER BY id DESC
        """
    )
    return [_invite(row) for row in rows]


async def remove_invite(connection: Connection, invite: UUID) -> bool:
    done = await connection.execute(
        "UPDATE invites SET uses_left = 0 WHERE id = %(id)s AND uses_left > 0", {"id": invite}
    )
    return done.count == 1


def _invite(row: Any) -> Invite:
    return Invite(
        id=row.id, note=row.note, uses_left=row.uses_left, created_at=row.created_at, expires_at=row.expires_at
    )


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
