"""The pupils that a plan brings, and whether its schools have room: by hand, and by CSV and numpy."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from askergeo.errors import ParameterError
from askergeo.parameters import load_parameters
from askergeo.plan import _kept, _school_room
from askergeo.plan._dwellings import dwellings, type_shares
from askergeo.plan._school_room import room_of
from askergeo.plan.on_map import ask_map
from askergeo.result import Status
from tests.plan.test_function import (
    HOME,
    PARAMETERS,
    SHOP,
    ask,
    at,
    box,
    layer,
    package_of,
    place_of,
    road,
    schools,
)

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from askergeo.datapackage import DataPackage

RULE = "funksjon.skole.kapasitet"
ALL = (0.0, "A", 1, 10, "kommunal")
AT_HOME = (HOME, box(0, -2, 10, 2))


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what the plans of other tests were held against."""
    monkeypatch.setattr(_kept, "_last", {})


# --- Dwellings -------------------------------------------------------------------------------


def uses(*rows: tuple[str, float, str, tuple[tuple[str, str], ...]]) -> gpd.GeoDataFrame:
    """Purposes of a code, an area in m², dwellings as text, and utilisation."""
    return layer(
        [box(0, 0, area, 1) for _, area, _, _ in rows],
        kode=[code for code, *_ in rows],
        boliger=[homes for *_, homes, _ in rows],
        utnytting=[pairs for *_, pairs in rows],
    )


@pytest.mark.parametrize(
    ("code", "homes", "pairs", "expected"),
    [
        # Floor area over what a dwelling takes: 190, 130, and the mean of 115 and 70.
        ("1111", "", (("17", "1900"),), 10.0),
        ("1112", "", (("18", "130"),), 10.0),
        ("1113", "", (("17", "925"),), 10.0),
        # The mixture: 0.22 × 190 + 0.14 × 130 + 0.32 × (115 + 70) = 119.2 m².
        ("1110", "", (("17", "1192"),), 10.0),
        # Shops take half.
        ("1130", "", (("17", "1192"),), 5.0),
        # What the plan says goes first.
        ("1111", "7", (("17", "1900"),), 7.0),
        # Footprint does not tell floors, and words are no number.
        ("1111", "", (("16", "30"), ("15", "500")), np.nan),
        ("1111", "", (("16", "30"), ("17", "1 900")), np.nan),
        ("1111", "", (), np.nan),
    ],
)
def test_dwellings_are_stated_or_follow_from_floor_area(
    code: str, homes: str, pairs: tuple[tuple[str, str], ...], expected: float
) -> None:
    found = dwellings(uses((code, 1_000.0, homes, pairs)), PARAMETERS)
    assert found.count == pytest.approx([expected], nan_ok=True)
    assert found.known.tolist() == [not np.isnan(expected)]
    assert found.by_type.sum() == pytest.approx(np.nan_to_num(expected))


def test_the_users_number_goes_first_and_is_shared_by_area() -> None:
    both = uses(("1111", 3_000.0, "7", ()), ("1113", 1_000.0, "", ()))
    found = dwellings(both, PARAMETERS.override({"boliger": "40"}))
    assert found.count == pytest.approx([30, 10])
    assert found.by_type[0] == pytest.approx([30, 0, 0, 0])
    assert found.by_type[1] == pytest.approx([0, 0, 5, 5])
    assert "40 boliger (oppgitt av brukeren)" in found.text()
    chosen = dwellings(both, PARAMETERS.override({"boliger": "40", "boligtype": "smaahus"}))
    assert chosen.by_type.sum(axis=0) == pytest.approx([0, 40, 0, 0])


def test_some_unknown_is_told_beside_what_is_known() -> None:
    found = dwellings(uses(("1111", 9.0, "7", ()), ("1113", 9.0, "", ())), PARAMETERS)
    assert "om lag 7 boliger (oppgitt i planen). For 1 formål er antallet ukjent." in found.text()


@pytest.mark.parametrize(
    "changed",
    [
        {"boligtype_blanding": "enebolig:0,smaahus:0"},
        {"boligtype_blanding": "hytte:100"},
        {"boligtype_blanding": "enebolig"},
        {"boligtype_blanding": "enebolig:mange"},
    ],
)
def test_a_mixture_that_is_none_is_refused(changed: dict[str, str]) -> None:
    with pytest.raises(ParameterError):
        type_shares("1110", PARAMETERS.override(changed))


