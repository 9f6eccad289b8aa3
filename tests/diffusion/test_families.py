"""Every stepped family against diffusers' own pipeline: the same weights, the same noise, the same latents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.diffusion.comparison import TASKS, assert_same, latent_of, picture_of, request_of, run
from tests.diffusion.conftest import Opened
from tests.diffusion.small_models import MODELS

STEPS = [1, 4, 7]
CASES = [
    (name, task)
    for name in MODELS
    for task in TASKS
    if not name.endswith("-inpainting") or task.startswith("inpainting")
]
PIXEL_CASES = [(name, task) for name, task in CASES if name != "sd3" or not task.startswith("inpainting")]
"""diffusers' inpainting pipeline of SD3 forgets the shift of the latents when it decodes, which its others do not."""


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_row_is_where_diffusers_pipeline_is(
    opened: Opened, reference: Callable[..., Any], name: str, task: str, steps: int
) -> None:
    if steps * TASKS[task].get("strength", 1) < 1:
        steps = 2
    # Schnell has no guidance of its own, and diffusers' true guidance is another argument, asked for below.
    request = request_of(name, task, steps, 1.0 if name == "flux-schnell" else 3.0)
    assert_same(latent_of(opened(name), request), reference(request))


@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3"])
def test_guidance_of_one_is_the_prompt_alone(opened: Opened, reference: Callable[..., Any], name: str) -> None:
    request = request_of(name, "text-to-image", 3, 1.0)
    backend = opened(name)
    assert len(backend.begin(request).conditions) == 1
    assert_same(latent_of(backend, request), reference(request))
    assert torch.equal(latent_of(backend, replace(request, guidance=0.0)), latent_of(backend, request))


@pytest.mark.parametrize("name", ["sd", "sdxl", "sd3"])
def test_a_negative_prompt(opened: Opened, reference: Callable[..., Any], name: str) -> None:
    request = request_of(name, "text-to-image", 3, negative_prompt="fog, rain")
    made = latent_of(opened(name), request)
    assert_same(made, reference(request))
    assert not torch.allclose(made, latent_of(opened(name), replace(request, negative_prompt="")), atol=0.01)


@pytest.mark.parametrize(("steps", "guidance", "negative"), [(1, 1.0, ""), (5, 3.0, ""), (4, 3.0, "fog, rain")])
@pytest.mark.parametrize("name", ["sana", "prx"])
def test_families_that_diffusers_has_text_to_image_of(
    opened: Opened, reference: Callable[..., Any], name: str, steps: int, guidance: float, negative: str
) -> None:
    request = request_of(name, "text-to-image", steps, guidance, negative_prompt=negative)
    assert_same(latent_of(opened(name), request), reference(request))


@pytest.mark.parametrize("name", ["sana", "prx"])
def test_their_pictures_begin_from_others_too(opened: Opened, name: str) -> None:
    """What diffusers does not do: a weak strength stays near the picture's latent, and what is known around a hole is exactly it."""
    backend = opened(name)
    start = backend.begin(request_of(name, "inpainting", 6)).surroundings
    assert start is not None
    assert start.known is not None
    weak, strong = (
        latent_of(backend, request_of(name, "image-to-image", 6, init_image=picture_of(2), strength=strength))
        for strength in (0.2, 0.9)
    )
    assert (weak - start.known).square().mean() < (strong - start.known).square().mean()
    made = latent_of(backend, request_of(name, "inpainting", 6))
    assert torch.equal(made[:, start.mask[0] == 0], start.known[:, start.mask[0] == 0])
    assert not torch.allclose(made[:, start.mask[0] == 1], start.known[:, start.mask[0] == 1], atol=0.1)


@pytest.mark.parametrize("guidance", [1.5, 8.0])
def test_a_network_that_is_told_the_guidance_takes_one_row(
    opened: Opened, reference: Callable[..., Any], guidance: float
) -> None:
    request = request_of("lcm", "text-to-image", 4, guidance)
    assert len(opened("lcm").begin(request).conditions) == 1
    assert_same(latent_of(opened("lcm"), request), reference(request))


@pytest.mark.parametrize("name", ["flux", "flux-schnell"])
def test_fluxs_negative_prompt_is_diffusers_true_guidance(
    opened: Opened, reference: Callable[..., Any], name: str
) -> None:
    request = request_of(name, "text-to-image", 3, 2.5, negative_prompt="fog")
    expected = reference(request, guidance_scale=1.0, true_cfg_scale=2.5)
    assert_same(latent_of(opened(name), request), expected)


@pytest.mark.parametrize(("name", "task"), PIXEL_CASES)
def test_the_pixels_are_diffusers_own(opened: Opened, reference: Callable[..., Any], name: str, task: str) -> None:
    request = request_of(name, task, 2, 1.0)
    backend = opened(name)
    row = backend.begin(request)
    run(backend, [row])
    [made] = backend.decode([row])
    expected = np.asarray(reference(request, output_type="pil"))
    painted = slice(None) if request.mask is None else request.mask > 0
    assert expected[painted].std() > 20
    assert np.abs(made[painted].astype(int) - expected[painted]).max() <= 1
    if request.mask is not None and request.init_image is not None:
        assert np.array_equal(made[request.mask == 0], request.init_image[request.mask == 0])


@pytest.mark.parametrize("name", [*MODELS, "sana", "prx"])
def test_rows_of_every_kind_share_a_call_and_nothing_else(opened: Opened, name: str) -> None:
    backend = opened(name)
    tasks = [task for kind, task in CASES if kind == name] or list(TASKS)
    requests = [
        request_of(name, task, steps, guidance, seed=seed, prompt=f"house {seed}")
        for seed, (task, steps, guidance) in enumerate(
            (task, steps, guidance) for task in tasks for steps, guidance in ((3, 1.0), (5, 4.0))
        )
    ]
    together = [backend.begin(request) for request in requests]
    run(backend, together)
    for request, row in zip(requests, together, strict=True):
        assert_same(row.latent, latent_of(backend, request))
