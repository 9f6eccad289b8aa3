"""A diffusers folder, read but not opened: what it is, what it can do and at which sizes. Plain JSON, so that a web process needs no torch.

model_index.json        the pipeline's class and its components
unet/ or transformer/   config.json of the network: size, channels, guidance
figment.json            optional, the operator's: title, steps, guidance, LoRAs (`Variant`)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from figment.engine.errors import BrokenModel
from figment.engine.sampling import Guidance, guidance_of
from figment.engine.windows import largest_size
from figment.generation.contract import ImageRequest, ModelCard

INDEX = "model_index.json"
VARIANT = "figment.json"
WEIGHTS = (".safetensors", ".bin")
ALL_TASKS = frozenset({"text-to-image", "image-to-image", "inpainting"})
MAX_STEPS, MAX_GUIDANCE = 150, 30.0
SAMPLES, SAMPLE_BYTES = 64, 64 * 1024
NOT_LOADED = frozenset({"safety_checker", "feature_extractor", "image_encoder"})
"""Components that are left closed: pictures are judged by `figment.safety`, and image prompts are not made."""
FEW_STEPS = re.compile(r"turbo|lightning|schnell|lcm|hyper|flash|sprint", re.IGNORECASE)
"""Names of models that were distilled to few steps and to no guidance. Their files do not say so."""
FEW = 4


class Family(Enum):
    """How a model's denoiser is called for one step; `WHOLE`: not at all, its pipeline runs as one long step."""

    STABLE_DIFFUSION = "stable-diffusion"
    STABLE_DIFFUSION_XL = "stable-diffusion-xl"
    STABLE_DIFFUSION_3 = "stable-diffusion-3"
    FLUX = "flux"
    SANA = "sana"
    PRX = "prx"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What the family's pipeline in diffusers does when it is not told."""

    steps: int
    guidance: float
    native_size: int


PIPELINES: Mapping[str, Family] = MappingProxyType(
    {
        "StableDiffusionPipeline": Family.STABLE_DIFFUSION,
        "StableDiffusionImg2ImgPipeline": Family.STABLE_DIFFUSION,
        "StableDiffusionInpaintPipeline": Family.STABLE_DIFFUSION,
        "LatentConsistencyModelPipeline": Family.STABLE_DIFFUSION,
        "StableDiffusionXLPipeline": Family.STABLE_DIFFUSION_XL,
        "StableDiffusionXLInpaintPipeline": Family.STABLE_DIFFUSION_XL,
        "StableDiffusion3Pipeline": Family.STABLE_DIFFUSION_3,
        "StableDiffusion3Img2ImgPipeline": Family.STABLE_DIFFUSION_3,
        "SanaPipeline": Family.SANA,
        "PRXPipeline": Family.PRX,
        "FluxPipeline": Family.FLUX,
        "FluxImg2ImgPipeline": Family.FLUX,
        "FluxInpaintPipeline": Family.FLUX,
    }
)
DEFAULTS: Mapping[Family, _Defaults] = MappingProxyType(
    {
        Family.STABLE_DIFFUSION: _Defaults(30, 7.5, 512),
        Family.STABLE_DIFFUSION_XL: _Defaults(30, 5.0, 1024),
        Family.STABLE_DIFFUSION_3: _Defaults(28, 7.0, 1024),
        Family.FLUX: _Defaults(28, 3.5, 1024),
        Family.SANA: _Defaults(20, 4.5, 1024),
        Family.PRX: _Defaults(28, 4.0, 512),
        Family.WHOLE: _Defaults(30, 5.0, 1024),
    }
)
TRANSFORMERS: Mapping[Family, str] = MappingProxyType(
    {
        Family.STABLE_DIFFUSION_3: "SD3Transformer2DModel",
        Family.SANA: "SanaTransformer2DModel",
        Family.PRX: "PRXTransformer2DModel",
    }
)


class Lora(BaseModel):
    """A LoRA beside the model: the name of its file in the folder, and how strongly it is added."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = Field(pattern=r"^[^/\\]+\.safetensors$")
    weight: float = 1.0


class Variant(BaseModel):
    """`figment.json`: what the operator says of a model that its files do not."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str | None = Field(None, min_length=1)
    base: str | None = Field(None, min_length=1)
    steps: int | None = Field(None, ge=1, le=MAX_STEPS)
    guidance: float | None = Field(None, ge=0, le=MAX_GUIDANCE)
    loras: tuple[Lora, ...] = ()
    tiny_autoencoder: str | None = Field(None, min_length=1)


