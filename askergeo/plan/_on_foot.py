"""The ways on foot from the purposes of a plan: where they begin, and how long the longest is.

A way begins at places along the boundary of each purpose and in a grid inside it. From each place
it goes in a straight line to the nearest edge of the walking network and on along the network. The
longest way of a purpose counts: what is known for the place that has it worst, holds for all. The
network is that of today: a plan's own new roads are not in it, and the straight line stands for
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.network.cache import GAP, LAYERS, TOLERANCE, cached_graph
from askergeo.network.paths import Network
from askergeo.network.profiles import edge_costs, find_profile, metres
from askergeo.network.snapping import Places, snap
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan._kept import kept

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.network.graph import WalkGraph
    from askergeo.parameters import Parameters
    from askergeo.scenario import ScenarioView

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = [
    "NO_WAYS",
    "Longest",
    "Starts",
    "Ways",
    "gap_text",
    "longest",
    "metres_text",
    "reach_text",
    "samples",
    "starts_of",
    "unconnected",
    "up_to_text",
    "ways_of",
]

#: Why nothing can be measured on foot.
NO_WAYS = "Laget «Veger» har ingen linje å gå på."
# Places along a ring, at least; a small purpose has its corners told apart.
_LEAST = 8
# Places along a ring, and in the box round a purpose, at most; a larger one has them sparser.
_MOST = 400
# Metres of straight line that the reader need not be told of.
_NEAR = 50.0


class Ways:
    """The walking network of a package, with its costs in metres and in the time of walkers.

    Parameters
    ----------
    graph
        The graph.
    """

    def __init__(self, graph: WalkGraph) -> None:
        self.graph = graph
        self._networks: dict[str, Network] = {}

    def network(self, profile: str = "") -> Network:
        """Network in metres, or in seconds of a profile of `askergeo.network.profiles`."""
        if profile not in self._networks:
            costs = edge_costs(self.graph, find_profile(profile)) if profile else metres(self.graph)
            self._networks[profile] = Network.of(self.graph, costs)
        return self._networks[profile]

    def join(self, points: Geometries, parameters: Parameters) -> Places:
        """Join points to the nearest edge of a part of the network that is not a loose bit."""
        return snap(
            self.graph,
            gpd.GeoSeries(points, crs=self.graph.crs),
            reach_m=parameters["koble_m"],
            least_nodes=parameters["los_knuter"],
        )

    def parts(self, places: Places) -> NDArray[np.int32]:
        """Return the connected part of the network that each row of places is on; −1 on none."""
        found = np.full(places.count, -1, dtype=np.int32)
        found[places.row] = self.graph.component[self.graph.start[places.edge]]
        return found


@dataclass(frozen=True, eq=False)
class Starts:
    """Where the ways from ``u`` purposes begin, ``s`` places.

    Parameters
    ----------
    points
        The places, (s,).
    owner
        Purpose that each is in, (s,), ascending.
    count
        Number of purposes.
    places
        Where each meets the network.
    """

    points: Geometries
    owner: Rows
    count: int
    places: Places


class Longest(NamedTuple):
    """The longest of each of ``u`` purposes.

    ``value`` (u,) is NaN when none is known, ``start`` (u,) the place that has it, and ``unsure``
    (u,) whether any of the purpose's places is unknown.
    """

    value: Numbers
    start: Rows
    unsure: NDArray[np.bool_]


def ways_of(package: DataPackage | ScenarioView) -> Ways | None:
    """Return the walking network of a package; ``None`` when it has no line to walk on.

    It is the one of the analysis ``tettsted``, kept in the package; it is kept here too until
    another package is asked, or the layers that it is made of are others.
    """
    values = load_parameters("tettsted")
    hashes = [(layer, package.record(layer).sha256) for layer in LAYERS if layer in package]
    key = (package.crs, *hashes, values[TOLERANCE], values[GAP])

    def make() -> Ways | None:
        try:
            return Ways(cached_graph(package, values).graph)
        except LayerError:
            return None

    return kept("ways", key, make)


def starts_of(uses: gpd.GeoDataFrame, ways: Ways, parameters: Parameters) -> Starts:
    """Choose the places that ways begin at, and join them to the network.

    Parameters
    ----------
    uses
        Purposes with an area, in the package's CRS.
    ways
        The network.
    parameters
        ``prove_m``, ``koble_m`` and ``los_knuter`` of the set ``plansjekk``.
    """
    settings = tuple(parameters[name] for name in ("prove_m", "koble_m", "los_knuter"))

    def make() -> Starts:
        points, owner = samples(geometries(uses), parameters["prove_m"])
        return Starts(points, owner, len(uses), ways.join(points, parameters))

    return kept("starts", settings, make, uses, ways)


def longest(starts: Starts, values: Numbers) -> Longest:
    """Find the greatest of the values of each purpose's places; NaN is unknown, and left out."""
    order = np.lexsort((np.nan_to_num(values, nan=-1.0, posinf=np.inf), starts.owner))
    last = np.searchsorted(starts.owner[order], np.arange(starts.count), side="right") - 1
    start = order[last]
    unsure = np.zeros(starts.count, dtype=bool)
    unsure[starts.owner[np.isnan(values)]] = True
    return Longest(values[start], start, unsure)


