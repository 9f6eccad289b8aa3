"""HTTP of accounts, and the dependencies by which every place learns who is asking."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPBearer

from figment.accounts.errors import GuestsHaveNoTokens, MissingScope, SessionNeeded, TooManyTokens
from figment.accounts.schemas import AdminClaim, NewToken, Person, Scope, Session, TokenRequest, Tokens
from figment.accounts.service import Accounts
from figment.core.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from figment.core.limits import Limiter, Rate
from figment.core.problems import problems

router = APIRouter(prefix="/api", tags=["accounts"])

_YEAR_S = 365 * 24 * 3600
_IN_THE_DESCRIPTION = HTTPBearer(scheme_name="API token", auto_error=False)
_READING = frozenset({"GET", "HEAD"})
_HOW_TO_GET_ONE = (
    "Make one with `POST /api/tokens` in a browser that is signed in, or on the server with `figment admin token --name NAME`, "
    "and send it as `Authorization: Bearer fig_…`."
)


def accounts(request: Request) -> Accounts:
    service: Accounts = request.app.state.accounts
    return service


AccountsService = Annotated[Accounts, Depends(accounts)]


def _is_secure(request: Request) -> bool:
    """Over TLS the cookie is `Secure` and bound to the host. Plain HTTP has it without: Safari keeps no `Secure` cookie even of
    localhost, and there is nothing on that wire that the flag would protect."""
    return request.url.scheme == "https"


def _cookie_name(request: Request) -> str:
    return "__Host-figment" if _is_secure(request) else "figment"


def session_token(request: Request) -> str | None:
    return request.cookies.get(_cookie_name(request))


def set_session_cookie(request: Request, token: str) -> None:
    """Send the cookie with whatever the answer will be: a first visit whose request is refused is a visit all the same."""
    carrier = Response()
    carrier.set_cookie(
        _cookie_name(request),
        token,
        max_age=_YEAR_S,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )
    request.state.cookie = carrier.headers["set-cookie"]


def sent_token(request: Request) -> str | None:
    """The API token that came with the request, whatever it is worth."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return bearer if scheme.lower() == "bearer" else None


async def person_with(scope: Scope, request: Request, service: Accounts) -> Person:
    """Whose API token was sent, which must have `scope`.

    Raises:
        NotSignedIn: none was sent, or one that is not known, was revoked or has expired.
        MissingScope: it may not do this.
    """
    token = sent_token(request)
    if token is None:
        raise NotSignedIn(f"This needs an API token. {_HOW_TO_GET_ONE}")
    bearer = await service.by_api_token(token)
    if bearer is None:
        raise NotSignedIn(f"This API token is not known here, was revoked or has expired. {_HOW_TO_GET_ONE}")
    if scope not in bearer.scopes:
        raise MissingScope(scope)
    return bearer.person


def bearer_with(scope: Scope) -> Callable[..., Awaitable[Person]]:
    """The dependency of a route that takes API tokens only: whose token was sent, which must have `scope`."""

    # Read by `person_with`; named here so that /docs has a field for it.
    async def person(
        request: Request, service: AccountsService, _: Annotated[object, Depends(_IN_THE_DESCRIPTION)]
    ) -> Person:
        return await person_with(scope, request, service)

    return person


def administrator(scope: Scope) -> Callable[..., Awaitable[Person]]:
    """The dependency of a route for administrators: by session, or by a token with `scope`."""

    async def person(request: Request, service: AccountsService) -> Person:
        if sent_token(request) is not None:
            found: Person | None = await person_with(scope, request, service)
        else:
            token = session_token(request)
            found = await service.by_session(token) if token else None
        if found is None:
            raise NotSignedIn
        if found.role != "admin":
            raise Forbidden("Only an administrator of this server may do this.")
        return found

    return person


async def person_or_none(request: Request, service: AccountsService) -> Person | None:
    """Who asks: by bearer token, by cookie, or nobody. With a token, reading needs `images:read` and all else `images:write`.

    Raises:
        NotSignedIn: a bearer token was sent and is not good.
        MissingScope: it may not do this.
    """
    if sent_token(request) is not None:
        return await person_with("images:read" if request.method in _READING else "images:write", request, service)
    token = session_token(request)
    return await service.by_session(token) if token else None


MaybePerson = Annotated[Person | None, Depends(person_or_none)]


async def signed_in(person: MaybePerson) -> Person:
    if person is None:
        raise NotSignedIn
    return person


SignedIn = Annotated[Person, Depends(signed_in)]


async def by_session_only(request: Request, service: AccountsService) -> Person | None:
    """Who asks by cookie, where an API token must not be enough.

    Raises:
        SessionNeeded: one was sent.
    """
    if sent_token(request) is not None:
        raise SessionNeeded
    return await person_or_none(request, service)


async def signed_in_by_session(person: Annotated[Person | None, Depends(by_session_only)]) -> Person:
    return await signed_in(person)


BySession = Annotated[Person, Depends(signed_in_by_session)]


async def person_or_guest(request: Request, service: AccountsService, person: MaybePerson) -> Person:
    """Who asks; a first visit becomes a guest, whose cookie goes out with the answer."""
    if person is not None:
        return person
    limiter: Limiter = request.app.state.limiter
    rate: Rate = request.app.state.rates["sessions"]
    await limiter.spend([f"sessions:address:{request.state.address}"], rate)
    guest, token = await service.make_guest(request.headers.get("user-agent", ""))
    set_session_cookie(request, token)
    return guest


PersonOrGuest = Annotated[Person, Depends(person_or_guest)]


@router.get("/session")
async def get_session(person: MaybePerson) -> Session:
    """Who I am; nobody on a first visit."""
    return Session(person=person)


@router.post("/session")
async def start_session(request: Request, person: PersonOrGuest) -> Session:
    """Who I am; a first visit becomes a guest. The browser is asked to keep the cookie for another year."""
    if token := session_token(request):
        set_session_cookie(request, token)
    return Session(person=person)


@router.delete("/session", status_code=204)
async def end_session(request: Request, response: Response, service: AccountsService) -> None:
    """Forget this browser."""
    if token := session_token(request):
        await service.end_session(token)
    response.delete_cookie(_cookie_name(request), path="/", secure=_is_secure(request), httponly=True, samesite="lax")


@router.post("/session/claim-admin", dependencies=[Depends(by_session_only)])
async def claim_admin(claim: AdminClaim, person: PersonOrGuest, service: AccountsService) -> Session:
    """Become the first administrator with the link that the server printed."""
    return Session(person=await service.claim_admin(person, claim.token, claim.name))


@router.get("/tokens", responses=problems(NotSignedIn, SessionNeeded))
async def list_tokens(person: BySession, service: AccountsService) -> Tokens:
    """My API tokens, the newest first, without their secrets."""
    return await service.tokens(person)


@router.post(
    "/tokens",
    status_code=201,
    responses=problems(NotSignedIn, SessionNeeded, GuestsHaveNoTokens, TooManyTokens, InvalidInput),
)
async def make_token(asked: TokenRequest, person: BySession, service: AccountsService) -> NewToken:
    """Make an API token that acts as me within its scopes. The answer is the only one that shows it."""
    return await service.make_token(person, asked)


@router.delete("/tokens/{token}", status_code=204, responses=problems(NotSignedIn, SessionNeeded, NotFound))
async def revoke_token(token: UUID, person: BySession, service: AccountsService) -> None:
    """Revoke an API token of mine, at once."""
    await service.revoke_token(person, token)
