"""The schools of a plan's homes, and how long the way there is.

The right to transport follows from opplæringslova (LOV-2023-06-09-30) chapter 4: more than 2 km in
the first grade, more than 4 km in grades 2 to 10, from door to door along the way that is walked.
The school is that of the district where the layer ``skolekrets`` names one, else the nearest on
foot that has the grade; private schools are left out, for nobody is assigned to one. Dangerous
ways give the right at any distance, and are not judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.geometry import geometries
from askergeo.network.paths import matrix
from askergeo.numbers import format_number
from askergeo.plan._function_answer import answer_of, not_asked, sentences
from askergeo.plan._kept import kept
from askergeo.plan._on_foot import (
    NO_WAYS,
    longest,
    reach_text,
    starts_of,
    unconnected,
    up_to_text,
    ways_of,
)
from askergeo.school.route import (
    GRADES,
    STAGES,
    district_rows,
    open_schools,
    public_schools,
    stage_of,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan._on_foot import Longest, Starts
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.methods import Question
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

    Numbers = NDArray[np.float64]
    Rows = NDArray[np.intp]

__all__ = ["Schools", "doubts", "numbers", "schools_of_plan", "way"]

# Title, and the grades, of each part of the school that the law or the districts tell apart.
_PARTS: Final = {
    "1. trinn": (1,),
    "2.–7. trinn": tuple(range(2, 8)),
    "8.–10. trinn": tuple(range(8, 11)),
}
_UNKNOWN: Final = -2
_FAR: Final = -1
_GAP: Final = -3


@dataclass(frozen=True, eq=False)
class Schools:
    """The school of each of ``s`` places in each grade.

    Parameters
    ----------
    frame
        The schools, a row each.
    way
        Metres on foot by grade, (s,) each; ``inf`` beyond what is searched, NaN unknown.
    school
        Row of the school by grade, (s,) each; −1 too far to tell which, −2 not in the layer, −3 not
        known because the map has a gap.
    districts
        Whether the layer of districts says which.
    year
        The autumn whose open schools are chosen among; 0 all.
    """

    frame: gpd.GeoDataFrame
    way: dict[int, Numbers]
    school: dict[int, Rows]
    districts: bool
    year: int

    def name(self, grade: int, start: int) -> str:
        """Name of the school of a place in a grade; empty when it is not known or not near."""
        row = self.school[grade][start]
        return str(self.frame["navn"].iloc[row]) if row >= 0 else ""


def way(question: Question) -> MapAnswer:
    """Ask whether children walk to school without the right to transport.

    Parameters
    ----------
    question
        What is asked, of a package with ``skole`` and ``veg``, and ``skolekrets`` when there is
        one.
    """
    rule, uses, place, package, parameters = question
    ways = ways_of(package)
    if ways is None:
        return not_asked(rule, NO_WAYS)
    starts = starts_of(uses, ways, parameters)
    schools = schools_of_plan(starts, place, package, parameters)
    worst = {title: _worst(schools, starts, grades) for title, grades in _PARTS.items()}
    over = {
        title: found.value > _limit_of(_PARTS[title][0], parameters)
        for title, (found, _) in worst.items()
    }
    fails = np.any(list(over.values()), axis=0)
    vague = np.any([np.isnan(f.value) | f.unsure for f, _ in worst.values()], axis=0)
    most = float(parameters["sok_m"])

    def told(title: str, rows: Rows) -> str:
        return f"{title} {_longest_text(schools, worst[title], rows, most)}"

    def tell(rows: Rows) -> str:
        late = [told(title, rows[over[title][rows]]) for title in _PARTS if over[title][rows].any()]
        return f"rett til skoleskyss: {listed(late)}"

    known = {title: np.flatnonzero(~np.isnan(found.value)) for title, (found, _) in worst.items()}
    way_there = [told(title, rows) for title, rows in known.items() if len(rows)]
    return answer_of(
        rule,
        uses,
        fails=fails,
        unknown=vague & ~fails,
        tell=tell,
        remark=sentences(
            f"Skoleveien: {listed(way_there)}." if way_there else "",
            doubts(schools, package),
            reach_text(starts, parameters),
        ),
    )


def _longest_text(schools: Schools, worst: tuple[Longest, Rows], rows: Rows, most: float) -> str:
    """Say how far it is from the purpose that has it longest, and to which school."""
    found, grades = worst
    row = rows[np.argmax(np.nan_to_num(found.value[rows], nan=-1.0))]
    name = schools.name(int(grades[row]), int(found.start[row]))
    if name:
        return f"{up_to_text(float(found.value[row]), most)} til {name}"
    least = min(float(found.value[row]), most)
    return f"mer enn {format_number(float(np.floor(least)), unit='m')}"


def _limit_of(grade: int, parameters: Parameters) -> float:
    return float(parameters["skoleskyss_forste_m" if grade == 1 else "skoleskyss_m"])


def _worst(schools: Schools, starts: Starts, grades: tuple[int, ...]) -> tuple[Longest, Rows]:
    """Find the longest way of some grades from each purpose, and the grade that has it."""
    ways = np.column_stack([schools.way[grade] for grade in grades])
    last = np.argmax(np.nan_to_num(ways, nan=-1.0), axis=1)
    value = ways[np.arange(len(ways)), last]
    # A grade that nothing is known of leaves the rest unsure.
    found = longest(starts, value)
    unsure = found.unsure.copy()
    unsure[starts.owner[np.isnan(ways).any(axis=1)]] = True
    return found._replace(unsure=unsure), np.array(grades)[last[found.start]]


def schools_of_plan(
    starts: Starts, place: Place, package: DataPackage | ScenarioView, parameters: Parameters
) -> Schools:
    """Find the school of each place in each grade, and the way there; kept for the next rule."""
    layers = [one for one in ("skole", "skolekrets") if one in package]
    hashes = tuple((layer, package.record(layer).sha256) for layer in layers)
    names = (
        "sok_m",
        "koble_m",
        "los_knuter",
        "skoleskyss_forste_m",
        "skoleskyss_m",
        "boliger_ferdig",
    )
    key = (hashes, *(parameters[name] for name in names))
    return kept("schools", key, lambda: _found(starts, place, package, parameters), starts)


def _found(
    starts: Starts, place: Place, package: DataPackage | ScenarioView, parameters: Parameters
) -> Schools:
    there = package.records["skole"].columns
    wanted = ("skole_id", "navn", "trinn_fra", "trinn_til", "eierform", "fra_aar", "til_aar")
    more = ("stedfesting",)
    frame = package.read("skole", columns=[one for one in (*wanted, *more) if one in there])
    for name in wanted:
        if name not in frame:
            frame[name] = pd.NA
    ways = ways_of(package)
    away = np.full((len(starts.owner), len(frame)), np.inf)
    # Metres in a straight line to the schools that no way of the map leads to.
    apart = np.full(away.shape, np.inf)
    if ways is not None and len(frame):
        most = float(parameters["sok_m"])
        near = _near(frame, place, most)
        points = geometries(frame)[near]
        places = ways.join(points, parameters)
        away[:, near] = matrix(ways.network(), starts.places, places, limit=most)
        target, start = unconnected(ways, starts, points, places, most)
        apart[start, near[target]] = shapely.distance(starts.points[start], points[target])
        away[np.isfinite(apart)] = np.nan
    lowest, highest = (numbers(frame[name]) for name in ("trinn_fra", "trinn_til"))
    public = public_schools(frame) & open_schools(frame, int(parameters["boliger_ferdig"]))
    own = _districts(starts, frame, place, package)
    ways_by: dict[int, Numbers] = {}
    school_by: dict[int, Rows] = {}
    # Most grades have the same schools as the grade before.
    made: dict[tuple[bytes, float, str], tuple[Numbers, Rows]] = {}
    for grade in GRADES:
        has = (lowest <= grade) & (grade <= highest)
        key = (has.tobytes(), _limit_of(grade, parameters), stage_of(grade))
        if key not in made:
            lacks = ~has & ~np.isnan(lowest) & ~np.isnan(highest)
            nearest = _nearest(away, apart, has & public, _limit_of(grade, parameters))
            made[key] = _own_or(nearest, away, own[stage_of(grade)], lacks)
        ways_by[grade], school_by[grade] = made[key]
    year = int(parameters["boliger_ferdig"])
    return Schools(frame, ways_by, school_by, "skolekrets" in package, year)


def _nearest(
    away: Numbers, apart: Numbers, usable: NDArray[np.bool_], limit: float
) -> tuple[Numbers, Rows]:
    """Find the way to the nearest school that has a grade, and which it is.

    Beyond the limit it is unknown when a school that no way of the map leads to is within the limit
    in a straight line: a gap in the map is no long way. When that school is farther than the limit
    too, but may be the nearest, its straight line is the least that the way can be.
    """
    if not usable.any():
        return np.full(len(away), np.nan), np.full(len(away), _UNKNOWN)
    rows = np.flatnonzero(usable)
    which = rows[np.argmin(np.nan_to_num(away[:, rows], nan=np.inf, posinf=np.inf), axis=1)]
    metres = np.nan_to_num(away[np.arange(len(away)), which], nan=np.inf, posinf=np.inf)
    beside = apart[:, rows].min(axis=1)
    gap = (metres > limit) & (beside <= limit)
    least = np.where(metres > limit, np.minimum(metres, beside), metres)
    which = np.where(np.isinf(metres) | (least < metres), _FAR, which)
    return np.where(gap, np.nan, least), np.where(gap, _GAP, which)


def _own_or(
    nearest: tuple[Numbers, Rows], away: Numbers, own: Rows, lacks: NDArray[np.bool_]
) -> tuple[Numbers, Rows]:
    """Give the way to the district's own school, else to the nearest."""
    metres, which = nearest
    start = np.arange(len(away))
    # A district's school that is known not to have the grade says nothing of it.
    named = (own >= 0) & ~np.r_[lacks, [False]][own]
    metres = np.where(named, np.r_["1", away, np.full((len(away), 1), np.nan)][start, own], metres)
    which = np.where(named, own, which)
    unknown = own == _UNKNOWN
    return np.where(unknown, np.nan, metres), np.where(unknown, _UNKNOWN, which)


