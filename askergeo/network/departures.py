"""Departures an hour at each stop place, by means of transport, out of a day's timetable.

A departure is a call where one may board and that is not the last of its trip; a trip that calls
several times at the same stop place counts once there, at its first departure. Each line is counted
in the direction that has most departures from the place in the span, and the lines are summed: what
a traveller can choose between who goes one way, not both sides of the road together. Trips whose
direction is not told are sorted by the order in which they call at the places of the line's longest
trip.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.errors import ParameterError
from askergeo.geometry import components, geometries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.network.timetable import Timetable

__all__ = [
    "ALL",
    "DAY_S",
    "HOUR_S",
    "MODES",
    "Span",
    "calls_of",
    "counted",
    "departures_of",
    "departures_per_hour",
    "per_hour",
    "read_span",
    "stop_places",
]

#: Means of transport, as the layers ``rutelinje`` and ``holdeplass`` name them.
MODES: Final = ("buss", "trikk", "tbane", "tog", "hurtigbat", "ferge")
#: Column with the departures an hour of all means of transport.
ALL: Final = "avganger_time"
DAY_S: Final = 86_400
HOUR_S: Final = 3600
_MINUTES: Final = 60
_UNTOLD: Final = -1


@dataclass(frozen=True)
class Span:
    """Part of a day: from the first second up to, not with, the last; it may run past midnight.

    A span past midnight is the two ends of the same date: before ``last_s`` and from ``first_s``.
    """

    first_s: int
    last_s: int

    @property
    def hours(self) -> float:
        """Length in hours."""
        length = (self.last_s - self.first_s) % DAY_S or DAY_S
        return length / HOUR_S

    def holds(self, seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which times of the day are in the span; those outside the date are not."""
        on_date = (seconds >= 0) & (seconds < DAY_S)
        from_first, to_last = seconds >= self.first_s, seconds < self.last_s
        inside = from_first & to_last if self.first_s < self.last_s else from_first | to_last
        return np.asarray(inside & on_date, dtype=np.bool_)


def read_span(text: str, what: str) -> Span:
    """Read a span of the clock.

    Parameters
    ----------
    text
        ``07-09``, ``06:30-09`` or ``23-06``.
    what
        Name of the parameter, for the message.

    Raises
    ------
    ParameterError
        When it is no span.

    Examples
    --------
    >>> read_span("06:30-09", "kollektiv_morgenrush").hours
    2.5
    """
    ends = [_clock(part) for part in text.replace("–", "-").split("-")]
    if len(ends) != 2 or None in ends or ends[0] == ends[1]:  # noqa: PLR2004  (from and to)
        raise ParameterError(
            f"«{what}» = «{text}» er ikke et tidsrom.",
            remedy="Skriv for eksempel 07-09 eller 06:30-09.",
        )
    first, last = (int(one or 0) for one in ends)
    return Span(first % DAY_S, last)


def _clock(text: str) -> int | None:
    """Read a time of day as seconds; ``None`` when it is none."""
    hours, _, minutes = text.strip().partition(":")
    if not hours.isdigit() or not (minutes.isdigit() or not minutes):
        return None
    seconds = int(hours) * HOUR_S + int(minutes or 0) * _MINUTES
    return seconds if int(minutes or 0) < _MINUTES and seconds <= DAY_S else None


def stop_places(holdeplass: gpd.GeoDataFrame, *, near_m: float) -> pd.Series:
    """Group stops (quays) into stop places.

    Those with the same ``stoppested_id`` are one place. Of those without, stops of the same means
    of transport and the same name that follow each other within a distance are one, which is named
    after the first of their ids. A stop that has neither is a place of its own.

    Parameters
    ----------
    holdeplass
        The layer; of a repeated ``holdeplass_id`` the first row counts.
    near_m
        Longest straight line between stops of one place, metres.

    Returns
    -------
    pandas.Series
        Id of the stop place by ``holdeplass_id``.
    """
    own = holdeplass.drop_duplicates("holdeplass_id")
    ids = own["holdeplass_id"].astype(str).to_numpy(dtype=object)
    place = np.full(len(own), None, dtype=object)
    if "stoppested_id" in own:
        told = own["stoppested_id"].notna().to_numpy()
        place[told] = own["stoppested_id"][told].astype(str).to_numpy(dtype=object)
    left = np.flatnonzero(pd.isna(place))
    if len(left):
        group = _groups(own.iloc[left], near_m)
        first = pd.Series(ids[left]).groupby(group).transform("min")
        place[left] = first.to_numpy(dtype=object)
    return pd.Series(place, index=pd.Index(ids, name="holdeplass_id"), name="sted", dtype=object)


