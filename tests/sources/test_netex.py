"""NeTEx in the Nordic profile, written by hand after the documented profile, with its quirks."""

from __future__ import annotations

import datetime as dt
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.errors import SourceError
from askergeo.sources.feed import Around
from askergeo.sources.netex import read_netex

MONDAY = dt.date(2026, 1, 5)
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><PublicationDelivery xmlns="http://www.netex.org.uk/netex" '
    'xmlns:gis="http://www.opengis.net/gml/3.2" version="1.15:NO-NeTEx-networktimetable:1.5">'
    "<PublicationTimestamp>2026-01-02T03:04:05</PublicationTimestamp><ParticipantRef>RB</ParticipantRef>"
    '<dataObjects><CompositeFrame id="RUT:CompositeFrame:1" version="1">{defaults}<frames>'
)
TAIL = "</frames></CompositeFrame></dataObjects></PublicationDelivery>"
ZONE = (
    "<FrameDefaults><DefaultLocale><TimeZone>Europe/Oslo</TimeZone></DefaultLocale></FrameDefaults>"
)

RESOURCES = (
    '<ResourceFrame id="RUT:ResourceFrame:1" version="1"><organisations>'
    '<Operator id="RUT:Operator:130" version="1"><Name>Unibuss</Name></Operator>'
    '<Authority id="RUT:Authority:RUT" version="1"><Name>Ruter</Name></Authority>'
    "</organisations></ResourceFrame>"
    '<ServiceFrame id="RUT:ServiceFrame:1" version="1"><Network id="RUT:Network:1" version="1">'
    '<Name>Ruter</Name><AuthorityRef ref="RUT:Authority:RUT"/></Network></ServiceFrame>'
)
SITES = (
    '<SiteFrame id="NSR:SiteFrame:1" version="1"><stopPlaces>'
    '<StopPlace id="NSR:StopPlace:1" version="7"><Name>Asker</Name>'
    "<Centroid><Location><Longitude>10.4349</Longitude><Latitude>59.8334</Latitude></Location></Centroid>"
    "<TransportMode>bus</TransportMode><StopPlaceType>onstreetBus</StopPlaceType><quays>"
    '<Quay id="NSR:Quay:1" version="2"><Centroid><Location><Longitude>10.4350</Longitude>'
    "<Latitude>59.8335</Latitude></Location></Centroid></Quay>"
    '<Quay id="NSR:Quay:2" version="2"/></quays></StopPlace>'
    '<StopPlace id="NSR:StopPlace:3" version="1"><Name>Vollen</Name>'
    "<Centroid><Location><gis:pos>59.8060 10.4870</gis:pos></Location></Centroid>"
    "<TransportMode>water</TransportMode><StopPlaceType>harbourPort</StopPlaceType><quays>"
    '<Quay id="NSR:Quay:3" version="1"><Name>Vollen brygge</Name><Centroid><Location>'
    "<Longitude>10.4871</Longitude><Latitude>59.8061</Latitude></Location></Centroid></Quay>"
    "</quays></StopPlace></stopPlaces></SiteFrame>"
)
POINTS = (
    '<ServiceFrame id="RUT:ServiceFrame:2" version="1"><destinationDisplays>'
    '<DestinationDisplay id="RUT:DestinationDisplay:1" version="1"><FrontText>Vollen</FrontText></DestinationDisplay>'
    "</destinationDisplays><scheduledStopPoints>"
    + "".join(f'<ScheduledStopPoint id="RUT:ScheduledStopPoint:{n}" version="1"><Name>P{n}</Name></ScheduledStopPoint>' for n in (1, 2, 3))
    + "</scheduledStopPoints><stopAssignments>"
    # Real files give several assignments the same identity.
    + "".join(
        '<PassengerStopAssignment id="RUT:PassengerStopAssignment:1" version="1" order="1">'
        f'<ScheduledStopPointRef ref="RUT:ScheduledStopPoint:{n}"/><QuayRef ref="NSR:Quay:{n}"/></PassengerStopAssignment>'
        for n in (1, 2, 3)
    )
    + "</stopAssignments>{more}</ServiceFrame>"
)  # fmt: skip
CALENDAR = (
    '<ServiceCalendarFrame id="RUT:ServiceCalendarFrame:1" version="1"><dayTypes>'
    '<DayType id="RUT:DayType:W" version="1"><properties><PropertyOfDay><DaysOfWeek>Weekdays</DaysOfWeek></PropertyOfDay></properties></DayType>'
    '<DayType id="RUT:DayType:H" version="1"><properties><PropertyOfDay><DaysOfWeek>Saturday Sunday</DaysOfWeek></PropertyOfDay></properties></DayType>'
    '<DayType id="RUT:DayType:U" version="1"/><DayType id="RUT:DayType:P" version="1"/></dayTypes>'
    "<operatingDays>"
    '<OperatingDay id="RUT:OperatingDay:10" version="1"><CalendarDate>2026-01-10</CalendarDate></OperatingDay>'
    '<OperatingDay id="RUT:OperatingDay:17" version="1"><CalendarDate>2026-01-17</CalendarDate></OperatingDay>'
    "</operatingDays><operatingPeriods>"
    '<OperatingPeriod id="RUT:OperatingPeriod:1" version="1"><FromDate>2026-01-05T00:00:00</FromDate><ToDate>2026-01-18T00:00:00</ToDate></OperatingPeriod>'
    '<UicOperatingPeriod id="RUT:UicOperatingPeriod:1" version="1"><FromDate>2026-01-05T00:00:00</FromDate><ToDate>2026-01-09T00:00:00</ToDate><ValidDayBits>10101</ValidDayBits></UicOperatingPeriod>'
    "</operatingPeriods><dayTypeAssignments>{assignments}</dayTypeAssignments></ServiceCalendarFrame>"
)


