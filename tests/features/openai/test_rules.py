"""What OpenAI's words come to here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from figment.core.errors import FigmentError, InvalidInput, NotSignedIn, RateLimited, Unavailable
from figment.features.openai import rules
from figment.generation.contract import MAX_SEED
from figment.generation.errors import UnknownModel
from figment.images.errors import ImageTooManyPixels, ImageTypeRefused
from tests.scripted import CARD

TURBO = replace(CARD, default_steps=1, max_steps=4)


@pytest.mark.parametrize(
    ("asked", "quality", "steps", "turbo"),
    [
        (None, "medium", 3, 1),
        ("auto", "medium", 3, 1),
        ("standard", "medium", 3, 1),
        ("low", "low", 2, 1),
        ("hd", "high", 6, 2),
        ("xhigh", "xhigh", 9, 3),
        ("max", "max", 12, 4),
    ],
)
def test_quality_is_steps_of_which_there_is_one_at_least(
    asked: str | None, quality: str, steps: int, turbo: int
) -> None:
    assert rules.quality_name(asked) == quality
    assert (rules.steps_for(quality, CARD), rules.steps_for(quality, TURBO)) == (steps, turbo)


def test_quality_never_asks_for_more_than_the_model_takes() -> None:
    assert rules.steps_for("max", replace(CARD, default_steps=30)) == CARD.max_steps


@pytest.mark.parametrize(
    ("words", "pixels"),
    [
        ("256x256", (256, 256)),
        ("320x64", (320, 64)),
        ("0x5", None),
        ("256", None),
        ("256X256", None),
        ("999999x1", None),
        ("٣x٣", None),
        ("5x5\n", None),
    ],
)
def test_sizes_are_read_or_not(words: str, pixels: tuple[int, int] | None) -> None:
    assert rules.read_size(words) == pixels


@pytest.mark.parametrize(
    ("picture", "fitting"),
    [
        ((1000, 1000), (256, 256)),
        ((10, 10), (256, 256)),
        ((1600, 900), (320, 192)),
        ((900, 1600), (192, 320)),
        ((4000, 10), (512, 128)),
    ],
)
def test_a_pictures_shape_is_kept_as_far_as_the_model_can(picture: tuple[int, int], fitting: tuple[int, int]) -> None:
    card = replace(CARD, native_size=256, min_size=128, max_size=512)
    assert rules.fitting_size(*picture, card) == fitting


def test_seeds_go_round_the_end() -> None:
    assert list(rules.seeds(MAX_SEED - 1, 4)) == [MAX_SEED - 1, MAX_SEED, 0, 1]


@pytest.mark.parametrize(("wanted", "steps"), [(0, []), (1, [6]), (2, [4, 8]), (3, [3, 6, 9])])
def test_partial_pictures_divide_the_steps_evenly(wanted: int, steps: list[int]) -> None:
    due: list[int] = []
    for step in range(1, 13):
        if rules.partial_is_due(len(due), wanted, step, 12):
            due.append(step)
    assert due == steps


def test_progress_that_was_not_told_in_time_leaves_partial_pictures_due() -> None:
    assert rules.partial_is_due(0, 3, 11, 12)
    assert rules.partial_is_due(2, 3, 11, 12)
    assert not rules.partial_is_due(3, 3, 11, 12)


def test_under_a_mask_nothing_is_to_be_seen_again() -> None:
    assert rules.strength_for("high", masked=True) == 1
    assert rules.strength_for("high", masked=False) < rules.strength_for("low", masked=False) < 1


@pytest.mark.parametrize(
    ("error", "status", "kind", "param", "code"),
    [
        (InvalidInput("x", field="width"), 400, "invalid_request_error", "size", "invalid_input"),
        (InvalidInput("x", field="seed"), 400, "invalid_request_error", "seed", "invalid_input"),
        (ImageTypeRefused(), 400, "invalid_request_error", None, "image_type_refused"),
        (ImageTooManyPixels(), 400, "invalid_request_error", None, "image_too_many_pixels"),
        (UnknownModel("x", ["y"]), 404, "invalid_request_error", "model", "model_not_found"),
        (NotSignedIn(), 401, "invalid_request_error", None, "invalid_api_key"),
        (RateLimited(retry_after_s=3), 429, "rate_limit_error", None, "rate_limit_exceeded"),
        (FigmentError(), 500, "server_error", None, "internal"),
        (Unavailable(), 503, "server_error", None, "unavailable"),
    ],
)
def test_how_errors_are_said(error: FigmentError, status: int, kind: str, param: str | None, code: str) -> None:
    assert rules.status_of(error) == status
    assert rules.said(error) == {"message": error.detail, "type": kind, "param": param, "code": code}
    assert rules.worth_a_retry(error) == (status in (429, 503))


WAYS = rules.Ways(1, False, 0, "png", None, only_url=False, any_url=True)


@pytest.mark.parametrize(
    ("ways", "field"),
    [
        (WAYS, None),
        (replace(WAYS, count=10), None),
        (replace(WAYS, streamed=True, partials=3), None),
        (replace(WAYS, format="jpeg", compression=10, any_url=False), None),
        (replace(WAYS, compression=100), None),
        (replace(WAYS, streamed=True, count=2), "n"),
        (replace(WAYS, streamed=True, only_url=True), "response_format"),
        (replace(WAYS, partials=1), "partial_images"),
        (replace(WAYS, compression=99), "output_compression"),
        (replace(WAYS, format="webp", compression=99, only_url=True), "output_compression"),
    ],
)
def test_what_goes_together(ways: rules.Ways, field: str | None) -> None:
    found = rules.why_not_together(ways, 512, 2048)
    assert (found and found.field) == field


def test_large_pictures_have_only_one_format_at_an_address() -> None:
    jpeg = replace(WAYS, format="jpeg")
    assert rules.why_not_together(jpeg, 2048, 2048) is None
    found = rules.why_not_together(jpeg, 2049, 2048)
    assert found is not None
    assert found.field == "output_format"
    assert rules.why_not_together(replace(jpeg, any_url=False), 2049, 2048) is None
    assert rules.why_not_together(WAYS, 4096, 2048) is None
