"""What the ground under a plan means: quick-clay terrain, and the carbon of bog."""

from __future__ import annotations

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

__all__ = ["METHODS", "karbon", "kvikkleire_terreng"]


def karbon(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
) -> MapAnswer:
    """Find the peat that a plan is built on; see `askergeo.plan._ground_carbon.carbon`."""
    from askergeo.plan._ground_carbon import carbon  # noqa: PLC0415  (the account is heavy)

    return carbon(rule, uses, place, package, parameters)


def kvikkleire_terreng(
    rule: Rule,
    uses: gpd.GeoDataFrame,
    place: Place,
    package: DataPackage | ScenarioView,
    parameters: Parameters,
) -> MapAnswer:
    """Ask the terrain; see `askergeo.plan._ground_clay.quick_clay_terrain`."""
    from askergeo.plan._ground_clay import quick_clay_terrain  # noqa: PLC0415  (numba is heavy)

    return quick_clay_terrain(rule, uses, place, package, parameters)


METHODS: Final[dict[str, Callable[..., MapAnswer]]] = {
    "karbon": karbon,
    "kvikkleire_terreng": kvikkleire_terreng,
}
