"""A report on paper: pictures, one tagged PDF and text for a case; texts are never code."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from lxml import etree

from askergeo.outputs.printed import write_printed
from askergeo.outputs.printed._table import paper_tables
from askergeo.outputs.printed.case_text import case_text
from askergeo.outputs.printed.picture import Ground, map_picture, map_preview
from askergeo.outputs.printed.png import PNG_WIDTH, pngs
from askergeo.outputs.printed.report_pdf import report_content, report_pdf
from askergeo.outputs.report import Report
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Provenance,
    Result,
    Severity,
    SourceRecord,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = (
    '#panic("kode")',
    "] #{ while true {} } [",
    "</text><script>alert(1)</script>",
    '" onload="alert(1)',
    "\U0001f600 中 \x07",
    "x" * 100_000,
)


def result(text: str = "Tema", shapes: list[Any] | None = None, **changes: Any) -> Result:
    found = [shapely.box(0, 0, 900, 700)] if shapes is None else shapes
    columns = {"navn": Column(title="Navn"), "tall": Column(title="Tall", unit="m", decimals=0)}
    frame = pd.DataFrame({"navn": [text] * len(found), "tall": range(len(found))})
    layer = MapLayer(
        name="flater",
        title=text,
        frame=gpd.GeoDataFrame(frame, geometry=found, crs=25832),
        columns=columns,
    )
    made = Result(
        analysis="tema",
        title=text,
        template="{svar} er svaret.",
        facts={"svar": Fact(title=text, value=12, unit="m")},
        tables=(Table(name="t", title=text, frame=frame, columns=columns),),
        layers=(layer,),
        warnings=(text,),
        reading=(text,),
    )
    return replace(made, **changes)


def report(*results: Result, title: str = "Kommunen") -> Report:
    return Report(results=results, title=title)


def test_one_feature_gives_a_picture_at_a_true_scale() -> None:
    made = report(result())
    picture = map_picture(made.results[0], Ground(None), created=made.created)
    assert picture is not None
    root = etree.fromstring(picture.sheet)
    assert root.get("width") == "170mm"
    assert "Målestokk 1:" in picture.sheet
    assert "Målestokk 1:" not in picture.slide
    assert picture.scale in {5_000, 7_500}
    assert picture.alt.startswith("Kart: Tema.")


def test_a_map_on_paper_names_the_year_that_it_shows() -> None:
    made = report(result())
    layer = made.results[0].layers[0]
    style = replace(layer.style, column="navn")
    years = {2026: "tall", 2027: "navn"}
    drawn = replace(layer, style=style, years=years, year_names={2027: "2027/28"})
    picture = map_picture(
        replace(made.results[0], layers=(drawn,)), Ground(None), created=made.created
    )
    assert picture is not None
    assert f"{layer.title} (2027/28)" in picture.alt
    assert "(2027/28)" in str(picture.key)
    assert "(2027/28)" in etree.fromstring(picture.sheet).xpath("string()")


@pytest.mark.parametrize("shapes", [[], [None], [shapely.Point()], [shapely.Point(1e300, 5)]])
def test_nothing_to_draw_gives_no_map(shapes: list[Any], tmp_path: Path) -> None:
    made = report(result(shapes=shapes))
    assert map_picture(made.results[0], Ground(None), created=made.created) is None
    assert write_printed(made, tmp_path, printed=False) == ["saksfremlegg.txt"]
    assert report_pdf(made, {}).startswith(b"%PDF-1.7")


@pytest.mark.parametrize("hostile", HOSTILE)
def test_texts_are_never_code(hostile: str, tmp_path: Path) -> None:
    made = report(result(hostile), title=hostile)
    names = write_printed(made, tmp_path, printed=True)
    assert "rapport.pdf" in names
    for name in names:
        if name.endswith(".svg"):
            text = (tmp_path / name).read_text(encoding="utf-8")
            root = etree.fromstring(text.encode())
            assert not [one for one in root.iter() if "script" in str(one.tag)]
            assert not [one for one in root.iter() if "onload" in one.attrib]
            assert len(text) < 100_000


def test_a_picture_is_as_wide_as_a_slide() -> None:
    made = report(result())
    picture = map_picture(made.results[0], Ground(None), created=made.created)
    assert picture is not None
    (png,) = pngs([picture.slide])
    assert int.from_bytes(png[16:20], "big") == PNG_WIDTH
    assert int.from_bytes(png[20:24], "big") in {1079, 1080, 1081}


def test_the_case_text_says_stops_first_and_explains_what_is_hidden() -> None:
    one = result(
        facts={"svar": Fact(title="Bosatte", value=3, unit="personer", persons=True, hidden=True)},
        unpublishable=("Regnskapet går ikke opp.",),
    )
    lines = case_text(report(one)).splitlines()
    assert lines[2] == "Må ikke publiseres: Regnskapet går ikke opp."
    assert "– Bosatte: :" in lines
    assert any("skjult av hensyn til personvern" in line for line in lines)
    order = [lines.index(word) for word in ("Bakgrunn", "Fakta", "Vurdering", "Kilder")]
    assert order == sorted(order)


def test_the_pdf_holds_to_pdf_ua_in_the_eyes_of_another_program() -> None:
    pikepdf = pytest.importorskip("pikepdf")
    made = report(result(), result("Annet", analysis="annet"))
    maps = {}
    for place, one in enumerate(made.results):
        picture = map_picture(one, Ground(None), created=made.created)
        assert picture is not None
        maps[place] = picture
    with pikepdf.open(BytesIO(report_pdf(made, maps))) as pdf:
        root = pdf.Root
        assert str(root.Lang) == "nb-NO"
        assert bool(root.MarkInfo.Marked)
        assert bool(root.ViewerPreferences.DisplayDocTitle)
        assert "/Outlines" in root
        tags: list[tuple[str, Any]] = []
        waiting = [root.StructTreeRoot]
        while waiting:
            node = waiting.pop()
            if "/S" in node:
                tags.append((str(node.S), node))
            kids = node.get("/K", [])
            kids = list(kids) if isinstance(kids, pikepdf.Array) else [kids]
            waiting += [k for k in reversed(kids) if isinstance(k, pikepdf.Dictionary)]
        headings = [int(tag[2:]) for tag, _ in tags if tag[:2] == "/H" and tag[2:].isdigit()]
        assert headings.count(1) == 1
        assert all(b - a <= 1 for a, b in pairwise(headings))
        assert all("/Alt" in node for tag, node in tags if tag == "/Figure")
        assert sum(tag == "/Figure" for tag, _ in tags) == 2
        assert sum(tag == "/Table" for tag, _ in tags) == 2
        assert sum(tag == "/TH" for tag, _ in tags) == 4
        for page in pdf.pages:
            for font in page.resources.get("/Font", {}).values():
                inner = font.DescendantFonts[0] if "/DescendantFonts" in font else font
                names = set(inner.FontDescriptor.keys())
                assert names & {"/FontFile", "/FontFile2", "/FontFile3"}


def findings(count: int, rule: str, **more: Any) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            rule=rule,
            title=f"{rule} {n}",
            status=Status.HIT_YELLOW,
            severity=Severity.WARNING,
            **more,
        )
        for n in range(count)
    )


OF_DATA = (
    "innspill.a",
    "areal.hull",
    "jordvern.uten_formaal",
    "kollektiv.los_del",
    "tettsted.los_del",
    "va.mangler_materiale",
    "va.umulig_verdi",
)


def test_faults_of_files_are_doubts_and_no_assessment() -> None:
    one = replace(
        result(),
        findings=(
            *findings(1, "skole.full"),
            *findings(8, "data.vei"),
            *(one for rule in OF_DATA for one in findings(1, rule)),
        ),
    )
    lines = case_text(report(one)).splitlines()
    assessed = lines[lines.index("Vurdering") : lines.index("Usikkerhet og forbehold")]
    doubts = lines[lines.index("Usikkerhet og forbehold") : lines.index("Kilder")]
    assert [line for line in assessed if line.startswith("–")] == ["– skole.full 0"]
    assert "– data.vei 0" in doubts
    assert "– 7 forhold til står i arbeidsboken askergeo.xlsx." in doubts


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"text": "Målet er minst 80 %.", "law": "regional plan (2015)", "action": "Se her."},
            "– mål 0: Målet er minst 80 % (regional plan (2015)). Se her.",
        ),
        ({"text": "Se på den.", "law": "SPR pkt. 4.1"}, "– mål 0: Se på den (SPR pkt. 4.1)."),
        ({"law": "pbl. § 4-3", "action": "Rett."}, "– mål 0 (pbl. § 4-3): Rett."),
        ({"law": "pbl. § 4-3"}, "– mål 0 (pbl. § 4-3)"),
        ({}, "– mål 0"),
    ],
)
def test_the_law_of_a_finding_stands_in_its_sentence(more, line) -> None:
    one = replace(result(), findings=findings(1, "mål", **more))
    assert line in case_text(report(one)).splitlines()


def test_sources_that_there_is_no_room_for_are_counted() -> None:
    sources = tuple(
        SourceRecord(
            layer=f"l{n}",
            title=f"Et kartlag med et langt navn, nummer {n}",
            origin="",
            date="2025",
            sha256="",
            rows=1,
            licence="",
            attribution="",
        )
        for n in range(100)
    )
    made = Provenance(
        version="1", command="", created="", municipality="", crs="", package="", sources=sources
    )
    one = replace(result(), provenance=made)
    text = case_text(report(one))
    (line,) = [line for line in text.splitlines() if line.startswith("Et kartlag")]
    listed = line.count("nummer")
    assert 10 < listed < 100
    assert line.endswith(
        f"; og {100 - listed} kartlag til, se «Kilder» i arbeidsboken askergeo.xlsx."
    )


def test_parameters_stand_once_at_the_end() -> None:
    record = {
        "navn": "grense",
        "tittel": "Grensen",
        "verdi": 15,
        "enhet": "min",
        "sikkerhet": "usikker",
        "kilde": "valgt",
    }
    one = replace(result(), parameters=(record,))
    other = replace(one, analysis="b", parameters=(record, record | {"verdi": 20}))
    content = report_content(report(one, other), {})
    values = [[row["celler"][1] for row in table["rader"]] for table in content["parametre"]]
    assert [len(row) for row in values] == [1, 1]
    assert "bakerst" in content["tema"][0]["parametre"]


def test_every_uncertain_parameter_stands_in_full_under_parameters_alone() -> None:
    why = "valgt: " + " ".join(["grunnen"] * 30)
    records = tuple(
        {
            "navn": f"p{at}",
            "tittel": f"Parameter {at}",
            "verdi": at,
            "enhet": "m",
            "sikkerhet": "usikker",
            "kilde": f"{why} {at}",
        }
        for at in range(70)
    )
    told = (f"Parameteren «{one['tittel']}» = 1 m er usikker: {one['kilde']}." for one in records)
    content = report_content(report(replace(result(), parameters=records, warnings=(*told,))), {})
    assert content["tema"][0]["forbehold"] == [
        "70 parametre er usikre; «Parametre» bakerst sier hvilke, og hvorfor."
    ]
    (table,) = content["parametre"]
    assert [row["celler"][2:] for row in table["rader"]] == [
        ["usikker", one["kilde"]] for one in records
    ]


def test_a_small_map_is_light_and_has_no_words() -> None:
    one = result(shapes=[shapely.Point(n % 97, n % 89).buffer(n % 13 + 1) for n in range(5000)])
    svg = map_preview(one, Ground(None))
    assert len(svg) < 60_000
    assert "<text" not in svg
    assert map_preview(replace(one, layers=()), Ground(None)) == ""


WORDS = ("Byggeforbudet", "Sammenhengende", "Gjennomsnittlig", "Overdekning")


def wide_table(numbers: int) -> Table:
    frame = pd.DataFrame({"skole": [f"Skole{n}" for n in range(30)], "aar": ["2025/26"] * 30})
    columns = {"skole": Column(title="Skole"), "aar": Column(title="Skoleår")}
    for number in range(numbers):
        frame[f"a{number}"] = 1_234_567 + 1000 * number
        title = f"{WORDS[number % len(WORDS)]} over 100 % i {2030 + number}"
        columns[f"a{number}"] = Column(title=title, unit="elever", decimals=0)
    return Table(name="t", title="Skolene", frame=frame, columns=columns, note="Merk dette.")


def test_a_table_wider_than_the_paper_is_set_in_parts() -> None:
    parts = paper_tables(wide_table(14), "arbeidsboken")
    assert [one["tittel"] for one in parts] == [
        f"Skolene, del {at} av {len(parts)}" for at in range(1, len(parts) + 1)
    ]
    assert len(parts) in {2, 3}
    for one in parts:
        assert [head["tekst"] for head in one["hode"]][:2] == ["Skole", "Skoleår"]
        assert one["rader"][0]["celler"][:2] == ["Skole0", "2025/26"]
    # Every column once, in order, and what is left out is told once, last.
    years = [head["tekst"][-13:-9] for one in parts for head in one["hode"][2:]]
    assert years == [str(2030 + number) for number in range(14)]
    assert [one["merknad"] for one in parts[:-1]] == [""] * (len(parts) - 1)
    assert parts[-1]["merknad"] == "Merk dette. 5 rader til står i arbeidsboken."


def test_a_narrow_table_is_one_and_a_very_wide_one_says_what_is_left() -> None:
    (one,) = paper_tables(wide_table(2), "arbeidsboken")
    assert one["tittel"] == "Skolene"
    last = paper_tables(wide_table(60), "arbeidsboken")[-1]
    assert "kolonner til står i arbeidsboken." in last["merknad"]


def pdf_text(made: Report, tmp_path: Path, tool: str) -> list[str]:
    """Text of the sheets of a PDF with its map."""
    (one,) = made.results
    picture = map_picture(one, Ground(None), created=made.created)
    assert picture is not None
    path = tmp_path / "rapport.pdf"
    path.write_bytes(report_pdf(made, {0: picture}))
    said = subprocess.run([tool, "-layout", path, "-"], capture_output=True, text=True, check=True)
    return said.stdout.split("\f")


def test_no_word_of_a_header_is_broken(require_tool: Callable[[str], str], tmp_path: Path) -> None:
    made = report(result(tables=(wide_table(14),)))
    words = " ".join(pdf_text(made, tmp_path, require_tool("pdftotext"))).split()
    for word in (*WORDS, "(elever)", "Skoleår"):
        assert word in words
    assert not [word for word in words if word.endswith("-")]


@pytest.mark.parametrize("classes", [20, 40, 90])
def test_a_long_legend_begins_under_its_map(
    classes: int, require_tool: Callable[[str], str], tmp_path: Path
) -> None:
    names = [f"Formål{number}" for number in range(classes)]
    shapes = [shapely.box(900 * n, 0, 900 * n + 800, 900 * classes) for n in range(classes)]
    one = result(shapes=shapes)
    (layer,) = one.layers
    frame = layer.frame.assign(navn=names)
    style = Style(
        column="navn",
        classes=tuple(StyleClass(value=name, label=name, fill="#0072b2") for name in names),
    )
    one = replace(one, layers=(replace(layer, frame=frame, style=style),))
    sheets = pdf_text(report(one), tmp_path, require_tool("pdftotext"))
    mapped = next(sheet for sheet in sheets if "Målestokk 1:" in sheet)
    # The finding, the map and the first of the legend are on one sheet.
    assert "er svaret" in mapped
    assert "Formål0" in mapped.split()
    said = " ".join(sheets).split()
    assert [said.count(name) for name in names] == [1] * classes


def test_marks_that_lie_on_each_other_are_whole() -> None:
    one = result(shapes=[shapely.Point(20 * n, 0) for n in range(30)])
    picture = map_picture(one, Ground(None), created=report(one).created)
    assert picture is not None
    marks = [
        path for path in etree.fromstring(picture.frame).iter("{*}path") if "a" in path.get("d")
    ]
    assert len(marks) > 1
    assert all(path.get("d").count("M") == 1 for path in marks)


@pytest.mark.parametrize(("side", "drawn"), [(120, "#ffcc00"), (900, "#000000")])
def test_small_areas_have_no_borders_that_hide_their_colour(side: int, drawn: str) -> None:
    shapes = [shapely.box(2000 * n, 0, 2000 * n + side, side) for n in range(9)]
    one = result(shapes=shapes)
    layer = replace(one.layers[0], style=Style(fill="#ffcc00", stroke="#000000"))
    one = replace(one, layers=(layer,))
    picture = map_picture(one, Ground(None), created=report(one).created)
    assert picture is not None
    strokes = {
        path.get("stroke")
        for path in etree.fromstring(picture.frame).iter("{*}path")
        if path.get("fill") == "#ffcc00"
    }
    assert strokes == {drawn}
