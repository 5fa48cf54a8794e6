"""Growth of water and sewage: when plants and pipes are full, who waits, who is connected.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _va_growth_pipes as pipes
from askergeo.analyses import _va_growth_plants as plants
from askergeo.analyses import _va_growth_text as text
from askergeo.analyses._va_growth_connect import area_table, near_homes, near_table, share_table
from askergeo.analyses._va_growth_map import layers_of
from askergeo.analyses._va_growth_scene import make_scene
from askergeo.analyses._va_growth_sums import main_load, plant_load, stations
from askergeo.analyses._va_growth_tables import basis_table, zone_table
from askergeo.analyses._va_growth_wait import waiting, waiting_table
from askergeo.result import Result
from askergeo.va.network import AVLOP, VANN

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import shapely

    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["va_vekst"]


def va_vekst(
    gangnett: GraphBuild | None = None,
    *,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    va_ledning: gpd.GeoDataFrame | None = None,
    va_node: gpd.GeoDataFrame | None = None,
    va_anlegg: gpd.GeoDataFrame | None = None,
    va_sone: gpd.GeoDataFrame | None = None,
    va_tilknytning: pd.DataFrame | None = None,
    va_maaling: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    naeringsprogram: gpd.GeoDataFrame | None = None,
    arbeidsplass: gpd.GeoDataFrame | None = None,
    grunnkrets: gpd.GeoDataFrame | None = None,
    skolekrets: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    dekning: Mapping[str, shapely.Geometry | None] | None = None,
    parameters: Parameters,
) -> Result:
    """Reckon the load of plants, stations, zones and pipes by year, and who is connected.

    Parameters
    ----------
    gangnett
        The walking graph; without it the way along the road is unknown.
    adresse, befolkning, va_ledning, va_node, va_anlegg, va_sone, va_tilknytning, va_maaling, \
boligprogram, naeringsprogram, arbeidsplass, grunnkrets, skolekrets, befolkning_historikk, \
framskriving, elevtall, kommunegrense
        Layers of the catalogue.
    kilder
        Where the layers come from: the date of the residents, when nothing else tells their year.
    dekning
        The area that each layer maps, where it tells.
    parameters
        The sets ``va_vekst``, ``prognose``, ``va_nett``, ``va_bortfall``, and ``trafikk_m2_…``.

    Raises
    ------
    LayerError
        When nothing says which year the residents are of.
    """
    scene = make_scene(
        {
            "adresse": adresse, "va_ledning": va_ledning, "va_node": va_node,
            "va_anlegg": va_anlegg, "va_sone": va_sone, "boligprogram": boligprogram,
            "naeringsprogram": naeringsprogram, "arbeidsplass": arbeidsplass,
            "grunnkrets": grunnkrets, "skolekrets": skolekrets, "kommunegrense": kommunegrense,
        },
        kilder,
        parameters,
        {
            "befolkning": befolkning, "va_tilknytning": va_tilknytning,
            "befolkning_historikk": befolkning_historikk, "framskriving": framskriving,
            "elevtall": elevtall, "va_maaling": va_maaling,
        },
    )  # fmt: skip
    loads = {kind: plant_load(scene, kind, parameters) for kind in (AVLOP, VANN)}
    lifted = stations(scene, parameters)
    found = {kind: main_load(scene, kind, parameters) for kind in (AVLOP, VANN)}
    mains = {
        kind: pipes.main_rows(scene, kind, one) for kind, one in found.items() if one is not None
    }
    projects = waiting(scene, loads)
    near = {kind: near_homes(scene, kind, gangnett, parameters) for kind in (VANN, AVLOP)}
    by_year = {kind: plants.year_tables(scene, kind, one) for kind, one in loads.items()}
    wait = waiting_table(projects)
    connection = share_table(scene)
    made = (
        *(
            table
            for kind, one in loads.items()
            for table in (plants.plant_table(scene, kind, one), *by_year[kind])
        ),
        wait,
        pipes.station_table(scene, lifted),
        pipes.main_count_table(scene, mains) if mains else None,
        *(pipes.main_table(rows, kind, parameters) for kind, rows in mains.items()),
        connection,
        *(area_table(scene, kind) for kind in (VANN, AVLOP)),
        *(
            near_table(scene, kind, one, parameters)
            for kind, one in near.items()
            if one is not None
        ),
        zone_table(scene),
        basis_table(scene),
    )
    template, facts = text.statement(scene, loads, wait, connection)
    return Result(
        analysis="va_vekst",
        title="Vekst og kapasitet i vann og avløp",
        template=template,
        facts=facts,
        tables=tuple(one for one in made if one is not None and len(one.frame)),
        layers=layers_of(scene, loads, mains, projects, near),
        findings=text.findings(scene, loads, projects, lifted, parameters),
        warnings=text.warnings(scene, dekning),
        reading=text.reading(scene),
        charts=plants.year_charts([*by_year[AVLOP], *by_year[VANN]]),
    )
