"""What a field of text is for: whether a picture is made of it, and who reads it."""

from __future__ import annotations

import re
from enum import StrEnum


class Kind(StrEnum):
    """What the fields are together."""

    PROMPT = "prompt"
    """What somebody asks for: prompt, negative prompt, edit instruction, title."""
    POST = "post"
    """What is published: the same, and a caption, alternative text, tags."""
    COMMENT = "comment"
    NAME = "name"
    """Of a person, a world, a room, a collection; also descriptions of themselves."""


class Role(StrEnum):
    WANTED = "wanted"
    """A picture is made of it: all of it stands in one picture, however far apart its words are."""
    UNWANTED = "unwanted"
    """A negative prompt: what should not be in the picture."""
    COMMENT = "comment"
    """People read it: words far apart need not belong together."""
    NAME = "name"
    """Short, often without spaces, and it belongs to the picture that it names."""


_BY_KIND = {Kind.PROMPT: Role.WANTED, Kind.POST: Role.COMMENT, Kind.COMMENT: Role.COMMENT, Kind.NAME: Role.NAME}
_BY_NAME = {
    "prompt": Role.WANTED,
    "instruction": Role.WANTED,
    "negative_prompt": Role.UNWANTED,
    "title": Role.NAME,
    "name": Role.NAME,
    "tags": Role.NAME,
}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def role(field: str, kind: Kind) -> Role:
    """By the field's name; what has no known name is what its kind mostly holds, so that a new field is never less looked at."""
    return _BY_NAME.get(field, _BY_KIND[kind])


def spread(name: str) -> str:
    """A name as it is, and with its humps taken apart: `GreenHill` is also `Green Hill`."""
    apart = _HUMP.sub(" ", name)
    return name if apart == name else f"{name}, {apart}"
