"""What every timetable goes through when it is read: nothing dangles, nothing counts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._avvik import KEPT, SET_ASIDE
from askergeo._place import at_null, check_crs
from askergeo.errors import SourceError
from askergeo.numbers import format_number
from askergeo.sources._feed_days import tell_of_dates
from askergeo.sources._feed_zones import to_norwegian_time
from askergeo.sources.feed import WGS84, Around, Feed, FeedLog, counted, make_feed
from askergeo.stores.tables import TEXT

if TYPE_CHECKING:
    import datetime as dt

__all__ = ["FILE", "LINE", "finish_feed", "nothing_near"]

# Columns that say where a row of a table came from.
FILE: Final = "_fil"
LINE: Final = "_rad"
_LATEST: Final = 345_600
# Degrees.
_MOST_X: Final = 180
_MOST_Y: Final = 90
_SHOWN: Final = 5
_LEAST_CALLS: Final = 2


def finish_feed(
    tables: dict[str, pd.DataFrame],
    *,
    log: FeedLog,
    kind: str,
    today: dt.date,
    around: Around | None = None,
    zones: pd.Series | None = None,
    published: str = "",
) -> Feed:
    """Make a feed of what a reader found.

    Parameters
    ----------
    tables
        The six tables by name; ``holdeplass`` has ``x`` and ``y`` in degrees, and may lack the
        means of transport where the file does. ``_fil`` and ``_rad`` say where a row came from.
    log
        Is told what is set aside.
    kind, published
        See :class:`~askergeo.sources.feed.Feed`.
    today
        What the calendar is held against.
    around
        Keep the stops inside, and those of the trips that stop inside.
    zones
        Name of the time zone of each trip, by the index of ``rutetur``.

    Raises
    ------
    CrsError
        When most coordinates cannot be in Norway.
    """
    stops = _distinct(tables["holdeplass"], "holdeplass_id", "holdeplass", log)
    lines = _distinct(tables["rutelinje"], "linje_id", "rutelinje", log)
    trips = _distinct(tables["rutetur"], "tur_id", "rutetur", log)
    calls, days = tables["ruteavgang"], tables["rutedag"]
    calls = _distinct_calls(calls, log)
    if zones is not None:
        trips, calls, days = to_norwegian_time(trips, calls, days, zones.reindex(trips.index), log)
    calls = _possible_times(calls, log)
    stops, lost = _placed(stops, calls, log, cut=around is not None)
    calls = _known_stops(calls, stops, lost, log)
    trips, calls = _whole_trips(trips, calls, log)
    _tell_of_doubles(trips, calls, log)
    if around is not None:
        used = lines["linje_id"].isin(trips["linje_id"])
        stops = _near(stops, calls, around, int((~used).sum()), log)
        lines = lines[used]
    stops = _with_modes(stops, lines, trips, calls, log)
    calls = calls[calls["holdeplass_id"].isin(stops["holdeplass_id"])]
    _tell_of_idle(stops, calls, log)
    days = days[days["kalender_id"].isin(trips["kalender_id"])]
    tell_of_dates(trips, days, log, today)
    points = shapely.points(stops["x"].to_numpy(), stops["y"].to_numpy())
    return make_feed(
        holdeplass=gpd.GeoDataFrame(stops, geometry=points, crs=WGS84),
        rutelinje=lines,
        rutetur=trips,
        ruteavgang=calls,
        rutedag=days,
        rutebytte=_between(tables["rutebytte"], stops["holdeplass_id"]),
        report=log.frame(),
        kind=kind,
        published=published,
    )


def _between(transfers: pd.DataFrame, known: pd.Series) -> pd.DataFrame:
    """Keep the transfers between stops that are kept, each pair once."""
    keys = ["fra_holdeplass_id", "til_holdeplass_id"]
    here = transfers[keys].isin(set(known)).all(axis=1)
    return transfers[here].drop_duplicates(keys)


def nothing_near(name: str) -> SourceError:
    """Say that a feed has nothing for the municipality."""
    return SourceError(
        f"Ingen faste turer i {name} stopper i eller nær kommunen.",
        remedy="Er det riktig fil? Prøv et større område med --margin METER.",
    )


def _listed(values: pd.Series) -> str:
    shown = ", ".join(map(str, values.head(_SHOWN)))
    return f"{shown} …" if len(values) > _SHOWN else shown


def _rows(frame: pd.DataFrame) -> Any:  # noqa: ANN401  (rows with named fields)
    # Names with an underscore in front are not allowed in a named tuple.
    return frame.rename(columns={FILE: "kildefil", LINE: "kilderad"}).itertuples(index=False)


def _where(row: Any) -> dict[str, Any]:  # noqa: ANN401  (a row)
    number = getattr(row, "kilderad", None)
    return {
        "file": str(getattr(row, "kildefil", "") or ""),
        "row": None if number is None or pd.isna(number) else int(number),
    }


def _distinct(frame: pd.DataFrame, key: str, layer: str, log: FeedLog) -> pd.DataFrame:
    """Keep the first row of each identity; a row without one is set aside."""
    lacking = frame[key].isna()
    for row in _rows(frame[lacking]):
        log.add("uten_id", "Rader uten id", f"«{key}» er tom.", layer=layer, action=SET_ASIDE,
                **_where(row))  # fmt: skip
    again = frame[key].duplicated() & ~lacking
    for row in _rows(frame[again]):
        log.add(
            "dobbel_id", "Samme id flere ganger",
            f"«{getattr(row, key)}» står før i rutetabellen; den første gjelder.",
            layer=layer, action=SET_ASIDE, **_where(row),
        )  # fmt: skip
    return frame[~(lacking | again)]


def _distinct_calls(calls: pd.DataFrame, log: FeedLog) -> pd.DataFrame:
    again = calls.duplicated(["tur_id", "rekkefolge"])
    if again.any():
        log.add(
            "dobbelt_stopp", "Samme stopp to ganger på en tur",
            f"{counted(int(again.sum()), 'stopptid', 'stopptider')}"
            " har samme tur og rekkefølge som en "
            f"tidligere: {_listed(calls.loc[again, 'tur_id'].drop_duplicates())}. "
            "Den første gjelder.",
            layer="ruteavgang", action=SET_ASIDE,
        )  # fmt: skip
    return calls[~again]


def _possible_times(calls: pd.DataFrame, log: FeedLog) -> pd.DataFrame:
    wild = pd.Series(data=False, index=calls.index)
    for column in ("ankomst", "avgang"):
        outside = (calls[column] < 0) | (calls[column] > _LATEST)
        wild |= outside.fillna(value=False).astype(bool)
    if not wild.any():
        return calls
    log.add(
        "umulig_tid", "Tiden er utenfor fire døgn",
        f"{counted(int(wild.sum()), 'stopptid', 'stopptider')}"
        " er før midnatt eller mer enn fire døgn "
        f"etter: {_listed(calls.loc[wild, 'tur_id'].drop_duplicates())}. De regnes som uten tid.",
        layer="ruteavgang", action=SET_ASIDE,
    )  # fmt: skip
    return calls.assign(ankomst=calls["ankomst"].mask(wild), avgang=calls["avgang"].mask(wild))


def _placed(
    stops: pd.DataFrame, calls: pd.DataFrame, log: FeedLog, *, cut: bool
) -> tuple[pd.DataFrame, pd.Series]:
    """Set aside the stops that have no place, and say how many times they were in use.

    Of a feed that is ``cut`` to the municipality, those that no kept trip uses are only counted.
    """
    x, y = stops["x"].to_numpy(dtype="float64"), stops["y"].to_numpy(dtype="float64")
    points = np.full(len(stops), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y) & (np.abs(x) <= _MOST_X) & (np.abs(y) <= _MOST_Y)
    points[known] = shapely.points(x[known], y[known])
    placed = gpd.GeoDataFrame({"id": stops["holdeplass_id"]}, geometry=points, crs=WGS84)
    if known.any():
        check_crs(placed, what="Holdeplassene i rutetabellen")
    null = np.zeros(len(stops), dtype=bool)
    null[known] = at_null(points[known], placed.crs)
    lost = ~known | null
    used = calls.loc[
        calls["holdeplass_id"].isin(stops.loc[lost, "holdeplass_id"]), "holdeplass_id"
    ].value_counts()
    unused = 0
    for row, zero in zip(_rows(stops[lost]), null[lost], strict=True):
        count = int(used.get(row.holdeplass_id, 0))
        if cut and not count:
            unused += 1
            continue
        name = "" if pd.isna(row.navn) else f" {row.navn}"
        log.add(
            "uten_koordinat", "Holdeplassen mangler koordinat",
            f"{row.holdeplass_id}{name}: koordinaten {'er 0,0' if zero else 'mangler'}. "
            f"{format_number(count)} stopp på turer er tatt ut; turene har de andre stoppene.",
            layer="holdeplass", action=SET_ASIDE, **_where(row),
        )  # fmt: skip
    if unused:
        log.add(
            "uten_koordinat_andre", "Holdeplasser uten koordinat andre steder",
            f"{counted(unused, 'holdeplass', 'holdeplasser')} uten koordinat brukes ikke av turene "
            "i eller nær kommunen.",
            layer="holdeplass", action=SET_ASIDE,
        )  # fmt: skip
    return stops[~lost], stops.loc[lost, "holdeplass_id"]


def _known_stops(
    calls: pd.DataFrame, stops: pd.DataFrame, lost: pd.Series, log: FeedLog
) -> pd.DataFrame:
    """Leave out the calls at stops that have no place or are not in the file."""
    known = calls["holdeplass_id"].isin(stops["holdeplass_id"])
    strange = calls.loc[~known & ~calls["holdeplass_id"].isin(lost), "holdeplass_id"]
    if len(strange):
        names = strange.fillna("(tom)").drop_duplicates()
        log.add(
            "ukjent_holdeplass", "Holdeplassen er ikke i filen",
            f"{format_number(len(strange))} stopp på turer viser til {format_number(len(names))} "
            f"holdeplasser som ikke er i filen: {_listed(names)}. Turene har de andre stoppene.",
            layer="ruteavgang", action=SET_ASIDE,
        )  # fmt: skip
    return calls[known]


def _whole_trips(
    trips: pd.DataFrame, calls: pd.DataFrame, log: FeedLog
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Set aside calls without a trip and trips that take nobody anywhere; tell of no times."""
    orphans = ~calls["tur_id"].isin(trips["tur_id"])
    if orphans.any():
        names = calls.loc[orphans, "tur_id"].drop_duplicates()
        log.add(
            "ukjent_tur", "Stopptider uten tur",
            f"{counted(int(orphans.sum()), 'stopptid', 'stopptider')}"
            " hører til turer som ikke er i filen: "
            f"{_listed(names)}.",
            layer="ruteavgang", action=SET_ASIDE,
        )  # fmt: skip
        calls = calls[~orphans]
    count = calls.groupby("tur_id").size().reindex(trips["tur_id"]).fillna(0).to_numpy()
    short = count < _LEAST_CALLS
    if short.any():
        names = trips.loc[short, "tur_id"]
        log.add(
            "for_fa_stopp", "Turer med færre enn to stopp",
            f"{counted(int(short.sum()), 'tur', 'turer')}"
            " har færre enn to kjente stopp og kan ikke "
            f"brukes: {_listed(names)}.",
            layer="rutetur", action=SET_ASIDE,
        )  # fmt: skip
        trips = trips[~short]
        calls = calls[calls["tur_id"].isin(trips["tur_id"])]
    untimed = calls["avgang"].isna() & calls["ankomst"].isna()
    if untimed.any():
        log.add(
            "uten_tid", "Stopp uten tid",
            f"{format_number(int(untimed.sum()))} stopp på "
            f"{counted(calls.loc[untimed, 'tur_id'].nunique(), 'tur', 'turer')}"
            " har ingen tid i filen "
            f"og er beholdt uten: {_listed(calls.loc[untimed, 'tur_id'].drop_duplicates())}.",
            layer="ruteavgang", action=KEPT,
        )  # fmt: skip
    return trips, calls


