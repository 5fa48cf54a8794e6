"""GML geometry elements to shapely, dimension by dimension, with arcs stroked.

Each ``pos`` and ``posList`` is read with the srsDimension and srsName that apply to it, so 2-D and
3-D geometries may be mixed freely in one file. What cannot be read raises :class:`GmlFault` for
that geometry alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.errors import CrsError
from askergeo.sources.arcs import ARC_TOLERANCE, arc, circle
from askergeo.sources.gml_crs import SrsName, parse_srs_name
from askergeo.sources.sosi_geometry import widened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Line = NDArray[np.float64]

__all__ = [
    "GML_NAMESPACES",
    "Context",
    "GmlFault",
    "is_geometry",
    "local_name",
    "read_geometry",
    "read_points",
    "read_ring",
]

GML_NAMESPACES = ("http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2")
_HREF = "{http://www.w3.org/1999/xlink}href"
_PLANE, _SPACE = 2, 3
_ARC_POINTS = 3
_RING_POINTS = 4
_FARTHEST = 1e9
_DEGREE = 111_000.0  # metres


class GmlFault(Exception):  # noqa: N818 - not an error for the caller: it becomes a row
    """Geometry that cannot be read; ``rule`` is the fault's short name."""

    def __init__(self, rule: str, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.rule, self.text, self.line = rule, text, line


@dataclass(frozen=True)
class Context:
    """What an element inherits: coordinate system and number of dimensions."""

    srs: SrsName | None = None
    dimension: int | None = None

    def within(self, element: _Element) -> Context:
        """Return the context inside an element that may state its own."""
        context = self
        name, dimension = element.get("srsName"), element.get("srsDimension")
        if name and (self.srs is None or name != self.srs.text):
            try:
                context = replace(context, srs=parse_srs_name(name))
            except CrsError as error:
                raise GmlFault("srsname", error.message, element.sourceline) from None
        if dimension:
            if dimension not in {"2", "3"}:
                raise GmlFault(
                    "srsdimension", f"srsDimension er «{dimension}».", element.sourceline
                )
            context = replace(context, dimension=int(dimension))
        return context


@dataclass
class Reading:
    """Collects which coordinate systems the coordinates of one geometry are in."""

    systems: set[SrsName | None]
    tolerance: float

    @property
    def gap(self) -> float:
        """Tolerance in the unit of the coordinates: metres, or degrees of about as much."""
        degrees = any(srs is not None and srs.geographic for srs in self.systems)
        return self.tolerance / _DEGREE if degrees else self.tolerance


def local_name(element: _Element) -> str:
    """Return the name of an element without its namespace; empty for comments."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _children(element: _Element) -> Iterator[_Element]:
    return (child for child in element if isinstance(child.tag, str))


def is_geometry(element: _Element) -> bool:
    """Tell whether an element is a GML geometry, readable here or not."""
    tag = element.tag
    if not isinstance(tag, str) or not tag.startswith("{"):
        return False
    namespace, _, name = tag[1:].partition("}")
    return namespace in GML_NAMESPACES and (name in _READERS or name in _REFUSED)


def read_geometry(
    element: _Element, context: Context, *, tolerance: float = ARC_TOLERANCE
) -> tuple[BaseGeometry, SrsName | None]:
    """Read one geometry element, east before north.

    Returns
    -------
    The geometry, and the coordinate system that its coordinates are in (None when not said).

    Raises
    ------
    GmlFault
        When it is a kind that is not read (solids, for instance), its coordinates do not add
        up, or its parts are in several coordinate systems.
    """
    reading = Reading(set(), tolerance)
    try:
        geometry = _read(element, context, reading)
    except shapely.errors.GEOSException as error:
        raise GmlFault(
            "geometri", f"Geometrien kan ikke bygges: {error}", element.sourceline
        ) from None
    if len(reading.systems) > 1:
        names = ", ".join(sorted(srs.text if srs else "uten srsName" for srs in reading.systems))
        raise GmlFault("srsname", f"Geometrien blander {names}.", element.sourceline)
    return geometry, next(iter(reading.systems), None)


def read_ring(element: _Element, context: Context, *, tolerance: float = ARC_TOLERANCE) -> Line:
    """Read a LinearRing or Ring as closed coordinates, east before north, arcs stroked.

    Raises
    ------
    GmlFault
        As `read_geometry`; also when the ring does not close.
    """
    return _ring(element, context, Reading(set(), tolerance))


def read_points(element: _Element, context: Context) -> Line:
    """Read the points that a segment or a point is written with, east before north.

    Raises
    ------
    GmlFault
        When there are none, or they are no coordinates.
    """
    return _coordinates(element, context.within(element), Reading(set(), ARC_TOLERANCE))


def _read(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    name = local_name(element)
    if name in _REFUSED:
        raise GmlFault(
            "geometritype", f"{name} kan ikke leses ({_REFUSED[name]}).", element.sourceline
        )
    reader = _READERS.get(name)
    if reader is None:
        raise GmlFault("geometritype", f"{name} kan ikke leses.", element.sourceline)
    return reader(element, context.within(element), reading)


def _members(element: _Element, context: Context, reading: Reading) -> Iterator[BaseGeometry]:
    """Read what the member properties of an aggregate hold."""
    for member in _children(element):
        if local_name(member) in {"boundedBy", "metaDataProperty", "name", "description"}:
            continue
        _refuse_link(member)
        for part in _children(member):
            yield _read(part, context, reading)


def _refuse_link(element: _Element) -> None:
    if element.get(_HREF):
        raise GmlFault(
            "xlink", "Geometrien viser til en annen geometri (xlink:href).", element.sourceline
        )


def _numbers(element: _Element, text: str) -> Line:
    try:
        values = np.array([float(token) for token in text.split()])
    except ValueError:
        raise GmlFault("koordinat", "Koordinatene er ikke tall.", element.sourceline) from None
    if not (np.abs(values) <= _FARTHEST).all():
        raise GmlFault("koordinat", "Koordinatene ligger utenfor Jorden.", element.sourceline)
    return values


def _coordinates(element: _Element, context: Context, reading: Reading) -> Line:
    """Gather pos, posList, pointProperty and coordinates below an element, in order."""
    parts: list[Line] = []
    for child in _children(element):
        name = local_name(child)
        if name in {"pos", "posList", "coordinates"}:
            inner = context.within(child)
            part = _tuples(child, name, inner)
            reading.systems.add(inner.srs)
            parts.append(part[:, [1, 0, *range(2, part.shape[1])]] if _swaps(inner) else part)
        elif name in {"pointProperty", "pointRep", "pointMember"}:
            _refuse_link(child)
            parts.extend(
                _coordinates(point, context.within(point), reading) for point in _children(child)
            )
    if not parts:
        raise GmlFault("koordinat", f"{local_name(element)} er tom.", element.sourceline)
    return parts[0] if len(parts) == 1 else np.vstack(widened(parts))


def _swaps(context: Context) -> bool:
    return context.srs is not None and context.srs.north_first


def _tuples(element: _Element, name: str, context: Context) -> Line:
    text = element.text or ""
    if name == "coordinates":
        return _gml2_tuples(element, text)
    values = _numbers(element, text)
    count = len(values)
    width = context.dimension or (context.srs.dimension if context.srs else None) or _PLANE
    if name == "pos" and count in {_PLANE, _SPACE}:
        width = count  # one point says its own dimension better than what it inherits
    if count == 0 or count % width:
        raise GmlFault(
            "koordinat", f"{count} tall går ikke opp i {width} dimensjoner.", element.sourceline
        )
    return values.reshape(-1, width)


def _gml2_tuples(element: _Element, text: str) -> Line:
    comma, blank = element.get("cs") or ",", element.get("ts") or " "
    point = element.get("decimal") or "."
    tuples = [part.split(comma) for part in text.replace("\n", " ").split(blank) if part.strip()]
    width = len(tuples[0]) if tuples else 0
    if width not in {_PLANE, _SPACE} or any(len(part) != width for part in tuples):
        raise GmlFault(
            "koordinat", "coordinates går ikke opp i 2 eller 3 tall.", element.sourceline
        )
    numbers = " ".join(value.replace(point, ".") for part in tuples for value in part)
    return _numbers(element, numbers).reshape(-1, width)


def _point(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    coordinates = _coordinates(element, context, reading)
    if len(coordinates) != 1:
        raise GmlFault("koordinat", "Punktet har flere koordinater.", element.sourceline)
    return shapely.Point(coordinates[0])


def _line(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    coordinates = _coordinates(element, context, reading)
    if len(coordinates) < _PLANE:
        raise GmlFault("kurve", "Linjen har bare ett punkt.", element.sourceline)
    return shapely.LineString(coordinates)


def _stroked(element: _Element, context: Context, reading: Reading) -> Line:
    """Return the chords of Arc, ArcString or Circle."""
    name = local_name(element)
    points = _coordinates(element, context, reading)
    count = len(points)
    fits = count % 2 == 1 and count >= _ARC_POINTS if name == "ArcString" else count == _ARC_POINTS
    if not fits:
        raise GmlFault("bue", f"{name} har {count} punkter.", element.sourceline)
    stroke: Callable[..., Line | None] = circle if name == "Circle" else arc
    pieces = [
        stroke(points[start : start + _ARC_POINTS], tolerance=reading.gap)
        for start in range(0, count - 1, 2)
    ]
    found = [piece for piece in pieces if piece is not None]
    if len(found) < len(pieces):
        raise GmlFault("bue", f"Punktene i {name} ligger på en rett linje.", element.sourceline)
    return np.vstack([found[0], *(piece[1:] for piece in found[1:])])


def _curve(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    pieces: list[Line] = []
    for holder in _children(element):
        if local_name(holder) != "segments":
            continue
        for segment in _children(holder):
            name = local_name(segment)
            inner = context.within(segment)
            if name in {"Arc", "ArcString", "Circle"}:
                pieces.append(_stroked(segment, inner, reading))
            elif name in {"LineStringSegment", "GeodesicString"}:
                pieces.append(_coordinates(segment, inner, reading))
            else:
                raise GmlFault("geometritype", f"{name} kan ikke leses.", segment.sourceline)
    return _joined(element, pieces, reading)


def _joined(element: _Element, pieces: list[Line], reading: Reading) -> BaseGeometry:
    """Join pieces end to start; a gap between two of them is a fault, not a new edge."""
    if not pieces:
        raise GmlFault("kurve", "Kurven er tom.", element.sourceline)
    pieces = widened(pieces)
    line = [pieces[0]]
    for piece in pieces[1:]:
        if np.abs(line[-1][-1, :2] - piece[0, :2]).max() > reading.gap:
            raise GmlFault("kurve", "Kurvens deler henger ikke sammen.", element.sourceline)
        line.append(piece[1:])
    coordinates = np.vstack(line)
    if len(coordinates) < _PLANE:
        raise GmlFault("kurve", "Kurven har bare ett punkt.", element.sourceline)
    return shapely.LineString(coordinates)


def _composite_curve(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    parts = list(_members(element, context, reading))
    if any(part.geom_type not in {"LineString", "LinearRing"} for part in parts):
        raise GmlFault("kurve", "Kurven har deler som ikke er linjer.", element.sourceline)
    lines = [shapely.get_coordinates(part, include_z=part.has_z) for part in parts]
    return _joined(element, lines, reading)


def _orientable_curve(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    for base in _children(element):
        if local_name(base) == "baseCurve":
            _refuse_link(base)
            for inner in _children(base):
                line = _read(inner, context, reading)
                return shapely.reverse(line) if element.get("orientation") == "-" else line
    raise GmlFault("kurve", "OrientableCurve er tom.", element.sourceline)


def _ring(element: _Element, context: Context, reading: Reading) -> Line:
    """Return the closed coordinates of a LinearRing or Ring."""
    inner = context.within(element)
    if local_name(element) == "LinearRing":
        ring = _coordinates(element, inner, reading)
    else:
        line = _composite_curve(element, inner, reading)
        ring = shapely.get_coordinates(line, include_z=line.has_z)
    if len(ring) < _RING_POINTS or np.abs(ring[0, :2] - ring[-1, :2]).max() > reading.gap:
        raise GmlFault("ring", "Ringen lukker seg ikke.", element.sourceline)
    return np.vstack([ring[:-1], ring[:1]])


def _polygon(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    shell: Line | None = None
    holes: list[Line] = []
    for child in _children(element):
        name = local_name(child)
        if name not in {"exterior", "interior", "outerBoundaryIs", "innerBoundaryIs"}:
            continue
        _refuse_link(child)
        for ring in _children(child):
            found = _ring(ring, context, reading)
            if name in {"interior", "innerBoundaryIs"}:
                holes.append(found)
            elif shell is None:
                shell = found
            else:
                raise GmlFault("ring", "Flaten har flere ytre ringer.", child.sourceline)
    if shell is None:
        raise GmlFault("ring", "Flaten har ingen ytre ring.", element.sourceline)
    shell, *holes = widened([shell, *holes])
    return shapely.Polygon(shell, holes)


def _surface(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    """Merge the patches of one surface; in space they stay apart, as walls have no plane area."""
    patches = [
        _read(patch, context, reading)
        for holder in _children(element)
        if local_name(holder) in {"patches", "polygonPatches", "trianglePatches"}
        for patch in _children(holder)
    ]
    return _merged(element, patches)


def _composite_surface(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
    return _merged(element, list(_members(element, context, reading)))


def _merged(element: _Element, patches: list[BaseGeometry]) -> BaseGeometry:
    if not patches:
        raise GmlFault("flate", f"{local_name(element)} er tom.", element.sourceline)
    if len(patches) == 1:
        return patches[0]
    if shapely.is_valid(patches).all() and not shapely.has_z(patches).any():
        return shapely.union_all(patches)
    return shapely.MultiPolygon([part for patch in patches for part in shapely.get_parts(patch)])


def _multi(kind: type, parts_of: str) -> Callable[..., BaseGeometry]:
    def read(element: _Element, context: Context, reading: Reading) -> BaseGeometry:
        parts = [
            part
            for member in _members(element, context, reading)
            for part in shapely.get_parts(member)
        ]
        if not parts:
            raise GmlFault("geometri", f"{local_name(element)} er tom.", element.sourceline)
        if parts_of and any(part.geom_type != parts_of for part in parts):
            raise GmlFault(
                "geometri", f"{local_name(element)} har deler av feil slag.", element.sourceline
            )
        result: BaseGeometry = kind(parts)
        return result

    return read


_REFUSED = dict.fromkeys(
    ("Solid", "CompositeSolid", "MultiSolid"), "romlegeme; askergeo regner i planet"
) | dict.fromkeys(
    ("Grid", "RectifiedGrid", "TopoSolid", "TopoCurve", "TopoSurface", "GeometricComplex"),
    "ikke støttet",
)

_READERS: dict[str, Callable[[_Element, Context, Reading], BaseGeometry]] = {
    "Point": _point,
    "LineString": _line,
    "LinearRing": _line,
    "Curve": _curve,
    "CompositeCurve": _composite_curve,
    "OrientableCurve": _orientable_curve,
    "Polygon": _polygon,
    "PolygonPatch": _polygon,
    "Rectangle": _polygon,
    "Triangle": _polygon,
    "Surface": _surface,
    "PolyhedralSurface": _surface,
    "TriangulatedSurface": _surface,
    "Tin": _surface,
    "CompositeSurface": _composite_surface,
    "MultiPoint": _multi(shapely.MultiPoint, "Point"),
    "MultiLineString": _multi(shapely.MultiLineString, "LineString"),
    "MultiCurve": _multi(shapely.MultiLineString, "LineString"),
    "MultiPolygon": _multi(shapely.MultiPolygon, "Polygon"),
    "MultiSurface": _multi(shapely.MultiPolygon, "Polygon"),
    "MultiGeometry": _multi(shapely.GeometryCollection, ""),
}
