"""Checkpoints that survive a kill at any moment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch


def save(path: Path, state: dict[str, Any]) -> None:
    """Written beside and moved into place, so that `path` is always a whole checkpoint."""
    unfinished = path.with_suffix(".part")
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def load(path: Path) -> dict[str, Any] | None:
    """The state on the processor, wherever it was written, or None where there is none yet."""
    if not path.exists():
        return None
    return torch.load(path, map_location="cpu", weights_only=False)  # type: ignore[no-any-return]
