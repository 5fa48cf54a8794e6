"""Stops, lines, trips, times and transfers of a GTFS feed as the tables of the catalogue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from askergeo._avvik import KEPT, REPAIRED, SET_ASIDE
from askergeo.numbers import format_number
from askergeo.sources._feed_finish import FILE
from askergeo.sources._feed_modes import route_type_mode, route_type_name
from askergeo.sources._gtfs_table import ROW, GtfsFolder, as_frame
from askergeo.sources.feed import NO_OPERATOR, counted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from askergeo.sources.feed import Around

__all__ = [
    "listed",
    "read_calls",
    "read_clock",
    "read_lines",
    "read_stops",
    "read_transfers",
    "read_trips",
    "trips_near",
    "whole_numbers",
]

_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]?\d)(?::([0-5]?\d))?")
_SHOWN: Final = 5
# Deepest that a boarding area stands below its station.
_LEVELS: Final = 3
_ON_DEMAND, _BY_DRIVER, _NOT = "2", "3", "1"


def read_stops(folder: GtfsFolder) -> pd.DataFrame:
    """Read the places where vehicles stop; stations give the others their stop place.

    A station, an entrance or a node is no stop, unless a trip stops there, which is not for this
    function to know: they stand in the table with ``sted`` true.
    """
    names = ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station",
             "vehicle_type"]  # fmt: skip
    raw = folder.read("stops.txt", names)
    kind = raw["location_type"].fillna("0")
    parent = raw["parent_station"]
    above = raw.drop_duplicates("stop_id").set_index("stop_id")["parent_station"]
    for _ in range(_LEVELS):
        # A boarding area belongs to a platform, and that to the station.
        higher = parent.map(above)
        parent = higher.fillna(parent)
    return pd.DataFrame(
        {
            "holdeplass_id": raw["stop_id"],
            "navn": raw["stop_name"],
            "transportmiddel": _modes(raw["vehicle_type"]),
            "stoppested_id": parent,
            "x": _numbers(raw["stop_lon"]),
            "y": _numbers(raw["stop_lat"]),
            "sted": kind.isin(["1", "2", "3"]),
            FILE: "stops.txt",
            "_rad": raw[ROW],
        }
    )


def _numbers(texts: pd.Series) -> pd.Series:
    """Read each distinct number exactly; a decimal comma is a point."""

    def read(text: str) -> float:
        try:
            return float(text.replace(",", "."))
        except ValueError:
            return np.nan

    known = {text: read(text) for text in texts.dropna().unique()}
    return texts.map(known).astype("float64")


def whole_numbers(texts: pd.Series) -> pd.Series:
    known = {text: int(text) for text in texts.dropna().unique() if text.isdecimal()}
    return texts.map(known).astype("Int64")


def _modes(texts: pd.Series) -> pd.Series:
    known = {
        text: route_type_mode(int(text)) for text in texts.dropna().unique() if text.isdecimal()
    }
    return texts.map(known).astype("str").where(texts.map(known).notna())


def read_lines(folder: GtfsFolder) -> tuple[pd.DataFrame, pd.Series]:
    """Read the lines, and the time zone of each (by ``linje_id``).

    Lines of a kind that the catalogue does not know are set aside, told with their number.
    """
    log = folder.log
    agencies = folder.read("agency.txt", ["agency_id", "agency_name", "agency_timezone"])
    raw = folder.read(
        "routes.txt",
        ["route_id", "agency_id", "route_short_name", "route_long_name", "route_type"],
    )
    only = agencies["agency_id"].iloc[0] if len(agencies) == 1 else None
    agency = raw["agency_id"].fillna(only) if only is not None else raw["agency_id"]
    if len(agencies) == 1 and only is None:
        name = pd.Series(agencies["agency_name"].iloc[0], index=raw.index)
        zone = pd.Series(agencies["agency_timezone"].iloc[0], index=raw.index)
    else:
        by_id = agencies.drop_duplicates("agency_id").set_index("agency_id")
        name, zone = agency.map(by_id["agency_name"]), agency.map(by_id["agency_timezone"])
    if zone.isna().any():
        known = agencies["agency_timezone"].dropna()
        usual = known.iloc[0] if len(known) else "Europe/Oslo"
        if not len(known):
            log.add(
                "uten_tidssone", "Filen sier ikke tidssonen",
                "agency.txt mangler eller har ingen tidssone; tidene er lest som norsk tid.",
                layer="ruteavgang", file="agency.txt", action=KEPT,
            )  # fmt: skip
        zone = zone.fillna(usual)
    mode = _modes(raw["route_type"])
    lines = pd.DataFrame(
        {
            "linje_id": raw["route_id"],
            "linjenummer": raw["route_short_name"],
            "navn": raw["route_long_name"],
            "transportmiddel": mode,
            "operator": name.mask(name == NO_OPERATOR),
            FILE: "routes.txt",
            "_rad": raw[ROW],
            "type": raw["route_type"],
        }
    )
    _tell_of_types(lines, folder)
    zones = pd.Series(zone.to_numpy(), index=raw["route_id"].to_numpy())
    return lines, zones[~zones.index.duplicated()]


def _tell_of_types(lines: pd.DataFrame, folder: GtfsFolder) -> None:
    unknown = lines["transportmiddel"].isna()
    rows = lines[unknown].fillna({"type": ""})
    columns = (rows[one] for one in ("linje_id", "type", "_rad"))
    for identity, number, place in zip(*columns, strict=True):
        name = route_type_name(int(number)) if number.isdecimal() else ""
        folder.log.add(
            "ukjent_transporttype", "Linjen er av et slag som ikke er med",
            f"{identity}: type {number or '(tom)'}{f' ({name})' if name else ''}. Linjen og "
            "turene er ikke med.",
            layer="rutelinje", file="routes.txt", row=int(place), action=SET_ASIDE,
        )  # fmt: skip
    ferries = int(lines["type"].eq("4").sum())
    if ferries:
        folder.log.add(
            "bat_uten_slag", "Båter uten slag",
            f"{counted(ferries, 'linje', 'linjer')}"
            " har typen 4 (båt), som ikke skiller hurtigbåt fra ferge; de er "
            "lest som ferge.",
            layer="rutelinje", file="routes.txt", action=KEPT,
        )  # fmt: skip


def read_trips(folder: GtfsFolder, lines: pd.DataFrame) -> pd.DataFrame:
    """Read the trips of the lines that are kept."""
    names = ["trip_id", "route_id", "service_id", "direction_id", "trip_headsign"]
    raw = folder.read("trips.txt", names)
    wanted = lines.loc[lines["transportmiddel"].notna(), "linje_id"]
    known = raw["route_id"].isin(lines["linje_id"])
    if not known.all():
        lost = raw.loc[~known, "route_id"].fillna("(tom)").drop_duplicates()
        folder.log.add(
            "ukjent_linje", "Turer uten linje",
            f"{counted(int((~known).sum()), 'tur', 'turer')} viser til linjer som ikke er i "
            f"routes.txt: {listed(lost)}.",
            layer="rutetur", file="trips.txt", action=SET_ASIDE,
        )  # fmt: skip
    other = known & ~raw["route_id"].isin(wanted)
    if other.any():
        folder.log.add(
            "ukjent_transporttype_turer", "Turer på linjer som ikke er med",
            f"{counted(int(other.sum()), 'tur', 'turer')}.",
            layer="rutetur", file="trips.txt", action=SET_ASIDE,
        )  # fmt: skip
    raw = raw[known & ~other]
    direction = whole_numbers(raw["direction_id"])
    return pd.DataFrame(
        {
            "tur_id": raw["trip_id"],
            "linje_id": raw["route_id"],
            "kalender_id": raw["service_id"],
            "retning": direction.where(direction.isin([0, 1])),
            "mal": raw["trip_headsign"],
            FILE: "trips.txt",
            "_rad": raw[ROW],
        }
    )


def listed(values: Iterable[Any]) -> str:
    names = list(map(str, values))
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def trips_near(folder: GtfsFolder, stops: pd.DataFrame, around: Around) -> pa.Array:
    """Return the trips with a stop in the box, streaming two columns of the times."""
    inside = around.holds(stops["x"].to_numpy(float), stops["y"].to_numpy(float))
    near = pa.array(stops.loc[inside, "holdeplass_id"].dropna(), pa.string())
    found: list[pa.Array] = []
    seen: list[pa.Array] = []
    for block in folder.blocks("stop_times.txt", ["trip_id", "stop_id"]):
        touched = pc.filter(block.column("trip_id"), pc.is_in(block.column("stop_id"), near))
        found.append(pc.unique(touched))
        seen.append(pc.unique(block.column("trip_id")))
    every = pc.unique(pa.concat_arrays(seen)) if seen else pa.array([], pa.string())
    kept = pc.unique(pa.concat_arrays(found)) if found else pa.array([], pa.string())
    left = len(every) - len(kept)
    if left:
        folder.log.add(
            "avgrenset_turer", "Turer som ikke stopper i eller nær kommunen",
            f"{format_number(left)} av {counted(len(every), 'tur', 'turer')}"
            " i filen har ingen stopp "
            f"innenfor {format_number(around.margin / 1000, 1)} km fra rektangelet rundt "
            "kommunen, og er ikke med.",
            layer="rutetur", file="stop_times.txt", action=SET_ASIDE,
        )  # fmt: skip
    return kept


def read_calls(folder: GtfsFolder, trips: pa.Array) -> tuple[pd.DataFrame, set[str]]:
    """Read the times of the wanted trips; the rest of the file passes by.

    Returns
    -------
    tuple
        The times, and the trips that were set aside because they must be ordered.
    """
    names = ["trip_id", "stop_sequence", "stop_id", "arrival_time", "departure_time",
             "pickup_type", "drop_off_type"]  # fmt: skip
    kept = [
        block.filter(pc.is_in(block.column("trip_id"), trips))
        for block in folder.blocks("stop_times.txt", names)
    ]
    raw = as_frame(pa.concat_tables(kept)) if kept else folder.read("stop_times.txt", names)
    every = raw["trip_id"]
    raw = _without_areas(raw, folder)
    order = whole_numbers(raw["stop_sequence"])
    if order.isna().any():
        lost = order.isna()
        folder.log.add(
            "uten_rekkefolge", "Stopptider uten rekkefølge",
            f"{counted(int(lost.sum()), 'stopptid', 'stopptider')}"
            " har ikke stop_sequence som tall: "
            f"{listed(raw.loc[lost, 'trip_id'].drop_duplicates())}.",
            layer="ruteavgang", file="stop_times.txt", row=int(raw.loc[lost, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
        raw, order = raw[~lost], order[~lost]
    pickup, drop = raw["pickup_type"].fillna("0"), raw["drop_off_type"].fillna("0")
    calls = pd.DataFrame(
        {
            "tur_id": raw["trip_id"],
            "rekkefolge": order,
            "holdeplass_id": raw["stop_id"],
            "ankomst": read_clock(raw, "arrival_time", folder),
            "avgang": read_clock(raw, "departure_time", folder),
            "pastigning": ~pickup.isin([_NOT, _ON_DEMAND]),
            "avstigning": ~drop.isin([_NOT, _ON_DEMAND]),
        }
    )
    calls["ankomst"], calls["avgang"] = (
        calls["ankomst"].fillna(calls["avgang"]),
        calls["avgang"].fillna(calls["ankomst"]),
    )
    calls = _without_on_demand(calls, pickup, drop, folder)
    return calls, set(every) - set(calls["tur_id"])


def _without_areas(raw: pd.DataFrame, folder: GtfsFolder) -> pd.DataFrame:
    """Leave out the rows of flexible trips that name an area and not a stop."""
    area = raw["stop_id"].isna()
    if area.any():
        folder.log.add(
            "uten_fast_stopp", "Stopp uten holdeplass",
            f"{counted(int(area.sum()), 'stopptid', 'stopptider')}"
            " har ingen holdeplass, men et område "
            f"(turer som må bestilles): {listed(raw.loc[area, 'trip_id'].drop_duplicates())}.",
            layer="ruteavgang", file="stop_times.txt", row=int(raw.loc[area, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    return raw[~area]


def read_clock(raw: pd.DataFrame, column: str, folder: GtfsFolder) -> pd.Series:
    """Read times of the day; each distinct text once."""
    known: dict[str, int] = {}
    wrong: list[str] = []
    for text in raw[column].dropna().unique():
        found = _CLOCK.fullmatch(text)
        if found:
            hours, minutes, seconds = (int(part or 0) for part in found.groups())
            known[text] = hours * 3600 + minutes * 60 + seconds
        else:
            wrong.append(text)
    if wrong:
        bad = raw[column].isin(wrong)
        folder.log.add(
            "ulesbar_tid", "Tiden kan ikke leses",
            f"{counted(int(bad.sum()), 'verdi', 'verdier')} i {column} er ikke på formen TT:MM:SS: "
            f"{listed(wrong)}. De regnes som uten tid.",
            layer="ruteavgang", file="stop_times.txt", row=int(raw.loc[bad, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    return raw[column].map(known).astype("Int64")


def _without_on_demand(
    calls: pd.DataFrame, pickup: pd.Series, drop: pd.Series, folder: GtfsFolder
) -> pd.DataFrame:
    """Set aside trips where every boarding must be ordered, and tell of single such stops."""
    log = folder.log
    ordered = pickup.eq(_ON_DEMAND)
    fixed = calls["pastigning"].groupby(calls["tur_id"]).transform("any")
    wanted = ordered.groupby(calls["tur_id"]).transform("any") & ~fixed
    if wanted.any():
        names = calls.loc[wanted, "tur_id"].drop_duplicates()
        log.add(
            "bestillingstur", "Turer som må bestilles",
            f"{counted(len(names), 'tur', 'turer')} tar bare med reisende som har bestilt: "
            f"{listed(names)}. De er ikke med.",
            layer="rutetur", file="stop_times.txt", action=SET_ASIDE,
        )  # fmt: skip
    single = (ordered | drop.eq(_ON_DEMAND)) & ~wanted
    if single.any():
        log.add(
            "bestillingsstopp", "Stopp som må bestilles",
            f"{format_number(int(single.sum()))} stopp på faste turer må bestilles på forhånd; de "
            "regnes som uten på- eller avstigning: "
            f"{listed(calls.loc[single, 'tur_id'].drop_duplicates())}.",
            layer="ruteavgang", file="stop_times.txt", action=KEPT,
        )  # fmt: skip
    asked = (pickup.eq(_BY_DRIVER) | drop.eq(_BY_DRIVER)) & ~wanted
    if asked.any():
        log.add(
            "avtale_med_forer", "Stopp etter avtale med føreren",
            f"{format_number(int(asked.sum()))} stopp på turer; de regnes som vanlige stopp.",
            layer="ruteavgang", file="stop_times.txt", action=KEPT,
        )  # fmt: skip
    return calls[~wanted]


def read_transfers(folder: GtfsFolder, stops: pd.DataFrame) -> pd.DataFrame:
    """Read the transfers between stops; those between stations hold for all their stops."""
    names = ["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", "from_route_id",
             "to_route_id", "from_trip_id", "to_trip_id"]  # fmt: skip
    raw = folder.read("transfers.txt", names)
    kind = raw["transfer_type"].fillna("0")
    narrow = raw[names[4:]].notna().any(axis=1) | kind.isin(["4", "5"])
    if narrow.any():
        folder.log.add(
            "bytte_mellom_turer", "Bytter som bare gjelder bestemte turer eller linjer",
            f"{counted(int(narrow.sum()), 'rad', 'rader')}"
            " er ikke med; for de turene regnes vanlig "
            "bytte.",
            layer="rutebytte", file="transfers.txt", row=int(raw.loc[narrow, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    known = kind.isin(["0", "1", "2", "3"])
    if not (known | narrow).all():
        odd = ~(known | narrow)
        folder.log.add(
            "ukjent_bytte", "Bytter av ukjent slag",
            f"transfer_type er {listed(kind[odd].unique())}; "
            f"{counted(int(odd.sum()), 'rad', 'rader')} er ikke med.",
            layer="rutebytte", file="transfers.txt", row=int(raw.loc[odd, ROW].iloc[0]),
            action=SET_ASIDE,
        )  # fmt: skip
    raw, kind = raw[known & ~narrow], kind[known & ~narrow]
    rows = pd.DataFrame(
        {
            "fra_holdeplass_id": raw["from_stop_id"],
            "til_holdeplass_id": raw["to_stop_id"],
            "sekunder": whole_numbers(raw["min_transfer_time"]).where(kind.eq("2")),
            "mulig": ~kind.eq("3"),
        }
    )
    return _between_stops(rows, stops, folder)


def _between_stops(rows: pd.DataFrame, stops: pd.DataFrame, folder: GtfsFolder) -> pd.DataFrame:
    """Spread transfers of stations over their stops; what is said of the stops themselves wins."""
    real = stops[~stops["sted"]]
    inside = real.dropna(subset="stoppested_id")[["stoppested_id", "holdeplass_id"]]
    own = pd.DataFrame(
        {"stoppested_id": real["holdeplass_id"], "holdeplass_id": real["holdeplass_id"]}
    )
    places = pd.concat([own, inside[~inside["stoppested_id"].isin(own["stoppested_id"])]])
    spread = rows.assign(steg=0)
    for end in ("fra", "til"):
        column = f"{end}_holdeplass_id"
        station = ~spread[column].isin(real["holdeplass_id"])
        spread = spread.assign(steg=spread["steg"] + station.astype(int)).merge(
            places.rename(columns={"holdeplass_id": "ny"}), left_on=column,
            right_on="stoppested_id",
        )  # fmt: skip
        spread[column] = spread["ny"]
        spread = spread.drop(columns=["ny", "stoppested_id"])
    ordered = spread.sort_values("steg", kind="stable")
    keys = ["fra_holdeplass_id", "til_holdeplass_id"]
    doubled = ordered.duplicated([*keys, "steg"])
    if doubled.any():
        folder.log.add(
            "dobbelt_bytte", "Samme bytte flere ganger",
            f"{counted(int(doubled.sum()), 'bytte', 'bytter')}"
            " står flere ganger; det første gjelder.",
            layer="rutebytte", file="transfers.txt", action=REPAIRED,
        )  # fmt: skip
    return ordered.drop_duplicates(keys)[list(rows.columns)]
