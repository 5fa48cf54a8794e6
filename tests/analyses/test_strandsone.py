"""The shore zone on small shores that can be worked out by hand, and on the real one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.strandsone import strandsone
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.result import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
# A straight shore along y = 0: land 2 km wide and 1 km deep to the north, sea to the south.
LAND = shapely.box(0, 0, 2000, 1000)
ISLAND = shapely.Point(1000, -600).buffer(60, quad_segs=64)
WHOLE = shapely.box(0, -1000, 2000, 1000)
ROUND = 4 * 64 * math.sin(math.pi / 128)  # perimeter of the 256-gon of radius 1


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def boundary(kind: str = "med_sjo", area: Any = WHOLE) -> gpd.GeoDataFrame:
    return frame([area], kommunenummer=["3203"], kommunenavn=["Asker"], omfang=[kind])


def coast() -> gpd.GeoDataFrame:
    lines = [shapely.LineString([(0, 0), (2000, 0)]), shapely.LineString(ISLAND.exterior)]
    return frame(lines, kystkontur_id=[1, 2])


def water(*lakes: Any) -> gpd.GeoDataFrame:
    sea = shapely.box(0, -1000, 2000, 0).difference(ISLAND)
    return frame([sea, *lakes], vanntype=["hav", *["innsjo"] * len(lakes)])


def building(places: list[Any], kind: int = 111, year: int | None = 2020) -> gpd.GeoDataFrame:
    count = len(places)
    return frame(
        places,
        bygning_id=[f"b{number}" for number in range(count)],
        bygningstype=pd.array([kind] * count, dtype="Int64"),
        tatt_i_bruk=pd.array([year] * count, dtype="Int64"),
    )


def run(*, overrides: dict[str, Any] | None = None, **layers: Any) -> Result:
    given = {"kystkontur": coast(), "kommunegrense": boundary(), "vann": water(), **layers}
    return strandsone(**given, parameters=load_parameters("strandsone", overrides))


def cell(result: Result, table: str, row: str, column: str) -> Any:
    return result.table(table).frame.loc[row, column]


def test_belt_and_shore_on_mainland_and_islands() -> None:
    result = run()
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(200.0)
    assert cell(result, "belte", "oyer", "belte_dekar") == pytest.approx(ISLAND.area / 1000)
    assert cell(result, "belte", "fastland", "kyst_km") == pytest.approx(2.0)
    assert cell(result, "belte", "oyer", "kyst_km") == pytest.approx(ISLAND.exterior.length / 1000)
    assert cell(result, "oyer", "oy_1", "forbindelse") == "ukjent"


@pytest.mark.parametrize(
    "layers",
    [
        {"vann": None},
        {"vann": None, "kommunegrense": boundary("land", LAND.union(ISLAND))},
        {"kommunegrense": pd.concat([boundary("land", LAND.union(ISLAND)), boundary()])},
    ],
    ids=["divided by the shoreline", "cut at the coast", "both boundaries"],
)
def test_land_is_the_same_whatever_layers_give_it(layers: dict[str, Any]) -> None:
    result = run(**layers)
    pd.testing.assert_frame_equal(result.table("belte").frame, run().table("belte").frame)


def test_the_side_with_buildings_is_land() -> None:
    # The sea is the larger side here; without buildings it would be taken for land.
    small = frame(
        [shapely.box(0, -5000, 2000, 100)],
        kommunenummer=["1"],
        kommunenavn=["a"],
        omfang=["med_sjo"],
    )
    houses = building([shapely.Point(500, 50)])
    result = run(kommunegrense=small, vann=None, bygning=houses)
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(200.0)


def test_a_broken_shoreline_is_refused() -> None:
    gap = frame([shapely.LineString([(0, 0), (900, 0)]), shapely.LineString([(950, 0), (2000, 0)])])
    with pytest.raises(LayerError, match="ikke sammenhengende"):
        run(kystkontur=gap, vann=None)


def test_shoreline_from_another_map_is_warned_of() -> None:
    moved = frame([shapely.LineString([(0, 30), (2000, 30)])])
    result = run(kystkontur=moved, kommunegrense=boundary("land", LAND), vann=None)
    assert [finding.rule for finding in result.findings] == ["strandsone.kystlinje"]
    assert any("ulike kart" in warning for warning in result.warnings)


def test_lakes_make_no_belt_and_are_no_land() -> None:
    lake = shapely.box(100, 50, 300, 400)
    result = run(vann=water(lake))
    assert cell(result, "belte", "fastland", "ferskvann_dekar") == pytest.approx(10.0)
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(190.0)
    assert cell(result, "belte", "fastland", "kyst_km") == pytest.approx(2.0)


def test_the_neighbours_shore_makes_a_belt_too_but_is_not_counted() -> None:
    # The shore turns north just outside the boundary: land within 100 m of it is in the belt.
    line = shapely.LineString([(0, 0), (2050, 0), (2050, 1000)])
    result = run(kystkontur=frame([line]))
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(200.0 + 0.05 * 900)
    assert cell(result, "belte", "fastland", "kyst_km") == pytest.approx(2.0)


def test_land_masses_with_a_land_border_are_mainland() -> None:
    # The sea cuts the municipality in two; both halves go on into the neighbour.
    south = shapely.box(0, -1000, 2000, -800)
    lines = coast()
    lines.loc[len(lines)] = [3, shapely.LineString([(0, -800), (2000, -800)])]
    sea = shapely.box(0, -800, 2000, 0).difference(ISLAND)
    result = run(kystkontur=lines, vann=frame([sea], vanntype=["hav"]))
    assert len(result.table("oyer").frame) == 1 + 1
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(400.0)
    assert south.area / 1000 == 400.0


def test_line_limit_in_a_belt_from_the_neighbours_shore_cuts_nothing_off() -> None:
    # The shore is outside the boundary, so neither side of the line has shore of its own.
    line = shapely.LineString([(-50, -1000), (-50, 2000)])
    limit = frame([shapely.LineString([(20, -2000), (20, 2000)])])
    result = run(
        kystkontur=frame([line]),
        kommunegrense=boundary("land", LAND),
        vann=None,
        byggegrense_sjo=limit,
    )
    assert cell(result, "belte", "i_alt", "belte_dekar") == pytest.approx(50.0)
    assert cell(result, "belte", "i_alt", "unntatt_dekar") == 0


def test_without_limits_in_plans_the_ban_is_said_to_hold_at_most() -> None:
    unknown = run()
    assert "Byggegrenser i plan mangler, så byggeforbudet gjelder på høyst" in unknown.sentence
    assert unknown.warnings[0].startswith("Byggegrenser mot sjøen")
    assert "høyst" in unknown.table("belte").columns["gjelder_dekar"].title
    none = run(byggegrense_sjo=frame([]))
    assert "og byggeforbudet gjelder på" in none.sentence
    assert not none.warnings
    assert "høyst" not in none.table("belte").columns["gjelder_dekar"].title


def test_land_and_sea_are_drawn_below_the_belt() -> None:
    lowest = run().layers[0]
    assert lowest.name == "land_og_sjo"
    assert lowest.frame["klasse"].tolist() == ["Sjø", "Land"]


def test_polygon_limit_is_exempt_only_inside_the_belt() -> None:
    limit = frame([shapely.box(500, 20, 700, 300)], planid=["p1"])
    result = run(byggegrense_sjo=limit)
    assert cell(result, "belte", "i_alt", "unntatt_dekar") == pytest.approx(16.0)
    assert cell(result, "belte", "fastland", "gjelder_dekar") == pytest.approx(184.0)
    assert not result.findings


def test_line_limit_exempts_what_it_cuts_off_from_the_shore() -> None:
    line = shapely.LineString([(400, 150), (400, 30), (900, 30), (900, 150)])
    result = run(byggegrense_sjo=frame([line], planid=["p1"]))
    assert cell(result, "belte", "i_alt", "unntatt_dekar") == pytest.approx(500 * 70 / 1000)
    assert not result.findings


def test_line_limit_around_the_middle_of_an_island() -> None:
    ring = shapely.Point(1000, -600).buffer(20, quad_segs=64).exterior
    result = run(byggegrense_sjo=frame([shapely.LineString(ring)]))
    assert cell(result, "oyer", "oy_1", "unntatt_dekar") == pytest.approx(
        shapely.Polygon(ring).area / 1000
    )


@pytest.mark.parametrize(
    "line",
    [[(500, 50), (700, 50)], [(500, -50), (500, 150)]],
    ids=["ends inside the belt", "runs from the sea to the inland"],
)
def test_line_limit_that_cuts_nothing_off_is_a_finding(line: list[tuple[float, float]]) -> None:
    result = run(byggegrense_sjo=frame([shapely.LineString(line)], planid=["p7"]))
    (finding,) = result.findings
    assert finding.rule == "strandsone.byggegrense"
    assert finding.row == "p7"
    assert finding.severity is Severity.WARNING
    assert shapely.length(finding.geometry) > 0
    assert cell(result, "belte", "i_alt", "unntatt_dekar") == 0


def test_buildings_by_year_group_and_unknown_year() -> None:
    houses = pd.concat(
        [
            building([shapely.box(x, 20, x + 10, 30) for x in (100, 200)], 111, 2023),
            building([shapely.box(300, 20, 310, 30)], 161, 2020),
            building([shapely.box(400, 20, 410, 30)], 183, 2019),
            building([shapely.box(500, 20, 510, 30)], 111, None),
            building([shapely.box(600, 20, 603, 23)], 111, 2023),  # 9 m²
            building([shapely.box(700, 200, 710, 210)], 111, 2023),  # outside the belt
        ]
    ).reset_index(drop=True)
    result = run(bygning=houses)
    table = result.table("bygninger").frame
    assert table.loc["vindu", ["bolig", "fritidsbolig", "andre", "alle"]].tolist() == [2, 1, 0, 3]
    assert table.loc["2021", "alle"] == 0
    assert table.loc["tidligere", ["andre", "alle"]].tolist() == [1, 1]
    assert table.loc["ukjent", "alle"] == 1
    assert table.loc["i_alt", "alle"] == 5
    assert "1 bygninger i beltet er for små" in result.table("bygninger").note
    assert "3 bygninger ble tatt i bruk i strandsonen i 2020–2023" in result.sentence


def test_no_known_year_gives_no_window() -> None:
    result = run(bygning=building([shapely.box(100, 20, 110, 30)], year=None))
    assert cell(result, "bygninger", "ukjent", "alle") == 1
    assert "tatt i bruk" not in result.sentence


def test_counting_by_point_or_by_outline() -> None:
    half_in = building([shapely.box(100, 90, 120, 130)])
    assert cell(run(bygning=half_in), "bygninger", "i_alt", "alle") == 0
    by_outline = run(bygning=half_in, overrides={"telleregel": "omriss"})
    assert cell(by_outline, "bygninger", "i_alt", "alle") == 1


def account(result: Result) -> pd.Series[float]:
    return result.table("tilgjengelighet").frame["alt"]


def test_account_of_access_in_the_stated_order() -> None:
    farm = frame(
        [shapely.box(0, 0, 1000, 100), shapely.box(1000, 0, 1100, 100)],
        arealtype=pd.array([21, 30], dtype="Int64"),
    )
    road = frame(
        [shapely.LineString([(900, 50), (2000, 50)])],
        vegtype=["bilveg"],
        vegkategori=["E"],
        medium=["bakke"],
    )
    rail = frame([shapely.LineString([(1500, -10), (1500, 2000)])], medium=["bakke"])
    house = building([shapely.box(-40, -40, 10, 200)])
    result = run(bygning=house, ar5=farm, veg=road, jernbane=rail)
    rows = account(result)
    assert rows["oyer_utelatt"] == pytest.approx(ISLAND.area / 1000)
    assert rows["bygningsnaer"] == pytest.approx(60 * 100 / 1000)
    assert rows["dyrket"] == pytest.approx(940 * 100 / 1000)
    assert rows["veg"] == pytest.approx(1000 * 9 / 1000)
    assert rows["jernbane"] == pytest.approx(12 * 91 / 1000)
    assert rows["belte"] == pytest.approx(cell(result, "belte", "i_alt", "belte_dekar"))
    assert rows.drop("belte").sum() == pytest.approx(rows["belte"])
    assert result.table("tilgjengelighet").frame.loc["tilgjengelig", "andel"] == pytest.approx(
        rows["tilgjengelig"] / 200 * 100
    )


@pytest.mark.parametrize(
    ("kind", "blocked"),
    [(111, True), (181, True), (183, False), (211, True), (511, True), (531, False), (671, False)],
)
def test_only_some_types_block_the_land_around_them(kind: int, *, blocked: bool) -> None:
    result = run(bygning=building([shapely.box(500, 40, 510, 50)], kind))
    # The whole zone less what lies in the sea, or else the footprint alone.
    zone = shapely.box(500, 40, 510, 50).buffer(50, quad_segs=32).intersection(LAND).area / 1000
    assert account(result)["bygningsnaer"] == pytest.approx(zone if blocked else 0.1)


def test_missing_layers_leave_rows_out_instead_of_zero() -> None:
    assert "dyrket" not in account(run(bygning=building([shapely.Point(5, 5)])))
    with pytest.raises(KeyError):
        run().table("tilgjengelighet")


def bridge(medium: str = "bru", vegtype: str = "bilveg") -> gpd.GeoDataFrame:
    # Two pieces that meet over the water; they stop 10 m short of the land on each side.
    lines = [[(1000, 200), (1000, -300)], [(1000, -300), (1000, -530)]]
    return frame(
        [shapely.LineString(line) for line in lines],
        vegtype=[vegtype] * 2,
        vegkategori=["F"] * 2,
        medium=[medium] * 2,
    )


@pytest.mark.parametrize(
    ("roads", "linked"),
    [
        (bridge(), "ja"),
        (bridge("tunnel"), "ja"),
        (bridge(vegtype="ferge"), "ja"),
        (bridge(vegtype="gang_sykkelveg"), "nei"),
        (bridge().iloc[:1], "nei"),
    ],
    ids=["bridge", "tunnel", "ferry", "footbridge", "half a bridge"],
)
def test_islands_with_a_road_are_counted(roads: gpd.GeoDataFrame, linked: str) -> None:
    result = run(veg=roads, bygning=building([shapely.Point(5, 5)]))
    assert cell(result, "oyer", "oy_1", "forbindelse") == linked
    left_out = 0.0 if linked == "ja" else ISLAND.area / 1000
    assert account(result)["oyer_utelatt"] == pytest.approx(left_out)
    assert math.isnan(cell(result, "oyer", "oy_1", "tilgjengelig_dekar")) is (linked == "nei")


def test_all_islands_can_be_counted_by_choice() -> None:
    result = run(bygning=building([shapely.Point(5, 5)]), overrides={"oyer_med": "alle"})
    assert account(result)["oyer_utelatt"] == pytest.approx(0)


def test_width_is_a_parameter() -> None:
    result = run(overrides={"belte_m": "50"})
    assert cell(result, "belte", "fastland", "belte_dekar") == pytest.approx(100.0)


def test_a_range_of_types_that_cannot_be_read() -> None:
    with pytest.raises(ParameterError, match="abc"):
        run(bygning=building([shapely.Point(5, 5)]), overrides={"bolig_typer": "111,abc"})


def test_buildings_as_points_are_warned_of() -> None:
    result = run(bygning=building([shapely.Point(5, 5)]))
    assert any("bare punkt" in warning for warning in result.warnings)


def test_shoreline_by_object_type() -> None:
    lines = coast().assign(objtype=["KystkonturTekniskeAnlegg", None])
    table = run(kystkontur=lines).table("kystlinje").frame
    assert table.loc["KystkonturTekniskeAnlegg", "fastland_km"] == pytest.approx(2.0)
    assert table.loc["Ukjent", "oyer_km"] == pytest.approx(ISLAND.exterior.length / 1000)
    assert table.loc["i_alt", "alt_km"] == pytest.approx(table["alt_km"].iloc[:-1].sum())


def test_finer_arcs_come_closer_to_the_true_area() -> None:
    # A cape: the belt of a point-like shore is a full circle of land round it.
    land = shapely.box(-1000, -1000, 1000, 1000)
    true = math.pi * 100**2 / 1000
    tiny = frame([shapely.LineString([(0, 0), (0, 0.001)])])
    errors = []
    for segments in (8, 32):
        result = run(
            kystkontur=tiny,
            kommunegrense=boundary("land", land),
            vann=None,
            overrides={"kvartsirkel_segmenter": segments},
        )
        errors.append(1 - cell(result, "belte", "i_alt", "belte_dekar") / true)
    assert errors[0] == pytest.approx(0.0064, abs=2e-4)
    assert errors[1] == pytest.approx(0.0004, abs=2e-5)


def test_real_asker_from_n1000(shared_data: Path) -> None:
    path = shared_data / "asker" / "n1000_asker_oslofjord.gpkg"
    area = gpd.read_file(path, layer="Kommune", where="kommunenummer = '3203'")
    shore = gpd.read_file(path, layer="Kystkontur")
    sea = gpd.read_file(path, layer="Havflate").assign(vanntype="hav")
    result = run(kystkontur=shore, kommunegrense=area.assign(omfang="med_sjo"), vann=sea)
    # 152 km officially: N1000 straightens the shore and lacks small islands.
    assert cell(result, "belte", "i_alt", "kyst_km") == pytest.approx(129.9, abs=0.1)
    assert cell(result, "belte", "i_alt", "belte_dekar") == pytest.approx(12_499.6, abs=1)
    assert len(result.table("oyer").frame) == 1 + 4
    assert not result.findings
    divided = run(kystkontur=shore, kommunegrense=area.assign(omfang="med_sjo"), vann=None)
    assert np.isclose(
        cell(divided, "belte", "i_alt", "belte_dekar"),
        cell(result, "belte", "i_alt", "belte_dekar"),
    )
