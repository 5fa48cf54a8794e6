"""GTFS as it is written: every quirk is read, or set aside with its place."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections import Counter
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from askergeo.errors import CrsError, SourceError
from askergeo.sources.feed import Around
from askergeo.sources.gtfs import read_gtfs

MONDAY = dt.date(2026, 1, 5)
FILES = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\nRUT,Ruter,https://ruter.no,Europe/Oslo\n",
    "stops.txt": (
        "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\n"
        "NSR:StopPlace:1,Asker stasjon,59.8334,10.4349,1,\n"
        "NSR:Quay:1,Asker,59.8334,10.4349,0,NSR:StopPlace:1\n"
        "NSR:Quay:2,Asker,59.8335,10.4351,0,NSR:StopPlace:1\n"
        "NSR:Quay:3,Heggedal,59.7860,10.4560,,\n"
    ),
    "routes.txt": "route_id,agency_id,route_short_name,route_long_name,route_type\nRUT:Line:250,RUT,250,Asker – Oslo,3\n",
    "trips.txt": "route_id,service_id,trip_id,trip_headsign,direction_id\nRUT:Line:250,WD,T1,Heggedal,0\n",
    "stop_times.txt": (
        "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,7:00:00,07:00:30,NSR:Quay:1,1\nT1,07:12:00,07:12:00,NSR:Quay:3,2\n"
    ),
    "calendar.txt": (
        "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "WD,1,1,1,1,1,0,0,20260105,20260118\n"
    ),
}  # fmt: skip


def write(path, folder="", encoding="utf-8", **changes):
    """Write the small feed with some files changed (``None`` leaves a file out)."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {
            **FILES,
            **{f"{key}.txt": text for key, text in changes.items()},
        }.items():
            if text is not None:
                archive.writestr(folder + name, text.encode(encoding))
    return path


@pytest.fixture
def read(tmp_path):
    def read_changed(*, today=MONDAY, around=None, **changes):
        return read_gtfs(write(tmp_path / "rute.zip", **changes), today=today, around=around)

    return read_changed


def rules(feed):
    return set(feed.report["regel"])


def one(feed, rule):
    rows = feed.report[feed.report["regel"] == rule]
    assert len(rows) == 1, feed.report
    return rows.iloc[0]


def test_a_plain_feed(read):
    feed = read()
    stops = feed.holdeplass.set_index("holdeplass_id")
    assert stops["stoppested_id"].fillna("-").tolist() == [
        "NSR:StopPlace:1",
        "NSR:StopPlace:1",
        "-",
    ]
    assert stops["transportmiddel"].tolist() == ["buss"] * 3
    assert (stops.geometry["NSR:Quay:3"].x, stops.geometry["NSR:Quay:3"].y) == (10.456, 59.786)
    assert feed.ruteavgang["ankomst"].tolist() == [25_200, 25_920]
    assert feed.ruteavgang["avgang"].tolist() == [25_230, 25_920]
    # Two weeks from Monday to Friday, counted by hand.
    assert len(feed.rutedag) == 10
    assert feed.rutedag["dato"].dt.day_of_week.max() == 4
    assert feed.rutelinje.loc[0, ["linjenummer", "operator", "transportmiddel"]].tolist() == [
        "250",
        "Ruter",
        "buss",
    ]
    assert rules(feed) == {"uten_avganger"}


