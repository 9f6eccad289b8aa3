"""`python -m training.world.preview --scenes 64 -o sheet.png`: contact sheets, to judge the world by eye."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from . import IMAGINE, draw
from .description import SCENE_STYLES, STYLES
from .palette import PAINTS, lighter
from .pen import Fill, Light, Pen, Pose, box
from .raster import rasterise
from .things import DRAW, TRAITS, drawing

MARGIN = 4


def sheet(rgb: Tensor, columns: int) -> Image.Image:
    """(n, 3, size, size) in [0, 1] to rows of pictures with a thin grey line between."""
    framed = torch.nn.functional.pad(rgb, (MARGIN // 2,) * 4, value=0.5)
    missing = -len(framed) % columns
    framed = torch.cat([framed, framed.new_full((missing, *framed.shape[1:]), 0.5)])
    side = framed.shape[-1]
    grid = framed.view(-1, columns, 3, side, side).permute(0, 3, 1, 4, 2).reshape(-1, columns * side, 3)
    return Image.fromarray((grid * 255 + 0.5).to(torch.uint8).numpy())


def thing_pens(kinds: list[str], rng: np.random.Generator) -> list[Pen]:
    """Each kind on plain ground, by day in three of its colours and once by night."""
    pens = []
    for kind in kinds:
        paints = TRAITS[kind].paints or ("",)
        for index in range(4):
            night = index == 3
            pen = Pen(Light((0.42, 0.47, 0.66), 0.75, True) if night else Light())
            back = (0.30, 0.34, 0.42) if night else lighter(PAINTS[("blue", "green", "orange")[index]], 0.72)
            _plain_ground(pen, back)
            paint = paints[int(rng.integers(len(paints)))] if index else paints[0]
            left, right, bottom, top = TRAITS[kind].box
            size = min(0.8 / (right - left), 0.74 / (top - bottom))
            facing = (1.0, -1.0)[index % 2]
            foot = (0.5 - facing * (left + right) / 2 * size, 0.86 + bottom * size)
            drawing(kind, TRAITS[kind].places[0])(pen, Pose(foot, size, facing), paint, rng)
            pens.append(pen)
    return pens


def _plain_ground(pen: Pen, back: tuple[float, float, float]) -> None:
    pen.polygon(box(0, 0, 1, 1), Fill(lighter(back, 0.2), back, lit=False))
    pen.polygon(box(0, 0.78, 1, 1), Fill(back, lighter(back, 0.12), lit=False))


def views(view: str, count: int, seed: int, size: int, style: str) -> Tensor:
    """So many pictures of one view from `seed` on, as they come or all in one style."""
    seeds = list(range(seed, seed + count))
    shown = [IMAGINE[view](np.random.default_rng(one)) for one in seeds]
    if style:
        shown = [replace(one, style=style) for one in shown]
    return draw(shown, seeds, size).rgb


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.world.preview", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--things", help="kinds separated by commas, or `all`")
    what.add_argument("--scenes", type=int, metavar="N")
    what.add_argument("--aerial", type=int, metavar="N")
    what.add_argument("--objects", type=int, metavar="N")
    what.add_argument("--patterns", type=int, metavar="N")
    what.add_argument("--styles", action="store_true", help="the same eight scenes in every style, a row each")
    parser.add_argument("--style", default="", choices=("", *STYLES), help="all pictures in this style")
    parser.add_argument("-o", "--output", type=Path, default=Path("preview.png"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--columns", type=int, default=8)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    if chosen.things:
        kinds = list(DRAW) if chosen.things == "all" else chosen.things.split(",")
        rgb, _ = rasterise(thing_pens(kinds, np.random.default_rng(chosen.seed)), chosen.size)
    elif chosen.styles:
        rows = [views("scene", chosen.columns, chosen.seed, chosen.size, style) for style in SCENE_STYLES]
        rgb = torch.cat(rows)
    else:
        counts = {"scene": chosen.scenes, "aerial": chosen.aerial, "object": chosen.objects, "pattern": chosen.patterns}
        view, count = next((view, count) for view, count in counts.items() if count)
        rgb = views(view, count, chosen.seed, chosen.size, chosen.style)
    sheet(rgb, chosen.columns).save(chosen.output)


if __name__ == "__main__":
    main()
