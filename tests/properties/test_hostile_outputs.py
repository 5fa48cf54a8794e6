"""Whatever texts and shapes data bring, every output shows text as text and can be read."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree, html
from PIL import Image

from askergeo.errors import AskergeoError
from askergeo.outputs.write import write_all
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Missing,
    Provenance,
    Result,
    Severity,
    SourceRecord,
    Status,
    Style,
    StyleClass,
    Table,
)

ATTACKS = (
    "",
    " ",
    "<script>alert('angrep')</script>",
    "</script><script>alert('angrep')//",
    "</ScRiPt ><b>ut</b><!--",
    "<!--<script>",
    "]]><angrep/>",
    "\"><img src=angrep onerror=alert(1)>'",
    "' onmouseover='alert(1)",
    "</title></style></textarea><iframe src=angrep></iframe>",
    "<svg onload=alert(1)><use href='angrep#x'/></svg>",
    "javascript:alert(1)",
    "{{7*7}}{% raw %}{# angrep #}",
    "${7*7} #{7*7} {0} {navn} %s %(x)s",
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    '=HYPERLINK("http://angrep.invalid")',
    '#panic("angrep") #read("/etc/passwd") $x$ *a* _b_ `c` <d> @e \\u{0}',
    '"); #import "x.typ": *; ("',
    "'; DROP TABLE gpkg_contents; --",
    "../../../etc/passwd",
    "\u202eangrep\u202c",
    "😀 👩‍👩‍👧 🇳🇴 é Čáhput",
    "x\x00y\x07z\x1b[31m\x7f\u2028\u2029\ufeff\uffff",
    "linje\r\nlinje\rlinje\nlinje",
    "&lt;b&gt; &amp; &#60;script&#62;",
    "http://angrep.invalid/",
    "NaN",
    "null",
    "A" * 300,
)
ATTACK = st.sampled_from(ATTACKS)
TEXT = (
    ATTACK
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
    | st.builds("".join, st.tuples(ATTACK, ATTACK))
)
# What the templates hold of their own is learnt from a result whose texts are plain.
PLAIN = "Vanlig tekst"
# What GEOS says of coordinates that are no numbers.
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
SOME = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)


def made_of(texts: list[str], geometries: list[shapely.Geometry] | None = None) -> Result:
    """Make a result in which every text that data can bring is one of ``texts``."""
    turn = iter(range(10**6))

    def text() -> str:
        return texts[next(turn) % len(texts)]

    shapes = (
        [shapely.box(580_000 + 200 * n, 6_630_000, 580_100 + 200 * n, 6_630_100) for n in range(3)]
        if geometries is None
        else geometries
    )
    rows = len(shapes)
    labels = [f"{text()}{number}" for number in range(rows)]
    frame = pd.DataFrame(
        {
            "navn": [text() for _ in range(rows)],
            "klasse": [text() for _ in range(rows)],
            "tall": np.arange(rows, dtype=float),
        },
        index=labels,
    )
    columns = {
        "navn": Column(title=text()),
        "klasse": Column(title=text(), description=text()),
        "tall": Column(title=text(), unit=text(), decimals=1),
    }
    kinds = list(dict.fromkeys(frame["klasse"]))
    style = Style(
        column="klasse",
        classes=tuple(StyleClass(value=kind, label=kind, fill="#336699") for kind in kinds),
    )
    record = SourceRecord(
        layer="lag",
        title=text(),
        origin=text(),
        date="2026-01-15",
        sha256="ab" * 32,
        rows=3,
        licence=text(),
        attribution=text(),
        owner=text(),
        coverage=text(),
    )
    return Result(
        analysis="fiendtlig",
        title=text() or "Tittel",
        template="{svar} er svaret.",
        facts={"svar": Fact(title=text(), value=text())},
        tables=(
            Table(
                name="tabell", title=text(), frame=frame, columns=columns, note=text(), group=text()
            ),
        ),
        layers=(
            MapLayer(
                name="lag",
                title=text(),
                frame=gpd.GeoDataFrame(frame, geometry=shapes, crs=25832),
                columns=columns,
                style=style,
                rows_of="tabell",
                note=text(),
            ),
        ),
        findings=(
            Finding(
                rule=text(),
                title=text(),
                status=Status.HIT_RED,
                severity=Severity.ERROR,
                text=text(),
                law=text(),
                layer=text(),
                row=text(),
                action=text(),
                geometry=shapely.Point(580_000, 6_630_000),
            ),
        ),
        parameters=(
            {
                "navn": "p",
                "tittel": text(),
                "verdi": text(),
                "enhet": text(),
                "kilde": text(),
                "sikkerhet": "usikker",
                "endret": True,
            },
        ),
        warnings=(text(), text()),
        missing=(Missing(layer=text(), title=text(), consequence=text()),),
        reading=(text(), text()),
        unpublishable=(text(),),
        question=text(),
        provenance=Provenance(
            version="0.1.0",
            command=text(),
            created="2026-03-01T12:00:00+01:00",
            municipality="3203",
            crs="EPSG:25832",
            package=text(),
            sources=(record,),
            scenario="",
        ),
    )


def written(results: list[Result], folder: Path, **options) -> Path:
    write_all(results, folder / "ut", **options)
    return folder / "ut"


def vocabulary(root: etree._Element) -> set[tuple[str, str]]:
    """Every element and attribute of a document, by name."""
    found = set()
    for element in root.iter(etree.Element):
        found.add((str(element.tag), ""))
        found |= {(str(element.tag), str(name)) for name in element.attrib}
    return found


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str]]:
    """Return what pages of plain texts consist of."""
    folder = tmp_path_factory.mktemp("vanlig")
    kinds = [
        shapely.Point(580_000, 6_630_000),
        shapely.LineString([(580_000, 6_630_000), (581_000, 6_631_000)]),
        shapely.box(580_000, 6_630_000, 581_000, 6_631_000),
    ]
    plain = made_of([PLAIN])
    pages = []
    for number, shapes in enumerate([None, [], kinds, *([kind] for kind in kinds)]):
        one = folder / str(number)
        one.mkdir()
        pages += written([made_of([PLAIN], shapes)], one).rglob("*.html")
    # Points of several classes have marks with corners.
    one = folder / "merker"
    one.mkdir()
    marked = made_of([PLAIN, "Annen", "Tredje", "Fjerde"], [kinds[0]] * 4)
    pages += written([marked], one).rglob("*.html")
    one = folder / "flere"
    one.mkdir()
    pages += written([plain, made_of([PLAIN, "Annen"])], one, title="Rapport").rglob("*.html")
    return set().union(*(vocabulary(html.parse(str(page)).getroot()) for page in pages))


def check_page(page: Path, known: set[tuple[str, str]]) -> None:
    raw = page.read_text(encoding="utf-8")
    root = html.document_fromstring(raw.encode(), parser=html.HTMLParser(encoding="utf-8"))
    more = vocabulary(root) - known
    assert not more, (page, more)
    policy = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    for name in ("script", "style"):
        for element in root.iter(name):
            if element.get("type", "text/javascript") in {"application/json", "text/plain"}:
                continue
            digest = hashlib.sha256((element.text or "").encode()).digest()
            assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy, (page, name)
    for link in root.xpath("//@href | //@src"):
        assert not re.match(r"\s*(javascript|data|vbscript):(?!image/)", link, re.IGNORECASE), link
    for element in root.iter("script"):
        if element.get("type") == "application/json":
            json.loads(element.text)
    assert root.xpath("count(//title)") >= 1
    assert len(root.xpath("//h1")) == 1
    # No template was filled twice.
    assert "49" not in "".join(root.xpath("//title//text() | //h1//text()"))


def check_workbook(path: Path) -> None:
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                link = cell.hyperlink and (cell.hyperlink.target or "")
                assert not link or "angrep" not in link, link


def check_geopackage(path: Path) -> None:
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM gpkg_contents").fetchone()[0] > 0
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
        if "layer_styles" in tables:
            for (text,) in database.execute("SELECT styleQML FROM layer_styles"):
                etree.fromstring(text.encode())
    database.close()
    for name, kind in pyogrio.list_layers(path):
        pyogrio.read_dataframe(path, layer=name, read_geometry=kind is not None)


def check_picture(path: Path) -> None:
    root = etree.parse(str(path)).getroot()
    for element in root.iter(etree.Element):
        tag = etree.QName(element)
        assert tag.namespace == "http://www.w3.org/2000/svg", (path, element.tag)
        assert tag.localname not in {"script", "foreignObject", "iframe", "img", "b", "a", "image"}
        for name, value in element.attrib.items():
            assert not etree.QName(name).localname.startswith("on"), (path, name)
            assert "angrep" not in value or name in {"aria-label", "id"}, (path, name, value)


def check_text(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text), path


def check_all(folder: Path, known: set[tuple[str, str]]) -> None:
    """Read every file of a report with the parser of its kind."""
    checks = {
        ".html": lambda path: check_page(path, known),
        ".xlsx": check_workbook,
        ".gpkg": check_geopackage,
        ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
        ".svg": check_picture,
        ".txt": check_text,
        ".csv": check_text,
        ".png": lambda path: Image.open(path).close(),
    }
    for path in folder.rglob("*"):
        if path.is_file():
            assert folder in path.resolve().parents
            checks[path.suffix](path)


def shown(text: str) -> str:
    """What is left of a text for the eye: control characters are gone, spaces are one."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f\ufffd-\uffff\ufeff\u2028\u2029]", " ", text).split())


