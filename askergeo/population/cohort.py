"""The cohort model: everyone a year older, births, deaths, moves, and what dwellings bring.

One step, for all areas at once (a = age at the end of the year, n = area):

    aged(c)[n, a] = c[n, a − 1]                   105 and older stay in the last age
    born[n]       = Σ_a fertility[n, a] · c[n, a]  ages at the start of the year
    alive         = survival[a] · (aged + born at age 0)
    after         = alive + migration[n, a] · alive + flow[n, a]

The step is linear in people, so parts of a population can be followed one by one and add up to the
whole. ``flow`` is what the housing programme brings beyond the rates; it never takes more people
than there are. Nothing is negative as long as no migration rate is below −1.

References
----------
Preston, Heuveline and Guillot (2001), «Demography: Measuring and Modeling Population Processes»,
chapter 6, on the cohort component method; Leslie (1945), «On the use of matrices in certain
population mathematics».
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from askergeo.population.people import Projection

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from askergeo.population.people import People

    Array = NDArray[np.float64]
    Scaler = Callable[[int, Array], Array]

__all__ = ["Rates", "aged", "born", "follow", "project", "survivors"]


@dataclass(frozen=True, eq=False)
class Rates:
    """Yearly rates of ``n`` areas.

    Parameters
    ----------
    survival
        Share still alive at the end of the year, by age then, (AGES,).
    fertility
        Children born a year for each resident, by age at the start of the year, (n, AGES).
    migration
        Net moves for each survivor, by age at the end of the year, at least −1, (n, AGES).
    """

    survival: Array
    fertility: Array
    migration: Array

    def rows(self, take: NDArray[np.intp]) -> Rates:
        """Take the rates of some of the areas, or of one area several times."""
        return Rates(self.survival, self.fertility[take], self.migration[take])


def aged(count: Array) -> Array:
    """Everyone a year older; nobody is of age 0.

    Parameters
    ----------
    count
        People, (…, AGES).
    """
    older = np.zeros_like(count)
    older[..., 1:] = count[..., :-1]
    older[..., -1] += count[..., -1]
    return older


def born(count: Array, rates: Rates) -> Array:
    """Children born in a year to ``count``, (n,)."""
    return np.asarray(np.einsum("...na,na->...n", count, rates.fertility))


def survivors(count: Array, rates: Rates) -> Array:
    """Who is alive at the end of the year, children born in it among them, before any moves."""
    older = aged(count)
    older[..., 0] = born(count, rates)
    return older * rates.survival


def project(
    start: People,
    rates: Rates,
    years: int,
    *,
    flow: Array | None = None,
    removed: Array | None = None,
    scaler: Scaler | None = None,
) -> Projection:
    """Project residents year by year, with every change in an account that closes.

    Parameters
    ----------
    start
        Residents on 1 January of the first year, (n, AGES).
    rates
        Yearly rates of the same areas.
    years
        How many years to go.
    flow
        Net moves that new dwellings bring each year, (years, n, AGES).
    removed
        Share of each area's residents who leave because their dwelling goes, (years, n).
    scaler
        Called with the number of the step and the people after it, (n, AGES); gives what to add.
    """
    areas, ages = start.count.shape
    count = np.empty((years + 1, areas, ages))
    count[0] = start.count
    births = np.empty((years, areas))
    deaths, migration, housing, scaling = (np.zeros((years, areas, ages)) for _ in range(4))
    for k in range(years):
        older = aged(count[k])
        births[k] = born(count[k], rates)
        older[:, 0] = births[k]
        deaths[k] = older * (1 - rates.survival)
        alive = older - deaths[k]
        migration[k] = rates.migration * alive
        after = alive + migration[k]
        housing[k] = _housing(after, k, flow, removed)
        after = after + housing[k]
        if scaler is not None:
            scaling[k] = scaler(k, after)
        # What rounding leaves below zero is nobody.
        count[k + 1] = np.maximum(after + scaling[k], 0)
    span = np.arange(start.year, start.year + years + 1, dtype=np.int64)
    return Projection(start.areas, span, count, births, deaths, migration, housing, scaling)


def _housing(people: Array, k: int, flow: Array | None, removed: Array | None) -> Array:
    change = np.zeros_like(people)
    if removed is not None:
        change -= people * removed[k][:, None]
    if flow is not None:
        # No more can move out of a dwelling than live in it.
        change = np.maximum(change + flow[k], -people)
    return change


def follow(start: Array, rates: Rates, housing: Array) -> dict[str, Array]:
    """Follow the people of a projection without scaling by where they come from.

    Parameters
    ----------
    start
        Residents at the start, (n, AGES).
    rates
        The projection's rates.
    housing
        ``Projection.housing``, (t, n, AGES).

    Returns
    -------
    ``arskull``: residents at the start who are still alive, had nobody moved; ``fodte``: born later
    to those who live in the dwellings of today, and alive; ``flytting``: net moves by the rates;
    ``bolig``: who came or went with dwellings, and their children. Each (t + 1, n, AGES); their
    sum is ``Projection.count``.
    """
    years = len(housing)
    shape = (years + 1, *start.shape)
    old, new, moved, homes = (np.zeros(shape) for _ in range(4))
    old[0] = start
    for k in range(years):
        old[k + 1] = aged(old[k]) * rates.survival
        new[k + 1] = aged(new[k]) * rates.survival
        resident = old[k] + new[k] + moved[k]
        new[k + 1][:, 0] = born(resident, rates) * rates.survival[0]
        moved[k + 1] = aged(moved[k]) * rates.survival
        moved[k + 1] += rates.migration * survivors(resident, rates)
        homes[k + 1] = survivors(homes[k], rates) * (1 + rates.migration) + housing[k]
    return {"arskull": old, "fodte": new, "flytting": moved, "bolig": homes}
