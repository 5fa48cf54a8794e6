"""`askergeo skole veg`: the right for all, and one way explained."""

from __future__ import annotations

import json
from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin(title="prøve")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A street of 3 km with a school in the west; 1 km of it is a main road without a footway."""
    folder = tmp_path_factory.mktemp("skoleveg") / "pakke"
    package = DataPackage.create(folder)
    x, y = 572_000, 6_632_000

    def frame(geometry, **columns):
        return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)

    ends = [0, 1000, 2000, 3000]
    lines = [shapely.LineString([(x + a, y), (x + b, y)]) for a, b in pairwise(ends)]
    roads = frame(
        lines, veg_id=pd.array([1, 2, 3], dtype="Int64"), vegtype=["bilveg"] * 3,
        vegkategori=["K", "F", "K"], fartsgrense=pd.array([30, 80, 30], dtype="Int64"),
        navn=["Vestlia", "Storvegen", "Østlia"],
    )  # fmt: skip
    schools = frame(
        [shapely.Point(x, y + 20)], skole_id=["S1"], navn=["Vest skole"],
        trinn_fra=pd.array([1], dtype="Int64"), trinn_til=pd.array([10], dtype="Int64"),
    )  # fmt: skip
    homes = frame(
        [shapely.Point(x + at, y + 10) for at in (500, 2500)], adresse_id=["A1", "A2"],
        adressetekst=["Vestlia 5", "Østlia 25"],
    )  # fmt: skip
    people = pd.DataFrame(
        {
            "adresse_id": ["A1", "A2", "A2"],
            "alder": pd.array([6, 6, 9], dtype="Int64"),
            "antall": pd.array([20, 30, 40], dtype="Int64"),
        }
    )
    district = frame(
        [shapely.box(x - 500, y - 500, x + 3500, y + 500)] * 2, krets_id=["B1", "U1"],
        navn=["Vest", "Vest"], trinn=["barnetrinn", "ungdomstrinn"], skole_id=["S1", "S1"],
    )  # fmt: skip
    layers = {"veg": roads, "skole": schools, "adresse": homes, "befolkning": people}
    for name, made in (layers | {"skolekrets": district}).items():
        package.write(name, made, origin=ORIGIN)
    return folder


def test_the_right_is_told_for_all(askergeo, data, tmp_path) -> None:
    ran = askergeo("skole", "veg", "--data", data, "--ut", tmp_path / "ut", "--stille")
    assert ran.code == 0
    # 30 in the first grade have 2530 m; 40 in the fourth have it too, but not 4 km.
    assert "30 av 90 elever har rett" in ran.out
    assert "har 40 ingen skoleveg" in ran.out
    assert (tmp_path / "ut" / "index.html").is_file()


def test_one_way_is_told_step_by_step(askergeo, data) -> None:
    ran = askergeo("skole", "veg", "--data", data, "--adresse", "Østlia 25", "--stille")
    assert ran.code == 0
    plain = ran.out.replace("\u00a0", " ")
    for text in ("Storvegen", "2530,0", "Fylkesveg", "høy fart uten fortau", "530,0 m over: rett"):
        assert text in plain
    assert "særlig farlig" in plain


def test_one_way_as_json_and_in_a_folder(askergeo, data, tmp_path) -> None:
    ran = askergeo(
        "skole", "veg", "--data", data, "--adresse", "A2", "--trinn", "5", "--json",
        "--ut", tmp_path / "en",
    )  # fmt: skip
    told = json.loads(ran.out)
    answer = told["svar"][0]
    assert answer["meter"] == pytest.approx(2530.0)
    assert [one["meter"] for one in answer["steg"]] == pytest.approx([10, 500, 1000, 1000, 20])
    assert "ikke rett" in answer["svar"]
    assert (tmp_path / "en" / "askergeo.gpkg").is_file()


@pytest.mark.parametrize(
    ("more", "word"),
    [
        (["--adresse", "Nordlia 1"], "ikke i laget"),
        (["--adresse", "A1", "--skole", "S7"], "ikke blant"),
        (["--adresse", "A1", "--trinn", "11"], "over 10"),
        (["--trinn", "2"], "--adresse"),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(askergeo, data, more, word) -> None:
    ran = askergeo("skole", "veg", "--data", data, "--stille", *more)
    assert ran.code == 2
    assert word in ran.err
    assert "Traceback" not in ran.err
