"""The colour of a plan, the measures that count, and the reasons."""

from __future__ import annotations

import pandas as pd
import pytest

from askergeo.errors import ParameterError
from askergeo.parameters import load_parameters
from askergeo.transport._car_emissions import Path, electric_share, emission
from askergeo.transport.offsets import Measures, measures_of, read_pairs
from askergeo.transport.screening import GREEN, RED, YELLOW, Doubt, Screening, Span, screen
from askergeo.transport.trips import traffic

PARAMETERS = load_parameters("trafikk+prognose")
HOMES = 100.0


def parts(side: str = "nord", klasse: str = "god", homes: float = HOMES) -> pd.DataFrame:
    return pd.DataFrame({"boliger_leilighet_stor": [homes], "side": [side], "klasse": [klasse]})


def against(own: float = 0.0, shared: float = 0.0, **more: object) -> Screening:
    frame = more.pop("parts", parts())
    assert isinstance(frame, pd.DataFrame)
    measures = Measures(measures_of(None, (), PARAMETERS).frame, own, shared)
    doubt = Doubt(**more)  # type: ignore[arg-type]
    return screen(frame, measures, PARAMETERS, doubt)


KM = traffic(parts(), PARAMETERS).iloc[0]
LOW, MIDDLE, HIGH = (float(KM[f"km_dogn_{one}"]) for one in ("lav", "middels", "hoy"))


@pytest.mark.parametrize(
    ("own", "shared", "status"),
    [
        (0, 0, RED),
        (LOW - 1, 0, RED),
        (LOW + 1, 0, YELLOW),
        (HIGH - 1, 0, YELLOW),
        (HIGH + 1, 0, GREEN),
        (0, LOW - 1, RED),
        # Measures of the whole zone may save a plan from red; they never make it green.
        (0, LOW + 1, YELLOW),
        (0, HIGH * 10, YELLOW),
    ],
)
def test_the_colour_follows_the_ends(own: float, shared: float, status: str) -> None:
    found = against(own, shared)
    assert found.status == status
    assert found.reasons
    assert found.needed.high == pytest.approx(max(0.0, HIGH - own))


def test_south_of_the_line_is_told_only() -> None:
    found = against(parts=parts("sor"))
    assert found.status == GREEN
    assert found.sides["sor"].middle == pytest.approx(MIDDLE)
    assert found.sides["nord"] == Span(0, 0, 0)
    assert "ikke noe krav" in " ".join(found.reasons)


def test_no_growth_is_green_and_a_fall_is_green() -> None:
    assert against(parts=parts(homes=0)).status == GREEN
    fewer = against(parts=parts(homes=-10))
    assert fewer.status == GREEN
    assert "mindre bilkjøring" in fewer.reasons[0]


def test_an_unknown_side_is_yellow_and_not_counted_as_south() -> None:
    found = against(parts=parts("ukjent"))
    assert found.status == YELLOW
    assert "Siden av linjen er ukjent" in found.reasons[0]
    both = pd.concat([parts(), parts("ukjent")], ignore_index=True)
    assert against(parts=both).status == RED
    assert against(HIGH + 1, parts=both).status == YELLOW


def test_what_is_not_told_keeps_a_plan_from_green() -> None:
    sure = against(HIGH + 1)
    vague = against(HIGH + 1, sentences=("Næringsarealet er ukjent.",))
    assert (sure.status, vague.status) == (GREEN, YELLOW)
    assert vague.reasons[0] == "Næringsarealet er ukjent."


def test_buildings_that_may_go_keep_a_plan_from_red() -> None:
    some = against(standing=Span(1, 2, LOW / 2))
    assert some.status == RED
    assert "også om alle byggene" in some.reasons[0]
    many = against(standing=Span(LOW / 2, LOW, LOW + 1))
    assert many.status == YELLOW
    assert "ingenting er trukket fra" in " ".join(many.reasons)


