"""Links lead somewhere, and those with a line number to the line of the symbol that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.markdown import anchors, relative_links
from tools.reference import ROOT, documents, line_links, symbols

DOCUMENTS = [pytest.param(path, id=str(path.relative_to(ROOT))) for path in documents()]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_within_the_repository_lead_to_something(document: Path) -> None:
    broken = [
        f"{target.relative_to(ROOT)}{'#' + anchor if anchor else ''}"
        for target, anchor in relative_links(document)
        if not target.exists() or (target.suffix == ".md" and anchor and anchor not in anchors(target))
    ]
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_with_a_line_name_the_symbol_that_stands_there(document: Path) -> None:
    wrong = [
        f"{symbol}: {path.relative_to(ROOT)}#L{line} should be #L{right}" if right else f"{symbol}: not in {path}"
        for symbol, path, line in line_links(document)
        if (right := symbols(path).get(symbol)) != line
    ]
    assert wrong == [], "`python -m tools.reference` mends the lines of symbols that are still there"


def test_the_tour_goes_through_both_languages() -> None:
    suffixes = {path.suffix for _, path, _ in line_links(ROOT / "docs" / "tour.md")}
    assert {".py", ".ts", ".tsx"} <= suffixes
