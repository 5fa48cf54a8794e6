"""Maps of the balance: how full the school of each district is year by year, and the schools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._background import land_of
from askergeo.analyses._school_balance import shown_years
from askergeo.analyses._school_tables import STAGE_TITLES, used
from askergeo.geometry import geometries, union
from askergeo.result import Column, MapLayer, Style, StyleClass
from askergeo.school.balance import first_over
from askergeo.school.capacity import STAGES, year_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.analyses._school_balance import Answer
    from askergeo.result import Table

__all__ = ["map_layers"]

_ALMOST, _FULL, _PERCENT = 90.0, 100.0, 100.0
# Light to dark, so that the order is seen without colours; the full ones are dashed too.
_ROOM: Final = StyleClass(
    value="○ Under 75 %", label="Under 75 % av plassene i bruk", fill="#fff3c4", stroke="#4d4d4d"
)
_MIDDLE: Final = StyleClass(value="● 75–90 %", label="75–90 %", fill="#fed98e", stroke="#4d4d4d")
_TIGHT: Final = StyleClass(value="△ 90–100 %", label="90–100 %", fill="#fe9929", stroke="#4d4d4d")
_OVER: Final = StyleClass(
    value="▲ Over 100 %",
    label="Over 100 %: flere elever enn plasser (stiplet)",
    fill="#993404",
    stroke="#000000",
    dash=True,
)
_UNSURE: Final = StyleClass(value="? Ukjent", label="Ukjent", fill="#ffffff", stroke="#7f7f7f")
_SHUT: Final = StyleClass(
    value="× Skolen er ikke åpen", label="Skolen er ikke åpen", fill="#d9d9d9", stroke="#7f7f7f"
)
_CLASSES: Final = (_ROOM, _MIDDLE, _TIGHT, _OVER, _UNSURE, _SHUT)
_LOWEST: Final = 75.0
# The sign that starts a value in tables is the mark on the map.
_POINTS: Final = (
    StyleClass(value="● Har plass", label="Har plass i alle år", fill="#08519c", shape="circle"),
    StyleClass(
        value="▲ Fulle senere", label="Går over 100 % i perioden", fill="#fdae6b", shape="triangle"
    ),
    StyleClass(value="■ Full nå", label="Over 100 % nå", fill="#a63603", shape="square"),
    StyleClass(value="◇ Ikke åpen nå", label="Ikke åpen nå", fill="#ffffff", shape="diamond"),
    StyleClass(value="+ Privat", label="Privat", fill="#7f7f7f", shape="cross"),
    StyleClass(
        value="? Ukjent", label="Plasser eller elever er ukjent", fill="#d9d9d9", shape="star"
    ),
)


def map_layers(
    answer: Answer, table: Table, boundary: gpd.GeoDataFrame | None
) -> tuple[MapLayer, ...]:
    """Draw the districts of each stage, by how full their school is each year, and the schools.

    Parameters
    ----------
    answer
        The balance.
    table
        That of :func:`askergeo.analyses._school_tables.map_table`.
    boundary
        The municipality, for the land below.
    """
    below = () if boundary is None else (land_of(boundary),)
    layers = [_districts(answer, table, stage) for stage in (0, 1)]
    return (*below, *(layer for layer in layers if layer is not None), _schools(answer))


def _districts(answer: Answer, table: Table, stage: int) -> MapLayer | None:
    """Join the districts of each school of a stage, with the rows of its table."""
    layer = answer.inputs.skolekrets
    if layer is None:
        return None
    schools = answer.places.schools.index
    own = layer[(layer["trinn"] == STAGES[stage]).fillna(value=False)]
    listed = answer.listed[stage]
    labels = [answer.label(int(row), stage) for row in listed]
    ids = [str(schools[int(row)]) for row in listed]
    at = own["skole_id"].astype(object).map(dict(zip(ids, labels, strict=True)))
    own = own[at.notna()]
    if not len(own):
        return None
    shapes = own.geometry.groupby(at[at.notna()]).agg(
        lambda parts: union(np.asarray(parts, dtype=object))
    )
    frame = gpd.GeoDataFrame(
        table.frame.loc[shapes.index], geometry=shapes.to_numpy(), crs=layer.crs
    )
    rows = listed[pd.Index(labels).get_indexer(shapes.index)]
    went, room = answer.went["hoved"][:, rows, stage], answer.places.places[:, rows, stage]
    kinds = _class_of(used(went, room).round(1), room)
    years = {int(year): f"klasse_{year}" for year in answer.years}
    frame[list(years.values())] = kinds.T
    opens = int(answer.years[shown_years(answer)[0]])
    there = set(kinds.ravel())
    return MapLayer(
        name=f"kretser_{STAGES[stage]}",
        title=f"{STAGE_TITLES[stage]}: utnyttelse i skolens krets",
        frame=frame,
        columns={
            **table.columns,
            **{
                name: Column(title=f"Utnyttelse {year_text(year)}, klasse")
                for year, name in years.items()
            },
        },
        style=Style(
            width=0.4,
            opacity=0.75,
            column=years[opens],
            classes=tuple(one for one in _CLASSES if one.value in there),
        ),
        rows_of=table.name,
        visible=stage == 0,
        years=years,
        year_names={year: year_text(year) for year in years},
        follows={
            (label, name): (("balanse", f"{label}_{year}", "elever"),)
            for label in shapes.index
            for year, name in years.items()
        },
    )


def _class_of(share: NDArray[np.float64], room: NDArray[np.float64]) -> NDArray[np.object_]:
    values = [one.value for one in _CLASSES]
    found = np.select(
        [room == 0, np.isnan(share), share > _FULL, share >= _ALMOST, share >= _LOWEST],
        [values[5], values[4], values[3], values[2], values[1]],
        default=values[0],
    )
    return np.asarray(found, dtype=object)


def _schools(answer: Answer) -> MapLayer:
    """Draw the schools that have a place, by when the first of their stages is full."""
    layer = answer.inputs.skole.drop_duplicates("skole_id").set_index("skole_id")
    schools = answer.places.schools
    points = geometries(layer.loc[schools.index])
    state = _states(answer)
    frame = gpd.GeoDataFrame(
        {
            "skole": schools["navn"].astype(str).to_numpy(),
            "trinn": _grades(schools["fra"].to_numpy(), schools["til"].to_numpy()),
            "tilstand": state,
        },
        index=schools.index.astype(str).rename(None),
        geometry=points,
        crs=answer.inputs.skole.crs,
    )
    placed = ~(shapely.is_missing(points) | shapely.is_empty(points))
    frame = frame[placed]
    there = set(frame["tilstand"])
    return MapLayer(
        name="skolene",
        title="Skolene",
        frame=frame,
        columns={
            "skole": Column(title="Skole"),
            "trinn": Column(title="Trinn"),
            "tilstand": Column(title="Plass"),
        },
        style=Style(
            column="tilstand",
            classes=tuple(one for one in _POINTS if one.value in there),
            stroke="#000000",
            size=3.0,
        ),
    )


def _states(answer: Answer) -> NDArray[np.object_]:
    went, room = answer.went["hoved"], answer.places.places
    first = first_over(went, room, answer.years)
    there = answer.places.is_open.any(axis=0)
    full = (first > 0) & there
    now = (full & (first == answer.years[0])).any(axis=1)
    values = [one.value for one in _POINTS]
    found = np.select(
        [
            ~answer.public,
            ~answer.places.is_open[0].any(axis=1),
            now,
            full.any(axis=1),
            ((first < 0) & there).any(axis=1),
        ],
        [values[4], values[3], values[2], values[1], values[5]],
        default=values[0],
    )
    return np.asarray(found, dtype=object)


def _grades(first: NDArray[np.float64], last: NDArray[np.float64]) -> list[str]:
    return [
        "ukjent" if np.isnan(one) or np.isnan(two) else f"{one:.0f}.–{two:.0f}."
        for one, two in zip(first, last, strict=True)
    ]
