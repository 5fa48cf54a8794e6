"""Remarks on layers of schools and housing: rows that are kept, but that an analysis must doubt.

A rule reads one layer alone. What needs two layers (a district whose school is unknown, addresses
outside all districts, a project that should be finished by now) is told by the analyses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.numbers import format_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["LAYER_RULES", "Remark"]

# Square metres that two districts may share: borders drawn twice differ by less.
_SLIVER: Final = 10.0
_LAST_GRADE: Final = 10


class Remark(NamedTuple):
    """Rows (bool) that a rule speaks of, the rule, and a text for all or one for each of them."""

    rows: NDArray[np.bool_]
    rule: str
    text: str | Sequence[str]


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name in frame.columns:
        return frame[name]
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def _no_grades(frame: pd.DataFrame) -> Remark:
    low, high = (_column(frame, name) for name in ("trinn_fra", "trinn_til"))
    rows = (low.isna() | high.isna()).to_numpy(dtype=bool)
    texts = [
        f"«{name}» har ikke trinn, så ingen elever kan regnes til skolen."
        for name in _column(frame, "navn")[rows]
    ]
    return Remark(rows, "uten_trinn", texts)


def _grades_reversed(frame: pd.DataFrame) -> Remark:
    low, high = (
        pd.to_numeric(_column(frame, name), errors="coerce").to_numpy(dtype="float64")
        for name in ("trinn_fra", "trinn_til")
    )
    rows = low > high
    texts = [
        f"«{name}» går fra trinn {first:.0f} til {last:.0f}."
        for name, first, last in zip(
            _column(frame, "navn")[rows], low[rows], high[rows], strict=True
        )
    ]
    return Remark(rows, "trinn_ombyttet", texts)


def _no_places(frame: pd.DataFrame) -> Remark:
    """Public schools without places, where the file tells the places of some of them."""
    known = _column(frame, "kapasitet").notna() | _column(frame, "paralleller").notna()
    grade = pd.to_numeric(_column(frame, "trinn_fra"), errors="coerce").to_numpy(dtype="float64")
    public = ~_column(frame, "eierform").eq("privat").to_numpy(dtype=bool, na_value=False)
    lacks = ~known.to_numpy(dtype=bool) & public & ~(grade > _LAST_GRADE)
    rows = lacks if bool(known.any()) else np.zeros(len(frame), dtype=bool)
    texts = [
        f"«{name}» har verken paralleller eller kapasitet; plassene er ukjente."
        for name in _column(frame, "navn")[rows]
    ]
    return Remark(rows, "uten_kapasitet", texts)


def _nursery_without_places(frame: pd.DataFrame) -> Remark:
    places = _column(frame, "kapasitet")
    lacks = places.isna().to_numpy(dtype=bool)
    rows = lacks if not lacks.all() else np.zeros(len(frame), dtype=bool)
    texts = [
        f"«{name}» har ikke kapasitet; plassene er ukjente."
        for name in _column(frame, "navn")[rows]
    ]
    return Remark(rows, "uten_kapasitet", texts)


def _no_school(frame: pd.DataFrame) -> Remark:
    school = _column(frame, "skole_id").astype("str").str.strip()
    rows = (_column(frame, "skole_id").isna() | school.eq("")).to_numpy(dtype=bool)
    texts = [f"Kretsen «{name}» har ingen skole." for name in _column(frame, "navn")[rows]]
    return Remark(rows, "uten_skole", texts)


def _overlapping(frame: pd.DataFrame) -> Remark:
    """Name the later of two districts of one stage that cover the same ground, and how much."""
    geometry = np.asarray(gpd.GeoDataFrame(frame).geometry.array, dtype=object)
    stage = _column(frame, "trinn").to_numpy()
    a, b = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    pairs = (a > b) & (stage[a] == stage[b])
    a, b = a[pairs], b[pairs]
    shared = shapely.area(shapely.intersection(geometry[a], geometry[b]))
    large = shared > _SLIVER
    names = _column(frame, "navn").to_numpy()
    said: dict[int, list[str]] = {}
    for late, early, area in zip(a[large], b[large], shared[large], strict=True):
        text = f"«{names[early]}» ({format_number(area, unit='m²')})"
        said.setdefault(int(late), []).append(text)
    rows = np.zeros(len(frame), dtype=bool)
    rows[list(said)] = True
    texts = [f"«{names[row]}» overlapper {', '.join(said[row])}." for row in sorted(said)]
    return Remark(rows, "kretser_overlapper", texts)


def _demolished(frame: pd.DataFrame) -> Remark:
    homes = pd.to_numeric(frame["boliger"], errors="coerce").to_numpy(dtype="float64")
    rows = homes < 0
    texts = [
        f"{format_number(number)} boliger regnes som rivning. Er det ikke det, er tallet feil."
        for number in homes[rows]
    ]
    return Remark(rows, "negative_boliger", texts)


#: Rules of each layer, after those that hold for all.
LAYER_RULES: Final[dict[str, tuple[Callable[[pd.DataFrame], Remark], ...]]] = {
    "skole": (_no_grades, _grades_reversed, _no_places),
    "barnehage": (_nursery_without_places,),
    "skolekrets": (_no_school, _overlapping),
    "boligprogram": (_demolished,),
}
