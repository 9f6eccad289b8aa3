"""The networks as ONNX graphs, with dynamic batch, height and width."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import onnx
import torch
from torch import Tensor, nn

from training.latents import TEXT_WIDTH, TOKENS
from training.networks.autoencoder import DOWNSCALE, LATENT_CHANNELS, Autoencoder
from training.networks.denoiser import Denoiser
from training.networks.tower import Tower
from training.shapes import freeze_reshapes

OPSET = 18
PLANE = {0: "batch", 2: "height", 3: "width"}
SIZES = ((2, 16, 24), (3, 8, 20))
"""Rows, height and width in latent cells that a graph is traced and checked with; all differ."""

Inputs = dict[str, Tensor]
DrawInputs = Callable[[int, int, int], Inputs]


@dataclass(frozen=True)
class Networks:
    """Everything that ships, trained, in float32 on the processor."""

    autoencoder: Autoencoder
    denoiser: Denoiser
    tower: Tower

    def rounded(self) -> Networks:
        """Itself, with every number one that float16 can hold: so that all homes have the same weights."""
        for network in (self.autoencoder, self.denoiser, self.tower):
            for tensor in network.state_dict().values():
                if tensor.is_floating_point():
                    tensor.copy_(tensor.half())
        return self


class _Encode(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, image: Tensor) -> Tensor:
        return self.autoencoder.encode(image)


class _Decode(nn.Module):
    def __init__(self, autoencoder: Autoencoder) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latents: Tensor) -> Tensor:
        return self.autoencoder.decode(latents)


def latents(rows: int, height: int, width: int) -> Inputs:
    return {"latents": torch.randn(rows, LATENT_CHANNELS, height, width)}


def image(rows: int, height: int, width: int) -> Inputs:
    return {"image": torch.randn(rows, 3, DOWNSCALE * height, DOWNSCALE * width)}


def step(rows: int, height: int, width: int) -> Inputs:
    """What the denoiser is fed, drawn at random: times in order, prompts of all lengths, a mask with what is around it."""
    time = torch.rand(rows)
    text_mask = (torch.arange(TOKENS)[None] < torch.randint(2, TOKENS + 1, (rows, 1))).float()
    mask = (torch.rand(rows, 1, height, width) < 0.5).float()
    return {
        **latents(rows, height, width),
        "time": time,
        "until": time * torch.rand(rows),
        "guidance": 1 + 4 * torch.rand(rows),
        "text": 0.4 * torch.randn(rows, TOKENS, TEXT_WIDTH) * text_mask[..., None],
        "text_mask": text_mask,
        "mask": mask,
        "known": torch.randn(rows, LATENT_CHANNELS, height, width) * (1 - mask),
    }


DENOISER_INPUTS = tuple(step(1, 1, 1))


def graphs(networks: Networks) -> dict[str, onnx.ModelProto]:
    """Float32 graphs by name."""
    return {
        "denoiser": graph(networks.denoiser, step, "velocity"),
        "decoder": graph(_Decode(networks.autoencoder), latents, "image"),
        "encoder": graph(_Encode(networks.autoencoder), image, "latents"),
        "tower": graph(networks.tower, image, "vector"),
    }


def graph(model: nn.Module, draw: DrawInputs, output: str) -> onnx.ModelProto:
    # The exporter would write channels-last strides as transposes.
    model = model.eval().to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    sample = draw(*SIZES[0])
    with torch.no_grad():
        shown = {**sample, output: model(*sample.values())}
    axes = {name: PLANE if value.dim() == 4 else {0: "batch"} for name, value in shown.items()}
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model,
            tuple(sample.values()),
            buffer,  # type: ignore[arg-type]
            input_names=list(sample),
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    feeds = [{name: value.numpy() for name, value in draw(*sizes).items()} for sizes in SIZES]
    return freeze_reshapes(onnx.load_from_string(buffer.getvalue()), feeds)
