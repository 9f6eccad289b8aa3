"""Small random models of every family: real classes, saved as real diffusers folders, opened by the real loading code."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderDC,
    AutoencoderKL,
    AutoencoderTiny,
    DDIMScheduler,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    FluxPipeline,
    FluxTransformer2DModel,
    HeunDiscreteScheduler,
    LatentConsistencyModelImg2ImgPipeline,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    PRXPipeline,
    PRXTransformer2DModel,
    SanaPipeline,
    SanaTransformer2DModel,
    SD3Transformer2DModel,
    StableDiffusion3Pipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    StableDiffusionSAGPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
    UniPCMultistepScheduler,
)
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPTokenizer,
    Gemma2Config,
    Gemma2Model,
    GemmaTokenizer,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

LETTERS = [*string.ascii_lowercase, *string.digits, *",.-'"]
TEXT, PROJECTED, T5_TEXT = 32, 24, 64
NATIVE = 128


def shaken(module: nn.Module, seed: int) -> nn.Module:
    """No weight is zero, so that nothing can be left out unseen, and every layer keeps the size of its numbers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.dim() > 1:
                parameter.normal_(std=parameter[0].numel() ** -0.5, generator=generator)
            else:
                parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return module.eval()


def tokenizer() -> CLIPTokenizer:
    """Letter by letter, as CLIP does with words that it does not know."""
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={word: place for place, word in enumerate(words)}, merges=[], model_max_length=77)


def t5_tokenizer(**given: Any) -> T5Tokenizer:
    pieces = ["<pad>", "</s>", "<unk>", "▁", *LETTERS]
    return T5Tokenizer(vocab=[(piece, -float(place)) for place, piece in enumerate(pieces)], extra_ids=0, **given)


def text_encoder(projected: bool = False, seed: int = 1) -> nn.Module:
    size = len(tokenizer())
    config = CLIPTextConfig(
        vocab_size=size,
        hidden_size=TEXT,
        intermediate_size=48,
        projection_dim=PROJECTED if projected else TEXT,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=77,
        bos_token_id=size - 2,
        eos_token_id=size - 1,
        pad_token_id=size - 1,
    )
    return shaken((CLIPTextModelWithProjection if projected else CLIPTextModel)(config), seed)


def t5_encoder() -> nn.Module:
    config = T5Config(
        vocab_size=len(t5_tokenizer()),
        d_model=T5_TEXT,
        d_kv=8,
        d_ff=48,
        num_layers=2,
        num_heads=4,
        decoder_start_token_id=0,
    )
    return shaken(T5EncoderModel(config), 3)


def vae(channels: int = 4, **config: Any) -> AutoencoderKL:
    made = AutoencoderKL(
        block_out_channels=(8, 8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=NATIVE,
        **config,
    )
    return shaken(made, 4)


def tiny_vae() -> AutoencoderTiny:
    made = AutoencoderTiny(
        encoder_block_out_channels=(8, 8, 8, 8), decoder_block_out_channels=(8, 8, 8, 8), latent_channels=4
    )
    return shaken(made, 5)


def unet(channels: int = 4, **config: Any) -> UNet2DConditionModel:
    made = UNet2DConditionModel(
        sample_size=NATIVE // 8,
        in_channels=channels,
        out_channels=4,
        block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=8,
        **{"cross_attention_dim": TEXT, "attention_head_dim": 8} | config,
    )
    return shaken(made, 6)


def diffusion_scheduler(kind: type[Any] = DDIMScheduler, **config: Any) -> Any:
    """As Stable Diffusion's are configured."""
    given = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1} | config
    if kind in (DDIMScheduler, DDPMScheduler, LCMScheduler):
        given |= {"clip_sample": False}
    if kind is PNDMScheduler:
        given |= {"skip_prk_steps": True}
    if kind is DDPMScheduler:
        given |= {"timestep_spacing": "leading"}
    return kind(**given)


