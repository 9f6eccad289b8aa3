"""Things: every kind can be drawn, in its box, in its paint, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from training.world.description import COLOURS, LABELS, OBJECTS
from training.world.palette import PAINTS, darker, lighter
from training.world.pen import MOST_POINTS, Fill, Light, Mark, Pen, Pose
from training.world.raster import rasterise
from training.world.things import DRAW, PLACES, TRAITS, drawing

SEEDS = range(12)
GREY = (0.5, 0.5, 0.5)
# Quiet by nature: a pine of these paints is laden with snow, a bush in flower; most of what is seen stays green.
ACCENTS = {("pine", "white"), *(("bush", colour) for colour in COLOURS), *(("flower", colour) for colour in COLOURS)}


def drawn(
    kind: str, colour: str, seed: int, pose: Pose | None = None, place: str = "", night: bool = False
) -> list[Mark]:
    pen = Pen(Light(night=night, from_x=0.1 if seed % 2 else 0.9))
    pose = pose if pose is not None else Pose((0.5, 0.9), 0.5, 1.0 if seed % 3 else -1.0)
    drawing(kind, place or TRAITS[kind].places[0])(pen, pose, colour, np.random.default_rng(seed))
    return pen.marks


def extent(mark: Mark) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a mark in the frame."""
    numbers = mark.numbers
    if mark.kind == "ellipse":
        x, y, across, up, angle = numbers
        wide = math.hypot(across * math.cos(angle), up * math.sin(angle))
        high = math.hypot(across * math.sin(angle), up * math.cos(angle))
        return x - wide, y - high, x + wide, y + high
    if mark.kind == "polygon":
        return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    xs, ys = np.array(numbers[2::2]), np.array(numbers[3::2])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    half = np.interp(along, (0.0, along[-1]), numbers[:2]) / 2
    return float((xs - half).min()), float((ys - half).min()), float((xs + half).max()), float((ys + half).max())


def framed(kind: str, seed: int) -> Pose:
    """A pose in which the whole box is in the frame, as large as it goes."""
    left, right, bottom, top = TRAITS[kind].box
    size = 0.9 / max(right - left, top - bottom)
    facing = 1.0 if seed % 2 else -1.0
    return Pose((0.5 - facing * (left + right) / 2 * size, 0.5 + (bottom + top) / 2 * size), size, facing)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small pictures are drawn many times faster by one thread than by several that wait for each other on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_every_kind_has_a_drawing_and_traits() -> None:
    assert set(DRAW) == set(TRAITS) == set(OBJECTS)
    for kind, traits in TRAITS.items():
        assert traits.places
        assert set(traits.places) <= set(PLACES)
        assert traits.paints
        assert set(traits.paints) <= {"", *COLOURS}
        assert traits.label == LABELS[kind]
        low, high = traits.near
        assert 0.4 <= max(high, high * traits.width) <= 1.0, f"{kind} is not large as the main thing"
        assert 0 < low < high


@pytest.mark.parametrize("kind", OBJECTS)
def test_stays_in_its_box(kind: str) -> None:
    slack = 1e-6
    for place in TRAITS[kind].places:
        for seed in SEEDS:
            pose = framed(kind, seed)
            left, top, right, bottom = TRAITS[kind].bounds(pose)
            for colour in TRAITS[kind].paints:
                marks = [
                    mark for mark in drawn(kind, colour, seed, pose, place, night=seed % 4 == 0) if mark.kind != "glow"
                ]
                boxes = [extent(mark) for mark in marks]
                assert min(box[0] for box in boxes) >= left - slack
                assert min(box[1] for box in boxes) >= top - slack
                assert max(box[2] for box in boxes) <= right + slack
                assert max(box[3] for box in boxes) <= bottom + slack


@pytest.mark.parametrize("kind", OBJECTS)
def test_fills_its_height(kind: str) -> None:
    """Its size is its height: what a composer plans with."""
    for seed in SEEDS:
        pose = framed(kind, seed)
        boxes = [extent(mark) for mark in drawn(kind, TRAITS[kind].paints[-1], seed, pose) if mark.kind != "glow"]
        height = max(box[3] for box in boxes) - min(box[1] for box in boxes)
        assert 0.7 <= height / pose.size <= 1.16


