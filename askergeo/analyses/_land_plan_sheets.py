"""Each reguleringsplan on a sheet of its own: outline, purposes cut to it, what has no purpose.

Plans lie over each other (a road below a square, a new plan over a part of an old one), so that
no account of the ground once can hold them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.geometry import EMPTY, geometries, polygons_of, union
from askergeo.overlay.areas import pair_areas
from askergeo.overlay.door import checked
from askergeo.overlay.sheets import SHEET, sheet_accounts

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from askergeo.analyses._land import LandCover
    from askergeo.analyses._land_themes import Theme
    from askergeo.geometry import Geometries

__all__ = ["NO_PURPOSE", "PlanSheets", "plan_rows", "plan_themes", "read_sheets"]

NO_PURPOSE: Final = "Uten formål"
_BLANK: Final = ""
_COLLECTION: Final = shapely.GeometryType.GEOMETRYCOLLECTION
# The dimension of what has an area.
_SURFACE: Final = 2


@dataclass(frozen=True)
class PlanSheets:
    """Plans with the pieces that they are made of; areas in m².

    Parameters
    ----------
    plans
        A row a plan, index ``planid``: its outline, the other columns of the layer (the first row
        of several), ``formaal_m2`` (ground with a purpose, each place once), ``uten_m2`` (ground
        without), ``utbygging_m2`` (ground for development, each place once), ``andre_m2``
        (purposes on other levels), ``overlapp_m2`` (what purposes lie more than once over) and
        ``utenfor_m2`` (purposes outside the outline).
    pieces
        A row a purpose cut to its plan's outline, and a row a plan for what has no purpose:
        ``planid``, ``niva`` (text), ``paa_grunnen``, ``kode``, ``formaal``, ``gruppe``,
        ``utbygging``. Pieces on the ground and what has no purpose are the plan, save overlaps.
    built
        Ground for development of each plan, as the plans are ordered.
    orphans
        Rows of purposes whose plan has no outline.
    faults
        Rows that were mended or set aside.
    """

    plans: gpd.GeoDataFrame
    pieces: gpd.GeoDataFrame
    built: Geometries
    orphans: gpd.GeoDataFrame
    faults: pd.DataFrame


def read_sheets(
    outlines: gpd.GeoDataFrame, purposes: gpd.GeoDataFrame, levels: Collection[str]
) -> PlanSheets:
    """Take plans apart, all at once.

    Parameters
    ----------
    outlines
        Layer ``reguleringsplan``; several rows of a plan are its outline together.
    purposes
        Layer ``reguleringsplan_formaal`` from `askergeo.analyses._land.plan_frame`.
    levels
        Vertical levels that take land; a missing one does.
    """
    one, other = checked("reguleringsplan", outlines), checked("reguleringsplan_formaal", purposes)
    ids = _texts(outlines["planid"])
    plans = _outlines(outlines, ids, one.shapes)
    number = pd.Index(plans.index).get_indexer(pd.Index(_texts(purposes["planid"])))
    has_area = ~shapely.is_empty(other.shapes)
    known = has_area & (number >= 0)
    frame = purposes[known].set_geometry(
        gpd.GeoSeries(other.shapes[known], purposes.index[known], crs=purposes.crs)
    )
    number = number[known]
    limits = geometries(plans)
    cut, outside = _cut(geometries(frame), limits[number])
    niva = _texts(frame["vertikalniva"]) if "vertikalniva" in frame else np.full(len(frame), _BLANK)
    ground = (niva == _BLANK) | np.isin(niva, [str(level) for level in levels])
    covered = _unions(cut[ground], number[ground], len(plans))
    free = shapely.difference(limits, covered)
    total = np.bincount(number[ground], shapely.area(cut[ground]), len(plans))
    once = shapely.area(covered)
    development = frame["utbygging"].fillna(value=False).to_numpy(dtype=bool) & ground
    built = _unions(cut[development], number[development], len(plans))
    pieces = pd.concat([_pieces(frame, cut, niva, ground), _free(plans, free)], ignore_index=True)
    return PlanSheets(
        plans=plans.assign(
            formaal_m2=once,
            uten_m2=shapely.area(free),
            utbygging_m2=shapely.area(built),
            andre_m2=np.bincount(number[~ground], shapely.area(cut[~ground]), len(plans)),
            # Rounding may leave less than nothing.
            overlapp_m2=np.maximum(total - once, 0.0),
            overlapp_regnet_m2=total - once,
            utenfor_m2=np.bincount(number, outside, len(plans)),
        ),
        pieces=gpd.GeoDataFrame(pieces, geometry="geometry", crs=outlines.crs),
        built=built,
        orphans=purposes[has_area & ~np.isin(_texts(purposes["planid"]), plans.index)],
        faults=pd.concat([one.faults, other.faults], ignore_index=True),
    )


def _texts(values: pd.Series) -> NDArray[np.object_]:
    return np.asarray(values.astype("string").fillna(_BLANK).to_numpy(dtype=object), dtype=object)


def _outlines(
    frame: gpd.GeoDataFrame, ids: NDArray[np.object_], shapes: Geometries
) -> gpd.GeoDataFrame:
    """One row a plan, in the layer's order; a plan without any area is left out."""
    filled = ~shapely.is_empty(shapes)
    names, first, number = np.unique(
        ids[filled].astype(str), return_index=True, return_inverse=True
    )
    whole = _unions(shapes[filled], number, len(names))
    order = np.argsort(first, kind="stable")
    columns = frame[filled].iloc[first[order]].drop(columns=[frame.geometry.name])
    return gpd.GeoDataFrame(
        pd.DataFrame(columns).set_axis(pd.Index(names[order], name="planid_tekst")),
        geometry=whole[order],
        crs=frame.crs,
    )


