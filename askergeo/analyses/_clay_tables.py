"""Tables, map layers and findings of the quick-clay screening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._clay_ground import CLAY, NO_CLAY, UNKNOWN
from askergeo.geometry import geometries, polygons_of, union
from askergeo.numbers import format_number
from askergeo.result import (
    Column,
    Finding,
    MapLayer,
    RowSum,
    Severity,
    Status,
    Style,
    StyleClass,
    Table,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._clay_ground import Shapes
    from askergeo.analyses._clay_release import Release
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = [
    "account_table",
    "area_findings",
    "area_frame",
    "area_layer",
    "area_table",
    "known_table",
    "run_out_layer",
]

LAW: Final = "TEK17 § 7-3; pbl § 28-1; NVE veileder 1/2019 kap. 3"
_DEKAR = 1e3
# Areas that get a finding of their own; the table has all.
_FINDINGS = 50
_CLAY = {CLAY: "ja", UNKNOWN: "ukjent", NO_CLAY: "nei"}
_ZONES = {
    "kvikkleire_faresone": "NVEs faresoner for kvikkleireskred",
    "kvikkleire_aktsomhet": "NVEs aktsomhetsområder for kvikkleireskred",
}

_COLUMNS = {
    "nummer": Column(title="Løsneområde", decimals=0, description="Fra det største."),
    "leire": Column(
        title="På marin leire",
        description="ja, eller ukjent der ingen har kartlagt det.",
    ),
    "dekar": Column(title="Areal", unit="dekar", decimals=1),
    "hoyde_m": Column(
        title="Høyde H",
        unit="m",
        decimals=1,
        description="Største høyde over skråningsfoten, med dybden til bekke- eller sjøbunn.",
    ),
    "topp_moh": Column(title="Terrenget der", unit="moh.", decimals=1),
    "fot_moh": Column(title="Skråningsfoten", unit="moh.", decimals=1),
    "fot": Column(
        title="Fot ved",
        description="sjø eller vassdrag når det er innen én skråningsfot fra området.",
    ),
    "helning_grader": Column(
        title="Bratteste sted", unit="°", decimals=0, description="Bratteste celle i området."
    ),
    "lengde_m": Column(
        title="Lengde L", unit="m", decimals=0, description="Største lengde bak foten, 20·H."
    ),
    "utlop_aapent_m": Column(title="Utløp i åpent terreng", unit="m", decimals=0),
    "utlop_kanal_m": Column(title="Utløp i kanalisert terreng", unit="m", decimals=0),
}
_RUN_OUT_COLUMNS = {
    "utlop_dekar": Column(
        title="Utløpsområde, åpent terreng",
        unit="dekar",
        decimals=1,
        description="Det massene kan nå innen 1,5·L, uten løsneområdet selv.",
    ),
    "utlop_kanal_dekar": Column(
        title="Utløpsområde, kanalisert terreng videre",
        unit="dekar",
        decimals=1,
        description="Det massene kan nå videre, inntil 3·L, der terrenget er kanalisert.",
    ),
}
_ALL_COLUMNS = _COLUMNS | _RUN_OUT_COLUMNS
_ZONE_COLUMNS = {
    "sone": Column(title="Utløp", description="aapent, eller kanalisert lenger unna."),
    "leire": Column(title="Fra løsneområde på marin leire", description="ja eller ukjent."),
    "type": Column(title="Utløp og leire"),
    "dekar": Column(title="Areal", unit="dekar", decimals=1),
}
_ZONES_DRAWN = {
    "aapent, ja": ("Utløp i åpent terreng (1,5·L), kan være marin leire", "#fdae6b"),
    "kanalisert, ja": ("Utløp i kanalisert terreng (3·L), kan være marin leire", "#fee6ce"),
    "aapent, ukjent": ("Utløp i åpent terreng, marin leire ikke kartlagt", "#d9d9d9"),
    "kanalisert, ukjent": ("Utløp i kanalisert terreng, marin leire ikke kartlagt", "#f0f0f0"),
}


def area_frame(
    release: Release, streams: Shapes, sea: Shapes, parameters: Parameters, crs: str
) -> gpd.GeoDataFrame:
    """Release areas with a row each, those on marine clay and those where it is unknown.

    The largest on clay come first.
    """
    kept = np.flatnonzero(release.areas.code != NO_CLAY)
    code, cells = release.areas.code[kept], release.areas.cells[kept]
    order = kept[np.lexsort((kept, -cells, code))]
    height = release.areas.highest[order].astype(float)
    top = release.top[order].astype(float)
    length = parameters["lengde_faktor"] * height
    reach = parameters["helning"] * parameters["minste_hoyde_m"]
    shapes: Geometries = release.shapes[order]
    run_out = release.run_out
    reached = {}
    if run_out is not None:
        dekar = run_out.cells[order] * run_out.cell_m2 / _DEKAR
        reached = dict(zip(_RUN_OUT_COLUMNS, dekar.T, strict=True))
    return gpd.GeoDataFrame(
        {
            "nummer": np.arange(1, len(order) + 1),
            "leire": [_CLAY[int(one)] for one in release.areas.code[order]],
            "dekar": release.areas.cells[order] * release.cell_m2 / _DEKAR,
            "hoyde_m": height,
            "topp_moh": top,
            "fot_moh": top - height,
            "fot": _foot(shapes, streams, sea, reach),
            "helning_grader": release.steepest[order].astype(float),
            "lengde_m": length,
            "utlop_aapent_m": parameters["utlop_aapent"] * length,
            "utlop_kanal_m": parameters["utlop_kanal"] * length,
            **reached,
        },
        geometry=list(shapes),
        crs=crs,
    )


def _foot(shapes: Geometries, streams: Shapes, sea: Shapes, reach: float) -> NDArray[np.object_]:
    """Name the water that an area has its foot at."""
    foot = np.full(len(shapes), "terreng", dtype=object)
    for name, water in (("vassdrag", streams), ("sjø", sea)):
        if len(water) and len(shapes):
            near, _ = water.tree.query(shapes, predicate="dwithin", distance=reach)
            foot[near] = name
    return foot


def _columns(frame: pd.DataFrame) -> dict[str, Column]:
    return {name: one for name, one in _ALL_COLUMNS.items() if name in frame.columns}


def area_table(frame: gpd.GeoDataFrame) -> Table:
    """List the release areas."""
    return Table(
        name="losneomrader",
        title="Løsneområder",
        frame=pd.DataFrame(frame.drop(columns="geometry")),
        columns=_columns(frame),
        note="Områder der kartleggingen sier at det ikke er marin leire, er bare med i "
        "arealregnskapet.",
    )


def area_layer(frame: gpd.GeoDataFrame) -> MapLayer:
    """Draw the release areas."""
    return MapLayer(
        name="losneomrader",
        title="Løsneområder etter terrenget",
        frame=frame,
        columns=_columns(frame),
        style=Style(
            stroke="#7f2704",
            width=0.15,
            opacity=0.55,
            column="leire",
            classes=(
                StyleClass(value="ja", label="Kan være marin leire", fill="#d95f0e"),
                StyleClass(value="ukjent", label="Marin leire er ikke kartlagt", fill="#bdbdbd"),
            ),
        ),
        rows_of="losneomrader",
    )


def run_out_layer(release: Release, crs: str) -> MapLayer | None:
    """Draw what the masses can reach; ``None`` when that was not asked."""
    found = release.run_out
    if found is None:
        return None
    zone = np.where(found.channelled, "kanalisert", "aapent").astype(object)
    clay = np.array([_CLAY[int(one)] for one in found.clay], dtype=object)
    frame = gpd.GeoDataFrame(
        {
            "sone": zone,
            "leire": clay,
            "type": zone + ", " + clay,
            "dekar": shapely.area(found.shapes) / _DEKAR,
        },
        geometry=list(found.shapes),
        crs=crs,
    )
    classes = tuple(
        StyleClass(value=value, label=label, fill=fill)
        for value, (label, fill) in _ZONES_DRAWN.items()
    )
    return MapLayer(
        name="utlop",
        title="Utløpsområder",
        frame=frame,
        columns=_ZONE_COLUMNS,
        style=Style(stroke="#a6611a", width=0.1, opacity=0.4, column="type", classes=classes),
    )


def account_table(release: Release, whole: float) -> Table:
    """Divide the land of the municipality by terrain and clay; it closes.

    Parameters
    ----------
    release
        The release areas.
    whole
        Area of the land, m².
    """
    in_areas = np.bincount(release.areas.code, weights=release.areas.cells, minlength=4)
    rest = release.cells - in_areas
    cell = release.cell_m2
    counted = (release.cells[1:].sum() + release.unknown) * cell
    rows = {
        "losne_ja": ("Løsneområde, kan være marin leire", in_areas[CLAY] * cell),
        "losne_ukjent": ("Løsneområde, marin leire ikke kartlagt", in_areas[UNKNOWN] * cell),
        "losne_nei": ("Terrenget som i løsneområde, ikke marin leire", in_areas[NO_CLAY] * cell),
        "resten_ja": ("Ikke løsneområde, kan være marin leire", rest[CLAY] * cell),
        "resten_ukjent": ("Ikke løsneområde, marin leire ikke kartlagt", rest[UNKNOWN] * cell),
        "resten_nei": ("Ikke løsneområde, ikke marin leire", rest[NO_CLAY] * cell),
        "ukjent_hoyde": ("Høyden er ukjent", release.unknown * cell),
        "utenfor": ("Utenfor terrengmodellen, og avrunding til hele celler", whole - counted),
        "sum": ("Land i kommunen", whole),
    }
    frame = pd.DataFrame(
        {
            "del": [title for title, _ in rows.values()],
            "dekar": [area / _DEKAR for _, area in rows.values()],
        },
        index=list(rows),
    )
    return Table(
        name="arealregnskap",
        title="Landet i kommunen etter terreng og marin leire",
        frame=frame,
        columns={
            "del": Column(title="Del"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
        },
        row_sums=(RowSum("sum", tuple(rows)[:-1]),),
    )


def known_table(
    frame: gpd.GeoDataFrame, zones: dict[str, gpd.GeoDataFrame], land: BaseGeometry
) -> Table | None:
    """Hold the release areas against the zones that are known; ``None`` without any."""
    if not zones:
        return None
    sure = geometries(frame)[(frame["leire"] == "ja").to_numpy(dtype=bool)]
    rows = {}
    for name, zone in zones.items():
        area = polygons_of(shapely.intersection(union(geometries(zone)), land))
        of_zones = float(shapely.area(area).sum())
        found = _shared(sure, area)
        every = _shared(geometries(frame), area)
        rows[name] = {
            "lag": _ZONES[name],
            "soner": len(zone),
            "soner_med": int(_hit(geometries(zone), geometries(frame)).sum()),
            "dekar": of_zones / _DEKAR,
            "leire_dekar": found / _DEKAR,
            "alle_dekar": every / _DEKAR,
            "alle_prosent": 100 * every / of_zones if of_zones else np.nan,
            "nye_dekar": (float(shapely.area(sure).sum()) - found) / _DEKAR,
        }
    return Table(
        name="kjente_soner",
        title="Løsneområdene mot kjente soner",
        frame=pd.DataFrame.from_dict(rows, orient="index"),
        columns={
            "lag": Column(title="Lag"),
            "soner": Column(title="Soner", unit="soner", decimals=0),
            "soner_med": Column(
                title="Soner med løsneområde",
                unit="soner",
                decimals=0,
                description="Soner som et løsneområde når inn i.",
            ),
            "dekar": Column(title="Soner på land", unit="dekar", decimals=1),
            "leire_dekar": Column(
                title="Av det i løsneområde på marin leire", unit="dekar", decimals=1
            ),
            "alle_dekar": Column(
                title="Av det i løsneområde, også der leire er ukjent", unit="dekar", decimals=1
            ),
            "alle_prosent": Column(title="Andel", unit="%", decimals=0),
            "nye_dekar": Column(
                title="Løsneområde på marin leire utenfor sonene", unit="dekar", decimals=1
            ),
        },
        note="Sonene kan være tegnet etter andre kriterier, grunnboringer og skjønn. At et "
        "område ikke er sone, betyr ikke at det er trygt.",
    )


def _pairs(left: Geometries, right: Geometries) -> NDArray[np.intp]:
    found: NDArray[np.intp] = shapely.STRtree(right).query(left, predicate="intersects")
    return found


def _shared(areas: Geometries, zones: Geometries) -> float:
    """Area that is in both, m²; neither overlaps itself."""
    if not len(areas) or not len(zones):
        return 0.0
    first, second = _pairs(areas, zones)
    return float(shapely.area(shapely.intersection(areas[first], zones[second])).sum())


def _hit(zones: Geometries, areas: Geometries) -> NDArray[np.bool_]:
    """Which zones share an area with a release area."""
    hit = np.zeros(len(zones), dtype=bool)
    if len(zones) and len(areas):
        first, second = _pairs(zones, areas)
        shared = shapely.area(shapely.intersection(zones[first], areas[second])) > 0
        hit[first[shared]] = True
    return hit


def area_findings(frame: gpd.GeoDataFrame) -> list[Finding]:
    """Return a finding for each of the largest areas on marine clay, and one for the others."""
    sure = frame[frame["leire"] == "ja"]
    found = [_finding(row) for row in sure.head(_FINDINGS).itertuples()]
    more = len(sure) - len(found)
    if more > 0:
        rest = sure.iloc[_FINDINGS:]
        found.append(
            Finding(
                rule="kvikkleire.losneomrade",
                title="Flere løsneområder på mulig marin leire",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"{format_number(more)} mindre områder, til sammen "
                f"{format_number(rest['dekar'].sum(), 1)} dekar, står i tabellen.",
                law=LAW,
                layer="terreng",
                action="Se tabellen «Løsneområder».",
            )
        )
    return found


def _finding(row: Any) -> Finding:  # noqa: ANN401  (a row of itertuples)
    return Finding(
        rule="kvikkleire.losneomrade",
        title="Løsneområde på mulig marin leire",
        status=Status.HIT_YELLOW,
        severity=Severity.WARNING,
        text=f"Terrenget er inntil {format_number(row.hoyde_m, 1)} m over skråningsfoten, og "
        f"området er {format_number(row.dekar, 1)} dekar. Etter veilederen kan et skred gripe "
        f"inntil {format_number(row.lengde_m)} m bakover.",
        law=LAW,
        layer="terreng",
        row=str(row.nummer),
        action="La en geotekniker vurdere områdestabiliteten før plan vedtas eller noe bygges.",
        geometry=row.geometry,
    )
