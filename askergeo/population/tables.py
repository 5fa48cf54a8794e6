"""Rates and numbers that come along as data: survival, births, moves, and people per dwelling.

Each file in ``askergeo/data/befolkning`` tells its source and how sure it is in its first lines.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.population.people import AGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

__all__ = [
    "DWELLINGS",
    "SETTLED",
    "default_migration",
    "fertility_pattern",
    "residents_per_dwelling",
    "survival",
]

#: Types of dwellings, by the codes of the layer boligprogram.
DWELLINGS: Final = ("enebolig", "smaahus", "leilighet_stor", "leilighet_liten")
#: Years after completion from which the number of people in a dwelling stays the same.
SETTLED: Final = 25
_PUPILS: Final = slice(6, 16)
# Who lives at home: they follow the number of pupils when that is set to the municipality's own.
_AT_HOME: Final = slice(0, 20)


def survival() -> NDArray[np.float64]:
    """Share still alive at the end of the year, by age then, (AGES,).

    Examples
    --------
    >>> float(survival()[40].round(3)), bool((np.diff(survival()[30:]) <= 0).all())
    (0.999, True)
    """
    return _by_age("overlevelse.csv", "overlever").copy()


def fertility_pattern() -> NDArray[np.float64]:
    """Children born a year for each resident of either sex, by age at its start, (AGES,)."""
    return _by_age("fodte.csv", "fodte").copy()


def default_migration() -> NDArray[np.float64]:
    """Net moves for each resident in dwellings that stand already, by age, (AGES,)."""
    return _by_age("flytting.csv", "netto").copy()


def residents_per_dwelling(parameters: Parameters) -> NDArray[np.float64]:
    """Residents of a new dwelling by type, years after completion and age.

    Parameters
    ----------
    parameters
        With ``elever_per_…`` of each type: everyone under 20 is scaled so that the most pupils
        (6–15 years) that the type ever has is this number.

    Returns
    -------
    (4, SETTLED + 1, AGES), types in the order of :data:`DWELLINGS`; the year 0 is the 1 January
    after completion, and the last year holds for all later ones.
    """
    table = _dwelling_table().copy()
    most = table[:, :, _PUPILS].sum(axis=2).max(axis=1)
    wanted = np.array([parameters[f"elever_per_{kind}"] for kind in DWELLINGS], dtype=np.float64)
    table[:, :, _AT_HOME] *= (wanted / most)[:, None, None]
    return table


@cache
def _read(name: str) -> pd.DataFrame:
    path = files("askergeo") / "data" / "befolkning" / name
    with path.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, sep=";", comment="#")


@cache
def _by_age(name: str, column: str) -> NDArray[np.float64]:
    frame = _read(name)
    if frame["alder"].tolist() != list(range(AGES)):
        raise ValueError(f"{name}: the ages must be 0 to {AGES - 1}, one a row")
    return frame[column].to_numpy(dtype=np.float64)


@cache
def _dwelling_table() -> NDArray[np.float64]:
    """Spread the groups of ages evenly, and draw straight lines between the years."""
    frame = _read("boliger.csv")
    years = np.unique(frame["aar_etter"])
    knots = np.zeros((len(DWELLINGS), len(years), AGES))
    kind = pd.Index(DWELLINGS).get_indexer(pd.Index(frame["boligtype"]))
    low, high = frame["alder_fra"].to_numpy(), frame["alder_til"].to_numpy()
    each = frame["bosatte"].to_numpy() / (high - low + 1)
    age = np.arange(AGES)
    rows = ((age >= low[:, None]) & (age <= high[:, None])) * each[:, None]
    np.add.at(knots, (kind, np.searchsorted(years, frame["aar_etter"])), rows)
    span = np.arange(SETTLED + 1)
    after = np.clip(np.searchsorted(years, span, side="right") - 1, 0, len(years) - 2)
    share = (span - years[after]) / (years[after + 1] - years[after])
    return np.asarray(
        knots[:, after] * (1 - share)[None, :, None] + knots[:, after + 1] * share[None, :, None]
    )
