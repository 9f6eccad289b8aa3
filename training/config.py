"""One training run as data, read from YAML."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml


@dataclass(frozen=True)
class Render:
    pictures: int = 24_000
    held_out: int = 1_000
    shard: int = 1_000
    size: int = 256
    captions: int = 3
    processes: int = 2
    first_seed: int = 1


@dataclass(frozen=True)
class Autoencoder:
    minutes: float = 10.0
    polish_minutes: float = 5.0
    """For the decoder alone, once the latents are encoded."""
    batch: int = 16
    crop: int = 128
    learning_rate: float = 1.5e-3
    widths: tuple[int, int] = (64, 128)
    blocks: int = 3
    latent_noise: float = 0.08
    half_scale_weight: float = 0.25
    blanked_weight: float = 1.0
    weight_decay: float = 1e-3
    muon: bool = True
    compiled: bool = False


@dataclass(frozen=True)
class Training:
    """What the stages that train the denoiser have in common. `workers` are processes of one thread, for a CPU."""

    minutes: float = 60.0
    batch: int = 32
    learning_rate: float = 3.0e-3
    weight_decay: float = 0.01
    ema: float = 0.999
    muon: bool = True
    compiled: bool = False
    workers: int = 1
    caption_dropout: float = 0.1
    time_shift: float = 0.3
    """Times are logit-normal around this: above 0, the noisier half is seen more."""
    whole_masks: float = 0.55
    """Share of the pictures made from nothing; the others are painted inside a mask."""
    outside_weight: float = 0.1
    object_weight: float = 1.5


@dataclass(frozen=True)
class Denoiser(Training):
    widths: tuple[int, int, int] = (64, 128, 256)
    blocks: tuple[int, int, int] = (1, 2, 3)
    small_minutes: float = 0.0
    """The first minutes train on pictures of half the side, which cost a quarter."""
    small_batch: int = 128
    label_weight: float = 0.05


@dataclass(frozen=True)
class Probe:
    """The network that measures."""

    minutes: float = 10.0
    batch: int = 32
    learning_rate: float = 3.0e-3
    widths: tuple[int, int, int] = (32, 64, 160)


@dataclass(frozen=True)
class Tower:
    """The image tower. `bank` captions of other pictures stand against a picture's own in every step."""

    minutes: float = 10.0
    batch: int = 48
    learning_rate: float = 3.0e-3
    widths: tuple[int, int, int] = (32, 64, 160)
    bank: int = 2_048


@dataclass(frozen=True)
class Distil(Training):
    minutes: float = 12.0
    learning_rate: float = 3.0e-4
    ema: float = 0.995
    finest_share: float = 0.375
    """Of a batch: the rows that learn from the teacher."""
    whole_strength: float = 0.7
    """Share of the walks that start from pure noise; the others start on the way, as image-to-image does."""
    most_guidance: float = 5.0
    unguided: float = 0.15
    """Share of the rows with guidance 1, which a sampler with a negative prompt uses."""


@dataclass(frozen=True)
class Config:
    """`name` is the folder of the run under training/runs; `device` is auto, cpu or cuda."""

    name: str = "run"
    device: str = "auto"
    threads: int = 2
    seed: int = 7
    checkpoint_seconds: float = 150.0
    sheet_minutes: float = 10.0
    render: Render = field(default_factory=Render)
    autoencoder: Autoencoder = field(default_factory=Autoencoder)
    denoiser: Denoiser = field(default_factory=Denoiser)
    distil: Distil = field(default_factory=Distil)
    probe: Probe = field(default_factory=Probe)
    tower: Tower = field(default_factory=Tower)


T = TypeVar("T")


def _build(kind: type[T], values: dict[str, Any]) -> T:
    known = {item.name for item in fields(kind)}  # type: ignore[arg-type]
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"{kind.__name__} has no setting {sorted(unknown)}")
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})


def load(path: Path) -> Config:
    """Raises ValueError on a setting that does not exist."""
    values = yaml.safe_load(path.read_text()) or {}
    parts = {item.name: item.default_factory for item in fields(Config) if item.default_factory is not MISSING}
    built: dict[str, Any] = {name: _build(kind, values.pop(name, {})) for name, kind in parts.items()}  # type: ignore[arg-type]
    return _build(Config, {**values, **built})
