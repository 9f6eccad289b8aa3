"""SQL of what people sign in with: passwords, passkeys, identities elsewhere, sign-ins under way, one-time links."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from figment.accounts.schemas import Identity, Passkey
from figment.accounts.store import hash_token
from figment.core.database import Connection


@dataclass(frozen=True, slots=True)
class PasswordRow:
    """Somebody who is known by this name; without a password, `hash` is None."""

    person: UUID
    hash: str | None


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    id: UUID
    person: UUID
    credential: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class CeremonyRow:
    person: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LinkRow:
    person: UUID
    email: str | None


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where to write to somebody."""

    person: UUID
    email: str | None
    verified: bool


# -- passwords ----------------------------------------------------------------------------------------------------------


async def password_by_name(connection: Connection, name: str) -> PasswordRow | None:
    """By the name to sign in with, or by a mail address that was proved."""
    row = (
        await connection.execute(
            """
                SELECT p.id, w.hash FROM people p LEFT JOIN passwords w ON w.person = p.id
                WHERE p.username = lower(%(name)s) OR (p.email_verified_at IS NOT NULL AND lower(p.email) = lower(%(name)s))
                ORDER BY p.username = lower(%(name)s) DESC LIMIT 1
            """,
            {"name": name},
        )
    ).one_or_none()
    return PasswordRow(row.id, row.hash) if row else None


async def password_of(connection: Connection, person: UUID) -> str | None:
    found = await connection.execute("SELECT hash FROM passwords WHERE person = %(person)s", {"person": person})
    return found.scalar_or_none()


async def set_password(connection: Connection, person: UUID, hash_: str) -> None:
    await connection.execute(
        """
            INSERT INTO passwords (person, hash) VALUES (%(person)s, %(hash)s)
            ON CONFLICT (person) DO UPDATE SET hash = excluded.hash, changed_at = now()
        """,
        {"person": person, "hash": hash_},
    )


async def remove_password(connection: Connection, person: UUID) -> bool:
    await _alone(connection, person)
    done = await connection.execute("DELETE FROM passwords WHERE person = %(person)s", {"person": person})
    return done.count == 1


async def _alone(connection: Connection, person: UUID) -> None:
    """Until the commit nobody else changes what `person` signs in with: two at once would remove the last two."""
    await connection.execute("SELECT FROM people WHERE id = %(person)s FOR NO KEY UPDATE", {"person": person})


async def ways_in(connection: Connection, person: UUID) -> int:
    """How many things `person` can sign in with."""
    found = await connection.execute(
        """
            SELECT (SELECT count(*) FROM passwords WHERE person = %(person)s)
                + (SELECT count(*) FROM passkeys WHERE person = %(person)s)
                + (SELECT count(*) FROM identities WHERE person = %(person)s)
        """,
        {"person": person},
    )
    return int(found.scalar())


# -- passkeys -----------------------------------------------------------------------------------------------------------


async def add_passkey(
    connection: Connection,
    person: UUID,
    credential: bytes,
    public_key: bytes,
    sign_count: int,
    transports: list[str],
    name: str,
    synced: bool,
) -> bool:
    """False when the credential is known already, whosever it is."""
    done = await connection.execute(
        """
            INSERT INTO passkeys (person, credential, public_key, sign_count, transports, name, synced)
            VALUES (%(person)s, %(credential)s, %(public_key)s, %(sign_count)s, %(transports)s, %(name)s, %(synced)s)
            ON CONFLICT (credential) DO NOTHING
        """,
        {
            "person": person,
            "credential": credential,
            "public_key": public_key,
            "sign_count": sign_count,
            "transports": transports,
            "name": name,
            "synced": synced,
        },
    )
    return done.count == 1


async def passkeys_of(connection: Connection, person: UUID) -> list[Passkey]:
    rows = await connection.execute(
        "SELECT id, name, synced, created_at, used_at FROM passkeys WHERE person = %(person)s ORDER BY id DESC",
        {"person": person},
    )
    return [
        Passkey(id=row.id, name=row.name, synced=row.synced, created_at=row.created_at, used_at=row.used_at)
        for row in rows
    ]


