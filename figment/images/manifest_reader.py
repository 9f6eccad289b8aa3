"""Strangers' manifests are read in a process of its own: `python -m figment.images.manifest_reader`.

The library that reads them is native code, and what it is given here comes from anybody. Whatever a file does to it, the server goes on.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import structlog

from figment.images.manifests import UNREADABLE, Manifest, Own, read

log = structlog.get_logger(__name__)

# In every manifest: the label of the box that holds it (C2PA Technical Specification 2.2, section 11.1.4). Most files have none.
_LABEL = b"c2pa"
_PATIENCE_S = 20
_CPU_S = 15
_MEMORY_BYTES = 2 * 1024**3
# Processes at a time; the others wait.
_AT_ONCE = 2


class ManifestReader:
    """Reads manifests, a process each."""

    def __init__(self, own: Own | None) -> None:
        self._own = own
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def read(self, data: bytes, mime: str) -> Manifest | None:
        """As `manifests.read`; "unreadable" too where the library fails in whatever way, or takes too long."""
        if _LABEL not in data:
            return None
        asked = json.dumps({"mime": mime, "own": asdict(self._own) if self._own else None}).encode()
        async with self._slots:
            answer = await _answer_of(asked + b"\n" + data)
        if answer is None:
            return UNREADABLE
        found = json.loads(answer)
        return None if found is None else Manifest(**found)


async def _answer_of(question: bytes) -> bytes | None:
    """What the process answers; None where it ends otherwise, or does not end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            answer, _ = await process.communicate(question)
    except TimeoutError:
        log.warning("c2pa.reader_too_slow", seconds=_PATIENCE_S)
        return None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        log.warning("c2pa.reader_failed", status=process.returncode)
        return None
    return answer


def main() -> None:
    """Answer the one question on standard input: a line of JSON, then the file."""
    _limit()
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(head)
    found = read(data, asked["mime"], Own(**asked["own"]) if asked["own"] else None)
    json.dump(asdict(found) if found else None, sys.stdout)


def _limit() -> None:
    """Bound what the process may take, where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))


if __name__ == "__main__":
    main()
