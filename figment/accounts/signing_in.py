"""Use cases of signing up and in: passwords, passkeys, providers, links."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from figment.accounts import audit, store
from figment.accounts import credential_store as credentials
from figment.accounts.entrance import Entrance, Visitor, Wish
from figment.accounts.errors import (
    CeremonyOver,
    IdentityTaken,
    LastWayIn,
    LinkSpent,
    NoMail,
    PasskeyRefused,
    ProviderFailed,
    TooManyPasskeys,
    UsernameTaken,
    WrongPassword,
)
from figment.accounts.mail import Mailer
from figment.accounts.passkeys import Asked, RelyingParty
from figment.accounts.passwords import Passwords
from figment.accounts.providers import Claims, Provider
from figment.accounts.schemas import Ceremony, PasskeyAnswer, PasskeySignUp, PasswordChange, Person, SignIn, SignUp
from figment.accounts.store import hash_token
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput, NotFound
from figment.core.ids import uuid7

MOST_PASSKEYS = 20
_CEREMONY_S = 600
_RESET_S = 3600
_VERIFY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Entered:
    """Who has signed in, and the token of their new session."""

    person: Person
    token: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes to sign in elsewhere, and the secret that it must bring back in a cookie."""

    url: str
    browser: str


@dataclass(frozen=True, slots=True)
class Return:
    """What a provider sent the browser back with."""

    provider: str
    state: str
    code: str | None
    issuer: str | None
    browser: str | None


