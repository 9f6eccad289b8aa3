"""Which model paints a world."""

from __future__ import annotations

from collections.abc import Sequence

from figment.generation.contract import ModelCard

MAPS = "map"
"""The tag of models that are good at going on from what lies around a mask."""


def painter_of(chosen: str | None, cards: Sequence[ModelCard]) -> str | None:
    """The name of a world's model: the chosen one; else, where the server's default has a sibling that is made for maps, that one; else the default.

    Siblings share all tags of the default. None: there is no model at all.
    """
    if chosen is not None or not cards:
        return chosen
    default = cards[0]
    siblings = (card for card in cards if {*default.tags, MAPS} <= set(card.tags))
    return next(siblings, default).name
