"""Ground rules: terrains and land cover that a hand works out, and the whole against its windows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from scipy import ndimage

from askergeo.analyses.kvikkleire import kvikkleire
from askergeo.datapackage import DataPackage, Origin
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan.catalogue import load_rules
from askergeo.plan.map_layers import asked_uses
from askergeo.plan.methods import Question, ask_method
from askergeo.plan.place import Place
from askergeo.plan.uses import use_of
from askergeo.result import Status
from askergeo.terrain import open_terrain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from askergeo.plan.answer import MapAnswer

CRS = "EPSG:25832"
ORIGIN = Origin(title="Test", fetched="2025-01-01", licence="CC0", attribution="", owner="")
# A hectare of bog that is dug out: 50 kg C/m³ in a metre of peat, and 2 t C of plants.
PEAT = (50 * 10 + 2) * 44 / 12


def plan(*purposes: tuple[str, shapely.Polygon]) -> Place:
    """A plan of purposes (code, surface) on the ground."""
    rows = [
        {
            "objekt": f"f{number}",
            "kode": code,
            "bruk": use_of(code).name,
            "geometry": shapely.MultiPolygon([shape]),
        }
        for number, (code, shape) in enumerate(purposes)
    ]
    uses = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    return Place(
        outline=uses.union_all(), uses=uses, limits=uses.iloc[:0], plan_ids=frozenset(),
        other_levels={},
    )  # fmt: skip


def ask(rule: str, package: DataPackage, place: Place) -> MapAnswer:
    found = load_rules()[rule]
    assert found.asks is not None
    uses = asked_uses(place.uses, found.asks.uses)
    question = Question(found, uses, place, package, load_parameters("plansjekk"))
    return ask_method(found.asks.method, question)


@pytest.fixture
def cover(tmp_path: Path) -> Callable[..., DataPackage]:
    """A square kilometre, by x: spruce, field (400–), bog (700–), built (800–), unmapped (900–)."""

    def make(**layers: gpd.GeoDataFrame) -> DataPackage:
        package = DataPackage.create(tmp_path / "myr", municipality="3203", name="myr")
        edges = (0, 400, 700, 800, 900, 1000)
        ar5 = gpd.GeoDataFrame(
            {
                "arealtype": [30, 21, 60, 11, 99],
                "skogbonitet": [14, 98, 98, 98, 98],
                "treslag": [31, 98, 98, 98, 98],
                "grunnforhold": [44, 44, 45, 46, 98],
            },
            geometry=[shapely.box(a, 0, b, 1000) for a, b in itertools.pairwise(edges)],
            crs=CRS,
        )
        for name, frame in ({"ar5": ar5} | layers).items():
            package.write(name, frame, origin=ORIGIN)
        return package

    return make


def test_a_quarry_in_a_bog_emits_its_peat(cover: Callable[..., DataPackage]) -> None:
    place = plan(("1201", shapely.box(700, 0, 800, 100)), ("1201", shapely.box(790, 100, 860, 200)))
    answer = ask("kart.karbon", cover(), place)
    assert answer.status is Status.HIT_YELLOW
    assert answer.area_m2 == pytest.approx(11_000)
    (hit,) = answer.hits
    assert (hit.code, hit.objects) == ("1201", ("f0", "f1"))
    assert hit.geometry.equals(
        shapely.union(shapely.box(700, 0, 800, 100), shapely.box(790, 100, 800, 200))
    )
    # All of a quarry is laid bare, and all peat under it goes.
    assert f"{format_number(1.1 * PEAT)} tonn CO2e over 20 år" in hit.what
    assert "Myr og annen organisk jord" in answer.remark
    assert "plassholdere" in answer.remark


def test_other_land_is_told_and_is_no_hit(cover: Callable[..., DataPackage]) -> None:
    answer = ask("kart.karbon", cover(), plan(("1201", shapely.box(0, 0, 100, 100))))
    assert (answer.status, answer.hits, answer.unmapped_m2) == (Status.NO_HIT, (), 0)
    paved = (70 * 1.39 * 0.51 + 55 + 117 * 0.2) * 44 / 12
    assert f"10,0 dekar: {format_number(paved)} tonn" in answer.remark


def test_what_is_not_building_takes_no_bog(cover: Callable[..., DataPackage]) -> None:
    bog = shapely.box(700, 0, 800, 100)
    package = cover()
    green = ask("kart.karbon", package, plan(("3040", bog)))
    assert (green.status, green.area_m2) == (Status.NOT_RELEVANT, 0)
    built = ask("kart.karbon", package, plan(("1201", shapely.box(810, 0, 890, 9))))
    assert (built.status, built.hits) == (Status.NO_HIT, ())


def test_bog_in_an_area_without_a_purpose_is_a_hit_without_tonnes(cover) -> None:
    package = cover()
    bare = ask("kart.karbon", package, plan(("", shapely.box(650, 0, 750, 100))))
    assert bare.status is Status.HIT_YELLOW
    assert bare.area_m2 == pytest.approx(5_000)
    assert bare.hits[0].what.endswith("utslippet er ikke regnet")
    dry = ask("kart.karbon", package, plan(("", shapely.box(0, 0, 100, 100))))
    assert (dry.status, dry.hits) == (Status.NO_HIT, ())
    both = plan(("", shapely.box(700, 0, 710, 100)), ("1201", shapely.box(710, 0, 720, 100)))
    assert ask("kart.karbon", package, both).area_m2 == pytest.approx(2_000)


def test_land_cover_that_nobody_has_mapped_is_no_green(cover: Callable[..., DataPackage]) -> None:
    answer = ask("kart.karbon", cover(), plan(("1201", shapely.box(850, 0, 950, 100))))
    assert answer.status is Status.NOT_MAPPED
    assert answer.unmapped_m2 == pytest.approx(5_000)


CELL, ROWS, COLUMNS = 5.0, 80, 800
WIDE, HIGH = CELL * COLUMNS, CELL * ROWS
EVERYWHERE = shapely.box(0, 0, WIDE, HIGH)


def frame(*shapes: shapely.Geometry, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=CRS)


@pytest.fixture
def ground(tmp_path: Path) -> Callable[..., DataPackage]:
    """A package of heights (rows, columns) with their corner at (0, HIGH), and layers."""

    def make(z: object, clay: shapely.Geometry | None = EVERYWHERE, **layers) -> DataPackage:
        package = DataPackage.create(tmp_path / "grunn", municipality="3203", name="grunn")
        z = np.broadcast_to(np.asarray(z, np.float32), (ROWS, COLUMNS))
        with rasterio.open(
            tmp_path / "z.tif", "w", driver="GTiff", width=COLUMNS, height=ROWS, count=1, crs=CRS,
            transform=Affine(CELL, 0, 0, 0, -CELL, HIGH), dtype="float32",
        ) as out:  # fmt: skip
            out.write(z, 1)
        package.write_raster("terreng", tmp_path / "z.tif", origin=ORIGIN)
        if clay is not None:
            layers["marin_leire"] = frame(clay, marin_leire_id=[1], mulighet=["stor"])
        for name, one in layers.items():
            package.write(name, one, origin=ORIGIN, coverage=EVERYWHERE)
        return package

    return make


def plateau(high: float, edge: int = 400) -> np.ndarray:
    z = np.zeros(COLUMNS)
    z[edge:] = high
    return z


def terrain(package: DataPackage, *purposes: tuple[str, shapely.Polygon]) -> MapAnswer:
    return ask("kart.kvikkleire.terreng", package, plan(*purposes))


def test_a_plan_on_the_edge_of_a_plateau_is_in_the_release_area(ground) -> None:
    # The edge is 2000 m east; L is 20 · 12 m.
    package = ground(plateau(12.0))
    answer = terrain(package, ("1110", shapely.box(2100, 100, 2200, 200)))
    assert answer.status is Status.HIT_YELLOW
    assert answer.area_m2 == pytest.approx(10_000)
    (hit,) = answer.hits
    assert "kan være marin leire, inntil 12,0 m over skråningsfoten: 10\xa0000 m²" in hit.what
    behind = terrain(package, ("1110", shapely.box(2300, 100, 2400, 200)))
    assert (behind.hits, behind.unmapped_m2) == ((), 0)
    assert behind.distance_m == pytest.approx(2300 - 2240, abs=1.5 * CELL)


def test_a_plan_below_a_plateau_is_in_its_run_out(ground) -> None:
    package = ground(plateau(12.0))
    near = terrain(package, ("1110", shapely.box(1700, 100, 1800, 200)))
    assert near.status is Status.HIT_YELLOW
    assert near.hits[0].what == "utløp i åpent terreng fra løsneområde: 10\xa0000 m²"
    # 1.5 · 240 m from the edge, and no further.
    far = terrain(package, ("1110", shapely.box(1400, 100, 1600, 200)))
    assert far.hits == ()


@pytest.mark.parametrize(("slope", "hit"), [(1 / 18, True), (1 / 22, False)])
def test_an_even_slope_is_asked_by_how_steep_it_is(ground, slope: float, hit: bool) -> None:
    package = ground(np.arange(COLUMNS) * CELL * slope)
    answer = terrain(package, ("1110", shapely.box(1950, 180, 2050, 220)))
    assert bool(answer.hits) == hit


def test_a_gorge_leads_masses_past_the_open_reach(ground) -> None:
    z = np.full((ROWS, COLUMNS), 12.0)
    z[37:43] = -0.01 * np.arange(COLUMNS)
    package = ground(z, clay=shapely.box(0, 0, 300, HIGH))
    floor = (HIGH - 42 * CELL, HIGH - 38 * CELL)
    # L is 20 · 12 m or a little more: 1.5·L ends at about 660 m, 3·L at about 1050 m.
    inside = terrain(package, ("1110", shapely.box(750, floor[0], 800, floor[1])))
    assert [hit.what.split(":")[0] for hit in inside.hits] == [
        "utløp i kanalisert terreng fra løsneområde"
    ]
    above = terrain(package, ("1110", shapely.box(750, 300, 800, 320)))
    assert not [hit for hit in above.hits if "kanalisert" in hit.what]
    assert not terrain(package, ("1110", shapely.box(1200, floor[0], 1250, floor[1]))).hits


def test_unknown_clay_is_said_and_known_absence_is_no_hit(ground) -> None:
    place = ("1110", shapely.box(2100, 100, 2200, 200))
    unknown = terrain(ground(plateau(12.0), clay=None), place)
    assert unknown.status is Status.HIT_YELLOW
    assert "marin leire er ikke kartlagt" in unknown.hits[0].what
    assert "Marin leire er ikke kartlagt her" in unknown.remark


def test_ground_without_clay_or_use_without_category_is_no_hit(ground) -> None:
    package = ground(plateau(12.0), clay=shapely.box(0, 0, 100, 100))  # the rest is known
    built = ("1110", shapely.box(2100, 100, 2200, 200))
    assert terrain(package, built).hits == ()
    rule = load_rules()["kart.kvikkleire.terreng"]
    assert rule.asks is not None
    assert not len(asked_uses(plan(("3001", built[1])).uses, rule.asks.uses))


def test_what_the_terrain_model_does_not_hold_is_not_mapped(ground) -> None:
    z = plateau(2.0)
    z[600:] = np.nan
    package = ground(z)
    away = terrain(package, ("1110", shapely.box(9_000, 0, 9_100, 100)))
    assert (away.status, away.unmapped_m2) == (Status.NOT_MAPPED, 10_000)
    half = terrain(package, ("1110", shapely.box(2950, 100, 3050, 200)))
    assert (half.status, half.unmapped_m2) == (Status.NOT_MAPPED, 5_000)
    # A foot 40 m away could matter, and what is there is unknown.
    beside = terrain(package, ("1110", shapely.box(2940, 190, 2960, 210)))
    assert (beside.status, beside.unmapped_m2) == (Status.NOT_MAPPED, 0)
    middle = terrain(package, ("1110", shapely.box(1000, 190, 1100, 210)))
    assert (middle.status, middle.unmapped_m2) == (Status.NO_HIT, 0)


@pytest.mark.parametrize("seed", range(3))
def test_the_window_gives_what_the_whole_municipality_gives(ground, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z = ndimage.gaussian_filter(rng.normal(size=(ROWS, COLUMNS)), 6)
    z = 40 + z / z.std() * 6
    package = ground(z, clay=shapely.box(500, 0, 3500, HIGH))
    land = frame(EVERYWHERE, kommunenummer=["3203"], kommunenavn=["Asker"], omfang=["land"])
    heights = open_terrain(package)
    assert heights is not None
    whole = kvikkleire(
        heights, kommunegrense=land, marin_leire=package.read("marin_leire"),
        dekning={"marin_leire": EVERYWHERE}, parameters=load_parameters("kvikkleire"),
    )  # fmt: skip
    drawn = [whole.layer(name).frame.union_all() for name in ("losneomrader", "utlop")]
    expected = shapely.union(*drawn)
    squares = [shapely.box(x, 150, x + 150, 250) for x in (700, 1500, 2300, 3100)]
    # What can reach a plan in this small terrain lies within a kilometre.
    rule = load_rules()["kart.kvikkleire.terreng"]
    parameters = load_parameters("plansjekk", {"kvikkleire_sok_m": 1000})
    hit = 0
    for square in squares:
        place = plan(("1110", square))
        answer = ask_method(
            "kvikkleire_terreng", Question(rule, place.uses, place, package, parameters)
        )
        found = [one.geometry for one in answer.hits]
        inside = shapely.intersection(expected, square)
        assert shapely.symmetric_difference(shapely.union_all(found), inside).area < 1e-6
        hit += inside.area > 0
    assert hit >= 2
