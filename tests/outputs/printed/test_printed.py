"""A report on paper: pictures, one tagged PDF and text for a case; texts are never code."""

from __future__ import annotations

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
from askergeo.outputs.printed.case_text import case_text
from askergeo.outputs.printed.picture import Ground, map_picture
from askergeo.outputs.printed.png import PNG_WIDTH, pngs
from askergeo.outputs.printed.report_pdf import report_pdf
from askergeo.outputs.report import Report
from askergeo.result import Column, Fact, MapLayer, Result, Table

if TYPE_CHECKING:
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
