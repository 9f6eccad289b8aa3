"""What moderation says no to."""

from __future__ import annotations

from collections.abc import Sequence

from figment.core.errors import FigmentError


class TextRefused(FigmentError):
    """This text asks for something that is not made or said here. Change it and try again."""

    status = 422
    code = "text_refused"

    def __init__(self, reason: str | None = None, fields: Sequence[str] = ()) -> None:
        detail = reason or self.message()
        super().__init__(detail, errors=[{"field": field, "message": detail} for field in fields])


class TextHeld(FigmentError):
    """A moderator looks at this text first. You will be told what they say, and can send it again when they approve it."""

    status = 422
    code = "text_held"

    def __init__(self, reason: str | None = None, fields: Sequence[str] = ()) -> None:
        detail = f"{reason} {self.message()}" if reason else self.message()
        super().__init__(detail, errors=[{"field": field, "message": detail} for field in fields])


class AlreadyReported(FigmentError):
    """You have reported this picture before, and it was decided. Your notices say how."""

    status = 409
    code = "already_reported"


class CaseNotYours(FigmentError):
    """You cannot decide this case: it is decided, about something of your own, an appeal against your own decision, or claimed by another."""

    status = 409
    code = "case_not_yours"


class NoAppeal(FigmentError):
    """One may appeal against a refusal once, within 30 days."""

    status = 409
    code = "no_appeal"
