"""Plans from GML, SOSI, GeoPackage and GeoJSON, and an area before there is a plan."""

from __future__ import annotations

import json
import math
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pyproj
import pytest
import shapely
from shapely.ops import split

from askergeo.errors import AskergeoError, CrsError, SourceError
from askergeo.plan.checking import check_plan
from askergeo.plan.geometry import drawn, levels
from askergeo.plan.place import place_of
from askergeo.plan.read import read_plan, read_plans
from askergeo.sources.arcs import ARC_TOLERANCE

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.plan.model import PlanFile

EAST, NORTH = 580_000.0, 6_630_000.0
SOSI = """.HODE
..TEGNSETT UTF-8
..TRANSPAR
...KOORDSYS 22
...ORIGO-NØ 6630000 580000
...ENHET 0.01
..OMRÅDE
...MIN-NØ 6630000 580000
...MAX-NØ 6630100 580100
..SOSI-VERSJON 4.5
..SOSI-NIVÅ 4
.KURVE 1:
..OBJTYPE RpFormålGrense
..NØ
0 0
0 10000
5000 10000
5000 0
0 0
.FLATE 2:
..OBJTYPE RpOmråde
..NASJONALAREALPLANID
...KOMM 3203
...PLANID 12
..PLANNAVN "Åsen"
..PLANTYPE 35
..PLANSTAT 2
..LOVREFERANSE 6
..VERTNIV 2
..REF :1
..NØ
2500 5000
.FLATE 3:
..OBJTYPE RpArealformålOmråde
..IDENT
...LOKALID 41c29195-9926-45b0-99e2-eaba686ee290
..RPAREALFORMÅL 1110
..EIERFORM 3
..FELTNAVN BFS1
..UTNYTT
...UTNTYP 16
...UTNTALL 30
..REF :1
..NØ
2500 5000
.FLATE 4:
..OBJTYPE RpFareSone
..RPFARE 310
..HENSYNSONENAVN H320_1
..REF :1
..NØ
2500 5000
.SLUTT
"""
BOX = shapely.box(EAST, NORTH, EAST + 100, NORTH + 50)


def rules(plan: PlanFile) -> list[str]:
    """Rules that fired on the form of the file, its purposes and its zones."""
    asked = ("gml.", "rpf.", "plan.formaal.", "plan.eierform", "plan.utnytting.", "plan.hensyn.")
    return [hit.rule for hit in check_plan([plan]).hits if hit.rule.startswith(asked)]


def test_sosi(tmp_path: Path) -> None:
    path = tmp_path / "plan.sos"
    path.write_text(SOSI, encoding="utf-8")
    plan = read_plan(path)
    assert (plan.form, len(plan.objects)) == ("sosi", 4)
    (use,) = plan.of("RpArealformålOmråde")
    told = ("arealformål", "eierform", "feltnavn", "utnyttingstype", "utnyttingstall")
    assert [use.first(name) for name in told] == ["1110", "3", "BFS1", "16", "30"]
    assert use.id == "41c29195-9926-45b0-99e2-eaba686ee290"
    assert drawn(use).equals(BOX)
    assert next(plan.of("RpOmråde")).first("kommunenummer") == "3203"
    # The zone has flood in its name and slides in its code.
    assert rules(plan) == ["plan.hensyn.navn"]


def test_geopackage_and_zip(tmp_path: Path) -> None:
    path = tmp_path / "plan.gpkg"
    told = {
        "vertikalniva": 2,
        "kommunenummer": "3203",
        "planidentifikasjon": "12",
        "plannavn": "Åsen",
        "plantype": 35,
        "planstatus": 2,
        "lovreferanse": 6,
    }
    area = gpd.GeoDataFrame([told], geometry=[BOX], crs="EPSG:25832")
    area.to_file(path, layer="RpOmråde")
    half = shapely.box(EAST, NORTH, EAST + 60, NORTH + 50)
    uses = gpd.GeoDataFrame(
        {
            "objtype": ["RpArealformålOmråde"] * 2,
            "arealformal": [3040.0, 3001.0],
            "eierform": ["1", None],
            "feltbetegnelse": ["GF1", "GF2"],
        },
        geometry=[half, BOX.difference(half)],
        crs="EPSG:25832",
    )
    uses.to_file(path, layer="formål")
    plan = read_plan(path)
    assert [one.first("arealformål") for one in plan.of("RpArealformålOmråde")] == ["3040", "3001"]
    assert rules(plan) == ["plan.formaal.utgaatt", "plan.eierform"]
    packed = tmp_path / "plan.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "plan.gpkg")
    assert [one.id for one in read_plan(packed).objects] == [one.id for one in plan.objects]


