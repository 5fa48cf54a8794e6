"""A write that is killed, or meets a full disk, leaves the old package whole."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.stores.lockfile import STORED_FILE

WRITER = Path(__file__).parent / "dying_writer.py"
ROOT = Path(__file__).parent.parent.parent
OLD = Origin("gammel", "2025-01-01")


def squares(count: int, name: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "vann_id": range(count),
            "vanntype": ["hav"] * count,
            "navn": [f"{name} {number}" for number in range(count)],
        },
        geometry=[shapely.box(n * 7 % 991, n, n * 7 % 991 + 1, n + 1) for n in range(count)],
        crs="EPSG:25832",
    )


def old_package(path: Path, store: str) -> DataPackage:
    package = DataPackage.create(path, store=store)
    package.write("vann", squares(20, "gammel"), origin=OLD, avvik=squares(1, "a")[["geometry"]])
    package.write("tettsted", towns(), origin=OLD)
    return package


def towns() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"tettstedsnummer": ["0801"], "tettstedsnavn": ["Oslo"]},
        geometry=[shapely.box(0, 0, 1, 1)],
        crs="EPSG:25832",
    )


def state(folder: Path, new_rows: int) -> str:
    """Open, verify and read a package; say which state it is in."""
    package = DataPackage.open(folder)
    assert package.verify() == []
    assert len(package.read("tettsted")) == 1
    frame = package.read("vann")
    words = set(frame["navn"].str.split().str[0])
    assert words in ({"gammel"}, {"ny"})
    is_new = words == {"ny"}
    assert len(frame) == (new_rows if is_new else 20)
    assert len(package.read_avvik("vann")) == (3 if is_new else 1)
    assert (package.coverage("vann") is not None) is is_new
    return "ny" if is_new else "gammel"


def assert_next_write_cleans(folder: Path) -> None:
    package = DataPackage.open(folder)
    package.write("vann", squares(2, "siste"), origin=OLD, overwrite=True)
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {
        ".askergeo.skriver",
        ".askergeo.sett",
        "askergeo.lock",
    }
    named = {file for record in package.records.values() for file in record.files()}
    assert left == named
    assert all(STORED_FILE.fullmatch(file) for file in named)


def run_writer(mode: str, tmp_path: Path, store: str, rows: int, *more: str) -> list[Path]:
    old_package(tmp_path / "før", store)
    out = tmp_path / "ut"
    out.mkdir()
    wkt = tmp_path / "nye.txt"
    wkt.write_text("\n".join(squares(rows, "x").geometry.to_wkt()), encoding="utf-8")
    command = [sys.executable, str(WRITER), mode, str(tmp_path / "før"), str(wkt), str(out), *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return sorted(path for path in out.iterdir() if path.is_dir())


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize(("mode", "store"), [("lines", "parquet"), ("calls", "gpkg")])
def test_killed_at_every_step(tmp_path, mode, store):
    folders = run_writer(mode, tmp_path, store, 40)
    assert len(folders) > 20
    assert folders[-1].with_suffix(".txt").read_text(encoding="utf-8") == "0"
    states = [state(folder, 40) for folder in folders]
    assert states == sorted(states)  # once new, always new: there is one commit point
    assert set(states) == {"gammel", "ny"}
    for folder in folders[::5]:
        assert_next_write_cleans(folder)


@needs_fork
@pytest.mark.slow
@pytest.mark.parametrize("store", ["parquet", "gpkg"])
def test_killed_after_a_random_time(tmp_path, store):
    folders = run_writer("timed", tmp_path, store, 5000, "25", "3203")
    killed = [f for f in folders if f.with_suffix(".txt").read_text(encoding="utf-8") == "-9"]
    assert len(killed) > 5
    for folder in folders:
        state(folder, 5000)
    for folder in killed[::3]:
        assert_next_write_cleans(folder)


FULL_DISK = """
import resource, signal, sys
import geopandas as gpd, pandas as pd, shapely
sys.path.insert(0, {tests!r})
from test_killed_write import squares
from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import StorageError
package = DataPackage.open(sys.argv[1])
frame = squares(int(sys.argv[2]), "ny")
if int(sys.argv[3]):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    package.write("vann", frame, origin=Origin("ny"), overwrite=True)
except StorageError as error:
    print(error.message)
"""


def write_on_full_disk(folder: Path, rows: int, limit: int = 0) -> str:
    code = FULL_DISK.format(tests=str(Path(__file__).parent))
    command = [sys.executable, "-c", code, str(folder), str(rows), str(limit)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*.*") if path.is_file()}


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="needs limits on file size")
@pytest.mark.parametrize("store", ["parquet", "gpkg"])
@pytest.mark.parametrize("limit", [100, 5_000, 60_000, 150_000])
def test_a_file_that_cannot_grow_changes_nothing(tmp_path, store, limit):
    package = old_package(tmp_path / "pakke", store)
    before = files(package.path)
    said = write_on_full_disk(package.path, 20_000, limit)
    assert "Kan ikke skrive" in said
    assert "uendret" in said
    assert files(package.path) == before
    assert state(package.path, 0) == "gammel"


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of 700 kB, when the machine lets us mount one."""
    folder = tmp_path / "liten disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("may not mount a small disk here; the limit on file size is tested above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("store", ["parquet", "gpkg"])
def test_a_full_disk_changes_nothing(tiny_disk, store):
    package = old_package(tiny_disk / "pakke", store)
    before = files(package.path)
    said = write_on_full_disk(package.path, 40_000)
    assert "disken er full" in said
    assert files(package.path) == before
    assert state(package.path, 0) == "gammel"
