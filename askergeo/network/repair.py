"""The repair report: what was snapped and dropped, and the gaps that a human should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._joining import Moves
    from askergeo.network.graph import WalkGraph

__all__ = ["Counts", "RepairReport", "repair_report"]


@dataclass(frozen=True, kw_only=True, eq=False)
class RepairReport:
    """What building the graph did to the lines.

    Parameters
    ----------
    summary
        One figure a row: ``navn``, ``tittel`` (bokmål), ``verdi``, ``enhet``.
    gaps
        Lines from a loose end, or a part of the network that hangs alone, to the nearest walkable
        edge that cannot be reached without a long way round: ``lengde_m``, ``rule``
        (``los_ende`` or ``egen_del``), ``component_size`` (metres of edges in the part that the
        line starts from).
    moved
        Lines from where an end was to where it was snapped: ``lengde_m``, ``rule`` (``node`` or
        ``linje``).
    warnings
        What a reader must know before the graph is used, in bokmål.
    """

    summary: pd.DataFrame
    gaps: gpd.GeoDataFrame
    moved: gpd.GeoDataFrame
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What building counted on its way."""

    lines: int
    left_out: dict[str, int]
    without_length: int
    doubled: int
    collapsed: int
    loops: int
    components_before: int


def repair_report(
    graph: WalkGraph,
    level: NDArray[np.int64],
    counts: Counts,
    moves: Moves,
    crossings: NDArray[np.float64],
    gap_m: float,
) -> RepairReport:
    """Put the report of a graph together; ``level`` (m,) is that of each edge."""
    distance = moves.distance
    size = np.bincount(graph.component[graph.start], graph.length)
    share = size[0] / size.sum()
    known = np.add.reduceat(np.isnan(graph.piece_slope), graph.piece_ptr[:-1])
    rows = [
        ("linjer", "Linjer", counts.lines, ""),
        *((f"utelatt_{k}", f"Utelatt: {k}", v, "") for k, v in counts.left_out.items()),
        ("nullengde", "Linjer uten lengde", counts.without_length, ""),
        ("doble", "Doble kanter fjernet", counts.doubled, ""),
        ("sammenfalt", "Kanter kortere enn toleransen", counts.collapsed, ""),
        ("slynger", "Slynger delt i to", counts.loops, ""),
        ("kryss", "Kryss uten felles punkt", len(crossings), ""),
        ("flyttet", "Ender flyttet", len(distance), ""),
        (
            "flyttet_median",
            "Flyttet, median",
            float(np.median(distance)) if len(distance) else np.nan,
            "m",
        ),
        ("flyttet_maks", "Flyttet, lengst", float(distance.max(initial=0)), "m"),
        ("komponenter_for", "Deler før", counts.components_before, ""),
        ("komponenter_etter", "Deler etter", len(size), ""),
        ("andel_storste", "Andel av lengden i største del", share, ""),
        ("ukjent_stigning", "Kanter med ukjent stigning", int((known > 0).sum()), ""),
    ]
    crs = graph.crs
    moved = gpd.GeoDataFrame(
        {"lengde_m": distance, "rule": np.where(moves.to_line, "linje", "node")},
        geometry=shapely.linestrings(np.stack([moves.start, moves.end], axis=1)),
        crs=crs,
    )
    gaps = gpd.GeoDataFrame(
        {"lengde_m": [], "rule": [], "component_size": []}, geometry=[], crs=crs
    )
    return RepairReport(
        summary=pd.DataFrame(rows, columns=["navn", "tittel", "verdi", "enhet"]),
        gaps=gaps,
        moved=moved,
    )
