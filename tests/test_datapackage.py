"""DataPackage: what is written comes back; what is wrong is refused and nothing changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal
from rasterio import Affine

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import (
    CatalogueError,
    CrsError,
    LayerError,
    LockedError,
    MissingFileError,
    MunicipalityError,
    OverwriteError,
    PackageError,
    ParameterError,
)

ORIGIN = Origin("vann.gpkg", "2025-06-01")
STORES = ("parquet", "gpkg")


@pytest.fixture(params=STORES)
def package(request, tmp_path) -> DataPackage:
    return DataPackage.create(tmp_path / "pakke", store=request.param, name="Prøve")


def water(count=3, *, at=0.0) -> gpd.GeoDataFrame:
    names = ["Semsvannet", "Årosfjorden", None]
    return gpd.GeoDataFrame(
        {
            "vann_id": np.arange(1, count + 1),
            "vanntype": ["innsjo"] * count,
            "navn": [names[number % 3] for number in range(count)],
        },
        geometry=[shapely.box(at + 10 * n, 0, at + 10 * n + 5, 5) for n in range(count)],
        crs="EPSG:25832",
    )


def residents() -> pd.DataFrame:
    return pd.DataFrame({"adresse_id": ["a", "a", "b"], "alder": [3, 40, 0], "antall": [1, 2, 1]})


def tree(folder: Path) -> dict[str, bytes]:
    """Everything in a folder but the cache of what has been seen."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".askergeo")
    }


def test_a_layer_is_read_back_by_a_new_reader(package):
    record = package.write("vann", water(), origin=ORIGIN)
    again = DataPackage.open(package.path)
    frame = again.read("vann")
    assert frame["navn"].isna().sum() == 1
    assert sorted(frame["navn"].dropna()) == ["Semsvannet", "Årosfjorden"]
    assert {str(dtype) for dtype in frame.dtypes} == {"Int64", "str", "geometry"}
    assert list(frame.index) == [0, 1, 2]
    assert frame.crs == "EPSG:25832"
    assert again.records["vann"] == record
    assert (record.rows, record.bounds, record.crs) == (3, (0.0, 0.0, 25.0, 5.0), "EPSG:25832")
    assert (record.owner, record.fetched) == ("ukjent", "2025-06-01")
    assert again.verify() == []
    assert "vann" in again
    assert again.layer_ids == ("vann",)


def test_a_table_without_geometry(package):
    package.write("befolkning", residents(), origin=ORIGIN)
    frame = package.read("befolkning")
    assert not isinstance(frame, gpd.GeoDataFrame)
    assert frame["antall"].tolist() == [1, 2, 1]
    assert package.records["befolkning"].bounds is None
    with pytest.raises(LayerError, match="ingen geometri"):
        package.read("befolkning", bbox=(0, 0, 1, 1))


def test_columns_are_read_in_the_order_asked_for(package):
    package.write("vann", water(), origin=ORIGIN)
    assert list(package.read("vann", columns=["navn", "vann_id"])) == [
        "navn",
        "vann_id",
        "geometry",
    ]
    assert list(package.read("vann", columns=["navn"], geometry=False)) == ["navn"]
    assert list(package.read("vann", columns=[])) == ["geometry"]
    assert len(package.read("vann", columns=[], geometry=False)) == 3
    with pytest.raises(LayerError, match="mangler kolonnene dybde; det har vann_id"):
        package.read("vann", columns=["dybde"])


