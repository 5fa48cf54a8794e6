"""A new stop on a line that is there: which trips call at it, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.errors import ParameterError
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.transport._measure_rows import Tables, find_line, free_id, line_name, slug, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.transport.measures import NewStop

    Numbers = NDArray[np.float64]

__all__ = ["BOATS", "add_stop", "patterns_of", "stop_points", "times_of"]

#: Modes that lie still longer.
BOATS = ("hurtigbat", "ferge")


class _Place(NamedTuple):
    """Where a stop is put in a pattern: after call ``at``, and the distances around it, metres."""

    at: int
    before: float
    after: float
    between: float

    @property
    def detour(self) -> float:
        return self.before + self.after - self.between


def add_stop(tables: Tables, stop: NewStop, parameters: Parameters) -> tuple[Tables, list[str]]:
    """Let the trips of a line that pass by call at a new stop.

    In each sequence of stops the new one is put between the two neighbours where the detour in a
    straight line is least. The trip keeps its speed there: the ride between the two grows as the
    way does, the trip stands at the stop, and everything after it comes that much later.

    Parameters
    ----------
    tables
        The timetable.
    stop
        The stop.
    parameters
        ``rutetiltak_omveg_m`` and ``rutetiltak_opphold_…`` of the set ``nullvekst_tiltak``.

    Returns
    -------
    Tables, list of str
        The changed timetable, and what was done.

    Raises
    ------
    ParameterError
        When the line is unknown, or does not pass by.
    """
    line = find_line(tables.rutelinje, stop.line)
    mode = str(_row(tables.rutelinje, "linje_id", line)["transportmiddel"])
    trips = tables.rutetur[tables.rutetur["linje_id"].astype(str) == line]
    calls = tables.ruteavgang[tables.ruteavgang["tur_id"].isin(trips["tur_id"])]
    calls = calls.sort_values(["tur_id", "rekkefolge"], kind="stable")
    patterns = patterns_of(calls)
    points = stop_points(tables.holdeplass)
    places = {key: _place(key, points, (stop.x, stop.y)) for key in patterns}
    limit = float(parameters["rutetiltak_omveg_m"])
    fit = {key: place for key, place in places.items() if place and place.detour <= limit}
    if not fit:
        raise _too_far(tables, line, stop, places)
    quays = _quays(tables, trips, calls, stop)
    direction = _directions(trips)
    wait = int(parameters["rutetiltak_opphold_bat_s" if mode in BOATS else "rutetiltak_opphold_s"])
    changed = [
        _inserted(calls, patterns[key], place, quays, direction, wait) for key, place in fit.items()
    ]
    kept = tables.ruteavgang[~tables.ruteavgang["tur_id"].isin(
        [trip for key in fit for trip in patterns[key]])]  # fmt: skip
    bare = Tables(tables.holdeplass, tables.rutelinje, tables.rutetur,
                  kept.reset_index(drop=True), tables.rutedag)  # fmt: skip
    result = bare.having(stops=_stop_rows(tables, stop, mode, quays), calls=pd.concat(changed))
    return result, _told(tables, line, stop, places, fit, patterns)


def patterns_of(calls: pd.DataFrame) -> dict[tuple[str, ...], list[str]]:
    """Trips by the sequence of stops that they call at; the calls are in order."""
    sequences = calls.groupby("tur_id", sort=False)["holdeplass_id"].agg(tuple)
    found: dict[tuple[str, ...], list[str]] = {}
    for trip, sequence in sequences.items():
        found.setdefault(tuple(map(str, sequence)), []).append(str(trip))
    return found


def stop_points(stops: gpd.GeoDataFrame) -> dict[str, tuple[float, float]]:
    """Coordinates of each stop; NaN where it has none."""
    shapes = geometries(stops)
    return {
        str(one): (float(x), float(y))
        for one, x, y in zip(
            stops["holdeplass_id"], shapely.get_x(shapes), shapely.get_y(shapes), strict=True
        )
    }


def _row(frame: pd.DataFrame, column: str, value: str) -> pd.Series:
    return frame[frame[column].astype(str) == value].iloc[0]


def _place(
    sequence: tuple[str, ...], points: Mapping[str, tuple[float, float]], at: tuple[float, float]
) -> _Place | None:
    """Find the neighbours between which the detour is least; None when no two have a place."""
    xy = np.array([points.get(one, (np.nan, np.nan)) for one in sequence])
    away = np.hypot(*(xy - np.array(at)).T)
    between = np.hypot(*np.diff(xy, axis=0).T)
    detour = away[:-1] + away[1:] - between
    if not len(detour) or np.isnan(detour).all():
        return None
    k = int(np.nanargmin(detour))
    return _Place(k, float(away[k]), float(away[k + 1]), float(between[k]))


def _too_far(
    tables: Tables, line: str, stop: NewStop, places: Mapping[tuple[str, ...], _Place | None]
) -> ParameterError:
    known = {key: place for key, place in places.items() if place}
    name = line_name(tables.rutelinje, line)
    if not known:
        return ParameterError(
            f"Linje {name} har ingen turer mellom holdeplasser med kjent sted.",
            remedy="Se «askergeo nullvekst kollektiv»: den viser hva som er feil i rutetabellen.",
        )
    key = min(known, key=lambda one: known[one].detour)
    place = known[key]
    stops = tables.holdeplass.set_index(tables.holdeplass["holdeplass_id"].astype(str))
    names = [_title(stops, key[place.at + step]) for step in (0, 1)]
    return ParameterError(
        f"«{stop.name}» ligger ikke langs linje {name}: den minste omvegen er "
        f"{format_number(place.detour, unit='m')}, mellom {names[0]} og {names[1]}.",
        remedy="Flytt stoppet, velg en annen linje, eller øk rutetiltak_omveg_m.",
    )


def _title(stops: gpd.GeoDataFrame, one: str) -> str:
    if one not in stops.index or "navn" not in stops or pd.isna(stops.loc[one, "navn"]):
        return f"«{one}»"
    return f"«{stops.loc[one, 'navn']}»"


def _directions(trips: pd.DataFrame) -> dict[str, int]:
    """Direction of each trip; the first where it is not told."""
    if "retning" not in trips:
        return {}
    known = pd.to_numeric(trips["retning"]).fillna(0).astype(int)
    return dict(zip(trips["tur_id"].astype(str), known, strict=True))


def _quays(
    tables: Tables, trips: pd.DataFrame, calls: pd.DataFrame, stop: NewStop
) -> dict[int, str]:
    """Ids of the stop by direction: one for both where the line's own stops serve both."""
    taken = set(tables.holdeplass["holdeplass_id"].astype(str))
    base = free_id(f"NY-{slug(stop.name)}", taken)
    direction = _directions(trips)
    way = calls["tur_id"].astype(str).map(direction).fillna(0).astype(int)
    served = calls["holdeplass_id"].groupby(way).agg(set)
    if len(served) < 2 or served.iloc[0] & served.iloc[1]:  # noqa: PLR2004  (two directions)
        return {0: base, 1: base}
    return {0: base, 1: free_id(f"{base}-B", taken)}