@settings(SOME, max_examples=5)
@given(st.lists(TEXT, min_size=1, max_size=12))
@example(list(ATTACKS))
def test_text_is_only_ever_text_in_every_file(known: set, texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        check_all(written([made_of(texts)], Path(name)), known)


@settings(SOME, max_examples=2)
@given(st.lists(TEXT, min_size=1, max_size=5), TEXT)
@example(list(ATTACKS), ATTACKS[3])
def test_a_start_page_and_its_topics(known: set, texts: list[str], title: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        results = [made_of(texts), made_of(texts[::-1])]
        check_all(written(results, Path(name), title=title), known)


@pytest.mark.parametrize("attack", [text for text in ATTACKS if shown(text)])
def test_what_is_shown_is_what_was_there(attack: str, tmp_path: Path) -> None:
    result = made_of([attack])
    folder = written([result], tmp_path)
    root = html.parse(str(folder / "index.html"), html.HTMLParser(encoding="utf-8")).getroot()
    # The middle of the attack, whatever dots and quotes stand around it.
    wanted = shown(attack)
    seen = shown("".join(root.find("body").itertext()))
    assert wanted in seen or shown(wanted) in shown(seen)
    document = json.dumps(
        json.loads((folder / "resultat.json").read_text(encoding="utf-8")), ensure_ascii=False
    )
    assert json.dumps(wanted, ensure_ascii=False)[1:-1] in shown(document) or "\\" in document


def test_an_attribute_of_100_000_signs_is_read_whole_or_cut_with_a_sign(
    known: set, tmp_path: Path
) -> None:
    long = "Lang <b>tekst</b> " * 5_600
    folder = written([made_of([PLAIN, long, "</script>"])], tmp_path)
    check_all(folder, known)
    assert max(page.stat().st_size for page in folder.rglob("*.html")) <= 5_000_000


with np.errstate(invalid="ignore"):
    _BROKEN = [shapely.LineString([(0, 0), (np.nan, 1)])]
SHAPES = {
    "none": [],
    "one": [shapely.Point(580_000, 6_630_000)],
    "empty": [shapely.Point(), shapely.Polygon(), shapely.LineString()],
    "missing": [None, shapely.Point(580_000, 6_630_000), None],
    "all missing": [None, None],
    "antimeridian": [
        shapely.box(-20_000_000, -9_000_000, 20_000_000, 9_000_000),
        shapely.Point(1e15, -1e15),
        shapely.LineString([(-1e9, 0), (1e9, 0)]),
    ],
    "not numbers": [
        shapely.Point(np.nan, np.nan),
        *_BROKEN,
        shapely.Point(np.inf, 6_630_000),
    ],
    "a bow tie": [shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])],
    "no area": [shapely.Polygon([(580_000, 6_630_000)] * 4)],
    "mixed": [
        shapely.GeometryCollection([shapely.Point(580_000, 6_630_000), shapely.box(0, 0, 1, 1)]),
        shapely.MultiPoint([(580_000, 6_630_000), (580_001, 6_630_000)]),
        shapely.LineString([(580_000, 6_630_000)] * 2),
    ],
}


