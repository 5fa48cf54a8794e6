"""Carbon by hand, against GEOS on the example, and what must not pass in silence.

The small place: 100 ha of land, x 0–1000 m and y 0–1000 m, cut by x into spruce on high site
(0–400), field (400–700), bog (700–800), built (800–900) and lake (900–1000). A hectare of spruce
that is paved emits 70 × 1.39 × 0.51 t C of trees, 55 of litter and 117 × 0.2 of soil.
"""

from __future__ import annotations

import itertools
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.analyses._carbon_shares import load_shares
from askergeo.analyses.karbon import karbon
from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError, LayerError, ParameterError, SourceError
from askergeo.parameters import load_parameters

CRS = "EPSG:25832"
C = 44 / 12
PAVED = (70 * 1.39 * 0.51 + 55 + 117 * 0.2) * C
# Lawn keeps trees' and litter's loss, and gains 14 % of the soil's carbon.
LAWN = (70 * 1.39 * 0.51 + 55 - 117 * 0.14) * C
PEAT = (50 * 10 + 2) * C
CHANGE = "Endring: forslaget minus gjeldende plan"


def frame(*boxes, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shapely.box(*box) for box in boxes], crs=CRS)


def ar5(**more):
    edges = (0, 400, 700, 800, 900, 1000)
    boxes = [(a, 0, b, 1000) for a, b in itertools.pairwise(edges)]
    columns = {
        "arealtype": [30, 21, 60, 11, 81],
        "skogbonitet": [14, 98, 98, 98, 98],
        "treslag": [31, 98, 98, 98, 98],
        "grunnforhold": [44, 44, 45, 46, 98],
    }
    return frame(*boxes, **{**columns, **more})


def boundary():
    return frame((0, 0, 1000, 1000), kommunenummer=["9999"], omfang=["land"])


def plan(*rows):
    """Rows of (box, code, status)."""
    boxes, codes, status = zip(*rows, strict=True)
    return frame(*boxes, formaal_kode=list(codes), arealstatus=list(status))


def run(parameters=None, **layers):
    layers = {"ar5": ar5(), "kommunegrense": boundary(), **layers}
    return karbon(**layers, parameters=load_parameters("karbon", parameters))


def cases(result):
    return result.table("endring").frame.set_index("sak")


def test_stock_by_class_closes_and_unknown_is_not_zero():
    stock = run().table("lager").frame
    assert stock.loc["skog_bar_hoy", "sum_t_c"] == pytest.approx(40 * (70 * 1.39 * 0.51 + 55 + 117))
    assert stock.loc["myr", "t_co2_ha"] == pytest.approx(PEAT)
    assert stock.loc["myr", "aarlig_ha"] != stock.loc["myr", "aarlig_ha"]  # unknown
    assert stock.loc["dyrka", "aarlig_ha"] == 0
    assert pd.isna(stock.loc["vann", "sum_t_c"])
    parts = stock.drop(index="i_alt")
    assert parts["ha"].sum() == stock.loc["i_alt", "ha"] == pytest.approx(100)
    assert stock.loc["i_alt", "lav_t_c"] < stock.loc["i_alt", "sum_t_c"]


def test_houses_in_the_forest_by_hand():
    result = run(kommuneplan=plan(((0, 0, 100, 100), 1110, 2), ((0, 200, 100, 300), 1110, 1)))
    row = cases(result).loc["Gjeldende kommuneplan"]
    # One hectare of group 01: 45 % paved, 35 % lawn, 20 % left alone; what is there is not new.
    assert row["sum_t"] == pytest.approx(0.45 * PAVED + 0.35 * LAWN)
    assert row["engang_t"] == pytest.approx(0.8 * 70 * 1.39 * 0.51 * C)
    assert (row["tett"], row["gront"], row["urort"]) == pytest.approx((4.5, 3.5, 2.0))
    assert row["lav_t"] < row["sum_t"] < row["hoy_t"]
    assert "plassholdere" in result.sentence
    assert any("plassholdere" in text for text in result.warnings)


