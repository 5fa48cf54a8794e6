"""A timetable on its way into a package: six layers at once, or one of them."""

from __future__ import annotations

import datetime as dt
import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, OverwriteError, ParameterError, SourceError
from askergeo.ingest import Terms, add_file
from askergeo.ingest_feed import add_feed
from askergeo.inspection import check_package, list_remarks
from askergeo.result import Severity
from askergeo.sources.feed import FEED_LAYERS, make_feed
from askergeo.sources.feed_writing import write_gtfs, write_netex
from tests.conftest import run_quietly

CRS = "EPSG:25832"
TODAY = dt.date(2026, 1, 5)
ASKER, OSLO, HAMAR = (579_600, 6_632_900), (597_600, 6_642_500), (612_600, 6_741_200)


def stops(national=True):
    prefix = "NSR:Quay:" if national else ""
    return gpd.GeoDataFrame(
        {"holdeplass_id": [f"{prefix}{n}" for n in (1, 2, 3, 4)], "navn": ["Asker", "Oslo S", "Hamar", "Høn"],
         "transportmiddel": "tog", "stoppested_id": None},
        geometry=[shapely.Point(*one) for one in (ASKER, OSLO, HAMAR, (580_500, 6_633_500))], crs=CRS,
    )  # fmt: skip


def feed(
    *, trips=("1", "2"), line="L1", start=25_200, dates=("2026-01-05", "2026-01-06"), national=True
):
    places = stops(national)
    ids = places["holdeplass_id"]
    route = [ids[0], ids[1]]
    return make_feed(
        holdeplass=places,
        rutelinje=pd.DataFrame({"linje_id": [line], "transportmiddel": "tog"}),
        rutetur=pd.DataFrame({"tur_id": list(trips), "linje_id": line, "kalender_id": "K"}),
        ruteavgang=pd.DataFrame(
            [
                (trip, place, stop, start + 1_800 * place)
                for trip in trips
                for place, stop in enumerate(route)
            ],
            columns=["tur_id", "rekkefolge", "holdeplass_id", "avgang"],
        ),
        rutedag=pd.DataFrame({"kalender_id": "K", "dato": pd.to_datetime(list(dates))}),
    )


@pytest.fixture
def package(tmp_path):
    made = DataPackage.create(tmp_path / "pakke", municipality="3203")
    border = gpd.GeoDataFrame(
        {"kommunenummer": ["3203"], "kommunenavn": ["Asker"], "omfang": ["med_sjo"]},
        geometry=[shapely.box(571_000, 6_600_000, 584_000, 6_640_000)], crs=CRS,
    )  # fmt: skip
    made.write(
        "kommunegrense",
        border,
        origin=Origin(title="t", fetched="2026-01-01", licence="CC0", attribution="t", owner="t"),
    )
    return made


@pytest.mark.parametrize("write", [write_gtfs, write_netex])
def test_one_file_gives_six_layers(package, tmp_path, write):
    added, report = add_feed(package, write(feed(), tmp_path / "rute.zip"), today=TODAY)
    assert [one.layer for one in added] == list(FEED_LAYERS)
    assert {one.layer: one.rows for one in added} == {
        "holdeplass": 3, "rutelinje": 1, "rutetur": 2, "ruteavgang": 4, "rutedag": 2, "rutebytte": 0,
    }  # fmt: skip
    places = package.read("holdeplass").set_index("holdeplass_id")
    assert places.crs == CRS
    # Oslo lies outside the municipality, but the trip goes there; Hamar has no trip from here.
    assert sorted(places["navn"]) == ["Asker", "Høn", "Oslo S"]
    assert places.geometry["NSR:Quay:2"].distance(shapely.Point(*OSLO)) < 0.01
    assert "avgrenset" in set(report["regel"])
    record = package.record("rutetur")
    assert (record.licence, record.owner) == ("NLOD", "Entur")
    assert added[0].unstated == ()
    assert package.verify() == []


def test_the_margin_says_how_far_a_stop_brings_its_trips(package, tmp_path):
    far = feed()
    far.holdeplass.geometry = far.holdeplass.translate(25_000)
    path = write_gtfs(far, tmp_path / "rute.zip")
    with pytest.raises(SourceError, match="stopper i eller nær kommunen"):
        add_feed(package, path, today=TODAY)
    assert "rutetur" not in package
    assert add_feed(package, path, today=TODAY, margin=25_000)[0][2].rows == 2
    with pytest.raises(ParameterError):
        add_feed(package, path, today=TODAY, margin=-1, overwrite=True)


