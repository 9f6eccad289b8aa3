"""The composition root: reads the settings, builds every part and wires them. The only place that knows all rooms."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from procrastinate import App as Queue
from starlette.middleware import Middleware

from figment.accounts import people_routes, sign_in_routes
from figment.accounts import routes as account_routes
from figment.accounts.entrance import Entrance
from figment.accounts.mail import Mailer
from figment.accounts.newcomers import Newcomers
from figment.accounts.passwords import Passwords
from figment.accounts.providers import Provider
from figment.accounts.service import Accounts
from figment.accounts.signing_in import SigningIn
from figment.core import events, http, migrate
from figment.core.database import Database
from figment.core.errors import Unavailable
from figment.core.events import Bus
from figment.core.limits import Limiter, Rate, Throttle
from figment.core.settings import Settings
from figment.core.storage import BucketOptions, Storage
from figment.engine.backends.checking import open_checker
from figment.engine.local import local_engine, open_catalogue, sentence_vectors
from figment.engine.schedule import Limits
from figment.features.atlas import channel as atlas_channel
from figment.features.atlas import routes as atlas_routes
from figment.features.atlas.jobs.ground import Grounds
from figment.features.atlas.jobs.painting import Overviews, Painter
from figment.features.atlas.jobs.upkeep import Upkeep
from figment.features.atlas.service import PLACE as ATLAS
from figment.features.atlas.service import Atlas, ExportBounds
from figment.features.openai import routes as openai_routes
from figment.features.openai.service import OpenAIImages
from figment.features.studio import routes as studio_routes
from figment.features.studio.service import Studio
from figment.generation import routes as generation_routes
from figment.generation.jobs import JobRunner
from figment.generation.models import Shelf
from figment.generation.queue import build_queue
from figment.generation.service import Jobs
from figment.images import routes as image_routes
from figment.images.certificates import open_certificate
from figment.images.manifest_reader import ManifestReader
from figment.images.manifests import Signer
from figment.images.perceptual import Perceptual
from figment.images.service import Images
from figment.images.verify import Verifier
from figment.safety import routes as safety_routes
from figment.safety.images import ImageClassifier
from figment.safety.moderating import Moderation
from figment.safety.pictures import PictureGate
from figment.safety.policy import Profile
from figment.safety.reading import Reading
from figment.safety.screening import Screener
from figment.safety.service import Safety
from figment.scaleout.hosting import Engine, hosted_engine
from figment.scaleout.opening import ray_engine
from figment.scaleout.plan import Plan

log = structlog.get_logger(__name__)

# Every route but the files, the pages and the signs of life, which ask nobody who they are. They are tried in this order: first what is
# asked for with every picture.
ROUTES = (
    studio_routes,
    atlas_routes,
    atlas_channel,
    generation_routes,
    image_routes,
    openai_routes,
    account_routes,
    sign_in_routes,
    people_routes,
    safety_routes,
)

# What these take: so many files of the largest size.
_UPLOAD_PATHS = {
    "/api/images": 1,
    "/api/verify": 1,
    "/api/moderation/blocklist/file": 1,
    "/blobs/": 1,
    "/v1/images/edits": 2,
    "/v1/images/variations": 1,
}
_JSON_BYTES = 1024 * 1024
# The multipart wrapping around a file of the largest size.
_FORM_BYTES = 64 * 1024
# Addresses whose errors are not problem details.
_DIALECTS: http.Dialects = {openai_routes.PREFIX: openai_routes.error_response}


@dataclass(frozen=True, slots=True)
class House:
    """Every part that lives as long as the process."""

    settings: Settings
    database: Database
    storage: Storage
    bus: Bus
    queue: Queue
    limiter: Limiter
    accounts: Accounts
    signing_in: SigningIn
    perceptual: Perceptual
    images: Images
    verifier: Verifier
    shelf: Shelf
    jobs: Jobs
    studio: Studio
    atlas: Atlas
    openai: OpenAIImages
    safety: Safety
    moderation: Moderation


def build_storage(settings: Settings) -> Storage:
    return Storage.from_url(
        settings.blobs_url,
        settings.signing_key,
        settings.public_url or "",
        BucketOptions(
            settings.storage_endpoint, settings.storage_region, settings.storage_key_id, settings.storage_secret
        ),
    )


def build_engine(settings: Settings) -> Engine:
    """The engine that `FIGMENT_ENGINE` names, not yet started.

    Raises:
        NoPool: it is in a pool, and Ray is not installed.
    """
    cache, limits = _engine_cache(settings), Limits(max_rows=settings.engine_queue)
    choices: dict[str, Any] = {
        "models_dir": settings.models_dir and settings.models_dir.absolute(),
        "default_model": settings.model,
        "threads": settings.engine_threads or None,
        "device": settings.engine_device,
        "run_code": settings.model_code,
        "graphs": settings.engine_graphs == "auto",
    }
    if settings.engine == "local":
        return local_engine(cache, **choices, limits=limits)
    hosted = partial(hosted_engine, cache, settings.pool_replica_cpus, limits.max_rows, **choices)
    return ray_engine(pool_plan(settings), hosted, open_catalogue(settings.models_dir, settings.model).cards())


def _engine_cache(settings: Settings) -> Path:
    """Where engines keep what they would else make anew at each start."""
    return settings.data.absolute() / "cache"


def pool_plan(settings: Settings) -> Plan:
    return Plan(
        address=settings.engine,
        min_replicas=settings.pool_min_replicas,
        max_replicas=settings.pool_max_replicas,
        upscale_delay_s=settings.pool_upscale_delay_s,
        downscale_delay_s=settings.pool_downscale_delay_s,
        replica_cpus=settings.pool_replica_cpus,
        replica_gpus=settings.pool_replica_gpus,
        target=settings.pool_target,
        replica_requests=settings.pool_replica_requests,
        queue=settings.engine_queue,
    )


@cache
def _screener(policy: Path | None, profile: Profile) -> Screener:
    """Building one takes a second; it is safe for several threads, and reads its file again when that changes.

    Raises:
        PolicyBroken: the file cannot be used; it says where and why.
    """
    return Screener(policy, profile)


def _classifiers(settings: Settings) -> list[ImageClassifier]:
    """What looks at pictures before they are kept.

    Raises:
        BrokenModel: what was asked for cannot be opened.
    """
    if settings.safety_checker is None:
        return []
    return [open_checker(settings.safety_checker, settings.engine_device)]


@contextlib.asynccontextmanager
async def open_house(settings: Settings, database_url: str) -> AsyncIterator[House]:
    """Bring the database up to date, build every part, and take them down again in the opposite order."""
    _, screener, classifiers = await asyncio.gather(
        asyncio.to_thread(migrate.migrate, database_url),
        asyncio.to_thread(_screener, settings.policy, settings.policy_profile),
        asyncio.to_thread(_classifiers, settings),
    )
    database = Database(database_url, settings.database_pool)
    bus = Bus(database)
    # Not opened: jobs are queued on the connections of those who submit them.
    queue = build_queue(database_url, 1)
    storage = build_storage(settings)
    certificate = open_certificate(settings.c2pa_certificate, settings.c2pa_key, settings.c2pa_timestamps)
    perceptual = Perceptual(database)
    images = Images(
        database,
        storage,
        settings.signing_key,
        settings.upload_bytes,
        settings.upload_pixels,
        perceptual,
        Signer(certificate) if certificate else None,
        PictureGate(classifiers, screener) if classifiers else None,
    )
    shelf = Shelf(database, bus, queue, open_catalogue(settings.models_dir, settings.model).cards())
    jobs = Jobs(database, bus, queue, images, shelf.cards, settings.queue_limit, settings.queue_limit_person)
    safety = Safety(database, images, screener, settings.reports_hide)
    studio = Studio(database, jobs, images, safety, settings.archive_images, settings.archive_bytes)
    bounds = ExportBounds(settings.data.absolute() / "scratch", settings.map_exports, settings.map_export_tiles)
    atlas = Atlas.of(database, bus, storage, jobs, images, safety, bounds)
    # Jobs last when somebody is forgotten: they end with the events' lock.
    keepers = (images, studio, atlas.keeping, safety, jobs)
    passwords = Passwords()
    mailer = Mailer(settings.smtp_url, settings.smtp_from)
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(passwords.close)
        await stack.enter_async_context(database)
        stack.push_async_callback(mailer.stop)
        await bus.start()
        stack.push_async_callback(bus.stop)
        await shelf.start()
        stack.push_async_callback(shelf.stop)
        await atlas.presences.start()
        stack.push_async_callback(atlas.presences.stop)
        yield House(
            settings=settings,
            database=database,
            storage=storage,
            bus=bus,
            queue=queue,
            limiter=Limiter(database),
            accounts=Accounts(database, keepers, safety.check_name),
            signing_in=SigningIn(
                database,
                Entrance(settings.registration, keepers, safety.check_name),
                passwords,
                mailer,
                [Provider(provider) for provider in settings.oidc],
            ),
            perceptual=perceptual,
            images=images,
            verifier=Verifier(images, perceptual, ManifestReader(certificate.own if certificate else None)),
            shelf=shelf,
            jobs=jobs,
            studio=studio,
            atlas=atlas,
            openai=OpenAIImages(database, jobs, images, safety, settings.public_url),
            safety=safety,
            moderation=Moderation(database, images, perceptual),
        )


@contextlib.asynccontextmanager
async def working(house: House) -> AsyncIterator[JobRunner]:
    """Start the engine and take jobs until the block is left."""
    settings = house.settings
    engine = build_engine(settings)
    await engine.start()
    reading = None
    if settings.policy_meaning:
        reading = Reading(house.safety, partial(sentence_vectors, _engine_cache(settings)))
        reading.start()
    grounds = Grounds(house.database, house.storage, engine)
    places = {ATLAS: Painter(house.database, house.storage, house.images, grounds)}
    runner = JobRunner(house.database, house.images, engine, settings, reading, places)
    tasks = [
        asyncio.create_task(runner.run(), name="job runner"),
        asyncio.create_task(Overviews(house.database, house.storage).run(), name="overviews"),
        asyncio.create_task(Upkeep(house.atlas).run(), name="upkeep of worlds"),
        asyncio.create_task(grounds.run(), name="grounds"),
    ]
    try:
        yield runner
    finally:
        # Jobs end or go back to the queue before the engine that they wait for is stopped.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if reading is not None:
            await reading.stop()
        await engine.stop()


@contextlib.asynccontextmanager
async def housekeeping(house: House) -> AsyncIterator[None]:
    """Sweep files, events and limits that nobody needs any more, as long as the block lasts."""

    async def keep() -> None:
        while True:
            try:
                await house.images.sweep(house.settings.sweep_after_s)
                await house.images.move_missed()
                await house.images.look_at_missed()
                await house.limiter.prune()
                await house.accounts.prune()
                await house.atlas.choosing.expire(house.settings.candidates_kept_s)
                async with house.database.transaction() as connection:
                    await events.prune(connection, house.settings.events_kept_s)
            except Exception as error:
                log.warning("housekeeping.failed", exc_info=error)
            await asyncio.sleep(min(300.0, max(1.0, house.settings.sweep_after_s)))

    task = asyncio.create_task(keep(), name="housekeeping")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def build_app(settings: Settings, database_url: str, with_worker: bool = True) -> FastAPI:
    """The web application; with `with_worker` it also makes the images itself."""
    rates = _rates(settings)
    newcomers = _newcomers(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            house = await stack.enter_async_context(open_house(settings, database_url))
            app.state.runner = None
            if with_worker:
                app.state.runner = await stack.enter_async_context(working(house))
            await stack.enter_async_context(housekeeping(house))
            for name in (
                "database",
                "storage",
                "bus",
                "limiter",
                "accounts",
                "signing_in",
                "settings",
                "perceptual",
                "images",
                "verifier",
                "shelf",
                "jobs",
                "studio",
                "atlas",
                "openai",
                "safety",
                "moderation",
            ):
                setattr(app.state, name, getattr(house, name))
            app.state.joinable = {ATLAS: house.atlas.edits}
            app.state.rates = rates
            app.state.newcomers = newcomers
            app.state.house = house
            yield

    app = FastAPI(
        title="Figment",
        version=version("figment"),
        summary="Images that do not exist, made on a server of your own.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=http.operation_id,
        responses=http.EDGE_PROBLEMS,
        middleware=[
            Middleware(
                http.Edge,
                trusted=settings.trusted_proxies,
                body_limit=_body_limit(settings),
                throttle=Throttle(Rate.parse(settings.limit_requests)),
                dialects=_DIALECTS,
            )
        ],
    )
    http.add_error_handlers(app, _DIALECTS)
    http.add_docs(app, settings.web_root)
    _add_health(app)
    http.add_blob_routes(app)
    for room in ROUTES:
        app.include_router(room.router)
    http.add_api_fallback(app)
    app.mount("/", http.WebApp(settings.web_root))
    return app


def _rates(settings: Settings) -> dict[str, Rate]:
    return {
        "generations": Rate.parse(settings.limit_generations),
        "uploads": Rate.parse(settings.limit_uploads),
        "sessions": Rate.parse(settings.limit_sessions),
        "archives": Rate.parse(settings.limit_archives),
        "sign_ins": Rate.parse(settings.limit_sign_ins),
        "sign_ups": Rate.parse(settings.limit_sign_ups),
        "resets": Rate.parse(settings.limit_resets),
        "exports": Rate.parse(settings.limit_exports),
        "map_exports": Rate.parse(settings.limit_map_exports),
        "verify": Rate.parse(settings.limit_verify),
        "reports": Rate.parse(settings.limit_reports),
    }


def _newcomers(settings: Settings) -> Newcomers:
    return Newcomers(
        timedelta(seconds=settings.newcomer_for_s),
        {
            "generations": Rate.parse(settings.limit_newcomers),
            "uploads": Rate.parse(settings.limit_newcomer_uploads),
        },
    )


def _body_limit(settings: Settings) -> Callable[[str], int]:
    def limit(path: str) -> int:
        files = next((files for prefix, files in _UPLOAD_PATHS.items() if path.startswith(prefix)), 0)
        return files * settings.upload_bytes + _FORM_BYTES if files else _JSON_BYTES

    return limit


def _add_health(app: FastAPI) -> None:
    @app.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"])
    async def readyz(request: Request) -> dict[str, str]:
        """The process can do its work: the database answers, and jobs are taken if it is one that takes them."""
        try:
            async with asyncio.timeout(2):
                async with request.app.state.database.transaction() as connection:
                    await connection.execute("SELECT 1")
        except Exception as error:
            raise Unavailable("The database does not answer.") from error
        runner: JobRunner | None = request.app.state.runner
        if runner is not None and not runner.healthy:
            raise Unavailable("Jobs are not being taken from the queue.")
        return {"status": "ready"}


def openapi_schema() -> dict[str, object]:
    """The API's description, without starting anything."""
    settings = Settings(data=Path("/nonexistent"), secret="unused" * 8)
    return build_app(settings, "postgresql://unused", with_worker=False).openapi()
