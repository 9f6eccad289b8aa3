"""Finding thousands of terms in a text at once: Aho-Corasick over its views, linear in the text (docs/decisions/0017-*)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, product

import numpy as np
from ahocorasick_rs import BytesAhoCorasick, Implementation
from numpy.typing import NDArray

from figment.safety.alphabet import Alphabet
from figment.safety.folding import Characters
from figment.safety.text import SPACE, folded, leet_text, normalise, views_of

CHUNK = 1 << 15
MOST_HITS = 2_000
"""In all views. No honest text has so many; what has is not read on, because each costs a microsecond."""
SHORTEST_SPELLED = 3
"""Terms of fewer letters are looked for as they are, not letter by letter or with a vowel starred out."""
SAFE_WHEN_SQUEEZED = 6
"""A term that has so many letters left when doubled ones are single is no other word then; a shorter one may be ("bobs")."""

MOST_HYPHENATED = 4
"""Of how many words, at the beginning of a phrase that passes, any may be written as one."""

MOST_STROKED = 3
"""Of phrases of so many words, any may be written with strokes; of longer ones, all."""

_PASSES = "\0"
_VOWELS = "aeiou"


class TooMany(Exception):
    """The text has more hits than are worth counting."""


@dataclass(frozen=True)
class Hits:
    """Where the lists were found in one view: (start, end) in bytes, by list."""

    view: bytes
    spans: Mapping[str, list[tuple[int, int]]]

    def words(self, lists: Collection[str]) -> list[int]:
        """Which words of the view, counted, are of these lists."""
        starts = [start for name in lists for start, _ in self.spans.get(name, ())]
        if not starts:
            return []
        return [int(place) for place in np.searchsorted(self._spaces, starts, side="right")]

    @cached_property
    def _spaces(self) -> NDArray[np.intp]:
        return np.flatnonzero(np.frombuffer(self.view, np.uint8) == SPACE)


class Matcher:
    """The terms of all lists, and the phrases that pass although a term stands in them."""

    def __init__(self, lists: Mapping[str, Collection[str]], passes: Collection[str]) -> None:
        self._alphabet = Alphabet(map(normalise, {term for terms in (*lists.values(), passes) for term in terms}))
        exact: dict[str, set[str]] = {}
        squeezed: dict[str, set[str]] = {}
        for name, terms in {**lists, _PASSES: passes}.items():
            for term in terms if name != _PASSES else _hyphenated(terms):
                for pattern in _exact_patterns(term, name != _PASSES):
                    exact.setdefault(self._alphabet.written(pattern), set()).add(name)
                for pattern in _squeezed_patterns(term, name == _PASSES):
                    squeezed.setdefault(self._alphabet.written(pattern), set()).add(name)
        self._exact = _Automaton(exact)
        self._squeezed = _Automaton(squeezed)

    def find(self, characters: Characters) -> list[Hits]:
        """The hits of each view of a folded text that has any. Raises TooMany."""
        found = []
        left = MOST_HITS
        for view in views_of(self._alphabet.narrow(characters)):
            hits, count = (self._squeezed if view.name == "squeezed" else self._exact).hits(view.text, left)
            left -= count
            if hits.spans:
                found.append(hits)
        return found

    def lists_in(self, text: str) -> set[str]:
        """The names of the lists that a text has a term of. Raises TooMany."""
        return {name for hits in self.find(folded(text)) for name in hits.spans}


class _Automaton:
    def __init__(self, patterns: Mapping[str, Collection[str]]) -> None:
        self._names = [tuple(names) for names in patterns.values()]
        self._longest = max((len(pattern.encode()) for pattern in patterns), default=1)
        # With all transitions written out it would be somewhat faster and nine times as large (decision 0017).
        self._automaton = BytesAhoCorasick(
            [pattern.encode() for pattern in patterns], implementation=Implementation.ContiguousNFA
        )

    def hits(self, view: str, most: int) -> tuple[Hits, int]:
        """The hits, and how many there were before those that pass were taken out. Raises TooMany."""
        raw = view.encode()
        matches = self._matches(raw, most)
        spans: dict[str, list[tuple[int, int]]] = {}
        for pattern, start, end in matches:
            for name in self._names[pattern]:
                spans.setdefault(name, []).append((start, end))
        passes = spans.pop(_PASSES, None)
        return Hits(raw, _outside(spans, passes) if passes else spans), len(matches)

    def _matches(self, raw: bytes, most: int) -> list[tuple[int, int, int]]:
        """In chunks, so that a text full of hits is left before all of them are made."""
        matches: list[tuple[int, int, int]] = []
        for begin in range(0, len(raw), CHUNK):
            chunk = raw[begin : begin + CHUNK + self._longest]
            found = self._automaton.find_matches_as_indexes(chunk, overlapping=True)
            # What begins behind the chunk's end is found again with the next one.
            matches += [(pattern, begin + start, begin + end) for pattern, start, end in found if start < CHUNK]
            if len(matches) > most:
                raise TooMany
        return matches


def _outside(
    spans: Mapping[str, list[tuple[int, int]]], passes: list[tuple[int, int]]
) -> dict[str, list[tuple[int, int]]]:
    """Those hits that do not lie in a phrase that passes."""
    passes.sort()
    starts = [start for start, _ in passes]
    furthest = list(accumulate((end for _, end in passes), max))
    kept = {}
    for name, places in spans.items():
        if outside := [(start, end) for start, end in places if not _within(start, end, starts, furthest)]:
            kept[name] = outside
    return kept


def _within(start: int, end: int, starts: list[int], furthest: list[int]) -> bool:
    before = bisect_right(starts, start)
    return before > 0 and furthest[before - 1] >= end


def _hyphenated(phrases: Collection[str]) -> Iterator[str]:
    """Phrases as they are, and with words written as one: the views without hyphens have "blue-footed" so."""
    for phrase in phrases:
        words = phrase.split()
        for glue in product((" ", ""), repeat=min(len(words), MOST_HYPHENATED) - 1):
            rest = words[MOST_HYPHENATED:]
            yield " ".join(["".join(map("".join, zip(words, (*glue, ""), strict=False))), *rest])


def _exact_patterns(term: str, disguised: bool) -> Iterator[str]:
    word, left, right = _parts(term)
    read = leet_text(word)
    yield left + word + right
    yield left + read + right
    if term.startswith("=") or not disguised:
        return
    if " " in word:
        yield left + read.replace(" ", "") + right
    elif right:
        yield left + read + "s" + right
    if " " not in word and len(read) >= SHORTEST_SPELLED:
        yield " " + " ".join(read) + right
    if len(read) >= SHORTEST_SPELLED:
        yield from (left + other + right for other in _varied(read))


def _varied(words: str) -> Iterator[str]:
    """The words with a vowel of one of them starred out, or with strokes for letters."""
    parts = words.split()
    for place, part in enumerate(parts):
        for other in (_starred if len(parts) == 1 else _starred_once)(part):
            yield " ".join([*parts[:place], other, *parts[place + 1 :]])
    yield from _stroked(parts)


def _stroked(parts: list[str]) -> Iterator[str]:
    """With a 1 for each i and l of some of the words, as the view of strokes has them; of all in a long phrase."""
    choices = [dict.fromkeys([part, part.replace("l", "1").replace("i", "1")]) for part in parts]
    if len(parts) > MOST_STROKED:
        choices = [{[*choice][-1]: None} for choice in choices]
    yield from map(" ".join, product(*choices))


def _squeezed_patterns(term: str, always: bool) -> Iterator[str]:
    """The term with each letter once in a row, where that cannot be another word."""
    word, left, right = _parts(term)
    word = leet_text(word)
    once = "".join(letter for before, letter in zip("\0" + word, word, strict=False) if before != letter)
    if always or (not term.startswith("=") and (once == word or " " in word or len(once) >= SAFE_WHEN_SQUEEZED)):
        yield left + once + right


def _parts(term: str) -> tuple[str, str, str]:
    """The words of a term, and what must stand before and behind it: a space, or nothing where it has a `*`."""
    bare = term.removeprefix("=")
    return normalise(bare), "" if bare.startswith("*") else " ", "" if bare.endswith("*") else " "


def _starred(word: str) -> list[str]:
    return [f"{word[:place]}*{word[place + 1 :]}" for place, letter in enumerate(word) if letter in _VOWELS]


def _starred_once(word: str) -> list[str]:
    return _starred(word)[:1]
