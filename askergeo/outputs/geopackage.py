"""Writes one GeoPackage: map layers with QGIS styles, and the tables without geometry.

Hidden cells are NULL, like unknown ones; the text column ``skjult`` names the columns that are
hidden in the row. Row labels stand in the column ``rad``. Where numbers must not be published, the
table ``ma_ikke_publiseres`` says why, and so does the description of each layer and table.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from askergeo.outputs.qml import qml
from askergeo.outputs.report import (
    STOP,
    clean_text,
    hidden_rows,
    label_text,
    shown_columns,
    stop_lines,
    unique,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

    from askergeo.outputs.report import Report
    from askergeo.result import MapLayer, Result, Table

__all__ = ["file_layers", "layer_parts", "write_geopackage"]

ROW, HIDDEN_IN = "rad", "skjult"
STOPS = "ma_ikke_publiseres"
_TITLES = {ROW: "Rad", HIDDEN_IN: "Skjult i raden"}
_DIMENSIONS = {0: "punkt", 1: "linje", 2: "flate"}
# What GDAL calls numbers that need less than 64 bits.
_NARROW = {
    "int8": "SMALLINT",
    "uint8": "SMALLINT",
    "int16": "SMALLINT",
    "uint16": "MEDIUMINT",
    "int32": "MEDIUMINT",
    "float32": "FLOAT",
}
# Names that GDAL or we use for ourselves.
_RESERVED = ("fid", "geom", ROW, HIDDEN_IN)

_STYLES_TABLE = """
CREATE TABLE layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256),
  f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
  useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME
)"""
_COLUMNS_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name)
)"""
_CONSTRAINTS_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
  min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
)"""
_EXTENSIONS_TABLE = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
  scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
)"""
_SCHEMA_DEFINITION = "http://www.geopackage.org/spec121/#extension_schema"


def write_geopackage(report: Report, path: Path) -> None:
    """Write all map layers and tables of a report.

    Parameters
    ----------
    report
        Suppressed results.
    path
        A file that does not exist.
    """
    layer_names, table_names = file_layers(report), report.names("tables")
    described: list[tuple[str, str, str, Mapping[str, str]]] = []
    styles: list[tuple[str, str, str]] = []
    tables: list[tuple[str, pd.DataFrame]] = []
    with _one_file(report):
        if stop_lines(report.results):
            tables.append((STOPS, _stops(report)))
            note = "Tallene i denne filen må ikke publiseres."
            described.append((STOPS, STOP, note, {"analyse": "Analyse", "grunn": "Grunn"}))
        for number, result in enumerate(report.results):
            for layer in result.layers:
                names = layer_names[number, layer.name]
                for (kind, part), name in zip(layer_parts(layer), names, strict=True):
                    aliases = _write_layer(part, path, name)
                    note = _described(result, result.title + ".", layer.note)
                    described.append((name, layer.title, note, aliases))
                    geometry = kind or _kind(part.frame)
                    # QGIS has no symbol for a collection of several kinds.
                    if geometry and geometry != "blandet":
                        styles.append((name, layer.title, qml(part, geometry, aliases)))
            for table in result.tables:
                name = table_names[number, table.name] + "_tabell"
                attributes, aliases = _attributes(table)
                tables.append((name, attributes))
                described.append((name, table.title, _described(result, table.note), aliases))
        if not described:
            text = "Rapporten har verken kartlag eller tabeller."
            tables.append(("lesmeg", pd.DataFrame({"tekst": [text]})))
        if not path.exists():
            # The file is GDAL's work, also when it has no layer.
            name, attributes = tables.pop(0)
            _write(attributes, path, name)
    with closing(sqlite3.connect(path)) as database, database:
        for name, attributes in tables:
            _add_table(database, name, attributes, _stamp(report))
        _describe(database, described)
        _embed(database, styles, _stamp(report))


def _described(result: Result, *texts: str) -> str:
    """Describe a layer or table, after what forbids publishing it."""
    return clean_text(" ".join(filter(None, (*stop_lines([result]), *texts))))


def _stops(report: Report) -> pd.DataFrame:
    """Say why numbers must not be published, a row each: the file's first table."""
    rows = [
        (clean_text(result.title), clean_text(reason))
        for result in report.results
        for reason in result.unpublishable
    ]
    return pd.DataFrame(rows, columns=["analyse", "grunn"])