def test_untidy_text_is_read_alike(tmp_path, read):
    untidy = {
        "agency": "\ufeffagency_id, agency_name,agency_url,agency_timezone\r\nRUT, Ruter,https://ruter.no, Europe/Oslo\r\n",
        "stops": "stop_id,stop_name,ekstra,stop_lat,stop_lon,location_type,parent_station\n\n"
        'NSR:StopPlace:1,"Asker stasjon",x,59.8334,10.4349,1,\nNSR:Quay:1, "Asker",x, 59.8334,10.4349 ,0,NSR:StopPlace:1\n'
        "NSR:Quay:2,Asker,,59.8335,10.4351,0,NSR:StopPlace:1\nNSR:Quay:3,Heggedal,,59.7860,10.4560,,\n",
        "stop_times": "\ufeff" + FILES["stop_times.txt"].replace("\n", "\r\n"),
    }
    path = write(tmp_path / "b.zip", folder="gtfs/rute/", **untidy)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/gtfs/rute/._stops.txt", b"\x00\x05")
    feed, plain = read_gtfs(path, today=MONDAY), read()
    for name, frame in plain.frames().items():
        assert frame.equals(feed.frames()[name]), name
    assert rules(feed) - rules(plain) == {"undermappe"}


def test_a_comma_in_quotes_after_a_space_does_not_cut(read):
    feed = read(
        routes='route_id, agency_id, route_short_name, route_long_name, route_type\nRUT:Line:250, RUT, 250, "Asker, Oslo", 3\n'
    )
    assert feed.rutelinje["navn"].tolist() == ["Asker, Oslo"]


def test_a_folder_is_read_as_a_zip(tmp_path, read):
    with zipfile.ZipFile(write(tmp_path / "b.zip")) as archive:
        archive.extractall(tmp_path / "mappe")
    feed = read_gtfs(tmp_path / "mappe", today=MONDAY)
    assert feed.ruteavgang.equals(read().ruteavgang)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stop_times": None, "trips": None}, "mangler trips.txt, stop_times.txt"),
        ({"calendar": None}, "mangler calendar.txt eller calendar_dates.txt"),
        ({"stops": None}, "mangler stops.txt"),
        ({"trips": "route_id,route_id\n1,2\n"}, "flere kolonner som heter «route_id»"),
    ],
)
def test_what_is_missing_is_named_with_a_remedy(read, changes, message):
    with pytest.raises(SourceError, match=message) as caught:
        read(**changes)
    assert caught.value.remedy


def test_other_letters_than_utf8_are_refused(tmp_path):
    path = write(tmp_path / "a.zip", encoding="cp1252")
    with pytest.raises(SourceError, match=r"routes.txt i a.zip er ikke skrevet i UTF-8"):
        read_gtfs(path, today=MONDAY)


def test_lines_with_other_fields_are_counted(read):
    feed = read(stop_times=FILES["stop_times.txt"] + "T1,07:20:00\n")
    assert "1 linjer har ikke 5 felt" in one(feed, "feil_antall_felt")["tekst"]
    assert len(feed.ruteavgang) == 2


def test_times_past_midnight_go_on_and_odd_ones_are_told(read):
    feed = read(
        stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,23:50:00,,NSR:Quay:1,1\nT1,kl. 12,,NSR:Quay:2,2\nT1,,24:10:05,NSR:Quay:3,5\nT1,99:00:00,99:00:00,NSR:Quay:1,6\n"
    )
    assert feed.ruteavgang["avgang"].tolist() == [85_800, pd.NA, 87_005, pd.NA]
    assert one(feed, "ulesbar_tid")["rad"] == 2
    assert "99" not in one(feed, "umulig_tid")["tekst"]
    assert "2 stopp på 1 tur har ingen tid" in one(feed, "uten_tid")["tekst"]


def test_calendar_dates_add_and_remove(read):
    feed = read(
        calendar_dates="service_id,date,exception_type\nWD,20260106,2\nWD,20260110,1\nWD,20260111,1\nWD,20260111,2\nWD,2026-01-12,1\nWD,20260113,3\n"
    )
    days = set(feed.rutedag["dato"].dt.strftime("%d"))
    assert days == {"05", "07", "08", "09", "10", "12", "13", "14", "15", "16"}
    assert {"motsatte_unntak", "ulesbar_dato", "ukjent_unntak"} <= rules(feed)


def test_dates_alone_will_do(read):
    feed = read(calendar=None, calendar_dates="service_id,date,exception_type\nWD,20260105,1\n")
    assert feed.rutedag["dato"].tolist() == [pd.Timestamp(2026, 1, 5)]


