"""Sheets of samples at fixed seeds, none picked out, for docs/model/: what was asked for stands beside them in sheets.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.config import Config
from training.examples import Examples
from training.painter import Painter, inpainting_masks
from training.prompts import FIFTY, OUTSIDE

Bytes = NDArray[np.uint8]

SEED = 1
STEPS = 4
EACH = 64
"""Pictures of a sheet."""
SOURCES = 16
STRENGTHS = (0.3, 0.5, 0.7, 0.9)
FEW = (1, 2, 4, 8)
WALKS = (
    "an aerial view of green islands in a turquoise sea",
    "farmland from above",
    "a river through a forest from above",
    "snowy mountains seen from above",
    "green hills at noon",
    "the sea at sunset",
)
MOST_BYTES = 400_000
GREY = 128


@dataclass(frozen=True)
class Sheet:
    """Rows of pictures, (rows, columns, side, side, 3), shown `cell` pixels wide, and what was asked for, in reading order."""

    name: str
    about: str
    pictures: Bytes
    cell: int
    prompts: Sequence[str]


def run(config: Config, folder: Path) -> None:
    """Writes folder/sheets/ from folder/export; copy it to docs/model/ to show it."""
    painter = Painter(folder / "export", folder.parent / "minilm", config.threads)
    examples = Examples(folder / "held-out")
    target = folder / "sheets"
    target.mkdir(exist_ok=True)
    told = [
        "# Sheets\n\nEvery picture is at its fixed seed, none was picked out. `python -m training sheet` makes them again.\n"
    ]
    for sheet in (
        _views(painter, examples, "scene"),
        _views(painter, examples, "aerial"),
        _prompted(painter, "fifty", "fifty prompts of the model's world", FIFTY),
        _prompted(painter, "outside", "words from outside its world, the empty prompt first", OUTSIDE),
        _steps(painter),
        _inpaintings(painter, examples),
        _repainted(painter, examples),
        _walks(painter),
    ):
        save(target / f"{sheet.name}.webp", grid(sheet.pictures, sheet.cell))
        told.append(_section(sheet))
        print(f"sheet {sheet.name}  {(target / f'{sheet.name}.webp').stat().st_size / 1e3:.0f} kB", flush=True)
    (target / "sheets.md").write_text("\n".join(told))


def _section(sheet: Sheet) -> str:
    lines = "\n".join(f"{number}. {prompt or '(nothing)'}" for number, prompt in enumerate(sheet.prompts, 1))
    return f"## {sheet.about.capitalize()}\n\n![{sheet.about}]({sheet.name}.webp)\n\n{lines}\n"


def _views(painter: Painter, examples: Examples, view: str) -> Sheet:
    """From captions of held-out renders of one view."""
    prompts = [examples.captions[row][0] for row, shown in enumerate(examples.shown) if shown.view == view][:EACH]
    return _prompted(painter, view, f"captions of held-out renders: view {view}", prompts)


def _prompted(painter: Painter, name: str, about: str, prompts: Sequence[str]) -> Sheet:
    pictures = painter.paint([painter.request(prompt, SEED + row, STEPS) for row, prompt in enumerate(prompts)])
    columns = 8 if len(prompts) >= EACH else min(10, max(4, len(prompts) // 3))
    return Sheet(name, f"{about}; {STEPS} steps", in_rows(pictures, columns), 1440 // columns, prompts)


def _steps(painter: Painter) -> Sheet:
    """The same seeds at each number of steps, a column a number."""
    prompts = FIFTY[::6][:8]
    pictures = [
        painter.paint([painter.request(prompt, SEED + row, steps) for row, prompt in enumerate(prompts)])
        for steps in FEW
    ]
    stacked = np.stack(pictures, axis=1)
    halves = np.split(stacked, 2)
    return Sheet(
        "steps",
        f"the same seed at {', '.join(map(str, FEW))} steps, two prompts a row",
        np.concatenate([_pair(left, right) for left, right in zip(*halves, strict=True)]),
        180,
        [prompts[row + half * len(halves[0])] for row in range(len(halves[0])) for half in (0, 1)],
    )


def _pair(left: Bytes, right: Bytes) -> Bytes:
    """(columns, side, side, 3) twice to one row (1, 2 * columns, side, side, 3)."""
    return np.concatenate([left, right])[None]


def _inpaintings(painter: Painter, examples: Examples) -> Sheet:
    """Held-out renders, without what is under the mask, and with it made anew; four of them a row."""
    count = min(EACH, len(examples)) // 4 * 4
    renders, masks = examples.pixels(np.arange(count)), inpainting_masks(count, painter.side, SEED)
    prompts = [examples.captions[row][0] for row in range(count)]
    made = painter.paint(
        [painter.request(prompts[row], SEED + row, STEPS, image=renders[row], mask=masks[row]) for row in range(count)]
    )
    struck = np.where(masks[..., None] > 0, GREY, renders).astype(np.uint8)
    triples = np.stack([renders, struck, made], axis=1)
    return Sheet(
        "inpainting",
        f"a render, what of it was known, and what was made of that; {STEPS} steps",
        triples.reshape(count // 4, 12, *triples.shape[2:]),
        120,
        prompts,
    )


def _repainted(painter: Painter, examples: Examples) -> Sheet:
    """Held-out renders under another picture's caption, at rising strength; two of them a row."""
    count = min(SOURCES, len(examples)) // 2 * 2
    renders = examples.pixels(np.arange(count))
    prompts = [examples.captions[(row + 1) % count][0] for row in range(count)]
    columns = [renders] + [
        painter.paint(
            [
                painter.request(prompts[row], SEED + row, STEPS, image=renders[row], strength=strength)
                for row in range(count)
            ]
        )
        for strength in STRENGTHS
    ]
    stacked = np.stack(columns, axis=1)
    told = ", ".join(map(str, STRENGTHS))
    return Sheet(
        "image-to-image",
        f"a render, and it under another prompt at strengths {told}; {STEPS} steps",
        stacked.reshape(count // 2, 2 * len(columns), *stacked.shape[2:]),
        144,
        prompts,
    )


def _walks(painter: Painter) -> Sheet:
    strips = painter.walks(WALKS, SEED, STEPS)
    return Sheet(
        "walks",
        f"a picture and six inpaintings to the right of it, each from half of the last; {STEPS} steps",
        strips[:, None],
        strips.shape[2],
        WALKS,
    )


def in_rows(pictures: Bytes, columns: int) -> Bytes:
    """(n, h, w, 3) to (rows, columns, h, w, 3), the last row filled up with white."""
    missing = -len(pictures) % columns
    filled = np.concatenate([pictures, np.full((missing, *pictures.shape[1:]), 255, np.uint8)])
    return filled.reshape(-1, columns, *pictures.shape[1:])


def grid(pictures: Bytes, cell: int) -> Image.Image:
    """(rows, columns, h, w, 3) as one picture with thin white lines, every cell `cell` pixels wide."""
    rows, columns, height, width, _ = pictures.shape
    tall = round(cell * height / width)
    sheet = Image.new("RGB", (columns * (cell + 2), rows * (tall + 2)), "white")
    for row in range(rows):
        for column in range(columns):
            small = Image.fromarray(pictures[row, column]).resize((cell, tall), Image.Resampling.LANCZOS)
            sheet.paste(small, (column * (cell + 2) + 1, row * (tall + 2) + 1))
    return sheet


def save(path: Path, sheet: Image.Image) -> None:
    """At the best quality that keeps the file small enough for a repository."""
    for quality in (90, 84, 78, 70, 60, 50):
        sheet.save(path, quality=quality, method=6)
        if path.stat().st_size <= MOST_BYTES:
            return
