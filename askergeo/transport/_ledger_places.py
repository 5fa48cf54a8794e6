"""Where growth lies: on which side of the line, in which centre, how far from stop and station.

Ways are walked on the network, door to door: the straight line to the network counts. An area is
measured from one point in it. Nothing is taken for far when it may only be badly mapped: a way that
is not known makes the class «ukjent».
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import nearest as nearest_text
from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.network.paths import matrix
from askergeo.numbers import format_number
from askergeo.population.faults import all_faults, listed_faults
from askergeo.school.route import join_doors
from askergeo.transport.access import walks_of
from askergeo.transport.zones import SIDES, UNKNOWN, zone_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.network.paths import Network
    from askergeo.parameters import Parameters
    from askergeo.transport.zones import Zones

    Numbers = NDArray[np.float64]

__all__ = ["LEVELS", "OUTSIDE", "Centres", "centres_of", "distance_classes", "distance_labels"]
__all__ += ["located", "points_in", "side_shares"]

#: Levels of centres, the highest first.
LEVELS: Final = ("kommunesenter", "lokalsenter", "naersenter")
OUTSIDE: Final = "utenfor"


@dataclass(frozen=True, eq=False)
class Centres:
    """The centres that growth is held against.

    Parameters
    ----------
    frame
        ``senter_id``, ``navn``, ``niva``, ``prioritert`` and the geometry, a row each; the highest
        level first.
    reach
        Metres that are walking distance to each, (c,).
    """

    frame: gpd.GeoDataFrame
    reach: Numbers


def centres_of(senter: gpd.GeoDataFrame | None, parameters: Parameters) -> Centres | None:
    """Read the centres, and which of them have priority.

    Parameters
    ----------
    senter
        Layer of the catalogue.
    parameters
        ``regnskap_prioritert`` and ``regnskap_…_m``.

    Raises
    ------
    ParameterError
        When a centre with priority is neither a level nor a name; the nearest are suggested.
    """
    if senter is None or not len(senter):
        return None
    order = senter["niva"].map({level: at for at, level in enumerate(LEVELS)})
    known = senter[order.notna()].assign(_order=order).sort_values(
        ["_order", "senter_id"], kind="stable"
    )  # fmt: skip
    names = known["navn"].astype(str)
    wanted = [str(word).strip() for word in parameters["regnskap_prioritert"] if str(word).strip()]
    for word in wanted:
        if word not in (*LEVELS, *names, *known["senter_id"].astype(str)):
            raise ParameterError(
                f"«{word}» er verken et nivå eller et senter i laget «senter».",
                remedy=f"{nearest_text(word, [*LEVELS, *names])} Nivåene er {', '.join(LEVELS)}, "
                f"og sentrene {', '.join(sorted(set(names)))}. Skriv komma mellom.".strip(),
            )
    chosen = known["niva"].isin(wanted) | names.isin(wanted) | known["senter_id"].isin(wanted)
    frame = known[["senter_id", "navn", "niva", "geometry"]].assign(prioritert=chosen)
    reach = frame["niva"].map({level: float(parameters[f"regnskap_{level}_m"]) for level in LEVELS})
    return Centres(frame.reset_index(drop=True), reach.to_numpy(dtype=np.float64))


def points_in(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """One point for each row: the middle of an area where it lies inside it, else a point in it."""
    shapes = geometries(rows)
    middle = shapely.centroid(shapes)
    outside = ~shapely.intersects(shapes, middle)
    points = np.where(outside, shapely.point_on_surface(shapes), middle)
    return gpd.GeoSeries(points, index=rows.index, crs=rows.crs)


def side_shares(zones: Zones | None, rows: gpd.GeoDataFrame) -> pd.DataFrame:
    """Share of each row on each side of the line; all unknown when there is no line."""
    if zones is None:
        shares = pd.DataFrame(0.0, index=rows.index, columns=list(SIDES))
        return shares.assign(**{UNKNOWN: 1.0})
    return zone_shares(zones, rows)


def located(
    points: gpd.GeoSeries,
    *,
    network: Network | None,
    centres: Centres | None,
    holdeplass: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tell the centre, and the way to stop and station, of points.

    Parameters
    ----------
    points
        ``n`` points in the network's CRS.
    network
        The walking network in metres; None when nothing can be walked.
    centres, holdeplass
        What is walked to; None when it is not known.
    parameters
        ``regnskap_…``, and ``kollektiv_koble_…`` and ``kollektiv_los_del_m`` of the set
        ``kollektiv``.

    Returns
    -------
    DataFrame, DataFrame
        Index of ``points``: ``senter_id`` and ``niva`` (of the highest level within walking
        distance, the nearest of that level; «utenfor» and «ukjent»), ``prioritert`` («ja», «nei»,
        «ukjent»), ``senter_m`` (to that centre), ``holdeplass_m`` and ``stasjon_m`` (inf: no way
        there, NaN: not known). And faults.
    """
    bare = pd.DataFrame(
        {"senter_id": UNKNOWN, "niva": UNKNOWN, "prioritert": UNKNOWN, "senter_m": np.nan,
         "holdeplass_m": np.nan, "stasjon_m": np.nan},
        index=points.index,
    )  # fmt: skip
    if network is None or not len(points):
        return bare, all_faults([])
    faults = []
    if centres is not None:
        found, told = _centre_of(points, network, centres, parameters)
        bare[list(found.columns)] = found
        faults.append(told)
    if holdeplass is not None and len(holdeplass):
        modes = [str(mode) for mode in parameters["regnskap_stasjon_midler"]]
        station = holdeplass["transportmiddel"].isin(modes).to_numpy(dtype=bool)
        everyone = np.ones(len(holdeplass), dtype=bool)
        ways = walks_of(points, holdeplass, network, parameters).to([everyone, station]).cost
        bare["holdeplass_m"], bare["stasjon_m"] = ways[:, 0], ways[:, 1]
    return bare, all_faults(faults)


