"""GML reading: geometry kinds and hostile files by hand, real files against Debian's ogr2ogr."""

from __future__ import annotations

import re
import shutil
import subprocess
import warnings
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.errors import CrsError, MissingFileError, SourceError
from askergeo.sources.gml import list_gml_layers, read_gml, read_gml_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

URN = "urn:ogc:def:crs:EPSG::25832"
PLAN = "http://www.opengis.net/def/crs/EPSG/0/25832"


def collection(features: str, *, head: str = "", envelope: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<gml:FeatureCollection '
        'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:app="http://eksempel.no/app" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">{envelope}{features}</gml:FeatureCollection>'
    )


def feature(content: str, kind: str = "Ting") -> str:
    return f'<gml:featureMember><app:{kind} gml:id="a1">{content}</app:{kind}></gml:featureMember>'


def gml(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "fil.gml"
    path.write_text(text, encoding="utf-8")
    return path


def shape(tmp_path: Path, geometry: str) -> object:
    path = gml(tmp_path, collection(feature(f"<app:sted>{geometry}</app:sted>")))
    result = read_gml_file(path)
    assert result.faults.empty, result.faults["tekst"].tolist()
    return result.frames["Ting"].geometry[0]


def ring(points: str, dimension: int = 2) -> str:
    return f'<gml:LinearRing><gml:posList srsDimension="{dimension}">{points}</gml:posList></gml:LinearRing>'


def line(points: str, srs: str = URN) -> str:
    return f'<gml:LineString srsName="{srs}"><gml:posList>{points}</gml:posList></gml:LineString>'


def polygon(points: str, holes: str = "", dimension: int = 2) -> str:
    return (
        f'<gml:Polygon srsName="{URN}"><gml:exterior>{ring(points, dimension)}</gml:exterior>'
        f"{holes}</gml:Polygon>"
    )


SQUARE = "0 0 10 0 10 10 0 10 0 0"


# ------------------------------------------------------------------ geometry


def test_simple_kinds(tmp_path: Path) -> None:
    point = f'<gml:Point srsName="{URN}"><gml:pos>570000.5 6630000</gml:pos></gml:Point>'
    assert shape(tmp_path, point) == shapely.Point(570000.5, 6630000)
    assert shape(tmp_path, line("0 0 1 2")).wkt == "LINESTRING (0 0, 1 2)"
    hole = f"<gml:interior>{ring('2 2 2 4 4 4 4 2 2 2')}</gml:interior>"
    expected = shapely.box(0, 0, 10, 10) - shapely.box(2, 2, 4, 4)
    assert shape(tmp_path, polygon(SQUARE, hole)).equals(expected)


def test_aggregates(tmp_path: Path) -> None:
    inner = f"<gml:curveMember>{line('0 0 1 1')}</gml:curveMember>"
    curves = f'<gml:MultiCurve srsName="{URN}">{inner}{inner}</gml:MultiCurve>'
    assert shape(tmp_path, curves).wkt == "MULTILINESTRING ((0 0, 1 1), (0 0, 1 1))"
    member = f"<gml:surfaceMember>{polygon(SQUARE)}</gml:surfaceMember>"
    assert shape(tmp_path, f"<gml:MultiSurface>{member}</gml:MultiSurface>").geom_type == (
        "MultiPolygon"
    )
    composite = (
        f"<gml:CompositeCurve>{inner}{inner.replace('0 0 1 1', '1 1 2 1')}</gml:CompositeCurve>"
    )
    assert shape(tmp_path, composite).wkt == "LINESTRING (0 0, 1 1, 2 1)"
    turned = f'<gml:OrientableCurve orientation="-"><gml:baseCurve>{line("0 0 1 1")}</gml:baseCurve></gml:OrientableCurve>'
    assert shape(tmp_path, turned).wkt == "LINESTRING (1 1, 0 0)"


def test_patches_of_a_surface_become_one_polygon(tmp_path: Path) -> None:
    def patch(points: str) -> str:
        return f"<gml:PolygonPatch><gml:exterior>{ring(points)}</gml:exterior></gml:PolygonPatch>"

    patches = patch(SQUARE) + patch("10 0 20 0 20 10 10 10 10 0")
    surface = f'<gml:Surface srsName="{URN}"><gml:patches>{patches}</gml:patches></gml:Surface>'
    assert shape(tmp_path, surface).equals(shapely.box(0, 0, 20, 10))


def test_gml2_coordinates(tmp_path: Path) -> None:
    text = f'<gml:LineString srsName="{URN}"><gml:coordinates>1,2 3.5,4</gml:coordinates></gml:LineString>'
    assert shape(tmp_path, text).wkt == "LINESTRING (1 2, 3.5 4)"


def test_arc_is_stroked_within_a_centimetre(tmp_path: Path) -> None:
    positions = "".join(f"<gml:pos>{p}</gml:pos>" for p in ("100 0", "0 100", "-100 0"))
    tail = "<gml:LineStringSegment><gml:posList>-100 0 -200 0</gml:posList></gml:LineStringSegment>"
    curve = f'<gml:Curve srsName="{PLAN}"><gml:segments><gml:Arc>{positions}</gml:Arc>{tail}</gml:segments></gml:Curve>'
    points = shapely.get_coordinates(shape(tmp_path, curve))
    assert points[-1].tolist() == [-200, 0]
    arc = points[:-1]
    middles = (arc[1:] + arc[:-1]) / 2
    assert np.allclose(np.hypot(*arc.T), 100)
    assert 0.001 < 100 - np.hypot(*middles.T).min() <= 0.01
    assert [0.0, 100.0] in arc.tolist()


def test_two_and_three_dimensions_in_one_file(tmp_path: Path) -> None:
    flat = f"<app:sted>{polygon(SQUARE)}</app:sted>"
    high = f"<app:sted>{polygon('0 0 5 10 0 5 10 10 6 0 0 5', dimension=3)}</app:sted>"
    frame = read_gml(gml(tmp_path, collection(feature(flat) + feature(high))))["Ting"]
    assert frame.geometry.has_z.tolist() == [False, True]
    assert frame.geometry.area.tolist() == [100, 50]


def test_dimension_comes_from_a_three_dimensional_system(tmp_path: Path) -> None:
    geometry = line("570000 6630000 5 570001 6630000 6", "urn:ogc:def:crs:EPSG::5972")
    frame = read_gml(gml(tmp_path, collection(feature(f"<app:a>{geometry}</app:a>"))))["Ting"]
    assert frame.crs.to_epsg() == 5972
    assert frame.geometry[0].has_z


def test_highest_dimension_is_chosen_and_said(tmp_path: Path) -> None:
    point = f'<gml:Point srsName="{URN}"><gml:pos>5 5</gml:pos></gml:Point>'
    body = (
        f"<app:representasjonspunkt>{point}</app:representasjonspunkt>"
        f"<app:område>{polygon(SQUARE)}</app:område>"
    )
    result = read_gml_file(gml(tmp_path, collection(feature(body))))
    assert result.frames["Ting"].geom_type.tolist() == ["Polygon"]
    assert "«område» er brukt, «representasjonspunkt» utelatt" in result.faults["tekst"][0]


@pytest.mark.parametrize(
    ("geometry", "rule"),
    [
        (f"<gml:Solid><gml:exterior>{polygon(SQUARE)}</gml:exterior></gml:Solid>", "geometritype"),
        (line("0 0 1"), "koordinat"),
        (line("0 0 x 1"), "koordinat"),
        (line("0 0 nan 1"), "koordinat"),
        (line(""), "koordinat"),
        (line("0 0"), "kurve"),
        (polygon("0 0 1 1 2 0 5 5"), "ring"),
        ('<gml:MultiSurface><gml:surfaceMember xlink:href="#b"/></gml:MultiSurface>', "xlink"),
        (line("0 0 1 1", "EPSG:999999"), "srsname"),
        (line("0 0 1 1", "her og der"), "srsname"),
    ],
)
def test_faulty_geometry_keeps_the_feature(tmp_path: Path, geometry: str, rule: str) -> None:
    body = f"<app:navn>Å</app:navn><app:sted>{geometry}</app:sted>"
    result = read_gml_file(gml(tmp_path, collection(feature(body))))
    assert result.frames["Ting"].geometry.tolist() == [None]
    assert result.frames["Ting"]["navn"].tolist() == ["Å"]
    fault = result.faults.iloc[0]
    assert (fault["lag"], fault["rad"], fault["objekt"], fault["regel"]) == ("Ting", 0, "a1", rule)


# ------------------------------------------------------------------ coordinate systems


@pytest.mark.parametrize(
    ("srs", "points", "epsg"),
    [
        ("EPSG:25833", "250000 6640000 250001 6640001", 25833),
        ("urn:ogc:def:crs:EPSG::25833", "250000 6640000 250001 6640001", 25833),
        (PLAN.replace("25832", "25833"), "250000 6640000 250001 6640001", 25833),
        ("http://www.opengis.net/gml/srs/epsg.xml#25833", "250000 6640000 250001 6640001", 25833),
        ("urn:ogc:def:crs:EPSG::3045", "6640000 250000 6640001 250001", 25833),
        ("urn:ogc:def:crs:EPSG::4258", "59.84 10.43 59.85 10.44", 4258),
        ("EPSG:4258", "10.43 59.84 10.44 59.85", 4258),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "10.43 59.84 10.44 59.85", None),
    ],
)
def test_axis_order_puts_everything_in_norway(
    tmp_path: Path, srs: str, points: str, epsg: int | None
) -> None:
    body = f"<app:sted>{line(points, srs)}</app:sted>"
    result = read_gml_file(gml(tmp_path, collection(feature(body))))
    frame = result.frames["Ting"]
    assert result.faults.empty
    assert frame.crs.to_epsg() == epsg
    x, y, *_ = frame.to_crs(4326).total_bounds if epsg else frame.total_bounds
    assert 10.3 < x < 10.7
    assert 59.7 < y < 60.0


