"""Wire shapes of accounts."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from figment.core.text import Words

Role = Literal["user", "moderator", "admin"]

_USERNAME = r"[a-z0-9](?:[a-z0-9_.-]{0,30}[a-z0-9])"
# Names that would pass for the server's own voice.
_RESERVED = frozenset(
    {
        "admin",
        "administrator",
        "api",
        "everyone",
        "figment",
        "mod",
        "moderator",
        "nobody",
        "official",
        "root",
        "security",
        "staff",
    }
    | {"support", "system"}
)


class Person(BaseModel):
    """Who is asking. A guest has no way to sign in elsewhere: the work lives with this browser's cookie.

    `waiting`: signed up, and an administrator has yet to say yes; a guest until then. `suspended`: shut out by a moderator. `muted`: may
    not speak to others for now. `slowed`: an image costs four times as much of the allowance for now. `vouched`: an administrator made,
    invited or let in this account, which has no newcomer's limits then. `created_at`: the first visit.
    """

    id: UUID
    name: str
    role: Role
    guest: bool
    username: str | None
    waiting: bool
    suspended: bool
    muted: bool
    slowed: bool
    vouched: bool
    created_at: datetime

    def cost_of(self, images: int, most: int) -> int:
        """How much of an allowance so many images take; what could pass at all still can."""
        return max(images, min(4 * images, most)) if self.slowed else images

    @property
    def topic(self) -> str:
        """The topic of this person's own events."""
        return f"person:{self.id}"


class Session(BaseModel):
    person: Person | None


class AdminClaim(BaseModel):
    token: Words = Field(min_length=8, max_length=200)
    name: Words = Field("Administrator", min_length=1, max_length=60)


def _username(words: str) -> str:
    name = words.strip().lower()
    if not re.fullmatch(_USERNAME, name):
        raise ValueError(
            "A name to sign in with has 2 to 32 letters a to z, digits, dots, hyphens or underscores, and begins and ends with a letter or digit."
        )
    if name in _RESERVED:
        raise ValueError("This name is kept for the server itself. Choose another one.")
    return name


def _not_blank(words: str) -> str:
    name = " ".join(words.split())
    if not name:
        raise ValueError("A name has at least one letter.")
    return name


def _utf8(words: str) -> str:
    """Passwords are hashed as UTF-8 after NFKC, so that the same keys give the same password on every system (NIST SP 800-63B, 3.1.1.2)."""
    try:
        words.encode()
    except UnicodeEncodeError as error:
        raise ValueError("Text may not hold half a character (a lone surrogate).") from error
    return unicodedata.normalize("NFKC", words)


def _email(words: str) -> str:
    """What a mail server could take; whether it is somebody's is found out by writing to it."""
    address = words.strip()
    if not re.fullmatch(r"[^@\s,;<>\"]+@[^@\s,;<>\".]+(\.[^@\s,;<>\".]+)+", address):
        raise ValueError("This is no mail address.")
    return address


Username = Annotated[Words, Field(max_length=60), AfterValidator(_username)]
Name = Annotated[Words, Field(min_length=1, max_length=60), AfterValidator(_not_blank)]
Password = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_utf8)]
Email = Annotated[Words, Field(max_length=254), AfterValidator(_email)]


class SignInOptions(BaseModel):
    """How one may come in here."""

    class Provider(BaseModel):
        id: str
        name: str

    registration: Literal["open", "invite", "approval", "closed"]
    guests: bool
    passkeys: bool
    mail: bool
    providers: list[Provider]


class SignUp(BaseModel):
    """A new account. Whoever asks as a guest keeps what they made."""

    model_config = ConfigDict(extra="forbid")

    username: Username
    password: Password
    name: Name | None = None
    invite: Words | None = Field(None, max_length=200)


class SignIn(BaseModel):
    """`take_along`: what was made in this browser as a guest becomes the account's."""

    model_config = ConfigDict(extra="forbid")

    username: Words = Field(min_length=1, max_length=254)
    password: Password
    take_along: bool = True


class Device(BaseModel):
    """A browser that is signed in. `current`: the one that asks."""

    id: UUID
    device: str
    created_at: datetime
    seen_at: datetime
    current: bool


class Passkey(BaseModel):
    """`synced`: kept by a password manager on several devices."""

    id: UUID
    name: str
    synced: bool
    created_at: datetime
    used_at: datetime | None


class Identity(BaseModel):
    """A sign-in elsewhere that is connected with this account."""

    id: UUID
    provider: str
    label: str
    created_at: datetime
    used_at: datetime | None


