"""Looking at text before it is used: one call for prompts, comments and names alike."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from figment.safety.fields import Kind, Role, role, spread
from figment.safety.folding import Characters
from figment.safety.matching import Hits, Matcher, TooMany
from figment.safety.policy import Action, Policy, PolicyBroken, Profile, Rule, load
from figment.safety.text import folded
from figment.safety.verdict import Reason, Verdict, verdict

SEAM_CHARACTERS = 64
"""How much of two fields is read across the border between them."""
COMMENT_NEAR_WORDS = 25
"""Words of a rule without a distance are looked for so far apart where people read, not everywhere as in a prompt."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Read:
    """A field, or the border between two, after matching."""

    fields: tuple[str, ...]
    role: Role
    hits: list[Hits]
    glued: bool = False
    """Two fields without a space between: it may be chance, so that it is never refused for this alone."""

    def lists(self) -> set[str]:
        return {name for hits in self.hits for name in hits.spans}


class Screener:
    """Screens text by a policy. Safe for several threads; the policy file is read again when it changes."""

    def __init__(self, path: Path | None = None, profile: Profile = "general") -> None:
        """Raises PolicyBroken where the file cannot be used."""
        self.profile = profile
        self._path = path
        self._seen = self._stamp()
        self._use(load(path))

    @property
    def policy(self) -> Policy:
        return self._policy

    def screen(self, fields: Mapping[str, str], kind: Kind) -> Verdict:
        """Linear in the fields' length. Neighbouring fields are also read as one, in both orders."""
        self.reload_if_changed()
        policy, matcher = self._ready
        try:
            read = list(_read(fields, kind, matcher))
        except TooMany:
            return verdict([_too_many(tuple(fields))], policy.fingerprint)
        return verdict(self._reasons(policy, read), policy.fingerprint)

    def reload_if_changed(self) -> None:
        """A file that is broken now changes nothing, and is told of in the log."""
        stamp = self._stamp()
        if stamp == self._seen:
            return
        self._seen = stamp
        try:
            self._use(load(self._path))
        except PolicyBroken as error:
            log.error("safety_policy_broken", error=str(error))
        else:
            log.info("safety_policy_read", policy=self._policy.fingerprint)

    def _use(self, policy: Policy) -> None:
        self._policy = policy
        # Together in one assignment: another thread must not match by one policy and judge by another.
        self._ready = policy, Matcher(policy.lists, policy.passes)

    def _stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return (0, 0)
        return status.st_mtime_ns, status.st_size

    def _reasons(self, policy: Policy, read: list[_Read]) -> Iterator[Reason]:
        for name, rule in policy.rules.items():
            category = policy.categories[rule.category]
            action = category.action(self.profile)
            if action == Action.ALLOW:
                continue
            found = _found(rule, read, category.negative_prompt)
            if found is not None:
                least = Action.HOLD if found.glued else action
                yield Reason(rule.category, category.reason, found.fields, least, name)


def _read(fields: Mapping[str, str], kind: Kind, matcher: Matcher) -> Iterator[_Read]:
    kept: list[tuple[str, Role, Characters]] = []
    for name, text in fields.items():
        belongs = role(name, kind)
        codes = folded(spread(text) if belongs == Role.NAME else text)
        yield _Read((name,), belongs, matcher.find(codes))
        if belongs != Role.UNWANTED and len(codes):
            kept.append((name, belongs, codes))
    for one, two in itertools.pairwise(kept):
        for first, second in ((one, two), (two, one)):
            yield from _seams(first, second, matcher)


def _seams(
    first: tuple[str, Role, Characters], second: tuple[str, Role, Characters], matcher: Matcher
) -> Iterator[_Read]:
    before, after = first[2][-SEAM_CHARACTERS:], second[2][:SEAM_CHARACTERS]
    names, belongs = (first[0], second[0]), first[1]
    space = np.array([0x20], np.uint32)
    for glue, glued in ((space, False), (space[:0], True)):
        hits = matcher.find(np.concatenate([before, glue, after]))
        if hits:
            yield _Read(names, belongs, hits, glued)


@dataclass(frozen=True)
class _Found:
    fields: tuple[str, ...]
    glued: bool = False


def _found(rule: Rule, read: list[_Read], in_negative_prompt: bool) -> _Found | None:
    """Where a rule holds, the surest place first."""
    if rule.negative_prompt and not _unwanted_has(rule, read):
        return None
    groups = rule.groups()
    looked_at = [
        each for each in read if each.role != Role.UNWANTED or (in_negative_prompt and not rule.negative_prompt)
    ]
    for each in sorted(looked_at, key=lambda each: each.glued):
        if _holds(groups, _distance(rule, each.role), each):
            return _Found(each.fields, each.glued)
    return None if rule.near_words else _across(groups, looked_at)


def _unwanted_has(rule: Rule, read: list[_Read]) -> bool:
    lists = set().union(*(each.lists() for each in read if each.role == Role.UNWANTED))
    return all(group & lists for group in rule.unwanted_groups())


def _distance(rule: Rule, role: Role) -> int:
    return rule.near_words or (COMMENT_NEAR_WORDS if role == Role.COMMENT else 0)


def _holds(groups: list[frozenset[str]], near_words: int, read: _Read) -> bool:
    """Whether one field has all groups, as near to each other as they must be."""
    lists = read.lists()
    if not all(group & lists for group in groups):
        return False
    if len(groups) == 1 or not near_words:
        return True
    return any(_near([hits.words(group) for group in groups], near_words) for hits in read.hits)


def _near(places: list[list[int]], near_words: int) -> bool:
    """Whether some stretch of so many words has one of each; linear after sorting."""
    latest: dict[int, int] = {}
    for place, group in sorted((place, group) for group, each in enumerate(places) for place in each):
        latest[group] = place
        if len(latest) == len(places) and place - min(latest.values()) <= near_words:
            return True
    return False


def _across(groups: list[frozenset[str]], read: list[_Read]) -> _Found | None:
    """Whether the fields that belong to one picture have all groups between them."""
    of_picture = [each for each in read if each.role in {Role.WANTED, Role.NAME} and not each.glued]
    named: dict[str, None] = {}
    for group in groups:
        having = next((each for each in of_picture if group & each.lists()), None)
        if having is None:
            return None
        named.update(dict.fromkeys(having.fields))
    return _Found(tuple(named))


def _too_many(fields: Collection[str]) -> Reason:
    message = "This text is too long and full of doubtful words to be judged by a machine. Shorten it, or wait for a person to read it."
    return Reason("too_many", message, tuple(fields), Action.HOLD, "too_many")
