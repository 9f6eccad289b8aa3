"""What Ray reads when it is imported, and hands on to what it starts. Set before, unless the operator did."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from figment.scaleout.plan import LOCAL_CLUSTER

_ALWAYS = {
    # Whoever can talk to a Ray cluster can run code in it.
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_LOG_TO_STDERR": "0",
    # Left once, a cluster is not entered again by whatever of Ray still runs here.
    "RAY_ENABLE_AUTO_CONNECT": "0",
    # Tries to reach a cluster that does not answer, forty seconds each: with Ray's own twenty nobody would learn of it.
    "RAY_NUM_REDIS_GET_RETRIES": "1",
}
# A cluster of this process's own listens on 127.0.0.1 only. Ray does that where it thinks that machines cannot form clusters (Windows,
# macOS); anywhere else it takes the machine's address instead of 127.0.0.1, whatever it is told.
_ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def prepare(address: str) -> None:
    """Set what Ray is to read. Call it before Ray is imported."""
    alone = address == LOCAL_CLUSTER and not names_a_cluster()
    for name, value in (_ALWAYS | (_ALONE if alone else {})).items():
        os.environ.setdefault(name, value)


def names_a_cluster() -> bool:
    """Is there a cluster for this machine's processes: in RAY_ADDRESS, or written down by `ray start`?"""
    temporary = "/tmp" if sys.platform == "darwin" else tempfile.gettempdir()  # noqa: S108
    written = Path(os.environ.get("RAY_TMPDIR") or temporary) / "ray" / "ray_current_cluster"
    return bool(os.environ.get("RAY_ADDRESS")) or written.exists()