def test_what_is_built_or_has_no_factor_is_told_apart():
    # From the bog over the built strip into the lake: 10 dekar of each.
    result = run(kommuneplan=plan(((700, 0, 1000, 100), 1300, 2)))
    left = result.table("ikke_regnet").frame.set_index("grunn")["dekar"]
    assert left.to_dict() == {
        "Bygd fra før": pytest.approx(10.0),
        "Vann, fjell eller ukjent arealtype: ingen faktor": pytest.approx(10.0),
    }
    row = cases(result).iloc[0]
    assert row["dekar"] == pytest.approx(10.0)
    # Group 06 digs out 90 % of the peat.
    assert row["sum_t"] == pytest.approx(0.9 * PEAT)
    assert row["organisk_t"] == pytest.approx(0.9 * 500 * C)
    assert len(result.layer("organisk_jord").frame) == 1


def test_the_proposal_against_the_plan_is_signed():
    old = plan(((0, 0, 100, 100), 1110, 2), ((0, 500, 100, 600), 1300, 2))
    new = plan(
        ((0, 0, 100, 100), 5100, 1), ((0, 500, 100, 600), 1300, 2), ((0, 700, 200, 800), 1110, 2)
    )
    result = run(kommuneplan=old, kommuneplan_forslag=new)
    rows = cases(result)
    houses = 0.45 * PAVED + 0.35 * LAWN
    assert rows.loc[CHANGE, "sum_t"] == pytest.approx(2 * houses - houses)
    difference = rows.loc["Planforslaget"] - rows.loc["Gjeldende kommuneplan"]
    for name in ("dekar", "sum_t", "engang_t", "organisk_t"):
        assert rows.loc[CHANGE, name] == pytest.approx(difference[name])
    by_direction = result.table("formaal").frame.query("sak == @CHANGE").set_index("retning")
    assert by_direction.loc["spares", "dekar"] == pytest.approx(-10)
    assert by_direction.loc["legges til", "dekar"] == pytest.approx(20)
    drawn = result.layer("endring").frame
    assert sorted(drawn["retning"]) == ["legges til", "spares"]
    assert "mer enn gjeldende plan" in result.sentence


def test_the_same_plan_twice_changes_nothing():
    one = plan(((0, 0, 100, 100), 1110, 2))
    rows = cases(run(kommuneplan=one, kommuneplan_forslag=one.copy()))
    assert rows.loc[CHANGE, ["dekar", "sum_t", "lav_t", "hoy_t"]].tolist() == [0, 0, 0, 0]


def test_a_plan_that_lays_out_nothing_is_a_known_zero():
    old = plan(((0, 0, 100, 100), 1110, 1))
    new = plan(((0, 0, 100, 100), 1110, 2))
    rows = cases(run(kommuneplan=old, kommuneplan_forslag=new))
    assert rows.loc["Gjeldende kommuneplan", "sum_t"] == 0
    assert rows.loc[CHANGE, "sum_t"] == rows.loc["Planforslaget", "sum_t"] > 0
    assert "Ingen plan legger ut nytt areal" in run(kommuneplan=old).sentence


def test_parts_sum_to_the_whole():
    result = run(kommuneplan=plan(((0, 0, 800, 50), 1110, 2), ((0, 100, 800, 150), 2010, 2)))
    total = cases(result).iloc[0]["sum_t"]
    for name in ("formaal", "arealdekke", "flyt"):
        assert result.table(name).frame["sum_t"].sum() == pytest.approx(total)
    path = result.table("bane").frame
    assert path["sum_t"].head(20).sum() == pytest.approx(total)
    assert path["samlet_t"].iloc[-1] == pytest.approx(path["sum_t"].sum())
    assert result.layer("plan_1").frame["t"].sum() == pytest.approx(total)
    span = result.table("spenn").frame.query("valgt == 'valgt'")
    assert span["sum_1_t"].tolist() == [pytest.approx(total)]
    assert set(result.table("spenn").frame["sone"]) == {"boreal", "kald temperert"}


def test_polygons_over_each_other_count_once_and_are_named():
    twice = plan(((0, 0, 100, 100), 1110, 2), ((0, 0, 100, 50), 1110, 2))
    result = run(kommuneplan=twice)
    assert cases(result).iloc[0]["dekar"] == pytest.approx(10)
    assert "areal.overlapp" in {one.rule for one in result.findings}


def test_unknown_codes_are_counted_and_named():
    result = run(kommuneplan=plan(((0, 0, 100, 100), 1110, 2), ((0, 200, 100, 300), 1234, 2)))
    left = result.table("ikke_regnet").frame.set_index("grunn")["dekar"]
    assert left["Ukjent om formålet er utbygging"] == pytest.approx(10)
    assert any("1234" in one.text for one in result.findings)
    assert any("ikke regnet" in text for text in result.warnings)


