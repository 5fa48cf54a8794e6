"""The network of pipes of one medium, from the lines as they are drawn; and the repair report.

Pipes join where their ends meet, at the nodes that they say they end at, and where an end lies on
another pipe. Ends within a tolerance are moved together; pipes that only cross are not joined,
unless a manhole stands there. Nothing is changed in the source: each change is a row of the report.
The method is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from scipy.spatial import cKDTree

from askergeo.crs import crs_name
from askergeo.errors import CrsError, LayerError, ParameterError
from askergeo.network import _building as building
from askergeo.va import _net_joining as joining
from askergeo.va._net_crossings import crossings, join_points
from askergeo.va._net_heights import falls_of, lowest, pumped
from askergeo.va._net_ids import Names, asked_points, join_asked, tell_asked
from askergeo.va._net_model import (
    AVLOP,
    BY_DRAWN,
    BY_HEIGHT,
    BY_NOTHING,
    MEDIA,
    MEDIUM_OF_TYPE,
    OVERVANN,
    VANN,
    PipeNetwork,
)
from askergeo.va._net_pieces import pieces_of
from askergeo.va._net_pipes import (
    DEVICES,
    attributes_of,
    medium_of,
    middles,
    number_of,
    read_pipes,
    text_of,
)
from askergeo.va._net_points import EXACT_M, FACILITY_KIND, standing
from askergeo.va._net_report import RULES, Repairs, dots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._net_joining import Joining
    from askergeo.va._net_pieces import Pieces
    from askergeo.va._net_pipes import Pipes
    from askergeo.va._net_points import Points, Standing

    Numbers = NDArray[np.int64]
    Reals = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = [
    "AVLOP",
    "BY_DRAWN",
    "BY_HEIGHT",
    "BY_NOTHING",
    "MEDIA",
    "MEDIUM_OF_TYPE",
    "OVERVANN",
    "RULES",
    "VANN",
    "PipeNetwork",
    "Repairs",
    "pipe_network",
    "pipe_networks",
]

# Types of nodes, the one that says most about a place first.
_SAYS_MOST = (
    "kilde", "basseng", "utlop", "overlop", "pumpestasjon", "ventil", "hydrant", "sluk", "kum",
    "endepunkt",
)  # fmt: skip
# A piece that starts within this share of its row's length starts with it.
_END = 1e-9
_SOURCES = ("kilde", "basseng")
_OUTLETS = ("utlop", "overlop")


def pipe_network(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    *,
    medium: str,
    parameters: Parameters,
) -> tuple[PipeNetwork, Repairs]:
    """Build the network of one medium.

    Parameters
    ----------
    va_ledning, va_node, va_anlegg
        Layers of the catalogue, projected CRS in metres; only ``type`` must be there.
    medium
        One of :data:`MEDIA`.
    parameters
        A set that has ``va_nett``.

    Returns
    -------
    PipeNetwork, Repairs
        The network, and what was changed, left out or doubted.

    Raises
    ------
    CrsError
        When the layers have no CRS in metres, or not the same.
    LayerError
        When the column ``type`` is not there.
    ParameterError
        When there is no such medium.
    """
    return pipe_networks(
        va_ledning, va_node, va_anlegg, parameters=parameters, media=(medium,)
    )[medium]  # fmt: skip


def pipe_networks(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    *,
    parameters: Parameters,
    media: Sequence[str] = MEDIA,
) -> dict[str, tuple[PipeNetwork, Repairs]]:
    """Build the networks of several media; as :func:`pipe_network`, but nodes are sorted once."""
    _check(va_ledning, va_node, va_anlegg, media)
    table = standing(va_ledning, va_node, va_anlegg, parameters)
    frames = _Frames(va_ledning, va_node, va_anlegg, table)
    return {medium: _build(frames, medium, parameters) for medium in media}


class _Frames(NamedTuple):
    """The layers, and what stands on the pipes."""

    va_ledning: gpd.GeoDataFrame
    va_node: gpd.GeoDataFrame | None
    va_anlegg: gpd.GeoDataFrame | None
    table: Standing


def _check(
    va_ledning: gpd.GeoDataFrame,
    va_node: gpd.GeoDataFrame | None,
    va_anlegg: gpd.GeoDataFrame | None,
    media: Sequence[str],
) -> None:
    for name, frame in (("va_ledning", va_ledning), ("va_node", va_node), ("va_anlegg", va_anlegg)):
        if frame is None:
            continue
        crs = frame.crs
        if crs is None or not crs.is_projected or crs != va_ledning.crs:
            raise CrsError(
                f"Laget «{name}» er i {crs_name(crs) or 'et ukjent koordinatsystem'}; ledningene "
                "kan bare kobles i ett system med meter.",
                remedy="Transformer laget til EPSG:25832, eller til det systemet pakken har.",
            )
        if "type" not in frame:
            raise LayerError(
                f"Laget «{name}» mangler kolonnen «type».",
                remedy="Legg laget til på nytt med en kolonnefil (--kolonner) som gir kolonnen.",
            )
    strange = [one for one in media if one not in MEDIA]
    if strange:
        raise ParameterError(
            f"Mediet «{strange[0]}» finnes ikke.", remedy=f"Velg blant {', '.join(MEDIA)}."
        )


def _build(
    frames: _Frames, medium: str, parameters: Parameters
) -> tuple[PipeNetwork, Repairs]:  # fmt: skip
    va_ledning, table = frames.va_ledning, frames.table
    repairs = Repairs(medium, va_ledning.crs)
    if medium == MEDIA[0]:
        _tell_strange(va_ledning, repairs)
    pipes = read_pipes(va_ledning, medium, parameters, repairs)
    points = table.of(medium)
    names = Names(
        pipe=text_of(va_ledning, "ledning_id"),
        begin=text_of(va_ledning, "fra_node_id"),
        end=text_of(va_ledning, "til_node_id"),
        known=None
        if frames.va_node is None
        else np.unique(text_of(frames.va_node, "node_id").astype(str)),
    )
    work = _joined(pipes, points, names, parameters, repairs, va_ledning)
    pieces = _pieces(work, pipes, va_ledning, parameters, names, repairs)
    network = _assemble(frames, pipes, points, work, pieces, medium, parameters, repairs)
    return network, repairs


def _tell_strange(va_ledning: gpd.GeoDataFrame, repairs: Repairs) -> None:
    """Tell of pipes that are of no medium, once: with the first."""
    strange = np.flatnonzero(medium_of(va_ledning) == "")
    shapes = np.asarray(va_ledning.geometry.array, dtype=object)[strange]
    repairs.add(
        "ukjent_type",
        strange,
        ids=text_of(va_ledning, "ledning_id")[strange],
        place=np.asarray(shapely.centroid(shapes), dtype=object),
    )


def _joined(
    pipes: Pipes,
    points: Points,
    names: Names,
    parameters: Parameters,
    repairs: Repairs,
    va_ledning: pd.DataFrame,
) -> Joining:
    """Join the lines, step by step: declared nodes, the same place, gaps, crossings, nodes."""
    tolerance = float(parameters["va_nett_toleranse_m"])
    branch = text_of(va_ledning, "funksjon")[pipes.row] == "stikkledning"
    apart = _linked_points(pipes, points, names)
    work = joining.begin(pipes, points, branch, apart)
    if len(pipes.row) == 0:
        return work
    asked = asked_points(work, pipes, points, names, max(tolerance, EXACT_M))
    tell_asked(work, asked, pipes, points, names, repairs)
    work = joining.join_exactly(join_asked(work, asked))
    before = work
    work, (line, left, reached) = joining.snap_to_ends(work, tolerance)
    _tell_snapped(before, pipes, points, names.pipe, (line, left, reached), repairs)
    position = work.chains.position
    work, found, line = joining.snap_to_lines(work, tolerance)
    apart_m = found.distance > EXACT_M
    repairs.add(
        "glippe_linje",
        pipes.row[line][apart_m],
        ids=names.pipe[pipes.row[line]][apart_m],
        other=names.pipe[pipes.row[found.line]][apart_m],
        place=dots(position[found.vertex])[apart_m],
        metres=found.distance[apart_m],
    )
    pumped_line = text_of(va_ledning, "funksjon")[pipes.row] == "pumpeledning"
    return _crossed(work, pipes, points, names.pipe, pumped_line, tolerance, repairs)


def _linked_points(pipes: Pipes, points: Points, names: Names) -> Numbers:
    """Pairs of points that a row without length links, (k, 2)."""
    at = {one: number for number, one in reversed(list(enumerate(points.ids)))}
    pairs = [
        (at[names.begin[row]], at[names.end[row]])
        for row in pipes.points
        if names.begin[row] in at and names.end[row] in at
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _tell_snapped(
    work: Joining,
    pipes: Pipes,
    points: Points,
    ids: NDArray[np.object_],
    moves: tuple[Numbers, Numbers, Numbers],
    repairs: Repairs,
) -> None:
    """Tell of ends that were moved to another end or to a point; ``work`` is as before."""
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


def _crossed(
    work: Joining,
    pipes: Pipes,
    points: Points,
    ids: NDArray[np.object_],
    pumped_line: Flags,
    tolerance: float,
    repairs: Repairs,
) -> Joining:
    """Put points on their lines, join crossings at manholes, and tell of the others.

    A pumped sewer passes those that fall, and joins them where it ends only.
    """
    place, one, other = crossings(work)
    alike = pumped_line[one] == pumped_line[other]
    place, one, other = place[alike], one[alike], other[alike]
    vertex = work.vertex
    work, joiner, put = join_points(work, place, one, other, tolerance)
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
        points,
        number,
        "node_ved_siden",
        repairs,
        other=ids[pipes.row[put.line[beside]]],
        metres=put.distance[beside],
    )
    return work


def _pieces(
    work: Joining,
    pipes: Pipes,
    va_ledning: pd.DataFrame,
    parameters: Parameters,
    names: Names,
    repairs: Repairs,
) -> Pieces:
    """Cut the lines into pieces; tell of what lies double, of rings and of what is too short."""
    row = pipes.row
    known = (~np.isnan(attributes_of(va_ledning, parameters))).sum(axis=1)
    rank = np.empty(len(row), dtype=np.int64)
    rank[np.lexsort((row, -known[row]))] = np.arange(len(row))
    group = np.unique(text_of(va_ledning, "type")[row].astype(str), return_inverse=True)[1]
    device = np.isin(text_of(va_ledning, "funksjon")[row], DEVICES)
    pieces = pieces_of(work, rank, group, device | np.isin(row, pipes.alike))
    ids, whole = names.pipe[row], shapely.length(pipes.shapes)
    place = middles(pipes.shapes)
    for rule, which, metres in (
        ("for_kort", pieces.gone, whole),
        ("sloyfe", pieces.ring, whole),
        ("delvis_dobbel", pieces.dropped > 0, whole * pieces.dropped),
    ):
        repairs.add(rule, row[which], ids=ids[which], place=place[which], metres=metres[which])
    return pieces


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
    """Where each piece starts and ends as shares of its row, (m, 2): rows may have several parts."""
    length = shapely.length(pipes.shapes)
    whole = np.bincount(pipes.row, length, minlength=int(pipes.row.max(initial=-1)) + 1)
    before = np.cumsum(length) - length
    first = np.maximum.accumulate(np.where(pipes.first, before, 0.0))
    part = length / whole[pipes.row] if len(length) else length
    begin = (before - first) / whole[pipes.row] if len(length) else length
    shares: Reals = begin[pieces.line][:, None] + pieces.share * part[pieces.line][:, None]
    return shares


def _assemble(
    frames: _Frames,
    pipes: Pipes,
    points: Points,
    work: Joining,
    pieces: Pieces,
    medium: str,
    parameters: Parameters,
    repairs: Repairs,
) -> PipeNetwork:
    """Number the nodes, join the facilities, and fill the arrays."""
    edges = _edges(work, pieces, pipes, _linked_rows(pipes, points, frames.va_ledning))
    position = pieces.chains.position
    used = np.unique(np.r_[edges.start, edges.end])
    used = used[building.hilbert_order(position[used])]
    number = np.full(len(position), -1)
    number[used] = np.arange(len(used))
    start, end = number[edges.start], number[edges.end]
    loose = points.which[number[work.vertex] < 0] if len(points) else points.which
    at = np.full(len(frames.table.xy), -1)
    at[points.which] = number[work.vertex]
    degree = np.bincount(np.r_[start, end], minlength=len(used))
    _join_facilities(frames, at, loose, position[used], degree, medium, parameters, repairs)
    length = _lengths(frames.va_ledning, edges)
    return _network(frames, edges, (start, end), position[used], at, length, medium, parameters)


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


def _join_facilities(
    frames: _Frames,
    at: Numbers,
    loose: Numbers,
    xy: Reals,
    degree: Numbers,
    medium: str,
    parameters: Parameters,
    repairs: Repairs,
) -> None:
    """Join facilities beside the network to its nearest node, ends first; ``at`` is filled in.

    Nodes that no pipe comes to, and facilities too far away, are told of.
    """
    table = frames.table
    lost = np.r_[loose, table.outside(medium)]
    lost = lost[~_elsewhere(table, lost, medium)]
    lone = lost[table.layer[lost] == "va_anlegg"]
    reach = float(parameters["va_nett_anlegg_m"])
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


def _network(
    frames: _Frames,
    edges: _Edges,
    ends: tuple[Numbers, Numbers],
    xy: Reals,
    at: Numbers,
    length: Reals,
    medium: str,
    parameters: Parameters,
) -> PipeNetwork:
    """Fill the arrays of the network; ``at`` is the node of each point."""
    start, end = ends
    table, row, count = frames.table, edges.row, len(xy)
    flags = _node_flags(table, at, count, frames, parameters)
    function = text_of(frames.va_ledning, "funksjon")[row]
    pressure = pumped(frames.va_ledning, row, start, flags["pump"])
    bottoms, ground = _node_heights(frames, at, count)
    falls = falls_of(
        frames.va_ledning, row, edges.share, _at_row_ends(bottoms, row, edges.share, start, end,
        len(frames.va_ledning)), pressure, medium, parameters,
    )  # fmt: skip
    z = np.where(np.isnan(bottoms), lowest(start, end, falls, count), bottoms)
    pointer, head, edge, forward = building.arcs(start, end, count)
    return PipeNetwork(
        medium=medium,
        crs=crs_name(frames.va_ledning.crs),
        xy=xy,
        z=np.where(np.isnan(z), ground, z),
        node_row=_best_row(table, at, "va_node", count),
        facility_row=_best_row(table, at, "va_anlegg", count, frames),
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
        closed=_is_shut(frames.va_ledning, parameters)[row],
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


def _node_flags(
    table: Standing, at: Numbers, count: int, frames: _Frames, parameters: Parameters
) -> dict[str, Flags]:
    """Sources, outlets, pumping stations and valves, (n,); facilities as what they are."""
    kind = table.kind.copy()
    place = at.copy()
    if frames.va_anlegg is not None:
        kind = np.r_[kind, text_of(frames.va_anlegg, "type")]
        place = np.r_[place, _of_rows(table.facility, at)]
    kind = np.array([FACILITY_KIND.get(one, one) for one in kind], dtype=object)
    on = place >= 0

    def where(kinds: tuple[str, ...]) -> Flags:
        found = np.zeros(count, dtype=bool)
        found[place[on & np.isin(kind, kinds)]] = True
        return found

    shut = np.zeros(count, dtype=bool)
    if frames.va_node is not None and len(frames.va_node):
        closed = _is_shut(frames.va_node, parameters)
        closed &= text_of(frames.va_node, "type") == "ventil"
        node = _of_rows(table.node, at)
        shut[node[closed & (node >= 0)]] = True
    return {
        "source": where(_SOURCES),
        "outlet": where(_OUTLETS),
        "pump": where(("pumpestasjon",)),
        "valve": where(("ventil",)),
        "shut": shut,
    }


def _node_heights(frames: _Frames, at: Numbers, count: int) -> tuple[Reals, Reals]:
    """Bottom height of nodes, and the height of the ground or the model, (n,); NaN unknown."""
    found = []
    for name in ("bunnhoyde", "hoyde"):
        z = np.full(count, np.inf)
        if frames.va_node is not None and len(frames.va_node):
            value, node = number_of(frames.va_node, name), _of_rows(frames.table.node, at)
            known = (node >= 0) & ~np.isnan(value)
            np.minimum.at(z, node[known], value[known])
        found.append(np.where(np.isfinite(z), z, np.nan))
    return found[0], found[1]


def _at_row_ends(
    bottoms: Reals, row: Numbers, share: Reals, start: Numbers, end: Numbers, rows: int
) -> tuple[Reals, Reals]:
    """Bottom height of the nodes where each row begins and ends, (r,); NaN unknown."""
    first, last = np.full(rows, np.nan), np.full(rows, np.nan)
    begins, finishes = share[:, 0] <= _END, share[:, 1] >= 1 - _END
    first[row[begins]] = bottoms[start[begins]]
    last[row[finishes]] = bottoms[end[finishes]]
    return first, last


def _best_row(
    table: Standing, at: Numbers, layer: str, count: int, frames: _Frames | None = None
) -> NDArray[np.int32]:
    """Row of a layer at each node, (n,), the one that says most; −1 for none."""
    found = np.full(count, -1, dtype=np.int32)
    if layer == "va_anlegg":
        if frames is None or frames.va_anlegg is None:
            return found
        node = _of_rows(table.facility, at)
        rank = np.zeros(len(node))
    else:
        node = _of_rows(table.node, at)
        order = {one: number for number, one in enumerate(_SAYS_MOST)}
        rank = np.full(len(node), float(len(order)))
        known = table.node >= 0
        rank[known] = [order.get(one, len(order)) for one in table.kind[table.node[known]]]
    rows = np.flatnonzero(node >= 0)
    rows = rows[np.lexsort((rows, rank[rows]))][::-1]
    found[node[rows]] = rows
    return found