def unconnected(
    ways: Ways, starts: Starts, points: Geometries, targets: Places, reach: float | Numbers
) -> tuple[Rows, Rows]:
    """Find the targets near a place that no way of the map leads to.

    A gap in the map is no long way: whoever has it so is not known to be far from the target.

    Parameters
    ----------
    ways
        The network.
    starts
        The places.
    points, targets
        The targets, (k,), and where each of them meets the network.
    reach
        Metres in a straight line within which a target is near, one or (k,).

    Returns
    -------
    arrays (n,)
        For each pair the row of the target, and the place.
    """
    target, start = shapely.STRtree(starts.points).query(
        points, predicate="dwithin", distance=reach
    )
    own, other = ways.parts(starts.places)[start], ways.parts(targets)[target]
    apart = (own != other) | (own < 0)
    return target[apart], start[apart]


def metres_text(value: float, most: float) -> str:
    """Write a way for people: rounded up, so that one over a limit never reads as the limit."""
    far = format_number(most, unit="m")
    return format_number(float(np.ceil(value)), unit="m") if value <= most else f"mer enn {far}"


def up_to_text(value: float, most: float) -> str:
    """Write the longest of several ways."""
    return f"{'inntil ' if value <= most else ''}{metres_text(value, most)}"


def reach_text(starts: Starts, parameters: Parameters) -> str:
    """Say how far purposes lie from the network, when that matters."""
    said = []
    access = float(starts.places.access.max(initial=0.0))
    if access > _NEAR:
        said.append(
            f"Inntil {format_number(np.ceil(access), unit='m')} av veien er luftlinje fra formålet "
            "til dagens gangnett."
        )
    if len(starts.places.unsnapped):
        far = format_number(parameters["koble_m"], unit="m")
        said.append(f"Deler av planen ligger mer enn {far} fra gangnettet: avstanden er ukjent.")
    return " ".join(said)


def gap_text(starts: Starts, values: Numbers, what: str) -> str:
    """Say that a way is not known where the network is reached: the map has a gap."""
    joined = np.zeros(len(starts.points), dtype=bool)
    joined[starts.places.row] = True
    if not (joined & np.isnan(values)).any():
        return ""
    return f"Kartet har ingen vei til {what} som ligger nær i luftlinje: avstanden er ukjent."


def samples(shapes: Geometries, step: float) -> tuple[Geometries, Rows]:
    """Places along the boundary of each surface and in a grid inside it, and whose they are."""
    rings, of_ring = shapely.get_parts(shapely.boundary(shapes), return_index=True)
    length = shapely.length(rings)
    count = np.clip(np.ceil(length / step), _LEAST, _MOST).astype(int)
    ring = np.repeat(np.arange(len(rings)), count)
    number = np.arange(len(ring)) - np.repeat(np.cumsum(count) - count, count)
    edge = shapely.line_interpolate_point(rings[ring], number * (length / count)[ring])
    inside, of_inside = _grid(shapes, step)
    owner = np.r_[of_ring[ring], of_inside]
    order = np.argsort(owner, kind="stable")
    points = np.r_[edge, shapely.points(inside)][order]
    return np.asarray(points, dtype=object), owner[order]


def _grid(shapes: Geometries, step: float) -> tuple[Numbers, Rows]:
    """Points of a grid inside each surface: so that none is farther than a step from one."""
    west, south, east, north = shapely.bounds(shapes).T
    wide, high = east - west, north - south
    apart = np.maximum.reduce(
        [np.full(len(shapes), step), np.sqrt(wide * high / _MOST), np.maximum(wide, high) / _MOST]
    )
    columns, rows = (np.maximum(np.ceil(side / apart), 1).astype(int) for side in (wide, high))
    count = columns * rows
    owner = np.repeat(np.arange(len(shapes)), count)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    across = west[owner] + (number % columns[owner] + 0.5) * (wide / columns)[owner]
    upward = south[owner] + (number // columns[owner] + 0.5) * (high / rows)[owner]
    shapely.prepare(shapes)
    kept = shapely.contains_xy(shapes[owner], across, upward)
    return np.column_stack([across, upward])[kept], owner[kept]
