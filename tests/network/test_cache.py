"""The graph is kept in the package, and built again when its inputs or its file have changed."""

from __future__ import annotations

import errno
from dataclasses import fields

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.network import cache
from askergeo.network.cache import cached_graph
from askergeo.network.graph import WalkGraph

PARAMETERS = {"toleranse_m": 1.0, "glipp_m": 20.0}
ORIGIN = Origin(title="prøve")


def roads(*lines, **columns):
    shapes = [shapely.LineString(line) for line in lines]
    number = pd.array(range(1, len(shapes) + 1), dtype="Int64")
    return gpd.GeoDataFrame(
        {"veg_id": number, "vegtype": "bilveg", **columns}, geometry=shapes, crs="EPSG:25832"
    )


@pytest.fixture
def package(tmp_path, surface):
    made = DataPackage.create(tmp_path / "pakke")
    made.write("veg", roads([(20, 20), (90, 20)], [(90, 20), (90, 80)]), origin=ORIGIN)
    made.write_raster("terreng", surface(lambda x, _y: 0.1 * x, cell=10.0), origin=ORIGIN)
    return made


@pytest.fixture
def builds(monkeypatch) -> list:
    """A list that grows with each graph that is built."""
    made: list = []
    real = cache.build_graph

    def counted(*arguments, **options):
        made.append(options)
        return real(*arguments, **options)

    monkeypatch.setattr(cache, "build_graph", counted)
    return made


def files(package) -> list:
    return sorted((package.path / cache.FOLDER).glob("*"))


def same(one: WalkGraph, other: WalkGraph) -> bool:
    for field in fields(WalkGraph):
        a, b = np.asarray(getattr(one, field.name)), np.asarray(getattr(other, field.name))
        if a.dtype != b.dtype or not np.array_equal(a, b, equal_nan=a.dtype.kind == "f"):
            return False
    return True


def test_the_same_inputs_are_loaded_whole(package, builds):
    first = cached_graph(package, PARAMETERS)
    again = cached_graph(DataPackage.open(package.path), PARAMETERS)
    assert len(builds) == 1
    assert same(first.graph, again.graph)
    assert first.graph.crs == again.graph.crs == "EPSG:25832"
    pd.testing.assert_frame_equal(first.report.summary, again.report.summary)
    for name in ("gaps", "moved"):
        one, other = getattr(first.report, name), getattr(again.report, name)
        assert one.crs == other.crs
        assert list(one.columns) == list(other.columns)
        assert shapely.equals_exact(one.geometry.array, other.geometry.array).all()
    assert first.report.warnings == again.report.warnings
    np.testing.assert_allclose(np.abs(again.graph.piece_slope).max(), 0.1, atol=1e-5)


@pytest.mark.parametrize("change", [{"toleranse_m": 2.0}, {"glipp_m": 5.0}])
def test_other_parameters_give_another_graph(package, builds, change):
    cached_graph(package, PARAMETERS)
    cached_graph(package, PARAMETERS | change)
    assert len(builds) == 2


def test_a_changed_layer_is_built_again_and_old_graphs_are_removed(package, builds):
    for length in (100, 110, 120, 130):
        package.write("veg", roads([(20, 20), (length, 20)]), origin=ORIGIN, overwrite=True)
        assert cached_graph(package, PARAMETERS).graph.length.tolist() == [length - 20]
    assert len(builds) == 4
    assert len(files(package)) == cache.KEPT


def test_other_code_never_reads_the_old_graph(package, builds, monkeypatch):
    cached_graph(package, PARAMETERS)
    monkeypatch.setattr(cache, "__version__", "99")
    cached_graph(package, PARAMETERS)
    assert len(builds) == 2


def test_a_corrupt_file_is_built_again(package, builds):
    whole = cached_graph(package, PARAMETERS)
    (file,) = files(package)
    content = file.read_bytes()
    middle = bytearray(content)
    middle[len(middle) // 3] ^= 0xFF
    for count, broken in enumerate((b"", b"no archive", content[:-200], bytes(middle)), start=2):
        file.write_bytes(broken)
        assert same(cached_graph(package, PARAMETERS).graph, whole.graph)
        assert len(builds) == count
    cached_graph(package, PARAMETERS)
    assert len(builds) == count


def test_a_file_of_another_graph_under_this_name_is_not_believed(package, builds):
    cached_graph(package, PARAMETERS)
    (file,) = files(package)
    cached_graph(package, PARAMETERS | {"glipp_m": 5.0})
    (other,) = (path for path in files(package) if path != file)
    file.write_bytes(other.read_bytes())
    cached_graph(package, PARAMETERS)
    assert len(builds) == 3


def test_a_folder_that_cannot_be_made_costs_time_only(package, builds):
    (package.path / cache.FOLDER).write_text("in the way", encoding="utf-8")
    for _ in range(2):
        assert cached_graph(package, PARAMETERS).graph.edges == 2
    assert len(builds) == 2


def test_a_full_disk_costs_time_only_and_leaves_nothing(package, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(cache.np, "savez", full)
    assert cached_graph(package, PARAMETERS).graph.edges == 2
    assert files(package) == []


def test_a_scenario_has_a_graph_of_its_own_beside_the_scenario(package, builds, tmp_path):
    scenario = DataPackage.create_scenario(tmp_path / "ny_veg", package)
    new = roads([(90, 80), (20, 80)]).assign(veg_id=pd.array([9], dtype="Int64"), endring="ny")
    scenario.write("veg", new, origin=ORIGIN)
    base = cached_graph(package, PARAMETERS)
    view = scenario.over(package)
    changed = cached_graph(view, PARAMETERS)
    assert (base.graph.edges, changed.graph.edges) == (2, 3)
    assert len(files(package)) == len(files(scenario)) == 1
    cached_graph(view, PARAMETERS)
    cached_graph(package, PARAMETERS)
    assert len(builds) == 2


def test_drawn_links_are_walked_only_when_asked(package):
    link = gpd.GeoDataFrame(
        {"lenke_id": pd.array([1], dtype="Int64"), "navn": ["snarveg"]},
        geometry=[shapely.LineString([(20, 20), (90, 80)])], crs="EPSG:25832",
    )  # fmt: skip
    package.write("lenkeforslag", link, origin=ORIGIN)
    assert cached_graph(package, PARAMETERS).graph.edges == 2
    assert cached_graph(package, PARAMETERS, links=True).graph.edges == 3
    assert len(files(package)) == 2


def test_gates_of_the_package_cut_the_graph(package):
    gate = gpd.GeoDataFrame(
        {"type": ["port"], "gange": ["forbudt"]}, geometry=[shapely.Point(50, 20)], crs="EPSG:25832"
    )
    package.write("sperring", gate, origin=ORIGIN)
    assert cached_graph(package, PARAMETERS).graph.component.max() == 1
