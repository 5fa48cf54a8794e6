"""The overview: what the municipality is, and what the layers of its data package say of it.

The method, and what the figures do not say, are in docs/metode-oversikt.md.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import shapely

from askergeo.analyses import _overview_places as places
from askergeo.analyses import _overview_tables as tables
from askergeo.analyses._age_groups import Ages, age_chart, age_table
from askergeo.analyses._overview_area import (
    Cover,
    Place,
    account_for,
    clipped,
    inside,
    read_place,
)
from askergeo.analyses._overview_map import map_layers
from askergeo.crs import crs_name
from askergeo.geometry import geometries
from askergeo.numbers import format_number
from askergeo.result import Fact, Finding, Result, Severity, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.result import Table

__all__ = ["oversikt"]

# An account that closes does so within rounding: this share of the whole.
_CLOSES = 1e-6
# Layers of different maps leave more than this share (of the municipality) unaccounted for.
_FITS = 1e-3
# Lines and areas that the tables and the map use, cut once.
_COVERS = ("ar5", "arealdekke")
_LINES = ("veg", "sti", "jernbane")


def oversikt(
    kommunegrense: gpd.GeoDataFrame,
    *,
    parameters: Parameters,  # noqa: ARG001  (every analysis is given its set; this one is empty)
    **layers: pd.DataFrame,
) -> Result:
    """Give an overview of the municipality.

    Parameters
    ----------
    kommunegrense
        The municipality's boundary, in a projected CRS in metres.
    parameters
        The set ``oversikt``, which has no values.
    layers
        Other layers of the catalogue, by id, in the same CRS; all that are given are listed.

    Returns
    -------
    Result
        Areas are km² and dekar (1000 m²), lengths km. A layer that is not given gives no number.
    """
    place = read_place(kommunegrense, layers.get("vann"), layers.get("kystkontur"))
    everything = {"kommunegrense": kommunegrense, **layers}
    cuts = {
        layer: clipped(geometries(layers[layer]), place.outline)
        for layer in (*_LINES, "tettsted")
        if layer in layers
    }
    source = next((layer for layer in _COVERS if layer in layers), "")
    cover = account_for(geometries(layers[source]), place.ground) if source else None
    found, differences = _tables(everything, cuts, place, (source, cover), kommunegrense)
    ages = _ages(layers.get("befolkning"))
    template, facts = _statement({table.name: table for table in found}, place)
    shown = None if cover is None else (source, cover)
    return Result(
        analysis="oversikt",
        title="Oversikt over kommunen",
        template=template,
        facts=facts,
        tables=tuple(found),
        layers=map_layers(everything, cuts, place, shown),
        charts=(age_chart(ages, title="Bosatte etter alder"),) if ages else (),
        findings=tuple(_findings(place, differences)),
        warnings=tuple(_warnings(place)),
        reading=_reading(place, str(crs_name(kommunegrense.crs))),
    )


def _ages(population: pd.DataFrame | None) -> tuple[Ages, ...]:
    """Residents by age; nothing when no age is known."""
    if population is None or not population["alder"].notna().any():
        return ()
    count = population["antall"].set_axis(pd.Index(population["alder"]))
    return (Ages(column="bosatte", title="Bosatte", count=count),)


def _tables(
    layers: Mapping[str, pd.DataFrame],
    cuts: Mapping[str, Geometries],
    place: Place,
    cover: tuple[str, Cover | None],
    boundary: gpd.GeoDataFrame,
) -> tuple[list[Table], dict[str, float]]:
    """Make the tables that the layers allow, and what their accounts differ by (m²)."""
    found: list[Table | None] = [
        tables.area_table(place, boundary.crs.to_string()),
        tables.coast_table(place),
        tables.resident_table(layers.get("befolkning"), layers.get("befolkning_rute"), place),
    ]
    ages = _ages(layers.get("befolkning"))
    if ages:
        found.append(age_table(ages, title="Bosatte etter alder (femårsgrupper)"))
    differences = {"kommunen": _unaccounted(place)}
    source, account = cover
    if account is not None:
        kinds = layers[source]["arealtype" if source == "ar5" else "klasse"]
        table, differences["arealdekke"] = tables.cover_table(source, kinds, account, place)
        found.append(table)
    own = {
        layer: layers[layer][inside(geometries(layers[layer]), place.reach)]
        for layer in ("senter", "skole", "barnehage")
        if layer in layers
    }
    if "senter" in own:
        found += places.centre_tables(own["senter"], places.expected_centres(boundary))
    if "skole" in own:
        found.append(places.school_table(own["skole"]))
    if "barnehage" in own:
        found.append(places.kindergarten_table(own["barnehage"]))
    lines = {layer: (layers[layer], cuts[layer]) for layer in _LINES if layer in layers}
    found += [
        tables.line_table(lines),
        tables.layer_table(layers, place, cuts),
        tables.absent_table(layers),
    ]
    return [table for table in found if table is not None], differences


def _unaccounted(place: Place) -> float:
    """Area in m² that is neither land nor sea, less what is both."""
    if place.land is None or place.sea is None:
        return 0.0
    both = (shapely.area(place.land.area), shapely.area(place.sea))
    return float(sum(both) - shapely.area(place.outline))


def _statement(found: Mapping[str, Table], place: Place) -> tuple[str, dict[str, Fact]]:
    """Write the sentence and give its figures; what no layer tells is not in it."""
    facts = _area_facts(found)
    parts = [
        text
        for name, text in (
            ("land", "{land} km² land"),
            ("ferskvann", "{ferskvann} km² ferskvann"),
            ("uten_sjo", "{uten_sjo} km² land og ferskvann"),
            ("i_alt", "{i_alt} km² innenfor kommunegrensen"),
            ("sjo", "{sjo} km² sjø"),
        )
        if name in facts
    ]
    name = place.name.replace("{", "").replace("}", "")
    text = f"{name} er {_list(parts)}"
    if "kyst" in found:
        facts["kyst"] = _fact(found, "Kystlinje", "km", ("kyst", "i_alt", "kyst_km"))
        text += " med {kyst} km kyst"
    if "bosatte" in found:
        facts["bosatte"] = _fact(found, "Bosatte", "personer", ("bosatte", "i_alt", "bosatte"))
        text += " og {bosatte} bosatte"
    counted, counts = _counts(found)
    if counts:
        text += f". Stedfestet i dataene: {_list(counts)}"
    return text + ".", facts | counted


def _area_facts(found: Mapping[str, Table]) -> dict[str, Fact]:
    frame = found["kommunen"].frame
    known = frame["km2"].notna()
    wanted = ["land", "ferskvann"] if known["land"] else ["uten_sjo"]
    if not known["uten_sjo"]:
        wanted = ["i_alt"]
    if known["sjo"]:
        wanted.append("sjo")
    return {
        key: _fact(found, str(frame.loc[key, "storrelse"]), "km²", ("kommunen", key, "km2"), 1)
        for key in wanted
    }


def _counts(found: Mapping[str, Table]) -> tuple[dict[str, Fact], list[str]]:
    """Count centres, kindergartens and schools, each in words that fit the number."""
    facts: dict[str, Fact] = {}
    words = []
    for level, title in places.LEVELS.items():
        if "senterstruktur" not in found:
            break
        row: Any = found["senterstruktur"].frame.loc[level]
        lacking = bool(pd.notna(row["i_planen"]) and row["i_planen"] > row["stedfestet"])
        several = f"{title[:-2]}re"
        of_all = f" av {row['i_planen']}" if lacking else ""
        fact = _fact(found, several, "", ("senterstruktur", level, "stedfestet"))
        name = title if fact.value == 1 and not lacking else several
        shown = f"{name} stedfestet ({of_all.strip()})" if lacking else name
        facts[level] = replace(fact, title=shown)
        words.append(f"{{{level}}}{of_all} {name.lower()}")
    for name, one, several, table, column in (
        ("barnehager", "barnehage", "barnehager", "barnehager", "antall"),
        ("skoler", "skole", "skoler", "skoler", "i_alt"),
    ):
        if table in found:
            facts[name] = _fact(
                found, f"{name.capitalize()} med kjent sted", name, (table, "i_alt", column)
            )
            words.append(f"{{{name}}} {one if facts[name].value == 1 else several}")
    return facts, words


def _list(parts: list[str]) -> str:
    """Join with commas and «og»."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} og {parts[-1]}"


