"""Decision records are numbered without gaps, short, and name what keeps them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import relative_links
from tools.reference import ROOT

RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
MOST_WORDS = 450


def test_records_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in RECORDS] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_is_short_and_ends_by_naming_its_checker(record: Path) -> None:
    text = record.read_text()
    assert text.startswith(f"# {record.name[:4]} ")
    assert len(text.split()) <= MOST_WORDS
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[-1] == "Kept by"
    kept_by = text.rpartition("## Kept by")[2]
    assert [
        target for target, _ in relative_links(record) if str(target.relative_to(ROOT)) in kept_by.replace("../", "")
    ]
