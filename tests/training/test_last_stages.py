"""From trained networks to sheets and figures, in small: every stage after the denoiser, and the benchmark of the model's quality."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import model as benchmark
from training import prompts
from training.config import Config, load
from training.stages import autoencoder, denoiser, distil, export, latents, measure, probe, render, sheet, tower

SMOKE = Path(__file__).parents[2] / "training" / "configs" / "smoke.yaml"


@pytest.fixture(scope="module")
def config() -> Config:
    smoke = load(SMOKE)
    return replace(smoke, render=replace(smoke.render, size=256, held_out=24))


@pytest.fixture(scope="module")
def run_folder(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / config.name
    folder.mkdir()
    for stage in (render, autoencoder, latents, denoiser, distil, probe, tower, export):
        stage.run(config, folder)
    return folder


def test_sheets_are_small_files_with_their_prompts(
    config: Config, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "FIFTY", prompts.FIFTY[:9])
    monkeypatch.setattr(sheet, "OUTSIDE", prompts.OUTSIDE[:4])
    monkeypatch.setattr(sheet, "FEW", (1, 2))
    monkeypatch.setattr(sheet, "WALKS", sheet.WALKS[:1])
    sheet.run(config, run_folder)
    told = (run_folder / "sheets" / "sheets.md").read_text()
    for name in ("scene", "aerial", "fifty", "outside", "steps", "inpainting", "image-to-image", "walks"):
        assert 0 < (run_folder / "sheets" / f"{name}.webp").stat().st_size <= sheet.MOST_BYTES
        assert f"({name}.webp)" in told
    assert prompts.FIFTY[0] in told


def test_every_network_is_measured(config: Config, run_folder: Path) -> None:
    measure.run(config, run_folder)
    figures = json.loads((run_folder / "figures.json").read_text())
    assert figures["tower_recall"]["pictures"] == 24
    assert 0 <= figures["probe_accuracy"]["view"] <= 1
    assert figures["autoencoder_psnr_db"] > 0
    assert figures["velocity_error"]["own"] > 0


def test_the_benchmark_measures_at_every_number_of_steps(
    run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables, values = tmp_path / "figures.md", tmp_path / "figures.json"
    given = ["--model", run_folder / "export", "--config", SMOKE, "--run", run_folder, "--steps", 1, 2]
    given += ["--pictures", 16, "--prompts", 14, "--inpaintings", 3, "--seeds", 2, "--threads", 1]
    monkeypatch.setattr(sys, "argv", ["model", *map(str, [*given, "--json", values, "--markdown", tables])])
    monkeypatch.setattr(benchmark, "WALKS", benchmark.WALKS[:1])
    benchmark.main()
    figures = json.loads(values.read_text())
    for part in ("attributes", "frechet", "seams", "diversity", "walks", "tasks"):
        assert {"1 step", "2 steps"} <= set(figures[part]), part
    assert figures["renders"] == 16
    assert figures["frechet"]["renders (floor)"] > 0
    assert figures["speed"]["resident_mb"] > 50
    assert "| at 2 steps | measured | goal | met |" in tables.read_text()


def test_without_a_probe_the_benchmark_says_how_to_get_one(
    tmp_path: Path, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "held-out").symlink_to(run_folder / "held-out")
    given = ["model", "--model", str(run_folder / "export"), "--config", str(SMOKE), "--run", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", given)
    with pytest.raises(SystemExit, match=r"(?s)stage `probe`.*python -m training"):
        benchmark.main()
