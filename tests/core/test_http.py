"""The edge: one shape for every failure, who may write, how much, from which address, and how the web app is served."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address, ip_network
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.middleware import Middleware
from structlog.testing import capture_logs

from figment.core import errors, http
from figment.core.http import client_address, counted_as
from figment.core.limits import Rate, Throttle
from tests.http import Site

PROXY = "10.9.9.9"
TRUSTED = (ip_network("10.9.0.0/16"), ip_network("fd00::/8"))
SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}


DIALECTS: http.Dialects = {"/v9/": lambda error: PlainTextResponse(f"in short: {error.code}", error.status)}


class Note(BaseModel):
    words: str


def small_app(limit: int = 1000, rate: str = "off") -> FastAPI:
    app = FastAPI(
        middleware=[
            Middleware(
                http.Edge,
                trusted=TRUSTED,
                body_limit=lambda _: limit,
                throttle=Throttle(Rate.parse(rate)),
                dialects=DIALECTS,
            )
        ]
    )
    http.add_error_handlers(app, DIALECTS)

    @app.get("/fail/{kind}")
    async def fail(kind: str) -> None:
        raise {
            "crash": RuntimeError("the password is swordfish"),
            "group": ExceptionGroup("several", [ValueError("swordfish")]),
            **{cls.code: cls("In words.") for cls in (errors.Forbidden, errors.NotSignedIn, errors.Unavailable)},
            "slow": errors.RateLimited(retry_after_s=1.2),
        }[kind]

    @app.post("/v9/note")
    async def short_note(note: Note) -> str:
        return note.words

    @app.get("/v9/crash")
    async def crash() -> None:
        raise RuntimeError("the password is swordfish")

    @app.get("/api/who")
    async def who(request: Request) -> dict[str, Any]:
        return {"address": request.state.address, "scheme": request.url.scheme}

    @app.post("/api/note")
    async def note(note: Note) -> Note:
        return note

    @app.post("/api/bytes")
    async def count(request: Request) -> int:
        return len(await request.body())

    http.add_api_fallback(app)
    return app


@contextlib.asynccontextmanager
async def talking(app: FastAPI, address: str = "192.0.2.1") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://figment.test") as client:
        yield client


def check_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.headers["x-request-id"]) == 16
    assert SECURITY.items() <= answer.headers.items()
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"]
    assert problem["title"]
    assert problem["type"].endswith(code)
    return problem


class TestFailures:
    @pytest.mark.parametrize("kind", ["crash", "group"])
    async def test_what_nobody_foresaw_says_nothing_of_itself(self, kind: str) -> None:
        with capture_logs() as logs:
            async with talking(small_app()) as client:
                answer = await client.get(f"/fail/{kind}")
        check_problem(answer, 500, "internal")
        assert "swordfish" not in answer.text
        [crash] = [entry for entry in logs if entry["event"] == "request.crashed"]
        assert crash["log_level"] == "error"
        assert "swordfish" in repr(crash["exc_info"])

    @pytest.mark.parametrize(("code", "status"), [("forbidden", 403), ("not_signed_in", 401), ("unavailable", 503)])
    async def test_foreseen_failures_speak(self, code: str, status: int) -> None:
        async with talking(small_app()) as client:
            answer = await client.get(f"/fail/{code}")
        assert check_problem(answer, status, code)["detail"] == "In words."
        assert ("www-authenticate" in answer.headers) == (status == 401)

    @pytest.mark.parametrize(
        ("request_", "said"),
        [
            (("GET", "/v9/crash"), "internal"),
            (("POST", "/v9/note"), "invalid_input"),
            (("GET", "/v9/nothing"), "not_found"),
            (("PUT", "/v9/note"), "method_not_allowed"),
        ],
    )
    async def test_an_address_with_a_dialect_says_its_errors_in_it(self, request_: tuple[str, str], said: str) -> None:
        async with talking(small_app()) as client:
            assert (await client.request(*request_, json={})).text == f"in short: {said}"
            foreign = await client.post("/v9/note", headers={"Sec-Fetch-Site": "cross-site"})
            long = await client.post("/v9/note", content=b"x" * 1001)
        assert (foreign.text, long.text) == ("in short: foreign_origin", "in short: body_too_large")

    async def test_retry_after_is_whole_seconds_and_never_too_few(self) -> None:
        async with talking(small_app()) as client:
            answer = await client.get("/fail/slow")
        problem = check_problem(answer, 429, "rate_limited")
        assert answer.headers["retry-after"] == "2"
        assert problem["retry_after_s"] == 2

    async def test_an_answer_that_breaks_off_is_broken_off(self) -> None:
        app = small_app()
        sent: list[str] = []

        async def half(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise RuntimeError("in the middle")

        app.mount("/half", half)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        scope = {"type": "http", "method": "GET", "path": "/half/", "headers": [], "query_string": b"", "root_path": ""}
        with capture_logs(), pytest.raises(RuntimeError, match="in the middle"):
            await app(scope, receive, send)
        assert sent == ["http.response.start"]

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def test_an_unknown_api_address_is_a_404_in_words(self, visitor: httpx.AsyncClient, method: str) -> None:
        problem = check_problem(await visitor.request(method, "/api/nothing/here"), 404, "not_found")
        assert "/api/nothing/here" in problem["detail"]

    async def test_a_wrong_method_is_a_405(self, visitor: httpx.AsyncClient) -> None:
        check_problem(await visitor.post("/healthz"), 405, "method_not_allowed")
        check_problem(await visitor.put("/some/page"), 405, "method_not_allowed")

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            (b'{"words": ', "application/json", 400),
            (b'{"words": "\xff\xfe"}', "application/json", 400),
            (b"[" * 900, "application/json", 400),
            (b'{"words": "a"}', "text/plain", 422),
            (b"", "application/json", 422),
            (b"null", "application/json", 422),
            (b'{"words": 1}', "application/json", 422),
        ],
    )
    async def test_a_body_that_cannot_be_read_is_a_clear_4xx(self, body: bytes, kind: str, status: int) -> None:
        async with talking(small_app()) as client:
            answer = await client.post("/api/note", content=body, headers={"content-type": kind})
        check_problem(answer, status, "malformed_request" if status == 400 else "invalid_input")

    async def test_deep_nesting_does_not_end_the_server(self, visitor: httpx.AsyncClient) -> None:
        for body in (b"[" * 500_000, b'{"prompt":' * 90_000):
            answer = await visitor.post(
                "/api/studio/generations", content=body, headers={"content-type": "application/json"}
            )
            check_problem(answer, 400, "malformed_request")

    @pytest.mark.parametrize("key", ["\\ud800", "\\u0000", "x" * 1000])
    async def test_fields_of_any_name_are_refused_by_name(self, visitor: httpx.AsyncClient, key: str) -> None:
        answer = await visitor.post(
            "/api/studio/generations",
            content=f'{{"prompt": "a", "{key}": 1}}'.encode(),
            headers={"content-type": "application/json"},
        )
        check_problem(answer, 422, "invalid_input")

    async def test_each_field_at_fault_is_named(self, visitor: httpx.AsyncClient) -> None:
        answer = await visitor.post("/api/studio/generations", json={"prompt": 1, "steps": 0})
        fields = [error["field"] for error in check_problem(answer, 422, "invalid_input")["errors"]]
        assert fields == ["prompt", "steps"]

    @pytest.mark.parametrize("words", ["a\\u0000b", "\\ud800", "\\udfff\\ud800"])
    async def test_text_that_cannot_be_kept_is_refused(self, visitor: httpx.AsyncClient, words: str) -> None:
        for field in ("prompt", "negative_prompt", "model"):
            answer = await visitor.post(
                "/api/studio/generations",
                content=f'{{"prompt": "a", "{field}": "{words}"}}'.encode(),
                headers={"content-type": "application/json"},
            )
            [error] = check_problem(answer, 422, "invalid_input")["errors"]
            assert error["field"] == field

    async def test_a_search_for_what_cannot_be_kept_is_refused(self, visitor: httpx.AsyncClient) -> None:
        await visitor.post("/api/session")
        answer = await visitor.get("/api/studio/generations?q=a%00b")
        assert check_problem(answer, 422, "invalid_input")["errors"][0]["field"] == "q"

    @pytest.mark.parametrize("path", ["/%00", "/api/%00", "/files/%00/x", "/blobs/%00", "/a" * 3000, "/%ff%fe"])
    async def test_strange_paths_never_crash(self, visitor: httpx.AsyncClient, path: str) -> None:
        assert (await visitor.get(path)).status_code < 500


class TestOrigin:
    """Cross-site request forgery: a browser says where a request comes from, and only our own pages may change things."""

    @pytest.mark.parametrize(
        ("headers", "allowed"),
        [
            ({}, True),
            ({"sec-fetch-site": "same-origin"}, True),
            ({"sec-fetch-site": "none"}, True),
            ({"sec-fetch-site": "cross-site"}, False),
            ({"sec-fetch-site": "same-site"}, False),
            ({"sec-fetch-site": "cross-site", "origin": "http://figment.test"}, False),
            ({"origin": "http://figment.test"}, True),
            ({"origin": "https://figment.test"}, False),
            ({"origin": "http://figment.test.evil.example"}, False),
            ({"origin": "http://figment.test:8080"}, False),
            ({"origin": "null"}, False),
            ({"origin": ""}, False),
            ({"sec-fetch-site": "cross-site", "authorization": "Bearer fig_x"}, True),
            ({"sec-fetch-site": "cross-site", "authorization": "Basic dXNlcjpwYXNz"}, False),
        ],
    )
    async def test_writing(self, headers: dict[str, str], allowed: bool) -> None:
        async with talking(small_app()) as client:
            written = await client.post("/api/note", json={"words": "a"}, headers=headers)
            read = await client.get("/api/who", headers=headers)
        assert read.status_code == 200
        if allowed:
            assert written.status_code == 200
        else:
            check_problem(written, 403, "foreign_origin")

    async def test_behind_a_proxy_with_tls_the_origin_has_its_scheme(self) -> None:
        headers = {"origin": "https://figment.test", "x-forwarded-proto": "https"}
        async with talking(small_app(), PROXY) as client:
            assert (await client.post("/api/note", json={"words": "a"}, headers=headers)).status_code == 200
        async with talking(small_app()) as client:
            assert (await client.post("/api/note", json={"words": "a"}, headers=headers)).status_code == 403


class TestBodyLimit:
    async def test_by_the_length_that_is_said(self) -> None:
        async with talking(small_app(limit=1000)) as client:
            assert (await client.post("/api/bytes", content=bytes(1000))).json() == 1000
            check_problem(await client.post("/api/bytes", content=bytes(1001)), 413, "body_too_large")

    @pytest.mark.parametrize("path", ["/api/bytes", "/api/note"])
    async def test_by_what_arrives_when_no_length_is_said(self, path: str) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield b" " * 100

        async with talking(small_app(limit=1000)) as client:
            answer = await client.post(path, content=pieces(), headers={"content-type": "application/json"})
        check_problem(answer, 413, "body_too_large")

    async def test_a_length_that_lies_does_not_help(self) -> None:
        async with talking(small_app(limit=1000)) as client:
            answer = await client.post("/api/bytes", content=bytes(5000), headers={"content-length": "10"})
        check_problem(answer, 413, "body_too_large")

    async def test_over_a_real_connection_without_a_length(self, visitor: httpx.AsyncClient) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield bytes(64 * 1024)

        answer = await visitor.post(
            "/api/studio/generations", content=pieces(), headers={"content-type": "application/json"}
        )
        check_problem(answer, 413, "body_too_large")
        assert (await visitor.get("/healthz")).status_code == 200


ADDRESSES = st.one_of(
    st.ip_addresses().map(str), st.text(alphabet="abc.:019 ", max_size=12), st.just(PROXY), st.just("10.9.1.1")
)


def scope(hop: str, forwarded: str) -> dict[str, Any]:
    return {"type": "http", "client": (hop, 1), "headers": [(b"x-forwarded-for", forwarded.encode("latin-1"))]}


class TestAddress:
    @given(st.lists(ADDRESSES, max_size=5), st.ip_addresses(v=4), st.integers(0, 3))
    def test_what_a_client_wrote_itself_never_matters(
        self, invented: Sequence[str], real: IPv4Address, proxies: int
    ) -> None:
        if real in TRUSTED[0]:
            return
        chain = [str(real), *(f"10.9.0.{n + 1}" for n in range(proxies))]
        header = ", ".join([*invented, *chain])
        assert client_address(scope(PROXY, header), TRUSTED) == str(real)

    @given(st.lists(ADDRESSES, max_size=5))
    def test_a_hop_that_is_not_trusted_says_nothing(self, invented: Sequence[str]) -> None:
        assert client_address(scope("192.0.2.7", ", ".join(invented)), TRUSTED) == "192.0.2.7"

    def test_nobody_is_trusted_by_default(self) -> None:
        assert client_address(scope("127.0.0.1", "1.2.3.4"), ()) == "127.0.0.1"

    def test_a_proxy_on_a_dual_stack_socket_is_known(self) -> None:
        assert client_address(scope(f"::ffff:{PROXY}", "1.2.3.4"), TRUSTED) == "1.2.3.4"

    def test_without_a_header_or_a_peer(self) -> None:
        assert client_address({"type": "http", "client": (PROXY, 1), "headers": []}, TRUSTED) == PROXY
        assert client_address({"type": "http", "client": None, "headers": []}, TRUSTED) == "unknown"

    @pytest.mark.parametrize(
        ("address", "key"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("unknown", "unknown"),
        ],
    )
    def test_limits_count_an_ipv6_network_as_one(self, address: str, key: str) -> None:
        assert counted_as(address) == key

    async def test_the_scheme_is_believed_of_a_trusted_proxy_only(self) -> None:
        for hop, forwarded, scheme in [
            (PROXY, "https", "https"),
            ("192.0.2.1", "https", "http"),
            (PROXY, "gopher", "http"),
        ]:
            async with talking(small_app(), hop) as client:
                told = (await client.get("/api/who", headers={"x-forwarded-proto": forwarded})).json()
            assert told["scheme"] == scheme


class TestThrottle:
    def test_a_burst_passes_then_it_refills(self) -> None:
        now = [100.0]
        throttle = Throttle(Rate(1200, 60), clock=lambda: now[0])
        for _ in range(1200):
            throttle.spend("a")
        with pytest.raises(errors.RateLimited) as refused:
            throttle.spend("a")
        assert refused.value.extra["retry_after_s"] == 1
        throttle.spend("b")
        now[0] += 0.0501
        throttle.spend("a")
        with pytest.raises(errors.RateLimited):
            throttle.spend("a")

    def test_it_forgets_who_came_longest_ago_and_holds_no_more_than_it_may(self) -> None:
        throttle = Throttle(Rate(1, 3600), most_keys=3)
        for key in "abc":
            throttle.spend(key)
        with pytest.raises(errors.RateLimited):
            throttle.spend("a")
        throttle.spend("d")
        with pytest.raises(errors.RateLimited):
            throttle.spend("a")
        throttle.spend("b")

    async def test_api_requests_of_an_address_are_counted_and_nothing_else_is(self) -> None:
        app = small_app(rate="3/hour")
        async with talking(app) as client:
            for _ in range(3):
                assert (await client.get("/api/who")).status_code == 200
            refused = await client.get("/api/who")
            check_problem(refused, 429, "rate_limited")
            assert refused.headers["retry-after"] == "1200"
            assert (await client.get("/fail/forbidden")).status_code == 403
        async with talking(app, "192.0.2.2") as other:
            assert (await other.get("/api/who")).status_code == 200


class TestWebApp:
    @pytest.mark.parametrize("path", ["/", "/studio", "/atlas/world@1,2,3", "/index.html", "/welcome"])
    async def test_every_page_is_the_app(self, visitor: httpx.AsyncClient, path: str) -> None:
        page = await visitor.get(path)
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "<title>Figment</title>" in page.text
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "'unsafe-eval'" not in policy
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy
        assert SECURITY.items() <= page.headers.items()

    async def test_hashed_files_are_kept_for_ever(self, visitor: httpx.AsyncClient) -> None:
        script = await visitor.get("/assets/app-1a2b.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert SECURITY.items() <= script.headers.items()

    async def test_a_missing_script_is_not_a_page(self, visitor: httpx.AsyncClient) -> None:
        missing = await visitor.get("/assets/gone.js")
        check_problem(missing, 404, "not_found")
        assert "immutable" not in missing.headers.get("cache-control", "")

    @pytest.mark.parametrize(
        "path", ["/..%2f..%2fdata%2fsecret", "/assets/..%2f..%2f..%2fdata%2fsecret", "/%2e%2e/data/secret"]
    )
    async def test_nothing_outside_the_folder_is_served(
        self, site: Site, visitor: httpx.AsyncClient, path: str
    ) -> None:
        secret = (site.data / "secret").read_text()
        assert secret not in (await visitor.get(path)).text

    async def test_what_is_not_built_says_how(self, tmp_path: Any) -> None:
        app = small_app()
        app.mount("/", http.WebApp(tmp_path / "nothing"))
        async with talking(app) as client:
            answer = await client.get("/studio")
        assert answer.status_code == 503
        assert "make web" in answer.text


class TestLimitsOverHttp:
    """The defaults, with the addresses that a trusted proxy tells."""

    async def test_thirty_images_a_minute(self, site: Site) -> None:
        async with site.visitor() as client, site.visitor() as elsewhere:
            for _ in range(3):
                assert (await ask(client, count=8)).status_code == 202
            for _ in range(6):
                assert (await ask(client)).status_code == 202
            refused = await ask(client)
            check_problem(refused, 429, "rate_limited")
            assert 1 <= int(refused.headers["retry-after"]) <= 2
            assert (await ask(elsewhere)).status_code == 202
            await forget(client)
            await forget(elsewhere)

    async def test_two_people_at_one_address_share_its_budget(self, site: Site) -> None:
        async with site.visitor() as first, site.visitor() as second:
            second.headers["X-Forwarded-For"] = "6.6.6.6, " + first.headers["X-Forwarded-For"]
            for client in (first, second, first):
                assert (await ask(client, count=8)).status_code == 202
            refused = await ask(second, count=8)
            check_problem(refused, 429, "rate_limited")
            assert 2 <= int(refused.headers["retry-after"]) <= 4
            await forget(first)
            await forget(second)

    async def test_one_person_at_two_addresses_has_one_budget(self, site: Site) -> None:
        async with site.visitor() as client:
            for n in range(3):
                answer = await ask(client, count=8, address=f"10.77.0.{n}")
                assert answer.status_code == 202
            check_problem(await ask(client, count=8, address="10.77.0.9"), 429, "rate_limited")
            await forget(client)

    async def test_a_request_that_is_refused_for_its_fields_costs_nothing(self, site: Site) -> None:
        async with site.visitor() as client:
            await client.post("/api/session")
            for _ in range(31):
                assert (await ask(client, count=9)).status_code == 422

    async def test_guests_from_one_address(self, site: Site) -> None:
        async with site.visitor() as client:
            answers = []
            for _ in range(21):
                client.cookies.clear()
                answers.append((await client.post("/api/session")).status_code)
            assert answers == [200] * 20 + [429]


async def ask(client: httpx.AsyncClient, count: int = 1, address: str | None = None) -> httpx.Response:
    headers = {"X-Forwarded-For": address} if address else {}
    return await client.post("/api/studio/generations", json={"prompt": "a", "count": count}, headers=headers)


async def forget(client: httpx.AsyncClient) -> None:
    """Nobody makes these images: take them out of the queue that all tests share."""
    page = (await client.get("/api/studio/generations", params={"limit": 100})).json()
    await asyncio.gather(*(client.delete(f"/api/studio/generations/{item['id']}") for item in page["items"]))
