"""Places as parameters of SQL."""

from __future__ import annotations

from collections.abc import Iterable

from figment.features.atlas.rules.tiles import Place


def columns(places: Iterable[Place]) -> dict[str, list[int]]:
    """Two parameters, `xs` and `ys`, that `unnest` makes rows of again."""
    found = list(places)
    return {"xs": [x for x, _ in found], "ys": [y for _, y in found]}
