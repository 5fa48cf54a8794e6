"""5-minute settlements on a street that can be walked in the head.

5 minutes are 416.7 m for an adult, 240 m for an old person and 210 m with a rollator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import _reach_gaps, _reach_links
from askergeo.analyses._reach_times import subset
from askergeo.analyses.tettsted import tettsted
from askergeo.errors import LayerError, ParameterError
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.network.paths import Network, nearest
from askergeo.network.profiles import edge_costs, find_profile
from askergeo.network.snapping import snap
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Fact, Severity

CRS = "EPSG:25832"
ALL_AT_0 = {"dagligvare": 0, "legesenter": 0, "bibliotek": 0}
GROUP_OF = {"dagligvare": "hverdag", "legesenter": "helse", "bibliotek": "sosial"}


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


STREET = line((0, 0), (5000, 0))


def frame(geometry: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def graph(*lines: shapely.LineString):
    roads = frame(list(lines or (STREET,)), vegtype=["bilveg"] * max(len(lines), 1))
    return build_graph(walkable_lines(roads, None), tolerance_m=0.5, gap_m=20)


def services(at: dict[str, float], y: float = 0) -> gpd.GeoDataFrame:
    return frame(
        [shapely.Point(x, y) for x in at.values()],
        type=list(at),
        gruppe=[GROUP_OF.get(kind, "hverdag") for kind in at],
        navn=list(at),
    )


def people(at: dict[float, dict[int, int]], y: float = 0) -> dict[str, Any]:
    """Residents by age at each place along the street."""
    ids = {x: f"a{x:g}" for x in at}
    rows = [(ids[x], age, count) for x, ages in at.items() for age, count in ages.items()]
    return {
        "adresse": frame([shapely.Point(x, y) for x in at], adresse_id=list(ids.values())),
        "befolkning": pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"]),
    }


def centres(at: dict[str, tuple[float, float]]) -> gpd.GeoDataFrame:
    points = [shapely.Point(x, y) for x, y in at.values()]
    return frame(points, senter_id=list(at), navn=list(at), niva=["naersenter"] * len(at))


def run(network: Any = None, *, overrides: dict[str, Any] | None = None, **layers: Any):
    given = {"tjeneste": services(ALL_AT_0), **layers}
    return tettsted(network or graph(), **given, parameters=load_parameters("tettsted", overrides))


TEN = {30: 10}


def counts(result, table: str, column: str = "alle") -> dict[str, int]:
    return result.table(table).frame[column].to_dict()


def test_who_is_in_is_counted_by_the_pace_of_each_profile() -> None:
    got = counts(run(**people({209: TEN, 239: TEN, 416: TEN, 418: TEN, 1300: TEN})), "andel")
    assert (got["rullator_5"], got["eldre_5"], got["voksen_5"]) == (10, 20, 30)
    assert (got["rullator_10"], got["eldre_10"], got["voksen_10"]) == (40, 40, 40)
    assert (got["voksen_15"], got["voksen_lenger"], got["bosatte"]) == (40, 10, 50)


def test_the_way_to_the_network_is_walked_too() -> None:
    near = people({200: TEN, 400: TEN}, y=15)
    assert counts(run(**near), "andel")["voksen_5"] == 20
    far = people({200: TEN, 400: TEN}, y=20)
    assert counts(run(**far), "andel")["voksen_5"] == 10


def test_age_groups_and_shares() -> None:
    got = run(**people({100: {15: 10, 16: 20, 66: 10, 67: 30, 80: 30}, 3000: {80: 60}}))
    row = got.table("andel").frame.loc["voksen_5"]
    assert (row["alle"], row["barn"], row["eldre"], row["eldst"]) == (100, 10, 60, 30)
    assert row["andel_eldre"] == pytest.approx(50)
    assert row["andel_eldst"] == pytest.approx(100 / 3)
    assert "67 år og eldre 50\N{NO-BREAK SPACE}%," in got.sentence


def test_what_is_lacking_parts_all_residents() -> None:
    at = {"dagligvare": 0, "legesenter": 1000, "bibliotek": 0}
    got = counts(
        run(tjeneste=services(at), **people({0: TEN, 600: TEN, 700: TEN, 2000: TEN})), "mangler"
    )
    assert got["voksen_helse"] == 10  # at 0
    assert got["voksen_har_1"] == 20  # at 600 and 700: health only
    assert got["voksen_alt"] == 10
    parts = [v for k, v in got.items() if k.startswith("voksen")]
    assert sum(parts) == got["bosatte"] == 40


def test_a_type_may_be_moved_to_another_group_and_nurseries_do_not_count_unless_told() -> None:
    at = {"dagligvare": 0, "legesenter": 0}
    nursery = frame([shapely.Point(0, 0)], navn=["Barnehagen"])
    home = people({100: TEN})
    plain = run(tjeneste=services(at), barnehage=nursery, **home)
    assert pd.isna(counts(plain, "andel")["voksen_5"])
    told = {"sosial_typer": "barnehage"}
    assert (
        counts(run(tjeneste=services(at), barnehage=nursery, overrides=told, **home), "andel")[
            "voksen_5"
        ]
        == 10
    )
    assert counts(plain, "tjenester", "alle_5")["barnehage_voksen"] == 10


def test_a_group_that_the_data_lack_is_unknown_and_never_zero() -> None:
    got = run(tjeneste=services({"dagligvare": 0}), **people({100: TEN}))
    assert pd.isna(counts(got, "andel")["voksen_5"])
    assert pd.isna(counts(got, "mangler")["voksen_alt"])
    assert pd.isna(counts(got, "tjenester", "alle_5")["helse_voksen"])
    assert counts(got, "tjenester", "alle_5")["hverdag_voksen"] == 10
    assert "ukjent" in got.sentence
    assert any("helsetilbud" in text for text in got.warnings)
    left_out = {"helse_typer": "", "sosial_typer": ""}
    got = run(tjeneste=services({"dagligvare": 0}), overrides=left_out, **people({100: TEN}))
    assert counts(got, "andel")["voksen_5"] == 10


def test_residents_whose_time_is_unknown_have_rows_of_their_own() -> None:
    homes = people({100: TEN, 200: TEN})
    homes["adresse"].loc[1, "geometry"] = shapely.Point(200, 500)
    lost = pd.DataFrame({"adresse_id": ["borte"], "alder": [40], "antall": [10]})
    homes["befolkning"] = pd.concat([homes["befolkning"], lost])
    got = run(**homes)
    rows = counts(got, "andel")
    assert (rows["voksen_5"], rows["ikke_koblet"], rows["uten_sted"]) == (10, 10, 10)
    assert (rows["voksen_lenger"], rows["bosatte"]) == (0, 30)
    rules = {f.rule for f in got.findings}
    assert {"tettsted.ikke_koblet", "tettsted.uten_sted"} <= rules
    assert len(got.layer("ikke_koblet").frame) == 1
    assert_a_check("ikke_koblet", got)


def test_homes_on_a_part_that_hangs_by_itself_are_unknown_unless_it_is_large() -> None:
    network = graph(STREET, line((0, 1000), (500, 1000)))
    homes = people({100: TEN})
    other = people({200: TEN}, y=1000)
    both = {
        "adresse": pd.concat([homes["adresse"], other["adresse"]], ignore_index=True),
        "befolkning": pd.concat([homes["befolkning"], other["befolkning"]]),
    }
    rows = counts(run(network, **both), "andel")
    assert (rows["los_del"], rows["voksen_lenger"]) == (10, 0)
    island = counts(run(network, overrides={"los_del_m": 100}, **both), "andel")
    assert (island["los_del"], island["voksen_lenger"]) == (0, 10)


def test_a_thousand_pieces_are_warned_of() -> None:
    pieces = [line((40 * n, 1000), (40 * n + 20, 1000)) for n in range(60)]
    got = run(graph(line((0, 0), (500, 0)), *pieces), **people({100: TEN}))
    assert any(" deler, og den største" in text for text in got.warnings)
    whole = run(**people({100: TEN}))
    assert not any(" deler, og den største" in text for text in whole.warnings)


def test_centres_and_one_in_the_sea() -> None:
    homes = people({100: {30: 20}, 300: {80: 10}})
    got = run(senter=centres({"Inne": (0, 0), "Sjø": (0, 9000)}), **homes)
    table = got.table("sentre").frame
    assert table.loc["Inne_voksen", ["alle_5", "eldst_5"]].tolist() == [30, 10]
    assert table.loc["Inne_rullator", ["alle_5", "alle_10"]].tolist() == [20, 30]
    assert table.loc["Sjø_voksen", ["alle_5", "alle_15"]].isna().all()
    sea = [f for f in got.findings if f.layer == "senter"]
    assert len(sea) == 1
    assert sea[0].severity is Severity.WARNING
    assert "Sjø" in sea[0].text


def test_without_centres_there_is_no_table_of_centres() -> None:
    got = run(**people({100: TEN}))
    assert "sentre" not in {table.name for table in got.tables}


def test_unknown_ages_are_unknown_and_not_zero() -> None:
    homes = people({100: TEN})
    homes["befolkning"] = homes["befolkning"].drop(columns="alder")
    got = run(**homes)
    row = got.table("andel").frame.loc["voksen_5"]
    assert row["alle"] == 10
    assert row[["barn", "eldre", "eldst", "andel_eldre"]].isna().all()
    assert any("etter alder" in text for text in got.warnings)
    suppress(got)


def test_a_resident_without_age_is_among_all_and_in_no_group() -> None:
    homes = people({100: {30: 10, 70: 10}})
    homes["befolkning"]["alder"] = [np.nan, 70]
    row = run(**homes).table("andel").frame.loc["voksen_5"]
    assert (row["alle"], row["barn"], row["eldre"]) == (20, 0, 10)


def test_cells_are_counted_from_their_dwellings_or_their_middle() -> None:
    cells = frame(
        [shapely.box(0, -50, 100, 50), shapely.box(3000, -50, 3100, 50)],
        rute_id=["a", "b"],
        bosatte=pd.array([30, 20], dtype="Int64"),
    )
    house = frame([shapely.Point(90, 0)], bygningstype=pd.array([111], dtype="Int64"))
    for buildings in (house, None):
        got = run(befolkning_rute=cells, bygning=buildings)
        assert counts(got, "andel")["voksen_5"] == 30
        assert counts(got, "andel")["bosatte"] == 50
        assert got.table("andel").frame["eldre"].isna().all()


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        ({"profiler": "voksne"}, "finnes ikke"),
        ({"profiler": ""}, "Ingen profil"),
        ({"mangel_profil": "gammel"}, "finnes ikke"),
        ({"minutter": "10,5"}, "10, 5"),
        ({"minutter": "fem"}, "fem"),
        ({"helse_typer": "lege"}, "lege"),
        ({"eldre_fra": 90}, "stigende"),
        ({"hverdag_typer": "", "helse_typer": "", "sosial_typer": ""}, "Ingen gruppe"),
    ],
)
def test_parameters_that_make_no_sense_are_told(overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said) as error:
        run(overrides=overrides, **people({100: TEN}))
    assert error.value.remedy


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({}, "Ingen lag sier hvor folk bor"),
        ({"tjeneste": None, **people({100: TEN})}, "Ingen lag har tjenester"),
        (people({100: {30: 0}}), "Ingen bosatte"),
        (people({100: TEN}, y=4000), "Ingen adresser er nærmere"),
        ({"tjeneste": services(ALL_AT_0, y=900), **people({100: TEN})}, "Ingen tjenester"),
    ],
)
def test_layers_that_give_no_answer_are_told(layers: dict[str, Any], said: str) -> None:
    with pytest.raises(LayerError, match=said) as error:
        run(**layers)
    assert error.value.remedy


def test_a_new_service_is_placed_where_most_old_lack_only_that_and_nobody_is_counted_twice() -> (
    None
):
    at = {f"{kind}": 0 for kind in ("dagligvare", "bibliotek")}
    both = pd.concat([services(at), services({"dagligvare": 2000, "bibliotek": 2000})])
    far = frame([shapely.Point(5000, 0)], type=["legesenter"], gruppe=["helse"], navn=["Lege"])
    shops = pd.concat([both, far], ignore_index=True)
    homes = people({0: {70: 20}, 100: {70: 20}, 2000: {70: 30}, 2100: {30: 90}})
    table = run(tjeneste=shops, overrides={"steder_per_gruppe": 2}, **homes).table("steder").frame
    health = table[table["gruppe"] == "Helsetilbud"]
    assert health["eldre"].tolist() == [40, 30, 70]
    assert health["alle"].tolist() == [40, 120, 160]
    assert health["nummer"].tolist() == ["1", "2", ""]


def test_the_greedy_choice_takes_those_who_are_left() -> None:
    built = graph()
    costs = edge_costs(built.graph, find_profile("eldre"))
    xs = np.array([0, 200, 400, 2000])
    homes = snap(built.graph, gpd.GeoSeries(gpd.points_from_xy(xs, xs * 0), crs=CRS), reach_m=5)
    network = Network.of(built.graph, costs)
    outward = Network.of(built.graph, _reach_gaps.reversed_costs(costs))
    weights = np.array([[5.0], [1.0], [5.0], [3.0]])
    sites = _reach_gaps.best_sites(
        network, outward, homes, np.ones(4, dtype=bool), weights, limit=300.0, count=3
    )
    assert [one.row for one in sites] == [1, 3]
    assert [np.flatnonzero(one.covered).tolist() for one in sites] == [[0, 1, 2], [3]]


def assert_a_check(name: str, got: Any) -> None:
    """A check of the data hides no answer, and has no colour of one."""
    assert not got.layer(name).visible
    own = fills(got.layer(name))
    assert not own & {fill for one in got.layers if one.name != name for fill in fills(one)}


def fills(layer: Any) -> set[str]:
    return {one.fill for one in layer.style.classes or (layer.style,)}


def broken() -> Any:
    """A street with a break of 10 m between x = 200 and 210, and a long way round."""
    return graph(
        line((0, 0), (200, 0)),
        line((210, 0), (600, 0)),
        line((200, 0), (200, 1500), (600, 1500), (600, 0)),
    )


def test_a_break_that_would_serve_people_is_the_best_link() -> None:
    got = run(broken(), **people({220: {70: 20}, 400: {30: 10}}))
    table = got.table("lenker").frame
    assert table.iloc[0]["lenke"] == "Brudd i gangnettet"
    assert_a_check("brudd", got)
    assert table.iloc[0]["lengde_m"] == pytest.approx(10, abs=0.1)
    assert table.iloc[0][["eldre", "alle", "raskere"]].tolist() == [20, 20, 30]
    assert counts(got, "andel")["eldre_5"] == 0


def test_a_drawn_link_is_tried_and_one_in_the_blue_is_told() -> None:
    drawn = frame(
        [line((195, 2), (215, 2)), line((9000, 0), (9100, 0))], navn=["Snarvegen", "Feil sted"]
    )
    got = run(broken(), lenkeforslag=drawn, overrides={"glipp_m": 0}, **people({220: {70: 20}}))
    assert "Snarvegen" in got.table("lenker").frame["lenke"].tolist()
    (told,) = (finding for finding in got.findings if "Feil sted" in finding.text)
    assert "lenke_koble_m" in told.action


@pytest.mark.parametrize("seed", range(4))
def test_the_times_with_a_link_are_those_of_a_network_that_has_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    xy = random.uniform(0, 800, (30, 2)).round(1)
    tree = [line(xy[n], xy[random.integers(0, n)]) for n in range(1, 30)]
    # Every way on a level of its own: they meet at their ends only, as in networkx.
    roads = frame(tree, vegtype=["bilveg"] * 29, niva=list(range(-9, 20)))
    built = build_graph(walkable_lines(roads, None), tolerance_m=0.01, gap_m=0)
    costs = edge_costs(built.graph, find_profile("voksen"))
    network = Network.of(built.graph, costs)
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS)
    homes = snap(built.graph, points, reach_m=1)
    target = subset(homes, np.arange(30) == 0)
    now = nearest(network, homes, [target]).cost[:, 0] / 60
    pairs = random.permutation(np.arange(1, 30))[:12].reshape(6, 2)
    drawn = frame([line(xy[a], xy[b]) for a, b in pairs], navn=[str(n) for n in range(6)])
    links = _reach_links.links_of(built.graph, drawn.iloc[:0], drawn, 1.0)
    ranked = _reach_links.best_links(
        network,
        links,
        homes,
        targets={"helse": target},
        minutes={"helse": now},
        weights=np.ones((30, 1)),
        second_per_metre=costs.access,
        limits=(5.0, 1e6),
        count=6,
    )
    plain = nx.Graph()
    for edge in tree:
        start, end = edge.coords
        plain.add_edge(start, end, length=edge.length)
    seen = {}
    for link in ranked:
        a, b = pairs[link.number]
        more = plain.copy()
        length = float(np.hypot(*(xy[a] - xy[b])))
        if not more.has_edge(tuple(xy[a]), tuple(xy[b])):
            more.add_edge(tuple(xy[a]), tuple(xy[b]), length=length)
        metres = nx.single_source_dijkstra_path_length(more, tuple(xy[0]), weight="length")
        new = np.array([metres[tuple(p)] for p in xy]) * costs.access / 60
        assert link.saved == pytest.approx((now - new).sum(), rel=1e-6)
        assert link.complete.tolist() == ((new <= 5) & (now > 5)).tolist()
        seen[link.number] = link.saved
    assert seen


def scenario_runs() -> tuple[Any, Any]:
    homes = {0: {30: 10}, 300: {70: 10}, 2000: {30: 50}}
    base = run(tjeneste=services(ALL_AT_0), **people(homes))
    more = pd.concat([services({"bibliotek": 2000}), services({"dagligvare": 2000})])
    moved = services({"dagligvare": 0, "legesenter": 2000, "bibliotek": 0})
    changed = {**homes, 2100: {5: 400}}
    return base, run(tjeneste=pd.concat([moved, more], ignore_index=True), **people(changed))


def test_a_scenario_tells_who_wins_and_who_loses_and_the_account_closes() -> None:
    base, changed = scenario_runs()
    difference = base.compare(changed)
    rows = difference.table("vinner_taper").frame
    assert rows.loc["voksen_uten", "alle"] == 20
    assert rows.loc["voksen_ut", ["alle", "eldre"]].tolist() == [20, 10]
    assert rows.loc["voksen_inn", ["alle", "eldre"]].tolist() == [50, 0]
    assert rows.loc["voksen_nye", ["alle", "barn"]].tolist() == [400, 400]
    for age in ("alle", "barn", "eldre", "eldst"):
        one = rows[age]
        assert one["voksen_uten"] == one[["voksen_blir", "voksen_ut", "voksen_borte"]].sum()
        assert one["voksen_med"] == one[["voksen_blir", "voksen_inn", "voksen_nye"]].sum()
        share = difference.table("andel").frame.loc["voksen_5"]
        assert share[age] == one["voksen_uten"]
        assert share[f"{age}_scenario"] == one["voksen_med"]
    layer = difference.layer("vinner_taper").frame
    assert layer["voksen"].to_dict() == {
        "a0": "Faller ut",
        "a300": "Faller ut",
        "a2000": "Kommer inn",
        "a2100": "Ny adresse",
    }
    assert not any(column.persons for column in difference.layer("vinner_taper").columns.values())


def test_a_difference_says_in_words_how_the_shares_and_the_walks_change() -> None:
    base, changed = scenario_runs()
    difference = base.compare(changed)
    assert "fra 29 til 96\N{NO-BREAK SPACE}% (voksen, 5 km/t), fra" in difference.sentence
    assert difference.sentence.endswith("1 adresse får kortere veg og 2 lengre (eldre).")
    gone = changed.compare(base).layer("vinner_taper").frame
    assert gone.loc["a2100", "voksen"] == "Fjernet adresse"
    assert "som før. Ingen adresser" in base.compare(base).sentence


def test_what_a_new_service_would_give_is_not_compared_across_services() -> None:
    base, changed = scenario_runs()
    one, two = (
        replace(
            got,
            facts=got.facts
            | {"nye_av_tjeneste": Fact(title=f"Nye med {what}", value=10.0, unit="personer")},
        )
        for got, what in ((base, "helsetilbud"), (changed, "sosial arena"))
    )
    assert not [name for name in one.compare(two).facts if name.startswith("nye_av")]
    assert "nye_av_tjeneste_endring" in one.compare(one).facts


def test_the_same_twice_changes_nothing() -> None:
    base, _ = scenario_runs()
    rows = base.compare(base).table("vinner_taper").frame
    assert rows.loc["voksen_uten", "alle"] == rows.loc["voksen_med", "alle"] == 20
    for what in ("inn", "ut", "nye", "borte", "raskere", "saktere"):
        assert rows.loc[f"voksen_{what}", "alle"] == 0


def test_no_layer_counts_persons_at_an_address() -> None:
    got = run(senter=centres({"S": (0, 0)}), **people({100: TEN, 300: TEN}))
    for layer in got.layers:
        counted = [name for name, column in layer.columns.items() if column.persons]
        assert layer.name in {"steder", "lenker"} or not counted
    near = got.layer("adresser").frame.filter(like="bosatte")
    assert near.shape == (2, 9)
    assert set(near.to_numpy().ravel()) == {"under 50"}


def test_with_the_pace_of_children_the_children_are_told_of() -> None:
    homes = people({100: {10: 20, 40: 20}, 3000: {10: 20}})
    got = run(overrides={"profiler": "barn", "mangel_profil": "barn"}, **homes)
    assert "av dem på 0–15 år 50\N{NO-BREAK SPACE}%" in got.sentence
    assert "67 år" not in got.sentence


def test_the_table_of_the_network_has_whole_numbers_and_tells_moves_in_centimetres() -> None:
    street = graph(line((0, 0), (500, 0)), line((500.3, 0), (900, 0)))
    found = run(street, **people({100: TEN})).table("gangnett").frame
    assert found.loc["flyttet_maks", ["verdi", "enhet"]].tolist() == [pytest.approx(30), "cm"]
    assert found.loc["andel_storste", ["verdi", "enhet"]].tolist() == [100, "%"]
