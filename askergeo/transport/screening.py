"""The screening of a plan: its net growth in driving north of the nullvekstlinje, against zero.

North of the line growth in homes and workplaces shall not make people drive more (Handlingsprogram
for Asker; SPR for arealbruk og mobilitet 4.1). What a plan brings is held against the measures that
belong to it. Red is when even the low estimate is more than all measures take away, green when even
the high one is not; in between, or when something that decides is not known, it is yellow. South of
the line no such demand holds, and the growth is told only.

It is a screening and no transport model: it knows nothing of the roads, of queues, or of what
people who live there already will do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from askergeo.numbers import format_number
from askergeo.transport.access import CLASSES, UNKNOWN
from askergeo.transport.trips import LEVELS, QUANTITIES, UNCERTAIN, traffic, weigh
from askergeo.transport.zones import NORTH, SIDES, SOUTH
from askergeo.transport.zones import UNKNOWN as NO_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from askergeo.parameters import Parameters
    from askergeo.transport.offsets import Measures

__all__ = [
    "DISCLAIMER",
    "GREEN",
    "NO_DEMAND",
    "RED",
    "YELLOW",
    "Doubt",
    "Screening",
    "Span",
    "answer",
    "judge",
    "screen",
]

RED: Final = "rød"
YELLOW: Final = "gul"
GREEN: Final = "grønn"
#: What is told in the place of green when all growth lies south, where nothing is demanded.
NO_DEMAND: Final = "ikke krav"
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
    answer
        What to tell: the status, or :data:`NO_DEMAND`.
    """

    status: str
    reasons: tuple[str, ...]
    by_side: pd.DataFrame
    sides: dict[str, Span]
    measures: Measures
    weights: pd.DataFrame
    classes: pd.DataFrame
    needed: Span
    answer: str


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
        From `askergeo.transport.offsets.measures_of`.
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
    ends = by_side[[f"km_dogn_{level}" for level in LEVELS]].to_numpy(dtype=np.float64)
    sides = {one: Span(*map(float, ends[row])) for row, one in enumerate(SIDES)}
    north = _by_class(parts[(parts["side"] == NORTH).to_numpy(dtype=bool)])
    weights, classes = _weights(north, sides[NORTH], parameters), _classes(north, parameters)
    needed = Span(*(max(0.0, one - measures.own) for one in sides[NORTH]))
    status, why = judge(sides, measures, doubt)
    told = answer(status, parts["side"])
    found = Screening(status, why, by_side, sides, measures, weights, classes, needed, told)
    return replace(found, reasons=(*why, *_advice(found)))


def _by_class(parts: pd.DataFrame) -> pd.DataFrame:
    """Sum growth by class: driving is in proportion to each quantity."""
    plain = pd.DataFrame(parts).reindex(columns=["klasse", *QUANTITIES], fill_value=0.0)
    return plain.groupby("klasse", sort=True).sum().reset_index()


def judge(sides: dict[str, Span], measures: Measures, doubt: Doubt) -> tuple[str, tuple[str, ...]]:
    """Give the status, and what decides it, in bokmål.

    Parameters
    ----------
    sides
        Vehicle-km a day of each side.
    measures
        What is held against it.
    doubt
        What is not known.
    """
    north, vague = sides[NORTH], sides[NO_SIDE]
    least = north.low + min(vague.low, 0.0) - max(doubt.standing.high, 0.0)
    most = north.high + max(vague.high, 0.0)
    if least > measures.own + measures.shared + _NOTHING:
        return RED, (_red(least, measures, doubt),)
    if most <= measures.own + _NOTHING and not doubt.sentences:
        return GREEN, (_green(north, measures),)
    return YELLOW, tuple(_yellow(sides, measures, doubt))


def answer(status: str, sides: Iterable[str]) -> str:
    """Return the colour, or :data:`NO_DEMAND` when all growth lies south of the line.

    Growth south may bring much driving: green would be read as if it did not.

    Parameters
    ----------
    status
        The colour.
    sides
        The side of each part of the growth.
    """
    return NO_DEMAND if status == GREEN and set(sides) == {SOUTH} else status


