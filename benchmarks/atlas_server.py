"""A server with a map, a guest who paints, and its database looked at from beside."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from PIL import Image

from benchmarks.http_latency import Client
from figment.core.postgres import running_url
from figment.features.atlas.rules import painting
from figment.features.atlas.rules.tiles import TILE, Place, Rect
from tests.processes import Server

FRAME = 256
PROMPTS = (
    "aerial view of a green forest",
    "aerial view of a sandy coast",
    "aerial view of farm fields",
    "aerial view of snowy mountains",
    "aerial view of desert dunes",
    "aerial view of a blue lake in a forest",
)


class Painter(Client):
    """A guest at the map, with their event stream closed: ends are asked for."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.address)
        answer = self._ask("POST", "/api/session")
        answer.read()
        self._known_by["Cookie"] = (answer.headers["set-cookie"] or "").partition(";")[0]

    def get(self, path: str) -> bytes:
        return self._ask("GET", path).read()

    def paint(self, world: str, x: int, y: int, prompt: str, seed: int, size: int = FRAME) -> dict[str, Any]:
        """An edit, over."""
        wish = {"x": x, "y": y, "width": size, "height": size, "prompt": prompt, "seed": seed}
        edit = json.loads(self._ask("POST", f"/api/atlas/worlds/{world}/edits", wish).read())
        while edit["state"] in ("queued", "running"):
            time.sleep(0.002)
            edit = json.loads(self.get(f"/api/atlas/worlds/{world}/edits/{edit['id']}"))
        if edit["state"] != "committed":
            raise ValueError(f"an edit ended as {edit['state']}: {edit['error']}")
        return dict(edit)


class Ledger:
    """The database and the files of a server, looked at from beside."""

    def __init__(self, data: Path) -> None:
        self._connection = psycopg.connect(running_url(data / "postgres") or "", autocommit=True)
        self._files = data / "blobs"

    def rows(self, sql: str, *values: object) -> list[Any]:
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: object) -> None:
        self._connection.execute(sql, values)

    def world(self, slug: str, name: str = "A world") -> str:
        """A new world; its id."""
        return str(self.rows("INSERT INTO atlas_worlds (slug, name) VALUES (%s, %s) RETURNING id", slug, name)[0][0])

    def file(self, name: str) -> painting.Pixels:
        with Image.open(self._files / "atlas" / name[:2] / f"{name}.png") as picture:
            return np.asarray(picture.convert("RGBA"))

    def commits(self, world: str) -> Iterator[tuple[Rect, painting.Pixels, dict[Place, painting.Pixels]]]:
        """Each edit's frame and layer, and the tiles that it lay over as they were right before."""
        tiles: dict[Place, painting.Pixels] = {}
        for x, y, width, height, layer in self.rows(
            "SELECT x, y, width, height, layer FROM atlas_edits WHERE world = %s AND state = 'committed' ORDER BY seq",
            world,
        ):
            rect, pixels = Rect(x, y, width, height), self.file(layer)
            yield rect, pixels, dict(tiles)
            for place in painting.touched_by(pixels, rect):
                below = tiles.get(place, painting.blank(TILE, TILE))
                tiles[place] = painting.laid_on_tile(below, place, pixels, rect)
