"""The deviation table: every row that was repaired, set aside or kept with a remark, and where.

A row is one remark about one source row. ``rad`` counts source rows from 1 (the first feature, or
the first line under the heading of a table), so that a planner finds the row again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "AVVIK_COLUMNS",
    "KEPT",
    "REPAIRED",
    "SET_ASIDE",
    "join_avvik",
    "make_avvik",
    "row_numbers",
    "rows_set_aside",
]

AVVIK_COLUMNS: Final = ("rad", "regel", "tittel", "tekst", "handling", "x", "y", "geometry")
REPAIRED: Final = "rettet"
SET_ASIDE: Final = "satt til side"
KEPT: Final = "beholdt"

# The title of each rule: what a planner reads in the workbook and on the map.
TITLES: Final = {
    "mangler_geometri": "Geometri mangler",
    "ulesbar_geometri": "Geometrien kan ikke leses",
    "ugyldig_koordinat": "Koordinaten er ikke et tall",
    "koordinat_null": "Koordinaten er 0,0",
    "utenfor_norge": "Ligger utenfor Norge",
    "utenfor_kommunen": "Ligger utenfor kommunen",
    "feil_geometritype": "Feil geometritype",
    "ugyldig_geometri": "Ugyldig geometri",
    "uten_utstrekning": "Lengden eller arealet er null",
    "dobbel_id": "Samme id på flere rader",
    "dobbel_rad": "Raden finnes fra før",
    "dobbel_geometri": "Samme geometri på flere rader",
    "tegnfeil": "Feil tegnsett i tekst",
    "mangler_verdi": "Påkrevd verdi mangler",
    "ukjent_kode": "Koden står ikke i kodelisten",
    "ugyldig_verdi": "Verdien har feil form",
    "uten_trinn": "Skolen har ikke trinn",
    "trinn_ombyttet": "Første trinn er høyere enn siste",
    "uten_kapasitet": "Kapasiteten er ukjent",
    "uten_skole": "Kretsen har ingen skole",
    "kretser_overlapper": "Skolekretser overlapper",
    "negative_boliger": "Antall boliger er negativt",
    "uventet_merknad": "Merknad fra kilden",
}


def make_avvik(
    rows: ArrayLike,
    rule: str,
    text: str | Sequence[str],
    action: str,
    *,
    places: NDArray[np.object_] | None = None,
    crs: object = None,
) -> gpd.GeoDataFrame:
    """Make deviations of one rule.

    Parameters
    ----------
    rows
        Source row numbers, counted from 1.
    rule
        Identity of the rule, a key of ``TITLES``.
    text
        What is wrong, in bokmål: one for all rows, or one a row.
    action
        ``rettet``, ``satt til side`` or ``beholdt``.
    places
        Geometry of each row; the deviation is placed at a point on it. ``None`` is no place.
    crs
        Of ``places``.
    """
    numbers = np.asarray(rows, dtype="int64")
    points = _points(places, len(numbers))
    return gpd.GeoDataFrame(
        {
            "rad": numbers,
            "regel": pd.Series([rule] * len(numbers), dtype="str"),
            "tittel": pd.Series([TITLES[rule]] * len(numbers), dtype="str"),
            "tekst": pd.Series(
                [text] * len(numbers) if isinstance(text, str) else text, dtype="str"
            ),
            "handling": pd.Series([action] * len(numbers), dtype="str"),
            "x": shapely.get_x(points),
            "y": shapely.get_y(points),
        },
        geometry=gpd.GeoSeries(points, crs=crs),
    )


def _points(places: NDArray[np.object_] | None, count: int) -> NDArray[np.object_]:
    points = np.full(count, None, dtype=object)
    if places is None:
        return points
    bounds = shapely.bounds(places)
    usable = np.isfinite(bounds).all(axis=1)
    # A point on the surface needs valid geometry; the middle of the box is always to be had.
    middle = (bounds[usable, :2] + bounds[usable, 2:]) / 2
    points[usable] = shapely.points(middle)
    is_point = shapely.get_type_id(places) == 0
    points[usable & is_point] = shapely.force_2d(places[usable & is_point])
    return points


def join_avvik(parts: Iterable[gpd.GeoDataFrame], crs: object = None) -> gpd.GeoDataFrame:
    """Put deviation tables together in the order of their rows; all must be in ``crs``.

    Examples
    --------
    >>> list(join_avvik([]).columns) == list(AVVIK_COLUMNS)
    True
    """
    filled = [part for part in parts if len(part)]
    if not filled:
        return make_avvik([], "mangler_verdi", "", KEPT, places=np.empty(0, dtype=object), crs=crs)
    geometry = np.concatenate([np.asarray(part.geometry.array, dtype=object) for part in filled])
    columns = {
        name: pd.concat([part[name] for part in filled], ignore_index=True)
        for name in AVVIK_COLUMNS
        if name != "geometry"
    }
    joined = gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(geometry, crs=crs))
    return joined.sort_values("rad", kind="stable", ignore_index=True)


def row_numbers(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Source row numbers from 1: the index + 1 where it counts rows, else the position."""
    if pd.api.types.is_integer_dtype(frame.index):
        return frame.index.to_numpy(dtype="int64") + 1
    return np.arange(1, len(frame) + 1, dtype="int64")


def rows_set_aside(avvik: pd.DataFrame) -> int:
    """Count rows that were set aside; a row counts once whatever its number of remarks."""
    return int(avvik.loc[avvik["handling"] == SET_ASIDE, "rad"].nunique())
