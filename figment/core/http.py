"""The edge: problem details, request ids, security headers, origin checks, body limits, event streams, the built web app."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from fastapi.routing import APIRoute
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from figment.core.errors import (
    AskerGone,
    BodyTooLarge,
    FigmentError,
    ForeignOrigin,
    InvalidInput,
    MalformedRequest,
    MethodNotAllowed,
    NotFound,
    NotSignedIn,
    RateLimited,
    Unavailable,
)
from figment.core.events import Event, Gap
from figment.core.limits import Throttle
from figment.core.problems import problems
from figment.core.settings import Network
from figment.core.storage import Storage, content_disposition

log = structlog.get_logger(__name__)

PING_S = 15
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages and pictures are files with names that never change: a gallery may load hundreds.
_COUNTED_PATHS = ("/api/", "/blobs/", "/v1/")
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
# Mantine sets element styles at run time, hence the style exception. Of scripts only our files run; those may compile WebAssembly, for pictures
# that the browser makes itself.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; script-src 'self' 'wasm-unsafe-eval'; "
    "connect-src 'self'; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


T = TypeVar("T")
ErrorResponse = Callable[[FigmentError], Response]
Dialects = Mapping[str, ErrorResponse]
"""How errors are said below an address, by how it begins, where it is not as problem details."""


# What any route can be answered before it is reached, or when the database is away.
EDGE_PROBLEMS = problems(
    MalformedRequest, NotSignedIn, ForeignOrigin, BodyTooLarge, InvalidInput, RateLimited, Unavailable
)


def error_headers(error: FigmentError) -> dict[str, str]:
    """`Retry-After` where it is worth asking again, `WWW-Authenticate` where nobody knows who asks."""
    headers = {}
    if retry_after_s := error.extra.get("retry_after_s"):
        headers["Retry-After"] = str(retry_after_s)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def problem_response(error: FigmentError) -> Response:
    """An error as `application/problem+json` (RFC 9457)."""
    return JSONResponse(
        error.problem(), status_code=error.status, headers=error_headers(error), media_type="application/problem+json"
    )


def _said_at(path: str, dialects: Dialects) -> ErrorResponse:
    return next((said for prefix, said in dialects.items() if path.startswith(prefix)), problem_response)


def add_error_handlers(app: FastAPI, dialects: Dialects) -> None:
    """Give every failure the one shape that its address has."""

    def answer(request: Request, error: FigmentError) -> Response:
        return _said_at(request.url.path, dialects)(error)

    @app.exception_handler(FigmentError)
    async def figment_error(request: Request, error: FigmentError) -> Response:
        if error.status >= 500:
            log.error("request.failed", code=error.code, detail=error.detail, exc_info=error.__cause__)
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return answer(request, _from_validation(error))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        known = {404: NotFound, 405: MethodNotAllowed}.get(error.status_code)
        if known:
            return answer(request, known())
        if error.status_code == BodyTooLarge.status:
            return answer(request, BodyTooLarge(str(error.detail)))
        other = MalformedRequest(str(error.detail))
        other.status = error.status_code
        return answer(request, other)


def add_docs(app: FastAPI, web_root: Path) -> None:
    """`/docs` without a content delivery network, and what each problem's `type` leads to."""
    app.mount("/docs/vendor", StaticFiles(directory=web_root / "vendor", check_dir=False))

    @app.get("/docs", include_in_schema=False)
    async def swagger() -> Response:
        return get_swagger_ui_html(
            openapi_url=app.openapi_url or "",
            title=f"{app.title} API",
            swagger_js_url="/docs/vendor/swagger-ui-bundle.js",
            swagger_css_url="/docs/vendor/swagger-ui.css",
            swagger_favicon_url="/icon.svg",
        )

    @app.get("/docs/errors/{code}", include_in_schema=False)
    async def error_page(code: str) -> Response:
        for error in FigmentError.every():
            if error.code == code:
                return PlainTextResponse(f"{error.title()} ({error.status})\n\n{error.message()}\n")
        raise NotFound(f"There is no error {code[:60]!r}.")


def _from_validation(error: RequestValidationError) -> FigmentError:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return MalformedRequest()
    fields = [{"field": _field(item["loc"]), "message": _sentence(item["msg"])} for item in found]
    summary = "; ".join(f"{item['field']}: {item['message']}" for item in fields)
    return InvalidInput(summary, errors=fields)


def _field(location: Sequence[str | int]) -> str:
    path = [str(part) for part in location if part not in ("body", "query", "path", "header")]
    return ".".join(path) or "body"