def _cut(shapes: Geometries, limits: Geometries) -> tuple[Geometries, NDArray[np.float64]]:
    """Purposes inside their outlines, and the area of each that is outside."""
    cut = shapes.copy()
    rim = ~shapely.covers(limits, shapes)
    cut[rim] = shapely.intersection(shapes[rim], limits[rim])
    left = shapely.difference(shapes[rim], limits[rim])
    outside = np.zeros(len(shapes))
    outside[rim] = shapely.area(left)
    for row in np.flatnonzero(rim & (shapely.get_type_id(cut) == _COLLECTION)):
        cut[row] = shapely.MultiPolygon(list(polygons_of(cut[row])))
    cut[shapely.get_dimensions(cut) < _SURFACE] = EMPTY
    return cut, outside


def _unions(shapes: Geometries, number: NDArray[np.intp], count: int) -> Geometries:
    """Union of the shapes of each plan; plans of a like number of shapes are done at once."""
    order = np.argsort(number, kind="stable")
    shapes, number = shapes[order], number[order]
    sizes = np.bincount(number, minlength=count)
    place = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    found = np.full(count, EMPTY, dtype=object)
    widths = np.ceil(np.log2(np.maximum(sizes, 1))).astype(int)
    for width in np.unique(widths[sizes > 0]):
        plans = np.flatnonzero((widths == width) & (sizes > 0))
        row = np.full(count, -1)
        row[plans] = np.arange(len(plans))
        some = row[number] >= 0
        table = np.full((len(plans), 2**width), None, dtype=object)
        table[row[number[some]], place[some]] = shapes[some]
        found[plans] = shapely.union_all(table, axis=1)
    return found


def _pieces(
    frame: gpd.GeoDataFrame,
    cut: Geometries,
    niva: NDArray[np.object_],
    ground: NDArray[np.bool_],
) -> pd.DataFrame:
    found = pd.DataFrame(
        {
            "planid": _texts(frame["planid"]),
            "niva": niva,
            "paa_grunnen": ground,
            **{name: frame[name].to_numpy() for name in ("kode", "formaal", "gruppe")},
            "utbygging": frame["utbygging"].array,
            "geometry": cut,
        }
    )
    return found[~shapely.is_empty(cut)]


