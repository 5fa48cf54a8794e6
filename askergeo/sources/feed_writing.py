"""Write a timetable as GTFS or NeTEx: the same feed gives the same bytes, and reads back alike."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.crs import crs_name, transform
from askergeo.errors import DataQualityError
from askergeo.sources._feed_modes import ROUTE_TYPES
from askergeo.sources._netex_writing import netex_files
from askergeo.sources.feed import NO_OPERATOR, WGS84, make_feed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from askergeo.sources.feed import Feed

__all__ = ["write_gtfs", "write_netex"]

# What XML 1.0 cannot hold, and what no text in a timetable needs.
_ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
# Ten-millionths of a degree are a centimetre; one more digit keeps a transformed point in place.
_DIGITS: Final = 8


def write_gtfs(feed: Feed, path: str | Path) -> Path:
    """Write a feed as a GTFS zip: stops, routes, trips, times, dates and transfers.

    Stop places become stations, and each stop keeps its means of transport in the column
    ``vehicle_type``. Days are written one by one in ``calendar_dates.txt``. Reading the file
    gives the same tables again; places in another CRS than WGS84 to a hundredth of a millimetre.

    Raises
    ------
    DataQualityError
        When the tables do not fit together: a trip without its line, a time without its stop.
    """
    ready = _checked(feed)
    tables = {
        "agency.txt": _agency(ready),
        "stops.txt": _stops(ready),
        "routes.txt": _routes(ready),
        "trips.txt": _trips(ready),
        "stop_times.txt": _stop_times(ready),
        "calendar_dates.txt": _dates(ready),
    }
    if len(ready.rutebytte):
        tables["transfers.txt"] = _transfers(ready)
    files = {
        name: table.to_csv(index=False, lineterminator="\n").encode()
        for name, table in tables.items()
    }
    return _write_zip(files, Path(path))


def write_netex(feed: Feed, path: str | Path) -> Path:
    """Write a feed as a NeTEx zip in the Nordic profile: shared data and a file a line.

    Stops and their places stand in a site frame of the shared file. A transfer with its time is
    a ``Connection``, one that is not possible a ``TransferRestriction``.

    Raises
    ------
    DataQualityError
        As :func:`write_gtfs`.
    """
    return _write_zip(netex_files(_checked(feed)), Path(path))


def _checked(feed: Feed) -> Feed:
    """Return the feed in WGS84 and in order, its tables fitting together."""
    stops = feed.holdeplass
    if crs_name(stops.crs) != WGS84:
        points = transform(np.asarray(stops.geometry.array), stops.crs.to_wkt(), WGS84)
        rounded = np.round(shapely.get_coordinates(points), _DIGITS)
        known = ~shapely.is_missing(points)
        placed = np.full(len(points), None, dtype=object)
        placed[known] = shapely.points(rounded)
        stops = stops.set_geometry(type(stops.geometry)(placed, index=stops.index, crs=WGS84))
    ready = make_feed(**{**feed.frames(), "holdeplass": stops}, report=feed.report, kind=feed.kind)
    for name, frame in ready.frames().items():
        _require_writable(name, frame)
    _require_known("rutetur", ready.rutetur["linje_id"], ready.rutelinje["linje_id"])
    _require_known("ruteavgang", ready.ruteavgang["tur_id"], ready.rutetur["tur_id"])
    known = ready.holdeplass["holdeplass_id"]
    _require_known("ruteavgang", ready.ruteavgang["holdeplass_id"], known)
    _require_known("rutebytte", ready.rutebytte["fra_holdeplass_id"], known)
    _require_known("rutebytte", ready.rutebytte["til_holdeplass_id"], known)
    return ready


def _require_writable(name: str, frame: pd.DataFrame) -> None:
    for column in frame.columns:
        if not isinstance(frame[column].dtype, pd.StringDtype):
            continue
        illegal = [one for one in frame[column].dropna().unique() if _ILLEGAL.search(one)]
        if illegal:
            row = int(np.flatnonzero(frame[column].isin(illegal))[0]) + 1
            raise DataQualityError(
                f"Laget «{name}», rad {row}: «{column}» har styretegn, som ikke kan skrives i en "
                "rutetabell.",
                remedy="Ta bort tegnene i kilden.",
            )


def _require_known(layer: str, values: pd.Series, known: pd.Series) -> None:
    lost = ~values.isin(known)
    if lost.any():
        row = int(np.flatnonzero(lost)[0])
        raise DataQualityError(
            f"Laget «{layer}», rad {row + 1}: «{values.iloc[row]}» i «{values.name}» finnes ikke i "
            "rutetabellen.",
            remedy="Ta med raden som den viser til, eller ta den ut.",
        )


def _agency(feed: Feed) -> pd.DataFrame:
    names = sorted(feed.rutelinje["operator"].fillna(NO_OPERATOR).unique())
    return pd.DataFrame(
        {
            "agency_id": names,
            "agency_name": names,
            "agency_url": "https://example.org",
            "agency_timezone": "Europe/Oslo",
        }
    )


def _stops(feed: Feed) -> pd.DataFrame:
    stops = feed.holdeplass
    points = np.asarray(stops.geometry.array, dtype=object)
    frame = pd.DataFrame(
        {
            "stop_id": stops["holdeplass_id"],
            "stop_name": stops["navn"],
            "stop_lat": shapely.get_y(points),
            "stop_lon": shapely.get_x(points),
            "location_type": 0,
            "parent_station": stops["stoppested_id"],
            "vehicle_type": stops["transportmiddel"].map(ROUTE_TYPES).astype("Int64"),
        }
    )
    grouped = frame.dropna(subset="parent_station").groupby("parent_station", sort=True)
    stations = pd.DataFrame(
        {
            "stop_name": grouped["stop_name"].first(),
            "stop_lat": grouped["stop_lat"].mean().round(_DIGITS),
            "stop_lon": grouped["stop_lon"].mean().round(_DIGITS),
        }
    ).reset_index(names="stop_id")
    stations = stations[~stations["stop_id"].isin(frame["stop_id"])].assign(location_type=1)
    return pd.concat([stations, frame], ignore_index=True)[list(frame.columns)]


def _routes(feed: Feed) -> pd.DataFrame:
    lines = feed.rutelinje
    return pd.DataFrame(
        {
            "route_id": lines["linje_id"],
            "agency_id": lines["operator"].fillna(NO_OPERATOR),
            "route_short_name": lines["linjenummer"],
            "route_long_name": lines["navn"],
            "route_type": lines["transportmiddel"].map(ROUTE_TYPES).astype("Int64"),
        }
    )


def _trips(feed: Feed) -> pd.DataFrame:
    trips = feed.rutetur
    return pd.DataFrame(
        {
            "route_id": trips["linje_id"],
            "service_id": trips["kalender_id"],
            "trip_id": trips["tur_id"],
            "trip_headsign": trips["mal"],
            "direction_id": trips["retning"],
        }
    )


def _stop_times(feed: Feed) -> pd.DataFrame:
    times = feed.ruteavgang
    return pd.DataFrame(
        {
            "trip_id": times["tur_id"],
            "arrival_time": _clock(times["ankomst"]),
            "departure_time": _clock(times["avgang"]),
            "stop_id": times["holdeplass_id"],
            "stop_sequence": times["rekkefolge"],
            "pickup_type": (~times["pastigning"]).astype("Int64"),
            "drop_off_type": (~times["avstigning"]).astype("Int64"),
        }
    )


def _clock(seconds: pd.Series) -> pd.Series:
    """Write seconds as HH:MM:SS; each distinct time once."""
    texts: Mapping[int, str] = {
        int(one): f"{one // 3600:02d}:{one // 60 % 60:02d}:{one % 60:02d}"
        for one in seconds.dropna().unique()
    }
    return seconds.map(texts)


def _dates(feed: Feed) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "service_id": feed.rutedag["kalender_id"],
            "date": feed.rutedag["dato"].dt.strftime("%Y%m%d"),
            "exception_type": 1,
        }
    )


def _transfers(feed: Feed) -> pd.DataFrame:
    transfers = feed.rutebytte
    possible = transfers["mulig"].to_numpy(dtype=bool)
    timed = transfers["sekunder"].notna().to_numpy(dtype=bool)
    return pd.DataFrame(
        {
            "from_stop_id": transfers["fra_holdeplass_id"],
            "to_stop_id": transfers["til_holdeplass_id"],
            "transfer_type": np.select([~possible, timed], [3, 2], 0),
            "min_transfer_time": transfers["sekunder"],
        }
    )


def _write_zip(files: Mapping[str, bytes], path: Path) -> Path:
    """Write files to a zip that holds no clock, whole or not at all."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return path
