"""How each family's network is called for one step, for rows that share nothing but their size: own times, guidance and prompts.

Prompts are encoded by the model's own pipeline, so that every tokenizer, encoder and projection is used as its authors did.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

from figment.engine import diffusers_folder
from figment.engine.backends.diffusion import ways
from figment.engine.backends.diffusion.crossing import Crossing
from figment.engine.backends.diffusion.ways import Way
from figment.engine.diffusers_folder import DiffusersModel

CLIP_TEXTS, LONG_TEXTS = 32, 8
"""Prompts that are encoded in one call: 77 tokens each, and 256 to 512, of larger models."""
Conditions = Mapping[str, Tensor]
"""What a network is told beside the latent, by the names of its arguments; of one row, without a batch dimension."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`latents`: (n, channels, h, w), as the network reads them; `times`: (n,), in the scheduler's unit; `told`: (n,), the guidance scale that
    the network applies by itself; `conditions`: each with n rows.
    """

    latents: Tensor
    times: Tensor
    told: Tensor
    conditions: Conditions

    def named(self) -> dict[str, Tensor]:
        """All of it by name."""
        return {"latents": self.latents, "times": self.times, "told": self.told, **self.conditions}

    @classmethod
    def of(cls, named: Mapping[str, Tensor]) -> Batch:
        """The reverse of `named`."""
        conditions = dict(named)
        return cls(conditions.pop("latents"), conditions.pop("times"), conditions.pop("told"), conditions)


class Family(Protocol):
    """One opened network. `predict` is called on the runner's thread, the rest on any, `encode` by one thread at a time."""

    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        """A row's way. `height`, `width`: of its latent. `strength`: None without a picture to begin from."""
        ...

    @property
    def texts_at_once(self) -> int:
        """As many as are encoded in one call, so that what the encoders work on fits beside the model."""
        ...

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        """What the network reads of each of some prompts; `unwanted`: of negative ones. All are padded to the model's own length, so that
        what is made of one depends on its company by rounding only.
        """
        ...

    def sized(self, height_px: int, width_px: int) -> Conditions:
        """What the network is told of a picture's size."""
        ...

    @property
    def crossing(self) -> Crossing | None:
        """What of a prompt is made once for all steps; None where it differs from step to step, or gains too little."""
        ...

    def predict(self, batch: Batch) -> Tensor:
        """The network's answer: (n, channels, h, w) float32."""
        ...

    def foreseen(self, latent: Tensor, output: Tensor, time: float) -> Tensor:
        """The picture's latent that an answer to `latent` (as the network read it) points at."""
        ...


def of(model: DiffusersModel, pipeline: Any) -> Family:
    kinds: dict[diffusers_folder.Family, type[UNet | StableDiffusion3 | Flux | Sana | Prx]] = {
        diffusers_folder.Family.STABLE_DIFFUSION: UNet,
        diffusers_folder.Family.STABLE_DIFFUSION_XL: UNetXL,
        diffusers_folder.Family.STABLE_DIFFUSION_3: StableDiffusion3,
        diffusers_folder.Family.FLUX: Flux,
        diffusers_folder.Family.SANA: Sana,
        diffusers_folder.Family.PRX: Prx,
    }
    return kinds[model.family](pipeline)


class UNet:
    """Stable Diffusion 1 and 2, SD-Turbo, latent consistency models and their inpainting UNets."""

    texts_at_once = CLIP_TEXTS
    crossing: Crossing | None = None

    def __init__(self, pipeline: Any) -> None:
        self._pipeline, self._unet = pipeline, pipeline.unet

    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        return ways.diffusion(self._pipeline.scheduler, steps, strength)

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, _ = self._pipeline.encode_prompt(list(texts), self._pipeline.device, 1, False)
        return _each(encoder_hidden_states=states)

    def sized(self, height_px: int, width_px: int) -> Conditions:
        return {}

    def predict(self, batch: Batch) -> Tensor:
        conditions = dict(batch.conditions)
        states = conditions.pop("encoder_hidden_states")
        answer = self._unet(
            batch.latents.to(self._unet.dtype),
            batch.times,
            encoder_hidden_states=states,
            timestep_cond=self._told(batch.told),
            added_cond_kwargs=conditions or None,
            return_dict=False,
        )
        return answer[0].float()

    def foreseen(self, latent: Tensor, output: Tensor, time: float) -> Tensor:
        """Whatever the scheduler's own variable is, the network reads sqrt(a) x_0 + sqrt(1 - a) noise."""
        scheduler = self._pipeline.scheduler
        signal = scheduler.alphas_cumprod[round(time)].sqrt()
        rest = (1 - signal**2).sqrt()
        latent = latent[: len(output)]
        if scheduler.config.prediction_type == "v_prediction":
            return signal * latent - rest * output
        return output if scheduler.config.prediction_type == "sample" else (latent - rest * output) / signal

    def _told(self, scales: Tensor) -> Tensor | None:
        """Meng et al., "On distillation of guided diffusion models", 2023: w = guidance - 1, embedded as times are."""
        width = self._unet.config.time_cond_proj_dim
        if width is None:
            return None
        return embedded_guidance(scales, width).to(self._unet.dtype)


