"""What a plan brings, and how it is divided by the line and by access."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.parameters import load_parameters
from askergeo.transport._plan_parts import Service, classed, divided, sample_places
from askergeo.transport.plan_growth import (
    growth_of_projects,
    growth_of_uses,
    standing_buildings,
)
from askergeo.transport.trips import QUANTITIES
from askergeo.transport.zones import make_zones

CRS = "EPSG:25832"
PARAMETERS = load_parameters("trafikk+plansjekk+kollektiv+nullvekst+prognose.elever_per_")
# The line runs along y = 0 through a municipality of 2 km by 2 km.
LINE = gpd.GeoDataFrame(
    {"linje_id": [1]}, geometry=[shapely.LineString([(-1000, 0), (1000, 0)])], crs=CRS
)
BORDER = gpd.GeoDataFrame(
    {"kommunenummer": ["9999"]}, geometry=[shapely.box(-1000, -1000, 1000, 1000)], crs=CRS
)
ZONES = make_zones(LINE, BORDER, parameters=PARAMETERS)


def uses(*rows: tuple[str, shapely.Geometry], **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"kode": [code for code, _ in rows], **columns},
        geometry=[shape for _, shape in rows],
        crs=CRS,
    )


def changed(**values: object) -> object:
    return PARAMETERS.override(values)


def homes(frame: pd.DataFrame) -> float:
    return float(frame[[n for n in QUANTITIES if n.startswith("boliger_")]].to_numpy().sum())


def test_what_the_user_says_is_shared_by_area() -> None:
    plan = uses(
        ("1111", shapely.box(0, 0, 100, 100)),
        ("1111", shapely.box(200, 0, 500, 100)),
        ("3040", shapely.box(0, 200, 900, 900)),
    )
    found = growth_of_uses(plan, changed(boliger=40))
    assert found.frame["boliger_enebolig"].tolist() == pytest.approx([10, 30])
    assert found.lacking == ()
    assert not found.torn


def test_floor_area_gives_homes_and_work_where_the_purpose_is_for_both() -> None:
    plan = uses(("1130", shapely.box(0, 0, 100, 100)), utnytting=[(("17", "4000"),)])
    found = growth_of_uses(plan, PARAMETERS).frame.iloc[0]
    # Half of 4000 m² is for shops and offices alike, the other half for homes.
    assert found["m2_handel"] == found["m2_kontor"] == pytest.approx(1000)
    size = 0.22 * 190 + 0.14 * 130 + 0.32 * 115 + 0.32 * 70
    assert homes(found.to_frame().T) == pytest.approx(2000 / size)


def test_what_nobody_has_told_is_said() -> None:
    plan = uses(("1111", shapely.box(0, 0, 9, 9)), ("1310", shapely.box(9, 0, 18, 9)))
    found = growth_of_uses(plan, PARAMETERS)
    assert found.empty
    assert len(found.lacking) == 2
    assert found.frame["ukjent"].tolist() == [True, True]
    told = growth_of_uses(plan, changed(boliger=5, trafikk_naering=["kontor:100"]))
    assert told.lacking == ()
    assert not told.frame["ukjent"].any()


def test_what_is_torn_down_is_taken_away() -> None:
    plan = uses(("1111", shapely.box(0, 0, 9, 9)), ("1310", shapely.box(9, 0, 18, 9)))
    found = growth_of_uses(
        plan,
        changed(
            boliger=5,
            trafikk_naering=["kontor:100"],
            trafikk_riv_boliger=3,
            trafikk_riv_naering=["industri:40"],
        ),
    )
    assert found.torn
    assert homes(found.frame) == pytest.approx(2)
    assert found.frame["m2_industri"].sum() == pytest.approx(-40)
    assert growth_of_uses(plan, changed(boliger=5, trafikk_riv_boliger=0)).torn


def test_projects_count_employees_before_floor_area_and_say_what_lacks() -> None:
    point = shapely.Point(0, 500)
    boliger = gpd.GeoDataFrame(
        {
            "prosjekt_id": ["A", "A", "B"],
            "boligtype": ["enebolig", "enebolig", "leilighet_liten"],
            "boliger": pd.array([10, -2, None], dtype="Int64"),
        },
        geometry=[point] * 3,
        crs=CRS,
    )
    naering = gpd.GeoDataFrame(
        {
            "prosjekt_id": ["A", "C"],
            "naering": ["kontor", "handel"],
            "naering_m2": [2500.0, 600.0],
            "arbeidsplasser": pd.array([120, None], dtype="Int64"),
        },
        geometry=[point] * 2,
        crs=CRS,
    )
    found = growth_of_projects(boliger, naering, PARAMETERS)
    assert found.frame["boliger_enebolig"].sum() == 8
    assert found.frame["ansatte_kontor"].sum() == 120
    assert found.frame["m2_kontor"].sum() == 0
    assert found.frame["m2_handel"].sum() == 600
    assert found.frame["ukjent"].tolist() == [False, False, True, False, False]
    assert found.torn
    assert found.lacking


def test_the_line_divides_by_area_and_the_parts_sum_to_the_whole() -> None:
    # Three quarters of the purpose lie north of the line.
    plan = uses(("1111", shapely.box(0, -100, 100, 300)))
    growth = growth_of_uses(plan, changed(boliger=40)).frame
    parts = divided(growth, ZONES)
    assert parts.set_index("side")["andel"].to_dict() == pytest.approx({"nord": 0.75, "sor": 0.25})
    assert parts.set_index("side")["boliger_enebolig"].to_dict() == pytest.approx(
        {"nord": 30, "sor": 10}
    )
    assert shapely.area(parts.geometry.array).tolist() == pytest.approx([30_000, 10_000])
    unknown = divided(growth, None)
    assert unknown["side"].tolist() == ["ukjent"]
    outside = divided(growth.set_geometry(growth.translate(5_000)), ZONES)
    assert outside["side"].tolist() == ["ukjent"]


def test_without_a_network_every_class_is_unknown_and_nothing_is_lost() -> None:
    plan = uses(("1111", shapely.box(0, -100, 100, 300)))
    growth = growth_of_uses(plan, changed(boliger=40)).frame
    parts = classed(divided(growth, ZONES), Service(None, why="mangler"), PARAMETERS)
    assert set(parts["klasse"]) == {"ukjent"}
    assert homes(parts) == pytest.approx(40)
    assert parts["klasse_andel"].tolist() == [1, 1]


def test_places_lie_inside_their_shapes_and_each_shape_has_one() -> None:
    shapes = np.array(
        [shapely.Point(0, 0), shapely.box(0, 0, 3, 3), shapely.box(0, 0, 1000, 1000),
         shapely.MultiPolygon([shapely.box(0, 0, 9, 900), shapely.box(500, 0, 509, 900)])],
        dtype=object,
    )  # fmt: skip
    places, owner = sample_places(shapes, 100.0)
    assert set(owner) == {0, 1, 2, 3}
    assert shapely.intersects(places, shapes[owner]).all()
    assert (owner == 2).sum() == 101
    assert (np.diff(owner) >= 0).all()


def test_buildings_on_the_ground_are_counted_by_type() -> None:
    buildings = gpd.GeoDataFrame(
        {
            "bygningstype": [111, 131, 142, 311, 181, 321, 111],
            "boliger": pd.array([1, 2, 10, 0, None, None, 1], dtype="Int64"),
            "bruksareal": [150.0, 200.0, 900.0, 1000.0, 30.0, None, 150.0],
        },
        geometry=[shapely.Point(x, 5) for x in (1, 2, 3, 4, 5, 6, 500)],
        crs=CRS,
    )
    found = standing_buildings(buildings, shapely.box(0, 0, 10, 10), PARAMETERS)
    total = found[list(QUANTITIES)].sum()
    assert total["boliger_enebolig"] == 1
    assert total["boliger_smaahus"] == 2
    assert total["boliger_leilighet_stor"] + total["boliger_leilighet_liten"] == 10
    assert total["m2_kontor"] == 1000
    assert found.attrs["uten_areal"] == 1
