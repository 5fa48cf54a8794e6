"""What a km by car emits in a year: the climate budget's own path, or the share of electrics."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from askergeo.parameters import Parameters

__all__ = ["Emission", "Path", "electric_share", "emission"]


class Path(NamedTuple):
    """Tonnes of private cars by year in a climate budget: what was emitted, and what is allowed.

    ``emitted`` and ``budget`` are tonnes by year, without years that have no figure.
    """

    emitted: dict[int, float]
    budget: dict[int, float]
    source: str


class Emission(NamedTuple):
    """Grams CO2 per vehicle-km, low, middle and high, and how they are known, in bokmål."""

    grams: tuple[float, float, float]
    text: str


def emission(parameters: Parameters, path: Path | None = None) -> Emission:
    """Reckon what a vehicle-km emits in the year that is asked for.

    Parameters
    ----------
    parameters
        ``trafikk_co2…``, ``trafikk_elandel_spenn`` and ``trafikk_aar`` of ``trafikk``.
    path
        The municipality's climate budget for cars. With it the emission per km falls from the first
        year with emissions as the budget does: that the driving does not grow is what it takes for
        granted. Beyond its last year the last holds. Without it the share of electric cars decides.
    """
    year = int(parameters["trafikk_aar"])
    burning = [float(parameters[f"trafikk_co2{end}"]) for end in ("_lav", "", "_hoy")]
    if path is not None and path.emitted and path.budget:
        first = min(path.emitted)
        share = electric_share(first)
        years = np.array([first, *sorted(y for y in path.budget if y > first)])
        tonnes = np.array([path.emitted[first], *(path.budget[y] for y in years[1:])])
        factor = float(np.interp(year, years, tonnes)) / path.emitted[first]
        grams = [one * (1 - share / 100) * factor for one in burning]
        last = int(years[-1])
        beyond = f" Etter {last} er det budsjettet for {last}." if year > last else ""
        text = (
            f"Utslippet per km følger klimabudsjettets egen nedgang fra {first}: "
            f"{format_number(100 * factor)} % i {year}.{beyond} Kilde: {path.source}."
        )
        return Emission((grams[0], grams[1], grams[2]), text)
    share, spread = electric_share(year), float(parameters["trafikk_elandel_spenn"])
    shares = np.clip([share + spread, share, share - spread], 0.0, 100.0)
    low, middle, high = (one * (1 - each / 100) for one, each in zip(burning, shares, strict=True))
    text = f"I {year} er {format_number(share)} % av kjøringen regnet som elektrisk."
    return Emission((low, middle, high), text)


def electric_share(year: int) -> float:
    """Per cent of the driving with private cars that is electric, in a year.

    Examples
    --------
    >>> electric_share(2022), electric_share(2000)
    (22.6, 9.0)
    """
    table = _table()
    return float(np.interp(year, table["aar"], table["andel"]))


@cache
def _table() -> pd.DataFrame:
    path = files("askergeo") / "data" / "transport" / "elbilandel.csv"
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, sep=";", comment="#")
