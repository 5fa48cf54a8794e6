"""Rules of content for plan files that need nothing but the plan itself.

``rpf.*`` are the names that the national validator reports; the code is our own. ``plan.*`` are our
own names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.geometry import union
from askergeo.numbers import format_number
from askergeo.plan.geometry import AREAS, drawn
from askergeo.plan.hit import Hit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shapely.geometry.base import BaseGeometry

    from askergeo.plan.model import PlanFile

__all__ = ["CONTENT_RULES"]

# Objects that lie where there is room on the map, not where they hold.
_ANYWHERE = frozenset({*AREAS, "Arealplan", "RpPåskrift", "KpPåskrift"})
# Metres: coordinates are written with two decimals.
_TOLERANCE = 0.01
# Codes of utnyttingstype that forbid: not to be built on, and not to be built on further.
_FORBIDS = frozenset({"10", "11"})


def inside_plan(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """rpf.o.2: what belongs to a plan area lies within it, by a tolerance of 1 cm.

    An object is held against the area that it refers to, and against all of them when it does not.
    """
    areas = {one.id: drawn(one) for file in files for one in file.of(*AREAS)}
    if not areas:
        return
    grown = {identity: shapely.buffer(area, _TOLERANCE) for identity, area in areas.items()}
    everywhere = shapely.buffer(union(np.array(list(areas.values()), dtype=object)), _TOLERANCE)
    shapely.prepare(list(grown.values()))
    shapely.prepare(everywhere)
    for file in files:
        for one in file.objects:
            place = drawn(one)
            if one.kind in _ANYWHERE or place.is_empty:
                continue
            named = {link.target.rpartition("#")[2] for link in one.links} & grown.keys()
            own = [grown[identity] for identity in sorted(named)] or [everywhere]
            if any(shapely.covers(area, place) for area in own):
                continue
            outside = shapely.difference(place, shapely.union_all(own))
            if not outside.is_empty:
                text = f"{one.kind} ligger utenfor planområdet{_amount(outside)}."
                yield Hit("rpf.o.2", text, file.name, (one.id,), one.line, outside)


def forbids_alone(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """rpf.a.14: utnyttingstype 10 and 11 stand alone on an area."""
    for file in files:
        for one in file.of("RpArealformålOmråde", "KpArealformålOmråde"):
            kinds = one.all("utnyttingstype")
            if len(kinds) > 1 and not _FORBIDS.isdisjoint(kinds):
                text = f"Utnyttingstype 10 og 11 skal stå alene; her står {', '.join(kinds)}."
                yield Hit("rpf.a.14", text, file.name, (one.id,), one.line)


def has_area(files: Sequence[PlanFile]) -> Iterator[Hit]:
    """plan.omraade: the files have a plan area, which the other rules hold the rest against."""
    if not any(True for file in files for _ in file.of(*AREAS)):
        names = ", ".join(file.name for file in files)
        text = f"{names} har verken RpOmråde eller KpOmråde. Om formålene dekker planen, er ukjent."
        yield Hit("plan.omraade", text, files[0].name)


def _amount(place: BaseGeometry) -> str:
    if place.area > 0:
        return f" med {format_number(place.area, 2)} m²"
    return f" med {format_number(place.length, 2)} m" if place.length > 0 else ""


#: The rules by id.
CONTENT_RULES: Final[dict[str, Callable[[Sequence[PlanFile]], Iterator[Hit]]]] = {
    "rpf.o.2": inside_plan,
    "rpf.a.14": forbids_alone,
    "plan.omraade": has_area,
}
