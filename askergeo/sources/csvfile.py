"""Read delimited text as Norwegian offices write it, with or without coordinates.

Separator, quotes, decimal comma, byte-order mark and character set are found from the content.
Title lines before the heading and notes after the table are recognised by their number of fields
and logged, never read as data. A hidden or missing figure (SSB's «:», «..» and «.») is missing,
never zero.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import CrsError, LayerError, SourceError
from askergeo.sources.reading import FaultLog, typed_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["CsvTable", "decode", "looks_like_table", "read_csv"]

_SEPARATORS: Final = (";", "\t", ",", "|")
_SAMPLE_LINES: Final = 200
_SAMPLE_BYTES: Final = 65_536
# Share of the lines that must have the same number of fields: notes and titles are few.
_TABLE_SHARE: Final = 0.6
_NEAR_TIE: Final = 0.05
_MAX_BYTES: Final = 2_000_000_000
# SSB's standard signs: not possible, missing, hidden.
_NO_FIGURE: Final = frozenset({".", "..", "...", ":"})
_HEADING_LINES_SHOWN: Final = 60

_GROUPED: Final = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?")
_COMMA: Final = re.compile(r"-?\d+,\d+")
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")

# Names of coordinate columns, folded to letters and digits; x is east and y is north throughout,
# except in the Norwegian surveyors' X (north) and Y (east), which are never guessed at.
_LONGITUDE: Final = ("lon", "lng", "long", "longitude", "lengdegrad", "lengde")
_LATITUDE: Final = ("lat", "latitude", "breddegrad", "bredde")
_EAST: Final = (
    "øst", "ost", "oest", "east", "easting", "x", "xkoord", "xkoordinat", "koordinatøst",
    "koordinatx", "utmøst", "utmost", "utmx", "østkoordinat", "representasjonspunktøst",
)  # fmt: skip
_NORTH: Final = (
    "nord", "north", "northing", "y", "ykoord", "ykoordinat", "koordinatnord",
    "koordinaty", "utmnord", "utmy", "nordkoordinat", "representasjonspunktnord",
)  # fmt: skip
_EPSG: Final = ("epsg", "epsgkode", "srid")


class CsvTable(NamedTuple):
    """The rows (with geometry when there are coordinates), and what could not be read."""

    frame: pd.DataFrame
    faults: pd.DataFrame


def read_csv(
    path: Path,
    *,
    crs: str | None = None,
    coordinates: tuple[str, str] | None = None,
) -> CsvTable:
    """Read a delimited text file.

    Parameters
    ----------
    path
        The file.
    crs
        Of the coordinates; degrees (``lat``/``lon``) and a column with the EPSG code need none.
    coordinates
        Names of the columns with east and north (or longitude and latitude), when the usual names
        are not used.

    Returns
    -------
    CsvTable
        The index counts data rows from 0. A row without coordinates has no geometry.

    Raises
    ------
    SourceError
        When the file is no table.
    CrsError
        When there are coordinates and nothing tells their CRS.
    LayerError
        When ``coordinates`` names columns that the file lacks.
    """
    log = FaultLog()
    text = decode(_bytes(path))
    frame = _typed(_rows(text, path.name, log), log)
    pair = coordinates or _find_coordinates(frame.columns)
    if pair is None:
        return CsvTable(frame, log.frame())
    for name in pair:
        if name not in frame.columns:
            raise LayerError(
                f"{path.name} har ikke kolonnen «{name}».",
                remedy=f"Kolonnene er: {', '.join(map(str, frame.columns))}.",
            )
    return CsvTable(_with_points(frame, pair, crs, path.name, log), log.frame())


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"{path.name} er over 2 GB.", remedy="Del filen, eller lever den som GeoParquet."
        )
    return path.read_bytes()


def decode(raw: bytes) -> str:
    """Decode by byte-order mark, else as UTF-8, else as Windows' Latin-1.

    Examples
    --------
    >>> decode("Høy".encode("latin-1")), decode("Høy".encode("utf-8-sig"))
    ('Høy', 'Høy')
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:
            return raw.decode("latin-1")


def looks_like_table(path: Path) -> bool:
    """Tell whether most lines of a text file have the same number of columns."""
    with path.open("rb") as stream:
        text = decode(stream.read(_SAMPLE_BYTES))
    return _separator(_sample(text)) is not None


def _sample(text: str) -> list[str]:
    return [line for line in text.splitlines()[:_SAMPLE_LINES] if line.strip()]


def _separator(lines: Sequence[str]) -> tuple[str, int] | None:
    """Return the separator that cuts most lines into the same number of fields, and the number.

    Near ties go to the semicolon: with decimal commas, the comma too cuts all lines but the
    heading alike.
    """
    best: tuple[float, str, int] | None = None
    for separator in _SEPARATORS:
        counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        wide = {width: count for width, count in counts.items() if width > 1}
        if not wide:
            continue
        width = max(wide, key=lambda one: (wide[one], one))
        share = wide[width] / sum(counts.values())
        if share >= _TABLE_SHARE and (best is None or share > best[0] + _NEAR_TIE):
            best = share, separator, width
    return best[1:] if best else None


