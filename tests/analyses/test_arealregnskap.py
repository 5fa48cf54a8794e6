"""The land account against the example's key, GEOS, and small cases worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses import _land_account as closing
from askergeo.analyses.arealregnskap import arealregnskap
from askergeo.catalogue import load_codes
from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.outputs.charts import read_chart
from askergeo.outputs.ledger import Ledger
from askergeo.parameters import load_parameters
from askergeo.run import run

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.result import Result

CRS = "EPSG:25832"
AR5 = {code: row.name for code, row in load_codes("ar5_arealtype").items()}
PURPOSES = {code: row.name for code, row in load_codes("kommuneplan_formaal").items()}
STATUS = {1: "nåværende", 2: "framtidig"}
# The key's sums and the layers round coordinates alike; the rest is the last digits.
SQUARE_METRE = 0.01


def frame(shapes: list[Any], crs: str | None = CRS, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def box(*corners: float) -> shapely.Polygon:
    return shapely.box(*corners)


def boundary(*shapes: Any, extent: str = "land", crs: str | None = CRS) -> gpd.GeoDataFrame:
    return frame(list(shapes), crs, omfang=[extent] * len(shapes))


def cover(shapes: list[Any], kinds: list[Any], crs: str | None = CRS) -> gpd.GeoDataFrame:
    return frame(shapes, crs, arealtype=pd.array(kinds, dtype="Int64"))


def plan(shapes: list[Any], codes: list[Any], status: list[Any]) -> gpd.GeoDataFrame:
    return frame(
        shapes,
        formaal_kode=pd.array(codes, dtype="Int64"),
        arealstatus=pd.array(status, dtype="Int64"),
    )


def account(limit: gpd.GeoDataFrame, /, *, overrides: Any = None, **layers: Any) -> Result:
    return arealregnskap(limit, **layers, parameters=load_parameters("areal", overrides))


def dekar(result: Result, table: str, column: str = "dekar") -> dict[str, float]:
    return result.table(table).frame[column].to_dict()


@pytest.fixture(scope="module")
def package(demo_folder: Path) -> DataPackage:
    return DataPackage.open(demo_folder / "datapakke")


@pytest.fixture(scope="module")
def key(demo_folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (demo_folder / "datapakke" / "nokkel.json").read_text(encoding="utf-8")
    )
    return found


@pytest.fixture(scope="module")
def example(package: DataPackage) -> Result:
    return run("areal", package, overrides={"grense": "med_sjo"})


def test_the_extent_of_each_class_is_the_key_s(example: Result, key: dict[str, Any]) -> None:
    found = dekar(example, "utstrekning", "m2")
    assert found.pop("i_alt") == pytest.approx(key["areal_med_sjo_m2"], abs=SQUARE_METRE)
    assert found.pop("ikke_dekket") == pytest.approx(0, abs=SQUARE_METRE)
    assert found == pytest.approx(key["ar5_m2"], abs=SQUARE_METRE)


def test_the_change_between_two_dates_is_the_key_s(example: Result, key: dict[str, Any]) -> None:
    flows = example.table("endring_overganger").frame.set_index(["fra", "til"])["m2"]
    planted = pd.DataFrame(key["ar5_endringer"])
    expected = {
        (AR5[row.fra], AR5[row.til]): row.areal_m2 for row in planted.itertuples(index=False)
    }
    moved = {ends: area for ends, area in flows.items() if "Ikke dekket" not in ends}
    assert moved == pytest.approx(expected, abs=SQUARE_METRE)
    appeared = sum(area for (fra, _), area in flows.items() if fra == "Ikke dekket")
    assert appeared == pytest.approx(key["ar5_bare_naa_m2"], abs=SQUARE_METRE)


def test_opening_and_closing_are_the_two_maps(example: Result, package: DataPackage) -> None:
    found = example.table("endring_arealdekke").frame.drop(index=["i_alt", "ikke dekket"])
    for layer, column in (("ar5_tidligere", "apning"), ("ar5", "lukking")):
        rows = package.read(layer, columns=["arealtype"])
        area = rows.area.groupby(rows["arealtype"]).sum() / 1e3
        assert found[column].to_dict() == pytest.approx(
            {AR5[code]: value for code, value in area.items()}, abs=SQUARE_METRE / 1e3
        )
    moved = found["apning"] + found["tilgang"] - found["avgang"]
    assert moved.to_numpy() == pytest.approx(found["lukking"].to_numpy(), abs=1e-9)


def planted_changes(key: dict[str, Any]) -> pd.DataFrame:
    changes = pd.DataFrame(key["planendringer"])
    return changes[changes["endring"] != "uendret"]


def test_each_change_of_the_plan_is_the_key_s(example: Result, key: dict[str, Any]) -> None:
    drawn = example.layer("planendring").frame
    changes = planted_changes(key)
    assert len(drawn) == len(changes)
    words = {"ny": "lagt til utbygging", "tatt ut": "tatt ut av utbygging"}
    for change in changes.itertuples(index=False):
        hit = drawn[drawn.contains(shapely.Point(change.x, change.y))]
        assert hit["dekar"].tolist() == pytest.approx([change.areal_m2 / 1e3], abs=1e-5)
        assert hit["slag"].tolist() == [words[change.endring]]
        before = f"{PURPOSES[change.fra_kode]}, {STATUS[change.fra_status]}"
        after = f"{PURPOSES[change.til_kode]}, {STATUS[change.til_status]}"
        assert (hit["fra"].item(), hit["til"].item()) == (before, after)


def test_the_flows_between_the_plans_sum_to_the_key(example: Result, key: dict[str, Any]) -> None:
    changes = planted_changes(key)
    ends = [
        changes[f"{way}_kode"].map(PURPOSES) + ", " + changes[f"{way}_status"].map(STATUS)
        for way in ("fra", "til")
    ]
    expected = changes.groupby(ends)["areal_m2"].sum().to_dict()
    found = example.table("planendring_strommer").frame.set_index(["fra", "til"])["m2"].to_dict()
    assert found == pytest.approx(expected, abs=SQUARE_METRE)


def test_what_is_taken_out_and_added_is_signed(example: Result, key: dict[str, Any]) -> None:
    changes = planted_changes(key).groupby("endring")["areal_m2"].sum() / 1e3
    for name in ("planendring_formaal", "planendring_arealdekke"):
        table = example.table(name).frame
        rows = table["gjeldende"] - table["tatt_ut"] + table["lagt_til"]
        assert rows.to_numpy() == pytest.approx(table["forslag"].to_numpy(), abs=1e-6)
        change = table["lagt_til"] - table["tatt_ut"]
        assert table["differanse"].to_numpy() == pytest.approx(change.to_numpy(), abs=1e-9)
    total = example.table("planendring_arealdekke").frame.loc["i_alt"]
    assert total["tatt_ut"] == pytest.approx(changes["tatt ut"], abs=1e-5)
    assert total["lagt_til"] == pytest.approx(changes["ny"], abs=1e-5)
    drawn = read_chart(example, next(one for one in example.charts if "regnskap" in one.name))
    assert isinstance(drawn, Ledger)
    assert [step.title for step in drawn.steps] == [
        "Gjeldende plan", "Lagt til", "Tatt ut", "Forslag"
    ]  # fmt: skip
    assert not drawn.notes
    assert example.table("planendring_formaal").frame.loc["i_alt", "differanse"] == pytest.approx(
        0, abs=1e-9
    )


def test_farmland_in_the_plan_is_what_geos_says(example: Result, package: DataPackage) -> None:
    ar5 = package.read("ar5", columns=["arealtype"])
    purposes = package.read("kommuneplan", columns=["formaal_kode", "arealstatus"])
    farmed = ar5[ar5["arealtype"].isin([21, 22, 23])]
    codes = [1110, 1120, 1300]  # all that the example's plan has of future development
    chosen = purposes[(purposes["arealstatus"] == 2) & purposes["formaal_kode"].isin(codes)]
    expected = gpd.overlay(chosen, farmed, keep_geom_type=True).area.sum() / 1e3
    assert example.facts["dyrket_framtidig"].value == pytest.approx(expected, rel=1e-9)
    assert example.facts["framtidig"].value == pytest.approx(chosen.area.sum() / 1e3, rel=1e-9)


def test_every_account_of_the_example_closes(example: Result, key: dict[str, Any]) -> None:
    balance = example.table("balanse").frame
    assert {"utstrekning", "plan", "planendring", "endring_arealdekke"} <= set(balance.index)
    assert (balance["gar_opp"] == "ja").all()
    assert (balance["relativ"].abs() <= 1e-9).all()
    right = balance["rader_m2"] + balance["ikke_dekket_m2"] - balance["talt_dobbelt_m2"]
    assert right.to_numpy() == pytest.approx(balance["grense_m2"].to_numpy(), rel=1e-9)
    assert balance["grense_m2"].tolist() == pytest.approx(
        [key["areal_med_sjo_m2"]] * len(balance), rel=1e-9
    )
    assert example.unpublishable == ()
    assert "går opp" in example.sentence


def test_the_closing_line_names_boundary_source_and_date(
    example: Result, package: DataPackage
) -> None:
    record = package.source_record("kommunegrense")
    table = example.table("balanse")
    for text in (table.note, *table.frame["grense"]):
        assert all(word in text for word in ("land og sjø", record.origin, record.date))
    assert set(table.frame["crs"]) == {CRS}


def test_the_plan_s_purposes_sum_to_the_municipality(example: Result) -> None:
    matrix = example.table("planmatrise").frame
    pivot = example.table("planmatrise_grupper").frame
    total = pivot.loc["i_alt", "sum"]
    assert matrix["dekar"].sum() == pytest.approx(total, rel=1e-12)
    assert pivot.drop(index="i_alt")["sum"].sum() == pytest.approx(total, rel=1e-12)
    groups = matrix.groupby("arealgruppe")["dekar"].sum()
    assert pivot.loc["i_alt", "dekke_jordbruk"] == pytest.approx(groups["Jordbruk"], rel=1e-12)


def test_change_on_built_land_is_counted() -> None:
    limit = boundary(box(0, 0, 100, 100))
    built = cover([box(0, 0, 100, 100)], [11])
    halves = [box(0, 0, 40, 100), box(40, 0, 100, 100)]
    found = account(
        limit,
        ar5=built,
        kommuneplan=plan(halves, [1110, 5100], [1, 1]),
        kommuneplan_forslag=plan(halves, [5100, 1110], [1, 2]),
    )
    table = found.table("planendring_arealdekke").frame.loc["Bebygd"]
    assert table[["gjeldende", "forslag", "tatt_ut", "lagt_til"]].tolist() == [4, 6, 4, 6]
    assert found.facts["dyrket_differanse"].value == 0


def test_another_status_is_a_change_but_not_of_development() -> None:
    limit = boundary(box(0, 0, 100, 100))
    found = account(
        limit,
        ar5=cover([box(0, 0, 100, 100)], [30]),
        kommuneplan=plan([box(0, 0, 100, 100)], [1110], [2]),
        kommuneplan_forslag=plan([box(0, 0, 100, 100)], [1110], [1]),
    )
    flow = found.table("planendring_strommer").frame
    assert flow[["fra", "til", "dekar"]].to_numpy().tolist() == [
        ["Boligbebyggelse, framtidig", "Boligbebyggelse, nåværende", 10.0]
    ]
    assert found.layer("planendring").frame["slag"].tolist() == ["endret formål eller status"]
    assert found.facts["tatt_ut"].value == found.facts["lagt_til"].value == 0


def test_a_row_that_both_maps_have_hides_no_other_over_it() -> None:
    whole, patch = box(0, 0, 100, 100), box(0, 0, 20, 100)
    found = account(
        boundary(whole),
        ar5_tidligere=cover([whole], [30]),
        ar5=cover([whole, patch], [30, 11]),
    )
    drawn = found.layer("endring_arealdekke").frame
    assert drawn[["fra", "til", "dekar"]].to_numpy().tolist() == [["Skog", "Bebygd", 2.0]]
    flows = found.table("endring_overganger").frame
    assert flows[["fra", "til", "dekar"]].to_numpy().tolist() == [["Skog", "Bebygd", 2.0]]


def test_gaps_overlaps_and_slivers_are_named_and_counted() -> None:
    # 0–40, 30–60 (10 m overlap), 60.5–100 (0.5 m sliver); nothing above 90 m.
    land = [box(0, 0, 40, 90), box(30, 0, 60, 90), box(60.5, 0, 100, 90)]
    found = account(boundary(box(0, 0, 100, 100)), ar5=cover(land, [21, 30, 60]))
    row = found.table("hull_og_overlapp").frame.loc["ar5"]
    # The sliver opens on the gap above it, so they are one polygon, 1 045 m².
    assert (row["hull_antall"], row["hull_m2"]) == (1, 1045)
    assert (row["overlapp_antall"], row["overlapp_m2"]) == (1, 900)
    extent = found.table("utstrekning").frame["m2"]
    assert extent["ikke_dekket"] == 1045
    assert extent["talt_dobbelt"] == -900
    assert extent.drop("i_alt").sum() == extent["i_alt"] == 10_000
    line = found.table("balanse").frame.loc["utstrekning"]
    assert line[["ikke_dekket_m2", "talt_dobbelt_m2"]].tolist() == [1045, 900]
    rules = [finding.rule for finding in found.findings]
    assert rules.count("areal.hull") == rules.count("areal.overlapp") == 1
    assert [layer.name for layer in found.layers][1] == "hull_og_overlapp"
    assert not found.layer("hull_og_overlapp").visible
    twice = found.layer("hull_og_overlapp").frame.set_index("slag").loc["Overlapp"]
    assert (twice["rader"], twice["ganger"], twice["bredde_m"]) == ("0, 1", 2, pytest.approx(10))
    assert not found.unpublishable


def test_a_closed_sliver_is_told_from_a_gap() -> None:
    land = [box(0, 0, 50, 100), box(50.5, 0, 100, 100), box(50, 0, 50.5, 1), box(50, 99, 50.5, 100)]
    limit = boundary(box(0, 0, 100, 100))
    found = account(limit, ar5=cover(land, [21, 30, 30, 30]))
    row = found.table("hull_og_overlapp").frame.loc["ar5"]
    assert (row["hull_antall"], row["hull_splint_antall"], row["hull_splint_m2"]) == (0, 1, 49)
    wide = account(limit, ar5=cover(land, [21, 30, 30, 30]), overrides={"splint_bredde_m": 0.1})
    assert wide.table("hull_og_overlapp").frame.loc["ar5", "hull_antall"] == 1


def test_a_plan_drawn_twice_is_counted_twice_and_closes() -> None:
    found = account(
        boundary(box(0, 0, 100, 100)),
        ar5=cover([box(0, 0, 100, 100)], [30]),
        kommuneplan=plan([box(0, 0, 100, 100), box(0, 0, 20, 100)], [5100, 1110], [1, 2]),
    )
    assert found.table("balanse").frame.loc["plan", "talt_dobbelt_m2"] == 2000
    pivot = found.table("planmatrise_grupper").frame["sum"]
    assert pivot["talt_dobbelt"] == -2
    assert pivot.drop("i_alt").sum() == pivot["i_alt"] == 10
    assert any(
        one.rule == "areal.overlapp" and one.layer == "kommuneplan" for one in found.findings
    )


def test_what_lies_outside_the_boundary_is_told_of() -> None:
    land = [box(0, 0, 100, 100), box(100, 0, 130, 100), box(90, 100, 110, 110)]
    found = account(boundary(box(0, 0, 120, 100)), ar5=cover(land, [30, 30, 82]))
    row = found.table("hull_og_overlapp").frame.loc["ar5"]
    assert (row["utenfor_rader"], row["utenfor_m2"]) == (2, 1200)
    assert found.table("balanse").frame.loc["utstrekning", "rader_m2"] == 12_000


def test_unknown_codes_are_named_counted_and_in_the_sums() -> None:
    land = [box(0, 0, 50, 100), box(50, 0, 80, 100), box(80, 0, 100, 100)]
    found = account(
        boundary(box(0, 0, 100, 100)),
        ar5=cover(land, [30, 77, None]),
        kommuneplan=plan(land, [1110, 4711, None], [2, 1, 9]),
        kommuneplan_forslag=plan(land, [1110, 4711, 5100], [2, 1, 1]),
    )
    extent = found.table("utstrekning").frame
    assert extent.loc[["77", "uten_kode"], "m2"].tolist() == [3000, 2000]
    assert extent.loc["77", "klassenavn"] == "ukjent kode 77"
    texts = {
        (one.layer, one.row): one.text for one in found.findings if one.rule == "areal.ukjent_kode"
    }
    assert "3,0 dekar" in texts["ar5", "1"]
    assert "«4711»" in texts["kommuneplan", "1"]
    assert "arealstatus «9»" in texts["kommuneplan", "2"]
    assert "«4711»" in texts["kommuneplan_forslag", "1"]
    note = found.table("planendring_arealdekke").note
    assert "5,0 dekar har et formål som ingen vet om er utbygging" in note
    assert not found.unpublishable


def test_a_bow_tie_is_mended_and_told_of() -> None:
    tie = shapely.Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    found = account(boundary(box(0, 0, 100, 100)), ar5=cover([tie], [30]))
    fault = next(one for one in found.findings if one.rule == "areal.geometri")
    assert (fault.layer, fault.row) == ("ar5", "0")
    assert dekar(found, "utstrekning", "m2")["30"] == 5000
    assert not found.unpublishable


@pytest.mark.parametrize("crs", ["EPSG:25833", "EPSG:4258", None])
@pytest.mark.parametrize("layer", ["ar5", "kommuneplan", "kommuneplan_forslag", "ar5_tidligere"])
def test_a_layer_in_another_crs_is_refused(crs: str | None, layer: str) -> None:
    limit = boundary(box(0, 0, 100, 100))
    layers = {
        "ar5": cover([box(0, 0, 100, 100)], [30]),
        "ar5_tidligere": cover([box(0, 0, 100, 100)], [30]),
        "kommuneplan": plan([box(0, 0, 100, 100)], [5100], [1]),
        "kommuneplan_forslag": plan([box(0, 0, 100, 100)], [5100], [1]),
    }
    layers[layer] = layers[layer].set_crs(crs, allow_override=True)
    with pytest.raises(CrsError, match=layer):
        account(limit, **layers)


@pytest.mark.parametrize("crs", ["EPSG:4258", None])
def test_a_boundary_in_degrees_or_nowhere_is_refused(crs: str | None) -> None:
    limit, land = box(10, 59, 11, 60), cover([box(10, 59, 11, 60)], [30], crs)
    with pytest.raises(CrsError, match=r"kommunegrense|grensen"):
        account(boundary(limit, crs=crs), ar5=land)


def test_the_other_boundary_is_used_and_said() -> None:
    limit = boundary(box(0, 0, 100, 100), extent="med_sjo")
    found = account(limit, ar5=cover([box(0, 0, 100, 100)], [82]))
    assert "land og sjø" in found.table("balanse").frame.loc["utstrekning", "grense"]
    assert any("ikke bare land" in text for text in found.warnings)
    with pytest.raises(LayerError, match="omfang"):
        account(boundary(box(0, 0, 1, 1), extent="?"), ar5=cover([box(0, 0, 1, 1)], [30]))


def test_the_finest_land_cover_is_used_unless_another_is_asked_for() -> None:
    square = [box(0, 0, 100, 100)]
    layers = {
        "ar5": cover(square, [21]),
        "grunnkart": frame(square, arealdekke_niva1=["jordbruk"]),
        "arealdekke": frame(square, klasse=["dyrket"]),
    }
    limit = boundary(*square)
    assert "21" in account(limit, **layers).table("utstrekning").frame.index
    for name, kind in (("grunnkart", "jordbruk"), ("arealdekke", "dyrket")):
        found = account(limit, **layers, overrides={"grunnlag": name})
        assert found.table("utstrekning").frame.loc[kind, "m2"] == 10_000
        assert ("generalisert" in " ".join(found.warnings)) == (name == "arealdekke")
    with pytest.raises(ParameterError, match="grunnkart"):
        account(limit, ar5=layers["ar5"], overrides={"grunnlag": "grunnkart"})
    with pytest.raises(LayerError, match="arealdekke"):
        account(limit)


def test_an_account_that_does_not_close_must_not_be_published() -> None:
    limit = boundary(box(0, 0, 100, 100))
    found = account(limit, ar5=cover([box(0, 0, 60, 100)], [30]))
    assert found.unpublishable == ()
    from askergeo.overlay.account import account as overlay  # noqa: PLC0415

    whole = overlay({"ar5": cover([box(0, 0, 60, 100)], [30])}, by={}, boundary=limit)
    broken = replace(whole, balance=replace(whole.balance, not_covered_m2=3999.0))
    named = closing.NamedAccount("utstrekning", "Arealdekke nå", broken)
    assert closing.unpublishable([named]) == (
        "Regnskapet «Arealdekke nå» går ikke opp: det mangler 1,000 m² av 10\u00a0000 m².",
    )
    # Then the gaps lie on top of the map and are seen when the page opens.
    answer = replace(found.layers[0], name="svar")
    drawn = closing.with_mismatches([answer], [named], 1.0, closes=False)
    assert [(layer.name, layer.visible) for layer in drawn] == [
        ("svar", True),
        ("hull_og_overlapp", True),
    ]


def test_asker_from_open_maps_closes(asker_package: Path) -> None:
    package = DataPackage.open(asker_package)
    found = run("areal", package)
    assert not found.unpublishable
    line = found.table("balanse").frame.loc["utstrekning"]
    limit = package.read("kommunegrense")
    land = limit[(limit["kommunenummer"] == "3203") & (limit["omfang"] == "land")].geometry.item()
    covered = shapely.union_all(package.read("arealdekke").geometry.to_numpy())
    uncovered = shapely.difference(land, covered).area
    assert line["ikke_dekket_m2"] == pytest.approx(uncovered, rel=1e-9)
    assert line["grense_m2"] == pytest.approx(land.area, rel=1e-12)
    assert line["ellipsoide_m2"] == pytest.approx(line["grense_m2"], rel=1e-3)
    # Lakes, and where the maps of 1:1 000 000 and the boundary draw the shore differently.
    share = found.table("utstrekning").frame.loc["ikke_dekket", "andel"]
    assert share == pytest.approx(2.65, abs=0.01)
    assert "9944,9 dekar av dem har ingen klasse i Arealdekke (forenklet)" in found.sentence
    assert np.isfinite(found.table("utstrekning").frame["m2"]).all()
