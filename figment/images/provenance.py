"""What a file says about how it was made: an XMP packet in the words of IPTC's and Adobe's standards, and reading it again.

Sources: IPTC Photo Metadata Standard 2025.1 (digital source type, AI properties), https://cv.iptc.org/newscodes/digitalsourcetype/;
XMP Specification Part 1 and 3 (ISO 16684). `docs/decisions/0018-provenance.md` says which files carry what.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from xml.etree import ElementTree
from xml.sax.saxutils import quoteattr

from PIL import Image, UnidentifiedImageError

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED = _VOCABULARY + "trainedAlgorithmicMedia"
COMPOSITE = _VOCABULARY + "compositeWithTrainedAlgorithmicMedia"
GENERATOR = "Figment"

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
# Ours is below 3 KB with the longest prompt; what is much larger was not written by a generator.
_MOST_BYTES = 256 * 1024
_DOCUMENT = "figment:pixels:"
# XML 1.0 has no way to write these, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEYWORD = b"XML:com.adobe.xmp"


@dataclass(frozen=True, slots=True)
class Made:
    """How a picture came to be, as far as everybody may know. `composite`: something in it came from an uploaded picture."""

    model: str
    composite: bool

    @property
    def source_type(self) -> str:
        return COMPOSITE if self.composite else TRAINED


@dataclass(frozen=True, slots=True)
class Claim:
    """What a file's XMP says of its origin; anybody can write anything there."""

    generator: str | None
    model: str | None
    source_type: str | None
    pixels: str | None

    @property
    def is_ours(self) -> bool:
        return self.generator is not None and self.generator.partition(" ")[0] == GENERATOR


def packet(made: Made, pixels: str | None = None, prompt: str | None = None) -> bytes:
    """The XMP of a picture: what is true of it for everybody; the prompt only for a file that its owner is given.

    `pixels`: SHA-256 of the original's pixels (`codec.pixels_sha256`), under which it is found again whatever else its file says;
    None for a picture that is not done yet.
    """
    attributes = {
        "xmp:CreatorTool": f"{GENERATOR} {version('figment')}",
        "Iptc4xmpExt:DigitalSourceType": made.source_type,
        "Iptc4xmpExt:AISystemUsed": made.model,
    }
    if pixels is not None:
        attributes["xmpMM:DocumentID"] = f"{_DOCUMENT}{pixels}"
    names = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    said = "".join(f" {name}={quoteattr(_xml_text(value))}" for name, value in attributes.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF{names}><rdf:Description rdf:about=""{said}>{_description(prompt)}</rdf:Description></rdf:RDF>'
        '</x:xmpmeta><?xpacket end="r"?>'
    ).encode()


def _description(prompt: str | None) -> str:
    if not prompt:
        return ""
    words = _xml_text(prompt).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{words}</rdf:li></rdf:Alt></dc:description>'


def _xml_text(words: str) -> str:
    return _NOT_XML.sub("", words)


# -- reading --------------------------------------------------------------------------------------------------------------


def packet_of(data: bytes) -> bytes | None:
    """The XMP packet of a PNG, JPEG, WebP or AVIF; None where there is none, or the file cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            found = picture.info.get("xmp")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None
    return found.encode() if isinstance(found, str) else found


def claim_of(data: bytes) -> Claim | None:
    """What a stranger's file says of its origin; None where it says nothing that can be read."""
    found = packet_of(data)
    # An entity could blow up to any size; XMP has none (ISO 16684-1, 7.1).
    if found is None or len(found) > _MOST_BYTES or b"<!" in found:
        return None
    try:
        root = ElementTree.fromstring(found.decode().strip("\ufeff\0 \r\n\t"))  # noqa: S314
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError):
        return None
    document = _said(root, "xmpMM", "DocumentID") or ""
    claim = Claim(
        generator=_said(root, "xmp", "CreatorTool"),
        model=_said(root, "Iptc4xmpExt", "AISystemUsed"),
        source_type=_said(root, "Iptc4xmpExt", "DigitalSourceType"),
        pixels=document.removeprefix(_DOCUMENT) if re.fullmatch(_DOCUMENT + "[0-9a-f]{64}", document) else None,
    )
    return claim if any((claim.generator, claim.source_type, claim.pixels)) else None


def _said(root: ElementTree.Element, prefix: str, name: str) -> str | None:
    """A simple property, which XMP may write as an attribute or as an element."""
    qualified = f"{{{_NAMESPACES[prefix]}}}{name}"
    for description in root.iter(f"{{{_NAMESPACES['rdf']}}}Description"):
        if (value := description.get(qualified)) or (value := description.findtext(qualified)):
            return value[:200]
    return None


# -- a PNG's packet, without touching its pixels ----------------------------------------------------------------------------


def png_with_packet(data: bytes, xmp: bytes) -> bytes:
    """The same PNG with this packet and no other. Every other chunk stays as it is."""
    chunks = list(_chunks(data))
    header, rest = chunks[0], [chunk for chunk in chunks[1:] if not _is_packet(chunk)]
    return b"".join([_PNG_SIGNATURE, header, _packet_chunk(xmp), *rest])


def _packet_chunk(xmp: bytes) -> bytes:
    # Keyword, not compressed, no language, no translated keyword (PNG, third edition, 11.3.3.4).
    body = b"iTXt" + _PNG_KEYWORD + b"\0\0\0\0\0" + xmp
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _is_packet(chunk: bytes) -> bool:
    return chunk[4:8] == b"iTXt" and chunk[8:].startswith(_PNG_KEYWORD + b"\0")


def _chunks(data: bytes) -> list[bytes]:
    found, at = [], len(_PNG_SIGNATURE)
    while at < len(data):
        size = 12 + int.from_bytes(data[at : at + 4])
        found.append(data[at : at + size])
        at += size
    return found
