"""Timetables of invented lines, against times worked out by hand and a calendar on paper."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.example.timetables import (
    Line,
    Service,
    benchmark_timetable,
    calendars,
    departures,
    events_of,
    make_timetable,
    services,
    stop_places,
    stops_along,
    timetable_for,
)
from askergeo.sources.intake import take_in
from askergeo.sources.mapping import load_mapping

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

LAYERS = ("rutelinje", "rutetur", "ruteavgang", "rutedag")


def line(**changes: object) -> Line:
    given = {
        "line_id": "L1", "name": "A – C", "mode": "tog", "stops": ("A", "B", "C"),
        "metres": np.array([1_000.0, 2_500.0]), "speed": 36.0,
        "services": (Service(calendar="hverdag", periods=((3_600, 7_200, 1_800),)),),
    }  # fmt: skip
    return Line(**(given | changes))


def days() -> dict[str, np.ndarray]:
    return {"hverdag": np.array(["2026-01-05"], "datetime64[D]")}


def times(frames: dict[str, pd.DataFrame], trip: str) -> list[tuple[str, int, int]]:
    rows = frames["ruteavgang"].query("tur_id == @trip")
    return list(zip(rows["holdeplass_id"], rows["ankomst"], rows["avgang"], strict=True))


def test_times_follow_speed_and_stay():
    frames = make_timetable([line()], days())
    # 10 m/s: 100 s and 250 s; a train stays 60 s, but not where it ends.
    assert times(frames, "L1-hverdag-0-001") == [
        ("A", 3_600, 3_600), ("B", 3_700, 3_760), ("C", 4_010, 4_010),
    ]  # fmt: skip
    assert times(frames, "L1-hverdag-1-002") == [
        ("C", 5_400, 5_400), ("B", 5_650, 5_710), ("A", 5_810, 5_810),
    ]  # fmt: skip
    assert len(frames["rutetur"]) == 4  # 01:00 and 01:30, both ways
    assert events_of([line()]) == len(frames["ruteavgang"]) == 12


def test_a_period_does_not_depart_when_it_ends_and_the_phase_moves_it():
    service = Service(calendar="h", periods=((0, 1_800, 600), (1_800, 3_600, 900)))
    assert departures(service, 0).tolist() == [0, 600, 1_200, 1_800, 2_700]
    assert departures(service, 700).tolist() == [100, 700, 1_300, 2_500, 3_400]


def test_a_pace_and_one_way_only():
    quick = Service(calendar="hverdag", periods=((0, 60, 60),), pace=0.5, back=False)
    frames = make_timetable([line(services=(quick,))], days())
    assert [one[1] for one in times(frames, "L1-hverdag-0-001")] == [0, 50, 240]  # 50 + 60 + 130
    assert frames["rutetur"]["retning"].tolist() == [0]


def test_stops_on_the_other_side_serve_the_way_back():
    frames = make_timetable([line(back_stops=("C2", "B2", "A2"))], days())
    assert [one[0] for one in times(frames, "L1-hverdag-1-001")] == ["C2", "B2", "A2"]


@pytest.mark.parametrize(
    ("day", "calendar"),
    [
        ("2026-01-01", "sondag"), ("2026-04-02", "sondag"), ("2026-04-03", "sondag"),
        ("2026-04-05", "sondag"), ("2026-04-06", "sondag"), ("2026-05-01", "sondag"),
        ("2026-05-14", "sondag"), ("2026-05-17", "sondag"), ("2026-05-25", "sondag"),
        ("2025-12-25", "sondag"), ("2025-12-26", "sondag"), ("2025-12-24", "lordag"),
        ("2025-12-31", "lordag"), ("2026-04-04", "lordag"), ("2026-05-18", "hverdag"),
        ("2026-06-05", "hverdag"),
    ],
)  # fmt: skip
def test_norwegian_holidays_run_as_sundays(day: str, calendar: str):
    found = calendars(dt.date(2025, 12, 14), dt.date(2026, 12, 12))
    assert [name for name in ("hverdag", "lordag", "sondag")
            if np.datetime64(day) in found[name]] == [calendar]  # fmt: skip


def test_a_calendar_divides_the_year_and_nights_follow_fridays_and_saturdays():
    found = calendars(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert sum(len(found[name]) for name in ("hverdag", "lordag", "sondag")) == 365
    assert {day.astype(dt.date).weekday() for day in found["natt"]} == {4, 5}


def check(frames: dict[str, pd.DataFrame]) -> None:
    """Hold frames of a timetable together and to the catalogue."""
    catalogue = load_catalogue()
    for name in LAYERS:
        assert set(frames[name].columns) <= set(catalogue[name].columns)
    calls, trips = frames["ruteavgang"], frames["rutetur"]
    assert trips["tur_id"].is_unique
    assert set(calls["tur_id"]) == set(trips["tur_id"])
    assert set(trips["linje_id"]) == set(frames["rutelinje"]["linje_id"])
    assert set(trips["kalender_id"]) == set(frames["rutedag"]["kalender_id"])
    assert not frames["rutedag"].duplicated().any()
    assert set(calls["holdeplass_id"]) <= set(frames["holdeplass"]["holdeplass_id"])
    assert (calls["avgang"] >= calls["ankomst"]).all()
    same = calls["tur_id"].to_numpy()[1:] == calls["tur_id"].to_numpy()[:-1]
    step = calls["ankomst"].to_numpy()[1:] - calls["avgang"].to_numpy()[:-1]
    assert (step[same] > 0).all()
    assert (np.diff(calls["rekkefolge"])[same] == 1).all()
    # No bus is quicker than a straight line at 90 km/h.
    at = dict(zip(frames["holdeplass"]["holdeplass_id"],
                  shapely.get_coordinates(frames["holdeplass"].geometry.to_numpy()),
                  strict=True))  # fmt: skip
    xy = np.array([at[stop] for stop in calls["holdeplass_id"]])
    gap = np.hypot(*(xy[1:] - xy[:-1]).T)
    assert (gap[same] / step[same] <= 25.0).all()


def test_a_timetable_of_any_size_for_the_benchmarks():
    frames = benchmark_timetable(stops=120, events=8_000)
    check(frames)
    trips = frames["rutetur"].query("kalender_id == 'hverdag'")["tur_id"]
    weekday = frames["ruteavgang"]["tur_id"].isin(trips).sum()
    assert weekday == pytest.approx(8_000, rel=0.03)
    assert frames["ruteavgang"]["holdeplass_id"].nunique() == 120
    again = benchmark_timetable(stops=120, events=8_000)
    assert all(again[name].equals(frames[name]) for name in LAYERS)


def town() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Lay a grid of streets, 500 m apart, with stops along them."""
    ends = [((0, y), (3_000, y)) for y in range(0, 3_001, 500)]
    ends += [((x, 0), (x, 3_000)) for x in range(0, 3_001, 500)]
    noded = shapely.get_parts(shapely.union_all([shapely.LineString(one) for one in ends]))
    roads = gpd.GeoDataFrame(geometry=noded, crs="EPSG:25832")
    return roads, stops_along(roads, step=400.0)


