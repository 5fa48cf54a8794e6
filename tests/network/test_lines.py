"""Which rows of the catalogue's layers one can walk on, and what is left out and counted."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from askergeo.errors import CrsError, LayerError
from askergeo.network.graph import KINDS
from askergeo.network.lines import barriers, walkable_lines


def layer(count=None, crs="EPSG:25832", **columns):
    count = count or len(next(iter(columns.values())))
    shapes = [shapely.LineString([(k, 0), (k, 9)]) for k in range(count)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def kinds(lines) -> list[str]:
    return [KINDS[k] for k in lines["kind"]]


def test_each_type_of_road_has_its_kind():
    types = ["bilveg", "gang_sykkelveg", "sykkelveg", "fortau", "gangfelt", "trapp", "gatetun"]
    lines = walkable_lines(layer(vegtype=types), None)
    assert kinds(lines) == ["veg", "gangveg", "gangveg", "fortau", "gangfelt", "trapp", "veg"]
    assert lines["row"].tolist() == list(range(7))
    assert lines["walk"].all()
    assert lines.dtypes[["kind", "ploughed"]].tolist() == [np.int8, np.int8]


def test_paths_and_drawn_links_follow_the_roads():
    lines = walkable_lines(
        layer(vegtype=["bilveg"]), layer(stitype=["sti", "traktorveg"]), lenker=layer(1)
    )
    assert kinds(lines) == ["veg", "sti", "traktorveg", "lenke"]
    assert lines["layer"].tolist() == ["veg", "sti", "sti", "lenkeforslag"]
    assert lines["row"].tolist() == [0, 0, 1, 0]


def test_what_cannot_be_walked_is_left_out_and_counted():
    veg = layer(
        vegtype=["ferge", "motorveg", "bilveg", "bilveg", "bilveg", "gang_sykkelveg", "bilveg"],
        gange=[None, "tillatt", "forbudt", "tillatt", None, None, pd.NA],
        adgang=[None, None, None, "privat", "privat", None, "offentlig"],
    )
    lines = walkable_lines(veg, None)
    assert lines["row"].tolist() == [3, 5, 6]
    assert lines.attrs["utelatt"] == {"ferge": 1, "motorveg": 1, "forbudt": 1, "privat": 1}


def test_rows_without_a_line_are_left_out_and_multilines_taken_apart():
    veg = layer(vegtype=["bilveg"] * 4)
    veg.geometry = [
        None, shapely.LineString(), shapely.MultiLineString([[(0, 0), (1, 0)], [(5, 0), (6, 0)]]),
        shapely.LineString([(0, 0), (1, 1)]),
    ]  # fmt: skip
    lines = walkable_lines(veg, None)
    assert lines["row"].tolist() == [2, 2, 3]
    assert lines.attrs["utelatt"] == {"uten_geometri": 2}


def test_level_is_that_stated_or_that_of_bridges_and_tunnels():
    lines = walkable_lines(
        layer(
            vegtype=["bilveg"] * 6,
            niva=pd.array([0, 2, pd.NA, 0, pd.NA, -2], dtype="Int64"),
            medium=["bakke", "bru", "bru", "tunnel", None, "tunnel"],
        ),
        layer(stitype=["sti"], medium=["bru"]),
    )
    assert lines["level"].tolist() == [0, 2, 1, -1, 0, -2, 1]
    assert lines["medium"].tolist() == ["bakke", "bru", "bru", "tunnel", "", "tunnel", "bru"]


def test_unknown_ploughing_stays_unknown():
    known = pd.array([True, False, pd.NA], dtype="boolean")
    lines = walkable_lines(layer(vegtype=["bilveg"] * 3, broytet=known), layer(stitype=["sti"]))
    assert lines["ploughed"].tolist() == [1, 0, -1, -1]


def test_only_barriers_that_stop_walkers_count():
    gates = gpd.GeoDataFrame(
        {"type": ["port", "bom", "port", "bom"], "gange": ["forbudt", "tillatt", None, "forbudt"]},
        geometry=[shapely.Point(1, 2), shapely.Point(3, 4), shapely.Point(5, 6), None],
        crs="EPSG:25832",
    )
    assert barriers(gates).tolist() == [[1, 2]]


def test_no_layers_and_layers_in_two_systems_are_refused():
    with pytest.raises(LayerError, match="«veg» og laget «sti»"):
        walkable_lines(None, None)
    with pytest.raises(CrsError, match="«sti»"):
        walkable_lines(layer(vegtype=["bilveg"]), layer(stitype=["sti"], crs="EPSG:25833"))
