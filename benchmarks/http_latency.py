"""From a prompt to a PNG over HTTP, against the backend's bare loop: what the whole house costs around the model.

    .venv/bin/python -m benchmarks.http_latency [--rounds 20]

Over HTTP a picture is made in two ways: as the page does (POST the prompt, hear of its end on the tab's open event stream, GET the PNG), and as a
program does that waits for one answer (`POST /v1/images/generations`, the PNG in base64). Both are durable jobs with recipes. Bare it is: encode
the text (cached, as in the server), denoise, decode, encode the PNG; batch 1, one after the other, in a process of its own with the
server's session options. All take turns, so that other load on the machine meets them alike; while one works the others sleep.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path

import psutil

from benchmarks.figures import heading, milliseconds, verdict
from tests.processes import Server, environment, served

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
    from figment.images.provenance import Made

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
            codec.encode_png(backend.decode([row])[0], Made(card.name, composite=False))
        pipe.send((time.perf_counter() - began, psutil.Process().memory_info().rss))


class Client:
    """Somebody on one kept connection. Plain sockets and the standard library: what a client costs is not the server's."""

    def __init__(self, address: str) -> None:
        self._address = address.removeprefix("http://")
        self._connection = http.client.HTTPConnection(self._address, timeout=120)
        self._known_by: dict[str, str] = {}

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: object = None, over: http.client.HTTPConnection | None = None
    ) -> http.client.HTTPResponse:
        connection = over or self._connection
        headers = dict(self._known_by)
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status >= 400:
            raise ValueError(f"{path}: {answer.status} {answer.read().decode()}")
        return answer

    @staticmethod
    def _expect_png(content: bytes) -> None:
        if not content.startswith(b"\x89PNG"):
            raise ValueError("this is no PNG")


class Tab(Client):
    """A guest's tab: its event stream is open before anything is asked."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        answer = self._ask("POST", "/api/session")
        answer.read()
        self._known_by["Cookie"] = (answer.headers["set-cookie"] or "").partition(";")[0]
        self._streaming = http.client.HTTPConnection(self._address, timeout=120)
        self._stream = self._ask("GET", "/api/events", over=self._streaming)

    def picture(self, seed: int) -> float:
        """Seconds from the prompt to the whole PNG."""
        began = time.perf_counter()
        answer = self._ask("POST", "/api/studio/generations", {"prompt": PROMPT, "seed": seed})
        job = json.loads(answer.read())["jobs"][0]["id"]
        self._expect_png(self._ask("GET", self._end_of(job)).read())
        return time.perf_counter() - began

    def leave(self) -> None:
        self.close()
        self._stream.close()
        self._streaming.close()

    def _end_of(self, job: str) -> str:
        """Read the stream until a job has its picture; the picture's address."""
        while line := self._stream.readline():
            told = json.loads(line[6:]) if line.startswith(b"data: ") else {}
            if told.get("id") == job and told["state"] == "succeeded":
                return str(told["image"]["url"])
        raise ValueError("the stream ended before the picture was there")


class Program(Client):
    """A program with a token, which asks as OpenAI's client does."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(address)
        self._known_by["Authorization"] = f"Bearer {token}"

    def picture(self, seed: int) -> float:
        """Seconds from the prompt to the whole PNG."""
        began = time.perf_counter()
        answer = self._ask("POST", "/v1/images/generations", {"prompt": PROMPT, "seed": seed})
        self._expect_png(base64.b64decode(json.loads(answer.read())["data"][0]["b64_json"]))
        return time.perf_counter() - began


def crowd(clients: list[Tab], each: int, seed: int) -> float:
    """Seconds that all clients took for `each` pictures apiece."""

    def work(client: Tab, first: int) -> None:
        # Opened anew: the server does not keep an idle connection for ever.
        client.close()
        for n in range(each):
            client.picture(first + n)

    began = time.perf_counter()
    with ThreadPoolExecutor(len(clients)) as threads:
        for done in [threads.submit(work, client, seed + 1000 * n) for n, client in enumerate(clients)]:
            done.result()
    return time.perf_counter() - began


def api_token(server: Server) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "figment.cli", "admin", "token", "--name", "benchmark"],
        env=environment(server.data),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def memory(server: Server) -> tuple[float, float]:
    """Resident megabytes of the server, and of its database processes (their shared memory counted once each)."""
    process = psutil.Process(server.process.pid)
    database = sum(child.memory_full_info().uss for child in process.children(recursive=True))
    return process.memory_info().rss / 2**20, database / 2**20


def measure(server: Server, pipe: Connection, rounds: int) -> None:
    tabs = [Tab(server.address) for _ in range(CLIENTS)]
    program = Program(server.address, api_token(server))
    tabs[0].picture(1)
    program.picture(1)
    bare: list[float] = []
    through: list[float] = []
    at_once: list[float] = []
    bare_rate: list[float] = []
    crowd_rate: list[float] = []
    resident = 0
    for n in range(rounds):
        pipe.send(1)
        took, resident = pipe.recv()
        bare.append(took)
        through.append(tabs[0].picture(10_000_000 + n))
        at_once.append(program.picture(15_000_000 + n))
    for n in range(max(3, rounds // 5)):
        pipe.send(2 * CLIENTS)
        took, _ = pipe.recv()
        bare_rate.append(2 * CLIENTS / took)
        crowd_rate.append(2 * CLIENTS / crowd(tabs, 2, 20_000_000 + 100_000 * n))
    program.close()
    for tab in tabs:
        tab.leave()
    ratio = statistics.median(crowd_rate) / statistics.median(bare_rate)
    print(f"   bare loop            {milliseconds(bare)}")
    print(f"   in one answer        {milliseconds(at_once)}")
    print(f"   as the page does     {milliseconds(through)}")
    print(
        f"   images/s             bare {statistics.median(bare_rate):.2f}   {CLIENTS} clients {statistics.median(crowd_rate):.2f}"
    )
    house, database = memory(server)
    print(
        f"   resident             bare {resident / 2**20:.0f} MB   server {house:.0f} MB   its database {database:.0f} MB"
    )
    for way, took in (("in one answer", at_once), ("as the page does", through)):
        # Of pairs that ran one after the other: what slows the machine for a while slows both.
        overhead_ms = statistics.median(ours - alone for ours, alone in zip(took, bare, strict=True)) * 1e3
        verdict(f"overhead of one picture, {way}", overhead_ms, OVERHEAD_GOAL_MS, at_most=True, unit=" ms")
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
        limits = dict.fromkeys(("limit_generations", "limit_newcomers", "limit_sessions", "limit_requests"), "off")
        try:
            with served(data, **limits, log_level="warning") as server:
                measure(server, ours, rounds)
        finally:
            ours.send(0)
            child.join(10)


if __name__ == "__main__":
    main()
