"""What a text means, when no listed word gives it away: how near its sentences are to sentences that mean it.

Such a rule is a guess, so that it never refuses: what it finds is held until a person has looked. The vectors come from whoever
runs the text encoder (all-MiniLM-L6-v2 in this house); this module knows no engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from figment.safety import encoded
from figment.safety.fields import Kind, Role, role
from figment.safety.policy import Action, Policy, Profile, builtin_folder
from figment.safety.text import normalise
from figment.safety.verdict import Reason, Verdict, verdict

WIDTH = 384
LEAST_SIMILARITY = 0.5
LEAST_MARGIN = 0.08
"""How near, as a cosine, a text must be to a sentence of a category, and how much nearer than to any benign one. Both were chosen on
the corpora: docs/measurements/2026-11-21-safety-text.md."""

PIECE_WORDS = 24
STRIDE_WORDS = 16
MOST_PIECES = 12
"""Of a field. A long text means many things, and its mean vector none of them: it is read in overlapping pieces."""

BENIGN = "benign"

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Sentences to vectors."""

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """(n, 384) float32, every row of length one."""
        ...


class BadVectors(ValueError):
    """The text encoder gave something else than one vector of length one, 384 wide, for each text."""


@dataclass(frozen=True)
class Exemplars:
    """Sentences, and the category that each means; BENIGN for those that lie near one and mean nothing of the kind."""

    categories: tuple[str, ...]
    sentences: tuple[str, ...]

    @classmethod
    def read(cls, path: Path | None = None) -> Exemplars:
        """From an encoded file of `category<TAB>sentence`; the built-in ones by default. Raises NotEncoded, ValueError, OSError."""
        path = path or builtin_folder() / "exemplars.encoded"
        rows = [line.partition("\t") for line in encoded.read(path)]
        for category, tab, sentence in rows:
            if not tab or not sentence.strip():
                raise ValueError(f"{path}: {category!r} has no sentence. Write the category, a tab and a sentence.")
        return cls(tuple(row[0] for row in rows), tuple(row[2].strip() for row in rows))


class Meaning:
    """Holds what means something that is not made here. Made once, because the exemplars are embedded then."""

    def __init__(self, embedder: Embedder, exemplars: Exemplars, known: Vectors) -> None:
        self._embedder = embedder
        self._exemplars = exemplars
        self._known = known

    @classmethod
    async def build(cls, embedder: Embedder, exemplars: Exemplars | None = None) -> Meaning:
        """Raises BadVectors."""
        exemplars = exemplars or Exemplars.read()
        sentences = [normalise(sentence) for sentence in exemplars.sentences]
        return cls(embedder, exemplars, _checked(await embedder.embed(sentences), len(sentences)))

    async def screen(self, fields: Mapping[str, str], kind: Kind, policy: Policy, profile: Profile) -> Verdict:
        """Approved or held, never refused. Negative prompts are not read: what is not wanted means nothing. Raises BadVectors."""
        pieces = [
            (name, piece)
            for name, text in fields.items()
            if role(name, kind) != Role.UNWANTED
            for piece in _pieces(text)
        ]
        if not pieces:
            return verdict([], policy.fingerprint)
        near = self.nearness(_checked(await self._embedder.embed([piece for _, piece in pieces]), len(pieces)))
        return verdict(_reasons([name for name, _ in pieces], near, policy, profile), policy.fingerprint)

    def nearness(self, vectors: Vectors) -> dict[str, tuple[Vectors, Vectors]]:
        """By category: each row's greatest similarity to it, and how much greater that is than to any benign sentence."""
        similar = vectors @ self._known.T
        categories = np.array(self._exemplars.categories)
        benign = similar[:, categories == BENIGN].max(axis=1, initial=-1)
        nearest = {name: similar[:, categories == name].max(axis=1) for name in set(categories) - {BENIGN}}
        return {name: (near, near - benign) for name, near in nearest.items()}


def _reasons(
    fields: Sequence[str], near: Mapping[str, tuple[Vectors, Vectors]], policy: Policy, profile: Profile
) -> Iterator[Reason]:
    for name, (similarity, margin) in near.items():
        category = policy.categories.get(name)
        if category is None or category.action(profile) == Action.ALLOW:
            continue
        found = (similarity >= LEAST_SIMILARITY) & (margin >= LEAST_MARGIN)
        if found.any():
            where = dict.fromkeys(field for field, hit in zip(fields, found, strict=True) if hit)
            yield Reason(name, category.reason, tuple(where), Action.HOLD, "meaning")


def _pieces(text: str) -> Iterator[str]:
    words = normalise(text).split()
    begins = range(0, max(1, len(words) - PIECE_WORDS + STRIDE_WORDS), STRIDE_WORDS)
    pieces = (" ".join(words[begin : begin + PIECE_WORDS]) for begin in islice(begins, MOST_PIECES))
    return (piece for piece in pieces if piece)


def _checked(vectors: Vectors, count: int) -> Vectors:
    """Raises BadVectors: a wrong encoder would let everything pass, silently."""
    if vectors.shape != (count, WIDTH) or not np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-2):
        raise BadVectors(f"{BadVectors.__doc__} Its shape is {vectors.shape}.")
    return vectors