def test_an_outline_is_an_area_before_there_is_a_plan(tmp_path: Path) -> None:
    path = tmp_path / "område.geojson"
    gpd.GeoDataFrame(geometry=[BOX], crs="EPSG:25832").to_file(path)
    plan = read_plan(path)
    assert (plan.form, [one.kind for one in plan.objects]) == ("område", ["Område"])
    checked = check_plan([plan], municipality="3203")
    assert not checked.hits
    assert checked.not_run["rpf.o.2"] == "Regelen gjelder ikke en flate uten plan."
    assert "gml.flate.2" in checked.clean
    gpd.GeoDataFrame(geometry=[BOX.centroid], crs="EPSG:25832").to_file(path)
    with pytest.raises(SourceError, match="verken planobjekter eller flater"):
        read_plan(path)


def test_tofte_sentrum_is_an_area(shared_data: Path) -> None:
    plan = read_plan(shared_data / "plan" / "area" / "tofte_sentrum.geojson")
    assert plan.form == "område"
    assert sum(drawn(one).area for one in plan.objects) / 10_000 == pytest.approx(60.5, abs=0.1)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type": "FeatureCollection"}', "plan", "\0\0"])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str) -> None:
    for suffix in (".geojson", ".gml", ".sos", ".gpkg", ".txt", ".zip"):
        path = tmp_path / f"plan{suffix}"
        path.write_text(text)
        with pytest.raises(AskergeoError):
            read_plan(path)


def test_geojson_from_gml_that_is_broken_inside(tmp_path: Path) -> None:
    path = tmp_path / "plan.geojson"
    whole = {
        "type": "Feature",
        "properties": {"name": "RpOmråde", "id": "a"},
        "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, "to"]]]},
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [whole]}))
    (hit,) = [hit for hit in check_plan([read_plan(path)]).hits if hit.rule == "gml.flate.1"]
    assert (hit.text, hit.objects) == ("Koordinatene går ikke opp.", ("a",))


SPACES = (
    'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://app" '
    'xmlns:xlink="http://www.w3.org/1999/xlink"'
)
UTM = "http://www.opengis.net/def/crs/EPSG/0/25832"
PURPOSE = "RpArealformålOmråde"


def gml(path: Path, *features: str, srs: str = UTM, dimension: int = 2) -> Path:
    said = f' srsName="{srs}"' if srs else ""
    envelope = f'<gml:Envelope{said} srsDimension="{dimension}"/>'
    inside = "".join(f"<gml:featureMember>{one}</gml:featureMember>" for one in features)
    start = f"<gml:FeatureCollection {SPACES}><gml:boundedBy>{envelope}</gml:boundedBy>"
    path.write_text(f"{start}{inside}</gml:FeatureCollection>", encoding="utf-8")
    return path


def feature(kind: str, identity: str, geometry: str, more: str = "", role: str = "område") -> str:
    held = f"<app:{role}>{geometry}</app:{role}>"
    return f'<app:{kind} gml:id="{identity}">{held}{more}</app:{kind}>'


def line(points: str) -> str:
    return f"<gml:LineStringSegment><gml:posList>{points}</gml:posList></gml:LineStringSegment>"


def bent(kind: str, points: str) -> str:
    return f"<gml:{kind}><gml:posList>{points}</gml:posList></gml:{kind}>"


def curve(identity: str, *segments: str) -> str:
    inside = f"<gml:segments>{''.join(segments)}</gml:segments>"
    return f'<gml:Curve gml:id="{identity}">{inside}</gml:Curve>'


def ringed(*members: str) -> str:
    """A polygon whose outer ring has these members: curves, or references to them."""
    held = "".join(
        f"<gml:curveMember>{one}</gml:curveMember>"
        if one.startswith("<")
        else f'<gml:curveMember xlink:href="{one}"/>'
        for one in members
    )
    return f"<gml:Polygon><gml:exterior><gml:Ring>{held}</gml:Ring></gml:exterior></gml:Polygon>"


def turned(target: str) -> str:
    base = f'<gml:baseCurve xlink:href="{target}"/>'
    return f'<gml:OrientableCurve orientation="-">{base}</gml:OrientableCurve>'


def flat(points: str) -> str:
    return ringed(curve("", line(points)).replace(' gml:id=""', ""))


