"""The same small plan from SOSI, GeoPackage and GeoJSON, and an area before there is a plan."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from askergeo.errors import AskergeoError, SourceError
from askergeo.plan.checking import check_plan
from askergeo.plan.geometry import drawn
from askergeo.plan.read import read_plan

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
