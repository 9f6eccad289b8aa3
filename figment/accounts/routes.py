"""HTTP of accounts, and the dependencies by which every place learns who is asking."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from figment.accounts.schemas import AdminClaim, Person, Session
from figment.accounts.service import Accounts
from figment.core.errors import NotSignedIn
from figment.core.limits import Limiter, Rate

router = APIRouter(prefix="/api", tags=["accounts"])

_YEAR_S = 365 * 24 * 3600


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


async def person_or_none(request: Request, service: AccountsService) -> Person | None:
    """Who asks: by bearer token, by cookie, or nobody.

    Raises:
        NotSignedIn: a bearer token was sent and is not known.
    """
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        person = await service.by_api_token(bearer)
        if person is None:
            raise NotSignedIn("This API token is not known. Make one with `figment admin token --name NAME`.")
        return person
    token = session_token(request)
    return await service.by_session(token) if token else None


MaybePerson = Annotated[Person | None, Depends(person_or_none)]


async def signed_in(person: MaybePerson) -> Person:
    if person is None:
        raise NotSignedIn
    return person


SignedIn = Annotated[Person, Depends(signed_in)]


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


@router.post("/session/claim-admin")
async def claim_admin(claim: AdminClaim, person: PersonOrGuest, service: AccountsService) -> Session:
    """Become the first administrator with the link that the server printed."""
    return Session(person=await service.claim_admin(person, claim.token, claim.name))