def _centre_of(
    points: gpd.GeoSeries, network: Network, centres: Centres, parameters: Parameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find the centre of each point: see :func:`located`."""
    shortest = float(parameters["kollektiv_los_del_m"])
    doors = join_doors(network.graph, points, float(parameters["kollektiv_koble_m"]), shortest)
    reach = float(parameters["regnskap_koble_senter_m"])
    ends = join_doors(network.graph, centres.frame, reach, shortest, whole=True)
    ways = matrix(network, doors.places, ends.places)
    # A way that the map does not have is a break in it, unless both parts are whole.
    ways[np.isinf(ways) & (doors.loose[:, None] | ends.loose[None, :])] = np.nan
    straight = shapely.distance(doors.points[:, None], ends.points[None, :])
    # Who is farther in a straight line than may be walked is outside, whatever the map lacks.
    may = np.isnan(ways) & ~(straight > centres.reach[None, :])
    inside = ways <= centres.reach[None, :]
    niva = centres.frame["niva"].to_numpy(dtype=object)
    result = pd.DataFrame(
        {"senter_id": OUTSIDE, "niva": OUTSIDE, "prioritert": "nei", "senter_m": np.nan},
        index=points.index,
    )  # fmt: skip
    open_rows = np.ones(len(points), dtype=bool)
    ids = centres.frame["senter_id"].to_numpy(dtype=object)
    first = centres.frame["prioritert"].to_numpy(dtype=bool)
    for level in LEVELS:
        columns = np.flatnonzero(niva == level)
        if not len(columns):
            continue
        near = np.where(inside[:, columns], ways[:, columns], np.inf)
        best = near.argmin(axis=1)
        hit = open_rows & inside[:, columns].any(axis=1)
        at = columns[best[hit]]
        result.loc[hit, "senter_id"] = ids[at]
        result.loc[hit, "niva"] = level
        result.loc[hit, "prioritert"] = np.where(first[at], "ja", "nei")
        result.loc[hit, "senter_m"] = ways[hit, at]
        open_rows &= ~hit
        vague = open_rows & may[:, columns].any(axis=1)
        result.loc[vague, ["senter_id", "niva", "prioritert"]] = UNKNOWN
        open_rows &= ~vague
    lost = centres.frame.loc[ends.part < 0, "navn"]
    text = (
        f"Senteret ligger mer enn {format_number(reach, unit='m')} fra gangnettet. Om veksten i "
        "nærheten er i senteret, er ukjent."
    )
    return result, listed_faults(
        "senter_uten_gangnett", "Senter uten gangnett", "senter", lost, text
    )


def distance_labels(limits: Sequence[float]) -> list[str]:
    """Names of the distance classes, the unknown last.

    Examples
    --------
    >>> [one.replace("\u00a0", " ") for one in distance_labels([300.0, 500.0])]
    ['0–300 m', '300–500 m', 'over 500 m', 'ukjent']
    """
    ends = [0.0, *limits]
    names = [
        f"{format_number(low)}–{format_number(high, unit='m')}"
        for low, high in zip(ends, limits, strict=False)
    ]
    return [*names, f"over {format_number(limits[-1], unit='m')}", UNKNOWN]


def distance_classes(metres: Numbers, limits: Sequence[float]) -> NDArray[np.intp]:
    """Class of each distance: at a limit the nearer one, no way the farthest, NaN the last."""
    at = np.searchsorted(np.asarray(limits, dtype=np.float64), np.nan_to_num(metres, nan=0.0))
    return np.where(np.isnan(metres), len(limits) + 1, at)