def _districts(
    starts: Starts, schools: gpd.GeoDataFrame, place: Place, package: DataPackage | ScenarioView
) -> dict[str, Rows]:
    """Find the row of the district's school of each place, by stage.

    −1 where no district, or one without a school, covers the place; −2 where the layer of schools
    lacks the district's school.
    """
    if "skolekrets" not in package or "skole_id" not in package.records["skolekrets"].columns:
        return {stage: np.full(len(starts.owner), _FAR) for stage in STAGES}
    districts = package.read("skolekrets", bbox=place.outline.bounds, columns=["trinn", "skole_id"])
    # One that names no school is as none: the nearest is used.
    districts = districts[districts["skole_id"].notna()]
    known = pd.Index(schools["skole_id"].astype(str))
    number = known.get_indexer(districts["skole_id"].astype(str))
    number = np.append(np.where(number < 0, _UNKNOWN, number), _FAR)
    rows = district_rows(starts.points, districts)
    return {stage: number[row] for stage, row in rows.items()}


def _near(schools: gpd.GeoDataFrame, place: Place, distance: float) -> Rows:
    """Rows of the schools that a way of the distance may reach from the plan."""
    box = shapely.buffer(shapely.box(*place.outline.bounds), distance, join_style="mitre")
    return np.flatnonzero(shapely.intersects(box, geometries(schools)))


