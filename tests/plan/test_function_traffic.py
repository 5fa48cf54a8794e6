"""The rules on driving and public transport, on a street drawn by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from askergeo.parameters import load_parameters
from askergeo.plan.catalogue import load_rules
from askergeo.plan.map_layers import asked_uses
from askergeo.plan.methods import Question, ask_method
from askergeo.plan.place import Place
from askergeo.result import Status
from askergeo.transport.trips import traffic
from tests.plan.test_function import (
    HOME,
    PARAMETERS,
    PARK,
    ask,
    box,
    layer,
    line,
    package_of,
    place_of,
    road,
    stops,
)

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.datapackage import DataPackage

DRIVING, ACCESS = "funksjon.nullvekst.trafikk", "funksjon.kollektiv"
OFFICE = "1310"
# Four departures an hour between 9 and 15 from the stop at x = 0, on a Tuesday.
TIMES = range(9 * 3600, 15 * 3600, 900)


def timetable() -> dict[str, pd.DataFrame]:
    calls = [
        (f"T{t}", number, stop, t + 300 * number, t + 300 * number)
        for t in TIMES
        for number, stop in enumerate(("H0", "H1"), start=1)
    ]
    names = ["tur_id", "rekkefolge", "holdeplass_id", "ankomst", "avgang"]
    return {
        "rutelinje": pd.DataFrame({"linje_id": ["L"], "transportmiddel": ["buss"]}),
        "rutetur": pd.DataFrame(
            {"tur_id": [f"T{t}" for t in TIMES], "linje_id": "L", "kalender_id": "K"}
        ),
        "ruteavgang": pd.DataFrame(calls, columns=names),
        "rutedag": pd.DataFrame({"kalender_id": ["K"], "dato": pd.to_datetime(["2026-03-17"])}),
    }


def town(path: Path, *, leave: tuple[str, ...] = (), **more: Any) -> DataPackage:
    """A road along the x axis, a stop at each end, and the line 50 m below the road."""
    layers: dict[str, Any] = {
        "veg": road(5_000),
        "holdeplass": stops((0, 0, "buss"), (5_000, 0, "buss")),
        "nullvekstlinje": layer([line((-600, -50), (5_600, -50))], linje_id=[1]),
        "kommunegrense": layer(
            [box(-500, -500, 5_500, 500)], kommunenummer=["9999"], kommunenavn=["x"],
            omfang=["land"],
        ),
        **timetable(),
        **more,
    }  # fmt: skip
    return package_of(path, **{name: one for name, one in layers.items() if name not in leave})


def reckoned(klasse: str, homes: float) -> pd.Series:
    sets = load_parameters("trafikk+prognose")
    shares = {"enebolig": 0.22, "smaahus": 0.14, "leilighet_stor": 0.32, "leilighet_liten": 0.32}
    growth = {f"boliger_{one}": [homes * share] for one, share in shares.items()}
    return traffic(pd.DataFrame(growth).assign(klasse=klasse), sets).iloc[0]


def test_growth_north_is_red_and_says_how_much(tmp_path: Path) -> None:
    answer = ask(town(tmp_path), DRIVING, (HOME, box(100, 10, 200, 60)), boliger=50)
    assert answer.status == Status.HIT_RED
    (hit,) = answer.hits
    middle = reckoned("svært god", 50)["km_dogn_middels"]
    assert f"{middle:.0f}" in hit.what
    assert "ikke en transportmodell" in answer.remark
    assert "om lag 50 boliger" in answer.remark


def test_each_purpose_has_its_own_part(tmp_path: Path) -> None:
    answer = ask(
        town(tmp_path), DRIVING, (HOME, box(100, 10, 200, 60)), (OFFICE, box(200, 10, 300, 60)),
        boliger=50, naering_m2=["kontor:5000"],
    )  # fmt: skip
    home, office = answer.hits
    middle = reckoned("svært god", 50)["km_dogn_middels"]
    assert f"{middle:.0f}" in home.what
    assert f"{middle:.0f}" not in office.what
    assert answer.remark.startswith("Planen gir ")


def test_growth_south_and_parks_are_green(tmp_path: Path) -> None:
    package = town(tmp_path)
    south = ask(package, DRIVING, (HOME, box(100, -160, 200, -60)), boliger=50)
    assert (south.status, south.hits) == (Status.NO_HIT, ())
    both = ask(
        package, DRIVING, (HOME, box(100, -160, 200, -60)), (PARK, box(0, 60, 9, 90)), boliger=50
    )
    assert both.status == Status.NO_HIT


def test_measures_turn_it_green(tmp_path: Path) -> None:
    package, home = town(tmp_path), (HOME, box(100, 10, 200, 60))
    span = reckoned("svært god", 50)
    high, low = span["km_dogn_hoy"], span["km_dogn_lav"]
    for km, status in (
        (low - 1, Status.HIT_RED),
        (low + 1, Status.HIT_YELLOW),
        (high + 1, Status.NO_HIT),
    ):
        answer = ask(package, DRIVING, home, boliger=50, tiltak_km=[f"Sambruk:{km}"])
        assert answer.status == status


def test_growth_that_nobody_has_told_is_not_mapped(tmp_path: Path) -> None:
    answer = ask(town(tmp_path), DRIVING, (HOME, box(100, 10, 200, 60)))
    assert answer.status == Status.NOT_MAPPED
    assert answer.unmapped_m2 == pytest.approx(5_000)
    assert "ukjent" in answer.remark
    office = ask(
        town(tmp_path / "b"), DRIVING, (OFFICE, box(100, 10, 200, 60)),
        naering_m2=["kontor:2000"],
    )  # fmt: skip
    assert office.status == Status.HIT_RED


def test_without_stops_or_timetable_the_range_is_over_all_classes(tmp_path: Path) -> None:
    home = (HOME, box(100, 10, 200, 60))
    bare = town(tmp_path, leave=("ruteavgang", "rutetur", "rutedag", "rutelinje"))
    answer = ask(bare, DRIVING, home, boliger=50)
    assert answer.status == Status.HIT_RED
    assert "rutetabell" in answer.remark
    ends = f"{reckoned('svært god', 50)['km_dogn_lav']:.0f}–"
    assert ends in answer.hits[0].what.replace("\N{NO-BREAK SPACE}", "")


def test_buildings_that_stand_there_keep_it_from_red(tmp_path: Path) -> None:
    houses = layer(
        [box(101 + 2 * n, 20, 102 + 2 * n, 21) for n in range(45)],
        bygning_id=[str(n) for n in range(45)],
        bygningstype=[142] * 45,
        boliger=[1] * 45,
    )
    package = town(tmp_path, bygning=houses)
    answer = ask(package, DRIVING, (HOME, box(100, 10, 200, 60)), boliger=50)
    assert answer.status == Status.HIT_YELLOW
    assert "ingenting er trukket fra" in answer.remark


def test_good_access_is_green_and_poor_is_told_with_its_stop(tmp_path: Path) -> None:
    package = town(tmp_path)
    near = ask(package, ACCESS, (HOME, box(100, 10, 200, 60)))
    assert near.status == Status.NO_HIT
    assert "Svært god kollektivtilgang" in near.remark
    assert "17.03.2026" in near.remark
    # From 1.5 km the class is «svært dårlig», however many the departures; H1 has none.
    far = ask(package, ACCESS, (HOME, box(2_000, 10, 2_100, 60)))
    assert far.status == Status.HIT_YELLOW
    assert "svært dårlig kollektivtilgang" in far.hits[0].what
    both = ask(package, ACCESS, (HOME, box(100, 10, 200, 60)), (OFFICE, box(2_000, 10, 2_100, 60)))
    assert [hit.code for hit in both.hits] == [OFFICE]


def test_access_is_not_asked_without_a_timetable(tmp_path: Path) -> None:
    empty = timetable()["ruteavgang"].iloc[:0]
    package = town(tmp_path, ruteavgang=empty)
    answer = ask(package, ACCESS, (HOME, box(100, 10, 200, 60)))
    assert answer.status == Status.NOT_IMPLEMENTED
    assert "rutetabell" in answer.remark


def test_another_package_is_asked_anew(tmp_path: Path) -> None:
    home = (HOME, box(100, 10, 200, 60))
    first = ask(town(tmp_path / "a"), DRIVING, home, boliger=50)
    turned = town(
        tmp_path / "b", nullvekstlinje=layer([line((-600, 200), (5_600, 200))], linje_id=[1])
    )
    second = ask(turned, DRIVING, home, boliger=50)
    assert (first.status, second.status) == (Status.HIT_RED, Status.NO_HIT)


def test_a_plan_counts_what_the_programme_has_for_it(tmp_path: Path) -> None:
    programme = layer(
        [box(100, 10, 110, 20)], prosjekt_id=["A"], navn=["A"], boligtype=["enebolig"],
        aar=[2030], boliger=[12], planid=["P1"],
    )  # fmt: skip
    package = town(tmp_path, boligprogram=programme)
    drawn = place_of((HOME, box(100, 10, 200, 60)))
    place = Place(drawn.outline, drawn.uses, drawn.limits, frozenset({"P1"}), {})
    rule = load_rules()[DRIVING]
    assert rule.asks is not None
    uses = asked_uses(place.uses, rule.asks.uses)
    answer = ask_method("driving", Question(rule, uses, place, package, PARAMETERS))
    assert answer.status == Status.HIT_RED
    assert "Boligprogrammet har 12 boliger" in answer.remark
