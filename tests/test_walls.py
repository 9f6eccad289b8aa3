"""The walls bite: an import that crosses one makes the check fail, and names the wall."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package that may be spoiled."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "figment", folder / "figment", ignore=shutil.ignore_patterns("builtin", "__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    return folder


def lint(house: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_house_as_it_is_stands(house: Path) -> None:
    assert lint(house).returncode == 0


@pytest.mark.parametrize(
    ("file", "crossing", "wall"),
    [
        (
            "features/studio/service.py",
            "from figment.engine import local",
            "Features and engines meet only in generation",
        ),
        ("features/studio/rules.py", "import sqlalchemy", "Rules are plain Python"),
        ("engine/schedule.py", "import onnxruntime", "Heavy libraries live in one place each"),
        ("engine/schedule.py", "import ray", "Heavy libraries live in one place each"),
        ("scaleout/plan.py", "from figment.images import service", "The pool knows engines and their contract"),
        ("core/events.py", "from figment.generation import contract", "The engine side is layered"),
        ("features/studio/service.py", "import sqlalchemy", "SQL is spoken only in store"),
        ("generation/service.py", "import fastapi", "HTTP is spoken only in routes and channel"),
        (
            "features/studio/store.py",
            "from figment.features.studio import service",
            "Inside a feature, imports go down",
        ),
    ],
)
def test_an_import_that_crosses_a_wall_is_found(house: Path, file: str, crossing: str, wall: str) -> None:
    spoiled = house / "figment" / file
    before = spoiled.read_text()
    spoiled.write_text(
        before.replace("from __future__ import annotations\n", f"from __future__ import annotations\n{crossing}\n")
    )
    try:
        found = lint(house)
    finally:
        spoiled.write_text(before)
    assert found.returncode == 1
    assert f"{wall} BROKEN" in found.stdout
