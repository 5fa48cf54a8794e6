"""`askergeo areal --plan` and `--inndeling`: a case file, areas, and what is refused."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin("prøvekart", "2026-01-01", "CC0 1.0", "P", "P")
WEST, EAST = (shapely.box(x, 6_630_000, x + 2_000, 6_634_000) for x in (570_000, 572_000))


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture
def planned(package):
    """The package with farmland to the west, forest to the east, and a plan over a part of both."""
    made = DataPackage.open(package)
    made.write("ar5", frame([WEST, EAST], ar5_id=[1, 2], arealtype=[21, 30]), origin=ORIGIN)
    outline = shapely.box(571_900, 6_631_000, 572_100, 6_631_100)
    plan = frame([outline], planid=["2023005"], plannavn=["Torget"], planstatus=[3])
    made.write("reguleringsplan", plan, origin=ORIGIN)
    purpose = frame(
        [outline], formal_id=[1], planid=["2023005"], formaal_kode=[1110],
        vertikalniva=pd.array([2], dtype="Int64"),
    )  # fmt: skip
    made.write("reguleringsplan_formaal", purpose, origin=ORIGIN)
    areas = frame([WEST], omraade_id=["v"], navn=["Vest"])
    made.write("inndeling", areas, origin=ORIGIN)
    return package


def tables(folder):
    (found,) = json.loads((folder / "resultat.json").read_text(encoding="utf-8"))["resultater"]
    return {
        table["navn"]: {
            row["rad"]: dict(
                zip([column["navn"] for column in table["kolonner"]], row["verdier"], strict=True)
            )
            for row in table["rader"]
        }
        for table in found["tabeller"]
    }, found


def test_a_case_file_of_one_plan_comes_first_and_is_made_again(askergeo, planned, tmp_path):
    out = tmp_path / "sak"
    ran = askergeo("areal", "--data", planned, "--ut", out, "--plan", "2023005", "--stille")
    assert (ran.code, ran.err) == (0, "")
    assert "Planen 2023005 er 20,0 dekar" in ran.out
    found, result = tables(out)
    assert next(iter(found)) == "planer"
    assert found["planer"]["2023005"]["dyrket_dekar"] == pytest.approx(10)
    assert found["plan_balanse"]["2023005"]["gar_opp"] == "ja"
    assert "omraader" not in found
    assert "plan=2023005" in result["opphav"]["kommando"]
    again = askergeo("gjenta", out, "--data", planned)
    assert again.code == 0, again.err


def test_own_areas_and_what_is_outside(askergeo, planned, tmp_path):
    out = tmp_path / "ut"
    ran = askergeo("areal", "--data", planned, "--ut", out, "--inndeling", "inndeling", "--stille")
    assert ran.code == 0, ran.err
    rows = tables(out)[0]["omraader"]
    assert rows["v"]["areal_dekar"] + rows["utenfor"]["areal_dekar"] == pytest.approx(
        rows["i_alt"]["areal_dekar"]
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--plan", "2023006"), "Mente du «2023005»"),
        (("--inndeling", "tettsted"), "«tettsted» er ikke i datapakken"),
        (("--inndeling", "vann"), "kan ikke dele regnskapet"),
        (("--parameter", "tema=flaum"), "er ikke et tema"),
    ],
)
def test_what_is_not_there_is_said(askergeo, planned, tmp_path, options, said):
    ran = askergeo("areal", "--data", planned, "--ut", tmp_path / "ut", *options)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_file_of_areas_must_be_a_layer_first(askergeo, planned, tmp_path):
    file = tmp_path / "soner.gpkg"
    frame([WEST], navn=["Vest"]).to_file(file)
    ran = askergeo("areal", "--data", planned, "--ut", tmp_path / "ut", "--inndeling", file)
    assert ran.code == 2
    assert f"data legg-til {planned} inndeling {file}" in " ".join(ran.err.split())