@pytest.mark.parametrize("kind", SHAPES)
def test_odd_shapes_are_shown_sensibly_or_refused_by_name(
    known: set, kind: str, tmp_path: Path
) -> None:
    try:
        folder = written([made_of([PLAIN, "Annen"], SHAPES[kind])], tmp_path)
    except AskergeoError as error:
        assert str(error)  # noqa: PT017  (either is right)
        return
    check_all(folder, known)


@settings(SOME, max_examples=5)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["punkt", "linje", "flate"]),
            st.lists(
                st.tuples(*[st.floats(allow_nan=True, allow_infinity=True, width=32)] * 2),
                min_size=4,
                max_size=6,
            ),
        ),
        max_size=4,
    )
)
@example(parts=[("linje", [(0.0, 0.0), (0.0, 0.0), (0.0, 0.0), (0.0, float("nan"))])])
def test_any_coordinates_at_all(known: set, parts: list) -> None:
    make = {
        "punkt": lambda xy: shapely.Point(xy[0]),
        "linje": shapely.LineString,
        "flate": shapely.Polygon,
    }
    with np.errstate(invalid="ignore"):
        shapes = [make[kind](corners) for kind, corners in parts]
    with tempfile.TemporaryDirectory() as name:
        try:
            folder = written([made_of([PLAIN], shapes)], Path(name))
        except AskergeoError:
            return
        check_all(folder, known)