def test_layer_written_north_first_is_turned_and_noted(tmp_path: Path) -> None:
    body = f"<app:sted>{line('6630000 570000 6630001 570002')}</app:sted>"
    result = read_gml_file(gml(tmp_path, collection(feature(body))))
    assert result.frames["Ting"].total_bounds.tolist() == [570000, 6630000, 570002, 6630001]
    assert result.faults["regel"].tolist() == ["akserekkefølge"]


def test_system_and_dimension_of_the_collection_are_inherited(tmp_path: Path) -> None:
    envelope = f'<gml:boundedBy><gml:Envelope srsName="{URN}" srsDimension="3"/></gml:boundedBy>'
    body = "<app:a><gml:LineString><gml:posList>1 2 3 4 5 6</gml:posList></gml:LineString></app:a>"
    path = gml(tmp_path, collection(feature(body), envelope=envelope))
    frame = read_gml(path)["Ting"]
    assert frame.crs.to_epsg() == 25832
    assert frame.geometry[0].has_z


def test_missing_system_is_noted_and_two_are_refused(tmp_path: Path) -> None:
    bare = line("0 0 1 1").replace(f' srsName="{URN}"', "")
    result = read_gml_file(gml(tmp_path, collection(feature(f"<app:a>{bare}</app:a>"))))
    assert result.frames["Ting"].crs is None
    assert result.faults["regel"].tolist() == ["srsname"]
    both = "".join(
        feature(f"<app:a>{line('0 0 1 1', srs)}</app:a>") for srs in ("EPSG:25832", "EPSG:25833")
    )
    with pytest.raises(CrsError, match=r"25832.*25833"):
        read_gml(gml(tmp_path, collection(both)))


