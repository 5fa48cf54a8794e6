"""What the renewal plan is made of: the pipes, the projects, the years and the rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.analyses._va_renewal_people import main_roads, streets_of, who_lose
from askergeo.analyses._va_year import DATE_REMEDY
from askergeo.errors import LayerError
from askergeo.va.renewal import (
    FOUL,
    MEDIA,
    NEVER,
    Assessment,
    Course,
    Projects,
    assess,
    budget_of,
    courses_of,
    make_projects,
    plan,
    rates_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["Actual", "Scene", "actual_of", "make_scene"]

# KOSTRA's mean is over this many years.
_MEAN: Final = 3


@dataclass(frozen=True, eq=False)
class Actual:
    """What has been renewed of one net.

    Parameters
    ----------
    metres
        Metres by year, the index the years that are shown.
    share
        Mean share of the net a year over the last three years; NaN without any year of renewal.
    years
        Those three years; empty without.
    """

    metres: pd.Series
    share: float
    years: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """All that the tables, maps and sentences are made from.

    ``ids`` is the ``ledning_id`` of each pipe, ``year_of`` the year of each project, 0 when it is
    not in the plan; ``order`` the projects in the order they are taken; ``courses``,
    ``rates`` (the share that the plan renews a year, NaN without) and ``actual`` are by net.
    """

    found: Assessment
    ids: NDArray[np.object_]
    crs: object
    made: Projects
    year_of: NDArray[np.int64]
    order: NDArray[np.int64]
    streets: tuple[str, ...]
    courses: tuple[tuple[Course, ...], ...]
    rates: tuple[float, float, float]
    actual: tuple[Actual, ...]
    parameters: Parameters
    notes: tuple[str, ...]
    events_known: bool

    @property
    def budget(self) -> float | None:
        """Kroner a year; ``None`` when the plan follows the rates."""
        return budget_of(self.parameters)

    @property
    def plan_years(self) -> range:
        """The years of the plan."""
        first = self.found.year + 1
        return range(first, first + int(self.parameters["va_fornyelse_plan_aar"]))

    def metres(self, medium: int) -> float:
        """Metres of a net."""
        stock = self.found.stock
        return float(stock.length_m[stock.medium == medium].sum())


def make_scene(
    layers: Mapping[str, Any], sources: Mapping[str, SourceRecord] | None, parameters: Parameters
) -> Scene:
    """Reckon everything.

    Raises
    ------
    LayerError
        When no pipe is municipal and in use, or none has both material and year, or the present
        year is not known.
    """
    pipes: gpd.GeoDataFrame = layers["va_ledning"].reset_index(drop=True)
    events = layers.get("va_hendelse")
    budget_of(parameters)  # Refused before anything is reckoned.
    year = _present(parameters, sources)
    losing = who_lose({**layers, "va_ledning": pipes}, parameters, year)
    found = assess(
        pipes, events, year=year, parameters=parameters, persons=losing.persons,
        institutions=losing.institutions,
        main_road=main_roads(
            pipes, layers.get("veg"), float(parameters["va_fornyelse_hovedveg_m"])
        ),
    )  # fmt: skip
    street, names = streets_of(
        found.stock.lines, layers.get("veg"), float(parameters["va_fornyelse_veg_m"])
    )
    made = make_projects(found, pipes, street, parameters=parameters)
    chosen = plan(found, made, parameters)
    year_of = np.where(chosen == NEVER, 0, year + 1 + chosen).astype(np.int64)
    actual = tuple(actual_of(found, medium) for medium in range(len(MEDIA)))
    rates = rates_of(found, made, chosen, parameters)
    courses = tuple(
        courses_of(found, medium, parameters, more=(*_own(rates, medium), *_more(actual[medium])))
        if (found.stock.medium == medium).any()
        else ()
        for medium in range(len(MEDIA))
    )
    return Scene(
        found=found, ids=pipes["ledning_id"].astype(str).to_numpy(dtype=object)[found.stock.row],
        crs=pipes.crs, made=made, year_of=year_of, order=_order(made, year_of, parameters),
        streets=names, courses=courses, rates=rates, actual=actual, parameters=parameters,
        notes=losing.notes,
        events_known=events is not None and bool(len(found.experience.years)),
    )  # fmt: skip


def _own(rates: tuple[float, float, float], medium: int) -> tuple[float, ...]:
    """Return the plan's rate of a net, that of sewage for storm water without one of its own."""
    own = rates[medium] if np.isfinite(rates[medium]) else rates[FOUL]
    return (own,) if np.isfinite(own) else ()


def _more(actual: Actual) -> tuple[float, ...]:
    """Return the rate of the last years as one that is compared, where it is told and possible."""
    highest = 0.05
    return (actual.share,) if 0 < actual.share <= highest else ()


def _order(made: Projects, year_of: NDArray[np.int64], parameters: Parameters) -> NDArray[np.int64]:
    """Order projects by year, those outside the plan last, then by risk for what they take."""
    held = budget_of(parameters) is not None
    size = made.frame["kr"] if held else made.frame[["vann", "avlop"]].sum(axis=1)
    worth = made.frame["risiko"].to_numpy() / np.maximum(size.to_numpy(dtype=np.float64), 1.0)
    # Storm water alone takes none of the rates, and is last among those outside the plan.
    worth = np.where(size.to_numpy() > 0, worth, -1.0)
    return np.lexsort((-worth, np.where(year_of > 0, year_of, year_of.max(initial=0) + 1)))


def _present(parameters: Parameters, sources: Mapping[str, SourceRecord] | None) -> int:
    """Return the present year: as given, else that of the layer's date."""
    given = int(parameters["va_fornyelse_aar"])
    if given:
        return given
    record = (sources or {}).get("va_ledning")
    if record is not None and record.date[:4].isdigit():
        return int(record.date[:4])
    raise LayerError(
        "Det er ikke sagt hvilket år laget «va_ledning» gjelder.",
        remedy=f"{DATE_REMEDY} Året kan også sies: «--parameter va_fornyelse_aar=2026».",
    )


def actual_of(found: Assessment, medium: int) -> Actual:
    """Sum what is renewed of a net by year, and KOSTRA's mean of three years.

    The three years end with the last year that any pipe of any net is renewed in: a register that
    is not kept up must not look like a net that nobody renews.
    """
    stock = found.stock
    mine = stock.medium == medium
    renewed = stock.renewed > 0
    if not renewed.any():
        return Actual(pd.Series(dtype=np.float64), float("nan"), ())
    last = int(stock.renewed[renewed].max())
    years = range(last - 9, last + 1)
    own = mine & renewed
    sums = pd.Series(stock.length_m[own]).groupby(stock.renewed[own]).sum()
    metres = sums.reindex(list(years), fill_value=0.0)
    total = float(stock.length_m[mine].sum())
    share = float(metres.iloc[-_MEAN:].mean()) / total if total > 0 else float("nan")
    return Actual(metres, share, tuple(years)[-_MEAN:])
