"""Reads GML as FKB, NVDB, SSB and plan registers deliver it: one frame a feature type.

The file is streamed with lxml, one feature at a time. GDAL's GML driver is not used: it writes a
``.gfs`` beside the file and believes an old one, fetches schemas from the net, gives only the
first geometry of a feature, refuses a whole layer for one broken feature, and strokes arcs in steps
of four degrees whatever their radius.

What becomes what
-----------------
* A feature type is a layer, named by its local name, letters as written (``Rørledning``).
* Nested attributes are flattened to the name of the innermost element: ``identifikasjon/
  Identifikasjon/lokalId`` → ``lokalId``. When two paths end alike, the shallower (then the
  first) has the plain name and the other ``property.property``. ``uom`` becomes ``name.uom``, a
  reference (xlink:href) the value of its element, repeated values are joined with ``;``. Columns
  are typed as in :func:`askergeo.sources.reading.typed_column`; dates stay text.
* Of several geometries in a feature the one with the highest dimension is used, the first of
  those (``område`` before ``representasjonspunkt``); the log says which were left out.
* Coordinates are east before north, whatever srsName says; a layer is in one coordinate system.

A file with a DOCTYPE is refused: GML has no use for one, and entities can fill the memory or
read other files.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import geopandas as gpd
import numpy as np
import shapely
from lxml import etree

from askergeo.errors import CrsError, MissingFileError, SourceError
from askergeo.sources.gml_geometry import (
    GML_NAMESPACES,
    Context,
    GmlFault,
    is_geometry,
    local_name,
    read_geometry,
)
from askergeo.sources.reading import MAX_COLUMNS, MAX_LAYERS, FaultLog, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from lxml.etree import _Element
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.sources.gml_crs import SrsName

    Box = tuple[float, float, float, float]

__all__ = ["GmlFile", "list_gml_layers", "read_gml", "read_gml_file", "refuse_doctype"]

_HOLDERS = (*GML_NAMESPACES, "http://www.opengis.net/wfs", "http://www.opengis.net/wfs/2.0")
_ONE = {f"{{{space}}}{name}" for space in _HOLDERS for name in ("featureMember", "member")}
_MANY = {f"{{{space}}}{name}" for space in _HOLDERS for name in ("featureMembers", "members")}
_ID = tuple(f"{{{namespace}}}id" for namespace in GML_NAMESPACES)
_HREF = "{http://www.w3.org/1999/xlink}href"
_PROBE = 65_536
_ENVELOPE_DEPTH = 2  # collection, boundedBy, Envelope
# Norway with Svalbard in UTM: norths are millions, easts are not.
_LEAST_NORTH, _MOST_EAST = 6_000_000.0, 2_000_000.0


@dataclass(frozen=True)
class GmlFile:
    """A GML file that has been read.

    Parameters
    ----------
    frames
        One GeoDataFrame for each feature type.
    faults
        What could not be read or was decided: ``lag``, ``rad`` (row in the layer's frame),
        ``linje`` (in the file), ``objekt`` (gml:id), ``regel``, ``tekst``. A feature with a
        faulty geometry is in its frame, without geometry.
    """

    frames: dict[str, gpd.GeoDataFrame]
    faults: pd.DataFrame


@dataclass
class _Layer:
    """The features of one type on their way to a frame; ``paths`` keeps order of appearance."""

    paths: dict[tuple[str, ...], None] = field(default_factory=dict)
    rows: list[dict[tuple[str, ...], str | None]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    geometry: list[BaseGeometry | None] = field(default_factory=list)
    systems: list[SrsName | None] = field(default_factory=list)
    inherited: SrsName | None = None
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def list_gml_layers(path: str | Path) -> dict[str, int]:
    """Count the features of each type.

    Raises
    ------
    MissingFileError, SourceError
        As :func:`read_gml_file`.
    """
    return dict(Counter(local_name(feature) for feature, _ in _features(Path(path))))


def read_gml(
    path: str | Path, *, layer: str | None = None, bbox: Box | None = None
) -> dict[str, gpd.GeoDataFrame]:
    """Read a GML file to one GeoDataFrame for each feature type; see :func:`read_gml_file`."""
    return read_gml_file(path, layer=layer, bbox=bbox).frames


def read_gml_file(
    path: str | Path, *, layer: str | None = None, bbox: Box | None = None
) -> GmlFile:
    """Read a GML file with the list of what could not be read.

    Parameters
    ----------
    path
        The file.
    layer
        Read this feature type only.
    bbox
        West, south, east, north in the layer's coordinate system: keep the features whose box
        meets it. Features without geometry are then left out.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is not well-formed XML, has a DOCTYPE, has no features, or lacks ``layer``.
    CrsError
        When the features of one type are in several coordinate systems.
    """
    path = Path(path)
    log = FaultLog()
    layers: dict[str, _Layer] = {}
    seen: dict[str, None] = {}
    for feature, context in _features(path):
        name = local_name(feature)
        seen.setdefault(name)
        if layer is None or name == layer:
            if name not in layers and len(layers) >= MAX_LAYERS:
                raise SourceError(f"{path.name} har mer enn {MAX_LAYERS} objekttyper.")
            _add(
                feature, name, layers.setdefault(name, _Layer(inherited=context.srs)), context, log
            )
    if not layers:
        raise SourceError(
            f"{path.name} har ingen objekttype «{layer}»."
            if seen and layer
            else f"{path.name} har ingen objekter (featureMember) og er ikke GML-data.",
            remedy=f"Filen har {', '.join(sorted(seen))}." if seen else "Kontroller filen.",
        )
    frames = {name: _frame(name, content, path, log) for name, content in layers.items()}
    if bbox is not None:
        frames = {name: _inside(frame, bbox, name, log) for name, frame in frames.items()}
    return GmlFile(frames, log.frame())


def _features(path: Path) -> Iterator[tuple[_Element, Context]]:
    """Stream the features with what they inherit from the collection; each is freed after use."""
    if not path.is_file():
        raise MissingFileError(f"Finner ikke GML-filen {path}.", remedy="Kontroller stien.")
    refuse_doctype(path)
    try:
        with path.open("rb") as file:
            yield from _stream(file, path)
    except etree.XMLSyntaxError as error:
        raise SourceError(
            f"{path.name} er ikke gyldig XML: {error.msg} (linje {error.lineno}).",
            remedy="Last ned filen på nytt; den kan være avkortet.",
        ) from error


def _stream(file: BinaryIO, path: Path) -> Iterator[tuple[_Element, Context]]:
    context = Context()
    unchecked = True
    events = etree.iterparse(
        file,
        events=("end",),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    for _, element in events:
        parent = element.getparent()
        if parent is None:
            continue
        if unchecked and element.getroottree().docinfo.internalDTD is not None:
            raise _doctype(path)  # beyond the probe; no entity has been expanded
        unchecked = False
        if parent.tag in _ONE or parent.tag in _MANY:
            if local_name(element) != "FeatureCollection":  # its own features came before
                yield element, context
            element.clear()
            holder = parent if parent.tag in _ONE else element
            above = holder.getparent()
            while above is not None and holder.getprevious() is not None:
                del above[0]
        elif local_name(parent) == "boundedBy" and _depth(element) == _ENVELOPE_DEPTH:
            context = _collection_context(element)


def refuse_doctype(path: Path) -> None:
    """Refuse a DOCTYPE before any parser that could expand entities sees the file.

    Raises
    ------
    SourceError
        When the beginning of the file has one; `lxml` tells of one further on.
    """
    with path.open("rb") as file:
        probe = file.read(_PROBE)
    if b"\0" in probe[:4]:
        probe = probe.replace(b"\0", b"")  # UTF-16 and UTF-32
    if b"<!DOCTYPE" in probe or b"<!ENTITY" in probe:
        raise _doctype(path)


def _doctype(path: Path) -> SourceError:
    return SourceError(
        f"{path.name} har DOCTYPE, som GML ikke skal ha, og leses ikke.",
        remedy="Slett DOCTYPE-delen hvis du stoler på filen, eller be om en ren GML-fil.",
    )


def _depth(element: _Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _collection_context(envelope: _Element) -> Context:
    try:
        return Context().within(envelope)
    except GmlFault:
        return Context()  # an unreadable srsName matters where geometry relies on it, not here


def _add(feature: _Element, name: str, layer: _Layer, context: Context, log: FaultLog) -> None:
    """Read one feature into its layer."""
    row: dict[tuple[str, ...], list[str]] = {}
    found: list[tuple[tuple[str, ...], _Element]] = []
    _walk(feature, (), row, found)
    layer.rows.append({path: ";".join(values) or None for path, values in row.items()})
    layer.paths.update(dict.fromkeys(row))
    if len(layer.paths) > MAX_COLUMNS:
        raise SourceError(f"Objekttypen «{name}» har mer enn {MAX_COLUMNS} egenskaper.")
    identity = next((feature.get(key) for key in _ID if feature.get(key)), None) or ""
    layer.ids.append(identity)
    layer.lines.append(feature.sourceline or 0)
    where = {"layer": name, "row": len(layer.ids) - 1, "item": identity}
    read: list[tuple[str, BaseGeometry, SrsName | None]] = []
    for path, element in found:
        try:
            geometry, srs = read_geometry(element, context)
        except GmlFault as fault:
            text = f"{path[-1]}: {fault.text}"
            log.add(fault.rule, text, line=fault.line or element.sourceline, **where)  # type: ignore[arg-type] # mixed values
            continue
        read.append((path[-1], geometry, srs))
        outer = element.get("srsName")
        if outer and srs and outer != srs.text:
            text = f"{path[-1]}: srsName er {outer} utenpå og {srs.text} inni; brukt det siste."
            log.add("srsname", text, line=element.sourceline, **where)  # type: ignore[arg-type] # mixed values
    best = max(read, key=lambda item: shapely.get_dimensions(item[1]), default=None)
    layer.geometry.append(best[1] if best else None)
    layer.systems.append(best[2] if best else None)
    for other in read:
        if best is not None and other is not best:
            layer.left_out[best[0], other[0]] += 1


def _walk(
    element: _Element,
    path: tuple[str, ...],
    row: dict[tuple[str, ...], list[str]],
    found: list[tuple[tuple[str, ...], _Element]],
) -> None:
    """Collect leaf texts by path, and geometries; lxml bounds the depth to 256."""
    for child in element:
        name = local_name(child)
        if not name or name == "boundedBy":
            continue
        inner = (*path, name)
        if is_geometry(child):
            found.append((path or inner, child))
        elif len(child):
            _walk(child, inner, row, found)
        else:
            values = row.setdefault(inner, [])
            text = (child.text or "").strip() or child.get(_HREF)
            if text:
                values.append(text)
            if child.get("uom"):
                row.setdefault((*inner, "uom"), []).append(str(child.get("uom")))


def _column_names(paths: dict[tuple[str, ...], None]) -> dict[tuple[str, ...], str]:
    """Name the columns: innermost element, unless a shallower or earlier path has that name."""
    names: dict[tuple[str, ...], str] = {}
    taken = {"gml_id", "geometry"}
    for path in sorted(paths, key=len):  # stable: equal depths keep their order
        unit = path[-1] == "uom" and len(path) > 1
        properties = [part for part in path if not part[0].isupper()]
        choices = [
            ".".join(path[-2:]) if unit else path[-1],
            ".".join(properties) or ".".join(path),
            ".".join(path),
        ]
        free = [name for name in choices if name not in taken]
        names[path] = free[0] if free else f"{choices[-1]}.{len(taken)}"
        taken.add(names[path])
    return {path: names[path] for path in paths}


def _frame(name: str, layer: _Layer, path: Path, log: FaultLog) -> gpd.GeoDataFrame:
    names = _column_names(layer.paths)
    rows = [{names[key]: value for key, value in row.items()} for row in layer.rows]
    columns: dict[str, object] = {"gml_id": layer.ids}
    columns |= columns_of(rows)
    for (used, other), count in layer.left_out.items():
        text = f"{count} objekter har flere geometrier: «{used}» er brukt, «{other}» utelatt."
        log.add("flere_geometrier", text, layer=name)
    geometry = np.array(layer.geometry, dtype=object)
    crs = _crs(name, layer, path)
    if crs is None and any(item is not None for item in layer.geometry):
        log.add("srsname", f"Laget «{name}» oppgir ikke koordinatsystem (srsName).", layer=name)
    return gpd.GeoDataFrame(columns, geometry=_turned(geometry, crs, name, log), crs=crs)


def _crs(name: str, layer: _Layer, path: Path) -> str | None:
    pairs = zip(layer.geometry, layer.systems, strict=True)
    systems = Counter(srs.crs if srs else None for geometry, srs in pairs if geometry is not None)
    if len(systems) > 1:
        counts = ", ".join(f"{code or 'uten srsName'} ({count})" for code, count in systems.items())
        raise CrsError(
            f"{path.name}: objekttypen «{name}» blander koordinatsystemer: {counts}.",
            remedy="Del filen, eller be om alt i ett koordinatsystem.",
        )
    return next(iter(systems), layer.inherited.crs if layer.inherited else None)


def _turned(
    geometry: NDArray[np.object_], crs: str | None, name: str, log: FaultLog
) -> NDArray[np.object_]:
    """Turn a UTM layer that is written north first against its own srsName."""
    west, south, _, north = shapely.total_bounds(geometry)
    utm = crs is not None and crs.removeprefix("EPSG:")[:3] in {"258", "597", "617"}
    if not (utm and west > _LEAST_NORTH and abs(south) < _MOST_EAST and abs(north) < _MOST_EAST):
        return geometry
    log.add(
        "akserekkefølge", f"Laget «{name}» har nord før øst; koordinatene er snudd.", layer=name
    )
    turned: NDArray[np.object_] = shapely.transform(
        geometry, lambda points: points[:, [1, 0, *range(2, points.shape[1])]], include_z=True
    )
    return turned


def _inside(frame: gpd.GeoDataFrame, bbox: Box, name: str, log: FaultLog) -> gpd.GeoDataFrame:
    """Keep the rows whose box meets ``bbox``; fault rows follow their features."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    west, south, east, north = bbox
    with np.errstate(invalid="ignore"):
        keep = (
            (bounds[:, 0] <= east)
            & (bounds[:, 2] >= west)
            & (bounds[:, 1] <= north)
            & (bounds[:, 3] >= south)
        )
    place = np.cumsum(keep) - 1
    for row in log.rows:
        if row["lag"] == name and isinstance(row["rad"], int):
            row["rad"] = int(place[row["rad"]]) if keep[row["rad"]] else None
    return frame[keep].reset_index(drop=True)
