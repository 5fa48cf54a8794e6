"""Placing services on a street that can be counted by hand, and on the small example."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import ANALYSES, find
from askergeo.analyses.plassering import plassering
from askergeo.cli.main import run
from askergeo.errors import LayerError, ParameterError
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.result import Severity
from askergeo.run import run as run_analysis
from askergeo.sources.points import read_points

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
X, Y = 580_000.0, 6_630_000.0


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def at(metres: float) -> shapely.Point:
    return shapely.Point(X + metres, Y)


STREET = frame([shapely.LineString([(X, Y), (X + 4000, Y)])], vegtype=["bilveg"], vegkategori=["K"])
# 12 homes; the old live in the west (0–400 m), the young in the east (3000–3400 m).
HOMES = [0.0, 100.0, 200.0, 300.0, 400.0, 1500.0, 1600.0, 3000.0, 3100.0, 3200.0, 3300.0, 3400.0]


def people(old: list[int], young: list[int]) -> dict[str, Any]:
    ids = [f"a{number}" for number in range(len(HOMES))]
    rows = [(one, 75, count) for one, count in zip(ids, old, strict=True) if count]
    rows += [(one, 30, count) for one, count in zip(ids, young, strict=True) if count]
    return {
        "adresse": frame([at(metres) for metres in HOMES], adresse_id=ids),
        "befolkning": pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"]),
    }


OLD = [10, 10, 10, 10, 10, 6, 6, 0, 0, 0, 0, 0]
YOUNG = [0, 0, 0, 0, 0, 0, 0, 30, 30, 30, 30, 30]
SERVICES = frame(
    [at(1500), at(200), at(3200)],
    type=["apotek", "kafe", "kafe"],
    navn=["Midtapoteket", "Vestkafeen", "Østkafeen"],
)


def place(services: gpd.GeoDataFrame = SERVICES, **values: Any) -> Result:
    layers, roads = values.pop("layers", {}), values.pop("roads", STREET)
    given = people(OLD, YOUNG) | layers
    parameters = load_parameters("plassering", {"minutter": 4, **values})
    graph = build_graph(walkable_lines(roads, None), tolerance_m=1.0, gap_m=20.0)
    return plassering(graph, tjeneste=services, **given, parameters=parameters)


def test_the_group_decides_the_place() -> None:
    # 4 minutes at 5 km/h are 333 m: either café reaches all five homes of its end.
    everyone = place()
    assert everyone.table("plasser").frame["navn"].tolist() == ["Østkafeen", "I alt"]
    assert everyone.table("bosatte").frame["alle"].to_dict() == {
        "for": 10,
        "nye": 150,
        "etter": 160,
        "ikke": 50,
        "ukjent": 0,
        "uten_sted": 0,
        "i_alt": 210,
    }
    old = place(aldersgruppe="67+")
    assert old.table("plasser").frame.loc["1", ["navn", "nye", "nye_alle"]].tolist() == [
        "Vestkafeen",
        50,
        50,
    ]
    assert "50 flere bosatte på 67 år og eldre" in old.sentence
    assert old.table("bosatte").frame.loc["etter", "andel"] == 100
    assert old.table("losning").frame.loc["valg", "bevist"] == "ja"


def test_who_lives_exactly_at_the_limit_is_within_it() -> None:
    # 4.68 minutes are 390 m, which added up along the street become a hair more.
    own = [f"{X + 10:.2f} {Y:.2f}"]
    given = place(kandidater="punkter", kandidatpunkter=own, aldersgruppe="eldre", minutter=4.68)
    assert given.table("plasser").frame.loc["1", "nye"] == 50  # 0–400 m


def test_more_places_than_help_are_not_chosen() -> None:
    result = place(antall=3)
    assert sorted(result.table("plasser").frame["navn"]) == ["I alt", "Vestkafeen", "Østkafeen"]
    assert result.table("losning").frame.loc["valg", ["bedt_om", "valgt"]].tolist() == [3, 2]
    (finding,) = result.findings
    assert (finding.rule, finding.severity) == ("plassering.faerre_steder", Severity.INFO)


def test_walking_time_counts_the_services_there_are() -> None:
    result = place(metode="gangtid", aldersgruppe="eldre", tak_minutter=60)
    assert result.table("plasser").frame.loc["1", "navn"] == "Vestkafeen"
    speed = 5000 / 60
    group = np.array(OLD)
    before = np.abs(np.array(HOMES) - 1500) / speed
    after = np.minimum(before, np.abs(np.array(HOMES) - 200) / speed)
    row = result.table("losning").frame.loc["valg"]
    assert row["for_min"] == pytest.approx(np.average(before, weights=group))
    assert row["etter_min"] == pytest.approx(np.average(after, weights=group))


def test_streets_and_own_points_can_be_candidates() -> None:
    along = place(kandidater="veg", kandidat_avstand_m=100, antall=2, aldersgruppe="eldre")
    assert along.table("bosatte").frame.loc["nye", "eldre"] == 50
    assert set(along.table("plasser").frame["kandidat"]) == {"Punkt langs gangnettet", ""}
    own = [f"{X + 50:.2f} {Y:.2f}", f"{X + 3000:.2f} {Y:.2f}"]
    given = place(kandidater="punkter", kandidatpunkter=own, aldersgruppe="eldre")
    assert given.table("plasser").frame.loc["1", "navn"] == "Punkt 1"
    assert given.table("plasser").frame.loc["1", "nye"] == 40  # 0–300 m; 400 m is 350 m away


def test_who_gains_is_drawn_without_persons_and_with_empty_homes() -> None:
    empty = people([10, *[0] * 11], [0] * 12)
    result = place(layers=empty, aldersgruppe="67+")
    drawn = result.layer("far_tjenesten")
    assert len(drawn.frame) == 5
    assert not any(column.persons for column in drawn.columns.values())
    assert "Alle adresser er med" in drawn.note
    assert len(result.layer("valgte_steder").frame) == 1


def test_homes_without_a_known_way_are_unknown_not_unserved() -> None:
    given = people(OLD, YOUNG)
    shapes = given["adresse"].geometry.tolist()
    shapes[0] = shapely.Point(X, Y + 900)
    lost = pd.DataFrame({"adresse_id": ["borte"], "alder": [80], "antall": [7]})
    layers = {
        "adresse": given["adresse"].set_geometry(gpd.GeoSeries(shapes, crs=CRS)),
        "befolkning": pd.concat([given["befolkning"], lost]),
    }
    found = place(layers=layers, aldersgruppe="eldre").table("bosatte").frame["eldre"]
    assert found["ukjent"] == 10
    assert found["uten_sted"] == 10
    assert found["i_alt"] == 70
    assert found["nye"] == 40


def test_homes_by_a_loose_part_of_the_network_are_unknown_unless_it_is_large() -> None:
    street = shapely.LineString([(X, Y + 900), (X + 300, Y + 900)])
    given = people(OLD, YOUNG)
    shapes = given["adresse"].geometry.tolist()
    shapes[0] = shapely.Point(X + 100, Y + 900)
    layers = {"adresse": given["adresse"].set_geometry(gpd.GeoSeries(shapes, crs=CRS))}
    roads = pd.concat([STREET, STREET.set_geometry([street])], ignore_index=True)
    loose = place(layers=layers, roads=roads).table("bosatte").frame["eldre"]
    assert (loose["ukjent"], loose["i_alt"]) == (10, 60)
    island = place(layers=layers, roads=roads, los_del_m=100).table("bosatte").frame["eldre"]
    assert (island["ukjent"], island["ikke"] - loose["ikke"]) == (0, 10)


def test_small_counts_are_hidden_and_no_sum_gives_them_away() -> None:
    few = people([2, 0, 1, 0, 0, 6, 6, 0, 0, 0, 0, 0], YOUNG)
    result = suppress(place(layers=few, aldersgruppe="67+"))
    assert ("1", "nye") in result.table("plasser").hidden
    assert ("nye", "eldre") in result.table("bosatte").hidden
    assert ("valg", "nye") in result.table("losning").hidden
    assert "gir et skjult antall flere" in result.sentence
    # Before and after are whole tens: their difference tells nothing.
    shown = result.table("bosatte").frame["eldre"]
    assert (shown[["for", "etter"]] % 10 == 0).all()


def test_no_service_of_the_type_is_said_to_be_unknown() -> None:
    result = place(services=SERVICES[SERVICES["type"] == "kafe"])
    assert any("Listen over tjenester er aldri hel" in one for one in result.warnings)
    assert result.table("bosatte").frame.loc["for", "alle"] == 0


@pytest.mark.parametrize(
    ("values", "error", "text"),
    [
        ({"tjeneste": "apotekk"}, ParameterError, "Mente du «apotek»"),
        ({"profil": "trollmann"}, ParameterError, "trollmann"),
        ({"aldersgruppe": "12+"}, ParameterError, "12+"),
        ({"kandidater": "senter"}, LayerError, "ingen kandidater"),
        ({"kandidater": "punkter", "kandidatpunkter": ["her"]}, ParameterError, "her"),
        ({"kandidater": "punkter", "kandidatpunkter": ["1 2"]}, LayerError, "gangnettet"),
    ],
)
def test_bad_input_is_refused(values: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text.replace("+", r"\+")):
        place(**values)


def test_ages_must_be_known_when_they_are_asked_for() -> None:
    given = people(OLD, YOUNG)
    ageless = given["befolkning"].drop(columns="alder")
    with pytest.raises(LayerError, match="Alderen"):
        place(layers={"befolkning": ageless}, aldersgruppe="67+")
    assert list(place(layers={"befolkning": ageless}).table("bosatte").frame) == [
        "navn",
        "alle",
        "andel",
    ]


def test_without_services_or_the_old_service_nothing_is_guessed() -> None:
    with pytest.raises(LayerError, match="ukjent hvor tjenesten finnes"):
        place(services=None, kandidater="veg")


def test_it_is_found_by_name_but_not_run_in_a_report() -> None:
    assert "plassering" not in ANALYSES
    assert find("plassering").title == "Plassering av nye tjenester"


def test_points_are_read_in_the_crs_of_the_package(tmp_path: Path) -> None:
    path = tmp_path / "tomter.gpkg"
    frame([at(50)]).to_crs("EPSG:4258").to_file(path, layer="tomter")
    assert read_points(path, CRS) == [f"{X + 50:.2f} {Y:.2f}"]


@pytest.mark.slow
def test_the_verb_on_the_small_example(demo_folder: Path, tmp_path: Path, capsys) -> None:
    package, out = demo_folder / "datapakke", tmp_path / "ut"
    words = ["tettsted", "plasser", "--data", str(package), "--tjeneste", "apotek", "--antall", "2"]
    words += ["--aldersgruppe", "67+", "--kandidater", "senter", "--minutter", "10"]
    assert run([*words, "--ut", str(out), "--stille"]) == 0, capsys.readouterr().err
    (written,) = json.loads((out / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    assert written["analyse"] == "plassering"
    places = next(one for one in written["tabeller"] if one["navn"] == "plasser")["rader"]
    best = places[-1]["verdier"][-2]
    assert "tettsted plasser" in written["opphav"]["kommando"]
    # Every pair of centres, each run by itself as own points: none does better.
    from askergeo.datapackage import DataPackage  # noqa: PLC0415

    opened = DataPackage.open(package)
    points = shapely.get_coordinates(opened.read("senter").geometry.array)
    values = {"tjeneste": "apotek", "antall": 2, "aldersgruppe": "67+", "minutter": 10}
    values["kandidater"] = "punkter"
    for pair in itertools.islice(itertools.combinations(points, 2), 3):
        own = [f"{x:.2f} {y:.2f}" for x, y in pair]
        tried = run_analysis("plassering", opened, overrides={**values, "kandidatpunkter": own})
        better = tried.table("plasser").frame["nye"].fillna(0)["i_alt"] > best
        assert not better


def test_the_verb_asks_for_the_service(capsys) -> None:
    assert run(["tettsted", "plasser", "--data", "ingen"]) == 2
    assert "--tjeneste apotek" in capsys.readouterr().err