def assign(day_type, what, *, available=True):
    off = "" if available else "<isAvailable>false</isAvailable>"
    inner = f"<Date>{what}</Date>" if what[0] == "2" else f'<{what.split(":")[1]}Ref ref="{what}"/>'
    return f'<DayTypeAssignment id="RUT:DayTypeAssignment:1" version="1" order="1">{inner}<DayTypeRef ref="RUT:DayType:{day_type}"/>{off}</DayTypeAssignment>'


ASSIGNMENTS = (
    assign("W", "RUT:OperatingPeriod:1")
    + assign("W", "2026-01-06", available=False)
    + assign("W", "RUT:OperatingDay:10")
    + assign("H", "RUT:OperatingPeriod:1")
    + assign("H", "RUT:OperatingDay:17", available=False)
    + assign("U", "RUT:UicOperatingPeriod:1")
    + assign("P", "RUT:OperatingPeriod:1")
)


def line(number="1", mode="bus", submode="", kind="Line", more=""):
    sub = (
        f"<TransportSubmode><Submode>{submode}</Submode></TransportSubmode>".replace(
            "Submode>", f"{mode.capitalize()}Submode>"
        )
        if submode
        else ""
    )
    sub = sub.replace(f"Transport{mode.capitalize()}Submode", "TransportSubmode")
    return (
        f'<{kind} id="RUT:Line:{number}" version="1"><Name>Linje {number}</Name><TransportMode>{mode}</TransportMode>{sub}'
        f'<PublicCode>{number}</PublicCode>{more}<RepresentedByGroupRef ref="RUT:Network:1"/></{kind}>'
    )  # fmt: skip


GOAL = '<DestinationDisplayRef ref="RUT:DestinationDisplay:1"/>'


def pattern(number="1", calls=(1, 2, 3), extra=None):
    points = "".join(
        f'<StopPointInJourneyPattern id="RUT:StopPointInJourneyPattern:{number}-{place}" version="1" order="{place * 10}">'
        f'<ScheduledStopPointRef ref="RUT:ScheduledStopPoint:{stop}"/>{(extra or {}).get(place, "")}'
        f"{GOAL if place == 1 else ''}</StopPointInJourneyPattern>"
        for place, stop in enumerate(calls, start=1)
    )
    return (
        f'<JourneyPattern id="RUT:JourneyPattern:{number}" version="1"><RouteRef ref="RUT:Route:{number}"/>'
        f"<pointsInSequence>{points}</pointsInSequence></JourneyPattern>"
    )


