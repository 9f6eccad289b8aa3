"""Use cases of accounts."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from figment.accounts import audit, store
from figment.accounts import credential_store as credentials
from figment.accounts.entrance import Keeper, NameCheck
from figment.accounts.errors import ClaimSpent, LastAdmin, SignInAgain, TooManyTokens, UsernameTaken
from figment.accounts.permissions import Actor, Subject, permit
from figment.accounts.schemas import (
    Account,
    AuditPage,
    Erasure,
    InviteRequest,
    Invites,
    Member,
    MemberChange,
    Members,
    MembersQuery,
    NewInvite,
    NewToken,
    Person,
    Token,
    TokenRequest,
    Tokens,
)
from figment.accounts.store import Bearer, Visit
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput, NotFound

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

    def __init__(
        self, database: Database, keepers: Sequence[Keeper] = (), check_name: NameCheck = lambda _: None
    ) -> None:
        """What the operator's commands ask for needs no keepers, and no check of names."""
        self._database = database
        self._keepers = keepers
        self._check_name = check_name

    async def by_session(self, token: str) -> Visit | None:
        async with self._database.statements() as connection:
            return await store.visit_by_session(connection, token)

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

    async def claim_admin(self, person: Person, token: str, name: str, device: str) -> tuple[Person, str]:
        """Make this guest the first administrator; their work stays theirs. Also gives the token of a new session: the guest's ends.

        Raises:
            ClaimSpent: the token is not the newest, or was used.
        """
        session = secrets.token_urlsafe(32)
        async with self._database.transaction() as connection:
            if not await store.spend_claim(connection, token) or await store.has_admin(connection):
                raise ClaimSpent
            admin = await store.promote(connection, person.id, name, "admin")
            await store.remove_sessions(connection, person.id)
            await store.add_session(connection, session, person.id, device, proved=True)
            return admin, session

    async def make_token(self, person: Person, asked: TokenRequest) -> NewToken:
        """
        Raises:
            TooManyTokens: they have as many as one person may have.
        """
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

    # -- my account ---------------------------------------------------------------------------------------------------

    async def account(self, person: Person, session: UUID | None) -> Account:
        async with self._database.transaction() as connection:
            mailbox = await credentials.mailbox_of(connection, person.id)
            return Account(
                person=person,
                email=mailbox.email,
                email_verified=mailbox.verified,
                has_password=await credentials.password_of(connection, person.id) is not None,
                devices=await store.sessions_of(connection, person.id, session),
                passkeys=await credentials.passkeys_of(connection, person.id),
                identities=await credentials.identities_of(connection, person.id),
            )

    async def rename(self, person: Person, name: str) -> None:
        self._check_name({"name": name})
        async with self._database.transaction() as connection:
            await store.rename(connection, person.id, name)

    async def end_device(self, person: Person, device: UUID) -> None:
        """Sign one browser out.

        Raises:
            NotFound: it is not among the person's.
        """
        async with self._database.transaction() as connection:
            if not await store.remove_session_of(connection, person.id, device):
                raise NotFound("There is no such device among yours.")

    async def end_other_devices(self, person: Person, but: UUID | None) -> int:
        async with self._database.transaction() as connection:
            return await store.remove_sessions(connection, person.id, but)

    async def documents(self, person: Person) -> dict[str, Any]:
        """Everything that is kept of somebody besides the images themselves, by the names of JSON files."""
        account = await self.account(person, None)
        found: dict[str, Any] = {
            "account.json": account.model_dump(mode="json"),
            "tokens.json": (await self.tokens(person)).model_dump(mode="json"),
        }
        async with self._database.transaction() as connection:
            for keeper in self._keepers:
                found |= await keeper.documents(connection, person.id)
        return found

    async def erase(self, person: Person, asked: Erasure) -> None:
        """Delete the account and everything that is its own. Running jobs are stopped; files go with the next sweep.

        Raises:
            InvalidInput: the name was not repeated.
            LastAdmin: somebody must look after the server.
        """
        name = "guest" if person.guest and not person.waiting else person.username or person.name
        if asked.confirm != name:
            raise InvalidInput(f"To delete everything, write {name!r} here.", field="confirm")
        async with self._database.transaction() as connection:
            if person.role == "admin" and await store.admins_left(connection, but=person.id) == 0:
                raise LastAdmin
            for keeper in self._keepers:
                await keeper.forget(connection, person.id)
            await store.delete_person(connection, person.id)

    # -- other people -------------------------------------------------------------------------------------------------

    async def members(self, query: MembersQuery) -> Members:
        async with self._database.statements() as connection:
            found = await store.members(connection, query)
        shown = found[: query.limit]
        return Members(items=shown, next_cursor=shown[-1].id if len(found) > query.limit else None)

    async def change_member(self, admin: Person, person: UUID, asked: MemberChange) -> Member:
        """Say yes to somebody, give a role, or shut out; written into the audit log.

        Raises:
            NotFound: there is nobody of this id.
            LastAdmin: nobody would be left to look after the server.
            InvalidInput: a guest has no role.
        """
        async with self._database.transaction() as connection:
            now = await store.person_by_id(connection, person, lock=True)
            if now is None:
                raise NotFound("There is nobody of this id.")
            permit(Actor(admin), "people.change", Subject(now.id))
            waiting = now.waiting and asked.waiting is None
            role = asked.role or now.role
            suspended = now.suspended if asked.suspended is None else asked.suspended
            if now.guest and (waiting or not now.waiting) and role != "user":
                raise InvalidInput("A guest has no role: they must sign up first.", field="role")
            steps_down = now.role == "admin" and not now.suspended and (role != "admin" or suspended)
            if steps_down and await store.admins_left(connection, but=person) == 0:
                raise LastAdmin
            await store.change_member(connection, person, role, waiting, suspended)
            for field, before, after in (
                ("role", now.role, role),
                ("waiting", now.waiting, waiting),
                ("suspended", now.suspended, suspended),
            ):
                if before != after:
                    words = {"before": before, "after": after, "reason": asked.reason}
                    await audit.note(connection, admin, f"person.{field}", person, now.username or now.name, **words)
            changed = await store.member(connection, person)
            assert changed is not None
            return changed

    async def invites(self) -> Invites:
        async with self._database.statements() as connection:
            return Invites(items=await store.invites(connection))

    async def invite(self, admin: Person | None, asked: InviteRequest, site: str) -> NewInvite:
        token = secrets.token_urlsafe(18)
        async with self._database.transaction() as connection:
            made = await store.add_invite(
                connection, token, admin.id if admin else None, asked.note, asked.uses, asked.expires_in_days
            )
            await audit.note(connection, admin, "invite.made", made.id, asked.note, uses=asked.uses)
        return NewInvite(**made.model_dump(), url=f"{site}/sign-up#{token}")

    async def end_invite(self, admin: Person, invite: UUID) -> None:
        """
        Raises:
            NotFound: there is no such invitation, or it was used up.
        """
        async with self._database.transaction() as connection:
            if not await store.remove_invite(connection, invite):
                raise NotFound("There is no such invitation, or it was used up.")
            await audit.note(connection, admin, "invite.ended", invite)

    async def audit(self, before: int | None) -> AuditPage:
        async with self._database.statements() as connection:
            return await audit.page(connection, before)

    async def make_account(self, username: str, name: str | None, role: str) -> Person:
        """For the operator at the console, whatever the rules of registration; a reset link lets them in.

        Raises:
            UsernameTaken.
        """
        async with self._database.transaction() as connection:
            if not await store.username_free(connection, username):
                raise UsernameTaken
            person = await store.add_person(connection, name or username, role=role, guest=False, vouched=True)
            await store.name_account(connection, person.id, username, None)
            await audit.note(connection, None, "person.made", person.id, username, role=role)
            return person

    async def prune(self) -> None:
        async with self._database.transaction() as connection:
            await credentials.prune(connection)


def require_recent(visit: Visit) -> None:
    """
    Raises:
        SignInAgain: an account's session whose holder has not proved for a while who they are. A guest has nothing to prove it with.
    """
    if not visit.recent and not visit.person.guest:
        raise SignInAgain
