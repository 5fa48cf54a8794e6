"""Maps of new school districts: the borders today and in each alternative, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.analyses._district_tables import TODAY, TOTAL
from askergeo.geometry import geometries
from askergeo.result import Column, MapLayer, Style, StyleClass, Table
from askergeo.school.district_problem import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from askergeo.analyses._district_tables import Alternative
    from askergeo.school.district_inputs import Basis

__all__ = ["area_table", "district_layers", "school_layer", "unit_layer"]

# Told apart by those who do not see all colours (Okabe and Ito), with darker ones after.
_COLOURS: Final = (
    "#e69f00", "#56b4e9", "#009e73", "#cc79a7", "#d55e00", "#f0e442", "#0072b2", "#8c6bb1",
)  # fmt: skip
_BORDER: Final = {TODAY: "#111111"}
_NEW: Final = "#d1495b"


def area_table(basis: Basis, alternatives: Sequence[Alternative]) -> Table:
    """List every unit with its school today and in each alternative: «find your area».

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    """
    frame = _schools_of(basis, alternatives).sort_values("navn", kind="stable")
    return Table(
        name="omraader",
        title="Finn ditt område",
        frame=frame,
        columns=_columns(alternatives),
        note="Hvert område får én skole i hvert alternativ. På kartet kan du klikke på området.",
    )


def _columns(alternatives: Sequence[Alternative]) -> dict[str, Column]:
    columns = {"navn": Column(title="Område"), TODAY: Column(title="Skole i dag")}
    return columns | {
        one.key: Column(title=f"Skole i alternativ {one.letter}") for one in alternatives
    }


def _schools_of(basis: Basis, alternatives: Sequence[Alternative]) -> pd.DataFrame:
    names = np.append(basis.names, "Ukjent")
    frame = pd.DataFrame(
        {"navn": basis.units.frame["navn"], TODAY: names[basis.problem.today]},
        index=basis.units.frame.index,
    )
    for one in alternatives:
        frame[one.key] = names[one.assigned]
    frame.index.name = None
    return frame


def unit_layer(basis: Basis, alternatives: Sequence[Alternative]) -> MapLayer:
    """Draw every unit, to be clicked.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    """
    frame = _schools_of(basis, alternatives)
    return MapLayer(
        name="omraader",
        title="Områdene (klikk for skole)",
        frame=gpd.GeoDataFrame(
            frame, geometry=geometries(basis.units.frame), crs=basis.units.frame.crs
        ),
        columns=_columns(alternatives),
        style=Style(fill="#ffffff", stroke="#8a8a8a", width=0.15, opacity=0.35),
    )


def district_layers(
    basis: Basis,
    alternatives: Sequence[Alternative],
    moving: Sequence[Table],
    shown: int,
) -> tuple[MapLayer, ...]:
    """Draw what gets another school, and the borders before and after.

    Parameters
    ----------
    basis
        The problem and its numbers.
    alternatives
        The divisions.
    moving
        The list of the units that move, of each.
    shown
        Which alternative is switched on when the map opens.
    """
    changes = [
        _change_layer(basis, one, table, on=at == shown)
        for at, (one, table) in enumerate(zip(alternatives, moving, strict=True))
    ]
    today = _border_layer(basis, basis.problem.today, TODAY, "Dagens kretser", on=True)
    after = [
        _border_layer(
            basis, one.assigned, one.key, f"Kretser i alternativ {one.letter}", on=at == shown
        )
        for at, one in enumerate(alternatives)
    ]
    layers = (*changes, *after, today)
    return tuple(layer for layer in layers if len(layer.frame))


def _change_layer(basis: Basis, one: Alternative, table: Table, *, on: bool) -> MapLayer:
    """Draw the units that get another school, in the colour of the new one."""
    rows = table.frame.drop(index=TOTAL)
    shape = pd.Series(geometries(basis.units.frame), index=basis.units.frame.index)
    return MapLayer(
        name=f"flytter_{one.key}",
        title=f"Får en annen skole i alternativ {one.letter}",
        frame=gpd.GeoDataFrame(
            rows, geometry=shape.loc[rows.index].to_numpy(), crs=basis.units.frame.crs
        ),
        columns=table.columns,
        style=_change_style(sorted(set(rows["til"]))),
        note="Klikk på et område for å se den nye skolen.",
        rows_of=table.name,
        visible=on,
    )


def _change_style(schools: Sequence[str]) -> Style:
    """Give each new school its colour; more of them than there are colours share one."""
    if len(schools) > len(_COLOURS):
        return Style(fill=_COLOURS[0], stroke="#333333", width=0.3, opacity=0.7)
    classes = tuple(
        StyleClass(value=name, label=f"Ny skole: {name}", fill=fill, stroke="#333333")
        for name, fill in zip(schools, _COLOURS, strict=False)
    )
    return Style(column="til", classes=classes, width=0.3, opacity=0.7)


def _border_layer(
    basis: Basis, assigned: NDArray[np.int64], key: str, title: str, *, on: bool
) -> MapLayer:
    """Draw the outline of the district of each school."""
    shapes = geometries(basis.units.frame)
    rows: list[dict[str, Any]] = []
    found = []
    for school in np.unique(assigned[assigned != NONE]):
        own = shapes[assigned == school]
        rows.append({"skole": str(basis.names[school])})
        # A hair of a gap between neighbours would draw a line inside the district.
        found.append(shapely.coverage_union_all(own) if _clean(own) else shapely.union_all(own))
    return MapLayer(
        name=f"kretser_{key}",
        title=title,
        frame=gpd.GeoDataFrame(
            pd.DataFrame(rows, columns=["skole"]), geometry=found, crs=basis.units.frame.crs
        ),
        columns={"skole": Column(title="Skole")},
        style=Style(
            fill="",
            stroke=_BORDER.get(key, _NEW),
            width=0.35 if key == TODAY else 1.0,
            dash=key == TODAY,
        ),
        visible=on,
    )


def _clean(shapes: NDArray[np.object_]) -> bool:
    return bool(shapely.coverage_is_valid(shapes))


def school_layer(basis: Basis, schools: gpd.GeoDataFrame) -> MapLayer:
    """Draw the schools that take part.

    Parameters
    ----------
    basis
        The problem and its numbers.
    schools
        Points with index ``skole_id``, of all that take part.
    """
    capacity = basis.problem.capacity
    frame = gpd.GeoDataFrame(
        {
            "navn": basis.names,
            "plasser": np.where(np.isfinite(capacity[:, 0]), np.rint(capacity[:, 0]), np.nan),
            "status": np.where(capacity[:, -1] > 0, "Har krets", "Nedlagt i perioden"),
        },
        geometry=geometries(schools.loc[basis.problem.schools]),
        crs=schools.crs,
    )
    classes = (
        StyleClass(value="Har krets", label="Skole", fill="#111111", stroke="#ffffff"),
        StyleClass(
            value="Nedlagt i perioden", label="Nedlagt i perioden", fill="#ffffff", stroke="#111111"
        ),
    )
    present = set(frame["status"])
    return MapLayer(
        name="skoler",
        title="Skoler",
        frame=frame,
        columns={
            "navn": Column(title="Skole"),
            "plasser": Column(title="Plasser første skoleår", unit="plasser", decimals=0),
            "status": Column(title="Krets"),
        },
        style=Style(
            column="status",
            classes=tuple(one for one in classes if one.value in present),
            size=2.8,
            width=0.4,
        ),
    )
