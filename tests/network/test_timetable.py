"""The timetable of a day: days, midnight, daylight saving, overtaking, and what is wrong in it."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from askergeo.errors import LayerError, ParameterError
from askergeo.network.timetable import (
    TimetableDateError,
    ordinary_day,
    read_timetable,
    service_days,
    timetable_faults,
)
from tests.network.transit_world import layers_of

STOPS = {"A": (0, 0), "B": (2, 0), "C": (4, 0)}


def layers(*trips, days=("2026-03-17",), stops=STOPS, **more):
    """Trips are (id, calls) with calls (stop, arrival, departure); every calendar's days alike."""
    made = [
        (name, "L", "K", [(stop, a, d, True, True) for stop, a, d in calls])
        for name, calls in trips
    ]
    return layers_of(stops, made, days={"K": [pd.Timestamp(day) for day in days]}, **more)


def run(start, *, pace=100, stops="ABC"):
    return [(stop, start + i * pace, start + i * pace) for i, stop in enumerate(stops)]


def rules(frames):
    faults = timetable_faults(**frames)
    return dict(zip(faults["regel"].str.removeprefix("rutetabell."), faults["tekst"], strict=True))


def test_trips_of_one_sequence_are_a_pattern_sorted_by_time():
    timetable = read_timetable(**layers(("late", run(2000)), ("early", run(1000))))
    assert timetable.patterns == 1
    assert timetable.trips["tur_id"].tolist() == ["early", "late"]
    # Call by call, and in that trip by trip.
    assert timetable.arrival.tolist() == [1000, 2000, 1100, 2100, 1200, 2200]
    assert timetable.stops.index[timetable.stop].tolist() == ["A", "B", "C"]
    assert timetable.date == dt.date(2026, 3, 17)


def test_a_trip_that_overtakes_has_a_pattern_of_its_own():
    timetable = read_timetable(
        **layers(("slow", run(1000, pace=500)), ("fast", run(1100, pace=100)), ("next", run(3000)))
    )
    assert timetable.patterns == 2
    for k in range(2):
        size = np.diff(timetable.stop_ptr)[k], np.diff(timetable.trip_ptr)[k]
        for table in (timetable.arrival, timetable.departure):
            block = table[timetable.time_ptr[k] : timetable.time_ptr[k + 1]].reshape(size)
            assert (np.diff(block, axis=1) >= 0).all()


def test_other_leave_to_board_is_another_pattern():
    trips = [
        ("a", "L", "K", [("A", 0, 0, True, True), ("B", 50, 50, True, True)]),
        ("b", "L", "K", [("A", 90, 90, False, True), ("B", 95, 95, True, True)]),
    ]
    timetable = read_timetable(**layers_of(STOPS, trips))
    assert timetable.patterns == 2
    assert sorted(timetable.board.tolist()) == [False, True, True, True]


def test_calls_give_the_rows_back():
    frames = layers(("x", run(1000, pace=700)), ("y", run(1050)), ("z", run(2000, stops="CB")))
    calls = read_timetable(**frames).calls()
    timetable = read_timetable(**frames)
    found = pd.DataFrame({
        "tur_id": timetable.trips["tur_id"].to_numpy()[calls["tur"]],
        "rekkefolge": calls["nummer"],
        "holdeplass_id": timetable.stops.index.to_numpy()[calls["stopp"]],
        "ankomst": calls["ankomst"],
    }).sort_values(["tur_id", "rekkefolge"], ignore_index=True)  # fmt: skip
    expected = frames["ruteavgang"][list(found)].sort_values(["tur_id", "rekkefolge"])
    assert found.astype(str).to_numpy().tolist() == expected.astype(str).to_numpy().tolist()
    assert calls.groupby("tur")["siste"].sum().eq(1).all()


def test_the_day_has_the_trips_of_the_day_before_after_midnight_and_of_the_next_morning():
    frames = layers(
        ("night", run(86_400 - 150)), ("early", run(5 * 3600)), ("noon", run(12 * 3600)),
        days=("2026-03-16", "2026-03-17", "2026-03-18"),
    )  # fmt: skip
    trips = read_timetable(**frames, date="2026-03-17").trips
    assert sorted(zip(trips["tur_id"], trips["dag"], strict=True)) == [
        ("early", 0), ("early", 1), ("night", -1), ("night", 0), ("noon", 0),
    ]  # fmt: skip
    calls = read_timetable(**frames, date="2026-03-17").calls()
    assert calls["ankomst"].min() == -150
    # On the first day nothing is known of the day before, on the last nothing of the next.
    assert set(read_timetable(**frames, date="2026-03-16").trips["dag"]) == {0, 1}
    assert set(read_timetable(**frames, date="2026-03-18").trips["dag"]) == {0, -1}


