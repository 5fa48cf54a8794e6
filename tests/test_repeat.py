"""Results made again: what counts as a difference."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin
from askergeo.errors import MissingFileError, ParameterError, SourceError
from askergeo.outputs.write import write_all
from askergeo.repeat import repeat_result
from askergeo.run import run

CRS = "EPSG:25832"


@pytest.fixture
def report(tmp_path):
    """A report on a municipality with its shore along the east side."""
    package = DataPackage.create(tmp_path / "pakke", name="Prøve")
    land = shapely.box(570_000, 6_630_000, 574_000, 6_634_000)
    sea = shapely.box(570_000, 6_630_000, 576_000, 6_634_000)
    boundary = {"kommunenummer": "3203", "kommunenavn": "Asker", "omfang": ["land", "med_sjo"]}
    package.write(
        "kommunegrense",
        gpd.GeoDataFrame(boundary, geometry=[land, sea], crs=CRS),
        origin=Origin("prøve"),
    )
    shore = shapely.LineString([(574_000, 6_630_000), (574_000, 6_634_000)])
    package.write("kystkontur", gpd.GeoDataFrame(geometry=[shore], crs=CRS), origin=Origin("prøve"))
    return write_all([run("strandsone", package)], tmp_path / "ut")["json"]


def edit(path, change):
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document["resultater"][0])
    path.write_text(json.dumps(document), encoding="utf-8")


def test_the_folder_of_the_report_will_do(report):
    assert repeat_result(report.parent) == []


def test_the_same_data_give_the_same_answer(report):
    assert repeat_result(report) == []


def test_a_number_is_named_with_both_values(report):
    def change(result):
        result["nokkeltall"]["kyst"]["verdi"] += 1

    edit(report, change)
    (line,) = repeat_result(report)
    assert "nøkkeltallet kyst: 5" in line
    assert " → 4" in line


def test_arithmetic_of_another_machine_is_no_difference(report):
    def change(result):
        result["nokkeltall"]["belte"]["verdi"] *= 1 + 1e-12

    edit(report, change)
    assert repeat_result(report) == []


def test_a_cell_is_named_with_table_row_and_column(report):
    def change(result):
        table = next(one for one in result["tabeller"] if one["navn"] == "belte")
        table["rader"][0]["verdier"][1] = 99

    edit(report, change)
    (line,) = repeat_result(report)
    assert "kyst_km" in line
    assert "99 → 4" in line


def test_other_software_is_named(report):
    def change(result):
        result["opphav"]["programvare"]["GEOS"] = "3.0.0"
        result["opphav"]["versjon"] = "0.0.1"

    edit(report, change)
    lines = repeat_result(report)
    assert any("GEOS 3.0.0 →" in line for line in lines)
    assert any("askergeo 0.0.1 →" in line for line in lines)


@pytest.mark.parametrize(
    ("key", "value", "word"), [("setning", "noe annet", "setningen"), ("mangler", [], "manglene")]
)
def test_words_and_lacks_count_too(report, key, value, word):
    edit(report, lambda result: result.update({key: value}))
    assert repeat_result(report) == [f"Strandsonen langs sjøen: {word} er annerledes."]


def test_time_and_place_of_the_run_do_not_count(report):
    def change(result):
        result["opphav"]["laget"] = "1999-01-01T00:00:00Z"
        result["opphav"]["kommando"] = "askergeo noe"

    edit(report, change)
    assert repeat_result(report) == []


def test_a_package_that_has_moved_is_asked_for(report, tmp_path):
    (tmp_path / "pakke").rename(tmp_path / "ny plass")
    with pytest.raises(MissingFileError, match="«Prøve»") as caught:
        repeat_result(report)
    assert "--data" in caught.value.remedy
    assert "pakke, sett fra" in caught.value.message
    assert repeat_result(report, package=tmp_path / "ny plass") == []


def test_an_analysis_that_is_gone_is_named(report):
    edit(report, lambda result: result.update(analyse="strandsona"))
    with pytest.raises(ParameterError, match="«strandsona»"):
        repeat_result(report)


@pytest.mark.parametrize(
    "change",
    [
        lambda result: result.pop("opphav"),
        lambda result: result.update(tabeller=[{"navn": "x"}]),
        lambda result: result.update(parametre={"belte_m": 1}),
        lambda result: result["nokkeltall"].update(kyst=5),
        lambda result: result["opphav"].update(kilder=[{"lag": "x"}]),
    ],
)
def test_a_file_that_is_not_whole_is_refused(report, change):
    edit(report, change)
    with pytest.raises(SourceError, match="ikke et helt resultat"):
        repeat_result(report)


def test_that_numbers_may_no_longer_be_published_is_told(report):
    def change(result):
        result["ma_ikke_publiseres"] = ["Regnskapet gikk ikke opp."]
        result["diagrammer"] = [
            {
                **dict.fromkeys(("navn", "tittel", "tabell", "fra", "til", "verdi"), "x"),
                "farger": {},
            }
        ]

    edit(report, change)
    stop, chart = repeat_result(report)
    assert stop.endswith("om tallene kan publiseres: Regnskapet gikk ikke opp. → ja")
    assert chart.endswith("diagrammene er annerledes.")


def test_a_report_from_before_diagrams_can_be_repeated(report):
    def change(result):
        del result["ma_ikke_publiseres"], result["diagrammer"]

    edit(report, change)
    assert repeat_result(report) == []
