"""Residents of every part by age, year by year: main, low and high, with causes and a band.

The cohort model (:mod:`askergeo.population.cohort`) runs on the parts with rates found in the
municipality's own history (:mod:`askergeo.population.history`), and with the people that the
housing programme brings. Without a history the rates are those that come along, and it is said so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from askergeo.population.backcast import spread_of_alternatives, spread_of_history
from askergeo.population.cohort import follow, project
from askergeo.population.faults import all_faults, fault_frame
from askergeo.population.scaling import GroupScaler
from askergeo.school import _forecast_inputs as made
from askergeo.school._history import read_history
from askergeo.school.areas import make_areas
from askergeo.school.start import start_year

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.population.cohort import Rates
    from askergeo.population.history import History
    from askergeo.population.housing import Programme
    from askergeo.population.people import Projection
    from askergeo.population.scaling import Targets
    from askergeo.population.spread import Spread
    from askergeo.result import SourceRecord
    from askergeo.school._history import Past
    from askergeo.school.areas import Areas

    Array = NDArray[np.float64]

__all__ = ["ALTERNATIVES", "CAUSES", "Forecast", "forecast_of_layers", "make_forecast"]

#: The alternatives with the words for them.
ALTERNATIVES: Final = {"hoved": "Hovedalternativet", "lav": "Lavt", "hoy": "Høyt"}
#: Where those who are counted come from, with the words for it.
CAUSES = {
    "arskull": "Bor her ved starten og blir eldre",
    "fodte": "Fødes",
    "flytting": "Flytter",
    "bolig": "Boligprogrammet",
    "skalering": "Skalering til framskrivingen",
}


@dataclass(frozen=True, eq=False)
class Forecast:
    """Residents of every part by age and year.

    Parameters
    ----------
    areas
        The parts and their residents at the start.
    alternatives
        ``hoved``, ``lav`` and ``hoy``; the areas of each are ``areas.frame.index``.
    causes
        Of ``hoved``: ``arskull`` (residents at the start who are still alive, had nobody moved),
        ``fodte``, ``flytting``, ``bolig``, ``skalering``, each (t + 1, n, AGES); their sum is
        ``alternatives["hoved"].count``.
    spread
        How far off the main alternative may be; ``spread.interval`` gives the band.
    guessed
        What rests on guesses because the data do not say, in bokmål.
    faults
        What is wrong with history, programme and projection: regel, tittel, lag, rad, tekst. What
        is wrong with the parts themselves is in ``areas.faults``.
    rates
        Yearly rates of the parts in ``hoved``.
    """

    areas: Areas
    alternatives: Mapping[str, Projection]
    causes: Mapping[str, NDArray[np.float64]]
    spread: Spread
    guessed: tuple[str, ...]
    faults: pd.DataFrame
    rates: Rates | None = None


def forecast_of_layers(
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    kilder: Mapping[str, SourceRecord] | None,
    *,
    grunnkrets: gpd.GeoDataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    parameters: Parameters,
) -> tuple[Forecast, tuple[str, ...]]:
    """Forecast the residents of every part of a municipality from its layers.

    Parameters
    ----------
    adresse, befolkning, grunnkrets, skolekrets, elevtall, boligprogram, befolkning_historikk, \
