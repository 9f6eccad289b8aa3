"""What is installed: folders with a `model.json` that names their networks and bounds, diffusers folders, and models of the hub by name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from figment.engine import diffusers_folder
from figment.engine.errors import BrokenModel, NoSuchModel
from figment.engine.sampling import guidance_of
from figment.engine.windows import largest_size
from figment.generation.contract import GenerationRefused, ImageRequest, ModelCard

BUILTIN = Path(__file__).parent / "builtin"
MANIFEST = "model.json"
HUB_NAME = re.compile(r"\w[\w.-]*/\w[\w.-]*")

Count = Annotated[int, Field(gt=0)]
Input = Literal["latents", "time", "until", "guidance", "text", "text_mask", "mask", "known"]
NEEDED_INPUTS: tuple[Input, ...] = ("latents", "time", "text", "text_mask")
Colour = Annotated[list[float], Field(min_length=3, max_length=3)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class LatentSpec(_Part):
    channels: Count
    downscale: Count


class SizeSpec(_Part):
    min: Count
    max: Count
    multiple: Count


class StepsSpec(_Part):
    default: Count
    max: Count


class GuidanceSpec(_Part):
    default: float = Field(ge=0)
    max: float = Field(ge=0)


class TextSpec(_Part):
    encoder: str
    tokens: Count


class PreviewSpec(_Part):
    """RGB in -1..1 of a latent cell: `cell @ matrix + bias`."""

    matrix: list[Colour]
    bias: Colour


class DenoiserSpec(_Part):
    """What the denoiser is fed, by the names of its inputs: `until`, the time that a step leads to; `guidance`, the scale that it applies by
    itself; `mask` and `known`, what it was trained to inpaint by (`sampling.Canvas`).
    """

    inputs: list[Input] = list(NEEDED_INPUTS)

    @field_validator("inputs")
    @classmethod
    def can_run(cls, inputs: list[Input]) -> list[Input]:
        if missing := set(NEEDED_INPUTS) - set(inputs):
            raise ValueError(f"a denoiser reads {', '.join(sorted(missing))} too")
        if ("mask" in inputs) != ("known" in inputs):
            raise ValueError("mask and known go together")
        return inputs

    @property
    def applies_guidance(self) -> bool:
        return "guidance" in self.inputs

    @property
    def inpaints(self) -> bool:
        """Was it trained to?"""
        return "mask" in self.inputs


class FileSpec(_Part):
    path: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: Count

    @field_validator("path")
    @classmethod
    def stays_inside(cls, path: str) -> str:
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise ValueError("a model's files lie inside its folder")
        return path


class Manifest(_Part):
    """`model.json`."""

    name: str = Field(min_length=1)
    family: str
    title: str
    latent: LatentSpec
    native_size: Count
    size: SizeSpec
    steps: StepsSpec
    guidance: GuidanceSpec
    text: TextSpec
    prediction: Literal["flow-velocity"]
    denoiser: DenoiserSpec = DenoiserSpec()
    tasks: list[Literal["text-to-image", "image-to-image", "inpainting"]] = Field(min_length=1)
    preview: PreviewSpec
    files: dict[str, FileSpec]
    tags: list[str] = Field(default_factory=list)


class Model(Protocol):
    """What is known of a model before it is opened, whatever opens it."""

    @property
    def card(self) -> ModelCard: ...

    @property
    def downscale(self) -> int:
        """Pixels a latent cell, along each side."""
        ...

    def network_rows(self, request: ImageRequest) -> int:
        """How many rows of the network's batch a request takes."""
        ...

    def verify(self) -> list[str]:
        """What is wrong with its files, for people; empty when all is well."""
        ...


