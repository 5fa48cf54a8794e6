"""Divides a municipality along a line: joins and extends its ends, and tells its sides.

Lengths are metres in the CRS of record. A line is a handful of pieces, so they are gone through one
by one; what lies along them is not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.geometry import lines_of, polygons_of

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries

__all__ = ["AUTOMATIC", "NEAREST", "UNKNOWN", "Divided", "End", "Piece", "divide"]

AUTOMATIC = "automatisk"
# What the parts are that touch no line.
NEAREST, UNKNOWN = "naermeste", "ukjent"
# Metres beside the line where a part is asked for: far over rounding, far under any part.
_BESIDE = 0.05
# Metres between the places along the line where the parts beside it are asked for.
_OFTEN = 20.0
# Metres of the line that a part may have on its other side: the tip of a narrow bend.
_STRAY = 1.0
# Metres that an end is drawn past the boundary, so that the two surely cross.
_OVER = 0.01
# Metres within which points are the same.
_SAME = 1e-6


@dataclass(frozen=True)
class End:
    """One end of a piece: what was done with it (``how``), and how many metres were added.

    ``how`` is «når grensen», «møter et annet stykke», «forlenget», «festet» or «ender inne».
    """

    how: str
    added: float
    point: tuple[float, float]
    away: float


@dataclass(frozen=True, eq=False)
class Piece:
    """One piece of the line, from its start to its end with the zone ``nord`` on its left.

    Parameters
    ----------
    line
        As drawn, with what was added at its ends.
    kind
        «linje», «ring» (closed) or «løs» (divides nothing: it ends inside, or is never inside).
    runs
        In bokmål, which way it runs; empty when that does not tell its sides.
    ends
        Its two ends.
    used
        From and to how many metres along it the two sides are different, (2,).
    stretches
        How many times it passes through the municipality.
    inside
        Metres of it inside the municipality, not along its boundary.
    """

    line: BaseGeometry
    kind: str
    runs: str
    ends: tuple[End, ...]
    used: tuple[float, float]
    stretches: int
    inside: float


@dataclass(frozen=True, eq=False)
class Divided:
    """A municipality that lines have divided.

    Parameters
    ----------
    parts
        Polygons that together are the municipality, (p,).
    side
        1 north, −1 south, 0 unknown, (p,).
    both
        Parts with the line on both of their sides, (p,).
    given
        Parts that touch no line and have the side of the nearest part, (p,).
    pieces
        The line.
    joins
        Metres of each gap between two pieces that was closed.
    stubs
        Branches that end inside and divide nothing.
    """

    parts: Geometries
    side: NDArray[np.int8]
    both: NDArray[np.bool_]
    given: NDArray[np.bool_]
    pieces: tuple[Piece, ...]
    joins: tuple[float, ...]
    stubs: Geometries


def divide(
    lines: Geometries,
    municipality: BaseGeometry,
    *,
    reach: float,
    north: str,
    loose: str = UNKNOWN,
) -> Divided:
    """Divide a municipality along lines.

    Parameters
    ----------
    lines
        The line, in one piece or several, drawn in any direction, metres.
    municipality
        The municipality with its sea.
    reach
        Metres over which an end is drawn on to the boundary or to the end of another piece.
    north
        Which side the zone ``nord`` is on: «automatisk» (the north side of a piece that runs more
        west–east than north–south, else unknown), «nord», «vest» or «ost».
    loose
        What parts that touch no line are: «ukjent», or «naermeste», the side of the nearest part
        that has one.

    Returns
    -------
    Divided
        A part is north when it has lines on its north side only. One that touches no line, has it
        on both sides (the line ends inside it, or doubles back), or lies beside a piece whose
        sides are not told, is neither.
    """
    merged = _merged(lines)
    if not len(merged) or municipality.is_empty:
        whole = polygons_of(municipality)
        none = np.zeros(len(whole), dtype=bool)
        return Divided(whole, none.astype(np.int8), none, none, (), (), merged)
    boundary = shapely.boundary(municipality)
    merged, joins = _joined(merged, municipality, boundary, reach)
    merged, stubs = _without_stubs(merged, municipality, boundary, reach)
    meets = (_degree(_ends(merged).reshape(-1, 2)) > 1).reshape(-1, 2)
    pieces = tuple(
        _piece(line, meet, municipality, boundary, reach=reach, north=north)
        for line, meet in zip(merged, meets, strict=True)
    )
    drawn = np.array([piece.line for piece in pieces], dtype=object)
    edges = np.r_[lines_of(boundary), drawn]
    parts = polygons_of(shapely.polygonize(shapely.get_parts(shapely.union_all(edges))))
    parts = parts[shapely.covers(municipality, shapely.point_on_surface(parts))]
    left, right = _along(parts, pieces, municipality)
    is_left, is_right = left > np.minimum(_STRAY, right), right > np.minimum(_STRAY, left)
    side = (is_left.astype(np.int8) - is_right).astype(np.int8)
    given = np.zeros(len(parts), dtype=bool)
    if loose == NEAREST and side.any():
        given = ~shapely.intersects(parts, shapely.union_all(drawn))
        known = np.flatnonzero(side)
        nearest = shapely.STRtree(parts[known]).nearest(parts[given])
        side[given] = side[known[nearest]]
    return Divided(
        parts=parts,
        side=side,
        both=is_left & is_right,
        given=given,
        pieces=pieces,
        joins=joins,
        stubs=stubs,
    )


def _merged(lines: Geometries) -> Geometries:
    simple = lines_of(lines)
    if not len(simple):
        return simple
    merged = lines_of(shapely.line_merge(shapely.union_all(simple)))
    return merged[shapely.length(merged) > _SAME]


def _ends(lines: Geometries) -> NDArray[np.float64]:
    """First and last point of each line, (n, 2, 2)."""
    first, last = shapely.get_point(lines, 0), shapely.get_point(lines, -1)
    return np.stack([shapely.get_coordinates(first), shapely.get_coordinates(last)], axis=1)


def _joined(
    lines: Geometries, municipality: BaseGeometry, boundary: BaseGeometry, reach: float
) -> tuple[Geometries, tuple[float, ...]]:
    """Close the gaps between the nearest ends of pieces, those within reach."""
    at = _ends(lines).reshape(-1, 2)
    owner = np.repeat(np.arange(len(lines)), 2)
    points = np.asarray(shapely.points(at), dtype=object)
    free = shapely.covers(municipality, points) & (_degree(at) == 1)
    away = np.asarray(shapely.distance(points, boundary))
    number = np.flatnonzero(free)
    if reach <= 0 or not len(number):
        return lines, ()
    tree = shapely.STRtree(points[number])
    one, other = number[tree.query(points[number], predicate="dwithin", distance=reach)]
    apart = owner[one] != owner[other]
    one, other = one[apart], other[apart]
    width = np.asarray(shapely.distance(points[one], points[other]))
    order = np.lexsort((other, width, one))
    one, first = np.unique(one[order], return_index=True)
    other, width = other[order][first], width[order][first]
    nearest = np.full(len(points), -1, dtype=np.intp)
    nearest[one] = other
    kept = (nearest[other] == one) & (one < other) & (width < np.minimum(away[one], away[other]))
    ends = np.stack([at[one[kept]], at[other[kept]]], axis=1)
    closed = lines_of(shapely.linestrings(ends)) if kept.any() else lines[:0]
    return _merged(np.r_[lines, closed]), tuple(width[kept].tolist())


def _degree(at: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many line ends meet at each end, (n,)."""
    counts = Counter(map(tuple, at))
    return np.array([counts[tuple(one)] for one in at], dtype=np.intp)


