"""Rules of form for plan files: what may be wrong with a file whatever it plans.

The rules carry the ids of the open rule set of Direktoratet for byggkvalitet
(DiBK.RuleValidator.Rules.Gml, 2023), whose names and test files were read; the code is our own.
Each rule is one function from the files of a plan to what it found.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.errors import CrsError
from askergeo.numbers import format_number
from askergeo.plan.hit import Hit
from askergeo.quality import GEOS_REASONS
from askergeo.sources.gml_crs import parse_srs_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.model import Line, PlanFile, PlanObject, Shape, Surface

__all__ = ["FORM_RULES", "system_of"]

# The versions and variants that RFC 9562 knows are not asked for: the rule is about the form.
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# EUREF89 UTM 31–35 in the plane, and the same with NN2000 heights.
_PLANE_SYSTEMS: Final = frozenset(f"EPSG:{code}" for code in (25831, 25832, 25833, 25834, 25835))
_SPACE_SYSTEMS: Final = frozenset(f"EPSG:{code}" for code in (5971, 5972, 5973, 5974, 5975))
_ARC_POINTS = 3
# Sine of the angle at an arc's first point under which the three lie on a line.
_STRAIGHT = 1e-9
# Metres: coordinates are written with two decimals, and an arc that is stroked twice is the same.
_SAME = 0.005


def unique_ids(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.gmlid.1: no id is used twice in a file, and no two files have objects with one id."""
    objects: dict[str, str] = {}
    for file in files:
        lines = defaultdict(list)
        for identity, line in file.ids:
            lines[identity].append(line)
        for identity, found in lines.items():
            if len(found) > 1:
                places = ", ".join(str(line) for line in found)
                text = f"gml:id «{identity}» er brukt {len(found)} ganger (linje {places})."
                yield Hit("gml.gmlid.1", text, file.name, (identity,), found[1])
        for one in file.objects:
            other = objects.setdefault(one.id, file.name) if one.id else file.name
            if other != file.name:
                text = f"gml:id «{one.id}» finnes også i {other}."
                yield Hit("gml.gmlid.1", text, file.name, (one.id,), one.line)


