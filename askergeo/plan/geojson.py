"""Reads a plan from GeoJSON that was made from GML, attributes nested as there.

Objects without geometry (the plan itself, for one) are not in such a file, so a link may lead to
something that was left out: the file is not whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from askergeo._text import printable
from askergeo.errors import MissingFileError, SourceError
from askergeo.plan.gml import MAX_BYTES
from askergeo.plan.model import Curve, Link, PlanFile, PlanObject, Shape, Surface, System

if TYPE_CHECKING:
    from collections.abc import Iterator

    from askergeo.plan.model import Line

__all__ = ["has_plan_objects", "read_plan_geojson"]

_HREF = "xlink:href"
_KIND = ("name", "objekttype", "objtype")
# What GeoJSON says of a feature itself, not of the plan.
_PREFIXES = ("Rp", "Rb", "Kp")
_OWN = frozenset({"id", "name", "label", "xmlns:app"})
# Lists and objects take some hundred bytes each in memory, however short they are written.
_MOST_NODES = 10_000_000
_RING_POINTS = 4
_FARTHEST = 1e9


class _Fault(Exception):  # noqa: N818 - not an error for the caller: it becomes a finding
    """Geometry that cannot be read; ``rule`` is the fault's short name."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule, self.text = rule, text


def read_plan_geojson(path: str | Path, *, crs: str | None = None) -> PlanFile:
    """Read every feature of a GeoJSON file as an object of a plan.

    The object's type is the property ``name``, ``objekttype`` or ``objtype``. A geometry that
    cannot be read is a part of its object with a fault.

    Parameters
    ----------
    path
        The file.
    crs
        Coordinate system when the file names none; without it, degrees (RFC 7946).

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is not a GeoJSON feature collection with objects of a plan, or too large.
    """
    path = Path(path)
    content = _content(path)
    features = _features(content)
    if features is None:
        raise SourceError(
            f"{path.name} er ikke en GeoJSON FeatureCollection.",
            remedy="Oppgi en fil med objekter (features).",
        )
    try:
        objects = tuple(_object(feature) for feature in features)
    except RecursionError as error:
        raise SourceError(
            f"{path.name} er nøstet for dypt til å være en plan.",
            remedy="Be om planen på nytt, helst som GML.",
        ) from error
    ids = tuple((one.id, None) for one in objects if one.id)
    return PlanFile(path.name, objects, ids, _systems(content, crs), "geojson")


def has_plan_objects(path: Path) -> bool:
    """Whether the features say what type of object in a plan they are.

    Raises
    ------
    MissingFileError, SourceError
        As `read_plan_geojson`, when the file cannot be read at all.
    """
    return any(_kind(feature).startswith(_PREFIXES) for feature in _features(_content(path)) or [])


def _content(path: Path) -> Any:  # noqa: ANN401  (JSON)
    if not path.is_file():
        raise MissingFileError(f"Finner ikke planfilen {path}.", remedy="Kontroller stien.")
    if path.stat().st_size > MAX_BYTES:
        raise SourceError(f"{path.name} er for stor til å være en plan.", remedy="Del filen.")
    written = path.read_bytes()
    if written.count(b"[") + written.count(b"{") > _MOST_NODES:
        raise SourceError(f"{path.name} er for stor til å være en plan.", remedy="Del filen.")
    try:
        return json.loads(written.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{path.name} er ikke gyldig JSON: {error}.",
            remedy="Last filen ned på nytt; den kan være avkortet.",
        ) from error