def journey(number, times, *, days="W", shape="1", more="", version="1", route=""):
    """Write a journey; ``times`` are (arrival, departure) as texts, ``+1`` for a day offset."""

    def moment(kind, text):
        clock, _, offset = text.partition("+")
        return (f"<{kind}Time>{clock}</{kind}Time>" if clock else "") + (
            f"<{kind}DayOffset>{offset}</{kind}DayOffset>" if offset else ""
        )

    passing = "".join(
        f'<TimetabledPassingTime id="RUT:TimetabledPassingTime:{number}-{place}" version="1">'
        f'<StopPointInJourneyPatternRef ref="RUT:StopPointInJourneyPattern:{shape}-{place}"/>'
        f"{moment('Arrival', arrival)}{moment('Departure', departure)}</TimetabledPassingTime>"
        for place, (arrival, departure) in enumerate(times, start=1)
    )
    types = "".join(f'<DayTypeRef ref="RUT:DayType:{one}"/>' for one in days)
    return (
        f'<ServiceJourney id="RUT:ServiceJourney:{number}" version="{version}">{more}'
        f"{f'<dayTypes>{types}</dayTypes>' if types else ''}"
        f'<JourneyPatternRef ref="RUT:JourneyPattern:{shape}"/>{route}<passingTimes>{passing}</passingTimes></ServiceJourney>'
    )


DAY = [("", "07:00:00"), ("07:05:00", "07:05:30"), ("07:20:00", "")]


def line_file(
    lines=None, patterns=None, journeys=None, *, routes=("1",), more="", validity="", defaults=ZONE
):
    made = "".join(
        f'<Route id="RUT:Route:{one}" version="1"><LineRef ref="RUT:Line:{one}"/><DirectionType>inbound</DirectionType></Route>'
        for one in routes
    )
    return (
        HEAD.format(defaults=validity + defaults)
        + f'<ServiceFrame id="RUT:ServiceFrame:9" version="1"><routes>{made}</routes><lines>{lines or line()}</lines>'
        f"<journeyPatterns>{patterns or pattern()}</journeyPatterns></ServiceFrame>"
        f'<TimetableFrame id="RUT:TimetableFrame:1" version="1"><vehicleJourneys>{journeys or journey(1, DAY)}</vehicleJourneys>{more}</TimetableFrame>'
        + TAIL
    )  # fmt: skip


def shared(*, sites=SITES, more="", assignments=ASSIGNMENTS):
    return (
        HEAD.format(defaults=ZONE)
        + RESOURCES
        + sites
        + POINTS.format(more=more)
        + CALENDAR.format(assignments=assignments)
        + TAIL
    )


@pytest.fixture
def read(tmp_path):
    def read_files(*files, today=MONDAY, stops=None, around=None, only_stops=False, **parts):
        path = tmp_path / "rute.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("_RUT_shared_data.xml", shared(**parts))
            for number, text in enumerate(files or [line_file()], start=1):
                archive.writestr(f"RUT_RUT-Line-{number}.xml", text)
        return read_netex(path, today=today, stops=stops, around=around, only_stops=only_stops)

    return read_files


def one(feed, rule):
    rows = feed.report[feed.report["regel"] == rule]
    assert len(rows) == 1, feed.report["tekst"].tolist()
    return rows.iloc[0]


def days_of(feed, trip=None):
    trips = (
        feed.rutetur
        if trip is None
        else feed.rutetur[feed.rutetur["tur_id"] == f"RUT:ServiceJourney:{trip}"]
    )
    return [
        int(day)
        for day in feed.rutedag.loc[
            feed.rutedag["kalender_id"].isin(trips["kalender_id"]), "dato"
        ].dt.day
    ]


