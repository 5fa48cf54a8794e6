"""Tables, map layers and the sentence of the shore zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._access import BLOCKERS
from askergeo.analyses._background import background
from askergeo.analyses._buildings import in_ranges, points_of, size_of
from askergeo.geometry import EMPTY, geometries, intersecting, polygons_of, union
from askergeo.numbers import format_number
from askergeo.result import Column, ColumnSum, Fact, MapLayer, RowSum, Style, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from askergeo.analyses._shoreline import Shore
    from askergeo.analyses.strandsone import Belt
    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters

__all__ = [
    "Counts",
    "account",
    "belt_table",
    "building_table",
    "closing_difference",
    "coast_table",
    "count_buildings",
    "island_table",
    "map_layers",
    "part_of",
    "statement",
]

_GROUPS = {"bolig": "Boliger", "fritidsbolig": "Fritidsboliger", "andre": "Andre bygninger"}
_DEKAR = 1000.0
_NO_LIMITS = (
    "Byggegrenser i plan er ikke i datapakken: 0 betyr her ukjent, og byggeforbudet gjelder på "
    "høyst det arealet som står."
)


@dataclass(frozen=True)
class Counts:
    """Buildings in the belt.

    Parameters
    ----------
    frame
        One row a building: ``gruppe``, ``aar`` (NaN unknown), ``gjelder`` (the ban holds), place.
    window
        First and last year of the rolling window; ``None`` when no building has a year.
    small
        Buildings in the belt that are too small to count.
    """

    frame: gpd.GeoDataFrame
    window: tuple[int, int] | None
    small: int


def part_of(polygons: Geometries, shore: Shore) -> NDArray[np.intp]:
    """Land mass that each polygon of the belt lies in."""
    if not len(polygons):
        return np.array([], dtype=np.intp)
    inner = shapely.point_on_surface(polygons)
    return np.asarray(shapely.STRtree(shore.parts).nearest(inner), dtype=np.intp)


def _dekar(area: BaseGeometry, shore: Shore) -> NDArray[np.float64]:
    """Area in dekar in each land mass."""
    polygons = polygons_of(area)
    weights = shapely.area(polygons) / _DEKAR
    total = np.bincount(part_of(polygons, shore), weights=weights, minlength=len(shore.parts))
    return np.asarray(total, dtype=float)


def _per_part(shore: Shore, belt: Belt) -> pd.DataFrame:
    """Lengths and areas of each land mass."""
    lengths = shapely.length(shore.own) / 1000
    return pd.DataFrame(
        {
            "kyst_km": np.bincount(shore.part, weights=lengths, minlength=len(shore.parts)),
            "brutto_dekar": _dekar(belt.gross, shore),
            "ferskvann_dekar": _dekar(belt.fresh_water, shore),
            "belte_dekar": _dekar(belt.land, shore),
            "unntatt_dekar": _dekar(belt.exempt, shore),
            "gjelder_dekar": _dekar(belt.in_force, shore),
        }
    )


_AREA_COLUMNS = {
    "kyst_km": Column(title="Kystlinje", unit="km", decimals=1),
    "brutto_dekar": Column(
        title="Belte med ferskvann", unit="dekar", decimals=1, description="Land og ferskvann."
    ),
    "ferskvann_dekar": Column(title="Ferskvann", unit="dekar", decimals=1),
    "belte_dekar": Column(
        title="Belte", unit="dekar", decimals=1, description="Land i beltet, uten vannflater."
    ),
    "unntatt_dekar": Column(
        title="Annen byggegrense gjelder",
        unit="dekar",
        decimals=1,
        description="Der plan har satt en annen byggegrense (pbl § 1-8 tredje ledd).",
    ),
    "gjelder_dekar": Column(title="Byggeforbudet gjelder", unit="dekar", decimals=1),
}


def _area_columns(belt: Belt) -> dict[str, Column]:
    """Describe the columns; where no layer told of building limits, by what they then are."""
    if belt.limits_known:
        return _AREA_COLUMNS
    return _AREA_COLUMNS | {
        "unntatt_dekar": replace(
            _AREA_COLUMNS["unntatt_dekar"], title="Annen byggegrense (mangler i dataene)"
        ),
        "gjelder_dekar": replace(
            _AREA_COLUMNS["gjelder_dekar"], title="Byggeforbudet gjelder på høyst"
        ),
    }


_AREA_SUMS = (
    ColumnSum("brutto_dekar", ("ferskvann_dekar", "belte_dekar")),
    ColumnSum("belte_dekar", ("unntatt_dekar", "gjelder_dekar")),
)


def belt_table(shore: Shore, belt: Belt) -> Table:
    """Shoreline and belt on the mainland, on islands and in all."""
    parts = _per_part(shore, belt)
    frame = pd.DataFrame(
        {
            "fastland": parts[shore.mainland].sum(),
            "oyer": parts[~shore.mainland].sum(),
            "i_alt": parts.sum(),
        }
    ).T
    frame.insert(0, "omrade", ["Fastland", "Øyer", "I alt"])
    return Table(
        name="belte",
        title="Strandlinje og 100-metersbelte",
        frame=frame,
        columns={"omrade": Column(title="Område"), **_area_columns(belt)},
        row_sums=(RowSum("i_alt", ("fastland", "oyer")),),
        column_sums=_AREA_SUMS,
        note="Fastland er den største landmassen og landmasser med landegrense mot en nabokommune."
        + ("" if belt.limits_known else f" {_NO_LIMITS}"),
    )


def island_table(shore: Shore, belt: Belt) -> Table:
    """Each island on its own row, the largest first."""
    parts = _per_part(shore, belt)
    access = np.nan if belt.accessible is None else _dekar(belt.accessible, shore)
    parts["tilgjengelig_dekar"] = access
    parts.loc[~belt.counted_parts, "tilgjengelig_dekar"] = np.nan
    linked = belt.linked
    islands = parts[~shore.mainland].reset_index(drop=True)
    islands.insert(0, "areal_dekar", shapely.area(shore.parts[~shore.mainland]) / _DEKAR)
    total = islands.sum(min_count=1)
    islands.index = pd.Index([f"oy_{number + 1}" for number in range(len(islands))])
    islands.loc["i_alt"] = total
    names = [f"Øy {number + 1}" for number in range(len(islands) - 1)]
    if linked is None:
        link = ["ukjent"] * (len(islands) - 1)
    else:
        link = ["ja" if one else "nei" for one in linked[~shore.mainland]]
    islands.insert(0, "navn", [*names, "Øyer i alt"])
    islands.insert(1, "forbindelse", [*link, ""])
    return Table(
        name="oyer",
        title="Øyer i kartlaget",
        frame=islands,
        columns={
            "navn": Column(title="Øy", description="Nummer etter størrelse; laget har ikke navn."),
            "forbindelse": Column(title="Bru eller bilferge"),
            "areal_dekar": Column(title="Landareal", unit="dekar", decimals=1),
            **_area_columns(belt),
            "tilgjengelig_dekar": Column(
                title="Potensielt tilgjengelig",
                unit="dekar",
                decimals=1,
                description="Ukjent for øyer som ikke er med i andelen.",
            ),
        },
        row_sums=(RowSum("i_alt", tuple(islands.index[:-1])),),
        column_sums=_AREA_SUMS,
    )


def account(belt: Belt) -> Table | None:
    """Divide the belt by what makes it inaccessible, in SSB's order; ``None`` without buildings."""
    if belt.accessible is None:
        return None
    left_out = shapely.difference(belt.land, belt.counted)
    rows: dict[str, tuple[str, float, float]] = {
        "oyer_utelatt": (
            "Øyer som ikke er medregnet",
            left_out.area,
            _overlap(left_out, belt.exempt),
        )
    }
    taken: BaseGeometry = EMPTY
    for key, area in belt.blocked.items():
        new = shapely.difference(area, taken)
        rows[key] = (BLOCKERS[key], new.area, _overlap(new, belt.exempt))
        taken = union(np.concatenate([polygons_of(taken), polygons_of(new)]))
    rows["tilgjengelig"] = (
        "Potensielt tilgjengelig",
        belt.accessible.area,
        _overlap(belt.accessible, belt.exempt),
    )
    parts = tuple(rows)
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["status", "alt", "unntatt"])
    total = {"status": "Beltet i alt", **frame[["alt", "unntatt"]].sum()}
    frame = pd.concat([frame, pd.DataFrame(total, index=["belte"])])
    frame[["alt", "unntatt"]] /= _DEKAR
    frame.insert(2, "gjelder", frame["alt"] - frame["unntatt"])
    base = belt.counted.area / _DEKAR
    frame["andel"] = frame["alt"] / base * 100 if base else np.nan
    frame.loc[["oyer_utelatt", "belte"], "andel"] = np.nan
    return Table(
        name="tilgjengelighet",
        title="Beltet etter tilgjengelighet",
        frame=frame,
        columns={
            "status": Column(title="Status"),
            "alt": Column(title="Beltet i alt", unit="dekar", decimals=1),
            "gjelder": Column(title="Der byggeforbudet gjelder", unit="dekar", decimals=1),
            "unntatt": Column(title="Der annen byggegrense gjelder", unit="dekar", decimals=1),
            "andel": Column(title="Andel av medregnet belte", unit="%", decimals=1),
        },
        row_sums=(RowSum("belte", parts),),
        column_sums=(ColumnSum("alt", ("gjelder", "unntatt")),),
        note="Areal med flere grunner er ført på den første av dem i tabellens rekkefølge. "
        "Avvik mellom summen av delene og beltet målt for seg: "
        f"{format_number(closing_difference(belt), 3)} m²."
        + ("" if belt.limits_known else f" {_NO_LIMITS}"),
    )


