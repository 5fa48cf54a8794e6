"""Diameter and roughness of the pipes of a model made from the map, with what is guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.errors import ParameterError
from askergeo.va._net_pipes import number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_model import PipeNetwork

    Reals = NDArray[np.float64]
    Note = Callable[[str, int, int, str], None]

__all__ = ["diameters", "roughnesses"]

# Pipes of these rust; the others stay as smooth as they were.
_RUSTS: Final = ("SJG", "SJK", "STAL", "STÅL", "MST")
_LEAST_C: Final = 60.0
# A roughness within these can be Hazen-Williams' coefficient; millimetres are far below.
_C_FROM, _C_TO = 40.0, 200.0
_FIRST_YEAR: Final = 1800


def diameters(
    network: PipeNetwork, va_ledning: pd.DataFrame, parameters: Parameters, note: Note
) -> Reals:
    """Inner diameter of each piece, (m,), mm; the nominal one is taken for it."""
    told = number_of(va_ledning, "dimensjon_mm")[network.row]
    told = np.where(told > 0, told, np.nan)
    kind = text_of(va_ledning, "funksjon")[network.row]
    found = told.copy()
    unknown = np.isnan(told)
    for one in np.unique(kind[unknown]) if unknown.any() else ():
        alike = told[(kind == one) & ~unknown]
        middle = np.median(alike) if len(alike) else float(parameters["va_hydraulikk_dimensjon_mm"])
        found[unknown & (kind == one)] = middle
    total = len(told)
    note("Dimensjonen", int(unknown.sum()), total, "midtverdien av ledninger med samme funksjon")
    note("Innvendig diameter", int((~unknown).sum()), total, "den nominelle dimensjonen")
    return found


def roughnesses(
    network: PipeNetwork, va_ledning: pd.DataFrame, parameters: Parameters, note: Note
) -> Reals:
    """Hazen-Williams' C of each piece, (m,)."""
    new = _coefficients(parameters["va_hydraulikk_ruhet"])
    material = np.array([one.upper() for one in text_of(va_ledning, "materiale")], dtype=object)
    listed = np.array([one in new for one in material])
    base = np.array([new.get(one, new["ukjent"]) for one in material])
    built = number_of(va_ledning, "anleggsaar")
    renewed = number_of(va_ledning, "fornyet_aar")
    now = float(parameters["va_hydraulikk_aar"])
    year = np.fmax(built, renewed)
    year = np.where((year >= _FIRST_YEAR) & (year <= now), year, np.nan)
    rusts = np.isin(material, _RUSTS)
    ageless = rusts & np.isnan(year)
    middle = np.nanmedian(year) if np.isfinite(year).any() else now
    age = now - np.where(np.isnan(year), middle, year)
    loss = float(parameters["va_hydraulikk_ruhet_tap"]) * age
    found = np.where(rusts, np.maximum(base - loss, _LEAST_C), base)
    told = number_of(va_ledning, "ruhet")
    given = (told >= _C_FROM) & (told <= _C_TO)
    found = np.where(given, told, found)[network.row]
    total = len(found)
    count = (~given)[network.row]
    note("Ruheten", int((count & listed[network.row]).sum()), total, "materialet og alderen")
    note("Ruheten", int((count & ~listed[network.row]).sum()), total, "ukjent materiale")
    note("Alderen på jern- og stålrør", int((ageless & ~given)[network.row].sum()), total,
         "midtverdien av de kjente anleggsårene")  # fmt: skip
    return np.asarray(found, dtype=np.float64)


def _coefficients(pairs: list[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, mark, value = str(pair).partition("=")
        try:
            number = float(value.replace(",", "."))
        except ValueError:
            number = float("nan")
        if not mark or not number > 0:
            raise ParameterError(
                f"«va_hydraulikk_ruhet»: «{pair}» er ikke på formen MATERIALE=C.",
                remedy="Skriv for eksempel «PE=145,SJG=110,ukjent=120».",
            )
        found[name.strip() if name.strip() == "ukjent" else name.strip().upper()] = number
    if "ukjent" not in found:
        raise ParameterError(
            "«va_hydraulikk_ruhet» mangler verdien for «ukjent».",
            remedy="Legg til «ukjent=120».",
        )
    return found
