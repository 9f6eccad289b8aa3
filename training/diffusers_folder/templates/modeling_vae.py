"""The autoencoder as a component that diffusers can open."""

from __future__ import annotations

from collections.abc import Sequence

from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config

from .autoencoder import Autoencoder


class FigmentAutoencoder(Autoencoder, ModelMixin, ConfigMixin):
    @register_to_config
    def __init__(self, widths: Sequence[int], blocks: int) -> None:
        super().__init__(tuple(widths), blocks)
