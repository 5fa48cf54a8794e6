"""A feed written as GTFS or NeTEx is the same feed when it is read, and the same bytes again."""

from __future__ import annotations

import datetime as dt
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from askergeo.errors import DataQualityError
from askergeo.sources.feed import FEED_LAYERS, FeedLog, make_feed
from askergeo.sources.feed_writing import write_gtfs, write_netex
from askergeo.sources.gtfs import read_gtfs
from askergeo.sources.netex import read_netex

TODAY = dt.date(2026, 1, 5)
MODES = ("buss", "trikk", "tbane", "tog", "hurtigbat", "ferge")

# Letters, quotes, commas, markup and line breaks that a file format could stumble over.
TEXT = st.text(alphabet="aÅø1 ,;\"'<&>\n#:-", min_size=1, max_size=8).map(str.strip).filter(bool)
NAMES = st.lists(TEXT, min_size=2, max_size=5, unique=True)
MAYBE = st.none() | TEXT


@st.composite
def feeds(draw):
    stops = draw(NAMES)
    places = st.none() | st.sampled_from(["NSR:StopPlace:1", "sted 2", "sted, 3"])
    holdeplass = gpd.GeoDataFrame(
        {
            "holdeplass_id": stops,
            "navn": [draw(MAYBE) for _ in stops],
            "transportmiddel": [draw(st.sampled_from(MODES)) for _ in stops],
            "stoppested_id": [draw(places) for _ in stops],
        },
        geometry=shapely.points([[draw(st.floats(9, 12)), draw(st.floats(59, 61))] for _ in stops]),
        crs="EPSG:4326",
    )
    lines = draw(NAMES)
    rutelinje = pd.DataFrame(
        {
            "linje_id": lines,
            "linjenummer": [draw(MAYBE) for _ in lines],
            "navn": [draw(MAYBE) for _ in lines],
            "transportmiddel": [draw(st.sampled_from(MODES)) for _ in lines],
            "operator": [draw(MAYBE) for _ in lines],
        }
    )
    trips, calendars = draw(NAMES), draw(NAMES)
    rutetur = pd.DataFrame(
        {
            "tur_id": trips,
            "linje_id": [draw(st.sampled_from(lines)) for _ in trips],
            "kalender_id": [draw(st.sampled_from(calendars)) for _ in trips],
            "retning": [draw(st.sampled_from([0, 1, None])) for _ in trips],
            "mal": [draw(MAYBE) for _ in trips],
        }
    )
    used = sorted(set(rutetur["kalender_id"]))
    dates = st.lists(st.dates(dt.date(2025, 12, 1), dt.date(2026, 3, 1)), min_size=1, max_size=3)
    days = [(name, day) for name in used for day in set(draw(dates))]
    return make_feed(
        holdeplass=holdeplass,
        rutelinje=rutelinje,
        rutetur=rutetur,
        ruteavgang=draw(calls(trips, stops)),
        rutedag=pd.DataFrame(days, columns=["kalender_id", "dato"]).astype(
            {"dato": "datetime64[ms]"}
        ),
        rutebytte=draw(transfers(stops)),
    )


@st.composite
def calls(draw, trips, stops):
    rows = []
    for trip in trips:
        orders = draw(st.lists(st.integers(0, 50), min_size=2, max_size=4, unique=True))
        clock = 0
        for order in sorted(orders):
            arrival = clock + draw(st.integers(0, 43_000))
            clock = arrival + draw(st.integers(0, 3_000))
            timed = draw(st.booleans()) or order in (min(orders), max(orders))
            rows.append(
                (trip, order, draw(st.sampled_from(stops)), arrival if timed else None,
                 clock if timed else None, draw(st.booleans()), draw(st.booleans()))
            )  # fmt: skip
    columns = [
        "tur_id",
        "rekkefolge",
        "holdeplass_id",
        "ankomst",
        "avgang",
        "pastigning",
        "avstigning",
    ]
    frame = pd.DataFrame(rows, columns=columns)
    # A trip that nobody may board is one that must be ordered, in the eyes of a reader.
    frame.loc[frame.groupby("tur_id").head(1).index, "pastigning"] = True
    return frame


@st.composite
def transfers(draw, stops):
    pairs = st.tuples(st.sampled_from(stops), st.sampled_from(stops))
    chosen = draw(st.lists(pairs, max_size=3, unique=True))
    return pd.DataFrame(
        [(*pair, draw(st.none() | st.integers(0, 900)), draw(st.booleans())) for pair in chosen],
        columns=["fra_holdeplass_id", "til_holdeplass_id", "sekunder", "mulig"],
    )


def assert_same(feed, other):
    for name in FEED_LAYERS:
        one, two = feed.frames()[name], other.frames()[name]
        if name == "holdeplass":
            # Bit for bit: the shortest text of a number reads back as the number.
            assert (one.geometry.to_wkb() == two.geometry.to_wkb()).all()
            one, two = (
                pd.DataFrame(one.drop(columns="geometry")),
                pd.DataFrame(two.drop(columns="geometry")),
            )
        pd.testing.assert_frame_equal(one, two, obj=name)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(feeds())