def _tell_of_doubles(trips: pd.DataFrame, calls: pd.DataFrame, log: FeedLog) -> None:
    """Say that trips are alike in line, days, stops and times: an extra bus, or the same twice."""
    if not len(trips):
        return
    ordered = calls.sort_values(["tur_id", "rekkefolge"], kind="stable")
    hashed = pd.util.hash_pandas_object(
        ordered[["holdeplass_id", "ankomst", "avgang"]].astype({"holdeplass_id": "object"}),
        index=False,
    ).astype("uint64")
    place = ordered.groupby("tur_id", sort=False).cumcount().to_numpy(dtype="uint64")
    # The place in the trip goes into the sum: the same stops in another order are another trip.
    weighted = hashed.to_numpy() * (place * np.uint64(2_654_435_761) + np.uint64(1))
    signs = pd.Series(weighted, index=ordered["tur_id"].to_numpy()).groupby(level=0).sum()
    both = trips.assign(sign=signs.reindex(trips["tur_id"]).to_numpy())
    alike = both.duplicated(["linje_id", "kalender_id", "sign"])
    if alike.any():
        log.add(
            "like_turer", "Turer som er helt like",
            f"{counted(int(alike.sum()), 'tur', 'turer')}"
            " har samme linje, dager, stopp og tider som "
            f"en annen tur: {_listed(trips.loc[alike, 'tur_id'])}. De er beholdt; er det ikke "
            "ekstra vogner, telles avgangene dobbelt.",
            layer="rutetur", action=KEPT,
        )  # fmt: skip


