"""Travel times of Eksempelbygda: against the key, networkx, and journeys found one by one."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses._times_change import compare, states_of
from askergeo.analyses._times_plans import plan_frame, surfaces_of
from askergeo.analyses._times_scene import KINDS, Layers, Scene, make_scene
from askergeo.analyses._times_tables import ratio_tables, time_table
from askergeo.compare import compare as plain_compare
from askergeo.datapackage import DataPackage
from askergeo.errors import LayerError, ParameterError
from askergeo.network.cache import cached_graph
from askergeo.network.driving import cached_driving_graph
from askergeo.network.transit import journey
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress_all
from askergeo.run import run
from askergeo.transport.competition import CAR, RATIOS, TRANSIT, Times, minutes_to
from tests.conftest import run_quietly

SET = "reisetid+rutesok+nullvekst"


@pytest.fixture(scope="session")
def package(demo_folder, tmp_path_factory) -> DataPackage:
    """A copy of the example, which graphs may be kept in."""
    folder = tmp_path_factory.mktemp("reisetid") / "datapakke"
    shutil.copytree(demo_folder / "datapakke", folder)
    return DataPackage.open(folder)


@pytest.fixture(scope="session")
def frames(package) -> dict:
    names = Layers.__dataclass_fields__
    return {name: package.read(name) for name in names if name in package}


@pytest.fixture(scope="session")
def scene(package, frames) -> Scene:
    parameters = load_parameters(SET)
    graphs = (cached_graph(package, parameters), cached_driving_graph(package, parameters))
    return make_scene(*graphs, Layers(**frames), parameters)


@pytest.fixture(scope="session")
def result(package):
    return run("reisetid", package)


@pytest.fixture(scope="session")
def key(demo_folder) -> dict:
    return json.loads((demo_folder / "datapakke" / "nokkel.json").read_text("utf-8"))


def test_every_resident_is_counted_once_and_the_zones_are_the_planted(scene, key):
    persons = scene.people.total
    everybody = key["transport"]["soner"]["innbyggere"]
    for mode in scene.modes[:-1]:
        for kind in scene.destinations:
            classes = scene.classes(mode, kind)
            assert set(classes) <= set(RATIOS)
            total = sum(persons[classes == name].sum() for name in RATIOS)
            assert total == persons.sum() == sum(everybody.values())
    for side, count in everybody.items():
        assert persons[scene.zone == side].sum() == count
    assert scene.destinations == tuple(KINDS)


def test_public_transport_is_the_median_of_its_journeys(scene):
    transit, times = scene.networks.transit, scene.times
    random = np.random.default_rng(2)
    checked = 0
    for row in random.permutation(scene.first_surface)[:40]:
        column = int(random.integers(0, len(scene.targets.frame)))
        told = times.minutes[TRANSIT][row, column]
        if np.isnan(told) or checked == 4:
            continue
        checked += 1
        seconds = [
            journey(transit, times.doors.places, times.places.places, row, column, depart).seconds
            for depart in range(7 * 3600, 9 * 3600, 60)
        ]
        assert told == np.sort(seconds)[59] / 60
    assert checked == 4


def test_the_car_drives_the_shortest_way_that_networkx_finds(scene):
    network, times = scene.networks.drive, scene.times
    graph, costs = network.graph, network.costs
    peer = nx.MultiDiGraph()
    for a, b, out, back in zip(graph.start, graph.end, costs.forward, costs.backward, strict=True):
        peer.add_edge(a, b, cost=out)
        peer.add_edge(b, a, cost=back)
    doors, places = times.car_doors.places, times.car_places.places
    target = int(scene.targets.rows("kommunesenter")[0])
    at = np.flatnonzero(places.row == target)[0]
    edge, share = places.edge[at], places.share[at]
    ends = {
        graph.start[edge]: costs.forward[edge] * share,
        graph.end[edge]: costs.backward[edge] * (1 - share),
    }
    for node, cost in ends.items():
        peer.add_edge(node, "target", cost=cost)
    away = nx.single_source_dijkstra_path_length(peer.reverse(), "target", weight="cost")
    extra = 60 * (1 + 5) + places.access[at] * costs.access
    for one in np.random.default_rng(4).permutation(len(doors.row))[:60]:
        row, own, part = doors.row[one], doors.edge[one], doors.share[one]
        found = times.minutes[CAR][row, target]
        if own == edge:
            continue
        ways = [
            costs.backward[own] * part + away.get(graph.start[own], np.inf),
            costs.forward[own] * (1 - part) + away.get(graph.end[own], np.inf),
        ]
        expected = (min(ways) + doors.access[one] * costs.access + extra) / 60
        assert (np.isnan(found) and np.isinf(expected)) or found == pytest.approx(expected)


def test_the_tables_are_the_counts_rounded(scene):
    persons = scene.people.total
    transit, others = ratio_tables(scene)
    assert "middel" not in transit.frame
    assert set(others.frame["middel"]) == {"Gange", "Sykkel", "Elsykkel"}
    classes = scene.classes(TRANSIT, "stasjon")
    for name in RATIOS:
        count = persons[(classes == name) & (scene.zone == "sor")].sum()
        shown = transit.frame.loc["stasjon_kollektiv_sor", name]
        if 0 < count < 5:
            assert ("stasjon_kollektiv_sor", name) in transit.hidden
        else:
            assert shown == np.floor(count / 10 + 0.5) * 10
    ratio = scene.minutes(TRANSIT, "stasjon") / scene.minutes(CAR, "stasjon")
    everybody = np.repeat(ratio, persons)
    everybody = np.sort(everybody[~np.isnan(everybody)])
    middle = everybody[(len(everybody) - 1) // 2]
    assert transit.frame.loc["stasjon_kollektiv_alle", "forhold"] == pytest.approx(middle)
    times = time_table(scene)
    minutes = scene.minutes(CAR, "lokalsenter")
    people = np.sort(np.repeat(minutes, persons))
    people = people[~np.isnan(people)]
    assert times.frame.loc["lokalsenter_bil", "median"] == people[(len(people) - 1) // 2]
    within = (people <= 30).sum()
    assert times.frame.loc["lokalsenter_bil", "innen_30"] == np.floor(within / 10 + 0.5) * 10


def test_the_nearest_is_nearest_by_car(scene):
    rows = scene.targets.rows("lokalsenter")
    by_car = scene.times.minutes[CAR][:, rows][scene.door]
    known = np.isfinite(by_car).all(axis=1)
    assert known.mean() > 0.5
    assert (scene.minutes(CAR, "lokalsenter")[known] == by_car[known].min(axis=1)).all()


def test_nothing_counts_persons_on_the_map_and_facts_repeat_cells(result):
    for layer in result.layers:
        assert not any(column.persons for column in layer.columns.values()), layer.name
    for name, fact in result.facts.items():
        table, row, column = fact.cell
        assert fact.value == result.table(table).frame.loc[row, column], name
    (out,) = suppress_all([result])
    assert out.microdata is None
    for table in out.tables:
        for name, column in table.columns.items():
            if column.persons:
                shown = table.frame[name].dropna()
                assert (shown % 10 == 0).all()


def test_uncertain_values_are_told(result):
    told = " ".join(result.warnings)
    for what in ("i rushtiden", "Parkering og gange", "Sykkel: tap av fart i motbakke"):
        assert what in told
    names = {record["navn"] for record in result.parameters}
    assert {"reisetid_bil_rush", "sykkel_fart", "elsykkel_opp", "voksen_fart"} <= names


def changed(frames, package, **others):
    parameters = load_parameters(SET)
    graphs = (cached_graph(package, parameters), cached_driving_graph(package, parameters))
    from askergeo.analyses.reisetid import reisetid  # noqa: PLC0415  (loaded where it is used)

    return reisetid(*graphs, **(frames | others), parameters=parameters)


def test_doubled_departures_make_nobody_slower(frames, package, result):
    tur, calls = frames["rutetur"], frames["ruteavgang"]
    line = tur[tur["linje_id"] == "LR1"]
    more = line.assign(tur_id=line["tur_id"] + "-ny")
    own = calls[calls["tur_id"].isin(line["tur_id"])]
    later = own.assign(tur_id=own["tur_id"] + "-ny", ankomst=own["ankomst"] + 900,
                       avgang=own["avgang"] + 900)  # fmt: skip
    other = changed(
        frames, package, rutetur=pd.concat([tur, more], ignore_index=True),
        ruteavgang=pd.concat([calls, later], ignore_index=True),
    )  # fmt: skip
    one, two = result.microdata, other.microdata
    for kind in KINDS:
        assert (two[kind].to_numpy() <= one[kind].to_numpy() + 1e-9)[one[kind].notna()].all()
        pd.testing.assert_series_equal(one[f"bil_{kind}"], two[f"bil_{kind}"])
    difference = compare(result, other, plain_compare(result, replace(other, microdata=None)))
    table = difference.table("vinner_taper").frame
    before, after = one["kommunesenter"].to_numpy(), two["kommunesenter"].to_numpy()
    faster = np.isfinite(before) & (after <= before - 1)
    count = one["bosatte"].to_numpy()[faster].sum()
    assert count > 20
    assert table.loc["kommunesenter_alle", "raskere"] == np.floor(count / 10 + 0.5) * 10
    assert (table[["saktere", "borte"]].fillna(0) == 0).all(axis=None)
    assert "raskere reise" in difference.sentence
    assert len(difference.layer("endret_kommunesenter").frame) == faster.sum()


def test_what_happens_to_a_journey():
    old = np.array([30.0, 30, 30, np.inf, 30, np.inf, np.nan, 30])
    new = np.array([29.0, 29.1, 31, 40, np.inf, np.inf, 30, np.nan])
    expected = ["raskere", "som_for", "saktere", "ny", "borte", "som_for", "ukjent", "ukjent"]
    assert states_of(old, new).tolist() == expected


def test_without_a_timetable_and_a_line_the_rest_is_told(frames, package):
    absent = ("rutelinje", "rutetur", "ruteavgang", "rutedag", "nullvekstlinje")
    some = {name: frame for name, frame in frames.items() if name not in absent}
    found = changed(some, package)
    assert "rutetabell mangler" in found.sentence
    assert "nullvekstlinjen" not in found.sentence
    table = found.table("konkurranse").frame
    assert set(table["sone"]) == {"Alle"}
    assert (table["ukjent"] == table["bosatte"]).all()
    assert found.table("reisetid").frame.loc["kommunesenter_bil", "median"] > 0
    assert np.isnan(found.table("reisetid").frame.loc["kommunesenter_kollektiv", "median"])


def test_a_plan_has_the_median_of_its_places():
    square = shapely.box(0, 0, 300, 300)
    plans = gpd.GeoDataFrame(
        {"planid": ["1", "2", "3"], "plannavn": ["En", "To", "Tre"], "planstatus": [3, 5, 1]},
        geometry=[square, square, shapely.box(1000, 0, 1010, 10)], crs="EPSG:25832",
    )  # fmt: skip
    homes = gpd.GeoDataFrame(
        {"prosjekt_id": ["a", "a"], "navn": ["Felt", "Felt"], "boliger": [30, 12]},
        geometry=[shapely.Point(5, 5)] * 2, crs="EPSG:25832",
    )  # fmt: skip
    found = surfaces_of(plans, homes, load_parameters("reisetid"))
    # The one under way first; the expired one is gone.
    assert found.frame.index.tolist() == ["plan 3", "plan 1", "prosjekt a"]
    assert found.frame["boliger"].tolist()[2] == 42
    assert np.bincount(found.owner).tolist()[1:] == [12, 1]
    assert (shapely.distance(found.points[found.owner == 1], square) == 0).all()

    class Targets:
        frame = pd.DataFrame({"navn": ["By"], "art": ["kommunesenter"]})

        def rows(self, _kind):
            return np.array([0])

    size = np.bincount(found.owner)
    car = np.repeat([[10.0], [20.0], [30.0]], size, axis=0)
    bus = car.copy()
    bus[found.owner == 1, 0] = [30] * 6 + [41] * 5 + [np.nan]  # the 6th of 11
    bus[found.owner == 0, 0] = np.inf
    minutes = {CAR: car, TRANSIT: bus, "gange": car}
    blank = np.zeros((len(car), 1))
    times = Times(minutes, blank, blank > 0, None, None, None, None)
    table = plan_frame(found, times, 0, Targets(), ["kommunesenter"])
    assert table["kollektiv_kommunesenter"].tolist() == [np.inf, 30, 30]
    assert table["forhold_kommunesenter"].tolist() == [np.inf, 1.5, 1]
    assert table["klasse_kommunesenter"].tolist() == ["uten_tilbud", "inntil_1_5", "like_rask"]
    bus[found.owner == 1, 0] = [30] * 6 + [np.nan] * 6
    assert np.isnan(plan_frame(found, times, 0, Targets(), ["kommunesenter"])["forhold_kommunesenter"]
                    ["plan 1"])  # fmt: skip


def test_one_address_is_explained_as_it_is_counted(package, scene):
    column = int(scene.targets.rows("kommunesenter")[0])
    known = np.isfinite([scene.times.minutes[mode][scene.door, column] for mode in scene.modes])
    row = int(np.flatnonzero(known.all(axis=0))[100])
    ids = str(scene.people.ids[row])
    one = run("reisetid", package, overrides={"reisetid_adresse": ids})
    for mode in scene.modes:
        told = one.facts[f"minutter_{mode}"].value
        own = np.array([row])
        assert told == pytest.approx(
            minutes_to(scene.times.minutes[mode][scene.door[own]], np.array([column]))[0]
        )
    legs = one.table("etapper").frame
    assert legs["hvordan"].iloc[0] == "gange"
    assert "Fremme kl." in one.reading[0]
    with pytest.raises(ParameterError, match="er ikke blant sentrene"):
        run("reisetid", package, overrides={"reisetid_adresse": ids, "reisetid_mal": "Ingensted"})
    with pytest.raises(ParameterError, match="kan ikke leses"):
        run("reisetid", package, overrides={"reisetid_adresse": ids, "reisetid_avreise": "nå"})


def test_why_a_time_is_unknown_is_told(package, scene):
    loose = np.flatnonzero(scene.times.doors.loose[scene.door])
    ids = str(scene.people.ids[loose[0]])
    one = run("reisetid", package, overrides={"reisetid_adresse": ids})
    assert one.reading[0] == "Kollektivreisen er ukjent."
    assert "henger for seg selv" in one.reading[1]
    assert "ukjent" in one.sentence
    assert (one.table("reisemidler").frame["klasse"] == "Ukjent").all()


def test_the_command_explains_one_address_on_the_screen(package, scene):
    ids = str(scene.people.ids[10])
    code, out, err = run_quietly(
        ["nullvekst", "reisetid", "--data", str(package.path), "--adresse", ids, "--stille"]
    )
    assert code == 0, err
    assert "Kollektiv" in out
    code, _, err = run_quietly(["nullvekst", "reisetid", "--data", str(package.path), "--mal", "x"])
    assert code == 2
    assert "--adresse" in err


def test_limits_that_cannot_be_read_and_nothing_to_travel_to_are_told(frames, package):
    with pytest.raises(ParameterError, match="kan ikke leses som minutter"):
        run("reisetid", package, overrides={"reisetid_grenser_min": "15,mye"})
    none = frames | {
        "senter": frames["senter"].iloc[:0],
        "holdeplass": frames["holdeplass"].iloc[:0],
    }
    del none["arbeidsplass"], none["ruteavgang"]
    with pytest.raises(LayerError, match="ingenting å reise til"):
        changed(none, package)
