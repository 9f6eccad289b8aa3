"""Pictures larger than the built-in model, in windows: time by the megapixel beside its native size, seams inside, and who waits beside them.

.venv/bin/python -m benchmarks.large_frames [--sizes 1024x768 2048x2048] [--pictures 3] [--save folder]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.figures import heading, milliseconds, verdict
from figment.engine.local import LocalEngine, local_engine
from figment.engine.windows import Window, windows_of
from figment.generation.contract import Finished, ImageRequest, ModelCard, Pixels, Ticket, Urgency

PROMPTS = (
    "forest and a winding river, seen from above",
    "a village by a river, seen from above",
    "mountains with snow, seen from above",
    "a coast with islands, seen from above",
)
DOWNSCALE = 8
NEARBY = tuple(range(3, 13))
LEVEL = 1.0
"""One step of 255, added above and below: what is flatter than that nobody sees."""


async def made(engine: LocalEngine, request: ImageRequest, ticket: Ticket | None = None) -> Finished:
    async for update in engine.run(request, ticket or Ticket()):
        if isinstance(update, Finished):
            return update
    raise RuntimeError("the engine ended without a picture")


def asked(card: ModelCard, number: int, width: int, height: int) -> ImageRequest:
    prompt = PROMPTS[number % len(PROMPTS)]
    return ImageRequest(card.name, prompt, number, card.default_steps, card.default_guidance, width, height)


def borders(cut: Iterable[Window], axis: int) -> list[int]:
    """Where windows begin and end inside a picture, and half-way between, where their weights cross. In pixels. `axis`: 0 rows, 1 columns."""
    spans = sorted({(w.left, w.left + w.width) if axis else (w.top, w.top + w.height) for w in cut})
    starts, ends = [start for start, _ in spans[1:]], [end for _, end in spans[:-1]]
    middles = [(start + end) // 2 for start, end in zip(starts, ends, strict=True)]
    return sorted({DOWNSCALE * cell for cell in starts + ends + middles})


def seam_ratio(picture: Pixels, cut: Iterable[Window]) -> float:
    """The gradient across the borders of windows over the gradient nearby: 1 where there is nothing to see."""
    cut = list(cut)
    across, nearby = 0.0, 0.0
    for axis in (0, 1):
        gradient = np.abs(np.diff(picture.astype(np.float64), axis=axis)).mean(axis=(1 - axis, 2))
        for line in borders(cut, axis):
            beside = [line - 1 + sign * away for away in NEARBY for sign in (-1, 1)]
            beside = [place for place in beside if 0 <= place < len(gradient)]
            across += float(gradient[line - 1]) + LEVEL
            nearby += float(gradient[beside].mean()) + LEVEL
    return across / nearby


async def size(
    engine: LocalEngine, card: ModelCard, width: int, height: int, pictures: int, save: Path | None
) -> float:
    """Median seconds of the processor by the megapixel, which others on the machine change less than the clock's."""
    cut = windows_of(asked(card, 0, width, height), card, DOWNSCALE)
    spent, worked, seams = [], [], []
    for number in range(pictures):
        begun, worked_before = time.perf_counter(), time.process_time()
        picture = (await made(engine, asked(card, number, width, height))).pixels
        spent.append((time.perf_counter() - begun) / (width * height / 1e6))
        worked.append((time.process_time() - worked_before) / (width * height / 1e6))
        if cut:
            seams.append(seam_ratio(picture, cut))
        if save is not None:
            Image.fromarray(picture).save(save / f"{width}x{height}-{number}.png")
    print(f"   {width} x {height}, {max(1, len(cut))} windows, a megapixel: {milliseconds(spent)}")
    print(f"        of the processor: {milliseconds(worked)}")
    if seams:
        verdict(f"gradient at borders over nearby, mean of {pictures}", statistics.mean(seams), 1.2, at_most=True)
        print(f"        the worst {max(seams):.3f}")
    return statistics.median(worked)


async def beside(engine: LocalEngine, card: ModelCard, width: int, height: int, pictures: int) -> None:
    """Somebody's small pictures while another's large one is made, and live frames."""
    side = card.native_size
    for name, steps, urgency in (
        ("small pictures", card.default_steps, Urgency.STUDIO),
        ("live frames", 2, Urgency.LIVE),
    ):
        small = ImageRequest(card.name, PROMPTS[0], 1, steps, 1.0, side, side)
        alone = [(await _timed(engine, small, urgency)) for _ in range(pictures)]
        large = asyncio.create_task(made(engine, asked(card, 0, width, height), Ticket(Urgency.STUDIO, "large")))
        await asyncio.sleep(1.0)
        among = [(await _timed(engine, small, urgency)) for _ in range(pictures)]
        large.cancel()
        await asyncio.gather(large, return_exceptions=True)
        print(f"   {name} alone:   {milliseconds(alone)}")
        print(f"   {name} beside a large one: {milliseconds(among)}")


async def _timed(engine: LocalEngine, request: ImageRequest, urgency: Urgency) -> float:
    begun = time.perf_counter()
    await made(engine, request, Ticket(urgency, "small"))
    return time.perf_counter() - begun


async def main(sizes: list[tuple[int, int]], pictures: int, save: Path | None) -> None:
    with tempfile.TemporaryDirectory() as cache:
        engine = local_engine(Path(cache))
        await engine.start()
        try:
            card = (await engine.models())[0]
            heading(f"large frames with {card.title}, {card.default_steps} steps")
            native = await size(engine, card, card.native_size, card.native_size, 4 * pictures, None)
            for width, height in sizes:
                by_megapixel = await size(engine, card, width, height, pictures, save)
                cut = windows_of(asked(card, 0, width, height), card, DOWNSCALE)
                pixels = sum(w.height * w.width for w in cut) * DOWNSCALE**2 / (width * height)
                print(
                    f"        {by_megapixel / native:.2f} of native by the megapixel; overlap makes {pixels:.2f} of its pixels"
                )
                verdict("over native, for as many pixels", by_megapixel / native / pixels, 1.1, at_most=True)
            await beside(engine, card, 1024, 1024, 3 * pictures)
        finally:
            await engine.stop()


def _size(words: str) -> tuple[int, int]:
    width, height = words.split("x")
    return int(width), int(height)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=_size, nargs="+", default=[(1024, 768), (1536, 1024)])
    parser.add_argument("--pictures", type=int, default=3)
    parser.add_argument("--save", type=Path)
    given = parser.parse_args()
    asyncio.run(main(given.sizes, given.pictures, given.save))