def _features(content: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401  (JSON)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        return None
    return features


def _kind(feature: dict[str, Any]) -> str:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return ""
    found = (properties.get(name) for name in _KIND)
    return printable(next((one for one in found if isinstance(one, str) and one), ""))


def _systems(content: dict[str, Any], told: str | None) -> tuple[System, ...]:
    named = content.get("crs")
    properties = named.get("properties") if isinstance(named, dict) else None
    text = properties.get("name") if isinstance(properties, dict) else None
    # RFC 7946: what says nothing is in degrees, longitude first.
    said = printable(text) if isinstance(text, str) and text else ""
    return (System(said or told or "urn:ogc:def:crs:OGC:1.3:CRS84", None),)


def _object(feature: dict[str, Any]) -> PlanObject:
    found = feature.get("properties")
    properties = found if isinstance(found, dict) else {}
    values: dict[str, list[str]] = {}
    links: list[Link] = []
    told = {name: value for name, value in properties.items() if name not in _OWN}
    _walk(told, "", values, links)
    return PlanObject(
        kind=_kind(feature),
        id=_text(properties.get("id")) or _text(feature.get("id")),
        values={path: tuple(texts) for path, texts in values.items()},
        links=tuple(links),
        shapes=tuple(_shapes(feature.get("geometry"))),
    )


def _text(value: Any) -> str:  # noqa: ANN401  (JSON)
    return "" if value is None or isinstance(value, list | dict) else printable(str(value))


def _walk(value: Any, path: str, values: dict[str, list[str]], links: list[Link]) -> None:  # noqa: ANN401  (JSON)
    if isinstance(value, dict) and _HREF in value:
        links.append(Link(path.rpartition("/")[2], _text(value[_HREF])))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _walk(inner, f"{path}/{name}" if path else name, values, links)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, path, values, links)
    elif value is not None:
        values.setdefault(path, []).append(_text(value))


def _shapes(geometry: Any) -> Iterator[Shape]:  # noqa: ANN401  (JSON)
    """Take a geometry apart; what cannot be read is a surface or a curve with a fault."""
    if geometry is None:
        return
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    several = isinstance(kind, str) and kind.startswith("Multi")
    parts = (found if isinstance(found, list) else []) if several else [found]
    if kind in {"Polygon", "MultiPolygon"}:
        yield Shape("område", tuple(map(_surface, parts)))
    elif kind in {"LineString", "MultiLineString"}:
        yield Shape("grense", curves=tuple(map(_curve, parts)))
    elif kind in {"Point", "MultiPoint"}:
        yield from _positions(parts)
    elif kind == "GeometryCollection":
        inner = geometry.get("geometries")
        for one in inner if isinstance(inner, list) else ():
            yield from _shapes(one)
    else:
        yield Shape("område", (Surface((), "geometri", "Geometrien er ikke GeoJSON."),))


def _surface(rings: Any) -> Surface:  # noqa: ANN401  (JSON)
    if not isinstance(rings, list) or not rings:
        return Surface((), "ring", "Flaten har ingen ytre ring.")
    try:
        return Surface(tuple(map(_ring, rings)))
    except _Fault as fault:
        return Surface((), fault.rule, fault.text)


def _ring(points: Any) -> Line:  # noqa: ANN401  (JSON)
    line = _line(points)
    if len(line) < _RING_POINTS or (line[0, :2] != line[-1, :2]).any():
        raise _Fault("ring", "Ringen lukker seg ikke.")
    return line


def _curve(points: Any) -> Curve:  # noqa: ANN401  (JSON)
    try:
        return Curve(_joined(_line(points)))
    except _Fault as fault:
        return Curve(np.empty((0, 2)), fault.rule, fault.text)


def _positions(points: list[Any]) -> Iterator[Shape]:
    found = []
    for point in points:
        try:
            found.append(_line([point]))
        except _Fault:
            continue  # a point without coordinates is nowhere
    if found:
        yield Shape("posisjon", points=tuple(found))


def _joined(line: Line) -> Line:
    """Write each joint once: made from GML, a curve has the end of a segment and the next start."""
    new = np.append(True, (line[1:] != line[:-1]).any(axis=1))
    joined: Line = line[new]
    return joined


def _line(points: Any) -> Line:  # noqa: ANN401  (JSON)
    try:
        found = np.array(points)
    except ValueError:  # rows of different lengths
        found = np.array(None)
    if found.ndim != 2 or found.dtype.kind not in "iuf" or found.shape[1] < 2:  # noqa: PLR2004  (x, y)
        raise _Fault("koordinat", "Koordinatene går ikke opp.")
    line: Line = found[:, :3].astype(np.float64)
    if not (np.abs(line) <= _FARTHEST).all():
        raise _Fault("koordinat", "Koordinatene ligger utenfor Jorden.")
    return line
