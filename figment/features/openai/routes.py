"""HTTP of the OpenAI Images API, below `/v1`: tokens only, and errors in OpenAI's shape."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from sse_starlette import ServerSentEvent
from starlette.datastructures import FormData, UploadFile

from figment.accounts.asking import AllowedByToken, spend_generations, spend_uploads
from figment.accounts.schemas import Person
from figment.core.errors import FigmentError, InvalidInput, MalformedRequest, NotFound
from figment.core.http import error_headers, event_source, unless_gone
from figment.features.openai import rules
from figment.features.openai.schemas import (
    ImageEdit,
    ImageGeneration,
    ImageOptions,
    ImagesAnswer,
    ImageVariation,
    ModelEntry,
    ModelList,
)
from figment.features.openai.service import OpenAIImages, Order, Wish, wish_of

PREFIX = "/v1/"

router = APIRouter(prefix="/v1", tags=["openai"])

Asked = TypeVar("Asked", ImageEdit, ImageVariation)


async def openai_images(request: Request) -> OpenAIImages:
    service: OpenAIImages = request.app.state.openai
    return service


Service = Annotated[OpenAIImages, Depends(openai_images)]
ImageMaker = Annotated[Person, AllowedByToken("openai.images")]
ModelReader = Annotated[Person, AllowedByToken("openai.models")]


def error_response(error: FigmentError) -> Response:
    """An error as OpenAI's clients read it."""
    retry = "true" if rules.worth_a_retry(error) else "false"
    headers = {**error_headers(error), "x-should-retry": retry}
    return JSONResponse({"error": rules.said(error)}, status_code=rules.status_of(error), headers=headers)


_ERROR = {
    "description": "An error in OpenAI's shape.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["error"],
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["message", "type", "param", "code"],
                        "properties": {
                            "message": {"type": "string"},
                            "type": {"type": "string"},
                            "param": {"type": ["string", "null"]},
                            "code": {"type": "string"},
                        },
                    }
                },
            }
        }
    },
}
_ERRORS: dict[int | str, dict[str, Any]] = {"4XX": _ERROR, "5XX": _ERROR}


def _form_of(shape: type[BaseModel], *files: str) -> dict[str, Any]:
    """How a form stands in the API's description: its fields, and its files, of which the first is needed."""
    schema = shape.model_json_schema()
    schema["properties"] |= {name: {"type": "string", "format": "binary"} for name in files}
    schema["required"] = [*schema.get("required", []), files[0]]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.get("/models", responses=_ERRORS)
async def list_openai_models(person: ModelReader, service: Service) -> ModelList:
    """The installed models, the default first, as OpenAI lists its own."""
    return await service.models()


@router.get("/models/{model:path}", responses=_ERRORS)
async def get_openai_model(model: str, person: ModelReader, service: Service) -> ModelEntry:
    """One installed model."""
    return await service.model(model)


@router.post("/images/generations", response_model=ImagesAnswer, response_model_exclude_none=True, responses=_ERRORS)
async def generate_images(asked: ImageGeneration, request: Request, person: ImageMaker, service: Service) -> Any:
    """Make pictures of a prompt, as OpenAI's clients ask for them; with `stream`, as server-sent events."""
    await spend_generations(request, person, asked.n or 1)
    wish = wish_of(asked, None, None)
    if asked.stream:
        return await _streamed(request, service, person, asked, wish, "image_generation")
    return await _answered(request, service, person, asked, wish)


@router.post(
    "/images/edits",
    response_model=ImagesAnswer,
    response_model_exclude_none=True,
    responses=_ERRORS,
    openapi_extra=_form_of(ImageEdit, "image", "mask"),
)
async def edit_image(request: Request, person: ImageMaker, service: Service) -> Any:
    """Make an image anew after a prompt, or only where its mask is transparent; multipart, as OpenAI's clients send it."""
    asked, files = await _read_form(request, ImageEdit, ("image", "image[]", "mask"))
    await spend_uploads(request, person, len(files))
    await spend_generations(request, person, asked.n or 1)
    wish = wish_of(asked, files["image"], files.get("mask"))
    if asked.stream:
        return await _streamed(request, service, person, asked, wish, "image_edit")
    return await _answered(request, service, person, asked, wish)