def stable_diffusion(scheduler: Any = None, **unet_config: Any) -> StableDiffusionPipeline:
    return StableDiffusionPipeline(
        vae=vae(),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        unet=unet(**unet_config),
        scheduler=scheduler or diffusion_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def inpainting_unet() -> StableDiffusionInpaintPipeline:
    parts = stable_diffusion(channels=9).components
    return StableDiffusionInpaintPipeline(**parts, requires_safety_checker=False)


def turbo() -> StableDiffusionPipeline:
    return stable_diffusion(diffusion_scheduler(EulerDiscreteScheduler, timestep_spacing="trailing"))


def latent_consistency() -> LatentConsistencyModelPipeline:
    """Its UNet is told the guidance."""
    parts = stable_diffusion(diffusion_scheduler(LCMScheduler), time_cond_proj_dim=16).components
    return LatentConsistencyModelPipeline(**parts, requires_safety_checker=False)


def whole(kind: type[Any], scheduler: type[Any], **unet_config: Any) -> Any:
    """A pipeline that nobody here knows how to step."""
    return kind(
        **stable_diffusion(diffusion_scheduler(scheduler), **unet_config).components, requires_safety_checker=False
    )


def inpainting_xl() -> StableDiffusionXLInpaintPipeline:
    return StableDiffusionXLInpaintPipeline(**stable_diffusion_xl(channels=9).components, add_watermarker=False)


def stable_diffusion_xl(scheduler: Any = None, channels: int = 4) -> StableDiffusionXLPipeline:
    added = 8
    network = unet(
        channels,
        cross_attention_dim=2 * TEXT,
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=added,
        projection_class_embeddings_input_dim=6 * added + PROJECTED,
        transformer_layers_per_block=(1, 2),
    )
    return StableDiffusionXLPipeline(
        vae=vae(force_upcast=True),
        text_encoder=text_encoder(),
        text_encoder_2=text_encoder(projected=True, seed=2),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=network,
        scheduler=scheduler or diffusion_scheduler(EulerDiscreteScheduler, timestep_spacing="leading", steps_offset=1),
        add_watermarker=False,
    )


def stable_diffusion_3() -> StableDiffusion3Pipeline:
    network = SD3Transformer2DModel(
        sample_size=NATIVE // 8,
        patch_size=2,
        in_channels=16,
        num_layers=2,
        attention_head_dim=8,
        num_attention_heads=4,
        joint_attention_dim=T5_TEXT,
        caption_projection_dim=32,
        pooled_projection_dim=2 * PROJECTED,
        out_channels=16,
        pos_embed_max_size=32,
    )
    encoder = t5_encoder()
    return StableDiffusion3Pipeline(
        transformer=shaken(network, 7),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae(16, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=text_encoder(projected=True),
        tokenizer=tokenizer(),
        text_encoder_2=text_encoder(projected=True, seed=2),
        tokenizer_2=tokenizer(),
        text_encoder_3=encoder,
        tokenizer_3=t5_tokenizer(),
    )


def flux(guidance: bool = True) -> FluxPipeline:
    network = FluxTransformer2DModel(
        patch_size=1,
        in_channels=64,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=T5_TEXT,
        pooled_projection_dim=TEXT,
        guidance_embeds=guidance,
        axes_dims_rope=(4, 6, 6),
    )
    return FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=guidance),
        vae=vae(16, shift_factor=0.06, scaling_factor=1.5, use_quant_conv=False, use_post_quant_conv=False),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        text_encoder_2=t5_encoder(),
        tokenizer_2=t5_tokenizer(),
        transformer=shaken(network, 8),
    )


