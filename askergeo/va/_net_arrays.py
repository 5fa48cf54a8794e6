"""The arrays of a network, from its joined pieces of pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from askergeo.crs import crs_name
from askergeo.network import _building as building
from askergeo.va._net_heights import falls_of, lowest, pumped
from askergeo.va._net_model import MEDIA, PipeNetwork
from askergeo.va._net_pipes import number_of, text_of
from askergeo.va._net_points import FACILITY_KIND
from askergeo.va._net_report import dots

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_joining import Joining
    from askergeo.va._net_pieces import Pieces
    from askergeo.va._net_pipes import Pipes
    from askergeo.va._net_points import Points, Standing
    from askergeo.va._net_steps import Job

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["network_of"]

# Types of nodes, the one that says most about a place first.
_SAYS_MOST = (
    "kilde", "basseng", "utlop", "overlop", "pumpestasjon", "ventil", "hydrant", "sluk", "kum",
    "endepunkt",
)  # fmt: skip
# A piece that starts within this share of its row's length starts with it.
_END = 1e-9
_SOURCES = ("kilde", "basseng")
_OUTLETS = ("utlop", "overlop")


def network_of(job: Job, work: Joining, pieces: Pieces) -> PipeNetwork:
    """Fill the arrays: number the nodes, join the facilities, find heights and directions."""
    points = job.points
    edges = _edges(work, pieces, job.pipes, _linked_rows(job.pipes, points, job.va_ledning))
    position = pieces.chains.position
    used = np.unique(np.r_[edges.start, edges.end])
    used = used[building.hilbert_order(position[used])]
    number = np.full(len(position), -1)
    number[used] = np.arange(len(used))
    edges = edges._replace(start=number[edges.start], end=number[edges.end])
    at = np.full(len(job.table.xy), -1)
    at[points.which] = number[work.vertex]
    _join_facilities(job, at, position[used], edges)
    return _network(job, edges, position[used], at)


class _Edges(NamedTuple):
    """Pieces and links without length: their vertices, rows, shares of the rows and lines."""

    start: Numbers
    end: Numbers
    row: Numbers
    share: Reals
    coordinates: Reals
    ptr: Numbers


def _edges(work: Joining, pieces: Pieces, pipes: Pipes, links: Numbers) -> _Edges:
    """Gather the pieces, then the rows without length that link two points."""
    chains = pieces.chains
    ptr = np.searchsorted(chains.line, np.arange(len(pieces.line) + 1))
    pairs = work.vertex[work.apart]
    drawn = chains.position[chains.vertex]
    count = np.arange(1, len(pairs) + 1) * 2
    return _Edges(
        start=np.r_[chains.vertex[ptr[:-1]], pairs[:, 0]],
        end=np.r_[chains.vertex[ptr[1:] - 1], pairs[:, 1]],
        row=np.r_[pipes.row[pieces.line], links],
        share=np.concatenate([_row_shares(pipes, pieces), np.tile([0.0, 1.0], (len(pairs), 1))]),
        coordinates=np.concatenate([drawn, chains.position[pairs].reshape(-1, 2)]),
        ptr=np.r_[ptr, ptr[-1] + count],
    )


def _row_shares(pipes: Pipes, pieces: Pieces) -> Reals:
    """Where each piece starts and ends as shares of its row, (m, 2); a row may have parts."""
    length = shapely.length(pipes.shapes)
    whole = np.bincount(pipes.row, length, minlength=int(pipes.row.max(initial=-1)) + 1)
    before = np.cumsum(length) - length
    first = np.maximum.accumulate(np.where(pipes.first, before, 0.0))
    part = length / whole[pipes.row] if len(length) else length
    begin = (before - first) / whole[pipes.row] if len(length) else length
    shares: Reals = begin[pieces.line][:, None] + pieces.share * part[pieces.line][:, None]
    return shares


def _linked_rows(pipes: Pipes, points: Points, va_ledning: pd.DataFrame) -> Numbers:
    """Rows without length whose two nodes are known, in the order of the pairs."""
    known = set(points.ids)
    begin, end = (text_of(va_ledning, name) for name in ("fra_node_id", "til_node_id"))
    return np.array(
        [row for row in pipes.points if begin[row] in known and end[row] in known], dtype=np.int64
    )


def _lengths(va_ledning: gpd.GeoDataFrame, edges: _Edges) -> Reals:
    """Length of each piece, metres: the measured length of its row, else the drawn."""
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)[edges.row]
    measured = number_of(va_ledning, "lengde_m")[edges.row]
    whole = np.where(measured > 0, measured, shapely.length(shapes))
    return np.asarray(whole * (edges.share[:, 1] - edges.share[:, 0]))


def _join_facilities(job: Job, at: Numbers, xy: Reals, edges: _Edges) -> None:
    """Join facilities beside the network to its nearest node, ends first; ``at`` is filled in.

    Nodes that no pipe comes to, and facilities too far away, are told of.
    """
    table, points, repairs = job.table, job.points, job.repairs
    degree = np.bincount(np.r_[edges.start, edges.end], minlength=len(xy))
    lost = np.r_[points.which[at[points.which] < 0], table.outside(job.medium)]
    lost = lost[~_elsewhere(table, lost, job.medium)]
    lone = lost[table.layer[lost] == "va_anlegg"]
    reach = float(job.parameters["va_nett_anlegg_m"])
    node = np.full(len(lone), -1)
    if len(xy) and len(lone):
        distance, near = cKDTree(xy).query(table.xy[lone], distance_upper_bound=reach)
        end = np.flatnonzero(degree == 1)
        if len(end):
            far, close = cKDTree(xy[end]).query(table.xy[lone], distance_upper_bound=reach)
            better = np.isfinite(far)
            distance[better], near[better] = far[better], end[close[better]]
        node = np.where(np.isfinite(distance), near, -1)
        at[lone] = node
        found = node >= 0
        repairs.add(
            "anlegg_koblet",
            table.row[lone][found],
            layer="va_anlegg",
            ids=table.ids[lone][found],
            place=dots(table.xy[lone][found]),
            metres=distance[found],
        )
    gone = np.r_[lost[table.layer[lost] == "va_node"], lone[node < 0]]
    for rule, layer in (("node_utenfor", "va_node"), ("anlegg_utenfor", "va_anlegg")):
        mine = gone[table.layer[gone] == layer]
        repairs.add(rule, table.row[mine], layer=layer, ids=table.ids[mine],
                    place=dots(table.xy[mine]))  # fmt: skip


def _elsewhere(table: Standing, lost: Numbers, medium: str) -> Flags:
    """Which points are of another medium too: they are told of there, if they are lost there."""
    others = [one for one in range(len(MEDIA)) if MEDIA[one] != medium]
    return np.asarray(table.media[lost][:, others].any(axis=1))


def _network(job: Job, edges: _Edges, xy: Reals, at: Numbers) -> PipeNetwork:
    """Fill the arrays of the network; ``at`` is the node of each point."""
    start, end = edges.start, edges.end
    table, row, count = job.table, edges.row, len(xy)
    length = _lengths(job.va_ledning, edges)
    flags = _node_flags(job, at, count)
    function = text_of(job.va_ledning, "funksjon")[row]
    pressure = pumped(job.va_ledning, row, start, flags["pump"])
    bottoms, ground = _node_heights(job, at, count)
    falls = falls_of(
        job,
        row,
        edges.share,
        bottoms=_at_row_ends(bottoms, edges, len(job.va_ledning)),
        pressure=pressure,
    )
    z = np.where(np.isnan(bottoms), lowest(start, end, falls, count), bottoms)
    pointer, head, edge, forward = building.arcs(start, end, count)
    return PipeNetwork(
        medium=job.medium,
        crs=crs_name(job.va_ledning.crs),
        xy=xy,
        z=np.where(np.isnan(z), ground, z),
        node_row=_best_row(table, at, "va_node", count),
        facility_row=_best_row(table, at, "va_anlegg", count),
        start=start.astype(np.int32),
        end=end.astype(np.int32),
        length_m=length,
        row=row.astype(np.int32),
        z_start=falls.z_start,
        z_end=falls.z_end,
        direction=falls.direction,
        direction_by=falls.by,
        pressure=pressure,
        pump_link=function == "pumpe",
        valve_link=function == "ventil",
        closed=_is_shut(job.va_ledning, job.parameters)[row],
        coordinates=edges.coordinates,
        coordinate_ptr=edges.ptr,
        component=building.components(start, end, length, count).astype(np.int32),
        **flags,
        arc_ptr=pointer,
        arc_head=head.astype(np.int32),
        arc_edge=edge.astype(np.int32),
        arc_forward=forward,
        node_at=_of_rows(table.node, at),
        facility_at=_of_rows(table.facility, at),
    )


def _of_rows(point: Numbers, at: Numbers) -> NDArray[np.int32]:
    """Node of each row of a layer, given the point of each; −1 for none."""
    found = np.full(len(point), -1, dtype=np.int32)
    known = point >= 0
    found[known] = at[point[known]]
    return found


def _is_shut(frame: pd.DataFrame, parameters: Parameters) -> Flags:
    words = {str(one).casefold() for one in parameters["va_nett_stengt"]}
    return np.array([one.casefold() in words for one in text_of(frame, "status")], dtype=bool)


def _node_flags(job: Job, at: Numbers, count: int) -> dict[str, Flags]:
    """Flag sources, outlets, pumping stations and valves, (n,); facilities as what they are."""
    table = job.table
    kind = table.kind.copy()
    place = at.copy()
    if job.va_anlegg is not None:
        kind = np.r_[kind, text_of(job.va_anlegg, "type")]
        place = np.r_[place, _of_rows(table.facility, at)]
    kind = np.array([FACILITY_KIND.get(one, one) for one in kind], dtype=object)
    on = place >= 0

    def where(kinds: tuple[str, ...]) -> Flags:
        found = np.zeros(count, dtype=bool)
        found[place[on & np.isin(kind, kinds)]] = True
        return found

    shut = np.zeros(count, dtype=bool)
    if job.va_node is not None and len(job.va_node):
        closed = _is_shut(job.va_node, job.parameters)
        closed &= text_of(job.va_node, "type") == "ventil"
        node = _of_rows(table.node, at)
        shut[node[closed & (node >= 0)]] = True
    return {
        "source": where(_SOURCES),
        "outlet": where(_OUTLETS),
        "pump": where(("pumpestasjon",)),
        "valve": where(("ventil",)),
        "shut": shut,
    }


def _node_heights(job: Job, at: Numbers, count: int) -> tuple[Reals, Reals]:
    """Bottom height of nodes, and the height of the ground or the model, (n,); NaN unknown."""
    found = []
    for name in ("bunnhoyde", "hoyde"):
        z = np.full(count, np.inf)
        if job.va_node is not None and len(job.va_node):
            value, node = number_of(job.va_node, name), _of_rows(job.table.node, at)
            known = (node >= 0) & ~np.isnan(value)
            np.minimum.at(z, node[known], value[known])
        found.append(np.where(np.isfinite(z), z, np.nan))
    return found[0], found[1]


def _at_row_ends(bottoms: Reals, edges: _Edges, rows: int) -> tuple[Reals, Reals]:
    """Bottom height of the nodes where each row begins and ends, (r,); NaN unknown."""
    row, share = edges.row, edges.share
    first, last = np.full(rows, np.nan), np.full(rows, np.nan)
    begins, finishes = share[:, 0] <= _END, share[:, 1] >= 1 - _END
    first[row[begins]] = bottoms[edges.start[begins]]
    last[row[finishes]] = bottoms[edges.end[finishes]]
    return first, last


def _best_row(table: Standing, at: Numbers, layer: str, count: int) -> NDArray[np.int32]:
    """Row of a layer at each node, (n,), the one that says most; −1 for none."""
    found = np.full(count, -1, dtype=np.int32)
    point = table.facility if layer == "va_anlegg" else table.node
    node = _of_rows(point, at)
    order = {one: number for number, one in enumerate(_SAYS_MOST)}
    rank = np.full(len(node), len(order))
    known = point >= 0
    rank[known] = [order.get(one, len(order)) for one in table.kind[point[known]]]
    rows = np.flatnonzero(node >= 0)
    rows = rows[np.lexsort((rows, rank[rows]))][::-1]
    found[node[rows]] = rows
    return found
