"""Slides in steep terrain, and polluted ground: what a plan must stand outside of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from askergeo.example.key import ring_areas
from askergeo.example.plan_files import plan_proposal
from askergeo.example.shapes import region

if TYPE_CHECKING:
    from askergeo.example.land import Land

__all__ = ["make_slides"]

# Kind of slide: least slope (rise over run) where it can start, and metres that it can run out.
# The hills are steeper than real ones, and the limits with them.
_STARTS = {"sno": (0.80, 80.0), "stein": (0.95, 50.0), "jord_flom": (0.70, 30.0)}
# Metres round the steepest ground that a slide of each return period (years) reaches.
_REACH = {100: 0.0, 1000: 25.0, 5000: 60.0}
_STEEPEST = 1.05
# Metres that are left free round the plan proposal, whose findings stand in the key.
_CLEAR = 120.0
# Smallest part of a zone, m².
_LEAST = 100.0
_POLLUTION = ("Liten", "Middels", "Stor")


def make_slides(land: Land) -> None:
    """Add skred_aktsomhet, skred_faresone and forurenset_grunn."""
    site = shapely.buffer(plan_proposal(land.key)[0].shape, _CLEAR)
    _slides(land, site)
    _polluted(land, site)


def _slides(land: Land, site: shapely.Polygon) -> None:
    grid, arrays, ground = land.grid, land.arrays, land.shapes["ground"]
    slope = ndimage.gaussian_filter(arrays["slope"], 1.0)
    dry = arrays["land"] & arrays["inside"]
    care = []
    for kind, (least, out) in _STARTS.items():
        start = region(grid, dry & (slope > least), smooth=1.0, least=2_500.0)
        care += [(part, kind) for part in _parts(shapely.buffer(start, out), ground, site)]
    land.add(
        "skred_aktsomhet",
        np.array([part for part, _ in care], dtype=object),
        skred_aktsomhet_id=np.arange(1, len(care) + 1),
        skredtype=[kind for _, kind in care],
    )
    steep = region(grid, dry & (slope > _STEEPEST), smooth=1.0, least=3_000.0)
    zones = [
        (part, period)
        for period, reach in _REACH.items()
        for part in _parts(shapely.buffer(steep, reach), ground, site)
    ]
    land.add(
        "skred_faresone",
        np.array([part for part, _ in zones], dtype=object),
        skred_id=np.arange(1, len(zones) + 1),
        gjentaksintervall=np.array([period for _, period in zones], dtype=np.int64),
    )
    land.coverage |= dict.fromkeys(
        ("skred_aktsomhet", "skred_faresone"), land.shapes["municipality"]
    )
    area = ring_areas(np.array([part for part, _ in zones], dtype=object))
    years = np.array([period for _, period in zones])
    land.key["skredfare_m2"] = {str(one): float(area[years == one].sum()) for one in _REACH}


def _parts(
    area: shapely.Geometry, ground: shapely.Geometry, site: shapely.Polygon
) -> list[shapely.Polygon]:
    dry = shapely.difference(shapely.intersection(area, ground), site)
    parts = shapely.get_parts(dry)
    return list(parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > _LEAST)])


def _polluted(land: Land, site: shapely.Polygon) -> None:
    """Old sites round some of the industrial buildings and warehouses."""
    house = land.tables["buildings"]
    old = house[house["code"].between(211, 239) & (house["year"] < 1990)]
    rng = land.rng("polluted")
    count = min(len(old), 8 if land.size.name == "liten" else 60)
    middle = shapely.centroid(old["geometry"].to_numpy()[rng.permutation(len(old))[:count]])
    places = shapely.buffer(middle, rng.uniform(15.0, 45.0, count), quad_segs=4)
    places = shapely.intersection(places, land.shapes["ground"])
    places = places[(shapely.get_type_id(places) == 3) & ~shapely.intersects(places, site)]
    land.add(
        "forurenset_grunn",
        places,
        forurenset_id=np.arange(1, len(places) + 1),
        navn=[f"Lokalitet {k + 1}" for k in range(len(places))],
        pavirkning=[_POLLUTION[k] for k in rng.integers(0, len(_POLLUTION), len(places))],
    )
