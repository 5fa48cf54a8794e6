"""Cultural heritage: mounds, ruins, old houses and a church, each with its kind of protection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy import ndimage

from askergeo.example.land import MUNICIPALITY
from askergeo.example.plan_files import plan_proposal
from askergeo.example.shapes import point_array
from askergeo.example.sites import thin

if TYPE_CHECKING:
    from askergeo.example.land import Land

__all__ = ["make_heritage"]

# Protection, category, and what such a thing is called.
_KINDS = (
    ("AUT", "E-ARK", "Gravhaug"),
    ("AUT", "E-ARK", "Bosetningsområde"),
    ("UAV", "E-ARK", "Mulig kokegrop"),
    ("AUT", "E-BER", "Skålgroper"),
    ("VED", "E-BYG", "Lensmannsgården"),
    ("AUT", "E-RUI", "Kirkeruin"),
    ("FJE", "E-ARK", "Utgravd hustuft"),
    ("IKKEV", "E-TEK", "Kalkovn"),
    ("LIST", "E-KRK", "Kirke"),
    ("IKKEV", "E-ARK", "Rydningsrøys"),
)
# Metres that are left free round the plan proposal, whose findings stand in the key.
_CLEAR = 120.0


def make_heritage(land: Land) -> None:
    """Add kulturminne: round outlines on dry land outside the settlements."""
    grid, arrays = land.grid, land.arrays
    rng = land.rng("heritage")
    town = ndimage.distance_transform_edt(arrays["settlement"] < 0) * grid.cell
    inner = ndimage.distance_transform_edt(arrays["inside"]) * grid.cell
    brook = ndimage.distance_transform_edt(~arrays["channel"]) * grid.cell
    dry = arrays["land"] & (arrays["shore_m"] > 40) & (brook > 40) & (inner > 80)
    old = dry & (arrays["z"] < 220) & (arrays["slope"] < 0.2) & (town > 20) & (town < 900)
    xy = grid.xy(np.flatnonzero(old))
    xy = xy[thin(rng, xy, 260.0, 40 if land.size.name == "liten" else 320)]
    site = shapely.buffer(plan_proposal(land.key)[0].shape, _CLEAR)
    xy = xy[~shapely.intersects(point_array(xy), site)]
    kind = rng.integers(0, len(_KINDS), len(xy))
    # One of each, whatever the numbers say.
    kind[: len(_KINDS)] = np.arange(len(_KINDS))[: len(xy)]
    outline = shapely.buffer(point_array(xy), rng.uniform(4.0, 16.0, len(xy)), quad_segs=4)
    protection, category, name = (np.array(part)[kind] for part in zip(*_KINDS, strict=True))
    land.add(
        "kulturminne",
        outline,
        kulturminne_id=[f"{MUNICIPALITY}{k + 1:03d}-1" for k in range(len(xy))],
        navn=[f"{what} {k + 1}" for k, what in enumerate(name)],
        vernetype=protection,
        kategori=category,
    )
    land.key["kulturminner"] = {
        str(one): int((protection == one).sum()) for one in np.unique(protection)
    }
