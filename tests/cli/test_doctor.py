"""`figment doctor` and `figment --help`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from figment.cli import app
from figment.engine.models import BUILTIN
from tests.images.authority import Authority, new_key, write_chain, write_key
from tests.processes import environment


@pytest.fixture(autouse=True)
def _good_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FIGMENT_")]:
        monkeypatch.delenv(name)
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("<!doctype html>")
    monkeypatch.setenv("FIGMENT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FIGMENT_WEB_DIR", str(tmp_path / "web"))


def doctor() -> Result:
    return CliRunner().invoke(app, ["doctor"])


def remedy(result: Result, fault: str) -> str:
    """The line below the finding that is wrong."""
    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    [at] = [n for n, line in enumerate(lines) if line.startswith("wrong") and fault in line]
    return lines[at + 1] if lines[at + 1 :] else ""


def test_a_good_set_up_is_well() -> None:
    result = doctor()
    assert result.exit_code == 0, result.output
    assert "wrong" not in result.stdout
    for words in ("Python", "embedded PostgreSQL", "figment-1", "MiniLM", "onnxruntime", "web app in"):
        assert words in result.stdout


def test_a_real_process_and_the_help(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "figment.cli"]
    helped = subprocess.run([*command, "--help"], env=environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert helped.returncode == 0
    for name in ("serve", "web", "worker", "generate", "doctor", "admin"):
        assert name in helped.stdout
    examined = subprocess.run(
        [*command, "doctor"],
        env=environment(tmp_path, web_dir=tmp_path / "none"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert examined.returncode == 1
    assert examined.stderr == ""


def test_web_that_is_not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIGMENT_WEB_DIR", str(tmp_path / "nothing"))
    assert "make web" in remedy(doctor(), "not built")


def test_a_model_whose_file_was_changed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(next(BUILTIN.iterdir()), models / "mine")
    manifest = models / "mine" / "model.json"
    manifest.write_text(manifest.read_text().replace('"figment-1"', '"mine"'))
    monkeypatch.setenv("FIGMENT_MODELS_DIR", str(models))
    assert doctor().exit_code == 0
    weights = models / "mine" / "decoder.onnx"
    changed = bytearray(weights.read_bytes())
    changed[len(changed) // 2] ^= 1
    weights.write_bytes(changed)
    assert "changed" in remedy(doctor(), "model mine")


def test_a_broken_model_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "models" / "bad").mkdir(parents=True)
    (tmp_path / "models" / "bad" / "model.json").write_text("{}")
    monkeypatch.setenv("FIGMENT_MODELS_DIR", str(tmp_path / "models"))
    result = doctor()
    assert result.exit_code == 0
    assert "left out" in result.stdout


def test_a_database_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGMENT_DATABASE_URL", "postgresql://figment:hidden-word@127.0.0.1:1/figment")
    result = doctor()
    assert "FIGMENT_DATABASE_URL" in remedy(result, "does not answer")
    assert "hidden-word" not in result.output


def test_an_external_database(monkeypatch: pytest.MonkeyPatch, postgres: str) -> None:
    monkeypatch.setenv("FIGMENT_DATABASE_URL", postgres)
    result = doctor()
    assert result.exit_code == 0, result.output
    assert "with pgvector" in result.stdout


def test_storage_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FIGMENT_STORAGE_URL", str(tmp_path / "file" / "below"))
    assert "FIGMENT_STORAGE" in remedy(doctor(), "cannot be kept")


def test_storage_of_no_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGMENT_STORAGE_URL", "ftp://host/x")
    assert "FIGMENT_STORAGE" in remedy(doctor(), "ftp://")


def test_a_certificate_that_signs_and_one_that_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not signed" in doctor().stdout
    chain, key = Authority.new().files(tmp_path)
    monkeypatch.setenv("FIGMENT_C2PA_CERTIFICATE", str(chain))
    assert "FIGMENT_C2PA_KEY is not set" in remedy(doctor(), "images cannot be signed")
    monkeypatch.setenv("FIGMENT_C2PA_KEY", str(key))
    result = doctor()
    assert result.exit_code == 0, result.output
    assert "images are signed as Figment's tests (es256)" in result.stdout
    write_key(tmp_path, new_key())
    assert "is not the key of the first certificate" in remedy(doctor(), "images cannot be signed")


def test_a_certificate_that_runs_out_soon_is_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, key = Authority.new(), new_key()
    chain = write_chain(tmp_path, authority.issue(key, days=(-1, 10)), authority.certificate)
    monkeypatch.setenv("FIGMENT_C2PA_CERTIFICATE", str(chain))
    monkeypatch.setenv("FIGMENT_C2PA_KEY", str(write_key(tmp_path, key)))
    assert "runs out soon" in doctor().stdout


def test_a_server_with_a_wrong_certificate_says_so_and_does_not_start(tmp_path: Path) -> None:
    chain, _ = Authority.new().files(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "figment.cli", "serve", "--port", "0"],
        env=environment(tmp_path, c2pa_certificate=chain, c2pa_key=write_key(tmp_path, new_key())),
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 1
    assert "is not the key of the first certificate" in done.stderr
    assert "Traceback" not in done.stderr
