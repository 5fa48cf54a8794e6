"""Which school the children of each part go to, by grade and school year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import geometries
from askergeo.population.faults import all_faults
from askergeo.school._faults import faults_of
from askergeo.school._layers import year_text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from askergeo.school.areas import Areas
    from askergeo.school.capacity import Capacity

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Rows = NDArray[np.intp]

__all__ = ["FIRST_AGE", "STAGE_OF", "Assignment", "assign", "homes"]

#: Index of the stage of each of the ten grades.
STAGE_OF: Final = np.array([0] * 7 + [1] * 3)
#: Age on 1 January of a pupil in the first grade.
FIRST_AGE: Final = 6
_DISTRICTS: Final = ("barnekrets", "ungdomskrets")
_STAGES: Final = ("barnetrinn", "ungdomstrinn")


@dataclass(frozen=True, eq=False)
class Assignment:
    """The school of each of ``n`` parts in ``t`` school years.

    Parameters
    ----------
    own
        Row of the school of its district by stage, (n, 2); −1 without.
    target
        Row of the school that its children go to by grade, (t, n, 10); −1 without. It is the own
        school where that is open and has the grade.
    has
        Which grades each school has each year, (t, s, 10).
    moved
        Schools whose district goes elsewhere: ``skole_id``, ``trinn``, ``til`` (skole_id of the
        school that the children of most parts go to, or NA), ``fra_aar``, ``til_aar``.
    faults
        Districts without a school that can be used.
    """

    own: Rows
    target: Rows
    has: Flags
    moved: pd.DataFrame
    faults: pd.DataFrame


def assign(
    areas: Areas,
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame | None,
    places: Capacity,
    *,
    checked: bool = True,
) -> Assignment:
    """Find the school of each part.

    The children of a district whose school is not open, or does not have the grade, go to the
    nearest open school that takes in districts, in a straight line from the part's middle: only
    the municipality can tell which it will be.

    Parameters
    ----------
    areas
        The parts.
    skole, skolekrets
        Layers of the catalogue; without districts no part has a school.
    places
        Which schools are open when.
    checked
        Whether to look for what is wrong with the input.
    """
    ids = places.schools.index
    own = _own(areas.frame, skolekrets, ids)
    has = _grades_open(places)
    target = np.where(own[:, STAGE_OF] >= 0, own[:, STAGE_OF], -1)
    target = np.broadcast_to(target, (len(places.years), *target.shape)).copy()
    there = np.take_along_axis(has, np.maximum(target, 0), axis=1) & (target >= 0)
    away = (target >= 0) & ~there
    if away.any():
        target = _nearest_open(target, away, has, _ways(areas, skole, own, places.schools))
    moved = _moved(own, target, away, places)
    faults = _district_faults(skolekrets if checked else None, places, has, moved)
    return Assignment(own, target, has, moved, faults)


def _own(frame: pd.DataFrame, skolekrets: pd.DataFrame | None, ids: pd.Index) -> Rows:
    """Return the row of the school that the district of each part names, (n, 2)."""
    if skolekrets is None or "skole_id" not in skolekrets:
        return np.full((len(frame), 2), -1, dtype=np.intp)
    school = skolekrets.drop_duplicates("krets_id").set_index("krets_id")["skole_id"]
    named = [frame[name].map(school) for name in _DISTRICTS]
    return np.column_stack([ids.get_indexer(pd.Index(one.astype(object))) for one in named])


def _named(own: Rows, count: int) -> Flags:
    """Tell which schools a district names, (s,)."""
    return np.asarray(np.bincount(own[own >= 0], minlength=count) > 0)


def _grades_open(places: Capacity) -> Flags:
    """Tell which grades each school has each year, (t, s, 10)."""
    grade = np.arange(1, 11)
    first = places.schools["fra"].to_numpy()[:, None]
    last = places.schools["til"].to_numpy()[:, None]
    has = (first <= grade) & (grade <= last)
    # A stage that a measure brings comes with all its grades.
    none = ~np.column_stack([has[:, stage == STAGE_OF].any(axis=1) for stage in (0, 1)])
    whole = has | none[:, STAGE_OF]
    return np.asarray(places.is_open[:, :, STAGE_OF] & whole[None])


def homes(areas: Areas, skole: gpd.GeoDataFrame, ids: pd.Index) -> Rows:
    """Return the row of the part that each school lies in, (s,); −1 for none."""
    points = geometries(skole.drop_duplicates("skole_id").set_index("skole_id").loc[ids])
    point, part = shapely.STRtree(geometries(areas.frame)).query(points, predicate="intersects")
    home = np.full(len(ids), -1, dtype=np.intp)
    home[point[::-1]] = part[::-1]
    return home


def _ways(
    areas: Areas, skole: gpd.GeoDataFrame, own: Rows, schools: pd.DataFrame
) -> tuple[Numbers, Numbers]:
    """Return the metres from the middle of each part to the schools that may take its children.

    They are (n, s) for each stage, in a straight line; ``inf`` to a school that no district names,
    unless it is public and lies in the district itself: it stays until the new school opens.
    """
    ids = schools.index
    middle = shapely.point_on_surface(geometries(areas.frame))
    points = geometries(skole.drop_duplicates("skole_id").set_index("skole_id").loc[ids])
    dx = shapely.get_x(middle)[:, None] - shapely.get_x(points)[None]
    dy = shapely.get_y(middle)[:, None] - shapely.get_y(points)[None]
    metres = np.nan_to_num(np.hypot(dx, dy), nan=np.inf)
    home = homes(areas, skole, ids)
    public = ~schools["privat"].to_numpy(dtype=bool)

    def of_stage(stage: int) -> Numbers:
        mine = own[:, stage]
        of_home = np.where(home >= 0, mine[home], -1)
        same = public[None] & (of_home >= 0)[None] & (of_home[None] == mine[:, None])
        return np.where(_named(mine, len(ids))[None] | same, metres, np.inf)

    return of_stage(0), of_stage(1)


def _nearest_open(
    target: Rows, away: Flags, open_now: Flags, ways: tuple[Numbers, Numbers]
) -> Rows:
    """Send those whose school is away to the nearest school that has the grade that year."""
    found = target.copy()
    for year, grade in zip(*np.nonzero(away.any(axis=1)), strict=True):
        rows = np.flatnonzero(away[year, :, grade])
        way = np.where(open_now[year, :, grade][None], ways[STAGE_OF[grade]][rows], np.inf)
        best = way.argmin(axis=1)
        found[year, rows, grade] = np.where(np.isinf(way.min(axis=1)), -1, best)
    return found


def _moved(own: Rows, target: Rows, away: Flags, places: Capacity) -> pd.DataFrame:
    """Tell from which schools children are sent elsewhere, whereto and when."""
    year, part, grade = np.nonzero(away)
    stage = STAGE_OF[grade]
    frame = pd.DataFrame(
        {
            "skole": own[part, stage],
            "stadium": stage,
            "til": target[year, part, grade],
            "aar": places.years[year],
        }
    )
    by = frame.groupby(["skole", "stadium"], sort=True)
    found = by.agg(
        til=("til", lambda rows: rows.mode().iloc[0]),
        fra_aar=("aar", "min"),
        til_aar=("aar", "max"),
    ).reset_index()
    # The last is for −1.
    ids = np.array([*places.schools.index, None], dtype=object)
    return pd.DataFrame(
        {
            "skole_id": ids[found["skole"].to_numpy(dtype=int)],
            "trinn": np.array(_STAGES, dtype=object)[found["stadium"].to_numpy(dtype=int)],
            "til": ids[found["til"].to_numpy(dtype=int)],
            "fra_aar": found["fra_aar"],
            "til_aar": found["til_aar"],
        }
    )


def _district_faults(
    skolekrets: pd.DataFrame | None, places: Capacity, has: Flags, moved: pd.DataFrame
) -> pd.DataFrame:
    if skolekrets is None:
        return all_faults([])
    schools = places.schools
    named = skolekrets.get("skole_id", pd.Series(pd.NA, index=skolekrets.index, dtype=object))
    row = schools.index.get_indexer(pd.Index(named.astype(object)))
    stage = skolekrets["trinn"].map({name: at for at, name in enumerate(_STAGES)})
    known = stage.notna().to_numpy()
    ever = np.column_stack([has[:, :, one == STAGE_OF].any(axis=(0, 2)) for one in (0, 1)])
    lacks = (row >= 0) & known & ~ever[row, stage.fillna(0).to_numpy(dtype=int)]
    private = (row >= 0) & schools["privat"].to_numpy(dtype=bool)[row]
    gone = (row < 0) & named.notna().to_numpy()
    kinds = (
        ("uten_skole", "Krets uten skole", named.isna().to_numpy(), _NO_SCHOOL),
        ("ukjent_skole", "Krets med en skole som ikke finnes", gone, _UNKNOWN_SCHOOL),
        ("feil_trinn", "Kretsens skole har ikke trinnet", lacks, _NO_STAGE),
        ("privat_skole", "Kretsens skole er privat", private, _PRIVATE),
    )
    found = [
        faults_of(
            f"skolekrets.{rule}",
            title,
            "skolekrets",
            skolekrets.loc[wrong, "krets_id"],
            "«" + skolekrets.loc[wrong, "navn"].astype(str) + "» " + text,
        )
        for rule, title, wrong, text in kinds
    ]
    # One whose school never has the grade is told of above.
    at = schools.index.get_indexer(pd.Index(moved["skole_id"]))
    moved = moved[ever[at, moved["trinn"].map(_STAGES.index).to_numpy(dtype=int)]]
    texts = [_closed_text(row, schools["navn"]) for row in moved.itertuples()]
    title = "Krets der skolen ikke er åpen"
    closed = faults_of("skolekrets.stengt_skole", title, "skolekrets", moved["skole_id"], texts)
    return all_faults([*found, closed])


def _closed_text(row: Any, names: pd.Series) -> str:  # noqa: ANN401  (a row of pandas)
    to = "ingen skole: de står uten skole" if pd.isna(row.til) else f"«{names.loc[row.til]}»"
    years = f"fra {year_text(int(row.fra_aar))} til {year_text(int(row.til_aar))}"
    return (
        f"Kretsen til «{names.loc[row.skole_id]}» ({row.trinn}) har ikke en åpen skole med alle "
        f"trinn {years}. Elevene er ført til den nærmeste åpne skolen i luftlinje, for de fleste: "
        f"{to}. Legg inn nye kretser."
    )


_NO_SCHOOL: Final = (
    "viser ikke til noen skole. Barna der står i raden «uten skolekrets». Fyll ut skole_id."
)
_UNKNOWN_SCHOOL: Final = (
    "viser til en skole som ikke er i laget «skole», eller som er satt til side. Barna der står i "
    "raden «uten skolekrets». Rett skole_id, eller legg inn skolen."
)
_NO_STAGE: Final = (
    "viser til en skole som ikke har trinnet. Barna er ført til den nærmeste åpne skolen som har "
    "det. Rett skole_id, eller trinnene i laget «skole»."
)
_PRIVATE: Final = (
    "viser til en privat skole. Ingen har en privat skole som nærskole. Rett skole_id."
)
