"""The ledger: a village reckoned by hand, sums that close, and pandas counting in another way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.analyses import find
from askergeo.errors import LayerError, ParameterError
from askergeo.network.paths import Network
from askergeo.network.profiles import metres
from askergeo.parameters import load_parameters
from askergeo.result import Status
from askergeo.transport._ledger_places import centres_of, located
from askergeo.transport.ledger import (
    BUILT,
    EXPECTED,
    MEASURES,
    PERMITTED,
    PLANNED,
    STAGES,
    distance_labels,
    make_ledger,
    yearly,
)
from askergeo.transport.ledger_targets import column_of, targets
from askergeo.transport.zones import SIDES, make_zones
from tests.network.graphs import graph_of

CRS = "EPSG:25832"
PARAMETERS = load_parameters(
    find("nullvekst_regnskap").parameters,
    {"kollektiv_los_del_m": 0, "regnskap_prioritert": "kommunesenter"},
)
# The municipality is 4 km square; the line runs along y = 2000.
GROUND = gpd.GeoDataFrame(
    {"kommunenummer": ["0001"], "omfang": ["land"]}, geometry=[shapely.box(0, 0, 4000, 4000)],
    crs=CRS,
)  # fmt: skip
LINE = gpd.GeoDataFrame(
    {"linje_id": [1]}, geometry=[shapely.LineString([(0, 2000), (4000, 2000)])], crs=CRS
)
# One street from west to east, 500 m north of the line.
STREET = [[(x, 2500.0), (x + 1000, 2500.0)] for x in (0.0, 1000.0, 2000.0, 3000.0)]


def layer(rows: dict[str, list], shapes: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.DataFrame(rows), geometry=shapes, crs=CRS)


def point(x: float, y: float = 2500.0) -> shapely.Point:
    return shapely.Point(x, y)


def network() -> Network:
    graph = graph_of(STREET)
    return Network.of(graph, metres(graph))


ZONES = make_zones(LINE, GROUND, parameters=PARAMETERS)
CENTRES = layer(
    {"senter_id": ["S1", "S2"], "navn": ["Byen", "Bygda"], "niva": ["kommunesenter", "naersenter"]},
    [point(1000), point(2500)],
)
STOPS = layer(
    {"holdeplass_id": ["H1", "H2"], "transportmiddel": ["buss", "tog"]}, [point(1100), point(3300)]
)
# 101: a house of 2020. 102: of 2021, with a permit that is the same. 103: of 1980, rebuilt in 2022
# with 2 of its 5 dwellings. 104: without year. 105: a shop of 1000 m² of 2020.
HOUSES = layer(
    {
        "bygning_id": ["101", "102", "103", "104", "105"],
        "bygningstype": pd.array([111, 142, 142, 111, 321], dtype="Int64"),
        "tatt_i_bruk": pd.array([2020, 2021, 1980, None, 2020], dtype="Int64"),
        "boliger": pd.array([1, 10, 5, 1, 0], dtype="Int64"),
        "bruksareal": [100.0, 900.0, 400.0, 90.0, 1000.0],
    },
    [point(1000), point(1900), point(2400), point(3000), point(1000)],
)
# A is house 102, B the rebuilding of 103, C is finished and in no register, D torn down, E not
# finished and south of the line, F says no building but stands where house 101 does.
PERMITS = layer(
    {
        "sak_id": list("ABCDEF"),
        "tillatt_aar": [2019, 2021, 2019, 2020, 2021, 2018],
        "ferdig_aar": pd.array([2021, 2022, 2021, 2022, None, 2020], dtype="Int64"),
        "boliger": pd.array([10, 2, 4, -3, 20, 1], dtype="Int64"),
        "naering": [None, None, "kontor", None, None, None],
        "naering_m2": [None, None, 250.0, None, None, None],
        "bygning_id": ["102", "103", "999", None, None, None],
    },
    [point(1900), point(2400), point(3300), point(1050), point(1000, 100), point(1000)],
)
# Half of P1 lies on either side of the line; P2 is late and comes in 2023; P3 was certain in 2022.
PROGRAMME = layer(
    {
        "prosjekt_id": ["P1", "P2", "P3"],
        "boligtype": ["enebolig"] * 3,
        "aar": [2025, 2021, 2022],
        "boliger": [40, 10, 7],
        "sannsynlighet": [50.0, 80.0, 100.0],
        "status": ["regulert", "regulert", "bygges"],
    },
    [shapely.box(900, 1900, 1100, 2100), point(2400), point(2400)],
)
TRADE = layer(
    {
        "prosjekt_id": ["N1", "N2"],
        "naering": ["kontor", "handel"],
        "aar": [2024, 2024],
        "naering_m2": [250.0, None],
        "arbeidsplasser": [None, 30],
        "sannsynlighet": [100.0, 50.0],
    },
    [point(1000), point(3000, 100)],
)


def village(**change):
    layers = {
        "bygning": HOUSES, "byggetillatelse": PERMITS, "boligprogram": PROGRAMME,
        "naeringsprogram": TRADE, "senter": CENTRES, "holdeplass": STOPS, "zones": ZONES,
        "network": network(), "parameters": PARAMETERS,
    }  # fmt: skip
    return make_ledger(**{**layers, **change})


def sums(ledger, stage, measure="boliger", by="sone"):
    """Sums of a stage by year and class, in words: {(year, class): number}."""
    mine = ledger.parts[ledger.parts["trinn"] == stage]
    found = mine.groupby(["aar", by])[measure].sum()
    return {key: value for key, value in found.items() if value}


def test_every_dwelling_is_built_once():
    ledger = village()
    assert sums(ledger, BUILT) == {
        (2020, "nord"): 1,  # house 101, which permit F is too
        (2021, "nord"): 10 + 4,  # house 102, which permit A is; C, which no house is
        (2022, "nord"): 2 - 3,  # the rebuilding B; what D tore down
    }
    # The rest of house 103 was built in 1980, before the ledger begins.
    assert sums(village(parameters=PARAMETERS.override({"regnskap_fra_aar": 1980})), BUILT)[
        1980, "nord"
    ] == 3  # fmt: skip
    faults = ledger.faults.set_index("regel")["rad"]
    assert faults["tillatelse_gjettet_bygg"] == "F"
    assert "bygning_uten_aar" in faults.index


def test_permits_count_by_the_year_they_were_given():
    assert sums(village(), PERMITTED) == {
        (2018, "nord"): 1,
        (2019, "nord"): 14,
        (2020, "nord"): -3,
        (2021, "nord"): 2,
        (2021, "sor"): 20,
    }


def test_plans_are_split_by_the_line_and_weighted_by_their_probability():
    ledger = village()
    # What is built is known to 2022: P2 comes in 2023, P3 is there.
    assert sums(ledger, PLANNED) == {(2023, "nord"): 10, (2025, "nord"): 20, (2025, "sor"): 20}
    assert sums(ledger, PLANNED, f"{EXPECTED}boliger") == {
        (2023, "nord"): 8, (2025, "nord"): 10, (2025, "sor"): 10,
    }  # fmt: skip
    late = ledger.faults.set_index("regel")["rad"]
    assert late["regnskap_forsinket"].startswith("P2")
    assert late["regnskap_ferdig"].startswith("P3")


def test_jobs_come_from_floor_area_where_nobody_counted_them():
    ledger = village()
    assert sums(ledger, BUILT, "jobber") == {(2020, "nord"): 1000 / 50, (2021, "nord"): 250 / 25}
    assert sums(ledger, PLANNED, "ventet_jobber") == {(2024, "nord"): 10, (2024, "sor"): 15}


def test_the_highest_centre_within_walking_distance_counts():
    ledger = village()
    # The town reaches 1000 m from x = 1000: 101, 102 at 900 m; the village 500 m from x = 2500.
    level = ledger.rows.set_index(["trinn", "rad"])["niva"]
    assert level[BUILT, "101"] == "kommunesenter"
    assert level[BUILT, "102"] == "kommunesenter"
    assert level[BUILT, "B"] == "naersenter"
    assert level[BUILT, "C"] == "utenfor"
    # E is 2400 m south of the street, and nobody knows the way; but no centre is near either.
    assert level[PERMITTED, "E"] == "utenfor"
    assert ledger.rows.set_index(["trinn", "rad"])["senter_m"][BUILT, "102"] == pytest.approx(900)


def test_where_two_centres_reach_the_higher_level_has_it():
    # 1000 m from the town, its limit, and 500 m from the village, its limit; then half a metre on.
    points = gpd.GeoSeries([point(2000), point(2000.5), point(3000), point(3000.5)], crs=CRS)
    places, _ = located(
        points, network=network(), centres=centres_of(CENTRES, PARAMETERS), holdeplass=None,
        parameters=PARAMETERS,
    )  # fmt: skip
    assert places["niva"].tolist() == ["kommunesenter", "naersenter", "naersenter", "utenfor"]
    assert places["prioritert"].tolist() == ["ja", "nei", "nei", "nei"]


def test_distances_to_stop_and_station_fall_in_classes():
    ledger = village()
    at = ledger.rows.set_index(["trinn", "rad"])
    assert at["holdeplass_m"][BUILT, "102"] == pytest.approx(800)
    assert at["stasjon_m"][BUILT, "102"] == pytest.approx(1400)
    labels = distance_labels([300.0, 500.0, 1000.0])
    found = sums(ledger, BUILT, by="holdeplass")
    assert found == {
        (2020, labels[0]): 1,
        (2021, labels[2]): 10,
        (2021, labels[0]): 4,
        (2022, labels[2]): 2,  # x = 2400 is 900 m from the train at 3300
        (2022, labels[0]): -3,
    }
    assert sums(ledger, PERMITTED, by="holdeplass")[2021, "ukjent"] == 20


def test_targets_say_what_is_met_and_what_nobody_knows():
    ledger = village()
    found = {(t.name, t.stage, t.measure): t for t in targets(ledger, PARAMETERS)}
    built = found["prioritert", BUILT, "boliger"]
    # Built 14: 1 + 10 − 3 in the town (101, 102, D at x = 1050), 4 + 2 elsewhere.
    assert (built.growth, built.inside) == (14, 8)
    assert built.low == built.high == pytest.approx(100 * 8 / 14)
    assert built.status is Status.HIT_RED
    assert "57,1 %" in built.reason
    walk = found["gange", BUILT, "boliger"]
    # All but nothing: C lies at the train, B in the village.
    assert walk.low == 100
    assert walk.status is Status.NO_HIT
    # E may be 2400 m from a stop, or not: nobody knows the way.
    assert found["gange", PERMITTED, "boliger"].status is Status.HIT_YELLOW


def test_years_that_no_layer_speaks_of_are_unknown():
    ledger = village(bygning=None, boligprogram=None, naeringsprogram=None)
    table = yearly(ledger, PERMITTED, "boliger", "sone", SIDES)
    # The permits begin in 2018: they say nothing of 2016, and 2022 is not over for them.
    assert table.loc[[2016, 2017]].isna().all(axis=None)
    assert table.loc[2018, "sum"] == 1
    assert table.loc[2020, "sum"] == -3
    assert np.isnan(yearly(ledger, PLANNED, "boliger", "sone", SIDES)).all(axis=None)
    # Fetched in 2025, a year without permits is a year without permits.
    later = village(bygning=None, boligprogram=None, naeringsprogram=None,
                    fetched={"byggetillatelse": 2025})  # fmt: skip
    table = yearly(later, PERMITTED, "boliger", "sone", SIDES)
    assert table.loc[[2022, 2023, 2024], "sum"].tolist() == [0, 0, 0]


def test_without_line_centres_stops_and_network_all_is_unknown_but_counted():
    ledger = village(zones=None, senter=None, holdeplass=None, network=None)
    assert set(ledger.parts["sone"]) == {"ukjent"}
    assert set(ledger.parts["niva"]) == {"ukjent"}
    assert set(ledger.parts["holdeplass"]) == {"ukjent"}
    assert ledger.parts.loc[ledger.parts["trinn"] == BUILT, "boliger"].sum() == 14
    found = targets(ledger, PARAMETERS)
    built = next(t for t in found if (t.name, t.stage) == ("prioritert", BUILT))
    assert built.status is Status.HIT_YELLOW


def test_a_building_and_a_permit_that_differ_are_told():
    permits = PERMITS.assign(boliger=pd.array([9, 2, 4, -3, 20, 1], dtype="Int64"))
    ledger = village(byggetillatelse=permits)
    assert sums(ledger, BUILT)[2021, "nord"] == 14
    told = ledger.faults.set_index("regel")["rad"]
    assert told["bygning_ulik_tillatelse"] == "102 (10 mot 9)"


def test_a_permit_on_the_place_of_another_permits_building_is_its_own():
    # F stands where house 101 does; but here permit A says that 101 is A's.
    permits = PERMITS.assign(bygning_id=["101", "103", "999", None, None, None])
    permits.loc[0, ["tillatt_aar", "ferdig_aar", "boliger"]] = [2019, 2020, 1]
    assert sums(village(byggetillatelse=permits), BUILT) == {
        (2020, "nord"): 1 + 1, (2021, "nord"): 10 + 4, (2022, "nord"): 2 - 3,
    }  # fmt: skip


def test_rows_without_place_or_number_are_told_and_never_zero():
    permits = PERMITS.copy()
    permits.loc[4, "geometry"] = None
    permits.loc[1, "boliger"] = None
    ledger = village(byggetillatelse=permits, bygning=None)
    told = ledger.faults.set_index("regel")["rad"]
    assert told["vekst_uten_sted"] == "E"
    assert told["tillatelse_uten_antall"] == "B"
    mine = ledger.parts[ledger.parts["trinn"] == PERMITTED]
    lost = ledger.rows.index[(ledger.rows["rad"] == "E") & (ledger.rows["trinn"] == PERMITTED)]
    row = mine[mine["row"] == lost[0]].iloc[0]
    assert (row["sone"], row["niva"], row["holdeplass"]) == ("ukjent", "ukjent", "ukjent")
    assert row["boliger"] == 20


def test_nothing_to_count_is_refused():
    with pytest.raises(LayerError, match="bygd, tillatt eller planlagt"):
        make_ledger(parameters=PARAMETERS)


def test_layers_without_years_are_refused_so_that_a_report_goes_on():
    bare = HOUSES.drop(columns="tatt_i_bruk")
    only = {"byggetillatelse": None, "boligprogram": None, "naeringsprogram": None}
    with pytest.raises(LayerError, match="ikke når noe er bygd"):
        village(bygning=bare, **only)
    with pytest.raises(LayerError, match="årene etter 2021"):
        village(parameters=PARAMETERS.override({"regnskap_fra_aar": 2100}), **only)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"regnskap_prioritert": "Byn"}, "Byn"),
        ({"regnskap_avstander": "500,300"}, "stigende"),
        ({"regnskap_fra_aar": 2100, "regnskap_til_aar": 2099}, "ingen år"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(change, word):
    with pytest.raises(ParameterError, match=word):
        village(parameters=PARAMETERS.override(change))


def test_a_centre_that_is_written_wrongly_is_suggested():
    with pytest.raises(ParameterError, match="Mente du «Byen»"):
        village(parameters=PARAMETERS.override({"regnskap_prioritert": "Byn"}))
    with pytest.raises(ParameterError, match=r"sentrene .*Byen"):
        village(parameters=PARAMETERS.override({"regnskap_prioritert": "Asker sentrum"}))


permits_of = st.lists(
    st.tuples(
        st.integers(2014, 2026),
        st.one_of(st.none(), st.integers(0, 4)),
        st.one_of(st.none(), st.integers(-20, 60)),
        st.floats(0, 3900),
        st.floats(0, 3900),
        st.floats(0, 400),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12, deadline=None)
@given(permits_of, st.integers(500, 3500))
def test_sums_over_zones_levels_and_distances_are_the_total(rows, line_y):
    granted, took, homes, x, y, wide = zip(*rows, strict=True)
    permits = layer(
        {
            "sak_id": [f"T{k}" for k in range(len(rows))],
            "tillatt_aar": granted,
            "ferdig_aar": pd.array(
                [None if t is None else g + t for g, t in zip(granted, took, strict=True)],
                dtype="Int64",
            ),
            "boliger": pd.array(homes, dtype="Int64"),
        },
        [
            shapely.box(a, b, a + w, b + w) if w > 1 else point(a, b)
            for a, b, w in zip(x, y, wide, strict=True)
        ],
    )
    line = LINE.set_geometry([shapely.LineString([(0, line_y), (4000, line_y)])])
    ledger = village(
        bygning=None, byggetillatelse=permits, naeringsprogram=None,
        zones=make_zones(line, GROUND, parameters=PARAMETERS),
    )  # fmt: skip
    first, last = ledger.years
    # Another way of counting: plain Python over the rows.
    given_out = sum((h or 0) for g, h in zip(granted, homes, strict=True) if first <= g <= last)
    done = sum(
        (h or 0)
        for g, t, h in zip(granted, took, homes, strict=True)
        if t is not None and first <= g + t <= last
    )
    for stage, total in ((PERMITTED, given_out), (BUILT, done)):
        mine = ledger.parts[ledger.parts["trinn"] == stage]
        for by in ("sone", "niva", "senter_id", "holdeplass", "stasjon", "prioritert", "gange"):
            assert mine.groupby(by)["boliger"].sum().sum() == pytest.approx(total, abs=1e-6)
        shares = mine.groupby("row")["andel"].sum()
        assert np.allclose(shares, 1.0)
    account = ledger.account
    parts = account[["regnet", "annen_rad", "ikke_regnet"]].sum(axis=1)
    assert np.allclose(parts, account["i_laget"])


def test_pandas_adds_up_alike():
    """The parts pivoted by hand, and the tables of years."""
    ledger = village()
    for stage in STAGES:
        for measure in MEASURES:
            column = column_of(stage, measure)
            table = yearly(ledger, stage, column, "sone", SIDES)
            plain = (
                ledger.parts.query("trinn == @stage")
                .set_index(["aar", "sone"])[column]
                .groupby(level=[0, 1])
                .sum()
            )
            for (year, side), value in plain.items():
                if ledger.is_known(stage, measure, year):
                    assert table.loc[year, side] == pytest.approx(value)
            assert np.nansum(table["sum"]) == pytest.approx(
                sum(v for (y, _), v in plain.items() if ledger.is_known(stage, measure, y))
            )
