"""The small parts of a caption: a seeded voice, articles, plurals, noun phrases, lists, and a draft that fits the text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from training.world.description import Thing

from . import vocabulary as words

Item = TypeVar("Item")

# The text encoder reads 32 tokens, two of which mark a text's start and end.
MOST_PIECES = 30
SKEW = 1.7
LINKING = frozenset((
    "a", "an", "the", "on", "in", "of", "with", "and", "at", "by", "to", "under", "over", "from", "as", "is", "are", "it", "there",
    "left", "right", "side", "middle", "centre", "center", "two", "three", "four",
))  # fmt: skip
SEVERAL_OF = tuple(f"{phrase} " for phrase in ("a pair of", "a couple of", "a trio of", "a few", "a group of"))


class Voice:
    """Seeded choices; the earlier of two words is the likelier."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._random = rng.random

    def chance(self, probability: float) -> bool:
        return bool(self._random() < probability)

    def pick(self, choices: Sequence[str]) -> str:
        return choices[int(len(choices) * self._random() ** SKEW)]

    def below(self, number: int) -> int:
        return int(number * self._random())

    def shuffled(self, things: Sequence[Item]) -> list[Item]:
        keyed = sorted((self._random(), place) for place in range(len(things)))
        return [things[place] for _, place in keyed]


def with_article(phrase: str) -> str:
    """ "a boat", "an old boat"; by the first letter, which is right for every word of the vocabulary (8-bit apart)."""
    return ("an " if phrase[0] in "aeiou8" else "a ") + phrase


def plural(noun: str) -> str:
    if noun in words.PLURALS:
        return words.PLURALS[noun]
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def participle(verb: str) -> str:
    return f"{verb}ming" if verb == "swim" else f"{verb}ing"


def finite(verb: str, several: bool) -> str:
    return verb if several else f"{verb[:-1]}ies" if verb == "fly" else f"{verb}s"


def described(adjective: str, phrase: str) -> str:
    """The phrase with an adjective before its nouns: ("misty", "a round hill") gives "a misty round hill"."""
    first, _, rest = phrase.partition(" ")
    if first in ("a", "an"):
        return with_article(f"{adjective} {rest}")
    return f"the {adjective} {rest}" if first == "the" else f"{adjective} {phrase}"


def takes_adjective(phrase: str) -> bool:
    """Whether a season or weather can stand before the phrase: one noun, which is no weather itself."""
    return phrase.count(" ") <= 1 and not phrase.startswith("under")


def joined(phrases: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *most, last = phrases
    return f"{', '.join(most)} and {last}" if most else last


def is_several(phrase: str) -> bool:
    """Whether the verb of a noun phrase is "are"."""
    return phrase.startswith(SEVERAL_OF) or not phrase.startswith(("a ", "an ", "the ", "one ", "another "))


@dataclass(frozen=True)
class Noun:
    """A noun phrase ("two red boats") and how to point back to it ("the boats")."""

    phrase: str
    back: str
    several: bool


def colour_word(thing: Thing, voice: Voice) -> str:
    own = words.KIND_COLOURS.get((thing.kind, thing.colour))
    if own and voice.chance(0.4):
        return own[0]
    return voice.pick(words.COLOURS[thing.colour]) if voice.chance(0.5) else words.COLOURS[thing.colour][0]


def noun(thing: Thing, voice: Voice, *, article: bool = True, before: str = "", coloured: float = 0.9) -> Noun:
    """The thing with its count and colour; `before` is an adjective that goes before all others, such as a style's."""
    several = thing.count > 1
    names = words.OBJECTS[thing.kind]
    if several and thing.kind in words.PLURAL_NAMES and voice.chance(0.35):
        name = voice.pick(words.PLURAL_NAMES[thing.kind])
    else:
        name = plural(voice.pick(names)) if several else voice.pick(names)
    bare = coloured_name(thing, name, voice, coloured)
    if before:
        bare = f"{before} {bare}"
    back = name if " " not in name else plural(names[0]) if several else names[0]
    return Noun(counted(thing, bare, voice, article=article), f"the {back}", several)


def coloured_name(thing: Thing, name: str, voice: Voice, coloured: float) -> str:
    """The name with its colour and now and then one more adjective, in the order of English."""
    adjectives = words.OBJECT_ADJECTIVES.get(thing.kind)
    adjective, _, rest = name.partition(" ")
    if adjective not in words.BEFORE_COLOUR:
        adjective, rest = "", name
        if adjectives and " " not in name and voice.chance(0.1):
            adjective = voice.pick(adjectives)
    colour = colour_word(thing, voice) if thing.colour and voice.chance(coloured) else ""
    if colour and thing.kind in words.DRESSED and voice.chance(0.8):
        rest, colour = f"{rest} in {colour}", ""
    return " ".join(part for part in (adjective, colour, rest) if part)


def counted(thing: Thing, bare: str, voice: Voice, *, article: bool) -> str:
    """The noun with its number word or its article; a plural without a number now and then."""
    if thing.count == 1:
        if not article:
            return bare
        return f"{voice.pick(words.ONE)} {bare}" if voice.chance(0.05) else with_article(bare)
    if voice.chance(0.9):
        return f"{voice.pick(words.COUNTS[thing.count])} {bare}"
    if thing.count == 2:
        return bare
    if thing.kind in words.FLOCKS and voice.chance(0.4):
        return f"{words.FLOCKS[thing.kind]} {bare}"
    return f"{voice.pick(words.SEVERAL)} {bare}" if voice.chance(0.7) else bare


def pieces(text: str) -> int:
    """Tokens of a text in the text encoder, its two marks apart; exact for the vocabulary's words."""
    total = 0
    for word in text.lower().split():
        bare = word.rstrip(",.;:")
        total += words.WORD_PIECES.get(bare, 1) + len(word) - len(bare)
    return total


def content(text: str) -> set[str]:
    """The words that say something."""
    return set(text.lower().replace(",", " ").replace(".", " ").split()) - LINKING


@dataclass
class Draft:
    """A caption in its parts, the most important first in each list, so that what does not fit is dropped from the ends."""

    head: str
    opening: str = ""
    lead: str = ""
    adverbs: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    ending: str = ""
    clauses: list[str] = field(default_factory=list)
    items_first: bool = False

    def says(self, phrase: str) -> bool:
        """Whether the draft already uses one of the phrase's own words, or is already "under" something."""
        text = self.text()
        if " under " in f" {text}" and phrase.startswith("under "):
            return True
        return not content(phrase).isdisjoint(content(text))

    def fitted(self) -> str:
        """The text, shortened until the text encoder can read all of it."""
        text = self.text()
        while pieces(text) > MOST_PIECES:
            longest = max((self.clauses, self.items, self.adverbs), key=len)
            if longest:
                longest.pop()
            elif self.lead:
                self.lead = ""
            elif self.opening or self.ending:
                self.opening = self.ending = ""
            else:
                raise ValueError(f"a caption that cannot be shortened: {text}")
            text = self.text()
        return text

    def text(self) -> str:
        with_items = f"with {joined(self.items)}" if self.items else ""
        rest = [with_items, *self.adverbs] if self.items_first else [*self.adverbs, with_items]
        lead = f"{self.lead}," if self.lead else ""
        text = " ".join(part for part in (self.opening, lead, self.head, *rest) if part) + self.ending
        if not self.clauses:
            return text
        first, *others = self.clauses
        if not others and first.startswith("while "):
            return f"{text} {first}"
        return ". ".join(_capital(sentence) for sentence in (text, *self.clauses)) + "."


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
