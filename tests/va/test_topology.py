"""The faults of the map of pipes: each kind is found where it is planted, and nowhere else."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.va.topology import Topology, topology

P = load_parameters("va_nett")
COLUMNS = ("materiale", "dimensjon_mm", "anleggsaar", "funksjon", "status", "hoyde_fra", "hoyde_til",
           "fra_node_id", "til_node_id")  # fmt: skip


def pipe(name: str, *at: tuple[float, float], **more: Any) -> dict[str, Any]:
    """One pipe in order: of PVC, 150 mm, from 1990."""
    usual = {"type": "vann", "materiale": "PVC", "dimensjon_mm": 150, "anleggsaar": 1990,
             "funksjon": "fordelingsledning"}  # fmt: skip
    return {"ledning_id": name, "geometry": shapely.LineString(at)} | usual | more


def sewer(name: str, *at: tuple[float, float], **more: Any) -> dict[str, Any]:
    return pipe(name, *at, type="spillvann", **more)


def frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    data = pd.DataFrame(rows)
    return gpd.GeoDataFrame(data, geometry="geometry", crs="EPSG:25832")


def points(key: str, *rows: tuple[Any, ...], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {key: [one[0] for one in rows], "type": [one[1] for one in rows]} | columns,
        geometry=[shapely.Point(one[2:4]) for one in rows],
        crs="EPSG:25832",
    )


def sound() -> tuple[list[dict[str, Any]], gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """A little town without faults: water in a loop, a service pipe, a sewer that falls."""
    lines = [
        pipe("V1", (0, 0), (100, 0)),
        pipe("V2", (100, 0), (100, 100)),
        pipe("V3", (100, 100), (0, 100)),
        pipe("V4", (0, 100), (0, 0)),
        pipe("V5", (50, 0), (50, -12), funksjon="stikkledning", dimensjon_mm=32),
        pipe("V6", (100, 100), (160, 100)),
        sewer("S1", (0, 3), (100, 3), hoyde_fra=12.0, hoyde_til=11.0),
        sewer("S2", (100, 3), (200, 3), hoyde_fra=11.0, hoyde_til=10.0),
    ]
    stands = points(
        "node_id",
        ("K1", "kum", 0, 3),
        ("K2", "kum", 100, 3),
        ("E1", "endepunkt", 160, 100),
    )
    plants = points("anlegg_id", ("VV1", "vannverk", 0, 0), ("RA1", "renseanlegg", 200, 3))
    return lines, stands, plants


def faults(found: Topology) -> list[tuple[str, str, str]]:
    return sorted(zip(found.faults["regel"], found.faults["id"], found.faults["medium"],
                      strict=True))  # fmt: skip


def run(
    lines: list[dict[str, Any]],
    stands: gpd.GeoDataFrame | None,
    plants: gpd.GeoDataFrame | None,
    modell: pd.DataFrame | None = None,
    **more: Any,
) -> Topology:
    return topology(frame(lines), stands, plants, modell, parameters=P, **more)


def test_a_map_in_order_has_no_faults() -> None:
    assert faults(run(*sound())) == []


WATER = {
    "los_ende": pipe("X", (30, 100), (30, 140)),
    "glippe_linje": pipe("X", (30, 0.4), (30, -30), funksjon="stikkledning"),
    "dobbel": pipe("X", (100, 100), (100, 0)),
    "dobbel_ulik": pipe("X", (0, 0), (100, 0), dimensjon_mm=200),
    "egen_del": pipe("X", (500, 0), (540, 0)),
    "null_lengde": pipe("X", (30, 40), (30, 40)),
    "ikke_i_drift": pipe("X", (300, 40), (310, 40), status="nedlagt"),
    "uten_dimensjon": pipe("X", (30, 0), (30, -9), funksjon="stikkledning", dimensjon_mm=0),
    "uten_materiale": pipe("X", (30, 0), (30, -9), funksjon="stikkledning", materiale="Ukjent"),
    "uten_aar": pipe("X", (30, 0), (30, -9), funksjon="stikkledning", anleggsaar=None),
    "umulig_aar": pipe("X", (30, 0), (30, -9), funksjon="stikkledning", anleggsaar=2099),
    "ukjent_type": pipe("X", (300, 40), (310, 40), type="fjernvarme"),
}


@pytest.mark.parametrize("rule", list(WATER))
def test_each_fault_is_found_and_no_other(rule: str) -> None:
    lines, stands, plants = sound()
    found = run([*lines, WATER[rule]], stands, plants)
    assert faults(found) == [(rule, "X", "vann")]
    row = found.faults.iloc[0]
    assert row["grunn"]
    assert row["endring"]
    assert row["sikkerhet"] in ("høy", "middels", "lav")
    assert row["geometry"] is not None


def test_crossings_are_found_with_both_pipes() -> None:
    lines, stands, plants = sound()
    end = points("node_id", ("E2", "endepunkt", 20, 30), ("E3", "endepunkt", 20, -30))
    stands = pd.concat([stands, end], ignore_index=True)
    extra = [pipe("X", (20, 30), (20, -30)), pipe("Y", (20, -30), (0, 0))]
    found = run([*lines, *extra], stands, plants)
    assert faults(found) == [("krysning", "V1", "vann")]
    assert found.faults["annen_id"].tolist() == ["X"]


def test_years_of_0_are_impossible_and_missing_years_are_missing() -> None:
    lines, stands, plants = sound()
    lines[0]["anleggsaar"], lines[1]["anleggsaar"] = 0, None
    assert faults(run(lines, stands, plants)) == [
        ("umulig_aar", "V1", "vann"), ("uten_aar", "V2", "vann"),
    ]  # fmt: skip


def test_a_sewer_that_rises_is_turned_in_the_network_only() -> None:
    lines, stands, plants = sound()
    lines[7] = sewer("S2", (200, 3), (100, 3), hoyde_fra=10.0, hoyde_til=11.0)
    found = run(lines, stands, plants)
    assert faults(found) == [("motfall", "S2", "avlop")]
    assert found.faults["meter"].tolist() == pytest.approx([1.0])
    assert found.faults["sikkerhet"].tolist() == ["høy"]


def test_pumped_sewers_may_rise() -> None:
    lines, stands, plants = sound()
    lines[7] = sewer("S2", (100, 3), (200, 3), hoyde_fra=10.0, hoyde_til=11.0,
                     funksjon="pumpeledning")  # fmt: skip
    assert faults(run(lines, stands, plants)) == []
    # Of unknown function, from a pumping station: pumped, unless someone measured its bottoms.
    lines[7]["funksjon"] = None
    stands.loc[1, "type"] = "pumpestasjon"
    assert faults(run(lines, stands, plants)) == [("motfall", "S2", "avlop")]
    lines[7]["hoyde_til"] = None
    found = run(lines, stands, plants)
    assert faults(found) == []
    network = found.networks["avlop"]
    assert network.pressure[network.row == 7].all()


def test_the_ground_tells_of_sewers_without_heights() -> None:
    lines, stands, plants = sound()
    lines[6]["hoyde_til"] = lines[7]["hoyde_fra"] = None
    ground = stands.assign(hoyde=[10.0, 14.0, np.nan])
    assert faults(run(lines, ground, plants)) == [("motfall_terreng", "S1", "avlop")]
    ground = stands.assign(hoyde=[10.0, 12.0, np.nan])
    assert faults(run(lines, ground, plants)) == []


def test_bottom_heights_of_nodes_serve_where_the_pipes_own_are_missing() -> None:
    lines, stands, plants = sound()
    for name in ("hoyde_fra", "hoyde_til"):
        lines[6][name] = None
    ground = stands.assign(bunnhoyde=[10.0, 10.5, np.nan])
    found = run(lines, ground, plants)
    assert faults(found) == [("motfall", "S1", "avlop")]
    assert found.faults["sikkerhet"].tolist() == ["middels"]


def test_a_loose_end_near_an_address_is_a_customers_when_the_function_is_unknown() -> None:
    lines, stands, plants = sound()
    lines.append(pipe("X", (30, 100), (30, 140), funksjon=None, dimensjon_mm=32))
    assert faults(run(lines, stands, plants)) == [("los_ende", "X", "vann")]
    home = np.array([[35.0, 145.0]])
    assert faults(run(lines, stands, plants, customers=home)) == []
    for wide in ({"funksjon": "fordelingsledning"}, {"dimensjon_mm": 150}):
        lines[-1] |= wide
        assert len(faults(run(lines, stands, plants, customers=home))) == 1
        lines[-1]["funksjon"] = None


def test_parts_are_alone_only_where_it_is_known_what_has_a_source() -> None:
    lines, stands, plants = sound()
    lines.append(pipe("X", (500, 0), (540, 0)))
    found = run(lines, stands, plants)
    part = found.parts[found.parts["medium"] == "vann"]
    assert part["forsynt"].tolist() == [True, False]
    assert part["lose_ender"].tolist() == [1, 2]
    unknown = run(lines, stands, None)
    assert unknown.parts["forsynt"].isna().all()
    alone = unknown.faults[unknown.faults["regel"] == "egen_del"]
    assert alone["id"].tolist() == ["X"]
    assert alone["sikkerhet"].tolist() == ["lav"]


def test_a_pumping_station_that_says_where_it_pumps_is_a_way_out() -> None:
    lines, stands, _ = sound()
    plants = points("anlegg_id", ("VV1", "vannverk", 0, 0), ("PS1", "pumpestasjon", 200, 3),
                    ("RA1", "renseanlegg", 900, 900))  # fmt: skip
    told = faults(run(lines, stands, plants.assign(til_anlegg_id=[None, "RA1", None])))
    assert told == [("anlegg_utenfor", "RA1", "avlop")]
    # Without it nobody knows where the sewage goes: the part is not called supplied.
    parts = run(lines, stands, plants).parts
    assert parts.loc[parts["medium"] == "avlop", "forsynt"].isna().all()


def test_pumps_without_curve_power_or_capacity_are_told_of() -> None:
    lines, stands, plants = sound()
    stands = pd.concat(
        [stands, points("node_id", ("P1", "pumpestasjon", 100, 0))], ignore_index=True
    )
    lines[1] |= {"funksjon": "pumpe", "fra_node_id": "P1", "til_node_id": None}
    assert faults(run(lines, stands, plants)) == [("pumpe_uten_kurve", "V2", "vann")]
    model = pd.DataFrame({"seksjon": ["PUMPS"], "tekst": [" V2 a b HEAD 1 ;"]})
    assert faults(run(lines, stands, plants, model)) == []
    bare = pd.DataFrame({"seksjon": ["PUMPS"], "tekst": [" V2 a b ; HEAD 1"]})
    assert len(faults(run(lines, stands, plants, bare))) == 1
    able = stands.assign(kapasitet_l_s=[np.nan, np.nan, np.nan, 20.0])
    assert faults(run(lines, able, plants)) == []


def test_the_summary_tells_before_and_after() -> None:
    lines, stands, plants = sound()
    lines.append(pipe("X", (160.3, 100), (200, 100), funksjon="stikkledning"))
    summary = run(lines, stands, plants).summary.set_index("medium")
    assert summary.loc["vann", ["ledninger", "med", "deler_for", "deler"]].tolist() == [7, 7, 3, 1]
    assert summary.loc["vann", "nett_m"] == pytest.approx(400 + 12 + 60 + 39.7)
    assert summary.loc["overvann", ["ledninger", "deler"]].tolist() == [0, 0]


def test_pipes_with_nothing_but_type_and_line_are_no_error() -> None:
    bare = frame([{"type": "vann", "geometry": shapely.LineString([(0, 0), (10, 0)])}])
    found = topology(bare, parameters=P)
    assert set(found.faults["regel"]) == {
        "los_ende", "uten_aar", "uten_dimensjon", "uten_materiale",
    }  # fmt: skip


def test_storm_water_is_not_called_alone_where_no_outlet_is_known() -> None:
    lines, stands, plants = sound()
    drains = [
        pipe("O1", (0, 300), (50, 300), type="overvann", funksjon="stikkledning"),
        pipe("O2", (0, 400), (50, 400), type="overvann", funksjon="stikkledning"),
    ]
    assert faults(run([*lines, *drains], stands, plants)) == []
    outlet = points("node_id", ("U1", "utlop", 50, 300))
    found = run([*lines, *drains], pd.concat([stands, outlet], ignore_index=True), plants)
    assert faults(found) == [("egen_del", "O2", "overvann")]
    assert found.faults["sikkerhet"].tolist() == ["lav"]
