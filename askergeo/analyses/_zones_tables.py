"""Tables of the two zones: what is in each, how near the line, and the line itself."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo._text import listed
from askergeo.analyses._zones_counted import LEVELS
from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries, union
from askergeo.numbers import HARD_SPACE, format_number
from askergeo.result import Column, ColumnSum, RowSum, Table
from askergeo.transport.zones import NORTH, SIDES, SOUTH, zone_areas, zone_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._zones_counted import Counted
    from askergeo.transport._zone_line import Piece
    from askergeo.transport.zones import Zones

__all__ = [
    "NAMES",
    "SIGNS",
    "TOTAL",
    "centre_table",
    "distance_table",
    "line_table",
    "part_table",
    "supply_table",
    "zone_table",
]

TOTAL: Final = "sum"
NAMES: Final = {"nord": "Nord", "sor": "Sør", "ukjent": "Ukjent"}
# Told apart without colour.
SIGNS: Final = {
    "nord": f"▲{HARD_SPACE}Nord",
    "sor": f"▼{HARD_SPACE}Sør",
    "ukjent": f"?{HARD_SPACE}Ukjent",
}
_KM2 = 1e6
_DEKAR = 1e3
_SUM = RowSum(TOTAL, SIDES)
_ROWS = pd.Index([*SIDES, TOTAL], dtype=object)
# Columns of the first table; the rest are in the second.
_PEOPLE = ("bosatte", "boliger", "arbeidsplasser")
# Centres that the name of a part gives.
_NAMED = 3


def zone_table(zones: Zones, counted: Mapping[str, Counted], boundary: gpd.GeoDataFrame) -> Table:
    """Show who and what is in each zone; the rows add up to the municipality."""
    data: dict[str, Any] = {"sone": [SIGNS[side] for side in SIDES] + ["Sum"]}
    columns = {"sone": Column(title="Sone")}
    areas = {"areal_km2": ("Areal", "med sjø der grensen har det", boundary)}
    if "omfang" in boundary and (boundary["omfang"] == "land").any():
        land = boundary[boundary["omfang"] == "land"]
        areas["land_km2"] = ("Landareal", "uten sjø, med innsjøer og elver", land)
    for name, (title, text, frame) in areas.items():
        data[name] = _with_total(_area_by_zone(zones, frame) / _KM2)
        columns[name] = Column(title=title, unit="km²", decimals=1, description=text)
    mine = {name: one for name, one in counted.items() if name in _PEOPLE}
    for name, one in mine.items():
        data[name], columns[name] = _counted_column(one)
        if name == "bosatte":
            data["bosatte_andel"] = _shares(data[name])
            columns["bosatte_andel"] = Column(
                title="Andel av bosatte", unit="%", decimals=1, derived_from=("bosatte",)
            )
    return Table(
        name="soner",
        title="Transportsonene",
        frame=pd.DataFrame(data, index=_ROWS)[list(columns)],
        columns=columns,
        row_sums=(_SUM,),
        note=_zone_note(mine),
    )


def supply_table(counted: Mapping[str, Counted]) -> Table | None:
    """Show stops, centres and what is planned in each zone; ``None`` where no layer has any."""
    mine = {name: one for name, one in counted.items() if name not in _PEOPLE}
    if not mine:
        return None
    data: dict[str, Any] = {"sone": [SIGNS[side] for side in SIDES] + ["Sum"]}
    columns = {"sone": Column(title="Sone")}
    for name, one in mine.items():
        data[name], columns[name] = _counted_column(one)
    return Table(
        name="soner_tilbud",
        title="Holdeplasser, sentre og det som er planlagt",
        frame=pd.DataFrame(data, index=_ROWS),
        columns=columns,
        row_sums=(_SUM,),
        note=_zone_note(mine),
    )


def _counted_column(one: Counted) -> tuple[NDArray[np.float64], Column]:
    column = Column(
        title=one.title,
        unit=one.unit,
        decimals=0,
        persons=one.persons,
        description=f"Kilde: {one.source}." if one.source else "",
    )
    return _with_total(one.sums()), column


def _area_by_zone(zones: Zones, frame: gpd.GeoDataFrame) -> pd.Series:
    whole = union(shapely.make_valid(geometries(frame)))
    return zone_areas(zones, gpd.GeoSeries([whole], crs=frame.crs))[list(SIDES)].iloc[0]


def _with_total(values: pd.Series) -> NDArray[np.float64]:
    numbers = values.reindex(list(SIDES)).to_numpy(dtype=float)
    return np.append(numbers, numbers.sum())


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 100 * values / values[-1] if values[-1] else np.full(len(values), np.nan)


def _zone_note(counted: Mapping[str, Counted]) -> str:
    said = [
        (
            "Ukjent er det som verken ligger nord eller sør, ligger utenfor kommunen eller mangler "
            "sted. Det er ikke null."
        )
    ]
    said += [f"{one.title}: {one.source}." for one in counted.values() if one.source]
    lacking = [
        f"{one.title.lower()} i {format_number(one.lacking)}"
        for one in counted.values()
        if one.lacking
    ]
    if lacking:
        said.append(f"Tallet er ukjent og ikke med for {listed(lacking)} rader.")
    if "programboliger" in counted:
        said.append("Prosjekter som linjen deler, er delt etter areal.")
    return " ".join(dict.fromkeys(said))


def distance_table(
    zones: Zones, counted: Mapping[str, Counted], limits: Sequence[float], unsure: float
) -> Table | None:
    """Residents and dwellings by distance to the line, north and south.

    The class that the line's uncertainty cuts is shown in two, and what lies within it is summed.
    """
    shown = {name: counted[name] for name in ("bosatte", "boliger") if name in counted}
    if not shown or shapely.is_empty(zones.line):
        return None
    rows, sums, near = _classes(limits, unsure)
    index = pd.Index(list(rows), dtype=object)
    data: dict[str, Any] = {"klasse": [text for text, *_ in rows.values()]}
    columns = {"klasse": Column(title="Avstand til linjen")}
    repeats: dict[tuple[Hashable, str], tuple[str, Hashable, str]] = {}
    for name, one in shown.items():
        away = one.away(zones)
        for side in (NORTH, SOUTH):
            mine = (one.zone == side) & ~np.isnan(away)
            data[f"{name}_{side}"] = [
                float(one.count[mine & (away >= low) & (away < high)].sum())
                for _, low, high in rows.values()
            ]
            columns[f"{name}_{side}"] = Column(
                title=f"{one.title} {NAMES[side].lower()}",
                unit=one.unit,
                decimals=0,
                persons=one.persons,
            )
            repeats[(TOTAL, f"{name}_{side}")] = ("soner", side, name)
        data[name] = list(np.add(data[f"{name}_{NORTH}"], data[f"{name}_{SOUTH}"]))
        columns[name] = Column(
            title=f"{one.title} i alt", unit=one.unit, decimals=0, persons=one.persons
        )
    return Table(
        name="avstand",
        title="Avstand til nullvekstlinjen",
        frame=pd.DataFrame(data, index=index)[list(columns)],
        columns=columns,
        row_sums=sums,
        column_sums=tuple(
            ColumnSum(name, (f"{name}_{NORTH}", f"{name}_{SOUTH}")) for name in shown
        ),
        repeats=repeats,
        note=f"Avstanden er målt i rett linje. Innenfor {_m(unsure)} avhenger sonen av hvordan "
        "linjen er tegnet. Det som er i sonen ukjent, har ingen avstand og er ikke med."
        + ("" if near else " Linjens usikkerhet er satt til 0 m."),
    )


def _classes(
    limits: Sequence[float], unsure: float
) -> tuple[dict[str, tuple[str, float, float]], tuple[RowSum, ...], bool]:
    """Rows of the distance table: label → text, from, to; and what is the sum of what."""
    edges = [0.0, *sorted({float(one) for one in limits if float(one) > 0}), np.inf]
    rows: dict[str, tuple[str, float, float]] = {}
    sums: list[RowSum] = []
    near: list[str] = []
    main = []
    for low, high in pairwise(edges):
        name = f"{low:g}-{high:g}"
        rows[name] = (_class_text(low, high), low, high)
        main.append(name)
        if low < unsure < high:
            parts = [(low, unsure), (unsure, high)]
            names = [f"{one:g}-{two:g}_del" for one, two in parts]
            for own, (one, two) in zip(names, parts, strict=True):
                rows[own] = (f"– herav {_class_text(one, two)}", one, two)
            sums.append(RowSum(name, tuple(names)))
            near.append(names[0])
        elif high <= unsure:
            near.append(name)
    rows[TOTAL] = ("Sum", 0.0, np.inf)
    sums.append(RowSum(TOTAL, tuple(main)))
    if near:
        rows["usikker"] = (f"Innenfor linjens usikkerhet ({_m(unsure)})", 0.0, unsure)
        sums.append(RowSum("usikker", tuple(near)))
    return rows, tuple(sums), bool(near)


def _class_text(low: float, high: float) -> str:
    if np.isinf(high):
        return f"over {_m(low)}"
    return f"{format_number(low, _decimals(low))}–{_m(high)}"


def _decimals(value: float) -> int:
    return 0 if float(value).is_integer() else 1


def _m(value: float) -> str:
    return format_number(value, _decimals(value), unit="m")


def line_table(zones: Zones) -> Table:
    """Show the pieces of the line: how long, which way, and what was done at their ends."""
    rows = [_piece_row(piece) for piece in zones.pieces]
    names = ("stykke", "lengde_m", "retning", "ende_1", "ende_2", "lagt_til_m", "krysser", "deler")
    if not rows:
        length = float(shapely.length(zones.line))
        kind = "grensen mellom flatene" if length else "ingen linje"
        rows = [(kind, length, "gitt av flatene" if length else "", "", "", 0.0, 0, "ja" if length
                 else "nei")]  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(names))
    frame.index = pd.Index([f"stykke_{number + 1}" for number in range(len(frame))], dtype=object)
    if zones.pieces:
        frame["stykke"] = [f"Stykke {number + 1}" for number in range(len(frame))]
    return Table(
        name="linje",
        title="Nullvekstlinjen slik den er brukt",
        frame=frame,
        columns={
            "stykke": Column(title="Stykke"),
            "lengde_m": Column(title="Lengde i kommunen", unit="m", decimals=0),
            "retning": Column(
                title="Går", description="Sonen nord er på venstre side i denne retningen."
            ),
            "ende_1": Column(title="Første ende"),
            "ende_2": Column(title="Andre ende"),
            "lagt_til_m": Column(title="Lagt til", unit="m", decimals=1),
            "krysser": Column(title="Krysser grensen", unit="ganger", decimals=0),
            "deler": Column(title="Deler kommunen"),
        },
        note="Ender som sluttet like innenfor kommunegrensen, er forlenget. Det som er lagt til, "
        "står her.",
    )


def _piece_row(piece: Piece) -> tuple[Any, ...]:
    ends = [
        end.how + (f" {format_number(end.added, 1)} m" if end.added > 0.01 else "")  # noqa: PLR2004
        for end in piece.ends
    ] or ["lukket ring", "lukket ring"]
    divides = piece.kind == "linje" and bool(piece.runs)
    return (
        "",
        piece.inside,
        piece.runs or "ikke avgjort",
        *ends,
        float(sum(end.added for end in piece.ends)),
        2 * piece.stretches if piece.kind == "linje" else 0,
        "ja" if divides else "nei",
    )


def part_table(zones: Zones, centres: gpd.GeoDataFrame | None) -> Table:
    """Show the parts that the line makes, with the centres in each."""
    parts = zones.parts
    rows = []
    for number, part in enumerate(parts.itertuples(), start=1):
        rows.append(
            (
                f"Del {number}",
                SIGNS[str(part.side)],
                float(part.areal_m2) / _DEKAR,
                _centres_in(part.geometry, centres),
                *(round(value) for value in part.geometry.point_on_surface().coords[0][::-1]),
            )
        )
    frame = pd.DataFrame(rows, columns=["del", "side", "dekar", "sentre", "nord", "ost"])
    frame.index = pd.Index([f"del_{number + 1}" for number in range(len(frame))], dtype=object)
    return Table(
        name="deler",
        title="Deler av kommunen",
        frame=frame,
        columns={
            "del": Column(title="Del"),
            "side": Column(title="Sone"),
            "dekar": Column(title="Areal", unit="dekar", decimals=1),
            "sentre": Column(title="Sentre"),
            "nord": Column(title="Nordkoordinat", decimals=0),
            "ost": Column(title="Østkoordinat", decimals=0),
        },
        note="Koordinatene er et punkt inne i delen.",
    )


def _centres_in(shape: shapely.Polygon, centres: gpd.GeoDataFrame | None) -> str:
    if centres is None:
        return ""
    inside = centres[shapely.intersects(shape, geometries(centres))]
    order = {level: number for number, level in enumerate(LEVELS)}
    names = inside.assign(rang=inside["niva"].map(order)).sort_values("rang", kind="stable")
    shown = names["navn"].astype(str).head(_NAMED).tolist()
    more = len(inside) - len(shown)
    return ", ".join(shown) + (f" og {format_number(more)} til" if more > 0 else "")


def centre_table(zones: Zones, centres: gpd.GeoDataFrame, away: pd.Series) -> Table:
    """Show in which zone each centre lies, and how far from the line."""
    labels = load_catalogue()["senter"].columns["niva"].codes or {}
    order = {level: number for number, level in enumerate(LEVELS)}
    frame = pd.DataFrame(
        {
            "navn": centres["navn"].astype(str),
            "niva": centres["niva"].map(labels).fillna("Ukjent"),
            "sone": zone_of(zones, centres).map(SIGNS),
            "avstand_m": away.abs(),
            "rang": centres["niva"].map(order).fillna(len(order)),
        }
    )
    ids = centres["senter_id"].astype(str)
    frame.index = pd.Index((ids + _again(ids)).to_numpy(dtype=object))
    frame = frame.sort_values(["rang", "navn"], kind="stable").drop(columns="rang")
    return Table(
        name="sentre",
        title="Sentrene og linjen",
        frame=frame,
        columns={
            "navn": Column(title="Senter"),
            "niva": Column(title="Nivå"),
            "sone": Column(title="Sone"),
            "avstand_m": Column(title="Avstand til linjen", unit="m", decimals=0),
        },
        note="Avstanden er målt i rett linje fra senterpunktet.",
    )


def _again(ids: pd.Series) -> pd.Series:
    """Tell rows of the same id apart by a number."""
    number = ids.groupby(ids).cumcount()
    return (" (" + (number + 1).astype(str) + ")").where(number > 0, "")