def test_what_is_there_is_not_replaced_unasked(package, tmp_path):
    path = write_gtfs(feed(), tmp_path / "rute.zip")
    add_feed(package, path, today=TODAY)
    before = {name: package.record(name).sha256 for name in FEED_LAYERS}
    with pytest.raises(OverwriteError, match="«rutelinje», «rutetur»"):
        add_feed(package, path, today=TODAY)
    add_feed(
        package, write_gtfs(feed(start=30_000), tmp_path / "ny.zip"), today=TODAY, overwrite=True
    )
    after = {name: package.record(name).sha256 for name in FEED_LAYERS}
    assert before["ruteavgang"] != after["ruteavgang"]
    # The stops are the same ones and stay as they were.
    assert before["holdeplass"] == after["holdeplass"]


def test_a_second_timetable_beside_the_first_counts_nothing_twice(package, tmp_path):
    add_feed(package, write_gtfs(feed(), tmp_path / "en.zip"), today=TODAY)
    second = feed(trips=("2", "3"))
    added, _ = add_feed(package, write_gtfs(second, tmp_path / "to.zip"), today=TODAY, append=True)
    assert {one.layer: one.rows for one in added}["rutetur"] == 3
    assert len(package.read("ruteavgang")) == 6
    assert len(package.read("holdeplass")) == 3
    assert package.record("rutetur").origin == "en.zip; to.zip"
    again, _ = add_feed(package, write_gtfs(second, tmp_path / "to.zip"), today=TODAY, append=True)
    assert {one.layer: one.rows for one in again} == {one.layer: one.rows for one in added}


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"line": "L2"}, "samme tur-id"),
        ({"start": 30_000}, "samme tur-id"),
        ({"trips": ("9",), "dates": ("2026-02-02",)}, "samme kalender-id"),
    ],
)
def test_two_timetables_with_one_id_for_two_things_are_refused(package, tmp_path, other, message):
    add_feed(package, write_gtfs(feed(), tmp_path / "en.zip"), today=TODAY)
    with pytest.raises(LayerError, match=message):
        add_feed(package, write_gtfs(feed(**other), tmp_path / "to.zip"), today=TODAY, append=True)
    assert len(package.read("rutetur")) == 2


def test_stops_first_and_then_a_timetable_without_places(package, tmp_path):
    netex = write_netex(feed(), tmp_path / "alt.zip")
    with zipfile.ZipFile(netex) as archive:
        shared = archive.read("_shared_data.xml").decode()
        site = shared[shared.index("<SiteFrame") : shared.index("</SiteFrame>") + 12]
        head, tail = shared[: shared.index("<ResourceFrame")], shared[shared.index("</frames>") :]
        (tmp_path / "stopp.xml").write_text(head + site + tail)
        with zipfile.ZipFile(tmp_path / "rute.zip", "w") as bare:
            bare.writestr("_shared_data.xml", shared.replace(site, ""))
            bare.writestr("linje.xml", archive.read("linje_0001.xml"))
    with pytest.raises(SourceError, match="har koordinater"):
        add_feed(package, tmp_path / "rute.zip", today=TODAY)
    assert "rutetur" not in package
    stop = add_file(package, "holdeplass", tmp_path / "stopp.xml")
    assert stop.rows == 2  # Oslo is too far away to be taken without its trips
    package.write("holdeplass", stops(), origin=Origin(title="NSR"), overwrite=True)
    added, report = add_feed(package, tmp_path / "rute.zip", today=TODAY)
    assert [one.layer for one in added] == list(FEED_LAYERS[1:])
    assert "koblet_holdeplass" in set(report["regel"])
    assert package.record("holdeplass").origin == "NSR"
    # The stops stay as they are; what was told of them stands with the next layer.
    assert "Holdeplasser hentet fra datapakken" in {
        one["tittel"] for one in list_remarks(package, "rutelinje")
    }
    assert len(package.read("ruteavgang")) == 4


def test_remarks_stand_in_the_deviations_of_their_layer(package, tmp_path):
    path = write_gtfs(feed(national=False), tmp_path / "rute.zip")
    added, _ = add_feed(package, path, today=dt.date(2027, 1, 1))
    remarks = list_remarks(package, "rutedag")
    assert [one["tittel"] for one in remarks] == ["Kalenderen er gått ut"]
    assert "5.1.2026–6.1.2026" in remarks[0]["tekst"]
    assert added[0].unstated == ("eier", "lisens", "navngivelse")


def test_what_was_left_out_on_purpose_is_no_warning(package, tmp_path):
    add_feed(package, write_gtfs(feed(trips=("1",)), tmp_path / "rute.zip"), today=TODAY)
    # Hamar lies outside, and nothing stops at Høn: to be noted, with nothing to mend.
    told = check_package(package)
    assert {one.severity for one in told} == {Severity.INFO}
    assert any("Rutetabellen er avgrenset".casefold() in one.text.casefold() for one in told)


