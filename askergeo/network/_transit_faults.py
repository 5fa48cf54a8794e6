"""What is wrong with the layers of a timetable, told so that someone can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.network._transit_calls import read_calls
from askergeo.network._transit_days import days_of
from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from askergeo.network._transit_calls import Calls

__all__ = ["timetable_faults"]

#: Trips named as examples.
EXAMPLES: Final = 3


class Row(NamedTuple):
    """A fault, as the table has it."""

    regel: str
    tittel: str
    lag: str
    rad: str
    tekst: str


class _Kind(NamedTuple):
    """What can be said of trips: field of the calls, end of the rule's name, title, and text."""

    field: str
    rule: str
    title: str
    text: str


#: What is told of the trips of a line: field of the calls, rule, title, text.
OF_TRIPS: Final = (
    _Kind(
        "interpolated",
        "mellomtid",
        "Tider som mangler, er fylt ut",
        "mangler tid på noen holdeplasser mellom to som har tid. Tidene der er fylt ut jevnt fra "
        "holdeplass til holdeplass.",
    ),
    _Kind(
        "cut",
        "endetid",
        "Tid mangler på første eller siste holdeplass",
        "mangler tid på den første eller siste holdeplassen. Holdeplassene uten tid i enden er "
        "ikke med på turen, for ingenting sier når den er der.",
    ),
    _Kind(
        "untimed",
        "uten_tid",
        "Turer uten tider",
        "har ikke tid på minst to holdeplasser, og er ikke med.",
    ),
    _Kind(
        "backwards",
        "baklengs",
        "Tider som går baklengs",
        "har en tid som er tidligere enn tiden foran, og er ikke med: det er uvisst hvilken tid "
        "som er feil.",
    ),
    _Kind(
        "repeated",
        "gjentatt",
        "Samme nummer i rekkefølgen flere ganger",
        "har samme nummer i rekkefølgen flere ganger. Den første raden er brukt.",
    ),
)
NO_CALLS: Final = _Kind(
    "",
    "uten_stopp",
    "Turer uten holdeplasser",
    "har ingen rader i laget «ruteavgang», og er ikke med.",
)


