"""Diffusers folders without torch: what a web process reads of them, and what is said where torch is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from figment.engine import diffusers_folder
from figment.engine.backends.opening import Opening, fetch, torch_devices
from figment.engine.diffusers_folder import DiffusersModel, Family
from figment.engine.errors import BrokenModel, NoSuchModel
from figment.engine.models import Catalogue
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest
from tests.engine.tiny import HashedText, write_model

UNET = {
    "_class_name": "UNet2DConditionModel",
    "in_channels": 4,
    "sample_size": 64,
    "block_out_channels": [320, 640, 1280, 1280],
}
VAE = {"_class_name": "AutoencoderKL", "latent_channels": 4, "block_out_channels": [128, 256, 512, 512]}


def write(folder: Path, pipeline: str = "StableDiffusionPipeline", **network: Any) -> Path:
    """A folder as diffusers writes it, with the numbers of Stable Diffusion 1.5 and weights that nobody opens."""
    configs = {"unet": UNET | network, "vae": VAE}
    for name, config in configs.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
        (folder / name / "diffusion_pytorch_model.safetensors").write_bytes(name.encode())
    components = {name: ["diffusers", config["_class_name"]] for name, config in configs.items()}
    (folder / "model_index.json").write_text(json.dumps({"_class_name": pipeline, **components}))
    return folder


def request(model: DiffusersModel, guidance: float, negative: str = "") -> ImageRequest:
    return ImageRequest(model.name, "a hill", 1, 4, guidance, 512, 512, negative)


def test_a_card_is_read_without_torch(tmp_path: Path) -> None:
    card = diffusers_folder.read(write(tmp_path / "dreams")).card
    assert card.name == card.title == "dreams"
    assert (card.native_size, card.min_size, card.max_size, card.size_multiple) == (512, 128, 1024, 64)
    assert card.tasks == {"text-to-image", "image-to-image", "inpainting"}


@pytest.mark.parametrize(
    ("pipeline", "network", "family", "tasks"),
    [
        ("StableDiffusionInpaintPipeline", {"in_channels": 9}, Family.STABLE_DIFFUSION, {"inpainting"}),
        ("StableDiffusionPipeline", {"in_channels": 7}, Family.WHOLE, {"text-to-image"}),
        ("SomethingNewPipeline", {}, Family.WHOLE, {"text-to-image"}),
        ("SomethingNewImg2ImgPipeline", {}, Family.WHOLE, {"image-to-image"}),
        ("SomethingNewInpaintPipeline", {}, Family.WHOLE, {"inpainting"}),
    ],
)
def test_what_a_model_can_do_is_read_from_its_channels_and_its_pipeline(
    tmp_path: Path, pipeline: str, network: dict[str, Any], family: Family, tasks: set[str]
) -> None:
    model = diffusers_folder.read(write(tmp_path / "m", pipeline, **network))
    assert model.family is family
    assert model.card.tasks == tasks


def test_network_rows_follow_the_guidance(tmp_path: Path) -> None:
    plain = diffusers_folder.read(write(tmp_path / "plain"))
    told = diffusers_folder.read(write(tmp_path / "told", time_cond_proj_dim=256))
    assert [plain.network_rows(request(plain, guidance)) for guidance in (0.0, 1.0, 1.5)] == [1, 1, 2]
    assert [told.network_rows(request(told, 8.0, negative)) for negative in ("", "fog")] == [1, 2]


def test_distilled_models_are_known_by_their_names(tmp_path: Path) -> None:
    slow, fast = (diffusers_folder.read(write(tmp_path / name)).card for name in ("dreams", "dreams-Turbo"))
    assert (slow.default_steps, slow.default_guidance) == (30, 7.5)
    assert (fast.default_steps, fast.default_guidance) == (4, 1.0)


def test_an_operators_word_goes_before_defaults(tmp_path: Path) -> None:
    folder = write(tmp_path / "m")
    plain = diffusers_folder.read(folder)
    (folder / "figment.json").write_text(json.dumps({"title": "Dreams", "steps": 12, "guidance": 0}))
    said = diffusers_folder.read(folder)
    assert (said.card.title, said.card.default_steps, said.card.default_guidance) == ("Dreams", 12, 0)
    assert said.weights_hash == plain.weights_hash


def test_a_variant_is_another_model_on_the_same_weights(tmp_path: Path) -> None:
    write(tmp_path / "base")
    for name, weight in (("soft", 0.5), ("hard", 1.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "ink.safetensors").write_bytes(b"ink")
        loras = [{"file": "ink.safetensors", "weight": weight}]
        (tmp_path / name / "figment.json").write_text(json.dumps({"base": str(tmp_path / "base"), "loras": loras}))
    catalogue = Catalogue(tmp_path, builtin=tmp_path / "none")
    assert catalogue.problems == []
    assert {card.name for card in catalogue.cards()} == {"base", "soft", "hard"}
    assert len({card.weights_hash for card in catalogue.cards()}) == 3


def test_a_variant_of_nothing_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "lost").mkdir()
    (tmp_path / "lost" / "figment.json").write_text("{}")
    [problem] = Catalogue(tmp_path, builtin=tmp_path / "none").problems
    assert "names no base" in problem


def test_both_kinds_of_models_stand_in_one_catalogue(tmp_path: Path) -> None:
    write(tmp_path / "dreams")
    write_model(tmp_path / "tiny")
    catalogue = Catalogue(tmp_path, default="dreams", builtin=tmp_path / "none")
    assert [card.name for card in catalogue.cards()] == ["dreams", "tiny"]


def test_a_folder_can_be_named_by_its_path(tmp_path: Path) -> None:
    folder = write(tmp_path / "dreams")
    assert [card.name for card in Catalogue(default=str(folder), builtin=tmp_path / "none").cards()] == [str(folder)]


class FolderHub:
    """A hub that has every model there is, and remembers who asked for which."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []

    def fetch(self, name: str) -> Path:
        self.asked.append(name)
        return write(self.root / name.replace("/", "--"))

    def bytes_fetched(self, name: str) -> int:
        return 0


