"""HTTP of moderation: reports, notices and appeals of everybody; queue and block list of moderators."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from figment.accounts.asking import Allowed, spend
from figment.accounts.errors import AccountMuted, SessionNeeded
from figment.accounts.schemas import Person
from figment.core.errors import BodyTooLarge, Forbidden, InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.problems import problems
from figment.images.errors import ImageTooManyPixels, ImageTypeRefused, ImageUnreadable
from figment.safety.errors import AlreadyReported, CaseNotYours, NoAppeal
from figment.safety.moderating import Moderation
from figment.safety.schemas import (
    AppealRequest,
    BlockEntry,
    BlockList,
    BlockRequest,
    Case,
    CaseQuery,
    Cases,
    DecisionRequest,
    Notices,
    OwnCases,
    ReportRequest,
    Said,
)
from figment.safety.service import Safety

router = APIRouter(prefix="/api", tags=["moderation"])


async def safety(request: Request) -> Safety:
    service: Safety = request.app.state.safety
    return service


async def moderation(request: Request) -> Moderation:
    service: Moderation = request.app.state.moderation
    return service


SafetyService = Annotated[Safety, Depends(safety)]
ModerationService = Annotated[Moderation, Depends(moderation)]
Looker = Annotated[Person, Allowed("moderation.read")]
Decider = Annotated[Person, Allowed("moderation.decide")]
Blocker = Annotated[Person, Allowed("blocklist.manage")]

_OWN = (NotSignedIn, SessionNeeded)
_STAFF = (NotSignedIn, SessionNeeded, Forbidden)


# -- everybody's --------------------------------------------------------------------------------------------------------


@router.post(
    "/shared/{image}/report",
    status_code=204,
    responses=problems(*_OWN, AccountMuted, NotFound, AlreadyReported, InvalidInput, RateLimited),
)
async def report_image(
    image: UUID,
    asked: ReportRequest,
    request: Request,
    person: Annotated[Person, Allowed("reports.make", greets=True)],
    service: SafetyService,
) -> None:
    """Say that a shared picture should be looked at; once a picture. You are told what a moderator says."""
    await spend(request, "reports", f"person:{person.id}", address=True)
    await service.report(person, image, asked)


@router.get("/cases", responses=problems(*_OWN))
async def list_own_cases(person: Annotated[Person, Allowed("cases.read")], service: SafetyService) -> OwnCases:
    """What was held, refused or approved of mine, the newest first, and what follows from it."""
    return await service.own_cases(person)


@router.post("/cases/{case}/appeal", status_code=204, responses=problems(*_OWN, NotFound, NoAppeal, InvalidInput))
async def appeal_case(
    case: UUID, asked: AppealRequest, person: Annotated[Person, Allowed("cases.appeal")], service: SafetyService
) -> None:
    """Ask that another moderator looks at a refusal: once, within 30 days. Everybody who has the refused file may, for themselves."""
    await service.appeal(person, case, asked)


@router.get("/notices", responses=problems(*_OWN))
async def list_notices(person: Annotated[Person, Allowed("notices.read")], service: SafetyService) -> Notices:
    """What I was told, the newest first."""
    return await service.notices(person)


@router.post("/notices/read", status_code=204, responses=problems(*_OWN))
async def read_notices(person: Annotated[Person, Allowed("notices.read")], service: SafetyService) -> None:
    """I have seen them all."""
    await service.read_notices(person)


# -- moderators' --------------------------------------------------------------------------------------------------------


@router.get("/moderation/cases", responses=problems(*_STAFF, InvalidInput))
async def list_cases(moderator: Looker, service: ModerationService, query: Annotated[CaseQuery, Query()]) -> Cases:
    """What waits for a decision, the worst first: child safety, then how much speaks against it, then age."""
    return await service.cases(moderator, query)


@router.get("/moderation/cases/{case}", responses=problems(*_STAFF, NotFound))
async def get_case(case: UUID, moderator: Looker, service: ModerationService) -> Case:
    """One case with all that is needed to decide it."""
    return await service.case(moderator, case)


@router.get(
    "/moderation/cases/{case}/picture",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **problems(*_STAFF, NotFound)},
)
async def get_case_picture(case: UUID, _: Looker, service: ModerationService) -> Response:
    """The picture of a case, wherever it is hidden."""
    found = await service.picture(case)
    return Response(found.data, media_type=found.mime, headers={"Cache-Control": "private, no-store"})


@router.post("/moderation/cases/{case}/claim", responses=problems(*_STAFF, NotFound, CaseNotYours))
async def claim_case(case: UUID, moderator: Decider, service: ModerationService) -> Case:
    """Take a case on for half an hour."""
    return await service.claim(moderator, case)


@router.post("/moderation/cases/{case}/release", status_code=204, responses=problems(*_STAFF, NotFound, CaseNotYours))
async def release_case(case: UUID, moderator: Decider, service: ModerationService) -> None:
    """Leave a case that I claimed to somebody else."""
    await service.release(moderator, case)


@router.post("/moderation/cases/{case}/decide", responses=problems(*_STAFF, NotFound, CaseNotYours, InvalidInput))
async def decide_case(case: UUID, asked: DecisionRequest, moderator: Decider, service: ModerationService) -> Case:
    """Decide a case that I claimed. Its owner and those who reported are told."""
    return await service.decide(moderator, case, asked)


@router.get("/moderation/blocklist", responses=problems(*_STAFF))
async def list_blocked(_: Blocker, service: ModerationService) -> BlockList:
    """Pictures that are not kept here, nor what looks like them; the newest first."""
    return await service.block_list()


@router.post("/moderation/blocklist", status_code=201, responses=problems(*_STAFF, NotFound, InvalidInput))
async def block_image(asked: BlockRequest, moderator: Blocker, service: ModerationService) -> BlockEntry:
    """Keep nothing from now on that looks like an image of this server."""
    return await service.block_image(moderator, asked)


@router.post(
    "/moderation/blocklist/file",
    status_code=201,
    responses=problems(*_STAFF, BodyTooLarge, ImageTypeRefused, ImageTooManyPixels, ImageUnreadable, InvalidInput),
)
async def block_file(
    moderator: Blocker,
    service: ModerationService,
    file: Annotated[UploadFile, File()],
    reason: Annotated[Said, Form(min_length=1, max_length=500)],
) -> BlockEntry:
    """Keep nothing from now on that looks like the picture in this file. The file itself is not kept."""
    return await service.block_file(moderator, await file.read(), reason)


@router.delete("/moderation/blocklist/{entry}", status_code=204, responses=problems(*_STAFF, NotFound))
async def unblock(entry: UUID, moderator: Blocker, service: ModerationService) -> None:
    """Take a picture off the block list. What was refused meanwhile stays refused."""
    await service.unblock(moderator, entry)
