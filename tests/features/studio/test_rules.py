"""Studio's rules: what is left out, what is to be done, and the seeds of several images."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from figment.core.ids import uuid7
from figment.features.studio import rules
from figment.features.studio.rules import name_key, seeds, tidy_name, why_not_archive
from figment.generation.contract import MAX_SEED


def test_a_zero_was_asked_and_a_none_was_not() -> None:
    assert rules.given(0, 12) == 0
    assert rules.given(None, 12) == 12


@pytest.mark.parametrize(
    ("image", "mask", "task"),
    [(None, None, "text-to-image"), ("i", None, "image-to-image"), ("i", "m", "inpainting")],
)
def test_the_pictures_say_what_is_to_be_done(image: str | None, mask: str | None, task: str) -> None:
    assert rules.task_of(image, mask) == task


@given(st.integers(0, MAX_SEED), st.integers(1, 8))
def test_seeds_follow_one_another_and_are_all_different(first: int, count: int) -> None:
    found = seeds(first, count)
    assert found[0] == first
    assert len(set(found)) == count
    assert all(0 <= seed <= MAX_SEED for seed in found)


def test_seeds_go_round_the_end() -> None:
    assert list(seeds(MAX_SEED, 3)) == [MAX_SEED, 0, 1]


def test_the_first_id_of_a_moment_parts_what_came_before_from_what_comes_after() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    made = uuid7()
    after = datetime.now(UTC) + timedelta(milliseconds=1)
    assert rules.first_id_at(before) < made < rules.first_id_at(after)


def test_a_moment_is_the_same_in_every_time_zone_and_none_is_before_the_first() -> None:
    moment = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert rules.first_id_at(moment.astimezone(timezone(timedelta(hours=-5)))) == rules.first_id_at(moment)
    assert rules.first_id_at(datetime(1, 1, 1, tzinfo=UTC)) == UUID(int=0)
    assert rules.first_id_at(datetime.max.replace(tzinfo=UTC)).int < 2**128


@given(st.lists(st.sampled_from(["a", "海", " ", "\t", "\u00a0", "B"]), min_size=1, max_size=rules.LONGEST_NAME))
def test_a_name_is_kept_with_single_spaces_within_and_none_around(letters: list[str]) -> None:
    tidy = tidy_name("".join(["x", *letters[1:]]))
    assert tidy_name(tidy) == tidy
    assert "  " not in tidy
    assert tidy == tidy.strip()


@pytest.mark.parametrize(("name", "reason"), [(" \n", "Give the"), ("\u200b", "Give the"), ("x" * 81, "At most 80")])
def test_a_name_that_is_none_is_refused_with_a_reason(name: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        tidy_name(name)


@pytest.mark.parametrize(
    ("one", "other"), [("Boats", "bOATS"), ("ÄPFEL", "äpfel"), ("straße", "STRASSE"), ("ｆｉｇ", "fig")]
)
def test_names_that_look_the_same_have_one_key(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_that_differ_have_two_keys() -> None:
    assert name_key("boat") != name_key("boats")
    assert name_key("apfel") != name_key("äpfel")


@pytest.mark.parametrize(
    ("count", "size_bytes", "reason"),
    [
        (1, 100, None),
        (2, 2**20, None),
        (0, 0, "There is no image to download."),
        (3, 5, "At most 2 images go into one archive, and these are more. Choose fewer, or a range of dates."),
        (
            2,
            3 * 2**20 // 2,
            "At most 1.0 MiB go into one archive; these are 1.5 MiB. Choose fewer, or a range of dates.",
        ),
    ],
)
def test_an_archive_is_refused_with_its_bound(count: int, size_bytes: int, reason: str | None) -> None:
    assert why_not_archive(count, size_bytes, most=2, most_bytes=2**20) == reason
