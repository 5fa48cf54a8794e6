"""The example's own key: facts known by construction, for tests to compare with.

The numbers are summed from coordinates and from the tables that the layers were made of, by
other means than the analyses use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from askergeo.example.centres import COUNTS, LEVELS
from askergeo.example.land import MUNICIPALITY, NAME, YEAR
from askergeo.example.residents import AGE_GROUPS

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["make_key", "ring_areas"]

BELT = 100.0
WINDOW = 4


def make_key(land: Land) -> None:
    """Fill the key; see ``docs/eksempelbygda.md`` for what each fact means."""
    people, ages = land.tables["people"], land.tables["ages"]["age"].to_numpy()
    house = land.tables["buildings"]
    ar5 = land.frames["ar5"]
    cover = ring_areas(ar5.geometry.to_numpy())
    kinds = ar5["arealtype"].to_numpy()
    land.key |= {
        "navn": NAME,
        "kommunenummer": MUNICIPALITY,
        "storrelse": land.size.name,
        "fro": land.seed,
        "aar": YEAR,
        "innbyggere": len(ages),
        "innbyggere_etter_alder": {
            f"{low}-{high}": int(((ages >= low) & (ages <= high)).sum()) for low, high in AGE_GROUPS
        },
        "boliger": int(house["dwellings"].sum()),
        "bygninger": len(house),
        "fritidsbygg": int((house["code"] == 161).sum()),
        "adresser": len(people),
        "sentre": dict(zip(LEVELS, COUNTS, strict=True)),
        "kystlinje_m": _length(land.shapes["shore"]),
        "landareal_m2": float(ring_areas(np.array([land.shapes["ground"]])).sum()),
        "areal_med_sjo_m2": float(ring_areas(np.array([land.shapes["municipality"]])).sum()),
        "oyer": len(shapely.get_parts(land.shapes["ground"])) - 1,
        "ar5_m2": {str(k): float(cover[kinds == k].sum()) for k in np.unique(kinds)},
        "strandsone": _belt(land),
        "rader": {name: len(frame) for name, frame in sorted(land.frames.items())},
    }


def ring_areas(polygons: Array) -> Array:
    """Areas by the shoelace formula over rings; a hole runs the other way round."""
    parts, owner = shapely.get_parts(polygons, return_index=True)
    parts = shapely.orient_polygons(parts)
    rings, index = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    local = xy - xy.mean(axis=0)
    cross = local[:-1, 0] * local[1:, 1] - local[1:, 0] * local[:-1, 1]
    inside = ring[1:] == ring[:-1]
    twice = np.bincount(
        owner[index[ring[1:][inside]]], weights=cross[inside], minlength=len(polygons)
    )
    return np.asarray(np.abs(twice) / 2)


def _length(lines: Array) -> float:
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*(xy[1:] - xy[:-1]).T)
    return float(step[line[1:] == line[:-1]].sum())


def _belt(land: Land) -> dict[str, Any]:
    """Count buildings of the last four years within 100 m of the shoreline, of each kind."""
    house = land.tables["buildings"]
    new = house[house["year"] > YEAR - WINDOW]
    shore = shapely.STRtree(land.shapes["shore"])
    outline = new["geometry"].to_numpy()
    close = np.unique(shore.query(outline, predicate="dwithin", distance=BELT)[0])
    middle = np.unique(
        shore.query(shapely.centroid(outline), predicate="dwithin", distance=BELT)[0]
    )
    return {
        "aar_fra": YEAR - WINDOW + 1,
        "aar_til": YEAR,
        "nye_bygg_omriss": len(close),
        "nye_bygg_senterpunkt": len(middle),
        "nye_fritidsbygg_senterpunkt": int((new["code"].to_numpy()[middle] == 161).sum()),
    }
