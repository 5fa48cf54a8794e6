"""Departures counted by hand on a small timetable, and by a plain loop on random ones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import ParameterError
from askergeo.network.departures import (
    Span,
    counted,
    departures_of,
    departures_per_hour,
    per_hour,
    read_span,
    stop_places,
)
from askergeo.network.timetable import read_timetable

CRS = "EPSG:25832"
# Quays of a street (two sides of a stop, one of the next) and a station; S3 is never served.
STOPS = gpd.GeoDataFrame(
    {
        "holdeplass_id": ["A1", "A2", "B1", "B2", "C1", "S3"],
        "navn": ["A", "A", "B", "B", "C", "Skogen"],
        "transportmiddel": ["buss", "buss", "buss", "buss", "tog", "buss"],
        "stoppested_id": ["a", "a", "b", "b", "c", "s"],
    },
    geometry=shapely.points([(0, 0), (20, 0), (500, 0), (520, 0), (1000, 0), (2000, 0)]),
    crs=CRS,
)
LINES = pd.DataFrame(
    {
        "linje_id": ["L1", "L2", "T"],
        "linjenummer": ["1", "2", "R10"],
        "transportmiddel": ["buss", "buss", "tog"],
    }
)


def clock(text):
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def timetable(*trips, date="2026-03-17", days=("2026-03-16", "2026-03-17", "2026-03-18"), **flags):
    """Read trips of (id, line, direction, "A1 07:00, B1 07:05"); flags: {"pastigning": {(id, n)}}."""
    forbidden = flags.get("forbidden", set())
    calls = [
        {"tur_id": trip, "rekkefolge": n, "holdeplass_id": part.split()[0],
         "ankomst": clock(part.split()[1]), "avgang": clock(part.split()[1]),
         "pastigning": (trip, n) not in forbidden, "avstigning": True}
        for trip, _, _, text in trips for n, part in enumerate(text.split(", "))
    ]  # fmt: skip
    return read_timetable(
        holdeplass=STOPS,
        rutelinje=LINES,
        rutetur=pd.DataFrame(
            {
                "tur_id": [one[0] for one in trips],
                "linje_id": [one[1] for one in trips],
                "kalender_id": "K",
                "retning": pd.array([one[2] for one in trips], dtype="Int64"),
            }
        ),
        ruteavgang=pd.DataFrame(calls),
        rutedag=pd.DataFrame({"kalender_id": "K", "dato": pd.to_datetime(list(days))}),
        date=date,
    )


PLACES = stop_places(STOPS, near_m=0)


def rush(table, first="07:00", last="09:00"):
    return departures_per_hour(table, first_s=clock(first), last_s=clock(last), places=PLACES)


def test_by_hand_the_busier_direction_of_each_line_summed_over_lines():
    table = timetable(
        # Line 1 out three times and home once in the rush, line 2 once each way, the train twice.
        ("1a", "L1", 0, "A1 07:00, B1 07:05, C1 07:10"),
        ("1b", "L1", 0, "A1 07:30, B1 07:35, C1 07:40"),
        ("1c", "L1", 0, "A1 08:59, B1 09:00, C1 09:10"),
        ("1d", "L1", 1, "C1 07:20, B2 07:25, A2 07:30"),
        ("2a", "L2", 0, "A1 08:00, B1 08:10"),
        ("2b", "L2", 1, "B2 08:00, A2 08:10"),
        ("ta", "T", 0, "C1 07:00, A1 07:20"),
        ("tb", "T", 0, "C1 08:00, A1 08:20"),
    )
    found = rush(table)
    # A: line 1 out 3, home ends there 0; line 2 out 1. In two hours: 4 / 2.
    assert found.loc["a"].to_dict() == {
        "avganger_time": 2.0, "buss": 2.0, "trikk": 0, "tbane": 0, "tog": 0, "hurtigbat": 0,
        "ferge": 0,
    }  # fmt: skip
    # B: line 1 out 2 (09:00 is not before nine), home 1: 2; line 2 home 1. C: line 1 home 1, train 2.
    assert found.loc["b", "avganger_time"] == 1.5
    assert found.loc["c", ["avganger_time", "buss", "tog"]].tolist() == [1.5, 0.5, 1.0]
    assert found.loc["s", "avganger_time"] == 0
    assert found.index.tolist() == ["a", "b", "c", "s"]


def test_where_no_one_may_board_or_the_trip_ends_there_is_no_departure():
    table = timetable(("x", "L1", 0, "A1 07:00, B1 07:05, C1 07:10"), forbidden={("x", 1)})
    found = departures_of(table, PLACES)
    assert found["sted"].tolist() == ["a"]


def test_a_trip_that_calls_twice_at_a_place_counts_once():
    # Both quays of A, and round to A again before it ends in C.
    table = timetable(("x", "L1", 0, "A1 07:00, A2 07:01, B1 07:05, A1 07:30, C1 07:40"))
    found = departures_of(table, PLACES)
    assert found[["sted", "avgang_s"]].to_numpy().tolist() == [["a", 25200.0], ["b", 25500.0]]


def test_a_trip_past_midnight_leaves_on_each_date_once():
    table = timetable(("n", "L1", 0, "A1 23:50, B1 24:10, C1 24:30"))
    found = departures_of(table, PLACES)
    at_b = found[found["sted"] == "b"]["avgang_s"].sort_values().tolist()
    # Yesterday's at ten past midnight, today's tomorrow.
    assert at_b[0] == 600.0
    night = per_hour(found, read_span("23-06", "natt"), ["a", "b"])["avganger_time"]
    assert (night * 7).round(9).tolist() == [1, 1]
    first_day = timetable(("n", "L1", 0, "A1 23:50, B1 24:10, C1 24:30"), days=("2026-03-17",))
    alone = departures_of(first_day, PLACES)
    assert per_hour(alone, Span(0, 86_400), ["a", "b"])["avganger_time"].tolist() == [1 / 24, 0]


def test_without_directions_the_order_of_the_places_tells_them_apart():
    told = timetable(
        ("1a", "L1", 0, "A1 07:00, B1 07:05, C1 07:10"),
        ("1b", "L1", 0, "B1 07:35, C1 07:40"),
        ("1c", "L1", 1, "C1 07:20, B2 07:25, A2 07:30"),
        ("1d", "L1", 1, "C1 07:20, A2 07:30"),
    )
    untold = timetable(
        ("1a", "L1", None, "A1 07:00, B1 07:05, C1 07:10"),
        ("1b", "L1", None, "B1 07:35, C1 07:40"),
        ("1c", "L1", None, "C1 07:20, B2 07:25, A2 07:30"),
        ("1d", "L1", None, "C1 07:20, A2 07:30"),
    )
    pd.testing.assert_frame_equal(rush(told), rush(untold))
    assert rush(untold).loc["b", "avganger_time"] == 1.0


def test_a_stop_that_only_the_trips_know_is_no_place_and_a_line_that_is_not_told_still_counts():
    table = timetable(("x", "L9", 0, "Z9 07:00, A1 07:05, B1 07:10"))
    found = rush(table)
    # Its means of transport is that of the stop.
    assert found.loc["a", ["avganger_time", "buss"]].tolist() == [0.5, 0.5]


def test_stops_without_a_place_are_grouped_by_name_means_of_transport_and_nearness():
    stops = gpd.GeoDataFrame(
        {
            "holdeplass_id": ["9", "1", "2", "3", "4", "5", "6", "7"],
            "navn": ["Torget", "Torget", "Torget", "Torget", "Torget", None, None, "Torget"],
            "transportmiddel": ["buss"] * 4 + ["tog"] + ["buss"] * 3,
            "stoppested_id": [None] * 7 + ["P"],
        },
        geometry=[*shapely.points([0, 100, 200, 500, 10, 0, 5], 0.0), shapely.Point(20, 0)],
        crs=CRS,
    )
    found = stop_places(stops, near_m=100)
    # 9–1–2 follow each other, 3 is too far, 4 is a train, 5 and 6 have no name, 7 is told.
    assert found.to_dict() == {
        "9": "1", "1": "1", "2": "1", "3": "3", "4": "4", "5": "5", "6": "6", "7": "P"
    }  # fmt: skip
    without = stops.drop(columns="stoppested_id").set_geometry(
        [None, *stops.geometry.to_list()[1:]], crs=CRS
    )
    assert stop_places(without, near_m=100)["9"] == "9"


@pytest.mark.parametrize("text", ["07", "7-x", "9-9", "25-26", "07:61-09", "", "07-09-11"])
def test_a_text_that_is_no_span_is_refused(text):
    with pytest.raises(ParameterError, match="kollektiv_dag"):
        read_span(text, "kollektiv_dag")


def test_spans_hold_their_first_second_and_not_their_last():
    times = np.array([-1.0, 0, 21_599, 21_600, 82_799, 82_800, 86_399, 86_400])
    night, day = read_span("23–06", "natt"), read_span("06-23", "dag")
    assert night.holds(times).tolist() == [False, True, True, False, False, True, True, False]
    assert day.holds(times).tolist() == [False, False, False, True, True, False, False, False]
    assert (night.hours, day.hours, read_span("00-24", "x").hours) == (7, 17, 24)


@pytest.mark.parametrize("seed", range(5))
def test_random_days_agree_with_a_plain_loop(seed):
    random = np.random.default_rng(seed)
    records = []
    for trip in range(60):
        line = f"L{random.integers(4)}"
        stops = random.choice(list("ABCDEF"), random.integers(2, 8))
        start = random.uniform(-3600, 90_000)
        records += [
            {"tur": trip, "rekkefolge": n, "holdeplass_id": stop, "linje_id": line,
             "transportmiddel": "tog" if line == "L0" else "buss",
             "retning": trip % 2, "avgang_s": start + 300 * n,
             "pastigning": bool(random.random() < 0.8)}
            for n, stop in enumerate(stops)
        ]  # fmt: skip
    calls = pd.DataFrame(records)
    places = pd.Series({"A": "a", "B": "a", "C": "c", "D": "d", "E": "e"})
    span = Span(6 * 3600, 20 * 3600)
    found = per_hour(counted(calls, places), span, ["a", "c", "d", "e"])
    for place in found.index:
        seen: dict[tuple[str, int], int] = {}
        for trip in range(60):
            rows = [r for r in records if r["tur"] == trip]
            leaves = [
                r for r in rows[:-1]
                if r["pastigning"] and places.get(r["holdeplass_id"]) == place
            ]  # fmt: skip
            if leaves and span.first_s <= leaves[0]["avgang_s"] < span.last_s:
                key = (leaves[0]["linje_id"], leaves[0]["retning"])
                seen[key] = seen.get(key, 0) + 1
        lines = {line for line, _ in seen}
        busy = {line: max(seen.get((line, 0), 0), seen.get((line, 1), 0)) for line in lines}
        assert found.loc[place, "avganger_time"] == pytest.approx(sum(busy.values()) / 14)
        assert found.loc[place, "tog"] == pytest.approx(busy.get("L0", 0) / 14)