@router.post(
    "/images/variations",
    response_model=ImagesAnswer,
    response_model_exclude_none=True,
    responses=_ERRORS,
    openapi_extra=_form_of(ImageVariation, "image"),
)
async def vary_image(request: Request, person: ImageMaker, service: Service) -> Any:
    """Make pictures that resemble an image; multipart, as OpenAI's clients send it."""
    asked, files = await _read_form(request, ImageVariation, ("image",))
    await spend_uploads(request, person, len(files))
    await spend_generations(request, person, asked.n or 1)
    return await _answered(request, service, person, asked, wish_of(asked, files["image"], None))


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def no_such_address(rest: str) -> None:
    """Of OpenAI's API there are the images and the models."""
    raise NotFound(f"There is no /v1/{rest[:100]} for this method. Here are /v1/images and /v1/models.")


# -- what comes in --------------------------------------------------------------------------------------------------------


async def _read_form(request: Request, shape: type[Asked], names: tuple[str, ...]) -> tuple[Asked, Mapping[str, bytes]]:
    """The fields of a form, and its files: `image`, and `mask` where there is one.

    Raises:
        MalformedRequest: this is no form.
        InvalidInput: a field is wrong; there is no image, or more than one.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise MalformedRequest("Images are sent as multipart/form-data, as the official clients do.")
    async with request.form(max_files=20, max_fields=50) as form:
        fields = {name: value for name, value in form.multi_items() if name not in names}
        return _validated(shape, fields), await _files(form, names)


async def _files(form: FormData, names: tuple[str, ...]) -> dict[str, bytes]:
    """The client names one image `image`, and those of a list `image[]`."""
    images = [file for name in ("image", "image[]") if name in names for file in form.getlist(name)]
    if len(images) != 1:
        few = "An image is missing." if not images else f"{len(images)} images were sent."
        raise InvalidInput(f"{few} Send one: several cannot be put together here.", field="image")
    found = {"image": images[0]}
    if "mask" in names and "mask" in form:
        found["mask"] = form["mask"]
    for name, file in found.items():
        if not isinstance(file, UploadFile):
            raise InvalidInput("Send this as a file.", field=name)
    return {name: await file.read() for name, file in found.items() if isinstance(file, UploadFile)}


def _validated(shape: type[Asked], fields: Mapping[str, object]) -> Asked:
    try:
        return shape.model_validate(fields)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_context=False)) from error


# -- what goes out --------------------------------------------------------------------------------------------------------


async def _answered(
    request: Request, service: OpenAIImages, person: Person, asked: ImageOptions, wish: Wish
) -> ImagesAnswer:
    async def made() -> ImagesAnswer:
        order = await service.order(person.id, asked, wish)
        return await service.answer(order, str(request.base_url))

    return await unless_gone(request, made())


async def _streamed(
    request: Request, service: OpenAIImages, person: Person, asked: ImageOptions, wish: Wish, name: str
) -> Response:
    # Before the answer begins: what is refused is refused with a status.
    order = await service.order(person.id, asked, wish)
    return event_source(_frames(service, order, name, str(request.base_url)))


async def _frames(service: OpenAIImages, order: Order, name: str, base_url: str) -> AsyncIterator[ServerSentEvent]:
    """Closed with whoever reads it: closing the inner iterator is what cancels the job."""
    stream = service.stream(order, name, base_url)
    try:
        async for image in stream:
            yield ServerSentEvent(event=image.type, data=image.model_dump_json(exclude_none=True))
    except FigmentError as error:
        yield ServerSentEvent(event="error", data=json.dumps({"error": rules.said(error)}))
    finally:
        await stream.aclose()
