"""What becomes of something that was looked at, and what the person is told. Never the words that led to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from figment.safety.policy import Action


class State(StrEnum):
    APPROVED = "approved"
    HELD = "held"
    REFUSED = "refused"


_STATES = {Action.ALLOW: State.APPROVED, Action.HOLD: State.HELD, Action.REFUSE: State.REFUSED}
_ORDER = (State.APPROVED, State.HELD, State.REFUSED)


@dataclass(frozen=True)
class Reason:
    """Why: a category of the policy, a sentence for the person, the fields that it was found in, by which rule."""

    category: str
    message: str
    fields: tuple[str, ...]
    action: Action
    rule: str


@dataclass(frozen=True)
class Verdict:
    """The state that follows from the reasons, worst first; and the policy that they are by."""

    state: State
    reasons: tuple[Reason, ...]
    policy: str


def verdict(reasons: Iterable[Reason], policy: str) -> Verdict:
    """One reason a category, the worst of it; what is allowed is no reason."""
    worst: dict[str, Reason] = {}
    for reason in reasons:
        known = worst.get(reason.category)
        if reason.action != Action.ALLOW and (known is None or _rank(reason) > _rank(known)):
            worst[reason.category] = reason
    ordered = tuple(sorted(worst.values(), key=lambda reason: -_rank(reason)))
    return Verdict(_STATES[ordered[0].action] if ordered else State.APPROVED, ordered, policy)


def together(*verdicts: Verdict) -> Verdict:
    """Of the same thing, looked at in several ways: the worst of them, with all reasons. By the first one's policy."""
    return verdict((reason for each in verdicts for reason in each.reasons), verdicts[0].policy)


def _rank(reason: Reason) -> int:
    return _ORDER.index(_STATES[reason.action])
