"""The ground of a seeded world: by whom it may be painted, and what the versions of its tiles are called."""

from __future__ import annotations

import hashlib

from figment.features.atlas.rules.terrain import EDITION
from figment.features.atlas.rules.tiles import FARTHEST, TILE, Place
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


def version_at(z: int, file: str | None, seed: int | None) -> str | None:
    """What the address of a tile names. None: it is blank.

    At zoom 0 it says what the tile's file says: pixels. From above, a tile of a seeded world shows its sketch too, wherever nothing is painted.
    """
    if file is not None and (seed is None or z == 0):
        return file[:16]
    return None if seed is None else _hashed(EDITION, seed, file or "sketch")


def reaches(z: int, place: Place) -> bool:
    """Whether a tile lies where worlds have ground: some of it no farther from the origin than anybody can paint."""
    side = TILE << -z
    return all(part * side < FARTHEST and (part + 1) * side > -FARTHEST for part in place)


def _hashed(*parts: object) -> str:
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:16]