def _stop_rows(
    tables: Tables, stop: NewStop, mode: str, quays: Mapping[int, str]
) -> gpd.GeoDataFrame:
    ids = list(dict.fromkeys(quays.values()))
    data = {
        "holdeplass_id": ids,
        "navn": stop.name,
        "transportmiddel": mode,
        "stoppested_id": ids[0],
    }
    return gpd.GeoDataFrame(
        pd.DataFrame(data), geometry=[shapely.Point(stop.x, stop.y)] * len(ids),
        crs=tables.holdeplass.crs,
    )  # fmt: skip


def times_of(calls: pd.DataFrame, trips: list[str], count: int) -> tuple[Numbers, Numbers]:
    """Arrivals and departures of the trips of a pattern, (t, n) each; NaN where there is none."""
    mine = calls[calls["tur_id"].isin(trips)]
    order = {trip: at for at, trip in enumerate(trips)}
    row = mine["tur_id"].astype(str).map(order).to_numpy(dtype=np.intp)
    column = mine.groupby("tur_id", sort=False).cumcount().to_numpy()
    found = []
    for name in ("ankomst", "avgang"):
        table = np.full((len(trips), count), np.nan)
        table[row, column] = mine[name].to_numpy(dtype=np.float64, na_value=np.nan)
        found.append(table)
    return found[0], found[1]