def test_a_calendar_without_end_is_cut_and_told(read):
    feed = read(calendar=FILES["calendar.txt"].replace("20260105,20260118", "19700101,20991231"))
    assert one(feed, "kalender_avkortet")["handling"] == "satt til side"
    assert feed.rutedag["dato"].min() == pd.Timestamp(2025, 1, 6)
    assert 1_300 < len(feed.rutedag) < 1_310


@pytest.mark.parametrize(
    ("today", "rule", "text"),
    [
        (
            dt.date(2026, 2, 1),
            "kalender_utlopt",
            "gjelder 5.1.2026–16.1.2026, og i dag er 1.2.2026",
        ),
        (dt.date(2025, 12, 1), "kalender_framtid", "gjelder 5.1.2026–16.1.2026"),
    ],
)
def test_a_calendar_that_has_run_out_is_told_with_the_dates(read, today, rule, text):
    assert text in one(read(today=today), rule)["tekst"]


def test_what_the_feed_says_of_itself(read):
    feed = read(
        feed_info="feed_publisher_name,feed_version,feed_start_date,feed_end_date\nEntur,20260102-1,20260105,20260109\n"
    )
    assert feed.published == "2026-01-02"
    assert "5 kjøredager" in one(feed, "utenfor_gyldighet")["tekst"]
    assert len(feed.rutedag) == 10


def test_frequencies_become_trips(read):
    feed = read(
        stop_times=FILES["stop_times.txt"]
        .replace("7:00:00,07:00:30", "05:00:00,05:00:00")
        .replace("07:12:00,07:12:00", "05:12:00,05:13:00"),
        frequencies="trip_id,start_time,end_time,headway_secs,exact_times\nT1,07:00:00,08:00:00,1200,1\nT1,08:00:00,08:30:00,900,0\n",
    )
    assert feed.rutetur["tur_id"].tolist() == [
        f"T1#{clock}:00" for clock in ("07:00", "07:20", "07:40", "08:00", "08:15")
    ]
    first = feed.ruteavgang[feed.ruteavgang["rekkefolge"] == 1]["avgang"].tolist()
    assert first == [25_200, 26_400, 27_600, 28_800, 29_700]
    last = feed.ruteavgang[feed.ruteavgang["tur_id"] == "T1#08:15:00"].iloc[1]
    assert (last["ankomst"], last["avgang"]) == (30_420, 30_480)
    text = one(feed, "frekvens")["tekst"]
    assert "1 tur med tid mellom avgangene er regnet ut til 5 turer" in text
    assert "exact_times 0" in text


def test_types_that_the_catalogue_lacks_are_named_and_set_aside(read):
    kinds = {
        "a": "100",
        "b": "900",
        "c": "1014",
        "d": "1004",
        "e": "4",
        "f": "1100",
        "g": "4711",
        "h": "401",
        "i": "715",
    }
    feed = read(
        routes="route_id,agency_id,route_type\n"
        + "".join(f"{name},RUT,{kind}\n" for name, kind in kinds.items()),
        trips="route_id,service_id,trip_id\n" + "".join(f"{name},WD,{name}\n" for name in kinds),
        stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        + "".join(
            f"{name},07:00:00,07:00:00,NSR:Quay:1,1\n{name},07:05:00,07:05:00,NSR:Quay:3,2\n"
            for name in kinds
        ),
    )
    modes = feed.rutelinje.set_index("linje_id")["transportmiddel"].to_dict()
    assert modes == {
        "a": "tog",
        "b": "trikk",
        "c": "hurtigbat",
        "d": "ferge",
        "e": "ferge",
        "h": "tbane",
    }
    told = feed.report[feed.report["regel"] == "ukjent_transporttype"]
    assert told["rad"].tolist() == [6, 7, 9]
    assert "(fly)" in told["tekst"].iloc[0]
    assert "4711. " in told["tekst"].iloc[1]
    assert len(feed.rutetur) == 6
    assert one(feed, "ukjent_transporttype_turer")["tekst"] == "3 turer."
    assert "bat_uten_slag" in rules(feed)


