"""A timetable as six tables, whatever file it came from: GTFS or NeTEx.

The tables have the columns and the types of the catalogue's layers, in one order (sorted by key),
so that two feeds that say the same are equal frames and give equal bytes when written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT
from askergeo.crs import transform
from askergeo.numbers import format_number
from askergeo.stores.tables import DTYPES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = [
    "FEED_LAYERS",
    "NO_OPERATOR",
    "REPORT_COLUMNS",
    "TABLES",
    "WGS84",
    "Around",
    "Feed",
    "FeedLog",
    "counted",
    "make_feed",
]

WGS84: Final = "EPSG:4326"
REPORT_COLUMNS: Final = ("regel", "tittel", "lag", "fil", "rad", "handling", "tekst")

# Columns and types of each table, and the columns that tell its rows apart.
TABLES: Final[dict[str, tuple[dict[str, str], tuple[str, ...]]]] = {
    "holdeplass": (
        {"holdeplass_id": "tekst", "navn": "tekst", "transportmiddel": "tekst",
         "stoppested_id": "tekst"},
        ("holdeplass_id",),
    ),
    "rutelinje": (
        {"linje_id": "tekst", "linjenummer": "tekst", "navn": "tekst",
         "transportmiddel": "tekst", "operator": "tekst"},
        ("linje_id",),
    ),
    "rutetur": (
        {"tur_id": "tekst", "linje_id": "tekst", "kalender_id": "tekst", "retning": "heltall",
         "mal": "tekst"},
        ("tur_id",),
    ),
    "ruteavgang": (
        {"tur_id": "tekst", "rekkefolge": "heltall", "holdeplass_id": "tekst",
         "ankomst": "heltall", "avgang": "heltall", "pastigning": "boolsk",
         "avstigning": "boolsk"},
        ("tur_id", "rekkefolge"),
    ),
    "rutedag": ({"kalender_id": "tekst", "dato": "dato"}, ("kalender_id", "dato")),
    "rutebytte": (
        {"fra_holdeplass_id": "tekst", "til_holdeplass_id": "tekst", "sekunder": "heltall",
         "mulig": "boolsk"},
        ("fra_holdeplass_id", "til_holdeplass_id"),
    ),
}  # fmt: skip
FEED_LAYERS: Final = tuple(TABLES)

# How a line without a company is written in GTFS, which wants a name.
NO_OPERATOR: Final = "Ikke oppgitt"

# More rows than this of one rule are told as a number.
_MOST_ROWS: Final = 500


@dataclass(frozen=True, kw_only=True, eq=False)
class Feed:
    """A timetable.

    Parameters
    ----------
    holdeplass
        ``holdeplass_id``, ``navn``, ``transportmiddel``, ``stoppested_id`` and a point each, in
        EPSG:4326 from a reader; any CRS will do for a writer.
    rutelinje, rutetur, ruteavgang, rutedag, rutebytte
        The tables of the layers of those names, without missing keys, sorted by key. Times are
        seconds of the service day in Norwegian time; both are missing or neither.
    report
        What was set aside, expanded, converted or remarked on: columns ``REPORT_COLUMNS``.
        ``rad`` is the row in the file (from 1 under the heading) or the line of an XML file.
    kind
        ``GTFS`` or ``NeTEx``; empty for a feed that was made.
    published
        ISO date that the file states for itself; empty when it does not.
    """

    holdeplass: gpd.GeoDataFrame
    rutelinje: pd.DataFrame
    rutetur: pd.DataFrame
    ruteavgang: pd.DataFrame
    rutedag: pd.DataFrame
    rutebytte: pd.DataFrame
    report: pd.DataFrame = field(default_factory=lambda: FeedLog().frame())
    kind: str = ""
    published: str = ""

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the six tables by the name of their layer."""
        return {name: getattr(self, name) for name in FEED_LAYERS}


