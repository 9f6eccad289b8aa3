"""Who holds the data folder: two locks between starters, and the server that a dead owner may have left.

`owner` is locked by the starter alone, so it falls the moment that process dies, whatever killed it. `lock` is handed down to
the watcher and all of PostgreSQL, so it falls when the last of them has gone. Who has the first and not the second is waiting
for the remains of a dead owner. (Process numbers and start times would be a guess: containers share numbers, clocks jump.)
"""

import contextlib
import fcntl
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from figment.core.postgres_cluster import Folder, PostgresError, WrongOwner

HAND_OVER_S = 15.0
"""How long a starter waits for the database of an owner that was killed."""
DYING_S = 0.5
"""How long a starter waits for an owner: one that was just killed holds its lock for some milliseconds yet."""
FAST_THEN_IMMEDIATE = [(int(signal.SIGINT), 8.0), (int(signal.SIGQUIT), 4.0)]
"""Signals and the seconds for each: fast shutdown, then one that leaves recovery to the next start. Less than HAND_OVER_S."""
POLL_S = 0.02
ADVICE = "Stop it first, or give this one another data folder (FIGMENT_DATA)."


class AlreadyRunning(PostgresError):
    """The data folder is in use by another Figment."""


@dataclass(frozen=True)
class Hold:
    """Both locks, as open descriptors. Only `shared` is for the processes that we start."""

    owner: int
    shared: int

    def release(self) -> None:
        """Let the folder go; what was started with `shared` keeps that lock as long as it lives."""
        os.close(self.shared)
        os.close(self.owner)


def take_hold(folder: Folder) -> Hold:
    """Lock the data folder. Waits for the database of a dead owner; raises AlreadyRunning beside a live one."""
    owner = open_lock(folder.owner)
    try:
        if not lock_within(owner, DYING_S):
            pid = os.pread(owner, 20, 0).decode() or "not yet known"
            raise AlreadyRunning(
                f"Another Figment (process {pid}) already uses the data folder {folder.root}. {ADVICE}"
            )
        os.ftruncate(owner, 0)
        os.pwrite(owner, str(os.getpid()).encode(), 0)
        shared = open_lock(folder.lock)
        try:
            outwait_remains(shared, folder)
        except BaseException:
            os.close(shared)
            raise
    except BaseException:
        os.close(owner)
        raise
    return Hold(owner, shared)


def open_lock(path: Path) -> int:
    """Open a lock file. Raises WrongOwner if it is somebody else's."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise WrongOwner(
            f"The data folder {path.parent} belongs to another user than uid {os.geteuid()}, which Figment runs as. Run it "
            f"as that user, or hand the folder over: chown -R {os.geteuid()} {path.parent}"
        ) from None


def lock_within(descriptor: int, patience_s: float) -> bool:
    """Whether the lock could be had in that time."""
    deadline = time.monotonic() + patience_s
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)


def outwait_remains(shared: int, folder: Folder) -> None:
    """Wait until nothing of a dead owner is left, and stop what does not go by itself. Raises AlreadyRunning if it stays."""
    if lock_within(shared, DYING_S):
        return
    # The watcher has asked for the shutdown when the owner died, unless it was killed as well: so do we.
    for step in (signal.SIGINT, signal.SIGQUIT):
        if postmaster := live_postmaster(folder):
            with contextlib.suppress(psutil.NoSuchProcess):
                postmaster.send_signal(step)
        if lock_within(shared, HAND_OVER_S / 2):
            return
    left = live_postmaster(folder)
    holder = f"PostgreSQL (process {left.pid})" if left else "a process"
    raise AlreadyRunning(
        f"{holder} that an earlier Figment left still uses the data folder {folder.root} after {HAND_OVER_S:.0f} s. {ADVICE}"
    )


def postmaster_lines(folder: Folder) -> list[str]:
    """The lines of postmaster.pid: pid, folder, start time, port, socket folder, address, shared memory, state."""
    try:
        return [line.strip() for line in folder.postmaster_pid.read_text().splitlines()]
    except FileNotFoundError:
        return []


def postmaster_says_ready(folder: Folder) -> bool:
    """Whether the server accepts connections (the eighth line, which `pg_ctl --wait` reads too)."""
    return postmaster_lines(folder)[7:8] == ["ready"]


def live_postmaster(folder: Folder) -> psutil.Process | None:
    """The server of this cluster, if the process that postmaster.pid names is one: alive, no zombie, and at work here."""
    try:
        process = psutil.Process(int(postmaster_lines(folder)[0]))
        if process.status() != psutil.STATUS_ZOMBIE and folder.cluster.samefile(process.cwd()):
            return process
    except (IndexError, ValueError, OSError, psutil.Error):
        pass
    return None


def forget_dead_postmaster(folder: Folder) -> None:
    """Remove what a killed server left. PostgreSQL itself would refuse to start if another process has its old number."""
    if postmaster := live_postmaster(folder):  # we hold the lock, so it is none of ours
        raise AlreadyRunning(
            f"PostgreSQL process {postmaster.pid}, which Figment did not start, uses {folder.cluster}. Stop it first: "
            f"pg_ctl stop -D {folder.cluster}"
        )
    for left in (folder.postmaster_pid, *folder.cluster.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)


def end_postmaster(postmaster: psutil.Process) -> None:
    """Stop a server that is not our child."""
    for step, patience_s in FAST_THEN_IMMEDIATE:
        with contextlib.suppress(psutil.NoSuchProcess):
            postmaster.send_signal(step)
        with contextlib.suppress(psutil.TimeoutExpired):
            postmaster.wait(patience_s)
            return