def test_a_stop_says_itself_what_it_is(read):
    stops = (
        FILES["stops.txt"]
        .replace("parent_station\n", "parent_station,vehicle_type\n")
        .replace(",NSR:StopPlace:1\n", ",NSR:StopPlace:1,100\n")
        .replace(",,\n", ",,,\n")
    )
    stops = stops.replace(",1,\n", ",1,,\n")
    feed = read(stops=stops)
    assert feed.holdeplass["transportmiddel"].tolist() == ["tog", "tog", "buss"]


def test_stops_without_a_place_are_listed_and_trips_keep_the_others(read):
    feed = read(
        stops=FILES["stops.txt"]
        + "NSR:Quay:4,Null,0,0,0,\nNSR:Quay:5,Tom,,,0,\nNSR:Quay:6,Ingen avganger,59.8,10.4,0,\n",
        stop_times=FILES["stop_times.txt"]
        + "T1,07:20:00,07:20:00,NSR:Quay:4,3\nT1,07:21:00,07:21:00,NSR:Quay:5,4\n"
        "T1,07:22:00,07:22:00,NSR:Quay:99,5\nT9,07:22:00,07:22:00,NSR:Quay:1,5\n",
    )
    lost = feed.report[feed.report["regel"] == "uten_koordinat"]
    assert lost["rad"].tolist() == [5, 6]
    assert "er 0,0. 1 stopp på turer er tatt ut" in lost["tekst"].iloc[0]
    assert feed.ruteavgang["holdeplass_id"].tolist() == ["NSR:Quay:1", "NSR:Quay:3"]
    assert "NSR:Quay:99" in one(feed, "ukjent_holdeplass")["tekst"]
    assert "ukjent_transportmiddel" in rules(feed)
    assert (
        not feed.holdeplass["holdeplass_id"].isin(["NSR:Quay:4", "NSR:Quay:5", "NSR:Quay:6"]).any()
    )


def test_turned_coordinates_are_refused(read):
    turned = "stop_id,stop_name,stop_lon,stop_lat\nNSR:Quay:1,Asker,59.8334,10.4349\nNSR:Quay:3,Heggedal,59.786,10.456\n"
    with pytest.raises(CrsError, match="ombyttede akser"):
        read(stops=turned)


def test_what_must_be_ordered_is_set_aside_and_counted(read):
    feed = read(
        trips=FILES["trips.txt"] + "RUT:Line:250,WD,T2,,1\nRUT:Line:250,WD,T3,,1\n",
        stop_times="trip_id,arrival_time,departure_time,stop_id,stop_sequence,pickup_type,drop_off_type\n"
        "T1,07:00:00,07:00:00,NSR:Quay:1,1,0,1\nT1,07:05:00,07:05:00,NSR:Quay:2,2,2,3\nT1,07:12:00,07:12:00,NSR:Quay:3,3,1,0\n"
        "T2,08:00:00,08:00:00,NSR:Quay:1,1,2,2\nT2,08:12:00,08:12:00,NSR:Quay:3,2,1,2\nT3,,,,1,2,2\nT3,,,,2,2,2\n",
    )  # fmt: skip
    assert feed.rutetur["tur_id"].tolist() == ["T1"]
    assert feed.ruteavgang["pastigning"].tolist() == [True, False, False]
    assert feed.ruteavgang["avstigning"].tolist() == [False, True, True]
    assert "1 tur tar bare med reisende som har bestilt: T2" in one(feed, "bestillingstur")["tekst"]
    assert {"bestillingsstopp", "avtale_med_forer", "uten_fast_stopp"} <= rules(feed)
    assert "for_fa_stopp" not in rules(feed)