def test_bbox_reads_what_brute_force_finds_in_the_same_order(tmp_path):
    random = np.random.default_rng(7)
    corner = random.uniform(0, 1000, (3000, 2)) + np.array([570_000, 6_630_000])
    size = random.uniform(0, 60, (3000, 2))
    # Triangles: their boxes meet many query boxes that they do not meet themselves.
    shapes = [
        shapely.Polygon([(x, y), (x + w, y), (x, y + h)])
        for (x, y), (w, h) in zip(corner, size, strict=True)
    ]
    frame = water(3000).set_geometry(gpd.GeoSeries(shapes, crs="EPSG:25832"))
    frame.loc[5, "geometry"] = None
    frame.loc[6, "geometry"] = shapely.Polygon()
    packages = [DataPackage.create(tmp_path / store, store=store) for store in STORES]
    for package in packages:
        package.write("vann", frame, origin=ORIGIN)
    everything = packages[0].read("vann")
    bounds = everything.geometry.bounds.to_numpy()
    boxes = random.uniform(0, 900, (40, 2)) + np.array([570_000, 6_630_000])
    tests = [(x, y, x + 50, y + 80) for x, y in boxes]
    tests += [tuple(bounds[17]), tuple(bounds[40][[2, 3, 2, 3]]), (0.0, 0.0, 1.0, 1.0)]
    found = 0
    for box in tests:
        meets = (bounds[:, :2] <= box[2:]).all(axis=1) & (bounds[:, 2:] >= box[:2]).all(axis=1)
        expected = everything[meets].reset_index(drop=True)
        found += len(expected)
        for package in packages:
            assert_geodataframe_equal(package.read("vann", bbox=box), expected)
            bare = package.read("vann", bbox=box, columns=["vann_id"], geometry=False)
            assert_frame_equal(bare, pd.DataFrame(expected[["vann_id"]]))
    assert found > 200


@pytest.mark.parametrize("box", [(0, 0, 1), (2, 0, 1, 1), (0, 0, np.nan, 1)])
def test_a_wrong_box_is_refused(package, box):
    package.write("vann", water(), origin=ORIGIN)
    with pytest.raises(ParameterError, match="xmin, ymin, xmax, ymax"):
        package.read("vann", bbox=box)


def test_the_same_rows_give_the_same_package(tmp_path):
    for store in STORES:
        for name in ("en", "to"):
            package = DataPackage.create(tmp_path / store / name, store=store)
            package.write("vann", water(), origin=ORIGIN, coverage=shapely.box(0, 0, 9, 9))
        assert tree(tmp_path / store / "en") == tree(tmp_path / store / "to")


def test_nothing_is_overwritten_unasked(package):
    package.write("vann", water(), origin=ORIGIN)
    before = tree(package.path)
    with pytest.raises(OverwriteError, match="--overskriv"):
        package.write("vann", water(2), origin=ORIGIN)
    with pytest.raises(OverwriteError, match="--overskriv"):
        DataPackage.create(package.path)
    assert tree(package.path) == before
    package.write("vann", water(2), origin=ORIGIN, overwrite=True)
    assert len(DataPackage.open(package.path).read("vann")) == 2
    assert len(list((package.path / "lag").iterdir())) == 1
    DataPackage.create(package.path, overwrite=True)
    assert DataPackage.open(package.path).layer_ids == ()
    assert list((package.path / "lag").iterdir()) == []


