"""Use cases of the OpenAI Images API: order pictures as durable jobs, see them through, hand them over."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import secrets
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import anyio

from figment.core.database import Database
from figment.core.errors import InvalidInput, Unavailable
from figment.core.ids import uuid7
from figment.features.openai import rules
from figment.features.openai.errors import PictureCancelled, PictureFailed, PictureRefused
from figment.features.openai.schemas import (
    CompletedImage,
    Format,
    ImageData,
    ImageEdit,
    ImageGeneration,
    ImageOptions,
    ImagesAnswer,
    ImageVariation,
    ModelEntry,
    ModelList,
    PartialImage,
    StreamedImage,
    StreamOptions,
)
from figment.generation.bounds import faults
from figment.generation.contract import MAX_SEED, ModelCard
from figment.generation.schemas import Job, JobRequest
from figment.generation.service import Jobs
from figment.images import codec
from figment.images.provenance import Made, packet
from figment.images.schemas import Image
from figment.images.service import SIZES, Images
from figment.safety.fields import Kind
from figment.safety.service import Safety

PLACE = "openai"
_FORMS: dict[Format, str] = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
_EXTENSIONS: dict[Format, str] = {"png": "png", "jpeg": "jpg", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What the three ways to a picture differ in: words, the files as they were sent, and how much of them is made anew."""

    prompt: str = ""
    image: bytes | None = None
    mask: bytes | None = None
    strength: float = 1.0

    @property
    def task(self) -> str:
        if self.mask is not None:
            return "inpainting"
        return "text-to-image" if self.image is None else "image-to-image"


@dataclass(frozen=True, slots=True)
class Order:
    """Pictures that were asked for; `ref` is what their jobs have in common."""

    owner: UUID
    ref: UUID
    jobs: Sequence[UUID]
    options: ImageOptions
    request: JobRequest
    quality: str

    @property
    def format(self) -> Format:
        return self.options.output_format or "png"

    @property
    def partials(self) -> int:
        """How many partial pictures are wanted before the whole one."""
        return (self.options.partial_images or 0) if isinstance(self.options, StreamOptions) else 0

    @property
    def size(self) -> str:
        return f"{self.request.width}x{self.request.height}"


def wish_of(asked: ImageGeneration | ImageEdit | ImageVariation, image: bytes | None, mask: bytes | None) -> Wish:
    """The request's own part, with the files that came with it."""
    if isinstance(asked, ImageGeneration):
        return Wish(asked.prompt)
    if isinstance(asked, ImageEdit):
        fallback = rules.strength_for(asked.input_fidelity, masked=mask is not None)
        return Wish(asked.prompt, image, mask, asked.strength or fallback)
    return Wish("", image, None, asked.strength or rules.VARIATION_STRENGTH)


