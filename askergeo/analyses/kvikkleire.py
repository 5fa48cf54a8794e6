"""Quick clay: where the terrain allows a slide to start, held against marine clay.

Source: NVE veileder 1/2019 «Sikkerhet mot kvikkleireskred», chapter 3, the steps that can be
computed from maps. The method and its choices are in docs/metode-kvikkleire.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo.analyses import _clay_tables as tables
from askergeo.analyses._background import background
from askergeo.analyses._clay_ground import UNKNOWN, Ground, clay_shapes
from askergeo.analyses._clay_release import Criteria, release_areas
from askergeo.analyses._clay_runout import Lengths
from askergeo.analyses._shoreline import Land, read_land
from askergeo.errors import CrsError, LayerError
from askergeo.geometry import geometries, union
from askergeo.numbers import format_number
from askergeo.overlay.door import check_crs_of
from askergeo.raster.drops import disc_error
from askergeo.raster.runout import Spread
from askergeo.raster.windows import height_grid
from askergeo.result import Fact, Finding, Result, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._clay_release import Release
    from askergeo.parameters import Parameters
    from askergeo.raster.windows import HeightGrid
    from askergeo.result import Table
    from askergeo.terrain import Terrain

__all__ = ["criteria_of", "kvikkleire"]

# Share of the land whose height may be unknown before the reader is told.
_KNOWN = 0.001


def kvikkleire(
    terreng: Terrain,
    *,
    kommunegrense: gpd.GeoDataFrame,
    marin_leire: gpd.GeoDataFrame | None = None,
    vann: gpd.GeoDataFrame | None = None,
    kystkontur: gpd.GeoDataFrame | None = None,
    kvikkleire_faresone: gpd.GeoDataFrame | None = None,
    kvikkleire_aktsomhet: gpd.GeoDataFrame | None = None,
    dekning: Mapping[str, BaseGeometry | None] | None = None,
    parameters: Parameters,
) -> Result:
    """Find the release areas of a municipality.

    Parameters
    ----------
    terreng
        Heights, metres above the sea; read in windows.
    kommunegrense, marin_leire, vann, kystkontur, kvikkleire_faresone, kvikkleire_aktsomhet
        Layers of the catalogue, in the CRS of the heights.
    dekning
        The area that ``marin_leire`` maps; without it, all outside its polygons is unknown.
    parameters
        The set ``kvikkleire``.

    Raises
    ------
    CrsError
        When a layer is not in the CRS of the heights.
    ParameterError
        When the heights do not reach the municipality.
    """
    given = {"kommunegrense": kommunegrense, "marin_leire": marin_leire, "vann": vann,
             "kystkontur": kystkontur, "kvikkleire_faresone": kvikkleire_faresone,
             "kvikkleire_aktsomhet": kvikkleire_aktsomhet}  # fmt: skip
    check_crs_of({k: v for k, v in given.items() if v is not None}, _plane(terreng))
    land, warnings = _land(kommunegrense, vann, kystkontur)
    grid = height_grid(terreng.info, least_cell=parameters["minste_celle_m"])
    clay = clay_shapes(
        marin_leire, (dekning or {}).get("marin_leire"), list(parameters["leire_klasser"])
    )
    ground = Ground.of(grid, land.area, vann, clay, parameters)
    release = release_areas(ground, criteria_of(parameters))
    crs = str(kommunegrense.crs)
    frame = tables.area_frame(release, ground.streams, ground.sea, parameters, crs)
    zones = {k: given[k] for k in ("kvikkleire_faresone", "kvikkleire_aktsomhet")}
    known = tables.known_table(frame, {k: v for k, v in zones.items() if v is not None}, land.area)
    account = tables.account_table(release, float(shapely.area(land.area)))
    template, facts = _statement(account, len(frame))
    return Result(
        analysis="kvikkleire",
        title="Kvikkleire: løsneområder etter terrenget",
        template=template,
        facts=facts,
        tables=(account, tables.area_table(frame), *([known] if known else [])),
        layers=(
            background(land, kommunegrense.crs),
            *([zones_layer] if (zones_layer := tables.run_out_layer(release, crs)) else []),
            tables.area_layer(frame),
        ),
        findings=(*tables.area_findings(frame), *_unmapped(release, account)),
        warnings=(_SCREENING, *warnings, *_warnings(release, account)),
        reading=_reading(parameters, grid),
    )


_SCREENING = (
    "Dette er en grovsiling etter terreng og løsmassekart. Den finner ikke kvikkleire og sier "
    "ikke at et sted er trygt; det avgjør en geotekniker (NVE veileder 1/2019)."
)


def criteria_of(parameters: Parameters) -> Criteria:
    """Terrain criteria of a parameter set."""
    return Criteria(
        ratio=parameters["helning"],
        least=parameters["minste_hoyde_m"],
        length=parameters["lengde_faktor"],
        least_area=parameters["minste_areal_m2"],
        run_out=_lengths(parameters) if parameters["utlop"] == "ja" else None,
    )


def _lengths(parameters: Parameters) -> Lengths:
    spread = Spread(
        cell=parameters["utlop_celle_m"],
        over_foot=parameters["utlop_over_fot_m"],
        ratio=parameters["helning"],
        half_width=parameters["kanal_bredde_m"] / 2,
        depth=parameters["kanal_dybde_m"],
    )
    return Lengths(
        opened=parameters["utlop_aapent"], channelled=parameters["utlop_kanal"], spread=spread
    )


def _plane(terrain: Terrain) -> str:
    """CRS of the heights, without the height system."""
    import pyproj  # noqa: PLC0415  (only asked for here)

    crs = pyproj.CRS.from_user_input(terrain.info.crs).to_2d()
    code = crs.to_epsg()
    if code is None or not crs.is_projected:
        raise CrsError(
            f"Terrengmodellen {terrain.info.path.name} er i {terrain.info.crs}.",
            remedy="Lever terrenget i UTM, for eksempel EPSG:25832.",
        )
    return f"EPSG:{code}"


def _land(
    boundary: gpd.GeoDataFrame, water: gpd.GeoDataFrame | None, shoreline: gpd.GeoDataFrame | None
) -> tuple[Land, list[str]]:
    """Land of the municipality; all of it where the sea cannot be told from it."""
    lines = None if shoreline is None else geometries(shoreline)
    try:
        return read_land(boundary, water, lines), []
    except LayerError:
        whole = union(geometries(boundary))
        land = Land(area=whole, outline=whole, how="hele kommunen, med sjø", fit=np.nan)
        return land, [
            (
                "Land og sjø kan ikke skilles med lagene i datapakken: hele kommunen er regnet "
                "som land."
            )
        ]


def _statement(account: Table, count: int) -> tuple[str, dict[str, Fact]]:
    area = account.frame["dekar"]

    def fact(title: str, row: str) -> Fact:
        cell = ("arealregnskap", row, "dekar")
        return Fact(title=title, value=float(area[row]), unit="dekar", cell=cell)

    facts = {
        "antall": Fact(title="Løsneområder", value=count, unit="områder"),
        "leire": fact("Løsneområde, kan være marin leire", "losne_ja"),
        "ukjent": fact("Løsneområde, marin leire ikke kartlagt", "losne_ukjent"),
        "land": fact("Land i kommunen", "sum"),
    }
    template = (
        "Terrenget er høyt og bratt nok for kvikkleireskred på {leire} dekar der det kan være "
        "marin leire, og på {ukjent} dekar der det ikke er kartlagt, av {land} dekar land "
        "({antall} områder)."
    )
    return template, facts


def _unmapped(release: Release, account: Table) -> list[Finding]:
    found = []
    area = account.frame["dekar"]
    if release.cells[UNKNOWN]:
        share = (area["losne_ukjent"] + area["resten_ukjent"]) / area["sum"]
        found.append(
            Finding(
                rule="kvikkleire.ikke_kartlagt",
                title="Marin leire er ikke kartlagt overalt",
                status=Status.NOT_MAPPED,
                severity=Severity.INFO,
                text=f"For {format_number(100 * share)} % av landet er det ukjent om det er marin "
                "leire. Det er ikke det samme som at det ikke er det.",
                law=tables.LAW,
                layer="marin_leire",
                action="Bruk NGUs løsmassekart og grunnundersøkelser.",
            )
        )
    return found


def _warnings(release: Release, account: Table) -> list[str]:
    area = account.frame["dekar"]
    warnings = []
    inside = release.cells[1:].sum() + release.unknown
    if release.unknown > _KNOWN * inside:
        warnings.append(
            f"Høyden er ukjent på {format_number(area['ukjent_hoyde'])} dekar. Der, og ved siden "
            "av, kan det være løsneområder som ikke er funnet."
        )
    if area["utenfor"] > _KNOWN * area["sum"]:
        warnings.append(
            f"{format_number(area['utenfor'])} dekar av kommunen ligger utenfor terrengmodellen."
        )
    return warnings


def _of_disc(parameters: Parameters, grid: HeightGrid) -> str:
    """Say how much longer distances can be where the disc is taken in groups of rows."""
    far = max(parameters["helning"], parameters["lengde_faktor"]) * parameters["minste_hoyde_m"]
    lacking = disc_error(far / grid.cell) * grid.cell
    if not lacking:
        return ""
    return f", og omkring {format_number(far)} m enda {format_number(lacking)} m"


def _run_out_reading(parameters: Parameters) -> str:
    if parameters["utlop"] != "ja":
        return (
            "Utløpslengdene er hva veilederen regner med nedenfor løsneområdet; utløpsområdene er "
            "ikke tegnet (parameteren «utlop»)."
        )
    opened, channelled = (
        format_number(parameters[name], 1) for name in ("utlop_aapent", "utlop_kanal")
    )
    over = format_number(parameters["utlop_over_fot_m"], 1)
    return (
        f"Utløpsområdene er terreng som henger sammen med løsneområdet og ligger lavere enn foten "
        f"(inntil {over} m over) eller nedover en bratt skråning, innen {opened}·L i rett linje, "
        f"og videre til {channelled}·L der terrenget er høyere på begge sider. De er en grov "
        "tegning, ikke en beregning av hvordan masser flyter."
    )


def _reading(parameters: Parameters, grid: HeightGrid) -> tuple[str, ...]:
    ratio, length = (format_number(parameters[k]) for k in ("helning", "lengde_faktor"))
    least = format_number(parameters["minste_hoyde_m"])
    cell = format_number(grid.cell, 1)
    criterion = (
        f"Et sted er i løsneområde når det ligger minst {least} m over en skråningsfot, ikke "
        f"lenger bak foten enn {length} ganger høyden, og skråningen er brattere enn 1:{ratio}. "
        "Selve skråningen ned mot foten er med. Bekker, elver og sjøen er føtter, regnet fra "
        "bunnen."
    )
    distance = (
        f"Terrengmodellen er regnet i celler på {cell} m. Avstanden til foten er den rette "
        "linjen, ikke summen av steg mellom celler; den kan bli regnet inntil halvannen celle for "
        f"lang{_of_disc(parameters, grid)}, aldri for kort."
    )
    clay = (
        "«Ukjent» betyr at ingen har kartlagt marin leire der. «Nei» betyr at kartet sier at den "
        "mangler, er tynn eller er usammenhengende, eller at stedet er over marin grense."
    )
    run_out = _run_out_reading(parameters)
    edge = (
        "Føtter utenfor terrengmodellen er ukjent: langs kanten av den kan områder mangle. Hent "
        "terreng også et stykke utenfor kommunegrensen."
    )
    return criterion, distance, clay, run_out, edge
