"""Who asks, as a dependency of every route: `Allowed(action)` finds the person out and lets `permissions.may` decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Response
from fastapi.dependencies.models import Dependant
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPBearer

from figment.accounts.entrance import Visitor
from figment.accounts.newcomers import Newcomers, What
from figment.accounts.passkeys import RelyingParty
from figment.accounts.permissions import Action, Actor, permit
from figment.accounts.schemas import Person
from figment.accounts.service import Accounts
from figment.accounts.store import Visit
from figment.core.errors import NotSignedIn
from figment.core.limits import Charge, Limiter, Rate

_YEAR_S = 365 * 24 * 3600
_IN_THE_DESCRIPTION = HTTPBearer(scheme_name="API token", auto_error=False)
_HOW_TO_GET_ONE = (
    "Make one with `POST /api/tokens` in a browser that is signed in, or on the server with `figment admin token --name NAME`, "
    "and send it as `Authorization: Bearer fig_…`."
)


def accounts(request: HTTPConnection) -> Accounts:
    service: Accounts = request.app.state.accounts
    return service


async def _accounts(request: HTTPConnection) -> Accounts:
    # FastAPI runs what is not async in a thread.
    return accounts(request)


AccountsService = Annotated[Accounts, Depends(_accounts)]


# -- cookies ------------------------------------------------------------------------------------------------------------


def _is_secure(request: HTTPConnection) -> bool:
    """Over TLS the cookie is `Secure` and bound to the host. Plain HTTP has it without: Safari keeps no `Secure` cookie even of
    localhost, and there is nothing on that wire that the flag would protect."""
    return request.url.scheme in ("https", "wss")


def cookie_name(request: HTTPConnection, name: str = "figment") -> str:
    return f"__Host-{name}" if _is_secure(request) else name


def session_token(request: HTTPConnection) -> str | None:
    return request.cookies.get(cookie_name(request))


def send_cookie(request: HTTPConnection, token: str, name: str = "figment", max_age_s: int = _YEAR_S) -> None:
    """Send a cookie with whatever the answer will be: a first visit whose request is refused is a visit all the same."""
    carrier = Response()
    carrier.set_cookie(
        cookie_name(request, name),
        token,
        max_age=max_age_s,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )
    request.state.cookies = [*getattr(request.state, "cookies", []), carrier.headers["set-cookie"]]


def drop_cookie(request: HTTPConnection, name: str = "figment") -> None:
    send_cookie(request, "", name, max_age_s=0)


# -- who asks -----------------------------------------------------------------------------------------------------------


def sent_token(request: HTTPConnection) -> str | None:
    """The API token that came with the request, whatever it is worth."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else None


async def visit_of(request: HTTPConnection) -> Visit | None:
    """The session that the browser sent, asked for once a request."""
    if not hasattr(request.state, "visit"):
        token = session_token(request)
        request.state.visit = await accounts(request).by_session(token) if token else None
    visit: Visit | None = request.state.visit
    return visit


async def actor_of(request: HTTPConnection) -> Actor:
    """Who asks: by bearer token, by cookie, or nobody.

    Raises:
        NotSignedIn: a bearer token was sent that is not known, was revoked or has expired.
    """
    token = sent_token(request)
    if token is None:
        visit = await visit_of(request)
        return Actor(visit.person if visit else None)
    bearer = await accounts(request).by_api_token(token)
    if bearer is None:
        raise NotSignedIn(f"This API token is not known here, was revoked or has expired. {_HOW_TO_GET_ONE}")
    return Actor(bearer.person, bearer.scopes)


@dataclass(frozen=True, slots=True)
class Asking:
    """The dependency of a route that does `action`: gives who asks, once `may` has said yes.

    `greets`: a first visit becomes a guest, whose cookie goes out with the answer.
    """

    action: Action
    greets: bool = False

    async def __call__(self, request: HTTPConnection) -> Person | None:
        actor = await actor_of(request)
        if self.greets and actor.person is None:
            actor = Actor(await _greet(request))
        permit(actor, self.action)
        return actor.person