def test_surfaces_share_the_curve_between_them(tmp_path: Path) -> None:
    shared = feature("RpFormålGrense", "g", curve("midt", line("5 0 6 5 5 10")), role="grense")
    west = ringed(curve("v", line("5 10 0 10 0 0 5 0")), "#midt")
    east = ringed(curve("ø", line("5 0 10 0 10 10 5 10")), turned("#midt"))
    plan = read_plan(
        gml(tmp_path / "p.gml", feature(PURPOSE, "a", west), feature(PURPOSE, "b", east), shared)
    )
    shapes = [drawn(one) for one in plan.of(PURPOSE)]
    # The oracle: a square that is cut by the line between the two.
    square, cut = shapely.box(0, 0, 10, 10), shapely.LineString([(5, 0), (6, 5), (5, 10)])
    halves = sorted(shapely.get_parts(split(square, cut)), key=lambda one: one.centroid.x)
    assert [one.equals(half) for one, half in zip(shapes, halves, strict=True)] == [True, True]
    assert not [rule for rule in rules(plan) if rule.startswith("gml.")]
    # The copies are no objects, ids or lines of their own.
    assert [identity for identity, _ in plan.ids] == ["a", "v", "b", "ø", "g", "midt"]


def test_a_surface_is_bounded_by_curves_of_another_file(tmp_path: Path) -> None:
    limits = gml(
        tmp_path / "grenser.gml",
        feature("RpGrense", "g", curve("k", line("0 0 10 0 10 10")), role="grense"),
    )
    for target in ("grenser.gml#k", "mappe/grenser.gml#k", "#k"):
        inside = ringed(target, curve("egen", line("10 10 0 10 0 0")))
        area = gml(tmp_path / "plan.gml", feature("RpOmråde", "a", inside))
        together = read_plans([area, limits])
        assert [plan.name for plan in together] == ["plan.gml", "grenser.gml"]
        assert drawn(together[0].objects[0]).equals(shapely.box(0, 0, 10, 10))
        assert not [hit for hit in check_plan(together).hits if hit.rule.startswith("gml.")]
        # Alone it cannot be built, and both rules say why.
        alone = {hit.rule for hit in check_plan([read_plan(area)]).hits}
        assert alone >= {"gml.flate.1", "gml.xlink.1"}


def test_a_whole_geometry_may_be_referred_to(tmp_path: Path) -> None:
    named = flat("0 0 9 0 9 9 0 0").replace("<gml:Polygon>", '<gml:Polygon gml:id="f">')
    second = '<app:RpBestemmelseOmråde gml:id="b"><app:område xlink:href="#f"/></app:RpBestemmelseOmråde>'
    plan = read_plan(gml(tmp_path / "p.gml", feature("RpOmråde", "a", named), second))
    one, other = (drawn(one) for one in plan.objects)
    assert one.equals(other)


@pytest.mark.parametrize("radius", [3.0, 250.0])
def test_arcs_bound_as_much_as_a_circle(tmp_path: Path, radius: float) -> None:
    r = radius
    half = [bent("Arc", f"{r} 0 0 {r} {-r} 0"), line(f"{-r} 0 {r} 0")]
    string = [bent("ArcString", f"{r} 0 0 {r} {-r} 0 0 {-r} {r} 0")]
    whole = [bent("Circle", f"{r} 0 0 {r} {-r} 0")]
    features = [
        feature(PURPOSE, name, ringed(curve(f"k{name}", *segments)))
        for name, segments in (("halv", half), ("buer", string), ("sirkel", whole))
    ]
    plan = read_plan(gml(tmp_path / "p.gml", *features))
    # Chords lie inside the circle, nowhere farther from it than the tolerance.
    missing = [
        math.pi * r * r * share - drawn(one).area
        for one, share in zip(plan.objects, (0.5, 1, 1), strict=True)
    ]
    assert all(0 <= left <= 2 * math.pi * r * ARC_TOLERANCE for left in missing)
    assert not [rule for rule in rules(plan) if rule.startswith("gml.bue")]


