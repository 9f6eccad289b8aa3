"""The ONNX backend on real onnxruntime: the same bits in any company, and what happens when numbers break."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx as onnx_files
import onnxruntime
import pytest

from figment.engine.backends import onnx
from figment.engine.backends.graphs import steady
from figment.engine.backends.onnx import Networks, OnnxBackend
from figment.engine.backends.sessions import open_session
from figment.engine.models import InstalledModel
from figment.engine.prompts import PromptCache
from figment.engine.sampling import Trajectory
from figment.generation.contract import ImageRequest, Pixels


def row(backend: OnnxBackend, seed: int, guidance: float = 1.0, **changes: Any) -> Trajectory:
    return backend.begin(ImageRequest("tiny", f"prompt {seed}", seed, 3, guidance, 64, 64, **changes))


def picture(backend: OnnxBackend, rows: list[Trajectory]) -> list[Pixels]:
    for _ in range(3):
        backend.denoise(rows)
    return backend.decode(rows)


@pytest.mark.parametrize("guidance", [1.0, 2.5])
@pytest.mark.parametrize("crowd", range(2, 9))
def test_a_row_has_the_same_bits_in_any_company(backend: OnnxBackend, crowd: int, guidance: float) -> None:
    together = [row(backend, seed, guidance) for seed in range(crowd)]
    pictures = picture(backend, together)
    for seed in range(crowd):
        alone = row(backend, seed, guidance)
        [made] = picture(backend, [alone])
        assert np.array_equal(alone.latent, together[seed].latent)
        assert np.array_equal(made, pictures[seed])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_do_not_matter(tiny: InstalledModel, backend: OnnxBackend, prompts: PromptCache, threads: int) -> None:
    [one], [other] = (picture(b, [row(b, 5, 2.0)]) for b in (backend, onnx.load(tiny, prompts, threads)))
    assert np.array_equal(one, other)


def test_without_the_change_to_the_graph_a_lone_row_differs(tiny: InstalledModel) -> None:
    """Why `steady` exists. When this fails, onnxruntime has become steady by itself and `graphs.py` can go."""
    rng = np.random.default_rng(3)
    inputs = {
        "latents": rng.standard_normal((2, 8, 8, 8), np.float32),
        "time": np.array([0.5, 0.25], np.float32),
        "text": rng.standard_normal((2, 32, 384), np.float32),
        "text_mask": np.ones((2, 32), np.float32),
    }

    def lone_equals_two(session: onnxruntime.InferenceSession) -> bool:
        lone = session.run(None, {name: value[:1] for name, value in inputs.items()})[0]
        return np.array_equal(lone[0], session.run(None, inputs)[0][0])

    assert not lone_equals_two(open_session(tiny.file("denoiser"), 1))
    assert lone_equals_two(open_session(steady(tiny.file("denoiser")), 1))


def test_the_change_to_the_graph_is_valid(tiny: InstalledModel) -> None:
    onnx_files.checker.check_model(onnx_files.load_from_string(steady(tiny.file("denoiser"))), full_check=True)


def test_a_model_whose_lone_rows_differ_never_runs_one_alone(tiny: InstalledModel, prompts: PromptCache) -> None:
    plain = open_session(tiny.file("denoiser"), 1)
    networks = replace(onnx.open_networks(tiny, 1), denoiser=plain)
    backend = OnnxBackend(tiny, prompts, networks)
    backend.warm_up()
    alone, together = row(backend, 1), [row(backend, 1), row(backend, 2)]
    picture(backend, [alone])
    picture(backend, together)
    assert np.array_equal(alone.latent, together[0].latent)


class Broken:
    """A network that answers with one row of NaN."""

    def __init__(self, network: onnx.Network, at: int) -> None:
        self._network, self._at = network, at

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        answer = self._network.run(outputs, inputs)[0].copy()
        answer[self._at] = np.nan
        return [answer]


def breaking(model: InstalledModel, change: Callable[[Networks], Networks]) -> OnnxBackend:
    from tests.engine.tiny import HashedText

    return OnnxBackend(model, PromptCache(HashedText), change(onnx.open_networks(model, 1)))


def test_when_one_rows_numbers_break_no_row_has_moved(tiny: InstalledModel) -> None:
    backend = breaking(tiny, lambda networks: replace(networks, denoiser=Broken(networks.denoiser, at=1)))
    rows = [row(backend, 1), row(backend, 2)]
    before = [each.latent for each in rows]
    with pytest.raises(FloatingPointError):
        backend.denoise(rows)
    assert [each.steps_done for each in rows] == [0, 0]
    assert all(each.latent is latent for each, latent in zip(rows, before, strict=True))


def test_broken_pixels_are_no_picture(tiny: InstalledModel) -> None:
    backend = breaking(tiny, lambda networks: replace(networks, decoder=Broken(networks.decoder, at=0)))
    with pytest.raises(FloatingPointError):
        backend.decode([row(backend, 1)])


def test_a_picture_encodes_to_its_latent_size(backend: OnnxBackend) -> None:
    assert backend.encode_image(np.zeros((64, 96, 3), np.uint8)).shape == (8, 8, 12)


def test_the_encoder_is_opened_when_it_is_first_needed(tiny: InstalledModel) -> None:
    opened: list[str] = []

    def counted(networks: Networks) -> Networks:
        def open_encoder() -> onnx.Network:
            opened.append("encoder")
            return networks.open_encoder()

        return replace(networks, open_encoder=open_encoder)

    backend = breaking(tiny, counted)
    picture(backend, [row(backend, 1)])
    assert not opened
    for _ in range(2):
        row(backend, 1, init_image=np.zeros((64, 64, 3), np.uint8))
    assert opened == ["encoder"]