def _free(plans: gpd.GeoDataFrame, free: Geometries) -> pd.DataFrame:
    some = ~shapely.is_empty(free) & (shapely.area(free) > 0)
    return pd.DataFrame(
        {
            "planid": plans.index.to_numpy(dtype=object)[some],
            "niva": _BLANK,
            "paa_grunnen": True,
            "kode": _BLANK,
            "formaal": NO_PURPOSE,
            "gruppe": NO_PURPOSE,
            "utbygging": pd.array([False] * int(some.sum()), dtype="boolean"),
            "geometry": free[some],
        }
    )


def plan_rows(
    sheets: PlanSheets, cover: LandCover, crs: str
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Land cover of every piece of every plan, and the plans' closing lines.

    Returns
    -------
    DataFrame, DataFrame, DataFrame
        Rows: the pieces' columns, ``klasse``, ``klassenavn``, ``dekke`` (group; missing where no
        land cover is) and ``m2``. Lines, index ``planid``: ``grense_m2``, ``rader_m2``,
        ``ikke_dekket_m2``, ``talt_dobbelt_m2``. And the faults of the land cover.
    """
    pieces = sheets.pieces
    keys = [str(number) for number in range(len(pieces))]
    found = sheet_accounts(
        pieces[["geometry"]].assign(**{SHEET: keys}),
        {cover.layer: cover.frame},
        by={cover.layer: ["klasse", "klassenavn", "gruppe"]},
        crs=crs,
    )
    at = found.rows[SHEET].astype(int).to_numpy()
    columns = pd.DataFrame(pieces.drop(columns="geometry")).iloc[at].reset_index(drop=True)
    rows = columns.assign(
        klasse=found.rows[f"{cover.layer}.klasse"].to_numpy(),
        klassenavn=found.rows[f"{cover.layer}.klassenavn"].to_numpy(),
        dekke=found.rows[f"{cover.layer}.gruppe"].to_numpy(),
        m2=found.rows["areal_m2"].to_numpy(),
    )
    ground = pieces["paa_grunnen"].to_numpy(dtype=bool)
    purpose = (pieces["formaal"] != NO_PURPOSE).to_numpy()
    ids = pieces["planid"].to_numpy(dtype=object)
    line = found.lines.reset_index(drop=True)
    absent = np.where(purpose, line["ikke_dekket_m2"], line["rader_m2"] + line["ikke_dekket_m2"])
    parts = {
        "rader_m2": line["rader_m2"][ground & purpose],
        "ikke_dekket_m2": pd.Series(absent)[ground],
        "talt_dobbelt_m2": line["talt_dobbelt_m2"][ground],
    }
    plans = sheets.plans.index
    lines = pd.DataFrame(
        {
            name: part.groupby(ids[part.index]).sum().reindex(plans, fill_value=0.0)
            for name, part in parts.items()
        }
    )
    lines.insert(0, "grense_m2", shapely.area(geometries(sheets.plans)))
    lines["talt_dobbelt_m2"] += sheets.plans["overlapp_regnet_m2"]
    return rows, lines, found.faults


def plan_themes(sheets: PlanSheets, themes: tuple[Theme, ...], crs: str) -> pd.DataFrame:
    """Area of each theme in each plan, and in its development on the ground, each place once, m².

    Returns
    -------
    DataFrame
        ``planid``, ``tema``, ``i_planen_m2``, ``i_utbygging_m2``.
    """
    ids = sheets.plans.index
    near = shapely.STRtree(geometries(sheets.plans))
    records = []
    for theme in themes:
        shapes = checked(theme.name, theme.frame).shapes
        ground = polygons_of(union(shapes[np.unique(near.query(shapes)[0])]))
        other = gpd.GeoDataFrame(geometry=ground, crs=crs)
        sums = []
        for area in (geometries(sheets.plans), sheets.built):
            found = pair_areas(gpd.GeoDataFrame(geometry=area, crs=crs), other, crs=crs)
            sums.append(np.bincount(found.left, found.area, len(ids)).astype(np.float64))
        records.append(
            pd.DataFrame(
                {
                    "planid": ids,
                    "tema": theme.name,
                    "i_planen_m2": sums[0],
                    "i_utbygging_m2": sums[1],
                }
            )
        )
    columns = ["planid", "tema", "i_planen_m2", "i_utbygging_m2"]
    return pd.concat(records, ignore_index=True) if records else pd.DataFrame(columns=columns)
