"""Tiles of a map over HTTP, against nginx with the same files."""

from __future__ import annotations

import http.client
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.atlas_server import FRAME, PROMPTS, Ledger, Painter
from benchmarks.figures import heading, milliseconds
from figment.features.atlas.rules.tiles import TILE
from tests.processes import Server

REQUESTS, AT_ONCE = 4000, 8
PORT = 18231

_NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; worker_processes auto;
events {{ worker_connections 256; }}
http {{
  access_log off; sendfile on; types {{ image/webp webp; }}
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


@contextmanager
def nginx(files: dict[str, bytes]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Its workers run as somebody else.
        folder.chmod(0o755)
        (folder / "www").mkdir()
        for file, data in files.items():
            (folder / "www" / file).write_bytes(data)
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=PORT))
        process = subprocess.Popen([shutil.which("nginx") or "nginx", "-c", folder / "nginx.conf", "-p", folder])
        try:
            time.sleep(0.5)
            yield f"http://127.0.0.1:{PORT}"
        finally:
            process.terminate()
            process.wait(10)


def per_second(address: str) -> float:
    done = subprocess.run(
        ["ab", "-q", "-k", "-n", str(REQUESTS), "-c", str(AT_ONCE), address], check=True, capture_output=True, text=True
    )
    found = re.search(r"Requests per second:\s+([\d.]+)", done.stdout)
    failed = re.search(r"(Failed requests|Non-2xx responses):\s+([1-9]\d*)", done.stdout)
    if found is None or failed is not None:
        raise ValueError(done.stdout)
    return float(found[1])


def one_by_one(address: str, paths: list[str], times: int) -> list[float]:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    took = []
    for n in range(times):
        began = time.perf_counter()
        connection.request("GET", paths[n % len(paths)])
        answer = connection.getresponse()
        answer.read()
        took.append(time.perf_counter() - began)
        if answer.status != 200:
            raise ValueError(f"{paths[n % len(paths)]}: {answer.status}")
    connection.close()
    return took


def against_nginx(server: Server, rounds: int) -> None:
    """One client that asks for tile after tile, and eight at once; in turns, on the same machine."""
    heading("tiles over HTTP, against nginx with the same files")
    ledger, painter = Ledger(server.data), Painter(server)
    world = ledger.world("tiles")
    for n in range(4):
        painter.paint("tiles", n % 2 * TILE + 100, n // 2 * TILE + 100, PROMPTS[n], n, size=FRAME)
    versions = ledger.rows("SELECT x, y, left(file, 16) FROM atlas_tiles WHERE world = %s AND z = 0", world)
    paths = [f"/api/atlas/worlds/tiles/tiles/0/{x}/{y}?v={version}" for x, y, version in versions]
    files = {f"{version}.webp": painter.get(path) for path, (_, _, version) in zip(paths, versions, strict=True)}
    ours = one_by_one(server.address, paths, 500)
    print(f"   one after the other   {milliseconds(ours)}")
    if not (shutil.which("nginx") and shutil.which("ab")):
        print("   nginx or ab is not here: apt install nginx-light apache2-utils, and run again to compare")
        return
    with nginx(files) as address:
        print(f"   nginx                 {milliseconds(one_by_one(address, [f'/{file}' for file in files], 500))}")
        rates = [
            (per_second(server.address + paths[0]), per_second(f"{address}/{next(iter(files))}"))
            for _ in range(max(3, rounds // 5))
        ]
    figment, theirs = (statistics.median(rate) for rate in zip(*rates, strict=True))
    print(
        f"   {AT_ONCE} at once, a second   figment {figment:,.0f}   nginx {theirs:,.0f}   ratio {figment / theirs:.3f}"
    )
