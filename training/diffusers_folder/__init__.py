"""The built-in model as a diffusers folder: weights, configurations, and the code of its networks, which needs torch alone.

    model_index.json, pipeline.py                    what diffusers opens, `templates/pipeline.py`
    denoiser/  vae/  tower/                          config.json, diffusion_pytorch_model.safetensors
               modeling_<part>.py                    the network as a diffusers component, `templates/modeling_<part>.py`
               <network>.py                          its definition, copied from training/networks
    README.md                                        how to open it, with diffusers and without

The folder refers to nothing outside of it but torch, safetensors and, where it is opened as a pipeline, diffusers.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from training.onnx_graphs import Networks

TEMPLATES = Path(__file__).parent / "templates"
NETWORKS = Path(__file__).parents[1] / "networks"
WEIGHTS = "diffusion_pytorch_model.safetensors"
DIFFUSERS = "0.42.1"
"""The version whose conventions the folder follows."""
CLASSES = {"denoiser": "FigmentDenoiser", "vae": "FigmentAutoencoder", "tower": "FigmentTower"}
DEFINITIONS = {"denoiser": "denoiser.py", "vae": "autoencoder.py", "tower": "tower.py"}
"""Files of training/networks, each of which stands alone: diffusers copies a component's direct imports, and not theirs."""


def write(folder: Path, networks: Networks, built_with: dict[str, dict[str, Any]]) -> None:
    """`networks` are rounded. `built_with`: the arguments of each part's constructor."""
    parts: dict[str, nn.Module] = {"denoiser": networks.denoiser, "vae": networks.autoencoder, "tower": networks.tower}
    folder.mkdir(parents=True)
    for name, network in parts.items():
        _write_part(folder / name, name, network, built_with[name])
    components = {name: [f"modeling_{name}", kind] for name, kind in CLASSES.items()}
    _write_json(folder / "model_index.json", _headed(["pipeline", "FigmentPipeline"]) | components)
    for name in ("pipeline.py", "README.md"):
        shutil.copyfile(TEMPLATES / name, folder / name)


def _write_part(folder: Path, name: str, network: nn.Module, arguments: dict[str, Any]) -> None:
    folder.mkdir()
    _write_json(folder / "config.json", _headed(CLASSES[name]) | arguments)
    save_file({key: _stored(tensor) for key, tensor in network.state_dict().items()}, folder / WEIGHTS)
    (folder / WEIGHTS).chmod(0o644)
    shutil.copyfile(TEMPLATES / f"modeling_{name}.py", folder / f"modeling_{name}.py")
    shutil.copyfile(NETWORKS / DEFINITIONS[name], folder / DEFINITIONS[name])


def _headed(kind: str | list[str]) -> dict[str, Any]:
    return {"_class_name": kind, "_diffusers_version": DIFFUSERS}


def _stored(tensor: Tensor) -> Tensor:
    """Nothing is lost: the networks are `rounded`. Numbers lie row after row, as safetensors wants them."""
    return (tensor.half() if tensor.is_floating_point() else tensor).contiguous()


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n")
