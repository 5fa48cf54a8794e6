"""The steps from drawn lines to joined pieces of pipe, each told of in the report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from askergeo.va import _net_joining as joining
from askergeo.va._net_crossings import crossings, join_points
from askergeo.va._net_ids import Names, asked_points, join_asked, tell_asked
from askergeo.va._net_pieces import pieces_of
from askergeo.va._net_pipes import DEVICES, attributes_of, middles, order_of, text_of
from askergeo.va._net_points import EXACT_M
from askergeo.va._net_report import dots

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_joining import Joining
    from askergeo.va._net_pieces import Pieces
    from askergeo.va._net_pipes import Pipes
    from askergeo.va._net_points import Points, Standing
    from askergeo.va._net_report import Repairs

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["Job", "joined_lines", "pieces_of_lines"]


class Job(NamedTuple):
    """The layers, what the network of one medium is made of, and where changes are told."""

    va_ledning: gpd.GeoDataFrame
    va_node: gpd.GeoDataFrame | None
    va_anlegg: gpd.GeoDataFrame | None
    medium: str
    parameters: Parameters
    table: Standing
    points: Points
    pipes: Pipes
    names: Names
    repairs: Repairs

    @property
    def tolerance(self) -> float:
        """Metres that ends are moved at most."""
        return float(self.parameters["va_nett_toleranse_m"])

    @property
    def function(self) -> NDArray[np.object_]:
        """Function of each line, (l,)."""
        return text_of(self.va_ledning, "funksjon")[self.pipes.row]


def joined_lines(job: Job) -> Joining:
    """Join the lines, step by step: declared nodes, the same place, gaps, crossings, nodes."""
    pipes, points, ids = job.pipes, job.points, job.names.pipe
    work = joining.begin(
        pipes, points, job.function == "stikkledning", _linked_points(pipes, points, job.names)
    )
    if len(pipes.row) == 0:
        return work
    asked = asked_points(work, pipes, points, job.names, max(job.tolerance, EXACT_M))
    tell_asked(work, asked, pipes, points, names=job.names, repairs=job.repairs)
    before = joining.join_exactly(join_asked(work, asked))
    _tell_doubled(before, job)
    work, moves = joining.snap_to_ends(before, job.tolerance)
    _tell_snapped(before, job, moves)
    position = work.chains.position
    work, found, line = joining.snap_to_lines(work, job.tolerance)
    far = found.distance > EXACT_M
    job.repairs.add(
        "glippe_linje",
        pipes.row[line][far],
        ids=ids[pipes.row[line]][far],
        other=ids[pipes.row[found.line]][far],
        place=dots(position[found.vertex])[far],
        metres=found.distance[far],
    )
    return _crossed(work, job)


def _tell_doubled(work: Joining, job: Job) -> None:
    """Tell of nodes of one type that stand in the same place: all but the first."""
    points = job.points
    mine = np.flatnonzero(points.table.layer[points.which] == "va_node")
    pairs = pd.DataFrame({"vertex": work.vertex[mine], "kind": points.kind[mine]})
    again = pairs.duplicated().to_numpy()
    first = pairs.groupby(["vertex", "kind"], sort=False).ngroup().to_numpy()
    head = mine[np.unique(first, return_index=True)[1]][first] if len(mine) else mine
    _tell_points(points, mine[again], "node_dobbel", job.repairs, other=points.ids[head[again]])


def _linked_points(pipes: Pipes, points: Points, names: Names) -> Numbers:
    """Pairs of points that a row without length links, (k, 2)."""
    at = {one: number for number, one in reversed(list(enumerate(points.ids)))}
    pairs = [
        (at[names.begin[row]], at[names.end[row]])
        for row in pipes.points
        if names.begin[row] in at and names.end[row] in at
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _tell_snapped(work: Joining, job: Job, moves: tuple[Numbers, Numbers, Numbers]) -> None:
    """Tell of ends that were moved to another end or to a point; ``work`` is as before."""
    pipes, points, ids, repairs = job.pipes, job.points, job.names.pipe, job.repairs
    line, left, reached = moves
    position = work.chains.position
    metres = np.hypot(*(position[left] - position[reached]).T)
    point = np.full(len(position), -1)
    point[work.vertex[::-1]] = np.arange(len(points))[::-1]
    used = np.zeros(len(position), dtype=bool)
    used[work.chains.vertex] = True
    alone = ~used[reached] & (np.bincount(reached, minlength=len(position))[reached] == 1)
    owner = np.full(len(position), -1)
    owner[work.chains.vertex[::-1]] = work.chains.line[::-1]
    place = dots(position[left])
    far = metres > EXACT_M
    to_point, row = point[reached] >= 0, pipes.row[line]
    name = np.full(len(line), "", dtype=object)
    name[to_point] = points.ids[point[reached][to_point]]
    name[~to_point] = ids[pipes.row[owner[reached[~to_point]]]]
    for rule, which in (
        ("glippe_ende", far & ~to_point),
        ("glippe_node", far & to_point & ~alone),
    ):
        repairs.add(
            rule,
            row[which],
            ids=ids[row[which]],
            other=name[which],
            place=place[which],
            metres=metres[which],
        )
    beside = np.flatnonzero(far & to_point & alone)
    _tell_points(points, point[reached[beside]], "node_ved_siden", repairs,
                 other=ids[row[beside]], metres=metres[beside])  # fmt: skip


def _tell_points(
    points: Points,
    which: Numbers,
    rule: str,
    repairs: Repairs,
    *,
    other: NDArray[np.object_] | str = "",
    metres: Reals | float = np.nan,
) -> None:
    """Tell of points, nodes and facilities each of their layer."""
    table = points.table
    at = points.which[which]
    for layer in ("va_node", "va_anlegg"):
        mine = table.layer[at] == layer
        repairs.add(
            rule,
            table.row[at][mine],
            layer=layer,
            ids=table.ids[at][mine],
            other=other if isinstance(other, str) else other[mine],
            place=dots(table.xy[at][mine]),
            metres=metres[mine] if isinstance(metres, np.ndarray) else metres,
        )


def _pumped_lines(work: Joining, job: Job) -> Flags:
    """Which lines are pumped, (l,): by their function, or as they end at a pumping station."""
    line, start, last = joining.ends(work)
    stations = work.vertex[work.kind == "pumpestasjon"]
    vertex = work.chains.vertex
    found = job.function == "pumpeledning"
    ends = np.isin(vertex[start], stations) | np.isin(vertex[last], stations)
    found[line[ends & (job.function[line] == "")]] = True
    return np.asarray(found)


def _crossed(work: Joining, job: Job) -> Joining:
    """Put points on their lines, join crossings at manholes, and tell of the others.

    A pumped sewer has no manholes on its way: it passes the others, and joins where it ends.
    """
    pipes, ids, repairs = job.pipes, job.names.pipe, job.repairs
    pumped = _pumped_lines(work, job)
    place, one, other = crossings(work)
    falls = ~pumped[one] & ~pumped[other]
    place, one, other = place[falls], one[falls], other[falls]
    vertex = work.vertex
    work, joiner, put = join_points(work, place, one, other, job.tolerance)
    for rule, which in (("krysning", joiner < 0), ("krysning_kum", joiner >= 0)):
        repairs.add(
            rule,
            pipes.row[one[which]],
            ids=ids[pipes.row[one[which]]],
            other=ids[pipes.row[other[which]]],
            place=dots(place[which]),
        )
    beside = np.flatnonzero(put.distance > EXACT_M)
    order = np.argsort(vertex, kind="stable")
    number = order[np.searchsorted(vertex[order], put.vertex[beside])] if len(order) else order
    _tell_points(
        job.points,
        number,
        "node_ved_siden",
        repairs,
        other=ids[pipes.row[put.line[beside]]],
        metres=put.distance[beside],
    )
    return work


def pieces_of_lines(work: Joining, job: Job) -> Pieces:
    """Cut the lines into pieces; tell of what lies double, of rings and of what is too short."""
    row = job.pipes.row
    known = (~np.isnan(attributes_of(job.va_ledning, job.parameters))).sum(axis=1)
    rank = np.empty(len(row), dtype=np.int64)
    rank[np.lexsort((order_of(job.names.pipe)[row], -known[row]))] = np.arange(len(row))
    group = np.unique(text_of(job.va_ledning, "type")[row].astype(str), return_inverse=True)[1]
    device = np.isin(job.function, DEVICES)
    pieces = pieces_of(work, rank, group, device | np.isin(row, job.pipes.alike))
    ids, whole = job.names.pipe[row], shapely.length(job.pipes.shapes)
    place = middles(job.pipes.shapes)
    for rule, which, metres in (
        ("for_kort", pieces.gone, whole),
        ("sloyfe", pieces.ring, whole),
        ("delvis_dobbel", pieces.dropped > 0, whole * pieces.dropped),
    ):
        job.repairs.add(rule, row[which], ids=ids[which], place=place[which], metres=metres[which])
    return pieces