async def credentials_of(connection: Connection, person: UUID) -> list[bytes]:
    rows = await connection.execute("SELECT credential FROM passkeys WHERE person = %(person)s", {"person": person})
    return [bytes(row.credential) for row in rows]


async def passkey_by_credential(connection: Connection, credential: bytes) -> PasskeyRow | None:
    """Locked until the commit: of two answers with one counter, one is a copy."""
    row = (
        await connection.execute(
            """
                SELECT id, person, credential, public_key, sign_count FROM passkeys
                WHERE credential = %(credential)s FOR UPDATE
            """,
            {"credential": credential},
        )
    ).one_or_none()
    return PasskeyRow(row.id, row.person, bytes(row.credential), bytes(row.public_key), row.sign_count) if row else None


async def use_passkey(connection: Connection, passkey: UUID, sign_count: int) -> None:
    await connection.execute(
        "UPDATE passkeys SET sign_count = %(count)s, used_at = now() WHERE id = %(id)s",
        {"id": passkey, "count": sign_count},
    )


async def remove_passkey(connection: Connection, person: UUID, passkey: UUID) -> bool:
    await _alone(connection, person)
    done = await connection.execute(
        "DELETE FROM passkeys WHERE id = %(id)s AND person = %(person)s", {"id": passkey, "person": person}
    )
    return done.count == 1


# -- identities elsewhere -----------------------------------------------------------------------------------------------


async def person_by_identity(connection: Connection, issuer: str, subject: str) -> UUID | None:
    """Whose identity this is; notes that it was used."""
    found = await connection.execute(
        """
            UPDATE identities SET used_at = now() WHERE issuer = %(issuer)s AND subject = %(subject)s RETURNING person
        """,
        {"issuer": issuer, "subject": subject},
    )
    return found.scalar_or_none()


async def add_identity(
    connection: Connection, person: UUID, issuer: str, subject: str, provider: str, label: str
) -> bool:
    """False when it is somebody's already."""
    done = await connection.execute(
        """
            INSERT INTO identities (person, issuer, subject, provider, label, used_at)
            VALUES (%(person)s, %(issuer)s, %(subject)s, %(provider)s, %(label)s, now())
            ON CONFLICT (issuer, subject) DO NOTHING
        """,
        {"person": person, "issuer": issuer, "subject": subject, "provider": provider, "label": label},
    )
    return done.count == 1


async def identities_of(connection: Connection, person: UUID) -> list[Identity]:
    rows = await connection.execute(
        """
            SELECT id, provider, label, created_at, used_at FROM identities
            WHERE person = %(person)s ORDER BY created_at DESC
        """,
        {"person": person},
    )
    return [
        Identity(id=row.id, provider=row.provider, label=row.label, created_at=row.created_at, used_at=row.used_at)
        for row in rows
    ]


async def remove_identity(connection: Connection, person: UUID, identity: UUID) -> bool:
    await _alone(connection, person)
    done = await connection.execute(
        "DELETE FROM identities WHERE id = %(id)s AND person = %(person)s", {"id": identity, "person": person}
    )
    return done.count == 1


# -- sign-ins under way -------------------------------------------------------------------------------------------------


async def begin_ceremony(
    connection: Connection, token: str, kind: str, person: UUID | None, data: dict[str, Any], ttl_s: int
) -> None:
    await connection.execute(
        """
            INSERT INTO ceremonies (token_hash, kind, person, data, expires_at)
            VALUES (%(hash)s, %(kind)s, %(person)s, CAST(%(data)s AS jsonb), now() + make_interval(secs => %(ttl)s))
        """,
        {"hash": hash_token(token), "kind": kind, "person": person, "data": json.dumps(data), "ttl": ttl_s},
    )