@dataclass(frozen=True)
class DiffusersModel:
    """One diffusers folder. `root` is where a variant's own files lie (`figment.json`, LoRAs); else it is `folder`."""

    name: str
    folder: Path
    index: Mapping[str, Any]
    variant: Variant
    root: Path

    @property
    def pipeline(self) -> str:
        """The class of its pipeline; that of a folder with code of its own is named after its file."""
        named = self.index["_class_name"]
        return str(named[-1] if isinstance(named, list) else named)

    @property
    def brings_code(self) -> bool:
        return isinstance(self.index["_class_name"], list) or any(self.folder.glob("*/*.py"))

    @cached_property
    def family(self) -> Family:
        family = PIPELINES.get(self.pipeline, Family.WHOLE)
        return family if family is Family.WHOLE or self._can_be_stepped(family) else Family.WHOLE

    @property
    def reads_surroundings(self) -> bool:
        """Was the network trained to inpaint: does it read mask and surroundings in channels of their own?"""
        return self._unet_family and bool(self._network["in_channels"] == 2 * self._latent_channels + 1)

    @property
    def applies_guidance(self) -> bool:
        """Is the network told the guidance scale (guidance distillation)?"""
        return bool(self._network.get("guidance_embeds") or self._network.get("time_cond_proj_dim"))

    @cached_property
    def downscale(self) -> int:
        """Pixels a latent cell, along each side."""
        vae = self._config("vae")
        levels = vae.get("block_out_channels") or vae.get("encoder_block_out_channels")
        return int(2 ** (len(levels) - 1)) if levels else 8

    @cached_property
    def card(self) -> ModelCard:
        defaults, multiple = DEFAULTS[self.family], self._multiple
        native = self._native_size
        few = self._distilled
        return ModelCard(
            name=self.name,
            title=self.variant.title or self.name,
            weights_hash=self.weights_hash,
            tasks=self._tasks,
            native_size=native,
            min_size=max(multiple, native // 4 // multiple * multiple),
            max_size=native * 2 // multiple * multiple,
            size_multiple=multiple,
            default_steps=self.variant.steps or (FEW if few else defaults.steps),
            max_steps=MAX_STEPS,
            default_guidance=self._default_guidance(1.0 if few else defaults.guidance),
            max_guidance=MAX_GUIDANCE,
            tags=(self.family.value,),
            max_windowed_size=0 if self.family is Family.WHOLE else largest_size(native, multiple),
        )

    @cached_property
    def weights_hash(self) -> str:
        """One hash of all configurations and weights. Of a large file 64 pieces all over it are read, not its gigabytes: enough to tell
        two models apart, and no proof against damage.
        """
        digest = hashlib.sha256()
        for name, path in sorted(self._files()):
            digest.update(f"{name} {path.stat().st_size}\n".encode())
            for piece in _pieces(path):
                digest.update(piece)
        return digest.hexdigest()

    def guidance(self, request: ImageRequest) -> Guidance:
        """At 1 or less diffusers' pipelines follow the prompt alone (SD-Turbo's users say 0): one network row."""
        return guidance_of(replace(request, guidance=max(1.0, request.guidance)), self.applies_guidance)

    def network_rows(self, request: ImageRequest) -> int:
        return 1 if self.family is Family.WHOLE else len(self.guidance(request).prompts)

    def verify(self) -> list[str]:
        """What is missing, for people; empty when all is there."""
        return list(_missing(self.folder, self.index)) + [
            f"{self.root / lora.file} is missing"
            for lora in self.variant.loras
            if not (self.root / lora.file).is_file()
        ]

    @property
    def _unet_family(self) -> bool:
        return self.family in (Family.STABLE_DIFFUSION, Family.STABLE_DIFFUSION_XL)

    @property
    def _distilled(self) -> bool:
        schnell = self.family is Family.FLUX and not self.applies_guidance
        return schnell or bool(FEW_STEPS.search(f"{self.name} {self._config('scheduler').get('_class_name', '')}"))

    def _default_guidance(self, otherwise: float) -> float:
        return otherwise if self.variant.guidance is None else self.variant.guidance

    @cached_property
    def _network(self) -> Mapping[str, Any]:
        return self._config("unet" if "unet" in self.index else "transformer")

    @property
    def _latent_channels(self) -> int:
        return int(self._config("vae").get("latent_channels", 4))

    def _can_be_stepped(self, family: Family) -> bool:
        """Do the network's channels hold a latent, or a latent and its surroundings, and nothing that we do not know?"""
        channels, latent = self._network.get("in_channels"), self._latent_channels
        kind = self._network.get("_class_name")
        if family is Family.FLUX:
            return bool(kind == "FluxTransformer2DModel" and channels == 4 * latent)
        if family in TRANSFORMERS:
            return bool(kind == TRANSFORMERS[family] and channels == latent)
        return bool(kind == "UNet2DConditionModel" and channels in (latent, 2 * latent + 1))

    @property
    def _tasks(self) -> frozenset[str]:
        if self.reads_surroundings or (self.pipeline.endswith("InpaintPipeline") and self.family is Family.WHOLE):
            return frozenset({"inpainting"})
        if self.family is not Family.WHOLE:
            return ALL_TASKS
        return frozenset({"image-to-image" if self.pipeline.endswith("Img2ImgPipeline") else "text-to-image"})

    @property
    def _multiple(self) -> int:
        """Sizes whose latent no level of the network has to round."""
        if self._unet_family:
            return int(self.downscale * 2 ** (len(self._network["block_out_channels"]) - 1))
        if self.family is Family.FLUX:
            return self.downscale * 2
        return self.downscale * int(self._network.get("patch_size") or 1)

    @property
    def _native_size(self) -> int:
        """The size that it was trained at, rounded down to one that it can make."""
        size = self._network.get("sample_size")
        cells = max(size) if isinstance(size, list) else size
        pixels = int(cells) * self.downscale if cells else DEFAULTS[self.family].native_size
        return max(self._multiple, pixels // self._multiple * self._multiple)

    def _config(self, component: str) -> Mapping[str, Any]:
        """A component's configuration, empty where it has none."""
        name = "scheduler_config.json" if component == "scheduler" else "config.json"
        path = self.folder / component / name
        try:
            found = json.loads(path.read_bytes()) if path.is_file() else {}
        except (OSError, ValueError) as error:
            raise BrokenModel(f"{path} cannot be read: {error}") from error
        return found if isinstance(found, dict) else {}

    def _files(self) -> Iterator[tuple[str, Path]]:
        """All that decides a picture, each by its name in the folder; a LoRA by its own."""
        for path in self.folder.rglob("*"):
            if path.suffix in (*WEIGHTS, ".json") and path != self.root / VARIANT and path.is_file():
                yield path.relative_to(self.folder).as_posix(), path
        for lora in self.variant.loras:
            yield f"lora {lora.file} {lora.weight}", self.root / lora.file


def read(folder: Path, name: str | None = None, root: Path | None = None) -> DiffusersModel:
    """Read a diffusers folder. `name`: what it is called here, else the folder's name.

    Raises:
        BrokenModel: it is none, or something is missing.
    """
    root = root or folder
    index = _json(folder / INDEX)
    if "_class_name" not in index:
        raise BrokenModel(f"{folder / INDEX}: it names no pipeline (_class_name)")
    model = DiffusersModel(name or folder.name, folder, index, _variant(root), root)
    if problems := model.verify():
        raise BrokenModel(f"{folder}: {problems[0]}")
    return model


def base_of(root: Path) -> str:
    """The model that a variant's folder is built on: a path, or a name of the hub.

    Raises:
        BrokenModel: it names none.
    """
    base = _variant(root).base
    if base is None:
        raise BrokenModel(f"{root / VARIANT}: it names no base, and there is no {INDEX} beside it")
    return base


def _variant(root: Path) -> Variant:
    path = root / VARIANT
    if not path.is_file():
        return Variant()
    try:
        return Variant.model_validate(_json(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BrokenModel(f"{path}: {'.'.join(map(str, first['loc'])) or 'content'}: {first['msg']}") from error


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BrokenModel(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BrokenModel(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise BrokenModel(f"{path}: an object is expected")
    return content


def _missing(folder: Path, index: Mapping[str, Any]) -> Iterator[str]:
    """Components whose folder or weights are not there: a copy or download that broke off."""
    for name, kind in index.items():
        if name.startswith("_") or name in NOT_LOADED or not isinstance(kind, list) or kind[1] is None:
            continue
        component = folder / name
        if not component.is_dir():
            yield f"{component} is missing"
        elif (component / "config.json").is_file():
            yield from _missing_weights(component)


def _missing_weights(component: Path) -> Iterator[str]:
    indices = list(component.glob("*.index*.json"))
    names = {name for index in indices for name in _json(index).get("weight_map", {}).values()}
    if names:
        yield from (f"{component / name} is missing" for name in sorted(names) if not (component / name).is_file())
    elif not any(path.suffix in WEIGHTS for path in component.iterdir()):
        yield f"{component} has no weights"


def _pieces(path: Path) -> Iterator[bytes]:
    size = path.stat().st_size
    with path.open("rb") as opened:
        if size <= SAMPLES * SAMPLE_BYTES:
            yield opened.read()
            return
        for piece in range(SAMPLES):
            opened.seek(piece * (size - SAMPLE_BYTES) // (SAMPLES - 1))
            yield opened.read(SAMPLE_BYTES)
