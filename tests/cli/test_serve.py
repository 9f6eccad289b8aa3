"""`figment serve`, `web`, `worker` and `admin` as real processes."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from figment.cli.server import CannotStart, started
from figment.core.settings import Settings
from figment.main import open_house
from tests.conftest import create_database
from tests.processes import Server, environment, served

FIGMENT = [sys.executable, "-m", "figment.cli"]


def figment(*arguments: str, data: Path, **settings: object) -> subprocess.CompletedProcess[str]:
    env = environment(data, **settings)
    return subprocess.run([*FIGMENT, *arguments], env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with served(tmp_path_factory.mktemp("serve")) as started:
        yield started


@pytest.fixture(scope="module")
def external(postgres: str) -> str:
    return create_database(postgres, "serve")


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


class TestServe:
    """In this order, on one server: the last test stops it."""

    def test_it_prints_its_address_and_a_link_for_the_first_administrator(self, server: Server) -> None:
        [link] = re.findall(rf"{server.address}/welcome#(\S+)", server.log())
        with httpx.Client(base_url=server.address, trust_env=False) as client:
            deadline = time.monotonic() + 10
            while client.get("/readyz").status_code != 200:
                assert time.monotonic() < deadline, client.get("/readyz").text
                time.sleep(0.05)
            claimed = client.post("/api/session/claim-admin", json={"token": link, "name": "Ada"})
            assert claimed.json()["person"]["role"] == "admin"
            assert client.post("/api/session/claim-admin", json={"token": link}).status_code == 403

    def test_a_second_on_the_same_data_is_told_so(self, server: Server) -> None:
        refused(figment("serve", data=server.data), "already uses the data folder", str(server.process.pid))

    def test_a_token_can_be_made_while_it_runs(self, server: Server) -> None:
        done = figment("admin", "token", "--name", "test", data=server.data)
        assert done.returncode == 0, done.stderr
        token = done.stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=server.address, headers=headers, trust_env=False) as client:
            assert client.get("/api/session").json()["person"]["name"] == "Ada"

    def test_tokens_are_bounded_listed_and_revoked(self, server: Server) -> None:
        wish = ("--name", "lister", "--scope", "models:read", "--scope", "images:read", "--days", "30")
        token = figment("admin", "token", *wish, data=server.data).stdout.strip()
        with httpx.Client(
            base_url=server.address, headers={"Authorization": f"Bearer {token}"}, trust_env=False
        ) as client:
            assert client.post("/api/studio/generations", json={"prompt": "x"}).json()["code"] == "missing_scope"
            [line] = [
                line for line in figment("admin", "tokens", data=server.data).stdout.splitlines() if "lister" in line
            ]
            assert "Ada  lister  images:read models:read  last sent 20" in line
            assert "expires 20" in line
            revoked = figment("admin", "revoke", line.split()[0], data=server.data)
            assert revoked.returncode == 0, revoked.stderr
            assert client.get("/v1/models").status_code == 401
        refused(figment("admin", "revoke", line.split()[0], data=server.data), "figment admin tokens")
        refused(figment("admin", "token", "--name", "x", "--scope", "all", data=server.data), "scopes", "images:write")

    def test_it_is_stopped_by_sigterm_and_leaves_nothing_even_with_a_stream_open(self, server: Server) -> None:
        family = psutil.Process(server.process.pid).children(recursive=True)
        assert any("postgres" in process.name() for process in family)
        with httpx.Client(base_url=server.address, trust_env=False) as client:
            client.post("/api/session")
            with client.stream("GET", "/api/events", timeout=30) as stream:
                arriving = stream.iter_raw()
                next(arriving)
                began = time.monotonic()
                server.process.send_signal(signal.SIGTERM)
                with contextlib.suppress(httpx.TransportError):
                    list(arriving)
        assert server.process.wait(30) == 0, server.log()
        took_s = time.monotonic() - began
        assert [process for process in family if process.is_running()] == []
        assert took_s < 4.5, "open streams are ended, not waited for"
        assert "Traceback" not in server.log()


class TestCannotStart:
    def test_the_port_is_taken(self, tmp_path: Path, external: str) -> None:
        with contextlib.closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = figment("web", "--port", str(port), data=tmp_path, database_url=external)
        refused(done, f"Port {port} on 127.0.0.1 cannot be used", "PORT=")

    def test_the_database_does_not_answer(self, tmp_path: Path) -> None:
        url = "postgresql://figment:hidden-word@127.0.0.1:1/figment"
        done = figment("worker", data=tmp_path, database_url=url)
        refused(done, "database", "figment doctor")
        assert "hidden-word" not in done.stderr

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"storage_url": "ftp://host/x"}, "s3://"),
            ({"storage_url": "/dev/null/blobs"}, "Not a directory"),
            ({"data": "/dev/null/data"}, "/dev/null"),
        ],
    )
    async def test_what_can_be_mended_is_told(
        self, tmp_path: Path, external: str, wrong: dict[str, str], words: str
    ) -> None:
        settings = Settings.model_validate({"data": tmp_path, **wrong})
        with pytest.raises(CannotStart, match=words):
            async with started(open_house(settings, external)):
                pass


def test_web_and_worker_make_a_picture_together(tmp_path: Path, external: str) -> None:
    """Two processes that share a database and a folder of files, and nothing else."""
    settings = {"database_url": external, "storage_url": tmp_path / "blobs", "secret": "s" * 32}
    with running(tmp_path / "web", "web", "Figment is at", **settings) as (web, log):
        with running(tmp_path / "worker", "worker", "takes jobs", **settings) as (worker, _):
            found = re.search(r"Figment is at (\S+)", log())
            assert found is not None
            with httpx.Client(base_url=found[1], timeout=30, trust_env=False) as client:
                asked = client.post("/api/studio/generations", json={"prompt": "a red house", "steps": 2}).json()
                job = asked["jobs"][0]["id"]
                with client.stream("GET", f"/api/jobs/{job}/events") as stream:
                    stream.read()
                done = client.get(f"/api/jobs/{job}").json()
                assert done["state"] == "succeeded", done
                assert client.get(done["image"]["url"]).headers["content-type"] == "image/png"
            assert stopped(worker) == 0
        assert stopped(web) == 0


@contextlib.contextmanager
def running(
    data: Path, command: str, ready: str, **settings: object
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    data.mkdir()
    log = data / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*FIGMENT, command],
            env=environment(data, **settings) | {"PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while ready not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield process, log.read_text
    finally:
        process.kill()
        process.wait(10)


def stopped(process: subprocess.Popen[bytes]) -> int:
    family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    code = process.wait(30)
    assert [child for child in family if child.is_running()] == []
    return code
