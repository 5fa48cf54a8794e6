"""The year of the residents that a forecast begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from askergeo.errors import LayerError

if TYPE_CHECKING:
    from askergeo.parameters import Parameters

__all__ = ["start_or_date", "start_year"]


def start_year(
    parameters: Parameters,
    *,
    historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
) -> int:
    """Year of the 1 January that the layer ``befolkning`` is of, which does not say it itself.

    The parameter ``startaar`` goes first. Without it (0) it is the last year of the residents of
    past years, else the first of the projection of the whole, else the 1 January of the last school
    year that pupils are counted in.

    Parameters
    ----------
    parameters
        The set ``prognose``.
    historikk, framskriving, elevtall
        Layers of the catalogue, those that are there.

    Raises
    ------
    LayerError
        When nothing says it.
    """
    given = int(parameters["startaar"])
    if given:
        return given
    for layer, pick, later in (
        (historikk, "max", 0),
        (framskriving, "min", 0),
        (elevtall, "max", 1),
    ):
        if layer is None:
            continue
        year = getattr(pd.to_numeric(layer["aar"], errors="coerce"), pick)()
        if not pd.isna(year):
            return int(year) + later
    raise LayerError(
        "Det er ikke sagt hvilket år laget «befolkning» gjelder.",
        remedy="Skriv for eksempel «--parameter startaar=2026» (folketallet 1. januar 2026), eller "
        "legg til laget «befolkning_historikk».",
    )


def start_or_date(
    parameters: Parameters,
    date: str,
    *,
    historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Find the year as `start_year`, else that of the date of the layer ``befolkning``.

    Parameters
    ----------
    date
        Date of the layer, as its source record has it; empty when it is not known.

    Returns
    -------
    tuple
        The year, and what must be told of it, in bokmål.

    Raises
    ------
    LayerError
        When nothing says it.
    """
    try:
        found = start_year(
            parameters, historikk=historikk, framskriving=framskriving, elevtall=elevtall
        )
    except LayerError:
        day = pd.to_datetime(date, errors="coerce")
        if pd.isna(day):
            raise
        told = f"Folketallet er regnet som det 1. januar {day.year}, etter datoen på laget"
        return int(day.year), (f"{told} «befolkning». Er det feil, oppgi «startaar».",)
    return found, ()
