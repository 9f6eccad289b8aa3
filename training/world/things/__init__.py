"""Everything that a scene can hold: how each kind is drawn, and what a composer has to know of it.

`DRAW[kind](pen, pose, colour, rng)` draws a thing in its own place; `drawing(kind, place)` also knows that a bird in the air flies and
that a duck on land has legs.
"""

from . import animals, birds, buildings, flying, household, people, plants, sea, vehicles, vessels
from .form import DRAW, ELSEWHERE, PLACES, TRAITS, Draw, Traits

__all__ = [
    "DRAW", "PLACES", "TRAITS", "Draw", "Traits", "animals", "birds", "buildings", "drawing", "flying", "household", "people", "plants",
    "sea", "vehicles", "vessels",
]  # fmt: skip


def drawing(kind: str, place: str) -> Draw:
    """How a kind is drawn in one of PLACES."""
    return ELSEWHERE.get((kind, place), DRAW[kind])
