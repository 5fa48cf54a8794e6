"""Pages on paper: A4 and A3 with title, date, sources, scale and a map that is not blank."""

from __future__ import annotations

import itertools
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

    def make(
        kind: str, size: str, *, button: bool = False, dots: int = 40
    ) -> tuple[str, list[np.ndarray]]:
        seen = visit(kinds[kind].page, ready=kinds[kind].ready)
        if button:
            seen.page.evaluate(
                "window.print = () => window.dispatchEvent(new Event('beforeprint')); 0"
            )
            seen.locator(".kart-trykk summary").click()
            seen.locator(".kart-trykk-valg button").click()
        path = seen.pdf(tmp_path / "trykk.pdf", size=size)
        assert seen.complaints() == []
        text = subprocess.run(
            [read, "-layout", str(path), "-"], capture_output=True, text=True, check=True
        ).stdout
        subprocess.run([paint, "-r", str(dots), str(path), str(tmp_path / "ark")], check=True)
        sheets = []
        for file in sorted(tmp_path.glob("ark*.ppm")):
            with Image.open(file) as picture:
                sheets.append(np.asarray(picture.convert("RGB")).astype(int))
        return text, sheets

    return make


def coloured(sheet: np.ndarray) -> float:
    """Share of a sheet that is neither white nor grey."""
    return float((sheet.max(axis=2) - sheet.min(axis=2) > 24).mean())


@pytest.mark.parametrize(
    ("kind", "size"), [("polygons", "A4"), ("years", "A3"), ("compared", "A4"), ("one", "A3")]
)
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


@pytest.mark.parametrize("kind", ["start", "no map", "filed"])
def test_a_page_of_text_on_paper(printed: Callable, kind: str) -> None:
    text, sheets = printed(kind, "A4")
    assert len(" ".join(text.split())) > 200
    assert 1 <= len(sheets) <= MOST.get(kind, 12)


def test_a_blank_sheet_is_seen() -> None:
    assert coloured(np.full((10, 10, 3), 255)) == 0


def runs_of(row: np.ndarray) -> list[tuple[int, int]]:
    """Where the stretches of truth in a row begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], row.astype(int), [0]))))
    return list(itertools.pairwise(edges))[::2]


def squares_in(sheet: np.ndarray) -> np.ndarray:
    """Begin and end of three squares beside each other, a line for each row that has them so."""
    inked = sheet.max(axis=2) - sheet.min(axis=2) > 24
    found = []
    for row in inked:
        runs = [(a, b) for a, b in runs_of(row) if b - a > 40]
        wide = [b - a for a, b in runs]
        if len(runs) == 3 and max(wide) - min(wide) <= 2 and runs[1][0] - runs[0][1] < wide[0] / 4:
            found.append([edge for run in runs for edge in run])
    return np.array(found)


@pytest.mark.parametrize("button", [False, True])
def test_the_map_on_paper_is_one_picture_without_joints(printed: Callable, button: bool) -> None:
    """Nine squares of 850 m with 50 m between: straight, equal and whole on the sheet."""
    _, sheets = printed("years", "A4", button=button, dots=150)
    rows = squares_in(sheets[0])
    assert len(rows), "the squares are not whole"
    assert (rows.max(axis=0) - rows.min(axis=0)).max() <= 1
    first = rows[0]
    side, gap = first[1] - first[0], first[2] - first[1]
    assert gap == pytest.approx(side * 50 / 850, abs=2)
    # As high as wide: nothing is left out or moved at a joint.
    assert len(rows) == pytest.approx(3 * side, abs=12)


WORDS = ("Byggeforbudet", "Sammenhengende", "Gjennomsnittlig", "Overdekning", "Utnyttelse")


def test_a_table_wider_than_the_sheet_is_set_in_parts_with_whole_words(
    printed: Callable,
) -> None:
    text, _ = printed("wide", "A4")
    said = text.split()
    for word in WORDS:
        assert word in said, f"{word} is broken"
    assert "2025/26" in said
    # Every number of the first rows, in one piece, and the row's name in each part.
    plain = text.replace("\u00a0", " ")
    for number in range(16):
        assert f"1 {234_567 + 1000 * number:,}".replace(",", " ") in plain
    parts = plain.count("Elever år for år, del ")
    assert parts >= 2
    assert f"del {parts} av {parts}" in plain
    assert said.count("Skole24") == parts


def test_a_header_is_repeated_on_each_sheet(visit: Callable, kinds: dict) -> None:
    """Browsers repeat no header with buttons in it, so paper gets one without."""
    seen = visit(kinds["wide"].page)
    before = seen.locator("table").count()
    seen.page.evaluate("window.dispatchEvent(new Event('beforeprint')); 0")
    assert seen.locator(".trykk-tabell").count() == before
    assert seen.locator(".trykk-tabell thead button, .trykk-tabell [id]").count() == 0
    assert seen.locator(".table-wrap:not(.trykk-tabell):visible").count() == 0
    widths = "e => [...e.querySelectorAll('table')].map(t => t.offsetWidth <= e.clientWidth + 1)"
    for box in seen.locator(".trykk-tabell").all():
        assert all(box.evaluate(widths))
    seen.page.evaluate("window.dispatchEvent(new Event('afterprint')); 0")
    assert seen.locator(".trykk-tabell").count() == 0
    assert seen.locator(".table-wrap").first.is_visible()
    assert seen.locator("table").count() == before


def test_a_long_legend_begins_on_the_sheet_of_the_map(printed: Callable) -> None:
    _, sheets = printed("wide", "A4")
    used = np.flatnonzero((sheets[0].min(axis=2) < 200).any(axis=1))
    assert used[-1] > 0.85 * len(sheets[0]), "the first sheet is not filled"


def test_a_layer_of_one_sign_has_one_line_in_the_legend(visit: Callable, kinds: dict) -> None:
    seen = visit(kinds["wide"].page)
    layer = seen.locator("fieldset[data-layer=ramme]")
    assert layer.locator("legend svg").count() == 1
    assert layer.locator("ul").count() == 0
    assert layer.inner_text().count("Rammen rundt alt") == 1
    assert seen.locator("fieldset[data-layer=formaal] li").count() == 60
