"""The shore zone: the 100 m belt, where its ban holds, what is built there, what is open.

Sources: pbl § 1-8; SSB, «Strandsone» (Variabeldefinisjoner 2601), «Potensielt tilgjengelig»
(ordforklaring 426193) and Notater 2015/47; table 06505 for new buildings. The method and the
choices where they are silent are in docs/metode-strandsone.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from askergeo.analyses import _shore_tables as tables
from askergeo.analyses._access import blocked_areas, inside
from askergeo.analyses._buildings import points_of
from askergeo.analyses._shoreline import (
    GOOD_FIT,
    Shore,
    belt_of,
    exempt_of,
    linked_parts,
    read_land,
    read_shore,
)
from askergeo.crs import ellipsoidal_area
from askergeo.geometry import (
    EMPTY,
    geometries,
    intersecting,
    is_surface,
    joined,
    polygons_of,
    union,
)
from askergeo.numbers import format_number
from askergeo.result import Finding, Result, Severity, Status

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = ["Belt", "strandsone"]

_LAW = "pbl § 1-8"
# An account that closes does so within rounding: this share of the belt.
_CLOSES = 1e-6


@dataclass(frozen=True)
class Belt:
    """The belt and what it is divided into; areas in the CRS of record.

    ``gross`` = ``fresh_water`` + ``land``; ``land`` = ``exempt`` + ``in_force``. ``counted`` is
    the part of ``land`` that the accessible share is of; ``blocked`` may overlap each other, and
    ``accessible`` is ``counted`` without any of them (``None`` when buildings are unknown).
    Without ``limits_known`` no layer told of other building limits, and ``in_force`` is the most
    that it can be.
    """

    gross: BaseGeometry
    fresh_water: BaseGeometry
    land: BaseGeometry
    exempt: BaseGeometry
    in_force: BaseGeometry
    linked: NDArray[np.bool_] | None
    counted_parts: NDArray[np.bool_]
    counted: BaseGeometry
    blocked: dict[str, BaseGeometry]
    accessible: BaseGeometry | None
    limits_known: bool


def strandsone(
    kystkontur: gpd.GeoDataFrame,
    *,
    kommunegrense: gpd.GeoDataFrame,
    vann: gpd.GeoDataFrame | None = None,
    bygning: gpd.GeoDataFrame | None = None,
    byggegrense_sjo: gpd.GeoDataFrame | None = None,
    ar5: gpd.GeoDataFrame | None = None,
    veg: gpd.GeoDataFrame | None = None,
    jernbane: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Account for the shore zone.

    Parameters
    ----------
    kystkontur, kommunegrense, vann, bygning, byggegrense_sjo, ar5, veg, jernbane
        Layers of the catalogue, all in the same projected CRS in metres.
    parameters
        The set ``strandsone``.

    Raises
    ------
    LayerError
        When land cannot be told from sea.
    ParameterError
        When a list of building types cannot be read.
    """
    lines = geometries(kystkontur)
    points = None if bygning is None else points_of(bygning)
    shore = read_shore(read_land(kommunegrense, vann, lines, points), kystkontur)
    gross = belt_of(shore, parameters["belte_m"], parameters["kvartsirkel_segmenter"])
    exempt, effective = _exempt(gross, byggegrense_sjo, shore)
    belt = _divide(
        shore,
        gross,
        None if byggegrense_sjo is None else exempt,
        parameters,
        vann=vann,
        bygning=bygning,
        ar5=ar5,
        veg=veg,
        jernbane=jernbane,
    )
    counts = None if bygning is None else tables.count_buildings(bygning, belt, parameters)
    found = _tables(shore, belt, counts, kystkontur)
    template, facts = tables.statement(found, counts, belt)
    return Result(
        analysis="strandsone",
        title="Strandsonen langs sjøen",
        template=template,
        facts=facts,
        tables=tuple(found),
        layers=tables.map_layers(shore, belt, counts, kommunegrense.crs),
        findings=tuple(_findings(shore, belt, byggegrense_sjo, effective)),
        warnings=tuple(_warnings(shore, belt, bygning)),
        reading=_reading(shore, belt, counts, parameters, str(kommunegrense.crs)),
    )


