"""SOSI reading: every construct by hand, real files against Debian's ogr2ogr, random surfaces."""

from __future__ import annotations

import re
import subprocess
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askergeo.errors import CrsError, MissingFileError, SourceError
from askergeo.sources.sosi import read_sosi, read_sosi_file, sosi_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

HEAD = """.HODE
..TEGNSETT UTF-8
..SOSI-VERSJON 4.5
..SOSI-NIVÅ 4
..EIER "Asker kommune"
..TRANSPAR
...KOORDSYS 22
...ORIGO-NØ 0 0
...ENHET 0.01
...VERT-DATUM NN2000
..OMRÅDE
...MIN-NØ 6630000 570000
...MAX-NØ 6640000 580000
"""
END = ".SLUTT\n"

SQUARE = """.KURVE 1:
..OBJTYPE Grense
..NØ
0 0
0 10000
10000 10000
.KURVE 2:
..OBJTYPE Grense
..NØ
0 0 ...KP 1
10000 0
10000 10000 ...KP 1
"""
ISLAND = """.KURVE 3:
..NØ
2000 2000
2000 4000
4000 4000
4000 2000
2000 2000
"""


def sosi(tmp_path: Path, body: str, *, head: str = HEAD, encoding: str = "utf-8") -> Path:
    path = tmp_path / "fil.sos"
    path.write_bytes((head + body + END).encode(encoding))
    return path


def only(frames: dict[str, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    (frame,) = frames.values()
    return frame


def rules(path: Path) -> list[tuple[str, str]]:
    faults = read_sosi_file(path).faults
    return list(zip(faults["objekt"], faults["regel"], strict=True))


# ------------------------------------------------------------------ header and character sets


def test_header(tmp_path: Path) -> None:
    header = sosi_header(sosi(tmp_path, ""))
    assert (header.tegnsett, header.koordsys, header.enhet) == ("UTF-8", 22, 0.01)
    assert (header.enhet_h, header.enhet_d, header.origo) == (0.01, 0.01, (0.0, 0.0))
    assert (header.versjon, header.nivå, header.eier) == ("4.5", "4", "Asker kommune")
    assert header.vertikaldatum == "NN2000"
    assert header.område == (570000, 6630000, 580000, 6640000)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("ISO8859-1", "iso8859-1"),
        ("ISO8859-10", "iso8859-10"),
        ("UTF-8", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("ANSI", "cp1252"),
        ("DOSN8", "cp865"),
    ],
)
def test_character_sets(tmp_path: Path, charset: str, encoding: str) -> None:
    head = HEAD.replace("UTF-8", charset)
    body = '.PUNKT 1:\n..OBJTYPE Sæter\n..NAVN "Blåbærløkka"\n..NØ\n100 200\n'
    frames = read_sosi(sosi(tmp_path, body, head=head, encoding=encoding))
    assert frames["Sæter"]["NAVN"].tolist() == ["Blåbærløkka"]
    assert frames["Sæter"].geometry[0] == shapely.Point(2, 1)


def test_iso8859_10_differs_from_1(tmp_path: Path) -> None:
    head = HEAD.replace("UTF-8", "ISO8859-10")
    body = ".PUNKT 1:\n..NAVN Čáhcesuolu\n..NØ\n1 1\n"
    frame = only(read_sosi(sosi(tmp_path, body, head=head, encoding="iso8859-10")))
    assert frame["NAVN"][0] == "Čáhcesuolu"


def test_seven_bit_norwegian(tmp_path: Path) -> None:
    head = HEAD.replace("UTF-8", "DECN7")
    body = ".PUNKT 1:\n..NAVN Blåbærøya\n..NØ\n100 200\n"
    text = (head + body + END).translate(str.maketrans("ÆØÅæøå", "[\\]{|}"))
    path = tmp_path / "fil.sos"
    path.write_bytes(text.encode("ascii"))
    assert only(read_sosi(path))["NAVN"][0] == "Blåbærøya"


def test_utf8_under_another_name_is_read_and_noted(tmp_path: Path) -> None:
    head = HEAD.replace("UTF-8", "ISO8859-10")
    path = sosi(tmp_path, ".PUNKT 1:\n..NAVN Ås\n..NØ\n100 200\n", head=head)
    result = read_sosi_file(path)
    assert only(result.frames)["NAVN"][0] == "Ås"
    assert result.faults["regel"].tolist() == ["tegnsett"]


def test_bytes_that_are_not_utf8_are_refused_with_the_line(tmp_path: Path) -> None:
    path = sosi(tmp_path, ".PUNKT 1:\n..NAVN Ås\n", encoding="iso8859-1")
    with pytest.raises(SourceError, match="linje 4 har tegn som ikke er UTF-8"):
        read_sosi(path)


def test_unknown_character_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="EBCDIC"):
        read_sosi(sosi(tmp_path, "", head=HEAD.replace("UTF-8", "EBCDIC")))


