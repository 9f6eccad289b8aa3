"""`figment generate`: one picture without a server, and a clear line for everything that cannot be."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from figment.cli import app
from figment.images import provenance
from figment.images.manifests import read
from tests.images.authority import Authority
from tests.processes import environment

PROMPT = "a blue boat on the sea at sunset"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generate")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FIGMENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FIGMENT_DATA", str(data))


def opened(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


def generate(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["generate", *map(str, arguments)])


def made(out: Path, *arguments: object) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    result = generate(PROMPT, "-o", out, "--seed", 7, "--steps", 2, *arguments)
    assert result.exit_code == 0, result.output
    return np.asarray(opened(out).convert("RGB"))


def test_a_real_process_makes_a_png_and_says_so(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "boat.png"
    command = [sys.executable, "-m", "figment.cli", "generate", PROMPT, "-o", str(out), "--seed", "7", "--steps", "2"]
    done = subprocess.run(command, env=environment(data), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "seed 7" in done.stderr
    assert "2 steps" in done.stderr
    picture = opened(out)
    assert (picture.format, picture.size, picture.mode) == ("PNG", (256, 256), "RGB")
    assert np.asarray(picture).std() > 10
    assert [path.name for path in tmp_path.iterdir()] == ["boat.png"], "nothing half-written stays"
    again = tmp_path / "again.png"
    made(again)
    assert again.read_bytes() == out.read_bytes(), "the same seed gives the same bytes, in another process too"


def test_another_seed_gives_another_picture_and_one_is_drawn_when_none_is_given(tmp_path: Path) -> None:
    first, second = tmp_path / "1.png", tmp_path / "2.png"
    for out in (first, second):
        assert generate(PROMPT, "-o", out, "--steps", 1).exit_code == 0
    assert first.read_bytes() != second.read_bytes()


@pytest.mark.parametrize(("suffix", "form"), [(".jpg", "JPEG"), (".WEBP", "WEBP"), (".avif", "AVIF")])
def test_the_name_decides_the_format(tmp_path: Path, suffix: str, form: str) -> None:
    out = tmp_path / f"a{suffix}"
    assert generate(PROMPT, "-o", out, "--steps", 1, "--size", "192x128").exit_code == 0
    picture = opened(out)
    assert (picture.format, picture.size) == (form, (192, 128))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("start") / "start.png"
    shade = np.linspace(40, 220, 256, dtype=np.uint8)
    Image.fromarray(
        np.stack([np.tile(shade, (256, 1)), np.full((256, 256), 60, np.uint8), np.tile(shade, (256, 1)).T], -1)
    ).save(path)
    return path


def test_strength_says_how_much_is_made_anew(tmp_path: Path, start: Path) -> None:
    before = np.asarray(opened(start)).astype(int)
    distance = [
        np.abs(
            made(tmp_path / f"{strength}.png", "--image", start, "--strength", strength, "--steps", 4) - before
        ).mean()
        for strength in (0.25, 1)
    ]
    assert distance[0] < distance[1]


def test_outside_the_mask_every_pixel_stays(tmp_path: Path, start: Path) -> None:
    mask = np.zeros((256, 256), np.uint8)
    mask[64:192, 32:128] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    before = np.asarray(opened(start))
    after = made(tmp_path / "out.png", "--image", start, "--mask", tmp_path / "mask.png", "--strength", 1)
    assert np.array_equal(after[mask == 0], before[mask == 0])
    assert np.abs(after[mask == 255].astype(int) - before[mask == 255]).mean() > 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "257"], "multiples of 64"),
        (["--size", "0"], "multiples of 64"),
        (["--size", "big"], "320x256"),
        (["--size", "256x"], "320x256"),
        (["--steps", "0"], "steps"),
        (["--steps", "1001"], "steps"),
        (["--seed", "-1"], "seed"),
        (["--seed", "4294967296"], "seed"),
        (["--guidance", "nan"], "guidance"),
        (["--guidance", "-1"], "guidance"),
        (["--model", "nope"], "nope"),
        (["-o", "out.gif"], ".png"),
        (["-o", "out"], ".png"),
        (["-o", "nowhere/at/all/out.png"], "cannot be written"),
        (["--mask", "START"], "--image"),
        (["--image", "missing.png"], "missing.png"),
        (["--image", "TEXT"], "JPEG, PNG, GIF and WebP"),
        (["--image", "BROKEN"], "ends early"),
        (["--image", "START", "--mask", "TEXT"], "JPEG, PNG, GIF and WebP"),
        (["--image", "START", "--strength", "0"], "strength"),
        (["--image", "START", "--strength", "1.5"], "strength"),
        (["--image", "."], "directory"),
        (["--steps", "two"], "--steps"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_told_in_a_line(
    tmp_path: Path, start: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "broken.png").write_bytes(start.read_bytes()[:300])
    files = {"START": start, "TEXT": "text.png", "BROKEN": "broken.png"}
    result = generate(PROMPT, "--steps", 1, *(files.get(word, word) for word in arguments))
    check_refusal(result, words)
    assert not list(tmp_path.glob("out*"))


def check_refusal(result: Result, words: str) -> None:
    assert result.exit_code in (1, 2), result.output
    assert isinstance(result.exception, SystemExit), result.exc_info
    assert words in " ".join(result.stderr.split()), result.stderr
    assert "Traceback" not in result.output


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()
    check_refusal(generate(PROMPT, "-o", tmp_path / "out.png", "--steps", 1), "cannot be written")


def test_a_data_folder_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FIGMENT_DATA", str(tmp_path / "file"))
    check_refusal(generate(PROMPT, "-o", tmp_path / "out.png", "--steps", 1), "file")


def test_a_wrong_setting_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGMENT_PORT", "http")
    monkeypatch.setenv("FIGMENT_TRUSTED_PROXIES", "10.0.0.0/8,proxy")
    monkeypatch.setenv("FIGMENT_LIMIT_UPLOADS", "lots")
    result = generate(PROMPT, "-o", tmp_path / "out.png")
    check_refusal(result, "FIGMENT_PORT: ")
    lines = [line.strip() for line in result.stderr.splitlines()[1:]]
    assert {line.partition(":")[0] for line in lines} == {
        "FIGMENT_PORT",
        "FIGMENT_TRUSTED_PROXIES",
        "FIGMENT_LIMIT_UPLOADS",
    }


def claim(path: Path) -> provenance.Claim:
    found = provenance.claim_of(path.read_bytes())
    assert found is not None
    return found


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".avif"])
def test_the_file_says_how_it_was_made(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"a{suffix}"
    made(out)
    assert (claim(out).source_type, claim(out).model) == (provenance.TRAINED, "figment-1")
    assert PROMPT.encode() in (provenance.packet_of(out.read_bytes()) or b"")
    made(out, "--no-prompt-in-file")
    assert PROMPT.encode() not in out.read_bytes()
    assert claim(out).is_ours


def test_what_began_with_a_picture_is_a_composite(tmp_path: Path, start: Path) -> None:
    out = tmp_path / "a.png"
    made(out, "--image", start)
    assert claim(out).source_type == provenance.COMPOSITE


def test_with_a_certificate_it_is_signed_and_a_wrong_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = Authority.new().files(tmp_path)
    monkeypatch.setenv("FIGMENT_C2PA_CERTIFICATE", str(chain))
    monkeypatch.setenv("FIGMENT_C2PA_KEY", str(key))
    out = tmp_path / "a.jpg"
    made(out)
    found = read(out.read_bytes(), "image/jpeg", None)
    assert found is not None
    assert (found.state, found.source_type) == ("valid", provenance.TRAINED)
    key.write_text("no key")
    refused = generate(PROMPT, "-o", tmp_path / "b.png", "--steps", 1)
    assert refused.exit_code == 1
    assert "FIGMENT_C2PA_KEY" in refused.output
    assert not (tmp_path / "b.png").exists()