def _fact(
    found: Mapping[str, Table],
    title: str,
    unit: str,
    cell: tuple[str, str, str],
    decimals: int = 0,
) -> Fact:
    """Make a fact of a cell of a table; unknown stays unknown."""
    table = found[cell[0]]
    value: Any = table.frame.loc[cell[1], cell[2]]
    number = None if pd.isna(value) else float(value)
    if number is not None and number.is_integer():
        number = int(number)
    return Fact(
        title=title,
        value=number,
        unit=unit,
        decimals=decimals,
        persons=table.columns[cell[2]].persons,
        cell=cell,
    )


def _findings(place: Place, differences: Mapping[str, float]) -> list[Finding]:
    found = []
    gap = differences["kommunen"]
    if abs(gap) > _FITS * shapely.area(place.outline):
        found.append(
            Finding(
                rule="oversikt.land_og_sjo",
                title="Land og sjø er fra ulike kart",
                status=Status.HIT_YELLOW,
                severity=Severity.WARNING,
                text=f"Land og sjø er til sammen {format_number(gap / 1000)} dekar "
                "større (+) eller mindre (−) enn flaten innenfor kommunegrensen.",
                layer="kommunegrense",
                action="Bruk kommunegrense og havflate fra samme kart.",
            )
        )
    cover = differences.get("arealdekke", 0.0)
    if abs(cover) > _CLOSES * shapely.area(place.ground):
        found.append(
            Finding(
                rule="oversikt.lukking",
                title="Arealdekket går ikke opp",
                status=Status.ERROR,
                severity=Severity.ERROR,
                text=f"Klassene, det som ikke er dekket, og det som er dekket flere ganger, "
                f"skiller seg fra landet med {format_number(cover)} m².",
                action="Se etter ugyldige flater i arealdekket.",
            )
        )
    return found


def _warnings(place: Place) -> list[str]:
    if place.land is None:
        return [f"Land og sjø er ikke skilt: {place.why}"]
    return []


def _reading(place: Place, crs: str) -> tuple[str, ...]:
    absent = (
        "Oversikten viser det som er i datapakken. Et lag som ikke er der, gir ikke noe tall: det "
        "betyr ikke at det er null av det i kommunen."
    )
    land = (
        "Landarealet følger kartet i datapakken. SSBs landareal er målt på Kartverkets detaljerte "
        "kart, uten ferskvann; et generalisert kart gir andre tall."
    )
    plane = f"Arealer og lengder er målt i kartplanet ({crs}), innenfor kommunegrensen."
    drawn = (
        "Kartet viser ikke bygninger eller gang- og sykkelveger. Tabellene teller alt som er i "
        "lagene."
    )
    return (absent, plane, drawn) if place.land is None else (absent, land, plane, drawn)