@pytest.mark.parametrize(
    ("koordsys", "epsg"), [(21, 25831), (22, 25832), (23, 25833), (25, 25835), (32, 23032)]
)
def test_coordinate_systems(tmp_path: Path, koordsys: int, epsg: int) -> None:
    head = HEAD.replace("KOORDSYS 22", f"KOORDSYS {koordsys}")
    frame = only(read_sosi(sosi(tmp_path, ".PUNKT 1:\n..NØ\n1 1\n", head=head)))
    assert frame.crs.to_epsg() == epsg


@pytest.mark.parametrize("koordsys", [3, 84, 184, 99])
def test_other_coordinate_systems_are_refused(tmp_path: Path, koordsys: int) -> None:
    path = sosi(tmp_path, ".PUNKT 1:\n..NØ\n1 1\n", head=HEAD.replace("S 22", f"S {koordsys}"))
    with pytest.raises(CrsError, match=f"KOORDSYS {koordsys}"):
        read_sosi(path)
    assert only(read_sosi(path, crs="EPSG:4258")).crs.to_epsg() == 4258


def test_two_headers_with_different_systems_are_refused(tmp_path: Path) -> None:
    second = HEAD.replace("KOORDSYS 22", "KOORDSYS 23")
    with pytest.raises(CrsError, match="KOORDSYS 23"):
        read_sosi(sosi(tmp_path, second))


@pytest.mark.parametrize("unit", ["", "...ENHET\n", "...ENHET 0\n", "...ENHET nan\n"])
def test_missing_unit_is_refused(tmp_path: Path, unit: str) -> None:
    with pytest.raises(SourceError, match="ENHET"):
        read_sosi(sosi(tmp_path, "", head=HEAD.replace("...ENHET 0.01\n", unit)))


def test_not_sosi(tmp_path: Path) -> None:
    path = tmp_path / "a.sos"
    for text in ("", "<gml/>", ".PUNKT 1:\n..NØ\n1 1\n"):
        path.write_text(text)
        with pytest.raises(SourceError, match="ikke en SOSI-fil"):
            read_sosi(path)
    with pytest.raises(MissingFileError):
        read_sosi(tmp_path / "mangler.sos")


def test_cut_file_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "kort.sos"
    path.write_text(HEAD + ".PUNKT 1:\n..NØ\n1 1\n", encoding="utf-8")
    assert read_sosi_file(path).faults["regel"].tolist() == ["slutt"]


# ------------------------------------------------------------------ units and coordinates


def test_origin_and_unit(tmp_path: Path) -> None:
    head = HEAD.replace("ORIGO-NØ 0 0", "ORIGO-NØ 6600000 500000").replace("0.01", "0.001")
    frame = only(read_sosi(sosi(tmp_path, ".PUNKT 1:\n..NØ\n33123456 79000001\n", head=head)))
    assert frame.geometry[0] == shapely.Point(579000.001, 6633123.456)


def test_unit_of_one_object_goes_before_the_header(tmp_path: Path) -> None:
    body = ".PUNKT 1:\n..ENHET 1\n..NØ\n6630000 570000\n.PUNKT 2:\n..NØ\n663000000 57000000\n"
    frame = only(read_sosi(sosi(tmp_path, body)))
    assert frame.geometry[0] == frame.geometry[1] == shapely.Point(570000, 6630000)


