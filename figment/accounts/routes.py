"""HTTP of accounts: who I am, what is mine, my API tokens."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from figment.accounts.asking import (
    AccountsService,
    Allowed,
    device_of,
    drop_cookie,
    send_cookie,
    session_token,
    spend,
    visit_of,
)
from figment.accounts.errors import (
    AccountNeeded,
    AccountSuspended,
    ClaimSpent,
    LastAdmin,
    SessionNeeded,
    SignInAgain,
    TooManyTokens,
)
from figment.accounts.schemas import (
    Account,
    AccountChange,
    AdminClaim,
    Erasure,
    NewToken,
    Person,
    Session,
    TokenRequest,
    Tokens,
)
from figment.accounts.service import require_recent
from figment.core.errors import InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.problems import problems
from figment.core.storage import content_disposition
from figment.images import archive
from figment.images.service import Images

router = APIRouter(prefix="/api", tags=["accounts"])


@router.get("/session")
async def get_session(person: Annotated[Person | None, Allowed("session.read")]) -> Session:
    """Who I am; nobody on a first visit."""
    return Session(person=person)


@router.post("/session")
async def start_session(request: Request, person: Annotated[Person, Allowed("session.begin", greets=True)]) -> Session:
    """Who I am; a first visit becomes a guest. The browser is asked to keep the cookie for another year."""
    if token := session_token(request):
        send_cookie(request, token)
    return Session(person=person)


@router.delete("/session", status_code=204)
async def end_session(
    request: Request, service: AccountsService, _: Annotated[Person | None, Allowed("session.end")]
) -> None:
    """Forget this browser."""
    if token := session_token(request):
        await service.end_session(token)
    drop_cookie(request)


@router.post("/session/claim-admin", responses=problems(SessionNeeded, ClaimSpent))
async def claim_admin(
    claim: AdminClaim,
    request: Request,
    person: Annotated[Person, Allowed("account.claim", greets=True)],
    service: AccountsService,
) -> Session:
    """Become the first administrator with the link that the server printed."""
    admin, session = await service.claim_admin(person, claim.token, claim.name, device_of(request))
    send_cookie(request, session)
    return Session(person=admin)


# -- my account ---------------------------------------------------------------------------------------------------------


@router.get("/account", responses=problems(NotSignedIn, SessionNeeded))
async def get_account(
    request: Request, person: Annotated[Person, Allowed("account.read")], service: AccountsService
) -> Account:
    """How I come in: name, password, passkeys, sign-ins elsewhere, devices."""
    visit = await visit_of(request)
    return await service.account(person, visit.session if visit else None)


@router.patch("/account", responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, AccountSuspended, InvalidInput))
async def change_account(
    asked: AccountChange, person: Annotated[Person, Allowed("account.change")], service: AccountsService
) -> Session:
    """The name that others see."""
    await service.rename(person, asked.name)
    return Session(person=person.model_copy(update={"name": asked.name}))


@router.delete("/account/devices/{device}", status_code=204, responses=problems(NotSignedIn, SessionNeeded, NotFound))
async def end_device(
    device: UUID, person: Annotated[Person, Allowed("account.devices")], service: AccountsService
) -> None:
    """Sign one browser out, at once."""
    await service.end_device(person, device)


@router.delete("/account/devices", status_code=204, responses=problems(NotSignedIn, SessionNeeded))
async def end_other_devices(
    request: Request, person: Annotated[Person, Allowed("account.devices")], service: AccountsService
) -> None:
    """Sign every other browser out."""
    visit = await visit_of(request)
    await service.end_other_devices(person, visit.session if visit else None)


@router.get(
    "/account/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}, **problems(NotSignedIn, SessionNeeded, RateLimited)},
)
async def export_account(
    request: Request, person: Annotated[Person, Allowed("account.export")], service: AccountsService
) -> StreamingResponse:
    """Everything of mine as one ZIP: every image with its recipe, and what else is kept of me as JSON."""
    await spend(request, "exports", f"person:{person.id}")
    images: Images = request.app.state.images
    documents = await service.documents(person)
    pieces = archive.zipped(images, await images.all_of(person.id), documents)
    headers = {"Content-Disposition": content_disposition("figment-export.zip"), "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.post(
    "/account/erase",
    status_code=204,
    responses=problems(NotSignedIn, SessionNeeded, SignInAgain, InvalidInput, LastAdmin),
)
async def erase_account(
    asked: Erasure, request: Request, person: Annotated[Person, Allowed("account.erase")], service: AccountsService
) -> None:
    """Delete my account, everything I made and its files. There is no way back."""
    if visit := await visit_of(request):
        require_recent(visit)
    await service.erase(person, asked)
    drop_cookie(request)
    images: Images = request.app.state.images
    await images.sweep(request.app.state.settings.sweep_after_s)


# -- API tokens ---------------------------------------------------------------------------------------------------------


@router.get("/tokens", responses=problems(NotSignedIn, SessionNeeded, AccountNeeded))
async def list_tokens(person: Annotated[Person, Allowed("tokens.read")], service: AccountsService) -> Tokens:
    """My API tokens, the newest first, without their secrets."""
    return await service.tokens(person)


@router.post(
    "/tokens",
    status_code=201,
    responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, AccountSuspended, TooManyTokens, InvalidInput),
)
async def make_token(
    asked: TokenRequest, person: Annotated[Person, Allowed("tokens.make")], service: AccountsService
) -> NewToken:
    """Make an API token that acts as me within its scopes. The answer is the only one that shows it."""
    return await service.make_token(person, asked)


@router.delete(
    "/tokens/{token}", status_code=204, responses=problems(NotSignedIn, SessionNeeded, AccountNeeded, NotFound)
)
async def revoke_token(
    token: UUID, person: Annotated[Person, Allowed("tokens.read")], service: AccountsService
) -> None:
    """Revoke an API token of mine, at once."""
    await service.revoke_token(person, token)
