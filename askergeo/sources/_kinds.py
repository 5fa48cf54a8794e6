"""Tell what a file is from its content, and say plainly what is not map data."""

from __future__ import annotations

import enum
import json
import os
import re
from pathlib import Path
from typing import Final

from askergeo.errors import MissingFileError, SourceError
from askergeo.sources.csvfile import looks_like_table

__all__ = ["Kind", "declares_crs", "existing", "kind_of", "refusal", "shapefile_encoding"]

_HEAD: Final = 65_536
_MAX_JSON: Final = 20_000_000
_MAX_DBF: Final = 20_000_000
_ADDRESS: Final = re.compile(r"^(?:[a-zA-Z][a-zA-Z0-9+.-]+:/|/vsi)")
_GEOJSON_TYPES: Final = (
    "FeatureCollection", "Feature", "Point", "MultiPoint", "LineString", "MultiLineString",
    "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
_GEOJSON: Final = re.compile(rb'"type"\s*:\s*"(?:%s)"' % "|".join(_GEOJSON_TYPES).encode())
_CRS_MEMBER: Final = re.compile(rb'"crs"\s*:\s*\{')
_FEATURES: Final = re.compile(rb"<(?:\w+:)?(?:FeatureCollection|featureMembers?|member)\b")
# UTF-8 letters of two and three bytes, and single bytes above ASCII.
_UTF8_LETTER: Final = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}")
_HIGH_BYTE: Final = re.compile(rb"[\x80-\xff]")


class Kind(enum.Enum):
    """What a file is; the value names it in bokmål."""

    GDAL = "kartdata"
    GML = "GML"
    SOSI = "SOSI"
    OSM = "OpenStreetMap-data"
    PARQUET = "Parquet"
    CSV = "tabell i tekst"
    ZIP = "zip-fil"
    RASTER = "et raster (GeoTIFF)"
    EXCEL = "en Excel-arbeidsbok"
    EPANET = "et vannledningsnett (EPANET)"
    SWMM = "et avløpsnett (SWMM)"
    WATER_REPORT = "en rapport fra EPANET eller SWMM"
    CATALOGUE = "en katalog- eller oppskriftsfil (YAML)"
    JSON_SCHEMA = "et JSON-skjema"
    FEATURE_CATALOGUE = "en objektkatalog fra en produktspesifikasjon"
    JSON = "JSON uten geometri"
    XML = "XML uten kartobjekter"
    TEXT = "en tekstfil"
    UNKNOWN = "en ukjent filtype"


_BY_NAME: Final = {
    ".osm": Kind.OSM,
    ".sos": Kind.SOSI,
    ".sosi": Kind.SOSI,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".rpt": Kind.WATER_REPORT,
    ".yml": Kind.CATALOGUE,
    ".yaml": Kind.CATALOGUE,
}

# What to do instead, for the kinds that are no map layer.
_REMEDIES: Final = {
    Kind.RASTER: "Legg det inn som et rasterlag: askergeo data legg-til MAPPE terreng FIL.",
    Kind.EXCEL: "Lagre arket som «CSV UTF-8», og les inn den filen.",
    Kind.EPANET: "Legg hele modellen til: askergeo data legg-til MAPPE MODELL.inp.",
    Kind.SWMM: "Legg hele modellen til: askergeo data legg-til MAPPE MODELL.inp.",
    Kind.WATER_REPORT: "Rapporten er et resultat å sammenligne med; VA-analysen leser .inp-filen.",
    Kind.CATALOGUE: "Lagbeskrivelser leses av katalogen: legg filen i en mappe med lag.",
    Kind.JSON_SCHEMA: "Skjemaet beskriver svar fra en tjeneste; det inneholder ingen data.",
    Kind.FEATURE_CATALOGUE: "Objektkataloger leses av plankontrollen, ikke som kartlag.",
    Kind.JSON: "Er det et svar fra en tjeneste, leses det av kilden for den tjenesten; "
    "som fil kan askergeo lese GeoJSON.",
    Kind.XML: "askergeo leser GML med kartobjekter; feeder og tjenestebeskrivelser leses av "
    "kildene for tjenestene.",
    Kind.TEXT: "askergeo leser tekst med kolonner (CSV); en plan kommer som GML, SOSI, GeoPackage "
    "eller GeoJSON.",
    Kind.UNKNOWN: "askergeo leser GeoPackage, GeoParquet, FlatGeobuf, Shapefile, FileGDB, GeoJSON, "
    "GML, SOSI, OSM PBF og CSV.",
}


def existing(path: str | Path) -> Path:
    """Return the path of a file that is there.

    Raises
    ------
    MissingFileError
        When there is nothing.
    SourceError
        When it is an address or one of GDAL's virtual paths, is empty, or is neither a file nor a
        folder: a pipe or a device may never end.
    """
    if _ADDRESS.match(os.fspath(path)):
        raise SourceError(
            f"«{path}» er en adresse, ikke en fil.",
            remedy="Last ned filen først; askergeo henter ikke noe når en fil leses.",
        )
    file = Path(path)
    if not file.exists():
        raise MissingFileError(f"Finner ikke {file}.", remedy="Se etter skrivefeil i navnet.")
    if not file.is_file() and not file.is_dir():
        raise SourceError(
            f"{file.name} er ikke en vanlig fil.",
            remedy="Rør og enheter leses ikke; lagre innholdet i en fil først.",
        )
    if file.is_file() and file.stat().st_size == 0:
        raise SourceError(f"{file.name} er tom.", remedy="Last den ned på nytt.")
    return file


