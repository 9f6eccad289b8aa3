"""Who may do what: the one place that decides it.

Every route names an action, and every action has one row in `RULES`. `may` reads that row and nothing else: no database, no request, no
clock. What the row cannot know (is the picture there, is the cursor good) is asked after it, by the service. The table that a
person reads, `docs/reference/permissions.md`, is written from these rows, and a test knocks at every route as everybody.

Whose a thing is stays with the statement that finds or changes it (`WHERE owner = …`, 404): asked of `may` besides, it would have to be found
first and could change hands in between, while a list never finds what is somebody else's; what is found whosoever it is, such as a person
by an administrator, is asked about with a `Subject`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Literal, get_args
from uuid import UUID

from figment.accounts.errors import (
    AccountMuted,
    AccountNeeded,
    AccountSuspended,
    MissingScope,
    SessionNeeded,
)
from figment.accounts.schemas import Person, Scope
from figment.core.errors import FigmentError, Forbidden, NotFound, NotSignedIn


class Standing(IntEnum):
    """How far somebody is known, and trusted with others' affairs. Each may do what those before it may."""

    ANYBODY = 0
    GUEST = 1
    USER = 2
    MODERATOR = 3
    ADMIN = 4


Action = Literal[
    "session.read",
    "session.begin",
    "session.end",
    "account.sign_in",
    "account.claim",
    "account.read",
    "account.change",
    "account.credentials",
    "account.devices",
    "account.export",
    "account.erase",
    "tokens.read",
    "tokens.make",
    "people.read",
    "people.change",
    "invites.manage",
    "audit.read",
    "images.read",
    "images.make",
    "images.change",
    "images.verify",
    "images.share",
    "shared.read",
    "reports.make",
    "cases.read",
    "cases.appeal",
    "notices.read",
    "moderation.read",
    "moderation.decide",
    "blocklist.manage",
    "preferences.read",
    "preferences.change",
    "jobs.read",
    "jobs.change",
    "events.follow",
    "models.read",
    "models.load",
    "studio.read",
    "studio.make",
    "studio.change",
    "atlas.read",
    "atlas.paint",
    "atlas.change",
    "atlas.worlds",
    "openai.images",
    "openai.models",
]
EVERY_ACTION: tuple[Action, ...] = get_args(Action)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table.

    `least` is the standing that is needed. `scope` is what an API token must have; with "any" every token will do, and None keeps tokens
    out, so that one that leaks cannot do it. `others` is the standing from which on somebody may do it to what belongs to another person; None: nobody may.
    `suspended` says that whoever is shut out may still do it: their data stays theirs. `speaks`: it is said to others, which whoever is
    muted may not do.
    """

    least: Standing
    scope: Scope | Literal["any"] | None = None
    others: Standing | None = None
    suspended: bool = False
    speaks: bool = False


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `scopes` are those of the API token that was sent; None stands for a browser's session."""

    person: Person | None
    scopes: frozenset[str] | None = None

    @property
    def standing(self) -> Standing:
        if self.person is None:
            return Standing.ANYBODY
        if self.person.guest:
            return Standing.GUEST
        return {"user": Standing.USER, "moderator": Standing.MODERATOR, "admin": Standing.ADMIN}[self.person.role]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is acted upon: whose it is."""

    owner: UUID


class Reason(StrEnum):
    """Why a decision was taken."""

    ALLOWED = "allowed"
    NOT_SIGNED_IN = "not signed in"
    NO_TOKENS_HERE = "API tokens may not do this"
    SCOPE = "the API token lacks the scope"
    GUEST = "guests may not do this"
    STANDING = "the role is not enough"
    SUSPENDED = "the account is suspended"
    MUTED = "the account is muted"
    NOT_YOURS = "it belongs to somebody else"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether, and why."""

    allowed: bool
    reason: Reason


_ANYBODY, _GUEST, _USER, _MODERATOR, _ADMIN = Standing

