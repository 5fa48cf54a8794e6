"""Geometry that the steps share: noise, contours, smooth lines and exact partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from askergeo.example.land import Array, Grid

__all__ = [
    "chaikin",
    "class_edges",
    "contour",
    "displace",
    "erase",
    "line_array",
    "noise",
    "partition",
    "parts",
    "point_array",
    "rectangles",
    "region",
    "segments",
    "tiles",
    "walk",
]


def point_array(xy: Array) -> Array:
    """Points at coordinates (n, 2), always an array."""
    return np.asarray(shapely.points(xy))


def line_array(xy: Array, owner: Array | None = None) -> Array:
    """Lines from coordinates (n, m, 2), or (n, 2) with the line that each vertex belongs to."""
    return np.asarray(shapely.linestrings(xy, indices=owner))


def noise(
    rng: np.random.Generator,
    grid: Grid,
    longest: float,
    shortest: float,
    roughness: float,
    *,
    grain: float = 1.0,
) -> Array:
    """Fractal noise with mean 0 and deviation 1 on a grid.

    White noise is filtered in the frequency domain to wavelengths between ``shortest`` and
    ``longest`` metres with a power spectrum that falls as frequency ** -roughness. ``grain``
    above 1 stretches the forms along the ridges, which run north by north-east.
    """
    rows, columns = grid.shape
    north = -np.fft.fftfreq(rows, grid.cell)[:, None]
    east = np.fft.rfftfreq(columns, grid.cell)[None, :]
    turn = np.deg2rad(22.0)
    along = (north * np.cos(turn) + east * np.sin(turn)) * grain
    across = east * np.cos(turn) - north * np.sin(turn)
    frequency = np.hypot(along, across)
    inside = (frequency > 1 / longest) & (frequency < 1 / shortest)
    gain = np.where(inside, np.maximum(frequency, 1e-9) ** (-roughness / 2), 0.0)
    field = np.fft.irfft2(np.fft.rfft2(rng.standard_normal(grid.shape)) * gain, s=grid.shape)
    return np.asarray((field - field.mean()) / field.std())


def contour(grid: Grid, values: Array, level: float) -> Array:
    """Contour lines of a raster by marching squares through the cell centres.

    The raster is framed with values below the level, so every line is a closed ring.
    """
    low = min(float(values.min()), level) - 1.0
    v = np.pad(values.astype(float), 1, constant_values=low) - level
    v[v == 0] = 1e-9
    up = v > 0
    left, top = grid.left - 0.5 * grid.cell, grid.top + 0.5 * grid.cell

    def across(r: Array, c: Array) -> Array:
        t = v[r, c] / (v[r, c] - v[r, c + 1])
        return np.column_stack([left + (c + t) * grid.cell, top - r * grid.cell])

    def down(r: Array, c: Array) -> Array:
        t = v[r, c] / (v[r, c] - v[r + 1, c])
        return np.column_stack([left + c * grid.cell, top - (r + t) * grid.cell])

    corners = [up[:-1, :-1], up[:-1, 1:], up[1:, 1:], up[1:, :-1]]
    case = np.sum([corner.astype(np.int8) << k for k, corner in enumerate(corners)], axis=0)
    sides: dict[str, Callable[[Array, Array], Array]] = {
        "n": across,
        "s": lambda r, c: across(r + 1, c),
        "w": down,
        "e": lambda r, c: down(r, c + 1),
    }
    table: dict[int, tuple[tuple[str, str], ...]] = {
        1: (("w", "n"),), 2: (("n", "e"),), 3: (("w", "e"),), 4: (("e", "s"),),
        5: (("w", "n"), ("e", "s")), 6: (("n", "s"),), 7: (("w", "s"),), 8: (("s", "w"),),
        9: (("s", "n"),), 10: (("n", "e"), ("s", "w")), 11: (("s", "e"),), 12: (("e", "w"),),
        13: (("e", "n"),), 14: (("n", "w"),),
    }  # fmt: skip
    segments = []
    for number, pairs in table.items():
        r, c = np.nonzero(case == number)
        for start, end in pairs:
            segments.append(np.stack([sides[start](r, c), sides[end](r, c)], axis=1))
    points = np.concatenate(segments)
    points = points[np.any(points[:, 0] != points[:, 1], axis=1)]
    if len(points) == 0:
        return np.array([], dtype=object)
    lines = shapely.multilinestrings(line_array(points))
    return np.asarray(shapely.get_parts(shapely.line_merge(lines)))


def region(
    grid: Grid, mask: Array, *, smooth: float = 1.0, level: float = 0.5, least: float = 0.0
) -> shapely.MultiPolygon:
    """Polygons around the true cells of a mask, with smooth outlines.

    Parameters
    ----------
    smooth
        Standard deviation of the smoothing, cells; 0 takes ``mask`` as it is.
    least
        Smallest area of a part and of a hole, m².
    """
    values = ndimage.gaussian_filter(mask.astype(float), smooth) if smooth else mask
    rings = contour(grid, values, level)
    faces = np.asarray(shapely.get_parts(shapely.polygonize(rings)))
    if len(faces) == 0:
        return shapely.MultiPolygon()
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    faces = faces[grid.interpolate(np.asarray(values, float), inner) > level]
    if least:
        faces = np.array([_without_small_holes(face, least) for face in faces], dtype=object)
        faces = faces[shapely.area(faces) >= least]
    merged = shapely.union_all(faces)
    return shapely.MultiPolygon(list(shapely.get_parts(merged)))


def _without_small_holes(face: shapely.Polygon, least: float) -> shapely.Polygon:
    holes = [hole for hole in face.interiors if shapely.area(shapely.Polygon(hole)) >= least]
    return shapely.Polygon(face.exterior, holes)


def class_edges(grid: Grid, classes: Array, *, tolerance: float = 0.4) -> Array:
    """Lines between cells of different class, smoothed, with shared nodes where classes meet.

    Each line runs through the midpoints of the cell sides between its two end nodes, so two
    lines meet only in nodes; they form a net that :func:`partition` turns into a coverage.

    Parameters
    ----------
    tolerance
        Simplification, in cells.
    """
    ring = np.pad(classes, 1, mode="edge")
    columns = ring.shape[1] + 1
    r, c = np.nonzero(ring[:, :-1] != ring[:, 1:])
    upright = np.column_stack([r * columns + c + 1, (r + 1) * columns + c + 1])
    r, c = np.nonzero(ring[:-1] != ring[1:])
    level = np.column_stack([(r + 1) * columns + c, (r + 1) * columns + c + 1])
    sides = np.concatenate([upright, level])
    if len(sides) == 0:
        return np.array([], dtype=object)
    row, column = np.divmod(sides, columns)
    xy = np.stack([grid.left + (column - 1) * grid.cell, grid.top - (row - 1) * grid.cell], axis=-1)
    merged = shapely.line_merge(shapely.multilinestrings(line_array(xy)))
    lines = np.asarray(shapely.get_parts(merged))
    coordinates, index = shapely.get_coordinates(lines, return_index=True)
    first = np.r_[True, index[1:] != index[:-1]]
    last = np.r_[first[1:], True]
    middle = (coordinates[:-1] + coordinates[1:])[~first[1:]] / 2
    mid_index = index[1:][~first[1:]]
    all_xy = np.concatenate([coordinates[first], middle, coordinates[last]])
    all_index = np.concatenate([index[first], mid_index, index[last]])
    order = np.argsort(all_index, kind="stable")
    smooth = line_array(all_xy[order], owner=all_index[order])
    return np.asarray(shapely.simplify(smooth, tolerance * grid.cell, preserve_topology=False))


def partition(lines: Sequence[Array], within: shapely.Geometry | None = None) -> Array:
    """Faces of a net of lines: an exact coverage, since neighbours share the noded lines.

    Parameters
    ----------
    lines
        Arrays of lines and polygons' boundaries, crossing as they will.
    within
        Keep the faces whose inner point lies in this polygon; its boundary must be among the
        lines.
    """
    noded = shapely.union_all(np.concatenate([np.atleast_1d(part) for part in lines]))
    faces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
    if within is None:
        return faces
    shapely.prepare(within)
    return np.asarray(faces[shapely.contains(within, shapely.point_on_surface(faces))])


def chaikin(lines: Array, times: int = 2) -> Array:
    """Cut the corners of lines, their ends kept (Chaikin's scheme)."""
    for _ in range(times):
        coordinates, index = shapely.get_coordinates(lines, return_index=True)
        same = index[1:] == index[:-1]
        a, b, owner = coordinates[:-1][same], coordinates[1:][same], index[1:][same]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        first = np.r_[True, ~same]
        last = np.r_[~same, True]
        xy = np.concatenate([coordinates[first], cut, coordinates[last]])
        owners = np.concatenate([index[first], np.repeat(owner, 2), index[last]])
        order = np.argsort(owners, kind="stable")
        lines = line_array(xy[order], owner=owners[order])
    return np.asarray(lines)


def displace(grid: Grid, geometries: Array, dx: Array, dy: Array) -> Array:
    """Move every vertex by the smooth fields ``dx`` and ``dy`` (metres) at its place."""

    def move(xy: Array) -> Array:
        shift = np.column_stack([grid.interpolate(dx, xy), grid.interpolate(dy, xy)])
        return np.asarray(xy + shift)

    return np.asarray(shapely.transform(geometries, move))


def segments(lines: Array) -> Array:
    """Every straight piece of the lines as a line of its own: quick to search among."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    return np.asarray(line_array(np.stack([xy[:-1][same], xy[1:][same]], axis=1)))


def tiles(geometry: shapely.Geometry, most: int = 120) -> Array:
    """Cut a large polygon into rectangles' worth of pieces with few vertices each.

    Vertices are counted in a quadtree; clipping a piece is cheap where cutting with the whole
    would visit every vertex. Neighbouring pieces share only their straight sides.
    """
    done: list[shapely.Geometry] = []
    queue = [geometry]
    while queue:
        piece = queue.pop()
        if shapely.is_empty(piece):
            continue
        if shapely.get_num_coordinates(piece) <= most:
            done.append(piece)
            continue
        left, low, right, high = shapely.bounds(piece)
        if right - left > high - low:
            middle = (left + right) / 2
            halves = ((left, low, middle, high), (middle, low, right, high))
        else:
            middle = (low + high) / 2
            halves = ((left, low, right, middle), (left, middle, right, high))
        queue += [shapely.clip_by_rect(piece, *half) for half in halves]
    pieces = shapely.make_valid(np.array(done, dtype=object))
    return np.asarray(pieces[shapely.area(pieces) > 0])


def erase(geometries: Array, polygon: shapely.Geometry | Array) -> Array:
    """Difference of many geometries and one large polygon (or its :func:`tiles`)."""
    pieces = polygon if isinstance(polygon, np.ndarray) else tiles(polygon)
    result = np.array(geometries, dtype=object)
    if len(pieces) == 0 or len(result) == 0:
        return result
    owner, piece = shapely.STRtree(pieces).query(result, predicate="intersects")
    order = np.lexsort((piece, owner))
    owner, piece = owner[order], piece[order]
    first = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]][: len(owner)])
    turn = np.arange(len(owner)) - np.repeat(first, np.diff(np.r_[first, len(owner)]))
    for k in range(int(turn.max(initial=-1)) + 1):
        now = turn == k
        result[owner[now]] = shapely.difference(result[owner[now]], pieces[piece[now]])
    return result


def parts(geometries: Array) -> tuple[Array, Array]:
    """Single lines or polygons of multi-geometries, and the index of each one's owner."""
    single, index = shapely.get_parts(geometries, return_index=True)
    keep = ~shapely.is_empty(single)
    return np.asarray(single[keep]), np.asarray(index[keep])


def walk(lines: Array, step: float, *, start: float = 0.5) -> tuple[Array, Array, Array, Array]:
    """Points along lines at even steps: (xy, unit direction, line index, metres along).

    The first point lies ``start`` steps in; each line's steps are stretched to fit its length.
    """
    length = shapely.length(lines)
    count = np.maximum((length / step).astype(int), 0)
    index = np.repeat(np.arange(len(lines)), count)
    within = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
    along = (within + start) * (length / np.maximum(count, 1))[index]
    xy, line = shapely.get_coordinates(lines, return_index=True)
    same = line[1:] == line[:-1]
    a, b = xy[:-1][same], xy[1:][same]
    piece = np.hypot(*(b - a).T)
    end = np.cumsum(piece)
    before = np.searchsorted(line[1:][same], np.arange(len(lines)))  # first piece of each line
    zero = np.r_[0.0, end][before]
    at = np.clip(np.searchsorted(end, zero[index] + along), 0, len(end) - 1)
    share = (zero[index] + along - (end[at] - piece[at])) / np.maximum(piece[at], 1e-9)
    direction = (b[at] - a[at]) / np.maximum(piece[at], 1e-9)[:, None]
    return a[at] + (b[at] - a[at]) * share[:, None], direction, index, along


def rectangles(centre: Array, direction: Array, length: Array, depth: Array) -> Array:
    """Rectangles with sides along and across ``direction`` (unit vectors)."""
    along = direction * (length / 2)[:, None]
    across = np.column_stack([-direction[:, 1], direction[:, 0]]) * (depth / 2)[:, None]
    ring = np.stack(
        [centre - along - across, centre + along - across, centre + along + across,
         centre - along + across],
        axis=1,
    )  # fmt: skip
    return np.asarray(shapely.polygons(np.round(ring, 2)))
