"""What is not made here: a policy that people can read and change, and the part of it that nobody can relax.

The built-in policy is `policies/default.toml`; an operator's file says only what differs (docs/howto/policy.md). Both are the same
kind of file.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from figment.safety import encoded
from figment.safety.matching import Matcher
from figment.safety.text import normalise

Profile = Literal["general", "mature"]
PROFILES: tuple[Profile, ...] = ("general", "mature")

ALWAYS_REFUSED = ("minors", "intimate_images")
"""Sexual content with minors and intimate images of people who did not agree. No file changes what is done about them."""


class Action(StrEnum):
    ALLOW = "allow"
    HOLD = "hold"
    REFUSE = "refuse"


class PolicyBroken(ValueError):
    """A policy file cannot be used; the message names file, line and field, and what to do."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Category(_Table):
    """What is done about one kind of content, and what the person is told."""

    reason: str = Field(min_length=10)
    general: Action
    mature: Action
    negative_prompt: bool = False
    """Whether it is looked for in negative prompts too, because others see them beside the image."""

    def action(self, profile: Profile) -> Action:
        return self.general if profile == "general" else self.mature


class WordList(_Table):
    """Terms: from an encoded file beside the policy, and in plain writing."""

    file: str | None = None
    words: list[str] = []
    without: list[str] = []


class Rule(_Table):
    """Every entry of `all_of` must be found; an entry is a list, or several with `|` between them."""

    category: str
    all_of: list[str] = Field(min_length=1)
    near_words: int = Field(default=0, ge=0, le=1000)
    """How many words apart they may be; 0 is anywhere."""
    negative_prompt: list[str] = []
    """What must, besides, be found in the negative prompt."""

    def groups(self) -> list[frozenset[str]]:
        return [frozenset(part.strip() for part in entry.split("|")) for entry in self.all_of]

    def unwanted_groups(self) -> list[frozenset[str]]:
        return [frozenset(part.strip() for part in entry.split("|")) for entry in self.negative_prompt]

    def lists(self) -> frozenset[str]:
        return frozenset().union(*self.groups(), *self.unwanted_groups())


class ImageThresholds(_Table):
    """From which score of an image classifier's label on an image is held, and from which refused (images.py)."""

    category: str
    hold: float = Field(ge=0, le=1)
    refuse: float = Field(ge=0, le=1)


class _CategoryChange(_Table):
    """A category in an operator's file: what is not said stays."""

    reason: str | None = Field(default=None, min_length=10)
    general: Action | None = None
    mature: Action | None = None
    negative_prompt: bool | None = None


class _File(_Table):
    version: Literal[1]
    categories: dict[str, _CategoryChange] = {}
    lists: dict[str, WordList] = {}
    rules: dict[str, Rule] = {}
    images: dict[str, ImageThresholds] = {}
    passes: WordList = WordList()


@dataclass(frozen=True)
class Policy:
    """A policy ready to be matched. Terms are as written: `word`, `two words`, `begin*`, `*within*`, `=exactly`."""

    categories: Mapping[str, Category]
    rules: Mapping[str, Rule]
    lists: Mapping[str, tuple[str, ...]]
    passes: tuple[str, ...]
    images: Mapping[str, ImageThresholds] = field(default_factory=dict)

    @cached_property
    def fingerprint(self) -> str:
        """Names this policy in a log, so that a decision can be understood later."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


def builtin_folder() -> Path:
    return Path(str(resources.files("figment.safety").joinpath("policies")))


def load(path: Path | None = None) -> Policy:
    """The built-in policy with an operator's file over it. Raises PolicyBroken."""
    default = builtin_folder() / "default.toml"
    policy = _merged(Policy({}, {}, {}, ()), _Source(default))
    if path is None:
        return policy
    source = _Source(path)
    _refuse_relaxing(policy, source)
    return _merged(policy, source)


class _Source:
    """A policy file: its content, and where in it things stand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.text = path.read_text("utf-8")
            self.file = _File.model_validate(tomllib.loads(self.text))
        except OSError as error:
            raise PolicyBroken(
                f"{path}: cannot be read ({error.strerror}). Correct the setting or the file's rights."
            ) from error
        except UnicodeDecodeError as error:
            raise PolicyBroken(f"{path}: is not UTF-8. Save it as UTF-8.") from error
        except tomllib.TOMLDecodeError as error:
            raise PolicyBroken(f"{path}: is not TOML: {error}. Mend that line; https://toml.io shows how.") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise self.broken(
                first["loc"], f"{first['msg']}. See docs/howto/policy.md for what may stand there"
            ) from error

    def broken(self, place: tuple[int | str, ...], what: str) -> PolicyBroken:
        name = ".".join(str(part) for part in place)
        return PolicyBroken(f"{self.path}, line {self.line(place)}, {name}: {what}.")

    def line(self, place: tuple[int | str, ...]) -> int:
        """The line of a field, or of the nearest table above it that is written in the file."""
        names = [str(part) for part in place if isinstance(part, str)]
        lines = self.text.splitlines()
        table = next((n for cut in range(len(names), 0, -1) if (n := _heading(lines, names[:cut]))), 0)
        if table and _heading(lines, names) == table:
            return table
        for number, line in enumerate(lines[table:], table + 1):
            if line.lstrip().startswith("["):
                break
            if names and re.match(rf"\s*[\"']?{re.escape(names[-1])}[\"']?\s*=", line):
                return number
        return table or 1

    def terms(self, words: WordList, place: tuple[str, ...]) -> Iterator[str]:
        """Of a list: its file's and its own, spelled out. Raises PolicyBroken."""
        written = [*self._from_file(words, place), *words.words]
        for term in written:
            for spelled in spelled_out(term):
                if not normalise(spelled):
                    raise self.broken((*place, "words"), f"the term {term!r} has no letters. Remove it")
                yield spelled

    def _from_file(self, words: WordList, place: tuple[str, ...]) -> list[str]:
        if words.file is None:
            return []
        try:
            return encoded.read(self.path.parent / words.file)
        except OSError as error:
            what = f"{words.file} cannot be read ({error.strerror}). It is looked for beside the policy file"
            raise self.broken((*place, "file"), what) from error
        except encoded.NotEncoded as error:
            raise self.broken((*place, "file"), str(error).rstrip(".")) from error


