"""Views straight down: every terrain of the vocabulary, as a satellite, a relief, a map or a painted atlas shows it.

The scale is one per terrain and nothing marks the frame's middle or its border: pictures can lie beside each other as one ground.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from training.world.description import AERIAL_STYLES, LABELS, SEASONS, TERRAINS, TIMES, Shown
from training.world.fields import Sheet

from . import built, fieldwork, highland, shores
from .features import DRAW as FEATURES
from .finish import FIELDS, View, clouds, finished
from .land import Land

DRAW: dict[str, Callable[[Land, str], None]] = {
    "islands": shores.islands,
    "coast": shores.coast,
    "river": shores.river,
    "tributaries": shores.tributaries,
    "delta": shores.delta,
    "lake": shores.lake,
    "mountains": highland.mountains,
    "forest": fieldwork.forest,
    "farmland": fieldwork.farmland,
    "vineyard": fieldwork.vineyard,
    "terraces": fieldwork.terraces,
    "desert": highland.desert,
    "canyon": highland.canyon,
    "glacier": highland.glacier,
    "snow": highland.snow,
    "volcano": highland.volcano,
    "town": built.town,
    "village": built.village,
    "road": built.road,
    "harbour": built.harbour,
    "airport": built.airport,
    "city": built.city,
}

# Which features a terrain can hold besides clouds; a variant of its own comes first.
EXTRAS: dict[str, tuple[str, ...]] = {
    "islands": ("boats",), "coast": ("boats", "road"), "river": ("boats", "road"), "delta": ("boats",), "lake": ("boats",),
    "lake frozen": (), "coast snowy": (), "mountains green": ("snow patches", "road", "lake"), "mountains bare": ("snow patches", "road"),
    "forest": ("lake", "river", "road"), "forest jungle": ("lake", "river"), "farmland green": ("road", "river", "lake"),
    "farmland golden": ("road", "river", "lake"), "farmland ploughed": ("road", "river", "lake"), "vineyard": ("road", "lake"),
    "desert rocky": ("road", "lake"), "canyon": ("road",), "volcano dormant": ("snow patches",), "village meadow": ("lake", "river"),
    "village farmland": ("river", "lake"), "village forest": ("lake",), "tributaries": ("road",), "town river": ("boats",),
    "road meadow": ("lake", "river"), "road forest": ("lake",), "harbour": (),
}  # fmt: skip
ALWAYS: dict[str, tuple[str, ...]] = {
    "coast sandy": ("beach",), "coast green": ("beach",), "islands sandy": ("beach",), "islands tropical": ("beach",),
    "town river": ("river", "bridge"),
}  # fmt: skip
# Variants whose plants say the season; winter is left to the variants that are snowy anyway and to what stays plain under snow.
SEASONAL: dict[str, tuple[str, ...]] = {
    "river forest": SEASONS, "river meadow": SEASONS, "river farmland": SEASONS, "tributaries forest": SEASONS,
    "tributaries meadow": SEASONS, "lake forest": SEASONS, "lake meadow": SEASONS, "forest broadleaf": ("spring", "summer", "winter"),
    "vineyard": ("spring", "summer", "autumn"), "village meadow": SEASONS, "village farmland": SEASONS, "village forest": SEASONS,
    "town grid": SEASONS, "town river": SEASONS, "road forest": SEASONS, "road meadow": SEASONS, "islands rocky": (),
    "coast green": ("spring", "summer", "autumn"), "islands green": ("spring", "summer", "autumn"),
    "farmland green": ("spring", "summer"), "farmland ploughed": ("spring", "autumn", "winter"),
}  # fmt: skip
LIT = ("photo", "painted")  # styles with a time of day and clouds; the others have neither
NO_MAP = ("forest", "desert", "snow", "vineyard")  # a map of one tint shows nothing
LEAST_SEEN: dict[str, float] = {
    "boats": 0.0010,
    "bridge": 0.0015,
    "beach": 0.010,
    "road": 0.008,
    "river": 0.010,
    "lake": 0.010,
}
LEAST_OTHER = 0.025


def imagine_aerial(rng: np.random.Generator) -> Shown:
    """Draw by lot what an aerial view shows."""
    terrain = str(rng.choice(list(TERRAINS)))
    variant = str(rng.choice(TERRAINS[terrain]))
    key = f"{terrain} {variant}".strip()
    style = str(rng.choice(AERIAL_STYLES, p=(0.58, 0.14, 0.12, 0.16)))
    if style == "map" and terrain in NO_MAP:
        style = "photo"
    features = list(ALWAYS.get(key, ()))
    extras = EXTRAS.get(key, EXTRAS.get(terrain, ()))
    if extras and rng.random() < 0.45:
        features.append(str(rng.choice(extras)))
        if features[-1] == "road" and terrain in ("river", "tributaries", "delta"):
            features.append("bridge")
    if style in LIT and rng.random() < 0.18:
        features.append("clouds")
    time, season = "", ""
    if style in LIT and rng.random() < 0.6:
        time = str(rng.choice(TIMES, p=(0.24, 0.28, 0.28, 0.20)))
    if style != "map" and SEASONAL.get(key) and rng.random() < 0.5:
        season = str(rng.choice(SEASONAL[key]))
    return Shown("aerial", style, terrain, variant, time, season=season, features=tuple(dict.fromkeys(features)))


def draw_aerial(
    shown: list[Shown], seeds: list[int], size: int, device: torch.device | str
) -> tuple[Tensor, Tensor, list[Shown]]:
    """Draw aerial views: colours (n, 3, size, size) from 0 to 1, labels (n, size, size) uint8, what came out.

    `size` is a multiple of 32. A picture depends on its own description and seed only.
    """
    device = torch.device(device)
    groups = _rows_by(shown, lambda one: (one.setting, one.variant))
    lands = [
        _land(terrain, variant, [shown[row] for row in rows], [seeds[row] for row in rows], size, device)
        for (terrain, variant), rows in groups.items()
    ]
    order = [row for rows in groups.values() for row in rows]
    back = torch.tensor(np.argsort(order), device=device)
    fields = {name: torch.cat([getattr(land, name) for land in lands])[back] for name in FIELDS}
    cover, shadow = _cloud_cover(shown, seeds, size, device)
    rgb = torch.empty(len(shown), 3, size, size, device=device)
    for (style, time), rows in _rows_by(shown, lambda one: (one.style, _time(one))).items():
        # A processor's caches hold two pictures' fields, not a batch's; a GPU wants them all at once.
        step = 2 if device.type == "cpu" else len(rows)
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            sheet = Sheet([np.random.default_rng((seeds[row], 2)) for row in part], size, device)
            own = {name: field[part] for name, field in fields.items()}
            rgb[part] = finished(style, View(sheet, time, **own, cloud=cover[part], shadow=shadow[part]))
    labels = torch.where(cover > 0.5, LABELS["cloud"], fields["label"]).to(torch.uint8)
    return rgb, labels, _as_seen(shown, order, lands, cover)


def _rows_by(shown: Sequence[Shown], key: Callable[[Shown], tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row, one in enumerate(shown):
        groups[key(one)].append(row)
    return groups


def _time(one: Shown) -> str:
    """The time of day that can be seen: maps and reliefs have none."""
    return one.time if one.style in LIT else ""


def _cloud_cover(
    shown: Sequence[Shown], seeds: Sequence[int], size: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Clouds and their shadows where they are wanted and the style has them, (n, size, size) each."""
    cover = torch.zeros(len(shown), size, size, device=device)
    shadow = torch.zeros_like(cover)
    rows = [row for row, one in enumerate(shown) if "clouds" in one.features and one.style in LIT]
    if rows:
        sheet = Sheet([np.random.default_rng((seeds[row], 99)) for row in rows], size, device)
        cover[rows], shadow[rows] = clouds(sheet)
    return cover, shadow