def closing_difference(belt: Belt) -> float | None:
    """Sum of the parts less the belt, in m²; the parts are each computed on their own."""
    if belt.accessible is None:
        return (belt.exempt.area + belt.in_force.area) - belt.land.area
    blocked = union(np.concatenate([polygons_of(area) for area in belt.blocked.values()]))
    return float(blocked.area + belt.accessible.area - belt.counted.area) + float(
        belt.exempt.area + belt.in_force.area - belt.land.area
    )


def _overlap(one: BaseGeometry, other: BaseGeometry) -> float:
    return float(shapely.intersection(one, other).area)


def count_buildings(buildings: gpd.GeoDataFrame, belt: Belt, parameters: Parameters) -> Counts:
    """Find the buildings in the belt, by year and group."""
    points = points_of(buildings)
    outline = geometries(buildings)
    places = outline if parameters["telleregel"] == "omriss" else points
    found = np.zeros(len(buildings), dtype=bool)
    found[intersecting(places, belt.gross)] = True
    too_small = size_of(buildings) < parameters["minste_bygning_m2"]
    rows = np.flatnonzero(found & ~too_small)
    types = buildings["bygningstype"].iloc[rows]
    group = np.select(
        [in_ranges(types, parameters[f"{name}_typer"]) for name in ("bolig", "fritidsbolig")],
        ["bolig", "fritidsbolig"],
        "andre",
    )
    years = _years(buildings)
    holds = np.zeros(len(rows), dtype=bool)
    holds[intersecting(points[rows], belt.in_force)] = True
    frame = gpd.GeoDataFrame(
        {
            "bygning_id": buildings["bygning_id"].iloc[rows].to_numpy(),
            "bygningstype": types.to_numpy(),
            "gruppe": group,
            "aar": years[rows],
            "gjelder": holds,
        },
        geometry=points[rows],
        crs=buildings.crs,
    )
    last = parameters["siste_aar"] or (0 if np.isnan(years).all() else int(np.nanmax(years)))
    window = (last - parameters["vindu_aar"] + 1, last) if last else None
    return Counts(frame, window, int((found & too_small).sum()))