def test_transfers_of_stations_hold_for_their_stops(read):
    feed = read(
        transfers="from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id\n"
        "NSR:StopPlace:1,NSR:Quay:3,2,300,\nNSR:Quay:2,NSR:Quay:3,2,60,\nNSR:Quay:3,NSR:Quay:1,3,,\n"
        "NSR:Quay:3,NSR:Quay:2,1,,\nNSR:Quay:1,NSR:Quay:2,4,,T1\nNSR:Quay:1,NSR:Quay:2,9,,\n"
    )
    got = {
        (row[0][-1], row[1][-1]): (row[2], row[3])
        for row in feed.rutebytte.itertuples(index=False, name=None)
    }
    assert got == {
        ("1", "3"): (300, True),
        ("2", "3"): (60, True),
        ("3", "1"): (pd.NA, False),
        ("3", "2"): (pd.NA, True),
    }
    assert {"bytte_mellom_turer", "ukjent_bytte"} <= rules(feed)


def test_the_same_id_twice_counts_once(read):
    feed = read(
        stops=FILES["stops.txt"] + "NSR:Quay:1,Igjen,59.9,10.5,0,\n",
        trips=FILES["trips.txt"]
        + "RUT:Line:250,WD,T1,Igjen,1\nRUT:Line:250,WD,T2,Heggedal,0\nRUT:Line:9,WD,T3,,\n",
        stop_times=FILES["stop_times.txt"] + "T1,07:12:00,07:12:00,NSR:Quay:3,2\n"
        "T2,7:00:00,07:00:30,NSR:Quay:1,1\nT2,07:12:00,07:12:00,NSR:Quay:3,2\n",
    )
    assert (len(feed.holdeplass), len(feed.rutetur), len(feed.ruteavgang)) == (3, 2, 4)
    assert feed.report.loc[feed.report["regel"] == "dobbel_id", "rad"].tolist() == [5, 2]
    assert {"dobbelt_stopp", "like_turer", "ukjent_linje"} <= rules(feed)
    assert "1 tur har samme linje" in one(feed, "like_turer")["tekst"]


def instants(feed, zone):
    """Every arrival as a point in time, counted: from noon less twelve hours in the zone."""
    rows = feed.ruteavgang.merge(feed.rutetur, on="tur_id").merge(feed.rutedag, on="kalender_id")
    found = Counter()
    for stop, seconds, date in zip(
        rows["holdeplass_id"], rows["ankomst"], rows["dato"], strict=True
    ):
        noon = dt.datetime(date.year, date.month, date.day, 12, tzinfo=ZoneInfo(zone)).astimezone(
            dt.UTC
        )
        found[stop, noon + dt.timedelta(seconds=int(seconds) - 43_200)] += 1
    return found


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "Europe/London", "America/New_York"])
def test_another_time_zone_gives_the_same_points_in_time(read, zone):
    changes = {
        "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "T1,00:20:00,00:20:00,NSR:Quay:1,1\nT1,03:30:00,03:30:00,NSR:Quay:3,2\n"
        "T2,12:00:00,12:00:00,NSR:Quay:1,1\nT2,26:00:00,26:00:00,NSR:Quay:3,2\n",
        "trips": FILES["trips.txt"] + "RUT:Line:250,WD,T2,,1\n",
        # Over the change to summer time in America (8 March) and Europe (29 March 2026).
        "calendar": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\nWD,1,1,1,1,1,1,1,20260305,20260405\n",
    }
    wanted = instants(read(**changes), zone)  # read as Norwegian, told as of the zone
    feed = read(**changes, agency=FILES["agency.txt"].replace("Europe/Oslo", zone))
    assert instants(feed, "Europe/Oslo") == wanted
    assert feed.ruteavgang["ankomst"].min() >= 0
    assert zone in one(feed, "annen_tidssone")["tekst"]
    # New York is five or six hours behind: a trip for each. A trip of Helsinki that begins the day
    # before does so on a day of 23 hours once. London is always an hour behind.
    trips = {"Europe/Helsinki": 3, "Europe/London": 2, "America/New_York": 4}
    assert len(feed.rutetur) == trips[zone]