def sana() -> SanaPipeline:
    network = SanaTransformer2DModel(
        patch_size=1,
        in_channels=4,
        out_channels=4,
        num_layers=1,
        num_attention_heads=2,
        attention_head_dim=4,
        num_cross_attention_heads=2,
        cross_attention_head_dim=4,
        cross_attention_dim=8,
        caption_channels=8,
        sample_size=NATIVE // 2,
    )
    autoencoder = AutoencoderDC(
        latent_channels=4,
        attention_head_dim=2,
        encoder_block_types=("ResBlock", "EfficientViTBlock"),
        decoder_block_types=("ResBlock", "EfficientViTBlock"),
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        encoder_qkv_multiscales=((), (5,)),
        decoder_qkv_multiscales=((), (5,)),
        encoder_layers_per_block=(1, 1),
        decoder_layers_per_block=(1, 1),
        downsample_block_type="conv",
        upsample_block_type="interpolate",
        scaling_factor=0.41407,
    )
    words = gemma_tokenizer()
    config = Gemma2Config(
        vocab_size=len(words),
        hidden_size=8,
        head_dim=16,
        intermediate_size=16,
        num_attention_heads=2,
        num_key_value_heads=2,
        num_hidden_layers=1,
    )
    return SanaPipeline(
        tokenizer=words,
        text_encoder=shaken(Gemma2Model(config), 9),
        vae=shaken(autoencoder, 10),
        transformer=shaken(network, 11),
        scheduler=DPMSolverMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0, final_sigmas_type="zero"
        ),
    )


def gemma_tokenizer() -> GemmaTokenizer:
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "▁", *LETTERS]
    return GemmaTokenizer(vocab={piece: place for place, piece in enumerate(pieces)}, merges=[])


def prx() -> PRXPipeline:
    network = PRXTransformer2DModel(
        in_channels=4,
        patch_size=2,
        context_in_dim=T5_TEXT,
        hidden_size=16,
        num_heads=2,
        depth=2,
        axes_dim=[4, 4],
    )
    return PRXPipeline(
        transformer=shaken(network, 12),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=t5_encoder(),
        tokenizer=t5_tokenizer(model_max_length=64),
        vae=vae(shift_factor=0.06),
    )


MODELS: dict[str, Callable[[], Any]] = {
    "sd": stable_diffusion,
    "sd-v": lambda: stable_diffusion(diffusion_scheduler(prediction_type="v_prediction")),
    "sd-turbo": turbo,
    "sd-inpainting": inpainting_unet,
    "sdxl": stable_diffusion_xl,
    "sdxl-inpainting": inpainting_xl,
    "sdxl-turbo": lambda: stable_diffusion_xl(
        diffusion_scheduler(EulerAncestralDiscreteScheduler, timestep_spacing="trailing")
    ),
    "sd3": stable_diffusion_3,
    "flux": flux,
    "flux-schnell": lambda: flux(guidance=False),
}

SOLVERS: dict[str, Callable[[], Any]] = {
    f"sd-{kind.__name__}": lambda kind=kind: stable_diffusion(diffusion_scheduler(kind))  # type: ignore[misc]
    for kind in (
        PNDMScheduler,
        EulerDiscreteScheduler,
        EulerAncestralDiscreteScheduler,
        HeunDiscreteScheduler,
        DPMSolverMultistepScheduler,
        UniPCMultistepScheduler,
        LMSDiscreteScheduler,
        LCMScheduler,
        DDPMScheduler,
    )
}
"""Stable Diffusion with every kind of scheduler that its users take: multi-step, stochastic, of second order."""


OTHERS: dict[str, Callable[[], Any]] = {
    "sana": sana,
    "prx": prx,
    "lcm": latent_consistency,
    "whole": lambda: whole(StableDiffusionSAGPipeline, DDIMScheduler),
    "whole-from-picture": lambda: whole(LatentConsistencyModelImg2ImgPipeline, LCMScheduler, time_cond_proj_dim=16),
}


def save(name: str, root: Path) -> Path:
    """The same weights whatever ran before: layers draw their biases from torch's own generator."""
    folder = root / name
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        (MODELS | SOLVERS | OTHERS)[name]().save_pretrained(folder)
    return folder