def _years(buildings: gpd.GeoDataFrame) -> NDArray[np.float64]:
    if "tatt_i_bruk" not in buildings:
        return np.full(len(buildings), np.nan)
    return np.asarray(buildings["tatt_i_bruk"].to_numpy(dtype=float, na_value=np.nan))


def building_table(counts: Counts) -> Table:
    """Count the buildings in the belt by year in the window, earlier, later and unknown."""
    years = counts.frame["aar"].to_numpy()
    first, last = counts.window or (0, -1)
    chosen: dict[str, tuple[str, NDArray[np.bool_]]] = {
        str(year): (str(year), years == year) for year in range(first, last + 1)
    }
    in_window = tuple(chosen)
    chosen["vindu"] = (
        f"Nye bygg {first}–{last}" if in_window else "Nye bygg (ingen år er kjent)",
        (years >= first) & (years <= last),
    )
    chosen["tidligere"] = ("Tidligere", years < first)
    chosen["senere"] = ("Senere enn vinduet", years > max(last, 0))
    chosen["ukjent"] = ("Ukjent år", np.isnan(years))
    chosen["i_alt"] = ("I alt", np.ones(len(years), dtype=bool))
    group = counts.frame["gruppe"].to_numpy()
    frame = pd.DataFrame(
        [
            [
                title,
                *((rows & (group == name)).sum() for name in _GROUPS),
                rows.sum(),
                (rows & counts.frame["gjelder"].to_numpy()).sum(),
            ]
            for title, rows in chosen.values()
        ],
        index=pd.Index(list(chosen)),
        columns=["periode", *_GROUPS, "alle", "gjelder"],
    )
    units = {
        name: Column(title=title, unit="bygninger", decimals=0) for name, title in _GROUPS.items()
    }
    return Table(
        name="bygninger",
        title="Bygninger i 100-metersbeltet etter året de ble tatt i bruk",
        frame=frame,
        columns={
            "periode": Column(title="Tatt i bruk"),
            **units,
            "alle": Column(title="Alle bygninger", unit="bygninger", decimals=0),
            "gjelder": Column(
                title="Av disse der byggeforbudet gjelder", unit="bygninger", decimals=0
            ),
        },
        row_sums=(
            *([RowSum("vindu", in_window)] if in_window else []),
            RowSum("i_alt", ("vindu", "tidligere", "senere", "ukjent")),
        ),
        column_sums=(ColumnSum("alle", tuple(_GROUPS)),),
        note=f"{counts.small} bygninger i beltet er for små til å telles. SSB teller fra "
        "igangsettingstillatelsen (tabell 06505); her telles fra året bygningen ble tatt i bruk.",
    )


