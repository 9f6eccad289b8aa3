"""Use cases of whoever makes, sees and reports: is this text taken, this picture shown, and what was decided about mine."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import NotFound
from figment.images import store as image_store
from figment.images.service import Images
from figment.images.store import Copy
from figment.safety import consequences, rules, store
from figment.safety.consequences import Letter
from figment.safety.errors import AlreadyReported, NoAppeal, TextHeld, TextRefused
from figment.safety.fields import Kind
from figment.safety.meaning import Meaning
from figment.safety.policy import ALWAYS_REFUSED
from figment.safety.schemas import AppealRequest, Notices, OwnAppeal, OwnCase, OwnCases, ReportRequest
from figment.safety.screening import Screener
from figment.safety.store import CaseRow
from figment.safety.verdict import State, Verdict

# A prompt takes an eighth of a millisecond; what is so long that others would notice is read in a thread.
_LONG_CHARACTERS = 10_000
_CASES, _NOTICES = 200, 100
_REPORTED = "Several people reported this picture. A moderator looks at it."
_NO_CASE = "There is no such decision about something of yours."
_CHILD_SAFETY = frozenset({"child_safety", "minors"})


class Safety:
    """Screening, reports, notices and appeals."""

    def __init__(self, database: Database, images: Images, screener: Screener, reports_hide: float) -> None:
        self._database = database
        self._images = images
        self._screener = screener
        self._reports_hide = reports_hide

    # -- text ---------------------------------------------------------------------------------------------------------

    def check_name(self, fields: Mapping[str, str]) -> None:
        """Whether somebody may be called so, or sign in by such a name. Nobody looks at names: whoever is refused takes another one.

        Raises:
            TextRefused.
        """
        found = self._screener.screen({name: text for name, text in fields.items() if text}, Kind.NAME)
        if found.state != State.APPROVED:
            raise TextRefused("This name cannot be used here. Choose another one.", found.reasons[0].fields)

    async def check(self, person: UUID, fields: Mapping[str, str], kind: Kind) -> None:
        """Whether this text of this person may be used. Costs nothing but the reading where nothing is wrong with it.

        Raises:
            TextRefused: it may not, or a moderator said so; what the rules refuse is counted against the person.
            TextHeld: a moderator looks at it first.
        """
        said = {name: text for name, text in fields.items() if text.strip()}
        verdict = await self._read(said, kind)
        if verdict.state != State.APPROVED:
            await self._answer(person, said, kind, verdict)

    async def check_meaning(self, person: UUID, fields: Mapping[str, str], kind: Kind, meaning: Meaning) -> None:
        """As `check`, by what a text means. That is a guess: it is held at most, once, until a moderator has looked."""
        said = {name: text for name, text in fields.items() if text.strip()}
        verdict = await meaning.screen(said, kind, self._screener.policy, self._screener.profile)
        if verdict.state != State.APPROVED:
            await self._answer(person, said, kind, verdict)

    async def _read(self, fields: Mapping[str, str], kind: Kind) -> Verdict:
        if sum(map(len, fields.values())) > _LONG_CHARACTERS:
            return await asyncio.to_thread(self._screener.screen, fields, kind)
        return self._screener.screen(fields, kind)

    async def _answer(self, person: UUID, fields: Mapping[str, str], kind: Kind, verdict: Verdict) -> None:
        """Let pass what a moderator approved, word for word; open a case for what is new; raise for all else."""
        worst = verdict.reasons[0]
        # What is only held is a guess, and a moderator knows better.
        never = verdict.state == State.REFUSED and any(reason.category in ALWAYS_REFUSED for reason in verdict.reasons)
        async with self._database.transaction() as connection:
            known = await store.lock_text(connection, person, _hash(fields, kind))
            if known is None:
                await self._open_text(connection, person, fields, kind, verdict)
        if known is not None and _passes(known) and not never:
            return
        if verdict.state == State.REFUSED or (known is not None and known.decision == "refuse"):
            raise TextRefused(known.words if known and known.words else worst.message, worst.fields)
        raise TextHeld(worst.message, worst.fields)

    async def _open_text(
        self, connection: Connection, person: UUID, fields: Mapping[str, str], kind: Kind, verdict: Verdict
    ) -> None:
        """What is refused is decided already, and counted: its author may appeal. What is held waits for a moderator."""
        worst = verdict.reasons[0]
        refused = verdict.state == State.REFUSED
        case = await store.add_text_case(
            connection,
            person,
            fields,
            _hash(fields, kind),
            worst.category,
            worst.message,
            child_safety=worst.category in _CHILD_SAFETY,
            decision="refuse" if refused else None,
        )
        if not refused:
            await consequences.tell(connection, [Letter(person, "held", _held(worst.message), case)])
            return
        weight = consequences.weight_of(worst.category)
        if told := await consequences.strike(connection, person, case, weight, worst.message):
            await consequences.tell(connection, [Letter(person, "strike", f"{worst.message} {told}", case)])

    # -- reports ------------------------------------------------------------------------------------------------------

    async def report(self, person: Person, image: UUID, asked: ReportRequest) -> None:
        """Say that a shared picture should be looked at. When what was said weighs enough, nobody sees it until a moderator has looked.

        Raises:
            NotFound: there is no such picture, or it is not shown to others.
            AlreadyReported: this person did, and it was decided.
        """
        async with self._database.transaction() as connection:
            row = (await image_store.images_by_id(connection, [image])).get(image)
            # Locked, so that reports of one file are weighed one after the other; and looked at again: it may be hidden by now.
            if row is None or await image_store.lock_file(connection, row.sha256) is None:
                raise NotFound("There is no such picture, or it is not shared any more.")
            if await image_store.shared_image(connection, image) is None:
                raise NotFound("There is no such picture, or it is not shared any more.")
            case = await store.open_picture_case(
                connection, row.owner, image, row.sha256, "reports", asked.reason, "People reported it."
            )
            weight = await self._weight(connection, person, row.owner)
            if not await store.add_report(
                connection, case, image, person.id, asked.reason, asked.words, weight, person.guest
            ):
                raise AlreadyReported
            hidden = await self._weigh(connection, case, row.sha256)
            if hidden:
                await self._images.set_state(connection, row.sha256, "held", _REPORTED)
                owners = sorted(await image_store.owners_of(connection, row.sha256))
                await consequences.tell(connection, [Letter(owner, "held", _REPORTED, case) for owner in owners])
        if hidden:
            await self._images.move(row.sha256)

    async def _weight(self, connection: Connection, person: Person, owner: UUID) -> float:
        record = await store.record_of(connection, person.id)
        return rules.reporter_weight(
            rules.Reporter(
                rank="guest" if person.guest else person.role,
                age=record.age,
                upheld=record.upheld,
                decided=record.decided,
                owns_it=person.id == owner,
            )
        )

    async def _weigh(self, connection: Connection, case: UUID, sha256: str) -> bool:
        """Put the case where it belongs in the queue. Gives whether the picture is to be hidden."""
        reports = await store.reports_of(connection, case)
        said = [rules.Said(each.weight, each.guest, each.reason in _CHILD_SAFETY) for each in reports]
        category = max(reports, key=lambda each: (each.reason in _CHILD_SAFETY, each.weight)).reason
        await store.weigh(connection, case, category, category in _CHILD_SAFETY, rules.together(said))
        cleared = await store.was_cleared(connection, sha256)
        return rules.hides(said, self._reports_hide, cleared)

    # -- what was decided about mine ----------------------------------------------------------------------------------

    async def own_cases(self, person: Person) -> OwnCases:
        async with self._database.transaction() as connection:
            rows = await store.cases_of(connection, person.id, _CASES)
            ids = [row.id for row in rows]
            copies = await _copies(connection, person.id, rows)
            appeals = await store.appeals_of(connection, person.id, ids)
            struck = await store.struck_cases(connection, person.id, ids)
            slowed, muted = await store.limits_of(connection, person.id)
            points = rules.score(await store.strikes_that_count(connection, person.id))
        # What others said against a picture is its owner's matter once it led to something.
        shown = [row for row in rows if row.decided_at or row.kind == "text" or row.state != "approved"]
        concerns = [_Concerned(row, person.id, copies.get(row.id), appeals.get(row.id)) for row in shown]
        return OwnCases(
            items=[_own(concern, concern.case.id in struck) for concern in concerns],
            score=round(points, 2),
            slowed_until=slowed,
            muted_until=muted,
        )

    async def appeal(self, person: Person, case: UUID, asked: AppealRequest) -> None:
        """Ask for another moderator. Whoever has the file that a case is about may do so too, for themselves.

        Raises:
            NotFound: there is no such case about something of this person.
            NoAppeal: it was not refused, was appealed against, or is too long ago.
        """
        async with self._database.transaction() as connection:
            row = await store.lock_case(connection, case)
            if row is None:
                raise NotFound(_NO_CASE)
            copy = (await _copies(connection, person.id, [row])).get(row.id)
            # Others' appeals are nobody's matter.
            if row.owner != person.id and (copy is None or row.appeal_of is not None):
                raise NotFound(_NO_CASE)
            appeal = (await store.appeals_of(connection, person.id, [case])).get(case)
            concern = _Concerned(row, person.id, copy, appeal)
            if reason := concern.why_not_appeal(datetime.now(UTC)):
                raise NoAppeal(reason)
            await store.add_appeal(connection, case, person.id, concern.image, asked.words)

    async def notices(self, person: Person) -> Notices:
        async with self._database.statements() as connection:
            return Notices(
                items=await store.notices_of(connection, person.id, _NOTICES),
                unread=await store.unread(connection, person.id),
            )

    async def read_notices(self, person: Person) -> None:
        async with self._database.transaction() as connection:
            await store.read_notices(connection, person.id)

    # -- what is kept of a person (`figment.accounts.entrance.Keeper`) ------------------------------------------------

    async def hand_over(self, connection: Connection, giver: UUID, taker: UUID) -> None:
        """A guest's strikes come along: signing up is no way to lose them."""
        await store.hand_over(connection, giver, taker)
        await consequences.limit(connection, taker)

    async def forget(self, connection: Connection, person: UUID) -> None:
        """Everything goes with its person's row, except what hides the pictures of others."""
        await store.pass_on(connection, person)

    async def documents(self, connection: Connection, person: UUID) -> dict[str, Any]:
        return {"moderation.json": await store.everything_of(connection, person)}