def test_a_name_of_the_hub_is_fetched_and_kept_as_the_models_name(tmp_path: Path) -> None:
    hub = FolderHub(tmp_path / "hub")
    catalogue = Catalogue(default="someone/dreams", builtin=tmp_path / "none", hub=hub)
    assert hub.asked == ["someone/dreams"]
    assert catalogue.find("someone/dreams").card.name == "someone/dreams"


def test_what_is_obtained_is_installed_once_it_is_kept(tmp_path: Path) -> None:
    hub = FolderHub(tmp_path / "hub")
    catalogue = Catalogue(builtin=tmp_path / "none", hub=hub)
    model = catalogue.obtain("someone/dreams")
    assert catalogue.cards() == []
    catalogue.keep(model)
    assert [card.name for card in catalogue.cards()] == ["someone/dreams"]
    assert catalogue.obtain("someone/dreams") is model
    assert hub.asked == ["someone/dreams"]


def test_a_folder_that_was_put_there_since_is_obtained_by_its_name_and_a_path_is_none(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "mine", builtin=tmp_path / "none", hub=FolderHub(tmp_path / "hub"))
    elsewhere = write(tmp_path / "elsewhere" / "secret")
    write(tmp_path / "mine" / "dreams")
    assert catalogue.obtain("dreams").card.name == "dreams"
    for path in (str(elsewhere), "../elsewhere/secret"):
        with pytest.raises(NoSuchModel, match="owner/name"):
            catalogue.obtain(path)
    (tmp_path / "mine" / "torn").mkdir()
    (tmp_path / "mine" / "torn" / "model_index.json").write_text("{")
    with pytest.raises(BrokenModel, match="torn"):
        catalogue.obtain("torn")


def test_where_torch_is_missing_it_is_said_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = "figment.engine.backends.diffusion"
    for name in [name for name in sys.modules if name.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
        # The package remembers what was imported of it.
        monkeypatch.delattr(f"{package}.{name.removeprefix(package)[1:]}", raising=False)
    for library in ("torch", "huggingface_hub"):
        monkeypatch.setitem(sys.modules, library, None)
    model = diffusers_folder.read(write(tmp_path / "dreams"))
    with pytest.raises(BrokenModel, match=r"pip install 'figment\[torch\]'"):
        Opening(PromptCache(HashedText), threads=1).load(model)
    with pytest.raises(BrokenModel, match=r"pip install 'figment\[torch\]'"):
        fetch("someone/dreams")
    assert torch_devices() is None
