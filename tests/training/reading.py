"""A reader of captions, from the vocabulary alone: what their phrases can mean, the longest phrase first."""

from __future__ import annotations

from collections.abc import Iterator

from training.world.description import Shown
from training.world.words import vocabulary as words
from training.world.words.phrases import plural

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

    def parts(forms: words.Words) -> set[str]:
        return {part for form in forms for part in form.replace("{}", ",").split(",") if part.strip()}

    shared = parts(words.FROM_ABOVE)
    yield from ((part, "view", "aerial") for part in (*shared, *words.FROM_ABOVE_TAGS))
    for style, forms in words.AERIAL_STYLES.items():
        yield from ((part, "style", style) for part in parts(forms) - shared)


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
    if shown.setting == "town" and "river" in shown.features:
        facts.add(("terrain", ("town", "river")))
    if "sun" in shown.sky:
        facts.add(("sun at", shown.time))
    if shown.time == "noon" and shown.weather == "clear" and "clouds" not in shown.sky:
        facts.add(("sunny", True))
    for thing in shown.things:
        facts |= {("thing", thing.kind), ("colour", thing.colour), ("count", thing.count)}
        if thing.kind == "star":
            facts.add(("sky", "stars"))
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