def _tables(
    shore: Shore, belt: Belt, counts: tables.Counts | None, shoreline: gpd.GeoDataFrame
) -> list[Table]:
    account = tables.account(belt)
    return [
        tables.belt_table(shore, belt),
        tables.island_table(shore, belt),
        *([account] if account is not None else []),
        *([tables.building_table(counts)] if counts is not None else []),
        *tables.coast_table(shore, shoreline),
    ]


def _exempt(
    gross: BaseGeometry, limits: gpd.GeoDataFrame | None, shore: Shore
) -> tuple[BaseGeometry, NDArray[np.bool_]]:
    if limits is None or not len(limits):
        return EMPTY, np.array([], dtype=bool)
    return exempt_of(gross, limits, shore.lines)


def _divide(
    shore: Shore,
    gross: BaseGeometry,
    limited: BaseGeometry | None,
    parameters: Parameters,
    *,
    vann: gpd.GeoDataFrame | None,
    bygning: gpd.GeoDataFrame | None,
    ar5: gpd.GeoDataFrame | None,
    veg: gpd.GeoDataFrame | None,
    jernbane: gpd.GeoDataFrame | None,
) -> Belt:
    """Divide the belt; each part is computed on its own so that the account can be checked."""
    exempt = EMPTY if limited is None else limited
    fresh = EMPTY if vann is None else inside(_fresh_water(vann), gross)
    land = _without(gross, fresh)
    linked = None if veg is None else linked_parts(shore, veg, parameters["bru_toleranse_m"])
    rule = parameters["oyer_med"]
    known = shore.mainland if linked is None else linked
    counted_parts = {
        "alle": np.ones_like(shore.mainland),
        "ingen": shore.mainland,
        "forbindelse": known,
    }[rule]
    counted = _in_parts(land, shore, counted_parts)
    blocked: dict[str, BaseGeometry] = {}
    accessible = None
    if bygning is not None:
        blocked = blocked_areas(
            counted, parameters, buildings=bygning, land_cover=ar5, roads=veg, railways=jernbane
        )
        every = np.concatenate([polygons_of(area) for area in blocked.values()])
        accessible = _without(counted, union(every))
    return Belt(
        gross=gross,
        fresh_water=fresh,
        land=land,
        exempt=_without(exempt, fresh),
        in_force=_without(land, exempt),
        linked=linked,
        counted_parts=counted_parts,
        counted=counted,
        blocked=blocked,
        accessible=accessible,
        limits_known=limited is not None,
    )


def _fresh_water(water: gpd.GeoDataFrame) -> Geometries:
    fresh = water["vanntype"].isin(["innsjo", "elv"]).to_numpy(dtype=bool)
    rows: Geometries = geometries(water)[fresh]
    return rows


def _without(area: BaseGeometry, removed: BaseGeometry) -> BaseGeometry:
    """Difference of polygons, by the parts that meet: most of the belt meets little."""
    parts, holes = polygons_of(area), polygons_of(removed)
    if not len(parts) or not len(holes):
        return area
    part, hole = shapely.STRtree(holes).query(parts, predicate="intersects")
    met = np.unique(part)
    if not len(met):
        return area
    cut = shapely.difference(joined(parts[met]), union(holes[np.unique(hole)]))
    rest = np.delete(parts, met)
    return joined(np.concatenate([rest, polygons_of(cut)]))


def _in_parts(area: BaseGeometry, shore: Shore, chosen: NDArray[np.bool_]) -> BaseGeometry:
    if chosen.all():
        return area
    polygons = polygons_of(area)
    part = tables.part_of(polygons, shore)
    return joined(polygons[chosen[part]])


def _findings(
    shore: Shore, belt: Belt, limits: gpd.GeoDataFrame | None, effective: NDArray[np.bool_]
) -> list[Finding]:
    found = []
    if limits is not None and len(limits):
        geometry = geometries(limits)
        in_belt = np.zeros(len(geometry), dtype=bool)
        in_belt[intersecting(geometry, belt.gross)] = True
        found += [_uncut(limits, int(row)) for row in np.flatnonzero(in_belt & ~effective)]
    difference = tables.closing_difference(belt)
    if difference is not None and abs(difference) > _CLOSES * belt.land.area:
        found.append(
            Finding(
                rule="strandsone.lukking",
                title="Arealregnskapet går ikke opp",
                status=Status.ERROR,
                severity=Severity.ERROR,
                text=f"Delene skiller seg fra beltet med {difference:.1f} m².",
                action="Se etter ugyldige flater i lagene som er trukket fra.",
            )
        )
    if shore.land.fit < GOOD_FIT:
        found.append(
            Finding(
                rule="strandsone.kystlinje",
                title="Kystkonturen og land er fra ulike kilder",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"Bare {shore.land.fit:.0%} av kystkonturen følger kanten av land "
                f"({shore.land.how}). Beltet er derfor unøyaktig.",
                layer="kystkontur",
                action="Bruk kommunegrense, havflate og kystkontur fra samme kart.",
            )
        )
    return found


