"""Ways to school: how far pupils walk, who has the right to transport, and which links are unsafe.

The method, with its sources, is in docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _schoolway_map as maps
from askergeo.analyses import _schoolway_text as text
from askergeo.analyses._reach_tables import network_table
from askergeo.analyses._schoolway_one import one_address
from askergeo.analyses._schoolway_scene import make_scene, school_year
from askergeo.analyses._schoolway_tables import (
    nearest_table,
    rights_table,
    school_table,
    stretch_table,
)
from askergeo.analyses._schoolway_use import stretches, use_of
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["skoleveg"]


def skoleveg(
    gangnett: GraphBuild,
    *,
    veg: gpd.GeoDataFrame,
    adresse: gpd.GeoDataFrame,
    skole: gpd.GeoDataFrame,
    befolkning: pd.DataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    sti: gpd.GeoDataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Measure the way to school from every address; or explain one way step by step.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    veg, adresse, skole, befolkning, skolekrets, sti, elevtall, kommunegrense
        Layers of the catalogue; ``veg`` and ``sti`` as the graph was made from them. Without
        ``befolkning`` only one address can be asked for.
    kilder
        Where the layers come from, for the year that the schools are of.
    parameters
        The set ``skoleveg``; with ``skoleveg_adresse`` one way is explained.

    Raises
    ------
    LayerError
        When there is no address, or no school of grunnskolen.
    ParameterError
        When the address or the school that is asked for is not found.
    """
    scene = make_scene(
        gangnett,
        veg=veg,
        sti=sti,
        adresse=adresse,
        befolkning=befolkning,
        skole=skole,
        skolekrets=skolekrets,
        year=school_year(parameters, elevtall, kilder),
        parameters=parameters,
    )
    base = maps.base_layers(kommunegrense)
    if parameters["skoleveg_adresse"]:
        return one_address(scene, base)
    found = stretches(scene, use_of(scene))
    rights, unsafe = rights_table(scene), stretch_table(found)
    nearest = nearest_table(scene)
    template, facts = text.statement(scene, rights, found)
    return Result(
        analysis="skoleveg",
        title="Skoleveg og rett til skoleskyss",
        template=template,
        facts=facts,
        tables=(
            rights,
            unsafe,
            *([nearest] if nearest is not None else []),
            school_table(scene),
            network_table(gangnett.report),
        ),
        layers=(
            *base,
            *maps.district_layers(scene),
            *maps.address_layers(scene),
            *maps.stretch_layers(found, unsafe),
            maps.school_layer(scene),
        ),
        findings=text.findings(scene),
        warnings=text.warnings(scene),
        reading=text.reading(scene),
    )
