from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

# Read when the libraries are imported: no hub, and nothing of this machine's own cache.
os.environ |= {"HF_HOME": tempfile.mkdtemp(prefix="figment-tests-hub-"), "HF_HUB_OFFLINE": "1"}

import pytest
import torch
from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.generation.contract import ImageRequest
from tests.diffusion import comparison, small_models

torch.set_num_threads(1)
DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
"""Where what is made for CUDA is tried: on a processor, and where there is one, on a device."""
Folder = Callable[[str], Path]
Opened = Callable[[str], DiffusionBackend]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The folder of a small model by its name in `small_models.MODELS`."""
    root = tmp_path_factory.mktemp("models")
    return cache(lambda name: small_models.save(name, root))


@pytest.fixture(scope="session")
def opened(folder: Folder) -> Opened:
    """The same, opened on the processor."""

    def open_one(name: str) -> DiffusionBackend:
        backend = loading.load(diffusers_folder.read(folder(name)), "cpu")
        assert isinstance(backend, DiffusionBackend)
        return backend

    return cache(open_one)


@pytest.fixture
def reference(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """`comparison.reference` of a small model. Of an encoded picture it takes the mean, as Figment does, rather than a draw."""
    monkeypatch.setattr(DiagonalGaussianDistribution, "sample", lambda self, generator=None: self.mode())

    def made(request: ImageRequest, *args: Any, **arguments: Any) -> Any:
        return comparison.reference(folder(request.model), request, *args, **arguments)

    return made
