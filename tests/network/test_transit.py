"""Travel times by public transport against every way there is, and against hand-worked timetables."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from askergeo.errors import LayerError, ParameterError
from askergeo.network.paths import Network
from askergeo.network.profiles import metres
from askergeo.network.snapping import snap
from askergeo.network.transit import journey, transit_network, travel_times, window
from askergeo.parameters import load_parameters
from askergeo.sources.gtfs import read_gtfs
from tests.network.transit_world import (
    BLOCK,
    BLOCK_S,
    OVERRIDES,
    World,
    arrivals,
    grid,
    layers_of,
    random_world,
)

SEVEN = 7 * 3600
#: Worlds in which ways of two and three rides are the best ones: see below.
WORLDS = (7, 15, 35, 44, 63, 70)


def at(hours, minutes, seconds=0):
    return hours * 3600 + minutes * 60 + seconds


def trip(name, line, *calls, calendar="K"):
    """Calls are (stop, time); on and off everywhere."""
    return (name, line, calendar, [(stop, time, time, True, True) for stop, time in calls])


def times(world, departs, **options):
    """Travel time from each place to each, leaving at one time."""
    net, places = world.network(), world.snapped()
    return travel_times(net, places, places, first_s=departs, last_s=departs + 1, **options)


@pytest.mark.parametrize("around", [600, 8 * 3600, 86_400 - 1200])
@pytest.mark.parametrize("seed", WORLDS)
def test_agrees_with_every_way_there_is(seed, around):
    world = random_world(seed, around=around)
    departs = around + 60 * (seed % 7)
    expected = arrivals(world, departs) - departs
    for against in (True, False):
        found = times(world, departs, against=against)
        np.testing.assert_array_equal(found.median, expected)


def test_the_random_worlds_try_what_they_should():
    """Otherwise agreement would say little: rides, transfers, splits and rules must occur."""
    rides, patterns, lines = [], 0, 0
    for seed in WORLDS:
        world = random_world(seed)
        net, places = world.network(), world.snapped()
        patterns += net.timetable.patterns
        lines += world.layers["rutetur"]["linje_id"].nunique()
        rides += [
            journey(net, places, places, o, t, at(8, 0)).rides
            for o in range(places.count) for t in range(places.count)
        ]  # fmt: skip
    assert {1, 2, 3} <= set(rides)
    assert patterns > lines


@pytest.fixture(scope="module")
def town():
    """Two lines that cross at B; worked by hand below.

    A (0, 0) — B (2, 0) — C (4, 0) along the bottom street, D (2, 3) above B, and E on the way up to
    D, 200 m from B. A block is 1 km: 720 s.
    """
    stops = {"A": (0, 0), "B": (2, 0), "C": (4, 0), "D": (2, 3), "E": (2, 0.2)}
    trips = [
        trip("r1", "1", ("A", at(7, 10)), ("B", at(7, 15)), ("C", at(7, 20))),
        trip("r2", "1", ("A", at(7, 30)), ("B", at(7, 35)), ("C", at(7, 40))),
        trip("n1", "2", ("B", at(7, 15, 59)), ("D", at(7, 25))),
        trip("n2", "2", ("B", at(7, 37)), ("D", at(7, 46))),
        trip("e1", "3", ("E", at(7, 18, 24)), ("D", at(7, 21))),
    ]
    places = ((0, 0), (4, 0), (2, 3), (0.2, 0))
    return World(layers_of(stops, trips, block=1000.0), stops, places, dict(OVERRIDES), 1000.0)


def test_hand_worked_ride_is_to_the_second(town):
    # 200 m from A: 144 s on foot, so that the bus of 7.10 is caught at 7.07.36, and not later.
    assert times(town, at(7, 7, 36)).median[3, 1] == at(7, 20) - at(7, 7, 36)
    assert times(town, at(7, 7, 37)).median[3, 1] == at(7, 40) - at(7, 7, 37)
    # After the last bus it is 3.8 km on foot.
    assert times(town, at(7, 40)).median[3, 1] == 2736


def test_hand_worked_transfers(town):
    net, places = town.network(), town.snapped()
    # A 7.10 → B 7.15.00; a minute's margin is 7.16.00, a second too late for 7.15.59. On foot to E
    # one block and a minute: 7.18.24, exactly in time: D 7.21.
    found = times(town, at(7, 10))
    assert found.median[0, 2] == 11 * 60
    way = journey(net, places, places, 0, 2, at(7, 5))
    told = way.table(net.timetable)
    assert told["linje"].tolist() == ["", "1", "", "3", ""]
    assert told["kl_fra"].tolist() == ["07.10", "07.10", "07.15", "07.18", "07.21"]
    assert way.leave_s == at(7, 10)
    assert way.seconds == 16 * 60
    # A second less of margin, and the first bus from B is caught; without a walk to E it is the way.
    quick = town.changed(rutesok_bytte_s=59, rutesok_bytte_gang_min=0.0)
    assert times(quick, at(7, 10)).median[0, 2] == 15 * 60
    slow = town.changed(rutesok_bytte_gang_min=0.0)
    assert times(slow, at(7, 10)).median[0, 2] == 36 * 60
    direct = town.changed(rutesok_bytter=0)
    # No line goes there: 5 km on foot.
    assert times(direct, at(7, 10)).median[0, 2] == 3600


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ((("B", "E", 204, True),), 660),  # as walked, with margin
        ((("B", "E", 205, True),), 2160),  # the company says a second more: the bus of 7.37
        ((("B", "E", None, False),), 2160),  # cannot be made
        ((("B", "B", 59, True), ("B", "E", None, False)), 900),  # less than the margin
        ((("B", "E", None, True),), 660),  # says nothing about time
    ],
)
def test_the_timetables_own_transfers_hold(town, rule, expected):
    stops = town.stops
    trips = [
        (t, line, "K", [tuple(call) for call in calls[["holdeplass_id", "ankomst", "avgang", "pastigning", "avstigning"]].itertuples(index=False)])
        for (t, line), calls in town.layers["ruteavgang"].merge(town.layers["rutetur"]).groupby(["tur_id", "linje_id"])
    ]  # fmt: skip
    ruled = replace(town, layers=layers_of(stops, trips, transfers=rule, block=1000.0))
    assert times(ruled, at(7, 10)).median[0, 2] == expected


def test_summary_of_a_window_is_that_of_its_departures(town):
    net, places = town.network(), town.snapped()
    window_s = {"first_s": at(7, 0), "last_s": at(7, 30), "step_s": 60}
    limit = 12 * 60
    found = travel_times(net, places, places, **window_s, limit_s=limit, percentiles=(25, 100))
    each = np.array([
        travel_times(net, places, places, first_s=d, last_s=d + 1, limit_s=limit).median
        for d in range(at(7, 0), at(7, 30), 60)
    ])  # fmt: skip
    ordered = np.sort(each, axis=0)
    assert len(found.departures) == 30
    np.testing.assert_array_equal(found.best, ordered[0])
    np.testing.assert_array_equal(found.median, ordered[14])
    np.testing.assert_array_equal(found.percentiles[25], ordered[7])
    np.testing.assert_array_equal(found.worst, ordered[29])
    np.testing.assert_array_equal(found.worst, found.percentiles[100])
    np.testing.assert_allclose(found.share, np.isfinite(each).mean(axis=0))
    on_foot = np.isfinite(found.walk) & (found.walk <= found.median)
    np.testing.assert_array_equal(found.walked, on_foot)
    # By hand: from A to D within 12 minutes one leaves at 7.09 or 7.10.
    assert found.best[0, 2] == 660
    assert np.isinf(found.median[0, 2])
    assert found.share[0, 2] == 2 / 30


def test_unknown_is_not_far(town):
    net = town.network()
    points = gpd.GeoSeries([Point(0, 0), Point(0, 90_000), None], crs="EPSG:25832")
    places = snap(grid(town.block), points, reach_m=10)
    found = travel_times(net, places, places, first_s=SEVEN, last_s=SEVEN + 60)
    assert np.isnan(found.median[1:]).all()
    assert np.isnan(found.share[:, 1:]).all()
    assert found.median[0, 0] == 0
    assert found.share[0, 0] == 1
    assert not found.walked[1:].any()
    way = journey(net, places, places, 0, 2, SEVEN)
    assert np.isnan(way.seconds)
    assert "ukjent" in way.text(net.timetable)


def test_out_of_reach_is_infinite_and_counts_nowhere(town):
    net, places = town.network(), town.snapped()
    found = travel_times(net, places, places, first_s=at(9, 0), last_s=at(9, 5), limit_s=300)
    assert np.isinf(found.median[0, 1])
    assert found.share[0, 1] == 0
    way = journey(net, places, places, 0, 1, at(9, 0), limit_s=300)
    assert np.isinf(way.seconds)
    assert way.legs == ()
    assert "nås ikke" in way.text(net.timetable)


@pytest.mark.parametrize("seed", WORLDS)
def test_a_way_told_takes_the_time_that_is_told_and_can_be_made(seed):
    world = random_world(seed)
    net, places = world.network(), world.snapped()
    departs = at(8, 3)
    found = travel_times(net, places, places, first_s=departs, last_s=departs + 1).median
    calls = net.timetable.calls()
    for o in range(places.count):
        for t in range(places.count):
            way = journey(net, places, places, o, t, departs)
            assert way.seconds == found[o, t]
            for before, after in zip(way.legs, way.legs[1:], strict=False):
                assert before.end_s <= after.start_s
                assert before.to_stop == after.from_stop
            if way.legs:
                assert way.legs[0].start_s == way.leave_s >= departs
                assert way.legs[-1].end_s == departs + way.seconds
            for leg in way.legs:
                if leg.walk:
                    continue
                mine = calls[calls["tur"] == leg.trip]
                on = mine[(mine["stopp"] == leg.from_stop) & (mine["avgang"] == leg.start_s)]
                off = mine[(mine["stopp"] == leg.to_stop) & (mine["ankomst"] == leg.end_s)]
                assert on["pastigning"].all()
                assert off["avstigning"].all()
                assert len(on) == len(off) == 1


def test_a_way_leaves_as_late_as_it_can(town):
    net, places = town.network(), town.snapped()
    way = journey(net, places, places, 0, 1, at(7, 12))
    assert way.rides == 1
    assert way.leave_s == at(7, 30)
    assert way.seconds == 28 * 60
    text = journey(net, places, places, 0, 2, at(7, 5)).text(net.timetable)
    assert "1 kl. 07.10 fra Stopp A til Stopp B kl. 07.15" in text
    assert "Fremme kl. 07.21, 16 minutter etter kl. 07.05." in text


def test_stop_without_a_point_can_be_ridden_to_and_changed_at(town):
    stops = {"A": (0, 0), "X": None, "C": (4, 4)}
    trips = [
        trip("a", "1", ("A", at(7, 5)), ("X", at(7, 7))),
        trip("b", "2", ("X", at(7, 8)), ("C", at(7, 9))),
    ]
    world = World(layers_of(stops, trips), stops, ((0, 0), (4, 4)), dict(OVERRIDES))
    net = world.network()
    assert net.stops.unsnapped.tolist() == [1]
    assert times(world, SEVEN).median[0, 1] == 9 * 60


def test_a_day_without_trips_leaves_the_walk():
    stops = {"A": (0, 0), "C": (4, 4)}
    days = {"K": [pd.Timestamp("2026-03-16"), pd.Timestamp("2026-03-20")]}
    layers = layers_of(stops, [trip("a", "1", ("A", SEVEN), ("C", SEVEN + 60))], days=days)
    world = World(layers, stops, ((0, 0), (4, 4)), dict(OVERRIDES))
    net, places = world.network("2026-03-18"), world.snapped()
    assert net.timetable.patterns == 0
    found = travel_times(net, places, places, first_s=SEVEN, last_s=SEVEN + 60)
    assert found.median[0, 1] == 8 * BLOCK_S
    assert found.walked.all()


def test_what_cannot_be_used_is_refused(town):
    net, places = town.network(), town.snapped()
    parameters = load_parameters("rutesok")
    in_metres = Network.of(grid(town.block), metres(grid(town.block)))
    with pytest.raises(LayerError, match="sekunder"):
        transit_network(net.timetable, in_metres, net.stops, parameters=parameters)
    with pytest.raises(LayerError, match="4 holdeplasser"):
        transit_network(net.timetable, net.walk, places, parameters=parameters)
    with pytest.raises(ParameterError):
        travel_times(net, places, places, first_s=SEVEN, last_s=SEVEN)
    with pytest.raises(ParameterError):
        travel_times(net, places, places, first_s=SEVEN, last_s=SEVEN + 60, percentiles=(0,))


def test_the_window_is_read_as_clocks_show_it():
    assert window(load_parameters("rutesok")) == (at(7, 0), at(9, 0))
    late = load_parameters("rutesok", {"rutesok_fra_kl": "23.30", "rutesok_til_kl": "25:00"})
    assert window(late) == (at(23, 30), at(25, 0))
    for wrong in (
        {"rutesok_fra_kl": "sju"},
        {"rutesok_fra_kl": "10:00"},
        {"rutesok_fra_kl": "7:61"},
    ):
        with pytest.raises(ParameterError, match=r"rutesok|Klokkeslettet"):
            window(load_parameters("rutesok", wrong))


def test_street_of_the_hand_worked_town_is_as_long_as_said():
    assert BLOCK * 3.6 / 5 == BLOCK_S


GTFS = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nx,X,https://example.org,Europe/Oslo\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nr,x,7,3\n",
    # Every ten minutes from 7.00 until 8.00 on working days, twenty minutes from A to C.
    "trips.txt": "route_id,service_id,trip_id\nr,w,t\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "t,06:00:00,06:00:00,A,1\nt,06:10:00,06:10:00,B,2\nt,06:20:00,06:20:00,C,3\n"
    ),
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs,exact_times\nt,07:00:00,08:00:00,600,1\n",
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "w,1,1,1,1,1,0,0,20260316,20260327\n"
    ),
}


def test_frequencies_and_days_of_the_week_of_a_feed_are_ridden_as_they_are_said(tmp_path, town):
    ends = {"A": (0, 0), "B": (2, 0), "C": (4, 0)}
    east, north = 570_000, 6_630_000
    points = gpd.GeoSeries(
        [Point(east + x * 1000, north) for x, _ in ends.values()], crs="EPSG:25832"
    )
    rows = zip(ends, points.to_crs("EPSG:4326"), strict=True)
    stops = "".join(f"{name},{name},{at.y:.9f},{at.x:.9f}\n" for name, at in rows)
    files = {**GTFS, "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n" + stops}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    frames = read_gtfs(tmp_path).frames()
    stops = frames["holdeplass"].to_crs("EPSG:25832")
    frames["holdeplass"] = stops.set_geometry(stops.translate(-east, -north))
    world = replace(town, layers=frames)
    net, places = world.network("2026-03-17"), world.snapped()
    assert len(net.timetable.trips) == 6
    minutes = [(6, 55), (7, 0), (7, 1), (7, 50)]
    found = [
        travel_times(net, places, places, first_s=at(*m), last_s=at(*m) + 1).median[0, 1]
        for m in minutes
    ]
    assert found == [25 * 60, 20 * 60, 29 * 60, 20 * 60]
    # After the last departure, and on a Saturday, 4 km on foot.
    for date, departs in (("2026-03-17", at(7, 50, 1)), ("2026-03-21", at(7, 0))):
        net = world.network(date)
        late = travel_times(net, places, places, first_s=departs, last_s=departs + 1)
        assert late.median[0, 1] == 2880
