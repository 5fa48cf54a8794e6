"""Whatever the bytes, a plan is read and reviewed, or refused in words: nothing else ever happens."""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askergeo.errors import AskergeoError
from askergeo.plan.forms import as_json, as_sarif
from askergeo.plan.place import place_of
from askergeo.plan.read import read_plan, read_plans
from askergeo.plan.review import review

FUZZ = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
EAST, NORTH = 571_000, 6_631_000
HEAD = (
    '<gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://app" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"><gml:boundedBy>'
    f'<gml:Envelope srsName="{UTM}" srsDimension="2"/></gml:boundedBy>'
)
# Points that a letter of a file becomes at most: those of an arc, and of what refers to it.
MOST_POINTS = 2_000
PUT = 3  # the last of the ways to break a file: see `broken`
WRITTEN = {
    "plan.gml": (
        HEAD + '<gml:featureMember><app:RpOmråde gml:id="a"><app:område><gml:Polygon><gml:exterior>'
        "<gml:LinearRing><gml:posList>0 0 9 0 9 9 0 9 0 0</gml:posList></gml:LinearRing>"
        "</gml:exterior></gml:Polygon></app:område><app:vertikalnivå>2</app:vertikalnivå>"
        '<app:avgrensesAv xlink:href="#k"/></app:RpOmråde></gml:featureMember>'
        '<gml:featureMember><app:RpFormålGrense gml:id="k"><app:grense><gml:Curve gml:id="c">'
        "<gml:segments><gml:Arc><gml:posList>0 0 4 4 9 0</gml:posList></gml:Arc></gml:segments>"
        "</gml:Curve></app:grense></app:RpFormålGrense></gml:featureMember>"
        "</gml:FeatureCollection>"
    ),
    "plan.sos": (
        ".HODE\n..TEGNSETT UTF-8\n..TRANSPAR\n...KOORDSYS 22\n...ORIGO-NØ 6631000 571000\n"
        "...ENHET 0.01\n.BUEP 1:\n..OBJTYPE RpGrense\n..NØ\n0 0\n40 40\n0 90\n"
        ".KURVE 2:\n..OBJTYPE RpGrense\n..NØ\n0 90\n90 90\n0 0\n"
        ".FLATE 3:\n..OBJTYPE RpArealformålOmråde\n..RPAREALFORMÅL 1110\n..REF :1 :2 (:-2 :-1)\n"
        "..NØ\n20 20\n.SLUTT\n"
    ),
    "plan.geojson": json.dumps(
        {
            "type": "FeatureCollection",
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}},
            "features": [
                {
                    "type": "Feature",
                    "properties": {"name": "RpFareSone", "id": "a", "fare": [{"k": 1}, None]},
                    "geometry": {
                        "type": "MultiPolygon",
                        "coordinates": [[[[0, 0], [9, 0], [9, 9], [0, 0]]]],
                    },
                },
                {
                    "type": "Feature",
                    "properties": {"name": "RpOmråde"},
                    "geometry": {"type": "LineString", "coordinates": [[0, 0, 1], [9, 9, 2]]},
                },
            ],
        },
        ensure_ascii=False,
    ),
}
# What a word of a file may be put in place of: numbers that are none, signs, and parts of others.
PIECES = st.binary(max_size=4) | st.sampled_from([
    b"nan", b"1e400", b"-1e9", b"1e-320", b"0", b"inf", b"<x>", b"/>", b'"', b"[", b"]", b"{",
    b"null", b"\x00", b"&#x0;", b" xlink:href='#k'", b"..REF :3", b"\n.FLATE 9:\n", b"(", b":1",
    b"RpBestemmelseOmr\xc3\xa5de", b"gml:Circle", b"BEZIER", b"Point", b"GeometryCollection",
])  # fmt: skip
WORDS = {name: re.findall(r"[\w.:#-]+|\W", text) for name, text in WRITTEN.items()}


