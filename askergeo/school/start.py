"""The year of the residents that a forecast begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from askergeo.errors import LayerError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["start_year"]


def start_year(
    parameters: Parameters,
    sources: Mapping[str, SourceRecord] | None,
    *,
    historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
) -> tuple[int, tuple[str, ...]]:
    """Year of the 1 January that the layer ``befolkning`` is of, which does not say it itself.

    The parameter ``startaar`` goes first. Without it (0) it is the last year of the residents of
    past years, else the first of the projection of the whole, else the 1 January of the last school
    year that pupils are counted in, else the 1 January nearest to the layer's own date.

    Parameters
    ----------
    parameters
        The set ``prognose``.
    sources
        Where the layers come from; the date of ``befolkning`` is read.
    historikk, framskriving, elevtall
        Layers of the catalogue, those that are there.

    Returns
    -------
    tuple
        The year, and what must be told of it, in bokmål.

    Raises
    ------
    LayerError
        When nothing says it.
    """
    given = int(parameters["startaar"])
    if given:
        return given, ()
    for layer, pick, later in (
        (historikk, "max", 0),
        (framskriving, "min", 0),
        (elevtall, "max", 1),
    ):
        if layer is None:
            continue
        year = getattr(pd.to_numeric(layer["aar"], errors="coerce"), pick)()
        if not pd.isna(year):
            return int(year) + later, ()
    record = (sources or {}).get("befolkning")
    day = pd.to_datetime(record.date, errors="coerce") if record is not None else pd.NaT
    if pd.isna(day):
        raise LayerError(
            "Det er ikke sagt hvilket år laget «befolkning» gjelder.",
            remedy="Skriv for eksempel «--parameter startaar=2026» (folketallet 1. januar 2026), "
            "eller legg til laget «befolkning_historikk».",
        )
    year = (day + pd.DateOffset(months=6)).year
    told = f"Folketallet er regnet som det 1. januar {year}, etter datoen på laget «befolkning»."
    return int(year), (f"{told} Er det feil, oppgi «startaar».",)
