"""The embedded PostgreSQL with real processes: what starts, what is kept, and above all what is left when things are killed."""

import concurrent.futures
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.machinery import ModuleSpec
from pathlib import Path
from textwrap import dedent

import psutil
import psycopg
import pytest

from figment.core import postgres_cluster, postgres_watch
from figment.core.postgres import AlreadyRunning, EmbeddedPostgres, PostgresError, WrongVersion, running_url

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534
GONE_WITHIN_S = 20.0
IN_MEMORY = Path("/dev/shm")
# Thousands of small files are made, forced to disk and removed: in memory the tests take half the time.
PLACE = IN_MEMORY if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > 2**30 else None

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="relies on Linux's parent-death signal")


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder with a cluster, made once, and where root's home would be: below a folder that only its owner enters."""
    closed = Path(tempfile.mkdtemp(prefix="figment-made-", dir=PLACE))
    folder = closed / "data"
    with EmbeddedPostgres(folder):
        pass
    yield folder
    shutil.rmtree(closed)


@pytest.fixture
def parent() -> Iterator[Path]:
    """A folder that every account can enter, as pytest's own temporary folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="figment-test-", dir=PLACE))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def empty(parent: Path) -> Iterator[Path]:
    """A data folder that does not exist yet. After the test nothing may still be at work in it."""
    folder = parent / "data"
    yield folder
    try:
        wait_until(lambda: not at_work_in(folder), "every process of the test to be gone")
    finally:
        for left in at_work_in(folder):
            left.kill()


@pytest.fixture
def data(made: Path, empty: Path) -> Iterator[Path]:
    """A data folder with a cluster. It is passed from test to test, so each leaves it whole."""
    made.rename(empty)
    yield empty
    wait_until(lambda: not at_work_in(empty), "every process of the test to be gone")
    empty.parent.chmod(0o755)
    empty.rename(made)


def at_work_in(folder: Path) -> list[psutil.Process]:
    """The processes that hold the folder's lock open: owner, watcher and all of PostgreSQL."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(Path(file.path).parent == folder for file in process.open_files()):
                found.append(process)
    return found


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + GONE_WITHIN_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {GONE_WITHIN_S:.0f} s for {what}"
        time.sleep(0.02)