def test_a_sosi_arc_bounds_as_much_as_a_circle(tmp_path: Path) -> None:
    # North before east, in centimetres: a half circle of 20 m.
    arc = ".BUEP 1:\n..OBJTYPE RpGrense\n..NØ\n0 2000\n2000 0\n0 -2000\n"
    rest = ".KURVE 2:\n..OBJTYPE RpGrense\n..NØ\n0 -2000\n0 2000\n"
    face = ".FLATE 3:\n..OBJTYPE RpOmråde\n..REF :1 :2\n..NØ\n5 5\n.SLUTT\n"
    path = tmp_path / "p.sos"
    path.write_text(SOSI.partition(".KURVE")[0] + arc + rest + face, encoding="utf-8")
    (area,) = read_plan(path).of("RpOmråde")
    assert drawn(area).area == pytest.approx(200 * math.pi, abs=20 * math.pi * ARC_TOLERANCE)


def test_heights_are_kept_and_areas_are_flat(tmp_path: Path) -> None:
    inside = flat("0 0 5 10 0 5 10 10 6 0 10 6 0 0 5")
    point = '<gml:Point srsDimension="3"><gml:pos>1 2 99.5</gml:pos></gml:Point>'
    path = gml(
        tmp_path / "p.gml",
        feature("RpOmråde", "a", inside),
        feature("RpPåskrift", "p", point, role="tekstplassering"),
        srs="http://www.opengis.net/def/crs/EPSG/0/5972",
        dimension=3,
    )
    plan = read_plan(path)
    area, text = plan.objects
    assert area.shapes[0].surfaces[0].rings[0][:, 2].tolist() == [5, 5, 6, 6, 5]
    assert text.shapes[0].points[0].tolist() == [[1, 2, 99.5]]
    assert (drawn(area).area, drawn(area).has_z) == (100, False)
    assert "gml.epsg.2" not in rules(plan)


def test_vertical_levels_are_kept_apart(tmp_path: Path) -> None:
    square, half = flat("0 0 9 0 9 9 0 9 0 0"), flat("0 0 4 0 4 9 0 9 0 0")
    level = "<app:vertikalnivå>{}</app:vertikalnivå>"
    in_area = '<app:planområde xlink:href="#{}"/><app:arealformål>2010</app:arealformål>'
    plan = read_plan(
        gml(
            tmp_path / "p.gml",
            feature("RpOmråde", "under", square, level.format(1)),
            feature("RpOmråde", "på", square, level.format(2)),
            feature(PURPOSE, "tunnel", square, in_area.format("under")),
            feature(PURPOSE, "veg", half, in_area.format("på")),
        )
    )
    found = {name: [one.id for _, one in some] for name, some in levels([plan], PURPOSE).items()}
    assert found == {"1": ["tunnel"], "2": ["veg"]}
    # The tunnel covers its own level; what lacks is on the ground, and nothing overlaps.
    hits = [hit for hit in check_plan([plan]).hits if hit.rule.startswith("plan.formaal.")]
    assert [(hit.rule, hit.objects) for hit in hits] == [("plan.formaal.hull", ("på",))]
    place = place_of([plan], "EPSG:25832")
    assert (list(place.uses["objekt"]), place.other_levels) == (["veg"], {"1": 1})


def test_a_kommuneplan_is_read_like_any_plan(tmp_path: Path) -> None:
    square = flat("0 0 9 0 9 9 0 9 0 0")
    purpose = "<app:arealformål>{}</app:arealformål><app:arealbruksstatus>2</app:arealbruksstatus>"
    zone = "<app:hensynSonenavn>H310_1</app:hensynSonenavn><app:fare>310</app:fare>"
    plan = read_plan(
        gml(
            tmp_path / "p.gml",
            feature("KpOmråde", "k", square),
            feature("KpArealformålOmråde", "a", square, purpose.format(1110)),
            feature("KpArealformålOmråde", "b", square, purpose.format(9999)),
            feature("KpFareSone", "s", square, zone),
        )
    )
    assert [one.kind for one in plan.objects] == [
        "KpOmråde", "KpArealformålOmråde", "KpArealformålOmråde", "KpFareSone",
    ]  # fmt: skip
    assert rules(plan) == ["plan.formaal.overlapp", "plan.formaal.kode"]
    place = place_of([plan], "EPSG:25832")
    assert (place.outline.area, list(place.uses["kode"])) == (81, ["1110", "9999"])


