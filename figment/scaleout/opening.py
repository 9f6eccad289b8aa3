"""The door to the pool: says what is missing, and reads Ray only when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from figment.generation.contract import ModelCard
from figment.scaleout.errors import NoPool
from figment.scaleout.plan import Plan

if TYPE_CHECKING:
    from figment.scaleout.cluster import Members
    from figment.scaleout.engine import RayEngine
    from figment.scaleout.hosting import Build

# Unless the operator says otherwise. Ray reads these when it is imported, and hands them on to what it starts.
_ENVIRONMENT = {
    # Whoever can talk to a Ray cluster can run code in it.
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # Left once, a cluster is not entered again by whatever of Ray still runs here.
    "RAY_ENABLE_AUTO_CONNECT": "0",
}


def ray_engine(plan: Plan, build: Build, cards: Sequence[ModelCard]) -> RayEngine:
    """The engine of the pool, not yet started. `build` makes a replica's engine; `cards` are the models that it will have.

    Raises:
        NoPool: Ray is not installed.
    """
    _read_ray()
    from figment.scaleout.engine import RayEngine

    return RayEngine(plan, build, cards)


def members(address: str) -> Members:
    """Who is in the pool's cluster now, for `figment doctor`. Starts nothing, and leaves the cluster again.

    Raises:
        NoPool: Ray is not installed, or no cluster answers.
    """
    _read_ray()
    from figment.scaleout.cluster import members as look

    return look(address)


def _read_ray() -> None:
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        import ray.serve  # noqa: F401
    except ModuleNotFoundError as error:
        raise NoPool("FIGMENT_ENGINE asks for a pool, and Ray is not installed: pip install 'figment[ray]'") from error
