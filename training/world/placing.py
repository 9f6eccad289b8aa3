"""Where things stand in the frame: large, whole, side by side without overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .description import Thing
from .pen import Pose
from .stage import Room, Strip
from .things import TRAITS, Traits

EDGE = 0.025
"""What is left free at the frame's edges."""
HALVES = {"left": (EDGE, 0.49), "centre": (0.16, 0.84), "right": (0.51, 1 - EDGE)}
SIDES = {"left": (EDGE, 0.56), "centre": (EDGE, 1 - EDGE), "right": (0.44, 1 - EDGE)}
NARROWEST = 0.3
GAP = 0.93
"""Share of its slot that a thing may fill."""


@dataclass(frozen=True)
class Placed:
    """One thing of a group, where it is drawn: `place` of PLACES, or "islet"."""

    thing: Thing
    pose: Pose
    place: str


@dataclass(frozen=True)
class _Area:
    """The part of the frame for one group: x from `left` to `right`, and the strip for its feet; without one it flies or swims."""

    left: float
    right: float
    top: float
    bottom: float
    strip: Strip | None


def place_of(kind: str, setting: str, offered: tuple[str, ...], rng: np.random.Generator) -> str:
    """One of the kind's places that the setting offers, its own one most often; what needs land gets a rock in the sea.

    Raises ValueError where the kind cannot be in the setting at all.
    """
    choices = [place for place in TRAITS[kind].places if place in offered]
    if setting == "sea" and "water" not in choices and "land" in TRAITS[kind].places:
        return "islet"
    if not choices:
        raise ValueError(f"no place for a {kind} in the setting {setting!r}")
    return choices[0] if rng.random() < 0.7 else choices[int(rng.integers(len(choices)))]


def arrange(
    things: tuple[Thing, ...],
    places: tuple[str, ...],
    room: Room,
    horizon: float,
    rng: np.random.Generator,
    scale: float = 1.0,
) -> list[Placed]:
    """All things of a scene in their places, from the back to the front; `scale` of their usual sizes where there is room."""
    alone = len(things) == 1
    placed = []
    for thing, place in zip(things, places, strict=True):
        left, right = (SIDES if alone else HALVES)[thing.across or "centre"]
        area = _area(place, (left, right), room, horizon)
        poses = _poses(thing, area, scale * (1.0 if alone else 0.9), rng)
        placed += [Placed(thing, pose, place) for pose in poses]
    return sorted(placed, key=lambda one: (one.place != "air", one.pose.foot[1]))


def _area(place: str, across: tuple[float, float], room: Room, horizon: float) -> _Area:
    strip = {"water": room.water, "islet": room.water, "air": None, "underwater": None}.get(place, room.land)
    left, right = across
    if strip:
        within = max(left, strip.left + 0.01), min(right, strip.right - 0.01)
        # A strip that lies elsewhere, such as a cliff's top, is stronger than a side.
        left, right = within if within[1] - within[0] > NARROWEST else (strip.left + 0.01, strip.right - 0.01)
        return _Area(left, right, EDGE, 1 - EDGE, strip)
    if place == "underwater":
        return _Area(left, right, 0.10, 0.86, None)
    return _Area(left, right, EDGE, min(1 - EDGE, horizon + 0.14), None)


def _poses(thing: Thing, area: _Area, scale: float, rng: np.random.Generator) -> list[Pose]:
    traits = TRAITS[thing.kind]
    wanted = float(rng.uniform(*traits.near)) * scale * {"far": 0.62, "near": 1.15}.get(thing.depth, 1.0)
    facing = 1.0 if rng.random() < 0.5 else -1.0
    rows = max(_layouts(thing.count), key=lambda rows: _fitting(traits, area, rows, wanted))
    size = _fitting(traits, area, rows, wanted)
    poses = []
    for row, number in enumerate(rows):
        for column in range(number):
            x = _slot(area, traits, size, column, number, thing.across, rng)
            y = _foot(area, traits, size, (row, len(rows)), x, thing.depth, rng)
            poses.append(_inside(Pose((x, y), size * float(rng.uniform(0.93, 1.0)), facing), traits))
    return poses


