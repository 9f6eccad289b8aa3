"""The decisions of moderation, on made-up people and days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.safety import rules
from figment.safety.rules import Outcome, Reporter, Said, Standing, Step

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ADA, MIA, MO = uuid4(), uuid4(), uuid4()

strikes = st.lists(st.tuples(st.sampled_from([0.5, 1.0]), st.floats(0, 300)), max_size=20)
reports = st.lists(
    st.builds(Said, weight=st.floats(0, 3), guest=st.booleans(), child_safety=st.booleans()), max_size=30
)
reporters = st.builds(
    Reporter,
    rank=st.sampled_from(["guest", "user", "moderator", "admin"]),
    age=st.timedeltas(timedelta(0), timedelta(days=900)),
    upheld=st.integers(0, 50),
    decided=st.integers(50, 100),
)


class TestStrikes:
    @given(strikes, st.floats(0, 365))
    def test_the_sum_fades_as_each_does(self, given: list[tuple[float, float]], days: float) -> None:
        later = rules.score([(weight, age + days) for weight, age in given])
        assert later == pytest.approx(rules.score(given) * 0.5 ** (days / 30))

    @given(strikes)
    def test_a_limit_lasts_until_the_score_is_half_a_point_below_it(self, given: list[tuple[float, float]]) -> None:
        points = rules.score(given)
        for limit in (rules.SLOWED, rules.MUTED):
            days = rules.days_limited(points, limit)
            assert (days > 0) == (points >= limit - rules.NEARLY)
            if days:
                assert points * 0.5 ** (days / 30) == pytest.approx(limit - rules.RELEASE)

    def test_the_ladder(self) -> None:
        climbed = [rules.step(rules.score([(1.0, age) for age in range(count)])) for count in range(4)]
        assert climbed == [Step.NONE, Step.WARNED, Step.SLOWED, Step.MUTED]
        assert rules.step(rules.score([(1.0, 60.0)] * 3)) == Step.NONE, "two months later it is forgotten"

    def test_two_halves_make_a_warning(self) -> None:
        assert rules.step(rules.score([(0.5, 0)])) == Step.NONE
        assert rules.step(rules.score([(0.5, 0), (0.5, 1)])) == Step.WARNED


class TestReports:
    @pytest.mark.parametrize(
        ("reporter", "weight"),
        [
            (Reporter("guest", timedelta(days=90)), 0.3),
            (Reporter("user", timedelta(hours=23)), 0.7),
            (Reporter("user", timedelta(days=1)), 1.0),
            (Reporter("user", timedelta(days=9), upheld=8, decided=8), 1.8),
            (Reporter("user", timedelta(days=9), upheld=0, decided=8), 0.25),
            (Reporter("moderator", timedelta(0), upheld=0, decided=50), 3.0),
            (Reporter("admin", timedelta(0), owns_it=True), 0.0),
        ],
    )
    def test_what_one_weighs(self, reporter: Reporter, weight: float) -> None:
        assert rules.reporter_weight(reporter) == pytest.approx(weight)

    @given(reporters)
    def test_it_is_bounded_and_being_right_never_weighs_less(self, reporter: Reporter) -> None:
        weight = rules.reporter_weight(reporter)
        assert 0.3 * 0.25 <= weight <= 3
        righter = replace(reporter, upheld=reporter.upheld + 1, decided=reporter.decided + 1)
        assert rules.reporter_weight(righter) >= weight
        assert rules.reporter_weight(replace(reporter, owns_it=True)) == 0

    @given(reports, st.floats(0.1, 10))
    def test_one_more_report_never_shows_what_was_hidden(self, said: list[Said], threshold: float) -> None:
        if rules.hides(said, threshold):
            assert rules.hides([*said, Said(0.3, guest=True)], threshold)
        if rules.hides(said, threshold, cleared=True):
            assert rules.hides(said, threshold)

    @given(st.integers(0, 200))
    def test_guests_alone_never_hide_what_is_no_harm_to_children(self, count: int) -> None:
        assert not rules.hides([Said(0.6, guest=True)] * count, 2.0)

    def test_three_new_accounts_hide_and_two_do_not(self) -> None:
        assert not rules.hides([Said(0.7, guest=False)] * 2, 2.0)
        assert rules.hides([Said(0.7, guest=False)] * 3, 2.0)

    def test_harm_to_children_needs_one(self) -> None:
        said = [Said(0.7, guest=False, child_safety=True), Said(0.3, guest=True, child_safety=True)]
        assert rules.hides(said, 2.0)
        assert not rules.hides(said[:1], 2.0)
        assert not rules.hides([said[0], Said(0.3, guest=True)], 2.0), "others' reasons do not make it that"


class TestDeciding:
    def test_who_may(self) -> None:
        case = Standing(concerned=frozenset({ADA}), decided=False)
        assert rules.why_not_claim(case, MIA, NOW) is None
        assert "Claim" in (rules.why_not_decide(case, MIA, NOW) or "")
        claimed = replace(case, claimed_by=MIA, claimed_at=NOW)
        assert rules.why_not_decide(claimed, MIA, NOW) is None
        assert "Somebody else" in (rules.why_not_claim(claimed, MO, NOW) or "")
        assert "your own" in (rules.why_not_claim(replace(case, concerned=frozenset({ADA, MIA})), MIA, NOW) or "")
        assert "your own decision" in (rules.why_not_claim(replace(case, decided_before_by=MIA), MIA, NOW) or "")
        assert "decided" in (rules.why_not_claim(replace(case, decided=True), MIA, NOW) or "")

    @given(st.timedeltas(timedelta(0), timedelta(hours=2)))
    def test_a_claim_lapses_after_half_an_hour(self, ago: timedelta) -> None:
        claimed = Standing(concerned=frozenset({ADA}), decided=False, claimed_by=MIA, claimed_at=NOW - ago)
        lasts = ago < timedelta(minutes=30)
        assert rules.holder(claimed, NOW) == (MIA if lasts else None)
        assert (rules.why_not_claim(claimed, MO, NOW) is None) != lasts
        assert (rules.why_not_decide(claimed, MIA, NOW) is None) == lasts


class TestAppeals:
    REFUSED = Outcome(refused=True, decided_at=NOW, is_appeal=False, appealed=False)

    @given(st.timedeltas(timedelta(0), timedelta(days=60)))
    def test_within_thirty_days(self, later: timedelta) -> None:
        assert (rules.why_not_appeal(self.REFUSED, NOW + later) is None) == (later <= timedelta(days=30))

    @pytest.mark.parametrize(
        "other", [{"refused": False}, {"decided_at": None}, {"is_appeal": True}, {"appealed": True}]
    )
    def test_once_and_against_a_refusal(self, other: dict[str, object]) -> None:
        assert rules.why_not_appeal(replace(self.REFUSED, **other), NOW) is not None  # type: ignore[arg-type]