@dataclass(frozen=True)
class InstalledModel:
    """One folder with a `model.json`, read but not opened."""

    folder: Path
    manifest: Manifest

    @cached_property
    def card(self) -> ModelCard:
        m = self.manifest
        return ModelCard(
            name=m.name,
            title=m.title,
            weights_hash=self.weights_hash,
            tasks=frozenset(m.tasks),
            native_size=m.native_size,
            min_size=m.size.min,
            max_size=m.size.max,
            size_multiple=m.size.multiple,
            default_steps=m.steps.default,
            max_steps=m.steps.max,
            default_guidance=m.guidance.default,
            max_guidance=m.guidance.max,
            tags=tuple(m.tags),
            max_windowed_size=largest_size(m.native_size, m.size.multiple),
        )

    @property
    def weights_hash(self) -> str:
        """One hash of all files' hashes: a picture's recipe names it, so that "the same again" means the same weights."""
        lines = "".join(f"{role} {spec.sha256}\n" for role, spec in sorted(self.manifest.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def downscale(self) -> int:
        return self.manifest.latent.downscale

    @property
    def on_torch(self) -> bool:
        """Are its networks torch's (a diffusers folder with code of its own), and not ONNX files?"""
        spec = self.manifest.files.get("denoiser")
        return spec is not None and spec.path.endswith(".safetensors")

    def network_rows(self, request: ImageRequest) -> int:
        return len(guidance_of(request, self.manifest.denoiser.applies_guidance).prompts)

    def file(self, role: str) -> Path:
        """Where a network's file lies.

        Raises:
            BrokenModel: there is none.
        """
        spec = self.manifest.files.get(role)
        if spec is None or not (self.folder / spec.path).is_file():
            raise BrokenModel(f"{self.folder}: there is no file for the model's {role}")
        return self.folder / spec.path

    def verify(self) -> list[str]:
        """Read every file and compare it with its stated size and SHA-256: what is wrong, for people; empty when all is well."""
        return [problem for role in sorted(self.manifest.files) if (problem := self._why_wrong(role)) is not None]

    def _why_wrong(self, role: str) -> str | None:
        spec = self.manifest.files[role]
        path = self.folder / spec.path
        if not path.is_file():
            return f"{path} is missing"
        if path.stat().st_size != spec.bytes:
            return f"{path} has {path.stat().st_size} bytes and should have {spec.bytes}"
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        return None if digest == spec.sha256 else f"{path} is damaged: its SHA-256 is not the stated one"


def read(folder: Path) -> InstalledModel:
    """Read one model folder.

    Raises:
        BrokenModel: there is no `model.json`, or it does not say what it must.
    """
    try:
        return InstalledModel(folder, Manifest.model_validate_json((folder / MANIFEST).read_bytes()))
    except OSError as error:
        raise BrokenModel(f"{folder / MANIFEST} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise BrokenModel(f"{folder / MANIFEST}: {_first_complaint(error)}") from error


def built_in(root: Path = BUILTIN) -> InstalledModel:
    """The model that Figment ships."""
    return read(min(_folders(root)))


class Hub(Protocol):
    """Where models come from by name."""

    def fetch(self, name: str) -> Path:
        """A model's folder; may take long.

        Raises:
            BrokenModel: it cannot be had; the class and the message say why.
        """
        ...

    def bytes_fetched(self, name: str) -> int:
        """How much of it is on this machine."""
        ...


class NoHub:
    """Where only folders are taken."""

    def fetch(self, name: str) -> Path:
        raise NoSuchModel(f"{name}: models of the hub are not fetched here; name a folder instead")

    def bytes_fetched(self, name: str) -> int:
        return 0


class Catalogue:
    """The built-in models and those of the operator's own folder, the default first. A broken folder is left out and told of.

    `default`: an installed model's name, a diffusers folder's path, or a name of the hub. `problems`: what was left out and why,
    for `figment doctor` and the log.
    """

    def __init__(
        self,
        own: Path | None = None,
        default: str | None = None,
        builtin: Path = BUILTIN,
        hub: Hub | None = None,
    ) -> None:
        self.problems: list[str] = []
        self._own = own
        self._models: dict[str, Model] = {}
        self._hub = hub or NoHub()
        for folder in [*_folders(builtin), *_folders(own)]:
            self._take(folder)
        if default is not None:
            self._models = {default: self._default(default), **self._models}

    def cards(self) -> Sequence[ModelCard]:
        return [model.card for model in self._models.values()]

    def find(self, name: str) -> Model:
        """
        Raises:
            GenerationRefused: no such model is installed; the message names those that are.
        """
        if name in self._models:
            return self._models[name]
        known = ", ".join(self._models) or "none"
        raise GenerationRefused(f"model: {name!r} is not installed here; installed: {known}")

    def obtain(self, name: str) -> Model:
        """An installed model, one that was put into the operator's folder since, or one of the hub, which may take long. Nothing is kept.

        A folder's path is no name here: who asks may be somebody else than the operator of this machine.

        Raises:
            BrokenModel: there is none, or it cannot be used; the class and the message say why.
        """
        if (installed := self._models.get(name)) is not None:
            return installed
        if (put := self._put_since(name)) is not None:
            return put
        if HUB_NAME.fullmatch(name) is None:
            known = ", ".join(self._models) or "none"
            raise NoSuchModel(
                f"{name!r} is not installed here (installed: {known}), and models of the hub are called owner/name"
            )
        return diffusers_folder.read(self._hub.fetch(name), name)

    def bytes_fetched(self, name: str) -> int:
        """How much of a model of the hub is on this machine."""
        return self._hub.bytes_fetched(name)

    def keep(self, model: Model) -> None:
        """From now on it is installed."""
        self._models = {**self._models, model.card.name: model}

    def _put_since(self, name: str) -> Model | None:
        """
        Raises:
            BrokenModel: a folder of that name is there, and cannot be used.
        """
        for folder in _folders(self._own):
            try:
                model = self._read(folder)
            except BrokenModel:
                if folder.name == name:
                    raise
                continue
            if model.card.name == name:
                return model
        return None

    def _default(self, name: str) -> Model:
        """
        Raises:
            GenerationRefused: it is neither installed nor a folder, and no name of the hub.
            BrokenModel: its folder cannot be used, or it cannot be fetched.
        """
        if name in self._models or not _names_elsewhere(name):
            return self.find(name)
        return diffusers_folder.read(Path(name) if Path(name).is_dir() else self._hub.fetch(name), name)

    def _take(self, folder: Path) -> None:
        try:
            model = self._read(folder)
            name = model.card.name
        except BrokenModel as error:
            self.problems.append(str(error))
            return
        if name in self._models:
            self.problems.append(f"{folder}: another model is called {name!r} already")
        self._models.setdefault(name, model)

    def _read(self, folder: Path) -> Model:
        """
        Raises:
            BrokenModel: it cannot be used.
        """
        if (folder / MANIFEST).is_file():
            return read(folder)
        if (folder / diffusers_folder.INDEX).is_file():
            return diffusers_folder.read(folder)
        base = diffusers_folder.base_of(folder)
        return diffusers_folder.read(Path(base) if Path(base).is_dir() else self._hub.fetch(base), folder.name, folder)


def _folders(root: Path | None) -> list[Path]:
    names = (MANIFEST, diffusers_folder.INDEX, diffusers_folder.VARIANT)
    return sorted({path.parent for name in names for path in root.glob(f"*/{name}")}) if root and root.is_dir() else []


def _names_elsewhere(name: str) -> bool:
    """A folder's path, or a name of the hub: "owner/model"."""
    return "/" in name or Path(name).is_dir()


def _first_complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'content'}: {first['msg']}"