def test_a_folder_of_other_files_is_never_taken(tmp_path):
    (tmp_path / "viktig.txt").write_text("x", encoding="utf-8")
    for overwrite in (False, True):
        with pytest.raises(OverwriteError, match="sletter aldri andres filer"):
            DataPackage.create(tmp_path, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["viktig.txt"]


def test_other_files_in_the_package_are_left_alone(package):
    package.write("vann", water(), origin=ORIGIN)
    mine = package.path / "lag" / "notater.gpkg"
    mine.write_bytes(b"mine")
    package.write("vann", water(2), origin=ORIGIN, overwrite=True)
    assert mine.read_bytes() == b"mine"


def test_layers_that_two_writers_add_are_both_kept(package):
    other = DataPackage.open(package.path)
    package.write("vann", water(), origin=ORIGIN)
    other.write("befolkning", residents(), origin=ORIGIN)
    assert DataPackage.open(package.path).layer_ids == ("befolkning", "vann")


def test_a_package_that_another_process_writes_is_refused_at_once(package):
    package.write("vann", water(), origin=ORIGIN)
    code = (
        "import sys\nfrom pathlib import Path\nfrom askergeo.stores.folder import writing\n"
        "with writing(Path(sys.argv[1])):\n    print('holds', flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(package.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    ) as holder:
        assert holder.stdout.readline() == "holds\n"
        with pytest.raises(LockedError, match="En annen prosess skriver"):
            package.write("vann", water(2), origin=ORIGIN, overwrite=True)
        assert len(DataPackage.open(package.path).read("vann")) == 3
        holder.communicate("")
    package.write("vann", water(2), origin=ORIGIN, overwrite=True)


def test_a_reader_of_a_layer_written_anew_is_told(package):
    package.write("vann", water(), origin=ORIGIN)
    reader = DataPackage.open(package.path)
    package.write("vann", water(2), origin=ORIGIN, overwrite=True)
    with pytest.raises(PackageError, match="skrevet på nytt av en annen prosess"):
        reader.read("vann")


def test_a_changed_file_is_named_and_not_read(package):
    package.write("vann", water(), origin=ORIGIN)
    package.write("befolkning", residents(), origin=ORIGIN)
    path = package.path / package.records["vann"].file
    content = bytearray(path.read_bytes())
    content[-20] ^= 1
    path.write_bytes(content)
    assert package.verify() == [f"Laget «vann»: lag/{path.name} er endret utenfor askergeo."]
    with pytest.raises(PackageError, match=r"vann.* er endret"):
        package.read("vann")
    assert len(package.read("befolkning")) == 3
    path.unlink()
    assert package.verify() == [f"Laget «vann»: lag/{path.name} mangler."]
    with pytest.raises(PackageError, match=r"laget «vann».* mangler"):
        package.read("vann")


def test_a_copied_package_is_read_though_its_times_differ(package, tmp_path):
    package.write("vann", water(), origin=ORIGIN)
    copy = tmp_path / "kopi"
    shutil.copytree(package.path, copy, copy_function=shutil.copyfile)
    assert len(DataPackage.open(copy).read("vann")) == 3


def test_the_lock_is_readable_and_complete(package):
    package.write("vann", water(), origin=ORIGIN, coverage="hele kommunen")
    text = (package.path / "askergeo.lock").read_text(encoding="utf-8")
    assert "Prøve" in text
    lock = json.loads(text)
    assert lock["format_version"] == 1
    assert (lock["municipality"], lock["crs"]) == ("3203", "EPSG:25832")
    layer = lock["layers"]["vann"]
    assert layer["columns"] == {"vann_id": "heltall", "vanntype": "tekst", "navn": "tekst"}
    assert layer["coverage"] == "hele kommunen"
    assert {"origin", "fetched", "sha256", "rows", "bounds", "licence", "owner"} <= set(layer)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lock: lock.update(format_version=99), "Oppgrader"),
        (lambda lock: lock.pop("layers"), "feltet 'layers' mangler"),
        (lambda lock: lock["layers"]["vann"].update(file="/etc/passwd"), "peker ikke inn"),
        (lambda lock: lock["layers"]["vann"].update(file="lag/../../x.gpkg"), "peker ikke inn"),
        (lambda lock: lock["layers"]["vann"].update(avvik_file="../x.gpkg"), "peker ikke inn"),
        (lambda lock: lock["layers"]["vann"].update(rows="3"), "rows"),
        (lambda lock: lock["layers"]["vann"].update(sha256="00"), "sha256"),
        (lambda lock: lock["layers"]["vann"].update(columns={"a": "blob"}), "kolonnetype"),
        (lambda lock: lock["layers"]["vann"].update(bounds=[1, 2]), "bounds"),
        (lambda lock: lock["layers"]["vann"].pop("size"), "size"),
        (lambda lock: lock.update(layers=[]), "layers"),
        (lambda lock: lock.update(store="csv"), "store"),
        (lambda lock: lock.update(name=3), "name"),
    ],
)
def test_a_broken_or_hostile_lock_is_refused(package, change, message):
    package.write("vann", water(), origin=ORIGIN)
    path = package.path / "askergeo.lock"
    lock = json.loads(path.read_text(encoding="utf-8"))
    change(lock)
    path.write_text(json.dumps(lock), encoding="utf-8")
    with pytest.raises(PackageError, match=message):
        DataPackage.open(package.path)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"format_version": "1"}', "\ufeff"])
