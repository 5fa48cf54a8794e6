"""Layers that are kept in memory give what their files give."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.dok import kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_630_000.0


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    kept.forget()
    yield
    kept.forget()


@pytest.fixture
def package(tmp_path: Path) -> DataPackage:
    """Noise zones scattered over 10 km, one without a place and one with heights."""
    made = DataPackage.create(tmp_path / "pakke", municipality="3203")
    corners = np.random.default_rng(1).uniform(0, 10_000, (300, 2)) + np.array([X, Y])
    shapes = [shapely.box(x, y, x + 300, y + 200) for x, y in corners]
    shapes[7], shapes[8] = None, shapely.force_3d(shapes[8], 4)
    columns = {"sone": ["gul", "rod"] * 150, "kilde": ["veg", "bane", "fly"] * 100}
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)
    made.write("stoy", frame, origin=Origin("test"))
    return made


def boxes() -> list[tuple[float, float, float, float]]:
    corners = np.random.default_rng(2).uniform(-2000, 10_000, (20, 2)) + np.array([X, Y])
    return [(x, y, x + 2500, y + 1500) for x, y in corners]


def test_every_time_gives_what_the_file_gives(package: DataPackage) -> None:
    for box in boxes():
        frame, shapes = kept.read_box(package, "stoy", box, ["kilde", "sone"])
        plain = package.read("stoy", bbox=box, columns=["kilde", "sone"])
        assert frame.equals(plain[["kilde", "sone"]])
        assert shapely.equals(shapes, plain.geometry.to_numpy()).all()
        assert not shapely.has_z(shapes).any()


def test_the_file_is_read_in_part_and_then_whole_and_then_not_at_all(
    package: DataPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    read = DataPackage.read

    def noted(self: DataPackage, layer: str, **given: object) -> object:
        asked.append(given.get("bbox"))
        return read(self, layer, **given)

    monkeypatch.setattr(DataPackage, "read", noted)
    for box in boxes():
        kept.read_box(package, "stoy", box, ["sone"])
    assert asked == [boxes()[0], None]


def test_a_layer_that_is_replaced_is_read_again(package: DataPackage) -> None:
    box = (X, Y, X + 10_000, Y + 10_000)
    before = [len(kept.read_box(package, "stoy", box, [])[0]) for _ in range(3)]
    frame = package.read("stoy").iloc[:40]
    package.write("stoy", frame, origin=Origin("test"), overwrite=True)
    after = [len(kept.read_box(package, "stoy", box, [])[0]) for _ in range(3)]
    assert len(set(before)) == len(set(after)) == 1
    assert after[0] < before[0]


def test_what_is_kept_has_a_bound(package: DataPackage, monkeypatch: pytest.MonkeyPatch) -> None:
    size = package.record("stoy").size
    monkeypatch.setattr(kept, "ROOM", 2 * size)
    for columns in (["sone"], ["kilde"], ["sone", "kilde"]):
        for box in boxes()[:3]:
            kept.read_box(package, "stoy", box, columns)
    assert sum(one.size for one in kept._KEPT.values()) <= 2 * size
    monkeypatch.setattr(kept, "LARGEST", size - 1)
    kept.forget()
    for box in boxes()[:3]:
        kept.read_box(package, "stoy", box, ["sone"])
    assert not kept._KEPT
