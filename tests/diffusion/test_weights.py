"""Weights leave the device and come back as they were."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from figment.engine import diffusers_folder
from figment.engine.backends.base import Parkable
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.replay import WORTH_IT, Calling
from figment.engine.backends.diffusion.weights import Weights
from figment.engine.backends.opening import Opening
from figment.engine.errors import NotEnoughMemory
from figment.engine.prompts import PromptCache
from tests.diffusion.comparison import assert_same, latent_of, request_of
from tests.diffusion.conftest import DEVICES, Folder
from tests.engine.tiny import HashedText

CPU = torch.device("cpu")


def network() -> nn.Module:
    """With a buffer, and with one matrix in two places."""
    made = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 4))
    made[2].weight = made[0].weight
    return made.eval()


@pytest.mark.parametrize("device", DEVICES)
def test_parked_weights_are_gone_and_come_back_to_the_bit(device: str) -> None:
    one = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(16, 4), network())
    one.eval().to(device, memory_format=torch.channels_last)
    weights = Weights([one], torch.device(device))
    given = torch.ones(2, 3, 4, 4, device=device)
    before = one(given)
    kept = {name: (tensor.stride(), tensor.clone()) for name, tensor in one.state_dict().items()}
    for _ in range(2):
        weights.park()
        assert all(tensor.numel() == 0 for tensor in one.state_dict().values())
        with pytest.raises(RuntimeError):
            one(given)
        weights.bring_back()
        assert torch.equal(one(given), before)
    for name, tensor in one.state_dict().items():
        assert tensor.stride() == kept[name][0]
        assert torch.equal(tensor, kept[name][1])
        assert tensor.device.type == device
    assert one[3][0].weight is one[3][2].weight


def test_what_networks_have_in_common_is_counted_and_moved_once() -> None:
    one = network()
    again = nn.Sequential(one[0])
    assert Weights([one, again], CPU).bytes == Weights([one], CPU).bytes
    weights = Weights([one, again], CPU)
    weights.park()
    weights.bring_back()
    assert again[0].weight is one[0].weight


def test_parking_twice_or_bringing_back_what_is_there_changes_nothing() -> None:
    one = network()
    weights, before = Weights([one], CPU), one(torch.ones(2, 4))
    weights.bring_back()
    weights.park()
    weights.park()
    weights.bring_back()
    assert torch.equal(one(torch.ones(2, 4)), before)


@pytest.mark.parametrize(("verb", "failing"), [("park", "copy_"), ("bring_back", "to")])
def test_without_room_nothing_moves(monkeypatch: pytest.MonkeyPatch, verb: str, failing: str) -> None:
    one = network()
    weights, before = Weights([one], CPU), one(torch.ones(2, 4))
    if verb == "bring_back":
        weights.park()
    with monkeypatch.context() as patched:
        patched.setattr(torch.Tensor, failing, _full)
        with pytest.raises(NotEnoughMemory, match="no room for"):
            getattr(weights, verb)()
    assert all((tensor.numel() == 0) == (verb == "bring_back") for tensor in one.state_dict().values())
    weights.park()
    weights.bring_back()
    assert torch.equal(one(torch.ones(2, 4)), before)


def _full(*given: Any, **named: Any) -> Any:
    raise torch.OutOfMemoryError("full")


@pytest.mark.parametrize("name", ["sd-turbo", "sdxl", "sd3", "flux", "sana", "prx"])
def test_a_parked_model_makes_the_same_picture_when_it_is_back(folder: Folder, name: str) -> None:
    backend = loading.load(diffusers_folder.read(folder(name)), "cpu", recorder=lambda _: Calling())
    assert isinstance(backend, DiffusionBackend)
    assert isinstance(backend, Parkable)
    request = request_of(name, "text-to-image", 2)
    for _ in range(WORTH_IT):
        before = latent_of(backend, request)
    while backend.improve():
        pass
    backend.park()
    assert backend._denoiser.recorded() == [], "what was recorded reads the weights where they were"
    with pytest.raises((RuntimeError, ValueError)):
        latent_of(backend, request)
    backend.bring_back()
    assert_same(latent_of(backend, request), before)


def test_whole_models_can_be_parked_too(folder: Folder) -> None:
    backend = loading.load(diffusers_folder.read(folder("whole")), "cpu")
    assert isinstance(backend, Parkable)
    before = _whole(backend)
    backend.park()
    backend.bring_back()
    assert np.array_equal(_whole(backend), before)


def _whole(backend: Any) -> Any:
    row = backend.begin(request_of("whole", "text-to-image", 2))
    backend.denoise([row])
    return backend.decode([row])[0]


def test_nothing_is_gained_by_parking_where_the_memory_is_the_processors(folder: Folder) -> None:
    backend = loading.load(diffusers_folder.read(folder("sd")), "cpu")
    assert isinstance(backend, Parkable)
    assert backend.device_bytes == 0
    assert backend.free_bytes() > 0
    opening = Opening(PromptCache(HashedText), threads=1, device="cpu")
    assert opening.device_bytes(diffusers_folder.read(folder("sd"))) == 0


@pytest.mark.parametrize("device", DEVICES)
def test_what_a_model_will_take_is_known_before_it_is_opened(folder: Folder, device: str) -> None:
    model = diffusers_folder.read(folder("sdxl"))
    backend = loading.load(model, device)
    opening = Opening(PromptCache(HashedText), threads=1, device=device)
    assert isinstance(backend, Parkable)
    assert opening.device_bytes(model) == pytest.approx(backend.device_bytes, rel=0.02)