def _layouts(count: int) -> tuple[tuple[int, ...], ...]:
    """How many things in each row, from the back to the front."""
    return {1: ((1,),), 2: ((2,), (1, 1)), 3: ((3,), (2, 1), (1, 2)), 4: ((4,), (2, 2))}[count]


def _height(area: _Area) -> float:
    """What is high enough for one row."""
    return area.bottom - area.top if area.strip is None else area.strip.near - area.top


def _fitting(traits: Traits, area: _Area, rows: tuple[int, ...], wanted: float) -> float:
    """The size at which the rows fit: by the slots' width, and by height so that rows do not hide each other."""
    left, right, bottom, top = traits.box
    slot = (area.right - area.left) / max(rows) * (GAP if max(rows) > 1 else 1.0)
    tall = top - min(0.0, bottom)
    if len(rows) == 1:
        limit = _height(area) / tall
    elif area.strip is None:
        limit = _height(area) / (len(rows) * tall * 1.06)
    elif area.strip.line is not None:
        limit = 0.0
    else:
        limit = (area.strip.near - area.strip.far) / (1.03 * tall)
    return min(wanted, slot / (right - left), limit)


def _slot(
    area: _Area, traits: Traits, size: float, column: int, number: int, across: str, rng: np.random.Generator
) -> float:
    wide = (area.right - area.left) / number
    spare = max(0.0, wide - traits.width * size)
    middle = area.left + (column + 0.5) * wide
    if number == 1 and across == "left":
        middle = area.left + min(0.5 * wide, 0.5 * traits.width * size + 0.5 * spare * float(rng.uniform(0.3, 1.0)))
    elif number == 1 and across == "right":
        middle = area.right - min(0.5 * wide, 0.5 * traits.width * size + 0.5 * spare * float(rng.uniform(0.3, 1.0)))
    else:
        middle += 0.5 * spare * float(rng.uniform(-0.45, 0.45)) * (0.3 if number == 1 else 1.0)
    return middle


def _foot(
    area: _Area, traits: Traits, size: float, row: tuple[int, int], x: float, depth: str, rng: np.random.Generator
) -> float:
    index, rows = row
    _, _, bottom, top = traits.box
    if area.strip is None:
        tall = (area.bottom - area.top) / rows
        spare = max(0.0, tall - (top - bottom) * size)
        return area.top + index * tall + top * size + spare * float(rng.uniform(0.1, 0.9))
    if area.strip.line is not None:
        return area.strip.foot(x, 1.0)
    if rows == 1:
        share = {"far": (0.02, 0.20), "near": (0.85, 1.0)}.get(depth, (0.55, 0.95))
        return area.strip.foot(x, float(rng.uniform(*share)))
    return area.strip.foot(x, index / (rows - 1))


def _inside(pose: Pose, traits: Traits) -> Pose:
    """Moved, and made smaller where it must be, so that no edge of the frame cuts it."""
    left, top, right, bottom = traits.bounds(pose)
    size = pose.size * min(1.0, (1 - 2 * EDGE) / (right - left), (1 - 2 * EDGE) / (bottom - top))
    pose = Pose(pose.foot, size, pose.facing)
    left, top, right, bottom = traits.bounds(pose)
    dx = max(0.0, EDGE - left) - max(0.0, right - (1 - EDGE))
    dy = -max(0.0, bottom - (1 - 0.4 * EDGE))
    pose = Pose((pose.foot[0] + dx, pose.foot[1] + dy), size, pose.facing)
    # What reaches over the top edge from where it must stand is smaller instead.
    over = pose.foot[1] - EDGE
    return Pose(pose.foot, min(size, over / traits.box[3]), pose.facing)
