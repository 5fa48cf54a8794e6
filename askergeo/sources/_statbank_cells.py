"""From a file of statbank to its cells: one row a figure, with the labels that belong to it.

Three forms: delimited text (in any of statbank's dialects, wide or long), JSON-stat 2, and PX.
Nothing is interpreted here but which column is which.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from askergeo.errors import MissingFileError, SourceError
from askergeo.sources._statbank_px import PX_START, read_px
from askergeo.sources._statbank_words import DIMENSIONS, age_of, contents_of, fold, sex_of, year_of
from askergeo.sources.csvfile import decode
from askergeo.sources.reading import MAX_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["LABELS", "Cells", "read_cells"]

#: The labels of a cell; empty where the table does not have that dimension.
LABELS: Final = ("region", "alder", "kjonn", "aar", "innhold")
_MAX_BYTES: Final = 200_000_000
_MAX_CELLS: Final = 5_000_000
_TITLE_LINES: Final = 100
_SEPARATORS: Final = ("\t", ";", ",", "|")
_LEAST: Final = 2
_SHOWN: Final = 60
_AS_CSV: Final = "Lagre tabellen fra statistikkbanken som CSV (semikolon) eller JSON-stat2."


@dataclass(frozen=True, eq=False)
class Cells:
    """The figures of one file.

    Parameters
    ----------
    name
        Of the file, for messages.
    frame
        One row a figure: the columns :data:`LABELS` (text), ``tall`` (text, or number in JSON) and
        ``rad`` (line in the file; 0 in JSON).
    remarks
        What was passed over, in bokmål.
    """

    name: str
    frame: pd.DataFrame
    remarks: tuple[str, ...] = ()


def read_cells(path: Path) -> Cells:
    """Read the figures of a file with their labels.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SourceError
        When it is too large, no table of persons, or of a form that is not read.
    """
    if not path.is_file():
        raise MissingFileError(f"Finner ikke filen {path}.", remedy="Se etter skrivefeil i navnet.")
    if path.stat().st_size > _MAX_BYTES:
        raise SourceError(
            f"{path.name} er over 200 MB.", remedy="Hent bare de kommunene og årene som trengs."
        )
    raw = path.read_bytes()
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise SourceError(f"{path.name} er et regneark.", remedy=_AS_CSV)
    text = decode(raw)
    start = text.lstrip()[:200]
    if "\x00" in text or start.startswith("<"):
        raise SourceError(f"{path.name} er ikke en tabell i tekst.", remedy=_AS_CSV)
    if PX_START.match(start):
        names, labels, figures = read_px(text, path.name)
        _require_size([len(one) for one in labels], labels, path.name)
        if len(figures) != math.prod(len(one) for one in labels):
            raise SourceError(
                f"{path.name}: antall tall stemmer ikke med dimensjonene.",
                remedy="Hent tabellen på nytt.",
            )
        return _from_grid(names, labels, np.array(figures, dtype=object), path.name)
    return _from_json(text, path.name) if start.startswith("{") else _from_text(text, path.name)


def _from_text(text: str, name: str) -> Cells:
    separator, at, header = _heading(text, name)
    kinds = _kinds(header, name)
    rows, lines, remarks = [], [], []
    for line, row in _rows(text, separator, name):
        if line <= at or not any(cell.strip() for cell in row):
            continue
        # Statbank may end each line with a separator.
        if len(row) > len(header) and not any(cell.strip() for cell in row[len(header) :]):
            row = row[: len(header)]  # noqa: PLW2901  (the same row, cut)
        if len(row) != len(header):
            remarks.append(f"Linje {line} er ikke lest som tall: «{separator.join(row)[:_SHOWN]}».")
            continue
        rows.append(row)
        lines.append(line)
    if not rows:
        raise SourceError(
            f"{name} har ingen rader under overskriften på linje {at}.", remedy=_AS_CSV
        )
    frame = pd.DataFrame(rows, dtype="str")
    kinds = _by_values(frame, header, kinds, name)
    return Cells(name, _melted(frame, header, kinds, np.array(lines)), tuple(remarks))


def _rows(text: str, separator: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise SourceError(
            f"{name} linje {reader.line_num} kan ikke leses: {error}.",
            remedy="Se etter et anførselstegn som ikke er lukket.",
        ) from error


def _heading(text: str, name: str) -> tuple[str, int, list[str]]:
    """Return the separator, the line of the heading and its titles.

    The heading is the first line with a column of ages and another column: titles stand above.
    """
    head = "\n".join(text.splitlines()[:_TITLE_LINES])
    for separator in _SEPARATORS:
        for line, row in _rows(head, separator, name):
            titles = [cell.strip() for cell in row]
            while titles and not titles[-1]:
                titles.pop()
            if len(titles) >= _LEAST and any(fold(one) in DIMENSIONS["alder"] for one in titles):
                if len(titles) > MAX_COLUMNS:
                    raise SourceError(
                        f"{name} har {len(titles)} kolonner.", remedy="Hent færre år om gangen."
                    )
                return separator, line, titles
    raise SourceError(
        f"{name} er ikke en tabell over personer etter alder: fant ingen overskrift med «alder» "
        f"blant de første {_TITLE_LINES} linjene.",
        remedy="Hent tabellen med region, ettårig alder og år, og lagre den som CSV.",
    )


def _kinds(header: Sequence[str], name: str) -> list[str]:
    """Say for each column which dimension it is; empty where its title does not say."""
    kinds = []
    for title in header:
        folded = fold(title)
        found = [kind for kind, names in DIMENSIONS.items() if folded in names]
        # «Personer 2019» and «Alder 2019» hold figures: a year in the title is not a dimension.
        kinds.append(found[0] if found and year_of(title) is None else "")
    twice = sorted({kind for kind in kinds if kind and kinds.count(kind) > 1})
    if twice:
        raise SourceError(
            f"{name} har flere kolonner for {', '.join(twice)}.",
            remedy="Ta bort den ene, for eksempel koden eller teksten.",
        )
    return kinds


def _by_values(
    frame: pd.DataFrame, header: Sequence[str], kinds: list[str], name: str
) -> list[str]:
    """Name what is left: dimensions known by their values, columns of figures (``tall``)."""
    faults = []
    for at, title in enumerate(header):
        if kinds[at]:
            continue
        values = [value.strip() for value in frame[at].unique()]
        if year_of(title) is None and sex_of(title) is None:
            if "aar" not in kinds and all(re.fullmatch(r"(19|20|21)\d\d", one) for one in values):
                kinds[at] = "aar"
                continue
            if "kjonn" not in kinds and all(sex_of(one) and not one.isdigit() for one in values):
                kinds[at] = "kjonn"
                continue
        if _figures(values):
            kinds[at] = "tall"
        elif len(values) == 1:
            kinds[at] = "uten_betydning"
        else:
            faults.append(title or f"nummer {at + 1}")
    if faults:
        raise SourceError(
            f"{name} er delt på noe som ikke er kjent: {', '.join(f'«{one}»' for one in faults)}.",
            remedy="Hent tabellen med bare region, kjønn, ettårig alder og år.",
        )
    if "tall" not in kinds:
        raise SourceError(f"{name} har ingen kolonne med tall.", remedy=_AS_CSV)
    return kinds


def _figures(values: Sequence[str]) -> bool:
    """Whether a column holds figures: most of it starts as one, or says that none is told."""
    like = [bool(re.match(r"-?\d|[.:\-–]*$", value)) for value in values]
    return sum(like) > len(like) / 2


def _melted(
    frame: pd.DataFrame, header: Sequence[str], kinds: Sequence[str], lines: np.ndarray
) -> pd.DataFrame:
    labels = {
        kind: _filled_down(frame[at]).to_numpy(dtype=object)
        for at, kind in enumerate(kinds)
        if kind in LABELS
    }
    columns = [at for at, kind in enumerate(kinds) if kind == "tall"]
    parts = []
    for at in columns:
        part = pd.DataFrame({kind: labels.get(kind, "") for kind in LABELS}, index=frame.index)
        told = _title_labels(header[at], alone=len(columns) == 1)
        for kind, label in told.items():
            if kind not in labels:
                part[kind] = label
        parts.append(part.assign(tall=frame[at].to_numpy(dtype=object), rad=lines))
    return pd.concat(parts, ignore_index=True)


def _filled_down(values: pd.Series) -> pd.Series:
    """Repeat labels that are written once for many rows, as spreadsheets and HTML tables do."""
    stripped = values.str.strip()
    empty = stripped == ""
    if not empty.any() or empty.iloc[0]:
        return stripped
    filled: pd.Series = stripped.mask(empty).ffill()
    return filled


def _title_labels(title: str, *, alone: bool) -> dict[str, str]:
    """Labels that a column's title tells: «Menn Personer 2019»."""
    told = {}
    year = year_of(title)
    if year is not None:
        told["aar"] = str(year)
    rest = re.sub(r"(?<!\d)(19|20|21)\d\d(?!\d)", " ", title)
    for word in sorted(_SEX_WORDS, key=len, reverse=True):
        cut = re.sub(rf"(?i)(?<!\w){re.escape(word)}(?!\w)", " ", rest, count=1)
        if cut != rest:
            told["kjonn"], rest = word, cut
            break
    # The title of the only column of figures may be the whole table's: it tells no contents.
    rest = re.sub(r"\s+", " ", rest).strip(" ,:;-–")
    told["innhold"] = rest if not alone or contents_of(rest) in ("hoved", "lav", "hoy") else ""
    return told


