"""Writes the evasions from their seeds, the same each time: `python -m tests.safety.corpus.generate`.

The tables of look-alikes are written by hand here, so that the corpus does not test the code with the code's own data.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

from figment.safety import encoded

FOLDER = Path(__file__).parent
VARIANTS = 9
"""Evasions of each seed."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CYRILLIC = dict(zip("acehijkmnoprstuxy", "асеніјкмпоргѕтихү", strict=True)) | {"r": "г", "u": "υ", "n": "п"}
_GREEK = dict(zip("aeiknoptuvxy", "αεικηορτυνχγ", strict=True))
_OTHER = dict(zip("acdeghilnopsuwy", "ɑϲԁҽɡһⅰⅼոоρѕսԝу", strict=True))
_SMALL_CAPITALS = dict(zip("abcdefghijklmnoprtuvwyz", "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ", strict=True))
_ACCENTS = dict(zip("aceghijklnorsuyz", "áçëĝĥîĵķļñöŕšûýž", strict=True))
_DIGITS = dict(zip("aeioslt", "4310517", strict=True))
_SIGNS = dict(zip("aisolt", "@!$0|+", strict=True))
_INVISIBLE = ["\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\ufe0f", "\u034f", "\u180e", "\U000e0061"]
_BIDI = ["\u202a", "\u202c", "\u200e", "\u200f", "\u2066", "\u2069"]
_MARKS = ["\u0336", "\u0301", "\u0330", "\u035c", "\u20dd", "\u0489"]

Draw = random.Random
Trick = Callable[[str, Draw], str]


def _swapped(table: dict[str, str], share: float) -> Trick:
    def trick(word: str, rng: Draw) -> str:
        places = [place for place, letter in enumerate(word) if letter in table]
        chosen = set(rng.sample(places, max(1, round(share * len(places))))) if places else set()
        return "".join(table[letter] if place in chosen else letter for place, letter in enumerate(word))

    return trick


def _shifted(first: int) -> Trick:
    """Into another alphabet that has its letters in a row."""
    return lambda word, rng: "".join(
        chr(first + _LETTERS.index(letter)) if letter in _LETTERS else letter for letter in word
    )


def _inserted(characters: list[str], most: int) -> Trick:
    def trick(word: str, rng: Draw) -> str:
        return "".join(letter + "".join(rng.choices(characters, k=rng.randint(1, most))) for letter in word)

    return trick


def _separated(separator: str) -> Trick:
    return lambda word, rng: "   ".join(separator.join(part) for part in word.split())


def _cut(word: str, rng: Draw) -> str:
    """One or two signs inside each word."""
    return " ".join(_cut_one(part, rng) for part in word.split())


def _cut_one(word: str, rng: Draw) -> str:
    for _ in range(rng.randint(1, 2)):
        place = rng.randint(1, len(word) - 1)
        word = word[:place] + rng.choice([".", "-", "_", "*", "~", "·", "/"]) + word[place:]
    return word


def _stretched(word: str, rng: Draw) -> str:
    place = rng.choice([place for place, letter in enumerate(word) if letter != " "])
    return word[:place] + word[place] * rng.randint(3, 6) + word[place + 1 :]


def _starred(word: str, rng: Draw) -> str:
    """A vowel starred out in each word."""
    return " ".join(re.sub("[aeiou]", "*", part, count=1) for part in word.split())


def _decimal(word: str, rng: Draw) -> str:
    return "".join(f"&#{ord(letter)};" if rng.random() < 0.7 else letter for letter in word)


def _hexadecimal(word: str, rng: Draw) -> str:
    return "".join(f"&#x{ord(letter):04X};" for letter in word)


def _nested(word: str, rng: Draw) -> str:
    return "".join(f"&amp;{'amp;' * rng.randint(0, 3)}#{ord(letter)};" for letter in word)


def _capitals(word: str, rng: Draw) -> str:
    return "".join(rng.choice([letter, letter.upper()]) for letter in word)


