"""Whether the schools of a plan's homes have room, year by year, for the pupils that it brings.

The pupils are those of the dwellings (`askergeo.plan._dwellings`) by the tables of the forecast:
by type of dwelling and years since it was completed. The school has room when the places that can
be used are not fewer than the pupils of the forecast and the plan together. What the package says
nothing of is told as unknown, and never as room.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo._text import listed
from askergeo.numbers import format_number
from askergeo.plan._function_answer import answer_of, not_asked, sentences
from askergeo.plan._on_foot import NO_WAYS, starts_of, ways_of
from askergeo.plan._plan_pupils import planned_pupils
from askergeo.plan._school_room import FORECAST, room_of
from askergeo.plan.function_school import doubts, schools_of_plan
from askergeo.privacy import THRESHOLD
from askergeo.school.capacity import year_text
from askergeo.school.route import GRADES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan._on_foot import Starts
    from askergeo.plan._plan_pupils import PlannedPupils
    from askergeo.plan._school_room import Room
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.function_school import Schools
    from askergeo.plan.methods import Question
    from askergeo.scenario import ScenarioView

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["room"]

# Schools that are named before the rest are counted.
_NAMED: Final = 4


@dataclass(frozen=True, eq=False)
class _Case:
    """What the rule has found of ``u`` purposes and the parts of schools that they belong to.

    A part of a school is a position: the school's in ``room`` × parts + the part's.

    Parameters
    ----------
    room
        Places and pupils of the package's schools.
    names
        Name of each school of ``room``.
    touched
        Whether some place of the purpose belongs to the part, (u, p).
    vague
        Of which purposes a school or the number of dwellings is not known, (u,).
    plan
        Pupils that the plan brings by year, (t, p).
    left, high
        Places that can be used and are not taken, without the plan, of the main and the high
        alternative, (t, p); NaN unknown.
    ahead
        Which years there must be room in, (t,).
    known
        Whether the number of dwellings is known of some purpose.
    done
        The year that the dwellings are completed in.
    """

    room: Room
    names: list[str]
    touched: NDArray[np.bool_]
    vague: NDArray[np.bool_]
    plan: Numbers
    left: Numbers
    high: Numbers
    ahead: NDArray[np.bool_]
    known: bool
    done: int


def room(question: Question) -> MapAnswer:
    """Ask whether the schools of a plan's homes have places left, with the pupils that it brings.

    Parameters
    ----------
    question
        What is asked, of a package with ``skole`` and ``veg``; with ``adresse``, ``befolkning``
        and ``skolekrets`` the pupils are forecast, else those of ``elevtall``, the layer or the
        column of ``skole``.
    """
    rule, uses, place, package, parameters = question
    ways = ways_of(package)
    if ways is None:
        return not_asked(rule, NO_WAYS)
    starts = starts_of(uses, ways, parameters)
    schools = schools_of_plan(starts, place, package, parameters)
    seats = room_of(package, parameters)
    planned = planned_pupils(uses, place, package, seats, parameters)
    case = _case(schools, starts, seats, planned, parameters)
    if np.isnan(seats.pupils).all():
        return not_asked(rule, _without_pupils(case, package, planned.remark))
    margin = (case.left - case.plan)[case.ahead].min(axis=0)
    fails = (case.touched & (margin < 0)).any(axis=1)
    vague = case.vague | (case.touched & np.isnan(margin)).any(axis=1)

    def tell(rows: Rows) -> str:
        return _said(case, rows)

    return answer_of(
        rule,
        uses,
        fails=fails,
        unknown=vague & ~fails,
        tell=tell,
        remark=sentences(
            # A hit says it of the purposes that are hit.
            "" if fails.any() else f"{_said(case, np.arange(len(uses)))}.",
            planned.remark,
            seats.remark,
            doubts(schools, package),
        ),
    )


def _case(
    schools: Schools,
    starts: Starts,
    seats: Room,
    planned: PlannedPupils,
    parameters: Parameters,
) -> _Case:
    count = len(seats.parts)
    size = len(seats.ids) * count
    row = seats.ids.get_indexer(schools.frame["skole_id"].astype(object))
    touched = np.zeros((starts.count, size), dtype=bool)
    vague = np.zeros(starts.count, dtype=bool)
    plan = np.zeros((size, planned.pupils.shape[1]))
    for grade in GRADES:
        found = schools.school[grade]
        at = np.where(found >= 0, row[found], -1)
        at = np.where(at >= 0, at * count + seats.part_of(grade), -1)
        there = at >= 0
        vague[starts.owner[~there]] = True
        touched[starts.owner[there], at[there]] = True
        # The pupils of a purpose go where most of its places do.
        cell = starts.owner[there] * size + at[there]
        votes = np.bincount(cell, minlength=starts.count * size).reshape(starts.count, size)
        placed = votes.any(axis=1)
        np.add.at(plan, votes.argmax(axis=1)[placed], planned.pupils[placed, :, grade - 1])
    plan *= seats.share.reshape(size, 1)
    if not seats.forecast:
        # Today's pupils are held against the most that the plan ever brings.
        plan = plan.max(axis=1, keepdims=True)
    usable = float(parameters["skole_fylling"]) * seats.places - seats.pupils
    high = float(parameters["skole_fylling"]) * seats.places - seats.high
    return _Case(
        room=seats,
        names=_names(schools, seats),
        touched=touched,
        vague=vague | ~planned.known,
        plan=plan.T,
        left=usable.reshape(len(seats.years), size),
        high=high.reshape(len(seats.years), size),
        ahead=_ahead(seats, planned, parameters),
        known=bool(planned.known.any()),
        done=planned.done,
    )


def _names(schools: Schools, seats: Room) -> list[str]:
    names = schools.frame.drop_duplicates("skole_id").set_index("skole_id")["navn"]
    return [str(one) for one in names.reindex(seats.ids)]


def _ahead(seats: Room, planned: PlannedPupils, parameters: Parameters) -> NDArray[np.bool_]:
    """Tell which school years the schools must have room in, (t,)."""
    if not seats.forecast:
        return np.ones(len(seats.years), dtype=bool)
    return np.asarray(seats.years <= planned.done + int(parameters["skole_horisont"]))


def _full(case: _Case, left: Numbers) -> Rows:
    """Find the first year that each part of a school is full, −1 never."""
    over = (left < 0) & case.ahead[:, None]
    return np.where(over.any(axis=0), over.argmax(axis=0), -1)


def _said(case: _Case, rows: Rows) -> str:
    """Tell of each part of a school that some purposes belong to, the fullest first."""
    its = np.flatnonzero(case.touched[rows].any(axis=0))
    margin = (case.left - case.plan)[case.ahead][:, its].min(axis=0)
    its = its[np.argsort(np.nan_to_num(margin, nan=-np.inf), kind="stable")]
    texts = [_part_text(case, int(one)) for one in its[:_NAMED]]
    if len(its) > _NAMED:
        texts.append(f"Planen hører til {format_number(len(its) - _NAMED)} skoler og trinn til")
    return ". ".join(texts) if texts else "Skolen er ikke kjent"


def _title(case: _Case, at: int) -> str:
    school, part = divmod(at, len(case.room.parts))
    title = case.room.parts[part]
    return f"{case.names[school]} ({title})" if title else case.names[school]


def _part_text(case: _Case, at: int) -> str:
    return _year_by_year(case, at) if case.room.forecast else _of_today(case, at)


def _of_today(case: _Case, at: int) -> str:
    school, part = divmod(at, len(case.room.parts))
    seats, pupils = (values[0, school, part] for values in (case.room.places, case.room.pupils))
    if np.isnan(seats) or np.isnan(pupils):
        return f"{_title(case, at)} har ukjent plass"
    few = 0 < pupils < THRESHOLD
    count = f"færre enn {THRESHOLD}" if few else format_number(float(pupils))
    more = f", og planen gir {_pupils_text(case.plan[0, at])} på det meste" if case.known else ""
    return f"{_title(case, at)} har {count} elever og {format_number(float(seats))} plasser{more}"


def _year_by_year(case: _Case, at: int) -> str:
    """Tell what is left in the tightest year, what the plan brings, and when it is full."""
    left, plan = case.left[:, at], case.plan[:, at]
    ahead = np.flatnonzero(case.ahead)
    if np.isnan(left[ahead]).any():
        return f"{_title(case, at)} har ukjent plass"
    moved_in = ahead[case.room.years[ahead] >= case.done] if case.known else ahead
    years = moved_in if len(moved_in) else ahead
    year = int(years[np.argmin((left - plan)[years])])
    more = ""
    if case.known:
        most = int(years[np.argmax(plan[years])])
        more = f", og planen gir {_pupils_text(plan[year])} da"
        if np.rint(plan[most]) > np.rint(plan[year]):
            top = format_number(float(np.rint(plan[most])))
            more += f" og {top} på det meste ({_year(case, most)})"
    return f"{_seats_text(case, at, year)}{more}{_when_full(case, at)}"


def _seats_text(case: _Case, at: int, year: int) -> str:
    """Tell what is left in a year; not by number when that would tell of few pupils."""
    school, part = divmod(at, len(case.room.parts))
    left = float(np.floor(case.left[year, at]))
    if 0 < case.room.pupils[year, school, part] < THRESHOLD:
        said = "har ledige plasser" if left >= 0 else "mangler plasser"
    elif left < 0:
        said = f"mangler {format_number(-left)} plasser"
    else:
        said = f"har {format_number(left)} {'ledig plass' if left == 1 else 'ledige plasser'}"
    return f"{_title(case, at)} {said} i {_year(case, year)}"


def _year(case: _Case, row: int) -> str:
    return year_text(int(case.room.years[row]))


def _when_full(case: _Case, at: int) -> str:
    """Tell from which year there is no room, and whether that is for the plan."""
    now, then, high = (
        int(_full(case, left)[at])
        for left in (case.left, case.left - case.plan, case.high - case.plan)
    )
    if now >= 0:
        sooner = f", med planen fra {_year(case, then)}" if then < now else ""
        return f"; full fra {_year(case, now)} også uten planen{sooner}"
    if then >= 0:
        return f"; full fra {_year(case, then)} på grunn av planen"
    return f"; full fra {_year(case, high)} i høyt alternativ" if high >= 0 else ""


def _pupils_text(pupils: float) -> str:
    number = float(np.rint(pupils))
    return f"om lag {format_number(number)} elever" if number > 1 else "omtrent ingen elever"


def _without_pupils(case: _Case, package: DataPackage | ScenarioView, homes: str) -> str:
    """Say what the schools are built for, when nobody says how many pupils they have."""
    its = np.unique(np.flatnonzero(case.touched.any(axis=0)) // len(case.room.parts))
    whole = case.room.places[0].sum(axis=1)
    told = [
        f"{case.names[one]} er bygd for {format_number(float(whole[one]))} elever"
        for one in its[:_NAMED]
        if not np.isnan(whole[one])
    ]
    lacking = [f"«{package.catalogue[one].title}»" for one in FORECAST if one not in package]
    known = f" {listed(told)}." if told else ""
    more = f" For elevframskriving mangler {listed(lacking)}." if lacking else ""
    return f"Elevtall og kapasitet er ikke i datapakken.{known}{more} {homes}"