# ------------------------------------------------------------------ attributes and layers


def test_attributes(tmp_path: Path) -> None:
    body = """<app:identifikasjon><app:Identifikasjon><app:lokalId>0301</app:lokalId>
      </app:Identifikasjon></app:identifikasjon>
      <app:ref><app:Annen><app:lokalId>b</app:lokalId></app:Annen></app:ref>
      <app:dybde uom="m">2.50</app:dybde><app:byggeår>2013</app:byggeår><app:tom/>
      <app:merke>x</app:merke><app:merke>y</app:merke><app:plan xlink:href="#p"/>
      <app:i_bruk>true</app:i_bruk><app:dato>2019-01-01</app:dato>"""
    row = read_gml(gml(tmp_path, collection(feature(body, "Rørledning"))))["Rørledning"].iloc[0]
    assert row["lokalId"] == "0301"
    assert row["ref.lokalId"] == "b"
    assert (row["dybde"], row["dybde.uom"], row["byggeår"]) == (2.5, "m", 2013)
    assert (row["merke"], row["plan"], row["dato"]) == ("x;y", "#p", "2019-01-01")
    assert row["i_bruk"]
    assert row["gml_id"] == "a1"
    assert row[["tom"]].isna().all()


def test_layers_box_and_choice(tmp_path: Path) -> None:
    features = "".join(
        feature(f"<app:a>{line(f'{n} 0 {n} 1')}</app:a>", kind) for n, kind in enumerate("ABAA")
    ) + feature(f"<app:a>{line('0 0 x x')}</app:a>", "A")
    path = gml(tmp_path, collection(features))
    assert list_gml_layers(path) == {"A": 4, "B": 1}
    assert list(read_gml(path, layer="A")) == ["A"]
    assert read_gml(path, layer="A", bbox=(1.5, 0, 2.5, 1))["A"].total_bounds.tolist() == [
        2,
        0,
        2,
        1,
    ]
    with pytest.raises(SourceError, match="«a»"):
        read_gml(path, layer="a")


