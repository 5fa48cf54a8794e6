"""`askergeo nullvekst kollektiv`: with a timetable, on another date, and without one."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from askergeo.datapackage import DataPackage, Origin

CRS = "EPSG:25832"
ORIGIN = Origin(title="prøve")
HOUR = 3600


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A street of 3 km with a bus four times an hour from the west end; homes at 300 and 2900 m."""
    folder = tmp_path_factory.mktemp("kollektiv") / "pakke"
    package = DataPackage.create(folder)
    x, y = 572_000, 6_632_000

    def frame(geometry, **columns):
        return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)

    starts = range(6 * HOUR, 20 * HOUR, 900)
    trips = [f"t{start}" for start in starts]
    layers = {
        "veg": frame(
            [shapely.LineString([(x, y), (x + 3000, y)])], vegtype=["bilveg"],
            veg_id=pd.array([1], dtype="Int64"),
        ),
        "adresse": frame(
            shapely.points([x + 300, x + 2900], y + 10), adresse_id=["A1", "A2"]
        ),
        "befolkning": pd.DataFrame(
            {"adresse_id": ["A1", "A2"], "alder": pd.array([40, 40], dtype="Int64"),
             "antall": pd.array([80, 20], dtype="Int64")}
        ),
        "holdeplass": frame(
            shapely.points([x, x + 1000], y), holdeplass_id=["H1", "H2"], navn=["Vest", "Midt"],
            transportmiddel=["buss", "buss"], stoppested_id=["S1", "S2"],
        ),
        "rutelinje": pd.DataFrame({"linje_id": ["L"], "transportmiddel": ["buss"]}),
        "rutetur": pd.DataFrame({"tur_id": trips, "linje_id": "L", "kalender_id": "K"}),
        "ruteavgang": pd.DataFrame(
            {
                "tur_id": trips * 2,
                "rekkefolge": pd.array([0] * len(trips) + [1] * len(trips), dtype="Int64"),
                "holdeplass_id": ["H1"] * len(trips) + ["H2"] * len(trips),
                "ankomst": pd.array([*starts, *(one + 120 for one in starts)], dtype="Int64"),
                "avgang": pd.array([*starts, *(one + 120 for one in starts)], dtype="Int64"),
            }
        ),
        "rutedag": pd.DataFrame({"kalender_id": ["K"], "dato": pd.to_datetime(["2026-03-17"])}),
    }  # fmt: skip
    for name, made in layers.items():
        package.write(name, made, origin=ORIGIN)
    return folder


def test_the_share_near_departures_is_written(askergeo, data, tmp_path) -> None:
    ran = askergeo("nullvekst", "kollektiv", "--data", data, "--ut", tmp_path / "ut", "--stille")
    assert ran.code == 0, ran.err
    assert "80 % av de bosatte har høyst 500 m" in ran.out.replace("\u00a0", " ")
    told = (tmp_path / "ut" / "resultat.json").read_text("utf-8")
    assert json.loads(told)
    assert "Svært god" in told
    assert (tmp_path / "ut" / "index.html").is_file()


def test_a_date_that_the_timetable_is_not_for_ends_with_a_message(askergeo, data, tmp_path) -> None:
    ran = askergeo(
        "nullvekst", "kollektiv", "--data", data, "--ut", tmp_path / "ut", "--dato", "2027-01-05",
        "--stille",
    )  # fmt: skip
    assert ran.code == 2
    assert "gjelder fra 17.3.2026 til 17.3.2026" in ran.err
    assert "Traceback" not in ran.err