def _groups(stops: gpd.GeoDataFrame, near_m: float) -> NDArray[np.intp]:
    """Join stops of the same name and means of transport that are near each other."""
    points = geometries(stops)
    there = ~(shapely.is_missing(points) | shapely.is_empty(points))
    names = stops["navn"] if "navn" in stops else pd.Series(pd.NA, index=stops.index)
    named = there & names.notna().to_numpy()
    key = stops["transportmiddel"].astype(str) + "\n" + names.astype("string").fillna("")
    code = pd.factorize(key)[0]
    rows = np.flatnonzero(named)
    pairs = shapely.STRtree(points[rows]).query(points[rows], predicate="dwithin", distance=near_m)
    one, two = rows[pairs]
    same = code[one] == code[two]
    return components(one[same], two[same], len(stops))


def departures_of(timetable: Timetable, places: pd.Series) -> pd.DataFrame:
    """List the departures of a day that count, one for each trip and stop place.

    Parameters
    ----------
    timetable
        The day.
    places
        Stop place of each ``holdeplass_id`` (`stop_places`).

    Returns
    -------
    pandas.DataFrame
        Columns ``sted``, ``linje_id``, ``transportmiddel``, ``retning`` (0 or 1) and ``avgang_s``,
        seconds of the date. Calls at stops that ``places`` does not know are not there.
    """
    return counted(calls_of(timetable), places)


def calls_of(timetable: Timetable) -> pd.DataFrame:
    """Spread a timetable out as calls, a row each; see `counted` for the columns.

    The means of transport of a line that is not told is that of the stop.
    """
    calls = timetable.calls()
    trip = timetable.trips.iloc[calls["tur"].to_numpy()].reset_index(drop=True)
    stop = calls["stopp"].to_numpy()
    of_stop = timetable.stops["transportmiddel"].iloc[stop].reset_index(drop=True)
    direction = pd.to_numeric(trip["retning"]).to_numpy(dtype=np.float64, na_value=np.nan)
    mode = trip["transportmiddel"].astype("string").fillna(of_stop.astype("string"))
    return pd.DataFrame(
        {
            "tur": calls["tur"].to_numpy(),
            "rekkefolge": calls["nummer"].to_numpy(),
            "holdeplass_id": timetable.stops.index.astype(str).to_numpy(dtype=object)[stop],
            "linje_id": trip["linje_id"].astype(str).to_numpy(dtype=object),
            "transportmiddel": mode.fillna("").to_numpy(dtype=object),
            "retning": np.where(np.isnan(direction), _UNTOLD, np.nan_to_num(direction)).astype(int),
            "avgang_s": calls["avgang"].to_numpy(dtype=np.float64),
            "pastigning": calls["pastigning"].to_numpy(dtype=np.bool_),
        }
    )


def counted(calls: pd.DataFrame, places: pd.Series) -> pd.DataFrame:
    """Keep of all calls of a day the departures that count; see `departures_of`.

    Parameters
    ----------
    calls
        Every call: ``tur``, ``rekkefolge``, ``holdeplass_id``, ``linje_id``, ``transportmiddel``,
        ``retning`` (−1 when not told), ``avgang_s`` (NaN unknown), ``pastigning``.
    places
        Stop place of each ``holdeplass_id``.
    """
    at = calls.assign(sted=calls["holdeplass_id"].map(places))
    at = at.assign(retning=_directions(at))
    last = at["rekkefolge"] == at.groupby("tur")["rekkefolge"].transform("max")
    leaves = ~last & at["pastigning"] & at["avgang_s"].notna() & at["sted"].notna()
    first = at[leaves].sort_values(["tur", "avgang_s", "rekkefolge"], kind="stable")
    first = first.drop_duplicates(["tur", "sted"])
    columns = ["sted", "linje_id", "transportmiddel", "retning", "avgang_s"]
    return first[columns].reset_index(drop=True)