@pytest.mark.parametrize(
    ("srs", "north_first"),
    [
        ("urn:ogc:def:crs:EPSG::4258", True),
        ("EPSG:4258", False),
        ("urn:ogc:def:crs:EPSG::3044", True),
    ],
)
def test_axes_are_read_in_the_order_of_the_system(
    tmp_path: Path, srs: str, *, north_first: bool
) -> None:
    to_degrees = pyproj.Transformer.from_crs("EPSG:25832", srs.rpartition(":")[2], always_xy=True)
    corners = [(EAST, NORTH), (EAST + 90, NORTH), (EAST + 90, NORTH + 90), (EAST, NORTH)]
    places = [to_degrees.transform(*one) for one in corners]
    points = " ".join(f"{y} {x}" if north_first else f"{x} {y}" for x, y in places)
    plan = read_plan(gml(tmp_path / "p.gml", feature("RpOmråde", "a", flat(points)), srs=srs))
    place = place_of([plan], "EPSG:25832")
    assert place.outline.symmetric_difference(shapely.Polygon(corners)).area < 1e-3
    # 3044 is the same system as 25832 with north first: its coordinates are turned.
    assert ("gml.epsg.1" in rules(plan)) == (not srs.endswith("3044"))


def test_a_system_that_the_file_does_not_name_may_be_told(tmp_path: Path) -> None:
    points = f"{EAST} {NORTH} {EAST + 9} {NORTH} {EAST + 9} {NORTH + 9} {EAST} {NORTH}"
    path = gml(tmp_path / "p.gml", feature("RpOmråde", "a", flat(points)), srs="")
    plan = read_plan(path, crs="EPSG:25833")
    assert "gml.epsg.1" in rules(plan)  # the file is still at fault
    moved = place_of([plan], "EPSG:25832").outline.centroid
    expected = pyproj.Transformer.from_crs(25833, 25832, always_xy=True).transform(
        EAST + 6, NORTH + 3
    )
    assert (moved.x, moved.y) == pytest.approx(expected, abs=0.01)
    gml(path, feature("RpOmråde", "a", flat(points)))
    assert read_plan(path, crs="EPSG:25832").systems == read_plan(path).systems
    sosi = tmp_path / "p.sos"
    sosi.write_text(SOSI, encoding="utf-8")
    for one in (path, sosi):
        with pytest.raises(CrsError, match="men EPSG:25833 er oppgitt"):
            read_plan(one, crs="EPSG:25833")
    with pytest.raises(CrsError, match="ukjent"):
        read_plan(path, crs="sone 32")


@pytest.mark.parametrize(
    ("layer", "column", "kind"),
    [
        ("rparealformalomrade", "arealformal", "RpArealformålOmråde"),
        ("RpArealformaalOmraade", "arealformaal", "RpArealformålOmråde"),
        ("rp_arealformål_område", "RPAREALFORMÅL", "RpArealformålOmråde"),
        ("kpbaandleggingsone", "kpbåndlegging", "KpBåndleggingSone"),
        ("KPAREALFORMÅLOMRÅDE", "KPAREALFORMÅL", "KpArealformålOmråde"),
        ("rbfareomrade", "arealformål", "RbFareOmråde"),
    ],
)
def test_databases_may_write_the_names_without_norwegian_letters(
    tmp_path: Path, layer: str, column: str, kind: str
) -> None:
    path = tmp_path / "plan.gpkg"
    gpd.GeoDataFrame({column: ["1110"]}, geometry=[BOX], crs="EPSG:25832").to_file(
        path, layer=layer
    )
    (one,) = read_plan(path).objects
    assert one.kind == kind
    if kind.endswith("formålOmråde"):
        assert one.first("arealformål") == "1110"


def test_a_kommuneplan_in_sosi(tmp_path: Path) -> None:
    text = (
        SOSI.replace("RpAreal", "KpAreal").replace("RPAREAL", "KPAREAL").replace("RpOmr", "KpOmr")
    )
    path = tmp_path / "plan.sos"
    path.write_text(text, encoding="utf-8")
    plan = read_plan(path)
    (use,) = plan.of("KpArealformålOmråde")
    assert (use.first("arealformål"), drawn(use).equals(BOX)) == ("1110", True)
    assert place_of([plan], "EPSG:25832").outline.equals(BOX)


def test_a_plan_without_its_area_is_a_finding(tmp_path: Path) -> None:
    square = flat("0 0 9 0 9 9 0 9 0 0")
    path = gml(tmp_path / "p.gml", feature(PURPOSE, "a", square))
    (hit,) = [hit for hit in check_plan([read_plan(path)]).hits if hit.rule == "plan.omraade"]
    assert "p.gml har verken RpOmråde eller KpOmråde" in hit.text
    # The area may be in another of the plan's files.
    area = gml(tmp_path / "område.gml", feature("RpOmråde", "b", square))
    assert "plan.omraade" in check_plan(read_plans([path, area])).clean
