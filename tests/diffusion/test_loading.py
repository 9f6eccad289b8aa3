"""What is found in a diffusers folder, what is opened with it, and what is said when it cannot be."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, get_peft_model_state_dict

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import devices, hub, loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.draws import Draws
from figment.engine.errors import BrokenModel
from figment.engine.models import Catalogue
from tests.diffusion import small_models
from tests.diffusion.comparison import SEED, assert_same, latent_of, request_of
from tests.diffusion.conftest import Folder, Opened


def variant(root: Path, base: Path, **content: Any) -> Path:
    root.mkdir(exist_ok=True)
    (root / "figment.json").write_text(json.dumps({"base": str(base), **content}))
    return root


def lora_file(base: Path, folder: Path, seed: int) -> None:
    pipeline = StableDiffusionPipeline.from_pretrained(base)
    pipeline.unet.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["to_q", "to_k", "to_v", "to_out.0"]))
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in pipeline.unet.named_parameters():
        if "lora" in name:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    layers = get_peft_model_state_dict(pipeline.unet)
    pipeline.save_lora_weights(folder, unet_lora_layers=layers, weight_name=f"style-{seed}.safetensors")


def test_loras_are_added_by_name_and_weight(folder: Folder, opened: Opened, tmp_path: Path) -> None:
    base = folder("sd")
    for seed in (1, 2):
        lora_file(base, tmp_path / "styled", seed)
    loras = [{"file": "style-1.safetensors", "weight": 0.7}, {"file": "style-2.safetensors", "weight": -0.4}]
    variant(tmp_path / "styled", base, loras=loras)
    catalogue = Catalogue(tmp_path, builtin=Path("none"))
    assert catalogue.problems == []
    backend = loading.load(catalogue.find("styled"), "cpu")  # type: ignore[arg-type]
    assert isinstance(backend, DiffusionBackend)
    request = request_of("sd", "text-to-image", 3)
    pipeline = StableDiffusionPipeline.from_pretrained(base)
    pipeline.set_progress_bar_config(disable=True)
    for place, lora in enumerate(loras):
        pipeline.load_lora_weights(tmp_path / "styled", weight_name=lora["file"], adapter_name=f"a{place}")
    pipeline.set_adapters(["a0", "a1"], [0.7, -0.4])
    with torch.no_grad(), Draws(SEED, 0):
        expected = pipeline(
            request.prompt, request.height, request.width, 3, guidance_scale=3.0, output_type="latent"
        ).images[0]
    made = latent_of(backend, request)
    assert_same(made, expected)
    assert (made - latent_of(opened("sd"), request)).abs().max() > 0.01
    weights_hash = {model.weights_hash for model in (catalogue.find("styled").card, opened("sd").card)}
    assert len(weights_hash) == 2


def test_a_tiny_autoencoder_makes_the_previews(folder: Folder, opened: Opened, tmp_path: Path) -> None:
    tiny = small_models.tiny_vae()
    tiny.save_pretrained(tmp_path / "quick" / "taesd")
    variant(tmp_path / "quick", folder("sd"), tiny_autoencoder="taesd", title="Quick")
    model = Catalogue(tmp_path, builtin=Path("none")).find("quick")
    backend = loading.load(model, "cpu")  # type: ignore[arg-type]
    row = backend.begin(request_of("sd", "text-to-image", 2))
    for _ in range(backend.steps(row)):
        backend.denoise([row])
    shown = backend.preview(row)()
    with torch.no_grad():
        decoded = tiny.decode(row.latent[None]).sample
    small = torch.nn.functional.avg_pool2d(decoded, 8)[0].permute(1, 2, 0)
    expected = ((small / 2 + 0.5).clamp(0, 1) * 255).round().numpy()
    assert model.card.title == "Quick"
    assert expected.std() > 5
    # The last step of DDIM ends where the step foresaw, up to rounding.
    assert np.abs(shown - expected).max() <= 2


def test_previews_have_the_colours_of_the_picture(opened: Opened) -> None:
    """Fitted to the decoder, even this random one, which is far from linear: better than one colour for all."""
    backend = opened("sd")
    colours = backend._autoencoder.colours()
    generator = torch.Generator().manual_seed(5)
    coarse = torch.randn((1, 4, 3, 3), generator=generator)
    latent = torch.nn.functional.interpolate(coarse, size=(12, 12), mode="bilinear")
    with torch.no_grad():
        true = torch.nn.functional.avg_pool2d(backend._autoencoder.decode(latent), 8)[0].permute(1, 2, 0)
    guessed = latent[0].permute(1, 2, 0) @ colours[:-1] + colours[-1]
    assert (guessed - true).square().mean() < 0.75 * (true - true.mean((0, 1))).square().mean()


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda folder: shutil.rmtree(folder / "vae"), "vae is missing"),
        (lambda folder: (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink(), "unet has no weights"),
        (lambda folder: (folder / "model_index.json").write_text("{"), "is not JSON"),
        (lambda folder: (folder / "model_index.json").write_text("{}"), "names no pipeline"),
        (lambda folder: (folder / "figment.json").write_text('{"steps": 0}'), "steps"),
        (lambda folder: (folder / "figment.json").write_text('{"loras": [{"file": "../x.safetensors"}]}'), "file"),
        (lambda folder: (folder / "figment.json").write_text('{"loras": [{"file": "x.safetensors"}]}'), "is missing"),
    ],
)
def test_a_folder_that_cannot_be_used_is_left_out_and_told_of(
    folder: Folder, tmp_path: Path, spoil: Any, complaint: str
) -> None:
    shutil.copytree(folder("sd"), tmp_path / "mine")
    spoil(tmp_path / "mine")
    catalogue = Catalogue(tmp_path, builtin=Path("none"))
    assert catalogue.cards() == []
    assert len(catalogue.problems) == 1
    assert complaint in catalogue.problems[0]


def test_what_is_no_weights_file_is_said_when_it_is_opened(folder: Folder, tmp_path: Path) -> None:
    shutil.copytree(folder("sd"), tmp_path / "mine")
    (tmp_path / "mine" / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"no weights")
    with pytest.raises(BrokenModel, match="mine cannot be opened"):
        loading.load(diffusers_folder.read(tmp_path / "mine"), "cpu")


def test_code_in_a_folder_is_not_run_unasked(folder: Folder, tmp_path: Path) -> None:
    shutil.copytree(folder("sd"), tmp_path / "mine")
    (tmp_path / "mine" / "unet" / "mine.py").write_text("raise SystemExit")
    with pytest.raises(BrokenModel, match="FIGMENT_MODEL_CODE"):
        loading.load(diffusers_folder.read(tmp_path / "mine"), "cpu")


@pytest.mark.parametrize(
    ("name", "tasks", "steps", "guidance", "multiple"),
    [
        ("sd", 3, 30, 7.5, 16),
        ("sd-turbo", 3, 4, 1.0, 16),
        ("sd-inpainting", 1, 30, 7.5, 16),
        ("sdxl", 3, 30, 5.0, 16),
        ("sdxl-inpainting", 1, 30, 5.0, 16),
        ("sd3", 3, 28, 7.0, 16),
        ("flux", 3, 28, 3.5, 16),
        ("flux-schnell", 3, 4, 1.0, 16),
        ("lcm", 3, 4, 1.0, 16),
        ("whole", 1, 30, 5.0, 8),
    ],
)
def test_a_card_says_what_the_model_can_do(
    folder: Folder, name: str, tasks: int, steps: int, guidance: float, multiple: int
) -> None:
    card = diffusers_folder.read(folder(name)).card
    assert len(card.tasks) == tasks
    assert (card.default_steps, card.default_guidance, card.size_multiple) == (steps, guidance, multiple)
    assert card.min_size % multiple == card.max_size % multiple == card.native_size % multiple == 0


def test_the_weights_hash_follows_the_weights(folder: Folder, tmp_path: Path) -> None:
    shutil.copytree(folder("sd"), tmp_path / "mine")
    mine = tmp_path / "mine"
    before = diffusers_folder.read(mine).weights_hash
    assert diffusers_folder.read(folder("sd")).weights_hash == before
    weights = mine / "unet" / "diffusion_pytorch_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert diffusers_folder.read(mine).weights_hash != before


def test_a_name_of_the_hub_is_found_in_the_cache(
    folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--someone--small-model"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("a" * 40)
    shutil.copytree(folder("sd"), cached / "snapshots" / ("a" * 40))
    catalogue = Catalogue(default="someone/small-model", builtin=Path("none"), hub=hub)
    assert [card.name for card in catalogue.cards()] == ["someone/small-model"]


def test_a_device_that_is_not_here_is_explained() -> None:
    with pytest.raises(BrokenModel, match="FIGMENT_ENGINE_DEVICE"):
        devices.choose("cuda" if not torch.cuda.is_available() else "mps")
    assert devices.choose("cpu").type == "cpu"
