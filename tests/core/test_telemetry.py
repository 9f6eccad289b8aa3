"""Logs: one JSON object a line with the request's id, and no local variables in a traceback."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any, Literal

import pytest
import structlog

from figment.core.telemetry import configure_logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    names = (
        "uvicorn",
        "uvicorn.error",
        "uvicorn.access",
        "httpx",
        "sqlalchemy",
        "alembic",
        "procrastinate",
        "psycopg.pool",
    )
    loggers = [(logging.getLogger(name), logging.getLogger(name).level) for name in names]
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
    for logger, was in loggers:
        logger.setLevel(was)


def write(form: Literal["auto", "text", "json"], capsys: pytest.CaptureFixture[str], level: str = "info") -> list[str]:
    configure_logs(form, level)
    structlog.contextvars.bind_contextvars(request_id="abc")
    log = structlog.get_logger("figment.test")
    log.debug("quiet")
    log.info("made", width_px=256)
    logging.getLogger("some.library").warning("from a library: %s", "words")
    logging.getLogger("httpx").info("too much")
    try:
        password = "swordfish"
        raise ValueError("broken" + password[:0])
    except ValueError:
        log.exception("failed")
    out = capsys.readouterr()
    assert out.out == "", "standard output is for what a command answers"
    return out.err.splitlines()


@pytest.mark.parametrize("form", ["json", "auto"])
def test_json_lines(form: Literal["auto", "json"], capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in write(form, capsys)]
    assert [line["event"] for line in lines] == ["made", "from a library: words", "failed"]
    assert all({"timestamp", "level", "logger"} <= line.keys() for line in lines)
    assert (lines[0]["request_id"], lines[0]["width_px"], lines[0]["logger"]) == ("abc", 256, "figment.test")
    assert lines[1]["level"] == "warning"
    assert "ValueError: broken" in lines[2]["exception"]
    assert "swordfish" not in lines[2]["exception"].replace('password = "swordfish"', "")


def test_text_for_people_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    text = "\n".join(write("text", capsys))
    assert "ValueError: broken" in text
    assert "swordfish" not in text
    assert "abc" in text


def test_the_level_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert "quiet" in "\n".join(write("text", capsys, "debug"))
    assert "made" not in "\n".join(write("text", capsys, "error"))