def test_a_lock_that_is_not_json_of_ours_is_refused(package, text):
    (package.path / "askergeo.lock").write_text(text, encoding="utf-8")
    with pytest.raises(PackageError, match=r"askergeo\.lock"):
        DataPackage.open(package.path)


def test_no_package_at_all(tmp_path):
    with pytest.raises(MissingFileError, match="finnes ikke"):
        DataPackage.open(tmp_path / "borte")
    with pytest.raises(MissingFileError, match=r"askergeo\.lock mangler"):
        DataPackage.open(tmp_path)


def test_arguments_of_a_new_package(tmp_path):
    with pytest.raises(MunicipalityError, match="3203"):
        DataPackage.create(tmp_path / "a", municipality="3025")
    with pytest.raises(ParameterError, match="parquet eller gpkg"):
        DataPackage.create(tmp_path / "a", store="csv")
    for crs in ("EPSG:4326", "EPSG:3857", "tull"):
        with pytest.raises(CrsError, match="25832"):
            DataPackage.create(tmp_path / "a", crs=crs)
    with pytest.raises(ParameterError, match="ÅÅÅÅ-MM-DD"):
        Origin("x", "1.6.2025")
    assert not (tmp_path / "a").exists()


def test_what_does_not_fit_the_catalogue_is_refused_with_every_reason(package):
    with pytest.raises(CatalogueError, match="vann"):
        package.write("van", water(), origin=ORIGIN)
    with pytest.raises(CrsError, match="EPSG:4258"):
        package.write("vann", water().to_crs(4258), origin=ORIGIN)
    with pytest.raises(CrsError, match="ikke koordinatsystem"):
        package.write("vann", water().set_crs(None, allow_override=True), origin=ORIGIN)
    wrong = water().drop(columns="vanntype").assign(navn=[1, 2, 3], vann_id=[1.5, 2, 3])
    with pytest.raises(LayerError, match=r"(?s)vanntype.*vann_id.*navn"):
        package.write("vann", wrong.set_geometry(wrong.centroid), origin=ORIGIN)
    with pytest.raises(LayerError, match=r"Point.*flate"):
        package.write("vann", water().set_geometry(water().centroid), origin=ORIGIN)
    with pytest.raises(LayerError, match="geometrien mangler"):
        package.write("vann", pd.DataFrame(water().drop(columns="geometry")), origin=ORIGIN)
    with pytest.raises(LayerError, match="uten geometri"):
        package.write("befolkning", water(), origin=ORIGIN)
    assert package.layer_ids == ()
    assert tree(package.path).keys() == {"askergeo.lock"}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"navn": pd.Series(["a", 1, None], dtype=object)}, "blandet"),
        ({"navn": ["a\0b", "", ""]}, "nulltegn"),
        ({"tid": pd.to_datetime(["2020-01-01"] * 3).tz_localize("UTC")}, "tidssone"),
        ({"tid": pd.to_datetime(["2020-01-01T00:00:00.000001"] * 3)}, "millisekund"),
        ({"tid": pd.to_datetime(["1969-12-31T23:59:59.999"] * 3)}, "før 1970"),
        ({"vann_id": [1, 2, 2**64 - 1]}, "vann_id"),
        ({"bbox": [1, 2, 3]}, "reservert"),
        ({"NAVN": [1, 2, 3]}, "små og store"),
        ({3: [1, 2, 3]}, "ikke tekst"),
        ({"a\nb": [1, 2, 3]}, "styretegn"),
    ],
)
def test_a_column_that_cannot_be_held_is_refused(package, column, message):
    frame = water()
    for name, values in column.items():
        frame[name] = values
    with pytest.raises(LayerError, match=message):
        package.write("vann", frame, origin=ORIGIN)