def test_members_in_one_list(tmp_path: Path) -> None:
    inner = feature("<app:navn>x</app:navn>").replace("gml:featureMember>", "gml:x>")
    both = inner.replace("<gml:x>", "").replace("</gml:x>", "") * 3
    text = collection(f"<gml:featureMembers>{both}</gml:featureMembers>")
    assert list_gml_layers(gml(tmp_path, text)) == {"Ting": 3}
    assert read_gml(gml(tmp_path, text))["Ting"]["navn"].tolist() == ["x"] * 3


# ------------------------------------------------------------------ bad and hostile files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_billion_laughs_is_refused(tmp_path: Path, encoding: str) -> None:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    text = collection(feature("<app:navn>&i;</app:navn>"), head=f"<!DOCTYPE x [{entities}]>")
    path = tmp_path / "latter.gml"
    path.write_bytes(text.replace("UTF-8", encoding).encode(encoding))
    for read in (read_gml, list_gml_layers):
        with pytest.raises(SourceError, match="DOCTYPE"):
            read(path)


def test_doctype_that_reads_another_file_is_refused(tmp_path: Path) -> None:
    head = " " * 100_000 + '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>'
    with pytest.raises(SourceError, match="DOCTYPE"):
        read_gml(gml(tmp_path, collection(feature("<app:navn>&e;</app:navn>"), head=head)))


def test_broken_files(tmp_path: Path) -> None:
    whole = collection(feature("<app:navn>x</app:navn>"))
    for text in (whole[:-20], "", "ikke xml"):
        with pytest.raises(SourceError, match="ikke gyldig XML"):
            read_gml(gml(tmp_path, text))
    with pytest.raises(SourceError, match="ingen objekter"):
        read_gml(gml(tmp_path, "<a/>"))
    with pytest.raises(MissingFileError):
        read_gml(tmp_path / "mangler.gml")


def test_deep_nesting_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    deep = "<app:a>" * 5_000 + "</app:a>" * 5_000
    with pytest.raises(SourceError, match="ikke gyldig XML"):
        read_gml(gml(tmp_path, collection(feature(deep))))
    nested = (
        "<gml:MultiGeometry><gml:geometryMember>" * 100
        + "</gml:geometryMember></gml:MultiGeometry>" * 100
    )
    path = gml(tmp_path, collection(feature(f"<app:a>{nested}</app:a>")))
    assert read_gml_file(path).faults["regel"].tolist() == ["geometri"]


