"""Settings from the environment, and the key that is made once."""

from __future__ import annotations

import stat
import subprocess
import sys
import threading
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from figment.core.settings import Settings


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"FIGMENT_{name.upper()}", value)
    return Settings()


def test_variables_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = read(monkeypatch, data=str(tmp_path), port="9", heartbeat_s="0.5", storage_url="s3://bucket/x")
    assert (found.data, found.port, found.heartbeat_s, found.blobs_url) == (tmp_path, 9, 0.5, "s3://bucket/x")


def test_what_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIGMENT_PORT", "9")
    assert Settings(port=10).port == 10


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As compose files write it: `FIGMENT_MODELS_DIR: ${MODELS_DIR:-}`."""
    found = read(monkeypatch, models_dir="", web_dir="", database_url="", port="", trusted_proxies="", secret="")
    assert (found.models_dir, found.web_dir, found.database_url, found.port) == (None, None, None, 8000)
    assert found.trusted_proxies == ()


def test_trusted_proxies_are_a_list_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(monkeypatch, trusted_proxies="10.0.0.0/8, 192.0.2.1 ,, fd00::/8")
    assert found.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("192.0.2.1/32"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "http"),
        ("port", "65536"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "proxy.example"),
        ("log_level", "loud"),
        ("limit_uploads", "lots"),
        ("limit_requests", "0/minute"),
        ("secret", "short"),
        ("heartbeat_s", "0"),
        ("upload_bytes", "-1"),
        ("database_pool", "1"),
        ("engine", "cuda"),
        ("engine", "ray://head"),
        ("engine", "head:6379"),
        ("pool_max_replicas", "0"),
        ("pool_replica_requests", "7"),
    ],
)
def test_a_wrong_value_is_told_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(monkeypatch, **{name: value})
    assert {error["loc"][0] for error in refused.value.errors()} == {name}


def test_most_replicas_are_no_fewer_than_least(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="FIGMENT_POOL_MIN_REPLICAS"):
        read(monkeypatch, pool_min_replicas="3", pool_max_replicas="2")
    assert read(monkeypatch, engine="ray://head:10001", pool_max_replicas="3").pool_max_replicas == 3


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not (field.description or "").endswith(".")] == []


class TestKey:
    def test_it_is_given(self, tmp_path: Path) -> None:
        assert Settings(data=tmp_path, secret="s" * 20).signing_key == b"s" * 20
        assert not (tmp_path / "secret").exists()

    def test_it_is_made_once_and_is_for_its_owner_only(self, tmp_path: Path) -> None:
        data = tmp_path / "new" / "data"
        key = Settings(data=data).signing_key
        assert len(key) == 64
        assert Settings(data=data).signing_key == key
        assert stat.S_IMODE((data / "secret").stat().st_mode) == 0o600
        assert [path.name for path in data.iterdir()] == ["secret"]

    def test_threads_agree(self, tmp_path: Path) -> None:
        for round_ in range(20):
            together = threading.Barrier(8)
            keys: list[bytes] = []

            def make(data: Path = tmp_path / str(round_), together: threading.Barrier = together) -> None:
                settings = Settings(data=data)
                together.wait()
                keys.append(settings.signing_key)  # noqa: B023

            threads = [threading.Thread(target=make) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(keys) == 8
            assert len(set(keys)) == 1
            assert [path.name for path in (tmp_path / str(round_)).iterdir()] == ["secret"]

    def test_processes_agree(self, tmp_path: Path) -> None:
        script = "import sys; from pathlib import Path; from figment.core.settings import Settings; sys.stdin.read(1);"
        script += "print(Settings(data=Path(sys.argv[1])).signing_key.decode())"
        started = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(tmp_path / "data")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(3)
        ]
        keys = {process.communicate("x", timeout=60)[0] for process in started}
        assert len(keys) == 1
        assert len(keys.pop().strip()) == 64
