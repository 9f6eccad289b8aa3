"""Atlas with the built-in model: seams, drift, what an edit costs beside its picture, tiles against nginx, and worlds of any size.

    .venv/bin/python -m benchmarks.atlas                          all of it
    .venv/bin/python -m benchmarks.atlas seams drift overhead tiles growth     some of it
        [--edits 100] [--rounds 20] [--most 1000000] [--pictures FOLDER] [--model FOLDER]

`tiles` needs nginx and ab (apache2-utils) and says so where they are not there.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.atlas_server import FRAME, PROMPTS, Ledger, Painter
from benchmarks.atlas_tiles import against_nginx
from benchmarks.figures import heading, milliseconds, verdict
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect, covering
from tests.processes import Server, served

NEARBY = tuple(range(3, 13))
LEVEL = 1.0
"""One step of 255, added above and below: what is flatter than that nobody sees."""
SEAM_GOAL, DRIFT_GOAL, OVERHEAD_GOAL = 1.2, 0.02, 0.1
WALK = 20
OFF = dict.fromkeys(
    ("limit_generations", "limit_newcomers", "limit_sessions", "limit_requests", "limit_uploads"), "off"
)


def seen(tiles: Mapping[Place, painting.Pixels], rect: Rect) -> painting.Pixels:
    return painting.gathered(tiles, rect)


def seam(before: painting.Pixels, after: painting.Pixels, made: NDArray[np.bool_]) -> tuple[float, float, int]:
    """Sums of the gradients across the border between what was there (h, w, 4) and what was `made` (h, w), of those
    nearby on the same lines, and how many pairs of pixels meet at the border."""
    across = nearby = 0.0
    pairs = 0
    kept = (before[..., 3] > 0) & ~made
    for axes in ((0, 1), (1, 0)):
        colours = after.transpose(*axes, 2)[..., :3].astype(np.float64)
        there = after[..., 3].transpose(axes) > 0
        new, old = made.transpose(axes), kept.transpose(axes)
        gradient = np.abs(np.diff(colours, axis=1)).mean(axis=2)
        solid = there[:, :-1] & there[:, 1:]
        border = (new[:, :-1] & old[:, 1:]) | (old[:, :-1] & new[:, 1:])
        for row, column in zip(*np.nonzero(border), strict=True):
            beside = [column + sign * away for away in NEARBY for sign in (-1, 1)]
            beside = [at for at in beside if 0 <= at < gradient.shape[1] and solid[row, at]]
            if len(beside) < len(NEARBY):
                continue
            across += float(gradient[row, column])
            nearby += float(gradient[row, beside].mean())
            pairs += 1
    return across, nearby, pairs


def seams(server: Server, edits: int, pictures: Path | None) -> None:
    """Frames dropped at random, each overlapping what is there."""
    heading(f"seams of {edits} random edits")
    ledger, painter, chance = Ledger(server.data), Painter(server), random.Random(11)
    world = ledger.world("seams")
    reach = int(FRAME * (edits**0.5) / 2.4)
    made = 0
    while made < edits:
        x, y = chance.randrange(-reach, reach), chance.randrange(-reach, reach)
        prompt = PROMPTS[min(len(PROMPTS) - 1, (x + reach) * len(PROMPTS) // (2 * reach))]
        try:
            painter.paint("seams", x, y, prompt, made)
        except ValueError as error:
            if "nothing" not in str(error).lower():
                raise
            continue
        made += 1
    ratios, across, nearby = [], 0.0, 0.0
    for rect, layer, tiles in ledger.commits(world):
        wide = Rect(rect.x - 16, rect.y - 16, rect.width + 32, rect.height + 32)
        before = seen(tiles, wide)
        after = before.copy()
        inside = (slice(16, 16 + rect.height), slice(16, 16 + rect.width))
        after[inside] = painting.laid(before[inside], layer)
        where = np.zeros(before.shape[:2], np.bool_)
        where[inside] = layer[..., 3] > 0
        here, beside, pairs = seam(before, after, where)
        if pairs:
            ratios.append((here / pairs + LEVEL) / (beside / pairs + LEVEL))
            across, nearby = across + here + LEVEL * pairs, nearby + beside + LEVEL * pairs
    ratios.sort()
    print(
        f"   {len(ratios)} edits have a border; ratio median {statistics.median(ratios):.2f}, "
        f"p90 {ratios[int(len(ratios) * 0.9)]:.2f}, most {ratios[-1]:.2f}"
    )
    verdict("gradient across committed borders over nearby", across / nearby, SEAM_GOAL, at_most=True)
    if pictures is not None:
        save(ledger, world, pictures / "seams.png")


def save(ledger: Ledger, world: str, path: Path) -> None:
    rows = ledger.rows("SELECT x, y, file FROM atlas_tiles WHERE world = %s AND z = 0 AND file IS NOT NULL", world)
    tiles = {Place(x, y): ledger.file(file) for x, y, file in rows}
    Image.fromarray(painting.gathered(tiles, covering(tiles)), "RGBA").save(path)
    print(f"   {path}")


def drift(server: Server, pictures: Path | None) -> None:
    """One walks to the right, half a frame at a time, and asks for the same again and again."""
    heading(f"colour over a walk of {WALK} steps")
    ledger, painter = Ledger(server.data), Painter(server)
    found = []
    for number, prompt in enumerate(PROMPTS[:4]):
        slug = f"walk-{number}"
        world = ledger.world(slug)
        for step in range(WALK + 1):
            painter.paint(slug, step * FRAME // 2, 0, prompt, 1000 * number + step)
        rows = ledger.rows("SELECT x, y, file FROM atlas_tiles WHERE world = %s AND z = 0 AND file IS NOT NULL", world)
        tiles = {Place(x, y): ledger.file(file) for x, y, file in rows}
        strip = seen(tiles, Rect(0, 0, (WALK + 2) * FRAME // 2, FRAME))[..., :3].astype(np.float64)
        means = [strip[:, n * FRAME // 2 : (n + 1) * FRAME // 2].mean() for n in range(WALK + 2)]
        slope = np.polyfit(range(len(means)), means, 1)[0] * WALK
        found.append(abs(slope) / float(np.mean(means)))
        print(
            f"   {prompt}: mean {np.mean(means):.0f}, trend over the walk {slope:+.1f}, steps differ by {np.std(means):.1f}"
        )
        if pictures is not None:
            save(ledger, world, pictures / f"{slug}.png")
    verdict("drift over the walk, of the mean", statistics.mean(found), DRIFT_GOAL, at_most=True)


def overhead(server: Server, rounds: int, pictures: Path | None) -> None:
    """An edit from the request to its end, beside the time that the engine says its picture took."""
    del pictures
    heading("an edit beside its picture")
    ledger, painter = Ledger(server.data), Painter(server)
    ledger.world("overhead")
    fresh: list[tuple[str, float]] = []
    joined: list[tuple[str, float]] = []
    for n in range(rounds + 1):
        for into, x in ((fresh, 0), (joined, FRAME // 2)):
            began = time.perf_counter()
            edit = painter.paint("overhead", n * 4 * TILE + x - FRAME, 300, PROMPTS[0], n)
            if n:
                into.append((edit["job"], time.perf_counter() - began))
    computed = engine_seconds(server)
    for name, jobs in (("on blank land", fresh), ("beside something", joined)):
        ours, alone = [took for _, took in jobs], [computed[job] for job, _ in jobs]
        print(f"   {name:17} {milliseconds(ours)}   of it the engine {milliseconds(alone)}")
        share = statistics.median(one / other - 1 for one, other in zip(ours, alone, strict=True))
        verdict(f"overhead {name}", share, OVERHEAD_GOAL, at_most=True)


def engine_seconds(server: Server) -> dict[str, float]:
    """How long the engine had each job, from its first step to its pixels."""
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return {line["job"]: line["compute_s"] for line in lines if line.get("event") == "job.done"}


def growth(server: Server, most: int, rounds: int) -> None:
    """Worlds of more and more tiles; what is painted and looked at costs the same."""
    heading("cost of an edit and of a view, by the number of tiles")
    ledger, painter = Ledger(server.data), Painter(server)
    ledger.world("seed-of-tiles")
    painter.paint("seed-of-tiles", 100, 100, PROMPTS[0], 1)
    [(file,)] = ledger.rows(
        "SELECT file FROM atlas_tiles t JOIN atlas_worlds w ON w.id = t.world WHERE w.slug = 'seed-of-tiles' AND z = 0 LIMIT 1"
    )
    sizes = [size for size in (10**2, 10**3, 10**4, 10**5, 10**6) if size <= most]
    slugs = []
    for size in sizes:
        slugs.append(slug := f"tiles-{size}")
        fill(ledger, ledger.world(slug), size, file)
    # The server does not keep an idle connection for ever; the next request opens another.
    painter.close()
    edits: dict[str, list[float]] = {slug: [] for slug in slugs}
    views: dict[str, list[float]] = {slug: [] for slug in slugs}
    lists: dict[str, list[float]] = {slug: [] for slug in slugs}
    for n in range(rounds + 1):
        # In turns, so that whatever else the machine does meets them alike.
        for slug, size in zip(slugs, sizes, strict=True):
            side = int(size**0.5)
            x = side // 2 * TILE + n
            timed: list[tuple[dict[str, list[float]], Callable[[], object]]] = [
                (edits, partial(painter.paint, slug, x, -FRAME * (n + 1), PROMPTS[0], n)),
                (views, partial(view, painter, slug, side // 2)),
                (lists, partial(painter.get, f"/api/atlas/worlds/{slug}")),
            ]
            for into, action in timed:
                took = seconds(action)
                if n:
                    into[slug].append(took)
    for name, of in (("edit", edits), ("view", views), ("world", lists)):
        for slug, size in zip(slugs, sizes, strict=True):
            print(f"   {name:6} {size:>9,} tiles   {milliseconds(of[slug])}")
        ratio = statistics.median(of[slugs[-1]]) / statistics.median(of[slugs[0]])
        verdict(f"{name}, {sizes[-1]:,} tiles over {sizes[0]:,}", ratio, 1.3, at_most=True)


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def view(painter: Painter, slug: str, middle: int) -> None:
    """What a screen asks for when one comes to a place: the manifest, and a dozen tiles."""
    manifest = json.loads(
        painter.get(
            f"/api/atlas/worlds/{slug}/manifest?z=0&x0={middle - 2}&y0={middle - 1}&x1={middle + 1}&y1={middle + 1}"
        )
    )
    for tile in manifest["tiles"]:
        painter.get(f"/api/atlas/worlds/{slug}/tiles/0/{tile['x']}/{tile['y']}?v={tile['v']}")


def fill(ledger: Ledger, world: str, tiles: int, file: str) -> None:
    """A square of tiles that all show the same."""
    side = int(tiles**0.5)
    ledger.run(
        """
            INSERT INTO atlas_tiles (world, z, x, y, file, seq)
            SELECT %s, 0, x, y, %s, 1 FROM generate_series(0, %s) AS x, generate_series(0, %s) AS y
        """,
        world, file, side - 1, side - 1,
    )  # fmt: skip
    ledger.run(
        """
            INSERT INTO atlas_versions (world, x, y, seq, file)
            SELECT world, x, y, seq, file FROM atlas_tiles WHERE world = %s
        """,
        world,
    )
    ledger.run("ANALYZE atlas_tiles")


@contextmanager
def serving(models: Path | None) -> Iterator[Server]:
    """With the built-in model, or the one in a folder."""
    theirs = {} if models is None else {"models_dir": models.parent.absolute(), "model": models.name}
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), **OFF, **theirs) as server:
        yield server


def main(parts: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=["seams", "drift", "overhead", "tiles", "growth", []])
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--most", type=int, default=10**6)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--model", type=Path, help="the folder of another model")
    given = parser.parse_args()
    works = {
        "seams": lambda server: seams(server, given.edits, given.pictures),
        "drift": lambda server: drift(server, given.pictures),
        "overhead": lambda server: overhead(server, given.rounds, given.pictures),
        "tiles": lambda server: against_nginx(server, given.rounds),
        "growth": lambda server: growth(server, given.most, given.rounds),
    }
    with serving(given.model) as server:
        for part in given.parts or works:
            works[part](server)


if __name__ == "__main__":
    main()
