"""The renderer keeps its promises: the same picture for a seed, and captions that say only what is there."""

from __future__ import annotations

import numpy as np
import pytest

from training.world import Aerial, Label, Picture, Scene, Thing, render
from training.world.aerial import VARIANTS
from training.world.captions import AERIALS, GROUNDS, NAMES, TIMES, captions, thing_phrase
from training.world.palette import PAINTS
from training.world.scene import SETTING_THINGS, SIZES, THING_PAINTS

SAMPLE = 120
OBJECTS = {kind: Label[kind.upper()] for kind in NAMES}


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    return [render(seed, size=96) for seed in range(SAMPLE)]


def test_a_seed_always_gives_the_same_picture() -> None:
    for seed in (3, 4, 5):
        first, second = render(seed, 64), render(seed, 64)
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.labels, second.labels)
        assert first.record() == second.record()


@pytest.mark.parametrize("size", [64, 96, 256])
def test_shapes_and_types(size: int) -> None:
    picture = render(1, size, caption_count=4)
    assert picture.pixels.shape == (size, size, 3)
    assert picture.pixels.dtype == np.uint8
    assert picture.labels.shape == (size, size)
    assert len(picture.captions) == 4


def test_scenes_and_aerial_views_both_occur(pictures: list[Picture]) -> None:
    aerial = sum(isinstance(picture.shown, Aerial) for picture in pictures)
    assert 0.15 * SAMPLE < aerial < 0.40 * SAMPLE


def test_the_main_object_is_there_and_large(pictures: list[Picture]) -> None:
    for picture in pictures:
        if isinstance(picture.shown, Scene) and picture.shown.thing:
            share = (picture.labels == OBJECTS[picture.shown.thing.kind]).mean()
            assert share > 0.02, picture.shown


def test_a_scene_without_an_object_shows_none(pictures: list[Picture]) -> None:
    for picture in pictures:
        if isinstance(picture.shown, Scene) and picture.shown.thing is None:
            assert not np.isin(picture.labels, list(OBJECTS.values())).any()


def test_what_is_hidden_is_struck_from_the_description(pictures: list[Picture]) -> None:
    for picture in pictures:
        scene = picture.shown
        if not isinstance(scene, Scene):
            continue
        seen = set(np.unique(picture.labels))
        assert not scene.sun or Label.SUN in seen
        assert not scene.moon or Label.MOON in seen
        assert not scene.clouds or Label.CLOUD in seen
        assert not scene.mountains or Label.MOUNTAIN in seen
        assert not scene.forest or Label.FOREST in seen


MENTIONS = {
    "moon": lambda scene: bool(scene.moon),
    "sun ": lambda scene: scene.sun,
    "stars": lambda scene: scene.stars,
    "starry": lambda scene: scene.stars,
    "in the background": lambda scene: bool(scene.mountains),
    "forest behind": lambda scene: scene.forest,
    "cloudy": lambda scene: scene.clouds > 0,
}


def test_captions_mention_only_what_the_scene_has(pictures: list[Picture]) -> None:
    for picture in pictures:
        if not isinstance(picture.shown, Scene):
            continue
        for caption in picture.captions:
            for words, holds in MENTIONS.items():
                assert words not in f"{caption} " or holds(picture.shown), caption


def test_captions_name_only_the_object_that_is_there(pictures: list[Picture]) -> None:
    for picture in pictures:
        if not isinstance(picture.shown, Scene):
            continue
        kind = picture.shown.thing.kind if picture.shown.thing else ""
        for caption in picture.captions:
            words = caption.split()
            named = {other for other in OBJECTS if other in words or f"{other}s" in words}
            named -= {"tree"} if kind == "pine" else set()
            assert named <= {kind}, caption


def test_captions_name_only_the_colour_that_is_there(pictures: list[Picture]) -> None:
    grounds = {"green", "orange", "white", "grey", "blue"}
    for picture in pictures:
        if isinstance(picture.shown, Scene) and picture.shown.thing:
            own = {picture.shown.thing.colour}
            for caption in picture.captions:
                named = set(caption.split()) & set(PAINTS) - grounds
                assert named <= own, caption


def test_counts_are_said() -> None:
    phrase = thing_phrase(Thing("boat", "red", 2), np.random.default_rng(0))
    assert phrase.startswith(("two", "a pair of"))
    assert phrase.endswith("s")


def test_every_choice_has_its_words_and_sizes() -> None:
    assert set(SETTING_THINGS) == set(GROUNDS)
    kinds = {kind for kinds in SETTING_THINGS.values() for kind in kinds if kind}
    assert kinds == set(NAMES) == set(SIZES) == set(THING_PAINTS)
    assert {(terrain, variant) for terrain, variants in VARIANTS.items() for variant in variants} == set(AERIALS)
    assert set(TIMES) == {"noon", "dawn", "sunset", "night", "storm"}


def test_captions_vary() -> None:
    scene = Scene("sea", "sunset", sun=True, thing=Thing("boat", "blue"))
    assert len(set(captions(scene, 40, np.random.default_rng(0)))) > 20
