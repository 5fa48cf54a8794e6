"""Reads SOSI files (.sos), Norway's text format for map data; no GDAL is involved.

What becomes what
-----------------
* PUNKT, SYMBOL, TEKST → Point (TEKST and SYMBOL: the first point; further points only turn the
  text), SVERM → MultiPoint, KURVE and LINJE → LineString, BUEP, SIRKELP and SIRKEL → LineString
  of chords within ``arc_tolerance``, TRASE → MultiLineString of its curves, FLATE → Polygon from
  REF with holes. A FLATE without REF has only its representative point, and becomes that Point.
* BUE, KLOTOIDE, BEZIER and other kinds are kept without geometry, with a row in ``faults``.
* Coordinates are east, north and, for ..NØH, height; ..NØD gives the negative depth. An object
  that has heights in some places only has NaN in the others.
* Attributes keep SOSI's names in capitals; a member of a group is ``GRUPPE.ATTRIBUTT``
  (``KVALITET.MÅLEMETODE``, also when KVALITET stands on one line); repeated values are joined
  with ``;``. A column of whole numbers is integer, of decimal numbers float, else text; dates
  (ÅÅÅÅMMDD) stay text. ``sosi_nummer`` and ``sosi_geometri`` are the object's number and kind.

The file is read once and parsed with work proportional to its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from askergeo.errors import CrsError, SourceError
from askergeo.sources.arcs import ARC_TOLERANCE
from askergeo.sources.reading import MAX_COLUMNS, MAX_LAYERS, FaultLog, columns_of
from askergeo.sources.sosi_geometry import (
    GeometryFault,
    Units,
    build,
    curve,
    route_lines,
    surface_rings,
    to_array,
)
from askergeo.sources.sosi_text import (
    Element,
    SosiHeader,
    SosiObject,
    attributes_of,
    coordinates_of,
    elements_of,
    epsg_of,
    header_of,
    objects_of,
    read_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    Shape = tuple[str, list[NDArray[np.float64]]]

__all__ = ["SosiFile", "SosiHeader", "read_sosi", "read_sosi_file", "sosi_header"]

_POINTS = {"PUNKT", "SYMBOL", "TEKST", "SVERM"}
_SURFACES = {"FLATE"}
_DEFINITIONS = {"DEF", "OBJDEF", "OBJDEF_NETT"}
_DATES = {"OPPDATERT"}
# A surface repeats the points of its curves, twice in a plane partition and a few times more in
# layered data; a file that makes more of itself than this is made to fill the memory.
_POINTS_PER_BYTE = 1
_POINTS_ALLOWED = 1_000_000


@dataclass(frozen=True)
class SosiFile:
    """A SOSI file that has been read.

    Parameters
    ----------
    header
        The file's header.
    frames
        One GeoDataFrame for each OBJTYPE, or kind of geometry where OBJTYPE is absent.
    faults
        What could not be read: ``lag`` (key of ``frames``), ``rad`` (row in that frame),
        ``linje`` (in the file), ``objekt``, ``regel``, ``tekst``. The feature itself is in its
        frame, without geometry.
    """

    header: SosiHeader
    frames: dict[str, gpd.GeoDataFrame]
    faults: pd.DataFrame


@dataclass(slots=True)
class _Feature:
    """One object on its way to a row."""

    kind: str
    number: int | None
    line: int
    attributes: dict[str, str | None]
    refs: str | None
    shape: Shape | None
    layer: str = ""
    row: int = 0
    fault: GeometryFault | None = None


def sosi_header(path: str | Path) -> SosiHeader:
    """Read only the header of a SOSI file.

    Raises
    ------
    MissingFileError, SourceError
        When the file is not there, or is not SOSI.
    """
    path = Path(path)
    text, charset = read_text(path, FaultLog())
    for item in objects_of(text):
        if item.kind == "HODE":
            return header_of(item, charset, path)
        break
    raise _not_sosi(path)


def read_sosi(
    path: str | Path, *, object_type: str | None = None, crs: str | None = None
) -> dict[str, gpd.GeoDataFrame]:
    """Read a SOSI file to one GeoDataFrame for each OBJTYPE; see :func:`read_sosi_file`."""
    return read_sosi_file(path, object_type=object_type, crs=crs).frames


def read_sosi_file(
    path: str | Path,
    *,
    object_type: str | None = None,
    crs: str | None = None,
    arc_tolerance: float = ARC_TOLERANCE,
) -> SosiFile:
    """Read a SOSI file with its header and the list of what could not be read.

    Parameters
    ----------
    path
        The file; character set as declared in it (UTF-8, ISO8859-1, ISO8859-10, DECN7, …).
    object_type
        Return this OBJTYPE only.
    crs
        Coordinate system to state when KOORDSYS is one that askergeo does not translate.
    arc_tolerance
        Largest distance in metres between an arc and the chords that replace it.

    Returns
    -------
    Frames in the file's coordinate system (KOORDSYS 22 → EPSG:25832), east before north.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is not SOSI, lacks ENHET, has an unknown character set, or lacks
        ``object_type``.
    CrsError
        When KOORDSYS is not EUREF89 or ED50 UTM and ``crs`` is not given.
    """
    path = Path(path)
    log = FaultLog()
    text, charset = read_text(path, log)
    header, features = _features(text, charset, path, log, arc_tolerance)
    chosen_crs = crs or epsg_of(header.koordsys, path)
    _assemble(features, header.enhet, _POINTS_ALLOWED + _POINTS_PER_BYTE * len(text))
    layers = _layers(features, path)
    for feature in features:
        if feature.fault is not None:
            log.add(
                feature.fault.rule,
                feature.fault.text,
                layer=feature.layer,
                row=feature.row,
                line=feature.fault.line or feature.line,
                item=_name(feature.kind, feature.number),
            )
    if object_type is not None:
        if object_type not in layers:
            raise SourceError(
                f"{path.name} har ingen objekttype «{object_type}».",
                remedy=f"Filen har {', '.join(sorted(layers)) or 'ingen objekter'}.",
            )
        layers = {object_type: layers[object_type]}
    frames = {name: _frame(members, chosen_crs) for name, members in layers.items()}
    return SosiFile(header, frames, log.frame())


def _not_sosi(path: Path) -> SourceError:
    return SourceError(
        f"{path.name} begynner ikke med .HODE og er ikke en SOSI-fil.",
        remedy="Kontroller at det er riktig fil, og at den er lastet ned i sin helhet.",
    )


def _name(kind: str, number: int | None) -> str:
    return kind if number is None else f"{kind} {number}"


def _features(
    text: str, charset: str, path: Path, log: FaultLog, tolerance: float
) -> tuple[SosiHeader, list[_Feature]]:
    """Parse every object; the header must come first, and the end mark last."""
    header: SosiHeader | None = None
    features: list[_Feature] = []
    units = Units(1.0, 1.0, 1.0, (0.0, 0.0))
    kind = ""
    for item in objects_of(text):
        kind = item.kind
        if kind == "HODE":
            current = header_of(item, charset, path)
            if header is not None and current.koordsys != header.koordsys:
                raise CrsError(
                    f"{path.name}: filhodet på linje {item.line} har KOORDSYS {current.koordsys}, "
                    f"det første har {header.koordsys}.",
                    remedy="Del filen i én fil for hvert koordinatsystem.",
                )
            units = Units(current.enhet, current.enhet_h, current.enhet_d, current.origo)
            header = header or current
        elif header is None:
            raise _not_sosi(path)
        elif kind not in _DEFINITIONS and kind != "SLUTT":
            features.append(_feature(item, units, tolerance))
    if header is None:
        raise _not_sosi(path)
    if kind != "SLUTT":
        log.add("slutt", "Filen mangler .SLUTT og kan være avkortet.", line=text.count("\n") + 1)
    return header, features


def _feature(item: SosiObject, units: Units, tolerance: float) -> _Feature:
    elements = elements_of(item)
    refs = [element.value for element in elements if element.level == 2 and element.name == "REF"]  # noqa: PLR2004
    feature = _Feature(
        kind=item.kind,
        number=item.number,
        line=item.line,
        attributes=attributes_of(elements),
        refs=" ".join(refs) if refs else None,
        shape=None,
    )
    try:
        feature.shape = _own_shape(feature, elements, units, tolerance)
    except GeometryFault as fault:
        feature.fault = fault
    return feature


def _own_shape(
    feature: _Feature, elements: list[Element], units: Units, tolerance: float
) -> Shape | None:
    """Return the geometry that an object carries itself; surfaces with REF come later."""
    points = to_array(coordinates_of(elements), _own_units(elements, units))
    if feature.refs is not None and feature.kind in _SURFACES | {"TRASE"}:
        return None
    if points is None:
        raise GeometryFault("geometri", "Objektet har ikke koordinater.")
    if feature.kind in _POINTS | _SURFACES:
        several = len(points) > 1 and feature.kind in {"PUNKT", "SVERM"}
        return ("punkter", [points]) if several else ("punkt", [points[:1]])
    radius = _number(feature.attributes.get("RADIUS"))
    return "linje", [curve(feature.kind, points, radius, tolerance)]


def _own_units(elements: list[Element], units: Units) -> Units:
    """Apply an object's own ENHET, ENHET-H and ENHET-D, which go before the header's."""
    own = {
        element.name: _number(element.value.strip())
        for element in elements
        if element.name in {"ENHET", "ENHET-H", "ENHET-D"}
    }
    if not own:
        return units
    if any(value is None or value <= 0 for value in own.values()):
        raise GeometryFault("enhet", "Objektets ENHET er ikke et tall over 0.")
    plane = own.get("ENHET") or units.plane
    height = own.get("ENHET-H") or own.get("ENHET") or units.height
    depth = own.get("ENHET-D") or own.get("ENHET") or units.depth
    return Units(plane, height, depth, units.origin)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _assemble(features: list[_Feature], tolerance: float, allowed: int) -> None:
    """Put surfaces and routes together from the curves that they refer to."""
    curves: dict[int, NDArray[np.float64]] = {}
    numbers: set[int] = set()
    for feature in features:
        if feature.number is not None:
            if feature.number in numbers and feature.fault is None:
                feature.fault = GeometryFault(
                    "nummer", f"Objektnummeret {feature.number} er brukt før i filen."
                )
            elif feature.shape is not None and feature.shape[0] == "linje":
                curves[feature.number] = feature.shape[1][0]
            numbers.add(feature.number)
    for feature in features:
        if feature.refs is None or feature.kind not in _SURFACES | {"TRASE"}:
            continue
        try:
            feature.shape = _from_curves(feature, curves, tolerance)
        except GeometryFault as fault:
            feature.fault = fault
            continue
        allowed -= sum(map(len, feature.shape[1]))
        if allowed < 0:
            feature.shape = None
            feature.fault = GeometryFault("ref", "Filen bruker kurvene sine urimelig mange ganger.")


def _from_curves(
    feature: _Feature, curves: dict[int, NDArray[np.float64]], tolerance: float
) -> Shape:
    refs = feature.refs or ""
    if feature.kind == "TRASE":
        return "linjer", route_lines(refs, curves)
    return "flate", surface_rings(refs, curves, tolerance)


def _layers(features: list[_Feature], path: Path) -> dict[str, list[_Feature]]:
    layers: dict[str, list[_Feature]] = {}
    for feature in features:
        feature.layer = feature.attributes.get("OBJTYPE") or feature.kind
        members = layers.setdefault(feature.layer, [])
        feature.row = len(members)
        members.append(feature)
        if len(layers) > MAX_LAYERS:
            raise SourceError(f"{path.name} har mer enn {MAX_LAYERS} objekttyper og er skadet.")
    for name, members in layers.items():
        if len({column for feature in members for column in feature.attributes}) > MAX_COLUMNS:
            raise SourceError(
                f"{path.name}: objekttypen «{name}» har mer enn {MAX_COLUMNS} egenskaper."
            )
    return layers


def _date_columns(features: list[_Feature]) -> Iterator[str]:
    names = dict.fromkeys(name for feature in features for name in feature.attributes)
    for name in names:
        last = name.rpartition(".")[2]
        if "DATO" in last or last in _DATES:
            yield name


def _frame(features: list[_Feature], crs: str) -> gpd.GeoDataFrame:
    whole = all(feature.number is not None for feature in features)
    columns: dict[str, object] = {
        "sosi_nummer": pd.Series(
            [feature.number for feature in features], dtype="int64" if whole else "Int64"
        ),
        "sosi_geometri": pd.Series([feature.kind for feature in features], dtype="str"),
    }
    columns |= columns_of(
        [feature.attributes for feature in features], text=_date_columns(features)
    )
    geometry = build([feature.shape for feature in features])
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
