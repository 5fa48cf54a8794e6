"""A small data package, files to put in it, and the command line as a function."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from askergeo.cli.main import run
from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
# Written by readers and writers beside the data: the writer's lock, and what was hashed when.
BESIDE = (".askergeo.skriver", ".askergeo.sett")


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def askergeo(capsys):
    """Run the command line; give exit code, stdout and stderr."""

    def call(*arguments):
        capsys.readouterr()
        code = run([str(one) for one in arguments])
        return Ran(code, *capsys.readouterr())

    return call


@pytest.fixture
def tree():
    """Hash every file under a folder: what must be alike when nothing was changed."""

    def hashes(folder):
        return {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            if path.is_file()
            else "mappe"
            for path in sorted(Path(folder).rglob("*"))
            if path.name not in BESIDE
        }

    return hashes


def boundary():
    area = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    return gpd.GeoDataFrame(
        {
            "kommunenummer": ["3203", "3203"],
            "kommunenavn": ["Asker", "Asker"],
            "omfang": ["land", "med_sjo"],
        },
        geometry=[area, shapely.box(570_000, 6_630_000, 576_000, 6_634_000)],
        crs=CRS,
    )


def buildings(count=6, first=1):
    """Houses in a row from the shore inland, 30 m apart."""
    ids = range(first, first + count)
    return gpd.GeoDataFrame(
        {
            "bygning_id": [f"b{one}" for one in ids],
            "bygningstype": [111] * count,
            "tatt_i_bruk": [2024] * count,
        },
        geometry=[
            shapely.box(573_980 - 30 * one, 6_632_000, 573_990 - 30 * one, 6_632_010) for one in ids
        ],
        crs=CRS,
    )


@pytest.fixture
def package(tmp_path):
    """A municipality of 4 by 4 km with its shore along the east side, and six houses."""
    made = DataPackage.create(tmp_path / "pakke", name="Prøve")
    origin = Origin("prøvedata", "2026-01-01", "CC0 1.0", "Prøve", "Prøve")
    made.write("kommunegrense", boundary(), origin=origin)
    shore = shapely.LineString([(574_000, 6_630_000), (574_000, 6_634_000)])
    made.write("kystkontur", gpd.GeoDataFrame(geometry=[shore], crs=CRS), origin=origin)
    made.write("bygning", buildings(), origin=origin)
    return made.path


@pytest.fixture
def houses(tmp_path):
    """A file of six more houses that the package can take."""
    path = tmp_path / "hus.gpkg"
    buildings(6, first=20).to_file(path, layer="hus")
    return path
