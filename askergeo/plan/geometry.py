"""The geometry of plan objects, put together for rules that ask where things lie."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from askergeo.geometry import joined, polygons_of, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.model import PlanFile, PlanObject

__all__ = ["AREAS", "GROUND", "drawn", "level_of", "levels", "surface_of", "union_of"]

#: Types of plan areas: of a reguleringsplan and of a kommuneplan.
AREAS: Final = ("RpOmråde", "KpOmråde")
#: The vertical level that most plans are on, and that an object without one is on.
GROUND = "2"


def drawn(one: PlanObject) -> BaseGeometry:
    """Put an object's geometry together, mended where it must be; empty when it has none."""
    return one.drawn


def surface_of(one: PlanObject) -> BaseGeometry:
    """Give the surfaces of an object as a (multi)polygon, lines that mending left apart."""
    if one.drawn.geom_type in {"Polygon", "MultiPolygon"}:
        return one.drawn
    return joined(polygons_of(np.array([one.drawn], dtype=object)))


def union_of(objects: Iterable[PlanObject]) -> BaseGeometry:
    """Union of the surfaces of several objects; empty when they have none."""
    return union(np.array([drawn(one) for one in objects], dtype=object))


def level_of(one: PlanObject, areas: Mapping[str, PlanObject]) -> str:
    """Give an object's vertical level: its own, else that of the area it refers to, else ground.

    ``areas`` are the plan areas by id.
    """
    named = (link.target.rpartition("#")[2] for link in one.links)
    above = (areas[identity].first("vertikalnivå") for identity in named if identity in areas)
    return one.first("vertikalnivå") or next(filter(None, above), "") or GROUND


def levels(files: Sequence[PlanFile], *kinds: str) -> dict[str, list[tuple[PlanFile, PlanObject]]]:
    """Give the objects of some types by vertical level."""
    areas = {one.id: one for file in files for one in file.of(*AREAS)}
    found: defaultdict[str, list[tuple[PlanFile, PlanObject]]] = defaultdict(list)
    for file in files:
        for one in file.of(*kinds):
            found[level_of(one, areas)].append((file, one))
    return dict(found)
