"""Packages of real data that the built-in recipes build."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from askergeo.datapackage import DataPackage
from askergeo.errors import AskergeoError, SourceError
from askergeo.ingest import add_file
from askergeo.network.graph import build_graph
from askergeo.network.lines import walkable_lines
from askergeo.recipe import build_from_recipe, built_in_recipes
from askergeo.sources.intake import take_in
from askergeo.sources.mapping import ColumnRule, load_mapping
from askergeo.sources.osm import read_osm

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd
    import pandas as pd

    from askergeo.network.graph import WalkGraph

# Where the walking network of the extract is whole.
BOX = (10.71, 59.861, 10.825, 59.931)


@pytest.fixture(scope="module")
def oslo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> DataPackage:
    path = tmp_path_factory.mktemp("oslo") / "pakke"
    build_from_recipe(path, "oslo_ost", source=shared_data)
    return DataPackage.open(path)


@pytest.fixture(scope="module")
def vardasen(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> DataPackage:
    path = tmp_path_factory.mktemp("vardasen") / "pakke"
    build_from_recipe(path, "asker_vardasen", source=shared_data / "asker")
    return DataPackage.open(path)


def test_the_recipes_that_come_along():
    assert built_in_recipes() == ["asker", "asker_vardasen", "oslo_ost"]


@pytest.mark.slow
def test_oslo_has_the_residents_of_the_extract(oslo: DataPackage, shared_data: Path):
    """The cells, summed by SQLite and clipped by hand, without GDAL and without askergeo."""
    file = shared_data / "population/oslo_befolkning_100m_2015.gpkg"
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as base:
        (table,) = base.execute("SELECT table_name FROM gpkg_contents").fetchone()
        rows = base.execute(f'SELECT rute_100m, "sum" FROM "{table}"').fetchall()  # noqa: S608
    assert sum(count for _, count in rows) == 640_797
    # The number of a cell is its south-west corner in EPSG:25833.
    east = np.array([name // 10**7 - 2_000_000 for name, _ in rows])
    north = np.array([name % 10**7 for name, _ in rows])
    degrees = Transformer.from_crs(25833, 4326, always_xy=True)
    inside = np.ones(len(rows), dtype=bool)
    for right, up in ((0, 0), (100, 0), (100, 100), (0, 100)):
        x, y = degrees.transform(east + right, north + up)
        inside &= (BOX[0] < x) & (x < BOX[2]) & (BOX[1] < y) & (y < BOX[3])
    expected = {str(rows[row][0]): rows[row][1] for row in np.flatnonzero(inside)}
    cells = oslo.read("befolkning_rute", geometry=False)
    assert dict(zip(cells["rute_id"], cells["bosatte"], strict=True)) == expected
    assert (len(cells), cells["bosatte"].sum()) == (2203, 216_993)


@pytest.mark.slow
def test_oslo_says_what_it_covers_and_whose_it_is(oslo: DataPackage):
    assert oslo.municipality == "0301"
    # The land of Oslo in the box (50 km²), and not the 453 km² of the municipality.
    part = oslo.read("kommunegrense").geometry.union_all()
    assert 30e6 < shapely.area(part) < 50e6
    # The simplified shore leaves a few cells (861 residents) in the harbour.
    assert oslo.read("befolkning_rute").geometry.intersects(part).mean() > 0.98
    assert oslo.record("veg").licence == "ODbL 1.0"
    assert oslo.record("veg").fetched == "2019-10-07"
    assert oslo.record("befolkning_rute").fetched == "2015-01-01"
    services = oslo.read("tjeneste", geometry=False)
    assert services["type"].value_counts().to_dict() == {"holdeplass": 442, "kafe": 1}
    # Nothing is claimed of health care and meeting places, which the extract lacks.
    assert set(services["gruppe"]) == {"hverdag"}


@pytest.mark.slow
def test_vardasen_has_what_an_analysis_on_foot_needs(vardasen: DataPackage):
    services = vardasen.read("tjeneste", geometry=False)
    assert services["type"].value_counts().to_dict() == {"barnehage": 88, "skole": 26}
    roads = vardasen.read("veg", geometry=False)
    assert roads["vegtype"].value_counts()["motorveg"] == 22
    houses = vardasen.read("adresse")
    assert len(houses) == 837
    assert set(houses.geom_type) == {"Point"}
    buildings = vardasen.read("bygning")
    joined = houses.set_index("bygning_id").geometry
    inside = buildings.geometry.covers(joined[buildings["bygning_id"]].reset_index(drop=True))
    assert inside.all()
    assert "befolkning" not in vardasen


def _network(package: DataPackage) -> tuple[WalkGraph, pd.Series]:
    """Return the walking graph of a package and the figures of its repair report."""
    lines = walkable_lines(package.read("veg"), package.read("sti"))
    build = build_graph(lines, tolerance_m=2.0, gap_m=20.0)
    return build.graph, build.report.summary.set_index("navn")["verdi"]


def _parts(lines: gpd.GeoDataFrame) -> int:
    """Count the parts that shared vertices (to the centimetre) make, without the graph's code."""
    points, owner = shapely.get_coordinates(lines.geometry.to_numpy(), return_index=True)
    vertex = np.unique(np.round(points, 2), axis=0, return_inverse=True)[1].ravel()
    within = owner[1:] == owner[:-1]
    ends = (vertex[:-1][within], vertex[1:][within])
    size = vertex.max() + 1
    links = coo_matrix((np.ones(within.sum()), ends), shape=(size, size))
    return int(connected_components(links, directed=False)[0])


