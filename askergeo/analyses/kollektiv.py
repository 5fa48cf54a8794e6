"""Access to public transport: who lives near departures, how many, and where the stops are.

The method, with its sources, is in docs/metode-kollektiv.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _stops_text as text
from askergeo.analyses._reach_tables import network_table
from askergeo.analyses._stops_change import microdata_of
from askergeo.analyses._stops_map import layers_of
from askergeo.analyses._stops_scene import make_scene
from askergeo.analyses._stops_tables import class_tables, coverage_table, stop_table
from askergeo.result import Result

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from askergeo.network.graph import GraphBuild
    from askergeo.parameters import Parameters

__all__ = ["kollektiv"]


def kollektiv(
    gangnett: GraphBuild,
    *,
    holdeplass: gpd.GeoDataFrame,
    rutelinje: pd.DataFrame | None = None,
    rutetur: pd.DataFrame | None = None,
    ruteavgang: pd.DataFrame | None = None,
    rutedag: pd.DataFrame | None = None,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    befolkning_rute: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    arbeidsplass: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    nullvekstlinje: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Class homes by their access to public transport, and count who lives near departures.

    Parameters
    ----------
    gangnett
        The walking graph and its report, in the CRS of the layers.
    holdeplass, rutelinje, rutetur, ruteavgang, rutedag, adresse, befolkning, befolkning_rute, \
bygning, arbeidsplass, kommunegrense, nullvekstlinje
        Layers of the catalogue. Without a whole timetable only distances are told. ``adresse``
        with ``befolkning`` is used before ``befolkning_rute``.
    parameters
        The sets ``kollektiv`` and ``nullvekst``.

    Raises
    ------
    LayerError
        When no layer tells where people live, or no stop is in or near the municipality.
    ParameterError
        When a date, a span or a limit has no sense; the date outside the timetable's validity too.
    """
    tables = {
        "rutelinje": rutelinje,
        "rutetur": rutetur,
        "ruteavgang": ruteavgang,
        "rutedag": rutedag,
    }
    scene = make_scene(
        gangnett,
        holdeplass=holdeplass,
        tables=tables,
        layers={
            "adresse": adresse,
            "befolkning": befolkning,
            "befolkning_rute": befolkning_rute,
            "bygning": bygning,
            "arbeidsplass": arbeidsplass,
            "kommunegrense": kommunegrense,
            "nullvekstlinje": nullvekstlinje,
        },
        parameters=parameters,
    )
    classes, coverage = class_tables(scene), coverage_table(scene)
    template, facts = text.statement(scene, coverage)
    return Result(
        analysis="kollektiv",
        title="Tilgang til kollektivtransport",
        template=template,
        facts=facts,
        tables=(
            *classes[:1],
            coverage,
            *classes[1:],
            stop_table(scene),
            network_table(gangnett.report),
        ),
        layers=layers_of(scene, kommunegrense),
        findings=text.findings(scene, holdeplass, tables),
        warnings=text.warnings(scene, *classes[:1]),
        reading=text.reading(scene),
        microdata=microdata_of(scene),
    )
