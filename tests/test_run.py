"""An analysis run on a data package: what is read, what is refused, what is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.affinity import translate

from askergeo._avvik import KEPT, SET_ASIDE, join_avvik, make_avvik
from askergeo.analyses import ANALYSES, find
from askergeo.catalogue import load_catalogue
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.run import run

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
X, Y = 580_000, 6_630_000
ORIGIN = Origin("prøve", fetched="2026-01-02", licence="CC0", attribution="Ingen", owner="Ingen")


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    moved = [translate(one, X, Y) for one in shapes]
    return gpd.GeoDataFrame(columns, geometry=moved, crs=CRS)


def boundary(number: str = "3203") -> gpd.GeoDataFrame:
    return frame(
        [shapely.box(0, -500, 1000, 1000)],
        kommunenummer=[number],
        kommunenavn=["Asker"],
        omfang=["med_sjo"],
    )


def coast() -> gpd.GeoDataFrame:
    return frame([shapely.LineString([(0, 0), (1000, 0)])], kystkontur_id=[1])


def building(*years: int) -> gpd.GeoDataFrame:
    count = len(years)
    return frame(
        [shapely.box(100 * n, 20, 100 * n + 10, 30) for n in range(count)],
        bygning_id=[f"b{n}" for n in range(count)],
        bygningstype=[111] * count,
        tatt_i_bruk=list(years),
    )


@pytest.fixture
def package(tmp_path: Path) -> DataPackage:
    made = DataPackage.create(tmp_path / "pakke", municipality="3203", name="Prøve")
    made.write("kommunegrense", boundary(), origin=ORIGIN)
    made.write("kystkontur", coast(), origin=ORIGIN)
    made.write("bygning", building(2020, 2021), origin=ORIGIN)
    return made


def test_result_with_sources_parameters_and_what_is_missing(package: DataPackage) -> None:
    result = run("strandsone", package, overrides={"belte_m": "50"})
    assert result.table("belte").frame.loc["i_alt", "belte_dekar"] == pytest.approx(50)
    provenance = result.provenance
    assert provenance is not None
    assert [source.layer for source in provenance.sources] == [
        "kystkontur",
        "kommunegrense",
        "bygning",
    ]
    assert provenance.sources[0].sha256 == package.records["kystkontur"].sha256
    assert provenance.command == "askergeo strandsone --data pakke --parameter belte_m=50"
    assert {"GEOS", "PROJ"} <= set(provenance.software)
    in_force = {record["navn"]: record for record in result.parameters}
    assert in_force["belte_m"]["verdi"] == 50
    assert in_force["belte_m"]["endret"]
    absent = {missing.layer: missing.consequence for missing in result.missing}
    assert set(absent) == {"vann", "byggegrense_sjo", "ar5", "veg", "jernbane"}
    assert all(absent.values())
    assert result.warnings[0].startswith("Byggegrenser mot sjøen")


def test_the_time_can_be_fixed(package: DataPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    result = run("strandsone", package)
    assert result.provenance is not None
    assert result.provenance.created == "2023-11-14T22:13:20Z"


def test_missing_layers_are_named_together(tmp_path: Path) -> None:
    empty = DataPackage.create(tmp_path / "tom", municipality="3203")
    with pytest.raises(LayerError) as caught:
        run("tettsted_avgrens", empty)
    for layer in ("bygning", "kommunegrense", "adresse", "befolkning"):
        assert f"- {layer} (" in caught.value.message
    assert "data mangler" in caught.value.remedy


def test_unknown_analysis_and_parameter(package: DataPackage) -> None:
    with pytest.raises(ParameterError, match="finnes ikke") as caught:
        run("strandsona", package)
    assert "«strandsone»" in caught.value.remedy
    with pytest.raises(ParameterError, match="belte"):
        run("strandsone", package, overrides={"belte": 1})


def test_only_the_package_s_own_municipality_is_used(package: DataPackage) -> None:
    neighbour = boundary("3201")
    neighbour["geometry"] = neighbour.geometry.translate(1000, 0)
    both = pd.concat([boundary(), neighbour], ignore_index=True)
    package.write("kommunegrense", both, origin=ORIGIN, overwrite=True)
    result = run("strandsone", package)
    assert result.table("belte").frame.loc["i_alt", "belte_dekar"] == pytest.approx(100)
    package.write("kommunegrense", neighbour, origin=ORIGIN, overwrite=True)
    with pytest.raises(LayerError, match="ikke kommune 3203, bare 3201"):
        run("strandsone", package)


def test_a_scenario_changes_the_answer(package: DataPackage, tmp_path: Path) -> None:
    change = DataPackage.create_scenario(tmp_path / "nytt", package, name="Nytt hus")
    rows = building(2021, 2021, 2021).iloc[2:].assign(endring="ny").reset_index(drop=True)
    change.write("bygning", rows, origin=ORIGIN)
    base, changed = run("strandsone", package), run("strandsone", package, scenario=change)
    counts = [one.table("bygninger").frame.loc["vindu", "alle"] for one in (base, changed)]
    assert counts == [2, 3]
    assert changed.provenance is not None
    assert changed.provenance.scenario == "Nytt hus"
    assert changed.provenance.command == "askergeo strandsone --data pakke --scenario nytt"


def test_of_alternatives_only_the_better_one_is_missed(package: DataPackage) -> None:
    cell = frame([shapely.box(0, 0, 250, 250)], rute_id=["1"], bosatte=[300])
    package.write("befolkning_rute", cell, origin=ORIGIN)
    missed = {one.layer for one in run("tettsted_avgrens", package).missing}
    assert {"adresse", "befolkning"} <= missed
    address = frame([shapely.Point(5, 25)], adresse_id=["a"])
    package.write("adresse", address, origin=ORIGIN)
    people = pd.DataFrame({"adresse_id": ["a"], "alder": [40], "antall": [250]})
    package.write("befolkning", people, origin=ORIGIN)
    result = run("tettsted_avgrens", package)
    missed = {one.layer for one in result.missing}
    assert not missed & {"adresse", "befolkning", "befolkning_rute"}
    assert result.table("tettsteder").frame.loc["tettsteder", "bosatte"] == 250


@pytest.mark.parametrize("analysis", ["strandsone", "tettsted_avgrens"])
def test_the_registry_names_layers_columns_and_parameters_that_exist(analysis: str) -> None:
    catalogue, one = load_catalogue(), find(analysis)
    assert one is ANALYSES[analysis]
    assert callable(one.load())
    assert load_parameters(one.parameters)["kvartsirkel_segmenter"]
    for layer in (*one.needs, *one.uses):
        needed = [name[:-1] for name in one.columns[layer] if name.endswith("*")]
        assert set(needed) <= set(catalogue[layer].columns), layer
    assert set(one.without) == set(one.uses)
    assert {layer for group in one.either for layer in group} <= set(one.uses)


def test_only_uncertain_values_that_the_answer_used_are_warned_of(package: DataPackage) -> None:
    roads = frame([shapely.LineString([(0, 50), (900, 50)])], vegtype=["bilveg"])
    package.write("veg", roads, origin=ORIGIN)
    assert any("Halv vegbredde" in text for text in run("strandsone", package).warnings)
    bare = DataPackage.create(package.path.parent / "uten", municipality="3203")
    for layer, rows in (("kommunegrense", boundary()), ("kystkontur", coast())):
        bare.write(layer, rows, origin=ORIGIN)
    bare.write("vann", sea(), origin=ORIGIN)
    bare.write("veg", roads, origin=ORIGIN)
    assert not any("Halv vegbredde" in text for text in run("strandsone", bare).warnings)


def test_rows_that_were_set_aside_are_warned_of_but_not_those_outside(
    package: DataPackage,
) -> None:
    places = np.array([shapely.Point(X, Y), shapely.Point(X + 1, Y), None], dtype=object)
    avvik = join_avvik(
        [
            make_avvik([4], "mangler_geometri", "t", SET_ASIDE, places=places[2:], crs=CRS),
            make_avvik([5], "utenfor_kommunen", "t", SET_ASIDE, places=places[:1], crs=CRS),
            make_avvik([6], "dobbel_geometri", "t", KEPT, places=places[1:2], crs=CRS),
        ],
        CRS,
    )
    package.write("bygning", building(2020), origin=ORIGIN, overwrite=True, avvik=avvik)
    (told,) = [text for text in run("oversikt", package).warnings if "satt til side" in text]
    assert told.startswith("1 rad i laget «Bygning")
    assert "Geometri mangler: 1" in told


def sea() -> gpd.GeoDataFrame:
    return frame([shapely.box(0, -500, 1000, 0)], vanntype=["hav"])