def _with_modes(
    stops: pd.DataFrame,
    lines: pd.DataFrame,
    trips: pd.DataFrame,
    calls: pd.DataFrame,
    log: FeedLog,
) -> pd.DataFrame:
    """Fill in the means of transport that calls most often at the stop, or at its stop place."""
    mode_of_line = lines.set_index("linje_id")["transportmiddel"]
    mode_of_trip = trips.set_index("tur_id")["linje_id"].map(mode_of_line)
    seen = pd.DataFrame(
        {
            "holdeplass_id": calls["holdeplass_id"].to_numpy(),
            "middel": calls["tur_id"].map(mode_of_trip).to_numpy(),
        }
    ).dropna()
    mode = stops["transportmiddel"].astype(TEXT)
    mode = mode.fillna(stops["holdeplass_id"].map(_commonest(seen, "holdeplass_id")).astype(TEXT))
    siblings = pd.DataFrame({"sted": stops["stoppested_id"], "middel": mode}).dropna()
    mode = mode.fillna(stops["stoppested_id"].map(_commonest(siblings, "sted")).astype(TEXT))
    unknown = mode.isna()
    for row in _rows(stops[unknown]):
        log.add(
            "ukjent_transportmiddel", "Holdeplass av ukjent slag",
            f"{row.holdeplass_id}{'' if pd.isna(row.navn) else ' ' + str(row.navn)}: ingen turer "
            "stopper her, og filen sier ikke at den er for buss, bane, tog eller båt.",
            layer="holdeplass", action=SET_ASIDE, **_where(row),
        )  # fmt: skip
    return stops.assign(transportmiddel=mode)[~unknown]