def test_an_absent_generated_key_is_made(package):
    package.write("vann", water().drop(columns="vann_id"), origin=ORIGIN)
    assert sorted(package.read("vann")["vann_id"]) == [1, 2, 3]


def test_a_layer_that_is_absent_is_told_apart_from_one_that_is_unknown(package):
    with pytest.raises(LayerError, match=r"ikke i datapakken(?s:.*)data mangler"):
        package.read("ar5")
    with pytest.raises(CatalogueError, match="finnes ikke i katalogen"):
        package.read("ar55")


def test_avvik_and_coverage_lie_beside_the_layer(package):
    avvik = gpd.GeoDataFrame(
        {"rad": [4, 9], "regel": ["ugyldig", "uten geometri"], "x": [1.0, np.nan]},
        geometry=[shapely.Point(1, 2), None],
        crs="EPSG:25832",
    )
    area = shapely.box(0, 0, 100, 100)
    record = package.write("vann", water(), origin=ORIGIN, coverage=area, avvik=avvik)
    assert record.avvik_rows == 2
    read = package.read_avvik("vann")
    assert read["rad"].tolist() == [4, 9]
    assert read.geometry.isna().tolist() == [False, True]
    assert np.isnan(read["x"][1])
    assert package.coverage("vann").equals(area)
    (package.path / record.coverage_file).unlink()
    assert package.verify() == [f"Laget «vann»: {record.coverage_file} mangler."]
    package.write("vann", water(), origin=ORIGIN, overwrite=True)
    assert package.coverage("vann") is None
    assert len(package.read_avvik("vann")) == 0
    assert list((package.path / "avvik").iterdir()) == []


def geotiff(path: Path, crs: str | None = "EPSG:25832") -> Path:
    transform = Affine(10, 0, 570_000, 0, -10, 6_640_000)
    options = {"driver": "GTiff", "width": 30, "height": 20, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", transform=transform, crs=crs, nodata=-9999, **options) as out:
        out.write(np.arange(600, dtype="float32").reshape(1, 20, 30))
    return path


@pytest.mark.parametrize("crs", ["EPSG:25832", "EPSG:5972"])
def test_a_raster_is_copied_with_what_matters(package, tmp_path, crs):
    source = geotiff(tmp_path / "dtm.tif", crs)
    record = package.write_raster("terreng", source, origin=Origin("dtm.tif", "2025-01-01"))
    assert package.raster_path("terreng").read_bytes() == source.read_bytes()
    assert record.bounds == (570_000.0, 6_639_800.0, 570_300.0, 6_640_000.0)
    assert record.raster["resolution"] == [10.0, 10.0]
    assert (record.raster["width"], record.raster["nodata"]) == (30, -9999.0)
    assert DataPackage.open(package.path).records["terreng"] == record
    with pytest.raises(LayerError, match="raster_path"):
        package.read("terreng")
    with pytest.raises(LayerError, match="er et raster"):
        package.write("terreng", water(), origin=ORIGIN, overwrite=True)


def test_a_wrong_raster_is_refused(package, tmp_path):
    with pytest.raises(CrsError, match="EPSG:25833"):
        package.write_raster("terreng", geotiff(tmp_path / "a.tif", "EPSG:25833"), origin=ORIGIN)
    with pytest.raises(MissingFileError, match=r"b\.tif"):
        package.write_raster("terreng", tmp_path / "b.tif", origin=ORIGIN)
    (tmp_path / "c.tif").write_text("ikke et bilde", encoding="utf-8")
    with pytest.raises(LayerError, match="kan ikke leses som raster"):
        package.write_raster("terreng", tmp_path / "c.tif", origin=ORIGIN)
    with pytest.raises(LayerError, match="ikke raster"):
        package.write_raster("vann", geotiff(tmp_path / "d.tif"), origin=ORIGIN)
    assert package.layer_ids == ()
