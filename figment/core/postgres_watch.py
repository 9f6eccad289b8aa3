"""Runs one PostgreSQL program for as long as its owner lives, and not a second longer.

Run as a script (`python -I -S postgres_watch.py`), standard library only. Standard input carries one line of JSON (`Job`) and
then stays open: anything more on it, or its end, means "stop". The exit status is the program's (128 + n for signal n).
"""

import ctypes
import json
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn, TypedDict

OWNER_POLL_S = 0.5
PR_SET_PDEATHSIG = 1


class Job(TypedDict):
    """What to run, as whom, and how to end it."""

    argv: list[str]
    env: dict[str, str]
    cwd: str
    stdin: str
    owner_pid: int
    account: tuple[int, int] | None  # uid and gid to become; None: stay who we are
    stop: list[tuple[int, float]]  # signals in order, each with the seconds that it is given
    remove_dir: str | None  # a folder made for this run only


def main() -> int:
    """Start the program, wait until it ends or the owner goes, and say how it ended."""
    # The owner decides when the database goes: a signal to the whole group or service must not end it under a draining server.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    child_ended, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    job: Job = json.loads(read_line(0))
    pid = spawn(job)
    status = wait_while_owned(pid, job, child_ended)
    if status is None:
        status = stop(pid, job["stop"])
    if job["remove_dir"]:
        remove(Path(job["remove_dir"]))
    return status


def read_line(fd: int) -> bytes:
    """One line, byte by byte: buffered input would hide from `select` what came after it."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(fd, 1)
        if not byte:
            raise SystemExit(0)  # the owner died before it said what to run
        line += byte
    return bytes(line)


def spawn(job: Job) -> int:
    """Fork the program; returns its process id."""
    watcher_pid = os.getpid()
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    stdin_read, stdin_write = os.pipe()
    os.write(stdin_write, job["stdin"].encode())  # a few lines: always fits in the pipe
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(stdin_read, 0)
            become(job, watcher_pid, libc)
        except BaseException as error:
            os.write(2, f"figment: cannot run {job['argv'][0]}: {error}\n".encode())
        os._exit(127)
    os.close(stdin_read)
    os.close(stdin_write)
    return pid


def become(job: Job, watcher_pid: int, libc: ctypes.CDLL | None) -> NoReturn:
    """Turn this forked process into the program."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(ignored, signal.SIG_DFL)  # an ignored signal stays ignored across exec
    os.umask(0o077)
    os.chdir(job["cwd"])  # before the change of account: the path may be closed to it
    if job["account"]:
        uid, gid = job["account"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if libc:
        # After setuid, which clears it. It is tied to the thread that forked: here always the watcher's only one.
        libc.prctl(PR_SET_PDEATHSIG, int(job["stop"][0][0]), 0, 0, 0)
        if os.getppid() != watcher_pid:  # the watcher died before the line above could matter
            os._exit(0)
    os.execve(job["argv"][0], job["argv"], job["env"])  # noqa: S606


def wait_while_owned(pid: int, job: Job, child_ended: int) -> int | None:
    """The program's exit status, or None when the owner has gone or asked for the end."""
    while True:
        ready, _, _ = select.select([0, child_ended], [], [], OWNER_POLL_S)
        status = ended(pid)
        if status is not None:
            return status
        # A process forked from the owner may hold our input open after the owner's death, so the parent is asked too.
        if 0 in ready or os.getppid() != job["owner_pid"]:
            return None
        if child_ended in ready:
            os.read(child_ended, 64)


def ended(pid: int) -> int | None:
    """The exit status if the program has ended."""
    done, status = os.waitpid(pid, os.WNOHANG)
    if not done:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def stop(pid: int, steps: list[tuple[int, float]]) -> int:
    """Ask ever less politely; returns the exit status."""
    for signal_number, patience_s in steps:
        os.kill(pid, signal_number)
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            status = ended(pid)
            if status is not None:
                return status
            time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256


def remove(folder: Path) -> None:
    """Remove a folder of sockets."""
    for left in folder.glob(".s.PGSQL.*"):
        left.unlink(missing_ok=True)
    folder.rmdir()


if __name__ == "__main__":
    sys.exit(main())