def test_a_line_of_the_profile(read):
    feed = read()
    assert feed.rutelinje.iloc[0].tolist() == ["RUT:Line:1", "1", "Linje 1", "buss", "Ruter"]
    assert feed.rutetur.iloc[0].tolist() == [
        "RUT:ServiceJourney:1",
        "RUT:Line:1",
        "RUT:DayType:W",
        1,
        "Vollen",
    ]
    times = feed.ruteavgang
    assert times["holdeplass_id"].tolist() == ["NSR:Quay:1", "NSR:Quay:2", "NSR:Quay:3"]
    assert times["ankomst"].tolist() == [25_200, 25_500, 26_400]
    assert times["avgang"].tolist() == [25_200, 25_530, 26_400]
    stops = feed.holdeplass.set_index("holdeplass_id")
    assert stops["navn"].tolist() == ["Asker", "Asker", "Vollen brygge"]
    assert stops["transportmiddel"].tolist() == ["buss", "buss", "hurtigbat"]
    # Quay 2 has no place of its own; the register's gml:pos has north first.
    assert (stops.geometry["NSR:Quay:2"].x, stops.geometry["NSR:Quay:2"].y) == (10.4349, 59.8334)
    assert "NSR:Quay:2" in one(feed, "punkt_fra_stoppested")["tekst"]
    assert (feed.kind, feed.published) == ("NeTEx", "2026-01-02")


def test_days_are_those_of_the_calendar_counted_by_hand(read):
    journeys = "".join(journey(name, DAY, days=name) for name in ("W", "H", "U", "P", "WH"))
    feed = read(line_file(journeys=journeys))
    # January 2026: the 5th is a Monday. Weekdays less the 6th, and Saturday the 10th.
    assert days_of(feed, "W") == [5, 7, 8, 9, 10, 12, 13, 14, 15, 16]
    assert days_of(feed, "H") == [10, 11, 18]
    assert days_of(feed, "U") == [5, 7, 9]
    assert days_of(feed, "P") == list(range(5, 19))
    assert sorted(set(days_of(feed, "WH"))) == [5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18]
    assert "RUT:DayType:P" in one(feed, "uten_ukedager")["tekst"]


def test_dated_journeys_and_cancellations(read):
    dated = "".join(
        f'<DatedServiceJourney id="RUT:DatedServiceJourney:{n}" version="1">{alteration}<ServiceJourneyRef ref="RUT:ServiceJourney:{trip}"/>'
        f'<OperatingDayRef ref="RUT:OperatingDay:{day}"/></DatedServiceJourney>'
        for n, (trip, day, alteration) in enumerate(
            [(1, 10, ""), (1, 17, ""), (2, 10, ""), (2, 17, "<ServiceAlteration>cancellation</ServiceAlteration>"),
             (3, 10, "<ServiceAlteration>cancellation</ServiceAlteration>"), (1, 99, "")]
        )
    )  # fmt: skip
    off = journey(4, DAY, more="<ServiceAlteration>cancellation</ServiceAlteration>")
    feed = read(
        line_file(
            journeys=journey(1, DAY, days="")
            + journey(2, DAY, days="")
            + journey(3, DAY)
            + off
            + dated
        )
    )
    assert [days_of(feed, trip) for trip in (1, 2)] == [[10, 17], [10]]
    assert days_of(feed, 3) == [5, 7, 8, 9, 12, 13, 14, 15, 16]
    assert len(feed.rutetur) == 3
    assert "1 tur er innstilt" in one(feed, "innstilt")["tekst"]
    assert "2 avganger er innstilt" in one(feed, "innstilt_dag")["tekst"]
    assert "1 datert tur" in one(feed, "uten_dag")["tekst"]


def test_midnight_with_and_without_a_day_offset(read):
    said = [("", "23:50:00"), ("23:59:00", "00:01:00+1"), ("00:20:00+1", "")]
    silent = [("", "23:50:00"), ("23:59:00", "00:01:00"), ("00:20:00", "")]
    whole = [("", "23:50:00"), ("24:00:00", "24:00:00"), ("00:20:00+1", "")]
    feed = read(line_file(journeys=journey(1, said) + journey(2, silent) + journey(3, whole)))
    got = feed.ruteavgang.groupby("tur_id")[["ankomst", "avgang"]].agg(list)
    assert got["ankomst"].tolist() == [[85_800, 86_340, 87_600]] * 2 + [[85_800, 86_400, 87_600]]
    assert got["avgang"].iloc[0] == got["avgang"].iloc[1] == [85_800, 86_460, 87_600]
    assert "1 tur går over midnatt" in one(feed, "over_midnatt")["tekst"]


