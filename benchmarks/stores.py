"""Reading 1 000 000 polygons, whole and in part, from each store format.

The polygons are hexagons (7 vertices with the closing one) in a grid over 20 × 17 km, with four
whole-number attributes, in random order as deliveries come.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from askergeo.datapackage import DataPackage, Origin
from benchmarks.case import Case

if TYPE_CHECKING:
    from pathlib import Path

    from askergeo.datapackage import Box

__all__ = ["cases", "hexagons"]

COUNT = 1_000_000
BOX = (575_000.0, 6_635_000.0, 577_000.0, 6_637_000.0)
STORE_TITLES = {"parquet": "GeoParquet store", "gpkg": "GeoPackage store"}
PEERS = {
    "geopandas": ("geopandas.read_parquet", "peer.parquet"),
    "gpkg": ("geopandas.read_file, GPKG", "peer.gpkg"),
    "gpkg-arrow": ("geopandas.read_file, GPKG, Arrow", "peer.gpkg"),
    "fgb-arrow": ("geopandas.read_file, FlatGeobuf, Arrow", "peer.fgb"),
}
PAIRS = (
    ("parquet", "geopandas"),
    ("parquet", "gpkg"),
    ("parquet", "gpkg-arrow"),
    ("parquet", "fgb-arrow"),
    ("gpkg", "gpkg"),
    ("gpkg", "gpkg-arrow"),
)
ATTRIBUTES = ("arealtype", "skogbonitet", "treslag", "grunnforhold")


def hexagons(count: int = COUNT, *, seed: int = 3203) -> gpd.GeoDataFrame:
    """Make ``count`` uneven hexagons up to 19 m wide in EPSG:25832, in random order.

    Examples
    --------
    >>> frame = hexagons(4)
    >>> len(frame), shapely.get_num_coordinates(frame.geometry.array).tolist()
    (4, [7, 7, 7, 7])
    """
    random = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    place = random.permutation(side * side)[:count]
    centre = np.stack([570_000 + 20.0 * (place % side), 6_630_000 + 17.0 * (place // side)], -1)
    angle = np.radians(np.arange(7) % 6 * 60.0)
    ring = np.stack([np.cos(angle), np.sin(angle)], -1)
    reach = random.uniform(6.0, 9.5, (count, 7, 1))
    reach[:, 6] = reach[:, 0]
    corners = (centre[:, None, :] + reach * ring).reshape(-1, 2)
    polygons = shapely.polygons(shapely.linearrings(corners, indices=np.arange(count).repeat(7)))
    attributes = {name: random.integers(10, 100, count) for name in ATTRIBUTES}
    return gpd.GeoDataFrame(attributes, geometry=polygons, crs="EPSG:25832")


def cases() -> list[Case]:
    """Return the cases: all polygons, and 2 × 2 km of them, from each store and its peers."""
    count = f"{COUNT:,}".replace(",", "\u00a0")
    return [
        Case(
            name=f"{store}-{part}-{peer}",
            work=f"{work.format(count)}, {STORE_TITLES[store]}",
            ours=partial(_ours, store, box),
            peer=PEERS[peer][0],
            run_peer=partial(_peer, peer, box),
            prepare=partial(_prepare, store, peer),
            difference=difference,
        )
        for store, peer in PAIRS
        for part, work, box in (
            ("alle", "read {} polygons", None),
            ("utsnitt", "read 2 × 2 km of {} polygons", BOX),
        )
    ]


def difference(ours: Any, peer: Any) -> float:  # noqa: ANN401  (answers of any case)
    """Return the largest difference of count, total area (m²) or attribute sums."""
    totals = [
        np.array([len(frame), frame.area.sum(), *(float(frame[name].sum()) for name in ATTRIBUTES)])
        for frame in (ours, peer)
    ]
    return float(np.abs(totals[0] - totals[1]).max())


def _prepare(store: str, peer: str, folder: Path) -> None:
    """Write the rows as a package and as a user of the peer would."""
    frame = hexagons()
    package = DataPackage.create(folder / store, store=store)
    package.write("ar5", frame, origin=Origin("benchmark"))
    if peer == "geopandas":
        frame.to_parquet(folder / "peer.parquet", write_covering_bbox=True)
    else:
        pyogrio.write_dataframe(frame, folder / PEERS[peer][1], use_arrow=True)


def _ours(store: str, box: Box | None, folder: Path) -> Any:  # noqa: ANN401  (as DataPackage.read)
    return DataPackage.open(folder / store).read("ar5", bbox=box, columns=ATTRIBUTES)


def _peer(peer: str, box: Box | None, folder: Path) -> Any:  # noqa: ANN401  (geopandas is untyped)
    if peer == "geopandas":
        return gpd.read_parquet(folder / PEERS[peer][1], bbox=box)
    arrow = peer.endswith("arrow")
    return gpd.read_file(folder / PEERS[peer][1], bbox=box, use_arrow=arrow)
