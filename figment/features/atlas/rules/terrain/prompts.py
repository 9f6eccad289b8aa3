"""What a window is called, by what lies in it: words for the model, of the kind that captions of views from above are made of."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from figment.features.atlas.rules.terrain.climate import GROUNDS

VIEW = "a satellite image of "
PLAIN: Mapping[str, str] = MappingProxyType(
    {
        "beach": "a sandy shore",
        "grass": "meadows",
        "forest": "a broadleaf forest",
        "conifers": "a conifer forest",
        "jungle": "a jungle",
        "fields": "a patchwork of farm fields",
        "town": "an old town",
        "dunes": "desert dunes",
        "stones": "a rocky desert",
        "rock": "bare mountains",
        "snow": "a snowfield",
    }
)
COAST: Mapping[str, str] = MappingProxyType(
    {"beach": "sandy", "dunes": "sandy", "stones": "rocky", "rock": "rocky", "snow": "snowy"}
)
RIVER: Mapping[str, str] = MappingProxyType(
    {
        "forest": "a forest", "conifers": "a forest", "jungle": "a jungle", "grass": "meadows", "beach": "meadows", "fields": "farmland",
        "dunes": "the desert", "stones": "the desert", "rock": "the mountains", "snow": "the snow", "town": "a town",
    }
)  # fmt: skip
LAKE: Mapping[str, str] = MappingProxyType(
    {"forest": "a forest", "conifers": "a forest", "jungle": "a forest", "rock": "the mountains", "snow": "the snow"}
)
LEAST_SEA, OPEN_SEA, ISLANDS = 0.02, 0.995, 0.6
LEAST_RIVER, LEAST_LAKE, LEAST_TOWN, LEAST_SECOND = 0.003, 0.04, 0.12, 0.2


def prompt(ground: NDArray[np.uint8]) -> str:
    """One line for what a window shows, most of it first. `ground`: as in `Climate`."""
    counts = np.bincount(ground.ravel(), minlength=len(GROUNDS)) / ground.size
    share = dict(zip(GROUNDS, counts.tolist(), strict=True))
    dry = sorted(PLAIN, key=lambda name: -share[name])
    named = _named(share, dry[0])
    beside = next((name for name in dry if share[name] > LEAST_SECOND and name not in _said(named, dry[0])), "")
    line = f"{VIEW}{named} and {PLAIN[beside]}" if beside else VIEW + named
    # What is not said is painted over: a river would end where a window speaks of the coast alone.
    return f"{line}, a river" if share["river"] > LEAST_RIVER and "river" not in named else line


def _named(share: Mapping[str, float], main: str) -> str:
    if share["sea"] > OPEN_SEA:
        return "the sea"
    if share["sea"] > LEAST_SEA:
        kind = COAST.get(main, "green")
        if share["town"] > LEAST_TOWN:
            return "a town by the sea"
        return f"{kind} islands in the sea" if share["sea"] > ISLANDS else f"a {kind} coast"
    if share["town"] > LEAST_TOWN:
        return "a town by a river" if share["river"] > LEAST_RIVER else "an old town"
    if share["lake"] > LEAST_LAKE:
        return f"a lake in {LAKE.get(main, 'meadows')}"
    if share["river"] > LEAST_RIVER:
        return f"a river through {RIVER[main]}"
    if share["rock"] > LEAST_SECOND and share["snow"] > LEAST_SECOND:
        return "snowy mountains"
    return PLAIN[main]


def _said(named: str, main: str) -> tuple[str, ...]:
    """The grounds that a name speaks of already."""
    if " town" in named:
        return ("town",)
    if named == "snowy mountains":
        return ("rock", "snow")
    # "A green coast" says grass and not which woods.
    return ("grass",) if "green" in named else (main,)
