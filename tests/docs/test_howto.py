"""The script of a how-to runs as it is written, against a server that was started as people start it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from PIL import Image

from tests.processes import environment, served
from tools.reference import ROOT

HOWTO = ROOT / "docs" / "howto"


def scripts(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (HOWTO / page).read_text(), re.MULTILINE | re.DOTALL)


def run(script: str, folder: Path, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_openai_script(tmp_path: Path) -> None:
    [script] = scripts("openai.md")
    data = tmp_path / "data"
    data.mkdir()
    with served(data) as server:
        token = subprocess.run(
            [sys.executable, "-m", "figment.cli", "admin", "token", "--name", "openai"],
            env=environment(data),
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.strip()
        said = run(script, tmp_path, OPENAI_BASE_URL=f"{server.address}/v1", OPENAI_API_KEY=token)
    assert said.startswith("Models: figment-1")
    assert said.strip().endswith("image_generation.completed 256x256")
    made = {"boat.png": "PNG", "lighthouse.png": "PNG", "similar-0.jpg": "JPEG", "similar-1.jpg": "JPEG"}
    for name, form in {**made, "mountains.png": "PNG"}.items():
        with Image.open(tmp_path / name) as picture:
            assert (picture.format, picture.size) == (form, (256, 256)), name
