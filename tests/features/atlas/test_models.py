"""Which model paints a world that names none."""

from __future__ import annotations

from dataclasses import replace

from figment.engine.models import Catalogue
from figment.features.atlas.service.models import painter_of

DRAWER, MAPPER = (Catalogue().find(name).card for name in ("figment-1", "figment-2"))
OTHERS = replace(DRAWER, name="sd", tags=("stable-diffusion",))


def test_the_default_gives_way_to_its_sibling_that_is_made_for_maps() -> None:
    assert painter_of(None, [DRAWER, MAPPER]) == MAPPER.name
    assert painter_of(None, [DRAWER, OTHERS]) == DRAWER.name


def test_what_was_chosen_stays_chosen() -> None:
    assert painter_of("figment-1", [DRAWER, MAPPER]) == "figment-1"


def test_another_default_is_what_the_operator_wants_here_too() -> None:
    assert painter_of(None, [OTHERS, DRAWER, MAPPER]) == OTHERS.name


def test_without_any_model_there_is_none() -> None:
    assert painter_of(None, []) is None