def valid_uuids(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.uuid.1: every lokalId is a UUID."""
    for file, one in _objects(files):
        for text in one.all("lokalId"):
            if not _UUID.fullmatch(text):
                message = f"lokalId «{text}» er ikke en gyldig UUID."
                yield Hit("gml.uuid.1", message, file.name, (one.id,), one.line)


def resolved_links(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.xlink.1: what an object refers to is in the files; addresses on the net are not asked."""
    ids = {file.name: {identity for identity, _ in file.ids} for file in files}
    everywhere = set().union(*ids.values()) if ids else set()
    for file, one in _objects(files):
        for link in one.links:
            name, hash_sign, identity = link.target.rpartition("#")
            if not hash_sign or "://" in name:
                continue
            known = everywhere if not name else ids.get(name.rpartition("/")[2])
            if known is None:
                text = f"«{link.name}» viser til filen {name}, som ikke er oppgitt."
            elif identity not in known:
                text = f"«{link.name}» viser til «{identity}», som ikke finnes."
            else:
                continue
            yield Hit("gml.xlink.1", text, file.name, (one.id,), link.line)


def plane_systems(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.epsg.1: files in the plane name EUREF89 UTM, and one zone only."""
    yield from _systems(files, "gml.epsg.1", _PLANE_SYSTEMS, space=False)


def space_systems(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.epsg.2: files in space name EUREF89 UTM with NN2000, and one zone only."""
    yield from _systems(files, "gml.epsg.2", _SPACE_SYSTEMS, space=True)


def valid_curves(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.kurve.1: a curve can be built, and has a length."""
    for file, one, shape in _shapes(files):
        for curve in shape.curves:
            if curve.fault == "bue":
                continue  # the rules of arcs tell of it
            text = curve.text
            if not text and not (curve.points[1:, :2] != curve.points[:1, :2]).any():
                text = "Kurven har ingen lengde."
            if text:
                yield Hit("gml.kurve.1", text, file.name, (one.id,), curve.line)


def no_double_points(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.kurve.2: no point of a curve is written twice in a row."""
    for file, one, shape in _shapes(files):
        for curve in shape.curves:
            same = np.flatnonzero((curve.points[1:] == curve.points[:-1]).all(axis=1))
            for at in curve.points[same]:
                east, north = (format_number(value, 2) for value in at[:2])
                text = f"Kurven har et dobbeltpunkt: nord {north}, øst {east}."
                place = shapely.Point(at[:2])
                yield Hit("gml.kurve.2", text, file.name, (one.id,), curve.line, place)


def three_points(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.bue.1: an arc is written with three points."""
    for file, one, shape in _shapes(files):
        for arc in shape.arcs:
            if len(arc.points) != _ARC_POINTS:
                text = f"Sirkelbuen har {len(arc.points)} punkter, ikke tre."
                yield Hit("gml.bue.1", text, file.name, (one.id,), arc.line)


def bent_arcs(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.bue.2: the three points of an arc do not lie on a line."""
    for file, one, shape in _shapes(files):
        for arc in shape.arcs:
            if len(arc.points) != _ARC_POINTS:
                continue
            one_way, other = arc.points[1:, :2] - arc.points[0, :2]
            lengths = float(np.hypot(*one_way) * np.hypot(*other))
            closed = not np.hypot(*other) and np.hypot(*one_way)  # a whole circle
            turn = abs(float(one_way[0] * other[1] - one_way[1] * other[0]))
            if not closed and turn <= _STRAIGHT * lengths:
                text = "Punktene i sirkelbuen ligger på en rett linje."
                place = shapely.LineString(arc.points[:, :2])
                yield Hit("gml.bue.2", text, file.name, (one.id,), arc.line, place)


def valid_surfaces(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.flate.1: a surface can be built, and is valid where rules 2, 4 and 5 find nothing.

    In a file with a surface that cannot be built those rules stand aside, as in the official
    order, and what is wrong with the others is told here.
    """
    for file, one, surface in _surfaces(files, built=False):
        if surface.fault == "bue" or surface.is_valid:
            continue  # the rules of arcs tell of the first
        text, place = surface.text, None
        if not text and (
            _unbuilt(file) or not (_crossed(surface) or _outside(surface) or _overlapping(surface))
        ):
            reason, _, where = shapely.is_valid_reason(surface.polygon).partition("[")
            if where:
                place = shapely.Point([float(number) for number in where.rstrip("]").split()[:2]])
            text = f"Flaten er ikke gyldig: {GEOS_REASONS.get(reason, reason)}."
        if text:
            yield Hit("gml.flate.1", text, file.name, (one.id,), surface.line, place)


def simple_rings(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.flate.2: the outline of a surface does not cross itself."""
    for file, one, surface in _unsound(files):
        for at in _crossed(surface):
            text = f"Avgrensningen krysser seg selv i {at.x:.2f} {at.y:.2f}."
            yield Hit("gml.flate.2", text, file.name, (one.id,), surface.line, at)


def turned_rings(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.flate.3: the outer ring runs anticlockwise, the holes clockwise."""
    for file, one, surface in _surfaces(files):
        for number, ring in enumerate(surface.rings):
            line = shapely.LinearRing(ring[:, :2])
            if (surface.is_valid or line.is_simple) and line.is_ccw == bool(number):
                which, right = ("Et hull", "med") if number else ("Ytre avgrensning", "mot")
                text = f"{which} er nøstet feil veg; den skal gå {right} klokka."
                yield Hit("gml.flate.3", text, file.name, (one.id,), surface.line, line)


def holes_inside(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.flate.4: the holes of a surface lie within its outer ring."""
    for file, one, surface in _unsound(files):
        for hole in _outside(surface):
            text = "Et hull ligger ikke innenfor den ytre avgrensningen."
            yield Hit("gml.flate.4", text, file.name, (one.id,), surface.line, hole)


def holes_apart(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.flate.5: the holes of a surface do not overlap each other."""
    for file, one, surface in _unsound(files):
        for place in _overlapping(surface):
            text = "To hull i flaten overlapper."
            yield Hit("gml.flate.5", text, file.name, (one.id,), surface.line, place)


def same_outline(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """gml.avgr.1: a surface's outline is that of the curves that it names as its limits."""
    objects = {identity: one for file in files for identity, one in file.by_id.items()}
    for file, one in _objects(files):
        named = [link.target.rpartition("#")[2] for link in one.links if link.name == "avgrensesAv"]
        curves = [
            curve.points[:, :2]
            for identity in named if identity in objects
            for shape in objects[identity].shapes
            for curve in shape.curves if not curve.fault
        ]  # fmt: skip
        rings = [ring[:, :2] for shape in one.shapes for s in shape.surfaces for ring in s.rings]
        if not curves or not rings:
            continue
        outline, limits = shapely.MultiLineString(rings), shapely.MultiLineString(curves)
        off = _off(outline, limits) or _off(limits, outline)
        if off is not None:
            text = "Flatens avgrensning er ikke den samme som kurvene den viser til (avgrensesAv)."
            yield Hit("gml.avgr.1", text, file.name, (one.id,), one.line, off)


def _off(line: BaseGeometry, other: BaseGeometry) -> BaseGeometry | None:
    """Give what of a line lies off another."""
    rest = shapely.difference(line, shapely.buffer(other, _SAME))
    return rest if rest.length > _SAME else None


def _systems(
    files: Sequence[PlanFile], rule: str, allowed: frozenset[str], *, space: bool
) -> Iterator[Hit]:
    for file in files:
        if space != _in_space(file):
            continue
        if all(system.told for system in file.systems):
            yield Hit(rule, "Filen oppgir ikke koordinatsystem (srsName).", file.name)
        seen: dict[str, int | None] = {}
        for system in file.systems:
            code = system_of(system.text)
            if code in seen:
                continue
            seen[code] = system.line
            if code not in allowed:
                names = ", ".join(sorted(allowed))
                text = f"Koordinatsystemet «{system.text}» er ikke et av {names}."
                yield Hit(rule, text, file.name, line=system.line)
        if len(seen) > 1:
            text = f"Filen blander koordinatsystemer: {', '.join(seen)}."
            yield Hit(rule, text, file.name, line=list(seen.values())[1])


def _in_space(file: PlanFile) -> bool:
    return any(
        system.dimension == 3 or system_of(system.text) in _SPACE_SYSTEMS  # noqa: PLR2004  (x, y, z)
        for system in file.systems
    )


def system_of(text: str) -> str:
    """Give the name of a coordinate system that pyproj reads; what it does not know as written."""
    try:
        return parse_srs_name(text).crs
    except CrsError:
        return text


def _objects(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject]]:
    return ((file, one) for file in files for one in file.objects)


def _shapes(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, Shape]]:
    return ((file, one, shape) for file, one in _objects(files) for shape in one.shapes)


def _surfaces(
    files: Sequence[PlanFile], *, built: bool = True
) -> Iterator[tuple[PlanFile, PlanObject, Surface]]:
    """Give the surfaces; those that could not be built only when asked for."""
    return (
        (file, one, surface)
        for file, one, shape in _shapes(files)
        for surface in shape.surfaces
        if surface.rings or not built
    )


def _unsound(files: Sequence[PlanFile]) -> Iterator[tuple[PlanFile, PlanObject, Surface]]:
    """Give the surfaces that are not valid, of the files in which every surface can be built."""
    found = _surfaces([file for file in files if not _unbuilt(file)])
    return (one for one in found if not one[2].is_valid)


def _unbuilt(file: PlanFile) -> bool:
    return any(
        not surface.rings and surface.fault != "bue"
        for one in file.objects
        for shape in one.shapes
        for surface in shape.surfaces
    )


def _crossed(surface: Surface) -> list[shapely.Point]:
    """Places where a ring crosses or touches itself, as none in a valid surface does."""
    places: list[shapely.Point] = []
    for ring in surface.rings:
        line = shapely.LinearRing(ring[:, :2])
        if not line.is_simple:
            places.append(_crossing(ring))
    return places


def _crossing(ring: Line) -> shapely.Point:
    """Give the first place where a ring meets itself between its corners or in one."""
    noded = shapely.unary_union(shapely.LineString(ring[:, :2]))
    ends = shapely.get_coordinates(shapely.get_point(shapely.get_parts(noded), [[0], [-1]]).ravel())
    place, count = np.unique(ends, axis=0, return_counts=True)
    return shapely.Point(place[int(np.argmax(count))])


def _outside(surface: Surface) -> list[BaseGeometry]:
    """Holes that are not within the outer ring."""
    shell, *holes = [shapely.Polygon(ring[:, :2]) for ring in surface.rings]
    usable = shapely.make_valid(shell)
    return [hole for hole in holes if not usable.covers(shapely.make_valid(hole))]


def _overlapping(surface: Surface) -> list[BaseGeometry]:
    """Give what pairs of holes share."""
    holes = [shapely.make_valid(shapely.Polygon(ring[:, :2])) for ring in surface.rings[1:]]
    tree = shapely.STRtree(holes)
    one, other = tree.query(holes, predicate="intersects") if holes else ([], [])
    shared = [
        shapely.intersection(holes[a], holes[b]) for a, b in zip(one, other, strict=True) if a < b
    ]
    return [place for place in shared if place.area > 0]


#: The rules by id, in the order that they are told in.
FORM_RULES: Final[dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]] = {
    "gml.gmlid.1": unique_ids,
    "gml.uuid.1": valid_uuids,
    "gml.xlink.1": resolved_links,
    "gml.epsg.1": plane_systems,
    "gml.epsg.2": space_systems,
    "gml.kurve.1": valid_curves,
    "gml.kurve.2": no_double_points,
    "gml.bue.1": three_points,
    "gml.bue.2": bent_arcs,
    "gml.flate.1": valid_surfaces,
    "gml.flate.2": simple_rings,
    "gml.flate.3": turned_rings,
    "gml.flate.4": holes_inside,
    "gml.flate.5": holes_apart,
    "gml.avgr.1": same_outline,
}
