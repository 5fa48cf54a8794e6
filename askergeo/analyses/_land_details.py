"""The parts of the land account that look closer: plans, areas, themes, and how whole nature is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from askergeo.analyses._land import plan_frame
from askergeo.analyses._land_accounts import Part
from askergeo.analyses._land_areas import area_accounts, division
from askergeo.analyses._land_fragments import fragmentation
from askergeo.analyses._land_plans import plan_accounts
from askergeo.analyses._land_theme_account import theme_account
from askergeo.analyses._land_themes import chosen_themes, themes_of
from askergeo.errors import LayerError
from askergeo.result import Fact, Missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from askergeo.analyses._land import LandBoundary, LandCover
    from askergeo.analyses._land_parts import LandPart
    from askergeo.parameters import Parameters

__all__ = ["case_file", "details"]

_OUTLINES, _PURPOSES = "reguleringsplan", "reguleringsplan_formaal"


def details(
    boundary: LandBoundary,
    cover: LandCover,
    layers: Mapping[str, gpd.GeoDataFrame | None],
    *,
    plans: Mapping[str, gpd.GeoDataFrame],
    earlier: LandCover | None,
    parameters: Parameters,
) -> list[LandPart]:
    """Account for reguleringsplaner, areas and themes, and measure how whole nature is.

    Parameters
    ----------
    boundary, cover
        What is accounted for, and its land cover.
    layers
        Layers of the catalogue by id, those that are there.
    plans
        ``kommuneplan`` and ``kommuneplan_forslag`` from `askergeo.analyses._land.plan_frame`.
    earlier
        Land cover of an earlier date, of the same kind.
    parameters
        The set ``areal``.

    Raises
    ------
    ParameterError
        When an area, a theme or a plan that is asked for is not there.
    """
    themes, missing = themes_of(layers, cover, parameters)
    areas = division(layers, parameters["inndeling"])
    found: list[LandPart] = [
        theme_account(boundary, cover, themes, plans, chosen_themes(parameters))
    ]
    if isinstance(areas, Missing):
        missing = (*missing, areas)
    else:
        found.append(area_accounts(boundary, cover, areas, plans))
    found.append(fragmentation(boundary, cover, plans, parameters, earlier=earlier))
    outlines, purposes = layers.get(_OUTLINES), layers.get(_PURPOSES)
    if outlines is not None and purposes is not None:
        read = plan_frame(purposes, _OUTLINES)
        found.append(
            plan_accounts(boundary, cover, outlines, read, themes=themes, parameters=parameters)
        )
    return [replace(found[0], missing=(*found[0].missing, *missing)), *found[1:]]


def case_file(
    boundary: LandBoundary,
    cover: LandCover,
    layers: Mapping[str, gpd.GeoDataFrame | None],
    parameters: Parameters,
) -> Part:
    """Account for the reguleringsplaner that are asked for, and nothing else.

    Parameters
    ----------
    boundary, cover
        What is accounted for, and its land cover.
    layers
        Layers of the catalogue by id, those that are there.
    parameters
        The set ``areal``; ``plan`` names the plans.

    Raises
    ------
    LayerError
        When the layers of plans are not there.
    ParameterError
        When a plan that is asked for is not there.
    """
    outlines, purposes = layers.get(_OUTLINES), layers.get(_PURPOSES)
    if outlines is None or purposes is None:
        raise LayerError(
            "Regnskap for en reguleringsplan trenger lagene «reguleringsplan» og "
            "«reguleringsplan_formaal».",
            remedy="Legg til begge fra kommunens planregister.",
        )
    themes, missing = themes_of(layers, cover, parameters)
    read = plan_frame(purposes, _OUTLINES)
    part = plan_accounts(boundary, cover, outlines, read, themes=themes, parameters=parameters)
    table = part.tables[0]
    names = ", ".join(table.frame["planid"])
    facts = {
        f"plan_{name}": Fact(
            title=title, value=float(table.frame[column].sum()), unit="dekar", decimals=1
        )
        for name, column, title in (
            ("areal", "areal_dekar", "Planområde"),
            ("utbygging", "utbygging_dekar", "Utbyggingsformål i planen"),
            ("dyrket", "dyrket_dekar", "Dyrket jord i planområdet"),
        )
    }
    plural = "Planene" if len(table.frame) > 1 else "Planen"
    return Part(
        tables=part.tables,
        layers=part.layers,
        findings=part.findings,
        missing=missing,
        reading=part.reading,
        unpublishable=part.unpublishable,
        facts=facts,
        sentence=f"{plural} {names} er {{plan_areal}} dekar, av det {{plan_utbygging}} dekar "
        "utbyggingsformål. {plan_dyrket} dekar av planområdet er dyrket jord.",
    )
