"""HTML's character references (`&#110;`, `&eacute;`, `&amp;amp;#110;`) in linear time.

All references of a text are read side by side, one character a step, so that a megabyte of them costs what a megabyte of text does.
"""

from __future__ import annotations

from functools import lru_cache
from html.entities import html5

import numpy as np
from numpy.typing import NDArray

from figment.safety.folding import CODE_POINTS, Characters

ROUNDS = 3
"""How often what came out is read again. Chains of `amp;` are one reading, up to `MOST_CHAINED` of them."""
MOST_CHAINED = 64
MOST_DIGITS = 12
"""Leading zeros included; what is longer is no reference."""

NO_DIGIT = 99
_AMPERSAND, _HASH, _SEMICOLON, _X = (ord(character) for character in "&#;x")
_FACTOR = np.uint64(1_099_511_628_211)
_REPLACEMENT = 0xFFFD

Indices = NDArray[np.intp]


def decode(codes: Characters) -> Characters:
    """The text with its references replaced; linear."""
    for _ in range(ROUNDS):
        decoded = _decode_once(codes)
        if decoded is codes:
            break
        codes = decoded
    return codes


def _decode_once(codes: Characters) -> Characters:
    starts = np.flatnonzero(codes == _AMPERSAND)
    following = codes[np.minimum(starts + 1, len(codes) - 1)]
    starts = starts[(following == _HASH) | _is_letter(following)]
    if not len(starts):
        return codes
    # Room behind the end, so that no reader needs to ask where the text ends.
    text = np.concatenate([codes, np.zeros(4 * MOST_CHAINED + 2 * MOST_DIGITS + _longest_name() + 8, codes.dtype)])
    begins = _past_chains(text, starts + 1)
    values = np.full(len(starts), -1, np.int64)
    ends = begins.copy()
    numeric = text[begins] == _HASH
    _read_numbers(text, begins, np.flatnonzero(numeric), values, ends)
    _read_names(text, begins, np.flatnonzero(~numeric), values, ends)
    chained = (values < 0) & (begins > starts + 1)
    values[chained] = _AMPERSAND
    found = values >= 0
    if not found.any():
        return codes
    return _replaced(codes, starts[found], np.minimum(ends[found], len(codes)), values[found])


def _is_letter(codes: Characters) -> NDArray[np.bool_]:
    small = codes | 0x20
    return (small >= ord("a")) & (small <= ord("z"))


def _past_chains(text: Characters, positions: Indices) -> Indices:
    """Behind `amp;amp;…` where a position begins one."""
    positions = positions.copy()
    active = np.arange(len(positions))
    for _ in range(MOST_CHAINED):
        for offset, letter in enumerate(b"amp;"):
            active = active[text[positions[active] + offset] == letter]
        if not len(active):
            break
        positions[active] += len("amp;")
    return positions


def _read_numbers(text: Characters, begins: Indices, which: Indices, values: NDArray[np.int64], ends: Indices) -> None:
    """`#110` and `#x6e`; the semicolon may be missing, as browsers allow."""
    hexadecimal = (text[begins[which] + 1] | 0x20) == _X
    for base, chosen, prefix in ((10, which[~hexadecimal], 1), (16, which[hexadecimal], 2)):
        at = begins[chosen] + prefix
        number = np.zeros(len(chosen), np.int64)
        reading = np.arange(len(chosen))
        for _ in range(MOST_DIGITS):
            digit = _digits().take(np.minimum(text.take(at[reading]), 0x7F))
            is_digit = digit < base
            reading = reading[is_digit]
            if not len(reading):
                break
            number[reading] = np.minimum(number[reading] * base + digit[is_digit], CODE_POINTS)
            at[reading] += 1
        read = at > begins[chosen] + prefix
        number[(number >= CODE_POINTS) | ((number >= 0xD800) & (number < 0xE000)) | (number == 0)] = _REPLACEMENT
        values[chosen[read]] = number[read]
        ends[chosen[read]] = (at + (text[at] == _SEMICOLON))[read]


def _read_names(text: Characters, begins: Indices, which: Indices, values: NDArray[np.int64], ends: Indices) -> None:
    """`eacute;`: the hash of the letters is looked up among those of all names."""
    hashes, meant = _names()
    at = begins[which].copy()
    hashed = np.zeros(len(which), np.uint64)
    reading = np.arange(len(which))
    for _ in range(_longest_name()):
        letter = np.minimum(text.take(at[reading]), 0x7F)
        is_letter = _digits().take(letter) < NO_DIGIT
        reading, letter = reading[is_letter], letter[is_letter]
        if not len(reading):
            break
        hashed[reading] = (hashed[reading] + letter.astype(np.uint64)) * _FACTOR
        at[reading] += 1
    places = np.minimum(np.searchsorted(hashes, hashed), len(hashes) - 1)
    known = (hashes[places] == hashed) & (text[at] == _SEMICOLON) & (at > begins[which])
    values[which[known]] = meant[places[known]]
    ends[which[known]] = at[known] + 1


def _replaced(codes: Characters, starts: Indices, ends: Indices, values: NDArray[np.int64]) -> Characters:
    edges = np.zeros(len(codes) + 1, np.int8)
    # No reference begins within another, so that no place has two edges of a kind.
    edges[starts + 1] = 1
    edges[ends] -= 1
    written = codes.copy() if values.max() < 0x80 else codes.astype(np.uint32)
    written[starts] = values
    kept: Characters = written[np.cumsum(edges[:-1], dtype=np.int8) == 0]
    return kept


@lru_cache(maxsize=1)
def _digits() -> NDArray[np.uint8]:
    """The value of each ASCII digit or letter as a digit; NO_DIGIT where it is neither."""
    values = np.full(128, NO_DIGIT, np.uint8)
    for code in range(128):
        if chr(code).isalnum():
            values[code] = int(chr(code), 36)
    return values


@lru_cache(maxsize=1)
def _names() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all names, sorted, and the character that each stands for (the first where there are two)."""
    table: dict[int, int] = {}
    for name, meant in html5.items():
        if name.endswith(";"):
            hashed = 0
            for letter in name[:-1]:
                hashed = (hashed + ord(letter)) * int(_FACTOR) % 2**64
            table[hashed] = ord(meant[0])
    hashes = np.array(sorted(table), np.uint64)
    return hashes, np.array([table[int(hashed)] for hashed in hashes], np.int64)


@lru_cache(maxsize=1)
def _longest_name() -> int:
    return max(map(len, html5))