def test_heights_and_depths_have_their_own_units(tmp_path: Path) -> None:
    head = HEAD.replace("...ENHET 0.01\n", "...ENHET 0.01\n...ENHET-H 0.1\n...ENHET-D 0.5\n")
    body = ".PUNKT 1:\n..NØH\n100 200 35\n.PUNKT 2:\n..NØD\n100 200 8\n.PUNKT 3:\n..NØ\n1 1\n"
    frame = only(read_sosi(sosi(tmp_path, body, head=head)))
    assert shapely.get_z(frame.geometry)[:2].tolist() == [3.5, -4.0]
    assert frame.geometry.has_z.tolist() == [True, True, False]


def test_unknown_height_in_a_line_is_not_zero(tmp_path: Path) -> None:
    body = ".KURVE 1:\n..NØ\n0 0\n..NØH\n100 0 500\n200 0 600 ...KP 1\n"
    line = only(read_sosi(sosi(tmp_path, body))).geometry[0]
    heights = shapely.get_coordinates(line, include_z=True)[:, 2]
    assert np.array_equal(heights, [np.nan, 5.0, 6.0], equal_nan=True)


def test_node_marks_comments_and_layout(tmp_path: Path) -> None:
    body = (
        "! en kommentar med .PUNKT 9: i\n"
        '.KURVE 1: ! kommentar\n..NAVN "Se opp! Fare" ! ikke med\n..NØ 0 0 ...KP 1\n'
        "0 100 ! knekk\n  100 100\n...KP 2\n200 100\n\n"
    )
    for text in (body, body.replace("\n", "\r\n")):
        frame = only(read_sosi(sosi(tmp_path, text)))
        assert frame["NAVN"][0] == "Se opp! Fare"
        assert frame.geometry[0].wkt == "LINESTRING (0 0, 1 0, 1 1, 1 2)"


def test_kinds_of_points(tmp_path: Path) -> None:
    body = (
        ".PUNKT 1:\n..NØ\n100 100\n"
        ".SYMBOL 2:\n..NØ\n100 100\n200 200\n"
        '.TEKST 3:\n..STRENG "Øya"\n..NØ\n100 100\n200 200\n'
        ".SVERM 4:\n..NØ\n100 100\n200 200\n"
    )
    frames = read_sosi(sosi(tmp_path, body))
    assert {kind: frame.geom_type[0] for kind, frame in frames.items()} == {
        "PUNKT": "Point",
        "SYMBOL": "Point",
        "TEKST": "Point",
        "SVERM": "MultiPoint",
    }
    assert frames["TEKST"].geometry[0] == shapely.Point(1, 1)
    assert frames["TEKST"]["STRENG"][0] == "Øya"


# ------------------------------------------------------------------ arcs


def test_arc_keeps_its_points_and_stays_within_the_tolerance(tmp_path: Path) -> None:
    # A half circle of 100 m around 500000, 6600000 (east, north).
    body = ".BUEP 1:\n..NØ\n660000000 50010000\n660010000 50000000\n660000000 49990000\n"
    path = sosi(tmp_path, body)
    arc = only(read_sosi(path)).geometry[0]
    points = shapely.get_coordinates(arc) - [500_000, 6_600_000]
    assert np.allclose(np.hypot(*points.T), 100.0, atol=1e-6)
    middles = (points[1:] + points[:-1]) / 2
    assert 100.0 - np.hypot(*middles.T).min() <= 0.01
    assert [100.0, 0.0] in points.tolist()
    assert [0.0, 100.0] in points.tolist()
    assert (points[:, 1] >= 0).all()
    coarse = read_sosi_file(path, arc_tolerance=1.0).frames["BUEP"].geometry[0]
    assert len(coarse.coords) < len(arc.coords) / 5
    assert arc.length == pytest.approx(np.pi * 100, abs=0.05)


