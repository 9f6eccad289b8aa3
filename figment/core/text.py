"""Words that strangers send and that are kept."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator


def _can_be_kept(words: str) -> str:
    if "\x00" in words:
        raise ValueError("Text may not hold NUL characters.")
    # JSON can write half of a pair ("\ud800"); neither UTF-8 nor the database can.
    if any("\ud800" <= character <= "\udfff" for character in words):
        raise ValueError("Text may not hold half a character (a lone surrogate).")
    return words


Words = Annotated[str, AfterValidator(_can_be_kept)]
"""A string that the database can hold."""
