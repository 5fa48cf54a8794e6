"""What is built or water: the areas that the rules take away from the plans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from askergeo._avvik import KEPT
from askergeo._codes import load_codes
from askergeo.analyses._buildings import in_ranges
from askergeo.catalogue import load_catalogue
from askergeo.geometry import is_surface, polygons_of, union
from askergeo.reserve._door import surfaces_of
from askergeo.reserve.rules import words

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.parameters import Parameters
    from askergeo.reserve._door import Faults

__all__ = ["Buildings", "LandCover", "built_figures", "fresh_water", "near", "read_buildings",
           "read_cover", "road_areas"]  # fmt: skip

WIDTHS = {"E": "e", "R": "r", "F": "f", "K": "k"}


@dataclass(frozen=True)
class Buildings:
    """Buildings, main ones and others.

    Parameters
    ----------
    shapes
        Points or polygons.
    main
        Which are main buildings.
    points
        How many are points: their walls are unknown.
    """

    shapes: Geometries
    main: NDArray[np.bool_]
    points: int


@dataclass(frozen=True)
class LandCover:
    """Polygons of AR5 and their codes; −1 for a code that is not in the list."""

    shapes: Geometries
    code: NDArray[np.int64]


def near(shapes: Geometries, targets: Geometries, distance: float) -> NDArray[np.intp]:
    """Positions of the shapes that lie within ``distance`` metres of a target."""
    if not len(targets) or not len(shapes):
        return np.zeros(0, dtype=np.intp)
    _, found = shapely.STRtree(shapes).query(targets, predicate="dwithin", distance=distance)
    return np.unique(found)


def built_figures(frame: gpd.GeoDataFrame, faults: Faults) -> Geometries:
    """Figures of SSB's map that have a main class, and so are built."""
    shapes = surfaces_of("arealbruk", frame, faults)
    classes = frame["hovedklasse"].astype("string").str.strip().fillna("")
    blank = (classes == "").to_numpy(dtype=bool)
    text = "hovedklasse mangler; flaten er regnet som ubebygd"
    faults.add("arealbruk", frame.index.to_numpy()[blank], text, KEPT)
    return np.asarray(shapes[~blank & ~shapely.is_missing(shapes)], dtype=object)


def read_cover(frame: gpd.GeoDataFrame, faults: Faults) -> LandCover:
    """Read AR5; a code that is not in the list is named and counts as not mapped."""
    shapes = surfaces_of("ar5", frame, faults)
    known = _known(frame["arealtype"], list(load_codes("ar5_arealtype")))
    _name_unknown("ar5", frame["arealtype"], known, "regnet som ikke kartlagt", faults)
    code = frame["arealtype"].where(known, -1).to_numpy(dtype=np.int64)
    here = ~shapely.is_missing(shapes)
    return LandCover(shapes[here], code[here])


def fresh_water(cover: LandCover, rules: Parameters) -> Geometries:
    """Lakes and rivers above the limit; neighbours that are one surface are measured as one."""
    codes = [int(code) for code in words(rules, "ferskvann_arealtyper")]
    whole = polygons_of(union(cover.shapes[np.isin(cover.code, codes)]))
    return np.asarray(whole[shapely.area(whole) > rules["ferskvann_over_m2"]], dtype=object)


def read_buildings(frame: gpd.GeoDataFrame, rules: Parameters, faults: Faults) -> Buildings:
    """Read the buildings; one of unknown type is a main building, and is named."""
    shapes = surfaces_of("bygning", frame, faults, only_surfaces=False)
    types = frame["bygningstype"]
    known = _known(types, list(load_codes("bygningstype")))
    _name_unknown("bygning", types, known, "regnet som hovedbygning", faults)
    small = is_surface(shapes) & (shapely.area(shapes) < rules["annet_bygg_under_m2"])
    other = in_ranges(types.where(known), words(rules, "annet_bygg_typer")) | small
    here = ~shapely.is_missing(shapes)
    points = int((shapely.get_dimensions(shapes[here]) == 0).sum())
    return Buildings(shapes[here], ~other[here], points)


def road_areas(
    frame: gpd.GeoDataFrame, targets: Geometries, rules: Parameters, faults: Faults
) -> Geometries:
    """Road lines near the targets as areas of an assumed width, with the distance around them."""
    shapes = surfaces_of("veg", frame, faults, only_surfaces=False)
    kinds = frame["vegtype"]
    codes = load_catalogue()["veg"].columns["vegtype"].codes or {}
    known = _known(kinds, list(codes))
    _name_unknown("veg", kinds, known, "regnet som ikke vegareal", faults)
    use = kinds.isin(words(rules, "veg_typer")).to_numpy() & ~shapely.is_missing(shapes)
    if "medium" in frame.columns:
        use &= (frame["medium"] != "tunnel").fillna(value=True).to_numpy(dtype=bool)
    narrow = rules["veg_halv_bredde_p_m"]
    width = np.full(len(frame), narrow)
    if "vegkategori" in frame.columns:
        driven = kinds.isin(["bilveg", "motorveg"]).to_numpy()
        for code, name in WIDTHS.items():  # four classes
            rows = (frame["vegkategori"] == code).fillna(value=False).to_numpy(dtype=bool)
            width[rows & driven] = rules[f"veg_halv_bredde_{name}_m"]
    distance = rules["veg_buffer_m"] + np.where(is_surface(shapes), 0.0, width)
    rows = np.flatnonzero(use)
    reach = float(distance[rows].max(initial=0.0))
    rows = rows[near(shapes[rows], targets, reach)]
    segments = rules["kvartsirkel_segmenter"]
    return np.asarray(
        shapely.buffer(shapes[rows], distance[rows], quad_segs=segments), dtype=object
    )


def _known(values: pd.Series, codes: list[int] | list[int | str]) -> pd.Series:
    return values.isin(codes).fillna(value=False).astype(bool)


def _name_unknown(
    layer: str, values: pd.Series, known: pd.Series, done: str, faults: Faults
) -> None:
    rows = ~known.to_numpy()
    names = values[rows].astype("string").fillna("(tom)").to_numpy(dtype=object)
    text = f"{values.name} «" + names + "» er ukjent; " + done
    faults.add(layer, values.index.to_numpy()[rows], text, KEPT)
