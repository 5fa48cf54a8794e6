"""Ground rules: terrains and land cover that a hand works out, and the whole against its windows."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.numbers import format_number
from askergeo.parameters import load_parameters
from askergeo.plan.catalogue import load_rules
from askergeo.plan.ground import METHODS
from askergeo.plan.map_layers import asked_uses
from askergeo.plan.place import Place
from askergeo.plan.uses import use_of
from askergeo.result import Status

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
    method = METHODS[found.asks.method]
    return method(found, uses, place, package, load_parameters("plansjekk"))


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


def test_land_cover_that_nobody_has_mapped_is_no_green(cover: Callable[..., DataPackage]) -> None:
    answer = ask("kart.karbon", cover(), plan(("1201", shapely.box(850, 0, 950, 100))))
    assert answer.status is Status.NOT_MAPPED
    assert answer.unmapped_m2 == pytest.approx(5_000)
