"""The car traffic that new homes and workplaces bring: trips, drivers and vehicle-km.

It is a screening, not a transport model: trips per resident and per employee, times the share that
drives and the length of a drive where public transport is as good as it is there. The home's trips
are those of its residents. A trip to work or to a shop has its other end in a home, and is told
there when that home is part of the growth; so only a share of the trips at a workplace is counted
(``trafikk_ved_arbeid``), and no trip is counted whole at both of its ends.

Every number is low, middle and high. Low has every parameter at the end of its range that gives
least traffic, high at the other: ends that hold whatever the parameters have to do with each other.
A quadratic sum would be narrower, and would take for granted that guesses err independently.

Sources: Reisevaneundersøkelsen (TØI) for trips per person; the classes of access are
`askergeo.transport.access`'s. What is
a guess is ``usikker`` in the set ``trafikk``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.errors import DataQualityError
from askergeo.population.tables import DWELLINGS, residents_per_dwelling
from askergeo.transport.access import CLASSES, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters

    Array = NDArray[np.float64]

__all__ = [
    "INDUSTRIES",
    "LEVELS",
    "QUANTITIES",
    "UNCERTAIN",
    "Rates",
    "jobs",
    "make_rates",
    "traffic",
    "weigh",
]

#: Kinds of workplaces, by the codes of the layer naeringsprogram.
INDUSTRIES: Final = ("industri", "handel", "kontor", "offentlig", "annet")
#: The columns that growth may have: dwellings by type, floor area (m²) and employees by industry.
QUANTITIES: Final = (
    *(f"boliger_{one}" for one in DWELLINGS),
    *(f"m2_{one}" for one in INDUSTRIES),
    *(f"ansatte_{one}" for one in INDUSTRIES),
)
#: The three values of everything.
LEVELS: Final = ("lav", "middels", "hoy")
#: What is not known exactly, with its title. Each is a choice of level of its own.
UNCERTAIN: Final = {
    "bosatte": "Bosatte per bolig",
    "reiser": "Reiser per person",
    "andel": "Del av reisene som bilfører",
    "lengde": "Lengde på en bilreise",
    "areal": "Bruksareal per ansatt",
    "arbeid": "Reiser til og fra arbeid per ansatt",
    "besok": "Reiser av besøkende per ansatt",
    "besok_lengde": "Lengde på en besøksreise",
    "ved_arbeid": "Del av reisene ved arbeidsplassene som telles der",
    "klasse": "Klassen for kollektivtilgang der den er ukjent",
}
_KEYS: Final = ("svaert_god", "god", "middels", "daarlig", "svaert_daarlig")
_HOMES: Final = len(DWELLINGS)
_ALL: Final = "alle"
_MEASURES: Final = ("turer", "bilturer", "km_dogn")
_DAYS: Final = 365.0


class Rates(NamedTuple):
    """What one unit of growth gives in an average day of the year.

    ``trips`` is (14, 2) trips per unit of `QUANTITIES`: all but visits, and visits. ``share`` and
    ``length`` are (6,) by class, the unknown last: the share that drives, and km. ``km`` is (6,) km
    driven per trip; where the class is unknown it is not the product of the two. ``visit`` is the
    length of a visit as a share of other trips'.
    """

    trips: Array
    share: Array
    km: Array
    visit: float


@dataclass(frozen=True)
class _Level:
    """Which level each uncertain quantity is at: −1, 0 or 1; one not named is in the middle."""

    of: Mapping[str, int]

    def __call__(self, name: str) -> int:
        return self.of.get(name, 0)


def make_rates(parameters: Parameters, levels: Mapping[str, int] | int = 0) -> Rates:
    """Reckon what one unit of growth gives.

    Parameters
    ----------
    parameters
        The sets ``trafikk`` and ``prognose``.
    levels
        −1, 0 or 1 for little, middle or much traffic: one for everything, or by the names of
        :data:`UNCERTAIN`.
    """
    level = _Level(levels if not isinstance(levels, int) else dict.fromkeys(UNCERTAIN, levels))
    homes = _residents(parameters, level) * _three(parameters, "trafikk_reiser", level("reiser"))
    homes *= float(parameters["trafikk_dager_bolig"]) / _DAYS
    work, visits = _at_work(parameters, level)
    size = _size(parameters, level)
    trips = np.zeros((len(QUANTITIES), 2))
    trips[:_HOMES, 0] = homes
    trips[_HOMES:, 0] = np.r_[work / size, np.full(len(INDUSTRIES), work)]
    trips[_HOMES:, 1] = np.r_[visits / size, visits]
    share, km = _by_class(parameters, level)
    return Rates(
        trips, share, km, _three(parameters, "trafikk_besok_lengde", level("besok_lengde")) / 100
    )


def _three(parameters: Parameters, name: str, level: int) -> float:
    """Value of a parameter that has a low and a high one."""
    return float(parameters[(f"{name}_lav", name, f"{name}_hoy")[level + 1]])


def _spread(parameters: Parameters, name: str, level: int) -> float:
    """Factor of a quantity whose range is told in per cent."""
    return 1.0 + level * float(parameters[name]) / 100 if level else 1.0


def _residents(parameters: Parameters, level: _Level) -> Array:
    """Residents who travel by themselves per dwelling, by type, (4,)."""
    table = residents_per_dwelling(parameters)
    year, first = int(parameters["trafikk_aar_etter"]), int(parameters["trafikk_fra_alder"])
    people = table[:, year, first:].sum(axis=1)
    return np.asarray(people * _spread(parameters, "trafikk_bosatte_spenn", level("bosatte")))


def _at_work(parameters: Parameters, level: _Level) -> tuple[float, Array]:
    """Trips per employee in an average day, by the employees and by visitors (5,), as counted."""
    counted = _three(parameters, "trafikk_ved_arbeid", level("ved_arbeid")) / 100
    work = _three(parameters, "trafikk_arbeid", level("arbeid"))
    work *= counted * float(parameters["trafikk_dager_arbeid"]) / _DAYS
    days = {one: "trafikk_dager_handel" if one == "handel" else "trafikk_dager_besok"
            for one in INDUSTRIES}  # fmt: skip
    visits = np.array(
        [
            float(parameters[f"trafikk_besok_{one}"]) * float(parameters[days[one]])
            for one in INDUSTRIES
        ]
    )
    visits *= counted / _DAYS * _spread(parameters, "trafikk_besok_spenn", level("besok"))
    return work, visits


def _size(parameters: Parameters, level: _Level) -> Array:
    """Floor area per employee, (5,); little traffic is much area."""
    size = np.array([float(parameters[f"trafikk_m2_{one}"]) for one in INDUSTRIES])
    return size * _spread(parameters, "trafikk_m2_spenn", -level("areal"))


def _by_class(parameters: Parameters, level: _Level) -> tuple[Array, Array]:
    """Share that drives and km driven per trip by class, (6,), the unknown class last."""
    share = np.array([float(parameters[f"trafikk_bil_{key}"]) for key in _KEYS])
    if level("andel"):
        share = share + level("andel") * float(parameters["trafikk_bil_spenn"])
    share = np.clip(share, 0.0, 100.0) / 100
    length = np.array([float(parameters[f"trafikk_km_{key}"]) for key in _KEYS])
    km = share * length * _spread(parameters, "trafikk_km_spenn", level("lengde"))
    said = str(parameters["trafikk_klasse_vanlig"])
    if said != _ALL:
        at = CLASSES.index(said)
        return np.append(share, share[at]), np.append(km, km[at])
    ends = (np.min, np.mean, np.max)[level("klasse") + 1]
    return np.append(share, ends(share)), np.append(km, ends(km))


def traffic(growth: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Reckon the trips and the driving that growth brings, with low, middle and high.

    Parameters
    ----------
    growth
        A row a place: columns of :data:`QUANTITIES` (net of what is torn down; one that is absent
        is 0) and ``klasse``, one of :data:`CLASSES` or ``ukjent``.
    parameters
        The sets ``trafikk`` and ``prognose``.

    Returns
    -------
    pandas.DataFrame
        The same index. ``turer_…`` (trips counted a day), ``bilturer_…`` (those as driver) and
        ``km_dogn_…`` (vehicle-km a day, mean of the year) with ``lav``, ``middels`` and ``hoy``,
        and ``km_aar_…``, 365 times as much. What is fewer than before is negative; its low is the
        largest fall.

    Raises
    ------
    DataQualityError
        When a quantity is missing or a class is unheard of: unknown growth is no growth of zero,
        and the caller must have said what to do about it.
    """
    amount, row = _checked(growth)
    ends = [_unit(make_rates(parameters, level), row) for level in (-1, 0, 1)]
    table = pd.DataFrame(index=growth.index)
    for number, name in enumerate(_MEASURES):
        # Each quantity by itself: less of one may go with more of another.
        low, middle, high = (amount * unit[number] for unit in ends)
        table[f"{name}_lav"] = np.minimum(low, high).sum(axis=1)
        table[f"{name}_middels"] = middle.sum(axis=1)
        table[f"{name}_hoy"] = np.maximum(low, high).sum(axis=1)
    for level in LEVELS:
        table[f"km_aar_{level}"] = table[f"km_dogn_{level}"] * _DAYS
    return table


