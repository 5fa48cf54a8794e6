"""Take the times of a timetable in another time zone to Norwegian time.

A time of the service day counts from noon less twelve hours in the file's zone (GTFS reference).
Each date is converted on its own, so that zones that change to summer time on other days than
Norway come out right: such a trip becomes one trip for each difference. A trip that would begin
before midnight is moved to the day before.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from askergeo._avvik import KEPT, REPAIRED
from askergeo.numbers import format_number
from askergeo.sources.feed import counted

if TYPE_CHECKING:
    from askergeo.sources.feed import FeedLog

__all__ = ["OSLO", "to_norwegian_time"]

OSLO: Final = "Europe/Oslo"
_HALF_DAY: Final = dt.timedelta(hours=12)
_HOUR: Final = 3_600


def to_norwegian_time(
    trips: pd.DataFrame, calls: pd.DataFrame, days: pd.DataFrame, zones: pd.Series, log: FeedLog
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Convert the trips whose zone is not Norway's.

    Parameters
    ----------
    trips, calls, days
        ``rutetur``, ``ruteavgang`` and ``rutedag``.
    zones
        Name of each trip's zone, by the index of ``trips``.
    log
        Is told each zone that was converted, or is unknown.

    Returns
    -------
    tuple of DataFrame
        The three tables in Norwegian time.
    """
    named = [str(name) for name in zones.dropna().unique()]
    if len(named) > 1:
        log.add(
            "flere_tidssoner", "Filen har flere tidssoner",
            f"Turene er i {', '.join(sorted(named))}; hver er gjort om fra sin egen.",
            layer="ruteavgang", action=KEPT,
        )  # fmt: skip
    parts = [(trips, calls)]
    added = [days]
    for name in sorted(named):
        if name == OSLO:
            continue
        zone = _zone(name)
        if zone is None:
            log.add(
                "ukjent_tidssone", "Ukjent tidssone",
                f"«{name}» er ingen tidssone; tidene er lest som norsk tid.",
                layer="ruteavgang", action=KEPT,
            )  # fmt: skip
            continue
        rest_trips, rest_calls = parts[0]
        own = rest_trips.index.isin(zones.index[zones == name])
        moved = _moved(rest_trips[own], rest_calls, days, zone)
        parts[0] = (
            rest_trips[~own],
            rest_calls[~rest_calls["tur_id"].isin(rest_trips.loc[own, "tur_id"])],
        )
        parts.append(moved[:2])
        added.append(moved[2])
        log.add(
            "annen_tidssone", "Tidene er gjort om til norsk tid",
            f"{counted(int(own.sum()), 'tur', 'turer')} har tider i {name}; {moved[3]}.",
            layer="ruteavgang", action=REPAIRED,
        )  # fmt: skip
    return (
        pd.concat([one for one, _ in parts]),
        pd.concat([one for _, one in parts], ignore_index=True),
        pd.concat(added, ignore_index=True).drop_duplicates(ignore_index=True),
    )


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _start(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return the beginning of the service day, as an instant."""
    noon = dt.datetime.combine(day, dt.time(12), zone)
    return noon.astimezone(dt.UTC) - _HALF_DAY


def _offsets(dates: pd.Series, zone: ZoneInfo) -> pd.DataFrame:
    """Return for each date the seconds to add, and the length of the Norwegian day before it."""
    oslo = ZoneInfo(OSLO)
    rows = []
    for date in dates.unique():
        day = pd.Timestamp(date).date()
        begins = _start(day, oslo)
        before = _start(day - dt.timedelta(days=1), oslo)
        shift = int((_start(day, zone) - begins).total_seconds())
        rows.append((date, shift, int((begins - before).total_seconds())))
    return pd.DataFrame(rows, columns=["dato", "skift", "dogn"]).astype({"dato": dates.dtype})


def _moved(
    trips: pd.DataFrame, calls: pd.DataFrame, days: pd.DataFrame, zone: ZoneInfo
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    own = days[days["kalender_id"].isin(trips["kalender_id"])]
    if not len(own):
        return trips, calls[calls["tur_id"].isin(trips["tur_id"])], own, "de kjøres aldri"
    dated = own.merge(_offsets(own["dato"], zone), on="dato")
    starts = calls.groupby("tur_id")[["ankomst", "avgang"]].min().min(axis=1).rename("start")
    pairs = (
        dated[["kalender_id", "skift", "dogn"]]
        .drop_duplicates()
        .merge(trips.reset_index()[["index", "tur_id", "kalender_id"]], on="kalender_id")
        .join(starts, on="tur_id")
    )
    early = (pairs["start"] + pairs["skift"] < 0).fillna(value=False).astype(bool)
    pairs["tillegg"] = pairs["skift"] + pairs["dogn"].where(early, 0)
    pairs["dag_for"] = early
    # The length of the day before matters only to trips that move to it.
    variants = pairs.drop_duplicates(["index", "skift", "tillegg", "dag_for"])
    several = variants.duplicated("index", keep=False)
    told = list(zip(variants["tillegg"], variants["dag_for"], several, strict=True))
    calendars = zip(variants["kalender_id"], told, strict=True)
    names = zip(variants["tur_id"], told, strict=True)
    variants = variants.assign(
        ny_kalender=[_calendar_name(name, *how) for name, how in calendars],
        ny_tur=[f"{name} ({how[0]:+d} s)" if how[2] else name for name, how in names],
    )
    new_trips = trips.loc[variants["index"].to_numpy()].assign(
        tur_id=variants["ny_tur"].to_numpy(), kalender_id=variants["ny_kalender"].to_numpy()
    )
    new_calls = calls.merge(variants[["tur_id", "ny_tur", "tillegg"]], on="tur_id")
    for column in ("ankomst", "avgang"):
        new_calls[column] = new_calls[column] + new_calls["tillegg"]
    new_calls = new_calls.assign(tur_id=new_calls["ny_tur"])[list(calls.columns)]
    return new_trips, new_calls, _new_days(dated, variants), _in_words(variants)


def _calendar_name(name: str, extra: int, before: bool, several: bool) -> str:
    marks = [f"{extra:+d} s"] if several else []
    marks += ["dagen før"] if before else []
    return f"{name} ({', '.join(marks)})" if marks else name


def _new_days(dated: pd.DataFrame, variants: pd.DataFrame) -> pd.DataFrame:
    on = ["kalender_id", "skift"]
    late = variants[~variants["dag_for"]][[*on, "ny_kalender"]].drop_duplicates()
    early = variants[variants["dag_for"]]
    early = early.assign(dogn=early["tillegg"] - early["skift"])
    early = early[[*on, "dogn", "ny_kalender"]].drop_duplicates()
    kept = dated.merge(late, on=on)
    moved = dated.merge(early, on=[*on, "dogn"])
    moved = moved.assign(dato=moved["dato"] - pd.Timedelta(days=1))
    both = pd.concat([kept, moved], ignore_index=True)
    named: pd.DataFrame = both.assign(kalender_id=both["ny_kalender"])[["kalender_id", "dato"]]
    return named


def _in_words(variants: pd.DataFrame) -> str:
    hours = sorted({int(one) / _HOUR for one in variants["skift"]})
    told = " eller ".join(
        f"{'' if one < 0 else '+'}{format_number(one, 0 if one == int(one) else 2)}"
        for one in hours
    )
    before = int(variants["dag_for"].sum())
    late = f"; {format_number(before)} er flyttet til dagen før" if before else ""
    return f"lagt til {told} timer{late}"
