"""Where the ban on building in the 100 m belt holds inside a plan (pbl § 1-8).

The belt is measured from the shoreline near the plan. A building limit releases what lies on its
landward side, inside its own plan: the reviewed plan's limits inside it, a limit of another plan
inside that plan's outline. A limit whose plan is not known, or which cuts nothing off, releases
nothing and is told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from askergeo.analyses._shoreline import exempt_of
from askergeo.geometry import (
    EMPTY,
    buffer_lines,
    geometries,
    intersecting,
    lines_of,
    polygons_of,
    union,
)
from askergeo.parameters import load_parameters

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["banned_shore"]


def banned_shore(place: Place, package: DataPackage | ScenarioView) -> tuple[gpd.GeoDataFrame, str]:
    """Find the parts of the belt near a plan where no building limit has replaced the ban.

    Returns
    -------
    GeoDataFrame, str
        The parts, and what the reader must know of the limits.
    """
    parameters = load_parameters("strandsone")
    width, segments = parameters["belte_m"], parameters["kvartsirkel_segmenter"]
    west, south, east, north = place.outline.bounds
    # Twice the belt: its pieces near the plan must be whole for a line to cut them.
    box = (west - 2 * width, south - 2 * width, east + 2 * width, north + 2 * width)
    shoreline = lines_of(geometries(package.read("kystkontur", bbox=box, columns=[])))
    near = shoreline[intersecting(shoreline, shapely.box(*box), 0.0)]
    if not len(near):
        return gpd.GeoDataFrame(geometry=[], crs=package.crs), ""
    window = shapely.box(*box)
    reach = shapely.intersection(buffer_lines(near, width, segments), window)
    belt = shapely.difference(reach, _sea(package, box))
    released, remark = _released(belt, near, place, package, box)
    parts = polygons_of(shapely.difference(belt, released))
    return gpd.GeoDataFrame(geometry=parts, crs=package.crs), remark


def _sea(
    package: DataPackage | ScenarioView, box: tuple[float, float, float, float]
) -> BaseGeometry:
    if "vann" not in package:
        return EMPTY
    water = package.read("vann", bbox=box, columns=["vanntype"])
    return union(geometries(water[water["vanntype"] == "hav"]))


def _released(
    belt: BaseGeometry,
    shoreline: NDArray[np.object_],
    place: Place,
    package: DataPackage | ScenarioView,
    box: tuple[float, float, float, float],
) -> tuple[BaseGeometry, str]:
    """Give what building limits release, and a remark on limits that release nothing."""
    released: list[BaseGeometry] = [EMPTY]
    idle = 0
    if len(place.limits):
        behind, used = exempt_of(shapely.intersection(belt, place.outline), place.limits, shoreline)
        released.append(shapely.intersection(behind, place.outline))
        idle += int((~used).sum())
    unknown = 0
    if "byggegrense_sjo" in package:
        limits = package.read("byggegrense_sjo", bbox=box, columns=["planid"])
        plans = _outlines(package, box)
        for number, rows in limits.groupby("planid", dropna=False):
            own = plans.get(str(number))
            if own is None:
                unknown += len(rows)
                continue
            # A limit may end at its plan's edge, or run on so that only the whole belt is divided.
            behind, used = exempt_of(shapely.intersection(belt, own), rows, shoreline)
            further, also = exempt_of(belt, rows, shoreline)
            released += [shapely.intersection(part, own) for part in (behind, further)]
            idle += int((~(used | also)).sum())
    said = []
    if idle:
        said.append(f"{_limits(idle)} skiller ikke ut noe av beltet: siden kan ikke avgjøres.")
    if unknown:
        whose = "en plan" if unknown == 1 else "planer"
        said.append(f"{_limits(unknown)} hører til {whose} som ikke er kjent, og er ikke brukt.")
    return union(np.array(released, dtype=object)), " ".join(said)


def _outlines(
    package: DataPackage | ScenarioView, box: tuple[float, float, float, float]
) -> dict[str, BaseGeometry]:
    if "reguleringsplan" not in package:
        return {}
    plans = package.read("reguleringsplan", bbox=box, columns=["planid"])
    return {str(number): union(geometries(rows)) for number, rows in plans.groupby("planid")}


def _limits(count: int) -> str:
    return f"{count} byggegrense" if count == 1 else f"{count} byggegrenser"
