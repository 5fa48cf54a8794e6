"""Timetable, jobs, permits and zones of the example: the key against the layers, by other means."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
import shapely.ops

from askergeo.example.build import STEPS
from askergeo.example.land import SIZES, YEAR, Land
from askergeo.example.sides import north_share

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.example import Example

TIMETABLE = ("rutelinje", "rutetur", "ruteavgang", "rutedag", "rutebytte")
NEW = {*TIMETABLE, "arbeidsplass", "byggetillatelse", "naeringsprogram", "transporttiltak"}
NEW |= {
    "va_ledning", "va_node", "va_anlegg", "va_sone", "va_hendelse", "va_maaling",
    "va_tilknytning", "va_modell",
}  # fmt: skip


def digest(frame: pd.DataFrame) -> str:
    plain = pd.DataFrame(frame.drop(columns=["geometry", "stoppested_id"], errors="ignore"))
    total = hashlib.sha256(plain.to_csv().encode())
    if "geometry" in frame.columns:
        total.update(b"".join(shapely.to_wkb(frame.geometry.to_numpy())))
    return total.hexdigest()


@pytest.fixture(scope="module")
def built() -> tuple[dict[str, str], Land]:
    """Digests of the layers before the transport steps, and the land after all steps."""
    land, before = Land.start(SIZES["liten"], 3203), {}
    for name, step in STEPS:
        if name == "rutetabell":
            before = {layer: digest(frame) for layer, frame in land.frames.items()}
        step(land)
    return before, land


@pytest.fixture(scope="module")
def zones(example: Example) -> dict[str, shapely.Geometry]:
    """The two parts that the line cuts the municipality into."""
    whole = example.frames["kommunegrense"].set_index("omfang").geometry["med_sjo"]
    whole = shapely.set_precision(whole, 0.0)  # what is cut is not rounded to centimetres
    line = example.frames["nullvekstlinje"].geometry.iloc[0]
    coordinates = shapely.get_coordinates(line)
    step = (coordinates[-1] - coordinates[0]) * 0.01
    ends = [coordinates[0] - step, *coordinates, coordinates[-1] + step]
    parts = shapely.ops.split(whole, shapely.LineString(ends)).geoms
    low, high = sorted(parts, key=lambda part: part.centroid.y)[:: len(parts) - 1]
    return {"nord": high, "sor": low}


def test_what_was_there_has_not_moved(built: tuple[dict[str, str], Land]):
    before, land = built
    assert set(land.frames) - set(before) == NEW
    assert {layer: digest(land.frames[layer]) for layer in before} == before


def points(frame: gpd.GeoDataFrame, zone: shapely.Geometry) -> np.ndarray:
    return np.asarray(shapely.contains(zone, frame.geometry.to_numpy()))


@pytest.mark.parametrize("side", ["nord", "sor"])
def test_zone_totals_are_those_of_a_plain_cut(example: Example, zones, side: str):
    key, frames, zone = example.key["transport"]["soner"], example.frames, zones[side]
    address = frames["adresse"]
    home = address.set_index("adresse_id").geometry.map(zone.contains)
    people = frames["befolkning"]
    assert key["innbyggere"][side] == people.loc[home[people["adresse_id"]].to_numpy(),
                                                 "antall"].sum()  # fmt: skip
    assert key["adresser"][side] == points(address, zone).sum()
    assert key["boliger"][side] == address.loc[points(address, zone), "boliger"].sum()
    assert key["holdeplasser"][side] == points(frames["holdeplass"], zone).sum()
    assert key["sentre"][side] == points(frames["senter"], zone).sum()
    jobs = frames["arbeidsplass"]
    count = jobs.loc[points(jobs, zone), "ansatte"].sum()
    assert key["arbeidsplasser"][side] == count
    assert example.key["transport"]["arbeidsplasser"][side] == count
    permits = frames["byggetillatelse"]
    mine = permits[points(permits, zone)]
    assert key["tillatelser"][side] == len(mine)
    assert key["boliger_tillatt"][side] == mine["boliger"].sum()
    assert key["naering_m2_tillatt"][side] == mine["naering_m2"].sum()
    assert key["areal_m2"][side] == pytest.approx(zone.area, rel=1e-8)


@pytest.mark.parametrize(
    ("layer", "column", "name"),
    [("boligprogram", "boliger", "boliger_i_boligprogrammet"),
     ("naeringsprogram", "naering_m2", "naering_m2_i_programmet")],
)  # fmt: skip
def test_programmes_are_shared_by_area(example: Example, zones, layer, column, name):
    frame = example.frames[layer]
    for side, zone in zones.items():
        geometry = shapely.set_precision(frame.geometry.to_numpy(), 0.0)
        part = shapely.area(shapely.intersection(geometry, zone))
        whole = shapely.area(geometry)
        share = np.where(whole > 0, part / np.maximum(whole, 1), shapely.contains(zone, geometry))
        total = (share * frame[column]).sum()
        assert example.key["transport"]["soner"][name][side] == pytest.approx(total, abs=0.01)


def test_zones_add_up(example: Example):
    key = example.key
    for name, values in key["transport"]["soner"].items():
        assert values["ukjent"] == 0, name
    zones = {name: sum(values.values()) for name, values in key["transport"]["soner"].items()}
    assert zones["innbyggere"] == key["innbyggere"]
    assert zones["boliger"] == key["boliger"]
    assert zones["areal_m2"] == pytest.approx(key["areal_med_sjo_m2"], abs=0.01)
    assert zones["landareal_m2"] == pytest.approx(key["landareal_m2"], abs=0.01)


def test_divided_plans_and_units_have_their_shares(example: Example, zones):
    key = example.key["transport"]
    for layer, name, told in (
        ("reguleringsplan", "planid", key["delte_planer"]),
        ("grunnkrets", "grunnkretsnummer", key["delte_grunnkretser"]),
    ):
        frame = example.frames[layer]
        share = shapely.area(shapely.intersection(frame.geometry.to_numpy(), zones["nord"]))
        share = pd.Series(share / frame.area.to_numpy(), frame[name])
        cut = share[(share > 1e-9) & (share < 1 - 1e-9)]
        assert set(cut.index) == set(told)
        assert {one: told[one]["areal_nord"] for one in told} == pytest.approx(
            cut.to_dict(), abs=2e-6
        )
    unit, facts = max(key["delte_grunnkretser"].items(), key=lambda one: one[1]["innbyggere"])
    frame = example.frames["grunnkrets"].set_index("grunnkretsnummer")
    inside = example.frames["adresse"].within(frame.geometry[unit])
    ids = example.frames["adresse"].loc[inside, "adresse_id"]
    people = example.frames["befolkning"]
    assert people["antall"][people["adresse_id"].isin(ids)].sum() == facts["innbyggere"]
    assert 0 < facts["innbyggere_nord"] < facts["innbyggere"]


def test_a_share_of_a_square_across_a_line_by_hand(built):
    _, land = built
    line = land.frames["nullvekstlinje"].geometry.iloc[0]
    middle = line.interpolate(0.5, normalized=True)
    box = shapely.box(middle.x - 100, middle.y - 5_000, middle.x + 100, middle.y + 5_000)
    inside = line.intersection(box)
    xy = shapely.get_coordinates(inside)
    trapezes = ((middle.y + 5_000) - (xy[1:, 1] + xy[:-1, 1]) / 2) * np.diff(xy[:, 0])
    share = north_share(land, np.array([box, shapely.Point(middle.x, middle.y + 1)]))
    assert share == pytest.approx([trapezes.sum() / 2_000_000, 1.0], rel=1e-9)


# --- the timetable -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def calls(example: Example) -> pd.DataFrame:
    """Every call at a stop, with its trip and line."""
    frames = example.frames
    table = frames["ruteavgang"].merge(frames["rutetur"], on="tur_id")
    return table.merge(frames["rutelinje"], on="linje_id")


def test_the_timetable_hangs_together(example: Example, calls: pd.DataFrame):
    frames, key = example.frames, example.key["transport"]["rutetabell"]
    assert len(calls) == len(frames["ruteavgang"])
    stops = frames["holdeplass"].set_index("holdeplass_id")
    assert set(calls["holdeplass_id"]) | {key["ikke_betjent"]} == set(stops.index)
    assert key["ikke_betjent"] not in set(calls["holdeplass_id"])
    modes = stops["transportmiddel"][calls["holdeplass_id"]].to_numpy()
    assert (modes == calls["transportmiddel"]).all()
    for _, trip in calls.groupby("tur_id"):
        assert (trip["avgang"] >= trip["ankomst"]).all()
        assert (trip["ankomst"].to_numpy()[1:] > trip["avgang"].to_numpy()[:-1]).all()
    weekday = calls[calls["kalender_id"] == "hverdag"]
    assert key["stopp_hverdag"] == len(weekday)
    assert key["turer_hverdag"] == weekday["tur_id"].nunique()
    assert key["linjer"] == len(frames["rutelinje"])
    places = stops.groupby("stoppested_id")["transportmiddel"].nunique()
    assert (places == 1).all()


def test_no_vehicle_is_quicker_than_the_straight_line_allows(example: Example, calls):
    stops = example.frames["holdeplass"]
    at = dict(zip(stops["holdeplass_id"], shapely.get_coordinates(stops.geometry.to_numpy()),
                  strict=True))  # fmt: skip
    xy = np.array([at[one] for one in calls["holdeplass_id"]])
    gap = np.hypot(*(xy[1:] - xy[:-1]).T)
    same = calls["tur_id"].to_numpy()[1:] == calls["tur_id"].to_numpy()[:-1]
    step = calls["ankomst"].to_numpy()[1:] - calls["avgang"].to_numpy()[:-1]
    assert (3.6 * gap[same] / step[same] < 80).all()


def test_calendars_are_exceptions_and_all(example: Example):
    days = example.frames["rutedag"]
    key = example.key["transport"]["rutetabell"]
    assert days.groupby("kalender_id").size().to_dict() == key["dager"]
    on = days.groupby(days["dato"].dt.strftime("%Y-%m-%d"))["kalender_id"].agg(set)
    for day in key["helligdager_som_sondag"]:
        assert "sondag" in on[day]
        assert "hverdag" not in on[day]
    assert on[key["vanlig_dag"]] == {"hverdag"}
    assert (on.index.min(), on.index.max()) == (key["fra"], key["til"])


def test_there_are_trips_past_midnight_and_boats_in_the_rush_only(example: Example, calls):
    night = calls[calls["linje_id"] == example.key["transport"]["rutetabell"]["nattlinje"]]
    assert (night["avgang"] > 86_400).all()
    late = calls[(calls["kalender_id"] == "hverdag") & (calls["ankomst"] >= 86_400)]
    first = calls.groupby("tur_id")["avgang"].min()
    assert (first[late["tur_id"]] < 86_400).any()
    boats = calls[calls["transportmiddel"] == "hurtigbat"]
    assert set(boats["kalender_id"]) == {"hverdag"}
    left = boats.groupby("tur_id")["avgang"].min() / 3_600
    assert (left.between(6.5, 9) | left.between(15, 17.5)).all()


def _passes(calls: pd.DataFrame, trip: str) -> pd.Series:
    return calls[calls["tur_id"] == trip].set_index("holdeplass_id")["ankomst"]


def test_the_express_and_a_quick_trip_overtake(example: Example, calls: pd.DataFrame):
    key = example.key["transport"]["rutetabell"]
    express = key["ekspress"]
    local = calls[(calls["linje_id"] == express["forbi_linje_id"]) & (calls["retning"] == 0)]
    local = local[local["kalender_id"] == "hverdag"]
    fast = calls[(calls["linje_id"] == express["linje_id"]) & (calls["retning"] == 0)]
    trip = fast["tur_id"].iloc[0]
    left = _passes(calls, trip)[express["fra"]]
    behind = local[(local["holdeplass_id"] == express["fra"])
                   & (local["avgang"] == left - express["sekunder_bak"])]  # fmt: skip
    passed = _passes(calls, behind["tur_id"].iloc[0])
    assert _passes(calls, trip)[express["til"]] < passed[express["til"]]
    quick = key["forbikjoring_paa_linjen"]
    mine = _passes(calls, quick["tur_id"])
    assert mine.iloc[0] == quick["avgang_s"]
    others = local[local["tur_id"] != quick["tur_id"]]
    ahead = others[(others["rekkefolge"] == 1) & (others["avgang"] < mine.iloc[0])]
    before = _passes(calls, ahead.sort_values("avgang")["tur_id"].iloc[-1])
    assert before.index.tolist() == mine.index.tolist()  # the same stops
    assert before.iloc[-1] > mine.iloc[-1]


def test_a_line_keeps_its_headway_through_the_rush(example: Example, calls: pd.DataFrame):
    told = example.key["transport"]["rutetabell"]["takt"]
    quick = example.key["transport"]["rutetabell"]["forbikjoring_paa_linjen"]["tur_id"]
    first = calls[(calls["linje_id"] == told["linje_id"]) & (calls["kalender_id"] == "hverdag")
                  & (calls["rekkefolge"] == 1) & (calls["tur_id"] != quick)]  # fmt: skip
    for _, way in first.groupby("retning"):
        left = np.sort(way["avgang"][way["avgang"].between(told["fra_s"], told["til_s"] - 1)])
        assert len(left) >= 14
        assert set(np.diff(left).tolist()) == {told["sekunder"]}


def test_transfers_are_between_stops_near_each_other(example: Example):
    table = example.frames["rutebytte"]
    stops = example.frames["holdeplass"].set_index("holdeplass_id").geometry
    away = stops[table["fra_holdeplass_id"]].distance(
        stops[table["til_holdeplass_id"]], align=False
    )
    assert (away < 520).all()
    assert (~table["mulig"]).sum() == 2
    assert table.loc[~table["mulig"], "sekunder"].isna().all()
    # Nobody makes it in less time than it takes to walk straight at 1.5 m/s.
    known = table["sekunder"].notna().to_numpy()
    assert (table["sekunder"][known].to_numpy(float) > away.to_numpy()[known] / 1.5).all()


# --- jobs, permits and what is to come -----------------------------------------------------------


def test_jobs_are_at_buildings_where_people_work(example: Example):
    jobs, house = example.frames["arbeidsplass"], example.frames["bygning"]
    assert (jobs["ansatte"] > 0).all()
    assert jobs["arbeidssted_id"].is_unique
    _, row = shapely.STRtree(house.geometry.to_numpy()).query(
        jobs.geometry.to_numpy(), predicate="within"
    )
    assert len(row) == len(jobs)
    assert (house["bygningstype"].iloc[row] >= 212).all()
    assert (house["boliger"].iloc[row] == 0).all()
    assert set(jobs["naering"]) == {"industri", "handel", "kontor", "offentlig", "annet"}


def test_permits_of_ten_years_are_those_of_real_buildings(example: Example):
    permits, house = example.frames["byggetillatelse"], example.frames["bygning"]
    assert permits["sak_id"].is_unique
    assert permits["tillatt_aar"].between(YEAR - 9, YEAR).all()
    done = permits[permits["ferdig_aar"].notna()]
    assert (done["ferdig_aar"] >= done["tillatt_aar"]).all()
    built = permits[permits["bygning_id"].notna()]
    assert built["bygning_id"].is_unique
    own = house.set_index("bygning_id").loc[built["bygning_id"]]
    assert (own["tatt_i_bruk"].to_numpy() == built["ferdig_aar"]).all()
    assert (own["boliger"].to_numpy() == built["boliger"]).all()
    assert shapely.contains(own.geometry.to_numpy(), built.geometry.to_numpy()).all()
    assert len(built) == example.key["transport"]["tillatelser"]["med_bygning"]
    assert (permits["boliger"] < 0).sum() == 2  # torn down
    under_way = permits[permits["ferdig_aar"].isna()]
    assert len(under_way) > 5
    plans = example.frames["reguleringsplan"].set_index("planid").geometry
    planned = permits[permits["planid"].notna()]
    assert len(planned) > 20
    assert shapely.contains(plans[planned["planid"]].to_numpy(), planned.geometry.to_numpy()).all()


def test_permits_by_year_are_counted_once(example: Example, zones):
    told = example.key["transport"]["tillatelser"]
    permits = example.frames["byggetillatelse"]
    north = points(permits, zones["nord"])
    for name, year in (("tillatt", "tillatt_aar"), ("ferdig", "ferdig_aar")):
        for side, mine in (("nord", permits[north]), ("sor", permits[~north])):
            sums = mine.dropna(subset=year).groupby(year)["boliger"].sum()
            found = {str(one): int(number) for one, number in sums.items() if number}
            assert found == {one: by[side] for one, by in told[name].items() if by[side]}
    open_ = permits["ferdig_aar"].isna()
    assert told["under_arbeid"] == {
        "nord": permits["boliger"][open_ & north].sum(),
        "sor": permits["boliger"][open_ & ~north].sum(),
    }


def test_planned_floor_area_and_measures(example: Example):
    plans, measures = example.frames["naeringsprogram"], example.frames["transporttiltak"]
    assert plans["prosjekt_id"].is_unique
    assert (plans["aar"] > YEAR).all()
    assert (plans["naering_m2"] < 0).sum() == 1  # torn down
    assert plans["arbeidsplasser"].isna().any()
    assert {"Point", "Polygon"} == set(plans.geom_type)
    assert (measures["sone"] == "nord").sum() == 4
    bound = measures["planid"].dropna()
    assert set(bound) <= set(example.key["transport"]["delte_planer"])
    assert len(bound) == 1


def plain_class(stops: list[tuple[float, float]]) -> str:
    """Say the class of access by the words of the travel survey: (metres, departures an hour)."""
    near = max((rate for metres, rate in stops if metres < 1_000), default=0.0)
    far = max((rate for metres, rate in stops if 1_000 <= metres <= 1_500), default=0.0)
    if near >= 4:
        return "svært god"
    if near >= 2 or far >= 4:
        return "god"
    if near >= 1 or far >= 2:
        return "middels"
    return "dårlig" if near > 0 or far > 0 else "svært dårlig"


def test_access_of_the_planted_addresses(example: Example, calls: pd.DataFrame):
    frames = example.frames
    told = pd.DataFrame(example.key["transport"]["adgang"])
    assert {"svært god", "god", "svært dårlig"} <= set(told["klasse"])
    net = nx.Graph()
    for one in [*frames["veg"].query("vegkategori != 'E'").geometry, *frames["sti"].geometry]:
        ends = tuple(np.round(one.coords[0], 2)), tuple(np.round(one.coords[-1], 2))
        if not net.has_edge(*ends) or net.edges[ends]["weight"] > one.length:
            net.add_edge(*ends, weight=one.length)
    nodes = list(net)
    tree = shapely.STRtree(shapely.points(nodes))
    stops = frames["holdeplass"].set_index("holdeplass_id").geometry
    at_stop = {name: nodes[tree.nearest(point)] for name, point in stops.items()}
    address = frames["adresse"].set_index("adresse_id").geometry
    last = calls.groupby("tur_id")["rekkefolge"].transform("max")
    weekday = calls[(calls["kalender_id"] == "hverdag") & (calls["rekkefolge"] < last)]
    for first, end in ((7, 9), (9, 15)):
        hours = weekday[weekday["avgang"].between(first * 3_600, end * 3_600 - 1)]
        rates: dict[str, float] = {}
        for (stop, _), rows in hours.groupby(["holdeplass_id", "linje_id"]):
            busier = rows["retning"].value_counts().max()
            rates[stop] = rates.get(stop, 0.0) + busier / (end - first)
        for row in told.itertuples():
            start = nodes[tree.nearest(address[row.adresse_id])]
            away = nx.single_source_dijkstra_path_length(net, start, cutoff=1_700)
            found = [(away[at_stop[stop]], rate) for stop, rate in rates.items()
                     if at_stop[stop] in away]  # fmt: skip
            assert plain_class(found) == row.klasse
            if row.klasse != "svært dårlig":
                assert rates[row.holdeplass_id] >= row.avganger_per_time_minst - 0.006
                assert away[at_stop[row.holdeplass_id]] <= row.gangveg_m
