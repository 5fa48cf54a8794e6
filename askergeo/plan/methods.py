"""The methods of rules that a layer alone does not answer: how a plan works, and its ground.

Each lies in a module of its own, which brings the compiled kernels of the network, a terrain or an
account; it is imported when a rule asks it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import geopandas as gpd

    from askergeo.datapackage import DataPackage
    from askergeo.parameters import Parameters
    from askergeo.plan.answer import MapAnswer
    from askergeo.plan.catalogue import Rule
    from askergeo.plan.place import Place
    from askergeo.scenario import ScenarioView

__all__ = ["METHODS", "Question", "ask_method"]

#: Module and function of each method, by the name that the catalogue of rules calls it.
METHODS: Final = {
    "stop": ("function_walk", "stop"),
    "settlement": ("function_walk", "settlement"),
    "school_way": ("function_school", "way"),
    "school_room": ("function_pupils", "room"),
    "side_of_line": ("function_sides", "side_of_line"),
    "driving": ("function_traffic", "driving"),
    "access": ("function_traffic", "access"),
    "water": ("function_mains", "water"),
    "sewer": ("function_mains", "sewer"),
    "plants": ("function_water", "room"),
    "heights": ("function_heights", "heights"),
    "karbon": ("_ground_carbon", "carbon"),
    "kvikkleire_terreng": ("_ground_clay", "quick_clay_terrain"),
}


class Question(NamedTuple):
    """What a method is asked of a plan.

    Parameters
    ----------
    rule
        The rule.
    uses
        The purposes that it is about.
    place
        The plan, in the package's CRS.
    package
        The data package, or a scenario over it, with the layers that the rule needs.
    parameters
        The set ``plansjekk``.
    """

    rule: Rule
    uses: gpd.GeoDataFrame
    place: Place
    package: DataPackage | ScenarioView
    parameters: Parameters


def ask_method(name: str, question: Question) -> MapAnswer:
    """Ask a method.

    Parameters
    ----------
    name
        One of :data:`METHODS`.
    question
        What is asked.
    """
    module, function = METHODS[name]
    answer: MapAnswer = getattr(import_module(f"askergeo.plan.{module}"), function)(question)
    return answer
