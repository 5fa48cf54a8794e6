"""The overview on a small municipality that can be worked out by hand, and on the real one."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import ANALYSES, _overview_area, find
from askergeo.analyses._overview_area import account_for, clipped
from askergeo.analyses.oversikt import oversikt
from askergeo.catalogue import load_catalogue
from askergeo.outputs.charts import read_chart
from askergeo.outputs.pyramid import Pyramid
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Severity

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
# 4 km² of land north of y = 0 with a lake of 0.25 km², 2 km² of sea to the south.
WHOLE = shapely.box(0, -1000, 2000, 2000)
LAND = shapely.box(0, 0, 2000, 2000)
LAKE = shapely.box(500, 500, 1000, 1000)


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def boundary(number: str = "9999", kind: str = "med_sjo") -> gpd.GeoDataFrame:
    area = WHOLE if kind == "med_sjo" else LAND
    return frame([area], kommunenummer=[number], kommunenavn=["Bygda"], omfang=[kind])


def water() -> gpd.GeoDataFrame:
    return frame([shapely.box(-500, -3000, 2500, 0), LAKE], vanntype=["hav", "innsjo"])


def coast() -> gpd.GeoDataFrame:
    return frame([shapely.LineString([(-500, 0), (2500, 0)])])


def run(*, overrides: dict[str, Any] | None = None, **layers: Any) -> Result:
    given = {"kommunegrense": boundary(), **layers}
    return oversikt(**given, parameters=load_parameters("oversikt", overrides))


def cell(result: Result, table: str, row: str, column: str) -> Any:
    return result.table(table).frame.loc[row, column]


def test_every_vector_layer_of_the_catalogue_is_used() -> None:
    vector = {one.id for one in load_catalogue().values() if one.geometry != "raster"}
    analysis = find("oversikt")
    assert {*analysis.needs, *analysis.uses} == vector
    assert next(iter(ANALYSES)) == "oversikt"


def test_land_fresh_water_and_sea() -> None:
    result = run(vann=water(), kystkontur=coast())
    found = result.table("kommunen").frame["km2"]
    assert found.to_dict() == pytest.approx(
        {"land": 3.75, "ferskvann": 0.25, "uten_sjo": 4.0, "sjo": 2.0, "i_alt": 6.0}
    )
    assert cell(result, "kyst", "i_alt", "kyst_km") == pytest.approx(2.0)
    assert (
        result.sentence == "Bygda er 3,8 km² land, 0,2 km² ferskvann og 2,0 km² sjø med 2 km kyst."
    )
    assert not result.findings


def test_the_boundary_alone_gives_its_area_and_no_other_number() -> None:
    result = run()
    assert result.sentence == "Bygda er 6,0 km² innenfor kommunegrensen."
    areas = result.table("kommunen").frame["km2"]
    assert areas.drop("i_alt").isna().all()
    assert {table.name for table in result.tables} == {"kommunen", "lag", "lag_mangler"}
    assert "skole" in result.table("lag_mangler").frame.index
    assert any("Land og sjø er ikke skilt" in text for text in result.warnings)


def test_land_and_sea_of_different_maps_are_told() -> None:
    sea = frame([shapely.box(-500, -3000, 2500, -100)], vanntype=["hav"])
    both = pd.concat([boundary(kind="land"), boundary()], ignore_index=True)
    result = run(kommunegrense=both, vann=sea)
    assert [one.rule for one in result.findings] == ["oversikt.land_og_sjo"]
    assert "−200" in result.findings[0].text


def cover(*rows: tuple[Any, int]) -> gpd.GeoDataFrame:
    return frame([shape for shape, _ in rows], arealtype=[kind for _, kind in rows])


def test_land_cover_adds_up_with_gaps_and_overlaps() -> None:
    forest, field = shapely.box(-100, 0, 1000, 2000), shapely.box(1000, 0, 1900, 2000)
    bog = shapely.box(900, 0, 1100, 500)  # on top of both
    result = run(vann=water(), ar5=cover((forest, 30), (field, 21), (bog, 60), (bog, 60)))
    found = result.table("arealdekke").frame["dekar"]
    assert found.to_dict() == pytest.approx(
        {
            "klasse_21": 1800.0,
            "klasse_30": 2000.0,
            "klasse_60": 200.0,
            "dobbelt": -200.0,
            "udekket": 200.0,
            "i_alt": 4000.0,
        }
    )
    assert not result.findings


def test_a_cover_that_does_not_add_up_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_overview_area, "_repeated", lambda _: 0.0)
    result = run(vann=water(), ar5=cover((LAND, 30), (LAKE, 81)))
    assert [one.rule for one in result.findings] == ["oversikt.lukking"]
    assert result.findings[0].severity is Severity.ERROR


def grid(size: int, *, offset: float = 0.0) -> Any:
    x, y = (a.ravel() * 10.0 + offset for a in np.indices((size, size)))
    return shapely.box(x, y, x + 10, y + 10)


@pytest.mark.parametrize(
    ("shapes", "uncovered", "repeated"),
    [
        (grid(10), 0.0, 0.0),
        (np.delete(grid(10), 44), 100.0, 0.0),
        (np.concatenate([grid(10), grid(10)]), 0.0, 10_000.0),
        (np.concatenate([grid(10), grid(9, offset=5.0)]), 0.0, 8100.0),
        (np.concatenate([grid(10), [shapely.box(42, 42, 48, 48)]]), 0.0, 36.0),
        (np.concatenate([grid(10)[:50], [shapely.box(50, 0, 100, 100)]]), 0.0, 0.0),
    ],
    ids=["whole", "hole", "twice", "another sheet on top", "inside one", "edges that do not match"],
)
def test_gaps_and_overlaps_are_found_whatever_their_shape(
    shapes: Any, uncovered: float, repeated: float
) -> None:
    found = account_for(shapes, shapely.box(0, 0, 100, 100))
    assert shapely.area(found.uncovered) == pytest.approx(uncovered)
    assert found.repeated == pytest.approx(repeated)


def test_clipping_keeps_the_order_and_empties_what_is_outside() -> None:
    lines = shapely.linestrings([[[-5, 1], [5, 1]], [[1, 1], [2, 1]], [[50, 0], [60, 0]]])
    assert shapely.length(clipped(lines, shapely.box(0, 0, 10, 10))).tolist() == [5.0, 1.0, 0.0]


def residents(*rows: tuple[int, int | None]) -> pd.DataFrame:
    ages, counts = zip(*rows, strict=True)
    return pd.DataFrame(
        {"alder": pd.array(ages, dtype="Int64"), "antall": pd.array(counts, dtype="Int64")}
    )


def test_residents_by_age_and_their_suppression() -> None:
    result = run(befolkning=residents((0, 10), (5, 20), (6, 30), (66, 40), (67, 3), (99, 50)))
    found = result.table("bosatte").frame["bosatte"]
    assert found.tolist() == [30, 30, 40, 3, 50, 153]
    hidden = suppress(result).table("bosatte").hidden
    # The small group, and one more that keeps it from being worked out.
    assert ("alder_67", "bosatte") in hidden
    assert len(hidden) > 1
    assert result.sentence.endswith("og 153 bosatte.")


def test_the_pyramid_is_of_rounded_five_year_groups_that_no_other_table_undoes() -> None:
    people = residents((0, 96), (4, 0), (5, 20), (6, 3), (62, 2), (89, 14), (90, 7), (104, 8))
    people.loc[len(people)] = [pd.NA, 12]
    result = suppress(run(befolkning=people))
    table = result.table("bosatte_alder")
    assert len(table.frame) == 20
    found = table.frame["bosatte"]
    assert found[["alder_0", "alder_5", "alder_85", "alder_90", "ukjent"]].tolist() == [
        100, 20, 10, 20, 10
    ]  # fmt: skip
    assert table.frame["gruppe"].tolist()[-3:] == ["85–89 år", "90 år og eldre", "Ukjent alder"]
    assert table.hidden == {("alder_60", "bosatte")}
    assert found["alder_10"] == 0
    (chart,) = result.charts
    drawn = read_chart(result, chart)
    assert isinstance(drawn, Pyramid)
    assert drawn.sides[0].cells[12].value is None
    assert drawn.groups[0] == "0–4 år"


def test_ages_that_are_not_known_make_no_pyramid_and_unknown_counts_no_zero() -> None:
    nobody = residents((0, 10))
    nobody["alder"] = pd.array([pd.NA], dtype="Int64")
    assert not run(befolkning=nobody).charts
    found = run(befolkning=residents((0, None), (70, 8))).table("bosatte_alder").frame["bosatte"]
    assert pd.isna(found["alder_0"])
    assert (found["alder_70"], found["alder_5"]) == (10, 0)


def test_unknown_numbers_of_residents_are_not_zero() -> None:
    result = run(befolkning=residents((0, None), (70, 8)))
    assert pd.isna(cell(result, "bosatte", "alder_0", "bosatte"))
    assert cell(result, "bosatte", "i_alt", "bosatte") == 8
    assert "ikke er med: 1" in result.table("bosatte").note


def test_residents_of_grid_cells_in_the_municipality() -> None:
    cells = frame(
        [shapely.box(0, 0, 100, 100), shapely.box(5000, 0, 5100, 100)],
        bosatte=pd.array([7, 9], dtype="Int64"),
    )
    assert cell(run(befolkning_rute=cells), "bosatte", "i_alt", "bosatte") == 7


def centres() -> gpd.GeoDataFrame:
    return frame(
        [shapely.Point(100, 100), shapely.Point(200, 100), shapely.Point(9000, 0)],
        navn=["By", "Grend", "Utenfor"],
        niva=["kommunesenter", "naersenter", "naersenter"],
        konfidens=["verifisert", "usikker", "kjent"],
    )


def test_centres_inside_are_counted_against_the_plan_when_it_is_known() -> None:
    unknown = run(senter=centres())
    assert unknown.sentence.endswith("1 kommunesenter, 0 lokalsentre og 1 nærsenter.")
    known = run(senter=centres(), kommunegrense=boundary("3203"))
    assert "0 av 9 lokalsentre og 1 av 26 nærsentre" in known.sentence
    row = known.table("senterstruktur").frame.loc["naersenter"]
    # Two are known by name only: Asker's list has no position for them.
    assert row[["stedfestet", "uten_sted", "uten_navn", "i_planen"]].tolist() == [1, 2, 23, 26]
    assert known.facts["naersenter"].title == "Nærsentre stedfestet (av 26)"
    assert unknown.table("senterstruktur").frame["uten_navn"].isna().all()
    assert known.layer("senter").frame["niva"].tolist() == ["Nærsenter", "Kommunesenter"]


def test_schools_are_listed_by_their_grades_as_numbers() -> None:
    grades = [(8, 10), (11, 13), (1, 10), (1, 7), (None, None)]
    first, last = zip(*grades, strict=True)
    schools = frame(
        [shapely.Point(100 * n, 50) for n in range(1, 6)],
        navn=list("abcde"),
        trinn_fra=pd.array(first, dtype="Int64"),
        trinn_til=pd.array(last, dtype="Int64"),
    )
    assert run(skole=schools).table("skoler").frame["trinn"].tolist() == [
        "Trinn 1–7",
        "Trinn 1–10",
        "Trinn 8–10",
        "Trinn 11–13",
        "Trinn ukjent",
        "I alt",
    ]


def test_schools_and_kindergartens() -> None:
    inside = [shapely.Point(100 * n, 50) for n in range(1, 4)]
    schools = frame(
        inside,
        navn=["a", "b", "c"],
        trinn_fra=pd.array([1, 1, None], dtype="Int64"),
        trinn_til=pd.array([7, 7, None], dtype="Int64"),
        eierform=["kommunal", "privat", "kommunal"],
        stedfesting=["eksakt", "omtrentlig", None],
    )
    kindergartens = frame(
        inside,
        navn=["a", "b", "c"],
        eierform=["privat", "privat", "kommunal"],
        kapasitet=pd.array([40, None, None], dtype="Int64"),
    )
    result = run(skole=schools, barnehage=kindergartens)
    table = result.table("skoler").frame.set_index("trinn")
    assert table.loc["Trinn 1–7", ["i_alt", "omtrentlig"]].tolist() == [2, 1]
    assert table.loc["Trinn ukjent", "i_alt"] == 1
    kinds = result.table("barnehager").frame.set_index("eierform")
    assert kinds.loc["Privat", ["antall", "kjent", "plasser"]].tolist() == [2, 1, 40]
    assert pd.isna(kinds.loc["Kommunal", "plasser"])
    assert result.sentence.endswith("3 barnehager og 3 skoler.")


def test_roads_are_measured_inside_and_few_local_ones_are_drawn() -> None:
    roads = frame(
        [
            shapely.LineString([(-500, 50), (1500, 50)]),
            shapely.LineString([(100, 100), (100, 350)]),
            shapely.LineString([(200, 100), (200, 200)]),
        ],
        vegtype=["bilveg", "bilveg", "fortau"],
        vegkategori=["F", None, None],
    )
    result = run(veg=roads)
    lengths = result.table("veg_og_sti").frame["km"]
    assert lengths.to_dict() == pytest.approx(
        {"bilveg_F": 1.5, "bilveg_ukjent": 0.25, "fortau": 0.1}
    )
    assert {"hovedveg", "lokalveg"} <= {layer.name for layer in result.layers}


def test_declared_sums_hold() -> None:
    result = run(
        vann=water(),
        kystkontur=coast(),
        ar5=cover((LAND, 30)),
        befolkning=residents((3, 10), (70, 8)),
        senter=centres(),
    )
    for table in result.tables:
        for one in table.row_sums:
            for name, column in table.columns.items():
                if column.decimals is not None:
                    parts = table.frame.loc[list(one.parts), name].sum()
                    assert table.frame.loc[one.total, name] == pytest.approx(parts, rel=1e-4), name


_SQL = """
SELECT ST_Area(ST_Difference(k.geom, h.g)) / 1e6, ST_Area(ST_Intersection(k.geom, h.g)) / 1e6,
       ST_Area(ST_Intersection(k.geom, i.g)) / 1e6, ST_Area(ST_Intersection(k.geom, s.g)) / 1e3