def test_a_feed_is_the_same_after_a_round_trip_in_both_forms(feed):
    with tempfile.TemporaryDirectory() as folder:
        gtfs = read_gtfs(write_gtfs(feed, Path(folder, "a.zip")), today=TODAY)
        netex = read_netex(write_netex(feed, Path(folder, "b.zip")), today=TODAY)
    assert_same(feed, gtfs)
    assert_same(feed, netex)
    assert (gtfs.kind, netex.kind) == ("GTFS", "NeTEx")


def small(**changes):
    tables = {
        "holdeplass": gpd.GeoDataFrame(
            {"holdeplass_id": ["NSR:Quay:1", "NSR:Quay:2"], "navn": ["Asker", "Sandvika"],
             "transportmiddel": "tog", "stoppested_id": ["NSR:StopPlace:1", "NSR:StopPlace:2"]},
            geometry=shapely.points([[10.43, 59.83], [10.52, 59.89]]), crs="EPSG:4326",
        ),
        "rutelinje": pd.DataFrame({"linje_id": ["VYG:Line:L1"], "transportmiddel": "tog", "operator": "Vy"}),
        "rutetur": pd.DataFrame({"tur_id": ["VYG:ServiceJourney:1"], "linje_id": "VYG:Line:L1", "kalender_id": "VYG:DayType:1"}),
        "ruteavgang": pd.DataFrame(
            {"tur_id": "VYG:ServiceJourney:1", "rekkefolge": [1, 2],
             "holdeplass_id": ["NSR:Quay:1", "NSR:Quay:2"], "avgang": [86_000, 87_000]}
        ),
        "rutedag": pd.DataFrame({"kalender_id": ["VYG:DayType:1"], "dato": pd.to_datetime(["2026-01-05"])}),
    }  # fmt: skip
    return make_feed(**{**tables, **changes})


@pytest.mark.parametrize("write", [write_gtfs, write_netex])
def test_bytes_are_the_same_whatever_the_order_of_the_rows(tmp_path, write):
    feed = small()
    turned = make_feed(**{name: frame.iloc[::-1] for name, frame in feed.frames().items()})
    one, two = write(feed, tmp_path / "a.zip"), write(turned, tmp_path / "b.zip")
    assert one.read_bytes() == two.read_bytes()


def test_ids_of_the_national_form_are_written_as_they_are(tmp_path):
    with zipfile.ZipFile(write_netex(small(), tmp_path / "a.zip")) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    for identity in ("NSR:Quay:1", "NSR:StopPlace:2", "VYG:ServiceJourney:1", "VYG:DayType:1"):
        assert f'="{identity}"' in text
    assert (
        "<DepartureTime>00:10:00</DepartureTime><DepartureDayOffset>1</DepartureDayOffset>" in text
    )


@pytest.mark.parametrize("write", [write_gtfs, write_netex])
def test_metres_are_written_as_degrees_of_the_same_place(tmp_path, write):
    feed = small()
    metres = make_feed(**{**feed.frames(), "holdeplass": feed.holdeplass.to_crs("EPSG:25832")})
    path = write(metres, tmp_path / "a.zip")
    again = (read_gtfs if write is write_gtfs else read_netex)(path, today=TODAY).holdeplass
    assert again.to_crs("EPSG:25832").distance(metres.holdeplass).max() < 0.002


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [("rutetur", "linje_id", "linje_id"), ("ruteavgang", "holdeplass_id", "holdeplass_id"), ("ruteavgang", "tur_id", "tur_id")],
)  # fmt: skip
def test_tables_that_do_not_fit_together_are_not_written(tmp_path, table, column, rule):
    feed = small()
    broken = make_feed(**{**feed.frames(), table: feed.frames()[table].assign(**{column: "borte"})})
    with pytest.raises(DataQualityError, match=f"«borte» i «{rule}»"):
        write_gtfs(broken, tmp_path / "a.zip")


def test_control_characters_are_refused_with_the_row(tmp_path):
    lines = pd.DataFrame({"linje_id": ["VYG:Line:L1"], "transportmiddel": "tog", "navn": "a\x07"})
    with pytest.raises(DataQualityError, match="«rutelinje», rad 1: «navn»"):
        write_netex(small(rutelinje=lines), tmp_path / "a.zip")


def test_a_feed_has_the_types_of_the_package_and_no_open_questions():
    feed = small()
    times = feed.ruteavgang
    assert times["ankomst"].tolist() == times["avgang"].tolist() == [86_000, 87_000]
    assert times["pastigning"].all()
    assert feed.rutelinje["navn"].isna().all()
    assert feed.rutedag["dato"].dtype == np.dtype("datetime64[ms]")


def test_ten_thousand_remarks_are_told_as_a_number():
    log = FeedLog()
    log.each("regel", "Tittel", [f"nr {number}" for number in range(10_000)], file="a.txt")
    frame = log.frame()
    assert len(frame) == 501
    assert frame["tekst"].iloc[-1] == "Og 9500 til av samme slag."
