"""A model folder for onnxruntime-web, made from the one that runs here: the same weights, float16 arithmetic for GPUs that can do it.

A GPU that cannot (no `shader-f16`), and a processor, run the server's own files: they need no set of theirs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import onnx

from figment.engine.backends.half import compute_in_half
from figment.engine.models import MANIFEST, InstalledModel

ROLES = ("denoiser", "decoder", "encoder")


def browser_set(model: InstalledModel, cache_dir: Path) -> Path:
    """The folder in `cache_dir`, written on first use: a `model.json` and the networks that make pictures.

    Raises:
        BrokenModel: one of them is missing.
    """
    target = cache_dir / f"browser-{model.weights_hash[:16]}"
    if not target.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        # Two processes may write at once: each fills a folder of its own, and the first one to rename it has made the set.
        with tempfile.TemporaryDirectory(dir=cache_dir) as place:
            unfinished = Path(place) / "set"
            _fill(unfinished, model)
            with contextlib.suppress(OSError):
                os.replace(unfinished, target)
    return target


def _fill(folder: Path, model: InstalledModel) -> None:
    folder.mkdir()
    files = {role: _write(model.file(role), folder) for role in ROLES}
    stated = json.loads((model.folder / MANIFEST).read_bytes())
    (folder / MANIFEST).write_text(json.dumps(stated | {"files": files}, indent=2) + "\n")


def _write(source: Path, folder: Path) -> dict[str, Any]:
    content = compute_in_half(onnx.load(source)).SerializeToString()
    (folder / source.name).write_bytes(content)
    return {"path": source.name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