@pytest.mark.parametrize("kind", OBJECTS)
def test_marks_are_few_labelled_and_within_the_raster_s_limits(kind: str) -> None:
    for place in TRAITS[kind].places:
        for seed in SEEDS:
            marks = drawn(kind, "", seed, place=place, night=seed % 2 == 0)
            assert len(marks) <= 80
            for mark in marks:
                if mark.kind == "polygon":
                    assert 6 <= len(mark.numbers) <= 2 * MOST_POINTS
                assert mark.label == (-1 if mark.kind == "glow" else LABELS[kind])
                assert all(math.isfinite(number) for number in mark.numbers)
                for rgb in (mark.fill.start, mark.fill.end or mark.fill.start):
                    assert all(-1e-9 <= part <= 1 + 1e-9 for part in rgb)


def test_the_same_seed_draws_the_same_and_another_seed_differs() -> None:
    for kind in OBJECTS:
        colour = TRAITS[kind].paints[0]
        assert drawn(kind, colour, 3) == drawn(kind, colour, 3)
        assert drawn(kind, colour, 3) != drawn(kind, colour, 6)


def test_facing_mirrors_a_thing() -> None:
    pen, mirror = Pen(Light(from_x=-9.0)), Pen(Light(from_x=9.0))
    for kind in OBJECTS:
        DRAW[kind](pen, Pose((0.0, 0.9), 0.5, 1.0), "", np.random.default_rng(1))
        DRAW[kind](mirror, Pose((0.0, 0.9), 0.5, -1.0), "", np.random.default_rng(1))
    for one, other in zip(pen.marks, mirror.marks, strict=True):
        left, top, right, bottom = extent(one)
        assert extent(other) == pytest.approx((-right, top, -left, bottom), abs=1e-9)


def test_at_night_windows_and_lamps_shine() -> None:
    for kind in (
        "house",
        "castle",
        "lighthouse",
        "church",
        "skyscraper",
        "tent",
        "car",
        "bus",
        "train",
        "lamp",
        "rocket",
    ):
        by_day = sum(not mark.fill.lit for mark in drawn(kind, "", 5))
        by_night = sum(not mark.fill.lit for mark in drawn(kind, "", 5, night=True))
        assert by_night > by_day, kind


def test_a_bird_in_the_air_has_no_feet_on_the_ground() -> None:
    assert drawn("bird", "red", 1, place="air") != drawn("bird", "red", 1, place="land")
    assert drawn("duck", "white", 1, place="water") != drawn("duck", "white", 1, place="land")


def words_seen(cases: list[tuple[str, str, int]]) -> list[list[str]]:
    """For each thing the colour words of its own pixels, the most frequent first; a word stands for its tints and shades."""
    pens = []
    for kind, colour, seed in cases:
        pen = Pen()
        pen.polygon([(0, 0), (1, 0), (1, 1), (0, 1)], Fill(GREY))
        pen.marks += drawn(kind, colour, seed, framed(kind, seed))
        pens.append(pen)
    rgb, labels = rasterise(pens, 64)
    shades = torch.tensor(
        [tone for name in COLOURS for tone in (PAINTS[name], darker(PAINTS[name], 0.7), lighter(PAINTS[name], 0.25))]
    )
    seen = []
    for (kind, _, _), picture, own in zip(cases, rgb, labels, strict=True):
        pixels = picture[:, own == LABELS[kind]].T
        word = torch.cdist(pixels, shades).argmin(1) // 3
        seen.append(
            [COLOURS[number] for number in torch.bincount(word, minlength=len(COLOURS)).argsort(descending=True)]
        )
    return seen


def test_its_paint_dominates() -> None:
    """Most of what is seen of a painted thing has its colour, or almost."""
    cases = [
        (kind, colour, 1)
        for kind in OBJECTS
        for colour in TRAITS[kind].paints
        if colour and (kind, colour) not in ACCENTS
    ]
    seen = words_seen(cases)
    first = [colour == words[0] for words, (_, colour, _) in zip(seen, cases, strict=True)]
    among = [case for words, case in zip(seen, cases, strict=True) if case[1] not in words[:3]]
    assert np.mean(first) >= 0.85
    assert not among
