"""Pressures and flows in the water network by EPANET, against the limits.

The method, its sources and what it does not say are in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _va_hydraulic_tables as tables
from askergeo.analyses import _va_hydraulic_text as text
from askergeo.analyses._va_hydraulic_map import layers_of
from askergeo.analyses._va_hydraulic_place import local_warning
from askergeo.analyses._va_hydraulic_scene import make_scene
from askergeo.analyses._va_hydraulic_sewer import is_sewer_model, sewer_result
from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.terrain import Terrain

__all__ = ["va_hydraulikk"]


def va_hydraulikk(
    va_ledning: gpd.GeoDataFrame,
    *,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    va_modell: pd.DataFrame | None = None,
    va_tilknytning: pd.DataFrame | None = None,
    va_maaling: pd.DataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    terreng: Terrain | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Run the package's model of the water network, or one made from the map of pipes.

    A model of sewers is run by SWMM when it is asked for by name.

    Parameters
    ----------
    va_ledning, va_node, va_anlegg, va_modell, va_tilknytning, va_maaling, adresse, befolkning, \
terreng, kommunegrense
        Layers of the catalogue; all but the first may be absent.
    kilder
        Where each layer comes from: the year of ``va_ledning`` says which facilities run.
    parameters
        The sets ``va_hydraulikk``, ``va_nett`` and ``va_bortfall``.

    Raises
    ------
    SourceError
        When EPANET refuses the model: line, element and rule.
    LayerError
        When there is no model and none can be made: no water pipes, no source.
    ParameterError
        When a parameter has no sense.
    """
    frames = {
        "va_ledning": va_ledning,
        "va_node": va_node,
        "va_anlegg": va_anlegg,
        "va_modell": va_modell,
        "va_tilknytning": va_tilknytning,
        "va_maaling": va_maaling,
        "adresse": adresse,
        "befolkning": befolkning,
    }
    present = {name: one for name, one in frames.items() if one is not None}
    asked = str(parameters["va_hydraulikk_modell"]).strip()
    if is_sewer_model(va_modell, asked):
        return sewer_result(present, asked, kommunegrense)
    year = map_year(parameters, "va_nett_aar", kilder)
    scene = make_scene(present, terreng, parameters, year)
    classes = tables.class_table(scene)
    template, facts = text.statement(scene, classes)
    return Result(
        analysis="va_hydraulikk",
        title="Trykk og vannføring i vannettet",
        template=template,
        facts=facts,
        tables=(
            classes,
            tables.hour_table(scene),
            tables.lowest_table(scene),
            *tables.zone_table(scene),
            tables.speed_table(scene),
            *tables.fire_table(scene),
            *tables.cost_table(scene),
            *tables.guess_table(scene),
        ),
        layers=layers_of(scene, va_ledning.crs, kommunegrense),
        findings=text.findings(scene),
        warnings=(
            *text.warnings(scene),
            *local_warning(scene.placed.places.to_numpy(dtype=object), va_ledning.crs),
            *(idle_warning(va_anlegg, year) if scene.placed.made else ()),
        ),
        reading=text.reading(scene),
    )