# --- Today's pupils --------------------------------------------------------------------------


def test_without_pupils_the_rule_says_what_the_schools_are_built_for(tmp_path: Path) -> None:
    package = package_of(tmp_path, veg=road(3_000), skole=schools(ALL))
    answer = ask(package, RULE, AT_HOME)
    assert answer.status == Status.NOT_IMPLEMENTED
    # 2 classes in each of 7 grades of 28 and 3 grades of 30.
    said = "Elevtall og kapasitet er ikke i datapakken. A skole er bygd for 572 elever."
    assert said in answer.remark
    assert "«Bosatte etter adresse og alder»" in answer.remark


def test_todays_pupils_and_those_of_the_plan_must_fit_in_what_can_be_used(tmp_path: Path) -> None:
    # 95 % of 572 is 543.4. One dwelling brings 0.42 pupils.
    for pupils, homes, status in (
        (543, 0, Status.NOT_MAPPED),
        (543, 1, Status.HIT_YELLOW),
        (542, 1, Status.NO_HIT),
        (543, 100, Status.HIT_YELLOW),
        (544, 0, Status.HIT_YELLOW),
    ):
        folder = tmp_path / f"{pupils}-{homes}"
        package = package_of(folder, veg=road(3_000), skole=schools(ALL, elevtall=[pupils]))
        answer = ask(package, RULE, AT_HOME, boliger=homes, boligtype="enebolig")
        assert answer.status == status, (pupils, homes)
        said = answer.hits[0].what if answer.hits else answer.remark
        assert f"A skole har {pupils} elever og 572 plasser" in said
        assert ("Antall boliger i planen er ukjent" in answer.remark) == (homes == 0)
    # 100 detached houses: 44 pupils at most, 95 % of them at this school.
    assert answer.status == Status.HIT_YELLOW


def test_pupils_of_a_plan_are_the_most_that_its_dwellings_ever_have(tmp_path: Path) -> None:
    package = package_of(tmp_path, veg=road(3_000), skole=schools(ALL, elevtall=[100]))
    answer = ask(package, RULE, AT_HOME, boliger=100, boligtype="enebolig")
    most = 100 * 0.95 * per_dwelling("enebolig")[:11].sum(axis=1).max()
    assert f"planen gir om lag {most:.0f} elever på det meste" in answer.remark
    # The table is scaled so that its highest number is the parameter's.
    assert per_dwelling("enebolig").sum(axis=1).max() == pytest.approx(0.44)


def per_dwelling(kind: str) -> np.ndarray:
    """Pupils by years since completion and grade, straight from the table of numbers."""
    text = (files("askergeo") / "data" / "befolkning" / "boliger.csv").read_text(encoding="utf-8")
    lines = [one for one in text.splitlines() if not one.startswith("#")]
    rows = [one for one in csv.DictReader(lines, delimiter=";") if one["boligtype"] == kind]
    years = sorted({int(one["aar_etter"]) for one in rows})
    grades = np.zeros((len(years), 10))
    for one in rows:
        low, high = int(one["alder_fra"]), int(one["alder_til"])
        for age in range(max(low, 6), min(high, 15) + 1):
            grades[years.index(int(one["aar_etter"])), age - 6] += float(one["bosatte"]) / (
                high - low + 1
            )
    found = np.array([np.interp(range(26), years, grades[:, g]) for g in range(10)]).T
    wanted = float(load_parameters("prognose")[f"elever_per_{kind}"])
    return found * wanted / found.sum(axis=1).max()


