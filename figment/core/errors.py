"""What can go wrong, as classes: each has a status and a stable code, and its docstring is what a person reads.

On the wire they are problem details (RFC 9457). `docs/reference/errors.md` is generated from these classes and their subclasses.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any


class FigmentError(Exception):
    """Something went wrong on our side. Try again; if it stays, tell whoever runs this server."""

    status = 500
    code = "internal"

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        self.detail = detail or type(self).message()
        self.extra = extra
        super().__init__(self.detail)

    @classmethod
    def message(cls) -> str:
        return " ".join((cls.__doc__ or "").split())

    @classmethod
    def title(cls) -> str:
        return cls.code.replace("_", " ").capitalize()

    def problem(self) -> dict[str, Any]:
        """The body of an `application/problem+json` answer."""
        return {
            "type": f"/docs/errors/{self.code}",
            "title": self.title(),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.extra,
        }

    @classmethod
    def every(cls) -> Iterator[type[FigmentError]]:
        """This class and all that are derived from it."""
        yield cls
        for sub in cls.__subclasses__():
            yield from sub.every()


class InvalidInput(FigmentError):
    """Something in the request is not as it should be; each field that is wrong is named."""

    status = 422
    code = "invalid_input"

    def __init__(self, detail: str | None = None, *, field: str | None = None, **extra: Any) -> None:
        if field is not None:
            extra["errors"] = [{"field": field, "message": detail or self.message()}]
        super().__init__(detail, **extra)


class MalformedRequest(FigmentError):
    """The request could not be read: its body is not valid JSON."""

    status = 400
    code = "malformed_request"


class NotFound(FigmentError):
    """There is nothing here, or it is not yours to see."""

    status = 404
    code = "not_found"


class MethodNotAllowed(FigmentError):
    """This address does not answer to that method."""

    status = 405
    code = "method_not_allowed"


class NotSignedIn(FigmentError):
    """This needs a session. Open the page once, or send an API token as a bearer token."""

    status = 401
    code = "not_signed_in"


class Forbidden(FigmentError):
    """You may not do this."""

    status = 403
    code = "forbidden"


class ForeignOrigin(FigmentError):
    """The request came from another site, and may not change anything here."""

    status = 403
    code = "foreign_origin"


class BodyTooLarge(FigmentError):
    """What was sent is larger than this address accepts."""

    status = 413
    code = "body_too_large"


class RateLimited(FigmentError):
    """That was too much at once. Wait as long as `Retry-After` says and try again."""

    status = 429
    code = "rate_limited"

    def __init__(self, detail: str | None = None, *, retry_after_s: float, **extra: Any) -> None:
        super().__init__(detail, retry_after_s=max(1, math.ceil(retry_after_s)), **extra)


class AskerGone(FigmentError):
    """Whoever asked has hung up: what was not made by then was cancelled."""

    status = 499
    code = "asker_gone"


class Unavailable(FigmentError):
    """A part of this server is not ready. Try again in a moment."""

    status = 503
    code = "unavailable"