def test_stops_lie_on_both_sides_and_apart():
    _, stops = town()
    assert stops["holdeplass_id"].is_unique
    assert (stops.groupby("navn").size() == 2).all()
    xy = shapely.get_coordinates(stops.geometry.to_numpy())
    assert np.hypot(*(xy[::2] - xy[1::2]).T) == pytest.approx(12.0, abs=0.02)
    middle = (xy[::2] + xy[1::2]) / 2
    away = np.hypot(*(middle[:, None] - middle[None]).transpose(2, 0, 1))
    assert away[np.triu_indices(len(middle), 1)].min() >= 320 - 0.05


def test_each_way_stops_on_its_right_side():
    roads, stops = town()
    frames = timetable_for(stops, roads)
    check(frames)
    places = frames["holdeplass"].groupby("stoppested_id")["navn"].nunique()
    assert (places == 1).all()
    at = dict(zip(stops["holdeplass_id"], shapely.get_coordinates(stops.geometry.to_numpy()),
                  strict=True))  # fmt: skip
    calls = frames["ruteavgang"].merge(
        frames["rutetur"].drop_duplicates(["linje_id", "retning"]), on="tur_id"
    )
    right = wrong = 0
    for _, rows in calls.groupby("tur_id"):
        xy = np.array([at[one] for one in rows["holdeplass_id"]])
        names = [one[:-1] for one in rows["holdeplass_id"]]
        middle = np.array([(at[f"{one}a"] + at[f"{one}b"]) / 2 for one in names])
        ahead = middle[2:] - middle[:-2]
        aside = (xy - middle)[1:-1]
        turn = ahead[:, 0] * aside[:, 1] - ahead[:, 1] * aside[:, 0]
        right, wrong = right + int((turn < 0).sum()), wrong + int((turn > 0).sum())
    assert right > 100
    assert wrong == 0


def test_stops_of_one_name_far_apart_are_two_places():
    xy = np.array([[0, 0], [50, 0], [1_000, 0], [20, 0]], float)
    found = stop_places(xy, ["Kirken", "Kirken", "Kirken", "Torget"], ["buss"] * 4, within=100.0)
    assert found[0] == found[1]
    assert len(set(found.tolist())) == 3


def test_one_stop_or_no_road_gives_no_line():
    stops = gpd.GeoDataFrame(
        {"holdeplass_id": ["a", "b", "c"], "navn": ["A", None, "C"],
         "transportmiddel": ["buss", "buss", "tog"]},
        geometry=gpd.points_from_xy([0, 500, 900], [0, 0, 0]), crs="EPSG:25832",
    )  # fmt: skip
    frames = timetable_for(stops)
    assert frames["rutelinje"]["transportmiddel"].tolist() == ["buss"]
    assert frames["rutelinje"]["navn"].tolist() in (["A – b"], ["b – A"])


def test_headways_are_those_of_the_kind():
    first = services("stamme")[0]
    assert first.calendar == "hverdag"
    assert first.periods[1] == (23_400, 32_400, 600)
    assert services("stamme", factor=2.0)[0].periods[1] == (23_400, 32_400, 1_200)


@pytest.mark.slow
def test_oslo_east_gets_a_timetable_along_its_roads(shared_data: Path):
    extract = shared_data / "routing/oslo-east-filtered.osm.pbf"
    catalogue = load_catalogue()
    ferries, roads = (
        take_in(extract, catalogue[layer], mapping=load_mapping(f"osm_{layer}")).frame
        for layer in ("holdeplass", "veg")
    )
    roads = roads[roads["vegtype"] == "bilveg"]
    stops = stops_along(roads[roads["fartsgrense"].fillna(0) >= 40])  # the extract has none
    both = gpd.GeoDataFrame(
        {name: [*stops[name], *ferries[name]] for name in
         ("holdeplass_id", "navn", "transportmiddel")},
        geometry=[*stops.geometry, *ferries.geometry], crs=stops.crs,
    )  # fmt: skip
    frames = timetable_for(both, roads, events=30_000)
    check(frames)
    served = frames["ruteavgang"]["holdeplass_id"].nunique()
    assert served > 0.95 * len(both)
    assert set(frames["rutelinje"]["transportmiddel"]) == {"buss", "ferge"}
