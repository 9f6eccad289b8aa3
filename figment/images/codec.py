"""Bytes to pixels and back: what strangers upload is checked before it is decoded, and loses what could betray them."""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageOps, PngImagePlugin, UnidentifiedImageError

from figment.images.errors import ImageTooManyPixels, ImageTypeRefused, ImageUnreadable
from figment.images.pdq import Pdq, pdq
from figment.images.provenance import Made, packet

MIME = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "AVIF": "image/avif"}
EXTENSION = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/avif": "avif"}
_TAKEN = ("JPEG", "PNG", "GIF", "WEBP")
# What is looked at and not kept may be of every type that goes out, too.
_READ = (*_TAKEN, "AVIF")

# Ours is the only limit: Pillow's own would raise at another number, after reading the same header.
Image.MAX_IMAGE_PIXELS = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """A file's bytes and what they hold."""

    data: bytes
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Prints:
    """What a picture is recognised by: `pixels`, the SHA-256 of exactly these (`pixels_sha256`), and what it looks like."""

    pixels: str
    pdq: Pdq


@dataclass(frozen=True, slots=True)
class Picture(Encoded):
    """A file that may be kept, with what its picture is recognised by."""

    prints: Prints


def encode_png(pixels: NDArray[np.uint8], made: Made) -> Picture:
    """Lossless, with the mark of how it was made, and the same bytes for the same pixels: the file's name is its content.

    `pixels`: (h, w, 3) uint8. Nothing personal is in the mark: whoever makes the same picture has the same file.
    """
    prints = prints_of(pixels)
    encoded = _saved(Image.fromarray(pixels), "PNG", packet(made, prints.pixels), compress_level=4)
    return Picture(encoded.data, encoded.mime, encoded.width, encoded.height, prints)


def pixels_sha256(pixels: NDArray[np.uint8]) -> str:
    """The SHA-256 of a picture, whatever file it is in. `pixels`: (h, w, 3) uint8 RGB."""
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(f"RGB {width}x{height}\n".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def prints_of(pixels: NDArray[np.uint8]) -> Prints:
    """`pixels`: (h, w, 3) uint8 RGB."""
    return Prints(pixels_sha256(pixels), pdq(pixels))


def clean_upload(data: bytes, max_pixels: int) -> Picture:
    """The picture that an upload shows, upright, in sRGB, without any metadata.

    The first frame of an animation is taken. JPEG stays JPEG, everything else becomes PNG.

    Raises:
        ImageTypeRefused: SVG, HEIC and everything else that is none of the four types.
        ImageTooManyPixels: by the header, before a single pixel is decoded.
        ImageUnreadable: truncated or broken.
    """
    plain, source_format = _plain(data, max_pixels, _TAKEN)
    prints = _prints(plain)
    # Pillow writes some of what it finds here into the new file by itself: comments, XMP, EXIF.
    plain.info = {}
    if source_format == "JPEG" and plain.mode == "RGB":
        encoded = _saved(plain, "JPEG", quality=95, subsampling=0)
    else:
        encoded = _saved(plain, "PNG", compress_level=4)
    return Picture(encoded.data, encoded.mime, encoded.width, encoded.height, prints)


def look(data: bytes, max_pixels: int) -> Prints:
    """What the picture in a stranger's file is recognised by. Raises as `clean_upload` does; AVIF is read as well."""
    plain, _ = _plain(data, max_pixels, _READ)
    return _prints(plain)


def _prints(plain: Image.Image) -> Prints:
    # Pillow's convert copies what is RGB already: 120 MB of an upload of 40 megapixels.
    return prints_of(np.asarray(plain if plain.mode == "RGB" else plain.convert("RGB")))


def mime_of(data: bytes) -> str:
    """The type of a file that `look` has read."""
    return MIME.get(Image.open(io.BytesIO(data), formats=_READ).format or "", "image/gif")


def _plain(data: bytes, max_pixels: int, formats: tuple[str, ...]) -> tuple[Image.Image, str | None]:
    """The first frame, upright and in sRGB, and the file's format."""
    picture = _open(data, max_pixels, formats)
    source_format = picture.format
    try:
        picture.seek(0)
        picture.load()
        return _in_srgb(ImageOps.exif_transpose(picture)), source_format
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise ImageUnreadable(f"This file ends early or is broken ({error}). Send it again.") from error


def _open(data: bytes, max_pixels: int, formats: tuple[str, ...]) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=formats)
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


