"""Plans that are broken or hostile: a finding or a clear refusal, never a crash, a hang or a call out."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import stat
import struct
import tempfile
import zipfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
import typer.main

from askergeo.cli.main import run
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import AskergeoError
from askergeo.plan import geojson, gml, read
from askergeo.plan.checking import MOST_HITS, check_plan
from askergeo.plan.read import read_plan, read_plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CRS = "EPSG:25832"
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
EAST, NORTH = 571_000, 6_631_000
SPACES = (
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://app" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xi="http://www.w3.org/2001/XInclude"'
)


def square(side: float = 100, east: float = EAST, north: float = NORTH) -> str:
    """Corners of a square, anticlockwise and closed, as a posList."""
    corners = [(0, 0), (side, 0), (side, side), (0, side), (0, 0)]
    return " ".join(f"{east + x} {north + y}" for x, y in corners)


def ring(points: str, more: str = "") -> str:
    inner = f"<gml:posList{more}>{points}</gml:posList>"
    return f"<gml:exterior><gml:LinearRing>{inner}</gml:LinearRing></gml:exterior>"


def area(points: str, identity: str = "a", more: str = "") -> str:
    return feature(f"<gml:Polygon>{ring(points, more)}</gml:Polygon>", identity)


def feature(geometry: str, identity: str = "a") -> str:
    return (
        f'<gml:featureMember><app:RpOmråde gml:id="{identity}"><app:område>{geometry}</app:område>'
        "</app:RpOmråde></gml:featureMember>"
    )


def document(*features: str, srs: str = f'srsName="{UTM}" srsDimension="2"') -> str:
    envelope = f"<gml:boundedBy><gml:Envelope {srs}/></gml:boundedBy>"
    return f"<gml:FeatureCollection {SPACES}>{envelope}{''.join(features)}</gml:FeatureCollection>"


def collection(geometry: object, **more: object) -> str:
    one = {
        "type": "Feature",
        "properties": {"name": "RpOmråde", "id": "a"} | more.pop("properties", {}),
        "geometry": geometry,
    }
    utm = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{CRS[5:]}"}}
    return json.dumps({"type": "FeatureCollection", "crs": utm, "features": [one]} | more)


def sosi(*objects: str, head: str = "..TEGNSETT UTF-8", unit: str = "...ENHET 1") -> str:
    start = f".HODE\n{head}\n..TRANSPAR\n...KOORDSYS 22\n...ORIGO-NØ {NORTH} {EAST}\n{unit}\n"
    return start + "".join(objects) + ".SLUTT\n"


CURVE = ".KURVE 1:\n..OBJTYPE RpGrense\n..NØ\n0 0\n0 100\n100 100\n100 0\n0 0\n"


def face(refs: str, number: int = 2) -> str:
    return f".FLATE {number}:\n..OBJTYPE RpOmråde\n..REF {refs}\n..NØ\n50 50\n"


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A municipality of 4 by 4 km, with its outline and nothing else."""
    made = DataPackage.create(tmp_path_factory.mktemp("kart") / "pakke", name="Prøve")
    outline = gpd.GeoDataFrame(
        {
            "kommunenummer": ["3203"] * 2,
            "kommunenavn": ["Asker"] * 2,
            "omfang": ["land", "med_sjo"],
        },
        geometry=[shapely.box(570_000, 6_630_000, 574_000, 6_634_000)] * 2,
        crs=CRS,
    )
    origin = Origin("prøvedata", "2026-01-01", "CC0 1.0", "Prøve", "Prøve")
    made.write("kommunegrense", outline, origin=origin)
    return made.path


