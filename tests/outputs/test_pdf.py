"""The PDF of a filed report: tagged, in Norwegian, alike each time, and texts are never code."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from askergeo.errors import DataQualityError
from askergeo.outputs.filed_page import filed_html
from askergeo.outputs.pdf import can_make_pdf, filed_pdf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 680 272">'
    '<path d="M10 10l100 0 0 100z" fill="#b2001d"/></svg>'
)
HOSTILE = (
    '#panic("kode")',
    "$x^2$ *fet* _kursiv_ `rå` = Tittel",
    "@ref <merke> \\u{41} // kommentar /* mer */",
    '#read("/etc/passwd") #import "@preview/a:1.0.0"',
    "<script>alert(1)</script>",
    "] #{ while true {} } [",
)


def table(width: int, *rows: list[str]) -> dict[str, Any]:
    heads = [{"tekst": f"Kolonne {at}", "tall": at == 1} for at in range(width)]
    return {"tittel": "En tabell", "hode": heads, "rader": list(rows)}


def group(number: int, text: str = "Noe er galt.", maps: int = 1) -> dict[str, Any]:
    picture = {"svg": SVG, "alt": f"Kart over funn {number}", "tekst": "Målestokk 1:1000."}
    return {
        "anker": f"krav-{number}", "status": "Rød" if number % 2 else "Gul",
        "tittel": f"Krav nummer {number}", "regel": f"kart.regel.nummer.{number}",
        "lov": "pbl § 28-1; TEK17 § 7-2", "maate": "delvis", "hvorfor": "Fordi.", "gjor": "Rett det.",
        "merknad": "Merk dette.", "antall": "1", "areal": "120 m²", "flere": "", "kart": [picture] * maps, "uten_kart": "",
        "funn": [{"nummer": str(number), "tekst": text, "sted": "objekt f1"}],
    }  # fmt: skip


def content(groups: int = 2, text: str = "Noe er galt.", **changes: Any) -> dict[str, Any]:
    made = [group(number, text) for number in range(1, groups + 1)]
    names = ("anker", "status", "tittel", "antall", "areal", "lov")
    return {
        "tittel": "Plansjekk: Prøveplan", "dato": "01.03.2026", "eksempel": True,
        "plan": [["Plan-id", "2025-01"], ["Planområde", "28,0\u00a0dekar"]],
        "setning": "Planen har 1 rødt og 1 gult funn.",
        "krav": [{name: one[name] for name in names} for one in made],
        "uten_funn": "7 krav er kontrollert uten funn.",
        "ikke_kartlagt": ["Planen ligger utenfor faresoner"],
        "ikke_kontrollert": [{"grunn": "Laget mangler.", "krav": ["Støy"], "kart": True}],
        "grupper": made, "endringer": None,
        "oversikt": {"svg": SVG, "alt": "Kart over planen", "tekst": "Hele planen."},
        "tegn": [{"svg": SVG, "tekst": "Rødt treff"}],
        "regler": table(5, ["gml.flate.1", "Flater", "Ingen funn", "", ""]),
        "formal": table(8, ["1110", "Bolig", "100", "F2", "S2", "K4", "ja", "TEK17 (kjent)"]),
        "parametre": table(4, ["Bredde", "100 m", "kjent", "pbl"]),
        "lag": table(6, ["Flom", "01.01.2026", "fil.gml", "© NVE", "NLOD", "12"]),
        "filer": [{"navn": "plan.gml", "storrelse": "12 byte", "sha256": "ab" * 32}],
        "forbehold": ["Et formål er ikke holdt mot kartet."], "mangler": ["Støy: ikke kontrollert."],
        "metode": ["Skrevet av en maskin."], "laget": [["Program", "askergeo"]],
    } | changes  # fmt: skip


def words(pdf: bytes, tmp_path: Path, require_tool: Callable[[str], str], *pages: str) -> str:
    """Read the text as another program does."""
    path = tmp_path / "rapport.pdf"
    path.write_bytes(pdf)
    command = [require_tool("pdftotext"), "-layout", *pages, str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    return re.sub(r"\s+", " ", done.stdout.decode().replace("\u200b", ""))


def test_the_file_is_tagged_named_and_in_norwegian() -> None:
    made = filed_pdf(content(), WHEN)
    catalogue = re.search(rb"/Type/Catalog.*", made)[0]
    assert b"/Lang(nb-NO)" in catalogue
    assert b"/MarkInfo<</Marked true" in catalogue
    assert b"/StructTreeRoot" in catalogue
    assert b"/DisplayDocTitle true" in catalogue
    assert re.search(rb"<pdfuaid:part>1</pdfuaid:part>", made)
    assert "Plansjekk: Prøveplan".encode() in made


def test_headings_tables_and_pictures_have_their_tags() -> None:
    made = filed_pdf(content(groups=3), WHEN)
    assert len(re.findall(rb"/S/H1\b", made)) == 1
    assert len(re.findall(rb"/S/H2\b", made)) == 5
    assert re.search(rb"/S/H3\b", made)
    assert not re.search(rb"/S/H4\b", made)
    # The overview, and one cut-out a finding; the signs of the key are decoration.
    pictures = re.findall(rb"/S/Figure\b", made)
    assert len(pictures) == 4
    assert len(re.findall(rb"/Alt", made)) >= len(pictures)
    assert len(re.findall(rb"/S/Table\b", made)) == 5
    assert re.search(rb"/Scope/Column", made)


def test_fonts_are_inside_and_nothing_is_asked_of_the_net() -> None:
    made = filed_pdf(content(), WHEN)
    fonts = re.findall(rb"/Type/FontDescriptor.*?>>", made, re.DOTALL)
    assert fonts
    assert all(re.search(rb"/FontFile[23]?\b", font) for font in fonts)
    assert b"/URI" not in made
    template = (files("askergeo.outputs") / "assets" / "plansjekk.typ").read_text(encoding="utf-8")
    code = re.sub(r"//.*", "", template)
    assert not re.search(
        r"\b(import|include|read|plugin|eval|csv|yaml|toml|xml|bibliography)\b", code
    )


def test_the_same_content_gives_the_same_bytes() -> None:
    assert filed_pdf(content(), WHEN) == filed_pdf(content(), WHEN)
    assert filed_pdf(content(), WHEN) != filed_pdf(content(text="Noe annet."), WHEN)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_texts_are_never_code(
    hostile: str, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    made = filed_pdf(content(groups=1, text=hostile, tittel=hostile, setning=hostile), WHEN)
    read = words(made, tmp_path, require_tool)
    assert read.count(hostile) >= 3


def test_signs_without_a_shape_are_named_by_their_number(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    text = "Čáhcesuolu ŋ – 5 m², ≤ 1:20 «ja» 中 \U0001f600 \x07 \u200e"
    read = words(filed_pdf(content(groups=1, text=text), WHEN), tmp_path, require_tool)
    assert "Čáhcesuolu ŋ – 5 m², ≤ 1:20 «ja» [U+4E2D] [U+1F600] [U+0007] [U+200E]" in read


def test_a_digest_is_copied_whole_and_a_long_id_stays_in_its_column(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    path = tmp_path / "rapport.pdf"
    path.write_bytes(filed_pdf(content(groups=1, text="x" * 400), WHEN))
    command = [require_tool("pdftotext"), "-bbox", str(path), "-"]
    boxes = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    assert "ab" * 32 in boxes
    assert max(float(right) for right in re.findall(r'xMax="([\d.]+)"', boxes)) < 595.3 - 50


@pytest.mark.parametrize("groups", [0, 5, 18, 60])
def test_the_conclusion_is_one_page(
    groups: int, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    many = [f"Et krav med et langt navn som handler om tema nummer {n}" for n in range(groups)]
    reasons = [
        {"grunn": f"Laget {one} er ikke i datapakken.", "krav": [one], "kart": at % 2 == 0}
        for at, one in enumerate(many)
    ]
    made = filed_pdf(content(groups=groups, ikke_kartlagt=many, ikke_kontrollert=reasons), WHEN)
    first = words(made, tmp_path, require_tool, "-l", "1")
    second = words(made, tmp_path, require_tool, "-f", "2", "-l", "2")
    assert "Forbehold Et formål er ikke holdt mot kartet." in first
    assert second.strip().startswith("Funn")
    for number in range(1, min(groups, 4) + 1):
        assert f"Krav nummer {number}" in first


def test_the_marks_of_maps_are_set_as_they_are(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    marks = "■□▲△▼▽◆◇○●✓✔"
    made = filed_pdf(content(setning=f"Merker: {marks}"), WHEN)
    assert marks in words(made, tmp_path, require_tool)


def test_a_refusal_is_told_in_words() -> None:
    broken = content(oversikt={"svg": "<svg", "alt": "a", "tekst": "b"})
    with pytest.raises(DataQualityError, match="PDF-en kunne ikke settes"):
        filed_pdf(broken, WHEN)


def test_the_page_says_how_to_get_the_pdf() -> None:
    assert can_make_pdf()
    with_pdf, without = (filed_html(content(), pdf=name) for name in ("plansjekk.pdf", ""))
    assert 'href="plansjekk.pdf"' in with_pdf
    assert "pip install" not in with_pdf
    assert "pip install &#34;askergeo[pdf]&#34;" in without
    assert "plansjekk.pdf" not in without


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_page_escapes_every_text(hostile: str) -> None:
    made = filed_html(content(groups=1, text=hostile, tittel=hostile, setning=hostile))
    assert "<script" not in made
    assert "default-src 'none'" in made


@pytest.mark.slow
def test_the_page_prints_its_conclusion_on_one_sheet(
    tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    many = [f"Et krav med et langt navn som handler om tema nummer {n}" for n in range(30)]
    reasons = [{"grunn": f"Laget {one} mangler.", "krav": [one], "kart": True} for one in many]
    page = tmp_path / "plansjekk.html"
    made = content(groups=40, ikke_kartlagt=many, ikke_kontrollert=reasons)
    page.write_text(filed_html(made, pdf="plansjekk.pdf"), encoding="utf-8")
    printed = tmp_path / "trykt.pdf"
    browser = [require_tool("chromium"), "--headless", "--no-sandbox", "--disable-gpu"]
    command = [*browser, "--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri()]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    first = words(printed.read_bytes(), tmp_path, require_tool, "-l", "1")
    assert "Krav nummer 1 " in first
    assert "Og 25 krav til" in first
    assert "Forbehold" in first
    second = words(printed.read_bytes(), tmp_path, require_tool, "-f", "2", "-l", "2")
    assert second.strip().startswith("Funn")
