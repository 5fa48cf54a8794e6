"""The year that the map of pipes is of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.va._net_pipes import number_of, text_of
from askergeo.va._net_points import in_operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["DATE_REMEDY", "idle_warning", "map_year"]

_NAMED: Final = 5
#: What to do when the year of the map is not known, the same for every analysis.
DATE_REMEDY: Final = (
    "Legg laget inn med datoen det gjelder: «askergeo data legg-til PAKKE va_ledning FIL --dato "
    "2026-01-15 --overskriv»."
)
_NO_YEAR: Final = (
    "Det er ikke sagt hvilket år laget «va_ledning» gjelder: også anlegg som er lagt ned eller "
    f"ikke bygd, er med i nettet. {DATE_REMEDY}"
)


def map_year(
    parameters: Parameters, name: str, sources: Mapping[str, SourceRecord] | None
) -> int | None:
    """Return the year of the map: the parameter ``name``, else that of the layer's date."""
    given = int(parameters[name])
    record = (sources or {}).get("va_ledning")
    if given or record is None or not record.date[:4].isdigit():
        return given or None
    return int(record.date[:4])


def idle_warning(va_anlegg: pd.DataFrame | None, year: int | None) -> tuple[str, ...]:
    """Name the facilities that do not run that year: they are on no network."""
    if va_anlegg is None:
        return ()
    if year is None:
        dated = [~np.isnan(number_of(va_anlegg, name)) for name in ("fra_aar", "til_aar")]
        return (_NO_YEAR,) if np.any(dated) else ()
    idle = text_of(va_anlegg, "anlegg_id")[~in_operation(va_anlegg, year)]
    if not len(idle):
        return ()
    names = ", ".join(idle[:_NAMED]) + (" m.fl." if len(idle) > _NAMED else "")
    told = f"{len(idle)} anlegg er lagt ned eller ikke bygd i {year}, og er ikke med i nettet"
    return (f"{told}: {names}.",)