def test_stops_without_a_time_are_kept_without(read):
    feed = read(line_file(journeys=journey(1, [("", "07:00:00"), ("", ""), ("07:20:00", "")])))
    assert feed.ruteavgang["ankomst"].tolist() == [25_200, pd.NA, 26_400]
    assert one(feed, "uten_tid")["handling"] == "beholdt"


def test_what_must_be_ordered_is_set_aside_and_counted(read):
    booking = (
        "<BookingArrangements><BookingMethods>callDriver</BookingMethods></BookingArrangements>"
    )
    text = line_file(
        line() + line("2", kind="FlexibleLine") + line("3", submode="demandAndResponseBus"),
        pattern("1") + pattern("2") + pattern("3") + pattern("4", extra={2: booking}) + pattern("5", extra=dict.fromkeys((1, 2, 3), booking)),
        journey(1, DAY)
        + journey(2, DAY, shape="2") + journey(3, DAY, shape="3")
        + journey(4, DAY, more='<FlexibleServiceProperties id="RUT:FlexibleServiceProperties:1" version="1"/>')
        + journey(5, DAY, shape="4", route='<LineRef ref="RUT:Line:1"/>') + journey(6, DAY, shape="5", route='<LineRef ref="RUT:Line:1"/>'),
        routes=("1", "2", "3"),
    )  # fmt: skip
    feed = read(text)
    assert [name[-1] for name in feed.rutetur["tur_id"]] == ["1", "5"]
    assert feed.rutelinje["linje_id"].tolist() == ["RUT:Line:1"]
    assert feed.ruteavgang["pastigning"].tolist() == [True] * 4 + [False, True]
    told = feed.report.groupby("regel").size()
    assert told["bestillingslinje"] == 2
    assert told["bestillingstur"] == 2
    assert "2 turer er på linjer som er satt til side" in one(feed, "linje_ikke_med")["tekst"]


@pytest.mark.parametrize("orders", [(0, 1, 2), (1, 1, 2), (3, 2, 1)])
def test_stops_whose_numbers_do_not_rise_keep_the_order_that_they_stand_in(read, orders):
    text = pattern()
    for place, order in zip((10, 20, 30), orders, strict=True):
        text = text.replace(f'order="{place}"', f'order="{order}"')
    feed = read(line_file(patterns=text))
    assert feed.ruteavgang["rekkefolge"].tolist() == [0, 1, 2]
    assert feed.ruteavgang["avgang"].tolist() == [25_200, 25_530, 26_400]


def test_boarding_and_alighting(read):
    calls = {1: "<ForAlighting>false</ForAlighting>", 3: "<ForBoarding>false</ForBoarding>"}
    feed = read(line_file(patterns=pattern(extra=calls)))
    assert feed.ruteavgang["avstigning"].tolist() == [False, True, True]
    assert feed.ruteavgang["pastigning"].tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("mode", "submode", "expected"),
    [("rail", "regionalRail", "tog"), ("metro", "metro", "tbane"), ("tram", "localTram", "trikk"), ("coach", "", "buss"),
     ("water", "highSpeedPassengerService", "hurtigbat"), ("water", "localPassengerFerry", "ferge"), ("water", "localCarFerry", "ferge")],
)  # fmt: skip
def test_modes(read, mode, submode, expected):
    assert read(line_file(line(mode=mode, submode=submode))).rutelinje[
        "transportmiddel"
    ].tolist() == [expected]


def test_a_mode_that_is_unknown_is_named(read):
    text = line_file(line() + line("2", mode="air", submode="domesticFlight"), pattern() + pattern("2"),
                     journey(1, DAY) + journey(2, DAY, shape="2"), routes=("1", "2"))  # fmt: skip
    feed = read(text)
    row = one(feed, "ukjent_transporttype")
    assert "air domesticFlight" in row["tekst"]
    assert row["fil"] == "RUT_RUT-Line-1.xml"
    assert len(feed.rutetur) == 1