def _full(arrive: Numbers, depart: Numbers) -> tuple[Numbers, Numbers]:
    """Fill in the times: a missing one is the other, or in equal steps between its neighbours."""
    first = np.where(np.isnan(arrive), depart, arrive)
    last = np.where(np.isnan(depart), arrive, depart)
    steps = np.arange(first.shape[1], dtype=np.float64)
    for row in np.flatnonzero(np.isnan(first).any(axis=1)):
        known = ~np.isnan(first[row])
        if known.any():
            gap = np.interp(steps, steps[known], (first[row] + last[row])[known] / 2)
            first[row] = np.where(known, first[row], gap)
            last[row] = np.where(known, last[row], gap)
    return first, last


def _inserted(  # noqa: PLR0917  (the calls, and how they change)
    calls: pd.DataFrame,
    trips: list[str],
    place: _Place,
    quays: Mapping[int, str],
    direction: Mapping[str, int],
    wait: int,
) -> pd.DataFrame:
    """Return all calls of the trips of a pattern, with the new one among them."""
    mine = calls[calls["tur_id"].isin(trips)].copy()
    count = len(mine) // len(trips)
    first, last = _full(*times_of(calls, trips, count))
    ride = np.maximum(first[:, place.at + 1] - last[:, place.at], 0.0)
    around = place.before + place.after
    longer = around / place.between if place.between > 0 else 1.0
    share = place.before / around if around > 0 else 0.5
    come = last[:, place.at] + np.round(ride * longer * share)
    later = np.round(ride * longer) - ride + wait
    row = mine["tur_id"].astype(str).map({trip: at for at, trip in enumerate(trips)})
    row_at = row.to_numpy(dtype=np.intp)
    step = mine.groupby("tur_id", sort=False).cumcount().to_numpy()
    after = step > place.at
    shift = np.where(after, later[row_at], 0.0)
    for name in ("ankomst", "avgang"):
        moved = mine[name].to_numpy(dtype=np.float64, na_value=np.nan) + shift
        mine[name] = whole(moved).array
    order = mine["rekkefolge"].to_numpy(dtype=np.int64)
    number = order[step == place.at]
    room = order[step == place.at + 1] - number > 1
    of_trip = row_at[step == place.at]
    crowded = np.zeros(len(trips), dtype=bool)
    crowded[of_trip] = ~room
    mine["rekkefolge"] = order + (after & crowded[row_at])
    data: dict[str, Any] = {
        "tur_id": [trips[k] for k in of_trip],
        "rekkefolge": number + 1,
        "holdeplass_id": [quays[direction.get(trips[k], 0)] for k in of_trip],
        "ankomst": whole(come[of_trip]),
        "avgang": whole(come[of_trip] + wait),
    }
    return pd.concat([mine, pd.DataFrame(data).reindex(columns=mine.columns)])


def _told(  # noqa: PLR0917  (what was done)
    tables: Tables,
    line: str,
    stop: NewStop,
    places: Mapping[tuple[str, ...], _Place | None],
    fit: Mapping[tuple[str, ...], _Place],
    patterns: Mapping[tuple[str, ...], list[str]],
) -> list[str]:
    """Say how many trips call at the new stop, and where it lies on each sequence."""
    name = line_name(tables.rutelinje, line)
    stops = tables.holdeplass.set_index(tables.holdeplass["holdeplass_id"].astype(str))
    stops = stops[~stops.index.duplicated()]
    called = sum(len(patterns[key]) for key in fit)
    rest = sum(len(patterns[key]) for key in places if key not in fit)
    at = f"{format_number(stop.x)}, {format_number(stop.y)}"
    count = format_number(called)
    said = [f"Nytt stopp «{stop.name}» ({at}) på linje {name}: {count} turer stopper der."]
    pairs = {
        (key[place.at], key[place.at + 1], round(place.detour)): None for key, place in fit.items()
    }
    said += [
        f"  mellom {_title(stops, one)} og {_title(stops, other)}, omveg "
        f"{format_number(metres, unit='m')} i luftlinje"
        for one, other, metres in pairs
    ]
    if rest:
        said.append(f"  {format_number(rest)} turer på linjen går ikke forbi og er som før.")
    return said
