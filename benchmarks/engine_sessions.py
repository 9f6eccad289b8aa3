"""Which onnxruntime options suit a server: speed of a step, processor time when nothing is asked, memory.

    .venv/bin/python -m benchmarks.engine_sessions

Options run in turns, so that other load on the machine meets all alike; the best of each is what it can do, the median what it did.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime as ort
import psutil

from figment.engine.backends.graphs import steady
from figment.engine.backends.sessions import session_options, usable_cores
from figment.engine.models import InstalledModel, built_in

TURNS = 12
RUNS_A_TURN = 4
QUIET_S = 0.5

Change = Callable[[ort.SessionOptions], None]


def entry(name: str, value: str) -> Change:
    return lambda options: options.add_session_config_entry(name, value)


def memory_off(options: ort.SessionOptions) -> None:
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False


CHANGES: dict[str, Change] = {
    "as shipped": lambda options: None,
    "spinning": entry("session.intra_op.allow_spinning", "1"),
    "spinning, stopped after a run": lambda options: (
        entry("session.intra_op.allow_spinning", "1")(options),
        entry("session.force_spinning_stop", "1")(options),
    )[0],
    "denormals kept": entry("session.set_denormal_as_zero", "0"),
    "no memory arena": memory_off,
}


@dataclass
class Candidate:
    session: ort.InferenceSession
    load_s: float
    resident_mb: float
    steps_s: list[float] = field(default_factory=list)
    quiet_s: float = 0.0


def inputs(rows: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "latents": rng.standard_normal((rows, 8, 32, 32), np.float32),
        "time": np.full(rows, 0.5, np.float32),
        "text": rng.standard_normal((rows, 32, 384), np.float32),
        "text_mask": np.ones((rows, 32), np.float32),
    }


def opened(model: InstalledModel, threads: int, change: Change) -> Candidate:
    options = session_options(threads)
    change(options)
    before, began = psutil.Process().memory_info().rss, time.perf_counter()
    session = ort.InferenceSession(steady(model.file("denoiser")), options, providers=["CPUExecutionProvider"])
    session.run(None, inputs(2))
    return Candidate(session, time.perf_counter() - began, (psutil.Process().memory_info().rss - before) / 1e6)


def turn(candidate: Candidate, asked: dict[str, Any]) -> None:
    for _ in range(RUNS_A_TURN):
        began = time.perf_counter()
        candidate.session.run(None, asked)
        candidate.steps_s.append(time.perf_counter() - began)
    spent = time.process_time()
    time.sleep(QUIET_S)
    candidate.quiet_s += time.process_time() - spent


def main() -> None:
    ort.set_default_logger_severity(3)
    model = built_in()
    print(
        f"{model.manifest.name}, {usable_cores()} cores, load {psutil.getloadavg()[0]:.1f}, a step of 2 network rows at 256 pixels\n"
    )
    print(f"{'options':32} threads  best ms  median ms  busy when quiet  load s     MB")
    for threads in sorted({1, usable_cores()}):
        candidates = {name: opened(model, threads, change) for name, change in CHANGES.items()}
        for _ in range(TURNS):
            for candidate in candidates.values():
                turn(candidate, inputs(2))
        for name, c in candidates.items():
            quiet = c.quiet_s / (TURNS * QUIET_S)
            print(
                f"{name:32} {threads:7}  {min(c.steps_s) * 1e3:7.1f}  {statistics.median(c.steps_s) * 1e3:9.1f}"
                f"  {quiet:15.1%}  {c.load_s:6.2f}  {c.resident_mb:5.0f}"
            )


if __name__ == "__main__":
    main()