def _heading(lines: list[str], names: list[str]) -> int | None:
    wanted = ".".join(names)
    for number, line in enumerate(lines, 1):
        if re.sub(r"[\s\"']", "", line.partition("#")[0]) in {f"[{wanted}]", f"[[{wanted}]]"}:
            return number
    return None


def spelled_out(term: str) -> list[str]:
    """`{a,b} c` as `a c` and `b c`."""
    parts = re.split(r"\{([^{}]*)\}", term)
    choices = [part.split(",") if index % 2 else [part] for index, part in enumerate(parts)]
    return ["".join(choice).strip() for choice in product(*choices)]


_FIXED = "Sexual content with minors and intimate images without consent are always refused"


def _refuse_relaxing(base: Policy, source: _Source) -> None:
    """Raises PolicyBroken where a file touches what is always refused, other than by adding to it."""
    _actions_stay(source)
    _rules_stay(base, source)
    _images_stay(base, source)
    _words_stay(base, source)


def _actions_stay(source: _Source) -> None:
    for name in ALWAYS_REFUSED:
        change = source.file.categories.get(name)
        for profile in PROFILES:
            if change is not None and getattr(change, profile) not in {None, Action.REFUSE}:
                raise source.broken(("categories", name, profile), f'{_FIXED}. Write "refuse" or remove the line')


def _rules_stay(base: Policy, source: _Source) -> None:
    for name in source.file.rules:
        if name in base.rules and base.rules[name].category in ALWAYS_REFUSED:
            raise source.broken(("rules", name), f"{_FIXED}. Give your own rule another name")


def _images_stay(base: Policy, source: _Source) -> None:
    for name, label in source.file.images.items():
        known = base.images.get(name)
        if known is None or known.category not in ALWAYS_REFUSED:
            continue
        if label.category != known.category or label.hold > known.hold or label.refuse > known.refuse:
            raise source.broken(("images", name), f"{_FIXED}. Lower the scores instead, or remove the line")


def _words_stay(base: Policy, source: _Source) -> None:
    fixed = frozenset().union(*(rule.lists() for rule in base.rules.values() if rule.category in ALWAYS_REFUSED))
    for name, words in source.file.lists.items():
        if name in fixed and words.without:
            what = f"{_FIXED}, and this list is a part of it. Remove the line, or make a list of your own"
            raise source.broken(("lists", name, "without"), what)
    guarded = Matcher({name: base.lists[name] for name in fixed}, ())
    for phrase in source.terms(source.file.passes, ("passes",)):
        if guarded.lists_in(phrase.strip("=*")):
            what = f"{_FIXED}; the phrase {phrase!r} would let some of it pass. Remove it"
            raise source.broken(("passes", "words"), what)


def _merged(base: Policy, source: _Source) -> Policy:
    file = source.file
    categories = {**base.categories, **{name: _category(base, source, name) for name in file.categories}}
    lists = dict(base.lists)
    for name, words in file.lists.items():
        gone = {normalise(word) for word in words.without}
        terms = dict.fromkeys([*lists.get(name, ()), *source.terms(words, ("lists", name))])
        lists[name] = tuple(term for term in terms if normalise(term) not in gone)
    rules = {**base.rules, **file.rules}
    _check_names(source, categories, lists)
    gone = {normalise(word) for word in file.passes.without}
    passes = dict.fromkeys([*base.passes, *source.terms(file.passes, ("passes",))])
    kept = tuple(phrase for phrase in passes if normalise(phrase) not in gone)
    return Policy(categories, rules, lists, kept, {**base.images, **file.images})


def _check_names(source: _Source, categories: Mapping[str, Category], lists: Mapping[str, tuple[str, ...]]) -> None:
    """Raises PolicyBroken where a rule or an image's label names what is not there."""
    for name, rule in source.file.rules.items():
        if rule.category not in categories:
            raise source.broken(("rules", name, "category"), _choose("category", rule.category, categories))
        for wanted in sorted(rule.lists()):
            if wanted not in lists:
                raise source.broken(("rules", name, "all_of"), _choose("list", wanted, lists))
    for name, label in source.file.images.items():
        if label.category not in categories:
            raise source.broken(("images", name, "category"), _choose("category", label.category, categories))
        if label.refuse < label.hold:
            raise source.broken(("images", name, "refuse"), "is below `hold`. Make it as high or higher")


def _category(base: Policy, source: _Source, name: str) -> Category:
    known = base.categories[name].model_dump() if name in base.categories else {}
    change = source.file.categories[name].model_dump(exclude_none=True)
    try:
        return Category.model_validate({**known, **change})
    except ValidationError as error:
        missing: Any = error.errors()[0]["loc"]
        what = "a new category needs `reason`, `general` and `mature`"
        raise source.broken(("categories", name, *missing), what) from error


def _choose(what: str, given: str, known: Mapping[str, object]) -> str:
    return f"there is no {what} {given!r}. Choose one of {', '.join(sorted(known))}, or add it"
