"""From a prompt to a PNG over HTTP, against the backend's bare loop: what the whole house costs around the model.

    .venv/bin/python -m benchmarks.http_latency [--rounds 20]

Over HTTP a picture is: POST the prompt, follow the job's event stream, GET the PNG. Bare it is: encode the text (cached, as in the
server), denoise, decode, encode the PNG; batch 1, one after the other, in a process of its own with the server's session options.
Both take turns, so that other load on the machine meets both alike; while one works the other sleeps.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.figures import heading, milliseconds, verdict
from tests.processes import Server, served

PROMPT = "a blue boat on the sea at sunset"
CLIENTS = 8
OVERHEAD_GOAL_MS = 20
THROUGHPUT_GOAL = 0.95


def bare_loop(pipe: Connection, cache: Path) -> None:
    """Answers each number n with the seconds that n pictures took, and the memory in use."""
    from figment.engine.backends import onnx
    from figment.engine.backends.minilm import MiniLM
    from figment.engine.backends.sessions import usable_cores
    from figment.engine.models import built_in
    from figment.engine.prompts import PromptCache
    from figment.generation.contract import ImageRequest
    from figment.images import codec

    model = built_in()
    card = model.card
    backend = onnx.load(model, PromptCache(lambda: MiniLM(cache, threads=1)), usable_cores())
    backend.warm_up()
    seed = 0
    while pictures := pipe.recv():
        began = time.perf_counter()
        for _ in range(pictures):
            seed += 1
            request = ImageRequest(
                card.name, PROMPT, seed, card.default_steps, card.default_guidance, card.native_size, card.native_size
            )
            row = backend.begin(request)
            for _ in range(card.default_steps):
                backend.denoise([row])
            codec.encode_png(backend.decode([row])[0])
        pipe.send((time.perf_counter() - began, psutil.Process().memory_info().rss))


class Client:
    """One person on one kept connection. Plain sockets and the standard library: what a client costs is not the server's."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=120)
        answer = self._ask("POST", "/api/session")
        answer.read()
        self._cookie = (answer.headers["set-cookie"] or "").partition(";")[0]

    def picture(self, seed: int) -> float:
        """Seconds from the prompt to the whole PNG."""
        began = time.perf_counter()
        answer = self._ask("POST", "/api/studio/generations", {"prompt": PROMPT, "seed": seed})
        job = json.loads(answer.read())["jobs"][0]["id"]
        png = self._ask("GET", self._finished(self._ask("GET", f"/api/jobs/{job}/events"))).read()
        if not png.startswith(b"\x89PNG"):
            raise ValueError("this is no PNG")
        return time.perf_counter() - began

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: object = None) -> http.client.HTTPResponse:
        headers = {"Cookie": self._cookie} if hasattr(self, "_cookie") else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        if answer.status >= 400:
            raise ValueError(f"{path}: {answer.status} {answer.read().decode()}")
        return answer

    @staticmethod
    def _finished(events: http.client.HTTPResponse) -> str:
        """Follow a job's stream to its end; the address of its picture."""
        done, url = False, ""
        while line := events.readline():
            done = done or line.startswith(b"event: done")
            if done and line.startswith(b"data: "):
                url = json.loads(line[6:])["image"]["url"]
        return url


def crowd(clients: list[Client], each: int, seed: int) -> float:
    """Seconds that all clients took for `each` pictures apiece."""

    def work(client: Client, first: int) -> None:
        # Opened anew: the server does not keep an idle connection for ever.
        client.close()
        for n in range(each):
            client.picture(first + n)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as threads:
        for done in [threads.submit(work, client, seed + 1000 * n) for n, client in enumerate(clients)]:
            done.result()
    return time.perf_counter() - began


def memory(server: Server) -> tuple[float, float]:
    """Resident megabytes of the server, and of its database processes (their shared memory counted once each)."""
    process = psutil.Process(server.process.pid)
    database = sum(child.memory_full_info().uss for child in process.children(recursive=True))
    return process.memory_info().rss / 2**20, database / 2**20


def measure(server: Server, pipe: Connection, rounds: int) -> None:
    clients = [Client(server.address) for _ in range(CLIENTS)]
    clients[0].picture(1)
    bare: list[float] = []
    through: list[float] = []
    bare_rate: list[float] = []
    crowd_rate: list[float] = []
    resident = 0
    for n in range(rounds):
        pipe.send(1)
        took, resident = pipe.recv()
        bare.append(took)
        through.append(clients[0].picture(10_000_000 + n))
    for n in range(max(3, rounds // 5)):
        pipe.send(2 * CLIENTS)
        took, _ = pipe.recv()
        bare_rate.append(2 * CLIENTS / took)
        crowd_rate.append(2 * CLIENTS / crowd(clients, 2, 20_000_000 + 100_000 * n))
    for client in clients:
        client.close()
    overhead_ms = (statistics.median(through) - statistics.median(bare)) * 1e3
    ratio = statistics.median(crowd_rate) / statistics.median(bare_rate)
    print(f"   bare loop            {milliseconds(bare)}")
    print(f"   over HTTP            {milliseconds(through)}")
    print(
        f"   images/s             bare {statistics.median(bare_rate):.2f}   {CLIENTS} clients {statistics.median(crowd_rate):.2f}"
    )
    house, database = memory(server)
    print(
        f"   resident             bare {resident / 2**20:.0f} MB   server {house:.0f} MB   its database {database:.0f} MB"
    )
    verdict("overhead of one picture", overhead_ms, OVERHEAD_GOAL_MS, at_most=True, unit=" ms")
    verdict(f"images/s with {CLIENTS} clients over bare", ratio, THROUGHPUT_GOAL, at_most=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    heading("prompt to PNG over HTTP, against the bare loop")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        child = multiprocessing.get_context("spawn").Process(
            target=bare_loop, args=(theirs, data / "cache"), daemon=True
        )
        child.start()
        limits = {"limit_generations": "off", "limit_sessions": "off", "limit_requests": "off", "log_level": "warning"}
        try:
            with served(data, **limits) as server:
                measure(server, ours, rounds)
        finally:
            ours.send(0)
            child.join(10)


if __name__ == "__main__":
    main()
