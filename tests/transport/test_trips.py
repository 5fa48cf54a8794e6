"""The traffic of growth, reckoned by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from askergeo.errors import DataQualityError
from askergeo.parameters import load_parameters
from askergeo.population.tables import DWELLINGS, residents_per_dwelling
from askergeo.transport.access import CLASSES
from askergeo.transport.trips import INDUSTRIES, UNCERTAIN, jobs, make_rates, traffic, weigh

PARAMETERS = load_parameters("trafikk+prognose")


def growth(klasse: str, **amounts: float) -> pd.DataFrame:
    return pd.DataFrame({name: [float(number)] for name, number in amounts.items()}).assign(
        klasse=klasse
    )


def reckoned(klasse: str, **amounts: float) -> pd.Series:
    return traffic(growth(klasse, **amounts), PARAMETERS).iloc[0]


def test_an_office_by_hand() -> None:
    # 5000 m² / 25 m² = 200 employees, of whose trips a half is counted here.
    # To and from work: 200 · 1.6 · 227/365 · 0.5 = 99.506 849 trips an average day.
    # Visitors:         200 · 0.6 · 252/365 · 0.5 = 41.424 658 trips.
    # «god»: 48 % drive, 10 km; a visit is 60 % as long.
    # Drives: 0.48 · 140.931 507 = 67.647 123.
    # km: 0.48 · 10 · 99.506 849 + 0.48 · 10 · 0.6 · 41.424 658 = 477.632 877 + 119.303 014.
    found = reckoned("god", m2_kontor=5000)
    assert found["turer_middels"] == pytest.approx(140.931507, abs=1e-5)
    assert found["bilturer_middels"] == pytest.approx(67.647123, abs=1e-5)
    assert found["km_dogn_middels"] == pytest.approx(596.935890, abs=1e-5)
    assert found["km_aar_middels"] == pytest.approx(217_881.6, abs=0.1)
    # Little: 30 m² each → 166.667; 1.3 · 227/365 · 0.25 = 0.202 123 to work and
    # 0.3 · 252/365 · 0.25 = 0.051 781 visits; 42 % drive, 8 km; a visit 40 % as long.
    # 166.667 · 0.42 · 8 · (0.202 123 + 0.4 · 0.051 781) = 124.788.
    assert found["km_dogn_lav"] == pytest.approx(124.788, abs=1e-2)
    # Much: 20 m² each → 250; 1.9 · 227/365 = 1.181 644; 0.9 · 252/365 = 0.621 370; 54 %, 12 km.
    # 250 · 0.54 · 12 · (1.181 644 + 0.8 · 0.621 370) = 2719.56.
    assert found["km_dogn_hoy"] == pytest.approx(2719.56, abs=1e-1)


def test_homes_by_hand() -> None:
    # Residents of 13 years or more ten years after a small flat was completed: 1.41.
    people = residents_per_dwelling(PARAMETERS)[DWELLINGS.index("leilighet_liten"), 10, 13:].sum()
    assert people == pytest.approx(1.41, abs=0.005)
    found = reckoned("middels", boliger_leilighet_liten=100)
    # 100 · 1.41 · 3.15 trips, 56 % drive, 12 km. Low: −10 % residents, 3.0 trips, 50 %, 9.6 km.
    assert found["turer_middels"] == pytest.approx(100 * people * 3.15)
    assert found["bilturer_middels"] == pytest.approx(100 * people * 3.15 * 0.56)
    assert found["km_dogn_middels"] == pytest.approx(100 * people * 3.15 * 0.56 * 12)
    assert found["km_dogn_lav"] == pytest.approx(100 * people * 0.9 * 3.0 * 0.50 * 9.6)
    assert found["km_dogn_hoy"] == pytest.approx(100 * people * 1.1 * 3.3 * 0.62 * 14.4)


def test_an_unknown_class_is_the_range_over_all() -> None:
    amounts = {"boliger_enebolig": 10.0, "m2_handel": 500.0}
    each = pd.DataFrame([reckoned(one, **amounts) for one in CLASSES])
    vague = reckoned("ukjent", **amounts)
    assert vague["km_dogn_lav"] == pytest.approx(each["km_dogn_lav"].min())
    assert vague["km_dogn_hoy"] == pytest.approx(each["km_dogn_hoy"].max())
    assert vague["km_dogn_middels"] == pytest.approx(each["km_dogn_middels"].mean())
    said = PARAMETERS.override({"trafikk_klasse_vanlig": "dårlig"})
    told = traffic(growth("ukjent", **amounts), said).iloc[0]
    assert told["km_dogn_middels"] == pytest.approx(each["km_dogn_middels"].iloc[3])


def test_no_trip_is_counted_whole_at_both_ends() -> None:
    work = {f"ansatte_{one}": 10.0 for one in INDUSTRIES}
    nothing = dict.fromkeys(
        ("trafikk_ved_arbeid", "trafikk_ved_arbeid_lav", "trafikk_ved_arbeid_hoy"), 0.0
    )
    at_home = PARAMETERS.override(nothing)
    assert traffic(growth("god", **work), at_home).to_numpy().sum() == 0
    homes = growth("god", boliger_smaahus=10)
    pd.testing.assert_frame_equal(traffic(homes, at_home), traffic(homes, PARAMETERS))


def test_floor_area_is_as_many_employees_as_it_has_room_for() -> None:
    assert jobs(growth("god", m2_kontor=5000), PARAMETERS).iloc[0] == pytest.approx(200)
    assert jobs(growth("god", ansatte_handel=7), PARAMETERS).iloc[0] == 7
    told = reckoned("god", ansatte_kontor=200)
    assert told["km_dogn_middels"] == pytest.approx(reckoned("god", m2_kontor=5000)[
        "km_dogn_middels"])  # fmt: skip


def test_what_is_torn_down_takes_the_other_end() -> None:
    gone = reckoned("dårlig", boliger_enebolig=-5)
    new = reckoned("dårlig", boliger_enebolig=5)
    assert gone["km_dogn_lav"] == pytest.approx(-new["km_dogn_hoy"])
    assert gone["km_dogn_hoy"] == pytest.approx(-new["km_dogn_lav"])
    mixed = reckoned("dårlig", boliger_enebolig=-5, m2_kontor=5000)
    office = reckoned("dårlig", m2_kontor=5000)
    assert mixed["km_dogn_lav"] == pytest.approx(office["km_dogn_lav"] - new["km_dogn_hoy"])


def test_each_parameter_is_weighed_alone() -> None:
    frame = growth("middels", boliger_enebolig=10)
    found = weigh(frame, PARAMETERS, UNCERTAIN)
    middle = traffic(frame, PARAMETERS)["km_dogn_middels"].iloc[0]
    low, high = found["lengde"]
    assert (low, high) == (pytest.approx(0.8 * middle), pytest.approx(1.2 * middle))
    assert found["areal"] == (pytest.approx(middle), pytest.approx(middle))
    assert found["klasse"] == (pytest.approx(middle), pytest.approx(middle))


def test_growth_that_is_not_known_is_refused() -> None:
    with pytest.raises(DataQualityError, match="ukjent"):
        traffic(growth("god", boliger_enebolig=float("nan")), PARAMETERS)
    with pytest.raises(DataQualityError, match="bra nok"):
        traffic(growth("bra nok", boliger_enebolig=1), PARAMETERS)


def test_rates_are_within_what_a_share_can_be() -> None:
    wide = PARAMETERS.override({"trafikk_bil_spenn": 50.0})
    for level in (-1, 0, 1):
        rates = make_rates(wide, level)
        assert ((rates.share >= 0) & (rates.share <= 1)).all()
        assert np.isfinite(rates.trips).all()
