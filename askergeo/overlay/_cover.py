"""What a theme does not cover, and what it covers more than once, found from geometry.

Where two polygons of a theme are neighbours their common edge is there twice, once each way. An
edge that is not met by one the other way is where the number of polygons over a place changes.
Those edges and the boundary, noded, make faces; how many polygons lie over a face is asked of the
polygons, at a point in it. So nothing here rests on the areas that the account sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._threads import in_threads
from askergeo.overlay import _edges as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.overlay._surfaces import Surfaces

    Index = NDArray[np.int64]

__all__ = ["Cover", "cover"]

# Fewer edges than this are not worth a second look through by another thread.
_LEAST = 100_000
# Points that are asked of a face before it is given up.
_TURNS = 12


@dataclass(frozen=True)
class Cover:
    """How a theme covers an area.

    Parameters
    ----------
    gaps
        Polygons that no row covers.
    overlaps
        Polygons that several rows cover.
    times
        How many rows cover each overlap, (o,).
    overlap, row
        Which overlap is covered by which row position, in pairs.
    """

    gaps: Geometries
    overlaps: Geometries
    times: Index
    overlap: Index
    row: Index


def cover(shapes: Geometries, polygons: Surfaces, area: BaseGeometry) -> Cover:
    """Find gaps and overlaps of a theme within an area.

    Parameters
    ----------
    shapes
        Valid polygons and multipolygons, or empty.
    polygons
        The same in blocks of edges.
    area
        Valid polygon or multipolygon.
    """
    faces = _faces(_loose_edges(polygons), area)
    points = shapely.point_on_surface(faces)
    shapely.prepare(area)
    within = shapely.intersects(area, points)
    faces, points = faces[within], points[within]
    face, row = _over(shapes, faces, points)
    times = np.bincount(face, minlength=len(faces))
    several = np.flatnonzero(times > 1)
    number = np.full(len(faces), -1, dtype=np.int64)
    number[several] = np.arange(len(several))
    listed = number[face] >= 0
    return Cover(
        gaps=faces[times == 0],
        overlaps=faces[several],
        times=times[several],
        overlap=number[face[listed]],
        row=row[listed],
    )


def _over(shapes: Geometries, faces: Geometries, points: Geometries) -> tuple[Index, Index]:
    """Pairs of face and polygon over it.

    A point may lie on the common edge of two polygons of which both or none would hold it. Then
    another point of the face is asked, off the first one by less than what is free round it.
    """
    tree = shapely.STRtree(shapes)
    asked = np.arange(len(faces))
    pairs: list[tuple[Index, Index]] = []
    free = np.zeros(len(faces))
    for turn in range(_TURNS):
        face, row = tree.query(points[asked], predicate="within")
        on, _ = tree.query(points[asked], predicate="touches")
        unsure = np.zeros(len(asked), dtype=bool)
        # What is still not clear at the end is narrower than the last digits of a coordinate.
        unsure[on] = turn + 1 < _TURNS
        sure = ~unsure[face]
        pairs.append((asked[face[sure]], row[sure]))
        asked = asked[unsure]
        if not len(asked):
            break
        if not turn:
            free[asked] = shapely.distance(points[asked], shapely.boundary(faces[asked]))
            middle = shapely.get_coordinates(points)
        step = np.array([np.cos(turn + 0.5), np.sin(turn + 0.5)]) * free[asked, None] / 2
        points[asked] = shapely.points(middle[asked] + step)
    return np.concatenate([one for one, _ in pairs]), np.concatenate([one for _, one in pairs])


def _loose_edges(polygons: Surfaces) -> Geometries:
    """Edges of the polygons that no other edge meets the other way, as lines of two points."""
    count = int((polygons.ends[:, 1] - polygons.ends[:, 0]).sum())
    xy = np.ascontiguousarray(polygons.xy)
    bits = xy.view(np.uint64)
    # Each thread takes the edges of its own share of the hash values: nothing is shared.
    shares = max(1, min(len(in_threads(lambda s: s, count, least=_LEAST)), 16))
    found = in_threads(
        lambda s: kernels.loose_edges(xy, bits, polygons.ends, polygons.signs, s.start, shares),
        shares,
        least=1,
    )
    start = np.sort(np.concatenate(found))
    pairs = np.stack([polygons.xy[start], polygons.xy[start + 1]], axis=1)
    return np.asarray(shapely.linestrings(pairs), dtype=object)


def _faces(lines: Geometries, area: BaseGeometry) -> Geometries:
    """Faces that lines and the boundary of an area make, those near the area."""
    rim = shapely.get_parts(shapely.boundary(np.array([area], dtype=object)))
    near = shapely.STRtree(lines).query(area, predicate="intersects")
    noded = shapely.union_all(np.concatenate([lines[np.sort(near)], rim]))
    return np.asarray(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