def test_the_heaviest_parameter_stands_first_and_all_together_last() -> None:
    found = against().weights
    single = found.iloc[:-2]
    assert single["utslag_km"].is_monotonic_decreasing
    assert found.index[-2:].tolist() == ["uavhengig", "alle"]
    assert found.loc["alle", ["lav_km", "hoy_km"]].tolist() == pytest.approx([LOW, HIGH])
    # Independent errors are within the ends, and beyond any one of them.
    free = found.loc["uavhengig"]
    assert LOW < float(free["lav_km"]) < float(single["lav_km"].min())
    assert float(single["hoy_km"].max()) < float(free["hoy_km"]) < HIGH


def test_another_class_is_what_it_would_have_been() -> None:
    found = against().classes
    poor = traffic(parts(klasse="svært dårlig"), PARAMETERS).iloc[0]
    assert found.loc["svært dårlig", "middels"] == pytest.approx(poor["km_dogn_middels"])
    assert found.loc["god", "hoy"] == pytest.approx(HIGH)


LAYER = pd.DataFrame(
    [
        ("Egen", "nord", 100.0, 2026, "vedtatt", "P1"),
        ("Andres", "nord", 1000.0, 2026, "vedtatt", "P2"),
        ("Sonen", "nord", 50.0, None, "vedtatt", None),
        ("Sør", "sor", 500.0, 2026, "vedtatt", None),
        ("Mulig", "nord", 70.0, 2026, "mulig", "P1"),
        ("Sent", "nord", 80.0, 2035, "vedtatt", "P1"),
        ("Uten tall", "nord", None, 2026, "vedtatt", "P1"),
    ],
    columns=["navn", "sone", "km_dogn", "fra_aar", "status", "planid"],
)


def test_only_decided_measures_of_the_plan_and_the_zone_count() -> None:
    found = measures_of(LAYER, {"P1"}, PARAMETERS)
    assert (found.own, found.shared) == (100.0, 50.0)
    rows = found.frame.set_index("navn")
    assert set(rows.index) == {"Egen", "Sonen", "Mulig", "Sent", "Uten tall"}
    assert rows["regnes"].to_dict() == {
        "Egen": "ja", "Sonen": "for hele sonen", "Mulig": "nei", "Sent": "nei", "Uten tall": "nei",
    }  # fmt: skip
    assert "2035" in rows.loc["Sent", "hvorfor"]
    assert "ikke oppgitt" in rows.loc["Uten tall", "hvorfor"]


def test_measures_that_the_user_gives_are_the_plans_own() -> None:
    said = PARAMETERS.override({"trafikk_tiltak": "Sambruk:120.5"})
    assert measures_of(LAYER, {"P1"}, said).own == pytest.approx(220.5)
    for wrong in ("Sambruk", "Sambruk:mye", ":5", "Sambruk:-5"):
        with pytest.raises(ParameterError, match="navn og et tall"):
            measures_of(None, (), PARAMETERS.override({"trafikk_tiltak": wrong}))
    with pytest.raises(ParameterError, match="ukjent"):
        read_pairs(["kontorer:5"], "trafikk_naering", known=("kontor",))


def test_emissions_follow_the_share_of_electric_cars() -> None:
    # In 2022 22.6 % of the driving was electric: 150 · 0.774 g.
    year = PARAMETERS.override({"trafikk_aar": 2022})
    found = emission(year)
    assert found.grams[1] == pytest.approx(150 * 0.774)
    assert found.grams == tuple(sorted(found.grams))
    assert electric_share(2021) == 17


def test_emissions_follow_the_climate_budget_where_there_is_one() -> None:
    # 17 % electric in 2021; the budget falls from 76 571 t to 44 271 t in 2027, and halfway to
    # 2024 through 56 994 t: 150 · 0.83 · 44 271/76 571.
    path = Path({2021: 76_571.0}, {2024: 56_994.0, 2027: 44_271.0}, "budsjettet")
    at = {
        year: emission(PARAMETERS.override({"trafikk_aar": year}), path).grams[1]
        for year in (2021, 2024, 2027, 2030)
    }
    assert at[2021] == pytest.approx(124.5)
    assert at[2024] == pytest.approx(124.5 * 56_994 / 76_571)
    assert at[2030] == at[2027] == pytest.approx(124.5 * 44_271 / 76_571)
