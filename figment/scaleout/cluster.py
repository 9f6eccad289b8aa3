"""Into a cluster and out of it: start one, join the one on this machine, or be a client of another's."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import AuthenticationError, RayError

from figment.scaleout.environment import names_a_cluster
from figment.scaleout.errors import NoPool, first_line
from figment.scaleout.plan import CLIENT_SCHEME, LOCAL_CLUSTER

_TRIES = 3
# A cluster of our own keeps pictures on their way here, and nothing else.
_OBJECT_STORE_BYTES = 512 * 1024**2
_HOW_TO_BE_LET_IN = (
    "Give this process the cluster's own token: RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token (`ray get-auth-token` prints it "
    "where the cluster runs)."
)


@dataclass(frozen=True, slots=True)
class Members:
    """A cluster's nodes, and the CPUs and GPUs that they have in all and free."""

    nodes: int
    cpus: float
    gpus: float
    free_cpus: float
    free_gpus: float


def enter(address: str, *, start: bool = True) -> None:
    """Connect this process. With `start`, `ray` starts a cluster of this process's own where none is meant.

    Raises:
        NoPool: no cluster answers there, or it wants a token that we do not have.
    """
    # Ray tells of each step that it takes; what matters of it comes back as errors.
    for name in ("ray", "ray.serve"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with _told(address):
        if address.startswith(CLIENT_SCHEME):
            _enter_from_outside(address)
        elif names_a_cluster():
            ray.init("auto", **_quietly())
        elif start:
            _start()
        else:
            raise ConnectionError("neither RAY_ADDRESS nor `ray start` names one")


def _enter_from_outside(address: str) -> None:
    """The head starts a process for each client, which now and then is gone before it has begun: then another is asked for."""
    for more in reversed(range(_TRIES)):
        try:
            ray.init(address, log_to_driver=False)
            return
        except ConnectionAbortedError:
            ray.shutdown()
            if not more:
                raise


def leave() -> None:
    """Disconnect. A cluster of this process's own ends; of any other, what this process had open."""
    ray.shutdown()


def members(address: str) -> Members:
    """
    Raises:
        NoPool: as `enter`.
    """
    enter(address, start=False)
    try:
        with _told(address):
            alive = sum(node["Alive"] for node in ray.nodes())
            total, free = ray.cluster_resources(), ray.available_resources()
    finally:
        leave()
    return Members(alive, *(part.get(kind, 0.0) for part in (total, free) for kind in ("CPU", "GPU")))


def _start() -> None:
    ray.init(
        "local",
        include_dashboard=False,
        object_store_memory=_OBJECT_STORE_BYTES,
        # It listens to this machine only (`environment`); whoever wants others to join runs `ray start --head`.
        _node_ip_address="127.0.0.1",
        **_quietly(),
    )


def _quietly() -> dict[str, Any]:
    return {"log_to_driver": False, "logging_level": logging.ERROR}


@contextlib.contextmanager
def _told(address: str) -> Iterator[None]:
    where = f"FIGMENT_ENGINE={address}"
    try:
        yield
    except AuthenticationError as error:
        raise NoPool(f"{where}: the cluster wants a token. {_HOW_TO_BE_LET_IN}") from error
    except (ConnectionError, RayError, RuntimeError, TimeoutError, ValueError) as error:
        check = (
            "Does RAY_ADDRESS, or `ray status` on this machine, name one that runs?"
            if address == LOCAL_CLUSTER
            else "Does it run, and is that the port of its Ray client server (10001 unless changed)?"
        )
        raise NoPool(
            f"{where}: no cluster answers, or not to our token ({first_line(error)}). {check} {_HOW_TO_BE_LET_IN}"
        ) from error
