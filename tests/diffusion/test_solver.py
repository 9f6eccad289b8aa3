"""A row's own scheduler does what it does in diffusers' pipeline, and two rows' do not meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from figment.engine.backends.diffusion.families import Batch
from figment.engine.backends.diffusion.solver import Solver
from tests.diffusion.comparison import assert_same, latent_of, request_of, run
from tests.diffusion.conftest import Opened
from tests.diffusion.small_models import SOLVERS


@pytest.mark.parametrize("task", ["text-to-image", "image-to-image", "inpainting-softly"])
@pytest.mark.parametrize("name", SOLVERS)
def test_every_scheduler_steps_as_in_diffusers(
    opened: Opened, reference: Callable[..., Any], name: str, task: str
) -> None:
    request = request_of(name, task, 5)
    assert_same(latent_of(opened(name), request), reference(request))


@pytest.mark.parametrize("name", SOLVERS)
def test_rows_of_different_lengths_share_a_call(opened: Opened, name: str) -> None:
    backend = opened(name)
    requests = [request_of(name, "text-to-image", steps, seed=steps) for steps in (2, 5, 3)]
    rows = [backend.begin(request) for request in requests]
    run(backend, rows)
    for request, row in zip(requests, rows, strict=True):
        assert_same(row.latent, latent_of(backend, request))


def test_the_backend_says_how_many_steps_a_scheduler_takes(opened: Opened) -> None:
    """One more than was asked for where the first is taken twice (PNDM), twice as many where each is (Heun)."""
    expected = {"sd-PNDMScheduler": 6, "sd-HeunDiscreteScheduler": 9, "sd-EulerDiscreteScheduler": 5}
    for name, steps in expected.items():
        assert opened(name).steps(opened(name).begin(request_of(name, "text-to-image", 5))) == steps


@pytest.mark.parametrize("name", SOLVERS)
def test_when_one_rows_numbers_break_no_row_has_moved(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    backend = opened(name)
    rows = [backend.begin(request_of(name, "text-to-image", 4, seed=seed)) for seed in (1, 2)]
    backend.denoise(rows)
    before = [(row.latent, row.steps_done, row.next_stream) for row in rows]
    predict = backend._family.predict

    def broken(batch: Batch) -> torch.Tensor:
        answer = predict(batch).clone()
        answer[-1, 0, 0, 0] = torch.nan
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(backend._family, "predict", broken)
        with pytest.raises(FloatingPointError):
            backend.denoise(rows)
    assert [(row.latent, row.steps_done, row.next_stream) for row in rows] == before
    run(backend, rows)
    assert_same(rows[0].latent, latent_of(backend, request_of(name, "text-to-image", 4, seed=1)))


@pytest.mark.parametrize("name", [name for name in SOLVERS if "Euler" not in name])
def test_a_scheduler_that_fails_half_way_moves_no_row(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The first row's history is as it was, though its next step was computed already. Euler's steps have no history."""
    backend = opened(name)
    rows = [backend.begin(request_of(name, "text-to-image", 4, seed=seed)) for seed in (1, 2)]
    backend.denoise(rows)

    with monkeypatch.context() as patched:
        patched.setattr(Solver, "foresee", _failing_for(rows[1].solver, Solver.foresee))
        with pytest.raises(ValueError, match="no step"):
            backend.denoise(rows)
    run(backend, rows)
    assert_same(rows[0].latent, latent_of(backend, request_of(name, "text-to-image", 4, seed=1)))


def _failing_for(unlucky: Any, foresee: Callable[..., Any]) -> Callable[..., Any]:
    def maybe(solver: Any, *given: Any) -> Any:
        if solver is unlucky:
            raise ValueError("no step for this row")
        return foresee(solver, *given)

    return maybe