_SEX_WORDS: Final = ("Menn", "Kvinner", "Begge kjønn", "Males", "Females", "Men", "Women")


def _from_json(text: str, name: str) -> Cells:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{name} er ikke gyldig JSON.", remedy=_AS_CSV) from error
    # The first form of JSON-stat has the table one step down.
    if "dataset" in content and isinstance(content["dataset"], dict):
        raise SourceError(f"{name} er JSON-stat 1.", remedy="Hent den som JSON-stat2.")
    ids, sizes = content.get("id"), content.get("size")
    if not isinstance(ids, list) or not isinstance(sizes, list) or len(ids) != len(sizes):
        raise SourceError(f"{name} er ikke JSON-stat2.", remedy=_AS_CSV)
    categories = [_category(content, str(one), name) for one in ids]
    _require_size(sizes, categories, name)
    values = _values(content.get("value"), math.prod(sizes), name)
    return _from_grid([str(one) for one in ids], categories, values, name)


def _require_size(sizes: Sequence[int], categories: Sequence[list[str]], name: str) -> None:
    """Refuse a table whose sizes are not those of its labels, or that is too large."""
    if [len(one) for one in categories] != sizes or math.prod(sizes) > _MAX_CELLS:
        raise SourceError(
            f"{name}: antall kategorier stemmer ikke med størrelsen, eller tabellen er for stor.",
            remedy="Hent tabellen på nytt, med færre kommuner eller år.",
        )


