"""Is a request within a model's bounds? Asked by a place before anything is queued, and by an engine before it begins."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from figment.generation.contract import MAX_SEED, ImageRequest, ModelCard


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be so, and what to do."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def faults(request: ImageRequest, card: ModelCard, task: str | None = None) -> list[Fault]:
    """Everything that keeps this model from making this, all at once rather than one by one.

    `task` is given where the pictures are not loaded yet, and the request alone cannot tell.
    """
    return [
        *_task_faults(task or request.task, card),
        *_text_faults("prompt", request.prompt, card),
        *_text_faults("negative_prompt", request.negative_prompt, card),
        *_size_faults("width", request.width, card),
        *_size_faults("height", request.height, card),
        *_number_faults(request, card),
    ]


def _task_faults(task: str, card: ModelCard) -> Iterator[Fault]:
    if task not in card.tasks:
        yield Fault("model", f"{card.title} cannot do {task}, only {', '.join(sorted(card.tasks))}.")


def _text_faults(field: str, words: str, card: ModelCard) -> Iterator[Fault]:
    if len(words) > card.max_prompt_chars:
        yield Fault(field, f"At most {card.max_prompt_chars:,} characters; this has {len(words):,}. Shorten it.")


def _size_faults(field: str, size_px: int, card: ModelCard) -> Iterator[Fault]:
    low, high, multiple = card.min_size, card.largest_size, card.size_multiple
    if not low <= size_px <= high or size_px % multiple:
        nearest = min(max(round(size_px / multiple) * multiple, low), high)
        bounds = f"multiples of {multiple} from {low} to {high} pixels"
        whole = size_px > high and not card.max_windowed_size
        why = f" {card.title} makes a picture as a whole, and a larger one not at all." if whole else ""
        yield Fault(field, f"Sizes are {bounds}, not {size_px}.{why} The nearest is {nearest}.")


def _number_faults(request: ImageRequest, card: ModelCard) -> Iterator[Fault]:
    if not 1 <= request.steps <= card.max_steps:
        yield Fault("steps", f"{card.title} takes 1 to {card.max_steps} steps, not {request.steps}.")
    if not (math.isfinite(request.guidance) and 0 <= request.guidance <= card.max_guidance):
        bounds = f"a guidance of 0 to {card.max_guidance:g}"
        yield Fault("guidance", f"{card.title} takes {bounds}, not {request.guidance:g}.")
    if not 0 < request.strength <= 1:
        yield Fault("strength", f"Strength is above 0 and at most 1, not {request.strength:g}.")
    if not 0 <= request.seed <= MAX_SEED:
        yield Fault("seed", f"Seeds are whole numbers from 0 to {MAX_SEED}, not {request.seed}.")
