"""The captions say what is there, only what is there, in English that the text encoder can read to its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import process_time

import numpy as np
import pytest
from tokenizers import Tokenizer

from figment.engine.backends.minilm import wheel_folder
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


# A reader of captions, from the vocabulary alone: what a phrase can mean, the longest phrase first.

Meaning = tuple[str, object]
SMALL = frozenset(("a", "an", "the", "in", "on", "at", "by", "under", "during", "while", "among", "as", "of"))


def core(phrase: str) -> tuple[str, ...]:
    """A phrase's words without the small ones that lead it."""
    parts = phrase.replace("{}", " ").replace(",", " ").replace(":", " ").split()
    while len(parts) > 1 and parts[0] in SMALL:
        parts = parts[1:]
    return tuple(parts)


FORMS = (
    ("time", words.TIMES),
    ("weather", words.WEATHERS),
    ("season", words.SEASONS),
    ("sky", words.SKY),
    ("feature", words.AERIAL_FEATURES),
)
TABLES = (
    ("colour", words.COLOURS),
    ("count", words.COUNTS),
    ("across", words.ACROSS),
    ("beside", words.BESIDE),
    ("depth", words.DEPTHS),
    ("setting", words.SETTINGS),
    ("setting", words.SUBJECTS),
    ("setting", words.SETTING_TAGS),
    ("setting", words.PATTERNS),
    ("sun at", words.SUN_AT),
    ("time", words.DAY_PARTS),
    ("weather", words.WEATHER_DAYS),
    ("background", words.BACKGROUNDS),
    ("terrain", words.TERRAINS),
    ("style", words.AERIAL_TAGS),
)


def meanings() -> Iterator[tuple[str, str, object]]:
    """Every phrase of the vocabulary with a field and a key that it can mean."""
    for field, table in TABLES:
        yield from ((phrase, field, key) for key, phrases in table.items() for phrase in phrases)
    for field, forms_of in FORMS:
        for key, forms in forms_of.items():
            for phrase in (*forms.tags, *forms.adverbs, *forms.items, *forms.adjectives, *forms.clauses):
                yield phrase, field, key
    for style, ways in words.SCENE_STYLES.items():
        for phrase in (*ways.openings, *ways.endings, *ways.adjectives, *ways.tags):
            yield phrase, "style", style
    yield from from_above()
    yield from names_of_things()
    for (_, colour), names in words.KIND_COLOURS.items():
        yield from ((name, "colour", colour) for name in names)
    yield from ((phrase, "count", 1) for phrase in words.ONE)
    yield from ((phrase, "relation", "above") for phrase in words.ALOFT)
    yield from ((phrase, "behind", True) for phrase in (*words.BEHIND, *words.BEHIND_CLAUSES))
    yield from ((phrase, "sunny", True) for phrase in (*words.SUNNY, *words.SUNNY_TAGS))
    for phrase in (*words.CLOSE, *words.PATTERN_OPENINGS, *words.PATTERN_TAGS, *words.BARE_GROUNDS):
        yield phrase, "any", True


def names_of_things() -> Iterator[tuple[str, str, object]]:
    for kind, names in words.OBJECTS.items():
        for name in (*names, *(plural(name) for name in names), *words.PLURAL_NAMES.get(kind, ())):
            yield name, "thing", kind
            # A colour parts "tall" and "building" in "a tall red building".
            first, _, rest = name.partition(" ")
            if first in words.BEFORE_COLOUR:
                yield rest, "thing", kind


def from_above() -> Iterator[tuple[str, str, object]]:
    """The parts of what is said around a terrain; those that every style shares mean the view alone."""
    shared = {part for form in words.FROM_ABOVE for part in form.split("{}") if part}
    yield from ((part, "view", "aerial") for part in (*shared, *words.FROM_ABOVE_TAGS))
    for style, forms in words.AERIAL_STYLES.items():
        for part in {part for form in forms for part in form.split("{}") if part} - shared:
            yield part, "style", style


def lexicon() -> dict[tuple[str, ...], set[Meaning]]:
    entries: dict[tuple[str, ...], set[Meaning]] = {}
    for phrase, field, key in meanings():
        entries.setdefault(core(phrase), set()).add((field, key))
    return entries


LEXICON = lexicon()
LONGEST = max(len(phrase) for phrase in LEXICON)
ONLY_FROM_ABOVE = {"terrain", "feature"}


def readings(caption: str, view: str) -> list[tuple[tuple[str, ...], set[Meaning]]]:
    """The vocabulary's phrases in a caption with what each can mean in a view; unknown words stand alone and mean nothing."""
    parts = caption.lower().replace(",", " , ").replace(".", " ").replace(":", " ").split()
    found, place = [], 0
    while place < len(parts):
        for size in range(min(LONGEST, len(parts) - place), 0, -1):
            phrase = tuple(parts[place : place + size])
            means = LEXICON.get(phrase, set())
            if view != "aerial":
                means = {(field, key) for field, key in means if field not in ONLY_FROM_ABOVE}
            if means or size == 1:
                break
        found.append((phrase, means))
        place += len(phrase)
    return found


def held(shown: Shown) -> set[Meaning]:
    """Everything that may be said of a picture."""
    facts: set[Meaning] = {("view", shown.view), ("style", shown.style), ("setting", shown.setting), ("any", True)}
    facts |= {("time", shown.time), ("weather", shown.weather), ("season", shown.season)}
    facts |= {("terrain", (shown.setting, shown.variant)), ("beside", "left"), ("beside", "right")}
    facts |= {("sky", key) for key in shown.sky} | {("background", key) for key in shown.backgrounds}
    facts |= {("feature", key) for key in shown.features} | {("colour", colour) for colour in shown.colours}
    if shown.sky or any(thing.relation == "above" for thing in shown.things):
        facts.add(("relation", "above"))
    if shown.backgrounds or any(thing.relation == "behind" for thing in shown.things):
        facts.add(("behind", True))
    if "sun" in shown.sky:
        facts.add(("sun at", shown.time))
    if shown.time == "noon" and shown.weather == "clear" and "clouds" not in shown.sky:
        facts.add(("sunny", True))
    for thing in shown.things:
        facts |= {("thing", thing.kind), ("colour", thing.colour), ("count", thing.count)}
        facts |= {("across", thing.across), ("depth", thing.depth)}
    return facts


def untrue(caption: str, shown: Shown) -> list[str]:
    """Phrases that mean nothing that the picture has, and colours and counts before the wrong thing."""
    facts, wrong = held(shown), []
    found = readings(caption, shown.view)
    for place, (phrase, meanings) in enumerate(found):
        if meanings and meanings.isdisjoint(facts):
            wrong.append(" ".join(phrase))
        kinds = {key for field, key in meanings if field == "thing"}
        before = [set(), *(meaning for _, meaning in found[max(place - 2, 0) : place])]
        colours = {key for field, key in before[-1] if field == "colour"}
        counts = {key for meaning in before for field, key in meaning if field == "count"}
        owners = [thing for thing in shown.things if thing.kind in kinds]
        if owners and colours and not any(thing.colour in colours for thing in owners):
            wrong.append(f"{colours} {phrase}")
        # A number just before "a" thing belongs to what went before.
        if owners and counts and len(before) > 1 and not any(thing.count in counts for thing in owners):
            wrong.append(f"{counts} {phrase}")
    return wrong


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
    assert [pieces(text) + 2 for text in texts] == [len(text.ids) for text in encoded]


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
