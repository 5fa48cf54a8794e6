"""Building the walking graph of the large example, against noding by GEOS and networkx.

The peer does the least that gives a graph: the union of all lines, an edge a piece. It has no
snapping, levels, kinds, slopes or report; so the ratio is a lower bound of what ours costs more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.asker import package, prepare
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import networkx as nx

    from askergeo.network.graph import WalkGraph


def cases() -> list[Case]:
    """Return the case."""
    return [
        Case(
            name="graph",
            work="walking graph of 91 000 lines, with slopes and gaps",
            ours=_ours,
            peer="shapely.union_all + networkx (no levels, snapping, slopes)",
            run_peer=_peer,
            prepare=prepare,
            difference=_difference,
            needs=("networkx",),
            rounds=2,
        )
    ]


def _lines(folder: Path) -> gpd.GeoDataFrame:
    from askergeo.network.lines import walkable_lines  # noqa: PLC0415  (loaded where it is used)

    source = package(folder)
    return walkable_lines(source.read("veg"), source.read("sti"))


def _ours(folder: Path) -> WalkGraph:
    from askergeo.network.graph import build_graph  # noqa: PLC0415
    from askergeo.terrain import open_terrain  # noqa: PLC0415

    terrain = open_terrain(package(folder))
    return build_graph(_lines(folder), tolerance_m=2.0, gap_m=20.0, terrain=terrain).graph


def _peer(folder: Path) -> nx.MultiGraph:
    import networkx as nx  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    pieces = shapely.get_parts(shapely.union_all(_lines(folder).geometry.to_numpy()))
    ends = shapely.get_coordinates(
        [shapely.get_point(pieces, 0), shapely.get_point(pieces, -1)]
    ).round(3)
    start, end = map(tuple, ends[: len(pieces)]), map(tuple, ends[len(pieces) :])
    graph = nx.MultiGraph()
    graph.add_weighted_edges_from(zip(start, end, shapely.length(pieces), strict=True))
    return graph


def _difference(ours: WalkGraph, peer: nx.MultiGraph) -> float:
    """Difference in total length, as a share: what snapping moved and the union merged."""
    theirs = peer.size(weight="weight")
    return abs(float(ours.length.sum()) - theirs) / theirs
