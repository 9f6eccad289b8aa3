"""The ground of a seeded world: by whom it may be painted, and what the versions of its tiles are called."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from figment.features.atlas.rules.terrain import EDITION
from figment.features.atlas.rules.tiles import FARTHEST, TILE, Place, around
from figment.generation.contract import ModelCard


def why_no_terrain(model: ModelCard) -> str | None:
    """Why a model cannot paint the land of a seeded world; None: it can."""
    if "image-to-image" in model.tasks:
        return None
    return (
        f"{model.name} cannot repaint a picture (image-to-image), which auto-terrain is made by; choose another model"
    )


def maker_of(model: ModelCard) -> str:
    """What decides the pixels of a ground besides its seed: these rules, and the model's weights with what they are asked by."""
    return _hashed(EDITION, model.weights_hash, model.native_size, model.default_steps, model.default_guidance)


def versions(z: int, seed: int | None, files: Mapping[Place, str], places: Iterable[Place]) -> dict[Place, str]:
    """What the addresses of tiles name. `files`: of what is painted in them and in the tiles around; of `places`, those that have one are told.

    A version says what is seen: the tile's own pixels, or, where a seeded world is seen from above, these over its sketch, fading away towards
    tiles where nothing is painted.
    """
    if seed is None or z == 0:
        return {place: files[place][:16] for place in places if place in files}
    return {
        place: _hashed(EDITION, seed, files[place], *(files.get(beside) for beside in around(place)))
        for place in places
        if place in files
    }


def version_of_ground(seed: int | None) -> str | None:
    """What the addresses of tiles name in which nothing is painted. None: they are blank."""
    return None if seed is None else _hashed(EDITION, seed)


def reaches(z: int, place: Place) -> bool:
    """Whether a tile lies where worlds have ground: some of it no farther from the origin than anybody can paint."""
    side = TILE << -z
    return all(part * side < FARTHEST and (part + 1) * side > -FARTHEST for part in place)


def _hashed(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:16]
