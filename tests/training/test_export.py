"""One set of weights, three homes: the same numbers in onnxruntime, in the browser's float16 graphs, and in torch."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

from figment.engine import models
from figment.engine.backends import onnx as engine
from figment.engine.backends.browser import ROLES, browser_set
from figment.engine.backends.graphs import steady
from figment.engine.backends.sessions import open_session
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest, Pixels
from tests.engine.tiny import HashedText
from training import onnx_graphs
from training.config import Config, load
from training.onnx_graphs import Networks
from training.stages import autoencoder, denoiser, export, tower

pytestmark = pytest.mark.timeout(600)
CONFIGS = Path(__file__).parents[2] / "training" / "configs"
SAME = 2e-5
"""Torch against onnxruntime, by the largest difference of a velocity, a latent or a picture in -1..1: another order of adding."""
NEARLY = 5e-3
"""The same against float16 arithmetic."""
STEP_BYTE, HALF_BYTES = 1, 3
"""The largest difference of a picture's bytes after four steps, in float32 and in float16 arithmetic."""
SERVER_BYTES, BROWSER_BYTES = 60_000_000, 40_000_000
PREVIEW = {"matrix": [[0.2, 0.0, 0.0]] * 4 + [[0.0, 0.2, 0.1]] * 4, "bias": [0.0, 0.1, -0.1]}
DRAWN: dict[str, tuple[onnx_graphs.DrawInputs, str]] = {
    "denoiser": (onnx_graphs.step, "velocity"),
    "decoder": (onnx_graphs.latents, "image"),
    "encoder": (onnx_graphs.image, "latents"),
    "tower": (onnx_graphs.image, "vector"),
}


@dataclass(frozen=True)
class Exported:
    """The server's folder, the browser's set that is made from it, and the diffusers folder."""

    networks: Networks
    server: Path
    browser: Path
    diffusers: Path

    @classmethod
    def of(cls, config: Config, folder: Path) -> Exported:
        networks = random_networks(config)
        export.write(folder, networks, export.Manifest(PREVIEW, 5.0, {}), export.arguments(config))
        server = folder / "export"
        browser = browser_set(models.read(server), folder / "cache")
        return cls(networks, server, browser, folder / "diffusers")

    def torch_call(self, part: str) -> Callable[..., torch.Tensor]:
        calls: dict[str, Callable[..., torch.Tensor]] = {
            "denoiser": self.networks.denoiser,
            "decoder": self.networks.autoencoder.decode,
            "encoder": self.networks.autoencoder.encode,
            "tower": self.networks.tower,
        }
        return calls[part]


def random_networks(config: Config) -> Networks:
    """No weight is zero, so that nothing can be left out unseen, and every layer keeps the size of its numbers."""
    torch.manual_seed(0)
    networks = Networks(autoencoder.build(config).eval(), denoiser.build(config).eval(), tower.build(config).eval())
    for network in (networks.autoencoder, networks.denoiser, networks.tower):
        for parameter in network.parameters():
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 400
            torch.nn.init.normal_(parameter, std=fan_in**-0.5)
    return networks.rounded()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.of(load(CONFIGS / "smoke.yaml"), tmp_path_factory.mktemp("small"))


HOMES = [*(("server", part) for part in DRAWN), *(("browser", role) for role in ROLES)]


@pytest.mark.parametrize(("rows", "height", "width"), [(1, 32, 32), (3, 16, 40)])
@pytest.mark.parametrize(("home", "part"), HOMES)
def test_a_graph_computes_what_torch_does(
    small: Exported, home: str, part: str, rows: int, height: int, width: int
) -> None:
    torch.manual_seed(1)
    draw, output = DRAWN[part]
    given = draw(rows, height, width)
    with torch.no_grad():
        expected = small.torch_call(part)(*given.values()).numpy()
    path = getattr(small, home) / f"{part}.onnx"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (made,) = session.run([output], {name: value.numpy() for name, value in given.items()})
    assert np.abs(expected).std() > 1e-3
    tolerance = {"server": SAME, "browser": NEARLY}[home]
    assert np.abs(made - expected).max() < tolerance * max(1, np.abs(expected).max())