def _red(least: float, measures: Measures, doubt: Doubt) -> str:
    anyway = ", også om alle byggene som står der, blir borte" if doubt.standing.high > 0 else ""
    low = format_number(least, unit="km")
    told = f"Selv det laveste anslaget er {low} mer bilkjøring i døgnet nord for linjen{anyway}"
    if measures.own + measures.shared <= _NOTHING:
        return f"{told}, og ingen tiltak er regnet med."
    taken = format_number(measures.own + measures.shared, unit="km")
    with_zone = ", også når alle tiltak for hele sonen regnes på planen"
    return f"{told}. Tiltakene tar bort {taken}{with_zone if measures.shared > _NOTHING else ''}."


def _green(north: Span, measures: Measures) -> str:
    if max(abs(one) for one in north) <= _NOTHING:
        return "Planen gir ingen vekst nord for linjen."
    if north.high <= _NOTHING:
        return "Planen gir mindre bilkjøring nord for linjen enn i dag, også etter høyt anslag."
    taken, high = (format_number(one, unit="km") for one in (measures.own, north.high))
    return f"Tiltakene tar bort {taken} i døgnet, minst like mye som det høyeste anslaget, {high}."


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
            f"Planens egne tiltak ({own} i døgnet) er mindre enn det laveste anslaget, men sonen "
            f"har tiltak på {zone} som ikke er fordelt på planer."
        )
    if doubt.standing.high > _NOTHING:
        yield (
            f"Byggene som står der, gir {doubt.standing.text()} i døgnet. Det er ikke kjent hvilke "
            "som blir borte, og ingenting er trukket fra."
        )


def _advice(found: Screening) -> Iterable[str]:
    """Say which parameters decide, and what would make it green."""
    sides, needed, weights = found.sides, found.needed, found.weights
    if sides[SOUTH].middle and not sides[NORTH].middle:
        yield (
            f"Sør for linjen gir planen {sides[SOUTH].text()} i døgnet. Der er det ikke noe krav "
            "om nullvekst."
        )
    if found.status == GREEN or sides[NORTH].high <= _NOTHING:
        return
    single = weights[weights.index.isin(list(UNCERTAIN))]
    top = [
        f"«{title}» ({format_number(low)}–{format_number(high)} km)"
        for title, low, high in single[["tittel", "lav_km", "hoy_km"]].head(_TOLD).to_numpy()
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
    if sides[NORTH].middle <= found.classes["middels"].iloc[0] + _NOTHING:
        yield f"Veksten har alt tilgangsklassen «{CLASSES[0]}»: plasseringen alene gir ikke null."
        return
    best = found.classes.iloc[0]
    least = format_number(best["middels"], unit="km")
    enough = best["hoy"] <= found.measures.own + _NOTHING
    tail = " Det er nok." if enough else " Plasseringen alene gir ikke null."
    yield f"Med tilgangsklassen «{CLASSES[0]}» ville veksten nord gitt {least} i døgnet.{tail}"


def _weights(north: pd.DataFrame, span: Span, parameters: Parameters) -> pd.DataFrame:
    """Reckon what each parameter's range means, the heaviest first (a tornado table)."""
    unsure = bool((north["klasse"] == UNKNOWN).any())
    names = [name for name in UNCERTAIN if name != "klasse" or unsure]
    ends = weigh(north, parameters, names)
    rows = [
        (name, UNCERTAIN[name], low, high, high - low)
        for name, (low, high) in ends.items()
        if high - low > _NOTHING
    ]
    rows.sort(key=lambda row: -row[-1])
    columns = ["navn", "tittel", "lav_km", "hoy_km", "utslag_km"]
    table = pd.DataFrame(rows, columns=columns).set_index("navn")
    down = float(np.sqrt(((span.middle - table["lav_km"]) ** 2).sum()))
    up = float(np.sqrt(((table["hoy_km"] - span.middle) ** 2).sum()))
    whole = [
        ("uavhengig", "Alle, om de feiler uavhengig av hverandre", span.middle - down,
         span.middle + up, up + down),
        ("alle", "Alle samtidig (spennet som avgjør)", span.low, span.high, span.high - span.low),
    ]  # fmt: skip
    return pd.concat([table, pd.DataFrame(whole, columns=columns).set_index("navn")])


def _classes(north: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Reckon km north a day with all of the growth in each class."""
    amount = north[[name for name in QUANTITIES if name in north]].sum().to_frame().T
    every = amount.loc[amount.index.repeat(len(CLASSES))].set_axis(list(CLASSES))
    table = traffic(every.assign(klasse=list(CLASSES)), parameters)
    found = table[[f"km_dogn_{level}" for level in LEVELS]]
    return found.set_axis(list(LEVELS), axis=1)