TRICKS: dict[str, Trick] = {
    "cyrillic": _swapped(_CYRILLIC, 0.7),
    "greek": _swapped(_GREEK, 1.0),
    "look-alikes": _swapped(_OTHER, 0.6),
    "small capitals": _swapped(_SMALL_CAPITALS, 1.0),
    "accents": _swapped(_ACCENTS, 0.7),
    "digits": _swapped(_DIGITS, 1.0),
    "a digit": _swapped(_DIGITS, 0.3),
    "signs": _swapped(_SIGNS, 0.7),
    "fullwidth": _shifted(0xFF41),
    "bold": _shifted(0x1D41A),
    "fraktur": _shifted(0x1D586),
    "double-struck": _shifted(0x1D552),
    "circled": _shifted(0x24D0),
    "squared": _shifted(0x1F170),
    "regional": _shifted(0x1F1E6),
    "invisible": _inserted(_INVISIBLE, 2),
    "bidi": _inserted(_BIDI, 1),
    "zalgo": _inserted(_MARKS, 5),
    "spaced": _separated(" "),
    "dotted": _separated("."),
    "dashed": _separated("-"),
    "lines": _separated("\n"),
    "wide": _separated("\u3000"),
    "cut": _cut,
    "stretched": _stretched,
    "starred": _starred,
    "decimal": _decimal,
    "hexadecimal": _hexadecimal,
    "nested": _nested,
    "capitals": _capitals,
}
PAIRS = [
    ("digits", "spaced"),
    ("cyrillic", "dotted"),
    ("accents", "invisible"),
    ("a digit", "cut"),
    ("stretched", "capitals"),
    ("fullwidth", "spaced"),
    ("cyrillic", "invisible"),
    ("small capitals", "dashed"),
    ("a digit", "decimal"),
    ("stretched", "cyrillic"),
    ("look-alikes", "zalgo"),
    ("signs", "capitals"),
]


def evasions(seeds: list[str], seed: int) -> list[dict[str, object]]:
    """Each seed as it is, disguised in several ways, and split over two fields."""
    rng = random.Random(seed)
    made = []
    for line in seeds:
        category, text = line.split("\t")
        ways: list[tuple[str, ...]] = [
            (),
            *((trick,) for trick in rng.sample(list(TRICKS), VARIANTS - 4)),
            *rng.sample(PAIRS, 2),
        ]
        made += [_evasion(category, way, {"prompt": _disguised(text, way, rng)}) for way in ways]
        made.append(_evasion(category, ("split",), _split(text, rng)))
    return made


def _disguised(text: str, way: tuple[str, ...], rng: Draw) -> str:
    def disguise(found: re.Match[str]) -> str:
        word = found[1]
        for trick in way:
            word = TRICKS[trick](word, rng)
        return word

    return re.sub(r"\[([^\]]+)\]", disguise, text)


def _split(text: str, rng: Draw) -> dict[str, str]:
    """A disguised word begins in one field and ends in the other, in either order of the fields."""
    found = list(re.finditer(r"\[([^\]]+)\]", text))[-1]
    place = rng.randint(found.start(1) + 1, found.end(1) - 1)
    before, after = (part.replace("[", "").replace("]", "") for part in (text[:place], text[place:]))
    return {"prompt": before, "title": after} if rng.random() < 0.5 else {"title": after, "prompt": before}


def _evasion(category: str, way: tuple[str, ...], fields: dict[str, str]) -> dict[str, object]:
    return {"category": category, "way": " + ".join(way) or "plain", "kind": "prompt", "fields": fields}


def corpus(name: str, seed: int) -> str:
    """The lines of one corpus, JSON, in the clear."""
    made = evasions(encoded.read(FOLDER / f"{name}_seeds.encoded"), seed)
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in made)


CORPORA = {"evasions": 1, "held_out": 2}


def main() -> None:
    for name, seed in CORPORA.items():
        encoded.write(FOLDER / f"{name}.encoded", corpus(name, seed))


if __name__ == "__main__":
    main()
