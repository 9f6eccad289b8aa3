"""One training run as data, read from YAML."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml


@dataclass(frozen=True)
class Render:
    pictures: int = 24_000
    held_out: int = 200
    shard: int = 1_000
    size: int = 256
    captions: int = 3
    processes: int = 2
    first_seed: int = 1


@dataclass(frozen=True)
class Autoencoder:
    minutes: float = 10.0
    batch: int = 16
    crop: int = 128
    learning_rate: float = 1.5e-3
    widths: tuple[int, int] = (64, 128)
    blocks: int = 3
    latent_noise: float = 0.08
    half_scale_weight: float = 0.25


@dataclass(frozen=True)
class Denoiser:
    minutes: float = 75.0
    batch: int = 32
    learning_rate: float = 1.0e-3
    widths: tuple[int, int, int] = (64, 128, 256)
    blocks: tuple[int, int, int] = (1, 2, 3)
    caption_dropout: float = 0.1
    time_shift: float = 0.3
    object_weight: float = 1.5
    label_weight: float = 0.05
    ema: float = 0.999
    compiled: bool = False
    workers: int = 1


@dataclass(frozen=True)
class Config:
    """`name` is the folder of the run under training/runs."""

    name: str = "run"
    threads: int = 2
    seed: int = 7
    checkpoint_seconds: float = 150.0
    render: Render = field(default_factory=Render)
    autoencoder: Autoencoder = field(default_factory=Autoencoder)
    denoiser: Denoiser = field(default_factory=Denoiser)


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
    parts: dict[str, type[Any]] = {"render": Render, "autoencoder": Autoencoder, "denoiser": Denoiser}
    built = {name: _build(kind, values.pop(name, {})) for name, kind in parts.items()}
    return _build(Config, {**values, **built})
