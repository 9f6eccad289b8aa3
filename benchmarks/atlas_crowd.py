"""Many who paint over each other while the server is killed: nothing is lost, and the history makes the very tiles.

    .venv/bin/python -m benchmarks.atlas_crowd [--people 16] [--edits 500] [--kills 2] [--seed 20261122]

A real server with the built-in model. What is asked, where, by whom, and what is taken back follows from the seed. It ends with 1 where anything
of this does not hold: every edit that its author saw committed is in the history once; commits are numbered without a gap; the tiles after
every commit, made again from the layers in the order of the history, are the kept files byte for byte; and no commit changed a pixel outside its
frame, its mask, or what was blank.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.atlas_server import PROMPTS, Ledger
from benchmarks.figures import heading
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect, rect_of
from tests.processes import Server

FRAME, REACH, STEPS = 256, 1400, 2
SETTINGS = {
    "heartbeat_s": 0.5,
    "stalled_after_s": 2,
    "queue_limit_person": 100,
    "log_level": "warning",
    **dict.fromkeys(
        ("limit_generations", "limit_newcomers", "limit_sessions", "limit_requests", "limit_uploads"), "off"
    ),
}
WORLD = "/api/atlas/worlds/commons"


@dataclass
class Crowd:
    """What was asked and what came of it."""

    server: Server
    chance: random.Random
    left: int
    committed: set[str] = field(default_factory=set)
    masks: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)
    stalled_s: float = 0

    async def somebody(self, number: int) -> None:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            await self._ask(client, "POST", "/api/session")
            while self.left > 0:
                self.left -= 1
                await self._paint(client, number * 100_000 + self.left)

    async def _paint(self, client: httpx.AsyncClient, seed: int) -> None:
        chance = self.chance
        wish: dict[str, Any] = {
            "x": chance.randrange(-REACH, REACH), "y": chance.randrange(-REACH, REACH),
            "width": chance.choice((128, 192, FRAME)), "height": chance.choice((128, 192, FRAME)),
            "prompt": chance.choice(PROMPTS), "seed": seed, "steps": STEPS,
        }  # fmt: skip
        mask = None
        if chance.random() < 0.3:
            mask, wish["mask"] = await self._mask(client, wish["width"], wish["height"])
        answer = await self._ask(client, "POST", f"{WORLD}/edits", json=wish)
        if answer.status_code == 422 and answer.json()["code"] == "nothing_to_paint":
            self._count("nothing to paint")
            return
        answer.raise_for_status()
        edit = answer.json()
        if mask is not None:
            self.masks[edit["id"]] = mask
        while edit["state"] in ("queued", "running"):
            await asyncio.sleep(0.05)
            edit = (await self._ask(client, "GET", f"{WORLD}/edits/{edit['id']}")).json()
        self._count(edit["state"] if edit["state"] != "failed" else edit["error"]["code"])
        if edit["state"] == "committed":
            self.committed.add(edit["id"])
            if chance.random() < 0.2:
                await self._ask(client, "POST", f"{WORLD}/edits/{edit['id']}/undo")
                if chance.random() < 0.5:
                    await self._ask(client, "POST", f"{WORLD}/edits/{edit['id']}/redo")

    async def _mask(self, client: httpx.AsyncClient, width: int, height: int) -> tuple[NDArray[np.bool_], str]:
        """A brush stroke across the frame."""
        rows, columns = np.mgrid[:height, :width]
        x, y, wide = self.chance.randrange(width), self.chance.randrange(height), self.chance.randrange(24, 90)
        mask = (np.abs(columns - x) < wide) & (np.abs(rows - y) < wide // 2)
        out = io.BytesIO()
        Image.fromarray(np.where(mask, np.uint8(255), np.uint8(0))).save(out, "PNG")
        answer = await self._ask(
            client, "POST", "/api/images", files={"file": ("mask.png", out.getvalue(), "image/png")}
        )
        answer.raise_for_status()
        return mask, answer.json()["id"]

    async def _ask(self, client: httpx.AsyncClient, method: str, path: str, **given: Any) -> httpx.Response:
        """As a page does: again, for as long as nobody answers."""
        while True:
            began = time.monotonic()
            try:
                answer = await client.request(method, self.server.address + path, **given)
                if answer.status_code not in (429, 502, 503):
                    return answer
            except httpx.TransportError:
                self.stalled_s += time.monotonic() - began
            await asyncio.sleep(0.2)

    def _count(self, what: str) -> None:
        self.ended[what] = self.ended.get(what, 0) + 1


async def paint(crowd: Crowd, people: int, kills: int, data: Path) -> None:
    edits = crowd.left
    everybody = asyncio.gather(*(crowd.somebody(number) for number in range(people)))
    for n in range(kills):
        while crowd.left > edits * (kills - n) // (kills + 1) and not everybody.done():
            await asyncio.sleep(0.05)
        await asyncio.sleep(crowd.chance.random() * 0.3)
        crowd.server.kill()
        print(f"   killed with {crowd.left} edits to go", flush=True)
        crowd.server = await asyncio.to_thread(lambda: Server(data, **SETTINGS))
    await everybody


def replay(ledger: Ledger, world: str, crowd: Crowd) -> list[str]:
    """What is wrong."""
    commits = ledger.rows("SELECT seq, kind, edit FROM atlas_commits WHERE world = %s ORDER BY seq", world)
    wrong = faults(commits, crowd.committed)
    edits = {
        edit: (seq, Rect(*frame), layer)
        for edit, seq, layer, *frame in ledger.rows(
            "SELECT id, seq, layer, x, y, width, height FROM atlas_edits WHERE world = %s AND layer IS NOT NULL", world
        )
    }
    there: set[Any] = set()
    tiles: dict[Place, painting.Pixels] = {}
    for seq, kind, edit in commits:
        _, rect, layer = edits[edit]
        pixels = ledger.file(layer)
        places = painting.touched_by(pixels, rect)
        (there.discard if kind == "undo" else there.add)(edit)
        if kind == "paint":
            before = {place: tiles.get(place, painting.blank(TILE, TILE)) for place in places}
            after = {place: painting.laid_on_tile(before[place], place, pixels, rect) for place in places}
            wrong += strayed(before, after, rect, crowd.masks.get(str(edit)), seq)
        else:
            after = composed(ledger, places, sorted(edits[one] for one in there))
        tiles |= after
        kept = ledger.rows("SELECT x, y, file FROM atlas_versions WHERE world = %s AND seq = %s", world, seq)
        wrong += differing(ledger, kept, after, f"commit {seq}")
    now = ledger.rows("SELECT x, y, file FROM atlas_tiles WHERE world = %s AND z = 0", world)
    wrong += differing(ledger, now, tiles, "the end")
    print(f"   {len(commits)} commits over {len(now)} tiles, replayed")
    return wrong


def faults(commits: list[Any], seen: set[str]) -> list[str]:
    """Of the numbers of the history, and of what its authors saw in it."""
    wrong = []
    if [seq for seq, _, _ in commits] != list(range(1, len(commits) + 1)):
        wrong.append("the commits are not numbered one after the other")
    painted = [str(edit) for _, kind, edit in commits if kind == "paint"]
    if len(set(painted)) != len(painted):
        wrong.append("an edit was painted twice")
    if missing := seen - set(painted):
        wrong.append(f"{len(missing)} edits that were seen committed are not in the history")
    return wrong


def differing(ledger: Ledger, kept: list[Any], made: dict[Place, painting.Pixels], when: str) -> list[str]:
    """Kept tiles (x, y, file) that are not, byte for byte, what the history makes."""
    if {Place(x, y) for x, y, _ in kept} != set(made):
        return [f"{when}: other tiles than the history says"]
    return [
        f"{when}: tile {x}, {y} does not follow from the history"
        for x, y, file in kept
        if not np.array_equal(made[Place(x, y)], ledger.file(file) if file else painting.blank(TILE, TILE))
    ]


def composed(ledger: Ledger, places: list[Place], layers: list[Any]) -> dict[Place, painting.Pixels]:
    tiles = {place: painting.blank(TILE, TILE) for place in places}
    for _, rect, layer in layers:
        for place in places:
            if rect_of(place).meets(rect):
                tiles[place] = painting.laid_on_tile(tiles[place], place, ledger.file(layer), rect)
    return tiles


def strayed(
    before: dict[Place, painting.Pixels],
    after: dict[Place, painting.Pixels],
    rect: Rect,
    mask: NDArray[np.bool_] | None,
    seq: int,
) -> list[str]:
    for place in before:
        changed = (before[place] != after[place]).any(axis=2)
        theirs, ours = painting.overlap(rect_of(place), rect)
        allowed = np.zeros((TILE, TILE), np.bool_)
        allowed[theirs] = before[place][theirs][..., 3] == 0 if mask is None else mask[ours]
        if (changed & ~allowed).any():
            return [f"commit {seq} changed pixels of tile {place.x}, {place.y} that were not its own to change"]
    return []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("people", 16), ("edits", 500), ("kills", 2), ("seed", 20261122)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    heading(f"{given.people} people, {given.edits} edits, {given.kills} kills, seed {given.seed}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        crowd = Crowd(Server(data, **SETTINGS), random.Random(given.seed), given.edits)
        try:
            began = time.monotonic()
            asyncio.run(paint(crowd, given.people, given.kills, data))
            print(f"   {time.monotonic() - began:.0f} s; {', '.join(f'{n} {what}' for what, n in crowd.ended.items())}")
            ledger = Ledger(data)
            [(world,)] = ledger.rows("SELECT id FROM atlas_worlds WHERE slug = 'commons'")
            wrong = replay(ledger, world, crowd)
        finally:
            crowd.server.stop()
    for line in wrong:
        print(f"   WRONG {line}")
    print("   nothing lost, nothing strayed" if not wrong else f"   {len(wrong)} faults")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
