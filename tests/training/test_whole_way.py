"""The whole way from renderer to shipped files, in small, and what happens when it is cut off."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training import checkpoint
from training.config import Config, load
from training.pictures import shard_at
from training.stages import autoencoder, decoder, denoiser, distil, latents, render

SMOKE = Path(__file__).parents[2] / "training" / "configs" / "smoke.yaml"


@pytest.fixture(scope="module")
def config() -> Config:
    return load(SMOKE)


@pytest.fixture(scope="module")
def run_folder(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / config.name
    folder.mkdir()
    for stage in (render, autoencoder, latents, denoiser, distil, decoder):
        stage.run(config, folder)
    return folder


def test_every_stage_leaves_its_files(run_folder: Path) -> None:
    for name in (
        "autoencoder.pt",
        "denoiser.pt",
        "distil.pt",
        "decoder.pt",
        "latents/latents.npy",
        "latents/held-out/latents.npy",
    ):
        assert (run_folder / name).stat().st_size > 0
    for stage in ("denoiser", "distil"):
        assert list(run_folder.glob(f"{stage}-*min.webp"))
        assert checkpoint.load(run_folder / f"{stage}.pt")["step"] > 0


class Clock:
    """Hands that move by a second for every step of training, so that runs can be compared to the bit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, task: type, dies_at: int | None = None) -> None:
        self.seconds, self.steps, learn = 0.0, 0, task.backward

        def backward(*given: object) -> object:
            if self.steps == dies_at:
                raise KeyboardInterrupt
            figures = learn(*given)
            self.seconds, self.steps = self.seconds + 1, self.steps + 1
            return figures

        monkeypatch.setattr(task, "backward", backward)
        monkeypatch.setattr("training.clock.now", lambda: self.seconds)


@pytest.mark.parametrize("stage", ["denoiser", "distil"])
def test_a_run_that_was_killed_ends_as_one_that_was_not(
    stage: str, config: Config, run_folder: Path, tmp_path: Path
) -> None:
    module, task = {"denoiser": (denoiser, denoiser.FlowMatching), "distil": (distil, distil.Distillation)}[stage]
    settings = replace(getattr(config, stage), minutes=9 / 60)
    timed = replace(config, checkpoint_seconds=0.0, **{stage: settings})
    folders = tmp_path / "whole", tmp_path / "killed"
    for folder in folders:
        shutil.copytree(run_folder, folder, ignore=shutil.ignore_patterns(f"{stage}.pt", "pictures", "export"))
    for folder, dies_at in ((folders[0], None), (folders[1], 5), (folders[1], None)):
        with pytest.MonkeyPatch.context() as patch:
            Clock(patch, task, dies_at)
            with pytest.raises(KeyboardInterrupt) if dies_at else nullcontext():
                module.run(timed, folder)
    whole, resumed = (checkpoint.load(folder / f"{stage}.pt") for folder in folders)
    assert whole["step"] == resumed["step"] == 9
    for part in ("model", "average"):
        for name, value in whole[part].items():
            assert torch.equal(value, resumed[part][name]), (part, name)


def test_a_larger_budget_trains_on(config: Config, run_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder, ignore=shutil.ignore_patterns("pictures"))
    before = checkpoint.load(folder / "denoiser.pt")
    denoiser.run(replace(config, denoiser=replace(config.denoiser, minutes=2 * config.denoiser.minutes)), folder)
    after = checkpoint.load(folder / "denoiser.pt")
    assert after["step"] > before["step"]
    assert after["spent_s"] > before["spent_s"]
    distilled = checkpoint.load(folder / "distil.pt")
    distil.run(config, folder)
    anew = checkpoint.load(folder / "distil.pt")
    assert (distilled["notes"]["teacher_step"], anew["notes"]["teacher_step"]) == (before["step"], after["step"])


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


def test_polishing_the_decoder_leaves_every_latent_as_it_is(config: Config, run_folder: Path) -> None:
    polished, state = autoencoder.trained(config, run_folder), checkpoint.load(run_folder / "autoencoder.pt")
    before, after = state["model"], polished.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("decoder.") for name in changed)
    pixels = shard_at(run_folder / "pictures", 0).pixels()
    with torch.no_grad():
        latent = polished.encode(autoencoder.to_image(pixels[:4]))
    stored = torch.from_numpy(np.load(run_folder / "latents" / "latents.npy")[:4]).float()
    assert (latent - stored).abs().max() < 0.1, "the stage encodes in bfloat16"


def test_a_half_written_shard_is_rendered_again(config: Config, tmp_path: Path) -> None:
    render.run(config, tmp_path)
    records = tmp_path / "pictures" / "shard-0001.jsonl"
    whole = records.read_text()
    records.unlink()
    render.run(config, tmp_path)
    assert records.read_text() == whole


def test_two_workers_train_together(config: Config, run_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder, ignore=shutil.ignore_patterns("pictures"))
    together = replace(config, denoiser=replace(config.denoiser, workers=2, minutes=3 * config.denoiser.minutes))
    before = checkpoint.load(folder / "denoiser.pt")
    denoiser.run(together, folder)
    assert checkpoint.load(folder / "denoiser.pt")["step"] > before["step"]
