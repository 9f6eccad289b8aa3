"""How a route's errors stand in the API's description."""

from __future__ import annotations

from typing import Any

from figment.core.errors import FigmentError

_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "retry_after_s": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}


def problems(*errors: type[FigmentError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that can fail with these: one a status, naming every code that has it."""
    found: dict[int | str, dict[str, Any]] = {}
    for status in sorted({error.status for error in errors}):
        codes = ", ".join(f"`{error.code}`" for error in errors if error.status == status)
        found[status] = {"description": codes, "content": {"application/problem+json": {"schema": _SCHEMA}}}
    return found
