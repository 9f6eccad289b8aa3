"""Terms, where they begin and end, their disguises, and the phrases that pass."""

from __future__ import annotations

import pytest

from figment.safety.matching import MOST_HITS, Matcher, TooMany

IDEOGRAPHS = [chr(code) for code in range(0x4E00, 0x4F00)]


def found(term: str, text: str, *passes: str) -> bool:
    return bool(Matcher({"list": [term]}, passes).lists_in(text))


@pytest.mark.parametrize(
    ("term", "text", "expected"),
    [
        ("boat", "a boat", True),
        ("boat", "two boats", True),
        ("=boat", "two boats", False),
        ("boat", "a boathouse", False),
        ("boat*", "a boathouse", True),
        ("*boat*", "steamboats", True),
        ("boat", "a steamboat", False),
        ("row boat", "row the boat", False),
        ("row boat", "ROW-BOAT", True),
        ("row boat", "r o w   b o a t", True),
        ("row boat", "rowboat", True),
        ("row boat", "r0w b*at", True),
        ("boat", "b*at", True),
        ("=boat", "b*at", False),
        ("sail", "sa11 $@!l sa1|", True),
        ("hill lily", "h111 1i1y", True),
        ("hill lily", "hill l!|y", True),
        ("boot", "boooot", True),
        ("boot", "bot", False),
        ("boat", "bbooaatt", True),
        ("=boat", "bbooaatt", False),
        ("8 boats", "8 boats", True),
        ("b8", "b8", True),
        ("жук", "Ж.у.к", True),
        ("жук", "дук", False),
        ("жук", "日ук", False),
        ("*船", "一日船日", False),
        ("*船", "一日船", True),
        ("*船*", "一日船日", True),
        ("船", "船", True),
        ("船", "日", False),
    ],
)
def test_a_term(term: str, text: str, expected: bool) -> None:
    assert found(term, text) is expected


def test_terms_in_more_letters_than_there_are_bytes_are_not_mixed_up() -> None:
    matcher = Matcher({letter: [letter] for letter in IDEOGRAPHS}, ())
    for letter in IDEOGRAPHS[::16]:
        assert matcher.lists_in(f"boat {letter}") == {letter}


@pytest.mark.parametrize("text", ["blue boat", "Blue-Boat", "BLUE  boat", "bluuue boat"])
def test_a_phrase_that_passes(text: str) -> None:
    assert found("blue", "blue")
    assert not found("blue", text, "blue boat")


def test_only_what_lies_within_the_phrase_passes() -> None:
    assert found("blue", "blue boat blue", "blue boat")
    assert found("boat sea", "blue boat sea", "blue boat")


def test_a_list_is_named_once_for_each_of_its_terms() -> None:
    matcher = Matcher({"water": ["boat", "sea"], "colours": ["blue", "sea"]}, ())
    assert matcher.lists_in("the sea") == {"water", "colours"}
    assert matcher.lists_in("a blue boat") == {"water", "colours"}
    assert matcher.lists_in("a tree") == set()


def test_too_many_hits_are_told() -> None:
    matcher = Matcher({"water": ["sea"]}, ())
    assert matcher.lists_in("sea " * 100) == {"water"}
    with pytest.raises(TooMany):
        matcher.lists_in("sea " * (MOST_HITS + 1))
