"""Is what was asked for in the picture? In the manner of GenEval (Ghosh et al., 2023), with our probe for its detector."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from training.world.description import Shown, Thing


@dataclass(frozen=True)
class Answer:
    """What a probe says of one picture, in the words of the description.

    `things`: for every kind of object that it sees, the words of `words_of`. `whole`: those of `words_of_the_whole`.
    """

    things: Mapping[str, Mapping[str, str]]
    whole: Mapping[str, str]


@dataclass
class Score:
    """How often each attribute was asked for, and how often it was there."""

    asked: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)

    def add(self, attribute: str, right: bool) -> None:
        self.asked[attribute] += 1
        self.right[attribute] += right

    def shares(self) -> dict[str, float]:
        return {name: self.right[name] / count for name, count in self.asked.items()}


def score(answers: Sequence[Answer], wanted: Sequence[Shown]) -> Score:
    """Every attribute that a description states, over all pictures; "all" counts the pictures of which every one is right.

    A colour, count or place is right only where its object is seen. A count of one is counted by itself ("single"), so
    that it does not hide how often several are right. "nothing else": no kind of object is seen that the description
    does not name; of pictures made from a prompt that is no fault, of renders it is the probe's.
    """
    result = Score()
    for answer, shown in zip(answers, wanted, strict=True):
        for attribute, right in _verdicts(answer, shown):
            result.add(attribute, right)
        result.add("all", all_right(answer, shown))
        result.add("nothing else", set(answer.things) <= {thing.kind for thing in shown.things})
    return result


def all_right(answer: Answer, shown: Shown) -> bool:
    return all(right for _, right in _verdicts(answer, shown))


def _verdicts(answer: Answer, shown: Shown) -> Iterator[tuple[str, bool]]:
    for thing in shown.things:
        seen = answer.things.get(thing.kind)
        yield "object", seen is not None
        # Of two groups of one kind a probe that answers by kind can say no more.
        if sum(other.kind == thing.kind for other in shown.things) == 1:
            for name, word in words_of(thing).items():
                if word:
                    yield "single" if word == "1" else name, seen is not None and seen[name] == word
    for name, word in words_of_the_whole(shown).items():
        if word:
            yield name, answer.whole[name] == word


def words_of(thing: Thing) -> dict[str, str]:
    """Empty where nothing is said."""
    return {"colour": thing.colour, "count": str(thing.count), "place": thing.across}


def words_of_the_whole(shown: Shown) -> dict[str, str]:
    """A village is another sight from above than from the ground: a setting is named with its view."""
    setting = f"{shown.view} {shown.setting}" if shown.setting else ""
    return {
        "style": shown.style,
        "time": shown.time,
        "weather": shown.weather,
        "view": shown.view,
        "setting": setting,
    }
