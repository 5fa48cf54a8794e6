"""The way on foot to school: from every door to every school, and which school is whose.

A way is measured from door to door along the shortest way that can be walked (opplæringslova,
LOV-2023-06-09-30, chapter 4; Prop. 57 L (2022–2023) chapter 37; the measure «dør til dør etter
farande veg» is of Ot.prp. nr. 46 (1997–98)): in metres in the plane, along roads, footways and
paths, with a straight line between each door and the network. The doors are points of the map. A
school with several doors is measured to the one that the map has, while the law asks for the
farthest that pupils use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.network.paths import Network, matrix
from askergeo.network.profiles import metres
from askergeo.network.snapping import snap

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.network.graph import GraphBuild, WalkGraph
    from askergeo.network.snapping import Places
    from askergeo.parameters import Parameters

    Flags = NDArray[np.bool_]
    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = [
    "GRADES",
    "HOW",
    "STAGES",
    "DoorToDoor",
    "Doors",
    "Nearest",
    "Own",
    "distances",
    "district_rows",
    "door_to_door",
    "grades_of",
    "join_doors",
    "nearest_school",
    "open_schools",
    "own_schools",
    "public_schools",
    "stage_of",
    "straight",
    "way_network",
]

#: The grades of grunnskolen, and of its two stages as the districts have them.
GRADES: Final = range(1, 11)
STAGES: Final = {"barnetrinn": range(1, 8), "ungdomstrinn": range(8, 11)}
#: How the school of an address was found, by the number in ``Own.how``.
HOW: Final = (
    "kretsens skole",
    "nærmeste skole: adressen er ikke i noen krets",
    "nærmeste skole: kretsen har ingen skole",
    "nærmeste skole: kretsens skole har ikke trinnet",
    "nærmeste skole: kretsens skole er ikke åpen",
    "ukjent: kretsens skole er ikke i laget «Skoler»",
    "ukjent: ingen skole med trinnet kan nås, eller det er uvisst hvilken som er nærmest",
)
OWN, NO_DISTRICT, NO_SCHOOL, NO_GRADE, CLOSED, NOT_THERE, UNKNOWN = range(7)


@dataclass(frozen=True, eq=False)
class Doors:
    """Where ``n`` doors meet the walking network.

    Parameters
    ----------
    points
        The doors, (n,).
    places
        Where each meets the network.
    line
        Metres in a straight line between door and network, (n,); NaN when it is not joined.
    part
        Connected part of the network that each stands on, (n,); −1 on none.
    loose
        Whether that part is so short that it is oftener a break in the map than an island, (n,).
    """

    points: Geometries
    places: Places
    line: Numbers
    part: NDArray[np.int64]
    loose: Flags


@dataclass(frozen=True, eq=False)
class DoorToDoor:
    """The ways from ``a`` doors to ``s`` schools.

    Parameters
    ----------
    network
        The walking network, in metres.
    metres
        Length of the shortest way, (a, s): NaN unknown (a door that is not joined, or a break in
        the map), ``inf`` where there is no way on foot.
    starts, schools
        The doors.
    """

    network: Network
    metres: Numbers
    starts: Doors
    schools: Doors


class Nearest(NamedTuple):
    """The nearest of some schools from ``a`` doors.

    ``school`` (a,) is its row, −1 when none can be reached; ``metres`` (a,) the way; ``sure`` (a,)
    is false when a school whose way is unknown may be nearer: its straight line is shorter.
    """

    school: Rows
    metres: Numbers
    sure: Flags


@dataclass(frozen=True, eq=False)
class Own:
    """The school of ``a`` addresses in each grade.

    Parameters
    ----------
    school
        Row of the school, (a, 10), a column a grade; −1 not known.
    how
        How it was found, (a, 10), index into :data:`HOW`.
    district
        Row of the district by stage, (a,) each; −1 where none covers the address.
    nearest
        The nearest public school that has the grade, one for each of the ten grades.
    """

    school: Rows
    how: NDArray[np.int8]
    district: dict[str, Rows]
    nearest: tuple[Nearest, ...]

    def metres(self, ways: Numbers) -> Numbers:
        """Way to the own school in each grade, (a, 10), out of that to each school, (a, s)."""
        row = np.arange(len(ways))[:, None]
        found = np.c_[ways, np.full(len(ways), np.nan)]
        return np.asarray(found[row, self.school])


def way_network(graph: WalkGraph) -> Network:
    """Return the walking network with its lengths in metres, the same both ways."""
    return Network.of(graph, metres(graph))


def distances(
    gangnett: GraphBuild,
    starts: gpd.GeoDataFrame | gpd.GeoSeries,
    skole: gpd.GeoDataFrame,
    parameters: Parameters,
) -> Numbers:
    """Measure the way on foot from every door to every school.

    Parameters
    ----------
    gangnett
        The walking graph, in the CRS of the points.
    starts
        ``a`` doors, points: addresses.
    skole
        ``s`` schools, points.
    parameters
        ``skoleveg_koble_m``, ``skoleveg_koble_skole_m`` and ``skoleveg_los_del_m`` of the set
        ``skoleveg``.

    Returns
    -------
    numpy.ndarray
        Metres, (a, s): NaN unknown (not joined to the network, or a break in the map), ``inf`` no
        way on foot. The straight lines between door and network are in it.

    Raises
    ------
    CrsError
        When the points are not in the graph's CRS.
    """
    return door_to_door(way_network(gangnett.graph), starts, skole, parameters).metres


def door_to_door(
    network: Network,
    starts: gpd.GeoDataFrame | gpd.GeoSeries,
    skole: gpd.GeoDataFrame | gpd.GeoSeries,
    parameters: Parameters,
) -> DoorToDoor:
    """Measure as `distances` does, and keep where the doors meet the network."""
    graph, shortest = network.graph, float(parameters["skoleveg_los_del_m"])
    doors = join_doors(graph, starts, parameters["skoleveg_koble_m"], shortest)
    # A loose bit of path in the school yard is not the way that anyone comes.
    reach = parameters["skoleveg_koble_skole_m"]
    schools = join_doors(graph, skole, reach, shortest, whole=True)
    way = matrix(network, doors.places, schools.places)
    # A way that the map does not have is a break in it, unless both ends lie on parts so long that
    # they are likely to be whole: then there is water between.
    doubtful = doors.loose[:, None] | schools.loose[None, :]
    return DoorToDoor(network, np.where(np.isinf(way) & doubtful, np.nan, way), doors, schools)


def join_doors(
    graph: WalkGraph,
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    reach_m: float,
    shortest_m: float,
    *,
    whole: bool = False,
) -> Doors:
    """Join doors to the nearest edge of the network.

    Parameters
    ----------
    graph
        The walking graph.
    points
        ``n`` points in its CRS; one that is missing or empty is not joined.
    reach_m
        Longest straight line to the network, metres.
    shortest_m
        Metres of way from which a part of the network that hangs alone is taken for whole.
    whole
        Join to parts that are whole only.
    """
    of_edge = graph.component[graph.start].astype(np.int64)
    length = np.bincount(of_edge, weights=graph.length, minlength=1)
    short = length < shortest_m
    # The largest part is the municipality itself, however short.
    short[0] = False
    places = snap(graph, points, reach_m=reach_m)
    if whole and short[of_edge[places.edge]].any():
        # The nodes of short parts, each a part of its own, are too few to be joined.
        alone = np.where(short[graph.component], 1 + np.arange(graph.nodes), 0)
        joinable = replace(graph, component=alone.astype(np.int32))
        places = snap(joinable, points, reach_m=reach_m, least_nodes=2)
    count = places.count
    line, part = np.full(count, np.nan), np.full(count, -1, dtype=np.int64)
    # From the last, so that the first place of a row stays.
    line[places.row[::-1]] = places.access[::-1]
    part[places.row[::-1]] = of_edge[places.edge[::-1]]
    shapes = np.asarray(points.geometry.array, dtype=object)
    return Doors(shapes, places, line, part, (part >= 0) & np.r_[short, [False]][part])


def grades_of(skole: pd.DataFrame) -> tuple[Flags, Flags]:
    """Tell which grades each school has, (s, 10), and of which schools that is known, (s,)."""
    first, last = (_numbers(skole, name) for name in ("trinn_fra", "trinn_til"))
    grade = np.array(GRADES)
    has = (first[:, None] <= grade) & (grade <= last[:, None])
    return has, ~(np.isnan(first) | np.isnan(last))


def open_schools(skole: pd.DataFrame, year: int = 0) -> Flags:
    """Tell which schools are open in the school year that begins in the autumn of ``year``, (s,).

    Without a year (0) all are.
    """
    if not year:
        return np.ones(len(skole), dtype=bool)
    opens, closes = (_numbers(skole, name) for name in ("fra_aar", "til_aar"))
    return ~(opens > year) & ~(closes < year)


def public_schools(skole: pd.DataFrame) -> Flags:
    """Tell which schools pupils are assigned to, (s,): all but the private; unknown counts."""
    if "eierform" not in skole:
        return np.ones(len(skole), dtype=bool)
    return ~skole["eierform"].eq("privat").to_numpy(dtype=bool, na_value=False)


def straight(starts: Geometries, schools: Geometries) -> Numbers:
    """Metres in a straight line between doors and schools, (a, s); NaN without a point."""
    (ax, ay), (sx, sy) = (
        (shapely.get_x(points), shapely.get_y(points)) for points in (starts, schools)
    )
    return np.hypot(ax[:, None] - sx, ay[:, None] - sy)


def nearest_school(ways: Numbers, lines: Numbers, usable: Flags) -> Nearest:
    """Find the nearest of the schools that are usable.

    Parameters
    ----------
    ways, lines
        Metres on foot and in a straight line, (a, s).
    usable
        The schools to choose from, (s,).
    """
    rows = np.flatnonzero(usable)
    if not len(rows):
        none = np.full(len(ways), -1, dtype=np.intp)
        return Nearest(none, np.full(len(ways), np.inf), np.ones(len(ways), dtype=bool))
    mine = ways[:, rows]
    known = np.where(np.isnan(mine), np.inf, mine)
    best = np.argmin(known, axis=1)
    way = known[np.arange(len(ways)), best]
    # A school without a point (a NaN line) may be anywhere.
    beside = np.where(np.isnan(mine), np.nan_to_num(lines[:, rows], nan=0.0), np.inf).min(axis=1)
    return Nearest(np.where(np.isinf(way), -1, rows[best]), way, ~(beside < way))


def stage_of(grade: int) -> str:
    """Stage that a grade belongs to, by its key in :data:`STAGES`.

    Examples
    --------
    >>> stage_of(7), stage_of(8)
    ('barnetrinn', 'ungdomstrinn')
    """
    return next(stage for stage, grades in STAGES.items() if grade in grades)


def district_rows(points: Geometries, skolekrets: gpd.GeoDataFrame | None) -> dict[str, Rows]:
    """Find the district of each point by stage: its row, −1 where none covers the point.

    Of districts that overlap the first of the layer counts.
    """
    none = np.full(len(points), -1, dtype=np.intp)
    found = {stage: none.copy() for stage in STAGES}
    if skolekrets is None or not len(skolekrets):
        return found
    point, row = shapely.STRtree(geometries(skolekrets)).query(points, predicate="intersects")
    stage_of_row = skolekrets["trinn"].to_numpy(dtype=object)[row]
    for stage, rows in found.items():
        mine = np.flatnonzero(stage_of_row == stage)
        # The lowest row is written last, whatever order the tree gives them in.
        mine = mine[np.argsort(-row[mine], kind="stable")]
        rows[point[mine]] = row[mine]
    return found


def own_schools(
    ways: Numbers,
    starts: Geometries,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame | None,
    *,
    year: int = 0,
) -> Own:
    """Find the school of each address in each grade.

    It is that of the district. Where there is no district, where it has no school, and where its
    school is closed or does not have the grade, it is the nearest public school on foot that has
    the grade. A district's school whose grades are unknown is taken to have the grade.

    Parameters
    ----------
    ways
        Metres to each school, (a, s), as `distances` gives them.
    starts
        The addresses, (a,).
    skole, skolekrets
        The layers; without districts the nearest school is everyone's.
    year
        School year (its autumn) whose open schools count; see `open_schools`.
    """
    has, known = grades_of(skole)
    there = open_schools(skole, year)
    choice = there & public_schools(skole)
    lines = straight(starts, geometries(skole))
    district = district_rows(starts, skolekrets)
    named = {stage: _named(rows, skolekrets, skole, there) for stage, rows in district.items()}
    school = np.full((len(starts), len(GRADES)), -1, dtype=np.intp)
    how = np.full(school.shape, UNKNOWN, dtype=np.int8)
    nearest: list[Nearest] = []
    made: dict[bytes, Nearest] = {}
    for column, grade in enumerate(GRADES):
        usable = choice & has[:, column]
        # Most grades have the same schools as the grade before.
        key = usable.tobytes()
        if key not in made:
            made[key] = nearest_school(ways, lines, usable)
        near = made[key]
        nearest.append(near)
        row, code = named[stage_of(grade)]
        lacks = (code == OWN) & ~(has[:, column] | ~known)[row]
        code = np.where(lacks, NO_GRADE, code)
        falls_back = (code != OWN) & (code != NOT_THERE)
        unknown = falls_back & ((near.school < 0) | ~near.sure)
        school[:, column] = np.where(falls_back, np.where(unknown, -1, near.school), row)
        how[:, column] = np.where(unknown, UNKNOWN, code)
    return Own(school, how, district, tuple(nearest))


def _named(
    district: Rows, skolekrets: gpd.GeoDataFrame | None, skole: gpd.GeoDataFrame, there: Flags
) -> tuple[Rows, NDArray[np.int8]]:
    """Row of the school that each address' district names, −1 for none, and how that went."""
    if skolekrets is None or "skole_id" not in skolekrets:
        code = NO_DISTRICT if skolekrets is None else NO_SCHOOL
        none = np.full(len(district), -1, dtype=np.intp)
        return none, np.where(district < 0, NO_DISTRICT, code).astype(np.int8)
    # One more, for the addresses without district.
    ids = [*skolekrets["skole_id"].astype("string"), pd.NA]
    of_district = pd.Series(pd.array(ids, dtype="string"))
    number = pd.Index(skole["skole_id"].astype("string")).get_indexer(of_district)
    number = np.where(of_district.isna(), -1, number)
    absent = (number < 0) & of_district.notna().to_numpy()
    closed = (number >= 0) & ~np.r_[there, [False]][number]
    codes = np.select(
        [district < 0, absent[district], closed[district], number[district] < 0],
        [NO_DISTRICT, NOT_THERE, CLOSED, NO_SCHOOL],
        default=OWN,
    )
    row = np.where(codes == OWN, number[district], -1)
    return np.asarray(row, dtype=np.intp), np.asarray(codes, dtype=np.int8)


def _numbers(frame: pd.DataFrame, name: str) -> Numbers:
    """Column as numbers, NaN unknown; all unknown when it is absent."""
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
