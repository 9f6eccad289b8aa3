"""The embedded PostgreSQL 18 with pgvector: started with Figment, gone with Figment, even when Figment is killed.

    owner (Figment) ── pipe ──> watcher (`postgres_watch.py`, own session) ──> postmaster ──> its backends

The watcher asks for a fast shutdown when the pipe closes or its parent is no longer the owner; on Linux the postmaster is
told by the kernel when the watcher itself is killed. `postgres_cluster.py` knows the files, `postgres_lock.py` who holds them.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from weakref import WeakSet

from figment.core import postgres_watch
from figment.core.postgres_cluster import (
    ACCESS_RULES,
    DATABASE,
    ROLE,
    Account,
    Folder,
    PostgresError,
    PostgresUnavailable,
    WrongOwner,
    WrongVersion,
    account_for,
    binaries,
    first_sql,
    initdb_command,
    new_password_sql,
    path_for,
    single_user_command,
    sync_command,
    sync_folder,
    write_password,
)
from figment.core.postgres_lock import (
    FAST_THEN_IMMEDIATE,
    AlreadyRunning,
    Hold,
    end_postmaster,
    forget_dead_postmaster,
    live_postmaster,
    postmaster_lines,
    postmaster_says_ready,
    take_hold,
)

__all__ = [
    "AlreadyRunning",
    "EmbeddedPostgres",
    "PostgresError",
    "PostgresUnavailable",
    "StartFailed",
    "WrongOwner",
    "WrongVersion",
    "running_url",
]

PORT = 5432
INITDB_TIMEOUT_S = 120.0
START_TIMEOUT_S = 300.0
"""Recovery after a crash replays the log before the server is ready: minutes at worst, never for ever."""
QUIT_NOW = [(int(signal.SIGTERM), 2.0)]
LONGEST_SOCKET_PATH = 100
"""Bytes; the kernels' own limits are 107 (Linux) and 103 (macOS)."""
LOG_LIMIT_BYTES = 10_000_000
POLL_S = 0.005


class StartFailed(PostgresError):
    """PostgreSQL did not start; the message ends with the end of its log."""


@dataclass(frozen=True)
class Address:
    """Where the server listens: a folder of sockets, or a port of this machine."""

    host: str
    port: int
    temporary_dir: Path | None = None

    def flags(self) -> list[str]:
        """The postmaster's options for this address."""
        if not self.host.startswith("/"):
            return ["-h", self.host, "-k", "", "-p", str(self.port)]
        # A socket in the cluster is named from there: the path above may be closed to the account.
        return ["-h", "", "-k", str(self.temporary_dir or "."), "-p", str(self.port)]

    def url(self, password: str) -> str:
        """A libpq URL. The port is always said: `PGPORT` in somebody's environment would change it."""
        return f"postgresql://{ROLE}:{password}@/{DATABASE}?host={quote(self.host, safe='/')}&port={self.port}"


