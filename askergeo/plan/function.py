"""How a plan works: the way to stop, school and services, the driving that it brings, water.

The methods lie in modules of their own, which bring the compiled kernels of the network; each is
imported when a rule asks it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["METHODS"]


def _method(module: str, name: str) -> Callable[..., MapAnswer]:
    """Return a method that is imported when it is asked."""

    def ask(
        rule: Rule,
        uses: gpd.GeoDataFrame,
        place: Place,
        package: DataPackage | ScenarioView,
        parameters: Parameters,
    ) -> MapAnswer:
        method = getattr(import_module(f"askergeo.plan.{module}"), name)
        answer: MapAnswer = method(rule, uses, place, package, parameters)
        return answer

    return ask


#: The methods by the name that the catalogue of rules calls them.
METHODS: Final[dict[str, Callable[..., MapAnswer]]] = {
    "stop": _method("function_walk", "stop"),
    "settlement": _method("function_walk", "settlement"),
    "school_way": _method("function_school", "way"),
    "school_room": _method("function_pupils", "room"),
    "side_of_line": _method("function_sides", "side_of_line"),
    "driving": _method("function_traffic", "driving"),
    "access": _method("function_traffic", "access"),
    "water": _method("function_mains", "water"),
    "sewer": _method("function_mains", "sewer"),
    "plants": _method("function_water", "room"),
    "heights": _method("function_heights", "heights"),
}
