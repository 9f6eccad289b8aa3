"""The reference says what the code does: every setting, error, command, job state, event and route, and none that is gone."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from typing import get_args

import pytest

from figment.core import http
from figment.core.events import Gap
from figment.core.settings import Settings
from figment.generation import routes
from figment.generation.schemas import FINAL, Job, JobState
from figment.main import openapi_schema
from tests.docs.markdown import REFERENCE, first_cells, section
from tools import reference

SOURCES = sorted((reference.ROOT / "figment").rglob("*.py"))


@pytest.mark.parametrize("name", list(reference.PAGES))
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (REFERENCE / name).read_text() == reference.PAGES[name]() + "\n", "run `python -m tools.reference`"


def test_every_setting_has_its_heading() -> None:
    headings = re.findall(r"^## (.+)$", (REFERENCE / "settings.md").read_text(), re.MULTILINE)
    assert headings == [reference.setting_name(name) for name in Settings.model_fields]


def test_every_error_says_what_to_do_under_a_code_of_its_own() -> None:
    classes = reference.error_classes()
    codes = [error.code for error in classes]
    assert sorted(set(codes)) == codes
    assert [error.__name__ for error in classes if not error.__doc__ or error.message()[-1] not in ".`"] == []
    assert all(400 <= error.status < 600 for error in classes)


def test_the_reference_is_made_without_a_device_library() -> None:
    assert not any("onnxruntime" in line for line in _imports_of(reference.__file__))
    asks = "import sys; from tools import reference; reference.error_classes(); sys.exit('torch' in sys.modules)"
    # In a process of its own: other tests of the run load it here.
    assert subprocess.run([sys.executable, "-c", asks], cwd=reference.ROOT).returncode == 0


def _imports_of(path: str) -> list[str]:
    with open(path) as file:
        return [ast.unparse(node) for node in ast.walk(ast.parse(file.read())) if isinstance(node, ast.Import)]


def test_every_command_has_its_heading() -> None:
    headings = re.findall(r"^## (.+)$", (REFERENCE / "cli.md").read_text(), re.MULTILINE)
    assert headings == [name for name, _ in reference.commands()]


def test_every_job_state_has_its_row_and_its_place_in_the_diagram() -> None:
    text = section("events.md", "States of a job")
    assert set(first_cells(text)) == set(get_args(JobState))
    drawn = {word for line in re.findall(r"^ {4}(.+-->.+)$", text, re.MULTILINE) for word in _ends_of_arrow(line)}
    assert drawn - {"[*]"} == set(get_args(JobState))
    assert {state for state in FINAL if f"{state} --> [*]" not in text} == set()


def _ends_of_arrow(line: str) -> list[str]:
    return [part.split(":")[0].strip() for part in line.split("-->")]


def test_every_event_of_a_jobs_stream_has_its_row() -> None:
    named = first_cells(section("events.md", "`GET /api/jobs/{job}/events`"))
    assert sorted(named) == sorted(routes._EVENT_NAMES.values())
    assert routes._EVENT_NAMES.keys() == set(get_args(JobState))


def test_every_event_of_the_other_streams_has_its_row() -> None:
    gap = http.event_frame(Gap(1)).event
    mine = set(first_cells(section("events.md", "`GET /api/events`")))
    worlds = set(first_cells(section("events.md", "`GET /api/atlas/worlds/{world}/events`")))
    assert mine & worlds == {gap}
    assert mine | worlds == {gap, *_published_types()}


def _published_types() -> set[str]:
    """The second argument of every `Event(…)` in the code: the types that are ever published."""
    calls = [node for path in SOURCES for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    made = [call for call in calls if ast.unparse(call.func).split(".")[-1] == "Event" and len(call.args) > 2]
    return {str(call.args[1].value) for call in made if isinstance(call.args[1], ast.Constant)}


def test_every_field_of_a_job_has_its_row() -> None:
    assert first_cells(section("events.md", "The data of a job")) == list(Job.model_fields)


def test_every_reason_for_which_a_job_fails_has_its_row() -> None:
    tree = ast.parse((reference.ROOT / "figment" / "generation" / "jobs.py").read_text())
    tuples = [node.elts for node in ast.walk(tree) if isinstance(node, ast.Tuple) and len(node.elts) == 3]
    codes = {
        code.value
        for code, _, retryable in tuples
        if isinstance(code, ast.Constant) and isinstance(retryable, ast.Constant) and isinstance(retryable.value, bool)
    }
    assert set(first_cells(section("events.md", "Why a job failed"))) == codes


def test_every_route_has_its_row() -> None:
    paths = openapi_schema()["paths"]
    assert isinstance(paths, dict)
    served = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    sockets = {route for route in reference.actions() if route.startswith("WEBSOCKET")}
    assert sockets
    assert set(first_cells(section("api.md", "Routes"))) == served | sockets
