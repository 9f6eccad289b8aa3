"""What becomes of a picture by what classifiers see in it. The classifiers are plug-ins; this is their contract and the judgement.

A picture is never changed: it is approved, held until a person has looked, or refused with the reason.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from figment.safety.policy import Action, ImageThresholds, Policy, Profile
from figment.safety.verdict import Reason, Verdict, verdict

FIELD = "image"
UNSURE = "The checks could not say what this image shows, and a person looks at it first."


@dataclass(frozen=True)
class Finding:
    """What a classifier says of one picture of a batch: a label of the policy's `[images]`, and how sure it is, from 0 to 1."""

    picture: int
    label: str
    score: float


class ImageClassifier(Protocol):
    """Looks at pictures."""

    async def classify(self, pixels: NDArray[np.uint8]) -> list[Finding]:
        """`pixels`: (n, height, width, 3) uint8, RGB. What is not in the answer was not seen."""
        ...


def judge(pictures: int, findings: Sequence[Finding], policy: Policy, profile: Profile) -> list[Verdict]:
    """One verdict a picture. Raises ValueError where a finding is of a picture that is not there.

    A label that the policy does not know, or a score that is no number from 0 to 1, is held: what is unsure is looked at.
    """
    reasons: list[list[Reason]] = [[] for _ in range(pictures)]
    for finding in findings:
        if not 0 <= finding.picture < pictures:
            raise ValueError(f"A finding is of picture {finding.picture}; there are {pictures}, counted from 0.")
        reason = _reason(finding, policy, profile)
        if reason is not None:
            reasons[finding.picture].append(reason)
    return [verdict(of_picture, policy.fingerprint) for of_picture in reasons]


async def look(
    classifiers: Sequence[ImageClassifier], pixels: NDArray[np.uint8], policy: Policy, profile: Profile
) -> list[Verdict]:
    """Asks all classifiers of a batch. Raises what a classifier raises: a check that failed must not look like one that passed."""
    findings = [finding for classifier in classifiers for finding in await classifier.classify(pixels)]
    return judge(len(pixels), findings, policy, profile)


def _reason(finding: Finding, policy: Policy, profile: Profile) -> Reason | None:
    thresholds = policy.images.get(finding.label)
    if thresholds is None or math.isnan(finding.score) or not 0 <= finding.score <= 1:
        return Reason("unsure", UNSURE, (FIELD,), Action.HOLD, finding.label)
    category = policy.categories[thresholds.category]
    action = _least(category.action(profile), _by_score(finding.score, thresholds))
    if action == Action.ALLOW:
        return None
    return Reason(thresholds.category, category.reason, (FIELD,), action, finding.label)


def _by_score(score: float, thresholds: ImageThresholds) -> Action:
    if score >= thresholds.refuse:
        return Action.REFUSE
    return Action.HOLD if score >= thresholds.hold else Action.ALLOW


def _least(*actions: Action) -> Action:
    """The mildest: a category that is only held is not refused, however sure a classifier is."""
    return min(actions, key=[Action.ALLOW, Action.HOLD, Action.REFUSE].index)
