"""Finds rings and curves that cross themselves so often that nothing can be built of them.

A ring of a thousand corners in no order crosses itself some hundred thousand times: to mend it, or
to find each place, takes minutes and gives nothing that anybody drew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.plan.model import Curve, Surface

if TYPE_CHECKING:
    from askergeo.plan.model import Line, PlanFile, PlanObject, Shape

__all__ = ["without_tangles"]

_FEW: Final = 64
_SAMPLE: Final = 100
# Segments whose boxes an average segment meets. A line that somebody drew has its neighbours, and a
# few where it runs back beside itself.
_TANGLED: Final = 24
_NOWHERE = np.empty((0, 2))


def without_tangles(plan: PlanFile) -> PlanFile:
    """Give the plan with each tangled surface or curve as one that cannot be built.

    Parameters
    ----------
    plan
        A plan; given back as it is when nothing in it is tangled.
    """
    objects = tuple(map(_of_object, plan.objects))
    same = all(one is other for one, other in zip(objects, plan.objects, strict=True))
    return plan if same else replace(plan, objects=objects)


def _of_object(one: PlanObject) -> PlanObject:
    if not any(map(_has_tangle, one.shapes)):
        return one
    shapes = tuple(
        replace(
            shape,
            surfaces=tuple(map(_of_surface, shape.surfaces)),
            curves=tuple(map(_of_curve, shape.curves)),
        )
        for shape in one.shapes
    )
    return replace(one, shapes=shapes)


def _has_tangle(shape: Shape) -> bool:
    """Whether a shape has a tangled part."""
    rings = (ring for surface in shape.surfaces for ring in surface.rings)
    return any(map(_is_tangled, rings)) or any(_is_tangled(one.points) for one in shape.curves)


def _of_surface(surface: Surface) -> Surface:
    if not any(map(_is_tangled, surface.rings)):
        return surface
    text = "Avgrensningen krysser seg selv så mange ganger at flaten ikke kan bygges."
    return Surface((), "ring", text, surface.line)


def _of_curve(curve: Curve) -> Curve:
    if not _is_tangled(curve.points):
        return curve
    text = "Kurven krysser seg selv så mange ganger at den ikke kan bygges."
    return Curve(_NOWHERE, "kurve", text, curve.line)


def _is_tangled(points: Line) -> bool:
    """Whether a line crosses itself, and each piece of it meets many others."""
    flat = points[:, :2]
    if len(flat) < _FEW or shapely.LineString(flat).is_simple:
        return False
    pieces = np.asarray(shapely.linestrings(np.stack([flat[:-1], flat[1:]], axis=1)))
    asked = pieces[:: max(1, len(pieces) // _SAMPLE)]
    met = shapely.STRtree(pieces).query(asked).shape[1]
    return bool(met > _TANGLED * len(asked))