@pytest.fixture(scope="module", autouse=True)
def built_once() -> Iterator[None]:
    """Build the command line once: that takes longer than to refuse a plan."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.main.get_command", lru_cache(typer.main.get_command))
        yield


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail at the first call out of the machine."""

    def refuse(*arguments: object) -> None:
        pytest.fail(f"called out: {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., Path]:
    """Write a plan file of bytes or text."""

    def write(content: bytes | str, name: str = "plan.gml") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def left_alone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of temporary files, which must be empty after a run."""
    folder = tmp_path_factory.mktemp("midlertidig")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def refused(
    capsys: pytest.CaptureFixture[str], package: Path, left_alone: Path
) -> Callable[..., str]:
    """Review a plan that must be refused, on the map and in JSON; give the message."""

    def call(*paths: Path, options: tuple[str, ...] = ()) -> str:
        folder = paths[0].parent
        before = sorted(folder.rglob("*"))
        said = set()
        for more in (("--data", str(package)), ("--json",)):
            assert run(["plansjekk", *map(str, paths), *more, *options]) == 2
            out, err = capsys.readouterr()
            assert out == ""
            assert "Traceback" not in err
            message, _, remedy = err.partition("\n")
            assert message.startswith("Feil: ")
            assert remedy.strip(), f"no remedy: {message}"
            said.add(message)
        assert len(said) == 1
        with pytest.raises(AskergeoError):
            read_plans(paths)
        assert sorted(folder.rglob("*")) == before
        assert not list(left_alone.iterdir())
        return said.pop()

    return call


@pytest.fixture
def findings(capsys: pytest.CaptureFixture[str], left_alone: Path) -> Callable[..., set[str]]:
    """Review a plan that can be read; give the rules that fired, and see that the forms agree."""

    def call(*paths: Path) -> set[str]:
        assert run(["plansjekk", *map(str, paths), "--json"]) in {0, 1}
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        told = {one["regel"] for one in json.loads(out)["funn"]}
        assert told == {hit.rule for hit in check_plan(read_plans(paths)).hits}
        assert run(["plansjekk", *map(str, paths)]) == (1 if told else 0)
        capsys.readouterr()
        assert not list(left_alone.iterdir())
        return told

    return call


ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    + "]>"
)
LATE = f"<!--{'x' * 70_000}-->"
BYTES = {
    "not XML": ("dette er en plan", "ikke XML"),
    "cut short": (document(area(square()))[:-40], "ikke gyldig XML"),
    "nothing": ("", "tom"),
    "zeros": (b"\0" * 5000, "XML"),
    "external entity": (f"{ENTITY}<x>&a;</x>", "DOCTYPE"),
    "billion laughs": (f"{LAUGHS}<x>&a12;</x>", "DOCTYPE"),
    "external entity, late": (f"{LATE}{ENTITY}{document(area(square()))}", "DOCTYPE"),
    "billion laughs in an attribute, late": (f'{LATE}{LAUGHS}<x y="&a12;"/>', "XML"),
    "external DTD, late": (f'{LATE}<!DOCTYPE x SYSTEM "http://ondsinnet.no/x.dtd"><x/>', "DOCTYPE"),
    "DOCTYPE in UTF-16": (f"{ENTITY}<x>&a;</x>".encode("utf-16"), "DOCTYPE"),
    "Latin-1 that says UTF-8": (
        f'<?xml version="1.0" encoding="UTF-8"?>{document(area(square()))}'.encode("latin-1"),
        "ikke gyldig XML",
    ),
    "NUL inside": (document(area(square())).encode().replace(b"app:", b"a\0p:"), "ikke gyldig XML"),
    "deep nesting": ("<x>" * 100_000 + "</x>" * 100_000, "ikke gyldig XML"),
    "huge attribute": (document(area(square(), "a" * 11_000_000)), "ikke gyldig XML"),
    "wrong namespace": (
        document(area(square())).replace("http://www.opengis.net/gml/3.2", "http://feil"),
        "ingen planobjekter",
    ),
    "geometry in another namespace": (
        document(feature(f"<app:Polygon>{square()}</app:Polygon>")),
        "ingen geometri",
    ),
    "no namespace": (
        "<FeatureCollection><featureMember/></FeatureCollection>",
        "ingen planobjekter",
    ),
    "a page": ("<!DOCTYPE html><html><body>Logg inn</body></html>", "DOCTYPE"),
    "EBCDIC": (document(area(square())).encode("cp037", "replace"), "ikke XML"),
}


@pytest.mark.parametrize("case", BYTES)
def test_gml_that_is_refused(
    plan: Callable[..., Path], refused: Callable[..., str], case: str
) -> None:
    content, said = BYTES[case]
    assert said in refused(plan(content))


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-be", "iso8859-1", "utf-32"])
def test_codings_that_are_read(plan: Callable[..., Path], coding: str) -> None:
    name = {"utf-8-sig": "UTF-8", "utf-16-be": "UTF-16"}.get(coding, coding)
    text = f'<?xml version="1.0" encoding="{name}"?>{document(area(square()))}'
    mark = b"\xfe\xff" if coding == "utf-16-be" else b""
    (one,) = read_plan(plan(mark + text.encode(coding))).objects
    assert (one.kind, one.drawn.area) == ("RpOmråde", 10_000)


def polygon(points: str, more: str = "") -> str:
    return f"<gml:Polygon>{ring(points, more)}</gml:Polygon>"


def curve(segments: str, identity: str = "k") -> str:
    return f'<gml:Curve gml:id="{identity}"><gml:segments>{segments}</gml:segments></gml:Curve>'


def line(points: str) -> str:
    return f"<gml:LineStringSegment><gml:posList>{points}</gml:posList></gml:LineStringSegment>"


def arc(points: str) -> str:
    return f"<gml:Arc><gml:posList>{points}</gml:posList></gml:Arc>"


def bounded(*members: str) -> str:
    inner = "".join(f"<gml:curveMember{one}" for one in members)
    return f"<gml:Polygon><gml:exterior><gml:Ring>{inner}</gml:Ring></gml:exterior></gml:Polygon>"


def link(target: str) -> str:
    return f' xlink:href="{target}"/>'


OPEN = square().rpartition(" ")[0].rpartition(" ")[0]
GEOMETRIES = {
    "unclosed ring": (polygon(OPEN), "gml.flate.1"),
    "ring of two points": (polygon(f"{EAST} {NORTH} {EAST} {NORTH}"), "gml.flate.1"),
    "empty posList": (polygon(""), "gml.flate.1"),
    "odd count": (polygon(square() + " 7"), "gml.flate.1"),
    "NaN": (polygon(square().replace("571100", "NaN")), "gml.flate.1"),
    "inf": (polygon(square().replace("571100", "inf")), "gml.flate.1"),
    "1e308": (polygon(square().replace("571100", "1e308")), "gml.flate.1"),
    "letters": (polygon(square().replace("571100", "øst")), "gml.flate.1"),
    "wrong srsDimension": (polygon(square(), ' srsDimension="7"'), "gml.flate.1"),
    "three dimensions that are two": (polygon(square(), ' srsDimension="3"'), "gml.flate.1"),
    "two outer rings": (
        f"<gml:Polygon>{ring(square())}{ring(square())}</gml:Polygon>",
        "gml.flate.1",
    ),
    "no ring": ("<gml:Polygon/>", "gml.flate.1"),
    "arc of two points": (curve(arc(f"{EAST} {NORTH} {EAST + 5} {NORTH}")), "gml.bue.1"),
    "arc on a line": (
        curve(arc(f"{EAST} {NORTH} {EAST + 5} {NORTH} {EAST + 9} {NORTH}")),
        "gml.bue.2",
    ),
    "empty curve": (curve(""), "gml.kurve.1"),
    "spline": (curve("<gml:CubicSpline/>"), "gml.kurve.1"),
    "circular link": (
        '<gml:CompositeCurve gml:id="k"><gml:curveMember xlink:href="#k"/></gml:CompositeCurve>',
        "gml.kurve.1",
    ),
    "link to itself in a ring": (bounded(link("#a")), "gml.flate.1"),
    "link to nothing": (bounded(link("#borte")), "gml.xlink.1"),
    "link to the net": (bounded(link("http://ondsinnet.no/plan.gml#k")), "gml.flate.1"),
    "XInclude": (
        polygon(square()).replace(
            "</gml:posList>", '<xi:include href="file:///etc/passwd" parse="text"/></gml:posList>'
        ).replace(square(), ""),
        "gml.flate.1",
    ),
    "solid": (f"<gml:Solid><gml:exterior>{polygon(square())}</gml:exterior></gml:Solid>", "gml.flate.1"),
    "nothing in a collection": ("<gml:MultiSurface/>", "gml.kurve.1"),
    "a link in a collection": (f"<gml:MultiSurface><gml:surfaceMember{link('#borte')}</gml:MultiSurface>", "gml.xlink.1"),
    "a point that is nowhere": ("<gml:Point><gml:pos>nord</gml:pos></gml:Point>", "gml.kurve.1"),
    "an aggregate with a hole in it": (f"<gml:MultiGeometry><gml:geometryMember>{polygon(OPEN)}</gml:geometryMember></gml:MultiGeometry>", "gml.flate.1"),
    "turned curve without a curve": ('<gml:OrientableCurve orientation="-"/>', "gml.kurve.1"),
    "triangulated surface": ("<gml:Tin><gml:trianglePatches/></gml:Tin>", "gml.kurve.1"),
}  # fmt: skip


@pytest.mark.parametrize("case", GEOMETRIES)
def test_gml_geometry_that_is_a_finding(
    plan: Callable[..., Path], findings: Callable[..., set[str]], case: str
) -> None:
    geometry, rule = GEOMETRIES[case]
    whole = plan(document(area(square(), "hel"), feature(geometry)))
    told = findings(whole)
    assert rule in told


def test_nothing_of_another_file_is_read_in(plan: Callable[..., Path]) -> None:
    plan("hemmelig", "hemmelig.txt")
    text = '<xi:include href="hemmelig.txt" parse="text"/>'
    one = read_plan(plan(document(area(square()).replace("<app:område>", f"{text}<app:område>"))))
    assert "hemmelig" not in repr(one)


def point(east: float, north: float) -> list[float]:
    return [EAST + east, NORTH + north]


RING = [point(0, 0), point(9, 0), point(9, 9), point(0, 9), point(0, 0)]
GEOJSON = {
    "unclosed ring": ({"type": "Polygon", "coordinates": [RING[:-1]]}, "gml.flate.1"),
    "no rings": ({"type": "Polygon", "coordinates": []}, "gml.flate.1"),
    "null coordinates": ({"type": "Polygon", "coordinates": None}, "gml.flate.1"),
    "NaN": ({"type": "Polygon", "coordinates": [[*RING[:2], [float("nan"), 0]]]}, "gml.flate.1"),
    "infinity": (
        {"type": "LineString", "coordinates": [[float("inf"), 0], RING[0]]},
        "gml.kurve.1",
    ),
    "beyond floats": (
        {"type": "LineString", "coordinates": [[10**400, 0], RING[0]]},
        "gml.kurve.1",
    ),
    "text": ({"type": "Polygon", "coordinates": [[["571000", "6631000"]] * 4]}, "gml.flate.1"),
    "wrong nesting": ({"type": "Polygon", "coordinates": RING}, "gml.flate.1"),
    "deeper nesting": ({"type": "MultiPolygon", "coordinates": [[[RING]]]}, "gml.flate.1"),
    "ragged": ({"type": "LineString", "coordinates": [[1, 2], [3]]}, "gml.kurve.1"),
    "an object as coordinates": ({"type": "LineString", "coordinates": {"x": 1}}, "gml.kurve.1"),
    "unknown type": ({"type": "Sirkel", "coordinates": RING}, "gml.flate.1"),
    "no type": ({"coordinates": RING}, "gml.flate.1"),
    "text as geometry": ("POLYGON EMPTY", "gml.flate.1"),
    "within a collection": (
        {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": 7}, 7]},
        "gml.flate.1",
    ),
}


@pytest.mark.parametrize("case", GEOJSON)
def test_geojson_geometry_that_is_a_finding(
    plan: Callable[..., Path], findings: Callable[..., set[str]], case: str
) -> None:
    geometry, rule = GEOJSON[case]
    assert rule in findings(plan(collection(geometry), "plan.geojson"))


def test_geojson_that_is_read(plan: Callable[..., Path]) -> None:
    polygon = {"type": "Polygon", "coordinates": [RING]}
    parts = {
        "type": "GeometryCollection",
        "geometries": [polygon, {"type": "Point", "coordinates": point(1, 1)}],
    }
    (one,) = read_plan(plan(collection(parts), "plan.geojson")).objects
    assert (one.drawn.area, len(one.shapes)) == (81, 2)
    odd = {"id": ["x"], "feltnavn": "a\x1b[2J\ud800", "lag": [[{"k": None}]], "n": float("nan")}
    (one,) = read_plan(plan(collection(polygon, properties=odd), "odd.geojson")).objects
    assert (one.id, one.first("feltnavn")) == ("", "a\ufffd[2J\ufffd")


def nested(depth: int) -> str:
    """A plan in which one attribute lies as deep as that."""
    deep = "[" * depth + "]" * depth
    return collection({"type": "Polygon", "coordinates": [RING]}).replace(
        '"id": "a"', f'"x": {deep}'
    )


JSON = {
    "no JSON": ("{", "ikke gyldig JSON"),
    "a list": ("[]", "JSON uten geometri"),
    "no features": ('{"type": "FeatureCollection"}', ""),
    "features that are numbers": ('{"type": "FeatureCollection", "features": [1]}', ""),
    "no geometry anywhere": (collection(None), "ingen geometri"),
    "cut short": (collection({"type": "Polygon", "coordinates": [RING]})[:-9], "ikke gyldig JSON"),
    "Latin-1": (collection(None).replace("RpOmr", "RpÅ").encode("latin-1"), "ikke gyldig JSON"),
    "UTF-16": (collection(None).encode("utf-16"), "ikke JSON"),
    "too deep to read": (nested(100_000), "ikke gyldig JSON"),
    "too long a number": (collection(None).replace("null", "9" * 5000), "ikke gyldig JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", JSON)
def test_geojson_that_is_refused(
    plan: Callable[..., Path], refused: Callable[..., str], case: str
) -> None:
    content, said = JSON[case]
    assert said in refused(plan(content, "plan.geojson"))


def test_geojson_of_every_depth_is_read_or_refused(plan: Callable[..., Path]) -> None:
    for depth in (10, 300, 700, 900, 950, 1000, 5000):
        with suppress(AskergeoError):
            read_plan(plan(nested(depth), "plan.geojson"))


SOSI = {
    "no .HODE": (sosi(CURVE, face(":1")).replace(".HODE", ".HODD"), ".HODE"),
    "no .SLUTT": (sosi(CURVE, face(":1")).replace(".SLUTT", ""), ".SLUTT"),
    "no ENHET": (sosi(CURVE, unit=""), "ENHET"),
    "ENHET of nothing": (sosi(CURVE, unit="...ENHET 0"), "ENHET"),
    "ENHET that is no number": (sosi(CURVE, unit="...ENHET inf"), "ENHET"),
    "ENHET of words": (sosi(CURVE, unit="...ENHET meter"), "ENHET"),
    "KOORDSYS of no number": (sosi(CURVE).replace("KOORDSYS 22", "KOORDSYS nan"), "KOORDSYS"),
    "NGO1948": (sosi(CURVE).replace("KOORDSYS 22", "KOORDSYS 3"), "KOORDSYS 3"),
    "unknown letters": (sosi(CURVE, head="..TEGNSETT KOI8-R"), "KOI8-R"),
    "wrong letters": (sosi(CURVE).replace("RpGrense", "RpG\xe6").encode("latin-1"), "UTF-8"),
    "only points": (sosi(".PUNKT 1:\n..OBJTYPE Tre\n..NØ\n5 5\n"), "verken planobjekter"),
    "nothing inside": (sosi(), "verken planobjekter"),
    "zeros": (b"\0" * 500, ".HODE"),
}


@pytest.mark.parametrize("case", SOSI)
def test_sosi_that_is_refused(
    plan: Callable[..., Path], refused: Callable[..., str], case: str
) -> None:
    content, said = SOSI[case]
    assert said in refused(plan(content, "plan.sos"))


FACES = {
    "missing curve": (face(":7"), "7"),
    "reference to itself": (face(":2"), "2"),
    "two that refer to each other": (face(":3") + face(":2", 3), "2"),
    "no references": (face(""), ""),
    "words as references": (face("grense"), "grense"),
    "parentheses that never close": (face(":1 ("), "Parentes"),
    "open ring": (
        ".KURVE 4:\n..OBJTYPE RpGrense\n..NØ\n0 0\n0 9\n9 9\n" + face(":4"),
        "",
    ),
    "spline": (".BEZIER 5:\n..OBJTYPE RpGrense\n..NØ\n0 0\n5 5\n" + face(":5"), "BEZIER"),
    "BUE": (".BUE 5:\n..OBJTYPE RpGrense\n..RADIUS 5\n..NØ\n0 0\n5 5\n", "BUE"),
    "arc of two points": (".BUEP 5:\n..OBJTYPE RpGrense\n..NØ\n0 0\n5 5\n", "3 punkter"),
    "no coordinates": (".KURVE 5:\n..OBJTYPE RpGrense\n", "koordinater"),
    "letters as coordinates": (".KURVE 5:\n..OBJTYPE RpGrense\n..NØ\nnord øst\n", "nord"),
    "numbers beyond Earth": (".KURVE 5:\n..OBJTYPE RpGrense\n..NØ\n1e300 0\n0 0\n", "Jorden"),
    "a number used twice": (CURVE + face(":1"), "brukt før"),
}


@pytest.mark.parametrize("case", FACES)
def test_sosi_geometry_that_is_a_finding(
    plan: Callable[..., Path], findings: Callable[..., set[str]], case: str
) -> None:
    objects, said = FACES[case]
    path = plan(sosi(CURVE, face(":1", 9), objects), "plan.sos")
    assert findings(path) & {"gml.flate.1", "gml.kurve.1"}
    hits = [hit for hit in check_plan([read_plan(path)]).hits if hit.rule.startswith("gml.")]
    assert any(said in hit.text for hit in hits), hits
    assert all(hit.line for hit in hits if hit.rule in {"gml.flate.1", "gml.kurve.1"})


def geopackage(path: Path, *statements: str) -> Path:
    """Write a GeoPackage with one purpose, and then run statements on it."""
    frame = gpd.GeoDataFrame(
        {"objtype": ["RpOmråde"], "vertniv": [2]},
        geometry=[shapely.box(EAST, NORTH, EAST + 9, NORTH + 9)],
        crs=CRS,
    )
    frame.to_file(path, layer="plan")
    with sqlite3.connect(path) as opened:
        for statement in statements:
            opened.execute(statement)
    opened.close()
    return path


VIEWS = (
    "CREATE VIEW a AS SELECT * FROM plan",
    "CREATE VIEW a AS SELECT * FROM b",
    "CREATE VIEW a AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
)


@pytest.mark.parametrize("view", VIEWS)
def test_a_geopackage_with_views_is_refused(
    tmp_path: Path, refused: Callable[..., str], view: str
) -> None:
    path = geopackage(
        tmp_path / "plan.gpkg",
        view,
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
        "VALUES ('a', 'attributes', 'a', 0)",
    )
    assert "visning («a»)" in refused(path)


def test_geopackages_that_are_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    path = geopackage(tmp_path / "plan.gpkg")
    assert [one.kind for one in read_plan(path).objects] == ["RpOmråde"]
    whole = path.read_bytes()
    path.write_bytes(whole[:3000])
    refused(path)
    path.write_bytes(whole[:100] + b"\xff" * 30_000 + whole[30_100:])
    refused(path)
    path.write_bytes(whole)
    geopackage(path, "DELETE FROM plan")
    assert "verken planobjekter eller flater" in refused(path)
    pd_only = tmp_path / "tabell.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=CRS).to_file(pd_only, layer="tabell")
    path.unlink()
    assert "verken planobjekter eller flater" in refused(pd_only)


def blob(*points: tuple[float, float]) -> bytes:
    """A polygon of one ring as GeoPackage writes it."""
    head = b"GP\x00\x01" + struct.pack("<i", 25832)
    ring = b"".join(struct.pack("<dd", *one) for one in points)
    return head + struct.pack("<BIII", 1, 3, 1, len(points)) + ring


@pytest.mark.parametrize(
    "points",
    [
        [(EAST, NORTH), (EAST + 9, NORTH), (EAST + 9, NORTH + 9)],
        [(EAST, NORTH), (np.nan, NORTH), (EAST + 9, NORTH + 9), (EAST, NORTH)],
        [(EAST, NORTH), (np.inf, NORTH), (EAST + 9, NORTH + 9), (EAST, NORTH)],
        [(EAST, NORTH), (1e308, NORTH), (EAST + 9, NORTH + 9), (EAST, NORTH)],
        [(EAST, NORTH)],
        [],
    ],
)
def test_a_geopackage_with_geometry_that_cannot_be(
    tmp_path: Path, points: list[tuple[float, float]]
) -> None:
    path = geopackage(tmp_path / "plan.gpkg")
    with sqlite3.connect(path) as opened:
        for (trigger,) in opened.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            opened.execute(f'DROP TRIGGER "{trigger}"')
        opened.execute("INSERT INTO plan (geom, objtype) VALUES (?, 'RpOmråde')", (blob(*points),))
    opened.close()
    try:
        found = read_plan(path)
    except AskergeoError:
        return
    assert not points or "gml.flate.1" in {hit.rule for hit in check_plan([found]).hits}


def packed(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return path


def bomb(path: Path, size: int) -> Path:
    """A zip that says that it holds as much as that."""
    packed(path, **{"plan.gml": b"x" * 100})
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(sign) + at
        content[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


def test_zips(refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = document(area(square())).encode()
    path = tmp_path / "plan.zip"
    (one,) = read_plan(packed(path, **{"plan.gml": whole})).objects
    assert one.drawn.area == 10_000
    assert "flere datasett" in refused(packed(path, **{"a.gml": whole, "b.gml": whole}))
    assert "utenfor seg selv" in refused(packed(path, **{"../plan.gml": whole}))
    assert "utenfor seg selv" in refused(packed(path, **{"/etc/plan.gml": whole}))
    assert "ingen kartdata" in refused(packed(path, **{"les.txt": b"hei"}))
    inner = packed(tmp_path / "indre.zip", **{"plan.gml": whole}).read_bytes()
    (tmp_path / "indre.zip").unlink()
    assert "ingen kartdata" in refused(packed(path, **{"indre.zip": inner}))
    assert "over 1 GB" in refused(bomb(path, 2_000_000_000))
    with monkeypatch.context() as smaller:
        smaller.setattr(read, "MAX_BYTES", 1_000_000)
        packed(path, **{"plan.gml": b"\0" * 2_000_000})
        assert "2 MB; en plan er aldri" in refused(path)
    link = zipfile.ZipInfo("plan.gml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(link, "/etc/passwd")
    assert "ikke XML" in refused(path)
    packed(path, **{"plan.gml": whole})
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(sign) + at] |= 1  # says that it is encrypted
    path.write_bytes(content)
    assert "kan ikke pakkes ut" in refused(path)


@pytest.mark.parametrize("name", ["plan.gml", "plan.sos", "plan.geojson", "plan.zip", "plan"])
def test_a_file_of_two_gigabytes(
    tmp_path: Path, refused: Callable[..., str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    with path.open("wb") as out:
        out.truncate(2_000_000_000)  # holes cost nothing

    whole = Path.read_bytes

    def refuse(one: Path) -> bytes:
        assert one != path, "the file was read whole"
        return whole(one)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "2000 MB" in refused(path)


def test_a_file_that_would_fill_the_memory(
    plan: Callable[..., Path], refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gml, "_MOST_NODES", 3_000_000)
    monkeypatch.setattr(geojson, "_MOST_NODES", 3_000_000)
    assert "elementer" in refused(plan("<x>" + "<a/>" * 3_000_000 + "</x>"))
    start = '{"type": "FeatureCollection", "features": [' + " " * 20_000_000
    assert "for stor" in refused(plan(start + "[]," * 3_000_000, "plan.geojson"))


def test_curves_that_multiply_are_refused(
    plan: Callable[..., Path], refused: Callable[..., str]
) -> None:
    curves = [
        feature(
            f'<gml:CompositeCurve gml:id="k{n}">'
            + f"<gml:curveMember{link(f'#k{n + 1}')}" * 50
            + "</gml:CompositeCurve>",
            f"o{n}",
        )
        for n in range(8)
    ]
    assert "urimelig mange" in refused(plan(document(*curves)))


def test_what_is_no_file_is_refused(tmp_path: Path, refused: Callable[..., str]) -> None:
    folder = tmp_path / "plan.gml"
    folder.mkdir()
    assert "er en mappe" in refused(folder)
    pipe = tmp_path / "rør.gml"
    os.mkfifo(pipe)
    assert "ikke en vanlig fil" in refused(pipe)
    assert "Finner ikke" in refused(tmp_path / "borte.gml")
    dangling = tmp_path / "lenke.gml"
    dangling.symlink_to(tmp_path / "borte.gml")
    assert "Finner ikke" in refused(dangling)


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plansjekk", name]) == 2
    assert "ikke en vanlig fil" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["http://ondsinnet.no/plan.gml", "/vsicurl/http://x.no/p.gml"])
def test_an_address_is_refused_and_not_asked(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plansjekk", address]) == 2
    assert capsys.readouterr().err.startswith("Feil: ")


@pytest.fixture
def on_map(
    capsys: pytest.CaptureFixture[str], package: Path
) -> Callable[..., tuple[int, set[str], str]]:
    """Hold a plan against the map; give the exit code, the rules that fired, and what was said.

    What was said is the error, and why rules were not asked.
    """

    def call(*arguments: object) -> tuple[int, set[str], str]:
        words = ["plansjekk", *map(str, arguments), "--data", str(package), "--json"]
        code = run(words)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        told = json.loads(out or '{"funn": [], "ikke_kontrollert": []}')
        why = {one["grunn"] for one in told["ikke_kontrollert"]}
        return code, {one["regel"] for one in told["funn"]}, "\n".join([err, *why])

    return call


def test_a_plan_outside_the_municipality_is_a_finding(
    plan: Callable[..., Path], on_map: Callable[..., tuple[int, set[str], str]]
) -> None:
    inside = on_map(plan(document(area(square()))))[1]
    outside = on_map(plan(document(area(square(east=EAST + 90_000)))))[1]
    assert (inside & {"kart.kommune"}, outside & {"kart.kommune"}) == (set(), {"kart.kommune"})
    # Numbers of another zone, of the whole Earth, and of degrees.
    for points in (square(east=250_000), square(2e8, -1e8, -1e8)):
        assert "kart.kommune" in on_map(plan(document(area(points))))[1]
    code, _, message = on_map(plan(document(area("10 59 11 59 11 60 10 60 10 59"))))
    assert (code, "i grader" in message) == (1, True)


@pytest.mark.parametrize(
    ("srs", "said"),
    [
        ("", ""),
        ("http://www.opengis.net/def/crs/EPSG/0/999999", "ukjent"),
        ("sone 32", "ukjent"),
        ("EPSG:5776", "ukjent"),  # heights alone
        ("EPSG:4978", "ukjent"),  # from the middle of the Earth
        ("urn:ogc:def:crs:EPSG::4258", "kan ikke være i"),  # degrees, of 571 000
        ("EPSG:2263", ""),  # feet, in New York
        ("EPSG:25832 ignored", "ukjent"),
    ],
)
def test_a_coordinate_system_that_cannot_be(
    plan: Callable[..., Path],
    on_map: Callable[..., tuple[int, set[str], str]],
    srs: str,
    said: str,
) -> None:
    path = plan(document(area(square()), srs=f'srsName="{srs}" srsDimension="2"' if srs else ""))
    assert "gml.epsg.1" in {hit.rule for hit in check_plan([read_plan(path)]).hits}
    # What is wrong with the file is told, whether or not it can be put on the map.
    code, told, message = on_map(path)
    assert code == 1
    assert said in message
    assert "gml.epsg.1" in told


def test_geojson_without_a_system_is_in_degrees(
    plan: Callable[..., Path], on_map: Callable[..., tuple[int, set[str], str]]
) -> None:
    metres = {"type": "Polygon", "coordinates": [RING]}
    path = plan(collection(metres, crs=None), "plan.geojson")
    code, _, message = on_map(path)
    assert (code, "kan ikke være i" in message) == (1, True)
    code, told, _ = on_map(path, "--crs", CRS)
    assert (code, told & {"gml.epsg.1", "kart.kommune"}) == (1, set())
    unknown = {"type": "name", "properties": {"name": "tull"}}
    for crs in (unknown, {"type": "link"}, 7, [], {"properties": []}):
        assert on_map(plan(collection(metres, crs=crs), "plan.geojson"))[0] == 1


def test_an_older_version_that_is_broken_is_refused(
    plan: Callable[..., Path], on_map: Callable[..., tuple[int, set[str], str]]
) -> None:
    whole = plan(document(area(square())))
    code, _, message = on_map(whole, "--mot", plan("<x", "eldre.gml"))
    assert (code, "eldre.gml" in message) == (2, True)


HOSTILE = "x&lt;script&gt;alert(1)&lt;/script&gt;"


def test_what_a_plan_says_is_text_in_every_output(
    plan: Callable[..., Path],
    on_map: Callable[..., tuple[int, set[str], str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    names = (
        f'<app:plannavn>=HYPERLINK("http://x.no")</app:plannavn><app:område>{HOSTILE}</app:område>'
    )
    path = plan(
        document(area(square(), HOSTILE).replace("<app:område>", f"{names}<app:område>", 1))
    )
    out = tmp_path_factory.mktemp("rapport") / "ut"
    code, _, message = on_map(path, "--ut", out)
    assert code == 1, message
    for page in out.rglob("*.html"):
        assert "<script>alert(1)" not in page.read_text(encoding="utf-8")
    (book,) = out.glob("*.xlsx")
    with zipfile.ZipFile(book) as opened:
        sheets = [opened.read(name) for name in opened.namelist() if "sheet" in name]
    assert not any(b"<f>" in sheet for sheet in sheets)  # no cell is a formula


@pytest.mark.parametrize("form", ["gml", "sos"])
def test_signs_that_steer_a_terminal_are_not_passed_on(
    plan: Callable[..., Path], capsys: pytest.CaptureFixture[str], form: str
) -> None:
    steering = "x\x9b31mrød"
    text = {
        "gml": document(
            area(square(), steering), feature(polygon("1 2"), "b"), srs=f'srsName="{steering}"'
        ),
        "sos": sosi(CURVE, face(":1"), face(steering, 5), ".KURVE 7:\n..NØ\n\x1b[2J 0\n0 0\n"),
    }
    run(["plansjekk", str(plan(text[form], f"plan.{form}"))])
    out = capsys.readouterr().out
    assert "31mrød" in out
    assert not {"\x1b", "\x9b"} & set(out)


@pytest.mark.parametrize("kind", ["flate", "kurve"])
def test_a_tangle_is_told_of_and_not_built(
    plan: Callable[..., Path], findings: Callable[..., set[str]], kind: str
) -> None:
    corners = np.array([EAST, NORTH]) + np.random.default_rng(1).integers(0, 5000, (20_000, 2))
    points = " ".join(map(str, np.vstack([corners, corners[:1]]).ravel()))
    geometry = polygon(points) if kind == "flate" else curve(line(points))
    path = plan(document(area(square(), "hel"), feature(geometry)))
    rule = "gml.flate.1" if kind == "flate" else "gml.kurve.1"
    assert rule in findings(path)
    one = read_plan(path).by_id["a"]
    assert one.drawn.is_empty
    # A ring that crosses itself once is built, however many corners it has.
    turn = np.linspace(0, 2 * np.pi, 5001)
    eight = np.column_stack([EAST + 50 * np.sin(2 * turn), NORTH + 50 * np.sin(turn)])
    eight[-1] = eight[0]
    once = plan(document(area(" ".join(map(str, eight.ravel())))))
    assert {"gml.flate.2"} <= findings(once)
    assert read_plan(once).objects[0].drawn.area > 100


def test_copies_of_one_purpose_are_told_of_up_to_a_bound(plan: Callable[..., Path]) -> None:
    purposes = [area(square(), f"f{n}").replace("RpOmr", "RpArealformålOmr") for n in range(400)]
    path = plan(document(area(square()), *purposes))
    hits = [
        hit for hit in check_plan([read_plan(path)]).hits if hit.rule == "plan.formaal.overlapp"
    ]
    # 79 800 pairs overlap.
    assert len(hits) == MOST_HITS + 1
    assert hits[-1].text == "Regelen har over 10\u00a0000 funn. De andre er ikke tatt med."