def _rows(text: str, name: str, log: FaultLog) -> pd.DataFrame:
    if "\x00" in text:
        raise SourceError(f"{name} er ikke tekst.", remedy="Velg riktig filtype.")
    found = _separator(_sample(text))
    if found is None:
        raise SourceError(
            f"{name} er ikke en tabell: fant ikke skilletegn (semikolon, tabulator, komma).",
            remedy="Lagre tabellen som CSV med semikolon eller komma.",
        )
    separator, width = found
    header: list[str] | None = None
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != width:
                where = "før overskriften" if header is None else "i tabellen"
                shown = separator.join(row)[:_HEADING_LINES_SHOWN]
                reason = f"Linjen {where} har {len(row)} felt, tabellen {width}: «{shown}»."
                log.add("annen_linje", reason, line=reader.line_num)
            elif header is None:
                header = _heading(row, name)
            else:
                rows.append(row)
    except csv.Error as error:
        raise SourceError(
            f"{name} linje {reader.line_num} kan ikke leses som CSV: {error}.",
            remedy="Se etter et anførselstegn som ikke er lukket.",
        ) from error
    if header is None:
        raise SourceError(f"{name} har ingen overskriftslinje.", remedy="Legg til en.")
    return pd.DataFrame(rows, columns=header, dtype="str")


def _heading(row: Sequence[str], name: str) -> list[str]:
    titles = [cell.strip() or f"kolonne_{number}" for number, cell in enumerate(row, start=1)]
    twice = [title for title, count in Counter(titles).items() if count > 1]
    if twice:
        raise SourceError(
            f"{name} har flere kolonner som heter {', '.join(f'«{one}»' for one in twice)}.",
            remedy="Gi kolonnene ulike navn.",
        )
    return titles


def _typed(frame: pd.DataFrame, log: FaultLog) -> pd.DataFrame:
    columns = {}
    for name in frame.columns:
        values = frame[name].str.strip()
        unique = values.unique()
        figures = [value for value in unique if value and value not in _NO_FIGURE]
        hidden = values.isin(_NO_FIGURE)
        numeric = bool(figures) and all(
            _NUMBER.fullmatch(value) or _GROUPED.fullmatch(value) for value in figures
        )
        if numeric and hidden.any():
            text = f"«{name}»: {int(hidden.sum())} tall er skjult eller mangler i kilden."
            log.add("uten_tall", text, item=str(name))
        if numeric:
            plain = {value: _plain_number(value) for value in figures}
            values = values.map(plain)
        cells: list[object] = list(values)
        listed = [cell or None if isinstance(cell, str) else None for cell in cells]
        columns[name] = typed_column(listed)
    return pd.DataFrame(columns)


def _plain_number(value: str) -> str:
    return re.sub(r"[ \u00a0\u202f]", "", value).replace(",", ".")


def _fold(name: object) -> str:
    return re.sub(r"[^a-zæøå0-9]", "", str(name).casefold())


def _find_coordinates(names: pd.Index) -> tuple[str, str] | None:
    by_fold = {_fold(name): str(name) for name in reversed(list(names))}
    for easts, norths in ((_EAST, _NORTH), (_LONGITUDE, _LATITUDE)):
        east = next((by_fold[name] for name in easts if name in by_fold), None)
        north = next((by_fold[name] for name in norths if name in by_fold), None)
        if east and north:
            return east, north
    return None


def _with_points(
    frame: pd.DataFrame, pair: tuple[str, str], crs: str | None, name: str, log: FaultLog
) -> gpd.GeoDataFrame:
    east, north = (_coordinate(frame[column], log) for column in pair)
    known = np.isfinite(east) & np.isfinite(north)
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(east[known], north[known])
    stated = crs or _stated_crs(frame) or _degrees_crs(pair)
    if stated is None:
        raise CrsError(
            f"{name} har koordinater i «{pair[0]}» og «{pair[1]}», men sier ikke i hvilket "
            "koordinatsystem.",
            remedy="Oppgi det, for eksempel --crs EPSG:25832 eller «crs:» under «les:» i kart.yml.",
        )
    return gpd.GeoDataFrame(frame, geometry=points, crs=stated)


def _coordinate(values: pd.Series, log: FaultLog) -> NDArray[np.float64]:
    numbers = pd.to_numeric(
        values.astype("str").str.replace(",", ".").str.strip(), errors="coerce"
    ).to_numpy(dtype="float64", na_value=np.nan)
    present = values.notna().to_numpy(dtype=bool)
    for row in np.flatnonzero(present & ~np.isfinite(numbers)):
        text = f"«{values.iloc[row]}» i «{values.name}» er ikke en koordinat."
        log.add("ulesbar_koordinat", text, row=int(row))
    return np.where(present, numbers, np.nan)


def _stated_crs(frame: pd.DataFrame) -> str | None:
    """Return the CRS of a column such as «EPSG-kode» when all rows agree."""
    for name in frame.columns:
        codes = set(frame[name].dropna().astype("str")) if _fold(name) in _EPSG else set()
        if len(codes) == 1:
            return f"EPSG:{codes.pop().removeprefix('EPSG:')}"
    return None


def _degrees_crs(pair: tuple[str, str]) -> str | None:
    return "EPSG:4326" if _fold(pair[0]) in _LONGITUDE else None