def weigh(
    growth: pd.DataFrame, parameters: Parameters, names: Iterable[str]
) -> dict[str, tuple[float, float]]:
    """Vehicle-km a day of all rows with one quantity at each end, and the others in the middle.

    Parameters
    ----------
    growth
        As for :func:`traffic`.
    parameters
        The sets ``trafikk`` and ``prognose``.
    names
        Which of :data:`UNCERTAIN`.

    Returns
    -------
    dict
        The least and the most by name.
    """
    amount, row = _checked(growth)
    found = {}
    for name in names:
        low, high = (
            float((amount * _unit(make_rates(parameters, {name: level}), row)[2]).sum())
            for level in (-1, 1)
        )
        found[name] = (min(low, high), max(low, high))
    return found


def jobs(growth: pd.DataFrame, parameters: Parameters) -> pd.Series:
    """Employees of each row, middle: those told, and those that the floor area has room for."""
    amount, _ = _checked(growth)
    size = _size(parameters, _Level({}))
    area = amount[:, _HOMES : _HOMES + len(INDUSTRIES)] / size
    told = amount[:, _HOMES + len(INDUSTRIES) :]
    return pd.Series((area + told).sum(axis=1), index=growth.index)


def _unit(rates: Rates, row: NDArray[np.intp]) -> tuple[Array, Array, Array]:
    """Trips, drives and km that one of each quantity gives in each row, (n, 14) each."""
    trips = rates.trips.sum(axis=1)
    far = rates.trips[:, 0] + rates.visit * rates.trips[:, 1]
    share, km = rates.share[row], rates.km[row]
    return (
        np.broadcast_to(trips, (len(row), len(trips))),
        share[:, None] * trips,
        km[:, None] * far,
    )


def _checked(growth: pd.DataFrame) -> tuple[Array, NDArray[np.intp]]:
    """Amounts (n, 14), and the position of each row's class."""
    given = pd.DataFrame(growth).reindex(columns=list(QUANTITIES), fill_value=0.0)
    amount = given.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isnan(amount).any():
        raise DataQualityError(
            "Trafikken kan ikke regnes av en vekst som er ukjent.",
            remedy="Oppgi antall boliger og næringsareal, eller ta raden ut og fortell om den.",
        )
    row = pd.Index([*CLASSES, UNKNOWN]).get_indexer(pd.Index(growth["klasse"], dtype=object))
    if (row < 0).any():
        wrong = sorted({str(one) for one in growth["klasse"][row < 0]})
        raise DataQualityError(
            f"Ukjent tilgjengelighetsklasse: {', '.join(wrong)}.",
            remedy=f"Bruk {', '.join((*CLASSES, UNKNOWN))}.",
        )
    return amount, row
