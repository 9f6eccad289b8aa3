"""Bytes to pixels and back: what strangers upload is checked before it is decoded, and loses what could betray them."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from figment.images.errors import ImageTooManyPixels, ImageTypeRefused, ImageUnreadable

MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
EXTENSION = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif"}
_TAKEN = ("JPEG", "PNG", "GIF", "WEBP")

# Ours is the only limit: Pillow's own would raise at another number, after reading the same header.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's bytes and what they hold."""

    data: bytes
    mime: str
    width: int
    height: int


def encode_png(pixels: NDArray[np.uint8]) -> Encoded:
    """Lossless, and the same bytes for the same pixels: the file's name is its content. `pixels`: (h, w, 3) uint8."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=4)
    return Encoded(out.getvalue(), "image/png", pixels.shape[1], pixels.shape[0])


def clean_upload(data: bytes, max_pixels: int) -> Encoded:
    """The picture that an upload shows, upright, in sRGB, without any metadata.

    The first frame of an animation is taken. JPEG stays JPEG, everything else becomes PNG.

    Raises:
        ImageTypeRefused: SVG, HEIC and everything else that is none of the four types.
        ImageTooManyPixels: by the header, before a single pixel is decoded.
        ImageUnreadable: truncated or broken.
    """
    picture = _open(data, max_pixels)
    source_format = picture.format
    try:
        picture.seek(0)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
        plain = _in_srgb(upright)
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageUnreadable(f"This file ends early or is broken ({error}). Send it again.") from error
    # Pillow writes some of what it finds here into the new file by itself: comments, XMP, EXIF.
    plain.info = {}
    out = io.BytesIO()
    if source_format == "JPEG" and plain.mode == "RGB":
        plain.save(out, "JPEG", quality=95, subsampling=0)
        return Encoded(out.getvalue(), "image/jpeg", plain.width, plain.height)
    plain.save(out, "PNG", compress_level=4)
    return Encoded(out.getvalue(), "image/png", plain.width, plain.height)


def _open(data: bytes, max_pixels: int) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=_TAKEN)
    except UnidentifiedImageError as error:
        raise ImageTypeRefused from error
    except (OSError, ValueError, SyntaxError) as error:
        raise ImageUnreadable from error
    pixels = picture.width * picture.height
    if pixels > max_pixels:
        raise ImageTooManyPixels(
            f"This image has {pixels / 1e6:.0f} megapixels; at most {max_pixels / 1e6:.0f} are taken. "
            "Make it smaller and send it again."
        )
    if pixels == 0:
        raise ImageUnreadable("This image has no pixels.")
    return picture


def _in_srgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I;16") or picture.mode == "I":
        # Pillow clips 16 bits at 255 rather than scaling them.
        return Image.fromarray((np.asarray(picture).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8)).convert(
            "RGB"
        )
    profile = picture.info.get("icc_profile")
    has_alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    if profile and picture.mode in ("RGB", "RGBA", "L", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGBA" if has_alpha else "RGB")
            return converted if converted is not None else picture
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # A broken profile is worth less than the picture.
    return picture.convert("RGBA" if has_alpha else "RGB")


def to_pixels(data: bytes, width: int | None = None, height: int | None = None) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 RGB of one of our own files, covering `width` × `height` (cropped at the centre) when given."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    if width and height and picture.size != (width, height):
        picture = ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    return np.asarray(picture, dtype=np.uint8)


def to_mask(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """(h, w) uint8 of a mask image: 255 where it is white, or where it is transparent if it has alpha (as OpenAI's edits)."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode in ("RGBA", "LA"):
        mask = Image.eval(picture.getchannel("A"), lambda alpha: 255 - alpha)
    else:
        mask = picture.convert("L")
    mask = ImageOps.fit(mask, (width, height), Image.Resampling.NEAREST)
    return np.where(np.asarray(mask) >= 128, 255, 0).astype(np.uint8)


def derive(data: bytes, longest_px: int, form: str) -> Encoded:
    """A copy that fits into a square of `longest_px`, never enlarged, as WebP, AVIF, JPEG or PNG."""
    picture: Image.Image = Image.open(io.BytesIO(data))
    if max(picture.size) > longest_px:
        picture.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    options: dict[str, object] = {
        "WEBP": {"quality": 86, "method": 4},
        "AVIF": {"quality": 70, "speed": 8},
        "JPEG": {"quality": 88, "optimize": True},
        "PNG": {"compress_level": 6},
    }[form]  # type: ignore[assignment]
    if form == "JPEG":
        picture = picture.convert("RGB")
    out = io.BytesIO()
    picture.save(out, form, **options)
    return Encoded(out.getvalue(), MIME[form], picture.width, picture.height)


def reencode(data: bytes, form: str, quality: int = 100, size: tuple[int, int] | None = None) -> Encoded:
    """One of our own files as PNG, JPEG or WebP; stretched to `size` (width, height) when given. `quality` 0 to 100, which PNG has no use for."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    if size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    # Pillow reads a quality of 0 as one that was not said.
    options = {"compress_level": 4} if form == "PNG" else {"quality": max(1, quality)}
    picture.save(out, form, **options)
    return Encoded(out.getvalue(), MIME[form], picture.width, picture.height)


def has_holes(data: bytes) -> bool:
    """Whether a cleaned upload is transparent anywhere, so that `to_mask` finds something to be made anew."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode not in ("RGBA", "LA"):
        return False
    return bool((np.asarray(picture.getchannel("A")) < 128).any())


def preview_webp(pixels: NDArray[np.uint8]) -> bytes:
    """A latent preview as a WebP of about half a kilobyte. `pixels`: (h, w, 3) uint8."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=72, method=0)
    return out.getvalue()
