"""What the pool shall be: plain data, the same in every process that uses it."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, replace
from importlib.metadata import version

LOCAL_CLUSTER = "ray"
CLIENT_SCHEME = "ray://"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many replicas, what each may use, and how many requests each holds.

    `address`: `ray` (a cluster with a node on this machine, else one of our own) or `ray://host:port` (another machine's).
    `target`: requests that a replica shall have, running and waiting; more of them start another replica. `replica_requests`: most
    that it takes. `queue`: most that wait in one process for a replica; the next is told that the queue is full.
    """

    address: str = LOCAL_CLUSTER
    min_replicas: int = 0
    max_replicas: int = 4
    upscale_delay_s: float = 0.0
    downscale_delay_s: float = 60.0
    replica_cpus: float = 1.0
    replica_gpus: float = 0.0
    target: int = 8
    replica_requests: int = 16
    queue: int = 256

    @property
    def is_remote(self) -> bool:
        return self.address.startswith(CLIENT_SCHEME)

    def fingerprint(self, *hosted: object) -> str:
        """The same for processes that want the same replicas: they share them, and any other plan replaces them.

        `hosted`, what a replica is made with, is pickled: of a function, or a `partial` of one, that is its name and arguments.
        """
        versions = [version(package) for package in ("figment", "ray")]
        return hashlib.sha256(pickle.dumps((versions, replace(self, address=""), hosted))).hexdigest()[:12]
