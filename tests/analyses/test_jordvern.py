"""The farmland ledger by hand, against the example's key and GEOS, and what must be told apart.

The small place: field 0–500 m east, pasture 500–600, forest from there to 1000; the forest's first
100 m are tillable, and so is a strip of the field, which counts as field.
"""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses.jordvern import jordvern
from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError
from askergeo.parameters import load_parameters

CRS = "EPSG:25832"


def frame(*boxes, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*box) for box in boxes], crs=CRS)


def run(parameters=None, number="9999", **layers):
    strips = ((0, 0, 500, 1000), (500, 0, 600, 1000), (600, 0, 1000, 1000))
    given = {
        "ar5": frame(*strips, arealtype=[21, 23, 30]),
        "dyrkbar_jord": frame((450, 0, 700, 1000), klasse=["dyrkbar"]),
        "kommunegrense": frame((0, 0, 1000, 1000), kommunenummer=[number], omfang=["land"]),
    }
    return jordvern(**(given | layers), parameters=load_parameters("jordvern", parameters))


def plans(*rows, status=3):
    """Rows of (box, code, date), a plan each."""
    boxes, codes, dates = zip(*rows, strict=True)
    names = [f"P{number}" for number in range(len(rows))]
    areas = frame(
        *boxes,
        planid=names,
        plannavn=["plan"] * len(rows),
        planstatus=[status] * len(rows),
        ikrafttredelse=pd.to_datetime(list(dates)),
    )
    purposes = frame(*boxes, planid=names, formaal_kode=list(codes), vertikalniva=[2] * len(rows))
    return {"reguleringsplan": areas, "reguleringsplan_formaal": purposes}


def decisions(*rows):
    """Rows of (box, case type, date, code)."""
    boxes, kinds, dates, codes = zip(*rows, strict=True)
    return frame(
        *boxes,
        vedtak_id=[str(number) for number in range(len(rows))],
        sakstype=list(kinds),
        vedtaksdato=pd.to_datetime(list(dates)),
        formaal_kode=pd.array(list(codes), dtype="Int64"),
    )


def years(result):
    return result.table("per_aar").frame


def test_a_plan_over_all_kinds_of_land():
    # 100 m of field, 100 of pasture, 100 of tillable forest and 100 of other forest; 10 m high.
    result = run(**plans(((400, 0, 800, 10), 1110, "2020-03-01")))
    row = years(result).loc["2020"]
    assert (row["dyrket"], row["dyrkbar"], row["sum"]) == pytest.approx((2, 1, 3))
    assert (row["mal"], row["over"]) == pytest.approx((0, 3))
    purpose = result.table("per_formaal").frame.iloc[0]
    assert (purpose["fulldyrka"], purpose["beite"], purpose["dyrkbar"]) == pytest.approx((1, 1, 1))
    assert result.layer("omdisponert").frame["dekar"].sum() == pytest.approx(3)
    assert result.unpublishable == ()


def test_the_first_decision_counts_and_the_later_is_told():
    same = (0, 0, 100, 10)
    result = run(
        **plans((same, 1110, "2021-01-01"), (same, 1300, "2016-01-01")),
        arealvedtak=decisions((same, "jordlov", "2018-01-01", None)),
    )
    assert years(result)["sum"].to_dict() == pytest.approx(
        {str(year): 1.0 * (year == 2016) for year in range(2015, 2022)} | {"i_alt": 1.0}
    )
    told = [one for one in result.findings if one.rule == "jordvern.talt_for"]
    assert "2 planer og vedtak" in told[0].text


def test_what_a_purpose_means():
    result = run(
        **plans(
            ((0, 0, 100, 10), 5100, "2020-01-01"),  # LNFR: no conversion
            ((0, 20, 100, 30), 3040, "2020-01-01"),  # green structure: apart
            ((0, 40, 100, 50), 1234, "2020-01-01"),  # unknown: apart, and named
        )
    )
    row = years(result).loc["2020"]
    assert (row["sum"], row["annet"], row["ukjent"]) == pytest.approx((0, 1, 1))
    assert any("1234" in one.text for one in result.findings)
    assert any("formålet er ukjent" in text for text in result.warnings)


def test_houses_after_a_park_are_a_conversion():
    same = (0, 0, 100, 10)
    row = years(run(**plans((same, 3040, "2016-01-01"), (same, 1110, "2020-01-01"))))
    assert row.loc["2020", "sum"] == pytest.approx(1)
    assert row["annet"].sum() == 0


def test_decisions_without_purpose():
    result = run(
        arealvedtak=decisions(
            ((0, 0, 100, 10), "jordlov", "2019-05-01", None),
            ((0, 20, 100, 30), "dispensasjon", "2019-05-01", None),
        )
    )
    row = years(result).loc["2019"]
    assert (row["sum"], row["ukjent"]) == pytest.approx((1, 1))
    assert "jordvern.uten_formaal" in {one.rule for one in result.findings}


def test_no_date_is_a_row_and_old_years_another():
    result = run(
        **plans(((0, 0, 100, 10), 1110, None), ((0, 20, 100, 30), 1110, "1990-01-01")),
        arealvedtak=decisions(((0, 40, 100, 50), "jordlov", "2016-01-01", None)),
    )
    found = years(result)["sum"]
    assert found["ukjent år"] == found["før 2015"] == found["2016"] == pytest.approx(1)
    assert found["i_alt"] == pytest.approx(3)
    assert any("uten dato" in text for text in result.warnings)
    assert "jordvern.uten_dato" in {one.rule for one in result.findings}