class UNetXL(UNet):
    """Stable Diffusion XL and XL-Turbo: two text encoders, the second's pooled state, and the picture's size."""

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, _, pooled, _ = self._pipeline.encode_prompt(
            list(texts), device=self._pipeline.device, num_images_per_prompt=1, do_classifier_free_guidance=False
        )
        made = _each(encoder_hidden_states=states, text_embeds=pooled)
        if not (unwanted and self._pipeline.config.force_zeros_for_empty_prompt):
            return made
        return [each if text else _zeros(each) for text, each in zip(texts, made, strict=True)]

    def sized(self, height_px: int, width_px: int) -> Conditions:
        """Podell et al., "SDXL", 2023, section 2.2: original size, no crop, target size."""
        size = [height_px, width_px]
        return {"time_ids": torch.tensor([*size, 0, 0, *size], dtype=self._unet.dtype, device=self._unet.device)}


class _FlowTransformer:
    """x_t = (1 - t) x_0 + t noise; the network answers with noise - x_0."""

    texts_at_once = LONG_TEXTS
    crossing: Crossing | None = None

    def __init__(self, pipeline: Any) -> None:
        self._pipeline, self._transformer = pipeline, pipeline.transformer

    def sized(self, height_px: int, width_px: int) -> Conditions:
        return {}

    def foreseen(self, latent: Tensor, output: Tensor, time: float) -> Tensor:
        return latent - time / 1000 * output


