"""The map of pipes: what is wrong with it, what the network does about it, and what it lacks.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.analyses import _va_topology_map as maps
from askergeo.analyses import _va_topology_text as text
from askergeo.analyses._va_topology_tables import (
    count_table,
    lack_table,
    network_table,
    part_table,
    repair_table,
)
from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.errors import LayerError
from askergeo.geometry import geometries
from askergeo.result import Result
from askergeo.va.topology import topology

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.terrain import Terrain

__all__ = ["va_topologi"]


def va_topologi(
    va_ledning: gpd.GeoDataFrame,
    *,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    va_modell: pd.DataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    terreng: Terrain | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Find the faults of the map of pipes, and tell what the network does about each.

    Parameters
    ----------
    va_ledning, va_node, va_anlegg, va_modell, adresse, kommunegrense
        Layers of the catalogue.
    terreng
        Heights of the ground.
    kilder
        Where each layer comes from: the year of ``va_ledning`` says which facilities run.
    parameters
        The set ``va_nett``.

    Raises
    ------
    LayerError
        When there are no pipes.
    CrsError
        When the layers are not in one CRS in metres.
    """
    if len(va_ledning) == 0:
        raise LayerError(
            "Laget «va_ledning» har ingen ledninger.",
            remedy="Kontroller at filen har ledninger i kommunen, og legg laget til på nytt.",
        )
    customers = None if adresse is None else _places(adresse)
    year = map_year(parameters, "va_nett_aar", kilder)
    found = topology(
        va_ledning,
        va_node,
        va_anlegg,
        va_modell,
        parameters=parameters,
        terrain=terreng,
        customers=customers,
        year=year,
    )
    repairs, lacks = repair_table(found.faults), lack_table(found.faults)
    template, facts = text.statement(va_ledning, found)
    return Result(
        analysis="va_topologi",
        title="Feil i ledningskartet",
        template=template,
        facts=facts,
        tables=(
            count_table(found.faults),
            network_table(found.summary),
            repairs,
            part_table(found.parts),
            lacks,
        ),
        layers=(
            *maps.base_layers(kommunegrense),
            maps.source_layer(va_ledning, found.faults),
            maps.network_layer(va_ledning, found),
            *maps.fault_layers(found.faults),
        ),
        findings=text.findings(found.faults),
        warnings=(*text.warnings(found), *idle_warning(va_anlegg, year)),
        reading=text.reading(),
    )


def _places(adresse: gpd.GeoDataFrame) -> NDArray[np.float64]:
    shapes = geometries(adresse)
    return np.asarray(shapely.get_coordinates(shapes[~shapely.is_missing(shapes)]))
