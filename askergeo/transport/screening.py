"""The screening of a plan: its net growth in driving north of the nullvekstlinje, against zero.

North of the line growth in homes and workplaces shall not make people drive more (Handlingsprogram
for Asker; SPR for arealbruk og mobilitet 4.1). What a plan brings is held against the measures that
belong to it. Red is when even the low estimate is more than all measures take away, green when even
the high one is not; in between, or when something that decides is not known, it is yellow. South of
the line no such demand holds, and the growth is told only.

It is a screening and no transport model: it knows nothing of the roads, of queues, or of what people
who live there already will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.errors import ParameterError
from askergeo.numbers import format_number
from askergeo.transport.access import CLASSES, UNKNOWN
from askergeo.transport.trips import LEVELS, QUANTITIES, UNCERTAIN, traffic, traffic_at
from askergeo.transport.zones import NORTH, SIDES, SOUTH
from askergeo.transport.zones import UNKNOWN as NO_SIDE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from askergeo.parameters import Parameters

__all__ = [
    "DISCLAIMER",
    "GREEN",
    "RED",
    "YELLOW",
    "Doubt",
    "Measures",
    "Screening",
    "Span",
    "measures_of",
    "read_pairs",
    "screen",
]

RED: Final = "rød"
YELLOW: Final = "gul"
GREEN: Final = "grønn"
#: What every output says.
DISCLAIMER: Final = (
    "Dette er en grov siling, ikke en transportmodell. Den sier hvor stor veksten i bilkjøring kan "
    "bli, ikke hvilke veger den kommer på."
)
# km a day: less is rounding.
_NOTHING: Final = 1e-6
# Parameters whose weight is told in words.
_TOLD: Final = 2


class Span(NamedTuple):
    """Vehicle-km a day: low, middle and high."""

    low: float
    middle: float
    high: float

    def text(self) -> str:
        """Write the middle and the ends for people."""
        ends = f"{format_number(self.low)}–{format_number(self.high)}"
        return f"{format_number(self.middle, unit='km')} ({ends})"


@dataclass(frozen=True, eq=False)
class Measures:
    """Measures that take driving away north of the line.

    Parameters
    ----------
    frame
        A row a measure: ``navn``, ``km_dogn``, ``gjelder``, ``status``, ``regnes`` and ``hvorfor``.
    own
        km a day of those that belong to the plan and count.
    shared
        km a day of those that hold for the whole zone: no plan has a right to all of them.
    """

    frame: pd.DataFrame
    own: float
    shared: float


@dataclass(frozen=True, eq=False)
class Screening:
    """What the screening says.

    Parameters
    ----------
    status
        :data:`RED`, :data:`YELLOW` or :data:`GREEN`.
    reasons
        Why, and what would change it, in bokmål.
    by_side
        Index `SIDES`, then ``sum``: the columns of `askergeo.transport.trips.traffic`.
    sides
        Vehicle-km a day of each side.
    measures
        What is held against it.
    weights
        What each parameter's range means for km north (index its name): ``tittel``, ``lav_km``,
        ``hoy_km`` and ``utslag_km``; last ``uavhengig`` and ``alle``.
    classes
        km north a day if all of it lay in each class: ``lav``, ``middels``, ``hoy``.
    needed
        km a day of measures that are lacking for green, by the low, middle and high estimate.
    """

    status: str
    reasons: tuple[str, ...]
    by_side: pd.DataFrame
    sides: dict[str, Span]
    measures: Measures
    weights: pd.DataFrame
    classes: pd.DataFrame
    needed: Span


@dataclass(frozen=True)
class Doubt:
    """What is not known of a plan, and may decide.

    Parameters
    ----------
    sentences
        Why more may come than is reckoned: numbers that nobody has told.
    standing
        What the buildings that stand there bring today, north; they may go.
    """

    sentences: tuple[str, ...] = ()
    standing: Span = field(default=Span(0.0, 0.0, 0.0))


def screen(
    parts: pd.DataFrame, measures: Measures, parameters: Parameters, doubt: Doubt | None = None
) -> Screening:
    """Hold the driving that growth brings north of the line against zero.

    Parameters
    ----------
    parts
        The growth in parts: ``side``, ``klasse`` and columns of
        `askergeo.transport.trips.QUANTITIES`, net of what is known to be torn down.
    measures
        From :func:`measures_of`.
    parameters
        The sets ``trafikk`` and ``prognose``.
    doubt
        What is not known.
    """
    doubt = doubt or Doubt()
    reckoned = traffic(parts, parameters)
    by_side = reckoned.groupby(parts["side"].to_numpy(dtype=object)).sum().reindex(list(SIDES))
    by_side = by_side.fillna(0.0)
    by_side.loc["sum"] = by_side.sum()
    sides = {one: _span(by_side.loc[one]) for one in SIDES}
    north = parts[(parts["side"] == NORTH).to_numpy(dtype=bool)]
    weights, classes = _weights(north, sides[NORTH], parameters), _classes(north, parameters)
    needed = Span(*(max(0.0, one - measures.own) for one in sides[NORTH]))
    status, why = _judged(sides, measures, doubt)
    reasons = (*why, *_advice(status, sides, measures, needed, weights, classes))
    return Screening(status, reasons, by_side, sides, measures, weights, classes, needed)


def _span(row: pd.Series) -> Span:
    return Span(*(float(row[f"km_dogn_{level}"]) for level in LEVELS))


def _judged(
    sides: dict[str, Span], measures: Measures, doubt: Doubt
) -> tuple[str, tuple[str, ...]]:
    """Give the status, and what decides it."""
    north, vague = sides[NORTH], sides[NO_SIDE]
    least = north.low + min(vague.low, 0.0) - max(doubt.standing.high, 0.0)
    most = north.high + max(vague.high, 0.0)
    if least > measures.own + measures.shared + _NOTHING:
        return RED, (_red(least, measures, doubt),)
    if most <= measures.own + _NOTHING and not doubt.sentences:
        return GREEN, (_green(north, measures),)
    return YELLOW, tuple(_yellow(sides, measures, doubt))


def _red(least: float, measures: Measures, doubt: Doubt) -> str:
    anyway = ", også om alle byggene som står der, blir borte" if doubt.standing.high > 0 else ""
    low = format_number(least, unit="km")
    told = f"Selv det laveste anslaget er {low} mer bilkjøring i døgnet nord for linjen{anyway}"
    if measures.own + measures.shared <= _NOTHING:
        return f"{told}, og ingen tiltak er regnet med."
    taken = format_number(measures.own + measures.shared, unit="km")
    with_zone = ", også med alle tiltak for hele sonen" if measures.shared > _NOTHING else ""
    return f"{told}. Tiltakene tar bort {taken}{with_zone}."


def _green(north: Span, measures: Measures) -> str:
    if max(abs(one) for one in north) <= _NOTHING:
        return "Planen gir ingen vekst nord for linjen."
    if north.high <= _NOTHING:
        return "Planen gir mindre bilkjøring nord for linjen enn i dag, også etter høyt anslag."
    taken, high = (format_number(one, unit="km") for one in (measures.own, north.high))
    return f"Tiltakene tar bort {taken} i døgnet. Det er minst like mye som det høyeste anslaget, {high}."


def _yellow(sides: dict[str, Span], measures: Measures, doubt: Doubt) -> Iterable[str]:
    north, vague = sides[NORTH], sides[NO_SIDE]
    yield from doubt.sentences
    own = format_number(measures.own, unit="km")
    if max(abs(one) for one in vague) > _NOTHING:
        yield f"Siden av linjen er ukjent for vekst som gir {vague.text()} i døgnet."
    if north.low <= measures.own < north.high:
        ends = f"{format_number(north.low)}–{format_number(north.high)}"
        yield f"Tiltakene tar bort {own} i døgnet, og det ligger innenfor spennet {ends} km."
    elif measures.own < north.low <= measures.own + measures.shared:
        zone = format_number(measures.shared, unit="km")
        yield (
            f"Planens egne tiltak ({own} i døgnet) er mindre enn det laveste anslaget, men sonen har "
            f"tiltak på {zone} som ikke er fordelt på planer."
        )
    if doubt.standing.high > _NOTHING:
        yield (
            f"Byggene som står der, gir {doubt.standing.text()} i døgnet. Det er ikke kjent hvilke "
            "som blir borte, og ingenting er trukket fra."
        )


def _advice(
    status: str,
    sides: dict[str, Span],
    measures: Measures,
    needed: Span,
    weights: pd.DataFrame,
    classes: pd.DataFrame,
) -> Iterable[str]:
    """Say which parameters decide, and what would make it green."""
    if sides[SOUTH].middle and not sides[NORTH].middle:
        yield (
            f"Sør for linjen gir planen {sides[SOUTH].text()} i døgnet. Der er det ikke noe krav "
            "om nullvekst."
        )
    if status == GREEN or sides[NORTH].high <= _NOTHING:
        return
    single = weights[weights.index.isin(list(UNCERTAIN)) & (weights["utslag_km"] > _NOTHING)]
    top = [
        f"«{row.tittel}» ({format_number(row.lav_km)}–{format_number(row.hoy_km)} km)"
        for row in single.head(_TOLD).itertuples()
    ]
    if top:
        yield f"Mest å si for spennet har {' og '.join(top)}."
    if needed.high > _NOTHING:
        middle = format_number(np.ceil(needed.middle), unit="km")
        high = format_number(np.ceil(needed.high), unit="km")
        yield (
            f"Grønt krever tiltak som tar bort {high} i døgnet til, så det holder også etter høyt "
            f"anslag. {middle} dekker det midterste anslaget."
        )
    best = classes.iloc[0]
    least = format_number(best["middels"], unit="km")
    enough = best["hoy"] <= measures.own + _NOTHING
    tail = " Det er nok." if enough else " Plasseringen alene gir ikke null."
    yield f"Med tilgangsklassen «{CLASSES[0]}» ville veksten nord gitt {least} i døgnet.{tail}"


def _weights(north: pd.DataFrame, span: Span, parameters: Parameters) -> pd.DataFrame:
    """Reckon what each parameter's range means, the heaviest first (a tornado table)."""
    rows = []
    unsure = bool((north["klasse"] == UNKNOWN).any())
    for name, title in UNCERTAIN.items():
        if name == "klasse" and not unsure:
            continue
        ends = [float(traffic_at(north, parameters, {name: level}).sum()) for level in (-1, 1)]
        rows.append((name, title, min(ends), max(ends), abs(ends[1] - ends[0])))
    rows.sort(key=lambda row: -row[-1])
    table = pd.DataFrame(rows, columns=["navn", "tittel", "lav_km", "hoy_km", "utslag_km"])
    table = table.set_index("navn")
    down = float(np.sqrt(((span.middle - table["lav_km"]) ** 2).sum()))
    up = float(np.sqrt(((table["hoy_km"] - span.middle) ** 2).sum()))
    table.loc["uavhengig"] = [
        "Alle, om de feiler uavhengig av hverandre",
        span.middle - down,
        span.middle + up,
        up + down,
    ]
    table.loc["alle"] = [
        "Alle samtidig (spennet som avgjør)",
        span.low,
        span.high,
        span.high - span.low,
    ]
    return table