def _from_grid(
    ids: Sequence[str], categories: Sequence[list[str]], values: np.ndarray, name: str
) -> Cells:
    """Write the figures of a grid of dimensions, the last of them fastest, as rows."""
    labels: dict[str, list[str]] = {}
    grid = list(itertools.product(*categories))
    for at, one in enumerate(ids):
        kind = _dimension(one, categories[at])
        if len(categories[at]) == 1 and not kind:
            continue
        if not kind or kind in labels:
            raise SourceError(
                f"{name} er delt på noe som ikke er kjent: «{one}».",
                remedy="Hent tabellen med bare region, kjønn, ettårig alder og år.",
            )
        labels[kind] = [row[at] for row in grid]
    if "alder" not in labels:
        raise SourceError(f"{name} er ikke delt på alder.", remedy="Hent den med ettårig alder.")
    frame = pd.DataFrame({kind: labels.get(kind, "") for kind in LABELS}, index=range(len(grid)))
    return Cells(name, frame.assign(tall=values, rad=0))


def _dimension(name: str, labels: Sequence[str]) -> str:
    named = next((kind for kind, names in DIMENSIONS.items() if fold(name) in names), "")
    if named:
        return named
    if all(re.fullmatch(r"(19|20|21)\d\d", one) for one in labels):
        return "aar"
    return "alder" if len(labels) > 1 and all(age_of(one) for one in labels) else ""


def _category(content: dict[str, Any], one: str, name: str) -> list[str]:
    """Labels of a dimension in order; a region's code before its name."""
    try:
        category = content["dimension"][one]["category"]
        index = category.get("index", category.get("label"))
        codes = sorted(index, key=lambda code: index[code]) if isinstance(index, dict) else index
        if category.get("index") is None:
            codes = list(category["label"])
        texts = category.get("label") or {}
        with_code = fold(one) in DIMENSIONS["region"]
        return [
            f"{code} {texts.get(code, '')}".strip() if with_code else str(texts.get(code, code))
            for code in map(str, codes)
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{name}: dimensjonen «{one}» er ikke beskrevet.", remedy="Hent tabellen på nytt."
        ) from error


def _values(value: Any, size: int, name: str) -> np.ndarray:  # noqa: ANN401  (whatever JSON holds)
    filled = np.full(size, None, dtype=object)
    if isinstance(value, list) and len(value) == size:
        filled[:] = value
        return filled
    places = list(value) if isinstance(value, dict) else [""]
    if not all(place.isascii() and place.isdigit() and int(place) < size for place in places):
        raise SourceError(
            f"{name}: antall tall stemmer ikke med «size».", remedy="Hent tabellen på nytt."
        )
    filled[np.array([int(place) for place in places], dtype=np.int64)] = list(value.values())
    return filled
