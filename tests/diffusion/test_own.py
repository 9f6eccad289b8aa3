"""The built-in model's diffusers folder in the engine makes the picture that its ONNX files make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figment.engine import models
from figment.engine.backends.opening import Opening
from figment.engine.errors import BrokenModel
from figment.engine.models import Catalogue
from figment.engine.prompts import PromptCache
from figment.generation.contract import ImageRequest, Pixels
from tests.engine.tiny import HashedText
from tests.training.test_export import CONFIGS, STEP_BYTE, TASKS, Exported
from training.config import load
from training.stages import export


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return Exported.of(load(CONFIGS / "smoke.yaml"), tmp_path_factory.mktemp("exported"))


def opened(folder: Path, run_code: bool = True) -> Any:
    return Opening(PromptCache(HashedText), 1, "cpu", run_code).load(models.read(folder))


def pictures(backend: Any, requests: list[ImageRequest]) -> list[Pixels]:
    rows = [backend.begin(request) for request in requests]
    for _ in range(3):
        backend.denoise(rows)
    return list(backend.decode(rows))


def test_both_homes_make_the_same_pictures_in_a_mixed_batch(exported: Exported) -> None:
    requests = [
        ImageRequest("any", f"house {seed}", seed, 3, guidance, 128, 128, **given)
        for seed, (task, given) in enumerate(TASKS.items())
        for guidance in (1.0, 3.0)
        if task != "image-to-image"
    ]
    ours, torchs = (pictures(opened(folder), requests) for folder in (exported.server, exported.diffusers))
    for one, other in zip(ours, torchs, strict=True):
        assert one.std() > 20
        assert np.abs(one.astype(int) - other).max() <= STEP_BYTE


def test_it_is_found_under_a_name_of_its_own(exported: Exported) -> None:
    catalogue = Catalogue(exported.diffusers.parent, builtin=Path("none"))
    assert catalogue.problems == []
    assert {card.name for card in catalogue.cards()} == {export.NAME, export.TORCH_NAME}
    assert catalogue.find(export.TORCH_NAME).verify() == []


def test_code_is_run_only_where_the_operator_trusts_it(exported: Exported) -> None:
    with pytest.raises(BrokenModel, match="FIGMENT_MODEL_CODE"):
        opened(exported.diffusers, run_code=False)