def _without_stubs(
    lines: Geometries, municipality: BaseGeometry, boundary: BaseGeometry, reach: float
) -> tuple[Geometries, Geometries]:
    """Take away branches that end inside, and closed loops that hang on the line."""
    stubs: list[BaseGeometry] = []
    while len(lines) > 1:
        at = _ends(lines)
        degree = _degree(at.reshape(-1, 2)).reshape(-1, 2)
        closed = shapely.is_closed(lines)
        points = shapely.points(at)
        inside = shapely.covers(municipality, points)
        far = shapely.distance(points, boundary) > reach
        hangs = ((degree == 1) & inside & far).any(axis=1) & (degree > 1).any(axis=1)
        # A ring alone has degree 2 at its only node; on another line's node it has more.
        drop = (hangs & ~shapely.intersects(lines, boundary)) | (closed & (degree[:, 0] > 2))  # noqa: PLR2004
        if not drop.any():
            break
        stubs += lines[drop].tolist()
        lines = _merged(lines[~drop])
    return lines, np.array(stubs, dtype=object)


def _piece(
    line: BaseGeometry,
    meets: NDArray[np.bool_],
    municipality: BaseGeometry,
    boundary: BaseGeometry,
    *,
    reach: float,
    north: str,
) -> Piece:
    """Turn a line so that north is on its left, draw its ends on, and see what of it divides."""
    drawn_at = shapely.get_coordinates(line)
    at, runs = _turned(drawn_at, north)
    ends: tuple[End, ...] = ()
    drawn, kind = shapely.LineString(at), "ring"
    if not shapely.is_closed(line):
        turned = meets if np.array_equal(at[0], drawn_at[0]) else meets[::-1]
        added, ends = [], ()
        for (end, before), meet in zip((at[[0, 1]], at[[-1, -2]]), turned, strict=True):
            more, how = (
                (np.empty((0, 2)), End("møter et annet stykke", 0.0, (end[0], end[1]), 0.0))
                if meet
                else _drawn_on(end, before, municipality, boundary, reach)
            )
            added.append(more)
            ends = (*ends, how)
        drawn, kind = shapely.LineString(np.vstack([added[0], at, added[1]])), "linje"
    crossings = _crossings(drawn, boundary)
    length = float(drawn.length)
    loose = [end.how == "ender inne" for end in ends]
    used = (
        (crossings[0] if len(crossings) else length) if loose and loose[0] else 0.0,
        (crossings[-1] if len(crossings) else 0.0) if loose and loose[1] else length,
    )
    stretches = lines_of(shapely.line_merge(shapely.intersection(drawn, municipality)))
    along = float(shapely.length(shapely.intersection(drawn, boundary)))
    within = float(shapely.length(stretches).sum()) - along
    divides = shapely.length(shapely.intersection(_between(drawn, used), municipality))
    if kind == "linje" and min(within, divides) <= _STRAY:
        kind = "løs"
    return Piece(
        line=drawn,
        kind=kind,
        runs="" if kind == "ring" else runs,
        ends=ends,
        used=used,
        stretches=len(stretches),
        inside=within,
    )


