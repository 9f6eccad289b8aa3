"""Who holds the data folder: the lock between starters, and the server that a dead owner may have left."""

import contextlib
import fcntl
import json
import os
import signal
import time

import psutil

from figment.core.postgres_cluster import Folder, PostgresError, WrongOwner

HAND_OVER_S = 15.0
"""How long a starter waits for the database of an owner that was killed."""
SETTLE_S = 0.5
"""Nothing is concluded from the lock file before this: a killed owner looks alive for a moment, a new one has yet to sign."""
FAST_THEN_IMMEDIATE = [(int(signal.SIGINT), 8.0), (int(signal.SIGQUIT), 4.0)]
"""Signals and the seconds for each: fast shutdown, then one that leaves recovery to the next start. Less than HAND_OVER_S."""
POLL_S = 0.02


class AlreadyRunning(PostgresError):
    """The data folder is in use by another Figment."""


def take_lock(folder: Folder) -> int:
    """Lock the data folder; returns the open descriptor. Waits for the database of a dead owner, refuses beside a live one."""
    try:
        descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o600)
    except PermissionError:
        raise WrongOwner(
            f"The data folder {folder.root} belongs to another user than uid {os.geteuid()}, which Figment runs as. Run it "
            f"as that user, or hand the folder over: chown -R {os.geteuid()} {folder.root}"
        ) from None
    try:
        wait_for_lock(descriptor, folder)
    except BaseException:
        os.close(descriptor)
        raise
    me = psutil.Process()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": me.pid, "started_at": me.create_time()}).encode(), 0)
    return descriptor


def wait_for_lock(descriptor: int, folder: Folder) -> None:
    """Block until the lock is ours; raises AlreadyRunning if its owner lives on, or after HAND_OVER_S."""
    began = time.monotonic()
    asked: set[int] = set()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited_s = time.monotonic() - began
            if waited_s > SETTLE_S:
                refuse_beside_owner(folder, waited_s)
                ask_orphan_to_stop(folder, signal.SIGINT if waited_s < HAND_OVER_S / 2 else signal.SIGQUIT, asked)
            time.sleep(POLL_S)
        else:
            return


def refuse_beside_owner(folder: Folder, waited_s: float) -> None:
    """Raise AlreadyRunning if the process that wrote the lock file lives, or if we have waited long enough."""
    advice = "Stop it first, or give this one another data folder (FIGMENT_DATA)."
    owner_pid = live_owner(folder)
    if owner_pid is not None:
        raise AlreadyRunning(
            f"Another Figment (process {owner_pid}) already uses the data folder {folder.root}. {advice}"
        )
    if waited_s > HAND_OVER_S:
        postmaster = live_postmaster(folder)
        holder = f"PostgreSQL process {postmaster.pid}" if postmaster else "a process of another container or machine"
        raise AlreadyRunning(
            f"The data folder {folder.root} is still held by {holder} after {waited_s:.0f} s, though no Figment on this "
            f"machine owns it. {advice}"
        )


def ask_orphan_to_stop(folder: Folder, step: int, asked: set[int]) -> None:
    """Signal, once, a server whose owner is dead. Its watcher has done so already, unless it was killed as well."""
    if step not in asked and (postmaster := live_postmaster(folder)):
        asked.add(step)
        with contextlib.suppress(psutil.NoSuchProcess):
            postmaster.send_signal(step)


def live_owner(folder: Folder) -> int | None:
    """The process that wrote the lock file, if it still lives. Its start time tells it from a later one with its number."""
    try:
        owner = json.loads(folder.lock.read_bytes())
        process = psutil.Process(owner["pid"])
        same = abs(process.create_time() - owner["started_at"]) < 2.0
        return process.pid if same and process.status() != psutil.STATUS_ZOMBIE else None
    except (ValueError, KeyError, psutil.Error):  # just taken and not yet written, or gone
        return None


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
