"""The ONNX backend on real onnxruntime: the same bits in any company, and what happens when numbers break."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import onnx as onnx_files
import onnxruntime
import pytest

from figment.engine.backends import onnx
from figment.engine.backends.graphs import repeat_lone_numbers, steady
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


@pytest.fixture(params=["backend", "few_steps_backend"])
def any_backend(request: pytest.FixtureRequest) -> OnnxBackend:
    made: OnnxBackend = request.getfixturevalue(request.param)
    return made


def pictured(seed: int) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, (64, 64, 3), np.uint8)


def half_masked() -> Pixels:
    """Four and a half cells of every row of cells are to be made anew."""
    mask = np.zeros((64, 64), np.uint8)
    mask[:, 28:] = 255
    return mask


TASKS: dict[str, Callable[[int], dict[str, Any]]] = {
    "text-to-image": lambda seed: {},
    "negative": lambda seed: {"negative_prompt": "fog"},
    "image-to-image": lambda seed: {"init_image": pictured(seed), "strength": 0.9},
    "inpainting": lambda seed: {"init_image": pictured(seed), "mask": half_masked()},
}


@pytest.mark.parametrize("guidance", [1.0, 2.5])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("crowd", range(2, 9))
def test_a_row_has_the_same_bits_in_any_company(
    any_backend: OnnxBackend, crowd: int, task: str, guidance: float
) -> None:
    together = [row(any_backend, seed, guidance, **TASKS[task](seed)) for seed in range(crowd)]
    pictures = picture(any_backend, together)
    for seed in range(crowd):
        alone = row(any_backend, seed, guidance, **TASKS[task](seed))
        [made] = picture(any_backend, [alone])
        assert np.array_equal(alone.latent, together[seed].latent)
        assert np.array_equal(made, pictures[seed])


def test_rows_of_every_task_share_a_batch(few_steps_backend: OnnxBackend) -> None:
    kinds = [(task, guidance) for task in TASKS for guidance in (1.0, 2.5)]
    rows = [row(few_steps_backend, 3, guidance, **TASKS[task](3)) for task, guidance in kinds]
    picture(few_steps_backend, rows)
    for (task, guidance), together in zip(kinds, rows, strict=True):
        alone = row(few_steps_backend, 3, guidance, **TASKS[task](3))
        picture(few_steps_backend, [alone])
        assert np.array_equal(alone.latent, together.latent), (task, guidance)


class Listening:
    """A network that keeps what it was fed."""

    def __init__(self, network: onnx.Network) -> None:
        self._network, self.fed = network, list[dict[str, Any]]()

    def run(self, outputs: None, inputs: dict[str, Any]) -> list[Any]:
        self.fed.append(inputs)
        return self._network.run(outputs, inputs)


def listening(model: InstalledModel) -> tuple[OnnxBackend, Listening]:
    ear = Listening(onnx.open_networks(model, 1).denoiser)
    return breaking(model, lambda networks: replace(networks, denoiser=ear)), ear


def test_a_network_is_told_where_each_step_leads_and_how_closely_to_follow(few_steps: InstalledModel) -> None:
    backend, ear = listening(few_steps)
    rows = [row(backend, 1, 2.5), row(backend, 2, 2.5, negative_prompt="fog")]
    picture(backend, rows)
    thirds = [np.float32(t) for t in np.linspace(1, 0, 4)]
    assert [list(fed["time"]) for fed in ear.fed] == [[t] * 3 for t in thirds[:3]]
    assert [list(fed["until"]) for fed in ear.fed] == [[t] * 3 for t in thirds[1:]]
    assert [list(fed["guidance"]) for fed in ear.fed] == [[2.5, 1.0, 1.0]] * 3


def test_where_all_is_to_be_made_nothing_is_known(few_steps: InstalledModel) -> None:
    backend, ear = listening(few_steps)
    picture(backend, [row(backend, 1), row(backend, 2, init_image=pictured(2), strength=0.9)])
    assert all((fed["mask"] == 1).all() and (fed["known"] == 0).all() for fed in ear.fed)


def test_a_network_that_inpaints_sees_the_rest_and_nothing_of_what_was_there(few_steps: InstalledModel) -> None:
    backend, ear = listening(few_steps)
    image, mask = pictured(1), half_masked()
    repainted = image.copy()
    repainted[mask == 255] = 7
    rows = [row(backend, 5, init_image=each, mask=mask) for each in (image, repainted)]
    one, other = picture(backend, rows)
    assert np.array_equal(one, other)
    [fed, *_] = ear.fed
    assert fed["mask"][0, 0].tolist() == [[0, 0, 0, 1, 1, 1, 1, 1]] * 8
    assert (fed["known"][0][:, :, 3:] == 0).all()
    # The tiny encoder looks at one cell at a time, so that what it says of a cell does not depend on the next one's blank.
    assert np.array_equal(fed["known"][0][:, :, :3], backend.encode_image(image)[:, :, :3])


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


@pytest.mark.parametrize(("changed", "equal"), [(False, False), (True, True)])
def test_a_function_of_one_number_a_picture_has_the_same_bits_in_any_company(changed: bool, equal: bool) -> None:
    """Without the change not: when that fails, onnxruntime has become steady by itself and `repeat_lone_numbers` can go."""
    numbers = np.linspace(0.1, 10, 800, dtype=np.float32)
    graph = onnx_files.helper.make_graph(
        [
            onnx_files.helper.make_node(name, [given], [made])
            for name, given, made in (("Log", "x", "y"), ("Exp", "y", "z"))
        ],
        "functions",
        [onnx_files.helper.make_tensor_value_info("x", onnx_files.TensorProto.FLOAT, ["b"])],
        [onnx_files.helper.make_tensor_value_info("z", onnx_files.TensorProto.FLOAT, ["b"])],
    )
    model = onnx_files.helper.make_model(graph, opset_imports=[onnx_files.helper.make_opsetid("", 18)], ir_version=10)
    if changed:
        repeat_lone_numbers(model)
    onnx_files.checker.check_model(model, full_check=True)
    session = open_session(model.SerializeToString(), 1)
    crowd = session.run(None, {"x": numbers})[0]
    alone = np.concatenate([session.run(None, {"x": numbers[at : at + 1]})[0] for at in range(len(numbers))])
    assert np.array_equal(alone, crowd) is equal


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


def test_opening_a_model_leaves_the_callers_arithmetic_as_it_was(tiny: InstalledModel) -> None:
    """In a process of its own: only the first session of a process can do harm."""
    program = (
        "import sys; from pathlib import Path; from figment.engine.backends.sessions import open_session;"
        "open_session(Path(sys.argv[1]), 1); sys.exit(5e-324 * 1.0 == 0)"
    )
    opened = subprocess.run([sys.executable, "-c", program, tiny.file("decoder")], check=False)
    assert opened.returncode == 0


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
    row(backend, 1, init_image=pictured(1), strength=1.0)
    assert not opened
    for _ in range(2):
        row(backend, 1, init_image=pictured(1), strength=0.5)
    assert opened == ["encoder"]