def test_circles(tmp_path: Path) -> None:
    body = ".SIRKELP 1:\n..NØ\n0 10000\n10000 0\n0 -10000\n.SIRKEL 2:\n..RADIUS 100\n..NØ\n0 0\n"
    frames = read_sosi(sosi(tmp_path, body))
    for kind in ("SIRKELP", "SIRKEL"):
        line = frames[kind].geometry[0]
        assert line.is_ring
        assert shapely.Polygon(line).area == pytest.approx(np.pi * 1e4, rel=2e-4)


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        (".BUEP 1:\n..NØ\n0 0\n100 100\n200 200\n", "bue"),
        (".BUEP 1:\n..NØ\n0 0\n100 100\n", "bue"),
        (".SIRKEL 1:\n..NØ\n0 0\n", "bue"),
        (".BUE 1:\n..RADIUS 10\n..NØ\n0 0\n100 100\n", "geometritype"),
        (".KLOTOIDE 1:\n..NØ\n0 0\n100 100\n", "geometritype"),
        (".KURVE 1:\n..NØ\n0 0\n", "kurve"),
        (".KURVE 1:\n..OBJTYPE Veg\n", "geometri"),
        (".KURVE 1:\n..NØ\n0 0\n1 x\n", "koordinat"),
        (".KURVE 1:\n..NØ\n0 0\n1\n", "koordinat"),
        (".KURVE 1:\n..NØ\n0 0\n1_0 1\n", "koordinat"),
        (".PUNKT 1:\n..NØ\nnan nan\n", "koordinat"),
        (".PUNKT 1:\n..NØ\n1e300 1e300\n", "koordinat"),
        (".PUNKT 1:\n..ENHET null\n..NØ\n1 1\n", "enhet"),
    ],
)
def test_faulty_geometry_keeps_the_feature(tmp_path: Path, body: str, rule: str) -> None:
    result = read_sosi_file(sosi(tmp_path, body))
    frame = only(result.frames)
    assert frame.geometry.tolist() == [None]
    assert frame["sosi_nummer"].tolist() == [1]
    fault = result.faults.iloc[0]
    assert (fault["regel"], fault["rad"], fault["lag"]) == (rule, 0, next(iter(result.frames)))


def test_fault_names_line_and_object(tmp_path: Path) -> None:
    body = ".PUNKT 1:\n..NØ\n1 1\n.KURVE 7:\n..OBJTYPE Veg\n..NØ\n0 0\n1 1O\n"
    path = sosi(tmp_path, body)
    fault = read_sosi_file(path).faults.iloc[0]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[fault["linje"] - 1] == "1 1O"
    assert (fault["objekt"], fault["lag"], fault["tekst"]) == (
        "KURVE 7",
        "Veg",
        "«1O» er ikke et tall.",
    )


# ------------------------------------------------------------------ surfaces


@pytest.mark.parametrize(
    "refs",
    [":1 :-2", ":-1 :2", ":2 :-1", ":1 :2", ":-2\n:1", ":1:-2", " :1 \n :-2 "],
)
def test_surface_from_curves_in_any_direction(tmp_path: Path, refs: str) -> None:
    body = f"{SQUARE}.FLATE 4:\n..OBJTYPE Teig\n..REF {refs}\n..NØ\n5000 5000\n"
    frame = read_sosi(sosi(tmp_path, body))["Teig"]
    assert frame.geometry[0].equals(shapely.box(0, 0, 100, 100))


@pytest.mark.parametrize("refs", [":1 :-2 (:3)", ":1 :-2 (:-3)", "(:3) :1 :-2", ":1 :-2 :3"])
def test_surface_with_a_hole(tmp_path: Path, refs: str) -> None:
    body = f"{SQUARE}{ISLAND}.FLATE 4:\n..OBJTYPE Teig\n..REF {refs}\n..NØ\n5000 5000\n"
    surface = read_sosi(sosi(tmp_path, body))["Teig"].geometry[0]
    assert surface.equals(shapely.box(0, 0, 100, 100) - shapely.box(20, 20, 40, 40))


def test_surface_from_curves_in_any_order(tmp_path: Path) -> None:
    corners = [(0, 0), (0, 9000), (9000, 9000), (9000, 4000), (9000, 0)]
    curves = "".join(
        f".KURVE {index}:\n..NØ\n{a[0]} {a[1]}\n{b[0]} {b[1]}\n"
        for index, (a, b) in enumerate(zip(corners, [*corners[1:], corners[0]], strict=True), 1)
    )
    body = f"{curves}.FLATE 9:\n..REF :3 :1 :5 :2 :-4\n"
    assert read_sosi(sosi(tmp_path, body))["FLATE"].geometry[0].area == 8100