class OpenAIImages:
    """What OpenAI's Images API does, over the same jobs and images as every place."""

    def __init__(self, database: Database, jobs: Jobs, images: Images, safety: Safety, public_url: str | None) -> None:
        self._database = database
        self._jobs = jobs
        self._images = images
        self._safety = safety
        self._public_url = public_url

    async def models(self) -> ModelList:
        return ModelList(data=[ModelEntry(id=card.name) for card in await self._jobs.models()])

    async def model(self, name: str) -> ModelEntry:
        """
        Raises:
            UnknownModel: no model of that name is installed.
        """
        return ModelEntry(id=(await self._jobs.card(name)).name)

    # -- order --------------------------------------------------------------------------------------------------------

    async def order(self, owner: UUID, options: ImageOptions, wish: Wish) -> Order:
        """Check what is asked, keep the files that came with it as images of `owner`, and queue the jobs.

        Raises:
            UnknownModel: there is no such model.
            InvalidInput: this cannot be made; the fields at fault are named in OpenAI's words.
            QueueIsFull: too much is waiting.
            ImageTypeRefused, ImageTooManyPixels, ImageUnreadable, BodyTooLarge: a file cannot be taken.
            TextRefused, TextHeld: the prompt is not made into pictures here, or not yet.
        """
        card = await self._jobs.card(options.model)
        image = await self._images.clean(wish.image) if wish.image is not None else None
        mask = await self._images.clean(wish.mask) if wish.mask is not None else None
        if mask is not None and image is not None:
            await _check_mask(image, mask)
        request, quality = _completed(options, wish, card, image)
        words = {"prompt": request.prompt, "negative_prompt": request.negative_prompt}
        await self._safety.check(owner, words, Kind.PROMPT)
        kept = {
            name: (await self._images.keep(owner, file)).id
            for name, file in (("init_image", image), ("mask", mask))
            if file is not None
        }
        request = request.model_copy(update=kept)
        requests = [request.model_copy(update={"seed": seed}) for seed in rules.seeds(request.seed, options.n or 1)]
        ref = uuid7()
        async with self._or_undone(owner, ref, list(kept.values())), self._database.transaction() as connection:
            jobs = await self._jobs.submit(connection, owner, PLACE, ref, requests)
        return Order(owner, ref, [job.id for job in jobs], options, request, quality)

    @contextlib.asynccontextmanager
    async def _or_undone(self, owner: UUID, ref: UUID, kept: Sequence[UUID] = ()) -> AsyncIterator[None]:
        """Whoever leaves the block before its end, by hanging up or by an error, leaves no job behind that nobody waits for.

        The images `kept` for it go too. What was made by then stays: pictures do not go with their jobs.
        """
        try:
            yield
        except BaseException:
            # Shielded: a stream that is cut off stays cancelled, and would not get through the first await.
            with anyio.CancelScope(shield=True):
                async with self._database.transaction() as connection:
                    await self._images.delete(connection, owner, kept)
                    await self._jobs.drop(connection, PLACE, [ref])
            raise

    # -- see through --------------------------------------------------------------------------------------------------

    async def answer(self, order: Order, base_url: str) -> ImagesAnswer:
        """Wait for all pictures of an order.

        Raises:
            PictureRefused, PictureFailed, PictureCancelled: one of them will never be; the others are cancelled.
        """
        async with self._or_undone(order.owner, order.ref):
            # One after the other: they are made side by side whoever looks, and what is over by then is told at once.
            images = [await self._end_of(order.owner, job) for job in order.jobs]
            data = [await self._data(order, image, base_url) for image in images]
        return ImagesAnswer(
            created=int(time.time()), output_format=order.format, quality=order.quality, size=order.size, data=data
        )

    async def stream(self, order: Order, name: str, base_url: str) -> AsyncGenerator[StreamedImage]:
        """The one picture of an order with up to three partial ones before it; `name` is `image_generation` or `image_edit`.

        Raises:
            PictureRefused, PictureFailed, PictureCancelled: it will never be.
        """
        async with self._or_undone(order.owner, order.ref):
            [job_id] = order.jobs
            sent, last = 0, None
            async for job in self._follow(order.owner, job_id):
                last = job
                if partial := await _partial(order, job, name, sent):
                    yield partial
                    sent += 1
            data = await self._data(order, _image_of(last), base_url)
            yield CompletedImage(
                type=f"{name}.completed",
                b64_json=data.b64_json or "",
                created_at=int(time.time()),
                size=order.size,
                quality=order.quality,
                output_format=order.format,
                id=data.id,
                seed=data.seed,
                url=data.url,
            )

    async def _end_of(self, owner: UUID, job_id: UUID) -> Image:
        last = None
        async for job in self._follow(owner, job_id):
            last = job
        return _image_of(last)

    async def _follow(self, owner: UUID, job_id: UUID) -> AsyncGenerator[Job]:
        """The job as it is now, and whenever something happens to it, until it is over."""
        # None only for one who has heard the end, which nobody has who begins at the beginning.
        events = await self._jobs.follow(owner, job_id, None)
        if events is not None:
            async for event in events:
                yield Job.model_validate(event.data)

    async def _data(self, order: Order, image: Image, base_url: str) -> ImageData:
        row = await self._images.owned(order.owner, image.id)
        found = ImageData(id=row.id, seed=image.seed)
        if order.options.wants_url:
            found.url = self._address(
                base_url, self._images.file_url(row.sha256, self._images.output_variant(_variant(order)))
            )
        if order.options.wants_bytes:
            file = await self._images.handed_over(
                row, await self._images.original(row), _FORMS[order.format], _quality(order)
            )
            found.b64_json = base64.b64encode(file.data).decode()
        return found

    def _address(self, base_url: str, path: str) -> str:
        return (self._public_url or base_url).rstrip("/") + path


