"""Why a model will not make an image: the bounds of its card, and pictures that do not fit the request."""

from __future__ import annotations

from figment.generation.bounds import faults
from figment.generation.contract import ImageRequest, ModelCard


def why_refuse(request: ImageRequest, card: ModelCard) -> str | None:
    """The first thing that is wrong with a request, its field first, or None."""
    found = faults(request, card)
    return str(found[0]) if found else _why_refuse_pictures(request)


def _why_refuse_pictures(request: ImageRequest) -> str | None:
    size = (request.height, request.width)
    if request.mask is not None and request.init_image is None:
        return "mask: there is no image to keep the rest of"
    if request.init_image is not None and request.init_image.shape != (*size, 3):
        return f"init_image: its shape {request.init_image.shape} is not {(*size, 3)}"
    if request.mask is not None and request.mask.shape != size:
        return f"mask: its shape {request.mask.shape} is not {size}"
    for field, image in (("init_image", request.init_image), ("mask", request.mask)):
        if image is not None and image.dtype != "uint8":
            return f"{field}: pixels are 8-bit numbers, not {image.dtype}"
    return None