def test_the_browsers_graphs_compute_in_float16_what_is_heavy_and_nothing_that_is_delicate(small: Exported) -> None:
    graph = onnx.shape_inference.infer_shapes(onnx.load(small.browser / "denoiser.onnx")).graph
    kinds = {value.name: value.type.tensor_type.elem_type for value in [*graph.value_info, *graph.input, *graph.output]}
    kinds |= {tensor.name: tensor.data_type for tensor in graph.initializer}
    types = {"Conv": onnx.TensorProto.FLOAT16, "Softmax": onnx.TensorProto.FLOAT, "Sin": onnx.TensorProto.FLOAT}
    types |= {"InstanceNormalization": onnx.TensorProto.FLOAT, "LayerNormalization": onnx.TensorProto.FLOAT}
    for operator, kind in types.items():
        nodes = [node for node in graph.node if node.op_type == operator]
        assert nodes
        assert {kinds[name] for node in nodes for name in node.input} == {kind}
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in graph.value_info}
    products = {(ranks[node.output[0]] > 2, kinds[node.output[0]]) for node in graph.node if node.op_type == "MatMul"}
    assert products == {(True, onnx.TensorProto.FLOAT16), (False, onnx.TensorProto.FLOAT)}
    assert {kinds[value.name] for value in [*graph.input, *graph.output]} == {onnx.TensorProto.FLOAT}


@dataclass(frozen=True)
class TorchNetwork:
    """A torch module as the engine's backend calls a network."""

    call: Callable[..., torch.Tensor]

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        with torch.no_grad():
            return [self.call(*(torch.from_numpy(value) for value in inputs.values())).numpy()]


def opened(folder: Path, part: str, kind: str) -> Any:
    """One network of the diffusers folder, as its README says: with torch and safetensors alone."""
    config = json.loads((folder / part / "config.json").read_text())
    network = getattr(importlib.import_module(f"{part}.{kind.lower()}"), kind)(
        **{name: value for name, value in config.items() if not name.startswith("_")}
    )
    network.load_state_dict(load_file(folder / part / "diffusion_pytorch_model.safetensors"))
    return network.eval()


@pytest.fixture
def torch_home(small: Exported, monkeypatch: pytest.MonkeyPatch) -> engine.Networks:
    monkeypatch.syspath_prepend(small.diffusers)
    vae = opened(small.diffusers, "vae", "Autoencoder")
    networks = engine.Networks(
        TorchNetwork(opened(small.diffusers, "denoiser", "Denoiser")),
        TorchNetwork(vae.decode),
        lambda: TorchNetwork(vae.encode),
    )
    for name in [name for name in sys.modules if name.split(".")[0] in ("vae", "denoiser")]:
        monkeypatch.delitem(sys.modules, name)
    return networks


def backend(folder: Path, networks: engine.Networks | None = None) -> engine.OnnxBackend:
    model = models.read(folder)
    return engine.OnnxBackend(model, PromptCache(HashedText), networks or engine.open_networks(model, 1))


def picture(made_by: engine.OnnxBackend, request: ImageRequest) -> Pixels:
    row = made_by.begin(request)
    while row.steps_done < len(row.times) - 1:
        made_by.denoise([row])
    return made_by.decode([row])[0]


def gradient() -> Pixels:
    ramp = np.linspace(0, 255, 128).astype(np.uint8)
    return np.stack([np.tile(ramp, (128, 1)), np.tile(ramp[:, None], (1, 128)), np.full((128, 128), 90, np.uint8)], 2)


def corner() -> Pixels:
    mask = np.zeros((128, 128), np.uint8)
    mask[:70, :90] = 255
    return mask


TASKS: dict[str, dict[str, Any]] = {
    "text-to-image": {},
    "negative": {"negative_prompt": "fog"},
    "image-to-image": {"init_image": gradient(), "strength": 0.6},
    "inpainting": {"init_image": gradient(), "mask": corner()},
}


