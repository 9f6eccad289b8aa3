"""The captions say what is there, only what is there, in English that the text encoder can read to its end."""

from __future__ import annotations

import re
from time import process_time

import numpy as np
import pytest
from tokenizers import Tokenizer

from figment.engine.backends.minilm import wheel_folder
from tests.training.reading import readings, untrue
from training.world import description as world
from training.world.description import Shown, Thing
from training.world.words import captions
from training.world.words import vocabulary as words
from training.world.words.phrases import pieces, plural

SAMPLE = 1500
TOKENS = 32


def choice(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    return values[int(rng.integers(len(values)))]


def some(rng: np.random.Generator, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    picked = rng.permutation(len(values))[: int(rng.integers(most + 1))]
    return tuple(values[int(place)] for place in picked)


def random_thing(rng: np.random.Generator) -> Thing:
    return Thing(
        choice(rng, world.OBJECTS),
        choice(rng, ("", *world.COLOURS)),
        int(rng.choice([1, 1, 1, 2, 3, 4])),
        choice(rng, ("", *world.ACROSS)),
        choice(rng, ("", *world.DEPTHS)),
        choice(rng, ("on", "on", "above", "in", "beside", "behind")),
    )


def random_shown(rng: np.random.Generator) -> Shown:
    """Any description that the types allow, however unlikely."""
    view = choice(rng, world.VIEWS)
    things = tuple(random_thing(rng) for _ in range(int(rng.integers(0, 4))))
    sky, weather = some(rng, world.SKY, 2), choice(rng, ("", *world.WEATHERS))
    if view == "object":
        style, colours = choice(rng, world.SCENE_STYLES), some(rng, world.COLOURS, 2)
        return Shown(view, style, "plain", colours=colours, things=(random_thing(rng), *things[:1]))
    if view == "pattern":
        style = choice(rng, world.SCENE_STYLES)
        return Shown(view, style, choice(rng, world.PATTERNS), colours=some(rng, world.COLOURS, 4))
    season, time = choice(rng, ("", *world.SEASONS)), choice(rng, ("", *world.TIMES))
    if view == "aerial":
        setting = choice(rng, tuple(world.TERRAINS))
        variant, features = choice(rng, world.TERRAINS[setting]), some(rng, world.AERIAL_FEATURES, 2)
        style = choice(rng, world.AERIAL_STYLES)
        return Shown(view, style, setting, variant, time, weather, season, features=features)
    style, setting = choice(rng, world.SCENE_STYLES), choice(rng, world.SETTINGS)
    backgrounds = some(rng, world.BACKGROUNDS, 2)
    return Shown(view, style, setting, "", time, weather, season, sky, backgrounds, things=things)


@pytest.fixture(scope="module")
def told() -> list[tuple[Shown, str]]:
    rng = np.random.default_rng(7)
    pictures = [random_shown(rng) for _ in range(SAMPLE)]
    return [(shown, caption) for shown in pictures for caption in captions(shown, 3, rng)]


def test_every_key_has_words() -> None:
    for keys, table in (
        (world.OBJECTS, words.OBJECTS),
        (world.COLOURS, words.COLOURS),
        (world.SETTINGS, words.SETTINGS),
        (world.SETTINGS, words.SETTING_TAGS),
        (world.TIMES, words.TIMES),
        (world.TIMES, words.DAY_PARTS),
        (world.WEATHERS, words.WEATHERS),
        (world.WEATHERS, words.WEATHER_DAYS),
        (world.SEASONS, words.SEASONS),
        (world.SKY, words.SKY),
        (world.BACKGROUNDS, words.BACKGROUNDS),
        (world.SCENE_STYLES, words.SCENE_STYLES),
        (world.AERIAL_STYLES, words.AERIAL_STYLES),
        (world.AERIAL_STYLES, words.AERIAL_TAGS),
        (world.AERIAL_FEATURES, words.AERIAL_FEATURES),
        (world.PATTERNS, words.PATTERNS),
        (world.ACROSS, words.ACROSS),
        (world.DEPTHS, words.DEPTHS),
        (range(2, world.MOST + 1), words.COUNTS),
    ):
        assert set(table) == set(keys)
    terrains = {(terrain, variant) for terrain, variants in world.TERRAINS.items() for variant in variants}
    assert set(words.TERRAINS) == terrains


def test_words_of_the_table_of_word_pieces_are_counted_as_the_tokenizer_does(told: list[tuple[Shown, str]]) -> None:
    tokenizer = Tokenizer.from_file(str(wheel_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    texts = [caption for _, caption in told]
    encoded = tokenizer.encode_batch(texts)
    assert max(len(text.ids) for text in encoded) <= TOKENS
    counted = {text: tokens.tokens[1:-1] for text, tokens in zip(texts, encoded, strict=True)}
    wrong = [tokens for text, tokens in counted.items() if pieces(text) != len(tokens)]
    assert not wrong, f"WORD_PIECES lacks a word of {wrong[:3]}"


def test_nothing_is_said_that_is_not_there(told: list[tuple[Shown, str]]) -> None:
    wrong = [(caption, found) for shown, caption in told if (found := untrue(caption, shown))]
    assert not wrong, wrong[:10]


def test_the_reader_of_this_test_finds_what_is_not_there() -> None:
    boat = Shown("scene", "plain", "sea", "", "noon", "clear", things=(Thing("boat", "red"), Thing("house", "blue", 2)))
    assert not untrue("a red boat and two blue houses on the sea", boat)
    for caption in (
        "a blue boat on the sea",
        "a red boat by a lake",
        "a cat on the sea",
        "a red boat on the sea at night",
        "two red boats",
        "a red boat in ink",
        "a red boat on the left",
        "a boat in the rain",
        "a boat with a rainbow",
        "a boat under a full moon",
    ):
        assert untrue(caption, boat), caption


def test_captions_read_as_english(told: list[tuple[Shown, str]]) -> None:
    for _, caption in told:
        assert caption == caption.strip()
        assert len(caption) > 2
        assert "  " not in caption
        assert " ," not in caption
        assert not re.search(
            r"\ba [aeiou]|\ban [^aeiou8]|\b(?:a|an|the) (?:a|an|the|two|three|four|several)\b", caption
        ), caption
        assert not re.search(r"\b(\w+) \1\b", caption), caption
        assert not re.search(r"\b(?:of|with|in|on|at|and|to) (?:at|in|on|of|and|with|to|under)\b", caption), caption
        assert caption.count(" under ") < 2, caption
        assert not caption.endswith((" and", " with", " of", " in", ",")), caption


def test_numbers_go_with_plurals() -> None:
    singular = {name for names in words.OBJECTS.values() for name in names if plural(name) != name}
    rng = np.random.default_rng(3)
    for _ in range(SAMPLE):
        thing = random_thing(rng)
        shown = Shown("object", "plain", "plain", colours=("white",), things=(thing,))
        (caption,) = captions(shown, 1, rng)
        last = [phrase for phrase, meanings in readings(caption, shown.view) if ("thing", thing.kind) in meanings]
        assert last, caption
        assert (" ".join(last[0]) in singular) <= (thing.count == 1), caption


@pytest.mark.parametrize(("view", "fewest"), [("scene", 28), ("aerial", 20), ("object", 18), ("pattern", 14)])
def test_a_picture_has_many_captions(view: str, fewest: int) -> None:
    rng = np.random.default_rng(11)
    pictures = [shown for shown in (random_shown(rng) for _ in range(400)) if shown.view == view][:20]
    assert min(len(set(captions(shown, 30, rng))) for shown in pictures) >= fewest


def test_a_seed_always_says_the_same() -> None:
    for seed in range(20):
        shown = random_shown(np.random.default_rng(seed))
        first, second = (captions(shown, 6, np.random.default_rng(seed)) for _ in range(2))
        assert first == second


def said(pictures: list[Shown], field: str, key: object) -> float:
    """The share of captions with a phrase that means the key and nothing else of that field."""
    rng = np.random.default_rng(2)
    texts = [(shown.view, caption) for shown in pictures for caption in captions(shown, 1, rng)]
    return float(np.mean([any((field, key) in means for _, means in readings(text, view)) for view, text in texts]))


def with_boats(style: str, time: str, weather: str) -> list[Shown]:
    return [Shown("scene", style, "lake", "", time, weather, things=(Thing("boat", "red", 2),))] * 800


def test_a_style_is_mostly_said() -> None:
    for style in world.SCENE_STYLES[1:]:
        assert 0.78 < said(with_boats(style, "noon", "clear"), "style", style) < 0.93, style


def test_plain_daylight_is_what_is_left_unsaid() -> None:
    night = said(with_boats("plain", "night", "clear"), "time", "night")
    assert 0.84 < night < 0.96
    day = with_boats("plain", "noon", "clear")
    assert 0.3 < said(day, "time", "noon") + said(day, "sunny", True) < 0.55


def test_things_colours_and_counts_are_mostly_said() -> None:
    day = with_boats("plain", "noon", "clear")
    assert said(day, "thing", "boat") > 0.93
    assert 0.8 < said(day, "colour", "red") < 0.95
    assert 0.8 < said(day, "count", 2) < 0.95
    assert 0.75 < said(day, "setting", "lake") < 0.95


def test_a_caption_is_quick() -> None:
    rng = np.random.default_rng(1)
    pictures = [random_shown(rng) for _ in range(300)]
    captions(pictures[0], 8, rng)
    start = process_time()
    for shown in pictures:
        captions(shown, 4, rng)
    assert (process_time() - start) / len(pictures) / 4 < 0.3e-3
