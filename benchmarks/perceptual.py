"""Looking a picture up among 100,000 hashes: the exact scan against pgvector's HNSW index, in time and in what is found.

Half of the hashes are of noise; half lie in clusters of a hundred, as pictures of one kind do. Asked is for changed copies: of each
of 200 hashes one with 0 to 31 bits turned, in a rotation that nobody knows, so that eight hashes are looked up at once.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import numpy as np

from figment.core.database import Connection, Database
from figment.core.migrate import migrate
from figment.core.postgres import EmbeddedPostgres
from figment.images import perceptual_store
from figment.images.pdq import LEAST_QUALITY, THRESHOLD

HASHES = 100_000
ASKED = 200

_BY_INDEX = """
    SELECT min(near.distance) FROM unnest(CAST(%(hashes)s AS bit(256)[])) AS asked, LATERAL (
        SELECT h.pdq <~> asked AS distance FROM image_hashes h ORDER BY h.pdq <~> asked LIMIT 1
    ) AS near
"""


def hashes(rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(HASHES, 32) uint8."""
    noise = rng.integers(0, 256, (HASHES // 2, 32), np.uint8)
    centres = np.repeat(rng.integers(0, 256, (HASHES // 200, 32), np.uint8), 100, axis=0)
    turned = np.packbits(rng.random((HASHES // 2, 256)) < 0.2, axis=1)
    return np.concatenate([noise, centres ^ turned])


async def fill(connection: Connection, rows: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    people = await connection.execute("INSERT INTO people (name) VALUES ('bench') RETURNING id")
    owner = people.scalar()
    names = [f"{n:064x}" for n in range(len(rows))]
    bits = [f"{int.from_bytes(row.tobytes()):0256b}" for row in rows]
    for sql in (
        "INSERT INTO blobs (sha256, mime, bytes) SELECT name, 'image/png', 1 FROM unnest(%(names)s::text[]) AS name",
        "INSERT INTO images (owner, sha256, width, height, origin) SELECT %(owner)s, name, 1, 1, 'made' FROM unnest(%(names)s::text[]) AS name",
        """
            INSERT INTO image_hashes (sha256, pixels, pdq, quality)
            SELECT name, name, CAST(pdq AS bit(256)), 100 FROM unnest(%(names)s::text[], %(bits)s::text[]) AS given (name, pdq)
        """,
    ):
        await connection.execute(sql, {"names": names, "owner": owner, "bits": bits})


async def measure(url: str) -> None:
    rng = np.random.default_rng(0)
    rows = hashes(rng)
    copies = []
    for row in rows[rng.choice(HASHES, ASKED, replace=False)]:
        turned = np.zeros(256, np.uint8)
        turned[rng.choice(256, rng.integers(0, THRESHOLD + 1), replace=False)] = 1
        copies.append((row ^ np.packbits(turned)).tobytes())
    async with Database(url, pool_size=4) as database:
        async with database.transaction() as connection:
            await fill(connection, rows)
        async with database.statements() as connection:
            await connection.execute("ANALYZE image_hashes, images, blobs")
            others = [[rng.bytes(32) for _ in range(7)] for _ in copies]
            found, spent = 0, []
            for copy, seven in zip(copies, others, strict=True):
                begun = time.perf_counter()
                near = await perceptual_store.nearest_made(connection, [copy, *seven], THRESHOLD, LEAST_QUALITY)
                spent.append(time.perf_counter() - begun)
                found += near is not None
            print(f"exact scan: {found} of {ASKED} found, {np.median(spent) * 1e3:.1f} ms each")
            begun = time.perf_counter()
            await connection.execute("CREATE INDEX near ON image_hashes USING hnsw (pdq bit_hamming_ops)")
            print(f"HNSW index: built in {time.perf_counter() - begun:.1f} s")
            for width in (40, 200):
                await connection.execute(f"SET hnsw.ef_search = {width}")
                found, spent = 0, []
                for copy, seven in zip(copies, others, strict=True):
                    begun = time.perf_counter()
                    rows_found = await connection.execute(
                        _BY_INDEX, {"hashes": [f"{int.from_bytes(h):0256b}" for h in (copy, *seven)]}
                    )
                    spent.append(time.perf_counter() - begun)
                    found += rows_found.scalar() <= THRESHOLD
                print(f"HNSW, ef_search {width}: {found} of {ASKED} found, {np.median(spent) * 1e3:.1f} ms each")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder))
        url = postgres.start()
        try:
            migrate(url)
            asyncio.run(measure(url))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