@dataclass(frozen=True, slots=True)
class AskingByToken:
    """As `Asking`, of a route that takes API tokens only: no cookie makes it a browser's."""

    action: Action

    # Read by `actor_of`; named here so that /docs has a field for it.
    async def __call__(
        self, request: HTTPConnection, _: Annotated[object, Depends(_IN_THE_DESCRIPTION)]
    ) -> Person | None:
        if sent_token(request) is None:
            raise NotSignedIn(f"This needs an API token. {_HOW_TO_GET_ONE}")
        actor = await actor_of(request)
        permit(actor, self.action)
        return actor.person


def Allowed(action: Action, *, greets: bool = False) -> Any:  # noqa: N802 (reads as FastAPI's own Depends does)
    """Annotates the person who asks: `person: Annotated[Person, Allowed("studio.make", greets=True)]`."""
    return Depends(Asking(action, greets))


def AllowedByToken(action: Action) -> Any:  # noqa: N802
    return Depends(AskingByToken(action))


def actions_of(dependant: Dependant) -> set[Action]:
    """What a route asks leave for, through all that it depends on."""
    own: set[Action] = {dependant.call.action} if isinstance(dependant.call, Asking | AskingByToken) else set()
    return own.union(*(actions_of(below) for below in dependant.dependencies))


async def _greet(request: HTTPConnection) -> Person:
    if not request.app.state.settings.guests:
        raise NotSignedIn("This server asks you to sign in first.")
    await spend(request, "sessions", address=True)
    guest, token = await accounts(request).make_guest(device_of(request))
    send_cookie(request, token)
    return guest


# -- about the request --------------------------------------------------------------------------------------------------


async def spend_generations(request: HTTPConnection, person: Person, count: int) -> None:
    """Count `count` images against the person and the address; to whoever was slowed they cost more, and newcomers have less.

    Raises:
        RateLimited.
    """
    cost = person.cost_of(count, request.app.state.rates["generations"].burst)
    await _spend_of(request, person, "generations", cost, count)


async def spend_uploads(request: HTTPConnection, person: Person, count: int = 1) -> None:
    """Count `count` uploads against the person and the address; newcomers have less.

    Raises:
        RateLimited.
    """
    await _spend_of(request, person, "uploads", count, count)


async def _spend_of(request: HTTPConnection, person: Person, what: What, cost: int, count: int) -> None:
    """`cost` of what everybody has, and what `count` cost of what newcomers have."""
    newcomers: Newcomers = request.app.state.newcomers
    address: str = request.state.address
    await _limiter(request).spend(
        *_charges(request, what, f"person:{person.id}", f"address:{address}", cost=cost),
        *newcomers.charges(person, address, what, count, datetime.now(UTC)),
    )


async def spend(request: HTTPConnection, what: str, *others: str, address: bool = False, cost: int = 1) -> None:
    """Count this request, or `cost` of what it asks for, against the rate `what`: of its address, and of every other key.

    Raises:
        RateLimited.
    """
    keys = [*others, f"address:{request.state.address}"] if address else others
    await _limiter(request).spend(*_charges(request, what, *keys, cost=cost))


def _charges(request: HTTPConnection, what: str, *keys: str, cost: int = 1) -> list[Charge]:
    rate: Rate = request.app.state.rates[what]
    return [Charge(f"{what}:{key}", rate, cost) for key in keys]


def _limiter(request: HTTPConnection) -> Limiter:
    limiter: Limiter = request.app.state.limiter
    return limiter


def device_of(request: HTTPConnection) -> str:
    return request.headers.get("user-agent", "")


async def visitor_of(request: HTTPConnection) -> Visitor:
    return Visitor(await visit_of(request), device_of(request))


def site_of(request: HTTPConnection) -> str:
    """The address of this server as its people know it. Without `FIGMENT_PUBLIC_URL` it is what the browser asked for; nothing that is
    sent to others may be made from that, because whoever asks can write it."""
    public: str | None = request.app.state.settings.public_url
    return (public or f"{request.url.scheme}://{request.headers.get('host', '')}").rstrip("/")


def relying_party(request: HTTPConnection) -> RelyingParty:
    parts = urlsplit(site_of(request))
    return RelyingParty(parts.hostname or "", f"{parts.scheme}://{parts.netloc}")
