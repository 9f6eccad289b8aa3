"""What blocks project of a prompt, made once: the same pictures as with projecting at every step, within the memory that it is given.

That they are diffusers' own is asked in test_families.py, which runs with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import SanaPipeline
from peft import LoraConfig, get_peft_model_state_dict
from torch import Tensor

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import copies, loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.crossing import PROJECTED, STATES, Crossing, Projected
from figment.engine.backends.diffusion.draws import Draws
from figment.engine.backends.diffusion.replay import WORTH_IT, Calling
from figment.engine.backends.diffusion.rows import DiffusionRow, Step
from tests.diffusion.comparison import SEED, assert_same, latent_of, request_of, run
from tests.diffusion.conftest import Folder
from tests.diffusion.test_recordable import META, Watcher, there

NAMES = ["sana", "prx"]


@pytest.fixture(params=NAMES)
def backend(folder: Folder, request: pytest.FixtureRequest) -> DiffusionBackend:
    """One of its own, for what it keeps is looked at."""
    return opened(folder(request.param))


def opened(folder: Path, **given: Any) -> DiffusionBackend:
    backend = loading.load(diffusers_folder.read(folder), "cpu", **given)
    assert isinstance(backend, DiffusionBackend)
    return backend


def rows_of(backend: DiffusionBackend, *prompts: str, steps: int = 3, guidance: float = 3.0) -> list[DiffusionRow]:
    return [
        backend.begin(request_of(backend.card.name, "text-to-image", steps, guidance, prompt=prompt, seed=seed))
        for seed, prompt in enumerate(prompts)
    ]


def crossing_of(backend: DiffusionBackend) -> Crossing:
    assert backend._family.crossing is not None
    return backend._family.crossing


def projected(backend: DiffusionBackend) -> Projected:
    assert backend._projected is not None
    return backend._projected


@pytest.fixture
def made(backend: DiffusionBackend, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many prompts were projected ahead, call by call."""
    calls: list[int] = []
    project = Crossing.project

    def counted(crossing: Crossing, states: Tensor) -> Tensor:
        calls.append(len(states))
        return project(crossing, states)

    monkeypatch.setattr(Crossing, "project", counted)
    return calls


@torch.no_grad()
def test_a_step_with_what_was_projected_is_the_step_that_projects(backend: DiffusionBackend) -> None:
    step = Step(rows_of(backend, "a red house", "fog"), copies.of(torch.device("cpu")))
    plain, handed = step.batch(), step.batch(projected(backend).told)
    assert STATES in plain.conditions
    assert STATES not in handed.conditions
    assert handed.conditions[PROJECTED].shape[-1] == crossing_of(backend).width
    expected = backend._family.predict(plain)
    assert_same(backend._family.predict(handed), expected)
    assert_same(backend._family.predict(plain), expected)


def test_a_prompt_is_projected_once(backend: DiffusionBackend, made: list[int]) -> None:
    run(backend, rows_of(backend, "a red house", "a boat", "a red house"))
    assert made == [3], "two prompts, and the empty one of all rows"
    run(backend, rows_of(backend, "fog", "a boat", guidance=1.0))
    assert made == [3, 1]


