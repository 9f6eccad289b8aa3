"""Fields, roles and seams: the same words mean different things in different places."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from figment.safety.fields import Kind, Role, role, spread
from figment.safety.matching import MOST_HITS
from figment.safety.policy import load
from figment.safety.screening import Screener
from figment.safety.verdict import State, together
from tests.safety.test_text import ANY_TEXT

HATEFUL = load().lists["hate"][0]
FIELDS = st.sampled_from(["prompt", "negative_prompt", "instruction", "title", "comment", "name", "new"])


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener()


@pytest.fixture(scope="module")
def mature() -> Screener:
    return Screener(profile="mature")


def prompt(screener: Screener, wanted: str, unwanted: str = "") -> State:
    return screener.screen({"prompt": wanted, "negative_prompt": unwanted}, Kind.PROMPT).state


def rules(screener: Screener, fields: dict[str, str], kind: Kind = Kind.PROMPT) -> set[str]:
    return {reason.rule for reason in screener.screen(fields, kind).reasons}


def test_a_negative_prompt_may_say_what_is_not_wanted(screener: Screener) -> None:
    assert prompt(screener, "a woman on a beach", "nude, naked, nsfw, gore") == State.APPROVED


def test_a_negative_prompt_may_not_hold_what_degrades_others(screener: Screener) -> None:
    found = screener.screen({"prompt": "a field", "negative_prompt": HATEFUL}, Kind.PROMPT)
    assert (found.state, found.reasons[0].fields) == (State.REFUSED, ("negative_prompt",))


def test_a_negative_prompt_can_undress(screener: Screener, mature: Screener) -> None:
    assert prompt(screener, "a woman on a beach", "clothes") == State.HELD
    assert prompt(mature, "a woman on a beach", "clothes") == State.APPROVED
    assert prompt(mature, "a child on a beach", "clothes") == State.REFUSED
    assert prompt(mature, "a child on a beach", "modern clothes, blurry") == State.APPROVED


def test_a_negative_prompt_can_make_younger(mature: Screener) -> None:
    assert prompt(mature, "a nude woman", "blurry") == State.APPROVED
    assert prompt(mature, "a nude woman", "adult, mature") == State.REFUSED


def test_all_of_a_prompt_stands_in_one_picture(mature: Screener) -> None:
    filler = "under the old lime tree beside the river " * 20
    assert prompt(mature, f"a child {filler} and a nude woman") == State.REFUSED


def test_what_people_write_to_each_other_may_speak_of_several_things(mature: Screener) -> None:
    filler = "and then we walked along the river for a long while talking of this and of that " * 5
    comment = {"comment": f"my child loved it {filler} the nude by Titian was my favourite"}
    assert mature.screen(comment, Kind.COMMENT).state == State.APPROVED
    assert mature.screen({"comment": "a nude child"}, Kind.COMMENT).state == State.REFUSED


def test_weak_words_count_only_near_each_other(screener: Screener) -> None:
    assert prompt(screener, "a sexy toddler") == State.REFUSED
    far = "children on a merry-go-round, in the far background of the large square behind the church an old poster with lingerie"
    assert prompt(screener, far) == State.APPROVED


@pytest.mark.parametrize("order", [("prompt", "title"), ("title", "prompt")])
def test_a_word_split_over_two_fields_is_held(screener: Screener, order: tuple[str, str]) -> None:
    """It may be chance: a person looks at it."""
    texts = {"prompt": "a decapi", "title": "tated man"}
    fields = {name: texts[name] for name in order}
    found = screener.screen(fields, Kind.PROMPT)
    assert found.state == State.HELD
    assert set(found.reasons[0].fields) == {"prompt", "title"}


def test_a_phrase_split_over_two_fields_is_refused(screener: Screener) -> None:
    fields = {"title": "her clothes please", "prompt": "remove"}
    assert screener.screen(fields, Kind.PROMPT).state == State.REFUSED


def test_fields_of_one_picture_belong_together(mature: Screener) -> None:
    found = mature.screen({"prompt": "she is nine years old", "other": "x" * 500, "title": "nudes"}, Kind.PROMPT)
    assert (found.state, found.reasons[0].fields) == (State.REFUSED, ("prompt", "title"))


def test_names_are_read_with_their_humps_apart(screener: Screener) -> None:
    assert screener.screen({"name": "TotallyNakedPeople"}, Kind.NAME).state == State.HELD
    assert spread("GreenHill") == "GreenHill, Green Hill"
    assert spread("greenhill") == "greenhill"


@pytest.mark.parametrize("kind", Kind)
def test_a_field_that_nobody_named_is_looked_at(screener: Screener, kind: Kind) -> None:
    assert role("brand new", kind) != Role.UNWANTED
    assert screener.screen({"brand new": HATEFUL}, kind).state == State.REFUSED


def test_the_reasons_never_say_the_words(screener: Screener) -> None:
    found = screener.screen({"prompt": f"decapitated, naked, {HATEFUL}"}, Kind.PROMPT)
    assert {reason.category for reason in found.reasons} == {"gore", "nudity", "hate"}
    assert not any(word in str(found) for word in ("decapitated", "naked", HATEFUL))


def test_the_worst_reason_comes_first_and_each_category_once(screener: Screener) -> None:
    found = screener.screen({"prompt": "naked, decapitated, gore"}, Kind.PROMPT)
    assert [reason.category for reason in found.reasons] == ["gore", "nudity"]


def test_verdicts_of_several_looks_are_put_together(screener: Screener) -> None:
    held = screener.screen({"prompt": "naked man"}, Kind.PROMPT)
    approved = screener.screen({"prompt": "a boat"}, Kind.PROMPT)
    assert together(approved, held) == held
    assert approved.reasons == ()


def test_what_passes_does_not_hide_what_stands_beside_it(screener: Screener) -> None:
    assert prompt(screener, "a naked tree") == State.APPROVED
    assert prompt(screener, "a naked tree and a naked man") == State.HELD


def test_a_flood_of_doubtful_words_is_held(screener: Screener) -> None:
    """What is beyond them is not read, and is not approved either."""
    found = screener.screen({"comment": "child " * (MOST_HITS + 1)}, Kind.COMMENT)
    assert (found.state, found.reasons[0].category) == (State.HELD, "too_many")


def test_a_hit_on_the_border_of_two_chunks_is_found_once_and_surely(screener: Screener) -> None:
    for shift in range(12):
        assert prompt(screener, "a" * ((1 << 15) - 8 + shift) + " decapitated ") == State.REFUSED


@given(st.dictionaries(FIELDS, ANY_TEXT, max_size=4), st.sampled_from(Kind))
@settings(max_examples=150, deadline=None)
def test_no_text_is_too_strange(screener: Screener, fields: dict[str, str], kind: Kind) -> None:
    assert screener.screen(fields, kind).state in State


@given(ANY_TEXT, ANY_TEXT)
@settings(max_examples=100, deadline=None)
def test_nothing_written_around_it_hides_a_word(screener: Screener, before: str, after: str) -> None:
    """Unless it makes another word of it, or one of the phrases that pass."""
    apart = f"{before} .\n\n[ decapitated ]\n\n. {after}"
    assert prompt(screener, apart) != State.APPROVED


def written(path: Path, action: str, time_s: int) -> None:
    path.write_text(f'version = 1\n[categories.nudity]\ngeneral = "{action}"\n')
    os.utime(path, (time_s, time_s))


def test_a_changed_file_is_read_again_and_a_broken_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    written(path, "refuse", 1)
    screener = Screener(path)
    assert prompt(screener, "a naked man") == State.REFUSED
    written(path, "allow", 2)
    assert prompt(screener, "a naked man") == State.APPROVED
    written(path, "perhaps", 3)
    with capture_logs() as logs:
        assert prompt(screener, "a naked man") == State.APPROVED
        assert prompt(screener, "a naked man") == State.APPROVED
    assert [entry["event"] for entry in logs] == ["safety_policy_broken"]
    assert "line 3, categories.nudity.general" in logs[0]["error"]
    path.unlink()
    with capture_logs():
        assert prompt(screener, "a naked man") == State.APPROVED
    written(path, "hold", 4)
    assert prompt(screener, "a naked man") == State.HELD


def test_several_threads_may_screen_at_once(screener: Screener) -> None:
    states: list[State] = []
    threads = [
        threading.Thread(target=lambda: states.extend(prompt(screener, "a naked man") for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [State.HELD] * 80
