"""Puts together what a rule of function says: the purposes that fail, by code, and the unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.geometry import geometries, joined, polygons_of, union
from askergeo.plan._kept import kept
from askergeo.plan.answer import MapAnswer, MapHit
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.plan.catalogue import Rule

    Mask = NDArray[np.bool_]

__all__ = ["answer_of", "meet_exactly", "not_asked", "sentences", "whole_of"]


def answer_of(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    *,
    fails: Mask,
    unknown: Mask,
    tell: Callable[[NDArray[np.intp]], str],
    distance_m: float | None = None,
    remark: str = "",
) -> MapAnswer:
    """Give the answer of a demand that each purpose meets, fails or is not known to meet.

    Parameters
    ----------
    rule, uses
        The rule, and the ``u`` purposes that it is about.
    fails, unknown
        Which purposes do not meet the demand, and of which it is not known, (u,).
    tell
        What is wrong with some of the purposes, by their positions, in bokmål.
    distance_m
        To the nearest object; told only when nothing fails.
    remark
        What the reader must know, in bokmål.

    Returns
    -------
    MapAnswer
        ``HIT-YELLOW`` with one hit a code when any fails, else ``NO-HIT-YELLOW`` when any is
        unknown, else ``NO-HIT-GREEN``.
    """
    shapes = geometries(uses)
    codes = uses["kode"].astype(str).to_numpy(dtype=object)
    exact = meet_exactly(uses)
    hits = []
    for code in sorted(set(codes[fails])):
        rows = np.flatnonzero(fails & (codes == code))
        hits.append(
            MapHit(
                objects=tuple(dict.fromkeys(uses["objekt"].iloc[rows])),
                code=code,
                use=str(uses["bruk"].iloc[rows[0]]),
                status=Status.HIT_YELLOW,
                area_m2=None,
                what=tell(rows),
                geometry=whole_of(shapes[rows], exact=exact),
            )
        )
    clear = Status.NOT_MAPPED if unknown.any() else Status.NO_HIT
    return MapAnswer(
        rule=rule,
        status=Status.HIT_YELLOW if hits else clear,
        hits=tuple(hits),
        unmapped_m2=float(whole_of(shapes[unknown], exact=exact).area),
        distance_m=None if hits else distance_m,
        remark=remark,
    )


def meet_exactly(uses: gpd.GeoDataFrame) -> bool:
    """Whether purposes share no ground and meet along the same points, as those of a level should.

    It is asked once for the rules of a plan.
    """
    return kept("apart", (), lambda: _coverage(geometries(uses)), uses)


def _coverage(shapes: Geometries) -> bool:
    return bool(shapely.coverage_is_valid(polygons_of(shapes)))


def whole_of(shapes: Geometries, *, exact: bool) -> BaseGeometry:
    """Union of purposes, quickly when they meet exactly."""
    polygons = polygons_of(shapes)
    if not exact or not len(polygons):
        return union(polygons)
    return joined(polygons_of(shapely.coverage_union_all(polygons)))


def not_asked(rule: Rule, remark: str) -> MapAnswer:
    """Say that a rule could not be asked, and why."""
    return MapAnswer(rule=rule, status=Status.NOT_IMPLEMENTED, unmapped_m2=None, remark=remark)


def sentences(*parts: str) -> str:
    """Put sentences after each other, without the empty ones."""
    return " ".join(part for part in parts if part)
