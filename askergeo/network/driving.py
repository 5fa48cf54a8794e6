"""Driving: the graph of the roads that cars may use, and how long each edge takes.

The time is the length at the speed limit, over a factor for junctions, curves and queues. The
graph knows one-way roads, bridges and tunnels, but no turn that is forbidden, no signal and no
queue of its own: it tells how far apart places are by car, not what a trip at 08.00 takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import LayerError
from askergeo.network._kinds import KINDS
from askergeo.network.cache import CODE, GAP, TOLERANCE, kept_graph
from askergeo.network.graph import GraphBuild, build_graph
from askergeo.network.lines import line_columns, text_column
from askergeo.network.profiles import Costs
from askergeo.network.repair import RepairReport, largest_share
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.network.graph import WalkGraph
    from askergeo.parameters import Parameters
    from askergeo.scenario import ScenarioView

__all__ = [
    "CATEGORIES",
    "Speeds",
    "build_driving_graph",
    "cached_driving_graph",
    "driving_costs",
    "one_way",
    "speed_notes",
    "speeds_of",
]

#: Kinds of road that cars may use (``vegtype``).
DRIVABLE = ("bilveg", "motorveg", "gatetun")
#: Categories of road, and the parameter with the speed where the limit is not known.
CATEGORIES = {
    "E": "reisetid_fart_e",
    "R": "reisetid_fart_r",
    "F": "reisetid_fart_f",
    "K": "reisetid_fart_k",
    "P": "reisetid_fart_p",
    "S": "reisetid_fart_s",
    "": "reisetid_fart_ukjent",
}
_KMH = 3.6
_KM = 1000.0
_WHOLE_ENOUGH = 0.8
_MODULES = (*CODE, "network/driving.py")


class _Values(Protocol):
    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401  (number, text or list)


@dataclass(frozen=True, eq=False)  # arrays have no single answer to ==
class Speeds:
    """Speed limit of ``r`` rows of the layer ``veg``.

    Parameters
    ----------
    kmh
        The limit, or what stands for it, (r,), km/h.
    assumed
        Category (key of :data:`CATEGORIES`) by which the speed was assumed, (r,); ``None`` where
        the limit is known.
    """

    kmh: NDArray[np.float64]
    assumed: NDArray[np.object_]


def build_driving_graph(veg: gpd.GeoDataFrame, *, tolerance_m: float, gap_m: float) -> GraphBuild:
    """Build the graph of the roads that cars may use.

    Roads and motorways are in it (kinds ``veg`` and ``motorveg``), also private ones, where those
    who live drive; ferries, footways and cycleways are not. ``source`` of the graph is the row of
    ``veg``.

    Parameters
    ----------
    veg
        The layer of the catalogue, in a projected CRS in metres.
    tolerance_m, gap_m
        As :func:`askergeo.network.graph.build_graph` takes them.

    Raises
    ------
    LayerError
        When there is no road for cars.
    """
    kind = text_column(veg, "vegtype")
    shapes = np.asarray(veg.geometry.array, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    drivable = np.isin(kind, DRIVABLE)
    if not (drivable & there).any():
        raise LayerError(
            "Laget «veg» har ingen bilveg: reisetid med bil kan ikke regnes.",
            remedy="Kontroller kolonnen vegtype i laget «veg».",
        )
    lines = line_columns("veg", veg, drivable & there)
    row = lines["row"].to_numpy()
    motorway = kind[row] == "motorveg"
    lines["kind"] = np.where(motorway, KINDS.index("motorveg"), KINDS.index("veg"))
    frame = gpd.GeoDataFrame(lines, geometry="geometry", crs=veg.crs)
    left_out = {
        "uten_geometri": int((~there).sum()),
        "ferge": int((there & (kind == "ferge")).sum()),
        "uten_bil": int((there & ~drivable & (kind != "ferge")).sum()),
    }
    frame.attrs["utelatt"] = {word: count for word, count in left_out.items() if count}
    build = build_graph(frame, tolerance_m=tolerance_m, gap_m=gap_m)
    graph = replace(build.graph, source=row[build.graph.source].astype(np.int32))
    return GraphBuild(graph=graph, report=_report(build.report, graph))


def cached_driving_graph(package: DataPackage | ScenarioView, parameters: _Values) -> GraphBuild:
    """Return the driving graph of a package: from the package's cache, or built and put there.

    Parameters
    ----------
    package
        Package, or a scenario laid over one; a scenario's graph is kept with the scenario.
    parameters
        ``toleranse_m`` and ``glipp_m``.

    Raises
    ------
    LayerError, CrsError, ParameterError, PackageError
        As reading the layer and :func:`build_driving_graph` do.
    """

    def make() -> GraphBuild:
        return build_driving_graph(
            package.read("veg"),
            tolerance_m=float(parameters[TOLERANCE]),
            gap_m=float(parameters[GAP]),
        )

    return kept_graph(package, "bilnett", ("veg",), parameters, make, code=_MODULES)


def speeds_of(veg: gpd.GeoDataFrame, parameters: Parameters) -> Speeds:
    """Find the speed of each road: its limit, or one assumed by the kind and category of the road.

    Parameters
    ----------
    veg
        The layer; a road without ``fartsgrense`` has that of its category, a ``gatetun`` and a
        ``motorveg`` their own.
    parameters
        ``reisetid_fart_*`` of the set ``reisetid``.
    """
    limit = np.full(len(veg), np.nan)
    if "fartsgrense" in veg:
        limit = pd.to_numeric(veg["fartsgrense"], errors="coerce").to_numpy(dtype=np.float64)
    missing = ~(limit > 0)
    kind, category = text_column(veg, "vegtype"), text_column(veg, "vegkategori")
    category = np.where(np.isin(category, list(CATEGORIES)), category, "")
    named = np.where(kind == "gatetun", "gatetun", np.where(kind == "motorveg", "motorveg", ""))
    what = np.where(named != "", named, category)
    kmh = limit.copy()
    # Only values that are used are read: the reader is warned of those alone.
    for one in np.unique(what[missing].astype(str)):
        name = CATEGORIES.get(one, f"reisetid_fart_{one}")
        kmh[missing & (what == one)] = float(parameters[name])
    assumed = what.astype(object)
    assumed[~missing] = None
    return Speeds(kmh, assumed)


def driving_costs(
    graph: WalkGraph, veg: gpd.GeoDataFrame, parameters: Parameters, *, rush: bool = True
) -> Costs:
    """Seconds that a car takes along each edge, both ways; ``inf`` against a one-way road.

    Parameters
    ----------
    graph
        Of :func:`build_driving_graph`, made from these rows of ``veg``.
    veg
        The layer, rows in the order in which the graph was made from them.
    parameters
        ``reisetid_bil_rush`` or ``reisetid_bil_fri`` (share of the speed limit that is driven),
        ``reisetid_fart_*`` and ``reisetid_gangfart`` (to the car, off the network).
    rush
        Whether it is the rush hour.
    """
    share = float(parameters["reisetid_bil_rush" if rush else "reisetid_bil_fri"])
    metres_a_second = speeds_of(veg, parameters).kmh * share / _KMH
    seconds = graph.length / metres_a_second[graph.source]
    along = one_way(veg)[graph.source]
    return Costs(
        forward=seconds,
        backward=np.where(along, np.inf, seconds),
        access=_KMH / float(parameters["reisetid_gangfart"]),
        unit="s",
    )


def one_way(veg: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Tell which rows may be driven in the direction of the line only, (r,).

    A line that is drawn once each way, or also as a road for both, is open both ways.
    """
    if "envegskjort" not in veg:
        return np.zeros(len(veg), dtype=bool)
    stated = np.asarray(veg["envegskjort"].astype("boolean").fillna(value=False), dtype=np.bool_)
    if not stated.any():
        return stated
    shapes = np.asarray(veg.geometry.array, dtype=object)
    drivable = np.isin(text_column(veg, "vegtype"), DRIVABLE)
    drawn = pd.DataFrame(
        {
            "line": shapely.to_wkb(shapely.normalize(shapes)),
            "way": pd.Series(shapely.to_wkb(shapes), dtype=object).where(stated, None),
        }
    )[drivable]
    # Of rows that are the same line the ways differ, or one has none.
    ways = drawn.groupby("line")["way"].agg(lambda rows: rows.nunique(dropna=False))
    both = drawn["line"].map(ways) > 1
    open_both = np.zeros(len(veg), dtype=bool)
    open_both[np.flatnonzero(drivable)] = both.to_numpy()
    return np.asarray(stated & ~open_both, dtype=np.bool_)


