"""Quick-clay screening: terrains whose answer a hand works out, and Eksempelbygda."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from askergeo.analyses._clay_ground import CLAY, UNKNOWN, Ground, Shapes, clay_shapes
from askergeo.analyses._clay_release import Criteria, release_areas
from askergeo.analyses.kvikkleire import criteria_of, kvikkleire
from askergeo.datapackage import DataPackage
from askergeo.errors import CrsError
from askergeo.example import answer_key
from askergeo.parameters import load_parameters
from askergeo.raster.windows import height_grid
from askergeo.result import Status
from askergeo.run import run
from askergeo.terrain import terrain_of

CRS = "EPSG:25832"
CELL, ROWS, COLUMNS = 5.0, 40, 200
WIDE, HIGH = COLUMNS * CELL, ROWS * CELL


def frame(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


@pytest.fixture
def ground(tmp_path):
    """Write heights (rows, columns) as a terrain with its corner at (0, HIGH)."""

    def write(z, cell=CELL):
        path = tmp_path / "terreng.tif"
        z = np.broadcast_to(np.asarray(z, np.float32), (round(HIGH / cell), round(WIDE / cell)))
        with rasterio.open(
            path, "w", driver="GTiff", width=z.shape[1], height=z.shape[0], count=1, crs=CRS,
            transform=Affine(cell, 0, 0, 0, -cell, HIGH), dtype="float32",
        ) as out:  # fmt: skip
            out.write(z, 1)
        return terrain_of(path)

    return write


def municipality():
    box = shapely.box(0, 0, WIDE, HIGH)
    return frame(box, kommunenummer=["3203"], kommunenavn=["Asker"], omfang=["land"])


def screen(terrain, *, overrides=None, **layers):
    parameters = load_parameters("kvikkleire", overrides)
    boundary = layers.pop("kommunegrense", municipality())
    return kvikkleire(terrain, kommunegrense=boundary, parameters=parameters, **layers)


def areas(result):
    return result.table("losneomrader").frame


def account(result):
    return result.table("arealregnskap").frame["dekar"]


def plateau(high, edge=100):
    """A plain, and from ``edge`` on (a column) a plateau."""
    z = np.zeros(COLUMNS)
    z[edge:] = high
    return z


def clay(*boxes, chance="stor"):
    return frame(*(shapely.box(*b) for b in boxes), mulighet=[chance] * len(boxes))


EVERYWHERE = (0.0, 0.0, WIDE, HIGH)


def test_the_release_area_of_a_plateau_reaches_twenty_heights_behind_its_foot(ground):
    result = screen(ground(plateau(12.0)), marin_leire=clay(EVERYWHERE))
    table = areas(result)
    assert len(table) == 1
    row = table.iloc[0]
    # 20 · 12 m from the centre of the last low cell: 240 m, less at most a cell and a half.
    assert row["dekar"] == pytest.approx(0.24 * HIGH, abs=1.5 * CELL * HIGH / 1000)
    assert (row["hoyde_m"], row["topp_moh"], row["fot_moh"]) == (12.0, 12.0, 0.0)
    assert (row["lengde_m"], row["utlop_aapent_m"], row["utlop_kanal_m"]) == (240, 360, 720)
    assert row["leire"] == "ja"
    # 12 m over two cells, as Horn sees it.
    assert row["helning_grader"] == pytest.approx(np.degrees(np.arctan(12 / (2 * CELL))), abs=0.01)
    drawn = result.layer("losneomrader").frame.geometry.iloc[0]
    assert drawn.area == pytest.approx(1000 * row["dekar"])
    # The lower half of the step is steep and belongs to the slope: one cell below the edge.
    assert drawn.bounds[0] in (99 * CELL, 100 * CELL)


def test_the_lower_slope_belongs_to_the_area(ground):
    # 1:10 for 200 m, then flat: every cell from the foot on is slope or within 20 · 20 m.
    z = np.clip((np.arange(COLUMNS) - 40) * CELL / 10, 0, 20)
    drawn = screen(ground(z), marin_leire=clay(EVERYWHERE)).layer("losneomrader").frame
    assert len(drawn) == 1
    west, _, east, _ = drawn.total_bounds
    assert west == pytest.approx(41 * CELL, abs=1.5 * CELL)
    assert east == pytest.approx(40 * CELL + 400, abs=2 * CELL)


@pytest.mark.parametrize(
    ("fall", "helning", "count"), [(18, 20, 1), (18, 15, 0), (14, 15, 1), (21, 20, 0)]
)
def test_an_even_slope_counts_by_how_steep_it_is(ground, fall, helning, count):
    z = np.arange(COLUMNS) * CELL / fall
    result = screen(ground(z), marin_leire=clay(EVERYWHERE), overrides={"helning": helning})
    assert len(areas(result)) == count


def test_low_steps_count_only_with_the_bed_of_the_stream(ground):
    z = plateau(4.7)
    stream = frame(shapely.box(480, 0, 490, HIGH), vanntype=["elv"])
    assert len(areas(screen(ground(z), marin_leire=clay(EVERYWHERE)))) == 0
    found = areas(screen(ground(z), marin_leire=clay(EVERYWHERE), vann=stream))
    assert found["hoyde_m"].tolist() == pytest.approx([5.2])
    assert found["fot"].tolist() == ["vassdrag"]


@pytest.mark.parametrize("sea_floor", [0.0, np.nan, -7.0])
def test_the_sea_is_a_foot_also_without_heights(ground, sea_floor):
    z = plateau(5.0)
    z[:100] = sea_floor
    land = frame(shapely.box(500, 0, WIDE, HIGH), kommunenummer=["3203"], kommunenavn=["A"],
                 omfang=["land"])  # fmt: skip
    sea = frame(shapely.box(0, 0, 500, HIGH), vanntype=["hav"])
    found = areas(screen(ground(z), kommunegrense=land, vann=sea, marin_leire=clay(EVERYWHERE)))
    assert found["hoyde_m"].tolist() == pytest.approx([12.0 if sea_floor == -7 else 5.5])
    assert found["fot"].tolist() == ["sjø"]


def test_unknown_heights_are_neither_flat_nor_foot(ground):
    z = np.full((ROWS, COLUMNS), 30.0)
    z[:, 50:90] = np.nan
    result = screen(ground(z), marin_leire=clay(EVERYWHERE))
    assert len(areas(result)) == 0
    assert account(result)["ukjent_hoyde"] == pytest.approx(40 * CELL * HIGH / 1000)
    assert any("Høyden er ukjent" in text for text in result.warnings)


def test_clay_is_yes_no_or_unknown(ground):
    z = plateau(12.0)
    half = HIGH / 2
    sure = clay((0, 0, WIDE, half))
    unsure = screen(ground(z), marin_leire=sure)
    assert areas(unsure)["leire"].tolist() == ["ja", "ukjent"]
    assert unsure.findings[-1].status is Status.NOT_MAPPED
    known = screen(ground(z), marin_leire=sure, dekning={"marin_leire": shapely.box(*EVERYWHERE)})
    assert areas(known)["leire"].tolist() == ["ja"]
    assert account(known)["losne_nei"] == pytest.approx(account(unsure)["losne_ukjent"])
    thin = clay(EVERYWHERE, chance="liten_usammenhengende")
    assert len(areas(screen(ground(z), marin_leire=thin))) == 0
    nothing = screen(ground(z))
    assert areas(nothing)["leire"].tolist() == ["ukjent"]
    assert "0 dekar der det kan være marin leire" in nothing.sentence
    high = screen(ground(z + 215), marin_leire=clay(EVERYWHERE))
    assert len(areas(high)) == 0  # the plateau lies above the marine limit


def test_the_account_closes_and_the_areas_are_its_rows(ground):
    rng = np.random.default_rng(4)
    z = np.cumsum(rng.normal(0, 0.6, COLUMNS)) + 20
    box = (120.0, 0.0, 700.0, HIGH)
    result = screen(ground(z), marin_leire=clay(box), overrides={"minste_areal_m2": 0})
    area = account(result)
    assert area["sum"] == pytest.approx(WIDE * HIGH / 1000)
    assert area.drop("sum").sum() == pytest.approx(area["sum"])
    assert area["utenfor"] == pytest.approx(0)
    by_clay = areas(result).groupby("leire")["dekar"].sum()
    assert by_clay["ja"] == pytest.approx(area["losne_ja"])
    assert by_clay["ukjent"] == pytest.approx(area["losne_ukjent"])


def test_land_outside_the_terrain_is_told(ground):
    wide = municipality()
    wide.geometry = [shapely.box(0, 0, 2 * WIDE, HIGH)]
    result = screen(ground(plateau(1.0)), kommunegrense=wide, marin_leire=clay(EVERYWHERE))
    assert account(result)["utenfor"] == pytest.approx(WIDE * HIGH / 1000)
    assert any("utenfor terrengmodellen" in text for text in result.warnings)


def test_known_zones_are_held_against_the_areas(ground):
    zones = {
        "kvikkleire_faresone": frame(
            shapely.box(520, 0, 620, 100), shapely.box(0, 0, 100, 100), faresone_id=[1, 2]
        )
    }
    result = screen(ground(plateau(12.0)), marin_leire=clay(EVERYWHERE), **zones)
    row = result.table("kjente_soner").frame.loc["kvikkleire_faresone"]
    assert (row["soner"], row["soner_med"]) == (2, 1)
    assert (row["dekar"], row["leire_dekar"], row["alle_prosent"]) == (20.0, 10.0, 50.0)
    assert row["nye_dekar"] == pytest.approx(account(result)["losne_ja"] - 10)


def test_a_finer_terrain_gives_nearly_the_same_and_windows_give_the_same(ground):
    rng = np.random.default_rng(5)
    fine = np.repeat(np.cumsum(rng.normal(0, 0.9, COLUMNS)) + 30, 5)
    parameters = load_parameters("kvikkleire")
    terrain = ground(fine, cell=1.0)
    grid = height_grid(terrain.info, least_cell=parameters["minste_celle_m"])
    assert grid.cell == 5.0
    made = Ground.of(grid, shapely.box(*EVERYWHERE), None, clay_shapes(None, None, []), parameters)
    whole = release_areas(made, criteria_of(parameters))
    parts = release_areas(made, criteria_of(parameters), rows=7)
    np.testing.assert_array_equal(whole.areas.cells, parts.areas.cells)
    np.testing.assert_array_equal(whole.areas.highest, parts.areas.highest)
    assert all(a.equals(b) for a, b in zip(whole.shapes, parts.shapes, strict=True))


def test_a_box_gives_the_areas_of_its_surroundings(ground):
    terrain = ground(plateau(12.0))
    parameters = load_parameters("kvikkleire")
    grid = height_grid(terrain.info, box=(300.0, 50.0, 800.0, 150.0))
    plan = shapely.box(600, 80, 700, 120)
    made = Ground.of(grid, plan, None, clay_shapes(clay(EVERYWHERE), None, ["stor"]), parameters)
    release = release_areas(made, Criteria(ratio=20, least=5, length=20, least_area=0))
    assert release.areas.code.tolist() == [CLAY]
    assert release.shapes[0].equals(plan)  # 100–200 m behind the edge: all of it


def test_unknown_clay_and_nothing_inside():
    none = Shapes(np.empty(0, object), np.empty(0, np.uint8))
    cells = np.full((2, 2), UNKNOWN, np.uint8)
    none.burn(cells, Affine(1, 0, 0, 0, -1, 2))
    assert (cells == UNKNOWN).all()


def test_layers_in_another_crs_are_refused(ground):
    with pytest.raises(CrsError):
        screen(ground(plateau(12.0)), marin_leire=clay(EVERYWHERE).to_crs("EPSG:25833"))


def test_eksempelbygda(demo_folder):
    package = DataPackage.open(demo_folder / "datapakke")
    result = run("kvikkleire", package)
    assert result.provenance is not None
    assert "terreng" in {one.layer for one in result.provenance.sources}
    area = account(result)
    assert area.drop("sum").sum() == pytest.approx(area["sum"])
    table = areas(result)
    assert len(table) > 10
    assert (table["hoyde_m"] >= 5).all()
    np.testing.assert_allclose(table["lengde_m"], 20 * table["hoyde_m"])
    # Where the map of clay has a hole, and only there, it is unknown whether a slide can go.
    key = answer_key(package)["marin_leire_hull"]
    hole = shapely.Point(key["x"], key["y"]).buffer(key["radius_m"] + 15)
    drawn = result.layer("losneomrader").frame
    unknown = drawn.geometry[drawn["leire"] == "ukjent"]
    assert unknown.area.sum() > 10_000
    assert unknown.within(hole).all()
    # The zones are drawn round uneven ground on clay; those that lie on it have a release area.
    known = result.table("kjente_soner").frame
    with_area = known["soner_med"] / known["soner"]
    assert with_area["kvikkleire_faresone"] > 0.6
    assert with_area["kvikkleire_aktsomhet"] > 0.6
    clay_layer = package.read("marin_leire").union_all()
    sure = shapely.union_all(drawn.geometry[drawn["leire"] == "ja"])
    on_clay = shapely.intersection(sure, clay_layer).area / sure.area
    assert on_clay > 0.95  # cells are in by their centre
    steeper = run("kvikkleire", package, overrides={"helning": "15"})
    assert account(steeper)["losne_ja"] <= area["losne_ja"]
