"""The filed report: what it says is what the review says, in HTML and PDF alike."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from lxml import html

from askergeo.cli.main import run
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import OverwriteError
from askergeo.outputs.report import Report
from askergeo.parameters import load_parameters
from askergeo.plan import filed
from askergeo.plan.filed import FILED_HTML, FILED_PDF, filed_content, write_review
from askergeo.plan.forms import as_json
from askergeo.plan.job import Job
from askergeo.plan.model import PlanFile, PlanObject, Shape, Surface, System
from askergeo.plan.report import marks_of, review_result
from askergeo.plan.review import Found, Review, changed, review
from askergeo.privacy import suppress
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRS = "EPSG:25832"
ORIGIN = Origin(title="Prøvedata", fetched="2025-06-30", licence="CC0", attribution="", owner="")
X, Y = 560_000.0, 6_620_000.0
HOSTILE = '<script>alert(1)</script> #panic("x") $a$ {{ 7*7 }}'


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def purpose(code: str, place: shapely.Polygon, identity: str) -> PlanObject:
    surface = Surface((np.asarray(place.exterior.coords),))
    values = {"arealformål": (code,), "eierform": ("3",)}
    shape = (Shape("område", surfaces=(surface,)),)
    return PlanObject("RpArealformålOmråde", identity, values, shapes=shape)


def outline(place: shapely.Polygon, name: str) -> PlanObject:
    surface = Surface((np.asarray(place.exterior.coords),))
    values = {"plannavn": (name,), "planidentifikasjon": ("2026-07",), "vertikalnivå": ("2",)}
    return PlanObject("RpOmråde", "o", values, shapes=(Shape("område", surfaces=(surface,)),))


def plan(name: str = "Prøveplan", count: int = 12) -> list[PlanFile]:
    """A row of squares with a purpose each, and a gap before the last."""
    codes = ["1110", "1120", "1130", "1150", "1161", "1162", "1300", "1400", "1500", "1600", "1700"]
    objects = [
        purpose(codes[min(at, len(codes) - 1)], box(60 * at, 0, 60 * at + 60, 50), f"f{at}")
        for at in range(count)
    ]
    objects.append(purpose("3040", box(60 * count + 5, 0, 60 * count + 60, 50), "siste"))
    whole = outline(box(0, 0, 60 * count + 60, 50), name)
    return [PlanFile("plan.gpkg", (whole, *objects), systems=(System(CRS, None),), form="flat")]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> DataPackage:
    path = tmp_path_factory.mktemp("kart") / "p"
    made = DataPackage.create(path, municipality="9999", name="prøve", example=True)
    land = {"kommunenummer": ["9999"], "kommunenavn": ["Prøve"], "omfang": ["land"]}
    layers: dict[str, tuple[list[Any], dict[str, list[Any]]]] = {
        "kommunegrense": ([box(-5000, -5000, 5000, 5000)], land),
        "vann": ([box(-300, -300, 900, -20)], {"vanntype": ["hav"]}),
        "kvikkleire_faresone": ([box(-50, 10, 2000, 40)], {"faregrad": ["hoy"]}),
        "marin_leire": ([box(-50, -10, 300, 60)], {"mulighet": ["stor"]}),
    }
    for name, (shapes, columns) in layers.items():
        made.write(name, gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS), origin=ORIGIN)
    return DataPackage.open(path)


@pytest.fixture(scope="module")
def found(package: DataPackage) -> Review:
    return review(plan(), package)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plan.gpkg"
    path.write_bytes(b"en plan")
    return path


def content(found: Review, package: DataPackage, *paths: Path) -> dict[str, Any]:
    ground = filed.read_ground(package, found.place, marks_of(found))
    result = suppress(review_result(found, package, paths, ground=ground))
    return filed_content(
        Report(results=(result,), title=""),
        review=found,
        paths=paths,
        ground=ground,
        pictures=filed._pictures(found, ground),
    )


def test_the_content_is_what_the_review_says(
    found: Review, package: DataPackage, file: Path
) -> None:
    said, told = content(found, package, file), as_json(found)
    assert said["tittel"] == "Plansjekk: Prøveplan"
    facts = dict(said["plan"])
    assert facts["Plan-id"] == "2026-07"
    assert facts["Planområde"] == "39,0\u00a0dekar"
    assert sum(int(one["antall"]) for one in said["krav"]) == len(told["funn"])
    statuses = [one["status"] for one in said["krav"]]
    assert statuses == sorted(statuses, reverse=True)
    assert set(statuses) == {"Rød", "Gul"}
    unknown = {r["tittel"] for r in told["uten_funn"] if r["status"] == "NO-HIT-YELLOW"}
    assert set(said["ikke_kartlagt"]) == unknown
    asked = {title for one in said["ikke_kontrollert"] for title in one["krav"]}
    assert asked == {rule["tittel"] for rule in told["ikke_kontrollert"]}
    assert len(said["regler"]["rader"]) == len(found.rules)


def test_every_finding_is_told_with_its_law_and_its_area(
    found: Review, package: DataPackage, file: Path
) -> None:
    groups = {one["regel"]: one for one in content(found, package, file)["grupper"]}
    clay = groups["kart.kvikkleire.faresone"]
    # 30 m of the 50 that each square is high, of the 12 that are built.
    assert clay["areal"] == "21\u00a0600\u00a0m²"
    assert clay["lov"].startswith("pbl § 28-1")
    assert clay["gjor"] == found.rules["kart.kvikkleire.faresone"].action
    assert len(clay["funn"]) == int(clay["antall"]) == 11
    numbers = [int(one["nummer"]) for group in groups.values() for one in group["funn"]]
    assert numbers == list(range(1, len(found.found) + 1))


def test_a_rule_gets_some_cut_outs_and_says_where_the_others_are(
    found: Review, package: DataPackage, file: Path
) -> None:
    groups = {one["regel"]: one for one in content(found, package, file)["grupper"]}
    clay = groups["kart.kvikkleire.faresone"]
    assert len(clay["kart"]) == 4
    assert clay["uten_kart"].startswith("Kartutsnitt av de 4 største av 11 funn.")
    # The two squares with the last purpose are the largest hit.
    assert sum("(1700)" in one["alt"] for one in clay["kart"]) == 1
    gap = groups["plan.formaal.hull"]
    assert [bool(one["svg"]) for one in gap["kart"]] == [True]
    assert gap["uten_kart"] == ""
    # A fault of form lies nowhere.
    form = [one for one in groups.values() if one["regel"].startswith("plan.plan")]
    assert form
    assert not any(one["kart"] or one["uten_kart"] for one in form)


def test_a_place_that_is_far_off_is_said_and_not_drawn(
    found: Review, package: DataPackage, file: Path
) -> None:
    first = next(one for one in found.found if one.rule.id == "plan.formaal.hull")
    lost = replace(first, geometry=box(500_000, 0, 500_010, 10))
    review_ = replace(found, found=(lost,))
    (group,) = content(review_, package, file)["grupper"]
    assert group["kart"] == []
    assert "1 funn er ikke tegnet: de ligger mer enn 2000\u00a0m fra planen." in group["uten_kart"]


def test_long_lists_are_cut_and_counted(found: Review, package: DataPackage, file: Path) -> None:
    one = next(one for one in found.found if one.geometry is None)
    many = tuple(replace(one, objects=tuple("abcdefg"), text=f"Feil {n}") for n in range(40))
    (group,) = content(replace(found, found=many), package, file)["grupper"]
    assert len(group["funn"]) == 25
    assert group["flere"].startswith("15 funn til")
    assert "objekt a, b, c, d og 3 til" in group["funn"][0]["sted"]


def test_the_ground_of_the_review_is_told(found: Review, package: DataPackage, file: Path) -> None:
    said = content(found, package, file)
    assert said["filer"] == [
        {
            "navn": "plan.gpkg",
            "storrelse": "7\u00a0byte",
            "sha256": hashlib.sha256(b"en plan").hexdigest(),
        }
    ]
    layers = {row[0]: row for row in said["lag"]["rader"]}
    assert layers["Kvikkleire – faresoner (eksempel)"][1:3] == ["30.06.2025", "Prøvedata"]
    parameters = {row[0] for row in said["parametre"]["rader"]}
    assert parameters == {one.title for one in load_parameters("plansjekk")}
    classes = {row[0]: row for row in said["formal"]["rader"]}
    assert classes["1162"][3:7] == ["F2", "S3", "K4", "ja"]


def test_all_files_are_written_together_and_lead_to_each_other(
    found: Review, package: DataPackage, file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "ut"
    paths = write_review(found, package, [file], out)
    names = {"index.html", "askergeo.gpkg", "askergeo.xlsx", "resultat.json", FILED_HTML, FILED_PDF}
    beside = {"bilder", "saksfremlegg.txt", "tilgjengelighet.html"}
    assert {path.name for path in out.iterdir()} == names | beside
    page = html.parse(str(paths[FILED_HTML])).getroot()
    links = {a.get("href") for a in page.iter("a")}
    assert names - {FILED_HTML} <= links
    inside = {link[1:] for link in links if link.startswith("#")}
    assert inside <= {one.get("id") for one in page.iter() if one.get("id")}
    index = html.parse(str(paths["side"])).getroot()
    assert {FILED_HTML, FILED_PDF} <= {a.get("href") for a in index.iter("a")}
    with pytest.raises(OverwriteError, match=re.escape(FILED_HTML)):
        write_review(found, package, [file], out)


def test_the_page_is_for_all_and_needs_nothing_else(
    found: Review, package: DataPackage, file: Path, tmp_path: Path
) -> None:
    paths = write_review(found, package, [file], tmp_path / "ut")
    page = html.parse(str(paths[FILED_HTML])).getroot()
    assert page.get("lang") == "nb"
    assert len(page.findall(".//h1")) == 1
    for tag in ("header", "nav", "main", "footer"):
        assert len(page.findall(f".//{tag}")) == 1
    levels = [int(one.tag[1]) for one in page.iter("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert not list(page.iter("script", "link", "img", "iframe", "object"))
    for table in page.iter("table"):
        assert table.find("caption").text_content().strip()
        assert all(th.get("scope") in {"col", "row"} for th in table.iter("th"))
    for figure in page.iter("figure"):
        svg = figure.find("svg")
        assert svg.get("role") == "img"
        assert svg.get("aria-label").startswith("Kart: ")
        assert figure.find("figcaption").text_content().strip()
    ids = [one.get("id") for one in page.iter() if one.get("id")]
    drawn = [one for one in ids if one not in {"r0", "g0"}]
    assert len(drawn) == len(set(drawn))


def test_html_and_pdf_say_the_same(
    found: Review,
    package: DataPackage,
    file: Path,
    tmp_path: Path,
    require_tool: Callable[[str], str],
) -> None:
    paths = write_review(found, package, [file], tmp_path / "ut")
    command = [require_tool("pdftotext"), str(paths[FILED_PDF]), "-"]
    text = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    # A word that is broken at the end of a line is one word.
    plain = re.sub(r"[\s\u00a0\u200b\u00ad-]+", "", text)
    for one in content(found, package, file)["grupper"]:
        for part in (one["tittel"], one["gjor"], *(hit["tekst"] for hit in one["funn"])):
            assert re.sub(r"[\s\u00a0-]+", "", part) in plain


def test_hostile_names_are_text(package: DataPackage, tmp_path: Path) -> None:
    path = tmp_path / "a<b>&#.gpkg"
    path.write_bytes(b"x")
    paths = write_review(review(plan(HOSTILE, 1), package), package, [path], tmp_path / "ut")
    page = paths[FILED_HTML].read_text(encoding="utf-8")
    assert "<script" not in page
    assert html.document_fromstring(page).findtext(".//h1") == f"Plansjekk: {HOSTILE}"
    assert paths[FILED_PDF].read_bytes().startswith(b"%PDF-1.7")


def test_without_the_extra_the_page_is_there_and_says_so(
    found: Review,
    package: DataPackage,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "ut"
    write_review(found, package, [file], out)
    monkeypatch.setattr(filed, "can_make_pdf", lambda: False)
    paths = write_review(found, package, [file], out, overwrite=True)
    assert FILED_PDF not in paths
    # That of the earlier review is gone: it would not be of this one.
    assert not (out / FILED_PDF).exists()
    page = paths[FILED_HTML].read_text(encoding="utf-8")
    assert "pip install &#34;askergeo[pdf]&#34;" in page
    assert f'href="{FILED_PDF}"' not in page


def test_the_same_review_gives_the_same_files(
    found: Review,
    package: DataPackage,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    made = [write_review(found, package, [file], tmp_path / name) for name in ("a", "b")]
    for name in (FILED_HTML, FILED_PDF):
        assert made[0][name].read_bytes() == made[1][name].read_bytes()


def test_a_plan_without_findings_and_changes_between_two(
    found: Review, package: DataPackage, file: Path, tmp_path: Path
) -> None:
    none = replace(found, found=())
    changes = changed(found, none)
    paths = write_review(none, package, [file], tmp_path / "ut", changes)
    page = html.parse(str(paths[FILED_HTML])).getroot().text_content()
    assert "Ingen krav er brutt så langt det er kontrollert." in page
    assert page.count("Rettet") == len(found.found)
    assert paths[FILED_PDF].stat().st_size > 10_000


def test_lines_and_points_are_on_the_map_too(
    found: Review, package: DataPackage, file: Path
) -> None:
    rule = found.found[0].rule
    shapes = [
        shapely.LineString([(X, Y), (X + 50, Y + 50)]),
        shapely.Point(X + 10, Y + 10),
        shapely.GeometryCollection([box(0, 0, 5, 5), shapely.Point(X, Y)]),
    ]
    some = tuple(
        Found(rule=rule, status=Status.HIT_RED, text="Her.", geometry=shape) for shape in shapes
    )
    result = review_result(replace(found, found=some), package, [file])
    names = [layer.name for layer in result.layers]
    assert names[:2] == ["vann", "formal"]
    assert {name: len(result.layer(name).frame) for name in names if "treff" in name} == {
        "treff": 1, "treff_linje": 1, "treff_punkt": 2,
    }  # fmt: skip
    (group,) = content(replace(found, found=some), package, file)["grupper"]
    assert len(group["kart"]) == 3


def test_the_command_and_the_provisions_are_filed(
    found: Review, package: DataPackage, file: Path, tmp_path: Path
) -> None:
    provisions = tmp_path / "bestemmelser.txt"
    provisions.write_text("§ 1", encoding="utf-8")
    job = Job(crs=CRS, parameters={"holdeplass_m": "400"}, provisions=provisions)
    paths = write_review(found, package, [file], tmp_path / "ut", job=job)
    page = html.parse(str(paths[FILED_HTML])).getroot().text_content()
    command = (
        "askergeo plansjekk plan.gpkg --data p --bestemmelser bestemmelser.txt --crs EPSG:25832 "
        "--parameter holdeplass_m=400"
    )
    assert command in page
    assert hashlib.sha256("§ 1".encode()).hexdigest() in page


def test_the_verb_writes_the_report(
    package: DataPackage, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    squares = gpd.GeoDataFrame(geometry=[box(0, 0, 100, 80)], crs=CRS)
    path = tmp_path / "flate.geojson"
    squares.to_file(path)
    out = tmp_path / "ut"
    assert run(["plansjekk", str(path), "--data", str(package.path), "--ut", str(out)]) == 1
    assert "pip install" not in capsys.readouterr().err
    said = json.loads((out / "resultat.json").read_text(encoding="utf-8"))
    assert (out / FILED_PDF).read_bytes().startswith(b"%PDF")
    assert "flate.geojson" in json.dumps(said)
