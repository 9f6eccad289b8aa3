"""Write what a browser needs to make one picture of the built-in model, and that picture as the server makes it.

    .venv/bin/python -m tools.parity_case FOLDER

FOLDER/server and FOLDER/browser are model folders; FOLDER/case.json is the request with its text states and the picture's bytes.
`e2e/inference.spec.ts` compares.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from figment.engine.backends import onnx
from figment.engine.backends.browser import browser_set
from figment.engine.backends.minilm import MiniLM
from figment.engine.models import built_in
from figment.engine.prompts import PromptCache
from figment.engine.sampling import TextStates
from figment.generation.contract import ImageRequest

PROMPT, NEGATIVE = "a red house by a lake", ""
SEED, STEPS, SIDE = 7, 2, 128


def write(folder: Path) -> None:
    model = built_in()
    card = model.card
    shutil.copytree(model.folder, folder / "server")
    browser_set(model, folder).rename(folder / "browser")
    with tempfile.TemporaryDirectory() as cache:
        backend = onnx.load(model, PromptCache(lambda: MiniLM(Path(cache))), threads=1)
        request = ImageRequest(card.name, PROMPT, SEED, STEPS, card.default_guidance, SIDE, SIDE, NEGATIVE)
        row = backend.begin(request)
        for _ in range(STEPS):
            backend.denoise([row])
        texts = {"text": _states(backend, PROMPT), "negative": _states(backend, NEGATIVE)}
    asked = {"seed": SEED, "steps": STEPS, "guidance": card.default_guidance, "width": SIDE, "height": SIDE}
    case = {"request": asked | texts, "pixels": _packed(backend.decode([row])[0])}
    (folder / "case.json").write_text(json.dumps(case))


def _states(backend: onnx.OnnxBackend, prompt: str) -> dict[str, Any]:
    text: TextStates = backend.encode_text(prompt)
    return {"prompt": prompt, "states": _packed(text.states), "mask": _packed(text.mask)}


def _packed(values: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder that is not there yet")
    write(parser.parse_args().folder)