class EmbeddedPostgres:
    """One PostgreSQL server on one data folder, for as long as this object's process lives.

    `start` and `stop` block (seconds); call them from a thread in async code. Any thread will do: nothing is tied to it.
    """

    def __init__(self, data_dir: Path) -> None:
        self._folder = Folder(data_dir.expanduser().absolute())
        self._hold: Hold | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        _in_this_process.add(self)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def alive(self) -> bool:
        """Whether the server that `start` started still runs."""
        return self._watcher is not None and self._watcher.poll() is None

    def start(self) -> str:
        """Make the cluster if there is none, start the server, and return its libpq URL once it accepts connections.

        Raises AlreadyRunning, WrongVersion, WrongOwner, PostgresUnavailable or StartFailed.
        """
        if self._hold is not None:
            raise AlreadyRunning(f"This EmbeddedPostgres has already started the database in {self._folder.root}.")
        self._folder.root.mkdir(parents=True, exist_ok=True)
        self._hold = take_hold(self._folder)
        try:
            return self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut the server down and let the folder go; open connections are ended, what they committed is kept."""
        if self._watcher is not None:
            end_watcher(self._watcher)
            self._watcher = None
            if postmaster := live_postmaster(self._folder):  # the watcher was killed, and could not take it along
                end_postmaster(postmaster)
        if self._hold is not None:
            self._hold.release()
            self._hold = None

    def _leave_to_parent(self) -> None:
        """In a forked child: let go of lock and pipe, which would outlive the owner here, and never stop its server."""
        if self._watcher is not None and self._watcher.stdin is not None:
            self._watcher.stdin.close()
            self._watcher.returncode = 0  # no child of this process: there is nothing to wait for
        if self._hold is not None:
            self._hold.release()
        self._watcher = self._hold = None

    def _start_locked(self) -> str:
        self._folder.check()
        account = account_for(self._folder)
        programs = binaries(account)
        forget_dead_postmaster(self._folder)
        rotate_log(self._folder.log)
        self._ensure_cluster(programs, account)
        password = self._ensure_password(programs, account)
        address = choose_address(self._folder, account)
        cluster = path_for(self._folder.cluster, account)
        command = [str(programs / "postgres"), "-D", cluster, *address.flags()]
        self._watcher = self._launch(command, account, remove_dir=address.temporary_dir)
        self._wait_until_ready()
        return address.url(password)

    def _ensure_cluster(self, programs: Path, account: Account | None) -> None:
        if self._folder.has_cluster():
            return
        unfinished = self._folder.unfinished
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        if account:
            os.chown(unfinished, account.uid, account.gid)
        here = path_for(unfinished, account)
        password = write_password(self._folder.password)
        self._run(initdb_command(programs, here), account, cwd=unfinished)
        (unfinished / "pg_hba.conf").write_text(ACCESS_RULES)
        # Nothing is forced to disk until all of it is there: three times faster, and until the rename it counts for nothing.
        fill = single_user_command(programs, here, "-c", "fsync=off")
        self._run(fill, account, cwd=unfinished, stdin=first_sql(password))
        self._run(sync_command(programs, here), account, cwd=unfinished)
        unfinished.rename(self._folder.cluster)
        sync_folder(self._folder.root)

    def _ensure_password(self, programs: Path, account: Account | None) -> str:
        with contextlib.suppress(FileNotFoundError):
            if password := self._folder.password.read_text().strip():
                return password
        password = write_password(self._folder.password)
        cluster = path_for(self._folder.cluster, account)
        command = single_user_command(programs, cluster)
        self._run(command, account, cwd=self._folder.cluster, stdin=new_password_sql(password))
        return password

    def _run(self, command: list[str], account: Account | None, cwd: Path, stdin: str = "") -> None:
        """Run a program to its end; like the server, it does not outlive us."""
        watcher = self._launch(command, account, cwd=cwd, stdin=stdin, stop=QUIT_NOW)
        try:
            code = watcher.wait(INITDB_TIMEOUT_S)
        finally:
            end_watcher(watcher)
        if code != 0:
            raise StartFailed(f"{Path(command[0]).name} failed (status {code}).{log_tail(self._folder.log)}")

    def _launch(
        self,
        command: list[str],
        account: Account | None,
        *,
        cwd: Path | None = None,
        stdin: str = "",
        stop: list[tuple[int, float]] = FAST_THEN_IMMEDIATE,
        remove_dir: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        assert self._hold is not None
        job: postgres_watch.Job = {
            "argv": command,
            # Nothing of our environment: it may hold the keys of a bucket, or PG* variables that change the server.
            "env": {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "TZ": "UTC"},
            "cwd": str(cwd or self._folder.cluster),
            "stdin": stdin,
            "owner_pid": os.getpid(),
            "account": (account.uid, account.gid) if account else None,
            "stop": stop,
            "remove_dir": str(remove_dir) if remove_dir else None,
        }
        # Statements that failed are logged with what people wrote in them: the log is for the owner only.
        with open(self._folder.log, "ab", opener=lambda path, flags: os.open(path, flags, 0o600)) as log:
            watcher = subprocess.Popen(  # noqa: S603
                # -I and -S: no site-packages and nothing of the environment, so it starts in 20 ms.
                [sys.executable, "-I", "-S", postgres_watch.__file__],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                pass_fds=(self._hold.shared,),
                start_new_session=True,  # a Ctrl-C in the terminal goes to our process group, not to the database
            )
        assert watcher.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once: the caller finds its exit status and the log
            watcher.stdin.write(json.dumps(job).encode() + b"\n")
            watcher.stdin.flush()
        return watcher

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not postmaster_says_ready(self._folder):
            if not self.alive:
                raise StartFailed(f"PostgreSQL ended while it started.{log_tail(self._folder.log)}")
            if time.monotonic() > deadline:
                raise StartFailed(
                    f"PostgreSQL was not ready after {START_TIMEOUT_S:.0f} s.{log_tail(self._folder.log)}"
                )
            time.sleep(POLL_S)


_in_this_process: WeakSet[EmbeddedPostgres] = WeakSet()


def _leave_all_to_parent() -> None:
    for server in _in_this_process:
        server._leave_to_parent()


os.register_at_fork(after_in_child=_leave_all_to_parent)


def running_url(data_dir: Path) -> str | None:
    """The libpq URL of the server that runs on this data folder now, whoever started it; None if there is none."""
    folder = Folder(data_dir.expanduser().absolute())
    lines = postmaster_lines(folder)
    if live_postmaster(folder) is None or lines[7:8] != ["ready"]:
        return None
    host, port = lines[4] or lines[5], int(lines[3])
    return Address(str(folder.cluster) if host == "." else host, port).url(folder.password.read_text().strip())


def end_watcher(watcher: subprocess.Popen[bytes]) -> None:
    """Ask the watcher to stop its program, and wait: it gives each signal its time, so this ends."""
    assert watcher.stdin is not None
    # Written, not only closed: a process forked from us may hold the pipe open.
    with contextlib.suppress(BrokenPipeError, ValueError):
        watcher.stdin.write(b"stop\n")
        watcher.stdin.flush()
    with contextlib.suppress(BrokenPipeError):
        watcher.stdin.close()
    watcher.wait()


def choose_address(folder: Folder, account: Account | None) -> Address:
    """Sockets in the cluster; where they cannot be, in a short folder made for this run; else a port of this machine."""
    if can_hold_socket(folder.cluster):
        return Address(str(folder.cluster), PORT)
    temporary = Path(tempfile.mkdtemp(prefix="figment-"))
    if account:
        os.chown(temporary, account.uid, account.gid)
    if can_hold_socket(temporary) and (account is None or account.can_enter(temporary)):
        return Address(str(temporary), PORT, temporary)
    temporary.rmdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


def can_hold_socket(folder: Path) -> bool:
    """Whether a client can reach a socket here: short enough a path, on a file system that has sockets."""
    path = folder / f".s.PGSQL.{PORT}"
    if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.bind(str(path))
        except OSError:
            return False
    path.unlink()
    return True


def rotate_log(log: Path) -> None:
    """Keep one old log once it is large."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))


def log_tail(log: Path) -> str:
    """The end of the log, for an error message."""
    lines = log.read_text(errors="replace").splitlines()[-15:]
    return f" The end of {log}:\n" + "\n".join(f"    {line}" for line in lines)
