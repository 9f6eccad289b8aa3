"""One table for every character: what it looks like to a person, as plain lower-case letters.

Compatibility forms (NFKD), case, combining marks, invisible characters and look-alikes (Unicode Technical Standard #39) are settled
for each code point once, so that folding a text is one look-up a character: linear, whatever the text. Normalising the whole text
with `unicodedata` would be quadratic in a run of marks.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Characters = NDArray[np.uint8] | Codes
"""A text: one byte a character where all are ASCII, because each pass over it costs a quarter then."""

BREAK, SOFT, SYMBOL, MASK, DIGIT, LETTER = range(6)
"""What a folded character is: white space and commas; other punctuation; a sign read as a letter; `*`; a digit; a letter."""

CODE_POINTS = 0x110000
MOST_LETTERS = 4
"""A character that stands for more letters than this stays as it is: one Arabic ligature is eighteen."""

SIGNS = {"@": "a", "$": "s", "!": "i", "|": "i", "+": "t"}
"""ASCII signs that are also written for letters."""

HARD = '\t\n\v\f\r ,;"()[]{}<>\u2800\u3000'
_BY_HAND = dict(zip("µκкĸмшщпᑎ∩ᗴєεξςΛ∀Σ¡€£§¢¥", "ukkkmwwnnneeeecaaeielscy", strict=True))
_INVISIBLE = {0x115F, 0x1160, 0x3164, 0xFFA0, 0x17B4, 0x17B5}
"""Letters by their category that show nothing."""

# Ideographs and syllables look like no Latin letter; visiting each of them would make the start slow.
_PLAIN_RANGES = ((0x3400, 0xA000), (0xAC00, 0xD7A4), (0x20000, 0x2F800), (0x30000, 0x323B0))
_VISITED = (
    range(0x80, 0x3400),
    range(0xA000, 0xAC00),
    range(0xF900, 0x20000),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE0200),
)
_LATIN_NAME = re.compile(
    r"(?:LATIN|REGIONAL INDICATOR|NEGATIVE|CROSSED|SQUARED|CIRCLED) .*LETTER (?:[A-Z]{2,} )*([A-Z])(?: WITH .*)?$"
)


@dataclass(frozen=True)
class Folding:
    """Per code point: how many characters it becomes, the first of them, where the others begin in `pool`; and a character's kind."""

    lengths: NDArray[np.uint8]
    first: Codes
    offsets: Codes
    pool: Codes
    kinds: NDArray[np.uint8]

    def fold(self, codes: Codes) -> Codes:
        """The codes of a text, folded; linear."""
        lengths = self.lengths.take(codes)
        longest = int(lengths.max(initial=0))
        if longest > 1:
            return self._expanded(codes, lengths)
        folded: Codes = self.first.take(codes)
        if not lengths.all():
            folded = folded[lengths != 0]
        return folded

    def _expanded(self, codes: Codes, lengths: NDArray[np.uint8]) -> Codes:
        ends = np.cumsum(lengths, dtype=np.int64)
        # Where each character's letters begin in the pool, counted from where they begin in the result.
        begins = self.offsets.take(codes) - (ends - lengths)
        expanded: Codes = self.pool.take(np.repeat(begins, lengths) + np.arange(ends[-1]))
        return expanded


@lru_cache(maxsize=1)
def table() -> Folding:
    """Built once a process, in about a tenth of a second."""
    identity = np.arange(CODE_POINTS, dtype=np.uint32)
    lengths = np.ones(CODE_POINTS, np.uint8)
    first = identity.copy()
    offsets = identity.copy()
    pool: list[int] = []
    # Half a surrogate pair is no character, and no encoder takes it.
    first[0xD800:0xE000] = 0xFFFD
    for code in (*range(0x41, 0x5B), *(code for part in _VISITED for code in part)):
        shown = _shown(chr(code))
        if shown != chr(code):
            lengths[code] = len(shown)
            first[code] = ord(shown[0]) if shown else 0
            if len(shown) > 1:
                offsets[code] = CODE_POINTS + len(pool)
                pool += map(ord, shown)
    everything = np.concatenate([first, np.array(pool, np.uint32)])
    return Folding(lengths, first, offsets, everything, _kinds(first))


def _kinds(first: Codes) -> NDArray[np.uint8]:
    kinds = np.full(CODE_POINTS, SOFT, np.uint8)
    for begin, end in _PLAIN_RANGES:
        kinds[begin:end] = LETTER
    for code in (*range(0x80), *(code for part in _VISITED for code in part)):
        character = chr(code)
        category = unicodedata.category(character)
        if category[0] == "L" or category == "Mc":
            kinds[code] = LETTER
        elif category == "Nd":
            kinds[code] = DIGIT
        elif category[0] == "Z" or category == "Cc":
            kinds[code] = BREAK
    for characters, kind in ((HARD, BREAK), ("".join(SIGNS), SYMBOL), ("*", MASK)):
        kinds[[ord(character) for character in characters]] = kind
    return kinds


def _shown(character: str) -> str:
    """What a character looks like: at most four letters, nothing where it is invisible, itself where nothing is known."""
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"} or ord(character) in _INVISIBLE:
        return ""
    base = _without_marks(unicodedata.normalize("NFKD", character))
    shown = "".join(_latin(part) or part.casefold() for part in base)
    shown = _without_marks(unicodedata.normalize("NFKD", shown))
    return shown if shown and len(shown) <= MOST_LETTERS else character


def _without_marks(text: str) -> str:
    return "".join(part for part in text if unicodedata.category(part) not in {"Mn", "Me", "Cf"})


@cache
def _latin(character: str, depth: int = 0) -> str | None:
    """The plain letters that one character without marks looks like, if any."""
    lower = character.casefold()
    if lower.isascii():
        return lower
    if character in _BY_HAND or lower in _BY_HAND:
        return _BY_HAND.get(character) or _BY_HAND[lower]
    if unicodedata.decimal(character, None) is not None:
        return str(unicodedata.decimal(character))
    if named := _LATIN_NAME.match(unicodedata.name(character, "")):
        return named[1].lower()
    if character in _confusables() and depth < 3:
        parts = [_latin(part, depth + 1) for part in _confusables()[character]]
        if all(parts):
            looks = "".join(filter(None, parts))
            # The standard takes a capital I for an l; where the small letter is an i, so is the capital.
            small = _latin(lower, depth + 1) if lower != character and len(lower) == 1 else None
            return "i" if looks == "l" and small == "i" else looks
    return _latin(lower, depth + 1) if lower != character and len(lower) == 1 and depth < 3 else None


@lru_cache(maxsize=1)
def _confusables() -> dict[str, str]:
    text = resources.files("figment.safety").joinpath("data/confusables.txt").read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if not line.startswith("#"))
    return {chr(int(code, 16)): looks for code, looks in rows}
