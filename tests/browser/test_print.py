"""Pages on paper: A4 and A3 with title, date, sources, scale and a map that is not blank."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Sizes of the sheets in points.
# Sheets of a page at most; a filed review has a case a finding.
MOST = {"filed": 40}
SHEETS = {"A4": (595, 842), "A3": (842, 1191)}


@pytest.fixture
def printed(visit: Callable, kinds: dict, require_tool: Callable, tmp_path: Path) -> Callable:
    """Print a page; return its text and pictures of its sheets."""
    read, paint = require_tool("pdftotext"), require_tool("pdftoppm")

    def make(kind: str, size: str) -> tuple[str, list[np.ndarray]]:
        seen = visit(kinds[kind].page, ready=kinds[kind].ready)
        path = seen.pdf(tmp_path / "trykk.pdf", size=size)
        assert seen.complaints() == []
        text = subprocess.run(
            [read, "-layout", str(path), "-"], capture_output=True, text=True, check=True
        ).stdout
        subprocess.run([paint, "-r", "40", str(path), str(tmp_path / "ark")], check=True)
        sheets = []
        for file in sorted(tmp_path.glob("ark*.ppm")):
            with Image.open(file) as picture:
                sheets.append(np.asarray(picture.convert("RGB")).astype(int))
        return text, sheets

    return make


def coloured(sheet: np.ndarray) -> float:
    """Share of a sheet that is neither white nor grey."""
    return float((sheet.max(axis=2) - sheet.min(axis=2) > 24).mean())


@pytest.mark.parametrize("size", SHEETS)
@pytest.mark.parametrize("kind", ["polygons", "years", "compared", "one"])
def test_a_map_on_paper_has_all_that_it_must_say(
    printed: Callable, kinds: dict, kind: str, size: str
) -> None:
    text, sheets = printed(kind, size)
    words = " ".join(text.split())
    assert 1 <= len(sheets) <= MOST.get(kind, 12)
    height, width = sheets[0].shape[:2]
    assert width == pytest.approx(SHEETS[size][0] * 40 / 72, abs=2)
    assert height == pytest.approx(SHEETS[size][1] * 40 / 72, abs=2)
    # The map is on one of the first sheets, and the last one is not empty.
    assert max(coloured(sheet) for sheet in sheets[:3]) > 0.03
    assert "Målestokk ca. 1:" in words
    assert "2026" in words
    assert "© Kartverket" in words
    assert "kilder" in words.lower()


@pytest.mark.parametrize("kind", ["start", "no map", "accessibility", "filed"])
def test_a_page_of_text_on_paper(printed: Callable, kind: str) -> None:
    text, sheets = printed(kind, "A4")
    assert len(" ".join(text.split())) > 200
    assert 1 <= len(sheets) <= MOST.get(kind, 12)


def test_a_blank_sheet_is_seen() -> None:
    assert coloured(np.full((10, 10, 3), 255)) == 0