def speed_notes(graph: WalkGraph, speeds: Speeds) -> tuple[str, ...]:
    """Say how much of the network has no speed limit in the map."""
    assumed = pd.Series(speeds.assumed[graph.source]).notna().to_numpy()
    total, missing = graph.length.sum(), graph.length[assumed].sum()
    if not missing:
        return ()
    km, of = (format_number(metres / _KM, 1, unit="km") for metres in (missing, total))
    share = format_number(100 * missing / total)
    said = f"Fartsgrensen mangler for {km} av {of} bilveg ({share} %)"
    return (f"{said}; der er farten antatt etter vegkategorien.",)


def _report(report: RepairReport, graph: WalkGraph) -> RepairReport:
    """Say of roads what the report says of ways on foot."""
    summary = report.summary[report.summary["navn"] != "ukjent_stigning"].copy()
    summary.loc[summary["navn"] == "linjer", "tittel"] = "Linjer å kjøre på"
    share = largest_share(graph)
    said = (
        f"Bilvegene er i flere deler, og den største har bare {format_number(100 * share)} % av "
        "lengden: mellom delene er reisetid med bil ukjent. Rett linjene i laget «veg»."
    )
    warnings = (said,) if share < _WHOLE_ENOUGH else ()
    return replace(report, summary=summary.reset_index(drop=True), warnings=warnings)
