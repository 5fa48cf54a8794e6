"""Times by every mode in a small world worked out by hand, and the classes of their ratios."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.network.driving import build_driving_graph
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.network.timetable import read_timetable
from askergeo.parameters import load_parameters
from askergeo.transport.competition import (
    CAR,
    RATIOS,
    TRANSIT,
    WALK,
    chosen,
    distinct,
    make_networks,
    make_targets,
    median_of,
    minutes_to,
    ratio_class,
    ratio_of,
    travel_minutes,
)

CRS = "EPSG:25832"
WAYS = {"tolerance_m": 1.0, "gap_m": 20.0}
SEVEN = 7 * 3600


def parameters(**changed):
    """Half the limit of 36 km/h is driven: 5 metres a second."""
    values = {"reisetid_bil_rush": 0.5, "reisetid_klynge_ansatte": 100} | changed
    return load_parameters("reisetid+rutesok", values)


def points(*xy) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(one) for one in xy], crs=CRS)


def roads(*lines, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(line) for line in lines]
    filled = {"vegtype": "bilveg", "vegkategori": "K", "fartsgrense": 36.0} | columns
    return gpd.GeoDataFrame(filled, geometry=shapes, crs=CRS, index=range(len(shapes)))


def centres(*rows) -> gpd.GeoDataFrame:
    """Rows of (name, level, x, y)."""
    return gpd.GeoDataFrame(
        {"senter_id": [row[0] for row in rows], "navn": [row[0] for row in rows],
         "niva": [row[1] for row in rows]},
        geometry=[shapely.Point(row[2:]) for row in rows], crs=CRS,
    )  # fmt: skip


def bus(*, every=30, ride=10):
    """From (0, 0) to (6000, 0), the first at 07:00, till after 09:00."""
    stops = gpd.GeoDataFrame(
        {"holdeplass_id": ["S0", "S1"], "navn": ["Start", "Slutt"], "transportmiddel": "buss"},
        geometry=points((0, 0), (6000, 0)).array, crs=CRS,
    )  # fmt: skip
    starts = np.arange(SEVEN, SEVEN + 3 * 3600, every * 60)
    trips = [f"T{n}" for n in range(len(starts))]
    calls = pd.DataFrame(
        {
            "tur_id": np.repeat(trips, 2),
            "rekkefolge": np.tile([0, 1], len(starts)),
            "holdeplass_id": np.tile(["S0", "S1"], len(starts)),
            "ankomst": np.ravel(np.column_stack([starts, starts + ride * 60])),
        }
    ).astype({"ankomst": "Int64"})
    calls["avgang"] = calls["ankomst"]
    given = {
        "holdeplass": stops,
        "rutelinje": pd.DataFrame({"linje_id": ["L"], "transportmiddel": ["buss"]}),
        "rutetur": pd.DataFrame({"tur_id": trips, "linje_id": "L", "kalender_id": "K"}),
        "ruteavgang": calls,
        "rutedag": pd.DataFrame({"kalender_id": ["K"], "dato": pd.to_datetime(["2026-03-17"])}),
    }
    return read_timetable(**given)


def world(veg, homes, senter, *, timetable=None, work=None, **changed):
    values = parameters(**changed)
    walk = build_graph(walkable_lines(veg, None), **WAYS)
    drive = build_driving_graph(veg, **WAYS)
    networks = make_networks(walk, drive, veg, timetable, values)
    targets = make_targets(senter, None, work, values)
    return travel_minutes(networks, homes, targets, values), targets


STRAIGHT = roads([(0, 0), (6000, 0)])
HALL = centres(("Byen", "kommunesenter", 6000, 10))


def test_every_mode_by_hand():
    times, _ = world(STRAIGHT, points((0, 10)), HALL, timetable=bus())
    found = {mode: minutes[0, 0] for mode, minutes in times.minutes.items()}
    # 6 020 m at 5 km/h.
    assert found[WALK] == pytest.approx(72.24)
    # 6 000 m at 16.8 and 18 km/h, 20 m pushed at 4 km/h, 2 minutes to fetch and lock.
    assert found["sykkel"] == pytest.approx(6000 / 280 + 0.3 + 2)
    assert found["elsykkel"] == pytest.approx(20 + 0.3 + 2)
    # 1 200 s of driving, 20 m on foot, 1 minute to the car and 5 to park.
    assert found[CAR] == pytest.approx(20 + 0.24 + 6)
    # A walk of 10 m takes 8 s, so that one who leaves as the bus does waits for the next: 11 to 40
    # minutes and 8 seconds, each for 4 of the 120 departures. The 60th is 25 minutes and 8 s.
    assert found[TRANSIT] == pytest.approx(25 + 8 / 60)
    assert times.share[0, 0] == 1.0
    assert not times.walked[0, 0]


def test_walking_counts_where_it_is_as_quick_as_the_bus():
    times, _ = world(STRAIGHT, points((5800, 10)), HALL, timetable=bus())
    assert times.walked[0, 0]
    assert times.minutes[TRANSIT][0, 0] == pytest.approx(times.minutes[WALK][0, 0], abs=1 / 60)


def test_without_a_timetable_public_transport_is_unknown():
    times, _ = world(STRAIGHT, points((0, 10)), HALL)
    assert np.isnan(times.minutes[TRANSIT]).all()
    assert np.isnan(times.share).all()
    assert np.isfinite(times.minutes[CAR]).all()


def test_free_driving_and_parking_by_level():
    senter = centres(
        ("Byen", "kommunesenter", 6000, 0), ("Bygda", "lokalsenter", 6000, 0),
        ("Grenda", "naersenter", 6000, 0),
    )  # fmt: skip
    times, targets = world(STRAIGHT, points((0, 0)), senter)
    assert targets.frame["navn"].tolist() == ["Byen", "Bygda", "Grenda"]
    assert times.minutes[CAR][0].tolist() == pytest.approx([26, 24, 23])
    free, _ = world(STRAIGHT, points((0, 0)), senter, reisetid_bil_tid="fri", reisetid_bil_fri=1.0)
    assert free.minutes[CAR][0].tolist() == pytest.approx([16, 14, 13])


def test_unknown_is_neither_slow_nor_fast():
    # Joined; 300 m from every way; by a footway that no car may use, 200 m from the road.
    veg = roads([(0, 0), (6000, 0)], [(0, 0), (0, 400)], vegtype=["bilveg", "gang_sykkelveg"])
    times, _ = world(veg, points((0, 10), (3000, 300), (5, 300)), HALL, timetable=bus())
    kinds = {mode: ratio_class(values[:, 0], times.minutes[CAR][:, 0])
             for mode, values in times.minutes.items()}  # fmt: skip
    assert np.isnan(times.minutes[WALK][1, 0])
    assert np.isnan(times.minutes[CAR][1:, 0]).all()
    assert np.isfinite(times.minutes[WALK][2, 0])
    assert np.isfinite(times.minutes[TRANSIT][2, 0])
    for mode in (WALK, "sykkel", TRANSIT):
        assert kinds[mode][1] == kinds[mode][2] == "ukjent"
        assert kinds[mode][0] != "ukjent"


def test_a_target_that_is_not_joined_is_unknown_and_never_the_nearest():
    senter = centres(("Her", "lokalsenter", 6000, 0), ("Der", "lokalsenter", 10, 5000))
    times, targets = world(STRAIGHT, points((0, 10)), senter)
    assert [row in times.places.places.unsnapped for row in range(2)] == [True, False]
    place = chosen(times.minutes, targets.rows("lokalsenter"))
    assert targets.frame["navn"].iloc[place[0]] == "Her"


def test_an_island_has_no_way_but_a_break_in_the_map_is_unknown():
    # Two long networks that nothing joins: water. A short bit beside them: a break in the map.
    veg = roads([(0, 0), (6000, 0)], [(0, 9000), (6000, 9000)], [(0, 500), (300, 500)])
    times, _ = world(veg, points((0, 9000), (100, 500)), HALL, timetable=bus())
    assert np.isinf([times.minutes[mode][0, 0] for mode in (WALK, "sykkel", CAR, TRANSIT)]).all()
    assert np.isnan([times.minutes[mode][1, 0] for mode in (WALK, "sykkel", CAR, TRANSIT)]).all()
    told = ratio_class(times.minutes[TRANSIT][:, 0], times.minutes[CAR][:, 0])
    assert told.tolist() == ["uten_bil", "ukjent"]


def test_where_one_can_walk_but_not_drive_the_car_is_unknown():
    # Two long roads joined by a path only; and a one-way road that one cannot get out of.
    path = roads([(0, 0), (6000, 0)], [(0, 90), (0, 3000)], [(0, 0), (0, 90)],
                 vegtype=["bilveg", "bilveg", "gang_sykkelveg"])  # fmt: skip
    times, _ = world(path, points((0, 2000)), HALL)
    assert np.isfinite(times.minutes[WALK][0, 0])
    assert np.isnan(times.minutes[CAR][0, 0])
    trap = roads([(0, 0), (6000, 0)], [(0, 0), (0, 900)], envegskjort=[False, True])
    times, _ = world(trap, points((0, 800)), HALL)
    assert np.isnan(times.minutes[CAR][0, 0])


def test_where_one_can_drive_but_not_walk_the_rest_is_unknown():
    # A motorway is the only link between two long roads; the bus stops in the one only.
    veg = roads([(0, 0), (6000, 0)], [(0, 0), (0, 900)], [(0, 900), (0, 4000)],
                vegtype=["bilveg", "motorveg", "bilveg"])  # fmt: skip
    times, _ = world(veg, points((0, 3000)), HALL, timetable=bus())
    assert times.minutes[CAR][0, 0] == pytest.approx(9000 / 300 + 0.12 + 6)
    for mode in (WALK, "sykkel", "elsykkel", TRANSIT):
        assert np.isnan(times.minutes[mode][0, 0])
    assert np.isnan(times.share[0, 0])


def test_a_place_in_a_plan_may_lie_far_off_and_is_joined_past_loose_bits():
    veg = roads([(0, 0), (6000, 0)], [(0, 250), (200, 250)])
    values = parameters()
    walk = build_graph(walkable_lines(veg, None), **WAYS)
    drive = build_driving_graph(veg, **WAYS)
    networks = make_networks(walk, drive, veg, None, values)
    targets = make_targets(HALL, None, None, values)
    homes, plans = points((0, 300), (0, 10)), points((0, 300), (0, 900))
    times = travel_minutes(networks, homes, targets, values, plans=plans)
    assert np.isnan(times.minutes[WALK][:, 0]).tolist() == [True, False, False, True]
    assert times.doors.places.unsnapped.tolist() == [3]
    assert times.doors.loose.tolist() == [True, False, False, False]
    # 300 m in a straight line at 5 km/h.
    assert times.minutes[CAR][2, 0] == pytest.approx(20 + 310 * 0.012 + 6)


def test_the_nearest_is_nearest_by_car_else_on_foot():
    by_car = np.array([[5.0, 9.0], [np.nan, np.nan], [np.inf, np.inf], [np.nan, 9.0], [np.nan] * 2])
    on_foot = np.array([[90.0, 20.0], [90.0, 20.0], [50.0, 60.0], [1.0, 99.0], [np.nan] * 2])
    times = {CAR: by_car, WALK: on_foot}
    place = chosen(times, np.array([0, 1]))
    assert place.tolist() == [0, 1, 0, 1, -1]
    assert minutes_to(on_foot, place)[:4].tolist() == [90, 20, 50, 99]
    assert np.isnan(minutes_to(on_foot, place)[4])
    assert chosen(times, np.array([], dtype=int)).tolist() == [-1] * 5


def test_ratio_classes_agree_with_a_plain_reckoning():
    random = np.random.default_rng(3)
    special = [np.nan, np.inf, 10.0, 15.0, 20.0, 20.000001]
    minutes = np.r_[random.uniform(1, 90, 300), random.choice(special, 300)]
    car = np.r_[random.uniform(1, 60, 300), random.choice([10.0, np.nan, np.inf, 0.0], 300)]

    def plain(time, drive):
        if np.isnan(time) or np.isnan(drive) or drive == 0:
            return "ukjent"
        if np.isinf(drive):
            return "uten_bil"
        if np.isinf(time):
            return "uten_tilbud"
        bounds = [("like_rask", 1), ("inntil_1_5", 1.5), ("inntil_2", 2)]
        return next((name for name, most in bounds if time <= most * drive + 1e-8), "over_2")

    expected = [plain(a, b) for a, b in zip(minutes, car, strict=True)]
    told = ratio_class(minutes, car)
    assert told.tolist() == expected
    assert set(expected) == set(RATIOS)
    assert np.isnan(ratio_of(np.array([1.0]), np.array([np.inf])))[0]


def test_the_median_is_that_of_every_resident():
    random = np.random.default_rng(5)
    for _ in range(50):
        values = random.choice([5.0, 8.0, 13.0, np.inf, np.nan], 9)
        weights = random.integers(0, 4, 9).astype(float)
        people = np.sort(np.repeat(values, weights.astype(int)))
        people = people[~np.isnan(people)]
        found = median_of(values, weights)
        if not len(people):
            assert np.isnan(found)
        else:
            assert found == people[(len(people) - 1) // 2]


def jobs(*rows) -> gpd.GeoDataFrame:
    """Rows of (employees, x, y)."""
    return gpd.GeoDataFrame(
        {"arbeidssted_id": [f"A{n}" for n in range(len(rows))],
         "ansatte": pd.array([row[0] for row in rows], dtype="Int64")},
        geometry=[None if row[1] is None else shapely.Point(row[1:]) for row in rows], crs=CRS,
    )  # fmt: skip


def test_workplaces_near_each_other_are_one_cluster():
    work = jobs(
        (60, 0, 0), (60, 150, 0), (30, 300, 0),  # a chain of 150 m: 150 employees
        (90, 5000, 0), (5, 5000, 0),  # too few
        (400, 5900, 10), (pd.NA, 0, 0), (7, None), (0, 9000, 0),
    )  # fmt: skip
    _, targets = world(STRAIGHT, points((0, 0)), HALL, work=work)
    found = targets.frame[targets.frame["art"] == "arbeid"]
    assert found["ansatte"].tolist() == [400, 150]
    assert found["steder"].tolist() == [1, 3]
    assert found["utstrekning_m"].tolist() == [0, 300]
    # The middle of the employees is at (60·0 + 60·150 + 30·300) / 150 = 120 m.
    assert shapely.get_coordinates(found.geometry).tolist() == [[5900, 10], [150, 0]]
    assert found["navn"].tolist() == ["Tyngdepunkt 1 (Byen)", "Tyngdepunkt 2 (Byen)"]
    assert sorted(targets.faults["regel"]) == ["arbeidssted_uten_tall", "reisemal_uten_sted"]
    shuffled = work.iloc[::-1].reset_index(drop=True)
    again = world(STRAIGHT, points((0, 0)), HALL, work=shuffled)[1].frame
    assert again[again["art"] == "arbeid"]["ansatte"].tolist() == [400, 150]
    apart = world(STRAIGHT, points((0, 0)), HALL, work=work, reisetid_klynge_m=149.0)[1].frame
    assert (apart["art"] == "arbeid").sum() == 1


def test_the_platforms_of_a_station_are_one_place():
    stops = gpd.GeoDataFrame(
        {"holdeplass_id": ["P1", "P2", "B", "P3", "P4"],
         "navn": ["Sentral", "Sentral", "Sentral", None, "Sted"],
         "transportmiddel": ["tog", "tog", "buss", "tog", "tog"],
         "stoppested_id": [None, None, None, "X", "X"]},
        geometry=points((0, 0), (0, 100), (0, 50), (5000, 0), (5000, 40)).array, crs=CRS,
    )  # fmt: skip
    targets = make_targets(HALL, stops, None, parameters())
    found = targets.frame[targets.frame["art"] == "stasjon"]
    assert found["navn"].tolist() == ["Sentral", "Sted"]
    assert shapely.get_num_geometries(found.geometry.array).tolist() == [2, 2]


def test_doors_in_one_place_are_reckoned_once():
    own, number = distinct(points((0, 0), (5, 5), (0.01, 0), (5, 5)).to_numpy())
    assert len(own) == 2
    assert number[0] == number[2]
    assert number[1] == number[3]
