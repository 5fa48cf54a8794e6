"""What lies on the pieces, which plan rows they come from, and what to know of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from askergeo.reserve._ground import Ground, cut, each, meeting, shared

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from askergeo.geometry import Geometries
    from askergeo.reserve._masks import LandCover
    from askergeo.reserve._plans import PlanRows

    Floats = NDArray[np.float64]

__all__ = ["COVER", "cover_of", "remarks", "shares", "sources"]

# Main classes of AR5; what is in none of them, or not covered, is «ikke kartlagt».
COVER: Final[dict[str, tuple[int, ...]]] = {
    "jordbruk": (21, 22, 23),
    "skog": (30,),
    "myr": (60,),
    "aapen_fastmark": (50,),
    "annet": (11, 12, 70, 81, 82),
}
NOT_MAPPED: Final = "ikke_kartlagt"
# Pieces share a place with a plan row, or with a land cover, from this area on (m²).
SEEN = 0.01


def cover_of(shapes: Geometries, cover: LandCover | None) -> pd.DataFrame:
    """Area of each main class of AR5 on each piece, m²; NaN without AR5.

    ``ar5_ikke_kartlagt_m2`` is what AR5 does not cover or does not know, measured on its own;
    ``ar5_dobbelt_m2`` is what AR5 covers more than once.
    """
    names = [*COVER, NOT_MAPPED, "dobbelt"]
    table = pd.DataFrame({f"ar5_{name}_m2": np.full(len(shapes), np.nan) for name in names})
    if cover is None or not len(shapes):
        return table
    piece, row = meeting(shapes, cover.shapes)
    area = each(shared, shapes[piece], cover.shapes[row])
    count = len(shapes)
    for name, codes in COVER.items():
        here = np.isin(cover.code[row], codes)
        table[f"ar5_{name}_m2"] = np.bincount(piece[here], area[here], minlength=count)
    mapped = np.isin(cover.code[row], np.concatenate([*COVER.values()]))
    unknown = np.bincount(piece[~mapped], area[~mapped], minlength=count)
    bare = shapely.area(cut(shapes, cover.shapes).shapes)
    table[f"ar5_{NOT_MAPPED}_m2"] = unknown + bare
    total = np.bincount(piece, area, minlength=count)
    double = total + bare - shapely.area(shapes)
    table["ar5_dobbelt_m2"] = np.where(double > SEEN, double, 0.0)
    return table


def shares(shapes: Geometries, kind: NDArray[np.intp], rows: PlanRows,
           row_kind: NDArray[np.intp]) -> gpd.GeoDataFrame:  # fmt: skip
    """Cut the pieces by the plan rows that they come from; each place is in one row.

    Returns
    -------
    GeoDataFrame
        A row a polygon of a piece and a plan row: ``stykke`` (position of the piece), ``plan``,
        ``rad`` (label of the plan row), ``areal_m2`` and the polygon.
    """
    piece, row = meeting(shapes, rows.shapes)
    same = kind[piece] == row_kind[row]
    piece, row = piece[same], row[same]
    ground = shapely.intersection(shapes[piece], rows.shapes[row])
    # Taken apart, for neighbours leave lines beside the polygons.
    found = Ground(ground, np.arange(len(ground))).parts()
    piece, row = piece[found.kind], row[found.kind]
    return gpd.GeoDataFrame(
        {
            "stykke": piece,
            "plan": rows.table["plan"].to_numpy(dtype=object)[row],
            "rad": rows.table["rad"].to_numpy(dtype=object)[row],
            "areal_m2": shapely.area(found.shapes),
        },
        geometry=found.shapes,
    )


def sources(parts: pd.DataFrame, count: int) -> pd.DataFrame:
    """Plan rows that each piece comes from: the largest share, and all of them in order."""
    pairs = parts.groupby(["stykke", "rad"], sort=False)["areal_m2"].sum().reset_index()
    pairs.columns = pd.Index(["piece", "rad", "m2"])
    pairs["m2"] = np.round(pairs["m2"], 3)
    pairs = pairs[pairs["m2"] >= SEEN]
    pairs["navn"] = pairs["rad"].astype(str)
    pairs = pairs.sort_values(["piece", "m2", "navn"], ascending=[True, False, True])
    groups = pairs.groupby("piece")["rad"]
    table = pd.DataFrame({"planrad": groups.first(), "planrader": groups.agg(tuple)})
    return table.reindex(range(count))


def remarks(pieces: pd.DataFrame, assumed_roads: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Say what to know of each piece, in bokmål, divided by semicolons."""
    several = pieces["planrader"].map(len) > 1
    doubtful = pieces["ar5_ikke_kartlagt_m2"] > SEEN
    found = [
        np.where(pieces["ar5_jordbruk_m2"] > SEEN, "jordbruksareal", ""),
        np.where(pieces["ar5_myr_m2"] > SEEN, "myr", ""),
        np.where(pieces["ar5_ikke_kartlagt_m2"].isna(), "arealdekke ukjent", ""),
        np.where(doubtful, "AR5 dekker ikke alt", ""),
        np.where(pieces["ar5_dobbelt_m2"] > SEEN, "AR5 overlapper seg selv", ""),
        np.where(several, "flere planrader", ""),
        np.where(assumed_roads, "antatt vegbredde", ""),
    ]
    texts = ["; ".join(filter(None, texts)) for texts in zip(*found, strict=True)]
    return np.array(texts, dtype=object)
