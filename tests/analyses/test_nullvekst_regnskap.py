"""The ledger of Eksempelbygda against its key and a count in plain Python, and its comparison."""

from __future__ import annotations

import json
import re
from collections import defaultdict

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.ops import split

from askergeo.analyses._ledger_steps import step_table
from askergeo.datapackage import DataPackage, Origin
from askergeo.outputs.charts import read_chart
from askergeo.outputs.ledger import Ledger as Steps
from askergeo.outputs.page.build import topic_html
from askergeo.outputs.report import Report
from askergeo.outputs.year import year_bars
from askergeo.parameters import load_parameters
from askergeo.privacy import suppress
from askergeo.report import run_with_scenario
from askergeo.result import Status
from askergeo.run import run
from askergeo.transport.ledger import Ledger
from askergeo.transport.measures import (
    load_measure_parameters,
    make_changes,
    moved_growth,
    placing_of,
    write_scenario,
)
from askergeo.transport.zones import UNKNOWN

SIDES = ("nord", "sor")
NUMBER = re.compile(r"\d+")


@pytest.fixture(scope="module")
def package(demo_folder):
    return DataPackage.open(demo_folder / "datapakke")


@pytest.fixture(scope="module")
def key(demo_folder):
    text = (demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8")
    return json.loads(text)["transport"]


@pytest.fixture(scope="module")
def found(package):
    return run("nullvekst_regnskap", package)


def north_of(package):
    """Tell the share of a shape that lies north, by cutting the municipality with the line."""
    ground = shapely.union_all(package.read("kommunegrense").geometry.to_numpy())
    line = package.read("nullvekstlinje").geometry.iloc[0]
    parts = split(ground, line).geoms
    north = shapely.union_all(
        [part for part in parts if part.representative_point().y > line.centroid.y]
    )

    def share(shape):
        if shape.area:
            return shape.intersection(north).area / shape.area
        return float(north.intersects(shape))

    return share


def test_jobs_that_are_reckoned_from_floor_area_are_named(found, package) -> None:
    rows = package.read("naeringsprogram")
    lacking = rows.loc[rows["arbeidsplasser"].isna() & rows["naering_m2"].notna(), "prosjekt_id"]
    told = [one for one in found.findings if one.rule == "regnskap_anslatt"]
    assert len(lacking)
    assert sorted(one.row.partition(" (")[0] for one in told) == sorted(lacking)
    assert all("anslått fra m²" in one.text for one in told)


def test_permits_are_those_of_the_key(found, key) -> None:
    table = found.table("trinn_aar").frame
    for year, homes in key["tillatelser"]["tillatt"].items():
        for side in SIDES:
            assert table.loc[f"tillatt-{year}", f"boliger_{side}"] == homes.get(side, 0)
    for side in SIDES:
        assert table.loc["tillatt-sum", f"boliger_{side}"] == key["soner"]["boliger_tillatt"][side]


def test_what_is_built_is_each_dwelling_once(found, package) -> None:
    """Counted one by one: houses by their year, and permits that no house is."""
    share = north_of(package)
    houses = package.read("bygning")
    expected: dict[tuple[int, str], float] = defaultdict(float)
    own = {row.bygning_id: row for row in houses.itertuples()}
    moved: dict[str, int] = defaultdict(int)
    for row in package.read("byggetillatelse").itertuples():
        if pd.isna(row.ferdig_aar) or pd.isna(row.boliger):
            continue
        house = own.get(row.bygning_id)
        older = house is not None and house.tatt_i_bruk < row.tillatt_aar
        if house is None or older or row.boliger < 0:
            expected[row.ferdig_aar, "nord"] += row.boliger * share(row.geometry)
            expected[row.ferdig_aar, "sor"] += row.boliger * (1 - share(row.geometry))
            moved[row.bygning_id] += max(row.boliger, 0) if older else 0
    for row in houses.itertuples():
        if pd.notna(row.tatt_i_bruk) and row.tatt_i_bruk >= 2016:
            side = "nord" if share(row.geometry.representative_point()) else "sor"
            expected[row.tatt_i_bruk, side] += max(row.boliger - moved[row.bygning_id], 0)
    table = found.table("trinn_aar").frame
    for year in range(2016, 2026):
        for side in SIDES:
            assert table.loc[f"bygd-{year}", f"boliger_{side}"] == pytest.approx(
                expected[year, side]
            ), (year, side)


def test_the_programme_is_split_by_the_line_and_weighted(found, package, key) -> None:
    share = north_of(package)
    chance = load_parameters("prognose")
    sums = dict.fromkeys(SIDES, 0.0)
    for row in package.read("boligprogram").itertuples():
        sure = row.sannsynlighet
        sure = chance[f"sannsynlighet_{row.status}"] if pd.isna(sure) else sure
        sums["nord"] += row.boliger * sure / 100 * share(row.geometry)
        sums["sor"] += row.boliger * sure / 100 * (1 - share(row.geometry))
    table = found.table("trinn_aar").frame
    for side in SIDES:
        assert table.loc["planlagt-sum", f"boliger_{side}"] == pytest.approx(sums[side], rel=1e-6)
    whole = key["soner"]["boliger_i_boligprogrammet"]
    assert table.loc["planlagt-sum", "program"] == pytest.approx(sum(whole.values()))


def test_every_table_adds_up(found) -> None:
    for table in found.tables:
        frame = table.frame
        numbers = [n for n, c in table.columns.items() if c.decimals is not None and c.unit != "%"]
        for one in table.row_sums:
            for name in numbers:
                parts = pd.to_numeric(frame.loc[list(one.parts), name]).sum(min_count=1)
                total = pd.to_numeric(frame.loc[one.total, name])
                assert total == pytest.approx(parts, nan_ok=True), (table.name, name)
        for one in table.column_sums:
            parts = frame[list(one.parts)].sum(axis=1, min_count=1).to_numpy(dtype=float)
            total = frame[one.total].to_numpy(dtype=float)
            assert np.allclose(parts, total, equal_nan=True, atol=1e-6), (table.name, one.total)


def test_centres_levels_and_distances_have_the_same_totals(found) -> None:
    whole = found.table("trinn_aar").frame
    for stage in ("bygd", "tillatt", "planlagt"):
        total = whole.loc[f"{stage}-sum", "boliger_sum"]
        for name in ("sentre", "senternivaa"):
            assert found.table(name).frame.loc["sum", f"{stage}_boliger"] == pytest.approx(total)
        for name in ("avstand_holdeplass", "avstand_stasjon"):
            assert found.table(name).frame.loc[f"{stage}-sum", "sum"] == pytest.approx(total)
        row = found.table("maal").frame.loc[f"prioritert-boliger-{stage}"]
        assert row["vekst"] == pytest.approx(total)


def test_the_account_of_each_layer_closes(found, package) -> None:
    frame = found.table("grunnlag").frame
    parts = frame[["regnet", "annen_rad", "ikke_regnet"]].sum(axis=1)
    assert np.allclose(parts, frame["i_laget"])
    homes = package.read("bygning")["boliger"].sum()
    assert frame.loc["bygning-bygd", "i_laget"] == homes


def test_years_and_targets_stand_on_the_page(found) -> None:
    result = suppress(found)
    report = Report(title="Prøve", results=(result,))
    page = topic_html(report, report.topics[0])
    assert page.count('role="img"') >= 2 * len(result.charts)
    assert [chart.name for chart in result.charts] == [
        "vekst_aar", "regnskap", "regnskap_nord", "prioritert_aar", "jobber_aar",
    ]  # fmt: skip
    drawn = year_bars(result, result.charts[0])
    assert drawn is not None
    assert set(drawn.kinds) == {"Bygd", "Ventet"}
    assert "prioriterte sentre" in found.sentence
    assert "er det netto bygd" in found.sentence
    statuses = {one.status for one in found.findings if one.rule.startswith("regnskap.")}
    assert statuses <= {
        Status.HIT_RED, Status.HIT_YELLOW, Status.NO_HIT, Status.NOT_RELEVANT,
    }  # fmt: skip
    # Growth is buildings and projects: nothing of it is persons.
    assert not any(c.persons for table in found.tables for c in table.columns.values())


def test_the_account_goes_from_what_is_built_to_the_growth(found, package) -> None:
    """Every step is the table's, and the table's are those of the years and of the permits."""
    result = suppress(found)
    table, years = result.table("regnskap").frame, result.table("vekst_aar").frame
    drawn = {chart.name: read_chart(result, chart) for chart in result.charts[1:3]}
    for name, row in (("regnskap", "sum"), ("regnskap_nord", "nord")):
        steps = drawn[name].steps
        assert [one.value for one in steps] == table.loc[row].drop("sone").tolist()
        assert steps[0].low == 0
        assert steps[-2].high == pytest.approx(steps[-1].value)
        assert not drawn[name].notes
    assert drawn["regnskap"].steps[0].title == "Bygd 2016–2025"
    assert table.loc["sum", "vekst"] == pytest.approx(years["sum"].sum())
    for side in SIDES:
        assert table.loc[side, "vekst"] == pytest.approx(years[side].sum())
        built = years.loc[years["slag"] == "Bygd", side].sum()
        assert table.loc[side, ["bygd", "revet"]].sum() == pytest.approx(built)
    inside = result.table("prioritert_aar").frame.query("slag == 'Ventet'")["inne"].sum()
    assert table.loc["sum", "ventet_inne"] == pytest.approx(inside)
    permits = package.read("byggetillatelse")
    gone = permits[(permits["boliger"] < 0) & permits["ferdig_aar"].between(2016, 2025)]
    assert table.loc["sum", "revet"] == gone["boliger"].sum() < 0


def test_the_zones_have_a_class_each_year_as_the_table_says(found) -> None:
    zones, years = suppress(found).layer("vekst_soner"), found.table("vekst_aar").frame
    assert list(zones.years) == years["aar"].tolist()
    assert zones.frame.index.tolist() == list(SIDES)
    assert zones.rows_of == "regnskap"
    # The map opens with the last year that is known, and what is expected is called so.
    assert zones.style.column == zones.years[2025]
    assert zones.year_names[2025] == "2025"
    assert zones.year_names[2026] == "2026, ventet"
    assert {one.value for one in zones.style.classes} == set(
        zones.frame[list(zones.years.values())].to_numpy().ravel()
    )
    limit = min(int(word) for one in zones.style.classes for word in NUMBER.findall(one.value))
    for year, name in zones.years.items():
        for side in SIDES:
            number, kind = round(years.loc[year, side], 1), zones.frame.loc[side, name]
            told = [int(word) for word in NUMBER.findall(kind)]
            if number <= 0:
                assert kind == ("Ingen nye boliger" if number == 0 else "Flere revet enn bygd")
            elif kind.startswith("Høyst"):
                assert 0 < number <= told[0] == limit
            else:
                assert told[0] < number <= (told[1] if len(told) > 1 else np.inf)


def test_the_account_by_hand_with_years_that_nobody_knows() -> None:
    parts = pd.DataFrame(
        [
            ("bygd", "nord", "ja", 10.0, 10.0),
            ("bygd", "nord", "nei", -4.0, -4.0),
            ("bygd", "ukjent", UNKNOWN, 3.0, 3.0),
            ("tillatt", "nord", "ja", 99.0, 99.0),
            ("planlagt", "nord", "ja", 20.0, 15.0),
            ("planlagt", "sor", "nei", 8.0, 2.0),
            ("planlagt", "sor", "nei", -2.0, -1.0),
        ],
        columns=["trinn", "sone", "prioritert", "boliger", "ventet_boliger"],
    )
    # Jobs are known to 2025: the programme begins in 2026, and of 2024 nobody knows the dwellings.
    known = {("bygd", "boliger"): (2016, 2023), ("planlagt", "boliger"): (2026, 2030)}
    ledger = Ledger(
        rows=gpd.GeoDataFrame(), parts=parts, years=(2018, 2028), known=known, centres=None,
        labels=(), faults=pd.DataFrame(), account=pd.DataFrame(),
    )  # fmt: skip
    table = step_table(ledger)
    assert table is not None
    assert table.frame.drop(columns="sone").to_numpy().tolist() == [
        [10, -4, 15, 0, 0, 0, 21],
        [0, 0, 0, 2, 0, -1, 1],
        [3, 0, 0, 0, 0, 0, 3],
        [13, -4, 15, 2, 0, -1, 25],
    ]
    assert table.columns["bygd"].title == "Bygd 2018–2023"
    assert table.columns["ventet_inne"].title == "Ventet 2026–2028 i prioriterte sentre"
    assert table.columns["vekst"].title == "Vekst 2018–2023 og 2026–2028"


def test_only_jobs_give_no_account_of_dwellings(package, tmp_path) -> None:
    bare = DataPackage.create(tmp_path / "p", municipality="9999", example=True)
    for layer in ("veg", "naeringsprogram", "kommunegrense", "nullvekstlinje", "senter"):
        bare.write(layer, package.read(layer), origin=Origin("prøve"))
    result = run("nullvekst_regnskap", bare)
    assert "regnskap" not in {one.name for one in result.tables}
    assert [one.name for one in result.charts] == ["vekst_aar", "prioritert_aar", "jobber_aar"]
    assert "vekst_soner" not in {one.name for one in result.layers}


def test_without_permits_buildings_or_jobs_the_years_are_unknown(package, tmp_path) -> None:
    """Only the programme: nothing is said of the past, and nothing is called zero."""
    bare = DataPackage.create(tmp_path / "p", municipality="9999", example=True)
    for layer in ("veg", "boligprogram", "kommunegrense", "nullvekstlinje", "senter", "holdeplass"):
        bare.write(layer, package.read(layer), origin=Origin("prøve"))
    result = run("nullvekst_regnskap", bare)
    table = result.table("vekst_aar").frame
    first = int(bare.read("boligprogram")["aar"].min())
    assert table.loc[: first - 1, "sum"].isna().all()
    assert table.loc[first, "sum"] > 0
    assert result.table("jobber_aar").frame["sum"].isna().all()
    assert result.table("maal").frame.loc["prioritert-boliger-bygd", "status"] == "Ukjent"
    assert "byggetillatelse" in {one.layer for one in result.missing}
    assert suppress(result).charts[0].name == "vekst_aar"
    assert year_bars(result, result.charts[-1]) is None
    # The account begins with what is known, and does not call the years before it nothing.
    account = result.table("regnskap")
    assert not {"bygd", "revet"} & set(account.columns)
    assert account.columns["vekst"].title.startswith(f"Vekst {first}–")
    steps = read_chart(result, result.charts[1])
    assert isinstance(steps, Steps)
    assert steps.steps[0].title.startswith(f"Ventet {first}–")
    zones = result.layer("vekst_soner")
    assert set(zones.frame[zones.years[first - 1]]) == {"Ukjent"}
    assert zones.style.column == zones.years[first]


def test_a_line_that_divides_nothing_gives_no_share_north(package, tmp_path) -> None:
    """The side is unknown for all: the sentence says so, and not that none lies north."""
    bare = DataPackage.create(tmp_path / "p", municipality="9999", example=True)
    for layer in ("veg", "boligprogram", "kommunegrense", "nullvekstlinje", "senter", "holdeplass"):
        rows = package.read(layer)
        bare.write(layer, rows[:0] if layer == "nullvekstlinje" else rows, origin=Origin("prøve"))
    result = run("nullvekst_regnskap", bare)
    assert "på ukjent side av nullvekstlinjen" in result.sentence
    assert "nord for" not in result.sentence
    assert result.facts["planlagt_nord"].value is None


def test_a_target_for_the_year_is_a_line_in_the_chart(package) -> None:
    result = run("nullvekst_regnskap", package, overrides={"regnskap_mal_boliger_aar": "25"})
    drawn = year_bars(result, result.charts[0])
    assert drawn is not None
    assert set(drawn.target) == {25.0}


def test_moved_growth_is_told_by_centre_and_year(package, found, tmp_path) -> None:
    """The most dwellings of one centre to another, and the difference of the two runs."""
    centres = found.table("sentre").frame.drop(index="sum")
    source = centres["planlagt_boliger"].drop(index=["utenfor", "ukjent"]).idxmax()
    target = next(one for one in centres.index[:-2] if one != source and centres.loc[one, "niva"])
    own, ledger = load_measure_parameters({})
    changes = make_changes(
        package, [moved_growth(f"{source}>{target}=5")],
        placing=placing_of(package, ledger), parameters=own,
    )  # fmt: skip
    scenario = write_scenario(tmp_path / "flytt", package, changes)
    base, other, difference = run_with_scenario("nullvekst_regnskap", package, scenario)
    table = difference.table("sentre").frame
    lost, won = (table.loc[one, "planlagt_boliger_endring"] for one in (source, target))
    assert lost < 0
    assert won == pytest.approx(-lost)
    for name in ("trinn_aar",):
        for frame in (base.table(name).frame, other.table(name).frame):
            assert frame.loc["planlagt-sum", "program"] == pytest.approx(
                base.table(name).frame.loc["planlagt-sum", "program"]
            )
    assert f"flere i {centres.loc[target, 'senter']}" in difference.sentence
    words = difference.table("maal").frame[["status", "status_scenario"]]
    assert words["status"].tolist() == base.table("maal").frame["status"].tolist()
    assert words["status_scenario"].tolist() == other.table("maal").frame["status"].tolist()
    assert {"land_og_sjo", "vekst_planlagt"} <= {one.name for one in difference.layers}
    assert len(difference.layer("vekst_planlagt").frame) >= 2
    assert "vekst_soner" not in {one.name for one in difference.layers}
    assert difference.charts[0].columns == ("nord", "nord_scenario")
    assert year_bars(difference, difference.charts[0]) is not None