@pytest.mark.parametrize(
    ("date", "before", "start"),
    [
        # Clocks go forward at 02 on 29 March 2026: a bus at 25.30 of Saturday's service is at
        # 01.30 winter time, half an hour before the change; on Sunday's clock, that counts from
        # twelve hours before noon, 02.30.
        ("2026-03-29", "2026-03-28", 2.5 * 3600),
        ("2026-10-25", "2026-10-24", 0.5 * 3600),
        ("2026-03-18", "2026-03-17", 1.5 * 3600),
    ],
)
def test_service_days_meet_where_the_clock_is_changed(date, before, start):
    timetable = read_timetable(
        **layers(("night", run(25.5 * 3600)), days=(before, date)), date=date
    )
    assert timetable.arrival.min() == start


def test_days_count_trips_and_the_ordinary_day_is_midweek():
    trips = pd.DataFrame({"tur_id": list("abcd"), "kalender_id": ["K", "K", "F", "X"]})
    days = pd.DataFrame({
        "kalender_id": ["K", "K", "K", "F", "F", "F"],
        # Monday, Wednesday, Thursday, and Friday, Wednesday, Saturday.
        "dato": pd.to_datetime(["2026-03-16", "2026-03-18", "2026-03-19", "2026-03-20", "2026-03-18", "2026-03-21"]),
    })  # fmt: skip
    counted = service_days(trips, days)
    assert counted.tolist() == [2, 0, 3, 2, 1, 1]
    assert ordinary_day(trips, days) == dt.date(2026, 3, 18)
    # Text for dates, and a date twice, make no difference.
    again = pd.concat([days, days]).assign(dato=lambda frame: frame["dato"].dt.strftime("%Y-%m-%d"))
    assert service_days(trips, again).tolist() == counted.tolist()
    weekend = days[days["kalender_id"] == "F"].iloc[[0, 2]]
    assert ordinary_day(trips, weekend) == dt.date(2026, 3, 20)
    assert ordinary_day(trips, weekend.iloc[1:]) == dt.date(2026, 3, 21)


def test_date_outside_the_validity_is_named_with_the_validity():
    frames = layers(("a", run(1000)), days=("2026-03-16", "2026-03-20"))
    with pytest.raises(
        TimetableDateError, match=r"fra 16\.3\.2026 til 20\.3\.2026.*1\.4\.2026 er etter"
    ):
        read_timetable(**frames, date="2026-04-01")
    with pytest.raises(TimetableDateError, match="er før"):
        read_timetable(**frames, date="2026-03-15")
    with pytest.raises(ParameterError, match="kan ikke leses"):
        read_timetable(**frames, date="1. april")
    assert read_timetable(**frames, date="2026-03-18").patterns == 0


def test_timetable_without_days_or_trips_is_refused():
    frames = layers(("a", run(1000)))
    for absent in ("rutedag", "rutetur"):
        with pytest.raises(LayerError, match="ingen turer"):
            read_timetable(**{**frames, absent: frames[absent].iloc[:0]})
    with pytest.raises(LayerError, match="tomt"):
        read_timetable(**{**frames, "rutedag": frames["rutedag"].iloc[:0]}, date="2026-03-17")


def test_missing_times_are_filled_evenly_between_times_and_told():
    frames = layers(("a", [("A", 100, 200), ("B", None, None), ("C", None, None), ("A", 501, 600)]))
    timetable = read_timetable(**frames)
    # 301 seconds in three steps, whole seconds.
    assert timetable.arrival.tolist() == [100, 300, 400, 501]
    assert timetable.departure.tolist() == [200, 300, 400, 600]
    assert "fylt ut jevnt" in rules(frames)["mellomtid"]


def test_one_of_two_times_is_both():
    frames = layers(("a", [("A", None, 200), ("B", 300, None), ("C", 400, 400)]))
    timetable = read_timetable(**frames)
    assert timetable.arrival.tolist() == timetable.departure.tolist() == [200, 300, 400]
    assert rules(frames) == {}


