"""What the land reserve lies on: farmland, nature, hazards, the shore and Marka.

Which layers and classes are conflicts, and how grave, is data: ``arealreserve_konflikter.csv``. A
place that several polygons of a theme cover counts once in the theme, and once in every total.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.catalogue import load_catalogue
from askergeo.geometry import geometries, is_surface, polygons_of, union
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.door import checked, join_faults

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from askergeo.geometry import Geometries

__all__ = ["ALL", "FLAGS", "RED", "SHORE", "UNKNOWN", "Conflicts", "find_conflicts"]

# Columns of the totals over all themes.
ALL: Final = "alle"
RED: Final = "rød"
FLAGS: Final = {
    "jordvern": "Jordvern",
    "natur": "Natur",
    "fare": "Naturfare",
    "vern": "Strandsone og Marka",
}
# The belt is computed, not a layer of the catalogue.
SHORE: Final = "strandsone"
# Class of rows whose class no list has.
UNKNOWN: Final = "ukjent"


@dataclass(frozen=True)
class Conflicts:
    """Areas of the parts of the reserve that lie in each conflict.

    Parameters
    ----------
    classes
        A row a class, in the order shown, index «tema:verdi»: ``tema``, ``tittel`` (of the
        theme), ``klasse`` (its name), ``flagg``, ``lag``, ``niva`` (rød or gul), ``hjemmel`` and
        ``kartlagt`` (whether the layer is there).
    areas
        m² of each part (a row each), with a column for each class, each theme, each flag, ``rød``
        and ``alle``. A place counts once in each column. Missing where no layer of it is there.
    shapes
        The polygons of each flag that is mapped, apart from one another, of ``rød`` and ``alle``.
    faults
        Rows that were mended or set aside, and those of an unknown class.
    """

    classes: pd.DataFrame
    areas: pd.DataFrame
    shapes: Mapping[str, Geometries]
    faults: pd.DataFrame

    @property
    def themes(self) -> list[str]:
        """Themes in the order shown."""
        return list(dict.fromkeys(self.classes["tema"]))

    @property
    def flags(self) -> list[str]:
        """Kinds of conflict of which something is mapped."""
        return [name for name in FLAGS if name in self.shapes]

    def absent(self) -> list[str]:
        """Titles of the themes whose layer is not there."""
        gone = self.classes[~self.classes["kartlagt"]]
        return list(dict.fromkeys(gone["tittel"]))


def find_conflicts(
    parts: gpd.GeoDataFrame, layers: Mapping[str, gpd.GeoDataFrame | None]
) -> Conflicts:
    """Hold the parts of the reserve against every layer that makes a conflict.

    Parameters
    ----------
    parts
        Polygons that do not overlap.
    layers
        Layers by id, the belt as ``strandsone``; ``None`` or absent is not mapped, never none.
    """
    classes = _classes()
    found: dict[str, Geometries] = {}
    faults = []
    for layer in classes["lag"].unique():
        frame = layers.get(layer)
        if frame is None:
            continue
        here, fault = _rows_near(parts, layer, frame, classes[classes["lag"] == layer])
        found |= here
        faults.append(fault)
    classes = _with_unknown(classes, found)
    there = classes["lag"].map(lambda layer: layers.get(layer) is not None)
    classes = classes[~there | classes.index.isin(found)].copy()
    classes["kartlagt"] = classes["lag"].map(lambda layer: layers.get(layer) is not None)
    flat: dict[str, Geometries] = {}
    areas = {}
    for name, keys in _sets(classes).items():
        mapped = [key for key in keys if classes.loc[key, "kartlagt"]]
        if not mapped:
            areas[name] = np.full(len(parts), np.nan)
            continue
        shapes = np.concatenate([found[key] for key in mapped])
        polygons = polygons_of(union(shapes))
        areas[name] = _covered(parts, polygons)
        if name in (*FLAGS, RED, ALL):
            flat[name] = polygons
    return Conflicts(classes, pd.DataFrame(areas, index=parts.index), flat, join_faults(faults))


def _covered(parts: gpd.GeoDataFrame, polygons: Geometries) -> NDArray[np.float64]:
    """Area of each part that lies in the polygons, which do not overlap, m²."""
    if not len(parts) or not len(polygons):
        return np.zeros(len(parts))
    frame = gpd.GeoDataFrame(geometry=polygons, crs=parts.crs)
    names = ("arealreserve", "konflikt")
    pairs = pair_areas(parts, frame, crs=str(parts.crs), names=names)
    return np.bincount(pairs.left, pairs.area, minlength=len(parts)).astype(np.float64)


def _sets(classes: pd.DataFrame) -> dict[str, list[str]]:
    """Keys of the classes that each column of areas is of."""
    sets = {str(key): [str(key)] for key in classes.index}
    for column in ("tema", "flagg"):
        for name, rows in classes.groupby(column, sort=False):
            sets[str(name)] = [str(key) for key in rows.index]
    red = [str(key) for key in classes.index[classes["niva"] == RED]]
    return sets | {RED: red, ALL: [str(key) for key in classes.index]}


def _rows_near(
    parts: gpd.GeoDataFrame, layer: str, frame: gpd.GeoDataFrame, classes: pd.DataFrame
) -> tuple[dict[str, Geometries], pd.DataFrame]:
    """Polygons near the parts of each class that the layer has, and the faults of those rows."""
    key = _keys(layer, frame, classes)
    # A class without a row anywhere is not mapped: a flood of that size was not computed.
    there = set(key) | set(classes.index if len(classes) == 1 else ())
    near = np.zeros(len(frame), dtype=bool)
    if len(parts):
        tree = shapely.STRtree(geometries(parts))
        near[tree.query(geometries(frame))[0]] = True
    some = np.flatnonzero(near & (key != ""))
    done = checked(layer, frame.iloc[some])
    usable = is_surface(done.shapes) & ~shapely.is_empty(done.shapes)
    known = [str(name) for name in classes.index if name in there]
    unknown = f"{classes['tema'].iloc[0]}:{UNKNOWN}"
    odd = ~np.isin(key[some], known)
    labels = frame.index.to_numpy()[some]
    faults = _unknown_rows(layer, labels[odd], str(classes["kolonne"].iloc[0]))
    shapes = {name: done.shapes[usable & (key[some] == name)] for name in known}
    if odd.any():
        shapes[unknown] = done.shapes[usable & odd]
    return shapes, join_faults([done.faults, faults])


def _keys(layer: str, frame: gpd.GeoDataFrame, classes: pd.DataFrame) -> NDArray[np.object_]:
    """Class of each row; empty for land cover that is no conflict, else what the layer says."""
    column = classes["kolonne"].iloc[0]
    if not column:
        return np.full(len(frame), classes.index[0], dtype=object)
    codes = frame[column].astype("string").fillna("")
    known = codes.map(dict(zip(classes["verdi"], classes.index, strict=True)))
    rest = "" if layer == "ar5" else UNKNOWN
    return np.asarray(known.fillna(rest).to_numpy(dtype=object))


def _unknown_rows(layer: str, labels: NDArray[np.object_], column: str) -> pd.DataFrame:
    reason = f"{column} mangler eller er ukjent; flaten er med som «ukjent klasse»"
    return pd.DataFrame(
        {"tema": layer, "rad": labels, "grunn": reason, "handling": "beholdt",
         "arealendring_m2": np.nan}
    )  # fmt: skip


def _with_unknown(classes: pd.DataFrame, found: Mapping[str, Geometries]) -> pd.DataFrame:
    """Add a class to the themes that have rows of an unknown one, as grave as the least grave."""
    parts = []
    for theme, rows in classes.groupby("tema", sort=False):
        parts.append(rows)
        key = f"{theme}:{UNKNOWN}"
        if key in found:
            extra = rows.iloc[[-1]].assign(klasse="Ukjent klasse", niva="gul", verdi=UNKNOWN)
            parts.append(extra.set_axis([key]))
    return pd.concat(parts)


@cache
def _read() -> pd.DataFrame:
    path = files("askergeo") / "data" / "arealreserve_konflikter.csv"
    table = pd.DataFrame(list(csv.DictReader(path.read_text(encoding="utf-8").splitlines())))
    table.index = pd.Index(table["tema"] + ":" + table["verdi"])
    return table


def _classes() -> pd.DataFrame:
    """Return the classes, named as in the catalogue where the data do not name them."""
    table = _read().copy()
    known = load_catalogue()
    names = []
    for layer, column, value, own, title in table[
        ["lag", "kolonne", "verdi", "klasse", "tittel"]
    ].itertuples(index=False):
        codes = (known[layer].columns[column].codes or {}) if column else {}
        labels = {str(code): text for code, text in codes.items()}
        names.append(own or labels.get(value, title))
    return table.assign(klasse=names)
