"""What a text says to a person, whatever tricks its characters play: a handful of views, each linear in the text's length.

Every view begins and ends with a space and has single spaces between its words, so that " word " finds whole words only: "Scunthorpe"
and "cocktail" hold nothing. What each view undoes:

| view       | what is a word in it                                                        | reads           |
| ---------- | --------------------------------------------------------------------------- | --------------- |
| `letters`  | letters; all else is between words                                          | b.o.a.t, boat18 |
| `signs`    | letters, and the digits and signs that are written for letters              | b0at, bo@t, b*t |
| `joined`   | as `signs`, but punctuation within a word is dropped                        | bo.at, b-o-4-t  |
| `strokes`  | as `joined`; where 1, | or ! is a letter of a word, so is each of its i and l  | sa11, c1|ff     |
| `squeezed` | as `joined`, a letter at most once in a row                                 | boooaatt        |
| `alone`    | letters, digits and signs; those that stand alone read as letters           | b 0 a t         |
| `run`      | as `alone`, those that stand alone in a row written as one word             | b o a t  s e a  |

A view that would be the same as one before it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from figment.safety import entities
from figment.safety.folding import BREAK, DIGIT, LETTER, MASK, SIGNS, SYMBOL, Characters, Codes, table

SPACE = 0x20
LEET = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g", **SIGNS}
"""ASCII digits and signs as the letters that they are written for."""
MOST_SIGNS = 4
"""So many signs in a row are read as letters."""

_IS_PLAIN = re.compile(r"(?!.*([a-z])\1\1)[a-z]+( [a-z]+)*").fullmatch
"""What folding would not change: most terms of a policy."""

Kinds = NDArray[np.uint8]
Mask = NDArray[np.bool_]


class View(NamedTuple):
    name: str
    text: str


def normalise(text: str) -> str:
    """Plain words: lower-case letters and digits of any script, single spaces between. Idempotent."""
    if _IS_PLAIN(text):
        return text
    characters = folded(text)
    return _text(_words(characters, _kinds(characters) >= DIGIT))[1:-1]


def leet_text(text: str) -> str:
    """As `normalise`, and digits and signs in words that have a letter are letters."""
    if _IS_PLAIN(text):
        return text
    characters = folded(text)
    return _text(_leet(_words(characters, _kinds(characters) >= SYMBOL)))[1:-1]


def folded(text: str) -> Characters:
    """References decoded, every character as it looks, and no letter more than twice in a row."""
    characters: Characters
    if text.isascii():
        characters = np.frombuffer(text.encode(), np.uint8)
    else:
        characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    if "&" in text:
        characters = entities.decode(characters)
    if characters.dtype != np.uint8:
        characters = _narrowed(table().fold(characters.astype(np.uint32, copy=False)))
    return _at_most_twice(_looked_up(_LOWER, characters) if characters.dtype == np.uint8 else characters)


def _narrowed(codes: Codes) -> Characters:
    return codes.astype(np.uint8) if not len(codes) or codes.max() < 0x80 else codes


def views(text: str) -> Iterator[View]:
    return views_of(folded(text))


def views_of(characters: Characters) -> Iterator[View]:
    """The views of what `folded` gave, each made when it is asked for."""
    seen = set()
    for name, text in _every_view(characters):
        if text not in seen:
            seen.add(text)
            yield View(name, text)


def _every_view(characters: Characters) -> Iterator[tuple[str, str]]:
    kinds = _kinds(characters)
    letters = kinds == LETTER
    words = _words(characters, letters)
    yield "letters", _text(words)
    if bool((letters | (kinds == BREAK)).all()):
        yield from _of_joined(words, words)
        return
    known = letters | (kinds == DIGIT) | _read_as_letters(kinds, characters)
    masked = _beside(kinds == MASK, known)
    written = _words(characters, known | masked)
    joined = _leet(written)
    yield "signs", _text(joined)
    kept = known | (kinds == BREAK)
    # Nothing is dropped from within a word where nothing stands behind a part of one.
    if masked.any() or (~kept & _shifted(known, -1)).any():
        written = _words(characters[kept], known[kept])
        joined = _leet(written)
        yield "joined", _text(joined)
    strokes = _strokes(written, joined)
    if strokes is not None:
        yield "strokes", _text(strokes)
    yield from _of_joined(joined, _alone(_words(characters, (kinds >= DIGIT) | (kinds == SYMBOL))))


def _of_joined(joined: Characters, alone: Characters) -> Iterator[tuple[str, str]]:
    yield "squeezed", _text(_squeezed(joined))
    yield "alone", _text(alone)
    yield "run", _text(_run(alone))


def _kinds(characters: Characters) -> Kinds:
    return _looked_up(_byte_kinds(), characters) if characters.dtype == np.uint8 else table().kinds.take(characters)


@lru_cache(maxsize=1)
def _byte_kinds() -> bytes:
    """Of ASCII, and of an alphabet's bytes (alphabet.py), which all stand for letters."""
    return table().kinds[:0x80].tobytes() + bytes([LETTER]) * 0x80


