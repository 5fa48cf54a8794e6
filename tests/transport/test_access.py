"""The table of classes cell by cell, and classes by all pairs of points and stops of networkx."""

from __future__ import annotations

from itertools import pairwise, product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import LayerError, ParameterError
from askergeo.network.departures import MODES, stop_places
from askergeo.network.paths import Network
from askergeo.network.profiles import edge_costs, find_profile, metres
from askergeo.parameters import load_parameters
from askergeo.transport.access import (
    CLASSES,
    UNKNOWN,
    access_from,
    access_of,
    class_of,
    rules_of,
    walks_of,
)
from tests.network.graphs import graph_of, random_graph
from tests.network.peers import peer_matrix

PARAMETERS = load_parameters("kollektiv", {"kollektiv_los_del_m": 0})
CRS = "EPSG:25832"
# As the travel survey states it (TØI): the rule of each class, one by one, in words of its own.
STATED = {
    "svært god": lambda m, n: m < 1000 and n >= 4,
    "god": lambda m, n: (m < 1000 and 2 <= n < 4) or (1000 <= m <= 1500 and n >= 4),
    "middels": lambda m, n: (m < 1000 and 1 <= n < 2) or (1000 <= m <= 1500 and 2 <= n < 4),
    "dårlig": lambda m, n: (m < 1000 and n < 1) or (1000 <= m <= 1500 and n < 2),
    "svært dårlig": lambda m, _: m > 1500,
}
METRES = (0, 0.5, 499.9, 999.999, 1000, 1000.001, 1499.999, 1500, 1500.001, 1e6, np.inf)
DEPARTURES = (0, 0.05, 0.99, 1, 1.0001, 1.5, 1.99, 2, 2.5, 3, 3.5, 3.999, 4, 4.5, 60)


def test_each_walk_and_number_of_departures_has_one_class_and_only_one():
    rules = rules_of(PARAMETERS)
    for far, many in product(METRES, DEPARTURES):
        stated = [name for name, holds in STATED.items() if holds(far, many)]
        assert len(stated) == 1, (far, many, stated)  # neither gap nor overlap in the rules
        assert class_of(np.array(far), np.array(many), rules).item() == stated[0], (far, many)


def test_a_grid_of_walks_and_departures_has_no_gap_and_gets_worse_only():
    rules = rules_of(PARAMETERS)
    far, many = np.linspace(0, 2000, 801), np.linspace(0, 8, 321)
    code = pd.Categorical(
        class_of(far[:, None], many[None, :], rules).ravel(), categories=CLASSES
    ).codes.reshape(len(far), len(many))
    assert code.min() == 0
    assert (np.diff(code, axis=0) >= 0).all()
    assert (np.diff(code, axis=1) <= 0).all()


def test_what_is_not_known_is_unknown_unless_it_does_not_matter():
    rules = rules_of(PARAMETERS)
    found = class_of(np.array([np.nan, 500.0, 2000.0]), np.array([4.0, np.nan, np.nan]), rules)
    assert found.tolist() == [UNKNOWN, UNKNOWN, "svært dårlig"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"kollektiv_klasse_meter": "1500,1000"}, "rekkefølge"),
        ({"kollektiv_klasse_avganger": "1,2,4"}, "rekkefølge"),
        ({"kollektiv_klasse_avganger": "4,2"}, "klasser"),
        ({"kollektiv_klasse_naer": "god,svært god,middels,dårlig"}, "bedre"),
        ({"kollektiv_klasse_lenger": "svært god,middels,dårlig,dårlig",
          "kollektiv_klasse_naer": "god,god,middels,dårlig"}, "bedre"),
        ({"kollektiv_klasse_naer": "svært god,bra,middels,dårlig"}, "bra"),
        ({"kollektiv_klasse_meter": "1000,mange"}, "leses"),
    ],
)  # fmt: skip
def test_a_table_that_makes_no_sense_is_refused(change, word):
    with pytest.raises(ParameterError, match=word):
        rules_of(PARAMETERS.override(change))


def stops(*rows):
    """Stops from (id, x, y, place)."""
    ids, x, y, place = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"holdeplass_id": ids, "navn": [f"Ved {one}" for one in ids], "stoppested_id": place,
         "transportmiddel": "buss"},
        geometry=shapely.points(x, y), crs=CRS,
    )  # fmt: skip


