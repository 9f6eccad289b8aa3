"""Use cases of moderators: the queue, decisions, appeals, the block list. All are written into the audit log with what they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from figment.accounts import audit
from figment.accounts.schemas import Person
from figment.core.database import Connection, Database
from figment.core.errors import InvalidInput, NotFound
from figment.images import perceptual_store
from figment.images import store as image_store
from figment.images.perceptual import Perceptual
from figment.images.service import File, Images
from figment.safety import consequences, rules, store
from figment.safety.consequences import Letter
from figment.safety.errors import CaseNotYours
from figment.safety.policy import ALWAYS_REFUSED
from figment.safety.schemas import (
    BlockEntry,
    BlockList,
    BlockRequest,
    Case,
    CaseImage,
    CaseLine,
    CasePerson,
    CaseQuery,
    Cases,
    DecisionRequest,
    NoticeKind,
)
from figment.safety.store import CaseRow, Refusal

_GRANTED_TO_ALL = "The picture was looked at again, and the decision was changed."
_THINGS: Mapping[str, str] = {"image": "Your picture", "text": "Your text"}


class Moderation:
    """Deciding about what others made."""

    def __init__(self, database: Database, images: Images, perceptual: Perceptual) -> None:
        self._database = database
        self._images = images
        self._perceptual = perceptual

    # -- look ---------------------------------------------------------------------------------------------------------

    async def cases(self, moderator: Person, query: CaseQuery) -> Cases:
        async with self._database.statements() as connection:
            rows, total = await store.queue(connection, query.state, moderator.id, query.offset, query.limit)
        return Cases(items=[_line(row, moderator) for row in rows], total=total)

    async def case(self, moderator: Person, case: UUID) -> Case:
        """
        Raises:
            NotFound: there is no such case.
        """
        async with self._database.transaction() as connection:
            row = await store.case_by_id(connection, case)
            if row is None:
                raise NotFound("There is no such case.")
            return await self._whole(connection, row, moderator)

    async def _whole(self, connection: Connection, row: CaseRow, moderator: Person) -> Case:
        before = await store.case_by_id(connection, row.appeal_of) if row.appeal_of else None
        return Case(
            **_line(row, moderator).model_dump(),
            told=await store.reports_of(connection, row.appeal_of or row.id),
            strikes=await store.strikes_of(connection, row.owner),
            score=round(rules.score(await store.strikes_that_count(connection, row.owner)), 2),
            blocked=row.blocked is not None,
            why_not=rules.why_not_claim(_standing(row), moderator.id, datetime.now(UTC)),
            before=before and _line(before, moderator),
        )

    async def picture(self, case: UUID) -> File:
        """The picture that a case is about, wherever it is hidden.

        Raises:
            NotFound: there is no such case, or its picture was deleted.
        """
        async with self._database.statements() as connection:
            row = await store.case_by_id(connection, case)
            found = await image_store.images_by_id(connection, [row.image]) if row and row.image else {}
        if row is None or row.image not in found:
            raise NotFound("There is no such case, or its picture was deleted by its owner.")
        image = found[row.image]
        return File(await self._images.evidence(image), image.mime)

    # -- work ---------------------------------------------------------------------------------------------------------

    async def claim(self, moderator: Person, case: UUID) -> Case:
        """Take a case on for half an hour. Again, and the half hour begins anew.

        Raises:
            NotFound, CaseNotYours.
        """
        async with self._database.transaction() as connection:
            row = await self._locked(connection, case)
            if reason := rules.why_not_claim(_standing(row), moderator.id, datetime.now(UTC)):
                raise CaseNotYours(reason)
            await store.set_claim(connection, case, moderator.id)
            await audit.note(connection, moderator, "case.claimed", case, row.owner_name)
            return await self._whole(connection, await self._locked(connection, case), moderator)

    async def release(self, moderator: Person, case: UUID) -> None:
        """Leave it to somebody else.

        Raises:
            NotFound, CaseNotYours: it is not claimed by this moderator.
        """
        async with self._database.transaction() as connection:
            row = await self._locked(connection, case)
            if rules.holder(_standing(row), datetime.now(UTC)) != moderator.id:
                raise CaseNotYours("You have not claimed this case, or your half hour is over.")
            await store.set_claim(connection, case, None)
            await audit.note(connection, moderator, "case.released", case, row.owner_name)

    async def decide(self, moderator: Person, case: UUID, asked: DecisionRequest) -> Case:
        """Decide a claimed case. Its owner and those who reported are told; an appeal that is granted undoes all that followed.

        Raises:
            NotFound, CaseNotYours: nothing was changed.
            InvalidInput: a refusal gives no reason, or something was asked that does not go with the decision.
        """
        async with self._database.transaction() as connection:
            # The file before the case, as whoever reports does: the other way round they would wait for each other.
            known = await store.case_by_id(connection, case)
            file = await image_store.lock_file(connection, known.sha256) if known and known.sha256 else None
            row = await self._locked(connection, case)
            if reason := rules.why_not_decide(_standing(row), moderator.id, datetime.now(UTC)):
                raise CaseNotYours(reason)
            _check(row, asked)
            if row.appeal_of is not None:
                letters = await self._decide_appeal(connection, row, asked, moderator)
                blocked = None
            else:
                blocked = await self._block(connection, row, asked, moderator)
                was_hidden = file is not None and file[1] != "approved"
                letters = await self._decide_first(connection, row, asked, was_hidden)
            await store.decide(connection, case, moderator.id, asked.decision, asked.words, blocked)
            await audit.note(
                connection,
                moderator,
                "case.decided",
                case,
                row.owner_name,
                decision=asked.decision,
                words=asked.words,
                strike=asked.strike,
                block=asked.block,
                appeal=row.appeal_of is not None,
            )
            decided = await self._whole(connection, await self._locked(connection, case), moderator)
            await consequences.tell(connection, letters)
        if row.sha256:
            await self._images.move(row.sha256)
        return decided

    async def _locked(self, connection: Connection, case: UUID) -> CaseRow:
        row = await store.lock_case(connection, case)
        if row is None:
            raise NotFound("There is no such case.")
        return row

    async def _block(
        self, connection: Connection, row: CaseRow, asked: DecisionRequest, moderator: Person
    ) -> UUID | None:
        if not asked.block:
            return None
        if row.image is None:
            raise InvalidInput("There is no picture left that could be blocked.", field="block")
        return (await self._perceptual.block_with(connection, row.image, asked.words, moderator.id)).id

    async def _decide_first(
        self, connection: Connection, row: CaseRow, asked: DecisionRequest, was_hidden: bool
    ) -> list[Letter]:
        refused = asked.decision == "refuse"
        if row.sha256:
            await self._images.set_state(
                connection, row.sha256, "refused" if refused else "approved", asked.words if refused else None
            )
        led_to = ""
        if asked.strike:
            led_to = await consequences.strike(connection, row.owner, row.id, rules.FULL_STRIKE, asked.words)
        thing = _THINGS[row.kind]
        # To others who have the same file, what is not about its owner; where nothing changes for them, nothing.
        others = await self._others(connection, row) if refused or was_hidden else []
        to_others = f"{thing} was looked at by a moderator and approved."
        if refused:
            words = f"{thing} was refused by a moderator: {asked.words} {led_to} You may appeal within 30 days."
            to_others = f"{thing} was refused by a moderator: {asked.words} You may appeal within 30 days."
        elif row.kind == "text":
            words = f"{thing} was approved by a moderator. Send it again, word for word, and it passes. {asked.words}"
        else:
            words = f"{thing} was looked at by a moderator and approved. {asked.words}"
        kind: NoticeKind = "refused" if refused else "approved"
        letters = [Letter(row.owner, kind, _said(words), row.id)]
        letters += [Letter(other, kind, _said(to_others), row.id) for other in others]
        answer: NoticeKind = "report_upheld" if refused else "report_dismissed"
        outcome = "A moderator agreed, and it is not shown any more." if refused else "A moderator approved it."
        told = f"The picture that you reported was looked at. {outcome}"
        return letters + [
            Letter(reporter, answer, told, None) for reporter in await store.reporters_of(connection, row.id)
        ]

    async def _decide_appeal(
        self, connection: Connection, row: CaseRow, asked: DecisionRequest, moderator: Person
    ) -> list[Letter]:
        assert row.appeal_of is not None
        thing = _THINGS[row.kind]
        if asked.decision == "refuse":
            words = f"Your appeal was looked at by another moderator, and the decision stands: {asked.words}"
            return [Letter(row.owner, "appeal_denied", _said(words), row.appeal_of)]
        refusals = await self._undo(connection, row.appeal_of, row.sha256)
        ids = [refusal.id for refusal in refusals]
        others = await store.grant_other_appeals(connection, ids, row.id, moderator.id, _GRANTED_TO_ALL)
        for appeal, _, _ in others:
            await audit.note(
                connection, moderator, "case.decided", appeal, decision="approve", words=_GRANTED_TO_ALL, appeal=True
            )
        granted = f"Your appeal was granted. {thing} is approved. {_again(row)} Nothing is held against you."
        letters = [Letter(row.owner, "appeal_granted", _said(f"{granted} {asked.words}"), row.appeal_of)]
        # What is answered to one is not said to the others.
        letters += [Letter(person, "appeal_granted", _said(granted), case) for _, person, case in others]
        return letters + await self._tell_the_rest(connection, row, refusals, {letter.person for letter in letters})

    async def _undo(self, connection: Connection, case: UUID, sha256: str | None) -> list[Refusal]:
        """Undo a refusal, and every other that hides the same file, with all that followed from them."""
        refusals = await store.lock_refusals(connection, case, sha256)
        ids = [refusal.id for refusal in refusals]
        await store.overturn(connection, ids)
        # In order: whoever limits the same people at the same time waits, rather than for each other.
        for person in sorted(await store.lift_strikes(connection, ids)):
            await consequences.limit(connection, person)
        for refusal in refusals:
            if refusal.blocked is not None:
                await self._perceptual.unblock_with(connection, refusal.blocked)
        if sha256:
            await self._images.set_state(connection, sha256, "approved", None)
        return refusals

    async def _others(self, connection: Connection, row: CaseRow) -> list[UUID]:
        """Who has the same file besides the case's owner."""
        owners = await image_store.owners_of(connection, row.sha256) if row.sha256 else set()
        return sorted(owners - {row.owner})

    async def _tell_the_rest(
        self, connection: Connection, row: CaseRow, refusals: Sequence[Refusal], told: set[UUID]
    ) -> list[Letter]:
        """To those who have the file, or were refused it, and did not appeal."""
        rest = {*await self._others(connection, row), *(refusal.owner for refusal in refusals)}
        words = f"{_THINGS[row.kind]} was looked at again and approved. {_again(row)} Nothing is held against you."
        return [Letter(person, "approved", words, row.appeal_of) for person in sorted(rest - told)]

    # -- the block list -----------------------------------------------------------------------------------------------

    async def block_list(self) -> BlockList:
        async with self._database.statements() as connection:
            found = await perceptual_store.all_blocked(connection)
        return BlockList(items=[_entry(entry) for entry in found])

    async def block_image(self, moderator: Person, asked: BlockRequest) -> BlockEntry:
        """
        Raises:
            NotFound: there is no such image.
            InvalidInput: it is too flat to be recognised.
        """
        async with self._database.transaction() as connection:
            entry = await self._perceptual.block_with(connection, asked.image, asked.reason, moderator.id)
            await audit.note(connection, moderator, "block.added", entry.id, asked.reason, image=asked.image)
        return _entry(entry)

    async def block_file(self, moderator: Person, data: bytes, reason: str) -> BlockEntry:
        """As `block_image`, with a picture that is not kept here, nor will be."""
        seen = await self._images.look(data)
        async with self._database.transaction() as connection:
            entry = await self._perceptual.block_seen(connection, seen.pdq, reason, moderator.id)
            await audit.note(connection, moderator, "block.added", entry.id, entry.reason)
        return _entry(entry)

    async def unblock(self, moderator: Person, entry: UUID) -> None:
        """
        Raises:
            NotFound: there is no such entry.
        """
        async with self._database.transaction() as connection:
            await self._perceptual.unblock_with(connection, entry)
            await audit.note(connection, moderator, "block.removed", entry)