def _looked_up(mapping: bytes, characters: Characters) -> NDArray[np.uint8]:
    """`bytes.translate` is a quarter of the time of an array's `take`."""
    return np.frombuffer(characters.tobytes().translate(mapping), np.uint8)


def _text(characters: Characters) -> str:
    return characters.tobytes().decode("latin-1" if characters.dtype == np.uint8 else "utf-32-le")


def _at_most_twice(characters: Characters) -> Characters:
    """No language that we list words of has a letter three times in a row."""
    if len(characters) < 3:
        return characters
    third = (characters[2:] == characters[1:-1]) & (characters[2:] == characters[:-2])
    if not third.any():
        return characters
    third &= _kinds(characters[2:]) == LETTER
    kept: Characters = characters[np.concatenate([[True, True], ~third])]
    return kept


def _words(characters: Characters, wordly: Mask) -> Characters:
    """Words with single spaces between and around them."""
    spaced = np.full(len(characters) + 2, SPACE, characters.dtype)
    np.copyto(spaced[1:-1], characters, where=wordly)
    # A space stays where a word is before it; of those before the first word, the very first.
    kept = np.empty(len(spaced), np.bool_)
    kept[0], kept[1], kept[-1] = True, False, False
    kept[1:-1] = wordly
    kept[2:] |= wordly
    return spaced[kept]


def _shifted(flags: Mask, by: int) -> Mask:
    """`result[i] = flags[i + by]`, False beyond the ends."""
    result = np.zeros_like(flags)
    if by > 0:
        result[:-by] = flags[by:]
    else:
        result[-by:] = flags[:by]
    return result


def _beside(flags: Mask, known: Mask) -> Mask:
    """Those flags that have a part of a word directly before or after them."""
    beside: Mask = flags & (_shifted(known, -1) | _shifted(known, 1))
    return beside


def _read_as_letters(kinds: Kinds, characters: Characters) -> Mask:
    """Signs that stand where letters would: `!` also ends a sentence, so that it needs something behind it."""
    symbols: Mask = kinds == SYMBOL
    if not symbols.any():
        return symbols
    before = after = kinds >= DIGIT
    for _ in range(MOST_SIGNS):
        before = before | (symbols & _shifted(before, -1))
        after = after | (symbols & _shifted(after, 1))
    read: Mask = symbols & (after | (before & (characters != ord("!"))))
    return read


def _mapped(characters: Characters, letters: bytes) -> Characters:
    if characters.dtype == np.uint8:
        return _looked_up(letters, characters)
    small = np.frombuffer(letters, np.uint8).take(np.minimum(characters, 0xFF))
    return np.where(characters < 0x80, small, characters)


def _leet(words: Characters) -> Characters:
    """Digits and signs as letters, in every word that has a letter; pure numbers stay."""
    mapped = _mapped(words, _LEET)
    changed = mapped != words
    if not changed.any():
        return words
    changed &= _in_words_with(_kinds(words) == LETTER, words)
    return np.where(changed, mapped, words)


def _in_words_with(flags: Mask, words: Characters) -> Mask:
    """All characters of the words that have a flag."""
    spaces = np.flatnonzero(words == SPACE)
    flagged = np.logical_or.reduceat(flags, spaces)
    return np.repeat(flagged, np.diff(np.append(spaces, len(words))))


def _strokes(written: Characters, read: Characters) -> Characters | None:
    """A 1 for every i, l, 1, | and ! of the words where one of the last three was read as a letter."""
    signs = written != read
    signs &= (written == ord("1")) | (written == ord("|")) | (written == ord("!"))
    if not signs.any():
        return None
    stroke = (read == ord("i")) | (read == ord("l"))
    return np.where(stroke & _in_words_with(signs, written), read.dtype.type(ord("1")), read)


def _squeezed(words: Characters) -> Characters:
    first = np.ones(len(words), np.bool_)
    first[1:] = words[1:] != words[:-1]
    return words[first]


def _single(words: Characters) -> Mask:
    """The words of one character."""
    spaces = words == SPACE
    single: Mask = ~spaces & _shifted(spaces, -1) & _shifted(spaces, 1)
    return single


def _alone(words: Characters) -> Characters:
    """Digits and signs that stand alone, beside others that do, as letters."""
    single = _single(words)
    mapped = _mapped(words, _LEET)
    changed = single & (_shifted(single, -2) | _shifted(single, 2)) & (mapped != words)
    return np.where(changed, mapped, words)


def _run(words: Characters) -> Characters:
    """Characters that stand alone in a row as one word."""
    single = _single(words)
    return words[~(_shifted(single, -1) & _shifted(single, 1))]


def _mapping(letters: dict[str, str]) -> bytes:
    mapping = bytearray(range(0x100))
    for sign, letter in letters.items():
        mapping[ord(sign)] = ord(letter)
    return bytes(mapping)


_LEET = _mapping(LEET)
_LOWER = bytes(range(0x100)).lower()
