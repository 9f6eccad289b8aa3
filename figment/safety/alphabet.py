"""One byte a character, in any script: each pass over a text then costs a quarter."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from figment.safety.folding import BREAK, CODE_POINTS, DIGIT, LETTER, Characters, table

FIRST_FOREIGN = 0x80
ANOTHER_LETTER = 0xFF


class Alphabet:
    """The letters that terms are written in, a byte for each; all other letters share one, because no term has them.

    ASCII stays as it is. Where terms have more foreign letters than there are bytes, texts that are not ASCII stay wide.
    """

    def __init__(self, terms: Iterable[str]) -> None:
        foreign = sorted({letter for term in terms for letter in term if not letter.isascii()})
        self.fits = len(foreign) <= ANOTHER_LETTER - FIRST_FOREIGN
        self._written = {ord(letter): FIRST_FOREIGN + place for place, letter in enumerate(foreign)}
        kinds = table().kinds
        self._bytes = np.full(CODE_POINTS, ord("."), np.uint8)
        for kind, stands_for in ((BREAK, ord(" ")), (DIGIT, ord("0")), (LETTER, ANOTHER_LETTER)):
            self._bytes[kinds == kind] = stands_for
        self._bytes[:FIRST_FOREIGN] = range(FIRST_FOREIGN)
        if self.fits:
            self._bytes[[*self._written]] = [*self._written.values()]

    def narrow(self, characters: Characters) -> Characters:
        """A folded text in this alphabet."""
        return self._bytes.take(characters) if self.fits and characters.dtype != np.uint8 else characters

    def written(self, term: str) -> str:
        """A folded term as views of narrowed texts have it."""
        return term.translate(self._written) if self.fits else term
