"""Residents of every part by age, year by year: main, low and high, with causes and a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.population.people import Projection
    from askergeo.population.spread import Spread
    from askergeo.school.areas import Areas

__all__ = ["CAUSES", "Forecast", "make_forecast"]

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
        What is wrong with the input: regel, tittel, lag, rad, tekst.
    """

    areas: Areas
    alternatives: Mapping[str, Projection]
    causes: Mapping[str, NDArray[np.float64]]
    spread: Spread
    guessed: tuple[str, ...]
    faults: pd.DataFrame


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
    raise NotImplementedError