def coast_table(shore: Shore, shoreline: gpd.GeoDataFrame) -> list[Table]:
    """Length of the shoreline by object type, where the layer has it."""
    if "objtype" not in shoreline:
        return []
    kinds = shoreline["objtype"].fillna("Ukjent").to_numpy()[shore.row]
    lengths = pd.Series(shapely.length(shore.own) / 1000)
    on_mainland = shore.mainland[shore.part]
    frame = pd.DataFrame(
        {
            "fastland_km": lengths.where(on_mainland, 0.0).groupby(kinds).sum(),
            "oyer_km": lengths.where(~on_mainland, 0.0).groupby(kinds).sum(),
            "alt_km": lengths.groupby(kinds).sum(),
        }
    ).sort_index()
    labels = list(frame.index)
    frame.loc["i_alt"] = frame.sum()
    frame.insert(0, "objtype", [*labels, "I alt"])
    km: dict[str, Any] = {"unit": "km", "decimals": 1}
    return [
        Table(
            name="kystlinje",
            title="Kystlinje etter objekttype",
            frame=frame,
            columns={
                "objtype": Column(title="Objekttype"),
                "fastland_km": Column(title="Fastland", **km),
                "oyer_km": Column(title="Øyer", **km),
                "alt_km": Column(title="I alt", **km),
            },
            row_sums=(RowSum("i_alt", tuple(labels)),),
            column_sums=(ColumnSum("alt_km", ("fastland_km", "oyer_km")),),
        )
    ]


