"""`figment generate`: one picture in this process, without a server or a database."""

from __future__ import annotations

import asyncio
import contextlib
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from figment.core.errors import FigmentError
from figment.core.settings import Settings
from figment.engine.errors import BrokenModel
from figment.engine.local import LocalEngine, local_engine
from figment.engine.refusals import why_refuse
from figment.generation import contract
from figment.generation.contract import Finished, GenerationRefused, ImageRequest, ModelCard, Ticket
from figment.images import codec
from figment.images.certificates import open_certificate
from figment.images.errors import BadCertificate, SigningFailed
from figment.images.manifests import Certificate, Signer
from figment.images.provenance import Made, packet

_QUALITY = 92
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".avif": "AVIF"}


class PictureFailed(Exception):
    """The picture could not be made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked on the command line."""

    prompt: str
    out: Path
    seed: int | None
    steps: int | None
    guidance: float | None
    size: str | None
    negative: str
    image: Path | None
    mask: Path | None
    strength: float
    model: str | None
    prompt_in_file: bool


async def make(order: Order, settings: Settings) -> None:
    """Make the picture, with a progress bar on standard error, and write it.

    Raises:
        PictureFailed: for whatever reason.
    """
    form = _FORMATS.get(order.out.suffix.lower())
    if form is None:
        raise PictureFailed(f"{order.out}: the name must end in one of {', '.join(_FORMATS)}.")
    if not order.out.absolute().parent.is_dir():
        raise PictureFailed(f"{order.out} cannot be written: there is no folder {order.out.parent}.")
    try:
        certificate = open_certificate(settings.c2pa_certificate, settings.c2pa_key, settings.c2pa_timestamps)
        engine = local_engine(
            settings.data / "cache",
            models_dir=settings.models_dir,
            default_model=order.model or settings.model,
            threads=settings.engine_threads or None,
            device=settings.engine_device,
            run_code=settings.model_code,
            graphs=settings.engine_graphs == "auto",
        )
        cards = await engine.models()
        if not cards:
            raise PictureFailed("No model is installed. `figment doctor` says why.")
        card = cards[0]
        request = _request(order, card, settings)
        # The engine would say the same, after it has loaded the model.
        if reason := why_refuse(request, card):
            raise PictureFailed(reason)
        finished = await _run(engine, request)
    except (BadCertificate, GenerationRefused, BrokenModel, FigmentError, contract.WorkerLost, OSError) as error:
        raise PictureFailed(str(error)) from error
    made = Made(card.name, composite=order.image is not None)
    try:
        data = await asyncio.to_thread(_file, finished.pixels, form, made, order, certificate)
        await asyncio.to_thread(_write, data, order.out)
    except SigningFailed as error:
        raise PictureFailed(str(error)) from error
    except OSError as error:
        raise PictureFailed(f"{order.out} cannot be written: {error.strerror}") from error
    Console(stderr=True).print(f"{order.out}  seed {request.seed}  {request.steps} steps  {finished.compute_s:.2f} s")


def _request(order: Order, card: ModelCard, settings: Settings) -> ImageRequest:
    width, height = _size(order.size, card)
    if order.mask and not order.image:
        raise PictureFailed("--mask needs --image, the picture that it lies over.")
    start = mask = None
    if order.image:
        start = codec.to_pixels(
            codec.clean_upload(order.image.read_bytes(), settings.upload_pixels).data, width, height
        )
    if order.mask:
        mask = codec.to_mask(codec.clean_upload(order.mask.read_bytes(), settings.upload_pixels).data, width, height)
    return ImageRequest(
        model=card.name,
        prompt=order.prompt,
        negative_prompt=order.negative,
        seed=order.seed if order.seed is not None else secrets.randbelow(contract.MAX_SEED + 1),
        steps=order.steps if order.steps is not None else card.default_steps,
        guidance=order.guidance if order.guidance is not None else card.default_guidance,
        width=width,
        height=height,
        strength=order.strength if order.image else 1.0,
        init_image=start,
        mask=mask,
    )


def _size(words: str | None, card: ModelCard) -> tuple[int, int]:
    if words is None:
        return card.native_size, card.native_size
    found = re.fullmatch(r"(\d{1,5})(?:x(\d{1,5}))?", words.strip().lower())
    if not found:
        raise PictureFailed(f"--size {words!r}: write 256, or width by height like 320x256.")
    return int(found[1]), int(found[2] or found[1])


async def _run(engine: LocalEngine, request: ImageRequest) -> Finished:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("loading the model", total=request.steps)
        await engine.start()
        bar.update(task, description="painting")
        try:
            async with contextlib.aclosing(engine.run(request, Ticket(previews=False))) as updates:
                async for update in updates:
                    if isinstance(update, contract.Progress):
                        bar.update(task, completed=update.step, total=update.of)
                    elif isinstance(update, Finished):
                        return update
        finally:
            await engine.stop()
    raise contract.WorkerLost("The engine ended without a picture. `figment doctor` may know why.")


def _file(pixels: NDArray[np.uint8], form: str, made: Made, order: Order, certificate: Certificate | None) -> bytes:
    """The file as a server would hand it over: with its mark, and signed where files are."""
    encoded = codec.encode_png(pixels, made)
    xmp = packet(made, encoded.prints.pixels, order.prompt if order.prompt_in_file else None)
    file = codec.reencode(encoded.data, form, _QUALITY, None, xmp)
    return Signer(certificate).sign(file.data, file.mime, made) if certificate else file.data


def _write(data: bytes, out: Path) -> None:
    temporary = out.with_name(f".{out.name}.part")
    temporary.write_bytes(data)
    temporary.replace(out)
