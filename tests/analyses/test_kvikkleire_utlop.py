"""Run-out of quick-clay slides: a plateau and a gorge whose answer a hand works out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from askergeo.analyses.kvikkleire import kvikkleire
from askergeo.parameters import load_parameters
from askergeo.terrain import terrain_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.result import Result

CRS = "EPSG:25832"
CELL, ROWS, COLUMNS = 5.0, 60, 300
WIDE, HIGH = COLUMNS * CELL, ROWS * CELL


def frame(*shapes: shapely.Polygon, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


@pytest.fixture
def screen(tmp_path) -> Callable[..., Result]:
    """Screen heights (rows, columns) with their corner at (0, HIGH)."""

    def run(z, clay, mapped=None, **overrides: object) -> Result:
        path = tmp_path / "terreng.tif"
        z = np.broadcast_to(np.asarray(z, np.float32), (ROWS, COLUMNS))
        with rasterio.open(
            path, "w", driver="GTiff", width=COLUMNS, height=ROWS, count=1, crs=CRS,
            transform=Affine(CELL, 0, 0, 0, -CELL, HIGH), dtype="float32",
        ) as out:  # fmt: skip
            out.write(z, 1)
        everywhere = shapely.box(0, 0, WIDE, HIGH)
        return kvikkleire(
            terrain_of(path),
            kommunegrense=frame(
                everywhere, kommunenummer=["3203"], kommunenavn=["A"], omfang=["land"]
            ),
            marin_leire=frame(clay, mulighet=["stor"]),
            dekning={"marin_leire": everywhere if mapped is None else mapped},
            parameters=load_parameters("kvikkleire", overrides),
        )

    return run


def plateau(high: float, edge: int = 150) -> np.ndarray:
    z = np.zeros(COLUMNS)
    z[edge:] = high
    return z


def test_below_a_plateau_masses_reach_one_and_a_half_lengths(screen):
    result = screen(plateau(12.0), shapely.box(0, 0, WIDE, HIGH))
    zones = result.layer("utlop").frame
    assert zones[["sone", "leire"]].to_numpy().tolist() == [["aapent", "ja"]]
    west, south, east, north = zones.total_bounds
    area = result.layer("losneomrader").frame.total_bounds
    # L is 20 · 12 m, the edge 750 m east; cells of 10 m whose nearest corner is reached.
    assert west == pytest.approx(area[0] - 360, abs=15)
    assert east == pytest.approx(area[0], abs=10)
    assert (south, north) == (0, HIGH)
    row = result.table("losneomrader").frame.iloc[0]
    assert row["utlop_dekar"] == pytest.approx(zones.area.sum() / 1000)
    assert row["utlop_kanal_dekar"] == 0


def test_in_a_gorge_masses_go_on_to_three_lengths(screen):
    z = np.full((ROWS, COLUMNS), 12.0)
    z[28:34] = -0.02 * np.arange(COLUMNS)  # 30 m wide, falling eastwards by 0.4 %
    # Clay in the west only: nothing is released east of 300 m.
    result = screen(z, shapely.box(0, 0, 300, HIGH))
    zones = result.layer("utlop").frame.set_index("sone")
    assert sorted(zones.index) == ["aapent", "kanalisert"]
    longest = result.table("losneomrader").frame["lengde_m"].max()
    east = zones.bounds["maxx"]
    assert east["aapent"] == pytest.approx(300 + 1.5 * longest, abs=15)
    assert east["kanalisert"] == pytest.approx(300 + 3 * longest, abs=15)
    # They stay between the sides.
    _, south, _, north = zones.loc[["kanalisert"]].total_bounds
    assert HIGH - 35 * CELL <= south <= north <= HIGH - 27 * CELL


def test_unknown_clay_is_told_and_runs_out_beside_it(screen):
    everything, half = shapely.box(0, 0, WIDE, HIGH), shapely.box(0, 0, WIDE, HIGH / 2)
    unsure = screen(plateau(12.0), half, mapped=half).layer("utlop").frame
    assert set(unsure["leire"]) == {"ja", "ukjent"}
    sure = unsure[unsure["leire"] == "ja"]
    # What both reach belongs to the surer, and nothing is drawn twice.
    assert sure.union_all().intersection(shapely.box(0, HIGH / 2, WIDE, HIGH)).area > 0
    assert unsure.area.sum() == pytest.approx(unsure.union_all().area)
    known = screen(plateau(12.0), half, mapped=everything).layer("utlop").frame
    assert set(known["leire"]) == {"ja"}


def test_run_out_can_be_left_out(screen):
    result = screen(plateau(12.0), shapely.box(0, 0, WIDE, HIGH), utlop="nei")
    assert "utlop" not in {layer.name for layer in result.layers}
    assert "utlop_dekar" not in result.table("losneomrader").frame
    assert result.table("losneomrader").frame["utlop_aapent_m"].tolist() == [360]
    assert any("ikke tegnet" in text for text in result.reading)
