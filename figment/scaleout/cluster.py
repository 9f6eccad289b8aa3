"""Into a cluster and out of it: start one, join the one on this machine, or be a client of another's."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ray
from ray._private.services import canonicalize_bootstrap_address
from ray.exceptions import AuthenticationError, RayError

from figment.scaleout.errors import NoPool, first_line
from figment.scaleout.plan import CLIENT_SCHEME, LOCAL_CLUSTER

# A cluster of our own keeps pictures on their way here, and nothing else.
_OBJECT_STORE_BYTES = 512 * 1024**2
_HOW_TO_BE_KNOWN = (
    "The cluster wants a token. Give this process the cluster's own: RAY_AUTH_TOKEN, RAY_AUTH_TOKEN_PATH or ~/.ray/auth_token "
    "(`ray get-auth-token` prints it where the cluster runs)."
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
    with _told(address):
        if address.startswith(CLIENT_SCHEME):
            ray.init(address, log_to_driver=False)
        elif (found := canonicalize_bootstrap_address(None)) is not None:
            # RAY_ADDRESS, or what the last `ray start` on this machine wrote down. A process's own cluster is not written down.
            ray.init(found, **_quietly())
        elif start:
            _start()
        else:
            raise ConnectionError("neither RAY_ADDRESS nor `ray start` names one")


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
        # Others join with `ray start --head` instead; a cluster of our own is for this machine, and listens to nobody else.
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
        raise NoPool(f"{where}: {_HOW_TO_BE_KNOWN}") from error
    except (ConnectionError, RayError, RuntimeError, TimeoutError, ValueError) as error:
        remedy = (
            "Is the address right (the port is the Ray client server's, 10001 unless changed), and does the cluster run?"
            if address != LOCAL_CLUSTER
            else "`ray status` says what Ray knows of a cluster on this machine."
        )
        raise NoPool(f"{where}: no cluster answers ({first_line(error)}). {remedy}") from error
