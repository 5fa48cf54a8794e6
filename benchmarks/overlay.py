"""Areas of land cover by plan, against geopandas.overlay and the engines that are installed.

Both layers are coverages: cells of a grid whose common borders are the same jagged line in both
cells, moved off the grid. The plan's grid is another, so that nearly all borders cross. The work
starts from two GeoDataFrames in memory and ends with an area for every pair of rows that share one;
checking the polygons is part of it, in ours and in geopandas. The engines get both layers first,
with an index where they have one; that time stands beside theirs.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from benchmarks.case import Case
from benchmarks.overlay_peers import DuckDB, PostGIS, SedonaDB

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Engine = SedonaDB | PostGIS | DuckDB

# Cells along a side: 60 025 of 97 vertices over 10 000 of 49, and a sixteenth of that.
LARGE, SMALL = (245, 100), (61, 25)
CRS = "EPSG:25832"


def cases() -> list[Case]:
    """Return the cases: pairs at two sizes and against each engine, and a whole account."""
    large = "areas of 60 025 polygons of 97 vertices by 10 000 of 49"
    small = "areas of 3 721 polygons of 97 vertices by 625 of 49"
    geopandas = "geopandas.overlay"
    return [
        _case("overlay-geopandas", large, LARGE, geopandas, _geopandas, rounds=1, group="overlay"),
        *(
            _case(
                f"overlay-{engine.__name__.lower()}", large, LARGE, engine.name,
                partial(_asked, engine), rounds=1, group="overlay",
                load_peer=partial(_loaded, engine), why_absent=engine.absent,
            )
            for engine in (SedonaDB, PostGIS, DuckDB)
        ),
        _case("overlay-liten", small, SMALL, geopandas, _geopandas, rounds=3),
        Case(
            name="overlay-regnskap",
            work="account of 3 721 polygons by 625 within a boundary, with the closing line",
            ours=_account,
            peer="geopandas.overlay, union, clipped (no check, no closing line)",
            run_peer=_union,
            prepare=partial(_prepare, SMALL),
            difference=_largest,
            rounds=3,
        ),
    ]  # fmt: skip


def _case(
    name: str,
    work: str,
    size: tuple[int, int],
    peer: str,
    run_peer: Callable[[Path], pd.Series],
    **more: Any,  # noqa: ANN401  (fields of Case)
) -> Case:
    return Case(
        name=name, work=work, ours=_ours, peer=peer, run_peer=run_peer,
        prepare=partial(_prepare, size), difference=_largest, inputs=_layers, **more,
    )  # fmt: skip


def _prepare(size: tuple[int, int], folder: Path) -> None:
    side = size[0] * 100.0
    random = np.random.default_rng(7)
    for name, cells, steps in (("land", size[0], 24), ("plan", size[1], 12)):
        shapes = jagged(cells, steps, side, seed=steps)
        columns = {"id": np.arange(len(shapes)), "art": random.integers(0, 12, len(shapes))}
        gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_parquet(folder / f"{name}.parquet")


@lru_cache(maxsize=1)
def _layers(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Read both layers, once a process: in the round that is not counted."""
    return gpd.read_parquet(folder / "land.parquet"), gpd.read_parquet(folder / "plan.parquet")


def _ours(folder: Path) -> pd.Series:
    from askergeo.overlay.areas import pair_areas  # noqa: PLC0415  (loaded where it is used)

    found = pair_areas(*_layers(folder))
    return pd.Series(found.area, index=[found.left, found.right])


def _geopandas(folder: Path) -> pd.Series:
    land, plan = _layers(folder)
    cut = gpd.overlay(land, plan, how="intersection", keep_geom_type=True)
    return pd.Series(cut.area.to_numpy(), index=[cut["id_1"], cut["id_2"]])


