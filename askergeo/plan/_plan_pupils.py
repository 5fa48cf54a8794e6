"""The pupils that a plan's dwellings bring, by grade and school year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan._dwellings import dwellings
from askergeo.population.people import age_in_grade
from askergeo.population.tables import residents_per_dwelling
from askergeo.school.route import GRADES

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan._dwellings import Dwellings
    from askergeo.plan._school_room import Room
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

    Numbers = NDArray[np.float64]

__all__ = ["PlannedPupils", "in_programme", "planned_pupils"]


_GUESSED: Final = "Elever per bolig er anslag, ikke kommunens egne tall."


@dataclass(frozen=True, eq=False)
class PlannedPupils:
    """Pupils of ``u`` purposes.

    Parameters
    ----------
    pupils
        Pupils that are not in the forecast already, by year and grade, (u, t, 10): in the school
        years of the forecast; without one, in the years since the dwellings were completed.
    known
        Whether the number of dwellings is known, (u,).
    done
        The year that the dwellings are completed in; 0 not known. The school year that begins then
        is their first.
    remark
        How many dwellings there are, and how that is known, in bokmål.
    """

    pupils: Numbers
    known: NDArray[np.bool_]
    done: int
    remark: str


def planned_pupils(
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    seats: Room,
    parameters: Parameters,
) -> PlannedPupils:
    """Reckon the pupils of a plan's dwellings, beyond those that the forecast has already.

    A dwelling has the residents of its type and of the years since it was completed, by the tables
    of the forecast (`askergeo.population.tables`). Dwellings of the plan that stand in the housing
    programme are in the forecast; only the rest is added to it.

    Parameters
    ----------
    uses, place
        The purposes, and the plan.
    package
        For the layer ``boligprogram``.
    seats
        The school years that are asked about.
    parameters
        The set ``plansjekk``.
    """
    homes = dwellings(uses, parameters)
    table = _per_dwelling()
    done, told = _completed(seats, parameters)
    if seats.forecast:
        since = seats.years - done
    else:
        since = np.arange(int(parameters["skole_horisont"]) + 1)
    each = table[:, np.clip(since, 0, table.shape[1] - 1)] * (since >= 0)[:, None]
    listed_already = in_programme(place, package) if seats.forecast else 0.0
    rest, more = _rest(homes, listed_already)
    pupils = rest * np.einsum("uk,ktg->utg", homes.by_type, each)
    said = [homes.text(), told if homes.known.any() else "", more]
    if homes.known.any():
        said.append(_GUESSED)
    return PlannedPupils(pupils, homes.known, done, " ".join(filter(None, said)))


def _per_dwelling() -> Numbers:
    """Pupils of a dwelling by type, years since completion and grade, (4, y, 10)."""
    first = age_in_grade(1)
    table = residents_per_dwelling(load_parameters("prognose"))
    return table[:, :, first : first + len(GRADES)]


def _completed(seats: Room, parameters: Parameters) -> tuple[int, str]:
    """Give the year that the dwellings are completed in, 0 without a calendar, and say it."""
    given = int(parameters["boliger_ferdig"])
    if given:
        return given, f"Boligene er ferdige i {given}."
    if not seats.forecast:
        return 0, ""
    done = seats.start + int(parameters["boliger_ferdig_om"])
    return done, f"Boligene er antatt ferdige i {done}."


def in_programme(place: Place, package: DataPackage | ScenarioView) -> float:
    """Count the dwellings of the plan that the housing programme has: by its id, or where it is."""
    if "boligprogram" not in package:
        return 0.0
    there = package.records["boligprogram"].columns
    frame = package.read("boligprogram", columns=[c for c in ("boliger", "planid") if c in there])
    own = shapely.intersects(place.outline, shapely.point_on_surface(geometries(frame)))
    if "planid" in frame:
        own |= frame["planid"].isin(list(place.plan_ids)).to_numpy(dtype=bool)
    number = pd.to_numeric(frame["boliger"]).to_numpy(dtype=np.float64, na_value=np.nan)
    return float(np.nansum(np.maximum(number[own], 0.0)))


def _rest(homes: Dwellings, listed_already: float) -> tuple[float, str]:
    """Give the share of the plan's dwellings that the forecast lacks, and say what it has."""
    if not listed_already:
        return 1.0, ""
    number = format_number(listed_already)
    told = f"Boligprogrammet har {number} boliger i planen, og de er med i framskrivingen."
    if not homes.known.any() or homes.total <= 0:
        return 1.0, told
    rest = max(homes.total - listed_already, 0.0) / homes.total
    return rest, f"{told} Bare resten av planens boliger er lagt til."