def test_what_is_told_of_a_prompt_is_looked_at_in_the_projections(
    backend: DiffusionBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the test above would be met by reading the states all the same."""
    request = request_of(backend.card.name, "text-to-image", 3)
    before = latent_of(backend, request)
    project = Crossing.project
    monkeypatch.setattr(Crossing, "project", lambda crossing, states: -project(crossing, states))
    projected(backend).forget()
    assert (latent_of(backend, request) - before).abs().max() > 0.01


def test_no_more_is_kept_than_memory_is_given(backend: DiffusionBackend, made: list[int]) -> None:
    states = [torch.randn(5, rows_of(backend, "x")[0].conditions[0][STATES].shape[-1]) for _ in range(4)]
    conditions = [{STATES: each, "more": each[:, 0]} for each in states]
    size = 5 * crossing_of(backend).width * 4
    kept = Projected(crossing_of(backend), kept_bytes=2 * size)
    with torch.no_grad():
        first = kept.told(conditions[:2])
        assert [one[PROJECTED].untyped_storage().nbytes() for one in first] == [size] * 2, "a view keeps the whole call"
        assert all(torch.equal(one["more"], each["more"]) for one, each in zip(first, conditions, strict=False))
        kept.told(conditions[:1])
        kept.told(conditions[2:3])
        assert made == [2, 1]
        kept.told(conditions[:1])
        assert made == [2, 1], "what was used last stays"
        kept.told(conditions[1:2])
        assert made == [2, 1, 1], "what was used before it went"
        assert all(STATES in each for each in kept.told(conditions[:3])), "too many at once are read as ever"
        kept.forget()
        kept.told(conditions[:1])
    assert made == [2, 1, 1, 1]


def test_more_than_fits_makes_the_same_pictures(backend: DiffusionBackend, made: list[int]) -> None:
    request = request_of(backend.card.name, "text-to-image", 3)
    expected = latent_of(backend, request)
    assert made == [2]
    backend._projected = Projected(crossing_of(backend), kept_bytes=1000)
    assert_same(latent_of(backend, request), expected)
    assert made == [2]


def test_a_call_that_fails_leaves_nothing_in_the_networks_hands(
    backend: DiffusionBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(backend.card.name, "text-to-image", 2)
    expected = latent_of(backend, request)
    [row] = rows_of(backend, "fog")
    with monkeypatch.context() as broken:
        broken.setattr(backend._family._transformer, "forward", lambda *_, **__: 1 / 0)  # type: ignore[attr-defined]
        with pytest.raises(ZeroDivisionError):
            backend.denoise([row])
    backend._projected = None
    assert_same(latent_of(backend, request), expected)


def test_it_stays_on_the_device(backend: DiffusionBackend) -> None:
    """As a CUDA graph demands: see test_recordable.py."""
    [row] = rows_of(backend, "fog")
    with torch.no_grad():
        inputs = there(Step([row, row], copies.of(torch.device("cpu"))).batch(projected(backend).told).named())
        states = row.conditions[0][STATES].to(META)[None]
        for network in backend._weights.networks:
            network.to(META)
        with Watcher() as watcher:
            answer = backend._denoiser.network(inputs)
            crossing_of(backend).project(states)
    assert watcher.brought == []
    assert answer.device == META


@pytest.mark.parametrize("name", NAMES)
def test_recordings_read_it_and_parking_lets_go_of_it(folder: Folder, name: str) -> None:
    backend = opened(folder(name), recorder=lambda _: Calling())
    request = request_of(name, "text-to-image", 3)
    for _ in range(WORTH_IT):
        expected = latent_of(backend, request)
    while backend.improve():
        pass
    [shape] = backend._denoiser.recorded()
    assert PROJECTED in {given for given, _, _ in shape.inputs}
    assert_same(latent_of(backend, request), expected)
    other = request_of(name, "text-to-image", 3, prompt="a boat")
    assert_same(latent_of(backend, other), latent_of(opened(folder(name)), other))
    backend.park()
    assert not projected(backend)._kept
    backend.bring_back()
    assert_same(latent_of(backend, request), expected)


def test_it_is_made_with_the_adapters(folder: Folder, tmp_path: Path) -> None:
    base = folder("sana")
    pipeline = SanaPipeline.from_pretrained(base)
    pipeline.transformer.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=["attn2.to_k", "attn2.to_v"]))
    generator = torch.Generator().manual_seed(1)
    for name, parameter in pipeline.transformer.named_parameters():
        if "lora" in name:
            parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator)
    styled = tmp_path / "sana-styled"
    layers = get_peft_model_state_dict(pipeline.transformer)
    pipeline.save_lora_weights(styled, transformer_lora_layers=layers, weight_name="style.safetensors")
    (styled / "figment.json").write_text(json.dumps({"base": str(base), "loras": [{"file": "style.safetensors"}]}))
    model = diffusers_folder.read(base, root=styled)
    backend = loading.load(model, "cpu")
    assert isinstance(backend, DiffusionBackend)
    request = request_of("sana", "text-to-image", 3)
    pipeline = SanaPipeline.from_pretrained(base)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(styled, weight_name="style.safetensors")
    with torch.no_grad(), Draws(SEED, 0):
        expected = pipeline(
            request.prompt,
            height=request.height,
            width=request.width,
            num_inference_steps=3,
            guidance_scale=3.0,
            output_type="latent",
            use_resolution_binning=False,
        ).images[0]
    assert_same(latent_of(backend, request), expected)
    assert (expected - latent_of(opened(base), request)).abs().max() > 0.01