class StableDiffusion3(_FlowTransformer):
    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        patch = self._transformer.config.patch_size
        tokens = (height // patch) * (width // patch)
        return ways.flow(self._pipeline.scheduler, steps, strength, sigmas=False, tokens=tokens)

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, _, pooled, _ = self._pipeline.encode_prompt(
            list(texts), None, None, device=self._pipeline.device, do_classifier_free_guidance=False
        )
        return _each(encoder_hidden_states=states, pooled_projections=pooled)

    def predict(self, batch: Batch) -> Tensor:
        latents = batch.latents.to(self._transformer.dtype)
        answer = self._transformer(latents, timestep=batch.times, return_dict=False, **batch.conditions)
        return answer[0].float()


class Sana(_FlowTransformer):
    """A prompt that is wanted goes to the language model with the pipeline's own instruction before it."""

    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        self.crossing: Crossing = sana_crossing(pipeline.transformer)
        self._instruction = inspect.signature(pipeline.__call__).parameters["complex_human_instruction"].default

    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        return ways.flow(self._pipeline.scheduler, steps, strength, sigmas=False, tokens=height * width)

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, mask, _, _ = self._pipeline.encode_prompt(
            list(texts),
            False,
            device=self._pipeline.device,
            complex_human_instruction=None if unwanted else self._instruction,
        )
        return _each(encoder_hidden_states=states.to(self._transformer.dtype), encoder_attention_mask=mask)

    def predict(self, batch: Batch) -> Tensor:
        latents = batch.latents.to(self._transformer.dtype)
        times = batch.times * self._transformer.config.timestep_scale
        with self.crossing.arguments(batch.conditions) as told:
            answer = self._transformer(latents, timestep=times, return_dict=False, **told)
        # Some were trained to answer with a variance too.
        return answer[0].float()[:, : latents.shape[1]]


class Prx(_FlowTransformer):
    def __init__(self, pipeline: Any) -> None:
        super().__init__(pipeline)
        self.crossing: Crossing = prx_crossing(pipeline.transformer)

    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        return ways.flow(self._pipeline.scheduler, steps, strength, sigmas=False, tokens=height * width)

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, mask, _, _ = self._pipeline.encode_prompt(list(texts), self._pipeline.device, False)
        return _each(encoder_hidden_states=states, attention_mask=mask)

    def predict(self, batch: Batch) -> Tensor:
        latents = batch.latents.to(self._transformer.dtype)
        times = batch.times / self._pipeline.scheduler.config.num_train_timesteps
        with self.crossing.arguments(batch.conditions) as told:
            answer = self._transformer(hidden_states=latents, timestep=times, return_dict=False, **told)
        return answer[0].float()


class Flux(_FlowTransformer):
    """Flux packs two by two cells of the latent into one token."""

    def solver(self, steps: int, strength: float | None, height: int, width: int) -> Way:
        tokens = (height // 2) * (width // 2)
        return ways.flow(self._pipeline.scheduler, steps, strength, sigmas=True, tokens=tokens)

    def encode(self, texts: Sequence[str], unwanted: bool) -> list[Conditions]:
        states, pooled, _ = self._pipeline.encode_prompt(list(texts), device=self._pipeline.device)
        return _each(encoder_hidden_states=states, pooled_projections=pooled)

    def predict(self, batch: Batch) -> Tensor:
        latents = batch.latents.to(self._transformer.dtype)
        height, width = latents.shape[2:]
        answer = self._transformer(
            hidden_states=_packed(latents),
            timestep=batch.times / 1000,
            guidance=batch.told if self._transformer.config.guidance_embeds else None,
            txt_ids=latents.new_zeros(batch.conditions["encoder_hidden_states"].shape[1], 3),
            img_ids=_places(height // 2, width // 2, latents),
            return_dict=False,
            **batch.conditions,
        )
        return _unpacked(answer[0].float(), height, width)


def sana_crossing(transformer: Any) -> Crossing:
    names = [f"transformer_blocks.{n}.attn2.to_{of}" for n in range(len(transformer.transformer_blocks)) for of in "kv"]
    return Crossing(transformer, ["caption_projection", "caption_norm"], names)


def prx_crossing(transformer: Any) -> Crossing:
    names = [f"blocks.{n}.attention.txt_kv_proj" for n in range(len(transformer.blocks))]
    return Crossing(transformer, ["txt_in"], names)


def _each(**batched: Tensor) -> list[Conditions]:
    """The rows of tensors that have a batch dimension."""
    return [dict(zip(batched, row, strict=True)) for row in zip(*batched.values(), strict=True)]


def _zeros(conditions: Conditions) -> Conditions:
    return {name: torch.zeros_like(tensor) for name, tensor in conditions.items()}


def embedded_guidance(scales: Tensor, width: int) -> Tensor:
    """(n, width) float32 on the scales' device: the pipelines' own `get_guidance_scale_embedding` is for the processor only."""
    half = width // 2
    frequencies = torch.exp(
        torch.arange(half, dtype=torch.float32, device=scales.device) * -(math.log(10_000) / (half - 1))
    )
    angles = 1000 * (scales - 1)[:, None] * frequencies
    return functional.pad(torch.cat([torch.sin(angles), torch.cos(angles)], dim=1), (0, width % 2))


def _packed(latents: Tensor) -> Tensor:
    """(n, c, h, w) to (n, h/2 w/2, 4 c)."""
    count, channels, height, width = latents.shape
    blocks = latents.reshape(count, channels, height // 2, 2, width // 2, 2)
    return blocks.permute(0, 2, 4, 1, 3, 5).reshape(count, (height // 2) * (width // 2), channels * 4)


def _unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """The reverse of `_packed`."""
    count, _, deep = tokens.shape
    blocks = tokens.reshape(count, height // 2, width // 2, deep // 4, 2, 2)
    return blocks.permute(0, 3, 1, 4, 2, 5).reshape(count, deep // 4, height, width)


def _places(height: int, width: int, like: Tensor) -> Tensor:
    """Row and column of each token: (h w, 3)."""
    places = like.new_zeros(height, width, 3)
    places[..., 1] += torch.arange(height, device=like.device)[:, None]
    places[..., 2] += torch.arange(width, device=like.device)[None]
    return places.reshape(height * width, 3)