def test_a_check_of_the_package_says_that_the_timetable_has_run_out(package, tmp_path):
    day = dt.datetime.now(tz=dt.UTC).astimezone().date()
    for dates, told in (("2020-02-03", True), (day.isoformat(), False)):
        path = write_gtfs(feed(dates=(dates,)), tmp_path / "rute.zip")
        add_feed(package, path, overwrite=True)
        texts = [one.text for one in check_package(package)]
        assert any("Rutetabellen gjelder 3.2.2020–3.2.2020" in text for text in texts) == told


def test_a_timetable_does_not_go_into_a_scenario(package, tmp_path):
    scenario = DataPackage.create_scenario(tmp_path / "s", package)
    with pytest.raises(ParameterError, match="scenario"):
        add_feed(scenario, write_gtfs(feed(), tmp_path / "rute.zip"), today=TODAY)


def test_the_command_line_takes_a_timetable_without_a_layer(package, tmp_path):
    path = write_gtfs(feed(dates=("2020-01-01",)), tmp_path / "rute.zip")
    code, out, err = run_quietly(
        ["data", "legg-til", str(package.path), str(path), "--json", "--dato", "2026-01-04"]
    )
    assert code == 0, err
    assert [one["lag"] for one in json.loads(out)] == list(FEED_LAYERS)
    assert "Kalenderen er gått ut: Rutetabellen gjelder 1.1.2020" in err
    assert DataPackage.open(package.path).record("rutedag").fetched == "2026-01-04"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["holdeplass"], "Filen til laget «holdeplass» mangler"),
        (["rutetabel.zip"], "finnes ikke"),
        (["{zip}"], "verken GTFS"),
        (["{feed}", "--dato", "4.1.2026"], "ikke på formen ÅÅÅÅ-MM-DD"),
        (["{feed}", "--crs", "EPSG:25832"], "--crs gjelder ikke for en rutetabell"),
        (["veg", "{feed}", "--margin", "5"], "--margin gjelder bare"),
        (["veg", "{feed}"], "er en rutetabell (GTFS)"),
        (["holdeplass", "{feed}", "--crs", "EPSG:25832"], "gjelder ikke for den"),
    ],
)
def test_the_command_line_says_what_to_do(package, tmp_path, arguments, message):
    with zipfile.ZipFile(tmp_path / "bilder.zip", "w") as archive:
        archive.writestr("a.txt", "hei")
    names = {
        "zip": str(tmp_path / "bilder.zip"),
        "feed": str(write_gtfs(feed(), tmp_path / "rute.zip")),
    }
    told = [one.format(**names) for one in arguments]
    code, _, err = run_quietly(["data", "legg-til", str(package.path), *told])
    assert code == 2
    assert message in err


def test_a_file_of_which_nothing_can_be_used_says_why(package, tmp_path):
    path = tmp_path / "stopp.zip"
    for columns, ends in (("", ""), (",vehicle_type", ",100")):
        with zipfile.ZipFile(path, "w") as archive:
            head = f"stop_id,stop_name,stop_lat,stop_lon{columns}\n"
            archive.writestr("stops.txt", f"{head}NSR:Quay:1,Asker,59.8334,10.4349{ends}\n")
        if ends:
            assert add_file(package, "holdeplass", path).rows == 1
        else:
            with pytest.raises(SourceError, match="Holdeplass av ukjent slag"):
                add_file(package, "holdeplass", path)
    with pytest.raises(SourceError, match=r"mangler routes.txt, trips.txt, stop_times.txt"):
        add_feed(package, path, overwrite=True)


def test_a_package_without_a_border_gets_the_whole_file_and_is_told(tmp_path):
    bare = DataPackage.create(tmp_path / "bar", municipality="3203")
    added, report = add_feed(bare, write_gtfs(feed(), tmp_path / "rute.zip"), today=TODAY)
    assert {one.layer: one.rows for one in added}["rutetur"] == 2
    assert "uavgrenset" in set(report["regel"])
    assert "Rutetabellen er ikke avgrenset" in {one["tittel"] for one in list_remarks(bare)}


def test_one_layer_can_be_taken_from_a_timetable(package, tmp_path):
    path = write_gtfs(feed(), tmp_path / "rute.zip")
    terms = Terms(owner="Ruter", licence="NLOD", attribution="Ruter")
    assert add_file(package, "holdeplass", path, terms=terms).rows == 3
    assert "rutetur" not in package
    assert package.record("holdeplass").owner == "Ruter"


def test_a_zip_that_was_not_fetched_whole_is_called_broken(package, tmp_path):
    path = write_gtfs(feed(), tmp_path / "rute.zip")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(SourceError, match="ødelagt eller ikke lastet helt ned"):
        add_feed(package, path, today=TODAY)
