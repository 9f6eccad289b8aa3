"""Use cases of accounts."""

from __future__ import annotations

import secrets

from figment.accounts import store
from figment.accounts.errors import ClaimSpent
from figment.accounts.schemas import Person
from figment.core.database import Database

API_TOKEN_PREFIX = "fig_"  # noqa: S105 (a prefix, so that a leaked token is recognised)

_ADJECTIVES = [
    "amber",
    "azure",
    "coral",
    "ivory",
    "jade",
    "lilac",
    "ochre",
    "olive",
    "pearl",
    "rose",
    "rust",
    "sable",
    "sage",
    "sepia",
    "slate",
    "teal",
    "umber",
    "violet",
]
_NOUNS = [
    "brook",
    "canyon",
    "cedar",
    "comet",
    "delta",
    "dune",
    "ember",
    "fern",
    "grove",
    "harbor",
    "heron",
    "island",
    "lantern",
    "meadow",
    "moss",
    "otter",
    "reef",
    "willow",
]


class Accounts:
    """Who is asking, and how they come to be known."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_session(self, token: str) -> Person | None:
        async with self._database.statements() as connection:
            return await store.person_by_session(connection, token)

    async def by_api_token(self, token: str) -> Person | None:
        async with self._database.statements(relaxed=True) as connection:
            return await store.person_by_api_token(connection, token)

    async def make_guest(self, device: str) -> tuple[Person, str]:
        """A new guest and the token of their first session."""
        token = secrets.token_urlsafe(32)
        name = f"{secrets.choice(_ADJECTIVES).title()} {secrets.choice(_NOUNS).title()}"
        async with self._database.transaction() as connection:
            person = await store.add_person(connection, name)
            await store.add_session(connection, token, person.id, device)
        return person, token

    async def end_session(self, token: str) -> None:
        async with self._database.transaction() as connection:
            await store.remove_session(connection, token)

    async def admin_claim(self) -> str | None:
        """A fresh one-time token for the first administrator, or None when there is one already."""
        token = secrets.token_urlsafe(24)
        async with self._database.transaction() as connection:
            if await store.has_admin(connection):
                return None
            await store.replace_claim(connection, token)
        return token

    async def claim_admin(self, person: Person, token: str, name: str) -> Person:
        """Make this guest the first administrator; their work stays theirs.

        Raises:
            ClaimSpent: the token is not the newest, or was used.
        """
        async with self._database.transaction() as connection:
            if not await store.spend_claim(connection, token) or await store.has_admin(connection):
                raise ClaimSpent
            return await store.promote(connection, person.id, name, "admin")

    async def make_api_token(self, name: str) -> str:
        """A token that acts as the first administrator; where there is none yet, one without a session is made."""
        token = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
        async with self._database.transaction() as connection:
            admin = await store.first_admin(connection)
            if admin is None:
                admin = await store.add_person(connection, "Administrator", role="admin", guest=False)
            await store.add_api_token(connection, token, admin.id, name)
        return token
