"""Model folders: what is read, what is refused, and what is said about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from figment.engine.errors import BrokenModel
from figment.engine.models import NEEDED_INPUTS, Catalogue, InstalledModel, read
from figment.generation.contract import GenerationRefused
from tests.engine.tiny import write_model


def test_a_card_says_what_the_manifest_says(tiny: InstalledModel) -> None:
    card = tiny.card
    assert (card.name, card.native_size, card.min_size, card.max_size, card.size_multiple) == ("tiny", 64, 32, 128, 32)
    assert (card.default_steps, card.max_steps, card.default_guidance, card.max_guidance) == (4, 50, 2.5, 10)
    assert card.tasks == {"text-to-image", "image-to-image", "inpainting"}


def test_the_weights_hash_changes_with_any_file_and_not_with_the_title(tmp_path: Path) -> None:
    plain, titled = read(write_model(tmp_path / "a")), read(write_model(tmp_path / "b", title="Other"))
    assert plain.weights_hash == titled.weights_hash
    manifest = json.loads((tmp_path / "b" / "model.json").read_text())
    manifest["files"]["encoder"]["sha256"] = "0" * 64
    (tmp_path / "b" / "model.json").write_text(json.dumps(manifest))
    assert read(tmp_path / "b").weights_hash != plain.weights_hash


def test_verify_finds_what_is_damaged(tmp_path: Path) -> None:
    model = read(write_model(tmp_path / "a"))
    assert model.verify() == []
    decoder, encoder = tmp_path / "a" / "decoder.onnx", tmp_path / "a" / "encoder.onnx"
    decoder.write_bytes(decoder.read_bytes()[:-1] + b"\0")
    encoder.write_bytes(b"")
    (tmp_path / "a" / "denoiser.onnx").unlink()
    damaged, missing, short = model.verify()
    assert "decoder.onnx is damaged" in damaged
    assert "denoiser.onnx is missing" in missing
    assert "encoder.onnx has 0 bytes" in short


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"prediction": "epsilon"}, "prediction"),
        ({"tasks": []}, "tasks"),
        ({"tasks": ["video"]}, "tasks"),
        ({"native_size": 0}, "native_size"),
        ({"latent": {"channels": 8}}, "latent.downscale"),
        ({"preview": {"matrix": [[1.0, 2.0]], "bias": [0.0] * 3}}, "preview.matrix"),
        ({"denoiser": {"inputs": ["latents", "time", "text"]}}, "reads text_mask too"),
        ({"denoiser": {"inputs": [*NEEDED_INPUTS, "known"]}}, "go together"),
        ({"denoiser": {"inputs": [*NEEDED_INPUTS, "depth"]}}, "denoiser.inputs"),
        ({"files": {"denoiser": {"path": "../x", "sha256": "0" * 64, "bytes": 1}}}, "inside its folder"),
        ({"files": {"denoiser": {"path": "/x", "sha256": "0" * 64, "bytes": 1}}}, "inside its folder"),
    ],
)
def test_a_manifest_that_does_not_say_what_it_must(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BrokenModel, match=complaint):
        read(write_model(tmp_path / "a", **changes))


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match="cannot be read"):
        read(tmp_path)


def test_an_operators_models_come_after_the_built_in_ones_and_a_broken_one_is_told_of(
    tmp_path: Path, models_dir: Path
) -> None:
    own = tmp_path / "own"
    write_model(own / "aaa", name="mine")
    write_model(own / "bbb", name="tiny")
    write_model(own / "ccc", name="broken", native_size=-1)
    catalogue = Catalogue(own, builtin=models_dir)
    assert [card.name for card in catalogue.cards()] == ["tiny", "mine"]
    assert len(catalogue.problems) == 2
    assert "another model is called 'tiny'" in catalogue.problems[0]
    assert "native_size" in catalogue.problems[1]


def test_the_default_model_can_be_named(tmp_path: Path, models_dir: Path) -> None:
    write_model(tmp_path / "own", name="mine")
    assert [card.name for card in Catalogue(tmp_path, "mine", models_dir).cards()] == ["mine", "tiny"]


def test_an_unknown_model_is_refused_and_the_installed_ones_are_named(models_dir: Path) -> None:
    with pytest.raises(GenerationRefused, match="'dall-e' is not installed here; installed: tiny"):
        Catalogue(builtin=models_dir).find("dall-e")


def test_no_folder_no_models(tmp_path: Path) -> None:
    assert Catalogue(tmp_path / "nowhere", builtin=tmp_path / "nothing").cards() == []