def test_mixed_and_unknown_zones_are_told(read):
    feed = read(
        agency=FILES["agency.txt"]
        + "X,Andre,https://x.no,Europe/London\nY,Tredje,https://y.no,Mars/Olympus\n",
        routes=FILES["routes.txt"] + "L2,X,2,,3\nL3,Y,3,,3\n",
        trips=FILES["trips.txt"] + "L2,WD,T2,,\nL3,WD,T3,,\n",
        stop_times=FILES["stop_times.txt"]
        + "".join(
            f"{trip},07:00:00,07:00:00,NSR:Quay:1,1\n{trip},07:12:00,07:12:00,NSR:Quay:3,2\n"
            for trip in ("T2", "T3")
        ),
    )
    first = feed.ruteavgang[feed.ruteavgang["rekkefolge"] == 1].set_index("tur_id")["ankomst"]
    assert first.to_dict() == {"T1": 25_200, "T2": 28_800, "T3": 25_200}
    assert {"flere_tidssoner", "ukjent_tidssone", "annen_tidssone"} <= rules(feed)


def test_a_feed_is_cut_to_the_trips_that_touch_the_box(read):
    far = "NSR:Quay:7,Hamar,60.7945,11.0680,0,\nNSR:Quay:8,Lillehammer,61.1153,10.4662,0,\nNSR:Quay:9,Oslo S,59.9107,10.7530,0,\n"
    feed = read(
        stops=FILES["stops.txt"] + far,
        routes=FILES["routes.txt"] + "L2,RUT,2,,2\n",
        trips=FILES["trips.txt"] + "L2,WD,T2,,\n",
        stop_times=FILES["stop_times.txt"] + "T1,08:00:00,08:00:00,NSR:Quay:9,3\n"
        "T2,07:00:00,07:00:00,NSR:Quay:7,1\nT2,08:00:00,08:00:00,NSR:Quay:8,2\n",
        around=Around(
            box=(570_000, 6_620_000, 590_000, 6_640_000), crs="EPSG:25832", margin=10_000
        ),
    )
    # The whole trip is kept: who travels to Oslo gets there.
    assert feed.ruteavgang["holdeplass_id"].tolist() == ["NSR:Quay:1", "NSR:Quay:3", "NSR:Quay:9"]
    assert sorted(feed.holdeplass["holdeplass_id"].str[-1]) == ["1", "2", "3", "9"]
    assert feed.rutelinje["linje_id"].tolist() == ["RUT:Line:250"]
    assert (
        "1 av 2 turer i filen har ingen stopp innenfor 10,0 km"
        in one(feed, "avgrenset_turer")["tekst"]
    )
    assert "Utelatt er 2 holdeplasser og 1 linje." in one(feed, "avgrenset")["tekst"]
    assert "ukjent_tur" not in rules(feed)  # what is left out is told once


def test_large_files_are_read_in_blocks(read, monkeypatch):
    monkeypatch.setattr("askergeo.sources._gtfs_table._BLOCK", 4_096)
    trips = "".join(f"RUT:Line:250,WD,X{number},,0\n" for number in range(500))
    times = "".join(
        f"X{number},{6 + number % 18:02d}:00:00,,NSR:Quay:1,1\nX{number},{6 + number % 18:02d}:{number % 60:02d}:00,,NSR:Quay:3,2\n"
        for number in range(500)
    )
    feed = read(trips=FILES["trips.txt"] + trips, stop_times=FILES["stop_times.txt"] + times)
    assert (len(feed.rutetur), len(feed.ruteavgang)) == (501, 1_002)
    last = feed.ruteavgang[feed.ruteavgang["tur_id"] == "X499"]["avgang"].tolist()
    assert last == [(6 + 499 % 18) * 3600, (6 + 499 % 18) * 3600 + 499 % 60 * 60]


def test_a_zip_that_is_cut_short_is_refused(tmp_path):
    path = write(tmp_path / "a.zip")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SourceError):
        read_gtfs(path, today=MONDAY)
