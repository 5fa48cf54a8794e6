"""What a rule that asks the map says of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.catalogue import Rule
    from askergeo.result import Status

__all__ = ["MapAnswer", "MapHit"]


@dataclass(frozen=True, kw_only=True)
class MapHit:
    """One purpose of the plan that a layer hits.

    Parameters
    ----------
    objects, code, use
        Ids of the plan's objects with this purpose that are hit, its code, and its use.
    status
        The worst of what is hit.
    area_m2
        Area that is hit, each place once; missing when the demand is not about area.
    what
        What is hit, in bokmål: the values of the layer's columns, or what was measured.
    geometry
        Where.
    """

    objects: tuple[str, ...]
    code: str
    use: str
    status: Status
    area_m2: float | None
    what: str
    geometry: BaseGeometry


@dataclass(frozen=True, kw_only=True)
class MapAnswer:
    """What one rule says of the plan.

    Parameters
    ----------
    rule
        The rule.
    status
        The worst of the hits; without hits whether that is known (``NO-HIT-GREEN``), or not mapped
        everywhere (``NO-HIT-YELLOW``); ``NOT-RELEVANT`` when the rule is about no purpose of the
        plan; ``NOT-IMPLEMENTED`` when a layer that it needs is not in the package.
    hits
        One a purpose that is hit.
    area_m2
        Area that is hit, each place once.
    unmapped_m2
        Area of the purposes that the layer does not cover; missing when its cover is not known.
    distance_m
        To the nearest object when there is no hit; missing when none is near, or
        none was looked for.
    remark
        What the reader must know, in bokmål.
    """

    rule: Rule
    status: Status
    hits: tuple[MapHit, ...] = ()
    area_m2: float = 0.0
    unmapped_m2: float | None = 0.0
    distance_m: float | None = None
    remark: str = ""