def _uncut(limits: gpd.GeoDataFrame, position: int) -> Finding:
    row = limits.iloc[position]
    plan = row.get("planid")
    return Finding(
        rule="strandsone.byggegrense",
        title="Byggegrensen skiller ikke land fra sjø",
        status=Status.HIT_YELLOW,
        severity=Severity.WARNING,
        text="Linjen ligger i beltet, men deler det ikke i en del mot sjøen og en del bak. "
        "Byggeforbudet er derfor regnet som gjeldende på begge sider.",
        law=f"{_LAW} tredje ledd",
        layer="byggegrense_sjo",
        row=str(plan) if plan is not None and pd.notna(plan) else str(position),
        action="Forleng linjen til kanten av beltet, eller legg inn området som flate.",
        geometry=row.geometry,
    )


def _warnings(shore: Shore, belt: Belt, buildings: gpd.GeoDataFrame | None) -> list[str]:
    warnings = []
    if not belt.limits_known:
        warnings.append(
            "Byggegrenser mot sjøen i kommuneplan og reguleringsplaner er ikke i datapakken. "
            "Byggeforbudet viker for dem (pbl § 1-8 tredje ledd), så arealet der det gjelder, er "
            "et høyeste tall. Legg til laget «byggegrense_sjo»."
        )
    if shore.land.fit < GOOD_FIT:
        warnings.append(
            f"Bare {shore.land.fit:.0%} av kystkonturen følger kanten av land; kommunegrensen og "
            "kystkonturen er fra ulike kart, og beltet er unøyaktig."
        )
    if buildings is not None and len(buildings):
        flat = is_surface(geometries(buildings))
        if not flat.all():
            warnings.append(
                f"{format_number((~flat).sum())} av {format_number(len(flat))} bygninger har bare "
                "punkt, ikke omriss: avstanden på 50 m er "
                "målt fra punktet, og det tilgjengelige arealet er derfor noe for stort."
            )
    return warnings


def _reading(
    shore: Shore, belt: Belt, counts: tables.Counts | None, parameters: Parameters, crs: str
) -> tuple[str, ...]:
    plane = belt.land.area
    ellipsoid = ellipsoidal_area(polygons_of(belt.land), crs) if plane else 0.0
    change = (ellipsoid / plane - 1) * 100 if plane else 0.0
    width = format_number(parameters["belte_m"])
    method = (
        f"Beltet er alt land innenfor {width} m fra sjøen i horisontalplanet, på fastland og "
        "øyer. Strandlinjen til elver og innsjøer gir ikke belte, og ferskvann er ikke land."
    )
    scale = (
        f"Land er {shore.land.how}. Lengden på kysten avhenger av kartets målestokk: et "
        "generalisert kart gir kortere kyst og færre øyer enn FKB."
    )
    law = (
        "Byggeforbudet gjelder ikke der kommuneplan eller reguleringsplan har satt en annen "
        "byggegrense (pbl § 1-8 tredje ledd). Beregningen vet bare om grensene i datapakken."
    )
    access = (
        "Tilgjengelig areal følger SSBs regel: ikke nær bolig, industri eller hotell, ikke "
        "dyrket mark, veg eller jernbane. Det sier ikke om noen faktisk kan gå der; bratthet, "
        "gjerder og rettigheter er ikke med."
    )
    plane_note = (
        f"Arealene er målt i kartplanet ({crs}). Arealet på jordellipsoiden avviker "
        f"{format_number(change, 3)} %."
    )
    texts = (method, scale, law, access, plane_note)
    if counts is None or counts.window is None or parameters["siste_aar"]:
        return texts
    last = counts.window[1]
    window = (
        f"Nye bygg telles til og med siste år i bygningslaget, {last}. Et scenario med bygg fra "
        f"senere år flytter vinduet; med parameteren siste_aar={last} står det fast."
    )
    return (*texts, window)