def _commonest(seen: pd.DataFrame, key: str) -> pd.Series:
    """Return the commonest mode of each key; of equals the first in the alphabet."""
    counts = seen.groupby([key, "middel"], sort=True).size().rename("antall").reset_index()
    ordered = counts.sort_values([key, "antall"], ascending=[True, False], kind="stable")
    return ordered.drop_duplicates(key).set_index(key)["middel"]


def _near(
    stops: pd.DataFrame, calls: pd.DataFrame, around: Around, other_lines: int, log: FeedLog
) -> pd.DataFrame:
    """Keep the stops in the box and those of the kept trips."""
    inside = around.holds(stops["x"].to_numpy(float), stops["y"].to_numpy(float))
    near = inside | stops["holdeplass_id"].isin(calls["holdeplass_id"].unique()).to_numpy()
    if other_lines or not near.all():
        log.add(
            "avgrenset", "Rutetabellen er avgrenset til kommunen",
            f"Tatt med er holdeplasser innenfor {format_number(around.margin / 1000, 1)} km fra "
            "rektangelet rundt kommunen, og hele turen for hver tur som stopper der. Utelatt er "
            f"{counted(int((~near).sum()), 'holdeplass', 'holdeplasser')} og "
            f"{counted(other_lines, 'linje', 'linjer')}.",
            layer="holdeplass", action=SET_ASIDE,
        )  # fmt: skip
    kept: pd.DataFrame = stops[near]
    return kept


def _tell_of_idle(stops: pd.DataFrame, calls: pd.DataFrame, log: FeedLog) -> None:
    idle = ~stops["holdeplass_id"].isin(calls["holdeplass_id"].unique())
    if idle.any() and len(calls):
        log.add(
            "uten_avganger", "Holdeplasser uten avganger",
            f"{counted(int(idle.sum()), 'holdeplass', 'holdeplasser')}"
            " er i filen, men ingen tur stopper der: "
            f"{_listed(stops.loc[idle, 'holdeplass_id'])}.",
            layer="holdeplass", action=KEPT,
        )  # fmt: skip
