"""A plan as its files have it: objects with their attributes, links and geometry, nothing mended.

The layers of a data package are mended when they are read. A review must see the plan as it was
handed in, so this model keeps the rings, arcs and references that the file has.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import shapely

from askergeo.plan.names import current_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    Line = NDArray[np.float64]

__all__ = ["AREA", "Arc", "Curve", "Link", "PlanFile", "PlanObject", "Shape", "Surface", "System"]


#: Type of an object that is only an outline: an area before there is a plan.
AREA: Final = "Område"


@dataclass(frozen=True)
class System:
    """A coordinate system as the file names it: ``text`` as written, on that line.

    ``told`` when the file names none, and whoever reads it says which.
    """

    text: str
    line: int | None
    dimension: int | None = None
    told: bool = False


@dataclass(frozen=True)
class Link:
    """A reference to another object: ``name`` is the attribute, ``target`` as written."""

    name: str
    target: str
    line: int | None = None


@dataclass(frozen=True)
class Arc:
    """The points that a circular arc is written with, (n, 2 or 3); three when it is whole."""

    points: Line
    line: int | None = None


@dataclass(frozen=True)
class Curve:
    """A curve as chords (n, 2 or 3), arcs stroked; when there is none, ``text`` says why.

    ``fault`` is the short name of the reason: ``bue``, ``kurve``, ``koordinat`` …
    """

    points: Line
    fault: str = ""
    text: str = ""
    line: int | None = None


@dataclass(frozen=True)
class Surface:
    """A surface by its rings, the outer first, closed, running as they are written.

    ``fault`` and ``text`` as for a curve.
    """

    rings: tuple[Line, ...]
    fault: str = ""
    text: str = ""
    line: int | None = None

    @cached_property
    def polygon(self) -> shapely.Polygon:
        """The surface in the plane as it is written, valid or not; empty when it has no rings."""
        rings = [ring[:, :2] for ring in self.rings]
        return shapely.Polygon(rings[0], rings[1:]) if rings else shapely.Polygon()

    @cached_property
    def is_valid(self) -> bool:
        """Whether its rings are simple, and the holes within the outer ring and apart."""
        return bool(self.rings) and bool(self.polygon.is_valid)


@dataclass(frozen=True)
class Shape:
    """One geometry of an object.

    Parameters
    ----------
    role
        The attribute that holds it: ``område``, ``grense``, ``posisjon``.
    surfaces, curves, points, arcs
        Its parts; ``arcs`` holds those of boundaries too. A solid or another kind that is not
        read has none.
    """

    role: str
    surfaces: tuple[Surface, ...] = ()
    curves: tuple[Curve, ...] = ()
    points: tuple[Line, ...] = ()
    arcs: tuple[Arc, ...] = ()
    line: int | None = None


@dataclass(frozen=True)
class PlanObject:
    """One object: its type by the model's name, its id, and what it holds.

    ``values`` are the attributes by path (``identifikasjon/Identifikasjon/lokalId``), every value
    of a repeated one.
    """

    kind: str
    id: str
    values: Mapping[str, tuple[str, ...]]
    links: tuple[Link, ...] = ()
    shapes: tuple[Shape, ...] = ()
    line: int | None = None

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of an attribute, by the last part of its path; newer names count."""
        return self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for path, values in self.values.items():
            name = current_name(path.rpartition("/")[2])
            found[name] = (*found.get(name, ()), *values)
        return found

    def first(self, name: str) -> str:
        """Give the first value of an attribute, or nothing."""
        return next(iter(self.all(name)), "")

    @cached_property
    def drawn(self) -> BaseGeometry:
        """Its geometry in the plane put together, mended where it must be; empty without any."""
        parts: list[BaseGeometry] = []
        for shape in self.shapes:
            parts += [
                one.polygon if one.is_valid else _mended(one.polygon)
                for one in shape.surfaces
                if one.rings
            ]
            parts += [
                shapely.LineString(one.points[:, :2]) for one in shape.curves if len(one.points) > 1
            ]
            parts += [shapely.Point(point[0, :2]) for point in shape.points]
        if len(parts) == 1:
            return parts[0]
        return shapely.union_all(parts) if parts else shapely.GeometryCollection()


def _mended(polygon: shapely.Polygon) -> BaseGeometry:
    """Mend a polygon as layers are mended when they are taken in (`askergeo.quality`)."""
    return shapely.make_valid(polygon, method="structure", keep_collapsed=False)


@dataclass(frozen=True)
class PlanFile:
    """One file of a plan.

    Parameters
    ----------
    name
        The file's name, without folder: links may have it before the ``#``.
    objects
        Its objects, in the order of the file.
    ids
        Every id in the file with its line, those of geometries too.
    systems
        Every coordinate system that is named, the header's first.
    form
        What the file was: ``gml``, ``geojson`` (made from GML), ``sosi``, ``flat`` (a table a type
        of object), or ``område`` (an outline before there is a plan). Some rules are of one form
        only.
    """

    name: str
    objects: tuple[PlanObject, ...]
    ids: tuple[tuple[str, int | None], ...] = ()
    systems: tuple[System, ...] = ()
    form: str = "gml"

    def of(self, *kinds: str) -> Iterator[PlanObject]:
        """Give the objects of some types."""
        return (one for one in self.objects if one.kind in kinds)

    @cached_property
    def by_id(self) -> dict[str, PlanObject]:
        """Objects by id; of several with one id, the first."""
        return {one.id: one for one in reversed(self.objects) if one.id}
