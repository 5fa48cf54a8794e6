"""Files of a package that were changed by hand, and taken as they are."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import AskergeoError, CrsError, LayerError, PackageError
from askergeo.relock import relock

CRS = "EPSG:25832"


def paths(count=3):
    shapes = [
        shapely.LineString([(572_000, 6_632_000 + n), (572_100, 6_632_000)]) for n in range(count)
    ]
    return gpd.GeoDataFrame(
        {"sti_id": range(1, count + 1), "stitype": "sti"}, geometry=shapes, crs=CRS
    )


@pytest.fixture(params=["parquet", "gpkg"])
def package(request, tmp_path):
    made = DataPackage.create(tmp_path / "pakke", store=request.param)
    remark = gpd.GeoDataFrame({"rad": [9], "regel": "x"}, geometry=[shapely.Point(1, 1)], crs=CRS)
    made.write(
        "sti", paths(), origin=Origin("kart", "2026-01-01"), coverage=shapely.box(0, 0, 1, 1),
        avvik=remark,
    )  # fmt: skip
    return made


def stored(package):
    return package.path / package.record("sti").file


def change(package, frame):
    """Save as a map program does: the whole file anew, without our columns of boxes."""
    file = stored(package)
    file.unlink()
    frame.to_parquet(file) if file.suffix == ".parquet" else frame.to_file(file, layer="sti")


def test_nothing_changed_is_nothing_done(package):
    before = package.record("sti")
    assert relock(package) == []
    assert DataPackage.open(package.path).record("sti") == before


def test_a_change_gets_a_new_hash_and_keeps_all_else(package):
    before = package.record("sti")
    change(package, paths(2).assign(merket=True))
    assert relock(package) == ["sti"]
    again = DataPackage.open(package.path)
    after = again.record("sti")
    assert again.verify() == []
    assert after.sha256 != before.sha256
    assert (after.rows, after.origin, after.fetched) == (2, "kart (endret for hånd)", "2026-01-01")
    assert again.read("sti")["merket"].all()
    assert again.coverage("sti").equals(shapely.box(0, 0, 1, 1))
    assert list(again.read_avvik("sti")["rad"]) == [9]
    change(again, paths(1))
    relock(again)
    assert DataPackage.open(package.path).record("sti").origin == "kart (endret for hånd)"


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (paths().drop(columns="stitype"), LayerError),
        (paths().to_crs("EPSG:25833"), CrsError),
        (paths().set_geometry(paths().centroid), LayerError),
    ],
)
def test_what_the_catalogue_does_not_allow_is_refused(package, frame, error):
    before = (package.path / "askergeo.lock").read_bytes()
    change(package, frame)
    with pytest.raises(error):
        relock(package)
    assert (package.path / "askergeo.lock").read_bytes() == before


def test_a_file_that_is_no_longer_readable_is_refused(package):
    stored(package).write_bytes(b"ikke noe")
    with pytest.raises(AskergeoError):
        relock(package)


def test_a_file_that_is_gone_is_named(package):
    stored(package).unlink()
    with pytest.raises(PackageError, match=r"«sti».*mangler"):
        relock(package)


def test_what_lies_beside_the_layer_is_never_accepted(package):
    (package.path / package.record("sti").avvik_file).write_bytes(b"x")
    with pytest.raises(PackageError, match="Avvik og dekning"):
        relock(package)
