"""Is there room for a model? Asked before it is opened: a system that runs out of memory ends the process, and every model with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from pathlib import Path

import psutil
import torch
from safetensors import SafetensorError, safe_open

from figment.engine.diffusers_folder import NOT_LOADED, DiffusersModel
from figment.engine.errors import NotEnoughMemory

ROOM_TO_WORK = 1.1
"""Beside its weights a model needs room for what it works on."""


def require(model: DiffusersModel, device: torch.device, precision: torch.dtype) -> None:
    """
    Raises:
        NotEnoughMemory: the weights take more than is free; the message has both figures.
    """
    needed = int(ROOM_TO_WORK * needed_bytes(model.folder, model.index, precision.itemsize))
    free = free_bytes(device)
    if needed > free:
        raise NotEnoughMemory(
            f"{model.name} needs about {needed / 1e9:.1f} GB on {device.type} and {free / 1e9:.1f} GB are free. "
            "Take a smaller model, or free memory there."
        )


def needed_bytes(folder: Path, parts: Iterable[str], item_bytes: int) -> int:
    """Bytes of the weights of a diffusers folder's parts, of those that are loaded, at `item_bytes` a number."""
    opened = [folder / name for name in parts if name not in NOT_LOADED and (folder / name).is_dir()]
    return sum(_numbers(path) * item_bytes for part in opened for path in _weights(part))


def free_bytes(device: torch.device) -> int:
    """Bytes that a model may take on a device. MPS shares the machine's memory."""
    if device.type == "cuda":
        # What torch keeps for later is given back first: only the driver knows what else is free.
        torch.cuda.empty_cache()
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


def _weights(part: Path) -> Iterator[Path]:
    """The files that diffusers would open: safetensors where there are some, and of variants (`.fp16.`) only the plain ones."""
    for suffix in (".safetensors", ".bin"):
        found = [path for path in part.glob(f"*{suffix}") if not path.stem.endswith((".fp16", ".bf16", ".non_ema"))]
        if found:
            yield from found
            return


def _numbers(path: Path) -> int:
    """How many numbers a weights file holds: of safetensors by its header, of others by its size."""
    if path.suffix != ".safetensors":
        return path.stat().st_size // 4
    try:
        with safe_open(path, framework="pt") as opened:
            return sum(prod(opened.get_slice(name).get_shape()) for name in opened.keys())  # noqa: SIM118 - it is no mapping
    except SafetensorError:
        return 0  # What opens it says what is wrong with it.