def squeezed(data: bytes, side_px: int) -> NDArray[np.uint8]:
    """(side, side, 3) uint8 RGB of one of our own files, all of it, whatever its shape was."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    return np.asarray(picture.resize((side_px, side_px), Image.Resampling.BICUBIC), dtype=np.uint8)


def _saved(picture: Image.Image, form: str, xmp: bytes | None = None, **options: object) -> Encoded:
    """The picture as a file of this format, with this XMP packet and no other metadata."""
    out = io.BytesIO()
    if form == "PNG":
        chunks = PngImagePlugin.PngInfo()
        if xmp:
            chunks.add_itxt("XML:com.adobe.xmp", xmp.decode())
        picture.save(out, form, pnginfo=chunks, **options)
    else:
        picture.save(out, form, xmp=xmp or b"", **options)
    return Encoded(out.getvalue(), MIME[form], picture.width, picture.height)


def to_mask(data: bytes, width: int, height: int) -> NDArray[np.uint8]:
    """(h, w) uint8 of a mask image: 255 where it is white, or where it is transparent if it is so anywhere (as OpenAI's edits).

    What browsers draw has alpha even where nothing is transparent.
    """
    picture = Image.open(io.BytesIO(data))
    if picture.mode in ("RGBA", "LA") and _lowest(picture.getchannel("A")) < 255:
        mask = Image.eval(picture.getchannel("A"), lambda alpha: 255 - alpha)
    else:
        mask = picture.convert("L")
    mask = ImageOps.fit(mask, (width, height), Image.Resampling.NEAREST)
    return np.where(np.asarray(mask) >= 128, 255, 0).astype(np.uint8)


def _lowest(channel: Image.Image) -> int:
    low, _ = channel.getextrema()
    return int(low)  # type: ignore[arg-type]


def derive(data: bytes, longest_px: int, form: str) -> Encoded:
    """A copy that fits into a square of `longest_px`, never enlarged, as WebP, AVIF, JPEG or PNG, with the original's mark."""
    picture: Image.Image = Image.open(io.BytesIO(data))
    xmp = picture.info.get("xmp")
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
    return _saved(picture, form, xmp, **options)


def reencode(
    data: bytes, form: str, quality: int = 100, size: tuple[int, int] | None = None, xmp: bytes | None = None
) -> Encoded:
    """One of our own files as PNG, JPEG, WebP or AVIF; stretched to `size` (width, height) when given.

    `quality` 0 to 100, which PNG has no use for. `xmp` is the packet of the new file.
    """
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    if size:
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    # Pillow reads a quality of 0 as one that was not said.
    options: dict[str, object] = {"compress_level": 4} if form == "PNG" else {"quality": max(1, quality)}
    return _saved(picture, form, xmp, **options)


def has_holes(data: bytes) -> bool:
    """Whether a cleaned upload is transparent anywhere, so that `to_mask` finds something to be made anew."""
    picture = Image.open(io.BytesIO(data))
    if picture.mode not in ("RGBA", "LA"):
        return False
    return bool((np.asarray(picture.getchannel("A")) < 128).any())


_PREVIEW_PX = 128
"""Of a preview's longer side: the latents of a large frame have more, and it is sent to many, several times a second."""


def preview_webp(pixels: NDArray[np.uint8]) -> bytes:
    """A latent preview as a small WebP: half a kilobyte of a picture of 256 pixels, a few kilobytes of any. `pixels`: (h, w, 3) uint8."""
    out = io.BytesIO()
    picture = Image.fromarray(pixels)
    picture.thumbnail((_PREVIEW_PX, _PREVIEW_PX))
    picture.save(out, "WEBP", quality=72, method=0)
    return out.getvalue()
