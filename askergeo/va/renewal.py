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
from askergeo.va._renewal_age import ages_of
from askergeo.va._renewal_breaks import (
    dimension_factor,
    experience,
    no_experience,
)
from askergeo.va._renewal_cost import pipe_costs, trench_costs
from askergeo.va._renewal_life import LONG, MIDDLE, SHORT, load_lives
from askergeo.va._renewal_plan import NEVER, bound, schedule
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
from askergeo.va.trenches import merge_short, same_trench, stretches, touching, trench_metres

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
    "courses_of",
    "dug",
    "make_projects",
    "plan",
    "schedule",
    "years_to_renew",
]

# Kinds of events that count, by net.
_COUNTED: Final = ("va_fornyelse_hendelser_vann", "va_fornyelse_hendelser_avlop")
_NEW: Final = ("va_fornyelse_nytt_materiale_vann", "va_fornyelse_nytt_materiale_avlop")
_KRONER: Final = 1e6
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
    stock = stock_of(va_ledning, year, table)
    limits, values = _classes(parameters, "va_fornyelse_dimensjon_hendelser")
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


def _classes(parameters: Parameters, name: str) -> tuple[list[float], list[float]]:
    """Read the limits of dimensions and a value for each class between them."""
    limits = [float(one) for one in parameters["va_fornyelse_dimensjon_grenser"]]
    values = [float(one) for one in parameters[name]]
    if len(values) != len(limits) + 1 or limits != sorted(limits) or min(values) < 0:
        raise ParameterError(
            f"«{name}» må ha {len(limits) + 1} tall, ett for hver klasse mellom grensene i "
            "«va_fornyelse_dimensjon_grenser» (som må stige), og ingen under 0.",
            remedy="Endre begge parametrene sammen.",
        )
    return limits, values


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
    own = dimension_factor(stock, *_classes(parameters, "va_fornyelse_konsekvens_dimensjon"))
    weight = float(parameters["va_fornyelse_konsekvens_institusjon"])
    lost = np.nan_to_num(persons) + weight * np.nan_to_num(institutions)
    road = np.where(main_road, float(parameters["va_fornyelse_hovedveg"]), 1.0)
    return np.asarray((own + lost) * road, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Projects:
    """Stretches of street that are renewed as one.

    Parameters
    ----------
    frame
        A row a project: ``gate`` (place of the street's name, −1), ``groft_m``, metres of each of
        `MEDIA`, ``ledninger``, ``risiko``, ``ahead``, ``personer``, ``institusjoner``, ``kr``,
        ``metode``, ``eldste``.
    of
        Project of each pipe, −1 for none, (n,).
    stretch, trench
        Stretch and trench of each pipe, (n,).
    young, short
        Pipes that are too young, and those on stretches that are too short, (n,).
    """

    frame: pd.DataFrame
    of: Whole
    stretch: Whole
    trench: Whole
    young: NDArray[np.bool_]
    short: NDArray[np.bool_]


def make_projects(
    found: Assessment,
    va_ledning: pd.DataFrame,
    street: Whole | None = None,
    *,
    parameters: Parameters,
) -> Projects:
    """Group the pipes that are old enough into street projects.

    Parameters
    ----------
    found
        The pipes.
    va_ledning
        The layer, for the ids of trenches and of pipes.
    street
        Place of the street of each pipe of the stock, −1 without, (n,).
    parameters
        A set that has ``va_fornyelse``.
    """
    stock = found.stock
    near = float(parameters["va_fornyelse_groft_m"])
    ids = (
        va_ledning["groft_id"].astype("string").astype(object).where(lambda one: one.notna(), None)
        if "groft_id" in va_ledning
        else pd.Series([None] * len(va_ledning), dtype=object)
    ).to_numpy(dtype=object)[stock.row]
    trench = same_trench(stock.lines, stock.medium, ids, near)
    pairs = touching(stock.lines, trench, near)
    named = np.full(len(stock), -1, np.int64) if street is None else street
    stretch = stretches(
        stock.lines, stock.medium, trench, named, stock.length_m,
        pairs=pairs, longest=float(parameters["va_fornyelse_prosjekt_maks_m"]),
    )  # fmt: skip
    young = ~_worn(found, parameters)
    least = float(parameters["va_fornyelse_prosjekt_min_m"])
    length = _worn_metres(stock, trench, stretch, ~young)
    # A trench is of one stretch, so that any of its pipes tells which.
    of_trench = np.zeros(int(trench.max(initial=-1)) + 1, dtype=np.int64)
    of_trench[trench] = stretch
    stretch = merge_short(length, (of_trench[pairs[0]], of_trench[pairs[1]]), least)[stretch]
    enough = _worn_metres(stock, trench, stretch, ~young) >= least
    mine = ~young & enough[stretch]
    of = np.full(len(stock), -1, dtype=np.int64)
    kept, of[mine] = np.unique(stretch[mine], return_inverse=True)
    names = va_ledning["ledning_id"].astype(str).to_numpy(dtype=object)[stock.row]
    frame = _project_frame(found, of, trench, named, names, count=len(kept), parameters=parameters)
    return Projects(frame, of, stretch, trench, young, ~young & ~mine)


def _worn_metres(stock: Stock, trench: Whole, stretch: Whole, worn: NDArray[np.bool_]) -> Numbers:
    """Metres of trench of the worn pipes of each stretch."""
    length = np.zeros(int(stretch.max(initial=-1)) + 1)
    if worn.any():
        told = trench_metres(trench[worn], stock.medium[worn], stretch[worn], stock.length_m[worn])
        length[: len(told)] = told
    return length


def _worn(found: Assessment, parameters: Parameters) -> NDArray[np.bool_]:
    """Tell which pipes have used enough of their life, or break far more than their net."""
    worn = found.used[MIDDLE] >= float(parameters["va_fornyelse_med_i_groft"])
    stock = found.stock
    rate = found.events[MIDDLE] / stock.length_m
    for medium in range(len(MEDIA)):
        mine = stock.medium == medium
        if mine.any():
            mean = float(found.events[MIDDLE][mine].sum() / stock.length_m[mine].sum())
            often = float(parameters["va_fornyelse_med_hendelser"]) * mean
            worn |= mine & (rate >= often) & (rate > 0)
    return np.asarray(worn, dtype=np.bool_)


def _project_frame(
    found: Assessment,
    of: Whole,
    trench: Whole,
    street: Whole,
    names: NDArray[np.object_],
    *,
    count: int,
    parameters: Parameters,
) -> pd.DataFrame:
    """Sum the pipes of each project."""
    stock = found.stock
    rows = np.flatnonzero(of >= 0)
    mine = of[rows]

    def total(values: Numbers) -> Numbers:
        return np.bincount(mine, weights=values[rows], minlength=count).astype(np.float64)

    grouped = pd.DataFrame(
        {
            "of": mine, "id": names[rows], "laid": stock.laid[rows], "gate": street[rows],
            "metres": stock.length_m[rows], "personer": found.persons[rows],
            "institusjoner": found.institutions[rows],
        }
    )  # fmt: skip
    by = grouped.groupby("of")
    known = grouped[grouped["laid"] > 0].groupby("of")["laid"].min()
    most = grouped.groupby(["of", "gate"])["metres"].sum().reset_index()
    most = most.sort_values(["of", "metres", "gate"], ascending=[True, False, True])
    frame = pd.DataFrame(index=pd.RangeIndex(count))
    # Named by its first pipe, so that a project has the same name in two runs of the same pipes.
    frame["prosjekt"] = by["id"].min()
    frame["gate"] = most.drop_duplicates("of").set_index("of")["gate"]
    frame["groft_m"] = trench_metres(
        trench[rows], stock.medium[rows], mine, stock.length_m[rows]
    )[:count]  # fmt: skip
    for medium, name in enumerate(MEDIA):
        frame[name] = total(np.where(stock.medium == medium, stock.length_m, 0.0))
    frame["ledninger"] = by.size()
    frame["eldste"] = known.reindex(frame.index)
    frame["forbi_m"] = total(found.past[MIDDLE] * stock.length_m)
    frame["hendelser"] = total(found.events[MIDDLE])
    frame["ahead"] = total(found.ahead[MIDDLE])
    frame["risiko"] = total(found.risk)
    frame["personer"], frame["institusjoner"] = by["personer"].max(), by["institusjoner"].max()
    frame["grøft"] = dug(frame, str(parameters["va_fornyelse_metode"]))
    frame["kr"] = _costs(stock, of, trench, frame["grøft"].to_numpy(dtype=bool), parameters)
    return frame


def dug(frame: pd.DataFrame, method: str) -> NDArray[np.bool_]:
    """Tell which projects are dug: all, none, or those with water pipes."""
    if method == "etter ledningene":
        return np.asarray(frame["vann"] > 0, dtype=np.bool_)
    return np.full(len(frame), method == "grøft", dtype=np.bool_)


def _costs(
    stock: Stock, of: Whole, trench: Whole, digs: NDArray[np.bool_], parameters: Parameters
) -> Numbers:
    """Cost of each project in kroner, (p,)."""
    rows = np.flatnonzero(of >= 0)
    cost = np.zeros(len(digs))
    if not len(rows):
        return cost
    limits, trenched = _classes(parameters, "va_fornyelse_kr_groft")
    _, lined = _classes(parameters, "va_fornyelse_kr_strompe")
    share = float(parameters["va_fornyelse_kr_sammen"])
    in_trench = pipe_costs(stock, dimension_factor(stock, limits, trenched))
    without = pipe_costs(stock, dimension_factor(stock, limits, lined))
    of_digs = digs[of[rows]]
    one, other = rows[of_digs], rows[~of_digs]
    cost += trench_costs(
        of[one], trench[one], stock.medium[one], in_trench[one], share=share, count=len(digs)
    )
    cost += np.bincount(of[other], weights=without[other], minlength=len(digs))
    return cost


def plan(found: Assessment, made: Projects, parameters: Parameters) -> Whole:
    """Give each project the year it is carried out in, `NEVER` when the plan ends first.

    With a budget its kroner are held; without, the metres of the rates of water and sewage, which
    are saved up from year to year. Storm water is renewed with the others only, then.
    """
    count = int(parameters["va_fornyelse_plan_aar"])
    worth = made.frame["risiko"].to_numpy(dtype=np.float64)
    money = float(parameters["va_fornyelse_budsjett"]) * _KRONER
    if money > 0:
        carry = str(parameters["va_fornyelse_overfor"]) == "ja"
        takes = made.frame[["kr"]].to_numpy(dtype=np.float64)
        return schedule(worth, takes, np.full((count, 1), money), carry=carry)
    takes = made.frame[[MEDIA[WATER], MEDIA[FOUL]]].to_numpy(dtype=np.float64)
    stock = found.stock
    metres = [float(stock.length_m[stock.medium == one].sum()) for one in (WATER, FOUL)]
    quota = np.array(metres) * np.array(_rates(parameters))
    return schedule(worth, takes, np.tile(quota, (count, 1)), carry=True)


def _rates(parameters: Parameters) -> tuple[float, float]:
    """Return the rates of the plan for water and sewage, shares a year."""
    water = float(parameters["va_fornyelse_takt_vann"]) / _PERCENT
    return water, float(parameters["va_fornyelse_takt_avlop"]) / _PERCENT


def courses_of(
    found: Assessment, medium: int, parameters: Parameters, *, more: tuple[float, ...] = ()
) -> tuple[Course, ...]:
    """Follow one net at each rate that is compared, at that of the plan and at ``more``.

    The lowest rate comes first; ``more`` are shares of the metres a year. Rates are rounded to a
    hundredth of a per cent, so that two that are written alike are one.
    """
    own = _rates(parameters)[min(medium, FOUL)]
    rates = {float(one) / _PERCENT for one in parameters["va_fornyelse_takter"]} | {own, *more}
    if min(rates) < 0 or max(rates) > 5 / _PERCENT:
        raise ParameterError(
            "«va_fornyelse_takter» må være fra 0 til 5 (% i året).",
            remedy="Skriv for eksempel «--parameter va_fornyelse_takter=0.5,1.4,2».",
        )
    stock = found.stock
    material = found.lives.materials.index(str(parameters[_NEW[min(medium, FOUL)]]))
    return courses(
        stock, found.ages, found.experience.factor, found.per_metre, stock.medium == medium,
        rates=sorted({round(one, 4) for one in rates}), year=found.year,
        horizon=int(parameters["va_fornyelse_framover_aar"]),
        new=(found.lives, material, found.experience.net[:, medium]),
    )  # fmt: skip
