"""Read one text file of a GTFS feed as Arrow tables of texts, a block at a time.

Fields are cut and trimmed as the format's users write them: a byte-order mark, quotes, CRLF,
spaces after commas, columns that nobody knows. A line with the wrong number of fields is set
aside and reported.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv

from askergeo._avvik import KEPT, SET_ASIDE
from askergeo.errors import SourceError
from askergeo.sources._feed_files import visible
from askergeo.stores.tables import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from askergeo.sources._feed_files import FeedFiles
    from askergeo.sources.feed import FeedLog

__all__ = ["ROW", "GtfsFolder", "as_frame", "gtfs_folder"]

# Column with the number of the row in the file, from 1 under the heading.
ROW: Final = "_rad"
# The layer that each file's remarks belong to.
_LAYERS: Final = {
    "stops.txt": "holdeplass",
    "agency.txt": "rutelinje",
    "routes.txt": "rutelinje",
    "trips.txt": "rutetur",
    "frequencies.txt": "rutetur",
    "stop_times.txt": "ruteavgang",
    "calendar.txt": "rutedag",
    "calendar_dates.txt": "rutedag",
    "transfers.txt": "rutebytte",
}
_BLOCK: Final = 16_777_216
_SAMPLE: Final = 65_536
_ROWS: Final = 200_000
# A quote after a space: Arrow would take the quote as a letter and cut at the commas inside.
_LOOSE_QUOTE: Final = re.compile(rb',[ \t]+"')


@dataclass(frozen=True, kw_only=True)
class GtfsFolder:
    """The text files of a GTFS feed, by their plain names."""

    files: FeedFiles
    paths: dict[str, str]
    log: FeedLog

    def __contains__(self, name: object) -> bool:
        return name in self.paths

    def read(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Read columns of a file whole, as texts; an absent file or column is missing values."""
        tables = list(self.blocks(name, columns))
        if not tables:
            return pd.DataFrame({one: pd.Series([], dtype=TEXT) for one in columns}).assign(
                **{ROW: pd.Series([], dtype="int64")}
            )
        return as_frame(pa.concat_tables(tables))

    def blocks(self, name: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns of a file as Arrow tables of trimmed texts, with the row number.

        Raises
        ------
        SourceError
            When the file is no table, or has a column twice.
        """
        if name not in self.paths:
            return
        path = self.paths[name]
        with self.files.open(path) as stream:
            head = stream.read(_SAMPLE)
        header, heading_lines = _heading(head, name)
        if not header:
            return
        loose = bool(_LOOSE_QUOTE.search(head))
        row = 1
        try:
            for block in self._raw(name, header, heading_lines, columns, loose=loose):
                yield _numbered(block, columns, row)
                row += block.num_rows
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            if "UTF8" not in str(error) and not isinstance(error, UnicodeDecodeError):
                raise SourceError(
                    f"{name} i {self.files.path.name} kan ikke leses som tabell: {error}.",
                    remedy="Se etter et anførselstegn som ikke er lukket.",
                ) from error
            raise SourceError(
                f"{name} i {self.files.path.name} er ikke skrevet i UTF-8.",
                remedy="Lagre filen som UTF-8, eller be om en ny fil; GTFS skal være UTF-8.",
            ) from error

    def _raw(
        self,
        name: str,
        header: list[str],
        heading_lines: int,
        columns: Sequence[str],
        *,
        loose: bool,
    ) -> Iterator[pa.Table]:
        with self.files.open(self.paths[name]) as stream:
            if loose:
                yield from self._by_csv(name, stream, header)
            else:
                yield from self._by_arrow(name, stream, header, heading_lines, columns)

    def _by_arrow(
        self, name: str, stream: IO[bytes], header: list[str], lines: int, columns: Sequence[str]
    ) -> Iterator[pa.Table]:
        lost = itertools.count(1)
        shown: list[str] = []

        def set_aside(row: pacsv.InvalidRow) -> str:
            next(lost)
            if len(shown) < 5:  # noqa: PLR2004  (enough to find the fault)
                shown.append(f"«{(row.text or '')[:60]}» har {row.actual_columns} felt")
            return "skip"

        try:
            reader = pacsv.open_csv(
                pa.PythonFile(stream, mode="r"),
                read_options=pacsv.ReadOptions(
                    column_names=header, skip_rows=lines, block_size=_BLOCK, use_threads=False
                ),
                parse_options=pacsv.ParseOptions(
                    newlines_in_values=True, invalid_row_handler=set_aside
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()),
                    include_columns=[one for one in columns if one in header],
                    strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise
        for batch in reader:
            yield pa.Table.from_batches([batch])
        self._tell_lost(name, next(lost) - 1, shown, len(header))

    def _by_csv(self, name: str, stream: IO[bytes], header: list[str]) -> Iterator[pa.Table]:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="")
        reader = csv.reader(text, skipinitialspace=True)
        next(reader, None)
        lost, shown = 0, []
        while rows := list(itertools.islice(reader, _ROWS)):
            whole = [row for row in rows if len(row) == len(header)]
            for row in rows:
                if row and len(row) != len(header):
                    lost += 1
                    shown.append(f"«{','.join(row)[:60]}» har {len(row)} felt")
            fields = list(zip(*whole, strict=True)) or [()] * len(header)
            arrays = [pa.array(list(one), pa.string()) for one in fields]
            yield pa.table(arrays, names=header)
        self._tell_lost(name, lost, shown[:5], len(header))

    def _tell_lost(self, name: str, lost: int, shown: list[str], width: int) -> None:
        if lost:
            self.log.add(
                "feil_antall_felt",
                "Linjer med feil antall felt",
                f"{lost} linjer har ikke {width} felt som overskriften: {'; '.join(shown)}.",
                layer=_LAYERS.get(name, ""),
                file=name,
                action=SET_ASIDE,
            )


def _heading(head: bytes, name: str) -> tuple[list[str], int]:
    """Return the names of the columns, and the lines before the data; blank lines come along."""
    text = head.decode("utf-8-sig", errors="replace")
    lines = 0
    for line in text.splitlines():
        lines += 1
        if line.strip():
            header = [one.strip().casefold() for one in next(csv.reader([line]))]
            break
    else:
        return [], 0
    named = [one or f"kolonne_{place}" for place, one in enumerate(header, start=1)]
    twice = sorted({one for one in named if named.count(one) > 1})
    if twice:
        raise SourceError(
            f"{name} har flere kolonner som heter «{twice[0]}».",
            remedy="Filen er ikke gyldig GTFS; be om en ny.",
        )
    return named, lines


def _numbered(block: pa.Table, columns: Sequence[str], first: int) -> pa.Table:
    """Trim the texts, add the columns that the file lacks, and count the rows."""
    count = block.num_rows
    arrays = [
        pc.utf8_trim_whitespace(block.column(one))
        if one in block.column_names
        else pa.nulls(count, pa.string())
        for one in columns
    ]
    rows = pa.array(range(first, first + count), pa.int64())
    return pa.table([*arrays, rows], names=[*columns, ROW])


def as_frame(table: pa.Table) -> pd.DataFrame:
    """Turn a table of texts into a frame; an empty text is a missing value."""
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.string(): TEXT}.get)
    for name in frame.columns:
        if name != ROW:
            frame[name] = frame[name].mask(frame[name].eq("").fillna(value=False).astype(bool))
    return frame


def gtfs_folder(files: FeedFiles, log: FeedLog) -> GtfsFolder:
    """Find the folder in a zip that the feed's text files are in.

    Raises
    ------
    SourceError
        When there are several feeds, or none.
    """
    texts = [name for name in files.names if visible(name) and name.casefold().endswith(".txt")]
    folders = sorted(
        {
            str(PurePosixPath(name).parent)
            for name in texts
            if PurePosixPath(name).name.casefold() == "stops.txt"
        }
    )
    if len(folders) > 1:
        raise SourceError(
            f"{files.path.name} har flere rutetabeller: {', '.join(folders)}.",
            remedy="Pakk den ut, og legg til én mappe om gangen med --tillegg.",
        )
    if not folders:
        raise SourceError(
            f"{files.path.name} mangler stops.txt.",
            remedy="Er filen ufullstendig? En GTFS-fil har stops.txt, routes.txt, trips.txt, "
            "stop_times.txt og calendar.txt eller calendar_dates.txt.",
        )
    paths = {
        PurePosixPath(name).name.casefold(): name
        for name in texts
        if str(PurePosixPath(name).parent) == folders[0]
    }
    if folders[0] != ".":
        log.add(
            "undermappe", "Filene ligger i en undermappe", f"Lest fra mappen «{folders[0]}».",
            file=files.path.name, action=KEPT,
        )  # fmt: skip
    return GtfsFolder(files=files, paths=paths, log=log)