def statement(found: list[Table], counts: Counts | None, belt: Belt) -> tuple[str, dict[str, Fact]]:
    """Write the sentence and give its figures."""
    of = {table.name: table.frame for table in found}
    facts = {
        "belte": _fact(of, "Belte", "dekar", ("belte", "i_alt", "belte_dekar")),
        "kyst": _fact(of, "Kystlinje", "km", ("belte", "i_alt", "kyst_km")),
        "gjelder": _fact(of, "Byggeforbudet gjelder", "dekar", ("belte", "i_alt", "gjelder_dekar")),
    }
    text = (
        "Strandsonen er {belte} dekar langs {kyst} km kyst, og byggeforbudet gjelder på "
        "{gjelder} dekar"
    )
    if not belt.limits_known:
        facts["gjelder"] = replace(facts["gjelder"], title="Byggeforbudet gjelder på høyst")
        text = (
            "Strandsonen er {belte} dekar langs {kyst} km kyst. Byggegrenser i plan mangler, så "
            "byggeforbudet gjelder på høyst {gjelder} dekar"
        )
    if counts is not None and counts.window is not None:
        facts |= {
            "nye": _fact(of, "Nye bygg", "bygninger", ("bygninger", "vindu", "alle")),
            "fra": Fact(title="Fra år", value=counts.window[0], listed=False),
            "til": Fact(title="Til år", value=counts.window[1], listed=False),
        }
        text += "; {nye} bygninger ble tatt i bruk i strandsonen i {fra}–{til}"
    if belt.accessible is not None and belt.counted.area:
        cell = ("tilgjengelighet", "tilgjengelig", "andel")
        facts["andel"] = _fact(of, "Potensielt tilgjengelig", "%", cell, decimals=1)
        text += "; {andel} % av medregnet belte er potensielt tilgjengelig"
    return text + ".", facts


def _fact(
    frames: dict[str, pd.DataFrame],
    title: str,
    unit: str,
    cell: tuple[str, str, str],
    *,
    decimals: int = 0,
) -> Fact:
    """Make a fact of a cell of a table."""
    value: Any = frames[cell[0]].loc[cell[1], cell[2]]
    number = int(value) if decimals == 0 and float(value).is_integer() else float(value)
    return Fact(title=title, value=number, unit=unit, decimals=decimals, cell=cell)


def map_layers(
    shore: Shore, belt: Belt, counts: Counts | None, crs: object
) -> tuple[MapLayer, ...]:
    """Map the belt by status, what is accessible, and the new buildings, over land and sea."""
    holds = "Byggeforbudet gjelder" + ("" if belt.limits_known else ", om ikke plan sier annet")
    areas = {
        "byggeforbud": (holds, belt.in_force, "#f2a7a0", "#b2342b"),
        "annen_byggegrense": ("Annen byggegrense gjelder", belt.exempt, "#d9d4c5", "#8c8468"),
    }
    if belt.accessible is not None:
        areas["tilgjengelig"] = ("Potensielt tilgjengelig", belt.accessible, "#8fc98f", "#2e7d32")
    layers = [
        MapLayer(
            name=name,
            title=title,
            frame=_surface(area, crs),
            columns={"areal_dekar": Column(title="Areal", unit="dekar", decimals=2)},
            style=Style(fill=fill, stroke=stroke, width=0.15, opacity=0.6),
        )
        for name, (title, area, fill, stroke) in areas.items()
    ]
    if counts is not None and counts.window is not None:
        first, last = counts.window
        new = counts.frame[counts.frame["aar"].between(first, last)].reset_index(drop=True)
        if new["bygning_id"].is_unique:
            # Named by its key, a building is itself in a comparison, wherever it stands.
            new = new.set_index("bygning_id", drop=False).rename_axis(None)
        new = new.assign(aar=new["aar"].astype("int64"), gruppe=new["gruppe"].map(_GROUPS))
        layers.append(
            MapLayer(
                name="nye_bygg",
                title=f"Bygninger tatt i bruk {first}–{last}",
                frame=new,
                columns={
                    "bygning_id": Column(title="Bygning"),
                    "bygningstype": Column(title="Bygningstype", decimals=0),
                    "gruppe": Column(title="Gruppe"),
                    "aar": Column(title="Tatt i bruk", unit="år", decimals=0),
                    "gjelder": Column(title="Byggeforbudet gjelder"),
                },
                style=Style(fill="#5b2a86", stroke="#ffffff", size=2.2),
            )
        )
    return (background(shore.land, crs), *layers)


def _surface(area: BaseGeometry, crs: object) -> gpd.GeoDataFrame:
    polygons = polygons_of(area)
    return gpd.GeoDataFrame(
        {"areal_dekar": shapely.area(polygons) / _DEKAR}, geometry=polygons, crs=crs
    )