@pytest.mark.parametrize("task", TASKS)
def test_the_three_homes_make_the_same_picture(small: Exported, torch_home: engine.Networks, task: str) -> None:
    request = ImageRequest(export.NAME, "a red house", 11, 4, 3.0, 128, 128, **TASKS[task])
    server, browser, torch_made = (
        picture(made_by, request).astype(int)
        for made_by in (backend(small.server), backend(small.browser), backend(small.server, torch_home))
    )
    assert server.std() > 20
    assert np.abs(server - torch_made).max() <= STEP_BYTE
    assert np.abs(server - browser).max() <= HALF_BYTES
    another = picture(backend(small.server), replace(request, seed=12)).astype(int)
    assert np.abs(server - another).max() > 10 * HALF_BYTES


def test_the_engine_reads_what_the_manifest_says(small: Exported) -> None:
    for folder in (small.server, small.browser):
        model = models.read(folder)
        assert model.verify() == []
        assert model.card.default_steps == 4
        assert model.manifest.denoiser.applies_guidance
        assert model.manifest.denoiser.inpaints
        session = open_session(model.file("denoiser"), 1)
        assert [given.name for given in session.get_inputs()] == model.manifest.denoiser.inputs


def test_the_diffusers_folder_needs_nothing_of_ours(small: Exported) -> None:
    sources = sorted(small.diffusers.rglob("*.py"))
    assert len(sources) == 7
    for path in sources:
        assert re.findall(r"^(?:from|import) (?:training|figment)\b", path.read_text(), flags=re.M) == []


def test_diffusers_opens_its_folder(small: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path))
    # After the setting, which it reads when it is imported.
    from diffusers import DiffusionPipeline

    pipeline = DiffusionPipeline.from_pretrained(small.diffusers, trust_remote_code=True)
    request = ImageRequest(export.NAME, "a red house", 11, 4, 3.0, 128, 128, **TASKS["inpainting"])
    made_by = backend(small.server)
    row = made_by.begin(request)
    to_tensor = torch.from_numpy
    made = pipeline(
        to_tensor(row.conditions[0].states)[None],
        to_tensor(row.conditions[0].mask)[None],
        image=to_tensor(gradient()).permute(2, 0, 1)[None] / 127.5 - 1,
        mask_image=to_tensor(corner())[None, None] / 255,
        height=128,
        width=128,
        latents=to_tensor(row.noise)[None],
        output_type="np",
    ).images[0]
    assert np.abs(np.rint(made * 255) - picture(made_by, request)).max() <= STEP_BYTE


def whole_sizes() -> dict[str, Config]:
    """Every size of model that a recipe makes, by the name of one such recipe."""
    recipes = {path.stem: load(path) for path in sorted(CONFIGS.glob("*.yaml")) if path.stem != "smoke"}
    sizes = {json.dumps(export.arguments(config)): name for name, config in recipes.items()}
    return {name: recipes[name] for name in sizes.values()}


WHOLE_SIZES = whole_sizes()


@pytest.fixture(scope="module", params=list(WHOLE_SIZES))
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.of(WHOLE_SIZES[request.param], tmp_path_factory.mktemp("whole"))


def test_every_recipes_model_is_small_enough(whole: Exported) -> None:
    for folder, most in ((whole.server, SERVER_BYTES), (whole.browser, BROWSER_BYTES)):
        assert sum(file.bytes for file in models.read(folder).manifest.files.values()) <= most


def test_a_row_does_not_depend_on_its_company(whole: Exported) -> None:
    torch.manual_seed(2)
    session = open_session(steady(whole.server / "denoiser.onnx"), 1)
    given = {name: value.numpy() for name, value in onnx_graphs.step(8, 32, 32).items()}
    (crowd,) = session.run(["velocity"], given)
    for row in range(8):
        (alone,) = session.run(["velocity"], {name: value[row : row + 1] for name, value in given.items()})
        assert np.array_equal(alone[0], crowd[row])
