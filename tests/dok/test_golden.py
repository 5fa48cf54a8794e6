"""Hit areas, counts and distances against PostGIS, for NVE's zones in Trondheim."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

from askergeo.datapackage import DataPackage, Origin
from askergeo.dok import check_area, configs_of, parse_filter
from askergeo.ingest import add_file
from askergeo.result import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from askergeo.dok import DokResult

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "postgis.json").read_text(encoding="utf-8"))
MAKER = runpy.run_path(str(HERE / "make_golden.py"))
ZONE = "kvikkleire_faresone"
# Two versions of GEOS round differently, and two libraries transform in other orders.
EXACT = {"rel": 1e-7, "abs": 1e-3}


@pytest.fixture(scope="module")
def trondheim(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> DataPackage:
    made = DataPackage.create(tmp_path_factory.mktemp("dok") / "trondheim", municipality="5001")
    hazard = shared_data / "hazard"
    clay, flood = (hazard / f"trondheim_{n}_nve_2015.geojson" for n in ("kvikkleire", "flom"))
    add_file(made, ZONE, clay, mapping="nve_kvikkleire_faresone")
    add_file(made, "flom", flood, mapping="nve_flom")
    return made


def checked(package: DataPackage, number: int, name: str, **given: Any) -> DokResult:
    configs = {one.name: one for one in configs_of(package.catalogue)}
    config = configs["flomsoner" if name.startswith("flood") else "faresone_kvikkleireskred"]
    if name == "flood 500":
        part = replace(config.layers[0], filter=parse_filter("gjentaksintervall = 500"))
        config = replace(config, layers=(part,))
    area = MAKER["areas"]()[number]
    (found,) = check_area(area, package, configs=[config], **given)
    return found


def agrees(found: DokResult, key: str, *, buffered: bool = False) -> None:
    golden = f"{100 + int(key[0])}{key[1:]}" if buffered else key
    assert found.area_m2 == pytest.approx(GOLDEN.get(f"{golden} m2", 0), **EXACT)
    assert found.count == GOLDEN.get(f"{golden} antall", 0)
    assert (found.status == Status.HIT_RED) == (f"{golden} m2" in GOLDEN)
    distance = GOLDEN[f"{key} avstand"]
    if distance <= 20_000:
        assert found.distance_m == pytest.approx(distance, abs=1e-3)
    else:
        assert found.distance_m is None


@pytest.mark.parametrize("number", range(7))
def test_areas_agree_with_postgis(trondheim: DataPackage, number: int) -> None:
    agrees(checked(trondheim, number, "clay"), f"{number} clay")
    agrees(checked(trondheim, number, "flood 500"), f"{number} flood 500")
    agrees(checked(trondheim, number, "clay", buffer_m=50), f"{number} clay", buffered=True)


def test_the_national_filter_leaves_out_the_500_year_flood_and_says_so(
    trondheim: DataPackage,
) -> None:
    found = checked(trondheim, 1, "flood")
    assert found.status == Status.NOT_MAPPED
    assert found.count == 0
    assert any("15 objekter i laget «flom»" in text for text in found.remarks)


def test_zones_on_top_of_each_other_agree_too(tmp_path: Path, shared_data: Path) -> None:
    twice = MAKER["case"]()["twice"]
    made = DataPackage.create(tmp_path / "to", municipality="5001")
    frame = gpd.GeoDataFrame(geometry=twice, crs=MAKER["CRS"])
    made.write(ZONE, frame, origin=Origin("zones and a shifted copy"))
    for number in range(7):
        agrees(checked(made, number, "twice"), f"{number} twice")
        agrees(checked(made, number, "twice", buffer_m=50), f"{number} twice", buffered=True)


def test_postgis_gives_the_recorded_answers(
    require_tool: Callable[[str], str], shared_data: Path
) -> None:
    golden = runpy.run_path(str(HERE.parent / "golden" / "make_golden.py"))
    if golden["bin_folder"]() is None:
        require_tool("postgres")
    found = MAKER["answers"]()
    assert found.keys() == GOLDEN.keys()
    assert found == pytest.approx(GOLDEN, rel=1e-9)
