"""Reads a plan from GeoJSON that was made from GML, attributes nested as there.

Objects without geometry (the plan itself, for one) are not in such a file, so a link may lead to
something that was left out: the file is not whole.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

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


def read_plan_geojson(path: str | Path) -> PlanFile:
    """Read every feature of a GeoJSON file as an object of a plan.

    The object's type is the property ``name``, ``objekttype`` or ``objtype``.

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
        raise SourceError(f"{path.name} er ikke en GeoJSON FeatureCollection.")
    try:
        objects = tuple(_object(feature) for feature in features)
    except (TypeError, ValueError, IndexError, RecursionError) as error:
        raise SourceError(f"{path.name}: en geometri kan ikke leses ({error}).") from error
    ids = tuple((one.id, None) for one in objects if one.id)
    return PlanFile(path.name, objects, ids, _systems(content), "geojson")


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
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{path.name} er ikke gyldig JSON: {error}.") from error


def _features(content: Any) -> list[dict[str, Any]] | None:  # noqa: ANN401  (JSON)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        return None
    return features


def _kind(feature: dict[str, Any]) -> str:
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        return ""
    return str(next((properties[name] for name in _KIND if properties.get(name)), ""))


def _systems(content: dict[str, Any]) -> tuple[System, ...]:
    named = content.get("crs")
    properties = named.get("properties") if isinstance(named, dict) else None
    text = properties.get("name") if isinstance(properties, dict) else None
    # RFC 7946: what says nothing is in degrees, longitude first.
    return (System(str(text) if text else "urn:ogc:def:crs:OGC:1.3:CRS84", None),)


def _object(feature: dict[str, Any]) -> PlanObject:
    properties = feature.get("properties") or {}
    values: dict[str, list[str]] = {}
    links: list[Link] = []
    told = {name: value for name, value in properties.items() if name not in _OWN}
    _walk(told, "", values, links)
    return PlanObject(
        kind=_kind(feature),
        id=str(properties.get("id") or feature.get("id") or ""),
        values={path: tuple(texts) for path, texts in values.items()},
        links=tuple(links),
        shapes=tuple(_shapes(feature.get("geometry"))),
    )


def _walk(value: Any, path: str, values: dict[str, list[str]], links: list[Link]) -> None:  # noqa: ANN401  (JSON)
    if isinstance(value, dict) and _HREF in value:
        links.append(Link(path.rpartition("/")[2], str(value[_HREF])))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _walk(inner, f"{path}/{name}" if path else str(name), values, links)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, path, values, links)
    elif value is not None:
        values.setdefault(path, []).append(str(value))


def _shapes(geometry: Any) -> Iterator[Shape]:  # noqa: ANN401  (JSON)
    if not geometry:
        return
    kind, found = geometry["type"], geometry.get("coordinates")
    if kind in {"Polygon", "MultiPolygon"}:
        parts = [found] if kind == "Polygon" else found
        yield Shape("område", tuple(Surface(tuple(map(_line, rings))) for rings in parts))
    elif kind in {"LineString", "MultiLineString"}:
        parts = [found] if kind == "LineString" else found
        yield Shape("grense", curves=tuple(Curve(_joined(_line(part))) for part in parts))
    elif kind in {"Point", "MultiPoint"}:
        parts = [found] if kind == "Point" else found
        yield Shape("posisjon", points=tuple(_line([part]) for part in parts))
    else:
        msg = f"geometritypen {kind}"
        raise ValueError(msg)


def _joined(line: Line) -> Line:
    """Write each joint once: made from GML, a curve has the end of a segment and the next start."""
    new = np.append(True, (line[1:] != line[:-1]).any(axis=1))
    joined: Line = line[new]
    return joined


def _line(points: Any) -> Line:  # noqa: ANN401  (JSON)
    line = np.array(points, dtype=np.float64)
    if line.ndim != 2 or line.shape[1] < 2:  # noqa: PLR2004  (x, y)
        msg = "koordinatene går ikke opp"
        raise ValueError(msg)
    return line[:, :3]
