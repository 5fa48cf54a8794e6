"""Urban settlements delimited from buildings and residents, and how densely people live there.

Sources: SSB's definition of tettsted; SSB Notater 2014/28; table 04861 (residents per km² of
settlement). The method and the choices where they are silent are in
docs/metode-tettsted-avgrens.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.analyses import _settlement_tables as tables
from askergeo.analyses._background import background, centre_points
from askergeo.analyses._buildings import points_of
from askergeo.analyses._residents import Residents, by_address, by_cell
from askergeo.analyses._settlement import Clusters, find_clusters, settled_area, unbuildable
from askergeo.analyses._shoreline import Land, has_sea, own_points, read_land
from askergeo.errors import LayerError
from askergeo.geometry import geometries, is_surface, joined, union
from askergeo.numbers import format_number
from askergeo.result import Finding, Result, Severity, Status

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.analyses._settlement_tables import Settlements
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = ["avgrens"]


def avgrens(
    bygning: gpd.GeoDataFrame,
    *,
    kommunegrense: gpd.GeoDataFrame,
    adresse: gpd.GeoDataFrame | None = None,
    befolkning: pd.DataFrame | None = None,
    befolkning_rute: gpd.GeoDataFrame | None = None,
    kystkontur: gpd.GeoDataFrame | None = None,
    vann: gpd.GeoDataFrame | None = None,
    ar5: gpd.GeoDataFrame | None = None,
    arealbruk: gpd.GeoDataFrame | None = None,
    senter: gpd.GeoDataFrame | None = None,
    tettsted: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Delimit the settlements of a municipality.

    Parameters
    ----------
    bygning, kommunegrense, kystkontur, vann, ar5, arealbruk, senter, tettsted
        Layers of the catalogue, in one projected CRS in metres. SSB's own ``tettsted`` lends its
        numbers and names, and is compared with.
    adresse, befolkning
        Residents by address; used before ``befolkning_rute``, residents by grid cell.
    parameters
        The set ``tettsted``.

    Raises
    ------
    LayerError
        When no layer tells where people live.
    """
    residents = _residents(bygning, adresse, befolkning, befolkning_rute, parameters)
    land = _land(kommunegrense, vann, kystkontur, bygning)
    barriers = unbuildable(parameters, land_cover=ar5, land_use=arealbruk, water=vann)
    clusters = find_clusters(bygning, residents, barriers, parameters)
    built = None if arealbruk is None else geometries(arealbruk)
    # Values are read only where they count: uncertain ones that are read are warned of.
    opening = 0.0 if arealbruk is None else parameters["rand_m"]
    reach = 0.0 if senter is None else parameters["navn_m"]
    found = tables.Settlements(
        clusters=clusters,
        keys=_keys(clusters),
        areas=_areas(clusters, bygning, built, land, opening),
        residents=residents,
        own_resident=own_points(land, residents.points),
        own_building=own_points(land, points_of(bygning)),
        land=land,
    )
    labels = tables.label(found, senter, tettsted, reach)
    main = tables.settlement_table(found, labels, bygning, parameters)
    compared = [] if tettsted is None else [tables.comparison(found, labels, main, tettsted)]
    template, facts = tables.statement(main)
    return Result(
        analysis="tettsted_avgrens",
        title="Tettsteder avgrenset etter SSBs metode",
        template=template,
        facts=facts,
        tables=(main, *compared),
        layers=(
            background(land, bygning.crs),
            tables.map_layer(found, labels, main, bygning.crs),
            *([] if senter is None else [centre_points(senter, land)]),
        ),
        findings=tuple(_findings(found, labels)),
        warnings=tuple(_warnings(residents, land, bygning)),
        reading=_reading(residents, clusters, built),
    )


def _residents(
    buildings: gpd.GeoDataFrame,
    addresses: gpd.GeoDataFrame | None,
    population: pd.DataFrame | None,
    cells: gpd.GeoDataFrame | None,
    parameters: Parameters,
) -> Residents:
    if addresses is not None and population is not None:
        return by_address(addresses, population)
    if cells is not None:
        return by_cell(cells, buildings, parameters["bolig_typer"])
    raise LayerError(
        "Ingen lag sier hvor folk bor.",
        remedy="Legg til «adresse» og «befolkning», eller «befolkning_rute».",
    )