class Account(BaseModel):
    """Everything about how I come in."""

    person: Person
    email: str | None
    email_verified: bool
    has_password: bool
    devices: list[Device]
    passkeys: list[Passkey]
    identities: list[Identity]


class AccountChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name


class PasswordChange(BaseModel):
    """`current` is needed where there is a password. `username` is needed of an account that has none yet."""

    model_config = ConfigDict(extra="forbid")

    current: Password | None = None
    password: Password
    username: Username | None = None


class EmailChange(BaseModel):
    """None takes the address away."""

    model_config = ConfigDict(extra="forbid")

    email: Email | None


class ResetRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Email


class Reset(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Words = Field(min_length=8, max_length=200)
    password: Password


class LinkToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Words = Field(min_length=8, max_length=200)


class Erasure(BaseModel):
    """The name to sign in with, said once more; a guest says `guest`."""

    model_config = ConfigDict(extra="forbid")

    confirm: Words = Field(max_length=60)


class Ceremony(BaseModel):
    """What the browser hands to `navigator.credentials` (Web Authentication, section 5.4 and 5.5), and the token that ends it."""

    token: str
    options: dict[str, Any]


class PasskeySignUp(BaseModel):
    model_config = ConfigDict(extra="forbid")

    username: Username
    name: Name | None = None
    invite: Words | None = Field(None, max_length=200)


class PasskeyAnswer(BaseModel):
    """What `navigator.credentials` gave, as JSON (`PublicKeyCredential.toJSON()`)."""

    model_config = ConfigDict(extra="forbid")

    token: Words = Field(min_length=8, max_length=200)
    credential: dict[str, Any]
    name: Name | None = None
    take_along: bool = True


class Invite(BaseModel):
    id: UUID
    note: str
    uses_left: int
    created_at: datetime
    expires_at: datetime | None


class NewInvite(Invite):
    """The only answer that holds the link itself: only its hash is kept."""

    url: str


class InviteRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: Words = Field("", max_length=200)
    uses: int = Field(1, ge=1, le=1000)
    expires_in_days: int | None = Field(14, ge=1, le=365)


class Invites(BaseModel):
    items: list[Invite]


class Member(BaseModel):
    """A person as administrators and moderators see them."""

    id: UUID
    name: str
    username: str | None
    role: Role
    guest: bool
    waiting: bool
    suspended: bool
    created_at: datetime
    seen_at: datetime | None


class Members(BaseModel):
    """The newest first; `next_cursor` leads on to older ones."""

    items: list[Member]
    next_cursor: UUID | None


class MembersQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    search: Words = Field("", max_length=60)
    show: Literal["accounts", "waiting", "suspended", "staff", "guests"] = "accounts"
    before: UUID | None = None
    limit: int = Field(50, ge=1, le=200)


class MemberChange(BaseModel):
    """What is left out stays. `waiting: false` says yes to somebody who signed up."""

    model_config = ConfigDict(extra="forbid")

    role: Role | None = None
    waiting: Literal[False] | None = None
    suspended: bool | None = None
    reason: Words = Field("", max_length=500)


class AuditEntry(BaseModel):
    id: int
    created_at: datetime
    actor: UUID | None
    actor_name: str
    action: str
    subject: UUID | None
    subject_name: str
    detail: dict[str, Any]


class AuditPage(BaseModel):
    items: list[AuditEntry]
    next_cursor: int | None


Scope = Literal["images:write", "images:read", "models:read", "models:write"]
EVERY_SCOPE: tuple[Scope, ...] = get_args(Scope)


class TokenRequest(BaseModel):
    """What a token is for and what it may do; without `expires_in_days` it is good until it is revoked."""

    model_config = ConfigDict(extra="forbid")

    name: Words = Field(min_length=1, max_length=60)
    scopes: list[Scope] = Field(list(EVERY_SCOPE), min_length=1)
    expires_in_days: int | None = Field(None, ge=1, le=3650)

    @field_validator("scopes")
    @classmethod
    def _each_once(cls, scopes: list[Scope]) -> list[Scope]:
        return [scope for scope in EVERY_SCOPE if scope in scopes]


class Token(BaseModel):
    """An API token, without its secret. `used_at` is when it was last sent."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


class NewToken(Token):
    """The only answer that holds the token itself: only its hash is kept."""

    token: str


class Tokens(BaseModel):
    """My tokens, the newest first."""

    items: list[Token]
