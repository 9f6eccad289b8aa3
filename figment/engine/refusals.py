"""Why a model will not make an image: pure rules that answer with a reason for people, the field first."""

from __future__ import annotations

import math
from collections.abc import Callable

from figment.generation.contract import MAX_SEED, ImageRequest, ModelCard


def why_refuse(request: ImageRequest, card: ModelCard) -> str | None:
    """The first thing that is wrong with a request, or None."""
    return next((reason for rule in RULES if (reason := rule(request, card)) is not None), None)


def _task(request: ImageRequest, card: ModelCard) -> str | None:
    if request.task in card.tasks:
        return None
    return f"task: {card.name} does not do {request.task}; it does {', '.join(sorted(card.tasks))}"


def _size(request: ImageRequest, card: ModelCard) -> str | None:
    for side, pixels in (("width", request.width), ("height", request.height)):
        if not card.min_size <= pixels <= card.max_size or pixels % card.size_multiple:
            bounds = f"{card.min_size} to {card.max_size} pixels in multiples of {card.size_multiple}"
            return f"{side}: {pixels} is not a size of {card.name}, which makes {bounds}"
    return None


def _steps(request: ImageRequest, card: ModelCard) -> str | None:
    if 1 <= request.steps <= card.max_steps:
        return None
    return f"steps: {request.steps} is not between 1 and {card.max_steps}"


def _guidance(request: ImageRequest, card: ModelCard) -> str | None:
    if math.isfinite(request.guidance) and 0 <= request.guidance <= card.max_guidance:
        return None
    return f"guidance: {request.guidance} is not between 0 and {card.max_guidance:g}"


def _strength(request: ImageRequest, _card: ModelCard) -> str | None:
    return None if 0 < request.strength <= 1 else f"strength: {request.strength} is not above 0 and at most 1"


def _seed(request: ImageRequest, _card: ModelCard) -> str | None:
    return None if 0 <= request.seed <= MAX_SEED else f"seed: {request.seed} is not between 0 and {MAX_SEED}"


def _prompt(request: ImageRequest, card: ModelCard) -> str | None:
    for field, text in (("prompt", request.prompt), ("negative_prompt", request.negative_prompt)):
        if len(text) > card.max_prompt_chars:
            return f"{field}: {len(text)} characters are more than the {card.max_prompt_chars} that {card.name} reads"
    return None


def _images(request: ImageRequest, _card: ModelCard) -> str | None:
    size = (request.height, request.width)
    if request.mask is not None and request.init_image is None:
        return "mask: there is no image to keep the rest of"
    if request.init_image is not None and request.init_image.shape != (*size, 3):
        return f"init_image: its shape {request.init_image.shape} is not {(*size, 3)}"
    if request.mask is not None and request.mask.shape != size:
        return f"mask: its shape {request.mask.shape} is not {size}"
    for field, image in (("init_image", request.init_image), ("mask", request.mask)):
        if image is not None and image.dtype != "uint8":
            return f"{field}: pixels are 8-bit numbers, not {image.dtype}"
    return None


RULES: tuple[Callable[[ImageRequest, ModelCard], str | None], ...] = (
    _task,
    _size,
    _steps,
    _guidance,
    _strength,
    _seed,
    _prompt,
    _images,
)