def file_layers(report: Report) -> dict[tuple[int, str], list[str]]:
    """Name the layers of the file that each map layer becomes: one for each kind of geometry."""
    names = report.names("layers")
    return {
        (number, layer.name): [
            "_".join(filter(None, [names[number, layer.name], kind]))
            for kind, _ in layer_parts(layer)
        ]
        for number, result in enumerate(report.results)
        for layer in result.layers
    }


def layer_parts(layer: MapLayer) -> list[tuple[str, MapLayer]]:
    """Split a layer of mixed geometry in points, lines and polygons: QGIS styles one kind each.

    Returns
    -------
    list
        ``(kind, layer)``; the kind is empty when the layer needs no split.
    """
    frame = layer.frame
    kinds = frame.geometry.geom_type.map(_kind_of).to_numpy(dtype=object)
    known = ~(frame.geometry.isna() | frame.geometry.is_empty).to_numpy()
    found = sorted(set(kinds[known]))
    if len(found) < 2:  # noqa: PLR2004  (one kind, or none)
        return [("", layer)]
    parts = []
    for kind in found:
        # Features without geometry follow the first part, so that none is lost.
        rows = (kinds == kind) & known if kind != found[0] else (kinds == kind) | ~known
        part = frame[rows]
        hidden = frozenset(cell for cell in layer.hidden if cell[0] in part.index)
        parts.append((kind, replace(layer, frame=part, hidden=hidden)))
    return parts


def _kind_of(geometry_type: str | None) -> str:
    name = str(geometry_type)
    if "Point" in name:
        return "punkt"
    if "Line" in name:
        return "linje"
    return "flate" if "Polygon" in name else "blandet"


def _kind(frame: gpd.GeoDataFrame) -> str:
    kinds = {_kind_of(name) for name in frame.geometry.geom_type.dropna()}
    return kinds.pop() if len(kinds) == 1 and "blandet" not in kinds else ""


def _write_layer(layer: MapLayer, path: Path, name: str) -> dict[str, str]:
    import geopandas as gpd  # noqa: PLC0415  (heavy)

    attributes, aliases = _attributes(layer)
    frame = gpd.GeoDataFrame(
        attributes, geometry=layer.frame.geometry.to_numpy(), crs=layer.frame.crs
    )
    options = {} if len(frame) and _kind(frame) else {"geometry_type": "Unknown"}
    _write(frame, path, name, geometry_name="geom", **options)
    return aliases


def _write(frame: pd.DataFrame, path: Path, name: str, **options: Any) -> None:  # noqa: ANN401
    import pyogrio  # noqa: PLC0415  (heavy)

    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        append=path.exists(),
        fid="fid",
        # The GDAL of QGIS 3.22 and earlier warns of anything newer.
        dataset_options={} if path.exists() else {"VERSION": "1.2"},
        **options,
    )


def _add_table(database: sqlite3.Connection, name: str, frame: pd.DataFrame, stamp: str) -> None:
    """Add a table without geometry as GDAL does, which reads the whole file before each of them."""
    columns = [f"{_quoted(str(column))} {_sql_type(frame[column].dtype)}" for column in frame]
    database.execute(
        f"CREATE TABLE {_quoted(name)} "
        f'( "fid" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {", ".join(columns)})'
    )
    values = [range(1, len(frame) + 1), *(_sql_values(frame[column]) for column in frame)]
    places = ", ".join("?" * len(values))
    database.executemany(
        f"INSERT INTO {_quoted(name)} VALUES ({places})",  # noqa: S608  (the name is quoted)
        zip(*values, strict=True),
    )
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, "
        "srs_id) VALUES (?, 'attributes', ?, '', ?, 0)",
        (name, name, stamp),
    )
    database.execute("INSERT INTO gpkg_ogr_contents VALUES (?, ?)", (name, len(frame)))
    where = "WHERE lower(table_name) = lower('{}')".format(name.replace("'", "''"))
    for event, sign in (("insert", "+"), ("delete", "-")):
        trigger = _quoted(f"trigger_{event}_feature_count_{name}")
        count = f"SET feature_count = feature_count {sign} 1 {where}"
        database.execute(
            f"CREATE TRIGGER {trigger} AFTER {event.upper()} ON {_quoted(name)} "
            f"BEGIN UPDATE gpkg_ogr_contents {count}; END"
        )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _sql_type(kind: Any) -> str:  # noqa: ANN401  (a type of numpy or pandas)
    if pd.api.types.is_datetime64_any_dtype(kind):
        return "DATETIME"
    if pd.api.types.is_bool_dtype(kind):
        return "BOOLEAN"
    if not pd.api.types.is_numeric_dtype(kind):
        return "TEXT"
    plain = "INTEGER" if pd.api.types.is_integer_dtype(kind) else "REAL"
    return _NARROW.get(str(kind).lower(), plain)


