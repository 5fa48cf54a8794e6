"""The balance of the schools: pupils and places by school and school year, and why they change.

The method, its sources and what it does not say are in docs/metode-skole.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from askergeo.analyses import _school_sums as sums
from askergeo.analyses import _school_tables as tables
from askergeo.analyses import _school_text as text
from askergeo.analyses._input_faults import fault_findings
from askergeo.analyses._school_balance import Layers, answer_of
from askergeo.analyses._school_map import map_layers
from askergeo.overlay.door import check_crs_of
from askergeo.result import Result

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from askergeo.parameters import Parameters
    from askergeo.result import SourceRecord

__all__ = ["skole"]


def skole(
    skole: gpd.GeoDataFrame,
    skolekrets: gpd.GeoDataFrame,
    adresse: gpd.GeoDataFrame,
    befolkning: pd.DataFrame,
    *,
    grunnkrets: gpd.GeoDataFrame | None = None,
    elevtall: pd.DataFrame | None = None,
    skoletiltak: pd.DataFrame | None = None,
    boligprogram: gpd.GeoDataFrame | None = None,
    befolkning_historikk: pd.DataFrame | None = None,
    framskriving: pd.DataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    kilder: Mapping[str, SourceRecord] | None = None,
    parameters: Parameters,
) -> Result:
    """Hold the places of each school against its pupils, year by year.

    Parameters
    ----------
    skole, skolekrets, adresse, befolkning, grunnkrets, elevtall, skoletiltak, boligprogram, \
befolkning_historikk, framskriving, kommunegrense
        Layers of the catalogue, in the same projected CRS in metres.
    kilder
        Where each layer comes from.
    parameters
        The sets ``skole`` and ``prognose``.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    LayerError
        When there is no school of grades 1 to 10, nobody can be placed, or it is not known which
        year the residents are of.
    """
    maybe = {"grunnkrets": grunnkrets, "kommunegrense": kommunegrense, "boligprogram": boligprogram}
    there = {name: frame for name, frame in maybe.items() if frame is not None}
    check_crs_of({"skolekrets": skolekrets, "adresse": adresse, **there}, skole.crs)
    layers = Layers(
        skole=skole,
        skolekrets=skolekrets,
        adresse=adresse,
        befolkning=befolkning,
        grunnkrets=grunnkrets,
        elevtall=elevtall,
        skoletiltak=skoletiltak,
        boligprogram=boligprogram,
        befolkning_historikk=befolkning_historikk,
        framskriving=framskriving,
    )
    answer = answer_of(layers, parameters, kilder)
    by_year = tables.map_table(answer)
    template, facts = text.statement(answer)
    made = (
        tables.school_table(answer),
        by_year,
        tables.balance_table(answer),
        sums.measure_table(answer),
        sums.area_table(answer),
        sums.account_table(answer),
        sums.grade_table(answer),
        sums.share_table(answer),
    )
    return Result(
        analysis="skole",
        title="Skolene: elever og plasser",
        template=template,
        facts=facts,
        tables=tuple(one for one in made if one is not None),
        layers=map_layers(answer, by_year, kommunegrense),
        findings=(*text.full_findings(answer), *fault_findings(answer.faults)),
        warnings=text.warnings_of(answer),
        reading=text.reading(answer),
    )
