"""Recorded calls answer as plain ones do. What is recorded here is called again instead of replayed; all around it is what CUDA gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from structlog.testing import capture_logs
from torch import Tensor

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import families, loading, replay
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.replay import BUCKETS, WARM_UPS, WORTH_IT, Calling, Inputs, Recorder, Replayed
from tests.diffusion.comparison import TASKS, assert_same, latent_of, picture_of, request_of, run
from tests.diffusion.conftest import DEVICES, Folder, Opened
from tests.diffusion.small_models import MODELS

PIECES = WARM_UPS + 1


@dataclass
class Network:
    """Doubles and adds; keeps how many rows it was called with. `broken`: raised by the next calls."""

    calls: list[int] = field(default_factory=list)
    broken: list[Exception] = field(default_factory=list)

    def __call__(self, inputs: Inputs) -> Tensor:
        self.calls.append(len(inputs["x"]))
        if self.broken:
            raise self.broken.pop()
        return inputs["x"] * 2 + inputs["y"][:, None]


def inputs(rows: int, width: int = 3, seed: int = 0, device: str = "cpu") -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    made = {"x": torch.randn(rows, width, generator=generator), "y": torch.randn(rows, generator=generator)}
    return {name: tensor.to(device) for name, tensor in made.items()}


def recorder_on(device: torch.device) -> Recorder:
    """Graphs where they can be."""
    return replay.recorder(device) or Calling()


def expected(given: Inputs) -> Tensor:
    return given["x"] * 2 + given["y"][:, None]


def used(replayed: Replayed, rows: int, width: int = 3, times: int = WORTH_IT) -> None:
    for _ in range(times):
        replayed(inputs(rows, width))


def finished(replayed: Replayed) -> int:
    """How many pieces of work there were."""
    pieces = 0
    while replayed.improve():
        pieces += 1
    return pieces


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("rows", [1, 2, 3, 8, 9, 32])
def test_a_recording_answers_for_its_own_rows(rows: int, device: str) -> None:
    network = Network()
    replayed = Replayed("test", network, recorder_on(torch.device(device)))
    for _ in range(WORTH_IT):
        replayed(inputs(rows, device=device))
    assert finished(replayed) == PIECES
    before = len(network.calls)
    answers = [replayed(inputs(rows, seed=seed, device=device)) for seed in (1, 2)]
    for seed, answer in zip((1, 2), answers, strict=True):
        # The first is still there after the second: nothing that was given away is written over.
        assert torch.equal(answer, expected(inputs(rows, seed=seed, device=device)))
    bucket = min(size for size in BUCKETS if size >= rows)
    assert network.calls[before:] == ([bucket, bucket] if device == "cpu" else [])
    assert [shape.bucket for shape in replayed.recorded()] == [bucket]


@pytest.mark.parametrize("device", DEVICES)
def test_recordings_of_one_recorder_do_not_meet(device: str) -> None:
    """They share memory on CUDA."""
    recorder = recorder_on(torch.device(device))
    both = [Replayed(name, Network(), recorder) for name in ("one", "other")]
    for _ in range(WORTH_IT + 1):
        for rows in (2, 8):
            answers = [replayed(inputs(rows, seed=seed, device=device)) for seed, replayed in enumerate(both)]
            for seed, answer in enumerate(answers):
                assert torch.equal(answer, expected(inputs(rows, seed=seed, device=device)))
        for replayed in both:
            finished(replayed)
    assert all(len(replayed.recorded()) == 2 for replayed in both)


def test_nothing_is_recorded_that_comes_seldom_or_is_too_large() -> None:
    replayed = Replayed("test", Network(), Calling())
    used(replayed, 2, times=WORTH_IT - 1)
    used(replayed, BUCKETS[-1] + 1)
    assert not replayed.improve()
    used(replayed, 2, times=1)
    assert replayed.improve()


def test_rows_of_another_shape_are_another_recording() -> None:
    """As prompts of another number of tokens are."""
    replayed = Replayed("test", Network(), Calling())
    for width in (3, 5):
        used(replayed, 2, width)
    finished(replayed)
    assert len(replayed.recorded()) == 2
    for width in (3, 5):
        assert torch.equal(replayed(inputs(2, width, seed=4)), expected(inputs(2, width, seed=4)))


def test_plain_calls_serve_until_the_recording_is_there() -> None:
    network = Network()
    replayed = Replayed("test", network, Calling())
    used(replayed, 3)
    for piece in range(PIECES):
        assert replayed.recorded() == []
        assert torch.equal(replayed(inputs(3, seed=piece)), expected(inputs(3, seed=piece)))
        assert network.calls[-1] == 3, "not padded"
        replayed.improve()
    assert len(replayed.recorded()) == 1


def test_the_least_lately_used_goes_first() -> None:
    replayed = Replayed("test", Network(), Calling(), kept=2)
    for width in (1, 2):
        used(replayed, 1, width)
        finished(replayed)
    replayed(inputs(1, 1))
    used(replayed, 1, 3)
    finished(replayed)
    assert [shape.inputs[0][1] for shape in replayed.recorded()] == [(1,), (3,)]


def test_many_shapes_that_come_once_are_forgotten() -> None:
    replayed = Replayed("test", Network(), Calling(), kept=4)
    for _ in range(WORTH_IT):
        for width in range(1, 10):
            replayed(inputs(1, width))
    assert not replayed.improve()


def test_what_cannot_be_recorded_is_called_plainly_and_said_once() -> None:
    network = Network()
    replayed = Replayed("test", network, Calling())
    used(replayed, 4)
    network.broken = [RuntimeError("operation not permitted when stream is capturing")]
    with capture_logs() as logs:
        assert finished(replayed) == 1
        used(replayed, 4, times=5)
        assert finished(replayed) == 0
    assert [(entry["event"], entry["bucket"]) for entry in logs] == [("engine.not_recorded", 4)]
    assert torch.equal(replayed(inputs(4, seed=9)), expected(inputs(4, seed=9)))
    used(replayed, 8)
    assert finished(replayed) == PIECES, "other buckets are"


def test_recordings_give_way_where_memory_is_short() -> None:
    network = Network()
    replayed = Replayed("test", network, Calling())
    used(replayed, 1)
    finished(replayed)
    network.broken = [torch.OutOfMemoryError("full")]
    with capture_logs() as logs:
        assert torch.equal(replayed(inputs(7, seed=1)), expected(inputs(7, seed=1)))
    assert [entry["event"] for entry in logs] == ["engine.recordings_given_up"]
    assert replayed.recorded() == []
    used(replayed, 1)
    assert finished(replayed) == 0


def test_memory_that_no_recording_holds_is_the_callers_matter() -> None:
    network = Network(broken=[torch.OutOfMemoryError("full")])
    with pytest.raises(torch.OutOfMemoryError):
        Replayed("test", network, Calling())(inputs(7))


@pytest.mark.parametrize("device", DEVICES)
def test_forgetting_starts_anew(device: str) -> None:
    replayed = Replayed("test", Network(), recorder_on(torch.device(device)))
    for _ in range(2):
        for seed in range(WORTH_IT + 1):
            given = inputs(2, seed=seed, device=device)
            assert torch.equal(replayed(given), expected(given))
        assert finished(replayed) == PIECES
        assert torch.equal(replayed(given), expected(given))
        replayed.forget()
        assert replayed.recorded() == []


@pytest.mark.parametrize("device", DEVICES)
def test_after_one_that_waits_for_the_device_others_are_recorded(device: str) -> None:
    """Which CUDA does not allow while it records; a processor does not mind."""

    def looking(given: Inputs) -> Tensor:
        if given["x"].shape[1] == 5:
            given["x"].sum().item()
        return expected(given)

    replayed = Replayed("test", looking, recorder_on(torch.device(device)))
    for width in (3, 5, 7):
        for _ in range(WORTH_IT):
            replayed(inputs(2, width, device=device))
        finished(replayed)
    widths = [shape.inputs[0][1] for shape in replayed.recorded()]
    assert widths == ([(3,), (5,), (7,)] if device == "cpu" else [(3,), (7,)])
    for width in (3, 5, 7):
        given = inputs(2, width, seed=width, device=device)
        assert torch.equal(replayed(given), expected(given))


# -- with models ------------------------------------------------------------------------------------------------------


Opener = Callable[[str, str], DiffusionBackend]
HALF = 3e-2
"""The largest difference between a recorded call and a plain one in half precision, where kernels follow the size of the batch."""


@pytest.fixture(scope="module")
def recording(folder: Folder) -> Opener:
    """A small model on a device, whose calls are recorded."""

    def open_one(name: str, device: str) -> DiffusionBackend:
        return _opened(folder(name), device, recorder_on)

    return open_one


def _opened(folder: Path, device: str, recorder: Callable[[torch.device], Recorder | None]) -> DiffusionBackend:
    backend = loading.load(diffusers_folder.read(folder), device, recorder=recorder)
    assert isinstance(backend, DiffusionBackend)
    return backend


def made(backend: DiffusionBackend, requests: list[Any]) -> tuple[list[Tensor], list[Any]]:
    rows = [backend.begin(request) for request in requests]
    run(backend, rows)
    return [row.latent for row in rows], backend.decode(rows)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", [*MODELS, "sana", "prx", "lcm"])
def test_every_familys_pictures_are_the_same_when_replayed(
    folder: Folder, recording: Opener, name: str, device: str
) -> None:
    task = "inpainting" if name.endswith("-inpainting") else "text-to-image"
    requests = [
        request_of(name, task, steps, scale, seed=steps, prompt=f"house {steps}")
        for steps, scale in ((3, 1.0), (5, 4.0), (4, 2.0))
    ]
    plain, replayed = _opened(folder(name), device, replay.nothing), recording(name, device)
    for _ in range(WORTH_IT):
        made(replayed, requests)
    while replayed.improve():
        pass
    assert replayed._denoiser.recorded()
    assert [shape.bucket for shape in replayed._decoder.recorded()] == [4]
    latents, pictures = made(replayed, requests)
    for latent, picture, (own, shown) in zip(
        latents, pictures, (_alone(plain, request) for request in requests), strict=True
    ):
        if device == "cpu":
            assert_same(latent, own)
            assert abs(picture.astype(int) - shown).max() <= 1
        else:
            assert (latent - own).abs().max() <= HALF * max(1, own.abs().max())


def _alone(backend: DiffusionBackend, request: Any) -> tuple[Tensor, Any]:
    [latent], [picture] = made(backend, [request])
    return latent, picture


@pytest.mark.parametrize("name", ["sd", "sd-turbo", "sd-inpainting", "sdxl-inpainting", "sd3", "flux", "sana"])
def test_pictures_that_are_encoded_with_the_first_step_are_the_same(
    opened: Opened, recording: Opener, name: str
) -> None:
    """All tasks of a model in one batch, plainly and, the third time, through recordings."""
    tasks = [task for task in TASKS if not name.endswith("-inpainting") or task.startswith("inpainting")]
    requests = [
        request_of(name, task, 3, 1.0 + 2 * (seed % 2), seed=seed)
        for seed, task in enumerate([*tasks, *reversed(tasks)])
    ]
    backend = recording(name, "cpu")
    for _ in range(WORTH_IT):
        latents, _ = made(backend, requests)
        for request, latent in zip(requests, latents, strict=True):
            assert_same(latent, latent_of(opened(name), request))
    while backend.improve():
        pass
    assert backend._encoder.recorded()
    latents, _ = made(backend, requests)
    for request, latent in zip(requests, latents, strict=True):
        assert_same(latent, latent_of(opened(name), request))


def test_a_row_whose_picture_is_broken_fails_alone(recording: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = recording("sd-turbo", "cpu")
    rows = [backend.begin(request_of("sd-turbo", "image-to-image", 4, seed=seed)) for seed in (1, 2)]
    encode, calls = backend._autoencoder.encode, []

    def broken(images: Tensor) -> Tensor:
        calls.append(len(images))
        latents: Tensor = encode(images)
        latents[-1] = torch.nan
        return latents

    with monkeypatch.context() as patched:
        patched.setattr(backend._autoencoder, "encode", broken)
        with pytest.raises(FloatingPointError):
            backend.denoise(rows)
    assert [row.steps_done for row in rows] == [0, 0]
    backend.denoise(rows[:1])
    assert calls == [2], "encoded once, together"
    with pytest.raises(FloatingPointError):
        backend.denoise(rows[1:])


@pytest.mark.parametrize("device", DEVICES)
def test_broken_numbers_of_a_replayed_call_move_no_row(recording: Opener, device: str) -> None:
    backend = recording("sd-turbo", device)
    request = request_of("sd-turbo", "text-to-image", 4)
    for _ in range(WORTH_IT):
        latent_of(backend, request)
    while backend.improve():
        pass
    row = backend.begin(replace(request, seed=5))
    row.latent[0, 0, 0] = torch.nan
    before = row.latent
    with pytest.raises(FloatingPointError):
        backend.denoise([row])
    assert (row.steps_done, row.latent is before) == (0, True)
    assert torch.isfinite(latent_of(backend, request)).all(), "nothing of it is left in the inputs of the recording"


def test_large_pictures_are_decoded_in_parts(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = opened("sd-turbo")
    rows = [backend.begin(request_of("sd-turbo", "image-to-image", 2, init_image=picture_of(n))) for n in range(5)]
    run(backend, rows)
    together = backend.decode(rows)
    monkeypatch.setattr("figment.engine.backends.diffusion.backend.PIXELS_AT_ONCE", 2 * 64 * 96)
    in_parts = backend.decode(rows)
    assert all(abs(a.astype(int) - b).max() <= 1 for a, b in zip(together, in_parts, strict=True))


def test_a_processor_records_nothing() -> None:
    assert replay.recorder(torch.device("cpu")) is None


@pytest.mark.parametrize("width", [16, 17])
def test_the_told_guidance_is_embedded_as_the_pipeline_does(opened: Opened, width: int) -> None:
    """Which itself can only on a processor, and a recording must stay on the device."""
    family = opened("lcm")._family
    assert isinstance(family, families.UNet)
    scales = torch.tensor([1.0, 2.5, 8.0])
    reference = family._pipeline.get_guidance_scale_embedding(scales - 1, embedding_dim=width)
    made = families.embedded_guidance(scales, width)
    assert torch.allclose(made, reference, atol=2e-3), "sines of up to 7000, in float32"
