"""What strangers upload: limits before decoding, metadata gone, orientation applied."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from figment.images import codec
from figment.images.errors import ImageTooManyPixels, ImageTypeRefused, ImageUnreadable
from figment.images.provenance import Made

MAX = 40_000_000


def picture(form: str, size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize(
    ("form", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("GIF", "image/png"), ("WEBP", "image/png")]
)
def test_the_four_types_are_taken(form: str, mime: str) -> None:
    kept = codec.clean_upload(picture(form), MAX)
    assert (kept.mime, kept.width, kept.height) == (mime, 40, 30)
    assert opened(kept.data).size == (40, 30)


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?><svg/>',
        b"%PDF-1.7",
        b"MZ\x90\x00",
        b"",
        picture("BMP"),
        picture("TIFF"),
    ],
)
def test_every_other_type_is_refused(data: bytes) -> None:
    with pytest.raises(ImageTypeRefused):
        codec.clean_upload(data, MAX)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_truncated_file_is_unreadable(form: str) -> None:
    data = picture(form, (300, 300))
    with pytest.raises(ImageUnreadable):
        codec.clean_upload(data[: len(data) // 2], MAX)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes whose header promises a huge picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(1_000_000)))
        + chunk(b"IEND", b"")
    )


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(ImageTooManyPixels, match="2500 megapixels"):
        codec.clean_upload(bomb(50_000, 50_000), MAX)


def test_a_text_chunk_bomb_is_refused() -> None:
    info = PngInfo()
    info.add_text("comment", "x" * 80_000_000, zip=True)
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info)
    with pytest.raises(ImageUnreadable):
        codec.clean_upload(out.getvalue(), MAX)


def test_gps_and_every_other_metadata_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)
    data = picture("JPEG", exif=exif, comment=b"secret comment")
    assert opened(data).getexif()
    for source in (data, picture("PNG", pnginfo=_text("Author", "somebody"), exif=exif), picture("WEBP", exif=exif)):
        kept = codec.clean_upload(source, MAX)
        assert not opened(kept.data).getexif()
        for word in (b"at home", b"secret", b"somebody", b"Exif"):
            assert word not in kept.data


def _text(key: str, value: str) -> PngInfo:
    info = PngInfo()
    info.add_text(key, value)
    return info


def test_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    kept = codec.clean_upload(picture("JPEG", (40, 30), exif=exif), MAX)
    assert (kept.width, kept.height) == (30, 40)


def test_a_colour_profile_is_converted_not_dropped() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = codec.clean_upload(picture("PNG", icc_profile=lab), MAX)
    assert "icc_profile" not in opened(kept.data).info


def test_transparency_survives_and_the_first_frame_of_a_gif_is_taken() -> None:
    assert opened(codec.clean_upload(picture("PNG", mode="RGBA"), MAX).data).mode == "RGBA"
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    first = opened(codec.clean_upload(out.getvalue(), MAX).data).convert("RGB").getpixel((4, 4))
    assert first == (255, 0, 0)


@given(st.binary(max_size=300), st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), st.data())
def test_a_mangled_file_is_kept_or_refused_but_never_crashes(noise: bytes, form: str, data: st.DataObject) -> None:
    whole = picture(form)
    at = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(ImageTypeRefused, ImageUnreadable, ImageTooManyPixels):
        codec.clean_upload(whole[:at] + noise + whole[at + len(noise) :], MAX)


def test_16_bit_grey_is_scaled_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 64, dtype=np.uint16)[None].repeat(8, 0)
    out = io.BytesIO()
    Image.fromarray(ramp).save(out, "PNG")
    kept = np.asarray(opened(codec.clean_upload(out.getvalue(), MAX).data))
    assert 120 <= kept.mean() <= 135
    assert (kept.min(), kept.max()) == (0, 255)


def test_the_same_pixels_give_the_same_bytes() -> None:
    pixels = np.arange(64 * 48 * 3, dtype=np.uint32).reshape(48, 64, 3).astype(np.uint8)
    made = Made("a model", composite=False)
    assert codec.encode_png(pixels, made).data == codec.encode_png(pixels.copy(), made).data
    assert np.array_equal(np.asarray(opened(codec.encode_png(pixels, made).data)), pixels)


@pytest.mark.parametrize("form", ["WEBP", "AVIF", "JPEG", "PNG"])
def test_derived_sizes_fit_and_never_grow(form: str) -> None:
    small = codec.derive(picture("PNG", (400, 200)), 128, form)
    assert (small.width, small.height) == (128, 64)
    assert codec.derive(picture("PNG", (40, 20)), 128, form).width == 40


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_picture_keeps_its_size_in_another_form_or_takes_the_one_that_is_asked(form: str) -> None:
    whole = picture("PNG", (40, 30))
    again = codec.reencode(whole, form)
    assert (opened(again.data).format, opened(again.data).size) == (form, (40, 30))
    assert (again.mime, again.width, again.height) == (codec.MIME[form], 40, 30)
    difference = np.asarray(opened(again.data), np.int16) - np.asarray(opened(whole), np.int16)
    assert np.abs(difference).max() <= (0 if form == "PNG" else 6)
    assert opened(codec.reencode(whole, form, size=(80, 20)).data).size == (80, 20)


def test_quality_goes_down_to_nothing() -> None:
    whole = picture("PNG", (256, 256))
    sizes = [len(codec.reencode(whole, "JPEG", quality).data) for quality in (0, 1, 50, 100)]
    assert sizes[0] == sizes[1] < sizes[2] < sizes[3]


def test_a_mask_has_holes_where_it_is_more_transparent_than_not() -> None:
    for alpha, holes in ((255, False), (128, False), (127, True), (0, True)):
        mask = Image.new("RGBA", (4, 4), "black")
        mask.putpixel((2, 1), (0, 0, 0, alpha))
        out = io.BytesIO()
        mask.save(out, "PNG")
        kept = codec.clean_upload(out.getvalue(), MAX).data
        assert codec.has_holes(kept) is holes
        assert (codec.to_mask(kept, 4, 4)[1, 2] == 255) is np.bool_(holes)
    assert not codec.has_holes(picture("PNG"))


def test_a_mask_is_white_or_transparent() -> None:
    mask = Image.new("L", (4, 4), 0)
    mask.paste(255, (0, 0, 2, 4))
    out = io.BytesIO()
    mask.save(out, "PNG")
    assert codec.to_mask(out.getvalue(), 4, 4)[0].tolist() == [255, 255, 0, 0]
    clear = Image.new("RGBA", (4, 4), (9, 9, 9, 255))
    clear.paste((0, 0, 0, 0), (2, 0, 4, 4))
    out = io.BytesIO()
    clear.save(out, "PNG")
    assert codec.to_mask(out.getvalue(), 4, 4)[0].tolist() == [0, 0, 255, 255]
    drawn = mask.convert("RGBA")
    out = io.BytesIO()
    drawn.save(out, "PNG")
    assert codec.to_mask(out.getvalue(), 4, 4)[0].tolist() == [255, 255, 0, 0]
