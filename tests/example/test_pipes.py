"""Water and sewage of the example: the layers against the key, by other means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.example.land import YEAR
from askergeo.example.pipe_ages import EVENT_YEARS, FIRST_MADE, HAZARD
from askergeo.example.pipe_nets import Net, accumulate, cut_pipes
from askergeo.example.pipe_sewer import _drain, _Labels, _neighbours
from askergeo.example.pipe_streets import Trenches, graph_of

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.example import Example

MEDIUM = {"vann": "V", "spillvann": "S", "avlop_felles": "S", "overvann": "O"}


@pytest.fixture(scope="module")
def pipes(example: Example) -> gpd.GeoDataFrame:
    """Pipes with the place of their ends, which is where they meet."""
    frame = example.frames["va_ledning"].set_index("ledning_id", drop=False)
    lines = frame.geometry.to_numpy()
    for name, which in (("a", 0), ("b", -1)):
        xy = shapely.get_coordinates(shapely.get_point(lines, which)).round(2)
        medium = frame["type"].map(MEDIUM)
        frame[name] = [(m, x, y) for m, (x, y) in zip(medium, xy.tolist(), strict=True)]
    return frame


@pytest.fixture(scope="module")
def faults(example: Example) -> dict:
    return example.key["va"]["feil"]


def added(faults: dict) -> set[str]:
    """Pipes that are there as faults only."""
    kinds = ("kryss_uten_node", "nesten_t", "dobbelt")
    ids = {one["ledning_id"] for kind in kinds for one in faults[kind]}
    ids |= {name for one in faults["lose_deler"] for name in one["ledning_id"]}
    return ids | set(faults["null_lengde"]) | set(faults["ute_av_drift"])


def graph(pipes: pd.DataFrame, without: set[str]) -> nx.MultiGraph:
    kept = pipes[~pipes["ledning_id"].isin(without)]
    net = nx.MultiGraph()
    for name, a, b in zip(kept["ledning_id"], kept["a"], kept["b"], strict=True):
        net.add_edge(a, b, key=name)
    return net


def test_ids_are_unique_and_point_at_what_is_there(example: Example):
    frames = example.frames
    pipes, nodes = frames["va_ledning"], frames["va_node"]
    assert pipes["ledning_id"].is_unique
    assert nodes["node_id"].is_unique
    place = nodes.set_index("node_id").geometry
    for column, which in (("fra_node_id", 0), ("til_node_id", -1)):
        told = pipes[pipes[column].notna()]
        at = shapely.get_point(told.geometry.to_numpy(), which)
        assert shapely.distance(at, place[told[column]].to_numpy()).max() < 0.005
    assert set(frames["va_hendelse"]["ledning_id"]) <= set(pipes["ledning_id"])
    links = frames["va_tilknytning"]
    for column in ("vann_ledning_id", "avlop_ledning_id"):
        assert set(links[column].dropna()) <= set(pipes["ledning_id"])
    plants = frames["va_anlegg"]
    assert set(plants["til_anlegg_id"].dropna()) <= set(plants["anlegg_id"])
    assert set(frames["va_sone"]["anlegg_id"].dropna()) <= set(plants["anlegg_id"])
    assert frames["va_maaling"].set_index(["sone_id", "aar"]).index.is_unique


def test_all_hangs_together_but_for_what_is_planted(example: Example, pipes, faults):
    net = graph(pipes, added(faults))
    nodes = example.frames["va_node"]
    xy = shapely.get_coordinates(nodes.geometry.to_numpy()).round(2)
    kind = {(i[0], *p): t for i, p, t in zip(nodes["node_id"], xy.tolist(), nodes["type"],
                                            strict=True)}  # fmt: skip
    lost = [part for part in nx.connected_components(net)
            if not {"kilde", "utlop"} & {kind.get(one) for one in part}]  # fmt: skip
    # A gap cuts off what lies behind it, and nothing else does.
    gaps = {(MEDIUM[pipes["type"][one["ledning_id"]]], one["x"], one["y"]): one["ledning_id"]
            for one in faults["glipper"]}  # fmt: skip
    behind = {pipes["b"][name] for name in gaps.values()} | set(gaps)
    assert all(part & behind for part in lost)
    assert len(lost) <= len(gaps)


def test_crossings_are_those_planted(pipes, faults):
    planted = {frozenset((one["ledning_id"], one["krysser"])) for one in faults["kryss_uten_node"]}
    planted |= {frozenset(pair) for pair in faults["kryss_pumpeledninger"]}
    pumped = set(pipes.index[pipes["funksjon"] == "pumpeledning"])
    for letter in ("V", "S", "O"):
        mine = pipes[pipes["type"].map(MEDIUM) == letter]
        lines, names = mine.geometry.to_numpy(), mine["ledning_id"].to_numpy()
        first, second = shapely.STRtree(lines).query(lines, predicate="crosses")
        found = {frozenset((names[a], names[b])) for a, b in zip(first, second, strict=True)}
        # A pumped main lies under or over the gravity pipes that it passes.
        found = {pair for pair in found if len(pair & pumped) != 1}
        assert found == {pair for pair in planted if pair <= set(names)} & found
        assert {p for p in planted if p <= set(names) and not p <= pumped} <= found


def test_sewers_fall_but_for_those_turned(pipes, faults):
    rise = (pipes["hoyde_til"] - pipes["hoyde_fra"]).astype(float)
    uphill = set(pipes.index[rise > 0])
    planted = {one["ledning_id"] for one in faults["feil_retning"]}
    assert uphill == planted
    known = rise.notna() & ~pipes.index.isin(planted)
    assert (-rise[known] / pipes.geometry[known].length).min() > 0.002
    assert pipes.loc[pipes["funksjon"] == "pumpeledning", "hoyde_fra"].isna().all()


def test_doubles_years_and_points_are_those_planted(pipes, faults):
    shape = pd.Series(shapely.to_wkb(shapely.normalize(pipes.geometry.to_numpy())), pipes.index)
    twice = set(pipes.index[shape.duplicated(keep=False)])
    assert twice == {one[k] for one in faults["dobbelt"] for k in ("ledning_id", "lik")}
    year = pipes["anleggsaar"]
    assert set(pipes.index[year.eq(0).fillna(False)]) == set(faults["aar_0"])
    assert set(pipes.index[year.eq(2099).fillna(False)]) == set(faults["aar_2099"])
    assert set(pipes.index[pipes.length < 0.1]) == set(faults["null_lengde"])
    usual = year[~year.isin([0, 2099])].dropna()
    assert usual.between(1930, YEAR).all()


def test_valves_off_the_line_and_open_ends_are_those_planted(example: Example, pipes, faults):
    nodes = example.frames["va_node"]
    valves = nodes[nodes["type"] == "ventil"]
    water = pipes[pipes["type"] == "vann"].geometry.to_numpy()
    near = shapely.STRtree(water).query_nearest(valves.geometry.to_numpy(), return_distance=True,
                                                all_matches=False)[1]  # fmt: skip
    off = set(valves["node_id"].to_numpy()[near > 0.05])
    assert off == {one["node_id"] for one in faults["ventil_utenfor"]}
    xy = shapely.get_coordinates(nodes.geometry.to_numpy()).round(2)
    known = set(map(tuple, xy.tolist()))
    bare = {name for name, a, b in zip(pipes.index, pipes["a"], pipes["b"], strict=True)
            if a[1:] not in known or b[1:] not in known}  # fmt: skip
    planted = {one["ledning_id"] for kind in ("lose_ender", "glipper", "nesten_t")
               for one in faults[kind]}  # fmt: skip
    assert bare == planted | set(faults["null_lengde"]) | set(faults["ute_av_drift"])


def test_the_nursing_home_hangs_on_one_pipe(example: Example, pipes, faults):
    told = example.key["va"]["forsyning"]["sykehjem"]
    home = example.frames["tjeneste"].set_index("tjeneste_id").geometry[told["tjeneste_id"]]
    row = pipes.loc[told["ledning_id"]]
    assert home.distance(row.geometry) < 0.02
    net = graph(pipes[pipes["type"] == "vann"], added(faults))
    bridges = {frozenset(ends) for ends in nx.bridges(nx.Graph(net))}
    assert frozenset((row["a"], row["b"])) in bridges


def test_what_a_source_alone_supplies_is_lost_with_it(example: Example):
    key = example.key["va"]["forsyning"]
    lost = {name: one["innbyggere_uten_vann"] for name, one in key["kilde_ute"].items()}
    assert lost["VV2"] > 0
    assert all(value == 0 for name, value in lost.items() if name.startswith("HB"))
    assert key["stengte_ventiler"] >= 1


def test_renewal_is_near_the_planted_rates(example: Example, pipes, faults):
    for name, planted in (("vann", 0.005), ("avlop", 0.008)):
        one = example.key["va"]["fornyelse"][name]
        assert one["andel_snitt_tre_aar"] == pytest.approx(planted, rel=0.25)
    kept = pipes[(pipes["type"] == "vann") & (pipes["eier"] == "kommunal")]
    kept = kept[~kept["ledning_id"].isin(faults["ute_av_drift"])]
    told = example.key["va"]["fornyelse"]["vann"]
    assert kept.length.sum() == pytest.approx(told["kommunale_meter"])
    last = kept[kept["fornyet_aar"].eq(YEAR).fillna(False)]
    assert last.length.sum() == pytest.approx(told["fornyet_meter"][str(YEAR)])


def test_leaks_are_what_meters_leave(example: Example):
    table, told = example.frames["va_maaling"], example.key["va"]["lekkasje"]
    own = table["inn_m3"] - table["ut_m3"]
    share = (own - table["forbruk_m3"] - table["umaalt_m3"]) / own
    last = share[table["aar"] == YEAR].to_numpy()
    assert {round(one["andel"], 9) for one in told["soner"].values()} == set(np.round(last, 9))
    assert 0.25 < told["samlet"][str(YEAR)] < 0.42
    year = table[table["aar"] == YEAR]
    # What is passed on to others is what they take in, but for the waterworks' own zone.
    assert year["inn_m3"].sum() - year["ut_m3"].sum() == pytest.approx(
        year["inn_m3"].max(), rel=0.6
    )


def test_breaks_follow_material_and_age(example: Example, pipes):
    water = pipes[pipes["type"] == "vann"]
    hits = example.frames["va_hendelse"]["ledning_id"].map(water["materiale"]).value_counts()
    km = water.groupby("materiale")["geometry"].apply(lambda part: part.length.sum() / 1_000)
    rate = (hits / km / len(EVENT_YEARS)).dropna()
    assert rate["SJG"] > 3 * rate["PE"]
    assert set(rate.index) <= set(HAZARD)


def test_no_pipe_is_of_a_material_that_was_not_made_yet(pipes):
    laid = pipes["fornyet_aar"].fillna(pipes["anleggsaar"])
    for material, first in FIRST_MADE.items():
        years = laid[(pipes["materiale"] == material) & (laid != 0)].dropna()
        assert len(years), material
        assert years.min() >= first, material


def test_connections_agree_with_the_key(example: Example):
    table = example.frames["va_tilknytning"]
    told = example.key["va"]["tilknytning"]
    assert told["uten_rad"] == len(example.frames["adresse"]) - len(table)
    for name in ("vann", "avlop"):
        assert told[name]["ja"] == int(table[name].fillna(False).sum())
        assert told[name]["ja"] + told[name]["nei"] + told[name]["ukjent"] == told["adresser"]
    pipe = example.frames["va_ledning"].set_index("ledning_id").geometry
    near = table.dropna(subset=["vann_ledning_id"])
    home = example.frames["adresse"].set_index("adresse_id").geometry[near["adresse_id"]]
    away = shapely.distance(home.to_numpy(), pipe[near["vann_ledning_id"]].to_numpy())
    assert np.quantile(away, 0.98) < 66


def test_two_plants_fill_in_years_that_hold(example: Example):
    told = example.key["va"]["renseanlegg"]["anlegg"]
    closing = [(name, one) for name, one in told.items() if one["til_aar"]]
    assert len(closing) == 1
    # One takes over for the plant that closes, and has no room for it; one is filled by homes.
    ((closed, one),) = closing
    taker = told[one["til_anlegg_id"]]
    assert taker["belastning_pe"] + one["belastning_pe"] > taker["kapasitet_pe"]
    assert taker["fullt_aar"] == one["til_aar"] + 1
    assert one["fullt_aar"] is None
    full = [name for name, one in told.items() if one["fullt_aar"]]
    assert len(full) == 2
    (by_homes,) = set(full) - {one["til_anlegg_id"], closed}
    last = told[by_homes]
    before = [
        homes for year, homes in last["boliger_i_programmet"].items()
        if int(year) < last["fullt_aar"]
    ]  # fmt: skip
    room = last["kapasitet_pe"] - last["belastning_pe"]
    assert 1.6 * sum(before) > room > 2.6 * sum(before[:-1])


def test_the_model_runs_with_fit_pressures(example: Example, tmp_path):
    wntr = pytest.importorskip("wntr")
    rows = example.frames["va_modell"]
    text = rows[rows["seksjon"] != "_askergeo"].sort_values("rad")["tekst"]
    file = tmp_path / "vann.inp"
    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    model = wntr.network.WaterNetworkModel(str(file))
    found = wntr.sim.EpanetSimulator(model).run_sim(file_prefix=str(tmp_path / "run"))
    use = found.node["demand"].iloc[0][model.junction_name_list]
    bar = found.node["pressure"].iloc[0][model.junction_name_list] / 10.197
    assert ((bar >= 2) & (bar <= 8))[use > 0].mean() > 0.98
    assert ((bar >= 1.5) & (bar <= 9)).mean() > 0.98
    litres = use.sum() * 1_000 * 86_400 / example.key["innbyggere"]
    assert 120 < litres < 320


def small() -> Trenches:
    """Four nodes in a row, the second in a hollow that the first cannot drain through."""
    z = np.array([3.0, 20.0, 5.0, 30.0])
    xy = np.column_stack([np.arange(4) * 90.0, np.zeros(4)])
    ends = np.array([[0, 1], [1, 2], [2, 3]])
    lines = shapely.linestrings(xy[ends])
    flat = np.zeros(3)
    return Trenches(
        xy=xy, z=z, ends=ends, lines=lines, length=np.full(3, 90.0), private=flat > 0,
        built=flat == 0, core=flat, place=flat.astype(int), year=flat.astype(int) + 1980,
        link_of=np.array([0]), metres_of=np.array([5.0]), people=flat,
    )  # fmt: skip


def test_water_does_not_drain_uphill():
    trenches = small()
    labels = _Labels(np.full(4, np.inf), np.full(4, -1), np.full(4, -1))
    _drain(trenches, _neighbours(trenches, np.ones(3, bool)), labels, [(0, 0, 0.0)])
    assert labels.seed.tolist() == [0, 0, -1, -1]
    assert labels.low[1] == pytest.approx(20.0 - 6.5)
    _drain(trenches, _neighbours(trenches, np.ones(3, bool)), labels, [(1, 2, 0.0)])
    assert labels.seed.tolist() == [0, 0, 1, 1]
    assert labels.down.tolist() == [-1, 0, -1, 2]


def test_a_cut_pipe_keeps_its_length_and_its_ends():
    nodes = pd.DataFrame({"x": [0.0, 10.0], "y": [0.0, 0.0], "hoyde": [1.0, 3.0],
                          "type": "kum", "trench": [0, 1]})  # fmt: skip
    pipes = pd.DataFrame(
        {"start": [0], "end": [1], "link": [0], "geometry": [shapely.LineString([(0, 0), (10, 0)])]}
    )
    net = Net(nodes, pipes)
    made = cut_pipes(net, np.array([0]), {"type": "pumpestasjon"}, gap=2.0)
    assert made.tolist() == [2]
    assert [line.length for line in net.pipes["geometry"]] == [4.0, 4.0, 2.0]
    assert net.ends().tolist() == [[0, 2], [3, 1], [2, 3]]
    assert net.nodes["type"].tolist() == ["kum", "kum", "pumpestasjon", "kum"]


def test_accumulate_sums_what_lies_behind():
    ends = np.array([[0, 1], [1, 2], [1, 3]])
    weights = graph_of(ends, np.ones(3), 4)
    assert weights.nnz == 6
    total = accumulate(np.array([-9999, 0, 1, 1]), np.array([0.0, 1.0, 2.0, 2.0]), np.ones(4))
    assert total.tolist() == [4.0, 3.0, 1.0, 1.0]
