"""A scenario over a package: additions, replacements and deletions by key, read alike."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import LayerError, OverwriteError, PackageError

ORIGIN = Origin("skoler.csv", "2025-01-01", licence="NLOD 2.0", attribution="© Kommunen")
PLAN = Origin("skoleplan", "2025-06-01", licence="intern")


def schools(ids, xs, **columns) -> gpd.GeoDataFrame:
    names = [f"{name} skole" for name in ids]
    return gpd.GeoDataFrame(
        {"skole_id": list(ids), "navn": names, **columns},
        geometry=[None if x is None else shapely.Point(x, 0) for x in xs],
        crs="EPSG:25832",
    )


@pytest.fixture(params=["parquet", "gpkg"])
def base(request, tmp_path) -> DataPackage:
    package = DataPackage.create(tmp_path / "asker", store=request.param, name="Asker")
    package.write("skole", schools("abc", [0, 10, 20], paralleller=[1, 2, None]), origin=ORIGIN)
    return package


@pytest.fixture
def scenario(base, tmp_path) -> DataPackage:
    change = DataPackage.create_scenario(tmp_path / "plan", base, name="Ny skole")
    rows = schools(
        "dbc",
        [30, 500, None],
        endring=["ny", "erstatt", "slett"],
        rom=pd.array([9, 8, None], "Int64"),
    )
    change.write("skole", rows, origin=PLAN)
    return change


def test_rows_are_added_replaced_and_deleted(base, scenario):
    view = scenario.over(base)
    frame = view.read("skole")
    assert dict(zip(frame["skole_id"], frame.geometry.x, strict=True)) == {
        "a": 0,
        "d": 30,
        "b": 500,
    }
    assert list(frame.columns) == ["skole_id", "navn", "paralleller", "rom", "geometry"]
    assert list(frame.index) == [0, 1, 2]
    found = frame.set_index("skole_id")
    assert found.loc["a", "paralleller"] == 1
    assert found["paralleller"].isna().tolist() == [False, True, True]
    assert str(frame["rom"].dtype) == "Int64"
    assert found["rom"].isna().tolist() == [True, False, False]
    assert frame.crs == "EPSG:25832"
    assert sorted(base.read("skole")["skole_id"]) == ["a", "b", "c"]


def test_a_replaced_row_is_gone_where_it_was(base, scenario):
    view = scenario.over(base)
    assert view.read("skole", bbox=(5, -1, 25, 1))["skole_id"].tolist() == []
    assert view.read("skole", bbox=(450, -1, 550, 1))["skole_id"].tolist() == ["b"]
    assert view.read("skole", bbox=(0, 0, 30, 0))["skole_id"].tolist() == ["a", "d"]


def test_columns_are_pushed_down_without_the_key(base, scenario):
    view = scenario.over(base)
    frame = view.read("skole", columns=["rom", "navn"])
    assert list(frame.columns) == ["rom", "navn", "geometry"]
    assert sorted(frame["navn"]) == ["a skole", "b skole", "d skole"]
    bare = view.read("skole", columns=["navn"], geometry=False)
    assert not isinstance(bare, gpd.GeoDataFrame)
    assert len(bare) == 3
    with pytest.raises(LayerError, match="endring"):
        view.read("skole", columns=["endring"])


def test_the_provenance_says_scenario(base, scenario):
    view = scenario.over(base)
    record = view.records["skole"]
    assert "endret av scenariet «Ny skole»: 1 nye, 1 erstattet, 1 slettet" in record.origin
    assert record.rows == len(view.read("skole")) == 3
    assert record.licence == "NLOD 2.0; intern"
    assert record.sha256 not in (base.records["skole"].sha256, scenario.records["skole"].sha256)
    assert record.bounds == (0.0, 0.0, 500.0, 0.0)
    assert view.source_record("skole").rows == 3
    assert view.name == "Asker + Ny skole"
    assert view.scenario == "Ny skole"
    assert (view.municipality, view.crs) == ("3203", "EPSG:25832")


@pytest.mark.parametrize(
    ("ids", "endring", "message"),
    [
        ("a", ["ny"], "a er merket «ny», men finnes allerede"),
        ("x", ["erstatt"], "x er merket «erstatt» eller «slett», men finnes ikke"),
        ("y", ["slett"], "y er merket «erstatt» eller «slett», men finnes ikke"),
    ],
)
def test_a_change_that_does_not_fit_the_base_is_refused(base, tmp_path, ids, endring, message):
    change = DataPackage.create_scenario(tmp_path / "plan", base)
    change.write("skole", schools(ids, [1], endring=endring), origin=PLAN)
    view = change.over(base)
    for ask in (lambda: view.read("skole", bbox=(900, 900, 901, 901)), lambda: view.records):
        with pytest.raises(LayerError, match=message):
            ask()


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (schools("a", [1]), "mangler kolonnen «endring»"),
        (schools("ab", [1, 2], endring=["ny", "borte"]), "borte"),
        (schools("ab", [1, 2], endring=["ny", None]), "endring"),
        (schools("aa", [1, 2], endring=["erstatt", "slett"]), "flere rader: a"),
        (schools(["a", None], [1, 2], endring=["slett", "ny"]), "mangler i rad"),
    ],
)
def test_a_scenario_layer_must_say_what_it_does(base, tmp_path, frame, message):
    change = DataPackage.create_scenario(tmp_path / "plan", base)
    with pytest.raises(LayerError, match=message):
        change.write("skole", frame, origin=PLAN)


def test_a_composite_key(base, tmp_path):
    rows = {"adresse_id": ["a", "a", "b"], "alder": [3, 40, 3], "antall": [1, 2, 5]}
    base.write("befolkning", pd.DataFrame(rows), origin=ORIGIN)
    change = DataPackage.create_scenario(tmp_path / "plan", base)
    rows = {
        "adresse_id": ["a", "c"],
        "alder": [3, 3],
        "antall": [7, 1],
        "endring": ["erstatt", "ny"],
    }
    change.write("befolkning", pd.DataFrame(rows), origin=PLAN)
    frame = change.over(base).read("befolkning")
    keys = zip(frame["adresse_id"], frame["alder"], strict=True)
    assert dict(zip(keys, frame["antall"], strict=True)) == {
        ("a", 40): 2, ("b", 3): 5, ("a", 3): 7, ("c", 3): 1,
    }  # fmt: skip


def test_deletions_need_only_keys(base, tmp_path):
    change = DataPackage.create_scenario(tmp_path / "plan", base)
    rows = pd.DataFrame({"skole_id": ["a", "b"], "endring": ["slett", "slett"]})
    change.write("skole", rows, origin=PLAN)
    assert change.over(base).read("skole")["skole_id"].tolist() == ["c"]


def test_new_rows_without_a_generated_key_get_one_that_the_base_has_not(base, tmp_path):
    water = gpd.GeoDataFrame(
        {"vanntype": ["elv", "hav"]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)],
        crs="EPSG:25832",
    )
    base.write("vann", water, origin=ORIGIN)
    change = DataPackage.create_scenario(tmp_path / "plan", base)
    change.write("vann", water.assign(endring="ny"), origin=PLAN)
    assert change.over(base).read("vann")["vann_id"].is_unique


def test_a_layer_that_only_the_scenario_has(base, tmp_path):
    change = DataPackage.create_scenario(tmp_path / "plan", base, name="P")
    stops = gpd.GeoDataFrame(
        {"holdeplass_id": ["h"], "transportmiddel": ["buss"], "endring": ["ny"]},
        geometry=[shapely.Point(0, 0)],
        crs="EPSG:25832",
    )
    change.write("holdeplass", stops, origin=PLAN)
    view = change.over(base)
    assert view.layer_ids == ("holdeplass", "skole")
    assert list(view.read("holdeplass")) == ["holdeplass_id", "transportmiddel", "geometry"]
    assert "scenariet «P»" in view.records["holdeplass"].origin
    assert view.records["skole"] == base.records["skole"]
    with pytest.raises(LayerError, match="ikke i datapakken"):
        view.read("vann")


def test_a_scenario_over_a_scenario(base, scenario, tmp_path):
    view = scenario.over(base)
    second = DataPackage.create_scenario(tmp_path / "to", view, name="To")
    second.write("skole", schools("da", [31, None], endring=["erstatt", "slett"]), origin=PLAN)
    both = second.over(view)
    assert sorted(both.read("skole")["skole_id"]) == ["b", "d"]
    assert both.scenario == "Ny skole + To"


def test_what_is_no_scenario_for_the_base_is_refused(base, scenario, tmp_path):
    with pytest.raises(PackageError, match="ikke et scenario"):
        base.over(scenario)
    other = DataPackage.create(tmp_path / "oslo", municipality="0301")
    with pytest.raises(PackageError, match="kommune 3203"):
        scenario.over(other)
    with pytest.raises(OverwriteError, match="--overskriv"):
        DataPackage.create_scenario(scenario.path, base)


def test_verify_names_the_scenario(base, scenario):
    view = scenario.over(base)
    assert view.verify() == []
    (scenario.path / scenario.records["skole"].file).unlink()
    assert "Scenariet «Ny skole»: Laget «skole»" in view.verify()[0]


def test_avvik_and_coverage_of_both(base, scenario):
    area = shapely.box(0, 0, 9, 9)
    avvik = pd.DataFrame({"rad": [1], "regel": ["x"]})
    base.write(
        "skole", base.read("skole"), origin=ORIGIN, overwrite=True, coverage=area, avvik=avvik
    )
    view = scenario.over(base)
    assert view.coverage("skole").equals(area)
    assert view.read_avvik("skole")["rad"].tolist() == [1]
    scenario.write(
        "skole", scenario.read("skole"), origin=PLAN, overwrite=True, avvik=avvik.assign(rad=2)
    )
    assert scenario.over(base).read_avvik("skole")["rad"].tolist() == [1, 2]