def test_a_result_with_nothing_in_it(known: set, tmp_path: Path) -> None:
    bare = Result(analysis="tom", title="Tom", template="Ingenting.")
    no_rows = Table(
        name="t",
        title="Ingen rader",
        frame=pd.DataFrame({"navn": []}),
        columns={"navn": Column(title="Navn")},
    )
    no_columns = Table(
        name="u", title="Ingen kolonner", frame=pd.DataFrame(index=[0, 1]), columns={}
    )
    folder = written(
        [bare, Result(analysis="tabeller", title="T", template="x", tables=(no_rows, no_columns))],
        tmp_path,
    )
    check_all(folder, known)


def test_the_notebooks_map_shows_text_only() -> None:
    pytest.importorskip("folium")
    plain, hostile = (
        made_of(texts).vis().get_root().render() for texts in ([PLAIN], list(ATTACKS))
    )
    # Each text is a script's string or an element's text: the elements are the same.
    trees = [html.document_fromstring(page) for page in (plain, hostile)]
    assert vocabulary(trees[1]) <= vocabulary(trees[0])
    assert len(trees[0].xpath("//script")) == len(trees[1].xpath("//script"))
    assert "7*7" in hostile


def test_the_printed_report_shows_text_only(tmp_path: Path) -> None:
    pytest.importorskip("typst")
    import pikepdf  # noqa: PLC0415  (only where PDF files are made)

    folder = written([made_of(list(ATTACKS))], tmp_path, printed=True)
    with pikepdf.open(folder / "rapport.pdf") as document:
        assert len(document.pages) > 0
        root = document.Root
        assert "/JavaScript" not in root.get("/Names", {})
        assert "/OpenAction" not in root
        for page in document.pages:
            for note in page.get("/Annots", []):
                target = str(note.get("/A", {}).get("/URI", ""))
                assert "angrep" not in target, target
    for picture in folder.rglob("*.svg"):
        check_picture(picture)