def ask(url: str, sql: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(sql.encode()).fetchone()
        return row[0] if row else None


def write(url: str, sql: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.encode())


def postmaster_pid(folder: Path) -> int:
    return int((folder / "cluster" / "postmaster.pid").read_text().split()[0])


def watcher_of(folder: Path) -> psutil.Process:
    watcher = psutil.Process(postmaster_pid(folder)).parent()
    assert watcher is not None
    assert any("postgres_watch" in part for part in watcher.cmdline())
    return watcher


OWNER = """
import os, signal, sys, time
from pathlib import Path
import psycopg
from figment.core import postgres_watch
from figment.core.postgres import EmbeddedPostgres
postgres_watch.__file__ = sys.argv[2]
server = EmbeddedPostgres(Path(sys.argv[1]))
url = server.start()
print(url, flush=True)
"""


@contextlib.contextmanager
def owner(
    folder: Path, then: str = "time.sleep(600)", watch: str = postgres_watch.__file__, prefix: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[str]]:
    """Another Python process that starts the database, says its URL, and goes on with `then`."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-c", OWNER + dedent(then), str(folder), watch],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = process.stdout.readline().strip()
    if not text:
        raise AssertionError(process.communicate()[1])
    return text


def test_keeps_its_data_over_a_restart(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        assert server.alive
        url = running_url(data)
        assert url is not None
        write(url, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
    assert not server.alive
    assert running_url(data) is None
    assert ask(server.start(), "SELECT answer FROM kept") == 42
    server.stop()
    server.stop()


def test_has_vectors_in_every_database(data: Path) -> None:
    with EmbeddedPostgres(data):
        url = running_url(data) or ""
        write(url, "CREATE EXTENSION IF NOT EXISTS vector")
        write(url, "CREATE DATABASE another")  # the role may, so that tests can
        distance = "SELECT '[1,2]'::vector <-> '[1,3]'::vector"
        assert ask(url, distance) == ask(url.replace("@/figment?", "@/another?"), distance) == 1.0


def test_cluster_is_closed_to_all_but_the_password(data: Path) -> None:
    with EmbeddedPostgres(data):
        url = running_url(data) or ""
        password = (data / "password").read_text().strip()
        assert (data / "password").stat().st_mode & 0o777 == 0o600
        assert (data / "cluster").stat().st_mode & 0o777 == 0o700
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(url.replace(password, "wrong"), "SELECT 1")
        with pytest.raises(psycopg.OperationalError, match=r"pg_hba\.conf"):
            ask(url.replace("figment:", "postgres:"), "SELECT 1")
        assert ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert ask(url, "SHOW listen_addresses") == ""
        assert [ask(url, f"SHOW {name}") for name in ("data_checksums", "fsync", "jit")] == ["on", "on", "off"]
        assert (
            ask(url, "SELECT concat(datlocprovider, datcollate, pg_encoding_to_char(encoding)) FROM pg_database")
            == "bCUTF8"
        )


@needs_linux
@pytest.mark.parametrize("victims", [("owner",), ("watcher",), ("owner", "watcher"), ("watcher", "owner")])
def test_nothing_is_left_after_kill_9(data: Path, victims: tuple[str, ...]) -> None:
    with owner(data) as process:
        write(line(process), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
        pids = {"owner": process.pid, "watcher": watcher_of(data).pid}
        for victim in victims:
            os.kill(pids[victim], signal.SIGKILL)
        wait_until(lambda: {left.pid for left in at_work_in(data)} <= {process.pid}, "PostgreSQL to be gone")
    with EmbeddedPostgres(data):
        assert ask(running_url(data) or "", "SELECT answer FROM kept") == 42


def test_next_start_waits_for_the_database_of_a_killed_owner(data: Path) -> None:
    with owner(data) as process, psycopg.connect(line(process)):
        os.kill(process.pid, signal.SIGKILL)  # not reaped yet: a zombie is as dead as can be
        began = time.monotonic()
        with EmbeddedPostgres(data) as server:
            assert server.alive
        assert time.monotonic() - began < 10


def test_next_start_stops_an_orphan(data: Path, parent: Path) -> None:
    """Where the kernel has no parent-death signal, killing both owner and watcher leaves the server behind."""
    deaf = parent / "postgres_watch.py"
    deaf.write_text(Path(postgres_watch.__file__).read_text().replace('if sys.platform == "linux"', "if False"))
    with owner(data, watch=str(deaf)) as process:
        line(process)
        orphan, watcher = postmaster_pid(data), watcher_of(data)
        process.send_signal(signal.SIGSTOP)
        watcher.kill()
        process.kill()
        time.sleep(0.2)
        assert psutil.pid_exists(orphan)
        with EmbeddedPostgres(data):
            assert postmaster_pid(data) != orphan


def test_sigterm_to_the_owner_stops_the_database(data: Path) -> None:
    with owner(data) as process:
        line(process)
        process.terminate()
        wait_until(lambda: {left.pid for left in at_work_in(data)} <= {process.pid}, "PostgreSQL to be gone")


def test_ctrl_c_leaves_the_database_to_the_owner(data: Path) -> None:
    """A terminal sends SIGINT to the whole process group; the owner still needs its database to end in order."""
    then = """
        # Whoever runs the tests in a shell's background passes on that SIGINT is ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            print("waiting", flush=True)
            time.sleep(600)
        except KeyboardInterrupt:
            time.sleep(0.3)
            print(psycopg.connect(url).execute("SELECT 'still here'").fetchone()[0], flush=True)
        server.stop()
    """
    with owner(data, then) as process:
        line(process)
        assert line(process) == "waiting"
        os.killpg(process.pid, signal.SIGINT)
        assert line(process) == "still here"
        assert process.wait(GONE_WITHIN_S) == 0


def test_forked_child_neither_stops_nor_keeps_the_database(data: Path) -> None:
    then = """
        if os.fork() == 0:
            server.stop()
            print("stopped nothing", flush=True)
            time.sleep(60)
            os._exit(0)
        time.sleep(600)
    """
    with owner(data, then) as process:
        url = line(process)
        assert line(process) == "stopped nothing"
        assert ask(url, "SELECT 1") == 1
        os.kill(process.pid, signal.SIGKILL)
        with EmbeddedPostgres(data) as server:
            assert server.alive
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_second_starter_is_told_who_has_the_folder(data: Path) -> None:
    with owner(data) as process:
        line(process)
        began = time.monotonic()
        with pytest.raises(AlreadyRunning) as refused:
            EmbeddedPostgres(data).start()
        assert time.monotonic() - began < 2
        assert str(data) in str(refused.value)
        assert f"process {process.pid}" in str(refused.value)
        process.terminate()


def test_second_start_in_one_process_is_refused(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        with pytest.raises(AlreadyRunning):
            server.start()
        assert server.alive
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            EmbeddedPostgres(data).start()
        assert server.alive


def test_refuses_beside_a_server_that_somebody_else_started(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        lost = data / "lost"
        lost.mkdir()
        for lock in ("lock", "owner"):  # as good as a server started by hand: it runs and does not hold the locks
            (data / lock).rename(lost / lock)
        with pytest.raises(AlreadyRunning, match="did not start"):
            EmbeddedPostgres(data).start()
        assert server.alive
        assert ask(running_url(data) or "", "SELECT 1") == 1
        for lock in ("lock", "owner"):
            (lost / lock).rename(data / lock)
        lost.rmdir()


def test_half_made_cluster_is_made_again(empty: Path) -> None:
    with owner(empty) as process:
        wait_until((empty / "cluster.unfinished" / "PG_VERSION").exists, "initdb to be at work")
        process.kill()
        assert not (empty / "cluster").exists()
        with EmbeddedPostgres(empty):
            assert ask(running_url(empty) or "", "SELECT 1") == 1
        assert not (empty / "cluster.unfinished").exists()


def test_outlives_the_thread_that_started_it(data: Path) -> None:
    server = EmbeddedPostgres(data)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        url = pool.submit(server.start).result()
    time.sleep(0.7)
    assert server.alive
    assert ask(url, "SELECT 1") == 1
    server.stop()


@pytest.mark.parametrize("number_of", ["a living process", "a zombie"])
def test_starts_over_a_stale_pid_file(data: Path, number_of: str) -> None:
    """After a crash and a reboot, or in a container, the old number is somebody else's, or that of a corpse."""
    zombie = subprocess.Popen(["true"])
    pid = os.getpid() if number_of == "a living process" else zombie.pid
    wait_until(lambda: psutil.Process(zombie.pid).status() == psutil.STATUS_ZOMBIE, "a zombie")
    (data / "cluster" / "postmaster.pid").write_text(f"{pid}\n{data}/cluster\n1\n5432\n.\n\n  1 1\nready\n")
    (data / "cluster" / ".s.PGSQL.5432.lock").write_text(f"{pid}\n")
    assert running_url(data) is None
    with EmbeddedPostgres(data):
        assert postmaster_pid(data) != pid
    zombie.wait()


def test_recovers_from_a_killed_postmaster(data: Path) -> None:
    server = EmbeddedPostgres(data)
    write(server.start(), "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
    os.kill(postmaster_pid(data), signal.SIGKILL)
    wait_until(lambda: not server.alive, "the supervisor to notice")
    server.stop()
    assert ask(server.start(), "SELECT answer FROM kept") == 42
    server.stop()


def test_other_version_and_damage_are_named(data: Path) -> None:
    (data / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(WrongVersion, match=r"PostgreSQL 16; .* PostgreSQL 18"):
        EmbeddedPostgres(data).start()
    (data / "cluster" / "PG_VERSION").unlink()
    with pytest.raises(PostgresError, match="damaged"):
        EmbeddedPostgres(data).start()
    (data / "cluster" / "PG_VERSION").write_text("18\n")


def test_failure_to_start_shows_the_log_and_leaves_nothing(data: Path) -> None:
    settings = data / "cluster" / "postgresql.conf"
    whole = settings.read_text()
    settings.write_text("shared_buffers = nonsense\n")
    with pytest.raises(PostgresError, match="invalid value for parameter"):
        EmbeddedPostgres(data).start()
    assert not at_work_in(data)
    settings.write_text(whole)


def test_lost_password_is_replaced(data: Path) -> None:
    old = (data / "password").read_text()
    (data / "password").unlink()
    with EmbeddedPostgres(data):
        assert ask(running_url(data) or "", "SELECT 1") == 1
    assert (data / "password").read_text() != old


def test_long_path_gets_its_sockets_in_a_short_folder(data: Path) -> None:
    deep = data.parent / ("a" * 60) / ("b" * 60)
    deep.parent.mkdir()
    data.rename(deep)
    with EmbeddedPostgres(deep) as server:
        url = running_url(deep) or ""
        sockets = Path(url.split("host=")[1].split("&")[0])
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert ask(url, "SELECT 1") == 1
    assert not server.alive
    assert not sockets.exists()
    deep.rename(data)


def test_without_sockets_it_listens_on_this_machine_only(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("figment.core.postgres.can_hold_socket", lambda _folder: False)
    with EmbeddedPostgres(data):
        url = running_url(data) or ""
        assert "host=127.0.0.1" in url
        assert ask(url, "SHOW listen_addresses") == "127.0.0.1"


def test_environment_of_the_owner_stays_with_the_owner(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for the database")
    monkeypatch.setenv("PGPORT", "7777")
    with EmbeddedPostgres(data):
        assert "AWS_SECRET_ACCESS_KEY" not in psutil.Process(postmaster_pid(data)).environ()
        assert ask(running_url(data) or "", "SHOW port") == "5432"


def test_large_log_is_put_aside(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("figment.core.postgres.LOG_LIMIT_BYTES", 10)
    (data / "postgres.log").write_text("old lines, more than the limit")
    with EmbeddedPostgres(data):
        pass
    assert (data / "postgres.log.1").read_text().startswith("old lines")
    assert "old lines" not in (data / "postgres.log").read_text()


@needs_root
def test_root_runs_it_as_another_account_and_changes_no_folder_above(data: Path) -> None:
    data.parent.chmod(0o700)  # as /root is: PostgreSQL's account cannot come this way
    before = [(folder, folder.stat().st_mode, folder.stat().st_uid) for folder in data.parents]
    with EmbeddedPostgres(data):
        assert psutil.Process(postmaster_pid(data)).uids().effective == NOBODY
        assert psutil.Process(postmaster_pid(data)).gids().effective != 0
        assert ask(running_url(data) or "", "SELECT 1") == 1
    assert [(folder, folder.stat().st_mode, folder.stat().st_uid) for folder in data.parents] == before


@needs_root
def test_root_copies_binaries_that_the_account_cannot_reach(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk = Path(tempfile.mkdtemp(prefix="figment-test-"))  # programs may not run from memory everywhere
    on_disk.chmod(0o755)
    installed = postgres_cluster.binaries(None).parents[1]
    closed, places = on_disk / "closed", on_disk / "places"
    closed.mkdir(mode=0o700)
    places.mkdir(mode=0o755)
    for folder in (installed / "pginstall18", installed.with_name(f"{installed.name}.libs")):
        shutil.copytree(folder, closed / folder.relative_to(installed.parent))
    origin = str(closed / installed.name / "__init__.py")
    monkeypatch.setattr(postgres_cluster, "find_spec", lambda name: ModuleSpec(name, None, origin=origin))
    monkeypatch.setattr(postgres_cluster, "COPY_PLACES", (places,))
    for _ in range(2):
        with EmbeddedPostgres(data):
            assert Path(psutil.Process(postmaster_pid(data)).exe()).is_relative_to(places)
            assert ask(running_url(data) or "", "SELECT '[1]'::vector::text") == "[1]"
    assert len(list(places.iterdir())) == 1
    shutil.rmtree(on_disk)


@needs_root
def test_normal_user(empty: Path) -> None:
    """The capability only lets this test's interpreter be read where it lies; the account is an ordinary one."""
    empty.mkdir()
    os.chown(empty, NOBODY, NOBODY)
    become = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
    readable = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    with owner(empty, prefix=(*become, *readable)) as process:
        url = line(process)
        assert ask(url, "SELECT '[1]'::vector::text") == "[1]"
        assert watcher_of(empty).uids().effective == NOBODY
        process.kill()
        wait_until(lambda: {left.pid for left in at_work_in(empty)} <= {process.pid}, "PostgreSQL to be gone")
    for stolen, complaint in ((empty / "cluster", "belongs to uid 1"), (empty / "owner", "belongs to another user")):
        os.chown(stolen, 1, 1)
        with owner(empty, prefix=(*become, *readable)) as process:
            assert complaint in process.communicate()[1]
        os.chown(stolen, NOBODY, NOBODY)
    with EmbeddedPostgres(empty):  # root finds whose it is, and keeps it so
        assert psutil.Process(postmaster_pid(empty)).uids().effective == NOBODY


@needs_root
def test_root_that_cannot_become_another_account_is_told(data: Path) -> None:
    """As in a container that was started without the right to change users."""
    unable = ("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid")
    with owner(data, prefix=unable) as process:
        assert "this root cannot become uid" in process.communicate()[1]