@lru_cache(maxsize=1)
def _loaded(engine: type[Engine], folder: Path) -> Engine:
    """Give the layers to an engine, once a process."""
    return engine(dict(zip(("land", "plan"), _layers(folder), strict=True)))


def _asked(engine: type[Engine], folder: Path) -> pd.Series:
    return _pairs(_loaded(engine, folder).pairs())


def _pairs(frame: pd.DataFrame) -> pd.Series:
    frame = frame[frame["area"] > 0]
    return pd.Series(frame["area"].to_numpy(), index=[frame["land"], frame["plan"]])


def _boundary(folder: Path) -> gpd.GeoDataFrame:
    """Make a round municipality that the layers reach out of."""
    west, south, east, _ = _layers(folder)[0].total_bounds
    reach = (east - west) / 2
    circle = shapely.Point(west + reach, south + reach).buffer(reach * 0.95, quad_segs=1000)
    return gpd.GeoDataFrame(geometry=[circle], crs=CRS)


def _account(folder: Path) -> pd.Series:
    from askergeo.overlay.account import account  # noqa: PLC0415

    land, plan = _layers(folder)
    by = {"land": ["art"], "plan": ["art"]}
    found = account({"land": land, "plan": plan}, by=by, boundary=_boundary(folder))
    if not found.closes:
        raise AssertionError(found.balance)
    return found.rows.set_index(["land.art", "plan.art"])["areal_m2"]


def _union(folder: Path) -> pd.Series:
    land, plan = _layers(folder)
    both = gpd.overlay(land[["art", "geometry"]], plan[["art", "geometry"]], how="union")
    both = gpd.overlay(both, _boundary(folder), how="intersection")
    return both.area.groupby([both["art_1"], both["art_2"]]).sum()


def _largest(ours: pd.Series, peer: pd.Series) -> float:
    """Largest difference of any pair, m²; a pair that one does not have is 0 there."""
    names = ["first", "second"]
    ours, peer = (
        one.rename_axis(names).groupby(level=names).sum().astype(float) for one in (ours, peer)
    )
    return float(ours.sub(peer, fill_value=0.0).abs().max())


def jagged(side: int, steps: int, size: float, seed: int) -> np.ndarray:
    """Make ``side``² polygons of ``4·steps`` edges that cover a square of ``size`` metres."""
    random = np.random.default_rng(seed)
    cell = size / side
    corner = np.stack(np.meshgrid(*[np.arange(side + 1) * cell] * 2, indexing="ij"), -1)
    inner = np.zeros(corner.shape, dtype=bool)
    inner[1:-1, 1:-1] = True
    corner += np.where(inner, random.uniform(-0.2, 0.2, corner.shape) * cell, 0.0)
    east = _bent(corner[:-1], corner[1:], steps, cell, random, along=1)
    north = _bent(corner[:, :-1], corner[:, 1:], steps, cell, random, along=0)
    rings = np.concatenate(
        [
            east[:, :-1, :-1],
            north[1:, :, :-1],
            east[:, 1:, :0:-1],
            north[:-1, :, :0:-1],
        ],
        axis=2,
    ).reshape(side * side, 4 * steps, 2)
    rings = np.append(rings, rings[:, :1], axis=1) + np.array([570_000.0, 6_630_000.0])
    return shapely.polygons(rings.round(2))


def _bent(
    start: np.ndarray,
    end: np.ndarray,
    steps: int,
    cell: float,
    random: np.random.Generator,
    *,
    along: int,
) -> np.ndarray:
    """Points from start to end, off the straight line between them except at the rim."""
    share = np.arange(steps + 1)[:, None] / steps
    line = start[:, :, None] * (1 - share) + end[:, :, None] * share
    off = random.uniform(-1.0, 1.0, line.shape[:3]) * cell * 0.02
    off[:, :, [0, -1]] = 0.0
    rim = (slice(None), [0, -1]) if along == 1 else ([0, -1],)
    off[rim] = 0.0
    line[..., along] += off
    return line