def _sentence(message: str) -> str:
    if message == "Extra inputs are not permitted":
        return "This is not known here; leave it out."
    return message.removeprefix("Value error, ").replace("Input should", "Should", 1)


def client_address(scope: Scope, trusted: Sequence[Network]) -> str:
    """The address that a request came from: the nearest hop of `X-Forwarded-For` that is no proxy of ours.

    The header is read from the right, and only as long as the hop that added it is trusted: whatever a client wrote into it
    stands further left and is never reached.
    """
    hop = scope["client"][0] if scope.get("client") else "unknown"
    forwarded = Headers(scope=scope).get("x-forwarded-for", "")
    for candidate in reversed([part.strip() for part in forwarded.split(",") if part.strip()]):
        if not _is_trusted(hop, trusted):
            break
        hop = candidate
    return hop


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    # A socket that listens on `::` calls 10.0.0.1 ::ffff:10.0.0.1.
    return getattr(parsed, "ipv4_mapped", None) or parsed


def counted_as(address: str) -> str:
    """What limits count by: the address, or its /64 in IPv6, where one customer has 2⁶⁴ of them."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed) >> 64 << 64, 64)))
    return address if parsed is None else str(parsed)


class Edge:
    """Outermost ASGI layer: names the request, refuses foreign origins, floods and oversized bodies, adds the security headers.

    What nobody foresaw ends here as well: further out, the answer would go without the request's name.
    """

    def __init__(
        self,
        app: ASGIApp,
        trusted: Sequence[Network],
        body_limit: Callable[[str], int],
        throttle: Throttle,
        dialects: Dialects,
    ) -> None:
        self._app = app
        self._trusted = trusted
        self._body_limit = body_limit
        self._throttle = throttle
        self._dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        started = time.perf_counter()
        address = client_address(scope, self._trusted)
        scope["state"] = {**scope.get("state", {}), "address": counted_as(address), "request_id": request_id}
        self._believe_proxy_scheme(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for cookie in scope["state"].get("cookies", ()):
                    headers.append("Set-Cookie", cookie)
                for name, value in _SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._refuse(scope)
            await self._app(scope, _bounded(receive, self._body_limit(scope["path"])), send_with_headers)
        except FigmentError as refusal:
            await _said_at(scope["path"], self._dialects)(refusal)(scope, receive, send_with_headers)
        except Exception as error:
            log.error("request.crashed", exc_info=error)
            if status:
                # The answer has begun: only a broken connection can say now that it is not whole.
                raise
            await _said_at(scope["path"], self._dialects)(FigmentError())(scope, receive, send_with_headers)
        took_ms = round((time.perf_counter() - started) * 1000, 1)
        level = log.info if status >= 500 or scope["method"] not in _SAFE_METHODS else log.debug
        level("request", method=scope["method"], path=scope["path"], status=status, took_ms=took_ms, address=address)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: no browser asks leave before it opens one at another site, so every one of those is refused."""
        address = counted_as(client_address(scope, self._trusted))
        scope["state"] = {**scope.get("state", {}), "address": address, "request_id": secrets.token_hex(8)}
        self._believe_proxy_scheme(scope)
        headers = Headers(scope=scope)
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        try:
            self._throttle.spend(address)
            if _is_foreign(headers, scheme):
                raise ForeignOrigin
        except FigmentError as refusal:
            await _said_at(scope["path"], self._dialects)(refusal)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _believe_proxy_scheme(self, scope: Scope) -> None:
        hop = scope["client"][0] if scope.get("client") else ""
        scheme = Headers(scope=scope).get("x-forwarded-proto")
        if scheme in ("http", "https") and _is_trusted(hop, self._trusted):
            scope["scheme"] = scheme

    def _refuse(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        if scope["path"].startswith(_COUNTED_PATHS):
            self._throttle.spend(scope["state"]["address"])
        if scope["method"] not in _SAFE_METHODS and _is_foreign(headers, scope["scheme"]):
            raise ForeignOrigin
        limit = self._body_limit(scope["path"])
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > limit:
            raise BodyTooLarge(f"At most {limit // 1024} KiB are accepted here; {int(length) // 1024} KiB were sent.")


def _is_foreign(headers: Headers, scheme: str) -> bool:
    """Whether a browser sent this for another site (Fetch Metadata, with Origin for browsers that lack it).

    A request that carries a bearer token needs no cookie, and cannot be forged by a page that does not know the token. (`Basic`
    can: a browser adds by itself what it once told a proxy in front.)
    """
    if headers.get("authorization", "").lower().startswith("bearer "):
        return False
    site = headers.get("sec-fetch-site")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin != f"{scheme}://{headers.get('host', '')}"


def _bounded(receive: Receive, limit: int) -> Receive:
    """Stops a body that says nothing of its length, or lies, as soon as it is over the limit."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                # Whoever reads a body lets only this class through; everything else would look like a body that cannot be read.
                raise HTTPException(BodyTooLarge.status, f"At most {limit // 1024} KiB are accepted here.")
        return message

    return bounded


LastEventId = Annotated[int | None, Header(alias="Last-Event-ID", ge=0)]
AfterQuery = Annotated[
    int | None, Query(ge=0, description="The same as `Last-Event-ID`, for clients that cannot set it.")
]


def event_frame(event: Event | Gap) -> ServerSentEvent:
    """An event as it stands in a stream; after a gap, `reset`: read the state anew."""
    if isinstance(event, Gap):
        return ServerSentEvent(event="reset", id=str(event.id), data="{}")
    return ServerSentEvent(event=event.type, id=str(event.id), data=json.dumps(event.data))


async def event_stream(
    events: AsyncIterator[Event | Gap], wire: Callable[[Event | Gap], ServerSentEvent | None]
) -> EventSourceResponse:
    """A server-sent event stream; `wire` says how an event looks, or None to leave it out."""

    async def frames() -> AsyncIterator[ServerSentEvent]:
        # First bytes at once: a browser that reads nothing does not yet call the stream open.
        yield ServerSentEvent(comment="open")
        async for event in events:
            if frame := wire(event):
                yield frame

    return event_source(frames())


def event_source(frames: AsyncIterator[ServerSentEvent]) -> EventSourceResponse:
    """A server-sent event stream of ready frames; whoever hangs up ends their iterator."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return EventSourceResponse(frames, ping=PING_S, headers=headers, sep="\n")


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """What `work` comes to; it is cancelled when the connection is closed.

    Raises:
        AskerGone: it was.
    """
    task, gone = asyncio.create_task(work), asyncio.create_task(_hung_up(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        if task.cancelled():
            raise AskerGone
        return task.result()
    finally:
        # Also where this request itself is cancelled: nothing may go on without somebody who waits for it.
        for left in (task, gone):
            left.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class WebApp(StaticFiles):
    """The built web app: files by their hashed names for ever, every other address is the app's own to route."""

    def __init__(self, root: Path) -> None:
        super().__init__(directory=root, check_dir=False)
        self._index = root / "index.html"

    async def check_config(self) -> None:
        """Nothing: a folder that is not there yet is told to the person who asks for a page."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith("assets/"):
                raise
            response = self._page()
        if path.startswith("assets/"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        else:
            response.headers["Cache-Control"] = "no-cache"
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return response

    def _page(self) -> Response:
        if not self._index.exists():
            return Response(
                "The web app is not built yet: run `make web`. The API is at /docs.\n", 503, media_type="text/plain"
            )
        return Response(self._index.read_bytes(), media_type="text/html")


def operation_id(route: APIRoute) -> str:
    """The function's name, so that generated clients read well."""
    return route.name


def add_blob_routes(app: FastAPI) -> None:
    """What signed URLs of a local folder lead to; a bucket answers for its own."""

    @app.get("/blobs/{key:path}", include_in_schema=False)
    async def read_blob(key: str, request: Request) -> Response:
        storage: Storage = request.app.state.storage
        grant = storage.check_signature("GET", key, request.query_params)
        headers = {"Cache-Control": "private, no-store"}
        if grant.filename:
            headers["Content-Disposition"] = content_disposition(grant.filename)
        return Response(await storage.get(key), media_type=_media_type(key), headers=headers)

    @app.put("/blobs/{key:path}", include_in_schema=False, status_code=204)
    async def write_blob(key: str, request: Request) -> None:
        storage: Storage = request.app.state.storage
        grant = storage.check_signature("PUT", key, request.query_params)
        data = await request.body()
        if grant.max_bytes is not None and len(data) > grant.max_bytes:
            raise BodyTooLarge(f"At most {grant.max_bytes // 1024} KiB were agreed for this address.")
        await storage.put(key, data, grant.content_type or "application/octet-stream")


def _media_type(key: str) -> str:
    """From our own short list of names: a stranger's upload is never served as something that a browser runs."""
    known = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "avif": "image/avif"}
    return known.get(key.rpartition(".")[2], "application/octet-stream")


def add_api_fallback(app: FastAPI) -> None:
    """An API address that does not exist is an error, not a page of the web app."""

    @app.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
    async def no_such_address(rest: str) -> None:
        raise NotFound(f"There is no /api/{rest[:100]} for this method. The API is described at /docs.")
