"""The renewal plan: what each pipe is likely to do, what it means, and which streets come first.

Risk is the events that are expected in some years times what an event means. Pipes of the same
trench and street are renewed together, as far as they are old enough; the projects are taken by
risk for what they take of the budget. The method is in docs/metode-va.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from askergeo.errors import ParameterError
from askergeo.numbers import format_number
from askergeo.va._renewal_age import ages_of
from askergeo.va._renewal_breaks import (
    classes_of,
    dimension_factor,
    experience,
    no_experience,
)
from askergeo.va._renewal_life import LONG, MIDDLE, SHORT, load_lives
from askergeo.va._renewal_plan import NEVER, bound, schedule
from askergeo.va._renewal_projects import Projects, dug, make_projects
from askergeo.va._renewal_rates import Course, courses, years_to_renew
from askergeo.va._renewal_stock import (
    FOUL,
    MEDIA,
    STORM,
    TITLES,
    UNKNOWN,
    WATER,
    Stock,
    stock_of,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va._renewal_age import Ages
    from askergeo.va._renewal_breaks import Experience
    from askergeo.va._renewal_life import Lives

    Numbers = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "FOUL",
    "LONG",
    "MEDIA",
    "MIDDLE",
    "NEVER",
    "SHORT",
    "STORM",
    "TITLES",
    "WATER",
    "Assessment",
    "Course",
    "Projects",
    "assess",
    "bound",
    "budget_of",
    "courses_of",
    "dug",
    "make_projects",
    "plan",
    "rates_of",
    "schedule",
    "years_to_renew",
]

# Kinds of events that count, by net.
_COUNTED: Final = ("va_fornyelse_hendelser_vann", "va_fornyelse_hendelser_avlop")
_NEW: Final = ("va_fornyelse_nytt_materiale_vann", "va_fornyelse_nytt_materiale_avlop")
# The rates of the plan without a budget, of water and sewage.
_ADOPTED: Final = ("va_fornyelse_takt_vann", "va_fornyelse_takt_avlop")
_KRONER: Final = 1e6
# What the parameter of the budget is when it is not given.
_NOT_GIVEN: Final = -1.0
_PERCENT: Final = 100.0
_METRES: Final = 1_000.0


@dataclass(frozen=True, eq=False)
class Assessment:
    """The pipes with what is expected of each; (3, n) is at short, middle and long life.

    Parameters
    ----------
    stock, ages, experience, lives
        The pipes, their ages, what their events say, and the table of lives.
    year
        Present year.
    events
        Events expected in the next year, (3, n).
    ahead
        Events expected in the years that chances are told for, (3, n).
    past, used
        Share that has passed its expected life; age as a share of it, (3, n).
    age
        Mean age, (n,).
    persons, institutions
        Who lose the service when the pipe fails, (n,); NaN unknown.
    consequence
        What an event means, in persons, (n,).
    """

    stock: Stock
    ages: Ages
    experience: Experience
    lives: Lives
    year: int
    events: Numbers
    ahead: Numbers
    past: Numbers
    used: Numbers
    age: Numbers
    persons: Numbers
    institutions: Numbers
    consequence: Numbers

    @property
    def risk(self) -> Numbers:
        """Events ahead times consequence, (n,), at the middle life."""
        return np.asarray(self.ahead[MIDDLE] * self.consequence, dtype=np.float64)

    @property
    def chance(self) -> Numbers:
        """Chance of at least one event in the years ahead, (3, n)."""
        return np.asarray(-np.expm1(-self.ahead), dtype=np.float64)

    @property
    def per_metre(self) -> Numbers:
        """Risk a metre, (n,): what the order of renewal is by."""
        return np.asarray(self.risk / self.stock.length_m, dtype=np.float64)


def assess(
    va_ledning: gpd.GeoDataFrame,
    va_hendelse: pd.DataFrame | None = None,
    *,
    year: int,
    parameters: Parameters,
    persons: Numbers | None = None,
    institutions: Numbers | None = None,
    main_road: NDArray[np.bool_] | None = None,
) -> Assessment:
    """Reckon what each municipal pipe is likely to do, and what that means.

    Parameters
    ----------
    va_ledning, va_hendelse
        Layers of the catalogue.
    year
        Present year.
    parameters
        A set that has ``va_fornyelse``.
    persons, institutions
        Who lose the service when each row of ``va_ledning`` fails; NaN or ``None`` unknown.
    main_road
        Rows of ``va_ledning`` under a main road.

    Raises
    ------
    LayerError
        When no pipe has both material and year.
    ParameterError
        When a list of values does not have as many as there are classes.
    """
    table = load_lives()
    stock = stock_of(va_ledning, year, table, parameters)
    limits, values = classes_of(parameters, "va_fornyelse_dimensjon_hendelser")
    # Short lives come with a steep growth of the events: written as short, middle and long.
    shapes = np.array([float(one) for one in parameters["va_fornyelse_form_hendelser"]])
    if len(shapes) != 3 or (shapes < 1).any():  # noqa: PLR2004
        raise ParameterError(
            "«va_fornyelse_form_hendelser» må ha tre tall som er 1 eller høyere: ved kort, "
            "middels og lang levetid.",
            remedy="Skriv for eksempel «--parameter va_fornyelse_form_hendelser=2.5,2,1.5».",
        )
    ages = ages_of(stock, table, shapes, float(parameters["va_fornyelse_form_levetid"]))
    base = dimension_factor(stock, limits, values)
    known = _experience(
        stock, ages, base, va_ledning, va_hendelse, year=year, parameters=parameters
    )
    km = stock.length_m / _METRES
    horizon = float(parameters["va_fornyelse_sjanse_aar"])
    people = _of_row(persons, stock)
    places = _of_row(institutions, stock)
    road = np.zeros(len(stock), np.bool_) if main_road is None else main_road[stock.row]
    return Assessment(
        stock, ages, known, table, year,
        events=ages.events(year, 1.0)[:, ages.of] * known.factor * km,
        ahead=ages.events(year, horizon)[:, ages.of] * known.factor * km,
        past=ages.past(year)[:, ages.of],
        used=ages.used(year)[:, ages.of],
        age=ages.age(year)[ages.of],
        persons=people,
        institutions=places,
        consequence=_consequence(stock, people, places, road, parameters),
    )  # fmt: skip


def _of_row(values: Numbers | None, stock: Stock) -> Numbers:
    return np.full(len(stock), np.nan) if values is None else values[stock.row]


def _experience(
    stock: Stock,
    ages: Ages,
    base: Numbers,
    pipes: pd.DataFrame,
    happened: pd.DataFrame | None,
    *,
    year: int,
    parameters: Parameters,
) -> Experience:
    """Read the events that count and hold them against the table."""
    if happened is None or not len(happened):
        return no_experience(stock, base)
    ids = pd.Index(pipes["ledning_id"].astype(str))
    place = np.full(len(pipes) + 1, -1, dtype=np.int64)
    place[stock.row] = np.arange(len(stock))
    first = ~ids.duplicated()
    at = ids[first].get_indexer(pd.Index(happened["ledning_id"].astype(str)))
    row = np.where(at >= 0, np.flatnonzero(first)[at], len(pipes))
    pipe = place[row]
    water, foul = (set(parameters[name]) for name in _COUNTED)
    kind = happened["type"].astype(str)
    medium = np.where(pipe >= 0, stock.medium[np.maximum(pipe, 0)], UNKNOWN)
    counts = np.where(
        medium == WATER, kind.isin(water), np.where(medium < 0, True, kind.isin(foul))
    ).astype(bool)
    years = pd.to_numeric(happened["aar"], errors="coerce").astype("Float64")
    counts &= years.notna().to_numpy()
    frame = pd.DataFrame(
        {"pipe": pipe[counts], "aar": years.to_numpy(float, na_value=0)[counts].astype(np.int64)}
    )
    return experience(
        stock, ages, base, frame, year, prior=float(parameters["va_fornyelse_egne_hendelser"])
    )


def _consequence(
    stock: Stock,
    persons: Numbers,
    institutions: Numbers,
    main_road: NDArray[np.bool_],
    parameters: Parameters,
) -> Numbers:
    """Weigh what an event means, in persons who lose the service."""
    own = dimension_factor(stock, *classes_of(parameters, "va_fornyelse_konsekvens_dimensjon"))
    weight = float(parameters["va_fornyelse_konsekvens_institusjon"])
    lost = np.nan_to_num(persons) + weight * np.nan_to_num(institutions)
    road = np.where(main_road, float(parameters["va_fornyelse_hovedveg"]), 1.0)
    return np.asarray((own + lost) * road, dtype=np.float64)


def budget_of(parameters: Parameters) -> float | None:
    """Return the kroner there are each year, ``None`` when no budget is given; 0 is a budget.

    Raises
    ------
    ParameterError
        When it is below 0 without being the −1 that is not given, or a rate is given with it.
    """
    given = float(parameters["va_fornyelse_budsjett"])
    if given == _NOT_GIVEN:
        return None
    if any(one.changed for one in parameters if one.name in _ADOPTED):
        raise ParameterError(
            "Planen kan ikke følge både et budsjett og en takt.",
            remedy="Ta bort «--budsjett», eller «--takt-vann» og «--takt-avløp». Hva andre takter "
            "gjør, vises også med budsjett: «--parameter va_fornyelse_takter=0.5,1.4,2».",
        )
    if given < 0:
        raise ParameterError(
            f"Budsjettet er {format_number(given, 1)} mill. kr i året; det kan ikke være under 0.",
            remedy="Skriv for eksempel «--budsjett 20». Uten «--budsjett» følger planen takten.",
        )
    return given * _KRONER


def plan(found: Assessment, made: Projects, parameters: Parameters) -> Whole:
    """Give each project the year it is carried out in, `NEVER` when the plan ends first.

    With a budget its kroner are held, also when they are 0; without, the metres of the rates of
    water and sewage, which are saved up from year to year. Storm water is renewed with the others
    only, then.
    """
    count = int(parameters["va_fornyelse_plan_aar"])
    worth = made.frame["risiko"].to_numpy(dtype=np.float64)
    money = budget_of(parameters)
    if money is not None:
        carry = str(parameters["va_fornyelse_overfor"]) == "ja"
        takes = made.frame[["kr"]].to_numpy(dtype=np.float64)
        return schedule(worth, takes, np.full((count, 1), money), carry=carry)
    takes = made.frame[[MEDIA[WATER], MEDIA[FOUL]]].to_numpy(dtype=np.float64)
    stock = found.stock
    metres = [float(stock.length_m[stock.medium == one].sum()) for one in (WATER, FOUL)]
    quota = np.array(metres) * np.array(_rates(parameters))
    return schedule(worth, takes, np.tile(quota, (count, 1)), carry=True)


def rates_of(
    found: Assessment, made: Projects, years: Whole, parameters: Parameters
) -> tuple[float, float, float]:
    """Return the share of each net that the plan renews a year.

    With a budget it is what the plan's own projects come to; without, the rates that the plan
    follows, and NaN for storm water, which has none.

    Parameters
    ----------
    found, made, parameters
        As for `plan`.
    years
        What `plan` returns.
    """
    if budget_of(parameters) is None:
        return (*_rates(parameters), float("nan"))
    count = int(parameters["va_fornyelse_plan_aar"])
    metres = made.frame.loc[years != NEVER, list(MEDIA)].sum().to_numpy(dtype=np.float64)
    stock = found.stock
    total = np.bincount(stock.medium, weights=stock.length_m, minlength=len(MEDIA))[: len(MEDIA)]
    share = np.divide(metres, total * count, out=np.full(len(MEDIA), np.nan), where=total > 0)
    # As it is written, so that its years and its course are those of the number that is read.
    share = np.where(np.round(share, 4) > 0, np.round(share, 4), share)
    return float(share[0]), float(share[1]), float(share[2])


def _rates(parameters: Parameters) -> tuple[float, float]:
    """Return the rates of the plan for water and sewage, shares a year."""
    water, foul = (float(parameters[name]) / _PERCENT for name in _ADOPTED)
    return water, foul


def courses_of(
    found: Assessment, medium: int, parameters: Parameters, *, more: tuple[float, ...] = ()
) -> tuple[Course, ...]:
    """Follow one net at each rate that is compared, and at ``more``: that of the plan, and others.

    The lowest rate comes first; ``more`` are shares of the metres a year. Rates are rounded to a
    hundredth of a per cent, so that two that are written alike are one.
    """
    rates = {float(one) / _PERCENT for one in parameters["va_fornyelse_takter"]}
    if min(rates, default=0) < 0 or max(rates, default=0) > 5 / _PERCENT:
        raise ParameterError(
            "«va_fornyelse_takter» må være fra 0 til 5 (% i året).",
            remedy="Skriv for eksempel «--parameter va_fornyelse_takter=0.5,1.4,2».",
        )
    stock = found.stock
    material = found.lives.materials.index(str(parameters[_NEW[min(medium, FOUL)]]))
    return courses(
        stock, found.ages, found.experience.factor, found.per_metre, stock.medium == medium,
        rates=sorted({round(one, 4) for one in (*rates, *more)}), year=found.year,
        horizon=int(parameters["va_fornyelse_framover_aar"]),
        new=(found.lives, material, found.experience.net[:, medium]),
    )  # fmt: skip
