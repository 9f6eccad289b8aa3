"""How somebody becomes known, whatever they prove it with: sign-up under the house's rules, and a session that is new each time."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from figment.accounts import store
from figment.accounts.errors import AlreadySignedUp, InviteNeeded, RegistrationRefused, UsernameTaken
from figment.accounts.schemas import Person
from figment.accounts.store import Visit
from figment.core.database import Connection

Registration = Literal["open", "invite", "approval", "closed"]
# Raises where somebody may not be called so; by the names of the fields that it was typed into.
NameCheck = Callable[[Mapping[str, str]], None]


class Keeper(Protocol):
    """A room that keeps things of people."""

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        """Make everything of `giver` the `taker`'s: a guest has signed in."""

    async def forget(self, connection: Connection, person: UUID) -> None:
        """Stop and delete what does not go with the person's row by itself. Call it last: it may hold the events' lock."""

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        """What is kept of `person`, by the name of a file that JSON is to be written to."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who stands at the door: the session that the browser sent, if any, and what the browser calls itself."""

    visit: Visit | None
    device: str

    @property
    def person(self) -> Person | None:
        return self.visit.person if self.visit else None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new account is to be called, and the invitation that it comes with."""

    username: str | None
    name: str | None
    invite: str | None = None
    id: UUID | None = None


class Entrance:
    """The rules of the door, inside the caller's transaction."""

    def __init__(self, registration: Registration, keepers: Sequence[Keeper], check_name: NameCheck) -> None:
        self.registration = registration
        self.keepers = keepers
        self.check_name = check_name

    def refuse_early(self, visitor: Visitor) -> None:
        """What can be said before anything was typed or hashed.

        Raises:
            RegistrationRefused, AlreadySignedUp.
        """
        if self.registration == "closed":
            raise RegistrationRefused
        person = visitor.person
        if person and (not person.guest or person.waiting):
            raise AlreadySignedUp

    async def register(self, connection: Connection, visitor: Visitor, wish: Wish) -> Person:
        """Make the guest at the door, or somebody new, an account. An invitation that is good also spares the waiting for approval.

        Raises:
            RegistrationRefused, AlreadySignedUp, InviteNeeded, UsernameTaken, and what `check_name` does: nothing was changed.
        """
        self.refuse_early(visitor)
        self.check_name({"username": wish.username or "", "name": wish.name or ""})
        invite = await store.spend_invite(connection, wish.invite) if wish.invite else None
        if invite is None and (wish.invite or self.registration == "invite"):
            raise InviteNeeded
        if wish.username and not await store.username_free(connection, wish.username):
            raise UsernameTaken
        person = visitor.person or await store.add_person(
            connection, wish.name or wish.username or "Somebody", id_=wish.id
        )
        await store.name_account(connection, person.id, wish.username, wish.name or wish.username)
        await store.settle(
            connection, person.id, waiting=self.registration == "approval" and invite is None, invite=invite
        )
        settled = await store.person_by_id(connection, person.id)
        assert settled is not None
        return settled

    async def enter(self, connection: Connection, visitor: Visitor, person: UUID, take_along: bool = True) -> str:
        """The token of a new session. The one that came with the request ends: an id that somebody planted is worth nothing after a sign-in.

        With `take_along` what a guest made in this browser becomes the account's.
        """
        before = visitor.visit
        if before:
            await store.remove_session_of(connection, before.person.id, before.session)
        if before and take_along and before.person.id != person and before.person.guest and not before.person.waiting:
            for keeper in self.keepers:
                await keeper.hand_over(connection, before.person.id, person)
            await store.delete_person(connection, before.person.id)
        token = secrets.token_urlsafe(32)
        await store.add_session(connection, token, person, visitor.device, proved=True)
        return token
