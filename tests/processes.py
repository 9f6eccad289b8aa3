"""Real `figment` processes, for tests that kill them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_ADDRESS = re.compile(r"Figment is at (http://\S+)")


def environment(data: Path, **settings: object) -> dict[str, str]:
    """This process's environment with a data folder and settings of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FIGMENT_")}
    given = {f"FIGMENT_{name.upper()}": str(value) for name, value in settings.items()}
    return {**clean, "FIGMENT_DATA": str(data), "FIGMENT_PORT": "0", "FIGMENT_LOG_FORMAT": "json", **given}


class Server:
    """A running `figment serve`."""

    def __init__(self, data: Path, **settings: object) -> None:
        self.data = data
        self._log = data / f"server-{time.monotonic_ns()}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "figment.cli", "serve"],
                env=environment(data, **settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.address = self._wait_for_address()

    def log(self) -> str:
        return self._log.read_text()

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := _ADDRESS.search(self.log()):
                return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self.log()}")

    def kill(self) -> None:
        """As the out-of-memory killer would: no signal handler runs."""
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(30)


@contextlib.contextmanager
def served(data: Path, **settings: object) -> Iterator[Server]:
    server = Server(data, **settings)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.terminate()
            try:
                server.process.wait(20)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait(5)
