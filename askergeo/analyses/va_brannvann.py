"""Fire water: buildings without outlets near enough, or with outlets that give too little.

The method, with its sources, is in docs/metode-va.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._codes import load_codes
from askergeo.analyses._background import land_of
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import (
    Column,
    Fact,
    Finding,
    MapLayer,
    Result,
    RowSum,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)
from askergeo.va.firewater import ANSWERS, BASES, UNKNOWN, YES, fire_water, outlets_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.parameters import Parameters
    from askergeo.va.firewater import Outlets

__all__ = ["va_brannvann"]

_COLOURS: Final = {"Mangler": "#b2182b", "Ukjent": "#f6b26b", "Har": "#1b7837"}
_LAW: Final = "TEK17 § 11-17"
_NO_LAW: Final = (
    "Tallene 20 og 50 l/s og 25–50 m er fra veiledningen til TEK17 § 11-17, og gjelder nye "
    "bygninger. Verken brannloven eller forskriften har preaksepterte mengder (VA/Miljø-blad 82): "
    "kommunen bør kartlegge kapasiteten og gjøre en risiko- og sårbarhetsanalyse."
)
_STRAIGHT: Final = (
    "Avstanden er rett linje fra bygningens punkt til uttaket. Slangen går lenger, og "
    "hovedangrepsveien er ikke i dataene: en bygning nær grensen kan mangle uttak selv om den har "
    "fått «Har»."
)
_TWO: Final = (
    "Småhus skal ha ett uttak innenfor avstanden. Annen bebyggelse skal ha ett der og ett til "
    "innenfor den lengste avstanden mellom uttak, som sammen gir mengden; det er en tolkning av "
    "«minst to uttak»."
)
_CAPACITY: Final = (
    "Kapasiteten er den målte der den finnes. Ellers er bare dimensjonen på ledningen vurdert, med "
    "lav sikkerhet: den sier ikke hva trykket gir. Om to uttak sammen gir 50 l/s, sier dimensjonen "
    "aldri; da er svaret ukjent. Ukjent er ikke det samme som nei."
)


def va_brannvann(
    va_node: gpd.GeoDataFrame,
    *,
    bygning: gpd.GeoDataFrame,
    va_ledning: gpd.GeoDataFrame | None = None,
    grunnkrets: gpd.GeoDataFrame | None = None,
    kommunegrense: gpd.GeoDataFrame | None = None,
    parameters: Parameters,
) -> Result:
    """Judge the fire water of every building by type and area.

    Parameters
    ----------
    va_node, bygning, va_ledning, grunnkrets, kommunegrense
        Layers of the catalogue.
    parameters
        The set ``va_brannvann``.
    """
    outlets = outlets_of(va_node, va_ledning, parameters)
    found = fire_water(bygning, outlets, parameters)
    kind = bygning["bygningstype"].astype("string").fillna("999").to_numpy(dtype=object)[found.row]
    answers = np.array(ANSWERS, dtype=object)[found.answer]
    points = shapely.centroid(geometries(bygning)[found.row])
    names = np.append(outlets.ids, [""])
    buildings = gpd.GeoDataFrame(
        {
            "bygning": bygning["bygning_id"].astype(str).to_numpy(dtype=object)[found.row],
            "type": _type_names(kind),
            "krav_l_s": found.needs_l_s,
            "avstand_m": np.where(np.isinf(found.nearest_m), np.nan, found.nearest_m),
            "uttak": names[found.nearest],
            "innenfor": found.within,
            "svar": answers,
            "grunn": np.where(
                ~found.near,
                "For få uttak nær nok",
                np.array(["For liten kapasitet", "Kapasiteten er ukjent", ""])[found.answer],
            ),
        },
        geometry=points,
        crs=bygning.crs,
    )
    table = _count("bygningstyper", "Bygninger etter bygningstype", buildings["type"], answers)
    areas = [] if grunnkrets is None else [_areas(grunnkrets, points, answers)]
    lacking = int((found.answer < UNKNOWN).sum())
    facts = {
        "bygninger": Fact(title="Bygninger vurdert", value=len(found.row)),
        "mangler": Fact(title="Mangler brannvann", value=lacking),
        "langt": Fact(title="Uten nok uttak nær nok", value=int((~found.near).sum())),
        "ukjent": Fact(title="Ukjent", value=int((found.answer == UNKNOWN).sum())),
        "har": Fact(title="Har", value=int((found.answer == YES).sum())),
        "uttak": Fact(title="Brannuttak", value=len(outlets.ids)),
    }
    return Result(
        analysis="va_brannvann",
        title="Brannvann",
        template="{uttak} brannuttak: av {bygninger} bygninger mangler {mangler} brannvann etter "
        "veiledningen ({langt} har ikke nok uttak nær nok), {har} har, og for {ukjent} er det "
        "ukjent.",
        facts=facts,
        tables=(table, *areas, _list(buildings), _outlet_table(outlets, parameters)),
        layers=(
            *(() if kommunegrense is None else (land_of(kommunegrense),)),
            _building_layer(buildings),
            _outlet_layer(outlets, bygning.crs),
        ),
        findings=_findings(lacking, found.unplaced, len(outlets.ids)),
        reading=(_STRAIGHT, _TWO, _CAPACITY, _NO_LAW),
    )


def _type_names(kind: NDArray[np.object_]) -> NDArray[np.object_]:
    codes = {str(code): one.name for code, one in load_codes("bygningstype").items()}
    return np.array([codes.get(str(one), str(one)) for one in kind], dtype=object)


def _count(name: str, title: str, by: pd.Series, answers: NDArray[np.object_]) -> Table:
    counts = pd.crosstab(np.asarray(by, dtype=object), answers)
    counts = counts.reindex(columns=list(ANSWERS), fill_value=0).sort_values(
        "Mangler", ascending=False, kind="stable"
    )
    parts = tuple(f"r{at}" for at in range(len(counts)))
    frame = pd.DataFrame({"hva": [*counts.index, "Alle"]}, index=pd.Index([*parts, "alle"]))
    for one in ANSWERS:
        frame[one.lower()] = [*counts[one], int(counts[one].sum())]
    columns = {one.lower(): Column(title=one, unit="bygninger", decimals=0) for one in ANSWERS}
    return Table(
        name=name,
        title=title,
        frame=frame,
        columns={"hva": Column(title=title.rpartition(" ")[2].capitalize()), **columns},
        row_sums=(RowSum("alle", parts),),
    )


def _areas(
    districts: gpd.GeoDataFrame, points: NDArray[np.object_], answers: NDArray[np.object_]
) -> Table:
    names = districts["grunnkretsnummer"].astype(str)
    if "grunnkretsnavn" in districts:
        names = names + " " + districts["grunnkretsnavn"].astype("string").fillna("")
    point, area = shapely.STRtree(geometries(districts)).query(points, predicate="intersects")
    where = np.full(len(points), "Utenfor områdene", dtype=object)
    where[point[::-1]] = names.to_numpy(dtype=object)[area[::-1]]
    return _count("omraader", "Bygninger etter område", pd.Series(where), answers)


_BUILDING: Final = {
    "bygning": Column(title="Bygning"),
    "type": Column(title="Bygningstype"),
    "krav_l_s": Column(title="Bør ha", unit="l/s", decimals=0),
    "avstand_m": Column(title="Rett linje til nærmeste uttak", unit="m", decimals=0),
    "uttak": Column(title="Nærmeste uttak"),
    "innenfor": Column(title="Uttak som teller", decimals=0),
    "svar": Column(title="Brannvann"),
    "grunn": Column(title="Grunn"),
}


def _list(buildings: gpd.GeoDataFrame) -> Table:
    frame = pd.DataFrame(buildings.drop(columns="geometry"))
    frame = frame[frame["svar"] != ANSWERS[YES]].sort_values(
        ["svar", "krav_l_s", "avstand_m"], ascending=[True, False, False], kind="stable"
    )
    frame.index = pd.Index([f"B{one + 1:06d}" for one in frame.index])
    return Table(
        name="uten",
        title="Bygninger uten brannvann, eller der det er ukjent",
        frame=frame,
        columns=_BUILDING,
    )


def _outlet_table(outlets: Outlets, parameters: Parameters) -> Table:
    limit = float(parameters["va_brannvann_mellom_m"])
    frame = pd.DataFrame(
        {
            "uttak": outlets.ids,
            "l_s": outlets.l_s,
            "mm": outlets.dimension_mm,
            "grunnlag": np.array(BASES, dtype=object)[outlets.basis],
            "neste_m": np.where(np.isinf(outlets.next_m), np.nan, outlets.next_m),
        }
    )
    frame["langt"] = np.where(outlets.next_m > limit, "Ja", "Nei")
    frame.index = pd.Index([f"U{one + 1:05d}" for one in range(len(frame))])
    return Table(
        name="uttak",
        title="Brannuttak",
        frame=frame,
        columns={
            "uttak": Column(title="Uttak"),
            "l_s": Column(title="Målt kapasitet", unit="l/s", decimals=1),
            "mm": Column(title="Største ledning det står på", unit="mm", decimals=0),
            "grunnlag": Column(title="Kapasiteten er kjent ved"),
            "neste_m": Column(title="Rett linje til neste uttak", unit="m", decimals=0),
            "langt": Column(title=f"Over {format_number(limit)} m til neste"),
        },
    )


def _building_layer(buildings: gpd.GeoDataFrame) -> MapLayer:
    return MapLayer(
        name="bygninger",
        title="Bygninger etter brannvann",
        frame=buildings,
        columns=_BUILDING,
        style=Style(
            size=1.4,
            column="svar",
            classes=tuple(
                StyleClass(value=one, label=one, fill=_COLOURS[one], stroke="#ffffff")
                for one in ANSWERS
            ),
        ),
    )


def _outlet_layer(outlets: Outlets, crs: object) -> MapLayer:
    frame = gpd.GeoDataFrame(
        {"uttak": outlets.ids, "grunnlag": np.array(BASES, dtype=object)[outlets.basis]},
        geometry=shapely.points(outlets.xy),
        crs=crs,
    )
    return MapLayer(
        name="brannuttak",
        title="Brannuttak",
        frame=frame,
        columns={"uttak": Column(title="Uttak"), "grunnlag": Column(title="Kapasitet")},
        style=Style(fill="#1f77b4", stroke="#d62728", size=2.2, width=0.5),
    )


def _findings(lacking: int, unplaced: int, outlets: int) -> tuple[Finding, ...]:
    told = [
        ("va_brannvann.mangler", "Bygninger uten brannvann etter veiledningen", lacking, "bygning",
         "Kontroller uttakene på stedet, og vurder nytt uttak eller tankbil i ROS-analysen."),
        ("va_brannvann.uten_sted", "Bygninger uten sted", unplaced, "bygning",
         "De er ikke vurdert. Gi dem et punkt i laget."),
        ("va_brannvann.ingen_uttak", "Ingen brannuttak i laget", int(outlets == 0), "va_node",
         "Uttak i kummer må ha type «hydrant» for å telle; kontroller kolonnefilen."),
    ]  # fmt: skip
    return tuple(
        Finding(
            rule=rule, title=title, status=Status.HIT_YELLOW, severity=Severity.WARNING,
            text=f"{format_number(count)} ({title.lower()}).", law=_LAW, layer=layer, action=action,
        )
        for rule, title, count, layer, action in told
        if count
    )  # fmt: skip
