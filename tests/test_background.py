"""The ground of a page: from the package's own layers, light, named, and never without reason."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.background import _notes, background_of
from askergeo.datapackage import DataPackage, Origin
from askergeo.outputs.page.places import places_section

if TYPE_CHECKING:
    from pathlib import Path

CRS = "EPSG:25832"
X, Y = 570_000.0, 6_600_000.0
ORIGIN = Origin(title="Laget for testen", fetched="2026-01-01", attribution="© Prøven")


def frame(shapes: list, **columns: list) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def box(x: float, y: float, wide: float, high: float) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + wide, Y + y + high)


def line(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString([(X + x, Y + y) for x, y in points])


def point(x: float, y: float) -> shapely.Point:
    return shapely.Point(X + x, Y + y)


@pytest.fixture
def package(tmp_path: Path) -> DataPackage:
    return DataPackage.create(tmp_path / "pakke", example=True)


def boundary(*, land: bool = True) -> gpd.GeoDataFrame:
    scopes = ["land", "med_sjo"] if land else ["med_sjo"]
    shapes = [box(0, 0, 5000, 8000), box(0, 0, 8000, 8000)][-len(scopes) :]
    return frame(
        shapes,
        kommunenummer=["3203"] * len(scopes),
        kommunenavn=["Eksempelbygda"] * len(scopes),
        omfang=scopes,
    )


def roads() -> gpd.GeoDataFrame:
    return frame(
        [
            line((0, 0), (100, 0)),
            line((100, 0), (200, 0.5)),
            line((0, 500), (900, 500)),
            line((0, 700), (900, 700)),
            line((0, 900), (900, 900)),
            line((0, 0), (0, 100)),
        ],
        veg_id=list(range(1, 7)),
        vegtype=["bilveg"] * 5 + ["fortau"],
        vegkategori=["F", "F", "K", "P", "E", None],
        medium=["bakke", "bru", "bakke", "bakke", "tunnel", "bakke"],
        navn=["Fylkesvegen", "Fylkesvegen", "Kirkeveien", "", "", ""],
    )


def write(package: DataPackage, **layers: gpd.GeoDataFrame) -> None:
    for name, one in layers.items():
        package.write(name, one, origin=ORIGIN)


def test_an_empty_package_has_no_ground(package: DataPackage) -> None:
    empty = background_of(package)
    assert empty.layers == ()
    assert empty.places == ()
    assert empty.addresses is None
    assert places_section(empty, (X, Y)) == b""


def test_the_boundary_alone_gives_sea_land_and_edge(package: DataPackage) -> None:
    write(package, kommunegrense=boundary())
    ground = background_of(package)
    assert [one.name for one in ground.layers] == [
        "bakgrunn_sjo",
        "bakgrunn_land",
        "bakgrunn_kommunegrense",
    ]
    assert ground.layers[1].frame.area.sum() == pytest.approx(5000 * 8000)
    assert set(ground.layers[2].frame.geom_type) == {"LineString"}
    assert ground.attributions == ("© Prøven",)


def test_a_neighbour_whose_land_is_not_known_is_no_sea(package: DataPackage) -> None:
    own = boundary()
    neighbour = frame(
        [box(8000, 0, 8000, 8000)], kommunenummer=["3205"], navn=["Nabo"], omfang=["med_sjo"]
    )
    write(package, kommunegrense=pd.concat([own, neighbour], ignore_index=True))
    (sea,) = [one for one in background_of(package).layers if one.name == "bakgrunn_sjo"]
    assert shapely.union_all(sea.frame.geometry).equals(box(0, 0, 8000, 8000))


def test_a_boundary_that_does_not_tell_land_apart_is_land(package: DataPackage) -> None:
    write(package, kommunegrense=boundary(land=False))
    assert [one.name for one in background_of(package).layers] == [
        "bakgrunn_land",
        "bakgrunn_kommunegrense",
    ]


def test_roads_are_joined_by_class_and_tunnels_left_out(package: DataPackage) -> None:
    write(package, veg=roads())
    ground = background_of(package)
    lengths = {one.title: one.frame.length.sum() for one in ground.layers}
    assert lengths["Hovedveg"] == pytest.approx(200, abs=0.1)
    assert lengths["Veg"] == pytest.approx(900)
    assert lengths["Adkomstveg"] == pytest.approx(900)
    assert ground.from_resolution == {"bakgrunn_smaaveg": 4.0, "bakgrunn_veg": 20.0}
    main = next(one for one in ground.layers if one.title == "Hovedveg")
    # Two links that meet, the one not bent by more than the eye sees, are one straight line.
    assert shapely.get_num_coordinates(main.frame.geometry.to_numpy()).tolist() == [2]


def test_roads_without_a_category_are_roads(package: DataPackage) -> None:
    write(package, veg=roads().drop(columns=["vegkategori", "medium"]))
    assert [one.title for one in background_of(package).layers] == ["Veg"]


def test_what_is_too_heavy_is_left_out_and_said(package: DataPackage) -> None:
    rng = np.random.default_rng(1)
    houses = [box(x, y, 20, 20) for x, y in rng.uniform(0, 5000, (7000, 2))]
    write(
        package,
        kommunegrense=boundary(),
        bygning=frame(
            houses,
            bygning_id=[str(k) for k in range(len(houses))],
            bygningstype=pd.array([111] * len(houses), dtype="Int64"),
        ),
    )
    ground = background_of(package)
    assert "bakgrunn_bygning" not in {one.name for one in ground.layers}
    assert ground.notes == ("Bakgrunnskartet er uten bygninger: det ville gjort siden for tung.",)


@pytest.mark.parametrize(
    ("titles", "said"),
    [(["Sti"], "uten sti:"), (["Veg", "Sti", "Vann"], "uten veg, sti og vann:")],
)
def test_what_is_left_out_is_listed_as_people_write(titles: list[str], said: str) -> None:
    (note,) = _notes(titles)
    assert said in note


def test_names_are_found_once_and_ranked(package: DataPackage) -> None:
    write(
        package,
        veg=roads(),
        senter=frame(
            [point(0, 0), point(10, 0), point(20, 0)],
            senter_id=["1", "2", "3"],
            navn=["Byen", "Grenda", ""],
            niva=["kommunesenter", "naersenter", "naersenter"],
            konfidens=["kjent"] * 3,
            kilde=["test"] * 3,
        ),
        tjeneste=frame(
            [point(5, 5)], tjeneste_id=["1"], type=["apotek"], gruppe=["helse"], navn=["Svanen"]
        ),
    )
    places = {(one.name, one.kind): one.rank for one in background_of(package).places}
    assert places == {
        ("Byen", "senter"): 1,
        ("Grenda", "senter"): 3,
        ("Svanen", "apotek"): 5,
        ("Fylkesvegen", "veg"): 7,
        ("Kirkeveien", "veg"): 7,
    }


def test_addresses_are_kept_by_street_and_number_and_small(package: DataPackage) -> None:
    write(
        package,
        adresse=frame(
            [point(0, 0), point(30, 0), point(31, 0), point(60, 0), point(9, 9), point(900, 0)],
            adresse_id=list("abcdef"),
            adressetekst=[
                "Storgata 10",
                "Storgata 2 b",
                "Storgata 2B",
                "Storgata  2",
                "Nordre",
                "",
            ],
        ),
    )
    ground = background_of(package)
    assert ground.addresses is not None
    assert list(zip(ground.addresses["gate"], ground.addresses["nummer"], strict=True)) == [
        ("Nordre", ""),
        ("Storgata", "2"),
        ("Storgata", "2B"),
        ("Storgata", "10"),
    ]
    written = json.loads(places_section(ground, (X, Y)))["addresses"]
    assert written["numbers"] == ["", "2,2B,10"]
    assert np.cumsum(written["x"]).tolist() == [9, 60, 30, 0]


def test_addresses_without_a_text_are_no_places(package: DataPackage) -> None:
    write(
        package,
        adresse=frame([point(1, 1), point(2, 2)], adresse_id=["a", "b"], adressetekst=[None, None]),
    )
    ground = background_of(package)
    assert ground.addresses is not None
    assert ground.addresses.empty
    assert places_section(ground, (X, Y)) == b""


def test_a_scenario_is_drawn_as_it_makes_the_place(package: DataPackage, tmp_path: Path) -> None:
    write(package, veg=roads())
    changes = DataPackage.create_scenario(tmp_path / "scenario", package, name="Ny veg")
    new = roads().iloc[[2]].assign(veg_id=99, endring="ny")
    changes.write("veg", new.set_geometry([line((0, 4000), (500, 4000))], crs=CRS), origin=ORIGIN)
    ground = background_of(changes.over(package))
    assert next(one for one in ground.layers if one.title == "Veg").frame.length.sum() == (
        pytest.approx(1400)
    )


def test_forty_thousand_addresses_fit_in_a_page(package: DataPackage) -> None:
    rng = np.random.default_rng(2)
    streets = np.repeat([f"Gate{k:04d}veien" for k in range(2000)], 20)
    numbers = np.tile(np.arange(1, 21), 2000)
    corners = rng.uniform(0, 30_000, (2000, 2)).repeat(20, axis=0)
    where = corners + rng.uniform(0, 400, corners.shape)
    write(
        package,
        adresse=frame(
            [point(x, y) for x, y in where],
            adresse_id=[str(k) for k in range(len(where))],
            adressetekst=[f"{a} {b}" for a, b in zip(streets, numbers, strict=True)],
        ),
    )
    section = places_section(background_of(package), (X, Y))
    assert len(zlib.compress(section, 9)) < 500_000
