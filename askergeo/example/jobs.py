"""Jobs at the buildings where people work, with a planted sum north and south of the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from askergeo.example.shapes import point_array
from askergeo.example.sides import north_of_line

if TYPE_CHECKING:
    from askergeo.example.land import Array, Land

__all__ = ["BRANCHES", "make_jobs"]

#: Branch and floor area (m²) for each job, by type of building; invented.
BRANCHES: Final[dict[int, tuple[str, float]]] = {
    212: ("industri", 75.0), 219: ("industri", 90.0), 231: ("industri", 150.0),
    239: ("industri", 120.0), 241: ("annet", 300.0), 311: ("kontor", 22.0), 321: ("kontor", 26.0),
    322: ("handel", 42.0), 412: ("handel", 60.0), 612: ("offentlig", 26.0),
    613: ("offentlig", 55.0), 614: ("offentlig", 50.0), 616: ("offentlig", 45.0),
    651: ("annet", 160.0), 661: ("offentlig", 80.0), 662: ("annet", 140.0), 671: ("annet", 200.0),
    721: ("offentlig", 40.0), 731: ("offentlig", 28.0), 732: ("offentlig", 30.0),
}  # fmt: skip
#: Jobs for each resident, and the share of them north of the line.
_PER_RESIDENT: Final = 0.36
_NORTH: Final = 0.64


def make_jobs(land: Land) -> None:
    """Add arbeidsplass: one work place a building, and the planted sums to the key."""
    house = land.tables["buildings"]
    house = house[house["code"].isin(list(BRANCHES))].reset_index(drop=True)
    code = house["code"].to_numpy()
    space = np.array([BRANCHES[int(one)][1] for one in code])
    size = house["area"].to_numpy() / space * land.rng("jobs").lognormal(0.0, 0.25, len(house))
    at = np.round(shapely.get_coordinates(shapely.centroid(house["geometry"].to_numpy())), 2)
    north = north_of_line(land, at)
    total = round(_PER_RESIDENT * len(land.tables["ages"]))
    planted = {"nord": round(_NORTH * total), "sor": total - round(_NORTH * total)}
    jobs = np.zeros(len(house), np.int64)
    for side, mine in (("nord", north), ("sor", ~north)):
        jobs[mine] = _shared_out(planted[side], size[mine])
    land.add(
        "arbeidsplass",
        point_array(at),
        arbeidssted_id=[f"AP{k + 1:05d}" for k in range(len(house))],
        ansatte=jobs,
        naering=[BRANCHES[int(one)][0] for one in code],
    )
    land.key.setdefault("transport", {})["arbeidsplasser"] = planted


def _shared_out(total: int, weight: Array) -> Array:
    """Share a whole number out by weight, at least one each."""
    rest = total - len(weight)
    steps = np.floor(np.cumsum(weight) / weight.sum() * rest + 0.5)
    return np.asarray(1 + np.diff(steps, prepend=0.0).astype(np.int64))
