"""Settlements from small sets of houses that can be worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.tettsted_avgrens import avgrens
from askergeo.errors import LayerError
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Severity

if TYPE_CHECKING:
    from askergeo.result import Result

CRS = "EPSG:25832"
WHOLE = shapely.box(-500, -500, 4000, 4000)


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def boundary(area: Any = WHOLE) -> gpd.GeoDataFrame:
    return frame([area], kommunenummer=["3203"], kommunenavn=["Asker"], omfang=["land"])


def houses(
    corners: list[tuple[float, float]], kind: int = 111, size: float = 10
) -> gpd.GeoDataFrame:
    return frame(
        [shapely.box(x, y, x + size, y + size) for x, y in corners],
        bygning_id=[f"{kind}-{x}-{y}" for x, y in corners],
        bygningstype=pd.array([kind] * len(corners), dtype="Int64"),
        boliger=pd.array([1] * len(corners), dtype="Int64"),
    )


def row_of(count: int, x: float, y: float, step: float = 40) -> list[tuple[float, float]]:
    return [(x + step * number, y) for number in range(count)]


def people(counts: dict[tuple[float, float], int]) -> dict[str, Any]:
    """Addresses in the middle of houses, with residents of two ages."""
    ids = [f"a{number}" for number in range(len(counts))]
    places = [shapely.Point(x + 5, y + 5) for x, y in counts]
    ages = pd.DataFrame(
        {
            "adresse_id": ids * 2,
            "alder": [10] * len(ids) + [40] * len(ids),
            "antall": [count // 2 for count in counts.values()]
            + [count - count // 2 for count in counts.values()],
        }
    )
    return {"adresse": frame(places, adresse_id=ids), "befolkning": ages}


CORE = row_of(20, 0, 0)  # 20 houses, 30 m between walls, 780 m + 10 m long


def run(
    buildings: gpd.GeoDataFrame, *, overrides: dict[str, Any] | None = None, **layers: Any
) -> Result:
    given = {"kommunegrense": boundary(), **layers}
    return avgrens(buildings, **given, parameters=load_parameters("tettsted_avgrens", overrides))


def table(result: Result) -> pd.DataFrame:
    return result.table("tettsteder").frame


def numbers(result: Result) -> list[str]:
    return [str(label) for label in table(result).index if str(label).isdigit()]


def test_two_hundred_residents_are_a_settlement_and_199_are_not() -> None:
    enough = run(houses(CORE), **people(dict.fromkeys(CORE, 10)))
    assert table(enough).loc["tettsteder", "bosatte"] == 200
    assert table(enough).loc["spredtbygd", "bosatte"] == 0
    counts = dict.fromkeys(CORE, 10) | {CORE[0]: 9}
    few = run(houses(CORE), **people(counts))
    assert numbers(few) == []
    assert table(few).loc["spredtbygd", "bosatte"] == 199
    assert np.isnan(table(few).loc["tettsteder", "tetthet"])


def test_area_is_the_buffered_outlines_and_density_follows() -> None:
    result = run(houses(CORE), **people(dict.fromkeys(CORE, 10)))
    expected = shapely.union_all(
        [shapely.box(x, y, x + 10, y + 10).buffer(25, quad_segs=16) for x, y in CORE]
    ).area
    (number,) = numbers(result)
    assert table(result).loc[number, "areal_km2"] == pytest.approx(expected / 1e6)
    assert table(result).loc[number, "tetthet"] == pytest.approx(200 / (expected / 1e6))
    assert table(result).loc["kommune", "areal_km2"] == pytest.approx(WHOLE.area / 1e6)
    assert result.sentence.startswith("100,0 % av 200 bosatte bor i tettsted; ")


@pytest.mark.parametrize(("gap", "together"), [(50.0, True), (50.5, False)])
def test_houses_hang_together_up_to_fifty_metres(gap: float, *, together: bool) -> None:
    second = row_of(5, 770 + gap, 0)
    counts = dict.fromkeys(CORE, 10) | dict.fromkeys(second, 2)
    # Without satellites only the distance rule joins.
    result = run(houses([*CORE, *second]), **people(counts), overrides={"satellitt_m": 0})
    assert (table(result).loc["tettsteder", "bosatte"] == 210) == together


@pytest.mark.parametrize(
    ("count", "distance", "kind", "joins"),
    [(5, 300, 111, True), (4, 300, 111, False), (5, 500, 111, False), (5, 300, 161, False)],
    ids=["five near", "too few", "too far", "cabins"],
)
def test_satellites(count: int, distance: float, kind: int, *, joins: bool) -> None:
    cluster = row_of(count, 0, distance)
    both = pd.concat([houses(CORE), houses(cluster, kind)]).reset_index(drop=True)
    result = run(both, **people(dict.fromkeys(CORE, 10) | dict.fromkeys(cluster, 3)))
    assert table(result).loc["tettsteder", "bosatte"] == 200 + 3 * count * joins
    assert table(result).loc["tettsteder", "satellitter"] == int(joins)
    assert table(result).loc["spredtbygd", "bosatte"] == 3 * count * (not joins)


def test_a_satellite_of_a_satellite_is_none() -> None:
    near, far = row_of(5, 0, 350), row_of(5, 0, 700)
    counts = dict.fromkeys(CORE, 10) | dict.fromkeys([*near, *far], 3)
    result = run(houses([*CORE, *near, *far]), **people(counts))
    assert table(result).loc["spredtbygd", "bosatte"] == 15


def test_outhouses_do_not_join_houses_and_large_grounds_do() -> None:
    second = row_of(5, 900, 0)  # 130 m from the last house
    counts = dict.fromkeys(CORE, 10) | dict.fromkeys(second, 2)
    for kind, joined in ((181, False), (613, True)):
        between = houses([(830, 0)], kind)
        both = pd.concat([houses([*CORE, *second]), between]).reset_index(drop=True)
        result = run(both, **people(counts), overrides={"satellitt_m": 0})
        assert (table(result).loc["tettsteder", "bosatte"] == 210) == joined


@pytest.mark.parametrize(
    ("layers", "joined"),
    [
        ({"vann": frame([shapely.box(795, -900, 855, 900)], vanntype=["elv"])}, True),
        ({"vann": frame([shapely.box(795, -900, 835, 900)], vanntype=["elv"])}, False),
        ({"ar5": frame([shapely.box(795, -900, 855, 900)], arealtype=[21])}, True),
        ({"ar5": frame([shapely.box(795, -900, 855, 900)], arealtype=[30])}, False),
        (
            {"arealbruk": frame([shapely.box(-99, -99, 1300, 99)], hovedklasse=["Park"])},
            True,
        ),
    ],
    ids=["river", "half a river", "farmland", "forest", "park"],
)
def test_what_cannot_be_built_on_joins_its_two_sides(
    layers: dict[str, Any], *, joined: bool
) -> None:
    second = row_of(5, 880, 0)  # 110 m from the last house: a gap of 60 m between the buffers
    counts = dict.fromkeys(CORE, 10) | dict.fromkeys(second, 2)
    result = run(houses([*CORE, *second]), **people(counts), **layers, overrides={"satellitt_m": 0})
    assert (table(result).loc["tettsteder", "bosatte"] == 210) == joined


def test_the_unbuilt_rim_is_drawn_in_but_holes_inside_stay() -> None:
    ring = [(x, y) for x in range(0, 161, 40) for y in range(0, 161, 40) if (x, y) != (80, 80)]
    counts = dict.fromkeys(ring, 10)
    built = shapely.box(0, 0, 170, 170).difference(shapely.box(60, 60, 110, 110))
    whole = run(houses(ring), **people(counts))
    drawn = run(
        houses(ring), **people(counts), arealbruk=frame([built], hovedklasse=["Boligbebyggelse"])
    )
    assert table(whole).loc["tettsteder", "areal_km2"] > 0.17**2
    zones = shapely.union_all([shapely.box(x, y, x + 10, y + 10).buffer(25) for x, y in ring])
    inside = zones.intersection(shapely.box(0, 0, 170, 170)).area
    assert table(drawn).loc["tettsteder", "areal_km2"] == pytest.approx(inside / 1e6)
    assert table(drawn).loc["tettsteder", "bosatte"] == 240


def test_a_house_outside_the_land_use_map_is_built_all_the_same() -> None:
    built = frame([shapely.box(0, 0, 730, 10)], hovedklasse=["Boligbebyggelse"])
    result = run(houses(CORE), **people(dict.fromkeys(CORE, 10)), arealbruk=built)
    # The last house (760–770) is not on the map; its outline is kept, its rim is not.
    assert table(result).loc["tettsteder", "areal_km2"] * 1e6 == pytest.approx(7300 + 100, abs=1)


def test_the_sea_and_the_neighbour_are_cut_away() -> None:
    land = shapely.box(0, 0, 4000, 4000)
    result = run(houses(CORE), **people(dict.fromkeys(CORE, 10)), kommunegrense=boundary(land))
    area = result.layer("tettsteder").frame.geometry.iloc[0]
    assert area.difference(land).area == pytest.approx(0, abs=1e-6)
    assert (
        area.area
        < 0.75
        * run(houses(CORE), **people(dict.fromkeys(CORE, 10)))
        .layer("tettsteder")
        .frame.geometry.iloc[0]
        .area
    )


def test_residents_without_place_and_outside_are_rows_of_their_own() -> None:
    given = people(dict.fromkeys(CORE, 10) | {(9000, 9000): 7})
    lost = pd.DataFrame({"adresse_id": ["x"], "alder": [50], "antall": [12]})
    given["befolkning"] = pd.concat([given["befolkning"], lost])
    result = run(houses(CORE), **given)
    assert table(result).loc["uten_sted", "bosatte"] == 12
    assert table(result).loc["kommune", "bosatte"] == 212
    assert table(result).loc["utenfor", "bosatte"] == 7
    assert table(result).loc["i_alt", "bosatte"] == 219
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("tettsted.uten_sted", Severity.WARNING)
    assert "12" not in finding.text  # a finding is not suppressed, so it holds no count


def test_residents_in_grid_cells_go_to_dwellings_in_whole_persons() -> None:
    cells = frame(
        [
            shapely.box(-100, -100, 400, 400),
            shapely.box(400, -100, 900, 400),
            shapely.box(2000, 2000, 2500, 2500),
            shapely.box(2500, 2000, 3000, 2500),
        ],
        rute_id=["1", "2", "3", "4"],
        bosatte=pd.array([101, 100, 13, None], dtype="Int64"),
    )
    result = run(houses(CORE), befolkning_rute=cells)
    assert table(result).loc["tettsteder", "bosatte"] == 201
    assert table(result).loc["spredtbygd", "bosatte"] == 13
    assert any("1 ruter har ikke tall" in warning for warning in result.warnings)


def test_without_residents_it_is_refused() -> None:
    with pytest.raises(LayerError, match="hvor folk bor"):
        run(houses(CORE))


def centres() -> gpd.GeoDataFrame:
    return frame(
        [shapely.Point(400, 5), shapely.Point(100, 5), shapely.Point(100, 2005)],
        senter_id=["s1", "s2", "s3"],
        navn=["Høyby", "Lavby", "Nordby"],
        niva=["lokalsenter", "naersenter", "naersenter"],
    )


NORTH = row_of(20, 0, 2000)


def test_names_and_numbers_follow_the_centres_and_stay() -> None:
    counts = dict.fromkeys([*CORE, *NORTH], 10)
    both = run(houses([*CORE, *NORTH]), **people(counts), senter=centres())
    assert table(both)["navn"].loc[numbers(both)].to_dict() == {"9001": "Høyby", "9003": "Nordby"}
    alone = run(houses(NORTH), **people(dict.fromkeys(NORTH, 10)), senter=centres())
    assert table(alone)["navn"].loc[numbers(alone)].to_dict() == {"9003": "Nordby"}


def test_the_given_settlements_lend_number_and_name_and_are_compared() -> None:
    counts = dict.fromkeys([*CORE, *NORTH], 10)
    given = frame(
        [shapely.box(0, 0, 400, 100), shapely.box(3000, 3000, 3100, 3100)],
        tettstedsnummer=["0801", "0802"],
        tettstedsnavn=["Oslo", "Borte"],
        bosatte=[210, 300],
    )
    result = run(houses([*CORE, *NORTH]), **people(counts), tettsted=given)
    compared = result.table("sammenligning").frame
    assert table(result).loc["0801", "navn"] == "Oslo"
    assert compared.loc["0801", "ssb_km2"] == pytest.approx(0.04)
    assert 0 < compared.loc["0801", "felles_km2"] < 0.04
    assert compared.loc["0802", "eget_km2"] == 0
    assert compared.loc["0801", ["bosatte", "ssb_bosatte"]].tolist() == [200, 210]
    for one in ("ssb_km2", "eget_km2", "felles_km2", "bare_ssb_km2", "bare_eget_km2"):
        assert compared.loc["i_alt", one] == pytest.approx(compared[one].iloc[:-1].sum())


def test_buildings_that_are_points_get_a_radius() -> None:
    points = houses(CORE)
    points["geometry"] = points.geometry.centroid
    result = run(points, **people(dict.fromkeys(CORE, 10)))
    assert table(result).loc["tettsteder", "bosatte"] == 200
    told = next(warning for warning in result.warnings if "bare punkt" in warning)
    assert told.startswith("20 av 20 bygninger")


def test_the_map_has_land_below_and_centres_on_top() -> None:
    counts = dict.fromkeys(CORE, 10)
    result = run(houses(CORE), **people(counts), senter=centres())
    assert [layer.name for layer in result.layers] == ["land_og_sjo", "tettsteder", "senter"]
    assert set(result.layer("senter").frame["niva"]) <= {"Lokalsenter", "Nærsenter"}
    without = run(houses(CORE), **people(counts))
    assert [layer.name for layer in without.layers] == ["land_og_sjo", "tettsteder"]


def test_a_settlement_across_the_boundary_is_a_finding() -> None:
    sea = frame([shapely.box(0, -500, 400, -400)], vanntype=["hav"])
    area = boundary(shapely.box(0, -500, 400, 4000)).assign(omfang="med_sjo")
    result = run(houses(CORE), **people(dict.fromkeys(CORE, 10)), kommunegrense=area, vann=sea)
    assert [finding.rule for finding in result.findings] == ["tettsted.grense"]
    assert table(result).loc["kommune", "bosatte"] == 100


def test_every_resident_is_in_one_row_and_suppression_knows_the_sums() -> None:
    few = row_of(3, 0, 3000)
    counts = dict.fromkeys(CORE, 10) | dict.fromkeys(few, 1)
    result = run(houses([*CORE, *few]), **people(counts))
    assert table(result).loc["spredtbygd", "bosatte"] == 3
    hidden = suppress(result)
    assert ("spredtbygd", "bosatte") in hidden.table("tettsteder").hidden
    # The share would give it away.
    assert hidden.sentence.startswith("En skjult andel av ")
    assert ":" not in hidden.sentence


def test_nothing_at_all() -> None:
    result = run(houses([]).astype({"bygningstype": "Int64"}), **people({}))
    assert table(result).loc["kommune", "bosatte"] == 0
    assert result.sentence.startswith("..")