def numbers(values: pd.Series) -> Numbers:
    """Values as numbers; NaN unknown."""
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def doubts(schools: Schools, package: DataPackage | ScenarioView) -> str:
    """Say what is not known of the schools."""
    said = []
    if not schools.districts:
        title = package.catalogue["skolekrets"].title
        said.append(f"Laget «{title}» er ikke i datapakken: nærmeste skole er brukt.")
    used = np.unique(np.concatenate(list(schools.school.values())))
    if (used == _UNKNOWN).any():
        said.append("For noen trinn er skolen ikke i laget «Skoler».")
    if (used == _GAP).any():
        said.append("Kartet har ingen vei til en skole som ligger nær i luftlinje.")
    if "stedfesting" in schools.frame:
        vague = schools.frame["stedfesting"].iloc[used[used >= 0]].eq("omtrentlig")
        if vague.any():
            said.append("Noen av skolene er bare omtrentlig stedfestet.")
    dated = schools.frame[["fra_aar", "til_aar"]].iloc[used[used >= 0]].notna()
    if not schools.year and dated.to_numpy().any():
        said.append(
            "En av skolene åpner eller stenger et år, og er her regnet som åpen. Oppgi "
            "«--parameter boliger_ferdig=ÅR»."
        )
    return " ".join(said)
