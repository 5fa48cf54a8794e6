"""Reads a plan from GML as it was handed in (Reguleringsplanforslag 5.0 and its kin)."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely
from lxml import etree

from askergeo._text import printable
from askergeo.errors import MissingFileError, SourceError
from askergeo.plan.gml_links import HREF, IDS, fill_links
from askergeo.plan.model import Arc, Curve, Link, PlanFile, PlanObject, Shape, Surface, System
from askergeo.sources.gml import refuse_doctype
from askergeo.sources.gml_geometry import (
    GML_NAMESPACES,
    Context,
    GmlFault,
    is_geometry,
    local_name,
    read_geometry,
    read_points,
    read_ring,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lxml.etree import _Element

    from askergeo.plan.model import Line

__all__ = ["MAX_ARCS", "MAX_BYTES", "read_plan_gml", "read_plan_gmls"]

#: A plan has some thousand objects; a file over this is something else, and is not opened.
MAX_BYTES = 256_000_000
#: An arc of some tens of letters becomes up to two thousand points.
MAX_ARCS = 100_000

# Elements and attributes take some hundred bytes each in memory, however short they are written.
_MOST_NODES = 10_000_000
# What XML may begin with: a sign, or a mark of its coding (UTF-8, UTF-16, UTF-32).
_BEGINNINGS = (b"<", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\0\0", b"\0<")
_MEMBERS = frozenset({"featureMember", "featureMembers", "member", "members"})
_HOLDERS = frozenset(
    (*GML_NAMESPACES, "http://www.opengis.net/wfs", "http://www.opengis.net/wfs/2.0")
)
_CURVES = frozenset({"LineString", "Curve", "CompositeCurve", "OrientableCurve"})
_SOLIDS = frozenset({"Solid", "CompositeSolid", "MultiSolid"})
_PATCHES = frozenset({"Polygon", "PolygonPatch"})
_ARC_POINTS = 3
_PLANE = 2
_NONE = np.empty((0, 2))


def read_plan_gml(path: str | Path) -> PlanFile:
    """Read every object of a GML file, with rings, arcs and links as they are written.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is not XML, has a DOCTYPE, is no feature collection, or is larger than
        `MAX_BYTES`.
    """
    return read_plan_gmls([path])[0]


def read_plan_gmls(paths: Sequence[str | Path]) -> list[PlanFile]:
    """Read the GML files of one plan: a geometry may be written in one and used in another.

    Raises
    ------
    MissingFileError, SourceError
        As `read_plan_gml`, for any of the files.
    """
    files = [Path(path) for path in paths]
    roots = [_root(path) for path in files]
    # Before the links are filled: what is copied is not written twice.
    told = [(tuple(_ids(root)), tuple(_systems(root))) for root in roots]
    names = [path.name for path in files]
    alone = [
        name if names.count(name) == 1 else str(path)
        for name, path in zip(names, files, strict=True)
    ]
    fill_links(dict(zip(alone, roots, strict=True)))
    return [
        PlanFile(path.name, _objects(root, path), ids, systems)
        for path, root, (ids, systems) in zip(files, roots, told, strict=True)
    ]


def _objects(root: _Element, path: Path) -> tuple[PlanObject, ...]:
    if _arc_count(root) > MAX_ARCS:
        raise SourceError(
            f"{path.name} har over {MAX_ARCS} sirkelbuer.",
            remedy="En plan har aldri så mange; del filen.",
        )
    context = _header(root)
    objects = tuple(_object(element, context) for element in _features(root))
    if not objects:
        raise SourceError(
            f"{path.name} har ingen planobjekter (featureMember i GMLs navnerom).",
            remedy="Oppgi en GML-fil med en arealplan.",
        )
    return objects


def _arc_count(root: _Element) -> int:
    """Count the arcs at most: an arc string has one for every two points."""
    return sum(
        1 + len(" ".join(one.itertext()).split()) // (2 * _PLANE)
        for one in root.iter("{*}Arc", "{*}ArcString", "{*}Circle")
    )


def _root(path: Path) -> _Element:
    if not path.is_file():
        raise MissingFileError(f"Finner ikke planfilen {path}.", remedy="Kontroller stien.")
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(
            f"{path.name} er på {path.stat().st_size // 1_000_000} MB; en plan er aldri så stor.",
            remedy=f"Del filen, eller oppgi en fil under {MAX_BYTES // 1_000_000} MB.",
        )
    refuse_doctype(path)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    content = path.read_bytes()
    if not content.lstrip().startswith(_BEGINNINGS):
        raise SourceError(
            f"{path.name} er ikke XML: den begynner ikke med «<».",
            remedy="Kontroller at det er riktig fil, og at den er lastet ned i sin helhet.",
        )
    if content.count(b"<") + content.count(b"=") > _MOST_NODES:
        raise SourceError(
            f"{path.name} har over {_MOST_NODES // 1_000_000} millioner elementer.",
            remedy="En plan er aldri så stor; del filen.",
        )
    try:
        # From a file lxml would raise OSError for bytes that are no text.
        tree = etree.parse(BytesIO(content), parser)
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{path.name} er ikke gyldig XML: {error.msg} (linje {error.lineno}).",
            remedy="Last ned filen på nytt; den kan være avkortet.",
        ) from error
    if tree.docinfo.internalDTD is not None:
        raise SourceError(
            f"{path.name} har DOCTYPE, som GML ikke skal ha, og leses ikke.",
            remedy="Slett DOCTYPE-delen hvis du stoler på filen, eller be om en ren GML-fil.",
        )
    return tree.getroot()


def _header(root: _Element) -> Context:
    """Give what the envelope of the collection says of geometries that say nothing themselves."""
    for envelope in root.iterfind("{*}boundedBy/{*}Envelope"):
        try:
            return Context().within(envelope)
        except GmlFault:
            break  # a rule tells of the name; the coordinates are read as they stand
    return Context()


def _features(root: _Element) -> Iterator[_Element]:
    for member in root.iterchildren("*"):
        if local_name(member) in _MEMBERS and etree.QName(member).namespace in _HOLDERS:
            yield from member.iterchildren("*")


def _ids(root: _Element) -> Iterator[tuple[str, int | None]]:
    for element in root.iter("*"):
        for key in IDS:
            if element.get(key):
                yield printable(str(element.get(key))), element.sourceline


def _systems(root: _Element) -> Iterator[System]:
    for element in root.iter("*"):
        if element.get("srsName") is not None:
            dimension = element.get("srsDimension")
            yield System(
                printable(str(element.get("srsName"))),
                element.sourceline,
                int(dimension) if dimension in {"2", "3"} else None,
            )


@dataclass
class _Found:
    """What an object holds, as it is gathered."""

    context: Context
    values: dict[str, list[str]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)

    def walk(self, element: _Element, path: str) -> None:
        """Gather leaf texts by path, links and geometries; lxml bounds the depth to 256."""
        for child in element.iterchildren("*"):
            name = local_name(child)
            inner = f"{path}/{name}" if path else name
            if is_geometry(child):
                self.shapes.append(_shape(child, path.rpartition("/")[2] or name, self.context))
                self.links += [
                    Link(local_name(one), printable(str(one.get(HREF))), one.sourceline)
                    for one in child.iter("*")
                    if one.get(HREF) is not None  # leads nowhere, or it would have been filled
                ]
            elif len(child):
                self.walk(child, inner)
            elif child.get(HREF) is not None:
                self.links.append(Link(name, printable(str(child.get(HREF))), child.sourceline))
            else:
                self.values.setdefault(inner, []).append(printable((child.text or "").strip()))


def _object(element: _Element, context: Context) -> PlanObject:
    found = _Found(context)
    found.walk(element, "")
    return PlanObject(
        kind=local_name(element),
        id=next((printable(str(element.get(key))) for key in IDS if element.get(key)), ""),
        values={path: tuple(texts) for path, texts in found.values.items()},
        links=tuple(found.links),
        shapes=tuple(found.shapes),
        line=element.sourceline,
    )


def _shape(element: _Element, role: str, context: Context) -> Shape:
    """Take a geometry apart to its surfaces, or curves, or points, and the arcs of all of them."""
    try:
        inner = context.within(element)
    except GmlFault:
        inner = context
    if local_name(element) in _SOLIDS:
        return Shape(role, surfaces=(_unread(element, inner),), line=element.sourceline)
    surfaces = tuple(_surface(one, inner) for one in _outermost(element, _PATCHES))
    curves = () if surfaces else tuple(_curve(one, inner) for one in _outermost(element, _CURVES))
    points = () if surfaces or curves else tuple(_points(element, inner))
    arcs = tuple(arc for one in element.iter("{*}Arc", "{*}ArcString") for arc in _arcs(one, inner))
    if not (surfaces or curves or points):
        lost = _unread(element, inner)
        return Shape(role, curves=(Curve(_NONE, lost.fault, lost.text, lost.line),))
    return Shape(role, surfaces, curves, points, arcs, element.sourceline)


def _unread(element: _Element, context: Context) -> Surface:
    """Tell why a geometry gives no part of a plan: a solid, an empty one, a point without place."""
    try:
        read_geometry(element, context)
    except GmlFault as fault:
        return Surface((), fault.rule, _why(fault), fault.line or element.sourceline)
    return Surface((), "geometri", f"{local_name(element)} kan ikke leses.", element.sourceline)


def _outermost(element: _Element, names: frozenset[str]) -> Iterator[_Element]:
    """Give the elements with one of the names that lie in no other such."""
    if local_name(element) in names:
        yield element
        return
    for child in element.iterchildren("*"):
        yield from _outermost(child, names)


def _surface(element: _Element, context: Context) -> Surface:
    rings: dict[str, list[Line]] = {"exterior": [], "interior": []}
    try:
        inner = context.within(element)
        for holder in element.iterchildren("*"):
            if local_name(holder) in rings:
                rings[local_name(holder)] += [
                    read_ring(ring, inner) for ring in holder.iterchildren("*")
                ]
    except GmlFault as fault:
        return Surface((), fault.rule, _why(fault), fault.line or element.sourceline)
    if len(rings["exterior"]) != 1:
        text = f"Flaten har {len(rings['exterior'])} ytre ringer."
        return Surface((), "ring", text, element.sourceline)
    return Surface((*rings["exterior"], *rings["interior"]), line=element.sourceline)


def _curve(element: _Element, context: Context) -> Curve:
    try:
        line, _ = read_geometry(element, context)
    except GmlFault as fault:
        return Curve(_NONE, fault.rule, _why(fault), fault.line or element.sourceline)
    return Curve(shapely.get_coordinates(line, include_z=line.has_z), line=element.sourceline)


def _why(fault: GmlFault) -> str:
    if fault.rule == "xlink":
        return (
            "Geometrien viser til en annen (xlink:href) som ikke er i filene, eller til seg selv."
        )
    return printable(fault.text)


def _points(element: _Element, context: Context) -> Iterator[Line]:
    for point in element.iter("{*}Point"):
        try:
            yield read_points(point, context)
        except GmlFault:
            continue  # a point without coordinates is nowhere


def _arcs(element: _Element, context: Context) -> Iterator[Arc]:
    """Give an arc by the points that it is written with; an arc string is several."""
    try:
        points = read_points(element, context)
    except GmlFault:
        points = _NONE
    if local_name(element) == "Arc" or len(points) < _ARC_POINTS:
        yield Arc(points, element.sourceline)
        return
    for start in range(0, len(points) - 1, 2):
        yield Arc(points[start : start + _ARC_POINTS], element.sourceline)
