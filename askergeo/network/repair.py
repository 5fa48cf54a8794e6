"""The repair report: what was snapped and dropped, and the gaps that a human should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from askergeo.network._chains import line_strings
from askergeo.network._kinds import KIND_TITLES, KINDS
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.network._joining import Moves
    from askergeo.network.graph import WalkGraph

__all__ = ["REASONS", "Counts", "RepairReport", "largest_share", "repair_report"]

#: Why a line is left out, by its name in ``attrs["utelatt"]`` of the lines.
REASONS = {
    "ferge": "ferger",
    "motorveg": "motorveger",
    "forbudt": "linjer der gange er forbudt",
    "privat": "private veger uten adgang for allmennheten",
    "uten_geometri": "rader uten linje",
    "uten_bil": "veger for gående og syklende",
}
# With less of its length in one part, a network answers for pieces of the municipality only.
WHOLE_ENOUGH = 0.8


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
    """What building counted on its way; lengths in metres."""

    lines: int
    left_out: dict[str, int]
    without_length: int
    doubled: int
    collapsed: int
    dropped_m: float
    loops: int
    crossings: int
    barred: int
    components_before: int


def repair_report(
    graph: WalkGraph, *, counts: Counts, moves: Moves, gaps: gpd.GeoDataFrame
) -> RepairReport:
    """Put the report of a graph together."""
    moved = gpd.GeoDataFrame(
        {"lengde_m": moves.distance, "rule": np.where(moves.to_line, "linje", "node")},
        geometry=line_strings(
            np.concatenate([moves.start, moves.end], axis=1).reshape(-1, 2),
            np.repeat(np.arange(len(moves.start)), 2),
        ),
        crs=graph.crs,
    )
    rows = [
        *_of_lines(counts),
        *_of_moves(moves.distance),
        *_of_graph(graph, counts),
        ("glipper", "Glipper å se på", len(gaps), ""),
    ]
    return RepairReport(
        summary=pd.DataFrame(rows, columns=["navn", "tittel", "verdi", "enhet"]).astype(
            {"verdi": float}
        ),
        gaps=gaps,
        moved=moved,
        warnings=_warnings(graph),
    )


Row = tuple[str, str, float, str]


def _of_lines(counts: Counts) -> list[Row]:
    left_out: list[Row] = [
        (f"utelatt_{reason}", f"Utelatt: {REASONS[reason]}", count, "")
        for reason, count in counts.left_out.items()
    ]
    return [
        ("linjer", "Linjer å gå på", counts.lines, ""),
        *left_out,
        ("nullengde", "Linjer uten lengde, fjernet", counts.without_length, ""),
        ("doble", "Kanter tegnet dobbelt, fjernet", counts.doubled, ""),
        ("sammenfalt", "Kanter kortere enn toleransen, fjernet", counts.collapsed, ""),
        ("fjernet_m", "Lengde fjernet", counts.dropped_m, "m"),
        ("slynger", "Slynger delt i to", counts.loops, ""),
        ("sperret", "Linjer delt av sperringer", counts.barred, ""),
        ("kryss", "Kryss uten felles punkt, koblet", counts.crossings, ""),
    ]


def _of_moves(distance: NDArray[np.float64]) -> list[Row]:
    some = len(distance) > 0
    return [
        ("flyttet", "Ender flyttet", len(distance), ""),
        ("flyttet_median", "Flyttet, median", float(np.median(distance)) if some else np.nan, "m"),
        ("flyttet_maks", "Flyttet, lengst", float(distance.max()) if some else np.nan, "m"),
    ]


def _of_graph(graph: WalkGraph, counts: Counts) -> list[Row]:
    number = np.bincount(graph.kind, minlength=len(KINDS))
    length = np.bincount(graph.kind, graph.length, minlength=len(KINDS))
    kinds: list[Row] = []
    for kind, title, count, metres in zip(KINDS, KIND_TITLES, number, length, strict=True):
        if count:
            kinds.append((f"kanter_{kind}", f"Kanter: {title}", count, ""))
            kinds.append((f"lengde_{kind}", f"Lengde: {title}", metres, "m"))
    return [
        ("noder", "Noder", graph.nodes, ""),
        ("kanter", "Kanter", graph.edges, ""),
        *kinds,
        ("komponenter_for", "Deler før reparasjonen", counts.components_before, ""),
        ("komponenter_etter", "Deler etter", int(graph.component.max()) + 1, ""),
        ("andel_storste", "Andel av lengden i den største delen", 100 * largest_share(graph), "%"),
        ("ukjent_stigning", "Kanter med ukjent stigning", _unknown_slope(graph), ""),
    ]


def largest_share(graph: WalkGraph) -> float:
    """Share of the length that is in the largest connected part."""
    return float(graph.length[graph.component[graph.start] == 0].sum() / graph.length.sum())


def _unknown_slope(graph: WalkGraph) -> int:
    unknown = np.add.reduceat(np.isnan(graph.piece_slope), graph.piece_ptr[:-1])
    return int((unknown > 0).sum())


def _warnings(graph: WalkGraph) -> tuple[str, ...]:
    found = []
    share, parts = largest_share(graph), int(graph.component.max()) + 1
    if share < WHOLE_ENOUGH:
        found.append(
            f"Gangnettet er i {format_number(parts)} deler, og den største har bare "
            f"{format_number(100 * share)} % av lengden; fra en del når ingen en annen. "
            "Se kartlaget med glipper, rett linjene der de skal henge sammen, eller øk toleransen "
            "og bygg nettet på nytt."
        )
    unknown = _unknown_slope(graph)
    if unknown:
        found.append(
            f"Stigningen er ukjent for {format_number(unknown)} av {format_number(graph.edges)} "
            "kanter i gangnettet, som er regnet som flate. Legg laget «terreng» i datapakken; det "
            "må dekke hele nettet."
        )
    return tuple(found)
