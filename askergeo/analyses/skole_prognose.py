"""The forecast of children and all residents by district, and its back-test.

See docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses._forecast_backtest import (
    backtest_tables,
    backtest_words,
    chosen_windows,
    cohort_maker,
    run_backtest,
    window_text,
)
from askergeo.numbers import format_number
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.parameters import Parameters
    from askergeo.population.backtest import Series

__all__ = ["cohort_backtest"]


def cohort_backtest(
    own: Series, names: Mapping[str, str], comparable: Series, parameters: Parameters
) -> Result:
    """Test the forecast by cohort ratios, where only persons by age and year are known.

    Parameters
    ----------
    own
        The areas that are tested.
    names
        Name of each area.
    comparable
        Places, of the same years, that the years to average over are chosen by.
    parameters
        The set ``etterproving``; ``etterprov`` is T.

    Raises
    ------
    ParameterError
        When T cannot be tested.
    LayerError
        When a figure is unknown.
    """
    until = int(parameters["etterprov"])
    horizon = int(parameters["etterprov_horisont"])
    windows = chosen_windows(comparable, parameters)
    maker = cohort_maker(windows, float(parameters["kohort_styrke"]))
    test = run_backtest(own, maker, until=until, horizon=horizon, names=names)
    told, facts, losses = backtest_words(test)
    return Result(
        analysis="skole_prognose",
        title=f"Etterprøving av befolkningsframskrivingen fra {until}",
        template=told,
        facts=facts,
        tables=backtest_tables(test),
        warnings=losses,
        reading=_cohort_reading(window_text(windows(until)), until, len(comparable.areas)),
    )


def _cohort_reading(window: str, until: int, places: int) -> tuple[str, ...]:
    model = (
        "Tallene sier bare hvor mange som bor i kommunen etter alder og år. Kjønn, fødte, døde og "
        "flyttinger er ikke kjent. Da regner modellen med kohortrater (Hamilton–Perry): hvor mange "
        "et årskull blir ett år seinere, for hver som var i det. Det tar med både dødsfall og "
        "flytting. Fødte regnes per voksen, ikke per kvinne."
    )
    chosen = (
        f"{window} Dette er valgt på årene til og med {until}, ved å prøve hvert valg på tidligere "
        f"år i {format_number(places)} {'sted' if places == 1 else 'kommuner'}. Ingen tall etter "
        "det er brukt."
    )
    limits = (
        "Prøven sier hvor godt metoden ville ha truffet da. Den sier ikke hvor godt den treffer "
        "neste gang, og ikke noe om skolekretser: små områder treffes dårligere."
    )
    return model, chosen, limits
