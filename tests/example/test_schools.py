"""Schools, districts, past residents, pupils and housing: the key against sums over the layers."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from askergeo.example.land import YEAR
from askergeo.example.population_history import even_rounding

if TYPE_CHECKING:
    from askergeo.example import Example

STAGES = {"barnetrinn": (6, 12), "ungdomstrinn": (13, 15)}


@pytest.fixture(scope="module")
def residents(example: Example) -> pd.DataFrame:
    """Residents today by address with the unit and districts that the address lies in."""
    frames = example.frames
    address = frames["adresse"][["adresse_id", "geometry"]]
    units = frames["grunnkrets"][["grunnkretsnummer", "geometry"]]
    found = gpd.sjoin(address, units, predicate="within").drop(columns="index_right")
    for stage in STAGES:
        districts = frames["skolekrets"].query("trinn == @stage")[["krets_id", "geometry"]]
        districts = districts.rename(columns={"krets_id": stage})
        found = gpd.sjoin(found, districts, predicate="within").drop(columns="index_right")
    assert len(found) == len(address)
    return frames["befolkning"].merge(found.drop(columns="geometry"), on="adresse_id")


def pupils_of(example: Example, year: int) -> pd.Series:
    table = example.frames["elevtall"].query("aar == @year")
    return table.groupby("skole_id")["antall"].sum()


@pytest.mark.parametrize("layer", ["grunnkrets", "barnetrinn", "ungdomstrinn"])
def test_units_and_districts_tile_the_municipality(example: Example, layer: str) -> None:
    frames = example.frames
    rows = frames[layer] if layer == "grunnkrets" else frames["skolekrets"].query("trinn == @layer")
    areas = rows.geometry.to_numpy()
    assert shapely.coverage_is_valid(areas)
    assert shapely.area(areas).sum() == pytest.approx(example.key["areal_med_sjo_m2"], rel=1e-9)
    assert set(rows.geom_type) == {"Polygon"}  # in one piece
    key = "grunnkretsnummer" if layer == "grunnkrets" else "krets_id"
    assert rows[key].is_unique


def test_one_unit_straddles_a_border_and_only_that_one(example: Example) -> None:
    units = example.frames["grunnkrets"].set_index("grunnkretsnummer").geometry
    districts = example.frames["skolekrets"].query("trinn == 'barnetrinn'").set_index("krets_id")
    shared = {
        (unit, district): units[unit].intersection(districts.geometry[district]).area
        for unit in units.index
        for district in districts.index
    }
    parts = pd.Series(shared)
    parts = parts[parts > 1.0].reset_index()
    several = parts[parts["level_0"].duplicated(keep=False)]
    key = example.key["delt_grunnkrets"]
    assert set(several["level_0"]) == {key["grunnkretsnummer"]}
    assert set(several["level_1"]) == set(key["kretser"])


def test_people_live_in_both_parts_of_the_straddling_unit(
    example: Example, residents: pd.DataFrame
) -> None:
    key = example.key["delt_grunnkrets"]
    mine = residents[residents["grunnkretsnummer"] == key["grunnkretsnummer"]]
    assert mine.groupby("barnetrinn")["antall"].sum().gt(5).to_dict() == dict.fromkeys(
        key["kretser"], True
    )


def test_a_lower_secondary_district_is_whole_primary_districts(example: Example) -> None:
    rows = example.frames["skolekrets"]
    lower = rows[rows["trinn"] == "ungdomstrinn"].geometry
    for district in rows[rows["trinn"] == "barnetrinn"].geometry:
        share = lower.intersection(district).area / district.area
        assert share.max() == pytest.approx(1.0)


def test_each_district_has_a_municipal_school_that_teaches_its_stage(example: Example) -> None:
    schools = example.frames["skole"].set_index("skole_id")
    for row in example.frames["skolekrets"].itertuples():
        school = schools.loc[row.skole_id]
        low, high = (1, 7) if row.trinn == "barnetrinn" else (8, 10)
        assert school["trinn_fra"] <= low
        assert school["trinn_til"] >= high
        assert school["eierform"] == "kommunal"
    kinds = schools["eierform"].value_counts()
    assert kinds["privat"] == 1
    assert ((schools["trinn_fra"] == 1) & (schools["trinn_til"] == 10)).sum() == 2
    assert schools["fra_aar"].notna().sum() == 1
    assert not set(schools.index[schools["fra_aar"].notna()]) & set(
        example.frames["skolekrets"]["skole_id"]
    )


def test_history_ends_in_the_residents_of_today(example: Example, residents: pd.DataFrame) -> None:
    history = example.frames["befolkning_historikk"]
    today = history[history["aar"] == YEAR + 1]
    told = today.set_index(["omraade_id", "alder"])["antall"].sort_index()
    counted = residents.groupby(["grunnkretsnummer", "alder"])["antall"].sum().sort_index()
    assert told.to_dict() == counted.to_dict()
    assert sorted(history["aar"].unique()) == list(range(YEAR - 9, YEAR + 2))
    assert (history["antall"] > 0).all()


def cohort_rate(history: pd.DataFrame, first: int, last: int) -> float:
    """Net moves a year for each resident, summed over the years, from pairs of years and ages."""
    table = history.pivot_table(
        index="aar", columns="alder", values="antall", aggfunc="sum", fill_value=0
    ).reindex(columns=range(106), fill_value=0)
    before = table.to_numpy()[:-1, first - 1 : last].sum()
    after = table.to_numpy()[1:, first : last + 1].sum()
    died = sum(
        table.to_numpy()[:-1, age].sum() * np.exp(-10.2 + 0.0875 * age)
        for age in range(first - 1, last)
    )
    return float((after - before + died) / before)


def test_planted_moves_are_in_the_history(example: Example, residents: pd.DataFrame) -> None:
    history, key = example.frames["befolkning_historikk"], example.key["plantede_flyttinger"]
    general = {(one["first"], one["last"]): one["rate"] for one in key["overalt"]}
    assert cohort_rate(history, 19, 24) == pytest.approx(general[19, 24], abs=0.01)
    assert cohort_rate(history, 6, 15) == pytest.approx(general[6, 15], abs=0.005)
    split = example.key["delt_grunnkrets"]["grunnkretsnummer"]
    home = residents.drop_duplicates("grunnkretsnummer").set_index("grunnkretsnummer")["barnetrinn"]
    for name in ("barnefamilier_flytter_inn", "mange_fodsler"):
        mine = set(home.index[home == key[name]["krets_id"]]) - {split}
        extra = key[name]["i_tillegg"][0]
        found = cohort_rate(history[history["omraade_id"].isin(mine)], 1, 5)
        assert (extra["first"], extra["last"]) == (1, 5)
        assert found == pytest.approx(general[1, 5] + extra["rate"], abs=0.015)
    assert (
        key["mange_fodsler"]["nyfodte_per_1000_voksne_20_44"]
        > 1.1 * key["mange_fodsler"]["kommunen_per_1000"]
    )


def test_every_child_has_a_place_in_one_school(example: Example) -> None:
    history, pupils = example.frames["befolkning_historikk"], example.frames["elevtall"]
    children = history[history["alder"].between(6, 15)]
    children = children.groupby(["aar", "alder"])["antall"].sum()
    enrolled = pupils.groupby(["aar", "trinn"])["antall"].sum()
    assert sorted(pupils["aar"].unique()) == list(range(YEAR - 4, YEAR + 1))
    for (year, grade), number in enrolled.items():
        assert number == children[year + 1, grade + 5]


def test_pupils_are_the_childrens_share_of_each_district(
    example: Example, residents: pd.DataFrame
) -> None:
    key, now = example.key["elever"], pupils_of(example, YEAR)
    by_school = key["etter_skole_og_aar"]
    assert {school: years[str(YEAR)] for school, years in by_school.items()} == now.to_dict()
    moved = key["naboskole"]
    for stage, (first, last) in STAGES.items():
        mine = residents[residents["alder"].between(first, last)]
        children = mine.groupby(stage)["antall"].sum()
        for district, number in children.items():
            assert key["barn_i_kretsen"][f"{district} {YEAR}"] == number
    schools = example.frames["skole"].set_index("skole_id")
    only = example.frames["skolekrets"].query("trinn == 'barnetrinn'")
    only = only[only["skole_id"].map(schools["trinn_til"]) == 7].set_index("krets_id")
    for district in set(only.index) - {moved["fra"], moved["til"]}:
        share = key["privat_andel"].get(district, key["privat_andel"]["ellers"])
        expected = key["barn_i_kretsen"][f"{district} {YEAR}"] * (1 - share)
        assert now[only["skole_id"][district]] == pytest.approx(expected, abs=4)
    private = schools.index[schools["eierform"] == "privat"][0]
    assert 0.03 <= now[private] / now.sum() < 0.05


def test_the_north_is_full_and_the_rest_has_room(example: Example) -> None:
    schools = example.frames["skole"].set_index("skole_id")
    rows = example.frames["skolekrets"].query("trinn == 'barnetrinn'").set_index("skole_id")
    rows = rows[rows.index.map(schools["trinn_til"]) == 7]
    now = pupils_of(example, YEAR)
    places = schools["kapasitet"].astype(float).fillna(schools["paralleller"] * 7 * 28)
    filled = (now / places)[rows.index]
    order = rows.geometry.centroid.y.sort_values(ascending=False).index
    assert (filled[order[:2]] > 1).all()
    assert (filled[order[2:]] < 0.8).all()
    told = example.key["plasser"]["bygg"]
    for school in rows.index:
        assert told[f"{school} barnetrinn"][str(YEAR)] == places[school]


def test_places_with_measures_follow_their_dates(example: Example) -> None:
    measures = example.frames["skoletiltak"]
    assert set(measures["skole_id"]) <= set(example.frames["skole"]["skole_id"])
    pavilion = measures[measures["type"] == "paviljong"].iloc[0]
    extension = measures[
        (measures["type"] == "utvidelse") & (measures["skole_id"] == pavilion["skole_id"])
    ].iloc[0]
    place = f"{pavilion['skole_id']} barnetrinn"
    base = example.key["plasser"]["bygg"][place][str(YEAR)]
    told = example.key["plasser"]["vedtatt"][place]
    assert told[str(YEAR)] == base + pavilion["plasser"]
    assert told[str(pavilion["til_aar"])] == base + pavilion["plasser"]
    # The pavilion is gone, and one class a grade has come.
    assert told[str(extension["fra_aar"])] == base + extension["paralleller"] * 7 * 28
    new = measures[measures["type"] == "ny_skole"].iloc[0]
    opened = example.key["plasser"]["planlagt"][f"{new['skole_id']} barnetrinn"]
    assert opened[str(new["fra_aar"] - 1)] == 0
    assert opened[str(new["fra_aar"])] == new["paralleller"] * 7 * 28
    closed = measures[measures["type"] == "nedlegging"].iloc[0]
    after = example.key["plasser"]["mulig"][f"{closed['skole_id']} barnetrinn"]
    assert after[str(closed["fra_aar"])] == 0 < after[str(closed["fra_aar"] - 1)]


def test_housing_adds_up_and_lies_on_land_in_a_unit(example: Example) -> None:
    rows, key = example.frames["boligprogram"], example.key["boligprogram"]
    assert (len(rows), rows["boliger"].sum()) == (key["rader"], key["boliger"])
    for column in ("aar", "boligtype", "status"):
        sums = rows.groupby(rows[column].astype(str))["boliger"].sum().to_dict()
        assert sums == key[f"etter_{column.replace('bolig', '')}"]
    assert 0 < rows["sannsynlighet"].isna().sum() == key["uten_sannsynlighet"]
    assert rows["aar"].between(YEAR + 1, YEAR + 12).all()
    assert not rows.duplicated(["prosjekt_id", "boligtype", "aar"]).any()
    land = example.frames["kommunegrense"].set_index("omfang").geometry["land"]
    assert rows.distance(land).max() == 0
    assert set(rows.geom_type) == {"Point", "Polygon"}
    plans = set(example.frames["reguleringsplan"]["planid"])
    assert set(rows["planid"].dropna()) <= plans


def test_projection_starts_today_and_the_alternatives_part(example: Example) -> None:
    table = example.frames["framskriving"]
    people = example.frames["befolkning"].groupby("alder")["antall"].sum()
    for _, mine in table.groupby("alternativ"):
        first = mine[mine["aar"] == YEAR + 1].set_index("alder")["antall"]
        assert first[first > 0].to_dict() == people.to_dict()
    last = table[table["aar"] == 2050].groupby("alternativ")["antall"].sum()
    assert last["lav"] < last["hoved"] < last["hoy"]
    for name, years in example.key["framskriving_i_alt"].items():
        mine = table[table["alternativ"] == name].groupby("aar")["antall"].sum()
        assert {year: mine[int(year)] for year in years} == pytest.approx(years, abs=1)


def test_the_unsafe_way_to_school_is_there(example: Example) -> None:
    key, roads = example.key["farlig_skoleveg"], example.frames["veg"]
    graph = nx.Graph()
    paths = example.frames["sti"]
    fast = roads[(roads["vegkategori"] == "E") & (roads["fartsgrense"] > 50)].index
    ways = [*zip(roads.geometry, roads.index, strict=True), *((one, -1) for one in paths.geometry)]
    for line, road in ways:
        if road in fast:
            continue
        ends = [tuple(np.round(line.coords[k], 2)) for k in (0, -1)]
        if line.length < graph.get_edge_data(*ends, {"metres": np.inf})["metres"]:
            graph.add_edge(*ends, metres=line.length, road=road)
    nodes = np.array(graph.nodes)
    tree = shapely.STRtree(shapely.points(nodes))
    home = example.frames["adresse"].set_index("adresse_id").geometry[key["adresse_id"]]
    school = example.frames["skole"].set_index("skole_id").geometry[key["skole_id"]]
    start, stop = (tuple(nodes[tree.nearest(one)]) for one in (home, school))
    route = nx.shortest_path(graph, start, stop, weight="metres")
    links = [graph.edges[pair] for pair in pairwise(route)]
    assert sum(link["metres"] for link in links) == pytest.approx(key["veg_m"], abs=0.2)
    foot = roads[roads["vegtype"].isin(["fortau", "gang_sykkelveg"])].geometry.union_all()
    bare = 0.0
    for link in links:
        if link["road"] < 0 or not roads["fartsgrense"].fillna(0)[link["road"]] >= 60:
            continue
        middle = roads.geometry[link["road"]].interpolate(0.5, normalized=True)
        bare += link["metres"] if middle.distance(foot) > 25 else 0.0
    assert bare >= key["uten_fortau_m"] - 0.2 > 200


@given(
    st.lists(st.floats(0, 50), min_size=1, max_size=30),
    st.floats(0, 0.999),
)
def test_rounding_keeps_every_run_of_rows_to_one_person(values: list[float], start: float) -> None:
    column = np.array(values)[:, None]
    whole = even_rounding(column, np.array([start]))
    assert (whole >= 0).all()
    assert np.abs(np.cumsum(whole - column)).max() <= 1.0 + 1e-9
