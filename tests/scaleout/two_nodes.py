"""Two Ray nodes on this machine, on loopback, with a token; for the tests and for `benchmarks/scaleout.py`."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from figment.scaleout.environment import prepare
from figment.scaleout.plan import LOCAL_CLUSTER

ROOT = Path(__file__).resolve().parents[2]
# What an operator sets on every node, and what a test may not leave to the machine. Ray reads it when it is imported.
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": "a-token-of-the-tests-and-of-nothing-else",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Or a driver looks for the nodes of 127.0.0.1 at the machine's other address.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    # Replicas find what they host by its name.
    "PYTHONPATH": str(ROOT),
}
_STORE_BYTES = 80 * 1024**2


@dataclass(frozen=True)
class TwoNodes:
    """Where the cluster answers: its nodes' `address`, and the client server's `client_address`."""

    address: str
    client_address: str


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextlib.contextmanager
def two_nodes() -> Iterator[TwoNodes]:
    """A CPU each by their own account, so that four replicas of half a CPU fit, two on each. `ENVIRONMENT` must be set."""
    prepare(LOCAL_CLUSTER)
    from ray.cluster_utils import Cluster

    # Short: the path of a node's socket has to fit into 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="fr-", dir="/tmp"))
    (folder / "ray").mkdir()
    port = free_port()
    node = {
        "num_cpus": 1,
        "object_store_memory": _STORE_BYTES,
        "node_ip_address": "127.0.0.1",
        "include_dashboard": False,
    }
    # Everything that Ray writes goes there, and the address by which it finds a cluster of this machine.
    with mock.patch.dict(os.environ, RAY_TMPDIR=str(folder)):
        nodes = Cluster(initialize_head=True, head_node_args={**node, "ray_client_server_port": port})
        nodes.add_node(**node)
        os.environ["RAY_ADDRESS"] = nodes.address
        try:
            yield TwoNodes(nodes.address, f"ray://127.0.0.1:{port}")
        finally:
            nodes.shutdown()
            shutil.rmtree(folder, ignore_errors=True)
