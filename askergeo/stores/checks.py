"""What a frame must be before a package takes it: CRS, columns, geometry, as the catalogue says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.crs import require_crs
from askergeo.errors import LayerError, collect
from askergeo.stores.tables import canonical

if TYPE_CHECKING:
    from askergeo.catalogue import Layer

__all__ = ["CHANGE", "CHANGES", "check_changes", "check_frame"]

CHANGE = "endring"
CHANGES = ("ny", "erstatt", "slett")
REMEDY = "Oppgi en kolonnekartlegging (--kolonner kart.yml), eller rett filen."
GEOMETRY_TYPES = {
    "punkt": {"Point", "MultiPoint"},
    "linje": {"LineString", "LinearRing", "MultiLineString"},
    "flate": {"Polygon", "MultiPolygon"},
}


def check_frame(
    frame: pd.DataFrame, layer: Layer, *, crs: str, scenario: bool = False
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the frame in the package's types, or say everything that is wrong with it.

    A key that the catalogue calls generated is made when it is absent: 1, 2, 3 … in row order.
    Rows of a scenario that only delete need no more than their keys.

    Raises
    ------
    CrsError
        When the frame is not in ``crs``.
    LayerError
        When columns are absent or of the wrong type, or the geometry is of the wrong kind.
    """
    what = f"laget «{layer.id}»"
    only_deletes = (
        scenario and CHANGE in frame.columns and len(frame) > 0 and (frame[CHANGE] == "slett").all()
    )
    if only_deletes and not isinstance(frame, gpd.GeoDataFrame) and layer.geometry != "ingen":
        frame = gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=crs)
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if layer.geometry == "raster":
        raise LayerError(f"{what} er et raster.", remedy="Legg det til som GeoTIFF.")
    if spatial and layer.geometry != "ingen":
        require_crs(frame, crs, what=what)
    frame = _with_key(frame, layer, scenario=scenario)
    problems = _geometry_problems(frame, layer)
    problems += [
        f"kolonnen «{name}» ({column.title}) mangler"
        for name, column in layer.columns.items()
        if column.required and name not in frame.columns and not only_deletes
    ]
    # A national layer does not say the types of its columns: they stay as they are read.
    expected = {
        name: column.type for name, column in layer.columns.items() if column.type != "ukjent"
    }
    try:
        frame, kinds = canonical(frame, expected | {CHANGE: "tekst"}, what=what)
    except LayerError as error:
        if not problems:
            raise
        problems += [line.removeprefix("- ") for line in error.message.splitlines()[1:]]
    if problems:
        raise LayerError(f"{what} passer ikke katalogen:\n{collect(problems)}", remedy=REMEDY)
    return frame, kinds


def check_changes(frame: pd.DataFrame, layer: Layer) -> None:
    """Check that each row of a scenario says what it does, and to which row.

    Raises
    ------
    LayerError
        When ``endring`` is absent or has other values, or keys are missing or repeated.
    """
    what = f"laget «{layer.id}» i scenariet"
    if CHANGE not in frame.columns:
        raise LayerError(
            f"{what} mangler kolonnen «{CHANGE}».",
            remedy=f"Gi hver rad én av verdiene {', '.join(CHANGES)}.",
        )
    problems = []
    other = sorted({str(value) for value in frame.loc[~frame[CHANGE].isin(CHANGES), CHANGE]})
    if other:
        problems.append(f"«{CHANGE}» har verdiene {', '.join(other)}")
    keys = list(layer.key_columns)
    if not keys:
        problems.append("laget har ingen nøkkel i katalogen")
    elif absent := [name for name in keys if name not in frame.columns]:
        problems.append(f"nøkkelkolonnen {', '.join(absent)} mangler")
    else:
        problems += _key_problems(frame[keys])
    if problems:
        raise LayerError(
            f"{what}:\n{collect(problems)}",
            remedy=f"«{CHANGE}» er én av {', '.join(CHANGES)}, og hver rad har sin egen nøkkel.",
        )


def _key_problems(keys: pd.DataFrame) -> list[str]:
    problems = []
    missing = np.flatnonzero(keys.isna().any(axis=1)) + 1
    if len(missing):
        problems.append(f"nøkkelen mangler i rad {', '.join(map(str, missing[:10]))}")
    twice = keys[keys.duplicated(keep=False)].drop_duplicates()
    if len(twice):
        shown = ", ".join("+".join(map(str, key)) for key in twice.head(10).to_numpy())
        problems.append(f"nøkkelen finnes i flere rader: {shown}")
    return problems


def _with_key(frame: pd.DataFrame, layer: Layer, *, scenario: bool) -> pd.DataFrame:
    """Make an absent generated key; new rows of a scenario never meet the numbers of the base."""
    keys = layer.key_columns
    if len(keys) != 1 or keys[0] in frame.columns or not layer.columns[keys[0]].generated:
        return frame
    changes_others = scenario and CHANGE in frame.columns and (frame[CHANGE] != "ny").any()
    if changes_others:
        return frame  # erstatt and slett need the key that the base has
    numbers = pd.Series(range(1, len(frame) + 1), index=frame.index, dtype="Int64")
    if layer.columns[keys[0]].type == "heltall":
        return frame.assign(**{keys[0]: -numbers if scenario else numbers})
    return frame.assign(**{keys[0]: ("ny-" if scenario else "") + numbers.astype(str)})


def _geometry_problems(frame: pd.DataFrame, layer: Layer) -> list[str]:
    """Say whether the kind of geometry is one that the catalogue allows; missing is allowed."""
    spatial = isinstance(frame, gpd.GeoDataFrame)
    if layer.geometry == "ingen":
        return ["laget skal være en tabell uten geometri"] if spatial else []
    if not spatial:
        return [f"geometrien mangler; laget skal ha {layer.geometry}"]
    words = [word for word in GEOMETRY_TYPES if word in layer.geometry.split()]
    if not words:
        return []
    allowed = set().union(*(GEOMETRY_TYPES[word] for word in words))
    geometry = np.asarray(frame.geometry.array, dtype=object)
    present = geometry[~shapely.is_missing(geometry)]
    first = np.unique(shapely.get_type_id(present), return_index=True)[1]
    found = {present[at].geom_type for at in first}
    if found <= allowed:
        return []
    wrong = ", ".join(sorted(found - allowed))
    return [f"geometrien er {wrong}, men laget skal ha {layer.geometry}"]
