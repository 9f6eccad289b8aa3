"""The whole API as its description says it is: whatever is sent, by whomever, no answer is a failure of ours or one that was not announced.

schemathesis makes the requests, right and wrong ones, out of the OpenAPI description; the server is a process of its own.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from figment.accounts.store import hash_token
from figment.core.postgres import running_url
from figment.main import openapi_schema
from tests.processes import served

EXAMPLES = 3
# They never end; tests/generation and tests/core/test_events.py follow them.
_STREAMS = ("/api/events", "/api/atlas/worlds/{world}/events")
_ROLES = {"guest": ("user", True), "user": ("user", False), "admin": ("admin", False)}

api = schemathesis.openapi.from_dict(openapi_schema()).exclude(path=list(_STREAMS))


@dataclass(frozen=True)
class Door:
    """Where the server is, and a way in for everybody."""

    address: str
    database: psycopg.Connection

    def session(self, role: str) -> dict[str, str]:
        """A new person's cookie: what was asked before may have ended their sessions, or them."""
        token = secrets.token_urlsafe(32)
        name, guest = _ROLES[role]
        self.database.execute(
            "WITH somebody AS (INSERT INTO people (name, role, guest) VALUES ('x', %s, %s) RETURNING id) "
            "INSERT INTO sessions (token_hash, person, expires_at, signed_in_at) "
            "SELECT %s, id, now() + interval '1 day', now() FROM somebody",
            [name, guest, hash_token(token)],
        )
        return {"Cookie": f"figment={token}"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    data = tmp_path_factory.mktemp("fuzz")
    limits = (
        "generations",
        "uploads",
        "newcomers",
        "newcomer_uploads",
        "sessions",
        "archives",
        "map_exports",
        "requests",
        "verify",
        "sign_ins",
        "sign_ups",
        "resets",
        "reports",
    )
    off = {f"limit_{limit}": "off" for limit in (*limits, "exports")}
    with served(data, **off) as server:
        url = running_url(data / "postgres")
        assert url is not None
        with psycopg.connect(url, autocommit=True) as connection:
            yield Door(server.address, connection)


@api.parametrize()
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_no_answer_is_a_surprise(case: Any, door: Door) -> None:
    for role in _ROLES:
        case.call_and_validate(
            base_url=door.address,
            headers=door.session(role),
            checks=[not_a_server_error, status_code_conformance],
            timeout=30,
            allow_redirects=False,
        )