def survives(*contents: tuple[str, bytes]) -> None:
    """Read and review files of these names and contents, in every form, or be refused in words."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name, _ in contents]
        for path, (_, content) in zip(paths, contents, strict=True):
            path.write_bytes(content)
        try:
            files = read_plans(paths)
        except AskergeoError:
            return
    found = review(files)
    size = sum(len(content) for _, content in contents)
    shapes = [shape for file in files for one in file.objects for shape in one.shapes]
    points = [len(curve.points) for shape in shapes for curve in shape.curves]
    points += [len(ring) for shape in shapes for part in shape.surfaces for ring in part.rings]
    assert sum(points) <= MOST_POINTS * size
    for written in (as_json(found), as_sarif(found)):
        json.dumps(written, allow_nan=False, ensure_ascii=False).encode("utf-8")
    with suppress(AskergeoError):
        place_of(files, "EPSG:25832")


@st.composite
def broken(draw):
    """Some words of a file taken out, doubled, moved or put in place of others."""
    name = draw(st.sampled_from(sorted(WRITTEN)))
    words = [word.encode() for word in WORDS[name]]
    places = st.integers(0, len(words) - 1)
    for at, other, how in draw(
        st.lists(st.tuples(places, places, st.integers(0, 3)), min_size=1, max_size=3)
    ):
        words[at] = [b"", words[at] * 2, words[other], b""][how]
        if how == PUT:
            words[at] = draw(PIECES)
    return name, b"".join(words)


@FUZZ
@given(broken())
def test_any_file(file):
    survives(file)


NUMBERS = st.sampled_from(
    ["0", "9", "-9", "4.5", "571000", "6631000", "1e9", "1e300", "nan", "-inf", "x", "1e-300"]
) | st.integers(-20, 20).map(str)
POINTS = st.lists(NUMBERS, max_size=12).map(" ".join)
SQUARE = st.sampled_from(["0 0 9 0 9 9 0 9 0 0", "0 0 0 9 9 9 9 0 0 0", "0 0 9 9 9 0 0 9 0 0"])
LINKS = st.sampled_from(["#a", "#b", "#c", "b.gml#c", "c.gml#a", "http://x.no/#a", "#", ""])
IDS = st.sampled_from(["a", "b", "c", "<b>a", '=HYPERLINK("x")', ""])
SYSTEMS = st.sampled_from(
    [
        "",
        UTM,
        "urn:ogc:def:crs:EPSG::4258",
        "EPSG:5972",
        "EPSG:2263",
        "EPSG:9",
        "sone 32",
        "EPSG:4978",
    ]
)
HOLDERS = {
    "Curve": "segments",
    "CompositeCurve": "curveMember",
    "OrientableCurve": "baseCurve",
    "Ring": "curveMember",
    "Polygon": "exterior",
    "PolygonPatch": "interior",
    "Surface": "patches",
    "CompositeSurface": "surfaceMember",
    "MultiSurface": "surfaceMember",
    "MultiCurve": "curveMember",
    "MultiGeometry": "geometryMember",
    "MultiPoint": "pointMember",
    "Solid": "exterior",
}
LEAVES = ["LinearRing", "LineString", "LineStringSegment", "Arc", "ArcString", "Circle", "Point"]


def attributes(**named):
    names = {"id": "gml:id", "href": "xlink:href"}
    said = {names.get(name, name): value for name, value in named.items() if value}
    return "".join(f" {name}={quoteattr(value)}" for name, value in said.items())


@st.composite
def leaves(draw):
    name, points = draw(st.sampled_from(LEAVES)), draw(POINTS | SQUARE)
    said = attributes(
        srsName=draw(SYSTEMS), srsDimension=draw(st.sampled_from(["", "", "2", "3", "0"]))
    )
    return f"<gml:{name}{said}><gml:posList>{points}</gml:posList></gml:{name}>"


@st.composite
def nodes(draw, inner):
    """A geometry that holds others, or refers to them; not always where they belong."""
    name = draw(st.sampled_from(sorted(HOLDERS)))
    said = attributes(id=draw(IDS), orientation=draw(st.sampled_from(["", "-", "+", "?"])))
    members = draw(
        st.lists(st.tuples(LINKS, st.just("")) | st.tuples(st.just(""), inner), max_size=3)
    )
    held = "".join(
        f"<gml:{HOLDERS[name]}{attributes(href=href)}>{one}</gml:{HOLDERS[name]}>"
        for href, one in members
    )
    return f"<gml:{name}{said}>{held}</gml:{name}>"


GEOMETRIES = st.recursive(leaves(), nodes, max_leaves=6)
KINDS = st.sampled_from(
    ["RpOmråde", "RpArealformålOmråde", "KpArealformålOmråde", "RpFareSone", "RpJuridiskLinje"]
)
NAMES = st.sampled_from(["arealformål", "vertikalnivå", "eierform", "utnyttingstype", "lokalId"])
VALUES = st.sampled_from(["", "1110", "2", "\ufdd0", "=1+1", "<b>", "9" * 400]) | NUMBERS


@st.composite
def features(draw):
    kind, said = draw(KINDS), draw(st.lists(st.tuples(NAMES, VALUES), max_size=3))
    texts = "".join(f"<app:{name}>{escape(value)}</app:{name}>" for name, value in said)
    link = f"<app:avgrensesAv{attributes(href=draw(LINKS))}/>"
    place = draw(GEOMETRIES | LINKS)
    held = (
        f"<app:område>{place}</app:område>"
        if place.startswith("<")
        else f"<app:område{attributes(href=place)}/>"
    )
    inside = f"{texts}{link}{held}"
    return (
        f"<gml:featureMember><app:{kind}{attributes(id=draw(IDS))}>{inside}</app:{kind}>"
        "</gml:featureMember>"
    )


@FUZZ
@given(st.lists(st.lists(features(), min_size=1, max_size=4), min_size=1, max_size=2), SYSTEMS)
def test_any_tree(files, system):
    head = HEAD.replace(UTM, system)
    survives(*[
        (f"{'bc'[number]}.gml", f"{head}{''.join(inside)}</gml:FeatureCollection>".encode())
        for number, inside in enumerate(files)
    ])  # fmt: skip


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
    | st.just(10**400),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
POSITIONS = st.lists(st.floats(-50, 50) | st.floats(), min_size=2, max_size=3)
PLACES = st.recursive(
    st.fixed_dictionaries({
        "type": st.sampled_from(["Polygon", "MultiPolygon", "LineString", "Point", "MultiPoint"]),
        "coordinates": st.recursive(POSITIONS, lambda one: st.lists(one, max_size=5), max_leaves=8),
    }),
    lambda one: st.fixed_dictionaries({
        "type": st.just("GeometryCollection"), "geometries": st.lists(one, max_size=3)
    }),
    max_leaves=4,
)  # fmt: skip


@FUZZ
@given(st.lists(st.tuples(KINDS, PLACES | JSON, JSON), min_size=1, max_size=4), JSON)
def test_any_geojson(objects, system):
    members = [
        {"type": "Feature", "properties": {"name": kind, "id": said, "x": said}, "geometry": place}
        for kind, place, said in objects
    ]
    whole = {"type": "FeatureCollection", "crs": system, "features": members}
    survives(("plan.geojson", json.dumps(whole).encode()))


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_what_is_broken_above_is_whole_to_begin_with(name, tmp_path):
    path = tmp_path / name
    path.write_text(WRITTEN[name], encoding="utf-8")
    assert len(read_plan(path).objects) >= 2
    assert review([read_plan(path)]).found