def test_curve_ends_one_unit_apart_meet(tmp_path: Path) -> None:
    body = SQUARE.replace("10000 10000 ...KP 1", "10001 9999") + ".FLATE 4:\n..REF :1 :-2\n"
    result = read_sosi_file(sosi(tmp_path, body))
    assert result.faults.empty
    assert result.frames["FLATE"].geometry[0].area == pytest.approx(10_000, abs=2)
    apart = SQUARE.replace("10000 10000 ...KP 1", "10003 10000") + ".FLATE 4:\n..REF :1 :-2\n"
    assert rules(sosi(tmp_path, apart)) == [("FLATE 4", "ring")]


def test_neighbours_that_share_an_arc_share_every_vertex(tmp_path: Path) -> None:
    body = (
        ".BUEP 1:\n..NØ\n0 0\n5000 2000\n10000 0\n"
        ".KURVE 2:\n..NØ\n0 0\n0 -9000\n10000 -9000\n10000 0\n"
        ".KURVE 3:\n..NØ\n0 0\n0 9000\n10000 9000\n10000 0\n"
        ".FLATE 4:\n..REF :1 :-2\n.FLATE 5:\n..REF :-1 :3\n"
    )
    west, east = read_sosi(sosi(tmp_path, body))["FLATE"].geometry
    assert shapely.intersection(west, east).area == 0
    assert shapely.union(west, east).area == pytest.approx(18_000, abs=1e-6)


def test_surface_with_heights(tmp_path: Path) -> None:
    body = (
        ".KURVE 1:\n..NØH\n0 0 100\n0 1000 100\n1000 1000 100\n"
        ".KURVE 2:\n..NØ\n1000 1000\n0 0\n.FLATE 3:\n..REF :1 :2\n"
    )
    ring = read_sosi(sosi(tmp_path, body))["FLATE"].geometry[0].exterior
    heights = shapely.get_coordinates(ring, include_z=True)[:, 2]
    assert np.array_equal(heights, [1, 1, np.nan, 1], equal_nan=True)


def test_surface_without_refs_is_its_point(tmp_path: Path) -> None:
    result = read_sosi_file(sosi(tmp_path, ".FLATE 1:\n..OBJTYPE Teig\n..NØ\n100 200\n"))
    assert result.frames["Teig"].geometry[0] == shapely.Point(2, 1)
    assert result.frames["Teig"]["sosi_geometri"][0] == "FLATE"
    assert result.faults.empty


def test_route_is_a_multiline(tmp_path: Path) -> None:
    body = f"{SQUARE}.TRASE 5:\n..OBJTYPE Rute\n..REF :1 :-2\n"
    route = read_sosi(sosi(tmp_path, body))["Rute"].geometry[0]
    assert route.geom_type == "MultiLineString"
    assert [line.coords[0] for line in route.geoms] == [(0, 0), (100, 100)]


@pytest.mark.parametrize(
    ("refs", "text"),
    [
        (":1 :-99 :88", "REF viser til 88, 99"),
        (":1", "lukker seg ikke ved nord"),
        (":1 :-2 (:3", "Parentesene"),
        (":1 :-2 :3)", "Parentesene"),
        (":1 2", "«2» i REF"),
        ("(:3)", "ingen ytre"),
        (":1 :-2 :3 :3 :3", "mer enn to ganger"),
        (":1 :-2 :5", "mangler i filen eller selv har feil"),
        (":3 :6", "2 ringer utenfor hverandre"),
    ],
)
def test_faulty_surfaces(tmp_path: Path, refs: str, text: str) -> None:
    bad = ".KURVE 5:\n..NØ\n1 x\n"
    far = ISLAND.replace("KURVE 3", "KURVE 6").replace("4000", "1000").replace("2000", "0900")
    body = f"{SQUARE}{ISLAND}{bad}{far}.FLATE 4:\n..OBJTYPE Teig\n..REF {refs}\n..NØ\n1 1\n"
    result = read_sosi_file(sosi(tmp_path, body))
    fault = result.faults[result.faults["objekt"] == "FLATE 4"].iloc[0]
    assert text in fault["tekst"]
    assert result.frames["Teig"].geometry.tolist() == [None]