@pytest.mark.slow
def test_vardasen_hangs_together_once_it_is_snapped(vardasen: DataPackage):
    graph, figures = _network(vardasen)
    lines = walkable_lines(vardasen.read("veg"), vardasen.read("sti"))
    assert figures["komponenter_for"] == pytest.approx(_parts(lines), abs=5)
    assert figures["komponenter_for"] > 1000
    assert figures["komponenter_etter"] < 60
    length = np.bincount(graph.component[graph.start], graph.length)
    assert length[0] > 0.99 * length.sum()


@pytest.mark.slow
def test_oslo_falls_apart_without_its_cycleways(oslo: DataPackage, shared_data: Path):
    """What a filter that leaves out all ``highway=cycleway`` costs, as the document says."""
    named = load_mapping("osm_veg")
    named = replace(named, columns=named.columns | {"navn": ColumnRule(sources=("osm_id",))})
    extract = shared_data / "routing/oslo-east-filtered.osm.pbf"
    roads = take_in(extract, oslo.catalogue["veg"], mapping=named).frame
    raw = read_osm(extract, "linje", tags=["highway"])[0]
    cycle = set(raw.loc[raw["highway"] == "cycleway", "osm_id"])
    lines = walkable_lines(roads, oslo.read("sti"))
    on_road = (lines["layer"] == "veg").to_numpy()
    dropped = on_road & roads["navn"].isin(cycle).to_numpy()[np.where(on_road, lines["row"], 0)]
    length = lines.geometry.length.to_numpy()
    assert length[dropped].sum() / 1000 == pytest.approx(41.9, abs=0.05)
    assert length[dropped].sum() / length.sum() == pytest.approx(0.037, abs=0.0005)
    assert (_parts(lines), _parts(lines[~dropped])) == (96, 134)


def _recipe(folder: Path, box: str) -> Path:
    (folder / "punkter.csv").write_text(
        "senter_id;navn;niva;x;y\n1;Inne;lokalsenter;10.45;59.83\n2;Ute;lokalsenter;10.55;59.83\n",
        "utf-8",
    )
    path = folder / "oppskrift.yml"
    path.write_text(
        'kommune: "3203"\nlag:\n'
        f'  - {{lag: senter, fil: punkter.csv, crs: "EPSG:4326", boks: "{box}"}}\n',
        "utf-8",
    )
    return path


def test_a_box_keeps_what_lies_in_it_and_counts_the_rest(tmp_path: Path):
    recipe = _recipe(tmp_path, "10.4,59.8,10.5,59.9")
    (added,) = build_from_recipe(tmp_path / "pakke", str(recipe), source=tmp_path)
    assert (added.read, added.rows, added.filtered, added.set_aside) == (2, 1, 1, 0)
    assert DataPackage.open(tmp_path / "pakke").read("senter")["navn"].tolist() == ["Inne"]


@pytest.mark.parametrize("box", ["10,59,11", "a,b,c,d", "10,59,11,60,61", ""])
def test_a_box_that_is_none_is_told_before_anything_is_read(tmp_path: Path, box: str):
    with pytest.raises(SourceError, match="vest,sør,øst,nord"):
        build_from_recipe(tmp_path / "pakke", str(_recipe(tmp_path, box)), source=tmp_path)
    assert not (tmp_path / "pakke").exists()


def test_a_box_cannot_cut_a_table(tmp_path: Path):
    package = DataPackage.create(tmp_path / "pakke", municipality="3203", name="Prøve")
    table = tmp_path / "folk.csv"
    table.write_text("adresse_id;alder;antall\na1;70;2\n", "utf-8")
    with pytest.raises(AskergeoError, match="uten geometri"):
        add_file(package, "befolkning", table, box=BOX)
