"""The `figment` command: serve · web · worker · generate · doctor · admin.

Heavy imports stand inside the commands, so that `figment --help` answers at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from figment.core.settings import Settings
    from figment.main import House

app = typer.Typer(
    help="Figment: a self-hosted studio for images that do not exist.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin = typer.Typer(help="What only the operator of the server may do.", no_args_is_help=True)
app.add_typer(admin, name="admin")

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 opens the server to the network.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")]


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)


def _settings(**given: object) -> Settings:
    from pydantic import ValidationError

    from figment.core.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [f"FIGMENT_{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
        _fail("These settings cannot be so:\n  " + "\n  ".join(lines))


@contextlib.contextmanager
def _database(settings: Settings, start: bool = True) -> Iterator[str]:
    """The address of the database: the configured one, one that runs on the data folder already, or one of our own.

    With `start`, a running one is refused: two servers on one data folder would fight over it.
    """
    from figment.core.postgres import EmbeddedPostgres, PostgresError, running_url

    if settings.database_url:
        yield settings.database_url
        return
    if not start and (url := running_url(settings.data / "postgres")):
        yield url
        return
    postgres = EmbeddedPostgres(settings.data / "postgres")
    try:
        url = postgres.start()
    except PostgresError as error:
        _fail(str(error))
    try:
        yield url
    finally:
        postgres.stop()


@app.command()
def serve(host: Host = None, port: Port = None) -> None:
    """Start everything: the pages, the API, the engine and, if none is configured, the database."""
    settings = _settings(host=host, port=port)
    with _database(settings) as url:
        _serve(settings, url, with_worker=True)


@app.command()
def web(host: Host = None, port: Port = None) -> None:
    """Start the pages and the API only; `figment worker` makes the images."""
    settings = _settings(host=host, port=port)
    with _database(settings, start=False) as url:
        _serve(settings, url, with_worker=False)


@app.command()
def worker() -> None:
    """Start an engine that makes images for the web processes on the same database."""
    from figment.core.telemetry import configure_logs
    from figment.main import open_house, working

    settings = _settings()
    configure_logs(settings.log_format, settings.log_level)

    async def work(url: str) -> None:
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        async with open_house(settings, url) as house, working(house):
            typer.echo("This worker takes jobs. Ctrl-C stops it.")
            await stopped.wait()

    with _database(settings, start=False) as url:
        asyncio.run(work(url))


def _serve(settings: Settings, url: str, with_worker: bool) -> None:
    import uvicorn

    from figment.core.telemetry import configure_logs
    from figment.main import build_app

    configure_logs(settings.log_format, settings.log_level)
    try:
        application = build_app(settings, url, with_worker)
    except ValueError as error:
        _fail(str(error))
    config = uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        # Streams of images are compressed already; deflating frames again would cost more than it saves.
        ws_per_message_deflate=False,
    )
    with contextlib.closing(_listen(settings.host, settings.port)) as listener:
        server = uvicorn.Server(config)
        asyncio.run(_run(server, application, listener, settings))
    if not server.started:
        raise typer.Exit(1)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        _fail(f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: PORT=8001 make serve.")
    return listener


async def _run(server: uvicorn.Server, application: FastAPI, listener: socket.socket, settings: Settings) -> None:
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():  # noqa: ASYNC110
        await asyncio.sleep(0.02)  # uvicorn tells of its start by a flag only
    if server.started:
        await _welcome(application.state.house, listener.getsockname()[1], settings)
    await serving


async def _welcome(house: House, port: int, settings: Settings) -> None:
    shown = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else settings.host  # noqa: S104
    address = settings.public_url or f"http://{shown}:{port}"
    typer.secho(f"\n  Figment is at {address}", bold=True)
    if claim := await house.accounts.admin_claim():
        typer.echo(f"  Open this once to become its first administrator: {address}/welcome#{claim}")
    typer.echo("  Ctrl-C stops it.\n")
    sys.stdout.flush()


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What the picture shows.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write: .png, .jpg, .webp or .avif.")] = Path(
        "out.png"
    ),
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same picture; drawn when left out.")] = None,
    steps: Annotated[int | None, typer.Option(help="Denoising steps.")] = None,
    guidance: Annotated[float | None, typer.Option(help="How closely to follow the prompt.")] = None,
    size: Annotated[str | None, typer.Option(help="256, or width by height: 320x256.")] = None,
    negative: Annotated[str, typer.Option(help="What the picture should not show.")] = "",
    image: Annotated[Path | None, typer.Option(help="A picture to start from.", exists=True, dir_okay=False)] = None,
    mask: Annotated[
        Path | None, typer.Option(help="White is made anew, black stays. Needs --image.", exists=True, dir_okay=False)
    ] = None,
    strength: Annotated[float, typer.Option(help="How much of --image is made anew, above 0 to 1.")] = 0.6,
    model: Annotated[str | None, typer.Option(help="An installed model; `figment doctor` lists them.")] = None,
) -> None:
    """Make one picture in this process, without a server."""
    from figment.cli.generate import Order, PictureFailed, make

    order = Order(prompt, out, seed, steps, guidance, size, negative, image, mask, strength, model)
    try:
        asyncio.run(make(order, _settings()))
    except PictureFailed as error:
        _fail(str(error))


@app.command()
def doctor() -> None:
    """Say what is installed, which devices there are, what is misconfigured and how to mend it."""
    from figment.cli.doctor import examine

    if not examine(_settings()):
        raise typer.Exit(1)


@app.command(hidden=True)
def openapi() -> None:
    """Print the API's description, from which the web client is generated."""
    import json

    from figment.main import openapi_schema

    typer.echo(json.dumps(openapi_schema(), indent=1))


@admin.command()
def token(
    name: Annotated[str, typer.Option(help="What the token is for, so that it can be told from others.")],
) -> None:
    """Print a new API token. It acts as the first administrator, and is shown only now."""
    from figment.main import open_house

    settings = _settings()

    async def make(url: str) -> str:
        async with open_house(settings, url) as house:
            return await house.accounts.make_api_token(name)

    with _database(settings, start=False) as url:
        typer.echo(asyncio.run(make(url)))


@admin.command()
def sweep(
    older_than: Annotated[float | None, typer.Option(help="Seconds since the file was last touched.")] = None,
) -> None:
    """Delete files that no image names now, rather than when the server next does."""
    from figment.main import open_house

    settings = _settings()

    async def run(url: str) -> int:
        async with open_house(settings, url) as house:
            return await house.images.sweep(settings.sweep_after_s if older_than is None else older_than)

    with _database(settings, start=False) as url:
        typer.echo(f"{asyncio.run(run(url))} files deleted.")


if __name__ == "__main__":
    app()
