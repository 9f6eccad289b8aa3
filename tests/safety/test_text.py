"""Reading a text whatever its characters play: the views, each trick by itself, and what must hold for any text."""

from __future__ import annotations

import html
import sys
import unicodedata
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figment.safety import folding
from figment.safety.text import folded, normalise, views

ANY_TEXT = st.text(
    st.characters() | st.characters(categories=["Cs"]) | st.sampled_from("&#;xampboat10!|$@*. \u0301\u200b")
)


def read(text: str) -> dict[str, str]:
    return {view.name: view.text for view in views(text)}


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("A Boat, at SEA", "a boat at sea"),
        ("ｂｏａｔ", "boat"),
        ("𝐛𝓸𝔞𝕥", "boat"),
        ("Ⓑⓞⓐⓣ 🅱🅾🅰🆃 🇧🇴🇦🇹", "boat boat boat"),
        ("воаt", "boat"),
        ("вοαт", "boat"),
        ("ʙᴏᴀᴛ", "boat"),
        ("ꓐꓳꓮꓔ", "boat"),
        ("b\u200bo\u00ada\u2060t", "boat"),
        ("b\u202eo\u2066at", "boat"),
        ("b\ufe0fo\U000e0061at", "boat"),
        ("b̷̨͝o̷̕a̷t̴", "boat"),
        ("bôát", "boat"),
        ("&#98;&#x6f;&#97&aacute;t", "boaat"),
        ("&amp;amp;amp;#98;oat", "boat"),
        ("&#38;#38;#98;oat", "boat"),
        ("b&ZeroWidthSpace;oat", "boat"),
        ("boooooat", "booat"),
        ("1000 boats", "1000 boats"),
        ("٨ boats", "8 boats"),
        ("straße", "strasse"),
        ("ПІИ", "niи".replace("и", "n")),
        ("日本 船", "日本 船"),
        ("&unknown; &amp; &#; &#x; &", "unknown x"),
        ("\ud800boat", "boat"),
        ("", ""),
        ("…!?", ""),
    ],
)
def test_plain_words(written: str, plain: str) -> None:
    assert normalise(written) == plain


@pytest.mark.parametrize(
    ("written", "view", "reading"),
    [
        ("b.o.a.t", "letters", " b o a t "),
        ("boat18", "letters", " boat "),
        ("b04t", "signs", " boat "),
        ("bo@t!", "signs", " boat "),
        ("b*at", "signs", " b*at "),
        ("$hip cla$$", "signs", " ship class "),
        ("bo.at sh-ip", "joined", " boat ship "),
        ("bo🌸at", "joined", " boat "),
        ("b-0_4·t", "joined", " boat "),
        ("sa11", "strokes", " sa11 "),
        ("c|1ff", "strokes", " c11ff "),
        ("l!ly will", "strokes", " 111y will "),
        ("boaattt", "squeezed", " boat "),
        ("b 0 4 t", "alone", " b o a t "),
        ("the b o a t is", "run", " the boat is "),
        ("b\no\na\nt", "run", " boat "),
    ],
)
def test_a_view(written: str, view: str, reading: str) -> None:
    assert read(written)[view] == reading


def test_pure_numbers_stay_numbers() -> None:
    assert read("455 ships, 8 years old")["signs"] == " 455 ships 8 years old "


def test_a_view_is_not_repeated() -> None:
    assert [*read("a boat")] == ["letters"]


def test_every_reference_of_html_is_read_as_html_does() -> None:
    names = [name for name in html.entities.html5 if name.endswith(";") and len(html.unescape(f"&{name}")) == 1]
    wrong = [name for name in names if normalise(f"a&{name}b") != normalise(f"a{html.unescape(f'&{name}')}b")]
    assert len(names) > 2000
    assert wrong == []


def test_folding_a_folded_character_changes_nothing() -> None:
    table = folding.table()
    everything = table.first[: folding.CODE_POINTS].copy()
    once = table.fold(everything)
    assert (table.fold(once) == once).all()


def test_latin_letters_with_marks_lose_them() -> None:
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            assert normalise(chr(code)) == base.lower()


@settings(deadline=None)
@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@settings(deadline=None)
@given(ANY_TEXT)
def test_views_are_words_with_single_spaces(text: str) -> None:
    for view in views(text):
        assert view.text[0] == view.text[-1] == " "
        assert "  " not in view.text


@settings(deadline=None)
@given(ANY_TEXT, st.sampled_from(["\u200b", "\u00ad", "\u2060", "\ufe0f", "\u202e", "\u0301", "\U000e0061"]))
def test_what_cannot_be_seen_changes_nothing(text: str, unseen: str) -> None:
    text = text.replace("&", "")
    assert normalise(unseen.join(f" {text} ")) == normalise(text)


PIECES = [
    "a\u0301",
    "&amp;",
    "&#110;",
    "&amp;#38;",
    "n.u-1 ",
    "ﬃ",
    "\ufdfa",
    "a 1 ",
    "!|$@",
    "\u0301\u0316",
    "а",
    "a",
    "n*",
    "日 ",
]


@pytest.mark.parametrize("piece", PIECES)
def test_a_text_becomes_no_longer_than_its_letters_do(piece: str) -> None:
    text = piece * 2000
    longest = folding.MOST_LETTERS * len(text)
    assert len(folded(text)) <= longest
    assert all(len(view.text) <= longest + 2 for view in views(text))


@pytest.mark.parametrize("piece", PIECES)
def test_a_longer_text_takes_no_more_passes(piece: str) -> None:
    """Each call is one pass over an array, so that time is linear. What it is, is in benchmarks/safety_text.py."""
    assert calls(piece * 20_000) < 1.2 * calls(piece * 1000)


def calls(text: str) -> int:
    """How many functions, Python's and C's, are called to read a text."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    [*views(text)]
    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        for _ in views(text):
            pass
    finally:
        sys.setprofile(before)
    return count