def test_no_gfs_is_written_and_an_old_one_is_not_believed(
    shared_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "403_Rorledning.gml"
    shutil.copy(shared_data / "format" / path.name, path)
    stale = path.with_suffix(".gfs")
    stale.write_text(
        "<GMLFeatureClassList><GMLFeatureClass><Name>Feil</Name></GMLFeatureClass></GMLFeatureClassList>"
    )
    assert {name: len(frame) for name, frame in read_gml(path).items()} == {"Rørledning": 370}
    stale.unlink()
    read_gml(path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


# ------------------------------------------------------------------ against ogr2ogr

# Layers that ogr2ogr cannot read because of one feature, and the reason we give for it.
REFUSED_BY_OGR = {"gml.bue.1-fail.gml": {"bue"}, "gml.flate.1-fail.gml": {"koordinat"}}
REAL = [
    "format/403_NVDB_Kum.gml",
    "format/403_Rorledning.gml",
    "population/BefolkningOslo1km2019.gml",
    "service-samples/kartverket/wfs_turogfriluftsruter_getfeature.gml",
    *(
        f"plan/gml/gml.{name}.gml"
        for name in [
            "avgr.1-fail",
            "avgr.1-pass",
            "bue.1-fail",
            "bue.1-pass",
            "epsg.1-fail",
            "epsg.1-pass-1",
            "epsg.1-pass-2",
            "flate.1-fail",
            "flate.3-fail",
            "gmlid.1-2D-fail",
            "gmlid.1-2D-pass",
            "kurve.2-fail",
            "uuid.1-fail",
            "uuid.1-pass",
        ]
    ),
]


def as_text(values: pd.Series) -> list[str]:
    return values.astype(object).where(values.notna(), "").astype(str).tolist()


def ogr_text(text: str) -> str:
    """Write a list of ogr2ogr's, ``(2:7173,7213)``, as we do: ``7173;7213``."""
    found = re.fullmatch(r"\(\d+:(.*)\)", text)
    return found.group(1).replace(",", ";") if found else text


@pytest.mark.parametrize("name", REAL)
def test_real_files_agree_with_ogr2ogr(
    name: str, shared_data: Path, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    path = tmp_path / "kopi.gml"  # ogr2ogr writes beside the file it reads
    shutil.copy(shared_data / name, path)
    result = read_gml_file(path)
    target = tmp_path / "ogr.gpkg"
    subprocess.run(
        [
            *(require_tool("ogr2ogr"), "-f", "GPKG", "-mapFieldType", "All=String"),
            *("-nlt", "CONVERT_TO_LINEAR", "--config", "OGR_ARC_STEPSIZE", "0.1"),
            *("-oo", "DOWNLOAD_SCHEMA=NO", "-oo", "EXPOSE_GML_ID=YES", target, path),
            *("--config", "GML_SKIP_CORRUPTED_FEATURES", "YES"),
        ],
        check=True,
        capture_output=True,
    )
    missing = {layer: frame.geometry.isna().sum() for layer, frame in result.frames.items()}
    faulty = result.faults[result.faults["regel"] != "srsname"]
    assert set(faulty["regel"]) == REFUSED_BY_OGR.get(name.rpartition("/")[2], set())
    names = set(gpd.list_layers(target)["name"])
    assert names == set(result.frames)
    for layer, ours in result.frames.items():
        with warnings.catch_warnings():
            # A layer without geometry comes back as a plain table, with a warning.
            warnings.simplefilter("ignore", UserWarning)
            theirs = gpd.read_file(target, layer=layer)
        assert len(theirs) == len(ours) - len(faulty[faulty["lag"] == layer])
        kept = ours.set_index("gml_id").loc[theirs["gml_id"]]
        if "geometry" in theirs and missing[layer] == 0:
            difference = shapely.hausdorff_distance(
                kept.geometry.to_numpy(), theirs.geometry.to_numpy()
            )
            assert np.nanmax(difference, initial=0) <= 0.011
        for column in set(theirs.columns) & set(kept.columns) - {"geometry"}:
            pairs = zip(as_text(kept[column]), map(ogr_text, as_text(theirs[column])), strict=True)
            assert all(a == b or float(a) == float(b) for a, b in pairs), column
