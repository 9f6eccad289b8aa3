"""The engine that a replica hosts, and how it is told to make one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from figment.engine.local import LocalEngine, local_engine
from figment.engine.schedule import Limits
from figment.generation.contract import ImageWorker


class Engine(ImageWorker, Protocol):
    """An `ImageWorker` that is started and stopped."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


Build = Callable[[], Engine]
"""Makes a replica's engine, in the replica: a module's function or a `partial` of one, since it travels by name and arguments."""


Weights = Mapping[str, str]
"""The hash of each model's weights, by the model's name. A picture's recipe states it, wherever the picture is made."""


def hosted_engine(cache_dir: Path, cpus: float, max_rows: int, *, threads: int | None, **choices: Any) -> LocalEngine:
    """`local_engine` within a replica's share of a node. Folders are the node's own, at the same paths on each."""
    return local_engine(cache_dir, threads=threads or max(1, round(cpus)), limits=Limits(max_rows=max_rows), **choices)