def test_number_used_twice(tmp_path: Path) -> None:
    body = SQUARE + SQUARE.replace("KURVE 2", "KURVE 3") + ".FLATE 4:\n..REF :1 :-2\n"
    result = read_sosi_file(sosi(tmp_path, body))
    assert result.faults[["objekt", "regel"]].to_numpy().tolist() == [["KURVE 1", "nummer"]]
    assert result.frames["FLATE"].geometry[0].area == 10_000
    assert result.frames["Grense"].geometry.notna().all()


def test_reuse_that_would_fill_the_memory_is_stopped(tmp_path: Path) -> None:
    points = "\n".join(f"{n} {n * n % 977}" for n in range(20_000))
    curves = f".KURVE 1:\n..NØ\n{points}\n.KURVE 2:\n..NØ\n19999 {19999 * 19999 % 977}\n0 0\n"
    body = curves + "".join(f".FLATE {n}:\n..REF :1 :2\n" for n in range(3, 200))
    result = read_sosi_file(sosi(tmp_path, body))
    assert len(result.frames["FLATE"]) == 197
    assert 0 < result.frames["FLATE"].geometry.isna().sum() == len(result.faults) < 190


# ------------------------------------------------------------------ attributes


def test_groups_repeats_quotes_and_unknown(tmp_path: Path) -> None:
    body = """.PUNKT 1:
..OBJTYPE Hus
..IDENT
...LOKALID "a-b"
...NAVNEROM 'http://x'
..KVALITET 82 200 *
..MERKNAD en "to" tre
..MERKNAD "siste "
..REGISTRERINGSVERSJON "FKB" "4.6"
..TOM
..NØ
1 1
.PUNKT 2:
..OBJTYPE Hus
..KVALITET
...MÅLEMETODE 96
...NØYAKTIGHET 10
..NØ
1 1
"""
    frame = read_sosi(sosi(tmp_path, body))["Hus"]
    first = frame.iloc[0]
    assert (first["IDENT.LOKALID"], first["IDENT.NAVNEROM"]) == ("a-b", "http://x")
    assert "IDENT" not in frame
    assert first["MERKNAD"] == 'en "to" tre;siste '
    assert first["REGISTRERINGSVERSJON"] == "FKB 4.6"
    assert frame["KVALITET.MÅLEMETODE"].tolist() == [82, 96]
    assert frame["KVALITET.NØYAKTIGHET"].tolist() == [200, 10]
    assert frame[["TOM", "KVALITET.SYNBARHET"]].isna().to_numpy().all()


def test_repeated_groups_keep_their_places(tmp_path: Path) -> None:
    body = ".PUNKT 1:\n..KVALITET 82\n..KVALITET 56 1000\n..NØ\n1 1\n"
    body += ".PUNKT 2:\n..EIER\n...NAVN A\n..EIER\n...NAVN B\n...DEL 2\n..NØ\n1 1\n"
    first, second = only(read_sosi(sosi(tmp_path, body))).to_dict("records")
    assert (first["KVALITET.MÅLEMETODE"], first["KVALITET.NØYAKTIGHET"]) == ("82;56", ";1000")
    assert (second["EIER.NAVN"], second["EIER.DEL"]) == ("A;B", ";2")


def test_element_inside_quotes_is_text(tmp_path: Path) -> None:
    body = '.PUNKT 1:\n..NAVN "se ..NØ og ..REF"\n..INFO slutt ...osv\n..NØ\n1 1\n'
    frame = only(read_sosi(sosi(tmp_path, body)))
    assert frame["NAVN"][0] == "se ..NØ og ..REF"
    assert frame["INFO"][0] == "slutt ...osv"


def test_types(tmp_path: Path) -> None:
    rows = [("3203", "1.5", "20240131", "0301", "7"), ("1", "2", "20240201", "3203", "")]
    body = "".join(
        f".PUNKT {n}:\n..A {a}\n..B {b}\n..DATO {c}\n..KOMM {d}\n..E {e}\n..NØ\n1 1\n"
        for n, (a, b, c, d, e) in enumerate(rows)
    )
    frame = only(read_sosi(sosi(tmp_path, body)))
    assert frame["A"].tolist() == [3203, 1]
    assert frame["B"].tolist() == [1.5, 2.0]
    assert frame["DATO"].tolist() == ["20240131", "20240201"]
    assert frame["KOMM"].tolist() == ["0301", "3203"]
    assert frame["E"].dtype == "Int64"
    assert frame["E"].isna().tolist() == [False, True]