def zoning(codes=(1110, 1110), levels=(2, 2), dates=("2020-01-01", "2024-01-01")):
    boxes = [(0, 0, 100, 100), (0, 50, 100, 150)]
    areas = frame(
        *boxes,
        planid=["A", "B"],
        plannavn=["Eldre", "Nyere"],
        planstatus=[3, 3],
        ikrafttredelse=pd.to_datetime(list(dates)),
    )
    purposes = frame(*boxes, planid=["A", "B"], formaal_kode=list(codes), vertikalniva=list(levels))
    return {"reguleringsplan": areas, "reguleringsplan_formaal": purposes}


def test_zoning_plans_the_newest_holds():
    rows = cases(run({"endring": "reguleringsplan"}, **zoning()))
    assert rows["dekar"].to_dict() == pytest.approx({"I alt": 15, "A Eldre": 5, "B Nyere": 10})
    alone = cases(run({"endring": "reguleringsplan", "planid": "A"}, **zoning()))
    assert alone["dekar"].to_dict() == pytest.approx({"A Eldre": 10})


def test_a_tunnel_takes_no_land():
    result = run({"endring": "reguleringsplan"}, **zoning(levels=(2, 1)))
    assert cases(result)["dekar"].to_dict() == pytest.approx({"A Eldre": 10})
    assert "areal.vertikalniva" in {one.rule for one in result.findings}


def decisions(**more):
    columns = {
        "vedtak_id": ["1", "2", "3"],
        "sakstype": ["plan", "byggetillatelse", "dispensasjon"],
        "vedtaksdato": pd.to_datetime(["2023-05-01", "2024-05-01", None]),
        "formaal_kode": pd.array([1110, 1110, 1110], dtype="Int64"),
    }
    boxes = [(0, 0, 100, 100), (0, 50, 100, 150), (0, 300, 100, 400)]
    return frame(*boxes, **{**columns, **more})


def test_decisions_by_year_the_first_counts():
    rows = cases(run({"endring": "vedtak"}, arealvedtak=decisions()))
    expected = {"I alt": 25, "Vedtak 2023": 10, "Vedtak 2024": 5, "Vedtak ukjent år": 10}
    assert rows["dekar"].to_dict() == pytest.approx(expected)
    only = cases(run({"endring": "vedtak", "vedtaksaar": "2024"}, arealvedtak=decisions()))
    assert only["dekar"].to_dict() == pytest.approx({"Vedtak 2024": 10})
    with pytest.raises(ParameterError, match="2019"):
        run({"endring": "vedtak", "vedtaksaar": "2019"}, arealvedtak=decisions())


def test_decisions_are_held_against_what_was_there_before():
    built = ar5(arealtype=[11, 21, 60, 11, 81])
    asked = {"endring": "vedtak"}
    today = run(asked, ar5=built, arealvedtak=decisions())
    assert not any(table.name == "endring" for table in today.tables)
    assert any("ar5_tidligere" in text for text in today.warnings)
    before = run(asked, ar5=built, ar5_tidligere=ar5(), arealvedtak=decisions())
    assert cases(before).loc["I alt", "dekar"] == pytest.approx(25)


def own_factor(**cells):
    row = {
        "id": "egen", "sone": "alle", "klasse": None, "fra": "skog", "til": "bebygd",
        "jordtype": None, "beholdning": "samlet", "gass": "CO2e", "verdi": "300", "lav": "200",
        "hoy": "400", "enhet": "t CO2e/ha", "horisont": "per år", "aar": "20", "kilde": "egen",
        "versjon": "2025", "sikkerhet": "kjent", "plassholder": "nei",
    }  # fmt: skip
    return pd.DataFrame([row | cells])


def test_own_factors_are_used_and_checked():
    houses = plan(((0, 0, 100, 100), 1110, 2))
    row = cases(run(kommuneplan=houses, karbonfaktor=own_factor())).iloc[0]
    assert row["sum_t"] == pytest.approx(0.8 * 300)
    with pytest.raises(SourceError, match=r"rad 2, kolonnen «enhet»: mangler"):
        run(kommuneplan=houses, karbonfaktor=own_factor(enhet=None))
    with pytest.raises(SourceError, match=r"klassen «skogg» finnes ikke"):
        run(kommuneplan=houses, karbonfaktor=own_factor(fra="skogg"))


