"""The transport zones: what lies north and south of the nullvekstlinje, and what it divides.

North of the line growth in homes and workplaces shall not make people drive more; south of it no
such demand holds. See docs/metode-nullvekst.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import shapely

from askergeo.analyses import _zones_map as maps
from askergeo.analyses import _zones_tables as tables
from askergeo.analyses._background import land_of
from askergeo.analyses._zones_change import microdata_of
from askergeo.analyses._zones_counted import count_layers
from askergeo.analyses._zones_straddle import straddling
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.result import Fact, Finding, Result, Severity, Status
from askergeo.transport._zone_faults import FOR_THE_RECORD
from askergeo.transport.zones import NORTH, SOUTH, UNKNOWN, distance_to_line, make_zones

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from askergeo.analyses._zones_counted import Counted
    from askergeo.parameters import Parameters
    from askergeo.result import Table
    from askergeo.transport.zones import Zones

__all__ = ["nullvekst"]

_UNDIVIDED: Final = (
    "Nullvekstlinjen deler ikke kommunen: ingenting kan sies å ligge nord eller sør for den."
)
_DEMAND: Final = (
    "Nord for nullvekstlinjen skal vekst i boliger og arbeidsplasser ikke gi mer "
    "personbiltrafikk. Sør for den er det ikke et slikt krav."
)
_AS_DRAWN: Final = (
    "Linjen er den som ligger i datapakken. Tallene er ikke riktigere enn den er tegnet. Raden "
    "«Innenfor linjens usikkerhet» sier hvor mange svaret er usikkert for."
)
_ONCE: Final = (
    "Alt er talt én gang, og nord, sør og ukjent er til sammen det som er i lagene. Punkter på "
    "selve linjen er regnet som nord, der kravet gjelder."
)
_BOTH_SHARES: Final = (
    "Planer, kretser og ruter som linjen deler, er vist med andelen av arealet og andelen av "
    "bosatte. Deres tall for personer er avrundet, fordi de ligger i hverandre."
)
_FILLED: Final = (
    " Regnskapet («askergeo nullvekst regnskap») anslår dem fra m² og har derfor med flere."
)
_SIDES: Final = {NORTH: "nord", SOUTH: "sør", UNKNOWN: "ukjent"}


def nullvekst(
    nullvekstlinje: gpd.GeoDataFrame,
    kommunegrense: gpd.GeoDataFrame,
    *,
    parameters: Parameters,
    **layers: pd.DataFrame | None,
) -> Result:
    """Divide the municipality along the nullvekstlinje, and count what lies on each side.

    Parameters
    ----------
    nullvekstlinje, kommunegrense
        The line (or areas with a side) and the municipality, in a projected CRS in metres.
    parameters
        The set ``nullvekst``.
    layers
        Other layers of the catalogue, by id: residents, dwellings, jobs, stops, centres, what is
        planned, and the plans and districts that the line may divide.

    Raises
    ------
    CrsError
        When a layer is in another CRS.
    """
    there = {name: frame for name, frame in layers.items() if frame is not None}
    placed = {name: frame for name, frame in there.items() if isinstance(frame, gpd.GeoDataFrame)}
    given = {"nullvekstlinje": nullvekstlinje, "kommunegrense": kommunegrense}
    check_crs_of({**given, **placed}, kommunegrense.crs)
    zones = make_zones(nullvekstlinje, kommunegrense, parameters=parameters)
    counted = count_layers(zones, there, parameters)
    unsure = float(parameters["nullvekst_usikker_m"])
    limits = [float(one) for one in parameters["nullvekst_avstander"]]
    by_zone = tables.zone_table(zones, counted, kommunegrense)
    supply = tables.supply_table(counted)
    near = tables.distance_table(zones, counted, limits, unsure)
    divided = straddling(zones, there, counted, float(parameters["nullvekst_minste_del_m2"]))
    centres = placed.get("senter")
    by_centre = None
    if centres is not None:
        by_centre = tables.centre_table(zones, centres, distance_to_line(zones, centres))
    template, facts = _statement(by_zone, near, zones)
    return Result(
        analysis="nullvekst",
        title="Transportsonene nord og sør for nullvekstlinjen",
        template=template,
        facts=facts,
        tables=(
            by_zone,
            *(one for one in (supply, near, by_centre) if one is not None),
            tables.line_table(zones),
            tables.part_table(zones, centres),
            *(one.table for one in divided.values()),
        ),
        layers=(
            land_of(kommunegrense),
            maps.zone_layer(zones, by_zone),
            *maps.straddling_layers(divided),
            *maps.line_layers(zones, unsure),
            *(
                (maps.centre_layer(by_centre, centres),)
                if by_centre is not None and centres is not None
                else ()
            ),
        ),
        findings=(*_fault_findings(zones), *_outside(zones, placed)),
        warnings=(*_why_undivided(zones), *_warnings(counted, placed)),
        reading=_reading(counted),
        microdata=microdata_of(counted),
    )


def _statement(by_zone: Table, near: Table | None, zones: Zones) -> tuple[str, dict[str, Fact]]:
    """State how many live and work on each side, and how many near the line."""
    facts: dict[str, Fact] = {}
    for side in (NORTH, SOUTH):
        for name in ("areal_km2", "bosatte", "boliger", "arbeidsplasser"):
            if name in by_zone.columns and (
                name != "areal_km2" or "bosatte" not in by_zone.columns
            ):
                facts[f"{name}_{side}"] = _fact(by_zone, side, name)
    if shapely.is_empty(zones.frame.geometry.to_numpy()).all():
        return _UNDIVIDED, facts
    if "bosatte" not in by_zone.columns:
        said = "{areal_km2_nord} km² ligger nord for nullvekstlinjen og {areal_km2_sor} km² sør"
        return f"{said} for den.", facts
    facts["andel_nord"] = _fact(by_zone, NORTH, "bosatte_andel")
    said = (
        "{bosatte_nord} bosatte ({andel_nord} %) bor nord for nullvekstlinjen og {bosatte_sor} "
        "sør for den"
    )
    if "arbeidsplasser" in by_zone.columns:
        said += ". {arbeidsplasser_nord} arbeidsplasser er nord og {arbeidsplasser_sor} sør"
    if near is not None and "usikker" in near.frame.index and "bosatte" in near.columns:
        value: Any = near.frame.loc["usikker", "bosatte"]
        facts["nar"] = Fact(
            title="Bosatte innenfor linjens usikkerhet",
            value=round(float(value)),
            unit="personer",
            persons=True,
            cell=("avstand", "usikker", "bosatte"),
        )
        said += ". {nar} bor så nær linjen at sonen avhenger av hvordan den er tegnet"
    return f"{said}.", facts


def _fact(table: Table, row: str, column: str) -> Fact:
    its = table.columns[column]
    value: Any = table.frame.loc[row, column]
    decimals = its.decimals or 0
    return Fact(
        title=f"{its.title}, {_SIDES[row]}",
        value=float(value) if decimals else round(float(value)),
        unit=its.unit,
        decimals=decimals,
        persons=its.persons,
        cell=(table.name, row, column),
    )


def _fault_findings(zones: Zones) -> list[Finding]:
    """Make a finding of each fault of the line, those that leave a side unknown first."""
    found = [
        Finding(
            rule=str(row.regel),
            title=str(row.tittel),
            status=Status.NOT_RELEVANT if row.regel in FOR_THE_RECORD else Status.NOT_MAPPED,
            severity=Severity.INFO if row.regel in FOR_THE_RECORD else Severity.WARNING,
            text=str(row.tekst),
            layer=str(row.lag),
            row=str(row.rad),
        )
        for row in zones.faults.drop_duplicates().itertuples()
    ]
    return sorted(found, key=lambda one: one.severity is not Severity.WARNING)


def _outside(zones: Zones, placed: Mapping[str, gpd.GeoDataFrame]) -> list[Finding]:
    """Tell of points outside the municipality: they are in the zone unknown."""
    whole = shapely.union_all([zones.shape(side) for side in _SIDES])
    shapely.prepare(whole)
    found = []
    for layer in ("holdeplass", "arbeidsplass", "senter"):
        if layer not in placed:
            continue
        points = geometries(placed[layer])
        there = ~(shapely.is_missing(points) | shapely.is_empty(points))
        out = int((there & ~shapely.intersects(whole, points)).sum())
        gone = int((~there).sum())
        for count, why in ((out, "ligger utenfor kommunen"), (gone, "mangler sted")):
            if count:
                rows = "rad" if count == 1 else "rader"
                found.append(
                    Finding(
                        rule="nullvekst.uten_sone",
                        title="Rader som ikke er i noen sone",
                        status=Status.NOT_RELEVANT,
                        severity=Severity.INFO if count == out else Severity.WARNING,
                        text=f"{format_number(count)} {rows} {why}. De er i sonen ukjent.",
                        layer=layer,
                    )
                )
    return found


def _why_undivided(zones: Zones) -> tuple[str, ...]:
    """Say why the line divides nothing, where the reader looks first."""
    if any(zones.frame.geometry.area > 0):
        return ()
    return tuple(zones.faults["tekst"].astype(str))


def _warnings(
    counted: Mapping[str, Counted], placed: Mapping[str, gpd.GeoDataFrame]
) -> tuple[str, ...]:
    warnings = []
    people = counted.get("bosatte")
    if people is not None and people.cells is not None:
        warnings.append(
            "Bosatte er kjent i ruter, ikke på adresser. Ruter som linjen deler, er fordelt på "
            "boligbygg, ellers på bygninger, ellers etter areal. Tabellen over ruter sier hvilke."
        )
    for one in counted.values():
        if one.lacking and not one.persons:
            warnings.append(
                f"{one.title} er ukjent i {format_number(one.lacking)} rader, og er ikke med der."
                + (_FILLED if one.name == "planlagte_plasser" else "")
            )
        elif one.lacking:
            warnings.append(f"{one.title} er ukjent i noen rader, og er ikke med der.")
    if "holdeplass" in placed and "stoppested_id" not in placed["holdeplass"]:
        warnings.append(
            "Holdeplassene har ikke stoppested. De to sidene av en veg kan være talt hver for seg."
        )
    return tuple(warnings)


def _reading(counted: Mapping[str, Counted]) -> tuple[str, ...]:
    said = [_DEMAND, _AS_DRAWN, _ONCE, _BOTH_SHARES]
    if "programboliger" in counted or "planlagte_plasser" in counted:
        said.append(
            "Boliger og arbeidsplasser i programmene er alle som står der, uansett hvor sikre de "
            "er. Regnskapet («askergeo nullvekst regnskap») viser dem etter år og sikkerhet."
        )
    said.append("Sonene sier ikke noe om hvor mye folk kjører.")
    return tuple(said)
