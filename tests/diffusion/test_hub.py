"""What the hub answers, on a small server that answers as it does: https://huggingface.co/docs/hub/api."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from figment.engine.backends.diffusion import hub
from figment.engine.errors import BrokenModel, HubUnreachable, NeedsToken, NoSuchModel

ANSWERS = {"gated": (403, "GatedRepo"), "nothing": (404, "RepoNotFound"), "private": (401, "RepoNotFound")}


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind = next((kind for kind in ANSWERS if kind in self.path), "nothing")
        status, code = ANSWERS[kind]
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", "as the hub says")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def _hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", address)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.usefixtures("_hub")
@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("someone/gated", NeedsToken, "HF_TOKEN"),
        ("someone/nothing", NoSuchModel, "Check the name"),
        ("someone/private", NoSuchModel, "a private one needs HF_TOKEN"),
    ],
)
def test_why_a_model_cannot_be_had_is_told_apart(name: str, kind: type[BrokenModel], message: str) -> None:
    with pytest.raises(kind, match=message) as refused:
        hub.fetch(name)
    assert name in str(refused.value)


def test_a_hub_that_cannot_be_reached_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", "http://127.0.0.1:1")
    with pytest.raises(HubUnreachable, match=r"someone/nothing is not in this machine's cache.*name a folder"):
        hub.fetch("someone/nothing")


def test_what_has_come_so_far_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert hub.bytes_fetched("someone/model") == 0
    blobs = tmp_path / "models--someone--model" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "whole").write_bytes(b"x" * 100)
    (blobs / "coming.incomplete").write_bytes(b"x" * 20)
    assert hub.bytes_fetched("someone/model") == 120
