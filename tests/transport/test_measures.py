"""Measures as scenarios: what changes, what stays, and that nothing half is ever written."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, OverwriteError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.transport._ledger_places import centres_of
from askergeo.transport._measure_growth import move_growth
from askergeo.transport._measure_rows import Tables, changed_rows
from askergeo.transport._measure_stops import add_stop
from askergeo.transport.measures import (
    NOTE,
    MovedGrowth,
    NewStop,
    load_measure_parameters,
    make_changes,
    more_departures,
    moved_growth,
    new_route,
    new_stop,
    write_scenario,
)

CRS = "EPSG:25832"
PARAMETERS, LEDGER = load_measure_parameters({})
WAIT = int(PARAMETERS["rutetiltak_opphold_s"])
# Four stops 1000 m apart along a street; 100 s between them, 10 s at each.
PLACES = {"A": 0.0, "B": 1000.0, "C": 2000.0, "D": 3000.0}
STOPS = gpd.GeoDataFrame(
    {
        "holdeplass_id": list(PLACES),
        "navn": ["Alby", "Bekk", "Core", "Dal"],
        "transportmiddel": "buss",
        "stoppested_id": list(PLACES),
    },
    geometry=[shapely.Point(x, 0) for x in PLACES.values()],
    crs=CRS,
)
LINES = pd.DataFrame(
    {"linje_id": ["L1", "L2"], "linjenummer": ["1", "2"], "navn": ["Dalbussen", "Nattbussen"],
     "transportmiddel": "buss"}
)  # fmt: skip
DAYS = pd.DataFrame(
    {
        "kalender_id": ["hverdag", "hverdag", "lordag", "ogsaa"],
        "dato": pd.to_datetime(["2026-03-17", "2026-03-18", "2026-03-21", "2026-03-21"]),
    }
)


def trip(name, line, sequence, start, calendar="hverdag", *, way=0):
    """One trip: its row, and its calls."""
    at = [start + 110 * k for k in range(len(sequence))]
    calls = pd.DataFrame(
        {
            "tur_id": name, "rekkefolge": range(1, len(sequence) + 1),
            "holdeplass_id": list(sequence), "ankomst": at, "avgang": [t + 10 for t in at],
        }
    )  # fmt: skip
    return {"tur_id": name, "linje_id": line, "kalender_id": calendar, "retning": way}, calls


def timetable(*trips) -> Tables:
    rows, calls = zip(*trips, strict=True)
    return Tables(
        STOPS, LINES, pd.DataFrame(list(rows)).astype({"retning": "Int64"}),
        pd.concat(calls, ignore_index=True).astype(
            {"ankomst": "Int64", "avgang": "Int64", "rekkefolge": "Int64"}),
        DAYS,
    )  # fmt: skip


VILLAGE = (
    *(trip(f"t{k}", "L1", "ABCD", 20_000 + 600 * k) for k in range(5)),
    *(trip(f"u{k}", "L1", "DCBA", 21_000 + 600 * k, way=1) for k in range(3)),
    trip("s0", "L1", "ABCD", 30_000, "lordag"),
    trip("s1", "L1", "ABCD", 31_000, "ogsaa"),
    trip("kort", "L1", "CD", 40_000),
    trip("n0", "L2", "AB", 80_000),
)


@pytest.fixture
def package(tmp_path) -> DataPackage:
    made = DataPackage.create(tmp_path / "grunn", municipality="3203")
    tables = timetable(*VILLAGE)
    for layer in ("holdeplass", "rutelinje", "rutetur", "ruteavgang", "rutedag"):
        made.write(layer, getattr(tables, layer), origin=Origin("prøve"))
    return made


def times(frame: pd.DataFrame, name: str) -> list[tuple[str, int, int]]:
    mine = frame[frame["tur_id"] == name].sort_values("rekkefolge")
    return list(zip(mine["holdeplass_id"], mine["ankomst"], mine["avgang"], strict=True))


def scenario(package, tmp_path, *measures, placing=None):
    changes = make_changes(package, measures, placing=placing, parameters=PARAMETERS)
    made = write_scenario(tmp_path / "tiltak", package, changes, name="Prøve")
    return made, made.over(package), changes


def test_doubled_departures_are_2n_minus_1_and_midway(package, tmp_path) -> None:
    _, view, changes = scenario(package, tmp_path, more_departures("1=2"))
    calls, trips = view.read("ruteavgang"), view.read("rutetur")
    new = trips[~trips["tur_id"].isin([row["tur_id"] for row, _ in VILLAGE])]
    # 5 one way, 3 the other, 2 on Saturdays in two calendars of the same date; one alone.
    assert len(new) == 4 + 2 + 1
    assert new.groupby(["retning", "kalender_id"]).size().to_dict() == {
        (0, "hverdag"): 4, (0, "lordag"): 1, (1, "hverdag"): 2,
    }  # fmt: skip
    first = times(calls, "t0-ny1")
    assert first == [(s, 20_300 + 110 * k, 20_310 + 110 * k) for k, s in enumerate("ABCD")]
    assert set(changes.layers) == {"rutetur", "ruteavgang"}
    assert (changes.layers["ruteavgang"]["endring"] == "ny").all()
    # What was there is as it was.
    assert times(calls, "t1") == times(package.read("ruteavgang"), "t1")


def test_three_times_as_many_stand_at_thirds(package, tmp_path) -> None:
    _, view, _ = scenario(package, tmp_path, more_departures("L1=3"))
    starts = sorted(times(view.read("ruteavgang"), f"t0-ny{k}")[0][2] for k in (1, 2))
    assert starts == [20_210, 20_410]


def test_a_new_stop_is_called_at_where_it_lies_and_all_after_is_later(package, tmp_path) -> None:
    # 250 m beyond B and 100 m off the street.
    stop = NewStop(name="Nye", x=1250.0, y=100.0, line="Dalbussen")
    _, view, changes = scenario(package, tmp_path, stop)
    calls = view.read("ruteavgang")
    one, other = np.hypot(250, 100), np.hypot(750, 100)
    come = 20_120 + round(100 * (one + other) / 1000 * one / (one + other))
    later = round(100 * (one + other) / 1000) - 100 + WAIT
    assert times(calls, "t0") == [
        ("A", 20_000, 20_010),
        ("B", 20_110, 20_120),
        ("NY-NYE", come, come + WAIT),
        ("C", 20_220 + later, 20_230 + later),
        ("D", 20_330 + later, 20_340 + later),
    ]
    assert [s for s, *_ in times(calls, "u0")] == ["D", "C", "NY-NYE", "B", "A"]
    # The short trip from C does not pass by, nor does the other line call there.
    assert [s for s, *_ in times(calls, "kort")] == ["C", "D"]
    assert [s for s, *_ in times(calls, "n0")] == ["A", "B"]
    assert any("1 turer på linjen går ikke forbi" in note for note in changes.notes)
    order = calls.groupby("tur_id")["rekkefolge"]
    assert (order.nunique() == order.size()).all()
    made = view.read("holdeplass").set_index("holdeplass_id").loc["NY-NYE"]
    assert (made["navn"], made["transportmiddel"], made.geometry.x) == ("Nye", "buss", 1250.0)


def test_each_direction_has_its_own_side_where_the_line_has(package) -> None:
    tables = timetable(trip("t", "L1", "AB", 20_000), trip("u", "L1", "DC", 20_000, way=1))
    where = STOPS.assign(geometry=[shapely.Point(x, 0) for x in (0, 1000, 0, 1000)])
    both = Tables(where, LINES, tables.rutetur, tables.ruteavgang, DAYS)
    made, _ = add_stop(both, NewStop(name="Nye", x=500, y=0, line="1"), PARAMETERS)
    calls = made.ruteavgang
    assert [s for s, *_ in times(calls, "t")] == ["A", "NY-NYE", "B"]
    assert [s for s, *_ in times(calls, "u")] == ["D", "NY-NYE-B", "C"]
    assert made.holdeplass["stoppested_id"].tail(2).tolist() == ["NY-NYE", "NY-NYE"]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-200, 3200), st.floats(-150, 150), st.lists(st.integers(0, 400), min_size=3, max_size=3),
    st.lists(st.integers(0, 3), max_size=2),
)  # fmt: skip
def test_times_stay_in_order_and_other_stops_are_never_earlier(x, y, rides, untimed) -> None:
    row, calls = trip("t", "L1", "ABCD", 20_000)
    at = 20_000 + np.r_[0, np.cumsum(rides)]
    calls = calls.assign(ankomst=at, avgang=at)
    tables = timetable((row, calls))
    blank = tables.ruteavgang.copy()
    blank.loc[[k for k in untimed if k not in {0, 3}], ["ankomst", "avgang"]] = pd.NA
    tables = Tables(STOPS, LINES, tables.rutetur, blank, DAYS)
    made, _ = add_stop(tables, NewStop(name="Nye", x=x, y=y, line="L1"), PARAMETERS)
    found = times(made.ruteavgang, "t")
    assert [s for s, *_ in found if not s.startswith("NY")] == list("ABCD")
    known = [t for _, come, leave in found for t in (come, leave) if t is not pd.NA]
    assert known == sorted(known)
    before = {s: a for s, a, _ in times(tables.ruteavgang, "t")}
    for one, come, _ in found:
        if one in before and before[one] is not pd.NA:
            assert before[one] <= come <= before[one] + 400 * 3 + WAIT


def test_a_new_route_runs_both_ways_on_the_days_of_the_others(package, tmp_path) -> None:
    route = new_route("Båten@hurtigbat@Alby,Ny kai:1000:2000,Dal@36@30@06-07+15-15")
    _, view, changes = scenario(package, tmp_path, route)
    calls = view.read("ruteavgang")
    trips = view.read("rutetur").set_index("tur_id")
    mine = trips[trips["linje_id"] == "NY-BAATEN"]
    assert mine["kalender_id"].unique().tolist() == ["hverdag"]
    assert mine.groupby("retning").size().tolist() == [4, 4]
    leg, back = np.hypot(1000, 2000) / 10, np.hypot(2000, 2000) / 10
    at = 6 * 3600
    quay = at + round(leg)
    rest = int(PARAMETERS["rutetiltak_opphold_bat_s"])
    assert times(calls, "NY-BAATEN-0-001") == [
        ("A", at, at),
        ("NY-NY-KAI", quay, quay + rest),
        ("D", quay + rest + round(back), quay + rest + round(back)),
    ]
    starts = [times(calls, f"NY-BAATEN-1-{k:03d}")[0] for k in range(1, 5)]
    assert starts == [("D", t, t) for t in (at, at + 1800, at + 3600, 15 * 3600)]
    assert set(changes.layers) == {"holdeplass", "rutelinje", "rutetur", "ruteavgang"}


def test_measures_build_on_each_other(package, tmp_path) -> None:
    """A new stop first, then twice as many departures: the new trips call there too."""
    stop = NewStop(name="Nye", x=1500.0, y=0.0, line="1")
    _, view, _ = scenario(package, tmp_path, stop, more_departures("1=2"))
    assert [s for s, *_ in times(view.read("ruteavgang"), "t0-ny1")][2] == "NY-NYE"


@pytest.mark.parametrize(
    ("measure", "word"),
    [
        (more_departures("Dalbusen=2"), "Mente du «Dalbussen»"),
        (more_departures("2=2"), "følger etter hverandre"),
        (new_stop("Nye@1500,9000@1"), "ikke langs linje 1: den minste omvegen er 17"),
        (new_stop("Nye@1500,0@17"), "Linjen «17»"),
        (new_route("Båt@ferge@Alby,Dalen@30@30@6-7"), "Mente du «Dal»"),
    ],
)
def test_what_cannot_be_done_is_named_and_nothing_is_written(
    package, tmp_path, measure, word
) -> None:
    with pytest.raises(ParameterError, match=word):
        scenario(package, tmp_path, measure)
    assert not (tmp_path / "tiltak").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["grunn"]


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (new_stop, "Skogen@1,2"),
        (new_stop, "Skogen@1@110"),
        (new_stop, "Skogen@en,to@110"),
        (more_departures, "110"),
        (more_departures, "110=1"),
        (more_departures, "110=1,5"),
        (new_route, "Båt@hurtigbat@A,B@50@30"),
        (new_route, "Båt@romskip@A,B@50@30@6-9"),
        (new_route, "Båt@ferge@A@50@30@6-9"),
        (new_route, "Båt@ferge@A,B@0@30@6-9"),
        (new_route, "Båt@ferge@A,B@50@30@9-6"),
        (new_route, "Båt@ferge@A,B@50@30@06:75-9"),
        (moved_growth, "Tofte=10"),
        (moved_growth, "Tofte>Asker=0"),
        (moved_growth, "Tofte>Asker=-5"),
    ],
)
def test_a_measure_that_is_written_wrongly_is_refused(read, text) -> None:
    with pytest.raises(ParameterError):
        read(text)


def test_a_package_without_timetable_says_what_is_missing(tmp_path) -> None:
    bare = DataPackage.create(tmp_path / "bar", municipality="3203")
    bare.write("holdeplass", STOPS, origin=Origin("prøve"))
    with pytest.raises(LayerError, match="rutelinje, rutetur, ruteavgang, rutedag mangler"):
        make_changes(bare, [more_departures("1=2")], parameters=PARAMETERS)


def test_no_measure_is_no_scenario(package) -> None:
    with pytest.raises(ParameterError, match="Ingen tiltak"):
        make_changes(package, [], parameters=PARAMETERS)


def test_the_note_tells_what_was_done_and_nothing_is_replaced_unasked(package, tmp_path) -> None:
    made, _, changes = scenario(package, tmp_path, more_departures("1=2"))
    note = (made.path / NOTE).read_text(encoding="utf-8")
    assert changes.notes[0] in note
    assert "- rutetur: 7 nye" in note
    assert made.verify() == []
    with pytest.raises(OverwriteError):
        write_scenario(made.path, package, changes)
    again = write_scenario(made.path, package, changes, overwrite=True)
    assert again.records["rutetur"].sha256 == made.records["rutetur"].sha256


# --- growth -------------------------------------------------------------------------------------

CENTRES = centres_of(
    gpd.GeoDataFrame(
        {"senter_id": ["S1", "S2", "S3"], "navn": ["Byen", "Bygda", "Vika"],
         "niva": ["kommunesenter", "lokalsenter", "naersenter"]},
        geometry=[shapely.Point(x, 0) for x in (0, 5000, 9000)], crs=CRS,
    ),
    LEDGER,
)  # fmt: skip
PROGRAMME = gpd.GeoDataFrame(
    {
        "prosjekt_id": ["P1", "P1", "P2", "P3", "P4"],
        "boligtype": ["enebolig", "smaahus", "enebolig", "enebolig", "enebolig"],
        "aar": pd.array([2028, 2028, 2029, 2030, 2030], dtype="Int64"),
        "boliger": pd.array([10, 25, 5, 40, -3], dtype="Int64"),
        "sannsynlighet": [90.0, 50.0, 75.0, 100.0, 100.0],
        "status": ["regulert"] * 5,
        "planid": ["x"] * 5,
    },
    geometry=[shapely.Point(x, 0) for x in (1, 1, 2, 5000, 3)],
    crs=CRS,
)
BELONGS = pd.Series(["S1", "S1", "S1", "S2", "S1"])


def moved(text: str):
    return move_growth(PROGRAMME, BELONGS, CENTRES, moved_growth(text))


def test_moved_dwellings_keep_their_number_type_year_and_probability() -> None:
    after, belongs, said = moved("Byen>Bygda=20")
    assert after["boliger"].sum() == PROGRAMME["boliger"].sum()
    assert after["boliger"].groupby(belongs).sum().to_dict() == {"S1": 37 - 20, "S2": 60}
    keys = ["boligtype", "aar", "sannsynlighet", "status"]
    for frame in (after, PROGRAMME):
        frame["key"] = frame[keys].astype(str).agg("|".join, axis=1)
    assert after.groupby("key")["boliger"].sum().to_dict() == (
        PROGRAMME.groupby("key")["boliger"].sum().to_dict()
    )
    del PROGRAMME["key"]
    # 20 of 40: half of each row; of 12,5 and 2,5 the first gives one more. The demolition stays.
    assert after["boliger"].tolist()[:5] == [5, 12, 3, 40, -3]
    new = after.iloc[5:]
    assert new["boliger"].tolist() == [5, 13, 2]
    assert new["planid"].isna().all()
    # They come where the other centre builds already.
    assert {shape.x for shape in new.geometry} == {5000.0}
    assert "i prosjekt P3" in said[0]


def test_a_row_that_is_emptied_is_deleted_and_the_rest_replaced() -> None:
    after, belongs, _ = moved("Bygda>Vika=40")
    rows = changed_rows(PROGRAMME, after, ("prosjekt_id", "boligtype", "aar"))
    assert rows[["prosjekt_id", "endring"]].to_numpy().tolist() == [
        ["P3-TIL-S3", "ny"], ["P3", "slett"],
    ]  # fmt: skip
    # The harbour has no project: the centre's own point.
    assert after.geometry.iloc[-1].x == 9000
    assert belongs.iloc[-1] == "S3"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Byn>Bygda=1", "Mente du «Byen»"),
        ("Byen>Bygda=41", "har 40 boliger i Byen"),
        ("Byen>byen=1", "begge sentrene"),
        ("Vika>Byen=1", "har 0 boliger i Vika"),
    ],
)
def test_growth_that_cannot_be_moved_is_named(text, word) -> None:
    with pytest.raises(ParameterError, match=word):
        moved(text)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40))
def test_any_number_is_moved_whole(count: int) -> None:
    after, belongs, _ = move_growth(
        PROGRAMME, BELONGS, CENTRES, MovedGrowth(source="S1", target="S2", count=count)
    )
    assert after["boliger"].groupby(belongs).sum().to_dict() == {"S1": 37 - count, "S2": 40 + count}
    assert (after.loc[(after["prosjekt_id"] != "P4"), "boliger"] > 0).all()


def test_parameters_are_told_apart_by_name() -> None:
    own, ledger = load_measure_parameters({"rutetiltak_omveg_m": "9", "regnskap_naersenter_m": "7"})
    assert (own["rutetiltak_omveg_m"], ledger["regnskap_naersenter_m"]) == (9.0, 7.0)
    with pytest.raises(ParameterError, match="finnes ikke"):
        load_measure_parameters({"tull": "1"})
    assert load_parameters("nullvekst_tiltak")["rutetiltak_omveg_m"] == 500.0