def _directions(calls: pd.DataFrame) -> NDArray[np.int64]:
    """Direction of each call's trip; on lines that do not tell it, by the order of its places."""
    told = calls["retning"].to_numpy(dtype=np.int64)
    open_lines = pd.unique(calls["linje_id"][told == _UNTOLD])
    mine = calls["linje_id"].isin(open_lines).to_numpy()
    if not mine.any():
        return told
    at = calls[mine & calls["sted"].notna().to_numpy()]
    # The trip of most calls tells the order of the line's places.
    size = at.groupby(["linje_id", "tur"], sort=True).size().rename("antall").reset_index()
    longest = size.sort_values(["linje_id", "antall", "tur"], ascending=[True, False, True])
    model = longest.drop_duplicates("linje_id")["tur"]
    order = at[at["tur"].isin(model)].groupby(["linje_id", "sted"])["rekkefolge"].mean()
    joined = at.join(order.rename("modell"), on=["linje_id", "sted"]).dropna(subset=["modell"])
    means = joined.groupby("tur")[["rekkefolge", "modell"]].transform("mean")
    product = (joined["rekkefolge"] - means["rekkefolge"]) * (joined["modell"] - means["modell"])
    backward = product.groupby(joined["tur"]).sum() < 0
    found = told.copy()
    found[mine] = calls["tur"][mine].map(backward).fillna(value=False).astype(np.int64)
    return found


def per_hour(
    departures: pd.DataFrame, spans: Sequence[Span] | Span, places: Sequence[Any] | pd.Index
) -> pd.DataFrame:
    """Count the departures an hour of each stop place in a span: lines summed, busier direction.

    Parameters
    ----------
    departures
        As `departures_of` gives them.
    spans
        The span, or several that are counted as one.
    places
        The stop places of the answer.

    Returns
    -------
    pandas.DataFrame
        Index ``places``; ``avganger_time`` and a column for each of `MODES`; 0 where none leaves.
    """
    parts = [spans] if isinstance(spans, Span) else list(spans)
    seconds = departures["avgang_s"].to_numpy(dtype=np.float64)
    inside = np.any([part.holds(seconds) for part in parts], axis=0)
    keys = ["sted", "linje_id", "transportmiddel"]
    by_direction = departures[inside].groupby([*keys, "retning"], observed=True).size()
    busier = by_direction.groupby(keys).max()
    index = pd.Index(places, name="sted", dtype=object)
    hours = sum(part.hours for part in parts)
    by_place = busier.groupby("sted").sum()
    columns = {ALL: by_place.reindex(index, fill_value=0) / hours}
    mode = busier.index.get_level_values("transportmiddel")
    for name in MODES:
        of_mode = busier[mode == name].groupby("sted").sum()
        columns[name] = of_mode.reindex(index, fill_value=0) / hours
    return pd.DataFrame(columns, index=index, dtype=np.float64)


def departures_per_hour(
    timetable: Timetable, *, first_s: int, last_s: int, places: pd.Series
) -> pd.DataFrame:
    """Count the departures an hour of each stop place between two times of the day.

    Parameters
    ----------
    timetable
        The day.
    first_s, last_s
        Seconds of the date, the last not with; ``last_s`` before ``first_s`` is past midnight.
    places
        Stop place of each ``holdeplass_id`` (`stop_places`).

    Returns
    -------
    pandas.DataFrame
        A row for each stop place of ``places``; see `per_hour`.
    """
    departures = departures_of(timetable, places)
    return per_hour(departures, Span(first_s, last_s), pd.Index(places.unique()))
