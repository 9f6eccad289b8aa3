"""Policy files: what an operator can change, what nobody can, and what is said of a file that is wrong."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from figment.safety import __main__ as command
from figment.safety import encoded
from figment.safety.fields import Kind
from figment.safety.policy import ALWAYS_REFUSED, PROFILES, Action, PolicyBroken, builtin_folder, load, spelled_out
from figment.safety.screening import Screener
from figment.safety.verdict import State


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "policy.toml"


def state(path: Path, text: str, kind: Kind = Kind.PROMPT) -> State:
    return Screener(path).screen({kind: text}, kind).state


def test_a_category_can_be_made_milder_and_stricter(written: Path) -> None:
    written.write_text('version = 1\n[categories.nudity]\ngeneral = "allow"\n')
    assert state(written, "a nude on a sofa") == State.APPROVED
    written.write_text('version = 1\n[categories.nudity]\ngeneral = "refuse"\n')
    assert state(written, "a nude on a sofa") == State.REFUSED


def test_a_house_can_add_its_own_category_words_and_rule(written: Path) -> None:
    written.write_text(
        """
        version = 1
        [categories.brands]
        reason = "We make no pictures of brands here."
        general = "hold"
        mature = "hold"
        [lists.brands]
        words = ["acme", "{big,small} corporation"]
        [rules.brands]
        category = "brands"
        all_of = ["brands"]
        """
    )
    assert state(written, "the Ä.C.M.€ factory") == State.HELD
    assert state(written, "a small corporation's office") == State.HELD
    assert state(written, "the acmeist poets") == State.APPROVED


def test_words_can_be_taken_out_and_phrases_let_through(written: Path) -> None:
    assert Screener().screen({"prompt": "a gory poster"}, Kind.PROMPT).state == State.REFUSED
    written.write_text('version = 1\n[lists.gore]\nwithout = ["gory"]\n[passes]\nwords = ["bloodbath comics"]\n')
    assert state(written, "a gory poster") == State.APPROVED
    assert state(written, "the cover of Bloodbath Comics") == State.APPROVED
    assert state(written, "a bloodbath") == State.REFUSED


def test_lists_can_be_kept_encoded_beside_the_policy(written: Path) -> None:
    encoded.write(written.with_name("ours.terms"), "# ours\nsnark*\n\n=boojum\n")
    written.write_text(
        'version = 1\n[lists.ours]\nfile = "ours.terms"\n[rules.ours]\ncategory = "gore"\nall_of = ["ours"]\n'
    )
    assert state(written, "the hunting of the snarks") == State.REFUSED
    assert state(written, "a boojum") == State.REFUSED
    assert state(written, "two boojums") == State.APPROVED


@pytest.mark.parametrize(
    ("content", "line", "field", "told"),
    [
        ("version = 1\n[categories.nudity\n", 2, "", "is not TOML"),
        ("version = 2\n", 1, "version", "Input should be 1"),
        ('version = 1\n\n[categories.nudity]\ngeneral = "maybe"\n', 4, "categories.nudity.general", "allow"),
        ('version = 1\n[categories.nudity]\ngenerel = "hold"\n', 3, "categories.nudity.generel", "Extra inputs"),
        ('version = 1\n[categories.ours]\nreason = "It is not for here."\n', 2, "categories.ours.general", "needs"),
        ('version = 1\n[rules.ours]\ncategory = "goer"\nall_of = ["gore"]\n', 3, "rules.ours.category", "gore"),
        ('version = 1\n[rules.ours]\ncategory = "gore"\nall_of = ["goer"]\n', 4, "rules.ours.all_of", "no list 'goer'"),
        ('version = 1\n[rules.ours]\ncategory = "gore"\nall_of = []\n', 4, "rules.ours.all_of", "at least 1"),
        ('version = 1\n[lists.ours]\nwords = ["..."]\n', 3, "lists.ours.words", "has no letters"),
        ('version = 1\n[lists.ours]\nfile = "none.terms"\n', 3, "lists.ours.file", "beside the policy file"),
        ('version = 1\n[images.gore]\ncategory = "gore"\nhold = 0.9\nrefuse = 0.5\n', 5, "images.gore.refuse", "below"),
    ],
)
def test_a_broken_file_is_told_by_line_and_field(written: Path, content: str, line: int, field: str, told: str) -> None:
    written.write_text(content)
    with pytest.raises(PolicyBroken) as broken:
        load(written)
    message = str(broken.value)
    assert message.startswith(str(written))
    assert re.search(rf"line {line}\b", message)
    assert field in message
    assert told in message


def test_a_list_that_is_not_encoded_is_told_by_its_line(written: Path) -> None:
    written.with_name("ours.terms").write_text("# note\nplain words\n")
    written.write_text('version = 1\n[lists.ours]\nfile = "ours.terms"\n')
    with pytest.raises(PolicyBroken, match=r"line 3, lists\.ours\.file.*ours\.terms, line 2.*encode FILE"):
        load(written)


def test_a_file_that_is_not_there_is_told(written: Path) -> None:
    with pytest.raises(PolicyBroken, match="cannot be read"):
        load(written)


RELAXING = [
    *(
        f'[categories.{name}]\n{profile} = "{action}"'
        for name in ALWAYS_REFUSED
        for profile in PROFILES
        for action in ("allow", "hold")
    ),
    '[rules.minor_and_explicit]\ncategory = "gore"\nall_of = ["gore"]',
    '[lists.minor]\nwithout = ["child"]',
    '[lists.nudity]\nwithout = ["nude"]',
    '[passes]\nwords = ["{nude,bare} child"]',
    '[images.minor_sexual]\ncategory = "minors"\nhold = 0.9\nrefuse = 1.0',
    '[images.minor_sexual]\ncategory = "nudity"\nhold = 0.2\nrefuse = 0.5',
]


@pytest.mark.parametrize("content", RELAXING)
def test_what_is_always_refused_cannot_be_relaxed(written: Path, content: str) -> None:
    written.write_text(f"version = 1\n{content}\n")
    with pytest.raises(PolicyBroken, match="always refused"):
        load(written)


def test_what_is_always_refused_can_be_widened(written: Path) -> None:
    written.write_text('version = 1\n[lists.minor]\nwords = ["moppet"]\n')
    found = Screener(written, "mature").screen({"prompt": "a nude moppet"}, Kind.PROMPT)
    assert (found.state, found.reasons[0].category) == (State.REFUSED, "minors")


def test_the_built_in_policy_always_refuses_what_it_must() -> None:
    policy = load()
    for name in ALWAYS_REFUSED:
        assert {policy.categories[name].action(profile) for profile in PROFILES} == {Action.REFUSE}


def test_a_changed_policy_has_another_name(written: Path) -> None:
    written.write_text('version = 1\n[categories.nudity]\ngeneral = "refuse"\n')
    assert load().fingerprint == load().fingerprint != load(written).fingerprint


def test_alternatives_are_spelled_out() -> None:
    assert spelled_out("{a,b} c{d, e}") == ["a cd", "a c e", "b cd", "b c e"]


def test_no_list_lies_in_plain_sight() -> None:
    for path in builtin_folder().iterdir():
        if path.suffix != ".toml":
            lines = path.read_text("utf-8").splitlines()
            assert lines[0].startswith("# Lines of this file are in base64")
            assert all(line.startswith("#") or re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", line) for line in lines)


def test_showing_and_encoding_are_each_others_opposite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = "# note\n{a,b} word\n\nдва слова\n"
    monkeypatch.setattr("sys.stdin", io.StringIO(plain))
    assert command.main(["encode", str(tmp_path / "words.terms")]) == 0
    assert "слова" not in (tmp_path / "words.terms").read_text()
    capsys.readouterr()
    assert command.main(["show", str(tmp_path / "words.terms")]) == 0
    assert capsys.readouterr().out == plain


def test_a_policy_can_be_checked_from_the_command_line(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["check"]) == 0
    assert re.search(r"minors +general: refuse, mature: refuse", capsys.readouterr().out)
    written.write_text("version = 3\n")
    assert command.main(["check", str(written)]) == 1
    assert "line 1, version" in capsys.readouterr().err


HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "policy.md"


@pytest.mark.parametrize("example", re.findall(r"^```toml\n(.*?)^```", HOWTO.read_text(), re.MULTILINE | re.DOTALL))
def test_the_examples_of_the_howto_can_be_used(written: Path, example: str) -> None:
    written.write_text(example)
    assert load(written).fingerprint != load().fingerprint


def test_the_howto_names_every_category_with_what_is_done() -> None:
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| (\w+) \| (\w+) \|", HOWTO.read_text(), re.MULTILINE)
    told = {name: (general, mature) for names, general, mature in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {name: (each.general, each.mature) for name, each in load().categories.items()}