FROM Kommune k, (SELECT ST_Union(geom) AS g FROM Havflate) h,
     (SELECT ST_Union(geom) AS g FROM Innsjo) i, (SELECT ST_Union(geom) AS g FROM Skog) s
WHERE k.kommunenummer = '3203'
"""


def test_asker_agrees_with_spatialite(
    shared_data: Path, require_tool: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "n1000.gpkg"
    shutil.copyfile(shared_data / "asker" / "n1000_asker_oslofjord.gpkg", path)
    command = [require_tool("ogr2ogr"), "-f", "CSV", "/vsistdout/", str(path)]
    command += ["-dialect", "sqlite", "-sql", _SQL]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = [float(number) for number in answer.stdout.splitlines()[1].split(",")]

    sea, lakes, forest = (gpd.read_file(path, layer=one) for one in ("Havflate", "Innsjo", "Skog"))
    area = gpd.read_file(path, layer="Kommune", where="kommunenummer = '3203'")
    result = run(
        kommunegrense=area.assign(omfang="med_sjo", kommunenummer="3203", kommunenavn="Asker"),
        kystkontur=gpd.read_file(path, layer="Kystkontur"),
        vann=pd.concat([sea.assign(vanntype="hav"), lakes.assign(vanntype="innsjo")]),
        arealdekke=forest.assign(klasse="skog"),
    )
    found = [cell(result, "kommunen", row, "km2") for row in ("uten_sjo", "sjo", "ferskvann")]
    assert [*found, cell(result, "arealdekke", "klasse_skog", "dekar")] == pytest.approx(
        expected, rel=1e-6
    )
    # SSB has 364.4 km² of land: N1000 lacks most small lakes.
    assert cell(result, "kommunen", "land", "km2") == pytest.approx(364.4, abs=4)
    assert not result.findings