def counted(count: int, one: str, many: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, "tur", "turer"), counted(0, "tur", "turer")
    ('1 tur', '0 turer')
    """
    return f"{format_number(count)} {one if count == 1 else many}"


def make_feed(
    *,
    holdeplass: pd.DataFrame,
    rutelinje: pd.DataFrame,
    rutetur: pd.DataFrame,
    ruteavgang: pd.DataFrame,
    rutedag: pd.DataFrame,
    rutebytte: pd.DataFrame | None = None,
    report: pd.DataFrame | None = None,
    kind: str = "",
    published: str = "",
) -> Feed:
    """Give frames with the layers' columns the types and the order of a feed.

    Empty texts become missing, a time that stands alone holds for arrival and departure, leave to
    board and alight that is not stated is given, a transfer that is not stated is possible, and
    one that is not possible has no time. Columns that a frame lacks are missing values; other
    columns are left out. The frames are not changed.
    """
    given = {
        "holdeplass": holdeplass,
        "rutelinje": rutelinje,
        "rutetur": rutetur,
        "ruteavgang": ruteavgang,
        "rutedag": rutedag,
        "rutebytte": pd.DataFrame() if rutebytte is None else rutebytte,
    }
    frames: dict[str, Any] = {name: _typed(name, frame) for name, frame in given.items()}
    times = frames["ruteavgang"]
    times["ankomst"], times["avgang"] = (
        times["ankomst"].fillna(times["avgang"]),
        times["avgang"].fillna(times["ankomst"]),
    )
    for name in ("pastigning", "avstigning"):
        times[name] = times[name].fillna(value=True)
    transfers = frames["rutebytte"]
    transfers["mulig"] = transfers["mulig"].fillna(value=True)
    transfers.loc[~transfers["mulig"].astype(bool), "sekunder"] = pd.NA
    return Feed(
        **frames,
        report=FeedLog().frame() if report is None else report,
        kind=kind,
        published=published,
    )


def _typed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    kinds, keys = TABLES[name]
    columns: dict[str, Any] = {}
    for column, kind in kinds.items():
        if column not in frame.columns:
            columns[column] = pd.Series([None] * len(frame), index=frame.index, dtype=DTYPES[kind])
            continue
        values = frame[column]
        if kind == "tekst":
            values = values.astype(DTYPES["tekst"]).str.strip()
            values = values.mask(values.eq("").fillna(value=False).astype(bool))
        columns[column] = values.astype(DTYPES[kind])
    typed = pd.DataFrame(columns, index=frame.index)
    if name == "holdeplass":
        spatial = isinstance(frame, gpd.GeoDataFrame)
        points = frame.geometry.array if spatial else np.full(len(frame), None, dtype=object)
        crs = frame.crs if spatial and frame.crs is not None else WGS84
        typed = gpd.GeoDataFrame(typed, geometry=np.asarray(points, dtype=object), crs=crs)
    return typed.sort_values(list(keys), kind="stable", ignore_index=True)


@dataclass(frozen=True, kw_only=True)
class Around:
    """The box that a feed is cut to: trips with a stop inside are kept, whole.

    Parameters
    ----------
    box
        West, south, east, north in ``crs``, the margin included.
    crs
        A projected CRS in metres.
    margin
        Metres that the box reaches outside the municipality, for the report.
    """

    box: tuple[float, float, float, float]
    crs: str
    margin: float = 0.0

    def holds(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> Any:  # noqa: ANN401  (an array of truths)
        """Tell which places in WGS84 lie in the box; unknown places do not."""
        inside = np.zeros(len(longitude), dtype=bool)
        known = np.isfinite(longitude) & np.isfinite(latitude)
        points = np.asarray(shapely.points(longitude[known], latitude[known]), dtype=object)
        x, y = shapely.get_coordinates(transform(points, WGS84, self.crs)).T
        west, south, east, north = self.box
        inside[known] = (x >= west) & (x <= east) & (y >= south) & (y <= north)
        return inside


@dataclass
class FeedLog:
    """Collects what a reader found odd; nothing is left out in silence."""

    rows: list[dict[str, object]] = field(default_factory=list)
    counts: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(
        self,
        rule: str,
        title: str,
        text: str,
        *,
        layer: str = "",
        file: str = "",
        row: int | None = None,
        action: str = KEPT,
    ) -> None:
        """Note one thing: ``rule`` is a stable name, ``title`` and ``text`` are bokmål."""
        key = (rule, file)
        self.counts[key] = self.counts.get(key, 0) + 1
        if self.counts[key] > _MOST_ROWS:
            return
        values = (rule, title, layer, file, row, action, text)
        self.rows.append(dict(zip(REPORT_COLUMNS, values, strict=True)))

    def each(
        self,
        rule: str,
        title: str,
        texts: Sequence[str],
        *,
        rows: Sequence[int] | NDArray[np.int64] | None = None,
        **where: str,
    ) -> None:
        """Note many things of one kind, each with its row."""
        numbers: Sequence[int | None]
        numbers = [None] * len(texts) if rows is None else [int(row) for row in rows]
        for text, number in zip(texts, numbers, strict=True):
            self.add(rule, title, text, row=number, **where)

    def frame(self) -> pd.DataFrame:
        """Return the report; what was too much to list is told as a number."""
        rows = list(self.rows)
        titles: Mapping[object, dict[str, object]] = {
            (row["regel"], row["fil"]): row for row in self.rows
        }
        for key, count in self.counts.items():
            if count > _MOST_ROWS:
                text = f"Og {format_number(count - _MOST_ROWS)} til av samme slag."
                rows.append({**titles[key], "rad": None, "tekst": text})
        frame = pd.DataFrame(rows, columns=list(REPORT_COLUMNS))
        return frame.astype(
            {name: DTYPES["tekst"] for name in REPORT_COLUMNS if name != "rad"} | {"rad": "Int64"}
        )