def _hash(fields: Mapping[str, str], kind: Kind) -> bytes:
    """Names a text, to the letter."""
    return hashlib.sha256(to_json([kind.value, sorted(fields.items())])).digest()


def _passes(known: CaseRow) -> bool:
    return known.decision == "approve" or known.overturned


def _held(reason: str) -> str:
    return f"{reason} You will be told what a moderator says."


@dataclass(frozen=True, slots=True)
class _Concerned:
    """A case as somebody sees whom it concerns: its owner, or another who has the same file, with the `copy` of theirs."""

    case: CaseRow
    person: UUID
    copy: Copy | None
    appeal: CaseRow | None

    @property
    def is_own(self) -> bool:
        return self.case.owner == self.person

    @property
    def image(self) -> UUID | None:
        """The picture as theirs: which one is the other owner's is not told."""
        if self.is_own:
            return self.case.image
        return self.copy.id if self.copy else None

    def why_not_appeal(self, now: datetime) -> str | None:
        return rules.why_not_appeal(
            rules.Outcome(
                refused=self.case.decision == "refuse" and not self.case.overturned,
                decided_at=self.case.decided_at,
                is_appeal=self.case.appeal_of is not None,
                appealed=self.appeal is not None,
                theirs_since=self.copy.created_at if self.copy and not self.is_own else None,
            ),
            now,
        )


async def _copies(connection: Connection, person: UUID, rows: Sequence[CaseRow]) -> dict[UUID, Copy]:
    """Of others' cases, by their ids, the images of `person` that are the same file."""
    files = {row.id: row.sha256 for row in rows if row.owner != person and row.sha256}
    found = await image_store.copies_of(connection, person, sorted(set(files.values()))) if files else {}
    return {case: found[file] for case, file in files.items() if file in found}


def _own(concern: _Concerned, struck: bool) -> OwnCase:
    row, appeal = concern.case, concern.appeal
    refused = row.decision == "refuse" and not row.overturned
    return OwnCase(
        id=row.id,
        kind=row.kind,
        created_at=row.created_at,
        reason=_REPORTED if row.origin == "reports" else row.reason,
        image=concern.image,
        fields=row.fields,
        state="waiting" if row.decided_at is None else "refused" if refused else "approved",
        by_a_person=row.decided_by is not None,
        decided_at=row.decided_at,
        words=row.words,
        strike=struck,
        appeal=appeal
        and OwnAppeal(
            words=appeal.appeal_words, created_at=appeal.created_at, decision=appeal.decision, answer=appeal.words
        ),
        why_not_appeal=concern.why_not_appeal(datetime.now(UTC)),
    )
