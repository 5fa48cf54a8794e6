"""The renewal plan: lives, events, rates and projects, on nets that are worked by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import integrate
from scipy.stats import weibull_min

from askergeo.errors import LayerError, ParameterError
from askergeo.parameters import load_parameters
from askergeo.va._renewal_life import events, failing, load_lives
from askergeo.va._renewal_stock import stock_of
from askergeo.va.renewal import (
    FOUL,
    MEDIA,
    MIDDLE,
    WATER,
    assess,
    budget_of,
    courses_of,
    make_projects,
    plan,
    years_to_renew,
)
from tests.va.renewal_cases import YEAR, ten


@pytest.fixture
def parameters():
    return load_parameters("va_fornyelse+va_nett")


def test_the_events_are_the_integral_of_the_hazard():
    for shape in (1.0, 1.5, 2.0, 2.5):

        def hazard(age, shape=shape):
            return 0.4 * (age / 60.0) ** (shape - 1)

        told = integrate.quad(hazard, 37.0, 47.0)[0]
        own = events(np.array([37.0]), 10.0, np.array([60.0]), 0.4, shape)
        assert own[0] == pytest.approx(told, rel=1e-9)


def test_the_lives_are_a_weibull_distribution_with_the_expected_life_as_median():
    shape, median = 4.0, 75.0
    life = weibull_min(shape, scale=median / np.log(2) ** (1 / shape))
    told = 1 - life.sf(95.0) / life.sf(75.0)
    own = failing(np.array([75.0]), 20.0, np.array([75.0]), shape)[0]
    assert own == pytest.approx(told, rel=1e-9)
    assert failing(np.array([0.0]), median, np.array([median]), shape)[0] == pytest.approx(0.5)


def test_the_years_to_renew_all_are_one_over_the_rate():
    assert round(years_to_renew(0.014)) == 71
    assert years_to_renew(0.016) == 62.5
    assert years_to_renew(0.005) == 200.0
    assert years_to_renew(0.0) == np.inf


def test_backlog_and_events_of_ten_pipes_by_hand(parameters):
    found = assess(ten(), year=YEAR, parameters=parameters)
    past = found.past[MIDDLE]
    # Grey iron of 1950 lives 75 years (2025 is the year), AC 60, concrete 80.
    assert past[[0, 1, 2, 3, 4, 5, 6, 7]].tolist() == [1, 1, 0, 0, 0, 1, 1, 0]
    # Unknown material of 1950: the water pipes laid within five years are all grey iron.
    assert past[8] == 1
    # PVC without a year: no known sewer of PVC, so the years of the known sewers by metres:
    # 1950 (200 m), 2015 (150 m) and 1945 (120 m); PVC until 1975 lives 60 years.
    assert past[9] == pytest.approx(320 / 470)
    assert found.age[9] == pytest.approx((200 * 75 + 150 * 10 + 120 * 80) / 470)
    # Events next year of the first: 0.5 a km at 75 years, growing in proportion to the age.
    own = 0.5 * 0.1 * ((76**2 - 75**2) / (2 * 75.0))
    assert found.events[MIDDLE, 0] == pytest.approx(own)
    # A dimension of 100 has 1.2 times the events; what is unknown has the mean of the net.
    own = 1.2 * 0.4 * 0.12 * (66**2 - 65**2) / (2 * 60.0)
    assert found.events[MIDDLE, 5] == pytest.approx(own)
    mean = (100 + 100 + 150 + 1.2 * 120) / 470
    assert found.events[MIDDLE, 8] == pytest.approx(mean * found.events[MIDDLE, 0])


def test_lives_that_are_short_have_more_backlog_than_long_ones(parameters):
    found = assess(ten(), year=YEAR, parameters=parameters)
    backlog = found.past @ found.stock.length_m
    assert backlog[0] >= backlog[1] >= backlog[2]
    assert backlog[0] > backlog[2]


def test_the_pipes_of_a_trench_are_one_project_without_the_new_ones(parameters):
    pipes = ten()
    found = assess(pipes, year=YEAR, parameters=parameters)
    made = make_projects(found, pipes, parameters=parameters)
    assert made.of[0] == made.of[1] == made.of[2]
    assert made.of[5] == made.of[6] == made.of[7]
    assert made.of[8] == made.of[9]
    assert made.of[[3, 4]].tolist() == [-1, -1]
    assert made.young[[3, 4]].all()
    frame = made.frame.set_index("prosjekt")
    first = frame.loc["L0"]
    assert (first["groft_m"], first["vann"], first["avlop"]) == (200.0, 200.0, 200.0)
    # 200 m of sewer of 200 mm costs most, and the water of 150 mm 30 % of its cost in the trench.
    assert first["kr"] == pytest.approx(200 * 17_000 + 0.3 * 200 * 15_000)
    three = frame.loc["L5"]
    assert three["kr"] == pytest.approx(120 * 21_000 + 0.3 * 120 * (21_000 + 14_000))


def test_sewers_alone_are_lined(parameters):
    pipes = ten()
    pipes = pipes[pipes["type"] != "vann"].reset_index(drop=True)
    found = assess(pipes, year=YEAR, parameters=parameters)
    made = make_projects(found, pipes, parameters=parameters)
    row = made.frame.set_index("prosjekt").loc["L2"]
    assert not row["grøft"]
    assert row["kr"] == pytest.approx(200 * 4_000)
    dug = parameters.override({"va_fornyelse_metode": "grøft"})
    again = make_projects(found, pipes, parameters=dug)
    assert again.frame.set_index("prosjekt").loc["L2", "kr"] == pytest.approx(200 * 17_000)


def test_two_ids_of_trenches_are_two_trenches_and_one_is_one(parameters):
    ids = ["A", "A", "B", None, None, "C", "C", "C", None, None]
    pipes = ten(groft_id=ids)
    found = assess(pipes, year=YEAR, parameters=parameters)
    trench = make_projects(found, pipes, parameters=parameters).trench
    assert trench[0] == trench[1] != trench[2]
    assert trench[3] == trench[4]
    assert trench[5] == trench[6] == trench[7]


def test_the_budget_is_held_every_year(parameters):
    pipes = ten()
    found = assess(pipes, year=YEAR, parameters=parameters)
    made = make_projects(found, pipes, parameters=parameters)
    budget = 4.4
    years = plan(found, made, parameters.override({"va_fornyelse_budsjett": budget}))
    spent = made.frame["kr"].groupby(years).sum()
    assert (years >= 0).all()
    assert (spent <= budget * 1e6).all()
    assert len(spent) > 1


@pytest.mark.parametrize("budget", [0.0, 0.1, 1.0, 3.0, 4.4, 9.0, 100.0])
@pytest.mark.parametrize("carry", ["ja", "nei"])
def test_no_plan_exceeds_its_budget_and_nothing_is_a_budget_too(parameters, budget, carry):
    pipes = ten()
    found = assess(pipes, year=YEAR, parameters=parameters)
    made = make_projects(found, pipes, parameters=parameters)
    chosen = {"va_fornyelse_budsjett": budget, "va_fornyelse_overfor": carry}
    years = plan(found, made, parameters.override(chosen))
    cost = made.frame["kr"].to_numpy()
    for year in range(10):
        now = (years == year) if carry == "nei" else (years >= 0) & (years <= year)
        assert cost[now].sum() <= budget * 1e6 * (1 if carry == "nei" else year + 1)
    assert (years >= 0).any() == (budget >= 3 or (carry == "ja" and budget > 0.1))


def test_a_budget_that_is_not_given_is_not_one_of_nothing(parameters):
    assert budget_of(parameters) is None
    assert budget_of(parameters.override({"va_fornyelse_budsjett": 0})) == 0.0
    with pytest.raises(ParameterError, match="både et budsjett og en takt"):
        budget_of(parameters.override({"va_fornyelse_budsjett": 20, "va_fornyelse_takt_vann": 1}))
    with pytest.raises(ParameterError, match="under 0"):
        budget_of(parameters.override({"va_fornyelse_budsjett": "-0,5"}))


def test_with_a_rate_no_more_is_renewed_than_the_rate_has_given_so_far(parameters):
    pipes = ten()
    found = assess(pipes, year=YEAR, parameters=parameters)
    made = make_projects(found, pipes, parameters=parameters)
    high = {"va_fornyelse_takt_vann": 5.0, "va_fornyelse_takt_avlop": 5.0}
    years = plan(found, made, parameters.override(high))
    assert (years >= 0).any()
    for medium in (WATER, FOUL):
        total = found.stock.length_m[found.stock.medium == medium].sum()
        metres = made.frame[MEDIA[medium]]
        for year in range(10):
            done = metres[(years >= 0) & (years <= year)].sum()
            assert done <= 0.05 * total * (year + 1) + 1e-9


def test_a_rate_renews_its_metres_and_no_rate_lets_all_grow_older(parameters):
    pipes = ten()
    found = assess(pipes, year=YEAR, parameters=parameters)
    still, _, half = courses_of(
        found, WATER, parameters.override({"va_fornyelse_takter": "0,5"}), more=(0.014,)
    )
    total = found.stock.length_m[found.stock.medium == WATER].sum()
    assert still.rate == 0.0
    assert still.renewed_m.tolist() == [0.0] * 21
    assert np.diff(still.age) == pytest.approx(np.ones(20))
    assert still.events[MIDDLE, 0] == pytest.approx(
        found.events[MIDDLE, found.stock.medium == WATER].sum()
    )
    assert half.renewed_m[-1] == pytest.approx(0.05 * 20 * total)
    # All was renewed, a twentieth each year: the ages are 0 to 19 years.
    assert half.age[-1] == pytest.approx(9.5)
    assert half.backlog_m[:, -1].tolist() == [0.0, 0.0, 0.0]


def test_pipes_that_break_more_than_others_come_first(parameters):
    rng = np.random.default_rng(8)
    lines = [shapely.LineString([(0, 50 * n), (100, 50 * n)]) for n in range(200)]
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": [str(n) for n in range(200)], "type": "vann", "materiale": "SJG",
            "anleggsaar": 1960, "dimensjon_mm": 150, "eier": "kommunal",
        },
        geometry=lines, crs="EPSG:25832",
    )  # fmt: skip
    bad = np.repeat(np.arange(10), 6)
    others = rng.integers(0, 200, 60)
    pipe = np.concatenate([bad, others]).astype(str)
    happened = pd.DataFrame(
        {"ledning_id": pipe, "aar": rng.integers(2011, 2026, len(pipe)), "type": "brudd"}
    )
    found = assess(pipes, happened, year=YEAR, parameters=parameters)
    rate = found.events[MIDDLE]
    assert rate[:10].min() > 3 * np.median(rate[10:])
    assert found.experience.varies[WATER]
    # What is expected of all of them is what happened, but for the prior.
    known = found.experience
    assert known.net[MIDDLE, WATER] == pytest.approx(
        (20 + known.observed.sum()) / (20 + known.expected.sum())
    )


def test_events_by_chance_alone_say_nothing_of_the_pipes(parameters):
    lines = [shapely.LineString([(0, 50 * n), (100, 50 * n)]) for n in range(100)]
    pipes = gpd.GeoDataFrame(
        {
            "ledning_id": [str(n) for n in range(100)], "type": "vann", "materiale": "SJG",
            "anleggsaar": 1960, "dimensjon_mm": 150, "eier": "kommunal",
        },
        geometry=lines, crs="EPSG:25832",
    )  # fmt: skip
    happened = pd.DataFrame(
        {"ledning_id": [str(n) for n in range(100)], "aar": 2020, "type": "brudd"}
    )
    found = assess(pipes, happened, year=YEAR, parameters=parameters)
    assert not found.experience.varies[WATER]
    assert np.ptp(found.events[MIDDLE]) == pytest.approx(0.0)


def test_events_of_the_pipe_before_the_renewal_are_not_those_of_the_new_one(parameters):
    pipes = ten(fornyet_aar=pd.array([2020] + [None] * 9, dtype="Int64"))
    happened = pd.DataFrame(
        {"ledning_id": ["L0", "L0", "L1", "??"], "aar": [2015, 2022, 2015, 2016], "type": "brudd"}
    )
    known = assess(pipes, happened, year=YEAR, parameters=parameters).experience
    assert known.observed[:2].tolist() == [1.0, 1.0]
    assert known.unused == {
        "på ledninger som ikke er med": 1,
        "på røret som lå der før fornyelsen": 1,
    }


def test_bad_rows_are_named_and_counted_and_the_rest_goes_on():
    pipes = ten(
        anleggsaar=pd.array([0, 2099] + [1950] * 8, dtype="Int64"),
        fornyet_aar=pd.array([None, None, 1940, *[None] * 7], dtype="Int64"),
        materiale=["??X"] + ["PVC"] * 9,
        eier=["kommunal"] * 8 + ["privat", None],
        status=[None] * 7 + ["nedlagt", None, None],
    )
    pipes.loc[3, "geometry"] = shapely.LineString([(0, 0), (0, 0)])
    pipes["dimensjon_mm"] = pd.array([0] + [150] * 9, dtype="Int64")
    stock = stock_of(pipes, YEAR, load_lives(), load_parameters("va_nett"))
    rules = dict(zip(stock.faults["regel"], stock.faults["rad"], strict=True))
    assert rules == {
        "va_fornyelse.lengde_null": "L3",
        "va_fornyelse.eier_ukjent": "L9",
        "va_fornyelse.anleggsaar_ugyldig": "L0, L1",
        "va_fornyelse.fornyet_foer": "L2",
        "va_fornyelse.dimensjon_ugyldig": "L0",
        "va_fornyelse.materiale_ukjent_kode": "L0",
    }
    assert stock.row.tolist() == [0, 1, 2, 4, 5, 6, 9]
    assert stock.left_out_m == {"Private og andres ledninger": 100.0, "Ute av drift": 120.0}


def test_a_pipe_that_is_laid_in_the_years_ahead_is_planned():
    pipes = ten(anleggsaar=pd.array([YEAR + 1, YEAR + 10, YEAR + 11, *[1950] * 7], dtype="Int64"))
    stock = stock_of(pipes, YEAR, load_lives(), load_parameters("va_nett"))
    assert set(stock.left_out_m) == {"Planlagte ledninger"}
    assert stock.row.tolist() == list(range(2, 10))
    rules = dict(zip(stock.faults["regel"], stock.faults["rad"], strict=True))
    assert rules["va_fornyelse.anleggsaar_ugyldig"] == "L2"


def test_every_attribute_may_be_missing_but_not_all_of_them(parameters):
    pipes = ten()[["ledning_id", "type", "geometry"]]
    with pytest.raises(LayerError, match="både materiale og anleggsår"):
        assess(pipes, year=YEAR, parameters=parameters)
    some = ten()[["ledning_id", "type", "materiale", "anleggsaar", "geometry"]]
    found = assess(some, year=YEAR, parameters=parameters)
    assert (found.events[MIDDLE] > 0).all()


def test_lists_that_do_not_fit_their_classes_are_refused(parameters):
    for name, value in (
        ("va_fornyelse_dimensjon_hendelser", "1,2"),
        ("va_fornyelse_form_hendelser", "2"),
    ):
        with pytest.raises(ParameterError, match=name):
            assess(ten(), year=YEAR, parameters=parameters.override({name: value}))
    found = assess(ten(), year=YEAR, parameters=parameters)
    with pytest.raises(ParameterError, match="va_fornyelse_takter"):
        courses_of(found, WATER, parameters.override({"va_fornyelse_takter": "7"}))