def _between(line: BaseGeometry, used: tuple[float, float]) -> BaseGeometry:
    """Return a line from and to so many metres along it; empty when that is no way."""
    if used[0] >= used[1]:
        return shapely.LineString()
    own = _located(line, line)
    stops = np.unique(np.r_[own[(own > used[0]) & (own < used[1])], used])
    at = shapely.get_coordinates(shapely.line_interpolate_point(np.array([line]), stops))
    return shapely.LineString(at)


def _turned(at: NDArray[np.float64], north: str) -> tuple[NDArray[np.float64], str]:
    """Turn a line so that the zone ``nord`` is on its left, and say which way it then runs."""
    x, y = at[-1] - at[0]
    if north in {AUTOMATIC, "nord"}:
        turned = at[::-1] if x < 0 else at
        told = abs(x) > abs(y) if north == AUTOMATIC else x != 0
        return turned, "vest–øst" if told else ""
    up = north == "vest"
    turned = at if (y > 0) == up else at[::-1]
    return turned, ("sør–nord" if up else "nord–sør") if y else ""


def _drawn_on(
    end: NDArray[np.float64],
    before: NDArray[np.float64],
    municipality: BaseGeometry,
    boundary: BaseGeometry,
    reach: float,
) -> tuple[NDArray[np.float64], End]:
    """Draw an end inside the municipality on to the boundary: straight on, else the nearest way.

    Returns the points to add (k, 2), k 0 or 1, and what was done.
    """
    none = np.empty((0, 2))
    here = shapely.Point(end)
    away = float(shapely.distance(here, boundary))
    place = (float(end[0]), float(end[1]))
    if away > _SAME and not shapely.covers(municipality, here):
        return none, End("når grensen", 0.0, place, away)
    step = (end - before) / np.hypot(*(end - before))
    ray = shapely.LineString([end, end + step * (reach + _OVER)])
    hits = shapely.get_coordinates(shapely.intersection(ray, boundary))
    ahead = np.hypot(*(hits - end).T)
    ahead = ahead[ahead > _SAME] if away > _SAME else np.zeros(1)
    if len(ahead) and ahead.min() <= reach:
        added = float(ahead.min())
        how = "forlenget" if added > _OVER else "når grensen"
        return (end + step * (added + _OVER))[None], End(how, added, place, away)
    if away <= reach:
        foot = shapely.get_coordinates(shapely.shortest_line(here, boundary))[1]
        beyond = foot + (foot - end) / away * _OVER
        return beyond[None], End("festet", away, place, away)
    return none, End("ender inne", 0.0, place, away)