def test_object_types(tmp_path: Path) -> None:
    path = sosi(tmp_path, f".DEF\n..EGEN T10\n{SQUARE}.PUNKT 9:\n..NØ\n1 1\n")
    assert {name: len(frame) for name, frame in read_sosi(path).items()} == {
        "Grense": 2,
        "PUNKT": 1,
    }
    assert list(read_sosi(path, object_type="Grense")) == ["Grense"]
    with pytest.raises(SourceError, match="ingen objekttype «grense»"):
        read_sosi(path, object_type="grense")


def test_too_many_columns_or_types_are_refused(tmp_path: Path) -> None:
    wide = "".join(f".PUNKT {n}:\n..A{n} 1\n..NØ\n1 1\n" for n in range(1_001))
    with pytest.raises(SourceError, match="egenskaper"):
        read_sosi(sosi(tmp_path, wide))
    many = "".join(f".PUNKT {n}:\n..OBJTYPE T{n}\n..NØ\n1 1\n" for n in range(1_001))
    with pytest.raises(SourceError, match="objekttyper"):
        read_sosi(sosi(tmp_path, many))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from(".:KFLATENØREH120- \n\"'!()x"), max_size=300))
def test_noise_never_breaks_the_reader(tmp_path: Path, noise: str) -> None:
    result = read_sosi_file(sosi(tmp_path, SQUARE + noise + "\n"))
    assert len(result.frames["Grense"]) >= 1
    missing = sum(frame.geometry.isna().sum() for frame in result.frames.values())
    assert missing <= len(result.faults)


# ------------------------------------------------------------------ random surfaces


@st.composite
def partitions(draw: st.DrawFn) -> tuple[list[shapely.Polygon], int]:
    """Draw a partition of a square by circles and lines, on a grid of whole units, and a seed."""
    coordinate = st.integers(0, 1_000)
    lines = draw(st.lists(st.tuples(coordinate, coordinate), max_size=4))
    discs = draw(st.lists(st.tuples(coordinate, coordinate, st.integers(20, 300)), max_size=4))
    frame = shapely.box(0, 0, 1_000, 1_000)
    cuts = [frame.exterior]
    cuts += [shapely.LineString([(a, -10), (b, 1_010)]) for a, b in lines]
    cuts += [shapely.Point(x, y).buffer(r, 4).exterior for x, y, r in discs]
    noded = shapely.set_precision(shapely.union_all(cuts), 1.0)
    surfaces = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.node(noded))))
    whole = [surface for surface in surfaces if surface.is_valid and surface.area > 0]
    return whole, draw(st.integers(0, 2**31))


def as_sosi(surfaces: list[shapely.Polygon], seed: int) -> str:
    """Write surfaces as curves cut at random places, each in a random direction."""
    random = np.random.default_rng(seed)
    curves: list[str] = []

    def refs(ring: shapely.LinearRing) -> str:
        points = shapely.get_coordinates(ring).astype(int)
        cuts = sorted({0, len(points) - 1, *random.integers(0, len(points), 2).tolist()})
        found = []
        for start, end in pairwise(cuts):
            part = points[start : end + 1]
            turn = bool(random.integers(2))
            rows = "\n".join(f"{north} {east}" for east, north in (part[::-1] if turn else part))
            curves.append(f".KURVE {len(curves) + 1}:\n..NØ\n{rows}\n")
            found.append(f":{'-' if turn else ''}{len(curves)}")
        return " ".join(found)

    flats = []
    for number, surface in enumerate(surfaces):
        holes = " ".join(f"({refs(hole)})" for hole in surface.interiors)
        flats.append(f".FLATE {100_000 + number}:\n..REF {refs(surface.exterior)} {holes}\n")
    return "".join(curves) + "".join(flats)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(partitions())
