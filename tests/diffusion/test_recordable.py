"""What is recorded stays on the device: nothing is fetched from it, nothing is brought to it, as a CUDA graph demands.

Tried without CUDA on torch's `meta` device, which has shapes and no numbers: whoever looks at a number fails, and a watcher sees every operation
that carries something to the device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import copies, loading
from figment.engine.backends.diffusion.autoencoder import Autoencoder
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.families import Batch, embedded_guidance
from figment.engine.backends.diffusion.rows import DiffusionRow, Step
from tests.diffusion import small_models
from tests.diffusion.comparison import request_of
from tests.diffusion.conftest import Folder
from tests.diffusion.small_models import MODELS

META = torch.device("meta")
FAMILIES = [*MODELS, "sana", "prx", "lcm"]


class Watcher(TorchDispatchMode):
    """`brought`: operations that read a tensor of the processor's that is more than a number, or copied one, and gave one of the device."""

    def __init__(self) -> None:
        super().__init__()
        self.brought: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        answer = func(*args, **given)
        read, made = _devices([args, given]), _devices(answer)
        copies = func.overloadpacket in (torch.ops.aten._to_copy, torch.ops.aten.copy_)
        if "meta" in made and ("cpu" in read if copies else "cpu" in _devices([args, given], larger_than=0)):
            self.brought.append(str(func))
        return answer


def _devices(values: Any, larger_than: int = -1) -> set[str]:
    return {leaf.device.type for leaf in tree_leaves(values) if isinstance(leaf, Tensor) and leaf.dim() > larger_than}


def there(named: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.to(META) for name, tensor in named.items()}


@pytest.fixture
def moved(folder: Folder, request: pytest.FixtureRequest) -> tuple[DiffusionBackend, DiffusionRow]:
    """A model whose weights are on the device, and a row that was begun before they went there."""
    name = request.param
    backend = loading.load(diffusers_folder.read(folder(name)), "cpu")
    assert isinstance(backend, DiffusionBackend)
    task = "inpainting" if name.endswith("-inpainting") else "text-to-image"
    row = backend.begin(request_of(name, task, 2))
    for network in backend._weights.networks:
        network.to(META)
    return backend, row


@pytest.mark.parametrize("moved", FAMILIES, indirect=True)
def test_a_networks_call_stays_on_the_device(moved: tuple[DiffusionBackend, DiffusionRow]) -> None:
    backend, row = moved
    inputs = there(Step([row, row], copies.of(torch.device("cpu"))).batch().named())
    with torch.no_grad(), Watcher() as watcher:
        answer = backend._denoiser.network(inputs)
    assert watcher.brought == []
    assert answer.device == META
    assert answer.shape[-2:] == row.latent.shape[-2:]


@pytest.mark.parametrize("moved", FAMILIES, indirect=True)
def test_a_decoders_call_stays_on_the_device(moved: tuple[DiffusionBackend, DiffusionRow]) -> None:
    backend, row = moved
    inputs = there({"latents": row.latent[None]})
    with torch.no_grad(), Watcher() as watcher:
        backend._decoder.network(inputs)
    assert watcher.brought == []


@pytest.mark.parametrize("moved", FAMILIES, indirect=True)
def test_an_encoders_call_stays_on_the_device(moved: tuple[DiffusionBackend, DiffusionRow]) -> None:
    backend, row = moved
    height, width = row.latent.shape[1:]
    pixels = torch.zeros(2, height * backend.downscale, width * backend.downscale, 3, dtype=torch.uint8)
    inputs = there({"pixels": pixels, "hidden": torch.zeros(2, 1, height, width)})
    with torch.no_grad(), Watcher() as watcher:
        latents = backend._encoder.network(inputs)
    assert watcher.brought == []
    assert latents.shape[1:] == row.latent.shape


def test_so_does_a_decoder_whose_channels_have_moments_of_their_own() -> None:
    vae = small_models.vae(latents_mean=[0.1] * 4, latents_std=[0.9] * 4)
    assert isinstance(vae, AutoencoderKL)
    autoencoder = Autoencoder(vae.to(META), 8)
    with torch.no_grad(), Watcher() as watcher:
        autoencoder.decode(torch.zeros(1, 4, 8, 8, device=META))
    assert watcher.brought == []
    assert all(isinstance(moment, Tensor) for moment in autoencoder.moments), (
        "made once: a list would travel at every call"
    )


def test_the_watcher_sees_what_is_brought() -> None:
    with Watcher() as watcher:
        torch.zeros(3, device=META) * 2.0 + torch.tensor(1.0)
        assert watcher.brought == [], "numbers travel with the operation"
        torch.ones(3).to(META)
    assert len(watcher.brought) == 1
    with pytest.raises((RuntimeError, NotImplementedError)):
        bool(torch.zeros(3, device=META).sum() > 0)


@pytest.mark.parametrize("width", [16, 17])
def test_told_guidance_is_embedded_where_it_is(width: int) -> None:
    with Watcher() as watcher:
        assert embedded_guidance(torch.ones(3, device=META), width).shape == (3, width)
    assert watcher.brought == []


def test_a_batch_keeps_its_names() -> None:
    batch = Batch(torch.ones(1, 1, 1, 1), torch.ones(1), torch.ones(1), {"states": torch.ones(1, 2)})
    again = Batch.of(batch.named())
    assert all(a is b for a, b in zip(batch.named().values(), again.named().values(), strict=True))
