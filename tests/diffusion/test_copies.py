"""How often a step turns to the processor: numbers go up in one copy, and one answer comes down, when all is under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch import Tensor

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import loading
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.copies import Arriving, PlainCopies, of
from figment.engine.backends.diffusion.rows import DiffusionRow, Step
from tests.diffusion.comparison import picture_of, request_of
from tests.diffusion.conftest import DEVICES, Folder, Opened
from tests.diffusion.small_models import SOLVERS
from tests.diffusion.test_recordable import META, Watcher

CPU = torch.device("cpu")


@pytest.mark.parametrize("device", DEVICES)
def test_what_goes_up_and_comes_down_is_the_same(device: str) -> None:
    copies = of(torch.device(device))
    pictures = [torch.from_numpy(picture_of(seed)) for seed in range(8)]
    there = [copies.up(picture) for picture in pictures]
    assert all(each.device.type == device for each in there)
    arriving = [copies.down(each + 1) for each in there]
    del there
    for picture, each in zip(pictures, arriving, strict=True):
        assert torch.equal(each.here(), picture + 1)


@dataclass
class Logged:
    """`PlainCopies` that write down what is asked of them."""

    log: list[str] = field(default_factory=list)

    def up(self, tensor: Tensor) -> Tensor:
        self.log.append("up")
        return PlainCopies(CPU).up(tensor)

    def down(self, tensor: Tensor) -> Arriving:
        self.log.append("down")
        arriving = PlainCopies(CPU).down(tensor)
        log = self.log

        class Noted:
            def here(self) -> Tensor:
                log.append("wait")
                return arriving.here()

        return Noted()


def watched(backend: DiffusionBackend, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the backend asks from now on, with its moves between."""
    copies, moves = Logged(), Step.moves

    def noted(step: Step, outputs: Tensor) -> Any:
        made = moves(step, outputs)
        copies.log.append("moves")
        return made

    monkeypatch.setattr(backend, "_copies", copies)
    monkeypatch.setattr(Step, "moves", noted)
    return copies.log


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sd-turbo", ["up", "down", "moves", "wait"]),
        ("sd3", ["up", "down", "moves", "wait"]),
        # Its new noise goes up while the network works.
        ("sdxl-turbo", ["up", "down", "up", "moves", "wait"]),
        ("sd", ["up", "down", "moves", "wait"]),
    ],
)
def test_a_step_waits_once_and_last(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, name: str, expected: list[str]
) -> None:
    backend = opened(name)
    rows = [backend.begin(request_of(name, "text-to-image", 4, 1.0 + seed, seed=seed)) for seed in range(3)]
    log = watched(backend, monkeypatch)
    backend.denoise(rows)
    assert log == expected


def test_pictures_come_down_together_as_bytes(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opened("sd-turbo")
    rows = [backend.begin(request_of("sd-turbo", "text-to-image", 1, seed=seed)) for seed in range(3)]
    backend.denoise(rows)
    log = watched(backend, monkeypatch)
    backend.decode(rows)
    assert log == ["down", "down", "wait", "wait"]


def test_a_picture_goes_up_as_bytes(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opened("sd-turbo")
    sent: list[torch.dtype] = []
    plain = of(CPU)

    class Noting(Logged):
        def up(self, tensor: Tensor) -> Tensor:
            sent.append(tensor.dtype)
            return plain.up(tensor)

    monkeypatch.setattr(backend, "_copies", Noting())
    backend.begin(request_of("sd-turbo", "image-to-image", 2, init_image=picture_of(3)))
    assert sorted(map(str, sent)) == ["torch.float32", "torch.uint8"]


@dataclass
class Elsewhere:
    """Copies to the `meta` device, where numbers are gone and whoever looks at one fails."""

    ups: int = 0

    def up(self, tensor: Tensor) -> Tensor:
        self.ups += 1
        return torch.empty(tensor.shape, dtype=tensor.dtype, device=META)

    def down(self, tensor: Tensor) -> Arriving:
        raise NotImplementedError


@pytest.mark.parametrize("name", [*SOLVERS, "sd-turbo", "sdxl-turbo", "sd3", "flux", "sana", "prx"])
def test_nothing_of_a_step_waits_for_the_device_by_the_way(folder: Folder, name: str) -> None:
    """Nothing comes down, whatever the scheduler; what it draws goes up. UniPC alone sends the coefficients of its step, for each row."""
    backend = loading.load(diffusers_folder.read(folder(name)), "cpu")
    assert isinstance(backend, DiffusionBackend)
    rows = [backend.begin(request_of(name, "text-to-image", 4, seed=seed)) for seed in range(2)]
    for row in rows:
        _move(row)
    copies = Elsewhere()
    with torch.no_grad(), Watcher() as watcher:
        for _ in range(3):
            step = Step(rows, copies)
            batch = step.batch()
            outputs = torch.zeros_like(batch.latents)[:, : rows[0].latent.shape[0]]
            step.take(step.moves(outputs), outputs)
    drawn = 3 * (name in ("sdxl-turbo", "sd-EulerAncestralDiscreteScheduler"))
    assert copies.ups == 3 + drawn
    draws = 3 * len(rows) if name in ("sd-LCMScheduler", "sd-DDPMScheduler") else 0
    assert len(watcher.brought) == draws or "UniPC" in name


def _move(row: DiffusionRow) -> None:
    row.latent, row.noise = row.latent.to(META), row.noise.to(META)
    row.conditions = tuple({name: each.to(META) for name, each in of_one.items()} for of_one in row.conditions)
