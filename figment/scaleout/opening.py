"""The door to the pool: says what is missing, and reads Ray only when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from figment.generation.contract import ModelCard
from figment.scaleout.environment import prepare
from figment.scaleout.errors import NoPool
from figment.scaleout.plan import Plan

if TYPE_CHECKING:
    from figment.scaleout.cluster import Members
    from figment.scaleout.engine import RayEngine
    from figment.scaleout.hosting import Build


def ray_engine(plan: Plan, build: Build, cards: Sequence[ModelCard]) -> RayEngine:
    """The engine of the pool, not yet started. `build` makes a replica's engine; `cards` are the models that it will have.

    Raises:
        NoPool: Ray is not installed.
    """
    _read_ray(plan.address)
    from figment.scaleout.engine import RayEngine

    return RayEngine(plan, build, cards)


def members(address: str) -> Members:
    """Who is in the pool's cluster now, for `figment doctor`. Starts nothing, and leaves the cluster again.

    Raises:
        NoPool: Ray is not installed, or no cluster answers.
    """
    _read_ray(address)
    from figment.scaleout.cluster import members as look

    return look(address)


def _read_ray(address: str) -> None:
    prepare(address)
    try:
        import ray.serve  # noqa: F401
    except ModuleNotFoundError as error:
        raise NoPool("FIGMENT_ENGINE asks for a pool, and Ray is not installed: pip install 'figment[ray]'") from error