def _classes(north: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Reckon km north a day with all of the growth in each class."""
    amount = north[[name for name in QUANTITIES if name in north]].sum().to_frame().T
    every = amount.loc[amount.index.repeat(len(CLASSES))].set_axis(list(CLASSES))
    table = traffic(every.assign(klasse=list(CLASSES)), parameters)
    found = table[[f"km_dogn_{level}" for level in LEVELS]]
    return found.set_axis(list(LEVELS), axis=1)


def measures_of(
    transporttiltak: pd.DataFrame | None, plan_ids: Collection[str], parameters: Parameters
) -> Measures:
    """Find the measures that may offset the growth of a plan.

    Parameters
    ----------
    transporttiltak
        The layer; ``None`` when it is absent.
    plan_ids
        The plan's numbers.
    parameters
        ``trafikk_tiltak`` («navn:km»), ``trafikk_tiltak_status`` and ``trafikk_aar``.

    Raises
    ------
    ParameterError
        When a measure that the user gives is not «navn:km» with km of 0 or more.
    """
    rows = [
        {"navn": name, "km_dogn": km, "gjelder": "planen", "status": "oppgitt", "regnes": "ja",
         "hvorfor": "oppgitt av brukeren"}
        for name, km in read_pairs(parameters["trafikk_tiltak"], "trafikk_tiltak", least=0.0)
    ]  # fmt: skip
    if transporttiltak is not None:
        rows += _from_layer(transporttiltak, {str(one) for one in plan_ids}, parameters)
    frame = pd.DataFrame(
        rows, columns=["navn", "km_dogn", "gjelder", "status", "regnes", "hvorfor"]
    )
    counted = frame["regnes"] == "ja"
    own = float(frame.loc[counted & (frame["gjelder"] == "planen"), "km_dogn"].sum())
    shared = float(frame.loc[counted & (frame["gjelder"] == "sonen"), "km_dogn"].sum())
    return Measures(frame, own, shared)


def _from_layer(
    layer: pd.DataFrame, plan_ids: Collection[str], parameters: Parameters
) -> list[dict[str, object]]:
    """Take the measures of the plan and of the zone north, with whether each counts, and why."""
    statuses = {str(one) for one in parameters["trafikk_tiltak_status"]}
    year = int(parameters["trafikk_aar"])
    rows = []
    for one in layer.to_dict("records"):
        plan = _text(one.get("planid"))
        if one.get("sone") != NORTH or (plan and plan not in plan_ids):
            continue
        km = pd.to_numeric(one.get("km_dogn"), errors="coerce")
        first = pd.to_numeric(one.get("fra_aar"), errors="coerce")
        status = _text(one.get("status"))
        why = ""
        if pd.isna(km):
            why = "nedgangen i bilkjøring er ikke oppgitt"
        elif status not in statuses:
            why = f"status er {status or 'ukjent'}"
        elif not pd.isna(first) and first > year:
            why = f"begynner i {int(first)}, etter {year}"
        source = _text(one.get("kilde")) or "kilden er ikke oppgitt"
        rows.append(
            {
                "navn": _text(one.get("navn")) or "uten navn",
                "km_dogn": float(km),
                "gjelder": "planen" if plan else "sonen",
                "status": status or "ukjent",
                "regnes": "nei" if why else "ja",
                "hvorfor": why or source,
            }
        )
    return rows


def _text(value: object) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value).strip()  # noqa: PLR0124  (NaN)


def read_pairs(
    texts: Iterable[object], name: str, *, known: Collection[str] = (), least: float = -np.inf
) -> list[tuple[str, float]]:
    """Read «navn:tall» texts of a parameter.

    Raises
    ------
    ParameterError
        When one has no number, a number below ``least``, or a name that is not in ``known``.

    Examples
    --------
    >>> read_pairs(["kontor:5000", "handel=200"], "trafikk_naering")
    [('kontor', 5000.0), ('handel', 200.0)]
    """
    found = []
    for text in texts:
        head, _, tail = str(text).replace("=", ":").rpartition(":")
        number = pd.to_numeric(tail.strip().replace(",", "."), errors="coerce")
        if not head.strip() or pd.isna(number) or number < least:
            raise ParameterError(
                f"«{text}» i parameteren «{name}» er ikke et navn og et tall"
                f"{f' på {format_number(least)} eller mer' if np.isfinite(least) else ''}.",
                remedy="Skriv navnet, kolon og tallet, for eksempel «kontor:5000».",
            )
        if known and head.strip() not in known:
            raise ParameterError(
                f"«{head.strip()}» i parameteren «{name}» er ukjent.",
                remedy=f"Bruk {', '.join(known)}.",
            )
        found.append((head.strip(), float(number)))
    return found
