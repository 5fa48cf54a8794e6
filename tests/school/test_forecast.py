"""The forecast of parts: planted moves, every alternative in balance, and what is guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely import box

from askergeo.crs import CRS_OF_RECORD
from askergeo.datapackage import DataPackage
from askergeo.parameters import load_parameters
from askergeo.population.cohort import aged
from askergeo.population.people import AGES
from askergeo.population.tables import default_migration, fertility_pattern, survival
from askergeo.school.areas import Areas, make_areas
from askergeo.school.forecast import Forecast, make_forecast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from askergeo.population.people import Projection

START = 2026
X0, Y0 = 580_000.0, 6_630_000.0
# Three units of 100 m side by side; the first two are district B1, the third B2.
UNITS = [box(X0 + 100 * k, Y0, X0 + 100 * (k + 1), Y0 + 100) for k in range(3)]
NUMBERS = ["99990101", "99990102", "99990103"]


def _frame(columns: dict[str, list[Any]], shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS_OF_RECORD)


def _areas(districts: tuple[str, str] = ("B1", "B2")) -> Areas:
    """Have 12 residents of each age below 90 and 40 dwellings in each of the three units."""
    lived = dict.fromkeys(range(90), 12)
    points = [shapely.Point(X0 + 100 * k + 50, Y0 + 50) for k in range(3)]
    adresse = _frame({"adresse_id": list("abc"), "boliger": [40] * 3}, points)
    rows = [(one, age, number) for one in "abc" for age, number in lived.items()]
    befolkning = pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"])
    return make_areas(
        adresse,
        befolkning,
        year=START,
        grunnkrets=_frame({"grunnkretsnummer": NUMBERS}, UNITS),
        skolekrets=_frame(
            {
                "krets_id": list(districts),
                "navn": list(districts),
                "trinn": ["barnetrinn"] * 2,
                "skole_id": ["S1", "S2"],
            },
            [shapely.union_all(UNITS[:2]), UNITS[2]],
        ),
    )


def _history(ids: list[str], rates: dict[str, float], years: int = 6) -> pd.DataFrame:
    """Years without births or deaths of note, in which some areas gain children every year."""
    rows = []
    for one in ids:
        count = np.where(np.arange(AGES) < 90, 400.0, 0.0)
        for year in range(START - years, START + 1):
            rows += [(one, year, age, round(count[age])) for age in range(AGES) if count[age]]
            count = aged(count) * survival()
            count[0] = 400.0
            count[1:10] *= 1 + rates.get(one, 0.0)
    return pd.DataFrame(rows, columns=["omraade_id", "aar", "alder", "antall"])


def _programme(*rows: tuple[Any, ...]) -> gpd.GeoDataFrame:
    """Rows of type, year, dwellings and the place: metres from the west, or an area."""
    shapes = [
        one[3] if not isinstance(one[3], int) else shapely.Point(X0 + one[3], Y0 + 30)
        for one in rows
    ]
    return _frame(
        {
            "prosjekt_id": [f"P{k}" for k in range(len(rows))],
            "boligtype": [one[0] for one in rows],
            "aar": [one[1] for one in rows],
            "boliger": [one[2] for one in rows],
            "sannsynlighet": [100.0] * len(rows),
            "status": ["bygges"] * len(rows),
        },
        shapes,
    )


def _made(
    areas: Areas | None = None, set_to: Mapping[str, Any] | None = None, **given: Any
) -> Forecast:
    parameters = load_parameters("prognose", {"prognose_aar": 10, **(set_to or {})})
    return make_forecast(areas or _areas(), parameters=parameters, **given)


def _balanced(one: Projection) -> None:
    newborn = np.zeros_like(one.deaths)
    newborn[:, :, 0] = one.births
    after = aged(one.count[:-1]) + newborn - one.deaths
    np.testing.assert_allclose(
        one.count[1:], after + one.migration + one.housing + one.scaling, atol=1e-9
    )
    assert (one.count >= 0).all()


def test_without_history_the_rates_that_come_along_are_used_and_marked() -> None:
    made = _made()
    one = made.alternatives["hoved"]
    assert one.years.tolist() == list(range(START, START + 11))
    # By hand: who was 9 in the first year is 10 in the second.
    keep = survival()[10] * (1 + default_migration()[10])
    assert one.count[1, 0, 10] == pytest.approx(12 * keep)
    births = (12 * fertility_pattern()[:90]).sum()
    assert one.births[0].tolist() == pytest.approx([births] * 3)
    assert any("standardsatser" in text for text in made.guessed)
    assert any("Boligprogrammet mangler" in text for text in made.guessed)
    assert any("anslag" in text for text in made.guessed)
    assert not made.spread.measured


def test_planted_moves_of_a_district_are_found_by_unit_and_by_district() -> None:
    by_unit = _made(historikk=_history(NUMBERS, {NUMBERS[2]: 0.08}))
    by_district = _made(historikk=_history(["B1", "B2"], {"B2": 0.08}))
    for made in (by_unit, by_district):
        assert made.rates is not None
        moves = made.rates.migration[:, 2:10].mean(axis=1)
        assert moves[2] == pytest.approx(0.08, abs=0.01)
        assert np.abs(moves[:2]).max() < 0.01
        pupils = made.alternatives["hoved"].count[5, :, 6:13].sum(axis=1)
        assert pupils[2] > 1.2 * pupils[0]
        assert not any("standardsatser" in text for text in made.guessed)


def test_every_alternative_balances_and_the_causes_sum_to_the_main_one() -> None:
    framskriving = pd.DataFrame(
        [("hoved", y, a, 40.0 + y - START) for y in range(START, START + 8) for a in range(AGES)],
        columns=["alternativ", "aar", "alder", "antall"],
    )
    made = _made(
        historikk=_history(NUMBERS, {NUMBERS[0]: 0.03}),
        boligprogram=_programme(("smaahus", 2027, 20, 150), ("leilighet_stor", 2024, 5, 250)),
        framskriving=framskriving,
    )
    for one in made.alternatives.values():
        _balanced(one)
    main = made.alternatives["hoved"]
    np.testing.assert_allclose(np.sum(list(made.causes.values()), axis=0), main.count, atol=1e-8)
    assert main.count[5, :, 6:13].sum() == pytest.approx(7 * 45)
    low, high = (made.alternatives[name].count[-1].sum() for name in ("lav", "hoy"))
    assert low < main.count[-1].sum() < high
    assert "framskriving_hull" in set(made.faults["regel"])
    assert "framskriving_start" in set(made.faults["regel"])


def test_new_dwellings_bring_their_people_where_they_are_built() -> None:
    plain = _made()
    made = _made(boligprogram=_programme(("smaahus", 2027, 50, 150)))
    more = made.alternatives["hoved"].count - plain.alternatives["hoved"].count
    np.testing.assert_allclose(more, made.causes["bolig"], atol=1e-8)
    assert more[:2].sum() == pytest.approx(0)
    assert more[:, [0, 2]].sum() == pytest.approx(0)
    pupils = more[:, 1, 6:16].sum(axis=1)
    # 0.19 pupils a row house when they are new, 0.39 nine years later, by the table.
    assert pupils[2] == pytest.approx(50 * 0.19, abs=0.01)
    assert pupils[8] == pytest.approx(50 * (0.35 * 3 + 0.04 * 0) / 3, abs=0.01)


def test_a_projection_that_is_not_to_be_met_leaves_new_dwellings_their_people() -> None:
    whole = pd.DataFrame(
        [("hoved", y, a, 40.0) for y in range(START, START + 8) for a in range(AGES)],
        columns=["alternativ", "aar", "alder", "antall"],
    )
    homes = _programme(("smaahus", 2027, 50, 150))

    def more(way: str) -> float:
        given = {"framskriving": whole, "set_to": {"skalering": way}}
        with_homes = _made(boligprogram=homes, **given).alternatives["hoved"].count[5]
        return float(with_homes.sum() - _made(**given).alternatives["hoved"].count[5].sum())

    assert more("framskriving") == pytest.approx(0)
    assert more("ingen") > 50


def test_a_project_in_two_districts_is_shared_by_its_area() -> None:
    field = box(X0 + 175, Y0, X0 + 275, Y0 + 100)
    made = _made(boligprogram=_programme(("enebolig", 2026, 40, field)))
    new = made.causes["bolig"][1].sum(axis=1)
    assert new[0] == pytest.approx(0)
    assert new[2] == pytest.approx(3 * new[1])
    whole = _made(boligprogram=_programme(("enebolig", 2026, 40, 250)))
    assert new.sum() == pytest.approx(whole.causes["bolig"][1].sum())


def test_a_project_without_a_place_is_told_and_a_broken_one_is_mended() -> None:
    bow_tie = shapely.Polygon(
        [(X0 + 10, Y0 + 10), (X0 + 90, Y0 + 90), (X0 + 90, Y0 + 10), (X0 + 10, Y0 + 90)]
    )
    rows = [("enebolig", 2026, 40, one) for one in (None, bow_tie, shapely.Point(X0 - 900, Y0))]
    made = _made(boligprogram=_programme(*rows))
    told = made.faults.query("regel == 'program_utenfor'")["rad"]
    assert told.str[:2].tolist() == ["P0", "P2"]
    assert made.causes["bolig"][1, 0].sum() == pytest.approx(40 * 2.65, rel=1e-3)
    assert made.causes["bolig"][1, 1:].sum() == pytest.approx(0)


def test_a_project_outside_every_district_is_told() -> None:
    areas = _areas()
    areas.frame.loc[areas.frame["barnekrets"] == "B2", "barnekrets"] = pd.NA
    made = _made(areas, boligprogram=_programme(*(("enebolig", 2026, 40, x) for x in (50, 250))))
    told = made.faults.query("regel == 'program_uten_krets'")
    assert told["rad"].tolist() == ["P1"]
    assert "barnetrinnet" in told["tekst"].iloc[0]


def test_the_low_alternative_is_late_and_doubtful() -> None:
    programme = _programme(("enebolig", 2026, 40, 50)).assign(status="regulert", sannsynlighet=80.0)
    made = _made(boligprogram=programme)
    brought = {name: one.housing[:, 0].sum(axis=1) for name, one in made.alternatives.items()}
    assert brought["hoved"][0] == pytest.approx(0.8 * 40 * 2.65, rel=1e-3)
    assert brought["hoy"][0] == pytest.approx(40 * 2.65, rel=1e-3)
    assert brought["lav"][:2].tolist() == pytest.approx([0, 0])
    assert brought["lav"][2] == pytest.approx(0.7 * 0.8 * 40 * 2.65, rel=1e-3)


def test_demolition_without_known_dwellings_uses_a_common_size() -> None:
    areas = _areas()
    areas.frame["boliger"] = np.nan
    made = _made(areas, boligprogram=_programme(("enebolig", 2026, -49, 50)))
    # 12 · 90 = 1080 residents are 490.9 dwellings of 2.2: a tenth of those who are left leaves.
    one = made.alternatives["hoved"]
    before = one.count[1, 0].sum() - one.housing[0, 0].sum()
    assert one.housing[0, 0].sum() == pytest.approx(-before * 49 / (1080 / 2.2))
    assert "program_riving" in set(made.faults["regel"])
    _balanced(one)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda h: h[h["aar"] == START], "historikk_ubrukelig"),
        (lambda h: h.assign(omraade_id="77"), "historikk_ubrukelig"),
        (lambda h: h[h["omraade_id"] != NUMBERS[1]], "historikk_mangler"),
        (lambda h: pd.concat([h, h.assign(omraade_id="77")]), "historikk_ukjent_omraade"),
        (lambda h: h[h["aar"] < START], "historikk_slutter"),
        (lambda h: h.assign(antall=h["antall"] * 2), "historikk_avvik"),
        (lambda h: pd.concat([h, h.head(1).assign(alder=130)]), "historikk_rad"),
        (
            lambda h: h[(h["omraade_id"] != NUMBERS[1]) | (h["aar"] != START - 2)],
            "historikk_hull",
        ),
    ],
)
def test_faults_of_the_history_are_named(change: Any, rule: str) -> None:
    made = _made(historikk=change(_history(NUMBERS, {})))
    assert rule in set(made.faults["regel"])
    _balanced(made.alternatives["hoved"])


@pytest.mark.parametrize("districts", [("B1", "B2"), ("B2", "B1")])
def test_a_unit_without_history_has_its_districts_rates(districts: tuple[str, str]) -> None:
    history = _history(NUMBERS, {NUMBERS[0]: 0.08, NUMBERS[1]: 0.08})
    known = history[history["omraade_id"] != NUMBERS[1]]
    made = _made(_areas(districts), historikk=known)
    assert made.rates is not None
    moves = made.rates.migration[:, 2:10].mean(axis=1)
    assert moves[1] == pytest.approx(moves[0])
    assert moves[1] > moves[2] + 0.03
    assert any("kretsens satser" in text for text in made.guessed)


def test_past_completions_cleanse_the_history() -> None:
    history = _history(NUMBERS, {NUMBERS[2]: 0.05})
    built = _programme(*(("enebolig", year, 300, 250) for year in range(2020, 2026)))
    made = _made(historikk=history, boligprogram=built)
    plain = _made(historikk=history)
    assert made.rates is not None
    assert plain.rates is not None
    assert made.rates.migration[2, 2:6].mean() < plain.rates.migration[2, 2:6].mean() - 0.03
    assert any("ikke renset" in text for text in plain.guessed)
    assert not any("ikke renset" in text for text in made.guessed)
    assert made.faults["regel"].tolist().count("program_ferdig") == 6


def test_guesses_that_were_not_needed_are_not_warned_of() -> None:
    parameters = load_parameters("prognose", {"prognose_aar": 3})
    make_forecast(_areas(), historikk=_history(NUMBERS, {}), parameters=parameters)
    assert not {name for name in parameters.used if name.startswith(("elever", "sannsyn", "fors"))}
    assert "flytting_uro" not in parameters.used
    assert {"fodte_lav", "flytting_hoy"} <= parameters.used
    programme = _programme(("enebolig", 2027, 4, 50)).assign(status="regulert", sannsynlighet=None)
    make_forecast(_areas(), boligprogram=programme, parameters=parameters)
    assert {"sannsynlighet_regulert", "elever_per_enebolig", "flytting_uro"} <= parameters.used
    assert "sannsynlighet_innspill" not in parameters.used


@pytest.fixture(scope="module")
def example(demo_folder: Path) -> tuple[Forecast, dict[str, Any]]:
    folder = demo_folder / "datapakke"
    package = DataPackage.open(folder)
    layers = {
        name: package.read(name)
        for name in ("adresse", "befolkning", "grunnkrets", "skolekrets", "boligprogram")
    }
    areas = make_areas(
        layers["adresse"],
        layers["befolkning"],
        year=START,
        grunnkrets=layers["grunnkrets"],
        skolekrets=layers["skolekrets"],
        boligprogram=layers["boligprogram"],
    )
    made = make_forecast(
        areas,
        historikk=package.read("befolkning_historikk"),
        boligprogram=layers["boligprogram"],
        framskriving=package.read("framskriving"),
        parameters=load_parameters("prognose"),
    )
    return made, json.loads((folder / "nokkel.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_planted_moves_of_the_example_are_found(
    example: tuple[Forecast, dict[str, Any]],
) -> None:
    made, key = example
    assert made.rates is not None
    planted = key["plantede_flyttinger"]
    district = made.areas.frame["barnekrets"]
    people = made.areas.people.count
    for name in ("barnefamilier_flytter_inn", "mange_fodsler"):
        mine = (district == planted[name]["krets_id"]).to_numpy()
        weight = people[mine, 1:16]
        found = (made.rates.migration[mine, 1:16] * weight).sum(axis=0) / weight.sum(axis=0)
        counted = np.array(planted[name]["talt_rate_alder_1_15"])
        assert found[:5].mean() == pytest.approx(counted[:5].mean(), abs=0.01)
        assert found[5:9].mean() == pytest.approx(counted[5:9].mean(), abs=0.01)


@pytest.mark.slow
def test_the_example_balances_and_meets_its_projection(
    example: tuple[Forecast, dict[str, Any]],
) -> None:
    made, key = example
    assert made.areas.unplaced == 0
    for name, one in made.alternatives.items():
        _balanced(one)
        for year in (2035,):
            total = one.count[year - START].sum()
            assert total == pytest.approx(key["framskriving_i_alt"][name][str(year)], abs=0.2)
    total = np.sum(list(made.causes.values()), axis=0)
    np.testing.assert_allclose(total, made.alternatives["hoved"].count, atol=1e-7)
    assert made.spread.measured
