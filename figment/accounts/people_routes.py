"""HTTP for those who look after the server: people, invitations, the audit log."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from figment.accounts.asking import AccountsService, Allowed, site_of
from figment.accounts.errors import LastAdmin, SessionNeeded
from figment.accounts.schemas import (
    AuditPage,
    InviteRequest,
    Invites,
    Member,
    MemberChange,
    Members,
    MembersQuery,
    NewInvite,
    Person,
)
from figment.core.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from figment.core.problems import problems

router = APIRouter(prefix="/api", tags=["people"])

_REFUSED = (NotSignedIn, SessionNeeded, Forbidden, InvalidInput)


@router.get("/people", responses=problems(*_REFUSED))
async def list_people(
    service: AccountsService, _: Annotated[Person, Allowed("people.read")], query: Annotated[MembersQuery, Query()]
) -> Members:
    """Who is here, the newest first."""
    return await service.members(query)


@router.patch("/people/{person}", responses=problems(*_REFUSED, NotFound, LastAdmin))
async def change_person(
    person: UUID, asked: MemberChange, service: AccountsService, admin: Annotated[Person, Allowed("people.change")]
) -> Member:
    """Say yes to somebody who signed up, give a role, or suspend. It is written into the audit log."""
    return await service.change_member(admin, person, asked)


@router.get("/invites", responses=problems(*_REFUSED))
async def list_invites(service: AccountsService, _: Annotated[Person, Allowed("invites.manage")]) -> Invites:
    """Invitations that can still be used."""
    return await service.invites()


@router.post("/invites", status_code=201, responses=problems(*_REFUSED))
async def make_invite(
    asked: InviteRequest,
    request: Request,
    service: AccountsService,
    admin: Annotated[Person, Allowed("invites.manage")],
) -> NewInvite:
    """Make an invitation. The answer is the only one that shows its link."""
    return await service.invite(admin, asked, site_of(request))


@router.delete("/invites/{invite}", status_code=204, responses=problems(*_REFUSED, NotFound))
async def end_invite(
    invite: UUID, service: AccountsService, admin: Annotated[Person, Allowed("invites.manage")]
) -> None:
    """Withdraw an invitation; whoever came with it stays."""
    await service.end_invite(admin, invite)


@router.get("/audit", responses=problems(*_REFUSED))
async def read_audit(
    service: AccountsService,
    _: Annotated[Person, Allowed("audit.read")],
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
) -> AuditPage:
    """What moderators and administrators did, the newest first."""
    return await service.audit(before)
