"""The forecast as a Result: every account closes, nothing small is told, what is wrong is named."""

from __future__ import annotations

from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.skole_prognose import skole_prognose
from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.population.backtest import make_series
from askergeo.population.ratios import Window, fit_ratios, project
from askergeo.privacy import suppress

CRS = "EPSG:25832"
START = 2026
X0, Y0 = 580_000.0, 6_630_000.0
# Four units of 1 km side by side; B1 has the first two, B2 the others; U1 has all of them.
UNITS = [shapely.box(X0 + 1000 * k, Y0, X0 + 1000 * (k + 1), Y0 + 1000) for k in range(4)]
NUMBERS = ["32030101", "32030102", "32030201", "32030202"]
ADULTS = 40


def frame(columns: dict[str, list[Any]], shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def districts() -> gpd.GeoDataFrame:
    return frame(
        {
            "krets_id": ["B1", "B2", "U1"],
            "navn": ["Vest skole", "Øst skole", "Ungdomsskolen"],
            "trinn": ["barnetrinn", "barnetrinn", "ungdomstrinn"],
            "skole_id": ["1", "2", "3"],
        },
        [shapely.union_all(UNITS[:2]), shapely.union_all(UNITS[2:]), shapely.union_all(UNITS)],
    )


def residents(children: tuple[float, ...] = (20, 21, 22, 23)) -> np.ndarray:
    """So many of each age below 16 in each unit, and 40 of each age from 16 to 89."""
    ages = np.arange(106)
    adults = np.where((ages >= 16) & (ages < 90), ADULTS, 0)
    return np.array([np.where(ages < 16, one, adults) for one in children], dtype=float)


def layers(count: np.ndarray | None = None) -> dict[str, Any]:
    count = residents() if count is None else count
    points = [shapely.Point(X0 + 1000 * k + 500, Y0 + 500) for k in range(4)]
    rows = [
        (f"a{unit}", age, int(count[unit, age]))
        for unit, age in zip(*np.nonzero(count), strict=True)
    ]
    return {
        "adresse": frame({"adresse_id": [f"a{k}" for k in range(4)], "boliger": [900] * 4}, points),
        "befolkning": pd.DataFrame(rows, columns=["adresse_id", "alder", "antall"]),
        "grunnkrets": frame(
            {"grunnkretsnummer": NUMBERS, "grunnkretsnavn": ["A", "B", "C", "D"]}, UNITS
        ),
        "skolekrets": districts(),
    }


def history(last: int = START, years: int = 9, growth: float = 1.02) -> pd.DataFrame:
    """Years in which each cohort of children grows by the same share in the first unit."""
    rows = []
    for unit, number in enumerate(NUMBERS):
        for year in range(last - years + 1, last + 1):
            now = residents()[unit]
            if unit == 0:
                # A cohort is as large as its age tells: older ones have grown longer.
                now[:16] = np.round(200 * growth ** np.arange(16))
            rows += [(number, year, age, int(now[age])) for age in np.flatnonzero(now)]
    return pd.DataFrame(rows, columns=["omraade_id", "aar", "alder", "antall"])


def programme(**changes: Any) -> gpd.GeoDataFrame:
    columns = {
        "prosjekt_id": ["P"], "navn": ["Feltet"], "boligtype": ["smaahus"], "aar": [2028],
        "boliger": [100], "sannsynlighet": [100.0], "status": ["bygges"],
    }  # fmt: skip
    columns |= {name: [value] for name, value in changes.items()}
    return frame(columns, [shapely.Point(X0 + 3500, Y0 + 500)])


def settings(**changes: object) -> Any:
    return load_parameters("prognose+etterproving", changes)


@cache
def whole() -> Any:
    """A forecast with history, housing and a projection of the whole."""
    projection = pd.DataFrame(
        [
            (name, year, age, factor * float(number))
            for name, factor in (("hoved", 1.0), ("lav", 0.9), ("hoy", 1.1))
            for year in range(START, START + 21)
            for age, number in enumerate(residents().sum(axis=0))
            if number
        ],
        columns=["alternativ", "aar", "alder", "antall"],
    )
    return skole_prognose(
        **layers(), befolkning_historikk=history(), boligprogram=programme(),
        framskriving=projection, parameters=settings(),
    )  # fmt: skip


def test_the_start_is_those_who_live_there() -> None:
    short = whole().table("kort_6_12").frame
    # Seven ages of 20 + 21 and of 22 + 23.
    assert short[f"a{START}"].to_dict() == pytest.approx({"i_alt": 602, "B1": 287, "B2": 315})
    older = whole().table("kort_13_15").frame
    assert older[f"a{START}"].to_dict() == pytest.approx({"i_alt": 258, "U1": 258})
    assert short["omraade"].tolist() == ["I alt", "Vest skole", "Øst skole"]


def test_the_pyramid_is_of_the_whole_in_the_first_year_and_the_last() -> None:
    frame = whole().table("bosatte_alder").frame
    ages = residents().sum(axis=0)
    first = [float(ages[at : at + 5].sum()) for at in range(0, 90, 5)] + [float(ages[90:].sum())]
    assert frame[f"bosatte_{START}"].tolist() == [10 * np.floor(one / 10 + 0.5) for one in first]
    (chart,) = whole().charts
    assert (chart.sides, chart.outlines) == ((f"bosatte_{START}",), (f"bosatte_{START + 20}",))


def test_every_account_closes() -> None:
    for table in whole().tables:
        for one in table.column_sums:
            parts = table.frame[list(one.parts)].sum(axis=1)
            assert table.frame[one.total].to_numpy() == pytest.approx(parts.to_numpy(), abs=1e-6)
        people = [name for name, column in table.columns.items() if column.persons]
        for one in table.row_sums:
            parts = table.frame.loc[list(one.parts), people].sum()
            total = table.frame.loc[one.total, people]
            assert total.to_numpy(dtype=float) == pytest.approx(parts.to_numpy(), abs=1e-6)


def test_what_a_table_repeats_is_the_same_number() -> None:
    repeated = 0
    for table in whole().tables:
        for (label, column), (other, row, name) in table.repeats.items():
            assert table.frame.loc[label, column] == pytest.approx(
                whole().table(other).frame.loc[row, name]
            )
            repeated += 1
    assert repeated > 50


def test_the_projection_of_the_whole_is_met_and_the_band_holds_the_main_alternative() -> None:
    long = whole().table("framskriving").frame
    row = long.loc[f"6_12|i_alt|{START + 10}"]
    assert row["hoved"] == pytest.approx(residents()[:, 6:13].sum(), rel=1e-3)
    assert row["lav"] < row["hoved"] < row["hoy"]
    assert (long["nedre"] <= long["hoved"] + 1e-9).all()
    assert (long["ovre"] >= long["hoved"] - 1e-9).all()
    account = whole().table("regnskap").frame
    assert account["skalering"].abs().sum() > 0
    assert account.loc[f"B2|{START + 10}", "bolig"] > account.loc[f"B1|{START + 10}", "bolig"]


def test_the_grades_of_a_school_year_are_read_from_the_january_in_it() -> None:
    trinn = whole().table("trinn").frame
    assert trinn.loc[str(START + 2), "skoleaar"] == "2027/28"
    assert trinn.loc[str(START), "t1"] == pytest.approx(86)
    assert trinn["sum_1_7"].to_numpy() == pytest.approx(
        whole().table("framskriving").frame.query("index.str.startswith('6_12|i_alt')")["hoved"]
    )


def test_the_map_shows_the_short_table() -> None:
    (drawn,) = [one for one in whole().layers if one.name == "endring_6_12"]
    table = whole().table("kort_6_12")
    assert drawn.rows_of == table.name
    assert drawn.frame.index.tolist() == ["B1", "B2"]
    years = [name for name in drawn.columns if name.startswith("a2")]
    assert len(years) == 4
    for name in (*years, "endring", "prosent"):
        assert drawn.frame[name].to_numpy() == pytest.approx(table.frame.loc[["B1", "B2"], name])


def test_few_persons_are_not_told_anywhere() -> None:
    few = residents((0, 0, 22, 23))
    few[0, 7] = 3
    made = skole_prognose(**layers(few), parameters=settings(startaar=START, prognose_aar=2))
    exact = {(name, label, column) for name in ("kort_6_12", "framskriving") for label, column in
             suppress(made).table(name).hidden}  # fmt: skip
    assert ("kort_6_12", "B1", f"a{START}") in exact
    assert ("framskriving", f"6_12|B1|{START}", "hoved") in exact
    told = suppress(made)
    for table in told.tables:
        for (label, column), (other, row, name) in table.repeats.items():
            assert ((label, column) in table.hidden) == ((row, name) in told.table(other).hidden)
    (drawn,) = [one for one in told.layers if one.name == "endring_6_12"]
    assert (
        drawn.frame.loc[["B1"], [f"a{START}", "prosent", f"klasse_{START + 2}"]]
        .isna()
        .all(axis=None)
    )
    # The other district would give it away.
    assert ("B2", f"a{START}") in told.table("kort_6_12").hidden


def test_what_is_wrong_and_what_is_guessed_is_told() -> None:
    given = layers()
    away = frame({"adresse_id": ["ute"], "boliger": [1]}, [shapely.Point(X0 - 5000, Y0)])
    given["adresse"] = pd.concat([given["adresse"], away], ignore_index=True)
    more = pd.DataFrame({"adresse_id": ["ute", "a0"], "alder": [8, None], "antall": [7, 2]})
    given["befolkning"] = pd.concat([given["befolkning"], more], ignore_index=True)
    wrong = pd.concat(
        [programme(prosjekt_id="gammelt", aar=2020), programme(prosjekt_id="rives", boliger=-40)],
        ignore_index=True,
    )
    made = skole_prognose(
        **given, boligprogram=wrong, parameters=settings(startaar=START, prognose_aar=3)
    )
    told = {(one.layer, one.row) for one in made.findings}
    assert {"adresse", "befolkning", "boligprogram"} <= {layer for layer, _ in told}
    assert all(one.text and one.title for one in made.findings)
    assert any("gammelt" in one.row or "gammelt" in one.text for one in made.findings)
    warnings = " ".join(made.warnings)
    assert "standardsatser" in warnings
    assert "9 bosatte er ikke med" in warnings


def test_without_districts_the_units_are_told() -> None:
    given = layers()
    del given["skolekrets"]
    made = skole_prognose(**given, parameters=settings(startaar=START, prognose_aar=2))
    assert made.table("kort_6_12").frame.index.tolist() == ["i_alt", *NUMBERS]
    assert any("grunnkrets" in one for one in made.warnings)
    assert f"a{START + 2}" not in made.table("kort_6_12").frame
    assert made.sentence


def test_the_year_of_the_residents_must_be_known() -> None:
    with pytest.raises(LayerError, match="startaar"):
        skole_prognose(**layers(), parameters=settings())


def test_the_back_test_of_the_own_history() -> None:
    made = skole_prognose(
        **layers(), befolkning_historikk=history(),
        parameters=settings(prognose_aar=5, etterprov=2022, etterprov_horisont=3),
    )  # fmt: skip
    steps = made.table("etterproving_aar").frame
    assert set(steps["navn"]) == {"I alt", "Vest skole", "Øst skole"}
    assert steps["horisont"].max() == 3
    # Every year is alike in the history, so that last year again is right, and no age has changed.
    assert steps["i_fjor_mae"].abs().max() == 0
    actual = steps.loc["B1|6–12 år|1", "faktisk"]
    assert actual == 7 * 21 + np.round(200 * 1.02 ** np.arange(6, 13)).sum()
    assert "prove_feil" in made.facts
    assert set(made.facts) >= {"naa", "prosent"}


def test_a_history_of_the_municipality_alone_is_tested_by_cohort_ratios() -> None:
    random = np.random.default_rng(7)
    rows, count = [], residents().sum(axis=0)
    for year in range(START - 8, START + 1):
        rows += [("3203", year, age, int(number)) for age, number in enumerate(count) if number]
        count = np.concatenate([[round(90 + random.normal(0, 3))], count[:-1]])
        count[1:16] = np.round(count[1:16] * 1.01)
    past = pd.DataFrame(rows, columns=["omraade_id", "aar", "alder", "antall"])
    made = skole_prognose(
        **layers(), befolkning_historikk=past,
        parameters=settings(prognose_aar=2, etterprov=2024, etterprov_horisont=2, kohort_aar="3",
                            kohort_fodte_aar="3", kohort_fodte_folger="1"),
    )  # fmt: skip
    known = make_series(past).until(2024)
    ahead = project(known.count[-1], fit_ratios(known.count, Window(3, 3), strength=100.0), 2)
    steps = made.table("etterproving_aar").frame
    assert steps.loc["3203|6–12 år|2", "modell_sum"] == pytest.approx(ahead[1, 0, 6:13].sum())


def test_a_back_test_needs_a_history() -> None:
    with pytest.raises(LayerError, match="--folketall"):
        skole_prognose(**layers(), parameters=settings(startaar=START, etterprov=2020))
    with pytest.raises(ParameterError, match="2018–2026"):
        skole_prognose(
            **layers(), befolkning_historikk=history(), parameters=settings(etterprov=2030)
        )


def test_the_map_has_a_class_for_every_year_and_none_where_its_counts_are_hidden() -> None:
    found = whole()
    layer, table = found.layer("endring_6_12"), found.table("framskriving").frame
    last = max(layer.years)
    assert layer.style.column == layer.years[START + 10]
    start, then = (table.loc[f"6_12|B1|{year}", "hoved"] for year in (START, last))
    change = 100 * (then - start) / start
    told = layer.frame.loc["B1", layer.years[last]]
    assert told.startswith("Vokser") == (change >= 5)
    assert told.startswith("Minker") == (change < -5)
    assert set(layer.frame[list(layer.years.values())].to_numpy().ravel()) <= {
        *(one.value for one in layer.style.classes),
        "Ukjent",
    }
    hidden = suppress(found, threshold=300)
    rows = hidden.table("framskriving").hidden
    layer = hidden.layer("endring_6_12")
    assert ("6_12|B1|2026", "hoved") in rows
    assert layer.frame.loc["B1", list(layer.years.values())].isna().all()