def test_any_partition_reads_back_equal(
    tmp_path: Path, drawn: tuple[list[shapely.Polygon], int]
) -> None:
    surfaces, seed = drawn
    head = HEAD.replace("ENHET 0.01", "ENHET 1")
    result = read_sosi_file(sosi(tmp_path, as_sosi(surfaces, seed), head=head))
    assert result.faults.empty
    read = result.frames["FLATE"].geometry.to_numpy() if surfaces else []
    assert shapely.equals_exact(shapely.normalize(read), shapely.normalize(surfaces)).all()


# ------------------------------------------------------------------ against ogr2ogr

OGR_NAMES = {
    "OBJTYPE": "objekttypenavn",
    "OPPHAV": "opphav",
    "NAVN": "navn",
    "INFORMASJON": "informasjon",
    "KVALITET.MÅLEMETODE": "målemetode",
    "KVALITET.NØYAKTIGHET": "nøyaktighet",
    "FØRSTEDIGITALISERINGSDATO": "førsteDigitaliseringsdato",
    "OPPDATERINGSDATO": "oppdateringsdato",
    "STASJONSTYPE": "stasjonstype",
}


def ogr_layers(path: Path, folder: Path, ogr2ogr: str) -> dict[str, gpd.GeoDataFrame]:
    target = folder / "ogr.gpkg"
    subprocess.run(
        [ogr2ogr, "-f", "GPKG", "-mapFieldType", "DateTime=String", target, path],
        check=True,
        capture_output=True,
    )
    names = gpd.list_layers(target)["name"]
    return {name: gpd.read_file(target, layer=name) for name in names}


def as_text(values: pd.Series) -> list[str]:
    """Write values alike: dates as ÅÅÅÅMMDD, whole numbers without decimals, unknown empty."""
    texts = values.astype(object).where(values.notna(), "").astype(str)
    return [
        re.sub(r"^(\d{4})/(\d\d)/(\d\d) 00:00:00$", r"\1\2\3", text).removesuffix(".0")
        for text in texts
    ]


@pytest.mark.parametrize("name", ["110distrikt.sos", "Brannstasjon.sos"])
def test_real_files_agree_with_ogr2ogr(
    name: str, shared_data: Path, tmp_path: Path, require_tool: Callable[[str], str]
) -> None:
    path = shared_data / "format" / name
    result = read_sosi_file(path)
    theirs = ogr_layers(path, tmp_path, require_tool("ogr2ogr"))
    assert result.faults.empty
    assert sum(map(len, result.frames.values())) == sum(map(len, theirs.values()))
    unit = result.header.enhet
    compared = 0
    for frame in theirs.values():
        for object_type, other in frame.groupby("objekttypenavn", sort=False):
            ours = result.frames[object_type]
            assert len(ours) == len(other)
            assert (
                ours.geometry.geom_equals_exact(
                    gpd.GeoSeries(other.geometry.array).set_crs(ours.crs, allow_override=True),
                    tolerance=unit * 1.0001,
                ).all()
                or shapely.equals(
                    shapely.set_precision(ours.geometry.to_numpy(), unit),
                    shapely.set_precision(other.geometry.to_numpy(), unit),
                ).all()
            )
            for column in ours.columns.drop(["sosi_nummer", "sosi_geometri", "geometry"]):
                column_there = OGR_NAMES.get(column, column)
                # ogr2ogr keeps the first of repeated attributes only
                first = [text.split(";")[0] for text in as_text(ours[column])]
                assert first == as_text(other[column_there]), column
                compared += 1
    assert compared >= 10


def test_work_grows_with_the_file_and_not_faster(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        body = "".join(
            f".KURVE {n}:\n..NØ\n{n} 0\n{n} 9\n{n + 9} 9\n.KURVE {n + 1}:\n..NØ\n{n + 9} 9\n{n} 0\n"
            f".FLATE {n + 2}:\n..REF :{n} :{n + 1}\n"
            for n in range(1, 3 * count, 3)
        )
        path = sosi(tmp_path, body)
        start = time.process_time()
        assert read_sosi_file(path).faults.empty
        return time.process_time() - start

    seconds(500)
    # 8 times the file: linear work is 8 times as long, quadratic 64.
    assert seconds(8_000) < 24 * seconds(1_000)
