"""The `figment` command: serve · web · worker · generate · doctor · admin.

Heavy imports stand inside the commands, so that `figment --help` answers at once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from uuid import UUID

import typer

if TYPE_CHECKING:
    from figment.core.settings import Settings

app = typer.Typer(
    help="Figment: a self-hosted studio for images that do not exist.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
admin = typer.Typer(help="What only the operator of the server may do.", no_args_is_help=True)
app.add_typer(admin, name="admin")

Host = Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 opens the server to the network.")]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Where images are made: local, in this process; ray, in a pool on this machine's Ray cluster; ray://host:10001, in another's.",
    ),
]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")]


def _fail(message: str) -> NoReturn:
    typer.secho(message, fg="red", err=True)
    raise typer.Exit(1)


def _settings(**given: Any) -> Settings:
    from pydantic import ValidationError

    from figment.core.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [
            f"FIGMENT_{str(item['loc'][0]).upper()}: {item['msg']}" if item["loc"] else item["msg"]
            for item in error.errors()
        ]
        # A value of several parts has several faults under one name.
        _fail("\n  ".join(["These settings cannot be so:", *dict.fromkeys(lines)]))


@contextlib.contextmanager
def _database(settings: Settings, start: bool = True) -> Iterator[str]:
    """The address of the database: the configured one, one that runs on the data folder already, or one of our own.

    With `start`, a running one is refused: two servers on one data folder would fight over it.
    """
    from figment.core.postgres import EmbeddedPostgres, PostgresError, running_url
    from figment.core.postgres_keeper import kept_running

    if settings.database_url:
        yield settings.database_url
        return
    if not start and (url := running_url(settings.data / "postgres")):
        yield url
        return
    postgres = EmbeddedPostgres(settings.data / "postgres")
    try:
        url = postgres.start()
    except (PostgresError, OSError) as error:
        _fail(str(error))
    try:
        with kept_running(postgres, url):
            yield url
    finally:
        postgres.stop()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """What the operator can mend is told in one line, without a traceback."""
    from figment.cli.server import CannotStart

    try:
        yield
    except CannotStart as error:
        _fail(f"{error}\n`figment doctor` looks further.")


@app.command()
def serve(host: Host = None, port: Port = None, engine: EngineAddress = None) -> None:
    """Start everything: the pages, the API, the engine and, if none is configured, the database."""
    _serve(_settings(host=host, port=port, engine=engine), with_worker=True)


@app.command()
def web(host: Host = None, port: Port = None) -> None:
    """Start the pages and the API only; `figment worker` makes the images."""
    _serve(_settings(host=host, port=port), with_worker=False)


def _serve(settings: Settings, with_worker: bool) -> None:
    from figment.cli import server
    from figment.core.telemetry import configure_logs

    configure_logs(settings.log_format, settings.log_level)
    with _told(), _database(settings, start=with_worker) as url:
        server.run(server.serve(settings, url, with_worker))


@app.command()
def worker(engine: EngineAddress = None) -> None:
    """Start an engine that makes images for the web processes on the same database."""
    from figment.cli import server
    from figment.core.telemetry import configure_logs

    settings = _settings(engine=engine)
    configure_logs(settings.log_format, settings.log_level)
    with _told(), _database(settings, start=False) as url:
        server.run(server.work(settings, url))


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
    model: Annotated[
        str | None,
        typer.Option(
            help="An installed model (`figment doctor` lists them), a diffusers folder, or a name of the hub."
        ),
    ] = None,
    prompt_in_file: Annotated[bool, typer.Option(help="Write the prompt into the file's metadata.")] = True,
) -> None:
    """Make one picture in this process, without a server."""
    from figment.cli.generate import Order, PictureFailed, make

    order = Order(prompt, out, seed, steps, guidance, size, negative, image, mask, strength, model, prompt_in_file)
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
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="images:write, images:read, models:read or models:write; may be said several times. Left out: all of them."
        ),
    ] = None,
    days: Annotated[int | None, typer.Option(help="Days until it expires; left out, it is good until revoked.")] = None,
) -> None:
    """Print a new API token. It acts as the first administrator, and is shown only now."""
    from pydantic import ValidationError

    from figment.accounts.schemas import TokenRequest
    from figment.cli.server import started
    from figment.main import open_house

    settings = _settings()
    wished = {"name": name, "scopes": scope, "expires_in_days": days}
    try:
        asked = TokenRequest.model_validate({key: value for key, value in wished.items() if value is not None})
    except ValidationError as error:
        _fail("\n".join(f"{item['loc'][0]}: {item['msg']}" for item in error.errors()))

    async def make(url: str) -> str:
        async with started(open_house(settings, url)) as house:
            return (await house.accounts.make_admin_token(asked)).token

    with _told(), _database(settings, start=False) as url:
        typer.echo(asyncio.run(make(url)))


@admin.command()
def tokens() -> None:
    """List every API token: its id, whose it is, its name, its scopes, when it was last sent and when it expires."""
    from figment.accounts.schemas import Token
    from figment.cli.server import started
    from figment.main import open_house

    settings = _settings()

    async def read(url: str) -> list[tuple[str, Token]]:
        async with started(open_house(settings, url)) as house:
            return await house.accounts.every_token()

    with _told(), _database(settings, start=False) as url:
        for person, token in asyncio.run(read(url)):
            used = f"{token.used_at:last sent %Y-%m-%d %H:%M}" if token.used_at else "never sent"
            ends = f"{token.expires_at:expires %Y-%m-%d}" if token.expires_at else "never expires"
            typer.echo(f"{token.id}  {person}  {token.name}  {' '.join(token.scopes)}  {used}  {ends}")


@admin.command()
def revoke(token: Annotated[UUID, typer.Argument(help="Its id, as `figment admin tokens` prints it.")]) -> None:
    """Revoke an API token, whosever it is; the next request that sends it is refused."""
    from figment.cli.server import started
    from figment.core.errors import NotFound
    from figment.main import open_house

    settings = _settings()

    async def forget(url: str) -> None:
        async with started(open_house(settings, url)) as house:
            await house.accounts.revoke_any_token(token)

    with _told(), _database(settings, start=False) as url:
        try:
            asyncio.run(forget(url))
        except NotFound as error:
            _fail(f"{error} `figment admin tokens` lists them.")


@admin.command()
def person(
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    name: Annotated[str | None, typer.Option(help="The name that others see.")] = None,
    role: Annotated[str, typer.Option(help="user, moderator or admin.")] = "user",
) -> None:
    """Make an account, whatever the rules of registration, and print the link that sets its password."""
    from pydantic import TypeAdapter, ValidationError

    from figment.accounts.errors import UsernameTaken
    from figment.accounts.schemas import Role, Username
    from figment.cli.server import started
    from figment.main import open_house

    settings = _settings()
    try:
        wished = TypeAdapter(Username).validate_python(username)
        TypeAdapter(Role).validate_python(role)
    except ValidationError as error:
        _fail("\n".join(item["msg"].removeprefix("Value error, ") for item in error.errors()))

    async def make(url: str) -> str:
        async with started(open_house(settings, url)) as house:
            await house.accounts.make_account(wished, name, role)
            return await house.signing_in.reset_link_for(wished)

    with _told(), _database(settings, start=False) as url:
        try:
            typer.echo(_reset_address(settings, asyncio.run(make(url))))
        except UsernameTaken as error:
            _fail(f"{error.detail} `figment admin reset {wished}` prints a link for whoever has it.")


@admin.command()
def reset(username: Annotated[str, typer.Argument(help="The name to sign in with, or a proved mail address.")]) -> None:
    """Print a link that sets a new password for somebody. It works once, within an hour."""
    from figment.cli.server import started
    from figment.core.errors import NotFound
    from figment.main import open_house

    settings = _settings()

    async def make(url: str) -> str:
        async with started(open_house(settings, url)) as house:
            return await house.signing_in.reset_link_for(username)

    with _told(), _database(settings, start=False) as url:
        try:
            typer.echo(_reset_address(settings, asyncio.run(make(url))))
        except NotFound as error:
            _fail(str(error))


def _reset_address(settings: Settings, token: str) -> str:
    return f"{(settings.public_url or f'http://localhost:{settings.port}').rstrip('/')}/reset#{token}"


@admin.command()
def sweep(
    older_than: Annotated[float | None, typer.Option(help="Seconds since the file was last touched.")] = None,
) -> None:
    """Delete files that no image names now, rather than when the server next does."""
    from figment.cli.server import started
    from figment.main import open_house

    settings = _settings()

    async def run(url: str) -> int:
        async with started(open_house(settings, url)) as house:
            return await house.images.sweep(settings.sweep_after_s if older_than is None else older_than)

    with _told(), _database(settings, start=False) as url:
        typer.echo(f"{asyncio.run(run(url))} files deleted.")


if __name__ == "__main__":
    app()