def timetable_faults(
    *,
    holdeplass: gpd.GeoDataFrame,
    rutelinje: pd.DataFrame,
    rutetur: pd.DataFrame,
    ruteavgang: pd.DataFrame,
    rutedag: pd.DataFrame,
    rutebytte: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List the faults of a timetable, of all its days; faults of a kind are one row a line or stop.

    Parameters
    ----------
    holdeplass, rutelinje, rutetur, ruteavgang, rutedag, rutebytte
        The layers.

    Returns
    -------
    pandas.DataFrame
        ``regel``, ``tittel``, ``lag``, ``rad`` (id of line, calendar or stop) and ``tekst``.
    """
    trips = rutetur.drop_duplicates("tur_id", ignore_index=True)
    ids = pd.Index(trips["tur_id"].astype("string"))
    stops = pd.Index(ruteavgang["holdeplass_id"].astype("string").dropna().unique())
    calls = read_calls(ruteavgang, ids, stops)
    rows = [
        *_of_trips(trips, rutelinje, rutedag, len(rutetur) - len(trips)),
        *_of_calls(calls, ruteavgang, trips),
        *_of_stops(holdeplass, ruteavgang),
        *_of_transfers(rutebytte, stops.union(pd.Index(_text(holdeplass, "holdeplass_id")))),
    ]
    return pd.DataFrame(rows, columns=list(Row._fields))


def _of_trips(
    trips: pd.DataFrame, rutelinje: pd.DataFrame, rutedag: pd.DataFrame, repeated: int
) -> Iterator[Row]:
    if repeated:
        yield Row(
            "rutetabell.dobbel_tur",
            "Samme tur flere ganger",
            "rutetur",
            "",
            f"{_count(repeated, 'rad', 'rader')} har en tur-id som er brukt før. Den første er "
            "brukt, og ingen tur er talt to ganger.",
        )
    calendar = _text(trips, "kalender_id")
    without = calendar[~calendar.isin(days_of(rutedag)["kalender_id"])]
    for name, number in without.fillna("").value_counts().sort_index().items():
        yield Row(
            "rutetabell.uten_kalender",
            "Turer uten dager",
            "rutetur",
            str(name),
            f"{_count(number, 'tur', 'turer')} følger kalenderen «{name}», som ikke har noen "
            "dager i laget «rutedag». De regnes ikke som kjørt noen dag.",
        )
    line = _text(trips, "linje_id")
    unknown = line[~line.isin(_text(rutelinje, "linje_id"))]
    for name, number in unknown.fillna("").value_counts().sort_index().items():
        yield Row(
            "rutetabell.ukjent_linje",
            "Turer på en ukjent linje",
            "rutetur",
            str(name),
            f"{_count(number, 'tur', 'turer')} er på linjen «{name}», som ikke er i laget "
            "«rutelinje». De er med, uten navn og transportmiddel.",
        )


def _of_calls(calls: Calls, ruteavgang: pd.DataFrame, trips: pd.DataFrame) -> Iterator[Row]:
    line = _text(trips, "linje_id").fillna("")
    ids = _text(trips, "tur_id")
    for kind in OF_TRIPS:
        yield from _by_line(getattr(calls, kind.field), line, ids, kind)
    called = _text(ruteavgang, "tur_id")
    none = np.flatnonzero(~ids.isin(called.unique()))
    yield from _by_line(none, line, ids, NO_CALLS)
    strange = called[~called.isin(ids)].dropna()
    if len(strange):
        yield Row(
            "rutetabell.ukjent_tur",
            "Tider for turer som ikke finnes",
            "ruteavgang",
            "",
            f"{_count(len(strange), 'rad', 'rader')} er for turer som ikke er i laget «rutetur», "
            f"for eksempel {_examples(strange.unique())}. De er ikke med.",
        )


def _by_line(
    found: np.ndarray[tuple[int], np.dtype[np.integer]],
    line: pd.Series,
    ids: pd.Series,
    kind: _Kind,
) -> Iterator[Row]:
    for name, of_line in ids.iloc[found].groupby(line.iloc[found]):
        some = _examples(of_line.tolist())
        number = _count(len(of_line), "tur", "turer")
        text = f"{number} på linjen «{name}» ({some}) {kind.text}"
        yield Row(f"rutetabell.{kind.rule}", kind.title, "ruteavgang", str(name), text)


def _of_stops(holdeplass: gpd.GeoDataFrame, ruteavgang: pd.DataFrame) -> Iterator[Row]:
    calls = _text(ruteavgang, "holdeplass_id").value_counts()
    known = _text(holdeplass, "holdeplass_id")
    for name in known[known.duplicated()].unique():
        yield Row(
            "rutetabell.dobbel_holdeplass",
            "Samme holdeplass flere ganger",
            "holdeplass",
            str(name),
            f"Holdeplassen «{name}» står flere ganger i laget. Den første er brukt.",
        )
    for name in calls.index.difference(pd.Index(known)):
        yield Row(
            "rutetabell.ukjent_holdeplass",
            "Holdeplass som ikke er i laget",
            "ruteavgang",
            str(name),
            f"Holdeplassen «{name}» er ikke i laget «holdeplass», men har "
            f"{_count(calls[name], 'rad', 'rader')} i rutetabellen. Turene går innom, og en kan "
            "bytte der, men ingen kan gå dit.",
        )
    missing = holdeplass[holdeplass.geometry.isna() | holdeplass.geometry.is_empty]
    for name in _text(missing, "holdeplass_id"):
        yield Row(
            "rutetabell.uten_punkt",
            "Holdeplass uten koordinater",
            "holdeplass",
            str(name),
            f"Holdeplassen «{name}» har ingen koordinater. Turene går innom, og en kan bytte der, "
            "men ingen kan gå dit.",
        )


def _of_transfers(rutebytte: pd.DataFrame | None, stops: pd.Index) -> Iterator[Row]:
    if rutebytte is None:
        return
    ends = [_text(rutebytte, f"{end}_holdeplass_id") for end in ("fra", "til")]
    unknown = ~(ends[0].isin(stops) & ends[1].isin(stops))
    if unknown.any():
        some = _examples(pd.concat(ends)[~pd.concat(ends).isin(stops)].dropna().unique())
        yield Row(
            "rutetabell.ukjent_bytte",
            "Bytter ved ukjente holdeplasser",
            "rutebytte",
            "",
            f"{_count(int(unknown.sum()), 'bytte', 'bytter')} viser til holdeplasser som ikke "
            f"finnes ({some}), og er ikke brukt.",
        )
    pairs = pd.DataFrame({"fra": ends[0], "til": ends[1]})
    again = int(pairs.duplicated().sum())
    if again:
        yield Row(
            "rutetabell.dobbelt_bytte",
            "Samme bytte flere ganger",
            "rutebytte",
            "",
            f"{_count(again, 'bytte', 'bytter')} er ført flere ganger. Det strengeste gjelder.",
        )


def _text(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name].astype("string")


def _count(number: int, one: str, many: str) -> str:
    return f"{format_number(number)} {one if number == 1 else many}"


def _examples(ids: object) -> str:
    names = [str(one) for one in ids]  # type: ignore[attr-defined]
    return ", ".join(f"«{one}»" for one in names[:EXAMPLES]) + (", …" if names[EXAMPLES:] else "")