def _image_of(job: Job | None) -> Image:
    """
    Raises:
        PictureRefused, PictureFailed, PictureCancelled: the job ended without one.
        Unavailable: the server stops, and cannot see the job's end.
    """
    if job is not None and job.image is not None:
        if job.image.state != "approved":
            raise PictureRefused(job.image.state_reason)
        return job.image
    if job is not None and job.state == "cancelled":
        raise PictureCancelled
    if job is not None and job.error is not None:
        raise PictureFailed(job.error.detail) if job.error.retryable else PictureRefused(job.error.detail)
    raise Unavailable("The server is being stopped. Ask again in a moment.")


# -- what a request comes to ----------------------------------------------------------------------------------------------


def _completed(
    options: ImageOptions, wish: Wish, card: ModelCard, image: codec.Encoded | None
) -> tuple[JobRequest, str]:
    """The request with the model's defaults in it, and the quality that this is.

    Raises:
        InvalidInput: the model, or this way of asking, cannot do this.
    """
    quality = rules.quality_name(options.quality)
    width, height = options.pixels or _own_size(card, image)
    _check_ways(options, max(width, height))
    request = JobRequest(
        model=card.name,
        prompt=wish.prompt,
        negative_prompt=options.negative_prompt or "",
        seed=secrets.randbelow(MAX_SEED + 1) if options.seed is None else options.seed,
        steps=options.steps or rules.steps_for(quality, card),
        guidance=card.default_guidance if options.guidance is None else options.guidance,
        width=width,
        height=height,
        strength=wish.strength,
    )
    if found := faults(request.without_pictures(), card, wish.task):
        errors = [{"field": fault.field, "message": fault.message} for fault in found]
        raise InvalidInput(" ".join(fault.message for fault in found), errors=errors)
    return request, quality


def _own_size(card: ModelCard, image: codec.Encoded | None) -> tuple[int, int]:
    """The size of `auto`."""
    return rules.fitting_size(image.width, image.height, card) if image else (card.native_size, card.native_size)


def _check_ways(options: ImageOptions, longest_px: int) -> None:
    """
    Raises:
        InvalidInput: two wishes of which each could be granted do not go together.
    """
    clash = rules.why_not_together(
        rules.Ways(
            count=options.n or 1,
            streamed=isinstance(options, StreamOptions) and bool(options.stream),
            partials=(options.partial_images or 0) if isinstance(options, StreamOptions) else 0,
            format=options.output_format or "png",
            compression=options.output_compression,
            only_url=options.response_format == "url",
            any_url=options.wants_url,
        ),
        longest_px,
        SIZES[-1],
    )
    if clash:
        raise InvalidInput(clash.message, field=clash.field)


async def _check_mask(image: codec.Encoded, mask: codec.Encoded) -> None:
    if (image.width, image.height) != (mask.width, mask.height):
        sizes = f"the image has {image.width}x{image.height} pixels, the mask {mask.width}x{mask.height}"
        raise InvalidInput(f"A mask must be as large as its image: {sizes}.", field="mask")
    if not await asyncio.to_thread(codec.has_holes, mask.data):
        raise InvalidInput(
            "This mask is transparent nowhere, so that nothing would be made anew. Send a PNG that is transparent there.",
            field="mask",
        )


# -- what is handed over --------------------------------------------------------------------------------------------------


def _variant(order: Order) -> str:
    """The file that an address leads to: the original, or the picture in the same size as JPEG or WebP."""
    if order.format == "png":
        return "original.png"
    longest_px = max(order.request.width, order.request.height)
    return f"{next(size for size in SIZES if size >= longest_px)}.{_EXTENSIONS[order.format]}"


def _quality(order: Order) -> int:
    return 100 if order.options.output_compression is None else order.options.output_compression


async def _partial(order: Order, job: Job, name: str, index: int) -> PartialImage | None:
    """The job's preview in the size of the picture; None where it has none, or it is not the time for one."""
    if job.progress is None or job.progress.preview is None:
        return None
    if not rules.partial_is_due(index, order.partials, job.progress.step, job.progress.of):
        return None
    small = base64.b64decode(job.progress.preview.partition(",")[2])
    size = (order.request.width, order.request.height)
    # What the request brought came from outside; what it did not was made.
    xmp = packet(Made(order.request.model, composite=order.request.init_image is not None))
    large = await asyncio.to_thread(codec.reencode, small, _FORMS[order.format], 90, size, xmp)
    return PartialImage(
        type=f"{name}.partial_image",
        b64_json=base64.b64encode(large.data).decode(),
        partial_image_index=index,
        created_at=int(time.time()),
        size=order.size,
        quality=order.quality,
        output_format=order.format,
    )