def test_calls_before_the_first_and_after_the_last_time_are_not_guessed():
    frames = layers(("a", [("A", None, None), ("B", 100, 100), ("C", 200, 200), ("A", None, None)]))
    timetable = read_timetable(**frames)
    assert timetable.stops.index[timetable.stop].tolist() == ["B", "C"]
    assert "er ikke med på turen" in rules(frames)["endetid"]


@pytest.mark.parametrize(
    ("calls", "rule"),
    [
        ([("A", None, None), ("B", 100, 100), ("C", None, None)], "uten_tid"),
        ([("A", None, None), ("B", None, None)], "uten_tid"),
        ([("A", 100, 100), ("B", 90, 90), ("C", 200, 200)], "baklengs"),
        ([("A", 100, 100), ("B", 150, 140), ("C", 200, 200)], "baklengs"),
        ([("A", 100, 300), ("B", None, None), ("C", 200, 200)], "baklengs"),
    ],
)
def test_trip_whose_times_cannot_be_used_is_left_out_and_told(calls, rule):
    frames = layers(("bad", calls), ("good", run(1000)))
    assert read_timetable(**frames).trips["tur_id"].tolist() == ["good"]
    assert list(rules(frames)) == [rule]
    assert "1 tur på linjen «L» («bad»)" in rules(frames)[rule]


def test_what_does_not_fit_together_is_told_and_nothing_is_counted_twice():
    frames = layers(
        ("a", run(1000)), ("b", [("A", 0, 0), ("Y", 60, 60)]), ("c", run(50)),
        stops={**STOPS, "N": None}, transfers=[("A", "Q", 60, True), ("A", "B", 60, True), ("A", "B", 90, True)],
    )  # fmt: skip
    trips = frames["rutetur"]
    trips.loc[trips["tur_id"] == "b", "linje_id"] = "M"
    trips.loc[trips["tur_id"] == "c", "kalender_id"] = "Z"
    frames["rutetur"] = pd.concat([trips, trips.iloc[[0]], trips.iloc[[0]].assign(tur_id="empty")])
    times = frames["ruteavgang"]
    strange = times.iloc[[0]].assign(tur_id="nobody")
    frames["ruteavgang"] = pd.concat([times, times.iloc[[0]], strange])
    frames["holdeplass"] = pd.concat([frames["holdeplass"], frames["holdeplass"].iloc[[0]]])
    found = rules(frames)
    assert set(found) == {
        "dobbel_tur", "uten_kalender", "ukjent_linje", "gjentatt", "uten_stopp", "ukjent_tur",
        "dobbel_holdeplass", "ukjent_holdeplass", "uten_punkt", "ukjent_bytte", "dobbelt_bytte",
    }  # fmt: skip
    assert "«Y»" in found["ukjent_holdeplass"]
    assert "«N»" in found["uten_punkt"]
    timetable = read_timetable(**frames)
    assert sorted(timetable.trips["tur_id"]) == ["a", "b"]
    assert len(timetable.arrival) == 5
    assert timetable.stops.index.tolist() == ["A", "B", "C", "N", "Y"]
    assert timetable.points.isna().tolist() == [False, False, False, True, True]
    # The stricter of two rules, and none at an unknown stop.
    assert timetable.transfers.to_numpy().tolist() == [[0, 1, 90.0, True]]


def test_a_sound_timetable_has_no_faults():
    assert timetable_faults(**layers(("a", run(1000)), ("b", run(2000)))).empty


def test_layers_without_the_columns_that_may_be_absent_are_read():
    frames = layers(("a", run(1000)))
    frames["ruteavgang"] = frames["ruteavgang"].drop(columns=["pastigning", "avstigning"])
    frames["rutelinje"] = frames["rutelinje"][["linje_id"]]
    frames["holdeplass"] = gpd.GeoDataFrame(
        {"holdeplass_id": ["A", "B", "C"]}, geometry=[Point(0, 0)] * 3, crs="EPSG:25832"
    )
    frames["rutebytte"] = None
    timetable = read_timetable(**frames)
    assert timetable.board.all()
    assert timetable.alight.all()
    assert timetable.trips["linjenummer"].isna().all()
    assert timetable.stops["navn"].isna().all()
    assert timetable.transfers.empty
