"""Open a diffusers folder on a device."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderTiny, DiffusionPipeline
from diffusers.utils import logging as diffusers_logging
from torch import nn
from transformers.utils import logging as transformers_logging

from figment.engine.backends.base import Backend
from figment.engine.backends.diffusion import devices, families, memory, replay
from figment.engine.backends.diffusion.autoencoder import Autoencoder
from figment.engine.backends.diffusion.backend import DiffusionBackend
from figment.engine.backends.diffusion.replay import Recorder
from figment.engine.backends.diffusion.weights import Weights
from figment.engine.backends.diffusion.whole import WholeBackend
from figment.engine.diffusers_folder import DiffusersModel, Family
from figment.engine.errors import BrokenModel, NotEnoughMemory

# Nobody watches the bars of a server's log, nor needs to hear which optional packages there are.
for library in (diffusers_logging, transformers_logging):
    library.disable_progress_bar()
    library.set_verbosity_error()


def load(
    model: DiffusersModel,
    device: str = "auto",
    *,
    run_code: bool = False,
    recorder: Callable[[torch.device], Recorder | None] = replay.recorder,
) -> Backend[Any]:
    """Open a model. Takes seconds to minutes; call it off the event loop.

    `run_code`: may its folder's own code be run? `recorder`: makes what records its calls; `replay.nothing` leaves all of them as they are.

    Raises:
        BrokenModel: it cannot be opened here; the message says why.
    """
    if model.brings_code and not run_code:
        raise BrokenModel(devices.BRINGS_CODE.format(folder=model.folder))
    where = devices.choose(device)
    memory.require(model, where, devices.precision(where, model.family))
    pipeline = _opened(model, where, run_code)
    networks = [part for part in pipeline.components.values() if isinstance(part, nn.Module)]
    if model.family is Family.WHOLE:
        return WholeBackend(model, pipeline, Weights(networks, where))
    devices.lay_out(pipeline, where)
    autoencoder = Autoencoder(pipeline.vae, model.downscale, model.family is Family.STABLE_DIFFUSION_XL)
    tiny = _tiny(model, where)
    weights = Weights([*networks, *([tiny.vae] if tiny else [])], where)
    return DiffusionBackend(model, families.of(model, pipeline), autoencoder, weights, tiny, recorder(where))


def _opened(model: DiffusersModel, device: torch.device, run_code: bool) -> Any:
    # Figment judges pictures itself, before and after (`figment.safety`).
    unused = {"safety_checker": None, "requires_safety_checker": False} if "safety_checker" in model.index else {}
    try:
        pipeline = DiffusionPipeline.from_pretrained(
            str(model.folder),
            dtype=devices.precision(device, model.family),
            local_files_only=True,
            trust_remote_code=run_code,
            **unused,
        ).to(device)
        _add_loras(pipeline, model)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise NotEnoughMemory(f"{model.name}: the memory of {device.type} ran out while it was opened") from error
    except Exception as error:  # the libraries have a dozen kinds of "this is no model"
        raise BrokenModel(f"{model.folder} cannot be opened: {error}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _add_loras(pipeline: Any, model: DiffusersModel) -> None:
    """Melted into the weights, so that a step costs nothing more."""
    loras = model.variant.loras
    if not loras:
        return
    names = [f"lora_{place}" for place in range(len(loras))]
    for name, lora in zip(names, loras, strict=True):
        pipeline.load_lora_weights(str(model.root), weight_name=lora.file, adapter_name=name, local_files_only=True)
    pipeline.set_adapters(names, [lora.weight for lora in loras])
    pipeline.fuse_lora(adapter_names=names)
    pipeline.unload_lora_weights()


def _tiny(model: DiffusersModel, device: torch.device) -> Autoencoder | None:
    """A small autoencoder for previews, where `figment.json` names one."""
    named = model.variant.tiny_autoencoder
    if named is None:
        return None
    beside = model.root / named
    try:
        vae = AutoencoderTiny.from_pretrained(
            str(beside if beside.is_dir() else Path(named)),
            dtype=devices.precision(device, model.family),
            local_files_only=True,
        ).to(device)
    except Exception as error:
        raise BrokenModel(f"{model.root}: its tiny autoencoder {named!r} cannot be opened: {error}") from error
    return Autoencoder(vae, model.downscale)
