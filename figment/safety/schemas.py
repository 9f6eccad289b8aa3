"""Wire shapes of moderation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from figment.core.text import Words

Decision = Literal["approve", "refuse"]
Kind = Literal["image", "text"]
Origin = Literal["reports", "screening", "appeal"]
ReportReason = Literal[
    "child_safety", "intimate_images", "sexual", "violence", "hate", "self_harm", "real_person", "spam", "other"
]
REPORT_REASONS: tuple[ReportReason, ...] = get_args(ReportReason)
NoticeKind = Literal[
    "held", "approved", "refused", "strike", "appeal_granted", "appeal_denied", "report_upheld", "report_dismissed"
]

Said = Annotated[Words, AfterValidator(str.strip)]


class ReportRequest(BaseModel):
    """Why somebody should look at a picture."""

    model_config = ConfigDict(extra="forbid")

    reason: ReportReason
    words: Said = Field("", max_length=1000)


class AppealRequest(BaseModel):
    """Why the decision was wrong."""

    model_config = ConfigDict(extra="forbid")

    words: Said = Field(min_length=1, max_length=2000)


class DecisionRequest(BaseModel):
    """`words` is what the owner reads, and is needed to refuse. `strike` counts it against them; `block` keeps out all that looks like it."""

    model_config = ConfigDict(extra="forbid")

    decision: Decision
    words: Said = Field("", max_length=1000)
    strike: bool = False
    block: bool = False


class CaseQuery(BaseModel):
    """`open`: nobody works on it. `mine`: claimed by me. `decided`: the newest first."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["open", "mine", "decided"] = "open"
    offset: int = Field(0, ge=0, le=100_000)
    limit: int = Field(30, ge=1, le=100)


class CasePerson(BaseModel):
    id: UUID
    name: str
    username: str | None
    guest: bool


class CaseImage(BaseModel):
    """The picture that a case is about; `GET /api/moderation/cases/{case}/picture` shows it."""

    id: UUID
    width: int
    height: int
    prompt: str | None
    state: Literal["approved", "held", "refused"]
    shared: bool


class CaseReport(BaseModel):
    reason: str
    words: str
    weight: float
    by: str
    guest: bool
    created_at: datetime


class CaseStrike(BaseModel):
    weight: float
    reason: str
    created_at: datetime
    lifted: bool


class CaseLine(BaseModel):
    """A case in the queue. `image` is None of a text, and of a picture that its owner deleted."""

    id: UUID
    kind: Kind
    origin: Origin
    category: str
    reason: str
    child_safety: bool
    weight: float
    created_at: datetime
    owner: CasePerson
    image: CaseImage | None
    fields: dict[str, str] | None
    reports: int
    claimed_by: str | None
    mine: bool
    decision: Decision | None
    decided_by: str | None = Field(description="None of what the rules decided by themselves.")
    decided_at: datetime | None
    words: str
    overturned: bool
    appeal_words: str


class Case(CaseLine):
    """A case with all that is needed to decide it. `why_not`: why I may not claim it, if so."""

    told: list[CaseReport]
    strikes: list[CaseStrike]
    score: float
    blocked: bool
    why_not: str | None
    before: CaseLine | None = Field(description="Of an appeal, the decision that it is against.")


class Cases(BaseModel):
    """The worst first: child safety, then weight, then age."""

    items: list[CaseLine]
    total: int


class OwnAppeal(BaseModel):
    words: str
    created_at: datetime
    decision: Decision | None
    answer: str


class OwnCase(BaseModel):
    """What was decided about something of mine, or about a file of somebody else that I have too: who decided it, and whose it was, is not
    told. `image` is mine. `why_not_appeal`: why I may not, if so."""

    id: UUID
    kind: Kind
    created_at: datetime
    reason: str
    image: UUID | None
    fields: dict[str, str] | None
    state: Literal["waiting", "approved", "refused"]
    by_a_person: bool
    decided_at: datetime | None
    words: str
    strike: bool
    appeal: OwnAppeal | None
    why_not_appeal: str | None


class OwnCases(BaseModel):
    """`slowed_until`: images cost four times as much of the allowance. `muted_until`: no sharing, reporting or commenting."""

    items: list[OwnCase]
    score: float
    slowed_until: datetime | None
    muted_until: datetime | None


class Notice(BaseModel):
    id: UUID
    kind: NoticeKind
    words: str
    case: UUID | None
    created_at: datetime
    read: bool


class Notices(BaseModel):
    """The newest first."""

    items: list[Notice]
    unread: int


class BlockRequest(BaseModel):
    """Keep nothing that looks like this image."""

    model_config = ConfigDict(extra="forbid")

    image: UUID
    reason: Said = Field(min_length=1, max_length=500)


class BlockEntry(BaseModel):
    id: UUID
    reason: str
    from_image: UUID | None
    created_at: datetime


class BlockList(BaseModel):
    items: list[BlockEntry]
