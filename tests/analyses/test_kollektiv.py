"""Access to public transport along one street, counted by hand; in Eksempelbygda; in Oslo."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.kollektiv import kollektiv
from askergeo.compare import compare
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, ParameterError
from askergeo.example.timetables import timetable_for
from askergeo.network.cache import cached_graph
from askergeo.network.departures import stop_places
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.network.paths import Network
from askergeo.network.profiles import metres
from askergeo.network.timetable import TimetableDateError, read_timetable
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress, suppress_all
from askergeo.recipe import build_from_recipe
from askergeo.run import run
from askergeo.stores.layers import Origin
from askergeo.transport.access import CLASSES, UNKNOWN, access_of, walks_of
from tests.network.peers import peer_matrix

CRS = "EPSG:25832"
SET = load_parameters("kollektiv+nullvekst")
TABLES = ("holdeplass", "rutelinje", "rutetur", "ruteavgang", "rutedag")


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def points(*y: float) -> list[shapely.Point]:
    """Points along the street, which runs from south (0) to north (6000)."""
    return [shapely.Point(0, one) for one in y]


VEG = frame([shapely.LineString([(0, 0), (0, 6000)])], vegtype=["bilveg"])
BUILT = build_graph(walkable_lines(VEG, None), tolerance_m=0.5, gap_m=5)
BOUNDARY = frame(
    [shapely.box(-500, -200, 500, 6200)], kommunenummer=["9999"], kommunenavn=["B"],
    omfang=["land"],
)  # fmt: skip
# The line lies at 3000 m: what is farther up is north.
LINE = frame([shapely.LineString([(-500, 3000), (500, 3000)])], linje_id=[1])
HOMES = {"a": 0, "b": 450, "c": 1700, "d": 2600, "e": 3100, "f": 4100, "g": 5900}
ADDRESSES = frame(
    [*points(*HOMES.values()), shapely.Point(300, 100)], adresse_id=[*HOMES, "h"],
    boliger=[1, 2, 3, 4, 5, 6, 7, 8],
)  # fmt: skip
PEOPLE = pd.DataFrame(
    [("a", 100), ("b", 200), ("c", 50), ("d", 60), ("e", 70), ("f", 80), ("g", 30), ("h", 20),
     ("borte", 10)],
    columns=["adresse_id", "antall"],
)  # fmt: skip
# A station at 500 m, stops at 2000 m (both sides) and 3500 m, and one at 5900 m that nothing serves.
STOPS = frame(
    points(500, 1990, 2010, 3500, 5900), holdeplass_id=["T1", "B1", "B2", "C1", "D1"],
    navn=["Stasjonen", "Midt", "Midt", "Nord", "Enden"],
    transportmiddel=["tog", "buss", "buss", "buss", "buss"],
    stoppested_id=["T", "B", "B", "C", "D"],
)  # fmt: skip
JOBS = frame(points(600, 3600), arbeidssted_id=["j", "k"], ansatte=[40, 7])
TUESDAY, SATURDAY = "2026-03-17", "2026-03-21"


def every(minutes: int, first: int, last: int) -> range:
    return range(first * 3600, last * 3600, minutes * 60)


def timetable(bus: int = 60, *, calendar: tuple[str, ...] = (TUESDAY, SATURDAY), **more: Any):
    """Trains every 10 minutes 6–20 from T1; buses B–C both ways, out every ``bus`` minutes."""
    trips, calls = [], []

    def add(line: str, way: int | None, start: int, stops: list[tuple[str, int]]) -> None:
        trip = f"{line}-{stops[0][0]}-{start}"
        trips.append({"tur_id": trip, "linje_id": line, "kalender_id": "K", "retning": way})
        for number, (stop, after) in enumerate(stops):
            calls.append(
                {"tur_id": trip, "rekkefolge": number, "holdeplass_id": stop,
                 "ankomst": start + after, "avgang": start + after}
            )  # fmt: skip

    for start in every(10, 6, 20):
        add("R", 0, start, [("T1", 0), ("X", 600)])
    for start in every(bus, 6, 20):
        add("1", None if more.get("untold") else 0, start, [("B1", 0), ("C1", 120)])
    for start in every(60, 6, 20):
        add("1", None if more.get("untold") else 1, start, [("C1", 0), ("B2", 120)])
    days = pd.DataFrame({"kalender_id": "K", "dato": pd.to_datetime(list(calendar))})
    return {
        "rutelinje": pd.DataFrame(
            {"linje_id": ["R", "1"], "transportmiddel": [more.get("train", "tog"), "buss"]}
        ),
        "rutetur": pd.DataFrame(trips).astype({"retning": "Int64"}),
        "ruteavgang": pd.DataFrame(calls),
        "rutedag": days,
    }


def answer(parameters: dict[str, Any] | None = None, **layers: Any):
    given: dict[str, Any] = {
        "holdeplass": STOPS, "adresse": ADDRESSES, "befolkning": PEOPLE, "arbeidsplass": JOBS,
        "kommunegrense": BOUNDARY, "nullvekstlinje": LINE, **timetable(), **layers,
    }  # fmt: skip
    return kollektiv(BUILT, **given, parameters=SET.override(parameters or {}))


RESULT = answer()


def counts(table: str, column: str, result: Any = None) -> dict[str, int]:
    told = (result or RESULT).table(table).frame[column]
    return {str(label): int(value) for label, value in told.items() if value}


def test_residents_by_class_and_zone_by_hand() -> None:
    # From the train at 500 m (six an hour): a 500, b 50: svært god; c 1200: god. d 590 m from the
    # bus at 2010 m (one an hour): middels; e 400 m and f 600 m from the bus at 3500 m: middels.
    # g is 2400 m from that and beside a stop that nothing serves. h is 300 m from the street.
    assert counts("klasser_bosatte", "bosatte_sor") == {
        "svaert_god": 300, "god": 50, "middels": 60, "ukjent": 20, "alle": 430
    }  # fmt: skip
    assert counts("klasser_bosatte", "bosatte_nord") == {
        "middels": 150,
        "svaert_daarlig": 30,
        "alle": 180,
    }
    # The ten whose address has no place are in no zone.
    assert counts("klasser_bosatte", "bosatte_ukjent") == {"uten_sted": 10, "alle": 10}
    assert counts("klasser_bosatte", "bosatte")["alle"] == PEOPLE["antall"].sum()


def test_dwellings_and_jobs_by_class() -> None:
    assert counts("klasser_boliger", "boliger") == {
        "svaert_god": 3, "god": 3, "middels": 15, "svaert_daarlig": 7, "ukjent": 8, "alle": 36
    }  # fmt: skip
    assert counts("klasser_arbeidsplasser", "arbeidsplasser_sor") == {"svaert_god": 40, "alle": 40}
    assert counts("klasser_arbeidsplasser", "arbeidsplasser_nord") == {"middels": 7, "alle": 7}


def test_the_sums_that_are_stated_hold() -> None:
    for name in ("klasser_bosatte", "klasser_boliger", "klasser_arbeidsplasser"):
        table = RESULT.table(name)
        for sums in table.row_sums:
            for column in (one for one in table.frame if one.startswith(name.split("_")[1])):
                parts = table.frame.loc[list(sums.parts), column].sum()
                assert table.frame.loc[sums.total, column] == parts
        for total in table.column_sums:
            assert (table.frame[total.total] == table.frame[list(total.parts)].sum(axis=1)).all()


def test_residents_near_stops_by_hand() -> None:
    told = counts("dekning", "bosatte")
    # Within 500 m of the train at exactly 500 m: a and b.
    assert told["indikator"] == told["indikator_hver"] == told["bane_500"] == 300
    # Within 300 m of a bus: c; 400 m: c and e.
    assert (told["buss_300"], told["buss_400"], told["buss_500"]) == (50, 120, 120)
    assert (told["god"], told["ukjent"], told["alle"]) == (350, 20, 620)
    # 5 km/h is 417 m in five minutes and 833 m in ten.
    assert (told["minutter_5"], told["minutter_10"]) == (320, 560)
    share = RESULT.table("dekning").frame
    assert share.loc["god", "andel_bosatte_sor"] == pytest.approx(100 * 350 / 430)
    assert RESULT.facts["andel_god_nord"].value == 0


def test_departures_by_period_of_each_stop_place() -> None:
    told = RESULT.table("holdeplasser").frame
    assert told.loc["T tog", ["morgenrush", "dag", "kveld", "natt"]].tolist() == pytest.approx(
        [6, 6, 12 / 5, 0]
    )
    # Out from one side of the road, home from the other: the busier direction, one an hour.
    assert told.loc["B buss", ["dag", "indikator", "lordag"]].tolist() == [1, 1, 1]
    assert told.loc["D buss", "dag"] == 0
    assert told.loc["D buss", "merknad"] == "ikke betjent"
    # The calendar has no Sunday: not known, not none.
    assert told["sondag"].isna().all()
    assert told["bosatte"].to_dict() == {
        "T tog": 300, "B buss": 50, "C buss": 70, "D buss": 30
    }  # fmt: skip


def rules(result: Any) -> dict[str, str]:
    return {one.rule: one.text for one in result.findings}


def test_what_lacks_in_stops_and_timetable_is_told() -> None:
    told = rules(RESULT)
    assert "«Enden»" in told["kollektiv.ikke_betjent"]
    assert "søndag" in told["kollektiv.uten_sondag"]
    assert "kollektiv.uten_lordag" not in told
    assert "1 adresse ligger" in told["kollektiv.adresse_ikke_koblet"]
    # The trains go to a stop that the layer does not have.
    assert "«X»" in told["rutetabell.ukjent_holdeplass"]
    nowhere = pd.concat([STOPS, STOPS.iloc[[1]].assign(holdeplass_id="N1", geometry=None)])
    told = rules(answer(holdeplass=gpd.GeoDataFrame(nowhere, crs=CRS)))
    assert "«N1»" in told["rutetabell.uten_punkt"]
    told = rules(answer(**timetable(train="buss")))
    assert "tog" in told["kollektiv.uten_linjer"]
    told = rules(answer(**timetable(untold=True)))
    assert "kollektiv.uten_retning" in told


def test_directions_that_are_not_told_give_the_same_answer() -> None:
    other = answer(**timetable(untold=True))
    for name in ("klasser_bosatte", "holdeplasser", "dekning"):
        pd.testing.assert_frame_equal(other.table(name).frame, RESULT.table(name).frame)


def test_without_a_timetable_distances_are_told_and_the_class_is_unknown() -> None:
    nothing = dict.fromkeys(("rutelinje", "rutetur", "ruteavgang", "rutedag"))
    told = answer(**nothing)
    assert "Rutetabellen mangler" in told.sentence
    assert "kollektiv.uten_rutetabell" in rules(told)
    names = [table.name for table in told.tables]
    assert not any(name.startswith("klasser") for name in names)
    near = told.table("dekning").frame["bosatte"]
    assert near["buss_500"] == 120 + 30  # the stop at the end counts: nobody knows if it is served
    assert near[["indikator", "god"]].isna().all()
    half = answer(**{**timetable(), "rutedag": None})
    assert "rutedag" in rules(half)["kollektiv.uten_rutetabell"]


def test_a_day_that_the_timetable_is_not_for_is_refused_by_name() -> None:
    with pytest.raises(TimetableDateError, match=r"17\.3\.2026 til 21\.3\.2026.*16\.3\.2026"):
        answer({"kollektiv_dato": "2026-03-16"})
    with pytest.raises(ParameterError, match="kan ikke leses"):
        answer({"kollektiv_dato": "i dag"})


def test_a_day_unlike_other_working_days_is_told() -> None:
    days = timetable(calendar=(TUESDAY, "2026-03-18", SATURDAY))
    few = days["rutetur"].head(10).assign(kalender_id="F", tur_id=lambda one: one["tur_id"] + "f")
    days["rutetur"] = pd.concat([days["rutetur"], few])
    holiday = pd.DataFrame({"kalender_id": "F", "dato": pd.to_datetime(["2026-03-19"])})
    days["rutedag"] = pd.concat([days["rutedag"], holiday])
    assert "kollektiv.ulike_dager" in rules(answer(**days))
    assert "kollektiv.uvanlig_dag" not in rules(answer(**days))
    told = rules(answer({"kollektiv_dato": "2026-03-19"}, **days))
    assert "10 turer" in told["kollektiv.uvanlig_dag"]
    assert "kollektiv.uvanlig_dag" in rules(answer({"kollektiv_dato": SATURDAY}, **days))


def test_another_period_may_decide_the_class() -> None:
    # In the evening (18–23) trains go 2.4 an hour on average, and buses 0.4.
    told = answer({"kollektiv_klasse_periode": "kveld"})
    assert counts("klasser_bosatte", "bosatte", told) == {
        "god": 300, "middels": 50, "daarlig": 210, "svaert_daarlig": 30, "ukjent": 20,
        "uten_sted": 10, "alle": 620,
    }  # fmt: skip


def test_stops_far_away_are_left_out_and_none_at_all_is_an_error() -> None:
    far = frame(
        points(7600, 7800), holdeplass_id=["F1", "F2"], navn=["F", "G"], transportmiddel="buss"
    )
    both = gpd.GeoDataFrame(pd.concat([STOPS, far]), crs=CRS)
    told = answer(holdeplass=both)
    assert "F1 buss" in told.table("holdeplasser").frame.index
    assert "F2 buss" not in told.table("holdeplasser").frame.index
    with pytest.raises(LayerError, match="Ingen holdeplass"):
        answer(holdeplass=far[1:])


def test_residents_by_cell_without_buildings_are_counted_at_the_middle() -> None:
    cells = frame(
        [shapely.box(-50, 400, 50, 500), shapely.box(-50, 4000, 50, 4100)],
        rute_id=["1", "2"], bosatte=pd.array([120, 80], dtype="Int64"),
    )  # fmt: skip
    told = answer(adresse=None, befolkning=None, befolkning_rute=cells)
    assert counts("klasser_bosatte", "bosatte", told) == {
        "svaert_god": 120,
        "middels": 80,
        "alle": 200,
    }


def test_with_twice_the_buses_residents_move_class() -> None:
    other = answer(**timetable(bus=15))
    told = compare(RESULT, other)
    # Four an hour from B out, one from C home: d has 590 m to B; e is 1090 m and f 2090 m off it.
    # c has 290 m to B now: svært god. e: god (1090 m, four an hour) instead of middels.
    assert told.table("bytter").frame["bosatte"].to_dict() == {
        "bedre": 180, "daarligere": 0, "lik": 430, "ukjent": 0
    }  # fmt: skip
    assert told.table("flytting").frame["bosatte"].to_dict() == {"1_0": 50, "2_0": 60, "2_1": 70}
    assert told.charts[0].table == "flytting"
    assert told.sentence.startswith("Med scenarioet får 180 bosatte bedre")
    assert "ingen dårligere" in told.sentence
    drawn = told.layer("flytting").frame
    assert drawn["endring"].to_dict() == {"c": "Bedre", "d": "Bedre", "e": "Bedre"}
    assert not any(one.persons for one in told.layer("flytting").columns.values())
    for one in suppress_all([RESULT, other, told]):
        assert one.microdata is None


def test_a_new_stop_moves_those_near_it() -> None:
    new = frame(points(5800), holdeplass_id=["N"], navn=["Ny"], transportmiddel=["buss"],
                stoppested_id=["N"])  # fmt: skip
    days = timetable()
    back = days["ruteavgang"]["tur_id"].str.startswith("1-C1")
    calls = days["ruteavgang"].copy()
    calls.loc[back, "rekkefolge"] += 1
    first = calls[back & (calls["rekkefolge"] == 1)]
    extra = first.assign(rekkefolge=0, holdeplass_id="N", ankomst=first["ankomst"] - 120,
                         avgang=first["avgang"] - 120)  # fmt: skip
    days["ruteavgang"] = pd.concat([calls, extra], ignore_index=True)
    stops = gpd.GeoDataFrame(pd.concat([STOPS, new], ignore_index=True), crs=CRS)
    told = compare(RESULT, answer(holdeplass=stops, **days))
    assert told.table("bytter").frame["bosatte"].to_dict() == {
        "bedre": 30, "daarligere": 0, "lik": 580, "ukjent": 0
    }  # fmt: skip
    assert told.table("flytting").frame["bosatte"].to_dict() == {"4_2": 30}


def test_a_scenario_that_changes_nothing_moves_nobody() -> None:
    told = compare(RESULT, answer())
    assert "ingen bosatte bedre eller dårligere" in told.sentence
    assert told.charts == ()
    assert told.layer("flytting").frame.empty


def test_counts_of_few_persons_never_leave() -> None:
    few = PEOPLE.assign(antall=[100, 200, 3, 60, 70, 2, 4, 20, 10])
    told = suppress(answer(befolkning=few))
    for part in (*told.tables, *told.layers):
        persons = [name for name, one in part.columns.items() if one.persons]
        shown = part.frame[persons].to_numpy(dtype=np.float64, na_value=np.nan)
        assert not ((shown > 0) & (shown < 5)).any(), part.name
    assert pd.isna(told.table("klasser_bosatte").frame.loc["svaert_daarlig", "bosatte_nord"])
    assert not any(one.persons for layer in told.layers for one in layer.columns.values())


@pytest.mark.slow
def test_the_planted_classes_and_zones_of_eksempelbygda(demo_folder) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    key = json.loads((package.path / "nokkel.json").read_text(encoding="utf-8"))["transport"]
    told = run("kollektiv", package)
    homes = told.layer("adresser").frame
    for one in key["adgang"]:
        row = homes.loc[one["adresse_id"]]
        assert row["klasse"].partition(" ")[2] == one["klasse"], one
        if "gangveg_m" in one:
            assert row["avganger_time"] == pytest.approx(one["avganger_per_time_minst"], abs=0.01)
    for name, what in (("bosatte", "innbyggere"), ("boliger", "boliger")):
        frame_ = told.table(f"klasser_{name}").frame
        for zone in ("nord", "sor", "ukjent"):
            assert frame_.loc["alle", f"{name}_{zone}"] == key["soner"][what][zone]
    unserved = [one.row for one in told.findings if one.rule == "kollektiv.ikke_betjent"]
    place = package.read("holdeplass").set_index("holdeplass_id")["stoppested_id"]
    assert unserved == [place[key["rutetabell"]["ikke_betjent"]]]


@pytest.mark.slow
def test_classes_in_eksempelbygda_agree_with_all_pairs_of_networkx(demo_folder) -> None:
    package = DataPackage.open(demo_folder / "datapakke")
    layers = {name: package.read(name) for name in TABLES}
    homes = package.read("adresse").iloc[::40].reset_index(drop=True)
    place = layers["holdeplass"].set_index("holdeplass_id")["stoppested_id"]
    all_pairs_agree(cached_graph(package, SET).graph, homes, layers, place)


@pytest.mark.slow
def test_oslo_east_with_a_made_timetable(shared_data, tmp_path) -> None:
    """Real streets, stops and cells of 100 m; lines and times are made up."""
    build_from_recipe(tmp_path / "oslo", "oslo_ost", source=shared_data)
    package = DataPackage.open(tmp_path / "oslo")
    roads = package.read("veg").explode(index_parts=False).reset_index(drop=True)
    stops, cells = package.read("holdeplass"), package.read("befolkning_rute")
    made = timetable_for(stops, roads)
    layers = {**made, "holdeplass": stops}
    for name in TABLES[1:]:
        package.write(name, made[name], origin=Origin(title="Oppdiktet"))
    told = run("kollektiv", package)
    residents = told.table("klasser_bosatte").frame["bosatte"]
    inside = shapely.intersects(
        package.read("kommunegrense").union_all(), cells.geometry.centroid.to_numpy()
    )
    assert residents["alle"] == cells["bosatte"][inside].sum() > 200_000
    assert residents["svaert_god"] > 0.5 * residents["alle"]
    assert told.table("holdeplasser").frame["dag"].max() > 4
    homes = gpd.GeoDataFrame(geometry=cells.geometry.centroid[::300].reset_index(drop=True))
    place = stop_places(stops, near_m=SET["kollektiv_samme_sted_m"])
    all_pairs_agree(cached_graph(package, SET).graph, homes, layers, place)


def all_pairs_agree(
    graph: Any, homes: gpd.GeoDataFrame, layers: dict[str, Any], place: pd.Series
) -> None:
    """Class homes by networkx' ways to every stop, plain counts and the survey's own words."""
    network = Network.of(graph, metres(graph))
    stops = layers["holdeplass"]
    table = read_timetable(**{name: layers[name] for name in TABLES})
    found = access_of(
        homes.geometry, network=network, holdeplass=stops, timetable=table, parameters=SET
    )
    rate, served = plain_rates(layers, str(table.date), place)
    walks = walks_of(homes, stops, network, SET)
    pairs = peer_matrix(graph, metres(graph), walks.points, walks.stops)
    known = [place[one] for one in stops["holdeplass_id"]]
    for row, far in enumerate(pairs):
        if found["klasse"][row] == UNKNOWN:
            assert not np.isfinite(far).any()
            continue
        best = 4
        for column in np.flatnonzero(np.isfinite(far)):
            if known[column] in served:
                best = min(best, survey(far[column], rate.get(known[column], 0.0)))
        assert found["klasse"][row] == CLASSES[best], row


def survey(far: float, often: float) -> int:
    """Number of the class of one stop, as the travel survey states it."""
    if far > 1500:
        return 4
    row = 0 if often >= 4 else 1 if often >= 2 else 2 if often >= 1 else 3
    return row if far < 1000 else min(row + 1, 3)


def plain_rates(
    layers: dict[str, Any], date: str, place: pd.Series
) -> tuple[dict[str, float], set[str]]:
    """Departures an hour 9–15 from each stop place, and the served ones, by plain loops."""
    days = layers["rutedag"]
    today = set(days[pd.to_datetime(days["dato"]).dt.strftime("%Y-%m-%d") == date]["kalender_id"])
    trips = layers["rutetur"].set_index("tur_id")
    own = trips[trips["kalender_id"].isin(today)]
    seen: dict[tuple[str, str], dict[int, int]] = {}
    served = set()
    calls = layers["ruteavgang"].sort_values(["tur_id", "rekkefolge"])
    for trip, rows in calls.groupby("tur_id"):
        at: dict[str, int] = {}
        board = rows.get("pastigning", pd.Series(data=True, index=rows.index)).fillna(value=True)
        stops = zip(rows["holdeplass_id"][:-1], rows["avgang"][:-1], board[:-1], strict=True)
        for stop, leaves, may in stops:
            if may:
                served.add(place[stop])
                at.setdefault(place[stop], int(leaves))
        if trip in own.index:
            line, way = own.loc[trip, "linje_id"], int(own.loc[trip, "retning"])
            for name, leaves in at.items():
                if 9 * 3600 <= leaves < 15 * 3600:
                    count = seen.setdefault((name, line), {0: 0, 1: 0})
                    count[way] += 1
    rate: dict[str, float] = {}
    for (name, _), count in seen.items():
        rate[name] = rate.get(name, 0.0) + max(count.values()) / 6
    return rate, served