def _land(
    boundary: gpd.GeoDataFrame,
    water: gpd.GeoDataFrame | None,
    shoreline: gpd.GeoDataFrame | None,
    buildings: gpd.GeoDataFrame,
) -> Land:
    """Find the land, or take the whole boundary when nothing tells it from the sea."""
    lines = None if shoreline is None else geometries(shoreline)
    try:
        return read_land(boundary, water, lines, points_of(buildings))
    except LayerError:
        whole = union(geometries(boundary))
        return Land(whole, whole, "hele kommunegrensen; sjøen er ikke trukket fra", np.nan)


def _keys(clusters: Clusters) -> NDArray[np.intp]:
    return np.unique(clusters.settlement[clusters.settlement >= 0])


def _areas(
    clusters: Clusters,
    buildings: gpd.GeoDataFrame,
    built: Geometries | None,
    land: Land,
    opening: float,
) -> Geometries:
    """Area of each settlement, in the order of the keys."""
    outlines = geometries(buildings)
    of_building = np.where(clusters.building >= 0, clusters.settlement[clusters.building], -1)
    areas = [
        settled_area(
            clusters.shapes[clusters.settlement == key],
            outlines[of_building == key],
            built,
            land.area,
            opening,
        )
        for key in _keys(clusters)
    ]
    return np.array(areas, dtype=object)


def _findings(found: Settlements, labels: pd.DataFrame) -> list[Finding]:
    """Settlements that run on into a neighbour, and residents without a place."""
    findings = []
    for row, key in enumerate(found.keys):
        shapes = found.clusters.shapes[found.clusters.settlement == key]
        if not has_sea(found.land) or shapely.within(shapes, found.land.outline).all():
            continue
        findings.append(
            Finding(
                rule="tettsted.grense",
                title="Tettstedet fortsetter trolig i nabokommunen",
                status=Status.HIT_YELLOW,
                severity=Severity.INFO,
                text=f"{labels['navn'].iloc[row]} når kommunegrensen. Bare delen i kommunen er "
                "med, og kravet om 200 bosatte er prøvd på bygningene i datapakken.",
                layer="bygning",
                row=str(labels.index[row]),
                geometry=shapely.point_on_surface(joined(shapes)),
            )
        )
    if found.residents.unplaced:
        findings.append(
            Finding(
                rule="tettsted.uten_sted",
                title="Bosatte uten stedfestet adresse",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text="Noen bosatte har en adresse som ikke er i adresselaget. De står på egen "
                "rad og er verken i tettsted eller spredtbygd strøk.",
                layer="befolkning",
                action="Se etter at befolkning og adresse er fra samme dato.",
            )
        )
    return findings


def _warnings(residents: Residents, land: Land, buildings: gpd.GeoDataFrame) -> list[str]:
    warnings = []
    if residents.unknown:
        warnings.append(
            f"{residents.unknown} ruter har ikke tall for bosatte (skjult eller ukjent); de som "
            "bor der, er ikke med."
        )
    if "sjøen er ikke trukket fra" in land.how:
        warnings.append("Sjø er ikke trukket fra tettstedsarealet: land kan ikke skilles fra sjø.")
    flat = is_surface(geometries(buildings))
    if len(flat) and not flat.all():
        warnings.append(
            f"{format_number((~flat).sum())} av {format_number(len(flat))} bygninger har bare "
            "punkt, ikke omriss; SSB måler fra omriss, og tettstedene blir her noe mindre."
        )
    return warnings


def _reading(residents: Residents, clusters: Clusters, built: Geometries | None) -> tuple[str, ...]:
    method = (
        "Et tettsted er en hussamling med minst 200 bosatte der det normalt er høyst 50 m mellom "
        "husene. Husklynger med minst fem bolig- eller næringsbygninger inntil 400 m fra kjernen "
        "er med som satellitter. Alt annet er spredtbygd strøk."
    )
    source = (
        f"Bosatte er {residents.source}. {clusters.linked} steder er bebyggelse bundet sammen "
        "over areal som ikke skal eller kan bebygges."
    )
    rim = (
        "Den ubebygde randen er trukket inn til SSBs arealbrukskart."
        if built is not None
        else "Den ubebygde randen (25 m rundt bebyggelsen) er med i arealet, for SSBs "
        "arealbrukskart er ikke i datapakken; SSBs egen tetthet er derfor høyere."
    )
    limits = (
        "SSB bruker i tillegg skjønn. Avgrensingen her kan gjentas og endres med parametre, men "
        "er ikke offisiell statistikk; tettstedsnummer er SSBs bare når SSBs tettsteder er i "
        "datapakken."
    )
    return method, source, rim, limits
