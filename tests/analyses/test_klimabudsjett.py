"""The climate budget's row by hand: a forest that is built on over two years, and what is unknown.

A hectare of spruce on high site that is paved emits 70 × 1.39 × 0.51 t C at once, and a twentieth
of 55 + 117 × 0.2 t C each year for 20 years.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.analyses.klimabudsjett import build_weights, klimabudsjett
from askergeo.errors import ParameterError
from askergeo.outputs.charts import read_chart
from askergeo.outputs.year import YearBars
from askergeo.parameters import load_parameters
from askergeo.result import SourceRecord

CRS = "EPSG:25832"
C = 44 / 12
ONCE, YEARLY = 70 * 1.39 * 0.51 * C, (55 + 117 * 0.2) * C / 20
ROW = "Skog og annen arealbruk"
ABSENT = "foreligger ikke"


def frame(box, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*box)], crs=CRS)


def run(parameters=None, number="3203", **layers):
    forest = frame(
        (0, 0, 1000, 1000), arealtype=[30], skogbonitet=[14], treslag=[31], grunnforhold=[44]
    )
    plan = frame((0, 0, 100, 100), formaal_kode=[1110], arealstatus=[2])
    given = {
        "ar5": forest,
        "kommunegrense": frame((0, 0, 1000, 1000), kommunenummer=[number], omfang=["land"]),
        "kommuneplan": plan,
    }
    paved = {"tett_dekke": "01=100", "gront": "01=0", "fra_aar": "2024", "til_aar": "2025"}
    chosen = load_parameters("klimabudsjett", paved | (parameters or {}))
    return klimabudsjett(**(given | layers), parameters=chosen)


def cells(result):
    return result.table("klimabudsjett").frame.set_index("sektor")


def test_the_row_by_hand():
    table = cells(run())
    # Half a hectare in 2024 and half in 2025; in 2027 nothing is new, and all decays.
    assert table.loc[ROW, "budsjett_2024"] == pytest.approx((ONCE + YEARLY) / 2)
    assert table.loc[ROW, "budsjett_2027"] == pytest.approx(YEARLY)
    # A goal cannot be reckoned, and of 2021 a plan from 2024 says nothing.
    assert table.loc[ROW, ["mal_2021", "utslipp_2021"]].tolist() == [ABSENT, ABSENT]
    assert "95 %-intervall 2024" in table.loc[ROW, "merknad"]


def test_the_years_sum_to_the_whole():
    years = run().table("per_aar").frame.set_index("aar")
    assert years["sum_t"].sum() == pytest.approx(ONCE + 20 * YEARLY)
    assert years.loc[2025, "engang_t"] == pytest.approx(ONCE / 2)
    assert years.loc[2045, "sum_t"] == pytest.approx(0, abs=1e-9)
    assert (years["lav_t"] <= years["sum_t"]).all()
    assert (years["sum_t"] <= years["hoy_t"]).all()


def test_the_years_are_drawn_as_the_table_has_them():
    result = run()
    drawn = read_chart(result, result.charts[0])
    assert isinstance(drawn, YearBars)
    years = result.table("per_aar").frame
    assert drawn.years == tuple(str(year) for year in years["aar"])
    assert [one.title for one in drawn.series] == ["Engangsutslipp", "Årlige utslipp"]
    for one, name in zip(drawn.series, ("engang_t", "per_aar_t"), strict=True):
        assert list(one.numbers) == pytest.approx(years[name].tolist())
    # What takes no new land has no years to draw.
    assert run(kommuneplan=frame((0, 0, 9, 9), formaal_kode=[3001], arealstatus=[2])).charts == ()


def test_range_of_a_year_is_that_of_its_factors():
    years = run().table("per_aar").frame.set_index("aar")
    # In 2030 litter (7–123) and soil (117 ± 50 %, of which 0.8 (0.7–0.9) is left) emit.
    sides = np.array([48.0, 117 * 0.2 / 2, 117 * 0.1]) * C / 20
    assert years.loc[2030, "sum_t"] - years.loc[2030, "lav_t"] == pytest.approx(
        np.sqrt((sides**2).sum())
    )


def test_the_other_rows_are_askers_own():
    table = cells(run())
    assert table.columns[:4].tolist() == [
        "mal_2021",
        "utslipp_2021",
        "budsjett_2024",
        "budsjett_2027",
    ]
    assert table.loc["Veitrafikk: tungtrafikk"].tolist()[:4] == [17026, 17524, 17306, 16756]
    assert table["utslipp_2021"].drop(ROW).sum() == 76571 + 17524 + 11295 + 27551 + 26666 + 11540


def test_another_municipality_does_not_get_askers_figures():
    result = run(number="9999")
    assert set(cells(result)["budsjett_2024"].drop(ROW)) == {ABSENT}
    assert any("ikke Asker" in text for text in result.warnings)


def test_a_table_without_figures_names_no_source_of_them():
    for number, named in (("3203", True), ("9999", False)):
        result = run(number=number)
        told = [
            result.table("klimabudsjett").note,
            *result.table("fotnoter").frame["tekst"],
            *result.reading,
        ]
        assert any("Handlingsprogram" in text for text in told) is named
        assert any("De andre radene har ingen tall" in text for text in told) is not named
        assert any("kolonner som kommunens egen" in text for text in told) is named
        assert any("kolonner som Askers" in text for text in told) is not named


def test_footnotes_count_the_placeholders_as_the_warning_does():
    result = run()
    (warning,) = (text for text in result.warnings if "faktorer er plassholdere" in text)
    notes = " ".join(result.table("fotnoter").frame["tekst"])
    assert f" {warning.partition(':')[0]}." in notes
    assert "De fleste" not in notes


def test_building_before_the_date_of_the_data_is_told():
    source = SourceRecord(
        layer="ar5", title="AR5", origin="", date="2025-12-31", sha256="", rows=1, licence="",
        attribution="",
    )  # fmt: skip
    early = run(kilder={"ar5": source})
    assert any("Første byggeår er satt til 2024" in text for text in early.warnings)
    assert "forutsatt utbygd 2024–2025" in early.sentence
    late = run({"fra_aar": "2025", "til_aar": "2025"}, kilder={"ar5": source})
    assert not any("Første byggeår" in text for text in (*late.warnings, *run().warnings))
    assert late.sentence.count("forutsatt utbygd 2025.") == 1


def test_the_map_shows_the_land_that_is_built_on():
    names = [one.name for one in run().layers]
    assert names == ["land_og_sjo", "plan_1"]
    assert run().layers[1].frame["dekar"].sum() == pytest.approx(10)


def test_own_table_and_other_columns():
    own = pd.DataFrame(
        {
            "sektor": ["Sjøfart"],
            "kolonne": ["budsjett"],
            "aar": [2028],
            "tonn": [5.0],
            "kilde": ["vi"],
        }
    )
    table = cells(run(number="9999", klimabudsjett=own))
    assert table.loc["Sjøfart", "budsjett_2028"] == 5
    assert table.loc[ROW, "budsjett_2028"] == pytest.approx(YEARLY)
    chosen = cells(run({"kolonner": "budsjett 2025,mål 2030"}))
    assert chosen.loc[ROW, "budsjett_2025"] == pytest.approx((ONCE + 2 * YEARLY) / 2)
    assert chosen.loc[ROW, "mal_2030"] == ABSENT
    assert chosen.loc["Sjøfart", "budsjett_2025"] == ABSENT
    with pytest.raises(ParameterError, match="plan 2030"):
        run({"kolonner": "plan 2030"})


def test_decisions_of_a_year_are_built_in_it():
    decision = frame(
        (0, 0, 100, 100),
        vedtak_id=["1"],
        sakstype=["plan"],
        vedtaksdato=pd.to_datetime(["2023-05-01"]),
        formaal_kode=[1110],
    )
    asked = {"endring": "vedtak", "vedtaksaar": "2023", "fra_aar": "0", "til_aar": "0"}
    table = cells(run(asked, arealvedtak=decision))
    assert table.loc[ROW, "budsjett_2024"] == pytest.approx(YEARLY)


def test_years_that_do_not_go_together():
    with pytest.raises(ParameterError, match="før første byggeår"):
        run({"fra_aar": "2030", "til_aar": "2025"})
    result = run({"fra_aar": "2040", "til_aar": "2041"})
    assert "kan ikke fylles ut" in result.sentence
    assert set(cells(result).loc[ROW].tolist()[:4]) == {ABSENT}


def test_a_plan_that_takes_nothing_leaves_the_row_unfilled():
    nothing = frame((0, 0, 100, 100), formaal_kode=[5100], arealstatus=[1])
    result = run(kommuneplan=nothing)
    assert "tar ikke nytt areal" in result.sentence
    assert set(cells(result).loc[ROW].tolist()[:4]) == {ABSENT}


def test_weights_are_shares_of_each_building_year():
    weights = build_weights(2024, 2028, 2060)
    assert weights.sum(axis=1)[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert weights[:, 0].sum() == pytest.approx(1)
    assert (weights >= 0).all()


def test_shared_parameters_say_the_same_as_those_of_carbon():
    carbon = {one.name: one for one in load_parameters("karbon")}
    shared = [one for one in load_parameters("klimabudsjett") if one.name in carbon]
    assert len(shared) > 15
    assert all(one == carbon[one.name] for one in shared)
