"""HTTP of images."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from figment.accounts.asking import Allowed, spend, spend_uploads
from figment.accounts.errors import AccountMuted, AccountNeeded
from figment.accounts.schemas import Person
from figment.core.errors import BodyTooLarge, InvalidInput, NotFound, NotSignedIn, RateLimited
from figment.core.problems import problems
from figment.core.storage import StorageUnavailable, content_disposition
from figment.images import codec
from figment.images.errors import (
    ImageBlocked,
    ImageTooManyPixels,
    ImageTypeRefused,
    ImageUnreadable,
    ImageWithheld,
    SigningFailed,
    UploadNotThere,
)
from figment.images.recipes import Recipe
from figment.images.schemas import (
    Favourites,
    Image,
    Preferences,
    PreferencesChange,
    SharedImage,
    Upload,
    UploadRequest,
    Verification,
    VisibilityChange,
)
from figment.images.service import Images
from figment.images.verify import Verifier

router = APIRouter(tags=["images"])

_READ_PROBLEMS = (BodyTooLarge, ImageTypeRefused, ImageTooManyPixels, ImageUnreadable)
_UPLOAD_PROBLEMS = (*_READ_PROBLEMS, ImageBlocked, InvalidInput, RateLimited, StorageUnavailable)
_FOREVER = "public, max-age=31536000, immutable"


async def images(request: Request) -> Images:
    service: Images = request.app.state.images
    return service


ImagesService = Annotated[Images, Depends(images)]


Reader = Annotated[Person, Allowed("images.read")]
Maker = Annotated[Person, Allowed("images.make", greets=True)]
Changer = Annotated[Person, Allowed("images.change")]
Sharer = Annotated[Person, Allowed("images.share")]


async def _spend_upload(request: Request, person: Maker) -> None:
    await spend_uploads(request, person)


@router.post(
    "/api/images", status_code=201, dependencies=[Depends(_spend_upload)], responses=problems(*_UPLOAD_PROBLEMS)
)
async def upload_image(person: Maker, service: ImagesService, file: Annotated[UploadFile, File()]) -> Image:
    """Upload a JPEG, PNG, GIF (first frame) or WebP: at most 10 MB and 40 megapixels. Metadata such as GPS is removed."""
    return await service.upload(person.id, await file.read())


@router.post(
    "/api/images/uploads",
    status_code=201,
    dependencies=[Depends(_spend_upload)],
    responses=problems(InvalidInput, RateLimited),
)
async def begin_upload(wanted: UploadRequest, person: Maker, service: ImagesService) -> Upload:
    """An address to send a file to directly, past this server where images are kept in object storage."""
    return await service.begin_upload(person.id, wanted.content_type)


@router.post(
    "/api/images/uploads/{upload}/complete",
    status_code=201,
    responses=problems(NotSignedIn, UploadNotThere, *_UPLOAD_PROBLEMS),
)
async def complete_upload(upload: UUID, person: Changer, service: ImagesService) -> Image:
    """Check and keep what was sent to the upload's address."""
    return await service.complete_upload(person.id, upload)


@router.put("/api/images/favourites", status_code=204, responses=problems(NotSignedIn, NotFound, InvalidInput))
async def set_favourites(asked: Favourites, person: Changer, service: ImagesService) -> None:
    """Mark images of mine as favourites, or take the mark away. Twice is once."""
    await service.set_favourite(person.id, asked.images, asked.favourite)


@router.get("/api/images/{image}", responses=problems(NotSignedIn, NotFound))
async def get_image(image: UUID, person: Reader, service: ImagesService) -> Image:
    """One image of mine."""
    return service.wire(await service.owned(person.id, image))


@router.get("/api/images/{image}/recipe", responses=problems(NotSignedIn, NotFound))
async def get_recipe(image: UUID, person: Reader, service: ImagesService) -> Recipe:
    """How the image was made: enough to make it again."""
    row = await service.owned(person.id, image)
    if row.recipe is None:
        raise NotFound("This image was uploaded; it has no recipe.")
    return Recipe.model_validate(row.recipe)


@router.get(
    "/api/images/{image}/picture",
    response_class=Response,
    responses={200: {"content": {"image/*": {}}}, **problems(NotSignedIn, NotFound, ImageWithheld)},
)
async def get_picture(image: UUID, person: Reader, service: ImagesService) -> Response:
    """An image of mine as it is kept, also while it is held and no address leads to its file."""
    row = await service.owned(person.id, image)
    return Response(await service.original(row), media_type=row.mime, headers={"Cache-Control": "private, no-store"})