def _land(
    terrain: str, variant: str, shown: Sequence[Shown], seeds: Sequence[int], size: int, device: torch.device
) -> Land:
    """The land of pictures of one terrain and variant, with their features."""
    sheet = Sheet([np.random.default_rng((seed, 1)) for seed in seeds], size, device)
    land = Land.flat(sheet, [one.season for one in shown])
    DRAW[terrain](land, variant)
    for number, (feature, draw) in enumerate(FEATURES.items()):
        wanted = [feature in one.features for one in shown]
        if feature not in land.seen and any(wanted):
            # Drawn for the whole group with dice of its own, and kept where it is wanted: nobody's later dice change.
            land.sheet = Sheet([np.random.default_rng((seed, 3 + number)) for seed in seeds], size, device)
            before = [getattr(land, name) for name in FIELDS]
            draw(land)
            for name, old in zip(FIELDS, before, strict=True):
                new = getattr(land, name)
                rows = torch.tensor(wanted, device=device).reshape(-1, *(1,) * (new.ndim - 1))
                setattr(land, name, torch.where(rows, new, old))
    return land


def _as_seen(shown: Sequence[Shown], order: Sequence[int], lands: Sequence[Land], cover: Tensor) -> list[Shown]:
    """The descriptions without the features that cannot be seen, and without times and seasons that a map does not show."""
    rows = [dict(zip(land.seen, row, strict=True)) for land in lands for row in _rows_of(land)]
    shares = dict(zip(order, rows, strict=True))
    clouded = (cover > 0.4).float().mean((1, 2)).tolist()
    result = []
    for row, one in enumerate(shown):
        share = {**shares[row], "clouds": clouded[row]}
        seen = [name for name in one.features if share.get(name, 0.0) >= LEAST_SEEN.get(name, LEAST_OTHER)]
        season = "" if one.style == "map" else one.season
        result.append(replace(one, features=tuple(seen), time=_time(one), season=season))
    return result


def _rows_of(land: Land) -> list[list[float]]:
    """How much of each picture its features cover, a row a picture."""
    if not land.seen:
        return [[] for _ in range(land.sheet.count)]
    return torch.stack(list(land.seen.values()), 1).tolist()