async def end_ceremony(connection: Connection, token: str, kind: str) -> CeremonyRow | None:
    """What was begun, once: whoever fails begins anew."""
    row = (
        await connection.execute(
            """
                DELETE FROM ceremonies WHERE token_hash = %(hash)s AND kind = %(kind)s AND expires_at > now()
                RETURNING person, data
            """,
            {"hash": hash_token(token), "kind": kind},
        )
    ).one_or_none()
    return CeremonyRow(row.person, row.data) if row else None


# -- one-time links -----------------------------------------------------------------------------------------------------


async def replace_link(
    connection: Connection, token: str, kind: str, person: UUID, email: str | None, ttl_s: int
) -> None:
    """Only the newest works."""
    await remove_links(connection, person, kind)
    await connection.execute(
        """
            INSERT INTO links (token_hash, kind, person, email, expires_at)
            VALUES (%(hash)s, %(kind)s, %(person)s, %(email)s, now() + make_interval(secs => %(ttl)s))
        """,
        {"hash": hash_token(token), "kind": kind, "person": person, "email": email, "ttl": ttl_s},
    )


async def remove_links(connection: Connection, person: UUID, kind: str) -> None:
    await connection.execute(
        "DELETE FROM links WHERE person = %(person)s AND kind = %(kind)s", {"person": person, "kind": kind}
    )


async def spend_link(connection: Connection, token: str, kind: str) -> LinkRow | None:
    row = (
        await connection.execute(
            """
                DELETE FROM links WHERE token_hash = %(hash)s AND kind = %(kind)s AND expires_at > now()
                RETURNING person, email
            """,
            {"hash": hash_token(token), "kind": kind},
        )
    ).one_or_none()
    return LinkRow(row.person, row.email) if row else None


async def link_holder(connection: Connection, token: str, kind: str) -> UUID | None:
    """Whose link this is, without using it up."""
    found = await connection.execute(
        "SELECT person FROM links WHERE token_hash = %(hash)s AND kind = %(kind)s AND expires_at > now()",
        {"hash": hash_token(token), "kind": kind},
    )
    return found.scalar_or_none()


# -- mail addresses -----------------------------------------------------------------------------------------------------


async def mailbox_of(connection: Connection, person: UUID) -> Mailbox:
    row = (
        await connection.execute(
            "SELECT id, email, email_verified_at IS NOT NULL AS verified FROM people WHERE id = %(person)s",
            {"person": person},
        )
    ).one()
    return Mailbox(row.id, row.email, row.verified)


async def person_by_email(connection: Connection, email: str) -> UUID | None:
    """Who proved that this address is theirs."""
    found = await connection.execute(
        "SELECT id FROM people WHERE lower(email) = lower(%(email)s) AND email_verified_at IS NOT NULL",
        {"email": email},
    )
    return found.scalar_or_none()


async def set_email(connection: Connection, person: UUID, email: str | None) -> None:
    """An address that is not proved yet."""
    await connection.execute(
        "UPDATE people SET email = %(email)s, email_verified_at = NULL WHERE id = %(person)s",
        {"person": person, "email": email},
    )


async def verify_email(connection: Connection, person: UUID, email: str) -> bool:
    """False when the address was changed meanwhile, or somebody else proved it first."""
    done = await connection.execute(
        """
            UPDATE people SET email_verified_at = now() WHERE id = %(person)s AND email = %(email)s AND NOT EXISTS (
                SELECT FROM people WHERE lower(email) = lower(%(email)s) AND email_verified_at IS NOT NULL AND id <> %(person)s
            )
        """,
        {"person": person, "email": email},
    )
    return done.count == 1


async def prune(connection: Connection) -> None:
    """Forget sign-ins and links whose time ran out."""
    await connection.execute("DELETE FROM ceremonies WHERE expires_at < now()")
    await connection.execute("DELETE FROM links WHERE expires_at < now()")
    await connection.execute("DELETE FROM sessions WHERE expires_at < now()")
