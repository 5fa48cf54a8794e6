"""Factors as a layer, changes that are spared, sums of chosen years, and what land emits as it lies.

By hand: a drained boreal field on peat emits (7.9 + 0.12) t C and 13 kg N2O-N a year.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.carbon import change, load_factors, propagate, write_template, yearly_flux
from askergeo.errors import DataQualityError, SourceError

C = 44 / 12


def rows(**cells):
    row = {
        "id": "egen", "sone": None, "klasse": "myr", "fra": None, "til": None, "jordtype": None,
        "beholdning": "biomasse", "gass": "CO2", "verdi": "2.5", "lav": "1", "hoy": "3",
        "enhet": "t C/ha", "horisont": "engang", "aar": None, "kilde": "vi", "versjon": "2025",
        "sikkerhet": "kjent", "plassholder": "nei",
    }  # fmt: skip
    return pd.DataFrame([row | cells])


def test_a_layer_is_read_like_the_file_it_was(tmp_path):
    path = tmp_path / "f.csv"
    rows().to_csv(path, sep=";", index=False)
    from_file, from_layer = load_factors(path), load_factors(rows())
    pd.testing.assert_frame_equal(from_file.frame, from_layer.frame)
    assert "laget «karbonfaktor»" in from_layer.origin


def test_the_hash_of_a_layer_is_of_its_content_not_its_order():
    two = pd.concat([rows(), rows(id="annen", klasse="beite")], ignore_index=True)
    one, other = load_factors(two), load_factors(two.iloc[::-1])
    assert one.origin == other.origin


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"enhet": None}, "kolonnen «enhet»: mangler"),
        ({"klasse": "myrr"}, "klassen «myrr» finnes ikke"),
        ({"kilde": "=1+1"}, "begynner som en formel"),
        ({"verdi": "ti"}, "«ti» er ikke et tall"),
    ],
)
def test_a_faulty_layer_is_refused_with_row_and_column(cells, said):
    with pytest.raises(SourceError, match=f"rad 2.*{said}"):
        load_factors(rows(**cells))


def test_a_layer_without_a_column_is_refused():
    with pytest.raises(SourceError, match="kolonnen «enhet» mangler"):
        load_factors(rows().drop(columns="enhet"))


def test_the_template_can_be_a_layer_when_one_row_is_filled(tmp_path):
    write_template(tmp_path / "mal.csv")
    table = pd.read_csv(tmp_path / "mal.csv", sep=";", dtype="str")
    at = table.index[table["id"] == "egen-alle-torv"]
    filled = {"verdi": "60", "lav": "50", "hoy": "70", "kilde": "egen boring", "versjon": "2025"}
    for name, value in filled.items():
        table.loc[at, name] = value
    factors = load_factors(table)
    assert factors.unfilled == len(table) - 1
    assert factors.frame.loc["egen-alle-torv", "verdi"] == 60


def test_what_is_spared_is_subtracted(factors):
    both = pd.DataFrame(
        {"fra": "myr", "til": "bebygd_tett", "areal_ha": [3.0, 1.0], "tegn": [1, -1]}
    )
    net = pd.DataFrame({"fra": ["myr"], "til": ["bebygd_tett"], "areal_ha": [2.0]})
    found = [change(one, factors, mineral_soil="spodisk", peat_depth_m=1.0) for one in (both, net)]
    assert found[0].total == pytest.approx(found[1].total)
    one, other = map(propagate, found)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    with pytest.raises(DataQualityError, match="tegn"):
        change(both.assign(tegn=[1, 2]), factors, mineral_soil="spodisk", peat_depth_m=1.0)


def test_all_years_weighted_alike_are_the_total(factors, conversion):
    found = change(
        conversion(("skog_bar_hoy", "bebygd_tett")), factors, mineral_soil="spodisk", years=30
    )
    whole, weighted = propagate(found), propagate(found, by_year=np.ones(30))
    assert (weighted.value, weighted.low, weighted.high) == pytest.approx(
        (whole.value, whole.low, whole.high)
    )
    second = propagate(found, by_year=np.eye(30)[1])
    assert second.value == pytest.approx(found.path["sum_t"].loc[2])


def test_what_land_emits_as_it_lies(factors):
    found = yearly_flux(["dyrka_organisk", "skog_bar_hoy", "skog_bar_lav", "beite", "myr"], factors)
    # 8.02 t C of CO2, and 13 kg of nitrogen as nitrous oxide; no methane from the field itself.
    assert found["dyrka_organisk"] == pytest.approx(8.02 * C + 13e-3 * 44 / 28 * 265)
    assert found["skog_bar_hoy"] == -3.75
    assert found["beite"] == 0
    assert found[["skog_bar_lav", "myr"]].isna().all()