def refusal(file: Path, kind: Kind) -> SourceError:
    """Say what the file is, and which part of askergeo reads it."""
    return SourceError(f"{file.name} er {kind.value}, ikke et kartlag.", remedy=_REMEDIES[kind])


def kind_of(file: Path) -> Kind:
    """Tell what a file is.

    Raises
    ------
    SourceError
        When the content is not what the name says.
    """
    if file.is_dir():
        if file.suffix.lower() == ".gdb" and any(file.glob("*.gdbtable")):
            return Kind.GDAL
        raise SourceError(
            f"{file.name} er en mappe, ikke en fil.",
            remedy="Velg én fil i mappen; bare FileGDB (.gdb) leses som mappe.",
        )
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
    return _binary_kind(file, head) or _text_kind(file, head)


def _binary_kind(file: Path, head: bytes) -> Kind | None:
    suffix = file.suffix.lower()
    signs = {
        b"SQLite format 3\x00": (Kind.GDAL, (".gpkg",)),
        b"fgb\x03": (Kind.GDAL, (".fgb",)),
        b"\x00\x00\x27\x0a": (Kind.GDAL, (".shp",)),
        b"PAR1": (Kind.PARQUET, (".parquet", ".geoparquet")),
        b"PK\x03\x04": (Kind.EXCEL, (".xlsx", ".xlsm", ".ods")),
        b"\xd0\xcf\x11\xe0": (Kind.EXCEL, (".xls",)),
        b"II*\x00": (Kind.RASTER, (".tif", ".tiff")),
        b"II+\x00": (Kind.RASTER, (".tif", ".tiff")),
        b"MM\x00*": (Kind.RASTER, (".tif", ".tiff")),
    }
    for sign, (kind, suffixes) in signs.items():
        if head.startswith(sign):
            if suffix in suffixes:
                return kind
            if kind is Kind.EXCEL and suffix == ".zip":
                return Kind.ZIP
            raise _false_name(file, f"innholdet er {suffixes[0]}")
    if suffix in {name for _, names in signs.values() for name in names} | {".zip"}:
        raise _false_name(file, "innholdet er noe annet")
    return Kind.OSM if suffix == ".pbf" else None


def _false_name(file: Path, content: str) -> SourceError:
    return SourceError(
        f"{file.name} er ikke det navnet sier: {content}.",
        remedy="Filen er skadet eller har feil etternavn; last den ned på nytt.",
    )


def _text_kind(file: Path, head: bytes) -> Kind:
    suffix = file.suffix.lower()
    if suffix == ".inp":
        return Kind.SWMM if b"[SUBCATCHMENTS]" in head.upper() else Kind.EPANET
    if suffix in _BY_NAME:
        return _BY_NAME[suffix]
    if suffix in (".json", ".geojson"):
        return _json_kind(file, head)
    stripped = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if suffix == ".gml" or stripped.startswith(b"<"):
        return Kind.GML if _FEATURES.search(head) else Kind.XML
    if suffix == ".txt" and looks_like_table(file):
        return Kind.CSV
    return Kind.TEXT if suffix in (".txt", ".md", "") else Kind.UNKNOWN


def _json_kind(file: Path, head: bytes) -> Kind:
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        raise _false_name(file, "innholdet er ikke JSON")
    if file.stat().st_size > _MAX_JSON:
        return Kind.GDAL if _GEOJSON.search(head) else Kind.JSON
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceError(
            f"{file.name} er ikke gyldig JSON: {error}.", remedy="Last filen ned på nytt."
        ) from error
    if not isinstance(content, dict):
        return Kind.FEATURE_CATALOGUE if _lists_classes(content) else Kind.JSON
    if content.get("type") in _GEOJSON_TYPES:
        return Kind.GDAL
    if "$schema" in content or "$id" in content:
        return Kind.JSON_SCHEMA
    return Kind.FEATURE_CATALOGUE if _lists_classes(content) else Kind.JSON


def _lists_classes(content: object) -> bool:
    text = json.dumps(content, ensure_ascii=False)[:_HEAD].casefold()
    return "cardinality" in text or "multiplicity" in text


def declares_crs(file: Path) -> bool:
    """Tell whether GeoJSON has the ``crs`` member of its 2008 form.

    The member stands before the features or after them, so the ends of the file are enough.
    """
    with file.open("rb") as stream:
        head = stream.read(_HEAD)
        stream.seek(max(0, file.stat().st_size - _HEAD))
        tail = stream.read()
    return bool(_CRS_MEMBER.search(head) or _CRS_MEMBER.search(tail))


def shapefile_encoding(file: Path) -> str | None:
    """Find the character set of a Shapefile that does not say it.

    Returns
    -------
    str or None
        ``None`` when the .cpg file says it; else ``UTF-8`` when the letters above ASCII are
        UTF-8 (a field may be cut in the middle of one, hence most and not all), or
        ``ISO-8859-1``.
    """
    if any(file.with_suffix(suffix).exists() for suffix in (".cpg", ".CPG")):
        return None
    table = next(
        (one for one in file.parent.glob(f"{file.stem}.*") if one.suffix.lower() == ".dbf"), None
    )
    if table is None:
        return None
    with table.open("rb") as stream:
        raw = stream.read(_MAX_DBF)
    # The header before the first field descriptor holds binary numbers.
    body = raw[32:]
    in_letters = sum(len(letter) for letter in _UTF8_LETTER.findall(body))
    high = len(_HIGH_BYTE.findall(body))
    return "UTF-8" if high and in_letters > 0.8 * high else "ISO-8859-1"
