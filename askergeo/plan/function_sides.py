"""Which side of the nullvekstlinje a plan lies on.

North of the line growth in homes and workplaces shall not make people drive more (Handlingsprogram
for Asker; SPR for arealbruk og mobilitet 4.1). The line divides the municipality into parts; a part
is north when the line runs west to east with the part on its left, at every place where they meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._text import listed
from askergeo.geometry import EMPTY, geometries, lines_of, polygons_of, union
from askergeo.numbers import format_number
from askergeo.plan._function_answer import meet_exactly, whole_of
from askergeo.plan._kept import kept
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.result import Status

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.datapackage import DataPackage
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["side_of_line", "sides"]

# m²: less is what the edges of two maps leave of each other.
_LEAST = 0.5
# Metres beside the line where a part is asked for: far over rounding, far under any part.
_BESIDE = 0.05
# Metres between the places along the line where the parts beside it are asked for.
_OFTEN = 20.0


def side_of_line(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,  # noqa: ARG001  (the purposes say where)
    package: DataPackage | ScenarioView,
    parameters: Parameters,
) -> MapAnswer:
    """Ask whether purposes with homes or workplaces lie north of the nullvekstlinje.

    Parameters
    ----------
    rule
        The rule.
    uses
        The purposes that it is about.
    place
        The plan, in the package's CRS.
    package
        Package with ``nullvekstlinje`` and ``kommunegrense``.
    parameters
        ``linje_skjot_m`` of the set ``plansjekk``.
    """
    line = geometries(package.read("nullvekstlinje", columns=[]))
    north, south = _divided(line, package, float(parameters["linje_skjot_m"]))
    whole = whole_of(geometries(uses), exact=meet_exactly(uses))
    above, below = (float(_within(np.array([whole]), side)[0].area) for side in (north, south))
    unmapped = max(0.0, float(whole.area) - above - below)
    hits = tuple(_hits(uses, north, south))
    parts = [
        f"{format_number(area, unit='m²')} {side}"
        for side, area in (("nord", above), ("sør", below))
        if area > _LEAST
    ]
    said = [f"Boliger og arbeidsplasser: {listed(parts)} for nullvekstlinjen."] if parts else []
    if unmapped > _LEAST:
        said.append(
            f"For {format_number(unmapped, unit='m²')} kan siden ikke avgjøres: linjen må krysse "
            "hele kommunen fra vest til øst, og planen må ligge i kommunen."
        )
    clear = Status.NOT_MAPPED if unmapped > _LEAST else Status.NO_HIT
    return MapAnswer(
        rule=rule,
        status=Status.HIT_YELLOW if hits else clear,
        hits=hits,
        area_m2=above,
        unmapped_m2=unmapped,
        distance_m=None if hits or not len(line) else float(shapely.distance(whole, line).min()),
        remark=" ".join(said),
    )


def _divided(
    line: Geometries, package: DataPackage | ScenarioView, extend: float
) -> tuple[BaseGeometry, BaseGeometry]:
    """Return what of the municipality lies north of the line, and what lies south."""
    layers = ("nullvekstlinje", "kommunegrense")

    def make() -> tuple[BaseGeometry, BaseGeometry]:
        boundary = package.read("kommunegrense", columns=["kommunenummer"])
        own = boundary["kommunenummer"].astype(str) == package.municipality
        divided = sides(line, union(geometries(boundary[own])), extend)
        north, south = (union(parts) for parts in divided)
        shapely.prepare([north, south])
        return north, south

    hashes = tuple(package.record(layer).sha256 for layer in layers)
    return kept("sides", (package.municipality, hashes, extend), make)


def _within(shapes: Geometries, side: BaseGeometry) -> Geometries:
    """Cut shapes to a side; those wholly inside are not cut."""
    inside = shapely.covers(side, shapes)
    beside = shapely.disjoint(side, shapes)
    found = shapes.copy()
    found[beside] = EMPTY
    cut = ~inside & ~beside
    found[cut] = shapely.intersection(shapes[cut], side)
    return found


def _hits(uses: gpd.GeoDataFrame, north: BaseGeometry, south: BaseGeometry) -> list[MapHit]:
    """Give one hit a code with ground north of the line, and what of it lies south."""
    shapes = geometries(uses)
    above, below = _within(shapes, north), _within(shapes, south)
    meets, straddles = shapely.area(above) > _LEAST, shapely.area(below) > _LEAST
    # What the line has cut need not meet what lies beside it in the same points.
    exact = meet_exactly(uses) and not (meets & straddles).any()
    codes = uses["kode"].astype(str).to_numpy(dtype=object)
    hits = []
    for code in sorted(set(codes[meets])):
        rows = np.flatnonzero(meets & (codes == code))
        where = whole_of(above[rows], exact=exact)
        rest = float(union(below[rows[straddles[rows]]]).area)
        more = f", og {format_number(rest, unit='m²')} sør for den" if rest > _LEAST else ""
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(uses["objekt"].iloc[rows])),
                code=code,
                use=str(uses["bruk"].iloc[rows[0]]),
                status=Status.HIT_YELLOW,
                area_m2=float(where.area),
                what=f"nord for nullvekstlinjen{more}",
                geometry=where,
            )
        )
    return hits


def sides(
    lines: Geometries, municipality: BaseGeometry, extend: float
) -> tuple[Geometries, Geometries]:
    """Divide a municipality along lines that run from west to east.

    Parameters
    ----------
    lines
        The line, in one piece or several, drawn in any direction, metres.
    municipality
        The municipality with its sea.
    extend
        Metres that each end is drawn on, so that one that stops just short reaches the boundary.

    Returns
    -------
    tuple of arrays of polygons
        What lies north, and what lies south. A part that has the line on both of its sides (the
        line ends inside it) or touches none of it is in neither, nor is one beside a piece that
        runs more north–south than west–east.
    """
    merged = _merged(lines)
    if not len(merged) or municipality.is_empty:
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    drawn = np.array([_extended(line, extend) for line in merged], dtype=object)
    cut = shapely.intersection(drawn, municipality)
    edges = np.r_[lines_of(shapely.boundary(municipality)), lines_of(cut)]
    parts = polygons_of(shapely.polygonize(shapely.get_parts(shapely.union_all(edges))))
    parts = parts[shapely.covers(municipality, shapely.point_on_surface(parts))]
    # The line as it was drawn: its pieces inside the municipality may come back turned around.
    across = drawn[[_runs_across(line) for line in merged]]
    left, right = (_beside(parts, across, sign) for sign in (1.0, -1.0))
    return parts[left & ~right], parts[right & ~left]


def _merged(lines: Geometries) -> Geometries:
    return lines_of(shapely.line_merge(shapely.union_all(lines_of(lines))))


def _runs_across(line: BaseGeometry) -> bool:
    """Whether a line runs more west–east than north–south from end to end."""
    (x, y) = shapely.get_coordinates(line)[[0, -1]].T
    return bool(abs(x[1] - x[0]) > abs(y[1] - y[0]))


def _extended(line: BaseGeometry, extend: float) -> BaseGeometry:
    """Turn a line to run from west to east, and draw both ends straight on."""
    at = shapely.get_coordinates(line)
    if at[0, 0] > at[-1, 0]:
        at = at[::-1]
    if not extend:
        return shapely.LineString(at)
    ends = []
    for end, before in ((at[0], at[1]), (at[-1], at[-2])):
        step = end - before
        ends.append(end + step / np.hypot(*step) * extend)
    return shapely.LineString(np.vstack([ends[0], at, ends[1]]))


def _beside(parts: Geometries, lines: Geometries, sign: float) -> NDArray[np.bool_]:
    """Tell which parts lie beside a segment of the lines: on its left (1) or right (−1)."""
    if not len(lines):
        return np.zeros(len(parts), dtype=bool)
    at, line = shapely.get_coordinates(shapely.segmentize(lines, _OFTEN), return_index=True)
    follows = line[1:] == line[:-1]
    step = np.diff(at, axis=0)[follows]
    middle = (at[1:] + at[:-1])[follows] / 2
    across = np.column_stack([-step[:, 1], step[:, 0]]) / np.hypot(*step.T)[:, None]
    points = shapely.points(middle + sign * _BESIDE * across)
    found = np.zeros(len(parts), dtype=bool)
    found[shapely.STRtree(parts).query(points, predicate="intersects")[1]] = True
    return found