@router.put(
    "/api/images/{image}/visibility",
    responses=problems(NotSignedIn, AccountNeeded, AccountMuted, NotFound, ImageWithheld, InvalidInput),
)
async def share_image(image: UUID, asked: VisibilityChange, person: Sharer, service: ImagesService) -> Image:
    """Show an image of mine to everybody who has its link, `/shared/{image}`."""
    return await service.set_visibility(person.id, image, asked.visibility)


@router.delete("/api/images/{image}/visibility", responses=problems(NotSignedIn, NotFound))
async def unshare_image(image: UUID, person: Changer, service: ImagesService) -> Image:
    """Show an image of mine to nobody any more."""
    return await service.set_visibility(person.id, image, "private")


@router.get("/api/shared/{image}", responses=problems(NotFound))
async def get_shared(
    image: UUID, _: Annotated[Person | None, Allowed("shared.read")], service: ImagesService
) -> SharedImage:
    """An image that its owner shows to everybody who has the link."""
    return await service.shared(image)


@router.get(
    "/api/images/{image}/download",
    response_class=Response,
    responses={
        200: {
            "content": {mime: {} for mime in codec.EXTENSION},
            "description": "The file, with what it says of itself.",
        },
        307: {"description": "Where the stored file is, for a quarter of an hour: it says all that there is to say."},
        **problems(NotSignedIn, NotFound, ImageWithheld, StorageUnavailable, SigningFailed),
    },
)
async def download_image(image: UUID, person: Reader, service: ImagesService) -> Response:
    """Save the full image as a file. It says how it was made; the prompt with it, unless `PATCH /api/preferences` said no.

    An image whose file says no more than the stored one is fetched from where it is stored, by a redirect.
    """
    row = await service.usable(person.id, image)
    name = f"figment-{row.sha256[:12]}.{codec.EXTENSION[row.mime]}"
    if not service.says_more(row):
        return RedirectResponse(await service.download_url(row, name), 307, {"Cache-Control": "no-store"})
    file = await service.handed_over(row, await service.original(row))
    headers = {"Cache-Control": "no-store", "Content-Disposition": content_disposition(name)}
    return Response(file.data, media_type=file.mime, headers=headers)


@router.delete("/api/images/{image}", status_code=204, responses=problems(NotSignedIn, NotFound))
async def delete_image(image: UUID, person: Changer, service: ImagesService) -> None:
    """Delete one image of mine; its file goes too."""
    await service.delete_one(person.id, image)


async def _spend_verification(request: Request) -> None:
    await spend(request, "verify", address=True)


@router.post(
    "/api/verify",
    dependencies=[Depends(_spend_verification)],
    responses=problems(NotSignedIn, *_READ_PROBLEMS, InvalidInput, RateLimited),
)
async def verify_image(
    person: Annotated[Person | None, Allowed("images.verify")], request: Request, file: Annotated[UploadFile, File()]
) -> Verification:
    """Whether and how an image was made here, by its manifest, its metadata, its pixels and its looks. Nothing is kept.

    JPEG, PNG, GIF (first frame), WebP or AVIF, as large as an upload. Whose it is, and its prompt, only its owner is told.
    """
    verifier: Verifier = request.app.state.verifier
    return await verifier.verify(await file.read(), person.id if person else None)


@router.get("/api/preferences", responses=problems(NotSignedIn))
async def get_preferences(
    person: Annotated[Person, Allowed("preferences.read")], service: ImagesService
) -> Preferences:
    """What I chose about the files that I am given."""
    return await service.preferences(person.id)


@router.patch("/api/preferences", responses=problems(NotSignedIn, InvalidInput))
async def change_preferences(
    asked: PreferencesChange, person: Annotated[Person, Allowed("preferences.change")], service: ImagesService
) -> Preferences:
    """Choose. What is left out stays as it is."""
    return await service.change_preferences(person.id, asked)


@router.get("/files/{sha256}/{variant}", response_class=Response, include_in_schema=False)
async def get_file(
    sha256: str, variant: str, request: Request, service: ImagesService, k: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The bytes of an image, in the size that the address names. They never change."""
    etag = f'"{sha256[:32]}-{variant}"'
    headers = {"Cache-Control": _FOREVER, "ETag": etag, "Cross-Origin-Resource-Policy": "same-origin"}
    found = await service.file(sha256, variant, k)
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.data, media_type=found.mime, headers=headers)
