"""Stage 6: a sheet of samples, one fixed seed a prompt, none picked out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.config import Config
from training.sampling import Sampler

PROMPTS = (
    "a blue boat on the sea at sunset",
    "a red house by a lake",
    "a lighthouse on a cliff at sunset",
    "snowy mountains under a full moon",
    "aerial view of green islands in the ocean",
    "farmland from above",
    "a yellow balloon over a desert",
    "two pine trees in the snow",
    "a castle on a hill at night",
    "a black cat in a meadow",
    "a white bird over the sea",
    "a pink tree on a hill at dawn",
    "a river through a forest from above",
    "a town seen from above",
    "a ship in a storm",
    "an orange cottage in the woods at night",
)
COLUMNS = 4
SEED = 1


def run(config: Config, folder: Path) -> None:
    """Writes folder/sheet.webp from folder/export."""
    sampler = Sampler(folder / "export", folder.parent / "minilm", config.threads)
    pictures = np.concatenate([sampler.pictures([prompt], SEED + row) for row, prompt in enumerate(PROMPTS)])
    Image.fromarray(tiled(pictures)).save(folder / "sheet.webp", quality=82, method=6)
    print(f"sheet {folder / 'sheet.webp'}", flush=True)


def tiled(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(n, h, w, 3) to rows of four with a thin white line between."""
    framed = np.pad(pictures, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=255)
    count, height, width, _ = framed.shape
    grid = framed.reshape(count // COLUMNS, COLUMNS, height, width, 3)
    return grid.transpose(0, 2, 1, 3, 4).reshape(count // COLUMNS * height, COLUMNS * width, 3)
