"""Geometry of SOSI objects: coordinates, arcs, and surfaces put together from curves.

A surface (FLATE) has no coordinates of its own: REF lists the curves that bound it, a minus sign
says that a curve runs the other way, and parentheses hold the holes. Ends that lie within one
unit of the file are the same point.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.sources.arcs import arc, circle, circle_around

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from askergeo.sources.sosi_text import Coordinates

    Line = NDArray[np.float64]

__all__ = [
    "GeometryFault",
    "Units",
    "build",
    "curve",
    "parse_refs",
    "rings_of",
    "route_lines",
    "surface_rings",
    "to_array",
]

_REFERENCE = re.compile(r"[()]|:\s*(-?)(\d{1,18})|([^\s,;]+)")
_PLANE, _SPACE = 2, 3
_RING_POINTS = 4
_ARC_POINTS = 3
_MAX_USES = 2
_SHOWN = 10
_FARTHEST = 1e9  # metres; also keeps what follows within 64 bits


class GeometryFault(Exception):  # noqa: N818 - not an error for the caller: it becomes a row
    """Geometry that cannot be built; ``rule`` is the fault's short name."""

    def __init__(self, rule: str, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.rule, self.text, self.line = rule, text, line


class Units:
    """Scale and origin: turns the numbers of a file into metres, east before north."""

    def __init__(
        self, plane: float, height: float, depth: float, origin: tuple[float, float]
    ) -> None:
        self.plane, self.height, self.depth, self.origin = plane, height, depth, origin

    def apply(self, numbers: Line, kind: str) -> Line:
        """Scale rows of north, east and (kind H or D) height or depth; depths become heights."""
        result = np.empty_like(numbers)
        result[:, 0] = _scaled(numbers[:, 1], self.plane) + self.origin[1]
        result[:, 1] = _scaled(numbers[:, 0], self.plane) + self.origin[0]
        if kind == "H":
            result[:, 2] = _scaled(numbers[:, 2], self.height)
        elif kind == "D":
            result[:, 2] = -_scaled(numbers[:, 2], self.depth)
        return result


def _scaled(values: Line, unit: float) -> Line:
    """Multiply by the unit; a unit such as 0.01 divides by 100, which rounds right."""
    # A unit of nothing, or near it, comes from a broken header.
    inverse = 1.0 / unit if abs(unit) > 1e-9 else 0.0  # noqa: PLR2004
    whole = round(inverse)
    return values / whole if whole > 1 and abs(inverse - whole) < 1e-9 * whole else values * unit


def to_array(coordinates: Coordinates, units: Units) -> Line | None:
    """Parse the coordinate blocks of one object; None when it has none.

    Returns
    -------
    Shape (n, 2), or (n, 3) when any block has heights; a height that is not given is NaN.

    Raises
    ------
    GeometryFault
        When a text is not a number, or numbers are missing.
    """
    blocks = []
    for kind, text, line in coordinates.blocks:
        width = _SPACE if kind else _PLANE
        tokens = text.split()
        try:
            numbers = np.array([float(token) for token in tokens])
        except ValueError:
            wrong = next(token for token in tokens if not _is_number(token))
            raise GeometryFault(
                "koordinat", f"«{wrong[:40]}» er ikke et tall.", line + _line_of(text, wrong)
            ) from None
        if "_" in text or not np.isfinite(numbers).all() or len(numbers) % width:
            raise GeometryFault("koordinat", f"Koordinatene går ikke opp i {width} tall.", line)
        if len(numbers):
            block = units.apply(numbers.reshape(-1, width), kind)
            if not (np.abs(block) <= _FARTHEST).all():
                raise GeometryFault("koordinat", "Koordinatene ligger utenfor Jorden.", line)
            blocks.append(block)
    if not blocks:
        return None
    return blocks[0] if len(blocks) == 1 else np.vstack(widened(blocks))


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True


def _line_of(text: str, token: str) -> int:
    return text.count("\n", 0, text.find(token))


def widened(parts: Sequence[Line]) -> list[Line]:
    """Give all parts heights when one has them; unknown heights are NaN, never 0."""
    if len({part.shape[1] for part in parts}) == 1:
        return list(parts)
    return [
        part if part.shape[1] == _SPACE else np.column_stack([part, np.full(len(part), np.nan)])
        for part in parts
    ]


def curve(kind: str, points: Line, radius: float | None, tolerance: float) -> Line:
    """Return the line of a curve object, arcs stroked.

    Raises
    ------
    GeometryFault
        For kinds that are not read, and points that make no such curve.
    """
    if kind in {"BUEP", "SIRKELP"}:
        if len(points) != _ARC_POINTS:
            raise GeometryFault("bue", f"{kind} skal ha 3 punkter, har {len(points)}.")
        stroke: Callable[..., Line | None] = arc if kind == "BUEP" else circle
        line = stroke(points, tolerance=tolerance)
        if line is None:
            raise GeometryFault("bue", f"De tre punktene i {kind} ligger på en rett linje.")
        return line
    if kind == "SIRKEL":
        if len(points) != 1 or radius is None or not 0 < radius < 1e7:  # noqa: PLR2004 - Earth
            raise GeometryFault("bue", "SIRKEL skal ha ett sentrum og RADIUS over 0.")
        return circle_around(points[0], radius, tolerance=tolerance)
    if kind not in {"KURVE", "LINJE"}:
        raise GeometryFault("geometritype", f"Geometritypen {kind} kan ikke leses.")
    if len(points) < _PLANE:
        raise GeometryFault("kurve", "Kurven har bare ett punkt.")
    return points


def parse_refs(text: str) -> list[list[int]]:
    """Parse REF into the outer boundary and then one list for each pair of parentheses.

    A negative number is a curve that runs the other way.

    Raises
    ------
    GeometryFault
        When parentheses do not match or something is not a reference.

    Examples
    --------
    >>> parse_refs(":1 :-2 (:3 :4) (:-5)")
    [[1, -2], [3, 4], [-5]]
    """
    groups: list[list[int]] = [[]]
    inside = False
    for match in _REFERENCE.finditer(text):
        sign = match.group()
        if sign in "()":
            if inside == (sign == "("):
                raise GeometryFault("ref", "Parentesene i REF går ikke opp.")
            inside = not inside
            if inside:
                groups.append([])
        elif match.group(2):
            number = int(match.group(2))
            groups[-1 if inside else 0].append(-number if match.group(1) else number)
        else:
            raise GeometryFault("ref", f"«{sign[:40]}» i REF er ikke en henvisning.")
    if inside:
        raise GeometryFault("ref", "Parentesene i REF går ikke opp.")
    return [groups[0], *(group for group in groups[1:] if group)]


def surface_rings(text: str, curves: dict[int, Line], tolerance: float) -> list[Line]:
    """Build the rings of a surface, the outer one first.

    Raises
    ------
    GeometryFault
        When a curve is missing or the curves do not close.
    """
    groups = parse_refs(text)
    _check_refs([ref for group in groups for ref in group], curves)
    outer, *holes = (
        rings_of([_directed(curves, ref) for ref in group], tolerance) for group in groups
    )
    if not outer:
        raise GeometryFault("ring", "REF har ingen ytre avgrensning.")
    if len(outer) > 1:
        outer = _shell_first(outer)
    return [*outer, *(ring for hole in holes for ring in hole)]


def route_lines(text: str, curves: dict[int, Line]) -> list[Line]:
    """Return the curves of a route (TRASE) in the order and direction of REF.

    Raises
    ------
    GeometryFault
        When a curve is missing.
    """
    refs = [ref for group in parse_refs(text) for ref in group]
    _check_refs(refs, curves)
    if not refs:
        raise GeometryFault("ref", "REF er tom.")
    return [_directed(curves, ref) for ref in refs]


def _check_refs(refs: list[int], curves: dict[int, Line]) -> None:
    uses = Counter(abs(ref) for ref in refs)
    # Not a difference of key views: that walks all curves of the file for each surface.
    missing = sorted(ref for ref in uses if ref not in curves)
    if missing:
        shown = ", ".join(map(str, missing[:_SHOWN])) + (" …" if len(missing) > _SHOWN else "")
        raise GeometryFault(
            "ref", f"REF viser til {shown}, som mangler i filen eller selv har feil."
        )
    if max(uses.values(), default=0) > _MAX_USES:
        raise GeometryFault("ref", "REF bruker samme kurve mer enn to ganger.")


def _directed(curves: dict[int, Line], ref: int) -> Line:
    line = curves[abs(ref)]
    return line if ref > 0 else line[::-1]


def _shell_first(rings: list[Line]) -> list[Line]:
    """Sort rings that were written without parentheses; all must lie inside the largest."""
    surfaces = np.array([shapely.Polygon(ring[:, :2]) for ring in rings])
    order = np.argsort(-shapely.area(surfaces), kind="stable")
    shell = surfaces[order[0]]
    if not shapely.is_valid(shell) or not shapely.covers(shell, surfaces).all():
        raise GeometryFault(
            "ring", f"Ytre avgrensning danner {len(rings)} ringer utenfor hverandre."
        )
    return [rings[index] for index in order]


def rings_of(parts: list[Line], tolerance: float) -> list[Line]:
    """Join lines to closed rings: in the order given, else by their ends.

    Raises
    ------
    GeometryFault
        When some line's end meets no other.
    """
    # Exact ends first: a curve may be one unit long, and would be lost in the tolerance.
    for limit in (tolerance / 4.0, tolerance):
        chains = _chain_in_order(parts, limit)
        if chains is not None:
            return [_closed(chain) for chain in chains]
    try:
        chains = _chain_by_ends(parts, tolerance / 4.0)
    except GeometryFault:
        chains = _chain_by_ends(parts, tolerance)
    return [_closed(chain) for chain in chains]


def _near(first: Line, second: Line, tolerance: float) -> bool:
    # A hair over the unit: the difference of two rounded coordinates is not exactly one unit.
    limit = tolerance * 1.000001 + 1e-9
    return bool(abs(first[0] - second[0]) <= limit and abs(first[1] - second[1]) <= limit)


def _closed(chain: list[Line]) -> Line:
    pieces = widened(chain)
    ring = np.vstack([*(piece[:-1] for piece in pieces), pieces[0][:1]])
    if len(ring) < _RING_POINTS:
        raise GeometryFault("ring", f"Ringen har bare {len(ring) - 1} punkter.")
    return ring


def _chain_in_order(parts: list[Line], tolerance: float) -> list[list[Line]] | None:
    """Join lines in the order given, turning one where only that fits; None when one does not."""
    chains: list[list[Line]] = []
    chain: list[Line] = []
    for part in parts:
        if not chain:
            chain = [part]
        elif _near(chain[-1][-1], part[0], tolerance):
            chain.append(part)
        elif _near(chain[-1][-1], part[-1], tolerance):
            chain.append(part[::-1])
        elif len(chain) == 1 and _near(chain[0][0], part[0], tolerance):
            chain = [chain[0][::-1], part]
        elif len(chain) == 1 and _near(chain[0][0], part[-1], tolerance):
            chain = [chain[0][::-1], part[::-1]]
        else:
            return None
        if _is_closed(chain, tolerance):
            chains.append(chain)
            chain = []
    return None if chain else chains


def _is_closed(chain: list[Line], tolerance: float) -> bool:
    """Tell a closed chain from one that is merely short: a curve may be one unit long."""
    long_enough = len(chain) > _ARC_POINTS or sum(map(len, chain)) > _ARC_POINTS
    return long_enough and _near(chain[0][0], chain[-1][-1], tolerance)


class _Ends:
    """The ends of lines by place; each line is handed out once."""

    def __init__(self, parts: list[Line], tolerance: float) -> None:
        self.tolerance = tolerance
        self.used = np.zeros(len(parts), dtype=bool)
        self.points = np.array([[part[0, :2], part[-1, :2]] for part in parts])
        self.table: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for index, pair in enumerate(self.points):
            for end in (0, 1):
                self.table.setdefault(self._cell(pair[end]), []).append((index, end))

    def _cell(self, point: Line) -> tuple[int, int]:
        size = 2.0 * self.tolerance
        return math.floor(point[0] / size), math.floor(point[1] / size)

    def take(self, point: Line) -> tuple[int, int] | None:
        """Return an unused line with an end at the point, and which end that is."""
        column, row = self._cell(point)
        for cell in product((column, column - 1, column + 1), (row, row - 1, row + 1)):
            waiting = self.table.get(cell, [])
            while waiting and self.used[waiting[-1][0]]:
                waiting.pop()  # for good, so that the whole walk stays linear
            if waiting and _near(self.points[waiting[-1]], point, self.tolerance):
                self.used[waiting[-1][0]] = True
                return waiting.pop()
        return None


def _chain_by_ends(parts: list[Line], tolerance: float) -> list[list[Line]]:
    """Join lines whose order in REF is arbitrary: each next line is looked up by its end."""
    ends = _Ends(parts, tolerance)
    chains = []
    for first, part in enumerate(parts):
        if ends.used[first]:
            continue
        ends.used[first] = True
        chain = [part]
        while not _is_closed(chain, tolerance):
            found = ends.take(chain[-1][-1])
            if found is None:
                east, north = chain[-1][-1][:2]
                raise GeometryFault(
                    "ring", f"Avgrensningen lukker seg ikke ved nord {north:.2f}, øst {east:.2f}."
                )
            index, end = found
            chain.append(parts[index] if end == 0 else parts[index][::-1])
        chains.append(chain)
    return chains


def build(
    items: Sequence[tuple[str, list[Line]] | None],
) -> NDArray[np.object_]:
    """Make geometries in bulk.

    Parameters
    ----------
    items
        For each feature ``("punkt" | "punkter" | "linje" | "linjer" | "flate", parts)`` or None.

    Returns
    -------
    Array of Point, MultiPoint, LineString, MultiLineString, Polygon and None.
    """
    result = np.full(len(items), None, dtype=object)
    groups: dict[tuple[str, int], list[int]] = {}
    for index, item in enumerate(items):
        if item is not None:
            width = max(part.shape[1] for part in item[1])
            groups.setdefault((item[0], width), []).append(index)
    for (kind, _), members in groups.items():
        parts, owners = [], []
        for owner, index in enumerate(members):
            item = items[index]
            if item is None:
                continue
            pieces = widened(item[1]) if len(item[1]) > 1 else item[1]
            parts.extend(pieces)
            owners.extend([owner] * len(pieces))
        result[members] = _bulk(kind, np.vstack(parts), [len(part) for part in parts], owners)
    return result


def _bulk(
    kind: str, coordinates: Line, lengths: list[int], owners: list[int]
) -> NDArray[np.object_]:
    pieces = np.repeat(np.arange(len(lengths)), lengths)
    if kind in {"punkt", "punkter"}:
        points = np.asarray(shapely.points(coordinates), dtype=object)
        if kind == "punkt":
            return points
        return np.asarray(shapely.multipoints(points, indices=np.repeat(owners, lengths)))
    if kind == "flate":
        rings = np.asarray(shapely.linearrings(coordinates, indices=pieces), dtype=object)
        return np.asarray(shapely.polygons(rings, indices=owners))
    lines = np.asarray(shapely.linestrings(coordinates, indices=pieces), dtype=object)
    return (
        np.asarray(shapely.multilinestrings(lines, indices=owners)) if kind == "linjer" else lines
    )
