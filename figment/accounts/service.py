"""Use cases of accounts."""

from __future__ import annotations

import secrets
from uuid import UUID

from figment.accounts import store
from figment.accounts.errors import ClaimSpent, GuestsHaveNoTokens, TooManyTokens
from figment.accounts.schemas import NewToken, Person, Token, TokenRequest, Tokens
from figment.accounts.store import Bearer
from figment.core.database import Connection, Database
from figment.core.errors import NotFound

API_TOKEN_PREFIX = "fig_"  # noqa: S105 (a prefix, so that a leaked token is recognised)
MOST_TOKENS = 50

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

    async def by_api_token(self, token: str) -> Bearer | None:
        """Whose token this is and what it may do; None when it is not known, was revoked or has expired."""
        async with self._database.statements(relaxed=True) as connection:
            return await store.bearer_by_api_token(connection, token)

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

    async def make_token(self, person: Person, asked: TokenRequest) -> NewToken:
        """
        Raises:
            GuestsHaveNoTokens: only a browser's cookie leads back to this person.
            TooManyTokens: they have as many as one person may have.
        """
        if person.guest:
            raise GuestsHaveNoTokens
        async with self._database.transaction() as connection:
            if await store.lock_tokens(connection, person.id) >= MOST_TOKENS:
                raise TooManyTokens(f"One person may have {MOST_TOKENS} API tokens. Revoke one that is no longer used.")
            return await self._add_token(connection, person, asked)

    async def tokens(self, person: Person) -> Tokens:
        async with self._database.statements() as connection:
            return Tokens(items=await store.tokens_of(connection, person.id))

    async def revoke_token(self, person: Person, token: UUID) -> None:
        """Takes effect with the next request that sends it.

        Raises:
            NotFound: there is no such token, or it is somebody else's.
        """
        async with self._database.transaction() as connection:
            if not await store.remove_token(connection, token, person.id):
                raise NotFound("There is no such API token among yours.")

    async def every_token(self) -> list[tuple[str, Token]]:
        """Everybody's tokens, the newest first, each with its person's name. For the operator: nobody asks whose they are."""
        async with self._database.statements() as connection:
            return await store.every_token(connection)

    async def revoke_any_token(self, token: UUID) -> None:
        """As `revoke_token`, for the operator.

        Raises:
            NotFound: there is no such token.
        """
        async with self._database.transaction() as connection:
            if not await store.remove_token(connection, token, None):
                raise NotFound("There is no such API token.")

    async def make_admin_token(self, asked: TokenRequest) -> NewToken:
        """A token that acts as the first administrator; where there is none yet, one without a session is made."""
        async with self._database.transaction() as connection:
            admin = await store.first_admin(connection)
            if admin is None:
                admin = await store.add_person(connection, "Administrator", role="admin", guest=False)
            return await self._add_token(connection, admin, asked)

    async def _add_token(self, connection: Connection, person: Person, asked: TokenRequest) -> NewToken:
        secret = API_TOKEN_PREFIX + secrets.token_urlsafe(32)
        token = await store.add_api_token(connection, secret, person.id, asked)
        return NewToken(**token.model_dump(), token=secret)
