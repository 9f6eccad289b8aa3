"""What a request in OpenAI's words means here, without framework or I/O: sizes, steps, strengths, seeds, and how errors are said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figment.core.errors import FigmentError
from figment.generation.bounds import Fault
from figment.generation.contract import MAX_SEED, ModelCard

# Steps as multiples of the model's own: `medium` is what the model's maker meant.
_STEPS_OF_QUALITY: Mapping[str, float] = {"low": 0.5, "medium": 1, "high": 2, "xhigh": 3, "max": 4}
# Retired names that clients still send, and the absence of a wish.
_QUALITY_NAMES: Mapping[str | None, str] = {None: "medium", "auto": "medium", "standard": "medium", "hd": "high"}

# How much of a picture is made anew: enough to follow the words, and little enough to know the picture again.
_STRENGTH_OF_FIDELITY: Mapping[str | None, float] = {None: 0.7, "low": 0.8, "high": 0.5}
VARIATION_STRENGTH = 0.6

# Our words for what OpenAI's clients call otherwise.
_PARAMS: Mapping[str, str] = {"width": "size", "height": "size"}
_CODES: Mapping[str, str] = {
    "not_signed_in": "invalid_api_key",
    "unknown_model": "model_not_found",
    "rate_limited": "rate_limit_exceeded",
}
_INPUT_STATUS = frozenset({413, 415, 422})
_WORTH_A_RETRY = frozenset({429, 503})


def quality_name(asked: str | None) -> str:
    """One of OpenAI's present names: low, medium, high, xhigh, max."""
    return _QUALITY_NAMES.get(asked) or str(asked)


def steps_for(quality: str, card: ModelCard) -> int:
    return min(max(1, round(card.default_steps * _STEPS_OF_QUALITY[quality])), card.max_steps)


def strength_for(fidelity: str | None, masked: bool) -> float:
    """What lies under a mask's holes is not to be seen again; without a mask the picture is."""
    return 1.0 if masked else _STRENGTH_OF_FIDELITY[fidelity]


def seeds(first: int, count: int) -> Sequence[int]:
    """The seeds of `count` pictures: one after the other from `first`, round the end of the range."""
    return [(first + n) % (MAX_SEED + 1) for n in range(count)]


def read_size(words: str) -> tuple[int, int] | None:
    """Pixels of `512x320`; None where it is something else."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})", words)
    return (int(found[1]), int(found[2])) if found else None


def fitting_size(width_px: int, height_px: int, card: ModelCard) -> tuple[int, int]:
    """The size that the model can make whose shape is nearest to a picture's, at about the model's own number of pixels."""
    scale = card.native_size / (width_px * height_px) ** 0.5
    return _possible(width_px * scale, card), _possible(height_px * scale, card)


def _possible(size_px: float, card: ModelCard) -> int:
    multiple = card.size_multiple
    return min(max(round(size_px / multiple) * multiple, card.min_size), card.max_size)


@dataclass(frozen=True, slots=True)
class Ways:
    """How pictures are to be handed over. `any_url`: an address is wanted, whatever else is."""

    count: int
    streamed: bool
    partials: int
    format: str
    compression: int | None
    only_url: bool
    any_url: bool


def why_not_together(ways: Ways, longest_px: int, most_px: int) -> Fault | None:
    """Wishes of which each could be granted, but not these together. `most_px`: of a file that is not the original."""
    found = {
        "n": ways.streamed
        and ways.count > 1
        and "A stream carries one picture: leave `n` out, or ask without `stream`.",
        "response_format": ways.streamed and ways.only_url and "A stream sends the picture itself: ask for `b64_json`.",
        "partial_images": ways.partials > 0 and not ways.streamed and "Partial pictures come with `stream=True` only.",
        "output_compression": _why_not_compress(ways),
        "output_format": ways.any_url
        and ways.format != "png"
        and longest_px > most_px
        and f"Above {most_px} pixels only PNG has an address: ask for `png`, or for `response_format` `b64_json`.",
    }
    return next((Fault(field, message) for field, message in found.items() if message), None)


def _why_not_compress(ways: Ways) -> str | None:
    if ways.compression is None:
        return None
    if ways.format == "png" and ways.compression != 100:
        return "PNG is not compressed by degrees: ask for `output_format` `jpeg` or `webp`."
    if ways.only_url:
        return "What lies at an address is compressed as it is: ask for `response_format` `b64_json`."
    return None


def partial_is_due(sent: int, wanted: int, step: int, of: int) -> bool:
    """Whether it is time for the next partial picture: `wanted` of them divide the steps evenly."""
    return sent < wanted and step * (wanted + 1) >= of * (sent + 1)


def status_of(error: FigmentError) -> int:
    """As OpenAI's clients expect it: all that is wrong with the input is 400, a model that is not there 404."""
    if error.code == "unknown_model":
        return 404
    return 400 if error.status in _INPUT_STATUS else error.status


def worth_a_retry(error: FigmentError) -> bool:
    """Whether the client should ask again by itself. Jobs have tried often enough by the time they fail."""
    return error.status in _WORTH_A_RETRY


def said(error: FigmentError) -> dict[str, Any]:
    """An error in the words of OpenAI's API: `message`, `type`, `param`, `code`."""
    fields = error.extra.get("errors") or []
    param = fields[0]["field"] if fields else None
    return {
        "message": error.detail,
        "type": _type_of(error.status),
        "param": _PARAMS.get(param, param) if param else None,
        "code": _CODES.get(error.code, error.code),
    }


def _type_of(status: int) -> str:
    if status >= 500:
        return "server_error"
    return "rate_limit_error" if status == 429 else "invalid_request_error"
