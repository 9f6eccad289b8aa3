"""SD-Turbo and SDXL-Turbo in their exact shapes with random weights, as diffusers folders. They say how fast the real ones are, and paint noise.

Their configurations are those of stabilityai/sd-turbo and stabilityai/sdxl-turbo; the autoencoder is TAESD's. The tokenizer spells letter by
letter: every prompt is 77 tokens all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderTiny,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from tests.diffusion import small_models

VOCABULARY = 49408
SIDE = 512
UNET: dict[str, Any] = {
    "sample_size": SIDE // 8,
    "in_channels": 4,
    "out_channels": 4,
    "layers_per_block": 2,
    "use_linear_projection": True,
}
SD_UNET: dict[str, Any] = UNET | {
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
}
SDXL_UNET: dict[str, Any] = UNET | {
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "cross_attention_dim": 2048,
    "attention_head_dim": (5, 10, 20),
    "transformer_layers_per_block": (1, 2, 10),
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
NOISE: dict[str, Any] = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "timestep_spacing": "trailing",
}


def text_encoder_of_sd_turbo() -> Any:
    return _text_encoder(1024, 4096, 23, 16, "gelu", 512)


def sd_turbo(device: torch.device) -> StableDiffusionPipeline:
    """UNet of 866 million parameters, the text encoder of Stable Diffusion 2."""
    # Networks only: schedulers want their numbers on the processor.
    with device:
        networks = {
            "vae": AutoencoderTiny(),
            "text_encoder": text_encoder_of_sd_turbo(),
            "unet": UNet2DConditionModel(**SD_UNET),
        }
    return StableDiffusionPipeline(
        **networks,
        tokenizer=small_models.tokenizer(),
        scheduler=EulerDiscreteScheduler(**NOISE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def sdxl_turbo(device: torch.device) -> StableDiffusionXLPipeline:
    """UNet of 2.6 billion parameters, two text encoders."""
    with device:
        networks = {
            "vae": AutoencoderTiny(),
            "text_encoder": _text_encoder(768, 3072, 12, 12, "quick_gelu", 768),
            "text_encoder_2": _text_encoder(1280, 5120, 32, 20, "gelu", 1280, projected=True),
            "unet": UNet2DConditionModel(**SDXL_UNET),
        }
    return StableDiffusionXLPipeline(
        **networks,
        tokenizer=small_models.tokenizer(),
        tokenizer_2=small_models.tokenizer(),
        scheduler=EulerAncestralDiscreteScheduler(**NOISE),
        add_watermarker=False,
    )


MODELS: dict[str, Callable[[torch.device], Any]] = {"sd-turbo": sd_turbo, "sdxl-turbo": sdxl_turbo}


def save(name: str, root: Path, device: torch.device) -> Path:
    """Write one in half precision (3 and 7 GB), made on the device, which takes seconds there."""
    torch.manual_seed(0)
    folder = root / name
    MODELS[name](device).to(torch.float16).save_pretrained(folder)
    return folder


def save_tiny(name: str, root: Path) -> Path:
    """The small model of the tests that has the same name."""
    return small_models.save(name, root)


def _text_encoder(
    width: int, inner: int, layers: int, heads: int, activation: str, projection: int, projected: bool = False
) -> Any:
    words = small_models.tokenizer()
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        hidden_act=activation,
        projection_dim=projection,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        pad_token_id=words.pad_token_id,
    )
    return (CLIPTextModelWithProjection if projected else CLIPTextModel)(config).eval()