def test_shares_can_be_set_and_are_checked():
    houses = plan(((0, 0, 100, 100), 1110, 2))
    row = cases(run({"tett_dekke": "01=100", "gront": "01=0"}, kommuneplan=houses)).iloc[0]
    assert row["sum_t"] == pytest.approx(PAVED)
    for wrong in ("01=120", "99=5", "01", "01=70"):
        with pytest.raises(ParameterError):
            run({"tett_dekke": wrong}, kommuneplan=houses)
    shares = load_shares()
    assert shares[["tett", "gront", "urort"]].sum(axis=1).tolist() == [100] * len(shares)


def test_uncertain_areas_widen_the_range():
    houses = plan(((0, 0, 100, 100), 1110, 2))
    plain = cases(run(kommuneplan=houses)).iloc[0]
    wide = cases(run({"arealusikkerhet": "50"}, kommuneplan=houses)).iloc[0]
    below = plain["sum_t"] - plain["lav_t"]
    expected = (below**2 + (0.5 * plain["sum_t"]) ** 2) ** 0.5
    assert wide["sum_t"] - wide["lav_t"] == pytest.approx(expected)


def test_what_is_not_there_is_said():
    with pytest.raises(LayerError, match="kommuneplan_forslag"):
        run({"endring": "forslag"}, kommuneplan=plan(((0, 0, 9, 9), 1110, 2)))
    with pytest.raises(ParameterError, match="«Z»"):
        run({"endring": "reguleringsplan", "planid": "Z"}, **zoning())
    with pytest.raises(CrsError, match="kommuneplan"):
        run(kommuneplan=plan(((0, 0, 9, 9), 1110, 2)).set_crs("EPSG:25833", allow_override=True))
    alone = run()
    assert any("Endring er ikke regnet" in text for text in alone.warnings)


@pytest.fixture(scope="module")
def package(demo_folder):
    return DataPackage.open(demo_folder / "datapakke")


def test_areas_on_the_example_are_those_of_geos(package):
    layers = {
        name: package.read(name)
        for name in ("ar5", "kommunegrense", "kommuneplan", "kommuneplan_forslag")
    }
    result = karbon(**layers, parameters=load_parameters("karbon"))
    assert result.unpublishable == ()
    land = layers["ar5"]
    open_land = land[land["arealtype"].isin([21, 22, 23, 30, 60]) | (
        (land["arealtype"] == 50) & ~land["grunnforhold"].isin([41, 42, 45])
    )]  # fmt: skip
    for title, name in (
        ("Gjeldende kommuneplan", "kommuneplan"),
        ("Planforslaget", "kommuneplan_forslag"),
    ):
        rows = layers[name]
        new = rows[(rows["arealstatus"] == 2) & rows["formaal_kode"].isin([1110, 1120, 1160, 1300])]
        cut = gpd.overlay(new[["geometry"]], open_land[["geometry"]], keep_geom_type=True)
        assert cases(result).loc[title, "dekar"] * 1e3 == pytest.approx(cut.area.sum(), abs=0.1)
    planted = sum(
        {"ny": 1, "tatt ut": -1}.get(one["endring"], 0) * one["areal_m2"]
        for one in _key(package)["planendringer"]
    )
    # All that the proposal changes is planted; what of it is built, rock or water is told apart.
    left = result.table("ikke_regnet").frame.groupby("sak")["dekar"].sum()
    reckoned = cases(result).loc[CHANGE, "dekar"]
    rest = left["Planforslaget"] - left["Gjeldende kommuneplan"]
    assert (reckoned + rest) * 1e3 == pytest.approx(planted, abs=0.1)


def _key(package):
    return json.loads((package.path / "nokkel.json").read_text(encoding="utf-8"))


def test_the_coarse_land_cover_is_used_without_ar5_and_says_so():
    coarse = frame((0, 0, 600, 1000), (600, 0, 1000, 1000), klasse=["skog", "annet"])
    result = run(ar5=None, arealdekke=coarse, kommuneplan=plan(((550, 0, 650, 100), 1110, 2)))
    assert any("generalisert kart" in text for text in result.warnings)
    assert cases(result).iloc[0]["dekar"] == pytest.approx(5)
    stock = result.table("lager").frame
    assert stock.loc["skog", "sum_t_c"] == pytest.approx(60 * (50 * 1.39 * 0.47 + 55 + 117))
    assert stock.loc["ukjent", "ha"] == pytest.approx(40)
    assert pd.isna(stock.loc["ukjent", "sum_t_c"])