def _crossings(line: BaseGeometry, boundary: BaseGeometry) -> NDArray[np.float64]:
    """Metres along a line to where it meets the boundary, ascending."""
    return np.unique(_located(line, shapely.intersection(line, boundary)))


def _located(line: BaseGeometry, on: BaseGeometry) -> NDArray[np.float64]:
    """Metres along a line to the vertices of something that lies on it."""
    points = np.asarray(shapely.points(shapely.get_coordinates(on)), dtype=object)
    return np.asarray(shapely.line_locate_point(np.array([line]), points), dtype=float)


def _along(
    parts: Geometries, pieces: tuple[Piece, ...], municipality: BaseGeometry
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Metres of the line that each part has on its south side (it lies left) and on its north."""
    sums = np.zeros((2, len(parts)))
    tree = shapely.STRtree(parts)
    boundary = shapely.boundary(municipality)
    shapely.prepare(municipality)
    for piece in pieces:
        if not piece.runs or piece.kind != "linje":
            continue
        own = _located(piece.line, piece.line)
        often = np.arange(0.0, piece.line.length, _OFTEN)
        stops = np.r_[own, often, piece.used, _crossings(piece.line, boundary)]
        stops = np.unique(np.clip(stops, *piece.used))
        length = np.diff(stops)
        stops, length = stops[:-1][length > _SAME], length[length > _SAME]
        at = [
            shapely.get_coordinates(
                shapely.line_interpolate_point(np.array([piece.line]), stops + length * k)
            )
            for k in (0.25, 0.5, 0.75)
        ]
        # What was drawn past the boundary says nothing.
        inside = shapely.covers(municipality, np.asarray(shapely.points(at[1]), dtype=object))
        at, length = [one[inside] for one in at], length[inside]
        step = at[2] - at[0]
        across = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(*step.T)[:, None]
        for row, sign in enumerate((1.0, -1.0)):
            places = shapely.points(at[1] + sign * _BESIDE * across)
            place, part = tree.query(places, predicate="intersects")
            np.add.at(sums[row], part, length[place])
    return sums[0], sums[1]