def test_journeys_of_another_mode_are_a_line_of_their_own(read):
    feed = read(
        line_file(
            line(mode="rail"),
            journeys=journey(1, DAY) + journey(2, DAY, more="<TransportMode>bus</TransportMode>"),
        )
    )
    assert feed.rutelinje.set_index("linje_id")["transportmiddel"].to_dict() == {
        "RUT:Line:1": "tog",
        "RUT:Line:1 (buss)": "buss",
    }
    assert feed.rutetur["linje_id"].tolist() == ["RUT:Line:1", "RUT:Line:1 (buss)"]


def test_the_same_journey_and_stop_in_two_files_count_once(read):
    late = [("", "08:00:00"), ("08:05:00", "08:05:30"), ("08:20:00", "")]
    feed = read(
        line_file(journeys=journey(1, DAY)),
        line_file(journeys=journey(1, late, version="2")),
        line_file(journeys=journey(1, DAY)),
    )
    assert len(feed.rutetur) == 1
    assert feed.ruteavgang["avgang"].iloc[0] == 28_800
    assert "1 tur står flere ganger" in one(feed, "samme_tur")["tekst"]
    older = SITES.replace('version="7"', 'version="6"').replace("10.4350", "10.9999")
    twice = read(sites=SITES + older)
    assert twice.holdeplass.geometry.x.max() < 10.5
    assert len(twice.holdeplass) == 3


def national_stops():
    return gpd.GeoDataFrame(
        {"holdeplass_id": [f"NSR:Quay:{n}" for n in (1, 2, 3, 4)], "navn": "Fra registeret", "transportmiddel": "buss", "stoppested_id": "NSR:StopPlace:1"},
        geometry=gpd.points_from_xy([10.43, 10.44, 10.45, 10.46], [59.83] * 4, crs="EPSG:4326"),
    ).to_crs("EPSG:25832")  # fmt: skip


def test_stops_of_the_package_lend_their_places(read):
    feed = read(sites="", stops=national_stops())
    assert feed.holdeplass["holdeplass_id"].tolist() == ["NSR:Quay:1", "NSR:Quay:2", "NSR:Quay:3"]
    assert feed.holdeplass.geometry.x.round(6).tolist() == [10.43, 10.44, 10.45]
    assert "3 holdeplasser har ikke koordinat i filen" in one(feed, "koblet_holdeplass")["tekst"]


def test_a_stop_that_nobody_has_is_listed(read):
    feed = read(sites="", stops=national_stops().iloc[:2])
    assert "NSR:Quay:3 P3: koordinaten mangler. 1 stopp" in one(feed, "uten_koordinat")["tekst"]
    assert len(feed.ruteavgang) == 2


def test_a_file_without_any_place_says_where_the_stops_are(read):
    with pytest.raises(SourceError, match="Ingen av de 3 holdeplassene") as caught:
        read(sites="")
    assert "holdeplass FIL" in caught.value.remedy


def test_the_stops_alone(tmp_path, read):
    path = tmp_path / "stopp.xml"
    path.write_text(HEAD.format(defaults="") + SITES + TAIL)
    feed = read_netex(path, today=MONDAY, only_stops=True)
    assert len(feed.holdeplass) == 3
    with pytest.raises(SourceError, match="har ingen turer") as caught:
        read_netex(path, today=MONDAY)
    assert "holdeplass FIL" in caught.value.remedy


def test_a_stop_place_that_is_closed_is_not_used(read):
    closed = SITES.replace(
        "<Name>Vollen</Name>",
        "<ValidBetween><FromDate>2020-01-01T00:00:00</FromDate><ToDate>2025-06-01T00:00:00</ToDate></ValidBetween><Name>Vollen</Name>",
    )
    feed = read(sites=closed)
    assert one(feed, "utlopt_stoppested")["fil"] == "_RUT_shared_data.xml"
    assert "NSR:Quay:3" not in set(feed.holdeplass["holdeplass_id"])