def test_plans_that_do_not_count_are_named():
    one = ((0, 0, 100, 10), 1110, "2020-01-01")
    assert "jordvern.planstatus" in {f.rule for f in run(**plans(one, status=2)).findings}
    below = plans(one)
    below["reguleringsplan_formaal"]["vertikalniva"] = 1
    result = run(**below)
    assert "areal.vertikalniva" in {f.rule for f in result.findings}
    assert len(years(result).drop(index="i_alt", errors="ignore")) == 0
    bare = plans(one, ((0, 20, 100, 30), 1110, "2020-01-01"))
    bare["reguleringsplan_formaal"] = bare["reguleringsplan_formaal"].iloc[:1]
    assert "jordvern.uten_formaal" in {f.rule for f in run(**bare).findings}
    orphan = plans(one, ((0, 20, 100, 30), 1110, "2020-01-01"))
    orphan["reguleringsplan"] = orphan["reguleringsplan"].iloc[:1]
    result = run(**orphan)
    assert "jordvern.plan_mangler" in {f.rule for f in result.findings}
    assert years(result).loc["ukjent år", "sum"] == pytest.approx(1)


def test_tillable_land_that_is_not_mapped_is_unknown():
    result = run(dyrkbar_jord=None, **plans(((400, 0, 800, 10), 1110, "2020-03-01")))
    row = years(result).loc["2020"]
    assert row["dyrket"] == pytest.approx(2)
    assert pd.isna(row["dyrkbar"])
    assert pd.isna(row["sum"])
    assert "dyrket jord" in result.sentence
    assert ".." not in result.sentence


def test_farmland_that_has_been_built_on_is_found_in_the_earlier_map():
    plan = plans(((0, 0, 100, 10), 1110, "2020-03-01"))
    now = frame((0, 0, 1000, 1000), arealtype=[11])
    gone = run(ar5=now, **plan)
    assert years(gone).loc["2020", "dyrket"] == 0
    assert any("for lave" in text for text in gone.warnings)
    before = frame((0, 0, 1000, 1000), arealtype=[21])
    assert years(run(ar5=now, ar5_tidligere=before, **plan)).loc["2020", "dyrket"] == pytest.approx(
        1
    )


def test_what_is_planned_is_signed_and_not_mixed():
    columns = {"formaal_kode": [1110], "arealstatus": [2]}
    result = run(
        kommuneplan=frame((0, 0, 100, 10), **columns),
        kommuneplan_forslag=frame((550, 0, 650, 10), **columns),
    )
    table = result.table("planlagt").frame.query("gruppe == 'I alt'").set_index("sak")
    assert table["sum"].tolist() == pytest.approx([1, 1, 0])
    assert table["dyrkbar"].tolist() == pytest.approx([0, 0.5, 0.5])
    assert "Ingen vedtatte planer" in result.sentence


def test_reported_figures_stand_beside():
    assert "rapportert" not in {table.name for table in run().tables}
    reported = run(number="3203").table("rapportert").frame
    assert reported["dekar"].tolist() == [90, 44, 99, 68]


def test_another_zone_is_refused():
    with pytest.raises(CrsError, match="dyrkbar_jord"):
        run(dyrkbar_jord=frame((0, 0, 1, 1)).set_crs("EPSG:25833", allow_override=True))


@pytest.fixture(scope="module")
def package(demo_folder):
    return DataPackage.open(demo_folder / "datapakke")


def test_decisions_of_the_example_are_those_of_its_key(package):
    key = json.loads((package.path / "nokkel.json").read_text(encoding="utf-8"))["arealvedtak"]
    layers = {name: package.read(name) for name in ("ar5", "kommunegrense", "arealvedtak")}
    frame = years(jordvern(**layers, parameters=load_parameters("jordvern")))
    for year, area in key["dyrket_m2"].items():
        assert frame.loc[year, "dyrket"] * 1e3 == pytest.approx(area, abs=1), year


def test_plans_of_the_example_are_those_of_geos(package):
    names = ("ar5", "kommunegrense", "dyrkbar_jord", "reguleringsplan", "reguleringsplan_formaal")
    layers = {name: package.read(name) for name in names}
    result = jordvern(**layers, parameters=load_parameters("jordvern", {"fra_aar": "1900"}))
    purposes = layers["reguleringsplan_formaal"]
    built = purposes[purposes["formaal_kode"].between(1000, 2999)]
    land = layers["ar5"][layers["ar5"]["arealtype"].isin([21, 22, 23])]
    farmed = shapely.union_all(land.geometry.array)
    tillable = shapely.difference(shapely.union_all(layers["dyrkbar_jord"].geometry.array), farmed)
    whole = shapely.union_all(built.geometry.array)
    total = years(result).loc["i_alt"]
    assert total["dyrket"] * 1e3 == pytest.approx(whole.intersection(farmed).area, abs=1)
    assert total["dyrkbar"] * 1e3 == pytest.approx(whole.intersection(tillable).area, abs=1)
