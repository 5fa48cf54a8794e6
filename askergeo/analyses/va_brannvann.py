"""Fire water: buildings without outlets near enough, or with outlets that give too little.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _va_fire_tables as tables
from askergeo.analyses import _va_fire_text as text
from askergeo.analyses._va_fire_map import layers_of
from askergeo.analyses._va_fire_scene import make_scene
from askergeo.analyses._va_year import idle_warning, map_year
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord
    from askergeo.terrain import Terrain

__all__ = ["va_brannvann"]


def va_brannvann(
    va_node: gpd.GeoDataFrame,
    *,
    bygning: gpd.GeoDataFrame,
    va_ledning: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    va_modell: pd.DataFrame | None = None,
    va_tilknytning: pd.DataFrame | None = None,
    va_maaling: pd.DataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    terreng: Terrain | None = None,
    grunnkrets: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Judge the fire water of every building by type and area.

    Parameters
    ----------
    va_node, bygning, va_ledning, va_anlegg, va_modell, va_tilknytning, va_maaling, adresse, \
befolkning, terreng, grunnkrets, kommunegrense
        Layers of the catalogue; all but the first two may be absent.
    kilder
        Where each layer comes from: the year of ``va_ledning`` says which facilities run.
    parameters
        The sets ``va_brannvann``, ``va_hydraulikk``, ``va_nett`` and ``va_bortfall``.

    Raises
    ------
    SourceError, LayerError
        When a model that was asked for by name is not there or is refused.
    """
    frames = {
        "va_node": va_node,
        "bygning": bygning,
        "va_ledning": va_ledning,
        "va_anlegg": va_anlegg,
        "va_modell": va_modell,
        "va_tilknytning": va_tilknytning,
        "va_maaling": va_maaling,
        "adresse": adresse,
        "befolkning": befolkning,
    }
    present = {name: one for name, one in frames.items() if one is not None}
    year = map_year(parameters, "va_nett_aar", kilder)
    scene = make_scene(present, terreng, parameters, year)
    return Result(
        analysis="va_brannvann",
        title="Brannvann",
        template=text.template(scene),
        facts=text.facts(scene),
        tables=(
            tables.reason_table(scene),
            tables.type_table(scene),
            tables.distance_table(scene),
            *tables.area_table(scene, grunnkrets),
            tables.basis_table(scene),
            *tables.gap_table(scene, grunnkrets),
            tables.lacking_table(scene),
            tables.outlet_table(scene),
        ),
        layers=layers_of(scene, kommunegrense),
        findings=text.findings(scene),
        warnings=(*text.warnings(scene), *(idle_warning(va_anlegg, year) if scene.made else ())),
        reading=text.reading(scene),
    )