def test_validity_cuts_the_days_and_says_so(read):
    frame = (
        '<validityConditions><AvailabilityCondition id="RUT:AvailabilityCondition:1" version="1">'
        "<FromDate>2026-01-01T00:00:00</FromDate><ToDate>2026-01-14T00:00:00</ToDate></AvailabilityCondition></validityConditions>"
    )
    own = "<ValidBetween><FromDate>2026-01-08T00:00:00</FromDate></ValidBetween>"
    feed = read(line_file(journeys=journey(1, DAY) + journey(2, DAY, more=own), validity=frame))
    assert days_of(feed, 1) == [5, 7, 8, 9, 10, 12, 13, 14]
    assert days_of(feed, 2) == [8, 9, 10, 12, 13, 14]
    assert "6 kjøredager" in one(feed, "utenfor_gyldighet")["tekst"]


def test_transfers(read):
    more = (
        '<connections><Connection id="RUT:Connection:1" version="1"><TransferDuration><DefaultDuration>PT2M30S</DefaultDuration></TransferDuration>'
        '<From><ScheduledStopPointRef ref="RUT:ScheduledStopPoint:1"/></From><To><ScheduledStopPointRef ref="RUT:ScheduledStopPoint:2"/></To></Connection></connections>'
    )
    changes = '<journeyInterchanges><ServiceJourneyInterchange id="RUT:ServiceJourneyInterchange:1" version="1"><Guaranteed>true</Guaranteed></ServiceJourneyInterchange></journeyInterchanges>'
    feed = read(line_file(more=changes), more=more)
    rows = {
        (row[0][-1], row[1][-1]): row[2]
        for row in feed.rutebytte.itertuples(index=False, name=None)
    }
    assert rows == {("1", "2"): 150, ("2", "1"): 150}
    assert "1 bytte mellom navngitte turer" in one(feed, "bytte_mellom_turer")["tekst"]


def test_another_time_zone_is_converted(read):
    feed = read(line_file(defaults=ZONE.replace("Oslo", "London")))
    assert feed.ruteavgang["avgang"].tolist() == [28_800, 29_130, 30_000]
    assert "+1" in one(feed, "annen_tidssone")["tekst"]


def test_a_calendar_that_has_run_out(read):
    assert (
        "gjelder 5.1.2026–16.1.2026, og i dag er 1.3.2026"
        in one(read(today=dt.date(2026, 3, 1)), "kalender_utlopt")["tekst"]
    )


def test_journeys_near_the_municipality_are_kept_whole(read):
    box = shapely.box(10.486, 59.80, 10.49, 59.81)  # Vollen alone
    place = gpd.GeoSeries([box], crs="EPSG:4326").to_crs("EPSG:25832").total_bounds
    text = line_file(patterns=pattern("1") + pattern("2", calls=(1, 2)), routes=("1", "2"), lines=line() + line("2"),
                     journeys=journey(1, DAY) + journey(2, DAY[:2], shape="2"))  # fmt: skip
    feed = read(text, around=Around(box=tuple(place), crs="EPSG:25832"))
    assert feed.rutetur["tur_id"].tolist() == ["RUT:ServiceJourney:1"]
    assert len(feed.ruteavgang) == len(feed.holdeplass) == 3
    far = Around(box=(0, 6_600_000, 1_000, 6_601_000), crs="EPSG:25832")
    with pytest.raises(SourceError, match="stopper i eller nær kommunen"):
        read(text, around=far)


def test_lost_references_are_told(read):
    feed = read(
        line_file(
            journeys=journey(1, DAY)
            + journey(2, DAY, shape="9")
            + journey(3, DAY, route='<LineRef ref="RUT:Line:9"/>')
        )
    )
    assert len(feed.rutetur) == 1
    assert {"uten_monster", "ukjent_linje"} <= set(feed.report["regel"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><PublicationDelivery xmlns="http://www.netex.org.uk/netex">&b;</PublicationDelivery>', "DOCTYPE"),
        ('<PublicationDelivery xmlns="http://www.netex.org.uk/netex">' + " " * 70_000 + "<dataObjects>", "ikke gyldig XML"),
    ],
)  # fmt: skip
def test_xml_that_cannot_be_trusted_is_refused(tmp_path, content, message):
    path = tmp_path / "a.xml"
    path.write_text(content)
    with pytest.raises(SourceError, match=message):
        read_netex(path, today=MONDAY)


def test_paths_outside_the_zip_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../ute.xml", shared())
    with pytest.raises(SourceError, match="utenfor seg selv"):
        read_netex(path, today=MONDAY)
