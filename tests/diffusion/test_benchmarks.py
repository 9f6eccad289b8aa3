"""The benchmarks of a GPU run to their end where there is none, and their models have the shapes that they claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from benchmarks import cross_attention, cross_attention_runs, gpu, gpu_runs, parking, prompts, turbo_models

META = torch.device("meta")


@pytest.mark.parametrize(
    ("name", "parameters", "unet_gigaflop"), [("sd-turbo", 865_910_724, 804.3), ("sdxl-turbo", 2_567_463_684, 1588.8)]
)
def test_the_turbo_models_have_their_exact_shapes(name: str, parameters: int, unet_gigaflop: float) -> None:
    pipeline = turbo_models.MODELS[name](META)
    assert sum(parameter.numel() for parameter in pipeline.unet.parameters()) == parameters
    work = gpu_runs._gigaflop(pipeline, 512, META)
    assert work == pytest.approx({"unet": unet_gigaflop, "decode": 141.35, "encode": 122.3}, rel=1e-3)


def test_the_script_measures_small_models_on_a_processor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    gpu.main(
        ["--tiny", "--models", "sd-turbo", "--batches", "1,8", "--steps", "1", "--seconds", "0.01", "--json", str(file)]
    )
    said = capsys.readouterr().out
    figures = json.loads(file.read_text())
    assert [(line["case"]["task"], line["case"]["batch"]) for line in figures["lines"]] == [
        (task, batch) for batch in (1, 8) for task in gpu_runs.TASKS
    ]
    assert all(set(line["seconds"]) == {gpu_runs.OURS, gpu_runs.PLAIN} for line in figures["lines"]), said
    assert "one at a time, over diffusers:" in said
    assert "8 and more at a time, of the measured peak:" in said
    assert "mean nothing" in said


@pytest.mark.parametrize(
    ("name", "gigaflop", "spared"),
    [
        ("SD-Turbo 512²", 804.3, 3.936),
        ("SDXL 512²", 1588.8, 52.48),
        ("Sana 1.6B 1024²", 2966.7, 126.5),
        ("PRX 1.2B 512²", 1731.9, 54.73),
    ],
)
def test_what_projecting_prompts_once_spares(name: str, gigaflop: float, spared: float) -> None:
    [case] = [case for case in cross_attention_runs.cases() if case.name == name]
    whole, share, _ = cross_attention_runs.counted(case)
    assert whole == pytest.approx(gigaflop, rel=1e-3)
    assert share * whole == pytest.approx(spared, rel=1e-3)


def test_it_is_measured_on_small_networks(capsys: pytest.CaptureFixture[str]) -> None:
    cross_attention.main(["--tiny", "--rounds", "2", "--batches", "1,2"])
    said = capsys.readouterr().out
    assert "batch 1: step" in said
    assert "batch 2: step" in said


def test_reading_prompts_together_is_measured_on_a_small_encoder(capsys: pytest.CaptureFixture[str]) -> None:
    prompts.main(["--tiny", "--rounds", "1", "--batches", "2,3"])
    said = capsys.readouterr().out
    assert " 2 prompts: " in said
    assert " 3 prompts: " in said


def test_without_a_device_they_say_so(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu.main([])
    assert capsys.readouterr().out.strip() == gpu.NEEDS
    monkeypatch.setattr("sys.argv", ["parking"])
    parking.main()
    assert capsys.readouterr().out.strip() == parking.NOTHING


def test_a_way_that_fails_is_told_and_the_others_go_on() -> None:
    def broken() -> None:
        raise torch.OutOfMemoryError("full")

    kinds = {"one": gpu_runs.Kind(lambda: None), "other": gpu_runs.Kind(broken)}
    assert set(gpu_runs._in_turns(kinds, 0.0)) == {"one"}
    assert kinds["other"].failed == "OutOfMemoryError: full"
