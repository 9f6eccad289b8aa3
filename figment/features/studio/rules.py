"""What Studio decides, without framework or I/O: is a request within a model's bounds, and which seeds it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from figment.generation.contract import MAX_SEED, ModelCard


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked, with the model's defaults filled in."""

    prompt: str
    negative_prompt: str
    steps: int
    guidance: float
    width: int
    height: int
    task: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be so, and what to do."""

    field: str
    message: str


def faults(wish: Wish, card: ModelCard) -> list[Fault]:
    """Everything that keeps this model from making this, all at once rather than one by one."""
    found = [
        *_text_faults("prompt", wish.prompt, card),
        *_text_faults("negative_prompt", wish.negative_prompt, card),
        *_size_faults("width", wish.width, card),
        *_size_faults("height", wish.height, card),
    ]
    if not 1 <= wish.steps <= card.max_steps:
        found.append(Fault("steps", f"{card.title} takes 1 to {card.max_steps} steps, not {wish.steps}."))
    if not 0 <= wish.guidance <= card.max_guidance:
        found.append(
            Fault("guidance", f"{card.title} takes a guidance of 0 to {card.max_guidance:g}, not {wish.guidance:g}.")
        )
    if wish.task not in card.tasks:
        found.append(Fault("model", f"{card.title} cannot do {wish.task}."))
    return found


def _text_faults(field: str, words: str, card: ModelCard) -> list[Fault]:
    if len(words) > card.max_prompt_chars:
        return [Fault(field, f"At most {card.max_prompt_chars:,} characters; this has {len(words):,}. Shorten it.")]
    return []


def _size_faults(field: str, size_px: int, card: ModelCard) -> list[Fault]:
    low, high, multiple = card.min_size, card.max_size, card.size_multiple
    if low <= size_px <= high and size_px % multiple == 0:
        return []
    nearest = min(max(round(size_px / multiple) * multiple, low), high)
    return [
        Fault(
            field,
            f"Sizes are multiples of {multiple} from {low} to {high} pixels, not {size_px}. The nearest is {nearest}.",
        )
    ]


def seeds(first: int, count: int) -> Sequence[int]:
    """The seeds of `count` images: one after the other from `first`, round the end of the range."""
    return [(first + n) % (MAX_SEED + 1) for n in range(count)]