def _check(row: CaseRow, asked: DecisionRequest) -> None:
    """
    Raises:
        InvalidInput.
    """
    if asked.decision == "refuse" and not asked.words:
        raise InvalidInput("Say why: the owner reads it.", field="words")
    first_refusal = asked.decision == "refuse" and row.appeal_of is None
    for name, wanted in (("strike", asked.strike), ("block", asked.block)):
        if wanted and not first_refusal:
            raise InvalidInput("This goes with a refusal that is not about an appeal.", field=name)


def _standing(row: CaseRow) -> rules.Standing:
    return rules.Standing(
        concerned=frozenset(row.concerned),
        decided=row.decided_at is not None,
        claimed_by=row.claimed_by,
        claimed_at=row.claimed_at,
        decided_before_by=row.decided_before_by,
    )


def _again(row: CaseRow) -> str:
    if row.kind == "image":
        return "It is as it was before."
    # What a policy can never allow, no moderator can either: a wrong refusal is undone, the rule stays.
    if row.category in ALWAYS_REFUSED:
        return "The rule that it met cannot be lifted, so that it has to be said in other words."
    return "Send it again, word for word, and it passes."


def _said(words: str) -> str:
    return " ".join(words.split())


def _line(row: CaseRow, moderator: Person) -> CaseLine:
    holder = rules.holder(_standing(row), datetime.now(UTC))
    return CaseLine(
        id=row.id,
        kind=row.kind,
        origin=row.origin,
        category=row.category,
        reason=row.reason,
        child_safety=row.child_safety,
        weight=round(row.weight, 2),
        created_at=row.created_at,
        owner=CasePerson(id=row.owner, name=row.owner_name, username=row.owner_username, guest=row.owner_guest),
        image=_image(row),
        fields=row.fields,
        reports=row.reports,
        claimed_by=row.claimer_name if holder else None,
        mine=holder == moderator.id,
        decision=row.decision,
        decided_by=row.decider_name,
        decided_at=row.decided_at,
        words=row.words,
        overturned=row.overturned,
        appeal_words=row.appeal_words,
    )


def _image(row: CaseRow) -> CaseImage | None:
    if row.image is None:
        return None
    return CaseImage.model_validate(
        {
            "id": row.image,
            "width": row.width,
            "height": row.height,
            "prompt": row.prompt,
            "state": row.state,
            "shared": row.shared,
        }
    )


def _entry(entry: perceptual_store.Blocked) -> BlockEntry:
    return BlockEntry(id=entry.id, reason=entry.reason, from_image=entry.from_image, created_at=entry.created_at)
