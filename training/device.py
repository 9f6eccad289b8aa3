"""Where training runs: the GPU where there is one, else the processor."""

from __future__ import annotations

import torch


def chosen(name: str) -> torch.device:
    """`auto`, `cpu` or `cuda`."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