framskriving
        Layers of the catalogue; ``elevtall`` only tells the year of the residents.
    kilder
        Where the layers come from: the date of the residents, when nothing else tells their year.
    parameters
        The set ``prognose``.

    Returns
    -------
    tuple
        The forecast, and what must be told of the year of the residents, in bokmål.

    Raises
    ------
    LayerError
        When neither districts nor units are given, nobody can be placed, or nothing says which
        year the residents are of.
    """
    year, dated = start_year(
        parameters,
        kilder,
        historikk=befolkning_historikk,
        framskriving=framskriving,
        elevtall=elevtall,
    )
    areas = make_areas(
        adresse,
        befolkning,
        year=year,
        grunnkrets=grunnkrets,
        skolekrets=skolekrets,
        boligprogram=boligprogram,
    )
    forecast = make_forecast(
        areas,
        historikk=befolkning_historikk,
        boligprogram=boligprogram,
        framskriving=framskriving,
        parameters=parameters,
    )
    return forecast, dated


def make_forecast(
    areas: Areas,
    *,
    historikk: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    parameters: Parameters,
) -> Forecast:
    """Forecast the residents of every part by single year of age.

    Parameters
    ----------
    areas
        The parts and their residents on 1 January of the first year.
    historikk
        Residents of past years by unit or primary district; the rates are calibrated on it.
    boligprogram
        Dwellings to come, and those completed in past years.
    framskriving
        Projection of the whole municipality that the parts are scaled to.
    parameters
        The set ``prognose``.
    """
    programme = made.placed_programme(boligprogram, areas, parameters)
    table = made.people_per_dwelling(programme, parameters)
    past = None if historikk is None else read_history(historikk, areas)
    history = None if past is None else made.cleansed(past, programme, table)
    if past is None or history is None:
        rates = made.default_rates(len(areas.frame))
    else:
        rates = made.calibrated_rates(past, history, parameters)
    targets = made.targets_of(framskriving, areas, parameters)
    alternatives, plain = _projections(
        made.Setup(areas, programme, table, rates, parameters), targets
    )
    causes = follow(areas.people.count, rates, plain.housing)
    causes["skalering"] = alternatives["hoved"].count - plain.count
    spread = _spread(past, history, alternatives, parameters)
    told = [programme.faults, _history_faults(historikk, past)]
    told += [] if targets is None else [targets.faults]
    guessed = (
        *_guessed_rates(historikk, past, programme),
        *_guessed_homes(boligprogram, programme),
        *([] if spread.measured else [f"Usikkerheten bygger på {spread.source}."]),
    )
    return Forecast(areas, alternatives, causes, spread, guessed, all_faults(told), rates)


def _projections(
    setup: made.Setup, targets: Targets | None
) -> tuple[dict[str, Projection], Projection]:
    """Project the alternatives, and the main one without scaling."""
    people, years = setup.areas.people, setup.parameters["prognose_aar"]
    scalers = {} if targets is None else _scalers(targets)
    runs = {}
    for name in ALTERNATIVES:
        rates = made.shifted(setup.rates, name, setup.parameters)
        flow, removed = made.housing_change(setup, rates, name)
        runs[name] = partial(project, people, rates, years, flow=flow, removed=removed)
    # The main alternative runs first: the others may be scaled by its factors.
    return {name: run(scaler=scalers.get(name)) for name, run in runs.items()}, runs["hoved"]()


def _scalers(targets: Targets) -> dict[str, GroupScaler]:
    """Scale each alternative to its own targets, else by the main one's factors."""
    if not targets.totals:
        return {}
    main = GroupScaler(targets.group, targets.totals["hoved"])
    result = {}
    for name in ALTERNATIVES:
        own = targets.totals.get(name)
        result[name] = main.repeated() if own is None else GroupScaler(targets.group, own)
    return {**result, "hoved": main}


def _spread(
    past: Past | None,
    history: History | None,
    alternatives: Mapping[str, Projection],
    parameters: Parameters,
) -> Spread:
    """Band from the history's own errors, else from the distance between the alternatives."""
    if past is not None and history is not None:
        found = spread_of_history(
            history,
            past.district,
            variance=made.variance_of(past, parameters),
            years=parameters["flytting_aar"],
            birth_years=parameters["fodte_aar"],
            horizon=parameters["prognose_aar"],
        )
        if found is not None:
            return found
    main, low, high = (alternatives[name] for name in ("hoved", "lav", "hoy"))
    return spread_of_alternatives(main, low, high, parameters["flytting_uro"])


def _history_faults(historikk: pd.DataFrame | None, past: Past | None) -> pd.DataFrame:
    if past is not None:
        return past.faults
    if historikk is None:
        return fault_frame()
    text = (
        "Historikken har ikke to år etter hverandre for områder som finnes. Fødsler og flytting "
        "er regnet med standardsatser."
    )
    row = ("historikk_ubrukelig", "Historikken kan ikke brukes", "befolkning_historikk", "alle")
    return fault_frame([(*row, text)])


def _guessed_rates(
    historikk: pd.DataFrame | None, past: Past | None, programme: Programme
) -> list[str]:
    if past is None:
        why = "mangler" if historikk is None else "kan ikke brukes"
        return [f"Fødsler og flytting er standardsatser, like i alle kretser: historikken {why}."]
    told = []
    if not (programme.rows["aar"] < programme.start).any():
        told.append(
            "Historikken er ikke renset for innflytting i nye boliger, fordi boligprogrammet ikke "
            f"har boliger fra før {programme.start}. Der det er bygd mye, kan vekst bli regnet to "
            "ganger."
        )
    if (past.of_part < 0).any():
        told.append("Noen områder har ingen historikk og er regnet med kretsens satser.")
    return told


def _guessed_homes(boligprogram: gpd.GeoDataFrame | None, programme: Programme) -> list[str]:
    if boligprogram is None:
        return ["Boligprogrammet mangler: framskrivingen har ingen nye boliger."]
    text = "Bosatte per ny bolig etter alder er anslag, ikke kommunens egne tall."
    return [text, *programme.guessed]
