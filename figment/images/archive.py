"""Images and their recipes as one ZIP, made while it is sent: one image is in memory at a time.

In the archive: every file as its owner is given it (`Images.handed_over`), not packed again; `recipes.jsonl`, one line an image;
and `MISSING.txt` where a file of them is lost. `docs/history.md` describes it for people.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZIP_STORED

from zipstream import ZipStream

from figment.images import codec
from figment.images.service import Images
from figment.images.store import ImageRow

RECIPES = "recipes.jsonl"
MISSING = "MISSING.txt"

# Rows in memory at a time.
_PAGE = 100
# Of 255 bytes that a file's name may have, 160 at the most: a letter can have four.
_SLUG_LETTERS = 40

_GONE = "deleted while the archive was made"
_LOST = "its file is missing from the server's storage, or damaged there"


async def zipped(
    images: Images, ids: Sequence[UUID], documents: Mapping[str, Any] | None = None
) -> AsyncIterator[bytes]:
    """The pieces of the archive, in the order of `ids`, with `documents` by their file names as JSON.

    What is lost for good is left out and told: in its line of `recipes.jsonl`, and in `MISSING.txt`. What cannot be read just now
    ends the archive in the middle (StorageUnavailable): without the directory at its end no program takes it for whole.
    """
    archive = ZipStream(compress_type=ZIP_STORED)
    lines: list[str] = []
    missing: list[str] = []
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        rows = await images.rows(page)
        for nth, image in enumerate(page, start + 1):
            row = rows.get(image)
            data = await _file(images, row) if row else None
            name = file_of(nth, row) if row else None
            reason = None if data is not None else _LOST if row else _GONE
            lines.append(json.dumps(_line(image, name, row, data, reason), ensure_ascii=False))
            if data is None:
                missing.append(f"{name or image}: {reason}")
                continue
            archive.add(data, name)
            for piece in archive.file():
                yield piece
    for name, words in ((RECIPES, lines), (MISSING, missing)):
        if words:
            archive.add("\n".join([*words, ""]), name, compress_type=ZIP_DEFLATED)
    for name, content in (documents or {}).items():
        archive.add(json.dumps(content, ensure_ascii=False, indent=1), name, compress_type=ZIP_DEFLATED)
    for piece in archive.finalize():
        yield piece


async def _file(images: Images, row: ImageRow) -> bytes | None:
    kept = await images.intact(row)
    return None if kept is None else (await images.handed_over(row, kept)).data


def _line(
    image: UUID, name: str | None, row: ImageRow | None, data: bytes | None, missing: str | None
) -> dict[str, Any]:
    line: dict[str, Any] = {"file": None if missing else name, "id": str(image), "missing": missing}
    if row is None:
        return line
    return line | {
        "created_at": row.created_at.isoformat(),
        "width": row.width,
        "height": row.height,
        "bytes": None if data is None else len(data),
        "sha256": None if data is None else hashlib.sha256(data).hexdigest(),
        "favourite": row.favourite,
        "alt": row.alt,
        "recipe": row.recipe,
    }


def file_of(nth: int, row: ImageRow) -> str:
    recipe = row.recipe or {}
    return file_name(nth, recipe.get("prompt") or row.alt, recipe.get("seed"), codec.EXTENSION[row.mime])


def file_name(nth: int, words: str, seed: int | None, extension: str) -> str:
    """The name of the `nth` image of an archive, readable and like no other's in it: `0007-a-blue-boat-4242.png`."""
    parts = [f"{nth:04d}", slug(words) or "image", "" if seed is None else str(seed)]
    return "-".join(part for part in parts if part) + f".{extension}"


def slug(words: str) -> str:
    """Words as a part of a file's name, in any script: lower-case letters and digits with single hyphens between."""
    hyphened = re.sub(r"[\W_]+", "-", unicodedata.normalize("NFKC", words).lower())
    return hyphened.strip("-")[:_SLUG_LETTERS].strip("-")