def _sql_values(values: pd.Series) -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return [None if pd.isna(v) else _sql_time(v) for v in values]
    return values.astype(object).where(values.notna(), None).tolist()


def _sql_time(time: pd.Timestamp) -> str:
    return time.isoformat("T", "milliseconds").replace("+00:00", "Z")


def _attributes(part: Table | MapLayer) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the columns of the file and their Norwegian titles."""
    taken = set(_RESERVED)
    columns = shown_columns(part)
    hidden = hidden_rows(part, columns)
    index = part.frame.index
    labels = [label_text(label) for label in index]
    data: dict[str, pd.Series] = {ROW: pd.Series(labels, dtype=object)}
    aliases = {ROW: _TITLES[ROW]}
    names = {column: unique(column, taken) for column in columns}
    for column in columns:
        data[names[column]] = _plain(part.frame[column])
        aliases[names[column]] = part.columns[column].header
    if any(c.persons or c.derived_from for c in part.columns.values()):
        marks = np.full(len(index), "", dtype=object)
        for column in columns:
            if hidden[column]:
                rows = np.asarray(index.isin(list(hidden[column])))
                marks[rows] += f", {names[column]}"
        named = [mark.removeprefix(", ") or None for mark in marks]
        data[HIDDEN_IN] = pd.Series(named, dtype=object)
        aliases[HIDDEN_IN] = _TITLES[HIDDEN_IN]
    return pd.DataFrame(data), aliases


def _plain(values: pd.Series) -> pd.Series:
    """Return a column that GDAL can write: numbers, dates and booleans as they are, else text."""
    values = values.reset_index(drop=True)
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return values.astype("boolean")
    if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return values
    text = [None if pd.api.types.is_scalar(v) and pd.isna(v) else clean_text(v) for v in values]
    return pd.Series(text, dtype=object)


@contextmanager
def _one_file(report: Report) -> Iterator[None]:
    """Let GDAL stamp the file with the result's time, so that the same result is the same file.

    The disk is not waited for after each of some hundred tables: the file is moved into place when
    all is whole, and is made anew when it is not.
    """
    import pyogrio  # noqa: PLC0415  (heavy)

    options = {"OGR_CURRENT_DATE": _stamp(report), "OGR_SQLITE_SYNCHRONOUS": "OFF"}
    pyogrio.set_gdal_config_options(options)
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))


def _stamp(report: Report) -> str:
    return report.created.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _describe(
    database: sqlite3.Connection, described: list[tuple[str, str, str, Mapping[str, str]]]
) -> None:
    """Give layers and columns their Norwegian names (GeoPackage's schema extension)."""
    for statement in (_EXTENSIONS_TABLE, _COLUMNS_TABLE, _CONSTRAINTS_TABLE):
        database.execute(statement)
    database.executemany(
        "INSERT OR IGNORE INTO gpkg_extensions VALUES (?, NULL, 'gpkg_schema', ?, 'read-write')",
        [
            (table, _SCHEMA_DEFINITION)
            for table in ("gpkg_data_columns", "gpkg_data_column_constraints")
        ],
    )
    taken: set[str] = set()
    # Readers list the contents in this order: the report's, not that of the writing.
    for place, (name, title, note, aliases) in enumerate(described, start=len(described) + 1):
        database.execute(
            "UPDATE gpkg_contents SET rowid = ?, identifier = ?, description = ? "
            "WHERE table_name = ?",
            (place, unique(clean_text(title), taken, length=200), note, name),
        )
        titles: set[str] = set()
        database.executemany(
            "INSERT OR REPLACE INTO gpkg_data_columns (table_name, column_name, name, title) "
            "VALUES (?, ?, ?, ?)",
            [
                (name, column, unique(clean_text(text), titles, length=200), clean_text(text))
                for column, text in aliases.items()
            ],
        )


def _embed(database: sqlite3.Connection, styles: list[tuple[str, str, str]], stamp: str) -> None:
    """Put the styles where QGIS looks for a layer's default."""
    if not styles:
        return
    database.execute(_STYLES_TABLE)
    database.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) "
        "VALUES ('layer_styles', 'attributes', 'layer_styles', 'Stiler for QGIS', ?)",
        (stamp,),
    )
    database.executemany(
        "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, "
        "f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, "
        "update_time) VALUES ('', '', ?, 'geom', ?, ?, '', 1, ?, '', NULL, ?)",
        [(name, name[:30], text, clean_text(title), stamp) for name, title, text in styles],
    )