def hourly(rates):
    """Departures between 9 and 15, so many an hour from each place, on a line of its own."""
    records = [
        {"sted": place, "linje_id": f"L{place}", "transportmiddel": "buss", "retning": 0,
         "avgang_s": 9 * 3600 + number * 60.0}
        for place, rate in rates.items() for number in range(round(rate * 6))
    ]  # fmt: skip
    columns = ["sted", "linje_id", "transportmiddel", "retning", "avgang_s"]
    return pd.DataFrame(records, columns=columns)


def network_of(graph):
    return Network.of(graph, metres(graph))


def access(points, graph, holdeplass, rates, parameters=PARAMETERS):
    places = stop_places(holdeplass, near_m=0)
    walks = walks_of(points, holdeplass, network_of(graph), parameters)
    departures = None if rates is None else hourly(rates)
    return access_from(walks, holdeplass, places, departures, parameters, index=points.index)


# A street of 4 km; stops at 1000 m (once an hour) and 2200 m (six an hour), and one never served.
LINE = graph_of([[(float(x), 0.0), (x + 100.0, 0.0)] for x in range(0, 4000, 100)])
ON_LINE = stops(("A", 1000.0, 10.0, "a"), ("B", 2200.0, 0.0, "b"), ("C", 800.0, 0.0, "c"))
RATES = {"a": 1, "b": 6}


def test_the_best_of_all_stops_counts_not_the_nearest():
    x = [900.0, 1250.0, 700.0, 2200.0, 0.0, 3700.5, 600.0]
    points = gpd.GeoSeries(shapely.points(x, 0.0), crs=CRS, index=list("pqrstuv"))
    found = access(points, LINE, ON_LINE, RATES)
    assert found["klasse"].to_dict() == {
        # 110 m to A (1 an hour: middels), 1300 m to B (6: god).
        "p": "god", "q": "svært god", "r": "god", "s": "svært god",
        # 1010 m to A: dårlig. 1500.5 m from B: svært dårlig.
        "t": "dårlig", "u": "svært dårlig",
        # 1600 m to B is too far; A is 410 m off.
        "v": "middels",
    }  # fmt: skip
    assert found["holdeplass_id"].fillna("").tolist() == ["B", "B", "B", "B", "A", "", "A"]
    assert found["stoppested_id"].fillna("").tolist() == ["b", "b", "b", "b", "a", "", "a"]
    assert found["gangavstand_m"].tolist() == pytest.approx(
        [1300, 950, 1500, 0, 1010, np.nan, 410], nan_ok=True
    )
    assert found["avganger_time"].tolist() == pytest.approx([6, 6, 6, 6, 1, np.nan, 1], nan_ok=True)
    # The nearest is told, served or not: C has no departures.
    assert found["naermeste_id"].tolist() == ["C", "A", "C", "B", "C", "B", "C"]
    assert found["naermeste_m"].tolist() == pytest.approx([100, 260, 100, 0, 800, 1500.5, 200])


def test_stops_that_are_never_served_give_no_access_and_rarely_served_ones_a_poor():
    points = gpd.GeoSeries(shapely.points([800.0], 0.0), crs=CRS)
    only_c = ON_LINE[ON_LINE["holdeplass_id"] == "C"].reset_index(drop=True)
    assert access(points, LINE, only_c, {})["klasse"].item() == "svært dårlig"
    # A departure in the morning, none between 9 and 15.
    early = hourly({"c": 1 / 6}).assign(avgang_s=7 * 3600.0)
    places = stop_places(only_c, near_m=0)
    walks = walks_of(points, only_c, network_of(LINE), PARAMETERS)
    found = access_from(walks, only_c, places, early, PARAMETERS, index=points.index)
    assert found["klasse"].item() == "dårlig"
    assert found["avganger_time"].item() == 0


def test_without_a_timetable_the_class_is_unknown_and_the_distance_is_there():
    points = gpd.GeoSeries(shapely.points([900.0, 0.0], 0.0), crs=CRS, index=[7, 3])
    found = access_of(
        points, network=network_of(LINE), holdeplass=ON_LINE, timetable=None, parameters=PARAMETERS
    )
    assert found.index.tolist() == [7, 3]
    assert found["klasse"].tolist() == [UNKNOWN, UNKNOWN]
    assert found["naermeste_m"].tolist() == [100.0, 800.0]
    assert found["avganger_time"].isna().all()


def test_points_off_the_network_or_without_a_place_are_unknown():
    points = gpd.GeoSeries([shapely.Point(900, 151), shapely.Point(900, 149), None], crs=CRS)
    found = access(points, LINE, ON_LINE, RATES)
    assert found["klasse"].tolist() == [UNKNOWN, "god", UNKNOWN]
    assert np.isnan(found["naermeste_m"].to_numpy()[[0, 2]]).all()