def counted(*rows: tuple[str, int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(
        [(school, year, grade, number) for school, year, grade, number in rows],
        columns=["skole_id", "aar", "trinn", "antall"],
    )


def test_the_layer_of_pupils_tells_the_stages_apart(tmp_path: Path) -> None:
    rows = [("A", 2025, grade, 40) for grade in range(1, 8)]
    rows += [("A", 2025, 8, 3), ("A", 2024, 9, 500)]
    package = package_of(tmp_path, veg=road(3_000), skole=schools(ALL), elevtall=counted(*rows))
    answer = ask(package, RULE, AT_HOME, boliger=1)
    assert answer.status == Status.NO_HIT
    assert "A skole (1.–7. trinn) har 280 elever og 392 plasser" in answer.remark
    # Three pupils are few persons.
    assert "A skole (8.–10. trinn) har færre enn 5 elever og 180 plasser" in answer.remark
    assert "skoleåret 2025/26" in answer.remark


def test_a_pavilion_that_is_decided_counts_while_it_stands(tmp_path: Path) -> None:
    rows = [("A", 2025, grade, 56) for grade in range(1, 8)]
    measure = pd.DataFrame(
        {
            "tiltak_id": ["T1"],
            "skole_id": ["A"],
            "type": ["paviljong"],
            "trinn": ["barnetrinn"],
            "plasser": [56],
            "fra_aar": [2024],
            "til_aar": [2030],
            "status": ["vedtatt"],
        }
    )
    layers = {"veg": road(3_000), "skole": schools(ALL), "elevtall": counted(*rows)}
    without = package_of(tmp_path / "uten", **layers)
    assert ask(without, RULE, AT_HOME, boliger=1).status == Status.HIT_YELLOW
    package = package_of(tmp_path / "med", **layers, skoletiltak=measure)
    answer = ask(package, RULE, AT_HOME, boliger=1)
    assert answer.status == Status.NO_HIT
    assert "392 elever og 448 plasser" in answer.remark


def test_a_school_of_unknown_pupils_is_unknown(tmp_path: Path) -> None:
    frame = schools(ALL, (900.0, "B", 1, 10, "kommunal"), elevtall=[None, 100])
    package = package_of(tmp_path, veg=road(3_000), skole=frame)
    answer = ask(package, RULE, AT_HOME, boliger=1)
    assert answer.status == Status.NOT_MAPPED
    assert "A skole har ukjent plass" in answer.remark


# --- Year by year ----------------------------------------------------------------------------


def forecast_layers(capacity: int = 400, homes: int = 0) -> dict[str, Any]:
    """A district of 60 addresses with children of every age, and its school of all grades."""
    count = 60
    ids = [f"A{number}" for number in range(count)]
    ages = [*range(16), *range(20, 60)]
    people = pd.DataFrame(
        [
            (one, age, 1 + (age + row) % 2)
            for row, one in enumerate(ids)
            for age in ages[row % 3 :: 3]
        ],
        columns=["adresse_id", "alder", "antall"],
    )
    around = box(-500, -500, 2_500, 500)
    layers: dict[str, Any] = {
        "veg": road(3_000),
        "skole": schools(ALL, kapasitet=[capacity]),
        "skolekrets": layer(
            [around, around],
            krets_id=["B", "U"],
            navn=["Barn", "Ung"],
            trinn=["barnetrinn", "ungdomstrinn"],
            skole_id=["A", "A"],
        ),
        "adresse": layer([at(20 * n, 10) for n in range(count)], adresse_id=ids),
        "befolkning": people,
        "framskriving": pd.DataFrame(
            {
                "alternativ": ["hoved"],
                "aar": [2026],
                "alder": [0],
                "antall": [float(people.loc[people["alder"] == 0, "antall"].sum())],
            }
        ),
    }
    if homes:
        layers["boligprogram"] = layer(
            [at(5, 0)],
            prosjekt_id=["P1"],
            boligtype=["enebolig"],
            aar=[2028],
            boliger=[homes],
            status=["bygges"],
        )
    return layers


@pytest.fixture
def district(tmp_path: Path) -> DataPackage:
    return package_of(tmp_path, **forecast_layers())


CHOSEN = {"boligtype": "enebolig", "boliger_ferdig": 2028}


def test_the_plan_is_added_to_the_forecast_year_by_year(district: DataPackage) -> None:
    seats = room_of(district, PARAMETERS)
    assert seats.forecast
    assert (seats.start, int(seats.years[0])) == (2026, 2025)
    table = per_dwelling("enebolig")
    since = seats.years - 2028
    for homes in (40, 120, 400):
        each = np.where((since >= 0)[:, None], table[np.clip(since, 0, 25)], 0.0) * homes
        answer = ask(district, RULE, AT_HOME, boliger=homes, **CHOSEN)
        ahead = seats.years <= 2028 + 10
        first = {}
        for part, grades in enumerate((slice(0, 7), slice(7, 10))):
            plan = each[:, grades].sum(axis=1) * seats.share[0, part]
            left = 0.95 * seats.places[:, 0, part] - seats.pupils[:, 0, part] - plan
            over = np.flatnonzero((left < 0) & ahead)
            first[part] = int(seats.years[over[0]]) if len(over) else None
        assert (answer.status == Status.HIT_YELLOW) == any(first.values())
        said = answer.hits[0].what if answer.hits else answer.remark
        for year in filter(None, first.values()):
            assert f"full fra {year}/{(year + 1) % 100:02d}" in said
    assert any(first.values())


def test_a_plan_in_the_housing_programme_is_not_counted_twice(tmp_path: Path) -> None:
    package = package_of(tmp_path, **forecast_layers(homes=400))
    answer = ask(package, RULE, AT_HOME, boliger=400, **CHOSEN)
    assert "Boligprogrammet har 400 boliger i planen, og de er med" in answer.remark
    said = answer.hits[0].what
    # The programme fills the school, with nothing added.
    assert "også uten planen" in said
    assert "omtrent ingen elever" in said


def test_the_forecast_is_made_once_for_a_package(
    district: DataPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(district, RULE, AT_HOME, boliger=40, **CHOSEN)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("the forecast is made again")

    monkeypatch.setattr(_school_room, "forecast_of_layers", never)
    assert ask(district, RULE, AT_HOME, boliger=40, **CHOSEN) == first
    # In another process it is read from the package's folder.
    monkeypatch.setattr(_kept, "_last", {})
    again = ask(district, RULE, AT_HOME, boliger=40, **CHOSEN)
    assert (again.status, again.remark) == (first.status, first.remark)
    with pytest.raises(AssertionError, match="again"):
        ask(district, RULE, AT_HOME, boliger=40, elever_per_klasse_barn=20, **CHOSEN)


def test_what_is_kept_is_not_trusted_when_it_is_broken(
    district: DataPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(district, RULE, AT_HOME, boliger=40, **CHOSEN)
    (kept,) = (district.path / "mellomlager").glob("skoleplass-*.npz")
    kept.write_bytes(kept.read_bytes()[:200])
    monkeypatch.setattr(_kept, "_last", {})
    assert ask(district, RULE, AT_HOME, boliger=40, **CHOSEN).remark == first.remark


def test_what_cannot_be_forecast_is_told_and_todays_pupils_are_used(tmp_path: Path) -> None:
    layers = forecast_layers()
    layers["adresse"] = layers["adresse"].set_geometry(layers["adresse"].translate(9_000, 9_000))
    layers["skole"]["elevtall"] = [100]
    answer = ask(package_of(tmp_path, **layers), RULE, AT_HOME, boliger=1)
    assert "Elevene kan ikke framskrives: Ingen adresse ligger i" in answer.remark
    assert "A skole har 100 elever og 400 plasser" in answer.remark


def test_the_year_of_the_residents_is_told_when_it_is_that_of_the_layers_date(
    tmp_path: Path,
) -> None:
    layers = forecast_layers()
    del layers["framskriving"]
    answer = ask(package_of(tmp_path, **layers), RULE, AT_HOME, boliger=1)
    assert "bosatte 1. januar 2025" in answer.remark
    assert "etter datoen på laget" in answer.remark


def test_a_school_that_opens_later_is_nobodys_yet(tmp_path: Path) -> None:
    rows = ((0.0, "NY", 1, 10, "kommunal"), (1_500.0, "NÅ", 1, 10, "kommunal"))
    frame = schools(*rows, fra_aar=[2032, None], til_aar=[None, None])
    package = package_of(tmp_path, veg=road(3_000), skole=frame)
    way = "funksjon.skole.vei"
    assert "NÅ skole" in ask(package, way, AT_HOME, boliger_ferdig=2030).remark
    assert "NY skole" in ask(package, way, AT_HOME, boliger_ferdig=2032).remark
    assert "åpner eller stenger" in ask(package, way, AT_HOME).remark


def test_a_plan_without_homes_brings_nobody(district: DataPackage) -> None:
    answers = ask_map(place_of((SHOP, box(0, 0, 9, 9))), district, parameters=PARAMETERS)
    (mine,) = (one for one in answers if one.rule.id == RULE)
    assert mine.status == Status.NOT_RELEVANT