RULES: dict[Action, Rule] = {
    # Who I am, coming and going.
    "session.read": Rule(_ANYBODY, scope="images:read", suspended=True),
    "session.begin": Rule(_ANYBODY, scope="images:write", suspended=True),
    "session.end": Rule(_ANYBODY, suspended=True),
    "account.sign_in": Rule(_ANYBODY, suspended=True),
    "account.claim": Rule(_ANYBODY, suspended=True),
    # My account.
    "account.read": Rule(_GUEST, suspended=True),
    "account.change": Rule(_USER),
    "account.credentials": Rule(_USER, suspended=True),
    "account.devices": Rule(_GUEST, suspended=True),
    "account.export": Rule(_GUEST, suspended=True),
    "account.erase": Rule(_GUEST, suspended=True),
    "tokens.read": Rule(_USER, suspended=True),
    "tokens.make": Rule(_USER),
    # Other people.
    "people.read": Rule(_MODERATOR),
    "people.change": Rule(_ADMIN, others=_ADMIN),
    "invites.manage": Rule(_ADMIN),
    "audit.read": Rule(_MODERATOR),
    # What I made.
    "images.read": Rule(_GUEST, scope="images:read", suspended=True),
    "images.make": Rule(_GUEST, scope="images:write"),
    "images.change": Rule(_GUEST, scope="images:write"),
    "images.verify": Rule(_ANYBODY, scope="any", suspended=True),
    # What others see of it. Shared under a name that somebody stands by: guests are nobody in particular.
    "images.share": Rule(_USER, scope="images:write", speaks=True),
    "shared.read": Rule(_ANYBODY, scope="any", suspended=True),
    "reports.make": Rule(_GUEST, speaks=True),
    # What was decided about me and mine. Whoever is shut out is heard all the same.
    "cases.read": Rule(_GUEST, suspended=True),
    "cases.appeal": Rule(_GUEST, suspended=True),
    "notices.read": Rule(_GUEST, suspended=True),
    # Deciding about what others made; whose it must not be is a rule of the case (`figment.safety.rules`).
    "moderation.read": Rule(_MODERATOR),
    "moderation.decide": Rule(_MODERATOR),
    "blocklist.manage": Rule(_MODERATOR),
    "preferences.read": Rule(_GUEST, suspended=True),
    "preferences.change": Rule(_GUEST, suspended=True),
    "jobs.read": Rule(_GUEST, scope="images:read", suspended=True),
    "jobs.change": Rule(_GUEST, scope="images:write"),
    "events.follow": Rule(_GUEST, scope="images:read", suspended=True),
    # The models, which are everybody's.
    "models.read": Rule(_ANYBODY, scope="any", suspended=True),
    "models.load": Rule(_ADMIN, scope="models:write"),
    # Studio.
    "studio.read": Rule(_GUEST, scope="images:read", suspended=True),
    "studio.make": Rule(_GUEST, scope="images:write"),
    "studio.change": Rule(_GUEST, scope="images:write"),
    # Atlas: the maps are everybody's to look at; what is painted there is said to others.
    "atlas.read": Rule(_ANYBODY, scope="images:read", suspended=True),
    "atlas.paint": Rule(_GUEST, scope="images:write", speaks=True),
    "atlas.change": Rule(_GUEST, scope="images:write", others=_MODERATOR, speaks=True),
    "atlas.worlds": Rule(_USER, scope="images:write", speaks=True),
    # The OpenAI API, which knows tokens only.
    "openai.images": Rule(_USER, scope="images:write"),
    "openai.models": Rule(_USER, scope="models:read"),
}


def standings(action: Action) -> dict[Standing, bool]:
    """Who may do `action` at all, to what is their own: a row of the table for people to read."""
    rule = RULES[action]
    return {standing: standing >= rule.least for standing in Standing}


def may(actor: Actor, action: Action, subject: Subject | None = None) -> Decision:
    """Whether `actor` may do `action`, to `subject` where there is one. Pure: the same question has the same answer."""
    rule = RULES[action]
    reason = _refusal(actor, rule) or _refusal_of(actor, rule, subject)
    return Decision(reason is None, reason or Reason.ALLOWED)


def _refusal(actor: Actor, rule: Rule) -> Reason | None:
    """Why the rule keeps `actor` out, whatever it is that they ask for."""
    if actor.scopes is not None and rule.scope is None:
        return Reason.NO_TOKENS_HERE
    if actor.scopes is not None and rule.scope not in ("any", *actor.scopes):
        return Reason.SCOPE
    if actor.standing < rule.least:
        if actor.person is None:
            return Reason.NOT_SIGNED_IN
        return Reason.GUEST if rule.least == Standing.USER else Reason.STANDING
    if actor.person is not None and actor.person.suspended and not rule.suspended:
        return Reason.SUSPENDED
    if actor.person is not None and actor.person.muted and rule.speaks:
        return Reason.MUTED
    return None


def _refusal_of(actor: Actor, rule: Rule, subject: Subject | None) -> Reason | None:
    if subject is None or (actor.person is not None and subject.owner == actor.person.id):
        return None
    if rule.others is not None and actor.standing >= rule.others:
        return None
    return Reason.NOT_YOURS


def refusal(actor: Actor, action: Action, decision: Decision) -> FigmentError:
    """The error that tells a person why, and what to do.

    Somebody else's is told as if it were not there: whoever tries ids learns nothing of which exist.
    """
    match decision.reason:
        case Reason.NOT_SIGNED_IN:
            return NotSignedIn()
        case Reason.NO_TOKENS_HERE:
            return SessionNeeded()
        case Reason.SCOPE:
            return MissingScope(RULES[action].scope or "")
        case Reason.GUEST:
            return AccountNeeded()
        case Reason.SUSPENDED:
            return AccountSuspended()
        case Reason.MUTED:
            return AccountMuted()
        case Reason.NOT_YOURS:
            return NotFound()
        case _:
            needed = "a moderator" if RULES[action].least == Standing.MODERATOR else "an administrator"
            return Forbidden(f"Only {needed} of this server may do this.")


def permit(actor: Actor, action: Action, subject: Subject | None = None) -> None:
    """Nothing, when `may` says yes.

    Raises:
        NotSignedIn, SessionNeeded, MissingScope, AccountNeeded, AccountSuspended, AccountMuted, Forbidden, NotFound: as `refusal` says.
    """
    decision = may(actor, action, subject)
    if not decision.allowed:
        raise refusal(actor, action, decision)
