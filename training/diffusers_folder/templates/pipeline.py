"""Text-to-image, image-to-image and inpainting with the built-in model of Figment, as a diffusers pipeline.

The text encoder is apart: token states of sentence-transformers/all-MiniLM-L6-v2 (its last hidden state, at most 32 tokens, zero
behind the text's end) and their mask come in as `prompt_embeds` and `prompt_mask`.

x_t = (1 - t) x_0 + t noise. A call of the denoiser answers with the mean velocity from t down to `until`, guidance included, so
that one call a step is enough; a negative prompt takes two at guidance 1.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from diffusers import DiffusionPipeline
from diffusers.image_processor import VaeImageProcessor
from diffusers.utils import BaseOutput
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

CHANNELS, DOWNSCALE = 8, 8


class FigmentOutput(BaseOutput):
    images: list[Image.Image] | np.ndarray | Tensor


class FigmentPipeline(DiffusionPipeline):
    model_cpu_offload_seq = "denoiser->vae"

    def __init__(self, denoiser: torch.nn.Module, vae: torch.nn.Module, tower: torch.nn.Module) -> None:
        super().__init__()
        # Stored in float16, but times and guidance must be embedded in float32; for speed, call the pipeline under torch.autocast.
        self.register_modules(denoiser=denoiser.float(), vae=vae.float(), tower=tower.float())
        self.image_processor = VaeImageProcessor(vae_scale_factor=DOWNSCALE)

    @torch.no_grad()
    def __call__(
        self,
        prompt_embeds: Tensor,
        prompt_mask: Tensor,
        negative_prompt_embeds: Tensor | None = None,
        negative_prompt_mask: Tensor | None = None,
        image: Tensor | None = None,
        mask_image: Tensor | None = None,
        strength: float = 1.0,
        num_inference_steps: int = 4,
        guidance_scale: float = 3.0,
        height: int = 256,
        width: int = 256,
        generator: torch.Generator | None = None,
        latents: Tensor | None = None,
        output_type: str = "pil",
        return_dict: bool = True,
    ) -> FigmentOutput | tuple[list[Image.Image] | np.ndarray | Tensor]:
        """Pictures of a batch of prompts.

        prompt_embeds: (b, 32, 384); prompt_mask: (b, 32); image: (b, 3, height, width) in [-1, 1], which with a strength below 1 the
        picture begins from; mask_image: (b, 1, height, width), 1 where `image` is made anew; latents: the noise to begin with,
        (b, 8, height/8, width/8), drawn from `generator` if not given.
        """
        noise = self._noise(len(prompt_embeds), height, width, generator) if latents is None else latents
        mask, known = self._canvas(noise, image, mask_image)
        steps = max(1, int(np.ceil(num_inference_steps * (1.0 if image is None else strength) - 1e-6)))
        times = torch.linspace(1.0 if image is None else strength, 0, steps + 1).tolist()
        x = noise if image is None else torch.lerp(self.vae.encode(image.to(noise)), noise, times[0])
        for time, until in self.progress_bar(list(pairwise(times))):
            texts = (prompt_embeds, prompt_mask, negative_prompt_embeds, negative_prompt_mask)
            velocity = self._velocity(x, time, until, guidance_scale, texts, mask, known)
            x = x - (time - until) * velocity
            x = torch.where(mask > 0, x, torch.lerp(known, noise, until))
        made = self.vae.decode(x)
        if image is not None and mask_image is not None:
            made = torch.lerp(image.to(made), made, mask_image.to(made))
        images = self.image_processor.postprocess(made, output_type=output_type)
        return FigmentOutput(images=images) if return_dict else (images,)

    def _noise(self, count: int, height: int, width: int, generator: torch.Generator | None) -> Tensor:
        shape = (count, CHANNELS, height // DOWNSCALE, width // DOWNSCALE)
        return torch.randn(shape, generator=generator).to(self.device)

    def _canvas(self, noise: Tensor, image: Tensor | None, mask_image: Tensor | None) -> tuple[Tensor, Tensor]:
        """A cell is made anew when any of its pixels is; what lies under such cells is mid-grey before the rest is encoded."""
        if image is None or mask_image is None:
            return torch.ones_like(noise[:, :1]), torch.zeros_like(noise)
        mask = (F.max_pool2d(mask_image.to(noise), DOWNSCALE) > 0).to(noise)
        blanked = image.to(noise) * (1 - F.interpolate(mask, scale_factor=DOWNSCALE))
        return mask, self.vae.encode(blanked) * (1 - mask)

    def _velocity(
        self,
        x: Tensor,
        time: float,
        until: float,
        scale: float,
        texts: tuple[Tensor, Tensor, Tensor | None, Tensor | None],
        mask: Tensor,
        known: Tensor,
    ) -> Tensor:
        moment, end = x.new_full((len(x),), time), x.new_full((len(x),), until)
        text, text_mask, negative, negative_mask = texts
        told = scale if negative is None else 1.0
        velocity = self.denoiser(x, moment, end, x.new_full((len(x),), told), text, text_mask, mask, known)
        if negative is None:
            return velocity
        unwanted = self.denoiser(x, moment, end, x.new_ones(len(x)), negative, negative_mask, mask, known)
        return unwanted + scale * (velocity - unwanted)
