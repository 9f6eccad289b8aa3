"""The whole way from renderer to shipped files, in small, and what happens when it is cut off."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from training import checkpoint
from training.config import Config, load
from training.stages import autoencoder, denoiser, export, latents, measure, render, sheet

SMOKE = Path(__file__).parents[2] / "training" / "configs" / "smoke.yaml"
TOLERANCE = 2e-3
"""Float16 weights against the float32 ones they were rounded from."""


@pytest.fixture(scope="module")
def config() -> Config:
    return load(SMOKE)


@pytest.fixture(scope="module")
def run_folder(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / config.name
    folder.mkdir()
    for stage in (render, autoencoder, latents, denoiser, export, sheet, measure):
        stage.run(config, folder)
    return folder


def test_every_file_is_there_and_described(run_folder: Path) -> None:
    card = json.loads((run_folder / "export" / "model.json").read_text())
    assert set(card["files"]) == {"denoiser", "decoder", "encoder"}
    for file in card["files"].values():
        assert (run_folder / "export" / file["path"]).stat().st_size == file["bytes"]
    assert np.shape(card["preview"]["matrix"]) == (8, 3)
    assert (run_folder / "sheet.webp").stat().st_size > 0
    figures = json.loads((run_folder / "figures.json").read_text())
    assert figures["denoiser_steps"] > 0


def test_an_unfinished_denoiser_goes_on_where_it_stopped(config: Config, run_folder: Path) -> None:
    before = checkpoint.load(run_folder / "denoiser.pt")
    longer = replace(config, denoiser=replace(config.denoiser, minutes=2 * config.denoiser.minutes))
    denoiser.run(longer, run_folder)
    after = checkpoint.load(run_folder / "denoiser.pt")
    assert before is not None
    assert after is not None
    assert after["step"] > before["step"]
    assert after["spent_s"] > before["spent_s"]


def test_a_finished_run_does_nothing_again(config: Config, run_folder: Path) -> None:
    watched = [
        run_folder / "autoencoder.pt",
        run_folder / "latents" / "latents.npy",
        run_folder / "pictures" / "shard-0000.npy",
    ]
    before = [path.stat().st_mtime_ns for path in watched]
    for stage in (render, autoencoder, latents):
        stage.run(config, run_folder)
    assert [path.stat().st_mtime_ns for path in watched] == before


def test_a_half_written_shard_is_rendered_again(config: Config, tmp_path: Path) -> None:
    render.run(config, tmp_path)
    records = tmp_path / "pictures" / "shard-0001.jsonl"
    whole = records.read_text()
    records.unlink()
    render.run(config, tmp_path)
    assert records.read_text() == whole


def test_two_workers_train_together(config: Config, run_folder: Path) -> None:
    together = replace(config, denoiser=replace(config.denoiser, workers=2, minutes=3 * config.denoiser.minutes))
    before = checkpoint.load(run_folder / "denoiser.pt")
    denoiser.run(together, run_folder)
    after = checkpoint.load(run_folder / "denoiser.pt")
    assert before is not None
    assert after is not None
    assert after["step"] > before["step"]


@pytest.fixture(scope="module")
def exported(config: Config, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object, object]:
    """Networks with random weights everywhere, none zero, and their files."""
    torch.manual_seed(0)
    models = autoencoder.build(config).eval(), denoiser.build(config).eval()
    for model in models:
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    folder = tmp_path_factory.mktemp("export")
    for name, graph in export.graphs(*models).items():
        (folder / f"{name}.onnx").write_bytes(graph.SerializeToString())
    return folder, *models


def _session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(("rows", "height", "width"), [(1, 32, 32), (3, 16, 40), (8, 32, 32)])
def test_the_exported_denoiser_equals_torch(exported: tuple, rows: int, height: int, width: int) -> None:
    folder, _, model = exported
    torch.manual_seed(1)
    mask = (torch.arange(32)[None] < torch.randint(2, 33, (rows, 1))).float()
    given = {
        "latents": torch.randn(rows, 8, height, width),
        "time": torch.rand(rows),
        "text": torch.randn(rows, 32, 384) * 0.4 * mask[..., None],
        "text_mask": mask,
    }
    with torch.no_grad():
        expected = model(*given.values()).numpy()
    (velocity,) = _session(folder / "denoiser.onnx").run(
        ["velocity"], {name: value.numpy() for name, value in given.items()}
    )
    assert np.abs(velocity - expected).max() < TOLERANCE * max(1, np.abs(expected).max())


def test_the_exported_autoencoder_equals_torch(exported: tuple) -> None:
    folder, model, _ = exported
    image = torch.rand(2, 3, 64, 128) * 2 - 1
    with torch.no_grad():
        expected_latents = model.encode(image).numpy()
        expected_image = model.decode(torch.from_numpy(expected_latents)).numpy()
    (latent,) = _session(folder / "encoder.onnx").run(["latents"], {"image": image.numpy()})
    (restored,) = _session(folder / "decoder.onnx").run(["image"], {"latents": expected_latents})
    assert np.abs(latent - expected_latents).max() < TOLERANCE
    assert np.abs(restored - expected_image).max() < TOLERANCE


def test_a_row_does_not_depend_on_its_company(exported: tuple) -> None:
    folder, _, _ = exported
    session, rng = _session(folder / "denoiser.onnx"), np.random.default_rng(2)
    given = {
        "latents": rng.standard_normal((8, 8, 32, 32)).astype(np.float32),
        "time": rng.random(8).astype(np.float32),
        "text": rng.standard_normal((8, 32, 384)).astype(np.float32),
        "text_mask": np.ones((8, 32), np.float32),
    }
    (crowd,) = session.run(["velocity"], given)
    for row in range(8):
        (alone,) = session.run(["velocity"], {name: value[row : row + 1] for name, value in given.items()})
        assert np.abs(alone[0] - crowd[row]).max() < 1e-4
