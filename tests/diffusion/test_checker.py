"""The safety checker beside diffusers' own code, on a small random model of the real class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPConfig

from figment.engine.backends.checking import open_checker
from figment.engine.backends.diffusion.checker import SafetyChecker
from figment.engine.errors import BrokenModel

SIZE = 32


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checker that sees something in about half of all noise."""
    torch.manual_seed(0)
    vision = {
        "hidden_size": 24,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIZE,
        "patch_size": 8,
    }
    model = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, projection_dim=16)).eval()
    model.concept_embeds.data = torch.randn(17, 16)
    model.special_care_embeds.data = torch.randn(3, 16)
    checker = SafetyChecker(model, torch.device("cpu"))
    with torch.inference_mode():
        seen = model.visual_projection(model.vision_model(checker._prepared(pictures(64)))[1])
        near = torch.nn.functional.normalize(seen) @ torch.nn.functional.normalize(model.concept_embeds).T
    # Of the nearest of the concepts, half of the pictures are beyond; of the special ones, a few.
    model.concept_embeds_weights.data = (
        near.max(dim=0).values - (near.max(dim=0).values - near.median(dim=0).values) * 0.2
    )
    model.special_care_embeds_weights.data = torch.full((3,), 0.2)
    path = tmp_path_factory.mktemp("checker")
    model.save_pretrained(path)
    return path


def pictures(count: int, seed: int = 1) -> np.ndarray:
    """Noise of many colours."""
    rng = np.random.default_rng(seed)
    colour = rng.uniform(0, 255, (count, 1, 1, 3))
    noise = rng.uniform(0, 255, (count, SIZE, SIZE, 3))
    return (0.7 * colour + 0.3 * noise).astype(np.uint8)


async def test_it_finds_what_diffusers_finds(folder: Path) -> None:
    checker = SafetyChecker.open(str(folder), "cpu")
    shown = pictures(64, seed=2)
    theirs = StableDiffusionSafetyChecker.from_pretrained(folder).eval()
    blackened = [picture.astype(np.float32) for picture in shown]
    _, nsfw = theirs(clip_input=checker._prepared(shown), images=blackened)
    findings = await checker.classify(shown)
    assert 5 < sum(nsfw) < 60, "a test that could not fail"
    assert [finding.picture for finding in findings] == [n for n, found in enumerate(nsfw) if found]
    assert all(0.5 < finding.score <= 1 for finding in findings)


async def test_it_leaves_the_picture_alone(folder: Path) -> None:
    shown = pictures(8, seed=2)
    before = shown.copy()
    await open_checker(str(folder), "cpu").classify(shown)
    assert np.array_equal(shown, before)


def test_a_picture_of_any_size_is_taken(folder: Path) -> None:
    checker = SafetyChecker.open(str(folder), "cpu")
    assert checker.margins(np.zeros((2, 300, 70, 3), np.uint8)).shape == (2,)


def test_a_folder_without_one_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenModel, match=r"config\.json is missing"):
        open_checker(str(tmp_path), "cpu")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BrokenModel, match="can be opened"):
        open_checker(str(tmp_path), "cpu")


def test_a_name_that_the_hub_cannot_give_says_why() -> None:
    with pytest.raises(BrokenModel, match="HF_HUB_OFFLINE"):
        open_checker("nobody/no-such-checker", "cpu")
