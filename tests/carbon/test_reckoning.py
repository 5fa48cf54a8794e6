"""Conversions reckoned by hand, the rule against counting twice, and what is refused.

Factors of the boreal zone, per hectare: spruce on high site 49.623 t C of biomass and 55 t C of
litter; spodic soil 117 t C, cropland 0.69 and paved land 0.80 of it; peat 50 kg C/m3. A tonne of
carbon is 44/12 t CO2, and a tonne of N2O 265 t CO2e.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from askergeo.carbon import Depth, change, load_factors, soil_range, stock
from askergeo.errors import DataQualityError, LayerError, ParameterError

C = 44 / 12


def one(factors, frame, **options):
    return change(frame, factors, **{"mineral_soil": "spodisk", **options})


def test_spruce_to_paved_land(factors, conversion):
    result = one(factors, conversion(("skog_bar_hoy", "bebygd_tett")))
    row = result.rows.iloc[0]
    # Trees at once: 70 t × 1.39 × 0.51 = 49.623 t C × 44/12 = 181.951 t CO2.
    assert row["engang_t"] == pytest.approx(70 * 1.39 * 0.51 * C)
    assert row["engang_t"] == pytest.approx(181.951)
    # Over 20 years: litter 55 t C, and soil 117 × (1 − 0.80) = 23.4 t C.
    assert row["per_aar_t"] == pytest.approx((55 + 23.4) * C)
    # Each of 20 years: 78.4 × 44/12 / 20 = 14.373 t; nothing after that.
    longer = one(factors, conversion(("skog_bar_hoy", "bebygd_tett")), years=30)
    assert longer.path["per_aar_t"].iloc[:20].to_numpy() == pytest.approx(78.4 * C / 20)
    assert longer.path["per_aar_t"].iloc[20:].to_numpy() == pytest.approx(0)
    assert longer.total == pytest.approx(result.total)


def test_cropland_to_paved_land_loses_a_share_of_what_was_left(factors, conversion):
    row = one(factors, conversion(("dyrka", "bebygd_tett"), area=2.5)).rows.iloc[0]
    # 4.7 t C of plants; soil 117 × 0.69 = 80.73 t C, of which 20 % goes: 16.146 t C.
    assert row["engang_t"] == pytest.approx(2.5 * 4.7 * C)
    assert row["per_aar_t"] == pytest.approx(2.5 * 80.73 * 0.2 * C)


def test_cropland_to_lawn_gains_soil_carbon(factors, conversion):
    row = one(factors, conversion(("dyrka", "bebygd_gront")), mineral_soil="hac").rows.iloc[0]
    # Boreal clay 63 t C: from 0.69 to 1.14 of it is an uptake of 28.35 t C.
    assert row["per_aar_t"] == pytest.approx(-63 * 0.45 * C)


def test_bog_dug_out_and_bog_drained(factors, conversion):
    dug = one(factors, conversion(("myr", "bebygd_tett")), peat_depth_m=2.0).rows.iloc[0]
    # 2 m × 10 000 m2 × 50 kg = 1 000 t C of peat and 2 t C of plants, all at once.
    assert dug["engang_t"] == pytest.approx(1002 * C)
    assert dug["organisk_t"] == pytest.approx(1000 * C)
    assert dug["per_aar_t"] == 0
    kept = one(
        factors, conversion(("myr", "bebygd_tett")), peat_depth_m=2.0, peat="dreneres"
    ).rows.iloc[0]
    # As boreal grassland a year: (5.7 + 0.12) t C, 1.4 kg CH4 × 28, 9.5 kg N × 44/28 × 265.
    yearly = 5.82 * C + 1.4e-3 * 28 + 9.5e-3 * 44 / 28 * 265
    assert kept["engang_t"] == pytest.approx(2 * C)
    assert kept["per_aar_t"] == pytest.approx(20 * yearly)


def test_forest_on_rich_drained_peat_to_cropland(factors, conversion):
    result = one(factors, conversion(("torvskog_rik", "dyrka_organisk")), peat_depth_m=1.0)
    parts = result.parts.set_index(["beholdning", "gass", "horisont"])
    # Decay rises from 0.93 to 7.9 t C a year; dissolved carbon is 0.12 t C in both.
    assert parts.loc[("organisk_jord", "CO2", "per år"), "sum_t"] == pytest.approx(20 * 6.97 * C)
    assert parts.loc[("opplost_karbon", "CO2", "per år"), "sum_t"] == pytest.approx(0)
    # Methane 2.0 kg ends; nitrous oxide rises by 13 − 3.2 = 9.8 kg N.
    assert parts.loc[("organisk_jord", "CH4", "per år"), "gass_t"] == pytest.approx(-20 * 2e-3)
    n2o = 20 * 9.8e-3 * 44 / 28
    assert parts.loc[("organisk_jord", "N2O", "per år"), "gass_t"] == pytest.approx(n2o)
    assert parts.loc[("organisk_jord", "N2O", "per år"), "sum_t"] == pytest.approx(n2o * 265)


def test_field_that_becomes_forest_grows_to_its_stock_and_no_further(factors, conversion):
    pair = conversion(("dyrka", "skog_bar_middels"))
    short, long = one(factors, pair), one(factors, pair, years=100)
    biomass = {
        years: result.parts.query("beholdning == 'biomasse' and horisont == 'per år'")["sum_t"]
        for years, result in ((20, short), (100, long))
    }
    assert biomass[20].sum() == pytest.approx(-20 * 3.75)
    assert biomass[100].sum() == pytest.approx(-50 * 1.39 * 0.51 * C)


def test_lost_growth_is_counted_on_request_only(factors, conversion):
    pair = conversion(("skog_bar_hoy", "bebygd_tett"))
    more = one(factors, pair, lost_growth=True).total - one(factors, pair).total
    assert more == pytest.approx(20 * 3.75)


class TestNoDoubleCount:
    """Peat leaves or decays, and never more than there is."""

    def test_decay_ends_when_the_peat_is_gone(self, factors, conversion):
        pair = conversion(("myr", "bebygd_tett"))
        result = one(factors, pair, peat_depth_m=0.3, peat="dreneres", years=100)
        carbon = result.parts.query("beholdning in ['organisk_jord', 'opplost_karbon']")
        # 0.3 m × 500 t C/m = 150 t C; at 5.82 t C a year it is gone after 25.8 years.
        assert carbon.query("gass == 'CO2'")["sum_t"].sum() == pytest.approx(150 * C)
        n2o = carbon.query("gass == 'N2O'")["gass_t"].sum()
        assert n2o == pytest.approx(150 / 5.82 * 9.5e-3 * 44 / 28)
        assert result.path["sum_t"].iloc[26:].to_numpy() == pytest.approx(0)

    def test_dug_out_peat_has_no_decay_too(self, factors, conversion):
        parts = one(factors, conversion(("myr", "bebygd_tett")), peat_depth_m=1.0).parts
        assert parts.query("beholdning == 'organisk_jord'")["horisont"].tolist() == ["engang"]

    def test_peat_that_was_decaying_anyway_adds_nothing_in_the_end(self, factors, conversion):
        pair = conversion(("dyrka_organisk", "bebygd_tett"))
        result = one(factors, pair, peat_depth_m=0.5, years=500)
        carbon = result.parts.query("beholdning in ['organisk_jord', 'opplost_karbon']")
        assert carbon.query("gass == 'CO2'")["sum_t"].sum() == pytest.approx(0, abs=1e-9)

    def test_no_peat_is_no_emission_from_peat(self, factors, conversion):
        pair = conversion(("myr", "bebygd_tett"))
        for peat in ("graves_ut", "dreneres"):
            result = one(factors, pair, peat_depth_m=0.0, peat=peat)
            assert result.total == pytest.approx(2 * C)

    @pytest.mark.parametrize(
        ("pool", "total"),
        [
            # The sum given for the conversion takes the place of everything.
            ("samlet", 400),
            # Given for the trees alone, soil 23.4 and litter 55 t C are as before.
            ("biomasse", 400 + 78.4 * C),
            ("mineraljord", 400 + (49.623 + 55) * C),
        ],
    )
    def test_a_factor_of_the_conversion_replaces_its_pool(self, tmp_path, conversion, pool, total):
        path = tmp_path / "egne.csv"
        path.write_text(
            "id;sone;klasse;fra;til;jordtype;beholdning;gass;verdi;lav;hoy;enhet;horisont;aar;"
            "kilde;versjon;sikkerhet;plassholder\n"
            f"a;alle;;skog;bebygd;;{pool};CO2e;400;300;500;t CO2e/ha;engang;;Mdir;2024;kjent;nei\n",
            encoding="utf-8",
        )
        result = one(load_factors(path), conversion(("skog_bar_hoy", "bebygd_tett")))
        assert result.total == pytest.approx(total)
        assert "a" in result.used


def test_the_index_is_kept_and_units_of_area_agree(factors):
    labels = ["plan B", "plan A"]
    base = {"fra": ["dyrka", "beite"], "til": ["bebygd_tett", "bebygd_tett"]}
    frames = [
        one(factors, pd.DataFrame({**base, name: area}, index=labels))
        for name, area in (
            ("areal_ha", [1.0, 0.5]),
            ("areal_daa", [10.0, 5.0]),
            ("areal_m2", [10_000.0, 5_000.0]),
        )
    ]
    assert frames[0].rows.index.tolist() == labels
    assert frames[0].paths.index.tolist() == labels
    assert set(frames[0].parts["rad"]) == set(labels)
    for other in frames[1:]:
        assert_frame_equal(other.rows, frames[0].rows)


def test_rows_may_say_their_own_depth_and_fate(factors):
    frame = pd.DataFrame(
        {
            "fra": "myr",
            "til": "bebygd_tett",
            "areal_ha": 1.0,
            "torvdybde_m": [1.0, np.nan, 1.0],
            "torv": ["graves_ut", None, "dreneres"],
        }
    )
    sums = one(factors, frame, peat_depth_m=3.0).rows["engang_t"].to_numpy()
    assert sums == pytest.approx([502 * C, 1502 * C, 2 * C])


def test_stock_by_class(factors):
    areas = pd.DataFrame(
        {"klasse": ["skog_bar_hoy", "dyrka", "myr", "torvskog"], "areal_daa": 20.0},
        index=list("abcd"),
    )
    found = stock(areas, factors, mineral_soil="spodisk", peat_depth_m=1.0)
    assert found.index.tolist() == list("abcd")
    assert found["biomasse_t_c"].to_numpy() == pytest.approx([99.246, 9.4, 4, 65.33])
    assert found["mineraljord_t_c"].to_numpy() == pytest.approx([234, 161.46, 0, 0])
    assert found["organisk_jord_t_c"].to_numpy() == pytest.approx([0, 0, 1000, 1000])
    # Spruce: 2 ha × (49.623 + 55 + 117).
    assert found.loc["a", "sum_t_c"] == pytest.approx(2 * 221.623)
    assert found.loc["a", "sum_t_co2"] == pytest.approx(2 * 221.623 * C)
    # Ranges of 24.8115, 48 and 58.5 t C below; the share of forest soil is 1 by definition.
    below = 2 * np.sqrt(24.8115**2 + 48**2 + 58.5**2)
    assert found.loc["a", "lav_t_c"] == pytest.approx(2 * 221.623 - below)
    assert "alle-torv" in found.loc["c", "plassholdere"].split()


def test_the_unknown_soil_is_a_parameter_with_a_range(factors, conversion):
    pair = conversion(("dyrka", "bebygd_tett"))
    totals = soil_range(pair, factors)
    # 20 % of 0.69 of 63, 10, 117 and 116 t C, and the plants' 4.7.
    assert totals.to_dict() == pytest.approx(
        {
            soil: (4.7 + 0.2 * 0.69 * carbon) * C
            for soil, carbon in {"hac": 63, "sand": 10, "spodisk": 117, "vatmark": 116}.items()
        }
    )
    (line,) = [w for w in one(factors, pair).warnings if "mineraljord" in w and "Parameteren" in w]
    assert "fra 10 til 117" in line


def test_every_placeholder_in_use_is_told_and_no_other(factors, conversion):
    result = one(factors, conversion(("dyrka", "bebygd_tett")))
    flagged = factors.frame["plassholder"]
    used = [name for name in result.used if flagged[name]]
    told = [line for line in result.warnings if line.startswith("Faktoren")]
    assert len(told) == len(used) > 0
    assert not any("torv" in line for line in told)
    assert set(result.rows["plassholdere"].iloc[0].split()) == set(used)


WRONG = [
    ({"fra": ["skogen"]}, DataQualityError, "klassen «skogen» finnes ikke"),
    ({"til": [None]}, DataQualityError, "til: klassen mangler"),
    ({"areal_ha": [-1.0]}, DataQualityError, "rad x, areal_ha: «-1.0» er ikke et areal"),
    ({"areal_ha": [np.nan]}, DataQualityError, "er ikke et areal"),
    ({"areal_ha": ["mye"]}, DataQualityError, "«mye» er ikke et areal"),
    ({"areal_ha": [np.inf]}, DataQualityError, "er ikke et areal"),
    ({"areal_daa": [1.0]}, LayerError, "har 2 arealkolonner"),
    ({"fra": ["myr"], "til": ["dyrka"]}, DataQualityError, "har organisk jord og «dyrka» mineral"),
    ({"til": ["dyrka_organisk"]}, DataQualityError, "velg klasser med samme jord"),
    ({"fra": ["bebygd"], "til": ["dyrka"]}, DataQualityError, "jorda under «bebygd» er ukjent"),
    ({"fra": ["vann"]}, DataQualityError, "klassen «vann» har ingen faktor for biomasse"),
    ({"fra": ["myr"]}, DataQualityError, "rad x: organisk jord uten torvdybde"),
    ({"fra": ["myr"], "torvdybde_m": [-1]}, DataQualityError, "er ikke en dybde i meter"),
    ({"fra": ["myr"], "torvdybde_m": [150]}, DataQualityError, "er ikke en dybde i meter"),
    ({"fra": ["myr"], "torvdybde_m": ["dyp"]}, DataQualityError, "er ikke en dybde i meter"),
    ({"torv": ["brennes"]}, DataQualityError, "torv: «brennes» er ukjent"),
    ({"fra": ["dyrka"], "til": ["skog_bar_lav"]}, DataQualityError, "ingen faktor for tilvekst"),
]


@pytest.mark.parametrize(("columns", "kind", "said"), WRONG)
def test_a_row_that_cannot_be_reckoned_is_named(factors, columns, kind, said):
    good = {"fra": ["skog_bar_hoy"], "til": ["bebygd_tett"], "areal_ha": [1.0]}
    with pytest.raises(kind, match=said) as caught:
        one(factors, pd.DataFrame({**good, **columns}, index=["x"]))
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"years": 0}, "fra 1 til 500"),
        ({"mineral_soil": "leire"}, "Mineraljorda «leire»"),
        ({"mineral_soil": "torv"}, "Mineraljorda «torv»"),
        ({"peat": "brennes"}, "Torv «brennes»"),
        ({"peat_depth_m": -1.0}, "er ikke en dybde"),
        ({"peat_depth_m": float("nan")}, "er ikke en dybde"),
        ({"peat_depth_m": Depth(1.0, 2.0, 3.0)}, "er ikke en dybde"),
    ],
)
def test_a_choice_that_does_not_exist(factors, conversion, options, said):
    with pytest.raises(ParameterError, match=said):
        one(factors, conversion(("skog", "bebygd")), **options)


def test_missing_columns(factors):
    with pytest.raises(LayerError, match="mangler kolonnen «til»"):
        one(factors, pd.DataFrame({"fra": ["skog"], "areal_ha": [1.0]}))
    with pytest.raises(LayerError, match="har 0 arealkolonner"):
        stock(pd.DataFrame({"klasse": ["skog"]}), factors, mineral_soil="sand")


def test_a_class_without_factor_is_never_zero_in_a_stock(factors):
    with pytest.raises(DataQualityError, match="«vann» har ingen faktor for biomasse") as caught:
        stock(pd.DataFrame({"klasse": ["vann"], "areal_ha": [1.0]}), factors, mineral_soil="sand")
    assert "aldri som null" in caught.value.remedy


def test_very_many_faults_are_cut(factors):
    frame = pd.DataFrame({"fra": "skog", "til": "bebygd", "areal_ha": [-1.0] * 500})
    with pytest.raises(DataQualityError, match="og 480 til"):
        one(factors, frame)