def test_a_short_part_without_stops_is_unknown_and_a_long_one_is_far_away():
    island = [[(float(x), 5000.0), (x + 100.0, 5000.0)] for x in range(0, 1000, 100)]
    street = [[(float(x), 0.0), (x + 100.0, 0.0)] for x in range(0, 4000, 100)]
    graph = graph_of([*street, *island])
    points = gpd.GeoSeries(shapely.points([50.0], 5000.0), crs=CRS)
    for shortest, expected in ((2000, UNKNOWN), (500, "svært dårlig")):
        changed = PARAMETERS.override({"kollektiv_los_del_m": shortest})
        assert access(points, graph, ON_LINE, RATES, changed)["klasse"].item() == expected


def test_a_network_in_seconds_is_refused():
    network = Network.of(LINE, edge_costs(LINE, find_profile("voksen")))
    with pytest.raises(LayerError, match="meter"):
        walks_of(gpd.GeoSeries([shapely.Point(0, 0)], crs=CRS), ON_LINE, network, PARAMETERS)


@pytest.mark.parametrize("seed", range(6))
def test_every_class_agrees_with_all_pairs_of_points_and_stops(seed):
    """All pairs by networkx, each classed by the survey's own words; the best is the answer."""
    random = np.random.default_rng(seed)
    graph = random_graph(seed, nodes=80, keep=0.45, side=4000)
    points = gpd.GeoSeries(shapely.points(random.uniform(0, 4000, (60, 2))), crs=CRS)
    xy = random.uniform(0, 4000, (9, 2))
    holdeplass = stops(*((f"H{n}", x, y, f"P{n // 2}") for n, (x, y) in enumerate(xy)))
    rates = {f"P{n}": rate for n, rate in enumerate(random.choice([0, 0.5, 1, 1.5, 3, 4, 8], 5))}
    parameters = PARAMETERS.override(
        {"kollektiv_koble_m": 300, "kollektiv_koble_holdeplass_m": 300}
    )
    found = access(points, graph, holdeplass, rates, parameters)
    walks = walks_of(points, holdeplass, network_of(graph), parameters)
    pairs = peer_matrix(graph, metres(graph), walks.points, walks.stops)
    for row, far in enumerate(pairs):
        if np.isnan(far).all():
            assert found["klasse"][row] == UNKNOWN
            continue
        classes = [
            next(i for i, name in enumerate(CLASSES) if STATED[name](metre, rates[f"P{n // 2}"]))
            for n, metre in enumerate(far)
            if not np.isnan(metre) and rates[f"P{n // 2}"] > 0
        ]
        best = min(classes, default=4)
        assert found["klasse"][row] == CLASSES[best], (row, far)
        assert np.nanmin(far) == pytest.approx(found["naermeste_m"][row], abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_more_departures_or_another_stop_never_make_a_class_worse(seed):
    random = np.random.default_rng(100 + seed)
    graph = random_graph(seed, nodes=80, keep=0.5, side=4000)
    points = gpd.GeoSeries(shapely.points(random.uniform(0, 4000, (80, 2))), crs=CRS)
    xy = random.uniform(0, 4000, (8, 2))
    holdeplass = stops(*((f"H{n}", x, y, f"P{n}") for n, (x, y) in enumerate(xy)))
    rates = {f"P{n}": rate for n, rate in enumerate(random.choice([0, 0.5, 1, 2, 4], 7))}
    parameters = PARAMETERS.override(
        {"kollektiv_koble_m": 300, "kollektiv_koble_holdeplass_m": 300}
    )
    fewer = holdeplass.iloc[:-1].reset_index(drop=True)
    runs = [
        access(points, graph, fewer, rates, parameters),
        access(points, graph, fewer, rates | {"P0": 6, "P3": 6}, parameters),
        access(points, graph, holdeplass, rates | {"P0": 6, "P3": 6, "P7": 6}, parameters),
    ]
    codes = [pd.Categorical(run["klasse"], categories=[*CLASSES, UNKNOWN]).codes for run in runs]
    for before, after in pairwise(codes):
        assert (after <= before).all()
    assert (codes[2] < codes[0]).any()


def test_the_layer_of_stops_knows_the_means_of_transport_that_are_counted():
    from askergeo.catalogue import load_catalogue  # noqa: PLC0415

    known = load_catalogue()
    assert set(known["holdeplass"].columns["transportmiddel"].codes) == set(MODES)
    assert set(known["rutelinje"].columns["transportmiddel"].codes) == set(MODES)