class SigningIn:
    """Everything by which somebody proves who they are."""

    def __init__(
        self,
        database: Database,
        entrance: Entrance,
        passwords: Passwords,
        mailer: Mailer,
        providers: Sequence[Provider] = (),
    ) -> None:
        self._database = database
        self._entrance = entrance
        self._passwords = passwords
        self._mailer = mailer
        self._providers: Mapping[str, Provider] = {provider.id: provider for provider in providers}

    @property
    def registration(self) -> str:
        return self._entrance.registration

    @property
    def sends_mail(self) -> bool:
        return bool(self._mailer)

    @property
    def providers(self) -> Sequence[Provider]:
        return list(self._providers.values())

    # -- passwords ----------------------------------------------------------------------------------------------------

    async def sign_up(self, visitor: Visitor, asked: SignUp) -> Entered:
        """
        Raises:
            RegistrationRefused, AlreadySignedUp, InviteNeeded, UsernameTaken, PasswordRefused: nobody was signed up.
        """
        self._entrance.refuse_early(visitor)
        await self._passwords.require_strong(asked.password, [asked.username, asked.name or ""])
        hash_ = await self._passwords.hash(asked.password)
        async with self._database.transaction() as connection:
            person = await self._entrance.register(connection, visitor, Wish(asked.username, asked.name, asked.invite))
            await credentials.set_password(connection, person.id, hash_)
            return await self._enter(connection, visitor, person.id)

    async def sign_in(self, visitor: Visitor, asked: SignIn) -> Entered:
        """
        Raises:
            WrongPassword: or nobody has this name; it takes as long either way.
        """
        async with self._database.statements() as connection:
            found = await credentials.password_by_name(connection, asked.username)
        right, newer = await self._passwords.check(asked.password, found.hash if found else None)
        if found is None or not right:
            raise WrongPassword
        async with self._database.transaction() as connection:
            if newer:
                await credentials.set_password(connection, found.person, newer)
            return await self._enter(connection, visitor, found.person, asked.take_along)

    async def change_password(self, visitor: Visitor, person: Person, asked: PasswordChange) -> Entered:
        """Also ends every other session: whoever changes a password may be throwing somebody out.

        Raises:
            WrongPassword: the present one is not right.
            PasswordRefused, UsernameTaken, InvalidInput.
        """
        username = person.username or asked.username
        if username is None:
            raise InvalidInput("Choose a name to sign in with.", field="username")
        self._entrance.check_name({"username": asked.username or ""})
        async with self._database.statements() as connection:
            present = await credentials.password_of(connection, person.id)
        if present is not None and not (await self._passwords.check(asked.current or "", present))[0]:
            raise WrongPassword("The present password is wrong.")
        await self._passwords.require_strong(asked.password, [username, person.name])
        hash_ = await self._passwords.hash(asked.password)
        async with self._database.transaction() as connection:
            if person.username is None:
                if not await store.username_free(connection, username, but=person.id):
                    raise UsernameTaken
                await store.name_account(connection, person.id, username, None)
            await credentials.set_password(connection, person.id, hash_)
            await store.remove_sessions(connection, person.id)
            return await self._enter(connection, visitor, person.id)

    async def remove_password(self, person: Person) -> None:
        """
        Raises:
            NotFound, LastWayIn: there is none, or nothing else to sign in with.
        """
        async with self._database.transaction() as connection:
            if not await credentials.remove_password(connection, person.id):
                raise NotFound("You have no password.")
            await self._require_a_way(connection, person.id)

    # -- one-time links -----------------------------------------------------------------------------------------------

    async def reset_link(self, connection: Connection, person: UUID) -> str:
        """A token that sets a new password, once, within an hour."""
        token = secrets.token_urlsafe(32)
        await credentials.replace_link(connection, token, "reset", person, None, _RESET_S)
        return token

    async def reset_link_for(self, username: str) -> str:
        """For the operator at the console.

        Raises:
            NotFound: nobody has this name.
        """
        async with self._database.transaction() as connection:
            found = await credentials.password_by_name(connection, username)
            if found is None:
                raise NotFound(f"Nobody signs in here as {username!r}.")
            await audit.note(connection, None, "account.reset_link", found.person, username)
            return await self.reset_link(connection, found.person)

    async def forgot(self, email: str, site: str) -> None:
        """Write a link to the address, if it is somebody's. The answer is the same if it is not."""
        if not self._mailer:
            raise NoMail
        async with self._database.transaction() as connection:
            person = await credentials.person_by_email(connection, email)
            token = await self.reset_link(connection, person) if person else None
        if token:
            self._mailer.post(
                email,
                "A new password for Figment",
                f"Somebody, hopefully you, asked for a new password at {site}.\n\n{site}/reset#{token}\n\n"
                "The link works once, within an hour. If it was not you, do nothing: your password stays as it is.\n",
            )

    async def reset(self, visitor: Visitor, token: str, password: str) -> Entered:
        """Set a new password and end every session of before.

        Raises:
            LinkSpent, PasswordRefused: nothing was changed, and a link that was good stays so.
        """
        async with self._database.statements() as connection:
            holder = await credentials.link_holder(connection, token, "reset")
            person = await store.person_by_id(connection, holder) if holder else None
        if person is None:
            raise LinkSpent
        await self._passwords.require_strong(password, [person.username or "", person.name])
        hash_ = await self._passwords.hash(password)
        async with self._database.transaction() as connection:
            if await credentials.spend_link(connection, token, "reset") is None:
                raise LinkSpent
            await credentials.set_password(connection, person.id, hash_)
            await store.remove_sessions(connection, person.id)
            return await self._enter(connection, visitor, person.id, take_along=False)

    async def set_email(self, person: Person, email: str | None, site: str) -> None:
        """Keep an address, and write to it for a proof that it is theirs.

        Raises:
            NoMail.
        """
        if email and not self._mailer:
            raise NoMail
        token = secrets.token_urlsafe(32)
        async with self._database.transaction() as connection:
            await credentials.set_email(connection, person.id, email)
            await credentials.remove_links(connection, person.id, "verify")
            # A link to a new password must not outlive the address that it went to.
            await credentials.remove_links(connection, person.id, "reset")
            if email:
                await credentials.replace_link(connection, token, "verify", person.id, email, _VERIFY_S)
        if email:
            self._mailer.post(
                email,
                "Is this your address?",
                f"{person.name} gave this address at {site}. Open the link if that was you:\n\n{site}/verify-email#{token}\n\n"
                "If it was not, do nothing.\n",
            )

    async def verify_email(self, token: str) -> None:
        """
        Raises:
            LinkSpent: also when the address was changed, or proved by somebody else, meanwhile.
        """
        async with self._database.transaction() as connection:
            link = await credentials.spend_link(connection, token, "verify")
            if link is None or link.email is None:
                raise LinkSpent
            if not await credentials.verify_email(connection, link.person, link.email):
                raise LinkSpent("This address was changed meanwhile, or is somebody else's.")

    # -- passkeys -----------------------------------------------------------------------------------------------------

    async def begin_passkey_sign_up(self, party: RelyingParty, visitor: Visitor, asked: PasskeySignUp) -> Ceremony:
        """
        Raises:
            RegistrationRefused, AlreadySignedUp, UsernameTaken.
        """
        self._entrance.refuse_early(visitor)
        async with self._database.transaction() as connection:
            if not await store.username_free(connection, asked.username):
                raise UsernameTaken
            person = visitor.person.id if visitor.person else uuid7()
            question = party.ask_for_new(person, asked.username, asked.name or asked.username, [])
            wish = asked.model_dump(mode="json") | {"person": str(person)}
            return await self._begin(connection, "passkey sign-up", visitor.person, question, wish)

    async def finish_passkey_sign_up(self, party: RelyingParty, visitor: Visitor, answer: PasskeyAnswer) -> Entered:
        """
        Raises:
            CeremonyOver, PasskeyRefused, RegistrationRefused, AlreadySignedUp, InviteNeeded, UsernameTaken.
        """
        begun = await self._end(answer.token, "passkey sign-up")
        if begun.person != (visitor.person.id if visitor.person else None):
            raise CeremonyOver
        new = party.accept_new(answer.credential, begun.data["challenge"])
        wish = begun.data["wish"]
        async with self._database.transaction() as connection:
            person = await self._entrance.register(
                connection, visitor, Wish(wish["username"], wish["name"], wish["invite"], UUID(wish["person"]))
            )
            if not await credentials.add_passkey(connection, person.id, **new.columns(answer.name)):
                raise PasskeyRefused("This passkey is in use already.")
            return await self._enter(connection, visitor, person.id)

    async def begin_adding_passkey(self, party: RelyingParty, person: Person) -> Ceremony:
        async with self._database.transaction() as connection:
            known = await credentials.credentials_of(connection, person.id)
            if len(known) >= MOST_PASSKEYS:
                raise TooManyPasskeys
            question = party.ask_for_new(person.id, person.username or person.name, person.name, known)
            return await self._begin(connection, "passkey", person, question, {})

    async def add_passkey(self, party: RelyingParty, person: Person, answer: PasskeyAnswer) -> None:
        """
        Raises:
            CeremonyOver, PasskeyRefused, TooManyPasskeys.
        """
        begun = await self._end(answer.token, "passkey")
        if begun.person != person.id:
            raise CeremonyOver
        new = party.accept_new(answer.credential, begun.data["challenge"])
        async with self._database.transaction() as connection:
            await store.person_by_id(connection, person.id, lock=True)
            if len(await credentials.credentials_of(connection, person.id)) >= MOST_PASSKEYS:
                raise TooManyPasskeys
            if not await credentials.add_passkey(connection, person.id, **new.columns(answer.name)):
                raise PasskeyRefused("This passkey is in use already.")

    async def begin_passkey_sign_in(self, party: RelyingParty) -> Ceremony:
        """Asks for any passkey of this site: the browser shows which there are, and nobody types a name."""
        async with self._database.transaction() as connection:
            return await self._begin(connection, "passkey sign-in", None, party.ask_for_any(), {})

    async def finish_passkey_sign_in(self, party: RelyingParty, visitor: Visitor, answer: PasskeyAnswer) -> Entered:
        """
        Raises:
            CeremonyOver, PasskeyRefused.
        """
        begun = await self._end(answer.token, "passkey sign-in")
        async with self._database.transaction() as connection:
            known = await credentials.passkey_by_credential(connection, party.credential_of(answer.credential))
            if known is None:
                raise PasskeyRefused("This passkey is not known here: it was removed, or made for another server.")
            count = party.accept(answer.credential, begun.data["challenge"], known.public_key, known.sign_count)
            await credentials.use_passkey(connection, known.id, count)
            return await self._enter(connection, visitor, known.person, answer.take_along)

    async def remove_passkey(self, person: Person, passkey: UUID) -> None:
        """
        Raises:
            NotFound, LastWayIn.
        """
        async with self._database.transaction() as connection:
            if not await credentials.remove_passkey(connection, person.id, passkey):
                raise NotFound("There is no such passkey among yours.")
            await self._require_a_way(connection, person.id)

    # -- providers ----------------------------------------------------------------------------------------------------

    async def depart(self, provider: str, redirect_uri: str, inside: str, connecting: Person | None) -> Departure:
        """Begin a sign-in elsewhere. `inside` is where in the app it shall end; `connecting` adds the identity to that account.

        Raises:
            NotFound: no such provider.
            ProviderFailed: it is away.
        """
        chosen = self._provider(provider)
        state, nonce, verifier, browser = (secrets.token_urlsafe(32) for _ in range(4))
        url = await chosen.address(redirect_uri, state, nonce, verifier)
        data = {
            "provider": provider,
            "redirect_uri": redirect_uri,
            "nonce": nonce,
            "verifier": verifier,
            "browser": hash_token(browser).hex(),
            "inside": inner_path(inside),
        }
        async with self._database.transaction() as connection:
            await credentials.begin_ceremony(
                connection, state, "provider", connecting.id if connecting else None, data, _CEREMONY_S
            )
        return Departure(url, browser)

    async def arrive(self, visitor: Visitor, returned: Return) -> tuple[Entered, str]:
        """End a sign-in elsewhere. Also gives where in the app to go on.

        Raises:
            CeremonyOver: it was begun in another browser, or too long ago.
            ProviderFailed, IdentityTaken, RegistrationRefused, AlreadySignedUp, InviteNeeded.
        """
        begun = await self._end(returned.state, "provider")
        if begun.data["provider"] != returned.provider:
            raise CeremonyOver
        if returned.browser is None or not compare_digest(hash_token(returned.browser).hex(), begun.data["browser"]):
            raise CeremonyOver
        if returned.code is None:
            raise ProviderFailed("You were not signed in there. Try again, or sign in another way.")
        provider = self._provider(returned.provider)
        claims = await provider.claims(
            begun.data["redirect_uri"], returned.code, begun.data["nonce"], begun.data["verifier"], returned.issuer
        )
        async with self._database.transaction() as connection:
            person = await self._known_as(connection, visitor, provider, claims, begun.person)
            return await self._enter(connection, visitor, person), begun.data["inside"]

    async def _known_as(
        self, connection: Connection, visitor: Visitor, provider: Provider, claims: Claims, connecting: UUID | None
    ) -> UUID:
        known = await credentials.person_by_identity(connection, claims.issuer, claims.subject)
        if connecting is None and known:
            return known
        if connecting is not None and known not in (None, connecting):
            raise IdentityTaken
        if connecting is not None:
            if visitor.person is None or visitor.person.id != connecting:
                raise CeremonyOver
            person = connecting
        else:
            person = (await self._entrance.register(connection, visitor, Wish(None, claims.name))).id
        added = await credentials.add_identity(
            connection, person, claims.issuer, claims.subject, provider.name, claims.label
        )
        if not added and known is None:
            raise IdentityTaken
        return person

    async def remove_identity(self, person: Person, identity: UUID) -> None:
        """
        Raises:
            NotFound, LastWayIn.
        """
        async with self._database.transaction() as connection:
            if not await credentials.remove_identity(connection, person.id, identity):
                raise NotFound("There is no such sign-in among yours.")
            await self._require_a_way(connection, person.id)

    def _provider(self, provider: str) -> Provider:
        if (chosen := self._providers.get(provider)) is None:
            raise NotFound("One cannot sign in here with that service.")
        return chosen

    # -- the common parts ---------------------------------------------------------------------------------------------

    async def _enter(self, connection: Connection, visitor: Visitor, person: UUID, take_along: bool = True) -> Entered:
        token = await self._entrance.enter(connection, visitor, person, take_along)
        entered = await store.person_by_id(connection, person)
        assert entered is not None
        return Entered(entered, token)

    async def _require_a_way(self, connection: Connection, person: UUID) -> None:
        """Takes back what was removed in this transaction, where it was the last."""
        if await credentials.ways_in(connection, person) == 0:
            raise LastWayIn

    async def _begin(
        self, connection: Connection, kind: str, person: Person | None, asked: Asked, wish: dict[str, Any]
    ) -> Ceremony:
        token = secrets.token_urlsafe(32)
        data = {"challenge": asked.challenge, "wish": wish}
        await credentials.begin_ceremony(connection, token, kind, person.id if person else None, data, _CEREMONY_S)
        return Ceremony(token=token, options=asked.options)

    async def _end(self, token: str, kind: str) -> credentials.CeremonyRow:
        async with self._database.transaction() as connection:
            begun = await credentials.end_ceremony(connection, token, kind)
        if begun is None:
            raise CeremonyOver
        return begun


def inner_path(address: str) -> str:
    """`address` where it is a path of this app, and its front door where it could lead anywhere else (CWE-601).

    Browsers read a backslash as a slash and skip tabs and line ends: `/\\evil.example` and `/<tab>/evil.example` leave the site.
    """
    parts = urlsplit(address)
    inside = address.startswith("/") and not parts.scheme and not parts.netloc and not address.startswith("//")
    if not inside or "\\" in address or any(ord(letter) < 0x21 for letter in address):
        return "/"
    return address
