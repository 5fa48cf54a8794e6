"""Files on their way into a package and into a scenario."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import AskergeoError, LayerError, ParameterError
from askergeo.ingest import add_file

CRS = "EPSG:25832"
PLACE = (572_000, 6_632_000)


def square(step, size=10.0):
    return shapely.box(PLACE[0] + 20 * step, PLACE[1], PLACE[0] + 20 * step + size, PLACE[1] + size)


def cover(rows, path):
    """Write rows of ``{column: value}`` with a square each as a file."""
    shapes = [row.pop("geometry", square(number)) for number, row in enumerate(rows)]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=CRS).to_file(path)
    return path


@pytest.fixture
def base(tmp_path):
    package = DataPackage.create(tmp_path / "grunn")
    add_file(package, "ar5", cover([{"arealtype": 21}, {"arealtype": 30}], tmp_path / "ar5.gpkg"))
    return package


@pytest.fixture
def scenario(base, tmp_path):
    return DataPackage.create_scenario(tmp_path / "endring", base)


def test_keys_that_are_made_go_on_counting(base, tmp_path):
    path = cover([{"arealtype": 50, "geometry": square(7)}], tmp_path / "mer.gpkg")
    added = add_file(base, "ar5", path, append=True)
    assert (added.rows, added.read) == (3, 1)
    assert sorted(base.read("ar5")["ar5_id"]) == [1, 2, 3]


def test_keys_that_the_file_gives_are_kept(base, tmp_path):
    rows = [{"ar5_id": 70, "arealtype": 50, "geometry": square(7)}]
    add_file(base, "ar5", cover(rows, tmp_path / "mer.gpkg"), append=True)
    assert sorted(base.read("ar5")["ar5_id"]) == [1, 2, 70]


def test_keys_that_are_there_already_are_refused(base, tmp_path):
    rows = [{"ar5_id": 2, "arealtype": 50, "geometry": square(7)}]
    path = cover(rows, tmp_path / "mer.gpkg")
    with pytest.raises(LayerError, match="samme nøkkel"):
        add_file(base, "ar5", path, append=True)
    assert len(base.read("ar5")) == 2


def test_what_is_appended_names_both_deliveries_and_the_older_date(base, tmp_path):
    path = cover([{"arealtype": 50, "geometry": square(7)}], tmp_path / "mer.gpkg")
    add_file(base, "ar5", path, append=True, fetched="2025-03-04")
    record = base.record("ar5")
    assert record.origin == "ar5.gpkg; mer.gpkg"
    assert record.fetched == "2025-03-04"


def test_appending_a_part_keeps_the_part_that_was_mapped(base, tmp_path):
    one = cover([{"stitype": "sti", "geometry": shapely.LineString([PLACE, (572_100, 6_632_000)])}],
                tmp_path / "en.gpkg")  # fmt: skip
    two = cover([{"stitype": "sti", "geometry": shapely.LineString([PLACE, (572_000, 6_632_100)])}],
                tmp_path / "to.gpkg")  # fmt: skip
    around = cover([{"navn": "a"}], tmp_path / "dekning.gpkg")
    add_file(base, "sti", one, coverage=around)
    add_file(base, "sti", two, coverage=around, append=True)
    assert base.coverage("sti").equals(square(0))
    add_file(base, "sti", two, overwrite=True)
    assert base.coverage("sti") is None


def test_a_date_must_be_a_date(base, tmp_path):
    with pytest.raises(ParameterError, match="ÅÅÅÅ-MM-DD"):
        add_file(base, "ar5", tmp_path / "ar5.gpkg", fetched="2025", overwrite=True)


# Scenarios.


def test_new_rows_of_a_scenario_get_keys_that_the_base_never_has(base, scenario, tmp_path):
    rows = [{"arealtype": 50, "endring": "ny", "geometry": square(n)} for n in (5, 6)]
    add_file(scenario, "ar5", cover(rows, tmp_path / "nye.gpkg"))
    assert sorted(scenario.read("ar5")["ar5_id"]) == [-2, -1]
    more = [{"arealtype": 30, "endring": "ny", "geometry": square(9)}]
    add_file(scenario, "ar5", cover(more, tmp_path / "flere.gpkg"), append=True)
    assert sorted(scenario.read("ar5")["ar5_id"]) == [-3, -2, -1]
    assert len(scenario.over(base).read("ar5")) == 5


def test_a_scenario_adds_replaces_and_deletes_from_one_file(base, scenario, tmp_path):
    rows = [
        {"ar5_id": None, "arealtype": 50, "endring": "ny", "geometry": square(5)},
        {"ar5_id": 1, "arealtype": 11, "endring": "erstatt", "geometry": square(0)},
        {"ar5_id": 2, "arealtype": None, "endring": "slett", "geometry": None},
    ]
    added = add_file(scenario, "ar5", cover(rows, tmp_path / "alt.gpkg"))
    assert (added.rows, added.set_aside) == (3, 0)
    seen = scenario.over(base).read("ar5")
    assert dict(zip(seen["ar5_id"], seen["arealtype"], strict=True)) == {1: 11, -1: 50}


def test_a_table_of_keys_is_enough_to_delete(base, scenario, tmp_path):
    path = tmp_path / "bort.csv"
    path.write_text("ar5_id;endring\n1;slett\n", encoding="utf-8")
    add_file(scenario, "ar5", path)
    assert list(scenario.over(base).read("ar5")["ar5_id"]) == [2]
    more = [{"arealtype": 30, "endring": "ny", "geometry": square(9)}]
    add_file(scenario, "ar5", cover(more, tmp_path / "ny.gpkg"), append=True)
    assert len(scenario.over(base).read("ar5")) == 2


def test_the_change_can_come_from_the_mapping(base, scenario, tmp_path):
    mapping = tmp_path / "kart.yml"
    mapping.write_text("lag: ar5\nkolonner: {endring: {konstant: ny}}\n", encoding="utf-8")
    path = cover([{"arealtype": 50, "geometry": square(5)}], tmp_path / "ny.gpkg")
    add_file(scenario, "ar5", path, mapping=mapping)
    assert list(scenario.read("ar5")["endring"]) == ["ny"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"arealtype": 50}], "ny, erstatt eller slett"),
        ([{"endring": "ny"}], "arealtype"),
        ([{"arealtype": 50, "endring": "erstatt"}], "nøkkelen mangler"),
        (
            [{"ar5_id": 1, "arealtype": 50, "endring": "slett"}, {"ar5_id": 1, "endring": "slett"}],
            "flere rader",
        ),
    ],
)
def test_rows_that_do_not_say_what_they_change_are_refused(scenario, tmp_path, rows, said):
    path = cover(rows, tmp_path / "feil.gpkg")
    with pytest.raises(AskergeoError, match=said):
        add_file(scenario, "ar5", path)
    assert list(scenario.layer_ids) == []


def test_new_rows_of_a_scenario_are_inspected(base, scenario, tmp_path):
    rows = [
        {"arealtype": 50, "endring": "ny", "geometry": square(5)},
        {"arealtype": 50, "endring": "ny", "geometry": shapely.box(0, 0, 1, 1)},
        {"arealtype": 50, "endring": "flytt", "geometry": square(6)},
    ]
    added = add_file(scenario, "ar5", cover(rows, tmp_path / "nye.gpkg"))
    assert (added.rows, added.read, added.set_aside) == (1, 3, 2)
    avvik = scenario.read_avvik("ar5").sort_values("rad")
    assert list(avvik["rad"]) == [2, 3]
    assert "flytt" in avvik["tekst"].iloc[1]


def test_tables_without_places_change_too(tmp_path):
    package = DataPackage.create(tmp_path / "grunn")
    people = pd.DataFrame({"adresse_id": ["a", "b"], "alder": [30, 40], "antall": [1, 2]})
    package.write("befolkning", people, origin=Origin("prøve"))
    scenario = DataPackage.create_scenario(tmp_path / "endring", package)
    path = tmp_path / "folk.csv"
    path.write_text(
        "adresse_id;alder;antall;endring\na;30;5;erstatt\nb;40;;slett\nc;7;1;ny\n", encoding="utf-8"
    )
    add_file(scenario, "befolkning", path)
    seen = scenario.over(package).read("befolkning")
    assert dict(zip(seen["adresse_id"], seen["antall"], strict=True)) == {"a": 5, "c": 1}
